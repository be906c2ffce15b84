"""What is done to gradients, parameters and modules as a whole: clipped, in one vector, computed from others, fused."""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
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

# Imported at the first use, for a network needs few of them.
_LATER = placed(
    {
        "clipping": "clip_grad_norm_ clip_grad_value_ clip_grads_with_norm_ get_total_norm",
        "fusion": "fuse_conv_bn_eval fuse_conv_bn_weights fuse_linear_bn_eval fuse_linear_bn_weights",
        "vectors": "parameters_to_vector vector_to_parameters",
        "weights": "remove_spectral_norm remove_weight_norm spectral_norm weight_norm",
        "": "parametrizations parametrize rnn",
    }
)

if not TYPE_CHECKING:  # a checker would take every name for one
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
