"""A Program as the text of a NumPy function: one line for each call, readable, and the very text that runs."""

from __future__ import annotations

import operator
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.identifiers import words
from autograd_lite.compiler.program.literals import array_text, dtype_text, example_text, literal
from autograd_lite.compiler.program.loop import calls, is_loop, items_of_loops
from autograd_lite.compiler.program.opaque import is_opaque
from autograd_lite.compiler.program.paths import path_of, source_of, with_called
from autograd_lite.compiler.program.program import Group, Instruction, Program, Ref, Type, refs
from autograd_lite.compiler.program.ranges import Ranges
from autograd_lite.compiler.text.defined import defined
from autograd_lite.compiler.text.lifetimes import given_back
from autograd_lite.compiler.text.names import Names
from autograd_lite.engine.registry import handler_of, library_of

_INFIX: dict[Any, str] = {
    np.less: "<", np.greater: ">",
    np.less_equal: "<=", np.greater_equal: ">=", np.equal: "==", np.not_equal: "!=", np.bitwise_and: "&",
    np.bitwise_or: "|", operator.add: "+", operator.sub: "-", operator.mul: "*", operator.truediv: "/",
    operator.pow: "**", operator.mod: "%", operator.floordiv: "//", operator.lt: "<", operator.le: "<=",
    operator.gt: ">", operator.ge: ">=", operator.eq: "==", operator.ne: "!=",
}  # fmt: skip
_PREFIX = {np.negative: "-", operator.neg: "-", operator.pos: "+"}
_SIGNS = frozenset("+-*/@")
"""Symbols of operations that are called by them; a power by its sign is another one for some exponents."""
COLUMN = 64


