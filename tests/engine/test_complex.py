"""Complex numbers: the convention, every transform with them, what a Tensor does with them, and random programs."""

from __future__ import annotations

import copy
import itertools
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case
from helpers import registered
from trees import inner, randoms

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import custom
from autograd_lite.engine.op import Op
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.engine.registry import handler_of as registered_handler

Array = np.ndarray
Z = np.array([1 + 2j, 3 - 1j, -0.5 + 0.25j])
X = np.array([0.5, -1.0, 2.0])


def handler_of(fn: Any) -> Any:
    """Return what is done with Tensors in the place of a function."""
    return registered_handler(fn) or fn


def leaf(z: Any = Z) -> ag.Tensor:
    return ag.Tensor(z, requires_grad=True)


def slopes(f: Callable[[Array], Any], z: Array, step: float = 1e-6) -> tuple[Array, Array]:
    """Return the derivatives of a real function along the real and along the imaginary axis of each number."""
    units = [step * unit.reshape(z.shape) for unit in np.eye(z.size)]
    along = [[(f(z + turn * u) - f(z - turn * u)) / (2 * step) for u in units] for turn in (1, 1j)]
    return np.reshape(along[0], z.shape), np.reshape(along[1], z.shape)


# ----- what says that an operation has them -----


def test_an_operation_has_complex_rows_just_where_it_says_that_it_has_complex_numbers() -> None:
    rows = [row for row in CASES if row.is_complex()]
    assert [row.name for row in rows if not handler_of(row.fn).complex] == []
    done = {id(handler_of(row.fn)) for row in rows} | {id(handler_of(np.shape))}
    missing = [
        handler.__name__
        for fn, handler in registered().items()
        if handler.complex and id(handler) not in done and fn not in QUESTIONS and handler.form != "constant"
    ]
    of_real = ["from_parts", "rfft", "ihfft", "rfftn", "rfft2"]  # which make them of real ones
    assert sorted(missing) == sorted(of_real)


QUESTIONS = {*ag.rules.constant.QUESTIONS, np.shape, np.ndim, np.size}


def test_what_is_not_holomorphic_says_so() -> None:
    """Along ``i`` it does not move by ``i`` times what it moves along 1; all else does."""
    for row in [row for row in CASES if row.is_complex() and isinstance(handler_of(row.fn), Op)]:
        tangents = [randoms(row.rng(), x) for x in row.inputs]
        if not all(map(np.iscomplexobj, row.inputs)):
            continue
        once, turned = (ag.jvp(row, row.inputs, [turn * t for t in tangents])[1] for turn in (1, 1j))
        same = all(np.allclose(1j * a, b) for a, b in zip(once, turned, strict=True))
        assert same == handler_of(row.fn).analytic or not np.size(row.inputs[0]), row.name


# ----- the convention -----

REAL_FUNCTIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Array]]] = {
    # The gradient that JAX returns, in closed form; that of PyTorch is its conjugate.
    "square of the size": (lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z.conj()),
    "size": (lambda z: np.sum(np.abs(z)), lambda z: z.conj() / np.abs(z)),
    "real part of a square": (lambda z: np.sum((z * z).real), lambda z: 2 * z),
    "imaginary part": (lambda z: np.sum(z.imag * X), lambda z: -1j * X),
    "angle": (lambda z: np.sum(np.angle(z)), lambda z: -1j / z),
    "norm": (np.linalg.norm, lambda z: z.conj() / np.linalg.norm(z)),
    "norm of order 3": (
        lambda z: np.linalg.norm(z, 3), lambda z: np.abs(z) * z.conj() / np.linalg.norm(z, 3) ** 2,
    ),
    "variance": (np.var, lambda z: 2 * (z - z.mean()).conj() / z.size),
    "inner product": (lambda z: np.vdot(z, 1j * X).real, lambda z: -1j * X),
    "conjugates": (lambda z: np.sum((z.conj() ** 2 * 1j).real), lambda z: (2j * z.conj()).conj()),
    "sign": (lambda z: np.sum(np.sign(z).real), lambda z: 1j * z.imag / np.abs(z) / z),
    "exponential": (lambda z: np.sum(np.exp(1j * z).real), lambda z: 1j * np.exp(1j * z)),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL_FUNCTIONS)
