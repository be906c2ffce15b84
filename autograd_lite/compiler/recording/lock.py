"""One recording at a time: it puts stand-ins into the variables that a function reads, not to be recorded by others.

Who waits must not wait for ever: the function that is recorded may itself wait for other threads (a pool, a queue) that
call compiled functions. So a thread that has waited in vain runs the plain function, and so do others as long as that
recording lasts.
"""

from __future__ import annotations

from autograd_lite.base.unfinished import Lock, begun

PATIENCE = 1.0
"""How many seconds a thread waits for the recording of another one."""

_lock = Lock()
_overdue = False


def taken() -> bool:
    """Take the turn until the end of `unfinished.undone`, and tell whether there was one to be had."""
    global _overdue  # noqa: PLW0603 - one turn for all
    if _lock.is_mine():
        return True
    begun(_give_back)
    got = _lock.held.acquire(timeout=0 if _overdue else PATIENCE)
    _overdue = not got
    return got


def _give_back() -> None:
    if _lock.is_mine():
        _lock.held.release()
