"""The check names the operation at fault: mistakes planted in copies of rules, deep inside of other operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case

import autograd_lite as ag
from autograd_lite.engine.forms import elementwise
from autograd_lite.engine.op import Cache, Op
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.rules import incomplete

# ----- planting -----


def wrong_sign(share: Any) -> Any:
    return -share


def a_factor(share: Any) -> Any:
    return share * 1.001


def a_missing_transposition(share: Any) -> Any:
    return np.swapaxes(share, -1, -2) if share.ndim > 1 and share.shape[-1] == share.shape[-2] else share


def a_forgotten_broadcast(share: Any) -> Any:
    """The first slice stands for all: the others do not arrive."""
    return share[:1] + 0 * share if share.ndim else share


def a_wrong_element(share: Any) -> Any:
    factors = np.ones(share.shape)
    factors.flat[-1:] = 1.01
    return share * factors


MISTAKES = (wrong_sign, a_factor, a_missing_transposition, a_forgotten_broadcast, a_wrong_element)


def planted(op: Op, operand: int, mistake: Callable[[Any], Any]) -> Op:
    """Return a copy of an operation with a mistake in the rule of one operand."""
    twin = object.__new__(type(op))
    twin.__dict__.update(vars(op))
    rules, right = list(op.rules), op.rules[operand]
    rules[operand] = lambda g, *saved: mistake(right(g, *saved))
    twin.__dict__.update(rules=tuple(rules), cache=Cache(), accumulate=None)
    return twin


def before(x: Any) -> Any:
    """Return x again, after many operations."""
    x = np.arcsinh(np.sinh(x))
    x = (x * 3.0 - x) / 2.0
    return 4 * np.arctan(np.tan(x / 4))


def after(y: Any) -> Any:
    y = np.sin(y * np.cos(np.arange(y.size)).reshape(y.shape))
    for k in range(2):
        y = y + 0.1 * np.square(y + k)
    return np.sum(y / (1 + y * y))


def composition(op: Any, row: Case) -> Callable[..., Any]:
    def f(*inputs: Any) -> Any:
        middle = [before(x) for x in inputs]
        y = op(*middle, **row.call.keywords)
        return after(y)

    return f


LINE = composition(None, CASES[0]).__code__.co_firstlineno + 2


def gradients(f: Callable[..., Any], inputs: Any) -> list[np.ndarray]:
    xs = [ag.Tensor(x, requires_grad=True) for x in inputs]
    f(*xs).backward()
    return [x.grad.numpy() for x in xs]


def rows_by_operation() -> Iterator[tuple[Op, Case]]:
    """Yield up to two rows for each operation that is called plainly, with numbers in all its operands."""
    seen: dict[Op, int] = {}
    for row in CASES:
        op = row.fn if isinstance(row.fn, Op) else REGISTRY.get(row.fn)
        plain = isinstance(row.call, partial) and not row.call.args and row.call.func is row.fn
        if isinstance(op, Op) and not op.joint and plain and len(row.inputs) == len(op.operands) > 0 and all(op.rules):
            finite = all(x.size and np.isfinite(x).all() for x in row.inputs)
            real = not any(map(np.iscomplexobj, (*row.inputs, *row(*row.inputs))))
            if finite and real and seen.get(op, 0) < 2:
                seen[op] = seen.get(op, 0) + 1
                yield op, row


def squared(row: Case) -> Case:
    """Return the row with square matrices, where a transposition goes unseen by shapes."""
    return Case(f"square {row.name}", row.fn, row.call, tuple(x[..., :3, :3] for x in row.inputs))


ROWS = list(rows_by_operation())
SQUARE = [
    (op, squared(row)) for op, row in ROWS if all(x.shape == (3, 4) for x in row.inputs) and not row.call.keywords
]
SHORT = 30
MANY = 40


def blame(op: Op, row: Case, operand: int, mistake: Callable[[Any], Any]) -> bool:
    """Plant a mistake and demand that it is named; return whether it makes a difference at all."""
    f = composition(planted(op, operand, mistake), row)
    right, wrong = (gradients(g, row.inputs)[operand] for g in (composition(op, row), f))
    if np.allclose(wrong, right, rtol=1e-4, atol=1e-4 * float(np.abs(right).max())):
        return False
    report = ag.gradcheck(f, row.inputs, raise_exception=False)
    assert report.faults, f"{row.name}: {mistake.__name__} not found"
    fault = report.faults[0]
    assert (fault.operation, fault.argument) == (op.name, op.operands[operand]), (row.name, mistake.__name__)
    assert (Path(fault.file).name, fault.line) == (Path(__file__).name, LINE)
    return True


def test_a_planted_mistake_is_named_in_many_operations() -> None:
    """A mistake in each of many operations, another kind and another operand in turn."""
    named = set()
    for i, (op, row) in enumerate(ROWS[::2][:SHORT]):
        if blame(op, row, i % len(op.operands), (wrong_sign, a_factor, a_forgotten_broadcast)[i % 3]):
            named.add(op.name)
    assert len(named) > 0.6 * SHORT


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_every_planted_mistake_is_named(mistake: Callable[[Any], Any]) -> None:
    rows = SQUARE if mistake is a_missing_transposition else ROWS
    named = {op.name for op, row in rows for i in range(len(op.operands)) if blame(op, row, i, mistake)}
    assert len(named) >= MANY


@pytest.mark.parametrize("mistake", [a_missing_transposition, a_wrong_element])
def test_mistakes_of_place_are_named(mistake: Callable[[Any], Any]) -> None:
    assert sum(blame(op, row, 0, mistake) for op, row in SQUARE[::5]) >= 5


OF_SHARES = ("stdtrit", "betaincinv", "betainccinv", "gammaincinv", "gammainccinv")
"""Functions of numbers from 0 to 1, which those of the composition are not."""


def test_no_right_composition_is_blamed() -> None:
    for op, row in [pair for pair in ROWS[1::2] if pair[0].name not in OF_SHARES]:
        report = ag.gradcheck(composition(op, row), row.inputs)
        assert not report.faults, row.name


COARSE = (incomplete.gamma_share, incomplete.beta_share)
"""Which have nine digits, where they are derivatives of the second order themselves."""


@pytest.mark.parametrize("order", [1, 2])
def test_no_false_alarm_over_the_table(order: int, slow: bool) -> None:
    few = [row for row in CASES if row.turn("no false alarm") and not row.number() % (2 if order == 1 else 7)]
    for row in [row for row in (CASES if slow else few) if row.fn not in COARSE]:
        try:
            report = ag.gradcheck(lambda *xs, row=row: tuple(row(*xs)), row.inputs, order=order, raise_exception=False)
        except ag.errors.GradientDtypeError:  # no output that has a derivative
            continue
        assert report.ok, f"{row.name}\n{report}"


# ----- other places of blame -----


def only(found: tuple[Any, ...]) -> Any:
    (fault,) = found
    return fault


@pytest.mark.parametrize(
    ("cut", "operation"),
    [
        (lambda h: h.detach(), "multiply"),
        (lambda h: ag.Tensor(h.data), "multiply"),
        (lambda h: h.numpy(), "add"),
        (lambda h: h.item(), "add"),
    ],
    ids=["detach", "data", "numpy", "item"],
)
def test_a_derivative_lost_between_operations(cut: Callable[[Any], Any], operation: str) -> None:
    """A plain number or array is named by the operation that takes it in."""

    def f(x: Any) -> Any:
        h = np.tanh(x).sum()
        return h * np.exp(h) + 2 * cut(h)

    fault = only(ag.gradcheck(f, np.ones(2), raise_exception=False).faults)
    assert (fault.verdict, fault.operation, fault.argument) == ("cut", operation, "x2")
    assert fault.line == f.__code__.co_firstlineno + 2


def test_a_derivative_lost_by_no_grad() -> None:
    def f(x: Any) -> Any:
        with ag.no_grad():
            scale = np.sum(x)
        return x * scale

    fault = only(ag.gradcheck(f, np.ones(2), raise_exception=False).faults)
    assert (fault.verdict, fault.operation, fault.argument) == ("cut", "sum", "a")


def test_a_constant_on_purpose_is_not_blamed_for_another_mistake() -> None:
    double = elementwise(lambda x: 2 * x, lambda g: g)

    def f(x: Any) -> Any:
        shifted = x - np.max(x.detach())
        return np.log(np.sum(np.exp(double(shifted))))

    report = ag.gradcheck(f, np.array([1.0, 2.0]), raise_exception=False)
    assert report.faults[0].operation == "<lambda>"
    with pytest.raises(ag.errors.GradcheckError, match=r"on its own is <lambda>, by its argument x, called at .*:\d"):
        report.assert_ok()


def test_the_first_of_two_wrong_operations_is_named() -> None:
    first, second = (elementwise(fn, lambda g: g) for fn in (lambda x: 2 * x, lambda x: 3 * x))

    def f(x: Any) -> Any:
        y = first(x)
        return second(y)

    assert ag.gradcheck(f, np.ones(2), raise_exception=False).faults[0].line == f.__code__.co_firstlineno + 1
