"""A program as a file of C that stands alone: what its function is given, what it keeps, what it works with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.native.calls import is_written
from autograd_lite.compiler.native.loops import (
    Buffer,
    Kernel,
    Load,
    Nest,
    Node,
    Operand,
    Reduce,
    Stage,
    Store,
    View,
    buffers_of,
    simple,
)  # fmt: skip
from autograd_lite.compiler.native.lower import Lowering
from autograd_lite.compiler.native.nests import may_fail
from autograd_lite.compiler.native.segments import one_number
from autograd_lite.compiler.native.values import contiguous, squeezed
from autograd_lite.compiler.native.work import placed_by_dtype
from autograd_lite.compiler.passes import for_loops
from autograd_lite.compiler.program.identifiers import Taken, words
from autograd_lite.compiler.program.loop import is_item, is_loop
from autograd_lite.compiler.program.memory import NUMBERS, is_view
from autograd_lite.compiler.program.program import Assignment, Input, Instruction, Program, Ref, Type, refs
from autograd_lite.compiler.text.names import Names

_SHORT = 16
_WORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm main NULL
    state work failed block m n k INFINITY NAN MAX MAXf
    acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma fmax
    fmin fmod frexp hypot ilogb j0 j1 jn ldexp lgamma log log10 log1p log2 logb lrint lround modf nan nearbyint
    nextafter pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc y0 y1 yn gamma
    signbit isnan isinf isfinite signgam memcpy memset printf puts exit abs div index
"""
_TAKEN = frozenset(word + ending for word in _WORDS.split() for ending in ("", "f", "l"))
"""What C, its libraries, or the text itself mean by a name."""
_OURS = re.compile(r"(?:i|v|s|a|c|t|x|q|total|out_x)\d[\d_]*|.*_t|_.*")
"""Names like those that the text gives to variables of its own, and like types of C."""


@dataclass(eq=False)
class Place:
    """An array or a number that the text gives a name.

    Attributes
    ----------
    role : {"argument", "result", "state", "constant"}
    number : bool
        Whether it is given by value.
    changed : bool
        Whether it is written to.
    value
        What it is when the file is written; None for a result.
    """

    name: str
    role: str
    shape: tuple[int, ...]
    dtype: Any
    value: Any = None
    number: bool = False
    changed: bool = False


@dataclass(eq=False)
class Layout:
    """All of what the text is made of.

    Attributes
    ----------
    function : str
    nodes, copies : list
        What is computed; and what is copied into the state at the end, where nothing has failed.
    named : dict
        What a buffer is.
    work : mapping
        How many elements of each dtype there are between, but for those of `local` arrays, which are short.
    """

    function: str
    places: list[Place] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    copies: list[Nest] = field(default_factory=list)
    named: dict[Buffer, Place] = field(default_factory=dict)
    work: Mapping[Any, int] = field(default_factory=dict)
    local: list[Buffer] = field(default_factory=list)

    def stages(self) -> list[Stage]:
        """Return the functions that the nodes are divided into, since compilers are slow with long ones."""
        return Kernel(f"{self.function}_part", list(self.nodes)).stages() if self.nodes else []

    @property
    def fails(self) -> bool:
        """Whether there is anything that may not hold."""
        return any(map(node_fails, self.nodes))

    def of(self, role: str) -> list[Place]:
        return [place for place in self.places if place.role == role]


Values = Callable[[Input], Any]


def layout_of(recorded: Program, passes: Iterable[str], value_of: Values, path: Path) -> Layout:
    """Return what a program comes to in C; an error where it does what C cannot.

    Parameters
    ----------
    recorded : Program
        As it was recorded.
    passes : iterable of str
        Which are made, of those that loops are to be made after.
    value_of : callable
        Returns what an input is now.
    path : Path
        Where the text goes, for messages.
    """
    kept = replace(recorded, assignments=_lasting(recorded.assignments))
    program = _apart(for_loops(kept, passes))
    refuse(program, path)
    return _Plan(program, value_of).layout


def _lasting(assignments: Sequence[Assignment]) -> tuple[Assignment, ...]:
    """Return what is still of use after a step: no gradient of what the step has moved by it."""
    moved = {_owner(a) for a in assignments if not a.kind.endswith("grad")}
    return tuple([a for a in assignments if a.id is not None and not (a.kind.endswith("grad") and _owner(a) in moved)])


def _owner(x: Assignment | Input) -> Any:
    return x.owner if isinstance(x.owner, int) else id(x.owner)


def _key(x: Assignment | Input) -> tuple[str, Any]:
    return x.kind, _owner(x)


def _apart(program: Program) -> Program:
    """Return the program with every value that leaves it leaving once, and none that was given."""
    taken, types, names = set(program.given()), dict(program.types), dict(program.names)
    copies: list[Instruction] = []

    def leaving(i: int) -> int:
        if i not in taken:
            taken.add(i)
            return i
        kind = types[i]
        number = max(types) + 1
        types[number] = Type(kind.shape, np.dtype(float) if kind.kind == "float" else kind.dtype)
        if i in names:
            names[number] = names[i]
        copies.append(Instruction(number, np.copy, (Ref(i),)))
        return number

    outputs = tuple([Ref(leaving(x.id)) if isinstance(x, Ref) else x for x in program.outputs])
    assignments = tuple([replace(a, id=leaving(a.id)) for a in program.assignments if a.id is not None])
    instructions = (*program.instructions, *copies)
    return program.having(instructions=instructions, outputs=outputs, assignments=assignments, types=types, names=names)


# ----- what C cannot do -----


def refuse(program: Program, path: Path) -> None:
    """Raise an error for what no text in C is known of, with the user's line."""
    texts = {"path": str(path), "other": str(path.with_suffix(".py"))}
    for given in program.inputs:
        kind = program.types[given.id]
        if kind.kind == "Generator":
            raise errors.CompileError(errors.COMPILE_C_DRAW.format(where="", **texts))
        _refuse_kind(kind, words(given.name), texts)
    for x in program.instructions:
        if is_loop(x.fn):
            refuse(x.fn.body, path)
        elif not (is_view(x, program.types) or is_item(x, program.types) or is_written(x, program.types)):
            name, where = getattr(x.fn, "__name__", str(x.fn)), f" ({x.line})" if x.line else ""
            _refuse_kind(program.types[x.id], f"{name}{where}", texts)
            raise errors.CompileError(errors.COMPILE_C_CALL.format(op=name, where=where, **texts))


def _refuse_kind(kind: Type, what: str, texts: Mapping[str, str]) -> None:
    known = kind.kind in ("float", "NoneType") or (kind.dtype in NUMBERS and 0 not in kind.shape)
    if not known:
        told = f"{kind.dtype} {kind.shape}" if kind.dtype is not None else kind.kind
        raise errors.CompileError(errors.COMPILE_C_VALUE.format(what=what, kind=told, **texts))


# ----- names and places -----


class CNames:
    """What values are called in C: as in Python, but for what C means something else by."""

    def __init__(self, program: Program) -> None:
        self._names, self._taken = Names(program), Taken(_TAKEN)
        self._own = {x.id for x in program.inputs} | program.names.keys()
        self.function = self.free(self._names.function)
        self._taken.names |= {f"{self.function}_{ending}" for ending in ("state", "work", "init")}

    def free(self, name: str) -> str:
        plain = re.sub(r"\W", "", name.encode("ascii", "backslashreplace").decode())
        return self._taken.free(f"{plain}_" if _OURS.fullmatch(plain) or plain in _TAKEN else plain)

    def of(self, i: int, otherwise: str) -> str:
        """Return the name of a value; `otherwise`, if the user has given it none."""
        return self.free(self._names[i] if i in self._own else otherwise)


