"""What has no history of its own: a batch, and a value of a trace, which a Tensor holds in the place of an array."""

from __future__ import annotations

import operator
import sys
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, Self

import numpy as np

from autograd_lite.base.arraylike import METHODS
from autograd_lite.rules import indexing
from autograd_lite.rules.sparse import is_left_by_sparse
from autograd_lite.tensor import views
from autograd_lite.tensor.members.arrays import ArrayMethods
from autograd_lite.tensor.operators import Methods


class StandIn(Methods, abstract=True):
    """An array by another name: it has no node, knows its views, and is written to in place."""

    # A Tensor refers weakly to what it has handed out.
    __slots__ = ("__weakref__", "_viewed", "_views")

    @property
    def base(self) -> Any:
        """What it is a view of, None for what has an array of its own; as of an ndarray."""
        return views.base_of(self)

    @property
    def device(self) -> str:
        """Where the elements are, as of an ndarray."""
        return "cpu"

    real = property(lambda self: np.real(self), lambda self, value: operator.setitem(np.real(self), ..., value))
    imag = property(lambda self: np.imag(self), lambda self, value: operator.setitem(np.imag(self), ..., value))
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.size * self.dtype.itemsize)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def detach(self) -> Self:
        """Return itself: there is no derivative to drop."""
        return self

    def numpy(self) -> Self:
        """Return itself: an array would be that of one example, or of one call."""
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        key = indexing.freeze(key)
        if not views.is_place(value, self, key):
            self._become(indexing.setitem(self, value, key=key), "assignment")

    def _assign(self, key: Any, value: Any) -> None:
        views.replace(self, indexing.setitem(self, value, key=key))

    # ----- what only one example, or one call, has an answer to -----

    @abstractmethod
    def _refused(self, call: str, instead: str) -> NoReturn:
        """Refuse what its user's line asks of it by a method of this class; `instead` is what to write."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if is_left_by_sparse(sys._getframe(1)):
            return np.empty((), object)
        instead = "ag.Tensor(a)[x] for a[x], np.stack([x, y]) to join arrays, and else x itself"
        return self._refused("np.asarray()", instead)

    def __bool__(self) -> bool:  # noqa: PLE0304 - it never returns
        self._refused("a Python branch, `if` or `while`,", "np.where(condition, a, b) for both branches")

    def __float__(self) -> NoReturn:
        self._refused("float()", "np.sin(x) for math.sin(x), and x itself for float(x)")

    def __int__(self) -> NoReturn:
        self._refused("int()", "np.floor(x), or x.astype(int)")

    def __complex__(self) -> NoReturn:
        self._refused("complex()", "the real and imaginary parts as two arrays")

    def __index__(self) -> int:  # noqa: PLE0305 - as above
        self._refused("range() or an index made", "np.where(np.arange(n) < x, a, b), or ag.Tensor(a)[x]")

    def item(self) -> NoReturn:
        self._refused("item()", "x itself")

    def tolist(self) -> NoReturn:
        self._refused("tolist()", "x itself")


def carried_out_by_numpy(cls: Any, names: Iterable[str]) -> None:
    """Have methods of a class be NumPy's own functions, which ask what this stands for."""
    for name in names:
        setattr(cls, name, lambda self, *args, _fn=METHODS[name], **kwargs: _fn(self, *args, **kwargs))


carried_out_by_numpy(StandIn, METHODS.keys() - vars(ArrayMethods).keys())
