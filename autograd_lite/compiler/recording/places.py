"""Places: where something lies that a function can read, and what; and which code reads there."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_lite.base.libraries import PYTHON, USER, of_code

MOST = 20_000
"""How many places a survey looks at."""
UNSET = object()
"""What lies in a place that is empty."""
_EXPLORED = frozenset((USER, PYTHON))


class Location(NamedTuple):
    """Where something lies, and what.

    Attributes
    ----------
    how : str
        ``item``, ``attribute``, ``entry`` (of the dict of a class), ``cell``, ``value`` (of a context variable),
        ``target`` (of a weak reference); or of the owner as a whole ``keys`` and ``attributes`` (or how many),
        ``entries`` (how many, of the dict of a class), ``names`` (that it lacks), ``all``, ``content`` and ``state``,
        ``cache`` (what `lru_cache` counts, and keeps), ``class``, ``node``, ``hooks``.
    owner
        What has the place.
    key
        Which of its places.
    found
        What lies there.
    name : str
        How the program may call it.
    """

    how: str
    owner: Any
    key: Any
    found: Any
    name: str

    @property
    def mark(self) -> tuple[Any, ...]:
        """What tells the place from others."""
        return self.how, id(self.owner), self.key if isinstance(self.key, (str, int)) else id(self.key)


@dataclass(frozen=True)
class Reach:
    """Which code reads, by which names.

    Attributes
    ----------
    codes : frozenset of code, or None
        The code that was executed; None: any may be.
    words : frozenset of str, or None
        The names of attributes in it; None: any.
    modules : bool
        Whether all attributes of objects of our classes are read, as by who lists parameters.
    static : tuple
        What the user says does not change.
    skipped : frozenset
        Items of dicts, ``(id, key)``, that are looked after in another way.
    imports : frozenset of str
        The modules that it imports.
    strange : frozenset of code
        Code of installed packages that is looked into as well.
    """

    codes: frozenset[types.CodeType] | None = None
    words: frozenset[str] | None = None
    modules: bool = False
    static: tuple[Any, ...] = ()
    skipped: frozenset[tuple[int, str]] = frozenset()
    imports: frozenset[str] = frozenset()
    strange: frozenset[types.CodeType] = frozenset()

    def ran(self, code: types.CodeType) -> bool:
        """Tell whether a code may have been executed."""
        return self.codes is None or code in self.codes

    def reads(self, word: str) -> bool:
        """Tell whether an attribute of this name may have been read."""
        return self.words is None or word in self.words

    def enters(self, code: types.CodeType) -> bool:
        """Tell whether to look for the variables that a code reads: unknown code of a package may be a whole world."""
        return self.codes is not None or code in self.strange or of_code(code) in _EXPLORED


def in_cell(cell: types.CellType) -> Any:
    """Return what a variable holds, `UNSET` where it holds nothing yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return UNSET


def own_dict(x: Any) -> dict[str, Any]:
    """Return the attributes of an object; of one that answers otherwise, none."""
    space = getattr(x, "__dict__", None)
    return space if isinstance(space, dict) else {}


def content(x: Any) -> Any:
    """Return a copy of a container of plain values that tells its order, the classes of its values, and zeros."""
    if isinstance(x, Mapping):
        return list(x.items()), _told([*x, *x.values()])
    return list(x), _told(x)


def _told(values: Iterable[Any]) -> list[Any]:
    """Return what a comparison by value does not tell: classes, and the signs of zeros."""
    return [str(v) if v.__class__ in (float, complex) and not v else v.__class__ for v in values]