def test_grad_is_jax_s_and_the_gradient_of_a_tensor_is_pytorch_s(name: str) -> None:
    f, expected = REAL_FUNCTIONS[name]
    by_x, by_y = slopes(f, Z)
    np.testing.assert_allclose(expected(Z), by_x - 1j * by_y, rtol=1e-7, atol=1e-8)
    for derive in (ag.grad(f), lambda z: ag.vjp(f, z)[1](1.0), ag.jacobian(f), ag.compile(ag.grad(f))):
        np.testing.assert_allclose(derive(Z), expected(Z), rtol=1e-12, atol=1e-14)
    t = leaf()
    f(t).backward()
    np.testing.assert_allclose(t.grad, expected(Z).conj(), rtol=1e-12, atol=1e-14)
    step = np.array([0.5 - 1j, 2j, 1.0])
    np.testing.assert_allclose(ag.jvp(f, (Z,), (step,))[1], np.sum(expected(Z) * step).real, rtol=1e-12, atol=1e-14)


def test_a_gradient_descends() -> None:
    t = leaf()
    loss = np.sum(np.abs(t - 1j) ** 2)
    loss.backward()
    assert float(np.sum(np.abs(Z - 0.1 * t.grad.numpy() - 1j) ** 2)) < loss.item()


def test_a_pullback_takes_what_the_transforms_give_and_backward_what_a_tensor_gives() -> None:
    """As ``jax.vjp(lambda z: z**2, z)[1](g)``, and ``(z**2).backward(g)`` in PyTorch."""
    g = np.array([1j, 2 + 1j, 1.0])
    np.testing.assert_allclose(ag.vjp(np.square, Z)[1](g), g * 2 * Z)
    np.testing.assert_allclose(ag.vjp(np.conj, Z)[1](g), g.conj())
    t = leaf()
    (t**2).backward(g)
    np.testing.assert_allclose(t.grad, g * (2 * Z).conj())


def test_hooks_are_shown_what_a_tensor_gives_and_return_it_also_within_transforms() -> None:
    shown: list[Any] = []

    def f(z: Any) -> Any:
        y = z**2
        y.register_hook(lambda g: shown.append(g.numpy()) or 2j * g)
        return np.sum(np.abs(y))

    expected = Z**2 / np.abs(Z) ** 2
    t = leaf()
    f(t).backward()
    found = ag.grad(f)(Z)
    for g in shown:
        np.testing.assert_allclose(g, expected)
    np.testing.assert_allclose(t.grad, 2j * expected * 2 * Z.conj())
    np.testing.assert_allclose(found, t.grad.numpy().conj())


def test_the_real_part_arrives_at_real_numbers() -> None:
    x, z = leaf(X), leaf()
    np.sum((x * z).imag).backward()
    assert (x.grad.dtype, z.grad.dtype) == (np.float64, np.complex128)
    np.testing.assert_allclose(x.grad, Z.imag)
    np.testing.assert_allclose(z.grad, 1j * X)
    assert ag.grad(lambda x: np.sum((x * 1j).real))(X).tolist() == [0, 0, 0]
    assert ag.jvp(lambda x: (x * Z).real, (X,), (X,))[1].dtype == np.float64


def test_a_real_number_used_many_times_beside_complex_ones() -> None:
    """Whether a part is read in place before, between or after."""
    uses = (lambda x: x[0] * 2, lambda x: x[1] + x[2], lambda x: np.sum((x * Z + x * 1j) * (1 - 2j)))
    expected = np.array([2, 1, 1]) + ((Z + 1j) * (1 - 2j)).real
    for order in itertools.permutations(uses):
        x = leaf(X)
        np.real(sum(use(x) for use in order)).backward()
        np.testing.assert_allclose(x.grad, expected)


def test_a_complex_number_of_which_parts_are_used_many_times() -> None:
    uses = (lambda z: np.sum(z.real * X), lambda z: z[0].real * 2, lambda z: z.real @ X, lambda z: np.sum(z * 1j).imag)
    for order in itertools.permutations(uses):
        t = leaf()
        sum(use(t) for use in order).backward()
        np.testing.assert_allclose(t.grad, 2 * X + np.array([2, 0, 0]) + 1)


