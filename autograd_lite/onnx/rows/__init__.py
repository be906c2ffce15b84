"""The table: for each function of NumPy what it is in ONNX, a file for each subject."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from autograd_lite.onnx.rows import (
    elementwise,
    formulas,
    indexing,
    products,
    ranks,
    reductions,
    shaping,
    windows,
    writing,
)

TABLE: Mapping[Any, Any] = MappingProxyType({
    **elementwise.ROWS, **formulas.ROWS, **indexing.ROWS, **products.ROWS, **ranks.ROWS, **reductions.ROWS,
    **shaping.ROWS, **windows.ROWS, **writing.ROWS,
})  # fmt: skip
"""``row(graph, *args, **kwargs)`` writes nodes and returns the result, called as the function itself. Functions of
SciPy are known by their library and name."""
