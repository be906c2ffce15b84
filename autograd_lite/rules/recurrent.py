"""The step of a recurrent network as a single operation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.several import several
from autograd_lite.rules.elementwise import sigmoid


def _quarters(a: Array) -> list[Array]:
    n = a.shape[-1] // 4
    return [a[..., k * n : (k + 1) * n] for k in range(4)]


def _lstm(x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array) -> tuple[Array, ...]:
    """Return the next `h` and `c`, and the gates, which the rule reads."""
    z = x @ w_ih.T + h @ w_hh.T
    for bias in (b_ih, b_hh):
        z = z if bias is None else z + bias
    entering, forgetting, candidate, leaving = _quarters(z)
    gates = [sigmoid(entering), sigmoid(forgetting), np.tanh(candidate), sigmoid(leaving)]
    after = gates[1] * c + gates[0] * gates[2]
    return gates[3] * np.tanh(after), after, np.concatenate(gates, -1)


def _lstm_rule(
    g: Any, y: Any, x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, needs: Sequence[bool]
) -> tuple[Array | None, ...]:
    gh, gc, gates_share = g
    _, after, gates = y
    entering, forgetting, candidate, leaving = _quarters(gates)
    dc, dz = gc, gates_share
    if gh is not None:
        height = np.tanh(after)
        through = gh * leaving * (1 - height * height)
        dc = through if gc is None else gc + through
    if dc is not None:
        opened = np.zeros_like(c) if gh is None else gh * height
        shares = np.concatenate([dc * candidate, dc * c, dc * entering, opened], -1)
        dz = shares if dz is None else dz + shares
    one = 1 - candidate * candidate
    slopes = [entering * (1 - entering), forgetting * (1 - forgetting), one, leaving * (1 - leaving)]
    dz = dz * np.concatenate(slopes, -1)
    rows = dz.reshape(-1, dz.shape[-1])
    bias = rows.sum(0)
    return (
        dz @ w_ih if needs[0] else None,
        dz @ w_hh if needs[1] else None,
        None if dc is None else dc * forgetting,
        rows.T @ x.reshape(-1, x.shape[-1]) if needs[3] else None,
        rows.T @ h.reshape(-1, h.shape[-1]) if needs[4] else None,
        bias,
        bias,
    )


def _lstm_products(shapes: Sequence[tuple[int, ...]], size: int, settings: Any) -> int:
    return math.prod(shapes[0][:-1]) * sum(math.prod(shape) for shape in shapes[3:5])


lstm = several(_lstm, _lstm_rule, name="lstm_cell", products=_lstm_products)
