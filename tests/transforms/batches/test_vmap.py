"""`vmap`: the stack of what the function makes of each example, for every row of the table of rules and every mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows
from cases.table import OF_VALUES

import autograd_lite as ag
from autograd_lite.errors.classes import BatchError
from autograd_lite.rules import indexing
from autograd_lite.transforms.batches import array, rules

Array = np.ndarray
FACTORS = np.array([1.0, 0.98, 1.01])  # examples so near to each other that none comes to another side of a kink


def examples(row: Case) -> list[Array]:
    """Return the inputs of a row for several examples, stacked."""
    return [np.stack([x * factor for factor in FACTORS]) for x in row.inputs]


def stacked(f: Callable[..., Any], *batches: Any) -> list[Array]:
    """Return what `f` makes of each example, a list of arrays, stacked place by place."""
    results = [[np.asarray(y) for y in f(*xs)] for xs in zip(*batches, strict=True)]
    return [np.stack(place) for place in zip(*results, strict=True)]


def assert_same(found: Any, expected: Any) -> None:
    for given, z in zip(found, expected, strict=True):
        y = given.detach().numpy() if isinstance(given, ag.Tensor) else given
        assert (y.shape, y.dtype) == (z.shape, z.dtype)
        np.testing.assert_allclose(y, z, rtol=1e-11, atol=1e-11)


def moving(row: Case) -> Callable[..., list[Any]] | None:
    """Return the function of a row with those of its results that have a derivative; None where there are none."""
    xs = [ag.Tensor(x, requires_grad=True) for x in row.inputs]
    places = [i for i, y in enumerate(row(*xs)) if isinstance(y, ag.Tensor) and y.requires_grad]
    return (lambda *inputs: [row(*inputs)[i] for i in places]) if places else None


def picks_by_a_mask(row: Case) -> bool:
    """Tell whether the shape of the result depends on the values, so that examples cannot be stacked."""
    if row.fn in OF_VALUES and "[BITS, ~BITS]" not in row.name:
        return True
    if "sturges" in row.name or (row.fn is np.roots and "concatenate" in row.name):
        return True
    return row.fn is indexing.getitem and len({np.shape(y) for f in (1, 0) for y in row(f * row.inputs[0])}) > 1


def as_tuple(x: Any, count: int) -> tuple[Any, ...]:
    return (x,) if count == 1 else x


@rows()
def test_the_value_is_that_of_each_example(row: Case) -> None:
    xs = examples(row)
    if picks_by_a_mask(row):
        with pytest.raises(BatchError, match=r"mask|another form"):
            ag.vmap(row)(*xs)
    else:
        assert_same(ag.vmap(row)(*xs), stacked(row, *xs))


@rows()
def test_the_reverse_derivative_is_that_of_each_example_inside_and_outside(row: Case) -> None:
    f = moving(row)
    if f is None or picks_by_a_mask(row):
        return
    xs = examples(row)
    ys = ag.vmap(f)(*xs)
    rng = row.rng()
    seeds = [rng.uniform(-1, 1, y.shape) for y in ys]

    def pulled(inputs: Any, weights: Any) -> Any:
        return as_tuple(ag.vjp(f, *inputs)[1](weights), len(xs))

    expected = stacked(lambda i: pulled([x[i] for x in xs], [s[i] for s in seeds]), range(len(FACTORS)))
    assert_same(ag.vmap(pulled)(xs, seeds), expected)
    assert_same(as_tuple(ag.vjp(ag.vmap(f), *xs)[1](seeds), len(xs)), expected)


@rows()
def test_the_forward_derivative_is_that_of_each_example_inside_and_outside(row: Case) -> None:
    f = moving(row)
    if f is None or picks_by_a_mask(row):
        return
    xs = examples(row)
    rng = row.rng()
    tangents = [rng.uniform(-1, 1, x.shape) for x in xs]

    def pushed(inputs: Any, moves: Any) -> Any:
        return ag.jvp(f, tuple(inputs), tuple(moves))[1]

    expected = stacked(lambda i: pushed([x[i] for x in xs], [t[i] for t in tangents]), range(len(FACTORS)))
    assert_same(ag.vmap(pushed)(xs, tangents), expected)
    assert_same(ag.jvp(ag.vmap(f), tuple(xs), tuple(tangents))[1], expected)


# ----- batches within batches, transforms inside and around -----

W, XS, YS = np.array([0.3, -0.7, 1.1]), np.linspace(-1, 1, 12).reshape(4, 3), np.linspace(0, 1, 4)


def loss(w: Any, x: Any, y: Any) -> Any:
    return (np.tanh(np.dot(w, x)) - y) ** 2


def test_gradients_of_each_example() -> None:
    found = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(W, XS, YS)
    np.testing.assert_allclose(found, [ag.grad(loss)(W, x, y) for x, y in zip(XS, YS, strict=True)])


def test_the_gradient_of_the_sum_over_a_batch_is_the_sum_of_the_gradients() -> None:
    def total(w: Any) -> Any:
        return np.sum(ag.vmap(lambda x, y: loss(w, x, y))(XS, YS))

    each = ag.vmap(ag.grad(loss), in_axes=(None, 0, 0))(W, XS, YS)
    np.testing.assert_allclose(ag.grad(total)(W), each.sum(0))


NESTINGS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "vmap of vmap": (
        lambda w, xs: ag.vmap(lambda a: ag.vmap(lambda b: np.sum(a * np.sin(b) * w))(xs))(xs),
        lambda w, xs: np.stack([[np.sum(a * np.sin(b) * w) for b in xs] for a in xs]),
    ),
    "outer batch as a constant of the inner one": (
        lambda w, xs: ag.vmap(lambda a: ag.vmap(lambda b: np.outer(a, b) @ np.cumsum(a), in_axes=0)(xs))(xs),
        lambda w, xs: np.stack([[np.outer(a, b) @ np.cumsum(a) for b in xs] for a in xs]),
    ),
    "hessian of each example": (
        lambda w, xs: ag.vmap(ag.hessian(loss), in_axes=(None, 0, None))(w, xs, 0.5),
        lambda w, xs: np.stack([ag.hessian(loss)(w, x, 0.5) for x in xs]),
    ),
    "jacobian of a batch": (
        lambda w, xs: ag.jacobian(lambda w: ag.vmap(lambda x: loss(w, x, 0.5))(xs))(w),
        lambda w, xs: np.stack([ag.grad(loss)(w, x, 0.5) for x in xs]),
    ),
    "hessian of a batch": (
        lambda w, xs: ag.hessian(lambda w: np.sum(ag.vmap(lambda x: loss(w * w, x, 0.5))(xs)))(w),
        lambda w, xs: sum(ag.hessian(lambda w, x=x: loss(w * w, x, 0.5))(w) for x in xs),
    ),
    "a derivative by the variable of an outer gradient, of each example": (
        lambda w, xs: ag.grad(
            lambda w: np.sum(ag.vmap(lambda x: ag.grad(lambda z: np.sum(np.sin(z * w) * z))(x))(xs) ** 2)
        )(w),
        lambda w, xs: sum(
            ag.grad(lambda w, x=x: np.sum(ag.grad(lambda z: np.sum(np.sin(z * w) * z))(x) ** 2))(w) for x in xs
        ),
    ),
    "by what is the same for all examples, inside and outside": (
        lambda w, xs: ag.grad(
            lambda w: np.sum(ag.vmap(lambda x: ag.grad(lambda z: np.sum(z * z * w * x))(W))(xs) ** 2)
        )(w),
        lambda w, xs: sum(
            ag.grad(lambda w, x=x: np.sum(ag.grad(lambda z: np.sum(z * z * w * x))(W) ** 2))(w) for x in xs
        ),
    ),
    "jvp of a batch that closes over the variable": (
        lambda w, xs: ag.jvp(lambda w: ag.vmap(lambda x: np.sum(np.exp(w) * x) * w)(xs), (w,), (W,))[1],
        lambda w, xs: np.stack([ag.jvp(lambda w, x=x: np.sum(np.exp(w) * x) * w, (w,), (W,))[1] for x in xs]),
    ),
    "gradient by a tangent made after the batch": (
        lambda w, xs: ag.grad(
            lambda t: np.sum(ag.jvp(lambda w: ag.vmap(lambda x: np.sin(w * x))(xs), (w,), (t,))[1] ** 2)
        )(W),
        lambda w, xs: sum(
            ag.grad(lambda t, x=x: np.sum(ag.jvp(lambda w: np.sin(w * x), (w,), (t,))[1] ** 2))(W) for x in xs
        ),
    ),
    "a sum of shares that vary and shares that do not": (
        lambda w, xs: ag.vmap(ag.grad(lambda z, x: np.sum(z * z) + z[0] + z[1] * x[0] + np.sum(z * x) + z[0] ** 2),
                              in_axes=(None, 0))(w, xs),
        lambda w, xs: np.stack([2 * w + [1, x[0], 0] + x + [2 * w[0], 0, 0] for x in xs]),
    ),
    "a result that closes over everything": (
        lambda w, xs: ag.grad(lambda w: np.sum(ag.vmap(lambda x: w)(xs) * xs))(w),
        lambda w, xs: xs.sum(0),
    ),
    "a shared result": (
        lambda w, xs: ag.grad(lambda w: np.sum(ag.vmap(lambda x: np.sin(w), out_axes=None)(xs) ** 2))(w),
        lambda w, xs: 2 * np.sin(w) * np.cos(w),
    ),
    "checkpoint": (
        lambda w, xs: ag.vmap(ag.grad(ag.checkpoint(lambda x: np.sum(np.sin(x) * w))))(xs),
        lambda w, xs: np.cos(xs) * w,
    ),
    "hvp of each example": (
        lambda w, xs: ag.vmap(lambda x: ag.hvp(lambda z: np.sum(np.sin(z) * x), (w,), (x,)))(xs),
        lambda w, xs: -np.sin(w) * xs * xs,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTINGS)
def test_nesting(name: str) -> None:
    batched, plain = NESTINGS[name]
    np.testing.assert_allclose(batched(W, XS), plain(W, XS), rtol=1e-10, atol=1e-12)


AROUND: dict[str, Callable[..., Any]] = {
    "nothing": lambda f: f,
    "grad": lambda f: ag.grad(lambda x: np.sum(f(x) ** 2)),
    "jvp": lambda f: lambda x: ag.jvp(f, (x,), (np.cos(x),))[1],
    "jacobian backwards": lambda f: ag.jacobian(f, mode="reverse"),
    "jacobian forwards": lambda f: ag.jacobian(f, mode="forward"),
    "hvp": lambda f: lambda x: ag.hvp(lambda z: np.sum(f(z) ** 2), (x,), (np.cos(x),))[:1],
    "checkpoint": ag.checkpoint,
}


def of_everything(x: Any, w: Any) -> Any:
    return np.outer(x, w) @ np.sort(x * w) + np.linalg.norm(x) * ag.softmax(np.concatenate([x, w]))[np.array([0, 3, 3])]


def in_a_loop(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda xs: np.stack([f(xs[i]) for i in range(len(xs))])


@pytest.mark.parametrize("outer", AROUND)
@pytest.mark.parametrize("inner", AROUND)
def test_a_batch_between_transforms_is_a_loop_between_them(inner: str, outer: str) -> None:
    """By the argument, and by what is reached through the closure; in batches of batches."""
    xs = np.stack([XS[:2], 0.7 * XS[2:]])

    def nested(vmap: Callable[..., Any], w: Any) -> Callable[..., Any]:
        return AROUND[outer](vmap(vmap(AROUND[inner](lambda x: of_everything(x, w)))))

    found, expected = (nested(vmap, W)(xs) for vmap in (ag.vmap, in_a_loop))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    found, expected = (
        ag.grad(lambda w, vmap=vmap: np.sum(np.sin(nested(vmap, w)(xs))))(W) for vmap in (ag.vmap, in_a_loop)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_batched_function_is_drawn_and_checked() -> None:
    w = ag.Tensor(W, requires_grad=True, name="w")
    y = np.sum(ag.vmap(lambda x: np.sum(np.sin(w * x)))(XS))
    assert "share" in ag.visualize(y).source
    assert ag.gradcheck(lambda w: ag.vmap(lambda x: np.sum(np.sin(w * x)))(XS), W)


def test_an_operation_without_a_rule_runs_example_by_example() -> None:
    found = ag.vmap(lambda x: np.searchsorted(np.sort(x), x))(XS)
    np.testing.assert_array_equal(found, [np.searchsorted(np.sort(x), x) for x in XS])


LOOPS = {
    "tril": "of a vector, which NumPy makes a matrix of: no stack of vectors",
    "lstsq": "NumPy takes no stacks",
    "_ranks": "of quantiles of samples with nan or weights: NumPy goes row by row too",
    "getitem": "of quantiles by shares of each example's own, whose places differ",
    "scatter": "on the way back from these",
    "searchsorted": "of interp, where each example has a table of its own: NumPy takes one table",
}
"""What runs example by example though it has a derivative, and why."""


def test_hardly_anything_with_a_derivative_is_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """No row of the table, forwards and backwards: but for those that are told here, none is carried out by `each`."""
    looping: set[str] = set()

    def each(op: Any, *rest: Any) -> Any:
        looping.add(op.name)
        return each_of(op, *rest)

    def by_examples(fn: Any, *rest: Any) -> Any:
        results = whole_of(fn, *rest)
        looping.update([] if results is NotImplemented else [fn.__name__])
        return results

    each_of, whole_of = array.each, array._by_examples
    for module in (array, rules):
        monkeypatch.setattr(module, "each", each)
    monkeypatch.setattr(array, "_by_examples", by_examples)
    for row in [row for row in CASES if not any(map(np.iscomplexobj, (*row.inputs, *row(*row.inputs))))]:
        f = moving(row)
        if f is not None and not picks_by_a_mask(row):
            places = tuple(range(len(row.inputs)))
            ag.vmap(ag.grad(lambda *xs, f=f: sum(np.sum(y) for y in f(*xs)), places))(*examples(row))
    assert looping == set(LOOPS)


def test_numbers_are_looked_up_for_all_examples_at_once() -> None:
    table, xs = np.array([1.0, 2.0, 4.0]), np.array([[0.5, 3.0], [9.0, 1.5]])
    np.testing.assert_array_equal(ag.vmap(lambda x: np.searchsorted(table, x, "right"))(xs), [[0, 2], [3, 1]])
    np.testing.assert_array_equal(ag.vmap(lambda x: np.digitize(x, table))(xs), [[0, 2], [3, 1]])
    np.testing.assert_array_equal(ag.vmap(lambda x: np.isin(x, table))(xs * 2), [[True, False], [False, False]])
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(ag.vmap(lambda t, x: np.searchsorted(t, x))(rows, xs), [[0, 2], [2, 0]])


def test_a_sweep_of_many_cotangents_over_an_ordinary_graph() -> None:
    _, pullback = ag.vjp(lambda x: np.cumprod(np.sin(x[[0, 1, 1]]) * x)[::-1] + x[0] + np.max(x), W)
    rows = ag.vmap(pullback)(np.eye(3))
    np.testing.assert_allclose(rows, np.stack([pullback(row) for row in np.eye(3)]))


def test_backward_inside_gives_the_gradient_of_each_example() -> None:
    def gradient(x: Any) -> Any:
        t = ag.Tensor(x, requires_grad=True)
        np.sum(np.sin(t) * t).backward()
        return t.grad

    found = ag.vmap(gradient)(XS)
    assert isinstance(found, ag.Tensor)
    np.testing.assert_allclose(found.numpy(), np.cos(XS) * XS + np.sin(XS))


def test_backward_inside_goes_through_an_index_that_differs_between_examples(rng: np.random.Generator) -> None:
    def f(x: Array) -> Any:
        t = ag.Tensor(x, requires_grad=True)
        np.sum(np.sort(t) ** 2 * np.arange(3.0)).backward()
        return t.grad

    xs = rng.normal(size=(4, 3))
    expected = [ag.grad(lambda t: np.sum(np.sort(t) ** 2 * np.arange(3.0)))(x) for x in xs]
    np.testing.assert_allclose(ag.vmap(f)(xs).detach(), expected)


def test_tensors_go_in_and_gradients_come_out() -> None:
    w, xs = ag.Tensor(W, requires_grad=True), ag.Tensor(XS, requires_grad=True)
    y = ag.vmap(lambda x: np.sum(w * x**2))(xs)
    assert isinstance(y, ag.Tensor)
    np.sum(y).backward()
    np.testing.assert_allclose(w.grad.numpy(), (XS**2).sum(0))
    np.testing.assert_allclose(xs.grad.numpy(), 2 * XS * W)


def test_a_network_and_its_per_example_gradients() -> None:
    ag.manual_seed(0)
    model = ag.nn.Sequential(ag.nn.Linear(3, 4), ag.nn.Sigmoid(), ag.nn.Linear(4, 2))
    labels = np.array([0, 1, 1, 0])

    def one(x: Any, label: Any) -> Any:
        return -ag.log_softmax(model(ag.Tensor(x)))[label]

    losses = ag.vmap(one)(XS, labels)
    expected = [one(x, int(label)).item() for x, label in zip(XS, labels, strict=True)]
    np.testing.assert_allclose(losses.numpy(), expected)
    np.sum(losses).backward()
    found = [p.grad.numpy() for p in model.parameters()]
    for p in model.parameters():
        p.zero_grad()
    for x, label in zip(XS, labels, strict=True):
        one(x, int(label)).backward()
    for p, g in zip(model.parameters(), found, strict=True):
        np.testing.assert_allclose(g, p.grad.numpy(), atol=1e-14)


# ----- axes -----


@pytest.mark.parametrize(
    ("in_axes", "out_axes", "shapes", "expected"),
    [
        (0, 0, ((4, 3), (4, 3)), (4, 3)),
        ((0, None), 0, ((4, 3), (3,)), (4, 3)),
        ((None, 1), -1, ((3,), (3, 4)), (3, 4)),
        ((-1, 0), 1, ((3, 4), (4, 3)), (3, 4)),
        ([1, 1], 0, ((3, 4), (3, 4)), (4, 3)),
    ],
)
def test_axes_of_arguments_and_results(in_axes: Any, out_axes: Any, shapes: Any, expected: Any, rng: Any) -> None:
    a, b = (rng.normal(size=shape) for shape in shapes)
    found = ag.vmap(lambda x, y: x * y + 1, in_axes, out_axes)(a, b)
    assert found.shape == expected
    first, second = (
        np.broadcast_to(x, (4, 3)) if axis is None else np.moveaxis(x, axis, 0)
        for x, axis in zip((a, b), in_axes if in_axes != 0 else (0, 0), strict=True)
    )
    np.testing.assert_allclose(np.moveaxis(found, out_axes, 0), first * second + 1)


def test_trees_of_axes() -> None:
    params = {"w": np.ones((3, 4)), "b": np.arange(4.0)}
    f = ag.vmap(
        lambda p, x: {"sum": p["w"] @ x + p["b"], "same": p["b"]}, in_axes=({"w": None, "b": None}, 1),
        out_axes={"sum": 1, "same": None},
    )  # fmt: skip
    p = {"w": params["w"].T @ params["w"], "b": params["b"]}
    xs = np.arange(20.0).reshape(4, 5)
    found = f(p, xs)
    np.testing.assert_allclose(found["sum"], p["w"] @ xs + p["b"][:, None])
    np.testing.assert_allclose(found["same"], p["b"])


def test_what_is_given_by_name_has_its_examples_first() -> None:
    np.testing.assert_allclose(ag.vmap(lambda x, *, y: x + y, in_axes=(None,))(1.0, y=np.arange(3.0)), [1.0, 2.0, 3.0])


def test_a_result_is_no_view_of_an_argument() -> None:
    xs = XS.copy()
    ag.vmap(lambda x: x)(xs)[...] = 0
    np.testing.assert_array_equal(xs, XS)


@pytest.mark.parametrize("name", ["sum", "sort", "cumsum", "searchsorted", "reshape"])
def test_no_examples(name: str) -> None:
    calls = {"searchsorted": lambda x: np.searchsorted(x, 0.5), "reshape": lambda x: x.reshape(-1, 1)}
    f = calls.get(name) or getattr(np, name)
    assert ag.vmap(f)(np.zeros((0, 3))).shape == (0, *np.shape(f(np.zeros(3))))


# ----- one example, seen from inside -----


def test_an_example_looks_like_one() -> None:
    def look(x: Any) -> Any:
        assert (x.shape, x.ndim, x.size, len(x), x.dtype) == ((3,), 1, 3, 3, np.dtype(np.float32))
        assert np.shape(x) == (3,)
        assert np.result_type(x, np.float64) == np.float64
        assert "examples of shape (3,)" in repr(x)
        assert "examples of shape (3,)" in repr(ag.Tensor(x))
        first, second, third = x
        return first + second * third

    np.testing.assert_allclose(ag.vmap(look)(XS.astype(np.float32)), XS[:, 0] + XS[:, 1] * XS[:, 2], rtol=1e-6)


def test_changes_in_place() -> None:
    def f(x: Any) -> Any:
        x += 1
        x[0] = 7
        x[1:] *= 2
        np.multiply(x, 2, out=x)
        return x

    xs = XS.copy()
    np.testing.assert_allclose(ag.vmap(f)(xs), np.stack([f(x.copy()) for x in xs]))
    np.testing.assert_array_equal(xs, XS)


PICKS: dict[str, Callable[..., Any]] = {
    "take": lambda a, i: np.take(ag.Tensor(a), i, 0).detach(),
    "take of all": lambda a, i: np.take(a, [[0, 1], [1, 1]], 1) * i,
    "take_along_axis": lambda a, i: np.take_along_axis(a, np.broadcast_to(i, (1, 3)), 0),
    "a row": lambda a, i: ag.Tensor(a)[i].detach(),
    "an element": lambda a, i: ag.Tensor(a)[i, -1].detach(),
    "a column": lambda a, i: ag.Tensor(a)[:, i].detach(),
    "several": lambda a, i: ag.Tensor(a)[i, np.array([0, 1])].detach(),
}


@pytest.mark.parametrize("name", PICKS)
def test_indices_that_differ_between_examples(name: str) -> None:
    index = PICKS[name]
    a, places = np.arange(9.0).reshape(3, 3), np.array([0, 2, -1])
    for values, axis in ((a, None), (np.stack([a, 2 * a, 3 * a]), 0)):
        found = ag.vmap(index, in_axes=(axis, 0))(values, places)
        expected = [index(v, i) for v, i in zip(values if axis == 0 else [a] * 3, places.tolist(), strict=True)]
        plain = [e.numpy() if isinstance(e, ag.Tensor) else e for e in expected]
        np.testing.assert_array_equal(found.numpy() if isinstance(found, ag.Tensor) else found, np.stack(plain))


def test_the_gradient_by_a_table_that_examples_look_up() -> None:
    table, places = np.arange(12.0).reshape(4, 3), np.array([1, 1, 3])

    def total(t: Any) -> Any:
        return np.sum(ag.vmap(lambda i: t[i] ** 2)(places))

    expected = np.zeros((4, 3))
    np.add.at(expected, places, 2 * table[places])
    np.testing.assert_allclose(ag.grad(total)(table), expected)


# ----- what is refused -----

X3 = np.arange(3.0)


def branch(x: Any) -> Any:
    return x if x > 0 else -x


def assign_into_a_constant(x: Any) -> Any:
    out = np.zeros(2)
    out[:1] = x
    return out


def add_to_a_constant(x: Any) -> Any:
    total = np.zeros(())
    total += x
    return total


REFUSED: dict[str, tuple[Callable[..., Any], str]] = {
    "a branch": (branch, "np.where"),
    "float": (lambda x: float(x), "np.sin"),
    "int": (lambda x: int(x), "astype"),
    "range": (lambda x: sum(range(x)), "np.where"),
    "item": (lambda x: x.item(), "x itself"),
    "asarray": (lambda x: np.asarray(x), "np.stack"),
    "a list": (lambda x: np.array([x, x]), "np.stack"),
    "nonzero": (lambda x: np.nonzero(x), "np.where"),
    "flatnonzero": (lambda x: np.flatnonzero(x), "np.where"),
    "allclose": (lambda x: np.allclose(x, 0), "np.all"),
    "a mask": (lambda x: (x * X3)[x * X3 > 1], "np.where"),
    "length of a number": (lambda x: len(x), "x[None]"),
    "assignment to a constant": (assign_into_a_constant, "out = ag.Tensor(out)"),
    "adding to a constant": (add_to_a_constant, "a = a + x"),
    "out=": (lambda x: np.sin(x, out=np.zeros(())), "no out="),
    "an index of its own": (lambda x: (x * X3).__setitem__(x.astype(int), 1.0), "np.where"),
    "a Tensor in a branch": (lambda x: branch(ag.Tensor(x)), "np.where"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_single_example_can_answer_is_refused(name: str) -> None:
    f, remedy = REFUSED[name]
    with pytest.raises(BatchError, match="Write") as caught:
        ag.vmap(f)(X3)
    assert remedy in str(caught.value)


WRONG_CALLS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "different sizes": (lambda: ag.vmap(np.add)(np.zeros(2), np.zeros(3)), ag.errors.ShapeError, "argument \\[1\\]"),
    "no examples": (lambda: ag.vmap(np.add, None)(1.0, 2.0), ag.errors.ArgumentError, "in_axes=0"),
    "no such axis": (lambda: ag.vmap(np.sin, 1)(np.zeros(2)), ag.errors.ArgumentError, "axis 1"),
    "a number has no axis": (lambda: ag.vmap(np.add)(np.zeros(2), 1.0), ag.errors.ArgumentError, "0 axes"),
    "too few axes": (lambda: ag.vmap(np.add, (0,))(X3, X3), ag.errors.ArgumentError, "in_axes"),
    "other names": (lambda: ag.vmap(lambda p: p["a"], ({"b": 0},))({"a": X3}), ag.errors.ArgumentError, "in_axes"),
    "text as axis": (lambda: ag.vmap(np.sin, "rows")(X3), ag.errors.ArgumentError, "'rows'"),
    "result that differs": (lambda: ag.vmap(np.sin, 0, None)(X3), ag.errors.ArgumentError, "out_axes"),
    "no result axis": (lambda: ag.vmap(np.sin, 0, 2)(X3), ag.errors.ArgumentError, "out_axes"),
    "no array": (lambda: ag.vmap(lambda x: "text")(X3), ag.errors.ArgumentError, "returned str"),
    "reshape": (lambda: ag.vmap(lambda x: x.reshape(2, 2))(XS), ag.errors.ShapeError, "\\(3,\\)"),
    "axis of an example": (lambda: ag.vmap(lambda x: np.sum(x, 1))(XS), np.exceptions.AxisError, "axis 1"),
}


@pytest.mark.parametrize("name", WRONG_CALLS)
def test_a_wrong_call_says_what_to_write(name: str) -> None:
    call, error, text = WRONG_CALLS[name]
    with pytest.raises(error, match=text):
        call()


def test_an_error_of_numpy_names_the_operation() -> None:
    with pytest.raises(ValueError, match="broadcast") as caught:
        ag.vmap(lambda x: x + np.zeros(2))(XS)
    assert any("add" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("turned", [False, True])
def test_shares_of_examples_and_of_all_meet_in_one_element(turned: bool) -> None:
    w, xs = np.array([1.0, 2.0]), np.array([[1.0, 3.0], [2.0, 5.0]])

    def pulled(x: Any) -> Any:
        parts = [lambda w: 3 * w[0], lambda w: np.sum(w * x)]
        return ag.vjp(lambda w: [part(w) for part in parts[:: -1 if turned else 1]], w)[1]([1.0, 1.0])

    np.testing.assert_array_equal(ag.vmap(pulled)(xs), np.add(xs, [3.0, 0.0]))
