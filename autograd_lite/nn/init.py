"""Initial values. Each function changes a leaf Tensor in place, outside any graph, and returns it.

The scales of `xavier_uniform_` and `xavier_normal_` keep the variance of signals the same from layer to layer, forwards
and backwards: X. Glorot & Y. Bengio, *Understanding the difficulty of training deep feedforward neural networks*,
AISTATS 2010, equations 12 and 16. Those of `kaiming_uniform_` and `kaiming_normal_` do so in one direction, behind
rectifiers: K. He et al., *Delving deep into rectifiers*, ICCV 2015, equations 10 and 14.

Random numbers come from ``rng=``, a `numpy.random.Generator` or a seed, by default from the generator of
`autograd_lite.manual_seed`; ``generator=`` is PyTorch's name for the same.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import full, sent
from autograd_lite.base.later import listing
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import generator as generator_of
from autograd_lite.tensor.tensor import Tensor

T = TypeVar("T", bound=Tensor)


def uniform_(tensor: T, a: float = 0.0, b: float = 1.0, generator: Any = None, *, rng: Any = None) -> T:
    """Fill a leaf with random numbers between `a` and `b`, all equally likely.

    Parameters
    ----------
    tensor : Tensor, any shape
        A leaf: a parameter, or another Tensor without history.
    a, b : float
        The bounds, ``a <= b``.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Examples
    --------
    >>> uniform_(Tensor([0.0, 0.0]), -1, 1, rng=0)
    Tensor([ 0.27392337, -0.46042657], dtype=float64)
    """
    if not a <= b:
        raise errors.ArgumentError(f"uniform_ between a={a} and b={b}: the bounds are in the wrong order. Write a <= b")
    return _fill(tensor, _drawn_from(generator, rng).uniform(a, b, tensor.shape))


def normal_(tensor: T, mean: float = 0.0, std: float = 1.0, generator: Any = None, *, rng: Any = None) -> T:
    """Fill a leaf with normally distributed random numbers of the given mean and standard deviation.

    Parameters
    ----------
    tensor : Tensor, any shape
        A leaf: a parameter, or another Tensor without history.
    mean, std : float
        Mean and standard deviation, ``std >= 0``.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Examples
    --------
    >>> normal_(Tensor([0.0, 0.0]), std=0.1, rng=0)
    Tensor([ 0.01257302, -0.01321049], dtype=float64)
    """
    if not std >= 0:
        raise errors.ArgumentError(f"normal_ with std={std}: a standard deviation is not negative. Write std >= 0")
    return _fill(tensor, _drawn_from(generator, rng).normal(mean, std, tensor.shape))


def constant_(tensor: T, val: float) -> T:
    """Fill a leaf, of any shape, with one number.

    Examples
    --------
    >>> constant_(Tensor([0.0, 0.0]), 0.5)
    Tensor([0.5, 0.5], dtype=float64)
    """
    return _fill(tensor, full(tensor.shape, val, tensor))


def zeros_(tensor: T) -> T:
    """Fill a leaf, of any shape, with 0.

    Examples
    --------
    >>> zeros_(Tensor([1.0, 2.0]))
    Tensor([0., 0.], dtype=float64)
    """
    return constant_(tensor, 0.0)


def ones_(tensor: T) -> T:
    """Fill a leaf, of any shape, with 1.

    Examples
    --------
    >>> ones_(Tensor([0.0, 0.0]))
    Tensor([1., 1.], dtype=float64)
    """
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor: T, gain: float = 1.0, generator: Any = None, *, rng: Any = None) -> T:
    """Fill a weight with uniform numbers of standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``.

    Parameters
    ----------
    tensor : Tensor, shape (out, in) or (out, in, ...)
        The weight. Axes after the second, of a convolution, multiply both fans.
    gain : float
        A factor that makes up for the activation behind the layer.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Raises
    ------
    ShapeError
        Fewer than two axes: a bias has no fans.

    Notes
    -----
    The bounds are plus and minus ``gain * sqrt(6 / (fan_in + fan_out))``: Glorot & Bengio 2010, equation 16.

    Examples
    --------
    >>> weight = xavier_uniform_(Tensor(np.zeros((3, 3))), rng=0)  # bounds -1 and 1
    >>> weight.shape, bool(abs(weight).max() < 1)
    ((3, 3), True)
    """
    bound = math.sqrt(3) * _xavier_deviation("xavier_uniform_", tensor, gain)
    return uniform_(tensor, -bound, bound, rng=_drawn_from(generator, rng))


def xavier_normal_(tensor: T, gain: float = 1.0, generator: Any = None, *, rng: Any = None) -> T:
    """Fill a weight with normal numbers of standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``.

    As `xavier_uniform_`, with another distribution: Glorot & Bengio 2010, equation 12.

    Examples
    --------
    >>> weight = xavier_normal_(Tensor(np.zeros((100, 300))), rng=0)
    >>> weight.shape, round(float(weight.std()), 2)  # sqrt(2 / 400) = 0.0707
    ((100, 300), 0.07)
    """
    return normal_(tensor, 0.0, _xavier_deviation("xavier_normal_", tensor, gain), rng=_drawn_from(generator, rng))


def kaiming_uniform_(
    tensor: T, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None, *,
    rng: Any = None,
) -> T:  # fmt: skip
    """Fill a weight with uniform numbers of standard deviation ``gain / sqrt(fan)``.

    Parameters
    ----------
    tensor : Tensor, shape (out, in) or (out, in, ...)
        The weight. Axes after the second, of a convolution, multiply both fans.
    a : float
        The slope of a leaky rectifier for negative numbers.
    mode : {"fan_in", "fan_out"}
        Whether signals keep their variance on the way forwards or gradients on the way back.
    nonlinearity : str
        What the layer is followed by: see `calculate_gain`.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Raises
    ------
    ShapeError
        Fewer than two axes: a bias has no fans.
    ArgumentError
        A mode or a nonlinearity that is not known.

    Examples
    --------
    >>> weight = kaiming_uniform_(Tensor(np.zeros((3, 6))), nonlinearity="relu", rng=0)  # bounds -1 and 1
    >>> weight.shape, bool(abs(weight).max() < 1)
    ((3, 6), True)
    """
    bound = math.sqrt(3) * _kaiming_deviation("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, rng=_drawn_from(generator, rng))


def kaiming_normal_(
    tensor: T, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None, *,
    rng: Any = None,
) -> T:  # fmt: skip
    """Fill a weight with normal numbers of standard deviation ``gain / sqrt(fan)``: see `kaiming_uniform_`.

    Examples
    --------
    >>> weight = kaiming_normal_(Tensor(np.zeros((100, 200))), nonlinearity="relu", rng=0)
    >>> weight.shape, round(float(weight.std()), 2)  # sqrt(2 / 200)
    ((100, 200), 0.1)
    """
    deviation = _kaiming_deviation("kaiming_normal_", tensor, a, mode, nonlinearity)
    return normal_(tensor, 0.0, deviation, rng=_drawn_from(generator, rng))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return the factor by which a nonlinearity makes the standard deviation of signals smaller.

    Parameters
    ----------
    nonlinearity : str
        A linear map or a convolution by its function's name, ``"sigmoid"`` (1 for these), ``"tanh"`` (5/3), ``"relu"``,
        ``"leaky_relu"`` or ``"selu"`` (3/4).
    param : float, optional
        The slope of a leaky rectifier: 0.01 by default.

    Raises
    ------
    ArgumentError
        Another name.

    Examples
    --------
    >>> calculate_gain("leaky_relu", 1.0), round(calculate_gain("relu"), 4)
    (1.0, 1.4142)
    """
    if nonlinearity == "leaky_relu":
        return math.sqrt(2 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in _GAINS:
        known = ", ".join(["leaky_relu", *_GAINS])
        raise errors.ArgumentError(f"nonlinearity={nonlinearity!r} is unknown. Write one of {known}")
    return _GAINS[nonlinearity]


_GAINS = {"relu": math.sqrt(2), "tanh": 5 / 3, "selu": 3 / 4, "sigmoid": 1.0, "linear": 1.0} | dict.fromkeys(
    (f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)), 1.0
)


