"""What an optimiser is given: parameters, or groups of them, and closures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.switch import enable_grad
from autograd_lite.engine.watchpoints import SETTLING
from autograd_lite.nn.parameter import Uninitialized
from autograd_lite.tensor.tensor import Tensor

Group: TypeAlias = dict[str, Any]


def groups_of(params: Any) -> list[Group]:
    """Return the groups that `params` consists of: itself, or the dicts in it."""
    items = listed(params)
    if not any(isinstance(item, dict) for item in items):
        return [{"params": items}]
    if all(isinstance(item, dict) for item in items):
        return items
    raise errors.ArgumentError(errors.MIXED_GROUPS)


def listed(params: Any) -> list[Any]:
    if isinstance(params, (Tensor, dict)) or not isinstance(params, Iterable):
        raise errors.ArgumentError(errors.NOT_PARAMETERS.format(given=f"a {type(params).__name__}"))
    return list(params)


def parameter(item: Any) -> Tensor:
    """Return a parameter that may stand in a pair with its name."""
    t = item[1] if isinstance(item, tuple) and len(item) == 2 else item  # noqa: PLR2004 - name and Tensor
    if not isinstance(t, Tensor):
        raise errors.ArgumentError(errors.NOT_PARAMETERS.format(given=f"something with a {type(t).__name__} in it"))
    return t


def check_parameters(tensors: list[Tensor], present: list[Tensor]) -> None:
    if not tensors:
        raise errors.ArgumentError(errors.NO_PARAMETERS)
    seen = {id(t) for t in present}
    for t in tensors:
        if isinstance(t, Uninitialized):
            raise errors.ArgumentError(errors.PARAMETER_LAZY.format(what=refusals.describe(t)))
        if not t.is_leaf:
            raise errors.ArgumentError(errors.PARAMETER_NOT_LEAF.format(what=refusals.describe(t)))
        if not t.requires_grad:
            raise errors.ArgumentError(errors.PARAMETER_CONSTANT.format(what=refusals.describe(t)))
        if id(t) in seen:
            raise errors.ArgumentError(errors.PARAMETER_TWICE.format(what=refusals.describe(t)))
        seen.add(id(t))


def is_shared(group: Group) -> bool:
    """Tell whether a group is that of another optimiser, which both go on with, whatever it says to the other."""
    return any(group is known for other in list(SETTLING) for known in getattr(other, "param_groups", ()))


def evaluated(closure: Callable[[], Any]) -> Any:
    """Return what a closure returns, which is to compute gradients also where nothing is recorded."""
    with enable_grad():
        return closure()
