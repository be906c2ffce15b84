"""Where all random numbers of a training come from, so that it goes on with the ones that were to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from autograd_lite import errors
from autograd_lite.data import sources
from autograd_lite.data.finding import held, is_source
from autograd_lite.data.loader import DataLoader
from autograd_lite.nn.module import Module


def found(owners: Mapping[str, Any], loaders: Mapping[str, Any], generators: Iterable[Any]) -> dict[str, Any]:
    """Return the generators, by where they are: those that any code may draw from, those of layers, and what is held.

    Parameters
    ----------
    owners : mapping
        Modules, functions, and other objects.
    loaders : mapping
        Of which those that are none of `DataLoader` are looked at: that one looks after all that it holds itself, and
        a thread of it may be ahead with these.
    generators : iterable
        Others, that nobody would find.
    """
    named = [*sources.everywhere().items()]
    for name, owner in owners.items():
        named += _of_modules(name, owner) if isinstance(owner, Module) else []
    placed = [rng for loader in loaders.values() if isinstance(loader, DataLoader) for rng in loader._held().values()]
    for name, owner in {**owners, **loaders}.items():
        looked = {} if isinstance(owner, DataLoader) else held(owner, name)
        named += [(place, rng) for place, rng in looked.items() if all(rng is not other for other in placed)]
    named += [(f"generators.{i}", rng) for i, rng in enumerate(generators)]
    return {name: rng for i, (name, rng) in enumerate(named) if all(rng is not other for _, other in named[:i])}


def _of_modules(name: str, module: Module) -> Iterator[tuple[str, Any]]:
    for path, part in module.named_modules():
        for attribute, value in vars(part).items():
            if is_source(value):
                yield ".".join(filter(None, (name, path, attribute))), value


def put(generators: Mapping[str, Any], states: Mapping[str, Any], *, within: bool) -> None:
    """Have generators stand where those of the same names stood, or refuse and change nothing.

    Parameters
    ----------
    generators : mapping of str to generator
        What is found now.
    states : mapping of str to dict
        Where they stood.
    within : bool
        Whether an epoch goes on. At its end another loader may come, with generators of its own.
    """
    others = {"validation"} if within else {"loader", "validation"}
    odd = [name for name in generators.keys() ^ states.keys() if name.partition(".")[0] not in others]
    both = generators.keys() & states.keys()
    odd += [name for name in both if sources.kind(generators[name]) != _kind(states[name])]
    if odd:
        raise errors.StateDictError(errors.TRAIN_GENERATORS.format(odd=", ".join(sorted(odd))))
    for name in both:
        sources.set_state(generators[name], states[name])


def _kind(state: Mapping[str, Any]) -> str:
    return str(state["bit_generator"])
