"""Where figures come from: Matplotlib, which is imported when the first of them is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd_lite import errors
from autograd_lite.base.later import Later

if TYPE_CHECKING:
    from autograd_lite.base import figures
else:  # it needs Matplotlib
    figures = Later("autograd_lite.base.figures")

_ACROSS = 3


def new_figure(
    panels: int, feature: str, across: int = _ACROSS, size: tuple[float, float] = (5.2, 4.0)
) -> tuple[Any, list[Any]]:
    """Return a figure and its axes of a size in inches, at most three, or `across`, beside each other.

    NOTE: without pyplot, which would keep the figure alive and choose a window system. It shows itself in a notebook.

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed; `feature` is what needs it.
    """
    try:
        import matplotlib.figure  # noqa: F401, PLC0415 - only figures need it
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature=feature, package="matplotlib", extra="plot")
        raise errors.MissingExtraError(text) from error
    across, down = min(panels, across), -(-panels // across)
    drawn = figures.ShownFigure(figsize=(size[0] * across, size[1] * down), layout="constrained")
    return drawn, [drawn.add_subplot(down, across, i + 1) for i in range(panels)]
