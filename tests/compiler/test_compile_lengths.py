"""Long programs in native code: functions of bounded length, and no more of them than a compiler can take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite.compiler.native import backend as backends
from autograd_lite.compiler.native import loops
from autograd_lite.compiler.native.segments import divided


def slope(y: Any) -> Any:
    """The equations of Lorenz."""
    return np.stack([10.0 * (y[1] - y[0]), y[0] * (28.0 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]])


def travelled(y: Any, steps: int = 1, h: float = 0.01) -> Any:
    """Runge and Kutta's steps, unrolled."""
    for _ in range(steps):
        a = slope(y)
        b = slope(y + h / 2 * a)
        c = slope(y + h / 2 * b)
        y = y + h / 6 * (a + 2 * b + 2 * c + slope(y + h * c))
    return np.sum(y**2)


START = np.array([1.0, 0.5, 0.2])


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set the length of functions, and that of a program."""

    def set_to(function: int, program: int) -> None:
        monkeypatch.setattr(loops, "LONGEST", function)
        limited = {k: replace(b, limits=replace(b.limits, length=program)) for k, b in backends.NATIVE.items()}
        monkeypatch.setattr(backends, "NATIVE", MappingProxyType(limited))

    return set_to


def compiled(backend: str) -> Any:
    """Both results, for a value that is not that of the recording."""
    both = ag.compile(ag.value_and_grad(travelled), backend=backend)
    both(START)
    for k in (0.9, 1.1):
        value, gradient = both(k * START)
        wanted, wanted_gradient = ag.value_and_grad(travelled)(k * START)
        np.testing.assert_allclose(value, wanted, rtol=1e-13)
        np.testing.assert_allclose(gradient, wanted_gradient, rtol=1e-12)
    return both.program.native


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("longest", [200, 600])
def test_a_kernel_is_cut_into_functions(backend: str, longest: int, short: Any) -> None:
    short(longest, 10**6)
    native = compiled(backend)
    (kernel,) = native.parts
    stages = kernel.stages()
    assert len(stages) >= kernel.length() / longest
    assert [node for stage in stages for node in stage.nodes] == kernel.nodes
    assert f"in {len(stages)} functions" in native.report()


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("most", [0, 50, 300])
def test_what_is_too_long_is_left_to_numpy(backend: str, most: int, short: Any) -> None:
    short(1000, most)
    native = compiled(backend)
    kernels = [part for part in native.parts if isinstance(part, loops.Kernel)]
    assert sum(kernel.length() for kernel in kernels) <= 1.5 * most
    assert f"more calls: left to NumPy, for {backend} takes too long to compile more than {most:,}" in native.report()
    assert len(native.report().splitlines()) < 10


def test_a_failure_in_a_later_function_is_numpy_s(short: Any) -> None:
    short(20, 10**6)

    def picked(x: Any, i: Any) -> Any:
        for _ in range(10):
            x = np.stack([np.sum(x), x[0], x[1]])
        return x[i]

    x = ag.Tensor(START, requires_grad=True)
    function = ag.compile(picked, backend="cc")
    function(x, np.array([0, 1]))
    i = np.array([2, 1])
    np.testing.assert_allclose(function(x, i).detach(), picked(x, i).detach(), rtol=1e-14)
    assert "functions" in function.program.native.report()
    with pytest.raises(IndexError):
        function(x, np.array([2, 7]))


def test_twenty_steps_are_within_the_limit_of_c_and_not_of_numba() -> None:
    """NOTE: how long they are, for compiling them takes seconds."""
    both = ag.compile(ag.value_and_grad(lambda y: travelled(y, 20)))
    both(START)
    both(START)
    program = both.program.recorded.program
    for name, whole in (("cc", True), ("numba", False)):
        limits = backends.NATIVE[name].limits
        parts = divided(program, limits, {})
        lengths = [part.length() for part in parts if isinstance(part, loops.Kernel)]
        assert sum(lengths) <= 1.5 * limits.length
        assert (len(parts) == len(lengths)) is whole
