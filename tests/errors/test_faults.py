"""Faults: each is named by its exception, changes nothing, and the lines that its message proposes work."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import numpy as np
import pytest
from faults import FAULTS, NUMBER, SETUP, Fault

import autograd_lite as ag
from autograd_lite.engine.forms import bilinear, custom, elementwise

rows = pytest.mark.parametrize("row", FAULTS, ids=[row.situation for row in FAULTS])


def namespace(setup: str) -> dict[str, Any]:
    def double(x: Any) -> Any:
        return 2 * x

    names = {
        "np": np, "ag": ag, "copy": copy, "pickle": pickle, "double": double, "custom": custom,
        "elementwise": elementwise, "bilinear": bilinear,
    }  # fmt: skip
    exec(SETUP + setup, names)
    return names


@rows
def test_a_fault_is_named_and_its_remedy_works(row: Fault) -> None:
    names = namespace(row.setup)
    with pytest.raises(row.kind) as caught:
        exec(row.fault, names)
    message = str(caught.value)
    assert type(caught.value) is row.kind
    for text in (*row.words, *row.remedies):
        assert text in message
    assert re.search(r"\b[Ww]rite\b", message), "no line to write"
    assert str(NUMBER)[2:6] not in message, "data in a message"
    assert len(message) < 600
    for remedy in row.remedies:
        exec(remedy, namespace(row.setup))


@rows
def test_a_fault_changes_nothing(row: Fault) -> None:
    """Neither the parameter nor its gradient, nor whether anything is recorded."""
    names = namespace(row.setup)
    x, before = names["x"], names["x"].detach().numpy().copy()
    grads_allowed = "loss.backward(); loss.backward()" in row.fault or "for _ in" in row.fault
    with pytest.raises(row.kind):
        exec(row.fault, names)
    np.testing.assert_array_equal(x.detach(), before)
    assert x.grad is None or grads_allowed
    assert (x.requires_grad, x.is_leaf, ag.is_grad_enabled()) == (True, True, True)
