"""`multistart`: the same search from many starts, by any executor, with all that was found."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.engine.tasks import in_order, refuse_no_executor, sendable, stream, words_of
from autograd_lite.optimize.minimum import minimize, scipy_optimize
from autograd_lite.transforms.watched import Function


def multistart(
    f: Function,
    starts: Any,
    args: Any = (),
    method: str | None = None,
    *,
    executor: Any = None,
    rng: Any = None,
    **settings: Any,
) -> list[Any]:
    """Search for a minimum from many starts, and return all results, the best first.

    Parameters
    ----------
    f : callable
        As of `minimize`. For another process it has to be a function of a module, or what can be pickled.
    starts : array_like or sequence of trees
        An array with a start in each row, or a list of starts as `minimize` takes them.
    args, method, **settings
        As of `minimize`: ``bounds=``, ``constraints=``, ``tol=``, ``callback=``, ``options=``.
    executor : concurrent.futures.Executor, optional
        What computes, see `ag.parallel.map`; by default one start after the other, with the same results.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from that `f` draws from the default generator: each start has a stream of its own.
        Without it, drawing is refused.

    Returns
    -------
    list of scipy.optimize.OptimizeResult
        As many as starts. First those that have succeeded, by their value; then those that have stopped early; last
        those in which `f` has raised: with ``success`` False, ``fun`` nan, ``message`` what the error says, the error
        itself as ``exception``, and the start as ``x``. The number of its start is ``start`` of each.

    Raises
    ------
    MissingExtraError
        SciPy is not installed.
    ParallelError
        A process has ended, or `f` cannot be sent to one.
    ArgumentError
        `executor` is none, there are no starts, or an argument that `minimize` refuses.

    Examples
    --------
    >>> def valley(x):
    ...     return np.sum((x**2 - 1) ** 2) + 0.1 * np.sum(x)
    >>> found = multistart(valley, [[2.0], [-2.0], [0.5]])
    >>> [result.start for result in found], found[0].x.round(2)
    ([1, 0, 2], array([-1.01]))
    """
    scipy_optimize()
    refuse_no_executor(executor)
    listed = _listed(starts)
    inspect.signature(minimize).bind(f, None, args, method, **settings)  # or else a TypeError, and no failed results
    search = _Search(f, args, method, settings, None if rng is None else words_of(rng))
    found = in_order(search, list(enumerate(listed)), executor, f)
    return sorted(found, key=_order)


def _listed(starts: Any) -> Sequence[Any]:
    rows = starts if isinstance(starts, (list, tuple)) or (is_array(starts) and np.ndim(starts)) else None
    if rows is None or not len(rows):
        given = f"a {type(starts).__name__}" if rows is None else "nothing"
        raise errors.ArgumentError(errors.MULTISTART_STARTS.format(given=given))
    return list(rows)


def _order(result: Any) -> tuple[int, float, int]:
    group = 2 if "exception" in result else 1 - bool(result.success)
    return group, np.inf if np.isnan(result.fun) else float(result.fun), result.start


class _Search:
    """What is sent to an executor: the search from one start, in which an error of the function is a result."""

    def __init__(self, f: Function, args: Any, method: Any, settings: dict[str, Any], words: Any) -> None:
        self.f, self.args, self.method, self.settings, self.words = f, args, method, settings, words

    def __call__(self, number: int, start: Any) -> Any:
        result: Any
        with stream(self.words, number, self.f):
            try:
                result = minimize(self.f, start, self.args, self.method, **self.settings)
            except (errors.ArgumentError, errors.DataError, errors.ParallelError):
                raise  # what is wrong for all starts
            except Exception as error:  # noqa: BLE001 - whatever the user's function raises
                text, kept = f"{type(error).__name__}: {error}", sendable(error)
                result = scipy_optimize().OptimizeResult(
                    x=start, fun=np.nan, success=False, message=text, exception=kept
                )
        result.start = number
        return result
