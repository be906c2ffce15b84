"""Compiled code kept between processes, in a folder of the user's that nobody else can write to.

Where there is none, code is made anew in each process. What it is made in, and loaded from, is a folder of this process
alone, which is removed at its end.
"""

from __future__ import annotations

import atexit
import functools
import hashlib
import os
import platform
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from autograd_lite.compiler.native import trust

VARIABLE = "AUTOGRAD_LITE_CACHE"
"""The variable of the environment that names the folder."""

_DIGEST = hashlib.sha256().digest_size
_private: tuple[int, str] | None = None  # the process, and its folder


def folder() -> str:
    """Return the name of the folder that code is kept in, if nobody else can write to it."""
    named, home = os.environ.get(VARIABLE), os.environ.get("XDG_CACHE_HOME")
    return named or os.path.join(home or os.path.expanduser("~/.cache"), "autograd_lite")  # noqa: PTH111, PTH118


@functools.cache
def machine() -> str:
    """Return what compiled code depends on besides its text: processor, Python, NumPy's layout of arrays."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8", errors="replace").splitlines() if info.exists() else []
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())
    return f"{platform.machine()} {flags} {sys.version} {np.__version__.split('.')[0]}"


def key(*parts: str) -> str:
    """Return a name that stands for some texts."""
    return hashlib.sha256("\0".join((*parts, machine())).encode()).hexdigest()[:24]


def kept(name: str) -> bytes | None:
    """Return what was kept under a name; None where there is nothing, or nothing whole and our own.

    NOTE: read once, checked, and used from memory. A shared library that was cut short would be no error when it is
    opened, but kill the process later.
    """
    try:
        with _opened() as place:
            found = trust.read(name, place) or b""
    except OSError:
        return None
    data, digest = found[:-_DIGEST], found[-_DIGEST:]
    return data if hashlib.sha256(data).digest() == digest else None


def keep(name: str, data: bytes) -> None:
    """Keep something for other processes, if that is possible."""
    try:
        with _opened() as place:
            trust.write(name, data + hashlib.sha256(data).digest(), place)
    except OSError:  # no such folder, or not for us alone; read-only, or full
        return


def problem() -> str | None:
    """Return why nothing can be kept; None if it can."""
    try:
        with _opened() as place:
            trust.write(".autograd_lite", b"", place)
    except OSError as error:
        return f"{folder()}: {error.strerror or error}"
    return None


def _opened() -> AbstractContextManager[int]:
    if not trust.SUPPORTED:
        raise PermissionError("this system does not tell who may write to a folder")
    return trust.opened(folder())


@contextmanager
def workspace() -> Iterator[Path]:
    """Make a folder that is removed at the end of the block, and that nobody else can write to."""
    with tempfile.TemporaryDirectory(dir=private(), ignore_cleanup_errors=True) as place:
        yield Path(place)


def private() -> Path:
    """Return the folder of this process, made where there is none: at first, after a fork, when it was cleared away."""
    global _private  # noqa: PLW0603 - there is one
    if _private is None or _private[0] != os.getpid() or not _is_ours(_private[1]):
        made = os.path.join(_temporary(), f"autograd_lite_{secrets.token_hex(8)}")  # noqa: PTH118
        atexit.register(_remove, os.getpid(), made)
        os.mkdir(made, 0o700)  # noqa: PTH102
        _private = os.getpid(), made
    return Path(_private[1])


def _is_ours(place: str) -> bool:
    try:
        state = os.lstat(place)
    except OSError:
        return False
    alone = os.name != "posix" or (state.st_uid == os.geteuid() and not state.st_mode & 0o077)
    return stat.S_ISDIR(state.st_mode) and alone


def _temporary() -> str:
    """Return where folders for a while are made: where the environment says, unless others could exchange them."""
    named = tempfile.gettempdir()
    if not trust.SUPPORTED:
        return named
    try:
        with trust.opened(named, own=False):
            return named
    except OSError:
        return next((place for place in ("/tmp", "/var/tmp") if os.access(place, os.W_OK)), named)


def _remove(process: int, place: str) -> None:
    if os.getpid() == process:  # and not the child of a fork
        shutil.rmtree(place, ignore_errors=True)
