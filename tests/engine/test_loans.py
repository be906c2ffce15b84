"""Large plain arrays are lent to transforms, not copied: locked for the call, and free after it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import interrupts
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.loans import LARGE, LOAN

N = LARGE // 8
W = np.array([0.5, -1.0])


def large() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.5, 1.5, (N, 2))


def product(w: Any, a: Any) -> Any:
    return np.sum(np.tanh(a @ w))


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no thread of a test runner's be counted."""
    others = threading.active_count() - 1  # and none that an earlier test has left at rest
    monkeypatch.setattr("sys._current_frames", lambda: dict.fromkeys(range(threading.active_count() - others)))


TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: ag.grad(f)(W),
    "value_and_grad": lambda f: ag.value_and_grad(f)(W),
    "elementwise_grad": lambda f: ag.elementwise_grad(f)(W),
    "jacobian": lambda f: ag.jacobian(f)(W),
    "hessian": lambda f: ag.hessian(f)(W),
    "jvp": lambda f: ag.jvp(f, (W,), (W,)),
    "hvp": lambda f: ag.hvp(f, (W,), (W,)),
    "grad of grad": lambda f: ag.grad(lambda w: np.sum(ag.grad(f)(w) ** 2))(W),
    "has_aux": lambda f: ag.grad(lambda w: (f(w), 1), has_aux=True)(W)[0],
}
KEEPING = {"vjp": lambda f: ag.vjp(f, W)[1](1.0), "linearize": lambda f: ag.linearize(f, W)[1](W)}
transforms = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)


@transforms
def test_an_array_is_locked_within_and_free_after(transform: Any) -> None:
    a, seen = large(), []

    def f(w: Any) -> Any:
        y = product(w, a)
        seen.append(a.flags.writeable)
        return y

    found = transform(f)
    assert seen == [False]
    assert a.flags.writeable
    assert LOAN == [None]
    for x, y in zip(ag.tree.leaves(found), ag.tree.leaves(transform(lambda w: product(w, ag.Tensor(a)))), strict=True):
        np.testing.assert_allclose(np.asarray(x), np.asarray(getattr(y, "_data", y)))


@pytest.mark.parametrize("transform", KEEPING.values(), ids=KEEPING)
def test_a_graph_that_is_kept_has_a_copy(transform: Any) -> None:
    a = large()
    expected = transform(lambda w: product(w, a.copy()))
    np.testing.assert_array_equal(transform(lambda w: (product(w, a), a.fill(9.0))[0]), expected)


def by_out(a: Any) -> None:
    np.add(a, 1, out=a)


def add(a: Any) -> None:
    a += 1


def item(a: Any) -> None:
    a[0, 0] = 1.0


def row(a: Any) -> None:
    a[0][1] = 1.0


WRITES: dict[str, Callable[[Any], Any]] = {
    "a[i] =": item, "a view made now": row, "+=": add, "out=": by_out, "fill": lambda a: a.fill(1),
    "sort": lambda a: a.sort(0), "copyto": lambda a: np.copyto(a, 1.0), "put": lambda a: a.put(0, 1.0),
    "add.at": lambda a: np.add.at(a, 0, 1.0), "transposed": lambda a: a.T.fill(1),
    "flat": lambda a: a.flat.__setitem__(0, 1.0),
}  # fmt: skip


@transforms
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_is_refused_at_its_line(write: Any, transform: Any) -> None:
    a = large()
    before = a.copy()

    def f(w: Any) -> Any:
        y = product(w, a)
        write(a)
        return y

    with pytest.raises(errors.InPlaceError, match=r"test_loans.py:\d+.*Write a = a \+ v"):
        transform(f)
    np.testing.assert_array_equal(a, before)
    assert a.flags.writeable
    assert LOAN == [None]


