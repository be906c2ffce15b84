"""Graphs to draw, and short ways to draw them."""

from __future__ import annotations

import numpy as np

import autograd_lite as ag
from autograd_lite.rules.products import affine


def parameter(shape: tuple[int, ...] = (), name: str | None = None) -> ag.Tensor:
    return ag.Tensor(np.full(shape, 0.5), requires_grad=True, name=name)


def perceptron() -> tuple[ag.Tensor, dict[str, ag.Tensor]]:
    p = {"W1": parameter((3, 2)), "b1": parameter((3,)), "W2": parameter((2, 3)), "b2": parameter((2,))}
    x, y = ag.Tensor([[1.0, 2.0]], name="x"), ag.Tensor([[1.0, 0.0]], name="y")
    hidden = ag.sigmoid(affine(x, p["W1"], p["b1"]))
    loss = ag.half_squared_error(ag.softmax(ag.sigmoid(affine(hidden, p["W2"], p["b2"]))), y)
    loss.name = "loss"
    return loss, p


def plain(outputs: object, **options: object) -> ag.Picture:
    return ag.visualize(outputs, legend=False, **options)


def svg_of(picture: ag.Picture) -> str:
    svg = picture._repr_svg_()
    assert svg is not None
    return svg
