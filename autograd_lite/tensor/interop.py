"""What einops has to know of a Tensor, told when einops is there.

It looks for a library's arrays among the subclasses of a class of its own, which exists from its import on. That is
not ours to cause: where it comes later than this package, the import of its module is what tells it.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

import numpy as np

from autograd_lite.engine.op import RECORDERS

_MODULE = "einops._backends"


def introduce() -> None:
    """Have einops take Tensors, now or as soon as it is imported."""
    module = sys.modules.get(_MODULE)
    if module is None:
        sys.meta_path.insert(0, _ImportWatch())
    else:
        _tell(module)


class _ImportWatch:
    """What sees the import of one module, once, and leaves all others to who finds them."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != _MODULE:
            return None
        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _Told(spec.loader)  # type: ignore[assignment]
        return spec


class _Told:
    """The loader of a module that is told of Tensors when it is loaded."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)  # type: ignore[no-any-return]

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _tell(module)


def _tell(einops: ModuleType) -> None:
    """Define the class that einops finds."""
    base: Any = getattr(einops, "AbstractBackend", object)

    class Backend(base):  # type: ignore[misc]
        """How einops does with a Tensor, and with what stands for an array in `vmap` and `compile`, what it does."""

        framework_name = "autograd_lite"

        def is_appropriate_type(self, tensor: Any) -> bool:
            return type(tensor) in RECORDERS

        def stack_on_zeroth_dimension(self, tensors: Any) -> Any:
            return np.stack(tensors)

        def add_axis(self, x: Any, new_position: int) -> Any:
            return np.expand_dims(x, new_position)

        def tile(self, x: Any, repeats: Any) -> Any:
            return np.tile(x, repeats)

        def concat(self, tensors: Any, axis: int) -> Any:
            return np.concatenate(tensors, axis=axis)

        def is_float_type(self, x: Any) -> bool:
            return x.dtype.kind == "f"  # type: ignore[no-any-return]

        def einsum(self, pattern: str, *x: Any) -> Any:
            return np.einsum(pattern, *x)

    einops.AutogradLiteBackend = Backend  # type: ignore[attr-defined]  # a class that nothing holds is forgotten
