"""What is seen of a training while it runs."""

from __future__ import annotations

import sys
from typing import Any

from autograd_lite.train.callbacks import Callback, Training
from autograd_lite.train.feeding import length


class Progress(Callback):
    """A bar for each epoch where tqdm is installed (``pip install 'autograd-lite[progress]'``), else a line.

    Both are written to the error output, and a notebook shows the bar as its own.

    Examples
    --------
    >>> trainer = ag.train.Trainer(model, loss, optimizer, callbacks=[Progress()], progress=False)  # doctest: +SKIP
    """

    def __init__(self) -> None:
        self._bar: Any = None

    def on_epoch_begin(self, trainer: Training) -> None:
        made = _bar()
        if made is not None:
            total, title = length(trainer.loader), f"epoch {trainer.epoch + 1}/{trainer.epochs}"
            self._bar = made(total=total, desc=title, initial=trainer.batch, unit="batch", dynamic_ncols=True)

    def on_step_end(self, trainer: Training) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss={trainer.loss:.4g}", refresh=False)
            self._bar.update()

    def on_epoch_end(self, trainer: Training) -> None:
        row = trainer.history.rows[-1]
        said = ", ".join(f"{name}={row[name]:.4g}" for name in row if name not in ("epoch", "step"))
        if self._bar is None:
            sys.stderr.write(f"epoch {trainer.epoch}/{trainer.epochs}: {said}\n")
        else:
            self._bar.set_postfix_str(said)
            self._close()

    def on_exception(self, trainer: Training, error: BaseException) -> None:
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _bar() -> Any:
    """Return tqdm's class of bars, without its thread, which looks after bars that are slow; None without tqdm."""
    try:
        from tqdm.auto import tqdm  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return type("Bar", (tqdm,), {"monitor_interval": 0})
