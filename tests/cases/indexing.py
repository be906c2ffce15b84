"""Rows of what reads and writes parts of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.rules import indexing
from cases.inputs import BITS, CUBE, NONE, X, Y, numbers
from cases.table import case

KEYS: tuple[Any, ...] = (
    1, -1, slice(1, None), (slice(None), slice(None, None, -2)), (1, 2), (Ellipsis, 0), (slice(None), None, 1),
    (None, Ellipsis), slice(3, 1), BITS, BITS[:, 0], (slice(None), BITS[0]), [0, 0, 2], ([0, 0, 2], [1, 1, 3]),
    np.array([[0, 1], [2, 2]]), (np.array([[0], [2]]), np.array([1, 1, 3])), (slice(1, None), [0, 3, 3]),
    ([0, 2], slice(None, None, 2)), [], np.zeros((3, 4), bool), (np.int64(1), Ellipsis), (np.array(1), 2), True,
)  # fmt: skip
for _key in KEYS:
    case(indexing.getitem, X, call=lambda x, key=_key: x[key])
    if not isinstance(_key, list):
        case(indexing.getitem, X, key=_key)
case(indexing.getitem, CUBE, call=lambda x: x[[0, 1], :, [1, 1]])
case(indexing.getitem, CUBE, call=lambda x: x[:, [0, 2], :, None])
case(indexing.getitem, X, call=lambda x: x[x > 0.05])
case(indexing.scatter, numbers(3), key=(np.array([0, 0, 2]), np.array([1, 1, 3])), shape=(3, 4))
case(indexing.scatter, numbers(2, 4), key=slice(1, None), shape=(3, 4))
case(indexing.setitem, X, np.array(0.3), key=(slice(1, None), 0))
case(indexing.setitem, X, numbers(2), key=(slice(1, None), 0))
case(indexing.setitem, X, numbers(1, 1, 2), key=(slice(1, None), 0))
case(indexing.setitem, X, numbers(int(BITS.sum())), key=BITS)
case(indexing.setitem, X, numbers(4), key=np.array([0, 2]))
case(indexing.setitem, X, numbers(3, 4, start=2), key=np.array([0, 2, 0]))  # the last one written stays
case(indexing.setitem, X, np.array(0.3), key=([0, 1, 0], [1, 1, 1]))
case(np.take, X, indices=[0, 0, 5])
case(np.take, X, indices=[[0, 0], [1, 3]], axis=1)
case(np.take, X, indices=2, axis=-1)
case(np.take, X, indices=[0, 7, -1], axis=0, mode="wrap")
case(np.take, X, indices=[0, 7, -1], axis=0, mode="clip")
case(np.take_along_axis, X, call=lambda x: np.take_along_axis(x, np.argsort(Y, 1), 1))
case(np.take_along_axis, X, call=lambda x: np.take_along_axis(x, np.array([[0, 3]]), axis=1))
case(np.take_along_axis, numbers(3, 1), call=lambda x: np.take_along_axis(x, np.array([[0, 2, 1, 1]]), axis=0))
case(np.take_along_axis, X, call=lambda x: np.take_along_axis(x, np.array([0, 5, 5]), None))
case(np.compress, X, call=lambda x: np.compress([True, False, True], x, axis=0))
case(np.compress, X, call=lambda x: np.compress([True, False, True], x))
case(np.extract, X, call=lambda x: np.extract(BITS, x))
for _offset in (0, 1, -1, 3, -5):
    case(np.diagonal, X, offset=_offset)
    case(np.trace, X, offset=_offset)
    case(np.linalg.diagonal, CUBE, offset=_offset)
    case(np.linalg.trace, CUBE, offset=_offset)
case(np.diagonal, CUBE, axis1=2, axis2=0)
for _k in (0, 1, -2):
    case(np.diag, numbers(3), k=_k)
    case(np.diag, X, k=_k)
    case(np.diagflat, numbers(2, 2), k=_k)
    for _fn in (np.tril, np.triu):
        case(_fn, X, k=_k)
        case(_fn, CUBE, k=_k)
case(np.tril, numbers(3))
for _axis in (-1, 0, None):
    case(np.sort, X, axis=_axis)
    case(np.partition, X, axis=_axis, kth=2)
case(np.sort, X, kind="stable")
case(np.sort, NONE)
for _which in ([1, 3], slice(0, 2), 2, -1):
    case(np.delete, X, obj=_which, axis=1)
case(np.delete, X, obj=[0, 5])
case(np.lib.stride_tricks.sliding_window_view, X, window_shape=(2, 2))
case(np.lib.stride_tricks.sliding_window_view, CUBE, window_shape=2, axis=1)
case(np.bincount, numbers(4), call=lambda w: np.bincount(np.array([0, 3, 0, 1]), weights=w, minlength=6))

case(indexing.diagonals, CUBE, offset=1)
case(indexing.windows, CUBE, lengths=(2, 2, 1), axes=(1, 2, 2))

for _axis in (None, 0, -1, (0, 1)):
    case(np.flip, X, axis=_axis)
case(np.fliplr, X)
case(np.flipud, X)
case(np.repeat, X, repeats=2)
case(np.repeat, X, repeats=2, axis=1)
case(np.repeat, X, repeats=[1, 0, 2], axis=0)
for _shape in (5, (2, 3), (0,), (30,)):
    case(np.resize, X, new_shape=_shape)
