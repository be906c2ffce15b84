"""The recorded graph as DOT text: pure string building, the same text for the same graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.graph import Constant, Node, reachable
from autograd_lite.tensor import Tensor

_STYLES = {
    "parameter": 'shape=box style="filled,rounded" fillcolor="#9ecae1"',
    "constant": 'shape=box style="filled,dashed" fillcolor="#eeeeee"',
    "operation": 'shape=ellipse style=filled fillcolor="#fdd9a0"',
    "output": 'shape=ellipse style=filled fillcolor="#f0e442" penwidth=2',
}
"""Shapes and colours (of Okabe & Ito's palette for all kinds of sight): parameters are blue rounded boxes, constants
grey dashed boxes, operations orange ellipses, and the output a yellow ellipse with a thick edge."""


def quoted(text: str) -> str:
    """Return a DOT string that shows `text` as it is, whatever it holds."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def to_dot(output: Tensor, params: Mapping[str, Tensor] | None = None) -> str:
    """Return the graph of `output` as DOT text.

    Parameters
    ----------
    output : Tensor
        Before ``backward()`` has released its graph.
    params : mapping of str to Tensor, optional
        Names for leaves, as ``dict(model.named_parameters())`` gives them.

    Raises
    ------
    NoPathError
        Nothing was recorded.
    FreedGraphError
        The graph was released.
    """
    root = output._node
    if root is None:
        raise errors.NoPathError(
            f"visualize() of a Tensor of shape {output.shape}: nothing was recorded. "
            "Write w = ag.Tensor(data, requires_grad=True) and compute the output from w"
        )
    if root.edges is None:
        raise errors.FreedGraphError(
            f"visualize() of the result of {root.op.name if root.op else 'a leaf'} of shape {root.shape}, "
            "whose graph was released by backward(). "
            "Write ag.visualize(loss) before loss.backward(), or loss.backward(retain_graph=True)"
        )
    names = {p._node: name for name, p in (params or {}).items() if p._node is not None}
    nodes = reachable([root])
    ids = {node: f"n{i}" for i, node in enumerate(nodes)}
    lines = [
        "digraph {",
        "  rankdir=LR",
        '  node [fontname="Helvetica" fontsize=11]',
        '  edge [fontname="Helvetica" fontsize=9]',
    ]
    for node in nodes:
        lines.append(f"  {ids[node]} [label={quoted(_label(node, names))} {_STYLES[_kind(node, root)]}]")
        for i, source in enumerate(node.inputs):
            lines += _edge(ids, node, i, source)
    return "\n".join([*lines, "}", ""])


def _edge(ids: Mapping[Node, str], node: Node, i: int, source: Any) -> list[str]:
    if isinstance(source, Node):
        return [f"  {ids[source]} -> {ids[node]} [label={quoted(_size(source.shape))}]"]
    if source is None:
        return []
    own = f"{ids[node]}c{i}"
    label = (source.name or "constant") if isinstance(source, Constant) else f"{source:g}"
    shape = source.shape if isinstance(source, Constant) else ()
    return [
        f"  {own} [label={quoted(label)} {_STYLES['constant']}]",
        f"  {own} -> {ids[node]} [label={quoted(_size(shape))}]",
    ]


def _kind(node: Node, root: Node) -> str:
    if node is root:
        return "output"
    return "parameter" if node.op is None else "operation"


def _label(node: Node, names: Mapping[Node, str]) -> str:
    name = names.get(node) or (node.notes.name if node.notes is not None else None)
    if node.op is None:
        return name or "parameter"
    settings = ", ".join(f"{k}={v}" for k, v in node.settings.items() if isinstance(v, (int, str)))
    parts: Sequence[str | None] = (name, node.op.name, settings)
    return "\n".join(part for part in parts if part)


def _size(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "scalar"
