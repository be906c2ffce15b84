"""Where an order may come from: generators of random numbers, their states read and set; see `finding`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
