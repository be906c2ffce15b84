"""Explanations of what a model gives: how much each number of its input, or each training example, has to do with it.

The names are those of the field and of Captum, but plain functions, of any module or function of arrays. An attribution
has the shape and the dtype of the input. All examples of a batch are explained in one sweep, each by itself.
"""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.attribution.cams import grad_cam
    from autograd_lite.attribution.covering import occlusion
    from autograd_lite.attribution.figures import bars, show
    from autograd_lite.attribution.gradients import input_x_gradient, saliency
    from autograd_lite.attribution.influences import influence
    from autograd_lite.attribution.paths import integrated_gradients
    from autograd_lite.attribution.relevance import layer_wise_relevance
    from autograd_lite.attribution.removal import deletion
    from autograd_lite.attribution.rules import AlphaBeta, Epsilon, Gamma, Rule, ZBox, ZPlus
    from autograd_lite.attribution.smooth import smooth_grad
    from autograd_lite.attribution.texts import MarkedText, tokens

__all__ = [
    "AlphaBeta", "Epsilon", "Gamma", "MarkedText", "Rule", "ZBox", "ZPlus", "bars", "deletion", "grad_cam", "influence",
    "input_x_gradient", "integrated_gradients", "layer_wise_relevance", "occlusion", "saliency", "show", "smooth_grad",
    "tokens",
]  # fmt: skip

_LATER = placed(
    {
        "cams": "grad_cam",
        "removal": "deletion",
        "figures": "bars show",
        "gradients": "input_x_gradient saliency",
        "influences": "influence",
        "covering": "occlusion",
        "paths": "integrated_gradients",
        "relevance": "layer_wise_relevance",
        "rules": "AlphaBeta Epsilon Gamma Rule ZBox ZPlus",
        "smooth": "smooth_grad",
        "texts": "MarkedText tokens",
    }
)

if not TYPE_CHECKING:
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
