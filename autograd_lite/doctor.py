"""``python -m autograd_lite doctor``: what computes here, which extras are there, and what would make it faster."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import os
import platform
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite.compiler.native import c_compiler, cache
from autograd_lite.display import Report

EXTRAS = {
    "graphviz_pure": ("graph", "pictures of graphs where the program `dot` is not installed"),
    "numba": ("jit", "compile(backend='numba'): native loops"),
    "scipy": ("scipy", "ag.optimize.minimize: minima with exact derivatives"),
    "sklearn": ("data", "the data of the examples"),
    "tqdm": ("progress", "a bar that shows how far training is"),
}
"""By the module that is imported: the extra that installs it, and what it brings."""

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
_KERNEL = ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename64_")
_ADVICE = """\
this processor has AVX-512, which the chosen kernel leaves unused: float32 products may be nearly twice as fast with
    OPENBLAS_CORETYPE=SkylakeX python your_program.py
set before NumPy is imported; the library itself changes no environment"""


_COLLECTOR = """\
graphs of 50,000 operations and more are gone through again and again by Python's collector of cycles, in vain; with
    import gc; gc.set_threshold(50_000, 20, 100)
at the start of such a program they take half of the time; gc.freeze() after the setup spares model and data"""
_PATIENT = 10_000


def blas() -> dict[str, Any]:
    """Return what NumPy says of its BLAS: name and version."""
    config: Any = np.show_config(mode="dicts")
    found: dict[str, Any] = config.get("Build Dependencies", {}).get("blas", {})
    return found


def kernel() -> str | None:
    """Return for which processor OpenBLAS has chosen its kernels; None where it is not OpenBLAS, or does not say."""
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            found = _corename(path)
            if found:
                return found
    return None


def _corename(path: Path) -> str | None:
    try:
        library = ctypes.CDLL(str(path))
    except OSError:  # a file of that name that is no library of this system
        return None
    for name in _KERNEL:
        function = getattr(library, name, None)
        if function is not None:
            function.restype = ctypes.c_char_p
            return str(function().decode())
    return None


def has_avx512() -> bool:
    """Tell whether NumPy has found AVX-512 in the processor."""
    config: Any = np.show_config(mode="dicts")
    found: list[str] = config.get("SIMD Extensions", {}).get("found", [])
    return any("AVX512" in name or name == "X86_V4" for name in found)


def report() -> Report:
    """Return the whole report as text.

    Examples
    --------
    >>> print(report().splitlines()[0].split()[0])
    Python
    """
    known = blas()
    chosen = kernel()
    threads = [f"{name}={os.environ[name]}" for name in THREADS if name in os.environ]
    lines = [
        f"Python   {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        f"NumPy    {np.__version__}",
        f"BLAS     {known.get('name', 'unknown')} {known.get('version', '')}, kernel {chosen or 'unknown'}",
        f"threads  {', '.join(threads) or 'not limited'}",
        f"C        {c_compiler.found() or 'no compiler found'}, for compile(backend='cc')",
        f"cache    {cache.problem() or cache.folder()}",
        "",
        *[_extra(*item) for item in EXTRAS.items()],
    ]
    if chosen in ("Zen", "Haswell") and has_avx512():
        lines += ["", f"advice   {_ADVICE}"]
    if gc.isenabled() and gc.get_threshold()[0] < _PATIENT:
        lines += ["", f"advice   {_COLLECTOR}"]
    return Report("\n".join(lines))


def _extra(module: str, told: tuple[str, str]) -> str:
    extra, brings = told
    state = "there" if importlib.util.find_spec(module) else f"missing: pip install 'autograd-lite[{extra}]'"
    return f"{extra:<8} {state}; for {brings}"
