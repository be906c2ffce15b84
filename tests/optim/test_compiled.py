"""Optimisers in compiled functions: the same numbers, and one program whatever the settings that are numbers become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import leaf
from updates import CASES

import autograd_lite as ag
from autograd_lite import errors, nn, optim

ROWS = [*CASES, ("Lion", {}), ("Lion", {"weight_decay": 0.1, "maximize": True})]
FULLEST = {name: (name, options) for name, options in sorted(ROWS, key=lambda row: len(row[1]))}.values()
"""Of each optimiser the row with the most options."""


def training(name: str, options: dict[str, Any], backend: str | None, dtype: Any = np.float64) -> Any:
    shapes = [(2, 3), (3, 2)] if name == "Muon" else [(2,), (), (2, 3)]
    params = [leaf(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape), dtype=dtype) for shape in shapes]
    opt = getattr(optim, name)(params, **{"lr": 0.1, **options})

    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = sum((np.sin(p) * x).sum() for p in params)
        loss.backward()
        opt.step()
        return loss

    called = step if backend is None else ag.compile(step, backend=backend)
    for i in range(8):
        opt.lr = 0.1 / (i + 1)
        for key in ("momentum", "weight_decay"):
            if opt.param_groups[0].get(key):
                opt.param_groups[0][key] *= 0.9
        if "betas" in opt.defaults:
            opt.param_groups[0]["betas"] = (0.5 + 0.05 * i, 0.9)
        called(ag.Tensor(0.5 + i, dtype=dtype))
    return called, [p.numpy() for p in params], [s for p in params for s in opt.state.get(p, {}).values()]


@pytest.mark.parametrize(
    ("name", "options", "backend"), [*[(*row, "numpy") for row in ROWS], *[(*row, "cc") for row in FULLEST]], ids=str
)
def test_a_compiled_step_gives_the_same_and_is_one_program(name: str, options: dict[str, Any], backend: str) -> None:
    compiled, found, state = training(name, options, backend)
    _, expected, known = training(name, options, None)
    for a, b in zip([*found, *[s.numpy() for s in state]], [*expected, *[s.numpy() for s in known]], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-14)
    assert len(compiled.programs) == 1


@pytest.mark.parametrize("name", sorted({name for name, _ in ROWS}))
def test_float32_stays_float32_in_a_compiled_step(name: str) -> None:
    _, found, state = training(name, {}, "numpy", np.float32)
    assert {x.dtype for x in found} == {np.dtype(np.float32)}
    assert {s.dtype for s in state if s.shape} <= {np.dtype(np.float32)}


def test_what_decides_what_is_computed_makes_another_program() -> None:
    w = leaf([1.0, -2.0])
    opt = optim.Adam([w], lr=0.1)

    @ag.compile
    def step() -> None:
        opt.zero_grad()
        (w * w).sum().backward()
        opt.step()

    def twin(settings: list[dict[str, Any]]) -> list[float]:
        v = leaf([1.0, -2.0])
        other = optim.Adam([v], lr=0.1)
        for setting in settings:
            other.param_groups[0].update(setting)
            other.zero_grad()
            (v * v).sum().backward()
            other.step()
        return v.tolist()

    settings: list[dict[str, Any]] = [
        {}, {}, {"amsgrad": True}, {}, {"weight_decay": 0.5}, {"maximize": True}, {"maximize": False}, {"eps": 1.0},
    ]  # fmt: skip
    for i, setting in enumerate(settings):
        opt.param_groups[0].update(setting)
        step()
        np.testing.assert_allclose(w.tolist(), twin(settings[: i + 1]), rtol=1e-12)


@pytest.mark.parametrize(("key", "value"), [("eps", (1.0, 1e-3)), ("eps", (None, 10.0)), ("d", 3.0)])
def test_settings_of_adafactor_are_seen(key: str, value: Any) -> None:
    def training(compiled: bool) -> Any:
        w = leaf(np.ones((2, 2)))
        opt = optim.Adafactor([w])

        def step() -> None:
            opt.zero_grad()
            (w * w).sum().backward()
            opt.step()

        called = ag.compile(step) if compiled else step
        for i in range(4):
            if i == 3:
                opt.param_groups[0][key] = value
            called()
        return w.tolist()

    np.testing.assert_allclose(training(compiled=True), training(compiled=False), rtol=1e-12)


def test_a_state_that_is_loaded_is_what_a_compiled_step_goes_on_with() -> None:
    w = leaf([1.0])
    opt = optim.Adam([w], lr=0.1)

    @ag.compile
    def step() -> None:
        opt.zero_grad()
        (w * w).sum().backward()
        opt.step()

    for _ in range(3):
        step()
    saved, place = opt.state_dict(), w.numpy()
    step()
    after = w.tolist()
    for _ in range(3):
        step()
    w.assign(place)
    opt.load_state_dict(saved)
    step()
    assert w.tolist() == after
    assert opt.state[w]["step"].item() == 4


def test_a_schedule_is_no_new_program() -> None:
    model = nn.Linear(2, 1)
    opt = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    schedule = optim.lr_scheduler.OneCycleLR(opt, 0.5, total_steps=12)

    @ag.compile
    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = (model(x) ** 2).sum()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        return loss

    for _ in range(10):
        step(np.ones((3, 2)))
        schedule.step()
    assert len(step.programs) == 1


def test_lbfgs_is_refused_in_a_compiled_function() -> None:
    x = leaf(3.0)
    opt = optim.LBFGS([x])

    def closure() -> Any:
        opt.zero_grad()
        loss = x * x
        loss.backward()
        return loss

    with pytest.raises(errors.CompileError, match=r"Write the closure compiled"):
        ag.compile(lambda: opt.step(closure))()
    assert x.item() == 3.0
    opt.step(ag.compile(closure))
    assert abs(x.item()) < 1e-6


def test_a_rate_that_the_function_changes_is_refused() -> None:
    w = leaf([1.0])
    w.grad = [1.0]
    opt = optim.Adam([w], lr=0.5)
    schedule = optim.lr_scheduler.ExponentialLR(opt, 0.5)

    def by_hand() -> None:
        opt.step()
        opt.lr *= 0.5

    def by_schedule() -> None:
        opt.step()
        schedule.step()

    with pytest.raises(errors.CompileError, match=r"'lr' another value.*Write it after the call"):
        ag.compile(by_hand)()
    opt.lr = 0.5
    with pytest.raises(errors.CompileError, match=r"Write schedule\.step\(\) after the call"):
        ag.compile(by_schedule)()
    assert (w.item(), opt.lr, schedule.last_epoch) == (1.0, 0.5, 0)


@pytest.mark.parametrize("backend", ["numpy", "cc"])
@pytest.mark.parametrize("decay", [None, 0.9])
def test_means_are_taken_in_a_compiled_step(decay: float | None, backend: str) -> None:
    def training(compiled: bool) -> Any:
        model = nn.Linear(2, 1)
        model.load_state_dict({"weight": [[1.0, -2.0]], "bias": [0.5]})
        opt = optim.SGD(model.parameters(), lr=0.1)
        average = None if decay is None else optim.swa_utils.get_ema_avg_fn(decay)
        averaged = optim.swa_utils.AveragedModel(model, avg_fn=average)

        def step(x: Any) -> None:
            opt.zero_grad()
            (model(x) ** 2).sum().backward()
            opt.step()
            averaged.update_parameters(model)

        called = ag.compile(step, backend=backend) if compiled else step
        for i in range(5):
            called(np.ones((1, 2)) * i)
        return [*averaged.module.weight.numpy().ravel(), averaged.n_averaged.item()]

    np.testing.assert_allclose(training(compiled=True), training(compiled=False), rtol=1e-12)


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("name", "options"), [
    ("Adam", {}), ("Adam", {"amsgrad": True, "weight_decay": 0.1, "maximize": True}), ("AdamW", {}), ("NAdam", {}),
    ("RAdam", {"weight_decay": 0.1}), ("Adamax", {}), ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adadelta", {"weight_decay": 0.1}),
])  # fmt: skip
def test_both_parts_of_complex_parameters_are_numbers_of_their_own(
    name: str, options: dict[str, Any], compiled: bool, joined: bool
) -> None:
    values = [np.array([[1 + 2j, -0.5j]]), np.array(0.5 - 0.2j), *[np.array([1j * k, 2.0]) for k in range(8 * joined)]]

    def trained(complexes: bool) -> list[Any]:
        params = [leaf(v) for v in values] if complexes else [leaf(p) for v in values for p in (v.real, v.imag)]
        opt = getattr(optim, name)(params, lr=0.01, **options)

        def step() -> Any:
            opt.zero_grad()
            z = params if complexes else [a + 1j * b for a, b in zip(params[::2], params[1::2], strict=True)]
            loss = sum(((np.abs(p) ** 2 - 1) ** 2).sum() + (p * (1 - 2j)).real.sum() for p in z)
            loss.backward()
            opt.step()

        called = ag.compile(step) if compiled else step
        for _ in range(8):
            called()
        return [p.detach().numpy() for p in params]

    parts = trained(False)
    for found, real, imag in zip(trained(True), parts[::2], parts[1::2], strict=True):
        np.testing.assert_allclose(found, real + 1j * imag, rtol=1e-9)
