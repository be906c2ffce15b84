"""The table of rules: for every operation and definition at least one row, with inputs away from its kinks.

`case(fn, *inputs, **settings)` is a row: `fn` is a function of NumPy or one of our own operations, the inputs are what
it is differentiated by, the settings are given by name. A test demands a row for everything in the registry.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from told import checksum, name_of, path_of, text_of

import autograd_lite as ag
from autograd_lite.rules import decompositions, elementwise, indexing, products, recurrent, reductions, shaping

Array = np.ndarray


@dataclass(frozen=True)
class Case:
    """One row: the function it is about, how it is called, and with which inputs."""

    name: str
    fn: Any
    call: Callable[..., Any]
    inputs: tuple[Array, ...]

    def __call__(self, *inputs: Any) -> list[Any]:
        """Return the results as a list, whether there is one or several."""
        result = self.call(*inputs)
        return list(result) if isinstance(result, (tuple, list)) else [result]

    def number(self) -> int:
        """Return a number that is the row's whatever other rows there are."""
        return checksum(self.name.encode())

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.number())


CASES: list[Case] = []
_names = set[str]()


def case(
    fn: Any, *inputs: Array, call: Callable[..., Any] | None = None, packed: bool = False, **settings: Any
) -> None:
    """Add a row. `call` is how the function is called, if not with the inputs; `packed` gives them as one sequence.

    Its name, and so the random numbers that it is tried with, is of what it is, and not of where it stands.
    """
    said = text_of(call or partial(fn, **settings)).removeprefix(text_of(fn)).strip(",")
    shapes = "x".join(str(x.shape).replace(" ", "") for x in inputs)
    name = name_of(path_of(fn), shapes, said, proof=bytes([packed]) + b"".join(x.tobytes() for x in inputs))
    assert name not in _names, f"the row {name} is there already"
    _names.add(name)
    call = call or partial(fn, **settings)
    CASES.append(Case(name, fn, (lambda *xs, call=call: call(xs)) if packed else call, inputs))


def numbers(*shape: int, low: float = -1.0, high: float = 1.0, start: int = 0) -> Array:
    """Return numbers between `low` and `high` in disorder, far from each other and (for other `start`) from others."""
    size = int(np.prod(shape))
    places = (np.arange(size) + 0.4 + 0.37 * (start % 2)) / max(size, 1)
    order = np.random.default_rng(start).permutation(size)
    return (low + (high - low) * places)[order].reshape(shape)


X, Y = numbers(3, 4), numbers(3, 4, start=1)
P, Q = numbers(3, 4, low=0.5, high=1.5), numbers(3, 4, low=0.6, high=1.7, start=1)
CUBE = numbers(2, 3, 4)
NONE = np.zeros((0, 3))
BITS = np.array([True, False, True, True, False, False, True, False, True, False, True, False]).reshape(3, 4)
WITH_NAN = np.where(BITS.T.reshape(3, 4) & (np.arange(12).reshape(3, 4) > 3), np.nan, X)

# ----- pointwise -----

DOMAINS = {
    "positive": (np.sqrt, np.cbrt, np.log, np.log2, np.log10, np.reciprocal),
    "beyond one": (np.arccosh,),
    "narrow": (np.arcsin, np.arccos, np.arctanh, np.log1p),
}
BOUNDS = {"positive": (0.5, 1.5), "beyond one": (1.5, 3.0), "narrow": (-0.6, 0.6), "any": (-1.0, 1.0)}
UNARY = (
    np.negative, np.positive, np.reciprocal, np.square, np.sqrt, np.cbrt, np.exp, np.exp2, np.expm1, np.log, np.log2,
    np.log10, np.log1p, np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan, np.degrees, np.rad2deg, np.radians,
    np.deg2rad, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh, np.absolute, np.fabs, np.conjugate,
    np.real, np.imag, np.real_if_close, np.nan_to_num, np.copy, elementwise.sech_squared,
    elementwise.sigmoid_slope, ag.sigmoid, ag.softplus, ag.relu,
)  # fmt: skip
BINARY = (
    np.add, np.subtract, np.multiply, np.divide, np.remainder, np.fmod, np.power, np.float_power, np.logaddexp,
    np.logaddexp2, np.hypot, np.arctan2, np.maximum, np.minimum, np.fmax, np.fmin, np.copysign, np.heaviside,
)  # fmt: skip
PAIRS = (
    ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (3, 4)), ((2, 1, 2), ()), ((), ()), ((0, 4), (4,)),
    ((2, 1), (0,)), ((1, 1), (3,)),
)  # fmt: skip


