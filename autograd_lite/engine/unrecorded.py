"""Where nobody records: NumPy's own functions, called on the arrays of Tensors.

A definition in `rules` is one for real numbers that have a derivative. Of whole numbers, truth values and complex ones
NumPy makes other things (a mean of integers is a float, a norm takes absolute values), knows more arguments, and has
its own errors. So a function none of whose operands is recorded is called as a whole, and only its results are wrapped.
What a Tensor holds may be a batch or an array of a trace, which answer NumPy's protocols themselves; with other arrays
that do, the definition remains.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array, is_batch, leaves
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.signatures import is_in_python
from autograd_lite.engine import refusals
from autograd_lite.engine.observers import is_dissected, observers
from autograd_lite.engine.op import NO_SETTINGS, RECORDERS, Op
from autograd_lite.engine.record import NUMERIC, Handle, array_of, as_array, make_tensor, plain_operand
from autograd_lite.engine.registry import handler_of
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.engine.warned import NO_REGISTRY, again, is_warning
from autograd_lite.tree import sequence_like

__warningregistry__ = NO_REGISTRY  # of NumPy's functions, some of which warn of the line that calls them
_ndarray = np.ndarray
_SIMPLE = frozenset((int, float, bool, complex, str, slice, type(None), type(Ellipsis), np.dtype, type))
_NO_OPERANDS = frozenset(("out", "overwrite_input"))  # of which the second allows what no Tensor lets happen


def unrecorded(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return the results of NumPy's function `fn`, as Tensors; NotImplemented where an operand is recorded."""
    if is_dissected():
        return NotImplemented
    named = {name: x for name, x in kwargs.items() if name not in _NO_OPERANDS} if kwargs else kwargs
    given = (*args, *named.values()) if named else args
    strange: list[Any] = []
    lent = _lent(given, is_grad_enabled(), strange)
    if lent is None:
        return NotImplemented
    op = _operation(fn)
    if kwargs and kwargs.get("out") is not None:
        return _into(kwargs["out"], op, given, lent, named, strange)
    y = _called(op, given, lent, named, strange)
    if any(_is_view(part, lent) for part in leaves((y,))) and handler_of(fn) is not None:
        return NotImplemented  # the definition knows of what it is one
    return _wrapped(y, op, given, strange)


def _is_view(y: Any, lent: Sequence[Any]) -> bool:
    """Tell whether an array shows elements of an operand."""
    if y.__class__ is not _ndarray or y.base is None:
        return y.__class__ in RECORDERS and getattr(y, "base", None) is not None
    arrays = [x for x in leaves(lent) if x.__class__ is _ndarray]
    return any(x.dtype == y.dtype and np.may_share_memory(x, y) for x in arrays)


def _lent(values: Iterable[Any], recording: bool, strange: list[Any], inside: bool = False) -> list[Any] | None:
    """Return operands as arrays that nothing can be written to, for a function may be asked to work in place.

    None where one is recorded, or an array of another type. To `strange` is added what is neither a Tensor nor a simple
    setting, and what a Tensor holds if it is no array of NumPy. What stands inside of a list a function copies, and it
    is lent as it is.
    """
    given: list[Any] = []
    for x in values:
        if isinstance(x, Handle):
            array = x._data if x._exposed is None else array_of(x)
            if recording and x._node is not None:
                return None
            if array.__class__ is not _ndarray:
                if array.__class__ not in RECORDERS:
                    return None
                strange.append(array)
            given.append(array if inside else _readable(array))
        elif x.__class__ in _SIMPLE:
            given.append(x)
        elif isinstance(x, (list, tuple)):
            parts = _lent(x, recording, strange, inside=True)
            if parts is None:
                return None
            given.append(parts if isinstance(x, list) else tuple(parts))
        elif is_foreign(x):
            return None
        else:
            strange.append(x)
            given.append(_readable(plain_operand(x) if isinstance(x, _ndarray) else x))
    return given


def _readable(x: Any) -> Any:
    """Return an array as one that can be read only; what is none as it is."""
    if x.__class__ is _ndarray:
        x = x.view()
        x.setflags(write=False)
    return x


def _called(
    op: Op, given: Sequence[Any], lent: Sequence[Any], names: Collection[str], strange: Iterable[Any], **more: Any
) -> Any:
    """Call the function with arguments of which the last have names; an error says with which Tensors."""
    places = len(lent) - len(names)
    args, named = lent[:places], {**dict(zip(names, lent[places:], strict=True)), **more}
    try:
        answers = [x for x in strange if x.__class__ in RECORDERS] if strange else ()
        return _answered(op.fn, args, named, answers) if answers else op.fn(*args, **named)
    except Exception as error:
        if is_warning(error):
            return again(error, op.fn, args, named)
        error.add_note(refusals.circumstances(op, _tensors(given)))
        if "read-only" in str(error) and not more:
            raise errors.UnsupportedError(errors.IN_PLACE_FUNCTION.format(op=op.name)) from error
        raise


def _answered(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], arrays: Sequence[Any]) -> Any:
    """Have batches, or arrays of a trace, carry out a function: NumPy does not ask every argument whether it does."""
    for x in arrays if is_in_python(fn) else ():
        result = x.__array_function__(fn, [y.__class__ for y in arrays], args, kwargs)
        if result is not NotImplemented:
            return result
    return fn(*args, **kwargs)


