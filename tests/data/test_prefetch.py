"""A thread makes batches ahead: the same ones, in order, with their exceptions; and nobody is left behind."""

from __future__ import annotations

import contextvars
import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import DataLoader, Dataset, IterableDataset, Sampler, TensorDataset
from autograd_lite.data.ahead import Ahead, _Thread
from autograd_lite.data.making import Making, OfNumbers


class Squares(Dataset):
    """Examples by number, which note in which thread and in which order they were loaded."""

    def __init__(self, n: int = 20, bad: int | None = None) -> None:
        self.n, self.bad = n, bad
        self.loaded: list[int] = []
        self.threads: set[threading.Thread] = set()
        self.go = threading.Event()
        self.go.set()

    def __getitem__(self, i: int) -> int:
        self.go.wait(10)
        self.loaded.append(i)
        self.threads.add(threading.current_thread())
        if i == self.bad:
            raise KeyError("no such picture")
        return i**2

    def __len__(self) -> int:
        return self.n


class Stream(IterableDataset):
    def __init__(self, n: int, bad: int | None = None) -> None:
        self.n, self.bad, self.asked = n, bad, 0

    def __iter__(self) -> Iterator[int]:
        for i in range(self.n):
            self.asked += 1
            if i == self.bad:
                raise OSError("the line is cut")
            yield i


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("autograd_lite.data")]


def no_threads() -> bool:
    """Tell whether all threads of loaders have ended, or do so soon."""
    gc.collect()  # exceptions of other tests, which hold their loops
    return any(not threads() or time.sleep(0.01) for _ in range(500))


@pytest.mark.parametrize(("workers", "factor"), [(1, None), (3, None), (1, 7)])
def test_batches_come_in_order_from_one_other_thread(workers: int, factor: int | None) -> None:
    data = Squares()
    loader = DataLoader(data, 3, num_workers=workers, prefetch_factor=factor)
    for _ in range(2):
        assert [b.tolist() for b in loader] == [b.tolist() for b in DataLoader(Squares(), 3)]
    assert data.loaded == 2 * list(range(20))
    assert threading.current_thread() not in data.threads
    assert len(data.threads) == 2  # one for each epoch
    assert no_threads()


@pytest.mark.parametrize("size", [None, 4])
@pytest.mark.parametrize("n", [0, 1, 8, 9])
def test_streams_come_in_order(n: int, size: int | None) -> None:
    here, there = [[np.asarray(b).tolist() for b in DataLoader(Stream(n), size, num_workers=k)] for k in (0, 2)]
    assert here == there


def test_no_more_is_made_than_asked_for() -> None:
    data = Stream(10**9)
    batches = iter(DataLoader(data, 2, num_workers=1, prefetch_factor=3))
    for received in range(1, 6):
        next(batches)
        assert data.asked <= 2 * (received + 3)
    del batches
    assert no_threads()


def test_while_the_program_computes_batches_are_made() -> None:
    data = Squares()
    batches = iter(DataLoader(data, 1, num_workers=1, prefetch_factor=4))
    next(batches)
    assert any(len(data.loaded) == 5 or time.sleep(0.01) for _ in range(500))


# ----- exceptions -----


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_an_exception_comes_with_its_batch_and_its_example(workers: int) -> None:
    batches = iter(DataLoader(Squares(bad=7), 3, num_workers=workers))
    assert [next(batches).tolist() for _ in range(2)] == [[0, 1, 4], [9, 16, 25]]
    with pytest.raises(KeyError, match="no such picture") as caught:
        next(batches)
    assert caught.value.__notes__ == ["in example 7 of the dataset"]
    assert next(batches).tolist() == [81, 100, 121]  # as in PyTorch


@pytest.mark.parametrize("workers", [0, 1, 4])
def test_a_batch_that_could_not_be_made_is_to_come_again(workers: int) -> None:
    loader = DataLoader(Squares(bad=7), 3, num_workers=workers)
    batches = iter(loader)
    next(batches), next(batches)
    with pytest.raises(KeyError):
        next(batches)
    again = DataLoader(Squares(), 3, num_workers=workers)
    again.load_state_dict(loader.state_dict())
    assert next(iter(again)).tolist() == [36, 49, 64]
    next(batches)
    assert loader.state_dict()["batch"] == 4


