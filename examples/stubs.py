"""What type checkers and editors know of `autograd_lite.numpy`: ``python examples/stubs.py`` writes ``numpy.pyi``.

The names, and the parameters, are those of the running NumPy; that a Tensor comes back is known from what handles them.
"""

from __future__ import annotations

import inspect
import keyword
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import autograd_lite
from autograd_lite.engine.op import Op
from autograd_lite.engine.registry import handler_of
from autograd_lite.rules.constant import QUESTIONS
from autograd_lite.tensor import namespace

PAGE = Path(autograd_lite.__file__).with_name("numpy.pyi")
HEAD = '''"""What `autograd_lite.numpy` has: NumPy's names, of which those that a Tensor takes part in return one.

Written by ``python examples/stubs.py``.
"""

from typing import Any

from autograd_lite.tensor.tensor import Tensor

__array_api_version__: str

def __array_namespace_info__() -> Any: ...
def __getattr__(name: str) -> Any: ...

'''
SEVERAL = frozenset((
    "array_split", "broadcast_arrays", "divmod", "dsplit", "gradient", "histogram", "histogram2d", "histogramdd",
    "hsplit", "meshgrid", "modf", "nonzero", "polydiv", "polyfit", "split", "tril_indices_from", "triu_indices_from",
    "unique_all", "unique_counts", "unique_inverse", "unstack", "vsplit",
))  # fmt: skip
"""Functions of NumPy that return a tuple or a list."""
MADE = ("arange", "empty", "eye", "geomspace", "identity", "linspace", "logspace", "ones", "tri", "zeros")
OWN = (namespace.array, namespace.asarray, namespace.asarray_chkfinite, namespace.full, namespace.kaiser)


def parameters(fn: Any) -> str:
    """Return the parameters of a function as a stub has them."""
    if isinstance(fn, np.ufunc):  # which has no signature, in NumPy before 2.4
        names = ["x"] if fn.nin == 1 else [f"x{i + 1}" for i in range(fn.nin)]
        return ", ".join([*(f"{name}: Any" for name in names), "/", "out: Any = ...", "**kwargs: Any"])
    return ", ".join(_parameters(inspect.signature(fn)))


def _parameters(signature: inspect.Signature) -> Iterator[str]:
    seen, starred = False, False
    for p in signature.parameters.values():
        if seen and p.kind is not p.POSITIONAL_ONLY:
            yield "/"
            seen = False
        if p.kind is p.KEYWORD_ONLY and not starred:
            yield "*"
            starred = True
        seen = p.kind is p.POSITIONAL_ONLY
        stars = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        starred = starred or stars == "*"
        yield f"{stars}{p.name}: Any{' = ...' if p.default is not p.empty else ''}"
    if seen:
        yield "/"


def result(name: str, fn: Any) -> str | None:
    """Return what a function returns; None for one that a checker is told nothing of."""
    handler = handler_of(fn)
    if name in MADE:
        return "Tensor"
    if handler is None or fn in QUESTIONS:
        return None
    several = name in SEVERAL or (isinstance(handler, Op) and handler.form == "several" and len(_results(handler)) > 1)
    return "Any" if several or getattr(fn, "nout", 1) > 1 else "Tensor"


def _results(op: Op) -> list[str]:
    return (op.signature or "->").partition("->")[2].split("),(")


def stubs(module: ModuleType, indent: str = "") -> Iterator[str]:
    """Yield the line of each function of a module."""
    own = {fn.__name__: fn for fn in OWN} if module is np else {}
    for name in sorted(module.__all__):
        fn = own.get(name) or getattr(module, name)
        kind = "Tensor" if name in own else result(name, fn) if callable(fn) and not isinstance(fn, type) else None
        if kind is not None and not keyword.iskeyword(name):
            static = f"{indent}@staticmethod\n" if indent else ""
            yield f"{static}{indent}def {name}({parameters(fn)}) -> {kind}: ..."


def text() -> str:
    """Return the whole stub."""
    parts = [HEAD + "\n".join(stubs(np))]
    for module in (np.linalg, np.fft):
        name = module.__name__.rpartition(".")[2]
        parts.append(f"class {name}:\n" + "\n".join(stubs(module, "    ")))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
