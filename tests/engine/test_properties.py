"""Random programs, keys and shapes: what must hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import autograd_lite as ag
from autograd_lite.base.shapes import unbroadcast
from autograd_lite.engine.record import make_tensor
from autograd_lite.engine.tangents import forward
from autograd_lite.rules.indexing import getitem, scatter

FEW, MANY = 80, 3000
quick = settings(max_examples=FEW, deadline=None, derandomize=True)
long = settings(max_examples=MANY, deadline=None)

# ----- random programs -----
# A program is a list of steps. Each takes values made before (so that one value goes several ways) and makes another;
# at the end everything is summed. Values have shape (2, 3), or one that broadcasts with it.

SMOOTH: dict[str, tuple[int, Callable[..., Any]]] = {
    "add": (2, lambda a, b: a + b),
    "subtract": (2, lambda a, b: a - 2 * b),
    "multiply": (2, lambda a, b: a * b),
    "divide": (2, lambda a, b: a / (2 + np.cos(b))),
    "sin": (1, np.sin),
    "exp": (1, lambda a: np.exp(0.3 * a)),
    "tanh": (1, np.tanh),
    "square": (1, np.square),
    "power": (1, lambda a: a**3),
    "log": (1, lambda a: np.log(3 + np.sin(a))),
    "sum of an axis": (1, lambda a: np.sum(a, axis=-1, keepdims=True)),
    "mean of all": (1, np.mean),
    "a row": (1, lambda a: wide(a)[1]),
    "a column twice": (1, lambda a: wide(a)[:, [0, 0, 2]]),
    "backwards": (1, lambda a: wide(a)[::-1, ::-1]),
    "by a mask": (1, lambda a: np.sum(wide(a)[MASK])),
    "matmul": (2, lambda a, b: wide(a) @ np.transpose(wide(b)) @ wide(a)),
    "reshape": (1, lambda a: np.reshape(np.transpose(wide(a)), (2, 3))),
    "concatenate": (2, lambda a, b: np.concatenate([wide(a), wide(b)])[1:3]),
    "stack": (2, lambda a, b: np.stack([wide(a), wide(b)]).sum(0)),
    "cumsum": (1, lambda a: np.cumsum(wide(a), axis=1)),
    "einsum": (2, lambda a, b: np.einsum("ij,kj->ik", wide(a), wide(b)) @ wide(a)),
    "roll": (1, lambda a: np.roll(wide(a), 1, axis=1)),
    "assignment": (2, lambda a, b: assigned(a, b)),
}
KINKED: dict[str, tuple[int, Callable[..., Any]]] = SMOOTH | {
    "maximum": (2, np.maximum),
    "minimum": (2, np.minimum),
    "absolute": (1, np.abs),
    "clip": (1, lambda a: np.clip(a, -0.5, 0.5)),
    "relu": (1, ag.relu),
    "where": (2, lambda a, b: np.where(a > b, a * b, b)),
    "max": (1, np.max),
    "min of an axis": (1, lambda a: np.min(wide(a), axis=0)),
    "sort": (1, lambda a: np.sort(wide(a), axis=-1)),
    "norm": (1, lambda a: np.linalg.norm(1 + a * a)),
    "std": (1, lambda a: np.std(wide(a) + np.arange(3.0))),
    "prod": (1, lambda a: np.prod(wide(a), axis=1, keepdims=True)),
    "softmax": (1, lambda a: ag.softmax(wide(a))),
    "sigmoid": (1, ag.sigmoid),
}
MASK = np.array([[True, False, True], [False, True, True]])
SHAPES = ((2, 3), (3,), (2, 1), (), (1, 3))


def wide(a: Any) -> Any:
    return np.broadcast_to(a, (2, 3)) if np.shape(a) != (2, 3) else a


def assigned(a: Any, b: Any) -> Any:
    target = wide(a) * 1
    target[:, 0] = wide(b)[:, 1]
    target[0] += target[1] * 2
    return target


def steps(table: dict[str, Any]) -> st.SearchStrategy[list[tuple[str, int, int]]]:
    step = st.tuples(st.sampled_from(sorted(table)), st.integers(0, 30), st.integers(0, 30))
    return st.lists(step, min_size=1, max_size=7)


@np.errstate(all="ignore")  # a program whose numbers grow too large is given up
def run(table: dict[str, Any], program: list[tuple[str, int, int]], inputs: list[Any]) -> Any:
    known = list(inputs)
    for name, *places in program:
        arity, f = table[name]
        known.append(f(*(known[p % len(known)] for p in places[:arity])))
    total = known[0]
    for value in known[1:]:
        total = total + value
    return np.sum(total)


def arrays(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[list[np.ndarray]]:
    one = st.sampled_from(SHAPES).flatmap(lambda shape: hnp.arrays(float, shape, elements=numbers))
    return st.lists(one, min_size=1, max_size=3)


def gradients(table: dict[str, Any], program: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    leaves = [ag.Tensor(x, requires_grad=True) for x in inputs]
    run(table, program, leaves).backward()
    return [np.zeros(x.shape) if x.grad is None else x.grad.numpy() for x in leaves]


def along(found: list[np.ndarray], directions: list[np.ndarray]) -> float:
    return float(sum((g * d).sum() for g, d in zip(found, directions, strict=True)))


def check_smooth(program: Any, inputs: list[np.ndarray]) -> None:
    """A complex step has no difference in it, so that the comparison is to the last digits."""
    directions = [np.random.default_rng(i).uniform(-1, 1, x.shape) for i, x in enumerate(inputs)]
    step = 1e-150j
    moved = run(SMOOTH, program, [x + step * d for x, d in zip(inputs, directions, strict=True)])
    expected = moved.imag / abs(step)
    assume(np.isfinite(expected) and abs(moved.real) < 1e9)
    found = gradients(SMOOTH, program, inputs)
    scale = 1 + sum(float(np.abs(g).sum()) for g in found)
    assert abs(along(found, directions) - expected) <= 1e-11 * scale


def check_kinked(program: Any, inputs: list[np.ndarray]) -> None:
    """Central differences, where two steps and both sides agree: elsewhere there is a kink.

    The inputs are moved a little, each element by another amount, so that no two kinks lie in one place and cancel.
    """
    inputs = [x + np.random.default_rng(7 + i).uniform(1e-3, 2e-2, x.shape) for i, x in enumerate(inputs)]
    directions = [np.random.default_rng(i).uniform(-1, 1, x.shape) for i, x in enumerate(inputs)]

    def value(s: float) -> float:
        return float(run(KINKED, program, [x + s * d for x, d in zip(inputs, directions, strict=True)]))

    assume(abs(value(0)) < 1e6)
    one, two = ((value(h) - value(-h)) / (2 * h) for h in (1e-4, 1e-6))
    bend = (value(1e-6) - 2 * value(0) + value(-1e-6)) / 1e-6
    scale = 1 + abs(one)
    assume(np.isfinite(one) and abs(one - two) < 1e-5 * scale and abs(bend) < 1e-3 * scale)
    found = gradients(KINKED, program, inputs)
    assert abs(along(found, directions) - two) < 1e-4 * (scale + sum(float(np.abs(g).max(initial=0)) for g in found))


def check_modes(program: Any, inputs: list[np.ndarray]) -> None:
    """Forward and reverse are each other's transpose, at kinks and ties too; and twice the same is the same."""
    leaves = [ag.Tensor(x, requires_grad=True) for x in inputs]
    y = run(KINKED, program, leaves)
    assume(np.isfinite(y.item()) and abs(y.item()) < 1e9)
    directions = [np.random.default_rng(i).uniform(-1, 1, x.shape) for i, x in enumerate(inputs)]
    start = {x._node: make_tensor(d) for x, d in zip(leaves, directions, strict=True)}
    ahead = forward([y._node], start, recorded=True)[y._node].item()
    one, two = (gradients(KINKED, program, inputs) for _ in range(2))
    assert [g.tobytes() for g in one] == [g.tobytes() for g in two]
    scale = 1 + sum(float(np.abs(g).sum()) for g in one)
    assert abs(along(one, directions) - ahead) <= 1e-10 * scale