def bounds(fn: Any) -> tuple[float, float]:
    return next((BOUNDS[name] for name, members in DOMAINS.items() if fn in members), BOUNDS["any"])


for _fn in UNARY:
    for _shape in ((3, 4), (), (0, 3)):
        _low, _high = bounds(_fn)
        case(_fn, numbers(*_shape, low=_low, high=_high))
for _fn in BINARY:
    for _first, _second in PAIRS:
        case(_fn, numbers(*_first, low=0.5, high=1.5), numbers(*_second, low=0.6, high=1.7, start=1))
for _fn in (np.add, np.subtract, np.multiply, np.divide, np.hypot, np.arctan2, np.logaddexp, np.maximum, np.copysign):
    case(_fn, X, -Q)
for _fn in (np.remainder, np.fmod, np.divmod):
    case(_fn, 5 * X, Q)
    case(_fn, 5 * X, -Q)
for _exponent in (0, 1, 2, 3, -1, -2, 0.5, -1.5, np.float64(2.5), np.arange(4), np.arange(4.0)):
    case(np.power, P, call=lambda x, n=_exponent: x**n)
for _exponent in (0, 1, 2, 3, np.arange(4)):
    case(np.power, X, call=lambda x, n=_exponent: x**n)
for _base in (2, 2.5, np.float64(0.5), np.arange(1.0, 5.0)):
    case(np.power, X, call=lambda x, b=_base: b**x)
case(np.power, P, np.array([0.0, 1.0, 2.0, -1.0]))
case(np.float_power, P, call=lambda x: np.float_power(x, 3))
for _low, _high in ((-0.47, 0.43), (None, 0.43), (-0.47, None)):
    case(np.clip, X, a_min=_low, a_max=_high)
case(np.clip, X, call=lambda x: np.clip(x, min=-0.5, max=np.array([0.1, 0.2, 0.3, 0.7])))
case(np.clip, X, np.array(-0.5), numbers(4, low=0.1, high=0.6))
case(elementwise.bounded, X, numbers(3, 1, low=-0.6, high=-0.3), numbers(4, low=0.1, high=0.6))
case(np.clip, X, np.array(0.51), np.array(-0.37))  # crossed bounds: NumPy gives the upper one
case(np.where, X, Y, call=lambda x, y: np.where(BITS, x, y))
case(np.where, X, np.array(0.5), call=lambda x, y: np.where(x > 0.05, x * x, y))
case(np.where, X, call=lambda x: np.where(x > 0.05, x, 2))
case(elementwise.select, numbers(4), np.zeros((0, 4)), call=lambda x, y: np.where(np.zeros((0, 1), bool), x, y))
case(elementwise.select, X, numbers(4), call=lambda x, y: elementwise.select(BITS, x, y))
case(np.ldexp, X, call=lambda x: np.ldexp(x, np.array([-1, 0, 1, 3])))
case(np.ldexp, X, call=lambda x: np.ldexp(x, 2))
case(np.nan_to_num, WITH_NAN, nan=0.3)

# ----- shapes -----

for _shape in ((4, 3), (2, -1), (12,), 12, (1, 3, 4, 1)):
    case(np.reshape, X, call=lambda x, shape=_shape: np.reshape(x, shape))
case(shaping.reshaped, X, shape=(4, 3))
case(shaping.raveled, X)
case(indexing.diagonals, CUBE, offset=1)
case(indexing.windows, CUBE, lengths=(2, 2, 1), axes=(1, 2, 2))
case(np.reshape, NONE, call=lambda x: np.reshape(x, (3, 0, 2)))
case(np.ravel, X)
case(np.ravel, np.array(0.3))
for _axes in (None, (2, 0, 1), (-1, 0, 1), (0, 1, 2)):
    case(np.transpose, CUBE, axes=_axes)
