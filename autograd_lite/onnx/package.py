"""The package onnx, where it is installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from autograd_lite import errors


def onnx() -> Any:
    """Return the package, which is an extra."""
    try:
        package = import_module("onnx")
        import_module("onnx.checker"), import_module("onnx.shape_inference")
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature="ag.onnx.export", package="onnx", extra="onnx")
        raise errors.MissingExtraError(text) from error
    return package
