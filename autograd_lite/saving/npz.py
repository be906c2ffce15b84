"""Files of NumPy's kind: a zip of arrays, each with a checksum, and a text that says how they are put together.

`numpy.load` reads them, and `read` reads those of `numpy.savez`.
"""

from __future__ import annotations

import io
import math
import zipfile
from itertools import pairwise
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.saving.trees import Arrays

TREE = "autograd_lite.json"
_SUFFIX = ".npy"
_LARGE = 1 << 30
_RATIO = 100  # what is compressed to a smaller share, and comes to more than a gigabyte, is a trap and no data


def written(arrays: Arrays, tree: str) -> bytes:
    """Return the content of a file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED, allowZip64=True) as file:
        file.writestr(_entry(TREE), tree)
        for name, array in arrays.items():
            with file.open(_entry(name + _SUFFIX), "w", force_zip64=array.nbytes > _LARGE) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)
    return content.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)  # of 1980: equal arrays are equal files


def read(what: str, content: bytes) -> tuple[Arrays, str | None]:
    """Return the arrays of a file, and the text if it has one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            parts = file.infolist()
            if any(part.filename.endswith("data.pkl") for part in parts):
                raise errors.FileError(errors.LOAD_PYTORCH.format(file=what))
            if fault := _fault(parts, len(content)):
                raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=fault))
            tree = file.read(TREE).decode() if TREE in file.namelist() else None
            names = [part.filename for part in parts if part.filename != TREE]
            return {name.removesuffix(_SUFFIX): _array(file.read(name)) for name in names}, tree
    except errors.FileError:
        raise
    except Exception as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=_reason(error))) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _fault(parts: list[zipfile.ZipInfo], length: int) -> str | None:
    """Return what a message says of a list of contents that nobody has written who means well."""
    names = [part.filename for part in parts]
    if len(set(names)) < len(names):
        return "two of its arrays have one name"
    if sum(part.compress_size for part in parts) > length or _overlap(parts):
        return "arrays in it lie in each other's place"
    size = sum(part.file_size for part in parts)
    if size > _LARGE and size > _RATIO * length:
        return f"it has {length} bytes and would take {size}"
    return None


def _overlap(parts: list[zipfile.ZipInfo]) -> bool:
    """Tell whether two entries share bytes: each begins where it says, with a head of 30 bytes and its name."""
    places = sorted((part.header_offset, part.header_offset + 30 + part.compress_size) for part in parts)
    return any(end > begin for (_, end), (begin, _) in pairwise(places))


def _array(content: bytes) -> Any:
    """Return an array, of which as much is there as its head says: before memory is asked for."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version > (2, 0):  # which has names of fields in other letters
        raise ValueError(f"an array of version {version[0]} of its format")
    read_head = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_head(file)
    if dtype.hasobject:
        raise ValueError("an array of objects, which are pickles that could execute anything")
    begin, size = file.tell(), math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or len(content) - begin != size:
        raise ValueError(f"an array of shape {shape} and dtype {dtype} with {len(content) - begin} bytes")
    if not size:
        return np.zeros(shape, dtype)
    array = np.frombuffer(content, dtype, offset=begin).copy()
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
