"""The library of linear algebra that NumPy computes products with, as far as it tells."""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_OPENBLAS = ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}")


class Blas(NamedTuple):
    """A library of linear algebra: its kernel, and the threads that it computes with, as far as it tells."""

    kernel: str | None
    threads: int | None


def loaded() -> Blas:
    """Return what the BLAS of NumPy says of itself, through threadpoolctl where that is installed."""
    return by_threadpoolctl() or by_openblas() or Blas(None, None)


@functools.cache
def at_first() -> Blas:
    """Return what the BLAS of NumPy said of itself when it was first asked; it chooses its kernels once."""
    return by_openblas() or loaded()


def by_threadpoolctl() -> Blas | None:
    if importlib.util.find_spec("threadpoolctl") is None:
        return None
    import threadpoolctl  # noqa: PLC0415 - may be there or not

    found = [x for x in threadpoolctl.threadpool_info() if x.get("user_api") == "blas"]
    found.sort(key=lambda x: "numpy" not in str(x.get("filepath")))  # that of SciPy is another one
    return Blas(found[0].get("architecture"), found[0].get("num_threads")) if found else None


def by_openblas() -> Blas | None:
    """Ask the OpenBLAS that lies beside NumPy in a wheel."""
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with suppress(OSError):  # a file of that name that is no library of this system
                library = ctypes.CDLL(str(path))
                name = _asked(library, "get_corename", ctypes.c_char_p)
                return Blas(name and name.decode(), _asked(library, "get_num_threads", ctypes.c_int))
    return None


def _asked(library: ctypes.CDLL, question: str, kind: Any) -> Any:
    for spelt in _OPENBLAS:
        function = getattr(library, spelt.format(question), None)
        if function is not None:
            function.restype = kind
            return function()
    return None
