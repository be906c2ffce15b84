"""What is drawn, before anything is said about it: every operation, leaf, constant and output once, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Shape
from autograd_lite.engine.graph import ConstantInput, Node
from autograd_lite.engine.op import Settings
from autograd_lite.engine.scope import Scope
from autograd_lite.engine.several import is_part, whole_of
from autograd_lite.viz.targets import Failure, Target


class Output(NamedTuple):
    """The end of a picture: its name."""

    name: str


class IndexArray(NamedTuple):
    """What an operation picks elements by, which is among its settings: its name, if that is known, and the array."""

    name: str
    array: Any


class Items:
    """Things and what each is computed from, numbered in the order in which the operations were recorded.

    Attributes
    ----------
    things : list
        A `Node`, a `ConstantInput`, a Python number, an `IndexArray`, an `Output` or a `Failure`.
    inputs : list of list
        For each thing pairs of the number of another and the shape of what flows; None for a plain number.
    scopes : list of Scope or None
        Where each thing stands.
    labels : dict
        What flows, by the number of a thing and the place among its inputs, where that is one of several results.
    results : dict
        The results of operations that have several, as far as they are used: their nodes, by that of the operation.
    """

    def __init__(self, subject: Target) -> None:
        self.things: list[Any] = []
        self.inputs: list[list[tuple[int, Shape | None]]] = []
        self.scopes: list[Scope | None] = []
        self.labels: dict[tuple[int, int], str] = {}
        self.results: dict[Node, list[Node]] = {}
        self._given = subject.names.given
        self._places: dict[Any, int] = {}
        self._outside, self._integers = subject.inputs, subject.integers
        for node in ancestors(subject.roots):
            if is_part(node):
                self._places[node] = self._places[whole_of(node)]
                self.results.setdefault(whole_of(node), []).append(node)
            elif not is_leaf(node):
                self._enter(node)
        for name, root in zip(subject.titles, subject.outputs, strict=True):
            self._label([root], self._add(Output(name), [(self._place(root), root.shape)], None))
        if subject.failure is not None:
            self._fail(subject.failure)
        self._settle()

    def _add(self, thing: Any, inputs: list[tuple[int, Shape | None]], scope: Scope | None) -> int:
        self.things.append(thing)
        self.inputs.append(inputs)
        self.scopes.append(scope)
        return len(self.things) - 1

    def _enter(self, node: Node) -> None:
        """Enter an operation after what it is computed from."""
        inputs = [*self._operands(node.inputs), *self._indices(node.settings)]
        self._places[node] = i = self._add(node, inputs, node.notes.scope if node.notes is not None else None)
        self._label([x for x in node.inputs if x is not None], i)

    def _label(self, operands: Sequence[Any], i: int) -> None:
        for place, x in enumerate(operands):
            if isinstance(x, Node) and is_part(x):
                self.labels[i, place] = result_name(x, self._given)

    def _operands(self, operands: Iterable[Any]) -> list[tuple[int, Shape | None]]:
        return [(self._place(x), getattr(x, "shape", None)) for x in operands if x is not None]

    def _indices(self, settings: Settings) -> list[tuple[int, Shape | None]]:
        """Return the numbers of the arrays that elements are picked by: of those that just count, only if named.

        NOTE: an input is known by its values, since an operation has a copy of it.
        """
        found: dict[int, Shape | None] = {}
        for array in _arrays_in(settings):
            name = next((name for name, x in self._integers.items() if _same(x, array)), "")
            if name or not np.array_equal(array.ravel(), np.arange(array.size)):
                place = self._places.get((IndexArray, name)) if name else None
                if place is None:
                    place = self._places[IndexArray, name] = self._add(IndexArray(name, array), [], None)
                found.setdefault(place, array.shape)
        return list(found.items())

    def _fail(self, failure: Failure) -> None:
        self._add(failure, self._operands(failure.operands), failure.scope)

    def _place(self, x: Any) -> int:
        """Return the number of an operand: one for each Tensor, a new one for each array and number."""
        key = x if isinstance(x, Node) else _identity(x)
        if key in self._places:
            return self._places[key]
        place = self._add(x, [], None)
        if key is not None:
            self._places[key] = place
        return place

    def _settle(self) -> None:
        """Put every leaf and constant into the innermost scope that holds all its uses, but for named inputs."""
        used: set[int] = set()
        for i, inputs in enumerate(self.inputs):
            for j, _ in inputs:
                if not self.inputs[j] and self._moves(self.things[j]):
                    self.scopes[j] = common(self.scopes[i], self.scopes[j]) if j in used else self.scopes[i]
                    used.add(j)

    def _moves(self, thing: Any) -> bool:
        if isinstance(thing, Node):
            return thing not in self._outside
        return not (isinstance(thing, (ConstantInput, IndexArray)) and thing.name)


def _arrays_in(settings: Settings) -> Iterator[Any]:
    for value in settings.values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, np.ndarray) and part.dtype.kind in "iub":
                yield part


def _same(a: Any, b: Any) -> bool:
    """Tell whether two arrays have the same elements in the same order, in whatever shape."""
    return a.size == b.size and a.dtype.kind == b.dtype.kind and np.array_equal(a.ravel(), b.ravel())


def _identity(x: Any) -> int | None:
    """Return what tells uses of one constant Tensor from those of another; None for an array or a number.

    NOTE: the weak reference itself would not do as a key: it hashes and compares as the Tensor, while that is alive.
    """
    return id(x.source) if isinstance(x, ConstantInput) and x.source is not None else None


def common(a: Scope | None, b: Scope | None) -> Scope | None:
    """Return the innermost scope that both are in."""
    while a is not b:
        if b is None or (a is not None and a.depth >= b.depth):
            a = a.parent if a is not None else None
        else:
            b = b.parent
    return a


def name_of(node: Node, given: Mapping[Any, str]) -> str | None:
    """Return what the user calls a node: for this picture, or its Tensor; None where he does not."""
    return given.get(node) or (node.notes.name if node.notes is not None else None)


def result_name(node: Node, given: Mapping[Any, str]) -> str:
    """Return what one of several results is called: by the user, as the field of a named tuple, or by its place."""
    own = name_of(node, given)
    index, names = node.settings["index"], whole_of(node).dtype.names
    return own or (names[index] if names else f"[{index}]")


def is_leaf(node: Node) -> bool:
    """Tell whether a node is computed from nothing: a Tensor of the user's, or the argument of a function."""
    return not node.inputs


def ancestors(roots: Iterable[Node]) -> Sequence[Node]:
    """Return `roots` and all nodes they were computed from, with a gradient or without, in order of creation."""
    pending = list(dict.fromkeys(roots))
    found = set(pending)
    for node in pending:  # the list grows on the way
        if node.op is not None and node.edges is None:
            raise errors.FreedGraphError(errors.PICTURE_FREED.format(op=node.op.name, shape=node.shape))
        new = {x: None for x in node.inputs if isinstance(x, Node) and x not in found}
        found.update(new)
        pending += new
    return sorted(pending, key=lambda node: node.order)
