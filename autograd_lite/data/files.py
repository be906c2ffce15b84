"""Examples in files of arrays, which are mapped: only the rows that are asked for are read."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.data.arrays import ArrayDataset, Rows


class FileDataset(ArrayDataset):
    """Examples that are the rows of arrays in files, which may be larger than the memory.

    Parameters
    ----------
    files : path, or list, tuple or dict
        A file ``.npy`` is an array, and one ``.npz`` a dict of its arrays, which have to be uncompressed, as
        ``np.savez`` writes them. A list has files that come one after the other, each with some of the examples; a
        tuple or dict has the parts of an example, each a file or a list of files.

    Raises
    ------
    FileError
        A file that is cut off, of another kind, compressed, or has objects in it.
    ShapeError
        Arrays of several lengths; or, one after the other, of several shapes or dtypes.

    Notes
    -----
    The files are mapped by ``np.load(path, mmap_mode="r")``, are to stay what they are, and cannot be written to. A
    pickle of the dataset has their names.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> for k in range(2):
    ...     np.savez(folder / f"{k}.npz", x=np.full((3, 2), k), y=np.arange(3))
    >>> data = FileDataset([folder / "0.npz", folder / "1.npz"])
    >>> len(data), data[4]["x"].tolist(), data.batch([0, 5])["y"].tolist()
    (6, [1, 1], [0, 2])
    """

    def __init__(self, files: Any) -> None:
        self.files = files
        super().__init__(_opened(files))

    def __reduce__(self) -> Any:
        return type(self), (self.files,)


def _opened(files: Any) -> Any:
    """Return the rows of files, built as the files are."""
    if isinstance(files, Mapping):
        return {name: _opened(part) for name, part in files.items()}
    if isinstance(files, tuple):
        return tuple([_opened(part) for part in files])
    if not isinstance(files, list):
        files = [files]
    found = [_arrays(Path(file)) for file in files]
    kinds = {isinstance(x, dict) for x in found}
    if kinds == {True, False}:
        raise errors.ShapeError(errors.FILES_KINDS)
    return _joined(found) if True in kinds else Rows(found)


def _joined(found: list[dict[str, Any]]) -> dict[str, Rows]:
    names = dict.fromkeys(tuple(x) for x in found)
    if len(names) > 1:
        raise errors.ShapeError(errors.FILES_NAMES.format(found=" and ".join(map(", ".join, names))))
    return {name: Rows([x[name] for x in found]) for name in found[0]}


def _arrays(path: Path) -> Any:
    """Return the array in a file, or a dict of them, without reading them."""
    with path.open("rb") as file:
        head = file.read(6)
    try:
        if head[:2] == b"PK":
            return _members(path)
        if head == b"\x93NUMPY":
            return np.load(path, mmap_mode="r")
    except errors.FileError:
        raise
    except Exception as error:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=path, reason=error)) from error
    raise errors.FileError(errors.FILES_OTHER.format(file=path))


def _members(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        return {info.filename.removesuffix(".npy"): _mapped(path, file, info) for info in archive.infolist()}


def _mapped(path: Path, file: Any, info: zipfile.ZipInfo) -> Any:
    """Return an array of an archive, which lies there as it would in a file of its own."""
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        raise errors.FileError(errors.FILES_COMPRESSED.format(file=path, name=info.filename))
    file.seek(info.header_offset + 26)  # behind the head of the entry, which ends with two lengths, come name and more
    begin = info.header_offset + 30 + sum(int.from_bytes(file.read(2), "little") for _ in range(2))
    file.seek(begin)
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    shape, fortran, dtype = read[version](file)
    length = file.tell() - begin + int(np.prod(shape, dtype=object)) * dtype.itemsize
    if dtype.hasobject or length != info.file_size:
        raise errors.FileError(errors.LOAD_DAMAGED.format(file=path, reason=f"{info.filename} is no array of numbers"))
    order: Any = "F" if fortran else "C"
    if 0 in shape:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", file.tell(), shape, order)
