"""Code that no trace sees into, inside a compiled function: custom operations, roots, fixed points, hooks."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.tree import flatten

BACKENDS = ["numpy", *NATIVE]
X = np.array([0.3, 0.7, 1.1])
TIMES = 3


@ag.custom_op(vjp=lambda g, x: g * np.cos(x), check=[0.3])
def sine(x: Any) -> Any:
    return math.sin(x)


@ag.custom_op(vjp=lambda g, x: g * np.array([math.cos(v) for v in x.tolist()]))
def black(x: Any) -> Any:
    """A rule that is no NumPy either."""
    return np.array([math.sin(v) for v in x.tolist()])


@ag.custom_op(vjp=lambda g, x: g * 2 * x, jvp=lambda tangents, x: 2 * x * tangents[0])
def square(x: Any) -> Any:
    return np.array([v * v for v in x.tolist()])


@ag.custom_op(vjp=lambda g, a, b, scale, mode: (g * b * scale, None if mode == "first" else g * a * scale))
def scaled(a: Any, b: Any, scale: float = 2.0, mode: Any = "both") -> Any:
    return np.frompyfunc(lambda u, v: scale * u * v, 2, 1)(a, b).astype(float)


with warnings.catch_warnings():
    warnings.simplefilter("ignore", ag.errors.NumericalDerivativeWarning)
    unknown = ag.custom_op(lambda x: np.array([math.sin(v) for v in x]), numerical=True, name="unknown")

root = ag.implicit.root(lambda x, a: x * x - a, solve=lambda a: math.sqrt(a))
roots = ag.implicit.root(
    lambda x, a: {"u": x["u"] ** 2 - a, "v": x["v"] * 2 - x["u"]},
    solve=lambda a: {"u": np.array([math.sqrt(v) for v in a]), "v": np.array([math.sqrt(v) / 2 for v in a])},
)
orbit = ag.implicit.fixed_point(lambda x, a: np.cos(a * x))

FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], int]] = {
    "sine": (lambda x: sine(x) * x, (0.3,), 3),
    "black": (lambda x: np.sum(black(np.cos(x)) * x), (X,), 1),
    "square": (lambda x: np.sum(np.exp(square(x))), (X,), 3),
    "scaled": (lambda a, b: np.sum(scaled(a, b * b, 3.0) + a), (X, X + 1), 3),
    "setting": (lambda a, b: np.sum(scaled(a, b, mode="first") * b), (X, X + 1), 2),
    "an object as a setting": (lambda a, b: np.sum(scaled(a, b, mode=object) * b), (X, X + 1), 2),
    "unknown": (lambda x: np.sum(unknown(x) * x), (X,), 1),
    "root": (lambda a: root(a) * a, (2.0,), 2),
    "roots": (lambda a: np.sum(roots(a)["v"] * np.exp(roots(a)["u"])), (X,), 2),
    "orbit": (lambda a: orbit(1.0, a) ** 2, (0.9,), 2),
    "orbit from x": (lambda a: orbit(a / 2, a) ** 2 + orbit(1.0, a), (0.9,), 2),
    "of constants": (lambda x: np.sum(x * sine(0.5)), (X,), 1),
    "inside of one another": (lambda x: np.sum(square(np.tanh(square(x)))), (X,), 2),
    "under vmap": (lambda x: ag.vmap(sine)(x).sum() + ag.vmap(root)(x).sum(), (X,), 2),
}
# What it takes to differentiate, and with which argument.
TRANSFORMS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    "value": (0, lambda f: f),
    "grad": (1, ag.grad),
    "value_and_grad": (1, ag.value_and_grad),
    "vjp": (1, lambda f: lambda *x: ag.vjp(f, *x)[1](1.0)),
    "jvp": (1, lambda f: lambda *x: ag.jvp(f, x, x)),
    "vmap": (0, lambda f: lambda *x: ag.vmap(f)(*[np.stack([v, v * 1.1]) for v in x])),
    "vmap of grad": (1, lambda f: lambda *x: ag.vmap(ag.grad(f))(*[np.stack([v, v * 1.1]) for v in x])),
    "checkpoint": (1, lambda f: ag.grad(ag.checkpoint(f))),
    "grad of grad": (2, lambda f: ag.grad(lambda *x: np.sum(ag.grad(f)(*x) ** 2))),
    "hessian": (2, ag.hessian),
    "hvp": (2, lambda f: lambda *x: ag.hvp(lambda y: f(y, *x[1:]), (x[0],), (x[0],))),
    "compiled inside": (1, lambda f: ag.grad(ag.compile(f))),
}
FOR_NUMBA = ("sine", "scaled")
NOT_NUMPY = {("black", "jvp"), ("black", "vmap of grad")}  # for which a rule has to be NumPy, compiled or not
CASES = [
    (name, t)
    for name, case in FUNCTIONS.items()
    for t, (order, _) in TRANSFORMS.items()
    if order <= case[2] and (name, t) not in NOT_NUMPY
]


def same(a: Any, b: Any) -> None:
    left, right = flatten(a)[0], flatten(b)[0]
    assert len(left) == len(right)
    for x, y in zip(left, right, strict=True):
        np.testing.assert_allclose(*[v.numpy() if isinstance(v, ag.Tensor) else v for v in (x, y)], rtol=1e-9)


@pytest.mark.parametrize(("name", "transform"), CASES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_transforms(backend: str, name: str, transform: str) -> None:
    if backend == "numba" and name not in FOR_NUMBA:
        pytest.skip("numba takes a second for each")
    f, args, _ = FUNCTIONS[name]
    plain = TRANSFORMS[transform][1](f)
    compiled = ag.compile(plain, backend=backend)
    for k in range(TIMES):
        given = [x * (1 + 0.1 * k) for x in args]
        same(compiled(*given), plain(*given))
    assert len(compiled.programs) == 1


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_compiled_function_of_them_is_differentiated(backend: str, name: str) -> None:
    f, args, order = FUNCTIONS[name]
    compiled = ag.compile(f, backend=backend)
    for k in range(TIMES + 2):
        given = [x * (1 + 0.1 * k) for x in args]
        same(ag.grad(lambda *x: compiled(*x) ** 2)(*given), ag.grad(lambda *x: f(*x) ** 2)(*given))
        if order > 1:
            same(ag.hessian(compiled)(*given), ag.hessian(f)(*given))


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_example_of_the_readme(backend: str) -> None:
    slope = ag.compile(ag.grad(sine), backend=backend)
    for x in (0.0, 0.5, 1.0):
        assert slope(x) == pytest.approx(math.cos(x))
    assert "call_sine(" in slope.source
    assert len(slope.programs) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_training_step(backend: str) -> None:
    def trained(wrap: Any) -> Any:
        model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Tanh())
        opt = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        @wrap
        def step(x: Any) -> Any:
            opt.zero_grad()
            loss = np.sum(square(model(x)) * black(model(x)))
            loss.backward()
            opt.step()
            return loss

        return [step(X * k).item() for k in range(5)], [p.numpy() for p in model.parameters()]

    same(trained(ag.compile(backend=backend)), trained(lambda f: f))


# ----- that it is alive -----


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_is_called_at_every_call_once_and_in_order(backend: str) -> None:
    calls: list[Any] = []
    table = np.ones(3)

    def counted(what: str) -> Any:
        def f(x: Any) -> Any:
            calls.append(what)
            return x * table[0] * len(calls)

        return ag.custom_op(f, vjp=lambda g, x: g * x, name=what)

    first, second = counted("first"), counted("second")

    def f(x: Any) -> Any:
        first(x)  # which nobody reads
        return second(x) + second(x) * first(0.0 * x)

    compiled = ag.compile(f, backend=backend, verify=0)
    for k in range(4):
        table[:] = k
        calls.clear()
        given = compiled(X)
        seen = calls.copy()
        calls.clear()
        same(given, f(X))
        assert seen == calls == ["first", "second", "second", "first"]
    assert len(compiled.programs) == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_it_may_keep_its_arguments(backend: str) -> None:
    kept: list[Any] = []

    def keep(x: Any) -> Any:
        kept.append(x)
        return x

    op = ag.custom_op(keep, vjp=lambda g: g)

    @ag.compile(backend=backend, verify=0)
    def f(x: Any) -> Any:
        y = x * 2.0
        z = op(y)
        return (y + z) * y

    large = np.linspace(0.0, 1.0, 5000)
    for k in range(4):
        same(f(large * k), (large * k * 4) * large * k * 2)
    for k, x in enumerate(kept):
        same(x, large * k * 2)


@pytest.mark.parametrize("backend", BACKENDS)
def test_another_shape_is_an_error_and_changes_nothing(backend: str) -> None:
    ragged = ag.custom_op(lambda x: x[x > 0], vjp=lambda g, x: np.where(x > 0, 1.0, 0.0))
    w = ag.Tensor(1.0)

    @ag.compile(backend=backend)
    def f(x: Any) -> Any:
        w.assign(w + 1.0)
        return ragged(x).sum()

    for _ in range(3):
        f(X)
    value = w.item()
    with pytest.raises(
        ag.errors.CompileError, match=r"returned float64 of shape \(2,\).*\(3,\) when that was recorded"
    ):
        f(np.array([-1.0, 1.0, 2.0]))
    assert w.item() == value


@pytest.mark.parametrize("backend", BACKENDS)
def test_errors_of_the_users_code_arrive(backend: str) -> None:
    def careful(x: Any) -> Any:
        if x[0] < 0:
            raise ZeroDivisionError("mine")
        return x

    f = ag.compile(lambda x: ag.custom_op(careful, vjp=lambda g: g)(x) * 2, backend=backend)
    lost = ag.compile(ag.grad(ag.implicit.root(lambda x, a: x * x - a, solve=lambda a: a)), backend=backend)
    same(lost(1.0), 0.5)
    for _ in range(3):
        f(X)
        with pytest.raises(ZeroDivisionError, match="mine"):
            f(-X)
        with pytest.raises(ag.errors.ConvergenceError):
            lost(4.0)


class Simulation:
    """Code with a state, which it reads and changes."""

    def __init__(self) -> None:
        self.factor, self.table, self.calls = 1.0, np.ones(3), 0

    def run(self, x: Any) -> Any:
        self.calls += 1
        return x * self.factor * self.table

    def back(self, g: Any, x: Any) -> Any:
        return g * self.factor * self.table


SIMULATION, TABLE = Simulation(), np.ones(3)
simulated = ag.custom_op(SIMULATION.run, vjp=SIMULATION.back, name="simulated")
tabled = ag.custom_op(lambda x: x * TABLE, vjp=lambda g: g * TABLE, name="tabled")
solved = ag.implicit.root(lambda x, a: x * x - a * TABLE, solve=lambda a: np.sqrt(a * TABLE))


@pytest.mark.parametrize("transform", ["value", "grad", "grad of grad", "hvp", "compiled inside"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum(simulated(x) * SIMULATION.table * x),
        lambda x: np.sum(tabled(x) * TABLE * x),
        lambda x: np.sum(solved(x) * TABLE * x),
    ],
    ids=["simulated", "tabled", "solved"],
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_what_it_reads_is_read_at_every_call(backend: str, f: Any, transform: str, slow: bool) -> None:
    if backend == "numba" and transform != "grad" and not slow:
        pytest.skip("numba takes a second for each")
    plain = TRANSFORMS[transform][1](f)
    compiled = ag.compile(plain, backend=backend)
    for k in range(4):
        TABLE[:] = SIMULATION.table[:] = SIMULATION.factor = k + 1.0
        same(compiled(X + k), plain(X + k))


def test_one_that_is_declared_inside_and_reads_an_array_is_refused() -> None:
    @ag.compile
    def f(x: Any) -> Any:
        return ag.custom_op(lambda y: y * TABLE, vjp=lambda g: g * TABLE)(x)

    with pytest.raises(ag.errors.CompileError, match="custom_op outside of the compiled function"):
        f(X)
    within = ag.compile(lambda x: ag.custom_op(lambda y: y * 2, vjp=lambda g: g * 2)(x) + 1)
    for _ in range(3):
        same(within(X), 2 * X + 1)


def test_the_text_says_what_is_missing(tmp_path: Path) -> None:
    slope = ag.compile(ag.grad(sine))
    slope(0.5)
    path = slope.program.save(tmp_path / "slope.py")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "sine is a function that is not NumPy's. Write it" in done.stderr
    assert "call_sine" in str(slope.visualize())
    assert "call_sine" in slope.program.report() or slope.program.report()


def test_names_that_programs_use_themselves() -> None:
    for name in ("np", "scatter", "kernel_1", "i", "class", "otherwise"):
        op = ag.custom_op(lambda x: np.sin(x), vjp=lambda g, x: g * np.cos(x), name=name)
        for backend in ("numpy", "cc") if len(BACKENDS) > 1 else ("numpy",):
            f = ag.compile(ag.grad(lambda np_, op=op: (op(np_) * np_).sum()), backend=backend)
            for _ in range(3):
                same(f(X), np.sin(X) + X * np.cos(X))


def test_a_checkpoint_without_a_seed() -> None:
    """In a process of its own, in which nobody has drawn yet."""
    text = """
