"""Rows of matrix products and their relatives."""

from __future__ import annotations

from functools import partial

import numpy as np

from autograd_lite.rules import products
from cases.inputs import CUBE, X, Y, numbers
from cases.table import case

SHAPES = (
    ((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 2)), ((2, 3, 4), (4,)),
    ((3,), (2, 3, 4)), ((1, 3, 4), (5, 1, 4, 2)), ((0, 4), (4, 2)), ((3, 0), (0, 2)), ((2, 3, 4), (2, 4, 1)),
)  # fmt: skip
for _first, _second in SHAPES:
    case(np.matmul, numbers(*_first), numbers(*_second, start=1))
for _first, _second in (SHAPES[0], SHAPES[4], SHAPES[7]):
    case(np.linalg.matmul, numbers(*_first), numbers(*_second, start=1))
for _first, _second in (*SHAPES[:6], ((), (3, 4)), ((3, 4), ()), ((2, 3, 4), (2, 4, 3))):
    case(np.dot, numbers(*_first), numbers(*_second, start=1))
for _first, _second in (((3, 4), (2, 4)), ((4,), (4,)), ((2, 3, 4), (5, 4)), ((), (3,))):
    case(np.inner, numbers(*_first), numbers(*_second, start=1))
case(np.dot, numbers(3, 2), call=lambda b: np.dot([1.0, 2.0, 3.0], b))
case(np.vdot, X, Y)
case(np.vecdot, X, Y)
case(np.vecdot, X, numbers(4))
case(np.linalg.vecdot, X, Y, axis=0)
if hasattr(np, "matvec"):
    case(np.matvec, CUBE, numbers(4))
    case(np.vecmat, numbers(3), CUBE)
case(np.outer, X, numbers(2))
case(np.linalg.outer, numbers(3), numbers(2))
case(np.multiply, X, numbers(2), call=lambda a, b: np.multiply.outer(a, b))
case(np.kron, X, numbers(2, 2))
case(np.kron, numbers(3), X)
for _axes in (1, 0, ((1, 2), (1, 0)), (2, 0), (-1, -2)):
    _b = {1: (4, 2), 0: (2,), (2, 0): (4, 2), (-1, -2): (4, 2)}.get(_axes, (4, 3))
    case(np.tensordot, CUBE, numbers(*_b), axes=_axes)
case(np.tensordot, X, numbers(3, 4, start=1))
case(np.linalg.tensordot, X, numbers(4, 2), axes=1)
case(np.linalg.multi_dot, X, numbers(4, 2), numbers(2), packed=True)
for _n in (0, 1, 2, 5):
    case(np.linalg.matrix_power, numbers(3, 3), n=_n)
case(np.cross, numbers(2, 3), numbers(3))
case(np.cross, numbers(3, 2), numbers(3, 2, start=1), axis=0)
case(np.cross, numbers(3, 2), numbers(2, 3, start=1), axisa=0, axisc=0)
case(np.linalg.cross, numbers(2, 3), numbers(2, 3, start=1))
case(np.polyval, numbers(4), X)
case(np.polyval, X, call=lambda x: np.polyval([1.0, -2.0, 3.0], x))
SUMS = (
    ("ij,jk->ik", (3, 4), (4, 2)), ("ij,jk", (3, 4), (4, 2)), ("ij->j", (3, 4)), ("ij->", (3, 4)), ("ij->ji", (3, 4)),
    ("ji", (3, 4)), ("ii->i", (3, 3)), ("ii", (3, 3)), ("iij->ij", (2, 2, 3)), ("iii->", (2, 2, 2)),
    ("ij,ij->", (3, 4), (3, 4)), ("bij,jk->bik", (2, 3, 4), (4, 2)), ("...ij,jk->...ik", (2, 3, 4), (4, 2)),
    ("...i,...i->...", (2, 1, 4), (3, 4)), ("i...,i...", (3, 4), (3, 1)), ("i,j->ij", (3,), (4,)),
    ("ij,k->i", (3, 4), (2,)), ("ij,jk,ki->", (3, 4), (4, 2), (2, 3)), ("ij,ij->ij", (1, 4), (3, 4)),
    (",ij->ij", (), (3, 4)), ("a,a,a->a", (3,), (3,), (3,)), ("ij,jj->i", (3, 4), (4, 4)), ("ij,j->i", (0, 4), (4,)),
)  # fmt: skip
for _spec, *_shapes in SUMS:
    case(np.einsum, *(numbers(*s, start=i) for i, s in enumerate(_shapes)), call=partial(np.einsum, _spec))
case(np.einsum, X, call=lambda x: np.einsum("ij,kj->ik", x, x, optimize=True))
case(products.product, X, numbers(4, 2), spec="ij,jk->ki")
for _x in (X, CUBE, numbers(4)):
    case(products.affine, _x, numbers(5, 4, start=1), numbers(5, start=2))
    case(products.affine, _x, numbers(5, 4, start=1), call=lambda x, w: products.affine(x, w, None))
case(products.affine, np.zeros((0, 4)), numbers(5, 4), numbers(5))
