"""Calls of PyTorch that are written as texts, carried out here and there, and methods tried in every way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import autograd_lite as ag


def values(call: str, torch: Any, arrays: Mapping[str, Any]) -> Any:
    """Return what a call makes of Tensors of this package or of PyTorch, which it calls as `arrays` does."""
    found = eval(call, {"torch": torch, **{name: torch.tensor(a) for name, a in arrays.items()}})
    return np.asarray(found.detach().numpy() if hasattr(found, "detach") else found)


def assert_alike(found: Any, expected: Any) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert found.dtype == expected.dtype


def assert_derived(method: Callable[[Any], Any], function: Callable[[Any], Any], x: Any) -> None:
    """A method is a function of NumPy's, has its derivatives, and is batched."""
    np.testing.assert_allclose(method(ag.Tensor(x)).numpy(), function(x), rtol=1e-12)
    assert ag.gradcheck(lambda t: np.sum(np.sin(method(t + 0.0))), x).ok
    np.testing.assert_allclose(ag.vmap(lambda v: method(v))(np.stack([x, x + 0.01]))[0], function(x), rtol=1e-12)


def assert_compiled(method: Callable[[Any], Any], x: Any) -> None:
    """Its value and derivative are computed by one program."""
    plain = ag.value_and_grad(lambda t: np.sum(np.sin(method(t))))
    f, expected = ag.compile(plain), plain(x)
    for _ in range(2):
        for found, value in zip(f(x), expected, strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-14)
    assert len(f.programs) == 1
