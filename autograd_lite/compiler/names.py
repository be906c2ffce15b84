"""What the values of a program are called in its text."""

from __future__ import annotations

import keyword
import re
from itertools import count
from typing import Any

import numpy as np

from autograd_lite.compiler import helpers
from autograd_lite.compiler.opaque import is_opaque
from autograd_lite.compiler.program import Program

_CALLED = {0.0: "ZERO", 0.5: "HALF", 1.0: "ONE", 2.0: "TWO", -1.0: "MINUS_ONE"}


class Names:
    """What the values of a program are called in its text: each name once.

    With `again`, values that have no name of their own take over those of such ones that are read no more. So arrays
    are given back as soon as they can be: where all of them live until the end, making the next takes longer.
    """

    def __init__(self, program: Program, again: bool = False) -> None:
        self.program = program
        self._taken = {"np", "numpy", *keyword.kwlist, *(fn.__name__ for fn in helpers.HELPERS)}
        self._taken |= {x.fn.__name__ for x in program.instructions if is_opaque(x.fn)}
        if program.groups:
            self._taken |= {"i", "j"}
        self._names: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self._others: dict[str, str] = {}
        self._numbers = count(1)
        self._constants = {c.id: c.array for c in program.constants}
        added = [x for x in program.instructions if x.fn in helpers.IN_PLACE and x.into is not None]
        self._same = {x.id: x.into for x in added}  # a change in place: the same variable
        for x in program.inputs:
            self[x.id]
        for i in program.types:
            if i in program.names:
                self[i]
        if again:
            self._share()

    def _share(self) -> None:
        """Name the values that have no name of their own, in order."""
        last = last_reads(self.program)
        fresh = set[int]().union(*map(self.program.left_by, self.program.groups))
        free: list[str] = []
        for k, x in enumerate(self.program.instructions):
            read = x.operands() if x.into is None else (*x.operands(), x.into)
            dying = [self[i] for i in dict.fromkeys(read) if last[i] == k and self._is_shared(i)]
            if x.fn is helpers.placed or x.id in fresh:  # its name is given a value before the line that reads others
                self[x.id]
            elif x.id not in self._same and self._is_shared(x.id) and dying + free:
                self._names[x.id] = (dying or free).pop()
            free += [name for name in dying if x.id not in self._same or name != self[x.id]]
            if last[x.id] == k and self._is_shared(x.id):
                free.append(self[x.id])

    def _is_shared(self, i: int) -> bool:
        return i not in self.program.names and i not in self._constants

    def __getitem__(self, i: int) -> str:
        if i not in self._names:
            same = self._same.get(i)
            self._names[i] = self._unique(self._wanted(i)) if same is None else self[same]
        return self._names[i]

    def another(self, name: str) -> str:
        """Return a name like this one that nothing else has; the same one each time."""
        return self._others.get(name) or self._others.setdefault(name, self._unique(name))

    def _wanted(self, i: int) -> str:
        name = self.program.names.get(i)
        if name is None:
            return _constant_name(self._constants[i]) if i in self._constants else f"t{next(self._numbers)}"
        if name.startswith("d_%"):
            return f"d_{self[int(name[3:])]}"
        return re.sub(r"\W", "_", name if not name[:1].isdigit() else f"_{name}")

    def _unique(self, name: str) -> str:
        tried = name
        while tried in self._taken:
            self._counts[name] = self._counts.get(name, 1) + 1
            tried = f"{name}_{self._counts[name]}"
        self._taken.add(tried)
        return tried


def last_reads(program: Program) -> dict[int, int]:
    """Return for each value the last instruction that reads it, or writes over it; its own where there is none."""
    last: dict[int, int] = {}
    for k, x in enumerate(program.instructions):
        last[x.id] = k
        for i in x.operands():
            last[i] = k
        if x.into is not None:
            last[x.into] = k
    for group in program.groups:  # in every turn of a loop
        own = {x.id for x in program.instructions[group.start : group.stop]}
        given = {i for x in program.instructions[group.start : group.stop] for i in x.operands() if i not in own}
        last |= {i: max(last[i], group.stop) for i in given}
    return last | dict.fromkeys(program.escaping(), len(program.instructions))


def _constant_name(array: Any) -> str:
    """Return what a constant is called: by its value where that is one of the most common numbers."""
    return "C" if np.ndim(array) else _CALLED.get(array.item(), "C")
