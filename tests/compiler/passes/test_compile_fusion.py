"""Large arrays block by block: the same values as whole, whatever takes part."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from carried_out import values_of
from cases import rows
from test_compile_passes import recorded, run

import autograd_lite as ag
from autograd_lite.compiler.passes import PASSES, fusion, measured
from autograd_lite.compiler.passes.buffers import buffers
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.compiler.program.opaque import is_opaque
from autograd_lite.compiler.program.program import Group, Program
from autograd_lite.compiler.text.numpy_text import NumpyText


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have groups, of short blocks, in small programs as well."""
    monkeypatch.setattr(fusion, "SMALLEST", 8)
    monkeypatch.setattr(fusion, "_CACHE", 1)
    monkeypatch.setattr(fusion, "_SHORTEST", 4)


def of_text(program: Program, *args: Any) -> tuple[Any, ...]:
    """Carry out the text of a program."""
    space: dict[str, Any] = {}
    exec(NumpyText(program).text(), space)
    result: tuple[Any, ...] = space[NumpyText(program).function](*given(program, args).values())
    return result


def given(program: Program, args: tuple[Any, ...]) -> dict[int, Any]:
    return {x.id: args[x.owner] if x.kind == "argument" else x.owner for x in program.inputs}


def assert_the_same_in_blocks(f: Callable[..., Any], *args: Any, exactly: bool = True) -> Program:
    program = PASSES["dead_code"](recorded(f, *args))
    fused = verify(fusion.fusion(program), "fusion")
    for planned in (fused, verify(PASSES["buffers"](fused), "buffers")):
        with np.errstate(all="ignore"):
            found = of_text(planned, *args)
        for a, b in zip(run(program, *args), found, strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=0 if exactly else 1e-12)
    return fused


def strange(*shape: int) -> Any:
    x = np.linspace(-3.0, 2.0, int(np.prod(shape)))
    x[3:8] = np.nan, np.inf, -np.inf, 0.0, -0.0
    return x.reshape(shape)


def expression(x: Any) -> Any:
    y = np.exp(-x * x) * np.sin(3 * x) + np.tanh(x)
    return np.where(y > 0, np.sqrt(np.abs(y)), y) / (1 + np.abs(y))


