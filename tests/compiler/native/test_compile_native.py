"""The native backends compute what NumPy does: every row of the table, its gradients, and whole training runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from cases import Case
from test_compile_cases import FIXED, step

import autograd_lite as ag

PROGRAMS = {"cc": 22, "numba": 45}
"""Programs that rows are in: a compiler takes its time for each. Another row makes one program another, not all."""


def chunks(backend: str) -> list[Any]:
    """One program for each chunk of rows: half of those whose turn it is, by numba one; the others are slow."""
    found, count = [], PROGRAMS[backend]
    for turn in (True, False):
        for k in range(count):
            rows = [row for row in FIXED if row.number() % count == k and row.turn("native code") == turn]
            now = k % 2 == 0 if backend == "cc" else k == 0
            slow = [] if turn and now else [pytest.mark.slow]
            name = f"{backend}-{k}{'' if turn else '-others'}"
            found.append(pytest.param(backend, rows, id=name, marks=[ABSENT[backend], *slow]))
    return found


def outcomes(rows: list[Case], weights: list[list[Any]], call: Any, scale: float) -> list[list[Any]]:
    """The values and gradients of several rows."""
    tensors = [[ag.Tensor(scale * x, requires_grad=True) for x in row.inputs] for row in rows]
    found = []
    for results, inputs in zip(call(rows, weights, tensors), tensors, strict=True):
        values = [y.numpy() if isinstance(y, ag.Tensor) else np.asarray(y) for y in results]
        found.append([*values, *(np.zeros(()) if t.grad is None else t.grad.numpy() for t in inputs)])
    return found


def steps(rows: list[Case], weights: list[list[Any]], tensors: list[list[Any]]) -> list[list[Any]]:
    return [step(row, w, *inputs) for row, w, inputs in zip(rows, weights, tensors, strict=True)]


@pytest.mark.parametrize(("backend", "rows"), [*chunks("cc"), *chunks("numba")])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_rows_in_native_code_are_the_rows(backend: str, rows: list[Case]) -> None:
    weights = []
    for row in rows:
        rng = row.rng()
        weights.append([rng.standard_normal(np.shape(y)) for y in row(*row.inputs)])
    compiled = ag.compile(lambda tensors: steps(rows, weights, tensors), backend=backend)
    for scale in (1.0, 0.9375, 1.0):
        expected = outcomes(rows, weights, steps, scale)
        found = outcomes(rows, weights, lambda _rows, _weights, tensors: compiled(tensors), scale)
        for row, wanted, got in zip(rows, expected, found, strict=True):
            for a, b in zip(wanted, got, strict=True):
                assert (a.shape, a.dtype) == (b.shape, b.dtype), row.name
                np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13, err_msg=row.name)
    assert compiled.programs.recordings == 1
    assert "kernel_" in compiled.program.native.report()
