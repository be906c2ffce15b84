"""What all schedules have in common: a count of steps, the learning rates that belong to it, all set or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from types import FunctionType
from typing import Any

from autograd_lite import errors
from autograd_lite.base.unfinished import at_once, begun, undone
from autograd_lite.engine.watchpoints import traced
from autograd_lite.optim.groups import Group
from autograd_lite.optim.optimizer import Optimizer


class LRScheduler:
    """Base of the schedules. A subclass says in `get_lr` what the rates are at ``self.last_epoch``.

    As in PyTorch a rate follows from that of the step before, where it can, so that several schedules of one optimiser
    go together. The learning rate is a number that a compiled function reads at every call: another one is no new
    program.

    Parameters
    ----------
    optimizer : Optimizer
        Whose groups get the rates, at once and at each `step`.
    last_epoch : int
        The number of the last step; -1 for a beginning.

    Attributes
    ----------
    base_lrs : list of float
        The rates of the groups before the first schedule, which each group keeps as ``"initial_lr"``.

    Notes
    -----
    A step, an interrupted one too, sets everything or nothing.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> class Halved(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr * 0.5**self.last_epoch for lr in self.base_lrs]
    >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
    >>> schedule = Halved(opt)
    >>> schedule.step()
    >>> opt.lr
    0.4
    """

    _held: tuple[str, ...] = ("optimizer",)
    """Attributes that are no part of its state."""
    _foreign: tuple[str, ...] = ()
    """What PyTorch saves, and is not needed."""

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            said = {"schedule": type(self).__name__, "given": type(optimizer).__name__}  # type: ignore[unreachable]
            raise errors.ArgumentError(errors.SCHEDULE_OF.format(**said))
        self.optimizer, self.last_epoch = optimizer, last_epoch
        self.base_lrs: list[float] = []
        self._last_lr: list[float] = []
        self._step_count, self._is_initial = 0, False
        settled(self, self._start)

    @property
    def _groups(self) -> list[Group]:
        return self.optimizer.param_groups

    def _start(self) -> None:
        """Note the rates that it begins with, and set the first ones."""
        for i, group in enumerate(self._groups):
            if self.last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise errors.ArgumentError(errors.SCHEDULE_RESUMED.format(schedule=type(self).__name__, group=i))
        self.base_lrs = [group["initial_lr"] for group in self._groups]
        self._begin()

    def _begin(self) -> None:
        self._step_count, self._is_initial = 0, True
        self._advance()
        self._is_initial = False

    def _advance(self) -> None:
        self._step_count += 1
        self._go_to(self.last_epoch + 1)

    def _go_to(self, epoch: int, closed: bool = False) -> None:
        """Set the rates of a step; where asked, and where it can be, without the rates of the one before."""
        self.last_epoch = epoch
        values = self._closed() if closed else self.get_lr()
        for group, value in zip(self._groups, values, strict=True):
            group["lr"] = value
        self._last_lr = self._lrs()

    def _lrs(self) -> list[float]:
        return [group["lr"] for group in self._groups]

    def _closed(self) -> list[float]:
        return self.get_lr()

    def get_lr(self) -> list[float]:
        """Return the rate of each group at ``self.last_epoch``, called by `step`; to be defined.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> ag.optim.lr_scheduler.StepLR(opt, step_size=2).get_lr()
        [0.8]
        """
        remedy = "Write `def get_lr(self): return [...]`, with a rate for each group"
        raise NotImplementedError(f"{type(self).__name__} has no get_lr(). {remedy}")

    def get_last_lr(self) -> list[float]:
        """Return the rates that were set last.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> ag.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5).get_last_lr()
        [0.8]
        """
        return list(self._last_lr)

    def step(self) -> None:
        """Go on to the next step, after ``optimizer.step()``.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> schedule = ag.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
        >>> schedule.step()
        >>> opt.lr
        0.4
        """
        settled(self, self._advance)

    def state_dict(self) -> dict[str, Any]:
        """Return its settings and where it is, by PyTorch's names; not the optimiser, and no functions.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> state = ag.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5).state_dict()
        >>> state["last_epoch"], state["gamma"]
        (0, 0.5)
        """
        return {name: _saved(value) for name, value in vars(self).items() if name not in self._held}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` has returned, all or nothing. The rates are part of the optimiser's state.

        Raises
        ------
        StateDictError
            Something is missing, or of another schedule.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.8)
        >>> schedule = ag.optim.lr_scheduler.ExponentialLR(opt, gamma=0.5)
        >>> schedule.load_state_dict({**schedule.state_dict(), "last_epoch": 7})
        >>> schedule.last_epoch
        7
        """
        at_once(self._loading(state_dict))

    def _loading(self, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the steps that set what was saved."""
        own = vars(self).keys() - set(self._held)
        both = own ^ (given.keys() - {*self._foreign, *self._held})
        odd = sorted(name for name in both if not name.startswith("_"))
        if odd:
            raise errors.StateDictError(errors.SCHEDULE_STATE.format(schedule=type(self).__name__, odd=", ".join(odd)))
        return [(vars(self).update, {name: _loaded(given[name]) for name in own & given.keys()})]

    def _parts(self) -> Sequence[LRScheduler]:
        """Return the schedules that this one is made of."""
        return ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(step {self.last_epoch}, lr={self._last_lr})"


def settled(schedule: Any, do: Callable[[], Any]) -> None:
    """Have a schedule, those in it, and the groups of its optimiser changed by ``do()``: all of them, or none.

    It is done, put back, and what it has changed is then set in one call of C.
    """
    if traced():
        raise errors.CompileError(errors.COMPILE_SCHEDULE.format(schedule=type(schedule).__name__))
    places = [*map(vars, _within(schedule)), *schedule.optimizer.param_groups]
    before = [dict(place) for place in places]

    def run() -> list[dict[str, Any]]:
        begun(lambda: at_once([(place.update, old) for place, old in zip(places, before, strict=True)]))
        do()
        return [dict(place) for place in places]

    after = undone(run)
    at_once([(place.update, new) for place, new in zip(places, after, strict=True)])


def _within(schedule: Any) -> list[Any]:
    return [schedule, *[inner for part in schedule._parts() for inner in _within(part)]]


def for_each(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Return a value for each group: those of a list, or the same for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * groups
    if len(value) != groups:
        raise errors.ArgumentError(errors.SCHEDULE_GROUPS.format(name=name, given=len(value), groups=groups))
    return list(value)


def _saved(value: Any) -> Any:
    """Return a copy without functions: None in the place of each, and the attributes of an object that is called."""
    if isinstance(value, list):
        return [_saved(part) for part in value]
    if callable(value):
        return None if isinstance(value, FunctionType) else dict(getattr(value, "__dict__", {}))
    return copy(value)


def _loaded(value: Any) -> Any:
    return copy(value)
