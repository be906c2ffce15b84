"""Neural networks: modules, layers, initial values, losses."""

from autograd_lite.nn import functional, init
from autograd_lite.nn.layers import CrossEntropyLoss, Linear, MSELoss, ReLU, Sequential, Sigmoid, Softmax, Tanh
from autograd_lite.nn.module import Module, Parameter

__all__ = [
    "CrossEntropyLoss", "Linear", "MSELoss", "Module", "Parameter", "ReLU", "Sequential", "Sigmoid", "Softmax", "Tanh",
    "functional", "init",
]  # fmt: skip
