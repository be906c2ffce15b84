"""Calls that do not depend on each other, carried out by an executor: in their order, and with their errors.

An executor is whatever has ``submit(f, *args)`` and returns a `concurrent.futures.Future`: threads, processes, ranks of
MPI, machines of a cluster. The engine is its own; here is what a caller may rely on whichever it is.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, BrokenExecutor, CancelledError, Future, wait
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, NoReturn, TypeAlias

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import name_of_call
from autograd_lite.engine.generators import Refusal, generator, own

Function: TypeAlias = Callable[..., Any]

_ABOUT_PICKLES = re.compile(r"pickle|can't get local object", re.IGNORECASE)
_LONGEST = 160  # letters of another error that stand in a message


def refuse_no_executor(executor: Any) -> None:
    """Refuse what is no executor; None is none."""
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise errors.ArgumentError(errors.EXECUTOR.format(given=f"a {type(executor).__name__}"))


def in_order(f: Function, items: Sequence[Sequence[Any]], executor: Any, what: Function | str) -> list[Any]:
    """Return ``f(*item)`` for each item, in their order, computed by an executor or, with None, here.

    The first item in order that fails raises its error, with a note that says which it is; what has not begun then is
    cancelled, and what has is waited for.

    Parameters
    ----------
    f : callable
        What is called.
    items : sequence of sequences
        Its arguments.
    executor : Executor or None
        What calls it.
    what : callable or str
        The user's function, or what messages call it.
    """
    refuse_no_executor(executor)
    if executor is None:
        return [_here(f, item, number, len(items), what) for number, item in enumerate(items)]
    futures: list[Future[Any]] = []
    try:
        futures.extend(executor.submit(f, *item) for item in items)  # also those before one that cannot be submitted
        _settle(futures)
    except BrokenExecutor as error:  # of one that was broken before
        _explain(error, futures, len(items), what)
    except BaseException:
        _cancel(futures)
        raise
    return [_result(f, item, number, futures, what) for number, item in enumerate(items)]


def _here(f: Function, item: Sequence[Any], number: int, count: int, what: Function | str) -> Any:
    try:
        return f(*item)
    except Exception as error:
        _note(error, number, count, what)
        raise


def _settle(futures: Sequence[Future[Any]]) -> None:
    """Wait until all are done, or until it is known which is the first that fails and nothing runs any more."""
    wait(futures, return_when=FIRST_EXCEPTION)
    failed = [number for number, future in enumerate(futures) if _has_failed(future)]
    if failed:
        _cancel(futures[failed[0] + 1 :])
    wait(futures)


def _has_failed(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is not None


def _cancel(futures: Sequence[Future[Any]]) -> None:
    for future in futures:
        future.cancel()


def _result(f: Function, item: Sequence[Any], number: int, futures: Sequence[Future[Any]], what: Function | str) -> Any:
    try:
        return futures[number].result()
    except (Exception, CancelledError) as error:
        _note(error, number, len(futures), what)
        if isinstance(error, (pickle.PicklingError, AttributeError, TypeError)) and _ABOUT_PICKLES.search(str(error)):
            cause = str(error).partition("\n")[0][:_LONGEST]
            text = errors.RESULT_NOT_PICKLED if _is_pickled((f, *item)) else errors.NOT_PICKLED
            raise errors.ParallelError(text.format(what=name_of_call(what), cause=cause)) from error
        _explain(error, futures, len(futures), what)


def _note(error: BaseException, number: int, count: int, what: Function | str) -> None:
    text = errors.TASK.format(number=number, count=count, what=name_of_call(what))
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)


def _explain(error: BaseException, futures: Sequence[Future[Any]], count: int, what: Function | str) -> NoReturn:
    """Raise what a call has raised; or, where its process has ended, what is to be written."""
    if not isinstance(error, BrokenExecutor) and type(error).__name__ not in _LOST:
        raise error
    kept = sum(future.done() and not future.cancelled() and not _has_failed(future) for future in futures)
    _cancel(futures)
    text = errors.WORKER_LOST.format(what=name_of_call(what), kept=kept, count=count)
    raise errors.ParallelError(text) from error


_LOST = frozenset(("KilledWorker", "WorkerCrashedError"))
"""What dask and ray raise where a process has ended too often."""


def _is_pickled(x: Any) -> bool:
    try:
        pickle.dumps(x)
    except Exception:  # noqa: BLE001 - whatever code of the user's raises
        return False
    return True


def words_of(rng: Any) -> Any:
    """Return what the streams of all items come from, drawn from a generator: at every call of a compiled function."""
    return generator(rng).integers(0, 2**32, _WORDS, np.uint32)


def stream(words: Any, number: int, what: Function | str) -> AbstractContextManager[None]:
    """Return a block in which an item draws from a stream of its own, whoever computes it; without words, from none."""
    if words is None:
        return own(Refusal(errors.PARALLEL_DRAWS.format(function=name_of_call(what))))
    entropy = np.asarray(words, np.uint32).tolist()
    return own(np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(number,))))


_WORDS = 4  # of 32 bits


class Here:
    """What stays in this process: the place of an executor in what is pickled, which others find empty.

    Attributes
    ----------
    held : object or None
        The executor.
    """

    __slots__ = ("held",)
    _surveyed = ()

    def __init__(self, held: Any) -> None:
        self.held = held

    def __reduce__(self) -> Any:
        return partial(Here, None), ()

    def __deepcopy__(self, memo: Any) -> Here:
        return self
