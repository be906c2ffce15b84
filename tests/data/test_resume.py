"""A loader goes on in the middle of an epoch as if it had not stopped: the same batches, and the same orders later."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from helpers import stored

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
)
from autograd_lite.engine.generators import default_rng

N = 10


class Numbers(Dataset):
    """Examples with noise, of the generator of all and of one of their own; they count how often they are loaded."""

    def __init__(self) -> None:
        self.loaded, self.rng = 0, np.random.default_rng(7)

    def __getitem__(self, i: int) -> float:
        self.loaded += 1
        return 10 * i + float(ag.rand(())) / 2 + float(self.rng.random()) / 2

    def __len__(self) -> int:
        return N


class Lazy(Sampler):
    """A sampler of a user's that draws each number when it is asked for it."""

    def __init__(self, draw: Callable[[], int]) -> None:
        self.draw = draw

    def __iter__(self) -> Iterator[int]:
        for _ in range(N):
            yield self.draw()


class Shuffled(Sampler):
    """A sampler of a user's with a generator of its own, which two epochs share."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(3)

    def __iter__(self) -> Iterator[int]:
        return iter(self.rng.permutation(N).tolist())


class Keeping(Sampler):
    """A sampler that knows itself where it is."""

    def __init__(self) -> None:
        self.place = 0

    def __iter__(self) -> Iterator[int]:
        while self.place < N:
            self.place += 1
            yield (7 * self.place) % N
        self.place = 0

    def state_dict(self) -> dict[str, int]:
        return {"place": self.place}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.place = state["place"]


def own(function: Callable[[Any], int]) -> Callable[[], int]:
    rng = np.random.default_rng(5)
    return lambda: function(rng)


def _several() -> Callable[[], int]:
    many = {"some": [np.random.RandomState(1), random.Random(2), random.SystemRandom()]}
    return lambda: (int(many["some"][0].randint(N)) + many["some"][1].randrange(N)) % N


ORDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "in order": dict,
    "shuffled with a seed": lambda: {"shuffle": True, "generator": 0},
    "shuffled by the generator of all": lambda: {"shuffle": True},
    "a generator of PyTorch's name": lambda: {"shuffle": True, "generator": ag.Generator().manual_seed(1)},
    "MT19937": lambda: {"shuffle": True, "generator": np.random.Generator(np.random.MT19937(1))},
    "Philox": lambda: {"shuffle": True, "generator": np.random.Generator(np.random.Philox(1))},
    "SFC64": lambda: {"shuffle": True, "generator": np.random.Generator(np.random.SFC64(1))},
    "with replacement": lambda: {"sampler": RandomSampler(range(N), replacement=True, generator=2)},
    "more than there are": lambda: {"sampler": RandomSampler(range(N), num_samples=27)},
    "some": lambda: {"sampler": SubsetRandomSampler([1, 3, 5, 7, 9])},
    "by weights": lambda: {"sampler": WeightedRandomSampler(np.arange(N), 13)},
    "batches of a sampler": lambda: {"batch_sampler": BatchSampler(RandomSampler(range(N)), 4, True)},
    "batches in a list": lambda: {"batch_sampler": [[0, 1], [5], [7, 8, 9]]},
    "numbers in an array": lambda: {"sampler": np.arange(N)[::-1]},
    "a user's, with a generator": lambda: {"sampler": Shuffled()},
    "a user's, which knows where it is": lambda: {"sampler": Keeping()},
    "a user's, lazily": lambda: {"sampler": Lazy(own(lambda rng: int(rng.integers(N))))},
    "a user's, of generators in a list": lambda: {"sampler": Lazy(_several())},
    "a user's, lazily of all": lambda: {"sampler": Lazy(lambda: int(default_rng().integers(N)))},
    "a user's, of Python's": lambda: {"sampler": Lazy(lambda: random.randrange(N))},
    "a user's, of NumPy's": lambda: {"sampler": Lazy(lambda: int(np.random.randint(N)))},  # noqa: NPY002
}


def restart(seed: int) -> None:
    ag.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


def draw() -> float:
    """Draw from all generators between two batches, as dropout does."""
    return float(ag.rand(())) + random.random() + float(np.random.random())  # noqa: NPY002


def went(loader: DataLoader, epochs: int, until: tuple[int, int] | None = None) -> tuple[list[Any], Any]:
    """Return what comes of a training over a loader, up to a batch if it stops there, and the state then."""
    found: list[Any] = []
    while loader.epoch < epochs:
        for number, batch in enumerate(loader):
            found.append((np.asarray(batch).tolist(), draw()))
            if until == (loader.epoch, number):
                return found, stored({"loader": loader.state_dict(), "python": random.getstate()})
        found.append("end")
        if until == (loader.epoch, -1):
            return found, stored({"loader": loader.state_dict(), "python": random.getstate()})
    return found, None


@pytest.mark.parametrize(("size", "workers"), [(3, 0), (3, 1), (None, 0)], ids=["here", "in a thread", "one by one"])
@pytest.mark.parametrize("name", ORDERS)
def test_it_goes_on_as_if_it_had_not_stopped(name: str, size: int | None, workers: int) -> None:
    """Stopped after batches of two epochs, and between epochs, with draws from the same generators in between."""

    def made() -> DataLoader:
        given = ORDERS[name]()
        sizes = {} if "batch_sampler" in given else {"batch_size": size}
        return DataLoader(Numbers(), **sizes, **given, num_workers=workers)

    restart(0)
    whole, _ = went(made(), 3)
    length = whole.index("end")
    for until in [(0, 0), *[(1, k) for k in range(0, length, 2)], (1, length - 1), (1, -1), (2, -1)]:
        restart(0)
        first, state = went(made(), 3, until)
        others = default_rng().bit_generator.state, np.random.get_state()  # noqa: NPY002
        restart(99)
        default_rng().bit_generator.state = others[0]
        np.random.set_state(others[1])  # noqa: NPY002
        random.setstate(state["python"])
        loader = made()
        loader.load_state_dict(state["loader"])
        assert loader.state_dict()["batch"] == (until[1] + 1 if until[1] >= 0 else 0)
        second, _ = went(loader, 3)
        assert first + second == whole, until


def test_examples_that_were_seen_are_not_loaded_again() -> None:
    first, second = Numbers(), Numbers()
    loader = DataLoader(first, 2, shuffle=True, generator=0)
    batches = iter(loader)
    for _ in range(3):
        next(batches)
    again = DataLoader(second, 2, shuffle=True, generator=1)
    again.load_state_dict(loader.state_dict())
    assert [b.tolist() for b in again] == [b.tolist() for b in batches]
    assert (first.loaded, second.loaded) == (10, 4)


def test_the_state_of_the_generator_of_all_comes_back_with_the_order() -> None:
    ag.manual_seed(0)
    loader = DataLoader(range(N), 3, shuffle=True)
    batches = iter(loader)
    next(batches)
    state = loader.state_dict()
    expected = [b.tolist() for b in batches], [b.tolist() for b in loader]
    ag.manual_seed(1)
    loader = DataLoader(range(N), 3, shuffle=True)
    loader.load_state_dict(state)
    assert ([b.tolist() for b in loader], [b.tolist() for b in loader]) == expected


def test_a_dataset_without_a_length_goes_on() -> None:
    class Endless(Dataset):
        def __getitem__(self, i: int) -> int:
            return i

    loader, again = [DataLoader(Endless(), 2, sampler=[5, 1, 7, 3]) for _ in range(2)]
    next(iter(loader))
    again.load_state_dict(loader.state_dict())
    assert [b.tolist() for b in again] == [[7, 3]]


@pytest.mark.parametrize("workers", [0, 1])
def test_noise_of_later_epochs_is_that_of_the_run_before(workers: int) -> None:
    """Also where the order comes from no generator, and the generator of all from nowhere but the loader's state."""
    ag.manual_seed(0)
    loader = DataLoader(Numbers(), 4, num_workers=workers)
    batches = iter(loader)
    next(batches)
    state = stored(loader.state_dict())
    expected = [b.tolist() for _ in range(2) for b in (batches, loader)[_]]
    ag.manual_seed(1)
    loader = DataLoader(Numbers(), 4, num_workers=workers)
    loader.load_state_dict(state)
    assert [b.tolist() for _ in range(2) for b in loader] == expected


