"""Interrupts at chosen places: a KeyboardInterrupt as Ctrl-C raises it, at the n-th place of a block, for every n."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any


class BeforeBytecode:
    """Raise KeyboardInterrupt before the n-th bytecode of what the block calls, and end the block there."""

    def __init__(self, n: int) -> None:
        self.left = n

    def __enter__(self) -> None:
        self.before = sys.gettrace()
        # NOTE: up to CPython 3.12.1 `settrace` asks once whether any frame wants its opcodes (python/cpython#103615);
        # frames that begin to want them later, as those below do, are not served until the next `settrace`.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self.trace)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        sys.settrace(self.before)
        return kind is KeyboardInterrupt

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code is BeforeBytecode.__exit__.__code__:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self.trace


class AtCall:
    """Raise KeyboardInterrupt where the n-th call of the block begins (of Python) or ends (of C), and end it there.

    But for backward jumps, these are the places where CPython handles signals. `spared` is the code of a function whose
    own beginning is none of them.
    """

    def __init__(self, n: int, spared: CodeType | None = None) -> None:
        self.left, self.spared = n, spared

    def __enter__(self) -> None:
        self.before = sys.getprofile()
        sys.setprofile(self.profile)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        sys.setprofile(self.before)
        return kind is KeyboardInterrupt

    def profile(self, frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if code is AtCall.__exit__.__code__ or (event == "call" and code is self.spared):
            return
        if event in ("call", "c_return"):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


def everywhere(interrupting: Callable[[int], Any]) -> Iterator[Any]:
    """Yield the block that is interrupted at its first place, at its second, ..., up to one that comes to its end."""
    for n in itertools.count(1):
        block = interrupting(n)
        yield block
        if block.left > 0:
            return
