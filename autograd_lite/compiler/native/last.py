"""When the arrays of a program of kernels are given back: where its text names them, or a view of them, last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from autograd_lite.compiler.native.kept import SMALLEST
from autograd_lite.compiler.native.loops import Kernel
from autograd_lite.compiler.native.segments import Part, views_for
from autograd_lite.compiler.program.program import Instruction, Program


def given_back(program: Program, parts: Sequence[Part], views: Mapping[int, Instruction]) -> list[list[int]]:
    """Return for each part the large values, and views of such, that nothing reads after it.

    Views are as good as what they show: the memory is not free before the last of them is gone.
    """
    last = {i: k for k, part in enumerate(parts) for i in _named(part, views)}
    leaving = {i for x in program.escaping() for i in (_shown(views[x], views) if x in views else (x,))}
    for i in leaving.union(program.given()):
        last.pop(i, None)
    found: list[list[int]] = [[] for _ in parts]
    for i, k in last.items():
        kind = program.types[_root(i, views)]
        if kind.kind == "array" and kind.nbytes >= SMALLEST:
            found[k].append(i)
    return found


def _named(part: Part, views: Mapping[int, Instruction]) -> Iterator[int]:
    """Yield the values that the lines of a part name."""
    if isinstance(part, Kernel):
        yield from (buffer.id for buffer in (*part.inputs, *part.outputs))
    else:
        yield from _shown(part, views)


def _shown(x: Instruction, views: Mapping[int, Instruction]) -> Iterable[int]:
    """Return a value, what it reads, and what the views among that show."""
    return (x.id, *x.operands(), *[i for view in views_for(x, views) for i in (view.id, *view.operands())])


def _root(i: int, views: Mapping[int, Instruction]) -> int:
    while i in views:
        i = views[i].operands()[0]
    return i
