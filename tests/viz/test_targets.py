"""What can be drawn: Tensors, modules and functions; scopes and names; and runs that fail."""

from __future__ import annotations

import functools
import threading
import weakref
from typing import Any

import numpy as np
import pytest
from pictures import X, frames_of, labels_of, parameter, small_network

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.engine.observers import observers

# ----- targets -----


def test_a_dict_names_its_tensors() -> None:
    w = parameter((2,), "w")
    assert labels_of(ag.visualize({"twice": w * 2, "sum": w.sum()}), "octagon") == ["twice", "sum"]


def test_a_module_is_run_and_framed() -> None:
    model = small_network()
    before = vars(model[0]).copy()
    picture = ag.visualize(model, X)
    assert frames_of(picture) == ["0: Linear", "1: ReLU", "2: Sequential", "0: Linear", "1: Sigmoid"]
    assert labels_of(picture, "note") == [r"0.weight\n3×2", r"0.bias\n3", r"2.0.weight\n2×3", r"2.0.bias\n2"]
    assert labels_of(picture, "ellipse") == ["input", r"input or\nconstant"][:1]
    assert vars(model[0]) == before
    assert not observers


def test_frames_lie_in_each_other() -> None:
    source = ag.visualize(small_network(), X).source
    outer = source.index('label="2: Sequential"')
    assert source[outer:].index("subgraph") < source[outer:].index("sigmoid") < source[outer:].index("  }\n  }")


def test_a_function_is_run_with_its_arguments_as_inputs() -> None:
    def loss(weights: dict[str, Any], x: Any, power: int) -> Any:
        return np.sum((x @ weights["w"]) ** power)

    picture = ag.visualize(loss, {"w": np.ones((2, 1))}, X, 3)
    assert labels_of(picture, "ellipse")[:3] == ["x", "weights['w']", "3"]
    assert labels_of(picture, "note") == []


def test_a_function_keeps_parameters_and_frames_the_modules_it_uses() -> None:
    model, loss = small_network(), nn.HalfSquaredError()
    picture = ag.visualize(lambda x, y: loss(model(x), y), X, np.zeros((1, 2)))
    assert frames_of(picture)[:2] == ["Sequential", "0: Linear"]
    assert frames_of(picture)[-1] == "HalfSquaredError"
    assert len(labels_of(picture, "note")) == 4


class Trainer:
    def __init__(self) -> None:
        self.model = small_network()

    def loss(self, x: Any) -> Any:
        return np.sum(self.model(x) ** 2)

    def __call__(self, x: Any) -> Any:
        return self.loss(x)


def use(model: nn.Module, x: Any) -> Any:
    return np.sum(model(x) ** 2)


@pytest.mark.parametrize(
    "f", [Trainer().loss, Trainer(), functools.partial(use, small_network()), functools.partial(small_network())],
    ids=["method", "object", "partial", "partial of a module"],
)  # fmt: skip
def test_the_modules_of_objects_and_partial_functions_are_framed(f: Any) -> None:
    assert frames_of(ag.visualize(f, X))[:2] == ["Sequential", "0: Linear"]


def test_a_function_may_change_its_argument() -> None:
    def f(x: Any) -> Any:
        x[0] = 5.0
        x += 1
        return np.sum(x**2)

    given = np.array([1.0, 2.0])
    picture = ag.visualize(f, given, values=True, gradients=True)
    assert labels_of(picture)[0] == r"x\nvalue [1, 2]\ngrad [0, 6]"
    assert labels_of(picture, "box")[0].startswith(r"x = setitem\n[0]\nvalue [5, 2]")
    assert given.tolist() == [1, 2]


def test_the_results_of_a_function() -> None:
    assert labels_of(ag.visualize(lambda x: {"a": x * 2, "b": (x + 1, 3)}, X), "octagon") == ["a", "b[0]"]
    assert labels_of(ag.visualize(lambda x: (x * 2, x + 1), X), "octagon") == ["output 1", "output 2"]
    assert labels_of(ag.visualize(np.sin, X), "octagon") == ["output"]


def test_a_function_is_drawn_also_where_recording_is_off() -> None:
    with ag.no_grad():
        assert labels_of(ag.visualize(lambda x: x * 2, X), "box") == ["multiply"]


