"""Gradients of a score by the input: `saliency`, `input_x_gradient`, and the sweep that others build on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.scores import Model, Subject
from autograd_lite.base.elsewhere import ones
from autograd_lite.engine.switch import departed_since
from autograd_lite.transforms.watched import WatchedCall, call, name_of, node_of


def saliency(model: Model, x: Any, target: Any = None, absolute: bool = True, *, create_graph: bool = False) -> Any:
    """Return how fast the score of each example changes with each number of its input: the size of its gradient.

    Parameters
    ----------
    model : Module or callable
        Takes `x`, with NumPy's functions, and gives numbers for each example. A module is to be in `eval`.
    x : array or Tensor of floats, shape (examples, ...), or a tuple of them
        The input; a tuple for a model of several arrays, which then has a tuple of attributions.
    target : int, tuple of int, array of int, or callable, optional
        Which number of the output is explained: a class for all examples, or one for each; a tuple for an output of
        more axes; a function of the output that returns a number for each example. It may be left out where the model
        gives one number for each.
    absolute : bool
        Whether the size of the gradient is returned, or with its sign.
    create_graph : bool
        Whether the result is a Tensor recorded by the parameters of the model, to be differentiated further. It is
        always recorded by `x` where that is a Tensor that requires a gradient, or the variable of a transform.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`; a Tensor for a Tensor.

    Raises
    ------
    GradientDtypeError
        `x` is made of whole numbers.
    NoPathError
        The output does not depend on `x`.
    ArgumentError
        A class that does not exist; a model in training with dropout or batch norm.
    ShapeError
        The output has several numbers for each example, and there is no target.

    Notes
    -----
    One sweep serves all examples, as the gradient of the sum of their scores. Gradients of parameters, buffers, hooks,
    random generators and the flag ``training`` are left as they were. (K. Simonyan et al., "Deep inside convolutional
    networks", 2014.)

    Examples
    --------
    >>> saliency(lambda x: x @ np.array([2.0, -1.0]), np.ones((3, 2)))
    array([[2., 1.],
           [2., 1.],
           [2., 1.]])
    """
    subject = Subject("saliency", model, x, target)
    gradients = subject.quietly(lambda: differentiated(subject), create_graph)
    return subject.put_together([np.abs(g) if absolute else g for g in gradients])


def input_x_gradient(model: Model, x: Any, target: Any = None, *, create_graph: bool = False) -> Any:
    """Return the gradient of the score of each example times its input.

    Parameters
    ----------
    model, x, target, create_graph
        As of `saliency`.

    Returns
    -------
    array or Tensor
        Of the shape and dtype of `x`.

    Notes
    -----
    Of a linear model, and of a network of ReLUs without biases, these sum to the score. (A. Shrikumar et al., "Not just
    a black box", 2016.)

    Examples
    --------
    >>> input_x_gradient(lambda x: x @ np.array([2.0, -1.0]), np.array([[3.0, 4.0]]))
    array([[ 6., -4.]])
    """
    subject = Subject("input_x_gradient", model, x, target)
    gradients = subject.quietly(lambda: differentiated(subject), create_graph)
    return subject.put_together([x * g for x, g in zip(subject.inputs, gradients, strict=True)])


def differentiated(
    subject: Subject, inputs: Sequence[Any] | None = None, score: Callable[..., Any] | None = None
) -> tuple[Any, ...]:
    """Return the gradient of the sum of the scores by each input; `score` is what gives them, if not the model."""
    done = watched(subject, subject.inputs if inputs is None else inputs, score)
    seed = ones(np.shape(done.results[0]), done.results[0].dtype, done.results[0])
    found: tuple[Any, ...] = done.gradients(done.pull([(node_of(done.results[0]), seed)], retain=False), single=False)
    return found


def watched(subject: Subject, inputs: Sequence[Any], score: Callable[..., Any] | None = None) -> WatchedCall:
    """Call the model with its inputs watched; refuse one whose scores do not depend on them."""
    done = call(score or subject.score, inputs, {}, range(len(inputs)))
    if node_of(done.results[0]) not in done.reached:
        lost = departed_since(done.inputs[0].order)
        said = {"method": subject.method, "model": name_of(subject.model), "cause": f" ({lost})" if lost else ""}
        raise errors.NoPathError(errors.ATTRIBUTION_NO_PATH.format(**said))
    return done
