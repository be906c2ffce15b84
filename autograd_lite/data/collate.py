"""Examples put together as a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import defines
from autograd_lite.engine.record import Handle
from autograd_lite.functions.joined import stack
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tree import is_named, sequence_like


def default_collate(batch: Sequence[Any]) -> Any:
    """Return examples as a batch: Tensors, arrays and numbers with a new first axis, and what they are parts of alike.

    Parameters
    ----------
    batch : sequence
        Examples that are built alike: Tensors, arrays, numbers, texts, or dicts, tuples, lists and dataclasses of them.

    Returns
    -------
    Tensor, list, dict or dataclass
        Tensors for arrays and numbers, whole ones int64 and others float64; texts as they are; a list for tuples and
        lists, with a batch for each place; a named tuple, a dict, and an object of the same dataclass, of the same
        names.

    Raises
    ------
    ShapeError
        Arrays of several shapes.
    DataError
        What is none of these.

    Examples
    --------
    >>> default_collate([({"x": np.ones(2)}, 0), ({"x": np.zeros(2)}, 1)])
    [{'x': Tensor([[1., 1.],
            [0., 0.]], dtype=float64)}, Tensor([0, 1], dtype=int64)]
    """
    first = batch[0]
    if isinstance(first, (Handle, np.ndarray)):
        return _stacked(batch)
    if isinstance(first, (str, bytes)):
        _check_kinds(batch, (str, bytes))
        return batch
    if isinstance(first, _NUMBERS):
        _check_kinds(batch, (*_NUMBERS, Handle, np.ndarray))
        return Tensor(np.asarray(batch))
    if isinstance(first, Mapping):
        _check_names(batch)
        return {key: default_collate([example[key] for example in batch]) for key in first}
    if isinstance(first, (tuple, list)):
        _check_kinds(batch, (tuple, list))
        return _by_place(batch)
    if defines(type(first), "__dataclass_fields__"):
        _check_kinds(batch, (type(first),))
        return _by_field(batch)
    raise errors.DataError(errors.COLLATE_KIND.format(given=type(first).__name__))


_NUMBERS = (bool, int, float, complex, np.generic)


def _check_kinds(batch: Sequence[Any], known: tuple[type, ...]) -> None:
    for kind in set(map(type, batch)):
        if not issubclass(kind, known) or (issubclass(kind, np.ndarray) and defines(kind, "mask")):
            text = errors.COLLATE_MIXED.format(first=type(batch[0]).__name__, other=kind.__name__)
            raise errors.DataError(text)


def _check_names(batch: Sequence[Any]) -> None:
    _check_kinds(batch, (Mapping,))
    names = batch[0].keys()
    for example in batch:
        if example.keys() != names:
            odd = [name for name in {**batch[0], **example} if (name in example) != (name in names)]
            raise errors.DataError(errors.COLLATE_KEYS.format(names=", ".join(map(repr, odd))))


def _stacked(batch: Sequence[Any]) -> Tensor:
    shapes = dict.fromkeys(np.shape(x) for x in batch)
    if len(shapes) > 1:
        raise errors.ShapeError(errors.COLLATE_SHAPES.format(shapes=" and ".join(map(str, list(shapes)[:2]))))
    if any(isinstance(x, Handle) for x in batch):
        return stack(list(batch))
    return Tensor(np.stack(batch))


def _by_field(batch: Sequence[Any]) -> Any:
    """Return examples of a dataclass as one; what is declared as a setting of it stays that of the first."""
    return _with_fields(batch[0], lambda name: default_collate([getattr(example, name) for example in batch]))


def _with_fields(x: Any, value: Callable[[str], Any]) -> Any:
    """Return an object of a dataclass with other values; without ``__init__``, which may convert or refuse them."""
    from dataclasses import fields  # noqa: PLC0415 - there, since there is such a class, and else costs an import

    made = copy(x)
    for field in fields(x):
        if not field.metadata.get("static"):
            object.__setattr__(made, field.name, value(field.name))
    return made


def batch_like(x: Any) -> Any:
    """Return what is built as an example, with batches for leaves, as `default_collate` builds it: lists for tuples.

    Examples
    --------
    >>> batch_like(({"a": 1}, 2))
    [{'a': 1}, 2]
    """
    if isinstance(x, dict):
        return {key: batch_like(part) for key, part in x.items()}
    if isinstance(x, (tuple, list)):
        parts = [batch_like(part) for part in x]
        return sequence_like(x, parts) if is_named(type(x)) else parts
    if defines(type(x), "__dataclass_fields__"):
        return _with_fields(x, lambda name: batch_like(getattr(x, name)))
    return x


def _by_place(batch: Sequence[Any]) -> Any:
    first, lengths = batch[0], {len(example) for example in batch}
    if len(lengths) > 1:
        raise errors.ShapeError(errors.COLLATE_SHAPES.format(shapes=" and ".join(map(str, sorted(lengths)[:2]))))
    parts = [default_collate(part) for part in zip(*batch, strict=True)]
    return sequence_like(first, parts) if is_named(type(first)) else parts
