"""Functions whose result depends on nothing: a derivative of 0 and a warning at the user's line, in every transform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trees import close

import autograd_lite as ag
from autograd_lite import errors


def constant(x: Any) -> Any:
    return 3.0


INDEPENDENT: dict[str, tuple[Any, Any]] = {
    "grad": (lambda x: ag.grad(lambda x: x if x > 0 else 0.0)(x[0] - 9), 0.0),
    "value_and_grad": (lambda x: ag.value_and_grad(constant)(x), (3.0, np.zeros(2))),
    "several arguments": (lambda x: ag.grad(lambda a, b: 1, (0, 1))(x, 2.0), (np.zeros(2), 0.0)),
    "elementwise_grad": (lambda x: ag.elementwise_grad(np.sign)(x), np.zeros(2)),
    "jvp": (lambda x: ag.jvp(constant, (x,), (x,)), (3.0, 0.0)),
    "linearize": (lambda x: ag.linearize(lambda x: np.ones(3), x)[1](x), np.zeros(3)),
    "vjp": (lambda x: ag.vjp(lambda x: {"a": 1.0, "b": np.ones(2)}, x)[1]({"a": 1.0, "b": x}), np.zeros(2)),
    "jacobian": (lambda x: ag.jacobian(lambda x: np.ones(3))(x), np.zeros((3, 2))),
    "by columns": (lambda x: ag.jacobian(np.argmax, mode="forward")(x), np.zeros(2)),
    "hessian": (lambda x: ag.hessian(constant)(x), np.zeros((2, 2))),
    "hvp": (lambda x: ag.hvp(constant, (x,), (x,)), np.zeros(2)),
    "grad of grad": (lambda x: ag.grad(ag.grad(lambda x: x if x > 0 else 0.0))(-1.0), 0.0),
    "vmap": (lambda x: ag.vmap(ag.grad(constant))(x), np.zeros(2)),
    "a Tensor": (lambda x: ag.grad(lambda x: ag.Tensor(2.0) * 3)(x), np.zeros(2)),
    "a comparison": (lambda x: ag.grad(lambda x: np.any(x > 0))(x), np.zeros(2)),
    "another argument": (lambda x: ag.grad(lambda a, b: a * 2, 1)(3.0, x), np.zeros(2)),
    "compile": (lambda x: ag.compile(ag.grad(constant))(x), np.zeros(2)),
    "checkpoint": (lambda x: ag.grad(ag.checkpoint(constant))(x), np.zeros(2)),
}


@pytest.mark.parametrize("name", INDEPENDENT)
def test_a_result_that_depends_on_nothing_has_a_derivative_of_0_and_a_warning(name: str) -> None:
    run, expected = INDEPENDENT[name]
    with pytest.warns(errors.IndependentWarning, match=r"the result of .* does not depend on .*Write return y") as seen:
        close(run(np.array([1.0, 2.0])), expected)
    assert [Path(warning.filename).name for warning in seen] == [Path(__file__).name], "once, and at the user's line"


def test_the_warning_names_the_function_and_its_line() -> None:
    line = constant.__code__.co_firstlineno
    with pytest.warns(errors.IndependentWarning, match=rf"constant \(test_independent.py:{line}\)"):
        ag.grad(constant)(1.0)


def test_there_is_no_warning_where_one_of_several_arguments_matters() -> None:
    assert ag.grad(lambda a, b: 2 * a, (0, 1))(1.0, 2.0) == (2.0, 0.0)
    assert ag.jacobian(lambda p: {"a": p["a"], "one": 1.0})({"a": 1.0, "b": 2.0})["one"] == {"a": 0.0, "b": 0.0}


def test_what_leaves_beside_a_result_that_depends_is_no_matter() -> None:
    seen: list[float] = []
    assert ag.grad(lambda x: (seen.append(x.item()), x * x)[1])(3.0) == 6.0
    with pytest.warns(errors.IndependentWarning):  # what has left before is no matter either
        ag.grad(constant)(1.0)


def test_a_minimum_is_sought_on() -> None:
    def dented(x: Any) -> Any:
        return np.sum((x - 1) ** 2) if x[0] > 0.2 else 5.0

    with pytest.warns(errors.IndependentWarning, match="the result of dented") as seen:
        found = [ag.optimize.minimize(dented, np.zeros(2), method=method).x for method in ("BFGS", "Newton-CG")]
    np.testing.assert_array_equal(found, np.zeros((2, 2)))
    assert {warning.filename for warning in seen} == {__file__}
