"""Rows of a table by their numbers: embeddings, bags of them, and numbers as rows of zeros with a one."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.shapes import A, Array
from autograd_lite.engine.operands import value_of, with_shape
from autograd_lite.engine.record import Handle, make_tensor
from autograd_lite.engine.switch import no_grad
from autograd_lite.engine.watchpoints import verify
from autograd_lite.rules.common import detached
from autograd_lite.rules.indexing import freeze, getitem, scatter
from autograd_lite.tensor.tensor import Tensor

_MATRIX = 2


def embedding(
    input: Array,  # noqa: A002 - PyTorch's name
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """Return rows of a table: ``weight[input]``.

    Parameters
    ----------
    input : array of whole numbers, of any shape
        Which rows.
    weight : Tensor or array, shape (rows, size)
        The table.
    padding_idx : int, optional
        A row that stands for nothing and has no gradient.
    max_norm : float, optional
        Rows that are asked for and longer than this are made so long, in `weight` itself.
    norm_type : float
        The power of the norm of `max_norm`.
    scale_grad_by_freq : bool
        Whether the gradient of a row is divided by how often it is asked for.
    sparse : bool
        Only False: gradients are arrays.

    Returns
    -------
    Tensor or array, shape (..., size)
        The shape of `input`, and behind it that of a row.

    Raises
    ------
    ArgumentError, IndexError
        What is no number of a row.

    Notes
    -----
    The gradient adds up what comes to a row, equal rows brought next to each other first.

    Examples
    --------
    >>> embedding(np.array([[0, 2]]), np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    array([[[1., 2.],
            [5., 6.]]])
    """
    what = "embedding()"
    key, weight, padding = _asked(input, weight, padding_idx, sparse, what)
    if max_norm is not None:
        _shorten(weight, key, max_norm, norm_type)
    return _rows(weight, key, padding, scale_grad_by_freq)


def _asked(given: Any, weight: Any, padding: Any, sparse: bool, what: str) -> tuple[Array, Array, int | None]:
    """Return indices, table and padding, refused where they do not fit each other."""
    if sparse:
        raise errors.ArgumentError(errors.SPARSE_GRADIENT.format(what=what))
    key, weight = freeze(value_of(given)), with_shape(weight)
    if foreign(key) is not None and foreign(weight) is None:
        key = np.asarray(key)  # as indexing of NumPy's array does, of whose rows there is no other
    if key.dtype.kind not in "iu":
        raise errors.ArgumentError(errors.EMBEDDING_KIND.format(what=what, given=f"dtype {key.dtype}"))
    if len(weight.shape) != _MATRIX:
        raise errors.ShapeError(errors.EMBEDDING_WEIGHT.format(what=what, given=tuple(weight.shape)))
    rows = weight.shape[0]
    verify((key >= 0) & (key < rows), errors.EMBEDDING_RANGE.format(what=what, rows=rows, last=rows - 1), IndexError)
    return key, weight, padding_row(padding, rows, what)


def padding_row(padding: Any, rows: int, what: str) -> int | None:
    """Return the number of the row for padding, counted from the first; refused where there is none."""
    if padding is None:
        return None
    if not isinstance(padding, (int, np.integer)) or not -rows <= padding < rows:
        said = {"given": padding, "what": what, "rows": rows, "least": -rows, "last": rows - 1}
        raise errors.ArgumentError(errors.PADDING_INDEX.format(**said))
    return int(padding) % rows


def _shorten(weight: Array, key: Array, most: float, power: float) -> None:
    """Write rows that are longer than `most` back into the table, so long."""
    with no_grad():
        rows = getitem(detached(weight), key=key)
        lengths = np.linalg.norm(rows, power, axis=-1, keepdims=True)
        weight[key] = np.where(lengths > most, rows * (most / (lengths + 1e-7)), rows).astype(weight.dtype)


def _rows(weight: Array, key: Array, padding: int | None, by_count: bool) -> Array:
    """Return the rows asked for. That of padding is a constant, and so is a part of those that are asked for often."""
    rows = getitem(weight, key=key)
    if by_count:
        shares = _reciprocal_counts(key, weight.shape[0]).astype(rows.dtype)[..., None]
        rows = shares * rows + detached((1 - shares) * detached(rows))
    if padding is not None:
        rows = np.where((key == padding)[..., None], detached(rows), rows)
    return rows


def _reciprocal_counts(key: Array, count: int) -> Array:
    """Return one by how often each index occurs."""
    times = scatter(np.ones(key.shape), key=key, shape=(count,))
    return 1 / getitem(times, key=key)


def embedding_bag(
    input: Array,  # noqa: A002 - PyTorch's name
    weight: Array,
    offsets: Array | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Array | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """Return sums, means or maxima of rows of a table, one for each bag of numbers of rows.

    Parameters
    ----------
    input : array of whole numbers, shape (bags, length) or (n,)
        Which rows; of one axis with `offsets`.
    weight : Tensor or array, shape (rows, size)
        The table.
    offsets : array of whole numbers, shape (bags,), optional
        Where each bag begins in `input`, which then has one axis.
    max_norm, norm_type, scale_grad_by_freq, sparse
        As for `embedding`.
    mode : {'mean', 'sum', 'max'}
        What is made of the rows of a bag. Of an empty one it is 0.
    per_sample_weights : Tensor or array, of the shape of `input`, optional
        Factors of the rows, with ``mode='sum'``.
    include_last_offset : bool
        Whether `offsets` ends with where the last bag does.
    padding_idx : int, optional
        A row that is left out.

    Returns
    -------
    Tensor or array, shape (bags, size)
        A row for each bag.

    Notes
    -----
    Where several rows of a bag have the maximum the first one has the derivative.

    Examples
    --------
    >>> table = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> embedding_bag(np.array([0, 2, 1]), table, np.array([0, 2]))
    array([[3., 4.],
           [3., 4.]])
    """
    what = "embedding_bag()"
    if mode not in ("sum", "mean", "max"):
        raise errors.ArgumentError(errors.BAG_MODE.format(given=mode, what=what))
    key, weight, padding = _asked(input, weight, padding_idx, sparse, what)
    weights = _factors(per_sample_weights, key, mode, what)
    if max_norm is not None:
        _shorten(weight, key, max_norm, norm_type)
    counted = key != padding if padding is not None else np.ones(key.shape, bool)
    rows = _rows(weight, key, padding, scale_grad_by_freq)
    rows = rows if weights is None else rows * weights[..., None]
    if len(key.shape) == _MATRIX and offsets is None:
        return _of_rows(rows, counted, mode)
    begins = _begins(key, offsets, include_last_offset, what)
    if mode == "max":
        return _largest_of_bags(rows, counted, begins, what)
    count = begins.shape[0]
    bags = np.searchsorted(begins, np.arange(key.shape[0]), "right") - 1
    kept = np.where(counted[:, None], rows, 0)
    sums = scatter(kept, key=bags, shape=(count, rows.shape[-1]))
    return sums if mode == "sum" else sums / _counts(scatter(counted * 1, key=bags, shape=(count,)), sums)


def _factors(given: Any, key: Array, mode: str, what: str) -> Array | None:
    if given is None:
        return None
    weights = with_shape(given)
    if mode != "sum" or tuple(weights.shape) != tuple(key.shape):
        said = {"what": what, "given": tuple(weights.shape), "mode": mode, "indices": tuple(key.shape)}
        raise errors.ArgumentError(errors.BAG_WEIGHTS.format(**said))
    return weights


def _begins(key: Array, offsets: Any, ended: bool, what: str) -> Array:
    """Return where each bag begins."""
    if len(key.shape) != 1 or offsets is None or len(np.shape(offsets)) != 1:
        said = f"and {'no ' if offsets is None else ''}offsets"
        raise errors.ShapeError(errors.BAG_OFFSETS.format(what=what, given=tuple(key.shape), offsets=said))
    begins = freeze(value_of(offsets))
    begins = begins[:-1] if ended else begins
    count = key.shape[0]
    fits = (begins[:1] == 0).all() & (begins[1:] >= begins[:-1]).all() & (begins <= count).all()
    verify(fits, errors.BAG_ORDER.format(what=what, count=count), errors.ArgumentError)
    return begins


def _counts(counts: Array, sums: Array) -> Array:
    return np.maximum(counts, 1).astype(sums.dtype)[:, None]


def _of_rows(rows: Array, counted: Array, mode: str) -> Array:
    """Return what is made of the rows of bags, (bags, length, size), of which some do not count."""
    if mode == "max":
        return _largest(rows, counted)
    sums = np.sum(np.where(counted[..., None], rows, 0), axis=1)
    return sums if mode == "sum" else sums / _counts(np.sum(counted, axis=1), sums)


def _largest(rows: Array, counted: Array) -> Array:
    """Return the maxima of bags, the first of equal ones; 0 of those where nothing counts."""
    if not rows.shape[1]:
        return np.zeros((rows.shape[0], rows.shape[2]), rows.dtype)
    at = np.argmax(np.where(counted[..., None], detached(rows), -np.inf), axis=1)
    largest = np.take_along_axis(rows, at[:, None], 1)[:, 0]
    return np.where(np.any(counted, axis=1)[:, None], largest, 0)


def _largest_of_bags(rows: Array, counted: Array, begins: Array, what: str) -> Array:
    """Return the maxima of bags that follow each other, written side by side."""
    if not isinstance(begins, np.ndarray):
        raise errors.ArgumentError(errors.BAG_MAX_TRACED.format(what=what))
    count = rows.shape[0]
    lengths = np.diff(np.append(begins, count))
    at = begins[:, None] + np.arange(max(lengths.max(initial=0), 0))
    inside = at < (begins + lengths)[:, None]
    at = np.minimum(at, max(count - 1, 0))
    return _largest(getitem(rows, key=at), inside & getitem(counted, key=at))


def one_hot(tensor: A, num_classes: int = -1) -> A:
    """Return whole numbers as rows of zeros with a one in their place.

    Parameters
    ----------
    tensor : Tensor or array of whole numbers, of any shape
        Numbers from 0 on.
    num_classes : int
        The length of a row; -1 for one more than the largest number.

    Returns
    -------
    Tensor or array of int64, shape (..., num_classes)
        A row for each number.

    Examples
    --------
    >>> one_hot(np.array([0, 2]))
    array([[1, 0, 0],
           [0, 0, 1]])
    """
    classes = value_of(tensor)
    if classes.dtype.kind not in "iu":
        raise errors.ArgumentError(errors.EMBEDDING_KIND.format(what="one_hot()", given=f"dtype {classes.dtype}"))
    count = int(classes.max()) + 1 if num_classes == -1 else num_classes
    said = errors.CLASS_COUNT.format(classes=count, instead="1 + classes.max()")
    verify((classes >= 0) & (classes < count), said, errors.ArgumentError)
    rows = (classes[..., None] == np.arange(count)).astype(np.int64)
    return make_tensor(rows) if isinstance(tensor, Handle) else rows
