"""What several test files use: leaves, a network, a check by differences, the registry, programs run by themselves."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.engine.forms import elementwise
from autograd_lite.engine.registry import declared

ROOT = Path(__file__).parent.parent


class Failure(Exception):
    """What a test raises and expects to come through."""


def leaf(data: Any = (1.0, 2.0, 3.0), name: str | None = None, dtype: Any = None) -> ag.Tensor:
    return ag.Tensor(data, requires_grad=True, name=name, dtype=dtype)


def network(**settings: Any) -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 3, **settings), nn.Sigmoid(), nn.Linear(3, 2, **settings), nn.Softmax(-1))


def check_gradient(f: Callable[..., Any], *values: Any) -> None:
    """Compare the gradients of ``f(*tensors)``, weighted at random, with central differences."""
    tensors = [leaf(np.array(v, float)) for v in values]
    y = f(*tensors)
    weights = np.random.default_rng(1).standard_normal(y.shape)
    y.backward(weights)
    for k, t in enumerate(tensors):
        expected = np.zeros(t.shape)
        for place in np.ndindex(t.shape):
            sums = []
            for step in (1e-6, -1e-6):
                moved = [np.array(v, float) for v in values]
                moved[k][place] += step
                sums.append(np.sum(weights * f(*map(ag.Tensor, moved)).numpy()))
            expected[place] = (sums[0] - sums[1]) / 2e-6
        actual = np.zeros(t.shape) if t.grad is None else t.grad
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-8)


def stored(state: Any) -> Any:
    """Return a state as it comes back from a file."""
    file = io.BytesIO()
    ag.save(state, file)
    return ag.load(io.BytesIO(file.getvalue()))


def registered() -> dict[Any, Any]:
    """Return what the package itself has in its registry, without what a test file declares while it is imported."""
    return {
        fn: op
        for fn, op in declared()
        if (getattr(fn, "__module__", None) or "numpy").startswith(("numpy", "autograd_lite"))
    }


def run(program: str, python: str = sys.executable, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, in which this package is found."""
    environment = {"PYTHONPATH": str(ROOT), "PYTHONFAULTHANDLER": "1"} | environment
    return subprocess.run(
        [python, "-c", program], capture_output=True, text=True, timeout=300, env=os.environ | environment, check=False
    )


def printed(program: str, **environment: str) -> str:
    """Run a program that must succeed, and return what it printed."""
    done = run(program, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ----- gradient checks -----


def numbers(*shape: int, dtype: Any = float) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def sine(rule: Callable[..., Any]) -> Any:
    """An operation that computes the sine, with another derivative."""
    return elementwise(lambda x: np.sin(x), rule)


def only(found: tuple[Any, ...]) -> Any:
    (fault,) = found
    return fault
