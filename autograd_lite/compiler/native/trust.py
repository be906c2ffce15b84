"""Folders and files that nobody else can have put there or changed: only from such is code loaded.

A folder is entered name by name from the root, each of them through the one before, which is open: what is checked is
what is used, whatever is renamed meanwhile. A link counts as long as it belongs to the user or the administrator.
"""

from __future__ import annotations

import errno
import os
import stat
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUPPORTED = os.name == "posix" and os.open in os.supports_dir_fd
"""Whether the system tells who owns what, and opens files in a folder that is open."""

_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_LINKS = 40


class _Folder:
    """An open folder; closed when nobody uses it any more."""

    _HOW = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)

    def __init__(self, name: str, within: _Folder | None = None) -> None:
        self.descriptor: int = os.open(name, self._HOW, dir_fd=None if within is None else within.descriptor)

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            os.close(self.descriptor)

    def demand(self, own: bool) -> None:
        """Raise an error where others may replace what lies here; if `own`, also where they may add to it."""
        state = os.fstat(self.descriptor)
        sticky = not own and state.st_mode & stat.S_ISVTX  # of /tmp, where everybody may add and nobody replace
        if not _is_ours(state, own) or (state.st_mode & _OTHERS and not sticky):
            raise PermissionError(errno.EPERM, "others may write to the folder, or to one on the way to it")

    def target(self, name: str) -> str | None:
        """Return where a link leads; None where there is no link."""
        try:
            target = os.readlink(name, dir_fd=self.descriptor)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.EINVAL:
                return None
            raise
        if not _is_ours(os.stat(name, dir_fd=self.descriptor, follow_symlinks=False), own=False):
            raise PermissionError(errno.EPERM, "a link of somebody else's is on the way to the folder")
        return target

    def entered(self, name: str) -> _Folder:
        """Return a folder in this one, made where there is none."""
        with suppress(FileNotFoundError):
            return _Folder(name, self)
        with suppress(FileExistsError):
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
        return _Folder(name, self)


def _is_ours(state: os.stat_result, own: bool) -> bool:
    return state.st_uid == os.geteuid() or (not own and state.st_uid == 0)


@contextmanager
def opened(path: str, own: bool = True) -> Iterator[int]:
    """Open a folder; an `OSError` where others can write to it or can have replaced it, or where there can be none.

    With `own` false it may be one in which everybody may make files and nobody replace those of others, as ``/tmp``.
    """
    here = _Folder(os.sep)
    names = _names(os.path.join(os.getcwd(), path))  # noqa: PTH109, PTH118 - `Path` would drop ".."
    links = 0
    while names:
        here.demand(own=False)
        name = names.pop()
        target = here.target(name)
        if target is None:
            here = here.entered(name)
            continue
        links += 1
        if links > _LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        here = _Folder(os.sep) if target.startswith(os.sep) else here
        names += _names(target)
    here.demand(own)
    yield here.descriptor


def _names(path: str) -> list[str]:
    """Return the names that a path consists of, the last first."""
    return [name for name in Path(path).parts if name != os.sep][::-1]


def read(name: str, folder: int) -> bytes | None:
    """Return what is in a file of an open folder; None where there is none, or something else, or somebody else's."""
    how = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # no link, no wait for a pipe
    try:
        descriptor = os.open(name, how, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        ours = stat.S_ISREG(state.st_mode) and _is_ours(state, own=True) and not state.st_mode & _OTHERS
        return file.read() if ours else None


def write(name: str, data: bytes, folder: int) -> None:
    """Give a file of an open folder its contents, all at once."""
    new = f".{name}.{os.getpid()}.{get_ident()}"
    with suppress(FileNotFoundError):
        os.unlink(new, dir_fd=folder)  # of an earlier process of that number
    how = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(new, how, 0o600, dir_fd=folder), "wb") as file:
            file.write(data)
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise
