"""Buffers of modules that a function replaces: its program gives the Tensors that stand there the new values."""

from __future__ import annotations

from typing import Any

from autograd_lite.compiler.recording.interception import slot_data
from autograd_lite.engine.record import Handle
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.state import StateScope
from autograd_lite.tree import flatten, unflatten


class Replaced(StateScope):
    """Notes which Tensors stood in attributes of modules that were set.

    The plain function makes another Tensor each time. A program keeps the one that it knows, and gives it the value; so
    only of one that nothing else shows, as far as the function can reach, and that is no argument and no result.
    """

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[tuple[int, str], tuple[Any, str, Handle]] = {}

    def see_attribute(self, module: Any, name: str, value: Any) -> None:
        old = vars(module).get(name)
        if isinstance(old, Handle) and id(module) not in self.modules:
            self.places.setdefault((id(module), name), (module, name, old))

    def put_back(self) -> None:
        """Have all that was set be as it was."""
        for module, name, old in self.places.values():
            vars(module)[name] = old

    def settle(self, trace: Any, result: Any, held: list[Any]) -> Any:
        """Put back what stood there, with the value of what stands there now; return the result with it in its place.

        What cannot be put back is left, and refused as a change of state. `held` is all that the function reaches.
        """
        leaves, structure = flatten(result)
        elsewhere = [id(x) for x in (*held, *leaves)]
        stead: dict[int, Handle] = {}
        for module, name, old in self.places.values():
            new = vars(module).get(name)
            if id(new) not in stead and elsewhere.count(id(old)) <= 1 and _is_value_of(trace, new, old):
                trace.write_data(old, slot_data(new))
                vars(module)[name] = stead[id(new)] = old
        return unflatten(structure, [stead.get(id(y), y) for y in leaves]) if stead else result


def _is_value_of(trace: Any, new: Any, old: Any) -> bool:
    """Tell whether a Tensor that the run has made is one that another could have as its value."""
    if not (isinstance(new, Handle) and trace.is_made(new)) or isinstance(old, Parameter):
        return False
    value, before = slot_data(new), slot_data(old)
    return new._node is old._node is None and (value.shape, value.dtype) == (before.shape, before.dtype)
