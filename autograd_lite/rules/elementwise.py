"""Pointwise functions of one, two and three inputs.

Each rule is `g` times the derivative at the same place: the reverse rule and the forward rule in one. At kinks and
poles:

====================  ======================================================================
``abs`` at 0          0
``maximum`` on ties   each input gets half, so that the parts sum to 1; likewise ``minimum``
``clip`` at a bound   the value counts as inside: 1 for the value, 0 for the bound
``relu`` at 0         0
``sqrt`` at 0         infinity, its one-sided limit
``x**0`` at 0         0 for `x`; ``0**y`` has derivative 0 for `y`
``arctan2(0, 0)``     0 for both; ``hypot(0, 0)`` likewise
``logaddexp``         0 for both where both are ``-inf``; half for each where both are ``inf``
====================  ======================================================================

Derivatives are written in the output where the next operation keeps it anyway (`exp`, `sqrt`, `relu`), and so that no
digits are lost far out: the derivative of `tanh` is ``sech(x)^2``, not ``1 - y^2``, which is 0 from 19 on.
"""

from functools import partial

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import constant, custom, elementwise, linear, operation
from autograd_lite.engine.op import NO_SETTINGS, Op, recorder_of

LN2 = float(np.log(2))
LN10 = float(np.log(10))
increasing = partial(elementwise, increasing=True)

# ----- arithmetic -----

elementwise(np.add, lambda g: g, lambda g: g, symbol="+", complex=True)
elementwise(np.subtract, lambda g: g, lambda g: -g, symbol="-", complex=True)
elementwise(np.multiply, lambda g, x2: g * x2, lambda g, x1: g * x1, symbol="*", complex=True)
elementwise(
    np.divide, lambda g, x2: g / x2, lambda g, y, x2: -g * y / x2, symbol="/",
    finite="x1 / np.where(x2 == 0, 1.0, x2)", complex=True,
)  # fmt: skip
elementwise(np.negative, lambda g: -g, native="(-{0})", complex=True)
elementwise(np.positive, lambda g: g, native="{0}", complex=True)
elementwise(
    np.reciprocal, lambda g, y: -g * y * y, native="(1 / {0})", finite="1 / np.where(x == 0, 1.0, x)", complex=True,
)  # fmt: skip
elementwise(np.square, lambda g, x: g * (x + x), native="({0} * {0})", complex=True)
elementwise(np.remainder, lambda g: g, lambda g, x1, x2: -g * np.floor_divide(x1, x2), symbol="%")
elementwise(np.fmod, lambda g: g, lambda g, y, x1, x2: -g * np.rint((x1 - y) / x2))

# ----- powers and roots -----


def _power_base(g: Array, x1: Array, x2: Array) -> Array:
    """``x2 x1^(x2-1)``, and 0 for ``x2 = 0`` also at ``x1 = 0``, where the second factor is infinite."""
    if isinstance(x2, (int, float)):
        return g * (x2 * x1 ** (x2 - 1)) if x2 else 0 * g
    return g * (x2 * np.where((x1 == 0) & (x2 == 0), 1, x1) ** (x2 - 1.0))


def _power_exponent(g: Array, y: Array, x1: Array) -> Array:
    """``y log(x1)``, and 0 at ``x1 = 0``, its limit for positive exponents. The logarithm is complex where `y` is."""
    if isinstance(x1, (int, float)):  # so that the logarithm is a Python number too, which leaves float32 as it is
        return g * y * np.log((x1 or 1) + (0j if y.dtype.kind == "c" else 0)).item()
    base = np.where(x1 == 0, 1, x1)
    return g * y * np.log(base.astype(y.dtype) if y.dtype.kind == "c" else base)


_POWER = "g * x2 * x1 ** (x2 - 1)", "g * y * np.log(x1)"
elementwise(np.power, _power_base, _power_exponent, symbol="**", native="pow", derivative=_POWER, complex=True)
elementwise(np.float_power, _power_base, _power_exponent, native="pow", derivative=_POWER, complex=True)
increasing(np.sqrt, lambda g, y: g / (y + y), native="sqrt", finite="np.sqrt(np.maximum(x, 1e-12))", complex=True)
increasing(np.cbrt, lambda g, y: g / (3 * y * y), native="cbrt")

