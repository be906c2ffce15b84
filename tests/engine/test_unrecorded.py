"""NumPy's own functions where nobody records: in batches, in traces, and what observers see of it."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.observers import observe

BYTES = np.array([200, 200], np.uint8)
ORDINARY: list[tuple[Any, Any]] = [
    (np.linalg.norm, BYTES), (np.real, np.array([1 + 2j])), (np.imag, np.array([1 + 2j])),
    (np.nanmean, np.array([True, True, False])), (np.cumprod, np.array([100, 100], np.int8)),
    (np.var, np.array([1j, -1j])), (np.median, np.array([True, False])),
    (np.linalg.norm, np.array([3 + 4j])), (np.nanmax, np.array([1, 2])),
]  # fmt: skip


@pytest.mark.parametrize(("fn", "x"), ORDINARY)
def test_whole_numbers_truth_values_and_complex_ones_have_numpys_values(fn: Any, x: Any) -> None:
    for y in (fn(ag.Tensor(x)), ag.vmap(fn)(np.stack([x, x]))[0], ag.vmap(lambda a: fn(ag.Tensor(a)))(x[None])[0]):
        np.testing.assert_array_equal(y, fn(x), strict=True)


@pytest.mark.parametrize("backend", ["numpy", *NATIVE])
def test_a_compiled_function_has_the_same_values(backend: str) -> None:
    held = ag.Tensor(BYTES)
    for f in (lambda x: np.linalg.norm(held) * x, lambda x: np.std(ag.Tensor(x)) + np.median(held)):
        compiled = ag.compile(f, backend=backend)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(np.arange(3.0)), f(np.arange(3.0)))


def test_without_recording_a_parameter_is_an_array() -> None:
    w = ag.Tensor([3.0, 1.0, 2.0, 3.0], requires_grad=True)
    with ag.no_grad():
        np.testing.assert_array_equal(np.unique(w), [1.0, 2.0, 3.0])
        values, counts = np.unique_counts(w)
        assert type(np.unique_counts(w)).__name__ == "UniqueCountsResult"
        assert isinstance(values, ag.Tensor)
        assert counts.tolist() == [1, 1, 2]
        assert np.histogram(w, 2)[0].tolist() == [1, 3]
        np.put(w, 1, 2.0)
        np.add.at(w, [0, 0], 1.0)
    assert w.tolist() == [5, 2, 2, 3]
    assert w.requires_grad
    with pytest.raises(errors.LeafMutationError):
        np.put(w, 1, 2.0)


def test_nothing_is_written_to_an_operand() -> None:
    t = ag.Tensor([3.0, np.nan, 1.0])
    assert np.isnan(np.median(t, overwrite_input=True).item())
    with pytest.raises(errors.UnsupportedError, match="Write t"):
        np.nan_to_num(t, copy=False)
    np.testing.assert_array_equal(t, [3.0, np.nan, 1.0])


def test_what_numpy_changes_in_place_is_changed_and_what_was_computed_from_it_stays() -> None:
    t = ag.Tensor([3.0, 2.0, 1.0])
    y = t * 1
    row = t[1:]
    np.put(t, 0, 1.0)
    np.copyto(row, [5.0, 6.0])
    np.add.at(t, [0, 0], 1.0)
    np.testing.assert_array_equal(t, [3.0, 5.0, 6.0])
    np.testing.assert_array_equal(row, [5.0, 6.0])
    np.testing.assert_array_equal(y, [3.0, 2.0, 1.0])


def test_a_result_is_no_view_of_what_the_user_can_write_to() -> None:
    a = np.arange(3.0)
    y = np.unique_values(ag.Tensor(a))
    z = np.where(ag.Tensor([True, True, True]), a, a)
    a[:] = 9
    np.testing.assert_array_equal(y, [0.0, 1.0, 2.0])
    np.testing.assert_array_equal(z, [0.0, 1.0, 2.0])


def test_observers_see_the_call_and_messages_name_it() -> None:
    seen: list[Any] = []
    x = ag.Tensor([[2.0, 1.0]])
    with observe(lambda op, operands, settings, result: seen.append((op.name, list(operands), result))):
        y = np.median(x, axis=1)
        parts = np.unique_counts(x)
    assert seen == [("median", [x], y), *[("unique_counts", [x], part) for part in parts]]
    assert "op=median" in repr(y)
    assert "op=multiply.accumulate" in repr(np.multiply.accumulate(x))
    with pytest.raises(ValueError, match="array split") as caught:
        np.split(x, 3, 1)
    assert caught.value.__notes__ == ["in split of a Tensor of shape (1, 2)"]
    with (
        ag.debug(),
        np.errstate(all="ignore"),
        pytest.raises(errors.NonFiniteError, match=r"average .*test_unrecorded"),
    ):
        np.average(ag.Tensor([1.0, 2.0]), weights=[0.0, np.inf])


def test_a_definition_that_numpy_refuses_leaves_nothing() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    for _ in range(2):
        with pytest.raises(np.exceptions.AxisError, match="axis 2 is out of bounds"):
            np.linalg.norm(w, axis=2)
        with pytest.raises(ValueError, match="2-d"):
            ag.grad(lambda x: np.sum(np.fliplr(x)))(np.ones(3))
        with pytest.raises(ValueError, match="2-d"):
            ag.compile(lambda x: np.fliplr(ag.Tensor(x, requires_grad=True)))(np.ones(3))
    gc.collect()
    assert w.grad is None


def test_values_that_numpy_refuses_are_refused_each_time() -> None:
    w, x = ag.Tensor([1.0, 1.0], requires_grad=True), np.ones(2)
    for _ in range(2):
        np.average(x, weights=w)
        with pytest.raises(ZeroDivisionError, match="sum to zero"):
            np.average(x, weights=0 * w)
        for q in (1.5, np.array([0.5, -0.5])):
            with pytest.raises(ValueError, match="between 0 and 1"):
                np.quantile(w, q)


def test_the_extremum_of_a_number_along_an_axis_has_a_derivative() -> None:
    for fn in (np.max, np.min, np.sum, np.prod, np.nansum):
        t = ag.Tensor(2.0, requires_grad=True)
        fn(t, axis=0).backward()
        assert t.grad is not None


def test_lexsort_of_tensors() -> None:
    a, b = np.array([1.0, 0.0, 1.0]), np.array([2.0, 1.0, 0.0])
    keys = tuple(ag.Tensor(x, requires_grad=True) for x in (a, b))
    np.testing.assert_array_equal(np.lexsort(keys), np.lexsort((a, b)))


def test_threads_ask_side_by_side() -> None:
    w = ag.Tensor(np.ones((3, 3)), requires_grad=True)
    done: list[int] = []

    def ask() -> None:
        done.extend(np.flip(w[: n % 3 + 1], 0).size for n in range(100))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 400