def test_drawing_a_module_leaves_no_gradients_and_changes_no_inputs() -> None:
    model, x = small_network(), ag.Tensor(X)
    ag.visualize(model, x, values=True, gradients=True)
    assert all(p.grad is None for p in model.parameters())
    assert not x.requires_grad


def test_names_of_the_caller() -> None:
    w, x = parameter((2,)), ag.Tensor([1.0, 2.0])
    hidden = w * x
    loss = hidden.sum()
    picture = ag.visualize(loss, names=locals())
    assert labels_of(picture, "note")[:1] == [r"w\n2"]
    assert labels_of(picture, "ellipse")[:1] == ["x"]
    assert labels_of(picture)[2:5] == ["hidden = multiply", "sum", "loss"]
    assert labels_of(ag.visualize(loss, params={}, names=locals()), "ellipse")[:2] == ["w", "x"]
    w.name = "own"
    assert labels_of(ag.visualize(loss))[0] == r"own\n2"
    assert labels_of(ag.visualize(loss, names={"_": w, "__name__": w, "given": w}))[0] == r"given\n2"


def test_a_scope_frames_what_is_recorded_inside() -> None:
    w = parameter((2,), "w")
    with ag.scope("encoder"):
        h = np.sin(w)
        with ag.scope('head "<b>"'):
            h = np.cos(h)
    assert not observers
    picture = ag.visualize(h.sum())
    assert frames_of(picture) == ["encoder", r"head \"<b>\""]
    assert 'encoder / head "<b>" / cos  2' in str(picture)


def test_scopes_of_threads_do_not_mix() -> None:
    inside, done, made = threading.Event(), threading.Event(), []

    def work() -> None:
        inside.wait(10)
        made.append(parameter(name="other") * 2)
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    with ag.scope("mine"):
        inside.set()
        assert done.wait(10)
        mine = parameter() * 2
    thread.join()
    assert frames_of(ag.visualize(mine)) == ["mine"]
    assert frames_of(ag.visualize(made[0])) == []


# ----- a run that fails -----


def test_a_run_that_fails_is_drawn_up_to_the_error() -> None:
    def f(x: Any) -> Any:
        return np.sin(x) @ np.ones((5, 2))

    picture = ag.visualize(f, X)
    assert isinstance(picture.error, ValueError)
    assert labels_of(picture, "box")[0] == "sin"
    (failed,) = labels_of(picture, "component")[:1]
    assert failed.startswith(r"matmul\nValueError: matmul: Input operand 1 has a mismatch")
    assert '-> n3 [label=" 5×2 "]' in picture.source
    assert "which failed (ValueError" in repr(picture)
    assert "matmul  ValueError" in str(picture)
    assert not observers


def test_a_module_that_fails_shows_in_which_layer() -> None:
    picture = ag.visualize(small_network(), np.ones((1, 5)), values=True)
    assert isinstance(picture.error, errors.ShapeError)
    assert frames_of(picture) == ["0: Linear"]
    assert "0: Linear / affine  ShapeError" in str(picture)
    assert "in the scope 0: Linear" in picture.error.__notes__


def test_an_error_outside_of_operations_is_drawn_by_its_class() -> None:
    def f(x: Any) -> Any:
        np.sin(x)
        raise KeyError("weights")

    assert labels_of(ag.visualize(f, X), "component")[0] == r"KeyError\nKeyError: 'weights'"


def test_a_run_may_fail_at_once() -> None:
    picture = ag.visualize(lambda x: x @ np.ones(5), np.arange(3))
    assert labels_of(picture, "component")[0].startswith(r"matmul\nValueError")
    assert labels_of(picture, "ellipse")[:2] == ["x", "constant"]
    assert str(ag.visualize(lambda x: 1 / 0, X)) == "ZeroDivisionError  ZeroDivisionError: division by zero  FAILED"


def test_an_interrupt_is_not_a_picture() -> None:
    def f(x: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ag.visualize(f, X)
    assert not observers


def test_a_picture_keeps_no_graph_alive() -> None:
    w = parameter((2,), "w")
    alive = weakref.ref(w)
    picture = ag.visualize(np.sin(w), values=True, gradients=True)
    del w
    assert alive() is None
    assert labels_of(picture)[0] == r"w\n2\nvalue [0.5, 0.5]\ngrad [0.878, 0.878]"
