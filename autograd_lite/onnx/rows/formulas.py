"""Functions that ONNX has no operator for, as formulas in NumPy: with NumPy's numbers at zeros, infinities and NaN.

They are written for values of one floating dtype each, or integers where it says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program import helpers
from autograd_lite.onnx.graph import Graph
from autograd_lite.onnx.rows.elementwise import elementwise, floating, operands_of, verify
from autograd_lite.rules import normal

Formula = Callable[..., Any]


def cast_as(ufunc: Any, formula: Formula) -> Callable[..., Any]:
    """Return the row of a ufunc with a formula for operands that are cast as it casts them."""

    def row(graph: Graph, *args: Any, **kwargs: Any) -> Any:
        operands, result = operands_of(graph, ufunc, args, kwargs)
        return graph.lifted(formula(*operands), result)

    return row


def _whole(x: Any) -> bool:
    return x.dtype.kind in "iub"


# ----- exponentials -----


def _expm1(x: Any) -> Any:
    """``tanh(x / 2) = (exp(x) - 1) / (exp(x) + 1)``."""
    return np.tanh(x / 2) * (np.exp(x) + 1)


def _log1p(x: Any) -> Any:
    """The rounding error of ``1 + x`` is undone by the quotient."""
    u = x + 1
    d = u - 1
    return np.where(d == 0, x, np.where(d == np.inf, d, np.log(u) * (x / np.where(d == 0, 1, d))))


def _logaddexp(x1: Any, x2: Any) -> Any:
    rest = np.log1p(np.exp(-np.abs(np.where(x1 == x2, 0, x1 - x2))))
    return np.maximum(x1, x2) + rest


def _logaddexp2(x1: Any, x2: Any) -> Any:
    rest = np.log1p(np.exp2(-np.abs(np.where(x1 == x2, 0, x1 - x2))))
    return np.maximum(x1, x2) + rest / math.log(2)


def _exp2(x: Any) -> Any:
    return np.power(_filled(x, 2), x)


def _filled(x: Any, number: float) -> Any:
    return x.graph.constant(number, x.dtype)


# ----- roots, lengths and angles -----


def _cbrt(x: Any) -> Any:
    a = np.abs(x)
    y = np.power(a, 1 / 3)
    good = (a > 0) & (a < np.inf)
    safe = np.where(good, y, 1)
    return np.copysign(np.where(good, safe - (safe * safe * safe - a) / (3 * safe * safe), y), x)


def _hypot(x1: Any, x2: Any) -> Any:
    a, b = np.abs(x1), np.abs(x2)
    top = np.maximum(a, b)
    r = np.minimum(a, b) / np.where(top == 0, 1, top)
    infinite = (a == np.inf) | (b == np.inf)
    return np.where(infinite, np.inf, top * np.sqrt(1 + r * r))


def _arctan2(x1: Any, x2: Any) -> Any:
    """The arctangent of the smaller by the larger number, turned to where both are."""
    a, b = np.abs(x1), np.abs(x2)
    steep = a > b
    below = np.where(steep, a, b)
    quotient = np.where(steep, b, a) / np.where(below == 0, 1, below)
    r = np.where((a == np.inf) & (b == np.inf), 1, quotient)
    angle = np.arctan(r)
    angle = np.where(steep, np.pi / 2 - angle, angle)
    angle = np.where(np.signbit(x2), np.pi - angle, angle)
    return np.where(np.isnan(x1) | np.isnan(x2), np.nan, np.copysign(angle, x1))


def _signbit(x: Any) -> Any:
    return x < 0 if _whole(x) else (x < 0) | ((x == 0) & (1 / x < 0))


def _copysign(x1: Any, x2: Any) -> Any:
    return np.where(np.signbit(x2), -np.abs(x1), np.abs(x1))


# ----- quotients -----


def _fmod(x1: Any, x2: Any) -> Any:
    """With the sign of what is divided, as in C; of integers 0 where the divisor is."""
    graph = x1.graph
    if not _whole(x1):
        return elementwise(graph, "Mod", [x1, x2], x1.dtype, fmod=1)
    zero = x2 == 0
    return np.where(zero, 0, elementwise(graph, "Mod", [x1, np.where(zero, 1, x2)], x1.dtype, fmod=1))


def _remainder(x1: Any, x2: Any) -> Any:
    """With the sign of the divisor, as in Python."""
    r = np.fmod(x1, x2)
    if x1.dtype.kind == "u":
        return r
    turned = np.where((r != 0) & ((r < 0) != (x2 < 0)), r + x2, r)
    return turned if _whole(x1) else np.where(turned == 0, np.copysign(0, x2), turned)


def _floor_divide(x1: Any, x2: Any) -> Any:
    """Exact for integers, and rounded down once for floats, as NumPy does it."""
    if _whole(x1):
        safe = np.where(x2 == 0, 1, x2)
        q = elementwise(x1.graph, "Div", [x1 - np.remainder(x1, safe), safe], x1.dtype)
        return np.where(x2 == 0, 0, q)
    rest = np.fmod(x1, x2)
    q = (x1 - rest) / x2
    q = np.where((rest != 0) & ((rest < 0) != (x2 < 0)), q - 1, q)
    low = np.floor(q)
    low = np.where(q - low > 0.5, low + 1, low)  # noqa: PLR2004
    return np.where(x2 == 0, x1 / x2, np.where(q == 0, np.copysign(0, x1 / x2), low))


def _divmod(graph: Graph, x1: Any, x2: Any, **_: Any) -> Any:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


def _modf(graph: Graph, x: Any, **_: Any) -> Any:
    whole = np.trunc(x)
    rest = np.where(np.isinf(x), 0, x - np.where(np.isinf(x), 0, whole))
    return np.copysign(rest, x), whole


def _left_shift(x1: Any, x2: Any) -> Any:
    return x1 * elementwise(x1.graph, "Pow", [x1.graph.constant(2, np.int64), x2.astype(np.int64)], x1.dtype)


def _right_shift(x1: Any, x2: Any) -> Any:
    by = elementwise(x1.graph, "Pow", [x1.graph.constant(2, np.int64), x2.astype(np.int64)], np.int64)
    return np.floor_divide(x1.astype(np.int64), by)


# ----- rounding, choices -----


def _trunc(x: Any) -> Any:
    return x if _whole(x) else np.where(x < 0, np.ceil(x), np.floor(x))


def _round(graph: Graph, a: Any, decimals: int = 0, out: Any = None) -> Any:
    a = graph.lifted(a)
    if _whole(a) and decimals >= 0:
        return a
    scale = graph.constant(10.0 ** abs(decimals), np.float64 if _whole(a) else a.dtype)
    if decimals == 0:
        return np.rint(a)
    y = np.rint(a * scale) / scale if decimals > 0 else np.rint(a / scale) * scale
    return graph.lifted(y, a.dtype)


def _fmax(x1: Any, x2: Any) -> Any:
    if _whole(x1):
        return np.maximum(x1, x2)
    return np.where(np.isnan(x1), x2, np.where(np.isnan(x2), x1, np.maximum(x1, x2)))


def _fmin(x1: Any, x2: Any) -> Any:
    if _whole(x1):
        return np.minimum(x1, x2)
    return np.where(np.isnan(x1), x2, np.where(np.isnan(x2), x1, np.minimum(x1, x2)))


def _heaviside(x1: Any, x2: Any) -> Any:
    return np.where(np.isnan(x1), x1, np.where(x1 == 0, x2, np.where(x1 < 0, 0, 1).astype(x1.dtype)))


def _isinf(graph: Graph, x: Any, **_: Any) -> Any:
    x = graph.lifted(x)
    if _whole(x):
        return x != x  # noqa: PLR0124 - nowhere
    return np.abs(x) == np.inf


def _isfinite(graph: Graph, x: Any, **_: Any) -> Any:
    x = graph.lifted(x)
    return x == x if _whole(x) else np.abs(x) < np.inf  # noqa: PLR0124 - everywhere


def _isclose(graph: Graph, a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    a, b = graph.lifted(a), graph.lifted(b)
    b = graph.cast(b, np.result_type(b.dtype, 1.0))
    near = (np.abs(np.subtract(a, b)) <= atol + rtol * np.abs(b)) & np.isfinite(b) | (np.equal(a, b))
    return near | (np.isnan(a) & np.isnan(b)) if equal_nan else near


def _not_equal(graph: Graph, x1: Any, x2: Any, **_: Any) -> Any:
    return np.logical_not(np.equal(x1, x2))


def _sinc(graph: Graph, x: Any) -> Any:
    y = np.pi * np.where(graph.lifted(x) == 0, 1e-20, x)
    return np.sin(y) / y


# ----- the error function -----


def _erf(x: Any) -> Any:
    return x.graph.node("Erf", [x], x.dtype, x.shape) if x.dtype != np.float64 else 1 - _erfc(x)


def _erfc(x: Any) -> Any:
    """In double precision by the polynomials of `rules/normal.py`; in single precision by the operator."""
    if x.dtype != np.float64:
        return 1 - _erf(x)
    z = np.minimum(np.abs(x), 32.0)
    tail = _gauss(z, -1.0) * normal.scaled_erfc(z)
    return np.where(x < 0, 2 - tail, tail)


def _gelu(x: Any) -> Any:
    if x.dtype != np.float64:
        x = np.maximum(x, -45.0)  # below which it is 0, at minus infinity too
        return 0.5 * x * (1 + _erf(x * math.sqrt(0.5)))
    a = np.minimum(np.abs(x), 45.0)
    tail = _gauss(a, -0.5) * normal.scaled_erfc(a * math.sqrt(0.5)) * a * 0.5
    return np.maximum(x, 0.0) - tail


def _gauss(a: Any, factor: float) -> Any:
    """Return ``exp(factor a^2)``; the square of the first half of the digits is exact."""
    half = a.astype(np.float32).astype(np.float64)
    return np.exp(half * half * factor) * np.exp((a - half) * (a + half) * factor)


def _floating(formula: Formula) -> Callable[..., Any]:
    def row(graph: Graph, x: Any, **_: Any) -> Any:
        return formula(floating(graph, x))

    return row


def _refused(text: str) -> Callable[..., Any]:
    def row(graph: Graph, *args: Any, **kwargs: Any) -> Any:
        raise errors.ExportError(text)

    return row


_FORMULAS: dict[Any, Formula] = {
    np.expm1: _expm1, np.log1p: _log1p, np.logaddexp: _logaddexp, np.logaddexp2: _logaddexp2, np.exp2: _exp2,
    np.log2: lambda x: np.log(x) / math.log(2), np.log10: lambda x: np.log(x) / math.log(10),
    np.square: lambda x: x * x, np.reciprocal: lambda x: 1 / x, np.cbrt: _cbrt, np.hypot: _hypot,
    np.arctan2: _arctan2, np.copysign: _copysign, np.signbit: _signbit, np.fmod: _fmod, np.remainder: _remainder,
    np.floor_divide: _floor_divide, np.trunc: _trunc, np.fmax: _fmax, np.fmin: _fmin, np.heaviside: _heaviside,
    np.left_shift: _left_shift, np.right_shift: _right_shift,
    np.deg2rad: lambda x: x * (math.pi / 180), np.rad2deg: lambda x: x * (180 / math.pi),
    np.radians: lambda x: x * (math.pi / 180), np.degrees: lambda x: x * (180 / math.pi),
    np.ldexp: lambda x1, x2: x1 * np.power(x1.graph.constant(2, x1.dtype), x2.astype(x1.dtype)),
}  # fmt: skip

def _xlogy(x: Any, y: Any) -> Any:
    return np.where((x == 0) & (y == y), 0, x * np.log(np.where((x == 0) & (y == y), 1, y)))  # noqa: PLR0124


def _xlog1py(x: Any, y: Any) -> Any:
    return np.where((x == 0) & (y == y), 0, x * np.log1p(np.where((x == 0) & (y == y), 1, y)))  # noqa: PLR0124


def _rel_entr(x: Any, y: Any) -> Any:
    inside = (x > 0) & (y > 0)
    value = x * np.log(np.where(inside, x, 1) / np.where(inside, y, 1))
    outside = np.where((x == 0) & (y >= 0), 0, np.where(np.isnan(x + y), np.nan, np.inf))
    return np.where(inside, value, outside)


def _entr(x: Any) -> Any:
    return np.where(x > 0, -x * np.log(np.where(x > 0, x, 1)), np.where(x == 0, 0, np.where(x < 0, -np.inf, x)))


def _huber(delta: Any, r: Any) -> Any:
    a = np.abs(r)
    return np.where(delta < 0, np.inf, np.where(a <= delta, a * a / 2, delta * (a - delta / 2)))


def _of_scipy(formula: Formula) -> Callable[..., Any]:
    """Return the row of a function of SciPy, which is imported where somebody uses it."""

    def row(graph: Graph, *args: Any, **kwargs: Any) -> Any:
        values = [graph.lifted(x) for x in args]
        common = np.result_type(*[x.dtype for x in values], np.float32)
        return graph.lifted(formula(*[graph.cast(x, common) for x in values]), common)

    return row


SPECIAL: dict[str, Formula] = {
    "erf": _erf, "erfc": _erfc, "expit": lambda x: x.graph.node("Sigmoid", [x], x.dtype, x.shape),
    "log_expit": lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))), "logit": lambda x: np.log(x / (1 - x)),
    "ndtr": lambda x: _erfc(-x * math.sqrt(0.5)) / 2, "xlogy": _xlogy, "xlog1py": _xlog1py, "entr": _entr,
    "rel_entr": _rel_entr, "kl_div": lambda x, y: _rel_entr(x, y) - x + y, "huber": _huber,
    "pseudo_huber": lambda delta, r: delta * delta * (np.sqrt(1 + (r / delta) * (r / delta)) - 1),
    "cbrt": np.cbrt, "exp2": np.exp2, "expm1": np.expm1, "log1p": np.log1p,
    "exp10": lambda x: np.power(_filled(x, 10), x),
}  # fmt: skip
"""Functions of SciPy, by their names."""


ROWS: dict[Any, Any] = {
    **{ufunc: cast_as(ufunc, formula) for ufunc, formula in _FORMULAS.items()},
    np.divmod: _divmod, np.modf: _modf, np.round: _round, np.around: _round,
    np.fix: lambda graph, x, out=None: np.trunc(x), np.isinf: _isinf, np.isfinite: _isfinite,
    np.isposinf: lambda graph, x, out=None: x == np.inf, np.isneginf: lambda graph, x, out=None: x == -np.inf,
    np.isclose: _isclose, np.sinc: _sinc, np.not_equal: _not_equal,
    **{("scipy.special", name): _of_scipy(formula) for name, formula in SPECIAL.items()},
    normal.erfc_of: _floating(_erfc), normal.gelu_of: _floating(_gelu),
    helpers.verify: verify, helpers.verify_real: verify, helpers.draw: _refused(errors.ONNX_DRAWS),
}  # fmt: skip