def test_a_custom_rule_is_as_those_of_the_table() -> None:
    expm = ag.custom_op(lambda z: np.exp(z), vjp=lambda g, y: g * y, check=[Z])
    size = ag.custom_op(
        lambda z: np.abs(z), vjp=lambda g, y, z: g * z.conj() / y,
        jvp=lambda tangents, y, z: (tangents[0] * z.conj()).real / y, check=[Z],
    )  # fmt: skip
    waves = np.exp(-2j * np.pi * np.outer(range(3), range(3)) / 3)
    fft: Any = ag.custom_op(lambda x: np.fft.fft(x), vjp=lambda g: fft(g), check=[X])
    rows = ((expm, np.exp, Z), (size, np.abs, Z), (fft, lambda x: waves @ x, X), (fft, lambda z: waves @ z, Z))
    for op, fn, z in rows:
        f, g = (lambda z, h=h: np.sum(np.abs(h(z) + 1j) ** 2) for h in (op, fn))
        np.testing.assert_allclose(ag.grad(f)(z), ag.grad(g)(z), rtol=1e-10)
        np.testing.assert_allclose(ag.hvp(f, (z,), (z,)), ag.hvp(g, (z,), (z,)), rtol=1e-10)
        np.testing.assert_allclose(ag.jvp(op, (z,), (z,))[1], ag.jvp(fn, (z,), (z,))[1], rtol=1e-10)


def test_a_wrong_rule_of_one_s_own_is_found() -> None:
    for wrong in (lambda g, z: g * z, lambda g, z: g.conj() * 2 * z, lambda g, z: g * 2 * z.conj()):
        with pytest.raises(errors.GradcheckError, match=r"(?i)wrong"):
            ag.custom_op(lambda z: z * z, vjp=wrong, check=[Z])


# ----- holomorphic functions -----


def test_holomorphic_functions_have_complex_derivatives() -> None:
    def f(z: Any) -> Any:
        return np.sum(np.sin(z) ** 3)

    first, second = 3 * np.sin(Z) ** 2 * np.cos(Z), np.diag(6 * np.sin(Z) * np.cos(Z) ** 2 - 3 * np.sin(Z) ** 3)
    np.testing.assert_allclose(ag.grad(f, holomorphic=True)(Z), first)
    np.testing.assert_allclose(ag.value_and_grad(f, holomorphic=True)(Z)[1], first)
    np.testing.assert_allclose(ag.elementwise_grad(np.sin, holomorphic=True)(Z), np.cos(Z))
    np.testing.assert_allclose(ag.hessian(f, holomorphic=True)(Z), second)
    np.testing.assert_allclose(ag.vmap(ag.grad(np.sin, holomorphic=True))(Z), np.cos(Z))
    np.testing.assert_allclose(ag.compile(ag.grad(f, holomorphic=True))(Z), first)
    third = ag.grad(ag.grad(ag.grad(lambda z: z**5, holomorphic=True), holomorphic=True), holomorphic=True)
    assert abs(third(1 + 2j) - 60 * (1 + 2j) ** 2) < 1e-12
    for mode in ("auto", "forward", "reverse"):
        jacobian = ag.jacobian(lambda z: z * z[0], mode=mode, holomorphic=True)(Z)
        np.testing.assert_allclose(jacobian, np.diag(np.full(3, Z[0])) + np.outer(Z, [1, 0, 0]))


def test_what_is_holomorphic_is_found_out_where_its_operations_do_not_say_it() -> None:
    f = ag.grad(lambda z: z.real + 1j * z.imag, holomorphic=True)
    assert f(1 + 2j) == 1
    np.testing.assert_allclose(ag.vmap(f)(Z), 1)
    np.testing.assert_allclose(ag.compile(ag.vmap(f))(Z), 1)
    for g in (np.conj, lambda z: z * np.abs(z), lambda z: z + 1e-6 * z.imag):
        for run in (ag.grad(g, holomorphic=True), ag.jacobian(g, holomorphic=True)):
            with pytest.raises(errors.GradientDtypeError, match="not holomorphic"):
                run(1 + 2j)
        with pytest.raises(errors.GradientDtypeError, match="not holomorphic"):
            ag.vmap(ag.grad(g, holomorphic=True))(Z)


def test_jacobians_between_real_and_complex_numbers() -> None:
    np.testing.assert_allclose(ag.jacobian(lambda x: x * Z)(X), np.diag(Z))
    np.testing.assert_allclose(ag.jacobian(lambda z: np.abs(z) ** 2)(Z), np.diag(2 * Z.conj()))
    both = ag.jacobian(lambda z, x: np.abs(z) * x, (0, 1))(Z, X)
    np.testing.assert_allclose(both[0], np.diag(X * Z.conj() / np.abs(Z)))
    np.testing.assert_allclose(both[1], np.diag(np.abs(Z)))
    assert ag.jacobian(lambda x: (x * Z, np.sum(x)))(X)[0].dtype == np.complex128


