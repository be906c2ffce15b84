"""What is checked and how: orders, modes, plain functions, tolerances; what is refused; and nothing is left behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import numbers, only, sine

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import custom, elementwise

# ----- orders and modes -----


def test_a_second_derivative_that_is_wrong() -> None:
    """The first derivative is right, but its own rule is hidden from the sweep."""
    op = elementwise(lambda x: np.sin(x), lambda g, x: g * np.cos(getattr(x, "detach", lambda: x)()))
    assert ag.gradcheck(op, numbers(3))
    report = ag.gradcheck(op, numbers(3), order=2, raise_exception=False)
    fault = only(report.faults)
    assert (fault.order, fault.verdict, fault.operation, fault.file) == (2, "cut", "cos", __file__)
    assert fault.line == test_a_second_derivative_that_is_wrong.__code__.co_firstlineno + 2
    with pytest.raises(errors.GradcheckError, match="the second derivative with respect to input 0"):
        ag.gradcheck(op, numbers(3), order=2)
    assert ag.gradcheck(np.sin, numbers(3), order=3)


def test_a_forward_rule_that_is_wrong() -> None:
    def jvp(tangents: Any, x: Any) -> Any:
        return 1.01 * tangents[0] * np.cos(x)

    op = custom(lambda x: np.sin(x), lambda g, x: g * np.cos(x), jvp=jvp)
    assert ag.gradcheck(op, numbers(3), modes=("reverse",))
    fault = only(ag.gradcheck(op, numbers(3), raise_exception=False).faults)
    assert (fault.mode, fault.verdict) == ("forward", "wrong")
    with pytest.raises(errors.GradcheckError, match="in forward mode"):
        ag.gradcheck(op, numbers(3))


# ----- plain functions -----


def test_a_pair_of_plain_functions() -> None:
    def f(x: np.ndarray, a: float) -> Any:
        return a * np.sum(x**2)

    assert ag.gradcheck((f, lambda x, a: (2 * a * x, np.sum(x**2))), (numbers(3), 2.0))
    report = ag.gradcheck((f, lambda x, a: (2 * x, np.sum(x**2))), (numbers(3), 2.0), raise_exception=False)
    assert [f.name for f in report.faults] == ["x"]
    assert ag.gradcheck((lambda x: x**2, lambda x: np.diag(2 * x)), numbers(4))
    with pytest.raises(errors.ShapeError, match=r"shapes \[\(4,\)\], where \[\(4, 4\)\] are expected"):
        ag.gradcheck((lambda x: x**2, lambda x: 2 * x), numbers(4))


@pytest.mark.parametrize("options", [{"order": 0}, {"modes": ()}, {"modes": ("sideways",)}, {"directions": 0}])
def test_settings_that_say_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(errors.ArgumentError, match="Write"):
        ag.gradcheck(np.sin, numbers(2), **options)


# ----- what is checked -----


def test_only_what_has_a_derivative_is_checked() -> None:
    seen = []

    def f(w: Any, x: Any, count: Any, indices: Any, options: Any) -> Any:
        seen.append((x.requires_grad, count, indices.dtype.kind, options))
        return (w * x)[indices].sum() * count

    w, x = ag.Tensor([1.0, 2.0], requires_grad=True), ag.Tensor([3.0, 4.0])
    report = ag.gradcheck(f, (w, x, 3, np.array([0, 1]), "fast"))
    assert [i.name for i in report.inputs] == ["w"]
    assert set(seen) == {(False, 3, "i", "fast")}


def test_a_tensor_given_twice_is_checked_once() -> None:
    x = ag.Tensor([1.0, 2.0], requires_grad=True)
    report = ag.gradcheck(lambda a, b: a * b, (x, x))
    assert len(report.inputs) == 1
    assert report.inputs[0].derived == pytest.approx(2 * x.numpy()[report.inputs[0].element])


def test_parameters_of_a_model() -> None:
    model = ag.nn.Sequential(ag.nn.Linear(2, 3), ag.nn.Sigmoid())
    x = ag.Tensor(numbers(4, 2))
    report = ag.gradcheck(lambda *_: (model(x) ** 2).sum(), dict(model.named_parameters()))
    assert [i.name for i in report.inputs] == list(dict(model.named_parameters()))
    assert ag.gradcheck(lambda *_: (model(x) ** 2).sum(), model.parameters())
    assert not ag.gradcheck(lambda *_: (model(x).detach() ** 2).sum(), model.parameters(), raise_exception=False)


def test_the_result_of_an_operation_can_be_an_input() -> None:
    y = np.exp(ag.Tensor([1.0, 2.0], requires_grad=True))
    assert ag.gradcheck(np.sin, y)
    assert not y.is_leaf
    y.sum().backward()


def test_a_function_that_derives() -> None:
    """The second derivative, by checking the first."""

    def slope(x: Any) -> Any:
        (np.sin(x) * x).sum().backward(create_graph=True)
        return x.grad

    assert ag.gradcheck(slope, numbers(3))


def test_inside_no_grad() -> None:
    with ag.no_grad():
        assert ag.gradcheck(np.tanh, numbers(2))
        assert not ag.is_grad_enabled()


# ----- tolerances and steps -----


def test_tolerances_are_the_callers() -> None:
    wrong = sine(lambda g, x: 1.001 * g * np.cos(x))
    assert not ag.gradcheck(wrong, numbers(3), raise_exception=False, rtol=1e-4)
    assert ag.gradcheck(wrong, numbers(3), rtol=1e-2)
    assert ag.gradcheck(wrong, numbers(3), atol=1e-2)
    assert not ag.gradcheck(wrong, numbers(3), rtol=0, atol=0, raise_exception=False)
    assert ag.gradcheck(np.sin, numbers(3), rtol=0, atol=1e-10)


def test_the_step_is_the_callers() -> None:
    steps = set()

    def f(x: Any) -> Any:
        steps.add(abs(round(x.item() - 1.0, 12)))
        return x * x.detach()

    ag.gradcheck(f, np.array(1.0), eps=1e-2, raise_exception=False)
    assert max(steps) == 1e-2
    assert ag.gradcheck(np.sin, numbers(3), eps=1e-3)


# ----- nothing is left behind -----


def state(t: ag.Tensor) -> tuple[Any, ...]:
    return t._node, t._op, t._data, t._exposed, t._data.tobytes(), t.grad, t.name


@pytest.mark.parametrize("fails", [False, True])
def test_inputs_are_as_before(fails: bool) -> None:
    leaf = ag.Tensor(numbers(2), requires_grad=True, name="leaf")
    (leaf * 2).sum().backward()
    exposed = ag.Tensor(numbers(2, dtype="f4"), requires_grad=True)
    exposed.numpy()[0] = 5
    inner, outside = leaf * 3, ag.Tensor(1.0, requires_grad=True)
    tensors = (leaf, exposed, inner)
    before = [state(t) for t in tensors]
    calls = []

    def f(*xs: Any) -> Any:
        calls.append(1)
        if fails and len(calls) > 5:
            raise KeyError("from inside")
        return sum((x * outside).sum() for x in xs)

    if fails:
        with pytest.raises(KeyError, match="from inside"):
            ag.gradcheck(f, tensors)
    else:
        assert ag.gradcheck(f, tensors)
    for t, old in zip(tensors, before, strict=True):
        assert all(a is b or a == b for a, b in zip(state(t), old, strict=True))
    assert outside.grad is None
    inner.sum().backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [5, 5])


def test_arrays_and_random_numbers_are_left_alone() -> None:
    x = numbers(3)
    copy = x.copy()
    x.flags.writeable = False
    before = str(np.random.get_state())  # noqa: NPY002 - the global state is what is looked at
    ag.gradcheck(np.sin, x)
    np.testing.assert_array_equal(x, copy)
    assert str(np.random.get_state()) == before  # noqa: NPY002


def test_hooks_and_error_state_are_left_alone() -> None:
    x = ag.Tensor([1.0], requires_grad=True)
    x.register_hook(lambda g: pytest.fail("a hook ran"))
    before = np.geterr()
    ag.gradcheck(np.log, x)
    assert np.geterr() == before


# ----- refusals -----


def test_a_function_that_is_not_deterministic_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(errors.GradcheckError, match=r"different results.*fixed seed"):
        ag.gradcheck(lambda x: x * rng.random(2), numbers(2))


@pytest.mark.parametrize(
    ("f", "inputs", "words"),
    [
        (np.exp, np.arange(3), "none of the 1 inputs"),
        (np.exp, ag.Tensor([1.0]), "none of the 1 inputs.*requires_grad=True"),
        (np.exp, (), "none of the 0 inputs"),
        (lambda x: x > 0, np.ones(2), "a Tensor of bool"),
        (lambda x: None, np.ones(2), "returned a NoneType.*Write a function"),
        (lambda x: {"y": x}, np.ones(2), "returned a dict"),
    ],
)
def test_what_has_no_derivative_is_refused(f: Any, inputs: Any, words: str) -> None:
    with pytest.raises(errors.GradientDtypeError, match=words):
        ag.gradcheck(f, inputs)


def test_errors_of_the_function_come_through() -> None:
    with pytest.raises(errors.ShapeError, match="a loss compares"):
        ag.gradcheck(lambda x: ag.mean_squared_error(x, np.ones(3)), np.ones(2))
