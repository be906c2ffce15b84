"""Numbers of Python, and what their signs do."""

from __future__ import annotations

import operator

import numpy as np

NUMBERS = (bool, int, float, complex)
_NAMES = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "truediv", np.floor_divide: "floordiv",
    np.remainder: "mod", np.power: "pow", np.negative: "neg", np.positive: "pos", np.absolute: "abs",
    np.less: "lt", np.less_equal: "le", np.greater: "gt", np.greater_equal: "ge", np.equal: "eq", np.not_equal: "ne",
}  # fmt: skip
OPERATORS = {ufunc: getattr(operator, name) for ufunc, name in _NAMES.items()}
"""What two numbers of Python do by the sign of a ufunc; called by its name, that makes a number of NumPy of them."""
