"""What is done once (imports, a first step, a first call) does nothing that pays by repetition. Counted, not timed."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc
from typing import Any

import numpy as np
import pytest
from helpers import leaf, printed

import autograd_lite as ag
from autograd_lite.engine.forms import custom
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import WITHOUT_FAST_PATH

# ----- fast paths -----


@pytest.fixture
def op() -> Op:
    """An operation that nobody has called yet."""
    return custom(lambda a, b: a * b, lambda g, b: g * b, lambda g, a: g * a, name="fresh")


def test_a_rule_that_asks_for_y_is_given_the_result_with_and_without_a_lane() -> None:
    op = custom(lambda x, y: x + y, lambda g, y: g * y, None, name="fresh")
    found = []
    for _ in range(WITHOUT_FAST_PATH + 2):
        x = leaf([2.0])
        op(x, np.array([5.0])).backward(np.ones(1))
        found.append(x.grad.item())
    assert found == [7.0] * len(found)


WAYS: dict[str, Callable[[Op, Any, Any], Any]] = {
    "called": lambda op, x, y: op(x, y),
    "by an operator": lambda op, x, y: x._binary(op, y),
    "reflected": lambda op, x, y: x._reflected(op, y),
    "in place": lambda op, x, y: (x * 1.0)._in_place(op, y),
    "by a plain array": lambda op, x, y: op(np.ones(3), x),
    "without recording": lambda op, x, y: ag.no_grad(op)(x, y),
    "observed": lambda op, x, y: _observed(op, x, y),
}


def _observed(op: Op, x: Any, y: Any) -> Any:
    with observe(lambda *_: None):
        return op(x, y)


@pytest.mark.parametrize("way", WAYS)
def test_a_lane_is_made_at_the_third_call(op: Op, way: str) -> None:
    for _ in range(WITHOUT_FAST_PATH):
        first = WAYS[way](op, leaf(), leaf())
        assert op.cache.fast_path is op.cache.observed is None
    for _ in range(2):
        later = WAYS[way](op, leaf(), leaf())
        assert op.cache.fast_path is not None
    np.testing.assert_array_equal(first.data, later.data)
    assert first.requires_grad is later.requires_grad


@pytest.mark.parametrize("before", [0, WITHOUT_FAST_PATH + 1])
def test_a_trace_makes_no_lanes(op: Op, before: int) -> None:
    def f(x: Any) -> Any:
        for _ in range(5):
            x = op(x, x)
        return np.sum(x)

    for _ in range(before):
        op(leaf(), leaf())
    fast_path = op.cache.fast_path
    x = np.array([0.5, 2.0])
    recorded = ag.compile(ag.grad(f))(x)
    assert op.cache.fast_path is fast_path
    assert op.cache.observed is None
    np.testing.assert_array_equal(recorded, ag.grad(f)(x))


def test_no_lane_is_made_by_a_first_call_of_a_training_step() -> None:
    # In another process, where no operation has one.
    text = """
        import numpy as np, autograd_lite as ag
        from autograd_lite import nn
        from autograd_lite.engine.op import Op
        from autograd_lite.engine.registry import REGISTRY
        from autograd_lite.rules.products import affine
        model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Softmax(-1))
        optimizer = ag.optim.SGD(model.parameters(), lr=0.5)
        @ag.compile
        def step(x, y):
            optimizer.zero_grad()
            loss = ag.half_squared_error(model(x), y)
            loss.backward()
            optimizer.step()
            return loss
        step(np.ones((1, 2)), np.ones((1, 2)))
        own = affine, ag.sigmoid, ag.relu, ag.half_squared_error
        ops = [op for op in (*REGISTRY.values(), *own) if isinstance(op, Op)]
        print(len(ops) > 100, [op.name for op in ops if op.cache.observed or (op.cache.fast_path and op.operands)])
    """
    assert _lines(text) == ["True []"]


# ----- imports -----


def _lines(text: str) -> list[str]:
    return printed(cleandoc(text)).splitlines()


@pytest.mark.parametrize(
    ("use", "absent"),
    [
        ("ag", ["autograd_lite.compiler", "autograd_lite.viz", "autograd_lite.check"]),
        (
            "ag.compile(lambda x: x)(np.ones(2))",
            ["autograd_lite.compiler.native", "autograd_lite.viz", "autograd_lite.compiler.text.formulas",
             "autograd_lite.compiler.text.drawing", "autograd_lite.compiler.text.report", "subprocess", "ctypes.util",
             "concurrent", "tempfile", "logging", "hashlib"],
        ),
        ("f = ag.compile(lambda x: x * x); f(np.ones(2)); f(np.ones(2)); f.source", ["autograd_lite.compiler.native"]),
    ],
)  # fmt: skip
def test_only_what_is_asked_for_is_imported(use: str, absent: list[str]) -> None:
    program = f"""
        import sys, numpy as np
        before = set(sys.modules)
        import autograd_lite as ag
        {use}
        print(*set(sys.modules) - before)
    """
    loaded = _lines(program)[-1].split()
    assert not [name for name in loaded if any(name == x or name.startswith(f"{x}.") for x in absent)]


def test_what_comes_late_is_there_when_it_is_asked_for() -> None:
    w = leaf(name="w")

    @ag.compile
    def step(x: Any) -> Any:
        loss = np.sum(w * x)
        loss.backward()
        return loss

    step(np.ones(3))
    assert "calls" in step.program.report()
    assert "w" in str(step.program.formulas())
    assert isinstance(step.visualize(), ag.Picture)
