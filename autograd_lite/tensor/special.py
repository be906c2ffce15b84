"""What Python and NumPy ask of a Tensor: numbers, arrays, truth, length, parts, what it looks like, and copies."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.counts import Count
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine import refusals
from autograd_lite.engine.op import RECORDERS
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.watchpoints import shown
from autograd_lite.rules.sparse import is_left_by_sparse

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor
if TYPE_CHECKING:
    from numpy.typing import NDArray


class Protocols:
    """Answers to Python and NumPy; what would lose a derivative is refused."""

    __slots__ = ()

    @property
    def shape(self: Any) -> Shape:
        """The length of each axis.

        Examples
        --------
        >>> ag.Tensor([[1.0, 2.0]]).shape
        (1, 2)
        """
        shape: Shape = self._data.shape
        return shape

    @property
    def ndim(self: Any) -> int:
        """The number of axes. PyTorch's ``dim()`` is the same.

        Examples
        --------
        >>> ag.Tensor([[1.0, 2.0]]).ndim
        2
        """
        return int(self._data.ndim)

    @property
    def size(self: Any) -> Count:
        """The number of elements; and, called as PyTorch's is, the shape or the length of an axis.

        Examples
        --------
        >>> t = ag.Tensor([[1.0, 2.0]])
        >>> t.size, t.size(), t.size(0)
        (2, (1, 2), 1)
        """
        return Count(self._data.size, self._data.shape)

    @property
    def dtype(self: Any) -> np.dtype[Any]:
        """The type of the elements.

        Examples
        --------
        >>> ag.Tensor([1.0, 2.0]).dtype
        dtype('float64')
        """
        return self._data.dtype  # type: ignore[no-any-return]

    def __array__(self: Any, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if is_left_by_sparse(sys._getframe(1)):
            return np.empty((), object)
        refusals.conversion(self, "np.array()", "np.stack([t, u]) to join Tensors")
        return np.array(self._data if copy else self.data, dtype, copy=copy)

    def __float__(self: Any) -> float:
        refusals.conversion(self, "float()", "np.sin(t) for math.sin(t)")
        return float(_number(self._data))

    def __int__(self: Any) -> int:
        refusals.conversion(self, "int()", "np.floor(t)")
        return int(_number(self._data))

    def __complex__(self: Any) -> complex:
        refusals.conversion(self, "complex()", "the real and imaginary parts as two Tensors")
        return complex(_number(self._data))

    def __index__(self: Any) -> int:
        refusals.conversion(self, "an index made", "x[int(t.item())] for x[t]")
        return _number(self._data).__index__()  # type: ignore[no-any-return]

    def __bool__(self: Any) -> bool:
        try:
            return bool(self._data)
        except ValueError:
            refusals.truth(self)

    def __len__(self: Any) -> int:
        return len(self._data)

    def __iter__(self: Any) -> Iterator[Tensor]:
        if not self.ndim:
            raise errors.UnsupportedError(errors.NOT_ITERABLE.format(what=refusals.describe(self)))
        return (self[i] for i in range(len(self)))

    def __repr__(self: Any) -> str:
        head = f"{type(self).__name__}("
        data = shown(self._data)
        text = repr(data) if type(data) in RECORDERS or is_foreign(data) else None
        text = text or np.array2string(np.asarray(data), separator=", ", prefix=head)
        parts = [text, f"dtype={self.dtype}"]
        if self._op is not None:
            parts.append(f"op={self._op.name}")
        if self.requires_grad:
            parts.append("requires_grad=True")
        if self._name is not None:
            parts.append(f"name={self._name!r}")
        return head + ", ".join(parts) + ")"

    def __format__(self: Any, spec: str) -> str:
        return format(self.item(), spec) if spec and self.size == 1 else format(str(self), spec)

    def __reduce__(self: Any) -> Any:
        refusals.copy_of_node(self, "pickle.dumps")
        t: Any = self
        made = _rebuild, (type(t), array_of(t), t.requires_grad, t._name)
        return (*made, hooks) if (hooks := t._hooks()) else made

    def __setstate__(self: Any, hooks: dict[object, Callable[[Any], Any]]) -> None:
        self._node.note().hooks = hooks

    def __copy__(self: Any) -> Tensor:
        if not self.is_leaf:
            cloned: Tensor = self.clone()
            return cloned
        twin: Tensor = _rebuild(type(self), array_of(self), self.requires_grad, self._name)
        if hooks := self._hooks():
            twin.__setstate__(dict(hooks))
        return twin

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Tensor:
        from copy import deepcopy  # noqa: PLC0415 - which has called this

        refusals.copy_of_node(self, "copy.deepcopy")
        twin: Tensor = _rebuild(type(self), array_of(self), self.requires_grad, self._name)
        memo[id(self)] = twin
        if hooks := self._hooks():
            twin.__setstate__(deepcopy(hooks, memo))
        return twin

    def _hooks(self: Any) -> dict[object, Callable[[Any], Any]] | None:
        """Return what is called with the gradient, by the keys that the handles have."""
        notes = None if self._node is None else self._node.notes
        return None if notes is None else notes.hooks


def _number(data: Any) -> Any:
    """Return an array of one element without axes, as PyTorch does where a number is asked for."""
    return data.reshape(()) if data.ndim and data.size == 1 else data


def _rebuild(cls: type[Any], data: Array, requires_grad: bool, name: str | None) -> Any:
    t: Any = Handle.__new__(cls)
    t._data, t._name = data.copy(), name
    t._node = t._op = t._exposed = t._viewed = t._views = None
    t.requires_grad = requires_grad
    return t
