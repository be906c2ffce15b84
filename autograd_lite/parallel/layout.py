"""How gradients lie in buffers, one for each dtype, and what ranks tell each other before them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from autograd_lite.base.shapes import Array

Signature: TypeAlias = tuple[tuple[tuple[int, ...], str], ...]
"""Shape and dtype of each parameter."""

_SENT = {"e": "f", "F": "f", "D": "d", "G": "g"}
"""What MPI adds up in the place of a dtype: it has no halves, and complex numbers are pairs."""


class Told(NamedTuple):
    """The sums of what all ranks say besides their gradients.

    Attributes
    ----------
    left, changed : float
        How many have no more steps; how many have other parameters now.
    number, square : float
        Of the layout, and of its square: all have the same where ``number**2 == size * square``.
    weight : float
        Of the gradients.
    due : float
        How many want to compare their parameters.
    """

    left: float = 0
    changed: float = 0
    number: float = 0
    square: float = 0
    weight: float = 0
    due: float = 0


class _Place(NamedTuple):
    """Where a gradient lies: the slice of its buffer, and an array of its shape and dtype over the same memory."""

    slice: slice
    array: Array


class Layout:
    """Buffers for the gradients of some parameters, kept from step to step.

    The first begins with what a rank says (`Told`), and which of its parameters have a gradient.

    Parameters
    ----------
    signature : Signature
        Of the parameters.
    number : int
        By which ranks tell layouts apart.
    """

    def __init__(self, signature: Signature, number: int) -> None:
        self.signature, self.number = signature, number
        self.head = len(Told._fields) + len(signature)
        codes = [np.dtype(dtype).char for _, dtype in signature]
        sent = [_SENT.get(code, code) for code in codes]
        self.kinds = sorted(set(sent), key=lambda code: -np.dtype(code).itemsize) or ["d"]  # ranks speak, in any case
        self.buffers: list[Array] = []
        self.places: list[list[tuple[int, _Place]]] = []
        for kind in self.kinds:
            mine = [i for i, code in enumerate(sent) if code == kind]
            counts = [prod(signature[i][0]) * (2 if codes[i] in "FDG" else 1) for i in mine]
            ends = list(accumulate(counts, initial=0 if self.buffers else self.head))
            buffer = np.zeros(ends[-1], kind)
            spans = [slice(a, b) for a, b in pairwise(ends)]
            self.buffers.append(buffer)
            self.places.append([(i, _Place(s, self.seen(buffer[s], i))) for i, s in zip(mine, spans, strict=True)])

    def seen(self, part: Array, i: int) -> Array:
        """Return a part of a buffer in the shape of a parameter, as complex numbers where it has such."""
        shape, dtype = self.signature[i]
        return (part.view(dtype) if np.dtype(dtype).kind == "c" else part).reshape(shape)

    def put(self, gradients: Sequence[Array | None], weight: float, due: bool) -> None:
        """Write the gradients of this rank into the buffers, times their weight."""
        self.say(Told(number=self.number, square=self.number**2, weight=weight, due=due))
        for places in self.places:
            for i, place in places:
                g = gradients[i]
                if g is None or not weight:
                    place.array[...] = 0
                    continue
                self.buffers[0][len(Told._fields) + i] = 1
                if weight == 1:
                    place.array[...] = g
                else:
                    np.multiply(g, weight, out=place.array, dtype=place.array.dtype)  # not as halves

    def say(self, told: Told) -> None:
        """Write what this rank says, and that it has no gradients yet."""
        self.buffers[0][: self.head] = [*told, *[0] * len(self.signature)]

    def told(self) -> Told:
        """Return what all ranks have said, once the buffers are summed."""
        return Told(*map(float, self.buffers[0][: len(Told._fields)]))

    def means(self, weight: float) -> list[Array | None]:
        """Return new arrays with the sums of all ranks over `weight`; None for what has no gradient on any."""
        found: list[Array | None] = [None] * len(self.signature)
        there = self.buffers[0][len(Told._fields) : self.head] > 0
        for buffer, places in zip(self.buffers, self.places, strict=True):
            mean = buffer / weight
            for i, place in places:
                if there[i]:
                    found[i] = self.seen(mean[place.slice], i).astype(self.signature[i][1], copy=False)
        return found


def signature_of(arrays: Sequence[Any]) -> Signature:
    """Return shape and dtype of each of some Tensors or arrays."""
    return tuple([(tuple(x.shape), str(x.dtype)) for x in arrays])


def difference(signatures: Sequence[Signature]) -> str:
    """Return what a message says of ranks that have not all the same."""
    first = signatures[0]
    other = next(i for i, signature in enumerate(signatures) if signature != first)
    counts = len(first), len(signatures[other])
    if counts[0] != counts[1]:
        return f"rank 0 has {counts[0]} and rank {other} has {counts[1]} of them"
    place = next(i for i, pair in enumerate(zip(first, signatures[other], strict=True)) if pair[0] != pair[1])
    (shape, dtype), (shape_there, dtype_there) = first[place], signatures[other][place]
    return f"number {place} is {dtype} of {shape} on rank 0 and {dtype_there} of {shape_there} on rank {other}"
