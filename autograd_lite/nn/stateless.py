"""`functional_call`: a module as a pure function of its parameters and buffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.engine.record import array_of, make_tensor
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Uninitialized
from autograd_lite.nn.state_dict import other_shape
from autograd_lite.nn.walk import named, places
from autograd_lite.tensor.state import writing
from autograd_lite.tensor.tensor import Tensor


def functional_call(
    module: Module,
    parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *args: Any,
    tie_weights: bool = True,
    strict: bool = False,
    **kwargs: Any,
) -> Any:
    """Call a module with other values in the place of its parameters and buffers.

    Parameters
    ----------
    module : Module
        What is called. It is as before when the call has ended, also by an error.
    parameters : mapping of str to array_like, or a sequence of mappings
        Values by dotted name, of the same shapes. A parameter or a buffer that is not named keeps its own value.
    *args, **kwargs
        Passed on to the module; or as PyTorch has them: a tuple of the arguments, and a dict of those by name, in this
        order or as ``args=`` and ``kwargs=``.
    tie_weights : bool
        A parameter that has two names has one value, whichever of them is given. False is refused for such a one.
    strict : bool
        Whether all parameters and buffers have to be named.

    Raises
    ------
    StateDictError
        A name that the module does not have, two values for one Tensor, another shape; or a name that is missing, where
        `strict` is set.

    Notes
    -----
    A single argument of the module that is a tuple is given in one: ``functional_call(m, p, ((h, c),))``; and a dict
    that is its second and last one is given so: ``functional_call(m, p, (x, settings))``. Tuples with named fields, as
    `PackedSequence`, are arguments as others are.

    The values stand in the module while it is called: two threads cannot call one module so at the same time.

    What the call writes to a buffer that is named, in place or by setting the attribute, goes to the Tensor that was
    given for it and not to the module; one that requires a gradient keeps its value, as arrays do. A buffer that is not
    named is written to as in a plain call.

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
    >>> class Counted(ag.nn.Module):
    ...     def __init__(self):
    ...         self.calls = ag.Tensor(0.0)
    ...
    ...     def forward(self, x):
    ...         self.calls = self.calls + 1
    ...         return x
    >>> counted, calls = Counted(), ag.Tensor(5.0)
    >>> functional_call(counted, {"calls": calls}, np.ones(2))
    array([1., 1.])
    >>> calls.item(), counted.calls.item()
    (6.0, 0.0)
    >>> functional_call(model, (model.state_dict(), {}), (np.ones((3, 2)),)).shape  # PyTorch's signature
    (3, 1)
    """
    args, kwargs = _arguments(args, kwargs)
    own = dict(named(places(module), Tensor))
    given = {name: value if isinstance(value, Tensor) else Tensor(value) for name, value in _one(parameters).items()}
    if wrong := [*_misfits(own, given), *_missing(own, given, strict), *_tied(own, given, tie_weights)]:
        raise errors.StateDictError(errors.FUNCTIONAL_CALL.format(model=type(module).__name__, found="; ".join(wrong)))
    before = [(own[name], _state(own[name])) for name in given]
    lent = {id(own[name]): value for name, value in given.items()}
    standing = [(m, key, t) for m in module.modules() for key, t in vars(m).items() if id(t) in lent]
    try:
        for name, value in given.items():
            writing(own[name])
            _, node, op, _, made = _state(value)
            _set_state(own[name], (array_of(value), node, op, None, made))
        result = module(*args, **kwargs)
        written = [(lent[id(t)], new) for m, key, t in standing if (new := vars(m).get(key)) is not t]
        changed = [t for t, _ in before if t._data is not lent[id(t)]._data]
        written += [(lent[id(t)], make_tensor(t._data, t._node, t._op)) for t in changed]
    finally:
        for m, key, t in standing:
            vars(m)[key] = t
        for t, state in before:
            _set_state(t, state)
    for value, new in written:
        if not value.requires_grad and isinstance(new, Tensor):
            value._become(new, "functional_call()")
    return result


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of the module, which may stand in a tuple and a dict, as PyTorch has them."""
    given, by_name = list(args), kwargs.get("kwargs") or {}
    if not given and kwargs.get("args") is not None:
        given = [kwargs["args"]]
    if len(given) == 2 and isinstance(given[1], dict):  # noqa: PLR2004 - arguments, and those by name
        by_name = given.pop()
    others = {name: value for name, value in kwargs.items() if name not in ("args", "kwargs")}
    return given[0] if len(given) == 1 and type(given[0]) is tuple else tuple(given), {**by_name, **others}


def _one(parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the values of several mappings in one."""
    if not isinstance(parameters, (tuple, list)):
        return parameters  # type: ignore[return-value]
    merged: dict[str, Any] = {}
    for part in parameters:
        if twice := merged.keys() & part.keys():
            raise errors.StateDictError(errors.FUNCTIONAL_TWICE.format(name=min(twice)))
        merged |= part
    return merged


def _state(t: Tensor) -> tuple[Any, ...]:
    return t._data, t._node, t._op, t._exposed, getattr(t, "_made", None)


def _set_state(t: Tensor, state: tuple[Any, ...]) -> None:
    """NOTE: also when it was made, so that a value from within a batch is written to as what it is."""
    t._data, t._node, t._op, t._exposed, t._made = state


def _misfits(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    """Return what a message says of values that do not belong to the module."""
    found = []
    first: dict[int, str] = {}
    for name, value in given.items():
        if name not in own:
            found.append(f"{name} is not known to the model")
        elif isinstance(own[name], Uninitialized):
            found.append(f"{name} has no size before model(x) was called once")
        elif fault := other_shape(own[name], value):
            found.append(f"{name} {fault}")
        elif given[other := first.setdefault(id(own[name]), name)] is not value:
            found.append(f"{other} and {name} are one parameter")
    return found


def _missing(own: Mapping[str, Tensor], given: Mapping[str, Tensor], strict: bool) -> list[str]:
    """Return what a message says of Tensors that have no value, where all are to have one."""
    known = {id(own[name]) for name in given if name in own}
    return [f"{name} is missing" for name, t in own.items() if strict and id(t) not in known]


def _tied(own: Mapping[str, Tensor], given: Mapping[str, Tensor], tie_weights: bool) -> list[str]:
    """Return what a message says of those that have two names, where each name is to have a value of its own."""
    if tie_weights:
        return []
    names = Counter(map(id, own.values()))
    return [f"{name} has two names" for name in given if name in own and names[id(own[name])] > 1]
