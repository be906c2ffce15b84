"""The loop around the step: `Trainer`, what it calls on its way, and the numbers that it judges by."""

from typing import TYPE_CHECKING

from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.train.callbacks import Callback
    from autograd_lite.train.checkpoints import Checkpoints
    from autograd_lite.train.history import History
    from autograd_lite.train.logs import CSVLog, TensorBoard
    from autograd_lite.train.metrics import (
        accuracy,
        binary_accuracy,
        mean_absolute_error,
        mean_squared_error,
        root_mean_squared_error,
        whole,
    )
    from autograd_lite.train.progress import Progress
    from autograd_lite.train.stopping import EarlyStopping
    from autograd_lite.train.trainer import Trainer

__all__ = [
    "CSVLog", "Callback", "Checkpoints", "EarlyStopping", "History", "Progress", "TensorBoard", "Trainer", "accuracy",
    "binary_accuracy", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "whole",
]  # fmt: skip

_LATER = placed({
    "callbacks": "Callback",
    "checkpoints": "Checkpoints",
    "history": "History",
    "logs": "CSVLog TensorBoard",
    "metrics": (
        "accuracy binary_accuracy mean_absolute_error mean_squared_error root_mean_squared_error whole"
    ),
    "progress": "Progress",
    "stopping": "EarlyStopping",
    "trainer": "Trainer",
})

if not TYPE_CHECKING:
    __getattr__ = arriving(__name__, _LATER)
__dir__ = listing(__name__)
