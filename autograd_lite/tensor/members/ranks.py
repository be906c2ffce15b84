"""Methods about the order of elements along an axis, and sums up to each of them, with PyTorch's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Axis
from autograd_lite.engine.operands import with_shape
from autograd_lite.tensor.members.forms import numpys, own
from autograd_lite.tensor.members.orders import Placed, at_places, in_order

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


class Ranks:
    """What stands at a place in the order of elements; extrema and sums up to each."""

    __slots__ = ()

    @own
    def kthvalue(self: Any, k: int, axis: int = -1, keepdims: bool = False) -> Placed:
        """Return the `k`-th smallest elements along an axis, counted from 1, and their places.

        >>> ag.Tensor([2.0, 3.0, 1.0]).kthvalue(2).values.item()
        2.0
        """
        n = self.shape[axis] if self.ndim else 1
        if not 1 <= k <= n:
            raise errors.ArgumentError(errors.KTH.format(k=k, n=n))
        places = in_order(self.detach(), axis).indices.take(np.array([k - 1]), axis if self.ndim else None)
        return at_places(self, places, axis, keepdims)

    @own
    def median(self: Any, axis: int | None = None, keepdims: bool = False) -> Any:
        """Return the element in the middle, the lower one of two; nan where there is one. Along an axis, with places.

        `numpy.median` returns what lies between two.

        >>> ag.Tensor([4.0, 1.0, 3.0, 2.0]).median().item(), np.median([4.0, 1.0, 3.0, 2.0]).item()
        (2.0, 2.5)
        """
        if axis is None:
            return self.ravel().median(0).values
        middle = (self.shape[axis] + 1) // 2 if self.ndim else 1
        places = self.detach().kthvalue(middle, axis, True).indices
        if self.dtype.kind == "f":
            undefined = np.isnan(self.detach())
            places = np.where(undefined.any(axis, keepdims=True), undefined.argmax(axis, keepdims=True), places)
        return at_places(self, places, axis, keepdims)

    @own
    def cummax(self: Any, axis: int) -> Placed:
        """Return the largest element up to each along an axis, and its place; of equal ones the last is meant.

        >>> values, indices = ag.Tensor([1.0, 3.0, 2.0]).cummax(0)
        >>> values.tolist(), indices.tolist()
        ([1.0, 3.0, 3.0], [0, 1, 1])
        """
        return _extremum_up_to(self, axis, np.maximum, np.greater_equal)

    @own
    def cummin(self: Any, axis: int) -> Placed:
        """Return the smallest element up to each along an axis, and its place: see `cummax`.

        >>> ag.Tensor([2.0, 3.0, 1.0]).cummin(0).values.tolist()
        [2.0, 2.0, 1.0]
        """
        return _extremum_up_to(self, axis, np.minimum, np.less_equal)

    @own
    def logcumsumexp(self: Any, axis: int) -> Tensor:
        """Return ``log(cumsum(exp(t)))`` along an axis, without overflow.

        >>> ag.Tensor([1000.0, 1000.0]).logcumsumexp(0).round(3).tolist()
        [1000.0, 1000.693]
        """
        sums: Any = np.logaddexp.accumulate(self, axis)
        return sums

    @numpys(np.diff)
    def diff(self, n: int = 1, axis: int = -1) -> Tensor:
        """Return the differences of neighbours along an axis.

        >>> ag.Tensor([1.0, 4.0, 9.0]).diff().tolist()
        [3.0, 5.0]
        """

    @numpys(np.quantile)
    def quantile(self, q: Any, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return quantiles, of all elements or along axes, between two elements where they lie there.

        >>> ag.Tensor([0.0, 1.0, 2.0]).quantile(0.25).item()
        0.5
        """

    @numpys(np.nansum)
    def nansum(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the sum of what is not nan.

        >>> ag.Tensor([1.0, np.nan]).nansum().item()
        1.0
        """

    @numpys(np.nanmean)
    def nanmean(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the mean of what is not nan.

        >>> ag.Tensor([1.0, np.nan, 3.0]).nanmean().item()
        2.0
        """


def _extremum_up_to(t: Any, axis: int, extremum: np.ufunc, is_one: np.ufunc) -> Placed:
    x = t.detach()
    found = extremum.accumulate(x, axis)
    counted = np.arange(t.shape[axis]).reshape([-1 if i == axis % t.ndim else 1 for i in range(t.ndim)])
    here: Any = np.where(is_one(x, found) | np.isnan(x), counted, 0)
    return at_places(t, with_shape(np.maximum.accumulate(here, axis)), axis)
