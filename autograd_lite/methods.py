"""Operators and methods of the Tensor: each is a function of NumPy under another name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.op import REGISTRY
from autograd_lite.rules import elementwise, indexing, shaping


def _operator(fn: np.ufunc) -> Callable[[Any, Any], Any]:
    op = REGISTRY[fn]
    return lambda self, other: self._binary(op, other)


def _equality(fn: np.ufunc) -> Callable[[Any, Any], Any]:
    """The operator, but for text, which no number equals."""
    op = REGISTRY[fn]
    return lambda self, other: NotImplemented if isinstance(other, str) else self._binary(op, other)


def _reflected(fn: np.ufunc) -> Callable[[Any, Any], Any]:
    op = REGISTRY[fn]
    return lambda self, other: self._reflected(op, other)


def _in_place(fn: np.ufunc) -> Callable[[Any, Any], Any]:
    op = REGISTRY[fn]
    return lambda self, other: self._in_place(op, other)


def _unary(fn: np.ufunc) -> Callable[[Any], Any]:
    op = REGISTRY[fn]
    return lambda self: self._unary(op)


def _method(fn: Callable[..., Any]) -> Callable[..., Any]:
    handler = REGISTRY[fn]
    return lambda self, *args, **kwargs: handler(self, *args, **kwargs)


def _axes_method(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Let the numbers be given one by one, as ``t.reshape(2, 3)`` and ``t.transpose(1, 0)`` allow."""
    handler = REGISTRY[fn]

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not isinstance(args[0], (int, np.integer)):
            return handler(self, args[0], **kwargs)
        return handler(self, args or None, **kwargs)

    return method


def _first_sizes(axis: int) -> str:
    return f"*x.shape[:{axis}]" if axis != 1 else "len(x)"


_square = REGISTRY[np.square]
_power = REGISTRY[np.power]


class Methods:
    """What a Tensor has in common with an ndarray."""

    __slots__ = ()

    def __pow__(self: Any, other: Any) -> Any:
        # As in NumPy, a power of 2 is a square: exact, and its derivative needs no branch.
        return self._unary(_square) if other.__class__ is int and other == 2 else self._binary(_power, other)  # noqa: PLR2004

    def __divmod__(self, other: Any) -> Any:
        return REGISTRY[np.divmod](self, other)

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self == value))

    def __getitem__(self: Any, key: Any) -> Any:
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
    exp = _unary(np.exp)
    log = _unary(np.log)
    sqrt = _unary(np.sqrt)
    sin = _unary(np.sin)
    cos = _unary(np.cos)
    tanh = _unary(np.tanh)
    abs = _unary(np.absolute)
    square = _unary(np.square)

    sum = _method(np.sum)
    mean = _method(np.mean)
    prod = _method(np.prod)
    max = _method(np.max)
    min = _method(np.min)
    var = _method(np.var)
    std = _method(np.std)
    cumsum = _method(np.cumsum)
    ptp = _method(np.ptp)
    all = _method(np.all)
    any = _method(np.any)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    argsort = _method(np.argsort)
    nonzero = _method(np.nonzero)
    round = _method(np.round)
    clip = _method(np.clip)
    dot = _method(np.dot)
    ravel = _method(np.ravel)
    squeeze = _method(np.squeeze)
    swapaxes = _method(np.swapaxes)
    repeat = _method(np.repeat)
    take = _method(np.take)
    diagonal = _method(np.diagonal)
    trace = _method(np.trace)
    copy = _method(np.copy)
    __round__ = _method(np.round)

    def flatten(self: Any, order: Any = "C") -> Any:
        """Return all elements along one axis, rows first."""
        if isinstance(order, (int, np.integer)):
            raise errors.UnsupportedError(errors.FLATTEN.format(axis=order, sizes=_first_sizes(int(order))))
        return REGISTRY[np.ravel](self, order)

    reshape = _axes_method(np.reshape)
    transpose = _axes_method(np.transpose)

    def astype(self, dtype: Any) -> Any:
        """Return the values in another dtype; the gradient comes back in this one."""
        return shaping.astype(self, dtype=np.dtype(dtype))

    def relu(self) -> Any:
        return elementwise.relu(self)

    def sigmoid(self) -> Any:
        return elementwise.sigmoid(self)

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """The Tensor with its axes in reverse order."""
        return self.transpose()

    @property
    def mT(self) -> Any:  # noqa: N802 - NumPy's name
        """The Tensor with its last two axes exchanged."""
        return self.swapaxes(-1, -2)
