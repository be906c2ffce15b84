"""Types: what checkers make of a user's program, and of single expressions."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "tests" / "typed" / "program.py"
SETUP = """
from __future__ import annotations
import numpy as np
from numpy.typing import NDArray
import autograd_lite as ag
import autograd_lite.numpy as anp
from autograd_lite import nn
Floats = NDArray[np.float64]
def f(x: Floats, k: float = 1.0) -> np.float64: return np.float64(k * x.sum())
def g(x: ag.Tensor) -> ag.Tensor: return x.sum()
def h(x: Floats) -> tuple[np.float64, str]: return f(x), "aux"
def tree(p: dict[str, Floats], *, k: int = 1) -> np.float64: return f(p["a"])
def run(x: Floats, t: ag.Tensor, model: nn.Module) -> None:
"""
TENSOR, ARRAY = "Tensor", "ndarray[...]"
REVEALED = {
    "-t": TENSOR, "t + 1": TENSOR, "2.0 * t": TENSOR, "t @ t": TENSOR, "t / t": TENSOR, "t ** 2": TENSOR,
    "t == t": TENSOR, "t != 1": TENSOR, "t < 1": TENSOR, "abs(t)": TENSOR, "t[0, 1:]": TENSOR, "t.T": TENSOR,
    "t.mT": TENSOR, "t.sum()": TENSOR, "t.mean(axis=0, keepdims=True)": TENSOR, "t.reshape(-1, 2)": TENSOR,
    "t.view(3)": TENSOR, "t.exp()": TENSOR, "t.max(1)": TENSOR, "t.argmax(1)": TENSOR, "t.matmul(t)": TENSOR,
    "t.softmax(axis=1)": TENSOR, "t.clamp(min=0)": TENSOR, "t.astype(float)": TENSOR, "t.float()": TENSOR,
    "t.detach()": TENSOR, "t.clone()": TENSOR, "t.unsqueeze(0)": TENSOR, "t.masked_fill(t > 0, 0.0)": TENSOR,
    "t.add_(1)": TENSOR, "t.zero_()": TENSOR, "t.requires_grad_()": TENSOR, "t.topk(2).values": TENSOR,
    "t.unbind()": "tuple[Tensor, ...]", "t.split(2)": "tuple[Tensor, ...]", "[row for row in t]": "list[Tensor]",
    "t.grad": "Tensor | None", "t.shape": "tuple[int, ...]", "t.ndim": "int", "t.size": "Count",
    "t.size(0)": "int", "t.numel()": "int",
    "t.is_leaf": "bool", "t.name": "str | None", "t.dtype": "dtype[Any]", "t.data": ARRAY, "t.numpy()": ARRAY,
    "t.equal(t)": "bool", "t.backward()": "None", "len(t)": "int", "float(t)": "float",
    "ag.linalg.inv(t)": TENSOR, "ag.fft.fft(t)": TENSOR, "ag.numpy.zeros(2)": TENSOR,
    "ag.tensor([1.0])": TENSOR, "ag.relu(t)": TENSOR, "ag.relu(x)": ARRAY, "ag.softmax(t, axis=0)": TENSOR,
    "ag.logsumexp(t)": TENSOR, "ag.mean_squared_error(t, x)": TENSOR, "nn.functional.mse_loss(t, x)": TENSOR,
    "nn.functional.cross_entropy(t, x)": TENSOR, "nn.functional.linear(x, t)": TENSOR,
    "model(t)": TENSOR, "nn.Linear(2, 1)(x)": TENSOR, "nn.MSELoss()(t, t)": TENSOR, "model.train()": "Module",
    "nn.Sequential(model).eval()": "Sequential", "next(model.parameters())": "Parameter",
    "anp.exp(t)": TENSOR, "anp.sum(t, axis=0)": TENSOR, "anp.zeros(2)": TENSOR, "anp.array([t, 1.0])": TENSOR,
    "anp.linalg.inv(t)": TENSOR, "anp.fft.fft(t)": TENSOR, "anp.linalg.slogdet(t)": "Any", "anp.pi": "Any",
    "ag.grad(f)": "(x: ndarray[...], k: float = 1.0) -> Any", "ag.grad(f)(x, k=2.0)": "Any",
    "ag.value_and_grad(f)": "(x: ndarray[...], k: float = 1.0) -> tuple[float64, Any]",
    "ag.value_and_grad(g)(t)": "tuple[Tensor, Any]",
    "ag.value_and_grad(h, has_aux=True)(x)": "tuple[tuple[float64, str], Any]",
    "ag.elementwise_grad(f)": "(x: ndarray[...], k: float = 1.0) -> Any",
    "ag.vjp(f, x)": "tuple[float64, Pullback]",
    "ag.vjp(h, x, has_aux=True)": "tuple[float64, Pullback, str]", "ag.jvp(f, (x,), (x,))": "tuple[float64, float64]",
    "ag.linearize(f, x)": "tuple[float64, Pushforward]", "ag.hvp(g, (t,), (t,))": TENSOR,
    "ag.jacobian(f)": "(x: ndarray[...], k: float = 1.0) -> Any",
    "ag.hessian(f)": "(x: ndarray[...], k: float = 1.0) -> Any",
    "ag.vmap(f)": "(x: ndarray[...], k: float = 1.0) -> float64",
    "ag.checkpoint(f)": "(x: ndarray[...], k: float = 1.0) -> float64",
    "ag.custom_op(f)(x, k=1.0)": "float64", "ag.custom_op(f).defvjp(lambda g: g)(x)": "float64",
    "ag.compile(f)(x, k=1.0)": "float64", "ag.compile(backend='cc')(g)(t)": TENSOR, "ag.compile(f).source": "str",
    "ag.compile(f).program": "CompiledProgram", "ag.compile(f).program.report()": "Report",
    "ag.gradcheck(f, x).ok": "bool", "ag.visualize(t)": "Picture",
    "ag.optimize.minimize(f, x).x": ARRAY, "ag.optimize.minimize(tree, {'a': x}).x": "dict[str, ndarray[...]]",
    "ag.optimize.minimize(f, [1.0, 2.0]).x": ARRAY, "ag.optimize.minimize(f, x).success": "bool",
    "ag.grad(lambda v: np.sum(v**2))(x)": None, "ag.value_and_grad(lambda v: np.sum(v**2))(x)": None,
    "ag.hessian(lambda v: np.sum(v**2))(x)": None, "ag.elementwise_grad(np.sin)(x)": None,
    "ag.grad(ag.grad(lambda v: v**3))(2.0)": None, "ag.vmap(lambda v: v * 2)(x)": None,
    "ag.compile(lambda v: v * 2)(x)": None, "ag.grad(model)(x)": None, "ag.jvp(lambda v: v * 2, (x,), (x,))": None,
    "ag.hvp(lambda v: v**2, (x,), (x,))": None,
}  # fmt: skip
"""What an expression is; None where only its being right matters. ``ndarray[...]`` stands for any array."""
WRONG = [
    "ag.gradd(f)", "nn.Linnear(1, 2)",
    "ag.relu()", "ag.grad(f)()", "ag.compile(f)(x, 1.0, 2.0)", "ag.vmap(f)(x, z=1)", "t.summ()",
    "ag.custom_op(f)(x, z=1)",
    "ag.softmax(t, dim=1)", "t.sum(dim=1)", "model.paramters()",
]  # fmt: skip
"""What a checker has to find."""


def simplified(text: str) -> str:
    """Return a type as both checkers could write it: without modules, and with no parameters of arrays."""
    text = re.sub(r"\b(?:\w+\.)+(?=\w)", "", text.replace("def (", "(").strip('"'))
    text = re.sub(r"\bk: float =( 1)?(?=\))", "k: float = 1.0", text)
    within = r"(?:[^\[\]]|\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\])*"
    text = re.sub(rf"\b(?:ndarray|NDArray)\[{within}\]", "ndarray[...]", text)
    return text.replace("floating[_64Bit]", "float64")


def lines(tmp_path: Path) -> Path:
    """Write the expressions of the table, each on a line of its own."""
    rows = [f"    reveal_type({row})" for row in REVEALED] + [f"    {row}" for row in WRONG]
    target = tmp_path / "revealed.py"
    target.write_text(SETUP + "\n".join(rows) + "\n", encoding="utf-8")
    return target


def check(found: list[tuple[int, str, str]], program: list[str]) -> None:
    """Compare what a checker said, as line, kind and text, with the table."""
    assert not program, program
    first = SETUP.count("\n") + 1
    revealed = {line: text for line, kind, text in found if kind != "error"}
    errors = {line: text for line, kind, text in found if kind == "error"}
    wrong = {}
    for line, (row, expected) in enumerate(REVEALED.items(), first):
        got = simplified(revealed.get(line, "nothing"))
        if line in errors or (expected is not None and got != expected):
            wrong[row] = got, expected, errors.get(line)
    assert not wrong, "\n".join(f"{row}: {what}" for row, what in wrong.items())
    missed = [row for line, row in enumerate(WRONG, first + len(REVEALED)) if line not in errors]
    assert not missed


def said_by(command: list[str], folder: Path) -> str:
    """Return what a checker writes."""
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT)}
    given = {"cwd": folder, "env": environment, "timeout": 300}
    try:
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False, **given)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout


@pytest.mark.skipif(not find_spec("mypy"), reason="mypy is not installed")
def test_mypy(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    target = lines(tmp_path)
    cache = request.config.cache.mkdir("mypy")
    text = said_by(["mypy", "--strict", "--cache-dir", str(cache), str(PROGRAM), str(target)], ROOT)
    found = [
        (int(line), kind, re.sub(r'^Revealed type is "(.*)"$', r"\1", said))
        for line, kind, said in re.findall(r"revealed\.py:(\d+): (note|error): (.*)", text)
        if kind == "error" or said.startswith("Revealed")
    ]
    check(found, [line for line in text.splitlines() if "program.py" in line])


@pytest.mark.skipif(not find_spec("pyright"), reason="pyright is not installed")
def test_pyright(tmp_path: Path) -> None:
    target = lines(tmp_path)
    copy = tmp_path / "program.py"
    copy.write_text(PROGRAM.read_text(encoding="utf-8"), encoding="utf-8")
    settings = {"include": [copy.name, target.name], "extraPaths": [str(ROOT)]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    text = said_by(["pyright", "--pythonpath", sys.executable], tmp_path)
    if "information" not in text:
        pytest.skip("pyright does not start here: it may want to be downloaded")
    found = [
        (int(line), kind, re.sub(r'^Type of ".*" is "(.*)"$', r"\1", said))
        for line, kind, said in re.findall(r"revealed\.py:(\d+):\d+ - (error|information): (.*)", text)
    ]
    check(found, [line for line in text.splitlines() if "program.py:" in line])


def test_the_program_runs() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", str(PROGRAM)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert not done.returncode, done.stderr
