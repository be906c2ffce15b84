"""A chain of layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from autograd_lite import errors
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor


class Sequential(Module):
    """A chain of layers: the output of each is the input of the next.

    Parameters
    ----------
    *layers : Module
        In order. Their parameters are named by position: ``0.weight``.

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


def _called(layer: Any) -> str:
    return f"the class {layer.__name__}" if isinstance(layer, type) else f"a {type(layer).__name__}"
