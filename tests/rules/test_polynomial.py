"""The functions and classes of `numpy.polynomial`: what takes a Tensor, and what is refused with the same to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

C, X = np.array([1.0, 2.0, 3.5, -0.5]), np.array([0.1, 0.4, 0.7])
BASES = {
    "polynomial": "poly", "chebyshev": "cheb", "legendre": "leg", "laguerre": "lag", "hermite": "herm",
    "hermite_e": "herme",
}  # fmt: skip
every = pytest.mark.parametrize("module", BASES)


def function(module: str, what: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(getattr(np.polynomial, module), BASES[module] + what)
    return found


@every
def test_a_series_at_the_places_of_a_tensor(module: str) -> None:
    series, derived = function(module, "val"), function(module, "der")(C)
    t = ag.Tensor(X, requires_grad=True)
    y = series(t, C)
    np.testing.assert_allclose(y.detach().numpy(), series(X, C), rtol=1e-14)
    np.sum(y).backward()
    np.testing.assert_allclose(t.grad, series(X, derived), rtol=1e-13)
    second = ag.elementwise_grad(ag.elementwise_grad(lambda x: series(x, C)))
    np.testing.assert_allclose(second(X), series(X, function(module, "der")(derived)), rtol=1e-12)
    np.testing.assert_allclose(ag.vmap(lambda x: series(x, C))(X), series(X, C), rtol=1e-14)
    np.testing.assert_allclose(ag.compile(lambda x: series(x, C))(X), series(X, C), rtol=1e-14)


@every
def test_what_is_written_for_coefficients(module: str) -> None:
    vander = function(module, "vander")(X, len(C) - 1)
    c = ag.Tensor(C, requires_grad=True)
    y = vander @ c
    np.testing.assert_allclose(y.detach().numpy(), function(module, "val")(X, C), rtol=1e-13)
    y[1].backward()
    np.testing.assert_allclose(c.grad, vander[1], rtol=1e-13)


def test_what_is_written_for_a_power_series() -> None:
    ag.gradcheck(lambda c, t: np.polyval(c[::-1], t), (C, X))
    np.testing.assert_allclose(np.polyval(C[::-1], X), np.polynomial.polynomial.polyval(X, C), rtol=1e-14)


REFUSED: dict[str, Callable[[str, Any], Any]] = {
    "val": lambda module, t: function(module, "val")(X, t),
    "der": lambda module, t: function(module, "der")(t),
    "int": lambda module, t: function(module, "int")(t),
    "add": lambda module, t: function(module, "add")(t, C),
    "mul": lambda module, t: function(module, "mul")(C, t),
    "vander": lambda module, t: function(module, "vander")(t, 2),
    "fit": lambda module, t: function(module, "fit")(np.arange(4.0), t, 1),
    "fromroots": lambda module, t: function(module, "fromroots")(t),
    "a class": lambda module, t: np.polynomial.Polynomial(t),
    "the values of a class": lambda module, t: np.polynomial.Chebyshev(C)(t),
    "the fit of a class": lambda module, t: np.polynomial.Legendre.fit(np.arange(4.0), t, 1),
}


@every
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_refused_with_what_to_write(module: str, name: str) -> None:
    line = r"numpy\.polynomial makes arrays .* Write np\.polyval.*chebvander"
    with pytest.raises(errors.ConversionError, match=line):
        REFUSED[name](module, ag.Tensor(C, requires_grad=True))
