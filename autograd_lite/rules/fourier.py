"""Discrete Fourier transforms.

All are linear, and their matrix is symmetric: the transpose of a transform is the same transform, with the same `norm`.
What is cut to `n` elements, or padded with zeros, is padded or cut on the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite.base.elsewhere import sent, zeros
from autograd_lite.base.shapes import Array, Shape
from autograd_lite.engine.definitions import composite
from autograd_lite.engine.forms import linear
from autograd_lite.rules.common import as_tuple

Lengths = Sequence[int] | None

# ----- along one axis -----


def _fitted(a: Array, length: int, axis: int) -> Array:
    """Return `a` with as many elements along an axis, cut or padded with zeros."""
    axis %= a.ndim
    if a.shape[axis] >= length:
        return a[(slice(None),) * axis + (slice(length),)]
    rest = zeros((*a.shape[:axis], length - a.shape[axis], *a.shape[axis + 1 :]), a.dtype, a)
    return np.concatenate([a, rest], axis)


def _both_halves(n: int, like: Array, axis: int) -> Array:
    """Return how often each number of half a spectrum stands in the whole: 1 for the ends, which are real, else 2."""
    times = np.full(n // 2 + 1, 2, like.real.dtype)
    times[0] = 1
    times[n // 2 :] = 1 if n % 2 == 0 else times[n // 2 :]
    return sent(times.reshape((-1,) + (1,) * (like.ndim - 1 - axis % like.ndim)), like)


def _fft_rule(g: Array, a_shape: Shape, axis: int, norm: Any) -> Array:
    return _fitted(np.fft.fft(g, axis=axis, norm=norm), a_shape[axis], axis)


def _ifft_rule(g: Array, a_shape: Shape, axis: int, norm: Any) -> Array:
    return _fitted(np.fft.ifft(g, axis=axis, norm=norm), a_shape[axis], axis)


def _rfft_rule(g: Array, a_shape: Shape, n: int | None, axis: int, norm: Any) -> Array:
    """Half of a spectrum is given, each of whose inner numbers the transform back counts twice."""
    n = a_shape[axis] if n is None else n
    return _fitted(np.fft.hfft(g / _both_halves(n, g, axis), n, axis, norm), a_shape[axis], axis)


def _irfft_rule(g: Array, a_shape: Shape, axis: int, norm: Any) -> Array:
    half = np.fft.ihfft(g, axis=axis, norm=norm)
    return _fitted(half * _both_halves(g.shape[axis], half, axis), a_shape[axis], axis)


linear(np.fft.fft, _fft_rule, settings="n axis norm", axes="axis")
linear(np.fft.ifft, _ifft_rule, settings="n axis norm", axes="axis")
linear(np.fft.rfft, _rfft_rule, settings="n axis norm", axes="axis", analytic=False)
linear(np.fft.irfft, _irfft_rule, settings="n axis norm", axes="axis", analytic=False)

_OTHER_WAY = {None: "forward", "backward": "forward", "forward": "backward"}  # "ortho" is the same both ways


@composite(np.fft.hfft, complex=True)
def hfft(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
    return np.fft.irfft(np.conj(a), n, axis, _OTHER_WAY.get(norm, norm))


@composite(np.fft.ihfft, complex=True)
def ihfft(a: Array, n: int | None = None, axis: int = -1, norm: Any = None) -> Array:
    return np.conj(np.fft.rfft(a, n, axis, _OTHER_WAY.get(norm, norm)))


# ----- along several axes, the last one first -----


def _along(a: Array, s: Lengths, axes: Sequence[int] | None, half: bool = False) -> list[tuple[int, int]]:
    """Return the axes, each with the length of its transform; of `half` a spectrum twice the last length."""
    if axes is None:
        axes = range(-(a.ndim if s is None else len(s)), 0)
    lengths = [a.shape[axis] for axis in axes]
    if half and s is None and lengths:
        lengths[-1] = 2 * (lengths[-1] - 1)
    given = [-1] * len(lengths) if s is None else list(s)
    return [(axis, own if n == -1 else n) for axis, own, n in zip(axes, lengths, given, strict=True)]


def _each(fn: Callable[..., Array], a: Array, along: Sequence[tuple[int, int]], norm: Any) -> Array:
    for axis, n in along:
        a = fn(a, n, axis, norm)
    return a


@composite(np.fft.fftn, complex=True)
def fftn(a: Array, s: Lengths = None, axes: Sequence[int] | None = None, norm: Any = None) -> Array:
    return _each(np.fft.fft, a, _along(a, s, axes)[::-1], norm)


@composite(np.fft.ifftn, complex=True)
def ifftn(a: Array, s: Lengths = None, axes: Sequence[int] | None = None, norm: Any = None) -> Array:
    return _each(np.fft.ifft, a, _along(a, s, axes)[::-1], norm)


@composite(np.fft.rfftn, complex=True)
def rfftn(a: Array, s: Lengths = None, axes: Sequence[int] | None = None, norm: Any = None) -> Array:
    *others, (axis, n) = _along(a, s, axes)
    return _each(np.fft.fft, np.fft.rfft(a, n, axis, norm), others[::-1], norm)


@composite(np.fft.irfftn, complex=True)
def irfftn(a: Array, s: Lengths = None, axes: Sequence[int] | None = None, norm: Any = None) -> Array:
    *others, (axis, n) = _along(a, s, axes, half=True)
    return np.fft.irfft(_each(np.fft.ifft, a, others, norm), n, axis, norm)


@composite(np.fft.fft2, complex=True)
def fft2(a: Array, s: Lengths = None, axes: Sequence[int] = (-2, -1), norm: Any = None) -> Array:
    return fftn(a, s, axes, norm)


@composite(np.fft.ifft2, complex=True)
def ifft2(a: Array, s: Lengths = None, axes: Sequence[int] = (-2, -1), norm: Any = None) -> Array:
    return ifftn(a, s, axes, norm)


@composite(np.fft.rfft2, complex=True)
def rfft2(a: Array, s: Lengths = None, axes: Sequence[int] = (-2, -1), norm: Any = None) -> Array:
    return rfftn(a, s, axes, norm)


@composite(np.fft.irfft2, complex=True)
def irfft2(a: Array, s: Lengths = None, axes: Sequence[int] = (-2, -1), norm: Any = None) -> Array:
    return irfftn(a, s, axes, norm)


# ----- the order of frequencies -----


@composite(np.fft.fftshift, complex=True)
def fftshift(x: Array, axes: Any = None) -> Array:
    """The frequency 0 comes into the middle."""
    axes = range(x.ndim) if axes is None else as_tuple(axes)
    return np.roll(x, [x.shape[axis] // 2 for axis in axes], tuple(axes))


@composite(np.fft.ifftshift, complex=True)
def ifftshift(x: Array, axes: Any = None) -> Array:
    axes = range(x.ndim) if axes is None else as_tuple(axes)
    return np.roll(x, [-(x.shape[axis] // 2) for axis in axes], tuple(axes))
