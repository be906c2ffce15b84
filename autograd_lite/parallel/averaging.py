"""The mean of gradients over all ranks of MPI: one sum of one buffer in each step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.watchpoints import opaque, traced
from autograd_lite.nn.module import Module
from autograd_lite.parallel.layout import signature_of
from autograd_lite.parallel.ranks import ranks_of
from autograd_lite.tensor.commits import grad_array, replace_gradients
from autograd_lite.tensor.tensor import Tensor

_SELDOM = 101  # calls; a prime, so that models that take turns all have theirs


def mean(comm: Any, weight: float | Callable[[], float] | None = None) -> Mean:
    """Return what has all ranks of a communicator step along the same gradient: the mean of theirs.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm
        The ranks, such as ``MPI.COMM_WORLD``. They call this function at the same time.
    weight : float or callable, optional
        How much the gradients of this rank count, such as the number of examples that they are means over: a number,
        which may be set between steps (``average.weight = len(batch)``), or a function without arguments that returns
        it. By default all ranks count the same.

    Returns
    -------
    Mean
        For ``average=`` of an optimiser, or to be called with parameters.

    Raises
    ------
    ArgumentError
        `comm` is no communicator; a weight that is negative or not finite.
    ParallelError
        At a step: the ranks have other parameters, or other values of them; one has ended.
    DataError
        Gradients that are arrays of another library; something else than parameters.

    Notes
    -----
    A step is one ``Allreduce`` of one buffer for each dtype, in which the gradients of all parameters lie one after the
    other; of several models in turn there is a second one, of six numbers. All ranks get the same bits, so that their
    parameters, equal at first (`broadcast`), stay equal; and those of one process that has the whole batch, but for
    rounding (which L-BFGS magnifies). What has a gradient on some ranks only counts as 0 on the others.

    The ranks compare their parameters to the last bit, at the first step, the 2nd, 4th, 8th and so on, and each 101st:
    other learning rates, states of the optimiser or values set by hand are an error then. A schedule that goes by a
    loss, as `ReduceLROnPlateau` does, takes that of all ranks: ``(loss,) = average([], loss)``. Processors of several
    kinds may round in several ways.

    From the first `broadcast` or `mean` on, a rank whose program ends before those of the others, or by an error, ends
    the whole job, with a message; one that fails does so from the first `seed`, `shard` or `DistributedSampler` on, and
    under ``python -m mpi4py`` always. Where a rank waits in a call of MPI of your own and another one waits here,
    nobody notices. What is to be done to the mean, such as clipping, is done after it: call ``average(params)``,
    ``nn.utils.clip_grad_norm_(params, 1.0)`` and the step of an optimiser without ``average=``.

    Random numbers are each rank's own (`seed`), so a checkpoint that rank 0 writes for all is no place for them: call
    `seed` after loading it, or save a folder for each rank, as a `Trainer`'s (``folder / str(comm.rank)``).

    Inside of a compiled function it is a call of its own, which programs of any backend make.

    Examples
    --------
    ``mpiexec -n 2 python -m mpi4py train.py``, where each rank has other rows:

    >>> from mpi4py import MPI
    >>> comm = MPI.COMM_WORLD
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> ag.parallel.broadcast([w], comm)
    >>> opt = ag.optim.SGD([w], lr=0.1, average=ag.parallel.mean(comm))
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w.tolist()
    [0.8, 1.6]
    """
    return Mean(comm, weight)


class Mean:
    """The mean over all ranks: see `mean`.

    Attributes
    ----------
    comm : mpi4py.MPI.Comm
        The ranks.
    weight : float, callable or None
        How much the gradients of this rank count.

    Examples
    --------
    >>> from mpi4py import MPI
    >>> average = Mean(MPI.COMM_WORLD)
    >>> w = ag.Tensor([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> average([w], 0.5)
    [0.5]
    >>> w.grad.tolist()
    [6.0, 8.0]
    """

    _surveyed = ()

    def __init__(self, comm: Any, weight: float | Callable[[], float] | None = None) -> None:
        self.comm, self.weight = comm, weight
        self._ranks = ranks_of(comm, "mean")
        self._calls: Counter[int] = Counter()  # of each layout
        self._weight()

    def __call__(self, parameters: Tensor | Module | Iterable[Tensor], *numbers: float) -> list[float]:
        """Give parameters the mean of their gradients over all ranks; return the means of numbers, such as a loss.

        Parameters
        ----------
        parameters : iterable of Tensor, Tensor or Module
            The same ones on each rank; of a module its parameters.
        *numbers : float
            What is averaged with them.
        """
        tensors = _listed(parameters)
        gradients = [grad_array(t) for t in tensors]
        there = [i for i, g in enumerate(gradients) if g is not None]
        given = [gradients[i] for i in there] + [np.asarray(x, np.float64) for x in numbers]
        _refuse_foreign(tensors, gradients)
        found = list(opaque(partial(self._averaged, tensors, there), "mean_over_ranks", given, {}))
        means = found[: len(tensors)]
        found_for = [(t, g) for t, g in zip(tensors, means, strict=True) if g is not None]
        replace_gradients([t for t, _ in found_for], [g for _, g in found_for])
        return [float(x) for x in found[len(tensors) :]]

    def _averaged(self, tensors: Sequence[Tensor], there: Sequence[int], *given: Array) -> tuple[Array | None, ...]:
        """Return the means of what is given, the gradients of some of the parameters and numbers."""
        numbers = given[len(there) :]
        values = [t._data for t in tensors]
        layout = self._ranks.layout(signature_of([*tensors, *numbers]), values)
        self._calls[layout.number] += 1
        placed = dict(zip([*there, *range(len(tensors), len(tensors) + len(numbers))], given, strict=True))
        found = [placed.get(i) for i in range(len(layout.signature))]
        layout.put(found, self._weight(), _is_due(self._calls[layout.number]))
        total = self._ranks.sums(layout, values).weight
        if not total:
            raise errors.ArgumentError(errors.MEAN_NO_WEIGHT)
        return tuple(layout.means(total))

    def _weight(self) -> float:
        given = self.weight() if callable(self.weight) else 1 if self.weight is None else self.weight
        known: Any = given
        if not isinstance(known, (int, float, np.number)) or not 0 <= known < math.inf:
            raise errors.ArgumentError(errors.MEAN_WEIGHT.format(given=given))
        return float(given)

    def __reduce__(self) -> Any:
        return mean, (self.comm, self.weight)

    def __deepcopy__(self, memo: Any) -> Mean:
        return self


def _is_due(calls: int) -> bool:
    """Tell whether parameters are compared: often at first, then seldom, for it takes as long as to read them all."""
    return calls & (calls - 1) == 0 or calls % _SELDOM == 0


def _listed(parameters: Any) -> list[Tensor]:
    """Return parameters in a list; refuse what holds something else."""
    if isinstance(parameters, (Tensor, Module)):
        return [parameters] if isinstance(parameters, Tensor) else list(parameters.parameters())
    found = list(parameters) if isinstance(parameters, Iterable) else [parameters]
    for x in found:
        if not isinstance(x, Tensor):
            raise errors.DataError(errors.MEAN_PARAMETERS.format(given=type(x).__name__))
    return found


def _refuse_foreign(tensors: Sequence[Tensor], gradients: Sequence[Any]) -> None:
    for t, g in zip(tensors, gradients, strict=True):
        if g is not None and not traced() and foreign(g) is not None:
            what, given = refusals.describe(t), type(g).__name__
            raise errors.DataError(errors.MEAN_FOREIGN.format(what=what, given=given))
