"""numba, and the functions it makes.

numba keeps compiled code in files beside the module, as pickles. It finds these in a folder of this process alone:
there they are put, checked, from the cache, and from there the cache has them.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
import time
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType

from autograd_lite import errors
from autograd_lite.base.unfinished import begun, unforked
from autograd_lite.compiler.native import cache, layout
from autograd_lite.compiler.native.c_compiler import LIMIT
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


def load(kernels: Sequence[Kernel], patient: bool = True) -> list[Call]:
    """Return kernels as functions, compiled or from the cache. Whatever numba has against it is a `CompileError`.

    NOTE: numba can't be stopped: also who is not `patient` is told afterwards.
    """
    required()
    begin = time.monotonic()
    try:
        module = _module(text(kernels))
    except Exception as error:
        said = errors.COMPILE_NUMBA_FAILED.format(kind=type(error).__name__, said=str(error).strip())
        raise errors.CompileError(said) from error
    taken = time.monotonic() - begin
    if taken > LIMIT:
        warnings.warn(errors.COMPILE_SLOW_NUMBA.format(seconds=taken), errors.AutogradWarning, 2)
    return [call_of(kernel, lambda name: int(getattr(module, name).address)) for kernel in kernels]


def _module(source: str) -> ModuleType:
    """Return the module of a source.

    NOTE: its name has to be known, for numba looks for compiled code by that. It has no arrays and no parameters.
    """
    import numba  # noqa: PLC0415 - takes half a second

    name = f"autograd_lite_{cache.key(source, numba.__version__)}"
    with unforked:  # NOTE: the child of a fork would wait for locks of numba's
        return sys.modules.get(name) or _made(name, source)


def _made(name: str, source: str) -> ModuleType:
    with cache.workspace() as place:
        path = place / f"{name}.py"
        path.write_text(source, encoding="utf-8")
        os.utime(path, (0, 0))  # NOTE: numba takes compiled code only for the source of that very time
        found = cache.kept(f"{name}.zip")
        if found is not None:
            _unpack(found, place)
        module = _executed(name, path)
        made = _packed(place)
        if found != made:
            cache.keep(f"{name}.zip", made)
    return module


def _executed(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with _beside_the_module():
            spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


@contextmanager
def _beside_the_module() -> Iterator[None]:
    """Have numba keep code there, whatever other folder its settings name: who owns that, nobody has checked."""
    from numba import config  # noqa: PLC0415

    before = {name: x for name, x in vars(config).items() if name in ("CACHE_DIR", "CACHE_LOCATOR_CLASSES")}
    again = partial(vars(config).update, before)
    begun(again)
    vars(config).update(dict.fromkeys(before, ""))
    try:
        yield
    finally:
        again()


def _compiled(place: Path) -> list[Path]:
    """Return the files in which numba keeps what it has compiled."""
    return sorted((place / "__pycache__").glob("*.nb?"))


def _packed(place: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for path in _compiled(place):
            archive.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return data.getvalue()


def _unpack(found: bytes, place: Path) -> None:
    (place / "__pycache__").mkdir()
    with zipfile.ZipFile(io.BytesIO(found)) as archive:
        for name in archive.namelist():
            (place / "__pycache__" / Path(name).name).write_bytes(archive.read(name))
