"""What arguments, parameters and arrays of a function are called: as whoever wrote it calls them."""

from __future__ import annotations

import functools
import types
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.compiler.program.identifiers import identifier
from autograd_lite.compiler.recording.kinds import is_ours
from autograd_lite.compiler.recording.places import UNSET, in_cell
from autograd_lite.engine.record import Handle
from autograd_lite.nn.module import Module
from autograd_lite.optim.optimizer import Optimizer
from autograd_lite.tree import Structure

_MOST = 2_000
_DEEPEST = 20


# ----- arguments -----


def argument_names(structure: Structure, function: Any) -> list[str]:
    """Return what the leaves of the arguments are called: as their parameter, and then as what leads to them."""
    placed, named = structure.children
    parameters = _parameters(function)
    parameters += tuple([f"argument_{k}" for k in range(len(parameters), len(placed.keys))])
    pairs = [*zip(parameters, placed.children, strict=False), *zip(named.keys, named.children, strict=True)]
    return [identifier(name, "argument") for base, child in pairs for name in _inner(child, str(base))]


def _inner(structure: Structure, base: str) -> Iterator[str]:
    if structure.kind is None:
        yield base
    for place, (key, child) in enumerate(zip(structure.keys, structure.children, strict=True)):
        yield from _inner(child, f"{base}_{_word(key, place)}")


def _word(key: Any, place: int) -> str:
    """Return a key as part of a name; its place where it is no text and no number, and might tell an address."""
    return str(key) if type(key) in (str, int) else str(place)


def _parameters(function: Any) -> tuple[str, ...]:
    """Return the names of the parameters that can be given by position."""
    inner = function
    for _ in range(_DEEPEST):  # NOTE: not by `inspect`, for a recording watches what is asked of the system
        inner = getattr(inner, "__wrapped__", inner)
    if isinstance(inner, functools.partial):
        return _parameters(inner.func)[len(inner.args) :]
    if not isinstance(inner, (types.FunctionType, types.MethodType)):
        inner = getattr(inner, "forward", type(inner).__call__.__get__(inner))
    code = getattr(inner, "__code__", None)
    names: tuple[str, ...] = code.co_varnames[: code.co_argcount] if code is not None else ()
    return names[1:] if isinstance(inner, types.MethodType) else names


# ----- what it reads besides -----


def reached(roots: Iterable[Any]) -> dict[int, str]:
    """Return names of the Tensors and arrays that can be reached from a function, by identity.

    A parameter of a module has its name of `Module.named_parameters`, behind that of the module where it would begin
    with a number or where there are several modules. Anything else is called by the shortest way that leads to it.
    """
    return {i: identifier(name, "tensor") for i, name in dotted_names(roots).names.items()}


class Named(NamedTuple):
    """Names of Tensors and arrays, by identity, and the Tensors."""

    names: dict[int, str]
    tensors: list[Any]


def dotted_names(roots: Iterable[Any]) -> Named:
    """Return the same names as `reached` does, with the dots that lead to a parameter; and the Tensors."""
    found, modules, optimizers = _walked(roots)
    names = _in_modules(modules)
    names |= {i: name for i, (name, _) in found.items() if i not in names}
    for optimizer in optimizers:
        _in_optimizer(optimizer, names)
    return Named(names, [x for _, x in found.values() if isinstance(x, Handle)])


def _in_modules(modules: Sequence[tuple[str, Module]]) -> dict[int, str]:
    inner = {id(m) for _, module in modules for m in module.modules() if m is not module}
    outer = [(name, module) for name, module in modules if id(module) not in inner]
    names: dict[int, str] = {}
    for name, module in outer:
        base = name or type(module).__name__.lower()
        for dotted, p in module.named_parameters():
            shown = ".".join([part.lstrip("_") for part in dotted.split(".")])
            bare = len(outer) == 1 and not shown[:1].isdigit()
            names.setdefault(id(p), shown if bare else f"{base}.{shown}")
    return names


def _in_optimizer(optimizer: Optimizer, names: dict[int, str]) -> None:
    """Name what only an optimiser leads to, and what it remembers."""
    tensors = [p for group in optimizer.param_groups for p in group["params"]]
    for k, p in enumerate(tensors):
        name = names.setdefault(id(p), p._name or f"parameter_{k}")
        for key, t in optimizer.state.get(p, {}).items():
            names[id(t)] = f"{name}_{key}"


Walked = tuple[dict[int, tuple[str, Any]], list[tuple[str, Module]], list[Optimizer]]


def _walked(roots: Iterable[Any]) -> Walked:
    """Go from object to object, nearest first, and note arrays, modules and optimisers with what leads to them."""
    pending = deque([("", x) for x in roots])
    seen: set[int] = set()
    kept: list[Any] = []  # so that no identity is given to something else
    found: dict[int, tuple[str, Any]] = {}
    modules: list[tuple[str, Module]] = []
    optimizers: list[Optimizer] = []
    while pending and len(seen) < _MOST:
        name, x = pending.popleft()
        if id(x) in seen:
            continue
        seen.add(id(x))
        kept.append(x)
        if isinstance(x, (Handle, np.ndarray)):
            found[id(x)] = name, x
        elif isinstance(x, Optimizer):
            optimizers.append(x)
        else:
            if isinstance(x, Module):
                modules.append((name, x))
            pending += [_joined(name, key, part) for key, part in _parts(x)]
    return found, modules, optimizers


def _joined(name: str, key: str, part: Any) -> tuple[str, Any]:
    key = key.lstrip("_")
    return f"{name}_{key}" if name and key else name or key, part


def _parts(x: Any) -> list[tuple[str, Any]]:
    """Return what an object leads to, each with the word for it; the order does not depend on hashes."""
    if isinstance(x, types.FunctionType):
        return list(_variables(x))
    if isinstance(x, types.MethodType):
        return [("", x.__self__), ("", x.__func__)]
    if isinstance(x, functools.partial):
        return [("", x.func), *[("", a) for a in x.args], *x.keywords.items()]
    if isinstance(x, Mapping):
        return [(_word(key, k), value) for k, (key, value) in enumerate(x.items())]
    if isinstance(x, (list, tuple)):
        return [(str(k), value) for k, value in enumerate(x)]
    if isinstance(x, Module):
        return [(str(key), value) for key, value in x._attributes()]
    space = {} if isinstance(x, (type, types.ModuleType)) else getattr(x, "__dict__", {})
    opened = "__wrapped__" in space or not is_ours(type(x))
    return [(str(key), value) for key, value in space.items()] if opened else []


def _variables(f: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the variables that a function has from outside, and the defaults of its parameters."""
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        value = in_cell(cell)
        if value is not UNSET:
            yield name, value
    names = f.__code__.co_varnames[: f.__code__.co_argcount]
    defaults = f.__defaults__ or ()
    yield from zip(names[len(names) - len(defaults) :], defaults, strict=True)
    yield from (f.__kwdefaults__ or {}).items()
    if not is_ours(f):
        for name in global_names(f.__code__):
            if name in f.__globals__:
                yield name, f.__globals__[name]


def global_names(code: types.CodeType) -> tuple[str, ...]:
    """Return the names in a code and in the functions that it defines, in their order."""
    inner = [global_names(c) for c in code.co_consts if isinstance(c, types.CodeType)]
    return tuple(dict.fromkeys([*code.co_names, *[name for names in inner for name in names]]))
