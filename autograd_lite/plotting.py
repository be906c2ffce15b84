"""Where figures come from: Matplotlib, which is imported when the first of them is drawn."""

from __future__ import annotations

from typing import Any

from autograd_lite import errors

_ACROSS = 3


def new_figure(panels: int, feature: str) -> tuple[Any, list[Any]]:
    """Return a figure and its axes, at most three beside each other.

    NOTE: without pyplot, which would keep the figure alive and choose a window system. It shows itself in a notebook.

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed; `feature` is what needs it.
    """
    try:
        from autograd_lite.figures import ShownFigure  # noqa: PLC0415 - it needs Matplotlib
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature=feature, package="matplotlib", extra="plot")
        raise errors.MissingExtraError(text) from error
    across, down = min(panels, _ACROSS), -(-panels // _ACROSS)
    drawn = ShownFigure(figsize=(5.2 * across, 4 * down), layout="constrained")
    return drawn, [drawn.add_subplot(down, across, i + 1) for i in range(panels)]
