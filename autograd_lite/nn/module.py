"""`Module` and `Parameter`: a network is an object whose attributes are parameters and other networks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.tensor import Tensor, assign


class Parameter(Tensor):
    """A Tensor that training changes: it requires a gradient unless told otherwise.

    Examples
    --------
    >>> Parameter([1.0, 2.0])
    Parameter([1., 2.], dtype=float64, requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True, *, dtype: Any = None, name: str | None = None) -> None:
        super().__init__(data, requires_grad, dtype=dtype, name=name)


class Module:
    """Base of all layers: write ``forward``, and keep parameters and layers as attributes.

    Parameters and layers are found by looking through the attributes in the order of their making, also inside of
    lists, tuples and dictionaries. There is nothing to register.
    """

    training = True

    def __call__(self, *inputs: Any) -> Any:
        return self.forward(*inputs)

    def forward(self, *inputs: Any) -> Any:
        raise errors.UnsupportedError(f"{type(self).__name__} has no forward. Write def forward(self, x): ...")

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Yield this module and all inside it, once each, with their dotted names."""
        return ((name, m) for name, m in _walk(self, prefix, set()) if isinstance(m, Module))

    def modules(self) -> Iterator[Module]:
        return (module for _, module in self.named_modules())

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Yield all parameters, once each, with their dotted names: ``"0.weight"``."""
        return ((name, p) for name, p in _walk(self, prefix, set()) if isinstance(p, Parameter))

    def parameters(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.zero_grad()

    def train(self, mode: bool = True) -> Module:
        """Switch between training and evaluation, for layers that differ."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        return self.train(False)

    def state_dict(self) -> dict[str, Any]:
        """Return copies of all parameters as arrays, by name."""
        return {name: p.numpy().copy() for name, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Give the parameters the values of `state`, all or none.

        Raises
        ------
        ShapeError
            Names that are missing or (with `strict`) not known.
        InPlaceError
            A value of another shape.
        """
        mine = dict(self.named_parameters())
        missing, unknown = sorted(mine.keys() - state.keys()), sorted(state.keys() - mine.keys())
        if strict and (missing or unknown):
            raise errors.ShapeError(
                f"the state lacks {missing} and has unknown {unknown}. "
                "Write model.load_state_dict(state, strict=False) to load what fits"
            )
        assign([(p, state[name]) for name, p in mine.items() if name in state])

    def extra_repr(self) -> str:
        """Return what the repr shows in brackets."""
        return ""

    def __repr__(self) -> str:
        inside = [f"  ({name}): " + repr(m).replace("\n", "\n  ") for name, m in _children(self)]
        head = f"{type(self).__name__}({self.extra_repr()}"
        return head + "\n" + "\n".join(inside) + "\n)" if inside else head + ")"


def _children(module: Module) -> Iterator[tuple[str, Module]]:
    seen = {id(value): name for name, value in reversed(list(_parts(vars(module)))) if isinstance(value, Module)}
    return ((name, m) for name, m in _parts(vars(module)) if isinstance(m, Module) and seen[id(m)] == name)


def _parts(container: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the modules and parameters in a dictionary or sequence, and in those inside it."""
    items: Iterable[tuple[Any, Any]] = container.items() if isinstance(container, dict) else enumerate(container)
    for key, value in items:
        if isinstance(value, (Module, Parameter)):
            yield f"{prefix}{key}", value
        elif isinstance(value, (dict, list, tuple)):
            yield from _parts(value, f"{prefix}{key}.")


def _walk(module: Module, prefix: str, seen: set[int]) -> Iterator[tuple[str, Module | Parameter]]:
    if id(module) in seen:
        return
    seen.add(id(module))
    yield prefix, module
    for name, value in _parts(vars(module)):
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Module):
            yield from _walk(value, path, seen)
        elif id(value) not in seen:
            seen.add(id(value))
            yield path, value


def check_size(what: str, value: Any) -> int:
    """Return `value` if it can be the number of features of a layer."""
    if not isinstance(value, (int, np.integer)) or value < 1:
        raise errors.ShapeError(f"{what} is {value!r}. Write a whole number from 1 up")
    return int(value)
