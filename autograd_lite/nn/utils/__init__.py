"""Helpers around networks: `rnn` has sequences of different lengths."""

from autograd_lite.base.later import listing
from autograd_lite.nn.utils import rnn

__all__ = ["rnn"]
__dir__ = listing(__name__)
