"""Rows added to those of an array, also several to one: plain functions of arrays.

A compiled program calls them as they are, and its text has theirs; so each needs nothing but NumPy and the others here.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def add_at(out: Any, key: Any, values: Any) -> None:
    """Add values at places of an array, as often as a place occurs."""
    rows = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if isinstance(rows, np.ndarray) and rows.dtype.kind in "iu" and pays(out, rows, values):
        add_rows(out, rows.reshape(-1), values.reshape(-1, *out.shape[1:]))
    else:
        np.add.at(out, key, values)


def pays(out: Any, rows: Any, values: Any) -> Any:
    """Tell whether it takes less time to bring equal rows together first: a seventh, for 1024 rows of 64 numbers."""
    long = out.ndim > 1 and values.size >= 4096 and values.size >= 4 * rows.size  # noqa: PLR2004 - as measured
    return long and values.shape == rows.shape + out.shape[1:]


def add_rows(out: Any, rows: Any, values: Any) -> None:
    """Add values to rows: those of equal rows together, or, where most rows come once, one after the other."""
    count = len(out)
    if rows.min() < -count or rows.max() >= count:
        raise IndexError(f"an index is out of bounds for axis 0 with size {count}")
    rows = np.where(rows < 0, rows + count, rows)
    order = np.argsort(rows.astype(np.uint16) if count <= 65536 else rows, kind="stable")  # noqa: PLR2004 - by radix
    sorted_rows = rows[order]
    first = np.concatenate([[True], sorted_rows[1:] != sorted_rows[:-1]])
    starts = np.flatnonzero(first)
    if 2 * len(starts) <= len(rows):
        out[sorted_rows[starts]] += np.add.reduceat(values[order], starts, axis=0)
        return
    out[sorted_rows[starts]] += values[order[starts]]
    left = order[~first]
    if len(left):
        add_rows(out, rows[left], values[left])


KERNELS = (add_at, pays, add_rows)
