"""`explain`: the chain rule as text, operation by operation, with numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.display import Report
from autograd_lite.engine import refusals
from autograd_lite.engine.graph import ConstantInput, Node
from autograd_lite.engine.record import array_of
from autograd_lite.engine.several import Kinds, is_part, sources, whole_of
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.viz.derivatives import CallText, derivative
from autograd_lite.viz.items import ancestors, is_leaf, name_of, result_name
from autograd_lite.viz.measure import gradients, numbers, plain, shares_of, values
from autograd_lite.viz.targets import subject_of
from autograd_lite.viz.words import clean, number_text, settings_text, shape_text

_LONGEST = 200  # operations
_SHORT = 2  # elements of an array that stands in a formula itself


def explain(
    target: Tensor, *, params: Mapping[str, Tensor] | None = None, names: Mapping[str, Any] | None = None
) -> Report:
    """Return how a Tensor is computed and how its gradient is derived, line by line, with the numbers.

    Parameters
    ----------
    target : Tensor
        What to explain, before ``backward()`` has released its graph.
    params : mapping of str to Tensor, optional
        Names of parameters: ``dict(model.named_parameters())``.
    names : mapping, optional
        More names, such as ``locals()`` or ``dict(model.named_parameters())``.

    Returns
    -------
    str
        Which a prompt and a notebook show in its lines.

    Raises
    ------
    PictureError
        The graph has more than 200 operations, or the target is no Tensor.
    FreedGraphError, NoPathError
        As in `visualize`.

    Notes
    -----
    Every line of the second half is one application of the chain rule: the gradient that has arrived at a result, times
    the derivative of the operation by one of its inputs, as an expression of NumPy. ``+=`` says that an input is used
    more than once, so that its shares are added.

    Examples
    --------
    >>> import numpy as np
    >>> x = Tensor(2.0, requires_grad=True, name="x")
    >>> y = np.sin(x) * x
    >>> print(explain(y))
    forward
      x  = 2
      v1 = sin(x)  = 0.909
      y  = v1 * x  = 1.82
    backward
      dy/dy   = 1
      dy/dv1  = dy/dy * x           = 2
      dy/dx   = dy/dy * v1          = 0.909
      dy/dx  += dy/dv1 * np.cos(x)  = -0.832
      dy/dx   = 0.077
    """
    if not isinstance(target, Tensor):
        raise errors.PictureError(errors.EXPLAIN_OF.format(given=type(target).__name__))
    return Report(Explanation(target, params, names).text())


class Explanation:
    """Names, values and gradients of all that a Tensor is computed from, and the lines that tell of them."""

    def __init__(self, target: Tensor, params: Mapping[str, Tensor] | None, names: Mapping[str, Any] | None) -> None:
        subject = subject_of(target, (), params, names)
        (self.root,) = subject.outputs
        self.nodes = ancestors(subject.roots)
        operations = sum(not is_leaf(node) for node in self.nodes)
        if operations > _LONGEST:
            text = errors.EXPLAIN_LONG.format(what=refusals.describe(target), count=operations, longest=_LONGEST)
            raise errors.PictureError(text)
        self.names = subject.names.given
        self.labels = _labels(self.nodes, self.root, self.names)
        with np.errstate(all="ignore"):
            self.values = values(self.nodes, {self.root: array_of(target)})
            self.gradients = gradients(subject.outputs, self.nodes)
        self.constants = dict(self._constants())

    def _constants(self) -> Iterator[tuple[int, tuple[str, Any]]]:
        """Yield a name and the value for each array without a name that is too long to stand in a formula."""
        found: list[tuple[str, Any]] = []
        numbers = (name for i in count(1) if (name := f"c{i}") not in self.labels.values())
        for x in (x for node in self.nodes for x in node.inputs):
            if isinstance(x, ConstantInput) and not self._name_of(x):
                value = plain(self.values.get(id(x)))
                if value is not None and np.size(value) <= _SHORT:
                    continue
                known = (pair for pair in found if value is not None and np.array_equal(pair[1], value))
                if (pair := next(known, None)) is None:
                    found.append(pair := (next(numbers), x.shape if value is None else value))
                yield id(x), pair

    def _name_of(self, x: ConstantInput) -> str:
        given = self.names.get(id(x.source())) if x.source is not None else None
        return _line(given or x.name or "")

    def text(self) -> str:
        """Return all lines."""
        return "\n".join(["forward", *_aligned(self.forward()), "backward", *_aligned(self.backward())])

    def forward(self) -> Iterator[tuple[str, ...]]:
        """Yield for each value its name, what it is computed by, and what it is."""
        for name, value in dict(self.constants.values()).items():
            yield name, "=", "", f"constant {shape_text(value)}" if isinstance(value, tuple) else self.number(value)
        for node in self.nodes:
            if not is_part(node):
                yield self.labels[node], "=", self.call(node), self.number(self.values.get(node))

    def backward(self) -> Iterator[tuple[str, ...]]:
        """Yield for each share of a gradient its name, the derivative, and what it is; and the sums of several."""
        counts = self._counts()
        yield self.slope(self.root), "=", "", self.number(self.gradients[self.root])
        given: dict[Node, int] = {}
        for node in reversed(self.nodes):
            if node in self.gradients and counts.get(node, 0) > 1:
                yield self.slope(node), "=", "", self.number(self.gradients[node])
            if is_leaf(node) or is_part(node) or node not in self.gradients:
                continue
            operands = [(place, x) for place, x in enumerate(node.inputs) if x is not None]
            for (place, x), share in zip(operands, shares_of(node, self.gradients[node]), strict=True):
                if share is not None:
                    given[x] = given.get(x, 0) + 1
                    yield self.slope(x), "=" if given[x] == 1 else "+=", self.rule(node, place), self.number(share)

    def _counts(self) -> dict[Node, int]:
        """Return how often each node gets a share."""
        counts: dict[Node, int] = {}
        for node in self.nodes:
            for _, x, _ in sources(node) if node in self.gradients and not is_part(node) else ():
                counts[x] = counts.get(x, 0) + 1
        return counts

    def slope(self, x: Node) -> str:
        return f"d{self.labels[self.root]}/d{self.labels[x]}"

    def call(self, node: Node) -> str:
        """Return the call of an operation; nothing for a leaf."""
        if is_leaf(node):
            return ""
        assert node.op is not None
        operands = [self.operand(x) for x in node.inputs if x is not None]
        if node.op.symbol is not None:
            return f" {node.op.symbol} ".join(operands)
        settings = settings_text(node.settings, node.op)
        return f"{node.op.name}({', '.join([*operands, *([settings] if settings else [])])})"

    def operand(self, x: Any) -> str:
        """Return what an operand is called: by its name, or as the number it is."""
        if isinstance(x, Node):
            return self.labels[x]
        if not isinstance(x, ConstantInput):
            return number_text(x)
        if id(x) in self.constants:
            return self.constants[id(x)][0]
        return self._name_of(x) or numbers(self.values[id(x)]).text

    def rule(self, node: Node, place: int) -> str:
        """Return the derivative of an operation by one operand, times what has arrived, as a formula."""
        op = node.op
        assert op is not None
        names = {"g": self.slope(node), "y": self.labels[node]}
        pairs = zip(op.operands, node.inputs, strict=False)
        names |= {name: "None" if x is None else self.operand(x) for name, x in pairs}
        shapes = [getattr(x, "shape", ()) for x in node.inputs]
        text = derivative(CallText(op, place, shapes, node.shape, node.settings), names)
        return text or f"{self.slope(node)} through {op.name}"

    def number(self, value: Any) -> str:
        if isinstance(value, tuple):
            return ", ".join(map(self.number, value))
        return "?" if plain(value) is None else numbers(value).text


def _labels(nodes: Sequence[Node], root: Node, names: Mapping[Any, str]) -> dict[Node, str]:
    """Return a name for every node: the user's, or the next of v1, v2, ...; the root is y where it has none.

    A name that several have is numbered, as ``weight`` and ``weight_2`` in the layers of a network.
    """
    labels: dict[Node, str] = {}
    taken: set[str] = set()
    numbers = count(1)
    wholes = [node for node in nodes if isinstance(node.dtype, Kinds)]
    for node in nodes:
        if isinstance(node.dtype, Kinds):
            continue
        given = name_of(node, names)
        wished = _line(given) if given else "y" if node is root else ""
        wished = wished or (_field(node) if is_part(node) else "")
        others = (f"{wished}_{i}" for i in count(2)) if wished else (f"v{i}" for i in numbers)
        name = next(name for name in chain([wished] if wished else [], others) if name not in taken)
        labels[node] = name
        taken.add(name)
    for whole in wholes:  # those that are used, and the others as what is not
        parts = {node.settings["index"]: labels[node] for node in nodes if is_part(node) and whole_of(node) is whole}
        labels[whole] = f"({', '.join(parts.get(i, '_') for i in range(*whole.shape))})"
    return labels


def _field(node: Node) -> str:
    """Return the name that one of several results has in a named tuple."""
    name = result_name(node, {})
    return "" if name.startswith("[") else name


def _line(name: str) -> str:
    return " ".join(clean(name).split())


def _aligned(rows: Iterator[tuple[str, ...]]) -> list[str]:
    """Return rows of name, sign, formula and number as lines, one below the other."""
    made = list(rows)
    signs = max(len(sign) for _, sign, _, _ in made)
    left = max(len(name) for name, _, _, _ in made)
    wide = max(len(text) for _, _, text, _ in made)
    lines = []
    for name, sign, text, number in made:
        head = f"  {name.ljust(left)} {sign.rjust(signs)} "
        lines.append(head + (f"{text.ljust(wide)}  = {number}" if text else number))
    return lines
