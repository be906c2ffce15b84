"""What a prompt and a notebook show of a text of several lines, and of a table."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

_LETTERS = "white-space: pre; overflow-x: auto; line-height: 1.35; font-family: monospace"


class Report(str):
    """A string of several lines that prompts and notebooks show as it prints, and not in quotes.

    Parameters
    ----------
    text : str
    html : str, optional
        What a notebook shows instead; all that comes from the user has been escaped in it.

    Examples
    --------
    >>> Report("of one line")
    of one line
    >>> Report("of one line").split()
    ['of', 'one', 'line']
    """

    _html: str

    def __new__(cls, text: str, html: str = "") -> Report:
        self = super().__new__(cls, text)
        self._html = html
        return self

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self._html or lines_html(self)


def escaped(text: str) -> str:
    """Return text in which nothing is markup, in HTML or SVG, between tags or in an attribute."""
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(sign, entity)
    return text


def lines_html(text: str) -> str:
    """Return text as it stands, for a notebook."""
    return f'<pre style="{_LETTERS}">{escaped(text)}</pre>'


def table_html(title: str, rows: Iterable[Sequence[Any]], notes: Iterable[str] = ()) -> str:
    """Return a table for a notebook: the first row is its head, the first column names the others.

    Examples
    --------
    >>> table_html("costs", [["after", "calls"], ["<fusion>", "12"]]).partition("<tbody>")[2]
    '<tr><th style="text-align: left">&lt;fusion&gt;</th><td>12</td></tr></tbody></table></div>'
    """
    head, *body = rows
    heads = "".join(_cell("th", cell, left=not n) for n, cell in enumerate(head))
    cells = (("".join(_cell("td" if n else "th", cell, left=not n) for n, cell in enumerate(row))) for row in body)
    lines = "".join(f"<tr>{row}</tr>" for row in cells)
    caption = f'<caption style="text-align: left; padding: 0.3em 0">{escaped(title)}</caption>' if title else ""
    said = "".join(f'<div style="margin: 0.2em 0">{escaped(note)}</div>' for note in notes)
    return (
        f'<div style="overflow-x: auto"><table>{caption}<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
        f"{said}</div>"
    )


def _cell(tag: str, content: Any, *, left: bool) -> str:
    style = ' style="text-align: left"' if left else ""
    return f"<{tag}{style}>{escaped(str(content))}</{tag}>"


def kernel() -> Any:
    """Return the shell of the notebook that this runs in; None anywhere else, as in a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


def show_in_kernel(thing: Any) -> None:
    """Show a thing below the cell that runs."""
    sys.modules["IPython.display"].display(thing)
