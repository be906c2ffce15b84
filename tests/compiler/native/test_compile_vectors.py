"""The C backend calls the vector versions of functions, for float32 as for float64, and they are accurate."""

from __future__ import annotations

import math
import platform
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from test_compile_numbers import special, units

import autograd_lite as ag
from autograd_lite.compiler.native import c_compiler, c_text
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.nn import functional as F
from autograd_lite.rules import normal

pytestmark = [ABSENT["cc"], pytest.mark.filterwarnings("ignore::RuntimeWarning")]

NAMES = {
    "exp": "exp", "log": "log", "sin": "sin", "cos": "cos", "tan": "tan", "tanh": "tanh", "sinh": "sinh",
    "cosh": "cosh", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh",
    "arctanh": "atanh", "exp2": "exp2", "expm1": "expm1", "log1p": "log1p", "log2": "log2", "log10": "log10",
    "cbrt": "cbrt", "power": "pow", "arctan2": "atan2", "hypot": "hypot",
}  # fmt: skip
"""By NumPy's names, what C calls the functions of which the library has vector versions."""
OTHERS = ("erf", "erfc")
"""Those that NumPy has not."""
DTYPES = ("f4", "f8")
WIDER = {"f4": np.float64, "f8": np.longdouble}


def has_vectors() -> bool:
    """Tell whether this compiler and this library have them: gcc, and glibc from 2.35 on."""
    version = platform.libc_ver()
    if platform.machine() != "x86_64" or version[0] != "glibc" or tuple(map(int, version[1].split("."))) < (2, 35):
        return False
    said = subprocess.run([str(c_compiler.found()), "--version"], capture_output=True, text=True, check=False).stdout
    return "clang" not in said and "Free Software Foundation" in said


def called(name: str, *operands: Any) -> Any:
    fn = getattr(np, name)
    return fn(*operands[: fn.nin])


def test_the_table_has_every_function_that_is_declared() -> None:
    declared = re.findall(r"VECTOR(?:_OF_TWO)?\((\w+)\)", c_text.PREAMBLE)
    assert set(declared) - {"name"} == {*NAMES.values(), *OTHERS}


@pytest.mark.skipif(not has_vectors(), reason="no vector versions of functions here")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_library_calls_the_vector_version_of_every_function(dtype: str, tmp_path: Path) -> None:
    x, y = (np.linspace(low, 0.9, 1000).astype(dtype) for low in (0.1, 0.2))
    compiled = ag.compile(lambda a, b: [called(name, a, b) for name in NAMES], backend="cc")
    compiled(x, y)
    kernels = [part for part in compiled.program.native.parts if isinstance(part, Kernel)]
    library = tmp_path / "library.so"
    library.write_bytes(c_compiler._built(c_compiler._command(c_compiler.required()), c_text.text(kernels), True))
    symbols = library.read_bytes()
    letter = "f" if dtype == "f4" else ""
    missing = [name for name in NAMES.values() if not re.search(rf"_ZGV\wN\d+vv?_{name}{letter}\0".encode(), symbols)]
    assert not missing, f"of {dtype}, these are called for one element at a time: {missing}"


def samples(dtype: str, number: int) -> Any:
    """Numbers of all sizes, many of those where functions change, and the special ones."""
    rng = np.random.default_rng(12)
    bits = rng.integers(0, 2 ** (8 * np.dtype(dtype).itemsize), number, dtype=f"u{dtype[1]}").view(dtype)
    near = [rng.uniform(-size, size, number).astype(dtype) for size in (1, 20, 800)]
    return np.concatenate([special(dtype), bits, *near])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_functions_are_exact_to_four_units(name: str, dtype: str, slow: bool) -> None:
    """NOTE: beside a wider type; where a result is infinite, undefined or a zero, it is that one's or NumPy's own."""
    x = samples(dtype, 1 << 20 if slow else 1 << 12)
    operands = (x, np.random.default_rng(3).permutation(x))
    compiled = ag.compile(partial(called, name), backend="cc")
    compiled(*operands)
    got, numpys = compiled(*operands), called(name, *operands)
    wanted = called(name, *[a.astype(WIDER[dtype]) for a in operands])
    rounded = wanted.astype(dtype)
    plain = np.isfinite(rounded) & (rounded != 0) & np.isfinite(got) & (got != 0)
    others = ~plain & ~((got == rounded) & (np.signbit(got) == np.signbit(rounded)))
    assert units(got[others], numpys[others]) == 0, name
    distance = np.abs(got[plain].astype(wanted.dtype) - wanted[plain]) / np.spacing(np.abs(got[plain]))
    worst = int(np.argmax(distance))
    assert distance[worst] <= 4, f"{name}({[a[plain][worst] for a in operands]}): {distance[worst]} units"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OTHERS)
