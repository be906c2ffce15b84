"""What is decided where a function has no one derivative, and what is constant in the results of several."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import printed

import autograd_lite as ag
from autograd_lite import errors


def leaf(*numbers: float) -> Any:
    return ag.Tensor(numbers, requires_grad=True)


def test_the_first_of_equal_elements_stands_for_a_set() -> None:
    x = leaf(2.0, 1.0, 2.0, 1.0)
    values, places, inverse, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    np.sum(values * [3.0, 5.0]).backward()
    assert x.grad.tolist() == [5, 3, 0, 0]
    for constant in (places, inverse, counts):
        assert isinstance(constant, ag.Tensor)
        assert not constant.requires_grad
    found = np.unique_all(x)
    assert type(found) is type(np.unique_all(x.numpy()))
    assert found.values.requires_grad
    assert not found.counts.requires_grad


def test_a_running_maximum_shares_its_derivative_between_equal_elements() -> None:
    x = leaf(1.0, 3.0, 3.0)
    np.maximum.accumulate(x)[2].backward()
    assert x.grad.tolist() == [0, 0.5, 0.5]


def test_counts_are_constant_and_edges_move_with_the_samples() -> None:
    x = leaf(0.0, 0.4, 1.0)
    counts, edges = np.histogram(x, 2)
    assert not counts.requires_grad
    edges[1].backward()
    assert x.grad.tolist() == [0.5, 0, 0.5]


def test_parts_of_numbers() -> None:
    for fn, slope in ((np.modf, 1.0), (np.frexp, 0.25)):
        x = leaf(2.5)
        first, second = fn(x)
        assert not second.requires_grad
        first.backward()
        assert x.grad.tolist() == [slope]
    x = leaf(1.0, 1.0)
    np.sum(np.nextafter(x, [2.0, 1.0])).backward()
    assert x.grad.tolist() == [1, 1]


def test_what_a_whole_period_is_added_to_moves_as_it_is() -> None:
    x = leaf(0.0, 3.0, 6.5, 0.5)
    np.unwrap(x)[3].backward()
    assert x.grad.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("fn", [np.sinc, np.i0])
def test_derivatives_of_every_order_at_zero(fn: Any) -> None:
    limits = {np.sinc: (1, 0, -np.pi**2 / 3, 0, np.pi**4 / 5), np.i0: (1, 0, 0.5, 0, 0.375)}[fn]
    for order, limit in enumerate(limits):
        f = fn
        for _ in range(order):
            f = ag.grad(f)
        np.testing.assert_allclose(f(0.0), limit, rtol=1e-13, atol=1e-15)


def test_the_slope_of_a_bessel_function_far_out() -> None:
    x = np.array([19.999, 20.001, 300.0, 700.0])
    slope = ag.elementwise_grad(np.i0)(x)
    ratio = 1 - 1 / (2 * x) - 1 / (8 * x**2) - 1 / (8 * x**3) - 25 / (128 * x**4)  # Abramowitz and Stegun, 9.7.1
    np.testing.assert_allclose(slope / np.i0(x), ratio, rtol=1e-6)


def test_quantiles_of_nothing_but_nan() -> None:
    x = ag.Tensor([[np.nan, np.nan], [1.0, 3.0]], requires_grad=True)
    with pytest.warns(RuntimeWarning, match="All-NaN"):
        y = np.nanquantile(x, 0.5, axis=1)
    np.testing.assert_array_equal(y.detach(), [np.nan, 2.0])
    y[1].backward()
    assert x.grad.tolist() == [[0, 0], [0.5, 0.5]]


def test_the_share_of_a_quantile_has_a_derivative_by_the_default_method() -> None:
    q = leaf(0.0, 0.25, 0.5, 1.0)
    y = np.quantile([1.0, 4.0, 6.0], q)
    np.testing.assert_allclose(y.detach().numpy(), np.quantile([1.0, 4.0, 6.0], [0.0, 0.25, 0.5, 1.0]), rtol=1e-15)
    np.sum(y).backward()
    assert q.grad.tolist() == [6, 6, 4, 4]
    assert ag.grad(lambda q: np.quantile([3.0], q))(0.5) == 0
    for options in ({"method": "lower"}, {"method": "inverted_cdf", "weights": np.ones(3)}):
        with pytest.raises(errors.UnsupportedError, match=r"Write np\.quantile\(t, q\)"):
            np.quantile(np.array([1.0, 4.0, 6.0]), leaf(0.5), **options)


def test_windows_by_strides_are_refused_with_what_to_write() -> None:
    with pytest.raises(errors.ConversionError, match=r"np\.lib\.stride_tricks\.as_strided.*sliding_window_view"):
        np.lib.stride_tricks.as_strided(leaf(1.0, 2.0, 3.0), (2,), (8,))


def test_a_real_result_stays_real_where_it_can() -> None:
    assert np.lib.scimath.sqrt(leaf(4.0)).dtype == float
    x = leaf(4.0, -9.0)
    y = np.lib.scimath.sqrt(x)
    assert y.dtype == complex
    np.sum(y.imag).backward()
    np.testing.assert_allclose(x.grad, [0, -1 / 6])


@pytest.mark.parametrize("fn", [np.arccos, np.arcsin])
@pytest.mark.parametrize("side", [0.0, -0.0])
def test_a_cut_has_the_derivative_of_its_side(fn: Any, side: float) -> None:
    for x in (1.7, -1.7):
        step = 1e-6
        z = complex(x, side)
        expected = (fn(complex(x + step, side)) - fn(complex(x - step, side))) / (2 * step)
        np.testing.assert_allclose(ag.grad(fn, holomorphic=True)(np.asarray(z)), expected, rtol=1e-8)


def test_a_batch_of_sets_is_refused() -> None:
    with pytest.raises(errors.BatchError, match="unique"):
        ag.vmap(np.unique)(np.ones((2, 3)))


def test_what_is_asked_for_in_integers_is_refused() -> None:
    with pytest.raises(errors.GradientDtypeError, match="int64"):
        np.sum(leaf(1.5, 2.0), dtype=int)


@pytest.mark.parametrize("options", [{"mode": "mean", "stat_length": 1}, {"mode": "reflect", "reflect_type": "odd"}])
def test_a_margin_does_not_depend_on_what_has_no_share_in_it(options: Any) -> None:
    a = np.array([1.0, 2.0, 4.0, np.nan])
    t = ag.Tensor(a, requires_grad=True)
    y = np.pad(t, (1, 0), **options)
    np.testing.assert_array_equal(y.detach(), np.pad(a, (1, 0), **options))
    y[0].backward()
    assert np.isfinite(t.grad).all()


@pytest.mark.parametrize(
    ("draw", "line"),
    [
        (lambda rng, t: rng.normal(t, 2.0), "anp.random.Generator(rng.bit_generator)"),
        (lambda rng, t: rng.uniform(0.0, high=t), "anp.random.Generator(rng.bit_generator)"),
        (lambda rng, t: rng.gamma(2.0, t), "anp.random.default_rng(seed)"),
        (lambda rng, t: rng.choice(t), "t[rng.integers(len(t), size=size)]"),
        (lambda rng, t: rng.poisson(t), "the logarithm of their density"),
    ],
)
def test_samples_by_a_parameter_with_a_derivative_are_refused_with_what_to_write(draw: Any, line: str) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(errors.ConversionError) as caught:
        draw(rng, leaf(1.0, 2.0))
    assert line in str(caught.value)
    assert str(caught.value).startswith("rng.")


def test_families_are_imported_when_they_are_met() -> None:
    program = (
        "import sys, numpy as np, autograd_lite as ag\n"
        "t = ag.Tensor([0.5, 0.25], requires_grad=True); np.exp(t).sum().backward()\n"
        "known = lambda: sorted(m.rpartition('.')[2] for m in sys.modules if m.startswith('autograd_lite.rules.'))\n"
        "before = known(); np.polyadd(t, t); print([m for m in known() if m not in before])"
    )
    assert printed(program) == "['polynomials']\n"
