"""Arrays of the array API standard inside a Tensor, by an adapter: NumPy's functions are those of their namespace."""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case, rows

import autograd_lite as ag
from autograd_lite import errors, nn, optim
from autograd_lite.base.adapted import Adapted
from autograd_lite.nn import functional as F

xp = pytest.importorskip("array_api_strict")

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(6, 4)), RNG.normal(size=(3, 4))
CLASSES = np.array([0, 2, 1, 1, 0, 2])
Make = Callable[[Any], ag.Tensor]


def strict(array: Any) -> ag.Tensor:
    return ag.Tensor(xp.asarray(np.array(array)), adapt=True)


def numbers(t: Any) -> np.ndarray:
    assert isinstance(t._data, Adapted)
    return np.asarray(t._data.array)


def gradient(f: Callable[[Any], Any], t: ag.Tensor) -> Any:
    t.requires_grad = True
    f(t).backward()
    return t.grad


def squares(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: np.sum(f(x) ** 2)


def energy(x: Any) -> Any:
    return np.sum(np.sin(x) * x**2)


def _trained(make: Make) -> Any:
    model = nn.Sequential(nn.Linear(4, 5, rng=0), nn.Tanh(), nn.Linear(5, 3, rng=0))
    for p in model.parameters():
        p.assign(make(p.numpy()))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(model(make(X)), make(CLASSES)).backward()
        optimizer.step()
    assert all(type(optimizer.state[p]["momentum_buffer"]._data) is type(p._data) for p in model.parameters())
    return model[2].weight


def _layer_norm(x: Any) -> Any:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


USES: dict[str, Callable[[Make], Any]] = {
    "backward": lambda make: gradient(lambda w: np.mean(np.tanh(make(X) @ w.T) ** 2), make(W)),
    "grad": lambda make: ag.grad(energy)(make(X)),
    "hvp": lambda make: ag.hvp(energy, (make(X),), (make(X),))[1],
    "hessian": lambda make: ag.hessian(energy)(make(X[0])),
    "jacobian": lambda make: ag.jacobian(lambda x: np.sin(x) * x[0])(make(X[0])),
    "vmap": lambda make: ag.vmap(lambda x, w: np.tanh(w @ x), in_axes=(0, None))(make(X), make(W)),
    "vmap of grad": lambda make: ag.vmap(ag.grad(energy))(make(X)),
    "training": _trained,
    "initial numbers": lambda make: nn.init.xavier_normal_(make(W), rng=0),
    "ones": lambda make: nn.init.ones_(make(W)),
    "layer norm": lambda make: gradient(squares(lambda x: _layer_norm(x) * x), make(X)),
    "softmax": lambda make: gradient(squares(ag.softmax), make(X)),
    "logsumexp": lambda make: gradient(lambda x: ag.logsumexp(x), make(X)),
    "classes": lambda make: gradient(lambda x: F.cross_entropy(x, make(CLASSES)), make(X)),
    "rows": lambda make: gradient(squares(lambda x: x[[0, -1, 0]]), make(X)),
    "columns": lambda make: gradient(squares(lambda x: x[..., [0, 2]]), make(X)),
    "slices": lambda make: gradient(squares(lambda x: x[1] * x[2:3, None, :]), make(X)),
    "assignment": lambda make: gradient(squares(_written), make(X)),
    "where": lambda make: gradient(squares(lambda x: np.where(x > 0, x, 2)), make(X)),
    "joined": lambda make: gradient(squares(lambda x: np.concatenate([x.T, x[:4]], 1)), make(X)),
    "norm": lambda make: gradient(np.linalg.norm, make(X)),
    "decomposition": lambda make: gradient(lambda x: np.linalg.slogdet(x).logabsdet, make(X[:4])),
    "whole numbers": lambda make: np.exp(make(CLASSES)) * 2.5,
}


def _written(t: Any) -> Any:
    y = t * 1
    y += 1.0
    y[0] = 0.0
    return y


@pytest.mark.parametrize("name", USES)
def test_all_is_done_by_the_library(name: str) -> None:
    use = USES[name]
    np.testing.assert_allclose(numbers(use(strict)), use(ag.Tensor).numpy(), rtol=1e-12, atol=1e-12)


_REFUSED = (  # by the adapter, or by the library's own rules for an index and for shapes
    r"array_api_strict has no|meets an adapted one|Fancy indexing|[Ii]nteger index arrays|at least 2-dimensional|"
    r"NotImplemented|implicitly|in memory"
)


@rows([row for row in CASES if "float64" in row.dtypes and not row.is_complex()])
def test_rows_of_the_table_have_the_same_derivatives_or_are_refused(row: Case) -> None:
    found, wanted = ([make(x) for x in row.inputs] for make in (strict, lambda x: ag.Tensor(np.array(x))))
    for t in (*found, *wanted):
        t.requires_grad = True
    try:
        results = _loss(row(*found))
    except (errors.UnsupportedError, TypeError, ValueError, IndexError) as error:
        if not re.search(_REFUSED, str(error)):
            raise
        return
    expected = _loss(row(*wanted))
    for a, b in zip([*results, *[t.grad for t in found]], [*expected, *[t.grad for t in wanted]], strict=True):
        if isinstance(a, ag.Tensor):
            np.testing.assert_allclose(numbers(a), b.detach().numpy(), rtol=1e-9, atol=1e-9)


def _loss(results: list[Any]) -> list[Any]:
    terms = [np.sum(np.abs(y) ** 2) for y in results if isinstance(y, ag.Tensor) and y.requires_grad]
    if terms:
        sum(terms[1:], terms[0]).backward()
    return results


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_dtypes_are_kept(dtype: str) -> None:
    t = gradient(lambda x: np.sum(np.abs(x[1:] * 2 + 1) ** 2), strict(X.astype(dtype)))
    assert t.dtype == dtype
    assert t._data.array.dtype == getattr(xp, dtype)


# ----- what is held -----


def test_nothing_is_copied() -> None:
    x = xp.asarray(X)
    t = ag.Tensor(x, adapt=True)
    assert t._data.array is x
    y = t * 2
    assert type(y.data.array) is type(x)
    assert t.sum().item() == pytest.approx(X.sum())
    assert repr(t).startswith("Tensor(Array(")
    cast = ag.Tensor(x, adapt=True, dtype=np.float32)
    assert cast._data.array.dtype == xp.float32


def test_it_is_pickled_and_copied() -> None:
    model = nn.Linear(4, 3, rng=0)
    model.weight.assign(strict(W))
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(numbers(again.weight), W)


def test_what_speaks_the_protocols_needs_no_adapter() -> None:
    assert ag.Tensor(X, adapt=True)._data.tolist() == X.tolist()
    with pytest.raises(errors.DataError, match=r"not a list\. Write ag\.Tensor\(x\) for numbers"):
        ag.Tensor([1.0], adapt=True)


def test_without_being_asked_nothing_is_copied_to_numpy() -> None:
    with pytest.raises(errors.DataError, match=r"class Array, .* Write ag\.Tensor\(x, adapt=True\) to"):
        ag.Tensor(xp.asarray(X))
    with pytest.raises(errors.DataError, match="adapt=True"):
        ag.grad(energy)(xp.asarray(X))
    t = strict(X)
    with pytest.raises(TypeError, match=r"array of NumPy's implicitly\. Write np\.asarray\(t\.data\.array\)"):
        np.asarray(t)
    assert np.asarray(t.data.array).tolist() == X.tolist()


def test_a_library_that_names_no_functions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Nameless:
        def __dlpack__(self) -> None: ...

    monkeypatch.setitem(__import__("sys").modules, "array_api_compat", None)
    with pytest.raises(errors.DataError, match=r"class Nameless .* Write pip install array-api-compat"):
        ag.Tensor(Nameless(), adapt=True)
    with pytest.raises(errors.DataError, match=r"Write ag\.Tensor\(x, adapt=True\)"):
        ag.Tensor(Nameless())


LACKING: dict[str, tuple[Callable[[Any], Any], str]] = {
    "ufunc": (np.cbrt, r"np\.cbrt"),
    "function": (lambda x: np.pad(x, 1), r"np\.pad"),
    "of linalg": (lambda x: np.linalg.lstsq(x, x), r"np\.linalg\.lstsq"),
    "special": (lambda x: __import__("scipy.special").special.erf(x), r"np\.erf"),
    "backwards": (lambda x: np.sum(x[x.detach() > 0]).backward(), r"np\.bincount"),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_the_library_lacks_is_refused_by_name(name: str) -> None:
    if name == "special":
        pytest.importorskip("scipy")
    f, said = LACKING[name]
    t = strict(X)
    t.requires_grad = True
    with pytest.raises(errors.UnsupportedError, match=rf"array_api_strict has no {said}, .* Write ag\.Tensor\(np"):
        f(t)


def test_an_array_of_numpy_beside_one_is_refused() -> None:
    for act in (lambda t: t * X, lambda t: np.where(t > 0, t, X), lambda t: np.concatenate([t, X])):
        with pytest.raises(TypeError, match=r"an adapted one of class Array\. Write ag\.Tensor\(xp\.asarray\(a\)"):
            act(strict(X))
    np.testing.assert_array_equal(numbers(strict(X) * np.float64(2)), X * 2)
