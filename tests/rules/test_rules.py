"""Every row of the table of rules: value, dtype, both modes, second order, layouts of memory, purity.

The reference is central differences of seven points in float64, whose own error is about 1e-11 here.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from cases import BINARY, CASES, Case, X, numbers, rows, variants
from helpers import registered

import autograd_lite as ag
from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.forms import bilinear, custom, elementwise, linear
from autograd_lite.engine.graph import ConstantInput, Node, reachable
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import WITHOUT_FAST_PATH, apply, make_tensor
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.engine.several import Bundle, Kinds
from autograd_lite.engine.tangents import forward
from autograd_lite.rules import constant

Array = np.ndarray
STEP = 2e-3
SINGLE = 2e-4
STENCIL = {1: 45 / 60, 2: -9 / 60, 3: 1 / 60}

# ----- the reference, and what is compared with it -----


def differences(f: Callable[[float], list[Array]]) -> list[Array]:
    """Return the derivatives at 0 of a function of one number with several arrays as its value."""
    totals: list[Any] = []
    for k, weight in STENCIL.items():
        change = [weight * (up - down) / STEP for up, down in zip(f(k * STEP), f(-k * STEP), strict=True)]
        totals = [a + b for a, b in zip(totals, change, strict=True)] if totals else change
    return totals


def moved(inputs: tuple[Array, ...], directions: list[Array], s: float) -> list[Array]:
    return [x + s * t for x, t in zip(inputs, directions, strict=True)]


def randoms(rng: np.random.Generator, like: Any) -> list[Array]:
    """Return numbers for each array; complex ones for complex ones."""
    parts = [rng.uniform(-1, 1, np.shape(x)) for x in like]
    turns = [1j * rng.uniform(-1, 1, np.shape(x)) if np.iscomplexobj(x) else 0 for x in values(like)]
    return [np.asarray(part + turn) for part, turn in zip(parts, turns, strict=True)]


def product(v: Array, d: Array) -> float:
    """Return how far a step goes along a gradient, which for complex numbers is the conjugate of a cotangent."""
    return float(np.real(np.conjugate(v) * d).sum())


def values(results: list[Any]) -> list[Array]:
    return [r.numpy() if isinstance(r, ag.Tensor) else np.asarray(r) for r in results]


def leaves(inputs: Any) -> list[ag.Tensor]:
    return [ag.Tensor(x, requires_grad=True) for x in inputs]


def sweep_back(row: Case, xs: list[Any], seeds: list[Array], **options: bool) -> list[Any]:
    """Return the gradient of every input, Tensors throughout, zeros where nothing flows."""
    for y, v in zip(row(*xs), seeds, strict=True):
        if isinstance(y, ag.Tensor) and y.requires_grad:
            y.backward(v, retain_graph=True, **options)
    return [gradient(x) for x in xs if isinstance(x, ag.Tensor)]


def gradient(x: ag.Tensor) -> ag.Tensor:
    return ag.Tensor(np.zeros_like(x.numpy())) if x.grad is None else x.grad


def sweep_forward(outputs: list[Any], xs: list[ag.Tensor], tangents: list[Array]) -> list[Array]:
    """Return the derivative of every output in the direction of `tangents`, the same on arrays and on Tensors."""
    roots = [y._node for y in outputs if isinstance(y, ag.Tensor) and y.requires_grad]
    start: dict[Node, Any] = {x._node: t for x, t in zip(xs, tangents, strict=True)}
    plain = forward(roots, start, recorded=False)
    found = forward(roots, {node: make_tensor(t) for node, t in start.items()}, recorded=True)
    for node, t in plain.items():
        if isinstance(t, Bundle):  # of several arrays, each of which is the tangent of a node of its own
            assert [x is None for x in t] == [x is None for x in found[node]]
            continue
        assert (type(t), t.dtype) == (np.ndarray, node.dtype)
        rounding = 500 * np.finfo(t.dtype).eps  # additions may be in another order
        np.testing.assert_allclose(t, found[node].numpy(), rtol=rounding, atol=rounding)
    return [found[y._node].numpy() if getattr(y, "_node", None) in found else np.zeros(np.shape(y)) for y in outputs]


def assert_close(actual: Any, expected: Any, tolerance: float = 1e-9) -> None:
    for a, e in zip(values(actual), expected, strict=True):
        scale = max(1.0, float(np.abs(e).max(initial=0)))
        np.testing.assert_allclose(a, e, rtol=tolerance, atol=tolerance * scale)


# ----- the checks -----


def check_value(row: Case) -> None:
    expected = values(row(*row.inputs))
    for got, want in zip(row(*leaves(row.inputs)), expected, strict=True):
        if isinstance(got, ag.Tensor):
            assert (got.shape, got.dtype) == (want.shape, want.dtype)
        np.testing.assert_allclose(values([got])[0], want, rtol=1e-13, atol=1e-15)


def check_reverse(row: Case) -> None:
    seeds = randoms(row.rng(), row(*row.inputs))
    xs = leaves(row.inputs)
    found = sweep_back(row, xs, seeds)
    for k, x in enumerate(row.inputs):
        assert (found[k].shape, found[k].dtype) == (x.shape, x.dtype)
        expected = np.zeros_like(x)
        for place, unit in itertools.product(np.ndindex(x.shape), (1, 1j) if np.iscomplexobj(x) else (1,)):
            directions = [np.zeros_like(z) for z in row.inputs]
            directions[k][place] = unit
            slopes = differences(lambda s, d=directions: values(row(*moved(row.inputs, d, s))))
            expected[place] += unit * sum(map(product, seeds, slopes))
        assert_close([found[k]], [expected])


def record_of(results: list[Any]) -> list[Any]:
    """Return what was recorded: for each node its operation, settings, inputs, and what the rules are called with."""

    def shown(x: Any) -> Any:
        if isinstance(x, Node):
            return places.get(x, "where there is no derivative")
        if isinstance(x, ConstantInput):
            return x.shape, x.dtype, x.name
        if isinstance(x, Kinds):
            return x.each
        return (x.dtype, x.shape, x.tobytes()) if isinstance(x, np.ndarray) else repr(x)

    nodes = reachable([y._node for y in results if isinstance(y, ag.Tensor) and y.requires_grad])
    places = {node: i for i, node in enumerate(nodes)}
    return [
        (node.op, node.shape, shown(node.dtype), repr(dict(node.settings)), [shown(x) for x in node.inputs],
         [(places[to], getattr(rule, "func", rule), [shown(x) for x in saved], i) for to, rule, saved, i in node.edges])
        for node in nodes
    ]  # fmt: skip


def check_forward(row: Case) -> None:
    rng = row.rng()
    seeds, tangents = randoms(rng, row(*row.inputs)), randoms(rng, row.inputs)
    xs = leaves(row.inputs)
    ahead = sweep_forward(row(*xs), xs, tangents)
    assert_close(ahead, differences(lambda s: values(row(*moved(row.inputs, tangents, s)))))
    back = sweep_back(row, xs, seeds)
    left = sum(map(product, seeds, ahead))
    right = sum(product(g.numpy(), t) for g, t in zip(back, tangents, strict=True))
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12)


def check_second_order(row: Case) -> None:
    """The gradient, recorded, times a direction: its gradient is a column of the Hessian, in both modes."""
    rng = row.rng()
    seeds, tangents = randoms(rng, row(*row.inputs)), randoms(rng, row.inputs)

    def first(s: float) -> list[Array]:
        return values(sweep_back(row, leaves(moved(row.inputs, tangents, s)), seeds))

    expected = differences(first)
    xs = leaves(row.inputs)
    found = sweep_back(row, xs, seeds, create_graph=True)
    assert_close(sweep_forward(found, xs, tangents), expected)
    for x in xs:
        x.zero_grad()
    along = sum((g.conj() * t).real.sum() for g, t in zip(found, tangents, strict=True))
    if along.requires_grad:
        along.backward()
    assert_close([gradient(x) for x in xs], expected)


@rows(every=True)
def test_value_is_that_of_numpy(row: Case) -> None:
    check_value(row)


@rows(every=True)
def test_gradient_is_that_of_differences(row: Case) -> None:
    check_reverse(row)


@rows(every=True)
def test_forward_mode_agrees_with_differences_and_with_the_gradient(row: Case) -> None:
    check_forward(row)


@rows()
def test_second_order_is_that_of_differences_of_gradients(row: Case) -> None:
    check_second_order(row)


@rows()
def test_lanes_record_what_apply_does(row: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two fast paths of an operation, that for while somebody observes and the other, record what `apply` does."""
    seen: list[Op] = []
    for _ in range(WITHOUT_FAST_PATH):
        row(*leaves(row.inputs))
    results = [row(*leaves(row.inputs))]
    with observe(lambda op, *_: seen.append(op)):
        results.append(row(*leaves(row.inputs)))
        count = len(seen)
        for op in {op for op in seen if op.form != "composite"}:  # which nobody records, and NumPy carried out
            assert op.cache.fast_path is not None
            monkeypatch.setattr(op.cache, "observed", lambda *given, op=op, settings: apply(op, given, settings))
        results.append(row(*leaves(row.inputs)))
    assert seen[:count] == seen[count:]
    fast, observed, slow = results
    assert record_of(fast) == record_of(observed) == record_of(slow)
    for a, b, c in zip(values(fast), values(observed), values(slow), strict=True):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()) == (c.dtype, c.shape, c.tobytes())