# ----- exponentials and logarithms -----

increasing(np.exp, lambda g, y: g * y, native="exp", finite="np.exp(np.minimum(x, 700.0))", complex=True)
increasing(np.exp2, lambda g, y: g * y * LN2, native="exp2", derivative="g * y * np.log(2)", complex=True)
increasing(np.expm1, lambda g, x: g * np.exp(x), native="expm1", complex=True)
increasing(np.log, lambda g, x: g / x, native="log", finite="np.log(np.maximum(x, 1e-12))", complex=True)
increasing(
    np.log2, lambda g, x: g / (x * LN2), native="log2", finite="np.log2(np.maximum(x, 1e-12))", complex=True,
    derivative="g / (x * np.log(2))",
)  # fmt: skip
increasing(
    np.log10, lambda g, x: g / (x * LN10), native="log10", finite="np.log10(np.maximum(x, 1e-12))", complex=True,
    derivative="g / (x * np.log(10))",
)  # fmt: skip
increasing(
    np.log1p, lambda g, x: g / (1 + x), native="log1p", finite="np.log1p(np.maximum(x, -1 + 1e-12))", complex=True,
)  # fmt: skip


def _sech_squared(x: Array) -> Array:
    """``1 / cosh(x)^2``, to full relative precision until it is smaller than any float."""
    if x.dtype.kind == "c":  # whose inverse is not 0 where it is infinite
        falling = np.exp(np.where(x.real < 0, 2 * x, -2 * x))
        return 4 * falling / np.square(1 + falling)
    if x.__class__ is not np.ndarray or not x.ndim:
        return np.square(np.reciprocal(np.cosh(x)))
    c = np.cosh(x)  # and all else in its memory, for that of a large one takes longer to get than to fill
    return np.square(np.reciprocal(c, c), c)


sech_squared = elementwise(_sech_squared, lambda g, y, x: -2 * g * y * np.tanh(x), formula="sech_squared", complex=True)


_REAL = np.dtype(float)


def _sigmoid_slope(x: Array) -> Array:
    """The derivative of the sigmoid, to full relative precision while it is a normal number."""
    if x.dtype.kind == "c":  # whose hyperbolic cosine is nan where it would be infinite
        return sigmoid(x) * sigmoid(-x)
    return 0.5 / (1.0 + np.cosh(x))


sigmoid_slope = elementwise(
    _sigmoid_slope, lambda g, y, x: -g * y * np.tanh(0.5 * x), complex=True, formula="sigmoid'"
)


@operation(
    elementwise, lambda g, x: g * sigmoid_slope(x), range=(0, 1), complex=True, formula="sigmoid",
    derivative="g * y * (1 - y)",
)  # fmt: skip
def sigmoid(x: A) -> A:
    """Return ``1 / (1 + exp(-x))``, element by element, to full relative precision and without overflow.

    Parameters
    ----------
    x : Tensor or array, of any shape
        Numbers; those of minus and plus infinity become 0 and 1. Complex ones, too.

    Returns
    -------
    Tensor or array, of the shape of `x`
        Between 0 and 1 for real numbers. The derivative is ``y (1 - y)``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.sigmoid(ag.Tensor([0.0, np.log(3)]))
    Tensor([0.5 , 0.75], dtype=float64, op=sigmoid)
    """
    if isinstance(x, complex) or getattr(x, "dtype", _REAL).kind == "c":
        small = np.real(x) < 0
        return np.exp(np.where(small, x, 0.0)) / (1.0 + np.exp(np.where(small, x, -x)))
    return np.exp(np.minimum(x, 0.0)) / (1.0 + np.exp(-np.abs(x)))


@operation(elementwise, lambda g, y: g * -np.expm1(-y), formula="softplus")  # the sigmoid, to full relative precision
def softplus(x: A) -> A:
    """Return ``log(1 + exp(x))``, element by element: a smooth `relu`, without overflow.

    Parameters
    ----------
    x : Tensor or array, of any shape
        Numbers.

    Returns
    -------
    Tensor or array, of the shape of `x`
        Positive. The derivative is ``sigmoid(x)``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.softplus(ag.Tensor([-1000.0, np.log(3), 1000.0])).round(6).tolist()
    [0.0, 1.386294, 1000.0]
    """
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _ahead(mine: Array, other: Array) -> Array:
    """``mine - other``; where both are inf they share the gradient, where both are -inf neither gets any of it."""
    ahead = np.where((mine == other) & (mine == np.inf), 0, mine - other)
    return np.where((mine == other) & (mine == -np.inf), -np.inf, ahead)


