"""Margins as layers."""

from __future__ import annotations

import operator
from typing import Any

from autograd_lite import errors
from autograd_lite.nn import functional
from autograd_lite.nn.functional.sizes import image, unmasked
from autograd_lite.nn.module import Module


class _Pad(Module):
    """Margins around sequences, images or volumes, with or without a batch."""

    _mode: str
    _axes: int

    def __init__(self, padding: Any) -> None:
        self.padding = _widths(padding, self._axes, type(self).__name__)

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.pad(image(input, self._axes, f"{type(self).__name__}()"), self.padding, self._mode)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ConstantPad(_Pad):
    _mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return functional.pad(unmasked(input), self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return str(self.padding)


class _ReflectionPad(_Pad):
    _mode = "reflect"


class _ReplicationPad(_Pad):
    _mode = "replicate"


class _CircularPad(_Pad):
    _mode = "circular"


def _widths(given: Any, n: int, layer: str) -> tuple[int, ...]:
    """Return a pair for each axis, the last axis first, of one number for all."""
    try:
        numbers = given if isinstance(given, (tuple, list)) else (given,) * 2 * n
        widths = tuple(map(operator.index, numbers))
    except TypeError:
        widths = ()
    if len(widths) != 2 * n:
        raise errors.ArgumentError(errors.PAD_LAYER.format(layer=layer, given=given, n=2 * n, instead=(1,) * 2 * n))
    return widths


class ConstantPad1d(_ConstantPad):
    """Sequences with one number around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.
    value : float
        The number.

    Examples
    --------
    >>> ConstantPad1d((2, 1), 9.0)(np.array([[1.0, 2.0]]))
    array([[9., 9., 1., 2., 9.]])
    """

    _axes = 1


class ConstantPad2d(_ConstantPad):
    """Images with one number around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.
    value : float
        The number.

    Examples
    --------
    >>> ConstantPad2d(1, 9.0)(np.ones((1, 3, 3))).shape
    (1, 5, 5)
    """

    _axes = 2


class ConstantPad3d(_ConstantPad):
    """Volumes with one number around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.
    value : float
        The number.

    Examples
    --------
    >>> ConstantPad3d(1, 9.0)(np.ones((1, 3, 3, 3))).shape
    (1, 5, 5, 5)
    """

    _axes = 3


class ZeroPad1d(_ZeroPad):
    """Sequences with zeros around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ZeroPad1d((2, 1))(np.array([[1.0, 2.0, 3.0]]))
    array([[0., 0., 1., 2., 3., 0.]])
    """

    _axes = 1


class ZeroPad2d(_ZeroPad):
    """Images with zeros around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ZeroPad2d(1)(np.ones((1, 3, 3))).shape
    (1, 5, 5)
    """

    _axes = 2


class ZeroPad3d(_ZeroPad):
    """Volumes with zeros around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ZeroPad3d(1)(np.ones((1, 3, 3, 3))).shape
    (1, 5, 5, 5)
    """

    _axes = 3


class ReflectionPad1d(_ReflectionPad):
    """Sequences with what is reflected at their ends around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ReflectionPad1d((2, 1))(np.array([[1.0, 2.0, 3.0]]))
    array([[3., 2., 1., 2., 3., 2.]])
    """

    _axes = 1


class ReflectionPad2d(_ReflectionPad):
    """Images with what is reflected at their ends around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ReflectionPad2d(1)(np.ones((1, 3, 3))).shape
    (1, 5, 5)
    """

    _axes = 2


class ReflectionPad3d(_ReflectionPad):
    """Volumes with what is reflected at their ends around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ReflectionPad3d(1)(np.ones((1, 3, 3, 3))).shape
    (1, 5, 5, 5)
    """

    _axes = 3


class ReplicationPad1d(_ReplicationPad):
    """Sequences with their outermost elements around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ReplicationPad1d((2, 1))(np.array([[1.0, 2.0, 3.0]]))
    array([[1., 1., 1., 2., 3., 3.]])
    """

    _axes = 1


class ReplicationPad2d(_ReplicationPad):
    """Images with their outermost elements around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ReplicationPad2d(1)(np.ones((1, 3, 3))).shape
    (1, 5, 5)
    """

    _axes = 2


class ReplicationPad3d(_ReplicationPad):
    """Volumes with their outermost elements around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> ReplicationPad3d(1)(np.ones((1, 3, 3, 3))).shape
    (1, 5, 5, 5)
    """

    _axes = 3


class CircularPad1d(_CircularPad):
    """Sequences with what comes from the other end around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> CircularPad1d((2, 1))(np.array([[1.0, 2.0, 3.0]]))
    array([[2., 3., 1., 2., 3., 1.]])
    """

    _axes = 1


class CircularPad2d(_CircularPad):
    """Images with what comes from the other end around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> CircularPad2d(1)(np.ones((1, 3, 3))).shape
    (1, 5, 5)
    """

    _axes = 2


class CircularPad3d(_CircularPad):
    """Volumes with what comes from the other end around them; see `functional.pad`.

    Parameters
    ----------
    padding : int or tuple of int
        How many elements, for all sides or (left, right, top, bottom, ...), the last axis first.

    Examples
    --------
    >>> CircularPad3d(1)(np.ones((1, 3, 3, 3))).shape
    (1, 5, 5, 5)
    """

    _axes = 3
