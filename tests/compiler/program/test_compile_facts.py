"""What the compiler knows of functions stands in one table: true of NumPy, and nowhere else."""

from __future__ import annotations

import ast
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.rules import indexing, normal, windows

COMPILER = Path(ag.__file__).parent / "compiler"
ELSEWHERE = {
    # the table
    "_TABLE": "it is the table", "_ROWS": "it is the table",
    # what an operation is, which its declaration says: its range, its text in other languages, its symbol
    "ranges._RULES": "an operation's", "formulas._RULES": "an operation's", "formulas._SIGNS": "an operation's",
    "formulas._THROUGH": "an operation's", "scalars.COMPARISONS": "an operation's", "scalars.SCALARS": "an operation's",
    "scalars.FLOATS_ONLY": "an operation's", "scalars.FOR_TRUTH": "an operation's",
    "scalars.WHOLE_ONLY": "an operation's",
    "c_text._COMBINED": "an operation's", "numba_text._COMBINED": "an operation's",
    # how Python writes it
    "numbers._NAMES": "a sign", "numpy_text._INFIX": "a sign", "numpy_text._PREFIX": "a sign",
    # identities, of which each is about its functions
    "limits._LIMITS": "an identity", "algebra._RULES": "an identity", "views._RULES": "an identity",
    "calls._POWERS": "an identity", "calls._SHORTER": "an identity", "calls.JOINED": "how native code writes it",
    # what a trace does in the place of a call
    "traced._OWN_WAY": "another call", "views._KNOWN": "the operation that it is",
    "views._TRANSPOSE": "the operation that it is",
    # functions that programs do not call
    "observation._SETTINGS": "asked for by the user", "calling._KNOWN": "called around a program",
}  # fmt: skip


