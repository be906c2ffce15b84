"""A model asked for its outputs: in eval mode, without recording, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite import errors, tree
from autograd_lite.engine.record import plain_of
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.modes import evaluating
from autograd_lite.nn.module import Module
from autograd_lite.train.feeding import size_of
from autograd_lite.train.metrics import Metric, number, takes_all
from autograd_lite.train.sums import Sums


@contextmanager
def judging(model: Module) -> Iterator[None]:
    """Have a model be in eval mode for a block, in which nothing is recorded, and as it was after it."""
    with evaluating(model), no_grad():
        yield


def evaluated(
    judge: Callable[[Any], tuple[Any, Any, Any]], loader: Iterable[Any], metrics: Mapping[str, Metric], mean: bool
) -> dict[str, float]:
    """Return the loss and the metrics over all batches: means weighted by their sizes, or of all of them together.

    Parameters
    ----------
    judge : callable
        Outputs, targets and the loss of a batch.
    mean : bool
        Whether the loss is a mean over the examples of a batch, and not a sum.
    """
    whole = {name: f for name, f in metrics.items() if takes_all(f)}
    sums = Sums({name: f for name, f in metrics.items() if name not in whole})
    together: list[tuple[Any, Any]] = []
    for batch in loader:
        output, target, loss = judge(batch)
        size = size_of(batch, output, target)
        sums.add(size, number(loss, "loss") * (size if mean else 1), output, target)
        if whole:
            together.append((output, target))
    if not sums.count:
        raise errors.DataError(errors.TRAIN_NO_EXAMPLES.format(what="judge by"))
    found = sums.means()
    if whole:
        everything = joined(together)
        found |= {name: number(f(*everything), name) for name, f in whole.items()}
    return {name: found[name] for name in ("loss", *metrics)}


def joined(parts: list[Any]) -> Any:
    """Return arrays of all batches, one after the other, for trees of arrays of each."""
    if not parts:
        raise errors.DataError(errors.TRAIN_NO_EXAMPLES.format(what="predict"))
    leaves, structures = zip(*map(tree.flatten, parts), strict=True)
    columns = zip(*leaves, strict=True)
    return tree.unflatten(structures[0], [np.concatenate([np.asarray(plain_of(x)) for x in c]) for c in columns])


def inputs_of(batch: Any) -> tuple[Any, ...]:
    """Return what of a batch a model is given for a prediction: all but the last of several parts."""
    if not isinstance(batch, (tuple, list)):
        return (batch,)
    return tuple(batch if len(batch) == 1 else batch[:-1])
