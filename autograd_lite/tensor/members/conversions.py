"""Methods about what the elements are: their dtype and where they lie, and how other libraries get them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.tensor.devices import CPU
from autograd_lite.tensor.members.forms import own

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor

bool_ = bool  # which is a method below


class Conversions:
    """Dtypes, devices, and protocols."""

    __slots__ = ()

    # ----- dtypes -----

    @own
    def to(
        self: Any, *target: Any, dtype: Any = None, device: Any = None, non_blocking: bool_ = False,
        copy: bool_ = False,
    ) -> Tensor:  # fmt: skip
        """Return the values in a dtype, or that of another Tensor; the one device is the processor, ``"cpu"``.

        As in PyTorch, the Tensor itself where there is nothing to change, but for ``copy=True``.

        >>> ag.Tensor([1.0, 2.0]).to("cpu", np.float32).dtype
        dtype('float32')
        """
        said = [wanted for wanted in target if isinstance(wanted, bool_)]  # non_blocking, and whether to copy
        for wanted in target:
            if not isinstance(wanted, bool_):
                found = _dtype(wanted)
                dtype, device = (dtype, wanted) if found is None else (found, device)
        refusals.device(device)
        made = _as(self, self.dtype if dtype is None else dtype)
        return made.copy() if made is self and (copy or any(said[1:])) else made

    @property
    def device(self: Any) -> Any:
        """Where the elements are: ``"cpu"``, or what an array of another library says of itself.

        >>> ag.Tensor([1.0, 2.0]).device
        'cpu'
        """
        found = getattr(getattr(self, "_data", None), "device", "cpu")
        return CPU if found == "cpu" else found

    @own
    def to_device(self: Any, device: Any, /, *, stream: Any = None) -> Tensor:
        """Return the Tensor itself, whose device is the one there is; what the array API standard calls `to`.

        >>> ag.Tensor([1.0, 2.0]).to_device("cpu")
        Tensor([1., 2.], dtype=float64)
        """
        if stream is not None or device != self.device:
            raise errors.UnsupportedError(errors.DEVICE.format(given=device))
        return self

    @own
    def type(self: Any, dtype: Any = None) -> Any:
        """Return the name of the dtype; or the values in another one.

        >>> ag.Tensor([1.0, 2.0]).type(), ag.Tensor([1.0, 2.0]).type(np.float32).type()
        ('float64', 'float32')
        """
        return str(self.dtype) if dtype is None else _as(self, dtype)

    @own
    def type_as(self: Any, other: Any) -> Tensor:
        """Return the values in the dtype of another Tensor or array.

        >>> ag.Tensor([1, 2]).type_as(ag.Tensor([0.5])).dtype
        dtype('float64')
        """
        return _as(self, other.dtype)

    @own
    def is_floating_point(self: Any) -> bool:
        """Tell whether the elements are floats, which have gradients.

        >>> ag.Tensor([1.0, 2.0]).is_floating_point(), ag.Tensor([1, 2]).is_floating_point()
        (True, False)
        """
        return self.dtype.kind == "f"

    @own
    def is_complex(self: Any) -> bool_:
        """Tell whether the elements are complex numbers.

        >>> ag.Tensor([1.0]).is_complex(), ag.Tensor([1j]).is_complex()
        (False, True)
        """
        return self.dtype.kind == "c"

    @own
    def double(self: Any) -> Tensor:
        """Return the values as float64.

        >>> ag.Tensor([1, 2]).double().dtype
        dtype('float64')
        """
        return _as(self, np.float64)

    @own
    def float(self: Any) -> Tensor:
        """Return the values as float32, as PyTorch does.

        >>> ag.Tensor([1, 2]).float().dtype
        dtype('float32')
        """
        return _as(self, np.float32)

    @own
    def half(self: Any) -> Tensor:
        """Return the values as float16.

        >>> ag.Tensor([1, 2]).half().dtype
        dtype('float16')
        """
        return _as(self, np.float16)

    @own
    def long(self: Any) -> Tensor:
        """Return the values as int64, without a derivative.

        >>> ag.Tensor([1.5, 2.0]).long().tolist()
        [1, 2]
        """
        return _as(self, np.int64)

    @own
    def int(self: Any) -> Tensor:
        """Return the values as int32, without a derivative.

        >>> ag.Tensor([1.5, 2.0]).int().dtype
        dtype('int32')
        """
        return _as(self, np.int32)

    @own
    def short(self: Any) -> Tensor:
        """Return the values as int16, without a derivative.

        >>> ag.Tensor([1.5, 2.0]).short().dtype
        dtype('int16')
        """
        return _as(self, np.int16)

    @own
    def byte(self: Any) -> Tensor:
        """Return the values as uint8, without a derivative.

        >>> ag.Tensor([1.5, 2.0]).byte().dtype
        dtype('uint8')
        """
        return _as(self, np.uint8)

    @own
    def bool(self: Any) -> Tensor:
        """Return which elements are not 0.

        >>> ag.Tensor([0.0, 2.0]).bool().tolist()
        [False, True]
        """
        return _as(self, np.bool_)

    # ----- where they lie -----

    @own
    def cpu(self: Any) -> Tensor:
        """Return the Tensor itself, which is where the processor is.

        >>> ag.Tensor([1.0, 2.0]).cpu().tolist()
        [1.0, 2.0]
        """
        return self

    def __dlpack__(
        self: Any, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        """Hand the elements to another library without a copy, as ``torch.from_dlpack(t)`` wants them.

        >>> np.from_dlpack(ag.Tensor([1.0, 2.0]))
        array([1., 2.])
        """
        refusals.conversion(self, "DLPack", "t.detach()")
        return self.data.__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self: Any) -> tuple[Any, Any]:
        """Return the kind and the number of the device on which the elements are.

        >>> tuple(map(int, ag.Tensor([1.0, 2.0]).__dlpack_device__()))
        (1, 0)
        """
        return self._data.__dlpack_device__()

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        """Return the module whose functions take a Tensor, and make Tensors: `autograd_lite.numpy`.

        >>> ag.Tensor([1.0, 2.0]).__array_namespace__().sum is np.sum
        True
        """
        namespace = import_module("autograd_lite.numpy")  # which is made of Tensors, and comes when it is asked for
        if api_version is not None and api_version > namespace.__array_api_version__:
            raise ValueError(errors.API_VERSION.format(given=api_version, known=namespace.__array_api_version__))
        return namespace


def _as(t: Any, dtype: Any) -> Any:
    return t.astype(dtype, copy=False)


def _dtype(wanted: Any) -> Any:
    """Return the dtype that is meant, or that of an array; None for a device."""
    if not isinstance(wanted, (type, str, np.dtype)):
        return getattr(wanted, "dtype", None)
    try:
        return np.dtype(wanted)
    except TypeError:
        return None
