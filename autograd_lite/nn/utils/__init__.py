"""What is done to gradients, parameters and modules as a whole: clipped, in one vector, computed from others, fused."""

from autograd_lite.base.later import listing
from autograd_lite.nn.utils import parametrizations, parametrize, rnn
from autograd_lite.nn.utils.clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from autograd_lite.nn.utils.fusion import (
    fuse_conv_bn_eval,
    fuse_conv_bn_weights,
    fuse_linear_bn_eval,
    fuse_linear_bn_weights,
)
from autograd_lite.nn.utils.vectors import parameters_to_vector, vector_to_parameters
from autograd_lite.nn.utils.weights import remove_spectral_norm, remove_weight_norm, spectral_norm, weight_norm

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "fuse_conv_bn_eval", "fuse_conv_bn_weights",
    "fuse_linear_bn_eval", "fuse_linear_bn_weights", "get_total_norm", "parameters_to_vector", "parametrizations",
    "parametrize", "remove_spectral_norm", "remove_weight_norm", "rnn", "spectral_norm", "vector_to_parameters",
    "weight_norm",
]  # fmt: skip
__dir__ = listing(__name__)
