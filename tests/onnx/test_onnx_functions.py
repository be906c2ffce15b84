"""Functions of the table of rules as models: the same numbers in onnxruntime, or refused with what to write."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from cases import CASES, Case
from exported import plain, ran, same

import autograd_lite as ag

REAL = [row for row in CASES if not row.is_complex()]
ANY_LENGTH = "autograd_lite.rules.pooling.max_pool-(0,4)"
"""A pool of no rows, which onnxruntime does not compute."""


def is_exported(row: Case) -> bool:
    """Compare a row, if it can be exported; what is refused says what to write."""
    refusal = ""
    try:
        with np.errstate(all="ignore"):
            expected = plain(row, *row.inputs)
            model = ag.onnx.export(lambda *xs: row(*xs), row.inputs)
    except ag.AutogradError as error:
        refusal = str(error)
    if refusal:
        assert "Write" in refusal
        return False
    if not row.name.startswith(ANY_LENGTH):
        same(ran(model, *row.inputs), expected)
    return True


@pytest.mark.parametrize("row", REAL[::16], ids=lambda row: row.name)
def test_a_row_is_the_same_in_onnxruntime(row: Case) -> None:
    is_exported(row)


@pytest.mark.slow
def test_most_rows_are_exported() -> None:
    found: dict[bool, list[Any]] = {True: [], False: []}
    for row in REAL:
        found[is_exported(row)].append(row.name)
    assert len(found[True]) >= 1500, found[False]


ALWAYS = {
    "log1p": lambda a, b: np.log1p(a), "logaddexp": np.logaddexp, "hypot": np.hypot, "arctan2": np.arctan2,
    "copysign": np.copysign,
    "isclose": np.isclose, "fmod": np.fmod, "maximum": np.maximum, "divmod": lambda a, b: divmod(a, b)[0],
    "where": lambda a, b: np.where(a > b, a, 0), "clip": lambda a, b: np.clip(a, -0.5, b),
    "nan_to_num": lambda a, b: np.nan_to_num(a / 0 * b), "median": lambda a, b: np.median(a, 1),
    "take": lambda a, b: np.take(a, [1, 0], 1), "index": lambda a, b: a[::-1, None, [0, 2]][..., -1],
    "axes in lists": lambda a, b: np.einsum(a, [0, 1], b, [0, 1], [0]), "dots": lambda a, b: np.einsum("...j,ij", a, b),
    "kept as 1": lambda a, b: np.mean(a, 1, keepdims=1) + np.std(a, 1, keepdims=1) + np.any(b, 1, keepdims=1),
    "several arrays": lambda a, b: a[[0, 1], [1, 2]], "apart": lambda a, b: a[:, None][[0, 1], :, [1, 2]],
    "mask": lambda a, b: a[np.array([True, False, True])], "tensordot": lambda a, b: np.tensordot(a, b, 2),
    "outer": np.outer, "kron": np.kron, "einsum": lambda a, b: np.einsum("ij,kj->ik", a, b),
    "cumprod": lambda a, b: np.cumprod(a, 0), "std": lambda a, b: np.std(a, 0, ddof=1),
    "norm": lambda a, b: np.linalg.norm(a, axis=1), "logsumexp": lambda a, b: ag.logsumexp(a, 1),
    "pad": lambda a, b: np.pad(a, ((1, 2), (0, 1)), "reflect"), "tile": lambda a, b: np.tile(a, (2, 3)),
    "repeat": lambda a, b: np.repeat(a, [1, 0, 2], 0), "roll": lambda a, b: np.roll(a, (1, -1), (0, 1)),
    "split": lambda a, b: np.split(a, [1, 2], 1), "stack": lambda a, b: np.stack([a, b], -1),
    "argmax": lambda a, b: np.argmax(a, 1), "all": lambda a, b: np.all(a > b, 0),
    "integers": lambda a, b: (a * 9).astype(int) // 2,
    "tril": lambda a, b: np.tril(a, -1), "sort": lambda a, b: np.sort(a, 0), "trace": lambda a, b: np.trace(a),
    "var": lambda a, b: np.var(a, where=b > 0), "float_power": lambda a, b: np.float_power(np.abs(a), b),
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ALWAYS)
def test_these_are_exported_whatever_else_is_not(name: str, dtype: str) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((3, 4)).astype(dtype) for _ in range(2)]
    with np.errstate(all="ignore"):
        expected = plain(ALWAYS[name], *arrays)
        found = ran(ag.onnx.export(ALWAYS[name], arrays), *arrays)
    same(found, expected)
