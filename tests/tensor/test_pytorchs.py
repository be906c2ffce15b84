"""Methods that NumPy has by the same names: where a call can only be one of PyTorch's, it means what it means there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from written import assert_alike, values

import autograd_lite as ag
from autograd_lite import errors

X = np.array([[0.3, -0.7, 0.4], [0.9, -0.2, 0.5]])
Y = np.array([[0.8, 0.2, 0.1], [-0.5, 0.6, 1.5]])
Z = np.sin(np.arange(24.0)).reshape(2, 3, 4)
J = np.array([[2, 0], [1, 1]])

CALLS = {
    # spreads are divided by n - 1
    "x.std(dim=1)": "X.std(1, ddof=1)",
    "x.std(-1, keepdim=True)": "X.std(-1, ddof=1, keepdims=True)",
    "x.var(0, keepdim=False)": "X.var(0, ddof=1)",
    "x.var(dim=(0, 1))": "X.var(ddof=1)",
    "x.std(1, True)": "X.std(1, ddof=1)",
    "x.std(1, False)": "X.std(1)",
    "x.std(1, False, True)": "X.std(1, keepdims=True)",
    "x.std(False)": "X.std()",
    "x.var(unbiased=True)": "X.var(ddof=1)",
    "x.var(dim=1, unbiased=False)": "X.var(1)",
    "x.var(-1, keepdim=True, unbiased=False)": "X.var(-1, keepdims=True)",
    "x.var(dim=-1, keepdim=True, correction=0)": "X.var(-1, keepdims=True)",
    "z.std(axis=1, keepdim=True)": "Z.std(1, ddof=1, keepdims=True)",
    # extrema have places
    "x.max(1, keepdim=True)[1]": "X.argmax(1, keepdims=True)",
    "x.max(-1, keepdim=True)[0]": "X.max(-1, keepdims=True)",
    "x.min(0, True)[1]": "X.argmin(0, keepdims=True)",
    "z.max(axis=1, keepdim=True).values": "Z.max(1, keepdims=True)",
    "x.min(dim=0).indices": "X.argmin(0)",
    "x.max(y)": "np.maximum(X, Y)",
    "x.min(other=y)": "np.minimum(X, Y)",
    # orders and places
    "x.argsort(descending=True)": "np.argsort(-X)",
    "x.argsort(0, True)": "np.argsort(-X, 0)",
    "x.argsort(dim=1)": "np.argsort(X)",
    "x.sort(dim=1)[0]": "np.sort(X)",
    "x.sort(0, True).indices": "np.argsort(-X, 0)",
    "x.sort(descending=True)[0]": "-np.sort(-X)",
    "i.nonzero(as_tuple=True)[1]": "np.nonzero(J)[1]",
    "x.var(dim=[0, 1])": "X.var(ddof=1)",
    "z.mean([0, 2])": "Z.mean((0, 2))",
    "z.std(dim=[0, 1], keepdim=True)": "Z.std((0, 1), ddof=1, keepdims=True)",
    "z.nonzero(as_tuple=True)[2].sum()": "np.nonzero(Z)[2].sum()",
    "i.nonzero(as_tuple=False)": "np.argwhere(J)",
    "x.topk(2, 1, True, True)[0]": "-np.sort(-X)[:, :2]",
    "x.topk(1, dim=0, largest=False, sorted=True)[1]": "X.argmin(0, keepdims=True)",
    # shapes
    "z.transpose(1, 2)": "Z.swapaxes(1, 2)",
    "z.transpose(-1, 0)": "Z.swapaxes(-1, 0)",
    "z.transpose(dim0=1, dim1=2)": "Z.swapaxes(1, 2)",
    "x.transpose(dim0=0, dim1=1)": "X.T",
    "x.transpose(1, 0)": "X.T",
    "z.permute(dims=(2, 0, 1))": "Z.transpose(2, 0, 1)",
    "z.repeat(1, 1, 2)": "np.tile(Z, 2)",
    "x.repeat(2, 1, 1)": "np.tile(X, (2, 1, 1))",
    "x.repeat_interleave(2, dim=1)": "np.repeat(X, 2, 1)",
    "x.split(split_size=2, dim=1)[0]": "X[:, :2]",
    "x.scatter(dim=1, index=i, value=7.0)": "np.where([[True, False, True], [False, True, False]], 7.0, X)",
    "(x * 1).scatter_(1, i, value=7.0)": "np.where([[True, False, True], [False, True, False]], 7.0, X)",
    # element by element
    "i.reciprocal()": "1 / (J + 0.0)",
    "torch.reciprocal(i + 1)": "1 / (J + 1)",
    "torch.div(x, y, rounding_mode='floor')": "X // Y",
    "torch.div(x, y, rounding_mode='trunc')": "np.trunc(X / Y)",
    "(i - 2).div(2, rounding_mode='trunc')": "np.array([[0, -1], [0, 0]])",
    "(2**62 - i).div(3, rounding_mode='trunc')": "(2**62 - J) // 3",
    "i.div(2, rounding_mode=None)": "J / 2",
    "(x * 8).div_(3, rounding_mode='floor')": "X * 8 // 3",
    # numbers, devices, dtypes
    "int(i[:1, :1])": "2",
    "float(x[0, 1:2])": "-0.7",
    "bool(i[:1, 1:])": "False",
    "[5, 6, 7][i[:1, 0]]": "7",
    "x.device.type == 'cpu'": "True",
    "x.to('cpu', non_blocking=True)": "X",
    "x.to(x.device, torch.float32, True)": "X.astype(np.float32)",
    "x.to(torch.float64, copy=True) is x": "False",
    "x.to(torch.float64, False, True) is x": "False",
    # linear algebra, transforms of Fourier
    "torch.linalg.norm(x, dim=1)": "np.linalg.norm(X, axis=1)",
    "torch.linalg.vector_norm(x, ord=1, dim=0, keepdim=True)": "np.abs(X).sum(0, keepdims=True)",
    "torch.fft.fft(x, dim=0).real": "np.fft.fft(X, axis=0).real",
    "torch.fft.fft2(z, dim=(0, 1)).real": "np.fft.fft2(Z, axes=(0, 1)).real",
}  # fmt: skip
"""What PyTorch's users write, and the same in NumPy."""


