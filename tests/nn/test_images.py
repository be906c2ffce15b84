"""Convolutions, pools, norms and their kin: PyTorch's numbers, all derivatives, batches, compiled functions.

What PyTorch computes stands in ``images.json``, as `images` tells, and is compared with PyTorch itself where that is
there.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import numpy as np
import pytest
from images import BY_NAME, ROWS, STORED, Row, of_torch, summed

import autograd_lite as ag
from autograd_lite import nn

OURS = {"nn": nn, "F": nn.functional}
WANTED = json.loads(STORED.read_text(encoding="utf-8"))
every_row = pytest.mark.parametrize("r", ROWS, ids=lambda r: r.name)


def made(r: Row, dtype: str = "float64") -> Any:
    """Return the layer of a row with the numbers that it is tried with, or its function."""
    called = r.made(OURS)
    if isinstance(called, nn.Module):
        state = r.state({name: value.shape for name, value in called.state_dict().items()})
        for name, buffer in called.named_buffers():
            if buffer.dtype.kind == "f":
                setattr(called, name, ag.Tensor(np.zeros(buffer.shape, dtype)))
        for name, p in called.named_parameters():
            setattr(called, name, nn.Parameter(np.zeros(p.shape, dtype)))
        called.load_state_dict(state)
        called.train(r.mode != "eval")
    return called


def found(r: Row, dtype: str) -> dict[str, Any]:
    """Return what we compute: result, gradients and buffers by name."""
    called = made(r, dtype)
    arrays = [x.astype(dtype) for x in r.inputs()]
    inputs = [ag.Tensor(x, requires_grad=i < len(arrays) - r.kept) for i, x in enumerate(arrays)]
    y = called(*inputs)
    np.sum(np.sin(y) * r.weights(y.shape).astype(dtype)).backward()
    arrays = {"result": y} | {f"gradient {i}": x.grad for i, x in enumerate(inputs) if x.requires_grad}
    if isinstance(called, nn.Module):
        arrays |= {f"gradient {name}": p.grad for name, p in called.named_parameters()} | dict(called.named_buffers())
    return {name: value.detach().numpy() if isinstance(value, ag.Tensor) else value for name, value in arrays.items()}


@every_row
def test_results_and_gradients_are_those_that_were_stored(r: Row) -> None:
    ours = found(r, "float64")
    assert ours.keys() == WANTED[r.name].keys()
    for name, sums in WANTED[r.name].items():
        np.testing.assert_allclose(summed(ours[name]), sums, rtol=1e-12, atol=1e-11, err_msg=name)


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # that PyTorch makes a copy
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
@every_row
def test_results_and_gradients_are_those_of_pytorch(r: Row, dtype: str, tolerance: float) -> None:
    pytest.importorskip("torch")
    ours = found(r, dtype)
    for name, theirs in of_torch(r, dtype).items():
        assert (ours[name].shape, ours[name].dtype) == (theirs.shape, theirs.dtype), name
        scale = max(1.0, float(np.abs(theirs).max()))
        np.testing.assert_allclose(ours[name] / scale, theirs / scale, rtol=0, atol=tolerance, err_msg=name)


@every_row
def test_single_precision_stays_and_is_near(r: Row) -> None:
    single, double = found(r, "float32"), found(r, "float64")
    for name, value in double.items():
        assert single[name].dtype == (np.float32 if value.dtype.kind == "f" else value.dtype), name
        scale = max(1.0, float(np.abs(value).max()))
        np.testing.assert_allclose(single[name] / scale, value / scale, rtol=0, atol=3e-6, err_msg=name)


# ----- derivatives, batches, compiled functions -----

CHOSEN = [r for r in ROWS if r.mode != "eval"][::5]
some_rows = pytest.mark.parametrize("r", CHOSEN, ids=lambda r: r.name)


def of_all(r: Row) -> tuple[Any, list[Any]]:
    """Return a row as a function of inputs and parameters, which leaves no trace, and these."""
    called, arrays = made(r), r.inputs()
    if not isinstance(called, nn.Module):
        return called, arrays
    names = [name for name, _ in called.named_parameters()]
    buffers = {name: buffer.numpy() for name, buffer in called.named_buffers()}

    def f(x: Any, *values: Any) -> Any:
        state = dict(zip(names, values, strict=True)) | {name: ag.Tensor(value) for name, value in buffers.items()}
        return nn.functional_call(called, state, x)

    return f, [*arrays, *[p.numpy() for p in called.parameters()]]


def loss(r: Row, f: Any, *arrays: Any) -> Any:
    y = f(*arrays)
    return np.sum(np.sin(y) * r.weights(y.shape))


@some_rows
def test_derivatives_of_first_and_second_order_are_right_in_both_modes(r: Row) -> None:
    f, arrays = of_all(r)
    moving = len(r.shapes) - r.kept
    given, rest = [*arrays[:moving], *arrays[len(r.shapes) :]], arrays[moving : len(r.shapes)]

    def g(*values: Any) -> Any:
        return loss(r, f, *values[:moving], *rest, *values[moving:])

    assert ag.gradcheck(g, given, order=2)


@some_rows
def test_gradients_of_examples_are_those_of_each(r: Row) -> None:
    f, arrays = of_all(r)
    stacks = [np.stack([a, a * 0.9, a * 1.1]) for a in arrays]
    argnums = tuple(range(len(r.shapes) - r.kept))
    gradients = ag.grad(partial(loss, r, f), argnums=argnums)
    for axes in ((0,) * len(arrays), (0,) + (None,) * (len(arrays) - 1)):
        given = [s if axis == 0 else a for s, a, axis in zip(stacks, arrays, axes, strict=True)]
        together = ag.vmap(gradients, in_axes=axes)(*given)
        for i in range(3):
            alone = gradients(*[x[i] if axis == 0 else x for x, axis in zip(given, axes, strict=True)])
            for a, b in zip(together, alone, strict=True):
                np.testing.assert_allclose(a[i], b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=pytest.mark.slow)])
@some_rows
def test_compiled_values_and_gradients_are_the_same(r: Row, backend: str) -> None:
    f, arrays = of_all(r)
    plain = ag.value_and_grad(partial(loss, r, f), argnums=tuple(range(len(r.shapes) - r.kept)))
    compiled = ag.compile(plain, backend=backend)
    for factor in (1.0, 0.9):
        given = [factor * a for a in arrays]
        (value, gradients), (wanted, others) = compiled(*given), plain(*given)
        np.testing.assert_allclose(value, wanted, rtol=1e-11, atol=1e-12)
        for a, b in zip(gradients, others, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


def test_the_rows_are_stored() -> None:
    assert WANTED.keys() == BY_NAME.keys()


def test_an_axis_is_not_made_into_others_of_another_product() -> None:
    with pytest.raises(ag.errors.ShapeError, match=r"of axis 1, which has length 6\. Write sizes whose product is 6"):
        nn.Unflatten(1, (2, 4))(np.ones((2, 6)))
