"""Arrays of a device inside a Tensor: a strict stand-in for CuPy goes through everything, and is converted nowhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows
from devices import CONVERSIONS, Device, numbers
from told import path_of

import autograd_lite as ag
from autograd_lite import errors, nn, optim
from autograd_lite.nn import functional as F

RNG = np.random.default_rng(0)
X, W, V = RNG.normal(size=(6, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=4)
CLASSES = np.array([0, 2, 1, 1, 0, 2])
Make = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def none_is_converted() -> Iterator[None]:
    CONVERSIONS.clear()
    yield
    assert not CONVERSIONS


def gradient(f: Callable[[Any], Any], x: Any) -> Any:
    t = ag.Tensor(x, requires_grad=True)
    f(t).backward()
    return t.grad


def squares(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: np.sum(f(x) ** 2)


# ----- what a user calls -----


def _loss(x: Any, make: Make) -> Any:
    return F.cross_entropy(np.tanh(make(X) @ x.T), make(CLASSES))


def _trained(make: Make, **settings: Any) -> Any:
    w = ag.Tensor(make(W), requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, **settings)
    for _ in range(3):
        optimizer.zero_grad(set_to_none=False)
        _loss(w, make).backward()
        optimizer.step()
    return w


def _network(make: Make) -> Any:
    model = nn.Sequential(nn.Linear(4, 5, rng=0), nn.Tanh(), nn.Linear(5, 3, rng=0), nn.Tanh())
    for p in model.parameters():
        p.data = make(p.numpy())
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(make(X)), make(CLASSES)).backward()
        optimizer.step()
    return model[2].weight


def _drawn(fill: Callable[..., Any], **settings: Any) -> Callable[[Make], Any]:
    return lambda make: fill(ag.Tensor(make(W), requires_grad=True), **settings)


def _second(x: Any) -> Any:
    t = ag.Tensor(x, requires_grad=True)
    np.sum(np.tanh(t) ** 3).backward(create_graph=True)
    first, t.grad = t.grad, None
    np.sum(first * first).backward()
    return t.grad


def _written(t: Any) -> Any:
    y = t * 1
    y += 1.0
    y *= y
    y[0] = 0.0
    y[[1, 1]] = y[[2, 3]]
    return y


def _energy(x: Any) -> Any:
    return np.sum(np.sin(x) * x**2)


USES: dict[str, Callable[[Make], Any]] = {
    "forward": lambda make: np.tanh(ag.Tensor(make(X)) @ make(W).T),
    "backward": lambda make: gradient(lambda w: _loss(w, make), make(W)),
    "second order": lambda make: _second(make(X)),
    "grad": lambda make: ag.grad(_energy)(make(V)),
    "value and grad": lambda make: ag.value_and_grad(_energy)(make(V))[1],
    "elementwise grad": lambda make: ag.elementwise_grad(np.tanh)(make(V)),
    "vjp": lambda make: ag.vjp(lambda x: np.sin(x) * x, make(V))[1](make(V)),
    "jvp": lambda make: ag.jvp(lambda x: np.sin(x) * x, (make(V),), (make(V),))[1],
    "jvp by transposition": lambda make: ag.jvp(ag.softmax, (make(V),), (make(V),))[1],
    "hvp": lambda make: ag.hvp(_energy, (make(V),), (make(V),))[1],
    "hessian": lambda make: ag.hessian(_energy)(make(V)),
    "jacobian": lambda make: ag.jacobian(lambda x: np.sin(x) * x[0])(make(V)),
    "jacobian, reverse": lambda make: ag.jacobian(lambda x: np.sin(x) * x[0], mode="reverse")(make(V)),
    "no path": lambda make: ag.grad(lambda x, y: np.sum(x), argnums=(0, 1))(make(V), make(W))[1],
    "vmap": lambda make: ag.vmap(lambda x, w: np.tanh(w @ x), in_axes=(0, None))(make(X), make(W)),
    "vmap of grad": lambda make: ag.vmap(ag.grad(_energy))(make(X)),
    "vmap of indexing": lambda make: ag.vmap(ag.grad(lambda x: np.sum(x[[0, 0, 2]] ** 2)))(make(X)),
    "vmap of classes": lambda make: ag.vmap(ag.grad(F.cross_entropy))(make(X), make(CLASSES)),
    "hessian of classes": lambda make: ag.hessian(lambda x: F.cross_entropy(x, make(CLASSES[:2])))(make(X[:2])),
    "checkpoint": lambda make: gradient(squares(ag.checkpoint(lambda x: np.sin(x) * x)), make(X)),
    "scan": lambda make: ag.grad(
        lambda x: np.sum(ag.scan(lambda c, r: (np.tanh(c + r), c), make(np.zeros(4)), x)[0])
    )(make(X)),
    "network": _network,
    "sgd": _trained,
    "sgd with momentum": lambda make: _trained(make, momentum=0.9, weight_decay=0.01),
    "sgd by Nesterov": lambda make: _trained(make, momentum=0.9, nesterov=True),
    "uniform": _drawn(nn.init.uniform_, rng=0),
    "normal": _drawn(nn.init.normal_, rng=0),
    "xavier": _drawn(nn.init.xavier_uniform_, rng=0),
    "zeros": _drawn(nn.init.zeros_),
    "ones": _drawn(nn.init.ones_),
    "softmax": lambda make: gradient(squares(ag.softmax), make(X)),
    "log_softmax": lambda make: gradient(squares(F.log_softmax), make(X)),
    "logsumexp": lambda make: gradient(squares(lambda x: ag.logsumexp(x, 1)), make(X)),
    "classes": lambda make: gradient(lambda x: F.cross_entropy(x, make(CLASSES)), make(X[:, :3])),
    "classes of NumPy": lambda make: gradient(lambda x: F.cross_entropy(x, CLASSES), make(X)),
    "probabilities": lambda make: gradient(lambda x: F.cross_entropy(x, make(np.full((6, 4), 0.25))), make(X)),
    "losses of each": lambda make: gradient(lambda x: np.sum(F.nll_loss(x, make(CLASSES), "none") ** 2), make(X)),
    "row": lambda make: gradient(squares(lambda x: x[1]), make(X)),
    "slice": lambda make: gradient(squares(lambda x: x[1:3, ::2]), make(X)),
    "new axis": lambda make: gradient(squares(lambda x: x[:, None, 1] * x[..., 0]), make(X)),
    "list": lambda make: gradient(squares(lambda x: x[[0, 0, 2]]), make(X)),
    "often the same": lambda make: gradient(squares(lambda x: x[:, [1] * 9 + [2]]), make(X)),
    "index of the device": lambda make: gradient(squares(lambda x: x[make(np.array([0, 0, 2]))]), make(X)),
    "pairs of places": lambda make: gradient(squares(lambda x: x[make(np.array([0, 0])), [1, 1]]), make(X)),
    "mask": lambda make: gradient(squares(lambda x: x[x.detach() > 0]), make(X)),
    "mask of NumPy": lambda make: gradient(squares(lambda x: x[X > 0]), make(X)),
    "gather": lambda make: gradient(squares(lambda x: np.take_along_axis(x, make(CLASSES)[:, None] - 1, 1)), make(X)),
    "sort": lambda make: gradient(squares(lambda x: np.sort(x, 0)[:2]), make(X)),
    "assignment": lambda make: gradient(squares(_written), make(X)),
    "two paths": lambda make: gradient(lambda x: np.sum(x[0] * x[1] * x[0]) + np.sum(x * x), make(X)),
    "complex": lambda make: gradient(lambda x: np.sum(np.abs(x[[0, 0]] * (1 + 2j)) ** 2), make(X)),
    "determinant": lambda make: gradient(np.linalg.det, make(X[:4])),
}


@pytest.mark.parametrize("name", USES)
def test_all_is_done_by_the_arrays_themselves(name: str) -> None:
    use = USES[name]
    wanted = use(np.asarray)
    np.testing.assert_allclose(
        numbers(use(Device)), wanted.numpy() if isinstance(wanted, ag.Tensor) else wanted, rtol=1e-12, atol=1e-12
    )


_MIXING = """
add append arctan2 autograd_lite.rules.elementwise.from_parts autograd_lite.rules.elementwise.where
autograd_lite.rules.indexing.getitem autograd_lite.rules.methods.sums
autograd_lite.rules.neural.half_squared_error autograd_lite.rules.pooling.put_at_largest
autograd_lite.rules.pooling.taken_at_largest autograd_lite.rules.recurrent.lstm_cell average clip concatenate
copyto cov divide dot fmax full_like geomspace gradient histogram histogram2d histogram_bin_edges histogramdd
hypot interp ldexp lib.scimath.power linalg.cholesky linalg.lstsq linalg.matrix_power linalg.solve linspace
logaddexp logspace max mean min nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum
nanvar nextafter pad percentile piecewise poly polyadd polyder polydiv polyfit polyint polysub power prod
putmask quantile roots scipy.special.xlogy select setdiff1d std sum trim_zeros vander var where
"""
MIXING = frozenset(_MIXING.split())
"""Functions in some rows of which, or in whose definition, an array of NumPy's stands beside the operands."""


