"""DOT text to a picture: finding a program that can, and running it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from autograd_lite import errors


class Renderer(NamedTuple):
    """A program that draws: its name, the formats it writes, and ``run(data, format)``."""

    name: str
    formats: tuple[str, ...]
    run: Callable[[bytes, str], bytes]


def find_renderer() -> Renderer:
    """Return Graphviz where its ``dot`` is on the PATH, else the program of the package graphviz-pure.

    NOTE: found by looking, not by asking for a version: `graphviz.version()` does not understand graphviz-pure.

    Raises
    ------
    MissingExtraError
        Neither is there.
    """
    import shutil  # noqa: PLC0415 - like subprocess below: milliseconds of import time that only pictures need

    if shutil.which("dot"):
        return Renderer("dot", ("png", "pdf"), _run_dot)
    beside = str(Path(sys.executable).parent)
    pure = shutil.which("graphviz-pure", path=beside) or shutil.which("graphviz-pure")
    if pure is None:
        raise errors.MissingExtraError(errors.MISSING_RENDERER)
    return Renderer("graphviz-pure", ("png",), lambda data, kind: _run(pure, data, kind))


def render(source: str, kind: str) -> bytes:
    """Return the picture that DOT text describes, in the format `kind`: ``png``, or with Graphviz ``pdf``.

    Raises
    ------
    MissingExtraError
        There is no program that draws.
    PictureError
        It cannot write this format, or it failed.
    """
    import subprocess  # noqa: PLC0415

    renderer = find_renderer()
    if kind not in renderer.formats:
        choices = ", ".join(f".{known}" for known in ("svg", *renderer.formats, "dot"))
        why = f"{renderer.name} does not write {kind}, only Graphviz does"
        raise errors.PictureError(errors.PICTURE_ENDING.format(path=f".{kind}", why=why, choices=choices))
    try:
        return renderer.run(source.encode(), kind)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None)
        why = said.decode(errors="replace").strip() if said else str(error)
        raise errors.PictureError(errors.PICTURE_FAILED.format(program=renderer.name, why=why)) from error


def _run_dot(data: bytes, kind: str) -> bytes:
    try:
        import graphviz  # noqa: PLC0415 - only pictures need it
    except ImportError as error:
        missing = errors.MISSING_EXTRA.format(feature="drawing a graph", package="graphviz", extra="graph")
        raise errors.MissingExtraError(missing) from error
    drawn: bytes = graphviz.pipe("dot", kind, data, quiet=True)
    return drawn


def _run(program: str, data: bytes, kind: str) -> bytes:
    """NOTE: on standard error it warns of letters whose width it guesses; only its exit status tells of failure."""
    import subprocess  # noqa: PLC0415

    return subprocess.run([program, f"-T{kind}"], input=data, capture_output=True, check=True).stdout
