"""The recording switch: whether operations are recorded here, and what leaves its history.

A context variable, so that threads and asynchronous tasks do not disturb each other.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from autograd_lite import errors
from autograd_lite.engine.graph import new_order

F = TypeVar("F", bound=Callable[..., Any])

_recording: ContextVar[bool] = ContextVar("autograd_lite_recording", default=True)
_entered: ContextVar[tuple[tuple[_SetRecording, bool], ...]] = ContextVar("autograd_lite_entered", default=())
recording = _recording.get
"""What `is_grad_enabled` asks: called in C, for those who ask at each operation."""


def is_grad_enabled() -> bool:
    """Tell whether operations are recorded here: outside of `no_grad`, or inside of `enable_grad`.

    Examples
    --------
    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """
    return recording()


within_rule: ContextVar[str | None] = ContextVar("autograd_lite_within_rule", default=None)
"""What a message calls the rule of the user's that is being called with Tensors, to be differentiated itself."""
_departed: ContextVar[tuple[float, str] | None] = ContextVar("autograd_lite_departed", default=None)


def depart(order: float, call: str) -> None:
    """Note that the value of a node of this order goes on without its derivative; refuse it within a rule."""
    rule = within_rule.get()
    if rule is not None:
        raise errors.ConversionError(errors.RULE_DEPARTURE.format(call=call, rule=rule))
    _departed.set((order, call))


def departed_since(order: float) -> str | None:
    """Return how a value last left its history, if it was one of a node made from `order` on."""
    last = _departed.get()
    return last[1] if last is not None and last[0] >= order else None


class _SetRecording:
    """Switch recording on or off, as a context manager or as a decorator of all kinds of functions.

    The switch is a context variable: threads and asynchronous tasks do not disturb each other, also when they share
    one of these. As a decorator of a generator function it is set only while the generator's own code runs. A generator
    suspended *inside* a ``with`` block leaves the switch as it is for its caller, as every context variable does.

    NOTE: CPython may deliver an interrupt (Ctrl-C) where a ``with`` block ends, before the first line of ``__exit__``,
    and then the switch stays as the block had it; a program that goes on after Ctrl-C writes the decorator instead.
    """

    _value: bool
    __slots__ = ()

    @overload
    def __new__(cls, fn: None = None) -> Self: ...
    @overload
    def __new__(cls, fn: F) -> F: ...  # type: ignore[misc]
    def __new__(cls, fn: Callable[..., Any] | None = None) -> Any:
        switch = super().__new__(cls)
        return switch if fn is None else switch(fn)

    def _before(self) -> bool:
        """Return whether there is recording, and note where that ends."""
        before = _recording.get()
        if before and not self._value:
            depart(new_order(), "ag.no_grad()")
        return before

    def __enter__(self) -> None:
        self._enter(self._before())

    def _enter(self, before: bool) -> None:
        """Begin a block, at whose end there is what there was `before`."""
        entered = _entered.get()
        try:
            _entered.set((*entered, (self, before)))
            _recording.set(self._value)
        except BaseException:  # an interrupt: the block will not be entered, and so not be left
            _recording.set(before)
            _entered.set(entered)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        entered = None
        try:
            entered = _entered.get()
            self._leave(entered)
        except BaseException:  # an interrupt: begin again, from what was there at first
            self._leave(_entered.get() if entered is None else entered)
            raise

    def _leave(self, entered: tuple[tuple[_SetRecording, bool], ...]) -> None:
        """Restore what the innermost of the blocks `entered` that are this switch's own has found.

        A block that was entered later and is left later still goes on; it then restores what this one has found.
        """
        for i in range(len(entered) - 1, -1, -1):
            switch, before = entered[i]
            if switch is self:
                later = entered[i + 1 :]
                if later:
                    _entered.set((*entered[:i], (later[0][0], before), *later[1:]))
                else:
                    _recording.set(before)
                    _entered.set(entered[:i])
                return

    def __call__(self, fn: F) -> F:
        for kind, wrap in _WRAPPERS:
            if kind(fn):
                return functools.wraps(fn)(wrap(self, fn))  # type: ignore[return-value]
        raise errors.DeclarationError(errors.NOT_A_FUNCTION.format(switch=type(self).__name__, given=type(fn).__name__))


def _around_function(switch: _SetRecording, fn: Callable[..., Any]) -> Callable[..., Any]:
    """NOTE: an interrupt on the way into ``__exit__`` would leave the switch as it is; ``finally`` has no such gap."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before = switch._before()
        try:
            _recording.set(switch._value)
            return fn(*args, **kwargs)
        finally:
            _recording.set(before)

    return wrapped


def _around_coroutine(switch: _SetRecording, fn: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        with switch:
            return await fn(*args, **kwargs)

    return wrapped


def _around_generator(switch: _SetRecording, fn: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Iterator[Any]:
        generator = fn(*args, **kwargs)
        send, throw, close = (_around_function(switch, f) for f in (generator.send, generator.throw, generator.close))
        reply, step = None, send
        while True:
            try:
                item = step(reply)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            try:
                reply, step = (yield item), send
            except GeneratorExit:
                close()
                raise
            except BaseException as error:  # noqa: BLE001 - handed on to the generator, as `yield from` does
                reply, step = error, throw

    return wrapped


def _around_async_generator(switch: _SetRecording, fn: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        generator = fn(*args, **kwargs)
        reply, step = None, generator.asend
        while True:
            try:
                with switch:
                    item = await step(reply)
            except StopAsyncIteration:
                return
            try:
                reply, step = (yield item), generator.asend
            except GeneratorExit:
                with switch:
                    await generator.aclose()
                raise
            except BaseException as error:  # noqa: BLE001 - handed on to the generator
                reply, step = error, generator.athrow

    return wrapped


_WRAPPERS: tuple[tuple[Callable[[Any], bool], Callable[..., Callable[..., Any]]], ...] = (
    (inspect.isasyncgenfunction, _around_async_generator),
    (inspect.isgeneratorfunction, _around_generator),
    (inspect.iscoroutinefunction, _around_coroutine),
    (callable, _around_function),
)


class no_grad(_SetRecording):  # noqa: N801 - PyTorch's name
    """Compute without recording: results require no gradient. A context manager and a decorator.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     w -= 0.1 * w
    >>> w.is_leaf
    True
    """

    _value = False
    __slots__ = ()


class enable_grad(_SetRecording):  # noqa: N801 - PyTorch's name
    """Record again inside a `no_grad` block. A context manager and a decorator.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> with ag.no_grad():
    ...     with ag.enable_grad():
    ...         recorded = w * 2
    ...     plain = w * 2
    >>> recorded.requires_grad, plain.requires_grad
    (True, False)
    """

    _value = True
    __slots__ = ()


class set_grad_enabled(_SetRecording):  # noqa: N801 - PyTorch's name
    """Record, or do not, from the call on; a block that it begins, or a function that it decorates, puts that back.

    Parameters
    ----------
    mode : bool
        Whether operations are recorded.

    Examples
    --------
    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    >>> is_grad_enabled()
    True
    """

    _found: bool
    _value: bool
    __slots__ = ("_found", "_value")

    def __new__(cls, mode: bool) -> Self:
        switch = object.__new__(cls)
        switch._value = bool(mode)
        switch._found = switch._before()
        _recording.set(switch._value)
        return switch

    def __enter__(self) -> None:
        self._enter(self._found)

    def __call__(self, fn: F) -> F:
        _recording.set(self._found)
        return super().__call__(fn)
