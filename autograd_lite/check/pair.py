"""A pair of plain callables, a function and its derivative, as something to be checked: no Tensor is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.check import analytic
from autograd_lite.check.subject import flat, is_float_array, listed, parameter_names, plain, widened
from autograd_lite.shapes import Array, Shape


class Pair:
    """A function of arrays and the function that is said to be its derivative; see `Subject` for the attributes."""

    def __init__(self, f: Callable[..., Any], df: Callable[..., Any], inputs: Any) -> None:
        self.f, self.df, self.evaluations = f, df, 0
        self.function = getattr(f, "__name__", type(f).__name__)
        names, self.values = listed(inputs)
        known = names or parameter_names(f)
        self.places = [i for i, x in enumerate(self.values) if is_float_array(x)]
        self.labels = [(i, known[i] if i < len(known) else "") for i in self.places]
        if not self.places:
            text = errors.GRADCHECK_NOTHING.format(function=self.function, number=len(self.values))
            raise errors.GradientDtypeError(text)
        self.start = [widened(np.asarray(self.values[i])) for i in self.places]

    @property
    def kinds(self) -> list[tuple[Shape, Any]]:
        """The shape and dtype of each input that is checked."""
        return [(a.shape, a.dtype) for a in self.narrow()]

    def narrow(self) -> list[Array]:
        """Return the values of the inputs in their own dtypes."""
        return [np.asarray(self.values[i]) for i in self.places]

    def values_at(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the inputs."""
        self.evaluations += 1
        with np.errstate(all="ignore"):
            result = self.f(*self._filled([a.copy() for a in arrays]))
        return [plain(y) for y in (result if isinstance(result, (tuple, list)) else [result])]

    def complex_at(self, arrays: Sequence[Array]) -> list[Array] | None:
        """Return the outputs at complex values of the inputs, None if the function does not allow them."""
        outputs = analytic.evaluated(lambda: self.values_at(arrays))
        return None if outputs is None else list(outputs)

    def derive(self, arrays: Sequence[Array]) -> Jacobians:
        """Return what `df` says at these values."""
        shapes = [y.shape for y in self.values_at(arrays)]
        given = self.df(*self._filled([a.copy() for a in arrays]))
        parts = list(given) if isinstance(given, tuple) else [given]
        wanted = [(*shapes[0], *a.shape) for a in arrays]
        if len(shapes) != 1 or [np.shape(p) for p in parts] != wanted:
            text = errors.GRADCHECK_SHAPE.format(
                function=self.function, given=[np.shape(p) for p in parts], wanted=wanted, shapes=shapes
            )
            raise errors.ShapeError(text)
        return Jacobians([flat(p) for p in parts], shapes)

    def mutated(self) -> list[int]:
        """Call the function once, and return the positions of the arguments that it has written to."""
        arguments = self._filled([a.copy() for a in self.start])
        before = {i: x.copy() for i, x in enumerate(arguments) if isinstance(x, np.ndarray)}
        self.f(*arguments)
        return [i for i, x in before.items() if not np.array_equal(x, arguments[i], equal_nan=True)]

    def magnitude(self) -> float:
        """Return the largest number that is known to be computed with."""
        return max([1.0, *(float(np.max(np.abs(a), initial=0)) for a in [*self.start, *self.values_at(self.start)])])

    def _filled(self, arrays: Sequence[Array]) -> list[Any]:
        arguments = list(self.values)
        for i, array in zip(self.places, arrays, strict=True):
            arguments[i] = array if isinstance(self.values[i], np.ndarray) else array[()]
        return arguments


class Jacobians:
    """All derivatives as arrays: (elements of the output, of an input) for each input."""

    def __init__(self, parts: Sequence[Array], shapes: Sequence[Shape]) -> None:
        self.shapes = list(shapes)
        self.rows = int(np.prod(shapes[0]))
        self.parts = [p.reshape(self.rows, -1) if p.size else np.zeros((self.rows, 0)) for p in parts]

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
