"""Compiled code kept between processes, in a folder of the user's; or, where none can be written, for one process."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

VARIABLE = "AUTOGRAD_LITE_CACHE"
"""The variable of the environment that names the folder."""


def folder() -> Path:
    """Return a folder that can be written to."""
    named = os.environ.get(VARIABLE)
    home = os.environ.get("XDG_CACHE_HOME")
    wanted = Path(named) if named else (Path(home) if home else Path("~/.cache").expanduser()) / "autograd_lite"
    return _writable(wanted)


@functools.cache
def _writable(wanted: Path) -> Path:
    try:
        wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:  # a home that is read-only, or none
        return Path(tempfile.mkdtemp(prefix="autograd_lite_"))


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


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """Return a file of the cache; where it is absent or damaged, `make` writes it anew to a path that it is given.

    NOTE: a shared library that was cut short is no error when it is opened, but kills the process later. So the file
    stands beside a text with its checksum, and both come into place at once by renaming.
    """
    path = folder() / name
    check = path.with_suffix(".sha256")
    if path.exists() and check.exists() and check.read_text(encoding="ascii", errors="replace") == _checksum(path):
        return path
    with tempfile.TemporaryDirectory(dir=path.parent) as new:
        made = Path(new) / name
        make(made)
        note = Path(new) / check.name
        note.write_text(_checksum(made), encoding="ascii")
        made.replace(path)
        note.replace(check)
    return path


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
