"""What can be reached from a function: every place that its code can read, and what lies there.

A place is an item, an attribute, a variable; what lies there is compared by value where it is small and never changes,
by its state where that is told in plain values, and otherwise by identity, and its own places are found in turn. What
holds things nobody knows of, and what is used up by being read, is noted as unclear.
"""

from __future__ import annotations

import _thread
import contextvars
import functools
import gc
import operator
import sys
import types
import weakref
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import is_foreign
from autograd_lite.base.libraries import PYTHON, UNWATCHED, USER, WITHIN, of, of_module
from autograd_lite.compiler.recording import kinds
from autograd_lite.compiler.recording.kinds import SIMPLE, is_ours, is_standard
from autograd_lite.compiler.recording.places import MOST, UNSET, Location, Reach, content, in_cell, own_dict
from autograd_lite.compiler.recording.reading import FORMATS, MADE_UP, NamesRead, attributes_of_fields, names_in
from autograd_lite.compiler.recording.traced import Traced
from autograd_lite.engine.graph import hooks_of
from autograd_lite.engine.record import Handle


class Survey:
    """What can be reached from some roots, as far as a scope reads.

    Attributes
    ----------
    places : dict
        By their marks.
    objects : dict
        What was looked into, by identity; so that it stays alive, and its identity its own.
    parents : dict
        For each thing that is no plain value, by identity, the objects that it was reached from.
    names : dict
        How the program may call an object, by identity.
    codes : set of code
        Of the functions whose variables were looked at.
    unclear : list
        ``(place, why)`` of what cannot be compared.
    leaked : list of Place
        Where values of a trace lie, which have no business to be there.
    pinned : set
        Objects, by identity, that are also reached from where nothing can stand in for them.
    named : set of str
        The attributes that an object was made to get: an `operator.attrgetter`.
    names_any : bool
        Whether there is a function that reads attributes by names which it is given, such as `getattr` itself.
    whole : bool
        Whether all was found: not so if there is too much of it.
    """

    def __init__(self, roots: Sequence[Any], scope: Reach) -> None:
        self.scope = scope
        self.places: dict[Any, Location] = {}
        self.objects: dict[int, Any] = {}
        self.parents: dict[int, list[Any]] = {}
        self.names: dict[int, str] = {}
        self.codes: set[types.CodeType] = set()
        self.unclear: list[tuple[Location, str]] = []
        self.leaked: list[Location] = []
        self.pinned: set[int] = set()
        self.whole = True
        self._todo: deque[tuple[Any, str]] = deque()
        self._static = {id(x) for x in scope.static}
        self._ours: set[int] = set()  # containers that belong to objects of ours
        self.named: set[str] = set()
        self.names_any = False
        self._words: set[str] = set()
        self._made_up = False
        self._modules: dict[int, tuple[types.ModuleType, str]] = {}
        for x in roots:
            self._enter(x, "", None)
        self._imported(scope.imports)
        self._walk()
        while self.whole and self._modules_again():
            self._walk()

    def _walk(self) -> None:
        while self._todo and self.whole:
            x, name = self._todo.popleft()
            self._look(x, name)

    def _modules_again(self) -> bool:
        """Look at modules again for names of which nobody knew before; tell whether there were any."""
        before = len(self.places)
        for module, name in list(self._modules.values()):
            self._module(module, name)
        return len(self.places) > before

    # ----- places -----

    def _note(self, how: str, owner: Any, key: Any, found: Any, name: str) -> None:
        place = Location(how, owner, key, found, name)
        self.places[place.mark] = place
        self.whole = len(self.places) <= MOST

    def _found(self, how: str, owner: Any, key: Any, x: Any, name: str, parent: Any = None) -> None:
        """Note what lies in a place, and have it looked into."""
        place = Location(how, owner, key, x, name)
        new = place.mark not in self.places
        if new:
            self._note(*place)
        if kinds.is_simple(x):
            if isinstance(x, str) and "{" in x and any(map(self.scope.reads, FORMATS)):
                self.named |= attributes_of_fields([x])
            return
        if isinstance(x, Traced):
            self.leaked.append(place)
            return
        if new and id(x) not in self._static:
            self._judge(place)
        self._enter(x, name, owner if parent is None else parent)

    def _judge(self, place: Location) -> None:
        x = place.found
        if kinds.is_iterator(x):
            self.unclear.append((place, "iterator"))
        elif x is not UNSET and not kinds.is_known(x):
            self.unclear.append((place, "unknown"))

    def _enter(self, x: Any, name: str, parent: Any) -> None:
        if kinds.is_simple(x) or id(x) in self._static:
            return
        if parent is not None:
            self.parents.setdefault(id(x), []).append(parent)
        self.names.setdefault(id(x), name)
        if id(x) not in self.objects:
            self.objects[id(x)] = x
            self._todo.append((x, name))

    def _imported(self, names: Iterable[str]) -> None:
        """Look into modules that a code imports by itself, so that it is given no other ones."""
        for name in names:
            module = sys.modules.get(name)
            if module is not None:
                self.pinned.add(id(module))
                self._enter(module, name.rpartition(".")[2], None)

    # ----- what an object consists of -----

    def _look(self, x: Any, name: str) -> None:
        if is_foreign(x):
            raise errors.CompileError(errors.COMPILE_ARRAY.format(what=name or "a variable", given=type(x).__name__))
        for kind, look, whole in _LOOKS:
            if isinstance(x, kind):
                look(self, x, name)
                if whole:
                    return
        state = kinds.state_of(x)
        if isinstance(x, kinds.CACHED):
            self._note("cache", x, None, (x.cache_info(), tuple(kinds.kept_by(x).values())), name)
        elif state is not None and not isinstance(x, np.ndarray) and not kinds.is_random(x):
            self._note("state", x, None, state(x), name)
        self._instance(x, name)

    def _tensor(self, x: Any, name: str) -> None:
        node = x._node
        self._note("node", x, None, node, name)
        if self.scope.reads("name"):
            self._note("attribute", x, "_name", x._name, name)
        hooks = hooks_of(node)
        if node is not None:
            self._note("hooks", x, None, hooks, name)
        for hook in hooks:
            self.pinned.add(id(hook))
            self._enter(hook, f"{name}_hook", x)
        self._attributes(x, name)

    def _array(self, x: Any, name: str) -> None:
        if x.dtype.hasobject and not x.dtype.names:
            self._contents(x, tuple(x.flat), name)

    def _module(self, x: types.ModuleType, name: str) -> None:
        self._modules.setdefault(id(x), (x, name))
        owner = of_module(x.__name__)
        if owner in WITHIN:
            return
        space, standard = vars(x), owner == PYTHON
        if owner == USER:
            self._note("keys", space, None, len(space), name)
        if "__getattr__" in space:
            self._found("item", space, "__getattr__", space["__getattr__"], name, x)
        for word in self._words_for(x, owner):
            value = space[word]
            if not standard or isinstance(value, (*SIMPLE, list, dict)):
                self._found("item", space, word, value, _joined(name, word), x)

    def _words_for(self, x: types.ModuleType, owner: str) -> list[str]:
        """Return the names by which variables of a module may be read from outside."""
        any_word = self.scope.words is None and (self.scope.codes is not None or self._made_up)
        if any_word and owner == USER:
            return list(vars(x))
        return sorted((self._words if self.scope.words is None else self.scope.words) & vars(x).keys())

    def _function(self, x: types.FunctionType, name: str) -> None:
        self._wrapped(x, name)
        self._attributes(x, name)
        if not self.scope.ran(x.__code__):
            return
        for word, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            self.parents.setdefault(id(cell), []).append(x)
            self._cell(cell, word)
        self._defaults_of(x)
        if is_ours(x):
            return
        self._note("attribute", x, "__code__", x.__code__, name)
        self._note("attribute", x, "__defaults__", x.__defaults__, name)
        if x.__kwdefaults__:
            self._note("attribute", x, "__kwdefaults__", x.__kwdefaults__, name)
        if not is_standard(x) and self.scope.enters(x.__code__):
            names = names_in(x.__code__)
            self.codes.add(x.__code__)
            self._words |= names.attributes
            self._made_up = self._made_up or names.made_up
            self._variables(x, names)

    def _defaults_of(self, x: types.FunctionType) -> None:
        for i, value in enumerate(x.__defaults__ or ()):
            self._found("item", x.__defaults__, i, value, "", x)
        for word, value in (x.__kwdefaults__ or {}).items():
            self._found("item", x.__kwdefaults__, word, value, word, x)

    def _wrapped(self, x: Any, name: str) -> None:
        """NOTE: what a decorator has wrapped is called by it, by whichever way it reaches it."""
        inner = own_dict(x).get("__wrapped__")
        if inner is not None:
            self._enter(inner, name, x)

    def _variables(self, x: types.FunctionType, names: NamesRead) -> None:
        """Find the variables of a module that a function reads, and that it would read if they were there."""
        space = x.__globals__
        if names.module:
            self._note("keys", space, None, list(space), "")
        for word in list(space) if names.module else sorted(names.variables & space.keys()):
            self._found("item", space, word, space[word], word, x)
        absent = names.variables - space.keys()
        self._absent(space, absent)
        builtins: Any = space.get("__builtins__", {})
        builtins = builtins if isinstance(builtins, dict) else vars(builtins)
        for word in sorted(absent & builtins.keys()):
            self._note("item", builtins, word, builtins[word], word)
        if self.scope.codes is None:
            self._imported(names.imports)

    def _absent(self, owner: Any, names: Iterable[str]) -> None:
        place = Location("names", owner, None, frozenset(names), "")
        if place.mark in self.places:
            place = place._replace(found=place.found | self.places[place.mark].found)
        if place.found:
            self._note(*place)

    def _method(self, x: Any, name: str) -> None:
        self._enter(x.__self__, name, x)
        self._enter(x.__func__, name, x)

    def _builtin(self, x: Any, name: str) -> None:
        self.names_any = self.names_any or x.__name__ in MADE_UP
        owner = getattr(x, "__self__", None)
        if isinstance(owner, str):
            self.named |= attributes_of_fields([owner])
        if owner is not None and not isinstance(owner, (types.ModuleType, type)):
            self._enter(owner, name, x)

    def _ufunc(self, x: Any, name: str) -> None:
        """NOTE: one that was made of a function of Python holds it, and says so to the garbage collector alone."""
        for part in gc.get_referents(x):
            if isinstance(part, types.FunctionType):
                self._enter(part, name, x)

    def _partial(self, x: Any, name: str) -> None:
        for part in (x.func, x.args, x.keywords):
            self._enter(part, name, x)

    def _getter(self, x: Any, name: str) -> None:
        self.named |= {part for text in x.__reduce__()[1] if isinstance(text, str) for part in text.split(".")}

    def _cell(self, x: Any, name: str) -> None:
        self._found("cell", x, name, in_cell(x), name)

    def _variable(self, x: Any, name: str) -> None:
        self._found("value", x, None, x.get(UNSET), name)

    def _reference(self, x: Any, name: str) -> None:
        self._found("target", x, None, x(), name)

    def _descriptor(self, x: Any, name: str) -> None:
        for part in (getattr(x, "fget", None), getattr(x, "fset", None), getattr(x, "__func__", None)):
            if part is not None:
                self._enter(part, name, x)

    # ----- containers -----

    def _mapping(self, x: Any, name: str) -> None:
        if self._simple(x, list(x.values()), name):
            return
        self._note("keys", x, None, len(x) if id(x) in self._ours else list(x), name)
        for key, value in list(x.items()):
            self._enter(key, name, x)
            if (id(x), key if isinstance(key, str) else None) not in self.scope.skipped:
                self._found("item", x, key, value, f"{name}_{key}" if isinstance(key, (int, str)) else name)
                self._handed_down(x, value)

    def _handed_down(self, x: Any, value: Any) -> None:
        if id(x) in self._ours and isinstance(value, (dict, list)):
            self._ours.add(id(value))

    def _sequence(self, x: Any, name: str) -> None:
        if not isinstance(x, tuple):
            if self._simple(x, x, name):
                return
            self._note("keys", x, None, len(x), name)
        for i, value in enumerate(x):
            self._found("item", x, i, value, f"{name}_{i}")
            self._handed_down(x, value)

    def _set(self, x: Any, name: str) -> None:
        if not self._simple(x, x, name):
            self._contents(x, tuple(x), name)

    def _contents(self, x: Any, parts: tuple[Any, ...], name: str) -> None:
        """Note what a container holds that has no places."""
        self._note("content", x, None, parts, name)
        for part in parts:
            self._enter(part, name, x)

    def _exception(self, x: BaseException, name: str) -> None:
        self._found("attribute", x, "args", x.args, name)

    def _local(self, x: Any, name: str) -> None:
        """NOTE: what a thread has of its own nothing can stand in for."""
        self.pinned.add(id(x))

    def _slice(self, x: Any, name: str) -> None:
        for part in (x.start, x.stop, x.step):
            self._enter(part, name, x)

    def _simple(self, x: Any, values: Iterable[Any], name: str) -> bool:
        """Note a container of plain values as a whole, if it is one; not where one is looked after in another way."""
        if not all(map(kinds.is_simple, values)) or any(key[0] == id(x) for key in self.scope.skipped):
            return False
        self._note("all", x, None, content(x), name)
        return True

    # ----- objects and classes -----

    def _instance(self, x: Any, name: str) -> None:
        cls = type(x)
        says = getattr(cls, "_surveyed", None) if is_ours(cls) else None
        if says is not None:  # an object of ours that knows which of its attributes matter
            if getattr(cls, "_as_it_is", False):  # what it leads to is called as it is, at every call
                self.pinned.add(id(x))
            for word in says:
                self._enter(getattr(x, word), name, x)
            return
        self._attributes(x, name)
        for word in kinds.slots_of(cls):
            if self._wants(x, word):
                self._found("attribute", x, word, getattr(x, word, UNSET), _joined(name, word))
        self._wrapped(x, name)
        if not is_ours(cls) and not is_standard(cls):
            self._note("class", x, None, cls, name)
        self._class(cls, name, x)

    def _wants(self, x: Any, word: str) -> bool:
        if self.scope.reads(word) or is_dataclass(x) or isinstance(x, _TELLING) or of(type(x)) in UNWATCHED:
            return True
        return self.scope.modules and any(map(is_ours, type(x).__mro__))

    def _attributes(self, x: Any, name: str) -> None:
        if not type(x).__dictoffset__ and not isinstance(x, _thread._local):
            return
        space = own_dict(x)
        ours = is_ours(type(x))
        if space or self.scope.words is None or not isinstance(x, types.FunctionType):
            self._note("attributes", x, None, len(space) if ours else list(space), name)
        for word, value in list(space.items()):
            if word != "__wrapped__" and self._wants(x, word):
                if ours and isinstance(value, (dict, list)):
                    self._ours.add(id(value))
                self._found("attribute", x, word, value, _joined(name, word))

    def _type(self, x: type, name: str) -> None:
        self.names_any = self.names_any or (x.__name__ in MADE_UP and is_standard(x))
        self._class(x, name, None)
        if not is_ours(type(x)) and not is_standard(type(x)):
            self._class(type(x), name, None)

    def _class(self, cls: type, name: str, instance: Any) -> None:
        """Find what an object or a class reads in the dicts of classes; and names that those nearer to it lack."""
        own = own_dict(instance)
        nearer: list[type] = []
        for c in cls.__mro__:
            if is_ours(c):
                self._defaults(c, own, instance, name)
            elif not is_standard(c):
                self.pinned.add(id(c))
                self._note("entries", c, None, len(vars(c)), name)
                self._note("attribute", c, "__bases__", c.__bases__, name)
                used = [word for word, value in list(vars(c).items()) if self._entry(c, word, value, name)]
                for other in nearer:
                    self._absent(vars(other), [word for word in used if word not in vars(other)])
                nearer.append(c)

    def _entry(self, c: type, word: str, value: Any, name: str) -> bool:
        """Note an entry of the dict of a class, if it is read; tell whether it was."""
        if isinstance(value, types.FunctionType):
            read = self.scope.ran(value.__code__)
        elif isinstance(value, _HIDDEN) or word in _OF_EVERY_CLASS:
            return False
        else:
            read = self.scope.reads(word) or isinstance(value, _DESCRIPTORS)
        if read:
            self._found("entry", c, word, value, _joined(name, word))
        return read

    def _defaults(self, c: type, own: Mapping[str, Any], x: Any, name: str) -> None:
        """Find the plain values that an object has from a class of ours, as long as it has none of its own."""
        if x is None:
            return
        for word, value in vars(c).items():
            if word[:2] != "__" and isinstance(value, SIMPLE) and word not in own and self.scope.reads(word):
                self._found("attribute", x, word, getattr(x, word), _joined(name, word))


