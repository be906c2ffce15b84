"""`visualize`, and the `Picture` it returns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from autograd_lite import errors
from autograd_lite.tensor import Tensor
from autograd_lite.viz.dot import to_dot
from autograd_lite.viz.render import render

_ENDINGS = ("svg", "png", "pdf", "dot", "gv")
_ARROW = re.compile(r"^  n\d+ -> n", re.MULTILINE)
_SHOWN_AT_ONCE = 1000  # arrows; a larger graph takes seconds to lay out, which a notebook should not do unasked


class Picture:
    """A drawing of a graph: shows itself in a notebook, and is saved as SVG, PNG, PDF or DOT.

    Attributes
    ----------
    source : str
        The drawing as DOT text, Graphviz's language; the same for the same graph.
    """

    __slots__ = ("source",)

    def __init__(self, source: str) -> None:
        self.source = source

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to a file in the format its ending names, and return the path.

        Parameters
        ----------
        path : path
            Ends in ``.svg``, ``.png``, ``.pdf`` (not with graphviz-pure), or ``.dot`` (needs no renderer).

        Raises
        ------
        PictureError
            The ending is another, or the renderer cannot write it, or has failed.
        MissingExtraError
            There is no renderer.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     visualize(w * 3).save(pathlib.Path(folder) / "graph.dot").name
        'graph.dot'
        """
        target = Path(path)
        kind = target.suffix[1:].lower()
        if kind not in _ENDINGS:
            choices = ", ".join(f".{ending}" for ending in _ENDINGS)
            why = f"the ending .{kind} is not known" if kind else "it has no ending"
            raise errors.PictureError(errors.PICTURE_ENDING.format(path=target.name, why=why, choices=choices))
        target.write_bytes(self.source.encode() if kind in ("dot", "gv") else render(self.source, kind))
        return target

    def _repr_svg_(self) -> str | None:
        return self._drawn()[0]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows: SVG, or else text."""
        svg, text = self._drawn()
        return {"text/plain": text} if svg is None else {"image/svg+xml": svg, "text/plain": text}

    def _drawn(self) -> tuple[str | None, str]:
        """Return the picture as SVG, or None where that fails, and the text that stands for it. Never raises."""
        if self._arrows() > _SHOWN_AT_ONCE:
            return None, repr(self)
        try:
            return render(self.source, "svg").decode(), repr(self)
        except errors.AutogradError as error:
            return None, f"// {' '.join(str(error).split())}\n{self.source}"

    def _arrows(self) -> int:
        return len(_ARROW.findall(self.source))

    def __str__(self) -> str:
        return self.source

    def __repr__(self) -> str:
        return f"<Picture of a graph with {self._arrows()} arrows; .save('graph.svg') draws it>"


def visualize(
    outputs: Tensor | Sequence[Tensor],
    params: Mapping[str, Tensor] | None = None,
    *,
    legend: bool = True,
    direction: str = "LR",
) -> Picture:
    """Draw how a Tensor, or several, were computed: operations, what went into them, and the shapes on the way.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What to draw, before ``backward()`` has released its graph.
    params : mapping of str to Tensor, optional
        Names of parameters: ``dict(model.named_parameters())``. Without it, every Tensor that was made by the user
        and requires a gradient is drawn as a parameter; with it, those that are not in it are drawn as inputs.
        A Tensor with two names shows both.
    legend : bool
        Whether the picture explains its shapes and colours.
    direction : {'LR', 'TB'}
        From left to right, or from top to bottom, which suits deep graphs.

    Returns
    -------
    Picture
        Shows itself in a notebook; ``.save("graph.svg")`` writes it to a file, ``.source`` is its DOT text.

    Raises
    ------
    FreedGraphError
        ``backward()`` has released the graph. Draw before, or keep it with ``retain_graph=True``.
    NoPathError
        No graph was recorded, since nothing requires a gradient.
    PictureError
        `outputs` or `params` are not Tensors, or the direction is another.

    Notes
    -----
    Parameters are amber notes, inputs and constants blue ellipses, operations grey rounded boxes, outputs green
    double octagons: each kind has its shape as well as its colour, and the colours (after Okabe & Ito, *Color
    Universal Design*, 2008) are told apart with any kind of colour vision. Arrows carry shapes. A constant that is
    a Tensor is drawn once, however often it is used; an array, or a number, at every use. A notebook does not lay out
    a graph of more than 1000 arrows unasked: save it.

    Examples
    --------
    >>> W = Tensor([[0.1, 0.2]], requires_grad=True)
    >>> x = Tensor([[1.0], [2.0]], name="x")
    >>> visualize(W @ x, params={"W": W})
    <Picture of a graph with 3 arrows; .save('graph.svg') draws it>
    """
    return Picture(to_dot(outputs, params, legend=legend, direction=direction))