def trunc_normal_(
    tensor: T, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None, *,
    rng: Any = None,
) -> T:  # fmt: skip
    """Fill a leaf with normal numbers of which those that are not between `a` and `b` are drawn anew.

    Parameters
    ----------
    tensor : Tensor, any shape
        A leaf: a parameter, or another Tensor without history.
    mean, std : float
        Of the numbers before any is left out, ``std > 0``.
    a, b : float
        The bounds, ``a < b``, on the same scale as `mean`: not in standard deviations.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Notes
    -----
    Far from the mean proposals are exponential or uniform, of which a part is taken: C. P. Robert, *Simulation of
    truncated normal variables*, Statistics and Computing 5 (1995).

    Examples
    --------
    >>> weight = trunc_normal_(Tensor(np.zeros(1000)), a=-1.0, b=0.5, rng=0)
    >>> bool(weight.min() >= -1.0), bool(weight.max() <= 0.5)
    (True, True)
    """
    if not (std > 0 and a < b):
        raise errors.ArgumentError(f"trunc_normal_ with std={std}, a={a}, b={b}. Write std > 0 and a < b")
    low, high = (a - mean) / std, (b - mean) / std
    drawn = _truncated(low, high, tensor.size, _drawn_from(generator, rng))
    return _fill(tensor, np.clip(mean + std * drawn, a, b).reshape(tensor.shape))


