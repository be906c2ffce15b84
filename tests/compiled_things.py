"""More places where what a function reads can live: reached by calls of Python's own library, by classes, by arrays."""

from __future__ import annotations

import abc
import collections
import contextlib
import copy
import dataclasses
import enum
import fractions
import functools
import itertools
import pathlib
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from compiled_state import ROWS, Row, row

import autograd_lite as ag
from autograd_lite import nn

Space = types.SimpleNamespace
NUMBER = 2.0
BY_LAMBDA = lambda x: x * NUMBER  # noqa: E731 - a function of the module without a name


def through(make: Callable[[Any], Callable[[Any], Any]], value: Any, later: Any) -> Callable[[], Row]:
    """Return the row of a function that reads ``held.value``, which is another one later."""

    def made() -> Row:
        held = Space(value=value)
        return make(held), lambda: setattr(held, "value", later)

    return made


def within(make: Callable[[Any], Callable[[Any], Any]], thing: Callable[[], Any], change: Callable[[Any], Any]) -> Any:
    """Return the row of a function that reads a thing, which is changed in its place."""

    def made() -> Row:
        held = thing()
        return make(held), lambda: change(held)

    return made


def filled(value: float) -> Callable[[Any], Any]:
    return lambda a: a.fill(value)


ROWS |= {
    "reduce over a list": within(
        lambda h: lambda x: functools.reduce(lambda a, b: a * b, h, x), lambda: [2.0], lambda h: h.append(3.0)
    ),
    "map of a function": within(
        lambda h: lambda x: sum(map(lambda v: v * h["k"], [x, x])),  # noqa: C417
        lambda: {"k": 2.0}, lambda h: h.update(k=3.0),
    ),
    "a key to sort by": within(
        lambda h: lambda x: x * (1.0 if sorted("ab", key=lambda k: h[k])[0] == "a" else 5.0),
        lambda: {"a": 1, "b": 2}, lambda h: h.update(a=9),
    ),
    "a chain of lists": within(
        lambda h: lambda x: sum(x * a for a in itertools.chain(h, h)), lambda: [1.0, 2.0], lambda h: h.append(3.0)
    ),
    "a UserDict": within(
        lambda h: lambda x: x * h["a"], lambda: collections.UserDict(a=2.0), lambda h: h.update(a=3.0)
    ),
    "a Counter": within(lambda h: lambda x: x * h["a"], lambda: collections.Counter("aab"), lambda h: h.update("a")),
    "the class of a key": within(
        lambda h: lambda x: x * (2 if type(next(iter(h))) is int else 1),
        lambda: {1: 2.0}, lambda h: (h.clear(), h.update({True: 2.0})),
    ),
    "one item less": within(lambda h: lambda x: x * len(h), lambda: {"a": 1.0, "b": 2.0}, lambda h: h.pop("b")),
    "what is in a list": within(
        lambda h: lambda x: x * (2.0 if "b" in h else 1.0), lambda: ["a"], lambda h: h.append("b")
    ),
    "a list in a tuple in a list": within(
        lambda h: lambda x: x * h[0][1][0], lambda: [(1.0, [2.0])], lambda h: h[0][1].__setitem__(0, 4.0)
    ),
    "a frozen set of objects": within(
        lambda h: lambda x: x * sum(o.v for o in h),
        lambda: frozenset([type("A", (), {"v": 2.0})()]), lambda h: setattr(next(iter(h)), "v", 3.0),
    ),
    "an int that becomes a float": through(lambda h: lambda x: x.astype(int) * h.value, 1, 1.0),
    "a bool that becomes an int": through(lambda h: lambda x: x if h.value is True else x + 1.0, True, 1),
    "a fraction": through(lambda h: lambda x: x * float(h.value), fractions.Fraction(1, 2), fractions.Fraction(3, 2)),
    "a path": through(lambda h: lambda x: x * len(h.value.parts), pathlib.Path("a"), pathlib.Path("a/b")),
    "a dtype": through(lambda h: lambda x: x.astype(h.value), np.float32, np.float16),
    "the name of a function of NumPy": through(lambda h: lambda x: getattr(np, h.value)(x), "sin", "cos"),
    "a number of NumPy": through(lambda h: lambda x: x * h.value, np.float32(2.0), np.float32(3.0)),
    "nothing that becomes something": through(lambda h: lambda x: x if h.value is None else x * 2, None, 1),
    "the sign of an imaginary zero": through(
        lambda h: lambda x: np.copysign(x, h.value.imag), complex(0.0, -0.0), 0j
    ),
    "a deep copy": within(
        lambda h: lambda x: x * copy.deepcopy(h)[0], lambda: [2.0], lambda h: h.__setitem__(0, 3.0)
    ),
    "a polynomial": within(
        lambda h: lambda x: x * h.coeffs[0], lambda: np.poly1d([1.0, 2.0]), lambda h: h.coeffs.__setitem__(0, 5.0)
    ),
    "a function made for arrays": within(
        lambda h: functools.partial(lambda f, x: x * f(np.ones(2)), np.vectorize(lambda t: t * h[0])),
        lambda: [2.0], lambda h: h.__setitem__(0, 3.0),
    ),
    "a ufunc of a function": within(
        lambda h: functools.partial(lambda f, x: x * float(f(1.0)), np.frompyfunc(lambda t: t * h[0], 1, 1)),
        lambda: [2.0], lambda h: h.__setitem__(0, 3.0),
    ),
    "a function along an axis": within(
        lambda h: lambda x: x * np.apply_along_axis(lambda t: t.sum() * h[0], 0, np.ones(2)),
        lambda: [2.0], lambda h: h.__setitem__(0, 3.0),
    ),
    "an array as an index": within(lambda h: lambda x: x[h[0]], lambda: np.array([1]), filled(0)),
    "an array in a branch": within(lambda h: lambda x: x if h[0] > 0 else -x, lambda: np.ones(1), filled(-1.0)),
    "an array as a number": within(lambda h: lambda x: x * float(h[0]), lambda: np.ones(1), filled(3.0)),
    "an array in a loop": within(lambda h: lambda x: sum(float(v) for v in h) * x, lambda: np.ones(2), filled(3.0)),
    "an array of no dimension": within(lambda h: lambda x: (x * x) ** h, lambda: np.array(2.0), filled(3.0)),
    "a field of records": within(
        lambda h: lambda x: x + np.exp(h["a"]), lambda: np.zeros(2, [("a", "f8")]), lambda h: h["a"].fill(2.0)
    ),
    "a view that is read-only": within(
        lambda h: functools.partial(lambda v, x: x * np.exp(v), np.broadcast_to(h, (2,))),
        lambda: np.ones(()), filled(2.0),
    ),
    "a view in a list": within(
        lambda h: functools.partial(lambda views, x: x * np.exp(views[0]), [h[1:3]]), lambda: np.ones(4), filled(2.0)
    ),
    "the name of a Tensor": within(
        lambda h: lambda x: x * (2.0 if h.name == "a" else 3.0),
        lambda: ag.Tensor([1.0], name="a"), lambda h: setattr(h, "name", "b"),
    ),
    "whether there is a gradient": within(
        lambda h: lambda x: x if h.grad is None else x * 2,
        lambda: ag.Tensor([1.0], requires_grad=True), lambda h: (h * 1).sum().backward(),
    ),
    "a Tensor in a dict": within(
        lambda h: lambda x: x * h["w"], lambda: {"w": ag.Tensor([1.0, 2.0])},
        lambda h: h.update(w=ag.Tensor([3.0, 4.0])),
    ),
    "one more group of an optimiser": within(
        lambda h: lambda x: x * len(h.param_groups),
        lambda: ag.optim.SGD([ag.Tensor([1.0], requires_grad=True)]),
        lambda h: h.add_param_group({"params": [ag.Tensor([1.0], requires_grad=True)]}),
    ),
    "a switch of a layer": within(
        lambda h: lambda x: h(x),
        lambda: type("Drop", (nn.Module,), {"on": True, "forward": lambda self, x: 2.0 * x if self.on else x})(),
        lambda h: setattr(h, "on", False),
    ),
}  # fmt: skip


