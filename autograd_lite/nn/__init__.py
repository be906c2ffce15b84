"""Neural networks: modules with parameters, layers, losses, and initial values."""

from autograd_lite.base.later import listing
from autograd_lite.nn import functional, init
from autograd_lite.nn.layers import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    Linear,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    RReLU,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softmax2d,
    Softmin,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from autograd_lite.nn.losses import CrossEntropyLoss, HalfSquaredError, MSELoss
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.stateless import functional_call

__all__ = [
    "CELU", "CrossEntropyLoss", "ELU", "GELU", "GLU", "HalfSquaredError", "Hardshrink", "Hardsigmoid", "Hardswish",
    "Hardtanh", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "MSELoss", "Mish", "Module", "PReLU", "Parameter",
    "RReLU", "ReLU", "ReLU6", "SELU", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softmax2d", "Softmin", "Softplus",
    "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold", "functional", "functional_call", "init",
]  # fmt: skip
__dir__ = listing(__name__)
