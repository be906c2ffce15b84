"""What methods mean in PyTorch that NumPy has by the same names, where they are called as NumPy cannot mean it.

That is with PyTorch's words for the arguments, or with arguments in places that they do not have in NumPy. Of what both
could mean, NumPy's is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.engine import refusals
from autograd_lite.engine.registry import handler_of
from autograd_lite.tensor.members.orders import in_order, order_of, with_places


def _never(t: Any, args: tuple[Any, ...]) -> bool:
    return False


class Otherwise(NamedTuple):
    """What carries out a method as PyTorch does; the names of arguments, and the places of others, that say so."""

    call: Callable[..., Any]
    words: frozenset[str]
    seems: Callable[[Any, tuple[Any, ...]], bool] = _never

    def is_meant(self, t: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        """Tell whether a call is one of PyTorch's."""
        return (bool(kwargs) and not self.words.isdisjoint(kwargs)) or self.seems(t, args)


_AXIS_AND_MORE = 2


def _says_yes_or_no(t: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether the second argument is a truth value, where NumPy has the kind of a sort, dtypes and outputs."""
    return len(args) >= _AXIS_AND_MORE and isinstance(args[1], bool)


# ----- extrema -----


def _extremum(place: Any, of_all: Any, of_two: Any) -> Otherwise:
    along, whole, pair = with_places(place), handler_of(of_all), handler_of(of_two)

    def extremum(t: Any, dim: Any = None, keepdim: bool = False, *, axis: Any = None, other: Any = None) -> Any:
        other, dim = (dim, None) if _is_other(dim) else (other, axis if dim is None else dim)
        if other is not None:
            return pair(t, other)
        return whole(t, keepdims=keepdim) if dim is None else along(t, int(dim), keepdim)

    def seems(t: Any, args: tuple[Any, ...]) -> bool:
        return bool(args) and (_is_other(args[0]) or _says_yes_or_no(t, args))

    return Otherwise(extremum, frozenset(("dim", "keepdim", "other")), seems)


def _is_other(x: Any) -> bool:
    """Tell whether an argument is an array to compare with, and no axis."""
    return is_array(x) and bool(x.ndim)


# ----- spreads -----


def degrees(dim: Any, unbiased: Any, correction: float) -> tuple[Any, float]:
    """Return axes, and what is taken from a count. The truth value may stand in the place of the axes."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return dim, correction if unbiased is None else int(unbiased)


def _spread(fn: Any) -> Otherwise:
    handler = handler_of(fn)

    def spread(
        t: Any, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *, correction: float = 1,
        ddof: float | None = None, axis: Any = None, **more: Any,
    ) -> Any:  # fmt: skip
        axes, taken = degrees(axis if dim is None else dim, unbiased, correction if ddof is None else ddof)
        return handler(t, axis=axes, ddof=taken, **{"keepdims": keepdim, **more})

    def seems(t: Any, args: tuple[Any, ...]) -> bool:
        return any(isinstance(x, bool) for x in args[:_AXIS_AND_MORE])

    return Otherwise(spread, frozenset(("dim", "keepdim", "unbiased")), seems)


# ----- orders and places -----


def _argsort(t: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    return order_of(t, dim, descending)


def _sort(t: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    return in_order(t, dim, descending)


def _nonzero(t: Any, *, as_tuple: bool = False) -> Any:
    places = handler_of(np.argwhere)(t)
    return tuple(places[:, axis] for axis in range(t.ndim)) if as_tuple else places


# ----- shapes -----


def _exchanges(t: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether two axes are named of more, where NumPy names all; or those of a matrix, as they are."""
    return len(args) == 2 <= t.ndim and (t.ndim > 2 or [axis % 2 for axis in args] == [0, 1])  # noqa: PLR2004 - two axes


def _transpose(t: Any, *axes: Any, **named: Any) -> Any:
    if len(axes) == 2 == t.ndim:  # noqa: PLR2004 - a matrix, of which both are named
        refusals.advise(errors.TRANSPOSED_NOT.format(given=axes, what=refusals.describe(t)))
        return handler_of(np.transpose)(t, axes)
    return t.swapaxes(*axes, *(named[name] for name in ("dim0", "dim1") if name in named))


def _scatter(name: str) -> Otherwise:
    def scatter(t: Any, *args: Any, value: Any, **more: Any) -> Any:
        return getattr(t, name)(*args, src=value, **more)

    return Otherwise(scatter, frozenset(("value",)))


def _clip(t: Any, low: Any, a_max: Any = None, *, max: Any = None) -> Any:  # noqa: A002 - NumPy's names
    return t.clip(low, max if a_max is None else a_max)


def _counts(t: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether more is given than how often, and an axis that is there."""
    return len(args) > 2 or (len(args) == 2 and isinstance(args[1], int) and not -t.ndim <= args[1] < t.ndim)  # noqa: PLR2004 - two arguments


def _repeat(t: Any, *times: Any) -> Any:
    if len(times) == 2:  # noqa: PLR2004 - as above
        raise errors.ArgumentError(errors.REPEATED.format(given=times, what=refusals.describe(t)))
    return t.tile(times)


OTHERWISE: Mapping[str, Otherwise] = {
    "max": _extremum(np.argmax, np.max, np.maximum),
    "min": _extremum(np.argmin, np.min, np.minimum),
    "std": _spread(np.std),
    "var": _spread(np.var),
    "argsort": Otherwise(_argsort, frozenset(("descending",)), _says_yes_or_no),
    "sort": Otherwise(_sort, frozenset(("dim", "descending")), _says_yes_or_no),
    "nonzero": Otherwise(_nonzero, frozenset(("as_tuple",))),
    "transpose": Otherwise(_transpose, frozenset(("dim0", "dim1")), _exchanges),
    "permute": Otherwise(lambda t, dims: t.transpose(dims), frozenset(("dims",))),
    "repeat": Otherwise(_repeat, frozenset(), _counts),
    "clip": Otherwise(_clip, frozenset(), lambda t, args: len(args) == 1),
    "scatter": _scatter("scatter"),
    "scatter_": _scatter("scatter_"),
}
"""The methods, by name."""