_TELLING = types.SimpleNamespace
"""Of which a text, or a comparison, tells all attributes."""
_BUILTINS = (
    types.BuiltinFunctionType, types.MethodWrapperType, types.WrapperDescriptorType, types.MethodDescriptorType,
)  # fmt: skip
_HIDDEN = (types.GetSetDescriptorType, types.MemberDescriptorType)
_DESCRIPTORS = (property, staticmethod, classmethod, functools.cached_property)
_OF_EVERY_CLASS = frozenset(
    (
        "__module__", "__doc__", "__qualname__", "__firstlineno__", "__static_attributes__", "__annotations__",
        "__weakref__", "__dict__", "__slots__", "__abstractmethods__", "_abc_impl", "__parameters__", "__orig_bases__",
        "__annotate__", "__annotations_cache__", "__annotate_func__", "__dataclass_params__", "__dataclass_fields__",
        "__match_args__", "__hash__", "__init_subclass__", "__class_getitem__", "__subclasshook__",
    )
)  # fmt: skip

_LOOKS: tuple[tuple[Any, Any, bool], ...] = (
    (Handle, Survey._tensor, True), (types.ModuleType, Survey._module, True), (type, Survey._type, True),
    (types.FunctionType, Survey._function, True), (np.ndarray, Survey._array, False),
    (types.MethodType, Survey._method, True),
    (_BUILTINS, Survey._builtin, True), (BaseException, Survey._exception, False),
    (_thread._local, Survey._local, False),
    ((operator.attrgetter, operator.methodcaller), Survey._getter, True),
    (np.ufunc, Survey._ufunc, True), (functools.partial, Survey._partial, False), (types.CellType, Survey._cell, True),
    (contextvars.ContextVar, Survey._variable, True), (weakref.ref, Survey._reference, False),
    ((dict, types.MappingProxyType), Survey._mapping, False), ((list, tuple, deque), Survey._sequence, False),
    ((set, frozenset), Survey._set, False), (slice, Survey._slice, True), ((*_DESCRIPTORS,), Survey._descriptor, True),
)  # fmt: skip
"""How objects of some classes are looked at, and whether that is all there is to them."""


def _joined(name: str, word: str) -> str:
    return word if not name or word == "_layers" else f"{name}_{word}"
