"""The search for the element that a residual comes from: counted in residuals, not in time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autograd_lite.check.search import bisected, readings, traced

SIZE = 1_000_000


def direction(size: int = SIZE) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(1, 2, size) * rng.choice([-1.0, 1.0], size)


def counted(errors: dict[int, float], noise: float = 0.0) -> tuple[Callable[[np.ndarray], float], list[int]]:
    """Return the residual of wrong elements, with relative noise, and a list that grows with each call."""
    calls: list[int] = []
    rng = np.random.default_rng(1)

    def residual(v: np.ndarray) -> float:
        calls.append(1)
        return sum(v[j] * e for j, e in errors.items()) * (1 + noise * rng.uniform(-1, 1))

    return residual, calls


@pytest.mark.parametrize("place", [0, 1, 1023, 1024, 543_210, SIZE - 1])
@pytest.mark.parametrize(("noise", "most"), [(0.0, 2), (1e-4, 2), (1e-3, 6)])
def test_one_element_is_read_off_its_digits(place: int, noise: float, most: int) -> None:
    v = direction()
    residual, calls = counted({place: 1e-3}, noise)
    assert place in readings(v, residual(v), residual)
    assert len(calls) - 1 <= most


def test_zeros_of_a_direction_are_not_counted() -> None:
    v = direction(100) * (np.arange(100) % 3 == 0)
    residual, _ = counted({57: 1.0})
    assert next(readings(v, residual(v), residual)) == 57


def test_several_elements_have_no_digits_and_are_bisected() -> None:
    v = direction()
    residual, calls = counted({3: 1.0, 70_001: -0.5, 999_999: 0.25})
    assert not list(readings(v, residual(v), residual))
    calls.clear()
    assert bisected(v, residual(v), residual) in {3, 70_001, 999_999}
    assert len(calls) <= 21


def test_all_are_traced_until_nothing_is_left() -> None:
    v = direction()
    wrong = {3: 1.0, 70_001: -0.5, 999_999: 0.25}
    residual, calls = counted(wrong)
    assert set(traced(v, residual(v), 1e-9, residual)) == set(wrong)
    assert len(calls) < 60


def test_of_very_many_a_few_are_named() -> None:
    v = direction(1000)
    residual, _ = counted(dict.fromkeys(range(1000), 1.0))
    assert len(traced(v, residual(v), 1e-9, residual)) == 3


def test_noise_names_nothing() -> None:
    """A residual that is not linear, and belongs to no element."""
    rng = np.random.default_rng(0)
    v = direction(1000)
    assert traced(v, 1.0, 0.9, lambda part: rng.normal() * 1e-3) == []