smooth = (steps(SMOOTH), arrays(st.floats(-1.5, 1.5)))
kinked = (steps(KINKED), arrays(st.floats(-1.5, 1.5)))
tied = (steps(KINKED), arrays(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0])))


@quick
@given(*smooth)
def test_smooth_programs_agree_with_a_complex_step(program: Any, inputs: Any) -> None:
    check_smooth(program, inputs)


@quick
@given(*kinked)
def test_programs_agree_with_differences_away_from_kinks(program: Any, inputs: Any) -> None:
    check_kinked(program, inputs)


@quick
@given(*tied)
def test_both_modes_agree_at_ties_and_kinks(program: Any, inputs: Any) -> None:
    check_modes(program, inputs)


@pytest.mark.slow
@long
@given(*smooth)
def test_many_smooth_programs(program: Any, inputs: Any) -> None:
    check_smooth(program, inputs)


@pytest.mark.slow
@long
@given(*kinked)
def test_many_programs(program: Any, inputs: Any) -> None:
    check_kinked(program, inputs)


@pytest.mark.slow
@long
@given(*tied)
def test_many_programs_at_ties(program: Any, inputs: Any) -> None:
    check_modes(program, inputs)


# ----- what shifts as a whole -----


@quick
@given(hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=4), elements=st.integers(-2, 2).map(float)))
def test_extrema_share_their_gradient_equally_among_ties(x: np.ndarray) -> None:
    for fn in (np.max, np.min):
        t = ag.Tensor(x, requires_grad=True)
        y = fn(t)
        y.backward()
        expected = (x == y.item()) / np.count_nonzero(x == y.item())
        np.testing.assert_allclose(t.grad.numpy(), expected, rtol=1e-15)