@pytest.mark.parametrize("row", [row for row in CASES if row.is_complex()], ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore::autograd_lite.errors.IndependentWarning")  # the power of 0
def test_jacobians_of_the_table(row: Case) -> None:
    """In the mode that they are to be had in, against single sweeps; where there is none, that is said."""
    places, tangents = tuple(range(len(row.inputs))), [randoms(row.rng(), x) for x in row.inputs]
    results, along = ag.jvp(row, row.inputs, tangents)
    holomorphic = all(map(np.iscomplexobj, (*row.inputs, *results)))
    if holomorphic:
        turned = ag.jvp(row, row.inputs, [1j * t for t in tangents])[1]
        there = all(np.allclose(1j * a, b) for a, b in zip(along, turned, strict=True))
    else:
        there = not any(map(np.iscomplexobj, results)) or not row.is_complex()
    derive = ag.jacobian(row, places, holomorphic=holomorphic)
    if not there:
        with pytest.raises(errors.GradientDtypeError, match="not holomorphic" if holomorphic else "moves in two"):
            derive(*row.inputs)
        return
    blocks = derive(*row.inputs)
    for by_input, expected in zip(blocks, along, strict=True):
        found = sum(np.tensordot(b, t, np.ndim(t)) for b, t in zip(by_input, tangents, strict=True))
        found = found if np.iscomplexobj(expected) else np.real(found)
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-10)


# ----- every transform -----


def loss(z: Any, x: Any = X) -> Any:
    """Neither holomorphic, nor of one kind of numbers."""
    return np.sum(np.abs(np.tanh(z * x) + z.conj()) * np.angle(z + 4) + (z @ (x * 1j)).real * z.imag)


def seconds(z: Array, t: Array, step: float = 1e-6) -> Array:
    return (ag.grad(loss)(z + step * t) - ag.grad(loss)(z - step * t)) / (2 * step)


BY_X, BY_Y = slopes(loss, Z)
T = np.array([0.3 - 1j, 2j, 1.0])
GRADIENTS: dict[str, Callable[[], Any]] = {
    "grad": lambda: ag.grad(loss)(Z),
    "grad of a tensor": lambda: ag.grad(loss)(ag.Tensor(Z)).numpy(),
    "value_and_grad": lambda: ag.value_and_grad(loss)(Z)[1],
    "elementwise_grad": lambda: ag.elementwise_grad(loss)(Z),
    "backward": lambda: by_backward(leaf()),
    "jacobian": lambda: ag.jacobian(loss)(Z),
    "linearize": lambda: by_steps(ag.linearize(loss, Z)[1]),
    "jvp": lambda: by_steps(lambda t: ag.jvp(loss, (Z,), (t,))[1]),
    "checkpoint": lambda: ag.grad(ag.checkpoint(loss))(Z),
    "checkpoint of several": lambda: ag.grad(lambda z: several(z, X + z.real * 0)[0])(Z),
    "compile": lambda: ag.compile(ag.grad(loss))(Z),
    "grad of compiled": lambda: ag.grad(ag.compile(loss))(Z),
    "vmap": lambda: ag.vmap(ag.grad(loss))(np.stack([Z, Z]))[1],
    "grad of vmap": lambda: ag.grad(lambda z: np.sum(ag.vmap(loss)(np.stack([z, 1j * z]))[0]))(Z),
    "in place": lambda: ag.grad(in_place)(Z),
    "views": lambda: ag.grad(by_views)(Z),
    "a tree": lambda: ag.grad(lambda p: loss(p["z"], p["x"]))({"z": Z, "x": X})["z"],
}  # fmt: skip


several = ag.checkpoint(lambda z, x: (loss(z, x), z * x))


def by_backward(t: ag.Tensor) -> Array:
    loss(t).backward()
    return t.grad.numpy().conj()


def by_steps(move: Callable[[Array], Any]) -> Array:
    return np.array([move(e) - 1j * move(1j * e) for e in np.eye(3) + 0j])


def in_place(z: Any) -> Any:
    y = np.zeros_like(z) + 0
    y[:2] = z[:2]
    y[2] = z[2] * 2
    y[2] /= 2
    return loss(y)


