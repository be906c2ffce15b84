"""Functions as Python writes them: how a text reaches them, and the text of those that a program carries along."""

from __future__ import annotations

import functools
import inspect
import operator
import re
import sys
from collections.abc import Sequence
from types import CodeType
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program import helpers
from autograd_lite.engine.registry import library_of


@functools.cache
def path_of(fn: Any) -> str:
    """Return how a text reaches a function: ``np.exp``, ``scipy.special.erf``, or the name of a helper."""
    name = str(fn.__name__)
    if fn in helpers.HELPERS:
        return name
    if isinstance(fn, np.ufunc):
        known = name if getattr(np, name, None) is fn else _found(fn)
        if known is not None:
            return f"np.{known}"
        if library := library_of(fn):
            return f"{library}.{name}"
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"{path_of(owner)}.{name}"
    if fn is operator.abs:
        return "abs"
    for module in (getattr(fn, "__module__", None), "numpy", "numpy.linalg", "numpy.fft", "numpy.lib.stride_tricks"):
        if module and module.startswith("numpy") and vars(sys.modules[module]).get(name) is fn:
            return f"{module.replace('numpy', 'np', 1)}.{name}"
    raise errors.CompileError(errors.COMPILE_OPERAND.format(op=name, where="", given="function that is not NumPy's"))


def _found(ufunc: np.ufunc) -> str | None:
    """Return under which name a ufunc is there that has not the one by which it calls itself."""
    return next((known for known in dir(np) if getattr(np, known, None) is ufunc), None)


def with_called(fns: Sequence[Any]) -> list[Any]:
    """Return helpers, and before them those that they call in their turn."""
    names = {name for fn in fns for name in _names_in(fn.__code__)}
    found = [fn for fn in helpers.HELPERS if fn in fns or fn.__name__ in names]
    return found if len(found) == len(fns) else with_called(found)


def _names_in(code: CodeType) -> set[str]:
    inner = [_names_in(part) for part in code.co_consts if isinstance(part, CodeType)]
    return set(code.co_names).union(*inner)


def source_of(fn: Any) -> str:
    """Return the text of a helper without its annotations."""
    text = inspect.getsource(fn)
    head, rest = text.split("\n", 1)
    head = re.sub(r": Any|: str| -> (Any|None)", "", head)
    return f"{head}\n{rest}"
