"""`visualize`, and the `Picture` it returns."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from autograd_lite import errors
from autograd_lite.base.display import escaped, kernel, show_in_kernel
from autograd_lite.base.lazy import lazy
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.viz.dot import DIRECTIONS, PLAIN, ShownParts, dot_text
from autograd_lite.viz.fold import Folds
from autograd_lite.viz.items import Items
from autograd_lite.viz.measure import facts_of, is_small, saved_of
from autograd_lite.viz.page import page_text
from autograd_lite.viz.render import render
from autograd_lite.viz.scene import Scene, capped, collapsed, scene_of
from autograd_lite.viz.svg import svg_text
from autograd_lite.viz.targets import subject_of, title_of
from autograd_lite.viz.text import mermaid_text, tree_text

_ENDINGS = ("svg", "png", "pdf", "dot", "gv", "html", "txt", "md")
_SHOWN_AT_ONCE = 1000  # arrows; a larger graph takes seconds to lay out, which a notebook should not do unasked
_FEWEST = 4  # boxes: an output, the first, the last, and how many more there are
_FOLDED_FROM = 50  # things in a graph from which equal blocks are drawn once


class Picture:
    """A drawing of a graph: shows itself in a notebook, prints itself as a tree, and is saved in many formats.

    Attributes
    ----------
    source : str
        The drawing as DOT text, Graphviz's language; the same for the same graph.
    error : Exception or None
        What ended the run of a module or function; the picture then shows how far it came. It keeps alive what ran, as
        every exception does.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> w = ag.Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> picture = ag.visualize((w * w).sum())
    >>> picture.source.startswith("digraph")
    True
    """

    def __init__(
        self,
        scene: Scene,
        *,
        legend: bool = True,
        direction: str | None = None,
        depth: int | None = None,
        limit: int | None = None,
        shown: ShownParts = PLAIN,
        title: str = "",
        error: Exception | None = None,
    ) -> None:
        self._scene, self._limit, self._depth = scene, limit, depth
        self._legend, self._direction, self._shown = legend, direction, shown
        self._title = title or "Graph"
        self.error = error

    @lazy
    def _drawn_scene(self) -> Scene:
        return capped(collapsed(self._scene, self._depth), self._limit)

    @lazy
    def source(self) -> str:
        """The drawing as DOT text."""
        direction = self._direction or "LR"
        return dot_text(self._drawn_scene, legend=self._legend, direction=direction, shown=self._shown)

    @lazy
    def _svg(self) -> str:
        return svg_text(
            self._drawn_scene, legend=self._legend, direction=self._direction, shown=self._shown, about=self._about()
        )

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to a file in the format its ending names, and return the path.

        Parameters
        ----------
        path : path
            ``.svg``; ``.html``, a page to explore, complete in itself; ``.txt``, a tree; ``.md``, a Mermaid diagram;
            ``.dot`` and ``.gv``, DOT text: these need no program. ``.png`` and ``.pdf`` (not with graphviz-pure) are
            drawn by Graphviz.

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
        target.write_bytes(self._in(kind))
        return target

    def _in(self, kind: str) -> bytes:
        """Return the picture in a format."""
        if kind == "svg":
            return self._svg.encode()
        if kind in ("png", "pdf"):
            return render(self.source, kind)
        if kind == "html":
            scene = capped(self._scene, self._limit)
            return page_text(scene, self._title, self._depth, self._shown, self._direction).encode()
        if kind == "md":
            return mermaid_text(self._drawn_scene, direction=self._direction or "LR", shown=self._shown).encode()
        return (f"{self}\n" if kind == "txt" else self.source).encode()

    def show(self) -> Path | None:
        """Show the picture as a page to explore.

        Returns
        -------
        Path or None
            The page, a temporary file, which the browser has opened. None in a notebook, which shows it below the cell.
        """
        if kernel() is not None:
            show_in_kernel(_Embedded(self._in("html").decode(), self._about()))
            return None
        import os  # noqa: PLC0415 - import time that only this call needs
        import tempfile  # noqa: PLC0415
        import webbrowser  # noqa: PLC0415

        handle, name = tempfile.mkstemp(prefix="graph-", suffix=".html")
        os.close(handle)
        path = self.save(name)
        webbrowser.open(path.as_uri())
        return path

    def _repr_svg_(self) -> str | None:
        return None if len(self._drawn_scene.arrows) > _SHOWN_AT_ONCE else self._svg

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows: SVG, or else text."""
        svg = self._repr_svg_()
        return {"text/plain": repr(self)} if svg is None else {"image/svg+xml": svg, "text/plain": repr(self)}

    def __str__(self) -> str:
        return tree_text(self._drawn_scene, self._shown)

    def __repr__(self) -> str:
        return f"<{self._about()}; .save('graph.svg') draws it>"

    def _about(self) -> str:
        failed = f", which failed ({self._scene.failure})" if self._scene.failure else ""
        return f"Picture of a graph with {len(self._drawn_scene.arrows)} arrows{failed}"


