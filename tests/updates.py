"""Optimisers and schedules with their options, and what PyTorch makes of them: the table of `tests/optim`.

``python tests/updates.py`` writes `tests/optim/updates.json`, with PyTorch 2.13. Gradients are sines, so that they are
the same everywhere; Muon's matrices are computed in float64 for it, where PyTorch's are in bfloat16.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

STORED = Path(__file__).parent / "optim" / "updates.json"
SHAPES = [(3,), (), (2, 3), (1, 1), (4,), (2,), (2, 3, 2), (5,)]
RATES = (0.05, 0.02, 0.01)
NOTED = (1, 2, 7, 100)
"""After so many steps numbers are noted."""

OPTIMISERS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1},
        {"momentum": 0.9, "nesterov": True}, {"maximize": True, "weight_decay": 0.1},
    ],
    "Adam": [
        {}, {"amsgrad": True}, {"weight_decay": 0.1, "maximize": True}, {"betas": (0.5, 0.9), "eps": 1e-3},
        {"weight_decay": 0.1, "decoupled_weight_decay": True, "amsgrad": True}, {"betas": (0.0, 0.9)},
    ],
    "AdamW": [{}, {"weight_decay": 0.3, "amsgrad": True}, {"maximize": True}],
    "NAdam": [
        {}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True},
        {"momentum_decay": 0.1, "betas": (0.8, 0.9), "maximize": True},
    ],
    "RAdam": [
        {}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}, {"betas": (0.8, 0.6)},
        {"betas": (0.8, 0.9), "maximize": True},
    ],
    "Adagrad": [
        {}, {"lr_decay": 0.1}, {"weight_decay": 0.1, "initial_accumulator_value": 0.3}, {"eps": 1e-2, "maximize": True},
    ],
    "Adadelta": [{}, {"rho": 0.5, "weight_decay": 0.1}, {"eps": 1e-2, "maximize": True}],
    "RMSprop": [
        {}, {"momentum": 0.9}, {"centered": True}, {"centered": True, "momentum": 0.5, "weight_decay": 0.1},
        {"alpha": 0.5, "eps": 1e-3, "maximize": True},
    ],
    "Rprop": [{}, {"etas": (0.3, 1.5), "step_sizes": (1e-3, 0.02)}, {"maximize": True}],
    "Adamax": [{}, {"weight_decay": 0.1}, {"betas": (0.5, 0.8), "eps": 1e-2, "maximize": True}],
    "ASGD": [{}, {"t0": 10, "lambd": 0.01, "alpha": 0.5}, {"weight_decay": 0.1, "maximize": True, "t0": 50}],
    "Adafactor": [
        {}, {"weight_decay": 0.1}, {"eps": (1e-3, 1e-2), "d": 2.0, "beta2_decay": -0.5}, {"maximize": True},
    ],
    "Muon": [
        {}, {"nesterov": False}, {"adjust_lr_fn": "match_rms_adamw", "momentum": 0.8, "weight_decay": 0},
        {"ns_steps": 3, "ns_coefficients": (2.0, -1.5, 0.5)},
    ],
}  # fmt: skip
CASES = [(name, options) for name, rows in OPTIMISERS.items() for options in rows]

SEARCHES: list[dict[str, Any]] = [
    {"lr": 0.002}, {"lr": 0.01, "max_iter": 7}, {"line_search_fn": "strong_wolfe", "max_eval": 9},
    {"line_search_fn": "strong_wolfe", "lr": 0.3, "tolerance_change": 1e-3, "max_iter": 5},
    {"line_search_fn": "strong_wolfe", "history_size": 3, "max_iter": 6},
]  # fmt: skip

SCHEDULES: dict[str, Callable[[Any, Any], Any]] = {
    "steps": lambda m, o: m.StepLR(o, 3, 0.5),
    "milestones": lambda m, o: m.MultiStepLR(o, [2, 5, 5, 9], 0.3),
    "constant": lambda m, o: m.ConstantLR(o),
    "linear": lambda m, o: m.LinearLR(o, 0.2, 0.8, 7),
    "exponential": lambda m, o: m.ExponentialLR(o, 0.93),
    "polynomial": lambda m, o: m.PolynomialLR(o, 12, 2.5),
    "cosine": lambda m, o: m.CosineAnnealingLR(o, 6, 0.01),
    "cosine of one": lambda m, o: m.CosineAnnealingLR(o, 1, 0.01),
    "restarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 5),
    "longer restarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 3, 2, 0.001),
    "functions": lambda m, o: m.LambdaLR(o, [lambda step: 0.9**step, lambda step: 1 / (1 + step)]),
    "factors": lambda m, o: m.MultiplicativeLR(o, lambda step: 0.95 if step % 2 else 1.1),
    "cycles": lambda m, o: m.CyclicLR(o, [0.01, 0.02], 0.3, 4, 6),
    "halved cycles": lambda m, o: m.CyclicLR(o, 0.01, 0.3, 4, mode="triangular2", base_momentum=[0.7, 0.6]),
    "fading cycles": lambda m, o: m.CyclicLR(o, 0.01, 0.3, 3, 5, mode="exp_range", gamma=0.9),
    "own cycles": lambda m, o: m.CyclicLR(o, 0.01, 0.3, 3, scale_fn=lambda x: 1 / x, cycle_momentum=False),
    "one cycle": lambda m, o: m.OneCycleLR(o, [0.4, 0.2], total_steps=40),
    "three phases": lambda m, o: m.OneCycleLR(
        o, 0.4, epochs=4, steps_per_epoch=10, three_phase=True, anneal_strategy="linear", pct_start=0.4
    ),
    "no way up": lambda m, o: m.OneCycleLR(o, 0.4, total_steps=40, pct_start=0.01, cycle_momentum=False),
    "one after the other": lambda m, o: m.SequentialLR(
        o, [m.ConstantLR(o, 0.1, 3), m.ExponentialLR(o, 0.9), m.CosineAnnealingLR(o, 7), m.LinearLR(o)], [5, 11, 20]
    ),
    "at once": lambda m, o: m.ChainedScheduler([m.ConstantLR(o, 0.1, 4), m.ExponentialLR(o, 0.9), m.StepLR(o, 3, 0.5)]),
}
PLATEAUS: list[dict[str, Any]] = [
    {"patience": 3}, {"patience": 2, "factor": 0.5}, {"mode": "max", "threshold": 0.1, "patience": 1},
    {"threshold_mode": "abs", "threshold": 0.05, "patience": 1, "cooldown": 3, "min_lr": [0.01, 0.02]},
    {"mode": "max", "threshold_mode": "abs", "patience": 0, "eps": 0.1},
]  # fmt: skip
SWA: list[dict[str, Any]] = [{"swa_lr": 0.05, "anneal_epochs": 6}, {"swa_lr": 0.05, "anneal_strategy": "linear"}]


def wave(k: int, step: int, shape: tuple[int, ...], dtype: Any = np.float64) -> Any:
    """Return numbers for the k-th parameter in a step: its start, step 0, and its gradients."""
    places = np.arange(np.prod(shape, dtype=int)) + 1.0
    return np.sin(places * (1.7 + k) + step * 2.3).reshape(shape).astype(dtype)


def shapes_of(name: str) -> list[tuple[int, ...]]:
    return [(3, 5), (5, 2), (4, 4), (1, 3)] if name == "Muon" else SHAPES


def trajectory(
    optim: Any, name: str, options: dict[str, Any], tensor: Callable[[Any], Any], give: Callable[[Any, Any], None],
    read: Callable[[Any], Any], dtype: Any = np.float64, between: Callable[[Any, int], Any] = lambda opt, step: opt,
) -> dict[int, list[float]]:  # fmt: skip
    """Return all numbers after some of a hundred steps, in which the learning rate changes."""
    params = [tensor(wave(k, 0, shape, dtype)) for k, shape in enumerate(shapes_of(name))]
    opt = getattr(optim, name)(params, lr=RATES[0], **options)
    noted = {}
    for step in range(1, NOTED[-1] + 1):
        for k, p in enumerate(params):
            give(p, wave(k, step, tuple(p.shape), dtype))
        opt.param_groups[0]["lr"] = RATES[step % 3]
        opt.step()
        opt = between(opt, step)
        if step in NOTED:
            noted[step] = [float(x) for p in params for x in np.ravel(read(p))]
    return noted


def searched(optim: Any, options: dict[str, Any], tensor: Callable[[Any], Any], read: Any) -> list[list[float]]:
    """Return where L-BFGS is on Rosenbrock's function after some calls, and how often it has evaluated it."""
    x, y = tensor(np.array([-1.5, 2.0, 0.3])), tensor(np.array([0.5, 1.0, -2.0]))
    opt = optim.LBFGS([x, y], **options)

    def closure() -> Any:
        opt.zero_grad()
        loss = ((1 - x) ** 2).sum() + 100 * ((y - x**2) ** 2).sum()
        loss.backward()
        return loss

    noted = []
    for _ in range(3):
        opt.step(closure)
        noted.append([*map(float, [*read(x), *read(y)]), opt.state[x]["func_evals"], opt.state[x]["n_iter"]])
    return noted


