"""What a module consists of: a walk through its attributes, and what is listed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Self

from autograd_lite import errors
from autograd_lite.nn.parameter import Parameter
from autograd_lite.tensor.tensor import Tensor

NOTHING: Mapping[Any, Any] = MappingProxyType({})
"""What a module has of something before it has any."""


class Walked:
    """What has parts, as a module has, and lists them.

    The order is PyTorch's: of each module first its own parameters, then its buffers, then the modules within; each in
    the order in which they were set. Lists, tuples and dicts stand among the modules.
    """

    _results: frozenset[str] = frozenset()  # the attributes that hold what a call has left there

    def _attributes(self) -> Iterable[tuple[Any, Any]]:
        """Return what is looked through for parameters and modules, by name."""
        return vars(self).items()

    def _put(self, key: Any, value: Any) -> None:
        """Put something in the place of what `_attributes` calls `key`."""
        setattr(self, str(key), value)

    @property
    def _parameters(self) -> Mapping[str, Parameter]:
        """The parameters that are attributes, by name, to be read; for PyTorch's sake, as are the next two."""
        return MappingProxyType({str(key): x for key, x in parts_of(self) if isinstance(x, Parameter)})

    @property
    def _buffers(self) -> Mapping[str, Tensor]:
        return MappingProxyType({str(key): x for key, x in parts_of(self) if is_buffer(x)})

    @property
    def _modules(self) -> Mapping[str, Any]:
        return MappingProxyType({str(key): x for key, x in parts_of(self) if isinstance(x, Walked)})

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield ``(dotted name, parameter)``: of each module its own ones first, then those of the modules within.

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
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [(name, p.shape) for name, p in model.named_parameters()]
        [('0.weight', (3, 2)), ('0.bias', (3,))]
        """
        return _listed(self, Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield all parameters of this module, and of those within it, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> sum(p.size for p in nn.Linear(2, 3).parameters())
        9
        """
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield ``(dotted name, buffer)`` for the Tensors that are no parameters, saved or not.

        Parameters
        ----------
        prefix, recurse, remove_duplicate
            As of `named_parameters`.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
        >>> model[1].register_buffer("seen", ag.Tensor(0.0))
        >>> [(name, b.shape) for name, b in model.named_buffers()]
        [('1.seen', ())]
        """
        found = _listed(self, Tensor, prefix, recurse, remove_duplicate)
        return ((name, t) for name, t in found if is_buffer(t))

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

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Yield ``(dotted name, module)``: this one, whose name is empty, and all within it, each once.

        Parameters
        ----------
        memo : set, optional
            Modules that are left out; those that are listed are added to it.
        prefix, remove_duplicate
            As of `named_parameters`.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [(name, type(module).__name__) for name, module in model.named_modules()]
        [('', 'Sequential'), ('0', 'Linear'), ('1', 'Sequential'), ('1.0', 'Tanh')]
        """
        found = _listed(self, Walked, prefix, True, remove_duplicate)
        return found if memo is None else _unknown(found, memo)

    def modules(self) -> Iterator[Any]:
        """Yield this module and all within it, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [type(module).__name__ for module in model.modules()]
        ['Sequential', 'Linear', 'Sequential', 'Tanh']
        """
        return (m for _, m in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """Yield ``(name, module)`` for the modules directly within this one, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [(name, type(module).__name__) for name, module in model.named_children()]
        [('0', 'Linear'), ('1', 'Sequential')]
        """
        return first_names(nearest(self), Walked)

    def children(self) -> Iterator[Any]:
        """Yield the modules directly within this one, each once.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> [type(module).__name__ for module in model.children()]
        ['Linear', 'Sequential']
        """
        return (m for _, m in self.named_children())

    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call ``fn(module)`` for all modules within this one, inner ones first, and for this one; and return it.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> def fill(module):
        ...     if isinstance(module, nn.Linear):
        ...         nn.init.ones_(module.weight)
        >>> model = nn.Sequential(nn.Linear(2, 1), nn.Tanh()).apply(fill)
        >>> model[0].weight.tolist()
        [[1.0, 1.0]]
        """
        for module in _inner_first(self):
            fn(module)
        return self

    # ----- one of them -----

    def get_submodule(self, target: str) -> Any:
        """Return the module of a dotted name; this one of an empty name.

        Raises
        ------
        NoAttributeError
            There is none of that name.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh())).get_submodule("1.0")
        Tanh()
        """
        return self._of_name(target, Walked, "module", "named_modules")

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter of a dotted name.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Sequential(nn.Linear(2, 3)).get_parameter("0.bias").shape
        (3,)
        """
        found: Parameter = self._of_name(target, Parameter, "parameter", "named_parameters")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer of a dotted name.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> nn.Sequential(nn.BatchNorm1d(2)).get_buffer("0.running_var").tolist()
        [1.0, 1.0]
        """
        found: Tensor = self._of_name(target, Tensor, "buffer", "named_buffers")
        return found

    def _of_name(self, target: str, kind: type[Any], word: str, listing: str) -> Any:
        found = self if target == "" else _found(self, target)
        if not isinstance(found, kind) or (word == "buffer" and not is_buffer(found)):
            said = {"module": type(self).__name__, "kind": word, "given": target, "listing": listing}
            raise errors.NoAttributeError(errors.NO_PART.format(**said))
        return found

    def set_submodule(self, target: str, module: Any) -> None:
        """Put a module in the place of that of a dotted name, or under a new name of a module that is there.

        Raises
        ------
        NoAttributeError
            Nothing has the name before the last dot.
        LayerError
            Anything but a module; or a place in a tuple.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Tanh()))
        >>> model.set_submodule("1.0", nn.ReLU())
        >>> model[1]
        Sequential(
          (0): ReLU()
        )
        """
        if not isinstance(module, Walked):
            raise errors.LayerError(errors.SET_SUBMODULE.format(target=target, given=type(module).__name__))
        replace(self, target, module)


def parts_of(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return what a module or a container consists of, by name, index or key; see `Walked` for the order.

    What was computed is a result, and no part: that which a call has left in an attribute, or in a container.
    """
    if isinstance(value, Walked):
        found = value._attributes()
        results = value._results
        return sorted([item for item in found if item[0] not in results] if results else found, key=_rank)
    items = enumerate(value) if isinstance(value, (list, tuple)) else value.items() if isinstance(value, dict) else ()
    return [(key, part) for key, part in items if not (is_buffer(part) and not part.is_leaf)]


