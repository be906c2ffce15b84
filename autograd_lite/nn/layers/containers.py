"""Containers: a chain of layers, lists and dicts of modules and of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import called
from autograd_lite.nn.layers.keyed import Keyed, Listed, Mapped
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.walk import Walked
from autograd_lite.tensor.tensor import Tensor


class Sequential(Listed):
    """A chain of layers: the output of each is the input of the next.

    Parameters
    ----------
    *layers : Module, or one dict of them
        In order. Their parameters are named by position, ``0.weight``, or by the keys of the dict. A slice keeps the
        names, as in PyTorch.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> model = Sequential(nn.Linear(2, 3, rng=0), nn.Sigmoid())
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): Sigmoid()
    )
    >>> len(model), model[-1], model[:1](np.ones(2)).shape
    (2, Sigmoid(), (3,))
    >>> model.append(nn.Linear(3, 1)).extend([nn.Tanh()])[2:]
    Sequential(
      (2): Linear(in_features=3, out_features=1, bias=True)
      (3): Tanh()
    )
    >>> Sequential({"map": nn.Linear(2, 1), "act": nn.ReLU()}).map
    Linear(in_features=2, out_features=1, bias=True)
    """

    def __init__(self, *layers: Any) -> None:
        single = len(layers) == 1 and isinstance(layers[0], dict)
        named = layers[0] if single else {str(i): layer for i, layer in enumerate(layers)}
        self._change({**self._layers, **{str(key): self._checked(key, layer) for key, layer in named.items()}})

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        x = input
        for layer in self._layers.values():
            # What calling it comes to, at a third of the overhead.
            x = layer(x) if layer._hooked else layer.forward(x)
        return x

    def _checked(self, place: Any, value: Any) -> Any:
        if not isinstance(value, Walked):
            raise errors.LayerError(errors.NOT_A_LAYER.format(place=place, given=called(value)))
        return value

    def _some(self, index: slice) -> Any:
        chain = Sequential()
        chain._change(dict(list(self._layers.items())[index]))
        return chain


class ModuleList(Listed):
    """A list of modules, named by position; a plain list as an attribute does the same.

    Parameters
    ----------
    modules : iterable of Module, optional
        In order.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
    ...
    ...     def forward(self, x):
    ...         for layer in self.layers:
    ...             x = np.tanh(layer(x))
    ...         return x
    >>> list(Net().state_dict())
    ['layers.0.weight', 'layers.0.bias', 'layers.1.weight', 'layers.1.bias']
    """

    def __init__(self, modules: Iterable[Any] | None = None) -> None:
        self._change({})
        self.extend(modules or ())


class ModuleDict(Mapped):
    """Modules by key; a plain dict as an attribute does the same.

    Parameters
    ----------
    modules : mapping, or iterable of pairs, optional
        Keys are texts without dots.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> heads = ModuleDict({"mean": nn.Linear(4, 1), "scale": nn.Linear(4, 1)})
    >>> heads["mean"](np.ones(4)).shape, list(heads)
    ((1,), ['mean', 'scale'])
    """

    def __init__(self, modules: Any = None) -> None:
        self._change({})
        self.update(modules or {})


class _Parameters(Keyed):
    """Parameters: a Tensor or an array that is put in becomes one."""

    _kind = Parameter
    _said_of_kind = "a Parameter, a Tensor or an array"
    _instead = "nn.Parameter(value)"

    def _checked(self, place: Any, value: Any) -> Any:
        if isinstance(value, (Tensor, np.ndarray)) and not isinstance(value, Parameter):
            value = Parameter(value)
        checked: Parameter = super()._checked(place, value)
        checked.name = checked.name or str(place)
        return checked

    def extra_repr(self) -> str:
        return "\n  ".join(f"({name}): {tuple(p.shape)}, {p.dtype}" for name, p in self._layers.items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}(\n  {self.extra_repr()}\n)" if self._layers else f"{type(self).__name__}()"


class ParameterList(_Parameters, Listed):
    """A list of parameters, named by position; a plain list as an attribute does the same.

    Parameters
    ----------
    values : iterable of Parameter or Tensor, optional
        A Tensor becomes a parameter.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> powers = ParameterList([nn.Parameter([1.0, 2.0]), nn.Parameter(3.0)])
    >>> powers
    ParameterList(
      (0): (2,), float64
      (1): (), float64
    )
    >>> [name for name, _ in powers.named_parameters()]
    ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self._change({})
        self.extend(values or ())


class ParameterDict(_Parameters, Mapped):
    """Parameters by key; a plain dict as an attribute does the same.

    Parameters
    ----------
    parameters : mapping, or iterable of pairs, optional
        Keys are texts without dots. A Tensor becomes a parameter.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> scales = ParameterDict({"left": nn.Parameter([1.0]), "right": nn.Parameter([2.0])})
    >>> scales["left"].tolist(), list(scales.keys())
    ([1.0], ['left', 'right'])
    """

    def __init__(self, parameters: Any = None) -> None:
        self._change({})
        self.update(parameters or {})


class Identity(Module):
    """What returns its input, whatever it is made with: it stands where a layer is left out.

    Parameters
    ----------
    *args, **kwargs
        Passed over.

    Examples
    --------
    >>> Identity(54, unused=True)(np.ones(2))
    array([1., 1.])
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return input
