"""Complex results: which transforms have a derivative of such, and whether a function is as holomorphic as was said."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.conventions import complex_dtype
from autograd_lite.engine.record import plain_of
from autograd_lite.engine.watchpoints import verify
from autograd_lite.transforms.watched import WatchedCall, name_of, node_of

_SAME = 0.75  # of the digits that a number has


def check(done: WatchedCall, transform: str, holomorphic: bool) -> None:
    """Refuse a complex result, unless the function is said to be holomorphic; and then one that is not."""
    names: dict[str, Any] = {"transform": transform, "function": name_of(done.function)}
    made = [plain_of(y) for y in done.results]
    if not holomorphic:
        if (dtype := complex_dtype(made)) is not None:
            raise errors.GradientDtypeError(errors.COMPLEX_OUTPUT.format(dtype=dtype, **names))
        return
    for x in (*done.inputs, *made):
        if complex_dtype((x,)) is None:
            raise errors.GradientDtypeError(errors.HOLOMORPHIC_REAL.format(dtype=np.result_type(x), **names))
    # What is made of holomorphic operations is so itself; else one sweep more for each tells it, in one direction.
    if not all(node.op is None or node.op.analytic for node in done.reached):
        _prove(done, errors.NOT_HOLOMORPHIC.format(**names))


def mode_of(done: WatchedCall, mode: str, holomorphic: bool) -> str:
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
        text = errors.COMPLEX_MODE.format(function=name_of(done.function), given=mode, mode=only)
        raise errors.GradientDtypeError(text)
    return only


def _prove(done: WatchedCall, text: str) -> None:
    """Refuse a function whose derivative along ``i`` is not ``i`` times the one along 1."""
    nodes = [node for y in done.results if (node := node_of(y)) is not None]
    weights = [np.exp(1j * (1.0 + np.arange(math.prod(node.shape)))).reshape(node.shape) for node in nodes]
    once, turned = (
        done.pull([(node, (way * w).astype(node.dtype)) for node, w in zip(nodes, weights, strict=True)])
        for way in (1, 1j)
    )
    for a, b in zip(map(plain_of, once), map(plain_of, turned), strict=True):
        if a is not None and b is not None:
            tolerance = np.finfo(a.dtype).eps ** _SAME * (np.abs(a) + np.abs(b))
            verify(~(np.abs(1j * a - b) > tolerance), text, errors.GradientDtypeError)
