"""Views: what is written to one of several arrays that show the same numbers, all of them show, as in NumPy.

A program is written for an array and means on a Tensor what it means there: the tables here run it on both. What is
written is recorded, so its derivatives are those of the value.
"""

from __future__ import annotations

import tracemalloc
import weakref
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows
from helpers import leaf
from interrupts import AtCall, everywhere

import autograd_lite as ag
from autograd_lite.rules import passing

X = np.array([0.3, 0.7, -0.4, 0.9, 0.2, -0.6])


def two_rows(x: Any) -> Any:
    return (x * x[::-1]).reshape(2, 3)


def written_by(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of `x` that makes a matrix, writes to it by way of others, and looks at all of them."""

    def program(x: Any) -> Any:
        y = two_rows(x)
        kept = [y.T, y[1], y[:, 1:], y.reshape(-1), np.ravel(y.T), y]
        more = write(y)
        more = [] if more is None else list(more) if isinstance(more, tuple) else [more]
        weights = iter(np.linspace(0.5, 1.5, len(kept) + len(more)))
        return sum(np.sum(t * t) * next(weights) for t in (*kept, *more))

    return program


def in_loop(y: Any) -> None:
    for row in y:
        row *= 2  # noqa: PLW2901 - what is tested


def unpacked(y: Any) -> Any:
    a, b = y
    a += b
    return a, b


def chain(y: Any) -> Any:
    v = y.T[1:]
    w = v.reshape(-1)
    v -= 0.5
    w[1] = 3.0
    u = v[::-1].T
    u[0] /= 2
    return v, w, u


def twice(y: Any) -> Any:
    v, w = y[:, :2], y[:, 1:]
    v *= w
    w *= v
    return v, w


def base_changed(y: Any) -> Any:
    v = y[0]
    y *= 3
    y[:, 1] = v[0] ** 2
    return v


def number(y: Any) -> Any:
    total = first = y[0, 0]
    total += y[1, 1]
    total *= 2
    return total, first


def sum_of_parts(y: Any) -> Any:
    total = first = y.sum()
    for row in y:
        total += row[0]
    return total, first


def put(v: Any, key: Any, value: Any) -> None:
    v[key] = value


def shifted(y: Any) -> None:
    y[0, 1:] = y[0, :-1]
    y[1] += y[0]


def swapped(y: Any) -> None:
    y[0], y[1] = y[1].copy(), y[0].copy()


def through(v: Any, factor: Any = 10.0) -> Any:
    v *= factor
    return v


WRITES: dict[str, Callable[[Any], Any]] = {
    "slice": lambda y: through(y[:, :2]),
    "row": lambda y: through(y[0]),
    "by itself": lambda y: through(y[1], y[0]),
    "reshape": lambda y: through(y.reshape(3, 2)),
    "reshape by columns": lambda y: through(np.reshape(y.T, (6,), order="F")),
    "ravel": lambda y: through(y.ravel()),
    "ravel of a transpose is a copy": lambda y: through(y.T.ravel()),
    "ravel of every second is a copy": lambda y: through(y[0, ::2].ravel()),
    "reshape of every second is a view": lambda y: through(y[0, ::2].reshape(-1)),
    "flatten is a copy": lambda y: through(y.flatten()),
    "T": lambda y: through(y.T),
    "a part of T": lambda y: through(y.T[1:]),
    "transpose": lambda y: through(np.transpose(y, (1, 0))[0]),
    "swapaxes": lambda y: through(np.swapaxes(y, 0, 1)[0]),
    "moveaxis": lambda y: through(np.moveaxis(y, 0, 1)[0]),
    "expand_dims": lambda y: through(np.expand_dims(y, 1)),
    "new axis": lambda y: through(y[:, None, 1:]),
    "squeeze": lambda y: through(np.squeeze(y[:, :1])),
    "atleast_3d": lambda y: through(np.atleast_3d(y)),
    "atleast_1d": lambda y: through(np.atleast_1d(y)),
    "real": lambda y: through(np.real(y)),
    "flip": lambda y: through(np.flip(y, 1)[:, 0]),
    "rot90": lambda y: through(np.rot90(y)[0]),
    "rot90, not turned": lambda y: through(np.rot90(y, 0)[0]),
    "split": lambda y: through(np.split(y, [1], 1)[1]),
    "array_split": lambda y: through(np.array_split(y, 2, 1)[1]),
    "einsum": lambda y: through(np.einsum("ij->ji", y)[0]),
    "einsum, diagonal": lambda y: through(np.einsum("ii->i", y[:, :2])),
    "ellipsis": lambda y: through(y[...]),
    "fancy index is a copy": lambda y: through(y[[0, 1]]),
    "mask is a copy": lambda y: through(y[np.array([True, False])]),
    "copy": lambda y: through(y[0].copy()),
    "sum is new": lambda y: through(y.sum(0)),
    "positive is new": lambda y: through(+y),
    "in a loop": in_loop,
    "unpacked": unpacked,
    "chain": chain,
    "two that overlap": twice,
    "the base": base_changed,
    "a number": number,
    "a sum": sum_of_parts,
    "shifted": shifted,
    "swapped": swapped,
    "item of a row": lambda y: put(y[0], 1, y[1, 1] ** 2),
    "item of a column": lambda y: put(y.T[2], 1, y[1, 1] ** 2),
    "fancy of a view": lambda y: put(y.T, [0, 2], y[0, 0] * y[0, 1]),
    "mask of a view": lambda y: put(y[1], np.array([True, False, True]), y[0, 0]),
    "repeated place": lambda y: put(y[1], [1, 1, 0], y[0]),
    "out": lambda y: np.exp(y[1], out=y[0]),
    "out of a reduction": lambda y: np.sum(y, 0, out=y[1]),
    "out of plain numbers": lambda y: np.add(np.ones(3), 1.0, out=y[1]),
    "divide": lambda y: y[0].__itruediv__(y[1]),
    "power": lambda y: y[0].__ipow__(2),
    "of a view that is gone": lambda y: y[0][1:].__imul__(3.0),
}

ALL = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())


def numeric(f: Callable[[Any], Any], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    return np.array([(f(x + step * e) - f(x - step * e)) / (2 * step) for e in np.eye(x.size)])


@ALL
def test_a_write_means_what_it_means_in_numpy(write: Callable[[Any], Any]) -> None:
    f = written_by(write)
    value, gradient = ag.value_and_grad(f)(X)
    assert value == pytest.approx(f(X), rel=1e-14)
    np.testing.assert_allclose(gradient, numeric(f, X), rtol=1e-6, atol=1e-7)
    t = leaf(X)
    f(t).backward()
    np.testing.assert_allclose(t.grad, gradient, rtol=1e-14)


@ALL
def test_a_write_has_derivatives_of_every_order_and_in_both_modes(write: Callable[[Any], Any]) -> None:
    f = written_by(write)
    gradient = ag.grad(f)(X)
    np.testing.assert_allclose(ag.jvp(f, (X,), (X,))[1], gradient @ X, rtol=1e-12)
    second = numeric(ag.grad(f), X)
    np.testing.assert_allclose(ag.hessian(f)(X), second, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ag.jacobian(ag.grad(f), mode="reverse")(X), second, rtol=1e-5, atol=1e-6)


@ALL
def test_a_write_under_vmap(write: Callable[[Any], Any]) -> None:
    f, batch = written_by(write), np.stack([X, X[::-1], X * X])
    np.testing.assert_allclose(ag.vmap(f)(batch), [f(x) for x in batch], rtol=1e-13)
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(batch), [ag.grad(f)(x) for x in batch], rtol=1e-13)
    across = lambda b: np.sum(ag.vmap(f)(b))  # noqa: E731
    np.testing.assert_allclose(ag.grad(across)(batch), [ag.grad(f)(x) for x in batch], rtol=1e-13)


@ALL
@pytest.mark.parametrize("backend", ["numpy", "cc"])
def test_a_write_in_a_compiled_function(write: Callable[[Any], Any], backend: str) -> None:
    f = written_by(write)
    compiled = ag.compile(ag.value_and_grad(f), backend=backend)
    for x in (X, X * X, X[::-1].copy()):
        value, gradient = compiled(x)
        assert value == pytest.approx(f(x), rel=1e-13)
        np.testing.assert_allclose(gradient, ag.grad(f)(x), rtol=1e-12)


@ALL
def test_a_write_of_a_compiled_function_of_arrays(write: Callable[[Any], Any]) -> None:
    f = written_by(write)
    compiled = ag.compile(f)
    for x in (X, X * X, X[::-1].copy()):
        assert compiled(x) == pytest.approx(f(x), rel=1e-13)


# ----- every function of NumPy: what is a view there is one here -----


def looked_at(row: Case, inputs: Any, scale: Callable[[Any], None]) -> list[np.ndarray]:
    """Return all arrays after each result was written to in turn, and the inputs at last."""
    given = [x * 1.0 if isinstance(x, ag.Tensor) or x.dtype.kind == "f" else x for x in inputs]
    results = row(*given)
    for r in results:
        scale(r)
    for x in given:
        scale(x)
    return [np.array(t.detach() if isinstance(t, ag.Tensor) else t) for t in (*given, *results)]


def scaled(writable: list[bool]) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    """Return how NumPy scales arrays in place, noting where that can be done, and how Tensors do it in those places."""

    def by_numpy(a: Any) -> None:
        can = isinstance(a, np.ndarray) and a.ndim > 0 and a.dtype.kind == "f"
        can = can and 0 not in a.strides and a.flags.writeable  # NumPy warns of writes to a broadcast array
        writable.append(can)
        if can:
            a *= 3.0

    places = iter(writable)

    def by_tensors(t: Any) -> None:
        if next(places):
            t *= 3.0

    return by_numpy, by_tensors


@rows([row for row in CASES if row.fn is not passing.passed])  # whose results are Tensors of their own
def test_what_is_a_view_in_numpy_is_one_here(row: Case) -> None:
    writable: list[bool] = []
    by_numpy, by_tensors = scaled(writable)
    with np.errstate(all="ignore"):
        expected = looked_at(row, [np.array(x) for x in row.inputs], by_numpy)
        actual = looked_at(row, [ag.Tensor(x) for x in row.inputs], by_tensors)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=1e-12, equal_nan=True)


# ----- who shows what -----


def matrix() -> Any:
    return leaf(np.arange(6.0).reshape(2, 3)) * 1.0


def test_a_parameter_is_written_to_by_way_of_its_parts_without_recording() -> None:
    w = leaf(np.ones((2, 3)))
    part = w[1]
    with ag.no_grad():
        for row in w:
            row *= 2  # noqa: PLW2901 - what is tested
        w.T[0] += 1.0
        part[2] = 7.0
    np.testing.assert_array_equal(w.detach(), [[3, 2, 2], [3, 2, 7]])
    np.testing.assert_array_equal(part.detach(), [3, 2, 7])
    assert w.is_leaf
    (w * part).sum().backward()
    np.testing.assert_array_equal(w.grad, [[3, 2, 7], [9, 6, 16]])


def test_a_recorded_write_to_a_part_of_a_leaf_is_refused_by_the_name_of_the_leaf() -> None:
    w = leaf(np.ones((2, 3)))
    w.name = "w"
    for write in (lambda: w[0].__imul__(2.0), lambda: w.T[0].__setitem__(0, 1.0), lambda: np.exp(w[0], out=w[1])):
        with pytest.raises(ag.errors.LeafMutationError, match="'w'"):
            write()
    np.testing.assert_array_equal(w.detach(), np.ones((2, 3)))


def test_what_is_no_view_shows_nothing_of_a_write() -> None:
    y = matrix()
    others = [y.detach(), y.clone(), y.copy(), +y, y[[0, 1]], np.copy(y), y.flatten()]
    before = [np.array(t.detach()) for t in others]
    y *= 10
    y[0] = 5.0
    for t, b in zip(others, before, strict=True):
        np.testing.assert_array_equal(t.detach(), b)
        t *= 2.0  # noqa: PLW2901 - what is tested
    np.testing.assert_array_equal(y.detach(), [[5, 5, 5], [30, 40, 50]])


def test_new_values_as_a_whole_are_shown_by_the_views_too() -> None:
    w = leaf(np.ones(3))
    v = w[:2]
    w.assign(np.full(3, 5.0))
    np.testing.assert_array_equal(v.detach(), [5, 5])
    w.grad = np.ones(3)
    ag.optim.SGD([w], lr=1.0).step()
    np.testing.assert_array_equal(v.detach(), [4, 4])
    with ag.no_grad():
        v *= 2
    np.testing.assert_array_equal(w.detach(), [8, 8, 4])


STATES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "base": lambda w, v, x: w.__setitem__(slice(None), x * w),
    "in place": lambda w, v, x: w.__imul__(x),
    "item": lambda w, v, x: w.__setitem__(0, x[0] * w[1]),
    "view inside": lambda w, v, x: w[:2].__imul__(x[1:]),
    "out": lambda w, v, x: np.multiply(w, x, out=w),
    "assign": lambda w, v, x: w.assign(w * x),
}
REFUSED: dict[str, Callable[[Any, Any, Any], Any]] = {
    "view": lambda w, v, x: v.__setitem__(slice(None), x[:1] * v),
    "view in place": lambda w, v, x: v.__imul__(x[:1]),
    "out": lambda w, v, x: np.multiply(v, x[:1], out=v),
    "read": lambda w, v, x: (w.__imul__(x), w.__iadd__(v)),
    "read before": lambda w, v, x: w.__imul__(v),
}


@pytest.mark.parametrize("write", REFUSED.values(), ids=REFUSED.keys())
def test_a_compiled_function_that_looks_at_views_of_outside_is_refused(write: Callable[..., Any]) -> None:
    w = ag.Tensor(np.ones(3))
    v = w[:1]
    with pytest.raises(ag.errors.CompileError, match="outside"):
        ag.compile(lambda x: write(w, v, x))(np.ones(3))
    np.testing.assert_array_equal(w, np.ones(3))
    w *= 2
    np.testing.assert_array_equal(v, [2])


@pytest.mark.parametrize("backend", ["numpy", "cc"])
@pytest.mark.parametrize("late", [False, True], ids=["taken before", "taken afterwards"])
@pytest.mark.parametrize("write", STATES.values(), ids=STATES.keys())
def test_a_compiled_function_writes_to_views_outside(write: Callable[..., Any], late: bool, backend: str) -> None:
    def states(wrap: Callable[[Any], Any]) -> list[Any]:
        w = ag.Tensor(np.ones(3))
        v, found = w[:1], []

        def step(x: Any) -> Any:
            write(w, v, x)
            return np.sum(w)

        run = wrap(step)
        for k in range(5):
            other = w[::-1] if late else v
            found.append((float(run(np.full(3, 1.5 + k))), w.tolist(), v.tolist(), other.tolist()))
        return found

    assert states(lambda f: ag.compile(f, backend=backend)) == states(lambda f: f)


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("first", [False, True], ids=["handed out after the view was taken", "before"])
def test_an_array_that_was_handed_out_is_that_of_the_views_too(tracked: bool, first: bool) -> None:
    y = matrix() if tracked else ag.Tensor(np.arange(6.0).reshape(2, 3))
    if first:
        y.numpy()
    row, column, square = y[1], y.T[2], (y * y).sum()
    row.numpy()[0] = 10.0
    y.numpy()[0] = -1.0
    np.testing.assert_array_equal(y.detach(), [[-1, -1, -1], [10, 4, 5]])
    np.testing.assert_array_equal(row.detach(), [10, 4, 5])
    np.testing.assert_array_equal(column.detach(), [-1, 5])
    column *= 2
    np.testing.assert_array_equal(y.detach(), [[-1, -1, -2], [10, 4, 10]])
    assert row.tolist() == [10, 4, 10]
    row.numpy()[1] = 0.0
    assert y.detach().tolist()[1] == [10, 0, 10]
    assert square.item() == 55


def test_what_a_node_has_saved_stays() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1.0
    v = y[:2]
    z = (v * v).sum() + (y * y).sum()
    v *= 0.0
    y.numpy()[:] = np.nan
    z.backward()
    np.testing.assert_array_equal(x.grad, [4, 8, 6])


def test_name_and_the_wish_for_a_gradient_stay_with_a_view() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1.0
    v = y[:2]
    v.name = "v"
    v.retain_grad()
    y *= 3
    (v * v).sum().backward()
    assert v.name == "v"
    np.testing.assert_array_equal(v.grad, [6, 12])
    np.testing.assert_array_equal(x.grad, [18, 36, 0])


def test_an_untracked_view_holds_no_graph() -> None:
    x = leaf(np.ones(3))
    y = np.exp(x)
    held = weakref.ref(y)
    with ag.no_grad():
        v, other = y[:2], y[1:]
    v *= 2
    assert not v.requires_grad
    assert y.detach().tolist() == pytest.approx([2 * np.e, 2 * np.e, np.e])
    assert (v.tolist(), other.tolist()) == (y.tolist()[:2], y.tolist()[1:])
    del y
    assert held() is None
    with pytest.raises(ag.errors.InPlaceError, match="gone"):
        v *= 2
    del other
    v *= 2
    assert v.tolist() == pytest.approx([4 * np.e, 4 * np.e])


def test_views_that_are_gone_are_forgotten() -> None:
    y = matrix()
    for _ in range(1000):
        y[0]
    assert len(y._views) < 100
    kept = [y[0] for _ in range(200)]
    assert sum(known() is not None for known in y._views) == len(kept)


def test_a_long_chain_of_views() -> None:
    y = matrix()
    v = y
    for _ in range(20_000):
        v = v[...]
    v *= 2
    y[0] = 1.0
    np.testing.assert_array_equal(v.detach(), [[1, 1, 1], [6, 8, 10]])
    del v


def test_an_outdated_view_is_one_of_its_kind_to_everybody() -> None:
    y = matrix()
    for look in (
        lambda t: t.shape, lambda t: t.ndim, lambda t: len(t), lambda t: t.dtype, lambda t: t.requires_grad,
        lambda t: t.is_leaf, repr, list, lambda t: t.tolist(), lambda t: t.detach(),
        lambda t: t.numpy(), lambda t: 1 * t, lambda t: np.exp(t), lambda t: ag.vmap(np.square)(t), bool,
        lambda t: t.register_hook(print), lambda t: t.name, type, lambda t: np.stack([t, t]), lambda t: t.size,
    ):  # fmt: skip
        v, w = y[:1, :1], y[:1, :1].T
        y *= 1.0
        expected = look(v[...])
        found = look(w)
        assert isinstance(w, ag.Tensor)
        assert type(found) is type(expected) or isinstance(found, ag.Tensor)
        y = y * 1.0


def test_a_foreign_array_of_which_nobody_knows_is_refused() -> None:
    class Duck(np.lib.mixins.NDArrayOperatorsMixin):
        """An array type of its own, which does not say what it is a view of."""

        def __init__(self, array: Any) -> None:
            self.array = np.asarray(array)

        shape = property(lambda t: t.array.shape)
        ndim = property(lambda t: t.array.ndim)
        dtype = property(lambda t: t.array.dtype)

        def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
            return NotImplemented

        def __array_ufunc__(self, fn: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
            bare = [x.array if isinstance(x, Duck) else x for x in inputs]
            return Duck(getattr(fn, method)(*bare, **kwargs))

        def astype(self, dtype: Any) -> Any:
            return Duck(self.array.astype(dtype))

        def __getitem__(self, key: Any) -> Any:
            return Duck(self.array[key])

        def reshape(self, shape: Any) -> Any:
            return Duck(self.array.reshape(shape))

    y = ag.Tensor(Duck(np.ones(3)))
    v = y[:2]
    with pytest.raises(ag.errors.InPlaceError, match="Duck"):
        v *= 2.0


# ----- assignment costs its part -----


def bytes_taken(run: Callable[[], Any]) -> int:
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def assigned_one_by_one(n: int, keys: Any) -> Callable[[], Any]:
    v, x = leaf(np.linspace(0.0, 1.0, 20)), ag.Tensor(np.zeros(n)) * 1.0

    def run() -> None:
        for i, key in enumerate(keys):
            x[key] = v[i]

    run.result, run.value = x, v  # type: ignore[attr-defined]
    return run


KEYS: dict[str, list[Any]] = {
    "numbers": list(range(20)),
    "backwards": list(range(-1, -21, -1)),
    "slices": [slice(2 * i, 2 * i + 3) for i in range(20)],
    "steps": [slice(i, i + 9, 3) for i in range(20)],
    "arrays": [np.array([i, i + 3, i]) for i in range(20)],
    "lists": [[i, -i] for i in range(20)],
}


@pytest.mark.parametrize("keys", KEYS.values(), ids=KEYS.keys())
def test_an_assignment_costs_its_part(keys: list[Any], no_collector: None) -> None:
    n = 100_000
    run = assigned_one_by_one(n, keys)
    x, v = run.result, run.value  # type: ignore[attr-defined]
    assert bytes_taken(run) < 40_000  # an array has 800,000
    assert bytes_taken((x * np.ones(n)).sum().backward) < 2.5 * 8 * n
    expected = np.zeros(n)
    small = leaf(np.linspace(0.0, 1.0, 20))
    for i, key in enumerate(keys):
        expected[key] = i
    np.testing.assert_array_equal(v.grad.numpy()[1:], [np.sum(expected == i) for i in range(1, 20)])
    assert small.grad is None


def test_an_assignment_copies_where_somebody_else_holds_the_array() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1.0
    saved, detached, same = (y * y).sum(), y.detach(), y
    array = y.numpy()
    y[0] = 10.0
    y[1] = 20.0
    assert (same.tolist(), detached.tolist(), array.tolist()) == ([10, 20, 3], [1, 2, 3], [1, 2, 3])
    saved.backward()
    np.testing.assert_array_equal(x.grad, [2, 4, 6])


def test_an_assignment_that_fails_leaves_no_trace() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1.0
    y.name = "y"
    y.retain_grad()
    for key, value in ((7, 1.0), (slice(2), np.ones(3)), ([0, 9], x[:2])):
        with pytest.raises((IndexError, ValueError)):
            y[key] = value
    y[0] = x[1]
    (y * y).sum().backward()
    np.testing.assert_array_equal(y.grad, [4, 4, 6])
    np.testing.assert_array_equal(x.grad, [0, 8, 6])
    assert y.name == "y"


def test_a_sweep_writes_into_no_cotangent_of_others() -> None:
    x, seed = leaf([1.0, 2.0, 3.0]), np.ones(3)
    y = x * 1.0
    y.retain_grad()
    y[0] = x[1] * x[2]
    z = y + 0.0
    z[1] = 5.0
    for _ in range(2):
        x.zero_grad()
        z.backward(seed, retain_graph=True)
        np.testing.assert_array_equal(x.grad, [0, 3, 3])
    np.testing.assert_array_equal(seed, np.ones(3))
    a = ag.vjp(lambda x: assigned(x, 0), x.detach().numpy())[1]
    first, second = a(seed), a(seed)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(seed, np.ones(3))


def assigned(x: Any, key: Any) -> Any:
    y = x * 1.0
    y[key] = 0.0
    return y


# ----- Ctrl-C -----


WRITTEN: dict[str, Callable[[Any, Any], Any]] = {
    "view": lambda y, v: v.__imul__(2.0),
    "base": lambda y, v: y.__imul__(3.0),
    "item": lambda y, v: y.__setitem__(0, y[2]),
    "item of a view": lambda y, v: v.__setitem__(1, v[0]),
}


def state(write: Callable[[Any, Any], Any] | None, block: Any) -> tuple[Any, ...]:
    """Return what two Tensors show after a write in a block, and their derivatives."""
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1.0
    v = y[:2]
    with block:
        if write is not None:
            write(y, v)
    ((y * np.arange(1.0, 4.0)).sum() + (v * v).sum()).backward()
    return tuple(y.tolist()), tuple(v.tolist()), tuple(x.grad.tolist())


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN.keys())
def test_an_interrupt_finds_a_write_done_or_not_begun(write: Callable[[Any, Any], Any]) -> None:
    allowed = {state(None, nullcontext()), state(write, nullcontext())}
    assert len(allowed) == 2
    found = {state(write, block) for block in everywhere(AtCall)}
    assert found == allowed