import numpy as np
import autograd_lite as ag
layer = ag.checkpoint(lambda x: np.tanh(x) * x)
f = ag.compile(ag.grad(lambda x: layer(layer(x)).sum()))
assert np.allclose([f(np.ones(2)) for _ in range(3)], ag.grad(lambda x: layer(layer(x)).sum())(np.ones(2)))
noisy = ag.compile(lambda x: x + ag.engine.generators.generator().normal(size=2))
a, b, c = [noisy(np.ones(2)) for _ in range(3)]
assert (a != b).all() and (b != c).all()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", text], check=True)


# ----- hooks -----


@pytest.mark.parametrize("backend", BACKENDS)
def test_hooks_with_numpy_in_them(backend: str) -> None:
    def made(wrap: Any) -> Any:
        w = ag.Tensor(X, requires_grad=True)
        w.register_hook(lambda g: g / np.sqrt(np.sum(g * g) + 1.0))

        @wrap
        def step(x: Any) -> Any:
            w.zero_grad()
            y = np.tanh(w * x)
            y.register_hook(lambda g: np.clip(g, 0.0, 0.5) * sine(g[0]))
            np.sum(y * y).backward()
            w.assign(w - w.grad)
            return y

        return [step(X * k).numpy() for k in range(4)], w

    same(made(ag.compile(backend=backend)), made(lambda f: f))


def test_hooks_that_a_program_cannot_repeat_are_refused() -> None:
    seen: list[Any] = []
    w = ag.Tensor(X, requires_grad=True)

    @ag.compile
    def step(x: Any) -> Any:
        y = w * x
        y.register_hook(lambda g: seen.append(float(g[0])))
        y.sum().backward()

    with pytest.raises(ag.errors.CompileError, match="float"):
        step(X)
