"""Inside of `debug`: errors name the user's lines, and the first bad number is one; outside nothing is left of it."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import custom
from autograd_lite.engine.observers import observers
from autograd_lite.engine.provenance import caller, origins, place_of


def leaf(*values: float) -> ag.Tensor:
    return ag.Tensor(list(values), requires_grad=True, name="w")


def here(back: int = 0) -> str:
    """Return the line of the caller, so many lines back, as messages name it."""
    frame = sys._getframe(1)
    return f"{frame.f_code.co_filename}:{frame.f_lineno - back}"


# ----- where -----


def test_a_result_knows_its_line() -> None:
    w = leaf(1.0, 2.0)
    with ag.debug():
        y = np.exp(
            w * 2
        )
        assert str(place_of(y)) == here(3)
        total = np.std(y)  # a definition in terms of other operations: they have the line that called it
        assert str(place_of(total)) == here(1)
    assert place_of(w * 2) is None


def test_a_place_is_the_nearest_line_of_the_user() -> None:
    model = ag.nn.Sequential(ag.nn.Linear(2, 2), ag.nn.Sigmoid())
    with ag.debug():
        y = model(ag.Tensor([[1.0, 2.0]]))
        assert str(place_of(y)) == here(1)
    assert str(caller()) == here()


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (lambda y: y.backward(), errors.NonScalarError),
        (np.array, errors.ConversionError),
        (lambda y: [y.sum().backward(), y.sum().backward()], errors.FreedGraphError),
        (lambda y: y.assign(1), errors.LeafMutationError),
        (lambda y: y.backward(np.ones(3)), errors.SeedError),
    ],
)
def test_errors_name_the_line_of_the_tensor(act: Callable[[Any], Any], kind: type[Exception]) -> None:
    w = leaf(1.0, 2.0)
    with ag.debug():
        y, line = w * w, here()
        with pytest.raises(kind) as caught:
            act(y)
    assert line in str(caught.value)


def test_an_error_of_numpy_is_noted_with_the_lines_of_the_operands() -> None:
    w = leaf(1.0, 2.0)
    with ag.debug():
        y, line = np.exp(w), here()
        with pytest.raises(ValueError, match="broadcast") as caught:
            y + np.ones(3)
    assert f"made by exp at {line}" in "".join(caught.value.__notes__)


def test_an_error_of_a_rule_is_noted_with_the_line_of_its_operation() -> None:
    op = custom(lambda x: 2 * x, lambda g: g @ np.ones(7))
    with ag.debug():
        y, line = op(leaf(1.0, 2.0)), here()
        with pytest.raises(ValueError, match="matmul") as caught:
            y.sum().backward()
    assert f"made at {line}" in "".join(caught.value.__notes__)


@pytest.mark.parametrize(
    ("lose", "why"),
    [
        (np.argmax, "the path ends at argmax, since argmax has no derivative"),
        (ag.no_grad()(np.sum), "the path ends at sum, since recording was off"),
    ],
    ids=["no derivative", "no recording"],
)
def test_a_missing_path_names_where_it_ended(lose: Callable[[Any], Any], why: str) -> None:
    w = leaf(1.0, 2.0)
    with ag.debug():
        end, line = lose(w * 2), here()
        loss = end * 3.0
        with pytest.raises(errors.NoPathError) as caught:
            loss.backward()
    assert why in str(caught.value)
    assert f"at {line}; before it was a Tensor of shape (2,), made by multiply at {line}" in str(caught.value)


# ----- bad numbers -----

FORWARD: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "log of 0": (lambda x: np.log(x - 1), "log makes an infinity", "[0]"),
    "root of -1": (lambda x: np.sqrt(x - 3), "sqrt makes nan", "[0]"),
    "0 / 0": (lambda x: (x - 2) / (x - 2), "divide makes nan", "[1]"),
    "1 / 0": (lambda x: 1 / (x - 2), "divide makes an infinity", "[1]"),
    "exp of 1000": (lambda x: np.exp(1000 * x), "exp makes an infinity", "[0]"),
    "untracked": (lambda x: np.log(x.detach() - 2), "log makes nan", "[0]"),
}


@pytest.mark.parametrize("name", FORWARD)
def test_the_first_bad_number_forward_is_an_error(name: str) -> None:
    f, words, index = FORWARD[name]
    with np.errstate(all="ignore"), ag.debug(), pytest.raises(errors.NonFiniteError) as caught:
        f(leaf(1.0, 2.0))
    message = str(caught.value)
    assert f"{words} of finite numbers, first at index {index} of its result of shape (2,) at {__file__}:" in message
    works(message, np.array([0.0, -2.0]))


BACKWARD: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "root of 0": (lambda x: np.sqrt(x - 1).sum(), "derivative of sqrt by its argument x makes an infinity", "[0]"),
    "power of 0": (lambda x: ((2 - x) ** 0.5).sum(), "derivative of power by its argument x1 makes an infinity", "[1]"),
    "arccos of 1": (lambda x: np.arccos(x / 2).sum(), "arccos by its argument x makes an infinity", "[1]"),
}


@pytest.mark.parametrize("name", BACKWARD)
def test_the_first_bad_number_backward_is_an_error(name: str) -> None:
    f, words, index = BACKWARD[name]
    x = leaf(1.0, 2.0)
    with ag.debug():
        y = f(x)
        with pytest.raises(errors.NonFiniteError) as caught:
            y.backward()
    message = str(caught.value)
    assert f"{words} of a finite gradient, first at index {index} of shape (2,)" in message
    assert f"called at {f.__code__.co_filename}:{f.__code__.co_firstlineno}" in message
    assert x.grad is None
    works(message, np.array([0.0, -2.0]))


def works(message: str, x: np.ndarray) -> None:
    """Run the line that a message proposes: it is finite."""
    line = re.search(r"Write (.*)", message)[1]
    if not line.startswith("with"):
        names = {"np": np, "x": ag.Tensor(x, requires_grad=True), "x1": ag.Tensor(x), "x2": ag.Tensor(x)}
        result = eval(line, names)
        assert np.isfinite(result.detach().numpy()).all()


def test_numbers_that_were_bad_before_are_let_pass() -> None:
    with ag.debug():
        y = leaf(1.0, 2.0) + np.array([-np.inf, 0.0])
        assert np.exp(y).tolist() == [0.0, pytest.approx(np.exp(2))]
        np.exp(y).sum().backward()


def test_a_masked_derivative_is_let_pass() -> None:
    x = leaf(0.0, 4.0)
    with ag.debug():
        np.where(x > 0, np.sqrt(x), 0.0).sum().backward()
    assert x.grad.tolist() == [0.0, 0.25]


def test_without_the_hunt_only_lines_are_noted() -> None:
    x = leaf(0.0, 4.0)
    with ag.debug(nan=False):
        y = np.sqrt(x)
        assert place_of(y) is not None
        y.sum().backward()
    assert x.grad.tolist() == [np.inf, 0.25]


def test_derivatives_are_what_they_are_outside() -> None:
    def f(x: Any) -> Any:
        return np.sum(np.tanh(x[:, None] * x) @ np.exp(x))

    x = np.array([0.5, -1.0, 2.0])
    outside = ag.grad(f)(x), ag.hessian(f)(x), ag.jvp(f, (x,), (x,))[1]
    with ag.debug():
        inside = ag.grad(f)(x), ag.hessian(f)(x), ag.jvp(f, (x,), (x,))[1]
    for a, b in zip(outside, inside, strict=True):
        np.testing.assert_array_equal(a, b)


def test_nothing_is_left_behind() -> None:
    x = leaf(1.0)
    with ag.debug():
        y = np.argmax(x)
    assert not observers
    assert origins.get(y) is None
    with ag.debug():
        for _ in range(100):
            np.argmax(x)
        assert len(origins._known) <= 2


@ag.debug()
def decorated(x: Any) -> Any:
    return np.log(x)


def test_as_a_decorator() -> None:
    with np.errstate(all="ignore"), pytest.raises(errors.NonFiniteError):
        decorated(leaf(0.0))
    with np.errstate(all="ignore"):
        assert np.log(leaf(0.0)).item() == -np.inf


ZERO_TIMES_INFINITY: dict[str, tuple[Callable[[Any], Any], list[float] | None]] = {
    "a factor of 0": (lambda x: (np.sqrt(x) * 0).sum(), None),
    "a factor of 0 further on": (lambda x: (np.sqrt(x * 1) * 0).sum(), None),
    "a weight of 0": (lambda x: np.sum(np.sqrt(x) * np.array([0.0, 1.0])), None),
    "a square": (lambda x: np.sum(np.sqrt(x) ** 2), None),
    "a mask": (lambda x: np.where(x > 0, np.sqrt(x), 0.0).sum(), [0.0, 0.25]),
    "a part": (lambda x: np.sqrt(x)[1:].sum(), [0.0, 0.25]),
    "a maximum": (lambda x: np.maximum(np.sqrt(x), 1.0).sum(), [0.0, 0.25]),
    "a mask, and a factor of 0": (lambda x: (np.where(x > 0, np.sqrt(x), 0.0) + np.sqrt(x) * 0).sum(), None),
}


@pytest.mark.parametrize("name", ZERO_TIMES_INFINITY)
def test_0_times_infinity_is_let_pass_behind_a_mask_only(name: str) -> None:
    f, gradient = ZERO_TIMES_INFINITY[name]
    x = leaf(0.0, 4.0)
    for sweep in (lambda: f(x).backward(), lambda: ag.grad(f)(np.array([0.0, 4.0]))):
        with ag.debug():
            if gradient is None:
                with pytest.raises(errors.NonFiniteError, match="derivative of sqrt by its argument x makes nan"):
                    sweep()
            else:
                found = sweep()
                assert (x.grad if found is None else found).tolist() == gradient
    assert x.grad is None or gradient is not None
    assert not x._node.notes.hooks
    if gradient is None:
        f(x).backward()  # outside nothing is left of it
        assert np.isnan(x.grad.tolist()[0])
