"""Random Tensors: their numbers are NumPy's, their distributions the right ones, and compiled they are drawn anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

DRAWN = {
    "rand": (lambda g: ag.rand(2, 3, generator=g), lambda r: r.random((2, 3))),
    "rand of a tuple": (lambda g: ag.rand((4,), generator=g), lambda r: r.random(4)),
    "rand of one number": (lambda g: ag.rand((), generator=g), lambda r: r.random(())),
    "randn": (lambda g: ag.randn(2, 3, generator=g), lambda r: r.standard_normal((2, 3))),
    "randn in float32": (
        lambda g: ag.randn(3, generator=g, dtype=ag.float32),
        lambda r: r.standard_normal(3).astype(np.float32),
    ),
    "rand_like": (lambda g: ag.rand_like(ag.ones(2), generator=g), lambda r: r.random(2)),
    "randn_like": (
        lambda g: ag.randn_like(ag.ones(2, dtype=ag.float32), generator=g),
        lambda r: r.standard_normal(2).astype(np.float32),
    ),
    "randint": (lambda g: ag.randint(5, (3,), generator=g), lambda r: r.integers(0, 5, 3)),
    "randint from": (lambda g: ag.randint(2, 5, (3,), generator=g), lambda r: r.integers(2, 5, 3)),
    "randint of a size by name": (lambda g: ag.randint(0, 5, size=(3,), generator=g), lambda r: r.integers(0, 5, 3)),
    "randperm": (lambda g: ag.randperm(6, generator=g), lambda r: r.permutation(6)),
    "normal": (lambda g: ag.normal(2.0, 3.0, (4,), generator=g), lambda r: 2 + 3 * r.standard_normal(4)),
    "normal of arrays": (
        lambda g: ag.normal(ag.ones(2), ag.tensor([1.0, 2.0]), generator=g),
        lambda r: 1 + np.array([1.0, 2.0]) * r.standard_normal(2),
    ),
    "bernoulli": (lambda g: ag.bernoulli(ag.full((5,), 0.3), generator=g), lambda r: (r.random(5) < 0.3) * 1.0),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_numbers_are_numpys(name: str) -> None:
    call, expected = DRAWN[name]
    for seed in (0, 1):
        found, wanted = call(np.random.default_rng(seed)), expected(np.random.default_rng(seed))
        assert found.tolist() == np.asarray(wanted).tolist()
        assert found.dtype == np.asarray(wanted).dtype
        assert call(seed).tolist() == found.tolist()
        assert call(ag.Generator().manual_seed(seed)).tolist() == found.tolist()


def test_the_default_generator_is_that_of_manual_seed() -> None:
    ag.manual_seed(7)
    first = ag.rand(3).tolist() + ag.multinomial(ag.ones(5), 3).tolist()
    ag.manual_seed(7)
    assert ag.rand(3).tolist() + ag.multinomial(ag.ones(5), 3).tolist() == first


WEIGHTS = np.array([[0.0, 1.0, 3.0, 0.0, 4.0], [2.0, 0.0, 0.0, 2.0, 1.0]])


def test_places_are_drawn_by_their_weights() -> None:
    """Each count within five standard deviations of what is expected."""
    n = 20_000
    drawn = ag.multinomial(ag.tensor(WEIGHTS), n, replacement=True, generator=0).numpy()
    assert drawn.shape == (2, n)
    for row, weights in zip(drawn, WEIGHTS, strict=True):
        p = weights / weights.sum()
        assert np.all(np.abs(np.bincount(row, minlength=5) - n * p) <= 5 * np.sqrt(n * p * (1 - p)))


def test_places_are_drawn_once_in_the_order_of_chance() -> None:
    """The probability of (i, j) is p_i p_j / (1 - p_i)."""
    n, w = 20_000, np.array([0.0, 1.0, 3.0, 4.0])
    drawn = ag.multinomial(ag.tensor(np.tile(w, (n, 1))), 2, generator=0).numpy()
    p = w / w.sum()
    for i in range(4):
        for j in range(4):
            expected = p[i] * p[j] / (1 - p[i]) if i != j else 0.0
            found = np.mean((drawn[:, 0] == i) & (drawn[:, 1] == j))
            assert abs(found - expected) <= 5 * np.sqrt(expected * (1 - expected) / n)


def test_no_place_without_a_weight_is_ever_drawn() -> None:
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        w = ag.tensor(np.array([0, 1e-30, 0, 3e7, 1, 0], dtype))
        drawn = {*ag.multinomial(w, 5000, replacement=True, generator=rng).tolist()}
        assert drawn <= {1, 3, 4}
        assert sorted(ag.multinomial(w, 3, generator=rng).tolist()) == [1, 3, 4]


REFUSED = {
    "too many": (lambda: ag.multinomial(ag.ones(2), 3), errors.ArgumentError, "replacement=True"),
    "no places": (lambda: ag.multinomial(ag.ones(2), 0), errors.ArgumentError, "0 places"),
    "three axes": (lambda: ag.multinomial(ag.ones(2, 2, 2), 1), errors.ArgumentError, r"\(2, 2, 2\)"),
    "negative weights": (lambda: ag.multinomial(ag.tensor([1.0, -1.0]), 1), ValueError, "softmax"),
    "no number": (lambda: ag.multinomial(ag.tensor([1.0, np.nan]), 1), ValueError, "softmax"),
    "infinite weights": (lambda: ag.multinomial(ag.tensor([1.0, np.inf]), 1), ValueError, "softmax"),
    "all zero": (lambda: ag.multinomial(ag.zeros(2), 1), ValueError, "softmax"),
    "all zero in a row": (lambda: ag.multinomial(ag.eye(2)[:, :1], 1), ValueError, "softmax"),
    "too few positive": (lambda: ag.multinomial(ag.tensor([1.0, 0.0]), 2), ValueError, "2 of them"),
    "probabilities above 1": (lambda: ag.bernoulli(ag.tensor([1.5])), ValueError, "sigmoid"),
    "a negative deviation": (lambda: ag.normal(0.0, -1.0, (2,)), ValueError, "below 0"),
    "no size": (lambda: ag.randint(5), errors.ArgumentError, "shape"),
    "no generator": (lambda: ag.rand(2, generator="x"), (TypeError, ValueError), "BitGenerator|SeedSequence|Seed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    call, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words):
        call()


@pytest.mark.parametrize(
    "f",
    [
        lambda p: ag.multinomial(p, 1),
        lambda p: ag.multinomial(p, 2, replacement=True),
        lambda p: ag.bernoulli(p / 9),
        lambda p: ag.normal(p, 1.0),
        lambda p: ag.rand_like(p),
        lambda p: ag.randn(2) * 1.0,
    ],
)
def test_samples_are_constants_and_compiled_ones_are_drawn_anew(f: Any) -> None:
    p = ag.tensor([1.0, 2.0, 5.0], requires_grad=True)
    assert not f(p).requires_grad
    ag.manual_seed(0)
    plain = [f(p.detach()).tolist() for _ in range(4)]
    step = ag.compile(lambda p: f(p))
    ag.manual_seed(0)
    assert [step(p.detach()).tolist() for _ in range(4)] == plain


def test_what_is_refused_in_a_compiled_function_at_each_call() -> None:
    step = ag.compile(lambda p: ag.multinomial(p, 1, replacement=True))
    step(ag.tensor([1.0, 2.0]))
    with pytest.raises(ValueError, match="softmax"):
        step(ag.tensor([1.0, -2.0]))
