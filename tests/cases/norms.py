"""Rows of norms."""

from __future__ import annotations

import itertools

import numpy as np

from autograd_lite.rules.norms import euclidean_norm, power_norm
from cases.inputs import AXES, CUBE, X
from cases.table import case

for _axis, _keep in itertools.product(AXES[:-1], (False, True)):
    case(euclidean_norm, X, axis=_axis, keepdims=_keep)
    case(np.linalg.vector_norm, X, axis=_axis, keepdims=_keep)
for _order in (None, 1, 2, 3, 2.5, -1, np.inf, -np.inf):
    case(np.linalg.norm, X, axis=0, ord=_order)
    case(np.linalg.norm, X, axis=-1, ord=_order, keepdims=True)
for _order in (None, "fro", 1, -1, np.inf, -np.inf):
    case(np.linalg.norm, X, ord=_order)
    case(np.linalg.norm, CUBE, ord=_order, axis=(2, 0))
for _order in ("fro", 1, np.inf):
    case(np.linalg.matrix_norm, CUBE, ord=_order)
case(power_norm, X, p=3, axis=1)
case(np.linalg.vector_norm, X, ord=3)
case(np.linalg.norm, np.zeros((0, 3)), axis=1)
