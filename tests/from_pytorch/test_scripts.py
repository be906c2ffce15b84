"""The programs of `examples/from_pytorch`: with other imports they are PyTorch's, and their losses its numbers.

Random numbers are those of NumPy in both. Where PyTorch is not installed, its losses are those in ``losses.json``,
which ``python tests/from_pytorch/test_scripts.py`` writes.
"""

from __future__ import annotations

import json
import pydoc_data.topics
import random
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "examples" / "from_pytorch"
SCRIPTS = sorted(path.stem for path in FOLDER.glob("*.py"))
IMPORTS = {
    "import autograd_lite as torch": "import torch",
    "import autograd_lite.": "import torch.",
    "from autograd_lite import": "from torch import",
    "from autograd_lite.nn import": "from torch.nn import",
    "from autograd_lite.data import": "from torch.utils.data import",
}
"""What has to be changed, and nothing else."""
DRAWN = ("rand", "randn", "randint", "randperm", "rand_like", "randn_like", "normal", "bernoulli", "multinomial")


def program(name: str, torch: bool) -> ModuleType:
    """Return one of the programs, for PyTorch or as it is."""
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    for ours, theirs in IMPORTS.items() if torch else ():
        text = re.sub(f"^{re.escape(ours)}", theirs, text, flags=re.MULTILINE)
    assert not torch or "autograd_lite" not in text
    module = ModuleType(f"{name}_{torch}")
    sys.modules[module.__name__] = module  # where dataclasses look
    with pytest.MonkeyPatch().context() as patched:
        patched.setattr(pydoc_data.topics, "topics", {"letters": LETTERS})  # other ones in each version of Python
        exec(compile(text, f"{name}.py", "exec"), vars(module))
    return module


LETTERS = "".join(map(chr, range(32, 127)))


def texts(n: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(0).integers(0, 90, n)


def digits(shape: tuple[int, ...]) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.random((64, *shape)), rng.integers(0, 10, 64)


def lenet(module: Any, model: Any, tensor: Any) -> list[float]:
    x, y = map(tensor, digits((1, 28, 28)))
    loader = module.DataLoader(module.TensorDataset(x, y), batch_size=16, shuffle=True)
    return module.train(model, loader, module.optim.Adam(model.parameters(), lr=1e-3), 1)


def mlp(module: Any, model: Any, tensor: Any) -> list[float]:
    parts = module.random_split(module.data(40, module.torch.float64), [0.8, 0.2])
    return module.train(model, parts[0], epochs=4)


RUNS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "mlp": mlp,
    "lenet": lenet,
    "char_lstm": lambda module, model, tensor: module.train(model, tensor(texts(1000)), steps=3),
    "gpt": lambda module, model, tensor: module.train(model, tensor(texts(1000)), steps=4, batch_size=4),
    "vae": lambda module, model, tensor: module.train(model, tensor(digits((8, 8))[0]), epochs=8),
    "dqn": lambda module, model, tensor: module.train(model, episodes=6)[0],
    "gan": lambda module, model, tensor: module.train(model, steps=5),
}
"""A few steps of each, in double precision, for a program, its model, and what makes Tensors."""


def losses(name: str, module: Any, model: Any, tensor: Any) -> list[float]:
    random.seed(0)
    ag.manual_seed(0)
    found = RUNS[name](module, model, tensor)
    assert len(found) > 2
    return found


def ours(name: str) -> tuple[list[float], dict[str, Any]]:
    """Return the losses here, and the values of the model before."""
    module = program(name, torch=False)
    ag.manual_seed(1)
    model = module.make(ag.float64)
    before = model.state_dict()
    return losses(name, module, model, ag.tensor), before


def theirs(name: str, state: dict[str, Any]) -> list[float]:
    """Return the losses of PyTorch, for a model with the same values."""
    import torch

    torch.set_default_dtype(torch.float64)
    with drawn_by_numpy(torch):
        module = program(name, torch=True)
        model = module.make(torch.float64)
        model.load_state_dict({key: torch.from_numpy(np.asarray(value)) for key, value in state.items()})
        return losses(name, module, model, torch.tensor)


