"""Embeddings, recurrent networks and attention: PyTorch's numbers, all derivatives, batches, compiled functions.

What PyTorch computes stands in ``sequences.json``, as `sequences` tells, and is compared with PyTorch itself where that
is there.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from images import summed
from sequences import BY_NAME, ROWS, STORED, Row, listed, of_torch

import autograd_lite as ag
from autograd_lite import nn

OURS = {
    "nn": nn, "F": nn.functional, "rnn": getattr(getattr(nn, "utils", None), "rnn", None),
    "I": lambda x: np.array(x, np.int64), "B": lambda x: np.array(x, bool),
}  # fmt: skip
WANTED = json.loads(STORED.read_text(encoding="utf-8"))
every_row = pytest.mark.parametrize("r", ROWS, ids=lambda r: r.name)


def made(r: Row, dtype: str = "float64") -> tuple[Any, Any]:
    """Return the layer of a row with the numbers that it is tried with, or its function, and how it is called."""
    called, call = r.made(OURS)
    if isinstance(called, nn.Module):
        state = r.state({name: value.shape for name, value in called.state_dict().items()})
        for name, p in called.named_parameters():
            *path, last = name.split(".")
            owner = called
            for part in path:
                owner = owner[int(part)] if part.isdigit() else getattr(owner, part)
            setattr(owner, last, nn.Parameter(np.zeros(p.shape, dtype)))
        called.load_state_dict(state)
    return called, call


def found(r: Row, dtype: str) -> dict[str, Any]:
    """Return what we compute: results and gradients by name."""
    called, call = made(r, dtype)
    inputs = [ag.Tensor(x.astype(dtype), requires_grad=True) for x in r.inputs()]
    results = listed(call(called, *inputs))
    terms = [np.sum(np.sin(y) * r.weights(i, y.shape).astype(y.dtype)) for i, y in enumerate(results)]
    sum(terms).backward()
    arrays = {f"result {i}": y for i, y in enumerate(results)}
    arrays |= {f"gradient {i}": x.grad for i, x in enumerate(inputs)}
    if isinstance(called, nn.Module):
        arrays |= {f"gradient {name}": p.grad for name, p in called.named_parameters()} | called.state_dict()
    values = {name: value.detach().numpy() if isinstance(value, ag.Tensor) else value for name, value in arrays.items()}
    return {name: value for name, value in values.items() if value is not None}


@every_row
def test_results_and_gradients_are_those_that_were_stored(r: Row) -> None:
    ours = found(r, "float64")
    assert ours.keys() == WANTED[r.name].keys()
    for name, sums in WANTED[r.name].items():
        np.testing.assert_allclose(summed(ours[name]), sums, rtol=1e-11, atol=1e-11, err_msg=name)


@pytest.mark.filterwarnings("ignore")  # of PyTorch, of what it will do otherwise
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
@every_row
def test_results_and_gradients_are_those_of_pytorch(r: Row, dtype: str, tolerance: float) -> None:
    pytest.importorskip("torch")
    ours = found(r, dtype)
    for name, theirs in of_torch(r, dtype).items():
        assert (ours[name].shape, ours[name].dtype) == (theirs.shape, theirs.dtype), name
        scale = max(1.0, float(np.abs(theirs).max(initial=0)))
        np.testing.assert_allclose(ours[name] / scale, theirs / scale, rtol=0, atol=tolerance, err_msg=name)


# ----- derivatives, batches, compiled functions -----

some_rows = pytest.mark.parametrize("r", [r for r in ROWS if r.tier == 1], ids=lambda r: r.name)


def of_all(r: Row) -> tuple[Any, list[Any]]:
    """Return the sum of the sines of all results as a function of inputs and parameters, and these."""
    (called, call), arrays = made(r), r.inputs()
    names = [name for name, _ in called.named_parameters()] if isinstance(called, nn.Module) else []
    count = len(arrays)

    def f(*values: Any) -> Any:
        if names:
            state = {f"inner.{name}": value for name, value in zip(names, values[count:], strict=True)}
            results = listed(nn.functional_call(_Called(called, call), state, *values[:count]))
        else:
            results = listed(call(called, *values[:count]))
        return sum(np.sum(np.sin(y) * r.weights(i, y.shape)) for i, y in enumerate(results))

    return f, [*arrays, *[p.numpy() for p in called.parameters()]] if names else arrays


class _Called(nn.Module):
    """A module that calls another one in the way of a row."""

    def __init__(self, inner: Any, call: Any) -> None:
        self.inner, self.call = inner, call

    def forward(self, *arrays: Any) -> Any:
        return self.call(self.inner, *arrays)


@some_rows
def test_derivatives_of_first_and_second_order_are_right_in_both_modes(r: Row) -> None:
    """Along two random directions, in which all inputs and parameters move."""
    f, arrays = of_all(r)
    rng = r.rng()
    first, second = [[rng.uniform(-1, 1, a.shape) for a in arrays] for _ in range(2)]

    def along(t: Any) -> Any:
        return f(*[a + t[0] * u + t[1] * v for a, u, v in zip(arrays, first, second, strict=True)])

    assert ag.gradcheck(along, (np.zeros(2),), order=2)


@some_rows
def test_gradients_of_examples_are_those_of_each(r: Row) -> None:
    f, arrays = of_all(r)
    gradients = ag.grad(f, argnums=tuple(range(len(arrays))))
    stacks = [np.stack([a, a * 0.9]) for a in arrays]
    for axes in ((0,) * len(arrays), (0,) + (None,) * (len(arrays) - 1)):
        given = [s if axis == 0 else a for s, a, axis in zip(stacks, arrays, axes, strict=True)]
        together = ag.vmap(gradients, in_axes=axes)(*given)
        for i in range(2):
            alone = gradients(*[x[i] if axis == 0 else x for x, axis in zip(given, axes, strict=True)])
            for a, b in zip(together, alone, strict=True):
                np.testing.assert_allclose(a[i], b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=[ABSENT["cc"], pytest.mark.slow])])
@some_rows
def test_compiled_values_and_gradients_are_the_same(r: Row, backend: str) -> None:
    f, arrays = of_all(r)
    plain = ag.value_and_grad(f, argnums=tuple(range(len(arrays))))
    compiled = ag.compile(plain, backend=backend)
    for factor in (1.0, 0.9):
        given = [factor * a for a in arrays]
        (value, gradients), (wanted, others) = compiled(*given), plain(*given)
        np.testing.assert_allclose(value, wanted, rtol=1e-11, atol=1e-12)
        for a, b in zip(gradients, others, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_the_rows_are_stored() -> None:
    assert WANTED.keys() == BY_NAME.keys()
