"""What the things are that a function can read: such as stay as they are, such as have parts, such as nobody can tell.

A kind is found by the class that was written in C and lies under an object: what that holds is known here, or it is a
kind that nobody knows. What a class of Python adds, attributes and slots, is the same for all.
"""

from __future__ import annotations

import _random
import _thread
import collections
import contextvars
import functools
import gc
import inspect
import operator
import re
import sys
import types
import weakref
from collections.abc import Callable, Iterable
from typing import Any, Generic

import numpy as np

from autograd_lite.base.arraylike import defines
from autograd_lite.base.libraries import PYTHON, WITHIN, of
from autograd_lite.engine.record import Handle

SIMPLE = (bool, int, float, complex, str, bytes, type(None), np.generic, np.dtype)
"""What is compared by value: small, and never changed."""

_EXACT = frozenset((bool, int, float, complex, str, bytes, type(None)))


def is_simple(x: Any) -> bool:
    """Tell whether something is compared by value, and that is all there is to it: one of a subclass has attributes."""
    cls = type(x)
    return cls in _EXACT or (isinstance(x, SIMPLE) and not cls.__dictoffset__)


_CALLS = (
    types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType, types.MethodWrapperType,
    types.ClassMethodDescriptorType, types.GetSetDescriptorType, types.MemberDescriptorType,
)  # fmt: skip
_CONSTANT = (
    *SIMPLE, *_CALLS, type(Ellipsis), type(NotImplemented), range, types.CodeType, types.GenericAlias, types.UnionType,
    re.Pattern, re.Match, np.ufunc, _thread.LockType, _thread.RLock, _thread._local, operator.itemgetter,
    operator.attrgetter, operator.methodcaller, super, property, staticmethod, classmethod, BaseException,
    contextvars.Token, type(sys.flags), types.FrameType, types.TracebackType, type(vars(inspect.Attribute)["name"]),
)  # fmt: skip
"""Classes written in C whose objects hold nothing that could change, or nothing that a program could depend on."""
_CONSTANT_MODULES = frozenset(("datetime", "decimal", "_decimal", "zoneinfo"))
"""Modules whose classes are such as well. NOTE: not to be imported for this, which would take some milliseconds."""

_STATES: dict[str, Callable[[Any], Any]] = {
    "builtins.bytearray": bytes,
    "builtins.memoryview": lambda x: (x.format, x.shape, x.tobytes()),
    "array.array": lambda x: (x.typecode, x.tobytes()),
    "_io.StringIO": lambda x: (x.getvalue(), x.tell()),
    "_io.BytesIO": lambda x: (x.getvalue(), x.tell()),
    "_random.Random": lambda x: x.getstate(),
    "decimal.Context": lambda x: (x.prec, x.rounding, x.Emin, x.Emax, x.capitals, x.clamp),
    "functools._lru_cache_wrapper": lambda x: x.cache_info(),
}
"""How the state of an object is told that consists of numbers and texts alone."""

_ENTERED: tuple[type, ...] = (
    dict, list, tuple, set, frozenset, collections.deque, types.MappingProxyType, slice, types.CellType,
    types.MethodType, types.FunctionType, types.ModuleType, type, functools.partial, contextvars.ContextVar,
    weakref.ref, types.SimpleNamespace, Handle, np.ndarray,
)  # fmt: skip
"""Classes whose objects refer to others, each in its own way, which `survey` knows."""
_CYTHON = frozenset(("cython_function_or_method", "fused_cython_function", "_cython_3_0_0"))
_DESCRIPTORS = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)
_bases: weakref.WeakKeyDictionary[type, type] = weakref.WeakKeyDictionary()


def base_of(cls: type) -> type:
    """Return the first class among those of an object that is written in C."""
    found = _bases.get(cls)
    if found is None:
        found = _bases[cls] = next(c for c in cls.__mro__ if _in_c(c))
    return found


