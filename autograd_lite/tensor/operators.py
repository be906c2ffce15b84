"""Operators of the Tensor: each is a function of NumPy under another name. Its other methods are in `members`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import Absent, ArrayLike
from autograd_lite.engine import refusals
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import indexing
from autograd_lite.tensor.members.arrays import ArrayMethods
from autograd_lite.tensor.members.changed import Changed
from autograd_lite.tensor.members.conversions import Conversions
from autograd_lite.tensor.members.elementwise import Elementwise
from autograd_lite.tensor.members.in_place import InPlace
from autograd_lite.tensor.members.pairs import Pairs
from autograd_lite.tensor.members.parts import PartMethods
from autograd_lite.tensor.members.pieces import Pieces
from autograd_lite.tensor.members.placed import Placing
from autograd_lite.tensor.members.ranks import Ranks
from autograd_lite.tensor.members.reductions import Reductions
from autograd_lite.tensor.members.shaping import Shaping
from autograd_lite.tensor.members.specials import Specials

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


def _operator(fn: np.ufunc) -> Callable[[Any, Any], Tensor]:
    op = handler_of(fn)
    return lambda self, other: self._binary(op, other)


def _equality(fn: np.ufunc) -> Callable[[Any, Any], Tensor]:
    """The operator, but for text, which no number equals."""
    op = handler_of(fn)
    return lambda self, other: NotImplemented if isinstance(other, str) else self._binary(op, other)


def _reflected(fn: np.ufunc) -> Callable[[Any, Any], Tensor]:
    op = handler_of(fn)
    return lambda self, other: self._reflected(op, other)


def _in_place(fn: np.ufunc) -> Callable[[Any, Any], Tensor]:
    op = handler_of(fn)
    return lambda self, other: self._in_place(op, other)


def _unary(fn: np.ufunc) -> Callable[[Any], Tensor]:
    op = handler_of(fn)
    return lambda self: self._unary(op)


_square = handler_of(np.square)
_power = handler_of(np.power)


class Methods(ArrayMethods, ArrayLike, abstract=True):
    """What a Tensor has in common with an ndarray."""

    __slots__ = ()

    def __pow__(self, other: Any) -> Tensor:
        # As in NumPy, a power of 2 is a square: exact, and its derivative needs no branch.
        return self._unary(_square) if other.__class__ is int and other == 2 else self._binary(_power, other)  # noqa: PLR2004

    def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        return handler_of(np.divmod)(self, other)

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    def __getitem__(self, key: Any) -> Tensor:
        return self._unary(indexing.getitem, {"key": indexing.freeze(key)})

    __add__ = _operator(np.add)
    __sub__ = _operator(np.subtract)
    __mul__ = _operator(np.multiply)
    __truediv__ = _operator(np.divide)
    __floordiv__ = _operator(np.floor_divide)
    __mod__ = _operator(np.remainder)
    __matmul__ = _operator(np.matmul)
    __and__ = _operator(np.bitwise_and)
    __or__ = _operator(np.bitwise_or)
    __xor__ = _operator(np.bitwise_xor)
    __lshift__ = _operator(np.left_shift)
    __rshift__ = _operator(np.right_shift)

    __radd__ = _reflected(np.add)
    __rsub__ = _reflected(np.subtract)
    __rmul__ = _reflected(np.multiply)
    __rtruediv__ = _reflected(np.divide)
    __rfloordiv__ = _reflected(np.floor_divide)
    __rmod__ = _reflected(np.remainder)
    __rpow__ = _reflected(np.power)
    __rmatmul__ = _reflected(np.matmul)
    __rand__ = _reflected(np.bitwise_and)
    __ror__ = _reflected(np.bitwise_or)
    __rxor__ = _reflected(np.bitwise_xor)
    __rlshift__ = _reflected(np.left_shift)
    __rrshift__ = _reflected(np.right_shift)

    __iadd__ = _in_place(np.add)
    __isub__ = _in_place(np.subtract)
    __imul__ = _in_place(np.multiply)
    __itruediv__ = _in_place(np.divide)
    __ifloordiv__ = _in_place(np.floor_divide)
    __imod__ = _in_place(np.remainder)
    __ipow__ = _in_place(np.power)
    __imatmul__ = _in_place(np.matmul)
    __iand__ = _in_place(np.bitwise_and)
    __ior__ = _in_place(np.bitwise_or)
    __ixor__ = _in_place(np.bitwise_xor)
    __ilshift__ = _in_place(np.left_shift)
    __irshift__ = _in_place(np.right_shift)

    __hash__ = object.__hash__  # by identity: comparison is element by element
    if TYPE_CHECKING:  # which otherwise go by what `object` returns

        def __eq__(self, other: object) -> Tensor: ...  # type: ignore[override]
        def __ne__(self, other: object) -> Tensor: ...  # type: ignore[override]

    else:
        __eq__ = _equality(np.equal)
        __ne__ = _equality(np.not_equal)
    __lt__ = _operator(np.less)
    __le__ = _operator(np.less_equal)
    __gt__ = _operator(np.greater)
    __ge__ = _operator(np.greater_equal)

    __neg__ = _unary(np.negative)
    __pos__ = _unary(np.positive)
    __abs__ = _unary(np.absolute)
    __invert__ = _unary(np.invert)
    __round__ = ArrayMethods.round

    @property
    def T(self: Any) -> Tensor:  # noqa: N802 - NumPy's name
        """The Tensor with its axes in reverse order.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> ag.Tensor(np.zeros((2, 3, 4))).T.shape
        (4, 3, 2)
        """
        return self.transpose()

    @property
    def mT(self: Any) -> Tensor:  # noqa: N802 - NumPy's name
        """The Tensor with its last two axes exchanged.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> ag.Tensor(np.zeros((2, 3, 4))).mT.shape
        (2, 4, 3)
        """
        if self.ndim < 2:  # noqa: PLR2004 - a matrix has two axes
            raise errors.NoMatrixError(errors.NO_MATRIX.format(what=refusals.describe(self)))
        return self.swapaxes(-1, -2)


class TensorMethods(
    Elementwise, Pairs, Reductions, Shaping, PartMethods, InPlace, Placing, Conversions, Specials, Ranks, Pieces,
    Changed, Methods, abstract=True,
):
    """What a Tensor has besides: functions of NumPy that are no methods there, and what PyTorch's Tensor has."""

    __slots__ = ()


_PYTORCHS = {
    "values": "t.max(dim=1).values, with the name of the axis", "indices": "t.max(dim=1).indices, or t.argmax(1)",
    "grad_fn": "ag.explain(t), or ag.visualize(t)", "is_cuda": "False: the one device is the processor",
    "cuda": "t itself: the one device is the processor", "data_ptr": "t.detach().numpy().ctypes.data",
    "element_size": "t.dtype.itemsize", "is_contiguous": "True", "stride": "t.detach().numpy().strides, in bytes",
    **{name: f"ag.{name}(t)" for name in ("bincount", "unique", "addmm", "multinomial", "bernoulli", "cross", "kron")},
    "squeeze_": "t = t.squeeze()", "unsqueeze_": "t = t.unsqueeze(axis)", "t_": "t = t.t()", "transpose_": "t = t.mT",
    "resize_": "t = t.reshape(shape)", "set_": "t.assign(value)", "share_memory_": "t itself", "pin_memory": "t itself",
    **{name: f"np.linalg.{name}(t)" for name in ("svd", "qr", "cholesky", "slogdet")},
}  # fmt: skip
for _name, _instead in _PYTORCHS.items():
    setattr(TensorMethods, _name, Absent(_name, _instead, "a Tensor of PyTorch"))
