"""Formulas of compiled functions: of every transform, and of every operation in the table; and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import Case, rows
from test_compile_cases import FIXED, step

import autograd_lite as ag
from autograd_lite.compiler.text.formulas import Formulas

X = np.array([0.3, 0.7])
MATRIX = np.array([[2.0, 0.3], [0.3, 1.0]])


def number(x: Any) -> Any:
    return np.sum(np.sin(x) * x)


def vector(x: Any) -> Any:
    return np.sin(x) * x


def training() -> Callable[..., Any]:
    model = ag.nn.Sequential(ag.nn.Linear(2, 3), ag.nn.Tanh(), ag.nn.Linear(3, 1))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (model(x) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    return step


FUNCTIONS: dict[str, tuple[Callable[..., Any], Any]] = {
    "plain": (vector, X),
    "its argument": (lambda x: x, X),
    "a constant": (lambda x: np.ones(2), X),
    "a copy": (lambda x: x.copy(), X),
    "a tree": (lambda x: {"a": (x * 2, [x + 1]), "b": None, "c": "text"}, X),
    "nothing": (lambda x: None, X),
    "grad": (ag.grad(number), X),
    "grad of grad": (ag.grad(lambda x: np.sum(ag.grad(number)(x))), X),
    "value_and_grad": (ag.value_and_grad(number), X),
    "elementwise_grad": (ag.elementwise_grad(vector), X),
    "vjp": (lambda x: ag.vjp(number, x)[1](1.0), X),
    "jvp": (lambda x: ag.jvp(vector, (x,), (np.ones(2),)), X),
    "linearize": (lambda x: ag.linearize(vector, x)[1](x), X),
    "hvp": (lambda x: ag.hvp(number, (x,), (x,)), X),
    "jacobian": (ag.jacobian(vector), X),
    "jacobian, reverse": (ag.jacobian(vector, mode="reverse"), X),
    "hessian": (ag.hessian(number), X),
    "vmap": (ag.vmap(number), MATRIX),
    "vmap of grad": (ag.vmap(ag.grad(number)), MATRIX),
    "several results": (np.linalg.eigh, MATRIX),
    "einsum": (lambda a: np.einsum("ij,jk->ik", a, a), MATRIX),
    "joined": (lambda a: np.concatenate([a, 2 * a]), MATRIX),
    "a loop": (lambda x: _repeated(x, 60), X),
    "grad of a loop": (ag.grad(lambda x: np.sum(_repeated(x, 60))), X),
    "a number": (lambda x: x * 3 - 1, 2.0),
    "random numbers": (lambda rng: rng.normal(size=3) * 2, np.random.default_rng(0)),
    "a training step": (training(), MATRIX),
}


def _repeated(x: Any, times: int) -> Any:
    for _ in range(times):
        x = np.sin(x) * x + np.cos(x)
    return x


def well_formed(formulas: Formulas) -> None:
    text, latex = str(formulas), formulas.latex
    lines = text.splitlines()
    lefts, loop = [], ""
    for line in lines:
        if line.strip().startswith("loop_") and line.endswith(":"):
            loop = line  # has names of its own
            continue
        left, right = line.split(" = ", 1)
        lefts.append((loop, left))
        assert left
        assert right.strip()
        assert line.isprintable()
        assert line.count("(") == line.count(")")
    assert len(set(lefts)) == len(lefts)
    plain = re.sub(r"\\[{}]", "", latex)
    assert plain.count("{") == plain.count("}")
    assert latex.count(r"\left") == latex.count(r"\right")
    assert latex.count(r"\\") == len(lines)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_formulas_of_every_transform(name: str) -> None:
    f, x = FUNCTIONS[name]
    compiled = ag.compile(f)
    compiled(x)
    formulas = compiled.program.formulas()
    well_formed(formulas)
    assert formulas.text or name == "nothing"
    assert len(formulas.text) < 300 * max(len(compiled.program.recorded.program.instructions), 1)


@rows(FIXED)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_the_formulas_of_every_operation(row: Case) -> None:
    weights = [1.0 for _ in row(*row.inputs)]
    compiled = ag.compile(lambda *tensors: step(row, weights, *tensors))
    compiled(*[ag.Tensor(x, requires_grad=True) for x in row.inputs])
    well_formed(compiled.program.formulas())


@pytest.mark.parametrize(
    ("f", "x", "text"),
    [
        (vector, X, "result = sin(x) * x"),
        (lambda x: x + 1, X, "result = x + 1"),
        (lambda x: (x, x.T, 2 * x), MATRIX, "result_1 = x\nresult_2 = x^T\nresult_3 = 2 * x"),
        (lambda x: np.transpose(x, (1, 0, 2)), np.ones((1, 2, 3)), "result = transpose(x, (1, 0, 2))"),
        (lambda x: x - (x - (-2.0)), X, "result = x - (x - (-2))"),
    ],
)  # fmt: skip
def test_what_they_say(f: Callable[..., Any], x: Any, text: str) -> None:
    compiled = ag.compile(f)
    compiled(x)
    assert str(compiled.program.formulas()) == text


def test_a_value_is_not_called_as_another_one() -> None:
    def f(result: Any, t1: Any) -> Any:
        shared = np.sin(result) * np.cos(t1) * np.exp(t1)
        return shared * shared, result * t1

    compiled = ag.compile(f)
    compiled(X, X)
    lefts = [line.split(" = ")[0] for line in str(compiled.program.formulas()).splitlines()]
    assert not {"result", "t1"} & set(lefts)


def test_a_function_that_was_never_called_says_so_and_one_whose_first_call_made_state_needs_another() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    optimizer = ag.optim.SGD([w], lr=0.1, momentum=0.9)

    @ag.compile
    def step() -> None:
        optimizer.zero_grad()
        (w * w).sum().backward()
        optimizer.step()

    with pytest.raises(ag.errors.CompileError, match="never called"):
        _ = step.program
    step()
    with pytest.raises(ag.errors.CompileError, match=r"Write step\(\.\.\.\) once more"):
        _ = step.program
    step()
    assert "dL/dw" in str(step.program.formulas())
