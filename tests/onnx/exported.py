"""Models of ONNX, run by onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime

import autograd_lite as ag

onnxruntime.set_default_logger_severity(4)  # of a model nothing is printed; what fails raises
TOLERANCE = {np.dtype(np.float64): 1e-12, np.dtype(np.float32): 1e-5, np.dtype(np.float16): 2e-3}


def ran(model: Any, *arrays: Any) -> list[Any]:
    """Return what a model makes of its inputs, in their order; those that it does not read are left out."""
    session = onnxruntime.InferenceSession(model.SerializeToString())
    read = {x.name for x in session.get_inputs()}
    names = [x.name for x in model.graph.input]
    given: Mapping[str, Any] = dict(zip(names, arrays, strict=True))
    found: list[Any] = session.run(None, {name: np.asarray(x) for name, x in given.items() if name in read})
    return found


def plain(function: Any, *arrays: Any) -> list[Any]:
    """Return what the function makes of them, without a derivative."""
    with ag.no_grad():
        leaves = ag.tree.flatten(function(*arrays))[0]
    return [np.asarray(y) for y in leaves if y is not None]


def same(found: list[Any], expected: list[Any], tolerance: float | None = None) -> None:
    """Compare results with their shapes and dtypes."""
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        near = TOLERANCE.get(b.dtype, 0.0) if tolerance is None else tolerance
        np.testing.assert_allclose(a, b, rtol=near, atol=near)


def check(function: Any, *arrays: Any, **settings: Any) -> Any:
    """Export a function and compare what it computes; return the model."""
    model = ag.onnx.export(function, arrays, **settings)
    same(ran(model, *arrays), plain(function, *arrays))
    return model
