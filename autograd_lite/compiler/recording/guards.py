"""The conditions under which what a function reads is not as it was, as expressions of Python."""

from __future__ import annotations

from cmath import isnan
from collections.abc import Callable, Iterable
from keyword import iskeyword
from operator import is_not
from typing import Any

import numpy as np

from autograd_lite.base.shapes import same_bits
from autograd_lite.compiler.recording import kinds
from autograd_lite.compiler.recording.kinds import SIMPLE
from autograd_lite.compiler.recording.places import UNSET, Location, content, in_cell
from autograd_lite.engine.graph import hooks_of

Bind = Callable[[Any], str]
_FEW = 4


def condition(place: Location, bind: Bind) -> str:
    """Return the condition that something else lies in a place; nothing where nothing else can."""
    write = _OF_A_WHOLE.get(place.how)
    if write is not None:
        return write(place, bind)
    text = _read(place, bind)
    return "" if not text else _other(text, place.found, bind)


def _read(place: Location, bind: Bind) -> str:
    """Write how a place is read; nothing for one that is given once and for all."""
    how, owner, key = place.how, place.owner, place.key
    if how == "item" and isinstance(owner, tuple):
        return ""
    text = bind(vars(owner) if how == "entry" else owner)
    if how in ("item", "entry"):
        return f"{text}[{key!r}]" if type(key) in (str, int) else f"{text}[{bind(key)}]"  # else it may write itself
    if how == "attribute":
        if _is_odd(key):
            return f"getattr({text}, {bind(key)}, unset)"
        return f"{text}.{key}" if place.found is not UNSET else f"getattr({text}, {key!r}, unset)"
    if how == "cell":
        return f"{text}.cell_contents" if place.found is not UNSET else f"in_cell({text})"
    return f"{text}.get(unset)" if how == "value" else f"{text}()"


def _is_odd(key: Any) -> bool:
    """Tell whether Python reads another attribute by a name, or none: it cannot stand in a text."""
    return type(key) is not str or not (key.isascii() and key.isidentifier()) or iskeyword(key)


def _other(text: str, value: Any, bind: Bind) -> str:
    """Write the condition that a value is another one. One of another class may compare as an array does."""
    if value is None or isinstance(value, bool) or not isinstance(value, SIMPLE):
        return f"{text} is not {bind(value)}"
    if isinstance(value, np.generic) or (isinstance(value, (float, complex)) and (not value or isnan(value))):
        return f"(v := {text}) is not {bind(value)} and unlike(v, {bind(value)})"
    return f"(v := {text}) is not {bind(value)} and (v.__class__ is not {bind(value.__class__)} or v != {bind(value)})"


def _keys(place: Location, bind: Bind) -> str:
    if isinstance(place.found, int):
        return f"len({bind(place.owner)}) != {place.found}"
    if all(isinstance(key, (str, int)) for key in place.found):
        return f"[*{bind(place.owner)}] != {bind(place.found)}"
    return f"other_keys({bind(place.owner)}, {bind(place.found)})"


def _attributes(place: Location, bind: Bind) -> str:
    if isinstance(place.found, int):
        return f"len({bind(vars(place.owner))}) != {place.found}"
    return f"[*{bind(place.owner)}.__dict__] != {bind(place.found)}"


def _entries(place: Location, bind: Bind) -> str:
    return f"len({bind(vars(place.owner))}) != {place.found}"


def _names(place: Location, bind: Bind) -> str:
    owner, names = bind(place.owner), sorted(place.found)
    if len(names) <= _FEW:
        return " or ".join([f"{name!r} in {owner}" for name in names])
    return f"not {owner}.keys().isdisjoint({bind(place.found)})"


def _all(place: Location, bind: Bind) -> str:
    """NOTE: written out where comparing in C tells all: of zeros and numbers of NumPy it does not."""
    owner, (parts, _) = place.owner, place.found
    if isinstance(owner, (tuple, frozenset)):
        return ""
    text = bind(owner)
    if not parts:
        return f"len({text})"
    if type(owner) is dict and all(isinstance(key, str) for key, _ in parts):
        known = _listed(f"{text}.values()", [value for _, value in parts], bind)
        known = known and f"[*{text}] != {bind([key for key, _ in parts])} or {known}"
    else:
        known = _listed(text, parts, bind) if type(owner) is list else ""
    return known or f"differs({text}, {bind(place.found)})"


