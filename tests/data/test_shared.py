"""Generators that all threads share, which a thread goes ahead with; and threads that are stuck when a program ends."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers import stored

from autograd_lite import errors
from autograd_lite.data import DataLoader, Dataset, IterableDataset
from autograd_lite.data.ahead import Ahead
from autograd_lite.data.making import Making, OfNumbers

N = 10


def restart(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


class Global(Dataset):
    """Examples with noise of the generators that any code may draw from."""

    def __getitem__(self, i: int) -> float:
        return i + float(np.random.random()) / 2 + random.random() / 4  # noqa: NPY002

    def __len__(self) -> int:
        return N


class Rarely(Global):
    """Only one of them, and not at every example."""

    def __getitem__(self, i: int) -> float:
        return i + float(np.random.random() if i % 2 else 0)  # noqa: NPY002


class Mixed(IterableDataset):
    """A stream in an order of its own, of a buffer, as large sets of data are mixed."""

    def __iter__(self) -> Iterator[float]:
        rest = list(range(N))
        while rest:
            yield rest.pop(random.randrange(min(4, len(rest)))) + float(np.random.random()) / 2  # noqa: NPY002


def _seeded(worker: int) -> None:
    np.random.seed(worker)  # noqa: NPY002
    random.seed(worker)


@pytest.mark.parametrize("initial", [None, _seeded], ids=["as they stand", "seeded in the thread"])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("kind", [Global, Rarely, Mixed])
def test_what_a_thread_draws_from_generators_of_all_goes_on(kind: Any, shuffle: bool, initial: Any) -> None:
    """Those stand where batches left them that nobody has received; a training restores them there, and the loader."""

    def made() -> DataLoader:
        order = {"shuffle": True, "generator": 0} if shuffle and kind is Global else {}
        return DataLoader(kind(), 2, num_workers=2, worker_init_fn=initial, **order)

    def batches(loader: DataLoader, until: int | None = None) -> list[Any]:
        found: list[Any] = []
        while loader.epoch < 2 and len(found) != until:
            for batch in loader:
                found.append(batch.tolist())
                if len(found) == until:
                    break
        return found

    restart(0)
    whole = batches(made())
    for until in (1, 2, 3, 6, 7):
        restart(0)
        loader = made()
        first = batches(loader, until)
        state = stored(loader.state_dict())
        ahead = np.random.get_state(), random.getstate()  # noqa: NPY002
        restart(99)
        again = made()
        again.load_state_dict(state)
        np.random.set_state(ahead[0])  # noqa: NPY002
        random.setstate(ahead[1])
        assert stored(again.state_dict())["batch"] == state["batch"]
        assert first + batches(again) == whole, until


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stream_is_gone_through_again_with_the_numbers_that_it_had(workers: int) -> None:
    restart(0)
    whole = [b.tolist() for b in DataLoader(Mixed(), 2, num_workers=workers)]
    restart(0)
    loader = DataLoader(Mixed(), 2, num_workers=workers)
    batches = iter(loader)
    first = [next(batches).tolist() for _ in range(2)]
    state, stood = stored(loader.state_dict()), (np.random.get_state(), random.getstate())  # noqa: NPY002
    restart(99)
    again = DataLoader(Mixed(), 2, num_workers=workers)
    again.load_state_dict(state)
    np.random.set_state(stood[0])  # noqa: NPY002
    random.setstate(stood[1])
    assert first + [b.tolist() for b in again] == whole


def test_generators_that_only_the_program_draws_from_are_no_part_of_a_state() -> None:
    loader = DataLoader(range(N), 2, num_workers=1)
    for _ in loader:
        np.random.random(), random.random()  # noqa: NPY002
        assert not loader.state_dict()["after"]["generators"]


def test_a_batch_that_is_waited_for_shows_who_draws_from_the_generators_of_all() -> None:
    making = Making(OfNumbers([lambda: 0, np.random.random], lambda fs: [f() for f in fs], None, False), 0, {})
    task = Ahead(making, 1, 0, None)._task
    for number, numbers, awaited, found in ((0, [0], 0, set()), (1, [1], 0, set()), (2, [1], 2, {"numpy.random"})):
        task.awaited = awaited
        task(number, numbers)
        assert set(making.found) == set(making.after()["generators"]) == found


# ----- threads that are stuck -----


def run(program: str) -> subprocess.CompletedProcess[str]:
    head = """if True:
        import threading
        import autograd_lite as ag
        from autograd_lite.data import DataLoader, Dataset
    """
    return subprocess.run(
        [sys.executable, "-c", head + program], capture_output=True, text=True, timeout=60, check=False
    )


STUCK = """
        class Stuck(Dataset):
            def __len__(self):
                return 9
            def __getitem__(self, i):
                if i > 1:
                    threading.Event().wait()
                return i
"""


def test_a_program_ends_though_a_batch_has_not_come_in_time() -> None:
    ended = run(
        STUCK
        + """
        batches = iter(DataLoader(Stuck(), 2, num_workers=1, timeout=0.1))
        print(next(batches).tolist())
        try:
            next(batches)
        except ag.errors.TimedOutError:
            print("late", flush=True)
    """
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[0, 1]\nlate\n", "")


def test_a_program_ends_though_a_thread_that_was_left_is_stuck() -> None:
    ended = run(
        STUCK
        + """
        ag.data.ahead._GRACE = 0.05
        for batch in DataLoader(Stuck(), 2, num_workers=1):
            print(batch.tolist(), flush=True)
            break
    """
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[0, 1]\n", "")


class Waiting(Dataset):
    """Examples that come when they may."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __getitem__(self, i: int) -> int:
        self.go.wait(10)
        return i**2

    def __len__(self) -> int:
        return N


def test_a_batch_that_came_late_is_waited_for_again() -> None:
    data = Waiting()
    batches = iter(DataLoader(data, 2, num_workers=1, timeout=0.02))
    for _ in range(2):
        with pytest.raises(errors.TimedOutError):
            next(batches)
    data.go.set()
    time.sleep(0.02)
    assert [next(batches).tolist() for _ in range(2)] == [[0, 1], [4, 9]]
