"""How wide text is, so that boxes fit: the widths of Helvetica, which Arial and its other stand-ins share."""

from __future__ import annotations

import unicodedata

_WIDTHS = {
    222: "ijl",
    278: " !,./:;I[\\]ft",
    333: "()-`r{}",
    389: "*|",
    500: "Jckrsvxyz",
    556: "#$?_0123456789abdeghnopquL",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm%",
    944: "W@",
    584: "+<=>~×",
    1000: "…",
}
_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters} | dict.fromkeys("\"'^", 370)
_OTHER = 650  # of a letter that is not Latin
_FULL = 1000


def width_of(text: str, size: float) -> float:
    """Return how wide a line is, in letters of a size.

    Examples
    --------
    >>> width_of("affine", 13.0) < width_of("sigmoid", 13.0) < width_of("重み重み", 13.0)
    True
    """
    return sum(map(_letter, text)) * size / _FULL


def _letter(c: str) -> int:
    if c in _OF:
        return _OF[c]
    if unicodedata.combining(c):
        return 0
    return _FULL if unicodedata.east_asian_width(c) in "WF" else _OTHER
