"""Windows of arrays, their sums and their maxima, over the last axes of arrays. See `windows` for their settings."""

from __future__ import annotations

from collections.abc import Sequence

from autograd_lite.base.shapes import Shape
from autograd_lite.engine.forms import custom, linear
from autograd_lite.engine.op import Op
from autograd_lite.rules import taps, windows
from autograd_lite.rules.common import as_one

_SETTINGS = "kernel stride padding dilation"


def _last(shape: Shape, kernel: Sequence[int]) -> Shape:
    """Return the lengths of the axes of windows."""
    return tuple(shape[len(shape) - len(kernel) :])


unfold: Op = linear(
    as_one(windows.windows, __name__),
    lambda g, x_shape, kernel, stride, padding, dilation: fold(
        g, _last(x_shape, kernel), kernel, stride, padding, dilation
    ),
    settings=_SETTINGS,
    name="unfold",
)
fold: Op = linear(
    as_one(windows.folded, __name__),
    lambda g, kernel, stride, padding, dilation: unfold(g, kernel, stride, padding, dilation),
    settings=f"size {_SETTINGS}",
    name="fold",
)

window_sums: Op = linear(
    as_one(windows.sums, __name__, windows.sums),
    lambda g, x_shape, kernel, stride, padding: spread_sums(g, _last(x_shape, kernel), kernel, stride, padding),
    settings="kernel stride padding",
    name="window_sums",
)
spread_sums: Op = linear(
    as_one(windows.spread_sums, __name__, windows.spread_sums),
    lambda g, kernel, stride, padding: window_sums(g, kernel, stride, padding),
    settings="size kernel stride padding",
    name="spread_sums",
)

max_pool: Op = custom(
    as_one(windows.largest, __name__, taps.largest),
    lambda g, x, y, kernel, stride, padding, dilation: put_at_largest(g, x, y, kernel, stride, padding, dilation),
    jvp=lambda tangents, y, x, kernel, stride, padding, dilation: taken_at_largest(
        tangents[0], x, y, kernel, stride, padding, dilation
    ),
    settings=_SETTINGS,
    selects=True,
    name="max_pool",
)
put_at_largest: Op = linear(
    as_one(windows.put_at_largest, __name__, taps.put_at_largest),
    lambda g, x, top, kernel, stride, padding, dilation: taken_at_largest(
        g, x, top, kernel, stride, padding, dilation
    ),
    None,
    None,
    settings=_SETTINGS,
    selects=True,
    complex=False,
)
taken_at_largest: Op = linear(
    as_one(windows.taken_at_largest, __name__, taps.taken_at_largest),
    lambda g, x, top, kernel, stride, padding, dilation: put_at_largest(g, x, top, kernel, stride, padding, dilation),
    None,
    None,
    settings=_SETTINGS,
    selects=True,
    complex=False,
)
places_of_largest: Op = custom(as_one(windows.places_of_largest, __name__), None, None, settings=_SETTINGS)

unpool: Op = linear(
    as_one(windows.unpooled, __name__),
    lambda g, at: repool(g, at),
    None,
    settings="count",
    selects=True,
    name="unpool",
)
repool: Op = linear(
    as_one(windows.repooled, __name__),
    lambda g, at, v_shape: unpool(g, at, count=v_shape[-1]),
    None,
    selects=True,
    name="repool",
)

PRIMITIVES = (
    unfold, fold, window_sums, spread_sums, max_pool, put_at_largest, taken_at_largest, places_of_largest, unpool,
    repool,
)  # fmt: skip
"""What a compiled program calls as a whole; a batch is one more axis in front of each operand."""
