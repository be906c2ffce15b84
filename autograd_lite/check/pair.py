"""A pair of plain callables, a function and its derivative, as something to be checked: no Tensor is needed.

Complex numbers are looked at as pairs of real ones, along a last axis of 2: the derivative ``a + ib`` of a complex
function is then the matrix ``[[a, -b], [b, a]]`` (the equations of Cauchy and Riemann), and ``a + ib`` of a real
function of complex numbers is ``[[a, b]]``, the direction in which it rises most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.check import analytic
from autograd_lite.check.subject import as_complex, as_real, has_derivative, listed, parameter_names, plain, widened
from autograd_lite.tensor.state import once


class Pair:
    """A function of arrays and the function that is said to be its derivative; see `Subject` for the attributes."""

    def __init__(self, f: Callable[..., Any], df: Callable[..., Any], inputs: Any) -> None:
        self.f, self.df, self.evaluations = once(f), once(df), 0
        self.function = getattr(f, "__name__", type(f).__name__)
        names, self.values = listed(inputs)
        known = names or parameter_names(f)
        self.places = [i for i, x in enumerate(self.values) if has_derivative(x)]
        self.labels = [(i, known[i] if i < len(known) else "") for i in self.places]
        if not self.places:
            text = errors.GRADCHECK_NOTHING.format(function=self.function, number=len(self.values))
            raise errors.GradientDtypeError(text)
        self.start = [as_real(widened(np.asarray(self.values[i]))) for i in self.places]

    @property
    def kinds(self) -> list[tuple[Shape, Any]]:
        """The shape, with the axis of the parts of complex numbers, and the dtype of each input that is checked."""
        return [(a.shape, np.asarray(self.values[i]).dtype) for i, a in zip(self.places, self.start, strict=True)]

    def is_complex(self, k: int) -> bool:
        """Tell whether input `k` is made of complex numbers."""
        return np.iscomplexobj(self.values[self.places[k]])

    def narrow(self) -> list[Array]:
        """Return the values of the inputs in their own dtypes."""
        return [as_real(np.asarray(self.values[i])) for i in self.places]

    def values_at(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the inputs."""
        return [as_real(y) for y in self.outputs_at(arrays)]

    def outputs_at(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs as the function gives them, complex ones too."""
        self.evaluations += 1
        with np.errstate(all="ignore"):
            result = self.f(*self._filled([a.copy() for a in arrays]))
        return [plain(y) for y in (result if isinstance(result, (tuple, list)) else [result])]

    def complex_at(self, arrays: Sequence[Array]) -> list[Array] | None:
        """Return the outputs at complex values of the inputs, None if the function does not allow them."""
        if any(map(self.is_complex, range(len(self.places)))):
            return None
        outputs = analytic.evaluated(lambda: self.outputs_at(arrays))
        return None if outputs is None else list(outputs)

    def derive(self, arrays: Sequence[Array]) -> Jacobians:
        """Return what `df` says at these values."""
        outputs = self.outputs_at(arrays)
        given = self.df(*self._filled([a.copy() for a in arrays]))
        parts = [plain(p) for p in (given if isinstance(given, tuple) else [given])]
        inside = [a.shape[:-1] if self.is_complex(k) else a.shape for k, a in enumerate(arrays)]
        wanted = [(*outputs[0].shape, *shape) for shape in inside]
        if len(outputs) != 1 or [p.shape for p in parts] != wanted:
            text = errors.GRADCHECK_SHAPE.format(
                function=self.function, given=[p.shape for p in parts], wanted=wanted, shapes=[y.shape for y in outputs]
            )
            raise errors.ShapeError(text)
        rows = outputs[0].size
        for k, p in enumerate(parts):
            if np.any(p.imag) and not np.iscomplexobj(outputs[0]) and not self.is_complex(k):
                raise errors.GradientDtypeError(errors.GRADCHECK_IMAGINARY.format(function=self.function))
        real = [
            _as_real_matrix(p.reshape(rows, int(np.prod(shape))), np.iscomplexobj(outputs[0]), self.is_complex(k))
            for k, (p, shape) in enumerate(zip(parts, inside, strict=True))
        ]
        return Jacobians(real, [as_real(y).shape for y in outputs])

    def mutated(self) -> list[int]:
        """Call the function once, and return the positions of the arguments that it has written to."""
        arguments = self._filled([a.copy() for a in self.start])
        before = {i: x.copy() for i, x in enumerate(arguments) if isinstance(x, np.ndarray)}
        self.f(*arguments)
        return [i for i, x in before.items() if not np.array_equal(x, arguments[i], equal_nan=True)]

    def _filled(self, arrays: Sequence[Array]) -> list[Any]:
        arguments = list(self.values)
        for k, (i, array) in enumerate(zip(self.places, arrays, strict=True)):
            given = as_complex(array) if self.is_complex(k) else array
            arguments[i] = given if isinstance(self.values[i], np.ndarray) else given[()]
        return arguments


class Jacobians:
    """All derivatives as arrays: (elements of the output, of an input) for each input."""

    def __init__(self, parts: Sequence[Array], shapes: Sequence[Shape]) -> None:
        self.shapes, self.parts = list(shapes), list(parts)
        self.coarse: dict[str, Any] | None = None

    def pull(self, u: Array) -> list[Array]:
        """Return the derivative of ``u @ outputs`` by each input."""
        return [u @ part for part in self.parts]

    def push(self, k: int, v: Array) -> Array:
        """Return how the outputs move when input `k` moves along `v`."""
        moved: Array = self.parts[k] @ v
        return moved

    def influences(self, k: int) -> bool:
        """Tell whether any derivative by input `k` is not 0."""
        return bool(self.parts[k].any())

    def itemsize(self) -> int:
        """Return the bytes of the dtype that was computed in."""
        return 8

    def record(self) -> bool:
        """Return False: what `df` computes inside is not known."""
        return False

    def shake(self, change: Callable[[Any], Any]) -> None:
        """Leave them as they are: what `df` computes inside is not known."""


def _as_real_matrix(derivative: Array, complex_output: bool, complex_input: bool) -> Array:
    """Return a matrix of derivatives with the parts of complex numbers as rows and columns of their own."""
    a, b = derivative.real.astype(np.float64), derivative.imag.astype(np.float64)
    rows, columns = derivative.shape
    if not complex_input:
        return np.stack([a, b], axis=1).reshape(2 * rows, columns) if complex_output else a
    if not complex_output:
        return np.stack([a, b], axis=2).reshape(rows, 2 * columns)
    return np.stack([np.stack([a, -b], axis=2), np.stack([b, a], axis=2)], axis=1).reshape(2 * rows, 2 * columns)
