"""Files that are cut off, damaged or hostile: none is taken for another, takes absurd memory, or does anything."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.saving import npz, safetensors, trees

GIVEN = {"model": {"w": np.arange(50.0), "b": np.arange(5, dtype=np.float32)}, "z": np.ones(2, complex), "step": 3}


@pytest.fixture(params=["npz", "safetensors"])
def content(request: pytest.FixtureRequest, tmp_path: Path) -> bytes:
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    path = tmp_path / f"file.{request.param}"
    ag.save(GIVEN, path)
    return path.read_bytes()


def loaded(content: bytes) -> Any:
    return ag.load(io.BytesIO(content))


def same(found: Any) -> bool:
    """Tell whether what was loaded is `GIVEN` to the last bit."""
    return trees.taken_apart(found)[1] == trees.taken_apart(GIVEN)[1] and all(
        (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
        for a, b in zip(trees.taken_apart(found)[0].values(), trees.taken_apart(GIVEN)[0].values(), strict=True)
    )


def test_a_file_that_is_cut_off_at_any_length_is_refused(content: bytes) -> None:
    for n in range(len(content)):
        with pytest.raises(errors.FileError, match="damaged"):
            loaded(content[:n])
    assert same(loaded(content))


def silent(content: bytes, bits: Any) -> tuple[int, int]:
    """Return how many files with one flipped bit are refused, and how many give something else than was saved."""
    refused = wrong = 0
    for bit in bits:
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            wrong += not same(loaded(bytes(damaged)))
        except errors.FileError:
            refused += 1
    return refused, wrong


def test_of_600_flipped_bits_none_goes_unseen(content: bytes) -> None:
    refused, wrong = silent(content, np.random.default_rng(0).integers(0, 8 * len(content), 600).tolist())
    assert wrong == 0
    assert refused > 300


def test_no_flipped_bit_at_all_goes_unseen(content: bytes) -> None:
    assert silent(content, range(8 * len(content)))[1] == 0


@pytest.mark.parametrize("length", [2, 9, 100])
def test_bytes_that_are_another_ones_are_seen(content: bytes, length: int) -> None:
    rng = np.random.default_rng(length)
    for place in rng.integers(0, len(content) - length, 100).tolist():
        damaged = content[:place] + rng.bytes(length) + content[place + length :]
        try:
            assert same(loaded(damaged)), place
        except errors.FileError:
            continue


# ----- hostile files -----

DEEP = '{"autograd_lite": 1, "tree": ' + '["list", [' * 9999 + "]]" * 9999 + "}"
FOUR = struct.pack("<4f", 1, 2, 3, 4)
PART = {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}


def tensors(header: Any, data: bytes = FOUR, length: int | None = None) -> bytes:
    """Return a file of safetensors with a header as it stands here."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def part(**other: Any) -> bytes:
    return tensors({"a": {**PART, **other}})


def noted(tree: str, checksum: str | None = None) -> bytes:
    found = safetensors._checksum({}, tree) if checksum is None else checksum
    return tensors({"__metadata__": {"autograd_lite": found + tree}}, b"")


