"""The colours of pictures, on light and on dark ground.

Pale and dark shades of Okabe and Ito's palette (*Color Universal Design*, 2008), which people of every kind of colour
vision tell apart.
"""

from __future__ import annotations

from typing import NamedTuple


class Shade(NamedTuple):
    """What a kind of box is filled with, and drawn with."""

    fill: str
    line: str


class Ground(NamedTuple):
    """What everything else is drawn with: the page, the text, lesser text, arrows, and frames."""

    page: str
    ink: str
    dim: str
    line: str
    frame: str


LIGHT = {
    "parameter": Shade("#FCE8BF", "#B27300"),
    "input": Shade("#DCEFFA", "#1F77A8"),
    "operation": Shade("#F3F3F3", "#5F5F5F"),
    "output": Shade("#CFEDE2", "#00734F"),
    "failed": Shade("#FBD9D5", "#B3261E"),
    "folded": Shade("#E4E4E4", "#5F5F5F"),
    "more": Shade("#FFFFFF", "#5F5F5F"),
}
DARK = {
    "parameter": Shade("#4A3608", "#E8A92C"),
    "input": Shade("#113A52", "#64B5E0"),
    "operation": Shade("#303030", "#B0B0B0"),
    "output": Shade("#0C4534", "#45C79B"),
    "failed": Shade("#5C1A15", "#FF8F85"),
    "folded": Shade("#3D3D3D", "#B0B0B0"),
    "more": Shade("#171717", "#B0B0B0"),
}
ON_LIGHT = Ground("#FFFFFF", "#1C1C1C", "#4F4F4F", "#6E6E6E", "#9A9A9A")
ON_DARK = Ground("#171717", "#F0F0F0", "#BEBEBE", "#A0A0A0", "#757575")
HEAT = ("#FFF5E6", "#FDD9A8", "#FBB568", "#EE8A34", "#D55E00")
"""From the smallest gradient to the largest: light enough for dark text, on any ground."""
HOT_INK = "#111111"
"""The text on them."""
