"""Numbers for a picture: values, gradients, saved bytes, and what looks wrong.

A node keeps only what its derivative needs. What it has not kept is computed again from its inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.arraylike import is_array
from autograd_lite.engine.graph import ConstantInput, Node
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import array_of, as_array
from autograd_lite.engine.several import Kinds, is_part, sources, whole_of
from autograd_lite.engine.sweep import reverse
from autograd_lite.rules.elementwise import relu
from autograd_lite.viz.items import IndexArray, Items, Output, is_leaf
from autograd_lite.viz.targets import Target
from autograd_lite.viz.words import complaint

_SHOWN_WHOLE = 6  # elements
_BARS = " ▁▂▃▄▅▆▇█"
_BINS = 8
_REPEATS = 3
_SATURATED = 0.01  # of the range of a sigmoid, from either end
_ROUNDING = 1000  # as many units of rounding are still none of a gradient
_NOTE = "(of the largest of each row, for the sum is constant)"
_MANY = 0.5  # the share of saturated elements that is worth a mark
_AT_ONCE = (2000, 1_000_000)  # things and elements that are measured unasked


class Numbers(NamedTuple):
    """An array in short.

    Attributes
    ----------
    text : str
        All of a small array; of a large one the smallest, mean and largest element and a histogram.
    norm : float
        The square root of the sum of squares.
    """

    text: str
    norm: float


class Findings(NamedTuple):
    """What is known of one thing in a picture.

    Attributes
    ----------
    value, gradient : Numbers or None
    saved : int
        Bytes that its derivative keeps alive.
    marks : tuple of str
        What looks wrong: ``nan``, ``zero gradient``, ``saturated 80%``, ``dead 3 of 4``.
    shares : tuple of str
        For each input the part of its gradient that comes back through here.
    times : tuple of float
        Seconds that an operation takes forward, and its derivative.
    note : str
        Of what the gradients are the gradient, where that is not the sum of the outputs.
    """

    value: Numbers | None = None
    gradient: Numbers | None = None
    saved: int = 0
    marks: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    note: str = ""


def is_small(items: Items) -> bool:
    """Tell whether all values and gradients are computed in no time."""
    shapes = [thing.shape for thing in items.things if isinstance(thing, (Node, ConstantInput))]
    things, elements = _AT_ONCE
    return len(shapes) <= things and sum(map(math.prod, shapes)) <= elements


def facts_of(subject: Target, items: Items, *, derive: bool | None, times: bool) -> tuple[dict[int, Findings], str]:
    """Measure everything that is drawn, by its number.

    `derive` asks for gradients: True insists, None takes a derivative that raises for none, and returns why.
    """
    nodes = [thing for thing in items.things if isinstance(thing, Node)]
    grads: dict[Node, Any] = {}
    why = note = ""
    with np.errstate(all="ignore"):
        known = values(nodes, subject.values)
        try:
            grads, note = ({}, "") if derive is False else telling_gradients(subject.outputs, nodes, known)
        except Exception as error:
            if derive:
                raise
            why = complaint(error)
        facts = {i: _facts(thing, known, grads, times) for i, thing in enumerate(items.things)}
    for i, inputs in enumerate(items.inputs):
        if isinstance(items.things[i], Output):
            source = facts[inputs[0][0]]
            facts[i] = Findings(source.value, source.gradient, note=note)
    return facts, why


def saved_of(items: Items) -> dict[int, Findings]:
    """Return only what each operation keeps for its derivative, which costs nothing to find out."""
    return {i: Findings(saved=saved_bytes(thing)) for i, thing in enumerate(items.things) if isinstance(thing, Node)}


def _facts(thing: Any, known: Mapping[Any, Any], grads: Mapping[Node, Any], times: bool) -> Findings:
    if isinstance(thing, ConstantInput):
        value = plain(known.get(id(thing)))
        return Findings(_numbers(value), marks=_marks(None, value, None))
    if isinstance(thing, IndexArray):
        return Findings(numbers(thing.array))
    if not isinstance(thing, Node):
        return Findings()
    several = isinstance(thing.dtype, Kinds)
    value, g = known.get(thing), grads.get(thing)
    parts, slopes = (list(map(plain, x or ())) if several else [plain(x)] for x in (value, g))
    marks = [mark for x in parts for mark in _marks(None if several else thing.op, x, None)]
    marks += [mark for x in slopes for mark in _marks(None, None, x)]
    told = Findings(_in_short(parts), _in_short(slopes), saved_bytes(thing), tuple(dict.fromkeys(marks)))
    if is_leaf(thing) or told.gradient is None:
        return told
    g = g if several else slopes[0]
    shares = tuple(map(_short, shares_of(thing, g))) if len(grads) <= _AT_ONCE[0] else ()
    return told._replace(shares=shares, times=times_of(thing, known, g) if times else ())


def _in_short(parts: Sequence[Any]) -> Numbers | None:
    """Return all results of an operation, or their gradients, in short."""
    found = [_numbers(x) for x in parts]
    norm = math.hypot(*[x.norm for x in found if x is not None])
    return Numbers(", ".join("none" if x is None else x.text for x in found), norm) if any(found) else None


def plain(x: Any) -> Any:
    """Return an array of NumPy or a number; None for an array of another kind, which may not be here, or not one."""
    return x if isinstance(x, (np.ndarray, np.generic, int, float, complex)) else None


def _short(share: Any) -> str:
    return "" if plain(share) is None else numbers(share).text


def _numbers(x: Any) -> Numbers | None:
    return None if x is None else numbers(x)


# ----- values -----


def values(nodes: Sequence[Node], at_hand: Mapping[Node, Any]) -> dict[Any, Any]:
    """Return the values of nodes, in order of creation, and of constants by their identity, as far as they are known.

    NOTE: what a node has saved goes before what its leaf holds now, which may have changed since.
    """
    known: dict[Any, Any] = dict(at_hand)
    for node in nodes:
        known.update(_saved_values(node))
    for node in nodes:
        for x in node.inputs:
            if isinstance(x, ConstantInput) and id(x) not in known and x.source is not None and x.source() is not None:
                known[id(x)] = array_of(x.source())
        if node not in known:
            value = _owned(node) if is_leaf(node) else _again(node, known)
            if value is not None:
                known[node] = value
    return known


def _saved_values(node: Node) -> Iterable[tuple[Any, Any]]:
    """Yield what a node keeps for its derivative: its own value, or those of its inputs."""
    for _, _, saved, index in node.edges or ():
        assert node.op is not None
        for name, value in zip(node.op.wanted(index), saved, strict=True):
            if name == "y":
                yield node, value
            elif name == "arrays":
                yield from ((_key(x), array) for x, array in zip(node.inputs, value, strict=True))
            elif name in node.op.operands:
                yield _key(node.inputs[node.op.operands.index(name)]), value


def _key(x: Any) -> Any:
    return x if isinstance(x, Node) else id(x)


def _owned(leaf: Node) -> Any:
    """Return what the Tensor of a leaf holds now."""
    t = leaf.notes.owner() if leaf.notes is not None else None
    return None if t is None else array_of(t)


def _again(node: Node, known: Mapping[Any, Any]) -> Any:
    """Carry an operation out again, if all that it needs is known."""
    assert node.op is not None
    operands = _operands(node, known)
    try:
        return None if operands is None else _own(node.op.fn(*operands, **node.settings))
    except Exception:  # noqa: BLE001 - of what leaves hold now, which may have changed; the value is not known then
        return None


def _own(y: Any) -> Any:
    return tuple(map(as_array, y)) if isinstance(y, tuple) else as_array(y)


def _operands(node: Node, known: Mapping[Any, Any]) -> list[Any] | None:
    """Return the values that an operation is computed from; None where one of them is not known."""
    operands = [_known(x, known) if isinstance(x, (Node, ConstantInput)) else x for x in node.inputs]
    missing = any(value is None and x is not None for value, x in zip(operands, node.inputs, strict=True))
    return None if missing else operands


def _known(x: Any, known: Mapping[Any, Any]) -> Any:
    """Return a value that is known, also as one of several results."""
    if isinstance(x, Node) and is_part(x) and x not in known:
        parts = known.get(whole_of(x))
        return None if parts is None else parts[x.settings["index"]]
    return known.get(_key(x))


# ----- gradients -----


def gradients(outputs: Sequence[Node], nodes: Sequence[Node]) -> dict[Node, Any]:
    """Return the gradient of the sum of all outputs by every node; nothing is kept or released."""
    return _swept([(node, np.ones(node.shape, node.dtype)) for node in outputs], nodes)


def _swept(seeds: list[tuple[Node, Any]], nodes: Sequence[Node]) -> dict[Node, Any]:
    return reverse(seeds, wanted=frozenset(nodes), retain=True) if seeds else {}


def telling_gradients(
    outputs: Sequence[Node], nodes: Sequence[Node], known: Mapping[Any, Any]
) -> tuple[dict[Node, Any], str]:
    """Return `gradients`, but where the sum is constant those of the largest element of each row, and a note on it.

    The values of a softmax add up to 1: the gradient of their sum is rounding, and tells nothing of the network.
    """
    found = gradients(outputs, nodes)
    values = [plain(known.get(node)) for node in outputs]
    if any(value is None or np.iscomplexobj(value) for value in values) or not any(np.size(v) > 1 for v in values):
        return found, ""
    others = _swept([(node, _largest(v)) for node, v in zip(outputs, values, strict=True)], nodes)
    leaves = [node for node in nodes if is_leaf(node) and node in others]
    vanish = [_norm(found.get(node, 0.0)) <= _ROUNDING * _eps(node) * _norm(others[node]) for node in leaves]
    moved = any(_norm(others[node]) > 0 for node in leaves)
    return (others, _NOTE) if moved and all(vanish) else (found, "")


def _largest(value: Any) -> Any:
    """Return 1 for the largest element along the last axis, and 0 for the others."""
    a = np.atleast_1d(value)
    seed = np.zeros(a.shape, a.dtype)
    if a.size:
        np.put_along_axis(seed, np.argmax(a, axis=-1, keepdims=True), 1, axis=-1)
    return seed.reshape(np.shape(value))


def _norm(x: Any) -> float:
    return float(np.linalg.norm(np.asarray(x).ravel()))


def _eps(node: Node) -> float:
    return float(np.finfo(node.dtype).eps)


def shares_of(node: Node, g: Any) -> list[Any]:
    """Return for each operand what comes back to it through this operation; None where nothing does."""
    found: list[Any] = []
    ways = {i: (x, edge) for i, x, edge in sources(node)}
    for i, operand in enumerate(node.inputs):
        if operand is None:
            continue
        if i not in ways:
            found.append(None)
            continue
        x, edge = ways[i]
        alone = Node(node.op, (x,), (edge,), node.settings, node.shape, node.dtype)
        found.append(reverse([(alone, g)], wanted=frozenset((x,)), within={alone, edge[0], x}, retain=True).get(x))
    return found


# ----- times -----


def times_of(node: Node, known: Mapping[Any, Any], g: Any) -> tuple[float, ...]:
    """Return the seconds that an operation takes on arrays, and its derivative; nothing where inputs are not known."""
    assert node.op is not None
    operands, fn = _operands(node, known), node.op.fn
    if operands is None:
        return ()
    forward = _shortest(lambda: fn(*operands, **node.settings))
    return forward, _shortest(lambda: [rule(g, *saved) for _, rule, saved, _ in node.edges or ()])


def _shortest(call: Callable[[], Any]) -> float:
    """Return the shortest of several times: the others have been disturbed."""
    taken = []
    for _ in range(_REPEATS):
        start = perf_counter()
        call()
        taken.append(perf_counter() - start)
    return min(taken)


# ----- in short -----


def numbers(x: Any) -> Numbers:
    """Return an array in short.

    Examples
    --------
    >>> numbers(np.array([0.25, -1.5])).text
    '[0.25, -1.5]'
    >>> numbers(np.arange(100.0) ** 2).text
    '0 … 3.28e+03 … 9.8e+03 █▄▃▃▂▂▂▂'
    """
    a = np.asarray(x)
    norm = float(np.sqrt(np.sum(np.abs(a.astype(complex if a.dtype.kind == "c" else float)) ** 2)))
    if a.size <= _SHOWN_WHOLE:
        return Numbers(_whole(a.tolist()), norm)
    low, mean, high = (_number(f(a)) for f in (np.min, np.mean, np.max))
    return Numbers(f"{low} … {mean} … {high} {histogram(a)}".rstrip(), norm)


def _whole(x: Any) -> str:
    return f"[{', '.join(map(_whole, x))}]" if isinstance(x, list) else _number(x)


def _number(x: Any) -> str:
    return str(x) if isinstance(x, (bool, np.bool_)) else f"{x:.3g}"


def histogram(a: Any) -> str:
    """Return how the finite elements of a real array are spread from the smallest to the largest, as bars of text."""
    if a.dtype.kind == "c":
        return ""
    finite = a[np.isfinite(a)].astype(float)
    if not finite.size or finite.min() == finite.max():
        return ""
    try:
        counts, _ = np.histogram(finite, _BINS)
    except ValueError:  # there are not as many numbers between the smallest and the largest
        return ""
    heights = np.ceil(counts / counts.max() * (len(_BARS) - 1)).astype(int)
    return "".join(_BARS[h] for h in heights)


def saved_bytes(node: Node) -> int:
    """Return the size of the arrays that the derivative of an operation keeps alive."""
    arrays: dict[int, int] = {}
    for _, _, saved, _ in node.edges or ():
        for value in saved:
            for array in value if isinstance(value, tuple) else (value,):
                if is_array(array) or isinstance(array, np.generic):
                    arrays[id(array)] = int(array.nbytes)
    return sum(arrays.values())


# ----- what looks wrong -----


def _marks(op: Op | None, value: Any, g: Any) -> tuple[str, ...]:
    found = []
    if value is not None:
        found += [mark for mark, asks in _NOT_FINITE if np.any(asks(value))]
        found += [] if op is None else [_units(op, np.asarray(value))]
    if g is not None:
        found += [f"{mark} gradient" for mark, asks in _NOT_FINITE if np.any(asks(g))]
        found += ["zero gradient"] if np.size(g) and not np.any(g) else []
    return tuple(mark for mark in found if mark)


_NOT_FINITE: tuple[tuple[str, Callable[[Any], Any]], ...] = (("nan", np.isnan), ("inf", np.isinf))


def _units(op: Op, y: Any) -> str:
    """Say how many results of an operation are too near to an end of its range to move."""
    if op is relu:
        return _dead(y)
    if op.form != "elementwise" or op.range is None or not np.all(np.isfinite(op.range)) or not y.size:
        return ""
    low, high = op.range
    margin = _SATURATED * (high - low)
    share = float(np.mean((y < low + margin) | (y > high - margin)))
    return f"saturated {share:.0%}" if share >= _MANY else ""


def _dead(y: Any) -> str:
    """Say how many units, places along the last axis, are 0 in all examples; of one example, if all are."""
    if not y.size:
        return ""
    units = np.atleast_1d(y).reshape(-1, y.shape[-1] if y.ndim else 1)
    dead = int(np.sum(~units.any(axis=0)))
    return f"dead {dead} of {units.shape[1]}" if dead == units.shape[1] or (dead and len(units) > 1) else ""
