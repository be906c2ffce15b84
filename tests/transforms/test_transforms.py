"""The transforms: values, forms of arguments and results, errors, and both modes over the whole table of rules."""

from __future__ import annotations

import math
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from cases import Case, rows
from trees import close, differentiable, inner, randoms

import autograd_lite as ag
from autograd_lite import errors

Array = np.ndarray
Pair = namedtuple("Pair", "first second")


@dataclass
class Model:
    weight: Any
    bias: Any
    extra: Any = None


# ----- the table -----


@rows()
def test_forward_mode_is_the_transpose_of_reverse_mode(row: Case) -> None:
    f, rng = differentiable(row), row.rng()
    if not f(*row.inputs):
        pytest.skip("no derivative by nature")
    tangents = tuple(randoms(rng, x) for x in row.inputs)
    y, pullback = ag.vjp(f, *row.inputs)
    close(y, [np.asarray(z) for z in f(*row.inputs)])
    cotangents = randoms(rng, y)
    value, ahead = ag.jvp(f, row.inputs, tangents)
    close(value, y)
    back = pullback(cotangents)
    back = back if len(row.inputs) > 1 else (back,)
    np.testing.assert_allclose(inner(cotangents, ahead), inner(back, tangents), rtol=1e-10, atol=1e-10)


@rows()
def test_second_derivatives_by_recursion_are_symmetric(row: Case) -> None:
    f, rng = differentiable(row), row.rng()
    if not f(*row.inputs):
        pytest.skip("no derivative by nature")
    weights = randoms(rng, f(*row.inputs))
    n = tuple(range(len(row.inputs)))

    def weighted(*inputs: Any) -> Any:
        return sum(np.sum(np.real(y * v)) for y, v in zip(f(*inputs), weights, strict=True))

    s, t = (tuple(randoms(rng, x) for x in row.inputs) for _ in range(2))
    along = ag.jvp(ag.grad(weighted, n), row.inputs, s)[1]
    back = ag.vjp(ag.grad(weighted, n), *row.inputs)[1](t)
    back = back if len(n) > 1 else (back,)
    over = ag.grad(lambda *x: ag.jvp(weighted, x, s)[1], n)(*row.inputs)
    for found, other in ((back, s), (over, t)):
        np.testing.assert_allclose(inner(found, other), inner(along, t), rtol=1e-9, atol=1e-9)


# ----- nesting -----


def polynomial(x: Any) -> Any:
    return x**5 - 2 * x**3


def third_derivative(x: float) -> float:
    return 60 * x**2 - 12


ONCE = {
    "grad": ag.grad,
    "value_and_grad": lambda f: lambda x: ag.value_and_grad(f)(x)[1],
    "elementwise_grad": ag.elementwise_grad,
    "vjp": lambda f: lambda x: ag.vjp(f, x)[1](1.0),
    "jvp": lambda f: lambda x: ag.jvp(f, (x,), (1.0,))[1],
    "linearize": lambda f: lambda x: ag.linearize(f, x)[1](1.0),
    "reverse": lambda f: ag.jacobian(f, mode="reverse"),
    "forward": lambda f: ag.jacobian(f, mode="forward"),
}


@pytest.mark.parametrize("third", ONCE)
@pytest.mark.parametrize("second", ONCE)
@pytest.mark.parametrize("first", ONCE)
def test_transforms_nest_in_every_order(first: str, second: str, third: str) -> None:
    f = ONCE[third](ONCE[second](ONCE[first](polynomial)))
    found = f(1.5)
    assert type(found) is np.float64
    np.testing.assert_allclose(found, third_derivative(1.5), rtol=1e-12)


def test_nesting_goes_deep() -> None:
    f = np.sin
    for _ in range(7):
        f = ag.grad(f)
    np.testing.assert_allclose(f(0.3), -np.cos(0.3))


