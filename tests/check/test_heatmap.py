"""The picture of a gradient check: what is wrong is where the character, or the colour, says so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors


def half_cut(x: Any) -> Any:
    """The identity, of whose last two elements no derivative arrives."""
    return np.concatenate([x[:2], x[2:].detach()])


def checked(f: Any, *inputs: Any, **options: Any) -> ag.GradcheckReport:
    return ag.gradcheck(f, inputs, raise_exception=False, **options)


def rows_of(text: str) -> list[str]:
    """Return the characters of all rows of a text."""
    return [line.split()[-1] for line in text.splitlines() if line.startswith(("output", "  "))][1:]


def test_wrong_elements_stand_out_in_the_text() -> None:
    text = str(checked(half_cut, np.ones(4)).heatmap())
    assert rows_of(text) == ["····", "····", "··█·", "···█"]
    assert text.splitlines()[-1].startswith("· allowed   ░ up to 10 times that")


def test_the_shade_grows_with_the_difference() -> None:
    factors = np.array([1, 1 + 5e-9, 1 + 5e-8, 1 + 5e-7, 1 + 5e-6])

    def f(x: np.ndarray) -> Any:
        return np.sum(x * x)

    report = ag.gradcheck((f, lambda x: 2 * x * factors), np.arange(1.0, 6.0), raise_exception=False)
    assert "·░▒▓█" in str(report.heatmap())
    assert repr(report.heatmap()) == str(report.heatmap())


def test_a_right_function_has_a_picture_too() -> None:
    assert rows_of(str(checked(np.sin, np.ones(2)).heatmap())) == ["··", "··"]


def test_every_input_and_order_has_a_matrix() -> None:
    matrices = checked(np.multiply, np.ones(2), np.ones((3, 1)), order=2).heatmap().matrices
    assert [(m.name, m.order, m.excess.shape) for m in matrices] == [
        ("x1", 1, (6, 2)), ("x2", 1, (6, 3)), ("x1", 2, (5, 2)), ("x2", 2, (5, 3)),
    ]  # fmt: skip
    assert [m.title for m in matrices] == ["x1  2", "x2  3×1", "x1  2  order 2", "x2  3×1  order 2"]
    assert all((m.excess <= 1).all() for m in matrices)


def test_a_wrong_forward_rule_is_in_the_picture() -> None:
    def jvp(tangents: Any, x: Any) -> Any:
        return tangents[0] * np.array([1.0, 1.5])

    op = ag.custom_op(lambda x: x + 0, vjp=lambda g, x: g, jvp=jvp)
    assert rows_of(str(checked(op, np.ones(2)).heatmap())) == ["··", "·█"]


def test_an_accepted_kink_is_marked_and_hides_nothing() -> None:
    """At one element of the input one output has a kink, and another is wrong: the matrix and the verdict say both."""
    report = checked(lambda x: (ag.relu(x), x.detach() * np.array([1.0, 0.0])), np.array([0.0, 1.0]))
    assert rows_of(str(report.heatmap())) == ["o·", "··", "█·", "··"]
    (fault,) = report.faults
    assert (fault.verdict, fault.index, fault.output) == ("cut", (0,), "output 1 element [0]")


def test_many_elements_share_a_character() -> None:
    factors = np.ones(1000)
    factors[500:510] = 2

    def f(x: np.ndarray) -> Any:
        return np.sum(np.sin(x))

    pair = f, lambda x: np.cos(x) * factors
    every = str(ag.gradcheck(pair, np.arange(1000.0), directions=None, raise_exception=False).heatmap())
    assert "[0] to [999], 1×16 in a character" in every
    assert rows_of(every) == ["·" * 31 + "█" + "·" * 31]
    some = str(ag.gradcheck(pair, np.arange(1.0, 1001.0), raise_exception=False).heatmap())
    assert "direction 0 to direction 2" in some
    assert rows_of(some) == ["███"]


def test_a_check_that_compared_nothing_has_no_picture() -> None:
    rng = np.random.default_rng(0)
    for report in (checked(lambda x: x * rng.random(2), np.ones(2)), checked(np.sum, np.zeros(0))):
        with pytest.raises(errors.ArgumentError, match=r"nothing to draw\. Write print\(report\)"):
            report.heatmap()


def test_the_figure(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    before = "matplotlib.pyplot" in sys.modules
    report = checked(lambda a, b: (ag.relu(a), half_cut(b)), np.zeros(2), np.ones(4), order=2)
    figure = report.heatmap().plot()
    panels = [axes for axes in figure.axes if axes.images]
    assert [axes.get_title() for axes in panels] == ["a  2", "b  4"]
    shown = panels[1].images[0].get_array()
    wrong = [(4, 2), (5, 3)]
    assert [tuple(map(int, at)) for at in np.argwhere(shown > 0)] == wrong
    kinks = np.ma.getmaskarray(panels[0].images[0].get_array())
    assert [tuple(map(int, at)) for at in np.argwhere(kinks)] == [(0, 0), (1, 1)]
    figure.savefig(tmp_path / "errors.png")
    assert report.heatmap()._repr_png_().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) is before


def test_without_matplotlib_the_text_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    heatmap = checked(half_cut, np.ones(4)).heatmap()
    with pytest.raises(errors.MissingExtraError, match=r"HeatMap\.plot\(\).*pip install 'autograd-lite\[plot\]'"):
        heatmap.plot()
    assert heatmap._repr_png_() is None
    assert "█" in repr(heatmap)