def by_views(z: Any) -> Any:
    y = np.zeros_like(z) * z
    y.real, y.imag[:] = z.real, z.imag
    y.T[1:] += 0
    return loss(y)


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_by_every_way(name: str) -> None:
    np.testing.assert_allclose(GRADIENTS[name](), BY_X - 1j * BY_Y, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(GRADIENTS[name](), ag.grad(loss)(Z), rtol=1e-12, atol=1e-12)


SECONDS: dict[str, Callable[[], Any]] = {
    "hvp": lambda: ag.hvp(loss, (Z,), (T,)),
    "jvp of vjp": lambda: ag.jvp(lambda z: ag.vjp(loss, z)[1](1.0), (Z,), (T,))[1],
    "vjp of jvp": lambda: ag.grad(lambda z: ag.jvp(loss, (z,), (T,))[1])(Z),
    "vjp of grad": lambda: ag.grad(lambda z: np.sum(ag.grad(loss)(z) * T).real)(Z),
    "backward of recorded": lambda: second_by_backward(leaf()),
    "checkpoint": lambda: ag.hvp(ag.checkpoint(loss), (Z,), (T,)),
    "compile": lambda: ag.compile(lambda z: ag.hvp(loss, (z,), (T,)))(Z),
    "vmap": lambda: ag.vmap(lambda t: ag.hvp(loss, (Z,), (t,)))(np.stack([T, 2 * T]))[0],
}


@pytest.mark.parametrize("around", [ag.checkpoint, ag.compile, lambda f: ag.checkpoint(ag.checkpoint(f))])
def test_real_and_complex_numbers_go_through_what_is_computed_again(around: Any) -> None:
    """Which packs several arrays into one vector."""

    def f(z: Any, x: Any) -> Any:
        return np.sum(np.abs(z * x) ** 2 + x**3), z * np.tanh(x), np.exp(x)

    def whole(made: Any) -> Any:
        def g(z: Any, x: Any) -> Any:
            a, b, c = made(1j * z, x * 2)
            return a + np.sum((b * (1 - 2j)).real * c)

        return g

    primals, steps = (Z, X), (T, X[::-1].copy())
    ours, theirs = whole(around(f)), whole(f)
    for derive in (
        lambda g: ag.jvp(g, primals, steps)[1], lambda g: ag.grad(g, (0, 1))(*primals),
        lambda g: ag.hvp(g, primals, steps), lambda g: ag.grad(lambda *p: ag.jvp(g, p, steps)[1], (0, 1))(*primals),
        lambda g: ag.vmap(ag.grad(g, (0, 1)))(*[np.stack([p, p]) for p in primals]),
    ):  # fmt: skip
        found, expected = (x if isinstance(x, tuple) else (x,) for x in map(derive, (ours, theirs)))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


def second_by_backward(t: ag.Tensor) -> Array:
    loss(t).backward(create_graph=True)
    first = t.grad
    t.zero_grad()
    np.sum(first.conj() * T).real.backward()
    return t.grad.numpy().conj()


@pytest.mark.parametrize("name", SECONDS)
def test_second_derivatives_by_every_way(name: str) -> None:
    """The derivative of the gradient along a direction, which is more than a complex matrix could say."""
    np.testing.assert_allclose(SECONDS[name](), seconds(Z, T), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(SECONDS[name](), ag.hvp(loss, (Z,), (T,)), rtol=1e-10)


def test_gradcheck_and_what_it_says() -> None:
    assert ag.gradcheck(loss, (Z, X), order=2)
    assert ag.gradcheck(lambda z: z * z.conj() * 1j, Z.astype(np.complex64))
    report = ag.gradcheck(lambda z: z * z.detach(), Z, raise_exception=False)
    assert (report.faults[0].verdict, report.faults[0].operation) == ("cut", "multiply")
    t = leaf()
    t.grad = T
    assert ag.gradcheck(np.abs, [t])
    assert (t.numpy().tolist(), t.is_leaf) == (Z.tolist(), True)
    np.testing.assert_array_equal(t.grad, T)


def test_debug_and_pictures_take_them() -> None:
    t = leaf()
    with ag.debug():
        loss(t).backward()
    assert "conjugate" in str(ag.explain(loss(leaf())))
    assert ag.visualize(loss(leaf())).source


# ----- operations at their corners -----


def test_sizes_norms_and_signs_at_zero_are_kinks_with_a_gradient_of_zero() -> None:
    zero = np.zeros(3, complex)
    for f in (lambda z: np.sum(np.abs(z)), np.linalg.norm, np.std, lambda z: np.sum(np.angle(z)),
              lambda z: np.linalg.norm(z, 3), lambda z: np.sum(np.sign(z).real)):  # fmt: skip
        np.testing.assert_array_equal(ag.grad(f)(zero), 0)
    for f in (lambda z: np.linalg.norm(z) ** 2, lambda z: np.sum(np.abs(z) ** 2)):
        found = ag.grad(lambda z, f=f: np.sum(ag.grad(f)(z) * T).real)(zero)
        np.testing.assert_allclose(found, 2 * T.conj())


def test_large_and_small_numbers() -> None:
    far = np.array([800 + 1j, -800 + 1j, 20 + 0.3j])
    assert np.all(np.isfinite(ag.grad(lambda z: np.sum(np.tanh(z).real))(far)))
    for scale in (1e200, 1e-200):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(ag.grad(np.linalg.norm)(scale * Z), Z.conj() / np.linalg.norm(Z), rtol=1e-12)
    z = ag.Tensor([1.0 + 0j])
    z.imag = np.inf
    assert z.tolist() == [complex(1, np.inf)]


def test_powers_of_negative_numbers_to_complex_exponents_have_complex_logarithms() -> None:
    for base in (-2.0, np.array([-2.0, -0.5])):
        expected = np.sum((base + 0j) ** (0.5 + 1j) * np.log(base + 0j))
        np.testing.assert_allclose(ag.grad(lambda n, b=base: np.sum((b**n).real))(0.5 + 1j), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_dtypes_are_kept(dtype: Any) -> None:
    real = np.dtype(dtype).type(0).real.dtype
    t, x = leaf(Z.astype(dtype)), leaf(X.astype(real))
    y = np.sum(np.abs(t * x * (2 - 1j) + 1) ** 2.0)
    y.backward()
    assert (y.dtype, t.grad.dtype, x.grad.dtype, t.real.dtype, t.conj().dtype) == (real, dtype, real, real, dtype)
    assert ag.jvp(lambda z: z * 2, (Z.astype(dtype),), (Z.astype(dtype),))[1].dtype == dtype
    assert ag.grad(lambda z: np.sum(np.abs(z)))(Z.astype(dtype)).dtype == dtype
    assert type(ag.grad(abs)(dtype(1 + 2j))) is dtype
    assert type(ag.grad(abs)(1 + 2j)) is np.complex128


REFUSED = (
    np.median, np.ptp, np.max, lambda z: np.maximum(z, 0), lambda z: np.clip(z, 0, 1), ag.relu, ag.softmax,
    ag.logsumexp, np.real_if_close, np.nanmax, lambda z: np.quantile(z, 0.5),
    lambda z: ag.mean_squared_error(z, Z),
)  # fmt: skip


@pytest.mark.parametrize("f", REFUSED)
def test_what_is_for_real_numbers_is_refused_at_its_line(f: Callable[..., Any]) -> None:
    for _ in range(5):  # before and after its fast path is made
        with pytest.raises(errors.GradientDtypeError, match=r"of dtype complex128 has no derivative here.*Write t"):
            f(leaf())
    with ag.debug(), pytest.raises(errors.GradientDtypeError):
        f(leaf())


def test_where_nobody_records_numpy_does_it() -> None:
    for f in (np.real_if_close, np.median, np.max, np.ptp, np.sort, lambda z: np.quantile(z.real, 0.5)):
        np.testing.assert_array_equal(f(ag.Tensor(Z)), f(Z))
    assert np.real_if_close(ag.Tensor(X + 0j)).dtype == np.float64


def test_transforms_for_real_numbers_refuse_them() -> None:
    half = ag.custom_op(lambda z: z / 2, vjp=lambda g: g / 2)
    with pytest.warns(errors.NumericalDerivativeWarning):
        numerical = ag.custom_op(lambda z: np.abs(z), numerical=True)
    root = ag.implicit.root(lambda x, z: x - np.abs(z), lambda z: np.abs(z))
    for f, kind in (
        (lambda: numerical(leaf()), errors.GradientDtypeError),
        (lambda: ag.grad(lambda z: np.sum(root(z)))(Z), errors.GradientDtypeError),
        (lambda: ag.optimize.minimize(lambda z: np.sum(np.abs(z)), Z), errors.DataError),
        (lambda: ag.hessian(lambda z: np.sum(np.abs(half(z))))(Z), errors.GradientDtypeError),
        (lambda: ag.elementwise_grad(np.sin)(Z), errors.GradientDtypeError),
    ):
        with pytest.raises(kind, match="complex"):
            f()


def test_a_real_result_of_an_operation_for_real_numbers_is_refused_too() -> None:
    half = custom(_real_of, lambda g: g)
    try:
        for _ in range(5):
            with pytest.raises(errors.GradientDtypeError, match="complex128"):
                half(leaf())
    finally:
        del REGISTRY[_real_of]


def _real_of(z: Any) -> Any:
    return z.real / 2


# ----- what a Tensor does -----


def test_parts_are_views() -> None:
    t = ag.Tensor(Z)
    t.real[0], t.imag = 7.0, X
    t.imag[1:] *= 2
    np.testing.assert_array_equal(t, [7, 3, -0.5] + 1j * X * [1, 2, 2])
    assert ag.Tensor(X).imag.tolist() == [0, 0, 0]
    x = ag.Tensor(X)
    x.real = 1.0
    assert x.tolist() == [1, 1, 1]
    w = leaf()
    y = w * 2
    y.real[1:], y.imag[0] = w.imag[1:], 0.0
    np.sum(np.abs(y) ** 2).backward()
    by_x, by_y = slopes(lambda z: np.sum(np.abs(np.array(
        [2 * z[0].real, z[1].imag + 2j * z[1].imag, z[2].imag + 2j * z[2].imag])) ** 2), Z)  # fmt: skip
    np.testing.assert_allclose(w.grad, by_x + 1j * by_y, rtol=1e-7, atol=1e-8)


def test_a_leaf_and_a_real_target_are_kept_from_being_written_to() -> None:
    w = leaf()
    with pytest.raises(errors.LeafMutationError):
        w.real = 1.0
    x = ag.Tensor(X) * 1
    with pytest.raises(errors.InPlaceError, match=r"v\.real"):
        x += Z
    z = leaf() * 1
    z += X
    z[0] = 2.0
    assert z.dtype == np.complex128


def test_pickles_and_copies() -> None:
    t = leaf()
    for twin in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t), copy.copy(t)):
        assert (twin.dtype, twin.requires_grad, twin.tolist()) == (t.dtype, True, t.tolist())
    derived = pickle.loads(pickle.dumps(ag.grad(np.sin, holomorphic=True)))
    assert derived(1j) == np.cos(1j)
    _, pullback = ag.vjp(np.abs, Z)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(pullback))(X), pullback(X))


