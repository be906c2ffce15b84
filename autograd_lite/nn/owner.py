"""How a message calls the module that is being called."""

from __future__ import annotations

import sys
from typing import Any

from autograd_lite import errors
from autograd_lite.nn.module import Module


def owner_called(weight: Any) -> str:
    """Return how a message calls the module that is being called, if `weight` is its own; or nothing.

    It has the name that it has in the outermost module that is being called.
    """
    frame: Any = sys._getframe(1)
    called: list[Module] = []
    while frame is not None:
        code = frame.f_code
        first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount and code.co_name == "forward" else None
        called += [first] if isinstance(first, Module) else []
        frame = frame.f_back
    if not called or getattr(called[0], "weight", None) is not weight:
        return ""
    layer, outer = called[0], called[-1]
    name = next((name for name, module in outer.named_modules() if module is layer), "")
    return errors.MODULE.format(name=name, outer=type(outer).__name__, layer=layer) if name else repr(layer)