@pytest.mark.parametrize("workers", [0, 1])
def test_an_exception_of_a_stream(workers: int) -> None:
    loader = DataLoader(Stream(20, bad=7), 3, num_workers=workers)
    batches = iter(loader)
    next(batches), next(batches)
    with pytest.raises(OSError, match="cut") as caught:
        next(batches)
    assert caught.value.__notes__ == ["in the batch of the dataset that begins with example 6"]
    again = DataLoader(Stream(20), 3, num_workers=workers)
    again.load_state_dict(loader.state_dict())
    assert next(iter(again)).tolist() == [6, 7, 8]
    assert list(batches) == []
    assert no_threads()


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_of_a_sampler_comes_after_the_batches_before(workers: int) -> None:
    class Numbers(Sampler):
        def __iter__(self) -> Iterator[int]:
            yield from range(4)
            raise ValueError("no more")

    batches = iter(DataLoader(Squares(), 2, sampler=Numbers(), num_workers=workers))
    assert [next(batches).tolist() for _ in range(2)] == [[0, 1], [4, 9]]
    with pytest.raises(ValueError, match="no more"):
        next(batches)
    assert list(batches) == []


@pytest.mark.parametrize("workers", [0, 1])
def test_stop_iteration_of_a_dataset_ends_no_loop(workers: int) -> None:
    class Stopping(Squares):
        def __getitem__(self, i: int) -> int:
            raise StopIteration

    with pytest.raises(RuntimeError, match="IndexError"):
        list(DataLoader(Stopping(), 2, num_workers=workers))


def _patient(batches: Iterator[Any]) -> Any:
    """Return the next batch, however long it takes."""
    while True:
        try:
            return next(batches)
        except errors.TimedOutError:
            continue


def test_what_takes_too_long() -> None:
    data = Squares()
    data.go.clear()
    batches = iter(DataLoader(data, 2, num_workers=1, timeout=0.01))
    with pytest.raises(errors.TimedOutError, match=r"0\.01 seconds"):
        next(batches)
    data.go.set()
    assert _patient(batches).tolist() == [0, 1]  # it is not passed over
    assert isinstance(errors.TimedOutError(""), TimeoutError)

    class Slow(Squares):
        def __getitem__(self, i: int) -> int:
            raise TimeoutError("the server")

    with pytest.raises(TimeoutError, match="the server"):
        next(iter(DataLoader(Slow(), 2, num_workers=1, timeout=10)))


def test_what_is_called_first_in_the_thread() -> None:
    called: list[tuple[int, threading.Thread]] = []
    data = Squares()
    list(DataLoader(data, 2, num_workers=2, worker_init_fn=lambda i: called.append((i, threading.current_thread()))))
    assert [(i, {t}) for i, t in called] == [(0, data.threads)]

    def failing(_: int) -> None:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        next(iter(DataLoader(data, 2, num_workers=2, worker_init_fn=failing)))


# ----- what the thread sees -----


def test_random_numbers_are_those_of_the_batch() -> None:
    class Noisy(Squares):
        def __getitem__(self, i: int) -> Any:
            return ag.rand(2) + i

    def epochs(workers: int) -> list[Any]:
        ag.manual_seed(0)
        loader = DataLoader(Noisy(), 3, shuffle=True, num_workers=workers)
        return [(b.tolist(), ag.rand(()).item()) for _ in range(2) for b in loader]

    assert epochs(0) == epochs(1) == epochs(5)
    assert epochs(0)[0] != epochs(0)[7]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_seed_in_a_dataset_is_one_of_the_batch(workers: int) -> None:
    class Seeding(Squares):
        def __getitem__(self, i: int) -> Any:
            ag.manual_seed(i)
            return ag.rand(())

    ag.manual_seed(0)
    expected = ag.rand(()).item()
    ag.manual_seed(0)
    batches = [b.tolist() for b in DataLoader(Seeding(4), 2, num_workers=workers)]
    assert batches == [[np.random.default_rng(i).random() for i in pair] for pair in ((0, 1), (2, 3))]
    assert ag.rand(()).item() == expected


