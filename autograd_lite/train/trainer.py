"""The trainer: the loop over epochs and batches, and where it stands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.nn.module import Module
from autograd_lite.optim.checks import check_range, check_setting, check_whole
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.swa_utils import AveragedModel, get_ema_avg_fn
from autograd_lite.train import evaluation, randomness
from autograd_lite.train.callbacks import Callbacks
from autograd_lite.train.checkpoints import Checkpoints
from autograd_lite.train.checks import callbacks_of, check_parts, generators_of
from autograd_lite.train.feeding import feeding, set_epoch
from autograd_lite.train.history import History
from autograd_lite.train.interrupting import Deferred
from autograd_lite.train.logs import CSVLog, TensorBoard
from autograd_lite.train.metrics import COLUMNS, Metric, named, number
from autograd_lite.train.progress import Progress
from autograd_lite.train.schedules import Schedules
from autograd_lite.train.standing import Standing
from autograd_lite.train.steps import Forward, Judgement, Steps, Task, compiled, forward
from autograd_lite.train.sums import Sums

_END = object()


class Trainer(Standing):
    """The loop around the step: epochs of batches, with all that belongs to it.

    Parameters
    ----------
    model : Module
    loss : callable
        ``loss(output, target)``, one number; the mean over the examples of a batch unless its ``reduction`` is "sum".
    optimizer : Optimizer
        Of the parameters of the model.
    schedule : LRScheduler or list of LRScheduler, optional
        Of this optimiser; `ReduceLROnPlateau` is given the number that `monitor` names.
    schedule_on : {"step", "epoch"}, optional
        When schedules go on: after each step of the optimiser, or after each epoch. By default after each epoch, but
        for `OneCycleLR` and `CyclicLR`.
    metrics : dict of str to callable, or list of callables
        Functions of outputs and targets that a validation reports: `accuracy`, one of your own. Of one that is not
        `whole` the mean over batches is taken, weighted by their sizes.
    train_metrics : dict of str to callable, or list of callables
        The same of the batches of an epoch, each with the outputs of its own step, in training mode: means that the
        history has beside the loss.
    clip : float, optional
        How long the gradients may be together, see `nn.utils.clip_grad_norm_`.
    clip_value : float, optional
        How large each of their numbers may be, which comes first.
    accumulate : int
        Of how many batches the gradients make one step of the optimiser: that of one large batch, where the loss is a
        mean or a sum over examples. What is left at the end of an epoch makes a step as well.
    ema : float or AveragedModel, optional
        Exponential means of the parameters with this decay, or other means. The attribute `averaged` has them, and
        they are what is validated, evaluated and predicted with.
    compile : bool or {"numpy", "cc", "numba", "auto"}
        Whether a step is compiled as a whole, and for what; see `autograd_lite.compile`. A batch of another size is
        another program.
    checkpoint : path or Checkpoints, optional
        A folder for what `fit` resumes from.
    callbacks : list
        Objects with methods of `Callback`: `EarlyStopping`, `CSVLog`, `TensorBoard`, your own.
    monitor : str, optional
        The column of the history that a training is judged by: "val_loss" where there is a validation, else "loss".
    forward : callable, optional
        ``forward(model, batch)`` returns outputs and targets, for batches that are no tuples ``(*inputs, target)``.
    check_finite : bool
        Whether a loss that is nan or infinite is an error, before anything has changed by it.
    generators : list
        Random generators that are not found. Found are those that any code may use (`manual_seed`'s, NumPy's older one
        and Python's), and what the model, the loss, the metrics, `forward`, callbacks and loaders hold, or name in code
        of your own, also in functions that it calls.
    progress : bool
        Whether something is to be seen: a bar where tqdm is installed, else a line for each epoch.

    Attributes
    ----------
    epoch, step, updates, batch : int
        How many epochs there were, batches in all, steps of the optimiser, and batches in the epoch that runs.
    loss : float
        That of the last batch.
    history : History
        The numbers of each epoch.
    averaged : AveragedModel or None
    optimizer : Optimizer

    Notes
    -----
    A checkpoint has everything: parameters, buffers, optimiser, schedules, means, gradients that are gathered, the
    loader's place, all random generators, history, callbacks. So a process that is killed at any moment, and started
    again with ``fit(..., resume=True)``, ends with the same bits as one that was not disturbed, compiled or not. It is
    for the caller to build the same model, loaders and trainer again. With ``compile="auto"`` that presumes that the
    same backend is there; what a model or a callback keeps in plain attributes, or changes in ``requires_grad`` or
    modes, is not saved, unless the callback has a `state_dict`.

    A loader that has no ``state_dict()``, and is no list of batches, can be resumed at the ends of epochs alone, and
    checkpoints more often than that are refused.

    Ctrl-C is noted, the step is done, a checkpoint is written where there are any, and `KeyboardInterrupt` raised:
    trainer and model are as they were after that step, and `fit` goes on from there. A second Ctrl-C is raised where it
    comes; parameters and optimiser are then those of before or after a step, and the last checkpoint is the one before.
    So it is after an error, of a step or of a callback: nothing is written of what not all callbacks have seen.

    How many examples a batch has is the length of its targets, as `forward` returns them. Where an optimiser has an
    ``average``, as of `ag.parallel.mean`, gradients are clipped after it. A loader or its sampler that has a
    ``set_epoch`` is told the number of each epoch, from 0.

    Examples
    --------
    >>> ag.manual_seed(0).standard_normal() > 0
    True
    >>> x = np.linspace(-1, 1, 60).reshape(-1, 1)
    >>> data = ag.data.TensorDataset(x, x**2)
    >>> model = ag.nn.Sequential(ag.nn.Linear(1, 16), ag.nn.Tanh(), ag.nn.Linear(16, 1))
    >>> optimizer = ag.optim.Adam(model.parameters(), lr=0.03)
    >>> trainer = Trainer(
    ...     model, ag.nn.MSELoss(), optimizer, metrics=[ag.train.mean_absolute_error], clip=1.0, progress=False,
    ... )
    >>> history = trainer.fit(
    ...     ag.data.DataLoader(data, 10, shuffle=True), epochs=40, validation=ag.data.DataLoader(data, 60)
    ... )
    >>> history["val_loss"][-1] < 0.05 * history["val_loss"][0]
    True
    >>> sorted(trainer.evaluate(ag.data.DataLoader(data, 20)))
    ['loss', 'mean_absolute_error']
    """

    def __init__(
        self, model: Module, loss: Callable[[Any, Any], Any], optimizer: Optimizer, *, schedule: Any = None,
        schedule_on: str | None = None, metrics: Mapping[str, Metric] | Iterable[Metric] = (),
        train_metrics: Mapping[str, Metric] | Iterable[Metric] = (),
        clip: float | None = None, clip_value: float | None = None, accumulate: int = 1,
        ema: float | AveragedModel | None = None, compile: bool | str = False,  # noqa: A002 - as the function is called
        checkpoint: str | PathLike[str] | Checkpoints | None = None, callbacks: Iterable[Any] = (),
        monitor: str | None = None, forward: Forward = forward, check_finite: bool = True,
        generators: Iterable[Any] = (), progress: bool = True,
    ) -> None:  # fmt: skip
        check_parts(model, loss, optimizer, forward)
        check_whole("accumulate", accumulate, 1)
        for name, bound in (("clip", clip), ("clip_value", clip_value)):
            if bound is not None:
                check_setting(name, bound)
        self.model, self.optimizer, self.monitor = model, optimizer, monitor
        self.metrics, self.train_metrics = named(metrics), named(train_metrics, "train_metrics")
        self.averaged = _averages(model, ema)
        self._by = Judgement(model, loss, forward, check_finite, bool(self.train_metrics))
        self._task = Task(self._by, optimizer, clip, clip_value, self.averaged)
        self._steps = Steps(self._task, accumulate, compile)
        self._judge = compiled(replace(self._by, model=self.judged).judge, compile)
        self._schedules = Schedules(schedule, schedule_on, optimizer)
        self._generators = generators_of(generators)
        written = checkpoint if checkpoint is None or isinstance(checkpoint, Checkpoints) else Checkpoints(checkpoint)
        given = [*callbacks_of(callbacks), *([Progress()] if progress else []), *([] if written is None else [written])]
        self.callbacks = Callbacks(sorted(given, key=_last))
        self.identity = object()
        self.history = History()
        self.epoch = self.step = self.updates = self.batch = self.epochs = 0
        self.loss = np.nan
        self.stopped = self.resumed = False
        self.loader: Any = None
        self.validation: Any = None
        self._sums = Sums(self.train_metrics)
        self._drained = False  # the batches of the epoch are done, and its validation is not
        self._between = True  # no step is half done
        self._interrupt = Deferred()
        self._found: dict[str, Any] = {}
        self._pending: dict[str, Any] = {}

    @property
    def judged(self) -> Module:
        """What is evaluated and predicted with: the averaged model where there is one."""
        return self.model if self.averaged is None else self.averaged

    # ----- the loop -----

    def fit(self, loader: Any, epochs: int, validation: Any = None, *, resume: bool = False) -> History:
        """Train until there were so many epochs in all, those before included.

        Parameters
        ----------
        loader : DataLoader, list of batches, or another iterable
            Batches ``(*inputs, target)``, once for each epoch.
        epochs : int
            How many there are to be in all: a second ``fit(loader, epochs=20)`` after 10 does 10 more.
        validation : DataLoader, list of batches, or another iterable, optional
            What is evaluated after each epoch.
        resume : bool
            Go on from the last whole checkpoint; begin if there is none. The same program can so be started again and
            again until it is done; also one of several phases, of which a later one has other loaders: what was done
            before is passed over. A loader that is there in the middle of an epoch has to be the one that there was.

        Returns
        -------
        History

        Raises
        ------
        NonFiniteError
            The loss is nan or infinite.
        KeyboardInterrupt
            After Ctrl-C, see `Trainer`.

        Examples
        --------
        >>> model = ag.nn.Linear(2, 1)
        >>> trainer = Trainer(model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters(), lr=0.1), progress=False)
        >>> len(trainer.fit([(np.ones((4, 2)), np.ones((4, 1)))], epochs=3))
        3
        """
        check_whole("epochs", epochs, 1)
        if resume:
            self._take_up()
            if (self.epoch, self.batch) > (epochs, 0):  # where a later call of `fit` has been
                return self.history
        elif epochs <= self.epoch:
            more = {"epochs": epochs, "done": self.epoch, "more": self.epoch + epochs}
            raise errors.ArgumentError(errors.TRAIN_EPOCHS.format(**more))
        self.stopped = self.stopped and resume
        self.epochs = epochs
        self._attach(loader, validation)
        with Deferred() as self._interrupt:
            try:
                self._tell("on_fit_begin")
                while self.epoch < epochs and not self.stopped:
                    self._run_epoch()
                self._arrive()
                self._tell("on_fit_end")
            except BaseException as error:
                self._leave(error)
                raise
            self._interrupt.check()
        return self.history

    def _take_up(self) -> None:
        found = next((c for c in self.callbacks.all if isinstance(c, Checkpoints)), None)
        if found is None:
            raise errors.ArgumentError(errors.TRAIN_RESUME)
        state = found.newest()
        if state is not None:
            self.load_state_dict(state)

    def _attach(self, loader: Any, validation: Any) -> None:
        """Take loaders, and have them and all generators stand where a state that was loaded says."""
        self.loader, self.validation = feeding(loader), None if validation is None else feeding(validation)
        for schedule in self._schedules.by_value:
            self.foresee(None, schedule, None)
        self._found = self._find()
        if "loader" in self._pending.get("loaders", {}) and self._within and not self.says_where:
            raise errors.StateDictError(errors.TRAIN_PLACE.format(loader=self.loader_name))
        self._go_there()

    def _arrive(self) -> None:
        """Go there once more: callbacks may have drawn numbers, or asked for batches, that are not to come again."""
        self._go_there()
        self._pending = {}

    def _tell(self, method: str) -> None:
        """Call all callbacks; where one of them fails the others do not know, and nobody goes on from there."""
        between, self._between = self._between, False
        self.callbacks.call(method, self)
        self._between = between

    def _run_epoch(self) -> None:
        self.model.train()
        if not (self.batch or self._drained):
            self._arrive()
        set_epoch(self.loader, self.epoch)
        self._tell("on_epoch_begin")
        self._arrive()
        if not self._drained:
            for batch in self._batches():
                self._take(batch)
                self._between = True
                self._tell("on_step_end")
                self._interrupt.check()
        self._judge_epoch()
        self._tell("on_epoch_end")
        self._interrupt.check()

    def _batches(self) -> Iterator[Any]:
        """Yield the batches of the epoch, or those that are left."""
        batches = iter(self.loader)
        while True:
            self._between = False
            batch = next(batches, _END)
            if batch is _END:
                break
            yield batch
        if not self.batch:
            raise errors.DataError(errors.TRAIN_NO_BATCHES.format(epoch=self.epoch + 1))
        if self._steps.flush():
            self._updated()
        self._drained = self._between = True

    def _take(self, batch: Any) -> None:
        try:
            (output, target, loss, size), updated = self._steps.take(batch)
        except (errors.NonFiniteError, ValueError) as error:  # of a program it is the latter
            if str(error) != errors.TRAIN_LOSS_FINITE:
                raise
            where = {"step": self.step + 1, "batch": self.batch + 1, "epoch": self.epoch + 1}
            raise errors.NonFiniteError(errors.TRAIN_FINITE.format(**where)) from error
        self.loss = number(loss, "loss")
        self.step, self.batch = self.step + 1, self.batch + 1
        if updated:
            self._updated()
        self._sums.add(size, self.loss * (size if self._by.mean else 1), output, target)

    def _updated(self) -> None:
        self.updates += 1
        self._schedules.after_step()

    def _judge_epoch(self) -> None:
        """Validate, write down the numbers of the epoch, and come to its end."""
        judged: dict[str, float] = {}
        if self.validation is not None:
            judged = self._undisturbed(lambda: self.evaluate(self.validation))
        self._between = False
        row = {"epoch": self.epoch + 1, "step": self.step, "lr": self.optimizer.lr}
        row |= {**self._sums.means(), **{f"val_{name}": value for name, value in judged.items()}}
        self._schedules.after_epoch(lambda: row[self._monitor(None, row, "ReduceLROnPlateau")])
        self.history.rows.append(row)
        self.epoch, self.batch, self._drained = self.epoch + 1, 0, False
        self._sums.clear()
        self._between = True

    def _undisturbed(self, evaluate: Callable[[], dict[str, float]]) -> dict[str, float]:
        """Return what it returns; where it is interrupted, have generators be as they were before it began."""
        before = self._places()
        try:
            return evaluate()
        except BaseException:
            self._pending = before
            randomness.put(self._sources(), before["generators"], within=False)
            raise

    def _leave(self, error: BaseException) -> None:
        """End by an error: note where to go on, and tell the callbacks."""
        self._pending = self._places()
        if self.batch and not self.says_where and not self._drained:
            self.batch = 0  # the epoch can only be begun anew
            self._sums.clear()
            self._between = False
            self._steps.forget()
        self.callbacks.leave(self, error)

    def stop(self) -> None:
        """End the training after this epoch.

        Examples
        --------
        >>> model = ag.nn.Linear(2, 1)
        >>> trainer = Trainer(model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters()), progress=False)
        >>> trainer.stop()
        >>> trainer.stopped
        True
        """
        self.stopped = True

    def monitored(self, name: str | None, who: str) -> float:
        """Return a number of the last epoch, by default the one that the training is judged by.

        Raises
        ------
        ArgumentError
            There is no such number; `who` asks for it.
        """
        row = self.history.rows[-1]
        return float(row[self._monitor(name, row, who)])

    def foresee(self, name: str | None, who: str, callback: Any) -> None:
        """Refuse the name of a number that an epoch will not have: nobody is called before who might add it.

        Raises
        ------
        ArgumentError
            There will be no such number; `who` asks for it, which is `callback`, or None for a schedule.
        """
        if callback is None or not self.callbacks.before(callback):
            judged = () if self.validation is None else ("loss", *self.metrics)
            self._monitor(name, [*COLUMNS, *self.train_metrics, *(f"val_{metric}" for metric in judged)], who)

    def _monitor(self, name: str | None, columns: Collection[str], who: str) -> str:
        """Return the name of a number, by default of the one that the training is judged by."""
        name = name or self.monitor or ("val_loss" if "val_loss" in columns else "loss")
        if name not in columns:
            raise errors.ArgumentError(errors.TRAIN_MONITOR.format(who=who, name=name, columns=", ".join(columns)))
        return name

    # ----- what it has learned -----

    def evaluate(self, loader: Any) -> dict[str, float]:
        """Return the loss and the metrics over all batches of a loader, in eval mode and without recording.

        Parameters
        ----------
        loader : iterable
            Batches with targets.

        Returns
        -------
        dict of str to float
            ``"loss"``, and each metric by its name.

        Examples
        --------
        >>> model = ag.nn.Linear(2, 1)
        >>> trainer = Trainer(model, ag.nn.MSELoss(reduction="sum"), ag.optim.SGD(model.parameters()))
        >>> sorted(trainer.evaluate([(np.ones((4, 2)), np.ones((4, 1)))]))
        ['loss']
        """
        with evaluation.judging(self.judged):
            return evaluation.evaluated(self._judge, loader, self.metrics, self._by.mean)

    def predict(self, loader: Any) -> Any:
        """Return the outputs for all batches of a loader as one array, in eval mode and without recording.

        Parameters
        ----------
        loader : iterable
            Batches as in `fit`, of which the last part, the targets, is not looked at; or arrays alone, or tuples of
            one. An array in the place of a loader is one batch.

        Returns
        -------
        ndarray, or a tree of them where a model returns one

        Examples
        --------
        >>> model = ag.nn.Linear(2, 1)
        >>> trainer = Trainer(model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters()))
        >>> trainer.predict(ag.data.DataLoader(ag.data.TensorDataset(np.ones((5, 2))), 2)).shape
        (5, 1)
        """
        outputs = []
        with evaluation.judging(self.judged):
            for batch in [loader] if getattr(loader, "ndim", 0) else loader:
                if self._by.forward is forward:
                    outputs.append(self.judged(*evaluation.inputs_of(batch)))
                else:
                    outputs.append(self._by.forward(self.judged, batch)[0])
        return evaluation.joined(outputs)

    def __repr__(self) -> str:
        done = f"{self.epoch} epochs, {self.step} batches, {self.updates} steps"
        return f"Trainer({type(self.model).__name__}, {type(self.optimizer).__name__}: {done})"


def _averages(model: Module, ema: float | AveragedModel | None) -> AveragedModel | None:
    if ema is None or isinstance(ema, AveragedModel):
        return ema
    check_range("ema", ema, 0, 1, 0.999)
    return AveragedModel(model, avg_fn=get_ema_avg_fn(ema))


def _last(callback: Any) -> int:
    """Return who comes late: those that write numbers see what others add, and checkpoints see all."""
    return 2 if isinstance(callback, Checkpoints) else int(isinstance(callback, (CSVLog, TensorBoard)))
