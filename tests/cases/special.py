"""Rows of SciPy's special functions, where SciPy is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from cases.elementwise import PAIRS, unary
from cases.inputs import numbers
from cases.table import case

DOMAINS = {
    "any": (
        "erf", "erfc", "ndtr", "log_ndtr", "expit", "log_expit", "exp2", "exp10", "expm1", "erfi", "erfcx", "dawsn",
        "rgamma", "cosm1", "sindg", "cosdg", "tandg", "j0", "j1", "i0", "i1", "i0e", "i1e",
    ),
    "positive": (
        "digamma", "gammaln", "gamma", "entr", "cbrt", "y0", "y1", "k0", "k1", "k0e", "k1e", "exp1", "expi",
    ),
    "narrow": ("erfinv", "log1p"),
    "share": ("erfcinv", "ndtri", "logit"),
}
PAIRED = (
    "betaln", "beta", "xlogy", "xlog1py", "rel_entr", "kl_div", "poch", "binom", "gammainc", "gammaincc", "huber",
    "pseudo_huber",
)
ORDERED = {"jv": 1.5, "yv": 0.5, "yn": 2, "iv": 2.0, "ive": 1.0, "kn": 1, "kv": 0.3, "kve": 2.0, "expn": 3}

if find_spec("scipy"):
    from scipy import special

    from autograd_lite.rules.bessel import scaled_i, scaled_k
    from autograd_lite.rules.densities import beta_density, gamma_density
    from autograd_lite.rules.special import dawsn_slope, erfcx_slope

    for domain, names in DOMAINS.items():
        for name in names:
            unary(getattr(special, name), domain)
    for name in PAIRED:
        for first, second in PAIRS[:4]:
            x1, x2 = numbers(*first, low=0.5, high=1.5), numbers(*second, low=0.6, high=1.7, start=1)
            case(getattr(special, name), x1, x2)
    for name, order in ORDERED.items():
        fn = getattr(special, name)
        case(fn, numbers(3, 4, low=0.5, high=2.5), call=lambda x, fn=fn, v=order: fn(v, x))
    case(special.ndtri_exp, numbers(3, 4, low=-3.0, high=-0.1))
    P, Q, X = numbers(4, low=0.5, high=2.5), numbers(4, low=0.6, high=3.7, start=1), numbers(4, low=0.1, high=0.9)
    for name in ("betainc", "betaincc", "betaincinv", "betainccinv"):
        case(getattr(special, name), P, Q, X)
    for name in ("gammaincinv", "gammainccinv"):
        case(getattr(special, name), P, X)
    case(special.gammainc, 40 * P, 44 * P)
    case(special.stdtr, 3 * P, 4 * X - 2)
    case(special.stdtrit, 3 * P, X)
    case(special.betainc, 30 * P, 40 * Q, numbers(4, low=0.4, high=0.45))
    for fn in (erfcx_slope, dawsn_slope):
        for n in (1, 2):
            case(fn, numbers(3, 4, low=-1.5, high=2.5), n=n)
    for fn in (scaled_i, scaled_k):
        for n in (1, 2):
            case(fn, numbers(3, 4, low=0.5, high=2.5), call=lambda x, fn=fn, n=n: fn(1.0, x, n=n))
    case(gamma_density, P, Q)
    case(gamma_density, 40 * P, 38 * P)
    case(beta_density, X, P, Q)
    case(special.xlogy, np.array([0.0, 0.5]), call=lambda y: special.xlogy(np.array([0.0, 2.0]), y))
    case(special._ufuncs._zeta, numbers(4, low=0.5, high=1.5), call=lambda x: special.zeta(2.5, x))