def test_methods_and_numbers() -> None:
    t = leaf()
    assert abs(t).dtype == np.float64
    assert ag.Tensor(X).conj().tolist() == X.tolist()
    np.testing.assert_array_equal(t.conjugate().detach(), Z.conj())
    assert complex(ag.Tensor(1 + 2j)) == 1 + 2j
    assert repr(ag.Tensor([1 + 2j])) == "Tensor([1.+2.j], dtype=complex128)"
    with pytest.raises(errors.ConversionError):
        complex(leaf(1 + 2j))


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5}, {"momentum": 0.5, "nesterov": True, "weight_decay": 0.01}])
def test_a_complex_parameter_learns_as_its_two_parts_do(settings: Any) -> None:
    p = ag.nn.Parameter(Z)
    re, im = ag.nn.Parameter(Z.real), ag.nn.Parameter(Z.imag)
    for params, value in (([p], lambda: p), ([re, im], lambda: re + 1j * im)):
        opt = ag.optim.SGD(params, lr=0.1, **settings)
        for _ in range(3):
            opt.zero_grad()
            np.sum(np.abs(np.sin(value()) - 1j) ** 2).backward()
            opt.step()
    np.testing.assert_allclose(p.numpy(), re.numpy() + 1j * im.numpy(), rtol=1e-12)


