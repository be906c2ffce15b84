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
from typing import Any, NoReturn, TypeAlias

import numpy as np

from autograd_lite import errors, refusals
from autograd_lite.covered import refusal
from autograd_lite.graph import new_order
from autograd_lite.methods import Methods
from autograd_lite.op import NO_SETTINGS, RECORDERS, REGISTRY, Op, Settings
from autograd_lite.protocols import call_function, call_ufunc
from autograd_lite.provenance import is_assignment
from autograd_lite.record import Handle, record
from autograd_lite.rules import constant, indexing, sparse
from autograd_lite.shapes import Array, Shape, everywhere


class Level:
    """One call of `vmap`: the number of its examples, and its place among all calls and nodes."""

    __slots__ = ("order", "size")

    def __init__(self, size: int) -> None:
        self.size, self.order = size, new_order()

    def __repr__(self) -> str:
        return f"<batch of {self.size}>"


class Batched(Methods):
    """All examples of a batch, as an array that looks like one of them.

    Parameters
    ----------
    array : array
        The examples along its first axis: an ndarray, another array that speaks NumPy's protocols, or the batch of an
        outer `vmap`.
    level : Level
        The batch they belong to.
    """

    __slots__ = ("__weakref__", "_array", "_level")  # a Tensor refers weakly to what it has handed out

    requires_grad = False
    name = _op = None  # for messages, which speak of it as of a Tensor

    def __init__(self, array: Array, level: Level) -> None:
        self._array, self._level = array, level

    # ----- what it is: one example -----

    @property
    def shape(self) -> Shape:
        shape: Shape = self._array.shape[1:]
        return shape

    @property
    def ndim(self) -> int:
        return int(self._array.ndim) - 1

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=int))

    @property
    def dtype(self) -> Any:
        return self._array.dtype

    def __len__(self) -> int:
        if not self.ndim:
            raise errors.BatchError(errors.BATCH_SCALAR)
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"<{self._level.size} examples of shape {self.shape}, dtype={self.dtype}>"

    # ----- what a Tensor has as well -----

    def detach(self) -> Batched:
        """Return itself: there is no derivative to drop."""
        return self

    def numpy(self) -> Batched:
        """Return itself: there is no array that would be that of one example."""
        return self

    def everywhere(self) -> bool:
        """Tell whether a condition holds at every element of every example."""
        return everywhere(self._array)

    def examples(self) -> Array:
        """Return the array of all examples, the batch first."""
        return self._array

    # ----- changes of value -----

    def __setitem__(self, key: Any, value: Any) -> None:
        self._become(indexing.setitem(self, value, key=indexing.freeze(key)), "assignment")

    def _in_place(self, op: Op, other: Any) -> Any:
        result = self._binary(op, other)
        return self._become(result, op.name) if isinstance(result, Batched) and result._level is self._level else result

    def _become(self, result: Any, what: str, instead: str = "x = x.copy()") -> Batched:
        """Take over the value of `result`. Views of an array do not see it."""
        if not isinstance(result, Batched) or result._level is not self._level:
            raise errors.BatchError(errors.BATCH_WRITE.format(op=what))
        refusals.in_place(self, result, f"in-place {what}", instead)
        self._array = result._array if result.dtype == self.dtype else result._array.astype(self.dtype)
        return self

    # ----- the protocols -----

    def _unary(self, op: Op, settings: Settings = NO_SETTINGS) -> Any:
        return carry_out(op, (self,), settings)

    def _binary(self, op: Op, other: Any) -> Any:
        return carry_out(op, (self, other), NO_SETTINGS)

    def _reflected(self, op: Op, other: Any) -> Any:
        return carry_out(op, (other, self), NO_SETTINGS)

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if sparse.is_left_by_sparse(sys._getframe(1)):
            return np.empty((), object)
        return _refuse("np.asarray()", "ag.Tensor(a)[x] for a[x], np.stack([x, y]) to join arrays, and else x itself")

    def __bool__(self) -> bool:
        return _refuse("a Python branch, `if` or `while`,", "np.where(condition, a, b) for both branches")

    def __float__(self) -> NoReturn:
        _refuse("float()", "np.sin(x) for math.sin(x), and x itself for float(x)")

    def __int__(self) -> NoReturn:
        _refuse("int()", "np.floor(x), or x.astype(int)")

    def __complex__(self) -> NoReturn:
        _refuse("complex()", "the real and imaginary parts as two arrays")

    def __index__(self) -> int:
        return _refuse("range() or an index made", "np.where(np.arange(n) < x, a, b), or ag.Tensor(a)[x]")

    def item(self) -> NoReturn:
        _refuse("item()", "x itself")

    def tolist(self) -> NoReturn:
        _refuse("tolist()", "x itself")

    __hash__ = object.__hash__


def _refuse(call: str, instead: str) -> NoReturn:
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

Rule: TypeAlias = Callable[[Op, Sequence[Any], Settings, Level], Array]
RULES: dict[Any, Rule] = {}
"""``rule(op, operands, settings, level)`` returns the array of all examples; operands that are no batch of `level` are
the same for all of them. Filled by `batching`."""
FORMS: dict[str, Rule] = {}
"""The rules of forms, for operations that have none of their own."""


def carry_out(op: Op, operands: Sequence[Any], settings: Settings) -> Any:
    """Carry out an operation of which an operand, or a part of an index, is a batch."""
    if any(isinstance(x, Handle) for x in operands):
        return record(op, operands, settings)
    if any(map(sparse.is_sparse, operands)):
        return sparse.carried_out(op, operands, settings)
    level = max((b._level for b in _batches((*operands, *settings.values()))), key=operator.attrgetter("order"))
    own = settings.get("level")
    if own is not None and level.order <= own.order:  # what goes into the batch `own` or comes out of it
        return op.fn(*operands, **settings)
    if op.rules:
        operands = [np.asarray(x) if isinstance(x, (list, tuple)) else x for x in operands]
    try:
        rule = RULES.get(op) or FORMS.get(op.form, each)
        return Batched(rule(op, operands, settings, level), level)
    except Exception as error:
        error.add_note(refusals.circumstances(op, operands))
        raise


RECORDERS[Batched] = carry_out


def _batches(values: Iterable[Any]) -> Iterator[Batched]:
    for x in values:
        if isinstance(x, Batched):
            yield x
        elif isinstance(x, (tuple, list)):
            yield from _batches(x)


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
    if len({np.shape(y) for y in results}) > 1:
        raise errors.BatchError(errors.BATCH_QUESTION.format(op=op.name, instead=_PLACES))
    stacked: Array = np.stack(results)
    return stacked[: level.size]


_RAGGED = frozenset((REGISTRY[np.argwhere], REGISTRY[np.flatnonzero]))


def example(x: Any, i: int, level: Level) -> Any:
    """Return what example number `i` of a batch has in the place of `x`."""
    if isinstance(x, Batched) and x._level is level:
        return x._array[i, ...] if level.size else np.ones(x.shape, x.dtype)
    return tuple([example(part, i, level) for part in x]) if isinstance(x, tuple) else x
