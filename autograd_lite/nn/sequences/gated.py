"""Gated recurrent units over a whole sequence as one operation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.several import several
from autograd_lite.nn.sequences.cells import composed, spans
from autograd_lite.nn.sequences.joint import batched, derived, plain
from autograd_lite.nn.sequences.steps import State, before, ones_below, rows_of, summed


def _definition(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, sizes: Sequence[int], reverse: bool
) -> tuple[Array, ...]:
    return composed("GRU", x, (h,), w_ih, b_ih, (w_hh, b_hh, None), sizes, reverse)


def _gru(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, sizes: Sequence[int], reverse: bool
) -> tuple[Array, ...]:
    """Return what all steps leave, the last `h`, and for the rule gates, and the state's part of the candidate."""
    if not plain(x, h, w_ih, w_hh, b_ih, b_hh):
        return (*_definition(x, h, w_ih, w_hh, b_ih, b_hh, sizes, reverse), *[np.zeros(0)] * 2)
    size, kind = h.shape[-1], np.result_type(x, h, w_ih, w_hh)
    sign = np.where(np.arange(3 * size) < 2 * size, -1, 1).astype(kind)[:, None]
    gates = rows_of(x, w_ih, (b_ih,), slice(None), sign)
    by_state = np.ascontiguousarray((w_hh * sign).T)
    offset = None if b_hh is None else b_hh * sign[:, 0]
    recalled, left = np.empty((len(x), size), kind), np.empty((len(x), size), kind)
    state = State(h, kind)
    for start, stop in spans(sizes, reverse):
        z, earlier = gates[start:stop], state.first(stop - start)
        own = earlier.dot(by_state)
        if offset is not None:
            own += offset
        z[:, : 2 * size] += own[:, : 2 * size]
        ones_below(z[:, : 2 * size])
        recalled[start:stop] = own[:, 2 * size :]
        candidate = z[:, 2 * size :]
        candidate += z[:, :size] * recalled[start:stop]
        np.tanh(candidate, out=candidate)
        y = np.subtract(earlier, candidate, out=left[start:stop])
        y *= z[:, size : 2 * size]
        y += candidate
        state.put(y)
    return left, state.own(), gates, recalled


def _rule(
    g: Any, y: Any, x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array,
    sizes: Sequence[int], reverse: bool, needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    operands = x, h, w_ih, w_hh, b_ih, b_hh
    if not plain(g, y, operands):
        return derived(partial(_definition, sizes=sizes, reverse=reverse), g[:2], operands, needs)
    left, _, gates, recalled = y
    size, steps = h.shape[-1], spans(sizes, reverse)
    earlier = before(left, h, steps)
    share, update = _slopes(gates, recalled, earlier), gates[:, size : 2 * size]
    by_height = np.zeros(h.shape, left.dtype) if g[1] is None else g[1].copy()
    for start, stop in reversed(steps):
        dh, dz = by_height[: stop - start], share[start:stop]
        if g[0] is not None:
            dh += g[0][start:stop]
        apart = dz.reshape((stop - start, 4, size))
        apart *= dh[:, None]
        dh *= update[start:stop]
        dh += dz[:, : 3 * size].dot(w_hh)
    by_state = share[:, : 3 * size]
    by_input = np.concatenate([share[:, : 2 * size], share[:, 3 * size :]], 1)
    return (
        by_input.dot(w_ih) if needs[0] else None, by_height, by_input.T.dot(x) if needs[2] else None,
        by_state.T.dot(earlier) if needs[3] else None, summed(by_input) if needs[4] else None,
        summed(by_state) if needs[5] else None,
    )  # fmt: skip


def _slopes(gates: Array, recalled: Array, earlier: Array) -> Array:
    """Return by what the share of `h` is multiplied: for both gates, and for the state's and the input's candidate."""
    size = recalled.shape[-1]
    reset, update, candidate = [gates[:, k * size : (k + 1) * size] for k in range(3)]
    slopes = np.empty((len(gates), 4 * size), gates.dtype)
    new = np.multiply(1 - update, 1 - candidate * candidate, out=slopes[:, 3 * size :])
    np.multiply(new, reset, out=slopes[:, 2 * size : 3 * size])
    np.multiply(earlier - candidate, update * (1 - update), out=slopes[:, size : 2 * size])
    np.multiply(slopes[:, 2 * size : 3 * size] * recalled, 1 - reset, out=slopes[:, :size])
    return slopes


gru = batched(several(_gru, _rule, settings="sizes reverse", constant=(2, 3), name="gru"))
