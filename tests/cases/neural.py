"""Rows of losses."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from autograd_lite.rules import neural
from cases.inputs import CUBE, X, Y
from cases.table import case

case(ag.half_squared_error, X, Y)
case(ag.mean_squared_error, X, Y)
case(ag.half_squared_error, X, call=lambda x: ag.half_squared_error(x, Y))
case(ag.mean_squared_error, np.array(0.3), call=lambda x: ag.mean_squared_error(x, 2.0))
for _reduction in ("mean", "sum", "none"):
    for _scores, _classes in ((X, [3, 0, 3]), (X[0], 2), (CUBE, [[0, 1, 2, 2], [1, 1, 0, 2]])):
        case(neural.nll_loss, _scores, classes=np.array(_classes), reduction=_reduction)
case(neural.nll_loss, X[:0], classes=np.zeros(0, int), reduction="none")
