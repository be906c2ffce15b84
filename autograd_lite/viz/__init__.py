"""Pictures of the recorded graph, and its derivation as text."""

from autograd_lite.viz.explain import explain
from autograd_lite.viz.picture import Picture, visualize

__all__ = ["Picture", "explain", "visualize"]
