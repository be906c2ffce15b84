"""The derivatives of a program as mathematics: one line for each named value, as text or as LaTeX."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.compiler.passes.dead import dead_code
from autograd_lite.compiler.program import Instruction, Program, Ref

_SUM, _PRODUCT, _ATOM = 1, 2, 3
Part = tuple[str, int]
"""A part of a formula, and how strongly it is held together."""

_THROUGH = (np.copy, np.positive, np.astype, np.reshape, np.broadcast_to, np.array)
_GREEK = {"sigmoid": r"\sigma", "sigmoid_slope": r"\sigma'", "sigmoid_with_slope": r"\sigma"}


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
        self.text = "\n".join(f"{left} = {right}" for left, right in _lines(program, latex=False))
        rows = [rf"{left} &= {right} \\" for left, right in _lines(program, latex=True)]
        self.latex = "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def _repr_latex_(self) -> str:
        return f"$$\n{self.latex}\n$$"


def _lines(program: Program, latex: bool) -> list[tuple[str, str]]:
    """Return left and right side for every named value that a gradient or a result needs, in order."""
    gradients = tuple([a for a in program.assignments if a.kind.endswith("grad")])
    kept = dead_code(program.having(assignments=gradients or program.assignments))
    writer = _Writer(kept, latex)
    needed = _needed(writer)
    return [(writer.symbol(x.id), writer.right_side(x)) for x in kept.instructions if x.id in needed]


def _needed(writer: _Writer) -> set[int]:
    """Return the named values that the formulas of what leaves the program lead to."""
    pending = [writer.through(i) for i in writer.program.escaping()]
    needed: set[int] = set()
    while pending:
        i = pending.pop()
        if i in needed or i not in writer.made:
            continue
        needed.add(i)
        writer.met.clear()
        writer.right_side(writer.made[i])
        pending += writer.met
    return needed


class _Writer:
    def __init__(self, program: Program, latex: bool) -> None:
        self.program, self.latex = program, latex
        self.made = {x.id: x for x in program.instructions}
        self.constants = {c.id: c.array for c in program.constants}
        self.called = {x.id: x.name for x in program.inputs} | dict(program.names)
        for i in [i for i in self.called if self._is_passing(i)]:
            del self.called[i]
        self.met: list[int] = []
        names = [self.name(i) for i in self.called]
        self.repeated = {name for name in names if names.count(name) > 1}

    def _is_passing(self, i: int) -> bool:
        """Tell whether a value is called by its operation only, and is read once: it stands where it is read."""
        name, made = self.program.names.get(i), self.made.get(i)
        operation = self.program.operations.get(i, ("",))[0]
        if made is None or name != operation or made.fn not in _RULES or f"d_%{i}" in self.called.values():
            return False
        return sum(i in x.operands() for x in self.made.values()) == 1

    # ----- names -----

    def name(self, i: int) -> str:
        name = self.called[i]
        return f"d_{self.name(int(name[3:]))}" if name.startswith("d_%") else name

    def symbol(self, i: int) -> str:
        """Return how a formula calls a value: ``a1``, or ``dL/dW2`` for a derivative."""
        name = self.called[i]
        if name.startswith("d_%"):
            inner = self.symbol(int(name[3:]))
            return rf"\frac{{\partial L}}{{\partial {inner}}}" if self.latex else f"dL/d{inner}"
        if self.name(i) in self.repeated:
            name = f"{name}_{self._place(i)}"
        return _typeset(name) if self.latex else name

    def _place(self, i: int) -> int:
        return [j for j in sorted(self.called) if self.name(j) == self.name(i)].index(i) + 1

    def through(self, i: int) -> int:
        """Return the value that a view or a copy shows."""
        while i in self.made and self.made[i].fn in _THROUGH and isinstance(self.made[i].args[0], Ref):
            if i in self.called:
                break
            i = self.made[i].args[0].id
        return i

    # ----- formulas -----

    def right_side(self, x: Instruction) -> str:
        return self._value(x.id, top=True)[0]

    def _part(self, value: Any) -> Part:
        if isinstance(value, Ref):
            return self._value(self.through(value.id))
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"{value:g}", _ATOM
        return str(value), _ATOM

    def _value(self, i: int, top: bool = False) -> Part:
        if i in self.called and not top:
            self.met.append(i)
            return self.symbol(i), _ATOM
        if i in self.constants:
            array = self.constants[i]
            return (f"{array.item():g}" if np.size(array) == 1 else "C"), _ATOM
        x = self.made[i]
        if i in self.program.operations:
            part = self._operation(*self.program.operations[i])
            if part is not None:
                return part
        rule = _RULES.get(x.fn)
        return self._function(x.fn.__name__, x.args) if rule is None else rule(self, x)

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
        if name in _NAMED:
            return self._function(name, args)
        return None

    def _function(self, name: str, args: tuple[Any, ...]) -> Part:
        shown = ", ".join(self._part(a)[0] for a in args if isinstance(a, (Ref, int, float)))
        if self.latex:
            head = _GREEK.get(name) or rf"\operatorname{{{name.replace('_', ' ')}}}"
            return rf"{head}({shown})", _ATOM
        return f"{_SHORT.get(name, name)}({shown})", _ATOM

    # ----- signs -----

    def held(self, part: Part, level: int) -> str:
        return part[0] if part[1] >= level else rf"\left({part[0]}\right)" if self.latex else f"({part[0]})"

    def infix(self, sign: str, a: Part, b: Part, level: int) -> Part:
        right = level + 1 if sign in ("-", "/") else level
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


_NAMED = frozenset(
    ("sigmoid", "sigmoid_slope", "softmax", "log_softmax", "logsumexp", "softplus", "relu", "sech_squared", "tanh",
     "exp", "log", "sin", "cos", "sqrt")
)  # fmt: skip
_SHORT = {"sigmoid_slope": "sigmoid'", "getitem": "part"}


def _infix(sign: str, level: int) -> Callable[[_Writer, Instruction], Part]:
    return lambda w, x: w.infix(sign, w._part(x.args[0]), w._part(x.args[1]), level)


def _sum(w: _Writer, x: Instruction) -> Part:
    settings = dict(x.kwargs)
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


_RULES: dict[Any, Callable[[_Writer, Instruction], Part]] = {
    np.add: _infix("+", _SUM), np.subtract: _infix("-", _SUM), np.divide: _infix("/", _PRODUCT),
    operator.add: _infix("+", _SUM), operator.sub: _infix("-", _SUM), operator.truediv: _infix("/", _PRODUCT),
    np.multiply: _Writer.times, operator.mul: _Writer.times, np.negative: _negative, operator.neg: _negative,
    np.matmul: lambda w, x: w.product(w._part(x.args[0]), w._part(x.args[1])),
    np.transpose: lambda w, x: w.transposed(w._part(x.args[0])),
    np.swapaxes: lambda w, x: w.transposed(w._part(x.args[0])),
    np.sum: _sum, np.square: _square, np.ones_like: lambda w, x: ("1", _ATOM), np.zeros_like: lambda w, x: ("0", _ATOM),
    **dict.fromkeys(_THROUGH, lambda w, x: w._part(x.args[0])),
}  # fmt: skip


def _typeset(name: str) -> str:
    """Return a name as LaTeX: a number at its end is an index."""
    found = re.fullmatch(r"([A-Za-z]+)_?(\d+)", name)
    letters, number = found.groups() if found else (name, "")
    shown = letters if len(letters) == 1 else "\\mathit{" + letters.replace("_", "\\_") + "}"
    return f"{shown}_{{{number}}}" if number else shown
