"""Rows of losses."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from cases.inputs import X, Y
from cases.table import case

case(ag.half_squared_error, X, Y)
case(ag.mean_squared_error, X, Y)
case(ag.half_squared_error, X, call=lambda x: ag.half_squared_error(x, Y))
case(ag.mean_squared_error, np.array(0.3), call=lambda x: ag.mean_squared_error(x, 2.0))
