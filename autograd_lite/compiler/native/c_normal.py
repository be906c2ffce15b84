"""`gelu` and its slope in C: one exponential for both, and the quotient of polynomials that `rules/normal.py` has."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt, tau

from autograd_lite.rules.normal import erfc_coefficients

MARK = "gelu_"
"""How the names of these functions begin."""
_HEAD = """\
#if defined(__FMA__) || defined(__FP_FAST_FMA) || defined(__ARM_FEATURE_FMA)
#define SUM_OF(a, b, c, f) __builtin_fma##f(a, b, c)
#else
#define SUM_OF(a, b, c, f) ((a) * (b) + (c))
#endif
"""


def text() -> str:
    """Return the functions, for doubles and singles.

    A normal number is above ``a >= 0`` with the probability ``exp(-a^2/2) r(a / sqrt(2)) / 2``, where `r` is what
    ``erfc(z) exp(z^2)`` is. The rounding error of the square is found by halves of `a` (T. J. Dekker, A floating-point
    technique for extending the available precision, Numerische Mathematik 18, 1971).
    """
    return "\n".join([_HEAD, _functions("double", "", 2**27 + 1), _functions("float", "f", 2**12 + 1)])


def _functions(kind: str, f: str, divisor: int) -> str:
    middle, above, below = erfc_coefficients(f == "f")
    return f"""\
ALWAYS {kind} gelu_bell{f}({kind} a)
{{
    const {kind} square = a * a, upper = a * {divisor}.0{f}, high = upper - (upper - a), low = a - high;
    const {kind} rest = ((high * high - square) + 2 * high * low) + low * low;
    return exp{f}(-0.5{f} * square) * (1 - 0.5{f} * rest);
}}
ALWAYS {kind} gelu_tail{f}({kind} a)
{{
    const {kind} z = a * {sqrt(0.5)!r}{f}, t = (z - {middle}{f}) / (z + {middle}{f});
    const {kind} above = {_polynomial(above, f)};
    const {kind} below = {_polynomial(below, f)};
    return 0.5{f} * gelu_bell{f}(a) * above / ((1 + z) * below);
}}
ALWAYS {kind} gelu_of{f}({kind} x)
{{
    const {kind} a = fabs{f}(x), most = a > 45 ? 45 : a;
    return (x > 0 ? x : 0) - most * gelu_tail{f}(most);
}}
ALWAYS {kind} gelu_slope{f}({kind} x)
{{
    const {kind} a = fabs{f}(x), most = a > 45 ? 45 : a, tail = gelu_tail{f}(most);
    const {kind} bell = {1 / sqrt(tau)!r}{f} * most * gelu_bell{f}(most);
    return x < 0 ? tail - bell : 1 - tail + bell;
}}
"""


def _polynomial(coefficients: Sequence[float], f: str) -> str:
    """Return the value at `t` as an expression."""
    found = f"{coefficients[-1]!r}{f}"
    for c in coefficients[-2::-1]:
        found = f"SUM_OF({found}, t, {c!r}{f}, {f})"
    return found
