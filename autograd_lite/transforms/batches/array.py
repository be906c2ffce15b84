"""The array of `vmap`: many examples behind one, each operation carried out for all of them at once.

Inside of a function that `vmap` calls, an argument looks like one example: its shape, its length and its dtype are
those of one. What it holds is the array of all examples, with the axis of the batch first. It speaks NumPy's protocols
as an ndarray does, so a Tensor may hold one, and then records and differentiates as ever: batching and differentiation
know nothing of each other.

A batch may stand inside of another: that of the inner `vmap` holds that of the outer. To the inner one, what belongs
to an outer one only is a constant.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, final

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import leaves
from autograd_lite.base.conventions import complex_dtype
from autograd_lite.base.shapes import Array, Shape, everywhere
from autograd_lite.engine import refusals
from autograd_lite.engine.covered import refusal
from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.graph import new_order
from autograd_lite.engine.op import NO_SETTINGS, RECORDERS, Op, Settings
from autograd_lite.engine.priority import carrier_of
from autograd_lite.engine.provenance import is_assignment
from autograd_lite.engine.record import Handle, link, record, shares
from autograd_lite.engine.registry import handler_of
from autograd_lite.engine.unrecorded import ask
from autograd_lite.engine.warned import carried
from autograd_lite.rules import constant, shaping
from autograd_lite.tensor import views
from autograd_lite.tensor.operators import TensorMethods
from autograd_lite.tensor.protocols import call_function, call_ufunc
from autograd_lite.tensor.stand_in import StandIn
from autograd_lite.tree import sequence_like


class Level:
    """One call of `vmap`: the number of its examples, its place among all calls and nodes, and whether it has ended."""

    __slots__ = ("ended", "order", "size")

    def __init__(self, size: int) -> None:
        self.size, self.order, self.ended = size, new_order(), False

    def __repr__(self) -> str:
        return f"<batch of {self.size}>"


@final
class Batched(StandIn, TensorMethods):
    """All examples of a batch, as an array that looks like one of them.

    Parameters
    ----------
    array : array
        The examples along its first axis: an ndarray, another array that speaks NumPy's protocols, or the batch of an
        outer `vmap`.
    level : Level
        The batch they belong to.
    """

    __slots__ = ("_array", "_level")

    def __init__(self, array: Array, level: Level) -> None:
        self._array, self._level = array, level
        self._viewed = self._views = None

    # ----- what it is: one example -----

    @property
    def shape(self) -> Shape:
        shape: Shape = self._array.shape[1:]
        return shape

    @property
    def dtype(self) -> Any:
        return self._array.dtype

    def __len__(self) -> int:
        if not self.ndim:
            raise errors.BatchError(errors.BATCH_SCALAR)
        return int(self.shape[0])

    def __repr__(self) -> str:
        ended = ", of a vmap that has ended" if self._level.ended else ""
        return f"<{self._level.size} examples of shape {self.shape}, dtype={self.dtype}{ended}>"

    def _everywhere(self) -> bool:
        return everywhere(self._array)

    def _examples(self) -> Array:
        return self._array

    # ----- changes of value -----

    def _in_place(self, op: Op, other: Any) -> Any:
        result = self._binary(op, other)
        rebound = not self.ndim or not isinstance(result, Batched) or result._level is not self._level
        return result if rebound else self._become(result, op.name)  # numbers never change

    def _become(self, result: Any, what: str, instead: str = "x = x.copy()") -> Batched:
        """Take over the value of `result`, which views of it show as well."""
        if isinstance(result, (np.ndarray, np.generic)):
            result = Batched(np.broadcast_to(result, (self._level.size, *np.shape(result))), self._level)
        if not isinstance(result, Batched) or result._level is not self._level:
            raise errors.BatchError(errors.BATCH_WRITE.format(op=what))
        refusals.in_place(self, result, f"in-place {what}", instead)
        views.write(self, result if result.dtype == self.dtype else result.astype(self.dtype), what)
        return self

    def _take_over(self, result: Batched) -> None:
        self._array = result._array

    # ----- the protocols -----

    def _unary(self, op: Op, settings: Settings = NO_SETTINGS) -> Any:
        return carry_out(op, (self,), settings)

    def _binary(self, op: Op, other: Any) -> Any:
        return carry_out(op, (self, other), NO_SETTINGS)

    def _reflected(self, op: Op, other: Any) -> Any:
        return carry_out(op, (other, self), NO_SETTINGS)

    def _sample(self) -> Any:
        return example(self, 0, self._level)

    def _whole(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return _by_examples(fn, args, kwargs)

    def _ask(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        ask(fn, args, kwargs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        _plain_out(ufunc, kwargs)
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        _plain_out(func, kwargs)
        if func in _ABOUT_DTYPE:
            return func(*map(_standing_in, args), **kwargs)
        if func in _REFUSED:
            raise errors.BatchError(errors.BATCH_QUESTION.format(op=func.__name__, instead=_REFUSED[func]))
        return call_function(func, args, kwargs)

    def _refused(self, call: str, instead: str) -> NoReturn:
        if self._level.ended:
            raise errors.BatchError(errors.BATCH_LEFTOVER)
        if is_assignment(sys._getframe(2)):
            call, instead = "an assignment to a part of a plain array", "out = ag.Tensor(out) for that array before"
        raise refusal(errors.BatchError, errors.BATCH_VALUE.format(call=call, instead=instead))


_ABOUT_DTYPE = frozenset(
    (np.can_cast, np.common_type, np.iscomplexobj, np.isrealobj, np.min_scalar_type, np.result_type)
)
_ALL = "np.all(np.isclose(a, b)), an array of one truth value for each example"
_PLACES = "np.where(condition, a, 0), whose shape does not depend on the values"
_REFUSED: dict[Any, str] = {
    **dict.fromkeys(constant.QUESTIONS, "the result out of vmap, and ask there"),
    **dict.fromkeys((np.allclose, np.array_equal, np.array_equiv), _ALL),
    **dict.fromkeys((np.nonzero, np.flatnonzero, np.argwhere), _PLACES),
}


def _standing_in(x: Any) -> Any:
    """Return an array of the dtype of a batch, for what asks of nothing else."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape) if isinstance(x, Batched) else x


