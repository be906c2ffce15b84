"""One step of a recurrent network, and a whole sequence of them, as what they are: operations one after the other.

A step is ``cell(x, state, weights)``: of what the input of the step comes to, ``input @ w_ih.T + b_ih``, of the state,
and of the weights ``w_hh, b_hh, w_hr``. It returns the next state, of which the first array is what the step leaves.

A sequence is a matrix of rows: those of the first step for all examples of a batch, then those of the second. Examples
that are shorter come last in each step, and `sizes` tells how many rows each step has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from autograd_lite.base.shapes import Array
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.rules.elementwise import relu, sigmoid
from autograd_lite.rules.products import affine
from autograd_lite.transforms.loops.scan import scan

State: TypeAlias = tuple[Array, ...]
Weights: TypeAlias = tuple[Array, Array, Array]
Cell: TypeAlias = Callable[[Array, State, Weights], State]


def elman(activation: Callable[[Array], Array], x: Array, state: State, weights: Weights) -> State:
    """Return ``activation(x + h @ w_hh.T + b_hh)``."""
    return (activation(x + affine(state[0], *weights[:2])),)


def lstm(x: Array, state: State, weights: Weights) -> State:
    """Return the next `h` and `c` of a long short-term memory; with `w_hr`, `h` is projected by it."""
    _, c = state
    z = x + affine(state[0], *weights[:2])
    entering, forgetting, candidate, leaving = parts(z, 4)
    after = sigmoid(forgetting) * c + sigmoid(entering) * np.tanh(candidate)
    h = sigmoid(leaving) * np.tanh(after)
    return (h if weights[2] is None else h @ weights[2].T), after


def gru(x: Array, state: State, weights: Weights) -> State:
    """Return the next `h` of a gated recurrent unit."""
    (h,) = state
    by_input, by_state = parts(x, 3), parts(affine(h, *weights[:2]), 3)
    reset, update = [sigmoid(a + b) for a, b in zip(by_input[:2], by_state[:2], strict=True)]
    new = np.tanh(by_input[2] + reset * by_state[2])
    return (new + update * (h - new),)


CELLS: dict[str, Cell] = {
    "RNN_TANH": partial(elman, np.tanh), "RNN_RELU": partial(elman, relu), "LSTM": lstm, "GRU": gru,
}  # fmt: skip


def parts(a: Array, count: int) -> list[Array]:
    """Return equal parts of the last axis."""
    n = a.shape[-1] // count
    return [a[..., k * n : (k + 1) * n] for k in range(count)]


def spans(sizes: Sequence[int], reverse: bool) -> list[tuple[int, int]]:
    """Return where the rows of each step begin and end, in the order in which the steps are made."""
    ends = np.cumsum(sizes).tolist()
    found = [(end - n, end) for end, n in zip(ends, sizes, strict=True)]
    return found[::-1] if reverse else found


def composed(
    mode: str, x: Array, state: State, w_ih: Array, b_ih: Array, weights: Weights, sizes: Sequence[int], reverse: bool
) -> tuple[Array, ...]:
    """Return what all steps leave, as rows, and the last state."""
    cell, rows = CELLS[mode], affine(x, w_ih, b_ih)
    if sizes[0] != sizes[-1]:
        return _packed(cell, rows, state, weights, sizes, reverse)

    # As they are now: a step is recorded again on the way back, when `functional_call` has put others in their place.
    now = [(array_of(w), w._node) if isinstance(w, Handle) else w for w in weights]

    def step(carry: State, row: Array) -> tuple[State, Array]:
        given: Any = tuple([make_tensor(*w) if isinstance(w, tuple) else w for w in now])
        after = cell(row, carry, given)
        return after, after[0]

    steps = rows.reshape((len(sizes), sizes[0], rows.shape[-1]))
    last, left = scan(step, state, steps, reverse=reverse)
    return (left.reshape((rows.shape[0], left.shape[-1])), *last)


def _packed(
    cell: Cell, rows: Array, state: State, weights: Weights, sizes: Sequence[int], reverse: bool
) -> tuple[Array, ...]:
    """Make the steps of a batch of which some examples are shorter, and keep their state meanwhile."""
    left = []
    for start, stop in spans(sizes, reverse):
        n = stop - start
        after = cell(rows[start:stop], tuple([s[:n] for s in state]), weights)
        left.append(after[0])
        state = tuple([np.concatenate([a, s[n:]]) for a, s in zip(after, state, strict=True)])
    return (np.concatenate(left[::-1] if reverse else left), *state)
