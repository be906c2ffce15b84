"""What an optimiser holds of several parameters comes to the state of each when somebody looks: the same numbers."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf
from interrupts import AtCall, everywhere

import autograd_lite as ag
from autograd_lite import optim

OPTIMISERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": 0.9, "dampening": 0.3}, "Adam": {"amsgrad": True}, "NAdam": {}, "RAdam": {}, "Rprop": {},
    "Adagrad": {"initial_accumulator_value": 0.5}, "ASGD": {"t0": 2}, "RMSprop": {"centered": True, "momentum": 0.5},
}  # fmt: skip


def parameters() -> list[ag.Tensor]:
    return [leaf(np.linspace(-1, 1, 6).reshape(shape) * (i + 1)) for i, shape in enumerate([(6,), (2, 3)] * 5)]


def give(params: list[ag.Tensor], step: int, missing: int | None = None) -> None:
    for i, p in enumerate(params):
        g = np.sin(np.arange(6.0) * (1 + i) + step).reshape(p.shape)
        p.grad = None if i == missing else g


def numbers(params: list[ag.Tensor], opt: optim.Optimizer) -> list[Any]:
    state = [[(name, t.tolist()) for name, t in sorted(opt.state.get(p, {}).items())] for p in params]
    return [[p.tolist() for p in params], state]


def made(name: str, params: list[ag.Tensor]) -> optim.Optimizer:
    found: optim.Optimizer = getattr(optim, name)(params, lr=0.1, **OPTIMISERS[name])
    return found


def looked_at(opt: optim.Optimizer) -> None:
    assert opt.state is not None


def compiled(opt: optim.Optimizer) -> None:
    ag.compile(lambda: opt.step())()


def under_a_checkpoint(opt: optim.Optimizer) -> None:
    x = leaf(1.0)

    def f(x: Any) -> Any:
        opt.step()
        return x * 2.0

    ag.checkpoint(f)(x).backward()


BETWEEN: dict[str, Callable[[optim.Optimizer], Any]] = {
    "nothing": lambda opt: None,
    "a look": looked_at,
    "a saved state": lambda opt: opt.state_dict(),
    "a state that is loaded": lambda opt: opt.load_state_dict(opt.state_dict()),
    "a pickle": lambda opt: pickle.dumps(opt),
    "a copy": copy.deepcopy,
    "a state assigned": lambda opt: setattr(opt, "state", opt.state),
    "a shown one": repr,
}
STEPPING: dict[str, Callable[[optim.Optimizer], Any]] = {"compiled": compiled, "under a checkpoint": under_a_checkpoint}


@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("between", [*BETWEEN, *STEPPING])
def test_the_numbers_are_those_of_one_that_is_always_looked_at(between: str, name: str) -> None:
    (params, opt), (others, other) = [(ps, made(name, ps)) for ps in (parameters(), parameters())]
    for step in range(6):
        missing = 3 if step in (2, 4) else None
        give(params, step, missing)
        give(others, step, missing)
        (STEPPING[between] if between in STEPPING and step == 3 else lambda opt: opt.step())(opt)
        if step in (1, 3):
            BETWEEN.get(between, lambda opt: None)(opt)
        looked_at(other)
        other.step()
    for a, b in zip(numbers(params, opt), numbers(others, other), strict=True):
        assert str(a) == str(b) or between == "compiled"
        _near(a, b)


def _near(a: Any, b: Any) -> None:
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            _near(x, y)
    elif isinstance(a, str):
        assert a == b
    else:
        assert a == pytest.approx(b, rel=1e-12)


def test_a_state_that_was_looked_at_stays_up_to_date() -> None:
    params = parameters()
    opt = optim.Adam(params)
    give(params, 0)
    opt.step()
    count, mean = opt.state[params[0]]["step"], opt.state[params[0]]["exp_avg"]
    before = mean.tolist()
    opt.step()
    assert count.item() == 2
    assert mean.tolist() != before
    assert opt.state[params[0]]["exp_avg"] is mean


def test_two_groups_of_which_one_changes() -> None:
    def trained(look: bool) -> Any:
        params = parameters()
        opt = optim.Adam([{"params": params[:5]}, {"params": params[5:], "lr": 0.3}])
        for step in range(6):
            give(params, step, missing=7 if step % 2 else None)
            if look:
                looked_at(opt)
            opt.step()
        return numbers(params, opt)

    assert trained(look=True) == trained(look=False)


def test_nothing_is_taken_apart_while_nobody_looks() -> None:
    params = parameters()
    opt = optim.Adam(params)
    give(params, 0)
    for _ in range(3):
        opt.step()
    assert not opt._state
    assert opt.state_dict()["state"][3]["step"] == 3
    assert len(opt.state) == len(params)


def test_a_program_made_before_is_none_for_numbers_held_since() -> None:
    """A compiled step between plain ones, again and again."""
    params, others = parameters(), parameters()
    opt, other = optim.Adam(params, lr=0.1), optim.Adam(others, lr=0.1)
    step = ag.compile(lambda: opt.step())
    for i in range(9):
        give(params, i)
        give(others, i)
        (step if i % 3 == 1 else opt.step)()
        other.step()
    _near(numbers(params, opt), numbers(others, other))


def test_a_look_that_is_interrupted_loses_nothing() -> None:
    def trained() -> tuple[list[ag.Tensor], optim.Optimizer]:
        params = parameters()
        opt = optim.NAdam(params)
        for step in range(2):
            give(params, step)
            opt.step()
        return params, opt

    expected = numbers(*trained())
    for block in everywhere(AtCall):
        params, opt = trained()
        with block:
            looked_at(opt)
        assert numbers(params, opt) == expected
