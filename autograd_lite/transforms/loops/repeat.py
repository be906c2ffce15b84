"""`while_loop`: a loop that goes on as long as a condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike
from autograd_lite.base.shapes import whole
from autograd_lite.engine.generators import replayed, state
from autograd_lite.engine.record import Handle, array_of, as_array
from autograd_lite.engine.switch import is_grad_enabled, no_grad
from autograd_lite.engine.watchpoints import traced, verify
from autograd_lite.tensor.state import Unwritten
from autograd_lite.transforms.loops.body import Steps
from autograd_lite.transforms.loops.branch import truth
from autograd_lite.transforms.loops.frozen import frozen
from autograd_lite.transforms.loops.loop import looped
from autograd_lite.transforms.recomputed import are_same
from autograd_lite.transforms.watched import Function, name_of
from autograd_lite.tree import flatten, unflatten


def while_loop(
    cond_fun: Callable[[Any], Any], body_fun: Callable[[Any], Any], init_val: Any, *, max_steps: int | None = None
) -> Any:
    """Carry something through a loop as long as a condition on it holds, and return it.

    It is, but for its derivatives, ``while cond_fun(val): val = body_fun(val)``.

    Parameters
    ----------
    cond_fun : callable
        ``cond_fun(val)`` is one truth value; no derivative flows through it.
    body_fun : callable
        ``val = body_fun(val)``, written with NumPy, with the same structure, shapes and dtypes each time.
    init_val : tree of arrays
        The first value.
    max_steps : int, optional
        A bound on the number of steps. Needed for the reverse mode, which keeps the value before each step, and in a
        compiled function, which takes all these steps and chooses.

    Returns
    -------
    tree of arrays
        The last value.

    Raises
    ------
    LoopError
        `max_steps` do not suffice; or the reverse mode is asked for without a bound; or as for `scan`.

    Notes
    -----
    The derivative is that of the steps that were taken. Where a loop goes on until nothing changes any more, that of
    the equation it solves is better: see `autograd_lite.implicit`. Inside of `vmap`, examples that are done wait.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> def heron(a):
    ...     return while_loop(lambda x: np.abs(x * x - a) > 1e-9, lambda x: (x + a / x) / 2, a, max_steps=50)
    >>> heron(2.0).round(6), ag.grad(heron)(2.0).round(6)
    (np.float64(1.414214), np.float64(0.353553))
    """
    repeated = _Repeated(cond_fun, body_fun)
    carry, structure = flatten(init_val)
    steps = Steps(repeated, structure, flatten(None)[1])
    last = Unwritten(name_of(body_fun)).around(lambda: _run(repeated, steps, carry, max_steps))
    repeated.freeze()
    return unflatten(structure, last)


class _Repeated:
    """A step that is taken as long as the condition holds: of each example by its own, where they differ."""

    def __init__(self, going: Function, body: Function) -> None:
        self._going, self._body = going, body
        self.__name__ = name_of(body)

    def __call__(self, carry: Any, _: None) -> tuple[Any, None]:
        after = self._body(carry)
        going = self.going(carry)
        if not isinstance(going, ArrayLike):
            return after if going else carry, None
        old, (new, structure) = flatten(carry)[0], flatten(after)
        pairs = zip(new, old, strict=True)
        return unflatten(structure, [np.where(going, a, b) for a, b in pairs]), None  # type: ignore[call-overload]

    def freeze(self) -> None:
        """Have both functions compute from now on what they would compute now."""
        self._going, self._body = frozen(self._going), frozen(self._body)

    def going(self, carry: Any) -> Any:
        return truth(self._going(carry), "while_loop")


def _run(repeated: _Repeated, steps: Steps, carry: list[Any], most: int | None) -> list[Any]:
    if traced():
        return _bounded(repeated, steps, carry, most)
    if not is_grad_enabled():
        return _counted(repeated, steps, carry, most)[1]
    with no_grad(), replayed(state()):
        count, expected = _counted(repeated, steps, carry, most)
    last = looped(steps, carry, [], count, kept=most is not None)[0]
    if not are_same(list(map(_array, last)), list(map(_array, expected))):
        raise errors.CheckpointError(errors.LOOP_AGAIN.format(step=count))
    return last


def _counted(repeated: _Repeated, steps: Steps, carry: list[Any], most: int | None) -> tuple[int, list[Any]]:
    """Take the steps, and return their number and the last value."""
    count = 0
    while np.any(whole(repeated.going(steps.together(carry)))):
        if count == most:
            raise errors.LoopError(errors.LOOP_ENDLESS.format(most=most))
        carry, _ = steps(carry, [])
        count += 1
    return count, carry


def _bounded(repeated: _Repeated, steps: Steps, carry: list[Any], most: int | None) -> list[Any]:
    """Take as many steps as there may be, of which those after the last change nothing."""
    if most is None:
        raise errors.LoopError(errors.LOOP_COMPILED)
    last, _ = looped(steps, carry, [], most)
    text = errors.LOOP_ENDLESS.format(most=most)
    verify(np.logical_not(repeated.going(steps.together(last))), text, errors.LoopError)
    return last


def _array(x: Any) -> Any:
    return as_array(array_of(x) if isinstance(x, Handle) else x)