def test_a_compiled_transform_draws_the_numbers_of_the_batch() -> None:
    @ag.compile
    def noisy(x: Any) -> Any:
        return x + ag.nn.functional.dropout(x, 0.5)

    class Noisy(Squares):
        def __getitem__(self, i: int) -> Any:
            return noisy(np.ones(8))

    def epoch(workers: int) -> list[Any]:
        return [b.tolist() for b in DataLoader(Noisy(), 2, num_workers=workers, generator=np.random.default_rng(0))]

    assert epoch(0) == epoch(1) == epoch(2)


def test_it_sees_the_settings_at_the_beginning_of_the_loop() -> None:
    setting: contextvars.ContextVar[int] = contextvars.ContextVar("setting", default=0)

    class Seeing(Squares):
        def __getitem__(self, i: int) -> int:
            return setting.get()

    setting.set(3)
    assert next(iter(DataLoader(Seeing(), 2, num_workers=1))).tolist() == [3, 3]
    with ag.no_grad():
        w = ag.ones(2, requires_grad=True)
        batch = next(iter(DataLoader([w * 2], 1, num_workers=1)))
    assert not batch.requires_grad


# ----- the end -----


def test_a_loop_that_is_left_leaves_no_thread() -> None:
    loader = DataLoader(Squares(1000), 1, num_workers=2)
    for _ in loader:
        break
    assert no_threads()
    assert loader.state_dict()["batch"] == 1

    def failing() -> None:
        for _ in loader:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert no_threads()


def test_an_exception_that_was_caught_leaves_no_thread() -> None:
    """Without the collector of cycles: nothing holds itself."""
    gc.collect()
    gc.disable()
    try:
        for bad in (0, 3, 9):
            try:
                for _ in DataLoader(Squares(bad=bad), 2, num_workers=2):
                    pass
            except KeyError:
                continue
        assert any(not threads() or time.sleep(0.01) for _ in range(500))
    finally:
        gc.enable()


def test_what_is_collected_leaves_no_thread() -> None:
    def cycle() -> None:
        around: list[Any] = [iter(DataLoader(Squares(1000), 1, num_workers=2))]
        around.append(around)
        next(around[0])

    cycle()
    assert no_threads()


def test_a_thread_that_is_busy_ends_after_its_batch() -> None:
    data = Squares(1000)
    batches = iter(DataLoader(data, 1, num_workers=1))
    next(batches)
    data.go.clear()
    del batches
    data.go.set()
    assert no_threads()
    assert len(data.loaded) <= 4


