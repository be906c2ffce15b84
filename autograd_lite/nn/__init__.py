"""Neural networks: modules with parameters, layers, losses, and initial values."""

from autograd_lite.base.later import listing
from autograd_lite.nn import functional, init, utils
from autograd_lite.nn.layers import Linear, ReLU, Sequential, Sigmoid, Softmax, Tanh
from autograd_lite.nn.losses import CrossEntropyLoss, HalfSquaredError, MSELoss
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.stateless import functional_call

__all__ = [
    "CrossEntropyLoss", "HalfSquaredError", "Linear", "MSELoss", "Module", "Parameter", "ReLU", "Sequential", "Sigmoid",
    "Softmax", "Tanh", "functional", "functional_call", "init", "utils",
]  # fmt: skip
__dir__ = listing(__name__)
