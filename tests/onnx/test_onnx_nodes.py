"""The node cases of the package onnx: our functions give what ONNX's operators do, and so do their models."""

from __future__ import annotations

import pkgutil
from collections import Counter
from importlib import import_module
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx.checker")
pytest.importorskip("onnxruntime")

from exported import plain, ran
from nodes import ROWS
from onnx.backend.test.case import node
from onnx.backend.test.case.node import collect_testcases
from onnx.helper import get_attribute_value

import autograd_lite as ag

NOTHING = {"test_reduce_max_empty_set", "test_reduce_max_empty_set_bool", "test_reduce_min_empty_set"}
"""The largest of no numbers, which NumPy refuses."""
NUMBERS = [np.dtype(kind).name for kind in "efdbhilBHIL?"]


def parts(case: Any) -> list[tuple[Any, list[Any], list[Any]]]:
    """Return the attributes, inputs and outputs of the sets of a case that has one node; absent inputs are None."""
    only = case.model.graph.node[0]
    attributes = {"outputs": len(only.output)} | {a.name: get_attribute_value(a) for a in only.attribute}
    found = []
    for inputs, outputs in case.data_sets:
        rest = iter(inputs)
        found.append((attributes, [next(rest) if name else None for name in only.input], outputs))
    return found


def near(a: Any, b: Any, relative: float) -> None:
    """Compare; numbers of half precision by its own."""
    relative = max(relative, 2e-3) if b.dtype == np.float16 else relative
    assert a.shape == b.shape
    np.testing.assert_allclose(a.astype(b.dtype), b, rtol=relative, atol=max(1e-6, relative / 10))


def tried(case: Any, op: str) -> Counter[str]:
    """Return how many sets of a case are compared, and how many not, by the reason."""
    count: Counter[str] = Counter()
    for attributes, inputs, outputs in parts(case):
        if not all(x is None or (isinstance(x, np.ndarray) and x.dtype.name in NUMBERS) for x in inputs):
            count["of no dtype of NumPy's"] += 1
            continue
        row = ROWS[op](attributes, *inputs)
        if isinstance(row, str):
            count[row] += 1
            continue
        function, arrays = row
        expected = plain(function, *arrays)
        for a, b in zip(expected, outputs, strict=False):
            near(a, b, case.rtol)
        for a, b in zip(ran(ag.onnx.export(function, tuple(arrays)), *arrays), expected, strict=True):
            assert a.dtype == b.dtype
            near(a, b, 1e-5)
        count["compared"] += 1
    return count


def cases(share: int) -> list[Any]:
    """Return the cases of one of so many files, which compute what they hold when they are imported."""
    files = sorted(module.name for module in pkgutil.iter_modules(node.__path__))
    for name in files[::share]:
        import_module(f"{node.__name__}.{name}")
    return collect_testcases("") if share == 1 else list(node._NodeTestCases)


def compared(share: int) -> Counter[str]:
    """Compare the cases that are ours."""
    count: Counter[str] = Counter()
    for case in cases(share):
        nodes = case.model.graph.node
        if len(nodes) == 1 and nodes[0].op_type in ROWS and nodes[0].input and case.name not in NOTHING:
            with np.errstate(all="ignore"):
                count += tried(case, nodes[0].op_type)
    return count


@pytest.mark.filterwarnings("ignore")
def test_node_cases() -> None:
    assert compared(4)["compared"] >= 50


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_all_node_cases() -> None:
    assert compared(1)["compared"] >= 559
