"""Smooth activations, and shares: what `softmax` is made into."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.generators import generator
from autograd_lite.engine.operands import with_shape
from autograd_lite.nn.functional.activations import softmax
from autograd_lite.nn.functional.rectifiers import written
from autograd_lite.rules import activations, elementwise, normal
from autograd_lite.rules.common import detached


def gelu(input: A, approximate: str = "none") -> A:  # noqa: A002 - PyTorch's name
    """Return ``x`` times the probability that a standard normal number is at most ``x``.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    approximate : {"none", "tanh"}
        Whether the formula with a hyperbolic tangent is taken, which is near to it and takes less time.

    Notes
    -----
    From Hendrycks and Gimpel, 2016.

    Examples
    --------
    >>> gelu(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.1587,  0.    ,  0.8413])
    """
    if approximate not in ("none", "tanh"):
        raise errors.ArgumentError(errors.APPROXIMATE.format(given=approximate))
    return activations.gelu_by_tanh(input) if approximate == "tanh" else normal.gelu(input)


def silu(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x sigmoid(x)``.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Examples
    --------
    >>> silu(np.array([0.0, np.log(3)])).round(4)
    array([0.   , 0.824])
    """
    return written(input, activations.silu(input), inplace)


def mish(input: A, inplace: bool = False) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x tanh(softplus(x))``.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.

    Notes
    -----
    From Misra, 2019.

    Examples
    --------
    >>> mish(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8651])
    """
    return written(input, activations.mish(input), inplace)


def softplus(input: A, beta: float = 1.0, threshold: float = 20.0) -> A:  # noqa: A002 - PyTorch's name
    """Return ``log(1 + exp(beta x)) / beta``: a smooth `relu`.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    beta : float
        How sharp the bend is, not 0.
    threshold : float
        Where ``beta x`` is larger the result is ``x``, as in PyTorch. `autograd_lite.softplus` has no such bound.

    Examples
    --------
    >>> softplus(np.array([-1000.0, np.log(3)])).round(4)
    array([0.    , 1.3863])
    """
    if not beta:
        raise errors.ArgumentError(errors.ZERO_BETA)
    if beta == 1:
        return np.where(input > threshold, input, elementwise.softplus(input))
    scaled: Array = beta * input
    return np.where(scaled > threshold, input, elementwise.softplus(scaled) / beta)


def logsigmoid(input: A) -> A:  # noqa: A002 - PyTorch's name
    """Return ``log(sigmoid(x))``, exact where the sigmoid would underflow to 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.

    Examples
    --------
    >>> logsigmoid(np.array([-1000.0, 0.0])).round(4)
    array([-1.000e+03, -6.931e-01])
    """
    return activations.logsigmoid(input)


def softsign(input: A) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x / (1 + |x|)``.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.

    Examples
    --------
    >>> softsign(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """
    return activations.softsign(input)


def tanhshrink(input: A) -> A:  # noqa: A002 - PyTorch's name
    """Return ``x - tanh(x)``.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.

    Examples
    --------
    >>> tanhshrink(np.array([0.0, np.log(2)])).round(4)
    array([0.    , 0.0931])
    """
    return input - np.tanh(input)


def softmin(input: A, dim: int | None = None, *, dtype: Any = None) -> A:  # noqa: A002 - PyTorch's name
    """Return ``softmax(-x)`` along an axis: small numbers have the large shares.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    dim : int, optional
        Along which the results sum to 1; by default as of `softmax`.
    dtype : dtype, optional
        What the input is made into before.

    Examples
    --------
    >>> softmin(np.array([0.0, np.log(3)]))
    array([0.75, 0.25])
    """
    return softmax(-input, dim, dtype=dtype)


def glu(input: A, dim: int = -1) -> A:  # noqa: A002 - PyTorch's name
    """Return ``a sigmoid(b)``, where `a` and `b` are the halves of the input along an axis.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    dim : int
        The axis, whose length is even.

    Raises
    ------
    ShapeError
        An axis of odd length.

    Notes
    -----
    From Dauphin, Fan, Auli and Grangier, 2016.

    Examples
    --------
    >>> glu(np.array([2.0, 4.0, 0.0, np.log(3)]))
    array([1., 3.])
    """
    length = np.shape(input)[dim] if np.ndim(input) else 1
    if length % 2:
        raise errors.ShapeError(errors.HALVES.format(shape=np.shape(input), dim=dim))
    a, b = np.split(input, 2, axis=dim)
    return a * elementwise.sigmoid(b)


def gumbel_softmax(
    logits: A, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1, *, rng: Any = None
) -> A:
    """Return samples of shares that become choices as `tau` goes to 0: ``softmax((x + gumbel noise) / tau)``.

    Parameters
    ----------
    logits : Tensor or array, of any shape
        Numbers.
    tau : float
        The temperature, larger than 0.
    hard : bool
        Whether a sample is a choice, 1 for the largest share and 0 for the others, with the derivative of the shares.
    eps : float
        Without an effect, as in PyTorch.
    dim : int
        Along which the results sum to 1.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Notes
    -----
    From Jang, Gu and Poole, and Maddison, Mnih and Teh, 2016.

    Examples
    --------
    >>> gumbel_softmax(np.zeros(3), hard=True, rng=0)
    array([0., 0., 1.])
    """
    x: Array = with_shape(logits)
    noise = generator(rng).gumbel(size=x.shape).astype(x.dtype)
    shares: Any = softmax((x + noise) / tau, dim)
    if not hard:
        return shares
    plain = detached(shares)
    largest = np.expand_dims(np.argmax(plain, axis=dim), dim)
    places = np.moveaxis(np.arange(np.shape(plain)[dim]).reshape(-1, *[1] * (np.ndim(plain) - 1)), 0, dim)
    return shares + ((largest == places) - plain)
