"""The system's C compiler, and the functions it makes."""

from __future__ import annotations

import ctypes
import functools
import os
import shlex
import shutil
import signal
import subprocess
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from autograd_lite import errors
from autograd_lite.base.unfinished import unforked
from autograd_lite.compiler.native import c_blas, cache, layout
from autograd_lite.compiler.native.c_text import text
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.threads import Call, call_of

# NOTE: nothing of -ffast-math but what leaves NaN, infinities, zeros of either sign and the order of operations alone.
_ALWAYS = ("-O3", "-shared", "-fPIC", "-std=gnu11", "-fwrapv", "-fno-math-errno", "-ffp-contract=off", "-w")
# The sine and the cosine of the same number would become one call, of which there is no vector version; and in a vector
# a power of one half a square root, which differs at -inf and -0.0.
_APART = tuple([f"-fno-builtin-{name}" for name in ("sin", "cos", "pow", "sinf", "cosf", "powf")])
# A choice between numbers is no branch: threaded, as one that leads to a constant is, or with what comes of a constant
# computed beforehand (PRE), it keeps its loop from vectors.
_WHERE_KNOWN = (
    "-march=native", "-mprefer-vector-width=512", "-fno-trapping-math", "-fopenmp-simd", "-fno-thread-jumps",
    "-fno-tree-pre",
)  # fmt: skip

_APART_FROM_US: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
_memory_file: Any = getattr(os, "memfd_create", None)  # of Linux, where Python was built for a C library that has it

LIMIT = 10.0
"""After so many seconds of compiling the user is told; where another backend will do, that is taken."""
_libraries: dict[str, ctypes.CDLL] = {}
_in_memory: list[int] = []


class TooSlowError(errors.CompileError):
    """The C compiler has taken longer than `LIMIT`."""


def found() -> str | None:
    """Return the C compiler: the one that ``CC`` names, else ``cc``, ``gcc`` or ``clang``."""
    named = os.environ.get("CC", "").strip()
    names = [named] if named else ["cc", "gcc", "clang"]
    return next((name for name in names if _is_there(name)), None)


def _is_there(command: str) -> bool:
    try:
        return shutil.which(shlex.split(command)[0]) is not None
    except (ValueError, IndexError):  # quotes that do not end, or nothing but quotes
        return False


def required() -> str:
    """Return the C compiler; an error where there is none, or where arrays do not lie as native code reads them."""
    compiler = found()
    if compiler is None:
        raise errors.CompileError(errors.COMPILE_CC)
    layout.check()
    return compiler


def load(kernels: Sequence[Kernel], patient: bool = True) -> list[Call]:
    """Return kernels as functions, compiled or from the cache.

    Whatever the compiler or the system has against it is a `CompileError`; if not `patient`, so is more than `LIMIT`.
    """
    compiler = required()
    source = text(kernels)
    try:
        library = _library(compiler, source, patient)
    except OSError as error:
        raise errors.CompileError(_failed(compiler, str(error))) from error

    c_blas.connect(library, kernels)

    def address(name: str) -> int:
        return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0

    return [call_of(kernel, address) for kernel in kernels]


def _command(compiler: str, patient: bool = True) -> list[str]:
    return [*shlex.split(compiler), *_ALWAYS, *_APART, *_understood(compiler, patient)]


def _library(compiler: str, source: str, patient: bool) -> ctypes.CDLL:
    command = _command(compiler, patient)
    name = f"{cache.key(source, *command)}.so"
    if name not in _libraries:
        _libraries[name] = _kept(name) or _new(name, command, source, patient)
    return _libraries[name]


def _kept(name: str) -> ctypes.CDLL | None:
    code = cache.kept(name)
    if code is not None:
        with suppress(OSError):  # made for what this system was before
            return _opened(name, code)
    return None


def _new(name: str, command: Sequence[str], source: str, patient: bool) -> ctypes.CDLL:
    code = _built(command, source, patient)
    library = _opened(name, code)
    cache.keep(name, code)
    return library


def _opened(name: str, code: bytes) -> ctypes.CDLL:
    """Return a library from the bytes that were checked: from a copy that is nobody else's, or where that can't be
    executed, from memory.
    """
    with cache.workspace() as place:
        path = place / name
        path.write_bytes(code)
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            if _memory_file is None:
                raise
            return _from_memory(name, code)


def _from_memory(name: str, code: bytes) -> ctypes.CDLL:
    """NOTE: the file stays open, since another one of the same name, which is its number, would be taken for it."""
    descriptor = _memory_file(name)
    _in_memory.append(descriptor)
    with os.fdopen(descriptor, "wb", closefd=False) as file:
        file.write(code)
    return ctypes.CDLL(f"/proc/self/fd/{descriptor}")


@functools.cache
def _understood(compiler: str, patient: bool) -> tuple[str, ...]:
    """Return the options that this compiler knows of those that not every one does."""
    asked = [*shlex.split(compiler), "-Werror", "-x", "c", "-E", "-"]
    with cache.workspace() as place:
        return tuple([option for option in _WHERE_KNOWN if not _run([*asked, option], place, patient)[0]])


def _built(command: Sequence[str], source: str, patient: bool) -> bytes:
    """Return what the compiler makes of a source."""
    with cache.workspace() as place:
        file, made = place / "kernels.c", place / "kernels.so"
        file.write_text(source, encoding="utf-8")
        status, said = _run([*command, str(file), "-o", str(made), "-lm"], place, patient)
        if status or not made.is_file():
            raise errors.CompileError(_failed(command[0], said.strip() or f"it ended with {status}, and made nothing"))
        return made.read_bytes()


def _failed(compiler: str, said: str) -> str:
    return errors.COMPILE_CC_FAILED.format(compiler=compiler, said=said)


def _run(command: Sequence[str], place: Path, patient: bool) -> tuple[int, str]:
    """Run the compiler in a folder; return its status, and what it said.

    NOTE: it says that to a file. The child of a fork at this moment would have the other end of a pipe, and we would
    wait for that child.
    """
    with _notes(place) as said:
        with unforked:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **_APART_FROM_US)
        try:
            status = _waited(process, command[0], patient)
        except BaseException:
            _kill(process)
            raise
        said.seek(0)
        return status, said.read().decode(errors="replace")


def _notes(place: Path) -> IO[bytes]:
    """Return a file, in memory if that can be: a full disk is what it may have to tell of."""
    if _memory_file is not None:
        return os.fdopen(_memory_file("said"), "w+b")
    return (place / "said").open("w+b")


def _waited(process: subprocess.Popen[bytes], compiler: str, patient: bool) -> int:
    try:
        return process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        if not patient:
            raise TooSlowError(errors.COMPILE_TOO_SLOW.format(compiler=compiler, seconds=LIMIT)) from None
        warnings.warn(errors.COMPILE_SLOW.format(compiler=compiler, seconds=LIMIT), errors.AutogradWarning, 2)
        return process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the compiler and what it has started, which are a group of their own: Ctrl-C is for us alone."""
    with suppress(OSError, AttributeError):  # it has ended, or the system has no groups
        os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()
