"""NumPy's namespace, whose new arrays are Tensors: ``import autograd_lite.numpy as anp``.

All of NumPy takes a Tensor already, so that nothing is written here twice: a name is looked up in NumPy. What makes an
array of no other, as ``zeros``, makes a Tensor; and what is made of a list may have Tensors in it, which NumPy's own
functions cannot take apart. It is the namespace that a Tensor names to libraries of any array
(``t.__array_namespace__()``, Python array API standard, 2024.12), as NumPy is that of an ndarray.

Examples
--------
>>> import autograd_lite as ag
>>> import autograd_lite.numpy as anp
>>> def f(angle):
...     turned = anp.array([[anp.cos(angle), -anp.sin(angle)], [anp.sin(angle), anp.cos(angle)]])
...     return anp.sum(turned @ anp.ones(2))
>>> ag.grad(f)(0.0)
np.float64(0.0)
>>> anp.zeros(2)
Tensor([0., 0.], dtype=float64)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite.tensor.namespace import found

__array_api_version__ = "2024.12"


def __getattr__(name: str) -> Any:
    # NOTE: it is not put among the names of this module, where `any` and `map` are Python's.
    return found(name)


def __dir__() -> list[str]:
    return sorted({*np.__all__, "fft", "linalg", "random"})


def __array_namespace_info__() -> Any:  # noqa: N807 - the standard's name
    """Return what the array API standard asks a namespace about: devices, dtypes, capabilities."""
    return np.__array_namespace_info__()