elementwise(
    np.logaddexp, lambda g, x1, x2: g * sigmoid(_ahead(x1, x2)), lambda g, x1, x2: g * sigmoid(_ahead(x2, x1)),
    derivative=("g * np.exp(x1 - y)", "g * np.exp(x2 - y)"),
)  # fmt: skip
elementwise(
    np.logaddexp2, lambda g, x1, x2: g * sigmoid(_ahead(x1, x2) * LN2),
    lambda g, x1, x2: g * sigmoid(_ahead(x2, x1) * LN2), derivative=("g * 2 ** (x1 - y)", "g * 2 ** (x2 - y)"),
)  # fmt: skip

# ----- trigonometry -----

elementwise(np.sin, lambda g, x: g * np.cos(x), native="sin", range=(-1, 1), complex=True)
elementwise(np.cos, lambda g, x: -g * np.sin(x), native="cos", range=(-1, 1), complex=True)
elementwise(np.tan, lambda g, y: g * (1 + y * y), native="tan", complex=True)


def _cosine(x: Array) -> Array:
    """Return ``sqrt(1 - x**2)``; on the cuts of complex numbers on the side that the sign of a zero tells."""
    return np.sqrt(-(x - 1)) * np.sqrt(x - (-1)) if x.dtype.kind == "c" else np.sqrt((1 - x) * (1 + x))


increasing(
    np.arcsin, lambda g, x: g / _cosine(x), native="asin",
    finite="np.arcsin(np.clip(x, -1 + 1e-12, 1 - 1e-12))", complex=True, derivative="g / np.sqrt((1 - x) * (1 + x))",
)  # fmt: skip
elementwise(
    np.arccos, lambda g, x: -g / _cosine(x), native="acos",
    finite="np.arccos(np.clip(x, -1 + 1e-12, 1 - 1e-12))", complex=True, derivative="-g / np.sqrt((1 - x) * (1 + x))",
)  # fmt: skip
increasing(np.arctan, lambda g, x: g / (1 + x * x), native="atan", range=(-np.pi / 2, np.pi / 2), complex=True)


def _hypot_rule(g: Array, y: Array, x: Array) -> Array:
    return np.where(y == 0, 0, g * (x / y))


elementwise(
    np.hypot, lambda g, y, x1: _hypot_rule(g, y, x1), lambda g, y, x2: _hypot_rule(g, y, x2), native="hypot",
    apex=lambda at, slope, y, x: np.where(at, slope * x, 0), derivative=("g * x1 / y", "g * x2 / y"),
)  # fmt: skip


def _arctan2_rule(g: Array, x: Array, r: Array) -> Array:
    """``g x / r^2``, in two steps, since the square may be too large or too small for a float."""
    return np.where(r == 0, 0, (g / r) * (x / r))


elementwise(
    np.arctan2, lambda g, x1, x2: _arctan2_rule(g, x2, np.hypot(x1, x2)),
    lambda g, x1, x2: -_arctan2_rule(g, x1, np.hypot(x1, x2)), native="atan2",
    derivative=("g * x2 / (x1 ** 2 + x2 ** 2)", "-g * x1 / (x1 ** 2 + x2 ** 2)"),
)  # fmt: skip
for _to_degrees in (np.degrees, np.rad2deg):
    elementwise(_to_degrees, lambda g: g * (180 / np.pi), native=f"({{0}} * {180 / np.pi!r})")
for _to_radians in (np.radians, np.deg2rad):
    elementwise(_to_radians, lambda g: g * (np.pi / 180), native=f"({{0}} * {np.pi / 180!r})")

# ----- hyperbolic functions -----

