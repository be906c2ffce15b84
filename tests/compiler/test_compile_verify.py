"""`compile(f, verify=n)`: a program that does not do what the function does is found; nothing is left of the look."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.compiler.comparing import Comparison, different
from autograd_lite.compiler.recording.environment import Environment
from autograd_lite.compiler.recording.interception import tracing
from autograd_lite.engine.watchpoints import watching

X = np.array([1.0, -2.0, 3.0])


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have programs not compare what they have read, so that they are stale."""
    monkeypatch.setattr(Environment, "conditions", lambda self, bind: [])


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert tracing() is None
    assert watching.get() is None
    assert type(vars(ag.Tensor.__mro__[1])["_data"]).__name__ == "member_descriptor"


class World:
    """What a function reads, and what it changes."""

    def __init__(self) -> None:
        self.settings = {"a": 2.0, "on": True, "name": "y", "n": 3}
        self.w = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
        self.b = ag.Tensor([0.5, 0.5, 0.5], requires_grad=True, name="b")
        self.optimizer = ag.optim.SGD([self.w], lr=0.1, momentum=0.9)
        self.rng = np.random.default_rng(0)
        self.other = np.random.default_rng(1)

    def state(self) -> list[Any]:
        """Return a copy of all that can change."""
        tensors = [self.w, self.b, *[t for s in self.optimizer.state.values() for t in s.values()]]
        values = [(t.numpy().tolist(), None if t.grad is None else t.grad.tolist()) for t in tensors]
        return [values, self.rng.bit_generator.state, self.other.bit_generator.state, random.getstate()]


def scaled(world: World, x: Any) -> Any:
    return x * world.settings["a"]


def in_a_tree(world: World, x: Any) -> Any:
    return {"same": x + 1.0, "list": [x, world.settings["a"] * x]}


def one_number(world: World, x: Any) -> Any:
    return np.sum(x) * world.settings["a"]


def of_another_shape(world: World, x: Any) -> Any:
    return x[: world.settings["n"]] * 1.0


def of_another_dtype(world: World, x: Any) -> Any:
    return x.astype(float if world.settings["on"] else np.float32)


def another_structure(world: World, x: Any) -> Any:
    return {world.settings["name"]: x * 1.0}


def tensor_or_array(world: World, x: Any) -> Any:
    return np.sum(world.w * x) if world.settings["on"] else np.sum(x)


def a_setting(world: World, x: Any) -> Any:
    return [x * 1.0, world.settings["name"]]


def assigned(world: World, x: Any) -> Any:
    world.w.assign(world.w.detach() * world.settings["a"])
    return x * 1.0


def assigned_elsewhere(world: World, x: Any) -> Any:
    (world.w if world.settings["on"] else world.b).assign(x * 3.0)
    return x * 1.0


def gradients(world: World, x: Any) -> Any:
    world.w.grad = None
    np.sum(world.w * x * world.settings["a"]).backward()
    return x * 1.0


def no_gradient(world: World, x: Any) -> Any:
    world.w.grad = world.b.grad = None
    (np.sum(world.w * x) + (np.sum(world.b * x) if world.settings["on"] else 0.0)).backward()
    return x * 1.0


def steps(world: World, x: Any) -> Any:
    world.optimizer.zero_grad()
    loss = np.sum((world.w * x) ** 2) * world.settings["a"]
    loss.backward()
    world.optimizer.step()
    return x * 1.0


def draws(world: World, x: Any) -> Any:
    return x + world.rng.standard_normal(3) * world.settings["a"]


def draws_more(world: World, x: Any) -> Any:
    world.rng.standard_normal(3 if world.settings["on"] else 5)
    return x * 1.0


def fails(world: World, x: Any) -> Any:
    if not world.settings["on"]:
        raise OverflowError("too much")
    return x * 1.0


