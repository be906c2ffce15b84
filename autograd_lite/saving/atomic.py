"""A file that is replaced: at any moment it is the old one or the new one, and whole."""

from __future__ import annotations

import os
import stat
import uuid
from pathlib import Path


def replaced(path: Path, content: bytes) -> None:
    """Write a file beside the one that is there, have it reach the disk, and put it in its place."""
    target = Path(os.path.realpath(path))  # what a link leads to, which stays a link
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
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


def _reach_the_disk(folder: Path) -> None:
    """Have the change of a name reach the disk, where the system knows how."""
    if os.name != "posix":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