class _Plan:
    """The places of a program, and its nodes between them."""

    def __init__(self, program: Program, value_of: Values) -> None:
        self.program, self.value_of = program, value_of
        self.names = CNames(program)
        self.layout = Layout(self.names.function)
        views = {x.id for x in program.instructions if is_view(x, program.types)}
        splats = {c.id: value for c in program.constants if c.private and (value := one_number(c.array)) is not None}
        run = [x for x in program.instructions if x.id not in views and not is_item(x, program.types)]
        self.lowered = Lowering(program, run, splats, program.escaping())
        self.read = {buffer.id: buffer for buffer in self.lowered.inputs}
        self.layout.nodes = self.lowered.nodes
        self.checked = max([k for k, node in enumerate(self.layout.nodes) if node_fails(node)], default=-1)
        given = {_key(x): self._given(x) for x in program.inputs}
        self._constants()
        for a in program.assignments:
            self._assigned(a, given.get(_key(a)))
        for i in refs(program.outputs):
            self._place(self.lowered.outputs[i], self.names.of(i, "result"), "result", changed=True)
        nodes = [*self.layout.nodes, *self.layout.copies]
        if len(self.layout.stages()) == 1:
            self.layout.local = made_local(nodes)
        self.layout.work = placed_by_dtype(nodes)

    def _place(self, buffer: Buffer | None, name: str, role: str, **more: Any) -> Place:
        kind = self.program.types[more.pop("id", buffer.id if buffer else -1)]
        dtype = np.dtype(float) if kind.kind == "float" else kind.dtype
        place = Place(name, role, kind.shape, dtype, **more)
        self.layout.places.append(place)
        if buffer is not None:
            self.layout.named[buffer] = place
        return place

    def _given(self, x: Input) -> Place | None:
        """Return where an input is: an argument, a part of the state if that changes, or else a constant."""
        changes = {_key(a) for a in self.program.assignments}
        role = "argument" if x.kind == "argument" else "constant"
        if x.kind == "number" or x.kind.endswith("grad") or (role == "constant" and _key(x) in changes):
            role = "state"
        buffer = self.read.get(x.id)
        if buffer is None and role == "constant":
            return None
        number = not self.program.types[x.id].shape and _key(x) not in changes
        return self._place(buffer, self.names.of(x.id, "value"), role, id=x.id, value=self.value_of(x), number=number)

    def _constants(self) -> None:
        for c in self.program.constants:
            if c.id in self.read:
                name = self.names.of(c.id, "constant")
                self._place(self.read[c.id], name, "constant", value=c.array, number=not np.ndim(c.array))

    def _assigned(self, a: Assignment, place: Place | None) -> None:
        """Have a new value in the place of the old one, at once if that is not read any more, or else at the end."""
        assert a.id is not None
        new = self.lowered.outputs[a.id]
        if place is None:
            role = {"tensor": "state", "argument": "argument"}.get(a.kind, "result")
            value = None if role == "result" else np.zeros(self.program.types[a.id].shape, new.dtype)
            value = a.owner._data if role == "state" else value
            self._place(new, self.names.free(_plain(a.name)), role, value=value, changed=True)
            return
        place.changed = True
        old = next((b for b, p in self.layout.named.items() if p is place), None)
        if is_read_before(self.layout.nodes, old, new, self.checked):
            self.layout.named[new] = place
            return
        new.kind = "temporary"
        target = Buffer(-new.id, new.dtype, new.size, "array")
        self.layout.named[target] = place
        self.layout.copies.append(_copy(new, target, self.lowered.new()))


def made_local(nodes: Iterable[Node]) -> list[Buffer]:
    """Have short temporaries in the function itself, where a compiler may keep them in registers; return them."""
    buffers = {i: buffer for node in nodes for i, buffer in buffers_of(node).items()}
    found = [b for b in buffers.values() if b.kind == "temporary" and b.size <= _SHORT]
    for buffer in found:
        buffer.kind = "local"
    return found


def _plain(name: str) -> str:
    return re.sub(r"\W+", "_", words(name)).strip("_") or "value"


def node_fails(node: Node) -> bool:
    """Tell whether a node checks anything."""
    return any(isinstance(inner, Nest) and any(map(may_fail, inner.body)) for inner in simple([node]))


def _copy(new: Buffer, target: Buffer, variable: int) -> Nest:
    shape = squeezed((new.size,))
    source, to = (View(b, 0, contiguous(shape), shape) for b in (new, target))
    return Nest(shape, [Load(variable, new.dtype, source), Store(to, Operand(variable, new.dtype, new.dtype))])


def is_read_before(nodes: Sequence[Node], old: Buffer | None, new: Buffer, checked: int) -> bool:
    """Tell whether all that is read of `old` is read before it is overwritten, if `new` lies in the same place.

    In the first node that writes to it, that is so where each element is read, and then written. Nothing is written
    before the node `checked` is done, which is the last that may find a value not allowed.
    """
    places = [k for k, node in enumerate(nodes) if _touches(node, new)]
    if not places or places[0] <= checked:
        return False
    if old is None:
        return True
    first = nodes[places[0]]
    if any(_touches(node, old) for node in nodes[places[0] + 1 :]):
        return False
    return not _touches(first, old) or (isinstance(first, Nest) and _is_in_step(first, old, new))


def _touches(node: Node, buffer: Buffer) -> bool:
    return any(held is buffer for held in buffers_of(node).values())


def _is_in_step(nest: Nest, old: Buffer, new: Buffer) -> bool:
    """Tell whether a nest reads each element of `old` before it writes that of `new`, and no other one."""
    moves = [s for s in nest.body if isinstance(s, Load | Store | Reduce) and s.view.buffer in (old, new)]
    places = {(s.view.offset, s.view.strides) for s in moves}
    if len(places) > 1 or any(isinstance(s, Reduce) or s.indices for s in moves):
        return False
    written = next((k for k, s in enumerate(moves) if isinstance(s, Store)), len(moves))
    return all(isinstance(s, Store) or s.view.buffer is new for s in moves[written:])
