"""Complex results: which transforms have a derivative of such, and whether a function is as holomorphic as was said."""

from __future__ import annotations

import math

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.conventions import complex_dtype
from autograd_lite.engine.record import plain_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.transforms.watched import Call, name_of, node_of

_SAME = 0.25  # of the digits that a number has


def check(done: Call, transform: str, holomorphic: bool) -> None:
    """Refuse a complex result, unless the function is said to be holomorphic; and then one that is not."""
    if holomorphic:
        _all_complex(done, transform)
        _is_holomorphic(done, transform)
    elif (dtype := complex_dtype(map(plain_of, done.results))) is not None:
        names = {"transform": transform, "function": name_of(done.function), "dtype": dtype}
        raise errors.GradientDtypeError(errors.COMPLEX_OUTPUT.format(**names))


def mode_of(done: Call, mode: str, holomorphic: bool) -> str:
    """Return in which mode a Jacobian can be had where numbers are complex: one is for real results, one for arguments.

    Along unit vectors the reverse mode gives what real results are paired with, and the forward one how results move
    with real arguments.
    """
    given = complex_dtype(done.inputs) is not None
    made = complex_dtype(map(plain_of, done.results)) is not None
    if holomorphic or (given and made):
        check(done, "jacobian", holomorphic)
    only = mode if given == made else "reverse" if given else "forward"
    if mode not in (only, "auto"):
        names = {"function": name_of(done.function), "given": mode, "mode": only}
        raise errors.GradientDtypeError(errors.COMPLEX_MODE.format(**names))
    return only


def _all_complex(done: Call, transform: str) -> None:
    """Refuse real arguments and results, of which no derivative is holomorphic."""
    for x in (*done.inputs, *map(plain_of, done.results)):
        if complex_dtype((x,)) is None:
            names = {"transform": transform, "function": name_of(done.function), "dtype": np.result_type(x)}
            raise errors.GradientDtypeError(errors.HOLOMORPHIC_REAL.format(**names))


def _is_holomorphic(done: Call, transform: str) -> None:
    """Refuse a function whose derivative along ``i`` is not ``i`` times the one along 1.

    What is made of holomorphic operations is so itself; else one sweep more for each tells it, in one direction.
    """
    if all(node.op is None or node.op.analytic for node in done.reached):
        return
    pairs = zip(_pulled(done, 1), _pulled(done, 1j), strict=True)
    text = errors.NOT_HOLOMORPHIC.format(transform=transform, function=name_of(done.function))
    for once, turned in ((a, b) for a, b in pairs if a is not None and b is not None):
        tolerance = np.finfo(once.dtype).eps ** (1 - _SAME) * (np.abs(once) + np.abs(turned))
        verify(~(np.abs(1j * once - turned) > tolerance), text, errors.GradientDtypeError)


def _pulled(done: Call, factor: complex) -> list[Array | None]:
    """Return the derivative by each input for weights of the results that are no symmetry of theirs, times a factor."""
    nodes = [node for y in done.results if (node := node_of(y)) is not None]
    weights = [np.exp(1j * (1.0 + np.arange(math.prod(node.shape)))).reshape(node.shape) for node in nodes]
    seeds = [(node, (factor * w).astype(node.dtype)) for node, w in zip(nodes, weights, strict=True)]
    return [None if g is None else plain_of(g) for g in done.pull(seeds)]
