"""The test of deletion: whether what is said to matter does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.scores import Model, Subject, as_tensor, baselines, numbers_of, plain
from autograd_lite.attribution.settings import whole
from autograd_lite.base.shapes import Array


def deletion(
    model: Model, x: Any, attributions: Any, target: Any = None, baseline: Any = None, steps: int = 20
) -> Array:
    """Return the scores while the numbers with the largest attributions are taken away, the largest first.

    A good explanation makes the score fall fast: faster than any other order, such as a random one.

    Parameters
    ----------
    model, x, target
        As of `saliency`, but `x` is one array.
    attributions : array, shape of `x`
        What decides the order, the largest first.
    baseline : array or number, optional
        What stands in the place of a number that is taken away; zeros by default.
    steps : int
        In how many steps all of them are, or fewer where there are fewer numbers.

    Returns
    -------
    array, shape (steps + 1, examples), or (steps + 1,) of a model that gives one number for all of `x`
        The scores, from the whole input to the baseline. Their mean over the steps is the area under the curve: the
        smaller, the better.

    Notes
    -----
    W. Samek et al., "Evaluating the visualization of what a deep neural network has learned", 2017.

    Examples
    --------
    >>> x, w = np.ones((1, 4)), np.array([1.0, 4.0, 2.0, 3.0])
    >>> deletion(lambda x: x @ w, x, x * w, steps=4)[:, 0]
    array([10.,  6.,  3.,  1.,  0.])
    """
    subject = Subject("deletion", model, x, target)
    whole(steps, "steps", "deletion", 20)
    if not subject.single:
        raise errors.ArgumentError(errors.DELETION_SEVERAL.format(count=len(subject.inputs)))
    (cover,), (given,) = baselines(baseline, subject), subject.inputs
    ranks = numbers_of(attributions)
    if ranks.shape != np.shape(given):
        raise errors.ShapeError(errors.DELETION.format(shape=np.shape(given), given=ranks.shape))

    def score(x: Any) -> Array:
        y = plain(subject.score(as_tensor(x)))
        assert y is not None
        return y

    def curve() -> list[Array]:
        before = score(given)
        rows = ranks.reshape(before.size, math.prod(ranks.shape[before.ndim :]))  # one where all is one example
        edges = np.unique(np.linspace(0, rows.shape[1], steps + 1).round().astype(int))
        places = _order(rows).reshape(ranks.shape)
        return [before, *(score(np.where(places < gone, cover, given)) for gone in edges[1:])]

    return np.stack(subject.quietly(curve))


def _order(rows: Array) -> Array:
    """Return for each number in which place it is taken away, in its row."""
    places = np.empty_like(rows, dtype=int)
    np.put_along_axis(places, np.argsort(-rows, axis=1, kind="stable"), np.arange(rows.shape[1])[None], axis=1)
    return places
