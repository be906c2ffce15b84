"""The derivatives that are taken at kinks: between the slopes on both sides, the same in both modes, and all told."""

from __future__ import annotations

import runpy
from typing import Any

import numpy as np
import pytest
from helpers import ROOT

import autograd_lite as ag
from autograd_lite.engine.registry import declared

PAGE = runpy.run_path(str(ROOT / "examples" / "kinks.py"))
ROWS = {f"{row.text} at {list(row.at.values())}": row for rows in PAGE["KINKS"].values() for row in rows}
every = pytest.mark.parametrize("name", ROWS)
# Where no number lies between: an infinite slope, a jump, or a value that is infinite itself.
WITHOUT_SLOPES = (
    "np.sqrt(x)", "np.cbrt(x)", "np.log(x)", "x ** 0.5", "0.0 ** y", "x ** y", "np.arcsin(x)", "np.arccosh(x)",
    "np.arctan2(y, x)", "np.logaddexp(x, y)", "ag.logsumexp(x)", *(row.text for row in PAGE["KINKS"]["Jumps"]),
    "np.sign(x)",
)  # fmt: skip


def plain(row: Any, given: Any) -> float:
    """Return the value of a row, with plain arrays."""
    tensors = {name: ag.Tensor(x) for name, x in given.items()}
    return float(np.real(PAGE["value"](row, tensors).numpy()))


@every
def test_a_derivative_lies_between_the_slopes_on_both_sides(name: str) -> None:
    row, h = ROWS[name], 1e-7
    if row.text in WITHOUT_SLOPES:
        return
    found = PAGE["derivatives"](row)
    for operand, x in row.at.items():
        array = np.asarray(x)
        for place in np.ndindex(array.shape):
            slopes = []
            for side in (-h, h):
                moved = array.copy()
                moved[place] += side
                slopes.append((plain(row, {**row.at, operand: moved}) - plain(row, row.at)) / side)
            derivative = np.real(found[operand][place])
            assert min(slopes) - 1e-6 <= derivative <= max(slopes) + 1e-6, (operand, place, slopes, derivative)


@pytest.mark.filterwarnings("ignore::autograd_lite.errors.IndependentWarning")
@every
def test_both_modes_choose_the_same(name: str) -> None:
    row = ROWS[name]
    found = PAGE["derivatives"](row)
    for operand, x in row.at.items():
        array = np.asarray(x)
        for place in np.ndindex(array.shape):
            towards = np.zeros_like(array)
            towards[place] = 1
            with np.errstate(all="ignore"):
                _, slope = ag.jvp(lambda t, o=operand: PAGE["value"](row, {**row.at, o: t}), (array,), (towards,))
            np.testing.assert_allclose(np.real(slope), np.real(found[operand][place]), atol=1e-15)


JUMPS = {
    "np.floor(x)": [0.0], "np.remainder(x, y)": [1.0, -2.0], "np.fmod(x, y)": [1.0, -2.0],
    "np.heaviside(x, h)": [0.0, 1.0], "np.modf(x)[0]": [1.0], "np.frexp(x)[0]": [0.25], "np.sqrt(x)": [np.inf],
    "np.arctan2(y, x)": [0.0, 0.0],
    "x ** y": [0.0, 0.0], "0.0 ** y": [0.0], "np.sign(x)": [0.0], "np.rint(x)": [0.0], "np.log(x)": [np.inf],
}  # fmt: skip


@pytest.mark.parametrize("text", JUMPS)
def test_what_is_decided_where_no_slope_tells(text: str) -> None:
    row = next(row for row in ROWS.values() if row.text == text)
    assert [float(x) for x in PAGE["derivatives"](row).values()] == JUMPS[text]


def test_every_function_that_chooses_has_a_row() -> None:
    """What selects among its operands, or has an apex, says so in its declaration."""
    told = " ".join(row.text for row in ROWS.values())
    by_place = {
        "getitem", "setitem", "scatter", "take", "tril", "triu", "diagonals", "windows", "nll_loss", "amax", "amin",
        "max_pool", "put_at_largest", "taken_at_largest", "unpool", "repool",
    }  # fmt: skip
    choosing = {op.name for _, op in declared() if getattr(op, "selects", False) or getattr(op, "apex", None)}
    words = {"absolute": "abs", "euclidean_norm": "linalg.norm"}
    missing = {name for name in choosing - by_place if words.get(name, name) not in told}
    assert not missing, "add a row to examples/kinks.py"
