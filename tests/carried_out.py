"""A program carried out call by call, without a text: what passes are held against."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from autograd_lite.compiler.program.program import Program, mapped


def values_of(program: Program, given: Mapping[int, Any]) -> tuple[Any, ...]:
    """Carry a program out call by call, without a text, and return what leaves it: what passes are held against."""
    values = dict(given) | {c.id: c.array for c in program.constants}
    for x in program.instructions:
        args = [mapped(arg, values) for arg in x.args]
        kwargs = {name: mapped(value, values) for name, value in x.kwargs}
        if x.into is not None:
            kwargs["out"] = values[x.into]
        with np.errstate(all="ignore") if x.quiet else nullcontext():
            values[x.id] = x.fn(*args, **kwargs)
    return tuple([values[i] for i in program.escaping()])
