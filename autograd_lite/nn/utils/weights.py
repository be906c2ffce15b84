"""Norms of weights by hooks, with PyTorch's older names of what is saved: `weight_g`, `weight_orig`."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd_lite import errors
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.utils import normed
from autograd_lite.tensor.hooks import HookHandle
from autograd_lite.tensor.tensor import Tensor

M = TypeVar("M", bound=Module)


class _WeightNorm:
    """How a module computes a weight from lengths and directions, and takes a new one apart."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim

    def get(self, module: Any) -> Any:
        return normed.scaled(getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v"), self.dim)

    def set(self, module: Any, value: Any) -> None:
        value = value.detach() if isinstance(value, Tensor) else value
        getattr(module, f"{self.name}_g").assign(normed.length(value, self.dim))
        getattr(module, f"{self.name}_v").assign(value)


class _SpectralNorm:
    """How a module computes a weight that is divided by its largest singular value; a hook before each call."""

    def __init__(self, name: str, dim: int, times: int, eps: float) -> None:
        self.name, self.dim, self.times, self.eps = name, dim, times, eps
        self.handle: HookHandle | None = None

    def get(self, module: Any) -> Any:
        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        return weight / (u @ normed.as_matrix(weight, self.dim) @ v)

    def set(self, module: Any, value: Any) -> None:
        getattr(module, f"{self.name}_orig").assign(value.detach() if isinstance(value, Tensor) else value)

    def __call__(self, module: Any, args: Any) -> None:
        """Improve the vectors, in training."""
        if module.training:
            matrix = normed.as_matrix(getattr(module, f"{self.name}_orig"), self.dim)
            u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
            v, u = normed.iterated(matrix.T, v, u, self.times, self.eps)  # from the left vector on, as PyTorch
            setattr(module, f"{self.name}_u", u)
            setattr(module, f"{self.name}_v", v)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Have the lengths and the directions of a weight be trained apart: as ``<name>_g`` and ``<name>_v``.

    `parametrizations.weight_norm` does the same, with the names that PyTorch has for it now.

    Parameters
    ----------
    module : Module
        It is changed, and returned.
    name : str
        Of the parameter.
    dim : int or None
        The axis along which each slice has a length of its own; None for one length of all.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> list(nn.utils.weight_norm(nn.Linear(20, 40)).state_dict())
    ['bias', 'weight_g', 'weight_v']
    """
    weight = _taken(module, name)
    _computed(module, name, _WeightNorm(name, dim))
    value, wanted = weight.detach(), weight.requires_grad
    setattr(module, f"{name}_g", Parameter(normed.length(value, dim), wanted))
    setattr(module, f"{name}_v", Parameter(value, wanted))
    return module


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Have a weight be divided by its largest singular value: what is trained is ``<name>_orig``.

    `parametrizations.spectral_norm` does the same, with the names that PyTorch has for it now. Here each call of the
    module in training improves the estimate of the value.

    Parameters
    ----------
    module : Module
        It is changed, and returned.
    name : str
        Of the parameter.
    n_power_iterations : int
        How many steps of the power method a call in training takes.
    eps : float
        What keeps from dividing by zero.
    dim : int, optional
        The axis of the outputs: 0 by default, and 1 for transposed convolutions.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> list(nn.utils.spectral_norm(nn.Linear(20, 40)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    normed.check_power(n_power_iterations)
    weight = _taken(module, name)
    how = _SpectralNorm(name, normed.rows_axis(module, weight, dim), n_power_iterations, eps)
    u, v = normed.directions(normed.as_matrix(weight.detach(), how.dim), eps)
    _computed(module, name, how)
    for ending, t in (("orig", weight), ("u", u), ("v", v)):
        setattr(module, f"{name}_{ending}", t)
    how.handle = module.register_forward_pre_hook(how)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Have a weight be a parameter again, of the value that it has; return the module.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(2, 2)))
    >>> list(layer.state_dict())
    ['bias', 'weight']
    """
    return _removed(module, name, _WeightNorm, ("g", "v"))


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Have a weight be a parameter again, of the value that it has; return the module.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(2, 2)))
    >>> list(layer.state_dict())
    ['bias', 'weight']
    """
    return _removed(module, name, _SpectralNorm, ("orig", "u", "v"))


def _taken(module: Any, name: str) -> Parameter:
    weight = vars(module).get(name)
    if not isinstance(weight, Parameter):
        raise errors.ArgumentError(errors.NOT_PARAMETRIZABLE.format(name=name, module=type(module).__name__))
    return weight


def _computed(module: Any, name: str, how: Any) -> None:
    delattr(module, name)
    module._computed = {**module._computed, name: how}


def _removed(module: M, name: str, kind: type[Any], endings: tuple[str, ...]) -> M:
    how = module._computed.get(name)
    if not isinstance(how, kind):
        raise errors.ArgumentError(errors.NOT_PARAMETRIZED.format(name=name, module=type(module).__name__))
    first: Any = getattr(module, f"{name}_{endings[0]}")
    value = how.get(module).detach()
    for ending in endings:
        delattr(module, f"{name}_{ending}")
    module._computed = {key: other for key, other in module._computed.items() if key != name}
    if getattr(how, "handle", None) is not None:
        how.handle.remove()
    setattr(module, name, Parameter(value, first.requires_grad))
    return module
