"""Where nobody records: NumPy's own functions, called on the arrays of Tensors.

A definition in `rules` is one for real numbers that have a derivative. Of whole numbers, truth values and complex ones
NumPy makes other things (a mean of integers is a float, a norm takes absolute values), knows more arguments, and has
its own errors. So a function none of whose operands is recorded is called as a whole, and only its results are wrapped.
What a Tensor holds may be a batch or an array of a trace, which answer NumPy's protocols themselves; with other arrays
that do, the definition remains.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd_lite import errors, refusals
from autograd_lite.graph import is_dissected, is_grad_enabled, observers
from autograd_lite.op import NO_SETTINGS, RECORDERS, Op
from autograd_lite.record import NUMERIC, Handle, array_of, as_array, make_tensor, plain_operand
from autograd_lite.shapes import Array

_ndarray = np.ndarray
_SIMPLE = frozenset((int, float, bool, complex, str, slice, type(None), type(Ellipsis), np.dtype, type))
_NO_OPERANDS = frozenset(("out", "overwrite_input"))  # of which the second allows what no Tensor lets happen


def unrecorded(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return the results of NumPy's function `fn`, as Tensors; NotImplemented where an operand is recorded."""
    named = {name: x for name, x in kwargs.items() if name not in _NO_OPERANDS} if kwargs else kwargs
    given = (*args, *named.values()) if named else args
    if is_dissected():
        return NotImplemented
    if not _all_open(given, is_grad_enabled()):
        return ask(fn, args, named)
    if kwargs and kwargs.get("out") is not None:
        return _into(kwargs["out"], fn, args, named)
    return _wrapped(_called(fn, args, named), _operation(fn), given)


def _all_open(values: Iterable[Any], recording: bool) -> bool:
    """Tell whether no value is recorded, nor an array of another type, also inside of lists and tuples."""
    for x in values:
        if isinstance(x, Handle):
            if (recording and x._node is not None) or not _is_known(x._data.__class__):
                return False
        elif isinstance(x, (list, tuple)):
            if not _all_open(x, recording):
                return False
        elif x.__class__ not in _SIMPLE and _is_foreign(x):
            return False
    return True


def _is_known(kind: type) -> bool:
    """Tell whether arrays of a class are NumPy's, or answer for whole functions: batches, those of a trace."""
    return kind is _ndarray or kind in RECORDERS


def _is_foreign(x: Any) -> bool:
    return hasattr(x, "__array_function__") and not isinstance(x, _ndarray) and x.__class__ not in RECORDERS


def _called(
    fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any], more: Mapping[str, Any] = NO_SETTINGS, lend: Any = None
) -> Any:
    lend = lend or _lent
    try:
        return fn(*map(lend, args), **{name: lend(x) for name, x in kwargs.items()}, **more)
    except Exception as error:
        error.add_note(refusals.circumstances(_operation(fn), _tensors((*args, *kwargs.values()))))
        if isinstance(error, ValueError) and "read-only" in str(error):
            raise errors.UnsupportedError(errors.IN_PLACE_FUNCTION.format(op=fn.__name__)) from error
        raise


def _lent(x: Any, lend: Any = None) -> Any:
    """Return an operand as an array that nothing can be written to: a function may be asked to work in place."""
    if isinstance(x, Handle):
        x = array_of(x)
    if isinstance(x, (list, tuple)):
        return (list if isinstance(x, list) else tuple)(map(lend or _lent, x))
    return _readable(plain_operand(x)) if isinstance(x, _ndarray) else x


