"""Everything of a program dies with its function, and everything of a compiled method with its object."""

from __future__ import annotations

import copy
import gc
import linecache
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.compiler.methods import KEY
from autograd_lite.compiler.text.defined import defined

BACKENDS = ["numpy", *NATIVE, "auto"]
X = np.ones((2, 3))


def shown() -> set[str]:
    """The texts that `linecache` has of programs and of their calls, and modules made for them."""
    texts = {name for name in linecache.cache if name.startswith("<") and "fast path of" not in name}
    return texts | {name for name in sys.modules if name.startswith("autograd_lite_compiled")}


def captured(backend: str) -> tuple[Any, list[ref[Any]]]:
    w, data = ag.Tensor(np.ones(3), requires_grad=True), np.full(3, 2.0)
    step = ag.compile(lambda x: np.sum(x * w * data), backend=backend)
    return step, [ref(w), ref(data), ref(step)]


def training(backend: str) -> tuple[Any, list[ref[Any]]]:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    opt = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = np.sum(model(x) ** 2)
        loss.backward()
        opt.step()
        return loss

    made = ag.compile(step, backend=backend)
    return made, [ref(model), ref(opt), ref(made), *map(ref, model.parameters())]


def large(backend: str) -> tuple[Any, list[ref[Any]]]:
    """Whose kernels are given arrays that are written to again, and a program of NumPy for errors."""
    w = ag.Tensor(np.ones(100_000))
    step = ag.compile(lambda x: (w * x[0, 0], w[x[0, :2].astype(int)]), backend=backend)
    return step, [ref(w), ref(step)]


SUBJECTS: list[Callable[[str], tuple[Any, list[ref[Any]]]]] = [captured, training, large]


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.__name__)
@pytest.mark.parametrize("backend", BACKENDS)
def test_programs_die_with_their_function(backend: str, subject: Any) -> None:
    gc.collect()
    before = shown()
    step, held = subject(backend)
    for _ in range(4):
        step(X)
    assert step.program.report()
    assert step.source
    assert shown() != before
    del step
    gc.collect()
    assert [x() for x in held] == [None] * len(held)
    assert shown() == before


@pytest.mark.parametrize("backend", BACKENDS)
def test_they_do_not_wait_for_the_garbage_collector(backend: str, no_collector: None) -> None:
    step, held = captured(backend)
    for _ in range(3):
        step(X)
    assert step.program.program
    del step
    assert [x() for x in held] == [None] * len(held)


# ----- methods -----


class Plain:
    def __init__(self, value: float) -> None:
        self.w = ag.Tensor(np.full(3, value), requires_grad=True)
        self.me = self  # garbage that only the collector finds


class Layer(nn.Module):
    def __init__(self, value: float) -> None:
        self.w = nn.Parameter(np.full(3, value))


def with_method(base: type, backend: str) -> Any:
    class Model(base):  # type: ignore[misc]
        @ag.compile(backend=backend)
        def step(self, x: Any) -> Any:
            return np.sum(x * self.w)

        @ag.compile(backend=backend)
        def twice(self, x: Any) -> Any:
            return self.step(x) * 2

    return Model


@pytest.fixture(params=[Plain, Layer], ids=["plain", "module"])
def base(request: pytest.FixtureRequest) -> Iterator[Any]:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_compiled_method_keeps_no_object_alive(backend: str, base: Any) -> None:
    model = with_method(base, backend)
    held = []
    for value in range(4):
        one = model(float(value))
        assert [one.step(X).item() for _ in range(3)] == [6.0 * value] * 3
        assert [one.twice(X).item() for _ in range(3)] == [12.0 * value] * 3
        assert one.step.programs.recordings <= 2  # again, where the first has read attributes of a module
        held += [ref(one), ref(one.w)]
    del one
    gc.collect()
    assert [x() for x in held] == [None] * len(held)


COPIES: dict[str, Callable[[Any], Any]] = {"copy": copy.copy, "deepcopy": copy.deepcopy}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_has_programs_of_its_own(copied: Any, base: Any) -> None:
    one = with_method(base, "numpy")(1.0)
    assert [one.step(X).item() for _ in range(2)] == [6.0, 6.0]
    other = copied(one)
    other.w = type(one.w)(np.full(3, 2.0))
    assert [(other.step(X).item(), one.step(X).item()) for _ in range(3)] == [(12.0, 6.0)] * 3
    assert other.step is not one.step
    assert one.step is one.step


class Pickled(Plain):
    @ag.compile
    def step(self, x: Any) -> Any:
        return np.sum(x * self.w)


def test_a_pickle_has_none() -> None:
    one = Pickled(1.0)
    assert [one.step(X).item() for _ in range(2)] == [6.0, 6.0]
    other = pickle.loads(pickle.dumps(one))
    assert not vars(other)[KEY].made
    other.w.assign(np.full(3, 3.0))
    assert [(other.step(X).item(), one.step(X).item()) for _ in range(3)] == [(18.0, 6.0)] * 3


def test_nobody_comes_across_them(base: Any) -> None:
    one = with_method(base, "numpy")(1.0)
    one.step(X)
    assert not hasattr(one, "compiled")
    if isinstance(one, nn.Module):
        assert [name for name, _ in one.named_parameters()] == ["w"]
        assert list(one.state_dict()) == ["w"]
        assert list(one.modules()) == [one]


def test_methods_of_a_class_and_its_base() -> None:
    class Base(Plain):
        @ag.compile
        def step(self, x: Any) -> Any:
            return np.sum(x * self.w)

    class Derived(Base):
        @ag.compile
        def step(self, x: Any) -> Any:
            return super().step(x) + 1

    one = Derived(1.0)
    assert [one.step(X).item() for _ in range(3)] == [7.0] * 3
    Derived.step = Base.step  # type: ignore[method-assign]
    assert [one.step(X).item() for _ in range(3)] == [6.0] * 3


def test_objects_that_are_trees_share_the_programs_of_their_class() -> None:
    @dataclass
    class State:
        w: Any

        @ag.compile
        def next(self, x: Any) -> Any:
            return State(self.w + x)

    state = State(np.zeros(3))
    for _ in range(5):
        state = state.next(np.ones(3))
    assert state.w.tolist() == [5.0] * 3
    assert State.next.programs.recordings == 1


def test_objects_without_attributes_of_their_own_are_served() -> None:
    class Slotted:
        __slots__ = ("w",)

        @ag.compile
        def step(self, x: Any) -> Any:
            return np.sum(x * 2)

    one, other = Slotted(), Slotted()
    assert [float(s.step(X)) for s in (one, other, one, other)] == [12.0] * 4


# ----- what tracebacks show -----


def test_tracebacks_show_the_lines_of_a_program() -> None:
    step = ag.compile(lambda x, i: x[i])
    x = np.arange(3.0)
    step(x, np.array([1, 2]))
    step(x, np.array([1, 2]))
    with pytest.raises(IndexError) as caught:
        step(x, np.array([1, 7]))
    lines = [frame.line or "" for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert any(line.startswith("t1 = x[i]") for line in lines)
    assert any("step(" in line for line in lines)


def test_lines_are_forgotten_with_their_function_also_when_nobody_knows_them_any_more() -> None:
    first = defined("f", "def f():\n    return 1\n", "<a text>", {})
    assert linecache.getline("<a text>", 2) == "    return 1\n"
    linecache.clearcache()
    del first
    second = defined("f", "def f(): return 2\n", "<a text>", {}, shown="def f():\n")
    assert second() == 2
    assert linecache.getlines("<a text>") == ["def f():\n"]
    del second
    assert "<a text>" not in linecache.cache