def double(x: Array) -> Array:
    return x.astype(np.result_type(x, float))


@rows(variants("float32", "complex64"))
def test_single_precision_stays_single_and_is_double_precision_rounded(row: Case) -> None:
    xs, exact = leaves(row.inputs), leaves(map(double, row.inputs))
    ys, wide = row(*xs), row(*exact)
    assert [y.dtype for y in ys] == [y.dtype for y in row(*row.inputs)]
    assert_close(ys, values(wide), SINGLE)
    seeds = randoms(row.rng(), ys)
    tangents = [t.astype(x.dtype) for t, x in zip(randoms(row.rng(), xs), xs, strict=True)]
    ahead = sweep_forward(ys, xs, tangents)
    assert [d.dtype for d in ahead if d.any()] == [y.dtype for y, d in zip(ys, ahead, strict=True) if d.any()]
    assert_close(ahead, sweep_forward(wide, exact, list(map(double, tangents))), SINGLE)
    back = sweep_back(row, xs, seeds)
    assert all(g.dtype == x.dtype for g, x in zip(back, xs, strict=True) if x.grad is not None)
    assert_close(back, values(sweep_back(row, exact, seeds)), SINGLE)


def scattered(x: Array) -> Iterator[Array]:
    """Yield the same numbers in other layouts of memory: columns first, backwards, with gaps."""
    yield np.array(x, order="F")
    backwards = tuple([slice(None, None, -1)] * x.ndim)
    yield np.array(x[backwards])[backwards or ...]
    wide = np.full(tuple(2 * n for n in x.shape), np.nan, x.dtype)
    gaps = tuple([slice(None, None, 2)] * x.ndim)
    wide[gaps] = x
    yield wide[gaps or ...]


