"""Examples in arrays and files of arrays: built as what is given, only rows are read, pieces come one after another."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import ArrayDataset, DataLoader, FileDataset, Subset, default_collate

X, Y = np.arange(20.0).reshape(10, 2), np.arange(10)
Pair = namedtuple("Pair", ["x", "y"])


@dataclass(frozen=True)
class Example:
    x: Any
    y: Any
    unit: str = field(default="m", metadata={"static": True})

    def __post_init__(self) -> None:
        assert not isinstance(self.x, str)


BUILT: dict[str, Callable[[Any, Any], Any]] = {
    "an array": lambda x, y: x,
    "a tuple": lambda x, y: (x, y),
    "a list": lambda x, y: [x, y],
    "a dict": lambda x, y: {"x": x, "y": y},
    "a dict in a dict": lambda x, y: {"in": {"x": x}, "out": (y,)},
    "a named tuple": Pair,
    "a dataclass": lambda x, y: Example(x, y, "km"),
    "numbers": lambda x, y: y,
    "texts": lambda x, y: (np.array(list("abcdefghij")), y),
    "pieces in memory": lambda x, y: (np.asfortranarray(x), y[::-1]),
    "halves": lambda x, y: {"x": x.astype(np.float16), "y": y > 3},
}


def plain(x: Any) -> Any:
    if isinstance(x, (ag.Tensor, np.ndarray, np.generic)):
        return x.tolist(), str(x.dtype)
    if isinstance(x, dict):
        return {key: plain(part) for key, part in x.items()}
    if isinstance(x, Example):
        return "Example", plain(x.x), plain(x.y), x.unit
    return (type(x), *map(plain, x)) if isinstance(x, (list, tuple)) else str(x)


@pytest.mark.parametrize("name", BUILT)
def test_a_batch_is_what_its_examples_put_together_are(name: str) -> None:
    data = ArrayDataset(BUILT[name](X, Y))
    assert len(data) == 10
    places = [7, 0, -1, 7]
    together = default_collate([data[i] for i in places])
    whole = data.batch(places)
    if name == "texts":
        together[0], whole[0] = list(map(str, together[0])), list(whole[0])
    assert plain(whole) == plain(together)
    assert plain(next(iter(DataLoader(Subset(data, places), 4)))) == plain(data.batch(places))


def test_several_arrays_are_a_tuple_and_nothing_is_copied() -> None:
    x = X.copy()
    data = ArrayDataset(x, ag.tensor(Y))
    assert [len(part) for part in data[0:3]] == [3, 3]
    x[4] = -1
    assert data[4][0].tolist() == [-1.0, -1.0]
    assert np.shares_memory(data[4][0], x)


def test_dataclasses_and_settings_are_put_together() -> None:
    batch = default_collate([Example(1, np.ones(2), "km"), Example(2, np.zeros(2), "m")])
    assert isinstance(batch, Example)
    assert (batch.x.tolist(), batch.y.tolist(), batch.unit) == ([1, 2], [[1.0, 1.0], [0.0, 0.0]], "km")


# ----- files -----


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k, part in enumerate(np.split(np.arange(10), [4, 4, 7])):  # the second is empty
        np.save(tmp_path / f"x{k}.npy", X[part])
        np.save(tmp_path / f"y{k}.npy", Y[part])
        np.savez(tmp_path / f"{k}.npz", x=X[part], y=Y[part])
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "fortran.npy", np.asfortranarray(X))
    np.save(tmp_path / "big.npy", Y.astype(">i4"))
    np.savez(tmp_path / "both.npz", x=X, y=Y)
    np.savez_compressed(tmp_path / "small.npz", x=X, y=Y)
    np.save(tmp_path / "objects.npy", np.array([None] * 10), allow_pickle=True)
    np.savez(tmp_path / "objects.npz", x=np.array([None] * 10), allow_pickle=True)
    np.save(tmp_path / "pairs.npy", np.zeros(10, "i4,f8"))
    return tmp_path


FILES: dict[str, tuple[Callable[[Path], Any], Callable[[Any], tuple[Any, Any]]]] = {
    "a file": (lambda f: f / "x.npy", lambda e: (e, None)),
    "a name": (lambda f: str(f / "x.npy"), lambda e: (e, None)),
    "by columns": (lambda f: f / "fortran.npy", lambda e: (e, None)),
    "bytes in the other order": (lambda f: f / "big.npy", lambda e: (None, e)),
    "two files": (lambda f: (f / "x.npy", f / "big.npy"), lambda e: tuple(e)),
    "files by name": (lambda f: {"a": f / "x.npy", "b": f / "big.npy"}, lambda e: (e["a"], e["b"])),
    "an archive": (lambda f: f / "both.npz", lambda e: (e["x"], e["y"])),
    "pieces": (lambda f: [f / f"x{k}.npy" for k in range(4)], lambda e: (e, None)),
    "pieces by name": (
        lambda f: {"x": [f / f"x{k}.npy" for k in range(4)], "y": [f / f"y{k}.npy" for k in range(4)]},
        lambda e: (e["x"], e["y"]),
    ),
    "archives": (lambda f: [f / f"{k}.npz" for k in range(4)], lambda e: (e["x"], e["y"])),
}


@pytest.mark.parametrize("name", FILES)
def test_rows_of_files(name: str, folder: Path) -> None:
    given, parts = FILES[name]
    data = FileDataset(given(folder))
    assert len(data) == 10
    for made in (data, pickle.loads(pickle.dumps(data))):
        places = [3, 4, 9, 0, 4, -1]
        for i in places:
            x, y = parts(made[i])
            assert x is None or x.tolist() == X[i].tolist()
            assert y is None or y == Y[i]
        x, y = parts(made.batch(places))
        assert x is None or x.tolist() == X[places].tolist()
        assert y is None or y.tolist() == Y[places].tolist()
        assert parts(made.batch([]))[0] is None or parts(made.batch([]))[0].shape[0] == 0
    x, y = parts(data[8:1:-3])
    assert x is None or x.tolist() == X[8:1:-3].tolist()
    assert y is None or y.tolist() == Y[8:1:-3].tolist()
    for i in (10, -11):
        with pytest.raises(IndexError):
            data[i]
        with pytest.raises(IndexError):
            data.batch([i])


def test_files_are_mapped_and_not_read(folder: Path) -> None:
    """A file of 8 GB, of which all but a row is a hole, takes the memory of a batch."""
    x = np.lib.format.open_memmap(folder / "large.npy", "w+", np.float64, (1_000_000, 1000))
    x[777_777] = 5
    del x
    found = FileDataset(folder / "large.npy")
    assert found.batch([777_777, 3])[0].tolist() == [5.0] * 1000
    with pytest.raises(ValueError, match="read-only"):
        found[0][0] = 1
    assert isinstance(FileDataset(folder / "both.npz")[0]["x"], np.memmap)


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


REFUSED: dict[str, tuple[Callable[[Path], Any], type[Exception], str]] = {
    "compressed": (lambda f: f / "small.npz", errors.FileError, r"np\.savez\(path"),
    "cut off": (lambda f: written(f, "c.npy", (f / "x.npy").read_bytes()[:-1]), errors.FileError, "damaged"),
    "an archive that is cut off": (
        lambda f: written(f, "c.npz", (f / "both.npz").read_bytes()[:-9]), errors.FileError, "damaged",
    ),
    "a head alone": (lambda f: written(f, "c.npy", b"\x93NUMPY\1\0"), errors.FileError, "damaged"),
    "a text": (lambda f: written(f, "c.txt", b"1, 2"), errors.FileError, r"np\.save"),
    "an archive of texts": (lambda f: written(f, "c.npz", archive(a=b"1")), errors.FileError, "damaged"),
    "objects": (lambda f: f / "objects.npy", errors.FileError, "damaged"),
    "objects in an archive": (lambda f: f / "objects.npz", errors.FileError, "no array of numbers"),
    "records": (lambda f: f / "pairs.npy", errors.DataError, "no numbers"),
    "no files": (lambda f: [], errors.ShapeError, "none"),
    "several kinds": (lambda f: [f / "x.npy", f / "both.npz"], errors.ShapeError, "one kind"),
    "other names": (
        lambda f: (np.savez(f / "z.npz", z=X), [f / "both.npz", f / "z.npz"])[1], errors.ShapeError, "x, y and z",
    ),
    "other dtypes": (lambda f: [f / "x.npy", f / "big.npy"], errors.ShapeError, "one dtype"),
    "other lengths": (lambda f: (f / "x.npy", f / "x0.npy"), errors.ShapeError, r"arrays\[1\] of 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_files_that_are_refused(name: str, folder: Path) -> None:
    files, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        FileDataset(files(folder))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileDataset(tmp_path / "none.npy")


@pytest.mark.parametrize(
    ("arrays", "kind", "words"),
    [
        ((X, Y[:3]), errors.ShapeError, r"arrays\[1\] of 3"),
        (({},), errors.ShapeError, "none"),
        ((1.0,), errors.ShapeError, r"shape \(\)"),
        (([None, object()],), errors.ShapeError, r"shape \(\)"),
        ((np.array([None]),), errors.DataError, "object"),
    ],
)
def test_arrays_that_are_refused(arrays: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        ArrayDataset(*arrays)
