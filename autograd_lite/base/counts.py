"""The number of elements of a Tensor, which is a number as in NumPy, and can be called as in PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, overload


class Count(int):
    """A whole number that, called, gives the shape that it is the product of, or the length of one axis.

    NOTE: an int of a class of its own would make NumPy's float32 arrays float64; so NumPy is given the plain number.

    Parameters
    ----------
    count : int
        The number.
    shape : tuple of int
        The shape.

    Examples
    --------
    >>> n = Count(6, (2, 3))
    >>> n, n(), n(-1), n + 1
    (6, (2, 3), 3, 7)
    """

    _shape: tuple[int, ...]

    def __new__(cls, count: int, shape: tuple[int, ...]) -> Self:
        made = super().__new__(cls, count)
        made._shape = shape
        return made

    @overload
    def __call__(self) -> tuple[int, ...]: ...
    @overload
    def __call__(self, dim: int) -> int: ...
    def __call__(self, dim: int | None = None) -> Any:
        return self._shape if dim is None else self._shape[dim]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return getattr(ufunc, method)(*_plain(inputs), **_plain_by_name(kwargs))

    def __array_function__(self, fn: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return fn(*_plain(args), **_plain_by_name(kwargs))

    def __reduce__(self) -> Any:
        return int, (int(self),)


def _plain(values: Sequence[Any]) -> list[Any]:
    return [int(x) if x.__class__ is Count else _within(x) for x in values]


def _within(x: Any) -> Any:
    return x.__class__(_plain(x)) if x.__class__ in (list, tuple) else x


def _plain_by_name(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(zip(values, _plain(list(values.values())), strict=True))
