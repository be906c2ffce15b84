"""Places where what a function reads can live, and ways to change it: rows of the table of `test_compile_reads`.

A row makes a function of one array, and what changes between two calls. Compiled, it gives at every call what the plain
function gives, or is refused.
"""

from __future__ import annotations

import array
import collections
import contextvars
import dataclasses
import enum
import functools
import io
import itertools
import operator
import os
import sys
import types
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag
from autograd_lite import nn

Row = tuple[Callable[[Any], Any], Callable[[], Any]]
ROWS: dict[str, Callable[[], Row]] = {}
MODULE_NUMBER, MODULE_ARRAY = 2.0, np.array([1.0, 2.0])
MODULE_DICT: dict[str, Any] = {"scale": 2.0}


def row(make: Callable[[], Row]) -> Callable[[], Row]:
    ROWS[make.__name__.replace("_", " ")] = make
    return make


def global_changed(name: str, value: Any) -> Callable[[], None]:
    return lambda: globals().__setitem__(name, value)


# ----- variables -----


@row
def a_variable_of_the_module() -> Row:
    global MODULE_NUMBER
    MODULE_NUMBER = 2.0
    return lambda x: x * MODULE_NUMBER, global_changed("MODULE_NUMBER", 3.0)


@row
def the_sign_of_a_zero() -> Row:
    global MODULE_NUMBER
    MODULE_NUMBER = 0.0
    return lambda x: np.copysign(x, MODULE_NUMBER), global_changed("MODULE_NUMBER", -0.0)


@row
def the_sign_of_a_zero_in_a_list() -> Row:
    held = [0.0, 1.0]
    return lambda x: np.copysign(x, held[0]), lambda: held.__setitem__(0, -0.0)


@row
def the_sign_of_a_zero_as_a_number_of_numpy() -> Row:
    held = types.SimpleNamespace(zero=np.float64(0.0))
    return lambda x: np.copysign(x, held.zero), lambda: setattr(held, "zero", np.float64(-0.0))


@row
def an_array_of_the_module() -> Row:
    global MODULE_ARRAY
    MODULE_ARRAY = np.array([1.0, 2.0])
    return lambda x: x * np.exp(MODULE_ARRAY), lambda: MODULE_ARRAY.__setitem__(0, 5.0)


@row
def another_array_of_the_module() -> Row:
    global MODULE_ARRAY
    MODULE_ARRAY = np.array([1.0, 2.0])
    return lambda x: x * np.exp(MODULE_ARRAY), global_changed("MODULE_ARRAY", np.array([3.0, 4.0]))


@row
def globals_by_a_name_made_up() -> Row:
    global MODULE_NUMBER
    MODULE_NUMBER = 2.0
    return lambda x: x * globals()["MODULE_" + "NUMBER"], global_changed("MODULE_NUMBER", 3.0)


@row
def a_variable_of_a_closure() -> Row:
    scale = 2.0

    def change() -> None:
        nonlocal scale
        scale = 3.0

    return lambda x: x * scale, change


@row
def a_variable_of_a_closure_that_is_filled_later() -> Row:
    def change() -> None:
        nonlocal later
        later = 3.0

    def f(x: Any) -> Any:
        try:
            return x * later
        except NameError:
            return x

    later: float
    if x := []:
        later = x[0]
    return f, change


def _shadowed(x: Any) -> Any:
    return x * divmod(7.0, 2.0)[0]


@row
def a_builtin_that_is_shadowed_later() -> Row:
    globals().pop("divmod", None)
    return _shadowed, global_changed("divmod", lambda a, b: (10.0, 0.0))


@row
def a_variable_of_the_module_that_is_there_later() -> Row:
    globals().pop("THERE_LATER", None)
    return lambda x: x * (globals().get("THERE_LATER", 1.0)), global_changed("THERE_LATER", 3.0)


@row
def a_context_variable() -> Row:
    scale: contextvars.ContextVar[float] = contextvars.ContextVar("scale", default=2.0)
    return lambda x: x * scale.get(), lambda: scale.set(3.0)


# ----- functions -----


def _default(x: Any, scale: float = 2.0, *, shift: float = 0.0) -> Any:
    return x * scale + shift


def _changed_default(name: str, value: Any, back: Any) -> Row:
    setattr(_default, name, back)
    return lambda x: _default(x), lambda: setattr(_default, name, value)


@row
def defaults() -> Row:
    return _changed_default("__defaults__", (3.0,), (2.0,))


