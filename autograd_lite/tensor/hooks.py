"""What is called with a gradient on its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from autograd_lite.base.conventions import cast, conjugated
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.graph import Node
from autograd_lite.engine.record import Handle, array_of, as_array, make_tensor
from autograd_lite.engine.several import Bundle
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
    """Show a gradient to the hooks of a node and return what they make of it.

    Of several results each hook is given a tuple, with None for what got none, and may return one.
    """
    assert node.notes is not None
    for hook in list(node.notes.hooks.values()):
        if g.__class__ is Bundle:
            changed: Any = uncovered(hook, (tuple([None if part is None else _shown(part) for part in g]),), {})
            if changed is not None:
                kinds = [node if kind is None else _Kind(*kind) for kind in node.dtype.each]
                g = Bundle([_taken(kind, part, old) for kind, part, old in zip(kinds, changed, g, strict=True)])
        else:
            changed = uncovered(hook, (_shown(g),), {})
            g = g if changed is None else _taken(node, changed, g)
    return g


class _Kind(NamedTuple):
    """Shape and dtype of one of several results, for what is said of a gradient."""

    shape: Any
    dtype: Any

    def describe(self) -> str:
        return f"one of several Tensors (of shape {self.shape})"


def _shown(g: Any) -> Any:
    """Return a gradient as hooks see it."""
    return conjugated(g if isinstance(g, Handle) else make_tensor(as_array(g)))


def _taken(kind: Any, changed: Any, old: Any) -> Any:
    """Return what a hook has made of a gradient, as a sweep goes on with it."""
    if changed is None:
        return None
    changed = make_tensor(own_array(changed, None)) if not isinstance(changed, Handle) else changed
    refusals.hook_result(kind, changed)
    changed = conjugated(cast(changed, kind.dtype))
    return changed if isinstance(old, Handle) else array_of(changed)
