"""The one place where operations happen: `apply`, the same written out for one operation, and the handle they work on.

The array of a handle is not written to by anyone while a node may have saved it. In-place operations give the Tensor a
new array; and an array that the user may write to (an operand that is a plain ndarray, or what ``data`` and ``numpy``
have handed out) is copied before it is saved.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any, TypeVar
from weakref import ref

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike, is_array
from autograd_lite.base.conventions import complex_dtype, refuse
from autograd_lite.base.libraries import FAST_PATH
from autograd_lite.base.shapes import Array, everywhere
from autograd_lite.base.unfinished import Lock
from autograd_lite.engine import fastpath, refusals
from autograd_lite.engine.graph import ConstantInput, Linked, Node, new_order
from autograd_lite.engine.loans import LOAN, saved  # noqa: F401 - fast paths read LOAN
from autograd_lite.engine.observers import observers
from autograd_lite.engine.op import NO_SETTINGS, RECORDERS, Op, Settings, quieted
from autograd_lite.engine.operands import converted, known_shape, refuse_masked
from autograd_lite.engine.priority import carrier_of, declines
from autograd_lite.engine.several import Kinds
from autograd_lite.engine.switch import recording as is_grad_enabled
from autograd_lite.engine.warned import NO_REGISTRY, again, is_warning
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tree import flatten, sequence_like

__warningregistry__ = NO_REGISTRY  # of NumPy's calls in `apply` and in fast paths, whose warnings name the user's line
NUMERIC = frozenset("fiubc")
WITHOUT_FAST_PATH = 2  # calls of an operation, before its fast path is made
_NUMBERS = frozenset((int, float, bool, complex))
_SCALARS = (np.generic, int, float, complex)
_SIMPLE = frozenset((int, float, bool, str, slice, type(None), type(Ellipsis)))
_FLOAT64 = np.dtype(np.float64)
_ndarray = np.ndarray


class Handle(ArrayLike, abstract=True):
    """An array, the node that made it, and the array that somebody outside may write to, if that was handed out.

    The class that results have is the one made known by `results_are`: the class with all the methods imports this
    module, and so cannot be imported here.
    """

    __slots__ = (
        "__weakref__", "_data", "_exposed", "_grad", "_kept", "_made", "_name", "_node", "_op", "_viewed", "_views",
    )  # fmt: skip

    _data: Array
    _exposed: ref[Array] | None
    _grad: Any  # an array or a Tensor; absent until there was one
    _kept: Node | None  # that of a leaf that requires no gradient any more, with its hooks; absent if it never did
    _made: int  # in which epoch; absent where the node tells, see `state`
    _name: str | None
    _node: Node | None
    _op: Op | None
    _viewed: Any  # of what it is a view, and by which operation: see `linked`
    _views: list[ref[Handle]] | None

    _has_node = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        RECORDERS[cls] = record

    def _everywhere(self) -> bool:
        return everywhere(self._data)

    def _sample(self) -> Array:
        return self._data


C = TypeVar("C", bound=type[Handle])
_Result: type[Any] = Handle
_blank = Handle.__new__
_blank_node = Node.__new__


def results_are(cls: C) -> C:
    """Make `cls` the class of every result; a class decorator, used once."""
    global _Result  # noqa: PLW0603 - the one link from here to the class above
    _Result = cls
    return cls


def make_tensor(array: Array, node: Node | None = None, op: Op | None = None) -> Any:
    """Wrap an array that nobody else writes to, and the node that made it, without a copy."""
    t = _blank(_Result)
    t._data, t._node, t._op, t._exposed, t._name, t._made = array, node, op, None, None, _epoch
    t._viewed = t._views = None
    return t


_epoch = 0


def epoch() -> int:
    """Return the number of the time in which a Tensor is made: it grows where a scope of `state` begins."""
    return _epoch


def new_epoch() -> int:
    """Begin a new epoch, and return its number: what is made from now on was not there before."""
    global _epoch  # noqa: PLW0603 - read for every Tensor, and so a plain variable
    _epoch += 1
    return _epoch


def apply(
    op: Op, operands: Sequence[Any], settings: Settings = NO_SETTINGS, instead: Callable[..., Any] | None = None
) -> Any:
    """Carry out one operation: compute its value, record its node if a gradient may flow, tell the observers.

    The `fast_path` of an operation does the same for Tensors, arrays and Python numbers, in half the time. `instead`
    computes the value in the place of the function of the operation.
    """
    arrays: list[Any] = []
    nodes: list[Node | None] = []
    tracked = False
    for x in operands:
        if isinstance(x, Handle):
            arrays.append(x._data if x._exposed is None else array_of(x))
            nodes.append(x._node)
            tracked = tracked or x._node is not None
        else:
            plain = x.dtype.kind in NUMERIC if x.__class__ is _ndarray else x.__class__ in _NUMBERS
            arrays.append(x if plain or is_handed(op, x) else plain_operand(x) if op.rules else _unmasked(x))
            nodes.append(None)
    if settings:
        settings = _plain_settings(op, settings)
    try:
        fn = instead or op.cache.quiet or quieted(op)
        y = fn(*arrays, **settings) if settings else fn(*arrays)
    except Exception as error:
        if not is_warning(error):
            refusals.failed(error, op, operands)
            raise
        y = _again(error, op, operands, arrays, settings)
    if y.__class__ is not _ndarray:
        y = sequence_like(y, list(map(as_array, y))) if op.joint and isinstance(y, tuple) else as_array(y)
    result = None
    if tracked and op.rules and is_grad_enabled():
        inputs = _inputs(op, operands, arrays, nodes)
        edges = op.edges(y, arrays, settings, nodes)
        if not op.complex and (found := complex_dtype([edge[0] for edge in edges])) is not None:
            refuse(op, found)
        if edges:  # none where all that is tracked stands where there is no derivative, as the condition of `where`
            result = recorded(op, y, inputs, edges, settings)
    if result is None:
        result = make_tensor(y, None, op) if not isinstance(y, tuple) else _wrapped(op, y)
    if op.view is not None and len(operands) == 1:  # of several operands nothing is a view
        linked(result, y, operands[0], arrays[0], op, settings)
    return _told(op, operands, settings, result) if observers else result


def linked(t: Any, y: Array, x: Any, a: Array, op: Op, settings: Settings) -> Any:
    """Note that `t` is a view of `x`, where its array `y` is one of the array `a` of `x`; return `t`."""
    if not isinstance(x, Handle) or not (shares(y, a) and (a.ndim or not is_number(x))):
        return t
    link(t, x, op, settings, t._node is None and x._node is not None)
    if x._exposed is not None:
        seen_through(t, x)
    return t


def shares(y: Array, a: Array) -> bool:
    """Tell whether an array is a view of another, or of what that is a view of; True where nobody knows."""
    base = getattr(y, "base", _UNKNOWN)
    if base is None or base is a or base is _UNKNOWN:
        return base is not None
    root = getattr(a, "base", None)
    if base is root:
        return True
    inner = getattr(base, "base", None)  # where NumPy has an object of its own in between
    return inner is not None and (inner is a or inner is root)


def link(t: Any, x: Any, op: Op, settings: Settings, detached: bool = False) -> None:
    """Note that `t` is a view of `x`: it holds that, and is known to it by a weak reference. See `views`.

    A view without a history, which is `detached`, does not hold what has one.
    """
    views = x._views
    if views is None:
        x._views = views = [ref(t)]
    else:
        views.append(ref(t))
        n = len(views)
        if n >= _MANY and not n & (n - 1):
            forget_views(views)
    t._viewed = (ref(x) if detached else x, op, settings, views, detached)


_UNKNOWN = object()
_MANY = 32
_forgetting = Lock()


def forget_views(views: list[Any]) -> None:
    """Drop the references to views that are gone; others may add some meanwhile."""
    with _forgetting.held:
        n = len(views)
        views[:n] = [view for view in views[:n] if view() is not None]


def seen_through(t: Handle, x: Handle) -> None:
    """Have a view show the array of `x` that was handed out, which its user may write to."""
    data: Array = x._data
    if x._exposed is not None and x._exposed() is data:
        _, op, settings, _, _ = t._viewed
        t._data = y = op.fn(data, **settings)
        t._exposed = ShownArray(y)


def _told(op: Op, operands: Sequence[Any], settings: Settings, result: Any) -> Any:
    """Tell the observers of an operation, of each result if there are several, and return its result."""
    for observer in observers:
        for part in result if isinstance(result, tuple) else (result,):
            observer(op, operands, settings, part)
    return result


def record(op: Op, operands: Sequence[Any], settings: Settings) -> Any:
    """Carry out an operation that was called as a function."""
    result = (op.cache.fast_path or fast_path(op))(*operands, settings=settings)
    return apply(op, operands, settings) if result is NotImplemented else result


def fast_path(op: Op) -> Callable[..., Any]:
    """Return the function of operands and settings that carries out `op`: its fast path, made at the third call.

    To make one takes as long as a hundred calls of `apply`, which does the work until then; and as long as a trace
    watches, for what is traced is done once. What the text of a fast path does not cover it hands over to `apply` too.
    """
    cache = op.cache
    cache.calls += 1
    if not op.operands or not op.rules or op.joint:
        cache.fast_path = _general(op)
        return cache.fast_path
    if cache.calls <= WITHOUT_FAST_PATH or traced():
        return _general(op)
    cache.fast_path = _made(op, fastpath.source(op), f"{FAST_PATH}{op.name}>")
    return cache.fast_path


def observed(op: Op) -> Callable[..., Any]:
    """Return the fast path of `op` that tells the observers of its result; a trace has none made for it."""
    if traced():
        return _general(op)
    op.cache.observed = _made(op, fastpath.observed_source(op), f"{FAST_PATH}{op.name}, observed>")
    return op.cache.observed


def _general(op: Op) -> Callable[..., Any]:
    """Return a function with the parameters of a fast path that leaves all to `apply`."""
    return partial(_foreign, op)


def _made(op: Op, text: str, name: str) -> Callable[..., Any]:
    """Compile the text of a fast path of `op`."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)  # tracebacks show its lines
    made: dict[str, Any] = {}
    exec(compile(text, name, "exec"), globals(), made)
    function: Callable[..., Any] = made["make"](op, op.cache.quiet or quieted(op), op.rules, op.defaults)
    return function


