"""The recorded graph: nodes, their order, the recording switch, and the observers of operations.

A `Node` is what one operation leaves behind for the walks: which operation, from which nodes, and what its
derivative needs. It holds no Tensor, so there is no reference cycle, and a graph that nobody holds is freed at once,
without the garbage collector.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from operator import attrgetter
from types import TracebackType
from typing import Any, TypeVar

from autograd_lite.op import NO_SETTINGS, Op, Settings
from autograd_lite.shapes import Shape

F = TypeVar("F", bound=Callable[..., Any])

new_order = count().__next__
_recording: ContextVar[bool] = ContextVar("autograd_lite_recording", default=True)
is_grad_enabled = _recording.get


class Constant:
    """An input of a node through which no gradient flows: its shape and name, for pictures and forward sweeps."""

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape: Shape, dtype: Any, name: str | None = None) -> None:
        self.shape, self.dtype, self.name = shape, dtype, name


class Node:
    """One recorded operation, or a leaf: a Tensor of the user's that requires a gradient.

    Attributes
    ----------
    op : Op or None
        The operation; None for a leaf.
    inputs : tuple
        For each operand a `Node` (a gradient may flow), a `Constant`, or the Python number itself.
    edges : tuple or None
        For each operand through which a gradient flows ``(node, rule, saved, index)``: where it goes, the rule, what
        the rule is called with after `g`, and which operand it is. None once a sweep has released the node.
    settings : mapping
        The settings of the call.
    shape, dtype
        Of the result.
    order : int
        Grows with creation, so that every node comes after its inputs.
    notes : Notes or None
        Name, hooks and ``.grad``, for the few nodes that have them; always present on a leaf.
    """

    __slots__ = ("dtype", "edges", "inputs", "notes", "op", "order", "settings", "shape")

    def __init__(
        self,
        op: Op | None,
        inputs: tuple[Any, ...],
        edges: tuple[Any, ...] | None,
        settings: Settings,
        shape: Shape,
        dtype: Any,
    ) -> None:
        self.op, self.inputs, self.edges, self.settings = op, inputs, edges, settings
        self.shape, self.dtype = shape, dtype
        self.order = new_order()
        self.notes: Notes | None = None

    def __del__(self) -> None:
        if self.edges:
            _unlink(self)

    def parents(self) -> list[Node]:
        """Return the nodes a gradient flows to from here."""
        return [edge[0] for edge in self.edges or ()]

    def note(self) -> Notes:
        """Return the notes of this node, made at the first call."""
        if self.notes is None:
            self.notes = Notes()
        return self.notes

    def release(self) -> None:
        """Let go of saved values and inputs; a later sweep through here is an error that says so."""
        self.edges, self.inputs = None, ()

    def __repr__(self) -> str:
        kind = "leaf" if self.op is None else self.op.name
        return f"<node {self.order}: {kind} {self.shape}>"


class Notes:
    """What only some nodes have: a name, hooks, a gradient to keep."""

    __slots__ = ("grad", "hooks", "name", "retain")

    def __init__(self) -> None:
        self.name: str | None = None
        self.hooks: dict[int, Callable[[Any], Any]] = {}
        self.retain = False
        self.grad: Any = None


def leaf(shape: Shape, dtype: Any, name: str | None = None) -> Node:
    """Return the node of a Tensor that the user made and that requires a gradient."""
    node = Node(None, (), (), NO_SETTINGS, shape, dtype)
    node.note().name = name
    return node


# A node that only _unlink still sees is referenced by the loop variable and by the argument of getrefcount.
_HELD_BY_UNLINK_ALONE = 2


def _unlink(node: Node) -> None:
    """Take a graph that nobody holds apart in a loop.

    NOTE: leaving this to the interpreter is recursion in C, one level for each node: CPython 3.13 overflows the stack
    of a thread with a chain of some 10,000 nodes.
    """
    pending = node.parents()
    node.release()
    while pending:
        parent = pending.pop()
        if parent.edges and sys.getrefcount(parent) == _HELD_BY_UNLINK_ALONE:
            pending += parent.parents()
            parent.release()


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


class _SetRecording:
    """Switch recording on or off, as a context manager or as a decorator of functions and generator functions.

    The switch is a context variable: threads and asynchronous tasks do not disturb each other. As a decorator of a
    generator function it is set only while the generator's own code runs. A generator suspended *inside* a ``with``
    block leaves the switch as it is for its caller, as every context variable does.
    """

    _value: bool
    __slots__ = ("_tokens",)

    def __init__(self) -> None:
        self._tokens: list[Any] = []

    def __enter__(self) -> None:
        self._tokens.append(_recording.set(self._value))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _recording.reset(self._tokens.pop())

    def __call__(self, fn: F) -> F:
        wrap = self._wrap_generator if inspect.isgeneratorfunction(fn) else self._wrap_function
        return functools.wraps(fn)(wrap(fn))  # type: ignore[return-value]

    def _wrap_function(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return fn(*args, **kwargs)

        return wrapped

    def _wrap_generator(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Iterator[Any]:
            generator = fn(*args, **kwargs)
            reply, step = None, generator.send
            while True:
                try:
                    with type(self)():
                        item = step(reply)
                except StopIteration as stop:
                    return stop.value  # type: ignore[no-any-return]
                try:
                    reply, step = (yield item), generator.send
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on to the generator, as `yield from` does
                    reply, step = error, generator.throw

        return wrapped


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
    """Record again inside a `no_grad` block. A context manager and a decorator."""

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
