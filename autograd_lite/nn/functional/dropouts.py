"""Dropout: numbers, or whole channels, left out at random in training, and others made larger in their place."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import sent
from autograd_lite.base.shapes import A, Array, Shape
from autograd_lite.engine.generators import generator
from autograd_lite.engine.operands import with_shape
from autograd_lite.nn.functional.rectifiers import written

_LOWEST = 1.7580993408473766  # minus the limit of `selu` at minus infinity


def probability(p: Any, what: str) -> float:
    """Return a probability, refused where it is none."""
    if isinstance(p, (int, float, np.integer, np.floating)) and 0 <= p <= 1:
        return float(p)
    raise errors.ArgumentError(errors.PROBABILITY.format(given=p, what=what))


def kept(shape: Shape, p: float, rng: Any, x: Any) -> Array:
    """Return where something of `x` stays that is left out with probability `p`, drawn anew at every call."""
    return sent(generator(rng).random(shape, np.float32) >= p, x)


def dropout(
    input: A,  # noqa: A002 - PyTorch's name
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return numbers of which each is 0 with probability `p`, and else divided by ``1 - p``; out of training all.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.
    p : float
        The probability of 0.
    training : bool
        Whether any are left out. If not, the result is the input.
    inplace : bool
        Whether the result is written to `input`, as an assignment ``input[...] =`` would do it.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Raises
    ------
    ArgumentError
        No probability.

    Notes
    -----
    The mean of a result is the input. Which are left out is drawn at every call, also of a compiled function. From
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014.

    Examples
    --------
    >>> dropout(np.ones(6), 0.5, rng=0)
    array([2., 2., 2., 0., 0., 0.])
    """
    return _dropped(input, p, training, inplace, rng, "dropout()", None)


def _dropped(
    x: A, p: float, training: bool, inplace: bool, rng: Any, what: str, channels: tuple[int, ...] | None
) -> A:
    """Leave numbers out, or `channels`: of the numbers of axes that an input may have, the last is that of a batch."""
    p = probability(p, what)
    array: Array = with_shape(x)
    shape = tuple(array.shape) if channels is None else _channels(array.shape, channels, what)
    if not training or not p:
        return x
    scale = array.dtype.type(0 if p == 1 else 1 / (1 - p))
    return written(x, array * (kept(shape, p, rng, array) * scale), inplace)


def _channels(shape: Shape, dims: tuple[int, ...], what: str) -> Shape:
    """Return the shape of a number for each channel, which broadcasts to `shape`."""
    if len(shape) not in dims:
        missing = dims[-1] - len(shape)
        instead = f"x[{', '.join(['None'] * missing)}]" if missing > 0 else "dropout(x), for single numbers"
        wanted = " or ".join(map(str, dims))
        said = {"what": what, "given": tuple(shape), "wanted": wanted, "instead": instead}
        raise errors.ShapeError(errors.DROPOUT_SHAPE.format(**said))
    leading = 2 if len(shape) == dims[-1] else 1
    return (*shape[:leading], *(1,) * (len(shape) - leading))


def dropout1d(
    input: A,  # noqa: A002 - PyTorch's name
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return `dropout` of whole channels, shape (batch, channels, length) or (channels, length).

    Examples
    --------
    >>> dropout1d(np.ones((4, 2)), rng=0)
    array([[2., 2.],
           [2., 2.],
           [2., 2.],
           [0., 0.]])
    """
    return _dropped(input, p, training, inplace, rng, "dropout1d()", (2, 3))


def dropout2d(
    input: A,  # noqa: A002 - PyTorch's name
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return `dropout` of whole channels, shape (batch, channels, rows, columns).

    Of three axes PyTorch takes the first two for batch and channels, which is what `dropout1d` does.

    Examples
    --------
    >>> dropout2d(np.ones((2, 2, 1, 1)), rng=0).ravel()
    array([2., 2., 2., 0.])
    """
    return _dropped(input, p, training, inplace, rng, "dropout2d()", (4,))


def dropout3d(
    input: A,  # noqa: A002 - PyTorch's name
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return `dropout` of whole channels, shape (batch, channels, depth, rows, columns), or without a batch.

    Examples
    --------
    >>> dropout3d(np.ones((4, 1, 1, 1)), rng=0).ravel()
    array([2., 2., 2., 0.])
    """
    return _dropped(input, p, training, inplace, rng, "dropout3d()", (4, 5))


def alpha_dropout(
    input: A,  # noqa: A002 - PyTorch's name
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return numbers of which each is, with probability `p`, what `selu` has far below 0; mean and variance stay.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers of mean 0 and variance 1, as `selu` has them.
    p, training, inplace, rng
        As for `dropout`; `training` is False by default, as in PyTorch.

    Notes
    -----
    From Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017.

    Examples
    --------
    >>> alpha_dropout(np.zeros(6), 0.5, training=True, rng=0).round(4)
    array([ 0.7792,  0.7792,  0.7792, -0.7792, -0.7792, -0.7792])
    """
    return _alpha(input, p, training, inplace, rng, "alpha_dropout()", features=False)


def feature_alpha_dropout(
    input: A,  # noqa: A002 - PyTorch's name
    p: float = 0.5,
    training: bool = False,
    inplace: bool = False,
    *,
    rng: Any = None,
) -> A:
    """Return `alpha_dropout` of whole channels, shape (batch, channels, ...).

    Examples
    --------
    >>> feature_alpha_dropout(np.zeros((2, 2, 1)), 0.5, training=True, rng=0).round(4).ravel()
    array([ 0.7792,  0.7792,  0.7792, -0.7792])
    """
    return _alpha(input, p, training, inplace, rng, "feature_alpha_dropout()", features=True)


def _alpha(x: A, p: float, training: bool, inplace: bool, rng: Any, what: str, *, features: bool) -> A:
    p = probability(p, what)
    array: Array = with_shape(x)
    shape = tuple(array.shape)
    if features:
        if len(shape) < 2:  # noqa: PLR2004 - batch and channels
            said = {"what": what, "given": shape, "wanted": "2 or more", "instead": "x[None]"}
            raise errors.ShapeError(errors.DROPOUT_SHAPE.format(**said))
        shape = (*shape[:2], *(1,) * (len(shape) - 2))
    if not training or not p:
        return x
    return written(x, _pushed(array, kept(shape, p, rng, array), p), inplace)


def _pushed(x: Array, stays: Array, p: float) -> Array:
    """Return ``a (x or the lowest value) + b``, with `a` and `b` so that mean 0 and variance 1 stay."""
    kind = x.dtype.type
    a = 0.0 if p == 1 else 1 / math.sqrt((_LOWEST**2 * p + 1) * (1 - p))
    shift = np.where(stays, kind(_LOWEST * a * p), kind(_LOWEST * a * (p - 1)))
    return x * (stays * kind(a)) + shift
