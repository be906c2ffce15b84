"""Parameters and buffers in another dtype, or without gradients, as a whole: they stay the same objects."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.watchpoints import traced
from autograd_lite.nn.walk import Walked, named, places
from autograd_lite.tensor.commits import convert
from autograd_lite.tensor.tensor import Tensor


class Converted(Walked):
    """What has all of its numbers made another kind."""

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Have all parameters get gradients, or none of them, and return the module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> frozen = nn.Linear(2, 3).requires_grad_(False)
        >>> [p.requires_grad for p in frozen.parameters()]
        [False, False]
        """
        for p in self.parameters():
            p.requires_grad = requires_grad
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: ``grad`` becomes None, or zeros where there was one.

        Parameters
        ----------
        set_to_none : bool
            False for zeros.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer(np.ones((1, 2))).sum().backward()
        >>> layer.bias.grad
        Tensor([1.], dtype=float64)
        >>> layer.zero_grad()
        >>> print(layer.bias.grad)
        None
        """
        for p in self.parameters():
            if set_to_none or p.grad is None:
                p.zero_grad()
            else:
                p.grad = np.zeros(p.shape, p.dtype)

    def to(self, *args: Any, dtype: Any = None, device: Any = None) -> Self:
        """Have all floating-point parameters and buffers, and gradients, be of another dtype; return the module.

        They stay the same objects: an optimiser, and what it remembers of them, go on in the new dtype.

        Parameters
        ----------
        *args
            A dtype, ``"cpu"``, both, or a Tensor whose dtype is meant, by position as in PyTorch.
        dtype : dtype, optional
            Of floating-point numbers, real or complex.
        device : {"cpu"}, optional
            The one there is: nothing is changed.

        Raises
        ------
        ArgumentError
            Another device, or a dtype of integers.
        InPlaceError
            A number that would become infinite. Nothing has changed then.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 3)
        >>> weight = layer.weight
        >>> layer.to(np.float32).weight is weight, weight.dtype
        (True, dtype('float32'))
        """
        found, place = _asked(self, args, dtype, device)
        if place is not None and str(place).partition(":")[0] != "cpu":
            raise errors.ArgumentError(errors.MODULE_DEVICE.format(given=str(place), module=type(self).__name__))
        if found is not None:
            if found.kind not in "fc":
                raise errors.ArgumentError(errors.MODULE_DTYPE.format(given=found))
            self._convert(found, "fc")
        return self

    def type(self, dst_type: Any) -> Self:
        """Have all parameters and buffers be of another dtype, also those of integers; return the module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.BatchNorm1d(2).type(np.float32).num_batches_tracked.dtype
        dtype('float32')
        """
        dtype = np.dtype(dst_type)
        if dtype.kind not in "fc":
            raise errors.ArgumentError(errors.MODULE_DTYPE.format(given=dtype))
        self._convert(dtype, "fciub")
        return self

    def float(self) -> Self:
        """Have all floating-point numbers be float32, as ``to(np.float32)`` does.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Linear(2, 3).float().bias.dtype
        dtype('float32')
        """
        return self.to(np.float32)

    def double(self) -> Self:
        """Have all floating-point numbers be float64, as ``to(np.float64)`` does.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Linear(2, 3, dtype=np.float32).double().bias.dtype
        dtype('float64')
        """
        return self.to(np.float64)

    def half(self) -> Self:
        """Have all floating-point numbers be float16, as ``to(np.float16)`` does.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Linear(2, 3).half().bias.dtype
        dtype('float16')
        """
        return self.to(np.float16)

    def cpu(self) -> Self:
        """Return the module: the processor is where everything is.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 3)
        >>> layer.cpu() is layer
        True
        """
        return self

    def _convert(self, dtype: np.dtype[Any], kinds: str) -> None:
        if traced():
            raise errors.CompileError(errors.CONVERTED_IN_COMPILE.format(module=type(self).__name__))
        tensors = {id(t): t for _, t in named(places(self, once=True), Tensor) if t.dtype.kind in kinds}
        if dtype.kind == "f" and any(t.dtype.kind == "c" for t in tensors.values()):
            raise errors.ArgumentError(errors.COMPLEX_TO_REAL.format(module=type(self).__name__, dtype=dtype))
        convert(tensors.values(), dtype)


def _asked(module: Walked, args: tuple[Any, ...], dtype: Any, device: Any) -> tuple[np.dtype[Any] | None, Any]:
    """Return dtype and device that the arguments of `to` mean."""
    for arg in args:
        if isinstance(arg, Tensor):
            dtype = arg.dtype
        elif isinstance(arg, str) and not _is_dtype(arg):
            device = arg
        elif isinstance(arg, bool) or arg is None:
            pass  # PyTorch's non_blocking and copy
        else:
            dtype = arg
    try:
        return (None if dtype is None else np.dtype(dtype)), device
    except TypeError:
        raise errors.ArgumentError(errors.MODULE_DTYPE.format(given=dtype)) from None


def _is_dtype(text: str) -> bool:
    return text in np.sctypeDict
