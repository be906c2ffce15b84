"""Markdown tables that also read well in a terminal."""

from __future__ import annotations

import math

Row = list[str]


def shown(number: float, digits: int = 2) -> str:
    return "-" if math.isnan(number) else f"{number:,.{digits}f}"


def padded(cells: Row, widths: list[int]) -> str:
    return "| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"


def table(head: Row, rows: list[Row]) -> str:
    """Return nothing where there are no rows."""
    if not rows:
        return ""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(padded(cells, widths) for cells in (head, rule, *rows))