def test_what_the_refusal_says_to_write_works() -> None:
    """A row of `faults.py`, which depends on no other thread being there."""
    a, v = large(), 1.0

    def anew(w: Any) -> Any:
        b = a
        y = product(w, b)
        b = b + v
        return y + product(w, b)

    def copied(w: Any) -> Any:
        y = product(w, a.copy())
        a[0] = 2.0
        return y

    expected = ag.grad(lambda w: product(w, ag.Tensor(a)))(W)
    np.testing.assert_allclose(ag.grad(anew)(W), expected + ag.grad(lambda w: product(w, ag.Tensor(a + v)))(W))
    np.testing.assert_allclose(ag.grad(copied)(W), expected)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_before_the_first_use_is_fine_and_to_others_too(write: Any) -> None:
    a, other, small = large(), large(), np.ones((2, 2))

    def f(w: Any) -> Any:
        write(a)
        y = product(w, a) + product(w, small)
        write(other)
        write(small)
        return y

    first = ag.grad(f)(W)
    changed = large()
    write(changed)
    expected = ag.grad(lambda w: product(w, ag.Tensor(changed)) + product(w, np.ones((2, 2))))(W)
    np.testing.assert_allclose(first, expected)


ALIASES: dict[str, Callable[[Any], Any]] = {
    "all": lambda a: a[...].fill,
    "a hundredth": lambda a: a[N // 2 : N // 2 + N // 100].fill,
    "a column": lambda a: a[:, 0].fill,
    "every other row": lambda a: a[::2].fill,
    "memoryview": lambda a: lambda v: memoryview(a).cast("B").__setitem__(slice(None), bytes(a.nbytes)),
}


@pytest.mark.parametrize("alias", ALIASES.values(), ids=ALIASES)
def test_a_write_through_a_view_from_before_is_noticed(alias: Any) -> None:
    a = large()
    write = alias(a)
    if alias is ALIASES["memoryview"]:
        view = memoryview(a).cast("B")
        write = lambda v: view.__setitem__(slice(None), bytes(a.nbytes))  # noqa: E731 - as the others

    def f(w: Any) -> Any:
        y = product(w, a)
        write(3.0)
        return y

    with pytest.raises(errors.InPlaceError, match="another view"):
        ag.grad(f)(W)
    assert a.flags.writeable


def memory_mapped(path: Path) -> Any:
    a = np.memmap(path / "a.bin", np.float64, "w+", shape=(N, 2))
    a[:] = large()
    return a


KINDS: dict[str, tuple[Callable[[Path], Any], bool]] = {
    "array": (lambda path: large(), True),
    "Fortran order": (lambda path: np.asfortranarray(large()), True),
    "rows of a view": (lambda path: np.concatenate([large(), large()])[:N], True),
    "transposed": (lambda path: large().T.copy().T, True),
    "float32": (lambda path: np.concatenate([large(), large()]).astype(np.float32), True),
    "strided": (lambda path: np.repeat(large(), 2, 1)[:, ::2], False),
    "read-only": (lambda path: frozen(large()), False),
    "broadcast": (lambda path: np.broadcast_to(large()[:1], (N, 2)), False),
    "memory map": (memory_mapped, False),
    "of a memory map": (lambda path: np.asarray(memory_mapped(path)), False),
    "of bytes": (lambda path: np.frombuffer(bytearray(large().tobytes())).reshape(N, 2), False),
    "small": (lambda path: large()[:100].copy(), False),
}


def frozen(a: Any) -> Any:
    a.flags.writeable = False
    return a


@pytest.mark.parametrize(("make", "is_lent"), KINDS.values(), ids=KINDS)
def test_every_kind_of_memory_is_lent_or_copied(make: Any, is_lent: bool, tmp_path: Path) -> None:
    a = make(tmp_path)
    base, before = a.base, (a.flags.writeable, getattr(getattr(a.base, "flags", None), "writeable", None))
    owner = a if base is None else base
    locked = []

    def f(w: Any) -> Any:
        y = product(w.astype(a.dtype), a)
        locked.append(before[0] and not a.flags.writeable and not owner.flags.writeable)
        return y

    found = ag.grad(f)(W)
    assert locked == [is_lent]
    assert (a.flags.writeable, getattr(getattr(a.base, "flags", None), "writeable", None)) == before
    np.testing.assert_allclose(found, ag.grad(lambda w: product(w.astype(a.dtype), ag.Tensor(np.array(a))))(W), 1e-6)


def test_an_array_used_many_times_and_with_its_views() -> None:
    a = large()

    def f(w: Any) -> Any:
        return product(w, a) + product(w, a) + product(w, a[:N]) + np.sum(a[: N // 2 + 1] @ w) + np.sum(w @ a.T)

    np.testing.assert_allclose(ag.grad(f)(W), ag.grad(lambda w: f(w) * 1)(W))
    t, part = ag.Tensor(a), ag.Tensor(a[: N // 2 + 1])
    parts = (lambda w: 3 * product(w, t), lambda w: np.sum(part @ w), lambda w: np.sum(t @ w))
    np.testing.assert_allclose(ag.grad(f)(W), sum(ag.grad(g)(W) for g in parts))
    assert a.flags.writeable


@pytest.mark.parametrize("kind", [ValueError, KeyError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_unlocks(kind: type[BaseException]) -> None:
    a = large()

    def f(w: Any) -> Any:
        product(w, a)
        raise kind("read-write")

    with pytest.raises(kind) as caught:
        ag.grad(lambda w: ag.grad(f)(w) * 2)(W)
    assert type(caught.value) is kind
    assert a.flags.writeable
    assert LOAN == [None]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_unlocks_at_every_place() -> None:
    a = large()
    ag.grad(lambda w: product(w, a))(W)
    for block in interrupts.everywhere(interrupts.AtCall):
        with np.errstate(), block:
            ag.grad(lambda w: product(w, a))(W)
        assert a.flags.writeable
        assert LOAN == [None]


def test_a_nested_transform_leaves_the_lock_to_the_outer_one() -> None:
    a, seen = large(), []

    def f(w: Any) -> Any:
        inner = ag.grad(lambda v: product(v, a))(w)
        seen.append(a.flags.writeable)
        return np.sum(inner**2)

    ag.grad(f)(W)
    assert seen == [False]
    assert a.flags.writeable


# ----- what outlives the call -----


def test_a_derivative_that_is_recorded_has_a_copy() -> None:
    a, v = large(), ag.Tensor(1.5, requires_grad=True)

    def gradient(a: Any) -> Any:
        return ag.grad(lambda w: product(w * v, a))(W)

    g = gradient(a)
    expected = ag.grad(lambda v: np.sum(ag.grad(lambda w: product(w * v, ag.Tensor(a)))(W)))(1.5)
    a.fill(9.0)
    np.sum(g).backward()
    np.testing.assert_allclose(v.grad, expected)


@pytest.mark.parametrize("raising", [False, True])
def test_a_graph_that_is_kept_elsewhere_has_a_copy(raising: bool) -> None:
    a, v, kept = large(), ag.Tensor(W, requires_grad=True), []

    def f(w: Any) -> Any:
        kept.append(product(v, a))
        kept.append(ag.vjp(lambda v: product(v, a), W)[1])
        if raising:
            raise KeyError
        return product(w, a)

    try:
        ag.grad(f)(W)
    except KeyError:
        assert raising
    expected = ag.grad(lambda v: product(v, ag.Tensor(a)))(W)
    a.fill(9.0)
    kept[0].backward()
    np.testing.assert_allclose(v.grad, expected)
    np.testing.assert_allclose(kept[1](1.0), expected)


def test_nothing_is_kept_alive() -> None:
    a = large()
    ag.grad(lambda w: product(w, a))(W)
    assert not any(x is a for x in gc.get_referrers(a) if isinstance(x, np.ndarray))


# ----- other threads -----


def test_another_thread_is_never_hit() -> None:
    """While one runs, arrays are copied as ever: it may write, and the derivative is that of the value."""
    a, ready, stop, failed = large(), threading.Event(), threading.Event(), []

    def fill() -> None:
        other = a[:1]
        while not stop.is_set():
            try:
                a[0, 0] = other[0, 0]
            except ValueError as error:
                failed.append(error)
                return
            ready.set()

    thread = threading.Thread(target=fill)
    thread.start()
    ready.wait()
    try:
        for _ in range(20):
            found = ag.grad(lambda w: product(w, a))(W)
    finally:
        stop.set()
        thread.join()
    assert not failed
    np.testing.assert_allclose(found, ag.grad(lambda w: product(w, ag.Tensor(a)))(W))


def test_transforms_in_several_threads_share_an_array() -> None:
    a = large()
    expected = ag.grad(lambda w: product(w, ag.Tensor(a)))(W)
    found: list[Any] = []

    def work() -> None:
        for _ in range(10):
            found.append(ag.grad(lambda w: product(w, a))(W))
            a[0, 0] = a[0, 0]

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 40
    np.testing.assert_array_equal(found, [expected] * 40)
    assert a.flags.writeable