@rows()
def test_the_layout_of_memory_does_not_matter(row: Case) -> None:
    seeds = randoms(row.rng(), row(*row.inputs))
    expected = values(sweep_back(row, leaves(row.inputs), seeds))
    for layout in zip(*(scattered(x) for x in row.inputs), strict=True):
        xs = []
        for x in layout:
            t = make_tensor(x)  # without the copy that the constructor makes
            t.requires_grad = True
            xs.append(t)
        ys = row(*xs)
        turned = [np.array(v, order="F") for v in seeds]
        found = sweep_back(row, xs, turned)
        assert_close(found, expected, 1e-12)
        assert_close(ys, values(row(*row.inputs)), 1e-12)


@rows()
def test_nothing_given_is_changed_or_shared(row: Case) -> None:
    seeds = randoms(row.rng(), row(*row.inputs))
    given = [ag.Tensor(v) for v in seeds]
    exposed = [v.numpy() for v in given]
    xs = leaves(row.inputs)
    found = values(sweep_back(row, xs, given))
    again = values(sweep_back(row, leaves(row.inputs), seeds))
    for x, before, one, two in zip(xs, row.inputs, found, again, strict=True):
        assert np.array_equal(x.numpy(), before, equal_nan=True)
        assert one.tobytes() == two.tobytes(), "a second run gives other bits"
        assert one.flags.writeable
        assert not any(np.shares_memory(one, other) for other in (*exposed, *seeds, x.numpy()))
    assert all(np.array_equal(v, w) for v, w in zip(exposed, seeds, strict=True))
    assert not any(np.shares_memory(a, b) for i, a in enumerate(found) for b in found[:i])


@rows([row for row in CASES if len(row.inputs) > 1])
def test_one_tracked_input_among_arrays(row: Case) -> None:
    seeds = randoms(row.rng(), row(*row.inputs))
    expected = values(sweep_back(row, leaves(row.inputs), seeds))
    for k, wanted in enumerate(expected):
        for wrap in (np.array, ag.Tensor):
            others = [wrap(x) for x in row.inputs]
            tracked = ag.Tensor(row.inputs[k], requires_grad=True)
            others[k] = tracked
            sweep_back(row, others, seeds)
            assert_close([gradient(tracked)], [wanted], 1e-12)
            assert all(np.array_equal(values([o])[0], x) for o, x in zip(others, row.inputs, strict=True))


def test_every_operation_has_a_row_that_all_tests_try() -> None:
    full = [row.fn for row in CASES if row.tier == 1]
    asked = {*constant.QUESTIONS, np.shape, np.ndim, np.size}
    missing = [
        handler.__name__
        for fn, handler in registered().items()
        if (isinstance(handler, Composite) or any(handler.rules)) and fn not in asked
        if not any(fn is row or handler is row for row in full)
    ]
    assert not missing, "write a row of the first tier in tests/cases for these"


