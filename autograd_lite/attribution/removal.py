"""The test of deletion: whether what is said to matter does."""

from __future__ import annotations

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
    array, shape (steps + 1, examples)
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
    ranks = numbers_of(attributions)
    if ranks.shape != np.shape(x) or not subject.single:
        raise errors.ShapeError(errors.DELETION.format(shape=np.shape(x), given=ranks.shape))
    (cover,), (given,) = baselines(baseline, subject), subject.inputs
    rows = ranks.reshape(subject.count, -1)
    places = np.empty_like(rows, dtype=int)
    np.put_along_axis(places, np.argsort(-rows, axis=1, kind="stable"), np.arange(rows.shape[1])[None], axis=1)
    places = places.reshape(ranks.shape)
    edges = np.unique(np.linspace(0, rows.shape[1], steps + 1).round().astype(int))

    def score(gone: int) -> Any:
        y = plain(subject.score(as_tensor(np.where(places < gone, cover, given))))
        assert y is not None
        return np.broadcast_to(y, (subject.count,))

    return np.stack(subject.quietly(lambda: [score(int(gone)) for gone in edges]))