def _functions(value: ast.AST) -> set[str]:
    """Return the functions of NumPy that a collection holds: what is called there, or asked for more, is none."""
    inner = {id(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
    parts = [node for node in ast.walk(value) if isinstance(node, ast.Attribute) and id(node) not in inner]
    names = [node.attr for node in parts if isinstance(node.value, ast.Name) and node.value.id == "np"]
    return {name for name in names if callable(getattr(np, name, None)) and not isinstance(getattr(np, name), type)}


def _collections() -> Iterator[str]:
    for path in sorted(COMPILER.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            target = node.target if isinstance(node, ast.AnnAssign) else None
            target = node.targets[0] if isinstance(node, ast.Assign) else target
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None and _functions(value):
                yield f"{path.stem}.{target.id}"


def test_no_other_table_names_functions_of_numpy() -> None:
    found = {name.replace("facts.", "") for name in _collections()}
    assert found == set(ELSEWHERE)


X, K = np.array([[1.5, -2.0, 3.0], [0.5, 4.0, -1.0]]), np.array([[True, False, True], [False, True, True]])
ONE = (1, 1), (1, 1), (0, 0), (1, 1)  # windows of one element, which are the array
PLACED = (1, 1), (0, 0), (1, 1), 1
IMAGE, PARTS, WEIGHT = X.reshape(1, 1, 2, 3), X.reshape(1, 1, 1, 1, 2, 3), np.ones((1, 1, 1, 1))
WINDOWS: dict[Any, tuple[Any, ...]] = {
    windows.convolved: (IMAGE, WEIGHT, *PLACED), windows.convolved_input: (IMAGE, WEIGHT, (2, 3), *PLACED),
    windows.convolved_weight: (IMAGE, IMAGE, (1, 1), *PLACED), windows.windows: (X, *ONE), windows.largest: (X, *ONE),
    windows.folded: (PARTS, (2, 3), *ONE), windows.put_at_largest: (X, X, X, *ONE), windows.sums: (X, *ONE[:3]),
    windows.taken_at_largest: (X, X, X, *ONE), windows.places_of_largest: (X, X, *ONE),
    windows.spread_sums: (X, (2, 3), *ONE[:3]), windows.unpooled: (X, np.array([[0, 1, 2]] * 2), 3),
    windows.repooled: (X, np.array([[0, 1, 2]] * 2)),
}  # fmt: skip
ARGUMENTS: dict[Any, tuple[Any, ...]] = {
    np.einsum: ("ij,ij->i", X, X), np.where: (K, X, X), np.concatenate: ((X, X),), np.pad: (X, 1), np.dot: (X, X.T),
    np.convolve: (X[0], X[1]), np.correlate: (X[0], X[1]), np.vdot: (X, X), np.roll: (X, 1), np.clip: (X, 0.0, 1.0),
    np.searchsorted: (X[0], X[1]), np.interp: (X[0], X[0], X[1]), np.tensordot: (X, X), np.swapaxes: (X, 0, 1),
    np.reshape: (X, (3, 2)), np.moveaxis: (X, 0, 1), np.rollaxis: (X, 1), np.expand_dims: (X, 0), np.copy: (X,),
    np.broadcast_to: (X, (2, 2, 3)), helpers.scatter: (X, (slice(0, 2),), (4, 3)), np.array: (X,),
    helpers.placed: (X, (slice(0, 2),), (4, 3)), helpers.assigned: (X, 1.0, 0), helpers.added_at: (X, 1.0, 0),
    helpers.subtracted_at: (X, 1.0, 0), helpers.draw: (np.random.default_rng(0), "normal", 0.0, 1.0, (2, 3)),
    np.matmul: (X, X.T), np.round: (X, 1), helpers.from_parts: (X, X),
    normal.gelu_slope_of: (X, X), **WINDOWS,
}  # fmt: skip


def rows(word: str) -> Any:
    functions = [fn for fn, known in facts._TABLE.items() if getattr(known, word) not in (False, None, "")]
    assert functions
    return pytest.mark.parametrize("fn", functions, ids=lambda fn: fn.__name__)


def shares(result: Any) -> bool:
    return isinstance(result, np.ndarray) and any(
        np.shares_memory(result, x) for x in (X, K) if result.size and result.dtype == x.dtype
    )


@rows("new")
def test_what_is_new_shares_no_memory(fn: Any) -> None:
    assert not shares(fn(*ARGUMENTS.get(fn, (X,))))


@rows("view")
def test_what_is_a_view_shows_the_elements(fn: Any) -> None:
    result = fn(*ARGUMENTS.get(fn, (X,)))
    assert shares(result)
    assert facts.of(fn).shape <= (result.ravel().tolist() == X.ravel().tolist())


@rows("fills")
def test_what_fills_is_the_same_everywhere(fn: Any) -> None:
    assert np.array_equal(fn(X), np.full(X.shape, facts.of(fn).fills))


@rows("beside")
def test_a_number_beside_an_array_is_as_good_as_an_array_of_no_dimension(fn: Any) -> None:
    for dtype in (np.float32, np.float64):
        a = np.abs(X).astype(dtype)
        for left, right in ((a, 1.5), (1.5, a)):
            arrays = [np.asarray(x, dtype) for x in (left, right)]
            plain, other = fn(left, right), fn(*arrays)
            assert plain.dtype == other.dtype
            assert plain.tobytes() == other.tobytes()


@rows("overwrites")
def test_what_overwrites_returns_nothing(fn: Any) -> None:
    a = np.zeros((2, 2))
    arguments = {np.put: (0, 1.0), np.place: (a == 0, [1.0]), np.putmask: (a == 0, 1.0), np.copyto: (1.0,)}
    arguments |= {np.fill_diagonal: (1.0,), np.put_along_axis: (np.zeros((1, 2), int), 1.0, 0)}
    assert fn(a, *arguments[fn]) is None
    assert a.any()


@rows("in_place")
def test_what_changes_its_operand_is_what_its_sign_says(fn: Any) -> None:
    change = {"+=": operator.add, "-=": operator.sub}[facts.of(fn).in_place]
    assert np.array_equal(fn(X, 2.0, (slice(None), 1))[:, 1], change(X[:, 1], 2.0))


@rows("vectors")
def test_vectors_are_those_of_a_ufunc_of_one_result(fn: Any) -> None:
    assert isinstance(fn, np.ufunc)
    assert fn.nout == 1


@rows("vectors_of_singles")
def test_vectors_of_singles_are_those_of_a_ufunc_that_has_none_of_doubles(fn: Any) -> None:
    assert isinstance(fn, np.ufunc)
    assert fn.nout == 1
    assert not facts.of(fn).vectors


def test_of_what_nobody_knows_nothing_is_known() -> None:
    assert facts.of(np.linalg.inv) == facts.CallFacts()


# ----- indices -----

KEYS: dict[str, tuple[Any, bool]] = {
    "a number": (1, True), "a number of NumPy": (np.int8(1), True), "a slice": (slice(0, 1), True), "all": (..., True),
    "a new axis": (None, True), "numbers and slices": ((0, slice(None)), True), "nothing": ((), True),
    "a list": ([0], False), "a list in a tuple": ((0, [0, 1]), False), "a mask": (K, False), "True": (True, False),
    "NumPy's True": (np.True_, False), "an array": (np.array([0]), False),
    "an array beside": ((..., np.array([0])), False),
}  # fmt: skip


@pytest.mark.parametrize(("key", "basic"), KEYS.values(), ids=list(KEYS))
def test_a_basic_index_is_one_that_numpy_answers_with_a_view(key: Any, basic: bool) -> None:
    assert indexing.is_basic(key) is basic
    result = X[key]
    assert not basic or np.shares_memory(result, X) or not np.ndim(result)
