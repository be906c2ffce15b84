"""Random Tensors by PyTorch's names: of NumPy's generators, the default one being that of `manual_seed`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.generators import generator as generator_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.functions.made import finished, shape_of
from autograd_lite.rules.common import detached
from autograd_lite.tensor.tensor import Tensor

__all__ = [
    "bernoulli", "multinomial", "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like",
    "randperm",
]  # fmt: skip


def rand(
    *size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return numbers that are equally likely everywhere from 0 to before 1.

    Parameters
    ----------
    *size : int
        The shape, number by number, or as one tuple.
    generator : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed. By default the generator that `manual_seed` restarts.
    dtype : dtype, optional
        float64 by default.
    device : {"cpu"}, optional
        The one device that there is.
    requires_grad : bool
        Whether a gradient is wanted.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.rand(2, 3).shape
    (2, 3)
    """
    return _in_dtype(generator_of(generator).random(shape_of(size)), dtype, device, requires_grad)


def randn(
    *size: Any, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Return normal numbers, of mean 0 and variance 1: see `rand` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.manual_seed(0).standard_normal(2) == ag.randn(2, generator=0).numpy()
    array([ True,  True])
    """
    return _in_dtype(generator_of(generator).standard_normal(shape_of(size)), dtype, device, requires_grad)


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Any = None, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Return whole numbers from `low` to before `high`: ``randint(high, size)`` begins at 0.

    Parameters
    ----------
    low, high : int
        The smallest one, and the first that is too large.
    size : tuple of int
        The shape.
    generator, device, requires_grad
        See `rand`.
    dtype : dtype, optional
        int64 by default.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> bool((ag.randint(2, 5, (100,)) >= 2).all()), ag.randint(10, (2, 3)).shape
    (True, (2, 3))
    """
    if size is None:
        low, high, size = 0, low, high
    if size is None:
        raise errors.ArgumentError(errors.RANDINT_SIZE.format(high=high))
    return _in_dtype(generator_of(generator).integers(low, high, size), dtype, device, requires_grad)


def randperm(n: int, *, generator: Any = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Return the numbers from 0 to before `n` in a random order: see `rand` for the arguments.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> sorted(ag.randperm(4).tolist())
    [0, 1, 2, 3]
    """
    return _in_dtype(generator_of(generator).permutation(n), dtype, device)


def rand_like(
    input: Any, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False  # noqa: A002 - PyTorch's name
) -> Tensor:  # fmt: skip
    """Return numbers as `rand` does, in the shape and dtype of another Tensor.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.rand_like(ag.zeros(2, dtype=ag.float32)).dtype
    dtype('float32')
    """
    wanted = input.dtype if dtype is None else dtype
    return rand(input.shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randn_like(
    input: Any, *, generator: Any = None, dtype: Any = None, device: Any = None, requires_grad: bool = False  # noqa: A002 - PyTorch's name
) -> Tensor:  # fmt: skip
    """Return numbers as `randn` does, in the shape and dtype of another Tensor.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.randn_like(ag.zeros(2, 3)).shape
    (2, 3)
    """
    wanted = input.dtype if dtype is None else dtype
    return randn(input.shape, generator=generator, dtype=wanted, device=device, requires_grad=requires_grad)


def randint_like(input: Any, low: int, high: Any = None, *, generator: Any = None, dtype: Any = None) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return whole numbers as `randint` does, in the shape and dtype of another Tensor.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.randint_like(ag.zeros(2), 5).dtype
    dtype('float64')
    """
    low, high = (0, low) if high is None else (low, high)
    return randint(low, high, input.shape, generator=generator, dtype=input.dtype if dtype is None else dtype)


def normal(mean: Any, std: Any = 1.0, size: Any = None, *, generator: Any = None) -> Tensor:
    """Return normal numbers of given means and standard deviations, without a derivative by these, as in PyTorch.

    Parameters
    ----------
    mean, std : float or array_like
        One number for all, or one for each.
    size : tuple of int, optional
        The shape; by default that of `mean` and `std`.
    generator
        See `rand`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.normal(5.0, 0.0, (2,)).tolist(), ag.normal(ag.zeros(3), 1.0).shape
    ([5.0, 5.0], (3,))
    """
    mean, std = detached(mean), detached(std)
    verify(np.all(np.greater_equal(std, 0)), errors.NEGATIVE_STD, ValueError)
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if size is None else size
    return finished(mean + std * generator_of(generator).standard_normal(shape))


def bernoulli(input: Any, *, generator: Any = None) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return 1 with a given probability, and else 0, in the dtype of the probabilities; without a derivative.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.bernoulli(ag.tensor([0.0, 1.0])).tolist()
    [0.0, 1.0]
    """
    p = detached(input)
    verify(np.all((p >= 0) & (p <= 1)), errors.BERNOULLI, ValueError)
    return finished((generator_of(generator).random(np.shape(p)) < p).astype(p.dtype))


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return places that are drawn with given weights: of a vector, or of each row of a matrix.

    Parameters
    ----------
    input : Tensor
        Weights, which need not sum to 1, of shape (n,) or (rows, n).
    num_samples : int
        How many places are drawn, from each row.
    replacement : bool
        Whether a place may be drawn again. If not, places come in the order in which they are drawn.
    generator
        See `rand`.

    Returns
    -------
    Tensor
        Whole numbers, of shape (num_samples,) or (rows, num_samples), without a derivative.

    Raises
    ------
    ArgumentError
        More places than there are, without replacement.
    ValueError
        Weights that are negative, not finite, or all 0; too few positive ones, without replacement.

    Notes
    -----
    With replacement a uniform number is compared with the sums of the weights up to each place. Without, exponential
    numbers are drawn at rates that are the weights, and the smallest are taken: of independent events each happens
    first with a probability that is its share of all rates, and the next one among the others in the same way.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.multinomial(ag.tensor([0.0, 3.0, 0.0]), 4, replacement=True).tolist()
    [1, 1, 1, 1]
    >>> sorted(ag.multinomial(ag.ones(3), 3).tolist())
    [0, 1, 2]
    """
    weights = detached(input)
    if weights.ndim not in (1, 2) or not num_samples > 0 or (not replacement and num_samples > weights.shape[-1]):
        raise errors.ArgumentError(errors.MULTINOMIAL.format(count=num_samples, shape=tuple(weights.shape)))
    needed = 1 if replacement else num_samples
    fit = (weights >= 0) & (weights < np.inf)
    enough = np.count_nonzero(weights > 0, axis=-1) >= needed
    verify(np.all(fit) & np.all(enough), errors.WEIGHTS.format(needed=needed), ValueError)
    rng = generator_of(generator)
    if not replacement:
        with np.errstate(divide="ignore"):
            return finished(np.argsort(rng.standard_exponential(weights.shape) / weights, axis=-1)[..., :num_samples])
    sums = np.cumsum(weights, axis=-1)
    wanted = rng.random((*weights.shape[:-1], num_samples)) * sums[..., -1:]
    return finished(np.sum(sums[..., None, :] <= wanted[..., None], axis=-1))


def _in_dtype(array: Any, dtype: Any, device: Any, requires_grad: bool = False) -> Tensor:
    return finished(array if dtype is None else array.astype(dtype), device, requires_grad)