def _in_c(cls: type) -> bool:
    """NOTE: only there do methods stand that are functions of C and belong to this very class.

    `Generic` is written in C from Python 3.12 on, and holds nothing.
    """
    if cls is Generic:
        return False
    return cls is object or any(
        isinstance(value, _DESCRIPTORS) or (name == "__new__" and isinstance(value, types.BuiltinFunctionType))
        for name, value in vars(cls).items()
    )


def state_of(x: Any) -> Callable[[Any], Any] | None:
    """Return what tells the whole state of an object in plain values, None where it has no such."""
    if isinstance(x, np.ndarray) and not x.dtype.hasobject:
        return bits
    module = sys.modules.get("numpy.random")
    if module is not None:
        if isinstance(x, module.Generator):
            return _generator_state
        if isinstance(x, module.RandomState):
            return _legacy_state
        if isinstance(x, module.BitGenerator):
            return _bit_state
    base = base_of(type(x))
    return None if _is_of_the_system(x) else _STATES.get(f"{base.__module__}.{base.__qualname__}")


def bits(x: Any) -> Any:
    """Return what an array consists of, bit by bit: NaN is the same as NaN, and the zeros are told apart."""
    return type(x), x.shape, x.dtype, x.tobytes()


def _generator_state(x: Any) -> Any:
    return _bit_state(x.bit_generator)


def _bit_state(x: Any) -> str:
    return repr(x.state)


def _legacy_state(x: Any) -> str:
    with np.printoptions(threshold=sys.maxsize):
        return repr(x.get_state(legacy=False))


def is_random(x: Any) -> bool:
    """Tell whether something draws random numbers: a generator of NumPy, old or new, or of Python."""
    module = sys.modules.get("numpy.random")
    kinds = () if module is None else (module.Generator, module.RandomState, module.BitGenerator)
    return isinstance(x, (_random.Random, *kinds)) and not _is_of_the_system(x)


def _is_of_the_system(x: Any) -> bool:
    module = sys.modules.get("random")
    return module is not None and isinstance(x, module.SystemRandom)


def is_constant(x: Any) -> bool:
    """Tell whether an object stays what it is, but for the attributes that a class of Python has given it."""
    cls = type(x)
    base = base_of(cls)
    if base is object or issubclass(base, _CONSTANT) or cls.__name__ in _CYTHON:
        return True
    return base.__module__ in _CONSTANT_MODULES or (callable(x) and is_ours(base))  # a function of NumPy, in C


CACHED = type(functools.lru_cache(len))


def kept_by(cached: Any) -> dict[Any, Any]:
    """Return what an `lru_cache` keeps: it says so to the garbage collector alone."""
    found = [x for x in gc.get_referents(cached) if type(x) is dict and x is not vars(cached)]
    return found[0] if len(found) == 1 else {}


def is_iterator(x: Any) -> bool:
    """Tell whether something is used up by being read, and is not written in Python, so that nobody sees how far."""
    return defines(base_of(type(x)), "__next__") and state_of(x) is None and not isinstance(x, weakref.ProxyTypes)


def is_known(x: Any) -> bool:
    """Tell whether all that an object can hold is found by a survey."""
    return issubclass(base_of(type(x)), _ENTERED) or is_constant(x) or state_of(x) is not None


def is_ours(x: Any) -> bool:
    """Tell whether a class or function is of this library or of NumPy, which are taken as they are."""
    return of(x) in WITHIN


def is_standard(x: Any) -> bool:
    """Tell whether a class or function is of Python's own library, which is taken as it is."""
    return of(x) == PYTHON


def slots_of(cls: type) -> Iterable[str]:
    """Return the names of the attributes for which the classes of an object have reserved a place."""
    return [
        name
        for c in cls.__mro__
        for name, value in vars(c).items()
        if isinstance(value, types.MemberDescriptorType) and not _in_c(c)
    ]
