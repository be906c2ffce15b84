"""What a container of modules or parameters is: parts by name, which are attributes too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from autograd_lite import errors
from autograd_lite.base.functions import called
from autograd_lite.nn.module import Module
from autograd_lite.nn.walk import NOTHING, Walked
from autograd_lite.tensor.state import setting


class Keyed(Module):
    """Parts by name, in order, that are found as `self.name` as well.

    `_kind` is what a part has to be; one that is set as an attribute is a part too.
    """

    _layers: Mapping[str, Any] = NOTHING
    _kind: type[Any] = Walked
    _said_of_kind = "a Module"
    _instead = "nn.ReLU()"

    def _attributes(self) -> Iterable[tuple[Any, Any]]:
        """The parts by name, and after them what a subclass has set."""
        yield from self._layers.items()
        yield from ((name, value) for name, value in vars(self).items() if name != "_layers")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._layers or (isinstance(value, self._kind) and name not in vars(self)):
            self._set_part(name, value)
        else:
            super().__setattr__(name, value)

    def _missing(self, name: str) -> Any:
        return self._layers[name] if name in self._layers else super()._missing(name)

    def __delattr__(self, name: str) -> None:
        if name in self._layers:
            self._change({key: part for key, part in self._layers.items() if key != name})
        else:
            super().__delattr__(name)

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *(name for name in self._layers if name.isidentifier())]

    def _set_part(self, key: Any, value: Any) -> None:
        self._change({**self._layers, str(key): self._checked(key, value)})

    def _change(self, layers: dict[str, Any]) -> None:
        """Have other parts. NOTE: a new dict, so that whoever looks on sees an attribute that is set."""
        setting(self, "_layers", layers)
        vars(self)["_layers"] = layers

    def _checked(self, place: Any, value: Any) -> Any:
        """Return a part that may stand here."""
        if not isinstance(value, self._kind):
            said = {"place": place, "container": type(self).__name__, "given": called(value)}
            raise errors.LayerError(errors.NOT_A_PART.format(**said, kind=self._said_of_kind, instead=self._instead))
        return value

    def __len__(self) -> int:
        return len(self._layers)

    def __contains__(self, key: object) -> bool:
        return key in self._layers


class Listed(Keyed):
    """Parts by position."""

    def __iter__(self) -> Iterator[Any]:
        return iter(self._layers.values())

    def __contains__(self, part: object) -> bool:
        return any(part is other for other in self)

    def __getitem__(self, index: Any) -> Any:
        """Return one part, or a container of some; they stay the same objects."""
        return self._some(index) if isinstance(index, slice) else list(self)[index]

    def _some(self, index: slice) -> Any:
        return type(self)(list(self)[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        names = list(self._layers)
        if isinstance(index, slice):
            parts = list(self)
            parts[index] = [self._checked(index, part) for part in value]
            self._renumber(parts)
        else:
            self._set_part(names[index], value)

    def __delitem__(self, index: Any) -> None:
        parts = list(self)
        del parts[index]
        self._renumber(parts)

    def _renumber(self, parts: Iterable[Any]) -> None:
        self._change({str(i): part for i, part in enumerate(parts)})

    def __iadd__(self, parts: Iterable[Any]) -> Self:
        return self.extend(parts)

    def __add__(self, parts: Iterable[Any]) -> Any:
        return self._some(slice(None)).extend(parts)

    def append(self, part: Any) -> Self:
        """Add a part at the end, and return the container."""
        self._renumbered_or_named([*self, self._checked(len(self), part)])
        return self

    def extend(self, parts: Iterable[Any]) -> Self:
        """Add parts at the end, and return the container."""
        added = list(parts)
        self._renumbered_or_named([*self, *(self._checked(len(self) + i, part) for i, part in enumerate(added))])
        return self

    def insert(self, index: int, part: Any) -> Self:
        """Put a part before that of an index, and return the container."""
        parts = list(self)
        parts.insert(index, self._checked(index, part))
        self._renumber(parts)
        return self

    def pop(self, index: int = -1) -> Any:
        """Take a part out, and return it."""
        part = self[index]
        del self[index]
        return part

    def _renumbered_or_named(self, parts: list[Any]) -> None:
        """Have more parts, where the first keep their names and the others are called by their position."""
        names = [*self._layers, *(str(i) for i in range(len(self._layers), len(parts)))]
        self._change(dict(zip(names, parts, strict=True)))


class Mapped(Keyed):
    """Parts by key, as in a dict."""

    def _named(self, key: Any) -> str:
        if not isinstance(key, str) or not key or "." in key:
            raise errors.LayerError(errors.PART_KEY.format(container=type(self).__name__, given=key))
        return key

    def __getitem__(self, key: str) -> Any:
        return self._layers[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._set_part(self._named(key), value)

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def keys(self) -> Iterable[str]:
        """Return the keys, in order."""
        return self._layers.keys()

    def values(self) -> Iterable[Any]:
        """Return the parts, in order."""
        return self._layers.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return pairs of key and part, in order."""
        return self._layers.items()

    def update(self, parts: Any) -> None:
        """Add the parts of a dict, or of pairs."""
        found = dict(parts.items() if isinstance(parts, (Mapping, Mapped)) else parts)
        self._change({**self._layers, **{self._named(key): self._checked(key, part) for key, part in found.items()}})

    def pop(self, key: str) -> Any:
        """Take a part out, and return it."""
        part = self[key]
        delattr(self, key)
        return part

    def clear(self) -> None:
        """Take all parts out."""
        self._change({})

    def get(self, key: str, default: Any = None) -> Any:
        """Return a part, or a default where there is none."""
        return self._layers.get(key, default)