case(np.transpose, NONE)
case(np.transpose, CUBE, call=lambda x: x.transpose(1, 0, 2))
case(np.swapaxes, CUBE, axis1=0, axis2=-1)
case(np.matrix_transpose, CUBE)
case(np.linalg.matrix_transpose, CUBE)
for _source, _target in ((0, -1), ((0, 1), (-1, 0)), (-1, 1)):
    case(np.moveaxis, CUBE, source=_source, destination=_target)
for _axis, _start in ((2, 0), (0, 3), (-1, 1), (0, 2), (1, 1)):
    case(np.rollaxis, CUBE, axis=_axis, start=_start)
for _axis in (0, -1, (0, 2), (1, 3)):
    case(np.expand_dims, X, axis=_axis)
case(np.squeeze, numbers(1, 3, 1))
case(np.squeeze, numbers(1, 3, 1), axis=0)
case(np.squeeze, numbers(1, 1))
for _fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    for _x in (np.array(0.3), numbers(3), X):
        case(_fn, _x)
    case(_fn, np.array(0.3), X)
case(np.broadcast_to, numbers(3, 1), shape=(2, 3, 4))
case(np.broadcast_to, np.array(0.3), shape=(3,))
case(np.broadcast_to, numbers(1, 3), shape=(0, 3))
case(np.broadcast_arrays, numbers(3, 1), numbers(1, 4))
for _options in ({}, {"indexing": "ij"}, {"sparse": True}):
    case(np.meshgrid, numbers(3), numbers(2), **_options)
    case(np.meshgrid, numbers(3), numbers(2), numbers(4), **_options)
case(np.meshgrid, numbers(3))
case(np.astype, X, call=lambda x: np.astype(x, float))
case(shaping.astype, X, dtype=np.dtype(float))
case(np.full_like, np.array(0.3), call=lambda v: np.full_like(X * v, v))
case(np.full_like, numbers(4), call=lambda v: np.full_like(X * v, v))

# ----- joining and splitting -----

for _axis in (0, 1, -1, None):
    case(np.concatenate, X, Y, packed=True, axis=_axis)
case(np.concatenate, X, numbers(2, 4), np.zeros((0, 4)), packed=True)
case(np.concatenate, X, call=lambda x: np.concatenate([x, Y, x]))
case(shaping.joined, X, numbers(3, 2), axis=1, starts=(0, 4, 6))
for _axis in (0, 1, -1):
    case(np.stack, X, Y, packed=True, axis=_axis)
case(np.stack, np.array(0.2), np.array(0.3), packed=True)
for _fn in (np.vstack, np.hstack, np.dstack, np.column_stack):
    case(_fn, X, Y, packed=True)
    case(_fn, numbers(3), numbers(3, start=1), packed=True)
case(np.column_stack, X, numbers(3), packed=True)
case(np.block, X, Y, call=lambda x, y: np.block([[x, y], [y, x]]))
case(np.block, X, Y, call=lambda x, y: np.block([x, y]))
case(np.block, numbers(2), np.array(0.5), call=lambda x, y: np.block([[x, y], [y, x]]))
case(np.append, X, Y)
case(np.append, X, Y, axis=0)
case(np.append, X, call=lambda x: np.append(x, 1.0))
for _fn, _parts, _axis in (
    (np.split, 2, 1), (np.split, [1, 3], 1), (np.split, [2, 2, 9], -1), (np.split, [2, 1], 0), (np.array_split, 3, 1),
    (np.array_split, 5, 0),
):  # fmt: skip
    case(_fn, X, indices_or_sections=_parts, axis=_axis)
case(np.hsplit, X, indices_or_sections=2)
case(np.hsplit, numbers(4), indices_or_sections=2)
case(np.vsplit, X, indices_or_sections=[1])
case(np.dsplit, CUBE, indices_or_sections=[1, 3])
case(np.unstack, X)
case(np.unstack, CUBE, axis=-1)

# ----- repeating, shifting, padding -----

