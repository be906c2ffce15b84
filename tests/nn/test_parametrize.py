"""Parameters that are computed from others, and layers that are fused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn.utils import parametrizations, parametrize
from autograd_lite.nn.utils.orthogonal import matrix_exp

X = np.random.default_rng(0).normal(size=(5, 4))
MAKERS: dict[str, Callable[[], Any]] = {
    "weight_norm": lambda: parametrizations.weight_norm(nn.Linear(4, 3, rng=0)),
    "spectral_norm": lambda: parametrizations.spectral_norm(nn.Linear(4, 3, rng=0)),
    "exponential": lambda: parametrizations.orthogonal(nn.Linear(4, 4, rng=0)),
    "cayley": lambda: parametrizations.orthogonal(nn.Linear(4, 3, rng=0), orthogonal_map="cayley"),
    "reflections": lambda: parametrizations.orthogonal(nn.Linear(4, 3, rng=0), use_trivialization=False),
    "old weight_norm": lambda: nn.utils.weight_norm(nn.Linear(4, 3, rng=0)),
    "old spectral_norm": lambda: nn.utils.spectral_norm(nn.Linear(4, 3, rng=0)),
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


class Symmetric(nn.Module):
    def forward(self, x: Any) -> Any:
        return np.triu(x) + np.triu(x, 1).T

    def right_inverse(self, value: Any) -> Any:
        return np.triu(value)


class Doubled(nn.Module):
    def forward(self, x: Any) -> Any:
        return 2 * x


def moved(make: Callable[[], Any]) -> Any:
    """Return a layer whose values are not those it started with."""
    layer, rng = make().eval(), np.random.default_rng(1)
    for p in layer.parameters():
        p.assign(p.detach() + 0.2 * rng.normal(size=p.shape))
    return layer


@makers
def test_derivatives_are_right_to_second_order(make: Callable[[], Any]) -> None:
    layer = moved(make)
    free = {name: p.detach().numpy() for name, p in layer.named_parameters()}

    def loss(state: Any) -> Any:
        return np.sum(np.tanh(nn.functional_call(layer, state, X)))

    names = list(free)
    assert ag.gradcheck(lambda *values: loss(dict(zip(names, values, strict=True))), list(free.values()))
    gradient = ag.grad(loss)(free)
    direction = {name: np.cos(np.arange(value.size)).reshape(value.shape) for name, value in free.items()}
    _, forward = ag.jvp(loss, (free,), (direction,))
    np.testing.assert_allclose(forward, sum(np.sum(gradient[name] * direction[name]) for name in free), rtol=1e-9)
    step = 1e-6
    shifted = [ag.grad(loss)({n: free[n] + s * step * direction[n] for n in free}) for s in (1, -1)]
    curved = ag.hvp(loss, (free,), (direction,))
    for name in free:
        numeric = (shifted[0][name] - shifted[1][name]) / (2 * step)
        np.testing.assert_allclose(curved[name], numeric, atol=1e-7)


@makers
@pytest.mark.parametrize("backend", ["numpy", *NATIVE[:1]])
def test_compiled_training_steps_are_those_of_plain_ones(make: Callable[[], Any], backend: str) -> None:
    def run(layer: Any, wrap: Any) -> list[Any]:
        optimizer = ag.optim.SGD(layer.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = np.mean(layer(x) ** 2)
            loss.backward()
            optimizer.step()
            return loss.detach()

        compiled = wrap(step)
        return [float(compiled(X + k)) for k in range(4)] + [layer.state_dict()]

    layer = make()
    twin = copy.deepcopy(layer)
    *plain, state = run(layer, lambda f: f)
    *other, others = run(twin, lambda f: ag.compile(f, backend=backend))
    np.testing.assert_allclose(other, plain, rtol=1e-9)
    for name, value in state.items():
        np.testing.assert_allclose(others[name], value, rtol=1e-9, atol=1e-12)


@makers
def test_copies_batches_and_pictures(make: Callable[[], Any]) -> None:
    layer = moved(make)
    expected = layer(X).detach().numpy()
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(twin(X).detach(), expected)
        twin.load_state_dict({name: 0 * v + 0.5 for name, v in twin.state_dict().items()})
    np.testing.assert_array_equal(layer(X).detach(), expected)
    np.testing.assert_allclose(ag.vmap(layer)(X).detach(), expected)
    stacked = {name: np.stack([p.detach()] * 2) for name, p in layer.named_parameters()}
    found = ag.vmap(lambda p: nn.functional_call(layer, p, X))(stacked)
    np.testing.assert_allclose(found[1], expected, atol=1e-12)
    assert ag.visualize(layer, X) is not None


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
@pytest.mark.parametrize("how", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_orthogonal_weights_stay_so_and_start_from_an_orthogonal_one(shape: Any, how: str, dtype: Any) -> None:
    layer = nn.Linear(shape[1], shape[0], dtype=dtype)
    nn.init.orthogonal_(layer.weight, rng=0)
    before = layer.weight.detach().numpy().copy()
    parametrizations.orthogonal(layer, orthogonal_map=how)
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    np.testing.assert_allclose(layer.weight.detach(), before, atol=tolerance)
    optimizer = ag.optim.SGD(layer.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        np.sum(np.tanh(layer(np.ones((2, shape[1]), dtype)))).backward()
        optimizer.step()
    found = layer.weight.detach().numpy()
    assert found.dtype == dtype
    assert abs(found - before).max() > 0.01
    small = found @ found.T if shape[0] <= shape[1] else found.T @ found
    np.testing.assert_allclose(small, np.eye(len(small)), atol=10 * tolerance)
    layer.weight = before
    np.testing.assert_allclose(layer.weight.detach(), before, atol=tolerance)


def test_a_complex_weight_is_unitary() -> None:
    rng = np.random.default_rng(0)
    layer = nn.Module()
    layer.weight = nn.Parameter(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    parametrizations.orthogonal(layer)
    layer.parametrizations.weight.original.assign(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    w = layer.weight.detach().numpy()
    np.testing.assert_allclose(w.conj().T @ w, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("size", [0.0, 1e-9, 1.0, 30.0, 1000.0])
def test_the_exponential_of_a_matrix(size: float) -> None:
    a = np.random.default_rng(0).normal(size=(2, 4, 4))
    a = size * (a - np.swapaxes(a, 1, 2)) / 4
    values, vectors = np.linalg.eigh(1j * a)
    expected = (vectors * np.exp(-1j * values)[:, None, :] @ np.conj(np.swapaxes(vectors, 1, 2))).real
    for found in (matrix_exp(a), matrix_exp(ag.Tensor(a)), ag.compile(matrix_exp)(a), ag.vmap(matrix_exp)(a)):
        np.testing.assert_allclose(found, expected, atol=1e-13 * max(size, 10))
    assert np.isnan(ag.compile(matrix_exp)(np.array([[0.0, 1e6], [-1e6, 0.0]]))).all()


def test_the_largest_singular_value_is_found() -> None:
    layer = parametrizations.spectral_norm(nn.Conv2d(2, 3, 3, rng=0))
    for _ in range(50):
        layer(np.ones((1, 2, 4, 4)))
    weight = layer.weight.detach().numpy().reshape(3, -1)
    assert np.linalg.norm(weight, 2) == pytest.approx(1.0)
    layer.eval()
    u = layer.parametrizations.weight[0]._u.tolist()
    layer(np.ones((1, 2, 4, 4)))
    assert layer.parametrizations.weight[0]._u.tolist() == u


# ----- parametrizations of one's own -----


def test_maps_are_chained_set_and_removed() -> None:
    layer = nn.Linear(3, 3, rng=0)
    parameter, before = layer.weight, layer.weight.detach().numpy().copy()
    assert parametrize.register_parametrization(layer, "weight", Symmetric()) is layer
    assert layer.parametrizations.weight.original is parameter
    np.testing.assert_array_equal(layer.weight.detach(), np.triu(before) + np.triu(before, 1).T)
    assert type(layer) is nn.Linear
    assert parametrize.is_parametrized(layer)
    assert not parametrize.is_parametrized(layer, "bias")
    layer.weight = np.full((3, 3), 2.0)
    assert layer.weight.tolist() == np.full((3, 3), 2.0).tolist()
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert layer.weight.tolist() == np.full((3, 3), 4.0).tolist()
    with pytest.raises(errors.StateDictError, match=r"Doubled.*right_inverse"):
        layer.weight = np.ones((3, 3))
    assert [name for name, _ in layer.named_parameters()] == ["bias", "parametrizations.weight.original"]
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight is parameter
    assert layer.weight.tolist() == np.full((3, 3), 4.0).tolist()
    assert not parametrize.is_parametrized(layer)
    assert "parametrizations" not in vars(layer)
    layer(np.ones(3)).sum().backward()
    assert parameter.grad is not None


def test_what_it_was_computed_from_can_be_left() -> None:
    layer = parametrize.register_parametrization(nn.Linear(3, 3, rng=0), "weight", Doubled())
    before = layer.parametrizations.weight.original.tolist()
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight.tolist() == before
    with pytest.raises(errors.ArgumentError, match="Write leave_parametrized=True"):
        parametrize.remove_parametrizations(parametrizations.weight_norm(layer), "weight", leave_parametrized=False)


def test_a_value_is_computed_once_where_it_is_cached() -> None:
    count = [0]

    class Counting(nn.Module):
        def forward(self, x: Any) -> Any:
            count[0] += 1
            return 2 * x

    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", Counting())
    count[0] = 0
    with parametrize.cached():
        layer(np.ones(2)) + layer(np.ones(2))
        with parametrize.cached():
            layer.weight  # noqa: B018
    assert count[0] == 1
    layer(np.ones(2))
    assert count[0] == 2


def test_buffers_are_parametrized_too() -> None:
    layer = nn.BatchNorm1d(2)
    parametrize.register_parametrization(layer, "running_mean", Doubled())
    assert layer.running_mean.tolist() == [0.0, 0.0]
    assert "parametrizations.running_mean.original" in dict(layer.named_buffers())
    layer.eval()(np.ones((3, 2)))


@pytest.mark.parametrize("name", ["nothing", "in_features"])
def test_what_is_no_tensor_of_the_module_is_refused(name: str) -> None:
    layer = nn.Linear(2, 2)
    for call in (
        lambda: parametrize.register_parametrization(layer, name, Doubled()),
        lambda: parametrizations.spectral_norm(layer, name), lambda: nn.utils.weight_norm(layer, name),
        lambda: parametrize.remove_parametrizations(layer, "weight"), lambda: nn.utils.remove_weight_norm(layer),
        lambda: parametrizations.orthogonal(layer, "bias"),
        lambda: parametrizations.orthogonal(layer, orthogonal_map="qr"),
        lambda: parametrizations.orthogonal(layer, orthogonal_map="cayley", use_trivialization=False),
        lambda: parametrizations.spectral_norm(layer, n_power_iterations=0),
        lambda: parametrizations.spectral_norm(layer, dim=5),
    ):  # fmt: skip
        with pytest.raises(errors.ArgumentError, match="Write"):
            call()
    assert list(layer.state_dict()) == ["weight", "bias"]


def test_a_map_that_changes_the_shape_has_to_say_so() -> None:
    class Half(nn.Module):
        def forward(self, x: Any) -> Any:
            return x[:, :1]

    layer = nn.Linear(2, 2, rng=0)
    with pytest.raises(errors.ArgumentError, match="Write unsafe=True"):
        parametrize.register_parametrization(layer, "weight", Half())
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert parametrize.register_parametrization(layer, "weight", Half(), unsafe=True).weight.shape == (2, 1)


def test_the_old_norms_are_set_and_removed() -> None:
    for make, undo in (
        (nn.utils.weight_norm, nn.utils.remove_weight_norm), (nn.utils.spectral_norm, nn.utils.remove_spectral_norm)
    ):  # fmt: skip
        layer = make(nn.Linear(4, 3, rng=0)).eval()
        before = layer(X).detach().numpy()
        assert undo(layer) is layer
        np.testing.assert_allclose(layer(X).detach(), before)
        assert list(layer.state_dict()) == ["bias", "weight"]
        twin = pickle.loads(pickle.dumps(copy.deepcopy(make(nn.Linear(4, 3, rng=0)))))
        assert not undo(twin)._forward_pre_hooks
    layer = nn.utils.weight_norm(nn.Linear(4, 3, rng=0))
    layer.weight = np.arange(12.0).reshape(3, 4)
    np.testing.assert_allclose(layer.weight.detach(), np.arange(12.0).reshape(3, 4))


# ----- fusion -----


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "make",
    [
        lambda bias: (nn.Conv1d(4, 6, 3, groups=2, bias=bias), nn.BatchNorm1d, (2, 4, 7)),
        lambda bias: (nn.Conv2d(4, 6, 3, bias=bias), nn.BatchNorm2d, (2, 4, 5, 5)),
        lambda bias: (nn.ConvTranspose2d(4, 6, 3, groups=2, bias=bias), nn.BatchNorm2d, (2, 4, 5, 5)),
        lambda bias: (nn.Linear(4, 6, bias=bias, dtype=np.float32), nn.BatchNorm1d, (5, 4)),
    ],
)
def test_a_fused_layer_does_what_both_do(make: Any, bias: bool, affine: bool) -> None:
    layer, norm, shape = make(bias)
    rng = np.random.default_rng(0)
    norm = norm(6, affine=affine, dtype=layer.weight.dtype)
    for t in (*norm.parameters(), norm.running_mean, norm.running_var):
        nn.init.uniform_(t, 0.5, 2.0, rng=rng)
    layer.eval()
    norm.eval()
    fuse = nn.utils.fuse_linear_bn_eval if isinstance(layer, nn.Linear) else nn.utils.fuse_conv_bn_eval
    fused, x = fuse(layer, norm), rng.normal(size=shape).astype(layer.weight.dtype)
    tolerance = 1e-5 if x.dtype == np.float32 else 1e-12
    np.testing.assert_allclose(fused(x).detach(), norm(layer(x)).detach(), rtol=tolerance, atol=tolerance)
    assert type(fused) is type(layer)
    assert fused.weight.dtype == layer.weight.dtype
    assert layer.weight.tolist() != fused.weight.tolist()


@pytest.mark.parametrize(
    ("layer", "norm"),
    [
        (nn.Conv1d(2, 2, 1), nn.BatchNorm1d(2).eval()), (nn.Conv1d(2, 2, 1).eval(), nn.BatchNorm1d(2)),
        (nn.Conv1d(2, 2, 1).eval(), nn.BatchNorm1d(2, track_running_stats=False).eval()),
        (parametrizations.weight_norm(nn.Conv1d(2, 2, 1)).eval(), nn.BatchNorm1d(2).eval()),
    ],
    ids=["a layer in training", "a norm in training", "no statistics", "a computed weight"],
)
def test_what_cannot_be_fused_is_refused(layer: Any, norm: Any) -> None:
    with pytest.raises(errors.ArgumentError, match="Write"):
        nn.utils.fuse_conv_bn_eval(layer, norm)