class NumpyText:
    """The text of a program, and the function that it defines."""

    def __init__(self, program: Program, names: Names | None = None) -> None:
        self.program = program
        self.names = names or Names(program, again=True)
        self.bound: dict[str, Any] = {}
        self._blocks: dict[int, str] = {}  # in a loop: how a block of a value is written
        self._constants = {c.id: c for c in program.constants}
        self._used = {i for x in program.instructions for i in x.operands()} | set(program.escaping())
        self.function = self.names.function
        self.imported = sorted({library_of(x.fn) for x in calls(program)} - {""})
        self.opaque = {x.fn.__name__: x.fn for x in program.instructions if is_opaque(x.fn)}
        self.steps = {x.id: self._step_of(x) for x in program.instructions if is_loop(x.fn)}
        self.items = items_of_loops(program)
        self._items = {i for of in self.items.values() for i in of.values()}

    def _step_of(self, x: Instruction) -> NumpyText:
        """Return the text of a step of a loop: a function by a name that nothing else has."""
        return NumpyText(x.fn.body.having(title=self.names.free(f"{self.function}_step")))

    # ----- the text -----

    def text(self) -> str:
        """Return the whole text: helpers, constants, the function."""
        lines = self.lines()
        used = with_called([fn for fn in helpers.HELPERS if self._calls(fn)])
        parts = [f'"""{self.function}: derived by autograd_lite, in plain NumPy."""\n\nimport numpy as np\n']
        parts += [f"import {name}\n" for name in self.imported]
        parts += [f"\n\n{source_of(fn)}" for fn in used]
        parts += [f"\n\n{_stub(name)}" for name in self._opaque_names()]
        if self._constants_text():
            parts += ["\n\n", *self._constants_text()]
        return "".join([*parts, "\n\n", *[line + "\n" for line in lines]])

    def _opaque_names(self) -> list[str]:
        inner = [name for step in self.steps.values() for name in step._opaque_names()]
        return list(dict.fromkeys([*self.opaque, *inner]))

    def _calls(self, fn: Any) -> bool:
        """Tell whether the text calls a helper, and does not have it written out."""
        if any(step._calls(fn) for step in self.steps.values()):
            return True
        calls = [x for x in self.program.instructions if x.fn is fn]
        return fn is not helpers.placed and any(not facts.of(fn).in_place or x.into is None for x in calls)

    def _constants_text(self) -> list[str]:
        return [f"{self.names[c.id]} = {array_text(c.array)}\n" for c in self.program.constants if c.id in self._used]

    def lines(self) -> list[str]:
        """Return the lines of the functions: of the steps of loops, and of the program."""
        return [*[line for step in self.steps.values() for line in [*step.lines(), "", ""]], *self.body()]

    def body(self) -> list[str]:
        """Return the lines of the function."""
        program = self.program
        parameters = ", ".join(self.names[x.id] for x in program.inputs)
        lines = [f"def {self.function}({parameters}):"]
        lines += [f"    # {self.names[x.id]}: {program.types[x.id]}" for x in program.inputs]
        silent, grouped, gone = self._silent(), program.grouped(), given_back(program, self.names)
        for k, x in enumerate(program.instructions):
            group = grouped.get(k)
            margin = "    " if group is None else "        "
            if group is not None and k == group.start:
                lines += self._loop(group)
            if k in silent and (k - 1 not in silent or grouped.get(k - 1) != group):
                lines.append(f'{margin}with np.errstate(all="ignore"):')
            indent = margin + ("    " if k in silent else "")
            lines += self.commented(x, indent)
            if group is not None and k == group.stop - 1:
                self._blocks = {}
            if gone[k]:
                lines.append(f"{indent}del {', '.join(gone[k])}")
        lines.append(f"    return {self._returned()}")
        return lines

    def _loop(self, group: Group) -> list[str]:
        """Return the lines before the calls of a group: whole results, the loop, and blocks of what is read."""
        program = self.program
        calls = program.instructions[group.start : group.stop]
        shape = program.types[calls[0].id].shape
        leaving, lines = program.left_by(group), []
        for x in calls:
            if x.id in leaving:
                name, kind = self.names[x.id], program.types[x.id]
                summed = facts.reduction(x.fn) == "add"
                made = f"{literal(kind.dtype)}(0)" if summed else f"np.empty({kind.shape}, {literal(kind.dtype)})"
                lines.append(f"    {name} = {made}")
                self._blocks[x.id] = name if summed else f"{name}[i:j]"
        lines.append(f"    for i in range(0, {shape[0]}, {group.length}):  # in blocks that stay in the cache")
        lines.append(f"        j = i + {group.length}")
        given = {i: None for x in calls for i in x.operands() if i not in {y.id for y in calls}}
        for i in given:
            if program.types[i].shape[:1] == shape[:1] and len(program.types[i].shape) == len(shape):
                self._blocks[i] = self.names.another(f"{self.names[i]}_part")
                lines.append(f"        {self._blocks[i]} = {self.names[i]}[i:j]")
        return lines

    def _of_block(self, x: Instruction) -> str:
        """Return the line for a call whose result leaves a loop."""
        name = self._blocks[x.id]
        if facts.reduction(x.fn) == "add":
            return f"{name} = {name} + np.add.reduce({self.operand(x.args[0])}, axis=None)"
        if x.fn is np.where:
            return f"{name} = {self.expression(x)}"
        return f"{path_of(x.fn)}({', '.join(map(self.operand, x.args))}, out={name})"

    def _silent(self) -> set[int]:
        """Return the places of the calls that are made with warnings switched off: from the first one that could warn.

        To the last one, where nothing between them has to warn.
        """
        silent: set[int] = set()
        last: int | None = None
        ranges: Ranges | None = None
        borders = {place for group in self.program.groups for place in (group.start, group.stop)}
        for k, x in enumerate(self.program.instructions):
            if not x.quiet or k in borders:
                last = None
            if is_loud(x):
                ranges = ranges or Ranges(self.program)
                if not ranges.is_calm(x):
                    silent.update(range(k if last is None else last, k + 1))
                    last = k
        return silent

    def _returned(self) -> str:
        values = [self.names[i] for i in self.program.escaping()]
        return f"({', '.join(values)},)" if len(values) == 1 else f"({', '.join(values)})"

    def comment(self, x: Instruction) -> str:
        """Return the shape of a value and what it comes from."""
        kind = self.program.types[x.id]
        shape = f"{kind.shape} {dtype_text(kind.dtype)}" if kind.kind in ("array", "scalar") else kind.kind
        return f"{shape}: {words(x.origin)}" if x.origin else shape

    def commented(self, x: Instruction, indent: str = "") -> list[str]:
        """Return the lines for one call, the last with a comment; none for what a loop gives by its name."""
        if x.id in self._items:
            return []
        *before, last = [indent + line for line in self.statements(x)]
        return [*before, last if is_loop(x.fn) else f"{last:<{COLUMN}}  # {self.comment(x)}"]

    def statements(self, x: Instruction) -> list[str]:
        """Return the lines for one call."""
        if is_loop(x.fn):
            return self._repeated(x)
        if x.fn is helpers.placed:
            name, kind = self.names[x.id], self.program.types[x.id]
            made = f"{name} = np.zeros({kind.shape}, {literal(kind.dtype)})"
            return [made, f"{name}[{self._key(x.args[1])}] = {self.operand(x.args[0])}"]
        return [self.statement(x)]

    def _repeated(self, x: Instruction) -> list[str]:
        """Return the lines of a loop: the carry, arrays for what steps leave, and a call of a step in a `for`."""
        loop, step, items = x.fn, self.steps[x.id], self.items.get(x.id, {})
        carry, xs, given = loop.divided([self.operand(value) for value in x.args])
        names = [self.names[items[k]] if k in items else self._unread(x, k) for k in range(len(loop.body.outputs))]
        carried, left = names[: loop.carried], names[loop.carried :]
        lines = [f"{', '.join(carried)} = {', '.join(carry)}"] if carry else []
        for y, output in zip(left, loop.body.outputs[loop.carried :], strict=True):
            kind = step.kind_of(output)
            lines.append(f"{y} = np.empty({(loop.length, *kind.shape)}, {literal(kind.dtype)})")
        i = self.names.another("k")
        order = f"range({loop.length - 1}, -1, -1)" if loop.reverse else f"range({loop.length})"
        targets = ", ".join([*carried, *[f"{y}[{i}]" for y in left]]) + ("," if len(names) == 1 else "")
        operands = ", ".join([*carried, *[f"{a}[{i}]" for a in xs], *given])
        lines += [f"{f'for {i} in {order}:':<{COLUMN - 4}}  # {words(x.origin)}"]
        lines += [f"    {targets} = {step.function}({operands})"]
        return lines if not self._is_whole(x) else [*lines, f"{self.names[x.id]} = ({', '.join(names)},)"]

    def _unread(self, x: Instruction, k: int) -> str:
        """Return a name for a result of a loop that nobody reads."""
        return self.names.another(f"{self.names[x.id]}_{k + 1}")

    def _is_whole(self, x: Instruction) -> bool:
        """Tell whether the results of a loop are read otherwise than one by one."""
        read = [i for y in self.program.instructions if y.id not in self._items for i in y.operands()]
        return x.id in read or x.id in self.program.escaping()

    def kind_of(self, value: Any) -> Type:
        """Return what is known of an operand."""
        return self._type(value) or Type.of(np.asarray(value))

    def statement(self, x: Instruction) -> str:
        """Return the line for one call that is one."""
        if x.fn in (helpers.verify, helpers.verify_real):
            return self._call(x.fn.__name__, x)
        if x.id in self._blocks:
            return self._of_block(x)
        sign = facts.of(x.fn).in_place
        if sign and x.into is not None:
            return f"{self.names[x.id]}[{self._key(x.args[2])}] {sign} {self.operand(x.args[1])}"
        return f"{self.names[x.id]} = {self.expression(x)}"

    def expression(self, x: Instruction) -> str:
        """Return a call as an expression."""
        fn, a = x.fn, [self.operand(arg) for arg in x.args]
        if x.into is None and not x.kwargs:
            called = isinstance(fn, np.ufunc) and all(map(self._is_python, x.args))  # no sign gives NumPy's
            sign = _sign_of(fn)
            if sign and not called:
                return f"{a[0]} {sign} {a[1]}"
            if fn in _PREFIX and not called:
                return f"{_PREFIX[fn]}{a[0]}"
            if fn is operator.getitem:
                return f"{a[0]}[{self._key(x.args[1])}]"
            method = self._method(x, a)
            if method is not None:
                return method
        if facts.reduction(fn) and _simple_reduction(x):
            return self._reduction(x, a)
        return self._call(fn.__name__ if is_opaque(fn) else path_of(fn), x)

    def _is_python(self, arg: Any) -> bool:
        kind = self._type(arg)
        return isinstance(arg, (bool, int, float, complex)) if kind is None else kind.kind not in ("array", "scalar")

    def _method(self, x: Instruction, a: list[str]) -> str | None:
        fn, kind = x.fn, self._type(x.args[0]) if x.args else None
        if kind is None or kind.kind not in ("array", "scalar"):  # a number of Python has none
            return None
        if fn is np.transpose:
            turned = tuple(range(len(kind.shape)))[::-1]
            given = x.args[1] if len(x.args) > 1 else None
            if given is None or tuple(i % max(len(turned), 1) for i in given) == turned:
                return f"{a[0]}.T"
            return f"{a[0]}.transpose({a[1]})"
        if fn is np.dot and kind.kind == "array":
            return f"{a[0]}.dot({a[1]})"
        if fn is np.reshape and len(a) == 2:  # noqa: PLR2004 - array and shape
            flat = kind.kind == "array" and len(self.program.types[x.id].shape) == 1
            return f"{a[0]}.ravel()" if flat else f"{a[0]}.reshape({a[1]})"
        if fn is np.copy and len(a) == 1 and kind.kind == "array":
            return f"{a[0]}.copy()"
        if fn is np.astype:
            return f"{a[0]}.astype({a[1]})"
        return None

    def _type(self, arg: Any) -> Type | None:
        return self.program.types[arg.id] if arg.__class__ is Ref else None

    def _reduction(self, x: Instruction, a: list[str]) -> str:
        """A reduction of a ufunc, which is what the function of NumPy comes to, without its checks."""
        given = dict(zip(("axis",), a[1:], strict=False)) | {name: self.operand(v) for name, v in x.kwargs}
        given.setdefault("axis", "None")
        shown = [f"{name}={value}" for name, value in given.items() if (name, value) != ("keepdims", "False")]
        return f"np.{facts.reduction(x.fn)}.reduce({', '.join([a[0], *shown])})"

    def _call(self, name: str, x: Instruction) -> str:
        parts = [self.operand(arg) for arg in x.args]
        parts += [f"{key}={self.operand(value)}" for key, value in x.kwargs]
        if x.into is not None:
            parts.append(f"out={self.names[x.into]}")
        return f"{name}({', '.join(parts)})"

    def operand(self, value: Any) -> str:
        """Return an operand as Python writes it."""
        if value.__class__ is Ref:
            return self._blocks.get(value.id) or self.names[value.id]
        if isinstance(value, tuple):
            inner = ", ".join(map(self.operand, value))
            return f"({inner},)" if len(value) == 1 else f"({inner})"
        if isinstance(value, list):
            return f"[{', '.join(map(self.operand, value))}]"
        if isinstance(value, slice):
            return f"slice({', '.join(self.operand(p) for p in (value.start, value.stop, value.step))})"
        return literal(value)

    def _key(self, key: Any) -> str:
        if isinstance(key, tuple) and key:
            return ", ".join(map(self._key_part, key)) + ("," if len(key) == 1 else "")
        return self._key_part(key)

    def _key_part(self, part: Any) -> str:
        if not isinstance(part, slice):
            return self.operand(part)
        start, stop, step = ("" if p is None else self.operand(p) for p in (part.start, part.stop, part.step))
        return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"

    def example(self, values: Mapping[str, Any]) -> str:
        """Return the lines that call the function when the file is run."""
        lines = ['\n\nif __name__ == "__main__":', "    example = {"]
        lines += [f"        {name!r}: {example_text(value)}," for name, value in values.items()]
        lines += ["    }", f"    for name, value in zip({self._left()!r}, {self.function}(**example)):"]
        lines += ['        print(name, "=", np.array2string(np.asarray(value), prefix=f"{name} = "))', ""]
        return "\n".join(lines)

    def _left(self) -> tuple[str, ...]:
        """Return what the values are called that the function returns: results, then what is assigned."""
        program = self.program
        results = [self.names[i] for i in refs(program.outputs)]
        return (*results, *(f"new {words(a.name)}" for a in program.assignments if a.id is not None))

    # ----- the function -----

    def load(self) -> Callable[..., Any]:
        """Return the function that the text defines.

        NOTE: tracebacks show its lines.
        """
        name = f"autograd_lite_compiled_{next(_modules)}"
        space: dict[str, Any] = {"np": np, "__name__": name, "__file__": f"<{name}>"}
        space |= {fn.__name__: fn for fn in helpers.HELPERS}
        space |= {top: sys.modules[top] for top in {name.partition(".")[0] for name in self.imported}}
        space |= {self.names[c.id]: c.array for c in self.program.constants} | self.bound | self.opaque
        steps = {step.function: step.load() for step in self.steps.values()}
        space |= steps
        lines = self.body()
        constants = [self.names[c.id] for c in self.program.constants if c.id in self._used]
        constants += [*self.bound, *self.opaque, *steps]
        text = "".join(line + "\n" for line in lines)
        early = _bound_early(lines, constants, self.names.another)
        return defined(self.function, early, f"<{name}>", space, text)


