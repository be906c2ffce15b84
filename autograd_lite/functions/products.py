"""Products and distances of several Tensors, by PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.functions.made import as_tensor, finished
from autograd_lite.tensor.tensor import Tensor

__all__ = ["addmm", "addmv", "baddbmm", "cdist", "cross", "einsum", "tensordot"]


def einsum(equation: str, *operands: Any) -> Tensor:
    """Return the sum of products that an equation of indices says: `numpy.einsum`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.einsum("ij,j->i", ag.ones(2, 3), ag.arange(3)).tolist()
    [3.0, 3.0]
    """
    given = operands[0] if len(operands) == 1 and isinstance(operands[0], (list, tuple)) else operands
    return finished(np.einsum(equation, *map(as_tensor, given)))


def cross(input: Any, other: Any, *, dim: int = -1) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return the vector products along an axis, the last one by default: `numpy.cross`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.cross([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]).tolist()
    [0.0, 0.0, 1.0]
    """
    return finished(np.cross(as_tensor(input), as_tensor(other), axis=dim))


def addmm(input: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return ``beta * input + alpha * (mat1 @ mat2)``; ``baddbmm`` is the same for stacks, ``addmv`` for a vector.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.addmm(ag.ones(1, 1), ag.ones(1, 2), ag.ones(2, 1), alpha=0.5).tolist()
    [[2.0]]
    """
    product, t = as_tensor(mat1) @ as_tensor(mat2), as_tensor(input)
    return (t if beta == 1 else beta * t) + (product if alpha == 1 else alpha * product)


baddbmm = addmv = addmm


def tensordot(a: Any, b: Any, dims: Any = 2) -> Tensor:
    """Return the sums of products along the last axes of one and the first of another, or along those in two lists.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.tensordot(ag.ones(2, 3), ag.ones(3, 4), dims=1).shape
    (2, 4)
    """
    axes = dims.tolist() if isinstance(dims, (Tensor, np.ndarray)) else dims
    return finished(np.tensordot(as_tensor(a), as_tensor(b), axes))


def cdist(x1: Any, x2: Any, p: float = 2.0) -> Tensor:
    """Return the distances of all rows of a matrix from all of another, or of stacks of matrices.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.cdist([[0.0, 0.0]], [[3.0, 4.0], [0.0, 1.0]]).tolist()
    [[5.0, 1.0]]
    """
    apart = as_tensor(x1)[..., :, None, :] - as_tensor(x2)[..., None, :, :]
    return finished(np.linalg.vector_norm(apart, ord=p, axis=-1))
