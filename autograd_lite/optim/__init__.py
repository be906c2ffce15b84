"""Optimisers: what changes parameters so that a loss gets smaller."""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.sgd import SGD

if TYPE_CHECKING:
    from autograd_lite.optim import lr_scheduler, swa_utils
    from autograd_lite.optim.adadelta import Adadelta
    from autograd_lite.optim.adafactor import Adafactor
    from autograd_lite.optim.adagrad import Adagrad
    from autograd_lite.optim.adam import Adam, AdamW
    from autograd_lite.optim.adamax import Adamax
    from autograd_lite.optim.asgd import ASGD
    from autograd_lite.optim.lbfgs import LBFGS
    from autograd_lite.optim.lion import Lion
    from autograd_lite.optim.muon import Muon
    from autograd_lite.optim.nadam import NAdam
    from autograd_lite.optim.radam import RAdam
    from autograd_lite.optim.rmsprop import RMSprop
    from autograd_lite.optim.rprop import Rprop

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Muon", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler", "swa_utils",
]  # fmt: skip

# Imported at the first use, for a program needs one of them.
_LATER = {
    **{name: name.lower() for name in __all__ if not name.islower()},
    "AdamW": "adam",
    "lr_scheduler": "",
    "swa_utils": "",
}

if not TYPE_CHECKING:  # a checker would take every name for one
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
