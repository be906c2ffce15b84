"""Where the derivatives are wrong, as a picture: the matrix of differences, in units of what each may be.

A wrong row, a wrong column, a wrong half of an array are seen at a glance that a table of the worst does not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.plotting import new_figure
from autograd_lite.base.shapes import Array, Shape

_SHADES = "·░▒▓█"
_ACCEPTED = "o"
_LEGEND = "· allowed   ░ up to 10 times that   ▒ 100   ▓ 1000   █ more   o looked at closely and accepted"
_WIDEST, _HIGHEST = 64, 24
_LABELS = 12
"""Up to so many rows and columns of a figure are named."""
_DECADES = 4


@dataclass(frozen=True, eq=False)
class ErrorMatrix:
    """The differences between derived and numeric derivatives of one order by one input.

    Attributes
    ----------
    position, name, shape, order : int, str, tuple of int, int
        Which input, and of which order the derivatives are.
    excess : array, shape (rows, columns)
        The differences in units of what is allowed, in the mode where they are greater: above 1 is wrong; nan is what
        was looked at closely and accepted.
    rows : tuple of str
        What the rows are: elements of the outputs, or random combinations of them.
    every : bool
        Whether the columns are the elements of the input, in order, or random directions of it.
    """

    position: int
    name: str
    shape: Shape
    order: int
    excess: Array
    rows: tuple[str, ...]
    every: bool

    @property
    def title(self) -> str:
        """What the matrix is about, in words."""
        size = "×".join(map(str, self.shape)) or "scalar"
        parts = [self.name or f"input {self.position}", size, f"order {self.order}" if self.order > 1 else ""]
        return "  ".join(filter(None, parts))

    def column(self, j: int) -> str:
        """Return what column `j` is."""
        if not self.every:
            return f"direction {j}"
        return str([int(i) for i in np.unravel_index(j, self.shape)])


class HeatMap:
    """The error matrices of a check: ``print`` shows them as text, `plot` makes a figure of them.

    A notebook shows the figure where Matplotlib is installed, and the text otherwise.

    Attributes
    ----------
    function : str
        What was checked.
    matrices : tuple of ErrorMatrix
        One for each input and order.
    """

    def __init__(self, function: str, matrices: Sequence[ErrorMatrix]) -> None:
        self.function, self.matrices = function, tuple(matrices)

    def plot(self) -> Any:
        """Return a figure with one panel for each matrix: white is allowed, yellow to red is wrong, grey was accepted.

        Returns
        -------
        matplotlib.figure.Figure
            ``figure.savefig("errors.png")`` writes it to a file.

        Raises
        ------
        MissingExtraError
            Matplotlib is not installed; ``print(heatmap)`` needs nothing.
        """
        figure, panels = new_figure(len(self.matrices), "HeatMap.plot()")
        figure.suptitle(f"gradcheck of {self.function}", parse_math=False)
        for axes, matrix in zip(panels, self.matrices, strict=True):
            image = _draw(axes, matrix)
        bar = figure.colorbar(image, ax=panels, ticks=range(_DECADES + 1), format="$10^{%d}$", extend="max")
        bar.set_label("difference, in units of what is allowed")
        return figure

    def __str__(self) -> str:
        lines = [f"gradcheck of {self.function}: differences, in units of what is allowed"]
        for matrix in self.matrices:
            lines += ["", matrix.title, *_text(matrix)]
        return "\n".join([*lines, "", _LEGEND])

    __repr__ = __str__

    def _repr_png_(self) -> bytes | None:
        """Return the figure for a notebook, which shows the text where there is none."""
        try:
            png: bytes = self.plot()._repr_png_()
        except errors.MissingExtraError:
            return None
        return png


def _draw(axes: Any, matrix: ErrorMatrix) -> Any:
    """Draw one matrix on a logarithmic scale, and name its rows and columns as far as they can be read."""
    with np.errstate(divide="ignore"):
        powers = np.clip(np.log10(matrix.excess), -1, 2 * _DECADES)
    axes.set_facecolor("0.7")  # is seen through nan
    image = axes.imshow(powers, "YlOrRd", vmin=0, vmax=_DECADES, aspect="auto", interpolation="nearest")
    image.set_cmap(image.cmap.with_extremes(under="white"))
    axes.set_title(matrix.title, parse_math=False, fontsize="medium")
    axes.set(xlabel="element of the input" if matrix.every else "random direction", ylabel="output")
    rows, columns = matrix.excess.shape
    if rows <= _LABELS:
        axes.set_yticks(range(rows), matrix.rows, fontsize="small")
    if columns <= _LABELS:
        labels = [matrix.column(j) for j in range(columns)]
        axes.set_xticks(range(columns), labels, fontsize="small", rotation=90 * (columns > _LABELS // 2))
    return image


def _text(matrix: ErrorMatrix) -> list[str]:
    """Return the lines of one matrix. Of neighbours that share a character the worst is shown."""
    rows, columns = matrix.excess.shape
    tall, wide = -(-rows // _HIGHEST), -(-columns // _WIDEST)
    labels = [matrix.rows[i] for i in range(0, rows, tall)]
    width = max(map(len, labels))
    shared = f", {tall}×{wide} in a character" if tall * wide > 1 else ""
    last = f" to {matrix.column(columns - 1)}" if columns > 1 else ""
    lines = [f"{'':{width}}  {matrix.column(0)}{last}{shared}"]
    for i, label in zip(range(0, rows, tall), labels, strict=True):
        blocks = (matrix.excess[i : i + tall, j : j + wide] for j in range(0, columns, wide))
        lines.append(f"{label:{width}}  {''.join(map(_shade, blocks))}")
    return lines


def _shade(block: Array) -> str:
    """Return the character for the worst of some differences."""
    known = block[~np.isnan(block)]
    if not known.size or (known.max() <= 1 and known.size < block.size):
        return _ACCEPTED
    decade = np.searchsorted([1, 10, 100, 1000], known.max())
    return _SHADES[int(decade)]
