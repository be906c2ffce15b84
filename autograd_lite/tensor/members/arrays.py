"""The methods that an ndarray has: the same functions of NumPy, with NumPy's names and order of arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Axis
from autograd_lite.engine import refusals
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules import elementwise, shaping
from autograd_lite.tensor.members.forms import method, one_by_one, own

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


class ArrayMethods:
    """What an ndarray has, and so everything that stands for one."""

    __slots__ = ()

    # ----- sums and moments -----

    @method
    def sum(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the sum of all elements, or of those along the axes.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0).tolist()
        [4.0, 6.0]
        """

    @method
    def prod(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the product of all elements, or of those along the axes; its derivative is right also at zeros.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).prod(axis=1).tolist()
        [2.0, 12.0]
        """

    @method
    def cumsum(self, axis: int | None = None) -> Tensor:
        """Return the sums of the elements up to each, along one axis or over all of them in a row.

        >>> ag.Tensor([1.0, 2.0, 3.0]).cumsum().tolist()
        [1.0, 3.0, 6.0]
        """

    @method
    def cumprod(self, axis: int | None = None) -> Tensor:
        """Return the products of the elements up to each, along one axis or over all of them in a row.

        >>> ag.Tensor([1.0, 2.0, 3.0]).cumprod().tolist()
        [1.0, 2.0, 6.0]
        """

    @method
    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """Return the sum along a diagonal.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).trace().item()
        5.0
        """

    @method
    def mean(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the mean of all elements, or of those along the axes.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).mean(axis=1).tolist()
        [1.5, 3.5]
        """

    @method
    def var(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False, correction: float = 0) -> Tensor:
        """Return the mean squared distance from the mean; ``ddof=1`` is Bessel's correction, PyTorch's default.

        With PyTorch's ``dim=``, ``keepdim=`` or ``unbiased=`` it is what PyTorch has, divided by ``n - 1``.

        >>> ag.Tensor([1.0, 3.0]).var().item(), ag.Tensor([1.0, 3.0]).var(ddof=1).item()
        (1.0, 2.0)
        """

    @method
    def std(self, axis: Axis = None, *, ddof: float = 0, keepdims: bool = False, correction: float = 0) -> Tensor:
        """Return the square root of `var`; ``ddof=1`` is Bessel's correction, PyTorch's default.

        With PyTorch's ``dim=``, ``keepdim=`` or ``unbiased=`` it is what PyTorch has, divided by ``n - 1``.

        >>> ag.Tensor([1.0, 3.0]).std().item()
        1.0
        """

    # ----- extrema and places -----

    @method
    def max(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the largest of all elements, or of those along the axes; equal ones share the gradient.

        With PyTorch's ``dim=`` or ``keepdim=``, a named tuple of values and indices: the first of equal ones has the
        gradient.

        >>> ag.Tensor([[1.0, 2.0], [5.0, 4.0]]).max(axis=1).tolist()
        [2.0, 5.0]
        """

    @method
    def min(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return the smallest of all elements, or of those along the axes; equal ones share the gradient.

        With PyTorch's ``dim=`` or ``keepdim=``, a named tuple of values and indices: the first of equal ones has the
        gradient.

        >>> ag.Tensor([[1.0, 2.0], [5.0, 4.0]]).min(axis=1).tolist()
        [1.0, 4.0]
        """

    @method
    def clip(self, a_min: Any = None, a_max: Any = None) -> Tensor:
        """Return the values, held between two bounds; outside of these the derivative is 0.

        >>> ag.Tensor([-3.0, 0.5, 2.0]).clip(0.0, 1.0).tolist()
        [0.0, 0.5, 1.0]
        """

    @method
    def round(self, decimals: int = 0) -> Tensor:
        """Return the values rounded to a number of decimals, halves to even; without a derivative.

        >>> ag.Tensor([0.5, 1.26]).round(1).tolist()
        [0.5, 1.3]
        """

    @method
    def argmax(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the place of the largest element, along an axis or among all in a row.

        >>> ag.Tensor([[1.0, 2.0], [5.0, 4.0]]).argmax(axis=1).tolist()
        [1, 0]
        """

    @method
    def argmin(self, axis: int | None = None, *, keepdims: bool = False) -> Tensor:
        """Return the place of the smallest element, along an axis or among all in a row.

        >>> ag.Tensor([[1.0, 2.0], [5.0, 4.0]]).argmin(axis=1).tolist()
        [0, 1]
        """

    @method
    def argsort(self, axis: int | None = -1) -> Tensor:
        """Return the places of the elements in the order of their values, along an axis; ``descending=True`` turns it.

        >>> ag.Tensor([3.0, 1.0, 2.0]).argsort().tolist()
        [1, 2, 0]
        """

    @own
    def sort(self: Any, axis: int = -1) -> None:
        """Sort the elements along an axis in place, as NumPy's method does; `numpy.sort` returns a sorted Tensor.

        With PyTorch's ``dim=`` or ``descending=``, return a named tuple of sorted values and indices, as it does.

        >>> t = ag.Tensor([3.0, 1.0, 2.0])
        >>> t.sort()
        >>> t.tolist()
        [1.0, 2.0, 3.0]
        """
        self._become(np.sort(self, axis), "sort")

    @method
    def nonzero(self) -> tuple[np.ndarray[Any, np.dtype[np.intp]], ...]:
        """Return the places of the elements that are not 0, one array for each axis.

        With PyTorch's ``as_tuple=``, Tensors: one for each axis, or one with a place in each row.

        >>> [axis.tolist() for axis in ag.Tensor([[1.0, 0.0], [0.0, 2.0]]).nonzero()]
        [[0, 1], [0, 1]]
        """

    @method
    def all(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return whether all elements, or all along the axes, are true or not 0.

        >>> ag.Tensor([1.0, 0.0]).all().item()
        False
        """

    @method
    def any(self, axis: Axis = None, *, keepdims: bool = False) -> Tensor:
        """Return whether any element, or any along the axes, is true or not 0.

        >>> ag.Tensor([1.0, 0.0]).any().item()
        True
        """

    # ----- shapes and parts -----

    @one_by_one(np.reshape)
    def reshape(self, *shape: Any, order: str | None = "C") -> Tensor:
        """Return the elements in another shape, given as one tuple or number by number; -1 stands for what is left.

        >>> ag.Tensor([1.0, 2.0, 3.0, 4.0]).reshape(2, -1).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
        """

    @method
    def ravel(self, order: str | None = "C") -> Tensor:
        """Return all elements in a row.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).ravel().tolist()
        [1.0, 2.0, 3.0, 4.0]
        """

    @own
    def flatten(self: Any, order: str | None = "C") -> Tensor:
        """Return a copy of all elements in a row.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).flatten().tolist()
        [1.0, 2.0, 3.0, 4.0]
        """
        return self.ravel(order).copy()

    @method
    def squeeze(self, axis: Axis = None) -> Tensor:
        """Return the Tensor without its axes of length 1, or without those that are named.

        >>> ag.Tensor([[1.0, 2.0]]).squeeze().shape
        (2,)
        """

    @one_by_one(np.transpose)
    def transpose(self, *axes: Any) -> Tensor:
        """Return the Tensor with its axes in another order: all of them are named, or reversed where none is.

        Two axes of more are exchanged, as in PyTorch; of a matrix all are named, and `swapaxes` exchanges them.

        >>> ag.Tensor(np.zeros((2, 3, 4))).transpose(2, 0, 1).shape
        (4, 2, 3)
        """

    @method
    def swapaxes(self, axis1: int, axis2: int) -> Tensor:
        """Return the Tensor with two axes exchanged, as PyTorch's ``transpose`` does.

        >>> ag.Tensor(np.zeros((2, 3, 4))).swapaxes(0, 1).shape
        (3, 2, 4)
        """

    @method
    def repeat(self, repeats: Any, axis: int | None = None) -> Tensor:
        """Return every element repeated, as PyTorch's ``repeat_interleave`` does; PyTorch's ``repeat`` is `tile`.

        More than two numbers are lengths, as in PyTorch, which repeat the whole.

        >>> ag.Tensor([1.0, 2.0]).repeat(2).tolist()
        [1.0, 1.0, 2.0, 2.0]
        """

    @method
    def copy(self) -> Tensor:
        """Return a recorded copy: gradients flow through it to this Tensor. The same as `clone`.

        >>> ag.Tensor([1.0, 2.0]).copy().tolist()
        [1.0, 2.0]
        """

    @method
    def take(self, indices: Any, axis: int | None = None) -> Tensor:
        """Return the elements at some places, along an axis or among all in a row.

        >>> ag.Tensor([1.0, 2.0, 3.0]).take([2, 0]).tolist()
        [3.0, 1.0]
        """

    @method
    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
        """Return the elements whose places along two axes are the same, or differ by `offset`.

        >>> ag.Tensor([[1.0, 2.0], [3.0, 4.0]]).diagonal().tolist()
        [1.0, 4.0]
        """

    # ----- complex numbers -----

    @property
    def real(self: Any) -> Tensor:
        """The real parts, a view: what is assigned to it, or to a part of it, this Tensor shows.

        >>> ag.Tensor([1 + 2j]).real.tolist()
        [1.0]
        """
        return elementwise.real(self)

    @real.setter
    def real(self: Any, value: Any) -> None:
        self.real[...] = value

    @property
    def imag(self: Any) -> Tensor:
        """The imaginary parts, a view like `real`; zeros of real numbers.

        >>> ag.Tensor([1 + 2j]).imag.tolist()
        [2.0]
        """
        return elementwise.imag(self)

    @imag.setter
    def imag(self: Any, value: Any) -> None:
        if self.dtype.kind != "c":
            raise errors.InPlaceError(errors.NO_IMAGINARY_PART.format(what=refusals.describe(self), dtype=self.dtype))
        self.imag[...] = value

    @own
    def conj(self: Any) -> Tensor:
        """Return the complex conjugate; real numbers as they are.

        >>> ag.Tensor([1 + 2j]).conj().tolist()
        [(1-2j)]
        """
        return self._unary(handler_of(np.conjugate)) if self.dtype.kind == "c" else self

    conjugate = conj

    # ----- others -----

    @method
    def dot(self, b: Any) -> Tensor:
        """Return the product of two vectors or two matrices, as `numpy.dot` does.

        >>> ag.Tensor([1.0, 2.0]).dot([3.0, 4.0]).item()
        11.0
        """

    @own
    def astype(self: Any, dtype: Any, *, copy: bool = True) -> Tensor:
        """Return the values in another dtype; the gradient comes back in this one.

        With ``copy=False`` the Tensor itself, where it has that dtype already.

        >>> ag.Tensor([1.0, 2.0]).astype(np.float32).dtype
        dtype('float32')
        """
        dtype = np.dtype(dtype)
        return self if dtype == self.dtype and not copy else shaping.astype(self, dtype=dtype)

    @own
    def fill(self: Any, value: Any) -> None:
        """Give all elements one value, as NumPy's method does.

        >>> t = ag.Tensor([3.0, 1.0])
        >>> t.fill(2.0)
        >>> t.tolist()
        [2.0, 2.0]
        """
        self[...] = value
