"""Complex numbers: what their derivatives mean. This is told here, and nowhere else.

A complex number is a pair of real ones. A function of it has a derivative as one of pairs, whether it is holomorphic
or not: a linear map of small steps ``t`` of its argument, which need not be ``t`` times one number.

- **Rules** (the lines in `rules/`, ``vjp=`` of `custom_op` and `implicit`) get and return cotangents `g` that are
  paired with steps as the real part of ``sum(g * t)``. So they are transposes, as for real numbers, and nothing in
  them is conjugated because of it: the rule of ``exp(z)`` is ``g * y``.
- **At a real number** the real part of a cotangent, or of a tangent, arrives (`cast`): it does not move along ``i``.
- **The transforms** hand out just that, as JAX and HIPS autograd do: `grad`, `jacobian` and the pullback of `vjp`
  give ``df/dx - i df/dy`` for a real function of ``z = x + iy``; and ``df/dz`` for a complex one, which has to be
  holomorphic and is said to be so: ``holomorphic=True``. Cotangents given to a pullback are of this kind too.
  Tangents, in `jvp` and its kin, are steps.
- **Tensors** have it conjugated, as in PyTorch: `Tensor.grad` is ``df/dx + i df/dy``, the direction in which a real
  result rises most, so that ``z -= lr * z.grad`` descends. So are the gradients that hooks are shown and return, and
  the ``gradient`` given to ``backward()``: `conjugated` is what stands at these ends. `explain` and pictures show what
  rules return.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import leaves
from autograd_lite.base.shapes import Array


def cast(g: Array, dtype: Any) -> Array:
    """Return a cotangent or a tangent in the dtype of its node; at a real one its real part arrives."""
    if g.dtype == dtype:
        return g
    return (g.real if g.dtype.kind == "c" and dtype.kind != "c" else g).astype(dtype)


def conjugated(g: Array) -> Array:
    """Return a cotangent as a Tensor's gradient is, or the other way round; a real one as it is."""
    return g.conj() if g.dtype.kind == "c" else g


def complex_dtype(values: Iterable[Any]) -> Any:
    """Return the dtype of the first complex number or array in values, and in lists and tuples of them; else None."""
    for x in leaves(values):
        found = getattr(x, "dtype", None) if not isinstance(x, complex) else np.dtype(complex)
        if getattr(found, "kind", None) == "c":
            return found
    return None


def refuse(op: Any, dtype: Any) -> NoReturn:
    """Refuse to record complex numbers with an operation, or a definition, that is one for real numbers."""
    raise errors.GradientDtypeError(errors.COMPLEX_OPERATION.format(op=op.__name__, dtype=dtype))
