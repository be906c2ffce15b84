"""Parametrizations: weights that are normed, or orthogonal, whatever an optimiser does."""

from __future__ import annotations

from typing import Any, TypeVar

from autograd_lite import errors
from autograd_lite.base.later import listing
from autograd_lite.nn.functional import normalize
from autograd_lite.nn.module import Module
from autograd_lite.nn.utils import normed
from autograd_lite.nn.utils.orthogonal import Orthogonal
from autograd_lite.nn.utils.parametrize import register_parametrization
from autograd_lite.tensor.tensor import Tensor

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    """Direction and length apart: takes both."""

    def __init__(self, dim: int | None) -> None:
        self.dim = dim

    def forward(self, g: Any, v: Any) -> Any:
        return normed.scaled(g, v, self.dim)

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        return normed.length(weight, self.dim), weight


class _SpectralNorm(Module):
    """Divides by the largest singular value, by estimates of its vectors that each call in training improves."""

    def __init__(self, weight: Any, n_power_iterations: int, dim: int, eps: float) -> None:
        self.dim, self.n_power_iterations, self.eps = dim, n_power_iterations, eps
        if weight.ndim > 1:
            matrix = normed.as_matrix(weight.detach(), dim)
            u, v = normed.iterated(matrix, *normed.directions(matrix, eps), 15, eps)
            self._u, self._v = Tensor(u), Tensor(v)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = normed.as_matrix(weight, self.dim)
        if self.training:
            self._u, self._v = normed.iterated(matrix, self._u, self._v, self.n_power_iterations, self.eps)
        return weight / (self._u @ matrix @ self._v)

    def right_inverse(self, value: Any) -> Any:
        return value


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Have the lengths and the directions of a weight be trained apart.

    Parameters
    ----------
    module : Module
        It is changed, and returned.
    name : str
        Of the parameter. It is computed from ``parametrizations.<name>.original0``, the lengths, and ``original1``.
    dim : int or None
        The axis along which each slice has a length of its own; None, or -1, for one length of all.

    Notes
    -----
    T. Salimans & D. P. Kingma, *Weight normalization*, NeurIPS 2016.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = weight_norm(nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape, layer.parametrizations.weight.original1.shape
    ((40, 1), (40, 20))
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Have a weight be divided by its largest singular value, so that the layer lengthens no vector.

    Parameters
    ----------
    module : Module
        It is changed, and returned.
    name : str
        Of the parameter.
    n_power_iterations : int
        How many steps of the power method each reading of the weight in training takes. After `eval` it takes none.
    eps : float
        What keeps from dividing by zero.
    dim : int, optional
        The axis of the outputs: 0 by default, and 1 for transposed convolutions.

    Notes
    -----
    T. Miyato et al., *Spectral normalization for generative adversarial networks*, ICLR 2018.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = spectral_norm(nn.Linear(20, 40)).eval()
    >>> bool(abs(np.linalg.norm(layer.weight.detach().numpy(), 2) - 1) < 0.1)
    True
    """
    normed.check_power(n_power_iterations)
    weight = _weight(module, name)
    axis = normed.rows_axis(module, weight, dim)
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, axis, eps))


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> M:
    """Have a matrix keep orthogonal columns of length 1, or such rows where these are fewer.

    Parameters
    ----------
    module : Module
        It is changed, and returned.
    name : str
        Of the parameter, of two axes or more: of matrices along the last two.
    orthogonal_map : {"matrix_exp", "cayley", "householder"}, optional
        How a free matrix becomes an orthogonal one: by the exponential of a skew-symmetric one, by its Cayley
        transform, or by a product of reflections. By default the first for square matrices and complex ones, else the
        last.
    use_trivialization : bool
        Whether the result is multiplied with a fixed orthogonal matrix, the first value. The first two maps cannot
        start from a given value without.

    Notes
    -----
    M. Lezcano-Casado, *Trivializations for gradient-based optimization on manifolds*, NeurIPS 2019. A first value that
    is not orthogonal is replaced by the orthogonal factor of its QR decomposition.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> layer = orthogonal(nn.Linear(20, 40))
    >>> bool(np.allclose(layer.weight.T @ layer.weight, np.eye(20)))
    True
    """
    weight = _weight(module, name)
    if weight.ndim < 2:  # noqa: PLR2004 - a matrix
        raise errors.ArgumentError(errors.ORTHOGONAL_SHAPE.format(name=name, shape=weight.shape))
    if orthogonal_map is None:
        square = weight.shape[-1] == weight.shape[-2] or weight.dtype.kind == "c"
        orthogonal_map = "matrix_exp" if square else "householder"
    how = Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return register_parametrization(module, name, how, unsafe=True)


def _weight(module: Any, name: str) -> Any:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise errors.ArgumentError(errors.NOT_PARAMETRIZABLE.format(name=name, module=type(module).__name__))
    return weight


__all__ = ["orthogonal", "spectral_norm", "weight_norm"]
__dir__ = listing(__name__)
