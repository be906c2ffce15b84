"""The one place where operations happen: `apply`, its two fast lanes, and the handle they work on.

The array of a handle is not written to by anyone while a node may have saved it. In-place operations give the Tensor a
new array; and an array that the user may write to (an operand that is a plain ndarray, or what ``data`` and ``numpy``
have handed out) is copied before it is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import ref

import numpy as np

from autograd_lite import errors, refusals
from autograd_lite.graph import Constant, Node, Recorded, is_grad_enabled, new_order, observers
from autograd_lite.op import NO_SETTINGS, RECORDERS, Op, Settings
from autograd_lite.protocols import declines
from autograd_lite.shapes import Array

NUMERIC = frozenset("fiubc")
_NUMBERS = frozenset((int, float, bool, complex))
_FLOAT64 = np.dtype(np.float64)
_ndarray = np.ndarray


class Handle:
    """An array, the node that made it, and whether somebody outside may write to the array.

    The class that results have is the one made known by `results_are`: the class with all the methods imports this
    module, and so cannot be imported here.
    """

    __slots__ = ("__weakref__", "_data", "_exposed", "_grad", "_name", "_node", "_op")

    _data: Array
    _exposed: bool
    _grad: Any  # an array or a Tensor; absent until there was one
    _name: str | None
    _node: Node | None
    _op: Op | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        RECORDERS[cls] = record


_Result: type[Any] = Handle
_blank = Handle.__new__
_blank_node = Node.__new__


def results_are(cls: type[Handle]) -> type[Handle]:
    """Make `cls` the class of every result; a class decorator, used once."""
    global _Result  # noqa: PLW0603 - the one link from here to the class above
    _Result = cls
    return cls


def make_tensor(array: Array, node: Node | None = None, op: Op | None = None) -> Any:
    """Wrap an array that nobody else writes to, and the node that made it, without a copy."""
    t = _blank(_Result)
    t._data, t._node, t._op, t._exposed, t._name = array, node, op, False, None
    return t


def apply(op: Op, operands: Sequence[Any], settings: Settings = NO_SETTINGS) -> Any:
    """Carry out one operation: compute its value, record its node if a gradient may flow, tell the observers.

    `unary` and `binary` do the same for one and two operands without settings, at half the overhead; what they do not
    cover they hand over to here.
    """
    arrays, nodes = [], []
    for x in operands:
        if isinstance(x, Handle):
            arrays.append(x._data.copy() if x._exposed else x._data)
            nodes.append(x._node)
        else:
            plain = x.dtype.kind in NUMERIC if x.__class__ is _ndarray else x.__class__ in _NUMBERS
            arrays.append(x if plain or not op.rules else _plain_operand(x))
            nodes.append(None)
    if settings:
        settings = {name: _plain_setting(op, name, value) for name, value in settings.items()}
    try:
        y = op.fn(*arrays, **settings)
    except Exception as error:
        error.add_note(refusals.circumstances(op, operands))
        raise
    if y.__class__ is not _ndarray:
        y = as_array(y)
    result = None
    if op.rules and is_grad_enabled() and any(nodes):
        inputs = _inputs(op, operands, arrays, nodes)
        edges = op.edges(y, arrays, settings, nodes)
        if edges:  # none where all that is tracked stands where there is no derivative, as the condition of `where`
            result = _recorded(op, y, inputs, edges, settings)
    if result is None:
        result = make_tensor(y, None, op)
    for observer in observers:
        observer(op, operands, settings, result)
    return result


def record(op: Op, operands: Sequence[Any], settings: Settings) -> Any:
    """Carry out an operation that was called as a function, in the fastest lane there is for it."""
    if not settings and op.plain:
        if len(operands) == 1:
            return unary(op, operands[0])
        if len(operands) == 2:  # noqa: PLR2004 - two operands
            return binary(op, *operands)
    return apply(op, operands, settings)


def unary(op: Op, x: Handle) -> Any:
    """`apply` for one operand, a Tensor, and no settings."""
    if observers or not op.plain:
        return apply(op, (x,))
    array = x._data.copy() if x._exposed else x._data
    try:
        y = op.fn(array)
    except Exception as error:
        error.add_note(refusals.circumstances(op, (x,)))
        raise
    if y.__class__ is not _ndarray:
        y = as_array(y)
    if x._node is None or not is_grad_enabled():
        return make_tensor(y, None, op)
    edge = (x._node, op.rules[0], op.picks[0]((y, array)), 0)  # type: ignore[misc]
    return _recorded(op, y, (x._node,), (edge,), NO_SETTINGS)


def binary(op: Op, x1: Any, x2: Any) -> Any:
    """`apply` for two operands, Tensors or Python numbers, and no settings."""
    n1 = n2 = None
    if isinstance(x1, Handle):
        a1, n1 = x1._data.copy() if x1._exposed else x1._data, x1._node
    elif x1.__class__ in _NUMBERS:
        a1 = x1
    else:
        return apply(op, (x1, x2)) if x1.__class__ is _ndarray else _foreign(op, x1, x2)
    if isinstance(x2, Handle):
        a2, n2 = x2._data.copy() if x2._exposed else x2._data, x2._node
    elif x2.__class__ in _NUMBERS:
        a2 = x2
    else:
        return apply(op, (x1, x2)) if x2.__class__ is _ndarray else _foreign(op, x1, x2)
    if observers or not op.plain:
        return apply(op, (x1, x2))
    try:
        y = op.fn(a1, a2)
    except Exception as error:
        error.add_note(refusals.circumstances(op, (x1, x2)))
        raise
    if y.__class__ is not _ndarray:
        y = as_array(y)
    if (n1 is None and n2 is None) or not is_grad_enabled():
        return make_tensor(y, None, op)
    env = (y, a1, a2)
    (rule1, rule2), (pick1, pick2) = op.rules, op.picks
    inputs: tuple[Any, ...]
    edges: tuple[Any, ...]
    if n2 is None:
        edges = ((n1, rule1, pick1(env), 0),)  # type: ignore[misc]
        inputs = (n1, x2 if x2.__class__ in _NUMBERS else _constant(x2))
    elif n1 is None:
        edges = ((n2, rule2, pick2(env), 1),)  # type: ignore[misc]
        inputs = (x1 if x1.__class__ in _NUMBERS else _constant(x1), n2)
    else:
        edges = ((n1, rule1, pick1(env), 0), (n2, rule2, pick2(env), 1))  # type: ignore[misc]
        inputs = (n1, n2)
    return _recorded(op, y, inputs, edges, NO_SETTINGS)


def _foreign(op: Op, x1: Any, x2: Any) -> Any:
    """`apply` where an operand is of another class; NotImplemented if it wants to do the operation itself."""
    return NotImplemented if declines(x1) or declines(x2) else apply(op, (x1, x2))


def _recorded(op: Op, y: Array, inputs: tuple[Any, ...], edges: tuple[Any, ...], settings: Settings) -> Any:
    """Return the result of an operation with the node that remembers it.

    NOTE: node and Tensor are filled in here instead of by their constructors, which cost as much as the rest.
    """
    dtype = y.dtype
    if dtype is not _FLOAT64 and dtype.kind != "f":
        refusals.result_dtype(op, dtype)
    node = _blank_node(Recorded)
    node.op, node.inputs, node.edges, node.settings = op, inputs, edges, settings
    node.shape, node.dtype, node.order, node.notes = y.shape, dtype, new_order(), None
    t = _blank(_Result)
    t._data, t._node, t._op, t._exposed, t._name = y, node, op, False, None
    return t


def _inputs(op: Op, operands: Sequence[Any], arrays: list[Any], nodes: list[Node | None]) -> tuple[Any, ...]:
    """Return what a node notes of its operands, and replace in `arrays` what the user may write to by copies."""
    inputs: list[Any] = list(nodes)
    for i, x in enumerate(operands):
        if nodes[i] is None:
            inputs[i] = _constant(x)
            if not isinstance(x, Handle) and hasattr(arrays[i], "copy") and op.reads_operand(i, nodes):
                arrays[i] = arrays[i].copy()
    return tuple(inputs)


def _constant(x: Any) -> Any:
    if x.__class__ in _NUMBERS or x is None:
        return x
    if isinstance(x, Handle):
        return Constant(x._data.shape, x._data.dtype, x._name, ref(x))
    if x.__class__ is _ndarray:
        return Constant(x.shape, x.dtype)
    array = _plain_operand(x)
    return Constant(np.shape(array), getattr(array, "dtype", None))


def _plain_operand(x: Any) -> Any:
    """Return an operand that is not a Tensor as something a NumPy function works with as with an ndarray."""
    if x.__class__ is _ndarray:
        if x.dtype.kind not in NUMERIC:
            refusals.no_number(x.dtype)
        return x
    if x is None or isinstance(x, (np.generic, int, float, complex)):
        return x
    if not isinstance(x, _ndarray) and hasattr(x, "__array_function__"):
        return x
    refusals.masked(x)
    return _plain_operand(np.asarray(x))


def _plain_setting(op: Op, name: str, value: Any) -> Any:
    """Return a setting without Tensors, and with its own copy of arrays, as the node will keep it."""
    if isinstance(value, Handle):
        if value._node is not None:
            raise errors.UnsupportedError(errors.TRACKED_SETTING.format(argument=name, op=op.name))
        return array_of(value)
    if isinstance(value, _ndarray):
        return value.copy()
    return tuple([_plain_setting(op, name, v) for v in value]) if isinstance(value, (list, tuple)) else value


def as_array(y: Any) -> Array:
    """Return scalars as arrays of no dimension; whatever else a function returned, as it is."""
    return np.asarray(y) if isinstance(y, (np.generic, int, float, complex)) else y


def array_of(t: Handle) -> Array:
    """Return the array of a Tensor as one that nobody will write to."""
    return t._data.copy() if t._exposed else t._data