# ----- numbers and arrays on either side -----


@pytest.mark.parametrize("fn", BINARY, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("number", [2, 0.8, np.float64(0.8), np.array(0.8), [0.8, 0.5, 1.25, 2.0]], ids=repr)
def test_numbers_and_lists_on_either_side(fn: Any, number: Any) -> None:
    x = numbers(3, 4, low=1.05, high=1.95, start=1)
    for call in (lambda x: fn(x, number), lambda x: fn(number, x)):
        row = Case(fn.__name__, fn, call, (x,))
        for check in (check_value, check_reverse, check_forward, check_second_order):
            check(row)


PARTNERS: tuple[Any, ...] = (
    2, 2.0, True, np.float32(2), np.float64(2), np.array(2.0), np.array(2), np.arange(1, 5), np.ones(4, np.float32),
    np.ones(4), np.ones(4, np.int8), np.ones(4, bool), np.ones(4, np.float16),
)  # fmt: skip


PROMOTING = (np.add, np.multiply, np.divide, np.power, np.maximum, np.arctan2)


@pytest.mark.parametrize("fn", PROMOTING, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtypes_promote_as_in_numpy(fn: Any, dtype: Any) -> None:
    x = np.array([0.5, 1.0, 1.5, 2.5], dtype)
    for partner in PARTNERS:
        for call in (lambda t, p=partner: fn(t, p), lambda t, p=partner: fn(p, t)):
            t = ag.Tensor(x, requires_grad=True)
            y = call(t)
            assert y.dtype == call(x).dtype
            y.sum().backward()
            assert t.grad.dtype == dtype


# ----- wrong rules are found -----


@contextmanager
def planted(declare: Callable[..., Op], fn: Callable[..., Any], *rules: Any, **options: Any) -> Iterator[Op]:
    op = declare(fn, *rules, **options)
    try:
        yield op
    finally:
        del REGISTRY[fn]


def _double(x: Array) -> Array:
    return 2 * x


def _cube(x: Array) -> Array:
    return x**3


def _quadratic(x: Array) -> Array:
    return x @ x


def _times(a: Array, b: Array) -> Array:
    return a @ b


def _plain(x: Any) -> Any:
    return x.detach() if isinstance(x, ag.Tensor) else x


SQUARE = numbers(3, 3)
PLANTS = {
    "right": (elementwise, _double, [lambda g: 2 * g], {}, ()),
    "factor": (elementwise, _double, [lambda g: 2.001 * g], {}, (check_reverse, check_forward)),
    "sign": (elementwise, _double, [lambda g: -2 * g], {}, (check_reverse, check_forward)),
    "zero": (elementwise, _double, [lambda g: 0 * g], {}, (check_reverse, check_forward)),
    "ignores the cotangent": (elementwise, _cube, [lambda g, x: 3 * x * x], {}, (check_reverse, check_forward)),
    "right first, wrong second": (elementwise, _cube, [lambda g, x: 3 * g * _plain(x * x)], {}, (check_second_order,)),
    "transposed": (linear, _times, [lambda g, b: g @ b], {"settings": "b"}, (check_reverse,)),
    "transpose missing": (custom, _quadratic, [lambda g, x: g @ x + x.T @ g], {}, (check_reverse, check_forward)),
    "wrong forward": (custom, _cube, [lambda g, x: 3 * g * x * x], {"jvp": lambda t, x: t[0] * x}, (check_forward,)),
    "second operand": (
        bilinear, _times, [lambda g, b: g @ b.swapaxes(-1, -2), lambda g, a: a @ g], {}, (check_reverse,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_the_checks_find_wrong_rules(plant: str) -> None:
    declare, fn, rules, options, finders = PLANTS[plant]
    settings = {"b": SQUARE.T.copy()} if options.get("settings") else {}
    inputs = (SQUARE, numbers(3, 3, start=1)) if declare is bilinear else (SQUARE,)
    with planted(declare, fn, *rules, **options) as op:
        row = Case(plant, fn, lambda *xs: op(*xs, **settings), inputs)
        for check in (check_value, check_reverse, check_forward, check_second_order):
            if check in finders:
                with pytest.raises(AssertionError):
                    check(row)
            elif not finders:
                check(row)


def test_a_rule_of_the_wrong_shape_is_refused() -> None:
    with planted(elementwise, _double, lambda g: g[..., None] * np.ones(5)) as op, pytest.raises(ag.errors.RuleError):
        op(ag.Tensor(X, requires_grad=True)).sum().backward()
