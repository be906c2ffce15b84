"""Writing where several Tensors show the same numbers: what is written to one of them all of them show, as in NumPy.

A view keeps of what it is a view, and by which operation (`record.link`). Numbers that a node may have saved are never
written to, so a write to a view is made one to its base: what was written into a row is put into the matrix by a
recorded operation, and all views of the matrix are out of date. Such a view has another class, whose attributes take it
again when they are next looked at. So nobody reads an old number, and who never writes pays next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias
from weakref import ref

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike
from autograd_lite.base.unfinished import at_once
from autograd_lite.engine import refusals, watchpoints
from autograd_lite.engine.op import RECORDERS, Op, Settings
from autograd_lite.engine.record import Handle, forget_views, seen_through, shares
from autograd_lite.engine.switch import enable_grad, no_grad
from autograd_lite.rules import indexing

_DATA = Handle.__dict__["_data"].__get__
Link: TypeAlias = tuple[Any, Op, Settings]
"""What something is a view of, and by which operation with which settings it was taken."""


def write(t: Any, result: Any, what: str) -> None:
    """Give `t`, which is a view or has views, the value of `result`, and what it shows of others to those."""
    links = links_of(t)
    root = links[-1][0] if links else t
    _refuse_lost(root)
    refusals.recorded_leaf(root, what)
    for base, op, settings in links:
        _refuse_foreign(base)
        if base is root and op is indexing.getitem:
            root._assign(settings["key"], result)
            return
        result = op.view(base, result, **settings)  # type: ignore[misc]
    replace(root, result)


def replace(t: Any, result: Any) -> None:
    """Give what is no view another value, of which its views are taken again."""
    if t._views:
        outdate(t)
    t._take_over(result)


def base_of(t: Any) -> Any:
    """Return what something is a view of in the end; None where it is no view."""
    links = links_of(t)
    return links[-1][0] if links else None


def links_of(t: Any) -> list[Link]:
    """Return what `t` is a view of, what that is a view of, and so on."""
    links = []
    while (link := _link(t)) is not None:
        links.append(link)
        t = link[0]
    return links


def _link(t: Any) -> Link | None:
    """Return of what `t` is a view; None if it is none any more."""
    if t._viewed is None:
        return None
    base, op, settings, _, _ = t._viewed
    if base.__class__ is ref:
        base = base()
    return (base, op, settings) if base is not None and _shows(t, base) else None


def _shows(t: Any, base: Any) -> bool:
    """Tell whether a view still shows the numbers of its base, which may have been given others as a whole."""
    if not isinstance(t, Handle) or is_outdated(t) or is_outdated(base):
        return True
    shown, array = _DATA(t), _DATA(base)  # of what is outside of a trace, what the trace has not replaced
    return shares(shown, array) if type(shown) is type(array) else shares(t._data, base._data)


def _refuse_lost(t: Any) -> None:
    """Refuse to write to a view of what is gone, where other views of that are left."""
    if t._viewed is not None and t._viewed[0].__class__ is ref and t._viewed[0]() is None:
        others = [view for known in t._viewed[3] if (view := known()) is not None and view is not t]
        if others:
            raise errors.InPlaceError(errors.VIEW_OF_NOTHING.format(what=refusals.describe(t)))


def _refuse_foreign(base: Any) -> None:
    """Refuse to write through a view of an array of which nobody knows whether it shares its numbers."""
    array = base._data if isinstance(base, Handle) else base
    if not isinstance(array, np.ndarray) and type(array) not in RECORDERS:
        text = errors.VIEW_OF_FOREIGN.format(what=refusals.describe(base), given=type(array).__name__)
        raise errors.InPlaceError(text)


def is_place(value: Any, t: Any, key: Any) -> bool:
    """Tell whether `value` is the view ``t[key]``, so that it need not be written there: as in ``t[key] += 1``."""
    link = _link(value) if isinstance(value, ArrayLike) else None
    return link is not None and link[0] is t and link[1] is indexing.getitem and _same_key(link[2]["key"], key)


def _same_key(a: Any, b: Any) -> bool:
    """Tell whether two indices are the same; False also where they hold arrays, which show nothing."""
    if a.__class__ is tuple and b.__class__ is tuple:
        return len(a) == len(b) and all(map(_same_key, a, b))
    return a.__class__ in _PLAIN and a.__class__ is b.__class__ and bool(a == b)


_PLAIN = frozenset((int, slice, type(None), type(Ellipsis)))

# ----- what is out of date -----

class ViewKind(NamedTuple):
    """What a view of a class takes from what it is taken from, and what is called when it is out of date, and again."""

    shown: tuple[str, ...]
    let_go: Callable[[Any], None] | None = None
    inherits: Callable[[Any, Any], None] | None = None


KINDS: dict[type, ViewKind] = {}
"""The classes of what may be a view."""
_outdated: dict[type, type] = {}
_current: dict[type, type] = {}
_set_class = object.__dict__["__class__"].__set__  # also where somebody is told of another class


def outdate(t: Any) -> None:
    """Have all views of `t`, and the views of those, be taken again when they are next looked at."""
    for base, view in all_views(t):
        cls = type(view)
        if not is_outdated(view) and watchpoints.changeable(view):
            view._viewed = (base, *view._viewed[1:])  # it has to stay until then
            _set_class(view, _outdated.get(cls) or _make_outdated(cls))
            if (let_go := KINDS[cls].let_go) is not None:
                let_go(view)


def views_of(base: Any) -> Iterator[Any]:
    """Yield the views of `base` that are still there, and still show it."""
    if base._views:
        forget_views(base._views)
        for known in base._views:
            view = known()
            if view is not None and _shows(view, base):
                yield view


def all_views(t: Any) -> list[tuple[Any, Any]]:
    """Return the views of `t`, and the views of those, each after what it is a view of."""
    found = [(t, view) for view in views_of(t)]
    for _, base in found:
        found += [(base, view) for view in views_of(base)]
    return found


def is_outdated(t: Any) -> bool:
    """Tell whether a view is to be taken again."""
    return type(t) in _current


def _make_outdated(cls: Any) -> type:
    """Return the class of what was of class `cls` and is out of date."""
    attributes: dict[str, Any] = {name: property(_read(name), _set(name)) for name in KINDS[cls].shown}
    attributes |= {"__slots__": (), "__module__": cls.__module__, "__doc__": cls.__doc__}
    made = type(cls.__name__, (cls,), attributes)
    RECORDERS[made] = RECORDERS[cls]
    _current[made] = cls
    _outdated[cls] = made
    return made


def _read(name: str) -> Any:
    return lambda t: getattr(taken_again(t), name)


def _set(name: str) -> Any:
    return lambda t, value: setattr(taken_again(t), name, value)


def taken_again(t: Any) -> Any:
    """Bring a view up to date, and what it is a view of before, and return it."""
    stale = []
    view = t
    while is_outdated(view):
        stale.append(view)
        view = view._viewed[0]
    while stale:
        _take_again(stale.pop())
    return t


def _take_again(view: Any) -> None:
    """NOTE: a view gets all of its new values at once, so that an interrupt finds it as it was, or up to date."""
    base, op, settings, views, detached = view._viewed
    with no_grad() if detached else enable_grad():
        taken = op(base, **settings)
    known = (ref(base) if detached else base, op, settings, views, detached)
    cls = _current[type(view)]
    kind = KINDS[cls]
    if kind.inherits is not None:
        kind.inherits(view, taken)
    new = [("_viewed", known), *[(name, getattr(taken, name)) for name in kind.shown]]
    steps = [(_set_class, view, cls), *[(setattr, view, *pair) for pair in new]]
    at_once(steps)
    if isinstance(base, Handle):
        seen_through(view, base)
