"""Arrays of other libraries that speak NumPy's protocols: of a GPU, in pieces that are computed later, with labels.

A Tensor may hold one, for the rules are calls of NumPy's functions, which such an array carries out itself. What no
protocol reaches is here: a new array beside it is made by its library (NumPy's ``like=``), and nobody asks for its
numbers, which may have to be computed first, or fetched.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.base.arraylike import ArrayLike, is_array
from autograd_lite.base.shapes import Array, Shape


def is_foreign(x: Any) -> bool:
    """Tell whether `x` itself is an array of another library, and no Tensor or batch of such.

    Examples
    --------
    >>> is_foreign(np.ones(3)), is_foreign(1.0)
    (False, False)
    """
    return not isinstance(x, (np.ndarray, ArrayLike)) and is_array(x)


def foreign(*values: Any) -> Any:
    """Return the first array of another library among values, or inside of Tensors and batches; None without one."""
    for x in values:
        array = x
        while array.__class__ is not np.ndarray and isinstance(array, ArrayLike):
            examples = array._examples()
            array = array._sample() if examples is None else examples
        if array.__class__ is not np.ndarray and is_foreign(array):
            return array
    return None


def zeros(shape: Shape, dtype: Any, *likes: Any) -> Array:
    """Return zeros, as an array of the library that the first of `likes` is of which is not NumPy's.

    Examples
    --------
    >>> zeros((2,), float, np.ones(3), None)
    array([0., 0.])
    """
    like = foreign(*likes)
    return np.zeros(shape, dtype) if like is None else np.zeros(shape, dtype, like=like)


def ones(shape: Shape, dtype: Any, *likes: Any) -> Array:
    """Return ones, as `zeros` does zeros.

    NOTE: made of those, for NumPy hands ``like=`` of `ones` on with arguments that not all libraries know.
    """
    like = foreign(*likes)
    return np.ones(shape, dtype) if like is None else zeros(shape, dtype, like) + 1


def full(shape: Shape, value: Any, *likes: Any) -> Array:
    """Return an array that has one number everywhere, as `zeros` does zeros."""
    like = foreign(*likes)
    return np.full(shape, value) if like is None else zeros(shape, np.asarray(value).dtype, like) + value


def sent(array: Any, *likes: Any) -> Array:
    """Return an array of NumPy's as one of the library of the first of `likes` that is of another; else itself.

    Its library copies the numbers to where it has its own. The other way, to NumPy, nothing ever goes here.
    """
    like = foreign(*likes)
    return array if like is None or not isinstance(array, (np.ndarray, np.generic)) else np.asarray(array, like=like)


def one_number(x: Array) -> Any:
    """Return the one number of an array that has no ``item``, as Python's own; its library computes or fetches it."""
    return {"b": bool, "c": complex, "f": float}.get(x.dtype.kind, int)(x.reshape(()))
