"""NumPy's namespace with Tensors for new arrays: `autograd_lite.numpy`."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as anp
from autograd_lite import errors

ANGLE = 0.7


def turn(angle: Any) -> Any:
    return anp.array([[anp.cos(angle), -anp.sin(angle)], [anp.sin(angle), anp.cos(angle)]])


FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "a matrix of numbers": (
        lambda x: turn(x) @ anp.array([1.0, 2.0]),
        lambda x: np.stack([np.cos(x) - 2 * np.sin(x), np.sin(x) + 2 * np.cos(x)]),
    ),
    "a list beside numbers": (
        lambda x: anp.asarray([1, x, 3.0]) ** 2, lambda x: np.stack([1 + 0 * x, x**2, 9 + 0 * x]),
    ),
    "a list of arrays": (
        lambda x: anp.asarray((x * anp.ones(2), [1.0, 2.0])), lambda x: np.array([[1.0, 1], [0, 0]]) * x,
    ),
    "one value everywhere": (lambda x: anp.full((2, 3), x), lambda x: x * np.ones((2, 3))),
    "a copy": (lambda x: anp.array(x, ndmin=2), lambda x: np.reshape(x, (1, 1))),
    "a dtype": (lambda x: anp.asarray([x, 1], dtype=np.float64), lambda x: np.stack([x, 1 + 0 * x])),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    "of",
    [
        ag.jacobian, lambda f: ag.jacobian(f, mode="forward"), lambda f: ag.jacobian(ag.jacobian(f)),
        lambda f: lambda x: ag.vmap(ag.jacobian(f))(np.stack([x, 2 * x])),
        lambda f: ag.compile(ag.jacobian(f)), lambda f: lambda x: ag.jvp(f, (x,), (1.0,))[1],
    ],
)  # fmt: skip
def test_derivatives_of_arrays_made_of_lists(name: str, of: Any) -> None:
    found, plain = FUNCTIONS[name]
    shift = lambda x: plain(x) if name != "a list of arrays" else plain(x) + np.array([[0.0, 0.0], [1.0, 2.0]])  # noqa: E731
    np.testing.assert_allclose(of(found)(ANGLE), of(shift)(ANGLE), rtol=1e-14)


def test_what_makes_an_array_makes_a_tensor() -> None:
    made = [
        anp.zeros(2), anp.ones((2, 1), np.float32), anp.arange(3), anp.eye(2), anp.linspace(0, 1, 3), anp.full(2, 7),
        anp.asarray(1.5), anp.array([[1, 2]]), anp.fft.fftfreq(4), *anp.meshgrid([1, 2], [3]), anp.tri(2), anp.empty(0),
    ]  # fmt: skip
    assert {type(x) for x in made} == {ag.Tensor}
    assert not any(x.requires_grad for x in made)


def test_all_else_is_numpy_s() -> None:
    assert anp.exp is np.exp
    assert anp.linalg.inv is np.linalg.inv
    assert anp.random.PCG64 is np.random.PCG64
    assert anp.float32 is np.float32
    assert anp.pi == np.pi
    assert {"sum", "linalg", "asarray"} <= set(dir(anp))
    assert "inv" in dir(anp.linalg)
    with pytest.raises(AttributeError, match="nothing_there"):
        _ = anp.nothing_there


def test_an_array_is_what_it_was_where_nothing_has_to_change() -> None:
    t = ag.Tensor([1.0, 2.0], requires_grad=True)
    assert anp.asarray(t) is t
    assert anp.asarray(t, copy=True) is not t
    assert anp.asarray(t, dtype=np.float64) is t
    assert anp.array(t) is not t
    with pytest.raises(ValueError, match="Write copy=None"):
        anp.asarray([t, t], copy=False)
    for call in (lambda: anp.ones(2, device="gpu"), lambda: anp.asarray(1.0, device="gpu")):
        with pytest.raises(errors.UnsupportedError, match="gpu"):
            call()


def test_it_is_the_namespace_of_a_tensor() -> None:
    t = ag.Tensor([1.0, 2.0])
    assert t.__array_namespace__() is anp
    assert t.__array_namespace__(api_version="2023.12") is anp
    with pytest.raises(ValueError, match=r"2024\.12"):
        t.__array_namespace__(api_version="2100.12")
    assert anp.__array_namespace_info__().default_device() == "cpu"
    assert t.device == "cpu"
    assert t.to_device("cpu") is t
    with pytest.raises(errors.UnsupportedError, match="gpu"):
        t.to_device("gpu")
    assert anp.from_dlpack(t).tolist() == [1.0, 2.0]


def test_the_stub_has_what_is_there() -> None:
    """But for what the running NumPy has and that of the stub had not."""
    stubs = runpy.run_path(str(Path(__file__).parents[1] / "examples" / "stubs.py"))
    written = stubs["PAGE"].read_text(encoding="utf-8").splitlines()
    missing = [line for line in stubs["text"]().splitlines() if line not in written]
    if np.__version__.startswith("2.4."):
        assert missing == [], "write the stub of today: python examples/stubs.py"
