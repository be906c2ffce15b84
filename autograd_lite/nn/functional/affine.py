"""The linear and the bilinear map as functions, and what is said of shapes that do not fit."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.record import Handle
from autograd_lite.nn.owner import owner_called
from autograd_lite.rules.products import affine
from autograd_lite.tensor.tensor import Tensor

_BILINEAR = 3  # axes of a weight


def linear(input: Array, weight: Array, bias: Array = None) -> Tensor:  # noqa: A002 - PyTorch's name
    """Return ``input @ weight.T + bias``.

    Parameters
    ----------
    input : Tensor or array, shape (..., in)
        One vector, or a batch of them.
    weight : Tensor or array, shape (out, in)
        One row for each output.
    bias : Tensor or array, shape (out,), optional
        Left out, nothing is added.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Examples
    --------
    >>> linear(ag.Tensor([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 2.0]]), np.array([0.5, 0.0]))
    Tensor([3.5, 4. ], dtype=float64, op=affine)
    """
    try:
        # The fast path is what calling the operation comes to; called at once, it takes an eighth less time.
        layer = (affine.cache.fast_path or affine) if isinstance(weight, Handle) else affine
        return layer(input, weight, bias)
    except ValueError as error:
        raise _misfit(input, weight, bias) from error


def bilinear(input1: Array, input2: Array, weight: Array, bias: Array | None = None) -> Tensor:
    """Return ``input1 @ weight[k] @ input2 + bias[k]`` for each `k`.

    Parameters
    ----------
    input1, input2 : Tensor or array, shape (..., in1) and (..., in2)
        Vectors.
    weight : Tensor or array, shape (out, in1, in2)
        A matrix for each output.
    bias : Tensor or array, shape (out,), optional
        What is added.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Examples
    --------
    >>> bilinear(np.array([1.0, 2.0]), np.array([3.0]), np.array([[[1.0], [1.0]]]))
    array([9.])
    """
    x1, x2, w = with_shape(input1), with_shape(input2), with_shape(weight)
    fits = len(w.shape) == _BILINEAR and x1.shape[:-1] == x2.shape[:-1]
    if not fits or (x1.shape[-1:], x2.shape[-1:]) != (w.shape[1:2], w.shape[2:]):
        shapes = {"first": tuple(x1.shape), "second": tuple(x2.shape), "weight": tuple(w.shape)}
        raise errors.ShapeError(errors.BILINEAR_SHAPES.format(**shapes))
    out, in1, in2 = w.shape
    pairs = (x1[..., :, None] * x2[..., None, :]).reshape((*x1.shape[:-1], in1 * in2))
    y = pairs @ w.reshape((out, in1 * in2)).T
    return y if bias is None else y + bias


def _misfit(x: Array, weight: Array, bias: Array) -> errors.ShapeError:
    """Return the error for shapes on which the matrix product or the sum has failed."""
    given, shape = np.shape(x), np.shape(weight)
    if len(shape) != 2:  # noqa: PLR2004 - (out, in)
        return errors.ShapeError(errors.LINEAR_WEIGHT.format(weight=shape, n=given[-1] if given else 1))
    outputs, n = shape
    if given[-1:] == (n,):
        return errors.ShapeError(errors.LINEAR_BIAS.format(bias=np.shape(bias), outputs=outputs))
    layer = owner_called(weight)
    what = layer or f"linear() with a weight of shape {shape}, (out, in),"
    fits = [f"np.broadcast_to(x, {n})"] if not given else _fitting(given, n)
    if given:
        fits.append(f"nn.Linear({given[-1]}, {outputs}) for it" if layer else f"a weight of shape {outputs, given[-1]}")
    return errors.ShapeError(errors.LINEAR_SHAPE.format(layer=what, given=given, n=n, instead=", or ".join(fits)))


def _fitting(given: Shape, n: int) -> list[str]:
    """Return what makes an input of another shape one of vectors of length `n`."""
    turned = ["x.T"] if len(given) == 2 and given[0] == n else []  # noqa: PLR2004 - a matrix
    size = math.prod(given)
    return turned + ([f"x.reshape(-1, {n})"] if size and size % n == 0 else [])
