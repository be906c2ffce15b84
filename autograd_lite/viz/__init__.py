"""Pictures of the recorded graph."""

from autograd_lite.viz.dot import to_dot
from autograd_lite.viz.picture import Picture, visualize

__all__ = ["Picture", "to_dot", "visualize"]
