"""NumPy's warnings: at the user's line, each line its own, and as the user's filters say."""

from __future__ import annotations

import inspect
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows

import autograd_lite as ag
from autograd_lite import nn

ZEROS, LARGE = np.zeros(3), np.full(3, 1e308)
_LAYER = nn.Linear(2, 2, rng=0)
WARNING = {
    "a ufunc": lambda: np.log(ag.Tensor(ZEROS)),
    "an operator": lambda: ag.Tensor(LARGE) * 10.0,
    "an operator of an array": lambda: LARGE * ag.Tensor(LARGE),
    "a method": lambda: ag.Tensor(ZEROS).log(),
    "a recorded one": lambda: np.log(ag.Tensor(ZEROS, requires_grad=True)),
    "a batch": lambda: ag.vmap(lambda x: np.log(x))(ZEROS),
    "a derivative of a recorded one": lambda: ag.grad(lambda x: np.sum(np.log(x)))(ZEROS),
    "a layer": lambda: _LAYER(ag.Tensor([[np.inf, -np.inf]])),
    "our own operation of an array": lambda: ag.half_squared_error(LARGE, ZEROS),
    "a definition": lambda: np.interp(1.0, ag.Tensor(ZEROS, requires_grad=True), np.array([np.inf, np.inf, 1.0])),
    "NumPy's own function": lambda: np.nanmean(ag.Tensor([np.nan])),
    "a product": lambda: ag.Tensor(LARGE) @ LARGE,
    "a conversion": lambda: ag.Tensor([1j]).astype(float),
    "checkpoint": lambda: ag.checkpoint(lambda x: np.log(x))(ag.Tensor(ZEROS, requires_grad=True)),
    "a compiled function, recorded": lambda: ag.compile(lambda x: np.log(x))(ZEROS),
}


@pytest.mark.parametrize("calls", [1, 5], ids=["without a fast path", "with a fast path"])
@pytest.mark.parametrize("act", WARNING.values(), ids=WARNING)
def test_a_warning_names_the_line(act: Callable[[], Any], calls: int) -> None:
    _, line = inspect.getsourcelines(act)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(calls):
            act()
    assert {(w.filename, w.lineno) for w in seen} == {(__file__, line)}
    assert {w.category for w in seen} <= {RuntimeWarning, np.exceptions.ComplexWarning}


def test_a_second_line_is_no_repetition_and_a_second_time_is() -> None:
    x = ag.Tensor(ZEROS)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(5):
            np.log(x)
            np.log(x)
    lines = [w.lineno for w in seen]
    assert len(lines) == 2
    assert lines[1] == lines[0] + 1


def test_filters_by_the_module_of_the_user_act() -> None:
    names: dict[str, Any] = {"__name__": "models.mine", "np": np, "x": ag.Tensor(ZEROS)}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module=r"models\.mine")
        with pytest.raises(RuntimeWarning, match="divide by zero encountered in log") as caught:
            exec(compile("y = np.log(x)", "mine.py", "exec"), names)
        assert "in log of a Tensor of shape (3,)" in caught.value.__notes__
        assert caught.value.__context__ is None
        assert traceback.extract_tb(caught.value.__traceback__)[-1].filename == "mine.py"
        warnings.filterwarnings("ignore", module=r"models\.mine")
        exec(compile("y = np.log(x)", "mine.py", "exec"), names)
    assert "y" in names


def test_the_value_is_that_of_numpy_and_the_graph_as_without_a_warning() -> None:
    x = ag.Tensor([0.0, 1.0], requires_grad=True)
    for _ in range(5):
        with pytest.warns(RuntimeWarning, match="divide by zero"):
            y = np.log(x)
        assert y.detach().numpy().tolist() == [-np.inf, 0.0]
    x.grad = None
    y.sum().backward()
    assert x.grad.numpy().tolist() == [np.inf, 1.0]


def test_errstate_of_the_user_decides() -> None:
    x = ag.Tensor(ZEROS)
    with np.errstate(divide="ignore"):
        np.log(x)  # warnings are errors in these tests
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        np.log(x)
    found = []
    with np.errstate(divide="call", call=lambda kind, _: found.append(kind)):
        np.log(x)
    assert found == ["divide by zero"]


def test_a_user_who_is_handling_an_error_still_sees_that() -> None:
    def handle() -> None:
        try:
            raise KeyError(1)
        except KeyError:
            np.log(ag.Tensor(ZEROS))

    with pytest.raises(RuntimeWarning) as caught:  # warnings are errors in these tests
        handle()
    assert isinstance(caught.value.__context__, KeyError)


# What values may be refused by.
REFUSALS = (ag.errors.AutogradError, ValueError, IndexError, OverflowError, ZeroDivisionError)


@pytest.mark.parametrize("value", [0.0, np.inf, np.nan, 1e308, -1e308])
@rows([row for row in CASES if row.number() % 7 == 0 and row.fn is not np.polyfit], every=True)  # where LAPACK hangs
def test_no_operation_warns_of_a_line_of_ours(row: Case, value: float) -> None:
    inputs = [np.full_like(x, value) for x in row.inputs]
    ways = [
        lambda: row(*[ag.Tensor(x, requires_grad=True) for x in inputs]),
        lambda: row(*inputs),
        lambda: ag.vmap(row.call)(*[np.stack([x, x]) for x in inputs]),
    ]
    package = ag.__file__.removesuffix("__init__.py")
    for act in ways:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            with suppress(*REFUSALS):
                act()
        assert not [w for w in seen if w.filename.startswith((package, "<"))]
