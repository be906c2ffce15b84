"""Small parameters that are updated as one array: the numbers, the state, and what their user does in between."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite.optim import SGD, Optimizer
from autograd_lite.optim import joined as joining
from autograd_lite.optim.optimizer import check_setting

SHAPES = [(3,), (), (2, 3), (0,), (1, 1), (joining.SMALL + 1,), (4,), (2,), (3, 2), (1,), (5,)]
SETTINGS: list[dict[str, Any]] = [
    {}, {"weight_decay": 0.3}, {"momentum": 0.9}, {"momentum": 0.9, "dampening": 0.4, "weight_decay": 0.1},
    {"momentum": 0.9, "nesterov": True},
]  # fmt: skip


class Counting(Optimizer):
    """Adam's kind of step: of the gradient, of two remembered arrays, and of how often it was done."""

    def __init__(self, params: Any, lr: float = 0.1) -> None:
        super().__init__(params, lr=lr)

    def check(self, settings: Any) -> None:
        check_setting("lr", settings["lr"])

    def rule(self, group: Any) -> Any:
        def update(p: Any, g: Any, state: Any) -> Any:
            step = state.number("step") + 1
            state.set_number("step", step)
            state["mean"] = mean = 0.9 * state["mean"] + 0.1 * g
            state["square"] = square = 0.99 * state["square"] + 0.01 * g * g
            bias = [(1 - beta**step).astype(p.dtype) for beta in (0.9, 0.99)]
            return p - group["lr"] * (mean / bias[0]) / (np.sqrt(square / bias[1]) + 1e-8)

        return update


MAKERS: dict[str, Callable[[Any], Optimizer]] = {
    **{str(settings): lambda params, s=settings: SGD(params, lr=0.1, **s) for settings in SETTINGS},
    "of the user's": Counting,
}


def parameters(dtype: Any = np.float64) -> list[ag.Tensor]:
    rng = np.random.default_rng(0)
    return [leaf(rng.standard_normal(shape).astype(dtype)) for shape in SHAPES]


def given(params: list[ag.Tensor], step: int, missing: int | None = None) -> None:
    for i, p in enumerate(params):
        g = np.random.default_rng((step, i)).standard_normal(p.shape).astype(p.dtype)
        p.grad = None if i == missing else g


def values(params: list[ag.Tensor], opts: list[Optimizer]) -> list[Any]:
    state = [(name, t.detach().numpy().tobytes()) for opt in opts for p in params
             for name, t in sorted(opt.state.get(p, {}).items())]  # fmt: skip
    return [[(p.shape, p.dtype, p.detach().numpy().tobytes()) for p in params], state]


def bases(params: list[ag.Tensor]) -> set[int]:
    return {id(p._data.base) for p in params if p.size <= joining.SMALL}


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
@pytest.mark.parametrize("maker", MAKERS)
def test_the_numbers_are_those_of_one_after_the_other(maker: str, dtype: Any) -> None:
    if maker == "of the user's" and dtype is np.complex128:
        pytest.skip("takes no complex parameters")
    together, single = parameters(dtype), parameters(dtype)
    opt, opts = MAKERS[maker](together), [MAKERS[maker]([p]) for p in single]
    for step in range(5):
        missing = 2 if step == 2 else None
        given(together, step, missing)
        given(single, step, missing)
        opt.step()
        for i, other in enumerate(opts):
            if i != missing:
                other.step()
        assert values(together, [opt]) == values(single, opts)
        if step < 2:
            assert len(bases(together)) == 1


def test_large_ones_and_other_dtypes_have_arrays_of_their_own() -> None:
    small, single = [leaf([float(i)]) for i in range(8)], [leaf(np.ones(n, np.float32)) for n in range(8)]
    large = leaf(np.ones(joining.SMALL + 1))
    turned = leaf(np.ones((3, 2)).T)
    params = [*small, *single, large, turned]
    opt = SGD(params, lr=0.5)
    for _ in range(2):
        for p in params:
            p.grad = np.ones(p.shape, p.dtype)
        opt.step()
    assert len({id(p._data.base) for p in small}) == 1
    assert len({id(p._data.base) for p in single}) == 1
    assert small[0]._data.base is not single[0]._data.base
    assert large._data.base is None
    assert all(p.dtype == q.dtype for p, q in zip(params, [*small, *single, large, turned], strict=True))


