"""Checkpoints: files from which a training goes on as if it had not stopped."""

from __future__ import annotations

import math
import re
import warnings
from os import PathLike
from pathlib import Path
from typing import Any

from autograd_lite import errors
from autograd_lite.optim.checks import check_mode, check_whole, choice
from autograd_lite.saving.atomic import clear
from autograd_lite.saving.files import load, save
from autograd_lite.train.callbacks import OfOneTraining, Training

_KINDS = ("npz", "safetensors")
_NAME = re.compile(rf"step-(\d{{9}}|[1-9]\d{{9,}})\.({'|'.join(_KINDS)})")


class Checkpoints(OfOneTraining):
    """Write checkpoints into a folder, and find the last whole one there.

    Parameters of a model that are nan or infinite are not written, see ``check_finite`` of `Trainer`. Files of other
    names than its own are left alone.

    Parameters
    ----------
    folder : path
        For checkpoints of one training alone. It is made where it is not there.
    every : int, optional
        After how many batches one is written; by default at the end of each epoch. One is written as well before the
        first step, at the end, and at an interrupt.
    keep : int, optional
        How many stay: at least 2, for the newest to be damaged. None for all.
    kind : {"npz", "safetensors"}
        See `autograd_lite.save`.
    best : str, optional
        A column of the history, ``"val_loss"``: after each epoch in which it is better than ever, a checkpoint is
        written to ``best.npz`` in the same folder too, which stays. ``ag.load(path)["model"]`` has its model.
    mode : {"min", "max"}
        Whether less is better, or more.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> def trainer():
    ...     model = ag.nn.Linear(2, 1)
    ...     optimizer = ag.optim.Adam(model.parameters())
    ...     checkpoint = Checkpoints(folder, every=2)
    ...     return ag.train.Trainer(model, ag.nn.MSELoss(), optimizer, checkpoint=checkpoint, progress=False)
    >>> batches = [(np.ones((4, 2)), np.ones((4, 1)))] * 5
    >>> _ = trainer().fit(batches, epochs=1)
    >>> [path.name for path in Checkpoints(folder).files()]
    ['step-000000004.npz', 'step-000000005.npz']
    >>> resumed = trainer()
    >>> _ = resumed.fit(batches, epochs=2, resume=True)
    >>> resumed.step
    10
    """

    def __init__(
        self, folder: str | PathLike[str], every: int | None = None, keep: int | None = 2, kind: str = "npz",
        best: str | None = None, mode: str = "min",
    ) -> None:  # fmt: skip
        if every is not None:
            check_whole("every", every, 1)
        if keep is not None:
            check_whole("keep", keep, 2)
        if kind not in _KINDS:
            raise errors.ArgumentError(choice("kind", kind, "'npz' or 'safetensors'"))
        check_mode(mode)
        self.folder, self.every, self.keep, self.kind = Path(folder), every, keep, kind
        self.best, self.mode = best, mode
        self._damaged: set[Path] = set()
        self._written: tuple[Any, ...] = ()
        self._open = False  # the folder is that of the training that runs

    def files(self) -> list[Path]:
        """Return the files that are there, the newest last."""
        found = {path: _step(path) for path in self.folder.glob("step-*") if path.is_file()}
        return sorted((path for path, step in found.items() if step >= 0), key=lambda path: (found[path], path))

    def newest(self) -> Any:
        """Return what the last whole file has; None where there are no files. A damaged one is warned of.

        Raises
        ------
        FileError
            There are files, and none is whole.
        """
        reason: Exception | None = None
        for path in reversed(self.files()):
            try:
                state = load(path)
            except errors.FileError as error:
                reason = error
                self._damaged.add(path)
                said = errors.TRAIN_PASSED_OVER.format(file=path, reason=error)
                warnings.warn(said, errors.AutogradWarning, stacklevel=4)
            else:
                return state
        if reason is not None:
            raise errors.FileError(errors.TRAIN_DAMAGED.format(folder=self.folder, reason=reason)) from reason
        return None

    def write(self, trainer: Training) -> None:
        """Write a checkpoint, and remove the oldest ones; nothing where this one is written already."""
        now = (trainer.step, trainer.epoch, trainer.stopped)
        if self._written == now:
            return
        path = self._save(trainer, f"step-{trainer.step:09d}")
        self._written = now
        self._damaged.discard(path)
        whole = [file for file in self.files() if file not in self._damaged]
        for old in whole[: -self.keep] if self.keep else []:
            old.unlink(missing_ok=True)

    def _save(self, trainer: Training, name: str) -> Path:
        trainer.check_values()
        path = self.folder / f"{name}.{self.kind}"
        self.folder.mkdir(parents=True, exist_ok=True)
        save(trainer.state_dict(), path)
        return path

    def forget(self) -> None:
        """Be as one that has written nothing."""
        self._written = ()

    def on_fit_begin(self, trainer: Training) -> None:
        """Refuse a folder of another training, whose files would be taken for newer ones."""
        self._open = False
        super().on_fit_begin(trainer)
        if self.every is not None and not trainer.says_where:
            raise errors.ArgumentError(errors.TRAIN_EVERY.format(every=self.every, loader=trainer.loader_name))
        if self.best is not None:
            trainer.foresee(self.best, "Checkpoints", self)
        there = [path for path in self.files() if path not in self._damaged]
        newest = _step(there[-1]) if there else -1
        if newest > trainer.step or (there and not trainer.resumed and not self._written):
            raise errors.ArgumentError(errors.TRAIN_OTHERS.format(folder=self.folder, step=newest))
        self._open = True
        if self.folder.is_dir():
            clear(self.folder, lambda name: name.startswith("step-"))
        if not there:
            self.write(trainer)

    def on_step_end(self, trainer: Training) -> None:
        if self.every is not None and trainer.step % self.every == 0:
            self.write(trainer)

    def on_epoch_end(self, trainer: Training) -> None:
        if self.best is not None and self._is_best(trainer):
            self._save(trainer, "best")
        if self.every is None or trainer.stopped:
            self.write(trainer)

    def _is_best(self, trainer: Training) -> bool:
        """Tell whether the last epoch is better than all before, of which the history knows also after a resume."""
        value, sign = trainer.monitored(self.best, "Checkpoints"), 1 if self.mode == "min" else -1
        before = [row[self.best] for row in trainer.history.rows[:-1] if self.best in row]
        return not math.isnan(value) and not any(sign * other <= sign * value for other in before)

    def on_fit_end(self, trainer: Training) -> None:
        """Write the model as it ends, which others may have changed since its last epoch."""
        self._written = ()
        self.write(trainer)
        self._open = False

    def on_exception(self, trainer: Training, error: BaseException) -> None:
        """Write where it stands, if that is a whole step of the training whose folder it is."""
        mine, self._open = self._open, False
        if mine and trainer.can_be_saved:
            self.write(trainer)


def _step(path: Path) -> int:
    """Return the step of a file of this name; -1 of another one."""
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else -1
