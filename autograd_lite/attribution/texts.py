"""Texts whose words are marked by their attributions, as HTML and SVG."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.scores import numbers_of
from autograd_lite.base.shapes import Array
from autograd_lite.viz.words import clean

_FOR, _AGAINST = (213, 94, 0), (0, 114, 178)
_DEEPEST = 0.75
"""How much of the colour the largest has: black text can be read on it."""
_WEAK = 0.05
_LETTER, _LINE, _GAP, _PAD = 8.4, 30, 4, 3  # of an SVG: monospaced letters of 14 px
_WIDTH = 720


class MarkedText:
    """A text whose words are coloured; a notebook shows it.

    Vermilion speaks for the score, and has a line below; blue speaks against it, with a dotted line, for print without
    colours. The number stands in a word's tooltip.

    Attributes
    ----------
    words : tuple of str
    sizes : array
        The attribution of each word, in parts of the largest.

    Examples
    --------
    >>> text = tokens([0.9, -0.3, 0.0], ["very", "<dull>", "film"])
    >>> text
    very(+0.9) <dull>(-0.3) film(+0)
    >>> "&lt;dull&gt;" in text.html()
    True
    """

    def __init__(self, words: Sequence[str], values: Array) -> None:
        self.words, self.values = tuple(words), values
        self.sizes = values / (np.abs(values).max(initial=0.0) or 1.0)

    def html(self) -> str:
        """Return the text as HTML, in which nothing of the words is markup.

        Examples
        --------
        >>> tokens([1.0], ["a & b"]).html().count("&amp;")
        1
        """
        spans = [self._span(*of_word) for of_word in zip(self.words, self.values, self.sizes, strict=True)]
        return f'<p style="line-height:2;color:#111;background:#fff">{" ".join(spans)}</p>'

    def _span(self, word: str, value: float, size: float) -> str:
        line = "" if abs(size) < _WEAK else f"border-bottom:2px {'solid' if size > 0 else 'dotted'} {_ink(size)};"
        style = f"background:{_shade(size)};{line}padding:1px 3px;border-radius:2px"
        return f'<span style="{style}" title="{value:+.3g}">{html.escape(clean(word))}</span>'

    def svg(self) -> str:
        """Return the text as an SVG, in lines of 720 pixels.

        Examples
        --------
        >>> tokens([1.0], ["good"]).svg().startswith("<svg")
        True
        """
        x, y, parts = 0.0, 0, []
        for word, value, size in zip(map(clean, self.words), self.values, self.sizes, strict=True):
            wide = _wide(word) + 2 * _PAD
            if x and x + wide > _WIDTH:
                x, y = 0.0, y + _LINE
            parts.append(_boxed(word, value, size, x, y, wide))
            x += wide + _GAP
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y + _LINE}"'
        font = 'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14"'
        return f'{head} {font}><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'

    def save(self, path: Any) -> Path:
        """Write the text to a file, as SVG or HTML by its ending, and return the path.

        Raises
        ------
        PictureError
            Another ending.

        Examples
        --------
        >>> tokens([1.0], ["good"]).save("words.svg")  # doctest: +SKIP
        """
        place = Path(path)
        texts = {".svg": self.svg, ".html": self.html}
        if place.suffix not in texts:
            raise errors.PictureError(errors.TOKENS_ENDING.format(path=str(path)))
        written = texts[place.suffix]()
        if place.suffix == ".html":
            written = f'<!DOCTYPE html><meta charset="utf-8"><title>attributions</title>{written}\n'
        place.write_text(written, encoding="utf-8")
        return place

    def __repr__(self) -> str:
        return " ".join(f"{clean(w)}({v:+.2g})" for w, v in zip(self.words, self.values, strict=True))

    def _repr_html_(self) -> str:
        return self.html()


def tokens(attributions: Any, words: Sequence[str]) -> MarkedText:
    """Return a text whose words are marked by how much they speak for a score, or against it.

    Parameters
    ----------
    attributions : array, shape (words,) or (words, size)
        One number for each word; of vectors that stand for words, the sum is taken.
    words : sequence of str
        The words, or parts of words.

    Returns
    -------
    MarkedText
        ``text.save("words.html")`` or ``.svg`` writes it to a file.

    Raises
    ------
    ShapeError
        Another number of words than of attributions.

    Examples
    --------
    >>> tokens([0.9, -0.3, 0.0], ["not", "bad", "."])
    not(+0.9) bad(-0.3) .(+0)
    """
    a = numbers_of(attributions).astype(float)
    a = a.sum(axis=1) if a.ndim == 2 else a  # noqa: PLR2004 - a vector for each word
    if a.shape != (len(words),):
        said = {"function": "tokens()", "wanted": f"({len(words)},)", "given": f"shape {a.shape}"}
        raise errors.ShapeError(errors.FIGURE_SHAPE.format(**said, instead="attributions with a row for each word"))
    return MarkedText([str(word) for word in words], a)


def _shade(size: float) -> str:
    """Return the colour of the ground of a word."""
    colour = _FOR if size > 0 else _AGAINST
    depth = _DEEPEST * min(abs(size), 1.0) if np.isfinite(size) else 0.0
    return "#" + "".join(f"{round(255 + depth * (c - 255)):02x}" for c in colour)


def _wide(word: str) -> float:
    """Return how wide a word is: letters of Chinese and its kin take the place of two."""
    return _LETTER * sum(1 + (east_asian_width(letter) in "WF") for letter in word)


def _ink(size: float) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(_FOR if size > 0 else _AGAINST))


def _boxed(word: str, value: float, size: float, x: float, y: int, wide: float) -> str:
    box = f'<rect x="{x:g}" y="{y + 4}" width="{wide:g}" height="20" rx="2" fill="{_shade(size)}"/>'
    dots = ' stroke-dasharray="2 2"' if size < 0 else ""
    line = f'<path d="M{x:g} {y + 25}h{wide:g}" stroke="{_ink(size)}" stroke-width="2"{dots}/>'
    fitted = f'textLength="{_wide(word):g}" lengthAdjust="spacingAndGlyphs"'
    text = f'<text x="{x + _PAD:g}" y="{y + 19}" {fitted} fill="#111">{html.escape(word)}</text>'
    return f"<g><title>{value:+.3g}</title>{box}{line if abs(size) >= _WEAK else ''}{text}</g>"
