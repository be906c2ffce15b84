"""Layers: a linear map with its parameters, activations without any, and a chain of layers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.generators import generator
from autograd_lite.engine.record import Handle
from autograd_lite.engine.registry import handler_of
from autograd_lite.nn import functional, init
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor


class Linear(Module):
    """``y = x W^T + b``: every output is a weighted sum of all inputs, plus a bias.

    Parameters
    ----------
    in_features, out_features : int
        The length of `x` and of `y` along their last axis.
    bias : bool
        Whether `b` is there.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    dtype : dtype, optional
        Of weight and bias: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in_features)
        One row for each output.
    bias : Parameter or None, shape (out_features,)
        What is added.

    Notes
    -----
    Weight and bias start as uniform random numbers between plus and minus ``1 / sqrt(in_features)``, as PyTorch's do.
    Other choices are in `autograd_lite.nn.init`.

    Examples
    --------
    >>> layer = Linear(2, 3, rng=0)
    >>> layer
    Linear(in_features=2, out_features=3, bias=True)
    >>> layer(np.ones((4, 2))).shape
    (4, 3)
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, *, rng: Any = None, dtype: Any = None
    ) -> None:
        sizes = in_features, out_features
        if not all(map(_is_size, sizes)):
            raise errors.ArgumentError(errors.FEATURES.format(given=sizes))
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(np.zeros((out_features, in_features), dtype), name="weight")
        self.bias = Parameter(np.zeros(out_features, dtype), name="bias") if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        rng = generator(rng)
        bound = 1 / math.sqrt(self.in_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound, rng=rng)

    def forward(self, x: Any) -> Tensor:
        return functional.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class _Activation(Module):
    """A function of every element, and no parameters."""

    _op: Any  # an operation

    def forward(self, x: Any) -> Tensor:
        # The fast path is what calling the operation comes to; called at once, it takes an eighth less time.
        return (self._op.cache.fast_path or self._op)(x) if isinstance(x, Handle) else self._op(x)


class Sigmoid(_Activation):
    """``y = 1 / (1 + exp(-x))``, element by element.

    Examples
    --------
    >>> Sigmoid()(np.array([0.0, np.log(3)]))
    array([0.5 , 0.75])
    """

    _op = functional.sigmoid


class Tanh(_Activation):
    """``y = tanh(x)``, element by element.

    Examples
    --------
    >>> Tanh()(np.array([0.0, np.log(2)]))
    array([0. , 0.6])
    """

    _op = handler_of(np.tanh)


class ReLU(_Activation):
    """``y = max(x, 0)``, element by element; the derivative at 0 is 0.

    Examples
    --------
    >>> ReLU()(np.array([-1.0, 2.0]))
    array([0., 2.])
    """

    _op = functional.relu


class Softmax(Module):
    """``y = exp(x) / sum(exp(x))`` along one axis: positive numbers that sum to 1.

    Parameters
    ----------
    dim : int
        The axis.

    Examples
    --------
    >>> Softmax(-1)(np.zeros((2, 4)))
    array([[0.25, 0.25, 0.25, 0.25],
           [0.25, 0.25, 0.25, 0.25]])
    """

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Any) -> Tensor:
        return functional.softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Sequential(Module):
    """A chain of layers: the output of each is the input of the next.

    Parameters
    ----------
    *layers : Module
        In order. Their parameters are named by position: ``0.weight``.

    Examples
    --------
    >>> model = Sequential(Linear(2, 3, rng=0), Sigmoid())
    >>> model
    Sequential(
      (0): Linear(in_features=2, out_features=3, bias=True)
      (1): Sigmoid()
    )
    >>> len(model), model[-1], model[:1](np.ones(2)).shape
    (2, Sigmoid(), (3,))
    """

    _layers: tuple[Module, ...] = ()

    def __init__(self, *layers: Module) -> None:
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise errors.LayerError(errors.NOT_A_LAYER.format(place=i, given=_called(layer)))
        self._layers = layers

    def forward(self, x: Any) -> Tensor:
        for layer in self._layers:
            x = layer.forward(x)  # what calling it comes to, at a third of the overhead
        return x

    def _attributes(self) -> Iterable[tuple[Any, Any]]:
        """The layers by position, and after them what a subclass has set."""
        yield from enumerate(self._layers)
        yield from ((name, value) for name, value in vars(self).items() if name != "_layers")

    def __getitem__(self, index: int | slice) -> Any:
        """Return one layer, or a chain of some; they stay the same objects."""
        return Sequential(*self._layers[index]) if isinstance(index, slice) else self._layers[index]

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self._layers)


def _is_size(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and int(n) > 0


def _called(layer: Any) -> str:
    return f"the class {layer.__name__}" if isinstance(layer, type) else f"a {type(layer).__name__}"
