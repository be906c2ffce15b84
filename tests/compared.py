"""A random program compiled, and what it does compared with the plain function, call by call."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from programs import CALLS, Drawn

import autograd_lite as ag
from autograd_lite import tree
from autograd_lite.compiler.passes import PASSES

INEXACT = ("identities", "dots", "small_arrays", "fusion")
EXACT = tuple(name for name in PASSES if name not in INEXACT)
_ROUNDED = {"d": 1e-9, "f": 1e-3, "e": 3e-2, "D": 1e-9, "F": 1e-3}
"""How far results may be apart, as a share of the largest number in them; by the coarsest dtype of the arguments."""


class Outcome(NamedTuple):
    """What a call did: the values it returned and left in Tensors, or the error it raised."""

    values: list[Any]
    error: Exception | None


def outcome(call: Callable[..., Any], args: tuple[Any, ...], tensors: list[Any]) -> Outcome:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            leaves = tree.leaves(call(*args))
        except Exception as error:  # noqa: BLE001 - whatever it is, both have to raise it
            return Outcome([], error)
    values = [x.numpy().copy() if isinstance(x, ag.Tensor) else x for x in leaves]
    for t in tensors:
        values += [t.numpy().copy(), None if t.grad is None else t.grad.numpy().copy()]
    return Outcome(values, None)


class Refused(Exception):
    """The program cannot be compiled."""


def check(
    program: Drawn, backend: str = "numpy", calls: Sequence[int] = CALLS, verify: int = 0, **settings: Any
) -> int:
    """Compare some calls of a program compiled with the plain one; return how often it was recorded.

    Raises
    ------
    Refused
        By a CompileError at the first call.
    AssertionError
        With the text of the program.
    """
    plain, tensors = program.function()
    function, changed = program.function()
    compiled = ag.compile(function, backend=backend, verify=verify, **settings)
    exact = settings.get("passes") == EXACT and backend == "numpy"
    for call in calls:
        args = program.arguments(call, laid_out=not exact)
        expected = outcome(plain, args, tensors)
        found = outcome(compiled, args, changed)
        if isinstance(found.error, ag.errors.CompileError) and expected.error is None and not len(compiled.programs):
            raise Refused(str(found.error))
        if isinstance(expected.error, ag.errors.ConversionError) or (call == 0 and expected.error is not None):
            return 0  # no program: arrays have carried it out, and a Tensor refuses it
        share = max(_ROUNDED[x.dtype.char] for x in map(np.asarray, (*args, 1.0)) if x.dtype.char in _ROUNDED)
        faults = list(differences(expected, found, exact, share))
        if faults and not exact and _is_chance(program, expected, found, call):
            return compiled.programs.recordings
        if faults:
            text = "\n".join(map(str, faults))
            raise AssertionError(f"program {program.seed}, {backend} {settings}, call {call}:\n{program.text}\n{text}")
        if expected.error is not None and tensors:
            break
    return compiled.programs.recordings


def differences(expected: Outcome, found: Outcome, exact: bool = False, share: float = 0.0) -> Iterator[str]:
    """Say where two outcomes differ by more than rounding."""
    a, b = expected.error, found.error
    if (a is None) != (b is None):
        yield f"plain: {a!r}; compiled: {b!r}"
    if a is not None or b is not None:
        return
    if len(expected.values) != len(found.values):
        yield f"{len(found.values)} values for {len(expected.values)}"
        return
    for k, (x, y) in enumerate(zip(expected.values, found.values, strict=True)):
        if type(x) is not type(y) or np.shape(x) != np.shape(y) or np.asarray(x).dtype != np.asarray(y).dtype:
            yield f"value {k}: {kind(y)}, plain {kind(x)}"
        elif x is not None and not (same(x, y) if exact else close(x, y, share)):
            yield f"value {k} ({kind(x)}): plain {str(x)[:300]}, compiled {str(y)[:300]}"


def kind(x: Any) -> str:
    return f"{type(x).__name__} {np.asarray(x).dtype} {np.shape(x)}"


def same(x: Any, y: Any) -> bool:
    """Tell whether two arrays are equal, or but for a few units in the last place of the largest number: NaN is NaN.

    NOTE: NumPy's own functions and sums differ so much for another layout in memory, and for a number of NumPy.
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind not in "fc":
        return bool(np.array_equal(x, y))
    with np.errstate(all="ignore"):
        units = 64 * float(np.finfo(x.dtype).eps)
        return bool(np.allclose(y, x, rtol=units, atol=units * largest(x), equal_nan=True))