TENSORS: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a length alone": lambda: bytes(8),
    "a header of 2**63 bytes": lambda: tensors({"a": PART}, length=2**63),
    "a header of 100 megabytes": lambda: tensors({"a": PART}, length=10**8),
    "a header that is longer than the file": lambda: tensors({"a": PART}, length=1000),
    "a header that is cut off": lambda: tensors({"a": PART}, length=20),
    "no JSON": lambda: tensors(b"{{{{"),
    "no dict": lambda: tensors([1, 2]),
    "no text": lambda: tensors(b'{"\xff\xfe": 1}'),
    "a part that is none": lambda: tensors({"a": 3}),
    "a part without a shape": lambda: tensors({"a": {"dtype": "F32", "data_offsets": [0, 16]}}),
    "offsets beyond the end": lambda: part(data_offsets=[0, 99999], shape=[24999]),
    "offsets below 0": lambda: part(data_offsets=[-16, 0]),
    "offsets in the other order": lambda: part(data_offsets=[16, 0]),
    "offsets that are no whole numbers": lambda: part(data_offsets=[0, 16.5]),
    "offsets in each other's place": lambda: tensors({"a": PART, "b": PART}),
    "a hole": lambda: part(shape=[2], data_offsets=[8, 16]),
    "bytes behind the end": lambda: tensors({"a": PART}, FOUR + b"more"),
    "an unknown dtype": lambda: part(dtype="F33"),
    "a dtype that NumPy has not": lambda: part(dtype="F8_E4M3", shape=[16]),
    "a dtype of another size": lambda: part(dtype="F64"),
    "a shape of another size": lambda: part(shape=[5]),
    "a shape below 0": lambda: part(shape=[-4]),
    "a shape whose product overflows": lambda: part(shape=[2**33, 2**33]),
    "a shape whose product overflows to 4": lambda: part(shape=[2**62, 4, 2**2, 4]),
    "a shape of many axes": lambda: tensors({"a": {"dtype": "F32", "shape": [1] * 99 + [4], "data_offsets": [0, 16]}}),
    "a name twice": lambda: tensors(b'{"a":%b,"a":%b}' % (json.dumps(PART).encode(), json.dumps(PART).encode())),
    "a name that leads to another folder": lambda: tensors({"../../etc/passwd": PART}),
    "built too deeply": lambda: tensors(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "notes that are no texts": lambda: tensors({"__metadata__": {"a": [1]}, "a": PART}),
    "another checksum": lambda: noted('{"autograd_lite": 1, "tree": 3}', "00000000"),
    "a tree that is built too deeply": lambda: noted(DEEP),
    "a tree of what is not there": lambda: noted('{"autograd_lite": 1, "tree": ["array", "a"]}'),
    "a number that has no name": lambda: noted('{"autograd_lite": 1, "tree": ["number", []]}'),
}  # fmt: skip


def array(head: bytes, data: bytes = FOUR, version: bytes = b"\1\0", length: int | None = None) -> bytes:
    """Return a file of NumPy's with a head as it stands here."""
    size = len(head) if length is None else length
    return b"\x93NUMPY" + version + struct.pack("<H" if version == b"\1\0" else "<I", size) + head + data


def head(**other: Any) -> bytes:
    return repr({"descr": "<f4", "fortran_order": False, "shape": (4,), **other}).encode() + b"\n"


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in members:
            made.writestr(zipfile.ZipInfo(name), content, method)
    return file.getvalue()


def one(**other: Any) -> bytes:
    return archive(("a.npy", array(head(**other))))


def of_tree(tree: str | bytes) -> bytes:
    return archive((npz.TREE, tree if isinstance(tree, bytes) else tree.encode()))


def patched(content: bytes, what: bytes, at: int, new: bytes, last: bool = False) -> bytes:
    """Return a file with other bytes, so far behind a signature."""
    place = (content.rfind(what) if last else content.find(what)) + at
    return content[:place] + new + content[place + len(new) :]


def bomb() -> bytes:
    """Return 12 kB that say of themselves that they are 10 GB of zeros."""
    content = archive(("a.npy", array(head(shape=(3_000_000,)), bytes(12_000_000))), method=zipfile.ZIP_DEFLATED)
    return patched(content, b"PK\1\2", 24, struct.pack("<I", 4_000_000_000))


