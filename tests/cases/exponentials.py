"""Rows of sums of exponentials, and of weights made of them."""

from __future__ import annotations

import itertools

import autograd_lite as ag
from cases.inputs import AXES, NONE, X
from cases.table import case

for _axis, _keep in itertools.product(AXES, (False, True)):
    case(ag.logsumexp, X, axis=_axis, keepdims=_keep)
for _axis in (-1, 0, 1):
    case(ag.softmax, X, axis=_axis)
    case(ag.log_softmax, X, axis=_axis)
case(ag.logsumexp, NONE, axis=1)
case(ag.softmax, NONE)
case(ag.log_softmax, NONE)
