"""Derivatives of SciPy's special functions far out, at 0 and at poles, against numbers of fifty digits and limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

special = pytest.importorskip("scipy.special")
inf = np.inf


def at(fn: Any, *args: float, argnum: int = 0) -> float:
    with np.errstate(all="ignore"):
        return float(ag.grad(fn, argnums=argnum)(*args))


# The derivatives of one operand, by fifty digits of mpmath where a function is none of the elementary ones.
TAILS: list[tuple[str, float, float]] = [
    ("erf", inf, 0), ("ndtr", -inf, 0), ("log_ndtr", -1e8, 1e8), ("log_ndtr", 40.0, 0), ("log_ndtr", -inf, inf),
    ("ndtri", 0.0, inf), ("ndtri", 1.0, inf), ("erfcinv", 0.0, -inf), ("erfinv", 1.0, inf),
    ("expit", -800.0, 0), ("log_expit", -800.0, 1), ("log_expit", 800.0, 0), ("logit", 0.0, inf),
    ("erfcx", 1e8, -5.6418958354775617e-17), ("erfcx", 19.9, -0.0014193225647191464), ("erfcx", inf, 0),
    ("dawsn", 1e9, -5e-19), ("dawsn", -19.9, -0.0012674072739076022), ("logit", 1e-300, 1e300),
    ("ndtri_exp", -1e8, 7.0710681468873606e-05),
    ("i0e", 1e8, -1.9947114094873312e-13), ("i0e", -1e8, 1.9947114094873312e-13), ("i0e", 0.0, 0), ("i0e", inf, 0),
    ("i1e", 0.0, 0.5), ("k0e", 1e8, -6.2665706630778614e-13), ("k0e", 0.0, -inf), ("k1e", 0.0, -inf),
    ("gammaln", 0.0, -inf), ("gammaln", 1e300, 690.77552789821368), ("digamma", 1e8, 1.0000000050000000e-08),
    ("rgamma", 0.0, 1), ("rgamma", -1.0, -1), ("rgamma", -4.0, 24), ("exp1", inf, 0), ("entr", 0.0, inf),
    ("j1", 0.0, 0.5), ("i1", 0.0, 0.5), ("k0", 0.0, -inf), ("k1", inf, 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "expected"), TAILS)
def test_tails_limits_and_poles(name: str, x: float, expected: float) -> None:
    np.testing.assert_allclose(at(getattr(special, name), x), expected, rtol=2e-13)


ENDS: list[tuple[str, tuple[float, ...], int, float]] = [
    ("gammainc", (0.5, 0.0), 1, inf), ("gammainc", (1.0, 0.0), 1, 1), ("gammainc", (2.0, 0.0), 1, 0),
    ("gammainc", (2.0, inf), 1, 0), ("gammainc", (0.5, 0.0), 0, 0), ("gammainc", (2.0, inf), 0, 0),
    ("betainc", (2.0, 1.0, 1.0), 2, 2), ("betainc", (1.0, 2.0, 0.0), 2, 2), ("betainc", (0.5, 2.0, 0.0), 2, inf),
    ("betainc", (0.5, 2.0, 0.0), 0, 0), ("betainc", (0.5, 2.0, 1.0), 1, 0), ("xlogy", (0.0, 0.0), 1, 0),
    ("rel_entr", (0.0, 0.0), 1, 0), ("kl_div", (0.0, 0.0), 1, 1), ("kl_div", (0.0, 2.0), 1, 1),
    ("ive", (2.0, 0.0), 1, 0), ("huber", (1.0, 2.0), 0, 1), ("huber", (1.0, -2.0), 1, -1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "argnum", "expected"), ENDS)
def test_ends_of_what_has_several_operands(name: str, args: tuple[float, ...], argnum: int, expected: float) -> None:
    assert at(getattr(special, name), *args, argnum=argnum) == pytest.approx(expected, rel=1e-14)


def mpmath(name: str) -> Any:
    mp = pytest.importorskip("mpmath").mp
    return {
        "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
        "dawsn": lambda x: mp.exp(-x * x) * mp.erfi(x) * mp.sqrt(mp.pi) / 2,
        "log_ndtr": lambda x: mp.log(mp.ncdf(x)), "erfi": mp.erfi, "gamma": mp.gamma, "rgamma": mp.rgamma,
        "i0e": lambda x: mp.exp(-abs(x)) * mp.besseli(0, x), "i1e": lambda x: mp.exp(-abs(x)) * mp.besseli(1, x),
        "k0e": lambda x: mp.exp(x) * mp.besselk(0, x), "k1e": lambda x: mp.exp(x) * mp.besselk(1, x),
        "j0": lambda x: mp.besselj(0, x), "j1": lambda x: mp.besselj(1, x), "y0": lambda x: mp.bessely(0, x),
        "y1": lambda x: mp.bessely(1, x), "i0": lambda x: mp.besseli(0, x), "k1": lambda x: mp.besselk(1, x),
        "exp1": mp.e1, "expi": mp.ei,
    }[name]  # fmt: skip


PLACES = {
    "erfcx": (-5.0, 0.3, 8.0, 20.1, 1e3), "dawsn": (-25.0, 0.3, 8.0), "log_ndtr": (-30.0, -2.0, 3.0),
    "erfi": (-3.0, 5.0), "gamma": (-1.5, 0.1, 20.0), "rgamma": (-2.5, 0.3, 4.0), "i0e": (-2.0, 1.0, 50.0, 61.0, 1e5),
    "i1e": (-2.0, 1.0, 50.0, 61.0, 1e5), "k0e": (1e-3, 1.0, 50.0, 61.0, 1e5), "k1e": (1e-3, 1.0, 50.0, 61.0, 1e5),
    "j0": (-2.0, 1.0, 30.0), "j1": (-2.0, 1e-8, 30.0), "y0": (1e-5, 20.0), "y1": (1e-5, 20.0), "i0": (-2.0, 100.0),
    "k1": (1e-5, 50.0), "exp1": (0.1, 50.0), "expi": (-1.0, 50.0),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_two_derivatives_against_many_digits(name: str) -> None:
    f, fn = mpmath(name), getattr(special, name)
    from mpmath import mp

    with mp.workdps(70):
        for x in PLACES[name]:
            h = mp.mpf(10) ** -20
            low, mid, high = (f(mp.mpf(x) + k * h) for k in (-1, 0, 1))
            np.testing.assert_allclose(at(fn, x), float((high - low) / (2 * h)), rtol=1e-12)
            np.testing.assert_allclose(at(ag.grad(fn), x), float((high - 2 * mid + low) / h**2), rtol=1e-11)


@pytest.mark.parametrize("name", ["jv", "yv", "iv", "kv", "ive", "kve"])
def test_bessel_functions_of_any_order(name: str) -> None:
    mp = pytest.importorskip("mpmath").mp
    f = {"j": mp.besselj, "y": mp.bessely, "i": mp.besseli, "k": mp.besselk}[name[0]]
    sign = {"ive": -1, "kve": 1}.get(name, 0)
    fn = getattr(special, name)
    with mp.workdps(60):
        for v in (0.0, 1.0, 0.5, 3.7, 20.0):
            for x in (0.5, 30.0, 3000.0) if sign else (0.5, 30.0):
                h = mp.mpf(10) ** -20
                low, high = (mp.exp(sign * (x + k * h)) * f(v, x + k * h) for k in (-1, 1))
                np.testing.assert_allclose(at(lambda t, v=v: fn(v, t), x), float((high - low) / (2 * h)), rtol=1e-11)


def test_incomplete_functions_by_all_operands() -> None:
    mp = pytest.importorskip("mpmath").mp
    with mp.workdps(50):
        for a in (1e-3, 0.5, 3.0, 50.0, 1e5):
            for x in filter(lambda x: x > 1e-300, special.gammaincinv(a, [1e-6, 0.5, 1 - 1e-6])):
                z, h = mp.mpf(float(x)), a * mp.mpf(10) ** -18
                low, high = (mp.gammainc(a + k * h, 0, z, regularized=True) for k in (-1, 1))
                density = mp.exp((mp.mpf(a) - 1) * mp.log(z) - z - mp.loggamma(a))
                found = ag.grad(special.gammainc, argnums=(0, 1))(a, x)
                np.testing.assert_allclose(found, [float((high - low) / (2 * h)), float(density)], rtol=1e-8)
        for a, b in ((0.5, 2.0), (1e3, 2e3), (1e5, 10.0), (1e-3, 1e-2)):
            for x in special.betaincinv(a, b, [0.4, 0.5]):
                z = mp.mpf(float(x))
                density = z ** (mp.mpf(a) - 1) * (1 - z) ** (mp.mpf(b) - 1) / mp.beta(a, b)
                assert at(special.betainc, a, b, x, argnum=2) == pytest.approx(float(density), rel=1e-11)


def test_quantiles_undo_distributions() -> None:
    a, b, y = 1.7, 0.6, 0.3
    pairs = (special.gammainc, special.gammaincinv, (a,)), (special.betainc, special.betaincinv, (a, b))
    for forth, back, shapes in pairs:
        for argnum in range(len(shapes)):
            given = lambda *s, forth=forth, back=back: forth(*s, back(*s, y))  # noqa: E731
            assert abs(at(given, *shapes, argnum=argnum)) < 1e-12
        assert at(lambda y, forth=forth, back=back, s=shapes: forth(*s, back(*s, y)), y) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("name", ["jv", "yn", "kve", "zeta", "expn"])
def test_an_order_has_no_derivative(name: str) -> None:
    with pytest.raises(errors.UnsupportedError, match=rf"scipy\.special\.{name}.*its order has no derivative here"):
        ag.grad(lambda v: getattr(special, name)(v, 1.5))(2.0)


INSTEAD = {
    "polygamma": (
        lambda t: (-1) ** 3 * math.factorial(2) * special.zeta(3.0, t), lambda t: special.polygamma(2, t)
    ),
    "multigammaln": (
        lambda t: np.sum(special.gammaln(t - np.arange(3) / 2)) + 3 * 2 / 4 * np.log(np.pi),
        lambda t: special.multigammaln(t, 3),
    ),
    "comb": (lambda t: special.binom(t, 2.0), lambda t: special.comb(t, 2.0)),
    "logsumexp": (ag.logsumexp, special.logsumexp),
    "softmax": (ag.softmax, special.softmax),
    "log_softmax": (ag.log_softmax, special.log_softmax),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTEAD)
def test_what_takes_arrays_apart_is_refused_with_what_is_the_same(name: str) -> None:
    written, plain = INSTEAD[name]
    x = np.array(4.5)
    np.testing.assert_allclose(written(ag.Tensor(x)).numpy(), plain(x), rtol=1e-13)
    with pytest.raises(errors.ConversionError, match=rf"scipy\.special\.{name} asks for .*Write (ag|scipy|\(-1|np)"):
        plain(ag.Tensor(x, requires_grad=True))
