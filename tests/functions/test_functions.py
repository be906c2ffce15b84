"""PyTorch's functions under their names: a call means the same in both, and what NumPy writes for it."""

from __future__ import annotations

import importlib
import pickle
from typing import Any

import numpy as np
import pytest
from written import assert_alike, values

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.functions import NAMES

X = np.array([[0.3, -0.7, 0.4], [0.9, -0.2, 0.5]])
Y = np.array([[0.8, 0.2, 0.1], [-0.5, 0.6, 1.5]])
V = np.array([0.5, 2.0, -1.0])
J = np.array([[2, 0], [1, 1]])

CALLS = {
    "torch.max(x)": "X.max()",
    "torch.max(x, 1)[0]": "X.max(1)",
    "torch.max(x, dim=1).indices": "X.argmax(1)",
    "torch.max(x, 1, keepdim=True)[1]": "X.argmax(1, keepdims=True)",
    "torch.max(x, y)": "np.maximum(X, Y)",
    "torch.min(x, 0).values": "X.min(0)",
    "torch.min(x, y)": "np.minimum(X, Y)",
    "x.max(dim=1)[0]": "X.max(1)",
    "x.max(dim=1).indices": "X.argmax(1)",
    "x.min(dim=0, keepdim=True)[1]": "X.argmin(0, keepdims=True)",
    "torch.sort(x)[0]": "np.sort(X)",
    "torch.sort(x, dim=0, descending=True)[0]": "np.sort(X, 0)[::-1]",
    "torch.sort(x, descending=True).indices": "np.argsort(-X)",
    "torch.argsort(x, descending=True)": "np.argsort(-X)",
    "torch.kthvalue(x, 2, dim=1).values": "np.sort(X)[:, 1]",
    "torch.kthvalue(x, 1, keepdim=True)[1]": "X.argmin(1, keepdims=True)",
    "torch.median(x)": "np.sort(X.ravel())[2]",
    "torch.median(x, dim=1)[0]": "np.sort(X)[:, 1]",
    "torch.median(x, 0)[1]": "X.argmin(0)",
    "torch.std(x)": "X.std(ddof=1)",
    "torch.std(x, dim=1, keepdim=True)": "X.std(1, ddof=1, keepdims=True)",
    "torch.var(x, 0)": "X.var(0, ddof=1)",
    "torch.var(x, dim=0, correction=0)": "X.var(0)",
    "torch.var(x, unbiased=False)": "X.var()",
    "torch.std(x, 1, False)": "X.std(1)",
    "torch.transpose(x, 0, 1)": "X.T",
    "torch.nonzero(i)": "np.argwhere(J)",
    "torch.nonzero(i, as_tuple=True)[0]": "np.nonzero(J)[0]",
    "torch.unique(i)": "np.unique(J)",
    "torch.unique(i, return_counts=True)[1]": "np.unique(J, return_counts=True)[1]",
    "torch.unique(i, dim=0, return_inverse=True)[0]": "np.unique(J, axis=0)",
    "torch.lerp(x, y, 0.25)": "X + 0.25 * (Y - X)",
    "torch.addmm(x @ y.T, x, y.T, beta=0.5, alpha=2)": "0.5 * (X @ Y.T) + 2 * (X @ Y.T)",
    "torch.addcmul(x, x, y, value=2)": "X + 2 * X * Y",
    "torch.addcdiv(x, x, y)": "X + X / Y",
    "torch.cdist(x, y)": "np.sqrt(((X[:, None] - Y[None]) ** 2).sum(-1))",
    "torch.cdist(x, y, p=1)": "np.abs(X[:, None] - Y[None]).sum(-1)",
    "torch.cross(x, y, dim=1)": "np.cross(X, Y)",
    "torch.broadcast_tensors(x, v)[1]": "np.broadcast_to(V, (2, 3))",
    "torch.scatter(torch.zeros(2, 3), 1, i, 1.0)": "np.eye(3)[J].sum(1).clip(0, 1)",
    "torch.zeros(2, 3).scatter_(1, i[:, :1], x[:, :1])": "np.eye(3)[J[:, 0]] * X[:, :1]",
    "torch.zeros(3).scatter_add_(0, i[0], v[:2])": "np.array([V[1], 0.0, V[0]])",
    "torch.zeros(2, 3).index_add_(0, i[1], x)": "np.stack([0 * X[0], X.sum(0)])",
    "torch.index_add(torch.ones(2, 3), 0, i[1], x, alpha=2)": "np.stack([0 * X[0], 2 * X.sum(0)]) + 1",
    "torch.empty(2).normal_(2.0, 0.0)": "np.full(2, 2.0)",
    "x.new_zeros(2)": "np.zeros(2)",
    "i.new_full((2,), 3)": "np.full(2, 3)",
    "x.new_tensor([1])": "np.ones(1)",
    "x.new_ones(2, 1)": "np.ones((2, 1))",
    "torch.finfo(torch.float64).eps": "np.finfo(float).eps",
    "torch.iinfo(torch.int64).max": "2**63 - 1",
    "torch.pi": "np.pi",
    "torch.is_tensor(x)": "True",
    "torch.tensor(torch.inf)": "np.array(np.inf)",
    "torch.linalg.norm(x)": "np.linalg.norm(X)",
    "torch.linalg.inv(x @ x.T)": "np.linalg.inv(X @ X.T)",
    "torch.fft.fft(v).real": "np.fft.fft(V).real",
    "torch.randint_like(i, 1)": "0 * J",
    "torch.bincount(i.ravel(), minlength=4)": "np.bincount(J.ravel(), minlength=4)",
    "torch.diff(x, dim=0)": "np.diff(X, axis=0)",
    "torch.quantile(x, 0.3, dim=1)": "np.quantile(X, 0.3, axis=1)",
    "torch.quantile(x, 0.5, dim=1, keepdim=True)": "np.quantile(X, 0.5, axis=1, keepdims=True)",
    "torch.nansum(x, dim=0)": "np.nansum(X, 0)",
    "torch.nanmean(x, dim=1, keepdim=True)": "np.nanmean(X, 1, keepdims=True)",
    "torch.hypot(x, y)": "np.hypot(X, Y)",
    "torch.logaddexp(x, y)": "np.logaddexp(X, Y)",
    "torch.fmod(x, y)": "np.fmod(X, Y)",
    "torch.floor_divide(x, y)": "np.floor_divide(X, Y)",
    "torch.var_mean(x, 1)[0]": "X.var(1, ddof=1)",
    "torch.std_mean(x, dim=0, unbiased=False, keepdim=True)[0]": "X.std(0, keepdims=True)",
    "torch.var_mean(x, correction=0)[1]": "X.mean()",
    "torch.tensordot(x, y, dims=2)": "np.tensordot(X, Y, 2)",
    "torch.tensordot(x, y, dims=([1], [1]))": "X @ Y.T",
    "torch.det(x @ x.T)": "np.linalg.det(X @ X.T)",
    "torch.logdet(x @ x.T)": "np.log(np.linalg.det(X @ X.T))",
    "torch.inverse(x @ x.T)": "np.linalg.inv(X @ X.T)",
    "torch.searchsorted(torch.tensor([0.0, 0.5, 1.0]), x)": "np.searchsorted([0.0, 0.5, 1.0], X)",
    "torch.searchsorted(torch.sort(x)[0], y, right=True)": (
        "(np.sort(X)[:, None, :] <= Y[:, :, None]).sum(-1)"
    ),
    "torch.searchsorted(torch.tensor([0, 1, 2]), i, side='right')": "np.searchsorted([0, 1, 2], J, 'right')",
    "torch.bucketize(x, torch.tensor([0.0, 0.5]), right=True)": "np.digitize(X, [0.0, 0.5])",
    "torch.triu_indices(2, 3, 1)": "np.stack(np.triu_indices(2, 1, 3))",
    "torch.tril_indices(3, 3)": "np.stack(np.tril_indices(3))",
    "torch.cosine_similarity(x, y, dim=1)": (
        "(X * Y).sum(1) / np.sqrt((X * X).sum(1) * (Y * Y).sum(1))"
    ),
    "torch.diag_embed(x)": "np.stack([np.diag(a) for a in X])",
    "torch.diag_embed(x, offset=-1, dim1=0, dim2=2)": "np.stack([np.diag(a, -1) for a in X], 1)",
    "torch.block_diag(x, v, i)": (
        "np.block([[X, np.zeros((2, 5))], [np.zeros((1, 3)), V, np.zeros((1, 2))], [np.zeros((2, 6)), J]])"
    ),
    "torch.narrow(x, 1, 1, 2)": "X[:, 1:]",
    "torch.take_along_dim(x, i, dim=1)": "np.take_along_axis(X, J, 1)",
    "torch.column_stack((v, x.T))": "np.column_stack((V, X.T))",
    "torch.dstack((x, y))": "np.dstack((X, Y))",
    "torch.cummax(x, dim=1)[0]": "np.maximum.accumulate(X, 1)",
    "torch.cummax(i, 1).indices": "np.array([[0, 0], [0, 1]])",
    "torch.cummin(x, 0)[1]": "np.array([[0, 0, 0], [0, 0, 0]])",
    "torch.logcumsumexp(x, dim=0)": "np.log(np.cumsum(np.exp(X), 0))",
    "torch.clamp_min(x, 0.1)": "np.maximum(X, 0.1)",
    "torch.clamp_max(x, 0.1)": "np.minimum(X, 0.1)",
    "torch.clip(x, 0.1)": "np.maximum(X, 0.1)",
    "torch.unflatten(x, 1, (3, 1))": "X[..., None]",
    "torch.scatter_reduce(x, 1, i, y, reduce='sum')": "X + [[Y[0, 1], 0, Y[0, 0]], [0, Y[1, 0] + Y[1, 1], 0]]",
    "x.scatter_reduce(1, i, y, 'mean', include_self=False)[1, 1]": "Y[1, :2].mean()",
    "x.scatter_reduce(1, i, y, 'amax')[0]": "np.maximum(X[0], [Y[0, 1], X[0, 1], Y[0, 0]])",
    "torch.cartesian_prod(v, v)[1]": "V[:2]",
    "torch.vmap(lambda a: a * v[:2], in_dims=1, out_dims=1)(x)": "X * V[:2, None]",
    "torch.trapezoid(x, dim=0)": "(X[0] + X[1]) / 2",
    "torch.trapz(v, dx=0.5)": "np.trapezoid(V, dx=0.5)",
    "torch.addmv(v[:2], x, v, beta=2)": "2 * V[:2] + X @ V",
    "torch.ger(v, v)": "np.outer(V, V)",
    "torch.frac(3 * x)": "3 * X - np.trunc(3 * X)",
    "torch.float_power(i, 2)": "np.float_power(J, 2)",
    "torch.tensor_split(v, 2)[0]": "V[:2]",
    "torch.is_complex(x)": "False",
    "x.index_put((i[:, 1], i[0]), v[:2])[0]": "np.array([X[0, 0], X[0, 1], V[0]])",
    "torch.masked_scatter(x, x > 0, y)": "np.array([[0.8, -0.7, 0.2], [0.1, -0.2, -0.5]])",
    "torch.std(x, [0, 1])": "X.std(ddof=1)",
    "x.norm(dim=[0, 1])": "np.sqrt((X * X).sum())",
    "torch.heaviside(x, v)": "np.heaviside(X, V)",
    "torch.dist(x, y, p=1)": "np.abs(X - Y).sum()",
    "torch.rot90(x, 1, dims=(0, 1))": "np.rot90(X)",
    "torch.real(torch.complex(x, y))": "X",
    "torch.imag(torch.polar(x.abs(), y))": "np.abs(X) * np.sin(Y)",
    "torch.angle(torch.complex(x, y))": "np.angle(X + 1j * Y)",
    "torch.angle(x)": "np.where(X < 0, np.pi, 0.0)",
    "x.unfold(1, 2, 1)": "np.stack([X[:, :2], X[:, 1:]], 1)",
    "torch.median(torch.tensor([[1.0, torch.nan, 0.0]]), 1).values": "np.array([np.nan])",
    "x.median(dim=1, keepdim=True).indices": "np.argsort(X)[:, 1:2]",
    "x.index_copy(1, i[1, :1], y[:, :1])[:, 1]": "Y[:, 0]",
    "x.clone().fill_diagonal_(1.0)": "np.where(np.eye(2, 3) > 0, 1.0, X)",
    "torch.copysign(x, y)": "np.copysign(X, Y)",
    "torch.kron(x, y)": "np.kron(X, Y)",
    "torch.inner(v, v)": "np.inner(V, V)",
    "torch.vdot(v, v)": "np.vdot(V, V)",
    "torch.isin(i, torch.tensor([1, 5]))": "np.isin(J, [1, 5])",
    "torch.argwhere(i)": "np.argwhere(J)",
    "torch.bitwise_and(i, 1)": "J & 1",
    "torch.bitwise_not(i)": "~J",
    "torch.logical_xor(x > 0, y > 0)": "(X > 0) ^ (Y > 0)",
    "torch.flipud(x)": "X[::-1]",
    "torch.fliplr(x)": "X[:, ::-1]",
    "torch.fmax(x, y)": "np.fmax(X, Y)",
    "torch.sinc(x)": "np.sinc(X)",
    "torch.rad2deg(x)": "np.rad2deg(X)",
    "x.sum(1, True)": "X.sum(1, keepdims=True)",
    "x.mean(0, True)": "X.mean(0, keepdims=True)",
    "x.argmax(1, True)": "X.argmax(1, keepdims=True)",
    "x.amax(1, True)": "X.max(1, keepdims=True)",
    "x.all(1, True)": "X.all(1, keepdims=True)",
    "x.logsumexp(1, True)": "np.log(np.exp(X).sum(1, keepdims=True))",
    # made
    "torch.zeros(2, 3)": "np.zeros((2, 3))",
    "torch.ones((2,))": "np.ones(2)",
    "torch.zeros(())": "np.zeros(())",
    "torch.full((2,), 7)": "np.full(2, 7)",
    "torch.full((2, 1), 0.5)": "np.full((2, 1), 0.5)",
    "torch.eye(3)": "np.eye(3)",
    "torch.eye(2, 3)": "np.eye(2, 3)",
    "torch.arange(4)": "np.arange(4)",
    "torch.arange(1, 2, 0.25)": "np.arange(1, 2, 0.25)",
    "torch.arange(5, 0, -2)": "np.arange(5, 0, -2)",
    "torch.arange(2.0)": "np.arange(2.0)",
    "torch.linspace(0, 1, 5)": "np.linspace(0, 1, 5)",
    "torch.linspace(0, 1, steps=3)": "np.linspace(0, 1, 3)",
    "torch.logspace(0, 2, 3)": "np.logspace(0, 2, 3)",
    "torch.zeros_like(x)": "np.zeros_like(X)",
    "torch.ones_like(i)": "np.ones_like(J)",
    "torch.full_like(v, 2.0)": "np.full_like(V, 2.0)",
    "torch.ones(2, dtype=torch.long)": "np.ones(2, np.int64)",
    "torch.zeros(2, dtype=torch.bool)": "np.zeros(2, bool)",
    "torch.tensor([1, 2])": "np.array([1, 2])",
    "torch.as_tensor([True])": "np.array([True])",
    "torch.empty(2, 0).sum()": "np.float64(0.0)",
    "torch.empty_like(x).fill_(1.0)": "np.ones_like(X)",
    "torch.ones(2, dtype=torch.float32) / 2": "np.full(2, 0.5, np.float32)",
    # joined
    "torch.cat([x, y])": "np.concatenate([X, Y])",
    "torch.cat((x, y), dim=1)": "np.concatenate([X, Y], 1)",
    "torch.cat([x, y], -1)": "np.concatenate([X, Y], -1)",
    "torch.concat([v, v])": "np.concatenate([V, V])",
    "torch.stack([v, v])": "np.stack([V, V])",
    "torch.stack([x, y], dim=-1)": "np.stack([X, Y], -1)",
    "torch.hstack((v, v))": "np.hstack((V, V))",
    "torch.vstack((v, v))": "np.vstack((V, V))",
    "torch.where(x > 0, x, y)": "np.where(X > 0, X, Y)",
    "torch.where(x > 0, x, 0.0)": "np.where(X > 0, X, 0.0)",
    "torch.where(v > 0)[0]": "np.nonzero(V > 0)[0]",
    "torch.einsum('ij,kj->ik', x, y)": "X @ Y.T",
    "torch.meshgrid(v, v, indexing='ij')[0]": "np.meshgrid(V, V, indexing='ij')[0]",
    "torch.nn.functional.one_hot(i, 4)": "np.eye(4, dtype=int)[J]",
    # element by element
    "torch.exp(x)": "np.exp(X)",
    "torch.log(torch.abs(x))": "np.log(np.abs(X))",
    "torch.clamp(x, 0, 0.5)": "X.clip(0, 0.5)",
    "torch.clamp(x, min=0)": "X.clip(0)",
    "torch.pow(torch.abs(x), 1.5)": "np.abs(X) ** 1.5",
    "torch.rsqrt(torch.abs(x))": "np.abs(X) ** -0.5",
    "torch.sigmoid(x)": "1 / (1 + np.exp(-X))",
    "torch.relu(x)": "np.maximum(X, 0)",
    "torch.tanh(x)": "np.tanh(X)",
    "torch.add(x, y, alpha=2)": "X + 2 * Y",
    "torch.mul(x, 2)": "2 * X",
    "torch.maximum(x, y)": "np.maximum(X, Y)",
    "torch.eq(i, 1)": "J == 1",
    "torch.ge(x, 0.4)": "X >= 0.4",
    "torch.isnan(x)": "np.isnan(X)",
    "torch.round(x)": "np.round(X)",
    "torch.masked_fill(x, x > 0, 0.0)": "np.where(X > 0, 0.0, X)",
    "torch.logical_not(x > 0)": "~(X > 0)",
    # sums, extrema, questions
    "torch.sum(x)": "X.sum()",
    "torch.sum(x, dim=1)": "X.sum(1)",
    "torch.sum(x, dim=(0, 1))": "X.sum((0, 1))",
    "torch.mean(x, dim=0, keepdim=True)": "X.mean(0, keepdims=True)",
    "torch.prod(x, 1)": "X.prod(1)",
    "torch.amax(x, dim=1)": "X.max(1)",
    "torch.amin(x, 0)": "X.min(0)",
    "torch.argmax(x, dim=1)": "X.argmax(1)",
    "torch.argmin(x)": "X.argmin()",
    "torch.argsort(x, dim=0)": "X.argsort(0)",
    "torch.cumsum(x, dim=0)": "X.cumsum(0)",
    "torch.softmax(x, dim=1)": "np.exp(X) / np.exp(X).sum(1, keepdims=True)",
    "torch.norm(x)": "np.sqrt((X * X).sum())",
    "torch.log_softmax(x, dim=-1)": "X - np.log(np.exp(X).sum(1, keepdims=True))",
    "torch.norm(x, dim=1)": "np.sqrt((X * X).sum(1))",
    "torch.logsumexp(x, dim=1)": "np.log(np.exp(X).sum(1))",
    "torch.topk(x, 2, dim=1).values": "np.sort(X, 1)[:, :0:-1]",
    "torch.topk(v, 1)[1]": "np.array([1])",
    "torch.all(x > -1)": "np.bool_(True)",
    "torch.any(x > 0, dim=1)": "(X > 0).any(1)",
    "torch.count_nonzero(i, dim=1)": "np.count_nonzero(J, 1)",
    "torch.trace(x[:, :2])": "np.trace(X[:, :2])",
    # products
    "torch.matmul(x, y.T)": "X @ Y.T",
    "torch.mm(x, y.t())": "X @ Y.T",
    "torch.mv(x, v)": "X @ V",
    "torch.dot(v, v)": "V @ V",
    "torch.bmm(x[None], y.T[None])": "(X @ Y.T)[None]",
    "torch.outer(v, v)": "np.outer(V, V)",
    # shapes and parts
    "torch.flatten(x)": "X.ravel()",
    "torch.flatten(x[None], 1)": "X.reshape(1, -1)",
    "torch.reshape(x, (3, 2))": "X.reshape(3, 2)",
    "torch.unsqueeze(v, 1)": "V[:, None]",
    "torch.squeeze(v[None], 0)": "V",
    "torch.permute(x, (1, 0))": "X.T",
    "torch.swapaxes(x, 0, 1)": "X.T",
    "torch.roll(v, 1)": "np.roll(V, 1)",
    "torch.roll(x, shifts=1, dims=0)": "np.roll(X, 1, 0)",
    "torch.flip(x, dims=(0,))": "X[::-1]",
    "torch.tile(v, (2,))": "np.tile(V, 2)",
    "torch.t(x)": "X.T",
    "torch.tril(x)": "np.tril(X)",
    "torch.triu(x, diagonal=1)": "np.triu(X, 1)",
    "torch.diag(v)": "np.diag(V)",
    "torch.gather(x, 1, i)": "np.take_along_axis(X, J, 1)",
    "torch.index_select(x, 1, i[0])": "X[:, J[0]]",
    "torch.split(x, 2, dim=1)[1]": "X[:, 2:]",
    "torch.chunk(v, 2)[0]": "V[:2]",
    "torch.unbind(x)[1]": "X[1]",
    "torch.masked_select(x, x > 0)": "X[X > 0]",
    "torch.broadcast_to(v, (2, 3))": "np.broadcast_to(V, (2, 3))",
    "torch.repeat_interleave(v, 2)": "np.repeat(V, 2)",
    "torch.take(x, i)": "X.take(J)",
    "torch.numel(x)": "X.size",
    "torch.is_floating_point(i)": "False",
    "torch.allclose(x, x)": "True",
    "torch.equal(x, y)": "False",
}
"""What PyTorch's users write, and the same in NumPy. Floats of PyTorch are float64 here, too."""


