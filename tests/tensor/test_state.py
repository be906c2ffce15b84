"""What a function writes to Tensors and modules from outside: once under every transform, not at all by a check."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import interrupts
import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.tensor.state import scopes

X = np.array([0.3, 0.8, 1.2])


class Layer(ag.nn.Module):
    """Scales by what it has seen so far, and remembers more: `write` says how."""

    def __init__(self, write: Callable[[Layer, Any], None]) -> None:
        ag.manual_seed(0)
        self.write = write
        self.weight = ag.nn.Parameter(X + 1, name="weight")
        self.running = ag.Tensor(np.full(3, 0.5))
        self.other = ag.nn.Linear(1, 3, bias=False)
        self.other.requires_grad_(False)
        self.optimizer = ag.optim.SGD([ag.Tensor(X, requires_grad=True)], lr=0.1, momentum=0.9)
        self.optimized = self.optimizer.param_groups[0]["params"][0]
        self.optimized.grad = np.ones(3)
        self.leaf = ag.Tensor(X, requires_grad=True)
        self.times = 0
        self.mean: Any = np.zeros(3)
        self.program = ag.compile(lambda v: self.running.assign(0.9 * self.running + v))

    def forward(self, x: Any) -> Any:
        grad = 0.0 if self.leaf.grad is None else self.leaf.grad.detach()
        seen = 1 + self.running + self.optimized.detach() + self.times + self.mean + grad
        y = x * self.weight * seen.detach() * self.other.weight.reshape(3)
        self.write(self, value(x))
        return y

    def state(self) -> dict[str, Any]:
        moments = [m.tolist() for s in self.optimizer.state.values() for m in s.values() if np.any(m.detach())]
        return {
            "running": self.running.tolist(), "optimized": self.optimized.tolist(), "moments": moments,
            "times": self.times, "mean": np.asarray(getattr(self.mean, "_data", self.mean)).tolist(),
            "other": self.other.weight.tolist(), "recorded": self.running.requires_grad,
            "grad": None if self.leaf.grad is None else self.leaf.grad.tolist(), "wanted": self.leaf.requires_grad,
        }  # fmt: skip


def value(x: Any) -> Any:
    """Return what a layer remembers of its input: without its derivative."""
    return x.detach() if isinstance(x, ag.Tensor) else x


def exposed_before(m: Layer, v: Any) -> None:
    m.running.data[:] += 0.1


def to_data(m: Layer, v: Any) -> None:
    m.running.data = 0.9 * m.running.detach().numpy() + 0.1 * v


def add(m: Layer, v: Any) -> None:
    m.running += 0.1 * v


def put(m: Layer, v: Any) -> None:
    m.running[0] = 0.1 * v[0]


def put_all(m: Layer, v: Any) -> None:
    m.running[...] = 0.1 * v


def count(m: Layer, v: Any) -> None:
    m.times += 1


def keep(m: Layer, v: Any) -> None:
    m.mean = 0.9 * m.mean + 0.1 * v


def keep_in_list(m: Layer, v: Any) -> None:
    m.mean = [0.1 * v][0]


def sweep(m: Layer, v: Any) -> None:
    np.sum(m.leaf * v).backward()


def freeze(m: Layer, v: Any) -> None:
    m.leaf.requires_grad = not m.leaf.requires_grad


def recorded(m: Layer, v: Any) -> None:
    with ag.enable_grad():
        m.running *= m.leaf * v


# how it is written, and whether what is written depends on the input
WRITES: dict[str, tuple[Callable[[Layer, Any], Any], bool]] = {
    "assign": (lambda m, v: m.running.assign(0.9 * m.running + 0.1 * v), True),
    "assign a constant": (lambda m, v: m.running.assign(0.9 * m.running), False),
    "data =": (to_data, True),
    "data[:] =": (exposed_before, False),
    "numpy() written to": (lambda m, v: m.running.numpy().fill(m.running.detach().numpy()[0] + 1), False),
    "t += v": (add, True),
    "t[i] = v": (put, True),
    "t[...] = v": (put_all, True),
    "out=": (lambda m, v: np.add(m.running, v, out=m.running), True),
    "recorded in place": (recorded, True),
    "step of an optimiser": (lambda m, v: m.optimizer.step(), False),
    "load_state_dict": (lambda m, v: m.other.load_state_dict({"weight": m.other.weight.numpy() * 2}), False),
    "init": (lambda m, v: ag.nn.init.constant_(m.other.weight, 0.25), False),
    "attribute": (keep, True),
    "attribute, other form": (keep_in_list, True),
    "number": (count, False),
    "gradient": (sweep, True),
    "gradient of a constant": (lambda m, v: np.sum(m.leaf * 2).backward(), False),
    "gradient forgotten": (lambda m, v: (sweep(m, 1.0), m.leaf.zero_grad()), False),
    "requires_grad": (freeze, False),
    "compiled": (lambda m, v: m.program(np.ones(3)), False),
}



writes = pytest.mark.parametrize(("write", "depends"), WRITES.values(), ids=WRITES)


def plainly(write: Any) -> tuple[Any, Any, Any]:
    """Return the state after one plain call, the value and the gradient."""
    m = Layer(write)
    x = ag.Tensor(X, requires_grad=True)
    y = m(x)
    np.sum(y**2).backward()
    return m.state(), y.tolist(), [x.grad.tolist(), m.weight.grad.tolist()]


@writes
def test_a_checkpoint_writes_once_and_sees_again_what_was_there(write: Any, depends: bool) -> None:
    m, x = Layer(write), ag.Tensor(X, requires_grad=True)
    y = ag.checkpoint(m)(x)
    np.sum(y**2).backward()
    state, expected, grads = plainly(write)
    assert m.state() == state
    assert y.tolist() == expected
    assert [x.grad.tolist(), m.weight.grad.tolist()] == grads
    assert not scopes()


@writes
def test_checkpoints_in_a_row_and_in_each_other(write: Any, depends: bool) -> None:
    def run(wrap: Any) -> Any:
        m, x = Layer(write), ag.Tensor(X, requires_grad=True)
        y = wrap(m)(wrap(lambda x: wrap(m)(x) * 0.5)(x))
        np.sum(y).backward()
        return m.state(), x.grad.tolist(), m.weight.grad.tolist()

    assert run(ag.checkpoint) == run(lambda f: f)


@writes
@pytest.mark.parametrize("order", [1, 2])
def test_a_check_leaves_all_as_it_was(write: Any, depends: bool, order: int) -> None:
    m = Layer(write)
    before, alias = m.state(), m.running.numpy()
    assert ag.gradcheck(m, [ag.Tensor(X, requires_grad=True)], order=order)
    assert m.state() == before
    assert m.running.numpy() is alias
    assert not scopes()


@writes
@pytest.mark.filterwarnings("ignore::autograd_lite.errors.NumericalDerivativeWarning")
def test_a_numerical_derivative_writes_nothing_besides(write: Any, depends: bool) -> None:
    m = Layer(write)
    ag.grad(lambda x: np.sum(ag.custom_op(lambda x: np.array(m(x).detach()), numerical=True)(x)))(X)
    assert m.state() == plainly(write)[0]


@writes
def test_a_batch_goes_nowhere_and_all_else_is_written(write: Any, depends: bool) -> None:
    m, xs = Layer(write), np.stack([X, 2 * X, -X])
    before = m.state()
    run = ag.vmap(lambda x: m(x))
    if depends:
        with pytest.raises(errors.BatchError, match=r"(?s)(test_state.py:\d+|np.asarray).*Write"):
            run(xs)
        assert m.state() == before
    else:
        run(xs)
        assert m.state() == plainly(write)[0]
    assert not scopes()


def test_what_is_made_within_may_hold_a_batch() -> None:
    def f(x: Any) -> Any:
        total = ag.Tensor(np.zeros(3))
        total += x
        total[0] = x[1]
        total.assign(total + x)
        layer = ag.nn.Module()
        layer.seen = x
        leaf = ag.Tensor(np.ones(3)) * x
        np.exp(leaf, out=leaf)
        leaf.assign(leaf * layer.seen)
        return total + leaf

    xs = np.stack([X, 2 * X])
    np.testing.assert_allclose(ag.vmap(f)(xs), [f(x) for x in xs])
    nested = ag.vmap(lambda x: ag.vmap(lambda y: f(x * y))(xs))(xs)
    np.testing.assert_allclose(nested, [[f(x * y) for y in xs] for x in xs])


def test_a_batch_in_another_batch_goes_no_further_than_its_own() -> None:
    def f(x: Any) -> Any:
        mine = ag.Tensor(np.zeros(3))

        def g(y: Any) -> Any:
            mine.assign(x)  # the same for all examples of the inner one
            return mine + y

        return ag.vmap(g)(xs)

    xs = np.stack([X, 2 * X])
    np.testing.assert_allclose(ag.vmap(f)(xs), [[x + y for y in xs] for x in xs])

    def g(x: Any) -> Any:
        mine = ag.Tensor(X)
        return ag.vmap(mine.assign)(x * xs)

    with pytest.raises(errors.BatchError, match="was there before"):
        ag.vmap(g)(xs)


def test_a_functional_call_takes_parameters_that_differ() -> None:
    m = ag.nn.Linear(3, 2)
    weights = np.stack([m.weight.numpy(), 2 * m.weight.numpy()])
    before = m.state_dict()
    found = ag.vmap(lambda w: ag.nn.functional_call(m, {"weight": w}, X))(weights)
    np.testing.assert_allclose(found.detach(), [X @ w.T + before["bias"] for w in weights])
    assert ag.gradcheck(lambda w: ag.nn.functional_call(m, {"weight": w}, X), [weights[0]])
    np.testing.assert_array_equal(m.weight.detach(), before["weight"])


_LEAF = ag.Tensor(2.0, requires_grad=True)
LEFT: dict[str, Callable[[Any], Any]] = {
    "an array of it": np.asarray,
    "a number": float,
    "a branch": bool,
    "a sweep": lambda x: np.sum(_LEAF * x).backward(),
}


@pytest.mark.parametrize("use", LEFT.values(), ids=LEFT)
def test_a_batch_kept_elsewhere_says_so_when_it_is_used(use: Callable[[Any], Any]) -> None:
    kept: list[Any] = []
    ag.vmap(lambda x: (kept.append(x), x)[1])(np.ones((3,)))
    assert "has ended" in repr(kept[0])
    with pytest.raises(errors.BatchError, match="kept elsewhere"):
        use(kept[0])


@pytest.mark.parametrize("start", [np.zeros(3), [0.0]], ids=["array", "list"])
@pytest.mark.parametrize("transform", ["checkpoint", "gradcheck"])
def test_an_attribute_changed_in_place_is_refused(start: Any, transform: str) -> None:
    class Counting(ag.nn.Module):
        def __init__(self) -> None:
            self.seen = start

        def forward(self, x: Any) -> Any:
            self.seen += start
            return x * 2

    m, x = Counting(), ag.Tensor(X, requires_grad=True)
    with pytest.raises(errors.StateError, match=r"seen of Counting.*Write self.seen = "):
        ag.checkpoint(m)(x) if transform == "checkpoint" else ag.gradcheck(m, [x])


def test_a_pickled_pullback_writes_nothing_when_it_is_loaded() -> None:
    before = _SEEN.tolist()
    _, pullback = ag.vjp(_counted, X)
    once = _SEEN.tolist()
    assert once != before
    found = pickle.loads(pickle.dumps(pullback))
    np.testing.assert_array_equal(found(np.ones(3)), pullback(np.ones(3)))
    assert _SEEN.tolist() == once


_SEEN = ag.Tensor(np.zeros(3))


def _counted(x: Any) -> Any:
    _SEEN.assign(_SEEN + 1)
    return x * 2


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_checkpoint_that_writes_has_a_jacobian(mode: str) -> None:
    def run(wrap: Any) -> Any:
        m = Layer(keep)
        return np.array(ag.jacobian(lambda x: wrap(m)(x) * 1, mode=mode)(X).detach()), m.state()

    (found, state), (expected, plain) = run(ag.checkpoint), run(lambda f: f)
    np.testing.assert_allclose(found, expected)
    assert state == plain


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_leaves_no_scope_and_no_state() -> None:
    m, x = Layer(lambda m, v: m.running.assign(m.running + 1)), ag.Tensor(X, requires_grad=True)
    y = np.sum(ag.checkpoint(m)(x))
    state = m.state()
    for block in interrupts.everywhere(interrupts.AtCall):
        with np.errstate(), block:  # NumPy's own block may be left without its end
            y.backward(retain_graph=True)
        assert not scopes()
        assert m.state() == state


def test_a_pair_of_plain_functions_is_put_back() -> None:
    seen = ag.Tensor(np.zeros(3))

    def f(x: Any) -> Any:
        seen.assign(seen + 1)
        return x**2 + 0 * seen.numpy()

    def df(x: Any) -> Any:
        seen.data[:] += 1
        return np.diag(2 * x)

    assert ag.gradcheck((f, df), [X])
    assert seen.tolist() == [0, 0, 0]


def test_a_result_that_is_put_back_afterwards_is_what_it_was() -> None:
    seen = ag.Tensor(np.zeros(3))
    assert ag.gradcheck(lambda x: [seen.assign(x), x * 2][1], [X])
    assert not ag.gradcheck(lambda x: seen.assign(x), [X], raise_exception=False)
    x = ag.Tensor(X, requires_grad=True)
    z = ag.Tensor(np.zeros(3))

    def f(x: Any) -> Any:
        z[...] = x * 2
        return z

    y = ag.checkpoint(f)(x)
    np.sum(y * y).backward()
    np.testing.assert_allclose(x.grad, 8 * X)


def test_what_is_made_within_is_not_put_back() -> None:
    def f(x: Any) -> Any:
        scale = ag.Tensor(np.ones(3))
        scale.data[:] += 1
        scale.data[:] += 1
        return x * scale, scale

    x = ag.Tensor(X, requires_grad=True)
    assert ag.gradcheck(lambda x: f(x)[0], [X])
    y, scale = ag.checkpoint(f)(x)
    np.sum(y * scale).backward()
    assert x.grad.tolist() == [9.0, 9.0, 9.0]
