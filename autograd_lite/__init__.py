"""autograd_lite: automatic differentiation of NumPy code, in plain Python."""

from autograd_lite.errors import AutogradError
from autograd_lite.graph import enable_grad, is_grad_enabled, no_grad
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.neural import half_squared_error, mean_squared_error
from autograd_lite.rules.reductions import log_softmax, logsumexp, softmax
from autograd_lite.tensor import Tensor, tensor
