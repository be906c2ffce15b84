"""Rows of entropies."""

from __future__ import annotations

from autograd_lite.rules import entropy
from cases.inputs import numbers
from cases.table import case

for _shape in ((3, 4), (), (0, 3)):
    _inputs = numbers(*_shape, low=0.1, high=0.9), numbers(*_shape, low=0.2, high=0.8, start=1)
    case(entropy.binary_cross_entropy, *_inputs)
