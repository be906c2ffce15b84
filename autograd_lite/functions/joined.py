"""Several Tensors made one, what is chosen among two, and shapes that they have together, by PyTorch's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.functions.made import as_tensor, finished
from autograd_lite.tensor.tensor import Tensor

__all__ = [
    "block_diag", "broadcast_tensors", "cartesian_prod", "cat", "column_stack", "concat", "concatenate", "dstack",
    "hstack", "meshgrid", "stack", "vstack", "where",
]  # fmt: skip


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return Tensors one after the other along an axis: `numpy.concatenate`. Also ``concat`` and ``concatenate``.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.cat([ag.zeros(2, 1), ag.ones(2, 2)], dim=1).tolist()
    [[0.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    return finished(np.concatenate(_several("cat", tensors), axis=dim))


concat = concatenate = cat


def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return Tensors of one shape beside each other along a new axis: `numpy.stack`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.stack([ag.zeros(2), ag.ones(2)], dim=-1).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    return finished(np.stack(_several("stack", tensors), axis=dim))


def hstack(tensors: Sequence[Any]) -> Tensor:
    """Return Tensors one after the other along the second axis, vectors along the only one: `numpy.hstack`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.hstack((ag.zeros(2), ag.ones(1))).tolist()
    [0.0, 0.0, 1.0]
    """
    return finished(np.hstack(_several("hstack", tensors)))


def vstack(tensors: Sequence[Any]) -> Tensor:
    """Return Tensors one after the other along the first axis, of which vectors are rows: `numpy.vstack`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.vstack((ag.zeros(2), ag.ones(2))).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    return finished(np.vstack(_several("vstack", tensors)))


def column_stack(tensors: Any) -> Tensor:
    """Return Tensors joined as columns: vectors become columns of a matrix.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.column_stack((ag.zeros(2), ag.ones(2))).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """
    return finished(np.column_stack(_several("column_stack", tensors)))


def dstack(tensors: Any) -> Tensor:
    """Return Tensors joined along the third axis.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.dstack((ag.zeros(2), ag.ones(2))).shape
    (1, 2, 2)
    """
    return finished(np.dstack(_several("dstack", tensors)))


def block_diag(*tensors: Any) -> Tensor:
    """Return a matrix with others on its diagonal, and zeros beside them.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.block_diag(ag.ones(1, 2), ag.tensor([[3.0]])).tolist()
    [[1.0, 1.0, 0.0], [0.0, 0.0, 3.0]]
    """
    blocks: list[Any] = [np.atleast_2d(as_tensor(t)) for t in tensors]
    widths = [block.shape[1] for block in blocks]
    before = np.cumsum([0, *widths])
    padded = [
        np.pad(block, ((0, 0), (start, sum(widths) - start - width)))
        for block, start, width in zip(blocks, before.tolist(), widths, strict=False)
    ]
    return finished(np.concatenate(padded))


def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all combinations of the elements of vectors, one in a row.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.cartesian_prod(ag.tensor([1, 2]), ag.tensor([3, 4])).tolist()
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    if len(tensors) == 1:
        return as_tensor(tensors[0])
    return stack(meshgrid(*tensors, indexing="ij"), -1).reshape(-1, len(tensors))


def _several(name: str, tensors: Any) -> list[Tensor]:
    """Return what is given as Tensors; one that is given in the place of several is refused."""
    if not isinstance(tensors, (list, tuple)):
        raise errors.ArgumentError(errors.SEVERAL_TENSORS.format(name=name, given=type(tensors).__name__))
    return [as_tensor(t) for t in tensors]


def where(condition: Any, input: Any = None, other: Any = None) -> Any:  # noqa: A002 - PyTorch's name
    """Return the elements of `input` where a condition holds, and of `other` elsewhere: `numpy.where`.

    Of a condition alone, the places where it holds, a Tensor for each axis.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> x = ag.tensor([-1.0, 2.0])
    >>> ag.where(x > 0, x, 0.0).tolist(), ag.where(x > 0)[0].tolist()
    ([0.0, 2.0], [1])
    """
    if input is None and other is None:
        return tuple(map(finished, np.nonzero(as_tensor(condition))))
    if input is None or other is None:
        raise errors.ArgumentError(errors.WHERE_OF_TWO)
    return finished(np.where(as_tensor(condition), input, other))


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """Return the coordinates of a grid, of which each Tensor has those along one axis.

    Parameters
    ----------
    *tensors : Tensor
        Vectors, one by one or in a list.
    indexing : {"ij", "xy"}
        Whether the first axis is that of the first vector, or that of the second as in pictures. It has to be said,
        for PyTorch's choice where it is left out is the first one, and NumPy's the second.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> [t.tolist() for t in ag.meshgrid(ag.arange(2), ag.arange(2), indexing="ij")]
    [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
    """
    if indexing not in ("ij", "xy"):
        raise errors.ArgumentError(errors.MESHGRID_INDEXING.format(given=indexing))
    given: Any = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    return tuple(map(finished, np.meshgrid(*[as_tensor(t) for t in given], indexing=indexing)))  # type: ignore[call-overload]


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return Tensors in the shape that they have together.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> [t.shape for t in ag.broadcast_tensors(ag.ones(2, 1), ag.ones(3))]
    [(2, 3), (2, 3)]
    """
    return tuple(map(finished, np.broadcast_arrays(*map(as_tensor, tensors))))
