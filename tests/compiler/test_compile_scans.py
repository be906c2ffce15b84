"""Loops in compiled functions: a step is recorded once, and the program repeats it, on every backend."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np
import pytest
from backends import NATIVE, tried

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.compiler.passes.pipeline import measured
from autograd_lite.compiler.passes.verify import verify
from autograd_lite.compiler.program.loop import is_loop
from autograd_lite.engine.generators import generator

BACKENDS = ["numpy", *NATIVE]
W = np.array([[0.3, 0.2], [-0.1, 0.5]])
C = np.array([[0.1, 0.2], [0.4, -0.3]])
X = np.linspace(0.1, 1.0, 5)


def simple(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    def step(h: Any, x: Any) -> Any:
        h = np.tanh(w @ h + x)
        return h, h[0] * x

    h, ys = ag.scan(step, c, xs, **options)
    return np.sum(h**2) + np.sum(np.sin(ys))


def trees(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    def step(carry: Any, x: Any) -> Any:
        h, (count, still) = carry["h"], carry["rest"]
        h = np.sin(w * h) * still + x["u"]
        return {"h": h, "rest": (count + 1, still)}, (h, {"c": count})

    carry, (hs, _) = ag.scan(step, {"h": c, "rest": (0, np.ones(2, c.dtype))}, {"u": xs, "v": np.arange(5)}, **options)
    return np.sum(carry["h"]) * np.sum(hs**2)


def left_only(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    return np.sum(ag.scan(lambda h, x: (np.sqrt(h * h + x), w * h), c, xs, **options)[1] ** 3)


def number(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    total, ys = ag.scan(lambda t, x: (t * x + np.sum(w * c), np.exp(-t)), 0.5, xs, **options)
    return total * np.sum(ys)


def nested(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    def outer(h: Any, x: Any) -> Any:
        h, ys = ag.scan(lambda d, y: (np.tanh(w * d) + y * h * x, np.sum(d) * y), h, xs[:3])
        return h, np.sum(ys)

    h, ys = ag.scan(outer, c, xs, **options)
    return np.sum(h) + np.sum(ys**2)


def windows(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    """Views of elements, indices, and an array that is built up."""
    table = np.stack([xs, xs * 2, xs * 3])

    def step(h: Any, row: Any) -> Any:
        i, x = row
        h = np.where(i % 2 == 0, h * x[:2].reshape(2, 1), h.T + x[-1] * w)
        return h, np.concatenate([h[0], x[i : i + 1] if isinstance(i, int) else x[:1]])

    h, ys = ag.scan(step, c, (np.arange(3), table), **options)
    return np.sum(h * w) + np.sum(ys**2)


def bounded(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    return np.sum(ag.while_loop(lambda v: np.sum(v) < 9, lambda v: v * (1.2 + w**2), c + 1, max_steps=12) * xs[0])


def counted(w: Any, c: Any, xs: Any, **options: Any) -> Any:
    return np.sum(ag.fori_loop(1, 5, lambda i, v: np.cos(v * w) / i, c)) * np.sum(ag.map(lambda x: np.exp(x) * x, xs))


LOOPS: list[Callable[..., Any]] = [simple, trees, left_only, number, nested, windows, bounded, counted]
OPTIONS: dict[str, dict[str, bool]] = {"forwards": {}, "reverse": {"reverse": True}, "checkpoint": {"checkpoint": True}}


@pytest.mark.parametrize(("loop", "options", "backend"), tried(product(LOOPS, OPTIONS), 4))
def test_values_and_gradients_on_every_backend(loop: Any, options: str, backend: str) -> None:
    f = ag.value_and_grad(partial(loop, **OPTIONS[options]), (0, 1, 2))
    compiled = ag.compile(f, backend=backend)
    for scale in (1.0, 1.0, 0.7):
        found, expected = compiled(W * scale, C, X), f(W * scale, C, X)
        for a, b in zip(ag.tree.leaves(found), ag.tree.leaves(expected), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
            assert np.shape(a) == np.shape(b)
            assert a.dtype == b.dtype
    assert compiled.programs.recordings == 1


@pytest.mark.parametrize("loop", LOOPS)
def test_every_pass_leaves_a_right_program(loop: Any) -> None:
    compiled = ag.compile(ag.grad(loop, (0, 1, 2)))
    compiled(W, C, X)
    recorded = compiled.program.forward
    for name, program in measured(recorded):
        verify(program, name)
        for x in program.instructions:
            if is_loop(x.fn):
                verify(x.fn.body, name)
    plainly = ag.compile(ag.grad(loop, (0, 1, 2)), passes=[])
    for a, b in zip(plainly(W, C, X), ag.grad(loop, (0, 1, 2))(W, C, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(plainly(W, C, X)[0], compiled(W, C, X)[0], rtol=1e-11, atol=1e-13)


TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "hessian": lambda f: ag.hessian(lambda w: f(w, C, X)),
    "jvp": lambda f: lambda w: ag.jvp(lambda w: f(w, C, X), (w,), (w * 2,)),
    "forward": lambda f: ag.jacobian(lambda w: f(w, C, X), mode="forward"),
    "vmap": lambda f: lambda w: ag.vmap(ag.grad(f, 1), (None, 0, None))(w, np.stack([C, C * 2, C - 1]), X),
    "grad of vmap": lambda f: ag.grad(lambda w: np.sum(ag.vmap(lambda c: f(w, c, X))(np.stack([C, C * 2])))),
    "checkpoint": lambda f: ag.grad(lambda w: ag.checkpoint(f)(w, C, X)),
}


@pytest.mark.parametrize("run", TRANSFORMS.values(), ids=TRANSFORMS)
@pytest.mark.parametrize("loop", [simple, trees, left_only, number, nested])
def test_transforms_within(loop: Any, run: Any) -> None:
    f = run(loop)
    compiled = ag.compile(f)
    for _ in range(2):
        for a, b in zip(ag.tree.leaves(compiled(W)), ag.tree.leaves(f(W)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes(backend: str, dtype: Any) -> None:
    args = [a.astype(dtype) for a in (W, C, X)]
    f = ag.value_and_grad(trees, (0, 1, 2))
    compiled = ag.compile(f, backend=backend)
    for _ in range(2):
        for a, b in zip(ag.tree.leaves(compiled(*args)), ag.tree.leaves(f(*args)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)
            assert a.dtype == b.dtype


def test_the_text_is_as_long_for_any_number_of_steps() -> None:
    texts = []
    for length in (3, 300):
        f = ag.compile(ag.value_and_grad(lambda x: ag.scan(lambda c, _: (np.sin(c), None), x, length=length)[0]))  # noqa: B023
        f(0.5)
        texts.append(f.source)
    assert len(texts[0].splitlines()) == len(texts[1].splitlines()) < 60
    assert "for k in range(300):" in texts[1]


def test_a_training_step() -> None:
    ag.manual_seed(0)
    cell, head = ag.nn.Linear(2, 2), ag.nn.Linear(2, 1)
    twin = pickle.loads(pickle.dumps((cell, head)))

    def made(cell: Any, head: Any) -> Any:
        optimizer = ag.optim.SGD([*cell.parameters(), *head.parameters()], lr=0.1)

        def train(xs: Any) -> Any:
            optimizer.zero_grad()
            h, _ = ag.scan(lambda h, x: (np.tanh(cell(h) + x), None), ag.Tensor(np.zeros((1, 2))), xs)
            loss = np.sum(head(h) ** 2)
            loss.backward()
            optimizer.step()
            return loss

        return train

    plain, compiled = made(cell, head), ag.compile(made(*twin))
    for _ in range(4):
        np.testing.assert_allclose(compiled(X)._data, plain(X)._data, rtol=1e-12)
    np.testing.assert_allclose(twin[0].weight._data, cell.weight._data, rtol=1e-12)
    assert "for k in range(5):" in compiled.source


def test_a_compiled_loop_has_a_history() -> None:
    def f(w: Any) -> Any:
        return ag.scan(lambda h, x: (np.sin(h * w) + x, h), np.ones(2), X)

    def gradient(f: Any) -> Any:
        w = ag.Tensor(C[0], requires_grad=True)
        h, ys = f(w)
        (np.sum(h) + np.sum(ys**2)).backward()
        return w.grad

    compiled = ag.compile(f)
    for _ in range(3):
        np.testing.assert_allclose(gradient(compiled), gradient(f), rtol=1e-12)


def test_what_a_step_reads_from_outside_is_read_anew() -> None:
    scale, table = ag.Tensor([2.0]), np.array([1.0, 2.0])
    f = ag.compile(lambda x: ag.scan(lambda c, _: (c * scale + table[0], None), x, length=3)[0])
    for value, first in ((2.0, 1.0), (3.0, 1.0), (3.0, 5.0)):
        scale.assign([value])
        table[0] = first
        np.testing.assert_allclose(f(np.ones(1))._data, ((1 * value + first) * value + first) * value + first)


def test_steps_that_draw_are_recorded_one_by_one() -> None:
    def noisy(w: Any) -> Any:
        return ag.scan(lambda h, x: (h * w + x * generator().standard_normal(), h), 1.0, X)[0]

    ag.manual_seed(1)
    expected = [ag.value_and_grad(noisy)(2.0) for _ in range(3)]
    ag.manual_seed(1)
    compiled = ag.compile(ag.value_and_grad(noisy))
    for pair in expected:
        np.testing.assert_allclose(compiled(2.0), pair, rtol=1e-12)


def test_a_number_that_decides_is_compared() -> None:
    def f(x: Any, order: int) -> Any:
        return ag.scan(lambda c, y: (c * y if order > 1 else c + y, None), x, X)[0]

    compiled = ag.compile(f)
    for order in (1, 2, 1):
        np.testing.assert_allclose(compiled(2.0, order), f(2.0, order))


def _keeping(x: Any) -> list[Any]:
    own: list[Any] = []
    ag.scan(lambda c, y: (own.append(c * y) or c, y), x, X)
    return own


REFUSED: dict[str, Callable[[Any], Any]] = {
    "a value kept": lambda x: _keeping(x)[-1] * 2,
    "a value kept and returned": lambda x: _keeping(x)[-1],
}


@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_what_is_refused(f: Any) -> None:
    with pytest.raises(errors.CompileError, match="return carry, y"):
        ag.compile(f, verify=0)(np.float64(2.0))


def test_a_branch_on_a_computed_value_is_refused() -> None:
    with pytest.raises(errors.CompileError, match=r"np\.where"):
        ag.compile(lambda x: ag.scan(lambda c, y: (c * 2 if c < 3 else c + y, None), x, X)[0])(np.float64(2.0))


def test_an_array_written_to_by_steps_is_refused() -> None:
    def f(x: Any) -> Any:
        out = np.zeros_like(x)

        def step(c: Any, y: Any) -> Any:
            out[0] = c[0]
            return c * y, None

        ag.scan(step, x, X)
        return out * 2

    with pytest.raises((errors.CompileError, errors.LoopError)):
        ag.compile(f)(np.ones(2))


def test_a_loop_without_a_bound_is_refused() -> None:
    with pytest.raises(errors.LoopError, match="max_steps"):
        ag.compile(lambda x: ag.while_loop(lambda v: v < 9, lambda v: v * 2, x))(np.float64(2.0))
    compiled = ag.compile(lambda x: ag.while_loop(lambda v: v < 9, lambda v: v * 2, x, max_steps=3))
    assert compiled(np.float64(2.0)) == 16
    with pytest.raises(ValueError, match="max_steps"):
        compiled(np.float64(0.1))


def test_both_branches_of_a_condition() -> None:
    f = ag.grad(lambda x: ag.cond(x > 0, np.sqrt, lambda x: 0 * x, x))
    compiled = ag.compile(f)
    for x in (4.0, -4.0, 9.0):
        assert compiled(np.float64(x)) == f(x)
    assert compiled.programs.recordings == 1


def test_it_is_shown() -> None:
    f = ag.compile(ag.value_and_grad(simple, (0, 1, 2)))
    f(W, C, X)
    picture = str(f.visualize())
    assert "loop × 5" in picture
    assert "(4 alike)" not in picture
    assert f.program.report()
    assert "loop_2, 5 times, from the last element" in str(f.program.formulas())
    assert "loop 1, 5 times" in f.program.formulas().latex
    assert "5 steps" in repr(next(x.fn for x in f.program.program.instructions if is_loop(x.fn)))


def long(x: Any) -> Any:
    return ag.scan(lambda c, y: (np.sin(c) * y + 0.1, None), x, np.linspace(0.9, 1.1, 30_000))[0]


def test_a_long_loop_is_not_carried_out_to_be_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    expected = ag.value_and_grad(long)(np.float64(0.5))
    f = ag.compile(ag.value_and_grad(long))
    for _ in range(2):
        np.testing.assert_allclose(f(np.float64(0.5)), expected, rtol=1e-12)

    @ag.compile
    def said(x: Any) -> Any:
        y = long(x)
        print(y)
        return y

    with pytest.warns(errors.AutogradWarning, match="prints"):
        said(np.float64(0.5))
    assert float(capsys.readouterr().out.splitlines()[-1]) == pytest.approx(expected[0])


@pytest.mark.parametrize("reverse", [False, True])
def test_a_pullback_computes_no_expensive_function_again(reverse: bool) -> None:
    def wave(x: Any, xs: Any) -> Any:
        last, left = ag.scan(lambda c, y: (np.sin(c) * y, c), x, xs, reverse=reverse)
        return np.sum(left**2) + (last if reverse else 0)

    f = ag.compile(ag.value_and_grad(wave, (0, 1)))
    f(np.float64(0.3), X)
    bodies = [x.fn.body for x in f.program.program.instructions if is_loop(x.fn)]
    called = [{x.fn for x in body.instructions} & {np.sin, np.cos} for body in bodies]
    assert called == [{np.sin, np.cos}, set()]
    expected = ag.value_and_grad(wave, (0, 1))(np.float64(0.3), X)
    for a, b in zip(ag.tree.leaves(f(np.float64(0.3), X)), ag.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
