"""Warnings of NumPy that name the user's line.

NumPy warns of the line that calls it, and that is one of ours: the same for every user, and every warning but the first
would be taken for its repetition. So operations are carried out by code that nothing can warn of: its module says that
``__warningregistry__`` is `NO_REGISTRY`, and there Python raises a TypeError. Only then is the operation carried out
once more, by code that says of itself that it stands at the user's line. While nothing warns, this costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from autograd_lite.base.libraries import BETWEEN, OUR, of
from autograd_lite.engine.provenance import user_frame

_REGISTRY = "__warningregistry__"
NO_REGISTRY: Any = ()
"""What a module of code that nothing warns of has for one: see `is_warning`."""
_SAID = "'registry' must be a dict or None"
_UNITS = 8  # code units that one entry of a table of lines can stand for


def is_warning(error: BaseException) -> bool:
    """Tell whether an error is what Python raises in the place of a warning, in code that nothing warns of."""
    return error.__class__ is TypeError and str(error) == _SAID


def carried(fn: Callable[..., Any], args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """Return ``fn(*args, **settings)``; a ufunc, which has no effects unless it writes, warns at the user's line.

    So does a method of one.
    """
    if not isinstance(getattr(fn, "__self__", fn), np.ufunc) or "out" in settings:
        return fn(*args, **settings)
    try:
        return _unwarned_call(fn, args, settings)
    except TypeError as error:
        if not is_warning(error):
            raise
        return again(error, fn, args, settings)


def again(error: BaseException, fn: Callable[..., Any], args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """Return ``fn(*args, **settings)``, and have it warn at the line of the user's that is being carried out.

    `error` is what has been raised in the place of the warning: nobody shall see it, also where warnings are errors.
    """
    try:
        frame = user_frame(passed=BETWEEN)
        if frame is None:
            return fn(*args, **settings)
        return _at_line(_call, frame)(_at_line(fn, frame) if _is_ours(fn) else fn, args, settings)
    except Exception as raised:
        if raised.__context__ is error:
            raised.__context__ = error.__context__
        raise


def unwarned_function(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does the same, and whose own lines nothing warns of; NumPy's as they are."""
    return _silenced(fn) if _is_ours(fn) else fn


def _is_ours(fn: Any) -> bool:
    return fn.__class__ is FunctionType and of(fn) in OUR


@cache
def _silenced(fn: FunctionType) -> FunctionType:
    return _twin(fn, lambda code: code, {_REGISTRY: NO_REGISTRY})


def _at_line(fn: Any, frame: FrameType) -> FunctionType:
    """Return a function that does the same, and says of all its lines that they are the one a frame is at."""
    names = frame.f_globals
    module = {"__name__": names.get("__name__", "<string>"), _REGISTRY: names.setdefault(_REGISTRY, {})}
    return _twin(fn, lambda code: _moved(code, frame), module)


def _moved(code: CodeType, frame: FrameType) -> CodeType:
    """NOTE: an entry 0xEF says "eight units, no column", and the 0 after it "the line is that of before"."""
    entries = -(-len(code.co_code) // (2 * _UNITS))
    place: Any = {"co_filename": frame.f_code.co_filename, "co_firstlineno": frame.f_lineno}
    return code.replace(**place, co_linetable=b"\xef\0" * entries)


def _twin(
    fn: FunctionType, moved: Callable[[CodeType], CodeType], module: Mapping[str, Any], depth: int = 2
) -> FunctionType:
    """Return a function like `fn`, with the variables `module` in its module, that calls such twins of its helpers.

    So do these, and there it ends: further down nothing computes.
    """
    names = {**fn.__globals__, **module}
    for name in fn.__code__.co_names if depth else ():
        if _is_ours(names.get(name)):
            names[name] = _twin(names[name], moved, module, depth - 1)
    return _with(fn, moved, names)


def _with(fn: FunctionType, moved: Callable[[CodeType], CodeType], names: dict[str, Any]) -> FunctionType:
    twin = FunctionType(moved(fn.__code__), names, fn.__name__, fn.__defaults__, fn.__closure__)
    twin.__kwdefaults__ = fn.__kwdefaults__
    return twin


def _call(fn: Callable[..., Any], args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    return fn(*args, **settings)


_unwarned_call = _silenced(_call)
