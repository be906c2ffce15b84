"""Extrema, orders and spreads as PyTorch has them, which mean something else in NumPy: with places, by n - 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.functions.made import as_tensor, finished
from autograd_lite.tensor.members.orders import Placed, in_order, order_of, with_places
from autograd_lite.tensor.members.pytorchs import degrees
from autograd_lite.tensor.tensor import Tensor

__all__ = [
    "argsort", "bucketize", "max", "min", "nonzero", "searchsorted", "sort", "std", "std_mean", "transpose", "unique",
    "var", "var_mean",
]  # fmt: skip

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


def std_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float = 1  # noqa: A002 - PyTorch's name
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return standard deviations and means: see `var` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> [t.round(3).item() for t in ag.std_mean(ag.tensor([1.0, 3.0]))]
    [1.414, 2.0]
    """
    axis, ddof = degrees(dim, unbiased, correction)
    t = as_tensor(input)
    return t.std(axis, ddof=ddof, keepdims=keepdim), t.mean(axis, keepdims=keepdim)


def var_mean(
    input: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float = 1  # noqa: A002 - PyTorch's name
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return variances and means: see `var` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> [t.item() for t in ag.var_mean(ag.tensor([1.0, 3.0]))]
    [2.0, 2.0]
    """
    axis, ddof = degrees(dim, unbiased, correction)
    t = as_tensor(input)
    return t.var(axis, ddof=ddof, keepdims=keepdim), t.mean(axis, keepdims=keepdim)


def searchsorted(sorted_sequence: Any, input: Any, *, right: bool = False, side: str | None = None) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return at which places elements would stand in what is sorted: a vector for all, or a row for each row.

    Parameters
    ----------
    sorted_sequence : Tensor
        Numbers in order, along the last axis.
    input : Tensor
        What is looked for.
    right : bool
        Whether the place is behind equal ones, and not before them.
    side : {"left", "right"}, optional
        The same, by NumPy's name.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.searchsorted(ag.tensor([1.0, 2.0, 4.0]), ag.tensor([2.0, 3.0])).tolist()
    [1, 2]
    """
    rows, wanted = as_tensor(sorted_sequence).detach(), as_tensor(input).detach()
    behind = right if side is None else side == "right"
    if rows.ndim == 1:
        return finished(np.searchsorted(rows, wanted, "right" if behind else "left"))
    before: Any = np.less_equal if behind else np.less
    return finished(np.count_nonzero(before(rows[..., None, :], wanted[..., :, None]), axis=-1))


def bucketize(input: Any, boundaries: Any, *, right: bool = False) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return between which boundaries, which are in order, each element lies: see `searchsorted`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.bucketize(ag.tensor([0.5, 3.0]), ag.tensor([1.0, 2.0])).tolist()
    [0, 2]
    """
    return searchsorted(boundaries, input, right=right)


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
