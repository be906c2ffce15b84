"""The call of a program: a function written for it, that compares, reads, runs, and commits all or nothing."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from autograd_lite.compiler.defined import defined
from autograd_lite.compiler.environment import altered, differs
from autograd_lite.compiler.program import Input, Program
from autograd_lite.compiler.recording import Leaf, Recorded
from autograd_lite.random import default_rng
from autograd_lite.record import Handle, make_tensor
from autograd_lite.tree import LEAF, Structure, flatten, unflatten

MISS = object()
"""What a call returns that the program is not for."""


class Caller:
    """Writes the function; its names are bound to objects in `bound`."""

    def __init__(self, recorded: Recorded, program: Program, step: Callable[..., Any]) -> None:
        self.recorded, self.program = recorded, program
        self.bound: dict[str, Any] = {**_KNOWN, "step": step}
        self.lines: list[str] = []
        self._names: dict[tuple[str, int], str] = {}  # what is bound stays alive, and its identity its own

    def bind(self, value: Any, letter: str = "o") -> str:
        """Return a name for an object."""
        name = self._names.get((letter, id(value)))
        if name is None:
            name = self._names[letter, id(value)] = f"{letter}_{len(self._names)}"
            self.bound[name] = value
        return name

    def made(self) -> Callable[..., Any]:
        """Return ``enter(args, kwargs)``."""
        self._take_apart()
        for i, x in enumerate(self.recorded.leaves):
            self._compare_leaf(f"a{i}", x, i)
        self._compare_environment()
        self._run()
        text = "def enter(args, kwargs):\n" + "".join(f"    {line}\n" for line in self.lines)
        name = f"<the call of {self.program.title} {next(_names)}>"
        return defined("enter", text, name, self.bound)

    # ----- is it this program's call? -----

    def _take_apart(self) -> None:
        structure = self.recorded.structure
        positional, named = structure.children
        leaves = [f"a{i}" for i in range(structure.size)]
        unpacked = f"{', '.join(leaves)}{',' if len(leaves) == 1 else ''}" if leaves else ""
        if not named.keys and all(child is LEAF for child in positional.children):
            self.lines.append(f"if kwargs or len(args) != {len(leaves)}: return MISS")
            if leaves:
                self.lines.append(f"{unpacked} = args")
        else:
            self.lines.append("leaves, structure = flatten((args, kwargs))")
            self.lines.append(f"if structure != {self.bind(structure)}: return MISS")
            if leaves:
                self.lines.append(f"{unpacked} = leaves")

    def _compare_leaf(self, name: str, leaf: Leaf, place: int) -> None:
        if place in self.recorded.fixed or not leaf.traced:
            self._compare_static(name, leaf.value)
        elif leaf.tensor is not None:
            array = f"d{place}"
            self._miss(f"{name}.__class__ is not {self.bind(leaf.tensor, 'C')}")
            self.lines.append(f"{array} = {name}._data")
            self._compare_array(array, leaf.value)
            self._miss(f"{name}._node is {'None' if leaf.tracked else 'not None'}")
        elif isinstance(leaf.value, (np.ndarray, np.generic)):
            self._compare_array(name, leaf.value)
        else:
            self._miss(f"{name}.__class__ is not {self.bind(type(leaf.value), 'C')}")

    def _compare_array(self, name: str, x: Any) -> None:
        dtype = self.bind(x.dtype, "D")
        self._miss(f"{name}.__class__ is not {self.bind(type(x), 'C')} or {name}.shape != {x.shape}")
        self._miss(f"{name}.dtype is not {dtype} and {name}.dtype != {dtype}")

    def _compare_static(self, name: str, x: Any) -> None:
        known = self.bind(x)
        if isinstance(x, (bool, int, float, complex, str, bytes, tuple, np.dtype)):
            self._miss(f"{name}.__class__ is not {self.bind(x.__class__, 'C')} or {name} != {known}")
        else:
            self._miss(f"{name} is not {known}")

    def _compare_environment(self) -> None:
        for owner, key, value in self.recorded.numbers:
            self._miss(f"{self.bind(owner)}[{key!r}] != {value!r}")
        for array, copy in self.recorded.arrays:
            self._miss(f"altered({self.bind(array)}, {self.bind(copy)})")
        for kind, owner, empty in self.recorded.grads:
            self._miss(f"(getattr({self._target(kind, owner)}, '_grad', None) is None) is not {empty}")
        for condition in self.recorded.environment.conditions(self.bind):
            self._miss(condition)

    def _miss(self, condition: str) -> None:
        """Add a condition under which the program is not for this call; several in a row become one line."""
        start, end = "if ", ": return MISS"
        if self.lines and self.lines[-1].startswith(start) and self.lines[-1].endswith(end):
            self.lines[-1] = f"{self.lines[-1].removesuffix(end)} or ({condition}){end}"
        else:
            self.lines.append(f"{start}({condition}){end}")

    # ----- the run -----

    def _run(self) -> None:
        given = ", ".join(self._read(x) for x in self.program.inputs)
        values = [f"r{k}" for k in range(len(self.program.escaping()))]
        unpacked = f"{', '.join(values)}{',' if len(values) == 1 else ''}"
        self.lines.append(f"{unpacked} = step({given})" if values else f"step({given})")
        outputs = self._outputs(values)
        self._commit(values[self._returned :])
        self.lines.append(f"return {self._built(self.recorded.result, iter(outputs))}")

    def _built(self, structure: Structure, outputs: Iterator[str]) -> str:
        """Write how the result is put together: plain containers as they are written in Python."""
        kind = structure.kind
        if kind is None:
            return next(outputs)
        if kind.cls in (tuple, list, type(None)):
            parts = [self._built(child, outputs) for child in structure.children]
            comma = "," if len(parts) == 1 else ""
            tuple_or_list = f"({', '.join(parts)}{comma})" if kind.cls is tuple else f"[{', '.join(parts)}]"
            return "None" if kind.cls is type(None) else tuple_or_list
        values = [next(outputs) for _ in range(structure.size)]
        return f"unflatten({self.bind(structure)}, [{', '.join(values)}])"

    def _read(self, x: Input) -> str:
        kind, owner = x.kind, x.owner
        if kind == "argument":
            return f"d{owner}" if self.recorded.leaves[owner].tensor is not None else f"a{owner}"
        if kind == "number":
            return f"float({self.bind(owner[0])}[{owner[1]!r}])"
        if kind in ("generator", "array"):
            return self.bind(owner)
        if kind == "default generator":
            return "default_rng()"
        t = self._target(kind, owner)
        return f"array_of_grad({t}._grad)" if kind.endswith("grad") else f"{t}._data"

    def _target(self, kind: str, owner: Any) -> str:
        return f"a{owner}" if kind.startswith("argument") else self.bind(owner, "t")

    def _outputs(self, values: list[str]) -> list[str]:
        rest = iter(values)
        shown = []
        self._returned = 0
        for kind, output in zip(self.recorded.kinds, self.program.outputs, strict=True):
            if kind == "static":
                shown.append(self.bind(output))
                continue
            self._returned += 1
            value = next(rest)
            shown.append(f"make_tensor({self._array(value, output.id)})" if kind == "tensor" else value)
        return shown

    def _array(self, value: str, i: int) -> str:
        return value if self.program.types[i].kind == "array" else f"asarray({value})"

    def _commit(self, values: list[str]) -> None:
        """Write the line that sets everything: all of it or nothing, for no interrupt can be delivered within.

        NOTE: CPython handles signals, and changes threads, at calls and backward jumps, of which there are none between
        plain stores. While another thread traces, they would be calls of a property: then one call in C does all.
        """
        rest = iter(values)
        assigned = self.program.assignments
        news = ["None" if a.id is None else self._array(next(rest), a.id) for a in assigned]
        if not assigned:
            return
        targets = [self._target(a.kind, a.owner) for a in assigned]
        slots = ["_grad" if a.kind.endswith("grad") else "_data" for a in assigned]
        names = [f"n{k}" for k in range(len(assigned))]
        computed = [(name, new) for name, new in zip(names, news, strict=True) if "(" in new]
        self.lines += [f"{name} = {new}" for name, new in computed]
        news = [name if "(" in new else new for name, new in zip(names, news, strict=True)]
        stores = [f"{t}.{slot} = {new}" for t, slot, new in zip(targets, slots, news, strict=True)]
        setters = self.bind(tuple([set_slots[slot == "_grad"] for slot in slots]))
        self.lines.append(f"if Handle._data is slot: {'; '.join(stores)}")
        self.lines.append(f"else: deque(map(call, {setters}, ({', '.join(targets)},), ({', '.join(news)},)), 0)")


def _array_of_grad(grad: Any) -> Any:
    return grad._data if isinstance(grad, Handle) else grad


_KNOWN: dict[str, Any] = {
    "Handle": Handle, "MISS": MISS, "slot": Handle.__dict__["_data"],
    "altered": altered, "array_of_grad": _array_of_grad, "asarray": np.asarray,
    "call": operator.call, "default_rng": default_rng, "deque": deque, "differs": differs,
    "flatten": flatten, "make_tensor": make_tensor,
    "ndarray": np.ndarray, "unflatten": unflatten,
}  # fmt: skip
_names = count()
set_slots = (Handle.__dict__["_data"].__set__, Handle.__dict__["_grad"].__set__)
