"""The table of the walk: for every function of NumPy that works on a Tensor, each argument with values right and wrong.

A function's parameters are those of its signature. `values_of` says by the name of a parameter what it is given, in
arrays made from the operand; a parameter without values is an error of the table. `calls` yields the calls: all
values of what a function requires, and each value of each other argument once.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.registry import REGISTRY, declared, is_numpys
from autograd_lite.rules import constant

Array = np.ndarray
DTYPES = (
    np.bool_,
    np.int8,
    np.uint8,
    np.int16,
    np.uint16,
    np.int32,
    np.uint32,
    np.int64,
    np.uint64,
    np.float16,
    np.float32,
    np.float64,
    np.longdouble,
    np.complex64,
    np.complex128,
)
SHAPES = ((), (3,), (2, 3), (3, 3), (2, 3, 2), (0,), (0, 3))


class Call(NamedTuple):
    """A call of a function: arrays among its arguments may be Tensors."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __repr__(self) -> str:
        return ", ".join([*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())])


def path(fn: Any) -> str:
    return f"{getattr(fn, '__module__', None) or 'numpy'}.{fn.__name__}".removeprefix("numpy.")


# Questions have tests of their own, and an answer that is no array.
_ASKED = {*constant.QUESTIONS, np.shape, np.ndim, np.size}
# What changes an array and returns nothing has tests of its own as well.
_IN_PLACE = {np.copyto, np.fill_diagonal, np.place, np.put, np.put_along_axis, np.putmask}


def _says_what_it_takes(fn: Any) -> bool:
    """Tell whether a function has a signature: those that are written in C do not have it in every version of NumPy."""
    try:
        return isinstance(fn, np.ufunc) or bool(inspect.signature(fn))
    except ValueError:
        return False


WALKED = {
    path(fn): fn
    for fn, _ in declared()
    if is_numpys(fn) and fn not in _ASKED | _IN_PLACE and _says_what_it_takes(fn)
}


def operand(shape: Sequence[int], dtype: Any, start: int = 0) -> Array:
    """Return numbers that are small, in disorder, partly equal, of both signs where the dtype has them."""
    size = int(np.prod(shape))
    whole = (np.arange(size) * 7 + 3 + start) % 11 - 4
    kind = np.dtype(dtype).kind
    if kind == "b":
        values: Any = whole > 0
    elif kind in "iu":
        values = np.abs(whole) if kind == "u" else whole
        values = values * (25 if np.iinfo(dtype).bits == 8 else 1000)  # the sum of two is beyond 8 bits
        values = np.clip(values, np.iinfo(dtype).min, np.iinfo(dtype).max)
    else:
        values = whole * 0.375 + (1j * (whole % 5) if kind == "c" else 0)
    return np.asarray(values).astype(dtype).reshape(shape)


_AXES = (None, 0, -1, 1, 2, 5, -4, (0, 1), (0, 0), (), (0, 7), 1.5, "x", True)
_AXIS = (0, -1, 1, 2, 5, -4, None, (0, 1), 1.5)
_DTYPES = (None, np.float64, np.float32, np.int64, np.complex128, bool, "x")


def _like(a: Array) -> list[Any]:
    """Return second operands: alike, of numbers, of shapes that fit, and of such that do not."""
    other = operand(a.shape, a.dtype, 3)
    return [
        other,
        np.atleast_1d(other)[..., :1],
        operand((4,), a.dtype),
        operand((2, 3), a.dtype),
        operand((3, 2), a.dtype),
        2,
        1.5,
        operand((*a.shape, 1), a.dtype),
        operand((), a.dtype),
        operand(a.shape, float, 2),
        [1, 2, 3],
    ]


def _sequences(a: Array) -> list[Any]:
    other = operand(a.shape, a.dtype, 3)
    return [
        [a, other],
        (a, other),
        [a],
        [a, operand((4,), a.dtype)],
        [a, 1],
        [a, a[None]],
        [],
        a,
        [a, other.astype(float)],
        [[a, other], [a, a]],
        [a, a, a],
        3,
    ]


def _mask(a: Array) -> list[Any]:
    mask = np.asarray(np.arange(a.size).reshape(a.shape) % 2 == 0)
    return [mask, True, False, np.atleast_1d(mask)[..., :1], np.ones(5, bool), mask.astype(float), [True, False, True]]


