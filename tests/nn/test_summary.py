"""summary(): shapes, parameters, multiplications and memory of the layers, as text and as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn


class Net(nn.Module):
    def __init__(self) -> None:
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3, groups=1, rng=0), nn.BatchNorm2d(4), nn.ReLU())
        self.head = nn.Linear(4, 2, rng=0)
        self.calls = 0

    def forward(self, x: Any, scale: float = 1.0) -> Any:
        y = self.body(x).mean(axis=(2, 3))
        return self.head(y) * scale, self.head(2 * y)


def test_every_layer_is_told_with_what_it_costs() -> None:
    found = Net().summary((2, 1, 5, 5), scale=2.0)
    rows = {row.name: row for row in found.rows}
    assert list(rows) == ["", "body", "body.0", "body.1", "body.2", "head"]
    assert rows["body.0"].shape == (2, 4, 3, 3)
    assert rows[""].shape == [(2, 2), (2, 2)]
    convolution, linear = 2 * 4 * 3 * 3 * 9, 2 * 2 * 4 * 2
    assert [rows[n].multiplications for n in ("body.0", "body.2", "head", "")] == [
        convolution, 0, linear, convolution + linear,
    ]  # fmt: skip
    assert (rows["body.0"].parameters, rows["head"].parameters, found.parameters) == (40, 10, 58)
    assert rows["body.1"].bytes == 8 * 16 + 8
    assert rows["head"].activations == 2 * 2 * 2 * 8
    assert found.activations == sum(rows[n].activations for n in ("body.0", "body.1", "body.2", "head"))
    assert found.trained == 58


def test_the_model_is_left_as_it_was() -> None:
    net = Net()
    net.head.requires_grad_(False)
    before = net.state_dict()
    found = net.summary(np.ones((2, 1, 5, 5)))
    np.testing.assert_equal(net.state_dict(), before)
    assert "forward" not in vars(net.head)
    assert found.trained == 48
    assert all(p.grad is None for p in net.body.parameters())


def test_a_notebook_shows_a_table_and_a_prompt_the_text() -> None:
    found = Net().summary((2, 1, 5, 5))
    assert repr(found) == str(found)
    assert "body.0: Conv2d" in found
    assert "body.0: Conv2d" not in Net().summary((2, 1, 5, 5), depth=1)
    assert "<table" in found._repr_html_()
    assert "58 parameters (58 trained)" in found.splitlines()[-1]


class Products(nn.Module):
    def forward(self, a: Any, b: Any) -> Any:
        rest = np.dot(a, b) + np.tensordot(a, b, 1) + np.inner(a, b.T) + np.einsum("ij,jk->ik", a, b)
        return a @ b + rest + np.einsum("i...,ik->k...", a.T, b).T


def test_products_of_all_kinds_are_counted() -> None:
    assert Products().summary((2, 3), (3, 5)).multiplications == 6 * 2 * 3 * 5


def test_float32_is_taken_for_shapes_and_transposed_convolutions_are_counted() -> None:
    found = nn.ConvTranspose2d(2, 3, 2, dtype=np.float32).summary((1, 2, 4, 4))
    assert found.multiplications == 2 * 16 * 3 * 4
    assert found.activations == 4 * 3 * 25


def test_other_inputs_are_given_as_they_are() -> None:
    assert nn.Linear(2, 1).summary(ag.Tensor([1.0, 2.0])).rows[0].shape == (1,)
    with pytest.raises(errors.ArgumentError, match="Write the whole shape"):
        nn.Linear(2, 1).summary((-1, 2))
    with pytest.raises(errors.ShapeError):
        nn.Linear(2, 1).summary((2, 3))
