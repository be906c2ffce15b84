"""Compiled code has NumPy's numbers: functions x dtypes x special values x backends, bit for bit where NumPy is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from told import path_of

import autograd_lite as ag
from autograd_lite.compiler.native.scalars import extremum, scalar_of, zero_taken
from autograd_lite.engine.registry import declared, is_numpys

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

BACKENDS = [pytest.param("numpy"), *[pytest.param(name, marks=mark) for name, mark in ABSENT.items()]]
DTYPES = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")
FEW = {("i8", "u8"), ("u8", "i1"), ("b1", "i2"), ("i1", "i1"), ("f4", "f4"), ("f8", "f8"), ("f4", "u8")}
INVERSE = (np.floor_divide, np.remainder, np.left_shift, np.right_shift, np.invert, np.fmod, np.nextafter, np.spacing)
WRITTEN = {fn for fn, _ in declared() if isinstance(fn, np.ufunc) and is_numpys(fn) and scalar_of(fn)}
UFUNCS = sorted(WRITTEN | set(INVERSE), key=path_of)
SOME = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin",
    "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "arctan2", "hypot", "power", "float_power", "cbrt",
    "degrees", "radians", "rad2deg", "deg2rad",
)  # fmt: skip
UNITS = dict.fromkeys(SOME, 4) | {"logaddexp": 64}  # where the two parts of a sum nearly cancel
PYTHONS = (0, 1, -1, 2, 300, -300, 2**40, 2**63, 2**64 - 1, -(2**63), 2**70, 0.5, -0.0, 2.0, np.inf, np.nan, True)
NUMPYS = (np.float32(0.1), np.int8(-3), np.uint64(2**63), np.float64(0.5), np.bool_(True))
SHAPES = ((), (7,), (3, 5), (2, 3, 4), (2, 1, 3, 2), (1, 2, 2, 1, 3))


def special(dtype: str) -> Any:
    """The numbers of a dtype at which functions go wrong."""
    d = np.dtype(dtype)
    if d.kind == "b":
        return np.array([0, 1, 2, 255], np.uint8).view(bool)  # true is whatever is not 0
    if d.kind in "iu":
        limits = np.iinfo(d)
        values = [0, 1, 2, 3, 7, 100, limits.max, limits.max - 1, limits.max // 2, limits.max // 2 + 1]
        return np.array(values + ([limits.min, limits.min + 1, -1, -2, -7] if d.kind == "i" else []), d)
    f = np.finfo(d)
    sizes = [0, 1, 0.5, 1.5, 2.5, 3, np.inf, f.max, f.tiny, f.smallest_subnormal, 1 + f.eps, 1e10, 2.0**24 + 2, 0.1, 88]
    return np.array([*sizes, *[-x for x in sizes], np.nan, 700.25, 1e-5], d)


def units(got: Any, wanted: Any) -> float:
    """The largest distance in units in the last place; infinite where one is not finite, or a zero, as the other."""
    plain = np.isfinite(wanted) & np.isfinite(got) & (wanted != 0) & (got != 0)
    same = ((got == wanted) & (np.signbit(got) == np.signbit(wanted))) | (np.isnan(got) & np.isnan(wanted))
    if not np.all(plain | same):
        return np.inf
    a, b = got[plain].astype(np.longdouble), wanted[plain].astype(np.longdouble)
    return float(np.max(np.abs(a - b) / np.spacing(np.abs(wanted[plain])), initial=0))


def assert_numbers(got: Any, wanted: Any, name: str, most: float) -> None:
    """NOTE: that a truth value is true counts, and not by which byte."""
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape), name
    if wanted.dtype.kind == "f":
        assert units(np.asarray(got), np.asarray(wanted)) <= most, name
    else:
        np.testing.assert_array_equal(got != 0, wanted != 0, err_msg=name)
        if wanted.dtype.kind != "b":
            np.testing.assert_array_equal(got, wanted, err_msg=name)


def works(fn: Callable[..., Any], *operands: Any) -> bool:
    try:
        fn(*operands)
    except (TypeError, ValueError, OverflowError, IndexError, ZeroDivisionError):
        return False
    return True


def compare(named: Iterable[tuple[str, Callable[..., Any]]], backend: str, *operands: Any) -> None:
    """Compare all functions that NumPy has for these operands, in one program."""
    rows = [(name, fn) for name, fn in named if works(fn, *operands)]
    compiled = ag.compile(lambda *xs: [fn(*xs) for _, fn in rows], backend=backend)
    compiled(*operands)
    for (name, fn), got in zip(rows, compiled(*operands), strict=True):
        most = UNITS.get(name.split("(")[0], 0)
        assert_numbers(got, fn(*operands), f"{backend} {name} {[x.dtype.name for x in operands]}", most)


def pairs() -> list[Any]:
    """Pairs of dtypes on each backend; the few that differ in kind, and all under ``--slow``."""
    found = []
    for name, mark in ABSENT.items():
        for pair in itertools.product(DTYPES, DTYPES):
            few = pair in (FEW if name == "cc" else {("i1", "u8"), ("f8", "f8")})
            found.append(pytest.param(name, *pair, marks=[mark] if few else [mark, pytest.mark.slow]))
    return found


@pytest.mark.parametrize(("backend", "first", "second"), pairs())
def test_functions_of_two_operands(backend: str, first: str, second: str) -> None:
    functions = [(fn.__name__, fn) for fn in UFUNCS if fn.nin == 2]
    chosen = ("where", lambda a, b: np.where(a, b, a))
    compare([*functions, chosen], backend, special(first)[:, None], special(second)[None])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_one_operand(backend: str, dtype: str) -> None:
    functions = [(fn.__name__, fn) for fn in UFUNCS if fn.nin == 1]
    casts = [(f"astype {to}", lambda a, to=to: a.astype(to)) for to in (*DTYPES, "f2")]
    compare([*functions, *casts, ("relu", lambda a: np.maximum(a, 0))], backend, special(dtype))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "dtype", [pytest.param(d, marks=[] if d in {"i1", "u8", "f4"} else pytest.mark.slow) for d in DTYPES]
)
def test_numbers_beside_an_array(backend: str, dtype: str) -> None:
    rows = []
    for fn, k in itertools.product([fn for fn in UFUNCS if fn.nin == 2], (*PYTHONS, *NUMPYS)):
        rows.append((f"{fn.__name__}(x, {k!r})", lambda a, fn=fn, k=k: fn(a, k)))
        rows.append((f"{fn.__name__}({k!r}, x)", lambda a, fn=fn, k=k: fn(k, a)))
    few = rows if backend == "cc" else rows[::7]
    compare(few, backend, special(dtype))


def changed(a: Any, b: Any) -> Any:
    result = a.copy()
    result[0] = b[-1]
    return result


RANKS: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add, "maximum": np.maximum, "less": np.less, "and": np.logical_and, "turned": lambda a, b: a.T + b.T,
    "backwards": lambda a, b: a[..., ::-1] + b, "one": lambda a, b: a[0] + b[-1], "every other": lambda a, b: a[::2],
    "new axes": lambda a, b: a[None] + b[..., None], "joined": lambda a, b: np.concatenate([a, b]),
    "chosen": lambda a, b: np.where(a > b, a, b), "repeated": lambda a, b: np.broadcast_to(a, (2, *a.shape)) + b,
    "taken": lambda a, b: a[np.array([0, -1, 0])], "less the least": lambda a, b: a + b.min(), "changed": changed,
    "negative": lambda a, b: -a, "absolute": lambda a, b: np.absolute(a), "squared": lambda a, b: np.square(a),
    "with 3": lambda a, b: a * 3 + 1, "with a half": lambda a, b: a * 0.5, "below": lambda a, b: a < -1,
    "zeros": lambda a, b: np.zeros_like(a) + b, "by columns": lambda a, b: np.ravel(a + b, order="F"),
    "float": lambda a, b: a.astype(float), "byte": lambda a, b: a.astype("u1"),
    **{f.__name__: lambda a, b, f=f: f(a) for f in (np.sum, np.prod, np.max, np.min, np.all, np.any, np.mean)},
    **{f"{f.__name__} over the first": lambda a, b, f=f: f(a, axis=0) for f in (np.sum, np.max, np.min, np.all)},
    **{f"{f.__name__} over the last": lambda a, b, f=f: f(np.maximum(a, b), axis=-1, keepdims=True)
       for f in (np.sum, np.prod, np.max, np.any)},
}  # fmt: skip


def ranks() -> list[Any]:
    found = [pytest.param("numpy", d, SHAPES) for d in DTYPES] + [
        pytest.param("cc", d, SHAPES, marks=ABSENT["cc"]) for d in DTYPES
    ]
    for d, shape in itertools.product(DTYPES, SHAPES):
        few = (d, len(shape)) in {("i1", 2), ("u4", 4), ("f4", 3)}
        marks = [ABSENT["numba"]] if few else [ABSENT["numba"], pytest.mark.slow]
        found.append(pytest.param("numba", d, (shape,), marks=marks))
    return found


@pytest.mark.parametrize(("backend", "dtype", "shapes"), ranks())
def test_every_dtype_with_any_number_of_axes(backend: str, dtype: str, shapes: Any) -> None:
    for shape in shapes:
        values = np.resize(special(dtype), 60)
        if dtype.startswith("f"):
            values = np.resize([1.5, -2.25, 0.0, 3.0, -0.5, 8.0], 60).astype(dtype)  # whose sums are exact
        x, y = (np.roll(values, k)[: int(np.prod(shape))].reshape(shape) for k in (0, 3))
        compare(RANKS.items(), backend, x, y)


# ----- zeros of both signs -----


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("length", [1, 3, 8, 17, 100])
def test_which_of_two_zeros(backend: str, dtype: str, length: int, rng: np.random.Generator) -> None:
    x, y = (np.where(rng.random(length) < 0.5, 0.0, -0.0).astype(dtype) for _ in range(2))
    rows = [(fn.__name__, fn) for fn in (np.maximum, np.minimum, np.fmax, np.fmin)]
    rows += [("clip", lambda a, b: np.clip(a, b, 1)), ("clip above", lambda a, b: np.clip(a, -1, b))]
    rows += [("relu", lambda a, b: np.maximum(a, 0)), ("relu the other way", lambda a, b: np.maximum(0.0, a))]
    rows += [("sum of one", lambda a, b: np.sum(a[:1])), ("sum along one", lambda a, b: np.sum(a[:, None], axis=1))]
    compare(rows, backend, x, y)
    relu = ag.compile(ag.relu, backend=backend)
    relu(ag.Tensor(x))
    np.testing.assert_array_equal(np.signbit(relu(ag.Tensor(x)).numpy()), np.signbit(ag.relu(ag.Tensor(x)).numpy()))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shape", [(3,), (40,), (4, 5), (5, 4)])
def test_which_zero_is_the_maximum_of_many(backend: str, shape: Any, rng: np.random.Generator) -> None:
    """The last one, on x86; not of lengths that are one more than a vector's, where NumPy goes another way round."""
    x = np.where(rng.random(shape) < 0.5, 0.0, -0.0)
    if zero_taken(np.maximum) == "second":
        compare([(f.__name__, lambda a, f=f: f(a, axis=-1)) for f in (np.max, np.min)], backend, x)