def _plain_out(fn: Any, kwargs: Mapping[str, Any]) -> None:
    """Refuse to write a batch into an array of one example."""
    out = kwargs.get("out")
    for target in out if isinstance(out, tuple) else (out,):
        if isinstance(target, np.ndarray):
            raise errors.BatchError(errors.BATCH_WRITE.format(op=fn.__name__))


# ----- carrying out -----

BatchRule: TypeAlias = Callable[[Op, Sequence[Any], Settings, Level], Array]
RULES: dict[Any, BatchRule] = {}
"""``rule(op, operands, settings, level)`` returns the array of all examples; operands that are no batch of `level` are
the same for all of them. Filled by `batching`."""
BY_FACT: dict[str, BatchRule] = {}
"""The rules for operations that have none of their own, by the fact in their declaration that says how."""


def rule_of(op: Op) -> BatchRule:
    """Return how an operation is carried out for all examples."""
    return RULES.get(op) or (BY_FACT["signature"] if op.cores is not None else BY_FACT["axes"] if op.axes else each)


def carry_out(op: Op, operands: Sequence[Any], settings: Settings) -> Any:
    """Carry out an operation of which an operand, or a part of an index, is a batch."""
    if any(isinstance(x, Handle) for x in operands):
        return record(op, operands, settings)
    if (carry := carrier_of(operands)) is not None:
        return carry(op, operands, settings)
    level = youngest((*operands, *settings.values()))
    own = settings.get("level")
    if own is not None and level.order <= own.order:  # what goes into the batch `own` or comes out of it
        return op.fn(*operands, **settings)
    if op.rules:
        operands = [np.asarray(x) if isinstance(x, op.sequences) else x for x in operands]
    try:
        result = _batches_of(rule_of(op)(op, operands, settings, level), level)
    except Exception as error:
        error.add_note(refusals.circumstances(op, operands))
        raise
    return result if op.view is None or len(operands) > 1 else _linked(result, operands[0], op, settings)


def _linked(result: Batched, x: Any, op: Op, settings: Settings) -> Batched:
    """Note that a batch is a view of another, where NumPy's result for one example is a view."""
    if isinstance(x, Batched) and x._level is result._level and result.ndim:
        by_layout = op in _BY_LAYOUT
        array = _layout(x) if by_layout else x._array
        if shares(op.fn(array, **settings) if by_layout else result._array, array):
            link(result, x, op, settings)
    return result


_BY_LAYOUT = frozenset((shaping.reshaped, shaping.raveled))


def _layout(x: Batched) -> Array:
    """Return an array that lies in memory as one example would, if it were alone: of that it depends what is a view."""
    if (link := x._viewed) is not None:
        made: Array = link[1].fn(_layout(link[0]), **link[2])
        return made
    array: Any = x._array
    return np.empty_like(array[0]) if isinstance(array, np.ndarray) and len(array) else np.empty(x.shape, x.dtype)


RECORDERS[Batched] = carry_out
views.KINDS[Batched] = views.ViewKind(("_array",))


def _batches(values: Iterable[Any]) -> Iterator[Batched]:
    return (x for x in leaves(values) if isinstance(x, Batched))


def youngest(values: Sequence[Any]) -> Level:
    """Return the batch, of those that values or parts of them belong to, that was entered last."""
    return max((b._level for b in _batches(values)), key=operator.attrgetter("order"))


