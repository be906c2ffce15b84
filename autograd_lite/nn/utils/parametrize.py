"""Parameters that are computed from others, each time they are read: orthogonal ones, symmetric ones, normed ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.later import listing
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.layers.containers import ModuleDict, ModuleList
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor

M = TypeVar("M", bound=Module)

_cache: ContextVar[dict[tuple[int, str], Any] | None] = ContextVar("autograd_lite_parametrized", default=None)


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized Tensor once inside the block, however often it is read.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> layer.weight is layer.weight
    False
    >>> with cached():
    ...     layer.weight is layer.weight
    True
    """
    token = _cache.set({} if _cache.get() is None else _cache.get())
    try:
        yield
    finally:
        _cache.reset(token)


class ParametrizationList(ModuleList):
    """The maps that a Tensor of a module is computed by, one after the other, and what it is computed from.

    Attributes
    ----------
    original : Parameter or Tensor
        What the first map takes; ``original0``, ``original1``, ... where it takes several.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> type(layer.parametrizations.weight).__name__, layer.parametrizations.weight.original0.shape
    ('ParametrizationList', (2, 1))
    """

    def __init__(self, modules: Any, original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        self.unsafe = unsafe
        with no_grad():
            found = self._inverted(original.detach())
        self.is_tensor = not isinstance(found, (tuple, list))
        kind = Parameter if isinstance(original, Parameter) else Tensor
        if self.is_tensor:
            value = _plain(found)
            same = value.shape == original.shape and value.dtype == original.dtype
            self.original = original.assign(value) if same else kind(value, original.requires_grad)
        else:
            self.ntensors = len(found)
            for i, part in enumerate(found):
                setattr(self, f"original{i}", kind(_plain(part), original.requires_grad))

    @property
    def _originals(self) -> list[Tensor]:
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def _inverted(self, value: Any) -> Any:
        """Return what the maps make a value of, by their own account."""
        for module in reversed(list(self)):
            if getattr(module, "right_inverse", None) is None:
                return value
            value = module.right_inverse(value)
        return value

    def right_inverse(self, value: Any) -> None:
        """Give what the Tensor is computed from such values that it becomes `value`, as far as the maps know how."""
        lacking = [type(module).__name__ for module in self if getattr(module, "right_inverse", None) is None]
        if lacking:
            raise errors.StateDictError(errors.NO_RIGHT_INVERSE.format(map=lacking[0]))
        with no_grad():
            found = self._inverted(Tensor(_plain(value)))
        for t, part in zip(self._originals, [found] if self.is_tensor else found, strict=True):
            t.assign(part)

    def forward(self) -> Any:
        first, *others = list(self)
        x = first(*self._originals)
        for module in others:
            x = module(x)
        return x


def _plain(value: Any) -> Any:
    """Return a value without its history."""
    return value.detach() if isinstance(value, Tensor) else np.asarray(value)


class Parametrized:
    """How a module computes an attribute that is parametrized, and what it does with one that is set."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def get(self, module: Any) -> Any:
        found, key = _cache.get(), (id(module), self.name)
        if found is None:
            return module.parametrizations[self.name]()
        if key not in found:
            found[key] = module.parametrizations[self.name]()
        return found[key]

    def set(self, module: Any, value: Any) -> None:
        module.parametrizations[self.name].right_inverse(value)


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Have a parameter, or a buffer, of a module be what another module makes of it.

    Parameters
    ----------
    module : Module
        It stays of its class; what is trained, and saved, is
        ``module.parametrizations.<tensor_name>.original``, and the attribute is computed each time it is read.
    tensor_name : str
        Of the attribute. Parametrized already, the new map comes after those that are there.
    parametrization : Module
        A map from Tensors of that shape to such. Its ``right_inverse(value)``, if there is one, says from what it makes
        `value`: by it the value stays what it is now, and the attribute can be set. It may return several Tensors,
        which the map then takes.
    unsafe : bool
        Whether the map may change shape and dtype.

    Returns
    -------
    Module
        That one.

    Raises
    ------
    ArgumentError
        No parameter or buffer of that name; a map that changes shape or dtype.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> class Symmetric(nn.Module):
    ...     def forward(self, x):
    ...         upper = np.triu(x)
    ...         return upper + np.triu(x, 1).T
    >>> layer = register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
    >>> bool(np.all(layer.weight == layer.weight.T))
    True
    >>> list(layer.state_dict())
    ['bias', 'parametrizations.weight.original']
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        _append(module, tensor_name, parametrization, unsafe)
    else:
        _begin(module, tensor_name, parametrization, unsafe)
    return module


def _begin(module: Any, name: str, parametrization: Module, unsafe: bool) -> None:
    original = vars(module).get(name, getattr(module, "_layers", {}).get(name))
    if not isinstance(original, Tensor) or name in module._computed:
        raise errors.ArgumentError(errors.NOT_PARAMETRIZABLE.format(name=name, module=type(module).__name__))
    shape, dtype = original.shape, original.dtype
    maps = ParametrizationList([parametrization], original, unsafe)
    _check(maps(), shape, dtype, type(parametrization).__name__, unsafe)
    delattr(module, name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    module.parametrizations[name] = maps
    module._computed = {**module._computed, name: Parametrized(name)}


def _append(module: Any, name: str, parametrization: Module, unsafe: bool) -> None:
    maps = module.parametrizations[name]
    with no_grad():
        value = getattr(module, name)
        _check(parametrization(value), value.shape, value.dtype, type(parametrization).__name__, unsafe)
        inverse = getattr(parametrization, "right_inverse", None)
        if inverse is not None:
            maps.right_inverse(inverse(value))
    maps.append(parametrization)
    maps.unsafe = maps.unsafe or unsafe


def _check(found: Any, shape: Any, dtype: Any, called: str, unsafe: bool) -> None:
    if not unsafe and (found.shape != shape or found.dtype != dtype):
        said = {"map": called, "shape": shape, "dtype": dtype, "other": found.shape, "kind": found.dtype}
        raise errors.ArgumentError(errors.PARAMETRIZATION_SHAPE.format(**said))


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Tell whether a module has parametrized Tensors, or one of a name.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    >>> is_parametrized(layer), is_parametrized(layer, "bias")
    (True, False)
    """
    found = vars(module).get("parametrizations")
    return isinstance(found, ModuleDict) and (bool(len(found)) if tensor_name is None else tensor_name in found)


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Have a Tensor of a module be a parameter, or a buffer, of its own again; return the module.

    Parameters
    ----------
    module : Module
    tensor_name : str
    leave_parametrized : bool
        Whether its value is what was computed; if not, it is what that was computed from.

    Raises
    ------
    ArgumentError
        It is not parametrized; or is computed from several, and `leave_parametrized` is False.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = remove_parametrizations(nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "weight")
    >>> sorted(layer.state_dict())
    ['bias', 'weight']
    """
    if not is_parametrized(module, tensor_name):
        raise errors.ArgumentError(errors.NOT_PARAMETRIZED.format(name=tensor_name, module=type(module).__name__))
    _remove(module, tensor_name, leave_parametrized)
    return module


def _remove(module: Any, tensor_name: str, leave_parametrized: bool) -> None:
    maps = module.parametrizations[tensor_name]
    if not (leave_parametrized or maps.is_tensor):
        raise errors.ArgumentError(errors.SEVERAL_ORIGINALS.format(name=tensor_name))
    with no_grad():
        found = maps() if leave_parametrized else maps.original
    left = _as_original(maps, found.detach())
    module._computed = {name: how for name, how in module._computed.items() if name != tensor_name}
    module.parametrizations.pop(tensor_name)
    if not len(module.parametrizations):
        del module.parametrizations
    module._put(tensor_name, left)


def _as_original(maps: Any, value: Tensor) -> Tensor:
    """Return a Tensor of the kind of the originals with a value: the original itself where it is one of that shape."""
    first = maps._originals[0]
    if maps.is_tensor and first.shape == value.shape and first.dtype == value.dtype:
        first.assign(value)
        return first
    kind = Parameter if isinstance(first, Parameter) else Tensor
    return kind(value, any(t.requires_grad for t in maps._originals))


__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
]  # fmt: skip
__dir__ = listing(__name__)
