"""What native code promises: the numbers of NumPy at the extremes, its errors, its cache, memory used again."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backends import ABSENT, NATIVE
from test_compile_steps import assert_same, batches, training
from told import path_of

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.compiler.native import c_compiler, cache, layout, numba_compiler, wide
from autograd_lite.compiler.native.kept import Kept
from autograd_lite.compiler.native.scalars import scalar_of
from autograd_lite.engine.registry import declared, is_numpys

EXTREMES = np.array([
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 3.0, np.inf, -np.inf, np.nan, 1e308, -1e308, 5e-324, 710.0, -745.0, 1e-20, 0.1,
])  # fmt: skip
LARGE = 5000  # elements: more than a block of sums, and enough for numba to leave functions to NumPy


def ulps(a: Any, b: Any) -> Any:
    """The distance of two results, in units in the last place of the second; 0 where both are undefined or equal."""
    with np.errstate(all="ignore"):
        distance = np.abs(a - b) / np.spacing(np.maximum(np.abs(b), np.finfo(b.dtype).tiny))
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, distance)


WRITTEN = {fn for fn, _ in declared() if isinstance(fn, np.ufunc) and is_numpys(fn) and scalar_of(fn)}
UFUNCS = sorted(WRITTEN, key=path_of)
TRUTH = {"bitwise_and", "bitwise_or", "bitwise_xor"}


def every_function(x: Any, y: Any) -> list[Any]:
    """Each function of one element, of `x` or of `x` and `y`; those of truth values, of their signs."""
    found = []
    for fn in UFUNCS:
        a, b = (x > 0, y > 0) if fn.__name__ in TRUTH else (x, y)
        found.append(fn(a, b) if fn.nin == 2 else fn(a))
    return found


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_functions_at_the_extremes_are_numpy_s(backend: str, dtype: Any, count: int) -> None:
    x, y = (a.astype(dtype).ravel() for a in np.meshgrid(EXTREMES, EXTREMES))
    x, y = np.tile(x, count), np.tile(y, count)  # few elements, and so many that vectors are used
    compiled = ag.compile(every_function, backend=backend)
    compiled(x, y)
    for fn, got, wanted in zip(UFUNCS, compiled(x, y), every_function(x, y), strict=True):
        assert got.dtype == wanted.dtype, fn.__name__
        if wanted.dtype == bool:
            np.testing.assert_array_equal(got, wanted, err_msg=fn.__name__)
        else:
            worst = int(np.argmax(ulps(got, wanted)))
            told = f"{fn.__name__}({x[worst]}, {y[worst]}): {got[worst]} for {wanted[worst]}"
            assert ulps(got, wanted)[worst] <= 8, told


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("axis", [None, 0, 1, 2, (0, 1), (1, 2), (0, 2), (-1,)], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_over_any_axes(backend: str, axis: Any, keepdims: bool, rng: np.random.Generator) -> None:
    def reduced(x: Any, k: Any) -> list[Any]:
        values = [f(x * 1.5, axis=axis, keepdims=keepdims) for f in (np.sum, np.max, np.min, np.prod, np.mean)]
        return [*values, *[f(x > 0, axis=axis, keepdims=keepdims) for f in (np.sum, np.all, np.any)], np.sum(k, axis)]

    x, k = rng.standard_normal((3, 4, 5)), rng.integers(-9, 9, (3, 4, 5))
    compiled = ag.compile(reduced, backend=backend)
    for undefined in (False, True):
        x[1, 2, 3] = np.nan if undefined else 0.3
        compiled(x, k)
        for got, wanted in zip(compiled(x, k), reduced(x, k), strict=True):
            assert type(got) is type(wanted)
            assert got.dtype == wanted.dtype
            np.testing.assert_allclose(got, wanted, rtol=1e-13)


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rounding_errors_of_sums_do_not_add_up(backend: str, dtype: Any, rng: np.random.Generator) -> None:
    x = rng.standard_normal(300_001).astype(dtype) * 1000
    x[::1000] *= 1000
    exact = float(np.sum(x.astype(np.longdouble)))
    total = ag.compile(lambda x: np.sum(x * 1), backend=backend)
    total(x)
    assert abs(float(total(x)) - exact) <= np.finfo(dtype).eps * float(np.sum(np.abs(x.astype(float))))


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("shape", [(64, 5), (131, 7), (3, 40), (257,)], ids=str)
def test_threads_compute_what_one_does(
    backend: str,
    threads: str,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    slow: bool,
) -> None:
    if backend == "numba" and len(shape) > 1 and shape != (131, 7) and not slow:
        pytest.skip("takes numba seconds for each")
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    monkeypatch.setattr(wide, "WORTH", 100)

    def step(x: Any, k: Any) -> list[Any]:
        y = np.sin(x) * 2.0
        centred = y - np.mean(y, axis=0)
        reduced = [f(y, axis=axis) for f in (np.sum, np.max, np.prod) for axis in (None, 0, -1)]
        slope = ag.grad(lambda x: np.sum(x[1:] ** 3))(x)
        return [y, centred, np.sum(centred * x), *reduced, np.all(x < 9.0), y[k], slope]

    x, k = rng.standard_normal(shape), rng.integers(-3, 3, 200)
    compiled = ag.compile(step, backend=backend)
    compiled(x, k)
    for got, wanted in zip(compiled(x, k), step(x, k), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-13)
    assert "part" in compiled.program.native.source
    with pytest.raises(IndexError):
        compiled(x, np.where(k == k.max(), 1000, k))


@pytest.mark.parametrize("backend", NATIVE)
def test_infinite_sums_are_infinite(backend: str) -> None:
    total = ag.compile(lambda x: np.sum(x * 1), backend=backend)
    x = np.ones(LARGE)
    total(x)
    for value, wanted in ((np.inf, np.inf), (-np.inf, -np.inf), (np.nan, np.nan)):
        x[LARGE // 2] = value
        np.testing.assert_equal(total(x), wanted)


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (3, 2, 5), (4, 16, 16), (7, 30, 33), (13, 8, 100), (33, 40, 9)])
def test_products_of_matrices_of_any_layout(backend: str, dtype: Any, m: int, k: int, n: int) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((m, k)).astype(dtype), rng.standard_normal((k, n)).astype(dtype)

    def products(a: Any, at: Any, b: Any, bt: Any) -> list[Any]:
        return [a @ b, at.T @ b, a @ bt.T, at.T @ bt.T, (a + 0) @ np.maximum(b, 0)]

    tolerance = 1e-5 if dtype is np.float32 else 1e-13
    given = a, np.ascontiguousarray(a.T), b, np.ascontiguousarray(b.T)
    compiled = ag.compile(products, backend=backend)
    compiled(*given)
    for got, wanted in zip(compiled(*given), products(*given), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("backend", NATIVE)
def test_arrays_in_any_order_of_memory(backend: str, rng: np.random.Generator) -> None:
    step = ag.compile(lambda x, y: (np.exp(x) * y, np.sum(x, axis=0)), backend=backend)
    plain = rng.standard_normal((4, 6)), rng.standard_normal((4, 6))
    strange = np.asfortranarray(plain[0]), np.repeat(plain[1], 2, axis=1)[:, ::2]
    step(*plain)
    for got, wanted in zip(step(*strange), step(*plain), strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert step.programs.recordings == 1


@pytest.mark.parametrize("backend", NATIVE)
def test_a_demand_that_is_not_met_is_numpy_s_error(backend: str) -> None:
    loss = ag.compile(ag.nn.functional.cross_entropy, backend=backend)
    x = np.eye(3)
    assert np.isfinite(loss(ag.Tensor(x), np.array([0, 1, 2])).item())
    with pytest.raises(ValueError, match="class that does not exist"):
        loss(ag.Tensor(x), np.array([0, 1, 3]))
    rows = ag.compile(lambda x, i: np.exp(x[i]), backend=backend)
    np.testing.assert_array_equal(rows(x, np.array([2, -1])), np.exp(x[[2, -1]]))
    np.testing.assert_array_equal(rows(x, np.array([-3, 0])), np.exp(x[[-3, 0]]))
    with pytest.raises(IndexError, match="out of bounds"):
        rows(x, np.array([0, 3]))


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("loss", ["cross_entropy", "mse_loss"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 2e-4)])
def test_a_training_run_with_dropout_momentum_and_a_schedule(
    backend: str, loss: str, dtype: Any, tolerance: float, rng: np.random.Generator, slow: bool
) -> None:
    if backend == "numba" and dtype is np.float64 and not slow:
        pytest.skip("takes numba seconds for each")
    plain, model, opt = training(dtype, loss, momentum=0.9)
    step, twin, twin_opt = training(dtype, loss, momentum=0.9)
    compiled = ag.compile(step, backend=backend)
    for i, (x, y) in enumerate(batches(dtype, loss, 40, rng)):
        opt.lr = twin_opt.lr = 0.1 / (1 + 0.05 * i)
        assert_same(plain(x, y), compiled(x, y), tolerance)
        for p, q in zip(model.parameters(), twin.parameters(), strict=True):
            assert_same(p, q, tolerance)
            assert_same(p.grad, q.grad, tolerance)


@pytest.mark.parametrize("backend", NATIVE)
def test_a_thousand_steps_in_native_code(backend: str, rng: np.random.Generator) -> None:
    plain, model, _ = training(momentum=0.5)
    step, twin, _ = training(momentum=0.5)
    compiled = ag.compile(step, backend=backend)
    for x, y in batches(np.float64, "cross_entropy", 1000, rng):
        plain(x, y)
        compiled(x, y)
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert_same(p, q, 1e-9)


@pytest.mark.parametrize("backend", NATIVE)
def test_the_report_says_what_is_left_to_numpy(backend: str) -> None:
    step = ag.compile(lambda a, b: np.sort(np.exp(a @ b) * 2.0, axis=0), backend=backend)
    step(np.ones((200, 200)), np.ones((200, 150)))
    told = step.program.report()
    assert f"backend {backend}:" in told
    assert "matmul -> float64 200x150: left to BLAS" in told
    assert "sort -> float64 200x150: left to NumPy, for kernels can't do it" in told
    assert ("exp -> float64 200x150: left to NumPy's vector instructions" in told) is (backend == "numba")
    assert "kernel_" in step.program.native.source
    assert "np.exp(" in step.source


@ABSENT["cc"]
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sigmoid_in_loops_has_one_exponential() -> None:
    x = np.array([-800.0, -3.0, -0.0, 0.0, 2.0, 800.0, np.inf, -np.inf, np.nan])
    step = ag.compile(lambda x: ag.sigmoid(x), backend="cc")
    for _ in range(2):
        found = step(x)
    assert step.program.native.source.partition("kernel_1")[2].count("exp(") == 1
    np.testing.assert_allclose(found, ag.sigmoid(x), rtol=1e-15)


VECTORS: dict[str, Any] = {
    "matrix by vector": lambda a, v, u: a @ v, "vector by matrix": lambda a, v, u: u @ a,
    "columns by vector": lambda a, v, u: a.T @ u, "vector by columns": lambda a, v, u: v @ a.T,
    "every second": lambda a, v, u: a[::2, ::3] @ v[::3], "backwards": lambda a, v, u: u[::-1] @ a[:, ::-1],
    "two vectors": lambda a, v, u: v @ v, "stacks": lambda a, v, u: np.stack([a, a]) @ np.stack([v, v])[:, :, None],
}  # fmt: skip


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(40, 50), (3, 5)])
def test_products_of_vectors_are_those_of_numpy(
    shape: tuple[int, int], dtype: str, backend: str, rng: np.random.Generator
) -> None:
    a, v, u = (rng.standard_normal(s).astype(dtype) for s in (shape, shape[1], shape[0]))
    step = ag.compile(lambda *args: [np.tanh(0.1 * fn(*args)) for fn in VECTORS.values()], backend=backend)
    for _ in range(3):
        found = step(a, v, u)
    for fn, value in zip(VECTORS.values(), found, strict=True):
        expected = np.tanh(0.1 * fn(a, v, u))
        assert type(value) is type(expected)
        assert (value.shape, value.dtype) == (expected.shape, expected.dtype)
        np.testing.assert_allclose(value, expected, rtol=2e-4 if dtype == "f4" else 1e-12, atol=1e-6)
    assert "left to BLAS" not in step.program.report() or backend == "numba"


def left_to_numpy(fn: Any, *args: Any) -> bool:
    step = ag.compile(fn, backend="numba")
    step(*args)
    return "NumPy's vector instructions" in step.program.report()


@ABSENT["numba"]
def test_functions_are_left_to_numpy_by_what_numba_lacks() -> None:
    x = np.linspace(0.1, 0.9, 2000)
    single = x.astype(np.float32)
    assert left_to_numpy(np.log, x)
    assert left_to_numpy(lambda x: np.power(x, 1.5), x)
    assert left_to_numpy(np.sin, single)
    assert not left_to_numpy(np.sin, x)
    assert not left_to_numpy(lambda x: np.power(x, 2), x)
    assert not left_to_numpy(np.log, x[:10])


@ABSENT["cc"]
def test_blas_computes_products_by_their_multiplications_and_their_dtype() -> None:
    def told(dtype: Any) -> str:
        step = ag.compile(lambda a, b: (a @ b) * 2, backend="cc")
        step(np.ones((20, 50), dtype), np.ones((50, 25), dtype))
        return step.program.report()

    assert "BLAS" in told(np.float64)
    assert "BLAS" not in told(np.float32)


def test_auto_is_the_best_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_compiler, "found", lambda: None)
    monkeypatch.setattr(numba_compiler, "is_installed", lambda: False)
    step = ag.compile(lambda x: x + 1, backend="auto")
    assert step(np.ones(2)).tolist() == [2.0, 2.0]
    assert step.program.native is None


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_compiler, "found", lambda: None)
    monkeypatch.setattr(numba_compiler, "is_installed", lambda: False)
    with pytest.raises(errors.CompileError, match="Install gcc or clang, or write backend='numpy'"):
        ag.compile(lambda x: x + 1, backend="cc")
    with pytest.raises(errors.MissingExtraError, match=r"pip install 'autograd-lite\[jit\]'"):
        ag.compile(lambda x: x + 1, backend="numba")
    with pytest.raises(errors.CompileError, match="Write backend='numpy', or one of"):
        ag.compile(lambda x: x + 1, backend="fortran")


def test_a_compiler_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c_compiler, "found", lambda: "false")
    step = ag.compile(lambda x: x * 12345.5, backend="cc")
    step(np.ones(2))
    with pytest.raises(errors.CompileError, match="false failed"):
        step(np.ones(2))


def test_a_layout_that_is_not_the_known_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    layout.check()
    monkeypatch.setattr(layout, "FLAGS", layout.FLAGS + 1)
    with pytest.raises(errors.CompileError, match="do not lie in memory as"):
        layout.check()


# ----- the cache -----

SCRIPT = textwrap.dedent("""
    import sys
    import numpy as np
    import autograd_lite as ag
    step = ag.compile(lambda x: (np.tanh(x) * 2.0, np.sum(x)), backend=sys.argv[1])
    step(np.arange(4.0))
    print([np.asarray(y).tolist() for y in step(np.arange(4.0))])
