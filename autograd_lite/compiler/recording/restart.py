"""What a run that is recorded begins again with."""

from __future__ import annotations

from typing import Any

VALUES = ("values",)
"""What is fixed where all values are to be those of the call, also of long loops."""


class Restart(BaseException):
    """Numbers whose value is needed: the run begins again with them as fixed ones. Not to be caught by the user."""

    def __init__(self, sources: frozenset[Any]) -> None:
        self.sources = sources
