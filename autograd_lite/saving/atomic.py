"""A file that is replaced: at any moment it is the old one or the new one, and whole."""

from __future__ import annotations

import errno
import os
import platform
import stat
import uuid
import zlib
from pathlib import Path

_RUN = uuid.uuid4().hex[:8]
"""What tells this program from an earlier one that had its number."""


def replaced(path: Path, content: bytes) -> None:
    """Write a file beside the one that is there, have it reach the disk, and put it in its place."""
    target = Path(os.path.realpath(path))  # what a link leads to, which stays a link
    if target.exists() and not target.is_file():  # a pipe or a device, which is none to be replaced
        target.write_bytes(content)
        return
    beside = target.with_name(f"{_mine(target)}{os.getpid()}.{_RUN}.{uuid.uuid4().hex}.tmp")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _reach_the_disk(target.parent)
    _clear(target)


def _mine(target: Path) -> str:
    """Return what the names of files begin with that this machine writes beside another."""
    return f".{target.name}.{zlib.crc32(platform.node().encode()):08x}."


def _clear(target: Path) -> None:
    """Remove what programs of this machine have left beside a file when they were killed."""
    if os.name != "posix":
        return
    begin = _mine(target)
    for name in os.listdir(target.parent):  # noqa: PTH208 - names alone
        if name.startswith(begin) and name.endswith(".tmp") and not _is_alive(*name[len(begin) :].split(".")[:2]):
            target.with_name(name).unlink(missing_ok=True)


def _is_alive(number: str, run: str) -> bool:
    """Tell whether a program may be writing that has a number; of what is no number, that it may."""
    if number == str(os.getpid()):
        return run == _RUN
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True
    return True


def _reach_the_disk(folder: Path) -> None:
    """Have the change of a name reach the disk, where the system knows how."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # there are disks of networks that know it of files alone
            raise
    finally:
        os.close(number)
