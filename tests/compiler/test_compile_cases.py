"""Compiled equals eager, for every row of the table: values, gradients, and plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows
from cases.table import OF_VALUES

import autograd_lite as ag
from autograd_lite.compiler.passes import measured
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.rules import indexing


def is_ragged(row: Case) -> bool:
    """Tell whether the shape of a result depends on the values."""
    if row.fn in OF_VALUES:
        return row.fn not in (np.piecewise, np.polydiv)
    if row.fn is not indexing.getitem:
        return False
    return [y.shape for y in row(*row.inputs)] != [y.shape for y in row(*[0 * x for x in row.inputs])]


def is_decided(row: Case) -> bool:
    """Tell whether it depends on values what is computed, or whether the result is complex: refused where recorded."""
    if "[BITS, ~BITS]" in row.name:  # conditions that are constant
        return False
    paired = row.fn is np.poly and row.is_complex()
    return paired or row.fn in (np.roots, np.piecewise, np.polydiv) or row.name.startswith("lib.scimath")


def is_written(row: Case) -> bool:
    """Tell whether a plain array is written into, or a function is given to one of NumPy: refused of plain arrays."""
    file = getattr(getattr(row.call, "__code__", None), "co_filename", "")
    given = (np.apply_along_axis, np.apply_over_axes, np.piecewise)
    return file.endswith("placing.py") or "out=" in row.name or row.fn in given


RAGGED = [row for row in CASES if is_ragged(row)]
FIXED = [row for row in CASES if not is_ragged(row) and not is_decided(row)]


def step(row: Case, weights: list[Any], *tensors: Any) -> list[Any]:
    """The results of a row, with the gradients of their weighted sum left in the Tensors."""
    results = row(*tensors)
    total = sum((np.sum(w * y) for w, y in zip(weights, results, strict=True)), 0.0)
    if getattr(total, "requires_grad", False):
        np.real(total).backward()
    return results


def outcome(row: Case, call: Any, scale: float) -> list[Any]:
    tensors = [ag.Tensor(scale * x, requires_grad=True) for x in row.inputs]
    results = call(*tensors)
    values = [y.numpy() if isinstance(y, ag.Tensor) else np.asarray(y) for y in results]
    return [*values, *(np.zeros(()) if t.grad is None else t.grad.numpy() for t in tensors)]


@rows(FIXED)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_row_compiled_is_the_row(row: Case) -> None:
    rng = row.rng()
    results = row(*row.inputs)
    weights = [rng.standard_normal(np.shape(y)) for y in results]
    compiled = ag.compile(lambda *tensors: step(row, weights, *tensors))
    for scale in (1.0, 0.9375, 1.0):
        expected = outcome(row, lambda *ts: step(row, weights, *ts), scale)
        for a, b in zip(expected, outcome(row, compiled, scale), strict=True):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
    assert len(compiled.programs) == 1
    assert compiled.programs.recordings == 1
    for name, program in measured(compiled.programs[0].recorded.program):
        verify(program, name)


@rows([row for row in CASES if is_decided(row)], every=True)
def test_a_row_of_which_values_decide_is_refused(row: Case) -> None:
    tensors = [ag.Tensor(x, requires_grad=True) for x in row.inputs]
    if row.is_complex() and row.name.startswith("lib.scimath"):
        return
    with pytest.raises(ag.errors.CompileError):
        ag.compile(lambda *xs: row(*xs))(*tensors)


@rows([row for row in FIXED if not is_written(row)])
def test_a_row_of_plain_arrays_compiled_is_numpy_s(row: Case) -> None:
    compiled = ag.compile(lambda *arrays: row(*arrays))
    compiled(*row.inputs)
    for expected, y in zip(row(*row.inputs), compiled(*row.inputs), strict=True):
        assert type(expected) is type(y)
        assert np.asarray(expected).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(expected, y, rtol=1e-13, atol=1e-15)


@rows(RAGGED, every=True)
def test_a_row_whose_shape_depends_on_values_is_refused(row: Case) -> None:
    with pytest.raises(ag.errors.CompileError, match=r"np\.where"):
        ag.compile(lambda *xs: row(*xs))(*row.inputs)
