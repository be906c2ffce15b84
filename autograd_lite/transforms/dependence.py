"""Whether what a function returned depends on its argument, and what is said where it does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.provenance import warn
from autograd_lite.engine.record import Handle
from autograd_lite.engine.switch import departed_since, is_grad_enabled
from autograd_lite.transforms.watched import WatchedCall, name_of, refuse_result


def depends(done: WatchedCall, transform: str) -> None:
    """Warn of a function none of whose results depends on a watched argument; refuse one that has lost that."""
    reached = False
    for place, y in enumerate(done.results):
        if isinstance(y, Handle):
            reached = reached or y._node in done.reached
        elif not _is_number(y):
            refuse_result(done, place)
    if reached or not done.inputs:
        return
    lost = departed_since(done.inputs[0].order)
    names = {"transform": transform, "function": name_of(done.function), "cause": _cause(done.results, lost)}
    if lost is not None or not done.results:
        raise errors.NoPathError(errors.NO_DEPENDENCE.format(**names))
    warn(errors.INDEPENDENT.format(place=_defined(done.function), **names), errors.IndependentWarning)
    if is_grad_enabled():  # whoever watches from outside shall find a 0 as well, and not another warning
        done.outside.update(edge[0] for node in done.inputs for edge in node.edges or ())


def _is_number(y: Any) -> bool:
    """Tell whether a result is one or many numbers."""
    return isinstance(y, (int, float, complex)) or getattr(getattr(y, "dtype", None), "kind", "") in tuple("fiubc")


def _defined(function: Any) -> str:
    """Return where a function of Python is written, for a message."""
    from pathlib import Path  # noqa: PLC0415 - slow to import, and for this alone

    while (inner := getattr(function, "__wrapped__", None)) is not None:  # not by `inspect`, which a recording refuses
        function = inner
    code = getattr(function, "__code__", None)
    return "" if code is None else f" ({Path(code.co_filename).name}:{code.co_firstlineno})"


def _cause(results: Sequence[Any], lost: str | None) -> str:
    """Return what a message says of results that do not depend on the argument."""
    if lost is not None:
        return f" by {lost}"
    first = next((y for y in results if isinstance(y, Handle)), None)
    if first is None:
        kinds = sorted({type(y).__name__ for y in results}) or ["nothing"]
        return f": it returned {' and '.join(kinds)}, not what NumPy's functions made of its argument"
    if first._op is not None and not first._op.rules:
        return f": {first._op.name}, which made it, has no derivative"
    return f": it is {refusals.describe(first)}"
