"""Operations whose one rule returns the shares of all their operands, and that may have several results.

Such an operation leaves one node. Each of several results has a node of its own that is a part of it, and where there
are several operands, one more node in between stands for all of them together. What goes along these edges is a
`Bundle`: an array for each result, or operand, None where nothing came. So a sweep asks the rule once, and a result
that nobody used is None to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from types import MappingProxyType
from typing import Any
from weakref import ref

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.forms import declare
from autograd_lite.engine.graph import Linked, Node
from autograd_lite.engine.op import NO_SETTINGS, Op, Rule, Settings


class Kinds:
    """What a node that stands for several arrays has in the place of a dtype.

    Attributes
    ----------
    each : list
        Shape and dtype of each; None for one without a derivative.
    names : sequence of str
        What they are called, if they are the fields of a named tuple.
    """

    __slots__ = ("_parts", "each", "names")
    kind = "V"  # as of NumPy's structured dtypes: neither real nor complex

    def __init__(self, each: Iterable[Any], names: Sequence[str] = ()) -> None:
        self.each, self.names = list(each), names
        self._parts: list[Callable[[], Node | None]] = [_nobody] * len(self.each)

    @property
    def itemsize(self) -> int:
        """The bytes of a number of the coarsest dtype."""
        return min([np.finfo(kind[1]).dtype.itemsize for kind in self.each if kind is not None], default=16)

    def part(self, whole: Any, index: int) -> Node | None:
        """Return the node of one result; None for one without a derivative.

        NOTE: it leads to the node of the operation, and so is known to that by a weak reference. While somebody holds
        it, it is the same one: its hooks see the whole gradient. Its order is between that node's and the next.
        """
        node, kind = self._parts[index](), self.each[index]
        if node is None and kind is not None:
            count = len(self.each)
            edges = ((whole, _only, (index, count), 0),)
            node = _blank(Linked)
            node.op, node._inputs, node.edges, node.settings = whole.op.part, None, edges, _place(index, count)
            (node.shape, node.dtype), node.notes = kind, None
            node.order = whole.order + (index + 1) / (count + 1)
            self._parts[index] = ref(node)
        return node

    def held(self) -> list[Any]:
        """Return shape and dtype of each result that somebody may ask for, and None for the others."""
        return [None if part() is None else kind for part, kind in zip(self._parts, self.each, strict=True)]


_blank = Node.__new__


@cache
def _place(index: int, count: int) -> Settings:
    return MappingProxyType({"index": index, "count": count})


def _nobody() -> None:
    """Stand for a weak reference to a node that is not there."""


class Bundle(tuple[Any, ...]):
    """One cotangent, or tangent, for each of several results or operands; None where nothing came.

    Sweeps add and hand on bundles as they do arrays.
    """

    __slots__ = ()
    dtype = Kinds(())

    @property
    def shape(self) -> Shape:
        return (len(self),)

    def __add__(self, other: Any) -> Bundle:
        pairs = zip(self, other, strict=True)
        return Bundle([b if a is None else a if b is None else a + b for a, b in pairs])

    def astype(self, dtype: Any) -> Bundle:
        """Return itself: each part is made of its dtype where it arrives."""
        return self

    def sum(self) -> Any:
        """Return the sum of all numbers."""
        return sum([part.sum() for part in self if part is not None])


def parts_of(x: Any) -> Sequence[Any]:
    """Return the parts of a bundle; an array is its only one."""
    return x if x.__class__ is Bundle else (x,)


def listed(found: Any) -> Sequence[Any]:
    """Return the results of a function of the user's; what is neither a tuple nor a list is its only one."""
    return found if isinstance(found, (tuple, list)) else (found,)


def bundled(parts: Sequence[Any]) -> Any:
    """Return what `parts_of` has taken apart."""
    return parts[0] if len(parts) == 1 else Bundle(parts)


def _only(g: Array, index: int, count: int) -> Bundle:
    return Bundle([g if i == index else None for i in range(count)])


def _own(g: Bundle, index: int) -> Array:
    return g[index]


