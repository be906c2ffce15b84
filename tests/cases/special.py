"""Rows of SciPy's special functions, where SciPy is installed."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from cases.elementwise import PAIRS, unary
from cases.inputs import numbers
from cases.table import case

DOMAINS = {
    "any": ("erf", "erfc", "ndtr", "log_ndtr", "expit", "log_expit", "exp2", "exp10", "expm1"),
    "positive": ("digamma", "gammaln", "gamma", "entr", "cbrt"),
    "narrow": ("erfinv", "log1p"),
    "share": ("erfcinv", "ndtri", "logit"),
}

if find_spec("scipy"):
    from scipy import special


    for domain, names in DOMAINS.items():
        for name in names:
            unary(getattr(special, name), domain)
    for name in ("betaln", "xlogy", "xlog1py", "rel_entr", "kl_div"):
        for first, second in PAIRS[:4]:
            x1, x2 = numbers(*first, low=0.5, high=1.5), numbers(*second, low=0.6, high=1.7, start=1)
            case(getattr(special, name), x1, x2)
    case(special.xlogy, np.array([0.0, 0.5]), call=lambda y: special.xlogy(np.array([0.0, 2.0]), y))
    case(special._ufuncs._zeta, numbers(4, low=0.5, high=1.5), call=lambda x: special.zeta(2.5, x))
