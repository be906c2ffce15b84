"""The array of a trace: it computes as an ndarray does, and writes down every call of NumPy that it is part of.

A Tensor may hold one as its data, so what is seen is what a Tensor's operations, the rules of the sweep and the
optimisers really consist of. Nothing is known here of derivatives.
"""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn, Protocol, final

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import METHODS, defines
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.compiler.program import facts, helpers
from autograd_lite.compiler.recording.generators import Generator
from autograd_lite.compiler.recording.lines import refuse, where
from autograd_lite.compiler.recording.numbers import NUMBERS, OPERATORS
from autograd_lite.compiler.recording.questions import Questions, by_user, hide_from_users
from autograd_lite.engine import refusals, watchpoints
from autograd_lite.engine.op import NO_SETTINGS, RECORDERS, Op, Settings
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import constant, convolution, elementwise, indexing, normal, pooling, shaping
from autograd_lite.tensor import views
from autograd_lite.tensor.stand_in import StandIn, carried_out_by_numpy

_ndarray = np.ndarray


class CallRecorder(Protocol):
    """What a traced value needs of the trace it belongs to.

    Attributes
    ----------
    held : set of int
        The numbers of NumPy that a Tensor holds, where plainly there are arrays of no dimension.
    """

    held: set[int]

    def call(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any] = ...) -> Any:
        """Carry out a call and write it down."""

    def operation(self, op: Op, operands: Sequence[Any], result: Any) -> None:
        """Note that a value is the result of one of our operations."""

    def fixed(self, sources: frozenset[Any]) -> NoReturn:
        """Begin again, with some numbers as fixed ones."""

    def shown(self, value: Any) -> Any:
        """Return what a value is in this call, for who prints it; refused elsewhere."""


