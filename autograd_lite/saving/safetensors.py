"""Files of the package safetensors, which most libraries read; with a checksum, which these files do not have."""

from __future__ import annotations

import json
import zlib
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.saving.trees import Arrays

_NOTE = "autograd_lite"
_MISSING = errors.MISSING_EXTRA.format(feature="a file of safetensors", package="safetensors", extra="safetensors")


def written(arrays: Arrays, tree: str) -> bytes:
    """Return the content of a file."""
    package = _package()
    # NOTE: safetensors writes the memory of an array as it lies, whatever its strides and its order of bytes.
    plain = {name: np.asarray(a.astype(a.dtype.newbyteorder("="), copy=False), order="C") for name, a in arrays.items()}
    try:
        content: bytes = package.save(plain, {_NOTE: _checksum(plain, tree) + tree})
    except Exception as error:
        dtypes = ", ".join(sorted({str(a.dtype) for a in arrays.values()}))
        raise errors.UnsupportedError(errors.SAFETENSORS_DTYPE.format(given=dtypes)) from error
    return content


def read(what: str, content: bytes) -> tuple[Arrays, str | None]:
    """Return the arrays of a file, and the text if it has one."""
    package = _package()
    try:
        arrays: Arrays = package.load(content)
        length = int.from_bytes(content[:8], "little")
        notes: dict[str, Any] = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    except Exception as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=error)) from error
    if not any(_NOTE in part for pair in notes.items() for part in pair):
        return arrays, None
    note = str(notes.get(_NOTE, ""))
    tree = note[_DIGITS:]
    if note[:_DIGITS] != _checksum(arrays, tree):
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason="its checksum is another one"))
    return arrays, tree


_DIGITS = 8


def _checksum(arrays: Arrays, tree: str) -> str:
    """Return a number that another name, shape, dtype or element would change."""
    found = zlib.crc32(tree.encode())
    for name, a in sorted(arrays.items()):
        found = zlib.crc32(a.tobytes(), zlib.crc32(f"{name} {a.dtype.str} {a.shape}".encode(), found))
    return f"{found:0{_DIGITS}x}"


def _package() -> ModuleType:
    try:
        from safetensors import numpy as package  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise errors.MissingExtraError(_MISSING) from error
    return package
