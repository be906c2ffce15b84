"""What a trainer calls on its way: any object with methods of these names, of which it may have any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from autograd_lite import errors
from autograd_lite.base.libraries import OUR, of
from autograd_lite.data.making import is_stateful
from autograd_lite.train.history import History


class Training(Protocol):
    """What callbacks see of a `Trainer`, which knows of them: it stands for it, so that no imports go in a circle."""

    model: Any
    optimizer: Any
    loader: Any
    history: History
    epoch: int
    epochs: int
    step: int
    batch: int
    loss: float
    stopped: bool
    resumed: bool
    identity: object

    @property
    def says_where(self) -> bool: ...

    @property
    def loader_name(self) -> str: ...

    @property
    def can_be_saved(self) -> bool: ...

    def stop(self) -> None: ...

    def monitored(self, name: str | None, who: str) -> float: ...

    def foresee(self, name: str | None, who: str, callback: Any) -> None: ...

    def check_values(self) -> None: ...

    def values(self) -> dict[str, Any]: ...

    def load_values(self, given: Mapping[str, Any]) -> None: ...

    def state_dict(self) -> dict[str, Any]: ...


class Callback:
    """What a trainer calls on its way. To derive from it is not needed: an object may have any of these methods.

    One that remembers something has ``state_dict()`` and ``load_state_dict(state)`` as well, and goes into
    checkpoints: numbers, texts, arrays, and dicts, lists and tuples of these. `EarlyStopping`, the logs and
    `Checkpoints` are nothing else. Where ``trainer.step`` is 0 in `on_fit_begin` a training begins, and what is
    remembered of another one is to be forgotten.

    Examples
    --------
    >>> class Losses(Callback):
    ...     def __init__(self):
    ...         self.losses = []
    ...     def on_step_end(self, trainer):
    ...         self.losses.append(trainer.loss)
    >>> losses, model = Losses(), ag.nn.Linear(2, 1)
    >>> trainer = ag.train.Trainer(
    ...     model, ag.nn.MSELoss(), ag.optim.SGD(model.parameters()), callbacks=[losses], progress=False
    ... )
    >>> _ = trainer.fit([(np.ones((4, 2)), np.ones((4, 1)))] * 3, epochs=2)
    >>> len(losses.losses)
    6
    """

    def on_fit_begin(self, trainer: Training) -> None:
        """Before the first step, also of a training that goes on: ``trainer.step`` says from where."""

    def on_epoch_begin(self, trainer: Training) -> None:
        """Before the batches of an epoch, or before the rest of them: ``trainer.batch`` are done."""

    def on_step_end(self, trainer: Training) -> None:
        """After each batch: ``trainer.loss`` is its loss. ``trainer.stop()`` ends the training after the epoch."""

    def on_epoch_end(self, trainer: Training) -> None:
        """After an epoch and its validation: ``trainer.history.rows[-1]`` has its numbers."""

    def on_fit_end(self, trainer: Training) -> None:
        """After the last epoch."""

    def on_exception(self, trainer: Training, error: BaseException) -> None:
        """Where the training ends by an error or an interrupt, which is then raised on."""


class OfOneTraining(Callback):
    """One that remembers something of a training, and begins anew with another trainer."""

    _training: object = None

    def on_fit_begin(self, trainer: Training) -> None:
        """Forget another training; refuse to go on with one in the place of another."""
        if self._training not in (None, trainer.identity) and not trainer.resumed:
            if trainer.step:
                raise errors.ArgumentError(errors.TRAIN_SHARED.format(callback=type(self).__name__))
            self.forget()
        self._training = trainer.identity

    def forget(self) -> None:
        """Be as one that was just made."""


class Callbacks:
    """Several of them, in the order in which they are called."""

    def __init__(self, callbacks: Iterable[Any]) -> None:
        self.all = list(callbacks)

    def call(self, method: str, *args: Any) -> None:
        for callback in self.all:
            _tell(callback, method, *args)

    def leave(self, trainer: Training, error: BaseException) -> None:
        """Tell all of an error, and that error of what they raise themselves."""
        for callback in self.all:
            try:
                _tell(callback, "on_exception", trainer, error)
            except Exception as another:  # noqa: BLE001 - the first one is raised on
                error.add_note(f"{type(callback).__name__}.on_exception: {type(another).__name__}: {another}")

    def own(self) -> dict[str, Any]:
        """Return those of a user's, by name."""
        return _named(one for one in self.all if of(type(one)) not in OUR)

    def before(self, callback: Any) -> list[Any]:
        """Return those of a user's that are called before one of them."""
        places = {id(one): i for i, one in enumerate(self.all)}
        return [one for one in self.own().values() if places[id(one)] < places.get(id(callback), 0)]

    def state_dict(self) -> dict[str, Any]:
        return {name: callback.state_dict() for name, callback in self._remembering().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        own = self._remembering()
        if odd := own.keys() ^ state.keys():
            said = f"callbacks {sorted(odd)} are on one side only"
            raise errors.StateDictError(errors.TRAIN_STATE.format(reason=said))
        for name, callback in own.items():
            callback.load_state_dict(state[name])

    def _remembering(self) -> dict[str, Any]:
        """Return those that have a state, by name."""
        return _named(callback for callback in self.all if is_stateful(callback))


def _named(callbacks: Iterable[Any]) -> dict[str, Any]:
    """Return callbacks by their class and, among several of one class, their number."""
    found: dict[str, Any] = {}
    for callback in callbacks:
        name = type(callback).__name__
        count = sum(key.partition(" ")[0] == name for key in found)
        found[f"{name} {count + 1}" if count else name] = callback
    return found


def _tell(callback: Any, method: str, *args: Any) -> None:
    """Call a method of a callback, if it has that."""
    found = getattr(callback, method, None)
    if found is not None:
        found(*args)
