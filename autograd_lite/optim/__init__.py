"""Optimisers: what changes parameters so that a loss gets smaller."""

from autograd_lite.base.later import listing
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.sgd import SGD

__all__ = ["Optimizer", "SGD"]
__dir__ = listing(__name__)
