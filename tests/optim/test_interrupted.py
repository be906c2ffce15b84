"""A Ctrl-C at any place leaves a step, a schedule, a mean, a clipping, a loaded state as a whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf
from interrupts import AtCall, BeforeBytecode, everywhere

from autograd_lite import nn, optim

Case = tuple[Callable[[], Any], Callable[[], Any]]
"""What is done, and what is to be as it was before it or as it is after it."""


def parameters(joined: bool) -> list[Any]:
    params = [leaf([1.0, -2.0]), leaf([[0.5, 1.0]])] if not joined else [leaf([1.0, -2.0 * i]) for i in range(5)]
    for p in params:
        p.grad = np.ones(p.shape)
    return params


def seen(params: list[Any], opt: Any) -> Any:
    """Return all numbers; what is as it was at the beginning says that nothing has happened yet."""
    state = [[(k, s.tolist()) for k, s in sorted(opt.state.get(p, {}).items())] for p in params]
    steps = [dict(one).get("step", 1.0) for one in state]
    return [p.tolist() for p in params], [one if step else [] for one, step in zip(state, steps, strict=True)]


def a_step(name: str, joined: bool) -> Case:
    params = parameters(joined)
    opt = getattr(optim, name)(params)
    opt.step()
    return opt.step, lambda: seen(params, opt)


def a_first_step() -> Case:
    params = parameters(joined=True)
    opt = optim.AdamW(params)
    return opt.step, lambda: seen(params, opt)


def of_lbfgs() -> Case:
    x = leaf([1.0, 2.0])
    opt = optim.LBFGS([x], max_iter=2, line_search_fn="strong_wolfe", lr=0.1)

    def closure() -> Any:
        opt.zero_grad()
        loss = (x * x * x * x).sum()
        loss.backward()
        return loss

    opt.step(closure)
    return lambda: opt.step(closure), lambda: (x.tolist(), opt.state[x]["n_iter"], opt.state[x]["t"])


def of_a_schedule() -> Case:
    opt = optim.SGD([{"params": [leaf(1.0)]}, {"params": [leaf(1.0)], "lr": 0.3}], momentum=0.9)
    parts = [optim.lr_scheduler.CyclicLR(opt, 0.1, 0.5, 3), optim.lr_scheduler.ExponentialLR(opt, 0.5)]
    schedule = optim.lr_scheduler.ChainedScheduler(parts)

    def look() -> Any:
        groups = [(group["lr"], group["momentum"]) for group in opt.param_groups]
        return groups, [part.last_epoch for part in parts], [part.get_last_lr() for part in (*parts, schedule)]

    return schedule.step, look


def of_a_loaded_state() -> Case:
    params = parameters(joined=False)
    opt = optim.Adam([{"params": params[:1]}, {"params": params[1:]}], lr=0.1)
    opt.step()
    saved = opt.state_dict()
    opt.step()
    opt.lr = 0.7
    return lambda: opt.load_state_dict(saved), lambda: (seen(params, opt), [g["lr"] for g in opt.param_groups])


def of_a_mean() -> Case:
    model = nn.Linear(2, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    averaged = optim.swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    for p in model.parameters():
        p.assign(p + 1.0)
    names = ("module.weight", "module.bias", "n_averaged")
    return lambda: averaged.update_parameters(model), lambda: [averaged.state_dict()[name].tolist() for name in names]


def of_a_clipping() -> Case:
    params = parameters(joined=True)
    return lambda: nn.utils.clip_grad_norm_(params, 0.1), lambda: [p.grad.tolist() for p in params]


CASES: dict[str, Callable[[], Case]] = {
    **{
        f"{name}{' joined' * joined}": lambda name=name, joined=joined: a_step(name, joined)
        for name in ("Adam", "NAdam", "ASGD", "Rprop")
        for joined in (False, True)
    },
    "Adafactor": lambda: a_step("Adafactor", False),
    "a first step": a_first_step,
    "LBFGS": of_lbfgs,
    "a schedule": of_a_schedule,
    "a state": of_a_loaded_state,
    "a mean": of_a_mean,
    "clipping": of_a_clipping,
}
FINEST = ("Adam joined", "a schedule", "a state")
"""At every bytecode, the others where CPython handles signals."""


@pytest.mark.parametrize("case", CASES)
def test_interrupted_anywhere_it_happens_wholly_or_not(case: str) -> None:
    do, look = CASES[case]()
    states = [look()]
    do()
    states.append(look())
    assert states[0] != states[1]
    found = []
    for block in everywhere(BeforeBytecode if case in FINEST else AtCall):
        do, look = CASES[case]()
        with np.errstate(), block:
            do()
        found.append(states.index(look()))
    assert found == sorted(found)
    assert set(found) == {0, 1}
    assert len(found) > 20
