"""Where random numbers come from: the generator given as ``rng=``, or the default one, which `manual_seed` restarts.

NumPy's own global state is neither read nor changed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.unfinished import Lock, register_at_fork
from autograd_lite.engine.watchpoints import drawing

if TYPE_CHECKING:
    from numpy.random import Generator

_first_use = Lock()
_default: Generator | None = None
instead: ContextVar[Callable[[], Generator] | None] = ContextVar("autograd_lite_generator", default=None)
"""What gives the generator that is the default one in this context, if it is another."""


def is_generator(x: Any) -> bool:
    """Tell whether something is a random generator of NumPy.

    NOTE: without importing `numpy.random`, which takes 10 ms: before somebody has, there are none.
    """
    module = sys.modules.get("numpy.random")
    return module is not None and isinstance(x, module.Generator)


def manual_seed(seed: int) -> Generator:
    """Restart the default generator from a seed, and return it.

    Parameters
    ----------
    seed : int
        The same seed gives the same numbers afterwards, on every machine with the same version of NumPy.

    Notes
    -----
    One generator serves all threads. Its draws are safe to make from several of them, but which thread gets which
    numbers then depends on their timing: for reproducible threads give each a generator of its own as ``rng=``.

    While a `DataLoader` makes a batch, that batch has a default generator of its own, which alone is restarted there.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.manual_seed(0).standard_normal() == np.random.default_rng(0).standard_normal()
    True
    """
    return adopt(np.random.default_rng(seed))


def adopt(rng: Generator) -> Generator:
    """Have a generator be the default one, within a task (`own`) that of the task, and return it."""
    if instead.get() is None:
        _begin(rng)
    else:
        instead.set(lambda: rng)
    return rng


def _begin(rng: Generator) -> None:
    global _default  # noqa: PLW0603 - the one default generator of the process
    _default = rng


@contextmanager
def own(rng: Generator | Callable[[], Generator]) -> Iterator[None]:
    """Have another generator be the default one in this context: of a task, of a batch, of a fit.

    Examples
    --------
    >>> with own(np.random.default_rng(1)):
    ...     bool(default_rng().random() == np.random.default_rng(1).random())
    True
    """
    before = instead.set(rng if callable(rng) else lambda: rng)
    try:
        yield
    finally:
        instead.reset(before)


class Refusal:
    """What stands for the generator of a task that is not to draw: an error.

    Parameters
    ----------
    text : str
        What it says.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def __call__(self) -> Generator:
        """Refuse to be drawn from."""
        raise errors.ParallelError(self.text)


def default_rng() -> Generator:
    """Return the generator that is used where no ``rng=`` is given; unpredictable until `manual_seed` is called.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.manual_seed(0) is default_rng()
    True
    """
    other = instead.get()
    if other is not None:
        return other()
    if _default is None:
        # NOTE: made at the first use, not at import: importing numpy.random takes longer than this whole package.
        with _first_use.held:
            if _default is None:
                _begin(np.random.default_rng())
    assert _default is not None
    return _default


def present() -> Generator | None:
    """Return the default generator if there is one that may be drawn from, and make none."""
    other = instead.get()
    return _default if other is None else None if isinstance(other, Refusal) else other()


def _renew() -> None:
    """In the child of a fork: unlock the default generator, from which another thread may have been drawing."""
    lock: Any = None if _default is None else _default.bit_generator.lock
    if lock is not None and not _is_free(lock):
        lock._at_fork_reinit()


def _is_free(lock: Any) -> bool:
    if lock.acquire(blocking=False):
        lock.release()
        return True
    return False


register_at_fork(after_in_child=_renew)


def state() -> Any:
    """Return where the default generator stands, to be repeated by `replayed`."""
    return default_rng().bit_generator.state


def comparable(state: Any) -> Any:
    """Return the state of a generator as something that can be compared: some kinds have arrays in it."""
    if isinstance(state, dict):
        return {key: comparable(value) for key, value in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state


@contextmanager
def replayed(before: Any) -> Iterator[None]:
    """Have the default generator repeat its numbers from a `state`, and go on afterwards from the later of the two.

    NOTE: called where it stands at that state already, nothing is repeated and nothing undone.
    """
    bits = default_rng().bit_generator
    now = bits.state
    if now == before:
        yield
        return
    bits.state = before
    try:
        yield
    finally:
        bits.state = now


def generator(rng: Any = None) -> Generator:
    """Return the generator that an ``rng=`` argument means: itself, one made from a seed, or the default one.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> generator(rng) is rng
    True
    """
    if rng is None:
        return drawing(default_rng())  # type: ignore[no-any-return]
    if getattr(rng, "by_numpy", None) is not None:  # what stands for one in a trace
        return drawing(rng)  # type: ignore[no-any-return]
    made = np.random.default_rng(rng)
    return drawing(made) if made is rng else made  # one made from a seed draws the same at every call, as it shall


def kept(rng: Any = None) -> Generator | None:
    """Return what is kept of an ``rng=`` for later: one made from a seed now goes on from draw to draw; None stays.

    Examples
    --------
    >>> rng = kept(0)
    >>> bool(generator(rng).random() == generator(rng).random()), kept() is None
    (False, True)
    """
    return None if rng is None else generator(rng)
