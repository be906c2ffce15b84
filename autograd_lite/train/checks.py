"""What a trainer is given, looked at before it begins: each fault with the line to write in its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd_lite import errors
from autograd_lite.data.finding import is_source
from autograd_lite.data.making import is_stateful
from autograd_lite.nn.module import Module
from autograd_lite.optim.checks import choice
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.train.callbacks import Callback

_CALLED = tuple([name for name in vars(Callback) if name.startswith("on_")])


def listed(given: Any) -> list[Any]:
    """Return several things as a list, or a single one as a list of it; a text is a single one."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]


def shown(x: Any) -> str:
    """Return what a message calls something: a class is called one, which is often meant to be an instance."""
    return f"the class {x.__name__}" if isinstance(x, type) else repr(x)


def check_parts(model: Any, loss: Any, optimizer: Any, forward: Any) -> None:
    """Refuse what is none of a model, a loss, an optimiser, a forward function."""
    if not isinstance(model, Module):
        raise errors.ArgumentError(errors.TRAIN_MODEL.format(given=shown(model)))
    if not callable(loss) or isinstance(loss, type):
        raise errors.ArgumentError(errors.TRAIN_LOSS.format(given=shown(loss)))
    if not isinstance(optimizer, Optimizer):
        raise errors.ArgumentError(errors.TRAIN_OPTIMIZER.format(given=shown(optimizer)))
    if not callable(forward):
        raise errors.ArgumentError(errors.TRAIN_FORWARD.format(given=shown(forward)))


def callbacks_of(given: Any) -> list[Any]:
    """Return callbacks, or a single one, as a list; refuse what is never called, and has nothing to be saved."""
    found = [given] if _is_called(given) else listed(given)
    for callback in found:
        if isinstance(callback, type) or not (_is_called(callback) or is_stateful(callback)):
            raise errors.ArgumentError(errors.TRAIN_CALLBACK.format(given=shown(callback)))
    return found


def _is_called(x: Any) -> bool:
    return any(callable(getattr(x, name, None)) for name in _CALLED)


def generators_of(given: Any) -> list[Any]:
    """Return random generators, or a single one, as a list."""
    found = listed(given)
    for rng in found:
        if not is_source(rng):
            instead = "numpy.random.Generator, numpy.random.RandomState or random.Random"
            raise errors.ArgumentError(choice("generators", rng, f"a list of {instead}"))
    return found


def check_schedule(schedule: Any, optimizer: Optimizer) -> None:
    """Refuse a class, and a schedule of another optimiser."""
    if isinstance(schedule, type):
        raise errors.ArgumentError(errors.TRAIN_SCHEDULE.format(given=shown(schedule), name=schedule.__name__))
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        name = type(schedule).__name__
        raise errors.ArgumentError(errors.TRAIN_SCHEDULE.format(given=f"a {name} of another optimiser", name=name))