GIVEN = {"x": X, "y": Y, "v": V, "i": J}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_of_pytorch_is_what_numpy_writes(call: str) -> None:
    assert_alike(values(call, ag, GIVEN), eval(CALLS[call], {"np": np, "X": X, "Y": Y, "V": V, "J": J}))


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_what_pytorch_makes_of_it(call: str, double_precision: Any) -> None:
    assert_alike(values(call, ag, GIVEN), values(call, double_precision, GIVEN))


@pytest.mark.parametrize("call", [call for call in CALLS if call.count("x") > 1])
def test_a_call_of_what_requires_a_gradient_is_recorded_or_constant(call: str) -> None:
    found = eval(
        call, {"torch": ag, "x": ag.Tensor(X, requires_grad=True), "y": ag.tensor(Y), "v": ag.tensor(V), "i": J}
    )
    if not isinstance(found, ag.Tensor):
        return
    if found.dtype.kind == "f" and "like" not in call:
        found.sum().backward()
    else:
        assert not found.requires_grad


def test_all_names_are_pytorchs() -> None:
    assert not {*NAMES} & {*errors.NOT_TAKEN_OVER}
    torch = pytest.importorskip("torch")
    for name in (*NAMES, *errors.NOT_TAKEN_OVER):
        assert hasattr(torch, name) or hasattr(torch.nn.functional, name), name


