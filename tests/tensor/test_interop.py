"""Arrays, labels, units and pictures of other packages beside a Tensor: they work, or it is said what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import AVAILABLE
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors

V, M = np.array([1.0, 2.0, 3.0]), np.arange(6.0).reshape(2, 3)


# ----- pandas -----

PANDAS: dict[str, tuple[Callable[[Any, Any], Any], Any, Any]] = {
    "series * t": (lambda s, t: s * t, V, V),
    "t * series": (lambda s, t: t * s, V, V),
    "series - t": (lambda s, t: s - t, V, V),
    "series / t": (lambda s, t: s / t, V, V),
    "series**t": (lambda s, t: s**t, V, V),
    "t @ series": (lambda s, t: t @ s, V, V),
    "frame * t": (lambda d, t: d * t, M, V),
    "frame + matrix": (lambda d, t: d + t, M, M),
    "t - frame": (lambda d, t: t - d, M, V),
    "np.multiply": (lambda d, t: np.multiply(d, t), M, V),
    "np.dot": (lambda d, t: np.dot(d, t), M, V),
    "to_numpy": (lambda d, t: d.to_numpy() @ t if hasattr(d, "to_numpy") else d @ t, M, V),
}


@pytest.mark.parametrize("name", PANDAS)
def test_operators_of_pandas_give_a_recorded_tensor(name: str) -> None:
    pandas = pytest.importorskip("pandas")
    f, data, value = PANDAS[name]
    given = (pandas.Series if data.ndim == 1 else pandas.DataFrame)(data)
    t, plain = leaf(value), leaf(value)
    y, wanted = f(given, t), f(data, plain)
    assert type(y) is ag.Tensor
    np.testing.assert_array_equal(y.detach(), wanted.detach())
    y.sum().backward()
    wanted.sum().backward()
    np.testing.assert_array_equal(t.grad, plain.grad)


@pytest.mark.parametrize("act", ["x @ t", "x.dot(t)", "np.matmul(x, t)"])
@pytest.mark.parametrize("frame", [False, True], ids=["Series", "DataFrame"])
def test_products_of_pandas_say_what_to_write(act: str, frame: bool) -> None:
    pandas = pytest.importorskip("pandas")
    names = {"np": np, "t": leaf(V), "x": pandas.DataFrame(M) if frame else pandas.Series(V)}
    with pytest.raises(errors.ConversionError, match=r"^pandas asks .* Write x\.to_numpy\(\) for") as caught:
        eval(act, names)
    assert "x.to_numpy() @ t" in str(caught.value)
    assert eval("x.to_numpy() @ t", names).requires_grad


# ----- xarray and pint: they hold a Tensor, and stay outside -----


@pytest.mark.parametrize(
    "f",
    [lambda a, t: t * a, lambda a, t: a * t, lambda a, t: t + a, lambda a, t: t - a, lambda a, t: np.multiply(t, a)],
    ids=["t * a", "a * t", "t + a", "t - a", "np.multiply"],
)
@pytest.mark.parametrize("dataset", [False, True], ids=["DataArray", "Dataset"])
def test_labels_are_kept(f: Any, dataset: bool) -> None:
    xarray = pytest.importorskip("xarray")
    array = xarray.DataArray(V, dims="x", coords={"x": [10, 20, 30]})
    t = leaf(2.0)
    y = f(array.to_dataset(name="v") if dataset else array, t)
    assert type(y) is (xarray.Dataset if dataset else xarray.DataArray)
    inside = (y["v"] if dataset else y).variable._data
    assert y.coords["x"].to_numpy().tolist() == [10, 20, 30]
    np.sum(inside).backward()
    plain = leaf(2.0)
    np.sum(f(V, plain)).backward()
    assert t.grad.item() == plain.grad.item()


@pytest.mark.parametrize(
    "f", [lambda u, t: t * u, lambda u, t: u * t, lambda u, t: t * (3.0 * u)], ids=["t * u", "u * t", "quantity"]
)
def test_units_are_kept(f: Any) -> None:
    pint = pytest.importorskip("pint")
    meter, t = pint.UnitRegistry().meter, leaf(V)
    y = f(meter, t)
    assert y.units == meter
    np.sum(y.magnitude).backward()
    assert t.grad is not None


def test_what_has_units_is_no_data_of_a_tensor() -> None:
    pint = pytest.importorskip("pint")
    quantity = V * pint.UnitRegistry().meter
    for act in (ag.Tensor, ag.grad(lambda x: np.sum(x * x))):
        with pytest.raises(errors.DataError, match=r"Quantity belongs around .* Write ag\.Tensor\(q\.magnitude\)"):
            act(quantity)
    kept = quantity.units * ag.Tensor(quantity.magnitude, requires_grad=True)
    assert kept.units == quantity.units


def test_frames_and_labelled_arrays_are_copied_as_numbers() -> None:
    pandas, xarray = pytest.importorskip("pandas"), pytest.importorskip("xarray")
    for data in (pandas.DataFrame(M), xarray.DataArray(M, dims=("a", "b"))):
        t = ag.Tensor(data)
        assert type(t.data) is np.ndarray
        np.testing.assert_array_equal(t, M)


def test_arrays_of_sparse_stay_sparse() -> None:
    sparse = pytest.importorskip("sparse")
    given, w = sparse.COO.from_numpy(S), leaf(V)
    y = np.sum((ag.Tensor(given) @ w) ** 2)
    y.backward()
    plain = leaf(V)
    np.sum((ag.Tensor(S) @ plain) ** 2).backward()
    np.testing.assert_allclose(w.grad, plain.grad)
    g = ag.grad(lambda x: np.sum(x * x))(given)
    assert type(g) is sparse.COO
    np.testing.assert_array_equal(g.todense(), 2 * S)
    with pytest.raises(errors.CompileError, match="holds a COO"):
        ag.compile(lambda x: np.sum(x))(given)


def test_a_matrix_of_scipy_is_no_data_of_a_tensor() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    with pytest.raises(errors.DataError, match=r"Write data\.toarray\(\), or S @ t for a product"):
        ag.Tensor(sparse.csr_array(S))


def test_a_class_that_converts_is_not_taken_for_one_that_holds() -> None:
    class Converting:
        shape = (3,)

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array(V, dtype)

        def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
            return Converted(ufunc(*[np.asarray(x) for x in inputs]))

    class Converted(Converting):
        def __init__(self, array: Any) -> None:
            self.array = array

    for _ in range(3):
        y = leaf(V) * Converting()
        assert type(y) is ag.Tensor
        assert y.requires_grad


# ----- sparse matrices -----

S = M * (M % 2)
SPARSE: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "S @ vector": (lambda s, t: s @ t, V),
    "S @ matrix": (lambda s, t: s @ t, M.T),
    "vector @ S": (lambda s, t: t @ s, V[:2]),
    "matrix @ S": (lambda s, t: t @ s, M.T),
    "stack @ S": (lambda s, t: t @ s, np.stack([M.T, M.T + 1])),
    "S.T @ vector": (lambda s, t: s.T @ t, V[:2]),
    "np.matmul": (lambda s, t: np.matmul(s, t), V),
    "S + matrix": (lambda s, t: s + t, M),
    "matrix - S": (lambda s, t: t - s, M),
    "S * number": (lambda s, t: s * t, np.array(3.0)),
}
CLASSES = ["csr_array", "csr_matrix", "csc_array", "coo_matrix", "lil_array", "dok_array", "dia_matrix"]


def dense(f: Any) -> Any:
    return lambda t: f(S, t)


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("name", SPARSE)
def test_a_constant_sparse_matrix_is_an_operand(name: str, kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    f, value = SPARSE[name]
    given = getattr(sparse, kind)(S)
    t = leaf(value)
    y = f(given, t)
    assert type(y) is ag.Tensor
    np.testing.assert_allclose(y.detach(), dense(f)(value))
    with ag.no_grad():
        assert type(f(given, t)) is ag.Tensor


@pytest.mark.parametrize("name", SPARSE)
def test_its_derivatives_are_those_of_the_dense_one(name: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    f, value = SPARSE[name]
    given = sparse.csr_array(S)

    def g(t: Any) -> Any:
        return f(given, t)

    def both(derive: Callable[[Any], Any]) -> None:
        np.testing.assert_allclose(derive(g), derive(dense(f)))

    both(lambda h: ag.jacobian(h, mode="reverse")(value))
    both(lambda h: ag.jacobian(h, mode="forward")(value))
    both(lambda h: ag.hessian(lambda t: np.sum(np.sin(h(t))))(value))
    both(lambda h: ag.vmap(ag.grad(lambda t: np.sum(np.sin(h(t)))))(np.stack([value, 2 * value])))
    assert ag.gradcheck(g, value).ok
    for backend in ("numpy", *[name for name, there in AVAILABLE.items() if there]):
        step = ag.compile(ag.grad(lambda t: np.sum(np.sin(g(t)))), backend=backend)
        for _ in range(3):
            np.testing.assert_allclose(step(value), ag.grad(lambda t: np.sum(np.sin(f(S, t))))(value))


def test_a_star_is_a_product_where_it_is_one_in_scipy() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    t = leaf(V)
    np.testing.assert_allclose((sparse.csr_matrix(S) * t).detach(), S @ V)
    np.testing.assert_allclose((sparse.csr_array(S) * t).detach(), S * V)
    np.testing.assert_allclose((leaf(V[:2]) * sparse.csr_matrix(S)).detach(), V[:2] @ S)
    np.testing.assert_allclose(sparse.csr_array(S).dot(t).detach(), S @ V)


def test_numbers_changed_after_the_product_change_no_gradient() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    given, t = sparse.csr_array(S), leaf(V)
    y = given @ t
    given.data[:] = 0.0
    y.sum().backward()
    np.testing.assert_allclose(t.grad, S.sum(0))


def test_a_compiled_function_sees_numbers_that_change() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    given, t = sparse.csr_array(S), ag.Tensor(V)
    f = ag.compile(lambda t: given @ t)
    for factor in (1.0, 2.0, 3.0):
        given.data[:] = factor * sparse.csr_array(S).data
        np.testing.assert_allclose(f(t), factor * S @ V)


def test_what_scipy_does_with_the_numbers_says_what_to_write() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    names = {"S": sparse.coo_array(S), "t": leaf(V)}
    with pytest.raises(errors.ConversionError, match=r"^scipy asks .* Write S @ t"):
        eval("S.multiply(t)", names)
    assert eval("S @ t", names).requires_grad
    with pytest.raises(errors.ShapeError, match=r"\(2, 3\) @ \(2,\)\. Write S\.T @ t"):
        names["S"] @ leaf(V[:2])
    with pytest.raises(errors.ShapeError, match=r"\(4,\) @ \(2, 3\)\. Write .* np\.ones\(2\)"):
        leaf(np.ones(4)) @ names["S"]


SPECIAL = {
    "softmax": "ag.softmax(t)",
    "log_softmax": "ag.log_softmax(t)",
    "logsumexp": "ag.logsumexp(t)",
}


@pytest.mark.parametrize("name", SPECIAL)
def test_a_function_of_scipy_is_called_so_and_the_line_works(name: str) -> None:
    pytest.importorskip("scipy.special")
    import scipy

    f, t = getattr(scipy.special, name), leaf([0.25, 0.5])
    with pytest.raises((errors.UnsupportedError, errors.ConversionError)) as caught:
        f(t)
    text = str(caught.value)
    assert text.startswith(f"scipy.special.{name} ")
    assert f"Write {SPECIAL[name]}" in text
    y = eval(SPECIAL[name], {"ag": ag, "np": np, "scipy": scipy, "t": t})
    np.testing.assert_allclose(y.detach(), f(t.detach().numpy()))
    assert ag.gradcheck(lambda t: eval(SPECIAL[name], {"ag": ag, "np": np, "scipy": scipy, "t": t}), t).ok


def test_a_function_of_scipy_that_is_none_of_numpy_s_kind_is_named() -> None:
    linalg, stats = pytest.importorskip("scipy.linalg"), pytest.importorskip("scipy.stats")
    for call, name in ((linalg.expm, "scipy.linalg.expm"), (stats.norm.logpdf, "scipy")):
        with pytest.raises(errors.ConversionError, match=f"^{name} asks for .*Write t.detach"):
            call(leaf(np.eye(2)))


def test_a_special_function_without_a_derivative_here_is_called_by_its_module() -> None:
    special = pytest.importorskip("scipy.special")
    line = r"Write ag\.custom_op\(scipy\.special\.struve, vjp=lambda g, x: g \* df\(x\)\)\(t\)"
    with pytest.raises(errors.UnsupportedError, match=rf"^scipy\.special\.struve is not supported .* {line}"):
        special.struve(1.0, leaf([0.5]))


# ----- pictures -----

PLOTS = [
    "plt.plot(v, np.sin(v))",
    "plt.plot(v)",
    "plt.scatter(v, v, c=v)",
    "plt.hist(v)",
    "plt.imshow(m)",
    "plt.bar(range(3), v)",
    "plt.barh(range(3), v)",
    "plt.fill_between(v, v)",
    "plt.errorbar(v, v, yerr=v)",
    "plt.contour(m)",
    "plt.pcolormesh(m)",
    "plt.boxplot(v)",
    "plt.violinplot(v)",
    "plt.step(v, v)",
    "plt.stem(v)",
    "plt.pie(v)",
    "plt.semilogy(v)",
    "plt.xlim(0, v[0])",
    "plt.axhline(v[0])",
    "plt.plot([v[0], v[1]], [1, 2])",
    "plt.vlines(v, 0, 1)",
    "plt.tricontour(v, v * v, v)",
]


@pytest.mark.parametrize("call", PLOTS)
def test_a_plot_works_or_says_to_detach_first(call: str) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    names = {"plt": plt, "np": np, "v": leaf([0.5, 2.0, 1.0]) * 1, "m": leaf(np.arange(9.0).reshape(3, 3) + 1) * 1}
    try:
        with pytest.raises(errors.AutogradError, match=r"^matplotlib[.\w]* (asks|calls).*\. Write t\.detach\(\)"):
            eval(call, names)
        eval(re.sub(r"\b([vm])\b(?=[,)\] *\[])", r"\1.detach()", call), names)
        with ag.no_grad():
            eval(call, names)
    finally:
        plt.close("all")


def test_what_a_library_asks_for_after_a_function_of_numpy_is_named() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    plt = pytest.importorskip("matplotlib.pyplot")
    t = leaf([0.5, 2.0, 1.0]) * 1
    with pytest.raises(errors.ConversionError, match=r"^matplotlib.* asks .*Write t\.detach\(\)"):
        plt.hist2d(t, t)
    plt.hist2d(t.detach().numpy(), t.detach().numpy())
    plt.close("all")


# ----- masked arrays -----

MASKED = [
    "mm * t",
    "t * mm",
    "mm += t",
    "np.multiply(mm, t)",
    "np.ma.multiply(mm, t)",
    "np.where(mm > 1, t, 0.0)",
    "np.ma.where(mm > 1, mm, t)",
    "np.concatenate([t, mm])",
    "t == mm",
    "np.clip(t, mm, None)",
    "np.ma.masked * t",
    "t[labels]",
    "np.take(t, labels)",
    "ag.Tensor(mm)",
    "ag.Tensor([mm, mm])",
    "t.assign(mm)",
    "t.grad = mm",
    "t.data = mm",
    "(t * 1)[:] = mm",
    "np.sin(t).backward(mm)",
    "ag.vjp(np.sin, t)[1](mm)",
    "ag.jvp(np.sin, (t,), (mm,))",
    "ag.grad(np.sum)(mm)",
    "ag.jacobian(np.sin)(mm)",
    "ag.vmap(np.sin)(mm)",
    "ag.compile(np.sin)(mm)",
    "ag.gradcheck(np.sin, mm)",
    "ag.nn.Linear(3, 2)(mm)",
    'ag.nn.Linear(3, 3).load_state_dict({"weight": np.ma.array(np.ones((3, 3))), "bias": mm})',
    "ag.nn.functional.cross_entropy(ag.Tensor(np.ones((3, 5))), labels)",
    "ag.nn.functional.mse_loss(t, mm)",
    "ag.nn.functional.conv1d(mm[None], np.ones((1, 1, 2)))",
    "ag.nn.functional.conv1d(V[None], mm[None, None])",
    "ag.nn.functional.max_pool1d(mm[None], 2)",
    "ag.nn.functional.layer_norm(mm, 3)",
    "ag.nn.functional.pad(mm, (1, 1))",
    "ag.nn.Flatten(0)(mm)",
    'ag.custom_op(lambda x: np.ma.array(x), vjp=lambda g, x: g, name="f")(t)',
    'ag.custom_op(lambda x: x * 1, vjp=lambda g, x: np.ma.array(g), name="f")(t).sum().backward()',
    "hooked.register_hook(lambda g: mm); hooked.sum().backward()",
]


@pytest.mark.parametrize("line", MASKED)
def test_a_masked_array_is_refused_wherever_it_comes_in(line: str) -> None:
    masked = np.ma.array(V, mask=[0, 1, 0])
    t = leaf(V)
    names = {"np": np, "ag": ag, "V": V, "mm": masked, "t": t, "labels": masked.astype(int), "hooked": t * 1}
    with pytest.raises(errors.AutogradError, match=r"masked array|MaskedArray") as caught:
        exec(line, names)
    assert "Write " in str(caught.value)
    assert t.grad is None
    np.testing.assert_array_equal(t.detach(), V)
    if " = " not in line:
        assert (t * masked.filled(0.0)).requires_grad
