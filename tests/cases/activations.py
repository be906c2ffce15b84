"""Rows of activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.rules import activations, normal
from autograd_lite.rules.common import detached
from cases.elementwise import unary
from cases.inputs import X
from cases.table import case

WIDE = 3.7 * X
for _fn in (
    activations.leaky_relu, activations.elu, activations.hardtanh, activations.hardsigmoid, activations.hardswish,
    activations.hardshrink, activations.softshrink, activations.threshold, activations.logsigmoid,
    activations.softsign, activations.silu, activations.mish, activations.gelu_by_tanh, normal.gelu, normal.erfc,
):  # fmt: skip
    unary(_fn)
    case(_fn, WIDE)
case(activations.leaky_relu, WIDE, slope=0.3)
case(activations.elu, WIDE, alpha=0.7, scale=(1.3, 2.0))
case(activations.hardtanh, WIDE, low=-0.31, high=2.2)
case(activations.hardshrink, WIDE, bound=1.7)
case(activations.softshrink, WIDE, bound=1.7)
case(activations.threshold, WIDE, bound=0.4, value=-2.0)
case(normal.erfc, np.array([-3.0, 5.0, 0.0]))


def slope(x: Any) -> Any:
    """The derivative of `gelu`, which is told its value."""
    return normal.gelu_slope(x, detached(normal.gelu(x)))


case(normal.gelu_slope, X, call=slope)
case(normal.gelu_slope, WIDE, call=slope)
