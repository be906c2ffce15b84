"""A function of Tensors against the same function of plain arrays: NumPy code may mean something else on a Tensor.

A branch on ``isinstance``, or a write through a view where a Tensor keeps none, makes another function of it, and its
derivative then is right, of another function. What cannot be called with arrays, since it calls methods of a Tensor, or
gives something else each time, is not compared.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.differences import NOISE_GRANTED
from autograd_lite.base.shapes import Array
from autograd_lite.check.rounding import Chance
from autograd_lite.check.subject import Subject, as_complex, as_real, plain
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.switch import no_grad
from autograd_lite.tensor.state import discarded
from autograd_lite.tree import flatten, unflatten

_SHARE = 1e-9  # of the largest number of an output, by which definitions of ours may round otherwise than NumPy's
_SAMPLES = 3


class Disagreement(NamedTuple):
    """Where two outputs differ, and what they are there; by their shapes if these do."""

    place: str
    on_tensors: Any
    on_arrays: Any

    @property
    def size(self) -> float:
        """By how much they differ; not a number for shapes."""
        numbers = isinstance(self.on_tensors, float) and isinstance(self.on_arrays, float)
        return abs(self.on_tensors - self.on_arrays) if numbers else np.nan


def of_subject(subject: Subject) -> Disagreement | None:
    """Compare what a subject gives on Tensors and on plain arrays; None if that is the same, or cannot be told."""

    def on_arrays() -> list[Array]:
        pairs = zip(subject.start, subject.tensors, strict=True)
        given = iter([as_complex(a) if t.dtype.kind == "c" else a.copy() for a, t in pairs])
        checked = {position: next(given) for position, _ in subject.labels}
        known = {id(t): checked[i] for t, (i, _) in zip(subject.tensors, subject.labels, strict=True)}
        values = [known.get(id(x), array_of(x) if isinstance(x, Handle) else x) for x in subject.values]
        subject.evaluations += 1
        return _floats(subject.f(*[_own(x) for x in values]))

    ours = subject.values_at(subject.start)
    theirs = _called(on_arrays)
    if theirs is None or _first(ours, theirs, [_allowed(y) for y in ours]) is None:
        return None
    if not _repeats(theirs, _called(on_arrays)):
        return None
    return _first(ours, theirs, _rounding(subject, ours))


def of_call(f: Callable[..., Any], args: Any, kwargs: Any, result: Any) -> Disagreement | None:
    """Compare the result of a call with that of the same call with plain arrays in the place of Tensors."""

    def on_arrays() -> list[Array]:
        leaves, structure = flatten((args, kwargs))
        given, named = unflatten(structure, [_own(array_of(x) if isinstance(x, Handle) else x) for x in leaves])
        return _floats(f(*given, **named))

    ours, theirs = _floats(result), _called(on_arrays)
    if theirs is None:
        return None
    found = _first(ours, theirs, [np.sqrt(np.finfo(y.dtype).eps) * _largest(y) for y in ours])
    return found if found is not None and _repeats(theirs, _called(on_arrays)) else None


def _called(on_arrays: Callable[[], list[Array]]) -> list[Array] | None:
    """Return the outputs on plain arrays; None where the function does not take them, or gives no arrays."""
    try:
        with no_grad(), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: list[Array] = discarded(lambda noted: on_arrays())
            return found or None
    except Exception:  # noqa: BLE001 - whatever a function raises that is written for Tensors
        return None


def _own(x: Any) -> Any:
    """Return a copy of an array, and all else as it is: the function may write to what it is given."""
    return x.copy() if isinstance(x, np.ndarray) else x


def _floats(result: Any) -> list[Array]:
    """Return the outputs that have a derivative, as arrays of real numbers."""
    leaves, _ = flatten(result)
    return [as_real(y) for y in map(plain, leaves) if y.dtype.kind in "fc"]


def _largest(y: Array) -> float:
    return float(np.max(np.abs(y), initial=0, where=np.isfinite(y)))


def _allowed(y: Array) -> Array:
    return np.full(y.shape, _SHARE * _largest(y))


def _rounding(subject: Subject, ours: list[Array]) -> list[Array]:
    """Return by how much outputs may differ: as much as they do when results change in their last digits."""
    allowed, rng = [_allowed(y) for y in ours], np.random.default_rng(0)
    for _ in range(_SAMPLES):
        with Chance(rng, float(np.finfo(np.float64).eps)).in_results():
            moved = subject.values_at(subject.start)
        with np.errstate(all="ignore"):
            off = [np.nan_to_num(np.abs(a - b)) for a, b in zip(moved, ours, strict=True)]
        allowed = [a + NOISE_GRANTED * o for a, o in zip(allowed, off, strict=True)]
    return allowed


def _repeats(first: list[Array], second: list[Array] | None) -> bool:
    """Tell whether a second call gave the same."""
    if second is None or len(first) != len(second):
        return False
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))


def _first(ours: Sequence[Array], theirs: Sequence[Array], allowed: Sequence[Any]) -> Disagreement | None:
    return next(_differences(ours, theirs, allowed), None)


def _differences(ours: Sequence[Array], theirs: Sequence[Array], allowed: Sequence[Any]) -> Iterator[Disagreement]:
    """Yield the largest difference of each output that differs."""
    if len(ours) != len(theirs):
        yield Disagreement("the outputs", f"{len(ours)} of floats", f"{len(theirs)} of floats")
        return
    for i, (a, b, most) in enumerate(zip(ours, theirs, allowed, strict=True)):
        name = "its output" if len(ours) == 1 else f"output {i}"
        if a.shape != b.shape:
            yield Disagreement(name, f"of shape {a.shape}", f"of shape {b.shape}")
            continue
        with np.errstate(all="ignore"):
            off = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0, np.abs(a - b) - most)
        off = np.where(np.isnan(off), np.inf, off)
        if np.any(off > 0):
            place = tuple(int(j) for j in np.unravel_index(np.argmax(off), off.shape))
            where = f"element {list(place)} of {name}" if place else name
            yield Disagreement(where, float(a[place]), float(b[place]))
