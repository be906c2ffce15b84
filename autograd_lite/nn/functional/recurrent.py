"""Steps of recurrent networks as functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.watchpoints import traced
from autograd_lite.nn.sequences.cells import composed
from autograd_lite.nn.sequences.elman import rnn
from autograd_lite.nn.sequences.gated import gru
from autograd_lite.nn.sequences.memory import lstm
from autograd_lite.rules import recurrent


def lstm_cell(
    x: Array, h: Array, c: Array, w_ih: Array, w_hh: Array, b_ih: Array = None, b_hh: Array = None
) -> tuple[Array, Array]:
    """Return the next state of a long short-term memory, as one operation: what ``torch.nn.LSTMCell`` computes.

    Of ``z = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh``, the quarters of the last axis are the gates: `i` and `f`, which
    let in and keep, the candidate `g`, and `o`, which lets out. The next `c` is ``f * c + i * g``, with sigmoids of
    `i`, `f` and `o` and the hyperbolic tangent of `g`, and the next `h` is ``o * tanh(c)``.

    Parameters
    ----------
    x : Tensor or array, shape (in,) or (batch, in)
        The input of this step.
    h, c : Tensor or array, shape (hidden,) or (batch, hidden)
        The state before.
    w_ih, w_hh : Tensor or array, shape (4 * hidden, in) and (4 * hidden, hidden)
        Weights.
    b_ih, b_hh : Tensor or array, shape (4 * hidden,), optional
        Left out, nothing is added.

    Returns
    -------
    h, c : Tensor or array, of the shape of `h`
        The state after.

    Raises
    ------
    ShapeError
        Shapes that do not fit each other.

    Notes
    -----
    The gates are kept for the derivative, which one rule computes for all inputs at once (Hochreiter and Schmidhuber,
    "Long short-term memory", 1997; with forget gates by Gers, Schmidhuber and Cummins, 2000).

    Examples
    --------
    >>> h, c = lstm_cell(np.ones(2), np.zeros(1), np.zeros(1), np.ones((4, 2)), np.ones((4, 1)))
    >>> h.round(3), c.round(3)
    (array([0.608]), array([0.849]))
    """
    hidden, size = np.shape(h)[-1:], np.shape(x)[-1:]
    shapes = {"w_ih": np.shape(w_ih), "w_hh": np.shape(w_hh), "c": np.shape(c)}
    gates = (4 * hidden[0],) if hidden else ()
    fits = shapes == {"w_ih": gates + size, "w_hh": gates + hidden, "c": np.shape(h)}
    if not (hidden and size and fits and np.shape(x)[:-1] == np.shape(h)[:-1]):
        shapes |= {"x": np.shape(x), "h": np.shape(h)}
        raise errors.ShapeError(errors.LSTM_SHAPES.format(**shapes, weights=gates + size, recurrent=gates + hidden))
    return recurrent.lstm(x, h, c, w_ih, w_hh, b_ih, b_hh)[:2]


def sequence(
    mode: str, rows: Array, state: Sequence[Array], weights: Sequence[Any], sizes: tuple[int, ...], reverse: bool
) -> tuple[Array, ...]:
    """Return what the steps of one layer in one direction leave, and its last state.

    As one operation; in a trace as the loop that it is, of which native code makes one.
    """
    w_ih, w_hh, b_ih, b_hh, w_hr = weights
    if traced():
        return composed(mode, rows, tuple(state), w_ih, b_ih, (w_hh, b_hh, w_hr), sizes, reverse)
    given = rows, *state, w_ih, w_hh, b_ih, b_hh
    if mode == "LSTM":
        return lstm(*given, w_hr, sizes=sizes, reverse=reverse)[:3]
    if mode == "GRU":
        return gru(*given, sizes=sizes, reverse=reverse)[:2]
    return rnn(*given, sizes=sizes, reverse=reverse, mode=mode)
