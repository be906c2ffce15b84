"""All parameters as one vector, and a vector as all parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.record import array_of
from autograd_lite.tensor.commits import assign
from autograd_lite.tensor.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Return the numbers of parameters one after the other, as a recorded operation.

    Parameters
    ----------
    parameters : iterable of Tensor
        Of any shapes, such as ``model.parameters()``.

    Returns
    -------
    Tensor
        A vector.

    Examples
    --------
    >>> parameters_to_vector([ag.Tensor([[1.0, 2.0]]), ag.Tensor(3.0)])
    Tensor([1., 2., 3.], dtype=float64, op=concatenate)
    """
    vector: Any = np.concatenate([np.reshape(p, -1) for p in parameters])
    return vector


def vector_to_parameters(vec: Any, parameters: Iterable[Tensor]) -> None:
    """Give parameters the numbers of a vector, in order: all of them, or none.

    Parameters
    ----------
    vec : array_like
        Of as many numbers as the parameters have; its history is left out.
    parameters : iterable of Tensor
        Leaves of any shapes.

    Raises
    ------
    ArgumentError
        Another number of numbers.

    Examples
    --------
    >>> w, b = ag.Tensor([[1.0, 2.0]], requires_grad=True), ag.Tensor(3.0, requires_grad=True)
    >>> vector_to_parameters([4.0, 5.0, 6.0], [w, b])
    >>> w.tolist(), b.tolist()
    ([[4.0, 5.0]], 6.0)
    """
    params = list(parameters)
    array = array_of(vec) if isinstance(vec, Tensor) else np.asarray(vec)
    sizes = [p.size for p in params]
    if array.ndim != 1 or array.size != sum(sizes):
        raise errors.ArgumentError(errors.VECTOR_SIZE.format(shape=array.shape, size=sum(sizes)))
    parts = np.split(array, np.cumsum(sizes)[:-1])
    assign((p, part.reshape(p.shape)) for p, part in zip(params, parts, strict=True))
