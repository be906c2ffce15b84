"""What is done to gradients and parameters as a whole: clipped, measured, put into one vector."""

from autograd_lite.base.later import listing
from autograd_lite.nn.utils.clipping import clip_grad_norm_, clip_grad_value_, clip_grads_with_norm_, get_total_norm
from autograd_lite.nn.utils.vectors import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm", "parameters_to_vector",
    "vector_to_parameters",
]  # fmt: skip
__dir__ = listing(__name__)
