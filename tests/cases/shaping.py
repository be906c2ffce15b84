"""Rows of shapes, joins and splits."""

from __future__ import annotations

import numpy as np

from autograd_lite.rules import shaping
from cases.inputs import CUBE, NONE, X, Y, numbers
from cases.table import case

for _shape in ((4, 3), (2, -1), (12,), 12, (1, 3, 4, 1)):
    case(np.reshape, X, call=lambda x, shape=_shape: np.reshape(x, shape))
case(shaping.reshaped, X, shape=(4, 3))
case(shaping.raveled, X)
for _x in (X, np.array(-0.2), NONE):
    case(np.copy, _x)
case(np.reshape, NONE, call=lambda x: np.reshape(x, (3, 0, 2)))
case(np.ravel, X)
case(np.ravel, np.array(0.3))
for _axes in (None, (2, 0, 1), (-1, 0, 1), (0, 1, 2)):
    case(np.transpose, CUBE, axes=_axes)
case(np.transpose, NONE)
case(np.transpose, CUBE, call=lambda x: x.transpose(1, 0, 2))
case(np.swapaxes, CUBE, axis1=0, axis2=-1)
case(np.matrix_transpose, CUBE)
case(np.linalg.matrix_transpose, CUBE)
for _source, _target in ((0, -1), ((0, 1), (-1, 0)), (-1, 1)):
    case(np.moveaxis, CUBE, source=_source, destination=_target)
for _axis, _start in ((2, 0), (0, 3), (-1, 1), (0, 2), (1, 1)):
    case(np.rollaxis, CUBE, axis=_axis, start=_start)
for _axis in (0, -1, (0, 2), (1, 3)):
    case(np.expand_dims, X, axis=_axis)
case(np.squeeze, numbers(1, 3, 1))
case(np.squeeze, numbers(1, 3, 1), axis=0)
case(np.squeeze, numbers(1, 1))
for _fn in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    for _x in (np.array(0.3), numbers(3), X):
        case(_fn, _x)
    case(_fn, np.array(0.3), X)
case(np.broadcast_to, numbers(3, 1), shape=(2, 3, 4))
case(np.broadcast_to, np.array(0.3), shape=(3,))
case(np.broadcast_to, numbers(1, 3), shape=(0, 3))
case(np.broadcast_arrays, numbers(3, 1), numbers(1, 4))
for _options in ({}, {"indexing": "ij"}, {"sparse": True}):
    case(np.meshgrid, numbers(3), numbers(2), **_options)
    case(np.meshgrid, numbers(3), numbers(2), numbers(4), **_options)
case(np.meshgrid, numbers(3))
case(np.astype, X, call=lambda x: np.astype(x, float))
case(shaping.astype, X, dtype=np.dtype(float))
case(np.full_like, np.array(0.3), call=lambda v: np.full_like(X * v, v))
case(np.full_like, numbers(4), call=lambda v: np.full_like(X * v, v))

for _axis in (0, 1, -1, None):
    case(np.concatenate, X, Y, packed=True, axis=_axis)
case(np.concatenate, X, numbers(2, 4), np.zeros((0, 4)), packed=True)
case(np.concatenate, X, call=lambda x: np.concatenate([x, Y, x]))
case(shaping.joined, X, numbers(3, 2), axis=1, starts=(0, 4, 6))
for _axis in (0, 1, -1):
    case(np.stack, X, Y, packed=True, axis=_axis)
case(np.stack, np.array(0.2), np.array(0.3), packed=True)
for _fn in (np.vstack, np.hstack, np.dstack, np.column_stack):
    case(_fn, X, Y, packed=True)
    case(_fn, numbers(3), numbers(3, start=1), packed=True)
case(np.column_stack, X, numbers(3), packed=True)
case(np.block, X, Y, call=lambda x, y: np.block([[x, y], [y, x]]))
case(np.block, X, Y, call=lambda x, y: np.block([x, y]))
case(np.block, numbers(2), np.array(0.5), call=lambda x, y: np.block([[x, y], [y, x]]))
case(np.append, X, Y)
case(np.append, X, Y, axis=0)
case(np.append, X, call=lambda x: np.append(x, 1.0))
for _fn, _parts, _axis in (
    (np.split, 2, 1), (np.split, [1, 3], 1), (np.split, [2, 2, 9], -1), (np.split, [2, 1], 0), (np.array_split, 3, 1),
    (np.array_split, 5, 0),
):  # fmt: skip
    case(_fn, X, indices_or_sections=_parts, axis=_axis)
case(np.hsplit, X, indices_or_sections=2)
case(np.hsplit, numbers(4), indices_or_sections=2)
case(np.vsplit, X, indices_or_sections=[1])
case(np.dsplit, CUBE, indices_or_sections=[1, 3])
case(np.unstack, X)
case(np.unstack, CUBE, axis=-1)

for _k in (0, 1, 2, 3, -1):
    case(np.rot90, X, k=_k)
case(np.rot90, CUBE, k=1, axes=(2, 0))
for _shift, _axis in ((2, None), (-5, 1), ((1, 2), (0, 1)), (1, (0, 1))):
    case(np.roll, X, shift=_shift, axis=_axis)
case(np.roll, NONE, shift=1, axis=0)
case(shaping.rolled, X, shift=1, axis=0)
for _reps in (2, (2, 1, 2), (2, 2), np.int64(3), (0, 1)):
    case(np.tile, X, reps=_reps)
for _mode in ("constant", "edge", "reflect", "symmetric", "wrap"):
    case(np.pad, X, pad_width=((1, 2), (0, 1)), mode=_mode)
case(np.pad, X, pad_width=1, constant_values=3.0)
case(np.pad, numbers(3), pad_width=5, mode="reflect")
case(np.pad, NONE, pad_width=1)
case(shaping.padded, X, widths=((1, 2), (0, 1)))