@contextmanager
def drawn_by_numpy(torch: Any) -> Iterator[None]:
    """Have PyTorch draw the numbers that are drawn here."""

    def by_us(fn: Callable[..., Any]) -> Callable[..., Any]:
        def drawn(*args: Any, **kwargs: Any) -> Any:
            wanted = kwargs.pop("dtype", None)
            kwargs = {key: value for key, value in kwargs.items() if key not in ("device", "generator", "out")}
            found = torch.from_numpy(np.asarray(fn(*[_numpys(x) for x in args], **kwargs).numpy()))
            return found if wanted is None else found.to(wanted)

        return drawn

    def masked(name: str) -> Callable[..., Any]:
        mask = getattr(ag.nn.functional, name)

        def dropped(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
            ones = ag.ones(tuple(input.shape))
            return input * torch.from_numpy(np.asarray(mask(ones, p, training).numpy()))

        return dropped

    patch, functional = pytest.MonkeyPatch(), torch.nn.functional
    with patch.context() as patched:
        for name in DRAWN:
            patched.setattr(torch, name, by_us(getattr(ag, name)))
        for name in ("dropout", "dropout2d"):
            patched.setattr(functional, name, masked(name))
        patched.setattr(torch.nn, "LSTM", _layer_by_layer(torch))
        patched.setattr(torch.utils.data.dataset, "randperm", torch.randperm)
        order = torch.utils.data.RandomSampler, "__iter__", lambda self: iter(ag.randperm(self.num_samples).tolist())
        patched.setattr(*order)
        yield
    torch.set_default_dtype(torch.float32)


def _numpys(x: Any) -> Any:
    return ag.tensor(x.detach().numpy()) if hasattr(x, "detach") else tuple(x) if isinstance(x, (list, tuple)) else x


def _layer_by_layer(torch: Any) -> Any:
    """Return PyTorch's LSTM, with dropout between its layers as it is drawn here."""
    plain = torch.nn.LSTM

    class LSTM(plain):
        def forward(self, x: Any, state: Any = None) -> Any:
            ends = []
            for i in range(self.num_layers):
                one = plain(x.shape[-1], self.hidden_size, batch_first=self.batch_first).to(x.dtype)
                own = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
                names = {f"{n}_l0": getattr(self, f"{n}_l{i}") for n in own}
                given = None if state is None else tuple(part[i : i + 1] for part in state)
                x, end = torch.func.functional_call(one, names, (x, given))
                ends.append(end)
                if i < self.num_layers - 1:
                    x = torch.nn.functional.dropout(x.transpose(0, 1), self.dropout, self.training).transpose(0, 1)
            return x, tuple(torch.cat(part) for part in zip(*ends, strict=True))

    return LSTM


def test_every_program_is_tried() -> None:
    assert sorted(RUNS) == SCRIPTS == sorted(json.loads((HERE / "losses.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", SCRIPTS)
def test_only_the_imports_are_others(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "autograd_lite" in line]
    assert lines
    assert all(line.startswith(tuple(IMPORTS)) for line in lines)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_losses_are_pytorchs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = json.loads((HERE / "losses.json").read_text(encoding="utf-8"))[name]
    np.testing.assert_allclose(ours(name)[0], known, rtol=1e-8)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_losses_are_pytorchs_of_today(name: str) -> None:
    pytest.importorskip("torch")
    found, state = ours(name)
    np.testing.assert_allclose(found, theirs(name, state), rtol=1e-8)


def test_a_text_is_made_and_a_model_sampled() -> None:
    """What comes after training, in the programs for texts and clouds."""
    module = program("gpt", torch=False)
    model = module.make()
    model.eval()
    made = model.generate(ag.zeros((2, 1), dtype=ag.long), 5, temperature=0.8, top_k=3)
    assert made.shape == (2, 6)
    module = program("char_lstm", torch=False)
    assert len(module.sample(module.make(), length=5)) == 9
    module = program("lenet", torch=False)
    x, y = map(ag.tensor, digits((1, 28, 28)))
    assert 0 <= module.test(module.make(ag.float64), module.DataLoader(module.TensorDataset(x, y), 32)) <= 1


def test_a_program_runs_as_it_is(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module = program("mlp", torch=False)
    module.main()
    out = capsys.readouterr().out
    assert float(out.split()[-1]) > 0.9


if __name__ == "__main__":
    table = {name: theirs(name, ours(name)[1]) for name in SCRIPTS}
    (HERE / "losses.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
