"""Pictures of training: what a Monitor writes down, and the figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn, viz


def model_and_data() -> tuple[nn.Sequential, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-1, 0.5, (30, 2)), rng.normal(1, 0.5, (30, 2))])
    model = nn.Sequential(nn.Linear(2, 4, rng=1), nn.Tanh(), nn.Sequential(nn.Linear(4, 2, rng=2)))
    return model, x, np.repeat([0, 1], 30)


def trained(steps: int = 25) -> tuple[viz.Monitor, nn.Sequential, np.ndarray, np.ndarray]:
    model, x, classes = model_and_data()
    optimizer, loss_of = ag.optim.SGD(model.parameters(), lr=0.5), nn.CrossEntropyLoss()
    with viz.Monitor(model) as monitor:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(model(x), classes)
            loss.backward()
            monitor.record(loss)
            optimizer.step()
    return monitor, model, x, classes


def test_a_monitor_writes_down_what_happens() -> None:
    monitor, model, x, classes = trained()
    assert len(monitor.losses) == 25
    assert monitor.losses[-1] < 0.2 * monitor.losses[0]
    assert list(monitor.gradients) == list(monitor.weights) == [name for name, _ in model.named_parameters()]
    assert list(monitor.activations) == ["0", "1", "2.0"]
    start = model_and_data()[0]
    loss = nn.CrossEntropyLoss()(start(x), classes)
    loss.backward()
    assert monitor.losses[0] == pytest.approx(loss.item())
    assert monitor.gradients["0.weight"][0] == pytest.approx(np.linalg.norm(start[0].weight.grad.numpy()))
    assert monitor.weights["0.weight"][0] == pytest.approx(np.linalg.norm(start[0].weight.numpy()))
    hidden = np.tanh(x @ start[0].weight.numpy().T + start[0].bias.numpy())
    assert monitor.activations["1"][0] == pytest.approx((hidden.mean(), hidden.std()))


def test_a_monitor_leaves_the_model_as_it_was() -> None:
    model = model_and_data()[0]
    before = [vars(module).copy() for module in model.modules()]
    with pytest.raises(ZeroDivisionError), viz.Monitor(model):
        raise ZeroDivisionError
    assert [vars(module) for module in model.modules()] == before


def test_pictures_can_be_drawn_while_a_monitor_looks() -> None:
    model, x, _ = model_and_data()
    with viz.Monitor(model) as monitor:
        assert "2: Sequential / 0: Linear / affine" in str(ag.visualize(model, x))
        monitor.record(1.0)
    assert set(monitor.activations) == {"0", "1", "2.0"}
    assert np.isnan(monitor.gradients["0.weight"]).all()


def test_a_monitor_prints_curves() -> None:
    lines = str(trained()[0]).split("\n")
    assert len(lines) == 1 + 4 + 3
    assert lines[0].startswith("loss ")
    assert lines[0].count("█") >= 1
    assert str(viz.Monitor(model_and_data()[0])) == "loss"


def test_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    before = "matplotlib.pyplot" in sys.modules
    monitor, model, x, classes = trained()
    figure = monitor.plot()
    assert [axes.get_title() for axes in figure.axes] == [
        "loss", "norm of the gradient", "standard deviation of the output",
    ]  # fmt: skip
    assert [len(axes.lines) for axes in figure.axes] == [1, 4, 3]
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), monitor.losses)
    figure.savefig(tmp_path / "training.png")
    assert (tmp_path / "training.png").read_bytes().startswith(b"\x89PNG")
    regions = viz.decision_regions(model, x, classes, steps=20)
    assert [text.get_text() for text in regions.axes[0].get_legend().get_texts()] == ["class 0", "class 1"]
    curves = viz.loss_curves({"training": [3.0, 2.0], "te$t": [4.0, 3.0]}, log=True)
    assert [line.get_label() for line in curves.axes[0].lines] == ["training", r"te\$t"]
    assert ("matplotlib.pyplot" in sys.modules) is before


def test_regions_are_where_the_classifier_says() -> None:
    pytest.importorskip("matplotlib")
    x = np.array([[0.0, 0.0], [1.0, 1.0]])

    def right(points: Any) -> Any:
        return ag.sigmoid(50 * (points[:, 0] - 0.5))

    (axes,) = viz.decision_regions(right, x, [0, 1], steps=121).axes
    left, other = axes.collections[0].get_paths()
    assert left.get_extents().x1 <= 0.52
    assert other.get_extents().x0 >= 0.48


@pytest.mark.parametrize(("x", "classes"), [(np.ones((3, 3)), np.ones(3)), (np.ones((3, 2)), np.ones(2))])
def test_examples_that_do_not_lie_in_a_plane_are_refused(x: Any, classes: Any) -> None:
    with pytest.raises(errors.ShapeError, match="Write decision_regions"):
        viz.decision_regions(lambda p: p, x, classes)


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monitor = trained(2)[0]
    for draw in (monitor.plot, lambda: viz.loss_curves([1.0]), lambda: viz.decision_regions(len, [[0, 0]], [0])):
        with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[plot\]'"):
            draw()
