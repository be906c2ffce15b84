"""Loops of Python are rolled up: the same values as call by call, in a text that is about as long as a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backends import NATIVE, tried

import autograd_lite as ag
from autograd_lite.compiler.passes import PASSES
from autograd_lite.compiler.passes.pipeline import measured
from autograd_lite.compiler.passes.rolling import rolling
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.compiler.program.loop import Loop, calls, is_loop

BACKENDS = ["numpy", *NATIVE]
UNROLLED = [name for name in PASSES if name != "rolling"]
W = np.array([[0.3, 0.2, -0.4], [-0.1, 0.5, 0.2], [0.7, -0.2, 0.1]])
H = np.array([0.1, 0.2, -0.3])
X = np.linspace(0.1, 1.0, 40)
S = np.array([1.0, 0.3])


def ode(s: Any, w: Any) -> Any:
    """Runge and Kutta's method for a pendulum."""

    def rate(s: Any) -> Any:
        return np.stack([s[1], -w * np.sin(s[0])])

    h = 0.01
    for _ in range(40):
        k1 = rate(s)
        k2 = rate(s + h / 2 * k1)
        k3 = rate(s + h / 2 * k2)
        s = s + h / 6 * (k1 + 2 * k2 + 2 * k3 + rate(s + h * k3))
    return np.sum(s**2)


def rnn(w: Any, h: Any, x: Any) -> Any:
    total = 0.0
    for i in range(40):
        h = np.tanh(w @ h + x[i])
        total = total + np.sum(h * h)
    return total


def backwards(w: Any, h: Any, x: Any) -> Any:
    for i in range(39, -1, -1):
        h = np.tanh(w @ h + x[i] * h) * 0.9 + x[i - 1 if i else 39]
    return np.sum(h**3)


def rows(w: Any, h: Any, x: Any) -> Any:
    table = np.outer(np.sin(x), h)
    for i in range(1, 40):
        h = w @ (h * table[i]) + table[i, 0] + table[i, 1:].sum() / 4
    return np.sum(h**2)


def two_back(w: Any, h: Any, x: Any) -> Any:
    before, now = h, np.sin(h)
    for i in range(40):
        before, now = now, w @ (now - 0.5 * before) + 0.1 * x[i]
    return np.sum(now * before)


def another_first(w: Any, h: Any, x: Any) -> Any:
    for i in range(40):
        h = np.sin(w @ h) if i else np.exp(h) / 2
        h = h + x[i]
    return np.sum(h)


def nested(w: Any, h: Any, x: Any) -> Any:
    for i in range(12):
        g = h
        for _ in range(10):
            g = np.sin(w @ g) + 0.1 * g
        h = np.tanh(g * x[i] + h)
    return np.sum(h**2)


def element_and_whole(w: Any, h: Any, x: Any) -> Any:
    for i in range(40):
        h = np.tanh(w @ h * x[i]) + np.sum(np.cos(x)) / 50
    return np.sum(h**2)


def collected(w: Any, h: Any, x: Any) -> Any:
    found = []
    for i in range(40):
        h = np.tanh(w @ h * x[i])
        found.append(h[0])
    return np.sum(np.stack(found) * x), found[3], found[38]


PROGRAMS = {
    "rnn": rnn, "backwards": backwards, "rows": rows, "two_back": two_back, "another_first": another_first,
    "nested": nested, "element_and_whole": element_and_whole,
}  # fmt: skip


def loops_of(program: Any) -> list[Loop]:
    return [x.fn for x in calls(program) if is_loop(x.fn)]


def recorded(function: Any, *args: Any) -> Any:
    compiled = ag.compile(function)
    compiled(*args)
    return compiled.program.recorded.program


