"""Rows of Fourier transforms."""

from __future__ import annotations

import numpy as np

from cases.inputs import Array, numbers
from cases.table import case

X, ODD, CUBE = numbers(2, 6), numbers(2, 5), numbers(2, 3, 4)
ONE = (np.fft.fft, np.fft.ifft, np.fft.rfft, np.fft.ihfft, np.fft.irfft, np.fft.hfft)
SEVERAL = (
    np.fft.fftn, np.fft.ifftn, np.fft.fft2, np.fft.ifft2, np.fft.rfftn, np.fft.rfft2, np.fft.irfftn, np.fft.irfft2,
)  # fmt: skip
OF_REAL = (np.fft.rfft, np.fft.ihfft, np.fft.rfftn, np.fft.rfft2)


_SETTINGS = (
    {"n": 4}, {"n": 9}, {"n": 8}, {"axis": 0}, {"n": 3, "axis": 0}, {"norm": "ortho"}, {"norm": "forward"},
)  # fmt: skip


def parts(y: Array) -> list[Array]:
    """Return real and imaginary part, which are functions of real numbers whatever the transform is."""
    return [np.real(y), np.imag(y)] if np.iscomplexobj(y) else [y]


for _fn in ONE:
    case(_fn, X)
    for _x in (X, ODD):
        for _settings in _SETTINGS:
            case(_fn, _x, call=lambda a, f=_fn, s=_settings: parts(f(a, **s)))
for _fn in SEVERAL:
    case(_fn, CUBE)
    for _settings in ({"s": (3, 5), "axes": (0, 2)}, {"s": (-1, 4), "axes": (2, 1)}, {"norm": "ortho"}):
        case(_fn, CUBE, call=lambda a, f=_fn, s=_settings: parts(f(a, **s)))
for _fn in (np.fft.fftshift, np.fft.ifftshift):
    for _axes in (None, 1, (0, 2), -1):
        case(_fn, CUBE, axes=_axes)