increasing(np.sinh, lambda g, x: g * np.cosh(x), native="sinh", complex=True)
elementwise(np.cosh, lambda g, x: g * np.sinh(x), native="cosh", range=(1, np.inf), complex=True)
increasing(
    np.tanh, lambda g, x: g * sech_squared(x), native="tanh", range=(-1, 1), complex=True, derivative="g * (1 - y**2)",
)  # fmt: skip
increasing(
    np.arcsinh, lambda g, x: g / (np.sqrt(1 + x * x) if x.dtype.kind == "c" else np.hypot(x, 1)), native="asinh",
    complex=True,
)  # fmt: skip
increasing(np.arccosh, lambda g, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)), native="acosh", complex=True)
increasing(np.arctanh, lambda g, x: g / ((1 - x) * (1 + x)), native="atanh", complex=True)

# ----- corners -----

step = constant(np.sign, signature="()->()")

elementwise(
    np.absolute, lambda g, x: g * np.sign(x).conj(), apex=lambda at, slope, x: np.where(at, slope * x.conj(), 0),
    native="fabs", complex=True, analytic=False,
)  # fmt: skip
elementwise(np.fabs, lambda g, x: g * np.sign(x), apex=lambda at, slope, x: np.where(at, slope * x, 0), native="fabs")


@composite(np.sign, complex=True)
def sign(x: Array) -> Array:
    """A step for real numbers; ``x / |x|`` for complex ones, which moves with their angle, and is 0 at 0."""
    if x.dtype.kind != "c":
        return step(x)
    size = np.abs(x)
    return np.where(size == 0, 0, x / np.where(size == 0, 1, size))


def _won(g: Array, won: Array, mine: Array, other: Array) -> Array:
    """Give `g` to the input that has won, half of it on ties."""
    return np.where(mine == other, g / 2, np.where(won, g, 0))


def _half(sign: str) -> tuple[str, str]:
    return f"g * ((x1 {sign} x2) + (x1 == x2) / 2)", f"g * ((x2 {sign} x1) + (x2 == x1) / 2)"


elementwise(
    np.maximum, lambda g, x1, x2: _won(g, x1 > x2, x1, x2), lambda g, x1, x2: _won(g, x2 > x1, x2, x1), selects=True,
    derivative=_half(">"),
)  # fmt: skip
elementwise(
    np.minimum, lambda g, x1, x2: _won(g, x1 < x2, x1, x2), lambda g, x1, x2: _won(g, x2 < x1, x2, x1), selects=True,
    derivative=_half("<"),
)  # fmt: skip
for _extremum, _sign in ((np.fmax, ">"), (np.fmin, "<")):  # beside a nan the other one has won
    elementwise(
        _extremum, lambda g, y, x1, x2: _won(g, x1 == y, x1, x2), lambda g, y, x1, x2: _won(g, x2 == y, x2, x1),
        selects=True, derivative=_half(_sign),
    )  # fmt: skip


# Backwards a product, four times as fast as a choice; forwards a choice, since a tangent may be infinite.
# Both are read off the output, which the next layer keeps anyway.
@operation(
    custom, lambda g, y: g * (y > 0.0), jvp=lambda tangents, y: np.where(y > 0.0, tangents[0], 0),
    signature="()->()", selects=True, formula="relu",
)  # fmt: skip
def relu(x: A) -> A:
    """Return ``max(x, 0)``, element by element.

    Parameters
    ----------
    x : Tensor or array, of any shape
        Numbers.

    Returns
    -------
    Tensor or array, of the shape of `x`
        Where `x` is positive, `x`, with derivative 1; elsewhere, also at 0 itself, 0 with derivative 0.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.relu(ag.Tensor([-1.0, 0.0, 2.0]))
    Tensor([0., 0., 2.], dtype=float64, op=relu)
    """
    return np.maximum(x, 0)


def _clip(a: Array, a_min: Array, a_max: Array) -> Array:
    return np.clip(a, a_min, a_max)


def _clip_upper(g: Array, y: Array, a: Array, a_min: Array) -> Array:
    """Give `g` to the upper bound, which is also the result where the bounds have crossed."""
    above = a > y
    return np.where(above if a_min is None else above | ((a < y) & (a_min > y)), g, 0)


