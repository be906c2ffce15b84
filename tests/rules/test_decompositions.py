"""What is decided where a decomposition is not unique, or a matrix singular."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

LA = np.linalg
TIED = np.diag([2.0, 2.0, 5.0])
rng = np.random.default_rng(0)
A, C = rng.normal(size=(3, 3)), rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
TALL = rng.normal(size=(4, 3))


def hermitian(a: Any) -> Any:
    return a + np.swapaxes(a, -1, -2).conj()


# ----- equal values -----


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda a: np.sum(LA.eigvalsh(a) ** 2), 2 * TIED),
        (lambda a: np.prod(LA.eigvalsh(a)), np.diag([10.0, 10.0, 4.0])),
        (lambda a: np.sum(np.exp(LA.eigvalsh(a))), np.diag(np.exp([2.0, 2.0, 5.0]))),
        (lambda a: np.sum(LA.svdvals(a)), np.eye(3)),
        (lambda a: LA.norm(a, "nuc"), np.eye(3)),
        (lambda a: np.sum(np.real(LA.eigvals(a)) ** 2), 2 * TIED),
    ],
)
def test_a_symmetric_function_of_equal_values_has_its_derivative(f: Callable[..., Any], expected: Any) -> None:
    np.testing.assert_allclose(ag.grad(f)(TIED), expected, atol=1e-12)
    step = hermitian(A)
    np.testing.assert_allclose(ag.jvp(f, (TIED,), (step,))[1], np.sum(expected * step))


@pytest.mark.parametrize(
    "vectors", [lambda a: LA.eigh(a)[1], lambda a: LA.svd(a)[0], lambda a: LA.svd(a)[2].T, lambda a: LA.eig(a)[1]]
)
def test_vectors_between_equal_values_have_no_derivative_and_the_others_have(vectors: Callable[..., Any]) -> None:
    other = int(np.argmax(np.abs(vectors(TIED)[2])))
    tied = [i for i in range(3) if i != other]
    assert np.all(np.isfinite(ag.grad(lambda a: np.sum(np.abs(vectors(a)[:, other]) ** 2 * [1.0, 2.0, 3.0]))(TIED)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ag.grad(lambda a: np.sum(np.real(vectors(a)[:, tied[0]]) * [0.3, 0.2, 0.1]))(TIED)
        moved = ag.jvp(vectors, (TIED,), (hermitian(A),))[1]
    assert np.isnan(found).any()
    assert np.isfinite(moved[:, other]).all()
    assert np.isnan(moved[:, tied]).any()


def test_a_second_derivative_that_is_not_known_is_nan_and_no_other_number() -> None:
    """That of ``sum(w**2)`` is 2 everywhere; but of a function of `w` alone nobody sees this at equal values."""
    found = ag.hessian(lambda a: np.sum(LA.eigvalsh(a) ** 2))(TIED)
    known = np.isfinite(found)
    assert not known.all()
    apart = ag.hessian(lambda a: np.sum(LA.eigvalsh(a) ** 2))(np.diag([1.0, 2.0, 5.0]))
    np.testing.assert_allclose(found[known], apart[known], atol=1e-12)


# ----- phases, bases that are filled up -----


@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda a: np.real(LA.eigh(hermitian(a))[1][1, 0]), "eigh"),
        (lambda a: np.imag(LA.svd(a)[0][1, 0]), "svd"),
        (lambda a: np.real(LA.svd(a)[2][1, 2]), "svd"),
        (lambda a: np.imag(LA.eig(a)[1][1, 1]), "eig"),
    ],
)
def test_what_depends_on_phases_is_refused(f: Callable[..., Any], name: str) -> None:
    with pytest.raises(errors.UnsupportedError, match=rf"phases.*np.linalg.{name}.*np.abs\(v\)"):
        ag.grad(f)(C)


@pytest.mark.parametrize(
    ("f", "instead"),
    [
        (lambda a: LA.svd(a)[0][0, 3], "svd.*full_matrices=False"),
        (lambda a: LA.svd(a.T)[2][3, 1], "svd.*full_matrices=False"),
        (lambda a: LA.qr(a, mode="complete")[0][0, 3], "qr.*mode='reduced'"),
    ],
)
def test_what_depends_on_vectors_that_fill_up_a_basis_is_refused(f: Callable[..., Any], instead: str) -> None:
    with pytest.raises(errors.UnsupportedError, match=instead):
        ag.grad(f)(TALL)
    assert np.isnan(ag.jvp(f, (TALL,), (TALL + 1,))[1])


def test_a_mode_of_qr_without_a_derivative_is_refused() -> None:
    with pytest.raises(errors.UnsupportedError, match=r"mode='raw'.*Write mode='reduced'"):
        LA.qr(ag.Tensor(A, requires_grad=True), mode="raw")


# ----- singular matrices -----


def test_the_derivatives_of_the_determinant_of_a_singular_matrix_are_finite() -> None:
    zero = np.zeros((2, 2))
    assert ag.grad(LA.det)(zero).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    expected = np.zeros((2, 2, 2, 2))
    expected[0, 0, 1, 1] = expected[1, 1, 0, 0] = 1.0
    expected[0, 1, 1, 0] = expected[1, 0, 0, 1] = -1.0
    np.testing.assert_allclose(ag.hessian(LA.det)(zero), expected, atol=1e-15)
    for singular in (np.outer(A[0], A[1]), np.diag([3.0, 0.0, 2.0]), np.ones((4, 4))):
        n = len(singular)
        minors = [
            [(-1) ** (i + j) * LA.det(np.delete(np.delete(singular, i, 0), j, 1)) for j in range(n)] for i in range(n)
        ]
        np.testing.assert_allclose(ag.grad(LA.det)(singular), minors, atol=1e-12)


def test_the_logarithm_of_0_has_no_derivative_and_its_neighbours_have() -> None:
    stack = np.stack([A, np.ones((3, 3)), C.real])
    found = ag.grad(lambda a: np.sum(LA.slogdet(a).logabsdet))(stack)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[[0, 2]], np.swapaxes(LA.inv(stack[[0, 2]]), -1, -2))


def test_the_condition_of_a_singular_matrix_is_infinite() -> None:
    t = ag.Tensor(np.stack([A, np.ones((3, 3))]), requires_grad=True)
    np.testing.assert_allclose(LA.cond(t, 1).detach(), LA.cond(t.detach().numpy(), 1))


# ----- what is left of half a matrix, real results or complex ones -----


def test_what_is_symmetric_stays_symmetric() -> None:
    s = A @ A.T + np.eye(3)
    for f in (LA.cholesky, LA.eigvalsh, lambda a: LA.eigvalsh(a, "U"), lambda a: LA.cholesky(a, upper=True)):
        g = ag.grad(lambda a, f=f: np.sum(f(a) * np.arange(1.0, 4.0)))(s)
        np.testing.assert_allclose(g, g.T, rtol=1e-14)


TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


@pytest.mark.skipif(np.iscomplexobj(LA.eigvals(TIED)), reason="the eigenvalues are complex, as from NumPy 2.5 on")
@pytest.mark.parametrize("backend", ["numpy", "numba", "cc"])
@pytest.mark.parametrize("of", [lambda f: f, ag.grad])
def test_a_compiled_function_whose_eigenvalues_become_complex_says_so(backend: Any, of: Any) -> None:
    f = ag.compile(of(lambda a: np.sum(np.abs(LA.eigvals(a)) ** 2)), backend=backend)
    for a in (np.diag([1.0, 2.0]), np.diag([3.0, 2.0])):
        np.testing.assert_allclose(f(a), of(lambda a: np.sum(np.diag(a) ** 2))(a))
    with pytest.raises(ValueError, match=r"complex now. Write np.linalg.eig(vals)?\(a \+ 0j\)"):
        f(TURN)


def test_single_precision_stays_single() -> None:
    for f in (LA.inv, LA.pinv, LA.svdvals, LA.cholesky, lambda a: LA.qr(a)[0], lambda a: LA.eigh(a)[1], LA.det):
        x = ag.Tensor(np.diag([1.0, 2.0, 3.0]).astype(np.float32), requires_grad=True)
        y = f(x)
        np.sum(y).backward()
        assert y.dtype == x.grad.dtype == np.float32  # type: ignore[union-attr]