@row
def defaults_by_name() -> Row:
    return _changed_default("__kwdefaults__", {"shift": 1.0}, {"shift": 0.0})


@row
def the_code_of_a_function() -> Row:
    def inner(x: Any) -> Any:
        return x * 2.0

    def other(x: Any) -> Any:
        return x * 3.0

    return lambda x: inner(x), lambda: setattr(inner, "__code__", other.__code__)


@row
def the_code_of_the_function_itself() -> Row:
    def f(x: Any) -> Any:
        return x * 2.0

    def other(x: Any) -> Any:
        return x * 3.0

    return f, lambda: setattr(f, "__code__", other.__code__)


@row
def an_attribute_of_a_function() -> Row:
    def f(x: Any) -> Any:
        return x * f.scale

    f.scale = 2.0  # type: ignore[attr-defined]
    return f, lambda: setattr(f, "scale", 3.0)


@row
def what_a_partial_holds() -> Row:
    held = [2.0]
    return functools.partial(lambda held, x: x * held[0], held), lambda: held.__setitem__(0, 3.0)


@row
def an_array_that_a_partial_holds() -> Row:
    scale = np.array([2.0, 2.0])
    return functools.partial(lambda scale, x: x * np.exp(scale), scale), lambda: scale.fill(3.0)


@row
def a_variable_that_a_partial_of_a_partial_reads() -> Row:
    global MODULE_NUMBER
    MODULE_NUMBER = 2.0
    inner = functools.partial(lambda a, x: x * a * MODULE_NUMBER, 1.5)
    return functools.partial(inner), global_changed("MODULE_NUMBER", 3.0)


@row
def what_a_decorator_has_wrapped() -> Row:
    held = {"scale": 2.0}

    @functools.wraps(lambda x: x)
    def f(x: Any) -> Any:
        return inner(x)

    def inner(x: Any) -> Any:
        return x * held["scale"]

    return f, lambda: held.update(scale=3.0)


@row
def a_cached_function() -> Row:
    held = [2.0]

    @functools.lru_cache
    def scale() -> float:
        return held[0]

    def change() -> None:
        held[0] = 3.0
        scale.cache_clear()

    return lambda x: x * scale(), change


@row
def a_helper_that_is_replaced() -> Row:
    held = types.SimpleNamespace(act=np.sin)
    return lambda x: held.act(x), lambda: setattr(held, "act", np.cos)


# ----- objects -----


class Plain:
    def __init__(self, scale: Any = 2.0) -> None:
        self.scale = scale

    def __call__(self, x: Any) -> Any:
        return x * self.scale


@row
def an_attribute() -> Row:
    held = Plain()
    return held, lambda: setattr(held, "scale", 3.0)


@row
def an_attribute_by_getattr() -> Row:
    held = Plain()
    return lambda x: x * getattr(held, "sca" + "le"), lambda: setattr(held, "scale", 3.0)


@row
def an_attribute_by_vars() -> Row:
    held = Plain()
    return lambda x: x * vars(held)["sca" + "le"], lambda: setattr(held, "scale", 3.0)


@row
def an_attribute_by_its_dict() -> Row:
    held = Plain()
    return lambda x: x * held.__dict__["sca" + "le"], lambda: setattr(held, "scale", 3.0)


@row
def an_attribute_by_attrgetter() -> Row:
    held, get = Plain(), operator.attrgetter("scale")
    return lambda x: x * get(held), lambda: setattr(held, "scale", 3.0)


@row
def an_array_as_an_attribute() -> Row:
    held = Plain(np.array([1.0, 2.0]))
    return held, lambda: held.scale.fill(7.0)


@row
def another_array_as_an_attribute() -> Row:
    held = Plain(np.array([1.0, 2.0]))
    return held, lambda: setattr(held, "scale", np.array([5.0, 6.0]))


@row
def an_attribute_that_is_there_later() -> Row:
    held = Plain()
    return lambda x: x * (held.other if hasattr(held, "other") else 1.0), lambda: setattr(held, "other", 3.0)


@row
def an_attribute_that_is_gone() -> Row:
    held = Plain()

    def f(x: Any) -> Any:
        try:
            return x * held.scale
        except AttributeError:
            return x

    return f, lambda: delattr(held, "scale")


@row
def the_class_of_an_object() -> Row:
    class A:
        def scale(self) -> float:
            return 2.0

    class B:
        def scale(self) -> float:
            return 3.0

    held = A()
    return lambda x: x * held.scale(), lambda: setattr(held, "__class__", B)