def _weights(a: Array) -> list[Any]:
    weights = (np.arange(a.size) + 1.0).reshape(a.shape)
    return [weights, weights.astype(np.uint8) * 80, np.ones(3), np.ones(2), np.zeros(a.shape), None, np.ones(5)]


def _rows_doubled(row: Array) -> Array:
    return np.stack([row, row * 2])


_VALUES: dict[str, Any] = {
    "N": (None, 2, 0, 4),
    "ar2": ([0.375, -0.75], [1000], [[0.375, 0.75], [1.5, 0.375]]),
    "base": (10.0, 2.0),
    "choices": ([1.0, 2.5, 3.0], [[1.0, 2.0, 3.0], 5.0, 0.5]),
    "condlist": ([True],),
    "cov": (False, True, "unscaled"),
    "default": (0, 1.5),
    "density": (None, True, False),
    "discont": (None, 4.0),
    "edge_order": (1, 2),
    "endpoint": (True, False),
    "func": (np.sum, np.max),
    "func1d": (np.sum, np.sort, _rows_doubled, np.max),
    "full": (False, True),
    "increasing": (False, True),
    "num": (5, 1, 0),
    "range": (None, (-1.0, 1.0)),
    "retstep": (False, True),
    "return_counts": (True,),
    "return_index": (True,),
    "return_indices": (False, True),
    "return_inverse": (True,),
    "sorted": (True,),
    "trim": ("fb", "f", "B", "x"),
    "deg": (True, False),
    "a_min": (0, None, 1.5, -1),
    "a_max": (1, None, 2.5, -2),
    "assume_unique": (True, False),
    "atol": (0.0, 1.0),
    "axes": (2, 1, 0, 3, ([0], [0]), ([0, 1], [1, 0]), (1, 0), None, -1, ([0], [5])),
    "axis": _AXES,
    "axis1": _AXIS,
    "axis2": (1, -2, 0, 2, 5, -4, None),
    "axisa": _AXIS,
    "axisb": _AXIS,
    "axisc": _AXIS,
    "bias": (True, False),
    "bins": ([-1.0, 0.5, 2.0], [2.0, 0.5], [0.0, 2.0, 1.0], 3, []),
    "casting": ("no", "unsafe", "x"),
    "condition": ([True, False, True], [False, True], [True] * 9, [], True, [[True, False]]),
    "copy": (True, False),
    "correction": (0, 1, 2.5, 100),
    "ddof": (0, 1, 2.5, 100, -1),
    "decimals": (0, 1, -1),
    "destination": (-1, 0, 1, (0, 1), 5, (0, 0)),
    "device": (None, "cpu", "gpu"),
    "dtype": _DTYPES,
    "dx": (2.0, 1, 0.5),
    "equal_nan": (True, False),
    "fill_value": (2, 1.5, [1, 2, 3], [1, 2]),
    "fweights": (None, [1, 2, 3], [1, 2], 2),
    "UPLO": ("L", "U", "u", "x"),
    "aweights": (None, [1.0, 2.0, 0.5], [1, 2], -1),
    "include_initial": (True, False),
    "indexing": ("ij", "xy", "x"),
    "indices": ([0, 1], 0, -1, [[0, 1], [1, 0]], 5, [0, -3], [], 1.5, [True, False], [[0]], [[[0]]]),
    "indices_or_sections": (1, 2, 3, [1], [1, 2], 0, [5], -1, 1.5, [2, 1]),
    "initial": (0, 1, 2.5, None, -3),
    "invert": (True, False),
    "k": (0, 1, -1, 5, -4, 1.5),
    "keepdims": (True, False),
    "kind": ("stable", None, "x", "heapsort"),
    "kth": (0, 1, -1, 5, [0, 1], 1.5),
    "left": (None, 7.0),
    "method": ("linear", "lower", "nearest", "hazen", "x"),
    "minlength": (0, 5, -1),
    "n": (1, 0, 2, 3, -1, 5, 1.5),
    "nan": (0.0, 2),
    "neginf": (None, -5),
    "new_shape": ((2, 3), 5, 0, (2, 0), -1, (7,)),
    "obj": (0, [0, 1], slice(0, 2), -1, 5, [], [True, False, True]),
    "offset": (0, 1, -1, 5, -4, 1.5),
    "optimize": (False, True, "greedy"),
    "ord": (None, 1, 2, -1, 0, 3, np.inf, -np.inf, "fro", "nuc", "x", -2),
    "order": ("C", "F", None, "x"),
    "overwrite_input": (False, True),
    "pad_width": (1, (1, 2), ((1, 2),), ((0, 1), (2, 0)), 0, -1, (1, 2, 3), 1.5),
    "period": (None, 4.0, 0),
    "posinf": (None, 5),
    "q": (0.5, 0, 1, [0.25, 0.75], 1.5, -0.1, [], [[0.5]]),
    "repeats": (2, 0, [1, 2, 3], [2], -1, 1.5, [1, 2]),
    "reps": (2, (2, 1), (1, 2, 2), 0, (), -1),
    "returned": (False, True),
    "right": (True, False, None),
    "rcond": (None, 1e-8, 0.5),
    "norm": (None, "ortho", "forward", "x"),
    "s": (None, (3, 4), (2,), (-1, 3), (0, 2)),
    "ind": (1, 2, 0, -1),
    "full_matrices": (True, False),
    "compute_uv": (True, False),
    "hermitian": (False, True),
    "upper": (False, True),
    "rowvar": (True, False),
    "rtol": (0.0, 1.0),
    "shape": ((2, 3), -1, (3,), (0,), (3, -1), 5, (4, 2, 3), (-1, -1), ()),
    "shift": (1, -2, 5, (1, 2), 1.5, (1,)),
    "side": ("left", "right", "x"),
    "sorter": (None, [0, 1, 2], [2, 0, 1]),
    "source": (0, 1, -1, (0, 1), 5, (0, 0)),
    "sparse": (True, False),
    "stable": (None, True),
    "descending": (False, True),
    "start": (0, 1, 2, 3, -1, 7, -5),
    "subok": (False, True),
    "test_elements": ([1, 2], 1),
    "to_begin": (None, 1, [1, 2], 1.5),
    "to_end": (None, 3, [[1, 2]], 1.5),
    "tol": (100, 0),
    "window_shape": (2, 1, (2, 2), 5, 0, -1, (1, 2), ()),
    "writeable": (False,),
    "signature": (None,),
    "right_": (None, 7.0),
    "xp": ([-2.0, 0.0, 1.0], [0.0, 1.0], [0.0]),
    "fp": ([1.0, 3.0, 2.0], [1.0, 2.0], [3j, 1.0, 2.0]),
}
_ARRAYS = {
    **dict.fromkeys(
        (
            "a", "arr", "array", "ary", "element", "m", "p", "prototype", "v", "val", "x", "y", "z", "A", "x1", "a1",
            "ar", "ar1", "f", "filt", "sample", "seq_of_zeros", "u",
        ),
        lambda a: [a],
    ),
    **dict.fromkeys(("b", "x2", "a2", "values", "min", "max", "stop"), _like),
    **dict.fromkeys(("arrays", "tup", "keys"), _sequences),
    "where": _mask,
    "weights": _weights,
    "prepend": _like,
    "append": _like,
    "mean": lambda a: [a.mean(0, keepdims=True) if a.ndim and len(a) else 0.0, 0.5],
}
_METHODS = (
    "linear", "lower", "higher", "nearest", "midpoint", "hazen", "inverted_cdf", "averaged_inverted_cdf",
    "closest_observation", "interpolated_inverted_cdf", "weibull", "median_unbiased", "normal_unbiased", "x",
)  # fmt: skip
_BINS = {"bins": (4, [-1.5, 0.0, 0.5, 2.0], "sturges", 0, [1.0, 0.0])}
_ENDS = {"start": lambda a: [a], "axis": (0, -1, 1)}
_OVERRIDDEN: dict[str, dict[str, Any]] = {
    "linspace": _ENDS,
    "logspace": _ENDS,
    "geomspace": _ENDS,
    "histogram": _BINS,
    "histogram_bin_edges": _BINS,
    "histogram2d": {"y": lambda a: [a[::-1] if a.ndim else a], "bins": (4, [-1.5, 0.0, 2.0], [3, 2])},
    "histogramdd": {"sample": lambda a: [a, [a[0], a[-1]] if a.size and a.ndim else a], "bins": (2, [2, 3, 4])},
    "choose": {"a": lambda a: [np.arange(a.size).reshape(a.shape) % 3], "mode": ("raise", "wrap", "clip")},
    "cov": {"y": _like},
    "corrcoef": {"y": _like},
    "polyfit": {"y": _like, "deg": (1, 0, -1), "w": (None, [1.0, 2.0, 0.5])},
    "polydiv": {"v": lambda a: [[1.0, 2.0], [2.0], [0.5, 1.0, 1.0, 2.0]]},
    "polyint": {"k": (None, 1.5, [1.0, 2.0]), "m": (1, 2, 0, -1)},
    "polyder": {"m": (1, 2, 0, 7, -1)},
    "apply_over_axes": {"axes": (0, (0, 1), 5)},
    "gradient": {"axis": (None, 0, -1, (0, 1), 5)},
    "unwrap": {"axis": (-1, 0, 5), "period": (6.0, 2.0)},
    "insert": {"axis": (None, 0, 1, -1)},
    "nanquantile": {"method": _METHODS, "weights": _weights},
    "quantile": {"method": _METHODS, "weights": _weights},
    "unique": {"axis": (None, 0, -1, 1, 5)},
    "lib.scimath.logn": {"n": (2, 10.0)},
    "lib.scimath.power": {"p": (2, 0.5, -1)},
    "interp": {"right": _VALUES["right_"]},
    "correlate": {"v": _like},
    "convolve": {"v": _like},
    "polyval": {"x": _like},
    "searchsorted": {"v": _like},
    "trapezoid": {"x": _like},
    "where": {"y": _like, "condition": _mask},
    "take": {"mode": ("raise", "wrap", "clip", "x")},
    "pad": {"mode": ("constant", "edge", "reflect", "symmetric", "wrap", "mean", "linear_ramp", "x")},
    "reshape": {"copy": (None, True, False)},
    "linalg.qr": {"mode": ("reduced", "complete", "r", "raw", "x")},
    "extract": {"condition": _mask},
    "rot90": {"axes": ((0, 1), (1, 0), (0, 0), (0, 5), (1,), (-1, 0))},
    "transpose": {"axes": (None, (1, 0), (0,), (0, 0), (2, 0, 1), (-1, 0), (0, 5), 0)},
    "unstack": {"axis": _AXIS},
    "ldexp": {"x2": lambda a: [2, np.arange(3), -1, np.arange(a.size).reshape(a.shape)]},
    "copy": {"order": ("C", "F", "K")},
    "linalg.trace": {"dtype": _DTYPES},
    "take_along_axis": {
        "indices": lambda a: [
            np.zeros(a.shape, int),
            np.zeros((1,) * a.ndim, int),
            [0],
            np.zeros((5,), int),
            np.zeros(a.shape),
            np.full(a.shape, 9),
        ]
    },
    "ravel": {"order": ("C", "F", "x")},
    "squeeze": {"axis": (None, 0, (0,), 5, (0, 0))},
    "linalg.multi_dot": {"arrays": _sequences},
    "clip": {"min": _like, "max": _like},
}
for _name in ("convolve", "correlate"):
    _OVERRIDDEN[_name]["mode"] = ("full", "same", "valid", "x")