def overlapping() -> bytes:
    """Return an archive in whose list two names have the same bytes."""
    content = archive(("a.npy", array(head())), ("b.npy", array(head())))
    return patched(content, b"PK\1\2", 42, struct.pack("<I", 0), last=True)


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "no archive": lambda: b"PK\5\6" + bytes(17),
    "a list of contents that is not there": lambda: patched(one(), b"PK\5\6", 16, struct.pack("<I", 2**31)),
    "a list of contents of another length": lambda: patched(one(), b"PK\5\6", 12, struct.pack("<I", 2**31)),
    "no array": lambda: archive(("a.npy", b"hello")),
    "an array that is cut off": lambda: archive(("a.npy", array(head())[:-1])),
    "an array that goes on": lambda: archive(("a.npy", array(head()) + b"more")),
    "a pickle": lambda: archive(("a.npy", pickle.dumps({"a": 1}))),
    "a pickle of PyTorch": lambda: archive(("archive/data.pkl", pickle.dumps({}))),
    "objects": lambda: one(descr="|O"),
    "objects in records": lambda: one(descr=[("x", "|O")]),
    "no dtype": lambda: one(descr="<q7"),
    "a shape below 0": lambda: one(shape=(-4,)),
    "a shape that is no tuple": lambda: one(shape="4"),
    "a shape of 2**62": lambda: one(shape=(2**62,)),
    "a shape whose product overflows": lambda: one(shape=(2**33, 2**33)),
    "a shape whose product overflows to 4": lambda: one(shape=(2**62, 4, 4, 4)),
    "a shape that takes 4 TB": lambda: one(shape=(10**12,)),
    "a shape of many axes": lambda: one(shape=(1,) * 99 + (4,)),
    "a head that is no dict": lambda: archive(("a.npy", array(b"[1, 2]\n"))),
    "a head that is code": lambda: archive(("a.npy", array(b"__import__('os').abort()\n"))),
    "a head that is built too deeply": lambda: archive(("a.npy", array(b"(" * 5000 + b")" * 5000))),
    "a head without a shape": lambda: archive(("a.npy", array(b"{'descr': '<f4', 'fortran_order': False}\n"))),
    "a head of 4 GB": lambda: archive(("a.npy", array(head(), version=b"\2\0", length=2**32 - 1))),
    "a version that is not known": lambda: archive(("a.npy", array(head(), version=b"\x09\0"))),
    "a name twice": lambda: archive(("a.npy", array(head())), ("a.npy", array(head(shape=(2, 2))))),
    "a name that leads to another folder": lambda: archive(("../../etc/passwd.npy", array(head()))),
    "a name at the root": lambda: archive(("/etc/passwd.npy", array(head()))),
    "another checksum": lambda: patched(one(), FOUR, 0, b"\1"),
    "a secret": lambda: patched(patched(one(), b"PK\1\2", 8, b"\1"), b"PK\3\4", 6, b"\1"),
    "a method that is not known": lambda: patched(patched(one(), b"PK\1\2", 10, b"\x63"), b"PK\3\4", 8, b"\x63"),
    "a bomb": bomb,
    "arrays in each other's place": overlapping,
    "a tree that is no JSON": lambda: of_tree("{{"),
    "a tree that is no text": lambda: of_tree(b"\xff\xfe"),
    "a tree that is built too deeply": lambda: of_tree(DEEP),
    "a tree of what is not there": lambda: of_tree('{"autograd_lite": 1, "tree": ["array", "a"]}'),
    "a Tensor of texts": lambda: archive(
        (npz.TREE, b'{"autograd_lite": 1, "tree": ["tensor", "a"]}'), ("a.npy", array(head(descr="<U1"))),
    ),
}  # fmt: skip


def refused(content: bytes) -> None:
    """Hold that a file is refused with what to write, and without much memory."""
    tracemalloc.start()
    try:
        with pytest.raises(errors.FileError, match=r"[Ww]rite "):
            loaded(content)
        assert tracemalloc.get_traced_memory()[1] < 20e6 + 10 * len(content)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", TENSORS)
def test_hostile_files_of_safetensors_are_refused(name: str) -> None:
    pytest.importorskip("safetensors")
    refused(TENSORS[name]())


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # of who writes it
@pytest.mark.parametrize("name", ARCHIVES)
def test_hostile_archives_are_refused(name: str) -> None:
    refused(ARCHIVES[name]())


