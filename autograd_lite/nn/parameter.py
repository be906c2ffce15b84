"""Parameter: a Tensor that training changes."""

from __future__ import annotations

from typing import Any

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
