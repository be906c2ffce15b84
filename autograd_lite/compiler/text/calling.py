"""The call of a program: a function written for it, that compares, reads, runs, and commits all or nothing."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np

from autograd_lite.compiler.program.program import Input, Program
from autograd_lite.compiler.recording.guards import CALLED
from autograd_lite.compiler.recording.operation import CompiledCall, Operation, nodes_text, result_text, saved_text
from autograd_lite.compiler.recording.places import UNSET
from autograd_lite.compiler.recording.run import COMPUTED, Leaf, RecordedProgram
from autograd_lite.compiler.text.defined import defined
from autograd_lite.engine.generators import default_rng
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.switch import recording as is_grad_enabled
from autograd_lite.engine.watchpoints import place_of
from autograd_lite.tensor.commits import raw
from autograd_lite.tensor.state import scopes, writing
from autograd_lite.tensor.views import outdate
from autograd_lite.tree import LEAF, Structure, flatten, unflatten

MISS = object()
"""What a call returns that the program is not for."""


class Caller:
    """Writes the function; its names are bound to objects in `bound`."""

    def __init__(
        self, recorded: RecordedProgram, program: Program, step: Callable[..., Any], operation: Operation | None = None
    ) -> None:
        self.recorded, self.program, self.operation = recorded, program, operation
        self.bound: dict[str, Any] = {**_KNOWN, "step": step}
        self.lines: list[str] = []
        self._names: dict[tuple[str, int], str] = {}  # what is bound stays alive, and its identity its own

    def bind(self, value: Any, letter: str = "o") -> str:
        """Return how an object is written: by a name, or as it is where Python compares with it in one step."""
        if value is None or value is True or value is False:
            return repr(value)
        name = self._names.get((letter, id(value)))
        if name is None:
            name = self._names[letter, id(value)] = f"{letter}_{len(self._names)}"
            self.bound[name] = value
        return name

    def made(self) -> Callable[..., Any]:
        """Return ``enter(args, kwargs)``."""
        if self.operation is not None:
            self._miss(f"{self.bind(self.operation)}.stale")
        self._compare()
        self._run()
        return self._compiled()

    def compared(self) -> Callable[..., Any]:
        """Return ``enter(args, kwargs)`` that compares and does nothing else."""
        self._compare()
        return self._compiled()

    def _compare(self) -> None:
        self._take_apart()
        for i, x in enumerate(self.recorded.leaves):
            self._compare_leaf(f"a{i}", x, i)
        self._compare_objects()
        self._compare_environment()
        self.lines = ["try:", *[f"    {line}" for line in self.lines], f"except {_GONE}: return MISS"]

    def _compiled(self) -> Callable[..., Any]:
        text = "\n".join(["def enter(args, kwargs):", *[f"    {line}" for line in self.lines], ""])
        return defined("enter", text, f"<the call of {self.program.title} {next(_names)}>", self.bound)

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
            if leaf.tracked:
                self._miss(f"hooks_of({name}._node) != {self.bind(leaf.hooks)}")
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
        if isinstance(x, (float, complex, np.generic)):
            self._miss(f"{name} is not {known} and unlike({name}, {known})")
        elif isinstance(x, (bool, int, str, bytes, tuple, np.dtype)):
            self._miss(f"{name}.__class__ is not {self.bind(x.__class__, 'C')} or {name} != {known}")
        else:
            self._miss(f"{name} is not {known}")

    def _compare_objects(self) -> None:
        """Compare which arguments are the same object, where the program would do something else with other ones."""
        same = {i for pair in self.recorded.twins for i in pair}
        for i, j in self.recorded.twins:
            self._miss(f"a{i} is not a{j}")
        for i, x in self.recorded.held:
            self._miss(f"a{i} is not {self.bind(x)}")
        held = {i for i, _ in self.recorded.held}
        if self.recorded.others is not None:
            self._compare_others(held, self.recorded.others)
        changed = [a for a in self.program.assignments if a.kind.startswith("argument")]
        places = dict.fromkeys(a.owner for a in changed)
        tensors = [i for i, x in enumerate(self.recorded.leaves) if x.tensor is not None]
        for i in places:
            for j in [j for j in tensors if j != i and not {i, j} <= same]:
                self._miss(f"a{i} is a{j}")
        for i in [i for i in tensors if i not in held]:
            others = self._captured(i, i in places)
            if others:
                self._miss(f"id(a{i}) in {self.bind(others)}")

    def _compare_others(self, held: set[int], others: frozenset[int]) -> None:
        """Compare that arguments are objects of their own, where the function asks for that."""
        twins = {j for _, j in self.recorded.twins}
        leaves = enumerate(self.recorded.leaves)
        own = [i for i, x in leaves if i not in twins and (x.tensor is not None or isinstance(x.value, np.ndarray))]
        if len(own) > 1:
            self._miss(f"len({{{', '.join([f'id(a{i})' for i in own])}}}) < {len(own)}")
        free = [i for i in own if i not in held]
        if others and free:
            self._miss(f"not {self.bind(others)}.isdisjoint(({', '.join([f'id(a{i})' for i in free])},))")

    def _captured(self, place: int, assigned: bool) -> frozenset[int]:
        """Return the Tensors, by identity, that an argument must not be: which change, or which it would change."""
        tracked = self.recorded.leaves[place].tracked
        found = [a.owner for a in self.program.assignments if a.kind.startswith("tensor")]
        found += [x.owner for x in self.program.inputs if x.kind == "tensor" and assigned]
        return frozenset(id(t) for t in found if (t._node is not None) == tracked)

    def _compare_environment(self) -> None:
        if self.recorded.recording:
            self._miss("not is_grad_enabled()")
        else:
            self._miss("is_grad_enabled()")
        if self.operation is not None:
            self._compare_tracked(self.operation)
        for owner, _, text, value in self.recorded.numbers:
            self._miss(f"{text.format(self.bind(owner))} != {self.bind(value)}")
        for array, copy in self.recorded.arrays:
            self._miss(f"altered({self.bind(array)}, {self.bind(copy)})")
        for x in self.program.inputs:
            self._compare_shape(x)
        for kind, owner, empty in self.recorded.grads:
            self._miss(f"(getattr({self._target(kind, owner)}, '_grad', None) is None) is not {empty}")
        assert self.recorded.environment is not None
        for condition in self.recorded.environment.conditions(self.bind):
            self._miss(condition)

    def _compare_tracked(self, operation: Operation) -> None:
        for x in operation.inputs:
            if x.kind == "tensor":
                self._miss(f"{self.bind(x.owner, 't')}._node is {'' if x.id in operation.tracked else 'not '}None")

    def _compare_shape(self, x: Input) -> None:
        """Compare the shape of an array that somebody else has as well, and may have changed in place."""
        kind = self.program.types[x.id]
        shape = f"{kind.shape}, {self.bind(kind.dtype, 'D')}" if kind.dtype is not None else ""
        if x.kind == "array":
            self._miss(f"reshaped({self.bind(x.owner)}, {shape})")
        elif x.kind == "tensor":
            t = self.bind(x.owner, "t")
            self._miss(f"{t}._exposed is not None and reshaped({t}._data, {shape})")

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
        if self.operation is not None:
            self.lines.append(f"saved = {saved_text(self.operation, self.bind, self._read, self.recorded.leaves)}")
        values = [f"r{k}" for k in range(len(self.program.escaping()))]
        unpacked = f"{', '.join(values)}{',' if len(values) == 1 else ''}"
        self.lines.append(f"{unpacked} = step({given})" if values else f"step({given})")
        if self.operation is not None:
            self._begin(self.operation, values)
        outputs = self._outputs(values)
        self._commit(values[self._returned :])
        self.lines.append(f"return {self._built(self.recorded.result, iter(outputs))}")

    def _begin(self, operation: Operation, values: Sequence[str]) -> None:
        """Write the line that keeps what derivatives of this call need."""
        computed = [kind for kind in self.recorded.kinds if kind in COMPUTED]
        residuals = "".join(f"{x}, " for kind, x in zip(computed, values, strict=False) if kind == "residual")
        nodes = "".join(f"{nodes_text(group, self.bind)}, " for group in operation.groups)
        self.lines.append(f"call = CompiledCall({self.bind(operation)}, args, kwargs, saved, ({nodes}), ({residuals}))")

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
            return f"float({self.bind(owner[0])}{place_of(*owner[1:])})"
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
        for k, (kind, output) in enumerate(zip(self.recorded.kinds, self.program.outputs, strict=True)):
            if kind not in COMPUTED:
                shown.append({"static": self.bind, "given": "a{}".format, "same": "y{}".format}[kind](output))
                continue
            self._returned += 1
            value = next(rest)
            if kind == "tensor":
                name = f"y{len(shown)}"
                self.lines.append(f"{name} = {result_text(self.operation, self._array(value, output.id), k)}")
                value = name
            elif kind == "held":
                value = self._array(value, output.id)
            if kind != "residual":
                shown.append(value)
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
        if shown := [t for t, slot in zip(targets, slots, strict=True) if slot == "_data"]:
            self.lines.append(f"if {' or '.join(f'{t}._views' for t in shown)}: outdated({', '.join(shown)})")
        stores = [f"{t}.{slot} = {new}" for t, slot, new in zip(targets, slots, news, strict=True)]
        setters = self.bind(tuple([set_slots[slot == "_grad"] for slot in slots]))
        self.lines.append(f"if scopes(): deque(map(writing, ({', '.join(targets)},), ({', '.join(news)},)), 0)")
        self.lines.append(f"if Handle._data is slot: {'; '.join(stores)}")
        self.lines.append(f"else: deque(map(call, {setters}, ({', '.join(targets)},), ({', '.join(news)},)), 0)")


def _outdated(*tensors: Any) -> None:
    for t in tensors:
        outdate(t)


_GONE = "(KeyError, AttributeError, IndexError, ValueError)"
"""What is raised where a place is gone that is compared."""
_KNOWN: dict[str, Any] = {
    **CALLED, "Handle": Handle, "MISS": MISS, "slot": Handle.__dict__["_data"], "unset": UNSET,
    "CompiledCall": CompiledCall, "array_of": array_of, "array_of_grad": raw, "asarray": np.asarray,
    "call": operator.call, "default_rng": default_rng, "deque": deque, "is_grad_enabled": is_grad_enabled,
    "flatten": flatten, "make_tensor": make_tensor, "scopes": scopes, "writing": writing,
    "ndarray": np.ndarray, "outdated": _outdated, "unflatten": unflatten,
}  # fmt: skip
_names = count()
set_slots = (Handle.__dict__["_data"].__set__, Handle.__dict__["_grad"].__set__)
