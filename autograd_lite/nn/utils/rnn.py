"""Sequences of different lengths: padded to the longest, or packed, the rows of each step behind each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.later import listing
from autograd_lite.base.shapes import Array
from autograd_lite.engine.operands import with_shape
from autograd_lite.rules.common import settled
from autograd_lite.rules.indexing import getitem, scatter


class PackedSequence(NamedTuple):
    """Sequences without padding: the rows of the first step, those of the second, and so on, longest sequence first.

    Made by `pack_padded_sequence` and `pack_sequence`, taken and returned by `RNN`, `LSTM` and `GRU`.

    Attributes
    ----------
    data : Tensor or array, shape (rows, ...)
        All elements.
    batch_sizes : array of int
        How many sequences have each step.
    sorted_indices, unsorted_indices : array of int or None
        Which sequence stands where, and where each one stands; None where they were sorted already.

    Examples
    --------
    >>> packed = pack_sequence([np.array([1, 2, 3]), np.array([4, 5]), np.array([6])])
    >>> packed.data, packed.batch_sizes
    (array([1, 4, 6, 2, 5, 3]), array([3, 2, 1]))
    """

    data: Any
    batch_sizes: Any
    sorted_indices: Any = None
    unsorted_indices: Any = None


def _lengths(given: Any, count: int, most: int, what: str) -> Array:
    """Return the lengths of sequences, whole numbers of at least 1, one for each."""
    lengths: Array = settled(given, what)
    fits = lengths.ndim == 1 and lengths.dtype.kind in "iu" and len(lengths) == count
    if not (fits and (lengths >= 1).all() and (lengths <= most).all()):
        raise errors.ArgumentError(errors.SEQUENCE_LENGTHS.format(what=what, count=count, most=most))
    return lengths


def _places(batch_sizes: Array, order: Any) -> tuple[Array, Array]:
    """Return of which step, and of which sequence, each row is."""
    steps = np.repeat(np.arange(len(batch_sizes)), batch_sizes)
    begins = np.cumsum(batch_sizes) - batch_sizes
    sequences = np.arange(len(steps)) - begins[steps]
    return steps, sequences if order is None else order[sequences]


def pack_padded_sequence(
    input: Array,  # noqa: A002 - PyTorch's name
    lengths: Any,
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Return padded sequences without their padding.

    Parameters
    ----------
    input : Tensor or array, shape (steps, batch, ...) or (batch, steps, ...)
        The sequences.
    lengths : sequence of int
        How many steps each one has.
    batch_first : bool
        Which of the two shapes `input` has.
    enforce_sorted : bool
        Whether the longest sequence has to come first; if not they are sorted, and again as they were by
        `pad_packed_sequence`.

    Raises
    ------
    ArgumentError
        Lengths that do not belong to `input`, or are not sorted.

    Examples
    --------
    >>> pack_padded_sequence(np.array([[1, 4], [2, 5], [3, 0]]), [3, 2]).data
    array([1, 4, 2, 5, 3])
    """
    x: Array = with_shape(input)
    if len(x.shape) < 2:  # noqa: PLR2004 - steps and batch
        raise errors.ShapeError(errors.SEQUENCE_SHAPE.format(what="pack_padded_sequence()", given=tuple(x.shape)))
    most, count = (x.shape[1], x.shape[0]) if batch_first else x.shape[:2]
    sizes = _lengths(lengths, count, most, "pack_padded_sequence()")
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
    elif (sizes[1:] > sizes[:-1]).any():
        raise errors.ArgumentError(errors.SEQUENCE_ORDER)
    batch_sizes = (np.arange(sizes.max(initial=0))[:, None] < sizes).sum(1)
    steps, sequences = _places(batch_sizes, order)
    data = getitem(x, key=(sequences, steps) if batch_first else (steps, sequences))
    return PackedSequence(data, batch_sizes, order, None if order is None else np.argsort(order))


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Array, Array]:
    """Return packed sequences side by side, with padding, and their lengths; what `pack_padded_sequence` undoes.

    Parameters
    ----------
    sequence : PackedSequence
        What is to be padded.
    batch_first : bool
        Whether the shape is (batch, steps, ...) and not (steps, batch, ...).
    padding_value : float
        What stands behind the end of a sequence.
    total_length : int, optional
        How many steps there shall be; by default those of the longest sequence.

    Examples
    --------
    >>> pad_packed_sequence(pack_sequence([np.array([1, 2, 3]), np.array([4])]), batch_first=True)
    (array([[1, 2, 3],
           [4, 0, 0]]), array([3, 1]))
    """
    batch_sizes, longest = sequence.batch_sizes, len(sequence.batch_sizes)
    length = longest if total_length is None else total_length
    if length < longest:
        raise errors.ArgumentError(errors.TOTAL_LENGTH.format(given=total_length, least=longest))
    steps, sequences = _places(batch_sizes, sequence.sorted_indices)
    count = int(batch_sizes[0]) if longest else 0
    padded = _placed(sequence.data, steps, sequences, (length, count), batch_first, padding_value)
    return padded, np.bincount(sequences, minlength=count)


