"""The linear map as a function, and what is said of shapes that do not fit."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.record import Handle
from autograd_lite.nn.owner import owner_called
from autograd_lite.rules.products import affine
from autograd_lite.tensor.tensor import Tensor


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
