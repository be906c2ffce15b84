"""`functional_call`: a module as a pure function of its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.engine.record import array_of
from autograd_lite.nn.module import Module, Parameter, _named, _places
from autograd_lite.tensor.state import writing
from autograd_lite.tensor.tensor import Tensor


def functional_call(module: Module, parameters: Mapping[str, Any], *args: Any, **kwargs: Any) -> Any:
    """Call a module with other values in the place of its parameters.

    Parameters
    ----------
    module : Module
        What is called. It is as before when the call has ended, also by an error.
    parameters : mapping of str to array_like
        Values by dotted name, of the parameters' shapes. A parameter not named keeps its own value.
    *args, **kwargs
        Passed on to the module.

    Raises
    ------
    StateDictError
        A name that the module does not have, two names of one parameter, or another shape.

    Notes
    -----
    The values stand in the module while it is called: two threads cannot call one module so at the same time.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> model = ag.nn.Linear(2, 1)
    >>> def loss(parameters, x):
    ...     return np.sum(functional_call(model, parameters, x) ** 2)
    >>> gradient = ag.grad(loss)(model.state_dict(), np.ones((3, 2)))
    >>> {name: g.shape for name, g in gradient.items()}
    {'weight': (1, 2), 'bias': (1,)}
    """
    own = dict(_named(_places(module), Parameter))
    given = {name: value if isinstance(value, Tensor) else Tensor(value) for name, value in parameters.items()}
    if wrong := _misfits(own, given):
        raise errors.StateDictError(errors.FUNCTIONAL_CALL.format(model=type(module).__name__, found="; ".join(wrong)))
    before = [(own[name], _state(own[name])) for name in given]
    try:
        for name, value in given.items():
            writing(own[name])
            _set_state(own[name], (array_of(value), value._node, None))
        return module(*args, **kwargs)
    finally:
        for p, state in before:
            _set_state(p, state)


def _state(t: Tensor) -> tuple[Any, Any, Any]:
    return t._data, t._node, t._exposed


def _set_state(t: Tensor, state: tuple[Any, Any, Any]) -> None:
    t._data, t._node, t._exposed = state


def _misfits(own: Mapping[str, Parameter], given: Mapping[str, Tensor]) -> list[str]:
    """Return what a message says of values that do not belong to the parameters."""
    found = []
    first: dict[int, str] = {}
    for name, value in given.items():
        if name not in own:
            found.append(f"{name} is not known to the model")
        elif value.shape != own[name].shape:
            found.append(f"{name} has shape {value.shape} instead of {own[name].shape}")
        elif (other := first.setdefault(id(own[name]), name)) != name:
            found.append(f"{other} and {name} are one parameter")
    return found
