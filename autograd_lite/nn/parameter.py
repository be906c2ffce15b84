"""Parameter: a Tensor that training changes. And what has no size before the first call."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.tensor.tensor import Tensor


class Parameter(Tensor):
    """A Tensor that training changes: a `Module` lists those among its attributes.

    Parameters
    ----------
    data : array_like
        The initial value; copied.
    requires_grad : bool
        False for a parameter that is kept as it is.
    dtype : dtype, optional
        As in `numpy.array`.
    name : str, optional
        Used by errors and pictures.

    Examples
    --------
    >>> Parameter([0.5, -0.5], name="weight")
    Parameter([ 0.5, -0.5], dtype=float64, requires_grad=True, name='weight')
    """

    __slots__ = ()

    def __init__(
        self, data: Any, requires_grad: bool = True, *, dtype: Any = None, name: str | None = None
    ) -> None:
        super().__init__(data, requires_grad, dtype=dtype, name=name)


class Uninitialized(Tensor):
    """A Tensor without a size, that gets one, and zeros, by `materialize`."""

    __slots__ = ()

    def materialize(self, shape: Any) -> None:
        """Become a Tensor of a shape, or a Parameter, filled with zeros: the same object."""
        wanted, dtype = self.requires_grad, self.dtype
        self.requires_grad = False
        self._data, self._exposed = np.zeros(shape, dtype), None
        self.__class__ = Parameter if isinstance(self, Parameter) else Tensor  # type: ignore[assignment]
        self.requires_grad = wanted


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter of a lazy layer, whose size the first call decides. It becomes a `Parameter`, the same object.

    Parameters
    ----------
    requires_grad : bool
        False for a parameter that is kept as it is.
    dtype : dtype, optional
        Of the numbers to come: float64 by default.
    name : str, optional
        Used by errors and pictures.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = nn.LazyLinear(3)
    >>> isinstance(layer.weight, UninitializedParameter), layer(np.ones((5, 2))).shape, layer.weight.shape
    (True, (5, 3), (3, 2))
    """

    __slots__ = ()

    def __init__(self, requires_grad: bool = True, *, dtype: Any = None, name: str | None = None) -> None:
        Parameter.__init__(self, np.zeros(0, dtype), requires_grad, name=name)


class UninitializedBuffer(Uninitialized):
    """A buffer of a lazy layer, as `UninitializedParameter` is a parameter.

    Parameters
    ----------
    dtype : dtype, optional
        Of the numbers to come: float64 by default.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> isinstance(nn.LazyBatchNorm1d().running_mean, UninitializedBuffer)
    True
    """

    __slots__ = ()

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(np.zeros(0, dtype))