def _again(error: BaseException, op: Op, operands: Sequence[Any], arrays: Sequence[Any], settings: Settings) -> Any:
    """Carry out once more an operation that has something to warn of."""
    try:
        return again(error, op.fn, arrays, settings)
    except Exception as raised:
        raised.add_note(refusals.circumstances(op, operands))
        raise


def carried_out(frame: FrameType) -> tuple[Op, Sequence[Any]] | None:
    """Return the operation that a frame, as of a traceback, carries out, with its operands; None if it does not."""
    at = frame.f_locals
    if frame.f_code is apply.__code__:
        return at["op"], at["operands"]
    if frame.f_code.co_filename.startswith(FAST_PATH):
        return at["op"], [at[f"x{i}"] for i in range(len(at["op"].operands))]
    return None


def _foreign(op: Op, *operands: Any, settings: Settings = NO_SETTINGS) -> Any:
    """`apply` where an operand is of another class; NotImplemented if it wants to do an operator itself."""
    if isinstance(op.fn, np.ufunc):
        if any(declines(x, operands) for x in operands):
            return NotImplemented
        if (carry := carrier_of(operands)) is not None:
            return carry(op, operands, settings)
    return apply(op, operands, settings)


def recorded(op: Op, y: Any, inputs: tuple[Any, ...], edges: tuple[Any, ...], settings: Settings) -> Any:
    """Return the result of an operation with the node that remembers it; of several, each with one of its own."""
    if not isinstance(y, tuple):
        return _recorded(op, y, inputs, edges, settings)
    kinds: list[Any] = []
    for i, part in enumerate(y):
        dtype = part.dtype
        if dtype.kind == "c" and not op.complex:
            refusals.result_dtype(op, dtype)
        constant = dtype.kind not in "fc" or (dtype.kind == "f" and i in op.constant)  # type: ignore[attr-defined]
        kinds.append(None if constant else (part.shape, dtype))
    return _wrapped(op, y, Linked(op, inputs, edges, settings, (len(y),), Kinds(kinds, getattr(y, "_fields", ()))))


