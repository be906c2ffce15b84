"""Files of NumPy's kind: a zip of arrays, each with a checksum, and a text that says how they are put together.

`numpy.load` reads them, and `read` reads those of `numpy.savez`.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.saving.trees import Arrays

TREE = "autograd_lite.json"
_SUFFIX = ".npy"


def written(arrays: Arrays, tree: str) -> bytes:
    """Return the content of a file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED, allowZip64=True) as file:
        file.writestr(_entry(TREE), tree)
        for name, array in arrays.items():
            with file.open(_entry(name + _SUFFIX), "w", force_zip64=array.nbytes > _LARGE) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)
    return content.getvalue()


_LARGE = 1 << 30


def _entry(name: str) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name)  # of 1980: equal arrays are equal files


def read(what: str, content: bytes) -> tuple[Arrays, str | None]:
    """Return the arrays of a file, and the text if it has one."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = file.namelist()
            tree = file.read(TREE).decode() if TREE in names else None
            return {name.removesuffix(_SUFFIX): _array(file, name) for name in names if name != TREE}, tree
    except Exception as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=what, reason=error)) from error


def _array(file: zipfile.ZipFile, name: str) -> Any:
    """Return an array. NOTE: it is read to its end, where its checksum is compared."""
    return np.lib.format.read_array(io.BytesIO(file.read(name)), allow_pickle=False)


def is_of_pytorch(content: bytes) -> bool:
    """Tell whether a file is one of ``torch.save``, which is a zip as well."""
    if content[:2] != b"PK":
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            return any(name.endswith("data.pkl") for name in file.namelist())
    except zipfile.BadZipFile:
        return False
