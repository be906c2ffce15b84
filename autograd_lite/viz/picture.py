"""`visualize`, and the `Picture` it returns."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

from autograd_lite import errors
from autograd_lite.tensor import Tensor
from autograd_lite.viz.dot import to_dot

FORMATS = (".svg", ".png", ".pdf")
_MISSING = (
    "drawing needs the program dot of Graphviz, or the package graphviz-pure. "
    "Write: pip install 'autograd-lite[graph]', or install graphviz with the system's packages; "
    "picture.save('graph.dot') needs neither"
)


def find_dot() -> Path:
    """Return the program that renders DOT: ``dot`` on the PATH, else ``graphviz-pure``.

    Raises
    ------
    MissingExtraError
        Neither is there.
    """
    beside = str(Path(sys.executable).parent)
    found = shutil.which("dot") or shutil.which("graphviz-pure", path=beside) or shutil.which("graphviz-pure")
    if found is None:
        raise errors.MissingExtraError(_MISSING)
    return Path(found)


class Picture:
    """A drawn graph: shows itself in a notebook, and saves itself by the ending of a path."""

    def __init__(self, source: str) -> None:
        self.source = source

    def render(self, kind: str = "svg") -> bytes:
        """Return the picture in the format `kind`: ``svg``, ``png``, and ``pdf`` with Graphviz itself."""
        program = find_dot()
        import graphviz  # noqa: PLC0415 - a slow import that only pictures need
        from graphviz.backend import dot_command  # noqa: PLC0415

        dot_command.DOT_BINARY = program
        result: bytes = graphviz.Source(self.source).pipe(format=kind)
        return result

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to `path` and return it: ``.dot`` always works, ``.svg .png .pdf`` need a renderer."""
        target = Path(path)
        if target.suffix == ".dot":
            target.write_text(self.source, encoding="utf-8")
        elif target.suffix in FORMATS:
            target.write_bytes(self.render(target.suffix[1:]))
        else:
            raise errors.UnsupportedError(
                f"a picture cannot be saved as {target.name!r}. Write picture.save('graph.svg'), or .png, .dot"
            )
        return target

    def _repr_svg_(self) -> str | None:
        try:
            return self.render("svg").decode()
        except errors.MissingExtraError:
            return None  # the notebook then shows the text

    def __repr__(self) -> str:
        return self.source


def visualize(output: Tensor, params: Mapping[str, Tensor] | None = None) -> Picture:
    """Draw the graph that led to `output`, with the shapes on its edges.

    Parameters
    ----------
    output : Tensor
        Before ``backward()`` has released its graph.
    params : mapping of str to Tensor, optional
        Names for leaves: ``dict(model.named_parameters())``.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0], requires_grad=True, name="w")
    >>> print(visualize((w * 2).sum()).source.splitlines()[0])
    digraph {
    """
    return Picture(to_dot(output, params))
