"""What is like an array: the class of all that stands for one, the table of its methods, and what a thing is.

A Tensor, a batch of `vmap` and a value of a trace are used in each other's place: a Tensor holds a batch, a batch
holds a value of a trace. What they ask of each other is declared here, and asked for by ``isinstance(x, ArrayLike)``.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors

METHODS: dict[str, Callable[..., Any]] = {
    "all": np.all, "any": np.any, "argmax": np.argmax, "argmin": np.argmin, "argpartition": np.argpartition,
    "argsort": np.argsort, "choose": np.choose, "clip": np.clip, "conj": np.conjugate, "conjugate": np.conjugate,
    "copy": np.copy, "cumprod": np.cumprod, "cumsum": np.cumsum, "diagonal": np.diagonal, "dot": np.dot, "max": np.max,
    "mean": np.mean, "min": np.min, "nonzero": np.nonzero, "prod": np.prod, "ravel": np.ravel, "repeat": np.repeat,
    "reshape": np.reshape, "round": np.round, "searchsorted": np.searchsorted, "squeeze": np.squeeze, "std": np.std,
    "sum": np.sum, "swapaxes": np.swapaxes, "take": np.take, "trace": np.trace, "transpose": np.transpose,
    "var": np.var,
}  # fmt: skip
"""The methods of an ndarray that are functions of NumPy, which take the array first."""

_MEMORY = "t.detach().numpy().{name}, outside of vmap and compile"
_ABSENT = {
    "np.compress(condition, t)": "compress",
    "np.partition(t, kth)": "partition",
    "np.resize(t, shape)": "resize",
    "t[np.unravel_index(indices, t.shape)] = values": "put",
    "t.ravel()[i] for an element, and t[np.unravel_index(i, t.shape)] = v to give it another value": "flat",
    "t.reshape(shape), or t.astype(dtype) for the values in another dtype": "view",
    "t.dtype.itemsize": "itemsize",
    "t.size * t.dtype.itemsize": "nbytes",
    "t itself: the one device is the processor": "to_device",
    "np.{name}(t)": "real imag",
    _MEMORY: "base byteswap ctypes data dump dumps flags getfield setfield setflags strides tobytes tofile",
}
ABSENT = {name: f"np.{fn.__name__}(t)" for name, fn in METHODS.items()}
ABSENT |= {name: line.format(name=name) for line, names in _ABSENT.items() for name in names.split()}
"""What to write in the place of what an ndarray has and a class has not."""


class Absent:
    """What somebody may look for in a class and is not there: `hasattr` says so, and who asks is told what to write."""

    def __init__(self, name: str, instead: str, owner: str = "an ndarray") -> None:
        self._name, self._instead, self._owner = name, instead, owner
        self.__doc__ = f"It is not here: write {instead}."

    def __get__(self, x: Any, cls: Any = None) -> NoReturn:
        said = {"owner": self._owner, "name": self._name, "instead": self._instead}
        raise errors.NoAttributeError(errors.NO_ATTRIBUTE.format(**said))

    def __set__(self, x: Any, value: Any) -> NoReturn:
        self.__get__(x)


def _is_absent(cls: type, name: str) -> bool:
    return isinstance(next((vars(c)[name] for c in cls.__mro__ if name in vars(c)), None), Absent)


class ArrayLike:
    """What stands for an array in a computation that is recorded, batched or traced.

    A class that is not ``abstract`` has all that is declared here, or cannot be made. What is public an ndarray has as
    well; else a user's function would see on its argument what the array that this stands for has not.

    NOTE: no metaclass looks after this, for `isinstance` of such a class takes ten times as long.
    """

    __slots__ = ()

    requires_grad = False
    """Whether a derivative flows to here."""
    name: Any = None
    """The name by which messages call it."""
    _op: Any = None
    """The operation that made it, for messages."""
    _has_node = False
    """Whether the class has a node to record with: whether it is a Tensor."""
    _viewed: Any
    """Of what it is a view, and by which operation; None of what is none. See `record.link`."""
    _views: Any
    """Weak references to its views; None where there never were any."""

    def __init_subclass__(cls, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        missing = [] if abstract else [name for name in DECLARED if vars(ArrayLike)[name] is getattr(cls, name, None)]
        if missing:
            raise TypeError(f"{cls.__name__} is like an array, but has no {', '.join(missing)}")

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not _is_absent(type(self), name)]

    # ----- what it is -----

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The length of each axis, as of the array that it stands for: of one example, in a batch."""

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    @abstractmethod
    def dtype(self) -> Any:
        """The type of the elements."""

    @abstractmethod
    def __len__(self) -> int:
        """The length of the first axis; an error where there is none."""

    @abstractmethod
    def detach(self) -> Any:
        """Return the same without its history; itself where it has none."""

    @abstractmethod
    def numpy(self) -> Any:
        """Return the array without its history; itself where that is no ndarray."""

    @abstractmethod
    def _everywhere(self) -> bool:
        """Tell whether it is, as a condition, known to hold at every element, of every example, at every call."""

    @abstractmethod
    def _sample(self) -> Any:
        """Return an array of the same shape and dtype to try things with: one example, the value in this call."""

    def _examples(self) -> Any:
        """Return the array of all examples, the axis of the batch first; None of what is no batch."""
        return None

    # ----- operations -----

    @abstractmethod
    def _unary(self, op: Any, settings: Mapping[str, Any] = ...) -> Any:
        """Carry out an operation on this."""

    @abstractmethod
    def _binary(self, op: Any, other: Any) -> Any:
        """Carry out an operator; NotImplemented where the other shall do it."""

    @abstractmethod
    def _reflected(self, op: Any, other: Any) -> Any:
        """Carry out an operator of which this stands on the right."""

    def _whole(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function of NumPy as a whole, if this class lets it, instead of the operations it is defined by."""
        return NotImplemented

    def _ask(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Have a function of NumPy refuse arguments that it does not take, if this class can tell it the values."""

    # ----- changes of value -----

    @abstractmethod
    def _in_place(self, op: Any, other: Any) -> Any:
        """Carry out ``self op= other``, and return what the name stands for then: another number, the same array."""

    @abstractmethod
    def _become(self, result: Any, what: str, instead: str = ...) -> Any:
        """Have the value of `result`, as all that shows it, and return itself; else `what` is refused."""

    @abstractmethod
    def _assign(self, key: Any, value: Any) -> None:
        """Change a part, of what is no view itself."""

    @abstractmethod
    def _take_over(self, result: Any) -> None:
        """Have the value of `result`, whoever shows this: the last step of the others."""


DECLARED = [name for name, x in vars(ArrayLike).items() if getattr(x, "__isabstractmethod__", False)]
"""What every class that is not abstract has of its own."""
for _name in ABSENT:
    setattr(ArrayLike, _name, Absent(_name, ABSENT[_name]))


# ----- what a thing is -----


def defines(cls: type, name: str, before: type = object) -> bool:
    """Tell whether a class, or one that it is derived from, has a name of its own: there protocols are looked up."""
    order = cls.__mro__
    return any(name in vars(c) for c in order[: order.index(before)])


_PLAIN = (np.generic, int, float, complex, str, list, tuple)


def is_array(x: Any) -> bool:
    """Tell whether NumPy's functions ask `x` what they do: an ndarray, one of ours, one of another library."""
    if isinstance(x, (np.ndarray, ArrayLike)):
        return True
    return not isinstance(x, _PLAIN) and defines(type(x), "__array_function__")  # the last alone takes a microsecond


def is_adaptable(x: Any) -> bool:
    """Tell whether `x` is an array of a library that NumPy's functions do not ask, and would copy."""
    if is_array(x) or isinstance(x, _PLAIN):
        return False
    return any(defines(type(x), name) for name in ("__array_namespace__", "__dlpack__"))


def is_numbers(x: Any) -> bool:
    """Tell whether NumPy makes numbers of `x`: an array, or what becomes one."""
    return isinstance(x, (int, float, complex)) or is_array(x) or defines(type(x), "__array__")


def is_batch(x: Any) -> bool:
    """Tell whether `x` stands for many examples."""
    return isinstance(x, ArrayLike) and x._examples() is not None


def is_masked(x: Any) -> bool:
    """Tell whether an array, or any piece of a lazy one, says which of its elements do not count."""
    if isinstance(x, np.ndarray):
        return defines(type(x), "mask")
    piece = getattr(x, "_meta", None)  # of dask: an empty array of the kind that its pieces are
    return isinstance(piece, np.ndarray) and defines(type(piece), "mask")


def leaves(values: Iterable[Any]) -> Iterator[Any]:
    """Yield what stands in values, and in lists and tuples of them."""
    for x in values:
        if isinstance(x, (list, tuple)):
            yield from leaves(x)
        else:
            yield x


def shape_of(x: Any) -> tuple[int, ...]:
    """Return the shape of an array, a number, or a list of such."""
    return x.shape if is_array(x) else np.shape(x)


def size_of(x: Any) -> int:
    """Return the number of elements of an array, a number, or a list of such."""
    size: int | None = getattr(x, "size", None)
    return np.size(x) if size is None else size


def dtype_of(x: Any) -> np.dtype[Any]:
    """Return the dtype of an array, or of what NumPy would make of `x`."""
    return x.dtype if is_array(x) or isinstance(x, np.generic) else np.asarray(x).dtype
