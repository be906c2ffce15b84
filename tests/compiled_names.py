"""More rows of `test_compile_reads`: attributes that are read by other means than their names, and where none was."""

from __future__ import annotations

import abc
import decimal
import enum
import functools
import importlib
import operator
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np
from compiled_state import Plain, Row, row

READ = getattr
FORMAT = "{0.scale}"


def changed(held: Any, name: str = "scale", value: Any = 3.0) -> Callable[[], None]:
    return lambda: setattr(held, name, value)


# ----- by a function that reads -----


@row
def getattr_by_another_name() -> Row:
    held = Plain()
    return lambda x: x * READ(held, "scale"), changed(held)


@row
def getattr_in_a_partial() -> Row:
    held = Plain()
    scale = functools.partial(getattr, held, "scale")
    return lambda x: x * scale(), changed(held)


@row
def vars_by_another_name() -> Row:
    held, read = Plain(), vars
    return lambda x: x * read(held)["scale"], changed(held)


@row
def a_method_that_reads_attributes() -> Row:
    held = Plain()
    read = held.__getattribute__
    return lambda x: x * read("scale"), changed(held)


@row
def the_getattribute_of_object() -> Row:
    held, read = Plain(), object.__getattribute__
    return lambda x: x * read(held, "scale"), changed(held)


@row
def a_class_of_getters_by_another_name() -> Row:
    held, made = Plain(), operator.attrgetter
    return lambda x: x * made("scale")(held), changed(held)


@row
def a_field_of_a_text() -> Row:
    held = Plain()
    return lambda x: x * float("{.scale}".format(held)), changed(held)  # noqa: UP032 - is read


@row
def a_field_of_a_text_of_the_module() -> Row:
    held = Plain()
    return lambda x: x * float(FORMAT.format(held)), changed(held)


@row
def a_field_of_a_text_with_names() -> Row:
    held = Plain()
    return lambda x: x * float("{a.scale:.1f}".format_map({"a": held})), changed(held)


@row
def a_method_of_a_text_that_reads() -> Row:
    held, written = Plain(), {"f": "{0.scale}".format}
    return lambda x: x * float(written["f"](held)), changed(held)


@row
def the_text_of_a_namespace() -> Row:
    held = types.SimpleNamespace(scale=2.0)
    return lambda x: x * (2.0 if repr(held) == "namespace(scale=2.0)" else 5.0), changed(held)


@row
def a_namespace_that_is_compared() -> Row:
    held, other = types.SimpleNamespace(scale=2.0), types.SimpleNamespace(scale=3.0)
    return lambda x: x * (5.0 if held == other else 2.0), changed(held)


@row
def a_module_imported_by_a_call() -> Row:
    module = types.ModuleType("compiled_imported")
    module.__dict__["scale"] = 2.0
    sys.modules["compiled_imported"] = module
    return lambda x: x * importlib.import_module("compiled_imported").scale, changed(module)


# ----- of objects that are values -----


def _of_a_value(value: Any) -> Row:
    value.scale = 2.0
    return lambda x: x * value.scale, changed(value)


class Whole(int):
    pass


class Number(float):
    pass


class Word(str):
    pass


class Several(tuple[float, ...]):
    pass


@row
def an_attribute_of_a_whole_number() -> Row:
    return _of_a_value(Whole(1))


@row
def an_attribute_of_a_number() -> Row:
    return _of_a_value(Number(1.0))


@row
def an_attribute_of_a_text() -> Row:
    return _of_a_value(Word("a"))


@row
def an_attribute_of_a_tuple() -> Row:
    return _of_a_value(Several((1.0,)))


@row
def an_attribute_of_a_number_in_a_list() -> Row:
    held = [Number(1.0), Number(2.0)]
    held[1].scale = 2.0  # type: ignore[attr-defined]
    return lambda x: x * held[1].scale, changed(held[1])  # type: ignore[attr-defined]


class Kind(enum.IntEnum):
    ONE = 1


@row
def an_attribute_of_a_member() -> Row:
    return _of_a_value(Kind.ONE)


@row
def the_arguments_of_an_exception() -> Row:
    held = ValueError(2.0)
    return lambda x: x * held.args[0], changed(held, "args", (3.0,))


@row
def what_a_thread_has_of_its_own() -> Row:
    held = threading.local()
    held.scale = 2.0
    return lambda x: x * held.scale, changed(held)


@row
def an_array_that_a_thread_has_of_its_own() -> Row:
    held = threading.local()
    held.scale = np.array([2.0, 3.0])
    return lambda x: x * held.scale, lambda: held.scale.__imul__(2.0)


@row
def the_digits_of_a_context() -> Row:
    held = decimal.Context(prec=9)
    return lambda x: x * float(held.divide(decimal.Decimal(1), decimal.Decimal(3))), changed(held, "prec", 2)


# ----- where nothing was -----


def _caught(held: Any) -> float:
    try:
        found: float = held.scale
    except AttributeError:
        return 1.0
    return found


def _with_class(read: Callable[[Any], float], change: Callable[[type], None]) -> Row:
    class Empty:
        pass

    held = Empty()
    return lambda x: x * read(held), lambda: change(Empty)


@row
def a_default_where_a_class_had_nothing() -> Row:
    return _with_class(lambda held: getattr(held, "scale", 1.0), lambda c: setattr(c, "scale", 3.0))


@row
def a_question_where_a_class_had_nothing() -> Row:
    return _with_class(lambda held: 2.0 if hasattr(held, "scale") else 1.0, lambda c: setattr(c, "scale", 3.0))


@row
def an_error_where_a_class_had_nothing() -> Row:
    return _with_class(_caught, lambda c: setattr(c, "scale", 3.0))


@row
def an_attribute_of_the_class_itself() -> Row:
    return _with_class(lambda held: getattr(type(held), "scale", 1.0), lambda c: setattr(c, "scale", 3.0))


@row
def a_truth_value_that_is_defined() -> Row:
    return _with_class(lambda held: 2.0 if held else 3.0, lambda c: setattr(c, "__bool__", lambda self: False))


@row
def attributes_that_are_made_up() -> Row:
    return _with_class(_caught, lambda c: setattr(c, "__getattr__", lambda self, name: 3.0))


@row
def a_function_without_attributes() -> Row:
    def held() -> None: ...

    return lambda x: x * getattr(held, "scale", 1.0), changed(held)


@row
def other_bases() -> Row:
    class First:
        scale = 2.0

    class Second:
        scale = 3.0

    class Held(First):
        pass

    held = Held()
    return lambda x: x * held.scale, changed(Held, "__bases__", (Second,))


@row
def a_cache_that_was_cleared_and_filled_again() -> Row:
    held = Plain()

    @functools.lru_cache(maxsize=None)  # noqa: UP033 - kept as it is, not in a list
    def scale(name: str) -> Any:
        return getattr(held, name)

    def change() -> None:
        held.scale = 3.0
        scale.cache_clear()
        scale("scale")

    return lambda x: x * scale("scale"), change


class Abstract(abc.ABC):  # noqa: B024 - is asked about
    pass


@row
def a_method_of_an_abstract_class() -> Row:
    class Held(Abstract):
        def scale(self) -> float:
            return 2.0

    held = Held()
    return lambda x: x * held.scale(), lambda: setattr(Held, "scale", lambda self: 3.0)
