"""Inside of `debug` every operation remembers the line that called it, and the first bad number is an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import defines
from autograd_lite.base.shapes import Array, whole
from autograd_lite.check.arrays import of_call
from autograd_lite.check.subject import plain
from autograd_lite.engine import refusals
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.graph import Node
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op, Settings
from autograd_lite.engine.provenance import Origin, Place, caller, origins
from autograd_lite.engine.record import Handle, plain_of
from autograd_lite.engine.several import parts_of, whole_of
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tensor.hooks import HookHandle

_OUR_FRAMES = 3  # that of the observer, of what tells it, and of the fast path or of `apply`
_isfinite = np.isfinite
_OTHERWISE = "with ag.debug(nan=False): ... where such numbers are meant"


def debug(nan: bool = True, arrays: bool = False) -> Any:
    """Have errors name the user's lines, and stop at the first nan or infinity; a context manager and a decorator.

    Parameters
    ----------
    nan : bool
        Whether an operation that makes nan or an infinity of finite operands, forward or on the way back, raises
        `NonFiniteError` with its name, its line and the first bad index. What is masked afterwards, as in
        ``np.where(x > 0, np.log(x), 0.0)``, is an error here too. A derivative is let pass where a mask makes it 0.
    arrays : bool
        As a decorator only: whether the function is called a second time, with plain arrays in the place of Tensors,
        and must give the same, see `gradcheck`. What it does besides, it does twice; what raises an error on arrays, or
        gives something else each time, is not compared.

    Raises
    ------
    NonFiniteError
        Inside of the block, see above.
    OtherOnArraysError
        The function gave something else on plain arrays.
    ArgumentError
        A ``with`` block with `arrays`, which has no function to call.

    Notes
    -----
    Every recorded operation keeps the code object and the offset of the instruction that called it, so every error
    that names an operation or a Tensor names the line as well. Inside of the block operations on a few numbers take
    twice their time, those on large arrays a little more than theirs; outside of it nothing is paid.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> x = ag.Tensor([0.5, 0.0], requires_grad=True)
    >>> with ag.debug():  # doctest: +ELLIPSIS
    ...     y = np.sqrt(x).sum()
    ...     y.backward()
    Traceback (most recent call last):
    autograd_lite.errors.NonFiniteError: the derivative of sqrt by its argument x makes an infinity of a finite ...
    """
    return _Compared(nan) if arrays else _watched(nan)


@contextmanager
def _watched(nan: bool) -> Iterator[None]:
    if traced():
        raise errors.CompileError(errors.COMPILE_DEBUG)
    awaited: list[HookHandle] = []
    with observe(partial(_note, awaited if nan else None)):
        try:
            yield
        except (TypeError, ValueError) as error:
            uncover(error)
            raise
        finally:
            origins.clear()
            for handle in awaited:
                handle.remove()


class _Compared:
    """A decorator: the function is watched, and its result compared with that on plain arrays."""

    def __init__(self, nan: bool) -> None:
        self.nan = nan

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(f)
        def compared(*args: Any, **kwargs: Any) -> Any:
            with _watched(self.nan):
                result = f(*args, **kwargs)
            if (found := of_call(f, args, kwargs, result)) is not None:
                place, ours, theirs = found
                name = getattr(f, "__name__", type(f).__name__)
                text = errors.DEBUG_OTHER.format(function=name, output=place, ours=ours, theirs=theirs)
                raise errors.OtherOnArraysError(text)
            return result

        return compared

    def __enter__(self) -> None:
        raise errors.ArgumentError(errors.DEBUG_ARRAYS)

    def __exit__(self, *_: object) -> None:
        """Stand for the end of a block, which has no beginning."""


def _note(
    awaited: list[HookHandle] | None, op: Op, operands: Sequence[Any], _: Settings, result: Any
) -> None:
    """Note where an operation was called, look at its result, and set a guard on its derivative."""
    place = caller(_OUR_FRAMES)
    node = result._node
    if node is None:
        origins[result] = Origin(place, _end(op, operands, place))
    else:
        node.note().place = place
        note = (whole := whole_of(node)).note()
        guarded, note.place = whole is not node and note.place is not None, place  # by another of several results
    if awaited is not None:
        y = result._data
        if y.__class__ is not np.ndarray or 0 in _isfinite(y).tobytes():
            _look(op, operands, y, place)
        if node is not None and not guarded:
            whole.edges = tuple([
                (n, _guarded(rule, op, i, place, partial(_await, awaited, n)), saved, i)
                for n, rule, saved, i in whole.edges
            ])


def _end(op: Op, operands: Sequence[Any], place: Place | None) -> str:
    """Return where a path of gradients to this result ended, in words; empty if there was none."""
    tensors = [x for x in operands if isinstance(x, Handle)]
    for x in tensors:
        if x._node is not None:
            why = "recording was off" if op.rules and not is_grad_enabled() else f"{op.name} has no derivative"
            return f"the path ends at {op.name}, since {why}, at {place}; before it was {refusals.describe(x)}"
    return next((o.end for o in map(origins.get, tensors) if o is not None and o.end), "")


def _look(op: Op, operands: Sequence[Any], y: Any, place: Place | None) -> None:
    """Refuse a result that is not finite while the operands are."""
    if _finite(y) or not all(_finite(plain(x)) for x in operands if x is not None):
        return
    text = errors.NON_FINITE.format(
        op=op.name, **_first_bad(y), place=_at(place), operands=" and ".join(map(refusals.operand, operands)),
        instead=op.finite or _OTHERWISE,
    )  # fmt: skip
    raise errors.NonFiniteError(text)


def _guarded(
    rule: Any, op: Op, index: int, place: Place | None, later: Callable[[Callable[[], None]], None]
) -> Callable[..., Any]:
    """Return a rule that raises where it makes something that is not finite of a finite gradient.

    NOTE: 0 times an infinite derivative, at an elementwise operation, may be made 0 again by the sweep, behind a mask.
    So that is judged `later`, when the gradient of the operand is complete.
    """

    def guarded(g: Any, *saved: Any) -> Any:
        share = rule(g, *saved)
        if share.__class__ is not np.ndarray or 0 in _isfinite(share).tobytes():
            for i, part in enumerate(parts_of(share)):
                if part is not None and all(_finite(plain_of(x)) for x in parts_of(g) if x is not None):
                    _look_back(op, index + i, g, part, place, later)
        return share

    return guarded


def _look_back(
    op: Op, index: int, g: Any, share: Any, place: Place | None, later: Callable[[Callable[[], None]], None]
) -> None:
    y, given = plain_of(share), plain_of(g)
    if _finite(y):
        return
    bad = np.where(given != 0, y, 0) if op.form == "elementwise" and _fits(given, y) else y
    if _finite(bad):
        later(partial(_refuse_gradient, op, index, y, place))
    else:
        _refuse_gradient(op, index, bad, place)


def _await(awaited: list[HookHandle], node: Node, refuse: Callable[[], None]) -> None:
    """Have a gradient refused if it is not finite when it is complete."""

    def judge(g: Any) -> None:
        handle.remove()
        if not _finite(g._data):
            refuse()

    handle = HookHandle(node.note().hooks, judge)
    awaited.append(handle)


def _refuse_gradient(op: Op, index: int, bad: Array, place: Place | None) -> None:
    text = errors.NON_FINITE_GRADIENT.format(
        op=op.name, argument=op.argument(index), **_first_bad(bad), place=_at(place),
        instead=op.finite or _OTHERWISE,
    )  # fmt: skip
    raise errors.NonFiniteError(text)


def _finite(y: Any) -> bool:
    """Tell whether all is finite; to look for a zero byte takes a third of the time of `all`."""
    found: Any = _isfinite(whole(y))
    return bool(0 not in found.tobytes() if isinstance(found, (np.ndarray, np.generic)) else found.all())


def _fits(g: Any, y: Any) -> bool:
    return bool(np.broadcast_shapes(np.shape(g), np.shape(y)) == np.shape(y))


def _first_bad(y: Any) -> dict[str, Any]:
    """Return what is not finite, and where first; in a batch the first index is that of the example."""
    y = whole(y)
    y = y.compute() if defines(type(y), "compute") else y  # of dask, which has been computed to be judged
    place = tuple(int(i) for i in np.argwhere(~np.isfinite(y))[0])
    return {"value": "nan" if np.isnan(y[place]) else "an infinity", "index": list(place), "shape": np.shape(y)}


def _at(place: Place | None) -> str:
    return f" at {place}" if place is not None else ""
