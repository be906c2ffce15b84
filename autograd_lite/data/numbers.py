"""Numbers of examples as they are given: whole ones, and neither masks nor floats, which indices would be made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from inspect import isfunction
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import defines
from autograd_lite.engine.operands import refuse_masked

FLAGS = frozenset((bool, np.bool_))
"""What the parts of a mask are."""
_INSTEAD = {"bool": "np.flatnonzero(mask)", "float": "np.asarray(x, int)", "complex": "np.asarray(x.real, int)"}


def check_numbers(given: Any, name: str) -> None:
    """Refuse what is known to be no numbers of examples: a mask, floats, an array of several axes.

    Parameters
    ----------
    given : iterable
        What is to be numbers. Of a list the first is looked at; the others when examples are asked for.
    name : str
        What it is called.
    """
    refuse_masked(given)
    listed = isinstance(given, (list, tuple))
    if (listed or defines(type(given), "dtype")) and len(given):
        _check_kind(given[0] if listed else given, name)
    if getattr(given, "ndim", 1) > 1:
        shown = f"an array of shape {tuple(given.shape)}"
        raise errors.ArgumentError(errors.NUMBERS.format(name=name, given=shown, instead="x.ravel()"))


def _check_kind(x: Any, name: str) -> None:
    kind = str(getattr(x, "dtype", type(x).__name__))
    instead = next((text for odd, text in _INSTEAD.items() if kind.lower().startswith(odd)), None)
    if instead is not None:
        raise errors.ArgumentError(errors.NUMBERS.format(name=name, given=kind, instead=instead))


def is_spent_once(order: Any) -> bool:
    """Tell whether something is an iterator that cannot be begun again; one of a user's with ``__iter__`` may be."""
    begin = getattr(type(order), "__iter__", None)
    return isinstance(order, Iterator) and (begin is Iterator.__iter__ or not isfunction(begin))


def as_places(numbers: Sequence[int]) -> np.ndarray[Any, Any]:
    """Return numbers of examples as an index of NumPy.

    Examples
    --------
    >>> as_places([2, 0])
    array([2, 0])
    """
    found = np.asarray(numbers)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        check_numbers(found, "numbers of examples")
    return found.astype(np.intp, copy=False)


def refuse_flag(number: Any) -> None:
    """Refuse a part of a mask where a number of an example is due."""
    _check_kind(number, "numbers of examples")