def taken_apart(x: Any) -> tuple[Any, tuple[Level, ...]]:
    """Return the array behind a batch of batches, and the batches from the outermost to the innermost."""
    levels: list[Level] = []
    while isinstance(x, Batched):
        levels.append(x._level)
        x = x._array
    return x, tuple(levels)


def put_together(array: Any, levels: Sequence[Level]) -> Any:
    """Return the batch of batches that `taken_apart` has taken apart."""
    for level in reversed(levels):
        array = Batched(array, level)
    return array


def spread(x: Any, levels: Sequence[Level]) -> Any:
    """Return the array behind a batch of all of some batches, to some of which `x` may be a constant."""
    for level in levels:
        own = isinstance(x, Batched) and x._level is level
        x = x._array if own else np.broadcast_to(x, (level.size, *np.shape(x)))
    return x


def holds_any(x: Any) -> bool:
    """Tell whether `x`, or a part of it, differs between the examples of any batch."""
    return any(True for _ in _batches((x,)))


def holds(x: Any, level: Level) -> bool:
    """Tell whether `x`, or a part of it, differs between the examples of `level`."""
    return any(b._level is level for b in _batches((x,)))


def each(op: Op, operands: Sequence[Any], settings: Settings, level: Level) -> Array:
    """The rule of what has no other: one example after the other, and their results stacked.

    Right for every operation, as fast as the loop in Python that it is. Of no examples, the shape of the result is that
    of an example made of ones.
    """
    if op in _RAGGED:
        raise errors.BatchError(errors.BATCH_QUESTION.format(op=op.name, instead=_PLACES))
    results = []
    for i in range(max(level.size, 1)):
        arrays = [example(x, i, level) for x in operands]
        given = {name: example(value, i, level) for name, value in settings.items()}
        outer = holds_any((*arrays, *given.values()))  # also inside of an index, where no protocol would find it
        results.append(carry_out(op, arrays, given) if outer else op(*arrays, **given))
    return _joined(results, op.name, level)


def _by_examples(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Call a function of NumPy for one example after the other, and stack their results.

    NotImplemented where its definition gives the same for all at once: where it computes with numbers that it is one
    for, or moves elements only.
    """
    given = (*args, *kwargs.values())
    for x in leaves(given):
        if isinstance(x, Handle):  # always the outer of the two
            return x._whole(fn, args, kwargs)
    if kwargs.get("out") is not None:
        return NotImplemented
    handler = handler_of(fn)
    if isinstance(handler, Composite) and (fn in MOVING or _is_for(handler, given)):
        return NotImplemented
    level = youngest(given)
    results = []
    for i in range(max(level.size, 1)):
        named = {name: example(x, i, level) for name, x in kwargs.items()}
        results.append(carried(fn, [example(x, i, level) for x in args], named))
    return _stacked(results, fn.__name__, level)


def _is_for(definition: Composite, given: Iterable[Any]) -> bool:
    """Tell whether operands together are floating-point numbers, or complex ones, that a definition is one for."""
    given = list(leaves(given))
    if complex_dtype(given) is not None:
        return definition.complex
    return any(getattr(getattr(x, "dtype", None), "kind", None) == "f" for x in given)


def _stacked(results: Sequence[Any], name: str, level: Level) -> Any:
    """Return the results of all examples as one batch, or as several in a tuple or list where each has several."""
    return _batches_of(_joined(results, name, level), level)


def _joined(results: Sequence[Any], name: str, level: Level) -> Any:
    """Return the arrays of the results of all examples, several in a tuple or list where each has several."""
    y = results[0]
    if isinstance(y, (list, tuple)):
        if len({len(parts) for parts in results}) > 1:
            raise errors.BatchError(errors.BATCH_QUESTION.format(op=name, instead=_PLACES))
        return sequence_like(y, [_joined(same, name, level) for same in zip(*results, strict=True)])
    if len({np.shape(y) for y in results}) > 1:
        raise errors.BatchError(errors.BATCH_QUESTION.format(op=name, instead=_PLACES))
    return np.stack(results)[: level.size]


def _batches_of(y: Any, level: Level) -> Any:
    """Return the arrays of all examples as batches."""
    if isinstance(y, (list, tuple)):
        return sequence_like(y, [_batches_of(part, level) for part in y])
    return Batched(y, level)


MOVING: set[Any] = set()
"""Functions whose definitions move elements and compute nothing: the same for numbers of every kind."""


_RAGGED = frozenset((handler_of(np.argwhere), handler_of(np.flatnonzero)))


def example(x: Any, i: int, level: Level) -> Any:
    """Return what example number `i` of a batch has in the place of `x`."""
    if isinstance(x, Batched) and x._level is level:
        return x._array[i, ...] if level.size else np.ones(x.shape, x.dtype)
    if isinstance(x, (tuple, list)):
        return sequence_like(x, [example(part, i, level) for part in x])
    return x
