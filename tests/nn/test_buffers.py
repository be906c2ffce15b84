"""Buffers: Tensors of a module that are no parameters, saved, lent, compiled, and written to under every transform."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import errors, nn

X = np.array([[0.3, -0.8, 1.2], [0.5, 0.1, -0.4]])


class Centred(nn.Module):
    """Takes away a running mean, which `write` says how to keep."""

    def __init__(self, write: Callable[[Centred, Any], None]) -> None:
        self.write = write
        self.mean = ag.Tensor([0.5, -0.5, 0.25])
        self.weight = nn.Parameter([1.0, 2.0, 3.0])

    def forward(self, x: Any) -> Any:
        if self.training:
            self.write(self, np.mean(x, axis=0))
        return (x - self.mean) * self.weight


def by_attribute(m: Centred, v: Any) -> None:
    m.mean = 0.9 * m.mean + 0.1 * v


def in_place(m: Centred, v: Any) -> None:
    m.mean *= 0.9
    m.mean += 0.1 * v


def assigned(m: Centred, v: Any) -> None:
    m.mean.assign(0.9 * m.mean + 0.1 * v)


def detached(m: Centred, v: Any) -> None:
    m.mean = (0.9 * m.mean + 0.1 * v).detach() if isinstance(v, ag.Tensor) else 0.9 * m.mean + 0.1 * v


def unrecorded(m: Centred, v: Any) -> None:
    with ag.no_grad():
        m.mean = 0.9 * m.mean + 0.1 * v


def unrecorded_in_place(m: Centred, v: Any) -> None:
    with ag.no_grad():
        in_place(m, v)


WRITES = (by_attribute, in_place, assigned, unrecorded, unrecorded_in_place)
writes = pytest.mark.parametrize("write", WRITES)


def after(write: Any, calls: int = 1, x: Any = X) -> list[float]:
    """Return the mean after some plain calls."""
    m = Centred(write)
    for _ in range(calls):
        m(x)
    return m.mean.tolist()


# ----- what they are -----


class Nested(nn.Module):
    def __init__(self) -> None:
        self.scale = nn.Parameter(2.0)
        self.inner = nn.Sequential(Centred(by_attribute), nn.Tanh())
        self.step = ag.Tensor(0)
        self.tables = [ag.Tensor([1.0]), {"a": ag.Tensor([2.0])}]
        self.same = self.step
        self.register_buffer("cache", ag.Tensor([7.0]), persistent=False)
        self.register_buffer("later", None)


def test_they_are_the_tensors_that_are_no_parameters() -> None:
    m = Nested()
    names = ["step", "cache", "inner.0.mean", "tables.0", "tables.1.a"]
    assert [name for name, _ in m.named_buffers()] == names
    assert [id(b) for b in m.buffers()] == [id(b) for _, b in m.named_buffers()]
    assert [name for name, _ in m.named_parameters()] == ["scale", "inner.0.weight"]
    assert [name for name, _ in m.named_buffers(recurse=False)] == ["step", "cache", "tables.0", "tables.1.a"]
    assert [name for name, _ in m.named_buffers("net")] == [f"net.{name}" for name in names]
    assert [name for name, _ in m.named_buffers(remove_duplicate=False)] == ["step", "same", *names[1:]]
    assert [b.tolist() for b in m.buffers(recurse=False)] == [0, [7.0], [1.0], [2.0]]


def test_they_are_saved_and_loaded_with_their_dtypes_unless_they_are_not_persistent() -> None:
    m, other = Nested(), Nested()
    keys = ["scale", "step", "same", "inner.0.weight", "inner.0.mean", "tables.0", "tables.1.a"]
    state = m.state_dict()
    assert list(state) == keys
    state |= {"inner.0.mean": np.full(3, 4.0, np.float32), "step": 5, "same": 5}
    assert other.load_state_dict(state) == ([], [])
    assert other.inner[0].mean.tolist() == [4.0, 4.0, 4.0]
    assert other.inner[0].mean.dtype == float
    assert (other.step.item(), other.step.dtype.kind) == (5, "i")
    assert other.same is other.step


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"weight": np.ones(3)}, "mean missing"),
        ({"weight": np.ones(3), "mean": np.ones(3), "cache": 1.0}, "cache not known"),
        ({"weight": np.ones(3), "mean": np.ones(4)}, r"mean has shape \(4,\) instead of \(3,\)"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(state: Any, words: str) -> None:
    m = Centred(by_attribute)
    m.register_buffer("cache", ag.Tensor(0.0), persistent=False)
    with pytest.raises(errors.StateDictError, match=words):
        m.load_state_dict(state)
    assert m.mean.tolist() == [0.5, -0.5, 0.25]
    assert m.load_state_dict({"mean": np.ones(3)}, strict=False) == (["weight"], [])
    assert m.mean.tolist() == [1.0, 1.0, 1.0]


def test_a_buffer_gets_its_value_later_and_stays_what_it_was_registered_as() -> None:
    m = Nested()
    m.later, m.cache = ag.Tensor([1.0]), ag.Tensor([2.0])
    assert "later" in m.state_dict()
    assert "cache" not in m.state_dict()
    m.register_buffer("cache", m.cache)
    assert "cache" in m.state_dict()
    m.register_buffer("cache", None, persistent=False)
    del m.cache
    m.cache = ag.Tensor([3.0])
    assert "cache" in m.state_dict()


def test_what_is_said_of_one_module_is_not_said_of_another() -> None:
    first, second = Nested(), Centred(by_attribute)
    second.cache = ag.Tensor(1.0)
    assert "cache" in second.state_dict()
    assert "cache" not in first.state_dict()


def test_switches_and_gradients_leave_them_alone() -> None:
    m = Centred(by_attribute)
    m.requires_grad_().zero_grad()
    assert not m.mean.requires_grad
    assert ag.optim.SGD(m.parameters(), lr=0.1).param_groups[0]["params"] == [m.weight]
    assert repr(m) == "Centred()"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_its_own(copied: Callable[[Any], Any]) -> None:
    m = Nested()
    twin = copied(m)
    m.inner(X)
    m.step += 1
    assert twin.same is twin.step
    assert twin.step.item() == 0
    assert twin.inner[0].mean.tolist() == [0.5, -0.5, 0.25]
    assert list(twin.state_dict()) == list(m.state_dict())


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("", ag.Tensor(1.0), "cannot be the name"),
        ("a.b", ag.Tensor(1.0), "cannot be the name"),
        ("weight", ag.Tensor(1.0), "weight that is no buffer: a Parameter"),
        ("forward", ag.Tensor(1.0), "forward that is no buffer: a method"),
        ("training", None, "training that is no buffer: a bool"),
        ("mean", np.ones(3), "is to be a ndarray"),
        ("mean", nn.Parameter(1.0), "is to be a Parameter"),
    ],
)
def test_what_cannot_be_registered_is_refused(name: str, value: Any, words: str) -> None:
    m = Centred(by_attribute)
    with pytest.raises(errors.ArgumentError, match=words + ".*Write register_buffer"):
        m.register_buffer(name, value)
    assert m.mean.tolist() == [0.5, -0.5, 0.25]


@pytest.mark.parametrize("value", [np.ones(3), np.float64(1), 1.0, 0], ids=repr)
def test_a_plain_value_in_the_place_of_a_buffer_is_refused(value: Any) -> None:
    m = Centred(by_attribute)
    with pytest.raises(errors.StateDictError, match=r"mean of Centred is given.*Write self.mean = ag.Tensor"):
        m.mean = value
    assert list(m.state_dict()) == ["weight", "mean"]
    del m.mean
    m.mean = value  # an attribute like any other
    assert list(m.state_dict()) == ["weight"]


@pytest.mark.parametrize("value", [ag.Tensor(np.ones(3)), np.ones(3), 1.0], ids=repr)
def test_what_is_no_parameter_in_the_place_of_one_is_refused(value: Any) -> None:
    m = Centred(by_attribute)
    with pytest.raises(errors.StateDictError, match=r"weight of Centred.*Write self.weight = ag.nn.Parameter"):
        m.weight = value
    m.weight = nn.Parameter(value)
    del m.weight
    m.weight = value
    assert not list(m.parameters())


def test_a_recorded_buffer_is_not_loaded_into() -> None:
    m = Centred(by_attribute)
    m.mean = 2 * m.weight
    with pytest.raises(errors.LeafMutationError, match="Write"):
        m.load_state_dict({"mean": np.zeros(3), "weight": np.zeros(3)})
    assert m.weight.detach().tolist() == [1.0, 2.0, 3.0]


# ----- the history of a value -----


def trained(write: Any, steps: int = 4) -> Centred:
    """Train with a statistic of what a parameter moves."""
    m, layer = Centred(write), nn.Linear(3, 3, rng=0)
    optimizer = ag.optim.SGD([*m.parameters(), *layer.parameters()], lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        y = layer(ag.Tensor(X))
        (y * m.weight).sum().backward()
        m.write(m, np.mean(y if write not in (assigned,) else y.detach(), axis=0))
        optimizer.step()
    return m


@pytest.mark.parametrize("write", [assigned, detached, unrecorded, unrecorded_in_place])
def test_a_statistic_that_is_written_without_its_history_is_a_number(write: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        m = trained(write)
    assert not m.mean.requires_grad
    assert m.state_dict()["mean"].shape == (3,)


@pytest.mark.parametrize("write", [by_attribute, in_place])
def test_one_that_keeps_its_history_is_told_of_where_it_grows(write: Any) -> None:
    with pytest.warns(errors.AutogradWarning, match=r"mean of Centred keeps.*Write self.mean = value.detach") as caught:
        m = trained(write)
    assert m.mean.requires_grad
    assert m.state_dict()["mean"].tolist() == m.mean.detach().tolist()
    assert all(w.filename == __file__ for w in caught)


def test_values_that_are_kept_to_be_looked_at_are_nobodys_business() -> None:
    m, w = nn.Module(), ag.Tensor(X, requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(4):
            m.hidden = np.tanh(w * 2)
            m.loss = np.sum(m.hidden)
            m.loss.backward()
            m.metric = m.hidden * 2
        state = ag.Tensor(np.zeros(3))
        for row in w:  # a state of a recurrence, swept through in the end
            m.state = state = np.tanh(state + row)
        np.sum(m.state).backward()


# ----- functional_call -----


@writes
def test_a_call_with_a_buffer_writes_to_what_is_given_and_not_to_the_module(write: Any) -> None:
    m, mean = Centred(write), ag.Tensor([0.5, -0.5, 0.25])
    own = m.mean
    with ag.no_grad():
        y = nn.functional_call(m, {"mean": mean, "weight": np.ones(3)}, X)
    assert mean.tolist() == after(write)
    assert m.mean is own
    assert own.tolist() == [0.5, -0.5, 0.25]
    np.testing.assert_allclose(y, X - mean.numpy())


@writes
def test_arrays_are_left_alone_and_what_is_not_named_is_written_to(write: Any) -> None:
    m, mean = Centred(write), np.array([0.5, -0.5, 0.25])
    own = m.mean
    nn.functional_call(m, {"mean": mean}, X)
    assert mean.tolist() == own.tolist() == [0.5, -0.5, 0.25]
    assert m.mean is own
    nn.functional_call(m, {"weight": np.ones(3)}, X)
    assert m.mean.tolist() == after(write)


@writes
def test_the_derivative_by_all_of_a_state_is_that_of_the_call(write: Any) -> None:
    m = Centred(write)

    def loss(state: Any) -> Any:
        return np.sum(nn.functional_call(m, state, X) ** 2)

    if write is assigned:  # which would cut the derivative off
        with pytest.raises(errors.AutogradError, match="Write"):
            ag.grad(loss)(m.state_dict())
        return
    state = m.state_dict()
    gradient = ag.grad(loss)(state)
    mean = 0.9 * state["mean"] + 0.1 * X.mean(0)
    recorded = write in (by_attribute, in_place)
    slope = -2 * ((X - mean) * state["weight"] ** 2).sum(0)
    np.testing.assert_allclose(gradient["weight"], (2 * (X - mean) ** 2 * state["weight"]).sum(0))
    np.testing.assert_allclose(gradient["mean"], 0.9 * slope if recorded else gradient["mean"])
    assert m.mean.tolist() == [0.5, -0.5, 0.25]


def test_an_error_leaves_the_module_as_it_was() -> None:
    m = Centred(lambda m, v: (by_attribute(m, v), 1 / 0))
    own, given = m.mean, ag.Tensor(np.zeros(3))
    with pytest.raises(ZeroDivisionError):
        nn.functional_call(m, {"mean": given}, X)
    assert m.mean is own
    assert m.mean.tolist() == [0.5, -0.5, 0.25]
    assert given.tolist() == [0.0, 0.0, 0.0]


@writes
def test_each_example_of_a_batch_has_a_buffer_of_its_own_where_it_is_given(write: Any) -> None:
    m = Centred(write)
    xs = np.stack([X, 2 * X, -X])

    def statistics(x: Any) -> Any:
        mean = ag.Tensor([0.5, -0.5, 0.25])
        return nn.functional_call(m, {"mean": mean}, x), mean

    _, means = ag.vmap(statistics)(xs)
    np.testing.assert_allclose(means, [after(write, x=x) for x in xs])
    assert m.mean.tolist() == [0.5, -0.5, 0.25]


# ----- transforms -----


def _swept(m: Centred, wrap: Any = lambda f: f) -> None:
    np.sum(wrap(m)(ag.Tensor(X))).backward()


# how a function is evaluated, and how often the buffer is then written to
TRANSFORMS: dict[str, tuple[Callable[[Centred], Any], int]] = {
    "plainly": (lambda m: m(X), 1),
    "backward": (_swept, 1),
    "grad": (lambda m: ag.grad(lambda x: np.sum(m(x)))(X), 1),
    "value_and_grad": (lambda m: ag.value_and_grad(lambda x: np.sum(m(x)))(X), 1),
    "jvp": (lambda m: ag.jvp(m, (X,), (X,)), 1),
    "vjp": (lambda m: ag.vjp(m, X)[1](X), 1),
    "linearize": (lambda m: ag.linearize(m, X)[1](X), 1),
    "hvp": (lambda m: ag.hvp(lambda x: np.sum(m(x) ** 2), (X,), (X,)), 1),
    "jacobian": (lambda m: ag.jacobian(m)(X), 1),
    "hessian": (lambda m: ag.hessian(lambda x: np.sum(m(x) ** 2))(X), 1),
    "checkpoint": (lambda m: _swept(m, ag.checkpoint), 1),
    "checkpoint in a gradient": (lambda m: ag.grad(lambda x: np.sum(ag.checkpoint(m)(x)))(X), 1),
    "compile": (lambda m: ag.compile(m)(X), 1),
    "compiled gradient": (lambda m: ag.compile(ag.grad(lambda x: np.sum(m(x))))(X), 1),
    "gradient of what is compiled": (lambda m: ag.grad(ag.compile(lambda x: np.sum(m(x))))(X), 1),
    "gradcheck": (lambda m: ag.gradcheck(m, [X], raise_exception=False), 0),
}


@writes
@pytest.mark.parametrize(("transform", "times"), TRANSFORMS.values(), ids=TRANSFORMS)
def test_a_transform_writes_a_buffer_as_often_as_a_plain_call(write: Any, transform: Any, times: int) -> None:
    m = Centred(lambda m, v: write(m, v.detach() if isinstance(v, ag.Tensor) else v))
    m.requires_grad_(True)
    transform(m)
    np.testing.assert_allclose(m.mean.detach(), after(write, times), rtol=1e-15)
    assert not m.mean.requires_grad
    assert list(m.state_dict()) == ["weight", "mean"]


@writes
def test_a_batch_is_refused_with_the_line_to_write(write: Any) -> None:
    m = Centred(write)
    with pytest.raises(errors.BatchError, match=r"(?s)test_buffers.py:\d+.*Write"):
        ag.vmap(m)(np.stack([X, X]))
    assert type(m.mean.numpy()) is np.ndarray
    assert m.mean.shape == (3,)


# ----- compiled -----


def steps(m: Centred, wrap: Any) -> Iterator[tuple[Any, ...]]:
    """Train, evaluate and train again, and yield what is there after each step."""
    optimizer = ag.optim.SGD(m.parameters(), lr=0.05)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = np.mean(m(x) ** 2)
        loss.backward()
        optimizer.step()
        return loss.detach()

    run, rng = wrap(step), np.random.default_rng(0)
    for k in range(9):
        m.train(k not in (4, 5))
        loss = run(rng.normal(size=(5, 3)))
        yield float(loss), m.mean.tolist(), m.weight.detach().tolist()


@writes
@pytest.mark.parametrize("backend", ["numpy", *NATIVE])
def test_a_compiled_training_step_keeps_the_statistic_of_a_plain_one(write: Any, backend: str) -> None:
    compiled: list[Any] = []

    def wrap(f: Any) -> Any:
        compiled.append(ag.compile(f, backend=backend))
        return compiled[0]

    pairs = zip(steps(Centred(write), lambda f: f), steps(Centred(write), wrap), strict=True)
    for k, (plain, other) in enumerate(pairs):
        for a, b in zip(plain, other, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-12, err_msg=f"step {k}")
    assert len(compiled[0].programs) == 2


def test_a_value_from_before_is_still_there_within_the_call() -> None:
    def f(m: Any, x: Any) -> Any:
        before = m.mean
        m.mean = m.mean + np.mean(x, axis=0)
        return m.mean - before

    m, other = Centred(by_attribute), Centred(by_attribute)
    g = ag.compile(lambda x: f(other, x))
    for k in range(3):
        np.testing.assert_allclose(g(k * X), f(m, k * X))
        np.testing.assert_allclose(other.mean, m.mean)


def test_a_result_that_is_the_new_value_is_the_buffer() -> None:
    m = Centred(by_attribute)

    def f(x: Any) -> Any:
        m.mean = m.mean + np.mean(x, axis=0)
        return m.mean

    g = ag.compile(f)
    for _ in range(3):
        y = g(X)
        assert y is m.mean


def _old_value(m: Any, x: Any) -> Any:
    before = m.mean
    m.mean = m.mean + x
    return before


def _two_places(m: Any, x: Any) -> Any:
    m.mean = m.other = m.mean + x
    return x * 1


def _another_shape(m: Any, x: Any) -> Any:
    m.mean = ag.Tensor(np.zeros((2, 3)))
    return x * 1


def _another_dtype(m: Any, x: Any) -> Any:
    m.mean = m.mean.astype(np.float32)
    return x * 1


def _swapped(m: Any, x: Any) -> Any:
    m.mean, m.other = m.other, m.mean
    return x * 1


def _shown_elsewhere(m: Any, x: Any) -> Any:
    m.mean = m.mean + m.alias + x
    return x * 1


@pytest.mark.parametrize(
    "f", [_old_value, _two_places, _another_shape, _another_dtype, _swapped, _shown_elsewhere],
)  # fmt: skip
def test_what_a_program_could_not_do_again_is_refused_and_nothing_is_changed(f: Any) -> None:
    m = Centred(by_attribute)
    m.other = ag.Tensor(np.ones(3))
    m.alias = m.mean if f is _shown_elsewhere else None
    kept = m.mean, m.other, m.alias
    with pytest.raises(errors.CompileError, match=r"changes '(mean|other)' of a Centred.*Write"):
        ag.compile(lambda x: f(m, x))(np.ones(3))
    assert all(a is b for a, b in zip((m.mean, m.other, m.alias), kept, strict=True))
    assert m.mean.tolist() == [0.5, -0.5, 0.25]


def test_a_run_that_begins_again_begins_with_what_was_there() -> None:
    def f(m: Any, x: Any, n: Any) -> Any:
        m.mean = m.mean + np.mean(x, axis=0)
        return x[:n] + m.mean  # n decides the shape: the run begins again with its value

    m, other = Centred(by_attribute), Centred(by_attribute)
    np.testing.assert_allclose(ag.compile(lambda x, n: f(other, x, n))(X, 1), f(m, X, 1))
    np.testing.assert_array_equal(other.mean, m.mean)


def test_an_error_in_a_run_leaves_the_buffer() -> None:
    m = Centred(lambda m, v: (by_attribute(m, v), 1 / 0))
    own = m.mean
    with pytest.raises(ZeroDivisionError):
        ag.compile(m)(X)
    assert m.mean is own
    assert m.mean.tolist() == [0.5, -0.5, 0.25]


# ----- results -----


class Attentive(nn.Module):
    """Leaves what it computes where `leave` says."""

    def __init__(self, leave: Callable[[Any, Any], None]) -> None:
        self.leave = leave
        self.linear = nn.Linear(2, 2, rng=0)
        self.attention = None
        self.list: list[Any] = []
        self.table: dict[str, Any] = {}
        self.mask = np.tril(ag.Tensor(np.ones((2, 2))))  # set where it is made: a buffer

    def forward(self, x: Any) -> Any:
        y = np.tanh(self.linear(x))
        self.leave(self, y)
        return y


def _in_a_list(m: Any, y: Any) -> None:
    m.list.append(y)


def _in_a_dict(m: Any, y: Any) -> None:
    m.table["last"] = y


LEFT: dict[str, Callable[[Any, Any], None]] = {
    "attribute": lambda m, y: setattr(m, "attention", y),
    "new attribute": lambda m, y: setattr(m, "hidden", y * 2),
    "without its history": lambda m, y: setattr(m, "attention", y.detach()),
    "a pair, detached": lambda m, y: setattr(m, "state", (y.detach(), y.detach())),
    "a new dict": lambda m, y: setattr(m, "table", {"last": y.detach()}),
    "appended to a list": _in_a_list,
    "in a dict": _in_a_dict,
}


@pytest.mark.parametrize("call", [lambda m: m(X[:, :2]), lambda m: nn.Sequential(m)(X[:, :2])], ids=["alone", "within"])
@pytest.mark.parametrize("leave", LEFT.values(), ids=LEFT)
def test_what_a_call_leaves_in_a_module_is_a_result_and_no_buffer(leave: Any, call: Any) -> None:
    m, fresh = Attentive(leave), Attentive(leave)
    for _ in range(3):
        call(m)
    names = ["mask", "linear.weight", "linear.bias"]
    assert list(m.state_dict()) == names
    assert [name for name, _ in m.named_buffers()] == ["mask"]
    m.linear.weight.data[...] = 3.0
    assert fresh.load_state_dict(m.state_dict()) == m.load_state_dict(m.state_dict()) == ([], [])
    assert fresh.linear.weight.tolist() == [[3.0, 3.0], [3.0, 3.0]]
    assert m.float().linear.weight.dtype == np.float32


@pytest.mark.parametrize("name", ["attribute", "new attribute", "a new dict"])
def test_what_a_call_leaves_where_nothing_is_recorded_is_no_buffer_either(name: str) -> None:
    m = Attentive(LEFT[name])
    with ag.no_grad():
        m(X[:, :2])
    twin = copy.deepcopy(m)
    assert list(m.state_dict()) == list(twin.state_dict()) == ["mask", "linear.weight", "linear.bias"]


def test_what_is_registered_or_set_from_outside_is_a_buffer_though_a_call_writes_it() -> None:
    m = Attentive(LEFT["attribute"])
    m.register_buffer("attention", None)
    with ag.no_grad():
        m(X[:, :2])
    assert "attention" in m.state_dict()
    m = Attentive(LEFT["new attribute"])
    m.hidden = ag.Tensor(np.zeros((2, 2)))
    with ag.no_grad():
        m(X[:, :2])
    assert "hidden" in m.state_dict()
    m = Attentive(LEFT["attribute"])
    m(X[:, :2])
    m.register_buffer("attention", ag.Tensor(np.zeros((2, 2))))
    assert "attention" in m.state_dict()
    m.attention = None
    del m.attention
    m.attention = nn.Parameter(1.0)
    assert "attention" in dict(m.named_parameters())


def test_a_module_that_is_made_in_a_call_has_its_buffers() -> None:
    class Later(nn.Module):
        def forward(self, x: Any) -> Any:
            if not hasattr(self, "inner"):
                self.inner = Centred(by_attribute)
                self.extra = [nn.Parameter(1.0)]
            return self.inner(x)

    m = Later()
    m(X)
    assert list(m.state_dict()) == ["inner.weight", "inner.mean", "extra.0"]


def test_a_compiled_call_leaves_its_result_as_a_plain_one() -> None:
    m = Attentive(LEFT["without its history"])
    m(X[:, :2])
    g = ag.compile(lambda x: m(x).detach())
    for k in range(3):
        np.testing.assert_allclose(m.attention, g(k * X[:, :2]))
    assert list(m.state_dict()) == ["mask", "linear.weight", "linear.bias"]