@pytest.mark.parametrize("name", errors.NOT_TAKEN_OVER)
def test_what_is_not_here_says_what_to_write(name: str) -> None:
    with pytest.raises(AttributeError, match=r"[Ww]rite"):
        getattr(ag, name)
    assert not hasattr(ag, name)


@pytest.mark.parametrize("name", errors.NOT_IN_AUTOGRAD)
def test_what_has_another_name_here_says_which(name: str) -> None:
    with pytest.raises(AttributeError, match=r"Write"):
        getattr(ag.autograd, name)


def test_all_is_lists_and_arrays_too() -> None:
    assert isinstance(ag.exp([0.0, 1.0]), ag.Tensor)
    assert ag.sum(X, dim=1).tolist() == X.sum(1).tolist()
    assert ag.cat([X, ag.tensor(Y)]).shape == (4, 3)
    assert ag.stack((V, V)).tolist() == [V.tolist()] * 2


REFUSED = {
    "ag.zeros(2, device='cuda')": (errors.UnsupportedError, "cuda"),
    "ag.device('cuda')": (errors.UnsupportedError, "cuda"),
    "ag.device('cpu', 1)": (errors.UnsupportedError, "cpu"),
    "ag.Generator('cuda')": (errors.UnsupportedError, "cuda"),
    "ag.cat(ag.ones(2))": (errors.ArgumentError, r"Write ag\.cat\(\[a, b\]\)"),
    "ag.stack(ag.ones(2))": (errors.ArgumentError, r"Write ag\.stack\(\[a, b\]\)"),
    "ag.where(ag.ones(2) > 0, 1.0)": (errors.ArgumentError, "both"),
    "ag.meshgrid(ag.ones(2), ag.ones(2))": (errors.ArgumentError, "indexing"),
    "ag.from_numpy([1.0])": (errors.DataError, "as_tensor"),
    "ag.arange(3, requires_grad=True)": (errors.GradientDtypeError, "int64"),
    "ag.sum(ag.ones(2), foo=1)": (TypeError, "foo"),
}


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_refused(call: str) -> None:
    kind, words = REFUSED[call]
    with pytest.raises(kind, match=words):
        eval(call, {"ag": ag})


