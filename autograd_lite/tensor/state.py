"""One writer of state: what a call writes to Tensors and modules from outside stays, is put back, or is refused.

A layer may give a Tensor of its own a new value while it computes: a running mean, a counter, the state of an
optimiser. Plainly called, that stays. A function that is evaluated more than once for one result (a checkpoint, a
numeric derivative) must not do it more than once; and under `vmap`, where one evaluation is that of many examples, no
Tensor from outside can take what differs between them. So whoever evaluates a function like that opens a scope, and
whoever writes tells the scopes first. While there is none, that costs reading one variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array, is_batch
from autograd_lite.base.shapes import Array, same_bits
from autograd_lite.base.unfinished import at_once, begun, undone
from autograd_lite.engine import refusals
from autograd_lite.engine.graph import new_order
from autograd_lite.engine.provenance import caller
from autograd_lite.engine.record import Handle, new_epoch
from autograd_lite.tensor.views import outdate
from autograd_lite.tree import flatten, unflatten

T = TypeVar("T")
Fields = dict[str, Any]

_scopes: ContextVar[tuple[StateScope, ...]] = ContextVar("autograd_lite_state", default=())
scopes = _scopes.get
"""The scopes that this thread is in, the outermost first."""
_KINDS = {name: Handle.__dict__[name] for name in ("_data", "_node", "_op", "_grad", "_exposed")}
_UNSET: Any = object()
_IN_PLACE = (np.ndarray, list, dict, set, bytearray)


def writing(t: Handle, value: Any = None) -> None:
    """Tell the scopes that a Tensor is given another value, gradient or history, before it is; they may refuse."""
    for scope in scopes():
        scope.see(t, value)


def handing_out(t: Handle) -> None:
    """Tell the scopes that the array of a Tensor is handed out, into which may be written without a word."""
    for scope in scopes():
        scope.see_array(t)


def setting(module: Any, name: str, value: Any) -> None:
    """Tell the scopes that an attribute of a module is set, before it is."""
    for scope in scopes():
        scope.see_attribute(module, name, value)


def starting(t: Any) -> Any:
    """Return a Tensor that is made at its first use, but belongs to something outside: as if it had been there."""
    t._made = 0
    return t


def making(module: Any) -> None:
    """Tell the scopes of a module that is made inside of them."""
    for scope in scopes():
        scope.modules[id(module)] = module


class StateScope:
    """An evaluation of a function, and what it does not write to: Tensors and modules made within are its own."""

    def __init__(self) -> None:
        self.epoch, self.order = new_epoch(), new_order()
        self.modules: dict[int, Any] = {}  # made within, and kept, so that no other gets the same id

    def around(self, do: Callable[[], T]) -> T:
        """Return ``do()``, within this scope."""
        before = scopes()
        try:
            _scopes.set((*before, self))
            return do()
        finally:
            _scopes.set(before)

    def is_from_outside(self, t: Handle) -> bool:
        """Tell whether a Tensor was there before the scope began.

        NOTE: recorded results are not marked when they are made, but their nodes are in order.
        """
        made = getattr(t, "_made", None)
        if made is None:
            node = t._node
            made = t._made = self.epoch if node is not None and node.order > self.order else 0
        return bool(made < self.epoch)

    def see(self, t: Handle, value: Any) -> None:
        """Take notice of a Tensor that is about to change."""

    def see_array(self, t: Handle) -> None:
        """Take notice of an array that is handed out."""

    def see_attribute(self, module: Any, name: str, value: Any) -> None:
        """Take notice of an attribute that is about to be set."""


class Refusing(StateScope):
    """Nothing that differs between the examples of a batch goes into a Tensor or a module from outside."""

    def __init__(self, level: Any) -> None:
        super().__init__()
        self.level = level

    def _differs(self, value: Any) -> bool:
        if isinstance(value, Handle):
            return self._differs(value._data)
        if isinstance(value, (list, tuple)):
            return any(map(self._differs, value))
        return any(map(self._differs, value.values())) if isinstance(value, dict) else self._is_batch(value)

    def _is_batch(self, array: Any) -> bool:
        return is_batch(array) and array._level is self.level

    def see(self, t: Handle, value: Any) -> None:
        if self._differs(value) and self.is_from_outside(t):
            raise errors.BatchError(errors.BATCH_STATE.format(what=refusals.describe(t), place=_place()))

    def see_attribute(self, module: Any, name: str, value: Any) -> None:
        """NOTE: in the place of a Tensor that `functional_call` has lent to a module there may be another."""
        old = vars(module).get(name)
        lent = isinstance(old, Handle) and not self.is_from_outside(old)
        if id(module) not in self.modules and self._differs(value) and not lent:
            what = f"the attribute {name} of {type(module).__name__}"
            raise errors.BatchError(errors.BATCH_STATE.format(what=what, place=_place()))


class Unwritten(StateScope):
    """Nothing from outside is written to: what is evaluated is a step, of which nobody knows how often it is.

    Parameters
    ----------
    function : str
        What a message calls it.
    """

    def __init__(self, function: str) -> None:
        super().__init__()
        self.function = function

    def see(self, t: Handle, value: Any) -> None:
        if self.is_from_outside(t):
            self._refuse(refusals.describe(t))

    def see_attribute(self, module: Any, name: str, value: Any) -> None:
        old = vars(module).get(name)
        if id(module) not in self.modules and not (isinstance(old, Handle) and not self.is_from_outside(old)):
            self._refuse(f"the attribute {name} of {type(module).__name__}")

    def _refuse(self, what: str) -> None:
        raise errors.LoopError(errors.LOOP_WRITE.format(function=self.function, what=what))


class Noting(StateScope):
    """Everything is written, and it is noted what was there before."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[int, tuple[Handle, Fields]] = {}
        self.arrays: dict[int, tuple[Array, Array]] = {}
        self.attributes: dict[tuple[int, str], tuple[Any, str, Any]] = {}

    def see(self, t: Handle, value: Any) -> None:
        if id(t) not in self.before and self.is_from_outside(t):
            self.before[id(t)] = t, _fields(t)
            self.see_array(t)

    def see_array(self, t: Handle) -> None:
        """Note the numbers of an array that the user may write to as well."""
        if not self.is_from_outside(t):
            return
        array: Any = _field(_KINDS["_data"], t)
        shown = t._exposed
        if shown is None or shown() is not array:
            self.before.setdefault(id(t), (t, _fields(t)))
        elif id(array) not in self.arrays and array is not None and is_array(array):
            self.arrays[id(array)] = array, array.copy()

    def see_attribute(self, module: Any, name: str, value: Any) -> None:
        key = id(module), name
        if id(module) in self.modules or key in self.attributes:
            return
        old = vars(module).get(name, _UNSET)
        if old is value and isinstance(value, _IN_PLACE):
            raise errors.StateError(errors.STATE_IN_PLACE.format(name=name, module=type(module).__name__))
        self.attributes[key] = module, name, old

    def is_empty(self) -> bool:
        """Tell whether nothing from outside was written to."""
        return not (self.before or self.arrays or self.attributes)

    def put_back(self) -> None:
        """Have everything be as it was."""
        for array, copy in self.arrays.values():
            if not _same_bits(array, copy):
                array[...] = copy
        changed = [(t, old) for t, old in self.before.values() if not _stands(t, old)]
        for t, _ in changed:
            outdate(t)
        _store((t, name, value) for t, old in changed for name, value in old.items())
        for module, name, old in self.attributes.values():
            _set_attribute(module, name, old)

    def keeping(self, results: Any) -> Any:
        """Return a tree of results as they are now, where putting back will change them."""
        leaves, structure = flatten(results)
        if not any(id(y) in self.before for y in leaves):
            return results
        return unflatten(structure, [_twin(y) if id(y) in self.before else y for y in leaves])


