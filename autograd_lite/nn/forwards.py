"""Looking at modules while they compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Wrap = Callable[[str, Callable[..., Any]], Callable[..., Any]]


@contextmanager
def wrapped(modules: Iterable[tuple[str, Any]], wrap: Wrap) -> Iterator[None]:
    """Have ``wrap(title, forward)`` stand in the place of the ``forward`` of each module inside the block.

    NOTE: `forward` is covered on each object, and not ``__call__``, since `Sequential` calls ``forward``. One that the
    object had of its own, as that of an outer block, comes back.
    """
    before: list[tuple[dict[str, Any], Any]] = []
    try:
        for title, module in modules:
            own = vars(module)
            before.append((own, own.get("forward")))
            own["forward"] = wrap(title, module.forward)
        yield
    finally:
        for own, forward in reversed(before):
            if forward is None:
                own.pop("forward", None)
            else:
                own["forward"] = forward
