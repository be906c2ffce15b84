"""One step of a loop, while it is recorded: its calls are cut out of the run, and become the body of a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.program.loop import Loop
from autograd_lite.compiler.program.program import Input, Instruction, Program, Ref, Type, refs
from autograd_lite.compiler.recording.lines import refuse
from autograd_lite.compiler.recording.restart import VALUES, Restart
from autograd_lite.compiler.recording.traced import Number, Traced, plain

LONG = 20_000
"""So many calls of a loop are made while it is recorded; with more, a first call would take as long as plain NumPy."""


class Steps:
    """The steps of loops that are being recorded in a run.

    Attributes
    ----------
    hollow : bool
        Whether some values are not those of this call, but only of their kind: those of long loops.
    solid : bool
        Whether that may not be.
    ended : set
        The values of steps, which are not there outside of them.
    """

    def __init__(self, trace: Any) -> None:
        self._trace = trace
        self._regions: list[Region] = []
        self.hollow, self.solid = False, VALUES in trace._fixed
        self.ended: set[int] = set()

    def forget(self) -> None:
        """Let go of the trace, which holds this as well."""
        self._trace = None
        self._regions.clear()

    def begin(self) -> Region:
        """Return the calls of a step, which begins here."""
        self._regions.append(Region(self._trace))
        return self._regions[-1]

    def end(self, region: Region, own: set[int]) -> None:
        """Note that a step is over, and its values with it."""
        self._regions.remove(region)
        self.ended |= own

    def read(self, number: int, value: Any) -> None:
        """Take notice of a value that a call reads."""
        if self.ended and number in self.ended:
            refuse(errors.COMPILE_LOOP_LEFT)
        for region in self._regions:
            region.values[number] = value

    def with_values(self) -> None:
        """Have the run begin again, with all values, if some are not those of this call."""
        if self.hollow:
            raise Restart(frozenset((VALUES,)))


class Region:
    """The calls of a run from one place on.

    Attributes
    ----------
    values : dict
        What the values are, in this call, that were there before and are read by these calls.
    """

    def __init__(self, trace: Any) -> None:
        self._trace, self._start = trace, len(trace.instructions)
        self._own: set[int] = set()
        self.values: dict[int, Any] = {}
        self._generators = {key: g._value.bit_generator.state for key, (g, _) in trace._generators.items()}

    def standing_for(self, value: Any, like: Any = None, at: int | None = None) -> Traced:
        """Return what stands for a value that is another one in each step."""
        array = plain(value)
        array = array if at is None else array[at]
        if like is not None:
            array = np.asarray(array, like.dtype)
            array = array if like.kind == "array" else array[()]
        elif not isinstance(array, np.ndarray):
            array = np.asarray(array)[()]
        number = self._trace._new(array)
        self._own.add(number)
        return Traced(array, number, self._trace, given=True)

    def kind(self, value: Any) -> Type:
        """Return of which kind a value is."""
        return Type.of(plain(value))

    def is_whole(self) -> bool:
        """Tell whether the step may be repeated."""
        return not any(facts.of(x.fn).effect and x.fn is not helpers.verify for x in self._calls())

    def _calls(self) -> list[Instruction]:
        return self._trace.instructions[self._start :]  # type: ignore[no-any-return]

    def forget(self) -> None:
        """Leave the calls out, as if they had not been made."""
        self._cut()
        for key, (generator, first) in self._trace._generators.items():
            generator._value.bit_generator.state = self._generators.get(key, first)

    def _cut(self) -> list[Instruction]:
        trace, calls = self._trace, self._calls()
        del trace.instructions[self._start :]
        trace.steps.end(self, self._own | {x.id for x in calls})
        return calls

    def repeated(
        self,
        length: int,
        reverse: bool,
        carry: tuple[Sequence[Any], Sequence[Any]],
        xs: tuple[Sequence[Any], Sequence[Any]],
        outputs: Sequence[Any],
    ) -> list[Any]:
        """Leave the calls out, and write a loop over them; return what it gives."""
        trace = self._trace
        results = [trace._encoded(y if isinstance(y, Traced) else np.asarray(y), Loop) for y in outputs]
        calls = self._cut()
        stands: list[int] = [x.id for x in [*carry[0], *xs[0]]]
        own: set[int] = {*stands, *[x.id for x in calls]}
        free = dict.fromkeys(i for x in calls for i in x.operands() if i not in own)
        free |= dict.fromkeys(i for i in refs(results) if i not in own)
        inputs = [Input(i, "argument", k, trace.names.get(i, "")) for k, i in enumerate([*stands, *free])]
        every = [x.id for x in inputs] + [x.id for x in calls]
        body = Program(
            inputs=tuple(inputs),
            constants=(),
            instructions=tuple(calls),
            outputs=tuple(results),
            assignments=(),
            types={i: trace.types[i] for i in every},
            names={i: trace.names[i] for i in every if i in trace.names},
            operations={i: trace.operations[i] for i in every if i in trace.operations},
            title="step",
        )
        loop = Loop(body, length, reverse, len(carry[0]), len(xs[0]))
        begin = [_of_kind(x, stand.dtype) for x, stand in zip(carry[1], carry[0], strict=True)]
        operands = [trace._encoded(x, loop) for x in (*begin, *xs[1])]
        values = [plain(x) for x in (*begin, *xs[1])] + [self.values[i] for i in free]
        value = self._value(loop, values, [plain(y) for y in outputs])
        return list(trace._write(loop, (*operands, *map(Ref, free)), (), value, None))

    def _value(self, loop: Loop, values: Sequence[Any], left: Sequence[Any]) -> tuple[Any, ...]:
        """Return what a loop gives in this call; of a long one, only values of the same kind, by its first step."""
        trace = self._trace
        if loop.length * len(loop.body.instructions) <= LONG or trace.steps.solid:
            with np.errstate(all="ignore"):
                return loop(*values)
        trace.steps.hollow = True
        n = loop.carried
        return (*left[:n], *[np.repeat(np.asarray(y)[None], loop.length, 0) for y in left[n:]])


def _of_kind(x: Any, dtype: Any) -> Any:
    """Return what a carry begins with; a number of Python in the dtype that it has after a step."""
    if isinstance(x, Number):
        return x.astype(dtype)
    return np.asarray(x, dtype)[()] if type(x) in (int, float, complex) else x
