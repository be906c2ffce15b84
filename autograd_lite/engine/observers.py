"""Who sees every operation: profilers, debuggers, recorders, and who looks at what definitions consist of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from autograd_lite.engine.op import Op, Settings

Observer = Callable[[Op, Any, Settings, Any], None]
observers: list[Observer] = []
"""Called as ``observer(op, operands, settings, result)`` after every operation, in every thread."""


@contextmanager
def observe(observer: Observer) -> Iterator[None]:
    """Have `observer` see every operation inside the block: the ground of profilers, debuggers and recorders."""
    observers.append(observer)
    try:
        yield
    finally:
        observers.remove(observer)


_dissected: ContextVar[bool] = ContextVar("autograd_lite_dissected", default=False)
is_dissected = _dissected.get


@contextmanager
def dissected() -> Iterator[None]:
    """Carry out definitions as such, also where nobody records: for who looks at the operations they consist of."""
    token = _dissected.set(True)
    try:
        yield
    finally:
        _dissected.reset(token)
