"""Which object is which, and what is set on it, decides what a program does: both are compared at every call."""

from __future__ import annotations

import operator
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import nn

BACKENDS = ["numpy", *NATIVE]
X = np.array([1.0, -2.0])


def leaf(*data: float) -> ag.Tensor:
    return ag.Tensor(data, requires_grad=True)


# ----- requires_grad, hooks -----


def training() -> tuple[Any, Any, Callable[[Any], Any]]:
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1))
    opt = ag.optim.SGD(model.parameters(), lr=0.1)

    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        opt.step()
        return loss

    return model, opt, step


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("first", [False, True])
def test_a_layer_that_is_frozen_and_unfrozen(first: bool, backend: str) -> None:
    (model, _, step), (twin, _, plain) = training(), training()
    compiled = ag.compile(step, backend=backend)
    for frozen in (first, not first, first, not first):
        for m in (model, twin):
            for p in m[0].parameters():
                p.requires_grad = not frozen
        for _ in range(3):
            np.testing.assert_allclose(compiled(X).numpy(), plain(X).numpy(), rtol=1e-12)
        for p, q in zip(model.parameters(), twin.parameters(), strict=True):
            np.testing.assert_allclose(p.numpy(), q.numpy(), rtol=1e-12)
            assert (p.grad is None) == (q.grad is None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_hooks_added_changed_and_removed(backend: str) -> None:
    def made() -> tuple[Any, Any, Any]:
        w, held = leaf(1.0, 2.0), types.SimpleNamespace(factor=10.0)

        def f(x: Any) -> Any:
            w.zero_grad()
            (w * x).sum().backward()
            return w.grad

        return w, held, f

    (w, held, f), (v, also, plain) = made(), made()
    compiled = ag.compile(f, backend=backend)

    def same() -> None:
        for _ in range(2):
            assert compiled(X).numpy().tolist() == plain(X).numpy().tolist()

    same()
    handles = [w.register_hook(lambda g: g * held.factor), v.register_hook(lambda g: g * also.factor)]
    same()
    held.factor = also.factor = 3.0
    same()
    for t, n in ((w, held), (v, also)):
        t.register_hook(lambda g, n=n: g + n.factor)
    same()
    for handle in handles:
        handle.remove()
    same()


def test_a_hook_on_an_argument() -> None:
    w = leaf(1.0, 2.0)

    def f(w: Any, x: Any) -> Any:
        w.zero_grad()
        (w * x).sum().backward()

    compiled = ag.compile(f)
    compiled(w, X)
    compiled(w, X)
    w.register_hook(lambda g: g * 10)
    compiled(w, X)
    assert w.grad is not None
    assert w.grad.numpy().tolist() == [10.0, -20.0]


def test_a_hook_that_does_something_besides_is_refused() -> None:
    w, seen = leaf(1.0, 2.0), []
    w.register_hook(lambda g: seen.append(1))
    with pytest.raises(ag.errors.CompileError, match="Write "):
        ag.compile(lambda x: (w * x).sum().backward())(X)


# ----- the same object -----


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tensor_given_twice(backend: str) -> None:
    g = ag.compile(lambda a, b: a * 10 + b, backend=backend)
    x, y = ag.Tensor(2.0), ag.Tensor(5.0)
    for a, b in ((x, x), (x, x), (x, y), (x, y), (y, x), (y, y), (x, x)):
        assert g(a, b).item() == a.item() * 10 + b.item()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tensor_given_and_reached(backend: str) -> None:
    w, x = ag.Tensor(2.0), ag.Tensor(5.0)
    g = ag.compile(lambda a: a * 10 + w, backend=backend)
    for a in (w, w, x, x, w):
        assert g(a).item() == a.item() * 10 + 2.0


def kernel(a: Any, b: Any = None) -> Any:
    b = a if b is None else b
    return np.outer(a, b) + (10.0 if a is b else 0.0)


SAME: dict[str, Any] = {
    "is": kernel,
    "is not": lambda a, b: a * 10 if a is not b else a + b,
    "id": lambda a, b: a * 10 if id(a) == id(b) else a + b,
    "operator": lambda a, b: a * 10 if operator.is_(a, b) else a + b,
    "in a tree": lambda a, b: SAME["is"](*[b, a]),
}


@pytest.mark.parametrize("made", [np.array, ag.Tensor])
@pytest.mark.parametrize("name", SAME)
def test_it_may_be_asked_which_arguments_are_the_same(name: str, made: Any) -> None:
    f, x, y = SAME[name], made([1.0, 2.0]), made([1.0, 2.0])
    g = ag.compile(f)
    for a, b in ((x, x), (x, y), (x, x), (y, x), (y, y), (x, y)):
        np.testing.assert_array_equal(np.asarray(g(a, b)), np.asarray(f(a, b)))
    assert g.programs.recordings == 2


def test_it_may_be_asked_which_parts_of_an_argument_are_the_same() -> None:
    def f(d: Any, z: Any) -> Any:
        return d["a"] * 10 if d["a"] is d["b"] else d["a"] + z

    x, y = np.ones(2), np.ones(2)
    g = ag.compile(f)
    for d, z in (({"a": x, "b": y}, x), ({"a": x, "b": x}, y), ({"a": x, "b": y}, y)):
        np.testing.assert_array_equal(g(d, z), f(d, z))


@pytest.mark.parametrize("made", [np.array, ag.Tensor])
def test_it_may_be_asked_whether_an_argument_is_one_that_is_reached(made: Any) -> None:
    held = types.SimpleNamespace(x=made([1.0, 2.0]))

    def f(a: Any) -> Any:
        return a * 10 if a is held.x else a + held.x

    x, y, g = held.x, made([1.0, 2.0]), ag.compile(f)
    for a in (x, y, x, y):
        np.testing.assert_array_equal(np.asarray(g(a)), np.asarray(f(a)))
    held.x = y
    for a in (x, y):
        np.testing.assert_array_equal(np.asarray(g(a)), np.asarray(f(a)))


def test_nobody_asks_where_arguments_are_compared_with_a_constant() -> None:
    g = ag.compile(lambda a, b=None: a if b is None else a + b)
    x = np.ones(2)
    for a, b in ((x, x), (x, x.copy())):
        np.testing.assert_array_equal(g(a, b), [2.0, 2.0])
    assert g.programs.recordings == 1


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tensor_that_is_changed_is_given_twice_later(backend: str) -> None:
    def f(a: Any, b: Any) -> Any:
        a.assign(a + 1.0)
        return a * 10 + b

    def outcomes(g: Callable[[Any, Any], Any]) -> list[Any]:
        x, y = ag.Tensor(2.0), ag.Tensor(5.0)
        pairs = ((x, y), (x, y), (x, x), (y, x), (y, y), (x, y))
        return [(g(a, b).item(), x.item(), y.item()) for a, b in pairs]

    assert outcomes(ag.compile(f, backend=backend)) == outcomes(f)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tensor_that_is_changed_is_given_later(backend: str) -> None:
    def outcomes(compiled: bool) -> list[Any]:
        w, x = ag.Tensor(2.0), ag.Tensor(5.0)

        def f(a: Any) -> Any:
            w.assign(w + 1.0)
            return a * 10 + w

        g = ag.compile(f, backend=backend) if compiled else f
        return [(g(a).item(), w.item(), x.item()) for a in (x, x, w, w, x)]

    assert outcomes(compiled=True) == outcomes(compiled=False)


def test_gradients_of_a_tensor_given_twice() -> None:
    def f(a: Any, b: Any) -> None:
        (a * a * b).sum().backward()

    def outcomes(g: Callable[[Any, Any], Any]) -> list[Any]:
        x, y = leaf(2.0), leaf(5.0)
        found = []
        for a, b in ((x, y), (x, y), (x, x), (x, x), (y, x)):
            x.zero_grad()
            y.zero_grad()
            g(a, b)
            found.append([None if t.grad is None else t.grad.tolist() for t in (x, y)])
        return found

    assert outcomes(ag.compile(f)) == outcomes(f)


def test_a_generator_given_twice() -> None:
    def outcomes(g: Callable[[Any, Any], Any]) -> list[Any]:
        a, b = np.random.default_rng(0), np.random.default_rng(1)
        return [g(*pair).tolist() for pair in ((a, a), (a, a), (a, b), (a, b), (b, a), (b, b))]

    def f(a: Any, b: Any) -> Any:
        return a.standard_normal(2) - b.standard_normal(2)

    assert outcomes(ag.compile(f)) == outcomes(f)


def test_an_array_given_twice() -> None:
    g = ag.compile(lambda a, b: a * 10 + b)
    a, b = np.array([1.0]), np.array([2.0])
    assert [g(*p).item() for p in ((a, a), (a, b), (b, a), (a, a), (a, b))] == [11.0, 12.0, 21.0, 11.0, 12.0]


# ----- what is returned -----


RESULTS: dict[str, Callable[[Any], Any]] = {
    "itself": lambda x: x,
    "in a dict": lambda x: {"x": x, "y": x * 2.0},
    "in a tuple, twice": lambda x: (x, [x, x + 1.0]),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", RESULTS)
def test_a_tensor_that_is_returned_as_it_is_is_that_of_the_call(name: str, backend: str) -> None:
    f = RESULTS[name]
    g = ag.compile(f, backend=backend)
    for value in (0.0, 1.0, 2.0):
        x = ag.Tensor(value)
        found, expected = ag.tree.leaves(g(x)), ag.tree.leaves(f(x))
        assert [y.item() for y in found] == [y.item() for y in expected]
        assert [y is x for y in found] == [y is x for y in expected]


def test_a_result_that_is_returned_twice_is_one_object() -> None:
    def f(x: Any) -> Any:
        y = ag.Tensor(x) * 2.0
        return y, {"again": y}

    g = ag.compile(f)
    for _ in range(3):
        first, rest = g(X)
        assert first is rest["again"]


# ----- class, shape and dtype of what is reached -----


def resized(w: Any) -> None:
    w.resize(3, refcheck=False)


CHANGES: dict[str, Callable[[Any], Any]] = {
    "shape": lambda w: setattr(w, "shape", (3, 2)),
    "flat": lambda w: setattr(w, "shape", (6,)),
    "resize": resized,
    "dtype": lambda w: setattr(w, "dtype", np.int64),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("where", ["closure", "attribute", "tensor"])
@pytest.mark.filterwarnings("ignore:Setting the (shape|dtype):DeprecationWarning")
def test_an_array_that_is_given_another_form_in_its_place(where: str, name: str, backend: str) -> None:
    if where == "tensor" and name == "resize":
        pytest.skip("NumPy itself refuses")
    w = np.arange(6.0).reshape(2, 3).copy()
    t = ag.Tensor(w)
    held = types.SimpleNamespace(w=w)
    f = {"closure": lambda: w * 2, "attribute": lambda: held.w * 2, "tensor": lambda: (t * 2).numpy() + 0}[where]
    compiled = ag.compile(f, backend=backend)
    for _ in range(2):
        np.testing.assert_array_equal(compiled(), f())
    CHANGES[name](t.data if where == "tensor" else w)
    for _ in range(2):
        found, expected = compiled(), f()
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


# ----- on the caller's word -----


def test_what_is_static_is_not_compared() -> None:
    table, held, it = np.array([1.0, 2.0]), {"scale": 2.0}, iter([2.0, 3.0])
    f = ag.compile(lambda x: x * table * held["scale"], static=[table, held], verify=0)
    assert [f(X).tolist() for _ in range(2)] == [[2.0, -8.0]] * 2
    table[0], held["scale"] = 5.0, 7.0
    assert f(X).tolist() in ([2.0, -8.0], [10.0, -8.0])
    assert f.programs.recordings == 1
    g = ag.compile(lambda x: x * next(it), static=[it], verify=0)
    assert [g(X).tolist() for _ in range(2)] == [[2.0, -4.0]] * 2


def test_what_is_pure_is_not_looked_at() -> None:
    held, w = {"scale": 2.0}, leaf(1.0, 1.0)
    f = ag.compile(lambda x: x * w * held["scale"], pure=True, verify=0)
    assert f(X).tolist() == [2.0, -4.0]
    held["scale"] = 3.0
    w.assign([2.0, 2.0])
    assert f(X).tolist() == [4.0, -8.0]
    assert f.programs.recordings == 1


def test_static_is_a_list() -> None:
    with pytest.raises(ag.errors.CompileError, match=r"static=\[x\]"):
        ag.compile(lambda x: x, static=3)  # type: ignore[call-overload]
