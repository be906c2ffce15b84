"""Rows of the steps of recurrent networks."""

from __future__ import annotations

import numpy as np

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