for _axis in (None, 0, -1, (0, 1)):
    case(np.flip, X, axis=_axis)
case(np.fliplr, X)
case(np.flipud, X)
for _k in (0, 1, 2, 3, -1):
    case(np.rot90, X, k=_k)
case(np.rot90, CUBE, k=1, axes=(2, 0))
for _shift, _axis in ((2, None), (-5, 1), ((1, 2), (0, 1)), (1, (0, 1))):
    case(np.roll, X, shift=_shift, axis=_axis)
case(np.roll, NONE, shift=1, axis=0)
for _reps in (2, (2, 1, 2), (2, 2), np.int64(3), (0, 1)):
    case(np.tile, X, reps=_reps)
case(np.repeat, X, repeats=2)
case(np.repeat, X, repeats=2, axis=1)
case(np.repeat, X, repeats=[1, 0, 2], axis=0)
for _mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
    case(np.pad, X, pad_width=((1, 2), (0, 1)), mode=_mode)
case(np.pad, X, pad_width=1, constant_values=3.0)
case(np.pad, numbers(3), pad_width=5, mode="reflect")
case(np.pad, NONE, pad_width=1)
case(shaping.padded, X, widths=((1, 2), (0, 1)))
for _shape in (5, (2, 3), (0,), (30,)):
    case(np.resize, X, new_shape=_shape)

# ----- indexing -----

KEYS: tuple[Any, ...] = (
    1, -1, slice(1, None), (slice(None), slice(None, None, -2)), (1, 2), (Ellipsis, 0), (slice(None), None, 1),
    (None, Ellipsis), slice(3, 1), BITS, BITS[:, 0], (slice(None), BITS[0]), [0, 0, 2], ([0, 0, 2], [1, 1, 3]),
    np.array([[0, 1], [2, 2]]), (np.array([[0], [2]]), np.array([1, 1, 3])), (slice(1, None), [0, 3, 3]),
    ([0, 2], slice(None, None, 2)), [], np.zeros((3, 4), bool), (np.int64(1), Ellipsis), (np.array(1), 2), True,
)  # fmt: skip
for _key in KEYS:
    case(indexing.getitem, X, call=lambda x, key=_key: x[key])
    if not isinstance(_key, list):
        case(indexing.getitem, X, key=_key)
case(indexing.getitem, CUBE, call=lambda x: x[[0, 1], :, [1, 1]])
case(indexing.getitem, CUBE, call=lambda x: x[:, [0, 2], :, None])
case(indexing.getitem, X, call=lambda x: x[x > 0.05])
case(indexing.scatter, numbers(3), key=(np.array([0, 0, 2]), np.array([1, 1, 3])), shape=(3, 4))
case(indexing.scatter, numbers(2, 4), key=slice(1, None), shape=(3, 4))
case(indexing.setitem, X, np.array(0.3), key=(slice(1, None), 0))
case(indexing.setitem, X, numbers(2), key=(slice(1, None), 0))
case(indexing.setitem, X, numbers(1, 1, 2), key=(slice(1, None), 0))
case(indexing.setitem, X, numbers(int(BITS.sum())), key=BITS)
case(indexing.setitem, X, numbers(4), key=np.array([0, 2]))
case(indexing.setitem, X, numbers(3, 4, start=2), key=np.array([0, 2, 0]))  # the last one written stays
case(indexing.setitem, X, np.array(0.3), key=([0, 1, 0], [1, 1, 1]))
case(np.take, X, indices=[0, 0, 5])
case(np.take, X, indices=[[0, 0], [1, 3]], axis=1)
case(np.take, X, indices=2, axis=-1)
case(np.take, X, indices=[0, 7, -1], axis=0, mode="wrap")
case(np.take, X, indices=[0, 7, -1], axis=0, mode="clip")
case(np.take_along_axis, X, call=lambda x: np.take_along_axis(x, np.argsort(Y, 1), 1))
case(np.take_along_axis, X, call=lambda x: np.take_along_axis(x, np.array([[0, 3]]), axis=1))
case(np.take_along_axis, numbers(3, 1), call=lambda x: np.take_along_axis(x, np.array([[0, 2, 1, 1]]), axis=0))
case(np.take_along_axis, X, call=lambda x: np.take_along_axis(x, np.array([0, 5, 5]), None))
case(np.compress, X, call=lambda x: np.compress([True, False, True], x, axis=0))
case(np.compress, X, call=lambda x: np.compress([True, False, True], x))
case(np.extract, X, call=lambda x: np.extract(BITS, x))
for _offset in (0, 1, -1, 3, -5):
    case(np.diagonal, X, offset=_offset)
    case(np.trace, X, offset=_offset)
    case(np.linalg.diagonal, CUBE, offset=_offset)
    case(np.linalg.trace, CUBE, offset=_offset)
