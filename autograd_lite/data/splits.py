"""A dataset in parts: at random, and with as many examples of each label as each part is due."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.data.datasets import Subset
from autograd_lite.engine.generators import generator as generator_of
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.engine.record import plain_of


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Any = None, *, stratify: Any = None
) -> list[Subset[Any]]:
    """Return the examples of a dataset in parts that have nothing in common, in a random order.

    Parameters
    ----------
    dataset : Dataset
        What is split.
    lengths : sequence of int or of float
        How many examples are in each part; or fractions that sum to 1, of which what is left over by rounding down
        goes to the first parts, one to each.
    generator : numpy.random.Generator or int, optional
        Where the order comes from, or its seed. By default the generator that `manual_seed` restarts.
    stratify : array_like, optional
        A label for each example. Each part then has its share of the examples of each label, up to one example.

    Raises
    ------
    ArgumentError
        Lengths that do not sum to that of the dataset; as many labels as there are not examples.

    Examples
    --------
    >>> parts = random_split(range(10), [0.75, 0.25], generator=0)
    >>> [len(part) for part in parts]
    [8, 2]
    >>> labels = np.array([0] * 90 + [1] * 10)
    >>> parts = random_split(labels, [0.8, 0.2], generator=0, stratify=labels)
    >>> [int(labels[part.indices].sum()) for part in parts]
    [8, 2]
    """
    count = len(dataset)
    sizes = _from_fractions(lengths, count) if math.isclose(sum(lengths), 1) and sum(lengths) <= 1 else list(lengths)
    if sum(sizes) != count or any(n < 0 or n != int(n) for n in sizes):
        raise errors.ArgumentError(errors.SPLIT_LENGTHS.format(given=list(lengths), count=count))
    rng = generator_of(generator)
    if stratify is not None:
        return [Subset(dataset, order.tolist()) for order in _by_label(_labels(stratify, count), sizes, rng)]
    order = rng.permutation(count).tolist()
    return [Subset(dataset, order[i:j]) for i, j in pairwise(accumulate(map(int, sizes), initial=0))]


def _labels(stratify: Any, count: int) -> np.ndarray[Any, Any]:
    """Return a number for each example, the same for the same label."""
    refuse_masked(stratify)
    labels = np.asarray(plain_of(stratify))
    if labels.shape[:1] != (count,):
        raise errors.ArgumentError(errors.SPLIT_LABELS.format(given=labels.shape[0] if labels.ndim else 0, count=count))
    rows = labels.reshape(count, -1)
    if labels.dtype.kind == "O":  # texts in a column of pandas, which may have gaps: NumPy cannot sort them
        keys = list(map(tuple, rows.tolist()))
        numbers = {key: number for number, key in enumerate(sorted(dict.fromkeys(keys), key=repr))}
        return np.array([numbers[key] for key in keys], int)
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(count)


def _by_label(labels: np.ndarray[Any, Any], sizes: Sequence[float], rng: Any) -> list[np.ndarray[Any, Any]]:
    """Return the numbers of the examples of each part."""
    shares = _shares(np.bincount(labels), np.array(sizes, int))
    parts: list[list[Any]] = [[] for _ in sizes]
    for label, share in enumerate(shares):
        members = rng.permutation(np.flatnonzero(labels == label))
        for part, found in zip(parts, np.split(members, np.cumsum(share)[:-1]), strict=True):
            part.append(found)
    return [rng.permutation(np.concatenate([*part, np.arange(0)])) for part in parts]


def _shares(counts: np.ndarray[Any, Any], sizes: np.ndarray[Any, Any]) -> list[np.ndarray[Any, Any]]:
    """Return how many examples of each label are in each part: the share of it, rounded such that all sums are right.

    What is left over by rounding down is one at most in each place. A label gives its own to the parts that miss most,
    which is known to work out wherever there is a way (Gale and Ryser).
    """
    shares = [count * sizes // max(counts.sum(), 1) for count in counts]
    missing = sizes - np.sum([*shares, 0 * sizes], axis=0)
    for place in np.argsort([share.sum() - count for count, share in zip(counts, shares, strict=True)], kind="stable"):
        chosen = np.argsort(-missing, kind="stable")[: counts[place] - shares[place].sum()]
        shares[place][chosen] += 1
        missing[chosen] -= 1
    return shares


def _from_fractions(fractions: Sequence[float], count: int) -> list[int]:
    if any(not 0 <= f <= 1 for f in fractions):
        raise errors.ArgumentError(errors.SPLIT_LENGTHS.format(given=list(fractions), count=count))
    sizes = [math.floor(count * f) for f in fractions]
    for i in range(count - sum(sizes)):
        sizes[i % len(sizes)] += 1
    return sizes
