"""What a compiled function refuses: with the line of the user's, and what to write; and nothing is changed by then."""

from __future__ import annotations

import math
import random
import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

X = np.linspace(-1.0, 1.0, 6)
kept: list[Any] = []
counted = {"calls": 0}


def branches(x: Any) -> Any:
    return x if x.sum() > 0 else -x


def loops(x: Any) -> Any:
    while np.max(x) > 0.1:
        x = x / 2
    return x


def keeps(x: Any) -> Any:
    kept.append(ag.Tensor(x) * 2)
    return x


def counts(x: Any) -> Any:
    counted["calls"] += 1
    return x * counted["calls"]


def writes(x: Any) -> Any:
    x[0] = 0.0
    return x


def draws_from_numpy(x: Any) -> Any:
    return x + np.random.rand()  # noqa: NPY002 - what is tested


def draws_from_python(x: Any) -> Any:
    return x + random.random()


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "a branch": (branches, "np.where"),
    "a loop": (loops, "np.where"),
    "float": (lambda x: float(x[0]) * x, "x itself"),
    "int": (lambda x: x * int(x[0]), "np.floor"),
    "item": (lambda x: x * x[0].item(), "x itself"),
    "item of a Tensor": (lambda x: x * ag.Tensor(x)[0].item(), "x itself"),
    "math": (lambda x: math.sin(x[0]) * x, "np.sin"),
    "range": (lambda x: [x for _ in range(x[0].astype(int))], "np.arange"),
    "tolist": (lambda x: x.tolist(), "x itself"),
    "a mask": (lambda x: x[x > 0], "np.where"),
    "a mask of a Tensor": (lambda x: ag.Tensor(x)[x > 0], "np.where"),
    "nonzero": (lambda x: np.nonzero(x)[0], "np.where"),
    "one-armed where": (lambda x: np.where(x > 0)[0], "np.where"),
    "unique": (lambda x: np.unique(x), "np.where"),
    "allclose": (lambda x: x if np.allclose(x, 0) else -x, "outside of the compiled function"),
    "np.asarray": (lambda x: np.asarray([x, x]), "np.stack"),
    "writing into an argument": (writes, "a = a + x"),
    "out=": (lambda x: np.add(x, 1, out=np.zeros(6)), "no out="),
    "np.copyto": (lambda x: np.copyto(np.zeros(6), x), "no out="),
    "keeping what was made": (keeps, "returns"),
    "counting": (counts, "assign"),
    "numbers of numpy.random": (draws_from_numpy, "f(x, rng)"),
    "numbers of random": (draws_from_python, "f(x, rng)"),
    "a generator without a seed": (lambda x: x + np.random.default_rng().random(), "(x, rng)"),
    "a branch on a number drawn": (lambda x: x if ag.engine.generators.generator().random() > 0.5 else -x, "np.where"),
    "a shuffle": (lambda x: ag.engine.generators.generator().shuffle(x), "a = a + x"),
    "the clock": (lambda x: x * time.time(), "(x, value)"),
    "a strange result": (lambda x: iter(x), "arrays, Tensors, numbers"),
    "an array of objects": (lambda x: np.add(x, object()), "an array or a number"),
}  # fmt: skip


def several(f: Callable[..., Any]) -> None:
    for _ in range(3):
        f(X.copy())


@pytest.mark.parametrize("name", REFUSED)
def test_a_function_is_refused_with_the_way_out(name: str) -> None:
    function, way = REFUSED[name]
    kept.clear()
    f = ag.compile(function)
    with pytest.raises((ag.AutogradError, TypeError)) as caught:
        several(f)
    message = str(caught.value)
    if isinstance(caught.value, ag.AutogradError):
        assert "Write " in message
        assert way in message or way.replace("f(x", function.__name__ + "(x") in message
    assert not len(f.programs)


def test_an_array_of_another_class_is_refused() -> None:
    with pytest.raises(ag.errors.DataError, match=r"Write data\.filled"):
        ag.compile(lambda x: x * 2)(np.ma.masked_array(X))
    with pytest.raises(ag.errors.CompileError, match="Write "):
        ag.compile(lambda x: x * 2)(X.view(np.recarray))