def test_a_node_keeps_what_it_has_saved() -> None:
    """The joined array is a new one at each step."""
    w, others = leaf([1.0, 2.0]), [leaf([3.0]) for _ in range(9)]
    opt = SGD([w, *others], lr=1.0)
    for p in (w, *others):
        p.grad = np.ones(p.shape)
    opt.step()
    loss = (w * w).sum()
    opt.step()
    opt.zero_grad()
    loss.backward()
    assert w.grad.tolist() == [0.0, 2.0]  # of the values in the middle


WAYS: dict[str, Callable[[ag.Tensor], None]] = {
    "assigned": lambda p: p.assign([5.0, 5.0]),
    "written to": lambda p: p.data.__setitem__(slice(None), 5.0),
    "written to, held": lambda p: HELD.append(p.data),
    "in place": lambda p: in_place(p),
}
HELD: list[Any] = []


def in_place(p: ag.Tensor) -> None:
    with ag.no_grad():
        p *= 0.0
        p += 5.0


@pytest.mark.parametrize("way", WAYS)
def test_other_values_are_what_the_next_step_begins_with(way: str) -> None:
    params = [leaf([1.0, 1.0]), *[leaf([2.0]) for _ in range(9)]]
    opt = SGD(params, lr=1.0, momentum=0.5)
    for _ in range(2):
        for p in params:
            p.grad = np.ones(p.shape)
        opt.step()
    WAYS[way](params[0])
    if HELD:
        HELD.pop()[:] = 5.0
    opt.state[params[0]]["momentum_buffer"].assign([0.0, 0.0])
    before = params[1].item()
    opt.step()
    assert params[0].tolist() == [4.0, 4.0]
    assert params[1].item() == before - 1.75
    opt.state.clear()
    opt.step()
    assert params[0].tolist() == [3.0, 3.0]
    assert params[1].item() == before - 2.75


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("maker", MAKERS)
def test_a_copy_goes_on_by_itself(copied: Any, maker: str) -> None:
    params = parameters()
    opt = MAKERS[maker](params)
    given(params, 0)
    opt.step()
    twins, twin = copied((params, opt))
    for step in (1, 2):
        given(params, step)
        opt.step()
    between = values(params, [opt])
    for step in (1, 2):
        given(twins, step)
        twin.step()
    assert values(params, [opt]) == between == values(twins, [twin])


def test_parameters_of_other_counts_are_joined_among_themselves() -> None:
    params = [leaf([1.0]) for _ in range(5)]
    opt = Counting(params)
    given(params, 0, missing=1)
    opt.step()
    for step in (1, 2):
        given(params, step)
        opt.step()
    assert [opt.state[p]["step"].item() for p in params] == [3, 2, 3, 3, 3]
    assert len({id(params[i]._data.base) for i in (0, 2, 3, 4)}) == 1
    opt.state[params[0]]["step"].assign(7.0)
    given(params, 3)
    opt.step()
    assert [opt.state[p]["step"].item() for p in params] == [8, 3, 4, 4, 4]


@pytest.mark.parametrize("backend", ["numpy", "cc"])
@pytest.mark.parametrize("maker", MAKERS)
def test_a_compiled_step_goes_on_where_an_eager_one_has_left_off(maker: str, backend: str) -> None:
    def training(compiled: bool) -> Any:
        params = [leaf([1.0, 2.0]), leaf(np.ones((2, 2))), leaf(3.0)]
        opt = MAKERS[maker](params)

        def step(x: Any) -> Any:
            opt.zero_grad()
            loss = sum((np.sin(p) * x).sum() for p in params)
            loss.backward()
            opt.step()
            return loss

        called = ag.compile(step, backend=backend)
        for i in range(7):
            (called if compiled and i % 3 else step)(ag.Tensor(0.5 + i))
        return [p.detach().numpy() for p in params]

    for a, b in zip(training(compiled=True), training(compiled=False), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
