"""What the values of a program are called in its text."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

import numpy as np

from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.identifiers import Taken, identifier
from autograd_lite.compiler.program.loop import calls, items_of_loops
from autograd_lite.compiler.program.opaque import is_opaque
from autograd_lite.compiler.program.paths import with_called
from autograd_lite.compiler.program.program import Program
from autograd_lite.rules.windows import KERNELS

_OF_EXAMPLES = ("example", "name", "value")
"""What a file that runs alone has for variables beside the function."""
_CALLED = {0.0: "ZERO", 0.5: "HALF", 1.0: "ONE", 2.0: "TWO", -1.0: "MINUS_ONE"}


def _called(program: Program) -> list[str]:
    """Return the names of the helpers whose text stands before that of the program, or may."""
    used = {id(x.fn) for x in calls(program)}
    found = [fn for fn in helpers.HELPERS if fn not in KERNELS or id(fn) in used]
    return [fn.__name__ for fn in with_called(found)]


class Names:
    """What the values of a program are called in its text: each name once.

    `reserved` are names that the text has for something else; `function` is what the function is called. With `again`,
    values that have no name of their own take over those of such ones that are read no more. So arrays
    are given back as soon as they can be: where all of them live until the end, making the next takes longer.
    """

    def __init__(self, program: Program, again: bool = False, reserved: Iterable[str] = ()) -> None:
        self.program = program
        opaque = [x.fn.__name__ for x in program.instructions if is_opaque(x.fn)]
        self._taken = Taken([*reserved, *_called(program), *opaque, *_OF_EXAMPLES])
        self.function = self._taken.free(identifier(program.title, "compiled"))
        self._taken.names.difference_update(_OF_EXAMPLES)
        if program.groups:
            self._taken.names |= {"i", "j"}
        self._names: dict[int, str] = {}
        self._others: dict[str, str] = {}
        self._asked: set[int] = set()
        self._numbers = count(1)
        self._constants = {c.id: c.array for c in program.constants}
        self._same = _variables(program)
        # NOTE: the results of a loop are given values while its operands are still read
        self._of_loops = {i for items in items_of_loops(program).values() for i in items.values()}
        self._wishes = {self._same.get(i, i): name for i, name in program.names.items()} | dict(program.names)
        for x in program.inputs:
            self[x.id]
        for i in program.types:
            if i in self._wishes:
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
        return i not in self._of_loops and self._same.get(i, i) not in self._wishes and i not in self._constants

    def __getitem__(self, i: int) -> str:
        if i not in self._names:
            same = self._same.get(i)
            self._names[i] = self._taken.free(self._wanted(i)) if same is None else self[same]
        return self._names[i]

    def free(self, name: str) -> str:
        """Return a name like this one that nothing else has."""
        return self._taken.free(name)

    def another(self, name: str) -> str:
        """Return a name like this one that nothing else has; the same one each time."""
        return self._others.get(name) or self._others.setdefault(name, self._taken.free(name))

    def _wanted(self, i: int) -> str:
        name = self._wishes.get(i)
        if name is None:
            return _constant_name(self._constants[i]) if i in self._constants else f"t{next(self._numbers)}"
        if name.startswith("d_%"):
            return self._derivative(i, int(name[3:]))
        return identifier(name)

    def _derivative(self, i: int, of: int) -> str:
        """Return what a derivative is called: after what it is of, which passes may have made the same value."""
        if i in self._asked:
            return f"t{next(self._numbers)}"
        self._asked.add(i)
        return f"d_{self[of]}"


def _variables(program: Program) -> dict[int, int]:
    """Return for each value that is the change of another one in place the value that its variable was made for.

    NOTE: a change may be changed again. All of them have one name, so that a name which one of them is given is that of
    all, also of those before it.
    """
    found: dict[int, int] = {}
    for x in program.instructions:
        if facts.of(x.fn).in_place and x.into is not None:
            found[x.id] = found.get(x.into, x.into)
    return found


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
