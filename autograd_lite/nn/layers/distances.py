"""Distances, and the bilinear map."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.nn import functional
from autograd_lite.nn.layers.linear import draw, is_size
from autograd_lite.nn.layers.shown import Shown
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor


class Bilinear(Module):
    """``y_k = x1 W_k x2 + b_k``: linear in each of two inputs. See `functional.bilinear`.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        The lengths of both inputs, and of the result.
    bias : bool
        Whether `b` is there.
    rng : numpy.random.Generator or int, optional
        Where the initial values come from, or its seed; by default the generator of `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of weight and bias: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (out_features, in1_features, in2_features)
        Uniform between plus and minus ``1 / sqrt(in1_features)`` at first, as PyTorch's; so is the bias.
    bias : Parameter or None, shape (out_features,)

    Examples
    --------
    >>> Bilinear(2, 3, 4)(np.ones((5, 2)), np.ones((5, 3))).shape
    (5, 4)
    """

    def __init__(
        self, in1_features: int, in2_features: int, out_features: int, bias: bool = True, *, rng: Any = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        sizes = in1_features, in2_features, out_features
        if not all(map(is_size, sizes)):
            raise errors.ArgumentError(errors.BILINEAR_SIZES.format(given=sizes))
        self.in1_features, self.in2_features, self.out_features = sizes
        self.weight = Parameter(np.zeros((out_features, in1_features, in2_features), dtype))
        self.bias = Parameter(np.zeros(out_features, dtype)) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        draw(self, self.in1_features, rng)

    def forward(self, input1: Any, input2: Any) -> Tensor:
        return functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        sizes = f"in1_features={self.in1_features}, in2_features={self.in2_features}"
        return f"{sizes}, out_features={self.out_features}, bias={self.bias is not None}"


class CosineSimilarity(Shown):
    """The cosine of the angle between vectors. See `functional.cosine_similarity`.

    Parameters
    ----------
    dim, eps
        As of that function.

    Examples
    --------
    >>> CosineSimilarity()(np.array([[3.0, 4.0]]), np.array([[4.0, 3.0]]))
    array([0.96])
    """

    _shown = ("dim", "eps")

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The lengths of differences of vectors. See `functional.pairwise_distance`.

    Parameters
    ----------
    p, eps, keepdim
        As of that function.

    Examples
    --------
    >>> PairwiseDistance(eps=0.0)(np.array([[3.0, 4.0]]), np.zeros((1, 2)))
    array([5.])
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Any, x2: Any) -> Tensor:
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)

    def extra_repr(self) -> str:
        return f"p={self.norm}, eps={self.eps}, keepdim={self.keepdim}"
