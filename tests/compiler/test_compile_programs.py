"""Random programs compiled do what they do plainly, in every backend: values, dtypes, shapes, gradients, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from compared import EXACT, Refused, check, outcome
from programs import OTHER_DTYPE, SPECIAL, Drawn

import autograd_lite as ag
from autograd_lite.compiler.passes import measured
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.compiler.program.memory import roots
from autograd_lite.compiler.program.program import Instruction, Program, Ref, mapped
from autograd_lite.compiler.text.numpy_text import NumpyText

ALIKE = (0, 1, SPECIAL, 3)
"""Calls that one program is for."""
FEW = 0.05
"""The share of programs that may be refused: those that write into a view, or at a computed mask."""
WITH_OPERATIONS = True
"""Whether programs have operations of the user's: not before a compiled function may call them."""


def agree(seeds: Sequence[int], operations: bool = False, **settings: Any) -> None:
    """Check many programs, of which few may be refused."""
    refused = 0
    for seed in seeds:
        try:
            check(Drawn(seed, operations), **settings)
        except Refused:
            refused += 1
    assert refused <= 3 + FEW * len(seeds)


def chunks(whole: int, now: int, size: int, *marks: Any) -> list[Any]:
    """Seeds in parts, those after the first `now` for long runs."""
    parts = [range(k, k + size) for k in range(0, whole, size)]
    slow = [[] if part.start < now else [pytest.mark.slow] for part in parts]
    return [pytest.param(p, id=f"{p.start}", marks=[*marks, *s]) for p, s in zip(parts, slow, strict=True)]


@pytest.mark.parametrize("seeds", chunks(5000, 100, 50))
def test_programs_of_numpy_calls(seeds: Sequence[int]) -> None:
    agree(seeds)


@pytest.mark.parametrize("seeds", chunks(1000, 50, 50))
def test_programs_without_the_passes_that_round(seeds: Sequence[int]) -> None:
    agree([100_000 + seed for seed in seeds], passes=EXACT)


@pytest.mark.parametrize("seeds", chunks(1000, 50, 50))
def test_nothing_is_reported_by_verify_that_is_not_there(seeds: Sequence[int]) -> None:
    agree([200_000 + seed for seed in seeds], verify=2)


@pytest.mark.parametrize("seeds", chunks(1000, 30, 10, ABSENT["cc"]))
def test_programs_in_c(seeds: Sequence[int]) -> None:
    agree(seeds, backend="cc", calls=ALIKE)


@pytest.mark.parametrize("seeds", chunks(100, 2, 2, ABSENT["numba"]))
def test_programs_by_numba(seeds: Sequence[int]) -> None:
    agree(seeds, backend="numba", calls=ALIKE)


@pytest.mark.parametrize("seeds", chunks(1000, 50, 50) if WITH_OPERATIONS else [])
def test_programs_with_operations_of_the_user_s(seeds: Sequence[int]) -> None:
    agree([300_000 + seed for seed in seeds], operations=True)


# ----- what holds for each of them -----


def recorded(seed: int) -> Program | None:
    """Return the program of the first call; None where it is refused."""
    drawn = Drawn(seed)
    function, tensors = drawn.function()
    compiled = ag.compile(function, verify=0)
    for call in (0, 1):  # the first step of an optimiser makes its state
        outcome(compiled, drawn.arguments(call), tensors)
    return compiled.program.recorded.program if len(compiled.programs) else None


def programs(seeds: Sequence[int]) -> Iterator[Program]:
    return (program for program in map(recorded, seeds) if program is not None)


@pytest.mark.parametrize("seeds", chunks(2000, 40, 40))
def test_every_name_in_the_text_has_the_value_that_is_meant(seeds: Sequence[int]) -> None:
    for program in programs(seeds):
        for name, stage in measured(program):
            verify(stage, name)
        named_right(measured(program)[-1][1])


def named_right(program: Program) -> None:
    """Follow what the variables of the text hold."""
    names = NumpyText(program).names
    held = {names[i]: i for i in program.given()}
    grouped = program.grouped()
    for k, x in enumerate(program.instructions):
        group = grouped.get(k)
        if group is not None and k == group.start:
            held |= {names[i]: i for i in program.left_by(group)}
            for turn in range(2):
                for inner in program.instructions[group.start : group.stop]:
                    followed(inner, names, held, (program, turn))
        elif group is None:
            followed(x, names, held, program)
    assert [held[names[i]] for i in program.escaping()] == list(program.escaping()), program


def followed(x: Instruction, names: Any, held: dict[str, int], where: Any) -> None:
    read = x.operands() if x.into is None else (*x.operands(), x.into)
    assert [held.get(names[i]) for i in read] == list(read), f"{x}\n{where}"
    held[names[x.id]] = x.id


def test_a_value_changed_in_place_whose_change_has_a_name_of_its_own() -> None:
    """NOTE: the change was named before the array it is written into, which then took over another's name."""

    def h(w: Any, b: Any) -> Any:
        a = np.where(w > 0, w, w * 0.1)
        q = [a[..., ::-1], a[np.arange(400)[::2]], np.maximum(np.sqrt(1 + np.exp(-b) ** 2), 0.05)]
        return sum((v * 0.3 + 0.01 * v * v).sum() for v in q)

    rng = np.random.default_rng(0)
    plain = ag.grad(h, argnums=(0, 1))
    compiled = ag.compile(plain)
    for _ in range(3):
        w, b = rng.standard_normal((400, 5)), rng.standard_normal(5)
        for x, y in zip(plain(w, b), compiled(w, b), strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12)


