"""Rows of covariances and correlations."""

from __future__ import annotations

import numpy as np

from cases.inputs import P, X, Y, numbers
from cases.table import case

OFTEN = np.array([1, 3, 0, 2])
for _options in ({}, {"rowvar": False}, {"bias": True}, {"ddof": 0}):
    case(np.cov, X, **_options)
    case(np.cov, X, Y, **_options)
case(np.cov, numbers(4))
case(np.cov, numbers(4), numbers(4, start=1))
case(np.cov, X, fweights=OFTEN)
for _ddof in (None, 0, 1):
    case(np.cov, X, P[0], call=lambda x, w, d=_ddof: np.cov(x, aweights=w, fweights=OFTEN, ddof=d))
case(np.cov, X, Y, P[0], call=lambda x, y, w: np.cov(x, y, aweights=w))
case(np.corrcoef, X)
case(np.corrcoef, X, Y, rowvar=False)
case(np.corrcoef, numbers(4), numbers(4, start=1))