@pytest.mark.parametrize("zero", ["first", "second", "by sign"])
def test_zeros_of_other_processors(zero: str) -> None:
    """The text for numba is Python: what it gives is what was asked for."""
    for sign, negative in ((">", False), ("<", True)):
        text = extremum(sign, zero).numba
        for a, b in itertools.product(special("f8").tolist(), repeat=2):
            got = np.float64(eval(text.format("a", "b"), {"a": a, "b": b}))
            wanted = (np.maximum if sign == ">" else np.minimum)(a, b)
            assert got == wanted or (np.isnan(got) and np.isnan(wanted)), (zero, sign, a, b)
            if a == b == 0 and np.signbit(a) != np.signbit(b):
                taken = {"first": np.signbit(a), "second": np.signbit(b), "by sign": negative}[zero]
                assert np.signbit(got) == taken, (zero, sign, a, b)


# ----- powers -----


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_powers(backend: str, dtype: str) -> None:
    """NOTE: NumPy takes the square root for an exponent of one half, but not for an array of halves."""
    exponents = (0, 1, 2, 3, -1, -2, 0.5, -0.5, 1.5, 2.0, -1.0, 0.0, np.inf, -np.inf, np.nan, 0.25, -0.0)
    rows = [(f"power(x, {e!r})", lambda a, b, e=e: a**e) for e in exponents]
    rows += [(f"power({e!r}, x)", lambda a, b, e=e: e**a) for e in exponents]
    rows += [(f"float_power(x, {e!r})", lambda a, b, e=e: np.float_power(a, e)) for e in exponents]
    rows += [("power(halves)", lambda a, b: a**b), ("power(repeated)", lambda a, b: np.stack([a, a]) ** b)]
    rows += [("power(number)", lambda a, b: a ** b[0]), ("power(columns)", lambda a, b: a[:, None] ** b[:2, None])]
    x = special(dtype)
    compare(rows, backend, x, np.full_like(x, 0.5))
    compare(rows[-1:], backend, x, np.resize([0.5, 0.25], x.shape).astype(dtype))