def test_compiled_text_runs_alone_with_complex_literals() -> None:
    numbers = [complex(np.nan, -0.0), complex(np.inf, 1), complex(-0.0, np.inf), 1e-3 - 2j]
    f = ag.compile(lambda z: [z * c + np.complex64(1j) for c in numbers])
    for a, b in zip(f(Z), [Z * c + np.complex64(1j) for c in numbers], strict=True):
        np.testing.assert_array_equal(a, b)

    def size(z: Any) -> Any:
        return np.sum(np.abs(np.tanh(z) * (0.5 - 2j)) * z.imag)

    g = ag.compile(ag.grad(size))
    g(Z)
    names: dict[str, Any] = {}
    exec(g.source, names)
    np.testing.assert_allclose(names["size"](Z)[0], ag.grad(size)(Z), rtol=1e-12)


@pytest.mark.parametrize("backend", ["numpy", "cc", "auto"])
def test_backends_leave_them_to_numpy(backend: str) -> None:
    try:
        f = ag.compile(ag.grad(loss), backend=backend)
        found = [f(scale * Z) for scale in (1, 2)]
    except errors.CompileError as error:
        pytest.skip(str(error)[:80])
    for scale, g in zip((1, 2), found, strict=True):
        np.testing.assert_allclose(g, ag.grad(loss)(scale * Z), rtol=1e-12)


