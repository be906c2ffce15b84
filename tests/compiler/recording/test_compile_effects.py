"""What a compiled function does or asks besides computing: done at every call, answered as without, or refused."""

from __future__ import annotations

import array
import collections
import copy
import datetime
import functools
import io
import logging
import numbers
import os
import pickle
import queue
import random
import secrets
import sys
import threading
import time
import types
import uuid
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag

X = np.array([1.0, -2.0])
COUNT = 0


class Counter:
    total = 0

    def __init__(self) -> None:
        self.count = 0


class Slotted:
    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


def count_in_module() -> tuple[Callable[[], None], Callable[[], Any]]:
    global COUNT
    COUNT = 0

    def effect() -> None:
        global COUNT
        COUNT += 1

    return effect, lambda: COUNT


def count_in_closure() -> tuple[Callable[[], None], Callable[[], Any]]:
    count = 0

    def effect() -> None:
        nonlocal count
        count += 1

    return effect, lambda: count


def nine_deep() -> tuple[Callable[[], None], Callable[[], Any]]:
    held = Counter()
    for _ in range(9):
        held = types.SimpleNamespace(inner=held)  # type: ignore[assignment]

    def innermost() -> Any:
        x: Any = held
        while not isinstance(x, Counter):
            x = x.inner
        return x

    return lambda: setattr(innermost(), "count", innermost().count + 1), lambda: innermost().count


def on(thing: Any, effect: Callable[[Any], Any], state: Callable[[Any], Any]) -> Any:
    return lambda: (lambda: effect(thing), lambda: state(thing))


def cached() -> Any:
    calls: list[int] = []

    @functools.lru_cache
    def size(n: int) -> int:
        calls.append(n)
        return n

    return lambda: size(3), lambda: len(calls)


def in_place(effect: Callable[[Any], Any]) -> Any:
    return lambda: on(np.array([3.0, 1.0, 2.0, 0.0]), effect, lambda a: a.tolist())()


EFFECTS: dict[str, Callable[[], tuple[Callable[[], Any], Callable[[], Any]]]] = {
    "a counter of the module": count_in_module,
    "a counter of a closure": count_in_closure,
    "a counter as an attribute": lambda: on(Counter(), lambda c: setattr(c, "count", c.count + 1), lambda c: c.count)(),
    "a counter in a slot": lambda: on(Slotted(), lambda c: setattr(c, "count", c.count + 1), lambda c: c.count)(),
    "a counter of a class": lambda: on(
        type("C", (), {"n": 0}), lambda c: setattr(c, "n", c.n + 1), lambda c: c.n
    )(),
    "a counter nine deep": nine_deep,
    "a counter in an array": lambda: on(np.zeros(1), lambda a: a.__setitem__(0, a[0] + 1), lambda a: float(a[0]))(),
    "an attribute that was not there": lambda: on(
        types.SimpleNamespace(), lambda c: setattr(c, "new", getattr(c, "new", 0) + 1), lambda c: vars(c).get("new")
    )(),
    "list.append": lambda: on([], lambda x: x.append(1), len)(),
    "list.sort": lambda: on([3, 1, 2], lambda x: x.sort(), list)(),
    "dict": lambda: on({}, lambda x: x.update({len(x): 1}), len)(),
    "dict of objects": lambda: on({0: Counter()}, lambda x: x.update({len(x): Counter()}), len)(),
    "set.add": lambda: on(set(), lambda x: x.add(len(x)), len)(),
    "set.add of an object": lambda: on({Counter()}, lambda x: x.add(Counter()), len)(),
    "deque": lambda: on(collections.deque(), lambda x: x.append(1), len)(),
    "bytearray": lambda: on(bytearray(), lambda x: x.append(1), len)(),
    "array": lambda: on(array.array("d"), lambda x: x.append(1), len)(),
    "StringIO": lambda: on(io.StringIO(), lambda x: x.write("a"), lambda x: x.getvalue())(),
    "BytesIO": lambda: on(io.BytesIO(), lambda x: x.write(b"a"), lambda x: x.getvalue())(),
    "queue": lambda: on(queue.Queue(), lambda x: x.put(1), lambda x: x.qsize())(),
    "simple queue": lambda: on(queue.SimpleQueue(), lambda x: x.put(1), lambda x: x.qsize())(),
    "lru_cache": cached,
    "an attribute of a function": lambda: on(
        count_in_module, lambda f: setattr(f, "n", getattr(f, "n", 0) + 1), lambda f: vars(f).pop("n", None)
    )(),
    "an attribute of a class that was not there": lambda: on(
        type("C", (), {}), lambda c: setattr(c, "n", 1), lambda c: vars(c).get("n")
    )(),
    "an array put in order": in_place(lambda a: a.sort()),
    "an array put in parts": in_place(lambda a: a.partition(1)),
    "bytes of an array": in_place(lambda a: a.byteswap(inplace=True)),
    "a part of an array": in_place(lambda a: a.put(0, 1.0)),
    "a part of an array by NumPy": in_place(lambda a: np.put(a, 0, 1.0)),
    "a flat part of an array": in_place(lambda a: a.flat.__setitem__(0, 1.0)),
    "a field of an array": in_place(lambda a: a.setfield(5.0, float)),
    "an array by a mask": in_place(lambda a: np.putmask(a, a > 1, 5.0)),
    "places of an array": in_place(lambda a: np.place(a, a > 1, [5.0])),
    "an array copied to": in_place(lambda a: np.copyto(a, 2.0)),
    "the diagonal of an array": in_place(lambda a: np.fill_diagonal(a.reshape(2, 2), 5.0)),
}  # fmt: skip


