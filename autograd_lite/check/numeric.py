"""The numeric side: the function along a line, at points only, in float64 whatever the dtype of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from autograd_lite.base.differences import NOISE_GRANTED, Line, Sweep, central, quick, sweep_steps
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.check import analytic
from autograd_lite.engine.tasks import Here

_DIGITS = 100  # units in the last place by which a complex step may be off
_SHARE = 1e-15  # of the largest derivative, for those that are sums which cancel
_AGREE = 1e-6


class Derivatives(Protocol):
    """What the derived side knows of one call."""

    shapes: list[Shape]
    coarse: dict[str, Any] | None

    def pull(self, u: Array) -> list[Array]: ...
    def push(self, k: int, v: Array) -> Array: ...
    def influences(self, k: int) -> bool: ...
    def itemsize(self) -> int: ...
    def shake(self, change: Callable[[Any], Any]) -> None: ...
    def record(self) -> bool: ...


class Checked(Protocol):
    """What can be checked: `Subject` and `Pair`."""

    function: str
    labels: list[tuple[int, str]]
    start: list[Array]
    evaluations: int

    @property
    def kinds(self) -> list[tuple[Shape, Any]]: ...
    def narrow(self) -> list[Array]: ...
    def values_at(self, arrays: Sequence[Array]) -> list[Array]: ...
    def complex_at(self, arrays: Sequence[Array]) -> list[Array] | None: ...
    def derive(self, arrays: Sequence[Array]) -> Derivatives: ...
    def mutated(self) -> list[int]: ...


class Numeric:
    """Combinations of the outputs (`rows`; None for each alone) as functions of a step along a direction."""

    def __init__(
        self, checked: Checked, rows: Array | None, eps: float | None, start: list[Array] | None = None,
        executor: Any = None,
    ) -> None:  # fmt: skip
        self.checked, self.rows, self.eps, self.executor = checked, rows, eps, Here(executor)
        self.start = checked.start if start is None else start
        outputs = checked.values_at(self.start)
        self.shapes = [y.shape for y in outputs]
        precision = np.concatenate([np.full(y.size, np.finfo(y.dtype).eps) for y in outputs])
        self.values, self.every_precision = _joined(outputs), precision
        self.finite = np.isfinite(self.values)
        self.base = self.read(self.values)
        if rows is None:
            self.precision, self.rounding = precision, np.zeros(precision.size)
        else:
            self.precision = np.full(len(rows), precision.max(initial=0))
            self.rounding = np.abs(rows) @ np.where(self.finite, np.abs(self.values) * precision, 0)

    def wide(self) -> Numeric | None:
        """Return the same in longdouble; None where that is no wider, or the function does not keep to it."""
        start = [a.astype(np.longdouble) for a in self.start]
        try:
            wide = Numeric(self.checked, self.rows, self.eps, start)
        except analytic.UNABLE:  # `numpy.linalg` knows no longdouble
            return None
        gain = wide.precision.max(initial=0) / self.precision.max(initial=0)
        wide.rounding = np.maximum(wide.rounding, gain * self.rounding)
        return wide if gain < 1 else None

    def read(self, values: Array) -> Array:
        """Return the combinations of all values. What is not finite at the start is left out of them."""
        return values if self.rows is None else self.rows @ np.where(self.finite, values, 0)

    def at(self, arrays: Sequence[Array]) -> Array:
        """Return the combinations at other values of the inputs."""
        return self.read(_joined(self.checked.values_at(arrays)))

    def line(self, k: int, v: Array, at: Sequence[Array] | None = None) -> Line:
        """Return the function along a direction of input `k`, from the start or another point."""
        start, support = self.start if at is None else at, np.flatnonzero(v)

        def shifted(step: float) -> tuple[Array, float]:
            arrays = list(start)
            moved = arrays[k] = start[k].copy()
            moved.flat[support] += step * v[support]
            way = (moved.flat[support] - start[k].flat[support]).astype(np.float64)
            length = float(np.mean(way / v[support])) if support.size else step
            # What is not finite does not move, whatever the step.
            return self.at(arrays), length if np.isfinite(length) else step

        return shifted

    def quick(self, k: int, v: Array, step: float | None = None, at: Sequence[Array] | None = None) -> Array:
        """Return the derivatives of all rows along a direction, by one pair of steps, the larger of which is `step`."""
        return quick(self.line(k, v, at), 1.0, self._step(v) if step is None else step)

    def central(self, k: int, v: Array, step: float) -> Array:
        """Return the derivatives of all rows along a direction, by the two ends of one step."""
        return central(self.line(k, v), step)

    def sweep(self, k: int, v: Array) -> Sweep:
        """Return the rows at all steps along a direction."""
        support = np.flatnonzero(v)
        relative = np.abs(self.start[k].flat[support] / v[support])
        x = float(relative[0]) if support.size == 1 else float(np.median(relative))
        steps = sweep_steps(x if np.isfinite(x) else 1.0, self._step(v), float(np.finfo(self.start[k].dtype).eps))
        return Sweep(self.line(k, v), steps, self.base, self.precision, self.rounding)

    def measured(self, k: int, v: Array, sweep: Sweep) -> tuple[Array, Array]:
        """Return the derivatives of all rows along a direction as well as they can be known, and their noise.

        They are those of the sweep, or of a complex step where that is possible and agrees with them.
        """
        values, noise = sweep.best()
        exact = self._complex_step(k, v)
        if exact is None or not np.all(np.abs(exact - values) <= NOISE_GRANTED * noise + _AGREE * np.abs(values)):
            return values, noise
        rounding = _DIGITS * self.precision * np.abs(exact) + _SHARE * np.max(np.abs(exact))
        return exact, np.minimum(noise, np.maximum(rounding, analytic.STEP))

    def _complex_step(self, k: int, v: Array) -> Array | None:
        start = self.start
        if any(a.dtype != np.float64 for a in start):
            return None
        arrays = [a.astype(complex) if i == k else a for i, a in enumerate(start)]
        arrays[k] += 1j * analytic.STEP * v.reshape(start[k].shape)
        near = _DIGITS * self.every_precision * np.maximum(np.abs(self.values), 1.0)
        found = analytic.derivative(self.checked.complex_at(arrays), self.values, near)
        return None if found is None else self.read(found)

    def _step(self, v: Array) -> float | None:
        return None if self.eps is None else self.eps / float(np.max(np.abs(v)))

    def place(self, output: int) -> str:
        """Return which element of which output it is; nothing for a single number."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        number = int(np.searchsorted(ends, output, side="right"))
        shape = self.shapes[number]
        place = np.unravel_index(output - int(ends[number]) + int(np.prod(shape)), shape) if shape else ()
        parts = [f"output {number}"] if len(ends) > 1 else ["output"] if shape else []
        return " ".join([*parts, *([f"element {[int(j) for j in place]}"] if shape else [])])


def pulled(checked: Checked, numeric: Numeric, derived: Derivatives) -> list[Array]:
    """Return for each input the derivatives of all rows, (rows, elements)."""
    units = np.eye(numeric.finite.size) if numeric.rows is None else numeric.rows * numeric.finite
    found = [derived.pull(u) for u in units]
    return [np.array([p[k] for p in found]).reshape(len(units), a.size) for k, a in enumerate(checked.start)]


def _joined(outputs: Sequence[Array]) -> Array:
    """Return all elements of all outputs, in float64 at least."""
    joined = np.concatenate([np.ravel(y) for y in outputs])
    return joined.astype(np.result_type(joined.dtype, np.float64))
