"""Smooth activations, and shares."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.nn import functional
from autograd_lite.nn.layers.shown import Along, InPlace, Plain, Shares, Shown
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor


class GELU(Shown):
    """``y = x Phi(x)``, with the distribution of standard normal numbers. See `functional.gelu`.

    Parameters
    ----------
    approximate : str
        ``"tanh"`` for the formula with a hyperbolic tangent.

    Examples
    --------
    >>> GELU()(np.array([-1.0, 1.0])).round(4)
    array([-0.1587,  0.8413])
    """

    _shown = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.gelu(input, self.approximate)


class SiLU(InPlace):
    """``y = x sigmoid(x)``, element by element. See `functional.silu`.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> SiLU()(np.array([0.0, np.log(3)])).round(4)
    array([0.   , 0.824])
    """

    _function = staticmethod(functional.silu)


class Mish(InPlace):
    """``y = x tanh(softplus(x))``, element by element. See `functional.mish`.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> Mish()(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.8651])
    """

    _function = staticmethod(functional.mish)


class Softplus(Shown):
    """``y = log(1 + exp(beta x)) / beta``, element by element. See `functional.softplus`.

    Parameters
    ----------
    beta : float
        How sharp the bend is.
    threshold : float
        Where ``beta x`` is larger the result is ``x``.

    Examples
    --------
    >>> Softplus()(np.array([0.0, 100.0])).round(4)
    array([  0.6931, 100.    ])
    """

    _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.softplus(input, self.beta, self.threshold)


class LogSigmoid(Plain):
    """``y = log(sigmoid(x))``, element by element. See `functional.logsigmoid`.

    Examples
    --------
    >>> LogSigmoid()(np.array([-1000.0, 0.0])).round(4)
    array([-1.000e+03, -6.931e-01])
    """

    _function = staticmethod(functional.logsigmoid)


class Softsign(Plain):
    """``y = x / (1 + |x|)``, element by element. See `functional.softsign`.

    Examples
    --------
    >>> Softsign()(np.array([-1.0, 3.0]))
    array([-0.5 ,  0.75])
    """

    _function = staticmethod(functional.softsign)


class Tanhshrink(Plain):
    """``y = x - tanh(x)``, element by element. See `functional.tanhshrink`.

    Examples
    --------
    >>> Tanhshrink()(np.array([0.0, np.log(2)])).round(4)
    array([0.    , 0.0931])
    """

    _function = staticmethod(functional.tanhshrink)


class Softmin(Shares):
    """``y = softmax(-x)``. See `functional.softmin`.

    Parameters
    ----------
    dim : int, optional
        Along which the results sum to 1; by default as of `functional.softmax`.

    Examples
    --------
    >>> Softmin()(np.array([0.0, np.log(3)]))
    array([0.75, 0.25])
    """

    _function = staticmethod(functional.softmin)


class LogSoftmax(Shares):
    """``y = log(softmax(x))``, exact where a share would underflow to 0. See `functional.log_softmax`.

    Parameters
    ----------
    dim : int, optional
        Along which the exponentials sum to 1; by default as of `functional.softmax`.

    Examples
    --------
    >>> LogSoftmax()(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """

    _function = staticmethod(functional.log_softmax)


class GLU(Along):
    """``y = a sigmoid(b)`` with the halves `a` and `b` of ``x``. See `functional.glu`.

    Parameters
    ----------
    dim : int
        The axis that is halved.

    Examples
    --------
    >>> GLU()(np.array([2.0, 4.0, 0.0, np.log(3)]))
    array([1., 3.])
    """

    _function = staticmethod(functional.glu)


class Softmax2d(Module):
    """`functional.softmax` over the channels of each place of an image.

    Examples
    --------
    >>> Softmax2d()(np.zeros((1, 2, 1, 1))).ravel()
    array([0.5, 0.5])
    """

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        if len(np.shape(input)) not in (3, 4):
            raise errors.ShapeError(errors.NO_IMAGE.format(module="Softmax2d", shape=np.shape(input)))
        return functional.softmax(input, -3)
