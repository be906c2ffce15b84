"""Rows of quantiles by every method, of weighted samples, and of samples in which nan are left out."""

from __future__ import annotations

import numpy as np

from cases.inputs import CUBE, WITH_NAN, P, X
from cases.table import case

METHODS = (
    "lower", "higher", "nearest", "midpoint", "hazen", "inverted_cdf", "averaged_inverted_cdf", "closest_observation",
    "interpolated_inverted_cdf", "weibull", "median_unbiased", "normal_unbiased",
)  # fmt: skip
case(np.nanmedian, WITH_NAN)
case(np.nanmedian, WITH_NAN, axis=1, keepdims=True)
case(np.nanpercentile, WITH_NAN, q=[25, 60], axis=0)
for _q in (0.3, [0.1, 0.5], np.array([[0.2, 0.9]])):
    case(np.nanquantile, WITH_NAN, q=_q)
    case(np.nanquantile, WITH_NAN, q=_q, axis=0, keepdims=True)
for _method in METHODS:
    case(np.quantile, CUBE, q=[0.21, 0.77], axis=(0, 2), method=_method)
    case(np.nanquantile, WITH_NAN, q=0.4, axis=1, method=_method)
case(np.percentile, X, q=37, method="hazen")
case(np.quantile, X, q=[0.2, 0.7], axis=1, method="inverted_cdf", weights=P)
case(np.quantile, X, q=0.6, axis=0, method="inverted_cdf", weights=[1.0, 2.0, 1.5])
case(np.nanquantile, WITH_NAN, q=0.6, axis=1, method="inverted_cdf", weights=P)
