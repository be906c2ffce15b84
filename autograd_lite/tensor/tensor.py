"""The Tensor: an array that remembers how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from autograd_lite.base.arraylike import defines
from autograd_lite.base.elsewhere import one_number
from autograd_lite.engine import refusals
from autograd_lite.engine.graph import Node, leaf
from autograd_lite.engine.leaks import watch
from autograd_lite.engine.op import NO_SETTINGS, Op, Settings
from autograd_lite.engine.record import (  # fmt: skip
    Handle,
    array_of,
    epoch,
    fast_path,
    is_number,
    laid_out,
    make_tensor,
    results_are,
)
from autograd_lite.engine.registry import handler_of
from autograd_lite.engine.sweep import reverse
from autograd_lite.engine.switch import enable_grad, is_grad_enabled
from autograd_lite.engine.unrecorded import ask, unrecorded
from autograd_lite.rules import indexing, shaping
from autograd_lite.tensor import in_place, views
from autograd_lite.tensor.commits import again, assign, commit_gradients, receiving
from autograd_lite.tensor.data import fitting, own_array, seed_of
from autograd_lite.tensor.exposure import exposed, wrapped_grad
from autograd_lite.tensor.hooks import HookHandle, run_hooks
from autograd_lite.tensor.operators import TensorMethods
from autograd_lite.tensor.protocols import call_function, call_ufunc
from autograd_lite.tensor.special import Protocols
from autograd_lite.tensor.state import scopes, writing

if TYPE_CHECKING:
    from numpy.typing import NDArray


@results_are
class Tensor(Handle, Protocols, TensorMethods):
    """An array whose history is recorded, so that derivatives can be computed.

    Parameters
    ----------
    data : array_like
        Numbers: copied, so that later changes of `data` do not reach the Tensor. An array of another library that
        speaks NumPy's protocols (dask, CuPy) stays one of that library, and so do results and gradients.
    requires_grad : bool
        Whether ``backward()`` shall find the derivative with respect to this Tensor. Needs floating-point data, real or
        complex.
    dtype : dtype, optional
        As in `numpy.array`: by default that of the data; Python floats are float64.
    name : str, optional
        Used by errors and pictures.
    adapt : bool
        Hold an array of the array API standard that does not speak NumPy's protocols, as one of PyTorch: it is not
        copied, and ``t.data.array`` is an array of its library. NumPy's functions are those of its namespace.

    Raises
    ------
    GradientDtypeError
        `requires_grad` for integers or booleans.
    DataError
        Data that are not numbers, masked arrays, arrays with labels or units; without `adapt`, arrays of libraries that
        NumPy would make a copy of.
    UnsupportedError
        An operation that the namespace of an adapted array lacks.

    Examples
    --------
    >>> import numpy as np
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> y = np.sum(x * x)
    >>> y.backward()
    >>> x.grad
    Tensor([2., 4.], dtype=float64)
    """

    __slots__ = ()
    __pandas_priority__ = 5000  # above a DataFrame's: pandas leaves its operators to the Tensor on the right

    def __init__(
        self, data: Any, requires_grad: bool = False, *, dtype: Any = None, name: str | None = None, adapt: bool = False
    ) -> None:
        self._data = own_array(data, dtype, adapt)
        self._exposed, self._name, self._made = None, name, epoch()
        self._node = self._op = self._viewed = self._views = None
        if requires_grad is not False:
            refusals.flag(requires_grad, data)
            self.requires_grad = bool(requires_grad)

    # ----- what it is -----

    @property
    def data(self) -> NDArray[Any]:
        """The array, to read and to write. Gradients of what was computed before a write stay those of then.

        Examples
        --------
        >>> Tensor([1.0, 2.0]).data
        array([1., 2.])
        """
        if self._node is not None:
            refusals.departure(self, "data")
        array, shown = self._data, self._exposed
        seen = shown is not None and shown() is array and not scopes()
        return array if seen else exposed(self)  # type: ignore[no-any-return]

    @data.setter
    def data(self, value: Any) -> None:
        if value is not self._data:
            refusals.other_dtype(self, value)
            assign([(self, value)])

    @property
    def _mask(self) -> Any:
        """What ``np.ma`` asks for, which has taken the array by then and would go on without its history."""
        return refusals.mask(self)

    @property
    def name(self) -> str | None:
        """The name by which errors and pictures call this Tensor.

        Examples
        --------
        >>> Tensor([1.0, 2.0], name="weight").name
        'weight'
        """
        return self._name

    @name.setter
    def name(self, value: str | None) -> None:
        self._name = value
        if self._node is not None:
            self._node.note().name = value

    @property
    def requires_grad(self) -> bool:
        """Whether a derivative flows to here: a leaf of the user's, or computed from one.

        Of a leaf it may be set. `grad` and hooks stay where it is set to False, as in PyTorch.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> w.requires_grad, (w * 2).requires_grad, w.detach().requires_grad
        (True, True, False)
        """
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if scopes():
            writing(self)
        if value and self._node is None:
            refusals.differentiable(self)
            self._node = again(self) or leaf(self._data.shape, self._data.dtype, self._name, ref(self))
        elif not value:
            refusals.not_a_leaf(self, "requires_grad = False", "t = t.detach()")
            if self._node is not None:
                self._kept, self._node = self._node, None

    @property
    def is_leaf(self) -> bool:
        """Whether the user made it (or no gradient flows to it), so that it has no history.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> w.is_leaf, (w * 2).is_leaf
        (True, False)
        """
        return self._node is None or self._node.op is None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that ``backward()`` has accumulated here, or None. Kept for leaves, and after `retain_grad`.

        Of complex numbers it is the direction in which the result rises most, see `autograd_lite.base.conventions`.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> w.square().sum().backward()
        >>> w.grad
        Tensor([2., 4.], dtype=float64)
        """
        grad = getattr(self, "_grad", None)
        if grad is None and not self.is_leaf:
            refusals.no_grad_kept(self)
        return grad if grad is None or isinstance(grad, Tensor) else wrapped_grad(self)

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None and getattr(self, "_grad", None) is None:
            refusals.untracked(self, "grad")
        if value is not None:
            value = make_tensor(fitting(self, value, "x.grad = value", "x.grad = np.broadcast_to(value, x.shape)"))
        writing(self, value)
        self._grad = value

    def zero_grad(self) -> None:
        """Forget the accumulated gradient: ``grad`` becomes None.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> w.sum().backward()
        >>> w.zero_grad()
        >>> w.grad is None
        True
        """
        writing(self)
        self._grad = None

    # ----- what leaves the graph -----

    def item(self) -> Any:
        """Return the one number it holds as a Python number, without its derivative.

        Examples
        --------
        >>> Tensor([1.5]).item()
        1.5
        """
        if self._node is not None:
            refusals.departure(self, "item()")
        data: Any = self._data
        return data.item() if data.__class__ is np.ndarray or defines(type(data), "item") else one_number(data)

    def tolist(self) -> Any:
        """Return the values as nested Python lists, without their derivative.

        Examples
        --------
        >>> Tensor([[1.0, 2.0]]).tolist()
        [[1.0, 2.0]]
        """
        refusals.departure(self, "tolist()")
        return self._data.tolist()

    def numpy(self) -> NDArray[Any]:
        """Return the array, without its derivative. The same as `data`.

        Examples
        --------
        >>> Tensor([1.0, 2.0]).numpy()
        array([1., 2.])
        """
        if self._node is not None:
            refusals.departure(self, "numpy()")
        return exposed(self)  # type: ignore[no-any-return]

    def detach(self) -> Tensor:
        """Return a Tensor of the same value that no derivative flows through.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> (w * w.detach()).sum().backward()
        >>> w.grad.tolist()
        [1.0, 2.0]
        """
        refusals.departure(self, "detach()")
        result: Tensor = make_tensor(array_of(self))
        return result

    def clone(self) -> Tensor:
        """Return a recorded copy: gradients flow through it to this Tensor.

        Examples
        --------
        >>> Tensor([1.0, 2.0], requires_grad=True).clone()
        Tensor([1., 2.], dtype=float64, op=copy, requires_grad=True)
        """
        result: Tensor = shaping.copy(self)
        return result

    # ----- derivatives -----

    def backward(
        self, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
    ) -> None:  # fmt: skip
        """Add the derivative of this Tensor to the ``grad`` of every leaf it was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent to start from, of this Tensor's shape. May be left out for a single number, where it is 1.
        retain_graph : bool
            Keep the graph for another ``backward()``; otherwise its saved values are released on the way.
        create_graph : bool
            Record the derivative itself, so that it can be differentiated again. Keeps the graph as well.
        inputs : Tensor or sequence of Tensor, optional
            The only Tensors to whose ``grad`` is added.

        Raises
        ------
        NonScalarError
            No `gradient` for more than one number, or for a complex one.
        SeedError
            A `gradient` of another shape, or a complex one for a real Tensor.
        NoPathError
            Nothing this Tensor was computed from requires a gradient.
        FreedGraphError
            The graph, or a part of it, was released by an earlier ``backward()``.

        Notes
        -----
        Gradients are committed at the very end: when a rule raises, no ``grad`` has changed.

        Examples
        --------
        >>> x = Tensor(3.0, requires_grad=True)
        >>> y = x**3
        >>> y.backward(create_graph=True)
        >>> dy = x.grad
        >>> x.zero_grad()
        >>> dy.backward()
        >>> x.grad
        Tensor(18., dtype=float64)
        """
        if self._node is None:
            refusals.no_path(self)
        watch(self)
        seed, wanted = seed_of(self, gradient), None if inputs is None else frozenset(receiving(inputs))
        if create_graph:
            with enable_grad():
                found = reverse([(self._node, seed)], wanted=wanted, lift=make_tensor, retain=True, hook=run_hooks)
                commit_gradients(found)
        else:
            keep = bool(retain_graph)
            commit_gradients(reverse([(self._node, array_of(seed))], wanted=wanted, retain=keep, hook=run_hooks))

    def retain_grad(self) -> None:
        """Have ``backward()`` keep the gradient of this intermediate Tensor in ``grad`` too.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> y = 2 * w
        >>> y.retain_grad()
        >>> y.square().sum().backward()
        >>> y.grad.tolist()
        [4.0, 8.0]
        """
        refusals.untracked(self, "retain_grad()")
        if not self.is_leaf:
            notes = self._node.note()  # type: ignore[union-attr]
            notes.retain, notes.owner = True, ref(self)

    def register_hook(self, hook: Callable[[Tensor], Any]) -> HookHandle:
        """Call ``hook(gradient)`` whenever ``backward()`` passes here; what it returns, unless None, goes on instead.

        Returns a handle whose ``remove()`` takes the hook away.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> handle = w.register_hook(lambda g: 10 * g)
        >>> w.sum().backward()
        >>> w.grad.tolist()
        [10.0, 10.0]
        """
        refusals.untracked(self, "register_hook()")
        refusals.hook(hook)
        return HookHandle(self._node.note().hooks, hook)  # type: ignore[union-attr]

    # ----- changes of value -----

    def assign(self, value: Any) -> Tensor:
        """Give a leaf a new value of the same shape, outside any graph, and return it.

        What was computed from the old value keeps its own derivative.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> w.assign([3.0, 4.0])
        Tensor([3., 4.], dtype=float64, requires_grad=True)
        """
        assign([(self, value)])
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        key = indexing.freeze(key)
        if views.is_place(value, self, key):
            return
        refusals.recorded_leaf(self, "assignment")
        try:
            if self._viewed is None:
                self._assign(key, value)
            else:
                views.write(self, indexing.setitem(self, value, key=key), "assignment")
        except ValueError as error:
            refusals.mixed_index(error, key)
            raise

    def _assign(self, key: Any, value: Any) -> None:
        """Change a part of what is no view: in place where nobody else holds the array."""
        if not in_place.assigned(self, key, value):
            views.replace(self, indexing.setitem(self, value, key=key))

    def _in_place(self, op: Op, other: Any) -> Any:
        result = self._binary(op, other)
        refusals.long_history(op, other)
        if result is NotImplemented or is_number(self):
            return result
        return self._become(result, op.name, f"t = np.{op.name}(t, v)")

    def _become(self, result: Tensor, what: str, instead: str = "t = ag.Tensor(v)") -> Tensor:
        """Take over the value of `result`, and while recording its history too; views show it as well."""
        refusals.recorded_leaf(self, what)
        refusals.in_place(self, result, f"in-place {what}", instead)
        if result.dtype != self.dtype:
            result = result.astype(self.dtype)
        if self._views or self._viewed is not None:
            views.write(self, result, what)
        else:
            self._take_over(result)
        return self

    def _take_over(self, result: Tensor) -> None:
        """Have the value of `result`, in the layout it has, and while recording its history."""
        writing(self, result)
        array = laid_out(array_of(result), self._data)
        if self._views is None:
            self._views = []  # it is an array, and no number
        if is_grad_enabled():
            self._inherits(result)
            self._data, self._exposed, self._op, self._node = array, None, result._op, result._node
        else:
            self._data, self._exposed = array, None

    def _inherits(self, result: Tensor, before: Node | None = None) -> None:
        """Have the name, and the wish for a gradient, go with the value to the node that made `result`."""
        before, node = _NODE.__get__(self) if before is None else before, result._node
        notes = before.notes if before is not None else None
        if node is None:
            return
        if notes is not None and notes.retain and before is not node:
            notes.retain = False
            node.note().retain, node.note().owner = True, ref(self)
        if self._name is not None:
            node.note().name = self._name

    # ----- the protocols -----

    def _unary(self, op: Op, settings: Settings = NO_SETTINGS) -> Tensor:
        result: Tensor = (op.cache.fast_path or fast_path(op))(self, settings=settings)
        return result

    def _binary(self, op: Op, other: Any) -> Any:
        return (op.cache.fast_path or fast_path(op))(self, other)

    def _reflected(self, op: Op, other: Any) -> Any:
        return (op.cache.fast_path or fast_path(op))(other, self)

    def _whole(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return unrecorded(fn, args, kwargs)

    def _ask(self, fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        ask(fn, args, kwargs)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = handler_of(ufunc)
        if method == "__call__" and not kwargs and op.__class__ is Op:
            return (op.cache.fast_path or fast_path(op))(*inputs)
        return call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return call_function(func, args, kwargs)

    __hash__ = object.__hash__


_DATA, _NODE = Handle.__dict__["_data"], Handle.__dict__["_node"]
# A view that is out of date lets go of its array, to keep nobody from writing in place.
views.KINDS[Tensor] = views.ViewKind(("_data", "_exposed", "_node", "_op"), _DATA.__delete__, Tensor._inherits)


def tensor(
    data: Any, requires_grad: bool = False, *, dtype: Any = None, device: Any = None, name: str | None = None
) -> Tensor:
    """Make a `Tensor`: the same as calling the class, for those who come from PyTorch.

    Parameters
    ----------
    data : array_like
        Numbers; copied.
    requires_grad : bool
        Whether ``backward()`` shall find the derivative by it.
    dtype : dtype, optional
        By default that of the data.
    device : {"cpu"}, optional
        The one device that there is.
    name : str, optional
        Used by errors and pictures.

    Examples
    --------
    >>> tensor([1.0, 2.0], requires_grad=True)
    Tensor([1., 2.], dtype=float64, requires_grad=True)
    """
    refusals.device(device)
    return Tensor(data, requires_grad, dtype=dtype, name=name)
