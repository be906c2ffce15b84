"""The values of a module, saved and loaded by name, and what a message says of those that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_masked
from autograd_lite.base.elsewhere import foreign, is_foreign, sent
from autograd_lite.engine import refusals
from autograd_lite.engine.record import array_of
from autograd_lite.nn.parameter import Parameter, Uninitialized
from autograd_lite.nn.registered import Registered
from autograd_lite.nn.walk import Walked, is_buffer, named, places, replace
from autograd_lite.tensor.commits import assign as set_values
from autograd_lite.tensor.tensor import Tensor


class IncompatibleKeys(NamedTuple):
    """What `Module.load_state_dict` found no partner for."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Saved(Registered):
    """What has values that are saved and loaded."""

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """Return a copy of the value of every parameter, and of every buffer that is saved, by dotted name.

        The values are plain arrays: ``np.savez(path, **model.state_dict())`` saves them and
        ``model.load_state_dict(np.load(path))`` brings them back. What stands in several places is listed under each
        of its names, in PyTorch's order. A copy that is written to changes no parameter, before it is loaded: for a
        mean of models write ``p.data[...] = d * p.data + (1 - d) * q``, or see `optim.swa_utils.AveragedModel`.

        Parameters
        ----------
        prefix : str
            What the names begin with; a dot is not added.
        keep_vars : bool
            Return parameters and buffers themselves in the place of copies of their values.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid())
        >>> {name: value.shape for name, value in model.state_dict().items()}
        {'0.weight': (3, 2), '0.bias': (3,)}
        """
        return {f"{prefix}{name}": t if keep_vars else t._data.copy() for name, t in self._state().items()}

    def _state(self) -> dict[str, Tensor]:
        """Return what is saved, by name."""
        found = list(places(self))
        left = {f"{name}.{key}" if name else key for name, m in named(found, Registered) for key in m._transient}
        return {name: t for name, t in named(found, Tensor) if not (is_buffer(t) and name in left)}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Give parameters and buffers the values that `state_dict` has under their names: all of them, or none.

        Parameters
        ----------
        state_dict : mapping of str to array_like
            Values by dotted name, of the same shapes: arrays, Tensors, or those of PyTorch. They are copied, and the
            dtypes stay those of the module.
        strict : bool
            Whether the names have to be the same on both sides. If not, those on one side alone are passed over.
        assign : bool
            Put new parameters and buffers in the place of those that are there, of the dtypes of `state_dict`: a
            `Parameter` in it becomes the module's own. An optimiser made before goes on with the old ones.

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
        >>> halves = {name: value.astype(np.float32) for name, value in first.state_dict().items()}
        >>> second.load_state_dict(halves, assign=True)
        IncompatibleKeys(missing_keys=[], unexpected_keys=[])
        >>> second.weight.dtype
        dtype('float32')
        """
        if not isinstance(state_dict, Mapping):
            text = errors.STATE_DICT_KIND.format(model=type(self).__name__, given=type(state_dict).__name__)  # type: ignore[unreachable]
            raise errors.StateDictError(text)
        own = self._state()
        odd = IncompatibleKeys([n for n in own if n not in state_dict], [n for n in state_dict if n not in own])
        given = {name: _plain(state_dict[name]) for name in own if name in state_dict}
        shapes = [f"{name} {fault}" for name, value in given.items() if (fault := other_shape(own[name], value))]
        values = [f"{name} {fault}" for name, value in given.items() if (fault := misfit(own[name], value, assign))]
        if shapes or values or (strict and any(odd)):
            raise errors.StateDictError(complaint(type(self).__name__, odd if strict else None, shapes, values))
        for name in [name for name in given if isinstance(own[name], Uninitialized)]:
            if np.shape(given[name]) != own[name].shape:
                own[name].materialize(np.shape(given[name]))  # type: ignore[attr-defined]
        if assign:
            _put_in_place(self, own, given)
        else:
            set_values((own[name], where_it_is(own[name], value)) for name, value in given.items())
        return odd


def _put_in_place(module: Walked, own: Mapping[str, Tensor], given: Mapping[str, Any]) -> None:
    """Put new Tensors in the place of those of a module; what stood in several places does so again."""
    made: dict[Any, Tensor] = {}
    for name, value in given.items():
        key = id(own[name]), id(value) if isinstance(value, Tensor) else None
        if key not in made:
            made[key] = _as_new(own[name], value)
        replace(module, name, made[key])


def _as_new(old: Tensor, value: Any) -> Tensor:
    if not isinstance(old, Parameter):
        return Tensor(value.detach() if isinstance(value, Tensor) else value)
    if isinstance(value, Parameter):
        value.requires_grad = old.requires_grad
        return value
    return Parameter(value.detach() if isinstance(value, Tensor) else value, old.requires_grad, name=old.name)


def _plain(value: Any) -> Any:
    """Return what another library keeps a derivative of as the numbers alone, on the side of the processor."""
    if isinstance(value, Tensor) or not type(value).__module__.startswith("torch"):
        return value
    found = value.detach().cpu()
    try:
        return found.numpy()
    except TypeError:  # a dtype that NumPy has not, which is refused by its name
        return found


def other_shape(p: Tensor, given: Any) -> str:
    if isinstance(p, Uninitialized):
        return ""
    shape = getattr(given, "shape", None)
    if shape is None:
        try:
            shape = np.shape(given)
        except ValueError:  # a list of lists of several lengths
            return ""
    return "" if tuple(shape) == p.shape else f"has shape {tuple(shape)} instead of {p.shape}"


def misfit(p: Tensor, given: Any, assign: bool = False) -> str:
    """Return what a message says of a value that is nothing for a Tensor, or its dtype to be; nothing if it is."""
    if is_masked(given):
        return "is a masked array"
    try:
        array = array_of(given) if isinstance(given, Tensor) else given if is_foreign(given) else np.asarray(given)
    except ValueError:
        return "is no array"
    except TypeError:  # a dtype of PyTorch that NumPy has not
        return f"has dtype {given.dtype}"
    if assign and array.dtype.kind == p.dtype.kind:
        return ""
    if not np.can_cast(array.dtype, p.dtype, "same_kind"):
        return f"has dtype {array.dtype}"
    with np.errstate(over="ignore"):
        return f"has numbers too large for {p.dtype}" if refusals.overflows(array, array.astype(p.dtype)) else ""


def where_it_is(p: Tensor, given: Any) -> Any:
    """Return a value for a Tensor in the library of the array that this has; as it is where that is NumPy's."""
    if foreign(p) is None or foreign(given) is not None:
        return given
    return sent(array_of(given) if isinstance(given, Tensor) else np.asarray(given), p)


def complaint(model: str, odd: IncompatibleKeys | None, shapes: list[str], values: list[str]) -> str:
    missing, unexpected = (", ".join(map(str, names)) for names in odd or ((), ()))
    found = [f"{missing} missing"] if missing else []
    found += [f"{unexpected} not known to the model"] if unexpected else []
    remedy = errors.STATE_DICT_VALUES if values else errors.STATE_DICT_SHAPES if shapes else errors.STATE_DICT_NAMES
    return errors.STATE_DICT.format(model=model, found="; ".join(found + shapes + values)) + remedy