def _tensors(values: Iterable[Any]) -> list[Any]:
    return [x for x in leaves(values) if isinstance(x, Handle)]


@lru_cache(maxsize=512)
def _operation(fn: Any) -> Op:
    """Return what a call as a whole is called in messages, and to observers."""
    owner = getattr(fn, "__self__", None)
    name = f"{owner.__name__}.{fn.__name__}" if isinstance(owner, np.ufunc) else fn.__name__
    return Op(name, fn, "composite", (), {}, (None,), variadic=True, function=fn)


def _wrapped(y: Any, op: Op, given: Sequence[Any], strange: Sequence[Any]) -> Any:
    """Return the results as Tensors: one, or several in a tuple or list; what is no number as it is."""
    if isinstance(y, (list, tuple)):
        parts = [_wrapped(part, op, given, strange) for part in y]
        return sequence_like(y, parts)
    array = as_array(y)
    if array.__class__ is _ndarray:
        if array.dtype.kind not in NUMERIC:
            return y
        if array.base is not None or any(array is x for x in strange):
            array = array.copy()
    elif array.__class__ not in RECORDERS:
        return y
    result = make_tensor(array, None, op)
    return _told(op, given, result) if observers else result


def _told(op: Op, given: Iterable[Any], result: Any) -> Any:
    """Tell the observers of a result, and return it."""
    for observer in observers:
        observer(op, _tensors(given), NO_SETTINGS, result)
    return result


# ----- results into arrays that are there -----


def _into(
    out: Any, op: Op, given: Sequence[Any], lent: Sequence[Any], named: Mapping[str, Any], strange: Sequence[Any]
) -> Any:
    """Have NumPy write into arrays as they are, and for Tensors into copies that take the place of what they hold."""
    targets = out if isinstance(out, tuple) else (out,)
    tensors = _tensors(targets)
    if not all(_is_replaced(t, named) for t in tensors) or any(map(is_batch, strange)):
        return NotImplemented
    if named.get("where", True) is not True and any(x.__class__ in RECORDERS for x in strange):
        return NotImplemented  # a trace writes down results, and not in which places
    for t in tensors:
        refusals.recorded_leaf(t, op.name)
    copies = {id(t): array_of(t).copy() for t in tensors}
    places = tuple([copies.get(id(t), t) for t in targets])
    y = _called(op, given, lent, named, strange, out=places if len(places) > 1 else places[0])
    for t in tensors:
        t._become(_told(op, given, make_tensor(copies[id(t)], None, op)), op.name)
    written = {id(copies[id(t)]): t for t in tensors}
    return tuple([written.get(id(x), x) for x in y]) if isinstance(y, tuple) else written.get(id(y), y)


def _is_replaced(t: Any, kwargs: Mapping[str, Any]) -> bool:
    """Tell whether nothing of what a Tensor is computed from remains in it, and it holds no batch."""
    remains = kwargs.get("where", True) is not True and t._node is not None and is_grad_enabled()
    kind = t._data.__class__
    return not remains and (kind is _ndarray or (kind in RECORDERS and not is_batch(t._data)))


# ----- where somebody does: what NumPy would refuse -----

_MOST = 4096
_FEW = 16  # numbers that may be axes, or where to cut
_BY_VALUE = frozenset((int, bool, str, type(None), type, np.dtype, np.int64, np.bool_))
_known: set[Any] = set()
"""The kinds of calls that NumPy has not refused."""


def ask(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """Have NumPy's function refuse arguments of a definition that it does not take, in its own words.

    It is called on the values, and its result thrown away: once for each kind of call, which is the function, the
    shapes and dtypes of arrays, and all other arguments. What it refuses by the values of arrays the definition has to
    refuse as well.
    """
    if is_dissected():
        return
    given = (*args, *kwargs.values()) if kwargs else args
    kind = (fn, *map(_kind, given), *kwargs)
    if kind in _known:
        return
    if not any(is_foreign(x._data if isinstance(x, Handle) else x) for x in leaves(given)):
        with np.errstate(all="ignore"):
            _called(_operation(fn), given, [_sample(x) for x in given], kwargs, ())
    if len(_known) >= _MOST:
        _known.clear()
    _known.add(kind)


def _kind(x: Any) -> Any:
    """Return what of an argument decides whether NumPy takes it: no value of a float, nor of many numbers."""
    if isinstance(x, Handle):
        return x._data.shape, x._data.dtype
    if x.__class__ in _BY_VALUE:
        return x.__class__, x
    if isinstance(x, (list, tuple)):
        return x.__class__, *(map(_kind, x) if len(x) <= _FEW or x[0].__class__ not in _SIMPLE else (len(x),))
    if isinstance(x, slice):
        return x.start, x.stop, x.step
    if isinstance(x, _ndarray) and x.dtype.kind in "biu" and x.size <= _FEW:
        return x.shape, x.dtype, x.tobytes()
    return (x.shape, x.dtype) if is_array(x) and x.shape else x.__class__


def _sample(x: Any) -> Any:
    """Return the array of an operand; in a batch that of one example, in a trace that of this call."""
    if isinstance(x, (list, tuple)):
        return (list if isinstance(x, list) else tuple)(map(_sample, x))
    array: Any = x._data if isinstance(x, Handle) else x
    return _sample(array._sample()) if type(array) in RECORDERS else _readable(array)
