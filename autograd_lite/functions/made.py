"""New Tensors of given numbers, by PyTorch's names. Floats are float64, as everywhere here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.engine import refusals
from autograd_lite.engine.record import Handle, as_array, make_tensor
from autograd_lite.tensor.members.forms import together
from autograd_lite.tensor.tensor import Tensor

__all__ = [
    "arange", "as_tensor", "complex", "empty", "empty_like", "eye", "from_numpy", "full", "full_like", "linspace",
    "logspace", "ones", "ones_like", "polar", "tril_indices", "triu_indices", "zeros", "zeros_like",
]  # fmt: skip


def finished(array: Any, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a new array as a Tensor, on the one device that there is."""
    refusals.device(device)
    made: Any = array if isinstance(array, Handle) else make_tensor(as_array(array))
    result: Tensor = made.requires_grad_() if requires_grad else made
    return result


def shape_of(size: tuple[Any, ...]) -> Any:
    """Return a shape that is given number by number, or as one."""
    return together(size) if size else ()


def _as_it_is(x: Any) -> Any:
    """Return what a new Tensor shall be like: a Tensor without its history, or an array."""
    return x.detach() if isinstance(x, Handle) else x if is_foreign(x) else np.asarray(x)


# ----- of a shape -----


def zeros(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return zeros.

    Parameters
    ----------
    *size : int
        The shape, number by number, or as one tuple.
    dtype : dtype, optional
        float64 by default.
    device : {"cpu"}, optional
        The one device that there is.
    requires_grad : bool
        Whether a gradient is wanted.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.zeros(2, 3).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    return finished(np.zeros(shape_of(size), dtype), device, requires_grad)


def ones(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return ones: see `zeros` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.ones((2,), dtype=ag.float32)
    Tensor([1., 1.], dtype=float32)
    """
    return finished(np.ones(shape_of(size), dtype), device, requires_grad)


def empty(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return numbers that nobody has chosen, to be written over: see `zeros` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.empty(2, 3).fill_(1.0).sum().item()
    6.0
    """
    return finished(np.empty(shape_of(size), dtype), device, requires_grad)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return one value everywhere, which may be a Tensor, in its own dtype by default: see `zeros` for the others.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.full((2,), 7)
    Tensor([7, 7], dtype=int64)
    """
    if isinstance(fill_value, ArrayLike):
        value: Any = fill_value if dtype is None else as_tensor(fill_value, dtype)
        return finished(np.broadcast_to(value, size).copy(), device, requires_grad)
    return finished(np.full(size, fill_value, dtype), device, requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Return a matrix of `n` rows and `m` columns, as many by default, with ones on the diagonal and zeros elsewhere.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.eye(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return finished(np.eye(n, m, dtype=float if dtype is None else dtype), device, requires_grad)


# ----- in a row -----


def arange(
    start: float, end: float | None = None, step: float = 1, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return numbers from `start`, 0 where only an end is given, to before `end`: whole ones are int64.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.arange(3), ag.arange(1, 2, 0.25).tolist()
    (Tensor([0, 1, 2], dtype=int64), [1.0, 1.25, 1.5, 1.75])
    """
    first, last = (0, start) if end is None else (start, end)
    return finished(np.arange(first, last, step, dtype=dtype), device, requires_grad)


def linspace(
    start: float, end: float, steps: int, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return `steps` numbers at equal distances, from `start` to `end` with both of them.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.linspace(0, 1, 5).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    return finished(np.linspace(start, end, steps, dtype=float if dtype is None else dtype), device, requires_grad)


def logspace(
    start: float, end: float, steps: int, base: float = 10.0, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return `steps` powers of a base, of exponents at equal distances from `start` to `end`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.logspace(-1, 1, 3).tolist()
    [0.1, 1.0, 10.0]
    """
    wanted = float if dtype is None else dtype
    return finished(np.logspace(start, end, steps, base=base, dtype=wanted), device, requires_grad)


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Return the places of the lower triangle of a matrix: rows, and columns.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.tril_indices(2, 2).tolist()
    [[0, 1, 1], [0, 0, 1]]
    """
    return finished(np.stack(np.tril_indices(row, offset, col)))


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """Return the places of the upper triangle of a matrix: rows, and columns.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.triu_indices(2, 2, 1).tolist()
    [[0], [1]]
    """
    return finished(np.stack(np.triu_indices(row, offset, col)))


def complex(real: Any, imag: Any) -> Tensor:  # noqa: A001 - PyTorch's name
    """Return complex numbers of their real and imaginary parts.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.complex([1.0], [2.0]).tolist()
    [(1+2j)]
    """
    return as_tensor(real) + 1j * as_tensor(imag)


def polar(abs: Any, angle: Any) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return complex numbers of their sizes and angles.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.polar([2.0], [0.0]).tolist()
    [(2+0j)]
    """
    size, turned = as_tensor(abs), as_tensor(angle)
    return complex(size * np.cos(turned), size * np.sin(turned))


# ----- as another one -----


def _like(fn: Callable[..., Any], input: Any, dtype: Any, device: Any, requires_grad: bool, *more: Any) -> Tensor:  # noqa: A002 - PyTorch's name
    return finished(fn(_as_it_is(input), *more, dtype=dtype), device, requires_grad)


def zeros_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return zeros in the shape and dtype of another Tensor or array: see `zeros` for the other arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.zeros_like(ag.ones(2, dtype=ag.float32)).dtype
    dtype('float32')
    """
    return _like(np.zeros_like, input, dtype, device, requires_grad)


def ones_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return ones in the shape and dtype of another Tensor or array: see `zeros` for the other arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.ones_like(ag.zeros(2)).tolist()
    [1.0, 1.0]
    """
    return _like(np.ones_like, input, dtype, device, requires_grad)


def empty_like(input: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return numbers that nobody has chosen, in the shape and dtype of another Tensor or array.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.empty_like(ag.zeros(2, 3)).shape
    (2, 3)
    """
    return _like(np.empty_like, input, dtype, device, requires_grad)


def full_like(
    input: Any, fill_value: float, *, dtype: Any = None, device: Any = None, requires_grad: bool = False  # noqa: A002 - PyTorch's name
) -> Tensor:  # fmt: skip
    """Return one value everywhere, in the shape and dtype of another Tensor or array.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.full_like(ag.zeros(2), 0.5).tolist()
    [0.5, 0.5]
    """
    return _like(np.full_like, input, dtype, device, requires_grad, fill_value)


# ----- of what is there already -----


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a Tensor as it is, with its history, and all else as a new one.

    NOTE: an array is copied, as it is by `tensor`: nobody else writes to what a Tensor holds.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> t = ag.ones(2)
    >>> ag.as_tensor(t) is t, ag.as_tensor([1, 2]).dtype
    (True, dtype('int64'))
    """
    if not isinstance(data, Tensor):
        return finished(Tensor(data, dtype=dtype), device)
    return finished(data if dtype is None else data.astype(dtype, copy=False), device)


def from_numpy(ndarray: Any) -> Tensor:
    """Return an array as a Tensor: a copy, where PyTorch's would share the memory.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.from_numpy(np.arange(3)).tolist()
    [0, 1, 2]
    """
    if not isinstance(ndarray, np.ndarray):
        raise errors.DataError(errors.FROM_NUMPY.format(given=type(ndarray).__name__))
    return Tensor(ndarray)