def _tried(row: Case, make: Make) -> list[Any]:
    tensors = [ag.Tensor(make(np.array(x)), requires_grad=True) for x in row.inputs]
    results = row(*tensors)
    losses = [np.sum(np.abs(y) ** 2) for y in results if isinstance(y, ag.Tensor) and y.requires_grad]
    if losses:
        sum(losses[1:], losses[0]).backward()
    return [*results, *[t.grad for t in tensors]]


@rows([row for row in CASES if "float64" in row.dtypes and not row.is_complex()])
def test_rows_of_the_table_have_the_same_derivatives(row: Case) -> None:
    wanted = _tried(row, np.asarray)
    try:
        found = _tried(row, Device)
    except errors.UnsupportedError as error:
        if re.search("in memory", str(error)):
            return
        raise
    except TypeError as error:
        CONVERSIONS.clear()
        if path_of(row.fn) in MIXING and re.search("Unsupported type|Implicit conv|NotImplemented", str(error)):
            return
        raise
    for a, b in zip(found, wanted, strict=True):
        if isinstance(a, ag.Tensor) and isinstance(a._data, Device):
            np.testing.assert_allclose(a._data.get(), b.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtypes_are_kept(dtype: str) -> None:
    first = np.zeros((6, 1), int)
    for f in (lambda x: x[[0, 0]], lambda x: x[1:], ag.softmax, lambda x: np.take_along_axis(x, first, 1)):
        grad = gradient(squares(f), Device(X.astype(dtype)))
        assert grad.dtype == dtype
    w = nn.init.uniform_(ag.Tensor(Device(W.astype(dtype))), rng=0)
    assert w.dtype == dtype


# ----- what is asked for, and what cannot be -----


def test_one_number_is_fetched_by_the_array() -> None:
    t = ag.Tensor(Device(np.float64(2.0)))
    assert t.item() == float(t) == 2.0
    assert isinstance(ag.Tensor(Device(V)).numpy(), Device)
    assert repr(ag.Tensor(Device(V[:1]))).startswith("Tensor(Device([")


def test_state_is_of_the_device() -> None:
    w = ag.Tensor(Device(W), requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    np.sum(w * w).backward()
    optimizer.step()
    assert isinstance(optimizer.state[w]["momentum_buffer"]._data, Device)
    assert isinstance(w._data, Device)


def test_values_that_are_loaded_go_where_the_parameters_are() -> None:
    model, other = nn.Linear(4, 3, rng=0), nn.Linear(4, 3, rng=1)
    for p in model.parameters():
        p.data = Device(p.numpy())
    kept = model.state_dict()
    model.load_state_dict(other.state_dict())
    np.testing.assert_array_equal(numbers(model.weight), other.weight.detach())
    model.load_state_dict(kept)
    np.testing.assert_array_equal(numbers(model.weight), nn.Linear(4, 3, rng=0).weight.detach())


def test_a_seed_goes_where_its_result_is() -> None:
    t = ag.Tensor(Device(X), requires_grad=True)
    (t * 2).backward(X)
    np.testing.assert_array_equal(numbers(t.grad), 2 * X)


def test_an_array_of_numpy_beside_one_is_refused_by_the_array() -> None:
    with pytest.raises(TypeError, match="Unsupported type") as caught:
        ag.Tensor(Device(V), requires_grad=True) * V
    assert "in multiply of a Tensor of shape (4,) and an array of shape (4,)" in caught.value.__notes__


def test_a_class_that_does_not_exist_has_a_loss_of_nan() -> None:
    losses = F.cross_entropy(ag.Tensor(Device(X)), Device(np.array([0, 4, 1, -1, 2, 3])), "none")
    assert np.isnan(losses._data.get()).tolist() == [False, True, False, True, False, False]


HELD = Device(V)

COMPILED: dict[str, tuple[Callable[..., Any], Callable[[], Any], str]] = {
    "argument": (_energy, lambda: Device(V), "x"),
    "part of an argument": (lambda x: _energy(x["a"]), lambda: {"a": Device(V)}, "x_a"),
    "Tensor": (_energy, lambda: ag.Tensor(Device(V)), "a Tensor"),
    "variable": (lambda x: np.sum(HELD * x), lambda: ag.Tensor(V), "HELD"),
}


@pytest.mark.parametrize("name", COMPILED)
def test_compile_refuses_what_no_program_can_hold(name: str) -> None:
    f, given, what = COMPILED[name]
    with pytest.raises(errors.CompileError, match=rf"works on arrays of NumPy, but {what} holds a Device\. Write "):
        ag.compile(f)(given())


def test_gradcheck_and_minimize_refuse_them() -> None:
    for given in (Device(V), [Device(V)], ag.Tensor(Device(V), requires_grad=True)):
        with pytest.raises(errors.DataError, match=r"an array of class Device\. Write ag\.gradcheck\(f, x\)"):
            ag.gradcheck(_energy, given)
    pytest.importorskip("scipy")
    with pytest.raises(errors.DataError, match=r"x0 is an array of class Device\. Write scipy\.optimize\.minimize"):
        ag.optimize.minimize(_energy, Device(V))
