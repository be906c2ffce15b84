"""Matrix products and their relatives: linear in each of their inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import bilinear, custom
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules.common import as_tuple, present
from autograd_lite.rules.indexing import diagonal


def _matmul_left(g: Array, x2: Array) -> Array:
    """``g x2^T``. A vector on the right makes it an outer product; one on the left has lost its axis in `g`."""
    if x2.ndim == 1:
        return g[..., None] * x2
    if g.ndim == x2.ndim - 1:
        return (g[..., None, :] @ x2.swapaxes(-1, -2))[..., 0, :]
    return g @ x2.swapaxes(-1, -2)


def _matmul_right(g: Array, x1: Array) -> Array:
    """``x1^T g``, with the cases of `_matmul_left` mirrored."""
    if x1.ndim == 1:
        return x1[:, None] * g[..., None, :] if g.ndim else g * x1
    if g.ndim == x1.ndim - 1:
        return (x1.swapaxes(-1, -2) @ g[..., None])[..., 0]
    return x1.swapaxes(-1, -2) @ g


_MATMUL: dict[tuple[int, ...], tuple[str, str]] = {
    (1, 1): ("g * x2", "g * x1"), (2, 1): ("np.outer(g, x2)", "x1.T @ g"),
    (1, 2): ("g @ x2.T", "np.outer(x1, g)"), (2, 2): ("g @ x2.T", "x1.T @ g"),
}  # fmt: skip
"""Derivatives as a learner writes them, by the numbers of axes."""
bilinear(
    np.matmul, _matmul_left, _matmul_right, symbol="@",
    derivative=lambda shapes, settings: _MATMUL.get(tuple(map(len, shapes))),
    products=lambda shapes, size, settings: size * shapes[0][-1],
)  # fmt: skip


def _times(a: Array, b: Array) -> Array:
    """``a @ b``; of many rows as one product of matrices, and by the method, which begins in a third of the time."""
    rows = _rows(a) if len(getattr(a, "shape", ())) > 2 and b.ndim == 2 else a  # noqa: PLR2004 - more than a matrix
    plain = rows.__class__ is b.__class__ is np.ndarray and rows.ndim == b.ndim == 2  # noqa: PLR2004 - matrices
    y = rows.dot(b) if plain else rows @ b
    return y if rows is a else y.reshape((*a.shape[:-1], b.shape[-1]))


def _affine(x: Array, weight: Array, bias: Array) -> Array:
    """``x W^T + b``: the layer of a neural network; `weight` is (out, in), `bias` may be None."""
    y = _times(x, weight.T)
    return y if bias is None else y + bias


def _affine_weight(g: Array, x: Array) -> Array:
    return _times(_rows(g).swapaxes(-1, -2), _rows(x))


def _rows(x: Array) -> Array:
    """Return vectors, in any number of axes, as the rows of one matrix."""
    return x if x.ndim == 2 else x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))  # noqa: PLR2004 - already a matrix


def _affine_jvp(tangents: Sequence[Array | None], x: Array, weight: Array) -> Array:
    dx, dw, db = tangents
    parts = [
        None if dx is None else dx @ weight.T,
        None if dw is None else x @ dw.swapaxes(-1, -2),
        db,
    ]
    first, *rest = [part for part in parts if part is not None]
    for part in rest:
        first = first + part
    return first


def _affine_derivatives(shapes: Sequence[Shape], settings: Any) -> tuple[str, ...]:
    axes = tuple(range(len(shapes[0]) - 1))  # of the examples
    weight = ("np.outer(g, x)", "g.T @ x", f"np.tensordot(g, x, ({axes}, {axes}))")[min(len(axes), 2)]
    return "g @ weight", weight, f"g.sum(axis={axes[0] if len(axes) == 1 else axes})" if axes else "g"


affine = custom(
    _affine, lambda g, weight: _times(g, weight), _affine_weight, lambda g: g, jvp=_affine_jvp, complex=True,
    derivative=_affine_derivatives, products=lambda shapes, size, settings: size * shapes[0][-1],
)  # fmt: skip

# ----- definitions -----


@composite(np.dot, checked=True, complex=True)
def dot(a: Array, b: Array) -> Array:
    a, b = with_shape(a), with_shape(b)
    if a.ndim == 0 or b.ndim == 0:
        return np.multiply(a, b)
    if b.ndim > 2:  # noqa: PLR2004 - beyond matrices, dot and matmul differ
        return np.tensordot(a, b, (-1, -2))
    return np.matmul(a, b) if b.ndim == 1 or a.ndim <= 2 else np.tensordot(a, b, (-1, 0))  # noqa: PLR2004


@composite(np.inner, checked=True, complex=True)
def inner(a: Array, b: Array) -> Array:
    a, b = with_shape(a), with_shape(b)
    return np.multiply(a, b) if a.ndim == 0 or b.ndim == 0 else np.tensordot(a, b, (-1, -1))


@composite(np.vdot, complex=True)
def vdot(a: Array, b: Array) -> Array:
    return np.matmul(np.ravel(a).conj(), np.ravel(b))


@composite(np.vecdot, complex=True)
def vecdot(x1: Array, x2: Array) -> Array:
    return np.sum(np.multiply(with_shape(x1).conj(), x2), -1)


@composite(np.linalg.vecdot, complex=True)
def linalg_vecdot(x1: Array, x2: Array, *, axis: int = -1) -> Array:
    return np.sum(np.multiply(with_shape(x1).conj(), x2), axis)


@composite(*present("matvec"), complex=True)
def matvec(x1: Array, x2: Array) -> Array:
    return np.matmul(x1, np.expand_dims(x2, -1))[..., 0]


@composite(*present("vecmat"), complex=True)
def vecmat(x1: Array, x2: Array) -> Array:
    return np.matmul(np.expand_dims(with_shape(x1).conj(), -2), x2)[..., 0, :]


@composite(np.linalg.matmul, complex=True)
def linalg_matmul(x1: Array, x2: Array) -> Array:
    return np.matmul(x1, x2)


@composite(np.outer, checked=True, complex=True)
def outer(a: Array, b: Array) -> Array:
    return np.ravel(a)[:, None] * np.ravel(b)


@composite(np.linalg.outer, complex=True)
def linalg_outer(x1: Array, x2: Array) -> Array:
    return outer(x1, x2)


@composite(np.kron, complex=True)
def kron(a: Array, b: Array) -> Array:
    ndim = max(np.ndim(a), np.ndim(b))
    shape_a = (1,) * (ndim - np.ndim(a)) + np.shape(a)
    shape_b = (1,) * (ndim - np.ndim(b)) + np.shape(b)
    spaced_a = np.reshape(a, [m for n in shape_a for m in (n, 1)])
    spaced_b = np.reshape(b, [m for n in shape_b for m in (1, n)])
    return np.reshape(spaced_a * spaced_b, [m * n for m, n in zip(shape_a, shape_b, strict=True)])


def _tensordot_axes(axes: Any, ndim_a: int, ndim_b: int) -> tuple[list[int], list[int]]:
    """Return which axes of `a` and of `b` are summed over, as lists of non-negative numbers."""
    if isinstance(axes, (int, np.integer)):
        return list(range(ndim_a - axes, ndim_a)), list(range(axes))
    first, second = (as_tuple(i) for i in axes)
    return [i % ndim_a for i in first], [i % ndim_b for i in second]


@composite(np.tensordot, complex=True)
def tensordot(a: Array, b: Array, axes: Any = 2) -> Array:
    """A matrix product between the kept axes and the summed ones, moved next to each other."""
    a, b = with_shape(a), with_shape(b)
    summed_a, summed_b = _tensordot_axes(axes, a.ndim, b.ndim)
    kept_a = [i for i in range(a.ndim) if i not in summed_a]
    kept_b = [i for i in range(b.ndim) if i not in summed_b]
    if [a.shape[i] for i in summed_a] != [b.shape[i] for i in summed_b]:
        raise errors.ShapeError(
            f"tensordot sums axes {summed_a} of shape {a.shape} with axes {summed_b} of shape {b.shape}, "
            "whose lengths differ. Write axes=(axes_of_a, axes_of_b) with pairs of equal length"
        )
    rows, columns = [a.shape[i] for i in kept_a], [b.shape[i] for i in kept_b]
    depth = math.prod(a.shape[i] for i in summed_a)
    left = np.transpose(a, kept_a + summed_a).reshape((math.prod(rows), depth))
    right = np.transpose(b, summed_b + kept_b).reshape((depth, math.prod(columns)))
    return np.matmul(left, right).reshape((*rows, *columns))


@composite(np.linalg.tensordot, complex=True)
def linalg_tensordot(x1: Array, x2: Array, *, axes: Any = 2) -> Array:
    return tensordot(x1, x2, axes)


@composite(np.cross, complex=True)
def cross(a: Array, b: Array, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Array:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = np.moveaxis(with_shape(a), axisa, -1), np.moveaxis(with_shape(b), axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:  # noqa: PLR2004 - the space it is defined in
        raise errors.ShapeError(
            f"cross multiplies vectors of three components, not {a.shape[-1]} and {b.shape[-1]}. "
            "Write a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0] for vectors in the plane"
        )
    after, before = [1, 2, 0], [2, 0, 1]
    return np.moveaxis(a[..., after] * b[..., before] - a[..., before] * b[..., after], -1, axisc)


@composite(np.linalg.cross, complex=True)
def linalg_cross(x1: Array, x2: Array, *, axis: int = -1) -> Array:
    return cross(x1, x2, axis=axis)


@composite(np.polyval, complex=True)
def polyval(p: Array, x: Array) -> Array:
    """Horner's scheme, from the coefficient of the highest power."""
    y = np.zeros_like(x)
    for coefficient in with_shape(p):
        y = y * x + coefficient
    return y