def _truncated(low: float, high: float, count: int, rng: Any) -> Any:
    """Return standard normal numbers that lie between two bounds."""
    if high <= 0:
        return -_truncated(-high, -low, count, rng)
    found = np.empty(0)
    while len(found) < count:
        proposed = _proposed(low, high, count + 16, rng)
        found = np.concatenate((found, proposed[(low <= proposed) & (proposed <= high)]))
    return found[:count]


def _proposed(low: float, high: float, count: int, rng: Any) -> Any:
    """Return numbers that are distributed as normal ones are, at least between the bounds."""
    if math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2)) > 1 / 2:
        return rng.normal(size=count)
    if low > 0 and low * (high - low) > 1:
        x = low + rng.exponential(1 / low, count)
        return x[rng.random(count) <= np.exp(-((x - low) ** 2) / 2)]
    x = rng.uniform(low, high, count)
    return x[rng.random(count) <= np.exp((max(low, 0.0) ** 2 - x**2) / 2)]


def orthogonal_(tensor: T, gain: float = 1.0, generator: Any = None, *, rng: Any = None) -> T:
    """Fill a weight with a random matrix whose rows, or columns if these are fewer, are orthogonal to each other.

    Parameters
    ----------
    tensor : Tensor, shape (out, in) or (out, in, ...)
        The weight: axes after the first are taken as one.
    gain : float
        The length of these rows or columns.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Notes
    -----
    A. M. Saxe et al., *Exact solutions to the nonlinear dynamics of learning in deep linear neural networks*, ICLR
    2014. The signs are those by which all such matrices are equally likely: F. Mezzadri, *How to generate random
    matrices from the classical compact groups*, Notices of the AMS 54 (2007).

    Examples
    --------
    >>> weight = orthogonal_(Tensor(np.zeros((2, 3))), rng=0)
    >>> bool(np.allclose(weight @ weight.T, np.eye(2)))
    True
    """
    _need_axes("orthogonal_", tensor, (2,), more=True)
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = _drawn_from(generator, rng).normal(size=(max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return _fill(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(tensor: T, sparsity: float, std: float = 0.01, generator: Any = None, *, rng: Any = None) -> T:
    """Fill a matrix with normal numbers, and a part of each column, at random places, with 0.

    Parameters
    ----------
    tensor : Tensor, shape (out, in)
        The weight.
    sparsity : float
        The part of each column that is 0, from 0 to 1, rounded up.
    std : float
        The standard deviation of the others.
    generator, rng : numpy.random.Generator or int, optional
        Where the numbers come from, or its seed: two names for it.

    Notes
    -----
    J. Martens, *Deep learning via Hessian-free optimization*, ICML 2010.

    Examples
    --------
    >>> weight = sparse_(Tensor(np.ones((4, 3))), sparsity=0.5, rng=0)
    >>> np.sum(weight.numpy() == 0, axis=0)
    array([2, 2, 2])
    """
    _need_axes("sparse_", tensor, (2,))
    if not 0 <= sparsity <= 1:
        raise errors.ArgumentError(f"sparse_ with sparsity={sparsity}. Write a part from 0 to 1: sparsity=0.5")
    drawn = _drawn_from(generator, rng)
    values = drawn.normal(0.0, std, tensor.shape)
    order = np.argsort(drawn.random(tensor.shape), axis=0)
    values[order < math.ceil(sparsity * tensor.shape[0])] = 0.0
    return _fill(tensor, values)


def eye_(tensor: T) -> T:
    """Fill a matrix with the identity: 1 where row and column are the same, else 0.

    Examples
    --------
    >>> eye_(Tensor(np.zeros((2, 3))))
    Tensor([[1., 0., 0.],
            [0., 1., 0.]], dtype=float64)
    """
    _need_axes("eye_", tensor, (2,))
    return _fill(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: T, groups: int = 1) -> T:
    """Fill the weight of a convolution so that it hands on as many channels as it can, each unchanged.

    Parameters
    ----------
    tensor : Tensor, shape (out, in / groups, ...)
        Of one, two or three axes after the second.
    groups : int
        In how many parts the channels are divided: `out` is a multiple of it.

    Examples
    --------
    >>> dirac_(Tensor(np.zeros((1, 1, 3)))).tolist()
    [[[0.0, 1.0, 0.0]]]
    """
    _need_axes("dirac_", tensor, (3, 4, 5))
    if groups < 1 or tensor.shape[0] % groups:
        instead = f"groups that {tensor.shape[0]} outputs can be divided into, as groups=1"
        raise errors.ArgumentError(f"dirac_ of {tensor.shape[0]} outputs in {groups} groups. Write {instead}")
    values: Any = np.zeros(tensor.shape)
    each = tensor.shape[0] // groups
    middle = tuple([n // 2 for n in tensor.shape[2:]])
    for i in range(min(each, tensor.shape[1])):
        values[(slice(i, None, each), i, *middle)] = 1.0
    return _fill(tensor, values)


def _xavier_deviation(function: str, tensor: Tensor, gain: float) -> float:
    if not gain >= 0:
        raise errors.ArgumentError(f"Xavier initialisation with gain={gain}. Write gain >= 0")
    fans = sum(_fans(function, tensor))
    return gain * math.sqrt(2 / fans) if fans else 0.0


def _kaiming_deviation(function: str, tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise errors.ArgumentError(f"mode={mode!r} of {function} is unknown. Write mode='fan_in' or mode='fan_out'")
    fan = _fans(function, tensor)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(fan) if fan else 0.0


def _fans(function: str, tensor: Tensor) -> tuple[int, int]:
    """Return how many numbers each output is computed from, and how many each input goes to."""
    if tensor.ndim < 2:  # noqa: PLR2004 - inputs and outputs
        raise errors.ShapeError(errors.FANS.format(function=function, what=refusals.describe(tensor)))
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def _need_axes(function: str, tensor: Tensor, counts: tuple[int, ...], more: bool = False) -> None:
    if tensor.ndim not in counts and not (more and tensor.ndim > counts[-1]):
        wanted = " or ".join(map(str, counts)) + (" or more" if more else "")
        text = errors.INIT_AXES.format(function=function, what=refusals.describe(tensor), wanted=wanted)
        raise errors.ShapeError(text)


def _drawn_from(generator: Any, rng: Any) -> Any:
    """Return where random numbers come from, by either of its names."""
    if generator is not None and rng is not None:
        raise errors.ArgumentError("generator= and rng= are two names of one thing. Write rng=rng alone")
    return generator_of(generator if rng is None else rng)


def _fill(tensor: T, values: Any) -> T:
    """Give a leaf new values; or the array of one, as ``init.zeros_(p.data)`` means it."""
    given: Any = tensor
    if isinstance(given, np.ndarray):
        given[...] = values
    else:
        tensor.assign(sent(values, tensor))
    return tensor


__all__ = [
    "calculate_gain", "constant_", "dirac_", "eye_", "kaiming_normal_", "kaiming_uniform_", "normal_", "ones_",
    "orthogonal_", "sparse_", "trunc_normal_", "uniform_", "xavier_normal_", "xavier_uniform_", "zeros_",
]  # fmt: skip
__dir__ = listing(__name__)
