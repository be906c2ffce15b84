"""The gradient check: no alarm on right functions, one on every planted mistake, and what the report says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from helpers import numbers, only, sine

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import bilinear, custom, elementwise
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.rules.products import affine


def standardized(x: Any) -> Any:
    centred = x - x.mean(axis=0)
    return centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)


# ----- right functions -----

RIGHT: dict[str, tuple[Callable[..., Any], Any]] = {
    "matrix": (np.tanh, numbers(3, 2)),
    "three axes": (lambda x: np.sum(np.sin(x), axis=1), numbers(2, 3, 2)),
    "no axes": (np.exp, np.array(0.3)),
    "a Python number": (np.exp, 0.3),
    "no elements": (np.exp, np.zeros((0, 3))),
    "no elements, one result": (np.sum, np.zeros(0)),
    "one element": (np.sqrt, np.array([[2.0]])),
    "two inputs": (np.matmul, (numbers(3, 4), numbers(4, 2))),
    "broadcasting": (lambda a, b: a * b, (numbers(3, 1), numbers(2))),
    "affine": (affine, (numbers(4, 2), numbers(3, 2), numbers(3))),
    "transposed view": (lambda x: x[1:] * x[:-1], numbers(3, 4).T),
    "several outputs": (lambda x: (np.sin(x), [x.sum(), x > 0][0], x > 0), numbers(3)),
    "the input itself": (lambda x: x, numbers(2)),
    "an input without influence": (lambda a, b: b * 2, (numbers(3), numbers(3))),
    "no derivative anywhere": (np.floor, np.array([2.1, 2.5])),
    "a constant": (lambda x: x - x, numbers(3)),
    "softmax, whose sum is 1": (lambda x: ag.softmax(x).sum(), numbers(5)),
    "a sum that cancels": (lambda x: ag.softmax(x).sum() - 1, numbers(5)),
    "float32": (lambda x: np.tanh(x @ x.T).sum(), numbers(4, 4, dtype="f4")),
    "float32, standardized": (standardized, numbers(4, 3, dtype="f4")),
    "float32 and float64": (lambda a, b: a * b, (numbers(3, dtype="f4"), numbers(3))),
    "float32 on the way": (lambda x: np.tanh(x.astype(np.float32)), numbers(4)),
    "float32 on the way and back": (lambda x: np.tanh(x.astype(np.float32)).astype(np.float64).sum(), numbers(4)),
    "float16": (np.tanh, numbers(4, dtype="f2")),
    "longdouble": (np.tanh, numbers(3).astype(np.longdouble)),
    "squares of size 1e8": (lambda x: x**2, np.array([1e8, -3e8])),
    "sine at 1e8": (np.sin, np.array([1e8, 1.2345e8])),
    "squares of size 1e-8": (lambda x: x**2, np.array([1e-8, -2e-8])),
    "logarithm at 1e-8": (np.log, np.array([1e-8, 3e-12])),
    "reciprocal at 1e-8": (lambda x: 1 / x, np.array([1e-8, 3e-12])),
    "logarithm at the ends": (np.log, np.array([1e300, 1e-300])),
    "results of size 1e-20": (lambda x: 1e-20 * np.sin(x), numbers(4)),
    "offset of 1e8": (lambda x: (x**2).sum() + 1e8, numbers(5)),
    "hidden offset of 1e8": (lambda x: (np.sin(x) + 1e8) - 1e8, numbers(5)),
    "steep": (lambda x: np.exp(-1e6 * x**2), np.array([1e-3, 1e-4, 1.0])),
    "fast": (lambda x: np.sin(1000 * x), numbers(3)),
    "saturated": (ag.sigmoid, np.array([40.0, -40.0, 0.0, 700.0])),
    "powers at 0": (lambda x: x**5, np.zeros(2)),
    "near a kink": (ag.relu, np.array([0.5, -1.0, 1e-9, -1e-9])),
    "large and small outputs": (lambda a, b: a * 1e8 + b * 1e-8, (numbers(2), numbers(2))),
    "a function in C": (REGISTRY[np.exp], numbers(2)),
}


@pytest.mark.parametrize("name", RIGHT)
def test_no_alarm_on_a_right_function(name: str) -> None:
    f, inputs = RIGHT[name]
    assert ag.gradcheck(f, inputs)


def test_many_inputs_of_every_size() -> None:
    """A sweep over sizes: 25 orders of magnitude, no false alarm, and a thousandth too much is seen at each."""
    wrong = elementwise(lambda x: x * x, lambda g, x: 2.002 * g * x)
    for exponent in range(-12, 13):
        x = numbers(3) * 10.0**exponent
        assert ag.gradcheck(lambda x: x * x, x)
        assert not ag.gradcheck(wrong, x, raise_exception=False)


# ----- wrong rules -----


def one_wrong_element(g: Any, x: Any) -> Any:
    factors = np.ones(1000)
    factors[437] = 1.001
    return g * np.cos(x) * factors


def product(left: Callable[..., Any]) -> Any:
    return bilinear(lambda a, b: a @ b, left, lambda g, a: a.T @ g)


UNTRANSPOSED = product(lambda g, b: g @ b)
WHOLLY_TRANSPOSED = product(lambda g, b: (g @ b.T).T)
FORGETFUL = custom(lambda x: (x * x).sum(), lambda g, x: 2 * x)

WRONG: dict[str, tuple[Callable[..., Any], Any, str, str]] = {
    "a factor of 1.001": (sine(lambda g, x: 1.001 * g * np.cos(x)), numbers(4), "input 0", "1.001 times"),
    "a factor of 1.00001": (sine(lambda g, x: 1.00001 * g * np.cos(x)), numbers(4), "input 0", "1.00001 times"),
    "a factor of 1.001 in float32": (
        sine(lambda g, x: 1.001 * g * np.cos(x)), numbers(4, dtype="f4"), "input 0", "look for a factor",
    ),
    "a factor of 1.001 under an offset of 1e8": (
        lambda x: sine(lambda g, x: 1.001 * g * np.cos(x))(x) + 1e8, numbers(4), "input 0", "look for a factor",
    ),
    "a factor of 1.001 at 1e6": (
        sine(lambda g, x: 1.001 * g * np.cos(x)), numbers(4) + 1e6, "input 0", r"1\.001\d* times",
    ),
    "one element of 1000": (
        lambda x: sine(one_wrong_element)(x).sum(), numbers(1000), r"at 1 of 1000.*index \[437\]", "Look at",
    ),
    "a gradient of 1e-6 twice": (
        lambda x: 1e-6 * sine(lambda g, x: 2 * g * np.cos(x))(x), numbers(3), "input 0", "2 times",
    ),
    "a gradient of 1e-9 a thousandfold": (
        lambda x: 1e-9 * sine(lambda g, x: 1000 * g * np.cos(x))(x), numbers(3), "input 0", "1000 times",
    ),
    "the sign": (sine(lambda g, x: -g * np.cos(x)), numbers(3), "3 of 3", "missing minus"),
    "no gradient": (sine(lambda g, x: 0 * g), numbers(3), "input 0", "detach"),
    "the cotangent forgotten": (FORGETFUL, numbers(3), "input 0", "forgets g"),
    "a missing transpose": (UNTRANSPOSED, (numbers(3, 3), numbers(3, 3)), r"input 0 \(a\)", "Look at"),
    "transposed as a whole": (
        lambda a, b: WHOLLY_TRANSPOSED(a, b).sum(), (numbers(3, 3), numbers(3, 3)), r"input 0 \(a\)", r"missing \.T",
    ),
    "second argument detached": (lambda a, b: a * b.detach(), (numbers(3), numbers(3)), r"input 1 \(b\)", "detach"),
    "left the graph": (lambda x: x.detach().numpy().sum() ** 2, numbers(3), "input 0", "numpy"),
    "second output": (lambda x: (x, np.sin(x.detach())), numbers(3), "output 1 element", "not tracked"),
    "where it is constant": (elementwise(lambda x: np.floor(x), lambda g, x: g), np.array([2.1]), "input 0", "Look at"),
    "an edge": (np.sqrt, np.array([0.0, 1.0]), "at 1 of 2", "not finite around this"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_an_alarm_on_every_planted_mistake(name: str) -> None:
    f, inputs, where, hint = WRONG[name]
    with pytest.raises(errors.GradcheckError, match=f"(?s){where}.*{hint}.*Write "):
        ag.gradcheck(f, inputs)
    assert not ag.gradcheck(f, inputs, raise_exception=False)


def test_the_message_says_everything() -> None:
    def energy(position: Any, mass: Any) -> Any:
        return mass * sine(lambda g, x: 1.5 * g * np.cos(x))(position)

    with pytest.raises(errors.GradcheckError) as caught:
        ag.gradcheck(energy, (np.array([[0.0, 1e-3]]), np.array(2.0)))
    shown = re.sub(r"known to [0-9.e-]+", "known to E", str(caught.value)).replace(__file__, "file.py")
    line = energy.__code__.co_firstlineno + 1
    assert shown == (
        "gradcheck of energy: the derivative with respect to input 0 (position) is wrong at 2 of 2 elements. Worst at "
        "index [0, 0] (output element [0, 0]): derived 3, by finite differences 2 (known to E). Everywhere the derived "
        "one is 1.5 times the other: look for a factor in a rule. The first operation that is wrong on its own is "
        f"<lambda>, by its argument x, called at file.py:{line}. "
        "Write print(ag.gradcheck(f, inputs, raise_exception=False)) for the table of all inputs"
    )
    assert isinstance(caught.value, AssertionError)


def test_the_message_for_single_numbers() -> None:
    with pytest.raises(errors.GradcheckError, match=r"1 of 1 elements\. Worst: derived 0, by finite differences 6 "):
        ag.gradcheck(lambda x: x.detach() ** 2, 3.0)


# ----- the report -----


def test_the_report() -> None:
    w = ag.Tensor(numbers(3, 2), requires_grad=True, name="W")
    report = ag.gradcheck(lambda w, x, e: (w * x).sum() + e.sum(), (w, np.ones((3, 2)), np.zeros((0, 2))))
    assert isinstance(report, ag.GradcheckReport)
    assert [(i.position, i.name, i.shape, str(i.dtype)) for i in report.inputs] == [
        (0, "W", (3, 2), "float64"), (1, "x", (3, 2), "float64"), (2, "e", (0, 2), "float64"),
    ]  # fmt: skip
    assert all(i.max_error < 1e-9 for i in report.inputs)
    lines = str(report).splitlines()
    assert lines[0] == "gradcheck of <lambda>"
    assert lines[1].split() == [
        *("input", "shape", "dtype", "max", "error", "worst", "at", "derived", "numeric", "noise", "verdict")
    ]
    assert [line.split()[0] for line in lines[2:]] == ["W", "x", "e"]
    assert all(line.endswith("ok") for line in lines[2:])
    assert len({line.index("float64") for line in lines[2:]}) == 1


def test_the_report_of_a_mistake() -> None:
    inputs = np.ones(2), np.full(2, 3.0)
    report = ag.gradcheck(lambda a, b: (a * b.detach(), b.sum() * 0), inputs, raise_exception=False)
    right, wrong = report.inputs
    assert right
    assert not wrong
    assert (wrong.wrong, wrong.element, wrong.output) == (2, (0,), "output 0 element [0]")
    assert (wrong.derived, wrong.max_error) == (0, pytest.approx(1))
    assert wrong.numeric == pytest.approx(1, rel=1e-10)
    assert 0 < wrong.noise < 1e-9
    assert str(report).splitlines()[-2].endswith("WRONG at 2")
    assert str(report).splitlines()[-1] == (
        "fault: cut  reverse  b  [0]  Taylor slope 1.00  operation multiply, argument x2, "
        f"{__file__}:{test_the_report_of_a_mistake.__code__.co_firstlineno + 2}"
    )


def test_names_come_from_a_mapping_first() -> None:
    w = ag.Tensor([1.0], requires_grad=True, name="own")
    assert ag.gradcheck(lambda a: a * 2, {"given": w}).inputs[0].name == "given"
    assert ag.gradcheck(lambda a: a * 2, w).inputs[0].name == "own"
    assert ag.gradcheck(lambda a: a * 2, np.ones(1)).inputs[0].name == "a"
    assert ag.gradcheck(lambda *a: a[0] * 2, np.ones(1)).inputs[0].name == ""


# ----- verdicts that are neither right nor wrong -----


def test_a_kink_is_said_to_be_one() -> None:
    report = ag.gradcheck(ag.relu, np.array([0.0, 1.0]))
    kink = only(report.remarks)
    assert report.ok
    assert (kink.verdict, kink.index, kink.slopes, kink.analytic, kink.between) == ("kink", (0,), (0.0, 1.0), 0.0, True)
    assert "remark: kink" in str(report)


def test_a_derivative_outside_of_a_kink_is_a_fault() -> None:
    ramp = elementwise(lambda x: np.maximum(x, 0), lambda g, x: g * np.where(x > 0, 1.0, np.where(x < 0, 0.0, 1.5)))
    with pytest.raises(errors.GradcheckError, match=r"index \[0\].*is 1.5, but.*kink.*slope 0 .*slope|1 to the right"):
        ag.gradcheck(ramp, np.array([0.0, 1.0]))
    assert ag.gradcheck(ramp, np.array([0.1, 1.0]))


def test_a_rule_that_is_wrong_at_0_only() -> None:
    op = elementwise(lambda x: x * x, lambda g, x: g * np.where(x == 0, 1e-3, 2 * x))
    fault = only(ag.gradcheck(op, np.array([0.0, 2.0]), raise_exception=False).faults)
    assert (fault.verdict, fault.index, fault.count) == ("wrong", (0,), 1)


def test_an_input_without_influence_is_said_to_be_one() -> None:
    report = ag.gradcheck(lambda a, b: b * 2, (numbers(3), numbers(3)))
    assert [(r.verdict, r.name) for r in report.remarks] == [("independent", "a")]


def test_a_function_that_writes_to_its_argument() -> None:
    def greedy(x: Any, buffer: np.ndarray) -> Any:
        buffer += 1
        return x * buffer

    report = ag.gradcheck(greedy, (numbers(2), np.zeros(2, int)), raise_exception=False)
    assert (only(report.faults).verdict, only(report.faults).position) == ("input mutated", 1)
    with pytest.raises(errors.GradcheckError, match=r"writes to its input 1.*Write x = x\.copy\(\)"):
        report.assert_ok()


def test_a_sweep_that_differs_from_call_to_call() -> None:
    calls = iter(range(1000))
    op = elementwise(lambda x: np.sin(x), lambda g, x: g * np.cos(x) * (1 + 1e-9 * next(calls)))
    report = ag.gradcheck(op, numbers(3), raise_exception=False)
    assert report.faults[0].verdict == "not deterministic"


def test_a_rule_that_loses_digits_in_float32() -> None:
    op = elementwise(lambda x: np.sin(x), lambda g, x: g * ((np.cos(x) + x.dtype.type(1e5)) - x.dtype.type(1e5)))
    report = ag.gradcheck(op, numbers(3, dtype="f4"))
    assert only(report.remarks).verdict == "imprecise"
    assert "right in float64, but in float32" in str(only(report.remarks))


@pytest.mark.parametrize("error", [1e-2, 1e-3, -0.5])
def test_a_rule_that_is_wrong_in_float32_only(error: float) -> None:
    """Rounding explains 1e-7: in the function, in the rule, and at this very point."""

    def factor(x: Any) -> Any:
        return np.float32(1 + error) if x.dtype == np.float32 else 1.0

    op = sine(lambda g, x: g * np.cos(x) * factor(x))
    for f, x in ((op, numbers(3, dtype="f4")), (lambda x: np.sum(np.exp(op(x * 2))), numbers(100, dtype="f4"))):
        report = ag.gradcheck(f, x, raise_exception=False)
        fault = only(report.faults)
        assert (fault.verdict, fault.operation, fault.argument) == ("narrow", "<lambda>", "x")
        assert f"off by {fault.share:.1e} of itself" in str(report)
        assert ag.gradcheck(f, x.astype(float))


def test_a_forward_rule_that_is_wrong_in_float32_only() -> None:
    op = custom(
        lambda x: np.sin(x), lambda g, x: g * np.cos(x),
        jvp=lambda tangents, x: tangents[0] * np.cos(x) * (np.float32(1.01) if x.dtype == np.float32 else 1),
    )  # fmt: skip
    fault = only(ag.gradcheck(op, numbers(3, dtype="f4"), raise_exception=False).faults)
    assert (fault.verdict, fault.mode) == ("narrow", "forward")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (1 - np.cos(x * 1e-4)) / (x * 1e-4) ** 2,
        lambda x: np.sqrt(np.sum(x * x * 1e30)),
        lambda x: np.exp(40 * x) / np.exp(39 * x),
        lambda x: np.sum(ag.relu(x * 0.1 - x / 10)),
        lambda x: np.log1p(np.exp(30 * x)),
        lambda x: np.linalg.norm(x * 1e25) * 1e-25,
        lambda x: np.tan(x * 1.57),
        lambda x: np.std(x + 1e4),
        lambda x: np.prod(x * 1e10),
        lambda x: (x + 1e6) ** 2 - 2e6 * x,
        np.sort,
        ag.softmax,
    ],
    ids=range(12),
)
@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_digits_that_a_right_function_loses_are_no_fault(f: Any, dtype: str) -> None:
    with np.errstate(all="ignore"):
        report = ag.gradcheck(f, numbers(5, dtype=dtype), raise_exception=False)
    assert all(fault.verdict != "narrow" for fault in report.faults), str(report)


@pytest.mark.parametrize("size", [3, 300])
def test_a_rule_that_returns_fewer_digits_is_remarked_with_the_size_of_its_error(size: int) -> None:
    op = sine(lambda g, x: (g * np.cos(x)).astype(np.float32))
    report = ag.gradcheck(lambda x: op(x) * 2, numbers(size))
    remark = report.remarks[0]
    assert (remark.verdict, remark.operation) == ("rounded", "<lambda>")
    assert 1e-9 < remark.share < 1e-6
    assert f"off by {remark.share:.1e} of itself" in str(report)
    assert "returns float32 where its input is float64" in str(remark)
    assert not ag.gradcheck(np.sin, numbers(size)).remarks
