"""A loop in a Program: an instruction that holds the Program of one step."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite.base.lazy import lazy
from autograd_lite.base.shapes import Array
from autograd_lite.compiler.program.program import Instruction, Program, Ref, Type, mapped, substituted


@dataclass(frozen=True, eq=False)
class Loop:
    """What an instruction calls: of its operands, and the Program of a step, the results of a loop, as a tuple.

    Attributes
    ----------
    body : Program
        A step. Its inputs are the carry, the elements of this step, and what all steps are given; its outputs the next
        carry, and what the step leaves.
    length : int
        The number of steps, 1 at least.
    reverse : bool
        Whether they go from the last element to the first.
    carried, taken : int
        How many of the inputs are the carry, and elements. So many operands are the first carry, and what elements are
        taken of; the others are given. The results are the last carry, and the array of what all steps left.
    name : str
        What a message calls it.
    """

    body: Program
    length: int
    reverse: bool
    carried: int
    taken: int
    name: str = "loop"

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *operands: Any) -> tuple[Any, ...]:
        return self.carried_out(self._step, operands)

    def carried_out(self, step: Callable[..., Any], operands: Sequence[Any]) -> tuple[Any, ...]:
        """Return the results, by a function of a step."""
        carry, xs, given = self.divided(operands)
        left: list[Array] = []
        for i in self.order():
            carry_and_ys = step(*carry, *[x[i] for x in xs], *given)
            carry, ys = carry_and_ys[: self.carried], carry_and_ys[self.carried :]
            left = left or [np.empty((self.length, *np.shape(y)), np.asarray(y).dtype) for y in ys]
            for column, y in zip(left, ys, strict=True):
                column[i] = y
        return (*carry, *left)

    def divided(self, operands: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """Return what the carry is, what elements are of, and what is given, of operands or inputs."""
        n, m = self.carried, self.carried + self.taken
        return operands[:n], operands[n:m], operands[m:]

    def order(self) -> range:
        """Return the numbers of the steps, in order."""
        return range(self.length - 1, -1, -1) if self.reverse else range(self.length)

    @lazy
    def _step(self) -> Callable[..., Any]:
        return _function(self.body)

    def __repr__(self) -> str:
        return f"<loop of {self.length} steps of {len(self.body.instructions)} calls>"


def is_loop(fn: Any) -> bool:
    """Tell whether what an instruction calls is a loop."""
    return fn.__class__ is Loop


def is_item(x: Instruction, types: Mapping[int, Type]) -> bool:
    """Tell whether a call takes one of several results."""
    return x.fn is operator.getitem and x.args[0].__class__ is Ref and types[x.args[0].id].kind == "tuple"


def items_of_loops(program: Program) -> dict[int, dict[int, int]]:
    """Return for each loop, by its number, the values that are its results, by their place."""
    found: dict[int, dict[int, int]] = {x.id: {} for x in program.instructions if is_loop(x.fn)}
    for x in program.instructions if found else ():
        if x.fn is operator.getitem and x.args[0].__class__ is Ref and x.args[0].id in found:
            found[x.args[0].id].setdefault(x.args[1], x.id)
    return found


def renumbered(program: Program, start: int) -> Program:
    """Return a program with other numbers of its values: from `start` on."""
    number = {i: start + k for k, i in enumerate(program.types)}
    change = {i: Ref(k) for i, k in number.items()}
    made = []
    for x in program.instructions:
        into = None if x.into is None else number[x.into]
        made.append(replace(substituted(x, change), id=number[x.id], into=into))
    return program.having(
        inputs=tuple([replace(x, id=number[x.id]) for x in program.inputs]),
        constants=tuple([replace(c, id=number[c.id]) for c in program.constants]),
        instructions=tuple(made),
        outputs=mapped(program.outputs, change),
        types={number[i]: kind for i, kind in program.types.items()},
        names={number[i]: name for i, name in program.names.items()},
        operations={},
    )


def with_bodies(program: Program, change: Callable[[Program], Program]) -> Program:
    """Return a program with other bodies in its loops."""
    if not any(is_loop(x.fn) for x in program.instructions):
        return program
    made = [replace(x, fn=replace(x.fn, body=change(x.fn.body))) if is_loop(x.fn) else x for x in program.instructions]
    return program.having(instructions=tuple(made))


def calls(program: Program) -> Iterator[Instruction]:
    """Yield the calls of a program, and of its loops."""
    for x in program.instructions:
        yield x
        if is_loop(x.fn):
            yield from calls(x.fn.body)


def _function(program: Program) -> Callable[..., Any]:
    """Return a program as a function: plainly, call by call."""
    space: dict[str, Any] = {f"v{c.id}": c.array for c in program.constants}

    def text(value: Any) -> str:
        if value.__class__ is Ref:
            return f"v{value.id}"
        if isinstance(value, (tuple, list)):
            inner = "".join([f"{text(part)}, " for part in value])
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        if isinstance(value, slice):
            return f"slice({text(value.start)}, {text(value.stop)}, {text(value.step)})"
        name = f"c{len(space)}"
        space[name] = value
        return name

    lines = [f"def step({', '.join(f'v{x.id}' for x in program.inputs)}):"]
    for x in program.instructions:
        given = [*map(text, x.args), *[f"{name}={text(value)}" for name, value in x.kwargs]]
        lines.append(f"    v{x.id} = {text(x.fn)}({', '.join(given)})")
    exec("\n".join([*lines, f"    return {text(program.outputs)}"]), space)
    return space["step"]  # type: ignore[no-any-return]
