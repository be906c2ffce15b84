"""autograd_lite: automatic differentiation of NumPy code, in plain Python."""

from autograd_lite import errors, implicit, nn, optim, optimize, tree, viz
from autograd_lite.check import GradcheckReport, gradcheck
from autograd_lite.checkpoint import checkpoint
from autograd_lite.compiler import compile  # noqa: A004 - PyTorch's name
from autograd_lite.custom import custom_op
from autograd_lite.errors import AutogradError
from autograd_lite.graph import enable_grad, is_grad_enabled, no_grad
from autograd_lite.jacobians import hessian, jacobian
from autograd_lite.nn.module import Parameter
from autograd_lite.protocols import supported
from autograd_lite.random import manual_seed
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.neural import half_squared_error, mean_squared_error
from autograd_lite.rules.reductions import log_softmax, logsumexp, softmax
from autograd_lite.scope import scope
from autograd_lite.tensor import Tensor, tensor
from autograd_lite.transforms import elementwise_grad, grad, hvp, jvp, linearize, value_and_grad, vjp
from autograd_lite.version import __version__
from autograd_lite.viz import Picture, explain, visualize
from autograd_lite.vmap import vmap

__all__ = [
    "AutogradError", "GradcheckReport", "Parameter", "Picture", "Tensor", "__version__", "checkpoint", "compile",
    "custom_op", "elementwise_grad", "enable_grad", "errors", "explain", "grad", "gradcheck", "half_squared_error",
    "hessian", "hvp", "implicit", "is_grad_enabled", "jacobian", "jvp", "linearize", "log_softmax", "logsumexp",
    "manual_seed", "mean_squared_error", "nn", "no_grad", "optim", "optimize", "relu", "scope", "sigmoid", "softmax",
    "softplus", "supported", "tensor", "tree", "value_and_grad", "visualize", "viz", "vjp", "vmap",
]  # fmt: skip
