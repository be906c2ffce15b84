"""Convolutions and pools in native code: the numbers of NumPy's, whatever the settings, and arrays as images lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from backends import ABSENT, NATIVE

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.compiler.native import program
from autograd_lite.nn import functional as F

RTOL = {"f4": 2e-4, "f8": 1e-11}

CONVOLUTIONS: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "five by five": ((32, 3, 12, 11), (6, 3, 5, 5), {"padding": 2}),
    "an odd batch": ((19, 3, 9, 8), (5, 3, 3, 3), {"padding": 1}),
    "one more than a vector": ((17, 2, 6, 6), (4, 2, 3, 3), {}),
    "one less than two vectors": ((31, 2, 6, 6), (4, 2, 3, 3), {}),
    "a few images": ((4, 2, 6, 6), (3, 2, 3, 3), {"padding": 1}),
    "five images": ((5, 2, 6, 6), (3, 2, 3, 3), {"padding": (0, 2)}),
    "strides": ((8, 3, 11, 10), (4, 3, 3, 3), {"stride": (2, 3), "padding": (1, 2)}),
    "strides that leave something": ((8, 3, 12, 12), (4, 3, 3, 2), {"stride": (3, 4)}),
    "dilation": ((8, 2, 13, 12), (4, 2, 3, 2), {"dilation": (2, 3), "padding": 2}),
    "all at once": ((9, 4, 14, 13), (6, 2, 3, 3), {"stride": 2, "padding": 2, "dilation": 2, "groups": 2}),
    "groups": ((16, 6, 7, 7), (4, 3, 3, 3), {"groups": 2, "padding": 1}),
    "each channel": ((16, 5, 7, 7), (10, 1, 3, 3), {"groups": 5, "padding": 1}),
    "points": ((20, 30, 5, 5), (29, 30, 1, 1), {}),
    "many channels": ((16, 13, 5, 5), (30, 13, 3, 3), {"padding": 1}),
    "long rows": ((8, 2, 3, 40), (3, 2, 1, 15), {"padding": (0, 7)}),
    "as large as the image": ((16, 3, 6, 6), (8, 3, 6, 6), {}),
    "one axis": ((24, 4, 50), (6, 4, 7), {"padding": 3, "stride": 2}),
    "three axes": ((10, 2, 5, 6, 7), (4, 2, 2, 3, 3), {"padding": (1, 0, 1), "stride": (1, 2, 1)}),
    "same": ((8, 2, 7, 7), (3, 2, 4, 4), {"padding": "same"}),
    "a long sum": ((16, 1, 70, 70), (2, 1, 3, 3), {}),
}


def convolution(ndim: int) -> Any:
    return {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[ndim]


def compiled(fn: Any, *args: Any, backend: str = "cc") -> Any:
    found = ag.compile(fn, backend=backend)
    found(*args)
    return found


def same(found: Any, wanted: Any, dtype: str) -> None:
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=RTOL[dtype], atol=RTOL[dtype] * np.abs(b).max(initial=0))


@ABSENT["cc"]
@pytest.mark.parametrize(("name", "dtype"), [(name, ("f4", "f8")[k % 2]) for k, name in enumerate(CONVOLUTIONS)])
def test_a_convolution_and_its_shares_are_numpys(name: str, dtype: str, rng: Any) -> None:
    shape, kernel, settings = CONVOLUTIONS[name]
    x, w, b = (rng.standard_normal(s).astype(dtype) for s in (shape, kernel, kernel[:1]))

    def loss(x: Any, w: Any, b: Any) -> Any:
        y = convolution(x.ndim - 2)(x, w, b, **settings)
        return (y * np.sin(y)).sum()

    derived = ag.grad(loss, (0, 1, 2))
    step = compiled(derived, x, w, b)
    report = str(step.program.native.report())
    assert "3 convolutions" in report
    assert "left to NumPy" not in report
    same(step(x, w, b), derived(x, w, b), dtype)


@ABSENT["cc"]
@pytest.mark.parametrize("name", ["five by five", "all at once", "one axis", "three axes"])
def test_second_derivatives_and_transposed_ones_too(name: str, rng: Any) -> None:
    shape, kernel, settings = CONVOLUTIONS[name]
    x, w = (rng.standard_normal(s) for s in (shape, kernel))
    conv = convolution(len(shape) - 2)

    def loss(x: Any, w: Any) -> Any:
        return (np.tanh(conv(x, w, **settings)) ** 2).sum()

    def hvp(x: Any, w: Any, v: Any) -> Any:
        return ag.grad(lambda x, w: (v * ag.grad(loss)(x, w)).sum(), (0, 1))(x, w)

    args = x, w, rng.standard_normal(shape)
    same(compiled(hvp, *args)(*args), hvp(*args), "f8")

    def cubes(y: Any, w: Any) -> Any:
        return (F.conv_transpose2d(y, w, stride=2, padding=1, output_padding=1) ** 3).sum()

    back = ag.grad(cubes, (0, 1))

    args = rng.standard_normal((8, 4, 5, 5)), rng.standard_normal((4, 3, 3, 3))
    same(compiled(back, *args)(*args), back(*args), "f8")


@ABSENT["cc"]
def test_what_is_infinite_or_undefined_stays_where_it_is(rng: Any) -> None:
    x, w = rng.standard_normal((8, 2, 6, 6)), rng.standard_normal((3, 2, 3, 3))
    x[0, 0, 0, 0], x[3, 1, 2, 2], w[1, 0, 0, 0] = np.nan, np.inf, -np.inf

    def f(x: Any, w: Any) -> Any:
        return F.conv2d(x, w, padding=1)

    with np.errstate(all="ignore"):
        np.testing.assert_allclose(compiled(f, x, w)(x, w), f(x, w), rtol=1e-12)


@ABSENT["cc"]
def test_few_images_and_other_numbers_are_left_to_numpy(rng: Any) -> None:
    w = rng.standard_normal((4, 2, 3, 3))
    for x in (rng.standard_normal((3, 2, 6, 6)), rng.standard_normal((8, 2, 6, 6)) + 1j):
        step = compiled(F.conv2d, x, w.astype(x.dtype))
        assert "convolved" in str(step.program.native.report())
        np.testing.assert_allclose(step(x, w.astype(x.dtype)), F.conv2d(x, w.astype(x.dtype)), rtol=1e-12)


POOLS: dict[str, Any] = {
    "largest": lambda x: F.max_pool2d(x, 2),
    "largest, overlapping": lambda x: F.max_pool2d(x, 3, stride=2),
    "largest, with margins": lambda x: F.max_pool2d(x, 3, stride=2, padding=1),
    "largest, apart": lambda x: F.max_pool2d(x, 2, stride=3),
    "largest, of what is far apart": lambda x: F.max_pool2d(x, 2, stride=4, dilation=3),
    "largest of many": lambda x: F.max_pool2d(x, 5),
    "largest along rows": lambda x: F.max_pool2d(x, (1, 3)),
    "largest of one": lambda x: F.max_pool2d(x, 1, stride=2),
    "mean": lambda x: F.avg_pool2d(x, 2),
    "mean, overlapping": lambda x: F.avg_pool2d(x, 3, stride=1),
    "mean, with margins": lambda x: F.avg_pool2d(x, 3, stride=2, padding=1),
    "power": lambda x: F.lp_pool2d(x, 2.0, 2),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x, 2),
    "adaptive largest": lambda x: F.adaptive_max_pool2d(x, (2, 3)),
    "line": lambda x: F.max_pool1d(x.reshape(4, 2, -1), 3),
}


TRIED = [*[(name, "cc") for name in POOLS], ("largest", "numba"), ("mean", "numba")]  # which takes numba a second each


@pytest.mark.parametrize(("name", "backend"), [pytest.param(*pair, marks=ABSENT[pair[1]]) for pair in TRIED])
def test_pools_and_their_derivatives_are_numpys(name: str, backend: str, rng: Any) -> None:
    x = np.round(rng.standard_normal((4, 2, 12, 12)), 1)  # with equal ones
    pool = POOLS[name]

    def f(x: Any, v: Any) -> Any:
        y, dy = ag.jvp(pool, (x,), (v,))
        return y, dy, ag.grad(lambda x: (pool(x) ** 2).sum())(x)

    args = x, rng.standard_normal(x.shape)
    same(compiled(f, *args, backend=backend)(*args), f(*args), "f8")


@pytest.mark.parametrize("backend", NATIVE)
def test_of_equal_and_of_undefined_numbers_the_first_one_is_the_largest(backend: str) -> None:
    x = np.zeros((4, 1, 4, 4))
    x[0, 0, 0, 1] = x[0, 0, 1, 1] = x[1, 0, 3, 3] = np.nan
    x[2, 0] = np.inf

    def f(x: Any) -> Any:
        return ag.grad(lambda x: F.max_pool2d(x, 2).sum())(x), F.max_pool2d(x, 2)

    for a, b in zip(compiled(f, x, backend=backend)(x), f(x), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("backend", NATIVE)
def test_pools_of_whole_numbers(backend: str) -> None:
    x = np.arange(4 * 36).reshape(4, 1, 6, 6)
    f = POOLS["largest"]
    np.testing.assert_array_equal(compiled(f, x, backend=backend)(x), f(x))


def network(pool: Any) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False, dtype=np.float32), nn.BatchNorm2d(4, dtype=np.float32), nn.ReLU(),
        pool, nn.Conv2d(4, 6, 3, dtype=np.float32), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(24, 3, dtype=np.float32),
    )  # fmt: skip


def learned(pool: Any, backend: str | None, x: Any, labels: Any) -> list[Any]:
    """Return the losses of four steps, and all parameters after them."""
    ag.manual_seed(0)
    model = network(pool)
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    step = step if backend is None else ag.compile(step, backend=backend)
    return [np.array([step(x).item() for _ in range(4)]), *[p.numpy() for p in model.parameters()]]


PLAIN, WITH_MARGINS = nn.MaxPool2d(2), nn.MaxPool2d(3, stride=2, padding=1)


@pytest.mark.parametrize(
    ("pool", "backend"),
    [
        pytest.param(PLAIN, "cc", marks=ABSENT["cc"], id="plain-cc"),
        pytest.param(WITH_MARGINS, "cc", marks=ABSENT["cc"], id="margins-cc"),
        pytest.param(PLAIN, "numba", marks=ABSENT["numba"], id="plain-numba"),
    ],
)
def test_a_network_learns_the_same(pool: Any, backend: str, rng: Any) -> None:
    x, labels = rng.standard_normal((20, 1, 12, 12)).astype("f4"), rng.integers(0, 3, 20)
    same(learned(pool, backend, x, labels), learned(pool, None, x, labels), "f4")


@ABSENT["cc"]
def test_kernels_take_images_as_numpy_leaves_them(rng: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    copies: list[Any] = []
    again = program._again
    monkeypatch.setattr(program, "_again", lambda kernel, given: copies.append(kernel) or again(kernel, given))
    x, w = rng.standard_normal((3, 2, 7, 7)), rng.standard_normal((4, 2, 3, 3))  # so few are convolved by NumPy

    def f(x: Any, w: Any) -> Any:
        return np.exp(np.tanh(F.conv2d(x, w)) * 2) + F.conv2d(x, w)

    step = compiled(f, x, w)
    np.testing.assert_allclose(step(x, w), f(x, w))
    assert "kernel" in step.program.native.source
    assert not copies


@ABSENT["cc"]
def test_images_that_leave_are_arrays_as_any(rng: Any) -> None:
    x, w = rng.standard_normal((6, 2, 5, 5)), rng.standard_normal((3, 2, 3, 3))
    step = compiled(lambda x, w: (F.conv2d(x, w), np.exp(F.conv2d(x, w))[:, 1], F.conv2d(x, w).reshape(6, -1)), x, w)
    y, part, flat = step(x, w)
    wanted = F.conv2d(x, w)
    np.testing.assert_allclose(y, wanted)
    np.testing.assert_allclose(part, np.exp(wanted)[:, 1])
    np.testing.assert_allclose(flat, wanted.reshape(6, -1))
    y[...] = 0  # nobody else's
    np.testing.assert_allclose(step(x, w)[0], wanted)


@ABSENT["cc"]
def test_convolutions_in_the_step_of_a_loop(rng: Any) -> None:
    xs, w = rng.standard_normal((3, 6, 2, 8, 8)), rng.standard_normal((2, 2, 3, 3)) / 4

    def loss(w: Any) -> Any:
        def cell(state: Any, x: Any) -> Any:
            y = np.tanh(F.conv2d(state, w, padding=1) + x)
            return y, F.max_pool2d(y, 2).sum()

        last, sums = ag.scan(cell, np.zeros((6, 2, 8, 8)), xs)
        return (last * last).sum() + sums.sum()

    both = ag.value_and_grad(loss)
    step = compiled(both, w)
    for scale in (1.0, 0.5):
        for a, b in zip(step(w * scale), both(w * scale), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11)
