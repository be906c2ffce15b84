"""Which function is handled by what: filled by declarations, asked by `handler_of`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from autograd_lite.base.libraries import NUMPY, SCIPY, of_module

LATER = {
    "numpy.fft": "autograd_lite.rules.fourier",
    **dict.fromkeys(("numpy.lib.scimath", "numpy.lib._scimath_impl"), "autograd_lite.rules.domains"),
    "numpy.linalg": "autograd_lite.rules.decompositions",
    **dict.fromkeys(("scipy.special", "scipy.special._ufuncs"), "autograd_lite.rules.special"),
}
"""Where operations are declared that most programs need not, by the module that their functions are known in. They are
declared when one of these functions meets a Tensor: nothing is imported that its user has not imported."""

_FAMILIES = {
    "choices": """
        apply_along_axis apply_over_axes choose insert piecewise select trim_zeros""",
    "curves": "frexp gradient i0 modf nextafter sinc unwrap",
    "grids": "geomspace linspace logspace",
    "histograms": "histogram histogram2d histogram_bin_edges histogramdd",
    "quantiles": "nanmedian nanpercentile nanquantile",
    "placing": "copyto fill_diagonal place put put_along_axis putmask",
    "polynomials": """
        poly polyadd polyder polydiv polyfit polyint polymul polysub roots vander""",
    "sets": """
        in1d intersect1d setdiff1d setxor1d sort_complex union1d unique unique_all unique_counts unique_inverse
        unique_values""",
    "statistics": "corrcoef cov",
}
BY_NAME = {name: f"autograd_lite.rules.{file}" for file, names in _FAMILIES.items() for name in names.split()}
"""The same for functions that NumPy has under its own name, by theirs."""


class _Registry(dict[Any, Callable[..., Any]]):
    """Handlers by the function they stand for; a miss has those declared that the function's library has here."""

    def __missing__(self, fn: Any) -> Callable[..., Any] | None:
        home = home_of(fn)
        rules = BY_NAME.get(getattr(fn, "__name__", "")) if home == "numpy" else LATER.get(home)
        if rules is None:
            return None
        import_module(rules)  # which waits where another thread is at it
        return self.get(fn)


REGISTRY = _Registry()
"""Every function that knows what to do with a Tensor, by the function it stands for. See `handler_of`."""

handler_of: Callable[[Any], Any] = REGISTRY.__getitem__
"""``handler_of(fn)`` returns what is done with a Tensor in the place of `fn`, an `Op` or a `Composite`; None if nothing
is known. All look a function up in this way."""


METHODS: dict[tuple[Any, str], Any] = {(np.add, "accumulate"): np.cumsum}
"""The methods of ufuncs that are functions of NumPy under another name; of two functions the first declared."""


def method_of(ufunc: np.ufunc, method: str) -> Callable[..., Any]:
    """Return what is done in the place of a method of a ufunc that is no function of NumPy."""
    made: Callable[..., Any] = import_module("autograd_lite.rules.methods").method_of(ufunc, method)
    return made


def with_more(fn: Any) -> Callable[..., Any] | None:
    """Return what takes the arguments of a function that its declaration does not know; None where nothing does."""
    made: Callable[..., Any] | None = import_module("autograd_lite.rules.arguments").with_more(fn)
    return made


def enter(fn: Any, handler: Callable[..., Any]) -> None:
    """Have a function handled in another way, from now on."""
    REGISTRY[fn] = handler
    reduced = getattr(handler, "reduces", None)
    if reduced is not None:
        METHODS.setdefault((reduced, "reduce"), fn)


def entered() -> list[tuple[Any, Any]]:
    """Return the functions that are handled by now, each with what it is handled by."""
    return list(REGISTRY.items())


def declared() -> list[tuple[Any, Any]]:
    """Return all functions that are handled, each with what it is handled by; those of NumPy even if none was met."""
    for rules in {*BY_NAME.values(), *(rules for home, rules in LATER.items() if of_module(home) == NUMPY)}:
        import_module(rules)
    return entered()


def home_of(fn: Any) -> str:
    """Return the module under whose name a function is known; nothing where a ufunc does not tell."""
    module = getattr(fn, "__module__", None)
    if module is not None or not isinstance(fn, np.ufunc):
        return module or "numpy"
    return next((name for name in ("numpy", *LATER) if getattr(sys.modules.get(name), fn.__name__, None) is fn), "")


def library_of(fn: Any) -> str:
    """Return the module of another library that a function is known in, if operations of that are declared here."""
    home = home_of(fn)
    return home if home in LATER and of_module(home) != NUMPY else ""


def is_numpys(fn: Any) -> bool:
    """Tell whether a function is one of NumPy's."""
    return of_module(home_of(fn)) == NUMPY


def is_librarys(fn: Any) -> bool:
    """Tell whether a function is one of NumPy's, or of another library of which operations are declared here."""
    return of_module(home_of(fn)) in (NUMPY, SCIPY)


def registered(fn: Any) -> Any:
    """Return what is done with a Tensor in the place of a function: of what a pickle of an operation consists."""
    return handler_of(fn)


def registered_as(module: str, name: str) -> Any:
    """Return the same for a function by its name."""
    return handler_of(getattr(import_module(module), name))


def standing_for(handler: Any) -> Any:
    """Return the function that a handler stands for, None if it is in no registry."""
    return next((fn for fn, known in REGISTRY.items() if known is handler), None)
