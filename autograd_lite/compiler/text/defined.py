"""A function made of a text, and its lines in tracebacks as long as there is the function."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import ref


class _Lines(list[str]):
    """The lines of a function, as `linecache` keeps them, which forgets them with the function.

    NOTE: all of that in C, where no interrupt comes.
    """

    __slots__ = ("_owner",)

    def __init__(self, text: str, function: Callable[..., Any], file: str) -> None:
        super().__init__(text.splitlines(keepends=True))
        self._owner = ref(function, partial(linecache.cache.pop, file))


def defined(name: str, text: str, file: str, space: dict[str, Any], shown: str = "") -> Callable[..., Any]:
    """Run a text in a space and return the function that it defines.

    Parameters
    ----------
    name : str
        Of the function.
    text : str
    file : str
        What the text is called in tracebacks: another name for every function.
    space : dict
        Its global variables. The function itself is none of them, so that it dies when nobody uses it any more, with
        all that it holds, and not when the garbage collector comes by.
    shown : str, optional
        The lines that tracebacks show, if these are not those of the text.
    """
    exec(compile(text, file, "exec"), space)
    function: Callable[..., Any] = space.pop(name)
    shown = shown or text
    linecache.cache[file] = (len(shown), None, _Lines(shown, function, file), file)
    return function
