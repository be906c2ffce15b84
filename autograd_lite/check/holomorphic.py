"""Complex derivatives: whether there is one, which a wrong one may be for lack of; and which convention it follows.

A complex function has a complex derivative where it moves along the imaginary axis by ``i`` times what it moves along
the real one. Where it does not, as the absolute value or the conjugate, no derivative that could be given is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autograd_lite.base.differences import NOISE_GRANTED
from autograd_lite.base.shapes import Array
from autograd_lite.check.numeric import Numeric
from autograd_lite.check.pair import Pair
from autograd_lite.check.report import Fault

_DIFFER = 1e-6
_CONJUGATE = "It is the conjugate of the right one: look for a missing .conj()"


def explained(pair: Pair, faults: Sequence[Fault], eps: float | None) -> list[Fault]:
    """Return the faults, with what is known of complex numbers where they are about such."""
    every = Numeric(pair, None, eps)
    return [_explained(pair, every, fault) if fault.verdict in {"wrong", "kink"} else fault for fault in faults]


def _explained(pair: Pair, every: Numeric, fault: Fault) -> Fault:
    k = pair.places.index(fault.position)
    if not pair.is_complex(k) or not fault.index:
        return fault
    element = int(np.ravel_multi_index(fault.index, pair.kinds[k][0])) // 2
    (real, noise), (imaginary, more) = (_along(every, pair, k, 2 * element + part) for part in (0, 1))
    slack = NOISE_GRANTED * (noise + more) + _DIFFER * np.maximum(np.abs(real), np.abs(imaginary))
    column = pair.derive(pair.start).parts[k][:, 2 * element : 2 * element + 2]
    derived, right = _number(column[:, 0], column[:, 1]), _number(real, imaginary)
    if np.iscomplexobj(pair.outputs_at(pair.start)[0]):
        derived, right, turned = _joined(column[:, 0]), _joined(real), _joined(imaginary) / 1j
        slack = slack[::2] + slack[1::2]
        gap = np.abs(right - turned) - slack
        row = int(np.argmax(gap))
        if gap[row] > 0:
            said = f"{right[row]:.6g} along the real axis, {turned[row]:.6g} along the imaginary one"
            place = fault.index[:-1]
            return replace(fault, verdict="not holomorphic", hint=said, index=place, taylor=None, slopes=None)
    return replace(fault, hint=_CONJUGATE) if np.all(np.abs(derived.conj() - right) <= slack) else fault


def _number(real: Array, imaginary: Array) -> Array:
    return real + 1j * imaginary


def _joined(pairs: Array) -> Array:
    """Return the complex numbers whose parts follow each other."""
    return _number(pairs[::2], pairs[1::2])


def _along(every: Numeric, pair: Pair, k: int, j: int) -> tuple[Array, Array]:
    """Return the derivatives of all outputs by one part of a complex number, and their noise."""
    v = np.zeros(pair.start[k].size)
    v[j] = 1.0
    return every.measured(k, v, every.sweep(k, v))
