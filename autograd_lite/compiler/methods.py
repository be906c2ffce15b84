"""Compiled methods: each object has compiled functions of its own, which die with it.

A program compares the object it is for, and so keeps it alive. If the class had the programs of all its objects, these
would never die; but what an object has itself is garbage together with it.
"""

from __future__ import annotations

from typing import Any

from autograd_lite.compiler.recording.run import is_traced
from autograd_lite.tree import LEAF, flatten

KEY = "compiled methods"
"""Where an object has them, among its attributes: under no name that anybody could read."""


class BoundFunctions:
    """The compiled functions of one object, by those of its class.

    NOTE: copies of the object take it along, and `owner` tells whose it is; in pickles it is empty.
    """

    __slots__ = ("made", "owner")

    def __init__(self, owner: Any = None) -> None:
        self.owner = owner
        self.made: dict[Any, Any] = {}

    def __reduce__(self) -> Any:
        return BoundFunctions, ()


def own_methods(instance: Any) -> BoundFunctions | None:
    """Return what an object has, made at first; None where it has no attributes, or where calls take it apart.

    A dataclass, say, is arguments like any other tree of arrays, and one program serves all.
    """
    space = getattr(instance, "__dict__", None)
    known = space.get(KEY) if space.__class__ is dict else None
    if known is not None and known.owner is instance:
        return known  # type: ignore[no-any-return]
    if not isinstance(space, dict) or flatten(instance)[1] is not LEAF or is_traced(instance):
        return None
    space[KEY] = made = BoundFunctions(instance)
    return made
