"""A plain run beside a program: what it changes is seen as a trace sees it (`slots`), and undone.

Not undone is what it does to plain objects of Python, of which a compiled function does not change any.
"""

from __future__ import annotations

import operator
import sys
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from autograd_lite.base.shapes import Array, everywhere
from autograd_lite.compiler.recording.interception import (
    raw_data,
    raw_grad,
    reading,
    set_data,
    set_grad,
    slot_data,
    slot_grad,
)
from autograd_lite.engine import generators
from autograd_lite.engine.record import Handle
from autograd_lite.engine.watchpoints import value_at, watching


class Moment:
    """What Tensors and generators are at a moment.

    Parameters
    ----------
    tensors : iterable of Tensor
    drawn_from : iterable of numpy.random.Generator
        The default one, and those of whole modules, are always there.
    """

    def __init__(self, tensors: Iterable[Any], drawn_from: Iterable[Any]) -> None:
        self.default = generators._default
        self.tensors = {id(t): Held(t) for t in tensors}
        own = generators.current()
        every = [*drawn_from, *([] if own is None else [own])]
        self.generators = [(g, g.bit_generator.state) for g in every]
        python = sys.modules.get("random")
        self._python = None if python is None else (python.setstate, python.getstate())
        self._numpy = _legacy()

    def again(self) -> Moment:
        """Return what the same ones are now."""
        return Moment([x.t for x in self.tensors.values()], [g for g, _ in self.generators])

    def drawn(self) -> list[Any]:
        """Return where the generators stand, as something that can be compared."""
        return [generators.comparable(state) for _, state in self.generators]

    def put(self) -> None:
        """Have everything be again what it was."""
        generators._default = self.default
        put_back(list(self.tensors.values()))
        for g, state in self.generators:
            g.bit_generator.state = state
        if self._python is not None:
            put, state = self._python
            put(state)
        if self._numpy is not None:
            np.random.set_state(self._numpy)  # noqa: NPY002 - not used, but put back


def _legacy() -> Any:
    """Return the state of NumPy's own generator, if that has been imported."""
    return np.random.get_state(legacy=False) if "numpy.random" in sys.modules else None  # noqa: NPY002


class Held(NamedTuple("_Fields", [("t", Any), ("data", Any), ("grad", Any), ("exposed", Any), ("bits", Any)])):
    """A Tensor, and what it held; of an array that somebody outside may write to, also a copy."""

    __slots__ = ()

    def __new__(cls, t: Any) -> Held:
        data = slot_data(t)
        exposed = t._exposed is not None and t._exposed() is data
        return super().__new__(cls, t, data, slot_grad(t), t._exposed, data.copy() if exposed else None)


def put_back(every: Sequence[Held]) -> None:
    """Have Tensors hold again what they held, in one C call: an interrupt finds all of it or nothing."""
    for x in every:
        if x.bits is not None and x.data.tobytes() != x.bits.tobytes():
            np.copyto(x.data, x.bits)
        x.t._exposed = x.exposed
    tensors = [x.t for x in every]
    setters = [set_data] * len(every) + [set_grad] * len(every)
    values = [x.data for x in every] + [x.grad for x in every]
    deque(map(operator.call, setters, tensors * 2, values), 0)


class PlainRun:
    """Who sees what a plain run does to Tensors from outside.

    NOTE: it is a watcher of the `seams`, which changes nothing: so that compiled functions inside run plainly, and
    nothing is noted that is noted once for all calls.

    Attributes
    ----------
    touched : dict
        For Tensors from outside that it read or wrote, by identity, what they held before.
    """

    def __init__(self) -> None:
        self.touched: dict[int, Held] = {}
        self.failures: list[BaseException] = []  # of nobody's interest, since nothing is refused
        self._made: set[int] = set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """See what this thread does, without its warnings: those that are due, the program has given."""
        before = watching.get()
        try:
            watching.set(self)
            with reading(self), warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                yield
        finally:
            watching.set(before)

    def undo(self) -> None:
        """Have every Tensor be again what it was."""
        put_back(list(self.touched.values()))

    # ----- what a trace sees -----

    def _touch(self, t: Any) -> None:
        if id(t) not in self.touched and id(t) not in self._made:
            self.touched[id(t)] = Held(t)

    def read_data(self, t: Any) -> Any:
        self._touch(t)
        return raw_data(t)

    def write_data(self, t: Any, value: Any) -> None:
        if slot_data(t) is None:
            self._made.add(id(t))
        self._touch(t)
        set_data(t, value)

    def read_grad(self, t: Any) -> Any:
        self._touch(t)
        return raw_grad(t)

    def write_grad(self, t: Any, value: Any) -> None:
        self._touch(t)
        set_grad(t, value)

    # ----- what the seams ask for -----

    def number(self, owner: MutableMapping[str, Any], key: str, part: int | None = None) -> float:
        return value_at(owner, key, part)

    setting = number

    def is_set(self, owner: MutableMapping[str, Any], key: str) -> bool:
        return bool(owner[key])

    def generator(self, rng: Any) -> Any:
        return rng

    def verify(self, condition: Any, text: str, error: Callable[[str], Exception]) -> None:
        if not everywhere(condition):
            raise error(text)

    def doing(self, items: Iterable[Any], said: Callable[[Any], Any]) -> Iterable[Any]:
        return items

    def step(self) -> None:
        """Return None: loops are carried out."""

    def is_outside(self, t: Any) -> bool:
        return False

    def shown(self, value: Any) -> Any:
        return value

    def opaque(self, fn: Callable[..., Any], name: str, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        return fn(*args, **settings)

    def aside(self) -> AbstractContextManager[Any]:
        return nullcontext()


def array_of_grad(grad: Any) -> Array | None:
    """Return the array of a gradient, which may be a Tensor by now."""
    return slot_data(grad) if isinstance(grad, Handle) else grad