def scheduled(optim: Any, make: Callable[[Any, Any], Any], tensor: Any, steps: int = 38, **step: Any) -> list[Any]:
    """Return rate and momentum of two groups, step by step."""
    groups = [{"params": [tensor(np.ones(2))]}, {"params": [tensor(np.ones(2))], "lr": 0.03}]
    opt = optim.SGD(groups, lr=0.5, momentum=0.9)
    schedule = make(optim, opt)
    noted = []
    for i in range(steps):
        noted.append([x for group in opt.param_groups for x in (group["lr"], group["momentum"])])
        schedule.step(*([losses(i)] if step else []))
    return noted


def losses(i: int) -> float:
    return 1 / (1 + i * 0.05) + 0.05 * float(np.sin(7.0 * i))


def every_schedule(optim: Any, tensor: Any) -> dict[str, list[Any]]:
    found = {name: scheduled(optim, lambda m, o, f=f: f(m.lr_scheduler, o), tensor) for name, f in SCHEDULES.items()}
    for i, options in enumerate(PLATEAUS):
        make = lambda m, o, options=options: m.lr_scheduler.ReduceLROnPlateau(o, **options)  # noqa: E731
        found[f"plateau {i}"] = scheduled(optim, make, tensor, steps=60, by_loss=True)
    for i, options in enumerate(SWA):
        make = lambda m, o, options=options: m.swa_utils.SWALR(o, **options)  # noqa: E731
        found[f"swa {i}"] = scheduled(optim, make, tensor)
    return found


