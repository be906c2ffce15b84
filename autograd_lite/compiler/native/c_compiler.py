"""The system's C compiler, and the functions it makes."""

from __future__ import annotations

import ctypes
import functools
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from autograd_lite import errors
from autograd_lite.compiler.native import cache, layout
from autograd_lite.compiler.native.c_text import text
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.threads import Call, call_of

# NOTE: nothing of -ffast-math but what leaves NaN, infinities, zeros of either sign and the order of operations alone.
_ALWAYS = ("-O3", "-shared", "-fPIC", "-std=gnu11", "-fwrapv", "-fno-math-errno", "-ffp-contract=off", "-w")
# The sine and the cosine of the same number would become one call, of which there is no vector version; and in a vector
# a power of one half a square root, which differs at -inf and -0.0.
_APART = tuple([f"-fno-builtin-{name}" for name in ("sin", "cos", "pow", "sinf", "cosf", "powf")])
_WHERE_KNOWN = ("-march=native", "-mprefer-vector-width=512", "-fno-trapping-math", "-fopenmp-simd")


def found() -> str | None:
    """Return the C compiler: the one that ``CC`` names, else ``cc``, ``gcc`` or ``clang``."""
    names = [os.environ["CC"]] if os.environ.get("CC") else ["cc", "gcc", "clang"]
    return next((name for name in names if shutil.which(shlex.split(name)[0])), None)


def required() -> str:
    """Return the C compiler; an error where there is none, or where arrays do not lie as native code reads them."""
    compiler = found()
    if compiler is None:
        raise errors.CompileError(errors.COMPILE_CC)
    layout.check()
    return compiler


def load(kernels: Sequence[Kernel]) -> list[Call]:
    """Return kernels as functions, compiled or from the cache."""
    compiler = required()
    source = text(kernels)
    command = _command(compiler)
    path = cache.kept(f"{cache.key(source, *command)}.so", functools.partial(_build, command, source))
    library = ctypes.CDLL(str(path))

    def address(name: str) -> int:
        return ctypes.cast(getattr(library, name), ctypes.c_void_p).value or 0

    return [call_of(kernel, address) for kernel in kernels]


def _command(compiler: str) -> list[str]:
    return [*shlex.split(compiler), *_ALWAYS, *_APART, *_understood(compiler)]


@functools.cache
def _understood(compiler: str) -> tuple[str, ...]:
    """Return the options that this compiler knows of those that not every one does."""
    asked = [*shlex.split(compiler), "-Werror", "-x", "c", "-E", "-"]
    return tuple([option for option in _WHERE_KNOWN if not _run([*asked, option])[0]])


def _build(command: Sequence[str], source: str, path: Path) -> None:
    file = path.with_suffix(".c")
    file.write_text(source, encoding="utf-8")
    status, said = _run([*command, str(file), "-o", str(path), "-lm"])
    if status:
        raise errors.CompileError(errors.COMPILE_CC_FAILED.format(compiler=command[0], said=said.strip()))


def _run(command: Sequence[str]) -> tuple[int, str]:
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False)
    return done.returncode, done.stderr
