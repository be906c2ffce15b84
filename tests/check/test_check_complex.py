"""Gradient checks of complex numbers: of functions of Tensors, in both parts, and of pairs of plain functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

Z = np.array([1 + 2j, 0.5 - 1j, -0.25 + 0.5j])
MANY = np.random.default_rng(0).normal(size=(500, 2)) @ [1, 1j]


def checked(f: Callable[..., Any], df: Callable[..., Any], *inputs: Any) -> ag.GradcheckReport:
    return ag.gradcheck((f, df), inputs, raise_exception=False)


# ----- functions of Tensors -----


@pytest.mark.parametrize(
    "z", [Z, 1 + 2j, Z.astype(np.complex64), ag.Tensor(Z, requires_grad=True)], ids=["array", "number", "c8", "t"]
)
def test_complex_inputs_and_outputs_are_checked_in_both_parts(z: Any) -> None:
    assert ag.gradcheck(lambda z: (z * z, np.abs(z), z * np.conj(z) * 1j), [z], order=2)
    report = ag.gradcheck(lambda z: (z * z, z.detach() * z), [z], raise_exception=False)
    assert {fault.verdict for fault in report.faults} == {"cut"}
    assert [i.shape[-1] for i in report.inputs] == [2]


def test_a_complex_tensor_that_requires_no_gradient_is_a_constant() -> None:
    def f(x: Any, z: Any) -> Any:
        return x * np.exp(1j * z)

    assert len(ag.gradcheck(f, (np.ones(3), Z)).inputs) == 2
    assert len(ag.gradcheck(f, (np.ones(3), ag.Tensor(Z))).inputs) == 1
    with pytest.raises(errors.GradientDtypeError, match="1 input"):
        ag.gradcheck(np.abs, ag.Tensor(Z))


@pytest.mark.parametrize(
    "rule", [lambda g, z: g.conj() * 2 * z, lambda g, z: g * 2 * z.conj(), lambda g, z: (g * 2 * z).real],
    ids=["of the cotangent", "of the number", "a part"],
)  # fmt: skip
def test_a_conjugate_too_many_and_a_part_too_few_are_found_and_located(rule: Any) -> None:
    square = ag.custom_op(lambda z: z * z, vjp=rule, name="mine")
    (fault, *_) = ag.gradcheck(lambda z: np.sin(square(z)), Z, raise_exception=False).faults
    assert (fault.verdict, fault.operation) == ("wrong", "mine")


def test_narrow_complex_numbers_are_compared_with_wide_ones() -> None:
    f = ag.custom_op(lambda z: z * z, vjp=lambda g, z: g * 2 * z * (1 if z.dtype == complex else 1.5), name="mine")
    (fault,) = ag.gradcheck(f, Z.astype(np.complex64), raise_exception=False).faults
    assert fault.verdict == "narrow"


# ----- pairs of functions of complex numbers -----

RIGHT: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...]]] = {
    "square": (lambda z: z * z, lambda z: np.diag(2 * z), (Z,)),
    "at 1e8": (lambda z: z * z, lambda z: np.diag(2 * z), (Z * 1e8,)),
    "at 1e-8": (lambda z: z * z, lambda z: np.diag(2 * z), (Z * 1e-8,)),
    "a number": (lambda z: z * np.exp(z), lambda z: (1 + z) * np.exp(z), (1 + 2j,)),
    "complex64": (lambda z: np.sum(np.sin(z)), np.cos, (Z.astype(np.complex64),)),
    "many": (lambda z: np.sum(np.sin(z)), np.cos, (MANY,)),
    "a matrix": (lambda z: z @ z[0], lambda z: np.einsum("im,n->imn", np.eye(2), z[0]) + np.einsum(
        "in,m->imn", z, np.eye(2)[0]), (Z[:2, None] + np.array([0.5, 1j]),)),
    "a real function": (lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z, (Z,)),
    "a real function of many": (lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z, (MANY,)),
    "a complex function of real numbers": (lambda x: np.exp(1j * x), lambda x: np.diag(1j * np.exp(1j * x)), (Z.real,)),
    "complex and real": (lambda z, x: np.sum(x * np.exp(z)), lambda z, x: (x * np.exp(z), np.exp(z)), (Z, Z.real)),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_give_no_alarm_and_wrong_ones_do(name: str) -> None:
    f, df, inputs = RIGHT[name]
    assert checked(f, df, *inputs).ok

    def planted(*xs: Any) -> Any:
        first, *others = given if isinstance(given := df(*xs), tuple) else (given,)
        wrong = np.array(first, complex) if np.iscomplexobj(first) else np.array(first)
        wrong.flat[0] *= 1.001
        return (wrong[()], *others)

    (fault,) = checked(f, planted, *inputs).faults
    assert fault.verdict == "wrong"
    assert fault.index[0] == 0


def test_numbers_are_shown_as_pairs_of_parts() -> None:
    report = checked(lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z.real, Z)
    assert [(i.name, i.shape, str(i.dtype)) for i in report.inputs] == [("z", (3, 2), "complex128")]
    (fault,) = report.faults
    assert fault.index[1] == 1
    assert fault.count == 3


@pytest.mark.parametrize(
    ("f", "df", "z", "index"),
    [
        (lambda z: z.conj(), lambda z: np.eye(3), Z, (0,)),
        (lambda z: z * np.abs(z), lambda z: np.diag(2 * z), Z, None),
        (lambda z: np.sum(np.sin(z)) + z[77].conj(), lambda z: np.cos(z) + (np.arange(500) == 77), MANY, (77,)),
    ],
    ids=["conjugate", "absolute value", "one of many"],
)
def test_a_function_without_a_complex_derivative(f: Any, df: Any, z: Any, index: Any) -> None:
    report = checked(f, df, z)
    assert report.faults[0].verdict == "not holomorphic"
    assert index in {None, report.faults[0].index}
    assert "fault: not holomorphic" in str(report)
    with pytest.raises(errors.GradcheckError, match=r"no complex derivative is right.*1 along the imaginary|real axis"):
        report.assert_ok()


def test_a_function_without_one_passes_in_two_real_inputs() -> None:
    """What the message says to write."""
    assert checked(lambda re, im: (re + 1j * im).conj(), lambda re, im: (np.eye(3), -1j * np.eye(3)), Z.real, Z.imag).ok


@pytest.mark.parametrize(
    ("f", "df"),
    [
        (lambda z: np.sum(np.abs(z) ** 2), lambda z: 2 * z.conj()),
        (lambda z: z * z, lambda z: np.diag(2 * z.conj())),
    ],
    ids=["real", "complex"],
)
def test_the_other_convention_is_named(f: Any, df: Any) -> None:
    """JAX's gradient of a real function is the conjugate of PyTorch's, which is the one expected."""
    (fault,) = checked(f, df, Z).faults
    assert (fault.verdict, fault.hint) == ("wrong", "It is the conjugate of the right one: look for a missing .conj()")


def test_an_imaginary_part_where_all_is_real_is_refused() -> None:
    with pytest.raises(errors.GradientDtypeError, match=r"Write df\(x\)\.real"):
        checked(np.square, lambda x: np.diag(2 * x + 1j), Z.real)
    assert checked(np.square, lambda x: np.diag(2 * x + 0j), Z.real).ok
