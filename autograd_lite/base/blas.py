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

_CBLAS = {"scipy_cblas_{}64_": 8, "scipy_cblas_{}": 4, "cblas_{}64_": 8, "cblas_{}": 4}
"""The names of its functions for C, and how many bytes their whole numbers have."""


class Blas(NamedTuple):
    """A library of linear algebra: its kernel, and the threads that it computes with, as far as it tells."""

    kernel: str | None
    threads: int | None


class Products(NamedTuple):
    """The addresses of the functions ``cblas_dgemm`` and ``cblas_sgemm``, and the bytes of their whole numbers."""

    dgemm: int
    sgemm: int
    integer: int


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
    library = _beside_numpy()
    if library is None:
        return None
    name = _asked(library, "get_corename", ctypes.c_char_p)
    return Blas(name and name.decode(), _asked(library, "get_num_threads", ctypes.c_int))


@functools.cache
def products() -> Products | None:
    """Return the products of matrices of the OpenBLAS that lies beside NumPy; None where there is none."""
    library = _beside_numpy()
    for spelt, integer in _CBLAS.items() if library is not None else ():
        double, single = (_address(library, spelt.format(name)) for name in ("dgemm", "sgemm"))
        if double and single:
            return Products(double, single, integer)
    return None


def _address(library: Any, name: str) -> int:
    function = getattr(library, name, None)
    return 0 if function is None else ctypes.cast(function, ctypes.c_void_p).value or 0


@functools.cache
def _beside_numpy() -> ctypes.CDLL | None:
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            with suppress(OSError):  # a file of that name that is no library of this system
                return ctypes.CDLL(str(path))
    return None


def _asked(library: ctypes.CDLL, question: str, kind: Any) -> Any:
    for spelt in _OPENBLAS:
        function = getattr(library, spelt.format(question), None)
        if function is not None:
            function.restype = kind
            return function()
    return None
