"""What is set in a module by name: as an attribute is, and checked."""

from __future__ import annotations

import sys
from typing import Any

from autograd_lite import errors
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.walk import Walked, holds_buffers, is_buffer
from autograd_lite.tensor.tensor import Tensor


class Registered(Walked):
    """What takes parameters, buffers and modules by name."""

    _transient: frozenset[str] = frozenset()  # the buffers that are not saved
    _registered: frozenset[str] = frozenset()  # those that were told of by name

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
        if tensor is not None and not is_buffer(tensor):
            given = "Parameter" if isinstance(tensor, Parameter) else type(tensor).__name__
            raise errors.ArgumentError(errors.BUFFER_KIND.format(**self._said(name), given=given))
        present = getattr(self, name, None)
        if present is not None and not is_buffer(present):
            raise errors.ArgumentError(errors.BUFFER_TAKEN.format(**self._said(name), given=type(present).__name__))
        self._registered |= {name}
        setattr(self, name, tensor)
        self._transient = self._transient - {name} if persistent else self._transient | {name}

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Set a parameter, as ``self.name = param`` does.

        Parameters
        ----------
        name : str
            Of the attribute; none that something else than a parameter has.
        param : Parameter or None
            None for one that is left out.

        Raises
        ------
        ArgumentError
            A name that is taken or none of an attribute, or anything but a `Parameter`.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(2, 1)
        >>> layer.register_parameter("scale", nn.Parameter(1.0))
        >>> [name for name, _ in layer.named_parameters()]
        ['weight', 'bias', 'scale']
        """
        self._register(name, param, Parameter, "register_parameter", "ag.nn.Parameter(value)")

    def add_module(self, name: str, module: Any) -> None:
        """Set a module, as ``self.name = module`` does; in a `Sequential` it comes last.

        Raises
        ------
        ArgumentError
            A name that is taken or none of an attribute, or anything but a `Module`.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Module()
        >>> model.add_module("head", nn.Linear(2, 1))
        >>> model.head
        Linear(in_features=2, out_features=1, bias=True)
        """
        self._register(name, module, Walked, "add_module", "an instance, ag.nn.ReLU()")

    def register_module(self, name: str, module: Any) -> None:
        """Set a module: another name of `add_module`.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Module()
        >>> model.register_module("act", nn.ReLU())
        >>> model.act
        ReLU()
        """
        self.add_module(name, module)

    def _register(self, name: str, value: Any, kind: type[Any], function: str, instead: str) -> None:
        present = getattr(self, name, None) if name and "." not in str(name) else name
        if not (present is None or isinstance(present, kind)) or not (value is None or isinstance(value, kind)):
            said = {"function": function, "name": name, "module": type(self).__name__, "instead": instead}
            raise errors.ArgumentError(errors.REGISTER.format(**said, given=type(value).__name__))
        self._put(name, value)

    def _note_result(self, name: str, old: Any, value: Any) -> None:
        """Note whether what an attribute gets is a result: put there by a call of a module, where no buffer was."""
        is_held = holds_buffers(value)
        if is_held and holds_buffers(old) and name not in self._registered:
            return
        is_computed = isinstance(value, Tensor) and not value.is_leaf
        is_result = is_held and name not in self._registered and (is_computed or _is_called(self))
        if is_result != (name in self._results):
            self._results = self._results | {name} if is_result else self._results - {name}

    def _said(self, name: str) -> dict[str, str]:
        return {"name": name, "module": type(self).__name__}


def _is_called(module: Any) -> bool:
    """Tell whether this runs in the ``forward`` of a module; not so where `module` is being made there.

    NOTE: asked of the frames, as calls are not counted: where something new stands in an attribute, so not every time.
    """
    frame: Any = sys._getframe(2)
    while frame is not None:
        code = frame.f_code
        if code.co_argcount and code.co_name in ("forward", "__init__"):
            first = frame.f_locals.get(code.co_varnames[0])
            if first is module or (isinstance(first, Walked) and code.co_name == "forward"):
                return bool(code.co_name == "forward")
        frame = frame.f_back
    return False
