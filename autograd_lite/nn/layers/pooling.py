"""Pools as layers."""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.generators import kept
from autograd_lite.nn import functional
from autograd_lite.nn.functional.fractional import check_goal
from autograd_lite.nn.layers.shown import Shown
from autograd_lite.tensor.tensor import Tensor


class _MaxPool(Shown):
    _function: Any
    _shown = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        settings = self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        return type(self)._function(input, self.kernel_size, *settings)


class _MaxUnpool(Shown):
    _function: Any
    _shown = ("kernel_size", "stride", "padding")

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _AvgPool(Shown):
    """A mean of windows of images or volumes."""

    _function: Any
    _shown = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding
        self.ceil_mode, self.count_include_pad, self.divisor_override = ceil_mode, count_include_pad, divisor_override

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        settings = self.stride, self.padding, self.ceil_mode, self.count_include_pad, self.divisor_override
        return type(self)._function(input, self.kernel_size, *settings)


class _LPPool(Shown):
    _function: Any
    _shown = ("norm_type", "kernel_size", "stride", "ceil_mode")

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> None:
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class _AdaptiveAvgPool(Shown):
    _function: Any
    _shown = ("output_size",)

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, self.output_size)


class _AdaptiveMaxPool(Shown):
    _function: Any
    _shown = ("output_size",)

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        return type(self)._function(input, self.output_size, self.return_indices)


class _FractionalMaxPool(Shown):
    _function: Any
    _axes: int
    _shown = ("kernel_size", "output_size", "output_ratio")

    def __init__(
        self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
        _random_samples: Any = None, *, rng: Any = None,
    ) -> None:  # fmt: skip
        check_goal(f"{type(self).__name__}()", output_size, output_ratio, self._axes)
        self.kernel_size, self.output_size, self.output_ratio = kernel_size, output_size, output_ratio
        self.return_indices = return_indices
        self._random_samples = None if _random_samples is None else Tensor(_random_samples)  # a buffer, as in PyTorch
        self.rng = kept(rng)

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        goal = self.output_size, self.output_ratio, self.return_indices, self._random_samples
        return type(self)._function(input, self.kernel_size, *goal, rng=self.rng)


class AvgPool1d(Shown):
    """The mean of each window along the last axis; see `functional.avg_pool1d`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As of that function.

    Examples
    --------
    >>> AvgPool1d(2)(np.array([[1.0, 3.0, 2.0, 0.0]]))
    array([[2., 1.]])
    """

    _shown = ("kernel_size", "stride", "padding")

    def __init__(
        self, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        self.kernel_size, self.stride, self.padding = kernel_size, kernel_size if stride is None else stride, padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Any) -> Any:  # noqa: A002 - PyTorch's name
        settings = self.stride, self.padding, self.ceil_mode, self.count_include_pad
        return functional.avg_pool1d(input, self.kernel_size, *settings)


class MaxPool1d(_MaxPool):
    """The maximum of each window along the last axis; see `functional.max_pool1d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, return_indices, ceil_mode
        As of that function.

    Examples
    --------
    >>> MaxPool1d(2)(np.array([[0.0, 1.0]]))
    array([[1.]])
    """

    _function = functional.max_pool1d


class MaxPool2d(_MaxPool):
    """The maximum of each window over the last two axes; see `functional.max_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, return_indices, ceil_mode
        As of that function.

    Examples
    --------
    >>> MaxPool2d(2)(np.arange(4.0).reshape(1, 2, 2))
    array([[[3.]]])
    """

    _function = functional.max_pool2d


class MaxPool3d(_MaxPool):
    """The maximum of each window over the last three axes; see `functional.max_pool3d`.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, return_indices, ceil_mode
        As of that function.

    Examples
    --------
    >>> MaxPool3d(2)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[7.]]]])
    """

    _function = functional.max_pool3d


class AvgPool2d(_AvgPool):
    """The mean of each window over the last two axes; see `functional.avg_pool2d`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        As of that function.

    Examples
    --------
    >>> AvgPool2d(2)(np.arange(4.0).reshape(1, 2, 2))
    array([[[1.5]]])
    """

    _function = functional.avg_pool2d


class AvgPool3d(_AvgPool):
    """The mean of each window over the last three axes; see `functional.avg_pool3d`.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        As of that function.

    Examples
    --------
    >>> AvgPool3d(2)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[3.5]]]])
    """

    _function = functional.avg_pool3d


class LPPool1d(_LPPool):
    """The root of the sum of powers of each window along the last axis; see `functional.lp_pool1d`.

    Parameters
    ----------
    norm_type, kernel_size, stride, ceil_mode
        As of that function.

    Examples
    --------
    >>> LPPool1d(1, 2)(np.array([[0.0, 1.0]]))
    array([[1.]])
    """

    _function = functional.lp_pool1d


class LPPool2d(_LPPool):
    """The root of the sum of powers of each window over the last two axes; see `functional.lp_pool2d`.

    Parameters
    ----------
    norm_type, kernel_size, stride, ceil_mode
        As of that function.

    Examples
    --------
    >>> LPPool2d(1, 2)(np.arange(4.0).reshape(1, 2, 2))
    array([[[6.]]])
    """

    _function = functional.lp_pool2d


