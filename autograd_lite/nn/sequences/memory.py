"""A long short-term memory over a whole sequence as one operation."""

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
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, w_hr: Array,
    sizes: Sequence[int], reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    return composed("LSTM", x, (h, c), w_ih, b_ih, (w_hh, b_hh, w_hr), sizes, reverse)


def _lstm(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, w_hr: Array,
    sizes: Sequence[int], reverse: bool,
) -> tuple[Array, ...]:  # fmt: skip
    """Return what all steps leave, the last `h` and `c`, and for the rule gates, cells, and what they show."""
    if not plain(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr):
        found = _definition(x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr, sizes, reverse)
        return (*found, *[np.zeros(0)] * 3)
    size, kind = c.shape[-1], np.result_type(x, h, c, w_ih, w_hh)
    order = np.r_[: 2 * size, 3 * size : 4 * size, 2 * size : 3 * size]  # the candidate last: the gates lie in a piece
    sign = np.where(np.arange(4 * size) < 3 * size, -1, 1).astype(kind)[:, None]
    gates = rows_of(x, w_ih, (b_ih, b_hh), order, sign)
    by_state = np.ascontiguousarray((w_hh[order] * sign).T)
    cells, shown = np.empty((len(x), size), kind), np.empty((len(x), size), kind)
    opened = np.empty((len(x), size), kind)
    left = opened if w_hr is None else np.empty((len(x), len(w_hr)), kind)
    heights, memory = State(h, kind), State(c, kind)
    for start, stop in spans(sizes, reverse):
        z, n = gates[start:stop], stop - start
        z += heights.first(n).dot(by_state)
        after = _gated(z, memory.first(n), cells[start:stop])
        np.tanh(after, out=shown[start:stop])
        y = np.multiply(z[:, 2 * size : 3 * size], shown[start:stop], out=opened[start:stop])
        if w_hr is not None:
            y = np.dot(y, w_hr.T, out=left[start:stop])
        heights.put(y)
        memory.put(after)
    return left, heights.own(), memory.own(), gates, cells, shown


def _gated(z: Array, c: Array, after: Array) -> Array:
    """Make gates of minus their sums, and the next cells of them."""
    size = c.shape[-1]
    ones_below(z[:, : 3 * size])
    candidate = z[:, 3 * size :]
    np.tanh(candidate, out=candidate)
    np.multiply(z[:, size : 2 * size], c, out=after)
    after += z[:, :size] * candidate
    return after


def _rule(
    g: Any, y: Any, x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array, w_hr: Array,
    sizes: Sequence[int], reverse: bool, needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    operands = x, h, c, w_ih, w_hh, b_ih, b_hh, w_hr
    if not plain(g, y, operands):
        return derived(partial(_definition, sizes=sizes, reverse=reverse), g[:3], operands, needs)
    left, *_, gates, cells, shown = y
    size, steps = c.shape[-1], spans(sizes, reverse)
    earlier, kept = before(left, h, steps), before(cells, c, steps)
    entering, forgetting, leaving, candidate = [gates[:, k * size : (k + 1) * size] for k in range(4)]
    slopes = _slopes(entering, forgetting, leaving, candidate, kept, shown)
    through = leaving * (1 - shown * shown)
    share, projected = slopes, None if w_hr is None else np.empty_like(left)
    by_height = _zeros(h, left) if g[1] is None else g[1].copy()
    by_memory = _zeros(c, left) if g[2] is None else g[2].copy()
    for start, stop in reversed(steps):
        n = stop - start
        dh, dc = by_height[:n], by_memory[:n]
        if g[0] is not None:
            dh += g[0][start:stop]
        if projected is not None:
            projected[start:stop] = dh
            dh = dh.dot(w_hr)
        dc += dh * through[start:stop]
        dz = share[start:stop]
        inner = dz[:, : 3 * size].reshape((n, 3, size), copy=False)
        inner *= dc[:, None]
        dz[:, 3 * size :] *= dh
        np.dot(dz, w_hh, out=by_height[:n])
        dc *= forgetting[start:stop]
    bias = summed(share) if needs[5] or needs[6] else None
    hr = None if projected is None else projected.T.dot(leaving * shown)
    return (
        share.dot(w_ih) if needs[0] else None, by_height, by_memory, share.T.dot(x) if needs[3] else None,
        share.T.dot(earlier) if needs[4] else None, bias, bias, hr,
    )  # fmt: skip


def _zeros(like: Array, kind: Array) -> Array:
    return np.zeros(like.shape, kind.dtype)


def _slopes(
    entering: Array, forgetting: Array, leaving: Array, candidate: Array, kept: Array, shown: Array
) -> Array:  # fmt: skip
    """Return by what the shares of cells, and of `h`, are multiplied for those of the sums of the four gates."""
    size = kept.shape[-1]
    slopes = np.empty((len(kept), 4 * size), kept.dtype)
    np.multiply(candidate, entering * (1 - entering), out=slopes[:, :size])
    np.multiply(kept, forgetting * (1 - forgetting), out=slopes[:, size : 2 * size])
    np.multiply(entering, 1 - candidate * candidate, out=slopes[:, 2 * size : 3 * size])
    np.multiply(shown, leaving * (1 - leaving), out=slopes[:, 3 * size :])
    return slopes


lstm = batched(several(_lstm, _rule, settings="sizes reverse", constant=(3, 4, 5), name="lstm"))
