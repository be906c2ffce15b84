"""One call of a function with watched arguments, and the two sweeps over what it did: the ground of all transforms.

Every watched leaf gets a node of its own. Where it is a Tensor that somebody outside already watches, that node is an
identity over the outer one. So the variable of a transform and the same Tensor reached through a closure are different
nodes, and derivatives of nested transforms are never confused (Siskind and Pearlmutter, "Nesting forward-mode AD in a
functional framework", 2008).

Nodes made before the call belong to somebody outside. A call whose results lead to one of them has its derivative
recorded, so that the outer derivative is complete; any other is swept on plain arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import wraps
from operator import attrgetter
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_numbers
from autograd_lite.base.elsewhere import sent, zeros
from autograd_lite.base.shapes import Array, Shape, fitting
from autograd_lite.engine import watchpoints
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.graph import Linked, Node, new_order
from autograd_lite.engine.op import NO_SETTINGS, Op
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor, plain_of
from autograd_lite.engine.sweep import reverse
from autograd_lite.engine.switch import enable_grad, is_grad_enabled
from autograd_lite.engine.tangents import Form, forward
from autograd_lite.tensor.hooks import run_hooks
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tree import LEAF, STATIC, Structure, field_of, flatten, flatten_like, paths, unflatten

Function = Callable[..., Any]

ARGUMENT = Op("argument", lambda x: x, "elementwise", ("x",), {}, (lambda g: g,), complex=True)
"""What makes the variable of a transform: nothing, or the identity over a Tensor that is watched from outside."""

# A result that an outer variable is known not to move: the derivative is 0, which is not the same as lost.
_UNMOVED = Op(
    "unmoved", lambda *arrays: arrays[0], "custom", (), {}, (lambda g, shapes, index: zeros(shapes[index], float, g),),
    variadic=True, jvp=lambda tangents: zeros((), float, *tangents), complex=True,
)  # fmt: skip


class WatchedCall:
    """What one call of a function with watched arguments left behind.

    Attributes
    ----------
    function : callable
        What was called.
    inputs : list of Node
        The variables: one for each leaf of the watched arguments.
    wanted : frozenset of Node
        The same.
    given : list
        Those leaves, as they were given.
    arrays : list
        Their values, which nobody changes any more.
    structures : list of Structure
        How the leaves make up the arguments: one for each watched argument.
    results : list
        The leaves of what the function returned.
    structure : Structure
        How they make up the result.
    aux : object
        What it returned besides.
    reached : set of Node
        What lies between inputs and results, and those inputs that matter.
    within : set of Node or None
        The same, where other nodes lie beside it that a sweep shall not go to.
    outside : set of Node
        The nodes of others that the results lead to; empty while recording is off around the call.
    foreign : bool
        Whether the results are arrays of another kind than NumPy's: batches, arrays in blocks.
    tensors : bool
        Whether a Tensor was among the leaves, so that Tensors are returned.
    """

    __slots__ = (
        "arrays", "aux", "foreign", "function", "given", "inputs", "outside", "reached", "results", "structure",
        "structures", "tensors", "wanted", "within",
    )  # fmt: skip

    function: Function
    inputs: list[Node]
    wanted: frozenset[Node]
    given: list[Any]
    arrays: list[Array]
    structures: list[Structure]
    results: list[Any]
    structure: Structure
    aux: Any
    reached: set[Node]
    within: set[Node] | None
    outside: set[Node]
    foreign: bool
    tensors: bool

    # ----- what it was given, and what it returns -----

    def primals(self) -> tuple[Any, ...]:
        """Return the watched arguments, as they were when they were given."""
        leaves = [_as_given(x, array) for x, array in zip(self.given, self.arrays, strict=True)]
        rest = iter(leaves)
        return tuple([unflatten(s, [next(rest) for _ in range(s.size)]) for s in self.structures])

    def value(self) -> Any:
        """Return the result of the function, without the variables of this call."""
        if self.structure is LEAF:
            return self.released(self.results[0])
        return unflatten(self.structure, [self.released(y) for y in self.results])

    def auxiliary(self) -> Any:
        """Return what the function returned besides, without the variables of this call."""
        leaves, structure = flatten(self.aux)
        return unflatten(structure, [self.released(y) for y in leaves])

    def released(self, y: Any) -> Any:
        """Return a result as the caller shall see it: an array, or a Tensor if it is watched or was given Tensors."""
        if not isinstance(y, Handle) or self.outside:
            return y
        if self.tensors:
            return make_tensor(array_of(y))
        array = y._data
        return array.copy() if array.ndim else array[()]

    def assembled(self, leaves: Sequence[Any], single: bool) -> Any:
        """Put one value for each input together as the watched arguments were; a tuple of them unless `single`."""
        if single and self.structures[0] is LEAF:
            return leaves[0]
        rest = iter(leaves)
        parts = [unflatten(s, [next(rest) for _ in range(s.size)]) for s in self.structures]
        return parts[0] if single else tuple(parts)

    # ----- the sweeps -----

    def pull(self, seeds: Iterable[tuple[Node | None, Array]], retain: bool = True) -> list[Any]:
        """Return the derivative by each input of the results at `seeds`, pairs of the node of a result and a cotangent.

        None where nothing flows. Tensors if the derivative is recorded, arrays otherwise. `retain` keeps the graph for
        another sweep.
        """
        pairs = [(node, g) for node, g in seeds if node in self.reached]
        if self.foreign:
            pairs = [(node, self._of_its_kind(node, g)) for node, g in pairs]
        lift = self._lift([g for _, g in pairs])
        if lift is not None:
            pairs = [(node, as_tensor(g)) for node, g in pairs]
        retain = retain or lift is not None
        found = reverse(pairs, wanted=self.wanted, within=self.within, lift=lift, retain=retain, hook=run_hooks)
        return [found.get(node) for node in self.inputs]

    def _of_its_kind(self, node: Node, g: Array) -> Array:
        """Return a cotangent as an array of the kind its result is: for each example of a batch, in each block.

        NOTE: sweeps add into plain buffers what comes as plain cotangents, but rules of such a graph may not fit there.
        """
        y = next(y for y in self.results if node_of(y) is node)
        return sent(g, y) + np.zeros_like(y._data)

    def push(
        self, tangents: Sequence[Array | None], forms: Mapping[str, Form] | None = None, retain: bool = True
    ) -> list[Any]:
        """Return how each result moves when the inputs move along `tangents`; None for one that does not.

        A tangent of None stands for 0. `forms` says how they go through operations, as for `tangents.forward`. `retain`
        keeps the graph for another sweep.
        """
        recorded = self._lift(tangents) is not None
        as_it_is = as_tensor if recorded else plain_of
        start = {node: as_it_is(t) for node, t in zip(self.inputs, tangents, strict=True) if t is not None}
        path = sorted(self.reached, key=_order)
        moving = forward((), start, recorded, path, forms, retain or recorded or bool(self.outside))
        return [moving.get(y._node) if isinstance(y, Handle) else None for y in self.results]  # type: ignore[arg-type]

    def _lift(self, vectors: Iterable[Array]) -> Callable[..., Array] | None:
        """Return what makes Tensors in a sweep that is recorded because somebody outside may watch; else None."""
        watched = self.outside or any(isinstance(v, Handle) and v._node is not None for v in vectors)
        return make_tensor if watched and is_grad_enabled() else None

    def handed_out(self, found: Sequence[Any], likes: Sequence[Any], kinds: Sequence[tuple[Shape, Any]]) -> list[Any]:
        """Return derivatives in the form of `likes`: Tensor, array or number; zeros of a kind where there is none.

        An array is the caller's own, to write to. While somebody outside watches they are Tensors; if nothing outside
        moves any of them, their derivative is made known as 0, which is not the same as missing.
        """
        if len(found) == 1 and not self.outside and not isinstance(likes[0], Handle):
            d = found[0]
            if d.__class__ is np.ndarray and d.ndim:  # by far the most frequent: a shorter way
                return [owned(d, ())]
        triples = zip(found, kinds, likes, strict=True)
        arrays = [zeros(*kind, like, *self.arrays) if d is None else d for d, kind, like in triples]
        watched = bool(self.outside) and is_grad_enabled()
        if watched and not any(node_of(d) is not None for d in arrays):
            return [unmoved(d, self.outside) for d in arrays]
        made: list[Any] = []
        for d, like in zip(arrays, likes, strict=True):
            if watched or isinstance(like, Handle) or isinstance(d, Handle):
                made.append(as_tensor(d))
            elif (like.__class__ in _NUMBERS or getattr(like, "is_number", False)) and not d.ndim:
                made.append(d[()])
            else:
                made.append(owned(d, made))
        return made

    def gradients(self, found: Sequence[Any], single: bool) -> Any:
        """Return what `pull` has found, built like the arguments; a tuple for several of them."""
        if single and self.structures[0] is LEAF and not self.outside:
            form = self.given[0].__class__
            if form is np.ndarray and found[0].__class__ is form:  # by far the most frequent: a shorter way
                return owned(found[0], ())
        kinds = [(node.shape, node.dtype) for node in self.inputs]
        return self.assembled(self.handed_out(found, self.given, kinds), single)


_LEAVES = frozenset((np.ndarray, float, np.float64))  # the most frequent
_NUMBERS = frozenset((float, np.float64, np.float32, np.float16, np.longdouble, complex, np.complex128, np.complex64))


def node_of(y: Any) -> Node | None:
    """Return the node that made `y`; None for what is no Tensor, or is not recorded."""
    return y._node if isinstance(y, Handle) else None


def as_tensor(y: Any) -> Any:
    """Return `y`, an array nobody writes to or a Tensor already, as a Tensor."""
    return y if isinstance(y, Handle) else make_tensor(as_array(y))


def unmoved(y: Array, outside: Iterable[Node]) -> Any:
    """Return `y` as a Tensor with a derivative of 0 by each of the nodes `outside`."""
    array = as_array(plain_of(y))
    nodes = tuple(sorted(outside, key=_order))
    shapes = tuple([node.shape for node in nodes])
    edges = tuple([(node, _UNMOVED.rules[0], (shapes, i), i) for i, node in enumerate(nodes)])
    return make_tensor(array, Linked(_UNMOVED, nodes, edges, NO_SETTINGS, array.shape, array.dtype))


def owned(g: Array, others: Iterable[Any]) -> Array:
    """Return `g` as an array that is no view, can be written to, and is none of the `others`."""
    if not isinstance(g, np.ndarray):
        traced = not isinstance(g, Handle) and not np.ndim(g) and watchpoints.traced()
        return np.array(g) if isinstance(g, np.generic) else np.copy(g) if traced else g
    shared = g.base is not None or not g.flags.writeable or any(g is other for other in others)
    return g.copy() if shared else g


# ----- the call -----


def call(
    function: Function, args: Sequence[Any], kwargs: Mapping[str, Any], argnums: Sequence[int], has_aux: bool = False
) -> WatchedCall:
    """Call `function` with the leaves of the arguments in the places `argnums` watched."""
    recording = is_grad_enabled()
    start = new_order()
    done = WatchedCall()
    done.function = function
    called = _watch_arguments(done, args, argnums, recording)
    try:
        if recording:
            result = function(*called, **kwargs)
        else:
            with enable_grad():
                result = function(*called, **kwargs)
    except (TypeError, ValueError) as error:
        uncover(error)
        raise
    if result is None:
        raise errors.NoPathError(errors.RETURNED_NOTHING.format(function=name_of(function)))
    done.aux = None
    if has_aux:
        result, done.aux = _pair(result, function)
    done.results, done.structure = ([result], LEAF) if isinstance(result, Handle) else flatten(result)
    done.foreign = any(isinstance(y, Handle) and not isinstance(y._data, np.ndarray) for y in done.results)
    _find_path(done, start, recording)
    return done


def _watch_arguments(done: WatchedCall, args: Sequence[Any], argnums: Sequence[int], recording: bool) -> list[Any]:
    """Note in `done` what is watched, and return the arguments with Tensors in the place of those leaves."""
    called = list(args)
    done.given, done.arrays, done.inputs, done.structures = [], [], [], []
    done.tensors = False
    for i in argnums:
        leaves, structure = ([args[i]], LEAF) if args[i].__class__ is np.ndarray else flatten(args[i])
        watched = []
        for place, x in enumerate(leaves):
            if x.__class__ not in _LEAVES and not isinstance(x, Handle):
                settled(done.function, x, structure, place, f"argument {i}")
            t = _watch(x, recording)
            if t._data.dtype.kind not in "fc":
                _refuse_argument(done.function, t, paths(structure, f"argument {i}")[place])
            watched.append(t)
            done.arrays.append(t._data)
            done.inputs.append(t._node)  # type: ignore[arg-type]
            done.tensors = done.tensors or isinstance(x, Handle)
        done.given += leaves
        done.structures.append(structure)
        called[i] = watched[0] if structure is LEAF else unflatten(structure, watched)
    return called


def _as_given(x: Any, array: Array) -> Any:
    """Return an array in the form of `x`: a Tensor, an array or a number."""
    if isinstance(x, Handle):
        return Tensor(array)
    return array if isinstance(x, np.ndarray) else array[()]


def _watch(x: Any, recording: bool) -> Handle:
    """Return a leaf as a Tensor with a node of its own."""
    outer = None
    if x.__class__ is np.ndarray:
        array = x.copy()
    elif isinstance(x, Handle):
        array = array_of(x)
        outer = x._node if recording else None
    else:
        array = Tensor(x)._data
    if outer is None:
        node = Linked(ARGUMENT, (), (), NO_SETTINGS, array.shape, array.dtype)
    else:
        edges = ((outer, ARGUMENT.rules[0], (), 0),)
        node = Linked(ARGUMENT, (outer,), edges, NO_SETTINGS, array.shape, array.dtype)
    return make_tensor(array, node)  # type: ignore[no-any-return]


def _find_path(done: WatchedCall, start: int, recording: bool) -> None:
    """Walk from the results to the inputs, but not into what was made before order `start`."""
    inputs = done.wanted = frozenset(done.inputs)
    done.reached, outside, strange = walk(done.results, start, inputs)
    if outside or strange:
        done.reached = leading_to(inputs, done.reached - outside)
    if done.aux is not None and recording:
        outside |= walk(flatten(done.aux)[0], start, inputs)[1]
    done.outside = outside if recording else set()
    done.within = done.reached if outside or strange else None


def walk(results: Iterable[Any], start: int, inputs: Container[Node]) -> tuple[set[Node], set[Node], bool]:
    """Return the nodes that `results` were computed from, those where the walk left what is new, and whether it came

    to an end that is no input: a leaf that the function itself made, or a node already released.
    """
    pending = [y._node for y in results if isinstance(y, Handle) and y._node is not None]
    seen = set(pending)
    outside: set[Node] = set()
    strange = False
    while pending:
        node = pending.pop()
        if node.order < start:
            outside.add(node)
            continue
        edges = node.edges
        if edges:
            for edge in edges:
                parent = edge[0]
                if parent not in seen:
                    seen.add(parent)
                    pending.append(parent)
        elif node not in inputs:
            strange = True
    return seen, outside, strange


def leading_to(inputs: Iterable[Node], nodes: Iterable[Node]) -> set[Node]:
    """Return those of `nodes` from which a derivative flows to an input; a released one may, and shall complain."""
    reached = set(inputs)
    for node in sorted(nodes, key=_order):
        if node.edges is None or any(edge[0] in reached for edge in node.edges):
            reached.add(node)
    return reached


_order = attrgetter("order")


# ----- what is refused -----


def name_of(function: Any) -> str:
    """Return how a message calls a function: by its name, or as `f`."""
    name = str(getattr(function, "__name__", type(function).__name__))
    return name if name.isidentifier() else "f"


def _pair(result: Any, function: Function) -> tuple[Any, Any]:
    if not isinstance(result, (tuple, list)) or len(result) != 2:  # noqa: PLR2004 - value and what comes besides
        given = type(result).__name__
        raise errors.ArgumentError(errors.NO_AUX.format(function=name_of(function), given=given))
    return result[0], result[1]


def settled(function: Function, x: Any, structure: Structure, place: int, root: str) -> None:
    """Refuse a leaf of an argument that is a setting: no number at all, or a whole one in a field of a dataclass."""
    name = field_of(structure, place)
    if is_numbers(x) and not (name is not None and isinstance(x, int)):
        return
    what = {"path": paths(structure, root)[place], "function": name_of(function), "what": called(x)}
    instead = _static(name, x) or f"{what['function']}(p, setting), with argnums=0,"
    text = errors.SETTING_ARGUMENT.format(instead=instead, **what)
    raise errors.GradientDtypeError(f"{text}; or {float(x)} to derive by it" if isinstance(x, int) else text)


def _static(name: str | None, x: Any) -> str:
    """Return how the field that holds `x` is declared as a setting; nothing where there is no field."""
    kind = type(x).__name__ if type(x).__module__ == "builtins" else "Any"
    return "" if name is None else STATIC.format(name=name, type="Any" if callable(x) else kind)


def refuse_result(done: WatchedCall, place: int) -> NoReturn:
    y, structure = done.results[place], done.structure
    path, name = paths(structure)[place], field_of(structure, place)
    what = {"path": path and f" at {path}", "function": name_of(done.function), "what": called(y)}
    instead = _static(name, y) or "return y, aux, and has_aux=True,"
    raise errors.NoPathError(errors.SETTING_RESULT.format(instead=instead, **what))


def called(x: Any) -> str:
    """Return how a message calls a value that is no number."""
    name = type(x).__name__
    return f"{'an' if name[0] in 'aeiouAEIO' else 'a'} {name}"


def _refuse_argument(function: Function, t: Any, path: str) -> None:
    text = errors.INTEGER_ARGUMENT.format(path=path, function=name_of(function), dtype=t.dtype)
    raise errors.GradientDtypeError(text)


def named_after(f: Function) -> Callable[[Function], Function]:
    """Give a derived function the name and the signature of `f`; a decorator."""
    return wraps(f, assigned=("__module__", "__name__", "__qualname__"), updated=())


def one(argnums: Any) -> bool:
    """Tell whether `argnums` names one argument, whose derivative is then no tuple."""
    return isinstance(argnums, (int, np.integer))


def places(argnums: Any, args: Sequence[Any], function: Function) -> tuple[int, ...]:
    """Return `argnums`, an int or several, as places of positional arguments that are there."""
    count = len(args)
    if argnums.__class__ is int and 0 <= argnums < count:
        return (argnums,)
    found = []
    for i in (argnums,) if one(argnums) else argnums:
        if not -count <= i < count:
            text = errors.ARGUMENT_NUMBER.format(given=argnums, function=name_of(function), count=count)
            raise errors.ArgumentError(text)
        found.append(int(i) % count)
    if len(set(found)) != len(found):
        raise errors.ArgumentError(errors.ARGUMENT_TWICE.format(given=argnums))
    return tuple(found)


def vectors(
    structure: Structure, tree: Any, likes: Sequence[tuple[Shape, Any]], what: str, primal: str
) -> list[Array]:
    """Return the leaves of tangents or cotangents, of the shapes and dtypes that belong there.

    Tensors stay what they are; arrays are copied.
    """
    leaves = [tree] if structure is LEAF and not isinstance(tree, (list, tuple, dict)) else None
    leaves = flatten_like(structure, tree, what) if leaves is None else leaves
    return [_vector(v, *like, what, primal) for v, like in zip(leaves, likes, strict=True)]


def is_vector(v: Any, shape: Shape, dtype: Any) -> bool:
    """Tell whether a tangent or cotangent is an array as it should be."""
    return v.__class__ is np.ndarray and v.shape == shape and v.dtype is dtype


def _vector(v: Any, shape: Shape, dtype: Any, what: str, primal: str) -> Array:
    if is_vector(v, shape, dtype):
        return v.copy()
    if not isinstance(v, Handle):
        v = Tensor(v)._data
    if v.shape != shape:
        instead = fitting("v", v.shape, shape) or f"np.ones({shape})"
        text = errors.TANGENT_SHAPE.format(what=what, given=v.shape, primal=primal, shape=shape, instead=instead)
        raise errors.SeedError(text)
    if v.dtype.kind == "c" and dtype.kind != "c":
        raise errors.SeedError(errors.TANGENT_COMPLEX.format(what=what, primal=primal))
    return v if v.dtype == dtype else v.astype(dtype)
