"""Connectionist temporal classification: minus the logarithm of the probability of a text, however it is aligned."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.operands import with_shape
from autograd_lite.nn.functional.reduction import check_reduction
from autograd_lite.rules.common import detached
from autograd_lite.transforms.loops import scan


def ctc_loss(
    log_probs: A,
    targets: Array,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> A:
    """Return minus the logarithm of the probability that a sequence says a text, summed over all alignments.

    Parameters
    ----------
    log_probs : Tensor or array, shape (steps, batch, classes) or (steps, classes)
        The logarithms of probabilities at each step, as `log_softmax` makes them.
    targets : array of integers, shape (batch, labels), (labels,), or all texts in a row
        The labels.
    input_lengths, target_lengths : array of integers, shape (batch,), or integer
        How many steps and labels of each example count.
    blank : int
        The class that says nothing.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses. For the mean each is divided by the length of its text before.
    zero_infinity : bool
        Whether texts that cannot be said, which are longer than the sequence, count as 0 instead of inf.

    Raises
    ------
    ShapeError
        Shapes that do not belong together.
    ArgumentError
        Lengths that are not there.

    Notes
    -----
    From Graves, Fernandez, Gomez and Schmidhuber, 2006: the forward variables, step by step, in logarithms. The
    derivative by `log_probs` is minus the probability of being there; PyTorch's has ``exp(log_probs)`` more, which
    makes no difference below a `log_softmax`.

    Examples
    --------
    >>> half = np.log(np.full((2, 1, 2), 0.5))
    >>> ctc_loss(half, np.array([[1]]), [2], [1]).round(4)
    np.float64(0.2877)
    """
    check_reduction(reduction)
    scores, labels = with_shape(log_probs), detached(with_shape(targets))
    alone = len(np.shape(scores)) == 2  # noqa: PLR2004 - steps, classes
    if alone:
        scores = np.expand_dims(scores, 1)
    steps, batch = np.shape(scores)[:2]
    lengths = [np.atleast_1d(np.asarray(detached(with_shape(x)))) for x in (input_lengths, target_lengths)]
    if len(np.shape(scores)) != 3 or any(x.shape != (batch,) for x in lengths):  # noqa: PLR2004 - and batch
        shapes = [np.shape(log_probs), labels.shape, *[x.shape for x in lengths]]
        raise errors.ShapeError(errors.CTC_SHAPES.format(shapes=", ".join(map(str, shapes))))
    texts = _padded(labels, lengths[1], batch)
    most = [int(x.max(initial=0)) for x in lengths]
    if most[0] > steps or most[1] > texts.shape[1]:
        names = {"inputs": most[0], "steps": steps, "targets": most[1], "labels": texts.shape[1]}
        raise errors.ArgumentError(errors.CTC_LENGTHS.format(**names))
    losses = -_log_probability(scores, texts, lengths[0], lengths[1], blank)
    if zero_infinity:
        losses = np.where(detached(losses) == np.inf, 0, losses)
    if reduction == "mean":
        return (losses / np.maximum(lengths[1], 1).astype(losses.dtype)).mean()
    return losses.sum() if reduction == "sum" else losses[0] if alone else losses


def _padded(labels: Array, lengths: Array, batch: int) -> Array:
    """Return texts as rows, from texts in a row."""
    if labels.ndim == 2:  # noqa: PLR2004 - a row for each
        return labels
    rows = np.zeros((batch, int(lengths.max(initial=0))), labels.dtype)
    if labels.size < lengths.sum():
        raise errors.ArgumentError(
            errors.CTC_LENGTHS.format(inputs=0, steps=0, targets=int(lengths.sum()), labels=labels.size)
        )
    inside = np.arange(rows.shape[1]) < lengths[:, None]
    rows[inside] = labels[: lengths.sum()]
    return rows


def _log_probability(scores: Array, texts: Array, steps: Array, lengths: Array, blank: int) -> Array:
    """Return the logarithms of the probabilities of texts: of being at each label or blank, step by step."""
    batch, most = texts.shape
    path = np.full((batch, 2 * most + 1), blank)
    path[:, 1::2] = texts
    places = np.broadcast_to(path, (np.shape(scores)[0], *path.shape))
    said = np.take_along_axis(scores, places, -1)
    skips = np.zeros(path.shape, bool)
    skips[:, 2:] = (path[:, 2:] != blank) & (path[:, 2:] != path[:, :-2])
    never = np.full((batch, 2), -np.inf, scores.dtype)
    start = np.where(np.arange(path.shape[1]) < 2, said[0], -np.inf)  # noqa: PLR2004 - a blank, or the first label

    def step(alpha: Array, x: Any) -> tuple[Array, None]:
        score, counts = x
        longer = np.concatenate([never, alpha], axis=1)
        came = np.logaddexp(np.logaddexp(alpha, longer[:, 1:-1]), np.where(skips, longer[:, :-2], -np.inf))
        return np.where(counts, came + score, alpha), None

    going = np.arange(1, np.shape(scores)[0])[:, None, None] < steps[:, None]
    alpha, _ = scan(step, start, (said[1:], going))
    ends = np.stack([2 * lengths, np.maximum(2 * lengths - 1, 0)], axis=1)
    last = np.take_along_axis(alpha, ends, 1)
    both = np.logaddexp(last[:, 0], last[:, 1])
    return np.where(lengths > 0, both, last[:, 0])
