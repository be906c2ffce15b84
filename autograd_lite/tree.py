"""Trees: dicts, lists, tuples, named tuples and dataclasses of arrays, taken apart and put together again.

What is none of these is a leaf. None is a tree without leaves. The order of a dict is kept, and a subclass stays
what it is. A field of a dataclass declared with ``field(metadata={"static": True})`` belongs to the structure: it is
no leaf, and comes back as it was.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import defines, dtype_of, is_array
from autograd_lite.base.conventions import cast
from autograd_lite.base.later import listing
from autograd_lite.base.shapes import Array, fitting


class Structure(NamedTuple):
    """How the leaves of a tree are put together. Equal for trees that differ in their leaves only.

    Attributes
    ----------
    kind : Kind or None
        What makes the container; None for a leaf.
    keys : tuple
        What leads to each child: the keys of a dict, the names of fields, the places in a list.
    children : tuple of Structure
        One for each key.
    size : int
        The number of leaves.

    Examples
    --------
    >>> flatten({"w": 1.0, "b": 2.0})[1] == flatten({"w": 3.0, "b": 4.0})[1]
    True
    """

    kind: Kind | None
    keys: tuple[Any, ...]
    children: tuple[Structure, ...]
    size: int


class Kind(NamedTuple):
    """A kind of container: its class, what else belongs to the structure, and how a path through it is written."""

    cls: type[Any]
    extra: Any
    make: Callable[[Kind, tuple[Any, ...], list[Any]], Any]
    path: str

    def __repr__(self) -> str:
        return self.cls.__name__


LEAF = Structure(None, (), (), 1)
STATIC = "{name}: {type} = dataclasses.field(metadata={{'static': True}})"
"""How a field of a dataclass is declared that is a setting, and no leaf."""

_Parts = tuple[Kind, tuple[Any, ...], Sequence[Any]]


def flatten(tree: Any) -> tuple[list[Any], Structure]:
    """Take a tree apart into its leaves, in order, and its structure.

    Examples
    --------
    >>> leaves, structure = flatten({"w": [1.0, 2.0], "b": 3.0, "none": None})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> unflatten(structure, [10 * x for x in leaves])
    {'w': [10.0, 20.0], 'b': 30.0, 'none': None}
    """
    found: list[Any] = []
    return found, _flatten(tree, found)


def unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """Put leaves together as `structure` says.

    Raises
    ------
    StructureError
        There are more or fewer leaves than the structure has places.

    Examples
    --------
    >>> _, structure = flatten({"w": 0.0, "b": (0.0, None)})
    >>> unflatten(structure, [1.0, 2.0])
    {'w': 1.0, 'b': (2.0, None)}
    """
    leaves = list(leaves)
    if len(leaves) != structure.size:
        raise errors.StructureError(errors.LEAF_NUMBER.format(given=len(leaves), expected=structure.size))
    return _unflatten(structure, iter(leaves))


def map(f: Callable[..., Any], tree: Any, *rest: Any) -> Any:  # noqa: A001 - JAX's name, used as tree.map
    """Return the tree of ``f(leaf, *leaves in the same place of the others)``.

    Raises
    ------
    StructureError
        One of the trees is built differently; says where.

    Examples
    --------
    >>> map(lambda p, g: p - 0.1 * g, {"w": 1.0, "b": (2.0,)}, {"w": 10.0, "b": (10.0,)})
    {'w': 0.0, 'b': (1.0,)}
    """
    first, structure = flatten(tree)
    others = [flatten_like(structure, other, "a tree given to map()") for other in rest]
    return unflatten(structure, [f(*group) for group in zip(first, *others, strict=True)])


def leaves(tree: Any) -> list[Any]:
    """Return the leaves of a tree, in order.

    Examples
    --------
    >>> leaves({"w": [1.0, 2.0], "b": {"inner": 3.0, "none": None}})
    [1.0, 2.0, 3.0]
    """
    return flatten(tree)[0]


def flatten_like(structure: Structure, tree: Any, what: str) -> list[Any]:
    """Return the leaves of a tree in the places that `structure` has for them; keys of dicts may come in any order.

    Raises
    ------
    StructureError
        The tree, which the message calls `what`, is built differently; says where.

    Examples
    --------
    >>> _, structure = flatten({"w": 0.0, "b": 0.0})
    >>> flatten_like(structure, {"b": 1.0, "w": 2.0}, "the tangents")
    [2.0, 1.0]
    """
    found: list[Any] = []
    _match(structure, tree, found, what, "")
    return found


def paths(structure: Structure, root: str = "") -> list[str]:
    """Return how Python reaches each leaf from `root`.

    Examples
    --------
    >>> paths(flatten({"w": [1.0, 2.0], "b": 3.0})[1], "params")
    ["params['w'][0]", "params['w'][1]", "params['b']"]
    """
    if structure.kind is None:
        return [root]
    inner = zip(structure.keys, structure.children, strict=True)
    return [path for key, child in inner for path in paths(child, root + structure.kind.path.format(key))]


def field_of(structure: Structure, place: int) -> str | None:
    """Return the innermost field of a dataclass that holds leaf number `place`; None where none does.

    Examples
    --------
    >>> from dataclasses import make_dataclass
    >>> Model = make_dataclass("Model", ["weights", "act"])
    >>> field_of(flatten({"model": Model([1.0, 2.0], "tanh")})[1], 2)
    'act'
    """
    name = None
    while structure.kind is not None:
        at = 0
        while place >= structure.children[at].size:
            place -= structure.children[at].size
            at += 1
        if structure.kind.make is _make_dataclass:
            name = structure.keys[at]
        structure = structure.children[at]
    return name


def ravel(tree: Any) -> tuple[Array, Callable[[Array], Any]]:
    """Lay all leaves of a tree into one vector.

    Returns
    -------
    vector : ndarray or Tensor
        Of the dtype that NumPy promotes those of the leaves to.
    unravel : callable
        Makes of a vector of that length a tree of the same structure, its leaves with the shapes and dtypes of these.

    Examples
    --------
    >>> vector, unravel = ravel({"w": np.ones((2, 2)), "b": 0.0})
    >>> vector
    array([1., 1., 1., 1., 0.])
    >>> unravel(2 * vector)["w"]
    array([[2., 2.],
           [2., 2.]])
    """
    found, structure = flatten(tree)
    if not found:
        return np.zeros(0), functools.partial(_unravelled, structure, [0], [])
    shapes = [np.shape(x) for x in found]
    dtypes = [dtype_of(x) for x in found]
    for dtype in dtypes:
        if dtype.kind not in "fiubc":
            text = errors.BAD_DATA.format(what=f"of dtype {dtype}", instead=STATIC.format(name="act", type="str"))
            raise errors.DataError(text)
    ends = np.cumsum([0, *(math.prod(shape) for shape in shapes)]).tolist()
    scalar = [not (is_array(x) or shape) for x, shape in zip(found, shapes, strict=True)]

    unravel = functools.partial(_unravelled, structure, ends, list(zip(shapes, dtypes, scalar, strict=True)))
    return np.concatenate([np.ravel(x) for x in found]), unravel


def _unravelled(structure: Structure, ends: list[int], kinds: list[Any], vector: Array) -> Any:
    if np.shape(vector) != (ends[-1],):
        given, n = np.shape(vector), ends[-1]
        instead = f"unravel({fits})" if (fits := fitting("vector", given, (n,))) else f"unravel(np.zeros({n}))"
        raise errors.ShapeError(errors.UNRAVEL_SHAPE.format(given=given, n=n, instead=instead))
    parts = [vector[start:end] for start, end in pairwise(ends)]
    made = [_as_before(part, *kind) for part, kind in zip(parts, kinds, strict=True)]
    return unflatten(structure, made)


def _as_before(part: Array, shape: tuple[int, ...], dtype: Any, scalar: bool) -> Any:
    """Return a part of a vector with the shape and dtype its leaf had; a number where it was a number."""
    part = part.reshape(shape)
    part = cast(part, dtype)
    return part[()] if scalar else part


# ----- the kinds of containers -----


def _flatten(tree: Any, found: list[Any]) -> Structure:
    parts = _parts(tree)
    if parts is None:
        found.append(tree)
        return LEAF
    kind, keys, values = parts
    before = len(found)
    children = tuple([_flatten(value, found) for value in values])
    return Structure(kind, keys, children, len(found) - before)


def _unflatten(structure: Structure, values: Iterator[Any]) -> Any:
    kind = structure.kind
    if kind is None:
        return next(values)
    return kind.make(kind, structure.keys, [_unflatten(child, values) for child in structure.children])


def _match(structure: Structure, tree: Any, found: list[Any], what: str, where: str) -> None:
    kind, keys, children, _ = structure
    if kind is None:
        if tree is None:
            raise _mismatch(structure, tree, what, where)
        found.append(tree)
        return
    parts = _parts(tree)
    if parts is None or parts[0] != kind or not _same_keys(keys, parts[1]):
        raise _mismatch(structure, tree, what, where)
    values = dict(zip(parts[1], parts[2], strict=True))
    for key, child in zip(keys, children, strict=True):
        _match(child, values[key], found, what, where + kind.path.format(key))


def _same_keys(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return first == second or (len(first) == len(second) and set(first) == set(second))


def _mismatch(structure: Structure, tree: Any, what: str, where: str) -> errors.StructureError:
    place = f" at {where}" if where else ""
    given, expected = _shown(_parts(tree), tree), described(structure)
    return errors.StructureError(errors.STRUCTURE.format(what=what, where=place, given=given, expected=expected))


def described(structure: Structure) -> str:
    """Return how a message calls what is built like this.

    Examples
    --------
    >>> described(flatten({"w": 0.0, "b": 0.0})[1]), described(flatten((1.0, 2.0))[1]), described(LEAF)
    ('dict(w, b)', 'a tuple of 2', 'one array')
    """
    return _called(structure.kind, structure.keys) if structure.kind is not None else "one array"


def _shown(parts: _Parts | None, tree: Any) -> str:
    return _called(parts[0], parts[1]) if parts is not None else f"one {type(tree).__name__}"


def _called(kind: Kind, keys: tuple[Any, ...]) -> str:
    """Return how a message calls a container: its class and its keys, or how long it is."""
    if kind is _NONE:
        return "None"
    if kind.cls in (list, tuple):
        return f"a {kind.cls.__name__} of {len(keys)}"
    return f"{kind.cls.__name__}({', '.join(str(key) for key in keys)})"


def is_named(cls: type) -> bool:
    """Tell whether tuples of a class have names for what stands in them."""
    return issubclass(cls, tuple) and defines(cls, "_fields")


def sequence_like(y: Any, parts: Sequence[Any]) -> Any:
    """Return `parts` as a list or tuple of the class that `y` has."""
    cls = type(y)
    return cls(*parts) if is_named(cls) else cls(parts)


def _parts(tree: Any) -> _Parts | None:
    """Return kind, keys and children of a container; None for a leaf."""
    take = _taker(tree.__class__)
    return None if take is None else take(tree)


@functools.cache
def _taker(cls: type) -> Callable[[Any], _Parts] | None:
    """Return what takes a container of this class apart; None where its objects are leaves."""
    if cls is type(None):
        return lambda tree: (_NONE, (), ())
    if issubclass(cls, dict):
        return _take_dict
    if issubclass(cls, (list, tuple)):
        kind = Kind(cls, None, _make_fields if is_named(cls) else _make_sequence, "[{}]")
        return _take_named(kind) if is_named(cls) else _take_sequence(kind)
    return _take_dataclass(cls) if defines(cls, "__dataclass_fields__") else None


def _take_dict(tree: dict[Any, Any]) -> _Parts:
    factory = tree.default_factory if isinstance(tree, defaultdict) else None
    return Kind(tree.__class__, factory, _make_dict, "[{!r}]"), tuple(tree), tuple(tree.values())


def _take_sequence(kind: Kind) -> Callable[[Any], _Parts]:
    return lambda tree: (kind, tuple(range(len(tree))), tree)


def _take_named(kind: Kind) -> Callable[[Any], _Parts]:
    kind = kind._replace(path=".{}")
    return lambda tree: (kind, tree._fields, tree)


def _take_dataclass(cls: type) -> Callable[[Any], _Parts]:
    from dataclasses import fields  # noqa: PLC0415 - there, since there is such a class, and else costs an import

    names = tuple(f.name for f in fields(cls) if not f.metadata.get("static"))
    static = tuple(f.name for f in fields(cls) if f.metadata.get("static"))

    def take(tree: Any) -> _Parts:
        extra = tuple([(name, getattr(tree, name)) for name in static])
        return Kind(cls, extra, _make_dataclass, ".{}"), names, [getattr(tree, name) for name in names]

    return take


def _make_none(kind: Kind, keys: tuple[Any, ...], values: list[Any]) -> None:
    return None


def _make_dict(kind: Kind, keys: tuple[Any, ...], values: list[Any]) -> Any:
    pairs = zip(keys, values, strict=True)
    return kind.cls(kind.extra, pairs) if issubclass(kind.cls, defaultdict) else kind.cls(pairs)


def _make_sequence(kind: Kind, keys: tuple[Any, ...], values: list[Any]) -> Any:
    return values if kind.cls is list else kind.cls(values)


def _make_fields(kind: Kind, keys: tuple[Any, ...], values: list[Any]) -> Any:
    return kind.cls(*values)


def _make_dataclass(kind: Kind, keys: tuple[Any, ...], values: list[Any]) -> Any:
    """NOTE: without ``__init__``, which may convert or refuse what stands in the place of an array."""
    made: Any = object.__new__(kind.cls)
    for name, value in (*zip(keys, values, strict=True), *kind.extra):
        object.__setattr__(made, name, value)
    return made


_NONE = Kind(type(None), None, _make_none, "")


__all__ = ["Structure", "flatten", "leaves", "map", "paths", "ravel", "unflatten"]
__dir__ = listing(__name__)
