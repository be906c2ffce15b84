"""The table of rules itself: names that stay whatever else is added, dtypes, and which rows a test tries."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from cases import CASES, variants
from cases.table import SHARE, Case, Table, tried
from helpers import ROOT, printed

X = np.array([0.5, -0.25])
ROWS = (
    lambda t: t.case(np.exp, X),
    lambda t: t.case(np.sum, X, axis=0),
    lambda t: t.case(np.exp, X, call=lambda x: np.exp(2 * x)),
    lambda t: t.case(np.exp, X, call=lambda x, k=3: np.exp(k * x)),
    lambda t: t.case(np.stack, X, X, packed=True, axis=1),
)


def table_of(order: object) -> Table:
    table = Table()
    for k in order:
        ROWS[k](table)
    return table


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (2, 4), (3,), (1, 2, 0)])
def test_a_row_has_the_same_name_and_numbers_in_whatever_order_and_company(order: tuple[int, ...]) -> None:
    whole = {row.name: row.rng().random() for row in table_of(range(len(ROWS))).rows}
    assert {row.name: row.rng().random() for row in table_of(order).rows}.items() <= whole.items()


def test_a_name_says_what_is_called_with_which_shapes_and_how() -> None:
    names = [row.name.rpartition("-")[0] for row in table_of(range(len(ROWS))).rows]
    assert names == [
        "exp-(2,)", "sum-(2,)-axis=0", "exp-(2,)-np.exp(2 * x)", "exp-(2,)-np.exp(k * x),k=3", "stack-(2,)x(2,)-axis=1",
    ]  # fmt: skip


def test_the_same_row_twice_is_refused() -> None:
    with pytest.raises(AssertionError, match="there already"):
        table_of((0, 0))


def test_rows_are_called_the_same_in_every_process() -> None:
    program = "import cases; print([row.name for row in cases.CASES])"
    names = {printed(program, PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}", PYTHONHASHSEED=str(seed)) for seed in (1, 2)}
    assert names == {f"{[row.name for row in CASES]}\n"}


# ----- dtypes -----


def test_a_row_is_tried_in_single_precision_too_if_it_does_not_say_otherwise() -> None:
    table = Table()
    table.case(np.exp, X)
    table.case(np.sin, X, dtypes=("float64",))
    table.case(np.cos, X, complex=True)
    assert [row.dtypes for row in table.rows] == [
        ("float64", "float32"), ("float64",), ("float64", "float32", "complex128"),
    ]  # fmt: skip


def test_a_variant_is_the_row_with_inputs_of_another_dtype() -> None:
    for row, single in zip((row for row in CASES if "float32" in row.dtypes), variants("float32"), strict=True):
        assert single.name == f"{row.name}-float32"
        assert (single.fn, single.call, single.tier) == (row.fn, row.call, row.tier)
        assert all(x.dtype == np.float32 for x in single.inputs)


def test_complex_inputs_are_made_of_the_real_ones_and_different_for_each_operand() -> None:
    row = Case("x", np.multiply, np.multiply, (X, X)).of("complex128")
    first, second = row.inputs
    np.testing.assert_allclose(np.abs(first), np.abs(X) + 0.3)
    assert row.is_complex()
    assert first.dtype == np.complex128
    assert (first.real * first.imag).all()
    assert not np.array_equal(first, second)


def test_a_row_of_complex_numbers_is_tried_in_both_precisions_and_real_operands_stay_real() -> None:
    table = Table()
    table.case(np.multiply, X * 1j, X)
    (row,) = table.rows
    assert row.dtypes == ("complex128", "complex64")
    assert [x.dtype.name for x in row.of("complex64").inputs] == ["complex64", "float32"]


# ----- which rows a test tries -----


def test_the_first_row_of_a_function_for_each_number_of_dimensions_is_of_the_first_tier() -> None:
    table = table_of((0, 1, 2))
    table.case(np.exp, X[0])
    table.case(np.exp, X[:1])
    assert [row.tier for row in table.rows] == [1, 1, 2, 1, 2]


def test_a_row_may_say_its_tier() -> None:
    table = Table()
    table.case(np.exp, X, tier=2)
    table.case(np.exp, X[:1], tier=1)
    assert [row.tier for row in table.rows] == [2, 1]


def test_a_test_tries_every_row_of_the_first_tier_and_a_share_of_the_others() -> None:
    counts = Counter(row.tier for row in tried("test_f", CASES, every=False))
    whole = Counter(row.tier for row in CASES)
    assert counts[1] == whole[1]
    assert 0.5 < counts[2] / (whole[2] / SHARE) < 1.5
    assert tried("test_f", CASES, every=True) == CASES


def test_tests_try_different_rows_so_that_each_is_tried_by_several() -> None:
    chosen = Counter(row.name for k in range(20) for row in tried(f"test_{k}", CASES, every=False))
    assert len(chosen) > 0.9 * len(CASES)
