"""Tables of rows that are learned, asked for by number: one by one, or as sums, means and maxima of bags."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.operands import with_shape
from autograd_lite.nn import functional, init
from autograd_lite.nn.functional.embeddings import padding_row
from autograd_lite.nn.layers.linear import is_size
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor


class _Table(Module):
    weight: Parameter
    padding_idx: int | None
    max_norm: float | None

    def _set(self, num_embeddings: int, embedding_dim: int, padding: Any, norm: Any, rng: Any, dtype: Any) -> None:
        name = type(self).__name__
        sizes = num_embeddings, embedding_dim
        if not all(map(is_size, sizes)):
            raise errors.ArgumentError(errors.EMBEDDING_SIZES.format(what=f"{name}()", given=sizes, layer=name))
        self.num_embeddings, self.embedding_dim = sizes
        self.padding_idx = padding_row(padding, num_embeddings, f"{name}()")
        self.max_norm, self.norm_type, self.scale_grad_by_freq = norm
        self.weight = Parameter(np.zeros(sizes, dtype), name="weight")
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew; the row for padding is 0."""
        init.normal_(self.weight, rng=rng)
        if self.padding_idx is not None:
            values = self.weight.detach().numpy().copy()
            values[self.padding_idx] = 0
            self.weight.assign(values)

    def _take(self, embeddings: Any, freeze: bool) -> Self:
        self.weight = Parameter(embeddings, name="weight")
        self.weight.requires_grad = not freeze
        return self

    def extra_repr(self) -> str:
        shown = f"{self.num_embeddings}, {self.embedding_dim}"
        for name, default in (("padding_idx", None), ("max_norm", None), ("norm_type", 2.0)):
            value = getattr(self, name)
            shown += "" if value == default else f", {name}={value}"
        return shown + (", scale_grad_by_freq=True" if self.scale_grad_by_freq else "")


class Embedding(_Table):
    """A table of rows that are asked for by number: ``weight[input]``. See `functional.embedding`.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        How many rows there are, and how long one is.
    padding_idx : int, optional
        A row that stands for nothing: 0 at first, without a gradient.
    max_norm : float, optional
        Rows that are asked for and longer are made so long.
    norm_type : float
        The power of that norm.
    scale_grad_by_freq : bool
        Whether the gradient of a row is divided by how often it is asked for.
    sparse : bool
        Only False.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of the table: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (num_embeddings, embedding_dim)
        The table: normal random numbers of mean 0 and variance 1 at first.

    Examples
    --------
    >>> layer = Embedding(10, 3, padding_idx=0)
    >>> layer
    Embedding(10, 3, padding_idx=0)
    >>> layer(np.array([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    (2, 4, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False, *, rng: Any = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self.sparse = sparse
        norm = max_norm, norm_type, scale_grad_by_freq
        self._set(num_embeddings, embedding_dim, padding_idx, norm, rng, dtype)

    @classmethod
    def from_pretrained(
        cls, embeddings: Array, freeze: bool = True, padding_idx: int | None = None, max_norm: float | None = None,
        norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
    ) -> Self:  # fmt: skip
        """Return a layer whose table is given, and learns nothing unless ``freeze=False``.

        Examples
        --------
        >>> Embedding.from_pretrained(np.array([[1.0, 2.0], [3.0, 4.0]]))(np.array([1]))
        Tensor([[3., 4.]], dtype=float64, op=getitem)
        """
        rows, size = _shape(embeddings, "Embedding.from_pretrained()")
        layer = cls(rows, size, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, rng=0)
        return layer._take(embeddings, freeze)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )


class EmbeddingBag(_Table):
    """Sums, means or maxima of rows of a table, one for each bag of numbers. See `functional.embedding_bag`.

    Parameters
    ----------
    num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, sparse
        As for `Embedding`.
    mode : {'mean', 'sum', 'max'}
        What is made of the rows of a bag.
    include_last_offset : bool
        Whether `offsets` ends with where the last bag does.
    padding_idx : int, optional
        A row that is left out.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of the table: float64 by default.

    Examples
    --------
    >>> layer = EmbeddingBag(10, 3, mode="sum")
    >>> layer(np.array([1, 2, 4, 5, 4]), np.array([0, 2])).shape
    (2, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, include_last_offset: bool = False,
        padding_idx: int | None = None, *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        if mode not in ("sum", "mean", "max"):
            raise errors.ArgumentError(errors.BAG_MODE.format(given=mode, what="EmbeddingBag()"))
        self.mode, self.sparse, self.include_last_offset = mode, sparse, include_last_offset
        norm = max_norm, norm_type, scale_grad_by_freq
        self._set(num_embeddings, embedding_dim, padding_idx, norm, rng, dtype)

    @classmethod
    def from_pretrained(
        cls, embeddings: Array, freeze: bool = True, max_norm: float | None = None, norm_type: float = 2.0,
        scale_grad_by_freq: bool = False, mode: str = "mean", sparse: bool = False, include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:  # fmt: skip
        """Return a layer whose table is given, and learns nothing unless ``freeze=False``.

        Examples
        --------
        >>> EmbeddingBag.from_pretrained(np.array([[1.0, 2.0], [3.0, 4.0]]))(np.array([[0, 1]]))
        Tensor([[2., 3.]], dtype=float64, op=divide)
        """
        rows, size = _shape(embeddings, "EmbeddingBag.from_pretrained()")
        settings = scale_grad_by_freq, mode, sparse, include_last_offset, padding_idx
        return cls(rows, size, max_norm, norm_type, *settings, rng=0)._take(embeddings, freeze)

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Tensor:  # noqa: A002
        return functional.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode,
            self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, mode={self.mode!r}"


def _shape(embeddings: Any, what: str) -> tuple[int, int]:
    shape = np.shape(with_shape(embeddings))
    if len(shape) != 2:  # noqa: PLR2004 - (rows, size)
        raise errors.ShapeError(errors.EMBEDDING_WEIGHT.format(what=what, given=shape))
    return shape
