"""What is asked of a communicator before anything is sent."""

from __future__ import annotations

from typing import Any

from autograd_lite import errors


def check_communicator(comm: Any, needs: str, function: str, before: str = "") -> None:
    """Refuse what is no communicator of mpi4py's, nor has all that a function needs of one.

    Parameters
    ----------
    comm : object
        What was given.
    needs : str
        Names of attributes, with spaces between them.
    function, before : str
        The function as the message writes it, and what stands in its call before the communicator.
    """
    if any(getattr(comm, name, None) is None for name in needs.split()):
        given = f"a {type(comm).__name__}"
        raise errors.ArgumentError(errors.NO_COMMUNICATOR.format(function=function, given=given, before=before))
