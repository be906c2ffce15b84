"""Rows of the steps of recurrent networks."""

from __future__ import annotations

import numpy as np

from autograd_lite.nn.sequences.elman import rnn
from autograd_lite.nn.sequences.gated import gru
from autograd_lite.nn.sequences.memory import lstm
from autograd_lite.rules import recurrent
from cases.inputs import numbers
from cases.table import case

_weights = numbers(12, 2), numbers(12, 3, start=1)
_biases = numbers(12, start=2), numbers(12, start=3)
for _batch in ((), (4,), (0,)):
    _state = numbers(*_batch, 2), numbers(*_batch, 3, start=1), numbers(*_batch, 3, start=2)
    case(recurrent.lstm, *_state, *_weights, *_biases)
_ones = np.ones((4, 3))
case(recurrent.lstm, numbers(4, 2), call=lambda x: recurrent.lstm(x, _ones, _ones, *_weights, None, None)[0])
case(recurrent.lstm, numbers(4, 3), call=lambda h: recurrent.lstm(_ones[:, :2], h, _ones, *_weights, *_biases)[1])

# ----- whole sequences, also of examples of different lengths, backwards, and with a projection -----

for _sizes, _reverse in (((2, 1), True), ((2, 2), False)):
    _rows = numbers(sum(_sizes), 2)
    _how = {"sizes": _sizes, "reverse": _reverse}
    _first = numbers(2, 2, start=1), numbers(2, 3, start=2)
    _projected = numbers(12, 2, start=3), numbers(12, 2, start=4), *_biases, numbers(2, 3, start=5)
    case(lstm, _rows, *_first, *_projected, call=lambda *given, how=_how: lstm(*given, **how)[:3])
    _thirds = numbers(9, 2), numbers(9, 3, start=1), numbers(9, start=2), numbers(9, start=3)
    case(gru, _rows, numbers(2, 3), *_thirds, call=lambda *given, how=_how: gru(*given, **how)[:2])
    for _mode in ("RNN_TANH", "RNN_RELU"):
        _plain = numbers(3, 2), numbers(3, 3, start=1), numbers(3, start=2), numbers(3, start=3)
        case(rnn, _rows, numbers(2, 3), *_plain, **_how, mode=_mode)
