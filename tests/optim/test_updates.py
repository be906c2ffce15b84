"""The steps of all optimisers are PyTorch's, a hundred of them with all options; and so are the rates of schedules.

Against what `updates.json` holds, see `tests/updates.py`; and against PyTorch itself where it can be imported.
"""

from __future__ import annotations

import json
import pickle
from functools import cache
from typing import Any

import numpy as np
import pytest
from updates import CASES, SCHEDULES, SEARCHES, STORED, every_schedule, sample, scheduled, searched, trajectory

import autograd_lite as ag
from autograd_lite.optim import joined as joining

KNOWN = json.loads(STORED.read_text())
NAMES = [f"{name} {options}" for name, options in CASES]
ROWS = [(*case, steps) for case, steps in zip(CASES, KNOWN["updates"], strict=True)]


def tensor(x: Any) -> ag.Tensor:
    return ag.Tensor(x, requires_grad=True)


def give(p: Any, g: Any) -> None:
    p.grad = g


def read(p: Any) -> Any:
    return p.detach().numpy()


def ours(name: str, options: dict[str, Any], **more: Any) -> dict[int, list[float]]:
    return trajectory(ag.optim, name, options, tensor, give, read, **more)


@cache
def once(row: str) -> dict[int, list[float]]:
    return ours(*CASES[NAMES.index(row)])


@pytest.mark.parametrize(("name", "options", "steps"), ROWS, ids=NAMES)
def test_the_steps_are_those_of_pytorch(name: str, options: dict[str, Any], steps: dict[str, list[float]]) -> None:
    for step, numbers in once(f"{name} {options}").items():
        np.testing.assert_allclose(sample(numbers), steps[str(step)], rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
def test_parameters_are_the_same_one_by_one(name: str, options: dict[str, Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(joining, "SMALL", -1)
    for step, numbers in ours(name, options).items():
        np.testing.assert_allclose(numbers, once(f"{name} {options}")[step], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
def test_float32_stays_and_is_near(name: str, options: dict[str, Any]) -> None:
    seen = set()

    def noting(p: Any) -> Any:
        seen.add(p.dtype)
        return read(p)

    found = trajectory(ag.optim, name, options, tensor, give, noting, np.float32)
    assert seen == {np.dtype(np.float32)}
    for step, numbers in once(f"{name} {options}").items():
        np.testing.assert_allclose(found[step], numbers, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
def test_a_pickle_and_a_state_go_on_where_they_were(name: str, options: dict[str, Any]) -> None:
    def between(opt: Any, step: int) -> Any:
        if step == 2:
            other = type(opt)(opt.param_groups[0]["params"], lr=9.0, **options)
            other.load_state_dict(pickle.loads(pickle.dumps(opt.state_dict())))
            return other
        if step == 7:
            opt.load_state_dict(json.loads(json.dumps(opt.state_dict(), default=np.ndarray.tolist)))
        return opt

    assert ours(name, options, between=between) == once(f"{name} {options}")


@pytest.mark.parametrize(("options", "calls"), list(zip(SEARCHES, KNOWN["searches"], strict=True)), ids=str)
def test_lbfgs_goes_where_that_of_pytorch_goes(options: dict[str, Any], calls: list[list[float]]) -> None:
    for found, numbers in zip(searched(ag.optim, options, tensor, read), calls, strict=True):
        np.testing.assert_allclose(found, numbers, rtol=1e-6)


@pytest.mark.parametrize("name", KNOWN["schedules"])
def test_rates_are_those_of_pytorch(name: str) -> None:
    np.testing.assert_allclose(RATES[name], KNOWN["schedules"][name], rtol=1e-12, atol=1e-15)


RATES = every_schedule(ag.optim, tensor)


@pytest.mark.parametrize(("name", "options"), CASES, ids=NAMES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_pytorch_itself(name: str, options: dict[str, Any], dtype: Any) -> None:
    torch = pytest.importorskip("torch")
    if name == "Muon":
        pytest.skip("is in bfloat16 there")
    old = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        theirs = trajectory(
            torch.optim, name, options, lambda x: torch.nn.Parameter(torch.tensor(x)),
            lambda p, g: setattr(p, "grad", torch.tensor(g)), lambda p: p.detach().numpy(), dtype,
        )  # fmt: skip
    finally:
        torch.set_default_dtype(old)
    tolerance = 1e-12 if dtype is np.float64 else 1e-5
    for step, numbers in ours(name, options, dtype=dtype).items():
        np.testing.assert_allclose(numbers, theirs[step], rtol=tolerance, atol=tolerance)


@pytest.mark.filterwarnings("ignore:Detected call")
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_of_pytorch_itself(name: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = scheduled(
        torch.optim, lambda m, o: SCHEDULES[name](m.lr_scheduler, o), lambda x: torch.nn.Parameter(torch.tensor(x))
    )
    np.testing.assert_allclose(RATES[name], theirs, rtol=1e-12, atol=1e-15)