case(np.diagonal, CUBE, axis1=2, axis2=0)
for _k in (0, 1, -2):
    case(np.diag, numbers(3), k=_k)
    case(np.diag, X, k=_k)
    case(np.diagflat, numbers(2, 2), k=_k)
    for _fn in (np.tril, np.triu):
        case(_fn, X, k=_k)
        case(_fn, CUBE, k=_k)
case(np.tril, numbers(3))
for _axis in (-1, 0, None):
    case(np.sort, X, axis=_axis)
    case(np.partition, X, axis=_axis, kth=2)
case(np.sort, X, kind="stable")
case(np.sort, NONE)
for _which in ([1, 3], slice(0, 2), 2, -1):
    case(np.delete, X, obj=_which, axis=1)
case(np.delete, X, obj=[0, 5])
case(np.lib.stride_tricks.sliding_window_view, X, window_shape=(2, 2))
case(np.lib.stride_tricks.sliding_window_view, CUBE, window_shape=2, axis=1)
case(np.bincount, numbers(4), call=lambda w: np.bincount(np.array([0, 3, 0, 1]), weights=w, minlength=6))

# ----- reductions -----

AXES = (None, 0, -1, (0, 1), (1, 0), ())
ALONG = (np.sum, np.mean, np.prod, np.max, np.min, np.amax, np.amin)
SPREADING = (np.var, np.std, np.ptp)
for _axis, _keep in itertools.product(AXES, (False, True)):
    for _fn in ALONG:
        case(_fn, P, axis=_axis, keepdims=_keep)
    case(ag.logsumexp, X, axis=_axis, keepdims=_keep)
for _axis, _keep in itertools.product(AXES[:-1], (False, True)):
    for _fn in SPREADING:
        case(_fn, X, axis=_axis, keepdims=_keep)
    case(reductions.euclidean_norm, X, axis=_axis, keepdims=_keep)
    case(np.linalg.vector_norm, X, axis=_axis, keepdims=_keep)
    for _fn in (np.median, np.nanmean, np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd):
        case(_fn, X if _fn is np.median else WITH_NAN, axis=_axis, keepdims=_keep)
for _fn in ALONG:
    case(_fn, np.array(0.7))
    case(_fn, CUBE, axis=(0, -1))
    case(_fn, np.zeros((0, 3)), axis=1)
for _fn in (np.sum, np.prod):
    case(_fn, NONE)
    case(_fn, NONE, axis=0)
case(np.sum, X, call=lambda x: np.add.reduce(x))
case(np.prod, X, call=lambda x: np.multiply.reduce(x, axis=None))
case(np.max, X, call=lambda x: np.maximum.reduce(x, axis=1, keepdims=True))
case(np.cumsum, X, call=lambda x: np.add.accumulate(x))
WITH_ZEROS = np.where(np.array([[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0]], bool), 0, X)
for _axis in (None, 0, 1):
    case(np.prod, WITH_ZEROS, axis=_axis)
    case(np.cumsum, X, axis=_axis)
    case(np.cumprod, WITH_ZEROS, axis=_axis)
    case(np.cumprod, X, axis=_axis)
    case(np.nancumsum, WITH_NAN, axis=_axis)
    case(np.nancumprod, WITH_NAN, axis=_axis)