# ----- random programs -----

UNARY: tuple[Callable[[Any], Any], ...] = (
    np.tanh, np.sin, np.exp, np.conj, np.sign, np.abs, np.angle, np.real, np.imag, lambda z: 1j * z,
    lambda z: np.sqrt(z + 3), lambda z: np.log(z + 4j), lambda z: z**2, lambda z: z - np.mean(z), np.cumsum, np.flip,
    lambda z: z / (1 + np.abs(z)), lambda z: np.where(np.arange(4) > 1, z, z.conj()), lambda z: z[[0, 0, 3, 2]],
    lambda z: z.reshape(2, 2).T.reshape(4), lambda z: np.roll(z, 1).real + 0.5j * z.imag, lambda z: z * z[1],
)  # fmt: skip
BINARY: tuple[Callable[[Any, Any], Any], ...] = (
    lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a - 0.5j * b, lambda a, b: a / (3 + np.abs(b)),
    lambda a, b: np.vdot(a, b) + a, lambda a, b: np.outer(a, b) @ b, lambda a, b: a * np.linalg.norm(b),
    lambda a, b: np.convolve(a, b, "same"), lambda a, b: np.correlate(a, b, "same"),
    lambda a, b: np.einsum("i,j,i->j", a, b, b), lambda a, b: np.concatenate([a[:2], b[2:]]),
)  # fmt: skip


def program(seed: int) -> Callable[..., Any]:
    """Return a function of a complex and a real vector that is made at random, and returns a real number."""
    rng = np.random.default_rng(seed)
    steps = [(rng.random() < 0.5, rng.integers(99), rng.integers(99), rng.integers(99)) for _ in range(7)]

    def run(z: Any, x: Any) -> Any:
        known = [z, x]
        for is_binary, which, first, second in steps:
            a, b = known[first % len(known)], known[second % len(known)]
            y = BINARY[which % len(BINARY)](a, b) if is_binary else UNARY[which % len(UNARY)](a)
            known.append(y / (1 + 0.2 * np.sum(np.abs(y)) / 4))
        return sum(np.sum(np.real(y * (1 - 0.5j))) for y in known)

    return run


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed: int) -> None:
    f, rng = program(seed), np.random.default_rng(1000 + seed)
    z, x = rng.uniform(0.4, 1.5, 4) * np.exp(1j * rng.uniform(0.2, 1.3, 4)), rng.uniform(0.5, 1.5, 4)
    steps = randoms(rng, (z, x))
    gradient = ag.grad(f, (0, 1))(z, x)
    ahead = ag.jvp(f, (z, x), steps)[1]
    h = 1e-6
    by_differences = (f(z + h * steps[0], x + h * steps[1]) - f(z - h * steps[0], x - h * steps[1])) / (2 * h)
    scale = 1 + abs(ahead)
    assert abs(inner(gradient, steps) - ahead) <= 1e-10 * scale
    assert abs(by_differences - ahead) <= 1e-6 * scale
    t, u = leaf(z), leaf(x)
    f(t, u).backward()
    np.testing.assert_allclose(t.grad.numpy().conj(), gradient[0], rtol=1e-10, atol=1e-12)
    second = ag.hvp(f, (z, x), steps)
    again = ag.grad(lambda *p: ag.jvp(f, p, steps)[1], (0, 1))(z, x)
    others = randoms(rng, (z, x))
    assert abs(inner(second, others) - inner(again, others)) <= 1e-8 * (1 + abs(inner(second, others)))
    if seed % 6 == 0:
        np.testing.assert_allclose(ag.compile(ag.grad(f))(z, x), gradient[0], rtol=1e-10, atol=1e-12)
        batched = ag.vmap(ag.grad(f))(np.stack([z, z * 1.1]), np.stack([x, x]))
        np.testing.assert_allclose(batched[0], gradient[0], rtol=1e-10, atol=1e-12)