def discarded(do: Callable[[Noting], T], start: Noting | None = None) -> T:
    """Return ``do(noted)``, and put back what it has written, also after an interrupt.

    Given what an earlier evaluation has noted as `start`, it finds what that one has found.
    """
    noted = Noting()

    def evaluate() -> T:
        begun(noted.put_back)
        if start is not None:
            _begin_as(start, noted)
        return noted.around(lambda: do(noted))

    return undone(evaluate)


def _begin_as(first: Noting, now: Noting) -> None:
    """Put back what one evaluation has written, and note what stood there."""
    for t, _ in first.before.values():
        now.before[id(t)] = t, _fields(t)
        now.see_array(t)
    for array, _ in first.arrays.values():
        now.arrays.setdefault(id(array), (array, array.copy()))
    for key, (module, name, _) in first.attributes.items():
        now.attributes[key] = module, name, vars(module).get(name, _UNSET)
    first.put_back()


def once(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return `f` without what it writes to Tensors and modules from outside: for the values alone."""
    return partial(_alone, f)


def _alone(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    return discarded(lambda noted: noted.keeping(f(*args, **kwargs)))


def unseen(do: Callable[[], T]) -> T:
    """Return ``do()``, of which no scope is told: what is done once, and is the same however often it were done."""
    before = scopes()
    try:
        _scopes.set(())
        return do()
    finally:
        _scopes.set(before)


def is_leftover(array: Any) -> bool:
    """Tell whether an array is the batch of a call of `vmap` that has ended."""
    level = array._level if is_batch(array) else None
    return level is not None and level.ended


def _place() -> str:
    place = caller(2)
    return "" if place is None else f" at {place.short}"


def _fields(t: Handle) -> Fields:
    return {name: _field(slot, t) for name, slot in _KINDS.items()}


def _field(slot: Any, t: Handle) -> Any:
    """Return what a Tensor really holds, also while a trace stands before it."""
    try:
        return slot.__get__(t)
    except AttributeError:
        return _UNSET


def _stands(t: Handle, old: Mapping[str, Any]) -> bool:
    """Tell whether a Tensor is as it was; an array that was only handed out meanwhile has the same numbers."""
    now = _fields(t)
    others = all(now[name] is old[name] for name in ("_node", "_op", "_grad"))
    return others and (now["_data"] is old["_data"] or _same_bits(now["_data"], old["_data"]))


def _store(values: Iterable[tuple[Handle, str, Any]]) -> None:
    """Set slots, and unset those that were not set, at once."""
    steps = [
        (slot.__delete__, t) if value is _UNSET else (slot.__set__, t, value)
        for t, slot, value in [(t, _KINDS[name], value) for t, name, value in values]
        if value is not _UNSET or _field(slot, t) is not _UNSET
    ]
    at_once(steps)


def _set_attribute(module: Any, name: str, old: Any) -> None:
    if old is _UNSET:
        vars(module).pop(name, None)
    else:
        vars(module)[name] = old


def _same_bits(a: Any, b: Any) -> bool:
    return same_bits(a, b) if type(a) is np.ndarray and type(b) is np.ndarray else a is b


def _twin(t: Handle) -> Any:
    twin: Any = Handle.__new__(type(t))
    twin._name, twin._viewed, twin._views, twin._made = t._name, None, None, 0
    _store((twin, name, value) for name, value in _fields(t).items())
    return twin