def _write() -> None:
    import torch
    import torch.optim._muon as muon

    torch.set_default_dtype(torch.float64)
    source = inspect.getsource(muon._zeropower_via_newtonschulz).replace("grad.bfloat16()", "grad.clone()")
    exec(source, vars(muon))

    def tensor(x: Any) -> Any:
        return torch.nn.Parameter(torch.tensor(x))

    def give(p: Any, g: Any) -> None:
        p.grad = torch.tensor(g)

    def read(p: Any) -> Any:
        return p.detach().numpy()

    updates = [trajectory(torch.optim, name, options, tensor, give, read) for name, options in CASES]
    found = {
        "updates": [{step: sample(numbers) for step, numbers in steps.items()} for steps in updates],
        "searches": [searched(torch.optim, options, tensor, read) for options in SEARCHES],
        "schedules": every_schedule(torch.optim, tensor),
    }
    STORED.write_text(json.dumps(rounded(found), separators=(",", ":")) + "\n")


def sample(numbers: list[float]) -> list[float]:
    """Return those that are stored."""
    return numbers[::7]


def rounded(x: Any) -> Any:
    if isinstance(x, dict):
        return {key: rounded(part) for key, part in x.items()}
    return [rounded(part) for part in x] if isinstance(x, list) else float(f"{x:.14g}")


if __name__ == "__main__":
    _write()