class Slotted:
    __slots__ = ("__weakref__", "other", "scale")

    def __init__(self, scale: Any = 2.0) -> None:
        self.scale = scale


@row
def a_slot() -> Row:
    held = Slotted()
    return lambda x: x * held.scale, lambda: setattr(held, "scale", 3.0)


@row
def a_slot_that_is_filled_later() -> Row:
    held = Slotted()
    return lambda x: x * getattr(held, "other", 1.0), lambda: setattr(held, "other", 3.0)


@row
def an_array_in_a_slot() -> Row:
    held = Slotted(np.array([1.0, 2.0]))
    return lambda x: x * np.exp(held.scale), lambda: held.scale.fill(3.0)


@dataclasses.dataclass(slots=True)
class SlottedData:
    scale: Any = 2.0
    inner: Any = None


@row
def a_slotted_dataclass() -> Row:
    held = SlottedData(inner=SlottedData())
    return lambda x: x * held.inner.scale, lambda: setattr(held.inner, "scale", 3.0)


@row
def fields_that_no_code_names() -> Row:
    held = SlottedData()
    return lambda x: sum((v * x for v in dataclasses.astuple(held) if v), x), lambda: setattr(held, "scale", 3.0)


@row
def a_property() -> Row:
    class Model:
        scale = property(lambda self: 2.0)

    held = Model()
    return lambda x: x * held.scale, lambda: setattr(Model, "scale", property(lambda self: 3.0))


@row
def a_state_that_a_property_reads() -> Row:
    class Model:
        inner = 2.0

        @property
        def scale(self) -> float:
            return self.inner

    held = Model()
    return lambda x: x * held.scale, lambda: setattr(Model, "inner", 3.0)


@row
def a_cached_property() -> Row:
    class Model:
        inner = 2.0

        @functools.cached_property
        def scale(self) -> float:
            return self.inner

    held = Model()
    assert held.scale
    return lambda x: x * held.scale, lambda: held.__dict__.update(scale=3.0)


@row
def a_method_of_the_class() -> Row:
    class Model:
        def scale(self) -> float:
            return 2.0

    held = Model()
    return lambda x: x * held.scale(), lambda: setattr(Model, "scale", lambda self: 3.0)


@row
def a_method_that_an_object_has_itself() -> Row:
    class Model:
        def scale(self) -> float:
            return 2.0

    held = Model()
    return lambda x: x * held.scale(), lambda: setattr(held, "scale", lambda: 3.0)


@row
def a_method_that_a_class_in_between_gets() -> Row:
    class Base:
        def scale(self) -> float:
            return 2.0

    class Model(Base):
        pass

    held = Model()
    return lambda x: x * held.scale(), lambda: setattr(Model, "scale", lambda self: 3.0)


@row
def a_static_method() -> Row:
    class Model:
        scale = staticmethod(lambda: 2.0)

    return lambda x: x * Model.scale(), lambda: setattr(Model, "scale", staticmethod(lambda: 3.0))


@row
def a_class_method_and_its_class() -> Row:
    class Model:
        inner = 2.0

        @classmethod
        def scale(cls) -> float:
            return cls.inner

    return lambda x: x * Model.scale(), lambda: setattr(Model, "inner", 3.0)


@row
def a_special_method() -> Row:
    class Model:
        def __getitem__(self, key: Any) -> float:
            return 2.0

    held = Model()
    return lambda x: x * held[0], lambda: setattr(Model, "__getitem__", lambda self, key: 3.0)


@row
def an_attribute_of_a_class() -> Row:
    class Settings:
        scale = 2.0

    return lambda x: x * Settings.scale, lambda: setattr(Settings, "scale", 3.0)


@row
def an_attribute_of_a_class_of_a_class() -> Row:
    class Base:
        scale = 2.0

    class Settings(Base):
        pass

    return lambda x: x * Settings.scale, lambda: setattr(Base, "scale", 3.0)


@row
def an_attribute_of_a_class_that_a_class_in_between_gets() -> Row:
    class Base:
        scale = 2.0

    class Settings(Base):
        pass

    return lambda x: x * Settings.scale, lambda: setattr(Settings, "scale", 3.0)


@row
def an_attribute_of_the_class_of_a_class() -> Row:
    class Meta(type):
        scale = 2.0

    class Settings(metaclass=Meta):
        pass

    return lambda x: x * Settings.scale, lambda: setattr(Meta, "scale", 3.0)


