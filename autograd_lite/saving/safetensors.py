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
_PAIRS = "autograd_lite.complex"
_MISSING = errors.MISSING_EXTRA.format(feature="a file of safetensors", package="safetensors", extra="safetensors")
_DTYPES = {
    "BOOL": "?", "U8": "<u1", "I8": "<i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8", "C64": "<c8",
}  # fmt: skip


def written(arrays: Arrays, tree: str) -> bytes:
    """Return the content of a file."""
    package = _package()
    plain = {name: _as_it_lies(a) for name, a in arrays.items()}
    complexes = [name for name, a in arrays.items() if a.dtype.kind == "c"]
    pairs = json.dumps(complexes) if complexes else ""
    notes = {_NOTE: _checksum(plain, pairs + tree) + tree, **({_PAIRS: pairs} if pairs else {})}
    try:
        content: bytes = package.save(plain, notes)
    except Exception as error:
        dtypes = ", ".join(sorted({str(a.dtype) for a in arrays.values()}))
        raise errors.UnsupportedError(errors.SAFETENSORS_DTYPE.format(given=dtypes)) from error
    return content


def _as_it_lies(a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return an array as safetensors takes it: it writes memory as it lies, whatever its strides and order of bytes.

    NOTE: a complex number is two real ones along a new last axis: it has no complex128.
    """
    plain = np.array(a, a.dtype.newbyteorder("<"), order="C", copy=None)
    return plain.reshape(*a.shape, 1).view(f"<f{plain.itemsize // 2}") if a.dtype.kind == "c" else plain


def read(what: str, content: bytes) -> tuple[Arrays, str | None]:
    """Return the arrays of a file, and the text if it has one."""
    package = _package()
    try:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_once)
        notes: dict[str, Any] = header.get("__metadata__") or {}
        arrays = {name: _array(name, part) for name, part in package.deserialize(content)}
    except errors.FileError:
        raise
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=reason)) from error
    if not any(_NOTE in part for pair in notes.items() for part in pair):
        return arrays, None
    note, pairs = str(notes.get(_NOTE, "")), str(notes.get(_PAIRS, ""))
    tree = note[_DIGITS:]
    if note[:_DIGITS] != _checksum(arrays, pairs + tree):
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason="its checksum is another one"))
    return _with_complex(what, arrays, pairs) if pairs else arrays, tree


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dict of what stands in a header, where nothing stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in its header")
    return found


def _array(name: str, part: dict[str, Any]) -> Any:
    dtype = _DTYPES.get(part["dtype"])
    if dtype is None:
        raise errors.FileError(errors.LOAD_DTYPE.format(name=name, dtype=part["dtype"]))
    data = part["data"] if isinstance(part["data"], bytearray) else bytearray(part["data"])  # to be written to
    array = np.frombuffer(data, dtype).reshape(part["shape"])
    if part["dtype"] == "BF16":  # the upper half of a float32, which has all of its numbers
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _with_complex(what: str, arrays: Arrays, pairs: str) -> Arrays:
    """Return arrays of which some are of pairs that are complex numbers."""
    try:
        made = {name: arrays[name].view(f"c{2 * arrays[name].itemsize}")[..., 0] for name in json.loads(pairs)}
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=error)) from error
    return {**arrays, **made}


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
