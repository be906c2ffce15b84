"""scan, map, fori_loop, while_loop and cond: the values and all derivatives of the loops that they stand for."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.generators import default_rng
from autograd_lite.engine.graph import reachable

W = np.array([[0.3, 0.2], [-0.1, 0.5]])
C = np.array([0.1, 0.2])
X = np.linspace(0.1, 1.0, 5)


def plain(f: Any, carry: Any, xs: Any = None, length: int | None = None, reverse: bool = False) -> Any:
    """Return what scan stands for."""
    n = len(ag.tree.leaves(xs)[0]) if length is None else length
    ys: list[Any] = [None] * n
    for i in range(n)[:: -1 if reverse else 1]:
        carry, ys[i] = f(carry, ag.tree.map(lambda x: x[i], xs))  # noqa: B023 - called at once
    return carry, ag.tree.map(lambda *parts: np.stack(parts), *ys)


def simple(scan: Any) -> Any:
    """Carry, elements, what is left, and a Tensor from outside."""

    def loss(w: Any, c: Any, xs: Any) -> Any:
        def step(c: Any, x: Any) -> Any:
            c = np.tanh(w @ c + x)
            return c, c[0] * x

        c, ys = scan(step, c, xs)
        return np.sum(c**2) + np.sum(np.sin(ys))

    return loss


def trees(scan: Any) -> Any:
    def loss(w: Any, c: Any, xs: Any) -> Any:
        def step(carry: Any, x: Any) -> Any:
            h, (count, still) = carry["h"], carry["rest"]
            h = np.sin(w @ h) * still + x["u"]
            return {"h": h, "rest": (count + 1, still)}, (h, {"c": count})

        carry, (hs, _) = scan(step, {"h": c, "rest": (0, np.ones(2))}, {"u": xs, "v": np.arange(5)})
        return np.sum(carry["h"]) * np.sum(hs**2)

    return loss


def only_what_is_left(scan: Any) -> Any:
    return lambda w, c, xs: np.sum(scan(lambda h, x: (np.sqrt(h * h + x), w @ h), c, xs)[1] ** 3)


def no_elements(scan: Any) -> Any:
    return lambda w, c, xs: np.sum(scan(lambda h, _: (np.cos(w @ h), None), c * xs[0], None, 4)[0])


def reverse(scan: Any) -> Any:
    return simple(partial(scan, reverse=True))


def nested(scan: Any) -> Any:
    def loss(w: Any, c: Any, xs: Any) -> Any:
        def outer(h: Any, x: Any) -> Any:
            h, ys = scan(lambda d, y: (np.tanh(w @ d) + y * h * x, d[0] * y), h, xs[:3])
            return h, np.sum(ys)

        h, ys = scan(outer, c, xs[:4])
        return np.sum(h) + np.sum(ys**2)

    return loss


LOOPS: list[Callable[[Any], Any]] = [simple, trees, only_what_is_left, no_elements, reverse, nested]
LENT = (W, C, X)
CS = np.arange(6.0).reshape(3, 2) / 6
TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f(*LENT),
    "grad": lambda f: ag.grad(f, (0, 1, 2))(*LENT),
    "jvp": lambda f: ag.jvp(f, LENT, LENT),
    "forward": lambda f: ag.jacobian(f, mode="forward")(*LENT),
    "hessian": lambda f: ag.hessian(f)(*LENT),
    "hessian by elements": lambda f: ag.hessian(lambda x: f(W, C, x))(X),
    "third": lambda f: ag.jacobian(ag.hessian(lambda c: f(W, c, X)))(C),
    "forward over forward": lambda f: ag.jvp(lambda w: ag.jvp(lambda w: f(w, C, X), (w,), (W,))[1], (W,), (W,)),
    "reverse over forward": lambda f: ag.grad(lambda w: ag.jvp(lambda w: f(w, C, X), (w,), (W,))[1])(W),
    "linearize": lambda f: ag.linearize(f, *LENT)[1](*LENT),
    "hvp": lambda f: ag.hvp(lambda w: f(w, C, X), (W,), (W,)),
    "vmap of carry": lambda f: ag.vmap(ag.grad(f, (0, 1, 2)), (None, 0, None))(W, CS, X),
    "vmap of closure": lambda f: ag.vmap(ag.grad(f, (0, 1, 2)), (0, None, None))(np.stack([W, 2 * W]), C, X),
    "vmap of elements": lambda f: ag.vmap(f, (None, None, 0))(W, C, np.stack([X, X[::-1]])),
    "grad of vmap": lambda f: ag.grad(lambda w: np.sum(ag.vmap(lambda c: f(w, c, X))(CS)))(W),
    "checkpoint": lambda f: ag.grad(ag.checkpoint(f), (0, 1, 2))(*LENT),
    "compile": lambda f: ag.compile(ag.value_and_grad(f, (0, 1, 2)))(*LENT),
}


@pytest.mark.parametrize("run", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("checkpoint", [False, True], ids=["kept", "checkpoint"])
@pytest.mark.parametrize("loop", LOOPS)
def test_derivatives_are_those_of_the_loop(loop: Any, checkpoint: bool, run: Any) -> None:
    found, expected = run(loop(partial(ag.scan, checkpoint=checkpoint))), run(loop(plain))
    for a, b in zip(ag.tree.leaves(found), ag.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


OTHERS: dict[str, tuple[Any, Any]] = {
    "map": (lambda x: np.sum(ag.map(lambda r: np.sin(r) * r, x) ** 2), lambda x: np.sum((np.sin(x) * x) ** 2)),
    "fori_loop": (
        lambda x: np.sum(ag.fori_loop(1, 4, lambda i, v: v * x / i + i, np.ones(3))),
        lambda x: np.sum((((1 * x + 1) * x / 2 + 2) * x / 3) + 3),
    ),
    "while_loop": (
        lambda x: np.sum(ag.while_loop(lambda v: np.sum(v) < 9, lambda v: v * (1 + x), x, max_steps=20)),
        lambda x: np.sum(x * (1 + x) ** 3),
    ),
    "cond": (
        lambda x: ag.cond(np.sum(x) > 0, lambda x: np.sum(np.sqrt(x)), lambda x: np.sum(0 * x), x),
        lambda x: np.sum(np.sqrt(x)),
    ),
}
Y = np.array([0.3, 0.7, 1.1])
ON_ONE: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: ag.value_and_grad(f)(Y),
    "jvp": lambda f: ag.jvp(f, (Y,), (Y,)),
    "hessian": lambda f: ag.hessian(f)(Y),
    "vmap": lambda f: ag.vmap(ag.grad(f))(np.stack([Y, Y * 1.01])),
    "compile": lambda f: ag.compile(ag.value_and_grad(f))(Y),
    "checkpoint": lambda f: ag.grad(ag.checkpoint(f))(Y),
}


@pytest.mark.parametrize("run", ON_ONE.values(), ids=ON_ONE)
@pytest.mark.parametrize("pair", OTHERS.values(), ids=OTHERS)
def test_other_loops(pair: Any, run: Any) -> None:
    for a, b in zip(ag.tree.leaves(run(pair[0])), ag.tree.leaves(run(pair[1])), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_backward_reaches_the_parameters_of_a_module() -> None:
    ag.manual_seed(0)
    cell = ag.nn.Linear(2, 2)

    def gradients(scan: Any) -> Any:
        cell.zero_grad()
        np.sum(scan(lambda h, x: (np.tanh(cell(h)) * x, h), ag.Tensor(C), X)[1]).backward()
        return [p.grad.tolist() for p in cell.parameters()]

    np.testing.assert_allclose(gradients(ag.scan)[0], gradients(plain)[0], rtol=1e-12)


def test_one_node_whatever_its_length() -> None:
    x = ag.Tensor(np.linspace(0, 1, 100), requires_grad=True)
    carry, ys = ag.scan(lambda c, x: (np.sin(c + x), c), 0.0, x)
    nodes = reachable([carry._node, ys._node])
    assert [node.op.name for node in nodes if node.op is not None] == ["scan"] * 3  # and its two results
    assert "× 100" in str(ag.visualize(carry))


def test_nothing_recorded_is_a_loop_over_arrays() -> None:
    kinds = []
    _, ys = ag.scan(lambda c, x: (kinds.append(type(c)) or c + x, c), np.float64(0), X)
    assert set(kinds) == {np.float64}
    assert type(ys) is np.ndarray
    w = ag.Tensor(2.0, requires_grad=True)
    with ag.no_grad():
        assert not ag.scan(lambda c, x: (c * w, c), w, X)[0].requires_grad
    assert type(ag.scan(lambda c, x: (c + x, c), 0.0, X)[0]) is np.float64


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_a_number_takes_the_dtype_of_what_it_meets(dtype: Any) -> None:
    x = X.astype(dtype)
    carry, ys = ag.scan(lambda c, x: (c * x + x, c), 0, x)
    assert carry.dtype == ys.dtype == dtype
    g = ag.grad(lambda x: ag.scan(lambda c, x: (c * x + x, c), 0, x)[0], holomorphic=np.dtype(dtype).kind == "c")(x)
    assert g.dtype == dtype
    expected = ag.grad(lambda x: plain(lambda c, x: (c * x + x, c), 0, x)[0])(X)
    np.testing.assert_allclose(g, expected, rtol=1e-5)


def test_no_steps() -> None:
    carry, (a, b) = ag.scan(lambda c, x: (c, (x, {"k": 1})), {"c": 1.0}, X[:0])
    assert carry == {"c": 1.0}
    assert a.shape == b["k"].shape == (0,)
    assert a.dtype == np.float64
    assert ag.grad(lambda c: ag.scan(lambda c, x: (c * 2, c), c, X[:0])[0])(3.0) == 1
    assert ag.fori_loop(3, 1, lambda i, v: v * 2, 1.0) == 1


@pytest.mark.parametrize("checkpoint", [False, True])
def test_random_numbers_are_repeated(checkpoint: bool) -> None:
    def noisy(scan: Any, w: Any) -> Any:
        ag.manual_seed(3)
        return np.sum(scan(lambda h, x: (h * w * default_rng().standard_normal() + x, h), 1.0, X)[1])

    scan = partial(ag.scan, checkpoint=checkpoint)
    found, expected = (ag.hessian(lambda w: noisy(s, w))(2.0) for s in (scan, plain))  # noqa: B023
    np.testing.assert_allclose(found, expected)


def test_variables_that_get_another_value_afterwards() -> None:
    def run(scan: Any) -> Any:
        def loss(h: Any, xs: Any) -> Any:
            def twice(y: Any) -> Any:
                return h * y

            h, ys = scan(lambda d, x: (np.tanh(d) + x * h * twice(x), d * x), h, xs)
            h = h * 2
            return h + np.sum(ys)

        return ag.hessian(loss)(0.5, X)

    np.testing.assert_allclose(run(ag.scan), run(plain), rtol=1e-12)


def test_a_derivative_that_is_infinite_where_nothing_comes_is_none() -> None:
    def loss(x: Any) -> Any:
        return np.sum(ag.scan(lambda c, _: (np.sqrt(c - 1), c), x, length=2)[1])

    found = ag.grad(loss)(5.0)
    assert found == 1.25
    assert np.isfinite(ag.hessian(loss)(5.0))


def test_a_while_loop_without_a_bound_goes_forwards() -> None:
    def f(x: Any) -> Any:
        return ag.while_loop(lambda v: v < 10, lambda v: v * x, x)

    assert ag.jvp(f, (2.0,), (1.0,)) == (16.0, 32.0)
    with pytest.raises(errors.LoopError, match="max_steps=n"):
        ag.grad(f)(2.0)


def test_examples_that_are_done_wait() -> None:
    def f(x: Any) -> Any:
        return ag.while_loop(lambda v: v < 10, lambda v: v * x, x, max_steps=9)

    xs = np.array([2.0, 3.0, 1.5])
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(xs), [ag.grad(f)(x) for x in xs])
    choose = ag.vmap(ag.grad(lambda x: ag.cond(x > 0, np.sqrt, lambda x: 0 * x, x)))
    assert choose(np.array([4.0, 0.0, -1.0])).tolist() == [0.25, 0, 0]


def step(c: Any, x: Any) -> Any:
    return c, x


own, outer, kept = np.random.default_rng(0), ag.Tensor([0.0]), []
REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no pair": (lambda: ag.scan(lambda c, x: c, 0.0, X), errors.LoopError, "return carry, y"),
    "another shape": (
        lambda: ag.scan(lambda c, x: ({"q": np.ones(2)}, x), {"q": np.ones(3)}, X), errors.LoopError, r"carry\['q'\]",
    ),
    "another dtype": (lambda: ag.scan(lambda c, x: (c * x, c), np.ones(3, int), X), errors.LoopError, "int64"),
    "another tree": (lambda: ag.scan(lambda c, x: ((c[0],), x), [1.0], X), errors.LoopError, "same containers"),
    "left otherwise": (
        lambda: ag.scan(lambda c, x: (c + 1, c if c < 2 else "no"), 0, X), errors.LoopError, "for y a str",
    ),
    "another length": (lambda: ag.scan(step, 0.0, X, length=4), errors.LoopError, "length says 4"),
    "two lengths": (lambda: ag.scan(step, 0.0, {"a": X, "b": X[1:]}), errors.LoopError, r"xs\['b'\] has 4"),
    "no length": (lambda: ag.scan(step, 0.0), errors.LoopError, "length=n"),
    "less than no length": (lambda: ag.scan(step, 0.0, length=-1), errors.LoopError, "length=0"),
    "no axis": (lambda: ag.scan(step, 0.0, 2.0), errors.LoopError, "first axis of xs"),
    "a generator of one's own": (
        lambda: ag.grad(lambda w: ag.scan(lambda h, x: (h * w * own.standard_normal(), h), 1.0, X)[0])(2.0),
        errors.CheckpointError, "xs=rng",
    ),
    "a write to the carry": (
        lambda: ag.scan(lambda c, x: (np.add(c, x, out=c), None), np.ones(2), X), ValueError, "read-only",
    ),
    "a write to an element": (
        lambda: ag.map(lambda x: np.multiply(x, 2, out=x), np.ones((3, 2))), ValueError, "read-only",
    ),
    "a write": (lambda: ag.scan(lambda c, x: (outer.assign([x]) and c, None), 0.0, X), errors.LoopError, "carry"),
    "a value kept": (
        lambda: ag.grad(lambda w: (ag.scan(lambda c, x: (kept.append(c * w) or c * w, x), w, X), kept[1])[1])(2.0),
        errors.LoopError, "return carry, y",
    ),
    "too few steps": (
        lambda: ag.while_loop(lambda v: v < 10, lambda v: v * 2, 1.0, max_steps=2), errors.LoopError, "max_steps=2",
    ),
    "no truth value": (lambda: ag.cond(X > 0, np.sin, np.cos, X), errors.LoopError, "np.any"),
    "branches of two shapes": (
        lambda: ag.vmap(lambda x: ag.cond(x > 0, lambda x: x, lambda x: X, x))(X), errors.LoopError, "zeros_like",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(case: Any) -> None:
    call, error, match = case
    with pytest.raises(error, match=match):
        call()


def peak(checkpoint: bool, length: int) -> int:
    x = ag.Tensor(np.ones(100), requires_grad=True)
    gc.collect()
    tracemalloc.start()
    y, _ = ag.scan(lambda c, _: (np.sin(c) * 1.01, None), x, length=length, checkpoint=checkpoint)
    np.sum(y).backward()
    _, high = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return high


def test_memory_is_that_of_the_square_root_of_the_steps() -> None:
    assert peak(True, 400) < 0.35 * peak(False, 400)
    assert peak(True, 1600) < 3 * peak(True, 400)


def test_it_is_checked_and_explained() -> None:
    def loss(w: Any) -> Any:
        return np.sum(ag.scan(lambda h, x: (np.tanh(w * h) + x, h), C, X)[1])

    assert ag.gradcheck(loss, np.array([0.3, 0.2]))
    x = ag.Tensor(X, requires_grad=True)
    text = str(ag.explain(ag.scan(lambda c, x: (c * x, c), 1.0, x)[0]))
    assert "scan(" in text
    assert "× 5" in text


def test_a_tensor_that_gets_another_value_before_the_derivative() -> None:
    w = ag.Tensor([2.0], requires_grad=True)
    y = np.sum(ag.scan(lambda h, x: (h * w + x, None), np.ones(1), X)[0])
    w.assign([5.0])
    y.backward()
    expected = ag.grad(lambda w: np.sum(plain(lambda h, x: (h * w + x, h), np.ones(1), X)[0]))(np.array([2.0]))
    np.testing.assert_allclose(w.grad, expected)


def test_a_graph_that_is_kept_is_swept_twice() -> None:
    w = ag.Tensor(2.0, requires_grad=True)
    y = ag.scan(lambda h, x: (np.sin(h * w) + x, h), 1.0, X)[0]
    y.backward(retain_graph=True)
    once = w.grad.copy()
    y.backward()
    np.testing.assert_allclose(w.grad, 2 * once)


def forwards(x: Any, loop: Callable[..., Any]) -> Any:
    """Forward variables, in logarithms: what cannot be has minus infinity, whose derivatives are kept zeros."""
    skips = np.array([False, True, True])

    def step(a: Any, score: Any) -> Any:
        longer = np.concatenate([np.full((2, 2), -np.inf), a], axis=1)
        came = np.logaddexp(np.logaddexp(a, longer[:, 1:-1]), np.where(skips, longer[:, :-2], -np.inf))
        return came + score, None

    last, _ = loop(step, np.where(np.arange(3) < 2, x[0], -np.inf), x[1:])
    return np.where(np.array([True, True, False]), last, 0).sum()


def test_infinities_in_a_loop_have_derivatives_of_two_orders() -> None:
    x = np.random.default_rng(0).standard_normal((5, 2, 3))

    def by_steps(step: Any, carry: Any, xs: Any) -> Any:
        for value in xs:
            carry, _ = step(carry, value)
        return carry, None

    def twice(loop: Any) -> Any:
        return ag.grad(lambda x: (ag.grad(lambda x: forwards(x, loop))(x) ** 2).sum())

    np.testing.assert_allclose(twice(ag.scan)(x), twice(by_steps)(x), rtol=1e-12)
    ag.gradcheck(lambda x: forwards(x, ag.scan), (leaf(x),), order=2)
    compiled = ag.compile(ag.grad(lambda x: forwards(x, ag.scan)))
    for _ in range(2):
        np.testing.assert_allclose(compiled(x), ag.grad(lambda x: forwards(x, by_steps))(x), rtol=1e-12, atol=1e-15)


def test_zeros_of_a_cotangent_stay_zeros_for_all_sources_of_a_loop() -> None:
    """Also where the derivative is infinite, behind what selects nothing of it."""

    def f(x: Any) -> Any:
        _, ys = ag.scan(lambda c, v: (np.sqrt(v) * c, np.sqrt(v)), x[0], x)
        return np.sum(np.where(x > 0.5, ys, 0))

    x = np.array([0.0, 1.0, 4.0])
    np.testing.assert_allclose(ag.grad(f)(x), [0, 0.5, 0.25])
    np.testing.assert_allclose(ag.compile(ag.grad(f))(x), [0, 0.5, 0.25])


def test_a_compiled_derivative_beside_a_tensor_that_requires_gradients() -> None:
    """The derivative is recorded, as the Tensor moves it, and nothing that was made is kept."""
    w = ag.Tensor(np.random.default_rng(0).standard_normal((3, 3)), requires_grad=True)

    def f(x: Any) -> Any:
        def step(h: Any, v: Any) -> Any:
            h = np.tanh(v + h @ w.T)
            return h, h

        return np.sum(ag.scan(step, np.zeros((2, 3)), x)[1] ** 2)

    compiled, x = ag.compile(ag.grad(f)), np.ones((5, 2, 3))
    for factor in (1.0, 0.5):
        np.testing.assert_allclose(compiled(factor * x).numpy(), ag.grad(f)(factor * x).numpy(), rtol=1e-12)
    assert compiled.programs.recordings == 1
