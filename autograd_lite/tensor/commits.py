"""Values and gradients of many Tensors, set all or none, and never by somebody who only reads.

One C call sets them. An interrupt (Ctrl-C) is delivered between bytecodes, so it finds either all old ones or all new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any
from weakref import ref

from numpy import dtype, float64, ndarray

from autograd_lite import errors
from autograd_lite.base.conventions import conjugated
from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import Lock, at_once
from autograd_lite.engine import refusals
from autograd_lite.engine.graph import Node, leaf
from autograd_lite.engine.record import Handle, array_of, is_private, plain_of
from autograd_lite.tensor.data import fitting
from autograd_lite.tensor.state import is_leftover, scopes, writing
from autograd_lite.tensor.views import outdate

_FLOAT64 = dtype(float64)
_lock = Lock()  # held while gradients are added
_attributes = Handle.__dict__  # the slots, or what stands in their place while a function is compiled


def grad_array(t: Handle) -> Array | None:
    """Return the gradient of a leaf as an array not to be written to, or None."""
    return plain_of(getattr(t, "_grad", None))


def commit(tensors: Sequence[Handle], arrays: Sequence[Array], also: Iterable[tuple[Any, ...]] = ()) -> None:
    """Give Tensors new arrays, of their shape and dtype and their own, in one C call: all or none.

    Their views show them when they are next looked at. What is done `also` is a list of functions of C, with arguments.
    """
    if scopes():
        for t, array in zip(tensors, arrays, strict=True):
            writing(t, array)
    for t in tensors:
        if t._views:
            outdate(t)
    at_once(chain(zip(repeat(_attributes["_data"].__set__), tensors, arrays, strict=False), also))


def assign(pairs: Iterable[tuple[Handle, Any]]) -> None:
    """Give several leaves new values, all or none.

    NOTE: the values are computed and checked first; then one C call commits them. An interrupt (Ctrl-C) is delivered
    between bytecodes, so it finds either all old values or all new ones.
    """
    pairs = list(pairs)
    for t, _ in pairs:
        refusals.not_a_leaf(t, "assign()", "t = ag.Tensor(value)")
    commit([t for t, _ in pairs], [fitting(t, value, "assign()", _OTHER_SHAPE) for t, value in pairs])


def convert(tensors: Iterable[Handle], dtype: Any) -> None:
    """Give leaves their values, and their gradients, in another dtype, all or none. They stay the same Tensors.

    NOTE: a leaf gets a new node, since what was computed from it has the dtype that it had; its hooks go along.
    """
    steps: list[tuple[Any, ...]] = []
    for t in [t for t in tensors if t._data.dtype != dtype]:
        refusals.not_a_leaf(t, "to()", "t = t.astype(dtype)")
        steps += [(_attributes[name].__set__, t, value) for name, value in _in_dtype(t, dtype)]
        writing(t)
        if t._views:
            outdate(t)
    at_once(steps)


def again(t: Handle) -> Node | None:
    """Return the node that a leaf had when it required a gradient before, with its hooks; None if there was none."""
    node: Node | None = getattr(t, "_kept", None)
    if node is None:
        return None
    if (node.shape, node.dtype) != (t._data.shape, t._data.dtype):
        hooks, node = node.note().hooks, leaf(t._data.shape, t._data.dtype, t._name, ref(t))
        node.note().hooks = hooks
    node.note().name, t._kept = t._name, None
    return node


def _in_dtype(t: Handle, dtype: Any) -> Iterator[tuple[str, Any]]:
    """Yield what changes of a Tensor that gets another dtype, by the name of the slot."""
    is_private(t, t._data)
    yield "_data", refusals.cast(t, array_of(t), "to()", dtype)
    yield "_exposed", None
    node, grad = t._node, getattr(t, "_grad", None)
    if node is not None:
        made = leaf(t._data.shape, dtype, node.note().name, ref(t))
        made.note().hooks = node.note().hooks
        yield "_node", made
    if grad is not None:
        yield "_grad", raw(grad).astype(dtype)


_OTHER_SHAPE = "w = ag.Tensor(value, requires_grad=True) for a parameter of another shape"


def commit_gradients(found: dict[Node, Array]) -> None:
    """Add gradients to the Tensors that want them and are still there, all or none.

    One thread at a time, since to add is to read and to write. As in `commit`, one C call commits; what it replaces is
    held until then, so that nothing is freed in between.
    """
    with _lock.held:
        tensors, old, new = [], [], []
        for node, cotangent in found.items():
            t = node.notes.owner()  # type: ignore[union-attr]
            if t is not None and t._node is not None:  # else it requires no gradient any more
                g = cotangent if cotangent.dtype is _FLOAT64 else conjugated(cotangent)
                if g.dtype is not t._data.dtype and g.dtype != t._data.dtype:  # `convert` came after it was recorded
                    g = g.astype(t._data.dtype)
                if scopes() or g.__class__ is not ndarray:
                    _see_gradient(t, g)
                before = getattr(t, "_grad", None)
                tensors.append(t)
                if before is None:
                    new.append(g)
                else:
                    old.append(before)
                    new.append(_accumulated(node.notes, before, g))
        at_once(zip(repeat(_attributes["_grad"].__set__), tensors, new, strict=False))


def listed(x: Any) -> Sequence[Any]:
    """Return one Tensor, or several, as several."""
    return (x,) if isinstance(x, Handle) else tuple(x)


def nodes_of(inputs: Iterable[Any]) -> list[Node]:
    """Return the nodes at which derivatives arrive by some Tensors."""
    return [_node_of(x, place) for place, x in enumerate(inputs)]


def receiving(inputs: Any) -> list[Node]:
    """Return the nodes of Tensors whose ``grad`` is added to: of leaves, and of what was computed from such."""
    inputs = listed(inputs)
    nodes = nodes_of(inputs)
    for t, node in zip(inputs, nodes, strict=True):
        if not t.is_leaf:
            node.note().owner = ref(t)
    return nodes


def _node_of(x: Any, place: int) -> Node:
    if not isinstance(x, Handle) or x._node is None:
        what = refusals.describe(x) if isinstance(x, Handle) else type(x).__name__
        raise errors.NoPathError(errors.GRAD_INPUT.format(place=place, what=what))
    return x._node


def replace_gradients(tensors: Sequence[Handle], arrays: Sequence[Array]) -> None:
    """Give Tensors another gradient, all or none."""
    for t, array in zip(tensors, arrays, strict=True):
        if scopes():
            _see_gradient(t, array)
        notes, before = None if t._node is None else t._node.notes, raw(getattr(t, "_grad", None))
        if notes is not None and notes.used is not None and before is not None and notes.used() is before:
            notes.used = type(notes.used)(array)  # still one on which an optimiser has stepped
    at_once(zip(repeat(_attributes["_grad"].__set__), tensors, arrays, strict=False))


def _see_gradient(t: Handle, g: Any) -> None:
    """Tell the scopes of a gradient; refuse that of a batch whose `vmap` has ended."""
    if is_leftover(plain_of(g)):
        raise errors.BatchError(errors.BATCH_LEFTOVER)
    writing(t, g)


def _accumulated(notes: Any, before: Any, g: Any) -> Any:
    """Return the sum of two gradients, and note it if an optimiser has stepped on the first: see `Optimizer.step`."""
    total = before + g
    if notes.used is not None and notes.used() is raw(before):
        notes.used = Grown(raw(total))
    return total


class Grown(ref[Any]):
    """A reference to the array of a gradient that contains one which an optimiser has stepped on."""

    __slots__ = ()


def raw(grad: Any) -> Any:
    """Return the array of a gradient, which may be a Tensor by now."""
    return grad._data if isinstance(grad, Handle) else grad