def _stub(name: str) -> str:
    """Return the text that stands for a function that no text is known of."""
    refused = errors.COMPILE_OPAQUE_TEXT.format(op=name.removeprefix("call_"))
    return f"def {name}(*args, **kwargs):\n    raise NotImplementedError({refused!r})\n"


_LOOKED_UP = re.compile(r"\b(?:np|scipy)((?:\.[a-zA-Z_]\w*)+)")


def _bound_early(lines: list[str], constants: Sequence[str], free: Callable[[str], str]) -> str:
    """Return the text with what it calls looked up once and not at every call, a twentieth of the time of a small step.

    ``np.exp`` and constants become local variables: parameters that nobody gives, with these values as defaults. Lines
    stay in their places. A line with a text in it is left alone. `free` gives a name that is not taken.
    """
    found: dict[str, str] = {}

    def local(match: re.Match[str]) -> str:
        name = free(match[0].replace(".", "_"))
        found[name] = match[0]
        return name

    head, *body = lines
    changed = [_LOOKED_UP.sub(local, _code(line)) if _is_plain(line) else line for line in body]
    bound = [f"{name}={what}" for name, what in found.items()] + [f"{name}={name}" for name in constants]
    if bound:
        start, end = head[: -len("):")], "):"
        head = f"{start}{'' if start.endswith('(') else ', '}*, {', '.join(bound)}{end}"
    return "\n".join([head, *changed, ""])


def _is_plain(line: str) -> bool:
    """Tell whether a line calls a library and has no text in it."""
    return ("np." in line or "scipy." in line) and "'" not in line and '"' not in line


def _code(line: str) -> str:
    return line.rsplit("  # ", 1)[0]


_modules = count()


def is_loud(x: Instruction) -> bool:
    """Tell whether NumPy might warn of a call of which it is not to.

    Derivatives are computed without warnings, from the first call on that makes infinite or undefined what was finite.
    """
    return x.quiet and not facts.of(x.fn).calm


def _sign_of(fn: Any) -> str | None:
    symbol = getattr(handler_of(fn), "symbol", None)
    return symbol if symbol in _SIGNS else _INFIX.get(fn)


def _simple_reduction(x: Instruction) -> bool:
    return x.into is None and len(x.args) <= 2 and {name for name, _ in x.kwargs} <= {"axis", "keepdims"}  # noqa: PLR2004
