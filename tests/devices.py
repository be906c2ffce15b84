"""A stand-in for CuPy: arrays that have NumPy's protocols, are never converted, and do not mix with NumPy's arrays.

It keeps CuPy's rules: `np.asarray` of one is a TypeError, its own `get` and `item` are the ways to the numbers, an
operation beside an ndarray is a TypeError, but for an index; ufuncs are called, and have no `at`, `reduce` or `outer`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite.base.arraylike import METHODS

CONVERSIONS: list[str] = []
"""The conversions to NumPy that were asked for, and refused."""


class Device(np.lib.mixins.NDArrayOperatorsMixin):
    """An array that lies elsewhere."""

    __array_priority__ = 100

    def __init__(self, array: Any) -> None:
        self._there = np.asarray(array)

    shape = property(lambda self: self._there.shape)
    dtype = property(lambda self: self._there.dtype)
    ndim = property(lambda self: self._there.ndim)
    size = property(lambda self: self._there.size)
    T = property(lambda self: Device(self._there.T))
    real = property(lambda self: Device(self._there.real))
    imag = property(lambda self: Device(self._there.imag))
    base: Any = None

    def get(self) -> np.ndarray:
        """Return the numbers: the transfer that a user asks for."""
        return self._there.copy()

    def item(self) -> Any:
        return self._there.item()

    __len__ = lambda self: len(self._there)  # noqa: E731
    __bool__ = lambda self: bool(self._there)  # noqa: E731
    __float__ = lambda self: float(self._there)  # noqa: E731
    __int__ = lambda self: int(self._there)  # noqa: E731
    __index__ = lambda self: self._there.__index__()  # noqa: E731

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        CONVERSIONS.append("__array__")
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or not all(isinstance(x, _TAKEN) for x in inputs):
            return NotImplemented
        if "out" in kwargs:
            (target,) = kwargs["out"]
            ufunc(*map(_inside, inputs), **{**kwargs, "out": _target(target)})
            return target
        return _outside(ufunc(*map(_inside, inputs), **kwargs))

    def __array_function__(self, func: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        if not all(t is np.ndarray or issubclass(t, Device) for t in types):
            return NotImplemented
        if "device" in kwargs:  # which NumPy adds of its own to np.ones and np.full
            raise TypeError("unexpected keyword argument 'device'")
        if func is np.asarray:  # the way to the device, which is asked for
            return Device(np.array(*args, **kwargs))
        return _outside(func(*map(_inside, args), **{k: _inside(v) for k, v in kwargs.items()}))

    def __getitem__(self, key: Any) -> Any:
        return Device(self._there[_index(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._there[_index(key)] = _inside(value)

    def astype(self, dtype: Any, copy: bool = True) -> Device:
        return Device(self._there.astype(dtype, copy=copy))

    def view(self) -> Device:
        return Device(self._there.view())

    def flatten(self) -> Device:
        return Device(self._there.flatten())

    def fill(self, value: Any) -> None:
        self._there.fill(_inside(value))

    def __repr__(self) -> str:
        return f"Device({self._there})"


_TAKEN = (Device, np.ndarray, np.generic, int, float, complex)


def _method(name: str) -> Callable[..., Any]:
    def method(self: Device, *args: Any, **kwargs: Any) -> Any:
        named = {k: _inside(v) for k, v in kwargs.items()}
        return _outside(getattr(self._there, name)(*map(_inside, args), **named))

    return method


for _name in METHODS:
    setattr(Device, _name, _method(_name))


def _target(x: Any) -> Any:
    if not isinstance(x, Device):
        raise TypeError(f"Unsupported type {type(x)}")
    return x._there


def _inside(x: Any) -> Any:
    """Return an argument as the array that is computed with; one of NumPy that has axes is refused."""
    if isinstance(x, Device):
        return x._there
    if isinstance(x, np.ndarray):
        raise TypeError(f"Unsupported type {type(x)}")
    if isinstance(x, (list, tuple)):
        return type(x)(map(_inside, x))
    return x


def _index(key: Any) -> Any:
    """Return an index, in which arrays of NumPy's may stand."""
    return tuple(map(_index, key)) if isinstance(key, tuple) else key._there if isinstance(key, Device) else key


def _outside(y: Any) -> Any:
    """Return a result: numbers of no dimension are arrays too."""
    if isinstance(y, (np.ndarray, np.generic)):
        return Device(y)
    if isinstance(y, (list, tuple)):
        return type(y)(*map(_outside, y)) if hasattr(y, "_fields") else type(y)(map(_outside, y))
    return y


def numbers(y: Any) -> Any:
    """Return a result as NumPy has it, and prove that it is of the device."""
    array = y._data if isinstance(y, ag.Tensor) else y
    assert isinstance(array, Device)
    return array.get()
