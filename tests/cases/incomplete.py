"""Rows of polygamma functions, and of the distributions of gamma and beta by their shapes."""

from __future__ import annotations

import numpy as np

from autograd_lite.rules.incomplete import beta_share, gamma_share, polygamma
from cases.inputs import numbers
from cases.table import case

PLACES, SHAPES = numbers(3, 4, low=0.4, high=2.5), numbers(4, low=0.6, high=2.2, start=1)
for _n in (0, 1, 2):
    case(polygamma, PLACES, n=_n)
for _order in (1, 2):
    case(gamma_share, PLACES, SHAPES, order=_order)
case(gamma_share, np.array(40.0), np.array(37.0), order=1)
for _orders in ((1, 0), (0, 1), (1, 1)):
    case(beta_share, numbers(3, 4), SHAPES, numbers(4, low=0.7, high=3.1), orders=_orders)
