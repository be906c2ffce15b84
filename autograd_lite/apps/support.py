"""``python -m autograd_lite supported``, and `ag.supported`: what a Tensor can do with each function of NumPy."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.testing.overrides import get_overridable_numpy_array_functions, get_overridable_numpy_ufuncs

from autograd_lite import errors
from autograd_lite.compiler.native.scalars import scalar_of
from autograd_lite.compiler.program import facts
from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.registry import LATER, declared, handler_of, home_of, is_librarys, is_numpys
from autograd_lite.rules.unsupported import reason, reason_elsewhere
from autograd_lite.tensor.namespace import OWN
from autograd_lite.transforms.batches import array, rules

_ = rules  # which are entered when they are imported


class Support(NamedTuple):
    """What a Tensor can do with a function.

    Attributes
    ----------
    name : str
        How it is reached: ``"np.linalg.svd"``.
    kind : str
        ``"differentiable"``; ``"definition"``, by other functions, and so differentiable; ``"constant"``, without a
        derivative by nature; ``"refused"`` where one is asked for, and else NumPy's own.
    complex : bool
        Whether complex numbers that require a gradient are taken.
    batched : bool
        Whether `vmap` makes one call for all examples, and not one for each.
    native : bool
        Whether kernels of `compile` compute it, which else keep it as a call. Of a definition: see what it consists of.
    why : str
        Of one that is refused, why, and what to write instead.
    """

    name: str
    kind: str
    complex: bool = False
    batched: bool = False
    native: bool = False
    why: str = ""

    def __str__(self) -> str:
        words = [word for word, holds in zip(("complex", "batched", "native"), self[2:5], strict=True) if holds]
        return f"{self.name}: {', '.join([self.kind, *words])}{f'. {self.why}' if self.why else ''}"


def supported(fn: Any = None) -> Any:
    """Return what a Tensor can do with a function of NumPy or SciPy, or with all.

    Parameters
    ----------
    fn : callable or str, optional
        The function, or how it is reached. Left out, all of NumPy are told of, and those of `scipy.special` that were
        met.

    Returns
    -------
    Support, or dict of str to Support
        By name, as ``"np.exp"``, where `fn` is left out.

    Raises
    ------
    ArgumentError
        There is no such function.

    Examples
    --------
    >>> print(supported(np.exp))
    np.exp: differentiable, complex, batched, native
    >>> supported("np.linalg.svd").kind, supported("np.argmax").kind
    ('definition', 'constant')
    """
    if fn is not None:
        return _support(_reached(fn) if isinstance(fn, str) else fn)
    known = {fn for fn, _ in declared() if is_librarys(fn)}
    known |= get_overridable_numpy_array_functions()
    known |= {f for f in get_overridable_numpy_ufuncs() if vars(np).get(f.__name__) is f}
    return {found.name: found for found in sorted(map(_support, known))}


def _reached(path: str) -> Any:
    """Return the function that a text like ``np.linalg.svd`` leads to."""
    first, *rest = path.replace("np.", "numpy.", 1).split(".") if path.startswith("np.") else path.split(".")
    found: Any = sys.modules.get(first, np)
    for name in rest if first in sys.modules else [first, *rest]:
        found = getattr(found, name, None)
    if not callable(found):
        raise errors.ArgumentError(errors.NO_FUNCTION.format(name=path))
    return found


def _support(fn: Any) -> Support:
    if not callable(fn):
        raise errors.ArgumentError(errors.NO_FUNCTION.format(name=repr(fn)))
    handler, name = handler_of(fn), _name(fn)
    if handler is None:
        path = name.removeprefix("np.")
        return Support(name, "refused", why=reason(path) if is_numpys(fn) else reason_elsewhere(name))
    if isinstance(handler, Composite):
        return Support(name, "definition", handler.complex, batched=True)
    kind = "differentiable" if handler.rules else "constant"
    return Support(name, kind, handler.complex, array.rule_of(handler) is not array.each, _is_native(fn))


def _is_native(fn: Any) -> bool:
    known = facts.of(fn)
    return bool(scalar_of(fn) or known.product or known.view or known.fills is not None or facts.reduction(fn))


def _name(fn: Any) -> str:
    home = home_of(fn) or getattr(fn, "__module__", "") or ""
    home = "scipy.special" if home in LATER and home.startswith("scipy") else home
    return f"{home}.{fn.__name__}".replace("numpy.", "np.", 1)


_IN_PYTHON = frozenset(("np.fft.fftfreq", "np.fft.rfftfreq", "np.fromfunction"))
"""Functions that no type can override, and that compute with Tensors as with numbers."""


def counts() -> dict[str, Counter[str]]:
    """Return how many names of each namespace of NumPy are of each kind, by a walk over them.

    Those that take Tensors in `autograd_lite.numpy`, and not in NumPy, are of the kind ``"definition, as anp"``; what
    has nothing to do with arrays of numbers is left out.

    Examples
    --------
    >>> counts()["np.linalg"]["differentiable"]
    7
    """
    spaces = {"np": np, "np.fft": np.fft, "np.linalg": np.linalg}
    return {path: Counter(_kinds(path, space)) for path, space in spaces.items()}


def _kinds(path: str, space: Any) -> Iterator[str]:
    for name in space.__all__:
        fn = getattr(space, name, None)
        if path == "np" and name in OWN:
            yield "definition, as anp"
        elif f"{path}.{name}" in _IN_PYTHON:
            yield "definition"
        elif callable(fn) and not isinstance(fn, type) and handler_of(fn) is not None:
            yield _support(fn).kind


def _counted(path: str, kinds: Counter[str]) -> str:
    taken = sum(n for kind, n in kinds.items() if kind != "constant")
    own = kinds["definition, as anp"]
    also = f", {own} of them as functions of autograd_lite.numpy" if own else ""
    constant = f", {kinds['constant']} constant" if kinds["constant"] else ""
    return f"{path}: {taken} names with a derivative{also}{constant}"


def _table(found: dict[str, Support]) -> str:
    kinds = Counter(x.kind for x in found.values())
    head = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    by_space = [_counted(*item) for item in counts().items()]
    return "\n".join([*by_space, "", f"Functions: {head}", "", *map(str, found.values())])


def main(argv: Sequence[str]) -> int:
    """Carry out the command."""
    parser = argparse.ArgumentParser(prog="python -m autograd_lite supported", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="functions, as np.linalg.svd; by default all of NumPy")
    names = parser.parse_args(argv).names
    sys.stdout.write(("\n".join(str(supported(name)) for name in names) if names else _table(supported())) + "\n")
    return 0
