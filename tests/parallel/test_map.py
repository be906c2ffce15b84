"""`parallel.map`: what `vmap` gives and its derivatives, by each kind of executor, equal to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tasks

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.parallel import map as parallel_map

X = np.random.default_rng(0).normal(size=(6, 3))
W = {"a": np.array([1.0, -2.0, 0.5]), "b": 2.0}
AXES = (0, None)


def squares(executor: Any, by: Any = parallel_map) -> Any:
    return lambda x, w: np.sum(by(tasks.energy, x, w, in_axes=AXES, executor=executor) ** 2)


def vmapped(x: Any, w: Any) -> Any:
    return np.sum(ag.vmap(tasks.energy, in_axes=AXES)(x, w) ** 2)


DERIVATIVES: dict[str, Any] = {
    "value": lambda f: f(X, W),
    "grad": lambda f: ag.grad(f, argnums=(0, 1))(X, W),
    "jvp": lambda f: ag.jvp(f, (X, W), (X, W)),
    "jvp of what is shared": lambda f: ag.jvp(lambda w: f(X, w), (W,), (W,)),
    "hvp": lambda f: ag.hvp(f, (X, W), (X, W)),
    "third order": lambda f: ag.grad(lambda w: np.sum(ag.hvp(lambda v: f(X[:2], v), (w,), (w,))["a"]))(W),
    "compiled": lambda f: ag.compile(ag.grad(f))(X, W),
    "batched": lambda f: ag.vmap(ag.grad(f), in_axes=(0, None))(np.stack([X, X + 1]), W),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_every_derivative_is_that_of_vmap(name: str, executor: Any) -> None:
    here, there = DERIVATIVES[name](squares(None)), DERIVATIVES[name](squares(executor))
    expected = DERIVATIVES[name](vmapped)
    for a, b, c in zip(*map(ag.tree.leaves, (here, there, expected)), strict=True):
        assert np.array_equal(a, b)
        assert np.allclose(a, c, rtol=1e-12, atol=1e-12)


def test_a_backward_of_tensors_goes_through_it(executor: Any) -> None:
    x = ag.Tensor(X, requires_grad=True)
    found = parallel_map(tasks.energy, x, W, in_axes=AXES, executor=executor)
    assert found.requires_grad
    found.sum().backward()
    assert np.allclose(x.grad.numpy(), ag.grad(lambda x: np.sum(ag.vmap(tasks.energy, AXES)(x, W)))(X))


def test_trees_of_results_and_axes(executor: Any) -> None:
    found = parallel_map(tasks.several, X.T, in_axes=1, out_axes={"sum": 0, "rest": (1, 0)}, executor=executor)
    assert np.array_equal(found["sum"], X.sum(1))
    assert np.array_equal(found["rest"][0], (X * X).T)
    assert np.array_equal(found["rest"][1], X.argmax(1))


@pytest.mark.parametrize("f", [tasks.noisy, tasks.dropped, tasks.drawing, tasks.reseeding])
def test_each_example_draws_from_a_stream_of_its_own(f: Any, executor: Any) -> None:
    x = np.ones((5, 30))
    here, there = (parallel_map(f, x, executor=e, rng=3) for e in (None, executor))
    assert np.array_equal(here, there)
    assert (len({row.tobytes() for row in here}) == 5) is (f is not tasks.reseeding)
    slopes = [ag.grad(lambda x, e=e: np.sum(parallel_map(f, x, executor=e, rng=3)))(x) for e in (None, executor)]
    assert np.array_equal(*slopes)
    if f is tasks.dropped:  # the same masks for the values and for the derivatives
        assert np.array_equal(slopes[0], here)


def test_a_compiled_function_draws_anew_at_each_call() -> None:
    rng = np.random.default_rng(0)
    f = ag.compile(lambda x: parallel_map(tasks.noisy, x, rng=rng))
    found = [f(np.ones(4)) for _ in range(3)]
    again = np.random.default_rng(0)
    assert all(np.array_equal(y, parallel_map(tasks.noisy, np.ones(4), rng=again)) for y in found)


REFUSED: list[tuple[Any, Any, str]] = [
    (tasks.drawing, X, "Write rng=0 beside executor="),
    (tasks.noisy, X, "Write rng=0 beside executor="),
    (tasks.from_outside, np.ones(3), "Write it as an argument with in_axes=None"),
    (tasks.writing, np.ones((3, 4, 2)), "writing writes to a Tensor of shape"),
    (tasks.lengthy, np.arange(3.0), "shapes [(0,)] of example 0 and [(1,)] of example 1"),
    (tasks.saying, np.arange(3.0), "saying returns a str"),
    (tasks.returning_a_function, np.arange(3.0), "returning_a_function returns a function"),
]

WRITERS: list[tuple[Any, tuple[Any, ...], str]] = [
    (tasks.growing, (np.ones((2, 3)),), "growing writes into its argument number 0"),
    (tasks.adding, (np.ones((2, 3)), np.ones((2, 3))), "adding writes into its argument number 1"),
]


@pytest.mark.parametrize(("f", "args", "message"), WRITERS)
def test_a_function_that_writes_into_its_argument_is_refused_wherever_it_is(
    f: Any, args: Any, message: str, executor: Any
) -> None:
    for each in (None, executor):
        with pytest.raises(errors.RuleError, match=message):
            parallel_map(f, *args, executor=each)
    assert all(np.all(x == 1) for x in args)


MASKED = np.ma.array([1.0, 2.0], mask=[True, False])


@pytest.mark.parametrize(
    "do",
    [
        lambda e: parallel_map(tasks.valley, MASKED, executor=e),
        lambda e: parallel_map(tasks.adding, np.ones(2), MASKED, in_axes=(0, None), executor=e),
        lambda e: parallel_map(tasks.masked, np.ones(2), executor=e),
    ],
)
def test_masked_arrays_are_refused(do: Any, executor: Any) -> None:
    for each in (None, executor):
        with pytest.raises(errors.DataError, match="masked array"):
            do(each)


def test_arrays_of_other_libraries_are_refused() -> None:
    lazy = pytest.importorskip("dask.array").ones((4, 2), chunks=2)
    for args, axes in (((lazy,), 0), ((np.ones(4), lazy), (0, None))):
        with pytest.raises(errors.DataError, match=r"Write np.asarray\(x\) of dask"):
            parallel_map(lambda *x: np.sum(x[0]), *args, in_axes=axes)
    with pytest.raises(errors.ParallelError, match="returns a Array"):
        parallel_map(lambda x: lazy * x, np.ones(2))


@pytest.mark.parametrize(("f", "x", "message"), REFUSED)
def test_what_would_be_lost_or_wrong_is_refused(f: Any, x: Any, message: str, executor: Any) -> None:
    for each in (None, executor):
        with pytest.raises(errors.ParallelError) as found:
            parallel_map(f, x, executor=each)
        assert message in str(found.value)


def test_scores_are_explained_in_a_task(executor: Any) -> None:
    """Nothing is drawn, so nothing is refused."""
    found = parallel_map(tasks.explained, np.ones((3, 2, 4)), executor=executor)
    np.testing.assert_allclose(found, np.full((3, 2, 4), 2.0))


def test_a_tensor_from_outside_is_a_constant_where_nothing_is_recorded() -> None:
    with ag.no_grad():
        assert parallel_map(tasks.from_outside, np.ones(3)).tolist() == [5.0] * 3


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(errors.ArgumentError, match="is given no example"):
        parallel_map(tasks.valley, np.ones((0, 2)))
    with pytest.raises(errors.ArgumentError, match="Write out_axes=0"):
        parallel_map(tasks.valley, X, out_axes=None)
    with pytest.raises(errors.ShapeError):
        parallel_map(np.dot, X, X[:2])
    with pytest.raises(errors.ArgumentError, match=r"executor=a int has no submit\(\)"):
        parallel_map(tasks.valley, X, executor=2)