def _shares(op: str, rule: Any, count: int, g: Any, *saved: Any) -> Any:
    """Return the shares of all operands, by the one rule of their operation."""
    shares = rule(g, *saved)
    if count == 1:
        return listed(shares)[0]
    if not isinstance(shares, (tuple, list)) or len(shares) != count:
        given = len(shares) if isinstance(shares, (tuple, list)) else f"one {type(shares).__name__} as"
        raise errors.RuleError(errors.RULE_SHARES.format(op=op, given=given, expected=count))
    return Bundle(shares)


class Several(Op):
    """An operation with one rule for all operands, and perhaps with several results.

    Attributes
    ----------
    constant : tuple of int
        The places of the results that have no derivative by nature, as a sign or a pivot; a complex one moves.
    domain : callable or None
        Makes of an operand one that is as the function takes it for granted: symmetric. For who tries it alone.
    part, together : Op
        The operations of the nodes of one result, and of all operands.
    """

    joint = True
    constant: tuple[int, ...]
    domain: Callable[[Any], Any] | None
    part: Op
    together: Op

    def __init__(
        self, *args: Any, constant: Sequence[int] = (), domain: Callable[[Any], Any] | None = None, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        place = dict(_place(0, 0))
        part = Op(
            self.name, lambda whole, index, count: whole[index], "part", ("whole",), place, (_only,), complex=True
        )
        together = _Together(
            self.name, lambda *arrays: arrays, "together", (), {}, (_own,), variadic=True, complex=True
        )
        self._fill(constant=tuple(constant), domain=domain, part=part, together=together)

    def _names(self) -> list[str]:
        names = super()._names()
        return [*(name for name in names if name != "index"), "needs"]

    def edges(self, y: Any, arrays: Sequence[Any], settings: Settings, nodes: Sequence[Any]) -> tuple[Any, ...]:
        """Return the one edge, to what stands for all operands; none where no operand has a node."""
        needs = tuple([node is not None for node in nodes])
        pick = self.picks[0]
        assert pick is not None
        return self.leading(nodes, pick((*self.environment(y, arrays, settings), needs))) if True in needs else ()

    def leading(self, nodes: Sequence[Any], saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the edge to the nodes of operands, None for a constant one, with what the rule is called with."""
        target, count = nodes[0], len(nodes)
        if count > 1:
            edges = tuple([(node, _own, (i,), i) for i, node in enumerate(nodes) if node is not None])
            target = Linked(self.together, tuple(nodes), edges, NO_SETTINGS, (count,), Bundle.dtype)
        return ((target, partial(_shares, self.name, self.rules[0], count), saved, 0),)

    def wanted(self, index: int) -> tuple[str, ...]:
        """Return the names of what the rule is called with after `g`."""
        return self.wants[0]

    def reads_operand(self, index: int, active: Sequence[Any]) -> bool:
        """Tell whether the rule needs the value of operand `index`."""
        return index in self.reads[0] if self.operands else "arrays" in self.wants[0]


class _Together(Op):
    joint = True


def several(fn: Any, rule: Rule, *, jvp: Rule | None = None, **options: Any) -> Op:
    """Declare a function by one rule that returns the shares of all operands, and that may have several results.

    ``rule(g, ...)`` is asked once for each node. Of several results, `g` and `y` are tuples, and what nobody used is
    None in `g`. It returns an array, or a tuple with one for each operand, None for what gets nothing; ``needs`` tells
    for each operand whether its share is asked for. ``jvp(tangents, ...)`` returns one tangent for each result, and is
    derived where it is not written. See `Several` for ``constant=``, ``signature=`` and ``domain=``.
    """
    return declare("several", fn, (rule,), kind=Several, jvp=jvp, **options)


def whole_of(node: Any) -> Any:
    """Return the node of the operation that a result is a part of; the node itself where it is the only one."""
    return node.inputs[0] if is_part(node) else node


def is_part(node: Any) -> bool:
    """Tell whether a node is that of one of several results of an operation."""
    return node.op is not None and node.op.form == "part"


def sources(node: Node) -> list[tuple[int, Node, Any]]:
    """Return for each operand that has a share its number, its node, and the edge by which the share goes first."""
    found = []
    for edge in node.edges or ():
        inner = edge[0].edges if edge[0].op is not None and edge[0].op.form == "together" else [(edge[0], *edge[1:])]
        found += [(way[3], way[0], edge) for way in inner]
    return found