# ----- what changes from call to call -----


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_number_that_goes_out_of_range(backend: str) -> None:
    compiled = ag.compile(lambda a, k: [a < k, a == k, k > a, a * 1 != k], backend=backend)
    for dtype in ("u1", "i8", "u8"):
        x = special(dtype)
        for k in (3, 4, -1, 300, 2**63, 2**64, -(2**63) - 1, 5):
            for got, wanted in zip(compiled(x, k), (x < k, x == k, k > x, x != k), strict=True):
                np.testing.assert_array_equal(got, wanted, err_msg=f"{dtype} {k}")


@pytest.mark.parametrize("backend", BACKENDS)
def test_bytes_that_are_true(backend: str) -> None:
    def counted(mask: Any, x: Any) -> list[Any]:
        return [np.sum(mask), np.where(mask, x, -x), mask * x, mask & (x > 1), ~mask, np.all(mask), mask.astype(int)]

    x = np.arange(4.0)
    compiled = ag.compile(counted, backend=backend)
    for mask in ([0, 1, 0, 1], [2, 4, 0, 128], [255, 255, 255, 255]):
        truth = np.array(mask, np.uint8).view(bool)
        for got, wanted in zip(compiled(truth, x), counted(truth != 0, x), strict=True):
            np.testing.assert_array_equal(np.asarray(got) != 0, wanted != 0)
            np.testing.assert_array_equal(np.sum(got), np.sum(wanted))


