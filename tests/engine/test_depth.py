"""Depth and complexity: long graphs are built, swept and dropped without recursion, and in linear work.

The programs below run in a process of their own, once for each CPython found here: the interpreters differ in how deep
they recurse when they free an object, and one that goes too deep dies without an exception.
"""

from __future__ import annotations

import functools
import gc
import os
import shutil
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from helpers import run

import autograd_lite as ag
from autograd_lite.engine.graph import reachable
from autograd_lite.rules import indexing

# ----- other interpreters -----

VERSIONS = [(3, minor) for minor in range(11, 16)]


def candidates(version: tuple[int, int]) -> list[str]:
    """Return where an interpreter of `version` may be: this one, on the PATH, or among those of pyenv."""
    name = "python{}.{}".format(*version)
    here = [sys.executable] if sys.version_info[:2] == version else []
    on_path = [found] if (found := shutil.which(name)) else []
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    return here + on_path + sorted(map(str, pyenv.glob("{}.{}.*/bin/python".format(*version))))


@functools.cache
def interpreter(version: tuple[int, int]) -> str | None:
    """Return an interpreter of `version` that has NumPy 2.1 or later."""
    probe = (
        f"import sys, numpy; assert sys.version_info[:2] == {version}; "
        "assert numpy.lib.NumpyVersion(numpy.__version__) >= '2.1.0'"
    )
    return next((python for python in candidates(version) if run(probe, python).returncode == 0), None)


PRELUDE = """
import gc, random, sys, threading
import numpy as np
import autograd_lite as ag

def chain(n):
    x = ag.Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(n):
        y = y * 1.0
    return x, y

def chain_with_skips(n):
    "Each result also uses one of the last hundred."
    draw = random.Random(0)
    x = ag.Tensor(1.0, requires_grad=True)
    recent = [x]
    for _ in range(n):
        recent.append(recent[-1] * 0.5 + draw.choice(recent) * 0.5)
        del recent[:-100]
    return x, recent[-1]

def swept(build, n):
    x, y = build(n)
    y.backward()
    assert abs(x.grad.item() - 1.0) < 1e-6, x.grad

def swept_and_kept(build, n):
    x, y = build(n)
    y.backward(retain_graph=True)
    assert abs(x.grad.item() - 1.0) < 1e-6, x.grad
    del y

def dropped(build, n):
    x, y = build(n)
    gc.disable()
    del y
    assert gc.collect() == 0

def dropped_from_within(build, n):
    "The last reference is one of the middle: two halves are freed at different times."
    x, y = build(n)
    z = y * 2.0
    del y
    build = x = None
    del z

def raised(build, n):
    "The graph is held by a traceback only."
    try:
        x, y = build(n)
        raise KeyError(y)
    except KeyError:
        pass
    x = y = None

def left_to_the_exit(build, n):
    "The interpreter takes the graph apart while it is shutting down."
    global kept
    kept = build(n)

def in_a_small_stack(fn, *args):
    failures = []
    def target():
        try:
            fn(*args)
        except BaseException as error:
            failures.append(error)
    threading.stack_size(256 * 1024)
    thread = threading.Thread(target=target)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
"""
PROGRAMS = {
    "swept": "in_a_small_stack(swept, chain, 100_000)",
    "swept, with skips": "in_a_small_stack(swept, chain_with_skips, 30_000)",
    "swept and kept": "in_a_small_stack(swept_and_kept, chain, 100_000)",
    "dropped": "in_a_small_stack(dropped, chain, 200_000)",
    "dropped, with skips": "in_a_small_stack(dropped, chain_with_skips, 60_000)",
    "dropped from within": "in_a_small_stack(dropped_from_within, chain, 50_000)",
    "raised": "in_a_small_stack(raised, chain, 50_000)",
    "left to the exit": "in_a_small_stack(left_to_the_exit, chain, 50_000)",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
@pytest.mark.parametrize("version", VERSIONS, ids=["{}.{}".format(*v) for v in VERSIONS])
def test_long_graphs_in_a_stack_of_256_kilobytes(version: tuple[int, int], program: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip("no CPython {}.{} with NumPy 2.1 found here".format(*version))
    done = run(f"{PRELUDE}\n{program}\nprint('done')", python)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


# ----- length -----


def chain(n: int) -> tuple[ag.Tensor, ag.Tensor]:
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    y = x
    for _ in range(n):
        y = y + 1.0
    return x, y


@pytest.mark.parametrize("n", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_long_chain_is_built_swept_and_freed(n: int) -> None:
    x, y = chain(n)
    y.sum().backward()
    np.testing.assert_array_equal(y.detach(), [n + 1.0, n + 2.0])
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])
    del y


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("n", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_long_chain_is_dropped_unswept(n: int) -> None:
    x, y = chain(n)
    del y
    assert gc.collect() == 0
    (x * 2).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


@pytest.mark.parametrize("n", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_a_long_chain_is_differentiated_twice(n: int) -> None:
    x, y = chain(n)
    (y * y).sum().backward(create_graph=True)
    first, x.grad = x.grad, None
    assert first is not None
    first.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 2.0])


def test_python_s_recursion_limit_does_not_matter() -> None:
    x, y = chain(3 * sys.getrecursionlimit())
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])