@pytest.mark.parametrize("seeds", chunks(2000, 100, 100))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_said_to_have_memory_of_its_own_has_it(seeds: Sequence[int]) -> None:
    for seed in seeds:
        drawn = Drawn(seed)
        if drawn.transform != "values":
            continue
        compiled = ag.compile(drawn.function()[0], verify=0)
        args = drawn.arguments(0)
        outcome(compiled, args, [])
        if len(compiled.programs):
            shares_only_what_is_told(compiled.program.recorded.program, args)


def shares_only_what_is_told(program: Program, args: Sequence[Any]) -> None:
    values = {x.id: args[x.owner] for x in program.inputs} | {c.id: c.array for c in program.constants}
    owners = roots(program)
    for x in program.instructions:
        wrapped = {i: Held(values[i]) for i in x.operands()}
        result = values[x.id] = x.fn(*opened(mapped(x.args, wrapped)), **dict(x.kwargs))
        for i in x.operands():
            if isinstance(result, np.ndarray) and isinstance(values[i], np.ndarray):
                assert not np.shares_memory(result, values[i]) or owners[x.id] & owners[i], x


class Held:
    """An operand, in the place of its number."""

    def __init__(self, value: Any) -> None:
        self.value = value


def opened(x: Any) -> Any:
    if isinstance(x, Held):
        return x.value
    if isinstance(x, (tuple, list)):
        return type(x)(map(opened, x))
    assert x.__class__ is not Ref
    return slice(*map(opened, (x.start, x.stop, x.step))) if isinstance(x, slice) else x


# ----- what random programs have found -----

A = np.arange(6.0).reshape(2, 3) - 2.5
FOUND = {
    "an einsum that is a view is not written into": (lambda x: [np.absolute(np.einsum("ij->ji", x)) + 1, x + 0], A),
    "a diagonal by einsum": (lambda x: [-np.einsum("ii->i", x) * 2, x + 0], np.ones((500, 500))),
    "the gradient by an array of no dimension is one": (ag.grad(lambda x: np.sin(x) * x), np.array(0.5)),
    "and that of a vjp": (lambda x: ag.vjp(lambda y: y * y, x)[1](1.0), np.array(0.5)),
    "a gradient added at a place of a number": (ag.grad(lambda x: x * np.sum(x[None][[0, 0]]) + x), np.array(2.0)),
    "a ufunc makes a number of NumPy of a number": (lambda x, k: [np.abs(k), np.multiply(k, k), k * k], A, 2.0),
    "so that it decides the dtype": (lambda x, k: x * np.abs(k), A.astype("f4"), 2.0),
    "but an operator does not": (lambda x, k: x * (abs(k) + k * k), A.astype("f4"), 2.0),
    "NumPy divides by zero": (lambda x, k: [np.floor_divide(k, 0.0), x], A, 2.0),
    "a number transposed is an array": (lambda k: [np.transpose(k), np.expand_dims(k, 0)], 2.0),
    "a number of NumPy has no place": (lambda x: added(np.sum(x), np.ones((1, 1))), A),
    "a product by one number keeps NaN": (lambda x: [np.array([[0.0]]) * x[:1, :1] @ x[:1]], np.full((1, 3), np.nan)),
    "and of two": (lambda a, b: np.sum(a * b, axis=1, keepdims=True), np.zeros((1, 1)), np.full((1, 1), np.nan)),
    "nothing is written to nothing": (lambda x: written(x), A[:1]),
    "the copy of a number is one": (lambda x: [np.maximum(x, x).copy()], np.array(True)),
    "a row at a computed place is a view": (lambda x: [np.negative(2 * x[np.argmax(x[:, 0])]), x + 0], np.eye(300)),
    "and none of the arguments'": (lambda x: x[np.argmax(x[:, 0])], np.eye(3)),
    "an array times one is a number": (lambda x: [x * np.array(1.0), x - 0.0], np.array(2.0)),
    "a truth value to a power": (lambda x: [np.any(x > 0) ** 2, (x > 0) ** 2], A),
    "a number of a Tensor that is assigned to": (ag.hessian(lambda x: assigned(np.minimum(x, x))), np.array(0.5)),
    "an axis of a number": (lambda x: [ag.softmax(np.sum(x)), np.take(np.sum(x), 0, axis=-1), np.flip(np.sum(x))], A),
    "the gradient by a number is one": (ag.grad(lambda x: x * x), 3.0),
}


def added(x: Any, y: Any) -> Any:
    z = x * 1.0
    z += y
    return [z, x]


def assigned(x: Any) -> Any:
    y = x * 1.0
    y[...] = x**3
    return y


def written(x: Any) -> Any:
    y = x * 1.0
    y[:-1] = y[1:] * 0.5
    return y


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=ABSENT["cc"])])
@pytest.mark.parametrize("name", FOUND)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_random_programs_have_found(name: str, backend: str) -> None:
    function, *args = FOUND[name]
    compiled = ag.compile(function, backend=backend, verify=0)
    for _ in range(3):
        before = [np.copy(x) for x in args]
        expected, found = function(*args), compiled(*args)
        for x, y in zip(ag.tree.leaves(expected), ag.tree.leaves(found), strict=True):
            assert type(x) is type(y)
            np.testing.assert_array_equal(x, y, strict=True)
        for x, y in zip(before, args, strict=True):
            np.testing.assert_array_equal(x, y)


def test_a_program_for_another_dtype_is_another_one() -> None:
    drawn = Drawn(7)
    assert [x.dtype for x in drawn.arguments(0)] != [x.dtype for x in drawn.arguments(OTHER_DTYPE)]
    assert check(drawn) > 1
