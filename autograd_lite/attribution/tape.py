"""What a model did with its input, operation by operation: what layer-wise relevance goes back along."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.attribution.gradients import watched
from autograd_lite.attribution.scores import Subject, as_now
from autograd_lite.engine.graph import Node
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op, Settings
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.nn.forwards import wrapped
from autograd_lite.nn.module import Module


class Step(NamedTuple):
    """One operation that has the input in it.

    Attributes
    ----------
    op : Op
        The operation.
    operands : list
        Its operands, as arrays, or as Tensors where somebody watches.
    nodes : list of Node or None
        For each operand its node, if it has the input in it.
    settings : mapping
        The settings of the call.
    result : array or Tensor
        What it gave.
    node : Node
        The node of the result.
    layers : tuple of (str, Module)
        The modules that were computing, the outermost first.
    """

    op: Op
    operands: list[Any]
    nodes: list[Node | None]
    settings: Settings
    result: Any
    node: Node
    layers: tuple[tuple[str, Module], ...]

    @property
    def moving(self) -> list[int]:
        """The places of the operands that have the input in them."""
        return [i for i, node in enumerate(self.nodes) if node is not None]

    def place(self) -> str:
        """Return where it is, for a message."""
        return f" in the layer {self.layers[-1][0]!r}" if self.layers and self.layers[-1][0] else ""


class Tape(NamedTuple):
    """The operations from the inputs to the scores, in order."""

    inputs: list[Node]
    steps: list[Step]
    score: Node
    scores: Any


def recorded(subject: Subject) -> Tape:
    """Call the model, and return what it did."""
    seen: list[tuple[Op, list[Any], list[Node | None], Settings, Any, tuple[tuple[str, Module], ...]]] = []
    layers: list[tuple[str, Module]] = []

    def see(op: Op, operands: Any, settings: Settings, result: Any) -> None:
        given = list(operands)
        nodes = [x._node if isinstance(x, Handle) else None for x in given]
        if isinstance(result, Handle) and result._node is not None:
            seen.append((op, [as_now(x) for x in given], nodes, settings, as_now(result), tuple(layers)))

    with _named(subject.model, layers), observe(see):
        done = watched(subject, subject.inputs)
    score = done.results[0]
    kept = bool(done.outside)
    inputs = list(done.inputs)
    reached = set(inputs)
    steps = []
    for op, operands, nodes, settings, result, around in seen:
        moving = [node if node in reached else None for node in nodes]
        if any(node is not None for node in moving):
            reached.add(result._node)
            values = [x if kept else _array(x) for x in operands]
            steps.append(Step(op, values, moving, settings, result if kept else _array(result), result._node, around))
    return Tape(inputs, steps, score._node, score if kept else _array(score))


def _array(x: Any) -> Any:
    """Return a Tensor's array; of one that holds another kind of array than NumPy's, a Tensor without its history."""
    if not isinstance(x, Handle):
        return x
    array = array_of(x)
    return array if isinstance(array, np.ndarray) else make_tensor(array)


@contextmanager
def _named(model: Any, layers: list[tuple[str, Module]]) -> Iterator[None]:
    """Have `layers` be those modules that are computing, inside the block."""
    modules: dict[str, Module] = dict(model.named_modules()) if isinstance(model, Module) else {}

    def wrap(name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            layers.append((name, modules[name]))
            try:
                return forward(*args, **kwargs)
            finally:
                layers.pop()

        return called

    with wrapped(modules.items(), wrap):
        yield


def applied(step: Step, places: Sequence[int]) -> Callable[..., Any]:
    """Return the operation of a step as a function of the operands in some places."""

    def compute(*values: Any) -> Any:
        operands = list(step.operands)
        for place, value in zip(places, values, strict=True):
            operands[place] = value
        return step.op(*operands, **step.settings)

    return compute
