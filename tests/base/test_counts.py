"""`Tensor.size` is a number in all that Python and NumPy do with it, and the shape where it is called."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag

T = ag.Tensor(np.ones((2, 3), np.float32))


def test_it_is_called_as_in_pytorch() -> None:
    assert T.size() == (2, 3)
    assert T.size(0) == T.size(dim=-2) == 2
    assert T.view(T.size(0), -1).shape == (2, 3)
    with pytest.raises(IndexError):
        T.size(2)


def test_it_is_an_int() -> None:
    n = T.size
    assert isinstance(n, int)
    assert (n, n + 1, n // 4, -n, n == 6, hash(n), f"{n}", repr(n), list(range(n))[-1]) == (
        6, 7, 1, -6, True, hash(6), "6", "6", 5,
    )  # fmt: skip
    for other in (pickle.loads(pickle.dumps(n)), copy.copy(n), copy.deepcopy(n), json.loads(json.dumps(n)), n + 0):
        assert type(other) is int
        assert other == 6


A, S = np.ones((2, 3), np.float32), np.float32(2)
CALLS = [
    lambda n: A * n, lambda n: n * A, lambda n: A / n, lambda n: n - A, lambda n: A**n, lambda n: S / n,
    lambda n: n * S,
    lambda n: np.where(A > 0, A, n), lambda n: np.clip(A, 0, n), lambda n: np.maximum(A, n), lambda n: np.zeros(n),
    lambda n: np.full(2, n), lambda n: np.array([n, 2]), lambda n: np.arange(n), lambda n: np.linspace(0, 1, n),
    lambda n: A.sum() / n, lambda n: np.int8(3) * n, lambda n: np.float16(1) * n, lambda n: np.sum([n, n]),
    lambda n: A.reshape(n), lambda n: np.add.reduce([n, n]), lambda n: np.broadcast_to(A, (n, 2, 3)),
    lambda n: np.concatenate([A, np.full((1, 3), n, np.float32)]), lambda n: np.multiply(A, n, out=A.copy()),
]  # fmt: skip


@pytest.mark.parametrize("call", CALLS)
def test_numpy_takes_it_for_a_plain_number(call: Any) -> None:
    found, expected = call(T.size), call(6)
    assert found.dtype == expected.dtype
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("call", [
    lambda t, n: t / n, lambda t, n: n * t, lambda t, n: np.where(t > 0, t, n), lambda t, n: np.maximum(t, n),
    lambda t, n: t.sum() / n, lambda t, n: t.clamp(0, n), lambda t, n: ag.full((n,), 2.0), lambda t, n: ag.arange(n),
])  # fmt: skip
def test_tensors_take_it_for_a_plain_number(call: Any) -> None:
    for t in (T, T.detach().requires_grad_()):
        found, expected = call(t, t.size), call(t, 6)
        assert found.dtype == expected.dtype
        assert found.tolist() == expected.tolist()


class Counted:
    """What remembers a count."""

    n = 0


@pytest.mark.parametrize("backend", ["numpy", "cc"])
def test_compiled_functions_take_it_for_a_plain_number(backend: str) -> None:
    kept = Counted()

    @ag.compile(backend=backend)
    def f(t: Any, m: Any = 1) -> Any:
        return (t * t).sum() / t.size * kept.n + m, t.size, t.size(0)

    for shape in ((2, 3), (4, 2), (2, 3)):
        t = ag.Tensor(np.full(shape, 2.0, np.float32))
        kept.n = t.size
        value, count, rows = f(t, t.size)
        assert (value.item(), value.dtype, count, rows) == (5.0 * t.size, np.float32, t.size, shape[0])
    assert ag.vmap(lambda t: t.sum() / t.size)(np.ones((2, 3))).tolist() == [1.0, 1.0]
