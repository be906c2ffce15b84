"""Files of state dicts: all comes back, damage is seen, a crash leaves the old file, and nothing is ever executed."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections import OrderedDict, defaultdict, namedtuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.saving import safetensors
from autograd_lite.saving.atomic import replaced

FORMATS = ["npz", "safetensors"]


@pytest.fixture(params=FORMATS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"file.{request.param}"


def same(a: Any, b: Any) -> bool:
    """Tell whether two things are built alike, of equal arrays of the same dtypes."""
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (np.ndarray, np.generic, ag.Tensor)):
        equal = np.array_equal(np.asarray(a), np.asarray(b), equal_nan=np.asarray(a).dtype.kind in "fc")
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and equal
    return type(a) is type(b) and (a == b or np.isnan(a))


def checkpoint() -> Any:
    ag.manual_seed(0)
    model = ag.nn.Sequential(ag.nn.Linear(3, 4), ag.nn.BatchNorm1d(4), ag.nn.Linear(4, 1, dtype=np.float32))
    optimizer = ag.optim.Adam(model.parameters(), lr=0.01)
    model(np.ones((5, 3))).sum().backward()
    optimizer.step()
    return {"epoch": 3, "loss": 0.1, "model": model.state_dict(), "optimizer": optimizer.state_dict()}


TREES = {
    "a state dict": lambda: checkpoint()["model"],
    "a checkpoint": checkpoint,
    "values": lambda: {
        "i": 10**30,
        "f": [0.1, float("inf"), float("nan")],
        "b": True,
        "n": None,
        "t": (1, ("a", [])),
        "z": 1 + 2j,
    },
    "arrays": lambda: [
        np.arange(3),
        np.float32(0.5),
        np.bool_(True),
        np.array(2.0),
        np.zeros((0, 2)),
        ag.tensor([1, 2]),
    ],
    "dtypes": lambda: {str(np.dtype(code)): np.ones(3, code) for code in "?bBhHiIqQefd"},
    "memory": lambda: {
        "T": np.arange(6.0).reshape(2, 3).T,
        "step": np.arange(10)[::3],
        "big": np.arange(3, dtype=">f8"),
        "F": np.asfortranarray(np.eye(3)),
    },
    "keys": lambda: {
        0: np.ones(1),
        (1, "a"): 2,
        "a.b": np.zeros(1),
        "a": {"b": np.ones(2)},
        "": np.ones(3),
        "ü/..": np.ones(1),
    },
    "one array": lambda: np.arange(3.0),
    "a number": lambda: 1.5,
    "nothing": dict,
}


@pytest.mark.parametrize("name", TREES)
def test_all_comes_back(name: str, path: Path) -> None:
    given = TREES[name]()
    ag.save(given, path)
    found = ag.load(path)
    if name == "memory":  # the order of bytes and of axes is no part of an array
        given = {key: np.ascontiguousarray(a).astype(a.dtype.newbyteorder("=")) for key, a in given.items()}
        found = {key: a.astype(a.dtype.newbyteorder("=")) for key, a in found.items()}
    assert same(given, found)


def test_kinds_of_dicts_and_named_tuples_are_plain(path: Path) -> None:
    ag.save(
        {"o": OrderedDict(a=1), "d": defaultdict(int, b=2), "m": ag.nn.Linear(1, 1).load_state_dict({}, strict=False)},
        path,
    )
    assert ag.load(path) == {"o": {"a": 1}, "d": {"b": 2}, "m": (["weight", "bias"], [])}


def test_training_goes_on_where_it_stopped(path: Path) -> None:
    def made() -> Any:
        model = ag.nn.Linear(3, 1)
        return model, ag.optim.AdamW(model.parameters(), lr=0.1)

    def step(model: Any, optimizer: Any) -> None:
        optimizer.zero_grad()
        model(np.eye(3)).square().sum().backward()
        optimizer.step()

    first = made()
    step(*first)
    ag.save({"model": first[0].state_dict(), "optimizer": first[1].state_dict()}, path)
    assert ag.load(path, map_location=lambda storage, place: storage).keys() == ag.load(path, {"cuda:0": "cpu"}).keys()
    second, saved = made(), ag.load(path, map_location="cpu", weights_only=True)
    for part, name in zip(second, ("model", "optimizer"), strict=True):
        part.load_state_dict(saved[name])
    for pair in (first, second):
        step(*pair)
    assert same(first[0].state_dict(), second[0].state_dict())


def test_files_without_a_suffix_and_open_files(tmp_path: Path) -> None:
    ag.save({"a": np.ones(2)}, str(tmp_path / "model.pt"))
    assert ag.load(tmp_path / "model.pt")["a"].tolist() == [1.0, 1.0]
    with (tmp_path / "open").open("wb") as file:
        ag.save({"a": 1}, file)
    with (tmp_path / "open").open("rb") as file:
        assert ag.load(file) == {"a": 1}


# ----- files of others, and for others -----


def test_numpy_reads_and_writes_them(tmp_path: Path) -> None:
    state = TREES["a state dict"]()
    ag.save(state, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as file:
        assert same(state, {name: file[name] for name in state})
    np.savez(tmp_path / "b.npz", **state)
    np.savez_compressed(tmp_path / "c.npz", **state)
    assert same(state, ag.load(tmp_path / "b.npz"))
    assert same(state, ag.load(tmp_path / "c.npz"))


def test_other_libraries_read_and_write_safetensors(tmp_path: Path) -> None:
    package = pytest.importorskip("safetensors.numpy")
    state = TREES["a state dict"]()
    ag.save(state, tmp_path / "a.safetensors")
    assert same(dict(sorted(state.items())), dict(sorted(package.load_file(tmp_path / "a.safetensors").items())))
    package.save_file(state, tmp_path / "b.safetensors", {"format": "pt"})
    assert same(dict(sorted(state.items())), dict(sorted(ag.load(tmp_path / "b.safetensors").items())))


def test_weights_of_pytorch(tmp_path: Path) -> None:
    torch, package = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    package.save_file(theirs.state_dict(), tmp_path / "a.safetensors")
    ours = ag.nn.Sequential(ag.nn.Linear(3, 4, dtype=np.float32), ag.nn.BatchNorm1d(4, dtype=np.float32))
    ours.load_state_dict(ag.load(tmp_path / "a.safetensors"))
    assert ours[0].weight.tolist() == theirs[0].weight.tolist()
    ag.save(ours.state_dict(), tmp_path / "b.safetensors")
    theirs.load_state_dict(package.load_file(tmp_path / "b.safetensors"))
    torch.save(theirs.state_dict(), tmp_path / "c.pt")
    with pytest.raises(errors.FileError, match="save_file"):
        ag.load(tmp_path / "c.pt")


# ----- what is refused -----

REFUSED = {
    "a module": (lambda f: ag.save(ag.nn.Linear(1, 1), f), errors.DataError, "state_dict"),
    "a module within": (lambda f: ag.save({"a": [ag.nn.Linear(1, 1)]}, f), errors.DataError, r"a\.0 is of type Linear"),
    "a function": (lambda f: ag.save({"f": len}, f), errors.DataError, "f is of type builtin"),
    "a set": (lambda f: ag.save({1}, f), errors.DataError, "set"),
    "objects": (lambda f: ag.save({"x": np.array([None])}, f), errors.DataError, "object"),
    "times": (lambda f: ag.save(np.array(["2020-01-01"], "M8[D]"), f), errors.DataError, "datetime64"),
    "code": (lambda f: ag.load(f, weights_only=False), errors.UnsupportedError, "never executed"),
    "another device": (lambda f: ag.load(f, map_location="cuda"), errors.UnsupportedError, "cuda"),
    "no file": (lambda f: ag.load(f), FileNotFoundError, "file"),
    "no folder": (lambda f: ag.save({}, Path(f).parent / "none" / "x.npz"), FileNotFoundError, "none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_leaves_no_file(name: str, path: Path) -> None:
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call(path)
    assert not list(path.parent.iterdir())


def test_dtypes_that_safetensors_has_not(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    with pytest.raises(errors.UnsupportedError, match=r"\.npz"):
        ag.save({"a": np.ones(2, np.longdouble)}, tmp_path / "a.safetensors")
    with pytest.raises(errors.UnsupportedError, match=r"\.npz"):
        ag.save({"a": np.array(["x"])}, tmp_path / "a.safetensors")
    assert not list(tmp_path.iterdir())


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(errors.MissingExtraError, match=r"autograd-lite\[safetensors\]"):
        ag.save({"a": np.ones(2)}, tmp_path / "a.safetensors")
    with pytest.raises(errors.MissingExtraError, match=r"autograd-lite\[safetensors\]"):
        safetensors.read("a file", b"")


# ----- what stays -----


@pytest.mark.skipif(os.name != "posix", reason="links and permissions of POSIX")
def test_links_and_permissions_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "a.npz", tmp_path / "link.npz"
    ag.save({}, path)
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    path.chmod(0o640)
    link.symlink_to(path)
    ag.save({"a": 1}, link)
    assert link.is_symlink()
    assert ag.load(path) == {"a": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_equal_contents_are_equal_files(path: Path) -> None:
    ag.save(TREES["a checkpoint"](), path)
    first = path.read_bytes()
    ag.save(TREES["a checkpoint"](), path)
    assert path.read_bytes() == first


def test_a_file_in_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    replaced(Path("a"), b"abc")
    assert Path("a").read_bytes() == b"abc"


# ----- depths, names, and what is no file -----

WRAPS: dict[str, Any] = {
    "lists": lambda x: [x],
    "tuples": lambda x: (x,),
    "dicts": lambda x: {"a": x},
    "both": lambda x: [{"a": (x, 1)}],
}


@pytest.mark.parametrize("name", WRAPS)
@pytest.mark.parametrize("levels", [10, 60, 99, 150, 199, 201, 350, 490, 5000])
def test_what_is_saved_comes_back_or_is_refused_at_any_depth(name: str, levels: int, path: Path) -> None:
    x: Any = 1.5
    for _ in range(levels // (3 if name == "both" else 1)):
        x = WRAPS[name](x)
    if levels > 200:
        with pytest.raises(errors.DataError, match="too deeply"):
            ag.save(x, path)
        assert not path.exists()
    else:
        ag.save(x, path)
        assert repr(ag.load(path)) == repr(x)


def test_what_holds_itself_is_refused(path: Path) -> None:
    around: list[Any] = []
    around += [around, around]
    with pytest.raises(errors.DataError, match="holds itself"):
        ag.save(around, path)


def test_a_named_tuple_comes_back_as_a_tuple(path: Path) -> None:
    ag.save(namedtuple("Pair", "x y")(1, 2), path)
    assert ag.load(path) == (1, 2)
    assert type(ag.load(path)) is tuple


@pytest.mark.parametrize("name", ["x" * 150, "x" * 190, "x" * 200, "x" * 251, "\u00fc" * 120])
def test_a_name_may_be_as_long_as_the_disk_has_it(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.npz"
    for number in (1, 2):
        ag.save({"a": number}, path)
    assert ag.load(path) == {"a": 2}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("given", [{"w": 1}, None, 5, object(), [1], np.ones(2)])
def test_what_is_no_file_is_refused(given: Any) -> None:
    with pytest.raises(errors.DataError, match=r"Write ag\.save\(obj, path\)"):
        ag.save("model.npz", given)
    with pytest.raises(errors.DataError, match=r"Write ag\.load\(path\)"):
        ag.load(given)
    file = io.BytesIO()
    ag.save({"w": 1}, file)
    assert ag.load(io.BytesIO(file.getvalue())) == {"w": 1}