@row
def a_list_of_a_class() -> Row:
    class Settings:
        scales = [2.0]  # noqa: RUF012

    return lambda x: x * Settings.scales[0], lambda: Settings.scales.__setitem__(0, 3.0)


@row
def an_array_of_a_class() -> Row:
    class Settings:
        scales = np.array([1.0, 2.0])

    return lambda x: x * np.exp(Settings.scales), lambda: Settings.scales.fill(3.0)


@row
def an_array_that_a_method_reads_from_its_module() -> Row:
    global MODULE_ARRAY
    MODULE_ARRAY = np.array([1.0, 2.0])

    class Model:
        def __call__(self, x: Any) -> Any:
            return x * np.exp(MODULE_ARRAY)

    return Model(), lambda: MODULE_ARRAY.fill(3.0)


@row
def an_attribute_that_an_object_gets_over_that_of_its_class() -> Row:
    class Model:
        scale = 2.0

    held = Model()
    return lambda x: x * held.scale, lambda: setattr(held, "scale", 3.0)


@row
def an_attribute_by_a_getattr_of_the_class() -> Row:
    class Settings:
        def __init__(self) -> None:
            self._inner = {"scale": 2.0}

        def __getattr__(self, name: str) -> float:
            return self._inner[name]

    held = Settings()
    return lambda x: x * held.scale, lambda: held._inner.update(scale=3.0)


@row
def an_attribute_matched_by_a_pattern() -> Row:
    held = Plain()

    def f(x: Any) -> Any:
        match held:
            case Plain(scale=s):
                return x * s

    return f, lambda: setattr(held, "scale", 3.0)


@row
def a_member_of_an_enumeration() -> Row:
    class Mode(enum.Enum):
        A = "a"
        B = "b"

    held = types.SimpleNamespace(mode=Mode.A)
    return lambda x: x * (2.0 if held.mode is Mode.A else 3.0), lambda: setattr(held, "mode", Mode.B)


@row
def a_namespace() -> Row:
    held = types.SimpleNamespace(scale=2.0)
    return lambda x: x * held.scale, lambda: setattr(held, "scale", 3.0)


class Pair(NamedTuple):
    first: Any
    second: Any


@row
def what_a_named_tuple_holds() -> Row:
    held = Pair([2.0], np.ones(2))
    return lambda x: x * held.first[0] + held.second, lambda: held.first.__setitem__(0, 3.0)


# ----- containers -----


@row
def a_dict() -> Row:
    held = {"scale": 2.0}
    return lambda x: x * held["scale"], lambda: held.update(scale=3.0)


@row
def a_key_that_is_there_later() -> Row:
    held = {"scale": 2.0}
    return lambda x: x * held.get("other", 1.0), lambda: held.update(other=3.0)


@row
def the_order_of_a_dict() -> Row:
    held = {"a": 2.0, "b": 3.0}
    return lambda x: x * next(iter(held.values())), lambda: held.update(a=held.pop("a"))


@row
def the_order_of_a_dict_of_objects() -> Row:
    held = {"a": Plain(2.0), "b": Plain(3.0)}
    return lambda x: next(iter(held.values()))(x), lambda: held.update(a=held.pop("a"))


@row
def a_subclass_of_dict() -> Row:
    class Settings(dict[str, float]):
        def __getattr__(self, name: str) -> float:
            return self[name]

    held = Settings(scale=2.0)
    return lambda x: x * held.scale, lambda: held.update(scale=3.0)


@row
def a_default_dict() -> Row:
    held = collections.defaultdict(lambda: 1.0, scale=2.0)
    return lambda x: x * held["scale"], lambda: held.update(scale=3.0)


@row
def an_ordered_dict() -> Row:
    held = collections.OrderedDict(a=2.0, b=3.0)
    return lambda x: x * next(iter(held.values())), lambda: held.move_to_end("a")


@row
def a_chain_of_dicts() -> Row:
    held = collections.ChainMap({}, {"scale": 2.0})
    return lambda x: x * held["scale"], lambda: held.maps[1].update(scale=3.0)


@row
def a_view_of_a_dict_that_is_read_only() -> Row:
    inner = {"scale": 2.0}
    held = types.MappingProxyType(inner)
    return lambda x: x * held["scale"], lambda: inner.update(scale=3.0)