# ----- examples that come one after the other -----


class Stream(IterableDataset):
    """Examples with noise."""

    def __init__(self) -> None:
        self.asked, self.rng = 0, np.random.default_rng(7)

    def __iter__(self) -> Iterator[float]:
        for i in range(N):
            self.asked += 1
            yield i + self.noise()

    def noise(self) -> float:
        return float(ag.rand(())) / 4 + float(self.rng.random()) / 4


class KeepingStream(Stream):
    """One that knows where it is."""

    def __init__(self) -> None:
        super().__init__()
        self.place = 0

    def __iter__(self) -> Iterator[float]:
        while self.place < N:
            self.place += 1
            self.asked += 1
            yield self.place - 1 + self.noise()
        self.place = 0

    def state_dict(self) -> dict[str, int]:
        return {"place": self.place}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.place = state["place"]


class KeepingIterator(Stream):
    """One whose iterator knows where it is."""

    def __iter__(self) -> Iterator[float]:
        return Numbered(self)


class Numbered(Iterator[float]):
    def __init__(self, data: Stream) -> None:
        self.data, self.place = data, 0

    def __next__(self) -> float:
        if self.place == N:
            raise StopIteration
        self.place += 1
        self.data.asked += 1
        return self.place - 1 + self.data.noise()

    def state_dict(self) -> dict[str, int]:
        return {"place": self.place}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self.place = state["place"]


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("size", [None, 1, 3, 5])
@pytest.mark.parametrize("kind", [Stream, KeepingStream, KeepingIterator])
def test_streams_go_on(kind: type[Stream], size: int | None, workers: int) -> None:
    def made() -> DataLoader:
        return DataLoader(kind(), size, collate_fn=np.asarray, num_workers=workers, generator=0)

    whole, _ = went(made(), 2)
    for until in [(e, k) for e in (0, 1) for k in range(whole.index("end"))] + [(1, -1)]:
        first, state = went(made(), 2, until)
        loader = made()
        loader.load_state_dict(state["loader"])
        second, _ = went(loader, 2)
        assert [x[0] for x in first + second] == [x[0] for x in whole]


