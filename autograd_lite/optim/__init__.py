"""Optimisers: what changes parameters so that a loss gets smaller."""

from autograd_lite.base.later import listing
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
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.radam import RAdam
from autograd_lite.optim.rmsprop import RMSprop
from autograd_lite.optim.rprop import Rprop
from autograd_lite.optim.sgd import SGD

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Lion", "Muon", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler", "swa_utils",
]  # fmt: skip
__dir__ = listing(__name__)