def _set_number(value: float) -> None:
    global NUMBER
    NUMBER = value


@row
def a_lambda_of_the_module() -> Row:
    _set_number(2.0)
    return lambda x: BY_LAMBDA(x), lambda: _set_number(3.0)


@row
def a_text_that_is_evaluated() -> Row:
    _set_number(2.0)
    return lambda x: x * eval("NUM" + "BER"), lambda: _set_number(3.0)


@row
def a_function_chosen_by_class() -> Row:
    @functools.singledispatch
    def scale(of: Any) -> float:
        return 2.0

    held = Space()
    return lambda x: x * scale(held), lambda: scale.register(Space, lambda of: 3.0)


@row
def another_dict_of_an_object() -> Row:
    held = type("Plain", (), {})()
    held.scale = 2.0
    return lambda x: x * held.scale, lambda: setattr(held, "__dict__", {"scale": 3.0})


@row
def a_default_of_a_function_inside() -> Row:
    held = [2.0]

    def f(x: Any) -> Any:
        def inner(y: Any, scale: Any = held) -> Any:
            return y * scale[0]

        return inner(x)

    return f, lambda: held.__setitem__(0, 3.0)


@row
def a_class_inside() -> Row:
    held = [2.0]

    def f(x: Any) -> Any:
        class Local:
            def scale(self) -> float:
                return held[0]

        return x * Local().scale()

    return f, lambda: held.__setitem__(0, 3.0)