@pytest.mark.parametrize("kind", [KeepingStream, KeepingIterator])
def test_a_stream_that_knows_where_it_is_loads_nothing_again(kind: type[Stream]) -> None:
    loader, data = DataLoader(kind(), 3), kind()
    batches = iter(loader)
    next(batches)
    again = DataLoader(data, 3)
    again.load_state_dict(loader.state_dict())
    assert [np.floor(b).tolist() for b in again] == [[3, 4, 5], [6, 7, 8], [9]]
    assert data.asked == 7


def test_a_shorter_stream_is_refused() -> None:
    class Short(Stream):
        def __iter__(self) -> Iterator[int]:
            return iter(range(3))

    loader = DataLoader(Stream(), 3)
    batches = iter(loader)
    next(batches)
    next(batches)
    again = DataLoader(Short(), 3)
    again.load_state_dict(loader.state_dict())
    with pytest.raises(errors.StateDictError, match="another one"):
        next(iter(again))


def test_what_a_thread_has_begun_another_loader_goes_on_with() -> None:
    """A state is of what has been received, whoever made it."""
    whole = [b.tolist() for b in DataLoader(Numbers(), 2, shuffle=True, generator=0)]
    for workers in ((0, 3), (3, 0), (1, 3)):
        first, second = [DataLoader(Numbers(), 2, shuffle=True, generator=0, num_workers=n) for n in workers]
        batches = iter(first)
        seen = [next(batches).tolist() for _ in range(2)]
        second.load_state_dict(stored(first.state_dict()))
        assert seen + [b.tolist() for b in second] == whole


