"""A compiled function as one differentiable operation: every transform of it equals that of the plain function."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import nn

BACKENDS = ["numpy", *NATIVE]
X = np.array([0.3, -0.7, 1.1])
W = ag.Tensor(np.array([1.0, -2.0, 0.5]), requires_grad=True, name="w")
TIMES = 5
"""The first call is the plain function, at the second a pullback is missing, at the third it is recorded."""


def energy(x: Any) -> Any:
    return np.sum(np.sin(x) * x + np.tanh(x[::-1] * x))


def vector(x: Any) -> Any:
    return np.tanh(np.outer(x, x)).sum(0) + x[::-1] ** 2


def pair(x: Any) -> Any:
    return {"a": np.sin(x) * x, "b": [np.exp(x).sum(), x[0] * x[1]]}


def weighted(x: Any) -> Any:
    return np.sum(np.exp(-((x * W) ** 2)) + x)


def nothing_added(f: Any) -> Any:
    return f


def with_more(f: Any) -> Any:
    return lambda x: f(x) * 2.0 + np.sum(x**2)


def of_a_part(f: Any) -> Any:
    return lambda x: f(np.cos(x) * x)


def twice(f: Any) -> Any:
    return lambda x: f(x) * f(x * 0.5)


AROUND = [nothing_added, with_more, of_a_part, twice]
TRANSFORMS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "grad": ag.grad,
    "value_and_grad": ag.value_and_grad,
    "vjp": lambda f: lambda x: ag.vjp(f, x)[1](np.ones(np.shape(f(x)))),
    "jvp": lambda f: lambda x: ag.jvp(f, (x,), (np.cos(x),)),
    "linearize": lambda f: lambda x: ag.linearize(f, x)[1](x),
    "hvp": lambda f: lambda x: ag.hvp(f, (x,), (np.cos(x),)),
    "hessian": ag.hessian,
    "jacobian": ag.jacobian,
    "grad of grad": lambda f: ag.grad(lambda x: np.sum(ag.grad(f)(x) ** 2)),
    "third order": lambda f: ag.grad(lambda x: np.sum(ag.grad(lambda x: np.sum(ag.grad(f)(x) ** 2))(x))),
    "vmap": lambda f: lambda x: ag.vmap(f)(np.stack([x, x + 1])),
    "vmap of grad": lambda f: lambda x: ag.vmap(ag.grad(f))(np.stack([x, x + 1])),
    "grad of vmap": lambda f: ag.grad(lambda x: ag.vmap(f)(np.stack([x, x + 1])).sum()),
    "vmap beside": lambda f: lambda x: ag.vmap(lambda y: y * f(x))(np.ones(2)),
    "checkpoint": lambda f: ag.grad(ag.checkpoint(f)),
    "checkpoint of grad": lambda f: ag.checkpoint(ag.grad(f)),
    "compile": lambda f: ag.compile(f),
    "compile of grad": lambda f: ag.compile(ag.grad(f)),
    "jvp of grad": lambda f: lambda x: ag.jvp(ag.grad(f), (x,), (x,)),
    "grad of jvp": lambda f: ag.grad(lambda x: ag.jvp(f, (x,), (np.ones(3),))[1].sum()),
}
ONLY_NUMBERS = frozenset(
    ("grad", "value_and_grad", "hvp", "grad of grad", "third order", "vmap of grad", "checkpoint", "hessian",
     "checkpoint of grad", "compile of grad", "jvp of grad")
)  # fmt: skip


def same(a: Any, b: Any, rtol: float = 1e-9) -> None:
    left, right = ag.tree.flatten(a)[0], ag.tree.flatten(b)[0]
    assert len(left) == len(right)
    for x, y in zip(left, right, strict=True):
        assert type(x) is type(y) or {type(x), type(y)} <= {np.ndarray, np.float64}
        plain = [v.numpy() if isinstance(v, ag.Tensor) else v for v in (x, y)]
        np.testing.assert_allclose(*plain, rtol=rtol, atol=1e-12)


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_transforms_of_a_compiled_function(backend: str, name: str, around: Any) -> None:
    compiled = ag.compile(energy, backend=backend)
    transform = TRANSFORMS[name]
    got, wanted = transform(around(compiled)), transform(around(energy))
    for k in range(TIMES):
        same(got(X + 0.1 * k), wanted(X + 0.1 * k))


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name not in ONLY_NUMBERS])
@pytest.mark.parametrize("backend", BACKENDS)
def test_of_several_numbers(backend: str, name: str) -> None:
    compiled = ag.compile(vector, backend=backend)
    transform = TRANSFORMS[name]
    got, wanted = transform(compiled), transform(vector)
    for k in range(TIMES):
        same(got(X + 0.1 * k), wanted(X + 0.1 * k))


def told(result: Any) -> list[Any]:
    """Return the leaves of a result, how many of them are recorded, and what their sum gives `W`."""
    leaves = ag.tree.flatten(result)[0]
    recorded = [y for y in leaves if isinstance(y, ag.Tensor) and y.requires_grad]
    W.zero_grad()
    if recorded:
        sum((y * np.arange(1.0, y.size + 1).reshape(y.shape)).sum() for y in recorded).backward()
    plain = [np.asarray(y.detach() if isinstance(y, ag.Tensor) else y) for y in leaves]
    return [*plain, len(recorded), W.grad if W.grad is not None else 0.0]


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("backend", BACKENDS[:2])
def test_what_is_read_from_outside_is_watched_through_transforms(backend: str, name: str) -> None:
    compiled = ag.compile(weighted, backend=backend)
    got, wanted = TRANSFORMS[name](compiled), TRANSFORMS[name](weighted)
    for k in range(TIMES):
        same(told(got(X + 0.1 * k)), told(wanted(X + 0.1 * k)))
        with ag.no_grad():
            same(told(got(X + 0.1 * k)), told(wanted(X + 0.1 * k)))


def test_trees_and_dtypes() -> None:
    def loss(p: Any, x: Any, *, scale: Any = 1.0) -> Any:
        return {"loss": np.sum(np.tanh(x @ p["w"] + p["b"][0]) ** 2) * scale, "other": p["b"][0] * 2}

    compiled = ag.compile(loss)
    for dtype in (np.float64, np.float32):
        p = {"w": np.ones((2, 3), dtype), "b": [np.zeros(3, dtype), np.ones(1, dtype)]}
        for k in range(TIMES):
            x = np.full((4, 2), 0.1 * k, dtype)
            got, wanted = (
                ag.grad(lambda p, f=f, x=x: f(p, x, scale=2.0)["loss"] + p["b"][1].sum())(p) for f in (compiled, loss)
            )
            same(got, wanted, 1e-5 if dtype is np.float32 else 1e-9)
            assert {y.dtype for y in ag.tree.flatten(got)[0]} == {np.dtype(dtype)}


def test_an_argument_that_has_become_something_else() -> None:
    f = ag.compile(lambda x: np.sum(x * x * W))
    for k in range(TIMES):
        t = ag.Tensor(X, requires_grad=True)
        z = t * 2
        y = f(z)
        z += 1.0
        (y + z.sum()).backward(create_graph=k % 2 == 1)
        same(t.grad.numpy(), 8 * X * W.numpy() + 2)


def backward(f: Any, x: Any, more: Any, **options: Any) -> list[Any]:
    """Return the value, and the gradients of an argument and of a Tensor that is read from outside."""
    t = ag.Tensor(x, requires_grad=True)
    W.zero_grad()
    loss = more(f(t), t)
    loss.backward(**options)
    return [loss.numpy(), t.grad, W.grad]


@pytest.mark.parametrize(
    "more",
    [
        lambda y, t: y * 1.0,
        lambda y, t: y + 0.5 * np.sum(W * W),
        lambda y, t: y * np.sum(t),
        lambda y, t: y + ag.grad(lambda w: np.sum(w * w) * 2)(W).sum(),
    ],
    ids=["alone", "penalty", "product", "gradient"],
)
@pytest.mark.parametrize("backend", BACKENDS)
def test_backward_with_extra_terms(backend: str, more: Any) -> None:
    compiled = ag.compile(weighted, backend=backend)
    for k in range(TIMES):
        same(backward(compiled, X + k, more), backward(weighted, X + k, more))
        same(
            backward(compiled, X + k, more, create_graph=True)[1],
            backward(weighted, X + k, more, create_graph=True)[1],
        )


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_recorded_gradient_is_differentiated_again(backend: str) -> None:
    def second(f: Any, k: int) -> list[Any]:
        t = ag.Tensor(X + k, requires_grad=True)
        y = f(t)
        value = W.numpy().copy()
        if k == TIMES - 1:
            W.assign(2 * value)  # which is not what y was computed with
        y.backward(create_graph=True)
        first = t.grad
        for x in (t, W):
            x.zero_grad()
        (first**2).sum().backward()
        W.assign(value)
        return [first.detach(), t.grad, W.grad]

    compiled = ag.compile(weighted, backend=backend)
    for k in range(TIMES):
        same(second(compiled, k), second(weighted, k))


@pytest.mark.parametrize("chosen", ["a", "b", "ab"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_some_of_several_results(backend: str, chosen: str) -> None:
    compiled = ag.compile(pair, backend=backend)

    def total(f: Any) -> Any:
        def summed(x: Any) -> Any:
            y = f(x)
            parts = [y["a"].sum()] if "a" in chosen else []
            return sum(parts + ([y["b"][0] * y["b"][1]] if "b" in chosen else []))

        return summed

    for k in range(TIMES):
        same(ag.grad(total(compiled))(X + k), ag.grad(total(pair))(X + k))
        same(ag.jvp(total(compiled), (X,), (X,)), ag.jvp(total(pair), (X,), (X,)))
        same(ag.hessian(total(compiled))(X), ag.hessian(total(pair))(X))


def test_what_no_result_leads_to_gets_no_gradient() -> None:
    a, b = (ag.Tensor(X, requires_grad=True) for _ in "ab")
    f = ag.compile(lambda: (np.sum(a * a), np.sum(b * b * a.detach()), np.sum(np.sqrt(b - b.detach()))))
    for _ in range(TIMES):
        a.zero_grad()
        b.zero_grad()
        f()[0].backward()
        assert b.grad is None
        a.zero_grad()
        f()[1].backward()
        assert a.grad is None
        assert np.isfinite(b.grad.numpy()).all()  # of the last result, whose derivative is infinite, nothing comes


def test_a_zero_behind_a_mask_stays_zero() -> None:
    log = ag.compile(np.log)
    for f in (log, ag.checkpoint(np.log)):
        for _ in range(TIMES):
            with np.errstate(divide="ignore"):
                g = ag.grad(lambda x, f=f: np.where(x > 0, f(x), 0.0).sum())(np.array([0.0, 2.0]))
            same(g, np.array([0.0, 0.5]))


# ----- what is honoured -----


@pytest.mark.parametrize("backend", BACKENDS)
def test_recording_switched_off_and_on(backend: str) -> None:
    compiled = ag.compile(weighted, backend=backend)
    for _ in range(3):
        with ag.no_grad():
            assert not compiled(X).requires_grad
        assert compiled(X).requires_grad
        assert not ag.compile(energy, backend=backend)(ag.Tensor(X)).requires_grad
    assert len(compiled.programs) == 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_requires_grad_switched(backend: str) -> None:
    w, v = (ag.Tensor(X, requires_grad=True) for _ in "wv")
    f = ag.compile(lambda x: np.sum(x * w * v), backend=backend)
    for w.requires_grad in (True, True, True, False, True, False):
        w.zero_grad()
        v.zero_grad()
        f(X).backward()
        assert (w.grad is None) is not w.requires_grad
        same(v.grad.numpy(), X * X)


def test_hooks_run_once() -> None:
    w = ag.Tensor(X, requires_grad=True)
    for f in (ag.compile(lambda x: np.sum(x * w)), ag.checkpoint(lambda x: np.sum(x * w))):
        for k in range(TIMES):
            w.zero_grad()
            handle = w.register_hook(lambda g, k=k: g * (k + 2))
            y = f(X)
            kept = y.register_hook(lambda g: g * 10)
            y.backward()
            same(w.grad.numpy(), X * (k + 2) * 10)
            handle.remove()
            kept.remove()


@pytest.mark.parametrize("backend", BACKENDS)
def test_hooks_inside(backend: str) -> None:
    def f(x: Any) -> Any:
        y = ag.Tensor(x) * W if not isinstance(x, ag.Tensor) else x * W
        y.register_hook(lambda g: np.clip(g, -0.5, 0.5))
        return np.sum(y * y)

    compiled = ag.compile(f, backend=backend)
    for k in range(TIMES):
        same(backward(compiled, X + k, lambda y, t: y * 2), backward(f, X + k, lambda y, t: y * 2))


def test_a_hook_that_no_program_can_repeat_runs_as_it_is() -> None:
    seen = []

    def f(x: Any) -> Any:
        y = x * W
        y.register_hook(lambda g: seen.append(g.item() if g.size == 1 else g.numpy().copy()))
        return np.sum(y * y)

    compiled = ag.compile(f)
    for k in range(TIMES):
        same(backward(compiled, X + k, lambda y, t: y * 2), backward(f, X + k, lambda y, t: y * 2))
        assert len(seen) == 2 * (k + 1)
        same(seen[-1], seen[-2])


def test_debug_sees_inside() -> None:
    f = ag.compile(lambda x: np.sqrt(x).sum())
    for _ in range(TIMES):
        ag.grad(f)(X**2)
    with pytest.raises(ag.errors.NonFiniteError, match=r"test_compile_operation\.py"), ag.debug():
        ag.grad(f)(np.zeros(2))
    step = ag.compile(lambda x: np.where(x > 0, x, 0.0).sum())
    with ag.debug():  # and blames nobody for a branch of its own
        assert step(ag.Tensor(X)).item() == pytest.approx(1.4)

    @ag.compile
    def inside(x: Any) -> Any:
        with ag.debug():
            return np.sqrt(x)

    with pytest.raises(ag.errors.CompileError, match="around the call"):
        inside(ag.Tensor(X))


@pytest.mark.parametrize("backend", BACKENDS)
def test_gradcheck(backend: str) -> None:
    for f in (energy, vector, with_more(energy)):
        compiled = ag.compile(f, backend=backend)
        for _ in range(2):
            assert ag.gradcheck(compiled, X, order=2)


# ----- what it reads and changes -----


@pytest.mark.parametrize("backend", BACKENDS)
def test_random_numbers_and_assigned_tensors(backend: str) -> None:
    rng, mean = np.random.default_rng(0), ag.Tensor(np.zeros(3))

    def layer(x: Any, own: Any) -> Any:
        z = x * W * (rng.random(3) > 0.4) + own.normal(size=3)
        mean.assign(0.9 * mean + 0.1 * z.detach().mean(0))
        return np.tanh(z) - mean, np.exp(-z).sum()

    def run(f: Any) -> list[Any]:
        rng.bit_generator.state = np.random.default_rng(0).bit_generator.state
        own = np.random.default_rng(1)
        mean.assign(np.zeros(3))
        found = []
        for k in range(8):
            W.zero_grad()
            a, c = f(np.ones((2, 3)) * k, own)
            loss = (a.sum(), c * 1, a.sum() * c)[k % 3]
            loss.backward(create_graph=k == 7)
            found += [loss.detach(), W.grad.detach(), mean.numpy().copy()]
        return [*found, rng.random(), own.random()]

    same(run(ag.compile(layer, backend=backend)), run(layer))


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_that_are_written_to_between(backend: str) -> None:
    table, batch = np.ones(3), np.ones(3)

    def run(f: Any) -> list[Any]:
        found = []
        for k in range(TIMES):
            table[:], batch[:] = k + 1, k + 2
            W.zero_grad()
            y = f(batch)
            table[:] = batch[:] = np.nan
            y.backward()
            found.append(W.grad)
        return found

    def f(x: Any) -> Any:
        return np.sum(np.sin(W * table * x))

    same(run(ag.compile(f, backend=backend)), run(f))


def test_a_change_that_the_plain_function_would_see_is_refused() -> None:
    table = np.ones(3)
    f = ag.compile(lambda x: np.sum(np.sin(x * table)))
    for _ in range(TIMES):
        t = ag.Tensor(X, requires_grad=True)
        f(t).backward()
    y = f(t)
    table[0] = 5.0
    with pytest.raises(ag.errors.CompileError, match="the array 'table' was changed"):
        y.backward(create_graph=True)


def test_a_training_step_has_no_history() -> None:
    model = nn.Sequential(nn.Linear(3, 2, rng=0), nn.Tanh())
    opt = ag.optim.SGD(model.parameters(), lr=0.1)

    @ag.compile
    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        opt.step()
        return loss

    for _ in range(3):
        assert not step(X).requires_grad
    assert step.programs.recordings == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_ordinary_loop_with_a_compiled_network(backend: str) -> None:
    def run(compiled: bool) -> list[Any]:
        model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Sigmoid(), nn.Linear(4, 2, rng=1), nn.Softmax(-1))
        opt = ag.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
        net = ag.compile(model, backend=backend) if compiled else model
        losses = []
        for k in range(8):
            opt.zero_grad()
            loss = ag.half_squared_error(net(ag.Tensor(X + 0.1 * k)), ag.Tensor([1.0, 0.0]))
            loss.backward()
            opt.step()
            losses.append(loss.detach())
        return [losses, [p.detach() for p in model.parameters()]]

    same(run(True), run(False))


def test_arguments_that_share_a_node() -> None:
    f = ag.compile(lambda a, b: np.sum(np.sin(a) * b**2))

    def plain(a: Any, b: Any) -> Any:
        return np.sum(np.sin(a) * b**2)

    for _ in range(TIMES):
        same(ag.grad(lambda x: f(x, x * 1.0))(X), ag.grad(lambda x: plain(x, x * 1.0))(X))
        same(ag.grad(ag.checkpoint(lambda x: f(x, x)))(X), ag.grad(lambda x: plain(x, x))(X))
        same(ag.hessian(lambda x: f(x, x))(X), ag.hessian(lambda x: plain(x, x))(X))


def test_long_chains_are_taken_apart_in_a_loop() -> None:
    f = ag.compile(lambda x: np.sin(x))

    def work() -> None:
        t = ag.Tensor(1.0, requires_grad=True)
        for _ in range(TIMES):
            f(t).backward()
        y = t
        for _ in range(20_000):
            y = f(y)
        del y
        y = t
        for _ in range(20_000):
            y = f(y)
        y.backward()

    size = threading.stack_size(256 * 1024)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    threading.stack_size(size)
