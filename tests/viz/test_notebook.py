"""What a notebook shows of everything: reports, tables, texts, figures, pictures and pages; without Jupyter itself."""

from __future__ import annotations

import pickle
import sys
import types
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from pictures import parameter, perceptron

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.apps import doctor
from autograd_lite.base.display import Report, kernel, table_html

NAME = "<b>&\"'x"


class Texts(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def compiled() -> Any:
    f = ag.compile(ag.value_and_grad(lambda x: np.sum(np.sin(x) ** 2)))
    f(np.ones(3))
    return f


def explained() -> Report:
    return ag.explain(np.sum(parameter((2,), NAME) * 3))


TEXTS = {
    "explain": explained,
    "program.report": lambda: compiled().program.report(),
    "doctor": doctor.report,
    "gradcheck": lambda: ag.gradcheck(np.square, np.ones(2)),
    "formulas": lambda: compiled().program.formulas(),
    "heatmap": lambda: ag.gradcheck(np.square, np.ones(2)).heatmap(),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_prompt_shows_reports_as_they_print(name: str) -> None:
    shown = TEXTS[name]()
    assert repr(shown) == str(shown)
    assert "\n" in repr(shown)


@pytest.mark.parametrize("name", ["explain", "program.report", "doctor"])
def test_reports_are_strings_too(name: str) -> None:
    report = TEXTS[name]()
    assert isinstance(report, str)
    assert report == str(report)
    assert type(str(report)) is str
    assert report.split("\n")[0] == str(report).split("\n")[0]
    assert type(report + "!") is str
    assert f"{report}" == str(report)
    again = pickle.loads(pickle.dumps(report))
    assert (again, again._repr_html_()) == (report, report._repr_html_())


def test_text_in_a_notebook_keeps_its_lines_and_is_no_markup() -> None:
    html = explained()._repr_html_()
    read = Texts(html)
    assert read.tags == ["pre"]
    assert read.text == str(explained())
    assert NAME in read.text


def test_tables_in_a_notebook() -> None:
    read = Texts(compiled().program.report()._repr_html_())
    assert read.tags.count("table") == 1
    assert read.tags.count("tr") >= 10
    assert "recorded" in read.text

    def wrong(x: Any) -> Any:
        return np.sum(x * x.detach())

    wrong.__name__ = NAME
    report = ag.gradcheck(wrong, np.array([1.0, 2.0]), raise_exception=False)
    read = Texts(report._repr_html_())
    assert set(read.tags) <= {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert f"gradcheck of {NAME}" in read.text
    assert "WRONG at 2" in read.text
    assert "fault: cut" in read.text
    assert Texts(table_html(NAME, [[NAME, 1], [NAME, "2"]], [NAME])).text.count(NAME) == 4


def trained(steps: int = 3) -> ag.viz.Monitor:
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.Tanh())
    with ag.viz.Monitor(model) as monitor:
        for _ in range(steps):
            loss = np.mean((model(np.array([[1.0, 2.0]])) - 0.5) ** 2)
            loss.backward()
            monitor.record(loss)
    return monitor


def test_a_monitor() -> None:
    assert repr(trained(0)) == "Monitor of Sequential, 0 steps"
    title, *lines = repr(trained()).split("\n")
    assert title == "Monitor of Sequential, 3 steps"
    assert "\n".join(lines) == str(trained())
    assert any(line.startswith("out 0: Linear") for line in lines)
    assert trained(0)._repr_png_() is None


def test_figures_show_themselves_without_pyplot(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    points, classes = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])
    figures = [
        trained().plot(), ag.viz.loss_curves([3.0, 2.0, 1.0]),
        ag.viz.decision_regions(lambda x: x, points, classes, steps=5),
        ag.gradcheck(np.square, np.ones(2)).heatmap().plot(),
    ]  # fmt: skip
    for figure in figures:
        assert isinstance(figure, Figure)
        assert figure._repr_png_().startswith(b"\x89PNG")
        assert pickle.loads(pickle.dumps(figure))._repr_png_().startswith(b"\x89PNG")
    assert trained()._repr_png_().startswith(b"\x89PNG")
    legend = [text.get_text() for text in figures[0].axes[2].get_legend().get_texts()]
    assert legend == ["0: Linear", "1: Tanh"]
    assert "matplotlib.pyplot" not in sys.modules


def test_a_picture_is_svg() -> None:
    loss, params = perceptron()
    bundle = ag.visualize(loss, params=params)._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"].startswith("<Picture of a graph")


def test_showing_a_picture_in_a_notebook_puts_the_page_into_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setitem(sys.modules, "IPython.display", types.SimpleNamespace(display=shown.append))
    picture = ag.visualize({NAME: parameter((2,), "w") * 2})
    assert picture.show() is None
    (page,) = shown
    html = page._repr_html_()
    read = Texts(html)
    assert read.tags == ["iframe"]
    found: dict[str, str] = {}
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attrs: found.update(attrs)  # type: ignore[method-assign]
    parser.feed(html)
    assert found["srcdoc"] == picture._in("html").decode()
    assert found["sandbox"] == "allow-scripts"
    assert "as a page" in repr(page)


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace()])
def test_a_terminal_is_no_notebook(monkeypatch: pytest.MonkeyPatch, shell: Any) -> None:
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert kernel() is None
    monkeypatch.delitem(sys.modules, "IPython")
    assert kernel() is None
