"""A random generator of NumPy whose parameters may be Tensors: ``autograd_lite.numpy.random.default_rng(seed)``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.base.arraylike import ArrayLike, leaves
from autograd_lite.rules import draws


def _taking(definition: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that is NumPy's own, and the definition where a parameter is a Tensor or stands for an array."""
    name = definition.__name__

    @functools.wraps(definition)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, ArrayLike) for x in leaves((*args, *kwargs.values()))):
            return definition(self, *args, **kwargs)
        return self.by_numpy(name)(*args, **kwargs)

    method.__qualname__ = f"Generator.{name}"
    return method


class Generator(np.random.Generator):
    """NumPy's random generator, with Tensors for parameters.

    It draws NumPy's numbers from the same seed, and with plain parameters is NumPy's own. With Tensors the samples are
    Tensors that have a derivative by the parameters, the one that their distribution implies: of `normal`, `uniform`,
    `exponential`, `gumbel`, `laplace`, `logistic`, `lognormal`, `rayleigh`, `weibull`, `pareto`, `power`, `triangular`,
    `gamma`, `standard_gamma`, `chisquare`, `beta`, `f`, `standard_t`, `dirichlet` and `multivariate_normal`. The last
    takes Cholesky's factor of a Tensor, and so gives NumPy's numbers for ``method="cholesky"``. Of other distributions
    a Tensor is refused: samples that are whole numbers, or chosen, do not move with their parameters.

    Samples have the precision of the Tensors. Of parameters that `vmap` gives each example, each draws numbers of its
    own, as a loop would; a compiled function draws new ones at every call.

    Parameters
    ----------
    bit_generator : numpy.random.BitGenerator
        As of NumPy's: ``Generator(rng.bit_generator)`` draws on where `rng` stands. `default_rng` takes a seed.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> import autograd_lite.numpy as anp
    >>> def f(scale):
    ...     return anp.sum(anp.random.default_rng(0).normal(1.0, scale, size=3))
    >>> noise = np.random.default_rng(0).standard_normal(3)
    >>> bool(np.isclose(ag.grad(f)(2.0), noise.sum()))
    True
    >>> shape = ag.Tensor([0.5, 3.0], requires_grad=True)
    >>> default_rng(1).gamma(shape, 2.0).sum().backward()
    >>> shape.grad.shape
    (2,)
    """

    __slots__ = ()

    def by_numpy(self, name: str) -> Callable[..., Any]:
        """Return NumPy's method of a name, which takes no Tensor that is recorded."""
        return functools.partial(getattr(np.random.Generator, name), self)

    def __reduce__(self) -> Any:
        return Generator, (self.bit_generator,)


OWN = (
    draws.normal, draws.gumbel, draws.laplace, draws.logistic, draws.lognormal, draws.exponential, draws.rayleigh,
    draws.uniform, draws.weibull, draws.pareto, draws.power, draws.triangular, draws.standard_gamma, draws.gamma,
    draws.chisquare, draws.beta, draws.standard_t, draws.f, draws.dirichlet, draws.multivariate_normal,
)  # fmt: skip
for _definition in OWN:
    setattr(Generator, _definition.__name__, _taking(_definition))


def default_rng(seed: Any = None) -> Generator:
    """Return a `Generator` from a seed, as NumPy's function of the name; one of NumPy's is drawn on from.

    Examples
    --------
    >>> default_rng(3).random() == np.random.default_rng(3).random()
    True
    """
    return seed if isinstance(seed, Generator) else Generator(np.random.default_rng(seed).bit_generator)
