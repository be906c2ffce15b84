"""The recorded graph: nodes, their order, the recording switch, and the observers of operations.

A `Node` is what one operation leaves behind for the walks: which operation, from which nodes, and what its
derivative needs. It holds no Tensor, so there is no reference cycle, and a graph that nobody holds is freed at once,
without the garbage collector.
"""

from __future__ import annotations

import _thread
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from operator import attrgetter
from types import TracebackType
from typing import Any, Self, TypeVar, overload

from autograd_lite import errors
from autograd_lite.base.shapes import Shape
from autograd_lite.engine.op import NO_SETTINGS, Op, Settings

F = TypeVar("F", bound=Callable[..., Any])

new_order = count().__next__
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


class Constant:
    """An input of a node through which no gradient flows: its shape and name, for pictures and forward sweeps.

    `source` is a weak reference to the Tensor that it was, the same object for every use of it; None for an array.
    """

    __slots__ = ("dtype", "name", "shape", "source")

    def __init__(self, shape: Shape, dtype: Any, name: str | None = None, source: Any = None) -> None:
        self.shape, self.dtype, self.name, self.source = shape, dtype, name, source


class Node:
    """A leaf, which is a Tensor of the user's that requires a gradient, or one recorded operation.

    Attributes
    ----------
    op : Op or None
        The operation; None for a leaf.
    inputs : tuple
        For each operand a `Node` (a gradient may flow), a `Constant`, or the Python number itself. Not there any more
        once a sweep has released the node.
    edges : tuple or None
        For each operand through which a gradient flows ``(node, rule, saved, index)``: where it goes, the rule, what
        the rule is called with after `g`, and which operand it is. None once a sweep has released the node.
    settings : mapping
        The settings of the call.
    shape, dtype
        Of the result; of several their number, and `several.Kinds`.
    order : int or float
        Grows with creation, so that every node comes after its inputs.
    notes : Notes or None
        Name, hooks and the Tensor that wants the gradient, for the few nodes that have them; always there on a leaf.
    """

    __slots__ = ("__weakref__", "_inputs", "dtype", "edges", "notes", "op", "order", "settings", "shape")

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Any, ...] | None,
        edges: tuple[Any, ...] | None,
        settings: Settings,
        shape: Shape,
        dtype: Any,
    ) -> None:
        self.op, self._inputs, self.edges, self.settings = op, inputs, edges, settings
        self.shape, self.dtype = shape, dtype
        self.order: float = new_order()
        self.notes: Notes | None = None

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the edges lead to, where that is all: then the node does not keep them a second time."""
        return tuple([edge[0] for edge in self.edges or ()]) if self._inputs is None else self._inputs

    @inputs.setter
    def inputs(self, value: tuple[Any, ...] | None) -> None:
        self._inputs = value

    def note(self) -> Notes:
        """Return the notes of this node, made at the first call."""
        if self.notes is None:
            self.notes = Notes()
        return self.notes

    def release(self) -> None:
        """Let go of saved values and inputs; a later sweep through here is an error that says so."""
        self.edges = self._inputs = None
        self.__class__ = Node

    def describe(self) -> str:
        """Return how a message calls the node."""
        name = f" {self.notes.name!r}" if self.notes is not None and self.notes.name else ""
        kind = "the leaf" if self.op is None else f"the operation {self.op.name}"
        place = f", made at {self.notes.place}" if self.notes is not None and self.notes.place else ""
        return f"{kind}{name} (result of shape {self.shape}{place})"

    def __repr__(self) -> str:
        kind = "leaf" if self.op is None else self.op.name
        return f"<node {self.order}: {kind} {self.shape}>"


class Linked(Node):
    """A node that no sweep has released yet: dropping it takes its graph apart.

    NOTE: `release` makes it a plain `Node`, because a finaliser in Python is a place where an interrupt (Ctrl-C) can be
    delivered, and one delivered there is lost. Leaves, which have nothing to take apart, are of this class because
    CPython reads attributes faster where all objects are of one class: a sweep takes a tenth less time.
    """

    __slots__ = ()

    def __del__(self) -> None:
        if getattr(self, "edges", None):  # an interrupt may leave a node without any
            _unlink(self)


class Notes:
    """What only some nodes have: a name, hooks, a Tensor that wants the gradient, the scope and the line they are from.

    `used` is a weak reference to the gradient that an optimiser has stepped on, or to one in which that is contained.

    NOTE: the gradient is kept by the Tensor, which the node knows by a weak reference. A recorded gradient leads back
    to the node, and would otherwise be in a cycle with it.
    """

    __slots__ = ("hooks", "name", "owner", "place", "retain", "scope", "used")

    def __init__(self) -> None:
        self.name: str | None = None
        self.scope: Any = None
        self.hooks: dict[object, Callable[[Any], Any]] = {}
        self.retain = False
        self.place: Any = None
        self.used: Any = None
        self.owner: Callable[[], Any] = _nobody


def hooks_of(node: Node | None) -> tuple[Callable[[Any], Any], ...]:
    """Return what is called with the gradient of a node; nothing where there is none."""
    return () if node is None or node.notes is None else tuple(node.notes.hooks.values())


def _nobody() -> None:
    """Stand for a weak reference to a Tensor that is gone."""


def leaf(shape: Shape, dtype: Any, name: str | None = None, owner: Callable[[], Any] = _nobody) -> Node:
    """Return the node of a Tensor that the user made and that requires a gradient.

    `owner` is a weak reference to that Tensor, where the gradient shall be kept.
    """
    node = Linked(None, (), (), NO_SETTINGS, shape, dtype)
    notes = node.note()
    notes.name, notes.owner = name, owner
    return node


class _Unlinking(_thread._local):
    """What a thread has still to take apart; None while it takes nothing apart."""

    pending: list[Any] | None = None


_unlinking = _Unlinking()


def _unlink(node: Node) -> None:
    """Take a graph that nobody holds any more apart in a loop.

    To drop the links of a node drops those parents that nobody else holds; their finalisers come here, find the loop at
    work, and leave it their own links.

    NOTE: leaving this to the interpreter is recursion in C, one level for each node: CPython 3.13 overflows the stack
    of a thread with a chain of some 10,000 nodes.
    """
    links = [(node.edges, node._inputs)]
    node.release()
    if _unlinking.pending is not None:
        _unlinking.pending += links
        return
    _unlinking.pending = links
    try:
        while links:
            links.pop()
    finally:
        _unlinking.pending = None


def reachable(roots: Iterable[Node]) -> list[Node]:
    """Return all nodes from which `roots` were computed, and the roots, in order of creation."""
    pending = list(roots)
    found = set(pending)
    nodes = []
    while pending:
        node = pending.pop()
        nodes.append(node)
        for edge in node.edges or ():
            parent = edge[0]
            if parent not in found:
                found.add(parent)
                pending.append(parent)
    nodes.reverse()  # a chain is then sorted already, and the sort linear
    nodes.sort(key=attrgetter("order"))
    return nodes


def later(root: Node, start: Node) -> set[Node]:
    """Return the nodes from which `root` was computed since `start` was made, and both if they are among them."""
    found, pending = {root}, [root]
    while pending:
        for parent, *_ in pending.pop().edges or ():
            if parent.order >= start.order and parent not in found:
                found.add(parent)
                pending.append(parent)
    return found


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

    def __enter__(self) -> None:
        before = _recording.get()
        if before and not self._value:
            depart(new_order(), "ag.no_grad()")
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
        before = _recording.get()
        if before and not switch._value:
            depart(new_order(), "ag.no_grad()")
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


Observer = Callable[[Op, Any, Settings, Any], None]
observers: list[Observer] = []
"""Called as ``observer(op, operands, settings, result)`` after every operation, in every thread."""


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Have `observer` see every operation inside the block: the ground of profilers, debuggers and recorders."""
    observers.append(observer)
    try:
        yield
    finally:
        observers.remove(observer)


_dissected: ContextVar[bool] = ContextVar("autograd_lite_dissected", default=False)
is_dissected = _dissected.get


@contextmanager
def dissected() -> Iterator[None]:
    """Carry out definitions as such, also where nobody records: for who looks at the operations they consist of."""
    token = _dissected.set(True)
    try:
        yield
    finally:
        _dissected.reset(token)