@pytest.mark.parametrize("n", [40, 1000])
def test_doubling_is_exact_and_linear(n: int) -> None:
    x = ag.Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(n):
        y = y + y
    assert y._node is not None
    assert len(reachable([y._node])) == n + 1
    y.backward()
    assert x.grad is not None
    assert x.grad.item() == 2.0**n


def test_a_leaf_used_a_hundred_thousand_times() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    total = ag.Tensor([0.0, 0.0])
    for _ in range(100_000):
        total = total + x
    total.backward(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(x.grad, [1e5, 1e6])


def test_many_operands_of_one_operation() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    np.concatenate([x] * 10_000).sum().backward()
    np.testing.assert_array_equal(x.grad, [1e4, 1e4])


# ----- work -----


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> list[object]:
    """Have the calls of ``owner.name`` listed by their first argument."""
    calls: list[object] = []
    original: Callable[..., object] = getattr(owner, name)

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(args[0])
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return calls


@pytest.mark.parametrize(
    "read",
    [lambda x, i: x[i], lambda x, i: x[i : i + 1].sum(), lambda x, i: np.take(x, [i]).sum()],
    ids=["element", "slice", "index array"],
)
def test_reading_element_by_element_fills_one_buffer(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[ag.Tensor, int], ag.Tensor]
) -> None:
    n = 300
    x = ag.Tensor(np.arange(float(n)), requires_grad=True)
    total = sum(read(x, i) * float(i) for i in range(n))
    scattered = count_calls(monkeypatch, indexing.scatter.cache, "quiet")
    buffers = count_calls(monkeypatch, np, "zeros")
    total.backward()  # type: ignore[union-attr]
    assert not scattered
    assert [shape for shape in buffers if shape == (n,)] == [(n,)]
    np.testing.assert_array_equal(x.grad, np.arange(n))


def calls_of(work: Callable[[int], object], n: int) -> int:
    """Return how many functions ``work(n)`` calls, of Python and of C."""
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work(n)
    finally:
        sys.setprofile(before)
    return calls


def memory_of(work: Callable[[int], object], n: int) -> int:
    """Return how many bytes ``work(n)`` holds when it holds most."""
    tracemalloc.start()
    try:
        work(n)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def sum_of_elements(n: int) -> None:
    x = ag.Tensor(np.ones(n), requires_grad=True)
    total = x[0]
    for i in range(1, n):
        total = total + x[i]
    total.backward()


def chain_swept(n: int) -> None:
    chain(n)[1].sum().backward()


def leaf_used(n: int) -> None:
    x = ag.Tensor(np.ones(100), requires_grad=True)
    total = x * 1.0
    for _ in range(n):
        total = total + x
    total.sum().backward()


def elements_joined(n: int) -> None:
    x = ag.Tensor(1.0, requires_grad=True)
    np.stack([x] * n).sum().backward()


def chain_differentiated_twice(n: int) -> None:
    x, y = chain(n)
    (y * y).sum().backward(create_graph=True)
    first, x.grad = x.grad, None
    first.sum().backward()  # type: ignore[union-attr]


def chain_dropped(n: int) -> None:
    chain(n)


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize(
    "work", [sum_of_elements, chain_swept, leaf_used, elements_joined, chain_differentiated_twice, chain_dropped]
)
def test_work_grows_with_the_length_and_not_faster(work: Callable[[int], object]) -> None:
    """Four times the length: four times the calls and the memory, where sixteen times would be quadratic.

    Memory may be a step of a growing table more. Work inside of a C function shows in neither: the test of one buffer
    above is about that.
    """
    work(10)  # what is made once
    assert calls_of(work, 1000) <= 4 * calls_of(work, 250)
    assert memory_of(work, 16_000) <= 6 * memory_of(work, 4000)