def test_new_tensors_may_require_a_gradient() -> None:
    for t in (ag.zeros(2, requires_grad=True), ag.rand(2, requires_grad=True), ag.ones_like(X, requires_grad=True)):
        assert t.requires_grad
        assert t.is_leaf
    assert ag.grad(lambda c: ag.full((2, 3), c).sum())(2.0) == 6.0


def test_they_share_no_memory() -> None:
    x = np.zeros(3)
    t, u = ag.from_numpy(x), ag.as_tensor(x)
    x[0] = 1.0
    assert t.tolist() == u.tolist() == [0.0, 0.0, 0.0]
    v = ag.ones(2)
    w = ag.ones_like(v)
    w += 1
    assert v.tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: ag.cat([x, ag.ones(2, 3)], dim=1),
        lambda x: ag.where(x > 0, x * x, x),
        lambda x: ag.softmax(x, dim=1),
        lambda x: ag.einsum("ij,kj->ik", x, x),
        lambda x: ag.stack([x, 2 * x], dim=1),
        lambda x: ag.topk(x, 2, dim=1).values,
        lambda x: ag.full((2,), x[0, 0] * x[1, 1]),
        lambda x: ag.masked_fill(x, ag.tril(ag.ones(2, 3)) == 0, 0.0) ** 2,
    ],
)
def test_transforms_go_through(f: Any) -> None:
    ag.gradcheck(f, X, order=2)
    np.testing.assert_allclose(ag.vmap(f)(np.stack([X, Y]))[1], f(ag.tensor(Y)).numpy())
    step = ag.compile(ag.grad(lambda x: f(x).sum()))
    for x in (X, X + 0.01):
        np.testing.assert_allclose(step(x), ag.grad(lambda x: f(x).sum())(x), rtol=1e-12)


def test_the_device_is_a_text() -> None:
    here = ag.device("cuda:0" if ag.cuda.is_available() else "cpu")
    assert here == "cpu" == here.type
    assert ag.device(here) == here
    assert ag.zeros(2, device=here).to(here).device == here
    assert ag.cuda.device_count() == 0
    assert ag.nn.Linear(2, 1).to(here) is not None


def test_nothing_is_recorded_for_inference() -> None:
    @ag.inference_mode()
    def f(x: Any) -> Any:
        return x * 2

    x = ag.ones(2, requires_grad=True)
    assert not f(x).requires_grad
    with ag.inference_mode(False):
        assert (x * 2).requires_grad


def test_a_generator_can_begin_again_and_be_copied() -> None:
    rng = ag.Generator().manual_seed(3)
    assert isinstance(rng, np.random.Generator)
    first = rng.random(3).tolist()
    assert np.random.default_rng(3).random(3).tolist() == first
    copy = pickle.loads(pickle.dumps(rng))
    assert copy.random() == rng.random()
    assert rng.manual_seed(3).random(3).tolist() == first


def test_the_functions_come_when_they_are_asked_for() -> None:
    assert all(hasattr(importlib.import_module(f"autograd_lite.{place}"), name) for name, place in NAMES.items())