@pytest.mark.parametrize("size", [8, 9, 11, 12, 13, 101])
def test_an_expression_of_any_length(size: int) -> None:
    with np.errstate(all="ignore"):
        fused = assert_the_same_in_blocks(expression, strange(size))
    (group,) = fused.groups
    assert (group.start, group.stop, group.length) == (0, len(fused.instructions), 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: expression(x.reshape(3, 20).T), lambda x: expression(x) + x[0],
        lambda x: expression(x) * x[:, :1] + x[:1, 1:2],
        lambda x: expression(x[::-1]), lambda x: expression(np.broadcast_to(x[:1], (20, 3))),
        lambda x: expression(x) * 2, lambda x: (expression(x), expression(x)[::2], np.exp(x.T) * x.T),
        lambda x: np.sin(np.cumsum(np.cos(-x), 0)) + x,
    ],
    ids=["turned", "rows", "columns", "backwards", "repeated", "a number", "several results", "in two groups"],
)  # fmt: skip
def test_operands_of_other_shapes(f: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        assert assert_the_same_in_blocks(f, strange(20, 3)).groups


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_value_with_its_derivative_is_one_loop(dtype: Any) -> None:
    x = np.linspace(-3, 2, 1001).astype(dtype)
    f = ag.value_and_grad(lambda x: np.sum(np.tanh(np.sin(x) * x) ** 2))
    compiled = ag.compile(f)
    compiled(x)
    assert any(group.stop - group.start > 10 for group in compiled.program.program.groups)
    for a, b in zip(f(x), compiled(x), strict=True):
        np.testing.assert_allclose(a, b, rtol=300 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    assert compiled.source.count("for i in range(0, 1001, ") == len(compiled.program.program.groups)
    assert "a loop of" in compiled.program.report()


def test_warnings_stay_what_they_are() -> None:
    f = ag.compile(lambda x: np.sum(np.log(x) * 2 + x))
    f(np.ones(9))
    assert f.program.program.groups
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        f(np.zeros(9))
    slope = ag.compile(ag.grad(lambda x: np.sum(np.sqrt(x * 1.5) * x)))
    slope(np.ones(9))
    assert "            with np.errstate" not in slope.source.partition("for ")[0]
    assert np.isnan(slope(np.zeros(9))).all()


def test_draws_keep_their_order() -> None:
    def f(x: Any, rng: np.random.Generator) -> Any:
        y = np.exp(x) * 2
        z = y + rng.random(9)
        return np.sum(z) + z * rng.random(9), rng.random(2)

    a, b = np.random.default_rng(3), np.random.default_rng(3)
    compiled = ag.compile(f)
    for _ in range(3):
        for p, q in zip(f(np.ones(9), a), compiled(np.ones(9), b), strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-12)


@rows()
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_rule_takes_part(row: Any) -> None:
    try:
        program = recorded(lambda *xs: [np.tanh(y) * np.tanh(y) for y in row(*xs)], *row.inputs)
    except (ag.errors.CompileError, TypeError):
        pytest.skip("refused in any case, or of no numbers that tanh knows")
    program = PASSES["dead_code"](program)
    if any(is_opaque(x.fn) for x in program.instructions):
        pytest.skip("calls what no text has")
    fused = verify(fusion.fusion(program), "fusion")
    with np.errstate(all="ignore"):
        found = of_text(fused, *row.inputs)
        expected = values_of(program, given(program, row.inputs))
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize(
    ("group", "fault"),
    [(Group(0, 99, 4), "where one can be"), (Group(0, 2, 0), "where one can be"), (Group(0, 4, 4), "block by block")],
)
def test_the_verifier_knows_groups(group: Group, fault: str) -> None:
    program = recorded(lambda x: np.exp(x) * np.sum(np.sin(x)), np.ones(9))
    with pytest.raises(ag.errors.ProgramError, match=fault):
        verify(replace(program, groups=(group,)))


def test_nothing_is_written_into_what_was_only_a_block() -> None:
    def f(x: Any) -> Any:
        y = np.sum(np.sin(x) * np.cos(x) + x, axis=0)
        return np.exp(np.cumsum(np.tanh(x + y), 0)) @ np.ones((3, 3))

    program = PASSES["dead_code"](recorded(f, np.ones((20, 3))))
    planned = verify(buffers(fusion.fusion(program), smallest=1), "buffers")
    assert planned.groups
    np.testing.assert_allclose(of_text(planned, np.ones((20, 3)))[0], f(np.ones((20, 3))), rtol=1e-12)
    spoilt = [replace(x, into=planned.instructions[0].id) if x.fn is np.cumsum else x for x in planned.instructions]
    with pytest.raises(ag.errors.ProgramError, match="only blocks"):
        verify(planned.having(instructions=tuple(spoilt)))


def test_names_of_the_user_s_are_no_names_of_the_loop_s() -> None:
    def f(x: Any, i: Any, x_part: Any) -> Any:
        j = np.exp(x) * x_part
        return np.sin(j * i) + x_part

    x = np.linspace(0.0, 1.0, 20)
    program = PASSES["dead_code"](recorded(f, x, x + 1, x - 1))
    np.testing.assert_allclose(of_text(fusion.fusion(program), x, x + 1, x - 1)[0], f(x, x + 1, x - 1), rtol=1e-12)
    module = NumpyText(fusion.fusion(program))
    assert module.text() == module.text()


def test_small_arrays_have_no_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fusion, "SMALLEST", 1 << 20)
    program = recorded(expression, np.ones(1000))
    assert fusion.fusion(program) is program
    assert not functools.reduce(lambda found, stage: found or stage[1].groups, measured(program), ())