GIVEN = {"x": X, "y": Y, "z": Z, "i": J}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_pytorch_is_what_numpy_writes(call: str) -> None:
    with np.errstate(divide="ignore"):
        assert_alike(values(call, ag, GIVEN), eval(CALLS[call], {"np": np, "X": X, "Y": Y, "Z": Z, "J": J}))


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_what_pytorch_makes_of_it(call: str, double_precision: Any) -> None:
    with np.errstate(divide="ignore"):
        assert_alike(values(call, ag, GIVEN), values(call, double_precision, GIVEN))


@pytest.mark.parametrize(
    "call",
    [
        lambda t: t.std(-1, keepdim=True), lambda t: t.max(1, keepdim=True)[0], lambda t: t.sort(dim=1)[0],
        lambda t: t[None].transpose(0, 2), lambda t: t.repeat(2, 1, 1), lambda t: t.max(t * t),
        lambda t: t.var(dim=0, unbiased=False), lambda t: t.reciprocal(), lambda t: t.scatter(1, J, value=2.0),
    ],
)  # fmt: skip
def test_it_has_derivatives_and_is_batched_and_compiled(call: Callable[[Any], Any]) -> None:
    assert ag.gradcheck(lambda t: np.sum(np.sin(call(t))), X).ok
    np.testing.assert_allclose(ag.vmap(call)(np.stack([X, Y]))[1], call(ag.tensor(Y)).numpy())
    step = ag.compile(ag.grad(lambda t: np.sum(np.sin(call(t)))))
    for x in (X, Y):
        np.testing.assert_allclose(step(x), ag.grad(lambda t: np.sum(np.sin(call(t))))(x), rtol=1e-12)


@pytest.mark.parametrize(
    ("numpys", "expected"),
    [
        (lambda t: t.std(1), X.std(1)), (lambda t: t.var(axis=0, correction=1), X.var(0, ddof=1)),
        (lambda t: t.max(1), X.max(1)), (lambda t: t.max(axis=1, keepdims=True), X.max(1, keepdims=True)),
        (lambda t: t.repeat(2, 1), X.repeat(2, 1)), (lambda t: t.transpose((0, 1)), X),
        (lambda t: t.argsort(0), X.argsort(0)),
        (lambda t: t.nonzero()[0], X.nonzero()[0]), (lambda t: t.sort(1), None), (lambda t: t.transpose(1, 0), X.T),
    ],
)  # fmt: skip
def test_what_both_could_mean_is_numpys(numpys: Callable[[Any], Any], expected: Any) -> None:
    found = numpys(ag.Tensor(X))
    assert found is expected is None or np.array_equal(found, expected)


@pytest.mark.parametrize("axes", [(0, 1), (-2, -1), (-2, 1)])
def test_a_matrix_whose_axes_are_named_as_they_are_stays_it_with_a_warning(axes: tuple[int, int]) -> None:
    with pytest.warns(errors.AutogradWarning, match=r"Write t\.swapaxes\("):
        assert ag.Tensor(X).transpose(*axes).shape == (2, 3)


REFUSED = {
    "x.div(2, rounding_mode='up')": (errors.ArgumentError, "Write rounding_mode='floor'"),
    "x.repeat(1, 2)": (errors.ArgumentError, r"Write t\.tile\(1, 2\)"),
    "ag.Tensor(4, 2)": (errors.DataError, r"Write ag\.empty\(4, 2\)"),
    "ag.nn.Parameter(ag.Tensor(4))": (errors.GradientDtypeError, r"ag\.empty\(3\)"),
    "x.std(dim=1, foo=1)": (TypeError, "foo"),
    "x.argsort(descending=True, foo=1)": (TypeError, "foo"),
    "int(x)": (TypeError, "only"),
}


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_refused(call: str) -> None:
    kind, words = REFUSED[call]
    with pytest.raises(kind, match=words):
        eval(call, {"ag": ag, "x": ag.Tensor(X)})


@pytest.mark.parametrize(
    "key", [(0, slice(None), [0, 1]), (1, slice(1), np.array([0, 1])), (0, ..., ag.tensor([2, 1]))]
)  # fmt: skip
def test_a_number_an_array_and_a_slice_between_them_are_explained(key: Any) -> None:
    t = ag.zeros(2, 3, 4)
    with pytest.raises(ValueError, match=r"shape|broadcast") as caught:
        t[key] = np.ones((5, 2))
    assert "Write t[" in caught.value.__notes__[-1]
    t[0][:, [0, 1]] = np.ones((3, 2))
    assert t.sum().item() == 6.0
    with pytest.raises(ValueError, match=r"shape|broadcast") as caught:
        t[0, 1] = np.ones((5, 2))
    assert not any("Write t[" in note for note in caught.value.__notes__)