@row
def a_list_of_objects() -> Row:
    held = [Plain(), Plain()]
    return lambda x: held[1](held[0](x)), lambda: setattr(held[1], "scale", 3.0)


@row
def one_more_in_a_list() -> Row:
    held = [np.ones(2)]
    return lambda x: sum(held, x), lambda: held.append(np.ones(2))


@row
def a_deque() -> Row:
    held = collections.deque([2.0, 3.0])
    return lambda x: x * held[0], lambda: held.rotate()


@row
def a_deque_of_objects() -> Row:
    held = collections.deque([Plain(2.0), Plain(3.0)])
    return lambda x: held[0](x), lambda: held.rotate()


@row
def a_set() -> Row:
    held = {"double"}
    return lambda x: x * (2.0 if "double" in held else 1.0), lambda: held.clear()


@row
def a_set_of_objects() -> Row:
    held = {Plain(2.0)}
    return lambda x: sum((f(x) for f in held), x), lambda: held.add(Plain(5.0))


@row
def a_bytearray() -> Row:
    held = bytearray(b"ab")
    return lambda x: x * held[0], lambda: held.__setitem__(0, 3)


@row
def an_array_of_python() -> Row:
    held = array.array("d", [2.0, 3.0])
    return lambda x: x * held[0], lambda: held.__setitem__(0, 3.0)


@row
def a_view_of_memory() -> Row:
    inner = bytearray(b"ab")
    held = memoryview(inner)
    return lambda x: x * held[0], lambda: inner.__setitem__(0, 3)


@row
def a_text_in_memory() -> Row:
    held = io.StringIO("2")
    return lambda x: x * float(held.getvalue()), lambda: held.write("3")


@row
def an_array_of_objects() -> Row:
    held = np.array([2.0, None], dtype=object)
    return lambda x: x * held[0], lambda: held.__setitem__(0, 3.0)


@row
def an_array_of_records() -> Row:
    held = np.array([(2.0, 1)], dtype=[("scale", "f8"), ("n", "i4")])
    return lambda x: x * float(held["scale"][0]), lambda: held["scale"].__setitem__(0, 3.0)


@row
def a_matrix() -> Row:
    held = np.asarray([[2.0, 3.0]]).view(type("Sub", (np.ndarray,), {}))
    return lambda x: x * float(held[0, 0]), lambda: held.fill(5.0)


@row
def a_weak_reference() -> Row:
    target = Plain()
    held = weakref.ref(target)
    return lambda x: held()(x), lambda: setattr(target, "scale", 3.0)  # type: ignore[misc]


@row
def a_dict_of_weak_references() -> Row:
    target = Plain()
    held: weakref.WeakValueDictionary[str, Plain] = weakref.WeakValueDictionary(model=target)
    return lambda x: held["model"](x), lambda: setattr(target, "scale", 3.0)


@row
def a_cell_nine_deep() -> Row:
    held: Any = Plain()
    inner = held
    for _ in range(12):
        held = [held]

    def f(x: Any) -> Any:
        model = held
        while isinstance(model, list):
            model = model[0]
        return model(x)

    return f, lambda: setattr(inner, "scale", 3.0)


@row
def the_end_of_a_linked_list() -> Row:
    last = held = types.SimpleNamespace(scale=2.0, after=None)
    for _ in range(30):
        held = types.SimpleNamespace(scale=0.0, after=held)

    def f(x: Any) -> Any:
        node = held
        while node.after is not None:
            node = node.after
        return x * node.scale

    return f, lambda: setattr(last, "scale", 3.0)


@row
def the_last_of_very_many() -> Row:
    held = [{"scale": 1.0} for _ in range(15_000)]
    return lambda x: x * held[-1]["scale"], lambda: held[-1].update(scale=3.0)


@row
def a_model_in_models() -> Row:
    class Drop(nn.Module):
        def __init__(self) -> None:
            self.p = 2.0

        def forward(self, x: Any) -> Any:
            return x * self.p

    drop = Drop()
    model: Any = drop
    for _ in range(6):
        model = nn.Sequential(model)
    return lambda x: model(x), lambda: setattr(drop, "p", 3.0)


# ----- the world -----


@row
def a_variable_of_the_system() -> Row:
    os.environ["AUTOGRAD_LITE_TEST"] = "2"
    return (
        lambda x: x * float(os.environ["AUTOGRAD_LITE_TEST"]),
        lambda: os.environ.__setitem__("AUTOGRAD_LITE_TEST", "3"),
    )