def run(program: str, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    head = """if True:
        import itertools, os, signal, sys, threading, time
        import autograd_lite as ag
        from autograd_lite.data import DataLoader, Dataset, IterableDataset
        class Slow(IterableDataset):
            def __iter__(self):
                for i in itertools.count():
                    print("loads", i, flush=True)
                    time.sleep(0.02 if i < 3 else 0.5)
                    yield i
    """
    return subprocess.run(
        [sys.executable, "-c", head + program], capture_output=True, text=True, timeout=60, check=False, **settings
    )


def test_a_program_ends_in_the_middle_of_a_loop() -> None:
    """At most the batch that is being made is waited for, not those that were to be made."""
    ended = run("""
        batches = iter(DataLoader(Slow(), 1, num_workers=50))
        next(batches)
        while threading.active_count() < 2: pass
    """)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.count("loads") <= 5


@pytest.mark.parametrize("times", [1, 2])
def test_what_comes_to_a_thread_that_has_been_closed_is_cancelled(times: int) -> None:
    """As the program ends between the question whether it does and the next batch: nobody waits for ever."""
    thread = _Thread()
    for _ in range(times):
        thread.close()
    for _ in range(2):
        with pytest.raises(CancelledError):
            thread.submit(lambda: 1).result(5)
    thread.join(5)
    assert not thread.is_alive()


def test_a_loop_in_a_thread_goes_on_after_the_main_one() -> None:
    ended = run("""
        def loop():
            found = []
            for batch in DataLoader(range(6), 2, num_workers=1):
                threading.main_thread().join()
                time.sleep(0.05)
                found += batch.tolist()
            print(found)
        threading.Thread(target=loop).start()
    """)
    assert (ended.stdout, ended.stderr) == ("[0, 1, 2, 3, 4, 5]\n", "")


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_while_a_batch_is_waited_for() -> None:
    ended = run("""
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        loader = DataLoader(Slow(), 1, num_workers=1)
        received = 0
        try:
            for batch in loader:
                received += 1
        except KeyboardInterrupt:
            print("interrupted", loader.state_dict()["batch"] == received)
    """)
    assert ended.stdout.splitlines()[-1] in ("interrupted True", "loads 4", "loads 5")
    assert "interrupted True" in ended.stdout
    assert (ended.returncode, ended.stderr) == (0, "")


def test_ctrl_c_loses_no_batch() -> None:
    """An interrupt while a batch is made: it comes when it is asked for again."""

    class Interrupted(Squares):
        times = 0

        def __getitem__(self, i: int) -> int:
            if i == 4 and not self.times:
                self.times += 1
                raise KeyboardInterrupt
            return i

    loader = DataLoader(Interrupted(), 2, num_workers=0)
    batches = iter(loader)
    found = []
    for _ in range(11):
        try:
            found.append(next(batches).tolist())
        except KeyboardInterrupt:
            assert loader.state_dict()["batch"] == len(found) == 2
    assert found == [[i, i + 1] for i in range(0, 20, 2)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("kind", ["numbers", "stream"])
def test_the_child_of_a_fork_goes_on_without_the_thread(kind: str) -> None:
    data: Any = Squares() if kind == "numbers" else Stream(20)
    batches = iter(DataLoader(data, 2, num_workers=2))
    seen = [next(batches).tolist()]
    if kind == "stream":  # the thread has to have come to rest
        assert any(data.asked == 10 or time.sleep(0.01) for _ in range(500))
        time.sleep(0.05)
    child = os.fork()
    if not child:
        ok = False
        try:
            rest = [b.tolist() for b in batches]
            ok = len(rest) == 9 and not threads() and list(DataLoader(range(4), 2, num_workers=1))[1].tolist() == [2, 3]
        finally:
            os._exit(0 if ok else 1)
    seen += [b.tolist() for b in batches]
    assert len(seen) == 10
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_stream_that_a_fork_has_cut_is_refused_there() -> None:
    class Waiting(Stream):
        inside, go = threading.Event(), threading.Event()

        def __iter__(self) -> Iterator[int]:
            yield 0
            self.inside.set()
            self.go.wait(10)
            yield 1

    data = Waiting(2)
    batches = iter(DataLoader(data, 1, num_workers=1))
    next(batches)
    assert data.inside.wait(10)
    child = os.fork()
    if not child:
        ok = False
        try:
            next(batches)
        except errors.StateError:
            ok = True
        finally:
            os._exit(0 if ok else 1)
    data.go.set()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert next(batches).tolist() == [1]


def test_what_is_closed_makes_batches_here() -> None:
    worker = Ahead(Making(OfNumbers(TensorDataset(np.arange(4)), None, None, False), 0, {}), 1, 0, None)
    begun = worker.begun(0, [1])
    worker.close()
    assert worker.begun(1, [2]) is None
    assert worker.made(0, [1], begun).batch[0].tolist() == [1]
    assert worker.made(1, [2], None).batch[0].tolist() == [2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"prefetch_factor": 2}, "num_workers=1"),
        ({"prefetch_factor": 0, "num_workers": 1}, "prefetch_factor=0"),
        ({"num_workers": -1}, "num_workers=-1"),
        ({"num_workers": 1, "timeout": -1}, "timeout=-1"),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(errors.ArgumentError, match=words):
        DataLoader(range(3), **arguments)
