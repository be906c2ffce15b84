"""A refusal that NumPy covers with an error of its own: where a call of ours is around it, the last line is ours."""

from __future__ import annotations

import math
import statistics
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.implicit import root

X = np.array([1.0, 2.0, 3.0])
WAYS = {
    "out[i] = t": "out = np.zeros(3)\n    out[0] = p[0]**2",
    "out[i] += t": "out = np.zeros(3)\n    out[0] += p[0]",
    "out[i, j] = t": "out = np.zeros((3, 3))\n    out[0, 1] = p[0]",
    "out[:] = t": "out = np.zeros(3)\n    out[:] = p",
    "out[:] = list": "out = np.zeros(3)\n    out[:] = [p[0], p[1], p[2]]",
    "out[mask] = t": "out = np.zeros(3)\n    out[out == 0] = p",
    "out.flat[i] = t": "out = np.zeros(3)\n    out.flat[0] = p[0]",
    "an array of integers": "out = np.zeros(3, int)\n    out[0] = p[0]",
    "an array of records": "out = np.zeros(3, [('a', float)])\n    out[0] = (p[0],)",
}
OTHERS = {
    "fill": "out = np.zeros(3)\n    out.fill(p[0])",
    "fromiter": "out = np.fromiter(p, float)",
    "an array of a list": "out = np.array([p[0], p[1]])",
    "an array of a list and a number": "out = np.array([p[0], 1.0])",
    "append": "out = []\n    out.append(p[0])\n    out = np.array(out)",
    "full": "out = np.full(3, p[0])",
    "a shape": "out = np.zeros(p[0])",
}


def function(body: str) -> Callable[[Any], Any]:
    names: dict[str, Any] = {"np": np}
    exec(compile(f"def f(p):\n    {body}\n    return out.sum()", "user.py", "exec"), names)
    f: Callable[[Any], Any] = names["f"]
    return f


@pytest.mark.parametrize("body", [*WAYS.values(), *OTHERS.values()], ids=[*WAYS, *OTHERS])
def test_the_last_line_is_ours_and_says_what_to_write(body: str) -> None:
    with pytest.raises(errors.ConversionError, match="Write ") as caught:
        ag.grad(function(body))(X)
    assert "would drop its derivative" in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    lines = [(entry.filename, entry.lineno) for entry in traceback.extract_tb(caught.value.__traceback__)]
    assert ("user.py", len(body.split("\n")) + 1) in lines


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS)
def test_what_is_written_into_an_array_works_in_a_tensor(body: str) -> None:
    if "[('a'" in body or "int)" in body:
        return  # a Tensor has neither records nor recorded integers
    if "flat" in body:
        body = body.replace(".flat[0]", "[0]")
    with pytest.raises(errors.ConversionError, match=r"Write out = ag\.Tensor\(out\) for the array out before"):
        ag.grad(function(body))(X)
    body = body.replace("\n    ", "\n    out = ag.Tensor(out)\n    ", 1)
    f = function(body)
    f.__globals__["ag"] = ag
    if "[p[0], p[1], p[2]]" not in body:  # which is np.stack, as the message says
        assert ag.grad(f)(X)[0] != 0.0


class Model(nn.Module):
    def forward(self, p: Any) -> Any:
        return bad(p)


bad = function(WAYS["out[i] = t"])


def in_debug() -> None:
    with ag.debug():
        bad(ag.Tensor(X, requires_grad=True))


def in_a_scope() -> None:
    with ag.scope("here"):
        bad(ag.Tensor(X, requires_grad=True))


def in_a_hook() -> None:
    y = ag.Tensor(X, requires_grad=True) * 1
    y.register_hook(lambda g: bad(ag.Tensor(X, requires_grad=True)))
    y.sum().backward()


def in_a_rule() -> None:
    op = ag.custom_op(lambda x: x * 2, vjp=lambda g, x: bad(g * x) + g, name="op")
    x = ag.Tensor(X, requires_grad=True)
    op(x * x).sum().backward(create_graph=True)