def _readable(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view


def leaves(values: Iterable[Any]) -> Iterator[Any]:
    """Yield what stands in values, and in lists and tuples of them."""
    for x in values:
        if isinstance(x, (list, tuple)):
            yield from leaves(x)
        else:
            yield x


def _tensors(values: Iterable[Any]) -> list[Any]:
    return [x for x in leaves(values) if isinstance(x, Handle)]


@lru_cache(maxsize=512)
def _operation(fn: Any) -> Op:
    """Return what a call as a whole is called in messages, and to observers."""
    return Op(fn.__name__, fn, "composite", (), {}, (None,), variadic=True, function=fn)


def _wrapped(y: Any, op: Op, given: Sequence[Any]) -> Any:
    """Return the results as Tensors: one, or several in a tuple or list; what is no number as it is."""
    if isinstance(y, (list, tuple)):
        parts = [_wrapped(part, op, given) for part in y]
        return type(y)(*parts) if hasattr(y, "_fields") else type(y)(parts)
    array = as_array(y)
    if array.__class__ is _ndarray and array.dtype.kind in NUMERIC:
        return _told(op, given, make_tensor(_own(array, given), None, op))
    return _told(op, given, make_tensor(array, None, op)) if array.__class__ in RECORDERS else y


def _own(array: Array, given: Sequence[Any]) -> Array:
    """Return a result as an array that no user can write to: none of his arrays, and no view of one.

    Of what a Tensor holds a view will do, for nobody writes to that.
    """
    strange = [x for x in leaves(given) if x.__class__ not in _SIMPLE and not isinstance(x, Handle)]
    shared = strange and (array.base is not None or any(array is x for x in strange))
    return array.copy() if shared else array


def _told(op: Op, given: Iterable[Any], result: Any) -> Any:
    """Tell the observers of a result, and return it."""
    for observer in observers:
        observer(op, _tensors(given), NO_SETTINGS, result)
    return result


# ----- results into arrays that are there -----


def _into(out: Any, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Have NumPy write into arrays as they are, and for Tensors into copies that take the place of what they hold."""
    op, targets = _operation(fn), out if isinstance(out, tuple) else (out,)
    tensors = _tensors(targets)
    if not all(_is_replaced(t, kwargs) for t in tensors):
        return NotImplemented
    for t in tensors:
        refusals.recorded_leaf(t, op.name)
    copies = {id(t): array_of(t).copy() for t in tensors}
    places = tuple([copies.get(id(t), t) for t in targets])
    y = _called(fn, args, kwargs, {"out": places if len(places) > 1 else places[0]})
    for t in tensors:
        t._become(_told(op, args, make_tensor(copies[id(t)], None, op)), op.name)
    written = {id(copies[id(t)]): t for t in tensors}
    return tuple([written.get(id(x), x) for x in y]) if isinstance(y, tuple) else written.get(id(y), y)


def _is_replaced(t: Any, kwargs: Mapping[str, Any]) -> bool:
    """Tell whether nothing of what a Tensor is computed from remains in it, and it holds no batch."""
    remains = kwargs.get("where", True) is not True and t._node is not None and is_grad_enabled()
    return not remains and _is_known(t._data.__class__) and not hasattr(t._data, "examples")


# ----- where somebody does: what NumPy would refuse -----

_MOST = 4096
_FEW = 16  # elements of a plain array that may be an axis, or where to cut
_known: set[Any] = set()
"""The kinds of calls that NumPy has not refused."""


def ask(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return NotImplemented, but first have NumPy's function refuse arguments of a definition that it does not take, in its own words.

    It is called on the values, and its result thrown away: once for each kind of call, which is the function, the
    shapes and dtypes of arrays, and all other arguments. What it refuses by the values of arrays the definition has to
    refuse as well.
    """
    kind = (fn, *map(_kind, args), *[(name, _kind(x)) for name, x in kwargs.items()])
    if kind in _known:
        return NotImplemented
    if not any(_is_foreign(x._data if isinstance(x, Handle) else x) for x in leaves((*args, *kwargs.values()))):
        with np.errstate(all="ignore"):
            _called(fn, args, kwargs, lend=_sample)
    if len(_known) >= _MOST:
        _known.clear()
    _known.add(kind)
    return NotImplemented


def _kind(x: Any) -> Any:
    """Return what of an argument decides whether NumPy takes it."""
    if isinstance(x, Handle):
        x = x._data
    elif isinstance(x, (list, tuple)):
        return x.__class__, *map(_kind, x)
    elif isinstance(x, slice):
        return x.start, x.stop, x.step
    elif isinstance(x, _ndarray) and x.size <= _FEW:
        return x.shape, x.dtype, x.tobytes()
    elif x.__class__.__hash__ is not None and not hasattr(x, "shape"):
        return x.__class__, x
    return x.shape, x.dtype


def _sample(x: Any) -> Any:
    """Return the array of an operand; in a batch that of one example, in a trace that of this call."""
    x = x._data if isinstance(x, Handle) else x
    return _sample(x._sample()) if x.__class__ in RECORDERS else _lent(x, _sample)