CHANGED: dict[str, Any] = {"a": 5.0, "on": False, "name": "z", "n": 2}
STALE: list[tuple[Callable[..., Any], str, str]] = [
    (scaled, "a", r"the result is 15.0 at \[2\], and 6.0 in the program"),
    (in_a_tree, "a", r"the result\['list'\]\[1\] is 15.0 at \[2\], and 6.0"),
    (one_number, "a", "the result is 10.0, and 4.0 in the program"),
    (of_another_shape, "n", r"a ndarray of float64 and shape \(2,\), and a ndarray of float64 and shape \(3,\)"),
    (of_another_dtype, "on", r"a ndarray of float32 and shape \(3,\), and a ndarray of float64"),
    (another_structure, "name", r"the result is dict\(z\), and dict\(y\) in the program"),
    (tensor_or_array, "on", "the result is a float64 .* and a Tensor in the program"),
    (a_setting, "name", r"the result\[1\] is 'z', and 'y' in the program"),
    (assigned, "a", r"the Tensor 'w' is 120.0 at \[2\], and 48.0 in the program"),
    (assigned_elsewhere, "on", r"the Tensor 'w'|the Tensor 'b'"),
    (gradients, "a", r"the gradient of the Tensor 'w' is 15.0 at \[2\], and 6.0"),
    (no_gradient, "on", "the gradient of the Tensor 'b' is None, and a ndarray"),
    (steps, "a", r"the Tensor 'w' is .* at \[2\], and"),
    (draws, "a", "the result is .*, and"),
    (draws_more, "on", "a random generator"),
    (fails, "on", "OverflowError: too much"),
]


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize(("function", "key", "said"), STALE, ids=lambda x: getattr(x, "__name__", None))
@pytest.mark.usefixtures("blind")
def test_a_stale_program_is_found_and_everything_is_as_before(
    function: Callable[..., Any], key: str, said: str, backend: str
) -> None:
    world = World()
    compiled = ag.compile(lambda x: function(world, x), verify=3, backend=backend)
    for _ in range(3):
        compiled(X)
    before = world.state()
    world.settings[key] = CHANGED[key]
    with pytest.raises(ag.errors.CompileError, match=said):
        compiled(X)
    assert world.state() == before


@pytest.mark.parametrize(("function", "key", "said"), STALE, ids=lambda x: getattr(x, "__name__", None))
def test_the_guards_see_what_changes(function: Callable[..., Any], key: str, said: str) -> None:
    world = World()
    compiled = ag.compile(lambda x: function(world, x), verify=3)
    for _ in range(3):
        compiled(X)
    recordings = compiled.programs.recordings
    world.settings[key] = CHANGED[key]
    if function is fails:
        with pytest.raises(OverflowError):
            compiled(X)
        return
    compiled(X)
    compiled(X)
    assert compiled.programs.recordings == recordings + 1


