"""What a compiled function reads from anywhere: each change is noticed, or the function is refused; no value is old."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import compiled_names  # noqa: F401 - more rows
import compiled_things  # noqa: F401
import numpy as np
import pytest
from backends import tried
from compiled_state import ITERATORS, ROWS

import autograd_lite as ag
from autograd_lite.engine.switch import _entered, _recording

X = np.array([1.0, -2.0])


def values(y: Any) -> list[Any]:
    leaves = [leaf.numpy() if isinstance(leaf, ag.Tensor) else leaf for leaf in ag.tree.leaves(y)]
    return [np.asarray(leaf) for leaf in leaves]


def assert_equal(found: Any, expected: Any) -> None:
    for a, b in zip(values(found), values(expected), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-12)
        assert np.array_equal(np.signbit(a), np.signbit(b))


@pytest.fixture(autouse=True)
def _recording_as_it_was() -> Any:
    recording, entered = _recording.get(), _entered.get()
    yield
    _recording.set(recording)
    _entered.set(entered)


@pytest.mark.parametrize(("name", "backend"), tried([(name,) for name in ROWS], 5))
def test_what_is_read_is_never_old(name: str, backend: str) -> None:
    f, change = ROWS[name]()
    compiled = ag.compile(f, backend=backend)
    with pytest.raises(ag.errors.CompileError, match="Write ") if name in REFUSED else nullcontext():
        for _ in range(2):
            assert_equal(compiled(X), f(X))
        change()
        for _ in range(2):
            assert_equal(compiled(X), f(X))


REFUSED = frozenset(
    (
        "a variable of the system", "a variable of the system by getenv", "the last of very many",
    )
)  # fmt: skip
"""The rows that are refused, and not compared: what else is refused would be a step back."""


@pytest.mark.parametrize("name", ITERATORS)
def test_an_iterator_is_refused(name: str) -> None:
    it = ITERATORS[name]()
    with pytest.raises(ag.errors.CompileError, match="used up"):
        ag.compile(lambda x: x * next(it))(X)
    held = {"batches": ITERATORS[name]()}
    with pytest.raises(ag.errors.CompileError, match="used up"):
        ag.compile(lambda x: x * next(held["batches"]))(X)


def test_an_iterator_made_inside_is_none_of_these() -> None:
    f = ag.compile(lambda x: sum(x * next(iter([2.0])) for _ in range(3)))
    assert [f(X).tolist() for _ in range(2)] == [[6.0, -12.0]] * 2


def test_a_file_that_is_read_as_text_is_refused_as_others_are(tmp_path: Any) -> None:
    """NumPy makes an error of its own of the refusal."""
    np.savetxt(tmp_path / "x.txt", X)
    with pytest.raises(ag.errors.CompileError, match=r"compiled it would use the same answer.*Write the value as an"):
        ag.compile(lambda x: x + np.loadtxt(str(tmp_path / "x.txt")))(X)


def test_a_method_that_is_called_eval_reads_no_names_that_are_made_up() -> None:
    model = ag.nn.Sequential(ag.nn.Linear(2, 2, rng=0), ag.nn.Dropout(0.5)).eval()
    compiled = ag.compile(lambda x: (model.eval(), model(x))[1])
    for _ in range(2):
        assert_equal(compiled(X), model(X))
