"""All that a training is, in one file of either kind: model, optimiser, schedule, loader, generators, arrays."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.data import DataLoader, TensorDataset
from autograd_lite.engine.generators import default_rng


@pytest.fixture(params=["npz", "safetensors"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"file.{request.param}"


def stored(x: Any, path: Path) -> Any:
    ag.save(x, path)
    return ag.load(path)


# ----- arrays -----

NAN = np.array([0x7FF8000000000001, 0xFFF8000000000ABC, 0x7FF0000000000001], np.uint64).view(np.float64)
ARRAYS: dict[str, Callable[[], Any]] = {
    "not contiguous": lambda: np.arange(24.0).reshape(4, 6)[::2, 1::2],
    "backwards": lambda: np.arange(5)[::-1],
    "transposed": lambda: np.arange(6.0).reshape(2, 3).T,
    "by columns": lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "repeated": lambda: np.broadcast_to(np.float32(2), (3, 2)),
    "with axes in another order": lambda: np.arange(24).reshape(2, 3, 4).transpose(2, 0, 1),
    "without axes": lambda: np.array(2.5),
    "empty": lambda: np.zeros((0, 3), np.float32),
    "empty within": lambda: np.zeros((2, 0, 3), complex),
    "big-endian": lambda: np.arange(3, dtype=">f8"),
    "big-endian complex": lambda: np.arange(3).astype(">c16"),
    "truths": lambda: np.array([True, False]),
    **{str(np.dtype(c)): lambda c=c: np.arange(-3, 3).astype(c).reshape(2, 3) for c in "bBhHiIqQefdFD"},
    "complex, transposed": lambda: (np.arange(6) * (1 + 2j)).reshape(2, 3).T,
    "a complex number": lambda: np.array(1 - 2j, np.complex64),
    "bits of nan": lambda: NAN.copy(),
    "bits of nan, float16": lambda: np.array([0x7E01, 0xFFFF], np.uint16).view(np.float16),
    "bits of nan, complex": lambda: NAN[[0, 1]].view(complex),
    "signs of 0": lambda: np.array([-0.0, 0.0]),
    "in a file": lambda: np.memmap(__file__, np.uint8, "r", shape=(10,)),
}  # fmt: skip


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("kind", ["array", "Tensor"])
def test_arrays_to_the_last_bit(name: str, kind: str, path: Path) -> None:
    array = ARRAYS[name]()
    given = array if kind == "array" else ag.Tensor(array)
    found = stored({"x": given}, path)["x"]
    assert type(found) is (np.ndarray if kind == "array" else ag.Tensor)
    found = np.asarray(found)
    native = array.astype(array.dtype.newbyteorder("="))
    assert found.shape == array.shape
    assert found.dtype.newbyteorder("=") == native.dtype
    assert found.astype(native.dtype).tobytes() == native.tobytes()
    assert kind == "Tensor" or found.flags.writeable


VALUES = {
    "nan": float("nan"), "-nan": -float("nan"), "bits of nan": float(np.int64(0x7FF8000000000123).view(np.float64)),
    "-0": -0.0, "inf": float("inf"), "complex": complex(float("nan"), -0.0), "2**64": 2**64, "-2**127": -(2**127),
    "10**5000": 10**5000, "text": "ü\ud800", "no text": "", "float16": np.float16(1.5), "complex64": np.complex64(1j),
    "truth": np.True_, "uint64": np.uint64(2**64 - 1), "None": None, "False": False, "tuple": (), "list": [],
    "dict": {}, "within": {1: {2.5: "a", None: (True,)}},
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_to_the_last_bit(name: str, path: Path) -> None:
    value = VALUES[name]

    def bits(x: Any) -> Any:
        if isinstance(x, float):
            return struct.pack(">d", x)
        if isinstance(x, complex):
            return bits(x.real), bits(x.imag)
        return type(x), x

    assert bits(stored([value], path)[0]) == bits(value)


KEYS = ["__metadata__", "a\0b", "ü", "\ud800", "a\\b", "a/../b", "x" * 70_000, "a\nb", "autograd_lite.json", "a.npy"]


@pytest.mark.parametrize("number", range(len(KEYS)))
def test_keys_that_a_file_could_not_have_as_names(number: int, path: Path) -> None:
    key = KEYS[number]
    found = stored({key: np.arange(3), "array": np.ones(1), key + "2": {"": np.zeros(2)}}, path)
    assert list(found) == [key, "array", key + "2"]
    assert (found[key].tolist(), found["array"].tolist(), found[key + "2"][""].tolist()) == ([0, 1, 2], [1], [0, 0])


REFUSED = {
    "a masked array": (lambda: {"x": np.ma.array([1, 2], mask=[0, 1])}, "x is a masked array"),
    "a generator": (lambda: {"rng": np.random.default_rng(0)}, r"rng\.bit_generator\.state"),
    "what holds itself": (lambda: _round(), "holds itself"),
    "a loader": (lambda: [DataLoader([1])], r"x\.state_dict"),
}


def _round() -> Any:
    x: list[Any] = []
    x.append(x)
    return x


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str, path: Path) -> None:
    make, words = REFUSED[name]
    with pytest.raises(errors.DataError, match=words):
        ag.save(make(), path)
    assert not path.exists()


# ----- generators -----


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_generators_of_all_kinds_go_on(kind: str, path: Path) -> None:
    rng = np.random.Generator(getattr(np.random, kind)(3))
    rng.integers(0, 10, 3, np.uint32), rng.standard_normal(5)  # of which a half is kept
    state = stored({"rng": rng.bit_generator.state}, path)["rng"]
    other = np.random.Generator(getattr(np.random, kind)())
    other.bit_generator.state = state
    assert rng.random(10).tolist() == other.random(10).tolist()
    assert rng.integers(0, 9, 3, np.uint32).tolist() == other.integers(0, 9, 3, np.uint32).tolist()


def test_generators_of_python_and_of_numpys_older_kind_go_on(path: Path) -> None:
    python, older = random.Random(1), np.random.RandomState(1)
    python.gauss(0, 1), older.standard_normal()
    state = stored({"python": python.getstate(), "older": older.get_state(legacy=False)}, path)
    other, another = random.Random(), np.random.RandomState()
    other.setstate(state["python"])
    another.set_state(state["older"])
    assert (python.gauss(0, 1), older.standard_normal()) == (other.gauss(0, 1), another.standard_normal())


# ----- a training -----


class Training:
    """A training by hand, with all that it consists of."""

    def __init__(self, seed: int, workers: int) -> None:
        ag.manual_seed(seed)
        self.model = ag.nn.Sequential(ag.nn.Linear(3, 8), ag.nn.Dropout(0.3), ag.nn.BatchNorm1d(8), ag.nn.Linear(8, 1))
        self.optimizer = ag.optim.Adam(self.model.parameters(), lr=0.05)
        self.schedule = ag.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 20)
        x = np.random.default_rng(0).standard_normal((22, 3))
        self.loader = DataLoader(TensorDataset(x, x.sum(1, keepdims=True)), 4, shuffle=True, num_workers=workers)
        self.losses: list[float] = []

    def parts(self) -> dict[str, Any]:
        return {"model": self.model, "optimizer": self.optimizer, "schedule": self.schedule, "loader": self.loader}

    def state_dict(self) -> dict[str, Any]:
        states = {name: part.state_dict() for name, part in self.parts().items()}
        return {**states, "rng": default_rng().bit_generator.state, "losses": self.losses}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
        default_rng().bit_generator.state = state["rng"]
        self.losses = state["losses"]

    def steps(self, count: int) -> None:
        while True:
            for x, y in self.loader:
                self.optimizer.zero_grad()
                loss = ag.nn.functional.mse_loss(self.model(x), y)
                loss.backward()
                self.optimizer.step()
                self.schedule.step()
                self.losses.append(loss.item())
                if len(self.losses) == count:
                    return


@pytest.mark.parametrize("workers", [0, 1])
def test_a_training_goes_on_bit_by_bit_from_one_file(workers: int, path: Path) -> None:
    whole = Training(0, workers)
    whole.steps(17)
    for count in (1, 5, 6, 8, 12):
        first = Training(0, workers)
        first.steps(count)
        ag.save(first.state_dict(), path)
        second = Training(1, workers)
        second.load_state_dict(ag.load(path))
        second.steps(17)
        assert second.losses == whole.losses
        states = second.model.state_dict(), whole.model.state_dict()
        assert all(states[0][name].tobytes() == states[1][name].tobytes() for name in states[0])


# ----- PyTorch's files -----


def test_bfloat16_is_read_as_float32(tmp_path: Path) -> None:
    """The upper halves of float32 numbers, each of which is one."""
    pytest.importorskip("safetensors")
    halves = np.array([0x3F80, 0xC000, 0x7F80, 0x7FC1, 0x0001, 0x8000], np.uint16)
    head = b'{"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}'
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + halves.tobytes())
    found = ag.load(tmp_path / "a.safetensors")["w"]
    assert (found.dtype, found.shape) == (np.float32, (2, 3))
    assert found.view(np.uint32).ravel().tolist() == [int(x) << 16 for x in halves]


def test_pytorch_reads_and_writes_the_same_weights(tmp_path: Path) -> None:
    torch, package = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    theirs = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(8, 3))
    ours = ag.nn.Sequential(ag.nn.Conv2d(1, 2, 3), ag.nn.Flatten(), ag.nn.Linear(8, 3)).float()
    x = np.random.default_rng(0).standard_normal((5, 1, 4, 4)).astype(np.float32)
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        package.save_file(theirs.to(dtype).state_dict(), tmp_path / "a.safetensors", {"format": "pt"})
        ours.load_state_dict(ag.load(tmp_path / "a.safetensors"))
        expected = theirs.to(torch.float32)(torch.from_numpy(x)).detach().numpy()
        assert np.allclose(ours(x).numpy(), expected, rtol=1e-5, atol=1e-6)
    ours.load_state_dict({name: value.numpy() for name, value in theirs.state_dict().items()})
    ag.save(ours.state_dict(), tmp_path / "b.safetensors")
    theirs.load_state_dict(package.load_file(tmp_path / "b.safetensors"))
