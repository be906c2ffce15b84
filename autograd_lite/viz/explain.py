"""`explain`: the chain rule as text, operation by operation, with numbers."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

import numpy as np

from autograd_lite import errors, refusals
from autograd_lite.graph import Constant, Node
from autograd_lite.op import Op
from autograd_lite.record import array_of
from autograd_lite.tensor import Tensor
from autograd_lite.viz.items import ancestors, is_leaf
from autograd_lite.viz.measure import gradients, numbers, plain, shares_of, values
from autograd_lite.viz.targets import subject_of
from autograd_lite.viz.words import clean, number_text, settings_text, shape_text

_LONGEST = 200  # operations
_REPEATED = (bool, int, tuple, type(None))  # settings that a formula shows by their values
_SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "matmul": "@"}


def explain(
    target: Tensor, *, params: Mapping[str, Tensor] | None = None, names: Mapping[str, Any] | None = None
) -> str:
    """Return how a Tensor is computed and how its gradient is derived, line by line, with the numbers.

    Parameters
    ----------
    target : Tensor
        What to explain, before ``backward()`` has released its graph.
    params : mapping of str to Tensor, optional
        Names of parameters: ``dict(model.named_parameters())``.
    names : mapping, optional
        More names, such as ``locals()``.

    Raises
    ------
    PictureError
        The graph has more than 200 operations, or the target is no Tensor.
    FreedGraphError, NoPathError
        As in `visualize`.

    Notes
    -----
    Every line of the second half is one application of the chain rule: the gradient that has arrived at a result, times
    the derivative of the operation by one of its inputs. The formula is the text of the rule itself, where that is one
    expression. ``+=`` says that an input is used more than once, so that its shares are added.

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
    return Explanation(target, params, names).text()


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
        self.labels = _labels(self.nodes, self.root, subject.names.given)
        with np.errstate(all="ignore"):
            self.values = values(self.nodes, {self.root: array_of(target)})
            self.gradients = gradients(subject.outputs, self.nodes)

    def text(self) -> str:
        """Return all lines."""
        return "\n".join(["forward", *_aligned(self.forward()), "backward", *_aligned(self.backward())])

    def forward(self) -> Iterator[tuple[str, ...]]:
        """Yield for each value its name, what it is computed by, and what it is."""
        for node in self.nodes:
            yield self.labels[node], "=", self.call(node), self.number(self.values.get(node))

    def backward(self) -> Iterator[tuple[str, ...]]:
        """Yield for each share of a gradient its name, the derivative, and what it is; and the sums of several."""
        counts = self._counts()
        yield self.slope(self.root), "=", "", self.number(self.gradients[self.root])
        given: dict[Node, int] = {}
        for node in reversed(self.nodes):
            if node in self.gradients and counts.get(node, 0) > 1:
                yield self.slope(node), "=", "", self.number(self.gradients[node])
            if is_leaf(node) or node not in self.gradients:
                continue
            operands = [x for x in node.inputs if x is not None]
            for place, (x, share) in enumerate(zip(operands, shares_of(node, self.gradients[node]), strict=True)):
                if share is not None:
                    given[x] = given.get(x, 0) + 1
                    yield self.slope(x), "=" if given[x] == 1 else "+=", self.rule(node, place), self.number(share)

    def _counts(self) -> dict[Node, int]:
        """Return how often each node gets a share."""
        counts: dict[Node, int] = {}
        for node in self.nodes:
            for edge in node.edges or () if node in self.gradients else ():
                counts[edge[0]] = counts.get(edge[0], 0) + 1
        return counts

    def slope(self, x: Node) -> str:
        return f"d{self.labels[self.root]}/d{self.labels[x]}"

    def call(self, node: Node) -> str:
        """Return the call of an operation; nothing for a leaf."""
        if is_leaf(node):
            return ""
        assert node.op is not None
        operands = [self.operand(x) for x in node.inputs if x is not None]
        if node.op.name in _SYMBOLS:
            return f" {_SYMBOLS[node.op.name]} ".join(operands)
        settings = settings_text(node.settings, node.op.defaults)
        return f"{node.op.name}({', '.join([*operands, *([settings] if settings else [])])})"

    def operand(self, x: Any) -> str:
        """Return what an operand is called: by its name, or as the number it is."""
        if isinstance(x, Node):
            return self.labels[x]
        if not isinstance(x, Constant):
            return number_text(x)
        value = plain(self.values.get(id(x)))
        small = value is not None and np.size(value) <= 2  # noqa: PLR2004 - as short as a name
        return _line(x.name) if x.name else numbers(value).text if small else f"constant {shape_text(x.shape)}"

    def rule(self, node: Node, place: int) -> str:
        """Return the derivative of an operation by one operand, times what has arrived, as its rule is written."""
        op = node.op
        assert op is not None
        text = formula(op, place)
        arrived = self.slope(node)
        if text is None:
            return f"{arrived} through {op.name}"
        names = {"g": arrived, "y": self.labels[node]}
        names |= {name: repr(v) for name, v in {**op.defaults, **node.settings}.items() if isinstance(v, _REPEATED)}
        given = [x for x in node.inputs if x is not None]
        names |= {name: self.operand(x) for name, x in zip(op.operands, given, strict=False)}
        return renamed(text, names)

    def number(self, value: Any) -> str:
        return "?" if plain(value) is None else numbers(value).text


def _labels(nodes: Sequence[Node], root: Node, names: Mapping[Any, str]) -> dict[Node, str]:
    """Return a name for every node: the user's, or the next of v1, v2, ...; the root is y where it has none."""
    labels: dict[Node, str] = {}
    taken: set[str] = set()
    unnamed = (f"v{i}" for i in range(1, 2 * len(nodes) + 2))
    for node in nodes:
        given = names.get(node) or (node.notes.name if node.notes is not None else None)
        name = _line(given) if given else "y" if node is root else next(unnamed)
        while name in taken:
            name = next(unnamed)
        labels[node] = name
        taken.add(name)
    return labels


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


# ----- rules as text -----


def formula(op: Op, place: int) -> str | None:
    """Return the text of a rule that is one expression, as it stands in the formulary; None for any other.

    Examples
    --------
    >>> from autograd_lite.op import REGISTRY
    >>> formula(REGISTRY[np.exp], 0)
    'g * y'
    """
    rule = op.rules[place if op.operands else 0]
    code = getattr(rule, "__code__", None)
    if code is None or code.co_name != "<lambda>":
        return None
    return _body(code)


def _body(code: CodeType) -> str | None:
    """Return the source of the expression that a lambda computes, by where its instructions stand."""
    spans = [((a, c), (b, d)) for a, b, c, d in code.co_positions() if a and b and c is not None and d is not None]
    spans = [(start, end) for start, end in spans if start != end]  # the first instructions stand nowhere
    if not spans:
        return None
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    lines = linecache.getlines(code.co_filename)[first[0] - 1 : last[0]]
    if not lines:
        return None
    text = "".join(lines).encode()
    end = len(text) - len(lines[-1].encode()) + last[1]
    return " ".join(text[first[1] : end].decode().split())


def renamed(text: str, names: Mapping[str, str]) -> str:
    """Return an expression with other names in it."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:  # a part of an expression that stands in parentheses
        return text
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree)


