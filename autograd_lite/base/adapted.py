"""An array of the array API standard that NumPy's functions do not ask, made such that they do.

An `Adapted` array holds one, of PyTorch say, and answers NumPy's two protocols by calling the functions of its
namespace: Python array API standard, 2023.12, https://data-apis.org/array-api. Nothing is copied to NumPy, and what the
namespace lacks is refused by name. Promotion is NumPy's, for the standard leaves that of mixed kinds open.
`base.adapter` has the functions, and `adapted`, which makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from autograd_lite import errors
from autograd_lite.base.arraylike import METHODS, defines
from autograd_lite.base.shapes import Shape
from autograd_lite.base.signatures import NO_VALUE

_DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
_NAMES = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj", "fabs": "abs", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "power": "pow", "right_shift": "bitwise_right_shift", "rint": "round",
}  # fmt: skip
"""The ufuncs that the standard calls otherwise."""
_SCALARS = (int, float, complex, np.generic)
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""What NumPy's functions are here, with its parameters, the array first. Filled by `adapter`."""
CREATING: set[Any] = set()
"""Those of which the array that they are to be like, or were asked by, is given before all other arguments."""


class Adapted(NDArrayOperatorsMixin):
    """An array of the array API standard, as NumPy's functions know arrays.

    Attributes
    ----------
    array : array
        The array itself, of its own library.
    """

    __slots__ = ("__weakref__", "_xp", "array")

    def __init__(self, array: Any, namespace: Any) -> None:
        self.array, self._xp = array, namespace

    # ----- what it is -----

    @property
    def shape(self) -> Shape:
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        return len(self.array.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.array.shape, dtype=np.intp))

    @property
    def dtype(self) -> np.dtype[Any]:
        dtype, xp = self.array.dtype, self._xp
        return np.dtype(next(name for name in _DTYPES if getattr(xp, name, None) == dtype))

    @property
    def T(self) -> Adapted:  # noqa: N802 - NumPy's name
        turned: Adapted = FUNCTIONS[np.transpose](self)
        return turned

    @property
    def real(self) -> Adapted:
        return self._with(self._xp.real(self.array)) if self.dtype.kind == "c" else self

    @property
    def imag(self) -> Adapted:
        return self._with(self._xp.imag(self.array)) if self.dtype.kind == "c" else self * 0

    def __len__(self) -> int:
        return int(self.array.shape[0])

    def __bool__(self) -> bool:
        return bool(self.array)

    def __int__(self) -> int:
        return int(self.array)

    def __float__(self) -> float:
        return float(self.array)

    def __complex__(self) -> complex:
        return complex(self.array)

    def __index__(self) -> int:
        return int(self.array.__index__())

    def __repr__(self) -> str:
        return repr(self.array)

    def __reduce__(self) -> Any:
        return _again, (self.array, self._xp.__name__)

    def __array__(self, dtype: Any = None, copy: Any = None) -> NoReturn:
        raise TypeError(errors.ADAPTED_CONVERSION.format(given=type(self.array).__name__))

    # ----- arrays made of it -----

    def _with(self, array: Any) -> Adapted:
        return Adapted(array, self._xp)

    def astype(self, dtype: Any, copy: bool = True) -> Adapted:
        """Return the array in another dtype, and a copy even if that is its own."""
        return self._with(self._xp.astype(self.array, self._own(dtype), copy=copy))

    def _own(self, dtype: Any) -> Any:
        """Return what the library calls a dtype."""
        name = np.dtype(dtype).name
        found = getattr(self._xp, name, None)
        return self._lacks(f"the dtype {name}") if found is None else found

    def _lacks(self, what: str) -> NoReturn:
        raise errors.UnsupportedError(errors.ADAPTED_LACKS.format(given=_library(self._xp), what=what))

    def _made(self, x: Any, dtype: Any = None) -> Any:
        """Return a number, or an array of NumPy's that is to be sent, as an array of the library."""
        dtype = np.asarray(x).dtype if dtype is None else dtype
        given = x.item() if isinstance(x, np.generic) else x
        return self._xp.asarray(given, dtype=self._own(dtype), device=getattr(self.array, "device", None))

    def __getitem__(self, key: Any) -> Adapted:
        parts = _spelled_out(key, self.ndim)
        arrays = [i for i, part in enumerate(parts) if getattr(part, "ndim", 0)]
        if len(arrays) == 1 and _is_of_rows(parts, arrays[0]):
            return self._taken(parts[arrays[0]], arrays[0])
        return self._with(self.array[_index(self, parts)])

    def _taken(self, places: Any, axis: int) -> Adapted:
        own = inside(self, places)
        own = self._xp.where(own < 0, own + self.shape[axis], own)
        return self._with(self._xp.take(self.array, own, axis=axis))

    def __setitem__(self, key: Any, value: Any) -> None:
        given = value.astype(self.dtype).array if isinstance(value, Adapted) else self._made(value, self.dtype)
        self.array[_index(self, _spelled_out(key, self.ndim))] = given

    # ----- NumPy's protocols -----

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or not all(isinstance(x, (Adapted, np.ndarray, *_SCALARS)) for x in inputs):
            return NotImplemented
        if ufunc is np.exp2:
            return np.power(2.0, inputs[0])
        fn = getattr(self._xp, _NAMES.get(ufunc.__name__, ufunc.__name__), None)
        (target,) = kwargs.pop("out", (None,))
        if fn is None or kwargs:
            self._lacks(" ".join((f"np.{ufunc.__name__}", *[f"with {name}=" for name in kwargs])))
        kinds = [_kind(x) for x in inputs]
        dtypes = ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))
        arrays = [self._cast(x, dtype) for x, dtype in zip(inputs, dtypes, strict=False)]
        result = self._with(fn(*arrays))
        return result if target is None else self._put(target, result)

    @staticmethod
    def _put(target: Any, result: Adapted) -> Any:
        """Have an array another value, as ``x += 1`` does: what it holds is exchanged, and seen by no view."""
        if not isinstance(target, Adapted):
            return NotImplemented
        target.array = result.astype(target.dtype, copy=False).array
        return target

    def _cast(self, x: Any, dtype: Any) -> Any:
        if isinstance(x, Adapted):
            return x.array if x.dtype == dtype else self._xp.astype(x.array, self._own(dtype))
        if isinstance(x, np.ndarray) and x.ndim:
            raise TypeError(errors.ADAPTED_BESIDE.format(given=type(self.array).__name__))
        return self._made(x, dtype)

    def __array_function__(self, func: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if not all(t is np.ndarray or issubclass(t, Adapted) for t in types):
            return NotImplemented
        given = {name: x for name, x in kwargs.items() if x is not NO_VALUE}
        own = FUNCTIONS.get(func)
        if own is not None:
            if isinstance(args[0] if args else None, np.ndarray) and func not in CREATING:
                raise TypeError(errors.ADAPTED_BESIDE.format(given=type(self.array).__name__))
            return own(self, *args, **given) if func in CREATING else own(*args, **given)
        return self._in_family(func, args, given)

    def _in_family(self, func: Any, args: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Call a function of ``linalg`` or ``fft``, which the standard has as NumPy does, with settings by name."""
        family = func.__module__.partition(".")[2]
        fn = getattr(getattr(self._xp, family, None), func.__name__, None) if family in ("linalg", "fft") else None
        if fn is None:
            self._lacks(f"{func.__module__}.{func.__name__}".replace("numpy", "np", 1))
        names = _PLACES.get(func.__name__, ())
        count = 1 if names else len(args)
        settings = {**dict(zip(names, args[count:], strict=False)), **named}
        settings = {name: x for name, x in settings.items() if x != _UNSAID.get(name, NO_VALUE)}
        if unknown := _NUMPYS & settings.keys():
            self._lacks(f"np.{family}.{func.__name__} with {', '.join(unknown)}=")
        operands = [_complex(x) if func.__name__ in _OF_COMPLEX else x for x in args[:count]]
        return _outside(self, fn(*[inside(self, x) for x in operands], **settings))


def _again(array: Any, namespace: str) -> Adapted:
    return Adapted(array, import_module(namespace))


def _library(xp: Any) -> str:
    return str(getattr(xp, "__name__", xp)).removeprefix("array_api_compat.")


def _kind(x: Any) -> Any:
    """Return what NumPy promotes an operand by: its dtype, or the class of a number of Python's."""
    if isinstance(x, (Adapted, np.ndarray, np.generic)):
        return x.dtype
    return np.dtype(bool) if isinstance(x, bool) else type(x)


def inside(like: Adapted, x: Any) -> Any:
    """Return an operand as the library has it; all else as it is."""
    if isinstance(x, Adapted):
        return x.array
    return like._made(x) if isinstance(x, np.ndarray) else x


def _complex(x: Any) -> Any:
    return x.astype(np.result_type(x.dtype, np.complex64)) if isinstance(x, Adapted) and x.dtype.kind == "f" else x


def _outside(like: Adapted, y: Any) -> Any:
    if isinstance(y, tuple):
        parts = [_outside(like, part) for part in y]
        return type(y)(*parts) if defines(type(y), "_fields") else tuple(parts)
    return like._with(y)


def _spelled_out(key: Any, ndim: int) -> tuple[Any, ...]:
    """Return what an index says of every axis, for the standard knows none that leaves some out."""
    parts = key if isinstance(key, tuple) else (key,)
    named = sum(_axes_of(part) for part in parts)
    rest = (slice(None),) * (ndim - named)
    at = next((i for i, part in enumerate(parts) if part is Ellipsis), len(parts))
    if any(getattr(getattr(part, "dtype", None), "kind", "") == "b" for part in parts):  # which names several axes
        return tuple(parts)
    return (*parts[:at], *rest, *parts[at + 1 :])


def _axes_of(part: Any) -> int:
    return 0 if part is None or part is Ellipsis else 1


def _is_of_rows(parts: Sequence[Any], axis: int) -> bool:
    """Tell whether an index is whole numbers along one axis, and all of the others."""
    places = parts[axis]
    others = all(part.__class__ is slice and part == slice(None) for i, part in enumerate(parts) if i != axis)
    return others and places.ndim == 1 and places.dtype.kind in "iu"


def _index(like: Adapted, parts: tuple[Any, ...]) -> Any:
    found = tuple([part.item() if isinstance(part, np.generic) else inside(like, part) for part in parts])
    return found[0] if len(found) == 1 else found


_PLACES: dict[str, tuple[str, ...]] = {
    "svd": ("full_matrices",), "eigh": ("UPLO",), "eigvalsh": ("UPLO",), "qr": ("mode",), "pinv": ("rtol",),
    **dict.fromkeys(("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"), ("n", "axis", "norm")),
}  # fmt: skip
"""The names of what may stand behind the operand, which the standard wants said by name."""
_OF_COMPLEX = frozenset(("fft", "ifft", "irfft", "hfft"))
_NUMPYS = frozenset(("UPLO", "compute_uv", "hermitian", "rcond"))
_UNSAID = {"UPLO": "L", "norm": None, "hermitian": False, "upper": False}
"""What changes nothing, and not all libraries know."""


def _method(fn: Any) -> Any:
    def method(self: Adapted, *args: Any, **kwargs: Any) -> Any:
        own = FUNCTIONS.get(fn)
        return self._lacks(f"np.{fn.__name__}") if own is None else own(self, *args, **kwargs)

    return method


for _name, _fn in METHODS.items():
    setattr(Adapted, _name, _method(_fn))
