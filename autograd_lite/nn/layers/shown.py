"""What layers without parameters have in common: they show their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor


class Shown(Module):
    """A layer that shows the settings that its class names."""

    _shown: ClassVar[tuple[str, ...]] = ()

    def extra_repr(self) -> str:
        settings = {name: getattr(self, name) for name in self._shown}
        return ", ".join(f"{name}={repr(x) if isinstance(x, str) else x}" for name, x in settings.items())


class Plain(Shown):
    """A function of `functional`, without settings."""

    _function: ClassVar[Callable[..., Tensor]]

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return type(self)._function(input)


class InPlace(Plain):
    """A function that may write to its input; the other settings, if any, are those of a class below this one."""

    inplace = False

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, inplace=self.inplace)

    def extra_repr(self) -> str:
        return ", ".join(filter(None, (super().extra_repr(), "inplace=True" if self.inplace else "")))


class Along(Plain):
    """A function along an axis."""

    _shown = ("dim",)

    def __init__(self, dim: int | None = -1) -> None:
        self.dim = dim

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, self.dim)


class Shares(Along):
    """A function along an axis that PyTorch chooses by the number of axes where none is named."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim)
