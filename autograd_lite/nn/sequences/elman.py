"""The plain recurrent network over a whole sequence as one operation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.several import several
from autograd_lite.nn.sequences.cells import composed, spans
from autograd_lite.nn.sequences.joint import batched, derived, plain
from autograd_lite.nn.sequences.steps import State, before, rows_of, summed


def _definition(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array,
    sizes: Sequence[int], reverse: bool, mode: str,
) -> tuple[Array, ...]:  # fmt: skip
    return composed(mode, x, (h,), w_ih, b_ih, (w_hh, b_hh, None), sizes, reverse)


def _rnn(
    x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array,
    sizes: Sequence[int], reverse: bool, mode: str,
) -> tuple[Array, ...]:  # fmt: skip
    """Return what all steps leave, and the last `h`."""
    if not plain(x, h, w_ih, w_hh, b_ih, b_hh):
        return _definition(x, h, w_ih, w_hh, b_ih, b_hh, sizes, reverse, mode)
    kind = np.result_type(x, h, w_ih, w_hh)
    left = rows_of(x, w_ih, (b_ih, b_hh), slice(None), kind.type(1))
    by_state, state = np.ascontiguousarray(w_hh.T), State(h, kind)
    for start, stop in spans(sizes, reverse):
        y = left[start:stop]
        y += state.first(stop - start).dot(by_state)
        if mode == "RNN_TANH":
            np.tanh(y, out=y)
        else:
            np.maximum(y, 0, out=y)
        state.put(y)
    return left, state.own()


def _rule(
    g: Any, y: Any, x: Array, h: Array, w_ih: Array, w_hh: Array, b_ih: Array, b_hh: Array,
    sizes: Sequence[int], reverse: bool, mode: str, needs: Sequence[bool],
) -> tuple[Array | None, ...]:  # fmt: skip
    operands = x, h, w_ih, w_hh, b_ih, b_hh
    if not plain(g, y, operands):
        return derived(partial(_definition, sizes=sizes, reverse=reverse, mode=mode), g, operands, needs)
    left, steps = y[0], spans(sizes, reverse)
    share = 1 - left * left if mode == "RNN_TANH" else (left > 0).astype(left.dtype)
    by_height = np.zeros(h.shape, left.dtype) if g[1] is None else g[1].copy()
    for start, stop in reversed(steps):
        dh = by_height[: stop - start]
        if g[0] is not None:
            dh += g[0][start:stop]
        share[start:stop] *= dh
        np.dot(share[start:stop], w_hh, out=dh)
    bias = summed(share) if needs[4] or needs[5] else None
    return (
        share.dot(w_ih) if needs[0] else None, by_height, share.T.dot(x) if needs[2] else None,
        share.T.dot(before(left, h, steps)) if needs[3] else None, bias, bias,
    )  # fmt: skip


rnn = batched(several(_rnn, _rule, settings="sizes reverse mode", name="rnn"))