TRACKED = ag.Tensor(X, requires_grad=True)
CALLS: dict[str, Callable[[], Any]] = {
    "value_and_grad": lambda: ag.value_and_grad(bad)(X),
    "vjp": lambda: ag.vjp(bad, X),
    "jvp": lambda: ag.jvp(bad, (X,), (X,)),
    "jacobian": lambda: ag.jacobian(bad)(X),
    "hessian": lambda: ag.hessian(bad)(X),
    "vmap": lambda: ag.vmap(bad)(np.ones((2, 3))),
    "vmap of grad": lambda: ag.vmap(ag.grad(bad))(np.ones((2, 3))),
    "compile": lambda: ag.compile(bad)(X),
    "compile of grad": lambda: ag.compile(ag.grad(bad))(X),
    "compile of a Tensor": lambda: ag.compile(bad)(TRACKED),
    "checkpoint": lambda: ag.checkpoint(bad)(TRACKED),
    "gradcheck": lambda: ag.gradcheck(bad, X),
    "minimize": lambda: ag.optimize.minimize(bad, X),
    "an equation": lambda: ag.grad(root(lambda x, p: x - bad(p), lambda p: p[0] ** 2))(X),
    "a module": lambda: Model()(TRACKED),
    "a module in another": lambda: nn.Sequential(nn.Tanh(), Model())(TRACKED),
    "functional_call": lambda: nn.functional_call(Model(), {}, TRACKED),
    "debug": in_debug,
    "a scope": in_a_scope,
    "a hook": in_a_hook,
    "a rule": in_a_rule,
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_it_is_so_in_every_call_of_ours(call: Callable[[], Any]) -> None:
    with pytest.raises(errors.AutogradError, match="Write ") as caught:
        call()
    kinds = (errors.ConversionError, errors.BatchError, errors.CompileError, errors.ForeignRuleError)
    assert type(caught.value) in kinds
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_without_a_call_of_ours_it_is_the_cause() -> None:
    with pytest.raises(ValueError, match="sequence") as caught:
        bad(TRACKED)
    assert isinstance(caught.value.__cause__, errors.ConversionError)


def test_a_call_is_answered_with_its_function_in_numpy() -> None:
    t = ag.Tensor(0.5, requires_grad=True)
    with pytest.raises(errors.ConversionError, match=r"^math\.sin\(\) of .*Write np\.sin for math\.sin;"):
        math.sin(t)
    with pytest.raises(errors.ConversionError, match=r"^math\.isclose\(\) of .*Write np\.isclose for math\.isclose;"):
        math.isclose(t, 1.0)
    with pytest.raises(errors.ConversionError, match=r"^math\.fsum\(\) of .*Write t\.item\(\) for a number;"):
        math.fsum([t, t])
    with pytest.raises(errors.ConversionError, match=r"^statistics\.fmean asks for .*Write t\.detach\(\) for"):
        statistics.fmean([t, t])
    with ag.no_grad():
        assert math.fsum([t, t]) == statistics.fmean([t, t]) * 2 == 1.0


def test_errors_of_the_user_s_are_left_alone() -> None:
    def tries(p: Any) -> Any:
        out = np.zeros(3)
        for i in range(3):
            try:
                out[i] = p[0]
            except ValueError as error:
                raise ValueError("mine") from error
        return out

    with pytest.raises(ValueError, match=r"^mine$") as caught:
        ag.grad(tries)(X)
    assert type(caught.value) is ValueError

    def swallows(p: Any) -> Any:
        out = np.zeros(3)
        try:
            out[0] = p[0]
        except ValueError:
            out[0] = 1.0
        return np.sum(out * p) + int("7")

    np.testing.assert_array_equal(ag.grad(swallows)(X), [1.0, 0.0, 0.0])
    with pytest.raises(ValueError, match="invalid literal"):
        ag.grad(lambda p: swallows(p) + int("x"))(X)


def test_notes_go_along() -> None:
    with pytest.raises(errors.ConversionError) as caught:
        in_a_scope()
    assert "in the scope here" in caught.value.__notes__