def _rank(item: tuple[Any, Any]) -> int:
    value = item[1]
    return 2 if not isinstance(value, Tensor) else int(not isinstance(value, Parameter))


def places(root: Any, once: bool = False, inner: bool = True) -> Iterator[tuple[str, Any]]:
    """Yield every place where a module or a Tensor stands, by dotted name, outer before inner.

    A module that refers to one it is part of, as to its parent, is not followed round the circle. With `once`, none is
    followed from a second place either, of which there may be very many; without `inner`, no module is.
    """
    yield "", root
    levels = [("", root, iter(parts_of(root)))]
    above = {id(root): root}
    while levels:
        name, outer, parts = levels[-1]
        for key, part in parts:
            if isinstance(part, _LOOKED_INTO) and id(part) not in above:
                path = f"{name}.{key}" if name else str(key)
                if isinstance(part, (Walked, Tensor)):
                    yield path, part
                above[id(part)] = part
                levels.append((path, part, iter(parts_of(part) if inner or not isinstance(part, Walked) else ())))
                break
        else:
            levels.pop()
            if not once:
                del above[id(outer)]


_LOOKED_INTO = (Walked, Tensor, list, tuple, dict)


def is_buffer(x: Any) -> bool:
    return isinstance(x, Tensor) and not isinstance(x, Parameter)


def holds_buffers(x: Any) -> bool:
    """Tell whether something is a buffer, or a container of buffers alone."""
    if not isinstance(x, (list, tuple, dict)):
        return is_buffer(x)
    found = False
    for _, part in places(x, once=True, inner=False):
        if part is not x:
            found = True
            if not is_buffer(part):
                return False
    return found


def nearest(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield the modules directly within `module`, by name; containers are looked through, modules are not."""
    pending = [(str(key), part) for key, part in reversed(list(parts_of(module)))]
    while pending:
        name, value = pending.pop()
        if isinstance(value, Walked):
            yield name, value
        else:
            pending += [(f"{name}.{key}", part) for key, part in reversed(list(parts_of(value)))]


def named(found: Iterable[tuple[str, Any]], kind: type[Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value in found if isinstance(value, kind))


def first_names(found: Iterable[tuple[str, Any]], kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """Yield each object of a kind once, with the name of the first place it stands in."""
    seen: set[int] = set()
    for name, value in named(found, kind):
        if id(value) not in seen:
            seen.add(id(value))
            yield name, value


def _listed(root: Any, kind: type[Any], prefix: str, recurse: bool, once: bool) -> Iterator[tuple[str, Any]]:
    found = (first_names if once else named)(places(root, once=once, inner=recurse), kind)
    return found if not prefix else ((f"{prefix}.{name}" if name else prefix, value) for name, value in found)


def _unknown(found: Iterable[tuple[str, Any]], memo: set[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is not in `memo`, and put it there."""
    for name, value in found:
        if value not in memo:
            memo.add(value)
            yield name, value


def _inner_first(root: Any) -> list[Any]:
    """Return all modules, each after those within it."""
    pending: list[tuple[Any, bool]] = [(root, False)]
    seen: set[int] = set()
    found = []
    while pending:
        module, done = pending.pop()
        if done:
            found.append(module)
        elif id(module) not in seen:
            seen.add(id(module))
            pending.append((module, True))
            pending += [(m, False) for m in reversed([m for _, m in nearest(module)])]
    return found


# ----- places that are written to -----


def _found(root: Any, path: str) -> Any:
    """Return what stands at a dotted name, or None."""
    for key, part in parts_of(root):
        name = str(key)
        if name == path:
            return part
        if path.startswith(f"{name}.") and (inner := _found(part, path[len(name) + 1 :])) is not None:
            return inner
    return None


def replace(root: Any, path: str, value: Any) -> None:
    """Put something in the place that a dotted name says."""
    above, _, name = path.rpartition(".")
    outer = _found(root, above) if above else root
    if not name or not isinstance(outer, (Walked, list, tuple, dict)):
        said = {"module": type(root).__name__, "kind": "module", "given": above, "listing": "named_modules"}
        raise errors.NoAttributeError(errors.NO_PART.format(**said))
    if isinstance(outer, tuple):
        raise errors.LayerError(errors.IN_A_TUPLE.format(path=path, module=type(root).__name__, outer=above))
    if isinstance(outer, Walked):
        outer._put(name, value)
    else:
        keys = [key for key, _ in parts_of(outer) if str(key) == name]
        container: Any = outer
        container[keys[0] if keys else name] = value