def _wrapped(op: Op, y: tuple[Any, ...], whole: Node | None = None) -> Any:
    """Return each of several results as a Tensor; a copy of one without a history, which its user may write to."""
    nodes = [None if whole is None else whole.dtype.part(whole, i) for i in range(len(y))]
    pairs = zip(y, nodes, strict=True)
    parts = [make_tensor(part.copy() if whole and not node else part, node, op) for part, node in pairs]
    return sequence_like(y, parts)


def _recorded(op: Op, y: Array, inputs: tuple[Any, ...] | None, edges: tuple[Any, ...], settings: Settings) -> Any:
    """Return the result of an operation with the node that remembers it.

    NOTE: node and Tensor are filled in here and not by their constructors, which cost a third of the whole fast path.
    """
    dtype = y.dtype
    if dtype is not _FLOAT64 and dtype.kind != "f" and not (dtype.kind == "c" and op.complex):
        refusals.result_dtype(op, dtype)
    node = _blank_node(Linked)
    node.op, node._inputs, node.edges, node.settings = op, inputs, edges, settings
    node.shape, node.dtype, node.order, node.notes = y.shape, dtype, new_order(), None
    t = _blank(_Result)
    t._data, t._node, t._op, t._exposed, t._name, t._viewed, t._views = y, node, op, None, None, None, None
    return t


def _inputs(op: Op, operands: Sequence[Any], arrays: list[Any], nodes: list[Node | None]) -> tuple[Any, ...]:
    """Return what a node notes of its operands, and replace in `arrays` what the user may write to by copies."""
    inputs: list[Any] = list(nodes)
    for i, x in enumerate(operands):
        if nodes[i] is None and is_handed(op, x):
            inputs[i] = ConstantInput((), None, getattr(x, "__name__", type(x).__name__))
        elif nodes[i] is None:
            inputs[i] = _constant(x)
            if not isinstance(x, Handle) and is_array(arrays[i]) and op.reads_operand(i, nodes):
                arrays[i] = saved(arrays[i])
    return tuple(inputs)


