"""Rows of complex numbers: the first row of every operation that has them, and what is about them."""

from __future__ import annotations

from functools import partial

import numpy as np

import cases.arguments
import cases.choices
import cases.convolution
import cases.curves
import cases.decompositions
import cases.domains
import cases.exponentials
import cases.fourier
import cases.grids
import cases.histograms
import cases.indexing
import cases.inverses
import cases.methods
import cases.neural
import cases.norms
import cases.passing
import cases.placing
import cases.polynomials
import cases.pooling
import cases.products
import cases.quantiles
import cases.recurrent
import cases.sets
import cases.shaping
import cases.special
import cases.statistics
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import elementwise, indexing, shaping
from cases.inputs import BITS, CUBE, P, Q, X, Y, numbers, turned
from cases.reductions import WITH_ZEROS
from cases.samples import GRID
from cases.table import CASES, COMPLEX, Case, case

# Their first row is none for complex numbers.
BY_HAND = (np.astype, shaping.astype, np.interp, np.polydiv, *cases.fourier.OF_REAL)
for _row in {row.fn: row for row in reversed(CASES)}.values():
    if (handler_of(_row.fn) or _row.fn).complex and _row.fn not in BY_HAND:
        _inputs = tuple([turned(x, k) for k, x in enumerate(_row.inputs)])
        CASES.append(Case(f"{_row.name}-complex", _row.fn, _row.call, _inputs, COMPLEX, _row.tier))
Z = turned(X)
COLUMN = numbers(3, 1, low=0.5, high=1.5)
for _first, _second in ((Z, Q), (P, Z), (Z, numbers(4)), (COLUMN, Z), (np.array(0.4 + 0.3j), Q)):
    for _fn in (np.add, np.subtract, np.multiply, np.divide, np.power):
        case(_fn, _first, _second)
for _exponent in (0, 2, -1, 0.5, 0.4 - 0.3j, np.arange(4), np.float64(1.5)):
    case(np.power, Z, call=lambda z, n=_exponent: z**n)
for _base in (2, -2.5, 0.4 - 0.3j):
    case(np.power, Z, call=lambda z, b=_base: b**z)
case(np.power, -P, call=lambda x: x ** (0.4 - 0.3j))
for _fn in (np.absolute, np.angle, np.sign, np.conjugate, np.real, np.imag, np.exp):
    case(_fn, np.array(0.4 - 0.3j))
    case(_fn, np.zeros((2, 0), complex))
case(np.angle, Z, deg=True)
case(np.nan_to_num, np.where(BITS, Z, np.nan), nan=0.3)
case(elementwise.from_parts, X, numbers(4))
case(elementwise.real_part, Z)
case(elementwise.imaginary_part, Z)
case(np.where, Z, Y, call=lambda x, y: np.where(BITS, x, y))
case(np.concatenate, Z, X, packed=True)
case(np.prod, np.where(WITH_ZEROS == 0, 0, Z), axis=1)
case(np.cumprod, np.where(WITH_ZEROS == 0, 0, Z), axis=1)
case(indexing.setitem, Z, numbers(2), key=(slice(1, None), 0))
for _axis in (0, (0, 1)):
    for _fn in (np.sum, np.mean, np.var, np.std, np.linalg.vector_norm):
        case(_fn, Z, axis=_axis, keepdims=True)
case(np.var, Z, axis=0, ddof=1)
for _order in (None, 1, 3, 2.5, -1, np.inf, -np.inf):
    case(np.linalg.norm, Z, axis=0, ord=_order)
for _order in ("fro", 1, -1, np.inf, -np.inf):
    case(np.linalg.norm, Z, ord=_order)
for _first, _second in ((Z, numbers(4, 2)), (X, turned(numbers(4, 2))), (turned(CUBE), numbers(4))):
    case(np.matmul, _first, _second)
for _fn in (np.vdot, np.vecdot):
    case(_fn, Z, Y)
    case(_fn, X, turned(Y))
    case(_fn, Z, call=lambda z, fn=_fn: fn(z, z))
case(np.linalg.vecdot, Z, turned(Y), axis=0)
case(np.einsum, Z, numbers(4, 2), turned(numbers(2, 3)), call=partial(np.einsum, "ij,jk,ki->"))
for _mode in ("full", "same", "valid"):
    for _fn in (np.convolve, np.correlate):
        case(_fn, turned(numbers(3)), numbers(6), mode=_mode)
        case(_fn, turned(numbers(6)), turned(numbers(3), 1), mode=_mode)
case(np.astype, Z, call=lambda z: np.astype(z, complex))
case(shaping.astype, X, dtype=np.dtype(complex))
case(np.interp, 1.3 * X, turned(numbers(5)), call=lambda x, fp: np.interp(x, GRID, fp))
case(np.cov, Z, turned(Y))
case(np.sort, Z, axis=0)
case(np.polydiv, turned(numbers(5, start=2)), turned(numbers(2, start=1), 1), dtypes=("complex128",))
