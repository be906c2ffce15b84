"""What a model computes, as a Program; with sizes in the place of numbers where axes are left open.

A Program has the shapes of one call. So the model is recorded with each open axis at a length and at one more, in all
combinations: what differs is the polynomial in the lengths that goes through these numbers. More recordings, with other
lengths, have to agree; what does not is refused with its line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.passes import measured
from autograd_lite.compiler.passes.dead import dead_code
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.program.loop import Loop
from autograd_lite.compiler.program.program import Constant, Instruction, Program, Type
from autograd_lite.compiler.recording.run import RecordedProgram, record
from autograd_lite.compiler.reference import Held, put_back
from autograd_lite.engine.switch import no_grad
from autograd_lite.onnx.lengths import Recordings, recordings
from autograd_lite.onnx.sizes import Size, at, fitted
from autograd_lite.onnx.tables import Table

_PASSES = ("dead_code", "common_subexpressions")
_MOST = 4
"""So many lengths are open at most: their combinations are recorded."""
_NUMBERS = (int, float, np.integer, np.floating)
_CHECKS = (helpers.verify, helpers.verify_real)
"""What nothing is written for, whatever it is given."""
_SPECIAL = 2
"""Up to this length the calls may be others: one is broadcast, and two is the length of much else."""

Axes = Mapping[int, Mapping[int, str]]
"""For the inputs, by their place, the names of the lengths of their open axes."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """A model that was recorded.

    Attributes
    ----------
    program : Program
        Of which shapes, constants and numbers may depend on lengths.
    run : RecordedProgram
        Of the first call.
    special : list of dict of str to int
        The shortest lengths, where it makes other calls, which may be for the same numbers.
    """

    program: Program
    run: RecordedProgram
    special: Sequence[Mapping[str, int]] = ()


def recorded(function: Callable[..., Any], inputs: Sequence[Any], axes: Axes, tensors: Sequence[Any]) -> Recorded:
    """Return what a function computes; `tensors` are given back the values that they had.

    Parameters
    ----------
    function : callable
    inputs : list of array
        Examples.
    axes : dict
    tensors : list of Tensor
    """
    names = sorted({name for each in axes.values() for name in each.values()})
    if len(names) > _MOST:
        raise errors.ExportError(errors.ONNX_LENGTHS.format(most=_MOST, names=", ".join(names)))
    with _unchanged(tensors):
        if not names:
            run = _run(function, inputs)
            return Recorded(_improved(run.program), run)
        return _with_sizes(function, inputs, axes)


def _run(function: Callable[..., Any], inputs: Sequence[Any]) -> RecordedProgram:
    with no_grad():
        return record(function, inputs, {}, may_keep=True, pure=True)[0]


def _improved(program: Program) -> Program:
    return dead_code(measured(program, _PASSES)[-1][1])


@contextmanager
def _unchanged(tensors: Sequence[Any]) -> Iterator[None]:
    held = [Held(t) for t in tensors]
    try:
        yield
    finally:
        put_back(held)


# ----- several recordings -----


def _with_sizes(function: Any, inputs: Sequence[Any], axes: Axes) -> Recorded:
    def run(lengths: Mapping[str, int]) -> tuple[RecordedProgram, Program]:
        made = _run(function, resized(inputs, axes, lengths))
        return made, _improved(made.program)

    found = recordings(run, _lengths(inputs, axes))
    compared = _compared(found)
    special = [lengths for lengths in found.shorter if lengths not in compared.shorter]
    return Recorded(_Merging(compared).program(compared.programs), found.first, special)


def _compared(found: Recordings) -> Recordings:
    """Return the recordings without those of the shortest lengths that are others, where one is broadcast."""
    longer = len(found.programs) - len(found.shorter)
    kept = [
        (lengths, program)
        for lengths, program in zip(found.shorter, found.programs[longer:], strict=True)
        if all(n > _SPECIAL for name, n in lengths.items() if n != found.base[name])
        or _outline(program) == _outline(found.programs[0])
    ]
    programs = [*found.programs[:longer], *[program for _, program in kept]]
    return replace(found, programs=programs, shorter=[lengths for lengths, _ in kept])


def _lengths(inputs: Sequence[Any], axes: Axes) -> dict[str, int]:
    """Return the lengths of the examples."""
    found: dict[str, int] = {}
    for k, each in axes.items():
        for axis, name in each.items():
            n = inputs[k].shape[axis]
            if found.setdefault(name, n) != n:
                raise errors.ExportError(errors.ONNX_SAME.format(name=name, lengths=sorted({n, found[name]})))
    return found


def resized(inputs: Sequence[Any], axes: Axes, lengths: Mapping[str, int]) -> list[Any]:
    """Return examples with other lengths."""
    return [_resized(x, axes.get(k, {}), lengths) for k, x in enumerate(inputs)]


def _resized(x: Any, axes: Mapping[int, str], lengths: Mapping[str, int]) -> Any:
    """Return an example with other lengths, of the elements that it has."""
    for axis, name in axes.items():
        n = x.shape[axis]
        if not n:
            raise errors.ExportError(errors.ONNX_EMPTY)
        x = np.take(x, np.arange(lengths[name]) % n, axis=axis)
    return x


class _Merging:
    """One program of several, which differ in numbers.

    NOTE: the last of them may be of shorter lengths. Where a number has another expression for these, as where margins
    are cut off that are not there, the one for longer lengths is taken; but what is the same number at all longer ones,
    and another at these, is no number.
    """

    def __init__(self, found: Recordings) -> None:
        self.chosen, self.base, self.proofs = found.chosen, found.base, found.proofs
        self.lengths = found.lengths
        self.longer = len(found.chosen) + len(found.proofs)
        self._unknown = 0
        self._line = ""

    def program(self, programs: Sequence[Program]) -> Program:
        first = programs[0]
        counts = sorted([len(p.instructions) for p in programs])
        if counts[0] != counts[-1]:
            for each in zip(*[p.instructions for p in programs], strict=False):
                self._instruction(each)
            self._line = max(programs, key=lambda p: len(p.instructions)).instructions[counts[0]].line
            self._refuse("the calls")
        instructions = [self._instruction(each) for each in zip(*[p.instructions for p in programs], strict=True)]
        self._line = ""
        if len({len(p.constants) for p in programs}) > 1:
            self._refuse("the constants")
        constants = []
        for each in zip(*[p.constants for p in programs], strict=True):
            self._line = _line_of(first, each[0].id)
            constants.append(self._constant(each))
        self._line = ""
        known = set(first.types).intersection(*[p.types for p in programs])
        types = {i: self._type([p.types[i] for p in programs]) for i in first.types if i in known}
        outputs = self.value([p.outputs for p in programs])
        return first.having(instructions=tuple(instructions), constants=tuple(constants), types=types, outputs=outputs)

    def _instruction(self, each: Sequence[Instruction]) -> Instruction:
        first = each[0]
        self._line = line = next((x.line for x in each if x.line), "")
        if len({x.id for x in each}) > 1:
            self._refuse("the calls")
        fn = first.fn
        if all(isinstance(x.fn, Loop) for x in each):
            body, length = self.program([x.fn.body for x in each]), self.value([x.fn.length for x in each])
            fn = replace(fn, body=body, length=length)
            self._line = line
        elif any(x.fn != fn for x in each):  # methods of ufuncs are others each time, and equal
            self._refuse("the calls")
        if fn in _CHECKS:
            return first
        args = self.value([x.args for x in each])
        return replace(first, fn=fn, args=args, kwargs=self.value([x.kwargs for x in each]))

    def _constant(self, each: Sequence[Constant]) -> Constant:
        arrays = [np.asarray(c.array) for c in each]
        same = [np.array_equal(a, arrays[0], equal_nan=a.dtype.kind in "fc") for a in arrays]
        if all(same):
            return each[0]
        if all(same[: self.longer]):
            self._refuse("a constant")
        if len({(a.dtype, a.ndim) for a in arrays}) > 1:
            self._refuse("a constant")
        if not arrays[0].ndim:
            return replace(each[0], array=self._scalar(arrays))
        shape = tuple([self.value(list(sizes)) for sizes in zip(*[a.shape for a in arrays], strict=True)])
        found = Table.of(shape, arrays, self.lengths, self.longer, self._fitted)
        if found is None:
            raise errors.ExportError(errors.ONNX_TABLE.format(where=self._where(), names=", ".join(self.base)))
        return replace(each[0], array=found)

    def _scalar(self, arrays: Sequence[Any]) -> Any:
        size = self.value([a[()] for a in arrays])
        return Table.number(size, arrays[0].dtype)

    def _type(self, each: Sequence[Type]) -> Type:
        first = each[0]
        if len({(t.dtype, t.kind, len(t.shape)) for t in each}) > 1:
            self._refuse("the shapes")
        shape = [self._length(list(sizes)) for sizes in zip(*[t.shape for t in each], strict=True)]
        return replace(first, shape=tuple(shape))

    def _length(self, numbers: list[int]) -> Any:
        """Return a length of a value, which may be known to nobody: then only the call is refused that asks for it."""
        found = self._fitted(numbers)
        if found is None:
            self._unknown += 1
            return Size({(f"?{self._unknown}",): 1})
        return found

    def value(self, each: Sequence[Any]) -> Any:
        """Return what is the same in all, with sizes where numbers are not."""
        first = each[0]
        if len({type(x) for x in each}) > 1:
            self._refuse("the operands")
        if isinstance(first, (tuple, list)):
            if len({len(x) for x in each}) > 1:
                self._refuse("the operands")
            return type(first)([self.value(list(parts)) for parts in zip(*each, strict=True)])
        if isinstance(first, slice):
            return slice(*[self.value([getattr(x, name) for x in each]) for name in ("start", "stop", "step")])
        if all(_equal(x, first) for x in each):
            return first
        found = self._fitted(each)
        if found is None:
            self._refuse(f"the number {first!r}" if isinstance(first, _NUMBERS) else "the operands")
        return found

    def _fitted(self, each: Sequence[Any]) -> Any:
        if all(_equal(x, each[0]) for x in each):
            return each[0]
        kind = type(each[0])
        if not all(type(x) is kind and isinstance(x, _NUMBERS) and float(x).is_integer() for x in each):
            return None
        numbers = [int(x) for x in each[: self.longer]]
        size = fitted(dict(zip(self.chosen, numbers, strict=False)), self.base, kind)
        agrees = [at(size, lengths) == n for lengths, n in zip(self.proofs, numbers[len(self.chosen) :], strict=True)]
        return size if isinstance(size, Size) and all(agrees) else None

    def _refuse(self, what: str) -> Any:
        names = ", ".join(self.base)
        raise errors.ExportError(errors.ONNX_DEPENDS.format(what=what, where=self._where(), names=names))

    def _where(self) -> str:
        return f" (at {self._line})" if self._line else ""


def _line_of(program: Program, number: int) -> str:
    """Return the line of the first call that is given a value."""
    return next((x.line for x in program.instructions if number in x.operands()), "")


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float) and math.isnan(a):
        return math.isnan(b)
    same = type(a) is type(b) and (a is b or a == b)
    return bool(same) if not isinstance(same, np.ndarray) else bool(same.all())


def _outline(x: Any) -> Any:
    """Return what a program is without its numbers, to be compared."""
    if isinstance(x, Program):
        types = {i: (t.dtype, t.kind, len(t.shape)) for i, t in x.types.items()}
        return types, *map(_outline, (x.instructions, x.constants, x.outputs))
    if isinstance(x, Instruction):
        return x.id, *map(_outline, (x.fn, x.args, x.kwargs))
    if isinstance(x, Loop):
        return _outline(x.body), _outline(x.length)
    if isinstance(x, (Constant, np.ndarray)):
        array = np.asarray(x.array if isinstance(x, Constant) else x)
        return array.dtype, array.ndim
    if isinstance(x, slice):
        return slice, *map(_outline, (x.start, x.stop, x.step))
    if isinstance(x, (tuple, list)):
        return type(x), *map(_outline, x)
    return type(x) if isinstance(x, (int, float, np.number)) and not isinstance(x, bool) else x
