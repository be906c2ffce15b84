"""Where the temporaries of a kernel lie in its work space: two that are not needed at the same time may share it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from autograd_lite.compiler.native.loops import Buffer, Node, buffers_of

ALIGNED = 64
"""In bytes: a line of the cache, and the longest vector."""


def placed(nodes: Sequence[Node]) -> int:
    """Give every temporary its place, and return the size of the work space in bytes."""
    return _space(_temporaries(nodes), nodes, ALIGNED)


def placed_by_dtype(nodes: Sequence[Node]) -> Mapping[Any, int]:
    """Give every temporary its place in the space of its dtype, as C has it, and return their sizes in elements."""
    apart: dict[Any, list[Buffer]] = defaultdict(list)
    for buffer in _temporaries(nodes):
        apart[buffer.dtype].append(buffer)
    return {dtype: _space(found, nodes, dtype.itemsize) // dtype.itemsize for dtype, found in apart.items()}


def _temporaries(nodes: Iterable[Node]) -> list[Buffer]:
    buffers = {i: buffer for node in nodes for i, buffer in buffers_of(node).items()}
    return [buffer for buffer in buffers.values() if buffer.kind == "temporary"]


def _space(temporaries: Iterable[Buffer], nodes: Sequence[Node], aligned: int) -> int:
    """Give some temporaries their places, and return the size of what they take in bytes."""
    first, last = _lifetimes(nodes)
    held: list[tuple[int, int, Buffer]] = []  # start and end of what lies in the work space, in order
    size = 0
    for buffer in sorted(temporaries, key=lambda b: first[b.id]):
        held = [h for h in held if last[h[2].id] >= first[buffer.id]]
        length = -(-buffer.size * buffer.dtype.itemsize // aligned) * aligned
        start = _gap(held, length)
        held = sorted([*held, (start, start + length, buffer)], key=lambda h: h[0])
        buffer.place = start // buffer.dtype.itemsize
        size = max(size, start + length)
    return size


def _lifetimes(nodes: Sequence[Node]) -> tuple[dict[int, int], dict[int, int]]:
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for k, node in enumerate(nodes):
        for i in buffers_of(node):  # what is repeated needs all of its own at the same time
            first.setdefault(i, k)
            last[i] = k
    return first, last


def _gap(held: Iterable[tuple[int, int, Buffer]], length: int) -> int:
    """Return the first place with so much room."""
    place = 0
    for start, end, _ in held:
        if start - place >= length:
            break
        place = max(place, end)
    return place
