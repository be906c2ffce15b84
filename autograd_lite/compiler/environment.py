"""What a function reads besides its arguments and Tensors: found while it runs, and compared at every call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Environment:
    """What a program is for besides its arguments.

    Attributes
    ----------
    guards : list of (container, key, kind, value)
        What has to be as it was: ``container[key]`` or an attribute of it.
    """

    guards: list[tuple[Any, Any, str, Any]] = field(default_factory=list)

    def conditions(self, bind: Any) -> list[str]:
        """Return the comparisons as expressions of Python."""
        return []

    def unchanged(self, function: Any) -> None:
        """Refuse a function that changes what it is compared by."""


@contextmanager
def observed_run(trace: Any, function: Callable[..., Any]) -> Iterator[Environment]:
    """Find out what a function reads while it runs."""
    yield Environment()