class LPPool3d(_LPPool):
    """The root of the sum of powers of each window over the last three axes; see `functional.lp_pool3d`.

    Parameters
    ----------
    norm_type, kernel_size, stride, ceil_mode
        As of that function.

    Examples
    --------
    >>> LPPool3d(1, 2)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[28.]]]])
    """

    _function = functional.lp_pool3d


class MaxUnpool1d(_MaxUnpool):
    """Zeros with maxima where they were before a pool along the last axis; see `functional.max_unpool1d`.

    Parameters
    ----------
    kernel_size, stride, padding
        As of that function.

    Examples
    --------
    >>> MaxUnpool1d(2)(*MaxPool1d(2, return_indices=True)(np.array([[0.0, 1.0]])))
    array([[0., 1.]])
    """

    _function = functional.max_unpool1d


class MaxUnpool2d(_MaxUnpool):
    """Zeros with maxima where they were before a pool over the last two axes; see `functional.max_unpool2d`.

    Parameters
    ----------
    kernel_size, stride, padding
        As of that function.

    Examples
    --------
    >>> MaxUnpool2d(2)(*MaxPool2d(2, return_indices=True)(np.arange(4.0).reshape(1, 2, 2)))
    array([[[0., 0.],
            [0., 3.]]])
    """

    _function = functional.max_unpool2d


class MaxUnpool3d(_MaxUnpool):
    """Zeros with maxima where they were before a pool over the last three axes; see `functional.max_unpool3d`.

    Parameters
    ----------
    kernel_size, stride, padding
        As of that function.

    Examples
    --------
    >>> MaxUnpool3d(2)(*MaxPool3d(2, return_indices=True)(np.arange(8.0).reshape(1, 2, 2, 2))).ravel()
    array([0., 0., 0., 0., 0., 0., 0., 7.])
    """

    _function = functional.max_unpool3d


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Means of so many windows along the last axis; see `functional.adaptive_avg_pool1d`.

    Parameters
    ----------
    output_size
        As of that function.

    Examples
    --------
    >>> AdaptiveAvgPool1d(1)(np.array([[0.0, 1.0]]))
    array([[0.5]])
    """

    _function = functional.adaptive_avg_pool1d


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means of so many windows over the last two axes; see `functional.adaptive_avg_pool2d`.

    Parameters
    ----------
    output_size
        As of that function.

    Examples
    --------
    >>> AdaptiveAvgPool2d(1)(np.arange(4.0).reshape(1, 2, 2))
    array([[[1.5]]])
    """

    _function = functional.adaptive_avg_pool2d


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """Means of so many windows over the last three axes; see `functional.adaptive_avg_pool3d`.

    Parameters
    ----------
    output_size
        As of that function.

    Examples
    --------
    >>> AdaptiveAvgPool3d(1)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[3.5]]]])
    """

    _function = functional.adaptive_avg_pool3d


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """Maxima of so many windows along the last axis; see `functional.adaptive_max_pool1d`.

    Parameters
    ----------
    output_size, return_indices
        As of that function.

    Examples
    --------
    >>> AdaptiveMaxPool1d(1)(np.array([[0.0, 1.0]]))
    array([[1.]])
    """

    _function = functional.adaptive_max_pool1d


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """Maxima of so many windows over the last two axes; see `functional.adaptive_max_pool2d`.

    Parameters
    ----------
    output_size, return_indices
        As of that function.

    Examples
    --------
    >>> AdaptiveMaxPool2d(1)(np.arange(4.0).reshape(1, 2, 2))
    array([[[3.]]])
    """

    _function = functional.adaptive_max_pool2d


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """Maxima of so many windows over the last three axes; see `functional.adaptive_max_pool3d`.

    Parameters
    ----------
    output_size, return_indices
        As of that function.

    Examples
    --------
    >>> AdaptiveMaxPool3d(1)(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[[[7.]]]])
    """

    _function = functional.adaptive_max_pool3d


class FractionalMaxPool2d(_FractionalMaxPool):
    """The maximum of each window, at distances that are drawn; see `functional.fractional_max_pool2d`.

    Parameters
    ----------
    kernel_size, output_size, output_ratio, return_indices, rng
        As of that function.

    Examples
    --------
    >>> FractionalMaxPool2d(2, output_ratio=0.7, rng=0)(np.ones((5, 3, 10, 10))).shape
    (5, 3, 7, 7)
    """

    _function, _axes = functional.fractional_max_pool2d, 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The maximum of each window, at distances that are drawn; see `functional.fractional_max_pool3d`.

    Parameters
    ----------
    kernel_size, output_size, output_ratio, return_indices, rng
        As of that function.

    Examples
    --------
    >>> FractionalMaxPool3d(2, output_size=3, rng=0)(np.ones((5, 3, 6, 6, 6))).shape
    (5, 3, 3, 3, 3)
    """

    _function, _axes = functional.fractional_max_pool3d, 3