def _placed(rows: Array, steps: Array, sequences: Array, sizes: Sequence[int], batch_first: bool, value: Any) -> Array:
    """Return rows at their places, and a value everywhere else."""
    key = (sequences, steps) if batch_first else (steps, sequences)
    shape = tuple(sizes[::-1]) if batch_first else tuple(sizes)
    rows = with_shape(rows)
    padded = scatter(rows, key=key, shape=(*shape, *rows.shape[1:]))
    if not value:
        return padded
    filled = np.zeros(shape, bool)
    filled[key] = True
    return np.where(filled.reshape((*shape, *(1,) * (len(rows.shape) - 1))), padded, np.asarray(value, padded.dtype))


def pad_sequence(
    sequences: Iterable[Array], batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Array:
    """Return sequences of different lengths side by side, with padding.

    Parameters
    ----------
    sequences : iterable of Tensors or arrays, shape (steps, ...)
        The sequences, which differ in their first axis alone.
    batch_first : bool
        Whether the shape is (batch, steps, ...) and not (steps, batch, ...).
    padding_value : float
        What stands behind the end of a sequence.
    padding_side : {'right', 'left'}
        Whether behind it, or before its beginning.

    Examples
    --------
    >>> pad_sequence([np.array([1, 2, 3]), np.array([4])], batch_first=True)
    array([[1, 2, 3],
           [4, 0, 0]])
    """
    if padding_side not in ("right", "left"):
        raise errors.ArgumentError(errors.PADDING_SIDE.format(given=padding_side))
    given = [with_shape(s) for s in sequences]
    if not given or not all(len(s.shape) and s.shape[1:] == given[0].shape[1:] for s in given):
        shapes = ", ".join(str(tuple(s.shape)) for s in given) or "none"
        raise errors.ShapeError(errors.SEQUENCES.format(what="pad_sequence()", given=shapes))
    lengths = [s.shape[0] for s in given]
    longest = max(lengths)
    steps = [np.arange(n) + (longest - n if padding_side == "left" else 0) for n in lengths]
    places = np.concatenate(steps), np.repeat(np.arange(len(given)), lengths)
    return _placed(np.concatenate(given), *places, (longest, len(given)), batch_first, padding_value)


def unpad_sequence(padded_sequences: Array, lengths: Any, batch_first: bool = False) -> list[Array]:
    """Return padded sequences each by itself, without padding; what `pad_sequence` undoes.

    Examples
    --------
    >>> unpad_sequence(np.array([[1, 4], [2, 0]]), [2, 1])
    [array([1, 2]), array([4])]
    """
    x: Array = with_shape(padded_sequences)
    most, count = (x.shape[1], x.shape[0]) if batch_first else x.shape[:2]
    sizes = _lengths(lengths, count, most, "unpad_sequence()").tolist()
    return [x[i, :n] if batch_first else x[:n, i] for i, n in enumerate(sizes)]


def pack_sequence(sequences: Iterable[Array], enforce_sorted: bool = True) -> PackedSequence:
    """Return sequences of different lengths packed. See `pack_padded_sequence`.

    Examples
    --------
    >>> pack_sequence([np.array([1]), np.array([2, 3])], enforce_sorted=False).data
    array([2, 1, 3])
    """
    given = [with_shape(s) for s in sequences]
    return pack_padded_sequence(pad_sequence(given), [s.shape[0] for s in given], enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Array]:
    """Return the sequences each by itself; what `pack_sequence` undoes.

    Examples
    --------
    >>> unpack_sequence(pack_sequence([np.array([1, 2]), np.array([3])]))
    [array([1, 2]), array([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)


__all__ = [
    "PackedSequence", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence", "unpack_sequence",
    "unpad_sequence",
]  # fmt: skip
__dir__ = listing(__name__)
