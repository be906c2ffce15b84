"""What a program has done, and what the plain function has: results, Tensors, gradients, generators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.compiler.reference import Held, Moment, PlainRun, array_of_grad
from autograd_lite.engine.record import Handle
from autograd_lite.tree import described, flatten, paths

_UNITS = 1e4
"""Units in the last place, of the largest number around, by which sums may differ in which much cancels."""


class Comparison:
    """What a program has done: what it returned, and what it has made of Tensors and generators.

    Parameters
    ----------
    result
        What it returned.
    before, after : Moment
        What it changes, before the call and after.
    arrays : list of (array, its copy)
        What it reads and does not change.
    names : mapping
        What Tensors are called, by identity.
    """

    def __init__(
        self, result: Any, before: Moment, after: Moment, arrays: list[tuple[Array, Array]], names: Mapping[int, str]
    ) -> None:
        self.leaves, self.structure = _taken_apart(result)
        self.before, self.after, self.arrays, self.names = before, after, arrays, names

    def differences(self, result: Any, beside: PlainRun) -> Iterator[str]:
        """Say what the plain function has done otherwise: what it returned, and how everything stands now."""
        leaves, structure = _taken_apart(result)
        if structure != self.structure:
            yield f"the result is {described(structure)}, and {described(self.structure)} in the program"
            return
        scale = self._scale(leaves)
        for path, found, plain in zip(paths(structure), self.leaves, leaves, strict=True):
            what = f"the result{path}"
            if type(found) is not type(plain):
                yield f"{what} is {kind_of(plain)}, and {kind_of(found)} in the program"
            else:
                yield from different(what, _value(found), _value(plain), scale)
        for i, held in {**beside.touched, **self.before.tensors}.items():
            yield from self._of_tensor(i, self.after.tensors.get(i, held), scale)
        if self.after.drawn() != self.before.again().drawn():
            yield "a random generator, from which other numbers are drawn"
        for array, copy in self.arrays:
            if array.tobytes() != copy.tobytes():
                yield f"an array of shape {array.shape}, into which is written"

    def _of_tensor(self, i: int, program: Held, scale: float) -> Iterator[str]:
        now = Held(program.t)
        name = self.names.get(i) or program.t._name
        called = f"the Tensor {name!r}" if name else f"a Tensor of shape {program.t._data.shape}"
        if now.data is not program.data:
            yield from different(called, program.data, now.data, scale)
        grads = array_of_grad(program.grad), array_of_grad(now.grad)
        if grads[0] is not grads[1]:
            yield from different(f"the gradient of {called}", *grads, scale)

    def _scale(self, leaves: list[Any]) -> float:
        """Return the largest number around."""
        every = [*map(_value, [*leaves, *self.leaves, *self.before.tensors.values()]), *[a for a, _ in self.arrays]]
        return max([_largest(np.asarray(x)) for x in every if isinstance(x, (np.ndarray, np.number))], default=0.0)

    def arrays_back(self) -> None:
        """Have the arrays be again what they were."""
        for array, copy in self.arrays:
            if array.tobytes() != copy.tobytes():
                array[...] = copy


def _taken_apart(result: Any) -> tuple[list[Any], Any]:
    """Return the leaves of a result as they are now, a Tensor as what it holds, and their structure."""
    leaves, structure = flatten(result)
    return [Held(x) if isinstance(x, Handle) else x for x in leaves], structure


def _value(x: Any) -> Any:
    return x.data if isinstance(x, Held) else x


def different(what: str, found: Any, plain: Any, scale: float = 0.0) -> Iterator[str]:
    """Say how a value of a program differs from the plain one, if by more than rounding; NaN is the same as NaN."""
    kinds = (np.ndarray, np.generic, bool, int, float, complex)
    if not isinstance(found, kinds) or not isinstance(plain, kinds):
        if found is not plain and not (type(found) is type(plain) and bool(found == plain)):
            yield f"{what} is {kind_of(plain)}, and {kind_of(found)} in the program"
        return
    a, b = np.asarray(found), np.asarray(plain)
    if a.shape != b.shape or a.dtype != b.dtype:
        yield f"{what} is {kind_of(plain)}, and {kind_of(found)} in the program"
        return
    excess = _excess(a, b, scale)
    if excess.size and np.max(excess) > 1:
        index = tuple(map(int, np.unravel_index(np.argmax(excess), a.shape)))
        place = f" at {list(index)}" if index else ""
        yield f"{what} is {b[index]}{place}, and {a[index]} in the program"


def kind_of(x: Any) -> str:
    if isinstance(x, Held):
        return f"a {type(x.t).__name__}"
    if isinstance(x, (np.ndarray, np.generic)):
        return f"a {type(x).__name__} of {x.dtype} and shape {x.shape}"
    return repr(x) if isinstance(x, (str, bytes, type(None))) else f"a {type(x).__name__}"


def _excess(a: Array, b: Array, scale: float) -> Array:
    """Return by how much more than rounding does two arrays differ, 1 for as much as that."""
    if a.dtype.kind not in "fc":
        return np.where(a == b, 0.0, np.inf)
    eps = float(np.finfo(a.dtype).eps)
    with np.errstate(all="ignore"):
        allowed = np.sqrt(eps) * np.maximum(np.abs(b).astype(float), _largest(b)) + _UNITS * eps * scale
        apart = np.abs(a.astype(_wide(a)) - b.astype(_wide(b))).astype(float)
        excess = np.where(allowed > 0, apart / np.where(allowed > 0, allowed, 1.0), np.where(apart > 0, np.inf, 0.0))
    same = (a == b) | ((a != a) & (b != b))  # noqa: PLR0124 - NaN
    return np.where(same, 0.0, np.where(np.isfinite(excess), excess, np.inf))


def _wide(x: Array) -> type:
    return complex if x.dtype.kind == "c" else float


def _largest(x: Array) -> float:
    """Return the largest finite number in an array."""
    if x.dtype.kind not in "fciu":
        return 0.0
    with np.errstate(all="ignore"):
        size = np.abs(x).astype(float)
    return float(np.max(size, initial=0.0, where=np.isfinite(size)))
