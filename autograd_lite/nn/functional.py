"""Layers and losses as functions, with PyTorch's names and orders of arguments.

They take Tensors or arrays. Those that are operations of their own (`sigmoid`, `relu`, ...) are the same as in
`autograd_lite` itself; the others are definitions in terms of operations.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.later import listing
from autograd_lite.base.shapes import A, Array, Shape
from autograd_lite.engine import refusals
from autograd_lite.engine.operands import refuse_masked, with_shape
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.registry import handler_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.nn.owner import owner_called
from autograd_lite.rules import exponentials, neural, recurrent
from autograd_lite.rules.elementwise import relu, sigmoid, softplus
from autograd_lite.rules.neural import difference, fitting_target, half_squared_error, mean_squared_error
from autograd_lite.rules.products import affine
from autograd_lite.tensor.tensor import Tensor

_tanh = handler_of(np.tanh)


def tanh(input: A) -> A:  # noqa: A002 - PyTorch's name
    """Return the hyperbolic tangent, ``(exp(x) - exp(-x)) / (exp(x) + exp(-x))``, element by element.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Numbers.

    Returns
    -------
    Tensor or array, of the shape of `input`
        Between -1 and 1. The derivative is ``1 - y^2``.

    Examples
    --------
    >>> tanh(Tensor([0.0, np.log(2)]))
    Tensor([0. , 0.6], dtype=float64, op=tanh)
    """
    return _tanh(input)


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
    >>> linear(Tensor([1.0, 2.0]), np.array([[1.0, 1.0], [0.0, 2.0]]), np.array([0.5, 0.0]))
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


def lstm_cell(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array = None, b_hh: Array = None
) -> tuple[Array, Array]:
    """Return the next state of a long short-term memory, as one operation: what ``torch.nn.LSTMCell`` computes.

    Of ``z = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh``, the quarters of the last axis are the gates: `i` and `f`, which
    let in and keep, the candidate `g`, and `o`, which lets out. The next `c` is ``f * c + i * g``, with sigmoids of
    `i`, `f` and `o` and the hyperbolic tangent of `g`, and the next `h` is ``o * tanh(c)``.

    Parameters
    ----------
    x : Tensor or array, shape (in,) or (batch, in)
        The input of this step.
    h, c : Tensor or array, shape (hidden,) or (batch, hidden)
        The state before.
    w_ih, w_hh : Tensor or array, shape (4 * hidden, in) and (4 * hidden, hidden)
        Weights.
    b_ih, b_hh : Tensor or array, shape (4 * hidden,), optional
        Left out, nothing is added.

    Returns
    -------
    h, c : Tensor or array, of the shape of `h`
        The state after.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Notes
    -----
    The gates are kept for the derivative, which one rule computes for all inputs at once (Hochreiter and Schmidhuber,
    "Long short-term memory", 1997; with forget gates by Gers, Schmidhuber and Cummins, 2000).

    Examples
    --------
    >>> h, c = lstm_cell(np.ones(2), np.zeros(1), np.zeros(1), np.ones((4, 2)), np.ones((4, 1)))
    >>> h.round(3), c.round(3)
    (array([0.608]), array([0.849]))
    """
    hidden, size = np.shape(h)[-1:], np.shape(x)[-1:]
    shapes = {"w_ih": np.shape(w_ih), "w_hh": np.shape(w_hh), "c": np.shape(c)}
    gates = (4 * hidden[0],) if hidden else ()
    fits = shapes == {"w_ih": gates + size, "w_hh": gates + hidden, "c": np.shape(h)}
    if not (hidden and size and fits and np.shape(x)[:-1] == np.shape(h)[:-1]):
        shapes |= {"x": np.shape(x), "h": np.shape(h)}
        raise errors.ShapeError(errors.LSTM_SHAPES.format(**shapes, weights=gates + size, recurrent=gates + hidden))
    return recurrent.lstm(x, h, c, w_ih, w_hh, b_ih, b_hh)[:2]


def softmax(input: A, dim: int = -1) -> A:  # noqa: A002 - PyTorch's name
    """Return ``exp(input) / sum(exp(input))`` along the axis `dim`: positive numbers that sum to 1.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Scores.
    dim : int
        Along which the results sum to 1.

    Returns
    -------
    Tensor or array, of the shape of `input`
        The same as `autograd_lite.softmax`.

    Examples
    --------
    >>> softmax(Tensor([0.0, np.log(3)]))
    Tensor([0.25, 0.75], dtype=float64, op=softmax)
    """
    return exponentials.softmax(input) if dim == -1 else exponentials.softmax(input, axis=dim)


def log_softmax(input: A, dim: int = -1) -> A:  # noqa: A002 - PyTorch's name
    """Return the logarithm of `softmax`, computed so that it is exact where a probability would underflow to 0.

    Parameters
    ----------
    input : Tensor or array, of any shape
        Scores.
    dim : int
        Along which the exponentials of the results sum to 1.

    Returns
    -------
    Tensor or array, of the shape of `input`
        The same as `autograd_lite.log_softmax`.

    Examples
    --------
    >>> log_softmax(Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.], dtype=float64, op=log_softmax)
    """
    return exponentials.log_softmax(input, axis=dim)


def mse_loss(input: A, target: Array, reduction: str = "mean") -> A:  # noqa: A002 - PyTorch's name
    """Return the squared differences ``(input - target)**2``: their mean, their sum, or all of them.

    Parameters
    ----------
    input, target : Tensor or array, of the same shape
        Prediction and truth.
    reduction : {"mean", "sum", "none"}
        What becomes of the differences.

    Raises
    ------
    ShapeError
        Shapes that differ: broadcasting here would hide a forgotten axis.

    Examples
    --------
    >>> mse_loss(Tensor([1.0, 2.0]), np.array([0.0, 0.0])).item()
    2.5
    """
    check_reduction(reduction)
    if reduction == "mean":
        return mean_squared_error(input, target)
    if reduction == "sum":
        return half_squared_error(input, target) * 2
    return np.square(difference(with_shape(input), with_shape(target)))


def cross_entropy(input: A, target: Array, reduction: str = "mean") -> A:  # noqa: A002 - PyTorch's name
    """Return ``-log softmax(input)`` at the true classes, or its mean under their probabilities.

    Parameters
    ----------
    input : Tensor or array, shape (classes,), (batch, classes) or (batch, classes, ...)
        Scores, before any softmax.
    target : Tensor or array
        Integers: the true classes, of the shape of `input` without its axis of classes.
        Floats: the probability of each class, of the shape of `input`.
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch, the sum, or each is returned.

    Raises
    ------
    ShapeError
        A target of another shape.
    ArgumentError
        A class that does not exist. In an array of another library, as of dask, it has a loss of nan.

    Examples
    --------
    >>> scores = Tensor([[2.0, 0.0], [0.0, 0.0]])
    >>> round(cross_entropy(scores, np.array([0, 1])).item(), 6)
    0.410038
    >>> round(cross_entropy(scores, np.array([[1.0, 0.0], [0.5, 0.5]])).item(), 6)
    0.410038
    """
    check_reduction(reduction)
    if isinstance(input, Handle) and input._op is exponentials.softmax:
        refusals.advise(errors.SOFTMAX_TWICE.format(op=input._op.name))
    input = with_shape(input)  # noqa: A001 - PyTorch's name
    axis = 0 if len(input.shape) == 1 else 1
    true = target if isinstance(target, Tensor) and target.requires_grad else _plain(target)
    scores = exponentials.log_softmax(input, axis=axis)
    if true.dtype.kind in "iu":
        return _at_classes("cross_entropy", scores, target, true, reduction)
    losses = _under_probabilities(scores, true, axis)
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


def nll_loss(input: A, target: Array, reduction: str = "mean") -> A:  # noqa: A002 - PyTorch's name
    """Return minus the logarithms of the probabilities of the true classes, or their mean: the end of `cross_entropy`.

    Parameters
    ----------
    input : Tensor or array, shape (classes,), (batch, classes) or (batch, classes, ...)
        The logarithms of probabilities, as `log_softmax` makes them.
    target : Tensor or array
        Integers: the true classes, of the shape of `input` without its axis of classes.
    reduction : {"mean", "sum", "none"}
        Whether the mean over the batch, the sum, or each is returned.

    Raises
    ------
    ShapeError
        A target of another shape.
    ArgumentError
        A class that does not exist, or that is no integer.

    Examples
    --------
    >>> nll_loss(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]), "sum").round(6)
    np.float64(0.980829)
    """
    check_reduction(reduction)
    true = _plain(target)
    if true.dtype.kind not in "iu":
        raise errors.ArgumentError(errors.CLASS_DTYPE.format(dtype=true.dtype))
    return _at_classes("nll_loss", with_shape(input), target, true, reduction)


def _plain(target: Any) -> Array:
    if isinstance(target, Tensor):
        return array_of(target)
    refuse_masked(target)
    return with_shape(target)


def _at_classes(loss: str, scores: Array, target: Any, classes: Array, reduction: str) -> Array:
    """Return the loss at the classes that are in `target`, a Tensor perhaps, of which a node keeps no copy."""
    shape = scores.shape
    axis = 0 if len(shape) == 1 else 1
    wanted = shape[:axis] + shape[axis + 1 :]
    if classes.shape != wanted:
        one_hot = classes.shape == shape
        _refuse_target(loss, classes, wanted, f"target.argmax(axis={axis})" if one_hot else None)
    count = shape[axis]
    if classes.__class__ is np.ndarray or foreign(classes) is None:  # else it is a loss of nan
        known = (classes >= 0) & (classes < count)
        verify(known, errors.CLASS_RANGE.format(loss=loss, count=count, last=count - 1), errors.ArgumentError)
    return neural.nll_loss(scores, target if isinstance(target, Tensor) else classes, reduction=reduction)


def _under_probabilities(scores: Array, probabilities: Array, axis: int) -> Array:
    if probabilities.shape != scores.shape:
        if probabilities.shape == scores.shape[:axis] + scores.shape[axis + 1 :]:
            names = {"given": probabilities.shape, "dtype": probabilities.dtype}
            raise errors.ShapeError(errors.TARGET_DTYPE.format(loss="cross_entropy", **names))
        _refuse_target("cross_entropy", probabilities, scores.shape)
    return -(probabilities * scores).sum(axis)


def _refuse_target(loss: str, target: Array, wanted: Shape, instead: str | None = None) -> NoReturn:
    shapes = {"given": target.shape, "wanted": wanted}
    text = errors.TARGET_SHAPE.format(loss=loss, **shapes, instead=instead or fitting_target(**shapes))
    raise errors.ShapeError(text)


def check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):
        raise errors.ArgumentError(errors.REDUCTION.format(given=reduction))


__all__ = [
    "cross_entropy", "half_squared_error", "linear", "log_softmax", "lstm_cell", "mse_loss", "nll_loss", "relu",
    "sigmoid", "softmax", "softplus", "tanh",
]  # fmt: skip
__dir__ = listing(__name__)
