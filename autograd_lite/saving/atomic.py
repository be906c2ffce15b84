"""A file that is replaced: at any moment it is the old one or the new one, and whole."""

from __future__ import annotations

import errno
import os
import platform
import stat
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path

_LONG = 180  # bytes of a name
_RUN = uuid.uuid4().hex[:8]
"""What tells this program from an earlier one that had its number."""


def replaced(path: Path, content: bytes) -> None:
    """Write a file beside the one that is there, have it reach the disk, and put it in its place."""
    target = Path(os.path.realpath(path))  # what a link leads to, which stays a link
    if target.exists() and not target.is_file():  # a pipe or a device, which is none to be replaced
        target.write_bytes(content)
        return
    name = _short(target.name)
    beside = target.with_name(f".{name}.{_machine()}.{os.getpid()}.{_RUN}.{uuid.uuid4().hex}.tmp")
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
    clear(target.parent, name.__eq__)


def _short(name: str) -> str:
    """Return a name that has room for what is put around it: that of a file has 255 bytes."""
    content = os.fsencode(name)
    return name if len(content) <= _LONG else f"{zlib.crc32(content):08x}"


def _machine() -> str:
    """Return what tells the files of this machine from those of others that write to the same disk."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def clear(folder: Path, is_meant: Callable[[str], bool]) -> None:
    """Remove what programs of this machine have left in a folder when they were killed, beside files of some names."""
    if os.name != "posix":
        return
    for name in os.listdir(folder):  # noqa: PTH208 - names alone
        beside, *parts = name.rsplit(".", 5)
        if len(parts) != 5 or parts[0] != _machine() or parts[-1] != "tmp":  # noqa: PLR2004 - as `replaced` writes
            continue
        if beside[:1] == "." and is_meant(beside[1:]) and not _is_alive(parts[1], parts[2]):
            (folder / name).unlink(missing_ok=True)


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