_VARIADIC: dict[str, Any] = {
    "einsum": lambda a: (
        [
            (spec, a, *more)
            for spec, *more in (
                ("ii",),
                ("ii->i",),
                ("ij->ji",),
                ("i->",),
                ("...i->...",),
                ("...",),
                ("ij",),
                ("i,i", a),
                ("ij,jk", a, a.T),
                ("ij,jk->ik", a, a),
                ("i,j", a, a),
                ("i->ii",),
                ("i->j",),
                ("ij,ij->", a, operand((3, 3), a.dtype)),
                ("...i,...i->...", a, a),
                ("i", a),
                ("iij",),
                ("i,",),
                ("i1",),
                ("ij->i",),
                ("",),
                (",", a),
                ("ijk->kji",),
                ("...ij,...jk", a, a),
            )
        ]
        + [(a, [0, 1]), (a, [0, 0]), (a, [0], a, [0], [])]
    ),
    "select": lambda a: [
        ([a > 0, a < 0], [a, 2 * a]),
        ([a > 0], [1.5]),
        ([a > 0], [a, a]),
        ([True], [a]),
    ],
    "piecewise": lambda a: [
        (a, [a > 0], [np.square]),
        (a, [a > 0, a < -0.5], [np.square, 2.0, np.negative]),
        (a, a > 0, [1.0, 2.0]),
        (a, [a > 0], [1.0, 2.0, 3.0]),
    ],
    "broadcast_arrays": lambda a: [(a,), (a, np.atleast_1d(a)[..., :1]), (a, np.ones(4)), (a, 2.0), ()],
    "meshgrid": lambda a: [(a,), (a, a), (a, np.arange(2)), (a, a, 3), ()],
    **dict.fromkeys(("atleast_1d", "atleast_2d", "atleast_3d"), lambda a: [(a,), (a, 2), (a, a), ()]),
}
_UFUNC = {
    "dtype": (None, np.float64, np.float32, np.complex128, bool),
    "casting": ("same_kind", "no", "unsafe", "x"),
    "order": ("K", "C"),
    "subok": (True, False),
    "signature": ("d->d", "ff->f", "dd->d", (None, np.float64), (None, None, np.float32), "x"),
    "axes": ([(0, 1), (1, 0), (1, 0)], [(1, 0), (0, 1)], [0, 0], [0, (1, 0), 0], [(1, 0), 0, -1], [1, 1, ()], [1], 1),
    "axis": (-1, 0, 1, 5),
    "keepdims": (True, False),
}
_WITHOUT = {"out", "args", "kwargs", "kwds", "formatter", "xi", "arys", "operands", "signature"}