@composite(np.linalg.multi_dot, complex=True)
def multi_dot(arrays: Sequence[Array]) -> Array:
    """The products from left to right: the value of the best order, not its speed."""
    product, *rest = arrays
    for array in rest:
        product = np.dot(product, array)
    return product


@composite(np.linalg.matrix_power, complex=True)
def matrix_power(a: Array, n: int) -> Array:
    """Repeated squaring."""
    if n < 0:
        a, n = np.linalg.inv(a), -n
    power = a if n % 2 else None
    while n := n // 2:
        a = np.matmul(a, a)
        power = power if n % 2 == 0 else a if power is None else np.matmul(power, a)
    return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype) if power is None else power


# ----- einsum -----


def _einsum(*arrays: Array, spec: str) -> Array:
    return np.einsum(spec, *arrays, optimize=len(arrays) > 2)  # noqa: PLR2004 - an order to choose


def _einsum_rule(g: Array, arrays: Sequence[Array], shapes: Sequence[Shape], index: int, spec: str) -> Array:
    """The product of `g` with the other operands, summed to the letters of this one.

    A letter that only this operand has was summed over alone: `g` is the same for all of its values.
    """
    inputs, output = spec.split("->")
    letters = inputs.split(",")
    mine = letters[index]
    others = [i for i in range(len(arrays)) if i != index]
    known = set(output).union(*(letters[i] for i in others))
    target = "".join(c for c in mine if c in known)
    rule = ",".join([output, *(letters[i] for i in others)]) + "->" + target
    share = product(g, *(arrays[i] for i in others), spec=rule)
    spaced = [n if c in known else 1 for c, n in zip(mine, _einsum_shape(share, target, mine), strict=True)]
    return np.broadcast_to(share.reshape(spaced), _widened(spaced, shapes[index]))