@pytest.mark.parametrize("backend", ["numpy", *NATIVE])
@pytest.mark.parametrize("name", EFFECTS)
def test_an_effect_is_refused(name: str, backend: str) -> None:
    effect, state = EFFECTS[name]()

    def f(x: Any) -> Any:
        effect()
        return x * 2.0

    before = state()
    with pytest.raises(ag.errors.CompileError, match="Write "):
        ag.compile(f, backend=backend)(X)
    assert not name.endswith("of an array") or state() == before


def test_an_effect_on_what_the_function_makes_is_none() -> None:
    def f(x: Any) -> Any:
        parts, seen, counter = [], set(), Counter()
        for i in range(3):
            parts.append(x * i)
            seen.add(i)
            counter.count += 1
        return sum(parts) * counter.count + len(seen)

    compiled = ag.compile(f)
    assert [compiled(X).tolist() for _ in range(2)] == [f(X).tolist()] * 2


# ----- random numbers, clocks, the world -----

RANDOM: dict[str, Callable[[], Callable[[], Any]]] = {
    "RandomState": lambda: np.random.RandomState(0).rand,
    "a method of RandomState": lambda: functools.partial(lambda r: r.rand(), np.random.RandomState(0)),
    "random.Random": lambda: random.Random(0).random,
    "gauss of random.Random": lambda: functools.partial(lambda r: r.gauss(0, 1), random.Random(0)),
    "BitGenerator": lambda: functools.partial(lambda b: b.random_raw() % 7, np.random.PCG64(0)),
    "a Generator in a class": lambda: type("C", (), {"rng": np.random.default_rng(0), "f": classmethod(_of_class)}).f,
    "a method of a Generator": lambda: np.random.default_rng(0).random,
    "numpy.random": lambda: np.random.rand,
    "random": lambda: random.random,
    "SystemRandom": lambda: random.SystemRandom().random,
    "os.urandom": lambda: lambda: os.urandom(1)[0],
    "secrets": lambda: lambda: secrets.randbelow(9),
    "uuid4": lambda: lambda: uuid.uuid4().int % 7,
    "a Random without a seed": lambda: lambda: random.Random().random(),
    "a RandomState without a seed": lambda: lambda: np.random.RandomState().rand(),
    "a default_rng without a seed": lambda: lambda: np.random.default_rng().random(),
    "time": lambda: time.time,
    "time_ns": lambda: time.time_ns,
    "perf_counter": lambda: time.perf_counter,
    "perf_counter_ns": lambda: time.perf_counter_ns,
    "monotonic_ns": lambda: time.monotonic_ns,
    "process_time": lambda: time.process_time,
    "thread_time": lambda: time.thread_time,
    "localtime": lambda: lambda: time.localtime().tm_sec,
    "gmtime": lambda: lambda: time.gmtime().tm_sec,
    "datetime.now": lambda: lambda: datetime.datetime.now().microsecond,
    "datetime.now of a zone": lambda: lambda: datetime.datetime.now(datetime.UTC).microsecond,
    "date.today": lambda: lambda: datetime.date.today().day,
    "getpid": lambda: os.getpid,
    "a file": lambda: lambda: len(open(__file__).read()),  # noqa: PTH123, SIM115
    "a file by its path": lambda: lambda: os.stat(__file__).st_size,  # noqa: PTH116
    "a file by numpy": lambda: lambda: np.fromfile(__file__, np.uint8)[0],
    "the environment": lambda: lambda: len(os.environ),
    "manual_seed": lambda: lambda: float(ag.manual_seed(0) is not None),
}  # fmt: skip


