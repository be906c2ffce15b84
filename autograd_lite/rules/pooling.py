"""Windows of arrays, their sums and their maxima, over the last axes of arrays. ``how`` is told in `windows`."""

from __future__ import annotations

from autograd_lite.engine.forms import custom, linear
from autograd_lite.engine.op import Op
from autograd_lite.rules import windows
from autograd_lite.rules.common import as_one

unfold: Op = linear(
    as_one(windows.windows, __name__),
    lambda g, x_shape, how: fold(g, size=tuple(x_shape[len(x_shape) - len(how[0]) :]), how=how),
    settings="how",
    name="unfold",
)
fold: Op = linear(
    as_one(windows.folded, __name__), lambda g, how: unfold(g, how=how), settings="size how", name="fold"
)

window_sums: Op = linear(
    as_one(windows.sums, __name__),
    lambda g, x_shape, how: spread_sums(g, size=tuple(x_shape[len(x_shape) - len(how[0]) :]), how=how),
    settings="how",
    name="window_sums",
)
spread_sums: Op = linear(
    as_one(windows.spread_sums, __name__),
    lambda g, how: window_sums(g, how=how),
    settings="size how",
    name="spread_sums",
)

max_pool: Op = custom(
    as_one(windows.largest, __name__),
    lambda g, x, y, how: put_at_largest(g, x, y, how=how),
    jvp=lambda tangents, y, x, how: taken_at_largest(tangents[0], x, y, how=how),
    settings="how",
    selects=True,
    name="max_pool",
)
put_at_largest: Op = linear(
    as_one(windows.put_at_largest, __name__),
    lambda g, x, top, how: taken_at_largest(g, x, top, how=how),
    None,
    None,
    settings="how",
    selects=True,
    complex=False,
)
taken_at_largest: Op = linear(
    as_one(windows.taken_at_largest, __name__),
    lambda g, x, top, how: put_at_largest(g, x, top, how=how),
    None,
    None,
    settings="how",
    selects=True,
    complex=False,
)
unpool: Op = linear(
    as_one(windows.unpooled, __name__), lambda g, at: repool(g, at), None, settings="count", selects=True, name="unpool"
)
repool: Op = linear(
    as_one(windows.repooled, __name__),
    lambda g, at, v_shape: unpool(g, at, count=v_shape[-1]),
    None,
    selects=True,
    name="repool",
)
places_of_largest: Op = custom(as_one(windows.places_of_largest, __name__), None, None, settings="how")

PRIMITIVES = (
    unfold, fold, window_sums, spread_sums, max_pool, put_at_largest, taken_at_largest, places_of_largest, unpool,
    repool,
)  # fmt: skip
"""What a compiled program calls as a whole; a batch is one more axis in front of each operand."""