def test_the_same_files_without_the_fault_are_read() -> None:
    assert loaded(one())["a"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert loaded(archive(("a.npy", array(head(), version=b"\2\0"))))["a"].tolist() == [1.0, 2.0, 3.0, 4.0]
    zeros = archive(("a.npy", array(head(shape=(3_000_000,)), bytes(12_000_000))), method=zipfile.ZIP_DEFLATED)
    assert loaded(zeros)["a"].shape == (3_000_000,)
    pytest.importorskip("safetensors")
    assert loaded(tensors({"a": PART}))["a"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert loaded(noted('{"autograd_lite": 1, "tree": 3}')) == 3


@pytest.mark.parametrize("content", [b"hello, world", pickle.dumps({"a": 1}), b"\x1f\x8b" + bytes(20), b"\x89HDF\r\n"])
def test_files_of_other_kinds_are_refused(content: bytes) -> None:
    refused(content)


def test_objects_in_a_file_are_never_made(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "made"),)

    np.savez(tmp_path / "a.npz", a=np.array([Trap()], object), allow_pickle=True)
    for name, content in (("a.npz", None), ("b", pickle.dumps(Trap()))):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(errors.FileError):
            ag.load(tmp_path / name)
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "tree",
    [
        "",
        "[]",
        "{}",
        '{"autograd_lite": 1}',
        '{"autograd_lite": 2, "tree": 1}',
        '{"autograd_lite": 1, "tree": ["array", "b"]}',
        '{"autograd_lite": 1, "tree": ["code", "x"]}',
        '{"autograd_lite": 1, "tree": ["dict", [1]]}',
        '{"autograd_lite": 1, "tree": ["dict", [[["list", []], 1]]]}',
        '{"autograd_lite": 1, "tree": ["complex", ["a", "b"]]}',
        '{"autograd_lite": 1, "tree": ["int", "x"]}',
        '{"autograd_lite": 1, "tree": ["nan", "00"]}',
        '{"autograd_lite": 1, "tree": [{}, 1]}',
        '{"autograd_lite": 1, "tree": []}',
    ],
)
def test_a_text_that_fits_nothing_is_refused(tree: str) -> None:
    with pytest.raises(errors.FileError):
        loaded(npz.written({"a": np.ones(1)}, tree))
    with pytest.raises(errors.FileError):
        trees.put_together("a file", {"a": np.ones(1)}, tree)


def test_checksums_of_safetensors_are_of_all_that_is_read() -> None:
    """A name, a shape, a dtype, an element, the text: each gives another number."""
    a = np.arange(4, dtype=np.float32)
    found = {
        safetensors._checksum(*given)
        for given in [
            ({"a": a}, ""), ({"b": a}, ""), ({"a": a.reshape(2, 2)}, ""), ({"a": a.view(np.int32)}, ""),
            ({"a": a + 1}, ""), ({"a": a}, " "), ({}, ""),
        ]
    }  # fmt: skip
    assert len(found) == 7
    assert found == {f"{int(x, 16):08x}" for x in found}
    assert f"{zlib.crc32(b''):08x}" in found


# ----- models that are half loaded -----

HALF: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a missing name": lambda state: {key: x for key, x in state.items() if key != "2.bias"},
    "another shape": lambda state: {**state, "2.weight": np.ones((2, 2))},
    "a dtype that does not fit": lambda state: {**state, "2.weight": state["2.weight"] * 1j},
    "a dtype of texts": lambda state: {**state, "2.weight": np.full((1, 4), "x")},
    "another type": lambda state: {**state, "2.bias": None},
    "a dict in its place": lambda state: {**state, "2.bias": {"a": 1}},
    "a list of several lengths": lambda state: {**state, "2.weight": [[1.0], [1.0, 2.0]]},
    "no dict": lambda state: list(state.values()),
    "a name too many": lambda state: {**state, "3.weight": np.ones(1)},
}


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("name", HALF)
def test_no_model_is_half_loaded(name: str, assign: bool) -> None:
    model = ag.nn.Sequential(ag.nn.Linear(3, 4), ag.nn.Sigmoid(), ag.nn.Linear(4, 1))
    before, parts = model.state_dict(), list(model.parameters())
    state = HALF[name]({key: x + 1 for key, x in before.items()})
    with pytest.raises(errors.StateDictError):
        model.load_state_dict(state, assign=assign)
    assert all(p is q for p, q in zip(model.parameters(), parts, strict=True))
    assert all((x == before[key]).all() for key, x in model.state_dict().items())
