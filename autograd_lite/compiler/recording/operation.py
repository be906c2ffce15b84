"""A compiled function as one differentiable operation of whoever records around it.

Where a result of the plain function would have a history, that of the compiled one has a node: from it edges lead to
the arguments and to the Tensors that the function reads from outside. The rule of the node is a program of its own, the
pullback, made of what a sweep over the recorded run did; what it reads of the forward run the forward program hands on.

A pullback is recorded when the results were differentiated once, since what is never differentiated shall cost
nothing. Until then, for cotangents that are Tensors or batches, and for tangents, the plain function is evaluated
again at the values of the call: so derivatives are right to any order. That nothing else has changed since the call
is compared, as at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import numpy as np

from autograd_lite import errors
from autograd_lite.base.lazy import lazy
from autograd_lite.base.shapes import Array
from autograd_lite.compiler.recording.derivative import Derivative
from autograd_lite.compiler.recording.guards import altered
from autograd_lite.compiler.recording.interception import reading, set_data, slot_data, slot_grad, told
from autograd_lite.engine.generators import default_rng, is_generator
from autograd_lite.engine.graph import Linked, Node, Recomputed, new_order
from autograd_lite.engine.observers import observers
from autograd_lite.engine.op import NO_SETTINGS
from autograd_lite.engine.record import Handle, make_tensor
from autograd_lite.engine.several import Kinds, Several, bundled, parts_of
from autograd_lite.engine.switch import enable_grad
from autograd_lite.engine.watchpoints import traced, value_at
from autograd_lite.transforms.batches.array import Batched
from autograd_lite.transforms.recomputed import Stretch, follow
from autograd_lite.transforms.watched import leading_to, name_of, walk
from autograd_lite.tree import flatten, unflatten

if TYPE_CHECKING:
    from autograd_lite.compiler.program.program import Input

_MOST = 8
"""So many sets of results are differentiated together by programs of their own; others by the plain function."""


class CallGroup(NamedTuple):
    """Results that come from the same Tensors: their places, and where those Tensors are."""

    places: tuple[int, ...]
    sources: tuple[tuple[str, Any], ...]


class Pull:
    """A pullback as a function, made at its first call: ``run``; and what that is given before the cotangents."""

    def __init__(self, read: tuple[int, ...], load: Callable[[], Callable[..., Any]]) -> None:
        self.read, self._load = read, load

    @lazy
    def run(self) -> Callable[..., Any]:
        """The function."""
        return self._load()


class Operation:
    """What the calls of one program have in common.

    Attributes
    ----------
    function : callable
        The plain function.
    groups : list of Group
        Its results that have a history.
    pullbacks : dict
        By the places of the results that have cotangents.
    inputs, tracked : tuple of Input, frozenset of int
        What the program reads, and which of it belongs to Tensors that required a gradient.
    learned : set
        For which sets of results a pullback was missing.
    stale : bool
        Whether the program shall be recorded again, with those.
    holds : callable
        ``holds(args, kwargs)`` is `MISS` where something that the function reads is not as it was.
    """

    def __init__(self, function: Callable[..., Any], derived: Derivative, inputs: Sequence[Input]) -> None:
        self.function, self.inputs, self.tracked = function, tuple(inputs), derived.tracked
        self.groups = [CallGroup(places, sources) for sources, places in derived.groups().items()]
        self.pullbacks: dict[tuple[int, ...], Pull] = {}
        self.holds: Callable[[Any, Any], Any] = _nothing
        self.learned: set[tuple[int, ...]] = set()
        self.learns, self.stale = derived.learns, False
        self.op = Several(
            name_of(function), _no_value, "several", (), {"call": None, "group": 0},
            (lambda g, call, group: call.pull(group, g),), variadic=True,
            jvp=lambda tangents, call, group: call.push(group, tangents),
            zeros=lambda g, call, group: bundled(call.evaluated(group, g, masked=True)),
            complex=True, analytic=False,
        )  # fmt: skip

    def learn(self, places: tuple[int, ...]) -> None:
        """Have the next call record the function with a pullback for these results."""
        if self.learns and places not in self.learned and len(self.learned) < _MOST:
            self.learned.add(places)
            self.stale = True


def _nothing(args: Any, kwargs: Any) -> None:
    """Stand for the comparison, until it is made."""


def _no_value(*arrays: Array) -> Array:
    raise errors.CompileError(errors.COMPILE_NO_VALUE)


class CompiledCall(Recomputed):
    """One call of a compiled function whose results have a history.

    Attributes
    ----------
    saved : tuple
        The inputs of the program, as they are kept: nobody writes to them.
    nodes : tuple
        For each group, those its Tensors had.
    residuals : tuple
        What the pullbacks need of the forward run.
    """

    __slots__ = ("_joint", "args", "kwargs", "nodes", "operation", "residuals", "routes", "saved")

    def __init__(self, operation: Operation, args: Any, kwargs: Any, saved: Any, nodes: Any, residuals: Any) -> None:
        self.operation, self.args, self.kwargs = operation, args, kwargs
        self.saved, self.nodes, self.residuals = saved, nodes, residuals
        self.routes: dict[Node, Node] = {}
        self._joint: dict[int, Node] = {}

    # ----- the results -----

    def single(self, array: Array, group: int) -> Any:
        """Return a result that is the only one of its group."""
        return make_tensor(array, self._node(group, array.shape, array.dtype), self.operation.op)

    def several(self, array: Array, group: int, place: int) -> Any:
        """Return one of the results of a group, which have one pullback."""
        places = self.operation.groups[group].places
        whole, index = self._joint.get(group), places.index(place)
        if whole is None:
            whole = self._joint[group] = self._node(group, (len(places),), Kinds([None] * len(places)))
        whole.dtype.each[index] = array.shape, array.dtype
        return make_tensor(array, whole.dtype.part(whole, index), self.operation.op)

    def _node(self, group: int, shape: Any, dtype: Any) -> Node:
        op, nodes = self.operation.op, self.nodes[group]
        return Linked(op, nodes, op.leading(nodes, (self, group)), NO_SETTINGS, shape, dtype)

    def reroute(self, steps: Mapping[Node, Node]) -> None:
        """Reach Tensors by another way when computed again: a `vmap` around the call has ended."""
        follow(self.routes, {node for nodes in self.nodes for node in nodes}, steps)

    # ----- derivatives -----

    def pull(self, group: int, g: Any) -> Sequence[Any]:
        """Return the derivative by the Tensors of a group, for the cotangent of its result, of several a `Bundle`."""
        given = self._given(group, g)
        if not all(isinstance(x, (np.ndarray, np.generic)) for x in given.values()):
            return self.evaluated(group, g)
        places = tuple(sorted(given))
        known = self.operation.pullbacks.get(places)
        if known is None:
            self.operation.learn(places)
            return self.evaluated(group, g)
        values = [self.residuals[k] if k >= 0 else self.saved[~k] for k in known.read]
        return known.run(*values, *[np.asarray(given[k]) for k in places])  # type: ignore[no-any-return]

    def _given(self, group: int, g: Any) -> dict[int, Any]:
        """Return the cotangents that there are, by the places of their results."""
        pairs = zip(self.operation.groups[group].places, parts_of(g), strict=True)
        return {place: x for place, x in pairs if x is not None}

    def evaluated(self, group: int, g: Any, masked: bool = False) -> list[Any]:
        """Return the same by evaluating the plain function again, and sweeping over what it records.

        With `masked`, zeros of the cotangent are kept zeros, as `sweep.reverse` does behind an operation that selects.
        """
        given = self._given(group, g)
        results, stretch = self._again(group, tuple(given))
        return stretch.pull([(results[k]._node, x) for k, x in given.items()], masked=masked)

    def push(self, group: int, tangents: Sequence[Any]) -> Any:
        """Return the tangent of the result of a group, or a list of several, for those of its Tensors."""
        places = self.operation.groups[group].places
        results, stretch = self._again(group, places)
        return stretch.push(tangents, [results[k] for k in places])

    # ----- the plain function, at the values of the call -----

    def _again(self, group: int, places: tuple[int, ...]) -> tuple[list[Any], Stretch]:
        """Return the leaves of what the function returns, and how they came from its Tensors."""
        args, kwargs, values = self._arguments()
        operation = self.operation
        if traced():
            raise errors.CompileError(errors.COMPILE_AGAIN_TRACED.format(function=name_of(operation.function)))
        start = new_order()
        with self._then(values), enable_grad():
            self._compare(args, kwargs)
            results = flatten(operation.function(*args, **kwargs))[0]
        nodes = self.nodes[group]
        seen, outside, _ = walk([results[k] for k in places], start, ())
        if not outside <= set(nodes):
            self._changed("a Tensor that it reads, or what it computes with,")
        return results, Stretch(nodes, leading_to(nodes, seen - outside)).routed(self.routes)

    def _arguments(self) -> tuple[Any, Any, dict[int, Array]]:
        """Return the arguments, and for the Tensors among them, by identity, the arrays that they had.

        They are the same objects, but for what has become another one since: the result of an operation in place.
        """
        leaves, structure = flatten((self.args, self.kwargs))
        nodes, values = self._nodes_of("argument"), {}
        for x, value in zip(self.operation.inputs, self.saved, strict=True):
            if x.kind != "argument" or is_generator(leaves[x.owner]):
                continue
            t = leaves[x.owner]
            if not isinstance(t, Handle):
                leaves[x.owner] = value
            elif nodes.get(x.owner, t._node) is t._node:
                values[id(t)] = value
            else:
                moved = make_tensor(value, nodes[x.owner])
                leaves = [moved if y is t else y for y in leaves]
        args, kwargs = unflatten(structure, leaves)
        return args, kwargs, values

    def _nodes_of(self, kind: str) -> dict[Any, Node]:
        groups = zip(self.operation.groups, self.nodes, strict=True)
        pairs = [pair for group, nodes in groups for pair in zip(group.sources, nodes, strict=True)]
        return {owner: node for (k, owner), node in pairs if k == kind}

    @contextmanager
    def _then(self, values: dict[int, Array]) -> Iterator[None]:
        """Have Tensors read, and generators draw, in this thread as they did at the call."""
        pairs = list(zip(self.operation.inputs, self.saved, strict=True))
        data = values | {id(x.owner): value for x, value in pairs if x.kind == "tensor"}
        grads = {id(x.owner): value for x, value in pairs if x.kind == "tensor grad"}
        leaves = flatten((self.args, self.kwargs))[0]
        drawing = [(_generator(x, leaves), state) for x, state in pairs]
        states = [(rng.bit_generator, state) for rng, state in drawing if rng is not None]
        with ExitStack() as stack:
            for bits, state in states:
                stack.callback(setattr, bits, "state", bits.state)
                bits.state = state
            stack.enter_context(reading(_Then(data, grads)))
            yield

    def _compare(self, args: Any, kwargs: Any) -> None:
        """Refuse to evaluate a function that would not be the one that was called."""
        for x, value in zip(self.operation.inputs, self.saved, strict=True):
            if x.kind == "array" and altered(x.owner, value):
                self._changed(f"the array {x.name!r}")
            if x.kind == "number" and value_at(*x.owner) != value:
                self._changed(f"the number {x.name!r}")
        if self.operation.holds(args, kwargs) is not None:
            self._changed("something that it reads")

    def _changed(self, what: str) -> None:
        raise errors.CompileError(errors.COMPILE_AGAIN.format(function=name_of(self.operation.function), what=what))


def _generator(x: Input, leaves: Sequence[Any]) -> Any:
    """Return the generator that an input is; None for any other."""
    if x.kind == "default generator":
        return default_rng()
    rng = leaves[x.owner] if x.kind == "argument" else x.owner
    return rng if is_generator(rng) else None


class _Then:
    """What reads Tensors as they were: by their identity, arrays of data and of gradients. It changes none of them."""

    def __init__(self, data: dict[int, Array], grads: dict[int, Array]) -> None:
        self._data, self._grads = data, grads
        self._kept: list[Any] = []
        self._fresh: dict[int, Any] = {}

    def read_data(self, t: Any) -> Any:
        found = self._data.get(id(t))
        return slot_data(t) if found is None else found

    def write_data(self, t: Any, value: Any) -> None:
        made = self._fresh.get(id(t))
        if made is not None and made() is t:
            set_data(t, value)
        elif slot_data(t) is None:
            self._fresh[id(t)] = ref(t)
            self._data.pop(id(t), None)
            set_data(t, value)
        else:
            self._data[id(t)] = value
            self._kept.append(t)  # so that its identity stays its own

    def read_grad(self, t: Any) -> Any:
        found = self._grads.get(id(t), t)
        return slot_grad(t) if found is t else found

    def write_grad(self, t: Any, value: Any) -> None:
        self._grads[id(t)] = value
        self._kept.append(t)


def saved_text(
    operation: Operation, bind: Callable[..., str], read: Callable[[Input], str], leaves: Sequence[Any]
) -> str:
    """Write the tuple of what a call keeps of the inputs: what others may write to, as it is now."""
    kept = [_kept(x, read(x), bind, leaves) for x in operation.inputs]
    return f"({', '.join(kept)},)" if kept else "()"


def _kept(x: Input, text: str, bind: Callable[..., str], leaves: Sequence[Any]) -> str:
    if x.kind.endswith("generator") or (x.kind == "argument" and is_generator(leaves[x.owner].value)):
        return f"{text}.bit_generator.state"
    if x.kind == "array":
        return f"{text}.copy()"
    if x.kind == "argument" and leaves[x.owner].tensor is None:
        return f"{text}.copy()" if isinstance(leaves[x.owner].value, np.ndarray) else text
    if x.kind in ("argument", "tensor"):
        t = f"a{x.owner}" if x.kind == "argument" else bind(x.owner, "t")
        return f"({text} if {t}._exposed is None else array_of({t}))"
    return text


def nodes_text(group: CallGroup, bind: Callable[..., str]) -> str:
    """Write the tuple of the nodes that the results of a group come from."""
    owners = [f"a{owner}" if kind == "argument" else bind(owner, "t") for kind, owner in group.sources]
    return f"({', '.join(f'{t}._node' for t in owners)},)"


def result_text(operation: Operation | None, array: str, place: int) -> str:
    """Write how a result is made that is a Tensor."""
    for k, group in enumerate(operation.groups if operation is not None else ()):
        if place in group.places:
            several = f"call.several({array}, {k}, {place})"
            return f"call.single({array}, {k})" if len(group.places) == 1 else several
    return f"make_tensor({array})"


def has_batches(tree: Any) -> bool:
    """Tell whether any of some arguments is a batch: the plain function then works on all of its examples."""
    return any(isinstance(slot_data(x) if isinstance(x, Handle) else x, Batched) for x in flatten(tree)[0])


def is_observed() -> bool:
    """Tell whether somebody looks at each operation, and no trace, which observes only its own thread."""
    return len(observers) > len(told)