@row
def a_generator_function() -> Row:
    held = [2.0]

    def each() -> Iterator[float]:
        yield from held

    return lambda x: sum(x * v for v in each()), lambda: held.append(3.0)


@row
def a_context_manager() -> Row:
    held = [2.0]

    @contextlib.contextmanager
    def scale() -> Iterator[float]:
        yield held[0]

    def f(x: Any) -> Any:
        with scale() as v:
            return x * v

    return f, lambda: held.__setitem__(0, 3.0)


@row
def an_abstract_method() -> Row:
    class Base(abc.ABC):
        @abc.abstractmethod
        def scale(self) -> float: ...

    class Model(Base):
        value = 2.0

        def scale(self) -> float:
            return self.value

    held = Model()
    return lambda x: x * held.scale(), lambda: setattr(held, "value", 3.0)


@row
def what_super_reaches() -> Row:
    class Base:
        def scale(self) -> float:
            return 2.0

    class Model(Base):
        def scale(self) -> float:
            return super().scale() * 1.0

    held = Model()
    return lambda x: x * held.scale(), lambda: setattr(Base, "scale", lambda self: 3.0)


@row
def a_descriptor() -> Row:
    class Scale:
        value = 2.0

        def __get__(self, owner: Any, cls: Any) -> float:
            return self.value

    descriptor = Scale()
    held = type("Model", (), {"scale": descriptor})()
    return lambda x: x * held.scale, lambda: setattr(descriptor, "value", 3.0)


@row
def a_partial_method() -> Row:
    class Model:
        def by(self, scale: float, x: Any) -> Any:
            return x * scale

        double = functools.partialmethod(by, 2.0)

    held = Model()
    return lambda x: held.double(x), lambda: setattr(Model, "double", functools.partialmethod(Model.by, 3.0))


@row
def a_property_that_is_worked_out_again() -> Row:
    class Model:
        value = 2.0

        @functools.cached_property
        def scale(self) -> float:
            return self.value

    held = Model()
    assert held.scale
    return lambda x: x * held.scale, lambda: (held.__dict__.pop("scale"), setattr(Model, "value", 3.0))


@row
def the_value_of_a_member() -> Row:
    class Mode(enum.Enum):
        A = 2.0

    return lambda x: x * Mode.A.value, lambda: setattr(Mode.A, "_value_", 3.0)


@row
def a_module_that_answers_itself() -> Row:
    module, held = types.ModuleType("answering"), {"scale": 2.0}
    module.__getattr__ = lambda name: held[name]  # type: ignore[method-assign]
    return lambda x: x * module.scale, lambda: held.update(scale=3.0)


@row
def a_dataclass_as_a_dict() -> Row:
    @dataclasses.dataclass
    class Settings:
        scale: float = 2.0

    held = Settings()
    return lambda x: x * dataclasses.asdict(held)["scale"], lambda: setattr(held, "scale", 3.0)


@row
def a_cached_function_that_is_not_asked_again() -> Row:
    held = [2.0]

    def inner() -> float:
        return held[0]

    @functools.lru_cache
    def scale(n: int) -> float:
        return inner() * n

    assert scale(1) == 2.0
    return lambda x: x * scale(1) + scale(2), lambda: held.__setitem__(0, 3.0)


@row
def a_cache_that_is_cleared() -> Row:
    held = [2.0]

    def inner() -> float:
        return held[0]

    @functools.lru_cache
    def scale() -> float:
        return inner()

    assert scale() == 2.0
    return lambda x: x * scale(), lambda: (held.__setitem__(0, 3.0), scale.cache_clear())
