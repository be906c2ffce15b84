"""Derivatives as a learner writes them: one expression of NumPy for what comes back to one operand of an operation.

Most are the very text of the rule in the formulary. Where a rule goes by cases, or calls helpers, the declaration says
the text, as `derivative`; a test carries every text out and compares. In all of them `g` is what has arrived, `y` the
result, and the operands have the names that the rules give them.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.shapes import Shape
from autograd_lite.engine.op import Op, Settings

_REPEATED = (bool, int, float, tuple, type(None))  # settings that a formula shows by their values
_PUBLIC = frozenset({"np", "sigmoid", "softmax", "None", "True", "False"})


class CallText(NamedTuple):
    """What an operation was called with, as far as shapes and settings go, and of which operand the derivative is."""

    op: Op
    place: int
    shapes: Sequence[Shape]
    result: Shape
    settings: Settings

    @property
    def own(self) -> Shape:
        """The shape of the operand."""
        return self.shapes[self.place]


class _Plain(ast.NodeTransformer):
    """Leave out what rules do for half precision alone."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        return node.args[0] if isinstance(node.func, ast.Name) and node.func.id == "wide" else node


def derivative(call: CallText, names: Mapping[str, str]) -> str | None:
    """Return the derivative by one operand, times what has arrived, in the caller's names; None where there is none.

    Examples
    --------
    >>> from autograd_lite.engine.registry import handler_of
    >>> names = {"g": "dL/dz", "x1": "a", "x2": "W"}
    >>> derivative(CallText(handler_of(np.matmul), 1, [(4, 3), (3, 2)], (4, 2), {}), names)
    'a.T @ dL/dz'
    >>> derivative(CallText(handler_of(np.matmul), 1, [(3,), (3, 2)], (2,), {}), names)
    'np.outer(a, dL/dz)'
    """
    text = _text(call)
    if text is None:
        return None
    values = {name: repr(v) for name, v in {**call.op.defaults, **call.settings}.items() if _is_plain(v)}
    known = {**values, **names}
    tree = _parsed(text)
    tree = None if tree is None else _Plain().visit(tree)
    if tree is None or any(name not in known and name not in _PUBLIC for name in _names_in(tree)):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            node.id = known.get(node.id, node.id)
    summed = call.op.form == "elementwise" or call.op.name in _BROADCAST
    return _summed(ast.unparse(tree), call.own, call.result) if summed else ast.unparse(tree)


def _is_plain(value: Any) -> bool:
    return isinstance(value, _REPEATED) and all(map(_is_plain, value if isinstance(value, tuple) else ()))


def _parsed(text: str) -> ast.Expression | None:
    try:
        return ast.parse(text, mode="eval")
    except SyntaxError:  # a part of an expression that stands in parentheses
        return None


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _summed(text: str, own: Shape, result: Shape) -> str:
    """Return a formula with the sum over what its operand was broadcast along, if it was."""
    added = tuple(range(len(result) - len(own)))
    stretched = tuple(i for i, n in enumerate(own) if n == 1 and result[len(added) + i] != 1)
    if not added and not stretched:
        return text
    text = text if text.replace("/", "").isidentifier() else f"({text})"
    text = f"{text}.sum(axis={_axes(added)})" if added else text
    return f"{text}.sum(axis={_axes(stretched)}, keepdims=True)" if stretched else text


def _axes(axes: tuple[int, ...]) -> str:
    return str(axes[0]) if len(axes) == 1 else str(axes)


# ----- texts of declarations -----


def _text(call: CallText) -> str | None:
    """Return what the declaration says, for the shapes at hand; else the rule."""
    texts = call.op.derivative
    if texts is None:
        return formula(call.op, call.place)
    texts = texts(call.shapes, call.settings) if callable(texts) else texts
    text = texts if texts is None or isinstance(texts, str) else texts[call.place]
    return None if text is None else text.format(**_filled(call))


def _filled(call: CallText) -> dict[str, Any]:
    """Return what stands for the names in braces; of a reduction, {g} and {y} have got back the axes."""
    axis, kept = call.settings.get("axis"), call.settings.get("keepdims", False)
    to = "{}" if kept or axis is None or not call.own else f"np.expand_dims({{}}, {axis})"
    return {
        "g": to.format("g"), "y": to.format("y"), "shape": call.own,
        "count": int(np.prod(call.own, dtype=int) // max(int(np.prod(call.result, dtype=int)), 1)),
        "axis": "" if axis is None else f", axis={axis}, keepdims=True",
    }  # fmt: skip


_BROADCAST = ("broadcast_to", "where", "tril", "triu")


# ----- rules as text -----


def formula(op: Op, place: int) -> str | None:
    """Return the text of a rule that is one expression, as it stands in the formulary; None for any other.

    Examples
    --------
    >>> from autograd_lite.engine.registry import handler_of
    >>> formula(handler_of(np.exp), 0)
    'g * y'
    """
    rule = None if op.joint and len(op.operands) != 1 else op.rule_of(place)
    code = getattr(rule, "__code__", None)
    if not isinstance(code, CodeType) or code.co_name != "<lambda>":
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
