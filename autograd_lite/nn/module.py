"""Module and Parameter: what computes something, and the Tensors of it that training changes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Self, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_masked
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.record import array_of
from autograd_lite.tensor.state import making, setting
from autograd_lite.tensor.tensor import Tensor, assign

M = TypeVar("M", bound="Module")


class Parameter(Tensor):
    """A Tensor that training changes: a `Module` lists those among its attributes.

    Parameters
    ----------
    data : array_like
        The initial value; copied.
    requires_grad : bool
        False for a parameter that is kept as it is.
    dtype : dtype, optional
        As in `numpy.array`.
    name : str, optional
        Used by errors and pictures.

    Examples
    --------
    >>> Parameter([0.5, -0.5], name="weight")
    Parameter([ 0.5, -0.5], dtype=float64, requires_grad=True, name='weight')
    """

    __slots__ = ()

    def __init__(
        self, data: Any, requires_grad: bool = True, *, dtype: Any = None, name: str | None = None
    ) -> None:
        super().__init__(data, requires_grad, dtype=dtype, name=name)


class IncompatibleKeys(NamedTuple):
    """What `Module.load_state_dict` found no partner for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Base of all layers and networks.

    A subclass sets parameters and other modules as plain attributes, alone or in lists, tuples and dicts, and
    defines ``forward``. What it consists of is found by looking through its attributes in the order in which they
    were set: there is nothing to register, and ``super().__init__()`` need not be called.

    Attributes
    ----------
    training : bool
        Whether the module is being trained, for layers that then do something else. See `train` and `eval`.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> class Scaled(nn.Module):
    ...     def __init__(self):
    ...         self.factor = nn.Parameter(2.0)
    ...         self.layers = [nn.Linear(3, 2), nn.Tanh()]
    ...
    ...     def forward(self, x):
    ...         for layer in self.layers:
    ...             x = layer(x)
    ...         return self.factor * x
    >>> [name for name, _ in Scaled().named_parameters()]
    ['factor', 'layers.0.weight', 'layers.0.bias']
    """

    training: bool = True

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        making(made)
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. A parameter without a name is called as the attribute is, in pictures and messages."""
        if isinstance(value, (Parameter, list, tuple, dict)):
            for path, part in _named(_places({name: value}), Parameter):
                part.name = part.name or path
        setting(self, name, value)
        super().__setattr__(name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Tensor:
        try:
            return self.forward(*args, **kwargs)
        except (TypeError, ValueError) as error:
            uncover(error)
            raise

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; to be defined by the subclass, and called by calling the module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> class Twice(nn.Module):
        ...     def forward(self, x):
        ...         return 2 * x
        >>> Twice()(np.ones(3))
        array([2., 2., 2.])
        """
        name = type(self).__name__
        raise NotImplementedError(f"{name} has no forward(). Write `def forward(self, x): ...` in class {name}")

    # ----- what it consists of -----

    def _attributes(self) -> Iterable[tuple[Any, Any]]:
        """Return what is looked through for parameters and modules, by name."""
        return vars(self).items()

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Yield ``(dotted name, parameter)``, one that stands in several places once, under its first name.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [(name, p.shape) for name, p in model.named_parameters()]
        [('0.weight', (3, 2)), ('0.bias', (3,))]
        """
        return _first_names(_places(self, once=True), Parameter)

    def parameters(self) -> Iterator[Parameter]:
        """Yield all parameters of this module and of those within it, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> sum(p.size for p in nn.Linear(2, 3).parameters())
        9
        """
        return (p for _, p in self.named_parameters())

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield ``(dotted name, module)``: this one, whose name is empty, and all within it, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [(name, type(module).__name__) for name, module in model.named_modules()]
        [('', 'Sequential'), ('0', 'Linear'), ('1', 'Sequential'), ('1.0', 'Tanh')]
        """
        return _first_names(_places(self, once=True), Module)

    def modules(self) -> Iterator[Module]:
        """Yield this module and all within it, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [type(module).__name__ for module in model.modules()]
        ['Sequential', 'Linear', 'Sequential', 'Tanh']
        """
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Yield ``(name, module)`` for the modules directly within this one, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [(name, type(module).__name__) for name, module in model.named_children()]
        [('0', 'Linear'), ('1', 'Sequential')]
        """
        return _first_names(_nearest(self), Module)

    def children(self) -> Iterator[Module]:
        """Yield the modules directly within this one, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [type(module).__name__ for module in model.children()]
        ['Linear', 'Sequential']
        """
        return (m for _, m in self.named_children())

    # ----- switches -----

    def train(self: M, mode: bool = True) -> M:
        """Set ``training`` of this module and all within it, and return this one.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> model.eval().training, model.train().training
        (False, True)
        """
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Set ``training`` to False, as ``train(False)`` does, and return this module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Linear(2, 3).eval().training
        False
        """
        return self.train(False)

    def requires_grad_(self: M, requires_grad: bool = True) -> M:
        """Have all parameters get gradients, or none of them, and return the module.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> frozen = nn.Linear(2, 3).requires_grad_(False)
        >>> [p.requires_grad for p in frozen.parameters()]
        [False, False]
        """
        for p in self.parameters():
            p.requires_grad = requires_grad
        return self

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: ``grad`` becomes None.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer(np.ones((1, 2))).sum().backward()
        >>> layer.bias.grad
        Tensor([1.], dtype=float64)
        >>> layer.zero_grad()
        >>> print(layer.bias.grad)
        None
        """
        for p in self.parameters():
            p.zero_grad()

    # ----- its values -----

    def state_dict(self) -> dict[str, Array]:
        """Return a copy of the value of every parameter, by dotted name.

        The values are plain arrays: ``np.savez(path, **model.state_dict())`` saves them and
        ``model.load_state_dict(np.load(path))`` brings them back. A parameter that stands in several places is listed
        under each of its names.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
        >>> {name: value.shape for name, value in model.state_dict().items()}
        {'0.weight': (3, 2), '0.bias': (3,)}
        """
        return {name: p._data.copy() for name, p in _named(_places(self), Parameter)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Give the parameters the values that `state_dict` has under their names: all of them, or none.

        Parameters
        ----------
        state_dict : mapping of str to array_like
            Values by dotted name, of the parameters' shapes. They are copied, and keep the parameters' dtypes.
        strict : bool
            Whether the names have to be the same on both sides. If not, those on one side alone are passed over.

        Returns
        -------
        IncompatibleKeys
            The names that were passed over: ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        StateDictError
            Names that are on one side only, or shapes that differ. No parameter has changed then.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> first, second = nn.Linear(2, 3), nn.Linear(2, 3)
        >>> second.load_state_dict(first.state_dict())
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        >>> bool((first.weight == second.weight).all())
        True
        """
        if not isinstance(state_dict, Mapping):
            text = errors.STATE_DICT_KIND.format(model=type(self).__name__, given=type(state_dict).__name__)  # type: ignore[unreachable]
            raise errors.StateDictError(text)
        own = dict(_named(_places(self), Parameter))
        odd = IncompatibleKeys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
        given = {name: state_dict[name] for name in own if name in state_dict}
        shapes = [f"{name} {fault}" for name, value in given.items() if (fault := _other_shape(own[name], value))]
        values = [f"{name} {fault}" for name, value in given.items() if (fault := _misfit(own[name], value))]
        if shapes or values or (strict and any(odd)):
            raise errors.StateDictError(_complaint(type(self).__name__, odd if strict else None, shapes, values))
        assign((own[name], value) for name, value in given.items())
        return odd

    # ----- looks -----

    def extra_repr(self) -> str:
        """Return the settings that `repr` shows between the parentheses; to be defined by the subclass, if it has any.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> class Scaled(nn.Module):
        ...     factor = 2.0
        ...
        ...     def extra_repr(self):
        ...         return f"factor={self.factor}"
        >>> Scaled()
        Scaled(factor=2.0)
        """
        return ""

    def __repr__(self) -> str:
        head, extra = type(self).__name__, self.extra_repr()
        inner = [f"({name}): {module!r}".replace("\n", "\n  ") for name, module in _named(_nearest(self), Module)]
        if not inner:
            return f"{head}({extra})"
        return "\n  ".join([f"{head}(", *([extra] if extra else []), *inner]) + "\n)"


def owner_called(weight: Any) -> str:
    """Return how a message calls the module that is being called, if `weight` is its own; or nothing.

    It has the name that it has in the outermost module that is being called.
    """
    frame: Any = sys._getframe(1)
    called: list[Module] = []
    while frame is not None:
        code = frame.f_code
        first = frame.f_locals.get(code.co_varnames[0]) if code.co_argcount and code.co_name == "forward" else None
        called += [first] if isinstance(first, Module) else []
        frame = frame.f_back
    if not called or getattr(called[0], "weight", None) is not weight:
        return ""
    layer, outer = called[0], called[-1]
    name = next((name for name, module in outer.named_modules() if module is layer), "")
    return errors.MODULE.format(name=name, outer=type(outer).__name__, layer=layer) if name else repr(layer)


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return what a module or a container consists of, by name, index or key."""
    if isinstance(value, Module):
        return value._attributes()
    if isinstance(value, (list, tuple)):
        return enumerate(value)
    return value.items() if isinstance(value, dict) else ()


def _places(root: Any, once: bool = False) -> Iterator[tuple[str, Any]]:
    """Yield every place where a module or a parameter stands, by dotted name, outer before inner.

    A module that refers to one it is part of, as to its parent, is not followed round the circle. With `once`, none is
    followed from a second place either, of which there may be very many.
    """
    yield "", root
    levels = [("", root, iter(_parts(root)))]
    above = {id(root): root}
    while levels:
        name, outer, parts = levels[-1]
        for key, part in parts:
            if isinstance(part, _LOOKED_INTO) and id(part) not in above:
                inner = f"{name}.{key}" if name else str(key)
                if isinstance(part, (Module, Parameter)):
                    yield inner, part
                above[id(part)] = part
                levels.append((inner, part, iter(_parts(part))))
                break
        else:
            levels.pop()
            if not once:
                del above[id(outer)]


_LOOKED_INTO = (Module, Parameter, list, tuple, dict)


def _nearest(module: Module) -> Iterator[tuple[str, Any]]:
    """Yield the modules directly within `module`, by name; containers are looked through, modules are not."""
    pending = [(str(key), part) for key, part in reversed(list(_parts(module)))]
    while pending:
        name, value = pending.pop()
        if isinstance(value, Module):
            yield name, value
        else:
            pending += [(f"{name}.{key}", part) for key, part in reversed(list(_parts(value)))]


def _named(places: Iterable[tuple[str, Any]], kind: type[Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in places if isinstance(value, kind))


def _first_names(places: Iterable[tuple[str, Any]], kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each object of a kind once, with the name of the first place it stands in."""
    seen: set[int] = set()
    for name, value in _named(places, kind):
        if id(value) not in seen:
            seen.add(id(value))
            yield name, value


def _other_shape(p: Parameter, given: Any) -> str:
    shape = getattr(given, "shape", None)
    if shape is None:
        try:
            shape = np.shape(given)
        except ValueError:  # a list of lists of several lengths
            return ""
    return "" if shape == p.shape else f"has shape {shape} instead of {p.shape}"


def _misfit(p: Parameter, given: Any) -> str:
    """Return what a message says of a value that is nothing for a parameter; nothing if it is."""
    if is_masked(given):
        return "is a masked array"
    try:
        array = array_of(given) if isinstance(given, Tensor) else np.asarray(given)
    except ValueError:
        return "is no array"
    if not np.can_cast(array.dtype, p.dtype, "same_kind"):
        return f"has dtype {array.dtype}"
    with np.errstate(over="ignore"):
        return f"has numbers too large for {p.dtype}" if refusals.overflows(array, array.astype(p.dtype)) else ""


def _complaint(model: str, odd: IncompatibleKeys | None, shapes: list[str], values: list[str]) -> str:
    missing, unexpected = (", ".join(map(str, names)) for names in odd or ((), ()))
    found = [f"{missing} missing"] if missing else []
    found += [f"{unexpected} not known to the model"] if unexpected else []
    remedy = errors.STATE_DICT_VALUES if values else errors.STATE_DICT_SHAPES if shapes else errors.STATE_DICT_NAMES
    return errors.STATE_DICT.format(model=model, found="; ".join(found + shapes + values)) + remedy