# ----- where an epoch ends -----


def test_after_the_last_batch_nothing_is_left_of_the_epoch_and_after_its_end_the_next_begins() -> None:
    loader = DataLoader(range(4), 2)
    states = [loader.state_dict() for _ in loader]
    states.append(loader.state_dict())
    left = []
    for state in states:
        again = DataLoader(range(4), 2)
        again.load_state_dict(state)
        left.append(len(list(again)))
    assert left == [1, 0, 2]
    assert [(s["epoch"], s["batch"]) for s in states] == [(0, 1), (0, 2), (1, 0)]


def test_a_loop_that_was_left_goes_on_elsewhere_and_begins_anew_here() -> None:
    loader = DataLoader(range(6), 2)
    for _ in loader:
        break
    again = DataLoader(range(6), 2)
    again.load_state_dict(loader.state_dict())
    assert again.state_dict()["batch"] == 1
    assert [b.tolist() for b in again] == [[2, 3], [4, 5]]
    assert len(list(loader)) == 3


# ----- what is refused -----


def state_of(**arguments: Any) -> Any:
    loader = DataLoader(**{"dataset": range(N), "batch_size": 2, **arguments})
    next(iter(loader))
    return loader.state_dict()


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "another size of batches": ({"batch_size": 3}, "batch_size=2"),
    "more examples": ({"dataset": range(11)}, "examples=10"),
    "another order": ({"shuffle": True}, "sampler='SequentialSampler'"),
    "without the last": ({"drop_last": True}, "drop_last=False"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_state_of_another_loader_is_refused(name: str) -> None:
    given, words = OTHERS[name]
    loader = DataLoader(**{"dataset": range(N), "batch_size": 2, **given})
    before = loader.state_dict()
    with pytest.raises(errors.StateDictError, match=words):
        loader.load_state_dict(state_of())
    assert loader.state_dict() == before


def test_datasets_with_other_generators_are_refused() -> None:
    class Plain(Numbers):
        def __init__(self) -> None:
            self.loaded = 0

    one, other = DataLoader(Numbers()), DataLoader(Plain())
    with pytest.raises(errors.StateDictError, match=r"the state of dataset\.rng"):
        other.load_state_dict(one.state_dict())
    with pytest.raises(errors.StateDictError, match=r"no state of the generator dataset\.rng"):
        one.load_state_dict(other.state_dict())


def test_generators_of_another_kind_are_refused() -> None:
    rng = np.random.Generator(np.random.Philox(0))
    loader = DataLoader(range(N), 2, shuffle=True, generator=rng)
    before = rng.bit_generator.state["state"]["counter"].tolist()
    with pytest.raises(errors.StateDictError, match="PCG64"):
        loader.load_state_dict(state_of(shuffle=True, generator=0))
    with pytest.raises(errors.StateDictError, match="default"):
        loader.load_state_dict(state_of(shuffle=True))
    assert rng.bit_generator.state["state"]["counter"].tolist() == before


@pytest.mark.parametrize("state", [None, {}, [], {"epoch": 1}])
def test_what_is_no_state_is_refused(state: Any) -> None:
    with pytest.raises(errors.StateDictError, match="no state of a loader"):
        DataLoader(range(N)).load_state_dict(state)


def test_an_order_that_comes_from_nowhere_in_sight_is_refused() -> None:
    class Secret(Sampler):
        def __iter__(self) -> Iterator[int]:
            return iter(np.random.default_rng().permutation(N).tolist())

    loader = DataLoader(TensorDataset(np.arange(N)), 2, sampler=Secret())
    batches = iter(loader)
    next(batches)
    next(batches)
    again = DataLoader(TensorDataset(np.arange(N)), 2, sampler=Secret())
    again.load_state_dict(loader.state_dict())
    with pytest.raises(errors.StateDictError, match="def state_dict"):
        next(iter(again))
