"""Each pass: what it takes out, what it leaves, and that the values stay; the verifier; the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from carried_out import values_of

import autograd_lite as ag
from autograd_lite.compiler.passes import PASSES, measured
from autograd_lite.compiler.passes.buffers import buffers
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.program import Program, Ref

X, Y = np.linspace(-2.0, 2.0, 12).reshape(3, 4), np.linspace(1.0, 2.0, 12).reshape(3, 4)


def recorded(f: Callable[..., Any], *args: Any) -> Program:
    compiled = ag.compile(f, passes=())
    compiled(*args)
    return compiled.program.recorded.program


def run(program: Program, *args: Any) -> tuple[Any, ...]:
    places = {x.id: args[x.owner] for x in program.inputs}
    with np.errstate(all="ignore"):
        return values_of(program, places)


def names(program: Program) -> list[str]:
    return [x.fn.__name__ for x in program.instructions]


CASES: dict[str, tuple[str, Callable[..., Any], list[str], list[str]]] = {
    "unused": ("dead_code", lambda x, y: (np.exp(x), np.sin(y))[0], ["exp", "sin"], ["exp"]),
    "constants": ("constant_folding", lambda x, y: x + np.exp(np.zeros_like(x)), ["zeros_like", "exp", "add"], ["add"]),
    "product by one": ("algebra", lambda x, y: 1 * x * 1.0 / 1, ["multiply", "multiply", "divide"], []),
    "product by an array of one": ("algebra", lambda x, y: np.array(1.0) * x, ["multiply"], []),
    "a minus in a sum": ("algebra", lambda x, y: x + (-y), ["negative", "add"], ["subtract"]),
    "a minus in front": ("algebra", lambda x, y: -y + x, ["negative", "add"], ["subtract"]),
    "two minuses": ("algebra", lambda x, y: -np.negative(x), ["negative", "negative"], []),
    "minus a minus": ("algebra", lambda x, y: x - (-y), ["negative", "subtract"], ["add"]),
    "minus zero": ("algebra", lambda x, y: x - 0.0, ["subtract"], []),
    "plus zero stays": ("algebra", lambda x, y: x + 0.0, ["add"], ["add"]),
    "a difference with itself stays": ("algebra", lambda x, y: x - x, ["subtract"], ["subtract"]),
    "a product by zero stays": ("algebra", lambda x, y: x * 0.0, ["multiply"], ["multiply"]),
    "a product that makes another dtype stays": (
        "algebra", lambda x, y: x.astype(np.float32) * np.array(1.0), ["astype", "multiply"], ["astype", "multiply"],
    ),
    "a copy": ("views", lambda x, y: np.exp(x.copy()), ["copy", "exp"], ["exp"]),
    "the same dtype": ("views", lambda x, y: np.exp(x.astype(float)), ["astype", "exp"], ["exp"]),
    "a transpose of a transpose": ("views", lambda x, y: np.exp(x.T.T), ["transpose", "transpose", "exp"], ["exp"]),
    "a reshape of a reshape": (
        "views", lambda x, y: x.reshape(4, 3).reshape(12) + 1, ["reshape", "reshape", "add"], ["reshape", "add"],
    ),
    "a reshape to the same": ("views", lambda x, y: x.reshape(3, 4) + 1, ["reshape", "add"], ["add"]),
    "axes exchanged": ("views", lambda x, y: x.swapaxes(-1, 0) + 1, ["swapaxes", "add"], ["transpose", "add"]),
    "a repetition that is not needed": (
        "views", lambda x, y: np.broadcast_to(x[:1], (3, 4)) * y, ["getitem", "broadcast_to", "multiply"],
        ["getitem", "multiply"],
    ),
    "the same twice": (
        "common_subexpressions", lambda x, y: np.exp(x) * y + np.exp(x), ["exp", "multiply", "exp", "add"],
        ["exp", "multiply", "add"],
    ),
    "another axis": (
        "common_subexpressions", lambda x, y: np.sum(x, 0).sum() + np.sum(x, 1).sum(), ["sum"] * 4 + ["add"],
        ["sum"] * 4 + ["add"],
    ),
    "a product of matrices": ("small_arrays", lambda x, y: x @ y.T, ["transpose", "matmul"], ["transpose", "dot"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_pass_does_what_it_is_for_and_keeps_the_values(name: str) -> None:
    which, f, before, after = CASES[name]
    program = recorded(f, X, Y)
    assert names(program) == before
    changed = verify(PASSES["dead_code"](PASSES[which](program)), which)
    assert names(changed) == after
    strange = np.where(X > 1, np.nan, np.where(X < -1, -np.inf, -0.0))
    for x in (X, strange):
        for a, b in zip(run(program, x, Y), run(changed, x, Y), strict=True):
            assert np.asarray(a).dtype == np.asarray(b).dtype
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


def test_random_numbers_are_drawn_as_often_as_written() -> None:
    f = ag.compile(lambda x, rng: rng.random(2) + 0 * rng.random(2) * x)
    a, b = np.random.default_rng(0), np.random.default_rng(0)
    for _ in range(3):
        assert np.array_equal(f(1.0, a), b.random(2) + 0 * b.random(2))


def step(x: Any, y: Any) -> Any:
    w = ag.Tensor(x, requires_grad=True)
    a = np.tanh(w * 2 + y)
    loss = np.sum((a[1:] - a[:-1]) ** 2) + np.sum(np.exp(a.T @ a))
    return ag.grad(lambda v: np.sum(np.tanh(v * 2 + y)[1:] ** 2))(x), loss


@pytest.mark.parametrize("left_out", [*PASSES, None])
def test_every_pass_has_a_switch(left_out: str | None) -> None:
    f = ag.compile(step, passes=[name for name in PASSES if name != left_out])
    expected = step(X, Y)
    for _ in range(2):
        found = f(X, Y)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)
    assert found[1].item() == pytest.approx(expected[1].item())
    for name, program in measured(f.program.recorded.program, [n for n in PASSES if n != left_out]):
        verify(program, name)


def test_buffers_are_used_again_and_values_stay() -> None:
    program = recorded(step, X, Y)
    planned = verify(buffers(program, smallest=1), "buffers")
    assert sum(x.into is not None for x in planned.instructions) > 5
    for a, b in zip(run(program, X, Y), run(planned, X, Y), strict=True):
        np.testing.assert_array_equal(a, b)


def long_chain(x: Any) -> Any:
    kept = np.sin(x)
    view = kept[::2]
    for _ in range(5):
        x = np.cos(-x) * kept
    return x, np.sum(view)


def test_a_view_keeps_its_memory() -> None:
    program = recorded(long_chain, X)
    planned = verify(buffers(program, smallest=1), "buffers")
    assert any(x.into is not None for x in planned.instructions)
    for a, b in zip(run(program, X), run(planned, X), strict=True):
        np.testing.assert_array_equal(a, b)


def test_large_arrays_are_written_into_memory_that_is_there() -> None:
    f = ag.compile(lambda x: np.sum(np.exp(-x) * 2 + 1))
    f(np.ones(1000))
    assert f.source.count("out=") == 3
    assert f(np.ones(1000)) == pytest.approx(np.sum(np.exp(-np.ones(1000)) * 2 + 1))


def test_gradients_of_parts_are_added_at_their_places() -> None:
    x = np.linspace(-1, 1, 1000)
    f = ag.compile(ag.grad(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2)))
    for _ in range(2):
        np.testing.assert_allclose(f(x), ag.grad(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2))(x), rtol=1e-12)
    assert any(i.fn is helpers.added_at and i.into is not None for i in f.program.program.instructions)


# ----- the verifier -----


def broken(change: Callable[[Program], Program]) -> Program:
    return change(recorded(lambda x: np.sin(np.exp(x) * 2) + np.exp(x), X))


def _dropped(program: Program) -> Program:
    return program.having(instructions=program.instructions[1:])


def _twice(program: Program) -> Program:
    return program.having(instructions=(program.instructions[0], *program.instructions))


def _over_an_input(program: Program) -> Program:
    first, *rest = program.instructions
    return program.having(instructions=(replace(first, into=program.inputs[0].id), *rest))


def _too_early(program: Program) -> Program:
    exp, times, *rest = program.instructions
    return program.having(
        instructions=(exp, replace(times, into=exp.id), replace(rest[-1], args=(Ref(exp.id), Ref(times.id))))
    )


def _lost(program: Program) -> Program:
    return program.having(outputs=(Ref(999),))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_dropped, "before it is given"), (_twice, "given twice"), (_over_an_input, "memory of an input"),
        (_too_early, "was written over"), (_lost, "never given"),
    ],
)  # fmt: skip
def test_the_verifier_finds_a_fault_and_shows_where(change: Callable[[Program], Program], fault: str) -> None:
    with pytest.raises(ag.errors.ProgramError, match=fault) as caught:
        verify(broken(change), "a pass")
    assert "after a pass" in str(caught.value)
    assert change is _lost or "->" in str(caught.value)


# ----- the text and what else a program shows -----


def test_the_source_is_named_commented_and_runs() -> None:
    w1 = ag.Tensor(np.ones((4, 2)), requires_grad=True, name="W1")

    @ag.compile
    def loss_of(x: Any) -> Any:
        a1 = ag.sigmoid(x @ w1)
        loss = np.sum(a1**2)
        loss.backward()
        return loss

    loss_of(X)
    lines = loss_of.source.splitlines()
    assert any(line.startswith("def loss_of(x, W1):") for line in lines)
    assert any("a1 = " in line and "# (3, 2) float64: sigmoid" in line for line in lines)
    assert any("d_W1 = " in line and "derivative of matmul" in line for line in lines)
    space: dict[str, Any] = {}
    exec(loss_of.source, space)
    loss, gradient = space["loss_of"](X, w1.numpy())
    assert loss == pytest.approx(np.sum(ag.sigmoid(X @ w1.numpy()) ** 2))
    assert np.allclose(gradient, w1.grad.numpy())


def test_the_formulas_of_the_perceptron() -> None:
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    v = {k: ag.Tensor(np.ones(s) / 3, requires_grad=True, name=k) for k, s in shapes.items()}

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        z1 = x @ v["W1"] + v["b1"]
        a1 = ag.sigmoid(z1)
        z2 = a1 @ v["W2"] + v["b2"]
        a2 = ag.sigmoid(z2)
        L = ag.half_squared_error(a2, y)
        L.backward()
        return L

    step(np.ones((2, 2)), np.zeros((2, 2)))
    formulas = step.program.formulas()
    assert "dL/dW2 = a1^T @ dL/dz2" in str(formulas)
    assert "dL/dW1 = x^T @ dL/dz1" in str(formulas)
    assert "dL/da1 = dL/dz2 @ W2^T" in str(formulas)
    assert "dL/dz2 = dL/da2 * sigmoid'(z2)" in str(formulas)
    assert r"\frac{\partial L}{\partial W_{2}} &= a_{1}^\top \, \frac{\partial L}{\partial z_{2}}" in formulas.latex
    assert formulas._repr_latex_().startswith("$$")


def test_the_report_and_the_picture() -> None:
    f = ag.compile(step)
    f(X, Y)
    report = f.program.report().splitlines()
    assert report[0].split() == ["after", "calls", "flops", "bytes", "buffers"]
    assert [line.split("  ")[0].strip() for line in report[1:]] == [
        "recorded", *[n for n in PASSES if n != "buffers"], "copies of what leaves", "buffers",
    ]  # fmt: skip
    source = f.program.visualize().source
    assert source.count("->") > 10
    assert source == f.program.visualize().source
    assert "programs of 1 recordings" in repr(f.programs)


def test_a_compiled_function_is_drawn_before_and_after_the_passes() -> None:
    f = ag.compile(lambda x: np.sum(np.sin(x) * np.sin(x)))
    f(np.ones(3))
    beside = ag.visualize(f).source
    assert 'label="as recorded"' in beside
    assert 'label="after the passes"' in beside
    before, after = beside.split('label="after the passes"')
    assert (before.count('"sin"'), after.count('"sin"')) == (2, 1)
    assert ag.visualize(f.program).source == beside
    assert "as recorded" not in f.visualize().source