case(np.cumprod, numbers(1))
case(np.cumprod, NONE, axis=0)
case(np.cumsum, NONE)
case(reductions.cumulative_sum, X, axis=-1)
for _fn in (np.cumulative_sum, np.cumulative_prod):
    case(_fn, numbers(4))
    case(_fn, X, axis=0, include_initial=True)
case(reductions.spread, numbers(3), call=lambda g: reductions.spread(g, (3, 4), axis=1, keepdims=False))
case(reductions.spread, np.array(0.3), call=lambda g: reductions.spread(g, (3, 4)))
case(np.var, X, axis=0, ddof=1)
case(np.std, X, axis=0, correction=1)
case(np.var, X, call=lambda x: np.var(x, 0, None, None, 1))
case(np.average, X)
case(np.average, X, P, call=lambda x, w: np.average(x, axis=1, weights=w))
case(np.average, X, numbers(3, low=0.5, high=1.5), call=lambda x, w: np.average(x, axis=0, weights=w))
case(np.average, numbers(3, low=0.5, high=1.5), call=lambda w: np.average([1.0, 2.0, 4.0], weights=w))
for _order in (None, 1, 2, 3, 2.5, -1, np.inf, -np.inf):
    case(np.linalg.norm, X, axis=0, ord=_order)
    case(np.linalg.norm, X, axis=-1, ord=_order, keepdims=True)
for _order in (None, "fro", 1, -1, np.inf, -np.inf):
    case(np.linalg.norm, X, ord=_order)
    case(np.linalg.norm, CUBE, ord=_order, axis=(2, 0))
for _order in ("fro", 1, np.inf):
    case(np.linalg.matrix_norm, CUBE, ord=_order)
case(reductions.power_norm, X, p=3, axis=1)
case(np.linalg.vector_norm, X, ord=3)
case(np.linalg.norm, np.zeros((0, 3)), axis=1)
for _axis in (-1, 0, 1):
    case(ag.softmax, X, axis=_axis)
    case(ag.log_softmax, X, axis=_axis)
case(ag.logsumexp, NONE, axis=1)
case(ag.softmax, NONE)
case(ag.log_softmax, NONE)

# ----- products -----

SHAPES = (
    ((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 2)), ((2, 3, 4), (4,)),
    ((3,), (2, 3, 4)), ((1, 3, 4), (5, 1, 4, 2)), ((0, 4), (4, 2)), ((3, 0), (0, 2)), ((2, 3, 4), (2, 4, 1)),
)  # fmt: skip
for _first, _second in SHAPES:
    case(np.matmul, numbers(*_first), numbers(*_second, start=1))
for _first, _second in (SHAPES[0], SHAPES[4], SHAPES[7]):
    case(np.linalg.matmul, numbers(*_first), numbers(*_second, start=1))
for _first, _second in (*SHAPES[:6], ((), (3, 4)), ((3, 4), ()), ((2, 3, 4), (2, 4, 3))):
    case(np.dot, numbers(*_first), numbers(*_second, start=1))
for _first, _second in (((3, 4), (2, 4)), ((4,), (4,)), ((2, 3, 4), (5, 4)), ((), (3,))):
    case(np.inner, numbers(*_first), numbers(*_second, start=1))
case(np.dot, numbers(3, 2), call=lambda b: np.dot([1.0, 2.0, 3.0], b))
case(np.vdot, X, Y)
case(np.vecdot, X, Y)
case(np.vecdot, X, numbers(4))
case(np.linalg.vecdot, X, Y, axis=0)
if hasattr(np, "matvec"):
    case(np.matvec, CUBE, numbers(4))
    case(np.vecmat, numbers(3), CUBE)
case(np.outer, X, numbers(2))
case(np.linalg.outer, numbers(3), numbers(2))
case(np.multiply, X, numbers(2), call=lambda a, b: np.multiply.outer(a, b))
case(np.kron, X, numbers(2, 2))
case(np.kron, numbers(3), X)
for _axes in (1, 0, ((1, 2), (1, 0)), (2, 0), (-1, -2)):
    _b = {1: (4, 2), 0: (2,), (2, 0): (4, 2), (-1, -2): (4, 2)}.get(_axes, (4, 3))
    case(np.tensordot, CUBE, numbers(*_b), axes=_axes)
