"""Layers and losses as functions, with PyTorch's names and orders of arguments.

They take Tensors or arrays. Those that are operations of their own (`sigmoid`, ...) are the same as in
`autograd_lite` itself; the others are definitions in terms of operations.
"""

from autograd_lite.base.later import listing
from autograd_lite.nn.functional.activations import log_softmax, softmax, tanh
from autograd_lite.nn.functional.affine import linear
from autograd_lite.nn.functional.losses import cross_entropy, mse_loss, nll_loss
from autograd_lite.nn.functional.rectifiers import (
    celu,
    elu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    prelu,
    relu,
    relu6,
    rrelu,
    selu,
    softshrink,
    threshold,
)
from autograd_lite.nn.functional.recurrent import lstm_cell
from autograd_lite.nn.functional.smooth import (
    gelu,
    glu,
    gumbel_softmax,
    logsigmoid,
    mish,
    silu,
    softmin,
    softplus,
    softsign,
    tanhshrink,
)
from autograd_lite.rules.elementwise import sigmoid
from autograd_lite.rules.neural import half_squared_error

__all__ = [
    "celu", "cross_entropy", "elu", "gelu", "glu", "gumbel_softmax", "half_squared_error", "hardshrink", "hardsigmoid",
    "hardswish", "hardtanh", "leaky_relu", "linear", "log_softmax", "logsigmoid", "lstm_cell", "mish", "mse_loss",
    "nll_loss", "prelu", "relu", "relu6", "rrelu", "selu", "sigmoid", "silu", "softmax", "softmin", "softplus",
    "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
]  # fmt: skip
__dir__ = listing(__name__)
