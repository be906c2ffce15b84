"""Dropout as layers: what is left out at random is drawn anew at each call in training; after `eval` nothing is."""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.generators import kept
from autograd_lite.nn import functional
from autograd_lite.nn.functional.dropouts import probability
from autograd_lite.nn.layers.shown import Shown
from autograd_lite.tensor.tensor import Tensor


class _Dropout(Shown):
    _function: Any
    _shown = ("p", "inplace")

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Any = None) -> None:
        self.p, self.inplace = probability(p, f"{type(self).__name__}()"), inplace
        self.rng = kept(rng)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        result: Tensor = type(self)._function(input, self.p, self.training, self.inplace, rng=self.rng)
        return result


class Dropout(_Dropout):
    """In training each number is 0 with probability `p`, and else divided by ``1 - p``; after `eval` nothing changes.

    Parameters
    ----------
    p : float
        The probability of 0.
    inplace : bool
        Whether the input is written to, and is the result.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=0)
    >>> layer(np.ones(6))
    array([2., 2., 2., 0., 0., 0.])
    >>> layer.eval()(np.ones(2))
    array([1., 1.])
    """

    _function = staticmethod(functional.dropout)


class Dropout1d(_Dropout):
    """`Dropout` of whole channels, shape (batch, channels, length) or (channels, length).

    Examples
    --------
    >>> Dropout1d(rng=0)(np.ones((2, 2, 1))).ravel()
    array([2., 2., 2., 0.])
    """

    _function = staticmethod(functional.dropout1d)


class Dropout2d(_Dropout):
    """`Dropout` of whole channels, shape (batch, channels, rows, columns).

    Examples
    --------
    >>> Dropout2d(rng=0)(np.ones((2, 2, 1, 1))).ravel()
    array([2., 2., 2., 0.])
    """

    _function = staticmethod(functional.dropout2d)


class Dropout3d(_Dropout):
    """`Dropout` of whole channels, shape (batch, channels, depth, rows, columns), or without a batch.

    Examples
    --------
    >>> Dropout3d(rng=0)(np.ones((4, 1, 1, 1))).ravel()
    array([2., 2., 2., 0.])
    """

    _function = staticmethod(functional.dropout3d)


class AlphaDropout(_Dropout):
    """In training each number is, with probability `p`, what `SELU` has far below 0: mean 0 and variance 1 stay.

    Examples
    --------
    >>> AlphaDropout(rng=0)(np.zeros(4)).round(4)
    array([ 0.7792,  0.7792,  0.7792, -0.7792])
    """

    _function = staticmethod(functional.alpha_dropout)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels, shape (batch, channels, ...).

    Examples
    --------
    >>> FeatureAlphaDropout(rng=0)(np.zeros((2, 2, 1))).round(4).ravel()
    array([ 0.7792,  0.7792,  0.7792, -0.7792])
    """

    _function = staticmethod(functional.feature_alpha_dropout)
