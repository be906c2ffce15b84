"""Minima: SciPy's optimisers with exact derivatives, from one start or from many."""

from autograd_lite.base.later import listing
from autograd_lite.optimize.minimum import Minimum, minimize
from autograd_lite.optimize.starts import multistart

__all__ = ["Minimum", "minimize", "multistart"]
__dir__ = listing(__name__)
