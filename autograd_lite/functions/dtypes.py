"""Dtypes by PyTorch's names: ``ag.float32``, ``ag.long``. Of what has two names `float`, `int` are the shorter ones."""

from __future__ import annotations

import numpy as np

__all__ = [
    "bool", "cdouble", "cfloat", "complex128", "complex64", "double", "float", "float16", "float32", "float64", "half",
    "int", "int16", "int32", "int64", "int8", "long", "short", "uint8",
]  # fmt: skip

float16 = half = np.float16
float32 = float = np.float32  # noqa: A001 - PyTorch's name
float64 = double = np.float64
complex64 = cfloat = np.complex64
complex128 = cdouble = np.complex128
uint8, int8 = np.uint8, np.int8
int16 = short = np.int16
int32 = int = np.int32  # noqa: A001 - PyTorch's name
int64 = long = np.int64
bool = np.bool_  # noqa: A001 - PyTorch's name
