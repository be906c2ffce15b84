"""A program in parts: kernels of native code, and between them the calls that are left to NumPy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite.compiler.native.calls import Limits, is_known, is_native
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.lower import Lowering
from autograd_lite.compiler.native.orders import Orders
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.literals import is_uniform
from autograd_lite.compiler.program.loop import is_item, is_loop
from autograd_lite.compiler.program.memory import is_view
from autograd_lite.compiler.program.program import Instruction, Program, Ref

Part = Kernel | Instruction


def divided(program: Program, limits: Limits, orders: Orders) -> list[Part]:
    """Divide a program into as few kernels as its order allows, of its first calls if all of them would be too long.

    Views are part of no kernel: it reads the elements that they show. They are among the calls where NumPy needs them.
    """
    parts, made = _divided(program, limits, orders, limits.length)  # NOTE: each call is one statement at least
    length = sum(part.length() for part in parts if isinstance(part, Kernel))
    return parts if length <= limits.length else _divided(program, limits, orders, made * limits.length // length)[0]


def _divided(program: Program, limits: Limits, orders: Orders, calls: int) -> tuple[list[Part], int]:
    """Return kernels of so many calls at most, and the other calls; and how many have become native code."""
    views = {x.id: x for x in program.instructions if is_view(x, program.types)}
    work = _Division(program, views, limits, calls)
    runs = list(work.runs())
    splats = {c.id: value for c in program.constants if c.private and (value := one_number(c.array)) is not None}
    read = [work.roots(i for x in run for i in x.operands()) for _, run in runs]
    escaping = set(program.escaping())
    parts: list[Part] = []
    for k, (native, run) in enumerate(runs):
        if not native:
            parts.extend(run)
            continue
        own = {i for x in run if x.fn is not helpers.verify for i in work.given_by(x)}
        elsewhere = set().union(*(read[j] for j in range(len(runs)) if j != k))
        shown = [i for i in dict.fromkeys(program.escaping()) if i in views and work.root(i) in own]
        leaving = [i for i in own if i in elsewhere or i in escaping] + shown
        parts.append(Lowering(program, run, splats, tuple(leaving), limits, orders=orders).kernel(f"kernel_{k + 1}"))
    return parts, len(work.native)


class _Division:
    def __init__(self, program: Program, views: Mapping[int, Instruction], limits: Limits, calls: int) -> None:
        self.program, self.views = program, views
        draws = any(facts.of(x.fn).effect and not may_give_up(x.fn) for x in program.instructions)
        native = (
            x.id
            for x in program.instructions
            if x.id not in views and fits(x, program, limits)
            and not (draws and facts.of(x.fn).effect)  # NOTE: a kernel that gives up is repeated by NumPy
        )  # fmt: skip
        self.native = set(islice(native, calls))
        items = [x for x in program.instructions if is_item(x, program.types) and x.args[0].id in self.native]
        self.items: dict[int, list[int]] = {}
        for x in items:  # a kernel gives them, and no tuple
            self.items.setdefault(x.args[0].id, []).append(x.id)
        self._taken_apart = {x.id for x in items}

    def given_by(self, x: Instruction) -> list[int]:
        """Return the values that a call gives: of a loop in a kernel, its results."""
        return self.items.get(x.id, [x.id])

    def root(self, i: int) -> int:
        """Return what a value shows elements of; itself, if it is no view."""
        while i in self.views:
            i = self.views[i].operands()[0]
        return i

    def roots(self, values: Iterable[int]) -> set[int]:
        return {self.root(i) for i in values}

    def runs(self) -> Iterator[tuple[bool, list[Instruction]]]:
        """Yield by turns what NumPy does and what a kernel does, each as much as can be done by then."""
        left = [x for x in self.program.instructions if x.id not in self.views and x.id not in self._taken_apart]
        known = set(self.program.given())
        numbers, left = self._taken(left, known, {x.id for x in left if self.program.types[x.id].kind == "float"})
        if numbers:
            yield False, numbers
        others = {x.id for x in left} - self.native
        while left:
            for wanted in (others, self.native):
                run, left = self._taken(left, known, wanted)
                if run:
                    yield wanted is self.native, run

    def _taken(
        self, left: list[Instruction], known: set[int], wanted: set[int]
    ) -> tuple[list[Instruction], list[Instruction]]:
        """Take out of a list what is wanted and can be done; what has an effect keeps its order."""
        run, rest, waiting = [], [], False
        for x in left:
            effect = facts.of(x.fn).effect
            if x.id in wanted and not (effect and waiting) and self.roots(x.operands()) <= known:
                run.append(x)
                known.update(self.given_by(x))
            else:
                rest.append(x)
                waiting = waiting or effect
        return run, rest


def fits(x: Instruction, program: Program, limits: Limits) -> bool:
    """Tell whether native code does a call; a loop, if it does all of its steps, and each result is taken by itself."""
    types = program.types
    if not is_loop(x.fn):
        return is_native(x, types) and not limits.exclude(x, types)
    body = x.fn.body
    readers = [y for y in program.instructions if x.id in y.operands()]
    whole = x.id in program.escaping() or not all(is_item(y, types) for y in readers)
    if whole or body.constants or not all(is_known(types[i]) for i in x.operands()):
        return False
    outputs = [body.types[y.id] for y in body.outputs if isinstance(y, Ref)]
    return len(outputs) == len(body.outputs) and all(map(is_known, outputs)) and all(
        is_view(y, body.types) or fits(y, body, limits) or _is_item_of_loop(y, body) for y in body.instructions
    )


def _is_item_of_loop(x: Instruction, program: Program) -> bool:
    return is_item(x, program.types) and any(is_loop(y.fn) for y in program.instructions if y.id == x.args[0].id)


def may_give_up(fn: Any) -> bool:
    """Tell whether all that a call does besides giving a value is to check something."""
    if is_loop(fn):
        return all(may_give_up(x.fn) for x in fn.body.instructions if facts.of(x.fn).effect)
    return fn is helpers.verify


def one_number(array: Any) -> Any:
    """Return the number that an array has everywhere; None if there are several."""
    values = np.asarray(array)
    return values.flat[0].item() if values.dtype.kind in "fib" and is_uniform(values) else None


def views_for(x: Instruction, views: Mapping[int, Instruction]) -> Iterator[Instruction]:
    """Yield the views that a call of NumPy reads, each after what it shows."""
    for i in x.operands():
        if i in views:
            yield from views_for(views[i], views)
            yield views[i]
