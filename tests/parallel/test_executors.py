"""Executors: the order of results and errors, what cannot be sent, processes that are killed, and who takes one."""

from __future__ import annotations

import multiprocessing
import pickle
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tasks
from engines import has_mpi, run

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.tasks import in_order
from autograd_lite.parallel import map as parallel_map

X = np.random.default_rng(0).normal(size=5)


@pytest.fixture
def fresh() -> Iterator[Executor]:
    """Processes that may be killed."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


# ----- order, errors, what stays -----


def test_the_first_that_fails_in_order_is_raised_with_its_number_and_its_traceback(executor: Any) -> None:
    """The second one fails first: the first one sleeps before."""
    with pytest.raises(ZeroDivisionError, match="at 2") as found:
        parallel_map(tasks.failing, np.array([1.0, 2.0, 3.0, 4.0]), executor=executor)
    assert found.value.__notes__ == ["in item 1 of 4 of failing"]
    told = "".join(str(x) for x in (found.value.__cause__, *found.traceback))
    assert "raise ZeroDivisionError" in told


def test_here_too() -> None:
    with pytest.raises(ZeroDivisionError, match="at 2") as found:
        parallel_map(tasks.failing, np.array([1.0, 2.0, 3.0]))
    assert found.value.__notes__ == ["in item 1 of 3 of failing"]


def test_what_has_not_begun_is_cancelled_and_nothing_runs_on(tmp_path: Path, executor: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        parallel_map(tasks.waiting, np.arange(40.0), str(tmp_path), in_axes=(0, None), executor=executor)
    begun = len(list(tmp_path.iterdir()))
    assert begun < 20
    assert parallel_map(tasks.valley, np.ones((3, 2)), executor=executor).shape == (3,)
    assert len(list(tmp_path.iterdir())) == begun


@pytest.mark.parametrize("f", [lambda x: x, np.vectorize(lambda x: x), ag.grad(lambda x: x)])
def test_what_cannot_be_sent_says_what_to_write(f: Any, processes: Any) -> None:
    with pytest.raises(errors.ParallelError, match="Write it as a function of a module") as found:
        parallel_map(f, X, executor=processes)
    assert "loky" in str(found.value)


def test_compiled_functions_of_a_module_and_derivatives_are_sent(processes: Any) -> None:
    assert np.array_equal(parallel_map(tasks.COMPILED, X, executor=processes), tasks.COMPILED(X))
    slopes = parallel_map(ag.grad(tasks.valley), X[:, None], executor=processes)
    assert np.array_equal(slopes[:, 0], ag.grad(tasks.valley)(X))


def test_a_result_that_cannot_be_sent_is_told_apart(processes: Any) -> None:
    with pytest.raises(errors.ParallelError, match="a result of returning_a_function cannot be sent back"):
        ag.engine.tasks.in_order(tasks.returning_a_function, [(1,)], processes, tasks.returning_a_function)


def test_threads_need_send_nothing(threads: Any) -> None:
    assert np.array_equal(parallel_map(lambda x: x * 2, X, executor=threads), X * 2)


def test_a_process_that_is_killed_is_an_error(fresh: Any) -> None:
    with pytest.raises(errors.ParallelError, match="a process of the executor has ended while it was computing killed"):
        parallel_map(tasks.killed, np.arange(3.0), executor=fresh)
    with pytest.raises(errors.ParallelError, match="Write a new executor"):
        parallel_map(tasks.valley, np.ones((2, 2)), executor=fresh)


def test_an_executor_that_is_closed_says_so() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        parallel_map(tasks.valley, np.ones((2, 2)), executor=pool)


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_calls_that_are_cancelled_from_outside_are_an_error(kind: str) -> None:
    """Nobody waits for what nobody takes from the queue any more."""
    spawn = multiprocessing.get_context("spawn")
    pool = ThreadPoolExecutor(1) if kind == "threads" else ProcessPoolExecutor(1, mp_context=spawn)
    closing = threading.Timer(0.1, lambda: pool.shutdown(wait=False, cancel_futures=True))
    closing.start()
    with pytest.raises(errors.ParallelError, match="calls of sleep were cancelled before they began"):
        in_order(time.sleep, [(0.05,)] * 50, pool, time.sleep)
    closing.join()
    pool.shutdown()


class Lazy(Executor):
    """Computes nothing before the last call is there, and nothing that was cancelled: as a cluster far away."""

    def __init__(self, count: int) -> None:
        self.count, self.calls = count, []

    def submit(self, f: Any, *args: Any) -> Any:  # type: ignore[override]
        future: Future[Any] = Future()
        self.calls.append((future, f, args))
        if len(self.calls) == self.count:
            threading.Thread(target=self.compute).start()
        return future

    def compute(self) -> None:
        for future, f, args in self.calls:
            if not future.cancelled():
                try:
                    future.set_result(f(*args))
                except ZeroDivisionError as error:
                    future.set_exception(error)


def test_what_was_cancelled_is_not_waited_for() -> None:
    with pytest.raises(ZeroDivisionError, match="at 3"):
        parallel_map(tasks.failing, np.array([1.0, 3.0, 1.0, 1.0]), executor=Lazy(4))


def test_no_two_calls_are_equal() -> None:
    """Dask would answer the second of two equal ones by the result of the first."""
    pools = [Lazy(4), Lazy(4)]
    for pool in pools:
        in_order(tasks.valley, [(np.ones(2),)] * 4, pool, tasks.valley)
    assert len({pickle.dumps(call[1:]) for pool in pools for call in pool.calls}) == 8


@pytest.mark.parametrize("count", [1, 2])
def test_a_map_within_a_map_of_the_same_threads_is_computed_there(count: int) -> None:
    with ThreadPoolExecutor(count) as pool, ThreadPoolExecutor(1) as other:

        def inner(x: Any, executor: Any = pool) -> Any:
            return np.sum(parallel_map(np.square, x, executor=executor))

        def between(x: Any) -> Any:
            return np.sum(parallel_map(inner, x, executor=other))

        x = np.arange(6.0).reshape(2, 3)
        assert parallel_map(inner, x, executor=pool).tolist() == [5, 50]
        assert parallel_map(between, x[:, None], executor=pool).tolist() == [5, 50]
        assert np.array_equal(ag.grad(lambda x: np.sum(parallel_map(inner, x, executor=pool)))(x), 2 * x)
        assert pool.submit(inner, x[1]).result() == 50
        with pytest.raises(ZeroDivisionError, match="at 2"):
            parallel_map(lambda x: parallel_map(tasks.failing, x, executor=pool), x, executor=pool)


@pytest.mark.parametrize(
    ("f", "text"), [(tasks.raising_two, "TwoArgumentsError: one and two"), (tasks.raising_locked, "LockedError: it is")]
)
def test_an_error_that_pickle_does_not_bring_back_is_told_of(f: Any, text: str, executor: Any) -> None:
    x = np.array([[1.0], [3.0]])
    elsewhere = not isinstance(executor, ThreadPoolExecutor)
    with pytest.raises(errors.ParallelError if elsewhere else Exception, match=text.partition(": ")[2]) as found:
        parallel_map(f, x, executor=executor)
    if elsewhere:
        assert f"a call has raised {text}" in str(found.value)
        trace, place = found.value.__notes__
        assert f"in {f.__name__}" in trace
        assert place == f"in item 1 of 2 of {f.__name__}"
    else:
        assert type(found.value).__name__ == text.partition(":")[0]
    assert parallel_map(tasks.valley, x, executor=executor).shape == (2,)


def test_what_is_no_executor_is_refused() -> None:
    class AtOnce:
        def submit(self, f: Any, *args: Any) -> Any:
            return f(*args)

    for given, said in (
        (ThreadPoolExecutor, "the class ThreadPoolExecutor"), (AtOnce(), "a AtOnce"), ("threads", "a str"),
    ):  # fmt: skip
        with pytest.raises(errors.ArgumentError, match=rf"executor={said} has no submit\(\) that returns") as found:
            parallel_map(tasks.valley, X, executor=given)
        assert "Write executor=concurrent.futures.ProcessPoolExecutor()" in str(found.value)


def test_floating_point_errors_are_what_they_are_for_the_caller(executor: Any) -> None:
    for each in (None, executor):
        with np.errstate(all="raise"), pytest.raises(FloatingPointError):
            parallel_map(tasks.inverse, np.array([1.0, 0.0]), executor=each)
        with np.errstate(all="ignore"):
            assert parallel_map(tasks.inverse, np.array([1.0, 0.0]), executor=each).tolist() == [1, np.inf]
    with np.errstate(all="call"):  # whose function stays here
        assert parallel_map(tasks.inverse, np.array([1.0, 2.0]), executor=executor).tolist() == [1, 0.5]


def test_errors_of_ours_come_back_as_they_are() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        again = pickle.loads(pickle.dumps(kind("what is wrong")))
        assert type(again) is kind
        assert str(again) == "what is wrong"


def test_loky_sends_lambdas() -> None:
    loky = pytest.importorskip("loky")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pool = loky.get_reusable_executor(2)
        factor = 3.0
        assert np.array_equal(parallel_map(lambda x: x * factor, X, executor=pool), X * 3.0)
        with pytest.raises(errors.ParallelError, match="a process of the executor has ended"):
            parallel_map(tasks.killed, np.arange(3.0), executor=pool)
        loky.get_reusable_executor(2, kill_workers=True).shutdown()


@pytest.mark.skipif(not has_mpi(), reason="no mpiexec: pip install 'autograd-lite[mpi]'")
def test_ranks_of_mpi_are_an_executor() -> None:
    pytest.importorskip("mpi4py")
    done = run("mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", "pool.py")
    assert done.returncode == 0, done.stderr
    assert "equal" in done.stdout


# ----- who takes one -----


@pytest.mark.parametrize("method", [None, "Newton-CG", "trust-constr"])
def test_many_starts_are_searched_best_first(method: str | None, executor: Any) -> None:
    pytest.importorskip("scipy")
    starts = np.array([[2.0, 2.0], [4.0, 4.0], [-2.0, -2.0], [0.4, -1.0]])
    here = ag.optimize.multistart(tasks.sometimes, starts, method=method)
    there = ag.optimize.multistart(tasks.sometimes, starts, method=method, executor=executor)
    assert [r.start for r in here] == [r.start for r in there]
    for a, b in zip(here, there, strict=True):
        assert np.array_equal(a.x, b.x)
    *found, failed = there
    values = [r.fun for r in found]
    assert values == sorted(values)
    assert found[0].start == 2
    assert failed.start == 1
    assert not failed.success
    assert failed.message == "ValueError: too far"
    assert isinstance(failed.exception, ValueError)
    assert np.array_equal(failed.x, starts[1])


@pytest.mark.parametrize("f", [tasks.raising_two, tasks.raising_locked])
def test_what_the_other_starts_have_found_is_kept(f: Any, executor: Any) -> None:
    pytest.importorskip("scipy")
    found, failed = ag.optimize.multistart(f, np.array([[0.5], [3.0]]), executor=executor)
    assert found.success
    assert "Error: " in failed.message
    kind = errors.ParallelError if isinstance(executor, ProcessPoolExecutor) else Exception
    assert isinstance(failed.exception, kind)


def test_starts_of_other_kinds() -> None:
    pytest.importorskip("scipy")
    trees = [{"a": 3.0, "b": np.ones(2)}, {"a": -3.0, "b": np.zeros(2)}]
    found = ag.optimize.multistart(lambda p: p["a"] ** 2 + np.sum(p["b"] ** 2), trees, options={"maxiter": 50})
    assert all(set(r.x) == {"a", "b"} for r in found)
    wrong: list[tuple[Any, type[Exception], str]] = [
        ({"starts": []}, errors.ArgumentError, "nothing for its starts"),
        ({"starts": 3.0}, errors.ArgumentError, "a float for its starts"),
        ({"starts": [1.0], "bound": 3}, TypeError, "bound"),
        ({"starts": [1.0], "method": "x"}, errors.ArgumentError, "x"),
        ({"starts": [1.0], "executor": 3}, errors.ArgumentError, "submit"),
    ]
    for given, kind, message in wrong:
        with pytest.raises(kind, match=message):
            ag.optimize.multistart(tasks.valley, **given)


def test_gradients_are_checked_with_the_same_report(executor: Any) -> None:
    loss = tasks.Loss()
    checks: list[dict[str, Any]] = [
        {"f": tasks.valley, "inputs": X, "order": 2},
        {"f": tasks.wrong, "inputs": X, "raise_exception": False},
        {"f": tasks.valley, "inputs": np.random.default_rng(1).normal(size=100)},
        {"f": (np.square, np.sin), "inputs": np.array(0.5), "raise_exception": False},
        {"f": np.tanh, "inputs": np.float32([0.5, -1.0])},
    ]
    for check in checks:
        here, there = (ag.gradcheck(**check, executor=e) for e in (None, executor))
        assert str(here) == str(there)
        assert here.evaluations == there.evaluations
    if not isinstance(executor, ThreadPoolExecutor):  # which would share its model
        assert ag.gradcheck(loss, dict(loss.model.named_parameters()), executor=executor)


def test_a_check_of_what_is_read_from_elsewhere_is_refused(executor: Any) -> None:
    with pytest.raises(errors.ParallelError, match="it reads what is checked from elsewhere"):
        ag.gradcheck(tasks.of_the_model, dict(tasks.MODEL.named_parameters()), executor=executor)


def test_differences_are_computed_elsewhere(executor: Any) -> None:
    with pytest.warns(errors.NumericalDerivativeWarning):
        here, there = (ag.custom_op(tasks.black_box, numerical=True, executor=e) for e in (None, executor))
    k = np.array(2.0)
    for derive in (
        lambda f: ag.jacobian(f, argnums=(0, 1), mode="reverse")(X, k),
        lambda f: ag.jacobian(f, argnums=(0, 1), mode="forward")(X, k),
        lambda f: (ag.compile(ag.grad(lambda x: f(x, k)[0]))(X),),
    ):
        for a, b in zip(derive(here), derive(there), strict=True):
            assert np.array_equal(a, b)
    slope = ag.grad(lambda x: there(x, k)[0])(X)
    assert np.allclose(slope, 6 * X**2, rtol=1e-8)


def test_an_operation_stays_one_where_it_is_copied(executor: Any) -> None:
    with pytest.warns(errors.NumericalDerivativeWarning):
        op = ag.custom_op(tasks.black_box, numerical=True, executor=executor)
    again = pickle.loads(pickle.dumps(op))
    assert np.array_equal(*[ag.grad(lambda x, f=f: f(x, 2.0)[0])(X) for f in (op, again)])
    assert pickle.loads(pickle.dumps(tasks.decorated)) is tasks.decorated


def test_a_decorated_function_is_sent_by_its_name(processes: Any) -> None:
    found = tasks.decorated.func.code
    assert pickle.loads(pickle.dumps(found)) is found
    assert parallel_map(tasks.decorated, np.ones((2, 3)), 2.0, in_axes=(0, None), executor=processes).shape == (2, 2)


def test_an_executor_without_differences_is_refused(threads: Any) -> None:
    with pytest.raises(errors.DeclarationError, match="Write numerical=True"):
        ag.custom_op(tasks.valley, vjp=lambda g, x: g, executor=threads)


def test_an_input_that_is_called_as_the_result_is_refused() -> None:
    with pytest.warns(errors.NumericalDerivativeWarning), pytest.raises(errors.DeclarationError, match="named y"):
        ag.custom_op(lambda x, y: x * y, numerical=True)
