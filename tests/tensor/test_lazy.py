"""Arrays of dask inside a Tensor: README's table of what stays lazy, read and tried with a scheduler that counts."""

from __future__ import annotations

import re
import runpy
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from helpers import ROOT

import autograd_lite as ag
from autograd_lite import errors, optim
from autograd_lite.nn import functional as F

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Arrays of other libraries\n")[2].partition("\n## ")[0]
ROWS = [line.strip("|").split(" | ") for line in SECTION.splitlines() if line.startswith("| `")]
LINES = [(line, row[1].strip()) for row in ROWS for line in re.findall(r"`([^`]+)`", row[0])]
RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(6, 4)), RNG.normal(size=(3, 4))
LABELS = np.array([0, 2, 1, 1, 0, 2])


@pytest.fixture
def computed() -> Iterator[list[int]]:
    """The computations so far, each by its number of results."""
    counts: list[int] = []

    def get(graph: Any, keys: Any, **settings: Any) -> Any:
        counts.append(len(keys))
        return dask.get(graph, keys)

    with dask.config.set(scheduler=get):
        yield counts


def lazy(array: Any) -> Any:
    return da.from_array(array, chunks=tuple((n + 1) // 2 for n in array.shape))


def _step(w: Any) -> Any:
    w = ag.Tensor(w._data, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.01)
    for _ in range(2):
        optimizer.zero_grad()
        np.sum(np.tanh(w) ** 2).backward()
        optimizer.step()
    return w


def names(make: Any) -> dict[str, Any]:
    x, w = (ag.Tensor(make(a), requires_grad=True) for a in (X, W))
    labels, rows = ag.Tensor(make(LABELS)), make(X)
    return {
        "np": np, "ag": ag, "F": F, "x": x, "w": w, "labels": labels, "step": _step,
        "loss": lambda w: np.mean(np.tanh(rows @ w.T) ** 2),
    }  # fmt: skip


def outcome(line: str, make: Any) -> list[Any]:
    """Return what a line gives, and the gradients of its squares."""
    given = names(make)
    y = eval(line, given)
    if not (isinstance(y, ag.Tensor) and y.requires_grad and not y.is_leaf):
        return [y]
    np.sum(y * y).backward()
    return [y.detach(), *[given[name].grad for name in ("x", "w")]]


def test_the_table_has_every_kind_of_line() -> None:
    assert len(LINES) > 35
    kinds = ("nothing: lazy", "computes, for", "computes: it", "refused")
    assert all(any(what.startswith(kind) for _, what in LINES) for kind in kinds)


@pytest.mark.parametrize(("line", "what"), LINES, ids=[line for line, _ in LINES])
def test_what_the_table_says_is_so(line: str, what: str, computed: list[int]) -> None:
    if what.startswith("refused"):
        if "minimize" in line:
            pytest.importorskip("scipy")
        with pytest.raises((ag.AutogradError, NotImplementedError)):
            outcome(line, lazy)
        assert not computed
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FutureWarning)
        found = outcome(line, lazy)
    assert bool(computed) == what.startswith("computes")
    assert bool(caught) == what.endswith("and warns")
    if line.startswith("repr"):
        return
    for a, b in zip(found, outcome(line, np.asarray), strict=True):
        array = a._data if isinstance(a, ag.Tensor) else a
        if what.startswith("nothing"):
            assert a is None or isinstance(array, da.Array)
        if a is not None:
            np.testing.assert_allclose(np.asarray(array), b.detach() if isinstance(b, ag.Tensor) else b)


# ----- beyond the table -----


def test_dtypes_are_kept(computed: list[int]) -> None:
    for f in (ag.softmax, lambda x: F.cross_entropy(x, lazy(LABELS)), lambda x: x[[0, 2, 0]], lambda x: x[1:]):
        t = ag.Tensor(lazy(X.astype(np.float32)), requires_grad=True)
        np.sum(f(t) ** 2).backward()
        assert t.grad is not None
        assert t.grad.dtype == t.grad.data.dtype == np.float32
    assert not computed


def test_arrays_of_numpy_and_of_dask_meet(computed: list[int]) -> None:
    w = ag.Tensor(W, requires_grad=True)
    rows = lazy(X)
    loss = np.mean(np.tanh(rows @ w.T) ** 2) + np.sum(w[0] * w[1] * w[0])
    loss.backward()
    assert not computed
    plain = ag.Tensor(W, requires_grad=True)
    (np.mean(np.tanh(X @ plain.T) ** 2) + np.sum(plain[0] * plain[1] * plain[0])).backward()
    np.testing.assert_allclose(np.asarray(w.grad.data), plain.grad)


def test_a_step_does_not_make_a_parameter_lazy() -> None:
    w = ag.Tensor(W, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    np.mean(np.tanh(lazy(X) @ w.T) ** 2).backward()
    with pytest.raises(errors.DataError, match=r"of class Array, .* Write p\.grad = p\.grad\.data\.compute\(\)"):
        optimizer.step()
    np.testing.assert_array_equal(w.detach(), W)
    slope = w.grad.data.compute()
    w.grad = slope
    optimizer.step()
    np.testing.assert_allclose(w.detach(), W - 0.1 * slope)


@pytest.mark.parametrize("places", [[0, 0, 2], [1] * 9, [-1, 5], [], [True, False] * 3])
def test_rows_are_put_back_where_they_come_from(places: list[int], computed: list[int]) -> None:
    t, plain = (ag.Tensor(a, requires_grad=True) for a in (lazy(X), X))
    for x in (t, plain):
        np.sum(x[places] ** 2).backward()
    assert not computed
    np.testing.assert_allclose(np.asarray(t.grad.data), plain.grad)


def test_a_shape_that_is_not_known_is_refused() -> None:
    x = lazy(X)
    for act in (lambda: ag.Tensor(x)[x > 0], lambda: ag.Tensor(x[x[:, 0] > 0])):
        with pytest.raises(errors.UnsupportedError, match=r"is not known before it is computed\. Write np\.where"):
            act()
    known = x[x[:, 0] > 0].compute_chunk_sizes()
    np.testing.assert_array_equal(np.asarray(ag.Tensor(known)), X[X[:, 0] > 0])


def test_labels_around_a_lazy_array_are_not_computed(computed: list[int]) -> None:
    xarray = pytest.importorskip("xarray")
    labelled = xarray.DataArray(lazy(X), dims=("row", "column"))
    with pytest.raises(errors.DataError, match=r"a DataArray around .* Write ag\.Tensor\(x\.data\) to"):
        ag.Tensor(labelled)
    assert isinstance(ag.Tensor(labelled.data)._data, da.Array)
    assert not computed


def test_the_example_fits_rows_in_pieces(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy")
    example = runpy.run_path(str(ROOT / "examples" / "rows.py"))
    example["main"].__globals__["PIECE"] = 4000
    found = example["main"](["--rows", "4000", "--features", "4"])
    assert np.abs(found - np.linspace(-1, 1, 4)).max() < 0.2
    assert "4000 rows of 4 numbers, 0.00 GB in 4 pieces" in capsys.readouterr().out


def test_of_several_operands_einsum_gives_no_view(computed: list[int]) -> None:
    """The data of a result can be looked at, and a write to it reaches no operand."""
    a, b = ag.Tensor(lazy(X)), ag.Tensor(lazy(W))
    for spec, operands in (("ij,kj->ik", (a, b)), ("ij->ji", (a,)), ("ij->i", (a,)), ("ij,ij,kj->k", (a, a, b))):
        found = np.einsum(spec, *operands)
        np.testing.assert_allclose(found.data.compute(), np.einsum(spec, *(t.data.compute() for t in operands)))
        np.testing.assert_allclose(a.data.compute(), X)
    found = ag.vmap(lambda row: np.einsum("j,kj->k", row, b))(a)
    np.testing.assert_allclose(found.data.compute(), X @ W.T)


def _masked() -> Any:
    return da.ma.masked_array(lazy(np.array([1.0, 2.0, 30.0])), [False, False, True])


MASKED = {
    "a Tensor": ag.Tensor,
    "an operand": lambda x: np.mean(ag.Tensor([1.0, 2.0, 3.0]) * x),
    "an argument": ag.grad(lambda v: np.mean(2 * v)),
    "a constant": lambda x: ag.grad(lambda w: np.mean(w * x))(2.0),
    "a new value": lambda x: ag.Tensor([1.0, 2.0, 3.0]).assign(x),
}


@pytest.mark.parametrize("use", MASKED.values(), ids=MASKED)
def test_masked_pieces_are_refused(use: Any) -> None:
    with pytest.raises(errors.DataError, match=r"a masked array. Write da.ma.filled\(data, 0.0\)"):
        use(_masked())
    np.testing.assert_allclose(np.mean(ag.Tensor(da.ma.filled(_masked(), 0.0))), 1.0)


def _vector() -> Any:
    return ag.Tensor(lazy(X[:, 0]))


LACKING = {
    "a diagonal matrix": lambda: np.diag(_vector()),
    "a median along an axis": lambda: np.median(ag.Tensor(lazy(X)), axis=1),
    "an interpolation": lambda: np.interp(_vector(), [0.0, 1.0], [0.0, 1.0]),
    "an index by several arrays": lambda: ag.Tensor(lazy(X))[np.array([0, 1]), np.array([1, 2])],
    "a place among sorted numbers": lambda: np.searchsorted(_vector(), 0.5),
    "a factorisation": lambda: np.linalg.cholesky(ag.Tensor(lazy(X.T @ X))),
}


@pytest.mark.parametrize("act", LACKING.values(), ids=LACKING)
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_what_dask_has_not_is_refused_with_a_line(act: Any) -> None:
    with pytest.raises(errors.UnsupportedError, match=r"an array of class Array has not: .*Write ag.Tensor\(x.comp"):
        act()


def test_errors_of_shapes_stay_those_of_numpy() -> None:
    with pytest.raises(ValueError, match=r"broadcast|shape"):
        _vector() + np.ones(5)


def test_an_operand_of_a_shape_that_is_not_known_is_refused() -> None:
    x = lazy(X[:, 0])
    for act in (lambda: ag.grad(lambda w: (w * x[x > 0]).sum())(2.0), lambda: ag.Tensor(2.0) * x[x > 0]):
        with pytest.raises(errors.UnsupportedError, match=r"x.compute_chunk_sizes\(\)"):
            act()


@pytest.mark.parametrize("act", [lambda x: np.log(x - x), lambda x: ag.grad(lambda v: np.sqrt(v - v).sum())(x._data)])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_debug_says_what_is_not_finite_in_a_piece(act: Any) -> None:
    with ag.debug(), pytest.raises(errors.NonFiniteError, match=r"first at index \[0\] of .*shape \(6,\).*Write "):
        act(_vector())
