"""Extrema, orders and spreads as PyTorch has them, which mean something else in NumPy: with places, by n - 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.functions.made import as_tensor, finished
from autograd_lite.tensor.members.orders import Placed, in_order, order_of, with_places
from autograd_lite.tensor.members.pytorchs import degrees
from autograd_lite.tensor.tensor import Tensor

__all__ = ["argsort", "kthvalue", "max", "median", "min", "nonzero", "sort", "std", "transpose", "unique", "var"]

_largest, _smallest = with_places(np.argmax), with_places(np.argmin)


def max(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:  # noqa: A001, A002 - PyTorch's names
    """Return the largest element; with `dim` those along an axis, and their places; of two Tensors `maximum`.

    Parameters
    ----------
    input : Tensor
        Numbers.
    dim : int or Tensor, optional
        An axis, or what `input` is compared with, element by element.
    keepdim : bool
        Whether the axis stays, with length 1.
    other : Tensor, optional
        What `input` is compared with.

    Returns
    -------
    Tensor, or named tuple of values and indices
        Of equal elements along an axis the first is meant; of all elements, equal ones share the gradient.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> x = ag.tensor([[1.0, 5.0], [3.0, 2.0]])
    >>> values, indices = ag.max(x, dim=1)
    >>> values.tolist(), indices.tolist(), ag.max(x).item()
    ([5.0, 3.0], [1, 0], 5.0)
    """
    return _extremum(_largest, np.max, np.maximum, input, dim, keepdim, other)


def min(input: Any, dim: Any = None, keepdim: bool = False, *, other: Any = None) -> Any:  # noqa: A001, A002 - PyTorch's names
    """Return the smallest element; with `dim` those along an axis, and their places: see `max`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.min(ag.tensor([[1.0, 5.0], [3.0, 2.0]]), 1)[1].tolist()
    [0, 1]
    """
    return _extremum(_smallest, np.min, np.minimum, input, dim, keepdim, other)


def _extremum(along: Any, of_all: Any, of_two: Any, x: Any, dim: Any, keepdim: bool, other: Any) -> Any:
    t, other = as_tensor(x), dim if isinstance(dim, (Tensor, np.ndarray)) and np.ndim(dim) else other
    if other is not None:
        return of_two(t, other)
    return of_all(t) if dim is None else along(t, int(dim), keepdim)


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return where the elements are, in their order along an axis: see `sort` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.argsort(ag.tensor([2.0, 3.0, 2.0]), descending=True).tolist()
    [1, 0, 2]
    """
    return finished(order_of(as_tensor(input).detach(), dim, descending))


def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Placed:  # noqa: A002 - PyTorch's name
    """Return the elements in their order along an axis, and the places they were at.

    Parameters
    ----------
    input : Tensor
        Numbers.
    dim : int
        The axis.
    descending : bool
        Whether the largest come first.
    stable : bool
        Whether equal ones keep their order; here they always do.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> values, indices = ag.sort(ag.tensor([2.0, 3.0, 1.0]), descending=True)
    >>> values.tolist(), indices.tolist()
    ([3.0, 2.0, 1.0], [1, 0, 2])
    """
    return in_order(as_tensor(input), dim, descending)


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Placed:  # noqa: A002 - PyTorch's name
    """Return the `k`-th smallest elements along an axis, counted from 1, and their places.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.kthvalue(ag.tensor([2.0, 3.0, 1.0]), 2).values.item()
    2.0
    """
    t = as_tensor(input)
    n = t.shape[dim] if t.ndim else 1
    if not 1 <= k <= n:
        raise errors.ArgumentError(errors.KTH.format(k=k, n=n))
    values, places = sort(t, dim)
    pair = [x.take(np.array([k - 1]), dim) for x in (values, places)]
    return Placed(*pair if keepdim else [x.squeeze(dim) for x in pair])


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:  # noqa: A002 - PyTorch's name
    """Return the element in the middle, the lower one of two; with `dim` those along an axis, and their places.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.median(ag.tensor([4.0, 1.0, 3.0, 2.0])).item(), float(np.median([4.0, 1.0, 3.0, 2.0]))
    (2.0, 2.5)
    """
    t = as_tensor(input)
    if dim is None:
        return kthvalue(t.ravel(), (t.size + 1) // 2, 0).values
    return kthvalue(t, (t.shape[dim] + 1) // 2, dim, keepdim)


def std(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float = 1  # noqa: A002 - PyTorch's name
) -> Tensor:  # fmt: skip
    """Return standard deviations, the square root of `var`: of all elements or along axes.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.std(ag.tensor([1.0, 3.0])).round(3).item(), np.std([1.0, 3.0]).item()
    (1.414, 1.0)
    """
    axis, ddof = degrees(dim, unbiased, correction)
    return as_tensor(input).std(axis, ddof=ddof, keepdims=keepdim)


def var(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float = 1  # noqa: A002 - PyTorch's name
) -> Tensor:  # fmt: skip
    """Return variances, divided by ``n - correction``, where NumPy's and those of a method are divided by `n`.

    Parameters
    ----------
    input : Tensor
        Numbers.
    dim : int or tuple of int, optional
        Along which axes; of all elements by default.
    unbiased : bool, optional
        An older name: True is a `correction` of 1, False one of 0.
    keepdim : bool
        Whether the axes stay, with length 1.
    correction : float
        What is taken from the number of elements.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.var(ag.tensor([1.0, 3.0])).item(), ag.var(ag.tensor([1.0, 3.0]), correction=0).item()
    (2.0, 1.0)
    """
    axis, ddof = degrees(dim, unbiased, correction)
    return as_tensor(input).var(axis, ddof=ddof, keepdims=keepdim)


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return a Tensor with two axes exchanged, where NumPy's names all of them: `swapaxes`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.transpose(ag.ones(2, 3), 0, 1).shape
    (3, 2)
    """
    return as_tensor(input).swapaxes(dim0, dim1)


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:  # noqa: A002 - PyTorch's name
    """Return the places of what is not 0, one in a row; or, as a tuple, those along each axis, as NumPy does.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.nonzero(ag.tensor([0, 3, 4])).tolist()
    [[1], [2]]
    """
    places = np.nonzero(as_tensor(input).detach())
    return tuple(map(finished, places)) if as_tuple else finished(np.stack(places, axis=-1))


def unique(
    input: Any, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None  # noqa: A002 - PyTorch's names
) -> Any:  # fmt: skip
    """Return each element once, in order; and perhaps where each one of the input is among them, and how often.

    Parameters
    ----------
    input : Tensor
        Numbers.
    sorted : bool
        Whether they are in order; here they always are.
    return_inverse, return_counts : bool
        What is returned besides.
    dim : int, optional
        The axis of which parts are compared; the elements by default.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> values, counts = ag.unique(ag.tensor([3, 1, 3]), return_counts=True)
    >>> values.tolist(), counts.tolist()
    ([1, 3], [1, 2])
    """
    function: Any = np.unique
    found = function(as_tensor(input), return_inverse=return_inverse, return_counts=return_counts, axis=dim)
    return tuple(map(finished, found)) if isinstance(found, tuple) else finished(found)