def _of_class(cls: Any) -> Any:
    return cls.rng.random()


def _slot(x: Any) -> Slotted:
    held = Slotted()
    held.count = x
    return held


@pytest.mark.parametrize("name", RANDOM)
def test_what_is_another_answer_at_every_call_is_refused(name: str) -> None:
    draw = RANDOM[name]()

    def f(x: Any) -> Any:
        return x * draw()

    with pytest.raises(ag.errors.CompileError, match="Write "):
        ag.compile(f)(X)


def test_generators_that_a_program_can_draw_from() -> None:
    def made() -> Any:
        other, slot = np.random.default_rng(5), _slot(np.random.default_rng(6))
        model = types.SimpleNamespace(rng=np.random.default_rng(3), parts={"rng": np.random.default_rng(4)})
        partly = functools.partial(lambda rng: rng.random(), np.random.default_rng(7))

        def f(x: Any, rng: Any) -> Any:
            held = model.rng.random() + model.parts["rng"].normal() + other.random() + slot.count.random()
            return x + held + partly() + rng.random()

        return f

    compiled, plain = ag.compile(made()), made()
    rng, twin = np.random.default_rng(8), np.random.default_rng(8)
    assert [compiled(X, rng).tolist() for _ in range(3)] == [plain(X, twin).tolist() for _ in range(3)]
    assert compiled.programs.recordings == 1


@pytest.mark.parametrize("kind", ["submit", "map", "thread"])
def test_threads_inside_are_refused(kind: str) -> None:
    def f(x: Any) -> Any:
        with ThreadPoolExecutor(2) as pool:
            if kind == "submit":
                return pool.submit(lambda: x * 2.0).result()
            if kind == "map":
                return list(pool.map(lambda i: x * i, (1.0, 2.0)))
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.append(x * 2.0))
        thread.start()
        thread.join()
        return found[0]

    with pytest.raises(ag.errors.CompileError, match="Write "):
        ag.compile(f)(X)


# ----- what is said -----


def prints(x: Any) -> Any:
    print("at", x)
    return x * 2.0


def writes(x: Any) -> Any:
    sys.stdout.write("at\n")
    return x * 2.0


def logs(x: Any) -> Any:
    logging.getLogger("autograd_lite.tests").warning("at %s", x)
    return x * 2.0


def prints_a_tensor(x: Any) -> Any:
    y = ag.Tensor(x) * 2.0
    print(y)
    return y


@pytest.mark.parametrize("f", [prints, writes, logs, prints_a_tensor])
def test_what_is_said_is_said_once_and_warned_of(f: Callable[[Any], Any], capsys: Any, caplog: Any) -> None:
    compiled = ag.compile(f, verify=0)
    with pytest.warns(ag.errors.AutogradWarning, match="prints.*test_compile_effects.py.*Write"):
        compiled(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compiled(X)
        compiled(X[:1])
    said = capsys.readouterr().out + caplog.text
    assert said.count("\n") == 2
    assert "value" not in said


# ----- questions -----


class Marker:
    pass


QUESTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "isinstance of an array": lambda x, k: x * (2.0 if isinstance(x, np.ndarray) else 3.0),
    "isinstance of an int": lambda x, k: x * k if isinstance(k, int) else x * 0,
    "isinstance of a float": lambda x, k: x * k if isinstance(k, float) else x * 0,
    "isinstance of a Number": lambda x, k: x * k if isinstance(k, numbers.Number) else x * 0,
    "isinstance of something else": lambda x, k: x * k if not isinstance(x, (Marker, list, ag.Tensor)) else x * 0,
    "the class": lambda x, k: x * 2.0 if x.__class__ is np.ndarray else x,
    "type": lambda x, k: x * 2.0 if type(x) is np.ndarray else x,
    "type of a number": lambda x, k: x * 2.0 if type(k) is int else x,
    "type of what was computed": lambda x, k: x * 2.0 if type(x * 2) is np.ndarray else x,
    "np.isscalar": lambda x, k: x * 2.0 if np.isscalar(k) and not np.isscalar(x) else x,
    "hasattr of a Tensor's": lambda x, k: x * 2.0 if hasattr(x, "requires_grad") or hasattr(x, "numpy") else x,
    "hasattr of an array's": lambda x, k: x * 2.0 if hasattr(x, "flags") and hasattr(x, "strides") else x,
    "hasattr of a number": lambda x, k: x * 2.0 if hasattr(k, "shape") or hasattr(k, "dtype") else x,
    "hasattr of a number's": lambda x, k: x * 2.0 if hasattr(k, "bit_length") else x,
    "str": lambda x, k: x * len(str(x)),
    "repr": lambda x, k: x * len(repr(x)),
    "format": lambda x, k: x * len(f"{x}"),
    "str of a number": lambda x, k: x * len(str(k)),
    "format of a number": lambda x, k: x * float(f"{k}"),
    "a key made of a number": lambda x, k: x * {"w1": 2.0, "w2": 3.0, "w30": 1.0}[f"w{k}"],
    "hash of a number": lambda x, k: x * {1: 2.0, 2: 3.0, 30: 1.0}[k],
    "deepcopy": lambda x, k: copy.deepcopy(x) * 2.0,
    "copy": lambda x, k: copy.copy(x) * copy.copy(k),
    "a pickle": lambda x, k: pickle.loads(pickle.dumps(x)) * 2.0,
    "numbers as such": lambda x, k: x * k.bit_length(),
    "bytes": lambda x, k: x * len(x.tobytes()),
    "nbytes": lambda x, k: x * x.nbytes,
    "is": lambda x, k: x * 2.0 if k is None else x,
    "a match": lambda x, k: _matched(x, k),
    "singledispatch": lambda x, k: _dispatched(x),
    "len": lambda x, k: x * len(x),
    "np.ndim": lambda x, k: x * np.ndim(k) + np.ndim(x),
    "callable": lambda x, k: x * (2.0 if callable(x) else 1.0),
    "iterating": lambda x, k: sum(a * k for a in x) * x,
}  # fmt: skip


