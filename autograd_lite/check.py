"""The gradient check: what was derived against central differences, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.graph import no_grad
from autograd_lite.shapes import Array
from autograd_lite.tensor import Tensor


@dataclass(frozen=True)
class InputReport:
    """How one input came out: the element where derived and numeric differ most, against the tolerance."""

    name: str
    shape: tuple[int, ...]
    index: tuple[int, ...]
    derived: float
    numeric: float
    excess: float

    @property
    def ok(self) -> bool:
        return self.excess <= 1


@dataclass(frozen=True)
class GradcheckReport:
    """The outcome of a check: true when all is well; prints as a table."""

    inputs: tuple[InputReport, ...]

    def __bool__(self) -> bool:
        return all(i.ok for i in self.inputs)

    def __str__(self) -> str:
        head = f"{'input':12} {'shape':10} {'worst at':10} {'derived':>16} {'numeric':>16}  verdict"
        rows = [
            f"{i.name:12} {i.shape!s:10} {i.index!s:10} {i.derived:+16.9e} {i.numeric:+16.9e}  "
            + ("ok" if i.ok else "WRONG")
            for i in self.inputs
        ]
        return "\n".join([head, *rows])


def gradcheck(
    f: Callable[..., Tensor],
    inputs: Tensor | Sequence[Tensor],
    *,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    raise_exception: bool = True,
) -> GradcheckReport:
    """Compare the gradients of `f` with central differences at every element of every input.

    Parameters
    ----------
    f : callable
        Takes the inputs, returns a Tensor; of more than one number, a fixed random combination is checked.
    inputs : Tensor or sequence of Tensor
        Leaves that require a gradient, float64. Their values and gradients are as before when it returns.

    Raises
    ------
    GradcheckError
        With the worst element, unless `raise_exception` is False.

    Examples
    --------
    >>> bool(gradcheck(lambda x: x * x, Tensor([1.0, 2.0], requires_grad=True)))
    True
    """
    tensors = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    weights = _weights(f(*tensors))
    derived = _derived(f, tensors, weights)
    report = GradcheckReport(
        tuple(
            _compare(t.name or f"input {i}", g, _numeric(lambda: _contracted(f, tensors, weights), t), rtol, atol)
            for i, (t, g) in enumerate(zip(tensors, derived, strict=True))
        )
    )
    if raise_exception and not report:
        worst = max(report.inputs, key=lambda i: i.excess)
        raise errors.GradcheckError(
            f"the gradient of {getattr(f, '__name__', 'f')} for {worst.name} is wrong at {worst.index}: derived "
            f"{worst.derived:.9g}, by differences {worst.numeric:.9g}. Write "
            f"print(ag.gradcheck(f, inputs, raise_exception=False)) for the whole table"
        )
    return report


def _weights(y: Tensor) -> Array:
    return np.random.default_rng(0).uniform(0.5, 1.5, y.shape)


def _derived(f: Callable[..., Tensor], tensors: Sequence[Tensor], weights: Array) -> list[Array]:
    before = [t.grad for t in tensors]
    try:
        for t in tensors:
            t.zero_grad()
        f(*tensors).backward(weights)
        return [np.zeros(t.shape) if t.grad is None else t.grad.detach().numpy() for t in tensors]
    finally:
        for t, grad in zip(tensors, before, strict=True):
            t.grad = grad


def _contracted(f: Callable[..., Tensor], tensors: Sequence[Tensor], weights: Array) -> float:
    with no_grad():
        return float(np.sum(f(*tensors).numpy() * weights))


def _numeric(value: Callable[[], float], t: Tensor) -> Array:
    """Return the derivative of ``value()`` for every element: central differences, extrapolated once."""
    start = t.detach().numpy().copy()
    result = np.zeros(t.shape)
    try:
        for index in np.ndindex(t.shape):
            step = 1e-3 * max(abs(float(start[index])), 1e-3)
            coarse, fine = (_difference(value, t, start, index, h) for h in (step, step / 2))
            result[index] = (4 * fine - coarse) / 3
    finally:
        t.assign(start)
    return result


def _difference(value: Callable[[], float], t: Tensor, start: Array, index: Any, step: float) -> float:
    ends = []
    for sign in (1, -1):
        moved = start.copy()
        moved[index] += sign * step
        t.assign(moved)
        ends.append(value())
    return (ends[0] - ends[1]) / (2 * step)


def _compare(name: str, derived: Array, numeric: Array, rtol: float, atol: float) -> InputReport:
    if not numeric.size:
        return InputReport(name, numeric.shape, (), 0.0, 0.0, 0.0)
    excess = np.abs(derived - numeric) / (atol + rtol * np.maximum(np.abs(numeric), np.abs(numeric).max()))
    excess = np.where(np.isfinite(excess), excess, np.inf)
    index = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
    return InputReport(name, numeric.shape, index, float(derived[index]), float(numeric[index]), float(excess[index]))