def values_of(name: str, parameter: str, a: Array) -> list[Any]:
    """Return what an argument of a function is given."""
    known = _OVERRIDDEN.get(name, {}).get(parameter)
    if known is None:
        known = _ARRAYS.get(parameter, _VALUES.get(parameter))
    if known is None:
        raise KeyError(f"the table has no values for {parameter} of {name}")
    return list(known(a) if callable(known) else known)


def _parameters(fn: Any) -> tuple[list[str], list[str]]:
    """Return what a function requires, by place, and what else it takes."""
    if isinstance(fn, np.ufunc):
        names = [name for name in _UFUNC if fn.signature is not None or name not in ("axes", "axis", "keepdims")]
        return (["x"] if fn.nin == 1 else [f"x{i + 1}" for i in range(fn.nin)]), names
    required, other = [], []
    for name, p in inspect.signature(fn).parameters.items():
        if name in _WITHOUT or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            continue
        (required if p.default is p.empty else other).append(name)
    return required, other


_ALSO_REQUIRED = {"where": ["x", "y"], "clip": ["a_min", "a_max"]}


def calls(name: str, a: Array) -> Iterator[Call]:
    """Yield the calls of a function with an operand `a`."""
    fn = WALKED[name]
    required, other = _parameters(fn)
    required = required + _ALSO_REQUIRED.get(name, [])
    if name in _VARIADIC:
        bases = _VARIADIC[name](a)
    else:
        columns = [values_of(name, p, a) for p in required]
        bases = list(itertools.product(*columns))
    for base in bases:
        yield Call(tuple(base), {})
    for parameter in other:
        if parameter in required:
            continue
        known = _UFUNC[parameter] if isinstance(fn, np.ufunc) else values_of(name, parameter, a)
        for value in known(a) if callable(known) else known:
            for base in bases[:2]:
                yield Call(tuple(base), {parameter: value})
                if parameter == "keepdims" and "axis" in other:
                    for axis in (0, 1, (0, 1), 5):
                        yield Call(tuple(base), {parameter: value, "axis": axis})
    if {"axis", "ddof"} <= set(other):
        for base in bases[:1]:
            for axis in (0, -1, (0, 1)):
                yield Call(tuple(base), {"ddof": 1, "axis": axis})


def is_definition(fn: Any) -> bool:
    return isinstance(REGISTRY[fn], Composite)