def agree(one: Any, other: Any, **tolerance: Any) -> None:
    a, b = ag.tree.flatten(one)[0], ag.tree.flatten(other)[0]
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert type(x) is type(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        np.testing.assert_allclose(x, y, **tolerance)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_same_as_call_by_call(name: str, dtype: Any) -> None:
    args = [a.astype(dtype) for a in (W, H, X)]
    both = ag.value_and_grad(PROGRAMS[name], argnums=(0, 1, 2))
    rolled, plain = ag.compile(both), ag.compile(both, passes=UNROLLED)
    eager = both(*args)
    for _ in range(2):
        done = rolled(*args)
        agree(done, plain(*args), rtol=0)
        agree(done, eager, rtol=1e-10 if dtype is np.float64 else 2e-4, atol=1e-12 if dtype is np.float64 else 1e-5)
    assert len(rolled.source.splitlines()) < len(plain.source.splitlines()) / 3
    assert len(loops_of(rolled.program.program)) >= 2


@pytest.mark.parametrize(("name", "backend"), tried([(name,) for name in PROGRAMS], 3))
def test_backends(name: str, backend: str) -> None:
    both = ag.value_and_grad(PROGRAMS[name], argnums=(0, 1, 2))
    compiled = ag.compile(both, backend=backend)
    for x in (X, X[::-1].copy()):
        for _ in range(2):
            agree(compiled(W, H, x), both(W, H, x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("dtype", "backend"), tried([(np.float64,), (np.float32,)], 2))
def test_an_ode(dtype: Any, backend: str) -> None:
    both = ag.value_and_grad(ode, argnums=(0, 1))
    compiled = ag.compile(both, backend=backend)
    for w in (dtype(2.0), dtype(3.0)):
        agree(compiled(S.astype(dtype), w), both(S.astype(dtype), w), rtol=1e-10 if dtype is np.float64 else 1e-4)
    assert len(compiled.source.splitlines()) < 700


@pytest.mark.parametrize("name", ["rnn", "two_back"])
def test_second_derivatives(name: str) -> None:
    f = PROGRAMS[name]
    slope = ag.grad(lambda h: np.sum(ag.grad(f, argnums=1)(W, h, X) ** 2))
    compiled = ag.compile(slope)
    compiled(H)
    agree(compiled(H), slope(H), rtol=1e-9)
    assert len(loops_of(compiled.program.program)) >= 2


def test_results_of_all_steps_that_are_read_one_by_one() -> None:
    def f(w: Any, h: Any, x: Any) -> Any:
        found = []
        for i in range(40):
            h = np.tanh(w @ h * x[i])
            found.append(np.sum(h))
        return np.sum(np.stack(found) * x)

    both = ag.value_and_grad(f, argnums=(0, 1, 2))
    compiled = ag.compile(both)
    for _ in range(2):
        agree(compiled(W, H, X), both(W, H, X), rtol=1e-9)
    assert loops_of(compiled.program.program)


@pytest.mark.parametrize("backend", BACKENDS)
def test_single_values_of_steps(backend: str) -> None:
    f = ag.compile(lambda w, h, x: [collected(w, h, x), collected(w, h, x)], backend=backend)
    eager = [collected(W, H, X), collected(W, H, X)]
    agree(f(W, H, X), eager, rtol=1e-12)
    agree(f(W, H, X), eager, rtol=1e-12)


@pytest.mark.parametrize(("name", "backend"), tried([("rnn",), ("two_back",), ("nested",)], 3))
def test_a_loss_that_is_swept_back_outside(name: str, backend: str) -> None:
    compiled = ag.compile(PROGRAMS[name], backend=backend)
    for scale in (1.0, 0.5, 0.7):
        slopes = []
        for f in (compiled, PROGRAMS[name]):
            w, h, x = (ag.tensor(scale * a, requires_grad=True) for a in (W, H, X))
            f(w, h, x).backward()
            slopes.append([t.grad.numpy() for t in (w, h, x)])
        agree(*slopes, rtol=1e-9, atol=1e-12)
    assert len(compiled.source.splitlines()) < 200
    assert len(compiled.program.recorded.program.outputs) < 100


def test_each_program_is_right() -> None:
    for f in PROGRAMS.values():
        program = recorded(ag.value_and_grad(f, argnums=(0, 1, 2)), W, H, X)
        for after, changed in measured(program):
            verify(changed, after)


def test_inner_loops_are_part_of_outer_ones() -> None:
    program = rolling(recorded(ag.value_and_grad(nested, argnums=(0, 1, 2)), W, H, X))
    outer = [x.fn for x in program.instructions if is_loop(x.fn)]
    assert any(loops_of(loop.body) for loop in outer)
    assert len(program.instructions) < 500


def differing(x: Any) -> Any:
    for i in range(300):
        x = np.sin(x) * (1.0 + i / 7)
    return np.sum(x)


def aperiodic(x: Any) -> Any:
    k = 7
    for _ in range(300):
        k = k * 1103515245 + 12345 & 0x7FFFFFFF
        x = [np.sin, np.cos, np.tanh, np.arctan][k >> 16 & 3](x) + x
    return np.sum(x)


@pytest.mark.parametrize("function", [differing, aperiodic])
def test_steps_that_differ_stay(function: Any) -> None:
    program = recorded(function, H)
    assert not loops_of(rolling(program))
    agree(ag.compile(function)(H), function(H), rtol=1e-12)


def test_a_draw_in_each_step_stays() -> None:
    def noisy(x: Any, rng: Any) -> Any:
        for _ in range(300):
            x = np.sin(x) + rng.normal(size=3)
        return x

    compiled = ag.compile(noisy)
    for seed in (1, 1):
        agree(compiled(H, np.random.default_rng(seed)), noisy(H, np.random.default_rng(seed)), rtol=1e-12)
    assert not loops_of(compiled.program.program)


def test_a_short_program_stays() -> None:
    program = recorded(rnn, W, H, X)
    assert len(program.instructions) < 500
    assert rolling(program) is program


def test_zeros_of_both_signs_are_different_numbers() -> None:
    def signs(x: Any) -> Any:
        for i in range(300):
            x = np.copysign(x, -0.0 if i % 2 else 0.0) * np.cos(x)
        return x

    agree(ag.compile(signs)(H), signs(H), rtol=1e-13)
    assert loops_of(rolling(recorded(signs, H)))
