"""Calls that do not depend on each other, carried out by an executor: in their order, and with their errors.

An executor is whatever has ``submit(f, *args)`` and returns a `concurrent.futures.Future`: threads, processes, ranks of
MPI, machines of a cluster. The engine is its own; here is what a caller may rely on whichever it is.
"""

from __future__ import annotations

import concurrent.futures
import os
import pickle
import re
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import AbstractContextManager
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from queue import SimpleQueue
from typing import Any, NoReturn, TypeAlias

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import called, name_of_call
from autograd_lite.engine.generators import Refusal, generator, own

Function: TypeAlias = Callable[..., Any]

_ABOUT_PICKLES = re.compile(r"pickle|serialize|can't get local object", re.IGNORECASE)
_LONGEST = 160  # letters of another error that stand in a message


def refuse_no_executor(executor: Any) -> None:
    """Refuse what is no executor; None is none."""
    if isinstance(executor, type) or (executor is not None and not callable(getattr(executor, "submit", None))):
        raise _no_executor(executor)


def _no_executor(executor: Any) -> errors.ArgumentError:
    return errors.ArgumentError(errors.EXECUTOR.format(given=called(executor)))


def in_order(f: Function, items: Sequence[Sequence[Any]], executor: Any, what: Function | str) -> list[Any]:
    """Return ``f(*item)`` for each item, in their order, computed by an executor or, with None, here.

    The first item in order that fails raises its error, with a note that says which it is; what has not begun then is
    cancelled, and what has is waited for. Within a call that the same executor makes, which would wait for itself, they
    are computed there.

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
    if executor is None or _is_within(executor):
        return [_here(f, item, number, len(items), what) for number, item in enumerate(items)]
    sent = _Sent(f, executor)
    futures: list[Future[Any]] = []
    try:
        for number, item in enumerate(items):  # some are there, too, where one cannot be submitted
            futures.append(_submitted(executor, sent, number, item, what))
        _settle(futures)
    except BrokenExecutor as error:  # of one that was broken before
        _explain(error, futures, len(items), what)
    except BaseException:
        _cancel(futures)
        raise
    return [_result(f, item, number, futures, what) for number, item in enumerate(items)]


def _is_within(executor: Any) -> bool:
    """Tell whether the executor waits for what is computed now."""
    if any(other is executor for other in _within.get()):
        return True
    if not isinstance(executor, concurrent.futures.ThreadPoolExecutor):
        return False
    with executor._shutdown_lock:  # while it is held, a thread may run that is not among them yet
        return threading.current_thread() in executor._threads  # also for a task that is none of ours


def _submitted(executor: Any, sent: _Sent, number: int, item: Sequence[Any], what: Function | str) -> Future[Any]:
    try:
        future = executor.submit(sent, number, *item)
    except (pickle.PicklingError, AttributeError, TypeError) as error:  # of dask, which sends it at once
        if (unsent := _unsent(error, sent.f, item, what)) is not None:
            raise unsent from error
        raise
    if not isinstance(future, Future):
        raise _no_executor(executor)
    return future


def _here(f: Function, item: Sequence[Any], number: int, count: int, what: Function | str) -> Any:
    try:
        return f(*item)
    except Exception as error:
        _note(error, number, count, what)
        raise


def _settle(futures: Sequence[Future[Any]]) -> None:
    """Wait until all are done, or until it is known which is the first that fails and nothing runs any more.

    NOTE: by what futures call, as `wait` of Python's library waits for ever for one that was cancelled and that nobody
    takes from the queue.
    """
    arrived: SimpleQueue[int] = SimpleQueue()
    for number, future in enumerate(futures):
        future.add_done_callback(partial(_arrive, arrived, number))
    for _ in futures:
        number = arrived.get()
        if _has_failed(futures[number]):
            _cancel(futures[number + 1 :])


def _arrive(arrived: SimpleQueue[int], number: int, future: Future[Any]) -> None:
    arrived.put(number)


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
        if (unsent := _unsent(error, f, item, what)) is not None:
            raise unsent from error
        _explain(error, futures, len(futures), what)


def _unsent(error: BaseException, f: Function, item: Sequence[Any], what: Function | str) -> BaseException | None:
    """Return what says that a call, or its result, cannot be sent; None where the error is another one."""
    is_of_pickle = isinstance(error, (pickle.PicklingError, AttributeError, TypeError))
    if not is_of_pickle or not _ABOUT_PICKLES.search(str(error)):
        return None
    cause = str(error).partition("\n")[0][:_LONGEST]
    text = errors.RESULT_NOT_PICKLED if _is_pickled((f, *item)) else errors.NOT_PICKLED
    return errors.ParallelError(text.format(what=name_of_call(what), cause=cause))


def _note(error: BaseException, number: int, count: int, what: Function | str) -> None:
    text = errors.TASK.format(number=number, count=count, what=name_of_call(what))
    if text not in getattr(error, "__notes__", ()):
        error.add_note(text)


def _explain(error: BaseException, futures: Sequence[Future[Any]], count: int, what: Function | str) -> NoReturn:
    """Raise what a call has raised; or, where its process has ended or it was cancelled, what is to be written."""
    if isinstance(error, CancelledError):
        raise errors.ParallelError(errors.TASK_CANCELLED.format(what=name_of_call(what))) from error
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


_within: ContextVar[tuple[Any, ...]] = ContextVar("autograd_lite_within", default=())
"""The executors that wait for what is computed in this context."""

_pickler: ContextVar[str | None] = ContextVar("autograd_lite_pickler", default=None)
"""The module by which what is computed in this context is sent to another process."""

_SEND_CODE = frozenset(("distributed", "loky"))
"""Packages whose executors send also what no module has, by cloudpickle."""

_ANYWHERE = frozenset(("ignore", "warn", "raise", "print"))
"""What NumPy does about a floating-point error, if it calls no function of the user's for that."""


class _Sent:
    """What an executor calls: a function, as its caller would call it.

    NOTE: no two of them are equal, and calls have numbers: dask would answer an equal call by an older result.

    Parameters
    ----------
    f : callable
        The function.
    executor : Executor
        Who calls it.
    """

    def __init__(self, f: Function, executor: Any) -> None:
        self.f, self.token = f, os.urandom(16)
        self.within = Here((*_within.get(), executor))
        self.pickler = "cloudpickle" if type(executor).__module__.partition(".")[0] in _SEND_CODE else "pickle"
        self.floating: Any = {kind: action for kind, action in np.geterr().items() if action in _ANYWHERE}

    def __call__(self, number: int, *item: Any) -> Any:
        executors = self.within.held
        within = _within.set(executors or ())
        pickler = _pickler.set(self.pickler if executors is None else None)
        try:
            with np.errstate(**self.floating):
                return self.f(*item)
        except BaseException as error:
            raised = sendable(error)
            if raised is error:
                raise
        finally:
            _within.reset(within)
            _pickler.reset(pickler)
        raise raised  # here, as it would take the other along as its context


def sendable(error: BaseException) -> BaseException:
    """Return an error as it can be sent to whoever waits for it, which in this process is itself."""
    pickler = _pickler.get()
    if pickler is None:
        return error
    try:
        pickle.loads(import_module(pickler).dumps(error))
    except Exception:  # noqa: BLE001 - whatever code of the user's raises
        other = errors.ParallelError(errors.TASK_RAISED.format(kind=type(error).__name__, message=error))
        other.add_note("".join(traceback.format_exception(error)).rstrip())
        return other
    return error


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