def _matched(x: Any, k: Any) -> Any:
    match k:
        case 1:
            return x
        case int():
            return x * 2.0
    return x * 3.0


@functools.singledispatch
def _dispatched(x: Any) -> Any:
    return x * 0.0


@_dispatched.register
def _(x: np.ndarray) -> Any:
    return x * 2.0


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_is_answered_as_without_a_trace_or_refused(name: str) -> None:
    f = QUESTIONS[name]
    compiled = ag.compile(f)
    for k in (1, 2, 30, 1):
        x = np.array([1.0, -2.0]) / k
        try:
            found = compiled(x, k)
        except ag.errors.CompileError as error:
            assert "Write " in str(error)  # noqa: PT017
            return
        np.testing.assert_array_equal(found, f(x, k))


def swallows_a_value(x: Any) -> Any:
    try:
        return x * float(x[0])
    except Exception:  # noqa: BLE001 - what is tested
        return x * 5.0


def swallows_everything(x: Any, k: Any) -> Any:
    try:
        return x * (2.0 if k > 1 else 3.0)
    except BaseException:  # noqa: BLE001 - what is tested
        return x * 5.0


def swallows_an_error_of_numpy(x: Any) -> Any:
    try:
        return np.linalg.inv(np.outer(x, x) * 0.0)
    except np.linalg.LinAlgError:
        return x * 5.0


def swallows_a_clock(x: Any) -> Any:
    try:
        return x * time.time()
    except Exception:  # noqa: BLE001 - what is tested
        return x * 5.0


@pytest.mark.parametrize(
    ("f", "args"),
    [(swallows_a_value, ()), (swallows_an_error_of_numpy, ()), (swallows_a_clock, ())],
)
def test_a_refusal_that_is_caught_is_one(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    compiled = ag.compile(f)
    with pytest.raises(ag.errors.CompileError, match="Write "):
        compiled(X, *args)


def test_a_number_whose_value_is_needed_is_fixed_though_everything_is_caught() -> None:
    compiled = ag.compile(swallows_everything)
    for k in (1, 2, 1):
        np.testing.assert_array_equal(compiled(X, k), swallows_everything(X, k))


def test_errstate_inside() -> None:
    def calm(x: Any) -> Any:
        with np.errstate(divide="ignore"):
            return np.where(x > 0, 1.0 / x, 0.0)

    def strict(x: Any) -> Any:
        with np.errstate(divide="raise"):
            return 1.0 / x

    compiled = ag.compile(calm)
    for _ in range(3):
        assert compiled(np.array([0.0, 2.0])).tolist() == [0.0, 0.5]
    with pytest.raises(ag.errors.CompileError, match="errstate"):
        ag.compile(strict)(X)


def test_warnings_that_the_caller_has_switched_off_come_back_when_they_are_on() -> None:
    compiled = ag.compile(ag.value_and_grad(lambda x: np.sum(1.0 / x)))
    with np.errstate(all="ignore"):
        for _ in range(3):
            compiled(np.array([0.0, 2.0]))
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        compiled(np.array([0.0, 2.0]))
