"""The state of optimisers as plain arrays, and taken over again: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, Protocol

import numpy as np

from autograd_lite import errors
from autograd_lite.base.unfinished import at_once
from autograd_lite.engine.record import make_tensor
from autograd_lite.optim.checks import NO_MEANING
from autograd_lite.tensor.state import starting
from autograd_lite.tensor.tensor import Tensor

NUMBERS = frozenset(("step", "mu_product", "eta", "mu", "started"))
"""What is one number for each parameter."""
SCHEDULED = frozenset(("initial_lr", "max_lr", "min_lr", "swa_lr", "max_momentum", "base_momentum"))
"""Settings of groups that schedules keep there."""
_PASSED_OVER = {"params", "param_names", *NO_MEANING}


class States(dict[Tensor, dict[str, Any]]):
    """What is remembered, by parameters: an empty dict of one of which there is nothing yet."""

    def __missing__(self, p: Tensor) -> dict[str, Any]:
        found = self[p] = {}
        return found


class Optimizer(Protocol):
    """What of an optimiser is asked for here."""

    _plain_state: bool
    defaults: dict[str, Any]
    param_groups: list[dict[str, Any]]
    _joined: Any

    @property
    def _steps_itself(self) -> bool: ...

    def settle(self) -> dict[Tensor, dict[str, Any]]: ...

    def check(self, settings: dict[str, Any]) -> None: ...

    def shape_of(self, name: str, p: Tensor) -> tuple[int, ...]: ...

    def adopted(self, remembered: dict[str, Any]) -> dict[str, Any]: ...


def state_dict(optimizer: Optimizer) -> dict[str, Any]:
    """Return copies of what is remembered, by the number of the parameter, and the settings of groups."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    numbers = {id(p): i for i, p in enumerate(params)}
    known = optimizer.settle()
    state = {numbers[id(p)]: copied(known[p]) for p in params if known.get(p)}
    groups = [{**group, "params": [numbers[id(p)] for p in group["params"]]} for group in optimizer.param_groups]
    return {"state": state, "param_groups": groups}


def copied(value: Any) -> Any:
    """Return arrays in the place of Tensors, in lists and dicts too."""
    if isinstance(value, dict):
        return {key: copied(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([copied(part) for part in value])
    if isinstance(value, Tensor):
        value = value._data
    return np.asarray(value).copy() if getattr(value, "__array__", None) else value


def load(optimizer: Optimizer, given: Mapping[str, Any]) -> None:
    """Take over what `state_dict` has returned."""
    if not {"state", "param_groups"} <= set(given):
        _refuse(optimizer, "it has to have 'state' and 'param_groups'")
    sizes = [[len(group["params"]) for group in groups] for groups in (optimizer.param_groups, given["param_groups"])]
    if sizes[0] != sizes[1]:
        _refuse(optimizer, f"its groups have {sizes[1]} parameters, and those of the optimiser {sizes[0]}")
    pairs = zip(given["param_groups"], optimizer.param_groups, strict=True)
    settings = [_settings(optimizer, group, own) for group, own in pairs]
    state = _state(optimizer, given)
    updates = [(old.update, new) for old, new in zip(optimizer.param_groups, settings, strict=True)]
    optimizer.settle()
    at_once([(setattr, optimizer, "_state", States(state)), (optimizer._joined.plans.clear,), *updates])


def _settings(optimizer: Optimizer, group: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a saved group that mean something here."""
    found = {name: value for name, value in group.items() if name not in _PASSED_OVER}
    known = optimizer.defaults.keys() | own.keys() | SCHEDULED
    if unknown := found.keys() - known:
        _refuse(optimizer, f"a group has the setting {min(unknown)!r}, which is unknown")
    settings = {name: _plain(value) for name, value in found.items()}
    optimizer.check({**optimizer.defaults, **settings})
    return settings


def _plain(value: Any) -> Any:
    """Return a number that was saved as an array, and pairs of JSON as tuples."""
    if isinstance(value, list):
        return tuple(value)
    return value.item() if getattr(value, "item", None) else value


def _state(optimizer: Optimizer, given: Mapping[str, Any]) -> dict[Tensor, Any]:
    params = [p for group in optimizer.param_groups for p in group["params"]]
    numbers = [i for group in given["param_groups"] for i in group["params"]]
    places = dict(zip(numbers, params, strict=True))
    state = {}
    for i, remembered in given["state"].items():
        p = places.get(i, places.get(int(i)))
        if p is None:
            _refuse(optimizer, f"it has a state of parameter {i}, which is in no group")
        state[p] = taken(optimizer, p, dict(remembered))
    return state


def taken(optimizer: Optimizer, p: Tensor, remembered: dict[str, Any]) -> dict[str, Tensor]:
    """Return what was saved of a parameter as Tensors."""
    if optimizer._plain_state:
        return optimizer.adopted(copied(remembered))
    if optimizer._steps_itself:
        return {name: _revived(value, None if name == "step" else p.dtype) for name, value in remembered.items()}
    found = {name: value for name, value in remembered.items() if value is not None}
    return {name: _tensor(optimizer, p, name, value) for name, value in optimizer.adopted(found).items()}


def _revived(value: Any, dtype: Any) -> Any:
    """Return what an optimiser that makes its steps itself has remembered: numbers, and Tensors for arrays."""
    if isinstance(value, dict):
        return {key: _revived(part, dtype) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_revived(part, dtype) for part in value])
    if not getattr(value, "__array__", None):
        return value
    array = np.asarray(copied(value))
    return starting(make_tensor(array if dtype is None or array.dtype.kind != "f" else array.astype(dtype)))


def _tensor(optimizer: Optimizer, p: Tensor, name: str, value: Any) -> Tensor:
    array = np.asarray(value._data if isinstance(value, Tensor) else value).copy()
    wanted = optimizer.shape_of(name, p)
    if array.shape != wanted:
        _refuse(optimizer, f"{name!r} has shape {array.shape} instead of {wanted}")
    if name not in NUMBERS:
        array = array.astype(p.dtype)
    elif array.dtype != bool:
        array = array.astype(float)
    tensor: Tensor = starting(make_tensor(array))
    return tensor


def _refuse(optimizer: Optimizer, found: str) -> NoReturn:
    raise errors.StateDictError(errors.OPTIMIZER_STATE.format(optimizer=type(optimizer).__name__, found=found))