def test_a_function_that_is_not_numpy_s_is_refused_before_anything_happens() -> None:
    halved = np.frompyfunc(lambda x: x / 2, 1, 1)
    w = ag.Tensor(np.ones(6))

    def f(x: Any) -> Any:
        w.assign(w + x)
        return halved(x)

    with pytest.raises(ag.errors.CompileError, match="not NumPy's"):
        ag.compile(f)(X)
    assert w.numpy().tolist() == [1.0] * 6


def test_the_line_is_named() -> None:
    with pytest.raises(ag.errors.CompileError) as caught:
        ag.compile(branches)(X)
    line = branches.__code__.co_firstlineno + 1
    assert f"(at test_compile_refusals.py:{line})" in str(caught.value)


def test_nothing_is_changed_by_a_function_that_is_refused() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    exposed = w.data
    opt = ag.optim.SGD([w], lr=0.1, momentum=0.9)
    rng = np.random.default_rng(0)

    @ag.compile
    def step(x: Any, rng: Any) -> Any:
        opt.zero_grad()
        loss = np.sum(w * x + rng.standard_normal(2))
        loss.backward()
        opt.step()
        return loss.item()

    with pytest.raises(ag.errors.CompileError, match=re.escape("item()")):
        step(np.ones(2), rng)
    assert w.numpy().tolist() == [1.0, 2.0]
    assert w.data is exposed
    assert w.grad is None
    assert rng.random() == np.random.default_rng(0).random()
    opt.zero_grad()
    np.sum(w).backward()
    opt.step()  # the state that the refused step has made is one of zeros
    assert w.numpy() == pytest.approx([0.9, 1.9])


class Storing:
    def __call__(self, x: Any) -> Any:
        self.last = np.sin(x)
        return x


STORAGE = Storing()


def test_a_value_that_is_stored_is_refused() -> None:
    with pytest.raises(ag.errors.CompileError, match=re.escape("stores a value that it has computed as 'last'")):
        ag.compile(Storing())(X)


STORING: dict[str, Any] = {"was": 1.0}
listed: list[Any] = [1.0]


def stores_everywhere(x: Any) -> Any:
    global STORED
    STORED = x * 2
    STORING["new"], STORING["was"] = x * 3, x * 4
    Storing.of_the_class = x * 5  # type: ignore[attr-defined]
    listed.append(x)
    return float(x[0])


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_that_was_stored_is_left_behind(fails: bool) -> None:
    globals().pop("STORED", None)
    f = stores_everywhere if fails else lambda x: (setattr(STORAGE, "last", x * 2), x)[1]
    with pytest.raises(ag.errors.CompileError):
        ag.compile(f)(X)
    assert "STORED" not in globals()
    assert STORING == {"was": 1.0}
    assert not hasattr(Storing, "of_the_class")
    assert listed == [1.0]
    assert not hasattr(STORAGE, "last")


def test_a_value_that_leaks_is_refused_when_it_is_used() -> None:
    hidden = iter([])

    def f(x: Any) -> Any:
        nonlocal hidden
        hidden = iter([np.sin(x)])
        return x

    with pytest.raises(ag.errors.CompileError, match="used up"):
        ag.compile(f)(X)
    ag.compile(f, pure=True)(X)
    with pytest.raises(ag.errors.CompileError, match="has ended"):
        next(hidden) + 1


@pytest.mark.parametrize(
    ("call", "way"),
    [
        (lambda: ag.compile(3), "ag.compile(step)"),
        (lambda: ag.compile(np.sin, backend="fortran"), "backend='numpy'"),
        (lambda: ag.compile(np.sin, passes=["magic"])(X), "dead_code"),
        (lambda: ag.compile(np.sin).source, "sin(...)"),
    ],
)
def test_a_wrong_use_is_refused(call: Callable[[], Any], way: str) -> None:
    with pytest.raises(ag.errors.CompileError, match="Write ") as caught:
        call()
    assert way in str(caught.value)


def test_an_error_of_numpy_is_noted_with_the_operation() -> None:
    f = ag.compile(lambda x: ag.Tensor(x) @ np.ones((3, 2)))
    with pytest.raises(ValueError, match="matmul"):
        f(X)