def test_error_functions_are_exact_to_four_units(name: str, dtype: str) -> None:
    fn = normal.erfc if name == "erfc" else pytest.importorskip("scipy.special").erf
    x = samples(dtype, 1 << 12)
    compiled = ag.compile(lambda x: fn(x) + 0, backend="cc")
    compiled(x)
    got = compiled(x)
    wanted = np.array([getattr(math, name)(v) for v in x.tolist()])
    tiny = np.abs(wanted) < np.finfo(dtype).tiny
    np.testing.assert_array_equal(np.isnan(got), np.isnan(x))
    np.testing.assert_allclose(got[tiny], wanted[tiny], atol=np.finfo(dtype).tiny)
    np.testing.assert_allclose(got[~tiny], wanted[~tiny], rtol=4 * np.finfo(dtype).eps)
    assert got.dtype == dtype
    if has_vectors():
        assert f"{name}{'f' if dtype == 'f4' else ''}(" in compiled.program.native.source


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("length", [1, 7, 16, 17, 48, 100, 256, 400, 1000])
@pytest.mark.parametrize("function", [np.max, np.min])
def test_extrema_of_rows_are_numpys(function: Any, length: int, dtype: str, rng: Any) -> None:
    x = rng.standard_normal((12, length)).astype(dtype)
    x[0], x[1], x[2] = -np.inf, np.inf, np.nan
    for row, place in enumerate((0, length // 2, length - 1), 3):
        x[row, place] = np.nan
        x[row + 3, place] = (-1) ** row * 1e30
    both = ag.compile(lambda x: (function(x, axis=1), function(x * 2, axis=(0, 1))), backend="cc")
    for _ in range(2):
        found = both(x)
    np.testing.assert_array_equal(found[0], function(x, axis=1))
    np.testing.assert_array_equal(found[1], function(x * 2))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_exponentials_of_what_is_too_small_are_numpys(dtype: str) -> None:
    edges = [-np.inf, -1e30, -746.1, -745.2, -745.0, -720.0, -708.0, -104.1, -103.9, -100.0, -88.0, -87.0, -64.0, -0.0]
    x = np.array([*edges, np.nan] * 8).astype(dtype)
    exp = ag.compile(np.exp, backend="cc")
    for _ in range(2):
        found = exp(x)
    known = np.finfo(dtype)
    np.testing.assert_allclose(found, np.exp(x), rtol=4 * known.eps, atol=2 * known.smallest_subnormal)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_gelu_and_its_slope_are_those_of_numpys_blocks(dtype: str) -> None:
    ends = [0, -1e-30, 44, -44, 46, -46, np.inf, -np.inf, np.nan]
    x = np.concatenate([np.linspace(-14, 14, 4001), ends]).astype(dtype)

    def both(x: Any) -> Any:
        return F.gelu(x), ag.elementwise_grad(F.gelu)(x)

    step = ag.compile(both, backend="cc")
    for _ in range(2):
        y, slope = step(x)
    value, other = both(x)
    eps, tiny = np.finfo(dtype).eps, np.finfo(dtype).tiny
    np.testing.assert_allclose(y, value, rtol=8 * eps, atol=8 * tiny)
    np.testing.assert_allclose(slope, other, rtol=0, atol=4 * eps)
