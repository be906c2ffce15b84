"""Rows of numbers between two ends."""

from __future__ import annotations

import numpy as np

from cases.inputs import P, Q, X, numbers
from cases.table import case

case(np.linspace, X, numbers(4), call=lambda a, b: np.linspace(a, b, 5))
case(np.linspace, np.array(0.3), call=lambda a: np.linspace(a, 2.0, 4, endpoint=False, retstep=True))
case(np.linspace, X, call=lambda a: np.linspace(1, a, 3, axis=-1))
case(np.linspace, X, call=lambda a: np.linspace(a, 1, 1))
case(np.logspace, X, numbers(4), call=lambda a, b: np.logspace(a, b, 5))
case(np.logspace, X, np.array(2.3), call=lambda a, b: np.logspace(a, 1.0, 3, base=b, axis=1))
case(np.geomspace, P, Q, call=lambda a, b: np.geomspace(a, b, 4))
case(np.geomspace, -P, -Q, call=lambda a, b: np.geomspace(a, b, 4, endpoint=False, axis=-1))
case(np.geomspace, np.array(0.7), call=lambda a: np.geomspace(a, 2.0, 1))
