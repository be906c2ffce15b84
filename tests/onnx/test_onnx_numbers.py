"""Functions that are exported have NumPy's numbers at zeros of both signs, infinities, NaN and negative integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import ran

import autograd_lite as ag
from autograd_lite.onnx.rows import TABLE
from autograd_lite.onnx.rows.elementwise import Elementwise

FINITE = [0.0, -0.0, 1.0, -1.0, 0.3, -0.7, 2.5, -2.5, 3.5, 1e-9, -1e-9, 17.0, -40.0]
FLOATS = [*FINITE, 1e30, -1e30, np.inf, -np.inf, np.nan]
INTEGERS = [0, 1, -1, 2, -2, 3, -3, 7, -7, 20]
BITS = {np.left_shift, np.right_shift, np.invert, np.bitwise_and, np.bitwise_or, np.bitwise_xor}
UNSEEN = {np.conjugate, np.ldexp, *BITS}
UFUNCS = [f for f in TABLE if isinstance(f, np.ufunc) and f.signature is None and f.nout == 1 and f not in UNSEEN]


def is_operator(ufunc: Any) -> bool:
    """Tell whether it is one operator, and no formula: in these a choice of onnxruntime's gives zeros no sign."""
    row = TABLE.get(ufunc)
    return isinstance(row, Elementwise) and row.double is None and row.op not in ("Max", "Min")


def grid(count: int, values: list[Any], dtype: Any) -> list[Any]:
    return [a.ravel() for a in np.meshgrid(*[np.array(values, dtype)] * count)]


def compare(function: Any, arrays: list[Any], near: float) -> None:
    with np.errstate(all="ignore"):
        expected = function(*arrays)
        (found,) = ran(ag.onnx.export(function, tuple(arrays)), *arrays)
    assert found.dtype == expected.dtype
    with np.errstate(all="ignore"):
        far = ~np.isclose(found, expected, rtol=near, atol=0, equal_nan=True)
    if found.dtype.kind == "f":
        far &= ~((np.abs(found) < 1e-300) & (np.abs(expected) < 1e-300))
        if is_operator(function):
            far |= (found == 0) & (expected == 0) & (np.signbit(found) != np.signbit(expected))
    wrong = [(*[a[i] for a in arrays], found[i], expected[i]) for i in np.flatnonzero(far)]
    assert not wrong, wrong[:10]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=[f.__name__ for f in UFUNCS])
def test_special_numbers(ufunc: Any, dtype: str) -> None:
    values = FLOATS if ufunc not in (np.floor_divide, np.remainder, np.fmod, np.power) else [*FINITE, *FLOATS[-3:]]
    compare(ufunc, grid(ufunc.nin, values, dtype), 1e-12 if dtype == "float64" else 1e-5)


@pytest.mark.parametrize("dtype", ["int64"])
@pytest.mark.parametrize("ufunc", UFUNCS, ids=[f.__name__ for f in UFUNCS])
def test_integers(ufunc: Any, dtype: str) -> None:
    if f"{'l' * ufunc.nin}" not in "".join(t.split("->")[0] for t in ufunc.types if "l" in t):
        return  # NumPy makes floats of them
    values = INTEGERS if ufunc is not np.power else [*INTEGERS[:2], 2, 3, 7]
    compare(ufunc, grid(ufunc.nin, values, dtype), 1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gelu_is_zero_at_minus_infinity(dtype: str) -> None:
    compare(ag.nn.functional.gelu, [np.array([-np.inf, np.inf, np.nan, -1e30, -60.0, -3.0, 0.0, 2.0], dtype)], 1e-3)
