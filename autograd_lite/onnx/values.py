"""What stands for an array while a model is written: a name in its graph, a shape and a dtype.

NumPy's functions of it come to the rows of the table by NumPy's protocols. So what ONNX has no operator for is written
as the formula in NumPy that it is, and functions that are defined here by others need no row at all.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite.onnx.sizes import product


class Value(NDArrayOperatorsMixin):
    """A value of a graph.

    Attributes
    ----------
    graph : Graph
        To which its functions add nodes.
    name : str
        In the graph; empty for an array that is no part of it yet.
    shape : tuple of int or Size
    dtype : numpy.dtype
    array : numpy.ndarray or None
        Of a constant, what it is.
    """

    __slots__ = ("array", "dtype", "graph", "name", "shape")
    __array_priority__ = 1000

    def __init__(self, graph: Any, name: str, shape: Any, dtype: Any, array: Any = None) -> None:
        self.graph, self.name, self.shape, self.dtype = graph, name, tuple(shape), np.dtype(dtype)
        self.array = array

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Any:
        return product(self.shape)

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return self.graph.call(np.transpose, (self,), {})

    @property
    def real(self) -> Any:
        return self

    def __len__(self) -> Any:
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(self.shape[0]))

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        return self.graph.call(ufunc if method == "__call__" else getattr(ufunc, method), args, kwargs)

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.graph.call(fn, args, kwargs)

    def __getitem__(self, key: Any) -> Any:
        return self.graph.call(operator.getitem, (self, key), {})

    def ravel(self) -> Any:
        """Return its elements in a row."""
        return self.graph.call(np.ravel, (self,), {})

    def sum(self, axis: Any = None, **settings: Any) -> Any:
        """Return its sum."""
        return self.graph.call(np.sum, (self, axis), settings)

    def copy(self, order: str = "C") -> Any:
        """Return itself, which never changes."""
        return self

    def conj(self) -> Any:
        """Return itself, since no model has complex numbers."""
        return self

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Return it in another dtype."""
        return self.graph.cast(self, dtype)

    def reshape(self, *shape: Any) -> Any:
        """Return it in another shape."""
        return self.graph.call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), {})

    def transpose(self, *axes: Any) -> Any:
        """Return it with its axes in another order."""
        return self.graph.call(np.transpose, (self, axes[0] if len(axes) == 1 else axes or None), {})

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Return it with two axes exchanged."""
        return self.graph.call(np.swapaxes, (self, axis1, axis2), {})

    def __repr__(self) -> str:
        return f"<{self.name or 'constant'}: {self.dtype} {self.shape}>"
