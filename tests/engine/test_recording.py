"""no_grad, enable_grad and is_grad_enabled: blocks, decorators, generators, threads, tasks."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import itertools
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pytest
from helpers import Failure
from interrupts import AtCall, everywhere

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op


def recorded() -> bool:
    """Tell whether an operation is recorded here, by trying."""
    x = ag.Tensor(1.0, requires_grad=True)
    tracked = (x * 2).requires_grad and np.exp(x).requires_grad and np.sum(x[None]).requires_grad
    assert tracked == ag.is_grad_enabled()
    return tracked


# ----- blocks -----


def test_recording_is_on_by_default() -> None:
    assert recorded()
    assert ag.is_grad_enabled() is True


def test_a_block_switches_and_switches_back() -> None:
    with ag.no_grad():
        assert not recorded()
        with ag.enable_grad():
            assert recorded()
            with ag.no_grad():
                assert not recorded()
            assert recorded()
        assert not recorded()
    assert recorded()


@pytest.mark.parametrize("switch", [ag.no_grad, ag.enable_grad])
def test_an_exception_inside_restores(switch: Callable[[], Any]) -> None:
    with pytest.raises(Failure), switch():
        raise Failure
    assert recorded()
    with ag.no_grad():
        with pytest.raises(Failure), switch():
            raise Failure
        assert not recorded()


def test_one_switch_is_used_again_and_inside_itself() -> None:
    off, on = ag.no_grad(), ag.enable_grad()
    for _ in range(3):
        with off:
            assert not recorded()
            with on:
                assert recorded()
                with off, on, off:
                    assert not recorded()
                assert recorded()
            assert not recorded()
        assert recorded()


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
@pytest.mark.parametrize("kinds", ["0000", "0101", "1010", "0110", "1111"])
def test_blocks_that_end_in_another_order(order: tuple[int, ...], kinds: str) -> None:
    """As generators do that are closed in the order they were opened: what holds is the latest that is still open."""

    def interleaved(outer: bool) -> None:
        blocks = [ag.enable_grad() if kind == "1" else ag.no_grad() for kind in kinds]
        for block in blocks:
            block.__enter__()
        left = list(range(len(blocks)))
        for i in order:
            blocks[i].__exit__(None, None, None)
            left.remove(i)
            assert recorded() == (kinds[left[-1]] == "1" if left else outer)

    for outer in (True, False):
        with ag.enable_grad() if outer else ag.no_grad():
            interleaved(outer)
            assert recorded() == outer
    assert recorded()


def test_a_block_left_in_a_context_where_it_was_not_entered() -> None:
    """As when the garbage collector closes an asynchronous generator: there is nothing to restore, and no error."""
    off = ag.no_grad()
    with off:
        contextvars.Context().run(off.__exit__, None, None, None)
        assert not recorded()
    assert recorded()


def test_a_leaf_can_be_made_and_changed_without_recording() -> None:
    with ag.no_grad():
        x = ag.Tensor([1.0, 2.0], requires_grad=True)
        x += 1
        x[0] = 5.0
        y = x * 2
    assert (x.requires_grad, x.is_leaf, y.requires_grad) == (True, True, False)
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [10.0, 6.0])


def test_only_the_operations_inside_are_not_recorded() -> None:
    x = ag.Tensor(3.0, requires_grad=True)
    y = x * x
    with ag.no_grad():
        c = y * 2
    (y * c).backward()
    assert x.grad is not None
    assert x.grad.item() == 2 * 3 * 18


# ----- decorators -----


@pytest.mark.parametrize("decorate", [ag.no_grad(), ag.no_grad], ids=["called", "bare"])
def test_a_decorated_function(decorate: Callable[..., Any]) -> None:
    @decorate
    def f(a: int, *, b: int = 2) -> tuple[int, int, bool]:
        """Its docstring."""
        return a, b, recorded()

    assert f(1, b=3) == (1, 3, False)
    assert (f.__name__, f.__doc__) == ("f", "Its docstring.")
    assert list(inspect.signature(f).parameters) == ["a", "b"]
    assert recorded()


def test_a_decorated_function_restores_after_an_exception_and_calls_itself() -> None:
    @ag.no_grad()
    def f(depth: int) -> None:
        assert not recorded()
        if not depth:
            raise Failure
        f(depth - 1)

    with pytest.raises(Failure):
        f(5)
    assert recorded()


def test_decorated_methods_and_other_callables() -> None:
    class Model:
        @ag.no_grad()
        def method(self) -> bool:
            return recorded()

        @classmethod
        @ag.no_grad()
        def of_the_class(cls) -> bool:
            return recorded()

        @staticmethod
        @ag.no_grad()
        def static() -> bool:
            return recorded()

        def __call__(self) -> bool:
            return recorded()

    assert not Model().method()
    assert not Model.of_the_class()
    assert not Model.static()
    assert not functools.wraps(recorded)(ag.no_grad()(functools.partial(recorded)))()
    assert not functools.wraps(recorded)(ag.no_grad()(Model()))()
    assert ag.no_grad()(ag.enable_grad()(recorded))()


@pytest.mark.parametrize("given", [1, "text", None])
def test_what_is_not_callable_cannot_be_decorated(given: Any) -> None:
    with pytest.raises(errors.DeclarationError, match=r"with ag\.no_grad"):
        ag.no_grad()(given)


def test_a_decorated_generator_records_nothing_and_its_caller_does() -> None:
    log: list[Any] = []

    @ag.no_grad()
    def generator() -> Iterator[int]:
        try:
            log.append(recorded())
            sent = yield 1
            log.append((sent, recorded()))
            try:
                yield 2
            except Failure:
                log.append(("thrown", recorded()))
            yield 3
            return 4
        finally:
            log.append(("finally", recorded()))

    assert inspect.isgeneratorfunction(generator)
    g = generator()
    assert next(g) == 1
    assert recorded()
    assert g.send("sent") == 2  # type: ignore[attr-defined]
    assert recorded()
    assert g.throw(Failure) == 3  # type: ignore[attr-defined]
    assert recorded()
    with pytest.raises(StopIteration) as stop:
        next(g)
    assert stop.value.value == 4
    assert log == [False, ("sent", False), ("thrown", False), ("finally", False)]
    log.clear()
    closed = generator()
    next(closed)
    closed.close()  # type: ignore[attr-defined]
    assert log == [False, ("finally", False)]
    assert recorded()


def test_a_decorated_generator_inside_another_block() -> None:
    @ag.enable_grad()
    def generator() -> Iterator[bool]:
        yield recorded()
        yield recorded()

    with ag.no_grad():
        assert list(generator()) == [True, True]
        assert not recorded()


def test_a_generator_suspended_inside_a_block_leaves_the_switch_to_its_caller() -> None:
    def generator() -> Iterator[None]:
        with ag.no_grad():
            yield

    g = generator()
    next(g)
    assert not recorded()  # as documented: the remedy is the decorator
    next(g, None)
    assert recorded()


# ----- interrupts -----


def in_a_block() -> None:
    with ag.no_grad():
        len("")


def in_blocks_of_one_switch() -> None:
    off = ag.no_grad()
    with off, ag.enable_grad(), off:
        len("")


@ag.no_grad()
def in_a_decorated_function() -> None:
    len("")


@ag.no_grad()
def decorated_generator() -> Iterator[int]:
    yield len("")
    yield len("")


def in_a_decorated_generator() -> None:
    list(decorated_generator())


@pytest.mark.parametrize(
    "act", [in_a_block, in_blocks_of_one_switch, in_a_decorated_function, in_a_decorated_generator]
)
@pytest.mark.parametrize("outside", [True, False])
def test_an_interrupt_restores_what_was_outside(act: Callable[[], None], outside: bool) -> None:
    """But for one at the very end of a block, where there is no code of ours yet: the next test."""

    def interrupted(block: AtCall) -> bool:
        with ag.enable_grad() if outside else ag.no_grad():
            with block:
                act()
            return recorded()

    left = [interrupted(block) for block in everywhere(lambda n: AtCall(n, ag.no_grad.__exit__.__code__))]
    assert left == [outside] * len(left)
    assert len(left) > 5


def test_an_interrupt_between_a_block_and_its_end_leaves_the_switch_and_another_block_can_set_it() -> None:
    def interrupted(block: AtCall) -> bool:
        with block:
            in_a_block()
        with ag.enable_grad():
            assert recorded()
        return recorded()

    left = [contextvars.copy_context().run(interrupted, block) for block in everywhere(AtCall)]
    assert left.count(False) == 1  # as documented: the remedy is the decorator
    assert recorded()


# ----- threads and tasks -----


def test_a_thread_starts_with_recording_on() -> None:
    seen: list[bool] = []
    with ag.no_grad():
        thread = threading.Thread(target=lambda: seen.append(recorded()))
        thread.start()
        thread.join()
    assert seen == [True]


def test_one_switch_is_shared_by_threads() -> None:
    off = ag.no_grad()
    barrier = threading.Barrier(4)
    failures: list[int] = []

    def work() -> None:
        for _ in range(50):
            with off:
                barrier.wait(10)
                if recorded():
                    failures.append(1)
                barrier.wait(10)
            if not recorded():
                failures.append(2)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures


def test_tasks_do_not_disturb_each_other() -> None:
    off = ag.no_grad()

    async def without() -> list[bool]:
        seen = []
        with off:
            for _ in range(5):
                await asyncio.sleep(0)
                seen.append(recorded())
        seen.append(recorded())
        return seen

    async def recording() -> list[bool]:
        seen = []
        for _ in range(5):
            await asyncio.sleep(0)
            seen.append(recorded())
        return seen

    async def main() -> list[list[bool]]:
        return await asyncio.gather(without(), recording(), without(), recording())

    a, b, c, d = asyncio.run(main())
    assert a == c == [False] * 5 + [True]
    assert b == d == [True] * 5


def test_a_decorated_coroutine() -> None:
    @ag.no_grad()
    async def coroutine() -> bool:
        await asyncio.sleep(0)
        return recorded()

    async def main() -> None:
        assert await coroutine() is False
        assert recorded()
        task = asyncio.ensure_future(coroutine())
        await asyncio.sleep(0)
        assert recorded()
        assert await task is False

    assert inspect.iscoroutinefunction(coroutine)
    asyncio.run(main())
    assert recorded()


def test_a_decorated_asynchronous_generator() -> None:
    log: list[Any] = []

    @ag.no_grad()
    async def generator() -> AsyncIterator[int]:
        try:
            await asyncio.sleep(0)
            sent = yield 1
            log.append((sent, recorded()))
            try:
                yield 2
            except Failure:
                log.append(("thrown", recorded()))
            yield 3
        finally:
            log.append(("finally", recorded()))

    async def main() -> None:
        assert [i async for i in generator()] == [1, 2, 3]
        g: Any = generator()
        assert await anext(g) == 1
        assert recorded()
        assert await g.asend("sent") == 2
        assert await g.athrow(Failure) == 3
        assert recorded()
        await g.aclose()

    assert inspect.isasyncgenfunction(generator)
    asyncio.run(main())
    assert log == [(None, False), ("finally", False), ("sent", False), ("thrown", False), ("finally", False)]


# ----- observers -----


def test_an_observer_sees_every_operation_recorded_or_not() -> None:
    seen: list[str] = []

    def observer(op: Op, operands: Any, settings: Any, result: Any) -> None:
        assert isinstance(result, ag.Tensor)
        seen.append(op.name)

    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with observe(observer):
        y = np.exp(x) * 2 + x.sum()
        with ag.no_grad():
            y > 1  # noqa: B015 - the operation is what matters
    np.exp(x)
    assert seen == ["exp", "multiply", "sum", "add", "greater"]


def test_an_observer_that_raises_is_gone_afterwards() -> None:
    def observer(*args: Any) -> None:
        raise Failure

    x = ag.Tensor([1.0], requires_grad=True)
    with pytest.raises(Failure), observe(observer):
        x * 2
    (x * 2).backward()