def _einsum_shape(share: Array, target: str, mine: str) -> list[int]:
    return [share.shape[target.index(c)] if c in target else 1 for c in mine]


def _widened(spaced: Sequence[int], shape: Shape) -> Shape:
    """Return the shape with letters of this operand alone at full length; a broadcast axis stays as long as it is."""
    return tuple(max(s, n) for s, n in zip(spaced, shape, strict=True))


def _einsum_back(a: Array, value: Array, spec: str) -> Array:
    """Return what an array of which einsum shows the axes in another order is with that as its value."""
    letters, output = spec.split("->")
    return product(value, spec=f"{output}->{letters}")


def _einsum_products(shapes: Sequence[Shape], size: int, settings: Mapping[str, Any]) -> int:
    inputs, output = settings["spec"].split("->")
    lengths: dict[str, int] = {}
    for letters, shape in zip(inputs.split(","), shapes, strict=True):
        lengths |= {c: max(n, lengths.get(c, 1)) for c, n in zip(letters, shape, strict=True)}
    return size * math.prod(n for c, n in lengths.items() if c not in output) * (len(shapes) - 1)


product = custom(
    _einsum, _einsum_rule, settings="spec", variadic=True, view=_einsum_back, complex=True, products=_einsum_products
)


@composite(np.einsum, exact=True, checked=True, complex=True)
def einsum(subscripts: Any, *operands: Array, optimize: Any = False) -> Array:
    """Write the dots and the output out, take diagonals of repeated letters, and multiply.

    NOTE: `optimize` says how; the best order is taken in any case.
    """
    if not isinstance(subscripts, str):
        subscripts, operands = as_text((subscripts, *operands))
    operands = tuple(with_shape(a) for a in operands)
    letters, output = explicit(subscripts.replace(" ", ""), [a.ndim for a in operands])
    pairs = [_without_repeats(c, a) for c, a in zip(letters, operands, strict=True)]
    spec = ",".join(c for c, _ in pairs) + "->" + output
    return product(*(a for _, a in pairs), spec=spec)