def largest(x: Any) -> float:
    """Return the largest finite number in an array."""
    array = np.asarray(0 if x is None else x)
    with np.errstate(all="ignore"):
        size = np.abs(array.astype(complex))
    return float(np.max(size, initial=0, where=np.isfinite(size)))


def close(x: Any, y: Any, coarsest: float = 0.0) -> bool:
    """Tell whether two arrays are equal up to rounding."""
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind not in "fc":
        return bool(np.all(x == y))
    share = max(_ROUNDED[x.dtype.char], coarsest)
    with np.errstate(all="ignore"):
        return bool(np.allclose(y, x, rtol=share, atol=share * largest(y), equal_nan=True))


def _is_chance(program: Drawn, expected: Outcome, found: Outcome, call: int) -> bool:
    """Tell whether the plain function gives as different results itself, for numbers moved in their last digits.

    As it does where nearly all cancels, and where a result is compared with another, or rounded.
    """
    if expected.error is not None or found.error is not None or len(expected.values) != len(found.values):
        return False
    moved = [_moved(program, call, k) for k in range(4)]
    rows = zip(expected.values, found.values, *[m.values for m in moved], strict=True) if _all_ran(moved) else ()
    scale = max(map(largest, [*program.arguments(call), *expected.values]))
    return bool(rows) and all(_explained(scale, *row) for row in rows)


def _all_ran(outcomes: list[Outcome]) -> bool:
    return all(x.error is None for x in outcomes)


def _explained(scale: float, x: Any, y: Any, *moved: Any) -> bool:
    if type(x) is not type(y) or np.shape(x) != np.shape(y) or np.asarray(x).dtype != np.asarray(y).dtype:
        return False
    if x is None or close(x, y):
        return True
    if np.asarray(x).dtype.kind not in "fc":
        return any(not np.array_equal(x, m) for m in moved)
    with np.errstate(all="ignore"):
        noise = np.max([np.abs(np.asarray(m) - x) for m in moved], axis=0)
        noise = np.where(np.isfinite(noise), noise, 0)
        apart = np.where(_same_places(x, y), 0, np.abs(np.asarray(x) - y))
        changing = np.any([~_same_places(x, m) & ~np.isfinite(x - m) for m in moved], axis=0)
        rounding = 1e3 * np.max(noise, initial=0) + 1e3 * float(np.finfo(x.dtype).eps) * scale
        return bool(np.all((apart <= rounding) | changing))


def _same_places(x: Any, y: Any) -> Any:
    return (np.asarray(x) == y) | (np.isnan(x) & np.isnan(y))


def _moved(program: Drawn, call: int, k: int) -> Outcome:
    rng = np.random.default_rng((program.seed, call, k))
    function, tensors = program.function()
    for t in tensors:
        t.assign(_nudged(t.numpy(), rng))
    for earlier in range(call + 1):
        args = tuple([_nudged(x, rng) for x in program.arguments(earlier)])
        result = outcome(function, args, tensors)
    return result


def _nudged(x: Any, rng: np.random.Generator) -> Any:
    """Move the last digits of an argument."""
    array = np.asarray(x)
    if array.dtype.kind not in "fc":
        return x
    step = 8 * float(np.finfo(array.dtype).eps)
    with np.errstate(all="ignore"):
        nudged = (array * (1 + step * rng.uniform(-1, 1, array.shape)) + 0).astype(array.dtype)
    return float(nudged) if x.__class__ is float else nudged
