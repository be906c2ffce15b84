"""Layers and losses as functions, with PyTorch's names and orders of arguments.

They take Tensors or arrays. Those that are operations of their own (`sigmoid`, `relu`, ...) are the same as in
`autograd_lite` itself; the others are definitions in terms of operations.
"""

from autograd_lite.base.later import listing
from autograd_lite.nn.functional.activations import log_softmax, softmax, tanh
from autograd_lite.nn.functional.affine import linear
from autograd_lite.nn.functional.losses import cross_entropy, mse_loss, nll_loss
from autograd_lite.nn.functional.recurrent import lstm_cell
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.neural import half_squared_error

__all__ = [
    "cross_entropy", "half_squared_error", "linear", "log_softmax", "lstm_cell", "mse_loss", "nll_loss", "relu",
    "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip
__dir__ = listing(__name__)
