"""A figure that shows itself in a notebook, whether or not pyplot has been imported there. Needs Matplotlib."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class ShownFigure(Figure):
    """A figure of Matplotlib's that a notebook shows as a picture."""

    def _repr_png_(self) -> bytes:
        self.savefig(written := io.BytesIO(), format="png")
        return written.getvalue()
