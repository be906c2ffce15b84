"""Programs as files that run alone: in NumPy, or in C, with an example."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from autograd_lite.compiler.native import standalone, standalone_text
from autograd_lite.compiler.program.program import Input, Program, Type
from autograd_lite.compiler.recording.run import RecordedProgram
from autograd_lite.compiler.text.numpy_text import NumpyText
from autograd_lite.engine.watchpoints import value_at
from autograd_lite.tensor.commits import raw

_LARGEST_STATE = 10_000


class Saved(Protocol):
    """What is known of a program that is written down; `forward` has no more results than the function."""

    forward: Program
    recorded: RecordedProgram
    passes: tuple[str, ...]

    @property
    def program(self) -> Program: ...
    @property
    def text(self) -> NumpyText: ...


def saved(program: Saved, path: str | PathLike[str]) -> Path:
    """Write a program to a file, in the language that its ending says; return where."""
    target = Path(path)
    if target.suffix == ".c":
        layout = standalone.layout_of(program.forward, program.passes, lambda x: _now(program, x), target)
        target.with_suffix(".h").write_text(standalone_text.header(layout, target.stem), encoding="utf-8")
        target.write_text(standalone_text.source(layout, target.stem), encoding="utf-8")
    else:
        values = {program.text.names[x.id]: _shown(program, x) for x in program.program.inputs}
        target.write_text(program.text.text() + program.text.example(values), encoding="utf-8")
    return target


def _shown(program: Saved, x: Input) -> Any:
    """Return the value of an input in an example in Python; one of many numbers is zeros."""
    kind = program.program.types[x.id]
    if kind.kind == "Generator":
        return None
    value = _now(program, x)
    return _zeros(kind) if x.kind != "argument" and np.size(value) > _LARGEST_STATE else value


def _now(program: Saved, x: Input) -> Any:
    """Return what an input is now; an argument, and its gradient, what it was in the recorded call, or zeros."""
    if x.kind == "argument":
        return program.recorded.leaves[x.owner].value
    if x.kind == "number":
        return value_at(*x.owner)
    array = x.owner._data if x.kind == "tensor" else x.owner if x.kind == "array" else None
    if x.kind == "tensor grad" and x.owner._grad is not None:
        array = raw(x.owner._grad)
    return _zeros(program.forward.types[x.id]) if array is None else array


def _zeros(kind: Type) -> Any:
    return np.broadcast_to(np.zeros((), kind.dtype), kind.shape)
