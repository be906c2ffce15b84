"""The values of one rank, given to all others."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.nn.module import Module
from autograd_lite.parallel.layout import difference, signature_of
from autograd_lite.parallel.ranks import ranks_of
from autograd_lite.tensor.commits import commit
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tree import leaves


def broadcast(model: Any, comm: Any, root: int = 0) -> None:
    """Give all ranks the values that one of them has.

    Parameters
    ----------
    model : Module, or tree of Tensors and arrays
        Of a module its parameters and buffers; or a dict, list or tuple. They are written to, on all ranks but one.
    comm : mpi4py.MPI.Comm
        The ranks, which call this function at the same time.
    root : int
        The rank that has the values.

    Raises
    ------
    ParallelError
        The ranks have arrays of other shapes or dtypes; nothing was changed.
    DataError
        Something else than Tensors and arrays.
    ArgumentError
        `comm` is no communicator.

    Notes
    -----
    A checkpoint is for one rank to write, and for all to read:

    ``if comm.rank == 0: ag.save({"model": model.state_dict(), ...}, path)``

    Examples
    --------
    >>> from mpi4py import MPI
    >>> broadcast(ag.nn.Linear(2, 3), MPI.COMM_WORLD)
    """
    ranks_of(comm, "broadcast", "model, ")  # which notice from here on where one of them ends
    found = [*model.parameters(), *model.buffers()] if isinstance(model, Module) else leaves(model)
    for x in found:
        refuse_masked(x)
        if not isinstance(x, (Tensor, np.ndarray)):
            raise errors.DataError(errors.BROADCAST_KIND.format(given=type(x).__name__))
    signatures = comm.allgather(signature_of(found))
    if len(set(signatures)) > 1:
        raise errors.ParallelError(errors.BROADCAST_LAYOUT.format(found=difference(signatures)))
    arrays = [np.array(x.numpy() if isinstance(x, Tensor) else x, order="C") for x in found]
    for array in arrays:
        comm.Bcast(array.reshape(-1).view(np.uint8), root)
    tensors = [(x, array) for x, array in zip(found, arrays, strict=True) if isinstance(x, Tensor)]
    commit([x for x, _ in tensors], [array for _, array in tensors])
    for x, array in zip(found, arrays, strict=True):
        if isinstance(x, np.ndarray):
            x[...] = array
