"""numba, and the functions it makes."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from autograd_lite import errors
from autograd_lite.compiler.native import cache, layout
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.numba_text import text
from autograd_lite.compiler.native.threads import Call, call_of


def is_installed() -> bool:
    return importlib.util.find_spec("numba") is not None


def required() -> None:
    """Raise an error where numba is not installed, or where arrays do not lie as native code reads them."""
    if not is_installed():
        missing = errors.MISSING_EXTRA.format(feature="backend='numba'", package="numba", extra="jit")
        raise errors.MissingExtraError(missing)
    layout.check()


def load(kernels: Sequence[Kernel]) -> list[Call]:
    """Return kernels as functions, compiled or from the cache."""
    required()
    module = _module(text(kernels))
    return [call_of(kernel, lambda name: int(getattr(module, name).address)) for kernel in kernels]


def _module(source: str) -> ModuleType:
    """Return the module of a source.

    NOTE: numba keeps compiled code beside a file, and loads it by the name of the module, which has to be known.
    """
    name = f"autograd_lite_{cache.key(source)}"
    if name in sys.modules:
        return sys.modules[name]
    path = cache.kept(f"{name}.py", functools.partial(_written, source))
    _without_damaged(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    _noted(path)
    return module


def _written(source: str, path: Path) -> None:
    path.write_text(source, encoding="utf-8")


def _compiled(path: Path) -> list[Path]:
    """Return the files in which numba keeps what it compiled of a module."""
    return sorted((path.parent / "__pycache__").glob(f"{path.stem}.*.nb?"))


def _checksum(path: Path) -> str:
    return hashlib.sha256(b"".join([file.read_bytes() for file in _compiled(path)])).hexdigest()


def _without_damaged(path: Path) -> None:
    """Remove compiled code that is not what was written: numba would stop at it."""
    note = path.with_suffix(".nb.sha256")
    known = note.read_text(encoding="ascii", errors="replace") if note.exists() else None
    if known != _checksum(path):
        for file in _compiled(path):
            file.unlink(missing_ok=True)


def _noted(path: Path) -> None:
    path.with_suffix(".nb.sha256").write_text(_checksum(path), encoding="ascii")
