"""checkpoint: all derivatives of the function, none of its memory."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.graph import reachable

X = np.array([0.3, 0.8, 1.2])


def layer(x: Any, scale: Any = 2.0) -> Any:
    return np.tanh(np.sin(x) * scale) + x**2


TRANSFORMS = {
    "grad": lambda f: ag.grad(lambda x: np.sum(f(x)))(X),
    "jvp": lambda f: ag.jvp(f, (X,), (X,)),
    "reverse": lambda f: ag.jacobian(f, mode="reverse")(X),
    "forward": lambda f: ag.jacobian(f, mode="forward")(X),
    "hessian": lambda f: ag.hessian(lambda x: np.sum(f(x)))(X),
    "third": lambda f: ag.jacobian(ag.hessian(lambda x: np.sum(f(x))))(X),
    "inside": lambda f: ag.grad(lambda x: np.sum(ag.grad(lambda y: np.sum(f(y * x)))(x)))(X),
    "value": lambda f: f(X),
}


@pytest.mark.parametrize("run", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("f", [layer, lambda x: layer(layer(x))], ids=["once", "twice"])
def test_derivatives_are_those_of_the_function(f: Any, run: Any) -> None:
    np.testing.assert_allclose(run(ag.checkpoint(f)), run(f), rtol=1e-13)
    nested = ag.checkpoint(lambda x: ag.checkpoint(f)(x))
    np.testing.assert_allclose(run(nested), run(f), rtol=1e-13)


def test_one_node_stands_for_the_function() -> None:
    x = ag.Tensor(X, requires_grad=True)
    assert len(reachable([ag.checkpoint(layer)(x)._node])) == 2


def test_several_arguments_results_and_forms() -> None:
    def f(p: Any, *, by: Any) -> Any:
        return {"a": p["u"] * by, "b": (np.sum(p["v"]), 3.0), "text": "kept"}

    def total(f: Any) -> Any:
        def run(p: Any, by: Any) -> Any:
            y = f(p, by=by)
            assert y["text"] == "kept"
            return np.sum(y["a"] ** 2) * y["b"][0] * y["b"][1]

        return run

    p = {"u": X, "v": np.ones((2, 2), np.float32)}
    found, expected = (ag.grad(total(g), (0, 1))(p, 2.0) for g in (ag.checkpoint(f), f))
    np.testing.assert_allclose(found[0]["u"], expected[0]["u"])
    np.testing.assert_allclose(found[0]["v"], expected[0]["v"])
    assert found[0]["v"].dtype == np.float32
    np.testing.assert_allclose(found[1], expected[1])


def test_parameters_of_a_module_get_their_gradients() -> None:
    ag.manual_seed(0)
    model = ag.nn.Sequential(ag.nn.Linear(3, 4), ag.nn.Tanh(), ag.nn.Linear(4, 1))
    np.sum(model(ag.Tensor(X))).backward()
    expected = [p.grad.tolist() for p in model.parameters()]
    model.zero_grad()
    np.sum(ag.checkpoint(model)(ag.Tensor(X))).backward()
    for p, e in zip(model.parameters(), expected, strict=True):
        np.testing.assert_allclose(p.grad, e, rtol=1e-14)


def test_a_source_that_was_computed_from_another_is_not_counted_twice() -> None:
    def run(wrap: Any) -> Any:
        def f(x: Any) -> Any:
            y = x * 3
            return np.sum(wrap(lambda: x * y)())

        return ag.grad(f)(X)

    np.testing.assert_allclose(run(ag.checkpoint), run(lambda f: f))


def test_plain_arguments_and_no_recording_leave_nothing() -> None:
    assert type(ag.checkpoint(np.sin)(X)) is np.ndarray
    with ag.no_grad():
        assert not ag.checkpoint(np.sin)(ag.Tensor(X, requires_grad=True)).requires_grad


def test_random_numbers_of_the_default_generator_are_repeated() -> None:
    def noisy(x: Any) -> Any:
        return x * ag.engine.generators.default_rng().standard_normal(3)

    ag.manual_seed(3)
    expected = ag.engine.generators.default_rng().standard_normal(3)
    after = ag.engine.generators.default_rng().standard_normal(3)
    ag.manual_seed(3)
    x = ag.Tensor(X, requires_grad=True)
    y = ag.checkpoint(noisy)(x)
    assert ag.engine.generators.default_rng().standard_normal(3).tolist() == after.tolist()
    ag.engine.generators.default_rng().standard_normal(3)
    state = ag.engine.generators.state()
    np.sum(y).backward()
    np.testing.assert_allclose(x.grad, expected)
    assert ag.engine.generators.state() == state


def test_an_argument_changed_afterwards_does_not_matter() -> None:
    x, c = ag.Tensor(X, requires_grad=True), np.array([1.0, 2.0, 3.0])
    y = ag.checkpoint(lambda x, c: x * c)(x, c)
    c *= 10
    np.sum(y).backward()
    assert x.grad.tolist() == [1, 2, 3]


def test_another_result_the_second_time_is_refused() -> None:
    own = np.random.default_rng(0)
    x = ag.Tensor(X, requires_grad=True)
    y = ag.checkpoint(lambda x: x * own.standard_normal(3))(x)
    with pytest.raises(errors.CheckpointError, match="Write random numbers"):
        np.sum(y).backward()
    w = ag.nn.Parameter(X)
    y = ag.checkpoint(lambda: w**2)()
    w.assign(2 * X)
    with pytest.raises(errors.CheckpointError, match="changed in between"):
        np.sum(y).backward()
    assert w.grad is None


def peak(wrap: Any, depth: int) -> int:
    def part(x: Any) -> Any:
        for _ in range(10):
            x = np.sin(x) * 1.01
        return x

    x = ag.Tensor(np.ones(10_000), requires_grad=True)
    gc.collect()
    tracemalloc.start()
    y = x
    for _ in range(depth):
        y = wrap(part)(y)
    np.sum(y).backward()
    _, high = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return high


def test_memory_is_that_of_the_borders_and_one_part() -> None:
    assert peak(ag.checkpoint, 10) < 0.35 * peak(lambda f: f, 10)


@pytest.mark.parametrize("f", [np.prod, np.sin, np.cumprod], ids=lambda f: f.__name__)
def test_a_tangent_that_nobody_watches_through_a_value_that_somebody_does(f: Any) -> None:
    x, w = np.array([0.3, 0.7, 1.1]), np.array([1.0, 2.0, 3.0])

    def moved(w: Any, wrap: Any) -> Any:
        return np.sum(ag.jvp(wrap(lambda z: f(z * w)), (x,), (x,))[1])

    expected = ag.grad(lambda w: moved(w, lambda g: g))(w)
    np.testing.assert_allclose(ag.grad(lambda w: moved(w, ag.checkpoint))(w), expected)


W = np.array([2.0, -3.0, 0.5, 4.0])
CHANGES: dict[str, Any] = {
    "permuted": lambda w: w[::-1],
    "two of them exchanged": lambda w: w[[1, 0, 2, 3]],
    "the sign of one": lambda w: w * [1, -1, 1, 1],
    "the sign of all": lambda w: -w,
    "one in a million": lambda w: w * (1 + 1e-6 * np.array([0, 1, 0, 0])),
    "one moved, the sum as before": lambda w: w + np.array([0.5, -0.5, 0, 0]),
    "a small one beside large ones": lambda w: w + np.array([0, 0, 1e-8, 0]),
    "nan": lambda w: w * [1, np.nan, 1, 1],
    "infinite": lambda w: w * [1, np.inf, 1, 1],
}
RESULTS: dict[str, Any] = {
    "itself": lambda w: w * 1,
    "odd function": lambda w: w**3,
    "several": lambda w: (np.sum(w), {"b": w * 2}),
    "float32": lambda w: w.astype(np.float32) * 1,
}


def total(y: Any) -> Any:
    return sum(np.sum(x) for x in ag.tree.leaves(y))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("f", RESULTS.values(), ids=RESULTS)
def test_every_change_in_between_is_noticed(f: Any, change: Any) -> None:
    if f is RESULTS["float32"] and change in (CHANGES["a small one beside large ones"], CHANGES["one in a million"]):
        return  # float32 does not tell it from rounding
    w = ag.nn.Parameter(W)
    y = total(ag.checkpoint(f)(w * 1)), total(ag.checkpoint(lambda: f(w))())
    y[0].backward(retain_graph=True)
    w.assign(change(W))
    with pytest.raises(errors.CheckpointError):
        y[1].backward(retain_graph=True)
    w.assign(W)
    y[1].backward()


def test_exchanged_parameters_are_noticed_where_the_results_tell() -> None:
    a, b = ag.nn.Parameter([2.0, 3.0]), ag.nn.Parameter([3.0, 2.0])
    y = np.sum(ag.checkpoint(lambda: a - b)())
    a.data, b.data = b.data.copy(), a.data.copy()
    with pytest.raises(errors.CheckpointError):
        y.backward()


FORMS: dict[str, Any] = {
    "dtype": lambda w, k: w.astype(np.float32) if k else w * 1,
    "shape": lambda w, k: w.reshape(2, 2) if k else w * 1,
    "longer": lambda w, k: np.concatenate([w, w]) if k else w * 1,
    "one result more": lambda w, k: (w * 1, w * 1) if k else (w * 1,),
    "other order": lambda w, k: (w * 2, w * 1) if k else (w * 1, w * 2),
}


@pytest.mark.parametrize("f", FORMS.values(), ids=FORMS)
def test_another_form_in_between_is_noticed(f: Any) -> None:
    w, kind = ag.nn.Parameter(W), [False]
    y = total(ag.checkpoint(lambda: f(w, kind[0]))())
    kind[0] = True
    with pytest.raises(errors.CheckpointError):
        y.backward()


def test_what_was_not_finite_is_the_same_the_second_time() -> None:
    w = ag.nn.Parameter([0.0, 1.0, -1.0])
    with np.errstate(all="ignore"):
        y = np.sum(ag.checkpoint(lambda: np.log(w) / w)())
        y.backward()
    assert w.grad is not None