@row
def a_variable_of_the_system_by_getenv() -> Row:
    os.environ["AUTOGRAD_LITE_TEST"] = "2"
    return (
        lambda x: x * float(os.getenv("AUTOGRAD_LITE_TEST", "1")),
        lambda: os.environ.__setitem__("AUTOGRAD_LITE_TEST", "3"),
    )


def _config(scale: float) -> types.ModuleType:
    module = sys.modules.setdefault("autograd_lite_test_config", types.ModuleType("autograd_lite_test_config"))
    module.scale, module.table = scale, np.array([scale])  # type: ignore[attr-defined]
    return module


@row
def a_module_that_is_imported_inside() -> Row:
    module = _config(2.0)

    def f(x: Any) -> Any:
        import autograd_lite_test_config as config  # type: ignore[import-not-found]

        return x * config.scale

    return f, lambda: setattr(module, "scale", 3.0)


@row
def a_name_that_is_imported_inside() -> Row:
    module = _config(2.0)

    def f(x: Any) -> Any:
        from autograd_lite_test_config import table

        return x * np.exp(table)

    return f, lambda: module.table.fill(3.0)  # type: ignore[attr-defined]


@row
def an_attribute_of_a_module() -> Row:
    config = _config(2.0)
    return lambda x: x * config.scale, lambda: setattr(config, "scale", 3.0)


@row
def an_array_of_another_module() -> Row:
    config = _config(2.0)
    return lambda x: x * np.exp(config.table), lambda: config.table.fill(3.0)  # type: ignore[attr-defined]


# ----- Tensors and models -----


@row
def a_tensor_assigned() -> Row:
    w = ag.Tensor([1.0, 2.0])
    return lambda x: (x * w).numpy() + 0.0, lambda: w.assign([3.0, 4.0])


@row
def a_tensor_written_to() -> Row:
    w = ag.Tensor([1.0, 2.0])
    return lambda x: x * w, lambda: w.data.fill(3.0)


@row
def whether_a_tensor_requires_a_gradient() -> Row:
    w = ag.Tensor([1.0, 2.0], requires_grad=True)
    return lambda x: x * (2.0 if w.requires_grad else 3.0), lambda: setattr(w, "requires_grad", False)


@row
def whether_operations_are_recorded() -> Row:
    switch = ag.no_grad()
    return lambda x: x * (2.0 if ag.is_grad_enabled() else 3.0), switch.__enter__


@row
def the_mode_of_a_model() -> Row:
    class Model(nn.Module):
        def forward(self, x: Any) -> Any:
            return 2.0 * x if self.training else x

    model = Model()
    return model, lambda: setattr(model, "training", False)


@row
def one_more_layer() -> Row:
    model = nn.Module()
    model.first = nn.Linear(2, 2, rng=0)  # type: ignore[attr-defined]
    return (
        lambda x: sum((p.sum() for p in model.parameters()), x),
        lambda: setattr(model, "second", nn.Linear(2, 2, rng=1)),
    )


@row
def a_method_of_a_layer() -> Row:
    layer = nn.Linear(2, 2, rng=0)
    return lambda x: layer(x), lambda: setattr(layer, "forward", lambda x: x)


@row
def a_compiled_function_inside() -> Row:
    held = [2.0]
    inner = ag.compile(lambda x: x * held[0])
    return lambda x: inner(x), lambda: held.__setitem__(0, 3.0)


@row
def a_transform_inside() -> Row:
    held = Plain()
    slope = ag.grad(lambda x: np.sum(held(x) ** 2))
    return lambda x: slope(x), lambda: setattr(held, "scale", 3.0)


# ----- iterators: refused -----


def _generator() -> Iterator[float]:
    yield from (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


ITERATORS: dict[str, Callable[[], Any]] = {
    "of a list": lambda: iter([1.0, 2.0, 3.0, 4.0]),
    "of a tuple": lambda: iter((1.0, 2.0, 3.0, 4.0)),
    "of an array": lambda: iter(np.arange(4.0)),
    "count": lambda: itertools.count(1.0),
    "cycle": lambda: itertools.cycle([1.0, 2.0]),
    "a generator": _generator,
    "map": lambda: map(float, range(9)),
    "zip": lambda: (a for a, _ in zip(range(9), range(9), strict=True)),
    "of a dict": lambda: iter({1.0: 1, 2.0: 2, 3.0: 3, 4.0: 4}),
    "reversed": lambda: reversed([1.0, 2.0, 3.0, 4.0]),
}
