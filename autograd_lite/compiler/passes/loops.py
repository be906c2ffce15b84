"""Loops carry and leave only what is read."""

from __future__ import annotations

import operator
from dataclasses import replace

from autograd_lite.compiler.passes.dead import dead_code
from autograd_lite.compiler.program import facts
from autograd_lite.compiler.program.loop import Loop, is_loop
from autograd_lite.compiler.program.program import Input, Instruction, Program, Ref, refs


def loops(program: Program) -> Program:
    """Return the program with loops whose steps compute no more than what somebody reads.

    What a loop gives is read by its number. A part of the carry that is not read is still needed where a step makes
    something of it that is.
    """
    made = {x.id: x for x in program.instructions if is_loop(x.fn)}
    if not made:
        return program
    read: dict[int, set[int]] = {i: set() for i in made}
    for x in program.instructions:
        if x.fn is operator.getitem and x.args[0].__class__ is Ref and x.args[0].id in made:
            read[x.args[0].id].add(x.args[1])
        else:
            for i in made.keys() & set(x.operands()):
                read[i].update(range(len(made[i].fn.body.outputs)))
    for i in made.keys() & set(program.escaping()):
        read[i].update(range(len(made[i].fn.body.outputs)))
    kept = {i: _needed(x.fn, read[i]) for i, x in made.items()}
    return program.having(instructions=tuple([_changed(x, made, kept) for x in program.instructions]))


def _needed(loop: Loop, read: set[int]) -> list[int]:
    """Return the outputs of a step that are needed: those read, and the carry that they are computed from."""
    body = loop.body
    carry = {x.id: k for k, x in enumerate(body.inputs[: loop.carried])}
    made = {x.id: x for x in body.instructions}
    needed, seen = set(read), set[int]()
    pending = refs([body.outputs[k] for k in read])
    pending += [i for x in body.instructions if facts.of(x.fn).effect for i in x.operands()]
    while pending:
        i = pending.pop()
        if i in seen:
            continue
        seen.add(i)
        pending += made[i].operands() if i in made else ()
        if i in carry and carry[i] not in needed:
            needed.add(carry[i])
            pending += refs([body.outputs[carry[i]]])
    return sorted(needed)


def _changed(x: Instruction, made: dict[int, Instruction], kept: dict[int, list[int]]) -> Instruction:
    if x.id in made:
        return _narrowed(x, kept[x.id])
    if x.fn is operator.getitem and x.args[0].__class__ is Ref and x.args[0].id in made:
        places = kept[x.args[0].id]
        return replace(x, args=(x.args[0], places.index(x.args[1])))
    return x


def _narrowed(x: Instruction, kept: list[int]) -> Instruction:
    """Return a loop that gives some of its results only, and is given what it needs for them."""
    loop: Loop = x.fn
    if len(kept) < len(loop.body.outputs):
        places = [k for k in kept if k < loop.carried]
        inputs = [*[loop.body.inputs[k] for k in places], *loop.body.inputs[loop.carried :]]
        operands = [*[x.args[k] for k in places], *x.args[loop.carried :]]
        outputs = tuple([loop.body.outputs[k] for k in kept])
        body = dead_code(loop.body.having(inputs=tuple(inputs), outputs=outputs))
        loop = replace(loop, body=body, carried=len(places))
    else:
        body, operands = dead_code(loop.body), list(x.args)
    used = set(body.escaping()).union(*[y.operands() for y in body.instructions])
    carry, xs, given = loop.divided(list(zip(body.inputs, operands, strict=True)))
    xs, given = ([pair for pair in pairs if pair[0].id in used] for pairs in (xs, given))
    pairs = [*carry, *xs, *given]
    body = body.having(inputs=tuple([inner for inner, _ in pairs]))
    if body is loop.body and len(pairs) == len(x.args):
        return x
    return replace(x, fn=replace(loop, body=body, taken=len(xs)), args=tuple([outer for _, outer in pairs]))


def freed_of_constants(program: Program) -> Program:
    """Return the program with the constants of steps as its own, which are given to them."""
    if not any(is_loop(x.fn) and x.fn.body.constants for x in program.instructions):
        return program
    types, constants, made = dict(program.types), list(program.constants), list[Instruction]()
    for x in program.instructions:
        given = []
        for c in x.fn.body.constants if is_loop(x.fn) else ():
            number = max(types) + 1
            types[number] = x.fn.body.types[c.id]
            constants.append(replace(c, id=number))
            given.append(number)
        if given:
            body = x.fn.body
            inputs = [Input(c.id, "argument", -1, body.names.get(c.id, "")) for c in body.constants]
            body = body.having(inputs=(*body.inputs, *inputs), constants=())
            made.append(replace(x, fn=replace(x.fn, body=body), args=(*x.args, *map(Ref, given))))
        else:
            made.append(x)
    return program.having(instructions=tuple(made), types=types, constants=tuple(constants))
