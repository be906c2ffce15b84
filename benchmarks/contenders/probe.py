"""One fresh import of the module named: its time beyond NumPy's, and its version."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import platform
import sys
from time import perf_counter

MODULE = sys.argv[1]


def version(module: object) -> str:
    try:
        return importlib.metadata.version(MODULE)
    except importlib.metadata.PackageNotFoundError:
        return getattr(module, "__version__", "unknown")


def probe() -> dict[str, object]:
    if importlib.util.find_spec(MODULE) is None:
        return {"error": "not installed"}
    numpy = importlib.import_module("numpy")
    start = perf_counter()
    module = importlib.import_module(MODULE)
    seconds = perf_counter() - start
    pythons = {"python": platform.python_version(), "numpy": numpy.__version__}
    return {"import": seconds, "version": version(module), **pythons}


if __name__ == "__main__":
    print(json.dumps(probe()))
