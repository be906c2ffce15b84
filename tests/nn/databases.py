"""PyTorch's own databases of operations and modules: their samples with our arrays, and both results compared.

A sample is called twice, with PyTorch's tensors and with Tensors of the same numbers. Where PyTorch's gradient is nan,
as that of a root of negative numbers, ours may be a number: no element that had no part in a result has one of 0 times
infinity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db
from torch.testing._internal.common_modules import module_db

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.nn import functional as F

PREFIX = "nn.functional."
OPERATIONS = {
    f"{op.name.removeprefix(PREFIX)} {op.variant_test_name}".strip(): op
    for op in op_db
    if op.name.startswith(PREFIX)
}
NAMES = {op.name.removeprefix(PREFIX) for op in OPERATIONS.values()}
MODULES = {info.module_cls.__name__: info for info in module_db}
TOLERANCES = {torch.float64: (1e-11, 1e-12), torch.complex128: (1e-11, 1e-12), torch.float32: (2e-5, 2e-6)}


class Ours:
    """What PyTorch's arguments are with us, each tensor one Tensor."""

    def __init__(self) -> None:
        self.pairs: list[tuple[Any, Any]] = []

    def __call__(self, x: Any) -> Any:
        if isinstance(x, torch.Tensor):
            return self._tensor(x)
        if isinstance(x, torch.dtype):
            return np.dtype(str(x).removeprefix("torch."))
        if isinstance(x, dict):
            return {key: self(value) for key, value in x.items()}
        if isinstance(x, (list, tuple)):
            return [self(value) for value in x] if isinstance(x, list) else tuple(map(self, x))
        if isinstance(x, torch.nn.Module):
            return module(x)
        if callable(x) and hasattr(F, getattr(x, "__name__", "")):
            return getattr(F, x.__name__)
        return x

    def _tensor(self, x: Any) -> Any:
        for theirs, ours in self.pairs:
            if theirs is x:
                return ours
        values = x.detach().numpy().copy()
        inexact = x.dtype.is_floating_point or x.dtype.is_complex
        self.pairs.append((x, ag.Tensor(values, requires_grad=x.requires_grad) if inexact else values))
        return self.pairs[-1][1]

    def leaves(self) -> list[tuple[Any, Any]]:
        return [(theirs, ours) for theirs, ours in self.pairs if theirs.requires_grad]


def module(theirs: Any) -> Any:
    """Return our layer of the same settings as one of PyTorch's that is an argument."""
    if isinstance(theirs, torch.nn.TransformerEncoderLayer):
        attention, activation = theirs.self_attn, theirs.activation.__name__
        return nn.TransformerEncoderLayer(
            attention.embed_dim, attention.num_heads, theirs.linear1.out_features, theirs.dropout.p,
            getattr(F, activation), theirs.norm1.eps, attention.batch_first, theirs.norm_first,
            theirs.linear1.bias is not None,
        )  # fmt: skip
    if isinstance(theirs, torch.nn.PairwiseDistance):
        return nn.PairwiseDistance(theirs.norm, theirs.eps, theirs.keepdim)
    return getattr(nn, type(theirs).__name__)()


def listed(result: Any) -> list[Any]:
    """Return the arrays of a result."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in listed(part)]
    return [] if result is None else [result]


def numbers(x: Any) -> Any:
    return np.asarray(x.detach().numpy() if hasattr(x, "detach") else x)


def close(ours: Any, theirs: Any, dtype: Any, looser: float = 1.0) -> None:
    relative, absolute = TOLERANCES[dtype]
    theirs = numbers(theirs)
    scale = max(1.0, np.abs(theirs[np.isfinite(theirs)]).max(initial=0.0)) if theirs.dtype.kind in "fc" else 1.0
    np.testing.assert_allclose(numbers(ours), theirs, relative * looser, absolute * looser * scale)


def compare(ours: Any, theirs: Any, leaves: list[tuple[Any, Any]], dtype: Any, looser: Any = (1, 1)) -> None:
    """Compare results, and the gradients of those numbers that both are computed from."""
    pairs = list(zip(listed(ours), listed(theirs), strict=True))
    for y, z in pairs:
        assert tuple(z.shape) == tuple(y.shape)
        assert str(z.dtype).removeprefix("torch.") == str(y.dtype)
        close(y, z, dtype, looser[0])
    gradients(pairs, leaves, dtype, looser[1])


def gradients(pairs: list[tuple[Any, Any]], leaves: list[tuple[Any, Any]], dtype: Any, looser: float) -> None:
    pairs = [(y, z) for y, z in pairs if z.requires_grad]
    if not pairs or not leaves:
        return
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=numbers(z).shape).astype(numbers(z).dtype) for _, z in pairs]
    wanted = torch.autograd.grad(
        [z for _, z in pairs], [t for t, _ in leaves], [torch.tensor(w) for w in weights], allow_unused=True
    )
    total = sum([np.real(y * w).sum() for (y, _), w in zip(pairs, weights, strict=True)])
    if getattr(total, "requires_grad", False):
        total.backward()
    for (t, u), g in zip(leaves, wanted, strict=True):
        theirs = np.zeros(tuple(t.shape)) if g is None else g.detach().numpy()
        ours = np.zeros(tuple(t.shape)) if u.grad is None else numbers(u.grad)
        known = ~np.isnan(theirs)
        close(ours[known], theirs[known], dtype, 10 * looser)


def refused(call: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
    """Tell whether a call ends with an error."""
    try:
        call(*args, **kwargs)
    except Exception:  # noqa: BLE001 - whichever it is
        return True
    return False
