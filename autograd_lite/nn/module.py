"""Module: what computes something, with the Tensors that training changes, its parameters, and others, its buffers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.engine.covered import uncover
from autograd_lite.engine.leaks import watch_buffer
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.state_dict import IncompatibleKeys, complaint, misfit, other_shape, where_it_is
from autograd_lite.tensor.commits import assign
from autograd_lite.tensor.state import making, setting
from autograd_lite.tensor.tensor import Tensor

M = TypeVar("M", bound="Module")


class Module:
    """Base of all layers and networks.

    A subclass sets parameters and other modules as plain attributes, alone or in lists, tuples and dicts, and
    defines ``forward``. What it consists of is found by looking through its attributes in the order in which they
    were set: there is nothing to register, and ``super().__init__()`` need not be called.

    Any other Tensor among them is a buffer, which no optimiser changes and `state_dict` saves: a running mean, a mask.
    A forward that keeps a statistic writes it without its history, as below; one that is recorded is kept with all that
    it was computed from, as in PyTorch, and a warning says so when it grows. See `register_buffer`.

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
    >>> class Centred(nn.Module):
    ...     def __init__(self):
    ...         self.mean = ag.Tensor(np.zeros(2))
    ...
    ...     def forward(self, x):
    ...         if self.training:
    ...             with ag.no_grad():
    ...                 self.mean = 0.9 * self.mean + 0.1 * np.mean(x, axis=0)
    ...         return x - self.mean
    >>> centred = Centred()
    >>> centred(np.array([[1.0, 2.0], [3.0, 4.0]])).shape
    (2, 2)
    >>> centred.state_dict()
    {'mean': array([0.2, 0.3])}
    """

    training: bool = True
    _transient: frozenset[str] = frozenset()  # the buffers that are not saved

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        making(made)
        return made

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute. A parameter without a name is called as the attribute is, in pictures and messages.

        Where a parameter or a buffer stands there will be one: anything else would not be trained, or not be saved.
        """
        if isinstance(value, (Parameter, list, tuple, dict)):
            for path, part in _named(_places({name: value}, inner=False), Parameter):  # those within have their names
                part.name = part.name or path
        setting(self, name, value)
        old = vars(self).get(name)
        if isinstance(old, Tensor):
            if isinstance(value, _VALUES) or (isinstance(old, Parameter) and _is_buffer(value)):
                kind = "ag.nn.Parameter" if isinstance(old, Parameter) else "ag.Tensor"
                said = {**self._said(name), "given": type(value).__name__, "kind": kind}
                raise errors.StateDictError(errors.ATTRIBUTE_KIND.format(**said))
            if isinstance(value, Tensor):
                watch_buffer(old, value, **self._said(name))
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        setting(self, name, None)
        super().__delattr__(name)
        self._transient -= {name}

    def _said(self, name: str) -> dict[str, str]:
        return {"name": name, "module": type(self).__name__}

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

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Set a buffer, as ``self.name = tensor`` does, and say whether it is saved.

        Parameters
        ----------
        name : str
            Of the attribute; none that something else has.
        tensor : Tensor or None
            None for a buffer that gets its value later.
        persistent : bool
            False for a buffer that is not part of `state_dict`: what can be computed again, a cache.

        Raises
        ------
        ArgumentError
            A name that cannot be one of a buffer or is taken, or anything but a Tensor.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 1, rng=0)
        >>> layer.register_buffer("seen", ag.Tensor(0.0))
        >>> layer.register_buffer("cache", None, persistent=False)
        >>> list(layer.state_dict())
        ['weight', 'bias', 'seen']
        """
        if not name or "." in str(name):
            raise errors.ArgumentError(errors.BUFFER_NAME.format(given=name, module=type(self).__name__))
        if tensor is not None and not _is_buffer(tensor):
            given = "Parameter" if isinstance(tensor, Parameter) else type(tensor).__name__
            raise errors.ArgumentError(errors.BUFFER_KIND.format(**self._said(name), given=given))
        present = getattr(self, name, None)
        if present is not None and not _is_buffer(present):
            raise errors.ArgumentError(errors.BUFFER_TAKEN.format(**self._said(name), given=type(present).__name__))
        setattr(self, name, tensor)
        self._transient = self._transient - {name} if persistent else self._transient | {name}

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

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield ``(dotted name, buffer)`` for the Tensors that are no parameters, saved or not.

        Parameters
        ----------
        prefix : str
            What the names begin with, before a dot.
        recurse : bool
            Whether those of the modules within are listed too.
        remove_duplicate : bool
            Whether one that stands in several places is listed once, under its first name, or under each.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
        >>> model[1].register_buffer("seen", ag.Tensor(0.0))
        >>> [(name, b.shape) for name, b in model.named_buffers()]
        [('1.seen', ())]
        """
        places = _places(self, once=remove_duplicate, inner=recurse)
        named = (_first_names if remove_duplicate else _named)(places, Tensor)
        return ((f"{prefix}.{name}" if prefix else name, t) for name, t in named if _is_buffer(t))

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield all Tensors of this module, and of those within it, that are no parameters, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.register_buffer("seen", ag.Tensor(0.0))
        >>> list(layer.buffers())
        [Tensor(0., dtype=float64)]
        """
        return (t for _, t in self.named_buffers(recurse=recurse))

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
        """Return a copy of the value of every parameter, and of every buffer that is saved, by dotted name.

        The values are plain arrays: ``np.savez(path, **model.state_dict())`` saves them and
        ``model.load_state_dict(np.load(path))`` brings them back. What stands in several places is listed under each
        of its names.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
        >>> {name: value.shape for name, value in model.state_dict().items()}
        {'0.weight': (3, 2), '0.bias': (3,)}
        """
        return {name: t._data.copy() for name, t in self._state().items()}

    def _state(self) -> dict[str, Tensor]:
        """Return what is saved, by name."""
        places = list(_places(self))
        left = {f"{name}.{key}" if name else key for name, m in _named(places, Module) for key in m._transient}
        return {name: t for name, t in _named(places, Tensor) if not (_is_buffer(t) and name in left)}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Give parameters and buffers the values that `state_dict` has under their names: all of them, or none.

        Parameters
        ----------
        state_dict : mapping of str to array_like
            Values by dotted name, of the same shapes. They are copied, and the dtypes stay those of the module.
        strict : bool
            Whether the names have to be the same on both sides. If not, those on one side alone are passed over.

        Returns
        -------
        IncompatibleKeys
            The names that were passed over: ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        StateDictError
            Names that are on one side only, or shapes that differ. Nothing has changed then.

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
        own = self._state()
        odd = IncompatibleKeys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
        given = {name: state_dict[name] for name in own if name in state_dict}
        shapes = [f"{name} {fault}" for name, value in given.items() if (fault := other_shape(own[name], value))]
        values = [f"{name} {fault}" for name, value in given.items() if (fault := misfit(own[name], value))]
        if shapes or values or (strict and any(odd)):
            raise errors.StateDictError(complaint(type(self).__name__, odd if strict else None, shapes, values))
        assign((own[name], where_it_is(own[name], value)) for name, value in given.items())
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


def _parts(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return what a module or a container consists of, by name, index or key."""
    if isinstance(value, Module):
        return value._attributes()
    if isinstance(value, (list, tuple)):
        return enumerate(value)
    return value.items() if isinstance(value, dict) else ()


def _places(root: Any, once: bool = False, inner: bool = True) -> Iterator[tuple[str, Any]]:
    """Yield every place where a module or a Tensor stands, by dotted name, outer before inner.

    A module that refers to one it is part of, as to its parent, is not followed round the circle. With `once`, none is
    followed from a second place either, of which there may be very many; without `inner`, no module is.
    """
    yield "", root
    levels = [("", root, iter(_parts(root)))]
    above = {id(root): root}
    while levels:
        name, outer, parts = levels[-1]
        for key, part in parts:
            if isinstance(part, _LOOKED_INTO) and id(part) not in above:
                path = f"{name}.{key}" if name else str(key)
                if isinstance(part, (Module, Tensor)):
                    yield path, part
                above[id(part)] = part
                levels.append((path, part, iter(_parts(part) if inner or not isinstance(part, Module) else ())))
                break
        else:
            levels.pop()
            if not once:
                del above[id(outer)]


_LOOKED_INTO = (Module, Tensor, list, tuple, dict)
_VALUES = (np.ndarray, np.generic, int, float, complex)


def _is_buffer(x: Any) -> bool:
    return isinstance(x, Tensor) and not isinstance(x, Parameter)


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
