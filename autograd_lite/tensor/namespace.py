"""What `autograd_lite.numpy` hands out: NumPy's functions, and those that make arrays, which there are Tensors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from inspect import isclass, signature
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike, leaves
from autograd_lite.engine import refusals
from autograd_lite.engine.record import make_tensor
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import detached
from autograd_lite.tensor.tensor import Tensor

_MADE = frozenset((
    "arange", "bartlett", "blackman", "empty", "eye", "fftfreq", "from_dlpack", "frombuffer", "fromfile",
    "fromfunction", "fromiter", "fromstring", "genfromtxt", "geomspace", "hamming", "hanning", "identity", "indices",
    "kaiser", "linspace", "loadtxt", "logspace", "meshgrid", "ones", "rfftfreq", "tri", "vander", "zeros",
))  # fmt: skip
"""The functions that make an array of no other array."""


def _as_tensors(y: Any) -> Any:
    """Return a new array as a Tensor; a list or a tuple of them alike."""
    if isinstance(y, (np.ndarray, np.generic)):
        return make_tensor(np.asarray(y))
    return type(y)(map(_as_tensors, y)) if type(y) in (list, tuple) else y


def _making(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of NumPy whose new array is a Tensor."""

    @functools.wraps(fn)
    def made(*args: Any, **kwargs: Any) -> Any:
        refusals.device(kwargs.pop("device", None))
        return _as_tensors(fn(*args, **kwargs))

    return made


# ----- of lists that have Tensors in them, and of one number -----


def _stacked(x: Any) -> Any:
    """Return lists as one array, recorded where a Tensor is among them."""
    return np.stack([_stacked(part) for part in x]) if isinstance(x, (list, tuple)) and _records(x) else x


def _records(x: Any) -> bool:
    return any(isinstance(part, ArrayLike) for part in leaves((x,)))


def asarray(obj: Any, /, dtype: Any = None, *, device: str | None = None, copy: bool | None = None) -> Any:
    """Return an array as a Tensor: one that is a Tensor already as it is, and lists as one array.

    Parameters
    ----------
    obj : array_like
        Numbers, arrays, Tensors, or lists of them to any depth.
    dtype : dtype, optional
        By default what NumPy makes of it.
    device : {"cpu"}, optional
        The one device there is.
    copy : bool, optional
        Whether another array is made in any case; with False, it is an error if one has to be.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> t = ag.Tensor(2.0, requires_grad=True)
    >>> asarray([1.0, t, 3.0 * t])
    Tensor([1., 2., 6.], dtype=float64, op=concatenate, requires_grad=True)
    """
    refusals.device(device)
    if not _records(obj):
        return Tensor(np.asarray(obj, dtype, copy=copy))
    made = _stacked(obj)
    if copy is False and (made is not obj or (dtype is not None and made.dtype != dtype)):
        raise ValueError(errors.ASARRAY_COPY)
    made = made if dtype is None else made.astype(dtype, copy=False)
    return made.copy() if copy and made is obj else made


def array(object: Any, dtype: Any = None, *, copy: bool | None = True, ndmin: int = 0) -> Any:  # noqa: A002 - NumPy's name
    """Return a new array of lists, numbers, arrays or Tensors: see `asarray`.

    Examples
    --------
    >>> array([[1, 2], [3, 4]], float, ndmin=3).shape
    (1, 2, 2)
    """
    made = asarray(object, dtype, copy=copy)
    return made.reshape((1,) * (ndmin - made.ndim) + made.shape)


def full(shape: Any, fill_value: Any, dtype: Any = None, *, device: str | None = None) -> Any:
    """Return an array of one shape with the value everywhere, which may be a Tensor.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> ag.grad(lambda x: np.sum(full((2, 3), x)))(1.0)
    np.float64(6.0)
    """
    value = asarray(fill_value, dtype, device=device)
    return np.broadcast_to(value, shape).copy()


def asarray_chkfinite(a: Any, dtype: Any = None) -> Any:
    """Return an array as a Tensor, and refuse one with nan or infinities: see `asarray`.

    Examples
    --------
    >>> asarray_chkfinite([1.0, 2.0])
    Tensor([1., 2.], dtype=float64)
    """
    made = asarray(a, dtype)
    verify(np.isfinite(detached(made)), "array must not contain infs or NaNs", ValueError)
    return made


def kaiser(M: int, beta: Any) -> Any:  # noqa: N803 - NumPy's name
    """Return the Kaiser window of `M` points, of which `beta`, the shape, may be a Tensor.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> bool(np.allclose(kaiser(5, ag.Tensor(3.0)).numpy(), np.kaiser(5, 3.0)))
    True
    """
    if not isinstance(beta, ArrayLike):
        return _making(np.kaiser)(M, beta)
    half = (M - 1) / 2
    places = (np.arange(M) - half) / max(half, 0.5)
    i0: Any = np.i0
    return i0(beta * np.sqrt(1 - places * places)) / i0(beta)


_OWN = {
    "array": array, "asarray_chkfinite": asarray_chkfinite, "full": full, "kaiser": kaiser,
    **dict.fromkeys(("asanyarray", "asarray", "ascontiguousarray", "asfortranarray"), asarray),
}  # fmt: skip
OWN = frozenset(_OWN)
"""The functions that take Tensors here, and not in NumPy."""


def _wrapped(fn: Any) -> Any:
    return _making(fn) if getattr(fn, "__name__", "") in _MADE else fn


_MEANT = {"dim": ("axis", "axes"), "keepdim": ("keepdims",)}
"""PyTorch's names of arguments, and those of NumPy's functions of linear algebra and Fourier transforms."""


@functools.cache
def _in_numpys_names(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that takes PyTorch's names of arguments as well, where it has what they mean."""
    names = signature(fn).parameters
    meant = {name: own for name, owns in _MEANT.items() for own in owns if own in names and name not in names}

    @functools.wraps(fn)
    def named(*args: Any, **kwargs: Any) -> Any:
        return fn(*args, **{meant.get(name, name): value for name, value in kwargs.items()})

    return named if meant else fn


class _Part(ModuleType):
    """What stands for a module within NumPy: ``linalg``, ``fft``, ``random``."""

    def __init__(self, module: ModuleType) -> None:
        super().__init__(f"autograd_lite.numpy.{module.__name__.removeprefix('numpy.')}", module.__doc__)
        self._module, self._has_axes = module, module.__name__ in ("numpy.linalg", "numpy.fft")

    def __getattr__(self, name: str) -> Any:
        if self._module.__name__ == "numpy.random" and name in ("Generator", "default_rng"):
            return getattr(import_module("autograd_lite.tensor.generator"), name)  # which imports `numpy.random`
        found = _wrapped(getattr(self._module, name))
        return _in_numpys_names(found) if self._has_axes and callable(found) and not isclass(found) else found

    def __dir__(self) -> list[str]:
        return dir(self._module)


@functools.cache
def found(name: str) -> Any:
    """Return what a name of NumPy's stands for."""
    thing = _OWN[name] if name in _OWN else getattr(np, name)
    return _Part(thing) if isinstance(thing, ModuleType) else _wrapped(thing)