@pytest.mark.parametrize("backend", BACKENDS)
def test_floats_into_whole_numbers(backend: str) -> None:
    """Out of range they are what NumPy's own compiler has made of them."""

    def written(x: Any, y: Any, whole: Any) -> list[Any]:
        into = whole.copy()
        into[1:] = y[1:]
        return [x.astype(d) for d in DTYPES] + [into, np.concatenate([x, whole])]

    for dtype, d in itertools.product(("f4", "f8"), ("i1", "u4", "i8", "u8")):
        x = special(dtype)
        compiled = ag.compile(written, backend=backend)
        compiled(x, -x, x.astype(d))
        for got, wanted in zip(compiled(x, -x, x.astype(d)), written(x, -x, x.astype(d)), strict=True):
            np.testing.assert_array_equal(got, wanted, err_msg=f"{dtype} {d}")


def _into_the_rest(x: Any) -> Any:
    out = np.zeros_like(x)
    np.log(x, out=out, where=x > 0)
    return out + 0


def _beside_a_number(x: Any) -> Any:
    out = x * 0 - 5
    np.divide(1.0, x, out=out, where=x != 0)
    return out * 2


@pytest.mark.parametrize("f", [_into_the_rest, _beside_a_number])
@pytest.mark.parametrize("backend", ["numpy", "cc"])
def test_where_a_mask_does_not_hold_an_array_keeps_what_it_has(f: Callable[..., Any], backend: Any) -> None:
    compiled = ag.compile(f, backend=backend)
    for x in (np.array([1.0, -2.0, 3.0]), np.array([0.0, 2.0, -1.0])):
        np.testing.assert_array_equal(compiled(x), f(x))