@quick
@given(st.lists(st.integers(-2, 2), min_size=1, max_size=6), st.lists(st.integers(-2, 2), min_size=1, max_size=6))
def test_the_parts_of_a_maximum_sum_to_one(first: list[int], second: list[int]) -> None:
    a = ag.Tensor(np.array(first, float)[:, None], requires_grad=True)
    b = ag.Tensor(np.array(second, float), requires_grad=True)
    for fn in (np.maximum, np.minimum, np.fmax, np.fmin):
        a.zero_grad(), b.zero_grad()
        fn(a, b).sum().backward()
        assert a.grad.sum().item() + b.grad.sum().item() == len(first) * len(second)


# ----- adjoints: <f(x), v> = <x, f*(v)> -----


@st.composite
def keyed(draw: Any) -> tuple[tuple[int, ...], Any]:
    """Draw a shape and an index into it: numbers, slices, newaxis, dots, integer arrays with repeats, or a mask."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    basic = hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True)
    fancy = hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=0, max_dims=2, max_side=4))
    mask = hnp.arrays(bool, shape)
    mixed = st.tuples(hnp.arrays(int, (3,), elements=st.integers(-shape[0], shape[0] - 1)), st.just(Ellipsis))
    return shape, draw(st.one_of(basic, fancy, mask, mixed))


@quick
@given(keyed(), st.integers(0, 9))
def test_scatter_is_the_adjoint_of_getitem(drawn: Any, seed: int) -> None:
    shape, key = drawn
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape)
    v = np.asarray(rng.standard_normal(np.shape(x[key])))
    t = ag.Tensor(x, requires_grad=True)
    y = t[key]
    np.testing.assert_array_equal(y.detach().numpy(), x[key])
    if y.requires_grad:
        y.backward(v)
        np.testing.assert_array_equal(t.grad.numpy(), scatter(v, key=key, shape=shape))
    left, right = (x[key] * v).sum(), (x * scatter(v, key=key, shape=shape)).sum()
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(getitem(x, key=key), x[key])


@quick
@given(keyed(), st.integers(0, 9))
def test_assignment_is_linear_and_has_its_adjoint(drawn: Any, seed: int) -> None:
    shape, key = drawn
    rng = np.random.default_rng(seed)
    x, g = rng.standard_normal(shape), rng.standard_normal(shape)
    v = np.asarray(rng.standard_normal(np.shape(x[key])))
    a, b = ag.Tensor(x, requires_grad=True), ag.Tensor(v, requires_grad=True)
    y = a * 1
    y[key] = b
    expected = x.copy()
    expected[key] = v
    np.testing.assert_array_equal(y.detach().numpy(), expected)
    y.backward(g)
    found = (a.grad.numpy() * x).sum() + (b.grad.numpy() * v).sum()
    np.testing.assert_allclose(found, (expected * g).sum(), rtol=1e-12, atol=1e-12)


@quick
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, min_side=0), st.integers(0, 9))
def test_unbroadcast_is_the_adjoint_of_broadcasting(shapes: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for shape in shapes.input_shapes:
        x, v = rng.standard_normal(shape), rng.standard_normal(shapes.result_shape)
        back = unbroadcast(v, shape)
        assert back.shape == shape
        np.testing.assert_allclose((np.broadcast_to(x, v.shape) * v).sum(), (x * back).sum(), rtol=1e-12, atol=1e-12)


@quick
@given(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3), st.integers(0, 9))
def test_broadcasting_of_three_operands(shapes: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = [rng.uniform(0.5, 1.5, shape) for shape in shapes.input_shapes]
    leaves = [ag.Tensor(x, requires_grad=True) for x in inputs]
    (leaves[0] * leaves[1] / leaves[2]).sum().backward()
    a, b, c = inputs
    expected = (b / c, a / c, -a * b / (c * c))
    for x, e in zip(leaves, expected, strict=True):
        wanted = unbroadcast(np.broadcast_to(e, shapes.result_shape), x.shape)
        np.testing.assert_allclose(x.grad.numpy(), wanted, rtol=1e-12)
