"""Several arrays through one node, unchanged: where hooks see all of their gradients at once."""

from __future__ import annotations

from typing import Any

from autograd_lite.engine.several import several


def _same(*arrays: Any) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays


passed = several(_same, lambda g: g, name="hooked", variadic=True, complex=True)
