"""Values overwritten between forward and backward: the gradient is that of the earlier forward.

Whatever a caller may write to is copied before a node keeps it, and what a Tensor holds is never written to. The tests
here compute a gradient undisturbed, compute it again while everything in reach is overwritten in between, and compare.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import array_of
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.rules.products import affine
from autograd_lite.tensor.tensor import assign

X = np.array([[0.3, 0.7, 0.2], [0.9, 0.4, 0.6]])
A = np.array([[0.5, 0.1, 0.8], [0.2, 0.6, 0.4]])
I = np.array([1, 0, 1])  # noqa: E741 - indices


def gradients(
    f: Callable[..., Any], disturb: Callable[[ag.Tensor], None] | None, *operands: Any, twice: bool, alias: bool = False
) -> Any:
    """Return the first and second derivatives of ``f(x, *operands)``, with `disturb` called after each step.

    With `alias`, the array of `x` is in the caller's hands before the forward computation, and not only after it.
    """
    x = leaf(X)
    if alias:
        x.numpy()
    y = f(x, *operands)
    if disturb is not None:
        disturb(x)
    weights = np.random.default_rng(0).standard_normal(y.shape)
    y.backward(weights, create_graph=twice)
    first, x.grad = x.grad, None
    if disturb is not None:
        disturb(x)
    if not twice or first is None or not first.requires_grad:
        return first, None
    (first * first).sum().backward()
    return first.detach(), x.grad


def compare(actual: Any, expected: Any) -> None:
    for a, e in zip(actual, expected, strict=True):
        assert (a is None) == (e is None)
        if e is not None:
            np.testing.assert_array_equal(a, e)


# ----- the parameter -----

BY_ORDER = ("expn", "iv", "ive", "jv", "kn", "kv", "kve", "yn", "yv")
"""Functions, beside `zeta`, whose order has no derivative here."""
UFUNCS = sorted(
    (
        f for f, op in REGISTRY.items()
        if isinstance(f, np.ufunc) and isinstance(op, Op) and op.rules and all(op.rules)
        and op.name not in ("zeta", *BY_ORDER)
    ),
    key=lambda fn: str(fn.__name__),
)
UNARY = [fn for fn in UFUNCS if (fn.nin, fn.nout) == (1, 1)]
BINARY = [fn for fn in UFUNCS if fn.nin == 2 and fn.signature is None]
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum of squares": lambda x: np.sum(x * x),
    "prod": lambda x: np.prod(x, 1),
    "max": lambda x: np.max(x, 0),
    "std": lambda x: np.std(x),
    "norm": lambda x: np.linalg.norm(x),
    "softmax": ag.softmax,
    "logsumexp": ag.logsumexp,
    "cumsum": lambda x: np.cumsum(x * x),
    "sort": lambda x: np.sort(x * x),
    "index": lambda x: x[0] * x[1],
    "matmul": lambda x: x @ x.T,
    "einsum": lambda x: np.einsum("ij,ij->i", x, x),
    "where": lambda x: np.where(x > 0.5, x * x, np.exp(x)),
    "concatenate": lambda x: np.concatenate([x, x * x]),
    "transposed view": lambda x: np.exp(x.T)[1:],
    "squared error": lambda x: ag.half_squared_error(x * x, x),
}
FUNCTIONS |= {fn.__name__: fn for fn in UNARY}
FUNCTIONS |= {f"{fn.__name__}, twice the same": lambda x, fn=fn: fn(x, x) for fn in BINARY}
FUNCTIONS |= {f"{fn.__name__}, of results": lambda x, fn=fn: fn(np.exp(x), np.sin(x)) for fn in BINARY}
CHANGES: dict[str, Callable[[ag.Tensor], Any]] = {
    "assign": lambda x: x.assign(x.detach() * 0 + 7.0),
    "data written": lambda x: x.data.fill(7.0),
    "data set": lambda x: setattr(x, "data", np.full(x.shape, 7.0)),
    "numpy": lambda x: x.numpy().fill(7.0),
    "asarray": lambda x: np.asarray(x.detach()).fill(7.0),
    "in place": lambda x: ag.no_grad()(lambda: x.__iadd__(7.0))(),
    "index": lambda x: ag.no_grad()(lambda: x.__setitem__(slice(None), 7.0))(),
    "out": lambda x: ag.no_grad()(lambda: np.exp(x, out=x))(),
    "several": lambda x: assign([(x, np.full(x.shape, 7.0))]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS.keys())
def test_a_parameter_may_change_between_forward_and_backward(
    f: Callable[..., Any], change: Callable[[ag.Tensor], Any]
) -> None:
    """Swept once or twice, also where an alias was handed out before."""
    for twice in (False, True):
        with np.errstate(all="ignore"):
            expected = gradients(f, None, twice=twice)
            for alias in (False, True):
                compare(gradients(f, change, twice=twice, alias=alias), expected)


def test_an_update_between_two_sweeps_of_one_graph() -> None:
    x = leaf(X)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    x.assign(x.detach() * 5)
    x.zero_grad()
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * X)


def test_the_alias_handed_out_earlier_stays_an_alias_and_harms_nothing() -> None:
    x = leaf(X)
    alias = x.numpy()
    y = (x * x).sum()
    alias[:] = 7.0
    np.testing.assert_array_equal(x.detach(), np.full(X.shape, 7.0))
    z = (x * x).sum()
    alias[:] = 0.0
    y.backward()
    np.testing.assert_array_equal(x.grad, 2 * X)
    x.zero_grad()
    z.backward()
    np.testing.assert_array_equal(x.grad, np.full(X.shape, 14.0))


# ----- the caller's arrays -----


@pytest.mark.parametrize(
    "order", [lambda f, x, a: f(x, a), lambda f, x, a: f(a, x)], ids=["tensor first", "array first"]
)
@pytest.mark.parametrize("ufunc", BINARY, ids=[f.__name__ for f in BINARY])
def test_an_array_next_to_a_tensor_may_change(ufunc: np.ufunc, order: Callable[..., Any]) -> None:
    for twice in (False, True):
        a = A.copy()
        actual = gradients(lambda x: order(ufunc, x, a), lambda x: a.fill(9.0), twice=twice)  # noqa: B023 - used at once
        compare(actual, gradients(lambda x: order(ufunc, x, A), None, twice=twice))


OPERANDS: dict[str, tuple[Callable[[Any, Any], Any], np.ndarray]] = {
    "operator": (lambda x, a: x * a, A),
    "reflected operator": (lambda x, a: a / x, A),
    "in-place operator": (lambda x, a: (x * 1.0).__imul__(a), A),
    "matmul": (lambda x, a: x @ a.T, A),
    "matmul from the left": (lambda x, a: a.T @ x, A),
    "dot": (lambda x, a: np.dot(a.T, x), A),
    "tensordot": (lambda x, a: np.tensordot(x, a), A),
    "outer": (lambda x, a: np.multiply.outer(a, x * x), A),
    "kron": (lambda x, a: np.kron(a, x * x), A),
    "einsum": (lambda x, a: np.einsum("ij,ij,ij->j", x, a, x), A),
    "affine": (lambda x, a: affine(x * x, a, None), A),
    "where: condition": (lambda x, a: np.where(a, x * x, np.exp(x)), A > 0.3),
    "where: branch": (lambda x, a: np.where(x > 0.5, x, a), A),
    "clip": (lambda x, a: np.clip(x * x, a, a + 0.3), A),
    "average: weights": (lambda x, a: np.average(x * x, 0, a), A),
    "concatenate": (lambda x, a: np.concatenate([x * x, a]), A),
    "target of a loss": (ag.half_squared_error, A),
    "target of another loss": (ag.mean_squared_error, A),
    "index": (lambda x, a: x[:, a] ** 2, I),
    "index in a tuple": (lambda x, a: x[a, a] ** 2, I),
    "index of a slice": (lambda x, a: x[:, a[1] :] ** 2, I),
    "mask": (lambda x, a: x[a] ** 2, A > 0.3),
    "index of an assignment": (lambda x, a: assigned(x, (slice(None), a), 2.0), I),
    "mask of an assignment": (lambda x, a: assigned(x, a, 2.0), A > 0.3),
    "value of an assignment": (lambda x, a: assigned(x, ..., a), A),
    "take": (lambda x, a: np.take(x, a, 1) ** 2, I),
    "take_along_axis": (lambda x, a: np.take_along_axis(x, a[None], 1) ** 2, I),
    "repeat": (lambda x, a: np.repeat(x, a + 1, 1) ** 2, I),
    "roll": (lambda x, a: np.roll(x, a[:2], (0, 1)) ** 2, I),
    "split": (lambda x, a: np.split(x, a[:1], 1)[1] ** 2, I),
    "pad": (lambda x, a: np.pad(x, a[None, :2]) ** 2, I),
    "compress": (lambda x, a: np.compress(a, x, 1) ** 2, I),
    "reshape": (lambda x, a: np.reshape(x, a) ** 2, np.array([3, 2])),
    "broadcast_to": (lambda x, a: np.broadcast_to(x, a) ** 2, np.array([4, 2, 3])),
    "transpose": (lambda x, a: np.transpose(x, a) ** 2, np.array([1, 0])),
    "out": (lambda x, a: np.multiply(x, a, out=ag.Tensor(np.empty(a.shape))), A),
    "number of no dimension": (lambda x, a: x * a[0, 0:1].reshape(()) * x, A),
}


def assigned(x: ag.Tensor, key: Any, value: Any) -> ag.Tensor:
    y = x * x
    y[key] = value
    return y * x


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize(("f", "start"), OPERANDS.values(), ids=OPERANDS.keys())
def test_an_array_hidden_in_an_operation_may_change(f: Callable[..., Any], start: np.ndarray, twice: bool) -> None:
    a = start.copy()
    compare(gradients(f, lambda x: a.fill(0), a, twice=twice), gradients(f, None, start, twice=twice))


@pytest.mark.parametrize("f", [lambda x, a: x[a] ** 2, lambda x, a: assigned(x, a, 2.0)], ids=["read", "write"])
def test_an_index_list_may_change(f: Callable[..., Any]) -> None:
    key = [0, 1, 1]
    compare(gradients(f, lambda x: key.clear(), key, twice=False), gradients(f, None, [0, 1, 1], twice=False))


@pytest.mark.parametrize("bound", [np.array, ag.Tensor], ids=["array", "Tensor"])
def test_the_bound_of_a_slice_may_change(bound: Callable[[Any], Any]) -> None:
    i = bound(1)

    def change(x: ag.Tensor) -> None:
        nonlocal i
        i += 1

    f = lambda x, a: x[:, a:] ** 2  # noqa: E731 - as the others here
    compare(gradients(f, change, i, twice=False), gradients(f, None, 1, twice=False))


def memory_mapped(path: Path) -> np.ndarray:
    a = np.memmap(path / "a.bin", np.float64, "w+", shape=A.shape)
    a[:] = A
    return a


ARRAYS: dict[str, Callable[[Path], tuple[Any, np.ndarray]]] = {
    "array": lambda path: (a := A.copy(), a),
    "view": lambda path: ((base := np.concatenate([A, A]))[:2], base),
    "reversed view": lambda path: ((base := A[::-1].copy())[::-1], base),
    "strided view": lambda path: ((base := np.repeat(A, 2, 1))[:, ::2], base),
    "transposed": lambda path: ((base := A.T.copy()).T, base),
    "read-only view": lambda path: (np.broadcast_to(base := A[:1].copy(), (2, 3)), base),
    "memory map": lambda path: (a := memory_mapped(path), a),
    "Fortran order": lambda path: (a := np.asfortranarray(A), a),
    "float32": lambda path: (a := A.astype(np.float32), a),
    "integers": lambda path: (a := np.array([[1, 2, 3], [4, 5, 6]]), a),
    "unaligned": lambda path: (
        a := np.frombuffer(bytearray(b"x" + A.tobytes()), np.uint8)[1:].view(np.float64).reshape(2, 3),
        a,
    ),
    "Tensor, by its data": lambda path: ((t := ag.Tensor(A)), t.data),
    "Tensor, by an earlier numpy()": lambda path: ((t := ag.Tensor(A)), t.numpy()),
    "detached, by its source": lambda path: ((t := ag.Tensor(A)).detach(), t.data),
    "view of a Tensor, by its source": lambda path: ((t := ag.Tensor(A.T)).T, t.data),
    "Tensor of the array": lambda path: (ag.Tensor(a := A.copy()), a),
}


@pytest.mark.parametrize("twice", [False, True], ids=["once", "twice"])
@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS.keys())
def test_all_kinds_of_memory_may_change(make: Callable[[Path], Any], tmp_path: Path, twice: bool) -> None:
    def f(x: Any, a: Any) -> Any:
        return x * a * x + np.exp(x) / a

    a, memory = make(tmp_path)
    expected = gradients(f, None, np.array(a), twice=twice)
    compare(gradients(f, lambda x: memory.fill(9.0), a, twice=twice), expected)


def test_an_array_handed_out_is_copied_only_while_it_is_the_value() -> None:
    x = leaf([1.0, 2.0])
    handed = x.numpy()
    assert x.numpy() is handed
    assert array_of(x) is not handed
    x.assign([3.0, 4.0])
    assert array_of(x) is array_of(x)
    handed[:] = 9.0
    np.testing.assert_array_equal(array_of(x), [3.0, 4.0])


FORMS: dict[str, Callable[[Any], Any]] = {
    "shape": lambda a: setattr(a, "shape", (3, 2)),
    "flat": lambda a: setattr(a, "shape", (6,)),
    "longer": lambda a: setattr(a, "shape", (1, 2, 3)),
    "dtype": lambda a: setattr(a, "dtype", np.int64),
}
USES: dict[str, Callable[[Any], Any]] = {
    "operation": lambda t: t * 2, "function": np.sum, "matmul": lambda t: t @ t.T, "copy": copy.copy,
    "assign": lambda t: t.assign(np.ones(t.shape)), "data": lambda t: setattr(t, "data", np.ones(t.shape)),
    "detach": lambda t: t.detach(), "step": lambda t: ag.optim.SGD([t], lr=0.1).step(),
    "backward": lambda t: t.sum().backward(),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Setting the .* on a NumPy array:DeprecationWarning")
@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("change", FORMS.values(), ids=FORMS)
def test_another_form_given_to_the_array_from_outside_is_noticed(change: Any, use: Any) -> None:
    t = leaf(X)
    t.grad = np.ones(X.shape)
    shape, dtype = t.shape, t.dtype
    change(t.data)
    with pytest.raises(errors.InPlaceError, match=r"another shape or dtype in place.*Write"):
        use(t)
    t.data.dtype = dtype
    t.data.shape = shape
    np.testing.assert_array_equal((t * 1).detach(), X)


def test_a_batch_buffer_is_reused() -> None:
    """Three batches through one buffer, one backward at the end."""
    w, buffer = leaf([1.0, 2.0, 3.0]), np.empty((2, 3))
    batches = [X, A, X + A]
    losses = []
    for batch in batches:
        buffer[:] = batch
        losses.append(ag.half_squared_error(buffer @ w, np.zeros(2)))
    buffer[:] = np.nan
    sum(losses).backward()  # type: ignore[union-attr]
    np.testing.assert_allclose(w.grad, sum(b.T @ (b @ [1.0, 2.0, 3.0]) for b in batches))


def test_the_data_of_a_tensor_is_its_own() -> None:
    a = X.copy()
    t = ag.Tensor(a)
    a[:] = 9.0
    np.testing.assert_array_equal(t, X)
    t.data[:] = 7.0
    np.testing.assert_array_equal(a, np.full(X.shape, 9.0))


def test_a_value_given_to_assign_or_grad_is_copied() -> None:
    x, a = leaf(X), A.copy()
    x.assign(a)
    x.grad = a  # type: ignore[assignment]
    a[:] = 9.0
    np.testing.assert_array_equal(x.detach(), A)
    np.testing.assert_array_equal(x.grad, A)
    t = ag.Tensor(A)
    alias = t.numpy()
    x.assign(t)
    x.grad = t
    alias[:] = 9.0
    np.testing.assert_array_equal(x.detach(), A)
    np.testing.assert_array_equal(x.grad, A)


# ----- results -----


def test_a_tracked_value_written_into_a_constant_is_recorded() -> None:
    x = leaf(3.0)
    z = ag.Tensor(np.zeros(3))
    z[1] = x * x
    assert z.requires_grad
    (z * np.array([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad is not None
    assert x.grad.item() == 60.0


def test_an_in_place_chain_has_the_derivative_of_its_value() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * 1
    y += y
    y *= x
    y **= 2
    y -= x
    y /= 2
    np.testing.assert_array_equal(y.detach(), [1.5, 31.0, 160.5])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, 8 * np.array([1.0, 8.0, 27.0]) - 0.5)


def test_what_was_computed_from_a_result_before_it_changed_keeps_its_derivative() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = np.exp(x)
    z = (y * y).sum()
    y[...] = 0.0
    y.numpy()[:] = 9.0
    z.backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp([2.0, 4.0, 6.0]))


def test_a_result_changed_without_recording_keeps_its_node() -> None:
    x = leaf([1.0, 2.0, 3.0])
    y = x * x
    with ag.no_grad():
        y *= 10
    assert y.requires_grad
    (y * 1).sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 4.0, 6.0])


def random_program(seed: int, x: Any, noise: bool) -> Any:
    """Combine, change, read and write results and views of them at random, of Tensors or arrays.

    `noise` also writes to whatever it can get hold of.
    """
    draw = np.random.default_rng(seed)
    pool = [x * 1.0, np.sin(x), x * 0 + 0.5]
    buffer = np.empty(4)
    for _ in range(18):
        a, b = (pool[i] for i in draw.integers(len(pool), size=2))
        buffer[:] = draw.uniform(0.5, 1.0, 4)
        i, j = draw.integers(4, size=2)
        match draw.integers(16):
            case 0:
                pool.append(a * b)
            case 1:
                pool.append(np.tanh(a + b) - a)
            case 2:
                a += b * 0.5
            case 3:
                a *= buffer
            case 4:
                a[i] = b[j]
            case 5:
                a[buffer > 0.75] = b.sum() * 0.1
            case 6:
                pool.append(a[np.array([j, i, 3, 0])])
            case 7:
                np.multiply(a, buffer, out=b)
            case 8:
                pool.append(np.where(buffer > 0.75, a, b) / (buffer + b * b))
            case 9:
                a[[i, i, j]] = b[1:]
            case 10:
                pool.append(a[::-1])
            case 11:
                pool.append(a.reshape(2, 2).T.reshape(-1))
            case 12:
                pool.append(np.ravel(a.reshape(2, 2)))
            case 13:
                part = a[i:]
                part *= b[i:]
            case 14:
                a.reshape(2, 2)[i // 2] += b[1:3]
            case 15:
                np.sin(b[:2], out=a.reshape(2, 2).T[j // 2])
        place = draw.integers(len(pool))
        if noise:
            kept = pool[place].detach()
            kept.numpy()[:] = np.nan
            np.asarray(kept)[:] = np.inf
    buffer[:] = np.nan
    return sum(np.sum(t * t) for t in pool)


@pytest.mark.parametrize("seed", range(120))
def test_random_programs_have_the_value_and_derivative_of_the_same_on_arrays(seed: int) -> None:
    start = np.array([0.3, -0.8, 0.6, 1.1])
    x = leaf(start)
    y = random_program(seed, x, noise=True)
    assert y.item() == pytest.approx(random_program(seed, start, noise=False), rel=1e-13)
    x.assign(np.zeros(4))
    y.backward()
    expected = []
    for place in np.eye(4):
        up, down = (random_program(seed, start + step * place, noise=False) for step in (1e-6, -1e-6))
        expected.append((up - down) / 2e-6)
    np.testing.assert_allclose(x.grad, expected, rtol=1e-5, atol=1e-6)


def test_inputs_are_never_written_to() -> None:
    x, a = leaf(X), A.copy()
    a.flags.writeable = False
    y = np.exp(x * a) / a + np.where(a > 0.3, x, a)
    seed = np.ones(y.shape)
    seed.flags.writeable = False
    y.backward(seed)
    np.testing.assert_array_equal(x.detach(), X)


# ----- assign -----


def test_assign_commits_all_or_none() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0])
    with pytest.raises(ag.AutogradError):
        assign([(x, [5.0, 6.0]), (w, [1.0, 2.0])])
    np.testing.assert_array_equal(x.detach(), [1.0, 2.0])
    assign([(x, [5, 6]), (w, ag.Tensor([7.0]))])
    np.testing.assert_array_equal(x.detach(), [5.0, 6.0])
    np.testing.assert_array_equal(w.detach(), [7.0])


def test_assign_exchanges_values() -> None:
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    assign([(x, w), (w, x)])
    np.testing.assert_array_equal(x.detach(), [3.0, 4.0])
    np.testing.assert_array_equal(w.detach(), [1.0, 2.0])


def test_assign_keeps_dtype_and_leaf() -> None:
    x = leaf(np.ones(2, np.float32))
    assert x.assign(np.array([1.5, 2.5])) is x
    assert (x.dtype, x.is_leaf, x.requires_grad) == (np.float32, True, True)