case(np.tensordot, X, numbers(3, 4, start=1))
case(np.linalg.tensordot, X, numbers(4, 2), axes=1)
case(np.linalg.multi_dot, X, numbers(4, 2), numbers(2), packed=True)
for _n in (0, 1, 2, 5):
    case(np.linalg.matrix_power, numbers(3, 3), n=_n)
case(np.cross, numbers(2, 3), numbers(3))
case(np.cross, numbers(3, 2), numbers(3, 2, start=1), axis=0)
case(np.cross, numbers(3, 2), numbers(2, 3, start=1), axisa=0, axisc=0)
case(np.linalg.cross, numbers(2, 3), numbers(2, 3, start=1))
case(np.polyval, numbers(4), X)
case(np.polyval, X, call=lambda x: np.polyval([1.0, -2.0, 3.0], x))
SUMS = (
    ("ij,jk->ik", (3, 4), (4, 2)), ("ij,jk", (3, 4), (4, 2)), ("ij->j", (3, 4)), ("ij->", (3, 4)), ("ij->ji", (3, 4)),
    ("ji", (3, 4)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("iij->ij", (2, 2, 3)), ("iii->", (2, 2, 2)),
    ("ij,ij->", (3, 4), (3, 4)), ("bij,jk->bik", (2, 3, 4), (4, 2)), ("...ij,jk->...ik", (2, 3, 4), (4, 2)),
    ("...i,...i->...", (2, 1, 4), (3, 4)), ("i...,i...", (3, 4), (3, 1)), ("i,j->ij", (3,), (4,)),
    ("ij,k->i", (3, 4), (2,)), ("ij,jk,ki->", (3, 4), (4, 2), (2, 3)), ("ij,ij->ij", (1, 4), (3, 4)),
    (",ij->ij", (), (3, 4)), ("a,a,a->a", (3,), (3,), (3,)), ("ij,jj->i", (3, 4), (4, 4)), ("ij,j->i", (0, 4), (4,)),
)  # fmt: skip
for _spec, *_shapes in SUMS:
    case(np.einsum, *(numbers(*s, start=i) for i, s in enumerate(_shapes)), call=partial(np.einsum, _spec))
case(np.einsum, X, call=lambda x: np.einsum("ij,kj->ik", x, x, optimize=True))
case(products.product, X, numbers(4, 2), spec="ij,jk->ki")
for _x in (X, CUBE, numbers(4)):
    case(products.affine, _x, numbers(5, 4, start=1), numbers(5, start=2))
    case(products.affine, _x, numbers(5, 4, start=1), call=lambda x, w: products.affine(x, w, None))
case(products.affine, np.zeros((0, 4)), numbers(5, 4), numbers(5))

# ----- samples -----

for _q in (0.3, 0.0, 1.0, [0.1, 0.5], np.array([[0.2, 0.9]])):
    case(np.quantile, X, q=_q)
    case(np.quantile, CUBE, q=_q, axis=(0, 2))
    case(np.quantile, X, q=_q, axis=0, keepdims=True)
case(np.percentile, X, q=[25, 75], axis=1)
for _n, _axis in ((1, -1), (2, 0), (0, 0), (3, 1)):
    case(np.diff, X, n=_n, axis=_axis)
case(np.diff, X, numbers(3, 1), np.array(0.2), call=lambda x, a, b: np.diff(x, prepend=a, append=b))
case(np.ediff1d, X)
case(np.ediff1d, X, numbers(2), np.array(0.3), call=lambda x, a, b: np.ediff1d(x, to_end=a, to_begin=b))
case(np.trapezoid, X, dx=0.1)
case(np.trapezoid, X, numbers(4))
case(np.trapezoid, X, Y, axis=0)
GRID = np.array([-1.02, -0.41, 0.115, 0.79, 1.03])
case(np.interp, 1.3 * X, numbers(5), call=lambda x, fp: np.interp(x, GRID, fp))
case(np.interp, X, GRID, numbers(5))
case(np.interp, 1.3 * X, np.array(0.2), call=lambda x, end: np.interp(x, GRID, GRID**2 + 0 * end, left=end, right=-1.0))
case(np.interp, GRID, call=lambda xp: np.interp([0.0, 0.3, -2.0], xp, GRID**2))
for _mode in ("full", "same", "valid"):
    for _n, _m in ((6, 3), (3, 6), (5, 4), (4, 4), (4, 1)):
        case(np.convolve, numbers(_n), numbers(_m, start=1), mode=_mode)
        case(np.correlate, numbers(_n), numbers(_m, start=1), mode=_mode)
for _options in ({}, {"rowvar": False}, {"bias": True}, {"ddof": 0}):
    case(np.cov, X, **_options)
    case(np.cov, X, Y, **_options)
case(np.cov, numbers(4))
case(np.cov, numbers(4), numbers(4, start=1))

# ----- losses -----

case(ag.half_squared_error, X, Y)
case(ag.mean_squared_error, X, Y)
case(ag.half_squared_error, X, call=lambda x: ag.half_squared_error(x, Y))
case(ag.mean_squared_error, np.array(0.3), call=lambda x: ag.mean_squared_error(x, 2.0))


# ----- matrices -----

SQUARE = numbers(3, 3) + 2 * np.eye(3)
STACK = numbers(2, 3, 3, start=1) + np.array([2.0, -3.0])[:, None, None] * np.eye(3)
for _square in (SQUARE, STACK, numbers(1, 1, low=0.5, high=1.5), np.zeros((0, 2, 2)), np.zeros((0, 0))):
    for _fn in (np.linalg.inv, np.linalg.det, np.linalg.slogdet):
        case(_fn, _square)
for _a, _b in (
    (SQUARE, numbers(3)), (SQUARE, numbers(3, 2)), (STACK, numbers(3, start=1)), (STACK, numbers(2, 3, 2)),
    (SQUARE, numbers(2, 3, 1)), (STACK, numbers(1, 3, 2)), (np.zeros((0, 0)), np.zeros((0, 2))),
):  # fmt: skip
    case(np.linalg.solve, _a, _b)
case(decompositions.solved, STACK, numbers(3, 2))
case(np.linalg.solve, numbers(3), call=lambda b: np.linalg.solve(SQUARE, b))
case(np.linalg.solve, SQUARE, call=lambda a: np.linalg.solve(a, np.arange(3.0)))
SPREAD = numbers(3, 3, start=1) + np.diag([0.0, 2.0, 5.0])
for _spread in (SPREAD, np.stack([SPREAD, -2 * SPREAD]), np.ones((1, 1)), np.zeros((0, 2, 2))):
    case(np.linalg.eigvalsh, _spread, call=lambda a: np.linalg.eigvalsh(a + np.swapaxes(a, -1, -2)))
    case(np.linalg.eigh, _spread, call=lambda a: np.linalg.eigh(a + np.swapaxes(a, -1, -2)))
case(np.linalg.eigh, SPREAD, call=lambda a: np.linalg.eigh(a + a.T).eigenvectors ** 2)
case(np.linalg.eigh, SPREAD, call=lambda a: np.linalg.eigh(a + a.T, "U")[0])
case(np.linalg.eigvalsh, SPREAD, call=lambda a: np.linalg.eigvalsh(a + a.T, UPLO="U"))

# ----- a recurrent step -----

_weights = numbers(12, 2), numbers(12, 3, start=1)
_biases = numbers(12, start=2), numbers(12, start=3)
for _batch in ((), (4,), (0,)):
    _state = numbers(*_batch, 2), numbers(*_batch, 3, start=1), numbers(*_batch, 3, start=2)
    case(recurrent.lstm, *_state, *_weights, *_biases)
_ones = np.ones((4, 3))
case(recurrent.lstm, numbers(4, 2), call=lambda x: recurrent.lstm(x, _ones, _ones, *_weights, None, None)[0])
case(recurrent.lstm, numbers(4, 3), call=lambda h: recurrent.lstm(_ones[:, :2], h, _ones, *_weights, *_biases)[1])


def covered() -> Iterator[Any]:
    """Yield every function and operation that has a row."""
    for row in CASES:
        yield row.fn
