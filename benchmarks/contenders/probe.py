"""One fresh import of the module named: its time beyond NumPy's, and its version."""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import importlib.util
import json
import platform
import sys
from pathlib import Path
from time import perf_counter

MODULE = sys.argv[1]


def version(module: object) -> str:
    try:
        return importlib.metadata.version(MODULE)
    except importlib.metadata.PackageNotFoundError:
        return getattr(module, "__version__", "unknown")


def kernels() -> str:
    """Return which BLAS this process has loaded, and the kernels that it has chosen for the processor."""
    try:
        from threadpoolctl import threadpool_info  # noqa: PLC0415 - may be absent
    except ImportError:
        return ", ".join(asked()) or importlib.import_module("numpy").show_config(mode="dicts")[
            "Build Dependencies"]["blas"]["name"]  # fmt: skip
    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    return ", ".join(f"{one['internal_api']} {one.get('architecture') or ''}".strip() for one in found)


def asked() -> list[str]:
    """Ask the OpenBLAS of NumPy, where it is known which libraries are loaded."""
    maps = Path("/proc/self/maps")
    paths = {line.split()[-1] for line in maps.read_text().splitlines()} if maps.exists() else set()
    found = []
    for path in sorted(path for path in paths if "openblas" in Path(path).name):
        library = ctypes.CDLL(path)
        for name in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename"):
            if hasattr(library, name):
                corename = getattr(library, name)
                corename.restype = ctypes.c_char_p
                found.append(f"openblas {corename().decode()}")
                break
    return found


def probe() -> dict[str, object]:
    if importlib.util.find_spec(MODULE) is None:
        return {"error": "not installed"}
    numpy = importlib.import_module("numpy")
    start = perf_counter()
    module = importlib.import_module(MODULE)
    seconds = perf_counter() - start
    pythons = {"python": platform.python_version(), "numpy": numpy.__version__}
    return {"import": seconds, "version": version(module), "blas": kernels(), **pythons}


if __name__ == "__main__":
    print(json.dumps(probe()))