@pytest.mark.parametrize("once", ONCE.values(), ids=ONCE)
@pytest.mark.parametrize("outer", ONCE.values(), ids=ONCE)
def test_perturbations_are_not_confused(outer: Any, once: Any) -> None:
    assert outer(lambda x: x * once(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * once(lambda y: x * y)(x))(2.0) == 4.0
    assert outer(lambda x: x * once(lambda y: x * y)(2.0))(3.0) == 6.0
    assert outer(lambda x: once(lambda y: x * y**2)(x) + once(lambda y: x**2 * y)(1.0))(3.0) == 18.0
    assert outer(lambda x: once(lambda y: once(lambda z: x * y * z)(x + y))(x))(2.0) == 1.0


def test_a_function_returned_by_a_transform_does_not_confuse() -> None:
    """The example of Manzyuk et al., "Perturbation confusion in forward automatic differentiation", 2019."""
    def shift(offset: Any) -> Any:
        return lambda f: lambda x: f(x + offset)

    def d(f: Any) -> Any:
        return lambda x: ag.jvp(f, (x,), (1.0,))[1]

    assert d(lambda o: d(shift(o)(np.sin))(0.5))(0.0) == pytest.approx(-np.sin(0.5))


def test_an_inner_optimisation_is_differentiated() -> None:
    def solution(scale: Any) -> Any:
        w = np.array([1.0, 2.0])
        for _ in range(60):
            w = w - 0.2 * ag.grad(lambda w: np.sum((w - scale * np.array([1.0, 3.0])) ** 2))(w)
        return np.sum(w)

    value, slope = ag.value_and_grad(solution)(2.0)
    np.testing.assert_allclose([value, slope], [8.0, 4.0], rtol=1e-9)
    np.testing.assert_allclose(ag.jvp(solution, (2.0,), (1.0,))[1], 4.0, rtol=1e-9)


def test_an_inner_loop_does_not_walk_the_graph_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of an inner optimisation each see their own nodes only, or a loop of n of them would cost n squared."""
    from autograd_lite.transforms import watched

    sizes = []
    walk = watched.walk
    monkeypatch.setattr(watched, "walk", lambda *args: sizes.append(len(walk(*args)[0])) or walk(*args))

    def run(w: Any) -> Any:
        for _ in range(20):
            w = w - 0.1 * ag.grad(lambda w: np.sum(w**2))(w)
        return np.sum(w)

    ag.grad(run)(np.ones(2))
    assert len(set(sizes[1:-1])) == 1


# ----- who watches from outside -----


def test_a_tensor_reached_through_a_closure_keeps_its_derivative() -> None:
    w = ag.Tensor([2.0, 3.0], requires_grad=True)
    g = ag.grad(lambda x: np.sum(w * x**2))(np.array([1.0, 10.0]))
    assert isinstance(g, ag.Tensor)
    np.sum(g).backward()
    assert w.grad.tolist() == [2.0, 20.0]


@pytest.mark.parametrize(
    "transform",
    [
        lambda f, x: ag.value_and_grad(f)(x)[0],
        lambda f, x: ag.value_and_grad(f)(x)[1].sum(),
        lambda f, x: ag.vjp(f, x)[0],
        lambda f, x: ag.vjp(f, x)[1](1.0).sum(),
        lambda f, x: ag.jvp(f, (x,), (np.ones(2),))[1],
        lambda f, x: ag.hessian(f)(x).sum(),
        lambda f, x: ag.hvp(f, (x,), (np.ones(2),)).sum(),
        lambda f, x: ag.grad(lambda x: (f(x), f(x)), has_aux=True)(x)[1],
        lambda f, x: ag.grad(lambda x: (np.sum(x**2), f(x)), has_aux=True)(x)[1],
    ],
)
def test_no_result_of_a_transform_drops_what_is_outside(transform: Any) -> None:
    def outer(w: Any) -> Any:
        return transform(lambda x: np.sum(w**2 * x**3), np.array([1.0, 2.0]))

    step = 1e-5
    expected = (outer(1.5 + step) - outer(1.5 - step)) / (2 * step)
    np.testing.assert_allclose(ag.grad(outer)(1.5), expected, rtol=1e-8)


def test_nothing_is_recorded_for_outside_while_recording_is_off() -> None:
    w = ag.Tensor(2.0, requires_grad=True)
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    with ag.no_grad():
        value, g = ag.value_and_grad(lambda x: np.sum(w * x**2))(x)
        plain = ag.jvp(lambda x: np.sum(w * np.linalg.norm(x)), (np.ones(2),), (np.ones(2),))
        assert not ag.is_grad_enabled()
    assert not g.requires_grad
    assert not value.requires_grad
    assert g.tolist() == [4.0, 8.0]
    assert [type(t) for t in plain] == [np.float64, np.float64]


def test_no_grad_around_makes_parameters_constants_and_the_result_an_array() -> None:
    model = ag.nn.Linear(2, 1)
    with ag.no_grad():
        found = ag.grad(lambda x: np.sum(model(x)))(np.ones(2))
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, model.weight.numpy()[0])


def test_no_grad_is_written_to_and_nothing_is_released() -> None:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    feature = np.sin(w)
    loss = np.sum(feature**2)
    for _ in range(2):
        ag.grad(lambda x: np.sum(feature * x) + loss)(np.ones(2))
        with ag.no_grad():
            ag.grad(lambda x: np.sum(feature * x) + loss)(np.ones(2))
    assert w.grad is None
    loss.backward()
    np.testing.assert_allclose(w.grad, np.sin(2 * np.array([1.0, 2.0])))


def test_a_second_derivative_by_backward_of_a_gradient() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    g = ag.grad(lambda x: np.sum(x**3))(x)
    np.sum(g).backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_a_result_that_nothing_outside_moves_has_the_derivative_zero() -> None:
    assert ag.grad(ag.grad(lambda x: 3 * x))(2.0) == 0
    assert ag.jvp(ag.grad(lambda x: 3 * x), (2.0,), (1.0,))[1] == 0
    assert ag.hessian(lambda x: np.sum(x))(np.ones(2)).tolist() == [[0, 0], [0, 0]]
    assert ag.grad(lambda w: w + ag.grad(lambda x: np.sum(w) + x)(1.0))(2.0) == 1


def test_nothing_is_left_behind_by_an_error() -> None:
    def broken(x: Any) -> Any:
        raise KeyError("mine")

    for run in (ag.grad(broken), ag.jacobian(broken), ag.hessian(broken)):
        with ag.no_grad():
            with pytest.raises(KeyError, match="mine"):
                run(1.0)
            assert not ag.is_grad_enabled()
    assert ag.grad(np.sin)(0.0) == 1.0


def test_a_leaf_made_inside_is_not_somebody_outside() -> None:
    def f(x: Any) -> Any:
        return np.sum(ag.Tensor([1.0, 2.0], requires_grad=True) * x)

    assert type(ag.grad(f)(np.ones(2))) is np.ndarray


# ----- forms -----


def test_forms_of_arguments_are_the_forms_of_gradients() -> None:
    given = {"array": np.ones(2), "zero": np.array(2.0), "float": 3.0, "single": np.float32(4)}
    given["tensor"] = ag.Tensor(5.0)
    found = ag.grad(lambda p: sum(np.sum(x**2) for x in p.values()))(given)
    assert {k: type(v) for k, v in found.items()} == {
        "array": np.ndarray, "zero": np.ndarray, "float": np.float64, "single": np.float32, "tensor": ag.Tensor,
    }  # fmt: skip
    assert [np.sum(x).item() for x in found.values()] == [4.0, 4.0, 6.0, 8.0, 10.0]


def test_trees_go_in_and_come_out() -> None:
    model = Model(np.ones((2, 2)), Pair([1.0], {"z": np.ones(3)}))
    found = ag.grad(lambda m: np.sum(m.weight * 2) + m.bias.first[0] ** 3)(model)
    close(found, Model(2 * np.ones((2, 2)), Pair([3.0], {"z": np.zeros(3)})))
    assert isinstance(found.bias, Pair)
    y, pullback = ag.vjp(lambda m: {"s": np.sum(m.weight), "t": (m.bias.first[0],)}, model)
    close(y, {"s": 4.0, "t": (1.0,)})
    close(pullback({"t": (5.0,), "s": 1.0}).bias.first, [5.0])


def test_argnums_may_be_one_or_several() -> None:
    def f(a: Any, b: Any, c: Any) -> Any:
        return a * b**2 * c**3

    assert ag.grad(f)(2.0, 3.0, 1.0) == 9.0
    assert ag.grad(f, 1)(2.0, 3.0, 1.0) == 12.0
    assert ag.grad(f, -1)(2.0, 3.0, 1.0) == 54.0
    assert ag.grad(f, (2, 0))(2.0, 3.0, 1.0) == (54.0, 9.0)
    assert ag.grad(f, [1])(2.0, 3.0, 1.0) == (12.0,)
    assert ag.grad(f, np.int64(1))(2.0, 3.0, 1.0) == 12.0
    assert ag.grad(f)(2.0, 3, 1) == 9.0


def test_arguments_by_name_are_passed_on() -> None:
    assert ag.grad(lambda x, *, power, scale=1: scale * x**power)(3.0, power=2, scale=10) == 60.0
    assert ag.jacobian(lambda x, power: x**power)(3.0, power=2) == 6.0


def test_has_aux_hands_the_second_on() -> None:
    def f(x: Any) -> Any:
        return np.sum(x**2), {"double": 2 * x, "text": "kept", "none": None}

    x = np.array([1.0, 2.0])
    (_, by_value), slope = ag.value_and_grad(f, has_aux=True)(x)
    _, pullback, by_pullback = ag.vjp(f, x, has_aux=True)
    pairs = [ag.grad(f, has_aux=True)(x), (slope, by_value), (pullback(1.0), by_pullback)]
    for g, aux in (*pairs, ag.jacobian(f, has_aux=True)(x)):
        close(g, 2 * x)
        assert type(aux["double"]) is np.ndarray
        assert aux["double"].tolist() == [2.0, 4.0]
        assert (aux["text"], aux["none"]) == ("kept", None)
    assert ag.jvp(f, (x,), (x,), has_aux=True)[1] == 10.0
    assert ag.jvp(f, (x,), (x,), has_aux=True)[2]["double"].tolist() == [2.0, 4.0]
    hessian, aux = ag.hessian(f, has_aux=True)(x)
    assert hessian.tolist() == [[2, 0], [0, 2]]
    assert type(aux["double"]) is np.ndarray


def test_values_are_those_of_numpy() -> None:
    x = np.array([1.0, 2.0])
    assert type(ag.value_and_grad(np.sum)(x)[0]) is np.float64
    y, _ = ag.vjp(lambda x: {"same": x, "view": x[:1], "three": 3, "sum": x.sum()}, x)
    assert [type(v) for v in y.values()] == [np.ndarray, np.ndarray, int, np.float64]


def test_arrays_that_come_out_are_the_callers_own() -> None:
    x = np.array([1.0, 2.0])
    a, b = ag.grad(lambda a, b: np.sum(a + b), (0, 1))(x, x)
    a += 1
    b += 2
    assert (a.tolist(), b.tolist()) == ([2, 2], [3, 3])
    v = np.array([1.0, 1.0])
    y, pullback = ag.vjp(lambda x: x, x)
    g = pullback(v)
    g += 1
    y += 1
    assert (x.tolist(), v.tolist(), pullback(v).tolist()) == ([1, 2], [1, 1], [1, 1])
    y, move = ag.linearize(lambda x: (x, x * 2), x)
    t = move(v)
    t[0][0] = 7
    y[0][0] = 7
    assert (v.tolist(), [z.tolist() for z in move(v)]) == ([1, 1], [[1, 1], [2, 2]])


def test_a_change_of_the_argument_afterwards_does_not_reach_a_pullback() -> None:
    x = np.array([1.0, 2.0])
    _, pullback = ag.vjp(lambda x: np.sum(x**2), x)
    _, move = ag.linearize(lambda x: np.sum(x**2), x)
    x *= 100
    assert pullback(1.0).tolist() == [2, 4]
    assert move(np.ones(2)) == 6


def test_a_function_may_change_its_argument_in_place() -> None:
    def f(x: Any) -> Any:
        x[0] = 3 * x[1]
        x *= 2
        return np.sum(x**2)

    x = np.array([1.0, 2.0])
    assert ag.grad(f)(x).tolist() == [0.0, 160.0]
    assert x.tolist() == [1.0, 2.0]
    assert ag.hessian(f)(x).tolist() == [[0, 0], [0, 80]]


def test_single_precision_stays_single() -> None:
    x = np.ones(2, np.float32)
    assert ag.grad(lambda x: np.sum(x**2))(x).dtype == np.float32
    assert ag.hessian(lambda x: np.sum(x**2))(x).dtype == np.float32
    assert ag.jvp(lambda x: x * 2, (x,), (np.ones(2),))[1].dtype == np.float32
    assert ag.vjp(lambda x: x * 2, x)[1](np.ones(2)).dtype == np.float32


def test_a_transform_takes_the_name_of_its_function() -> None:
    def loss(x: Any) -> Any:
        return x

    assert ag.grad(loss).__name__ == "loss"
    assert ag.grad(ag.nn.Tanh())(0.0) == 1.0


def test_a_function_may_return_its_argument_or_what_is_outside() -> None:
    c = ag.Tensor([1.0, 2.0])
    y, _ = ag.vjp(lambda x: (x, c), np.ones(2))
    y[1][0] = 9
    assert c.tolist() == [1, 2]
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    (_, kept), _ = ag.vjp(lambda x: (x, w), np.ones(2))
    assert kept is w


def test_a_size_one_result_will_do_for_grad() -> None:
    assert ag.grad(lambda x: x.reshape(1, 1) ** 2)(3.0) == 6.0


def test_linearize_and_vjp_can_be_called_again_and_are_linear() -> None:
    x = np.array([0.5, 1.0])
    _, move = ag.linearize(np.sin, x)
    close(move(x) + move(2 * x), move(3 * x))
    _, pullback = ag.vjp(np.sin, x)
    close(pullback(x) + pullback(2 * x), pullback(3 * x))


def test_a_pullback_is_differentiated_by_its_cotangent() -> None:
    _, pullback = ag.vjp(lambda x: x**2, np.array([1.0, 2.0]))
    assert ag.grad(lambda g: np.sum(pullback(g) ** 2))(np.array([1.0, 1.0])).tolist() == [8.0, 32.0]
    _, move = ag.linearize(lambda x: x**2, np.array([1.0, 2.0]))
    assert ag.grad(lambda t: np.sum(move(t) ** 2))(np.array([1.0, 1.0])).tolist() == [8.0, 32.0]


def test_hooks_inside_the_function_are_run() -> None:
    def f(x: Any) -> Any:
        y = x**2
        y.register_hook(lambda g: 10 * g)
        return np.sum(y * 3)

    assert ag.grad(f)(np.array([1.0])).tolist() == [60.0]
    assert ag.grad(ag.checkpoint(f))(np.array([1.0])).tolist() == [60.0]
    assert ag.hessian(f)(np.array([1.0])).tolist() == [[60.0]]


def test_a_derivative_can_be_drawn() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True, name="x")
    assert "x" in ag.visualize(ag.grad(lambda x: np.sum(x**3))(x)).source
    assert ag.visualize(ag.checkpoint(lambda x: np.sin(x) * x)(x)).source


# ----- what is refused -----


@pytest.mark.parametrize(
    ("run", "kind", "words"),
    [
        (lambda x: ag.grad(lambda x: x)(x), errors.NonScalarError, r"shape \(2,\).*ag\.jacobian\(f\)"),
        (lambda x: ag.grad(lambda x: (x, x))(x), errors.NonScalarError, "a tuple of 2.*has_aux=True"),
        (lambda x: ag.grad(lambda x: "3.0")(x), errors.NoPathError, "the result of f is a str.*return y, aux"),
        (lambda x: ag.vjp(lambda x: None, x), errors.NoPathError, "f returned None.*return y|returned None"),
        (lambda x: ag.grad(lambda x: x[0].item())(x), errors.NoPathError, r"lost on the way by item\(\)"),
        (lambda x: ag.grad(lambda x: np.sum(x.detach()))(x), errors.NoPathError, r"lost on the way by detach\(\)"),
        (lambda x: ag.jvp(lambda x: x.numpy() * 2, (x,), (x,)), errors.NoPathError, r"jvp: .* by numpy\(\)"),
        (lambda x: ag.jacobian(lambda x: x.data * 2)(x), errors.NoPathError, "jacobian: .* by data"),
        (lambda x: ag.vjp(ag.no_grad()(np.sin), x), errors.NoPathError, r"vjp: .* by ag.no_grad\(\)"),
        (lambda x: ag.hessian(lambda x: math.fsum(x.tolist()))(x), errors.NoPathError, r"by tolist\(\)"),
        (lambda x: ag.grad(np.sum)(np.arange(2)), errors.GradientDtypeError, "argument 0 of sum .* int64.*astype"),
        (lambda x: ag.grad(lambda p: p["n"])({"n": [1]}), errors.GradientDtypeError, r"argument 0\['n'\]\[0\]"),
        (lambda x: ag.grad(np.sum)(x * 1j), errors.GradientDtypeError, r"complex128.*ag\.grad\(sum, holomorphic=True"),
        (lambda x: ag.grad(np.sum)("text"), errors.GradientDtypeError, "argument 0 of sum is a str"),
        (lambda x: ag.grad(np.sum, 1)(x), errors.ArgumentError, "argnums=1 .* 1 of them"),
        (lambda x: ag.grad(np.sum, -2)(x), errors.ArgumentError, "argnums=-2"),
        (lambda x: ag.grad(np.dot, (0, 0))(x, x), errors.ArgumentError, "twice"),
        (lambda x: ag.grad(np.sum)(), errors.ArgumentError, "0 of them"),
        (lambda x: ag.grad(np.sum, has_aux=True)(x), errors.ArgumentError, "return value, aux"),
        (lambda x: ag.jacobian(np.sin, mode="sideways"), errors.ArgumentError, "'sideways' is unknown"),
        (lambda x: ag.jvp(np.sin, x, x), errors.SeedError, r"ag\.jvp\(f, \(x,\), \(v,\)\)"),
        (lambda x: ag.jvp(np.sin, (x,), (x, x)), errors.SeedError, "a tuple of 2"),
        (lambda x: ag.hvp(np.sum, x, x), errors.SeedError, r"ag\.hvp"),
        (lambda x: ag.jvp(np.sin, (x,), (np.ones(3),)), errors.SeedError, r"tangent 0 has shape \(3,\)"),
        (lambda x: ag.jvp(np.sin, (x,), (x * 1j,)), errors.SeedError, r"Write v\.real"),
        (lambda x: ag.jvp(lambda p: p["a"], ({"a": x},), ({"b": x},)), errors.StructureError, r"tangent 0 .*dict\(b\)"),
        (lambda x: ag.linearize(np.sin, x)[1](x, x), errors.ShapeError, "takes 1 tangents"),
        (lambda x: ag.vjp(np.sin, x)[1](np.ones(3)), errors.SeedError, "cotangent .*np.ones"),
        (lambda x: ag.vjp(lambda x: (x, x), x)[1](x), errors.StructureError, "cotangent .* a tuple of 2"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_with_what_to_write(run: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        run(np.array([1.0, 2.0]))
    assert "Write" in str(caught.value)


def test_a_graph_swept_inside_is_not_silently_zero() -> None:
    def f(x: Any) -> Any:
        y = x**2
        y.backward()
        return y * 3

    with pytest.raises(errors.FreedGraphError):
        ag.grad(f)(2.0)
