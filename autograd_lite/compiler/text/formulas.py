"""The derivatives of a program as mathematics: one line for each named value, as text or as LaTeX."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.dead import dead_code
from autograd_lite.compiler.program.identifiers import Taken, identifier, words
from autograd_lite.compiler.program.literals import is_uniform
from autograd_lite.compiler.program.loop import Loop, is_loop
from autograd_lite.compiler.program.program import Instruction, Program, Ref, refs
from autograd_lite.engine.op import Op
from autograd_lite.engine.registry import declared, handler_of

_SUM, _PRODUCT, _ATOM = 1, 2, 3
Part = tuple[str, int]
"""A part of a formula, and how strongly it is held together."""
_MATRIX = 2
_SHORTEST, _LONGEST = 24, 160
"""So long a formula may be that is repeated, and one that is not, in characters."""

_THROUGH = (np.copy, np.positive, np.astype, np.reshape, np.broadcast_to, np.array)
_GREEK = {"sigmoid": r"\sigma", "sigmoid'": r"\sigma'", "sigmoid_with_slope": r"\sigma"}


class Formulas:
    """Formulas of a program; as text in a terminal, as LaTeX in a notebook.

    Attributes
    ----------
    text : str
        Plain text: ``dL/dW2 = a1^T @ dL/dz2``.
    latex : str
        The same for a typesetter, as an ``aligned`` block.
    """

    def __init__(self, program: Program) -> None:
        numbered = _with_numbers(program)
        self.text = "\n".join(_text(numbered))
        self.latex = "\n".join([r"\begin{aligned}", *_rows(numbered), r"\end{aligned}"])

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def _with_numbers(program: Program) -> Program:
    """Return a program whose loops have names of their own."""
    numbers, made = count(1), list[Instruction]()
    for x in program.instructions:
        made.append(replace(x, fn=replace(x.fn, name=f"loop_{next(numbers)}")) if is_loop(x.fn) else x)
    return program.having(instructions=tuple(made))


def _loops(program: Program) -> list[Loop]:
    return [x.fn for x in dead_code(program).instructions if is_loop(x.fn)]


def _text(program: Program) -> list[str]:
    """Return the formulas of a program, and after them those of a step of each of its loops."""
    lines = [f"{left} = {right}" for left, right in _lines(program, latex=False)]
    for loop in _loops(program):
        lines += [f"{loop.name}, {_said(loop)}:", *[f"    {line}" for line in _text(_with_numbers(loop.body))]]
    return lines


def _rows(program: Program) -> list[str]:
    rows = [rf"{left} &= {right} \\" for left, right in _lines(program, latex=True)]
    for loop in _loops(program):
        rows += [rf"&\text{{{loop.name.replace('_', ' ')}, {_said(loop)}:}} \\", *_rows(_with_numbers(loop.body))]
    return rows


def _said(loop: Loop) -> str:
    given = ", ".join(x.name or "_" for x in loop.body.inputs)
    return f"{loop.length} times{', from the last element' if loop.reverse else ''}, of {given}"


def _lines(program: Program, latex: bool) -> list[tuple[str, str]]:
    """Return left and right side for every named value that a gradient or a result needs, in order.

    What is read in several places, or nested deep, has a line of its own too: a formula is no longer than a program.
    """
    gradients = tuple([a for a in program.assignments if a.kind.endswith("grad")])
    kept = dead_code(program.having(assignments=gradients or program.assignments))
    first = _Writer(kept, latex=False)
    needed = _needed(first)
    numbers = iter(range(1, len(first.long) + 1))
    long = {i: f"t{next(numbers)}" if i in needed else f"t_{i}" for i in first.long}
    writer = _Writer(kept, latex, long)
    lines = [(writer.symbol(x.id), writer.right_side(x)) for x in kept.instructions if x.id in needed]
    return lines + [(name, writer.value(i)) for name, i in writer.results() if name]


def _needed(writer: _Writer) -> set[int]:
    """Return the values with a line that the results lead to."""
    pending = [i for _, i in writer.results()]
    needed: set[int] = set()
    while pending:
        i = pending.pop()
        met = writer.met(i)
        needed |= {i} & writer.made.keys() & writer.called.keys()
        pending += [j for j in met if j not in needed]
    return needed


class _Writer:
    """Writes the formula of one value after the other: those of its operands are there already.

    Parameters
    ----------
    program : Program
    latex : bool
    lines : mapping of int to str, optional
        Names for values without one that have a line of their own; by default such values are found, as `long`.
    """

    def __init__(self, program: Program, latex: bool, lines: Mapping[int, str] | None = None) -> None:
        self.program, self.latex = program, latex
        self.made = {x.id: x for x in program.instructions}
        self.constants = {c.id: c.array for c in program.constants}
        self.uses = program.uses()
        self._formulas = {op.name: op.formula for _, op in declared() if isinstance(op, Op) and op.formula is not None}
        self.called = {x.id: x.name or "x" for x in program.inputs} | dict(program.names)
        self.derived = {int(name[3:]) for name in self.called.values() if name.startswith("d_%")}
        self.called = {i: name for i, name in self.called.items() if not (self._is_passing(i) or self._is_copy(i))}
        self.called |= {i: self._label(i) for i in self.derived if self.through(i, named=True) not in self.called}
        self.called |= lines or {}
        self._symbols = self._distinct()
        self._parts: dict[int, tuple[Part, frozenset[int]]] = {}  # without its own name, and the names in it
        self.long: list[int] = []
        self._met: set[int] = set()
        for x in program.instructions:
            self._met = set()
            part = self._formula(x)
            self._parts[x.id] = part, frozenset(self._met)
            if lines is None and self._is_long(x):
                self.long.append(x.id)
                self.called[x.id] = self._symbols[x.id] = f"t_{x.id}"

    def _is_passing(self, i: int) -> bool:
        """Tell whether a value is called by its operation only, and is read once: it stands where it is read."""
        name, made = self.program.names.get(i), self.made.get(i)
        operation = self.program.operations.get(i, ("",))[0]
        if made is None or name != identifier(operation) or _rule_of(made.fn) is None or i in self.derived:
            return False
        return self.uses[i] == 1

    def _is_copy(self, i: int) -> bool:
        """Tell whether a value is another one, and called like it: the variable of a transform."""
        through = self.through(i, named=True)
        return through != i and self.called.get(i) == self.called.get(through)

    def _is_long(self, x: Instruction) -> bool:
        """Tell whether a formula should have a line of its own."""
        if x.id in self.called:
            return False
        length = len(self._parts[x.id][0][0])
        return length > _LONGEST or (length > _SHORTEST and self.uses[x.id] > 1)

    # ----- names -----

    def _distinct(self) -> dict[int, str]:
        """Return what a formula calls each value with a name, none as another; derivatives by what they are by."""
        names = {i: name for i, name in sorted(self.called.items()) if not name.startswith("d_%")}
        count = Counter(names.values())
        repeated = {name for name in names.values() if count[name] > 1}
        taken = Taken(set(names.values()) - repeated)
        taken.names |= repeated
        numbers: Counter[str] = Counter()
        found = {}
        for i, name in names.items():
            numbers[name] += 1
            found[i] = name if name not in repeated else taken.free(f"{name}_{numbers[name]}")
        return found

    def _label(self, i: int) -> str:
        """Return a name for a value that has none, and a derivative by it has."""
        return identifier(self.program.operations.get(i, ("v",))[0])

    def symbol(self, i: int) -> str:
        """Return how a formula calls a value: ``a1``, or ``dL/dW2`` for a derivative."""
        i = i if i in self.called else self.through(i, named=True)
        name = self.called[i]
        if name.startswith("d_%"):
            inner = self.symbol(int(name[3:]))
            return rf"\frac{{\partial L}}{{\partial {inner}}}" if self.latex else f"dL/d{inner}"
        name = self._symbols[i]
        return _typeset(name) if self.latex else name

    def through(self, i: int, named: bool = False) -> int:
        """Return the value that a view or a copy shows; one with a name of its own is itself, unless `named`."""
        while i in self.made and self.made[i].fn in _THROUGH and isinstance(self.made[i].args[0], Ref):
            if i in self.called and not named:
                break
            i = self.made[i].args[0].id
        return i

    def results(self) -> list[tuple[str, int]]:
        """Return the values that leave the program, each with a name where it has no line under its own."""
        returned = [self.through(i) for i in refs(self.program.outputs)]
        taken = Taken(self._symbols.values())
        names = ["result"] if len(returned) == 1 else [f"result_{k + 1}" for k in range(len(returned))]
        names = [taken.free(name) for name in names]
        shown = [_typeset(name) if self.latex else name for name in names]
        named = self.called.keys() & self.made.keys()
        lines = [("" if i in named else name, i) for name, i in zip(shown, returned, strict=True)]
        assigned = [a.id for a in self.program.assignments if a.id is not None]
        return lines + [("", self.through(i)) for i in assigned]

    # ----- formulas -----

    def right_side(self, x: Instruction) -> str:
        """Return the formula of a value with a name."""
        return self._parts[x.id][0][0]

    def value(self, i: int) -> str:
        """Return the formula of a value that leaves the program."""
        return self._value(i)[0]

    def met(self, i: int) -> Iterable[int]:
        """Return the values with a name that the formula of a value leads to."""
        return self._parts[i][1] if i in self._parts else ()

    def _part(self, value: Any) -> Part:
        if isinstance(value, Ref):
            return self._value(self.through(value.id))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:g}", _ATOM if value >= 0 else _SUM
        return self._plain(value), _ATOM

    def _plain(self, value: Any) -> str:
        """Return what is no number: a setting."""
        if isinstance(value, (tuple, list)):
            return f"({', '.join(self._part(part)[0] for part in value)})"
        text = identifier(str(value)) if isinstance(value, str) else words(str(value))
        return rf"\text{{{_escaped(text)}}}" if self.latex else text

    def _value(self, i: int) -> Part:
        if i in self.called:
            self._met.add(i)
            return self.symbol(i), _ATOM
        if i in self.constants:
            return self._constant(self.constants[i])
        part, met = self._parts[i]
        self._met |= met
        return part

    def _constant(self, array: Any) -> Part:
        """Return a constant: one number, or what all constants of many numbers are called."""
        array = np.asarray(array)
        return self._part(array.flat[0].item()) if is_uniform(array) else ("C", _ATOM)

    def _formula(self, x: Instruction) -> Part:
        if x.id in self.program.operations:
            part = self._operation(*self.program.operations[x.id])
            if part is not None:
                return part
        rule = _rule_of(x.fn)
        shown = None if rule is None or not x.args else rule(self, x)
        return self._function(identifier(getattr(x.fn, "__name__", "f")), x.args) if shown is None else shown

    def _operation(self, name: str, args: tuple[Any, ...]) -> Part | None:
        """Return the formula of an operation with a name of its own; None for one that is made of signs."""
        if name == "affine":
            product = self.product(self._part(args[0]), self.transposed(self._part(args[1])))
            return product if args[2] is None else self.infix("+", product, self._part(args[2]), _SUM)
        if name in ("half_squared_error", "mean_squared_error"):
            difference = self.infix("-", self._part(args[0]), self._part(args[1]), _SUM)
            if name == "mean_squared_error":
                return (
                    rf"\operatorname{{mean}}({difference[0]})^2" if self.latex else f"mean(({difference[0]})^2)"
                ), _ATOM
            return (
                rf"\tfrac12 \lVert {difference[0]} \rVert^2" if self.latex else f"1/2 sum(({difference[0]})^2)"
            ), _ATOM
        return self._function(self._formulas[name], args) if name in self._formulas else None

    def _function(self, name: str, args: tuple[Any, ...]) -> Part:
        shown = ", ".join(self._part(a)[0] for a in args if _is_shown(a))
        if self.latex:
            head = _GREEK.get(name) or rf"\operatorname{{{name.replace('_', ' ')}}}"
            return rf"{head}({shown})", _ATOM
        return f"{_SHORT.get(name, name)}({shown})", _ATOM

    # ----- signs -----

    def held(self, part: Part, level: int) -> str:
        return part[0] if part[1] >= level else rf"\left({part[0]}\right)" if self.latex else f"({part[0]})"

    def infix(self, sign: str, a: Part, b: Part, level: int) -> Part:
        right = level + 1 if sign in ("-", "/") else level
        if sign in ("+", "-") and b[0] == "0":
            return a
        return f"{self.held(a, level)} {sign} {self.held(b, right)}", level

    def product(self, a: Part, b: Part) -> Part:
        sign = r"\," if self.latex else "@"
        return f"{self.held(a, _PRODUCT)} {sign} {self.held(b, _PRODUCT)}", _PRODUCT

    def transposed(self, a: Part) -> Part:
        if self.latex:
            return (f"{a[0]}^\\top" if "frac" not in a[0] and a[1] == _ATOM else rf"\left({a[0]}\right)^\top"), _ATOM
        return (f"{a[0]}^T" if a[1] == _ATOM and "/" not in a[0] else f"({a[0]})^T"), _ATOM

    def times(self, x: Instruction) -> Part:
        """A product element by element; a factor of 1 is left out."""
        a, b = (self._part(arg) for arg in x.args)
        if a[0] == "1":
            return b
        if b[0] == "1":
            return a
        return self.infix(r"\odot" if self.latex else "*", a, b, _PRODUCT)


_SHORT = {"getitem": "part"}


def _infix(sign: str, level: int) -> Callable[[_Writer, Instruction], Part | None]:
    return lambda w, x: w.infix(sign, w._part(x.args[0]), w._part(x.args[1]), level)


def _turned(w: _Writer, x: Instruction) -> Part | None:
    """Write a matrix transposed; of more axes there is no sign for their order."""
    return w.transposed(w._part(x.args[0])) if len(w.program.types[x.id].shape) <= _MATRIX else None


def _item(w: _Writer, x: Instruction) -> Part | None:
    """Write a part of an array; the number in an array of no dimension is written as that one."""
    return w._part(x.args[0]) if x.args[1] == () else None


def _sum(w: _Writer, x: Instruction) -> Part | None:
    settings = dict(x.kwargs)
    if not settings.keys() <= {"axis", "keepdims", "dtype"}:
        return None
    axis = x.args[1] if len(x.args) > 1 else settings.get("axis")
    axis = axis[0] if isinstance(axis, tuple) and len(axis) == 1 else axis
    inner = w._part(x.args[0])[0]
    if w.latex:
        below = "" if axis is None else rf"_{{\text{{axis }} {axis}}}"
        return rf"\textstyle\sum{below} {w.held(w._part(x.args[0]), _ATOM)}", _PRODUCT
    return (f"sum({inner})" if axis is None else f"sum({inner}, axis={axis})"), _ATOM


def _negative(w: _Writer, x: Instruction) -> Part:
    return f"-{w.held(w._part(x.args[0]), _PRODUCT)}", _SUM


def _square(w: _Writer, x: Instruction) -> Part:
    return f"{w.held(w._part(x.args[0]), _ATOM)}^2", _ATOM


Rule = Callable[[_Writer, Instruction], Part | None]
_SIGNS: dict[Any, Rule] = {
    "+": _infix("+", _SUM), "-": _infix("-", _SUM), "/": _infix("/", _PRODUCT), "*": _Writer.times,
    "@": lambda w, x: w.product(w._part(x.args[0]), w._part(x.args[1])), np.add: _sum,
}  # fmt: skip
"""By the symbol of an operation, or the ufunc that it reduces by."""
_RULES: dict[Any, Rule] = {
    operator.add: _SIGNS["+"], operator.sub: _SIGNS["-"], operator.mul: _SIGNS["*"], operator.truediv: _SIGNS["/"],
    np.negative: _negative, operator.neg: _negative,
    np.transpose: _turned, np.swapaxes: _turned, operator.getitem: _item,
    np.square: _square, np.ones_like: lambda w, x: ("1", _ATOM), np.zeros_like: lambda w, x: ("0", _ATOM),
    **dict.fromkeys(_THROUGH, lambda w, x: w._part(x.args[0])),
}  # fmt: skip


def _rule_of(fn: Any) -> Rule | None:
    """Return how the formula of a call is written, if by more than its name."""
    op = handler_of(fn)
    return _RULES.get(fn) or _SIGNS.get(getattr(op, "reduces", None) or getattr(op, "symbol", None))


def _is_shown(value: Any) -> bool:
    """Tell whether an argument is part of a formula: values, numbers, and tuples of them."""
    if isinstance(value, (tuple, list)):
        return bool(value) and all(map(_is_shown, value))
    return isinstance(value, (Ref, int, float))


def _typeset(name: str) -> str:
    """Return a name as LaTeX: a number at its end is an index, and a Greek letter has a command."""
    found = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name)
    letters, number = found.groups() if found else (name, "")
    shown = _greek(letters) or (letters if len(letters) == 1 else rf"\mathit{{{_escaped(letters)}}}")
    return f"{shown}_{{{number}}}" if number else shown


def _greek(letter: str) -> str:
    """Return the command for a Greek letter; nothing for anything else, and those that look like Latin ones."""
    called = unicodedata.name(letter, "").split() if len(letter) == 1 else []
    if called[:1] != ["GREEK"] or called[2:3] != ["LETTER"] or len(called) != 4:  # noqa: PLR2004 - GREEK SMALL LETTER MU
        return ""
    word = {"LAMDA": "LAMBDA", "FINAL": ""}.get(called[3], called[3])
    known = word in (_SMALL if called[1] == "SMALL" else _CAPITAL)
    return f"\\{word.lower() if called[1] == 'SMALL' else word.capitalize()}" if known else ""


_CAPITAL = frozenset(("GAMMA", "DELTA", "THETA", "LAMBDA", "XI", "PI", "SIGMA", "UPSILON", "PHI", "PSI", "OMEGA"))
_SMALL = _CAPITAL | {"ALPHA", "BETA", "EPSILON", "ZETA", "ETA", "IOTA", "KAPPA", "MU", "NU", "RHO", "TAU", "CHI"}


def _escaped(text: str) -> str:
    """Return a text in which nothing means anything to LaTeX."""
    return "".join([_SPECIAL.get(c, c) for c in text])


_SPECIAL = {
    "\\": r"\backslash{}", "~": r"\sim{}", "^": r"\hat{}", **{c: f"\\{c}" for c in "&%$#_{}"}, "<": r"\lt{}",
    ">": r"\gt{}",
}  # fmt: skip
