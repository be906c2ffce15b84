"""Pictures of attributions: heat maps, bars, marked texts; what is in them, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import errors

MAPS = np.random.default_rng(0).standard_normal((3, 1, 8, 8))


def texts(figure: Any) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda x: hasattr(x, "get_text")))


def test_several_methods_stand_beside_the_images(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    before = "matplotlib.pyplot" in sys.modules
    titles = ["a 3", "a $5$", "<b>"]
    figure = attr.show({"one": MAPS, "_two": ag.Tensor(MAPS)}, np.abs(MAPS), titles=titles)
    panels = figure.axes[:-1]
    assert len(panels) == 9
    assert [axes.get_title() for axes in panels[:3]] == ["input", "one", "_two"]
    assert [axes.get_ylabel() for axes in panels[::3]] == titles
    for axes in (panels[1], panels[2]):
        (image,) = axes.get_images()
        shown = np.asarray(image.get_array())
        np.testing.assert_allclose(shown, MAPS[0, 0] / np.abs(MAPS[0]).max())
        assert (image.norm.vmin, image.norm.vmax) == (-1, 1)
        np.testing.assert_allclose(image.cmap(0.5)[:3], 1, atol=0.02)  # 0 is white
    figure.savefig(tmp_path / "maps.png")
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == before


@pytest.mark.parametrize(
    ("maps", "images"),
    [
        (MAPS[0, 0], None), (MAPS[:, 0], MAPS[:, 0]), (np.ones((2, 3, 40, 30)), np.ones((2, 3, 40, 30))),
        (np.zeros((1, 1, 4, 4)), np.zeros((1, 1, 4, 4))), (np.full((1, 5, 5), np.nan), None),
    ],
)  # fmt: skip
def test_maps_of_other_shapes_and_without_numbers(maps: np.ndarray, images: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    attr.show(maps, images, quantile=0.9).savefig(tmp_path / "maps.png")


def test_squares_against_the_score_have_a_sign() -> None:
    pytest.importorskip("matplotlib")
    figure = attr.show(np.array([[[1.0, -1.0], [-0.5, -0.01]]]))
    (marks,) = figure.axes[0].collections
    np.testing.assert_array_equal(marks.get_offsets(), [[1, 0], [0, 1]])


def test_bars_are_sorted_named_and_summed(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = attr.bars([[0.1, -3.0, 2.0, 0.2]], ["a", "$b$", "_c", "d"], [[1, 2, 3, 4]], titles=["x"], most=2)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["$b$ = 2", "_c = 3", "2 others"]
    np.testing.assert_allclose([bar.get_width() for bar in axes.patches], [-3, 2, 0.3])
    assert [bar.get_hatch() or "" for bar in axes.patches] == ["////", "", ""]
    assert "-3" in texts(figure)
    figure.savefig(tmp_path / "bars.svg")
    assert len(attr.bars(np.ones((4, 2))).axes) == 4


def test_words_are_marked_and_nothing_of_them_is_markup(tmp_path: Path) -> None:
    words = ["good", "<script>alert(1)</script>", '"&\x00', "bad"]
    text = attr.tokens(np.array([[1.0, 1.0], [0.0, 0.0], [0.5, 0.0], [-2.0, 0.0]]), words)
    np.testing.assert_array_equal(text.sizes, [1, 0, 0.25, -1])
    html = text._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert html.count("solid #d55e00") == 2
    assert html.count("dotted #0072b2") == 1
    svg = ElementTree.fromstring(text.svg())
    shown = [node.text for node in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert shown == ["good", "<script>alert(1)</script>", '"&\ufffd', "bad"]
    for name in ("words.svg", "words.html"):
        assert text.save(tmp_path / name).read_text(encoding="utf-8")
    assert repr(text).startswith("good(+2) ")


def test_long_texts_are_broken_into_lines() -> None:
    text = attr.tokens(np.ones(200), ["word"] * 200)
    boxes = ElementTree.fromstring(text.svg()).iter("{http://www.w3.org/2000/svg}rect")
    places = [(float(b.get("x")), float(b.get("width"))) for b in boxes if b.get("x")]
    assert len(places) == 200
    assert all(x + wide <= 720 for x, wide in places)


def test_black_text_can_be_read_on_the_deepest_colours() -> None:
    """A contrast of 4.5 and more, as the WCAG asks for."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    html = attr.tokens([1.0, -1.0], ["a", "b"]).html()
    grounds = [part[:7] for part in html.split("background:")[2:]]
    assert all((light(g) + 0.05) / (light("#111111") + 0.05) >= 4.5 for g in grounds)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: attr.show(np.ones(3)), "bars"),
        (lambda: attr.show({"a": MAPS, "b": MAPS[:2]}), "same examples"),
        (lambda: attr.show({}), "same examples"),
        (lambda: attr.show(MAPS[:0]), "some examples"),
        (lambda: attr.show(MAPS, titles=["one"]), "1 titles for 3 examples"),
        (lambda: attr.show(MAPS, MAPS[:2]), "2 images for 3 examples"),
        (lambda: attr.bars(MAPS), "show"),
        (lambda: attr.bars([1.0, 2.0], ["a"]), "1 names for 2"),
        (lambda: attr.tokens([1.0, 2.0], ["a"]), "each word"),
    ],
)
def test_what_does_not_fit_is_refused(draw: Any, words: str) -> None:
    with pytest.raises(errors.ShapeError, match=f"{words}.*|Write .*{words}"):
        draw()


def test_another_ending_is_refused() -> None:
    with pytest.raises(errors.PictureError, match=r"words\.html"):
        attr.tokens([1.0], ["a"]).save("words.png")


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for draw in (lambda: attr.show(MAPS), lambda: attr.bars([1.0])):
        with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[plot\]'"):
            draw()
