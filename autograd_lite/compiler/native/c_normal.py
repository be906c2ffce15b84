"""`gelu` and its slope in C: one exponential for both, and the quotient of polynomials that `rules/normal.py` has."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt, tau

from autograd_lite.rules.normal import erfc_coefficients

MARK = "gelu_"
"""How the names of these functions begin."""
_HEAD = """\
#ifdef __FMA__
#define SUM_OF(a, b, c, f) __builtin_fma##f(a, b, c)
#else
#define SUM_OF(a, b, c, f) ((a) * (b) + (c))
#endif
"""


def text() -> str:
    """Return the functions, for doubles and singles.

    A normal number is above ``a >= 0`` with the probability ``exp(-a^2/2) r(a / sqrt(2)) / 2``, where `r` is what
    ``erfc(z) exp(z^2)`` is; the square is taken exactly, in two parts, where the processor can.
    """
    return "\n".join([_HEAD, _functions("double", "", single=False), _functions("float", "f", single=True)])


def _functions(kind: str, f: str, *, single: bool) -> str:
    middle, above, below = erfc_coefficients(single)
    return f"""\
ALWAYS {kind} gelu_bell{f}({kind} a)
{{
    const {kind} square = a * a, rest = SUM_OF(a, a, -square, {f});
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