def _constant(x: Any) -> Any:
    if isinstance(x, Handle):
        return ConstantInput(x._data.shape, x._data.dtype, x._name, ref(x))
    if x.__class__ in _NUMBERS or x is None:
        return x
    if x.__class__ is _ndarray:
        return ConstantInput(x.shape, x.dtype)
    array = plain_operand(x)
    return ConstantInput(np.shape(array), getattr(array, "dtype", None))


def is_handed(op: Op, x: Any) -> bool:
    """Tell whether an operand is handed through as it is; refuse Tensors in it, whose history would be lost."""
    if not op.hands or not (callable(x) or isinstance(x, _NO_ARRAYS)):
        return False
    if any(isinstance(leaf, Handle) for leaf in flatten(x)[0]):
        raise errors.UnsupportedError(errors.CUSTOM_INSIDE.format(op=op.name, given=type(x).__name__))
    return True


_NO_ARRAYS = (str, bytes, tuple, dict, set, frozenset)


def plain_operand(x: Any) -> Any:
    """Return an operand that is not a Tensor as something a NumPy function works with as with an ndarray."""
    if x.__class__ is _ndarray:
        if x.dtype.kind not in NUMERIC:
            refusals.no_number(x, x.dtype)
        return x
    if x is None or isinstance(x, (np.generic, int, float, complex)):
        return x
    if not isinstance(x, _ndarray) and is_array(x):
        refuse_masked(x)
        return known_shape(x)
    return plain_operand(converted(x))


def _unmasked(x: Any) -> Any:
    refuse_masked(x)
    return x


def _plain_settings(op: Op, settings: Settings) -> Settings:
    return {
        name: value if value.__class__ in _SIMPLE else _plain_setting(op, name, value)
        for name, value in settings.items()
    }


def _plain_setting(op: Op, name: str, value: Any) -> Any:
    """Return a setting without Tensors, and with its own copy of arrays, as the node will keep it."""
    if isinstance(value, Handle):
        if value._node is not None:
            raise errors.UnsupportedError(errors.TRACKED_SETTING.format(argument=name, op=op.name))
        return array_of(value)
    if isinstance(value, _ndarray):
        return _unmasked(value).copy()
    if not isinstance(value, (list, tuple)):
        return value
    return tuple([v if v.__class__ in _SIMPLE else _plain_setting(op, name, v) for v in value])


def as_array(y: Any) -> Array:
    """Return scalars as arrays of no dimension; whatever else a function returned, as it is."""
    return np.asarray(y) if issubclass(type(y), _SCALARS) else y


def is_number(t: Handle) -> bool:
    """Tell whether NumPy would have a number for `t`, which never changes: ``total += x`` makes another one.

    So the result of a sum, and ``x[0]``; but no array of no dimension that the user made, or shows something.
    """
    made = t._op
    return not t._data.ndim and made is not None and made.name not in _ARRAYS and t._views is None and t._viewed is None


_ARRAYS = frozenset(("copy", "astype", "where", "zeros_like", "ones_like", "empty_like"))
"""The operations that make arrays, and no numbers, also of what has no dimension."""


def laid_out(y: Array, as_it_was: Array) -> Array:
    """Return the new value of an array in the layout that it has, on which it depends what is a view of it."""
    if y.__class__ is not _ndarray or y.ndim < _ROWS or as_it_was.__class__ is not _ndarray:
        return y
    if y.strides == as_it_was.strides:
        return y
    made = np.empty_like(as_it_was)
    made[...] = y
    return made


_ROWS = 2


class ShownArray(ref[Any]):
    """A reference to an array that was handed out, and what its shape and dtype were."""

    __slots__ = ("dtype", "shape")

    def __init__(self, array: Any) -> None:
        super().__init__(array)  # type: ignore[call-arg]
        self.shape, self.dtype = array.shape, array.dtype


def array_of(t: Handle) -> Array:
    """Return the array of a Tensor as one that nobody will write to."""
    data: Array = t._data  # NOTE: read first, for another thread may expose another array in between
    return data if t._exposed is None or is_private(t, data) else data.copy()


def is_private(t: Handle, data: Array) -> bool:
    """Tell whether the array of a Tensor was handed out to nobody.

    One that was, and has another form since, is that of a constant in another form; for a node it is refused.
    """
    exposed: Any = t._exposed
    if exposed is None or exposed() is not data:
        return True
    if t._node is not None and (data.shape != exposed.shape or data.dtype != exposed.dtype):
        refusals.changed_form(t, exposed.shape, exposed.dtype)
    return False


def plain_of(y: Any) -> Any:
    """Return `y` without its history: the array of a Tensor, all else as it is."""
    return array_of(y) if isinstance(y, Handle) else y