""")


def run(backend: str, folder: Path, **more: str) -> str:
    """What a fresh process computes with a cache in a folder."""
    environment = os.environ | {"AUTOGRAD_LITE_CACHE": str(folder)} | more
    command = [sys.executable, "-W", "error", "-c", SCRIPT, backend]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def damage(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


EXPECTED = f"{[(np.tanh(np.arange(4.0)) * 2.0).tolist(), 6.0]}\n"
COMPILED = {"cc": "*.so", "numba": "*.zip"}


@pytest.mark.parametrize("backend", NATIVE)
def test_code_is_kept_between_processes_and_made_anew_where_damaged(backend: str, tmp_path: Path) -> None:
    assert run(backend, tmp_path) == EXPECTED
    made = {path: path.stat().st_mtime_ns for path in tmp_path.glob(COMPILED[backend])}
    assert made
    assert run(backend, tmp_path) == EXPECTED
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob(COMPILED[backend])} == made
    for damaged in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
        damage(damaged)
        assert run(backend, tmp_path) == EXPECTED


@pytest.mark.parametrize("backend", NATIVE)
def test_a_folder_that_can_t_be_written_to_is_no_hindrance(backend: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert run(backend, tmp_path / "file" / "cache", TMPDIR=str(tmp_path)) == EXPECTED


def test_another_processor_is_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    here = cache.key("text")
    monkeypatch.setattr(cache, "machine", lambda: "another one")
    assert cache.key("text") != here != cache.key("text", "more")


# ----- memory -----


def test_an_array_is_written_to_again_only_when_nobody_holds_it() -> None:
    kept = Kept((3,), np.dtype(float))
    first = kept.take()
    second = kept.take()
    assert first is not second
    view, place = first[1:], id(first)
    del first
    assert id(kept.take()) != place
    del view
    assert place in {id(kept.take()) for _ in range(3)}


@pytest.mark.parametrize("backend", NATIVE)
def test_large_results_belong_to_the_caller(backend: str, rng: np.random.Generator) -> None:
    step = ag.compile(lambda x: x * 2.0, backend=backend)
    results = [step(np.full(LARGE, float(i))) for i in range(6)]
    for i, y in enumerate(results):
        np.testing.assert_array_equal(y, np.full(LARGE, 2.0 * i))


@pytest.mark.parametrize("backend", NATIVE)
def test_random_numbers_and_demands_in_one_program(backend: str) -> None:
    def step(x: Any, y: Any, rng: Any) -> Any:
        return ag.nn.functional.cross_entropy(x * rng.random(x.shape), y)

    compiled = ag.compile(step, backend=backend)
    a, b = np.random.default_rng(3), np.random.default_rng(3)
    x, y = ag.Tensor(np.eye(3)), np.array([0, 1, 2])
    for _ in range(3):
        np.testing.assert_allclose(compiled(x, y, a).item(), step(x, y, b).item(), rtol=1e-13)
    assert a.random() == b.random()
