"""The native backends, as parameters of tests: each left out where what it needs is not installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

import pytest

from autograd_lite.compiler.native import c_compiler

AVAILABLE = {"cc": c_compiler.found() is not None, "numba": find_spec("numba") is not None}
ABSENT = {name: pytest.mark.skipif(not there, reason=f"{name} is not installed") for name, there in AVAILABLE.items()}
NATIVE = [pytest.param(name, marks=mark) for name, mark in ABSENT.items()]


def tried(cases: Iterable[tuple[Any, ...]], every: int) -> list[Any]:
    """Return cases with each backend, as parameters of a test; with numba, which takes seconds, one in so many."""
    return [
        pytest.param(*case, backend, marks=[ABSENT[backend]] if backend in ABSENT else [])
        for count, case in enumerate(cases)
        for backend in ("numpy", "cc", *(() if count % every else ("numba",)))
    ]
