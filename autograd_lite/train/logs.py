"""Logs of a training: a table in a file, and what TensorBoard shows."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from autograd_lite import errors
from autograd_lite.optim.checks import check_whole
from autograd_lite.saving.atomic import replaced
from autograd_lite.train.callbacks import Callback, OfOneTraining, Training
from autograd_lite.train.history import csv_text


class CSVLog(OfOneTraining):
    """Write the rows of `History` to a file, each when its epoch has ended.

    Of a training that goes on the file has each epoch once, also where a process was killed after it wrote a row and
    before it wrote a checkpoint.

    Parameters
    ----------
    path : path
        Of the file, ``run.csv``.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path, model = pathlib.Path(tempfile.mkdtemp(), "run.csv"), ag.nn.Linear(2, 1)
    >>> optimizer = ag.optim.SGD(model.parameters())
    >>> trainer = ag.train.Trainer(model, ag.nn.MSELoss(), optimizer, callbacks=[CSVLog(path)], progress=False)
    >>> _ = trainer.fit([(np.ones((4, 2)), np.ones((4, 1)))], epochs=2)
    >>> [line.split(",")[0] for line in path.read_text().splitlines()]
    ['epoch', '1', '2']
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self._columns: list[str] | None = None

    def on_fit_begin(self, trainer: Training) -> None:
        super().on_fit_begin(trainer)
        begun = trainer.resumed or len(trainer.history)
        if not begun and self.path.exists() and self.path.stat().st_size:
            raise errors.ArgumentError(errors.TRAIN_LOG.format(file=self.path))
        self._write_all(trainer)

    def _write_all(self, trainer: Training) -> None:
        self._columns = trainer.history.columns
        self.path.parent.mkdir(parents=True, exist_ok=True)
        text = csv_text(self._columns, trainer.history.rows, head=bool(self._columns))
        replaced(self.path, text.encode())

    def on_epoch_end(self, trainer: Training) -> None:
        if self._columns != trainer.history.columns:
            self._write_all(trainer)
            return
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(csv_text(self._columns, trainer.history.rows[-1:], head=False))


class TensorBoard(Callback):
    """Write the numbers of each epoch, and losses of batches, for TensorBoard.

    Needs the package tensorboardX, which writes such files without TensorFlow or PyTorch; ``tensorboard --logdir``
    shows them.

    Parameters
    ----------
    folder : path
        Of one training; several beside each other are compared.
    every : int, optional
        After how many batches the loss of one is written, and the learning rate.

    Raises
    ------
    MissingExtraError
        tensorboardX is not installed.

    Examples
    --------
    >>> log = TensorBoard("runs/first", every=10)  # doctest: +SKIP
    """

    def __init__(self, folder: str | PathLike[str], every: int | None = None) -> None:
        if every is not None:
            check_whole("every", every, 1)
        self.folder, self.every = Path(folder), every
        self._package = _tensorboard()
        self._writer: Any = None

    def on_fit_begin(self, trainer: Training) -> None:
        """NOTE: what was written after the checkpoint that is gone on from is purged, as TensorBoard calls it."""
        purged = trainer.step + 1 if trainer.step else None
        self._writer = self._package.SummaryWriter(str(self.folder), purge_step=purged)

    def on_step_end(self, trainer: Training) -> None:
        if self.every is not None and trainer.step % self.every == 0:
            self._write({"batch/loss": trainer.loss, "batch/lr": trainer.optimizer.lr}, trainer.step)

    def on_epoch_end(self, trainer: Training) -> None:
        row = trainer.history.rows[-1]
        self._write({name: value for name, value in row.items() if name != "step"}, trainer.step)
        self._writer.flush()

    def _write(self, values: dict[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def on_fit_end(self, trainer: Training) -> None:
        self._writer.close()

    def on_exception(self, trainer: Training, error: BaseException) -> None:
        if self._writer is not None:
            self._writer.close()


def _tensorboard() -> Any:
    try:
        import tensorboardX  # noqa: PLC0415 - an extra
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature="TensorBoard()", package="tensorboardX", extra="tensorboard")
        raise errors.MissingExtraError(text) from error
    return tensorboardX