class _Embedded:
    """A page in a frame of its own, so that it and the notebook leave each other alone."""

    def __init__(self, page: str, about: str) -> None:
        self.page, self.about = page, about

    def __repr__(self) -> str:
        return f"<{self.about}, as a page>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escaped(self.page)}" title="{escaped(self.about)}" sandbox="allow-scripts" '
            f'style="width: 100%; height: 600px; border: 1px solid #9a9a9a; border-radius: 6px"></iframe>'
        )


@runtime_checkable
class DrawsItself(Protocol):
    """What brings a picture of its own: a compiled function, and its programs."""

    def visualize(self, *, before: bool, legend: bool, direction: str | None) -> Picture:
        """Return the picture, with what it was made of beside it if `before`."""


def visualize(
    target: Any,
    *inputs: Any,
    params: Mapping[str, Tensor] | None = None,
    names: Mapping[str, Any] | None = None,
    values: bool | None = None,
    gradients: bool | None = None,
    saved: bool = False,
    times: bool = False,
    where: bool = False,
    dtypes: bool = False,
    depth: int | None = None,
    fold: bool | None = None,
    limit: int | None = 500,
    legend: bool = True,
    direction: str | None = None,
) -> Picture:
    """Draw how something is computed: operations, what goes into them, and the shapes on the way.

    Parameters
    ----------
    target : Tensor, list, tuple or dict of Tensors, Module, function, or compiled program
        What to draw. The graph of a Tensor is drawn before ``backward()`` has released it; a dict names its Tensors. A
        module or a function is run on `inputs`. Of a compiled program what was recorded and what the passes have made
        of it are drawn beside each other.
    *inputs : array_like, or trees of them
        Example inputs for a module or a function, which is called once, on copies of them. They are drawn as inputs,
        under the names of its arguments.
    params : mapping of str to Tensor, optional
        Names of parameters: ``dict(model.named_parameters())``. Without it, every Tensor that was made by the user
        and requires a gradient is drawn as a parameter; with it, those that are not in it are drawn as inputs.
        A Tensor with two names shows both. A module that is drawn brings its own.
    names : mapping, optional
        More names, such as ``locals()`` or ``dict(model.named_parameters())``; they go before those that Tensors have.
        What is no Tensor is passed over, and what begins with an underscore.
    values, gradients : bool, optional
        Whether boxes show values, and the gradient of the target, with its norm as heat: of its sum, if it is no single
        number; of the largest element of each row, where the sum is constant, as that of a softmax is, which the output
        then says. Left out, only pages (``.html``) show them, if the graph is small.
    saved : bool
        Whether operations show how many bytes they keep alive for their derivative.
    times : bool
        Whether operations show how long they take, forward and back: the shortest of three times.
    where : bool
        Whether operations show the file and line they were called from. Known where a module or function is run, and
        of what was recorded inside of `ag.debug()`.
    dtypes : bool
        Whether arrows show the dtype of what flows, beside its shape.
    depth : int, optional
        Modules and scopes deeper than this are drawn as one box. 0 shows the outermost as boxes.
    fold : bool, optional
        Whether equal blocks that follow each other are drawn once, as "(12 alike)". Left out, only in graphs of more
        than 50 things.
    limit : int or None
        How many boxes there may be, at least 4; further ones are left out, and a box says how many.
    legend : bool
        Whether the picture explains its shapes and colours.
    direction : {'LR', 'TB'}, optional
        From left to right, or from top to bottom. Left out, an SVG that would be too wide for a page goes from top to
        bottom, and a page as its window lets it.

    Returns
    -------
    Picture
        Shows itself in a notebook and in print; ``.save("graph.svg")`` writes it to a file, ``.show()`` opens it as a
        page in the browser, or below the cell, ``.source`` is its DOT text. If a module or a function has failed, the
        picture shows what ran and, in red, the operation that failed; the error is its ``.error``.

    Raises
    ------
    FreedGraphError
        ``backward()`` has released the graph. Draw before, or keep it with ``retain_graph=True``.
    NoPathError
        No graph was recorded, since nothing requires a gradient.
    PictureError
        The target or `params` are not what can be drawn, or a setting is not what it may be.

    Notes
    -----
    Parameters are amber notes, inputs and constants blue ellipses, operations grey rounded boxes, outputs green
    double octagons: each kind has its shape as well as its colour, and the colours (after Okabe & Ito, *Color
    Universal Design*, 2008) are told apart with any kind of colour vision. Arrows carry shapes. A constant that is
    a Tensor is drawn once, however often it is used; an array, or a number, at every use. A notebook does not lay out
    a graph of more than 1000 arrows unasked: save it.

    With `values` or `gradients`, a red border marks what looks wrong: nan and infinite numbers, a gradient of zero,
    sigmoids at their ends, ReLUs that are always 0. Values that no derivative needs are not kept by the graph; they are
    computed again, from what the leaves hold now.

    Examples
    --------
    >>> W = Tensor([[0.1, 0.2]], requires_grad=True)
    >>> x = Tensor([[1.0], [2.0]], name="x")
    >>> visualize(W @ x, params={"W": W})
    <Picture of a graph with 3 arrows; .save('graph.svg') draws it>
    >>> import numpy as np
    >>> print(visualize(lambda x: np.sum(np.sin(x)), np.array([0.0, 1.0]), values=True))
    output  value 0.841
    sum  scalar  value 0.841
    sin  2  value [0, 0.841]
    x  2  (input)  value [0, 1]
    """
    if direction not in (None, *DIRECTIONS):
        raise errors.PictureError(errors.PICTURE_DIRECTION.format(given=direction))
    _at_least(0, "depth", depth)
    _at_least(_FEWEST, "limit", limit)
    if isinstance(target, DrawsItself):
        drawn = target.visualize(before=True, legend=legend, direction=direction)
        shown = ShownParts(dtypes=dtypes)
        return Picture(
            drawn._scene, legend=legend, direction=direction, depth=depth, limit=limit, shown=shown, title=drawn._title
        )
    subject = subject_of(target, inputs, params, names)
    items = Items(subject)
    folds = Folds(items)
    if fold or (fold is None and len(items.things) > _FOLDED_FROM):
        folds.find()
    small = is_small(items)
    if values or gradients or times or (small and None in (values, gradients)):
        derive = times or (None if small else False) if gradients is None else gradients
        facts, remark = facts_of(subject, items, derive=derive, times=times)
    else:
        facts, remark = saved_of(items) if saved else {}, ""
    shown = ShownParts(bool(values), bool(gradients), saved, bool(values or gradients), times, where, dtypes)
    error = None if subject.failure is None else subject.failure.error
    scene = scene_of(subject, items, folds, facts, remark)
    return Picture(
        scene, legend=legend, direction=direction, depth=depth, limit=limit, shown=shown, error=error,
        title=title_of(target, subject),
    )  # fmt: skip


def _at_least(least: int, name: str, given: Any) -> None:
    """Refuse a setting that is neither None nor a whole number of at least `least`."""
    if given is not None and not (isinstance(given, int) and given >= least):
        raise errors.PictureError(errors.PICTURE_SETTING.format(name=name, given=given, least=least))
