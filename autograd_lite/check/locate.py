"""Which operation is at fault: every one that a function has recorded is checked alone, at the inputs it had.

Where each is right on its own, the derivative was lost between two of them: then the first that computes with a value
that moves with the inputs, but is not tracked, is named.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.arraylike import is_batch
from autograd_lite.base.lazy import lazy
from autograd_lite.base.shapes import Array
from autograd_lite.check.context import CheckOptions, Found, Unknown
from autograd_lite.check.directions import sizes
from autograd_lite.check.examine import examine
from autograd_lite.check.report import Fault
from autograd_lite.check.subject import Subject, plain
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import Op
from autograd_lite.engine.op import Settings as OpSettings
from autograd_lite.engine.provenance import Place, caller
from autograd_lite.engine.record import Handle, apply
from autograd_lite.engine.several import Several
from autograd_lite.tensor.tensor import Tensor

_MOVED = 2.0**-10


class Step(NamedTuple):
    """One operation as it was carried out: its operands, whether each was tracked, and where the user called it."""

    op: Op
    operands: list[Any]
    tracked: list[bool]
    settings: OpSettings
    recorded: bool
    place: Place | None


class RecordedStep:
    """The operations of one call of a function: which is the first wrong one, and where a derivative is lost."""

    def __init__(self, subject: Subject, settings: CheckOptions, order: int) -> None:
        self.subject, self.settings, self.order = subject, settings, order

    known = True

    @lazy
    def steps(self) -> list[Step]:
        """The operations, in order."""
        steps, outside = _steps(self.subject, self.subject.start), caller()
        if self.order > 1:  # what a rule has called is in no line of the user's
            steps = [step._replace(place=None) if step.place == outside else step for step in steps]
        return steps

    @lazy
    def wrong(self) -> dict[str, Any]:
        """The first with a wrong derivative, as fields of a fault; empty if all are right."""
        return _first_wrong(self.steps, self.settings)

    @lazy
    def wrong_when_narrow(self) -> dict[str, Any]:
        """The same of what is carried out in the dtypes of the inputs."""
        return _first_wrong(_steps(self.subject, self.subject.narrow()), self.settings)

    @lazy
    def cut(self) -> dict[str, Any]:
        """The first for which a derivative is lost on the way to it; empty if none is."""
        return _first_cut(self.steps, self.subject)

    def settle(self, found: Found) -> Found:
        """Return what was found with the operations that the faults come from.

        What was unclear is a fault where an operation is wrong on its own, at the operands it had.
        """
        unclear = [f for f in found.remarks if f.verdict == "unclear"]
        faults = [replace(f, **(self.wrong or self.cut)) if _is_doubtful(f) else f for f in found.faults]
        faults = [replace(f, **_place_of(self.wrong_when_narrow)) if f.verdict == "narrow" else f for f in faults]
        if not unclear or not self.wrong:
            return replace(found, faults=faults)
        faults += [replace(f, verdict="wrong", **self.wrong) for f in unclear]
        return replace(found, faults=faults, remarks=[f for f in found.remarks if f not in unclear])


def _place_of(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return which operation it is, without what its differences look like."""
    return {name: value for name, value in named.items() if name != "hint"}


def _is_doubtful(fault: Fault) -> bool:
    return fault.verdict == "wrong" or (fault.verdict == "kink" and not fault.between)


def _steps(subject: Subject, arrays: Sequence[Array]) -> list[Step]:
    """Call the function once and return its operations, in order."""
    steps: list[Step] = []
    thread = threading.get_ident()
    last: list[Any] = [None]

    def note(op: Op, operands: Any, settings: OpSettings, result: Any) -> None:
        inside = is_batch(result._data)  # of vmap: what is checked alone is the step out of it
        if threading.get_ident() != thread or inside:
            return
        if op.joint and operands is last[0]:  # another result of the same call
            steps[-1] = steps[-1]._replace(recorded=steps[-1].recorded or result._node is not None)
        else:
            last[0] = operands
            tracked = [isinstance(x, Handle) and x._node is not None for x in operands]
            values = [plain(x) if isinstance(x, Handle) else x for x in operands]
            steps.append(Step(op, values, tracked, settings, result._node is not None, caller()))

    with observe(note):
        subject.derive(arrays)
    return steps


def _first_wrong(steps: Sequence[Step], settings: CheckOptions) -> dict[str, Any]:
    """Return the first operation with a wrong derivative, as fields of a fault; nothing if all are right."""
    for step in steps:
        if step.recorded and any(step.tracked):
            wrong = [f for f in _check_alone(step, settings) if f.verdict in {"wrong", "kink", "narrow"}]
            if wrong:
                return {**_named(step, wrong[0].position), "hint": wrong[0].hint or "Look at its rule"}
    return {}


def _check_alone(step: Step, settings: CheckOptions) -> list[Fault]:
    """Check the operation at the operands it had, by those that were tracked."""
    inputs: list[Any] = [None] * len(step.operands)
    for i, (x, tracked) in enumerate(zip(step.operands, step.tracked, strict=True)):
        if tracked:
            inputs[i] = Tensor(x, requires_grad=True, name=step.op.argument(i))

    def alone(*given: Any) -> Any:
        operands = [x if t is None else t for x, t in zip(step.operands, given, strict=True)]
        if isinstance(step.op, Several) and step.op.domain is not None:
            operands = list(map(step.op.domain, operands))
        return apply(step.op, operands, step.settings)

    return examine(Subject(alone, inputs), replace(settings, alone=True, executor=None), Unknown()).faults


def _first_cut(steps: Sequence[Step], subject: Subject) -> dict[str, Any]:
    """Return the first operation for which a derivative is lost on the way to it."""
    rng = np.random.default_rng(0)
    shifts = [_MOVED * rng.uniform(0.5, 1, a.size) * sizes(a) for a in subject.start]
    moved = _steps(subject, [a + shift.reshape(a.shape) for a, shift in zip(subject.start, shifts, strict=True)])
    if [step.op for step in steps] != [step.op for step in moved]:
        return {}
    for step, other in zip(steps, moved, strict=True):
        for i, (x, y) in enumerate(zip(step.operands, other.operands, strict=True)):
            lost = not step.tracked[i] or not step.recorded
            if lost and step.op.rule_of(i) is not None and _moves(x, y):
                hint = "It moves with the input, but is not tracked: look for detach(), .data, .item() or no_grad()"
                return {**_named(step, i), "verdict": "cut", "hint": hint}
    return {}


def _moves(x: Any, y: Any) -> bool:
    """Tell whether an operand is a number or an array of them that has a derivative, and has changed."""
    a, b = np.asarray(x), np.asarray(y)
    return a.dtype.kind in "fc" and (a.shape != b.shape or not np.array_equal(a, b, equal_nan=True))


def _named(step: Step, i: int) -> dict[str, Any]:
    where = {"file": step.place.file, "line": step.place.line} if step.place is not None else {}
    return {"operation": step.op.name, "argument": step.op.argument(i), **where}
