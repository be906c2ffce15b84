"""Where a training stands: all that it goes on from, as one state of numbers, texts and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.data import sources
from autograd_lite.data.making import is_stateful
from autograd_lite.nn.module import Module
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.optim.swa_utils import AveragedModel
from autograd_lite.train import randomness, values
from autograd_lite.train.callbacks import Callbacks
from autograd_lite.train.history import History
from autograd_lite.train.schedules import Schedules
from autograd_lite.train.steps import Judgement, Steps, Task
from autograd_lite.train.sums import Sums

_VERSION = 2
_COUNTS = ("epoch", "step", "updates", "batch", "stopped")


class Standing:
    """What of a `Trainer` is saved and loaded."""

    model: Module
    optimizer: Optimizer
    averaged: AveragedModel | None
    callbacks: Callbacks
    history: History
    loader: Any
    validation: Any
    step: int
    batch: int
    loss: float
    resumed: bool
    metrics: Mapping[str, Any]
    train_metrics: Mapping[str, Any]
    _generators: list[Any]
    _by: Judgement
    _task: Task
    _steps: Steps
    _schedules: Schedules
    _sums: Sums
    _drained: bool
    _between: bool
    _found: dict[str, Any]
    _pending: dict[str, Any]

    @property
    def says_where(self) -> bool:
        """Whether the loader can be asked where it stands."""
        return is_stateful(self.loader)

    @property
    def loader_name(self) -> str:
        """What a message calls the loader."""
        return type(self.loader).__name__

    @property
    def can_be_saved(self) -> bool:
        """Whether a training could go on exactly from here: no step is half done, and the loader knows its place."""
        return self._between and (self.says_where or not self.batch or self._drained)

    def check_values(self) -> None:
        """Refuse parameters that are nan or infinite, unless losses may be that: nothing good goes on from there."""
        names = {id(p): name for name, p in self.model.named_parameters()} if self._by.check_finite else {}
        for p in self._task.parameters():
            if id(p) in names and not np.isfinite(p._data).all():
                raise errors.NonFiniteError(errors.TRAIN_VALUES.format(name=names[id(p)], step=self.step))

    def values(self) -> dict[str, Any]:
        """Return all values that are learned: of the model, of its means, and of a loss that is a module."""
        return values.of(self._learned())

    def load_values(self, given: Mapping[str, Any]) -> None:
        """Take over what `values` has returned."""
        values.put(self._learned(), given)

    def _learned(self) -> dict[str, Module]:
        named = {"model": self.model, "loss": self._by.loss, "averaged": self.averaged}
        return {name: part for name, part in named.items() if isinstance(part, Module)}

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a training goes on from: what `Checkpoints` write.

        Returns
        -------
        dict
            ``"model"`` and ``"optimizer"`` among others, which are their own state dicts.

        Examples
        --------
        >>> model = ag.nn.Linear(2, 1)
        >>> trainer = ag.train.Trainer(model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters()), progress=False)
        >>> state = trainer.state_dict()
        >>> state["model"].keys() == model.state_dict().keys(), state["epoch"]
        (True, 0)
        """
        return {
            "trainer": _VERSION, **{name: getattr(self, name) for name in _COUNTS}, "drained": self._drained,
            "sums": self._sums.state_dict(), "loss_of_batch": self.loss, **self.values(),
            "optimizer": self.optimizer.state_dict(), "schedules": [s.state_dict() for s in self._schedules.all],
            "gathered": [self._steps.gathered, self._steps.weight], "gradients": self._gradients(),
            "history": [dict(row) for row in self.history.rows], "callbacks": self.callbacks.state_dict(),
            **self._places(),
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` has returned, or a checkpoint that `autograd_lite.load` has read.

        Loaders and generators are sent to their places when `fit` is called.

        Raises
        ------
        StateDictError
            The state is of another model, optimiser or trainer. Nothing has changed then.

        Examples
        --------
        >>> model = ag.nn.Linear(2, 1)
        >>> trainer = ag.train.Trainer(model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters()), progress=False)
        >>> _ = trainer.fit([(np.ones((4, 2)), np.ones((4, 1)))], epochs=3)
        >>> state = trainer.state_dict()
        >>> _ = trainer.fit([(np.ones((4, 2)), np.ones((4, 1)))], epochs=4)
        >>> trainer.load_state_dict(state)
        >>> trainer.epoch
        3
        """
        if state.get("trainer") != _VERSION:
            raise errors.StateDictError(errors.TRAIN_STATE.format(reason="it is none of a trainer of this version"))
        before, flags = self.state_dict(), (self._between, self.resumed, self._pending)
        try:
            self._refuse_others(state, before)
            self._load(state)
        except BaseException as error:
            self._load(before)
            self._between, self.resumed, self._pending = flags
            if isinstance(error, (KeyError, TypeError, ValueError, IndexError)):
                reason = f"it has no {error}" if isinstance(error, KeyError) else error
                raise errors.StateDictError(errors.TRAIN_STATE.format(reason=reason)) from error
            raise

    def _refuse_others(self, state: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        """Refuse the state of a trainer that has more parts than this one with its own state, or fewer."""
        for name, what in (("averaged", "means of parameters, of ema="), ("loss", "values of its loss")):
            there, here = bool(state.get(name)), bool(own.get(name))
            if there != here:
                reason = f"it has {'' if there else 'no '}{what}, and this trainer has {'none' if there else 'some'}"
                raise errors.StateDictError(errors.TRAIN_STATE.format(reason=reason))
        before, now = len(state["schedules"]), len(own["schedules"])
        if before != now:
            reason = f"it is of a trainer with {before} schedules, and this one has {now}"
            raise errors.StateDictError(errors.TRAIN_STATE.format(reason=reason))

    def _load(self, state: Mapping[str, Any]) -> None:
        self.load_values(state)
        self.optimizer.load_state_dict(state["optimizer"])
        for schedule, own in zip(self._schedules.all, state["schedules"], strict=True):
            schedule.load_state_dict(own)
        self.callbacks.load_state_dict(state["callbacks"])
        self.optimizer.zero_grad()
        for place, gradient in state["gradients"].items():
            self._task.parameters()[int(place)].grad = gradient
        self._steps.gathered, self._steps.weight = state["gathered"]
        for name in _COUNTS:
            setattr(self, name, state[name])
        self._drained, self.loss = state["drained"], state["loss_of_batch"]
        self._sums.load_state_dict(state["sums"])
        self.history.rows[:] = [dict(row) for row in state["history"]]
        self._pending = {name: state[name] for name in ("loaders", "generators") if name in state}
        self._between = self.resumed = True

    def _gradients(self) -> dict[str, Any]:
        """Return the gradients that are gathered, by the number of the parameter."""
        if not self._steps.gathered:
            return {}
        return {str(i): p.grad.numpy().copy() for i, p in enumerate(self._task.parameters()) if p.grad is not None}

    def _loaders(self) -> dict[str, Any]:
        named = {"loader": self.loader, "validation": self.validation}
        return {name: loader for name, loader in named.items() if loader is not None}

    def _places(self) -> dict[str, Any]:
        """Return where loaders and generators stand, or where they are to be sent."""
        if self._pending:
            return self._pending
        loaders = {name: x.state_dict() for name, x in self._loaders().items() if is_stateful(x)}
        return {"loaders": loaders, "generators": sources.states(self._sources())}

    def _sources(self) -> dict[str, Any]:
        """Return all generators, by where they are; NOTE: `manual_seed` puts another one in the place of ours."""
        return {**(self._found or self._find()), **sources.everywhere()}

    def _find(self) -> dict[str, Any]:
        owners = {"model": self.model, "loss": self._by.loss, "forward": self._by.forward, "metrics": self.metrics}
        owners |= {"train_metrics": self.train_metrics, "callbacks": self.callbacks.own()}
        return randomness.found(owners, self._loaders(), self._generators)

    @property
    def _within(self) -> bool:
        """Whether an epoch has begun, of which there are batches to come."""
        return bool(self.batch) and not self._drained

    def _go_there(self) -> None:
        """Have loaders and generators stand where a state that was loaded says."""
        states = self._pending.get("loaders", {})
        for name, one in self._loaders().items():
            if name in states and is_stateful(one):
                self._send(name, one, states[name])
        if "generators" in self._pending:
            randomness.put(self._sources(), self._pending["generators"], within=self._within)

    def _send(self, name: str, loader: Any, state: Mapping[str, Any]) -> None:
        """Send a loader to its place; where an epoch is to begin it may be another one than there was."""
        try:
            loader.load_state_dict(state)
        except (errors.StateDictError, KeyError, TypeError, ValueError, IndexError) as error:
            if name == "validation" or not self._within:
                return
            if isinstance(error, errors.StateDictError):
                raise
            raise errors.StateDictError(errors.TRAIN_PLACE_OTHER.format(loader=self.loader_name)) from error
