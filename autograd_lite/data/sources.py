"""Where an order may come from: generators of random numbers, found by what holds them, their states read and set."""

from __future__ import annotations

import functools
import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from autograd_lite.engine.generators import comparable, default_rng

DEFAULT = "default"
"""What the generator is called that `manual_seed` restarts."""

State = dict[str, Any]


def everywhere() -> dict[str, Any]:
    """Return the generators that any code may draw from: ours, that of Python, the older one of NumPy."""
    return {DEFAULT: default_rng(), **shared()}


def shared() -> dict[str, Any]:
    """Return the generators that all threads share: that of Python, the older one of NumPy."""
    return {"random": random._inst, "numpy.random": np.random.mtrand._rand}


def held(owner: Any, name: str) -> dict[str, Any]:
    """Return the generators that something of a user's holds, by where they are: attributes, and what its code names.

    Parameters
    ----------
    owner : object
        A sampler, a dataset, a function.
    name : str
        What it is called, which their names begin with.
    """
    found: dict[str, Any] = {}
    seen: dict[int, Any] = {}
    layer = [(name, owner)]
    for _ in range(_DEPTH):
        layer = [(place, x) for place, x in layer if seen.setdefault(id(x), (place, x))[0] == place]
        found |= {place: x for place, x in layer if is_source(x)}
        layer = [(f"{place}.{key}", part) for place, x in layer if not is_source(x) for key, part in _parts(x)]
    return found


def is_source(x: Any) -> bool:
    """Tell whether something is a generator whose state can be read and set."""
    known = (np.random.Generator, np.random.RandomState, random.Random)
    return isinstance(x, known) and not isinstance(x, random.SystemRandom)


_DEPTH, _LONG = 6, 64  # how far is gone, and which lists are examples, in which nobody looks
_PLAIN = (str, bytes, int, float, complex, type(None), np.ndarray, np.generic, type, range, ModuleType)


def _parts(x: Any) -> Iterator[tuple[str, Any]]:
    """Yield what something holds, by name: no arrays, no modules, and of a long list nothing."""
    if isinstance(x, _PLAIN) or (isinstance(x, (dict, list, tuple)) and len(x) > _LONG):
        return
    if isinstance(x, dict):
        yield from [(str(key), part) for key, part in x.items()]
    elif isinstance(x, (list, tuple)):
        yield from [(str(i), part) for i, part in enumerate(x)]
    elif isinstance(x, FunctionType):
        yield from _named(x)
    elif isinstance(x, MethodType):
        yield from (("self", x.__self__), ("function", x.__func__))
    elif isinstance(x, functools.partial):
        yield from (("function", x.func), ("args", x.args), ("keywords", x.keywords))
    elif not type(x).__module__.startswith(("autograd_lite.tensor", "autograd_lite.nn", "numpy")):
        yield from _attributes(x)


def _attributes(x: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(x, "__dict__", {}).items()
    for name in ("__iter__", "__getitem__", "__call__"):
        method = getattr(type(x), name, None)
        if isinstance(method, FunctionType):
            yield name, method


def _named(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield what a function's code names: generators of its module, what is around it, its defaults."""
    code, world = function.__code__, function.__globals__
    yield from [(name, world[name]) for name in code.co_names if name in world and is_source(world[name])]
    yield from [(name, _content(c)) for name, c in zip(code.co_freevars, function.__closure__ or (), strict=True)]
    yield from [(f"defaults.{i}", part) for i, part in enumerate(function.__defaults__ or ())]
    yield from (function.__kwdefaults__ or {}).items()


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not set yet
        return None


# ----- states, as numbers, texts and arrays -----


def states(found: Mapping[str, Any]) -> dict[str, State]:
    """Return where generators stand."""
    return {name: state(source) for name, source in found.items()}


def state(source: Any) -> State:
    """Return where a generator stands."""
    if isinstance(source, random.Random):
        version, numbers, gauss = source.getstate()
        return {"bit_generator": "random", "version": version, "key": numbers, "gauss": gauss}
    if isinstance(source, np.random.RandomState):
        return dict(source.get_state(legacy=False))
    return dict(source.bit_generator.state)


def set_state(source: Any, given: Mapping[str, Any]) -> None:
    """Have a generator stand where another of its kind stood."""
    if isinstance(source, random.Random):
        source.setstate((given["version"], tuple(given["key"]), given["gauss"]))
    elif isinstance(source, np.random.RandomState):
        source.set_state(dict(given))
    else:
        source.bit_generator.state = dict(given)


def kind(source: Any) -> str:
    """Return the kind that a state has to be of."""
    return str(state(source)["bit_generator"])


def same(a: State | None, b: State | None) -> bool:
    """Tell whether two states are one."""
    return bool(comparable(a) == comparable(b))


def seed_of(source: Any, number: int) -> int:
    """Return a seed that follows from where a generator stands, which stays there, and from a number."""
    text = repr((comparable(state(source)), number)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "little")


@contextmanager
def put_back(found: Mapping[str, Any]) -> Iterator[None]:
    """Have generators stand at the end of a block where they stood at its beginning."""
    now = states(found)
    try:
        yield
    finally:
        for name, stood in now.items():
            set_state(found[name], stood)
