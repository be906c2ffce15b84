"""Random numbers as functions of their parameters: NumPy's numbers, with the derivative their distribution implies."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as anp
from autograd_lite import errors
from autograd_lite.engine.refusals import WITH_TENSORS
from autograd_lite.rules.incomplete import beta_share, gamma_share, polygamma
from autograd_lite.tensor import generator

A, B = np.array([0.3, 2.0, 5.0, 0.05, 1.0]), np.array([1.0, 0.4, 3.0, 7.0, 0.2])
Draw = Callable[[Any, Any, Any], Any]
DRAWS: dict[str, Draw] = {
    "normal": lambda rng, a, b: rng.normal(a, b),
    "normal of a size": lambda rng, a, b: rng.normal(a, scale=b, size=(2, 5)),
    "uniform": lambda rng, a, b: rng.uniform(a, a + b),
    "exponential": lambda rng, a, b: rng.exponential(a),
    "gumbel": lambda rng, a, b: rng.gumbel(a, b),
    "laplace": lambda rng, a, b: rng.laplace(a, b),
    "logistic": lambda rng, a, b: rng.logistic(a, b),
    "lognormal": lambda rng, a, b: rng.lognormal(a, b),
    "rayleigh": lambda rng, a, b: rng.rayleigh(a),
    "weibull": lambda rng, a, b: rng.weibull(a + 0.5),
    "pareto": lambda rng, a, b: rng.pareto(5 * b + 1),
    "power": lambda rng, a, b: rng.power(a + 0.5),
    "triangular": lambda rng, a, b: rng.triangular(-a, a * b / 20, a + b),
    "standard_gamma": lambda rng, a, b: rng.standard_gamma(a),
    "gamma": lambda rng, a, b: rng.gamma(a, b),
    "gamma of a size": lambda rng, a, b: rng.gamma(a, 2.0, size=(3, 5)),
    "chisquare": lambda rng, a, b: rng.chisquare(a),
    "beta": lambda rng, a, b: rng.beta(a, b),
    "f": lambda rng, a, b: rng.f(a + 1, b + 1),
    "standard_t": lambda rng, a, b: rng.standard_t(a + 0.5),
    "dirichlet": lambda rng, a, b: rng.dirichlet(a),
    "dirichlet of a size": lambda rng, a, b: rng.dirichlet(b, (2, 3)),
    "multivariate_normal": lambda rng, a, b: rng.multivariate_normal(
        a, np.outer(b, b) + np.eye(5, dtype=b.dtype), 2, method="cholesky"
    ),
}
every = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


def ours(seed: int = 3) -> generator.Generator:
    made: generator.Generator = anp.random.default_rng(seed)
    return made


def leaf(x: Any) -> Any:
    return ag.Tensor(x, requires_grad=True)


@every
def test_the_numbers_are_those_of_numpy(draw: Draw) -> None:
    rng, twin = ours(), np.random.default_rng(3)
    for _ in range(2):
        expected = draw(twin, A, B)
        y = draw(rng, leaf(A), leaf(B))
        np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-13, atol=1e-300)
        assert draw(rng, A, B).tolist() == draw(twin, A, B).tolist()
    assert rng.bit_generator.state == twin.bit_generator.state


@every
def test_both_modes_and_orders_agree(draw: Draw) -> None:
    def f(a: Any, b: Any) -> Any:
        return np.sum(np.tanh(draw(ours(), a, b)) * np.arange(1.0, 6.0))

    backwards, forwards = (ag.jacobian(f, argnums=(0, 1), mode=mode)(A, B) for mode in ("reverse", "forward"))
    for one, other in zip(backwards, forwards, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    (aa, ab), (ba, bb) = ag.hessian(f, argnums=(0, 1))(A, B)
    if draw in (DRAWS["dirichlet"], DRAWS["dirichlet of a size"]):  # a field of flows, which is no one map
        return
    for one, other in ((aa, aa.T), (ab, ba.T), (bb, bb.T)):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10)


@every
def test_a_compiled_function_draws_anew(draw: Draw) -> None:
    def f(a: Any, b: Any, rng: Any) -> Any:
        return np.sum(draw(rng, a, b) ** 2)

    compiled, plain = ag.compile(ag.grad(f, argnums=(0, 1))), ag.grad(f, argnums=(0, 1))
    rng, twin = ours(), ours()
    for _ in range(3):
        for y, expected in zip(compiled(A, B, rng), plain(A, B, twin), strict=True):
            np.testing.assert_allclose(y, expected, rtol=1e-12)


@every
def test_single_precision_stays(draw: Draw) -> None:
    single = A.astype(np.float32), B.astype(np.float32)
    wide = [leaf(x.astype(float)) for x in single]
    narrow = [leaf(x) for x in single]
    for tensors in (wide, narrow):
        y = draw(ours(), *tensors)
        assert y.dtype == tensors[0].dtype
        np.sum(np.tanh(y)).backward()
    for one, other in zip(narrow, wide, strict=True):
        if other.grad is not None:
            np.testing.assert_allclose(one.grad, other.grad, rtol=2e-4, atol=1e-4)


@every
def test_each_example_draws_numbers_of_its_own(draw: Draw) -> None:
    a, b = np.stack([A, 2 * A]), np.stack([B, 0.5 * B])
    y = ag.vmap(lambda a, b: draw(ours(), a, b))(a, b)
    first = draw(ours(), leaf(A), leaf(B))
    np.testing.assert_allclose(y[0], first.detach().numpy(), rtol=1e-13, atol=1e-300)
    same = ag.vmap(lambda a, b: draw(ours(), a, b))(np.stack([A, A]), np.stack([B, B]))
    assert np.all(np.any(same[0] != same[1], axis=-1))


@every
def test_second_derivatives_in_batches_and_compiled(draw: Draw) -> None:
    def f(a: Any, b: Any) -> Any:
        return np.sum(np.tanh(draw(ours(), a, b)) * np.arange(1.0, 6.0)) + 0 * np.sum(a) * np.sum(b)

    def curved(a: Any, b: Any) -> Any:
        return ag.grad(lambda a: np.sum(ag.grad(f)(a, b) * [1.0, -1.0, 2.0, 0.5, 1.5]))(a)

    expected = curved(A, B)
    found = ag.vmap(curved)(A[None], B[None])
    np.testing.assert_allclose(found[0], expected, rtol=1e-9, atol=1e-12)

    def given(a: Any, b: Any, rng: Any) -> Any:
        return np.sum(np.tanh(draw(rng, a, b)) * np.arange(1.0, 6.0)) + 0 * np.sum(a) * np.sum(b)

    hessian = ag.hessian(given, argnums=0)
    rng, twin = ours(), ours()
    compiled = ag.compile(hessian)
    for _ in range(2):
        np.testing.assert_allclose(compiled(A, B, rng), hessian(A, B, twin), rtol=1e-9, atol=1e-12)


LOCATIONS = [name for name in DRAWS if name.split()[0] in (
    "normal", "uniform", "exponential", "gumbel", "laplace", "logistic", "lognormal", "rayleigh", "weibull", "pareto",
    "power", "triangular", "multivariate_normal",
)]  # fmt: skip


@pytest.mark.parametrize("name", LOCATIONS)
def test_numbers_of_fixed_noise_against_differences(name: str) -> None:
    def f(a: Any, b: Any) -> Any:
        return DRAWS[name](ours(), a, b)

    ag.gradcheck(f, (A, B), order=2)


# ----- what a distribution implies -----

IMPLIED: dict[str, tuple[str, Callable[[Any, Any], tuple[Any, ...]], Draw]] = {
    "gamma": ("gamma", lambda a, b: (a, 0.0, b), lambda rng, a, b: rng.gamma(a, b)),
    "chisquare": ("chi2", lambda a, b: (a,), lambda rng, a, b: rng.chisquare(a)),
    "beta": ("beta", lambda a, b: (a, b), lambda rng, a, b: rng.beta(a, b)),
    "f": ("f", lambda a, b: (a, b), lambda rng, a, b: rng.f(a, b)),
    "standard_t": ("t", lambda a, b: (a,), lambda rng, a, b: rng.standard_t(a)),
}


@pytest.mark.parametrize("name", IMPLIED)
def test_a_sample_stays_the_same_quantile(name: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    law, parameters, draw = IMPLIED[name]
    a, b = np.array([0.7, 2.0, 5.0, 40.0]), np.array([1.3, 0.8, 3.0, 9.0])
    found = getattr(stats, law)

    def f(a: Any, b: Any) -> Any:
        return draw(ours(), a, b)

    place = found.cdf(f(a, b), *parameters(a, b))
    for which in range(len({*parameters(1.0, 2.0)} - {0.0})):
        h = np.zeros((2, 4))
        h[which] = 1e-3 * (a, b)[which]
        lines = [found.ppf(place, *parameters(a + k * h[0], b + k * h[1])) for k in (-2, -1, 0, 1, 2)]
        slope = (8 * (lines[3] - lines[1]) - lines[4] + lines[0]) / (12 * h[which])
        bend = (16 * (lines[3] + lines[1]) - lines[4] - lines[0] - 30 * lines[2]) / (12 * h[which] ** 2)
        first = ag.elementwise_grad(f, argnums=which)
        np.testing.assert_allclose(first(a, b), slope, rtol=1e-8)
        np.testing.assert_allclose(ag.elementwise_grad(first, argnums=which)(a, b), bend, rtol=1e-4, atol=1e-7)


def test_shares_of_dirichlet_have_a_mean_that_moves() -> None:
    alpha, n = np.array([0.4, 2.0, 1.1]), 40_000
    found = ag.jacobian(lambda alpha: np.mean(ours().dirichlet(alpha, n), axis=0))(alpha)
    total = alpha.sum()
    expected = (np.eye(3) - (alpha / total)[:, None]) / total
    np.testing.assert_allclose(found, expected, atol=3e-3)
    np.testing.assert_allclose(found.sum(0), 0, atol=1e-12)


def test_two_shares_of_dirichlet_are_beta_samples() -> None:
    alpha = np.array([0.6, 1.7])
    y = ours().dirichlet(leaf(alpha))
    found = ag.jacobian(lambda alpha: ours().dirichlet(alpha)[0])(alpha)
    x = y.detach().numpy()
    odds = np.log(x[0] / x[1])
    expected = [-x[0] * x[1] * beta_share(odds, *alpha, orders=orders) for orders in ((1, 0), (0, 1))]
    np.testing.assert_allclose(found, expected, rtol=1e-12)


PLACES = (1e-12, 1e-5, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-6)


@pytest.mark.parametrize("order", [1, 2])
def test_the_distribution_of_gamma_by_its_shape(order: int) -> None:
    mp, special = pytest.importorskip("mpmath").mp, pytest.importorskip("scipy.special")
    with mp.workdps(60):
        for a in (1e-6, 1e-3, 0.1, 0.9, 1.0, 1.5, 10.0, 300.0, 1e6):
            for x in filter(lambda x: x > 1e-290, special.gammaincinv(a, PLACES)):
                at, h = mp.mpf(float(x)), mp.mpf(10) ** -18 * mp.mpf(a)
                low, mid, high = (mp.gammainc(a + k * h, 0, at, regularized=True) for k in (-1, 0, 1))
                slope = (high - low) / (2 * h) if order == 1 else (high - 2 * mid + low) / h**2
                expected = slope * mp.gamma(a) * mp.exp(at) / at ** (mp.mpf(a) - 1)
                np.testing.assert_allclose(gamma_share(x, a, order=order), float(expected), rtol=1e-7)


@pytest.mark.parametrize("orders", [(1, 0), (0, 1), (1, 1)])
def test_the_distribution_of_beta_by_its_shapes(orders: tuple[int, int]) -> None:
    mp, special = pytest.importorskip("mpmath").mp, pytest.importorskip("scipy.special")
    i, j = orders
    with mp.workdps(60):
        for a, b in ((1e-3, 0.3), (0.5, 20.0), (1.0, 2.5), (40.0, 1e-3), (200.0, 300.0)):
            for x in filter(lambda x: 1e-290 < x < 0.999, special.betaincinv(a, b, PLACES[1:-1:2])):
                at, h = mp.mpf(float(x)), mp.mpf(10) ** -16
                cdf = [
                    (k * m, mp.betainc(a * (1 + k * i * h), b * (1 + m * j * h), 0, at, regularized=True))
                    for k in ((-1, 1) if i else (1,)) for m in ((-1, 1) if j else (1,))
                ]  # fmt: skip
                slope = sum(sign * value for sign, value in cdf) / ((2 * h * a) ** i * (2 * h * b) ** j)
                expected = slope * mp.beta(a, b) / (at**a * (1 - at) ** b)
                z = float(mp.log(at / (1 - at)))
                np.testing.assert_allclose(beta_share(z, a, b, orders=orders), float(expected), rtol=1e-7)


def test_polygamma_functions() -> None:
    special = pytest.importorskip("scipy.special")
    x = np.array([1e-8, 0.3, 2.0, 7.0, 30.0, 1e6])
    for n in range(4):
        np.testing.assert_allclose(polygamma(x, n=n), special.polygamma(n, x), rtol=1e-12)


# ----- edges -----


def test_samples_that_have_become_zero_do_not_move() -> None:
    shape = leaf([1e-5, 1e-5, 1e-5])
    y = ours().standard_gamma(shape)
    assert (y == 0).any()
    np.sum(y).backward()
    assert np.isfinite(shape.grad).all()
    a, b = leaf(np.full(6, 1e-3)), leaf(np.full(6, 1e-3))
    np.sum(ours().beta(a, b)).backward()
    assert np.isfinite(a.grad).all()


def test_wide_samples_of_student() -> None:
    df = leaf(np.full(50, 0.02))
    y = ours(1).standard_t(df)
    assert np.abs(y.detach().numpy()).max() > 1e20
    np.sum(np.log(np.abs(y))).backward()
    assert np.all(df.grad < 0)


def test_a_scale_of_zero_and_a_shape_of_zero() -> None:
    scale, a = leaf(0.0), leaf(0.0)
    y = ours().normal(1.0, scale)
    assert y.item() == 1
    y.backward()
    assert scale.grad == np.random.default_rng(3).standard_normal()
    assert ours().weibull(a).item() == 0


WRONG: dict[str, Callable[[Any, Any], Any]] = {
    "scale": lambda rng, t: rng.normal(0.0, -t),
    "sigma": lambda rng, t: rng.lognormal(0.0, -t),
    "rayleigh": lambda rng, t: rng.rayleigh(-t),
    "uniform": lambda rng, t: rng.uniform(t, -t),
    "weibull": lambda rng, t: rng.weibull(-t),
    "pareto": lambda rng, t: rng.pareto(0 * t),
    "power": lambda rng, t: rng.power(0 * t),
    "triangular": lambda rng, t: rng.triangular(0 * t, 3 * t, t),
    "gamma": lambda rng, t: rng.gamma(t, -t),
    "a shape": lambda rng, t: rng.standard_gamma(-t),
    "df": lambda rng, t: rng.chisquare(0 * t),
    "beta": lambda rng, t: rng.beta(-t, t),
    "alpha": lambda rng, t: rng.dirichlet(-t),
    "a vector": lambda rng, t: rng.dirichlet(t[None]),
    "a size": lambda rng, t: rng.normal(t, size=(2,)),
    "a covariance": lambda rng, t: rng.multivariate_normal(t, np.eye(2)),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_numpy_refuses_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r".") as plain:
        WRONG[name](np.random.default_rng(3), np.array([1.0, 2.0, 3.0]))
    with pytest.raises(ValueError, match=r".") as caught:
        WRONG[name](ours(), leaf([1.0, 2.0, 3.0]))
    assert isinstance(caught.value, errors.AutogradError) or str(caught.value) == str(plain.value)


def test_a_compiled_function_looks_at_every_scale() -> None:
    f = ag.compile(lambda scale, rng: rng.normal(0.0, scale))
    f(ag.Tensor([1.0, 2.0]), ours())
    with pytest.raises(ValueError, match="scale < 0"):
        f(ag.Tensor([1.0, -2.0]), ours())


@pytest.mark.parametrize(
    ("draw", "line"),
    [
        (lambda rng, t: rng.poisson(t), "the logarithm of their density"),
        (lambda rng, t: rng.binomial(3, t), "the logarithm of their density"),
        (lambda rng, t: rng.geometric(t), "the logarithm of their density"),
        (lambda rng, t: rng.multinomial(3, t), "the logarithm of their density"),
        (lambda rng, t: rng.vonmises(t, 2.0), "np.pi) % (2 * np.pi) - np.pi"),
        (lambda rng, t: rng.choice(t), "t[rng.integers(len(t), size=size)]"),
        (lambda rng, t: rng.multivariate_normal(t, np.eye(2), method="svd"), "method='cholesky'"),
    ],
)
def test_what_does_not_move_with_its_parameters_is_refused(draw: Any, line: str) -> None:
    with pytest.raises(errors.AutogradError) as caught:
        draw(ours(), leaf([0.25, 0.75]))
    assert line in str(caught.value)


def test_what_is_said_of_numpys_generator_is_what_ours_has() -> None:
    assert {definition.__name__ for definition in generator.OWN} == WITH_TENSORS


# ----- the generator -----


def test_a_generator_is_one_of_numpy() -> None:
    rng = ours()
    assert isinstance(rng, np.random.Generator)
    assert anp.random.default_rng(rng) is rng
    assert all(isinstance(child, generator.Generator) for child in rng.spawn(2))
    for twin in (pickle.loads(pickle.dumps(rng)), copy.deepcopy(rng)):
        assert type(twin) is generator.Generator
        assert twin.random() == copy.deepcopy(rng).random()
    plain = np.random.default_rng(5)
    shared = anp.random.Generator(plain.bit_generator)
    assert shared.random() == np.random.default_rng(5).random()
    assert plain.bit_generator.state == shared.bit_generator.state


def test_a_compiled_function_that_reads_its_generator() -> None:
    rng, twin = ours(), ours()

    def noisy(of: Any) -> Any:
        return lambda t: np.sum(of.gamma(t, 2.0) * of.standard_normal(2) + of.poisson(3.0))

    compiled, plain = ag.compile(noisy(rng)), noisy(twin)
    for _ in range(3):
        assert compiled(ag.Tensor([1.0, 2.0])).item() == plain(ag.Tensor([1.0, 2.0])).item()
    with pytest.raises(errors.AutogradError):
        ag.compile(lambda t: rng.poisson(t))(leaf([1.0, 2.0]))


def test_a_mixture_is_fitted_through_its_samples() -> None:
    """The mean of ``E[x**2]`` of gamma samples is ``a (a + 1)``, whose slope is ``2 a + 1``."""
    slope = ag.grad(lambda a: np.mean(ours().gamma(a, size=40_000) ** 2))(1.5)
    np.testing.assert_allclose(slope, 4.0, rtol=3e-2)
