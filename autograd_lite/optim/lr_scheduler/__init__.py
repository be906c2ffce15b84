"""Schedules: learning rates that change from step to step."""

from autograd_lite.base.later import listing
from autograd_lite.optim.lr_scheduler.base import LRScheduler
from autograd_lite.optim.lr_scheduler.composed import ChainedScheduler, SequentialLR
from autograd_lite.optim.lr_scheduler.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from autograd_lite.optim.lr_scheduler.cycles import CyclicLR, OneCycleLR
from autograd_lite.optim.lr_scheduler.factors import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiplicativeLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from autograd_lite.optim.lr_scheduler.plateau import ReduceLROnPlateau

_LRScheduler = LRScheduler  # its name in older programs for PyTorch

__all__ = [
    "ChainedScheduler", "ConstantLR", "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "CyclicLR", "ExponentialLR",
    "LRScheduler", "LambdaLR", "LinearLR", "MultiStepLR", "MultiplicativeLR", "OneCycleLR", "PolynomialLR",
    "ReduceLROnPlateau", "SequentialLR", "StepLR",
]  # fmt: skip
__dir__ = listing(__name__)