def training(verify: int, backend: str) -> list[bytes]:
    """Return what a few steps make of a model, an optimiser and a generator."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    for p in model.parameters():
        p.assign(rng.standard_normal(p.shape))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)

    @ag.compile(verify=verify, backend=backend)
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = np.sum(model(x + rng.standard_normal((2, 3))) ** 2)
        loss.backward()
        optimizer.step()
        return loss

    data = np.random.default_rng(1)
    losses = [step(data.standard_normal((2, 3))).numpy().tobytes() for _ in range(6)]
    assert step.programs.recordings == 2
    rest = [t.numpy().tobytes() for p in model.parameters() for t in (p, p.grad, *optimizer.state[p].values())]
    return [*losses, *rest, repr(rng.bit_generator.state).encode()]


@pytest.mark.parametrize("backend", ["numpy", "auto"])
def test_verified_calls_do_what_others_do(backend: str) -> None:
    assert training(4, backend) == training(0, backend)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_so_many_reuses_of_each_program_are_verified(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    differences = Comparison.differences

    def counted(self: Comparison, *args: Any) -> Any:
        runs.append(1)
        return differences(self, *args)

    monkeypatch.setattr(Comparison, "differences", counted)
    compiled = ag.compile(lambda x: x * 2.0, verify=n)
    for size in (3, 3, 4, 3, 4, 3, 3, 4, 4, 4):
        np.testing.assert_array_equal(compiled(np.ones(size)), np.full(size, 2.0))
    assert len(runs) == 2 * n
    assert len(compiled.programs) == 2
    assert len(compiled.programs.enters) == 2


@pytest.mark.usefixtures("blind")
def test_an_environment_variable_says_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for value, verified in (("2", True), ("0", False)):
        monkeypatch.setenv("AUTOGRAD_LITE_VERIFY", value)
        world.settings["a"] = 2.0
        compiled = ag.compile(lambda x: scaled(world, x))
        compiled(X)
        world.settings["a"] = 3.0
        if verified:
            with pytest.raises(ag.errors.CompileError, match="in the program"):
                compiled(X)
        else:
            compiled(X)


@pytest.mark.parametrize("given", [-1, 1.5, True, "many"])
def test_what_is_no_number_of_calls_is_refused(given: Any) -> None:
    with pytest.raises(ag.errors.CompileError, match="verify=3"):
        ag.compile(lambda x: x, verify=given)


def test_an_array_that_somebody_holds_is_put_back() -> None:
    t = ag.Tensor([1.0, 2.0], name="t")
    held = t.data

    def f(x: Any) -> Any:
        t.assign(t * 1.0 + x)
        return x * 1.0

    compiled = ag.compile(f, verify=5)
    for k in range(4):
        compiled(1.0)
        np.testing.assert_array_equal(t.numpy(), np.array([2.0, 3.0]) + k)
    np.testing.assert_array_equal(held, [1.0, 2.0])


@pytest.mark.usefixtures("blind")
def test_an_array_that_the_plain_run_writes_into_is_put_back() -> None:
    writes, array = [False], np.ones(3)

    def f(x: Any) -> Any:
        if writes[0]:
            array[0] = 7.0
        return x + array

    compiled = ag.compile(f, verify=2)
    compiled(X)
    writes[0] = True
    with pytest.raises(ag.errors.CompileError, match=r"the result is 8\.0 at \[0\], and 2\.0 in the program"):
        compiled(X)
    np.testing.assert_array_equal(array, np.ones(3))


@pytest.mark.parametrize("kind", ["PCG64", "MT19937", "Philox", "SFC64"])
def test_generators_of_all_kinds_are_put_back_and_compared(kind: str) -> None:
    rng, twin = (np.random.Generator(getattr(np.random, kind)(3)) for _ in range(2))
    compiled = ag.compile(lambda x, g: x + g.standard_normal(3) + rng.random(3), verify=3)
    own, own_twin = (np.random.Generator(getattr(np.random, kind)(4)) for _ in range(2))
    for _ in range(5):
        expected = X + own_twin.standard_normal(3) + twin.random(3)
        np.testing.assert_array_equal(compiled(X, own), expected)


def test_warnings_are_given_once() -> None:
    compiled = ag.compile(lambda x: np.log(x), verify=3)
    compiled(np.ones(2))
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        compiled(np.zeros(2))
    assert [w.category for w in given] == [RuntimeWarning]


def test_compiled_functions_inside_run_plainly() -> None:
    inner = ag.compile(lambda x: x * 2.0, verify=2)
    outer = ag.compile(lambda x: inner(x) + 1.0, verify=2)
    for _ in range(4):
        np.testing.assert_array_equal(outer(X), 2 * X + 1)
    assert len(inner.programs) == 0


# ----- how near is near enough -----

NEAR: list[tuple[str, Any, Any, float]] = [
    ("rounding", np.array([1.0, 1e-12]), np.array([1.0 + 1e-12, 1.1e-12]), 0.0),
    ("float32", np.float32(1.0), np.float32(1.0001), 0.0),
    ("float16", np.float16(1.0), np.float16(1.01), 0.0),
    ("what cancels", np.array(0.0), np.array(1e-13), 100.0),
    ("NaN", np.array([np.nan, 1.0]), np.array([np.nan, 1.0]), 0.0),
    ("infinities", np.array([np.inf, -np.inf]), np.array([np.inf, -np.inf]), 0.0),
    ("nothing", np.zeros((0, 3)), np.zeros((0, 3)), 0.0),
    ("complex", np.array([1.0 + 1j]), np.array([1.0 + 1j + 1e-12]), 0.0),
    ("whole numbers", np.array([1, 2]), np.array([1, 2]), 0.0),
    ("texts", "a", "a", 0.0),
]
FAR: list[tuple[str, Any, Any, float]] = [
    ("float64", np.array([1.0, 2.0]), np.array([1.0, 2.0001]), 0.0),
    ("float32", np.float32(1.0), np.float32(1.01), 0.0),
    ("small", np.array(1e-20), np.array(2e-20), 0.0),
    ("zero", np.array(0.0), np.array(1e-13), 0.0),
    ("NaN", np.array([np.nan]), np.array([1.0]), 0.0),
    ("infinities", np.array([np.inf]), np.array([-np.inf]), 0.0),
    ("infinity", np.array([np.inf]), np.array([1e300]), 0.0),
    ("whole numbers", np.array([1, 2]), np.array([1, 3]), 0.0),
    ("truth", np.array([True]), np.array([False]), 0.0),
    ("dtypes", np.array([1.0]), np.array([1.0], np.float32), 0.0),
    ("shapes", np.ones(1), np.ones(()), 0.0),
    ("texts", "a", "b", 0.0),
    ("kinds", None, np.ones(1), 0.0),
]


@pytest.mark.parametrize(("name", "found", "plain", "scale"), NEAR)
def test_rounding_is_no_difference(name: str, found: Any, plain: Any, scale: float) -> None:
    assert list(different(name, found, plain, scale)) == []


@pytest.mark.parametrize(("name", "found", "plain", "scale"), FAR)
def test_more_than_rounding_is_one(name: str, found: Any, plain: Any, scale: float) -> None:
    (said,) = different(name, found, plain, scale)
    assert said.startswith(name)