bounded = elementwise(
    _clip,
    lambda g, y, a: np.where(y == a, g, 0),
    lambda g, y, a, a_min: np.where((a < y) & (a_min == y), g, 0),
    _clip_upper,
    selects=True,
)


@composite(np.clip)
def clip(a: Array, a_min: Array = None, a_max: Array = None, *, min: Array = None, max: Array = None) -> Array:  # noqa: A002 - NumPy's names
    return bounded(a, min if a_min is None else a_min, max if a_max is None else a_max)


def _where(condition: Array, x: Array, y: Array) -> Array:
    return np.where(condition, x, y)


select = linear(
    _where,
    None,
    lambda g, condition: np.where(condition, g, 0),
    lambda g, condition: np.where(condition, 0, g),
    signature="(),(),()->()",
    selects=True,
)


@composite(np.where, exact=True, complex=True)
def where(condition: Array, x: Array = None, y: Array = None) -> Array:
    if x is None and y is None:
        return np.nonzero(condition)
    if x is None or y is None:
        missing = "y" if y is None else "x"
        raise errors.UnsupportedError(
            errors.MISSING_ARGUMENT.format(op="where", argument=missing, call="np.where(condition, x, y)")
        )
    return select(condition, x, y)


@composite(np.divmod)
def divmod_(x1: Array, x2: Array) -> tuple[Array, Array]:
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


@composite(np.nan_to_num, complex=True)
def nan_to_num(x: Array, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Array:
    if x.dtype.kind == "c":
        return from_parts(*[nan_to_num(part, nan=nan, posinf=posinf, neginf=neginf) for part in (x.real, x.imag)])
    if x.dtype.kind != "f":
        return np.positive(x)
    limits = np.finfo(x.dtype)
    x = np.where(np.isnan(x), nan, x)
    x = np.where(x == np.inf, limits.max if posinf is None else posinf, x)
    return np.where(x == -np.inf, limits.min if neginf is None else neginf, x)


# ----- the parts of complex numbers; sign and magnitude -----


def _real(val: Array) -> Array:
    return val[...].real


def _imag(val: Array) -> Array:
    return val[...].imag


def _from_parts(real: Array, imag: Array) -> Array:
    """Return ``real + i imag``, also of infinities, which times ``i`` have a real part that is nan."""
    recorder = recorder_of(real, imag)
    if recorder is not None:
        return recorder(from_parts, (real, imag), NO_SETTINGS)
    dtype = np.result_type(real.dtype, imag.dtype, np.complex64)
    z = np.empty(np.broadcast_shapes(real.shape, imag.shape), dtype)
    z.real, z.imag = real.real, imag.real
    return z


# What arrives at a real number is the real part. So these are right in both modes, as all that is elementwise.
real_part: Op = elementwise(
    _real, lambda g: g, complex=True, analytic=False, view=lambda a, value: from_parts(value, a.imag)
)
imaginary_part: Op = elementwise(
    _imag, lambda g: g * -1j, complex=True, analytic=False, view=lambda a, value: from_parts(a.real, value)
)
from_parts: Op = elementwise(_from_parts, lambda g: g, lambda g: g * 1j, complex=True, analytic=False)
elementwise(np.conjugate, lambda g: g.conj(), native="{0}", complex=True, analytic=False)
elementwise(np.copysign, lambda g, x1, x2: g * (np.sign(x1) * np.copysign(1, x2)), None, native="copysign")
elementwise(np.ldexp, lambda g, x2: np.ldexp(g, x2), None)
elementwise(np.heaviside, None, lambda g, x1: np.where(x1 == 0, g, 0), selects=True)


@composite(np.real, exact=True, complex=True)
def real(val: Array) -> Array:
    return real_part(val) if val.dtype.kind == "c" else val[...]


@composite(np.imag, exact=True, complex=True)
def imag(val: Array) -> Array:
    return imaginary_part(val) if val.dtype.kind == "c" else np.zeros_like(val)


@composite(np.angle, complex=True)
def angle(z: Array, deg: bool = False) -> Array:
    turned = np.arctan2(np.imag(z), np.real(z))
    return np.degrees(turned) if deg else turned


@composite(np.real_if_close)
def real_if_close(a: Array, tol: float = 100) -> Array:
    return a[...]
