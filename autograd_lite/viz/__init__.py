"""Pictures of the recorded graph, its derivation as text, and pictures of training."""

from autograd_lite.base.later import listing
from autograd_lite.viz.explain import explain
from autograd_lite.viz.picture import Picture, visualize
from autograd_lite.viz.training import Monitor, decision_regions, loss_curves

__all__ = ["Monitor", "Picture", "decision_regions", "explain", "loss_curves", "visualize"]
__dir__ = listing(__name__)
