"""What is called with a gradient on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_lite.base.conventions import cast, conjugated
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.graph import Node
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor
from autograd_lite.tensor.data import own_array


class HookHandle:
    """What `Tensor.register_hook` returns: ``remove()`` takes the hook away."""

    __slots__ = ("_hooks", "_key")

    def __init__(self, hooks: dict[object, Callable[[Any], Any]], hook: Callable[[Any], Any] | None = None) -> None:
        self._hooks, self._key = hooks, object()
        if hook is not None:
            hooks[self._key] = hook

    def __reduce__(self) -> Any:
        return HookHandle, (self._hooks,), self._key

    def __setstate__(self, key: object) -> None:
        self._key = key

    def remove(self) -> None:
        self._hooks.pop(self._key, None)


def run_hooks(node: Node, g: Array) -> Array:
    """Show a gradient to the hooks of a node and return what they make of it."""
    recorded = isinstance(g, Handle)
    assert node.notes is not None
    for hook in list(node.notes.hooks.values()):
        given = conjugated(g if isinstance(g, Handle) else make_tensor(as_array(g)))
        changed: Any = uncovered(hook, (given,), {})
        if changed is not None:
            changed = make_tensor(own_array(changed, None)) if not isinstance(changed, Handle) else changed
            refusals.hook_result(node, changed)
            changed = conjugated(cast(changed, node.dtype))
            g = changed if recorded else array_of(changed)
    return g
