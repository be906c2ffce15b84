"""`vmap`: a function of one example, made into one of many.

Examples go in as batches (see `batched`) and come out as arrays. Where Tensors are recorded, going in and coming out
are operations with adjoints of their own; and a recorded Tensor from outside that the function uses without being
given it is the same for every example: its gradient is the sum over all of them. That step is put into the graph when
the call has ended (`_seal`), so that within the call derivatives are those of each example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Any, ParamSpec, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_numbers
from autograd_lite.base.functions import derived
from autograd_lite.base.shapes import Array
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.graph import Linked, Node, Recomputed
from autograd_lite.engine.op import Op, Settings
from autograd_lite.engine.operands import refuse_masked, with_shape
from autograd_lite.engine.record import Handle, make_tensor
from autograd_lite.tensor.state import Refusing
from autograd_lite.transforms.batches.array import Batched, Level
from autograd_lite.transforms.batches.rules import rule
from autograd_lite.transforms.watched import Function, name_of
from autograd_lite.tree import Structure, flatten, is_named, paths, unflatten

P = ParamSpec("P")
R = TypeVar("R")


def vmap(
    f: Callable[P, R], in_axes: Any = 0, out_axes: Any = 0, *, in_dims: Any = 0, out_dims: Any = 0
) -> Callable[P, R]:  # fmt: skip
    """Return the function that does to many examples at once what `f` does to one.

    Parameters
    ----------
    f : callable
        Written with NumPy for one example; takes and returns arrays or trees of them.
    in_axes : int, None, or tree of them
        The axis of each argument along which its examples lie; None for what all examples share. One value for all
        arguments, or a tuple with one for each, of which each may be a tree like its argument. What is given by name
        has its examples along axis 0.
    out_axes : int, None, or tree of them
        The same for the results; None only for what does not differ between examples.
    in_dims, out_dims
        PyTorch's names for the two.

    Returns
    -------
    callable
        Takes the arguments of `f` with one more axis each, and returns its results with one more axis.

    Raises
    ------
    ShapeError
        The arguments differ in the number of examples.
    ArgumentError
        `in_axes` or `out_axes` fit neither arguments nor results, or no argument has examples.
    BatchError
        `f` asks one example for what differs between them: it branches on a value, or takes ``float(x)``; or it gives
        that to a Tensor, or an attribute of a module, that was there before.

    Notes
    -----
    Operations work on all examples at once: pointwise functions, reductions, products, and what moves elements. The
    rest, such as `np.searchsorted`, runs in a loop over the examples. What a function does in place to an array is seen
    by that array, but not by others that were views of it. What `f` computes has to leave it as a result: kept
    elsewhere, it stays a batch. Random numbers that `f` draws are the same for all examples.

    The signature is that of JAX's `vmap`; transforms may stand inside and around it in any order.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> distance = vmap(lambda a, b: np.sqrt(np.sum((a - b) ** 2)), in_axes=(0, None))
    >>> distance(np.array([[3.0, 4.0], [0.0, 1.0]]), np.zeros(2))
    array([5., 1.])

    Gradients for each example:

    >>> def loss(w, x, y):
    ...     return (np.dot(w, x) - y) ** 2
    >>> w, xs, ys = np.array([1.0, 2.0]), np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0])
    >>> vmap(ag.grad(loss), in_axes=(None, 0, 0))(w, xs, ys)
    array([[2., 0.],
           [4., 4.]])
    """
    of_arguments, of_results = (in_axes if in_dims == 0 else in_dims), (out_axes if out_dims == 0 else out_dims)
    return derived(_vmap, vmap, f, of_arguments, of_results)


def _vmap(f: Function, in_axes: Any, out_axes: Any, /, *args: Any, **kwargs: Any) -> Any:
    leaves, structure = flatten((args, kwargs))
    places = paths(structure.children[0], "argument ") + paths(structure.children[1], "argument ")
    axes = axes_like(in_axes, structure.children[0], "in_axes") + [0] * structure.children[1].size
    axes = [inside(axis, x, place) for axis, x, place in zip(axes, leaves, places, strict=True)]
    level = Level(size_of(leaves, axes, places))
    given = [x if axis is None else _entered(x, level, axis) for x, axis in zip(leaves, axes, strict=True)]
    called, named = unflatten(structure, given)
    try:
        results, built = flatten(Refusing(level).around(lambda: f(*called, **named)))
        out = axes_like(out_axes, built, "out_axes")
        return unflatten(built, _left(results, out, level, f))
    except (TypeError, ValueError) as error:
        uncover(error)
        raise
    finally:
        level.ended = True


# ----- axes -----


def axes_like(axes: Any, structure: Structure, which: str) -> list[Any]:
    """Return the axis of each leaf: `axes` is a tree like the other, or ends earlier for whole branches."""
    if axes is None or (isinstance(axes, (int, np.integer)) and not isinstance(axes, bool)):
        return [axes] * structure.size
    if structure.kind is None or not isinstance(axes, Sized) or len(axes) != len(structure.keys):
        raise errors.ArgumentError(errors.VMAP_AXES.format(which=which, given=repr(axes), what=_called(structure)))
    found = []
    for key, child in zip(structure.keys, structure.children, strict=True):
        found += axes_like(_part(axes, key, structure, which), child, which)
    return found


def _part(axes: Any, key: Any, structure: Structure, which: str) -> Any:
    try:
        return getattr(axes, key) if is_named(type(axes)) else axes[key]
    except (KeyError, TypeError, AttributeError) as error:
        text = errors.VMAP_AXES.format(which=which, given=repr(axes), what=_called(structure))
        raise errors.ArgumentError(text) from error


def _called(structure: Structure) -> str:
    return "one array" if structure.kind is None else f"the {len(structure.keys)} parts of a {structure.kind!r}"


def inside(axis: Any, x: Any, place: str) -> int | None:
    """Return an axis of an argument as a number from 0 on; None where the examples share it."""
    return None if axis is None else checked_axis(axis, np.ndim(x), "in_axes", place)


def checked_axis(axis: int, ndim: int, which: str, what: str) -> int:
    if not -ndim <= axis < ndim:
        raise errors.ArgumentError(errors.VMAP_RANGE.format(which=which, axis=axis, what=what, ndim=ndim))
    return int(axis) % ndim


def size_of(leaves: Sequence[Any], axes: Sequence[int | None], places: Sequence[str]) -> int:
    """Return the number of examples, which is that of all arguments that have any."""
    sizes = [(np.shape(x)[axis], p) for x, axis, p in zip(leaves, axes, places, strict=True) if axis is not None]
    if not sizes:
        raise errors.ArgumentError(errors.VMAP_NOTHING)
    n, first = sizes[0]
    for m, second in sizes:
        if m != n:
            raise errors.ShapeError(errors.VMAP_SIZES.format(first=first, n=n, second=second, m=m))
    return int(n)


# ----- into a batch and out of it -----


def _enter(a: Array, level: Level, axis: int) -> Array:
    return Batched(np.moveaxis(with_shape(a), axis, 0), level)


def _leave(a: Array, level: Level, axis: int | None) -> Array:
    if axis is None:
        return a._array[0] if _of(a, level) else a
    array = a._array if _of(a, level) else np.broadcast_to(a, (level.size, *np.shape(a)))
    return np.moveaxis(array, 0, axis)


def _share(a: Array, level: Level) -> Array:
    return Batched(np.broadcast_to(a, (level.size, *a.shape)), level)


def _total(a: Array, level: Level) -> Array:
    return a._array.sum(0) if _of(a, level) else a * level.size


def _of(a: Array, level: Level) -> bool:
    return isinstance(a, Batched) and a._level is level


def _declared(fn: Callable[..., Array], adjoint: Callable[..., Array], **settings: Any) -> Op:
    def carried(a: Array, level: Level, **given: Any) -> Array:
        """NOTE: a younger batch stays outermost, also where a Tensor holds it and so no rule for batches is asked."""
        if not isinstance(a, Batched) or a._level.order <= level.order:
            return fn(a, level, **given)
        axis = given.get("axis")
        return Batched(carried(a._array, level, **(given if axis is None else {"axis": axis + 1})), a._level)

    name, defaults = fn.__name__.strip("_"), {"level": None, **settings}
    return Op(name, carried, "linear", ("a",), defaults, (adjoint,), order=("a",), complex=True)


enter: Op = _declared(_enter, lambda g, level, axis: leave(g, level=level, axis=axis), axis=0)
leave: Op = _declared(_leave, lambda g, level, axis: _returned(g, level, axis), axis=0)
share: Op = _declared(_share, lambda g, level: total(g, level=level))
total: Op = _declared(_total, lambda g, level: share(g, level=level))


@rule(enter, leave, share, total)
def _beside(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """For a batch younger than their own, whose axis comes first."""
    (a,) = operands
    axis = settings.get("axis")
    return op(a._array, **(settings if axis is None else {**settings, "axis": axis + 1}))


def _returned(g: Array, level: Level, axis: int | None) -> Array:
    """Hand the cotangent of a result back; that of one which all examples share in equal parts."""
    return enter(g, level=level, axis=axis) if axis is not None else share(g / max(level.size, 1), level=level)


def _entered(x: Any, level: Level, axis: int) -> Any:
    refuse_masked(x)
    return enter(x, level=level, axis=axis) if isinstance(x, Handle) else _enter(x, level, axis)


def _left(results: Sequence[Any], axes: Sequence[int | None], level: Level, f: Function) -> list[Any]:
    what = f"a result of {name_of(f)}"
    places = [_outside(y, axis, level, what) for y, axis in zip(results, axes, strict=True)]
    inner = _seal([y._node for y in results if isinstance(y, Handle) and y._node is not None], level)
    return [_leaf_out(y, level, axis, inner) for y, axis in zip(results, places, strict=True)]


def _outside(y: Any, axis: Any, level: Level, what: str) -> int | None:
    """Return the axis that the examples of a result shall have, from 0 on."""
    if not is_numbers(y):
        raise errors.ArgumentError(errors.VMAP_RESULT.format(given=type(y).__name__))
    if axis is not None:
        return checked_axis(axis, np.ndim(y) + 1, "out_axes", what)
    if _of(y._data if isinstance(y, Handle) else y, level):
        raise errors.ArgumentError(errors.VMAP_SHARED.format(what=what))
    return None


def _leaf_out(y: Any, level: Level, axis: int | None, inner: dict[Node, Node]) -> Any:
    if isinstance(y, Handle):
        node = y._node
        return leave(make_tensor(y._data, inner.get(node, node) if node else None), level=level, axis=axis)
    array = _leave(y, level, axis)
    return array.copy() if isinstance(array, np.ndarray) and array.base is not None else array


# ----- what is reached from inside without being given -----


def _seal(results: Iterable[Node], level: Level) -> dict[Node, Node]:
    """Put a step into the graph wherever it leads out of the batch: the same value for all, back the sum over all.

    Returns those steps by the node they stand before. What is older than the batch lies outside; what is newer was
    made inside, by this call.
    """
    crossing: dict[Node, None] = {}
    inside = _walk(results, level, crossing)
    # Sweeps go by order: a step comes after all that is outside and before all that is inside.
    steps = {outer: _step(outer, level, level.order + i / (len(crossing) + 1)) for i, outer in enumerate(crossing)}
    if steps:
        reroute(inside, steps)
    return steps


def reroute(nodes: Iterable[Node], steps: dict[Node, Node]) -> None:
    """Have the edges of `nodes` that lead to a key of `steps` lead to its value.

    What a rule is called with may lead to nodes too, as what a checkpoint computes again; it is told by its own method
    of that name.
    """
    for node in nodes:
        node.edges = tuple([(steps.get(parent, parent), *rest) for parent, *rest in node.edges or ()])
        node.inputs = tuple([steps.get(x, x) if isinstance(x, Node) else x for x in node.inputs])
        for _, _, saved, _ in node.edges:
            for value in saved:
                if isinstance(value, Recomputed):
                    value.reroute(steps)


def _walk(results: Iterable[Node], level: Level, crossing: dict[Node, None]) -> list[Node]:
    """Return the nodes inside that results come from, and note in `crossing` those outside that they lead to."""
    pending = list(dict.fromkeys(results))
    seen = set(pending)
    inside = []
    while pending:
        node = pending.pop()
        if node.order < level.order:
            crossing[node] = None
        elif node.edges and not (node.op is enter and node.settings["level"] is level):
            inside.append(node)
            new = [edge[0] for edge in node.edges if edge[0] not in seen]
            seen.update(new)
            pending += new
    return inside


def _step(outer: Node, level: Level, order: float) -> Node:
    settings = {"level": level}
    edges = share.edges(None, (None,), settings, (outer,))
    node = Linked(share, (outer,), edges, settings, outer.shape, outer.dtype)
    node.order = order
    return node