def _listed(text: str, values: list[Any], bind: Bind) -> str:
    """Write the condition that several values are others; nothing where that takes a closer look."""
    if all(value.__class__ is str for value in values):
        return f"[*{text}] != {bind(values)}"
    if any(isinstance(v, np.generic) or (isinstance(v, (float, complex)) and not v) for v in values):
        return ""
    return f"[*{text}] != {bind(values)} or [*map(type, {text})] != {bind([*map(type, values)])}"


def _content(place: Location, bind: Bind) -> str:
    return "" if isinstance(place.owner, frozenset) else f"holds_other({bind(place.owner)}, {bind(place.found)})"


def _state(place: Location, bind: Bind) -> str:
    return f"{bind(kinds.state_of(place.owner))}({bind(place.owner)}) != {bind(place.found)}"


def _class(place: Location, bind: Bind) -> str:
    return f"{bind(place.owner)}.__class__ is not {bind(place.found)}"


def _node(place: Location, bind: Bind) -> str:
    return f"{bind(place.owner)}._node is not {bind(place.found)}"


def _hooks(place: Location, bind: Bind) -> str:
    """NOTE: for a node that has notes, which each leaf of the user's has, the dict of its hooks is always the same."""
    node = place.owner._node
    if node is None or node.notes is None:
        return f"hooks_of({bind(place.owner)}._node)"
    hooks = bind(node.notes.hooks)
    return hooks if not place.found else f"(*{hooks}.values(),) != {bind(place.found)}"


def _cache(place: Location, bind: Bind) -> str:
    """NOTE: its counts alone do not tell a cache that was cleared and filled anew."""
    _, values = place.found
    return f"holds_other({bind(kinds.kept_by(place.owner))}.values(), {bind(values)})"


_OF_A_WHOLE: dict[str, Callable[[Location, Bind], str]] = {
    "keys": _keys, "attributes": _attributes, "entries": _entries, "names": _names, "all": _all, "content": _content,
    "state": _state, "class": _class, "node": _node, "hooks": _hooks, "cache": _cache,
}  # fmt: skip


# ----- what the conditions call -----


def altered(now: Any, before: Any) -> bool:
    """Tell whether an array has other values, bit by bit: NaN is the same as NaN."""
    return not same_bits(now, before)


def unlike(now: Any, before: Any) -> bool:
    """Tell whether a plain value is another one; zeros have signs, NaN is the same as NaN."""
    return now.__class__ is not before.__class__ or repr(now) != repr(before)


def differs(now: Any, before: Any) -> bool:
    """Tell whether a container of plain values has other ones, or values of other classes."""
    return bool(content(now) != before)


def other_keys(now: Any, before: list[Any]) -> bool:
    """Tell whether a dict has other keys, or in another order."""
    return len(now) != len(before) or any(a is not b for a, b in zip(now, before, strict=True))


def holds_other(now: Any, before: tuple[Any, ...]) -> bool:
    """Tell whether a set, an array of objects, or a view of a dict holds other ones."""
    parts = tuple(now.flat) if isinstance(now, np.ndarray) else tuple(now)
    return len(parts) != len(before) or any(map(is_not, parts, before))


def reshaped(array: Any, shape: Any, dtype: Any) -> bool:
    """Tell whether an array that somebody else has as well was given another shape or dtype."""
    return bool(array.shape != shape or array.dtype != dtype)


_CALLED = (altered, unlike, differs, other_keys, holds_other, hooks_of, reshaped, in_cell)
CALLED = {f.__name__: f for f in _CALLED}
"""What the conditions call, by name."""


def conditions(places: Iterable[Location], bind: Bind) -> list[str]:
    """Return the conditions of several places, each once."""
    return [text for text in dict.fromkeys([condition(place, bind) for place in places]) if text]
