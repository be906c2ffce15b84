"""Numbers that a model is judged by: functions of its outputs and the targets, of one batch or of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import name_of_call
from autograd_lite.engine.record import plain_of
from autograd_lite.train.checks import listed, shown

Metric = Callable[[Any, Any], Any]
COLUMNS = ("epoch", "step", "lr", "loss")
"""What an epoch has in any case."""


def accuracy(output: Any, target: Any) -> float:
    """Return the share of examples whose largest score is that of their class; nan is none.

    Parameters
    ----------
    output : array_like, shape (n, classes, ...)
        Scores, or their logarithms or probabilities.
    target : array_like, shape (n, ...)
        Classes; or probabilities in the shape of `output`, of which the largest counts.

    Raises
    ------
    ShapeError
        An output with fewer than two classes.

    Examples
    --------
    >>> accuracy(np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([0, 0]))
    0.5
    """
    scores, classes = _plain(output), _plain(target)
    if scores.ndim < 2 or scores.shape[1] < 2:  # noqa: PLR2004 - classes
        raise errors.ShapeError(errors.TRAIN_SCORES.format(metric="accuracy", shape=scores.shape))
    if classes.shape == scores.shape:
        classes = classes.argmax(1)
    found = np.where(np.isnan(scores).any(1), np.nan, scores.argmax(1))  # which equals nothing
    return _mean_of_equal("accuracy", found, classes, np.equal)


def binary_accuracy(output: Any, target: Any, threshold: float = 0.0) -> float:
    """Return the share of examples whose score is above a threshold where the target is 1, and not where it is 0.

    Parameters
    ----------
    output : array_like
        A score for each; of probabilities write ``lambda o, t: binary_accuracy(o, t, 0.5)``.
    target : array_like
        1 or 0, in the same shape.
    threshold : float

    Raises
    ------
    ShapeError
        Shapes that differ.

    Examples
    --------
    >>> binary_accuracy(np.array([1.5, -0.5, 0.1]), np.array([1, 0, 0])) == 2 / 3
    True
    """
    return _mean_of_equal("binary_accuracy", _plain(output) > threshold, _plain(target) > 0, np.equal)


def mean_absolute_error(output: Any, target: Any) -> float:
    """Return the mean of the sizes of all errors.

    Examples
    --------
    >>> mean_absolute_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    1.0
    """
    return _mean_of_equal("mean_absolute_error", _plain(output), _plain(target), lambda a, b: np.abs(a - b))


def mean_squared_error(output: Any, target: Any) -> float:
    """Return the mean of the squares of all errors.

    Examples
    --------
    >>> mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    2.0
    """
    return _mean_of_equal("mean_squared_error", _plain(output), _plain(target), lambda a, b: np.abs(a - b) ** 2)


def whole(metric: Metric) -> Metric:
    """Have a metric called once, with arrays of the outputs and targets of all batches together.

    For what is no mean over examples, as a root, a correlation, the area under a curve: scikit-learn's functions,
    say. Those take the target first: ``whole(lambda output, target: r2_score(target, output))``.

    Examples
    --------
    >>> largest = whole(lambda output, target: np.max(np.abs(output - target)))
    >>> float(largest(np.array([1.0, 2.0]), np.array([1.5, 2.0])))
    0.5
    """

    @wraps(metric)
    def of_all(output: Any, target: Any) -> Any:
        return metric(output, target)

    of_all.takes_all = True  # type: ignore[attr-defined]
    return of_all


@whole
def root_mean_squared_error(output: Any, target: Any) -> float:
    """Return the root of the mean of the squares of all errors, of all batches together.

    Examples
    --------
    >>> root_mean_squared_error(np.array([1.0, 2.0]), np.array([1.0, 4.0])) ** 2
    2.0000000000000004
    """
    return float(np.sqrt(mean_squared_error(output, target)))


def takes_all(metric: Metric) -> bool:
    """Tell whether a metric is one of all examples together."""
    return getattr(metric, "takes_all", False)


def number(value: Any, name: str) -> float:
    """Return what a loss or a metric of this name has given as a number.

    Raises
    ------
    DataError
        It has given something else.
    """
    item = getattr(value, "item", None)
    try:
        return float(value if item is None else item())
    except (TypeError, ValueError) as error:
        given = f"shape {tuple(value.shape)}" if getattr(value, "ndim", 0) else f"type {type(value).__name__}"
        raise errors.DataError(errors.TRAIN_NUMBER.format(name=name, given=given)) from error


def named(metrics: Metric | Mapping[str, Metric] | Iterable[Metric], setting: str = "metrics") -> dict[str, Metric]:
    """Return metrics by name; refuse two of one name, one that has that of another number, and what is no function."""
    pairs: list[Any] = list(metrics.items() if isinstance(metrics, Mapping) else [(None, f) for f in listed(metrics)])
    for _, f in pairs:
        if not callable(f) or isinstance(f, type):
            raise errors.ArgumentError(errors.TRAIN_METRIC.format(setting=setting, given=shown(f)))
    pairs = [(name_of_call(f) if name is None else name, f) for name, f in pairs]
    names = [name for name, _ in pairs]
    for name in names:
        if name in COLUMNS or names.count(name) > 1:
            raise errors.ArgumentError(errors.TRAIN_METRICS.format(setting=setting, name=name))
    return dict(pairs)


def _plain(x: Any) -> Any:
    return np.asarray(plain_of(x))


def _mean_of_equal(name: str, a: Any, b: Any, of: Callable[[Any, Any], Any]) -> float:
    """Return the mean of a function of two arrays, of one shape: a broadcast would compare each with all."""
    if a.shape != b.shape:
        raise errors.ShapeError(errors.TRAIN_MEAN.format(metric=name, first=a.shape, second=b.shape))
    return float(np.mean(of(a, b)))
