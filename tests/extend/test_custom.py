"""Operations of the user's own: values, every mode and order, the checks at declaration, numerical derivatives."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.errors import (
    DeclarationError,
    ForeignRuleError,
    GradcheckError,
    NumericalDerivativeWarning,
    RuleError,
)

X, Y = np.array([0.3, -0.7, 1.1]), np.array([0.9, 0.4, -0.2])


def weighted(a: Any, b: Any, *, scale: float = 1.0) -> Any:
    assert type(a) is np.ndarray
    return scale * a * np.sin(b)


OPERATIONS: dict[str, tuple[Any, Callable[..., Any]]] = {
    "one input, by input": (
        ag.custom_op(lambda x: np.exp(np.asarray(x)), vjp=lambda g, x: g * np.exp(x), check=[X]),
        np.exp,
    ),
    "one input, by output": (ag.custom_op(lambda x: np.exp(np.asarray(x)), vjp=lambda g, y: g * y, check=[X]), np.exp),
    "forward rule by what the reverse rule does not save": (
        ag.custom_op(
            lambda x: np.exp(np.asarray(x)), vjp=lambda g, y: g * y, jvp=lambda tangents, x: tangents[0] * np.exp(x),
            check=[X],
        ),
        np.exp,
    ),
    "a reduction, by the shape of its input": (
        ag.custom_op(
            lambda x: np.asarray(x).sum(), vjp=lambda g, x_shape: np.broadcast_to(g, x_shape), check=[X], name="total"
        ),
        np.sum,
    ),
    "a ufunc": (ag.custom_op(np.sin, vjp=lambda g, x: g * np.cos(x), check=[X]), np.sin),
}  # fmt: skip


DERIVATIVES: dict[str, tuple[Callable[..., Any], Any]] = {
    "reverse": (ag.jacobian, X),
    "forward": (lambda f: ag.jacobian(f, mode="forward"), X),
    "forward over reverse": (ag.hessian, X),
    "forward over forward": (lambda f: ag.jacobian(ag.jacobian(f, mode="forward"), mode="forward"), X),
    "vmap of a derivative": (lambda f: ag.vmap(ag.jacobian(f)), np.stack([X, Y])),
    "derivative of vmap": (lambda f: ag.jacobian(ag.vmap(f)), np.stack([X, Y])),
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_mode_and_order(name: str, derivative: str) -> None:
    mine, known = OPERATIONS[name]
    transform, x = DERIVATIVES[derivative]
    assert np.array_equal(mine(X), known(X))
    np.testing.assert_allclose(transform(mine)(x), transform(known)(x), atol=1e-13)


def test_several_inputs_a_setting_and_one_call_of_the_rule() -> None:
    calls = []

    def rule(g: Any, a: Any, b: Any, scale: Any) -> Any:
        calls.append(scale)
        return g * scale * np.sin(b), g * scale * a * np.cos(b)

    mine = ag.custom_op(weighted, vjp=rule)
    found = ag.grad(lambda a, b: np.sum(mine(a, b, scale=3.0)), (0, 1))(X, Y)
    expected = ag.grad(lambda a, b: np.sum(3 * a * np.sin(b)), (0, 1))(X, Y)
    np.testing.assert_allclose(found, expected)
    assert calls == [3.0]
    np.testing.assert_allclose(
        ag.hessian(lambda v: np.sum(mine(v, v * v)))(X), ag.hessian(lambda v: np.sum(v * np.sin(v * v)))(X)
    )


def test_two_nodes_with_one_cotangent_have_derivatives_of_their_own() -> None:
    mine = ag.custom_op(lambda a, b: a * b, vjp=lambda g, a, b: (g * b, g * a), name="product")
    found = ag.grad(lambda x: np.sum(mine(x, 2.0 * X) + mine(x, 3.0 * X)))(Y)
    np.testing.assert_allclose(found, 5 * X)


def test_what_a_rule_returned_is_not_kept() -> None:
    kept = []

    def rule(g: Any, a: Any, b: Any) -> Any:
        result = np.multiply(g, b)
        kept.append(weakref.ref(result))
        return result, None

    mine = ag.custom_op(lambda a, b: a * b, vjp=rule, name="product")
    ag.grad(lambda a: np.sum(np.sin(mine(np.exp(a), Y))))(X)
    gc.collect()
    assert kept
    assert kept[0]() is None


def test_none_is_a_derivative_of_0() -> None:
    mine = ag.custom_op(lambda a, b: a + np.round(b), vjp=lambda g: (g, None), name="rounded")
    first, second = ag.grad(lambda a, b: np.sum(mine(a, b)), (0, 1))(X, Y)
    np.testing.assert_array_equal(first, np.ones(3))
    np.testing.assert_array_equal(second, np.zeros(3))


def test_broadcasting_is_undone() -> None:
    mine = ag.custom_op(lambda a, b: a * b, vjp=lambda g, a, b: (g * b, g * a), check=[X, 2.0], name="product")
    assert ag.grad(lambda b: np.sum(mine(X, b)))(2.0) == pytest.approx(X.sum())


def test_float32_stays_float32() -> None:
    mine = ag.custom_op(lambda x: np.exp(x), vjp=lambda g, y: g * y, name="exponential")
    x = ag.Tensor(X.astype(np.float32), requires_grad=True)
    np.sum(mine(x)).backward()
    assert x.grad.dtype == np.float32


def test_the_operation_is_called_like_the_function() -> None:
    @ag.custom_op(vjp=lambda g, x: g * 2 * x)
    def squared(x: Any) -> Any:
        """Return the square."""
        return x * x

    assert (squared.__name__, squared.__doc__) == ("squared", "Return the square.")
    assert squared(3.0) == 9.0
    assert "squared" in repr(squared(ag.Tensor(X, requires_grad=True)))


def test_the_result_is_no_memory_of_the_function() -> None:
    buffer = np.zeros(3)

    def f(x: Any) -> Any:
        np.multiply(x, 2, out=buffer)
        return buffer

    mine = ag.custom_op(f, vjp=lambda g: 2 * g)
    t = ag.Tensor(X, requires_grad=True)
    first = mine(t)
    mine(t + 1)
    np.testing.assert_array_equal(first.detach().numpy(), 2 * X)


def test_an_opaque_function_under_vmap() -> None:
    sums = ag.custom_op(opaque_sum, vjp=lambda g, x_shape: np.broadcast_to(g, x_shape))
    xs = np.stack([X, Y])
    np.testing.assert_allclose(ag.vmap(sums)(xs), xs.sum(1))
    np.testing.assert_allclose(ag.vmap(ag.grad(lambda x: sums(x * x)))(xs), 2 * xs)


def opaque_sum(x: Any) -> Any:
    assert type(x) is np.ndarray
    assert x.ndim == 1
    return math.fsum(x)


# ----- what is refused -----

WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "no rule": (lambda: ag.grad(ag.custom_op(np.exp))(1.0), DeclarationError, r"Write exp.defvjp\(lambda g, x: ...\)"),
    "an unknown name": (lambda: ag.custom_op(np.exp, vjp=lambda g, z: g), DeclarationError, "'z'"),
    "an unknown name ahead": (
        lambda: ag.custom_op(np.exp, vjp=lambda g: g, jvp=lambda tangents, z: z), DeclarationError, "'z'",
    ),
    "g is not first": (lambda: ag.custom_op(np.exp, vjp=lambda x, g: g), DeclarationError, "not g"),
    "tangents is not first": (
        lambda: ag.custom_op(np.exp, vjp=lambda g: g, jvp=lambda t: t), DeclarationError, "not tangents",
    ),
    "inputs by name alone": (lambda: ag.custom_op(lambda *, x: x, vjp=lambda g: g), DeclarationError, "by place"),
    "a rule and none": (lambda: ag.custom_op(np.exp, vjp=lambda g: g, numerical=True), DeclarationError, "one of"),
    "a wrong rule": (lambda: ag.custom_op(np.exp, vjp=lambda g, y: 2 * g * y, check=[X]), GradcheckError, "wrong"),
    "a wrong forward rule": (
        lambda: ag.custom_op(np.exp, vjp=lambda g, y: g * y, jvp=lambda tangents, y: y, check=[X]),
        GradcheckError,
        "in forward mode",
    ),
    "too few results": (
        lambda: ag.grad(ag.custom_op(lambda a, b: a * b, vjp=lambda g: g))(1.0, 2.0), RuleError, "1 results for 2",
    ),
    "a list of arrays": (lambda: ag.custom_op(lambda a: [a, a], vjp=lambda g: g)(1.0), RuleError, "a list"),
    "tuples in a tuple": (lambda: ag.custom_op(lambda a: (a, (a, a)), vjp=lambda g: g)(1.0), RuleError, "a tuple"),
    "text": (lambda: ag.custom_op(lambda a: "text", vjp=lambda g: g)(1.0), RuleError, "dtype"),
    "a plain derivative at second order": (
        lambda: ag.grad(ag.grad(ag.custom_op(np.exp, vjp=lambda g, x: np.exp(x.item()))))(1.0),
        ForeignRuleError,
        r"reverse rule of custom_op exp .* item\(\) drops",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_fault_says_what_to_write(name: str) -> None:
    call, error, text = WRONG[name]
    with pytest.raises(error, match=text):
        call()


def test_a_rule_that_is_not_numpy_is_named_at_second_order() -> None:
    mine = ag.custom_op(lambda x: math.sin(x), vjp=lambda g, x: g * math.cos(x), name="sine")
    assert ag.grad(mine)(0.0) == 1.0
    with pytest.raises(TypeError, match="the reverse rule of custom_op sine cannot be differentiated itself"):
        ag.grad(ag.grad(mine))(0.0)


# ----- numerical derivatives -----


def black_box(a: Any, b: Any, *, power: int = 2) -> Any:
    assert type(a) is np.ndarray
    return np.array([math.fsum(a**power * b), float(a[0] * b[1])])


def numerical() -> Callable[..., Any]:
    with pytest.warns(NumericalDerivativeWarning, match="black_box"):
        return ag.custom_op(black_box, numerical=True)


def white_box(a: Any, b: Any, power: int = 2) -> Any:
    return np.stack([np.sum(a**power * b), a[0] * b[1]])


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_a_numerical_derivative(mode: str) -> None:
    mine = numerical()
    found = ag.jacobian(lambda a, b: mine(a, b, power=3), (0, 1), mode=mode)(X, Y)
    expected = ag.jacobian(lambda a, b: white_box(a, b, 3), (0, 1), mode=mode)(X, Y)
    for d, e in zip(found, expected, strict=True):
        np.testing.assert_allclose(d, e, rtol=1e-8, atol=1e-9)


def test_a_numerical_derivative_of_each_example() -> None:
    mine = numerical()
    xs = np.stack([X, Y])
    found = ag.vmap(ag.jacobian(lambda a: mine(a, Y)))(xs)
    np.testing.assert_allclose(found, ag.vmap(ag.jacobian(lambda a: white_box(a, Y)))(xs), rtol=1e-8, atol=1e-9)


def test_a_numerical_derivative_has_no_second_order() -> None:
    mine = numerical()
    with pytest.raises(ag.errors.UnsupportedError, match="Write vjp="):
        ag.grad(lambda a: np.sum(ag.grad(lambda z: np.sum(mine(z, Y)))(a)))(X)


def test_a_derivative_of_0_is_one_forwards_too() -> None:
    op = ag.custom_op(lambda a, b: a * np.floor(b), vjp=lambda g, a, b: (g * np.floor(b), None), name="op")
    assert ag.jvp(op, (2.0, 3.5), (1.0, 1.0)) == (6.0, 3.0)
    assert ag.jvp(lambda b: op(2.0, b) + b, (3.5,), (1.0,)) == (9.5, 1.0)


# ----- stacks -----


def of_stacks() -> tuple[Any, list[Any]]:
    """Return a scalar product that takes stacks, and the list of the shapes that it is called with."""
    shapes: list[Any] = []

    def product(x: Any, w: Any) -> Any:
        shapes.append((x.shape, w.shape))
        return (x * w).sum(-1)

    rule = lambda g, x, w: (g[..., None] * w, g[..., None] * x)  # noqa: E731
    return ag.custom_op(product, vjp=rule, signature="(n),(n)->()", check=[X, Y]), shapes


STACK = np.stack([X, Y, X + Y, X * Y])


@pytest.mark.parametrize(
    ("of", "in_axes", "args"),
    [
        (lambda f: f, (0, 0), (STACK, STACK[::-1])),
        (lambda f: f, (0, None), (STACK, X)),
        (lambda f: ag.grad(f, (0, 1)), (0, None), (STACK, X)),
        (lambda f: ag.grad(f, (0, 1)), (None, 0), (X, STACK)),
        (lambda f: ag.hessian(lambda x, w: f(x, w) ** 2), (0, None), (STACK, X)),
        (lambda f: ag.vmap(f, (None, 0)), (0, None), (STACK, STACK[:2])),
        (lambda f: lambda x, w: ag.jvp(f, (x, w), (w, x)), (0, None), (STACK, X)),
    ],
)
def test_of_a_signature_a_batch_is_one_call(of: Any, in_axes: Any, args: Any) -> None:
    op, shapes = of_stacks()
    shapes.clear()
    found = ag.vmap(of(op), in_axes)(*args)
    assert len(shapes) == 1
    expected = ag.vmap(of(lambda x, w: np.sum(x * w)), in_axes)(*args)
    for a, b in zip(ag.tree.leaves(found), ag.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_what_is_the_same_for_all_examples_gets_the_sum_of_their_shares() -> None:
    op, shapes = of_stacks()
    loss = lambda f: lambda w: np.sum(ag.vmap(f, (0, None))(STACK, w) ** 2)  # noqa: E731
    shapes.clear()
    np.testing.assert_allclose(ag.grad(loss(op))(X), 2 * STACK.T @ (STACK @ X))
    assert len(shapes) == 1
    np.testing.assert_allclose(ag.compile(ag.grad(loss(op)))(Y), 2 * STACK.T @ (STACK @ Y))


def test_several_results_of_stacks() -> None:
    def both(x: Any) -> Any:
        calls.append(x.shape)
        return (x * x).sum(-1), 3 * x

    calls: list[Any] = []
    rule = lambda g, x: (0 if g[0] is None else 2 * x * g[0][..., None]) + (0 if g[1] is None else 3 * g[1])  # noqa: E731
    op = ag.custom_op(both, vjp=rule, signature="(n)->(),(n)")
    found = ag.vmap(ag.grad(lambda x: op(x)[0] + np.sum(op(x)[1])))(STACK)
    np.testing.assert_allclose(found, 2 * STACK + 3)
    assert set(calls) == {STACK.shape}


def test_a_function_that_does_not_keep_its_promise_is_refused() -> None:
    op = ag.custom_op(lambda x: x.sum(), vjp=lambda g, x: g * np.ones_like(x), signature="(n)->()", name="total")
    assert op(X) == X.sum()
    with pytest.raises(RuleError, match=r"total was given stacks of shape \(4,\).*axis=-1"):
        ag.vmap(op)(STACK)


@pytest.mark.parametrize("signature", ["(n),(n)->()", "n->n", "(n)", "", "(n)->", "()->(n"])
def test_a_signature_names_the_axes_of_each_input(signature: str) -> None:
    with pytest.raises(DeclarationError, match=r"signature='\(n\)->\(\)'"):
        ag.custom_op(lambda x: x, vjp=lambda g: g, signature=signature)


def test_stacks_of_any_number_of_inputs_have_no_signature() -> None:
    with pytest.raises(DeclarationError, match="signature"):
        ag.custom_op(lambda *arrays: sum(arrays), vjp=lambda g, arrays: [g for _ in arrays], signature="(n)->(n)")


@pytest.mark.parametrize("signature", ["(n),(n)->()", None])
@pytest.mark.parametrize("tangents", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_derived_forward_rule_of_what_is_the_same_for_all_examples(signature: Any, tangents: Any) -> None:
    rule = lambda g, x, w: (g[..., None] * w, g[..., None] * x)  # noqa: E731
    op = ag.custom_op(lambda x, w: (x * w).sum(-1), vjp=rule, signature=signature)
    moved = lambda f: lambda *at: ag.jvp(f, at, [at[i] for i in tangents])[1]  # noqa: E731
    found, expected = (
        ag.vmap(moved(f), (0, None))(STACK, X) for f in (op, lambda x, w: np.sum(x * w))
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-13)