class Traced(Questions, StandIn):
    """A value of a trace: what it is in this call, and its number in the program.

    Parameters
    ----------
    value : ndarray or NumPy number
        What it is in this call.
    id : int
        Its number among the values of the program.
    trace : Recorder
        Where calls are written down.
    """

    __slots__ = ("_given", "_sources", "_trace", "_value", "id")

    def __init__(self, value: Any, id: int, trace: CallRecorder, given: bool = False) -> None:  # noqa: A002 - what it is
        self._value, self.id, self._trace, self._given = value, id, trace, given
        self._viewed = self._views = None
        self._sources: frozenset[Any] = frozenset()

    # ----- what it is -----

    @property
    def shape(self) -> Shape:
        value = self._value
        return value.shape if value.__class__ is _ndarray else np.shape(value)

    @shape.setter
    def shape(self, shape: Any) -> None:
        self._refused("another .shape", "x = x.reshape(shape)")

    @property
    def dtype(self) -> Any:
        value = self._value
        return value.dtype if isinstance(value, (_ndarray, np.generic)) else np.dtype(type(value))

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        self._refused("another .dtype", "x = x.astype(dtype)")

    @property
    def is_number(self) -> bool:
        """Whether it stands for a number, of NumPy or of Python, and not for an array of no dimension."""
        return self._value.__class__ is not _ndarray and self.id not in self._trace.held

    def __len__(self) -> int:
        return len(self._value)

    def _everywhere(self) -> bool:
        return False

    # ----- changes of value -----

    def __setitem__(self, key: Any, value: Any) -> None:
        if _foreign(value):
            refuse(errors.COMPILE_WRITE, op="assignment", what="an array")
        super().__setitem__(key, value)

    def _in_place(self, op: Op, other: Any) -> Any:
        result = self._binary(op, other)
        rebound = self.is_number or not isinstance(result, Traced)  # numbers never change
        return result if rebound else self._become(result, op.name)

    def _become(self, result: Any, what: str, instead: str = "x = x.copy()") -> Traced:
        """Be another value from now on, as all that shows it; refused where somebody outside would have to see it."""
        refusals.in_place(self, result, f"in-place {what}", instead)
        root = self.base
        if self._given or (root is not None and root._given):
            refuse(errors.COMPILE_WRITE, op=what, what="an argument" if root is None else "a view of an argument")
        if self._value.__class__ is _ndarray and not self._value.flags.writeable:
            refuse(errors.COMPILE_WRITE, op=what, what="an array that NumPy gives for reading alone")
        views.write(self, result if result.dtype == self.dtype else result.astype(self.dtype), what)
        return self

    def _take_over(self, result: Any) -> None:
        self._value, self.id = result._value, result.id

    # ----- the protocols -----

    def _unary(self, op: Op, settings: Settings = NO_SETTINGS) -> Any:
        return carry_out(op, (self,), settings)

    def _binary(self, op: Op, other: Any) -> Any:
        return NotImplemented if _foreign(other) else self._trace.call(op.fn, (self, other))

    def _reflected(self, op: Op, other: Any) -> Any:
        return NotImplemented if _foreign(other) else self._trace.call(op.fn, (other, self))

    def __pow__(self, other: Any) -> Any:
        """NOTE: a truth value of NumPy is a whole number to a power, where an array of such is of 8 bits."""
        truth = self.is_number and self.dtype.kind == "b"
        return self._binary(handler_of(np.power), other) if truth else super().__pow__(other)

    # What an operation is computed by (``a.reshape(shape)``) cannot be that operation again.

    def reshape(self, *shape: Any, order: str | None = "C") -> Any:
        """Return the elements in another shape."""
        given = shape[0] if len(shape) == 1 else shape
        if order != "C":
            return _in_order(shaping.reshape, order, self, _sizes(given))
        return self._trace.call(np.reshape, (self, _sizes(given)))

    def ravel(self, order: str | None = "C") -> Any:
        """Return the elements in one row."""
        return _in_order(shaping.ravel, order, self) if order != "C" else self._trace.call(np.ravel, (self,))

    def flatten(self, order: str | None = "C") -> Any:
        """Return a copy of the elements in one row."""
        return self.ravel(order).copy()

    def transpose(self, *axes: Any) -> Any:
        """Return the array with its axes in another order."""
        given = axes[0] if len(axes) == 1 else axes or None
        return self._trace.call(np.transpose, (self,) if given is None else (self, _sizes(given)))

    def copy(self) -> Any:
        """Return a value of its own; a number of NumPy is one."""
        return self if self.is_number else self._trace.call(np.copy, (self,))

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Return the values in another dtype; without a copy itself, where it has that."""
        as_it_is = not copy and np.dtype(dtype) == self.dtype
        return self if as_it_is else self._trace.call(np.astype, (self, np.dtype(dtype)))

    def conj(self) -> Any:
        """Return the conjugates; of real values itself, as NumPy's method does and its function does not."""
        return self._trace.call(np.conjugate, (self,)) if self.dtype.kind == "c" else self

    conjugate = conj

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        for x in inputs:
            if _foreign(x):
                return NotImplemented
        if method == "__call__" and not kwargs:
            return self._trace.call(ufunc, inputs)
        out = kwargs.pop("out", None)
        if method == "at":
            _refuse_write(f"{ufunc.__name__}.at")
        if method == "__call__" and ufunc.nout == 1 and out is not None and kwargs.get("where", True) is not True:
            return self._put_where(ufunc, inputs, kwargs, out)
        fn = ufunc if method == "__call__" else getattr(ufunc, method)
        return _put(out, self._trace.call(fn, inputs, kwargs), ufunc.__name__)

    def _put_where(self, ufunc: np.ufunc, inputs: Sequence[Any], kwargs: dict[str, Any], out: Any) -> Any:
        """Put results where a mask holds; elsewhere they are computed in silence, and not used."""
        mask, target = kwargs.pop("where"), out[0] if isinstance(out, tuple) else out
        with np.errstate(all="ignore"):
            result = self._trace.call(ufunc, inputs, kwargs)
        return _put(out, self._trace.call(np.where, (mask, result, target)), ufunc.__name__)

    def __array_function__(self, func: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if any(t in RECORDERS and not issubclass(t, Traced) for t in types):
            return NotImplemented
        if facts.of(func).answers:
            return func(*map(plain, args), **{name: plain(value) for name, value in kwargs.items()})
        _refuse(func, args)
        if func in _OWN_WAY:
            return _OWN_WAY[func](*args, **kwargs)
        kwargs = dict(kwargs)
        out = kwargs.pop("out", None)
        return _put(out, self._trace.call(func, args, kwargs), func.__name__)


@final
class Number(Traced):
    """A number of Python that is another one at every call: a learning rate, an argument.

    As a number does, it leaves the dtype of an array as it is. Whoever needs its value (as an index, in a branch, by
    `float`) makes it a fixed one: the program is then for this value.
    """

    __slots__ = ()

    __trunc__ = __round__ = StandIn.__float__  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        if name[:1] != "_" and by_user() and not defines(type(self._value), name):
            raise AttributeError(name)
        if name == "__class__":
            return type(self._value) if by_user() else Number
        return super().__getattribute__(name)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """Return an array of no dimension."""
        return self._trace.call(np.array, (self, np.dtype(dtype)))

    def _become(self, result: Any, what: str, instead: str = "") -> Any:
        return result

    def _unary(self, op: Op, settings: Settings = NO_SETTINGS) -> Any:
        if op.fn is np.square:
            return self._trace.call(operator.mul, (self, self))
        return self._trace.call(OPERATORS[op.fn], (self,)) if op.fn in OPERATORS else super()._unary(op, settings)

    def _binary(self, op: Op, other: Any) -> Any:
        if _is_number(other) and op.fn in OPERATORS:
            return self._trace.call(OPERATORS[op.fn], (self, other))
        return NotImplemented if isinstance(other, _REPEATED) else super()._binary(op, other)

    def _reflected(self, op: Op, other: Any) -> Any:
        if _is_number(other) and op.fn in OPERATORS:
            return self._trace.call(OPERATORS[op.fn], (other, self))
        return NotImplemented if isinstance(other, _REPEATED) else super()._reflected(op, other)

    def __hash__(self) -> int:  # noqa: PLE0309 - as above
        self._trace.fixed(self._sources)


numbers.Number.register(Number)  # as `numpy.isscalar` asks


def _is_number(x: Any) -> bool:
    """Tell whether something is a number of Python, or stands for one."""
    return type(x) in NUMBERS or type(x) is Number


_REPEATED = (list, tuple, str, bytes)  # what a number times it repeats


def _sizes(given: Any) -> Any:
    """Return one whole number, or several as a tuple of Python's."""
    return tuple(map(operator.index, given)) if isinstance(given, (tuple, list)) else operator.index(given)


def _in_order(fn: Callable[..., Any], order: str | None, *args: Any) -> Any:
    try:
        return fn(*args, order)
    except errors.UnsupportedError as error:
        raise errors.CompileError(errors.COMPILE_ORDER.format(op=fn.__name__, order=order, where=where())) from error


def _nan_to_num(x: Any, copy: bool = True, **numbers: Any) -> Any:
    if not copy:
        _refuse_write("nan_to_num(copy=False)")
    return trace_of((x, *numbers.values())).call(np.nan_to_num, (x,), numbers)


_OWN_WAY: dict[Any, Callable[..., Any]] = {
    np.reshape: lambda a, shape, order="C", *, copy=None: a.reshape(shape, order=order),
    np.ravel: lambda a, order="C": a.ravel(order),
    np.nan_to_num: _nan_to_num,
}


# What a Tensor's method is carried out by may be that method of its array.
carried_out_by_numpy(Traced, METHODS.keys() - vars(Traced).keys())
hide_from_users(Traced)


# ----- carrying out -----

_WHOLE: dict[Op, Callable[..., Any]] = {}


def carry_out(op: Op, operands: Sequence[Any], settings: Settings) -> Any:
    """Carry out one of our operations on values of a trace: by what it consists of, or as a whole."""
    other = next((x for x in operands if _foreign(x)), None)
    if other is not None:
        return RECORDERS[type(other)](op, operands, settings)
    whole = _WHOLE.get(op)
    if op.opaque is not None:
        result = watchpoints.opaque(op.opaque, op.name, operands, settings)
    else:
        result = op.fn(*operands, **settings) if whole is None else whole(*operands, **settings)
    for part in result if isinstance(result, tuple) else (result,):
        if isinstance(part, Traced):
            part._trace.operation(op, operands, part)
    return result


RECORDERS[Traced] = RECORDERS[Number] = carry_out
views.KINDS[Traced] = views.ViewKind(("_value", "id", "_sources"))


def _getitem(a: Any, key: Any) -> Any:
    _refuse_mask(key)
    return trace_of((a, key)).call(operator.getitem, (a, key))


def _scatter(g: Any, key: Any, shape: Shape) -> Any:
    once = not traced_in(key) if indexing.is_basic(key) else _is_distinct(key, g.size)
    fn = helpers.placed if once else helpers.scatter
    return trace_of((g, key)).call(fn, (g, key, shape))


def _is_distinct(key: Any, size: int) -> bool:
    """Tell whether no place can occur twice, because a constant part of the index is another one for each element."""
    parts = [
        k for k in (key if isinstance(key, tuple) else (key,)) if isinstance(k, np.ndarray) and k.dtype.kind in "iu"
    ]
    return any(k.size == size and bool((k >= 0).all()) and _all_differ(k) for k in parts)


def _all_differ(values: Array) -> bool:
    """NOTE: not by `np.unique`, whose first call imports `numpy.ma` and takes 20 ms."""
    ordered = np.sort(values, axis=None)
    return bool((ordered[1:] != ordered[:-1]).all())


def _setitem(a: Any, value: Any, key: Any) -> Any:
    return trace_of((a, value, key)).call(helpers.assigned, (a, value, key))


def _from_parts(real: Any, imag: Any) -> Any:
    return trace_of((real, imag)).call(helpers.from_parts, (real, imag))


_WHOLE |= {indexing.getitem: _getitem, indexing.scatter: _scatter, indexing.setitem: _setitem}
_WHOLE |= {
    elementwise.real_part: lambda val: val._trace.call(np.real, (val,)),
    elementwise.imaginary_part: lambda val: val._trace.call(np.imag, (val,)),
    elementwise.from_parts: _from_parts,
}


def _as_it_is(op: Op) -> Callable[..., Any]:
    """Return what writes an operation down as one call of the function that computes it, see `common.as_one`."""
    fn: Any = op.fn

    def written(*operands: Any, **settings: Any) -> Any:
        return trace_of(operands).call(fn.__wrapped__, (*operands, *[settings[name] for name in op.defaults]))

    return written


_WHOLE |= {op: _as_it_is(op) for op in (*convolution.PRIMITIVES, *pooling.PRIMITIVES, *normal.PRIMITIVES)}


def traced_in(value: Any) -> list[Any]:
    """Return the traced values in an operand, whatever it is nested in."""
    if isinstance(value, (Traced, Generator)):
        return [value]
    if isinstance(value, (tuple, list)):
        return [found for part in value for found in traced_in(part)]
    return traced_in((value.start, value.stop, value.step)) if isinstance(value, slice) else []


def trace_of(values: Any) -> CallRecorder:
    """Return the trace of the first traced value in an operand."""
    return traced_in(values)[0]._trace  # type: ignore[no-any-return]


def plain(value: Any) -> Any:
    """Return an operand with what traced values are in this call."""
    if isinstance(value, (Traced, Generator)):
        return value._value
    if isinstance(value, (tuple, list)):
        return (list if isinstance(value, list) else tuple)([plain(part) for part in value])
    return value


def _foreign(x: Any) -> bool:
    """Tell whether an operand records by itself, and so comes first: a Tensor, a batch."""
    return type(x) in RECORDERS and not isinstance(x, Traced)


def _put(out: Any, result: Any, name: str) -> Any:
    """Put a result where ``out=`` asked for it."""
    target = out[0] if isinstance(out, tuple) else out
    if target is None:
        return result
    if not isinstance(target, Traced):
        _refuse_write(name)
    return target._become(result, name)


# ----- what a call gave -----


def sources_of(args: Sequence[Any]) -> frozenset[Any]:
    """Return what has to be fixed to fix a result; nothing if that cannot be done."""
    found = [x._sources for x in traced_in(tuple(args)) if isinstance(x, Traced)]
    return frozenset().union(*found) if all(found) else frozenset()


def wrap(value: Any, number: int, trace: Any, given: bool = False) -> Any:
    """Return the traced value for what a call gave."""
    kind = Number if value.__class__ in NUMBERS else Traced
    return kind(value, number, trace, given)


# ----- what is refused -----

def _refuse(func: Any, args: Sequence[Any]) -> None:
    """Refuse a call whose result is no array of a fixed shape."""
    known = facts.of(func)
    if known.ragged or known.selects or func in constant.QUESTIONS or func in (np.where, np.repeat):
        decisive = args[1:] if func is np.repeat else args[:1] if known.selects else args
        if len(args) == 1 or func is not np.where:
            _fix(decisive)
    ragged = known.ragged or (func is np.where and len(args) == 1)
    if ragged or (known.selects and traced_in(args[0])):
        refuse(errors.COMPILE_SHAPE, op=func.__name__)
    if func is np.repeat and len(args) > 1 and traced_in(args[1]):
        refuse(errors.COMPILE_SHAPE, op="repeat")
    if func in constant.QUESTIONS:
        refuse(errors.COMPILE_QUESTION, op=func.__name__)
    if known.overwrites:
        _fix(args)
        _refuse_write(func.__name__)


def _fix(values: Sequence[Any]) -> None:
    """Begin again with what decides a shape or an answer as fixed, where that can be: variables of the function."""
    found = traced_in(tuple(values))
    if found and all(x._sources for x in found):
        found[0]._trace.fixed(frozenset().union(*(x._sources for x in found)))


def _refuse_mask(key: Any) -> None:
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, Traced) and part.dtype.kind == "b":
            _fix((part,))
            refuse(errors.COMPILE_SHAPE, op="an index by a mask")
        if isinstance(part, Number):
            operator.index(part)


def _refuse_write(name: str) -> NoReturn:
    refuse(errors.COMPILE_WRITE, op=name, what="an array of NumPy")
