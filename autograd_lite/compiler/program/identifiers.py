"""What a user names, as a name in the text of a program, or as words in a comment: nothing of it becomes code."""

from __future__ import annotations

import builtins
import functools
import keyword
import unicodedata
from collections.abc import Iterable

RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "numpy", "scipy"})
"""What a text may mean something else by, or must not hide."""
_LONGEST = 60
_ANY = 4096
"""So many names are remembered: the same ones come again with every call that is recorded."""


@functools.lru_cache(_ANY)
def identifier(name: str, otherwise: str = "value") -> str:
    r"""Return a name as an identifier, in the form that Python itself compares identifiers in.

    What cannot stand in one becomes an underscore; at the beginning there is none, for `otherwise` stands before what
    is no name by itself.

    Examples
    --------
    >>> identifier("x²"), identifier("ª"), identifier("0.weight"), identifier("__debug__"), identifier("a\nimport os")
    ('x2', 'a', 'value_0_weight', 'debug__', 'a_import_os')
    """
    text = unicodedata.normalize("NFKC", name[: 2 * _LONGEST])
    kept = "".join([c if f"_{c}".isidentifier() else " " for c in text])
    made = "_".join(kept.split()).lstrip("_")[:_LONGEST]
    if made.isidentifier():
        return made
    return f"{otherwise}_{made}" if made else otherwise


class Taken:
    """Names of which nobody may be given one a second time."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = set(names)
        self._counts: dict[str, int] = {}

    def free(self, name: str) -> str:
        """Take an identifier: with an underscore where it is reserved, with a number where it is taken."""
        tried = f"{name}_" if name in RESERVED else name
        while tried in self.names or tried in RESERVED:
            self._counts[name] = self._counts.get(name, 1) + 1
            tried = f"{name}_{self._counts[name]}"
        self.names.add(tried)
        return tried


@functools.lru_cache(_ANY)
def words(text: str) -> str:
    r"""Return a text as what a comment may hold: one line of characters that can be seen, no two spaces in a row.

    Examples
    --------
    >>> words("derivative of f\n  # x")
    'derivative of f # x'
    """
    return " ".join("".join([c if c.isprintable() else " " for c in text]).split())
