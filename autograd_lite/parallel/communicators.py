"""What is asked of a communicator before anything is sent, and the end of all ranks where one fails."""

from __future__ import annotations

import atexit
import os
import sys
import time
from functools import cache, partial
from typing import Any

from autograd_lite import errors

_ON_ITS_WAY = 0.1  # seconds


def check_communicator(comm: Any, needs: str, function: str, before: str = "") -> None:
    """Refuse what is no communicator of mpi4py's, nor has all that a function needs of one.

    NOTE: from the first call on, a rank of several that ends by an error ends all of them, which would wait for it.

    Parameters
    ----------
    comm : object
        What was given.
    needs : str
        Names of attributes, with spaces between them.
    function, before : str
        The function as the message writes it, and what stands in its call before the communicator.
    """
    known: Any = sys.modules.get("mpi4py.MPI")
    is_known = known is not None and isinstance(comm, known.Comm)
    given = None
    if is_known and (comm == known.COMM_NULL or comm.Is_inter()):
        given = "MPI.COMM_NULL" if comm == known.COMM_NULL else "an intercommunicator"
    elif any(getattr(comm, name, None) is None for name in needs.split()):
        given = f"a {type(comm).__name__}"
    if given is not None:
        raise errors.ArgumentError(errors.NO_COMMUNICATOR.format(function=function, given=given, before=before))
    if is_known and known.COMM_WORLD.size > 1:
        _watch(known)


@cache
def _watch(known: Any) -> None:
    atexit.register(partial(_abort_after_an_error, known, os.getpid()))


def _abort_after_an_error(known: Any, process: int) -> None:
    if os.getpid() == process and has_raised() and not known.Is_finalized():
        abort(known.COMM_WORLD)


def has_raised() -> bool:
    """Tell whether the program ends by an error that nobody has caught."""
    return getattr(sys, "ps1", None) is None and getattr(sys, "last_value", None) is not None


def abort(comm: Any) -> None:
    """End the program of all ranks, once what this one has said is on its way: mpiexec drops what it has not read."""
    sys.stdout.flush()
    sys.stderr.flush()
    time.sleep(_ON_ITS_WAY)
    comm.Abort(1)
