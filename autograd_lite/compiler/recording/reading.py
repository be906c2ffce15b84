"""What a piece of code can read by name: variables of its module, attributes, modules that it imports.

The instructions of a code object say so, and whether it can also read by names that are made up while it runs.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from opcode import opmap
from types import CodeType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

_WIDER = opmap["EXTENDED_ARG"]
_GLOBALS = {opmap["LOAD_GLOBAL"]: 1, opmap["LOAD_NAME"]: 0, opmap["STORE_GLOBAL"]: 0, opmap["DELETE_GLOBAL"]: 0}
_ATTRIBUTES = {
    opmap[name]: shift
    for name, shift in {
        "LOAD_ATTR": 0 if sys.version_info < (3, 12) else 1,
        "LOAD_METHOD": 0, "LOAD_SUPER_ATTR": 2, "STORE_ATTR": 0, "DELETE_ATTR": 0, "IMPORT_FROM": 0,
    }.items()
    if name in opmap
}  # fmt: skip
"""By how many bits the number of the name is shifted in the argument of an instruction."""
_LOCALS = (opmap["LOAD_FAST"], opmap["LOAD_DEREF"])
_OF_CLOSURES = (opmap["LOAD_DEREF"], opmap["STORE_DEREF"])
_CONSTANT = opmap["LOAD_CONST"]
_IMPORT = opmap["IMPORT_NAME"]
_MATCH = opmap["MATCH_CLASS"]
_IS = opmap["IS_OP"]
_NAMING = frozenset((*_GLOBALS, *_ATTRIBUTES, _IMPORT))
_SAYING = frozenset((*_GLOBALS, *_ATTRIBUTES, *_OF_CLOSURES, _CONSTANT))
MADE_UP = frozenset(
    (
        "getattr", "hasattr", "vars", "dir", "__dict__", "__getattribute__", "attrgetter", "methodcaller", "eval",
        "exec", "globals", "locals", "__slots__", "__globals__", "deepcopy", "getmembers", "getattr_static",
    )
)  # fmt: skip
FORMATS = frozenset(("format", "format_map"))
_IMPORTING = frozenset(("import_module", "__import__"))
_FIELD = re.compile(r"{[^{}:!]*}?")
_IDENTITY = frozenset(("id", "is_", "is_not"))
_WHOLE_MODULE = frozenset(("globals", "locals", "eval", "exec", "__globals__"))
_OF_PYTHON = frozenset(("globals", "locals", "eval", "exec"))
"""Of these no attribute is meant, as of ``model.eval()``."""


class NamesRead(NamedTuple):
    """The names in a piece of code.

    Attributes
    ----------
    variables : frozenset of str
        Of the module and of Python.
    attributes : frozenset of str
    imports : frozenset of str
        Modules.
    made_up : bool
        Whether it may read attributes whose names stand nowhere.
    module : bool
        Whether the same holds for variables of the module.
    classes : frozenset of str
        Variables of which it asks, by `type`, what class they are.
    identity : bool
        Whether it may ask if two things are the same object.
    """

    variables: frozenset[str]
    attributes: frozenset[str]
    imports: frozenset[str]
    made_up: bool
    module: bool
    classes: frozenset[str]
    identity: bool


_known: WeakKeyDictionary[CodeType, NamesRead] = WeakKeyDictionary()


def names_in(code: CodeType) -> NamesRead:
    """Return the names in a code and in the functions that it defines."""
    found = _known.get(code)
    if found is None:
        found = _known[code] = _union([_own(code), *map(names_in, _inner(code))])
    return found


def whole(codes: Iterable[CodeType]) -> set[CodeType]:
    """Return codes with those of the functions that they define."""
    found = set(codes)
    for code in codes:
        found |= whole(list(_inner(code)))
    return found


def line_that_reads(name: str, codes: Iterable[CodeType]) -> str:
    """Return the first line that names a variable, an attribute or a key, as ``file.py:12``; nothing if none does."""
    for code in sorted(codes, key=lambda code: (code.co_filename, code.co_firstlineno)):
        for place, operation, argument in _instructions(code, _SAYING):
            if _named(code, operation, argument) == name:
                lines = (line for start, stop, line in code.co_lines() if start <= 2 * place < stop)
                return f"{os.path.basename(code.co_filename)}:{next(lines, None) or code.co_firstlineno}"  # noqa: PTH119
    return ""


def _named(code: CodeType, operation: int, argument: int) -> Any:
    """Return the name, or the constant, that an instruction is about; None for any other."""
    if operation in _GLOBALS:
        return code.co_names[argument >> _GLOBALS[operation]]
    if operation in _ATTRIBUTES:
        return code.co_names[argument >> _ATTRIBUTES[operation]]
    if operation in _OF_CLOSURES:
        return code._varname_from_oparg(argument)  # type: ignore[attr-defined]
    return code.co_consts[argument] if operation == _CONSTANT else None


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (c for c in code.co_consts if isinstance(c, CodeType))


def _union(parts: Iterable[NamesRead]) -> NamesRead:
    columns: Any = zip(*parts, strict=True)
    united: list[Any] = [any(c) if isinstance(c[0], bool) else frozenset().union(*c) for c in columns]
    return NamesRead(*united)


def _own(code: CodeType) -> NamesRead:
    names, found = code.co_names, {"variables": set[str](), "attributes": set[str](), "imports": set[str]()}
    for _, operation, argument in _instructions(code, _NAMING):
        if operation in _ATTRIBUTES:
            found["attributes"].add(names[argument >> _ATTRIBUTES[operation]])
        elif operation == _IMPORT:
            found["imports"].add(names[argument])
        else:
            found["variables"].add(names[argument >> _GLOBALS[operation]])
    said = found["variables"] | found["attributes"]
    meant = found["variables"] | (found["attributes"] - _OF_PYTHON)
    if not FORMATS.isdisjoint(said):
        found["attributes"] |= attributes_of_fields(_texts(code))
    if not _IMPORTING.isdisjoint(said):
        found["imports"] |= set(_texts(code))
    return NamesRead(
        made_up=_MATCH in code.co_code[::2] or not MADE_UP.isdisjoint(meant),
        module=not _WHOLE_MODULE.isdisjoint(meant),
        classes=frozenset(_asked(code) if "type" in said else ()),
        identity=not _IDENTITY.isdisjoint(said) or _compares_objects(code.co_code),
        **{kind: frozenset(words) for kind, words in found.items()},
    )


def _texts(code: CodeType) -> list[str]:
    return [x for x in code.co_consts if isinstance(x, str)]


def attributes_of_fields(texts: Iterable[str]) -> set[str]:
    """Return the names in what `str.format` is given, as in ``"{0.rate:.3f}"``."""
    fields = (field for text in texts for field in _FIELD.findall(text))
    return {word for field in fields for word in re.findall(r"\.(\w+)", field)}


def _compares_objects(text: bytes) -> bool:
    """Tell whether there is an ``is`` of something else than a constant."""
    return any(op == _IS and before != _CONSTANT for before, op in pairwise(text[::2]))


def _asked(code: CodeType) -> Iterator[str]:
    """Yield the variables of which a code asks, by `type`, what class they are."""
    before = ""
    for _, operation, argument in _instructions(code, range(1, 256)):  # 0 is room that an instruction keeps for itself
        if operation in _LOCALS and before == "type":
            yield code._varname_from_oparg(argument)  # type: ignore[attr-defined]
        before = code.co_names[argument >> _GLOBALS[operation]] if operation in _GLOBALS else ""


def _instructions(code: CodeType, wanted: Container[int]) -> Iterator[tuple[int, int, int]]:
    """Yield places, operations and arguments of some instructions. NOTE: most are none of these, and cost nothing."""
    text = code.co_code
    for place in [k for k, operation in enumerate(text[::2]) if operation in wanted]:
        argument, high = text[2 * place + 1], place
        while high and text[2 * high - 2] == _WIDER:
            high -= 1
            argument |= text[2 * high + 1] << 8 * (place - high)
        yield place, text[2 * place], argument