def as_text(given: tuple[Any, ...]) -> tuple[str, tuple[Array, ...]]:
    """Return the subscripts that are given as lists of numbers after each operand, and perhaps for the result."""
    pairs = len(given) // 2 * 2
    names = ["".join("..." if i is Ellipsis else _LETTERS[i] for i in axes) for axes in given[1:pairs:2]]
    output = "" if pairs == len(given) else "->" + "".join("..." if i is Ellipsis else _LETTERS[i] for i in given[-1])
    return ",".join(names) + output, given[:pairs:2]


_LETTERS = "".join(map(chr, (*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1))))


def explicit(subscripts: str, ndims: Sequence[int]) -> tuple[list[str], str]:
    """Return the letters of each operand, and of the output, with the dots written out in unused letters."""
    left, arrow, right = subscripts.partition("->")
    names = left.split(",")
    if len(names) != len(ndims):
        raise errors.ShapeError(
            f"einsum subscripts {subscripts!r} name {len(names)} operands, {len(ndims)} are given. "
            "Write one group of letters for each operand, separated by commas"
        )
    free = [chr(c) for c in range(ord("A"), ord("Z") + 1) if chr(c) not in subscripts]
    wide = [ndim - len(name.replace("...", "")) for name, ndim in zip(names, ndims, strict=True)]
    for name, ndim, rest in zip(names, ndims, wide, strict=True):
        if rest < 0 or (rest and "..." not in name):
            raise errors.ShapeError(
                f"einsum subscripts {name!r} name {ndim - rest} axes of an array that has {ndim}. "
                "Write one letter for each axis, or ... for those that are left"
            )
    dots = "".join(free[: max((w for w, n in zip(wide, names, strict=True) if "..." in n), default=0)])
    full = [n.replace("...", dots[len(dots) - w :]) for n, w in zip(names, wide, strict=True)]
    if arrow:
        return full, right.replace("...", dots)
    plain = left.replace(",", "").replace("...", "")
    return full, dots + "".join(sorted(c for c in set(plain) if plain.count(c) == 1))


def _without_repeats(letters: str, a: Array) -> tuple[str, Array]:
    """Replace the axes of a letter that stands twice by their diagonal."""
    for c in letters:
        while letters.count(c) > 1:
            first, second = letters.index(c), letters.rindex(c)
            if a.shape[first] != a.shape[second]:
                raise errors.ShapeError(
                    f"einsum takes the diagonal of two axes under the letter {c!r}, which differ in an array of shape "
                    f"{a.shape}. Write two letters for them"
                )
            a = diagonal(a, 0, first, second)
            letters = letters[:first] + letters[first + 1 : second] + letters[second + 1 :] + c
    return letters, a
