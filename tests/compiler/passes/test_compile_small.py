"""Passes that choose another way to the same numbers: sums as products, identities, limits that nothing reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_compile_passes import names, recorded, run

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.compiler.passes import PASSES
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.compiler.program import ranges
from autograd_lite.compiler.program.program import Program, Ref

SUMS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "of everything": (np.sum, ["vdot"]),
    "of a product": (lambda x: np.sum(x * (x + 1)), ["add", "vdot"]),
    "of a square": (lambda x: np.sum(np.square(x)), ["vdot"]),
    "of what is subtracted": (lambda x: np.sum(-x), ["vdot"]),
    "of a row": (lambda x: np.sum(x[0]), ["getitem", "dot"]),
    "along rows": (lambda x: np.sum(x, axis=-1), ["dot"]),
    "along rows, kept": (lambda x: np.sum(x, axis=1, keepdims=True), ["dot"]),
    "along columns": (lambda x: np.sum(x, axis=(0,)), ["dot"]),
    "along columns, kept": (lambda x: np.sum(x, 0, keepdims=True), ["dot"]),
    "of a product of rows": (
        lambda x: np.sum(x[:1] * np.exp(x[1:2]), -1, keepdims=True), ["getitem", "getitem", "exp", "transpose", "dot"],
    ),
    "of a transpose": (lambda x: np.sum(x.T, axis=0), ["transpose", "dot"]),
}  # fmt: skip
EXTREMES = (0.0, -0.0, np.nan, np.inf, -np.inf, 1e-300, 3.0)


def with_extremes(dtype: Any) -> Any:
    """Yield matrices with each of the values in each place."""
    x = np.linspace(-2.0, 2.0, 12).reshape(3, 4).astype(dtype)
    yield x
    for value in EXTREMES:
        for i in range(x.size):
            y = x.copy()
            y.flat[i] = value
            yield y
            y.flat[(5 * i + 1) % x.size] = -value
            yield y.copy()


def changed(f: Callable[..., Any], pass_name: str, x: Any) -> tuple[Program, Program]:
    program = PASSES["dead_code"](recorded(f, x))
    return program, verify(PASSES["dead_code"](PASSES[pass_name](program)), pass_name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", SUMS)
def test_a_sum_is_a_product(name: str, dtype: Any) -> None:
    f, after = SUMS[name]
    program, better = changed(f, "dots", np.ones((3, 4), dtype))
    assert names(better) == after
    for x in with_extremes(dtype):
        (a,), (b,) = run(program, x), run(better, x)
        assert type(a) is type(b)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        scale = np.nanmax(np.where(np.isfinite(x), np.abs(x), 1.0)) ** 2
        np.testing.assert_allclose(a, b, rtol=0, atol=100 * scale * np.finfo(dtype).eps)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (np.sum, np.ones((3, 4), np.float16)), (np.sum, np.ones((3, 4), int)), (np.sum, np.ones((3, 4), bool)),
        (np.sum, np.ones((3, 4), complex)), (np.sum, np.ones((0, 4))), (lambda x: np.sum(x, axis=0), np.ones((0, 4))),
        (np.sum, np.ones(100_000)), (lambda x: np.sum(x, axis=1), np.ones((2, 3, 4))),
        (lambda x: np.sum(x, dtype=np.float64), np.ones((3, 4), np.float32)),
        (lambda x: np.sum(x, axis=1, where=x > 0), np.ones((3, 4))),
    ],
)  # fmt: skip
def test_a_sum_that_blas_cannot_do_as_well_stays(f: Callable[..., Any], x: Any) -> None:
    assert "sum" in names(changed(f, "dots", x)[1])


def slope(x: Any) -> Any:
    return 0.5 / (1.0 + np.cosh(x))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_slope_of_the_sigmoid_without_cosh(dtype: Any) -> None:
    program, better = changed(slope, "identities", np.ones(3, dtype))
    assert "cosh" not in names(better)
    x = np.concatenate([np.linspace(-30, 30, 1001), [0.0, -0.0, np.nan, np.inf, -np.inf, 700.0, -1e30]]).astype(dtype)
    (a,), (b,) = run(program, x), run(better, x)
    exact = 0.5 / (1 + np.cosh(x[:1001].astype(np.longdouble)))
    np.testing.assert_allclose(a, b, rtol=6 * np.finfo(dtype).eps)
    np.testing.assert_allclose(b[:1001], exact.astype(float), rtol=4 * np.finfo(dtype).eps)


def test_half_precision_keeps_its_cosh() -> None:
    assert "cosh" in names(changed(slope, "identities", np.ones(3, np.float16))[1])


LIMITS: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "an exponential": (lambda x: np.maximum(np.exp(x), -1.0), ["exp"]),
    "an exponential, at zero": (lambda x: np.maximum(np.exp(x), 0.0), ["exp", "maximum"]),
    "one and more": (lambda x: np.maximum(1.0 + np.square(x), 1.0), ["square", "add"]),
    "twice": (lambda x: np.minimum(np.minimum(x, 2.0), 3.0), ["minimum"]),
    "a difference to the maximum": (
        lambda x: np.minimum(x - np.max(x, axis=1, keepdims=True), 1.0), ["max", "subtract"],
    ),
    "to the maximum of something else": (
        lambda x: np.minimum(x - np.max(np.sin(x), axis=1, keepdims=True), 1.0), ["sin", "max", "subtract", "minimum"],
    ),
    "a softmax of what is finite": (
        lambda x: nn.functional.softmax(np.tanh(x), -1), ["tanh", "max", "subtract", "exp", "sum", "divide"],
    ),
    "a softmax": (
        lambda x: nn.functional.softmax(x, -1),
        ["minimum", "max", "maximum", "subtract", "exp", "sum", "maximum", "divide"],
    ),
    "with another start": (lambda x: np.minimum(np.max(np.tanh(x), initial=9.0), x), ["tanh", "max", "minimum"]),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_that_nothing_reaches_is_left_out(name: str) -> None:
    f, after = LIMITS[name]
    program, better = changed(f, "limits", np.ones((3, 4)))
    assert names(better) == after
    strange = np.array([[-np.inf] * 4, [np.inf, np.inf, 1.0, np.nan], [800.0, -800.0, 0.0, -0.0]])
    for x in (*with_extremes(float), strange):
        for a, b in zip(run(program, x), run(better, x), strict=True):
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


def everything(x: Any) -> Any:
    e = np.exp(-np.abs(x))
    parts = [
        e, 1 + e, np.square(1 + e), e / np.square(1 + e), np.log(1 + e), np.log1p(e), np.tanh(x) * np.sin(x),
        -np.cos(x), np.sqrt(e), np.minimum(x, 0.0), np.maximum(x, 3.0), x - np.max(x, axis=-1, keepdims=True),
        np.cosh(x) / 2.0,
        np.exp(x - np.max(x, axis=-1, keepdims=True)), np.tanh(x) * np.tanh(x), np.exp(np.minimum(x, 1.0)) - 2.0,
        np.broadcast_to(np.sum(np.exp(np.sin(x)), -1, keepdims=True), x.shape), np.square(np.square(1e20 * np.sin(x))),
        np.square(np.minimum(x, -3.0)), np.exp(np.maximum(x, -104.0)), np.exp(np.minimum(x, -103.5)), np.arcsinh(x),
        np.expm1(np.minimum(x, 80.0)), np.log(np.maximum(x, 1e-3)), np.arctanh(np.cos(x)), np.rint(np.tanh(x)),
        np.arccosh(np.maximum(x, 1.0)), np.sqrt(np.abs(x)), np.exp2(np.sin(x)), np.cbrt(x), np.log1p(np.abs(x)),
    ]  # fmt: skip
    return sum(parts, 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_value_lies_in_its_range(dtype: Any) -> None:
    with np.errstate(all="ignore"):
        program = recorded(everything, np.ones((3, 4), dtype))
    told = ranges.Ranges(program)
    known = [x for x in program.instructions if told.of(Ref(x.id)) != ranges.ALL]
    assert len(known) > 30
    watched = program.having(outputs=tuple(Ref(x.id) for x in known))
    for x in with_extremes(dtype):
        for instruction, value in zip(known, run(watched, x), strict=True):
            low, high = told.of(Ref(instruction.id))
            assert np.all((value >= low) & (value <= high) | np.isnan(value)), instruction


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_warns_of_what_is_known_to_be_calm(dtype: Any) -> None:
    with np.errstate(all="ignore"):
        program = recorded(everything, np.ones((3, 4), dtype))
    told = ranges.Ranges(program)
    calm = [x for x in program.instructions if told.is_calm(x)]
    assert {"exp", "expm1", "log", "sqrt", "tanh", "arcsinh"} <= {x.fn.__name__ for x in calm}
    watched = program.having(outputs=tuple(x.args[0] for x in calm if not x.kwargs and len(x.args) == 1))
    for x in with_extremes(dtype):
        with np.errstate(all="ignore"):
            operands = run(watched, x)
        for instruction, operand in zip([x for x in calm if not x.kwargs and len(x.args) == 1], operands, strict=True):
            with np.errstate(over="raise", divide="raise", invalid="raise"):
                instruction.fn(operand)


def test_warnings_are_switched_off_only_where_one_could_be() -> None:
    f = ag.compile(ag.grad(lambda x: np.sum(ag.sigmoid(x))))
    f(np.ones(3))
    assert "errstate" not in f.source
    assert np.array_equal(f(np.array([1e4, -1e4, np.inf])), np.zeros(3))
    root = ag.compile(ag.grad(lambda x: np.sum(np.sqrt(x))))
    root(np.ones(3))
    assert "errstate" in root.source
    assert root(np.zeros(3))[0] == np.inf


def test_maxima_of_short_rows_side_by_side(rng: np.random.Generator) -> None:
    x = rng.standard_normal((20, 20))
    program, better = changed(lambda x: np.max(x, axis=-1, keepdims=True), "small_arrays", x)
    assert "copy" in names(better)
    x[3], x[5, 2], x[7, 1] = -np.inf, np.nan, np.inf
    for a, b in zip(run(program, x), run(better, x), strict=True):
        np.testing.assert_array_equal(a, b)


def test_an_index_is_held_against_both_limits_at_once() -> None:
    program, better = changed(lambda k: (k >= 0) & (k < 10), "small_arrays", np.arange(3))
    assert names(better) == ["astype", "less"]
    k = np.array([-(2**63), -1, 0, 9, 10, 2**63 - 1])
    (a,), (b,) = run(program, k), run(better, k)
    assert a.tolist() == b.tolist() == [False, False, True, True, False, False]


def test_minus_the_absolute_value_is_a_sign() -> None:
    program, better = changed(lambda x: -np.abs(x), "small_arrays", np.ones(4))
    assert names(better) == ["copysign"]
    x = np.array([1.0, -2.0, -0.0, 0.0, np.nan, -np.inf])
    (a,), (b,) = run(program, x), run(better, x)
    np.testing.assert_array_equal(a, b)
    assert np.signbit(b).all()


@pytest.mark.parametrize(
    ("f", "after"),
    [
        (lambda x: x[:1] + x[1], ["getitem", "getitem", "reshape", "add"]),
        (lambda x: x[:1] / x[:1, :1], ["getitem", "getitem", "reshape", "divide"]),
        (lambda x: x - x[:1], ["getitem", "subtract"]),
        (lambda x: x[:1, :1] * x[1, 1:2], ["getitem", "getitem", "reshape", "multiply"]),
    ],
    ids=["a row to a row", "one number", "really repeated", "of one element"],
)  # fmt: skip
def test_nothing_is_repeated_that_need_not_be(f: Callable[..., Any], after: list[str]) -> None:
    program, better = changed(f, "small_arrays", np.ones((3, 4)))
    assert names(better) == after
    for x in with_extremes(float):
        for a, b in zip(run(program, x), run(better, x), strict=True):
            assert a.shape == b.shape
            np.testing.assert_array_equal(a, b)
