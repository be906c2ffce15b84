"""Activations with a kink, and no parameters but `PReLU`, which learns its slopes."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import kept
from autograd_lite.nn import functional
from autograd_lite.nn.layers.shown import InPlace, Plain, Shown
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor


class _Limited(InPlace):
    """A function with a limit at minus infinity."""

    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, self.alpha, self.inplace)


class _Shrink(Plain):
    """A function that is 0 around 0."""

    _shown = ("lambd",)

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, self.lambd)


class ReLU6(InPlace):
    """``y = min(max(x, 0), 6)``, element by element. See `functional.relu6`.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> ReLU6()(np.array([-1.0, 2.0, 9.0]))
    array([0., 2., 6.])
    """

    _function = staticmethod(functional.relu6)


class LeakyReLU(InPlace):
    """``y = x`` for positive numbers, ``y = negative_slope x`` for others. See `functional.leaky_relu`.

    Parameters
    ----------
    negative_slope : float
        The slope for numbers that are not positive.
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> LeakyReLU(0.1)(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.leaky_relu(input, self.negative_slope, self.inplace)


class ELU(_Limited):
    """``y = x`` for positive numbers, ``y = alpha (exp(x) - 1)`` for others. See `functional.elu`.

    Parameters
    ----------
    alpha : float
        Minus the limit at minus infinity.
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> ELU()(np.array([-1e3, 2.0]))
    array([-1.,  2.])
    """

    _function = staticmethod(functional.elu)


class SELU(InPlace):
    """`ELU`, scaled so that mean 0 and variance 1 are kept from layer to layer. See `functional.selu`.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> SELU()(np.array([-1e3, 1.0])).round(4)
    array([-1.7581,  1.0507])
    """

    _function = staticmethod(functional.selu)


class CELU(_Limited):
    """``y = x`` for positive numbers, ``y = alpha (exp(x / alpha) - 1)`` for others. See `functional.celu`.

    Parameters
    ----------
    alpha : float
        Minus the limit at minus infinity.
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> CELU(2.0)(np.array([-1e3, 2.0]))
    array([-2.,  2.])
    """

    _function = staticmethod(functional.celu)


class Hardtanh(InPlace):
    """``y = x`` between two numbers, beyond them the nearer one. See `functional.hardtanh`.

    Parameters
    ----------
    min_val : float
        The smallest result.
    max_val : float
        The largest.
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> Hardtanh()(np.array([-3.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    """

    _shown = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)


class Hardsigmoid(InPlace):
    """``y = x / 6 + 1 / 2`` between -3 and 3, beyond them 0 and 1. See `functional.hardsigmoid`.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> Hardsigmoid()(np.array([-4.0, 0.0, 3.0]))
    array([0. , 0.5, 1. ])
    """

    _function = staticmethod(functional.hardsigmoid)


class Hardswish(InPlace):
    """``y = x hardsigmoid(x)``, element by element. See `functional.hardswish`.

    Parameters
    ----------
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> Hardswish()(np.array([0.0, 3.0]))
    array([0., 3.])
    """

    _function = staticmethod(functional.hardswish)


class Hardshrink(_Shrink):
    """``y = x``, but 0 from ``-lambd`` to `lambd`. See `functional.hardshrink`.

    Parameters
    ----------
    lambd : float
        The bound.

    Examples
    --------
    >>> Hardshrink()(np.array([-1.0, 0.3, 2.0]))
    array([-1.,  0.,  2.])
    """

    _function = staticmethod(functional.hardshrink)


class Softshrink(_Shrink):
    """``y`` is ``x`` nearer to 0 by `lambd`; 0 from ``-lambd`` to `lambd`. See `functional.softshrink`.

    Parameters
    ----------
    lambd : float
        By how much numbers come nearer to 0.

    Examples
    --------
    >>> Softshrink()(np.array([-1.0, 0.3, 2.0]))
    array([-0.5,  0. ,  1.5])
    """

    _function = staticmethod(functional.softshrink)


class Threshold(InPlace):
    """``y = x`` where it is larger than `threshold`, elsewhere `value`. See `functional.threshold`.

    Parameters
    ----------
    threshold : float
        The bound.
    value : float
        What stands in the place of numbers that are not larger.
    inplace : bool
        Whether the input is written to, and is the result.

    Examples
    --------
    >>> Threshold(0.5, -1.0)(np.array([0.3, 2.0]))
    array([-1.,  2.])
    """

    _shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.threshold(input, self.threshold, self.value, self.inplace)


class RReLU(InPlace):
    """`LeakyReLU` with slopes drawn anew for each element in training, and with their mean otherwise.

    Parameters
    ----------
    lower, upper : float
        Between which the slopes are uniformly distributed.
    inplace : bool
        Whether the input is written to, and is the result.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed; by default the generator of `autograd_lite.manual_seed`.

    Examples
    --------
    >>> RReLU().eval()(np.array([-24.0, 2.0]))
    array([-5.5,  2. ])
    """

    _shown = ("lower", "upper")

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False, *, rng: Any = None) -> None:
        self.lower, self.upper, self.inplace = lower, upper, inplace
        self.rng = kept(rng)

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace, rng=self.rng)


class PReLU(Shown):
    """``y = x`` for positive numbers, ``y = weight x`` for others, with slopes that are learned.

    Parameters
    ----------
    num_parameters : int
        1 for one slope, or the number of channels, which count along axis 1.
    init : float
        The first value of all slopes.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of the slopes: float64 by default.

    Attributes
    ----------
    weight : Parameter, shape (num_parameters,)
        The slopes.

    Examples
    --------
    >>> PReLU()(np.array([-1.0, 2.0])).numpy()
    array([-0.25,  2.  ])
    """

    _shown = ("num_parameters",)

    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, device: Any = None, dtype: Any = None) -> None:
        refusals.device(device)
        if num_parameters < 1:
            raise errors.ArgumentError(errors.FEATURES.format(given=num_parameters))
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(np.full(num_parameters, init, dtype or float), name="weight")

    def reset_parameters(self) -> None:
        """Give all slopes their first value again."""
        self.weight.assign(np.full(self.num_parameters, self.init))

    def forward(self, input: Any) -> Tensor:  # noqa: A002 - PyTorch's name
        return functional.prelu(input, self.weight)
