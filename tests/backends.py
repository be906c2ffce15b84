"""The native backends, as parameters of tests: each left out where what it needs is not installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from autograd_lite.compiler.native import c_compiler

AVAILABLE = {"cc": c_compiler.found() is not None, "numba": find_spec("numba") is not None}
ABSENT = {name: pytest.mark.skipif(not there, reason=f"{name} is not installed") for name, there in AVAILABLE.items()}
NATIVE = [pytest.param(name, marks=mark) for name, mark in ABSENT.items()]
