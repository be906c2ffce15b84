"""Influence functions against training anew, exact formulas, and both solvers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import attribution as attr
from autograd_lite import errors, nn
from autograd_lite.attribution.solvers import conjugate_gradients, stochastic

PENALTY = 0.02


def loss_of(theta: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    s = x @ theta[:-1] + theta[-1]
    return np.logaddexp(0, s) - y * s


def fitted(x: np.ndarray, y: np.ndarray, count: int) -> np.ndarray:
    """Minimise the sum of losses over `count` and the penalty, by Newton's steps."""
    z, theta = np.c_[x, np.ones(len(x))], np.zeros(x.shape[1] + 1)
    for _ in range(30):
        p = 1 / (1 + np.exp(-z @ theta))
        hessian = (z.T * (p * (1 - p))) @ z / count + PENALTY * np.eye(len(theta))
        theta = theta - np.linalg.solve(hessian, z.T @ (p - y) / count + PENALTY * theta)
    return theta


@pytest.fixture(scope="module")
def problem() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((60, 4)), rng.standard_normal(4)
    y = (x @ w + rng.standard_normal(60) > 0).astype(float)
    test = rng.standard_normal((3, 4))
    theta = fitted(x, y, 60)
    model = nn.Linear(4, 1)
    model.weight.assign(theta[None, :-1])
    model.bias.assign(theta[-1:])
    return {"model": model, "training": (x, y), "test": (test, (test @ w > 0).astype(float)), "theta": theta}


def loss(scores: Any, y: Any) -> Any:
    return nn.functional.binary_cross_entropy_with_logits(scores[:, 0], y, reduction="none")


def found(problem: dict[str, Any], f: Any = loss, **settings: Any) -> np.ndarray:
    return attr.influence(problem["model"], f, problem["training"], problem["test"], damping=PENALTY, **settings)


def test_it_is_what_training_without_an_example_does(problem: dict[str, Any]) -> None:
    (x, y), (x_test, y_test) = problem["training"], problem["test"]
    before = loss_of(problem["theta"], x_test, y_test)
    anew = [loss_of(fitted(np.delete(x, i, 0), np.delete(y, i), 60), x_test, y_test) - before for i in range(60)]
    influence = found(problem)
    assert influence.shape == (3, 60)
    for row, true in zip(influence, np.transpose(anew), strict=True):
        assert np.corrcoef(row, true)[0, 1] > 0.99
        slope = np.polyfit(row, true, 1)[0]
        assert 0.95 < slope < 1.3  # to first order


def test_it_is_the_formula(problem: dict[str, Any]) -> None:
    (x, y), (x_test, y_test), theta = problem["training"], problem["test"], problem["theta"]
    z, z_test = np.c_[x, np.ones(60)], np.c_[x_test, np.ones(3)]
    p, p_test = 1 / (1 + np.exp(-z @ theta)), 1 / (1 + np.exp(-z_test @ theta))
    hessian = (z.T * (p * (1 - p))) @ z / 60 + PENALTY * np.eye(5)
    slopes, slopes_test = z * (p - y)[:, None], z_test * (p_test - y_test)[:, None]
    want = slopes_test @ np.linalg.solve(hessian, slopes.T) / 60
    np.testing.assert_allclose(found(problem, tolerance=1e-12), want, rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("settings", [{"batch_size": 7}, {"method": "lissa", "tolerance": 1e-9}], ids=repr)
def test_other_ways_give_the_same(problem: dict[str, Any], settings: dict[str, Any]) -> None:
    np.testing.assert_allclose(found(problem, **settings), found(problem), rtol=1e-5, atol=1e-9)


def test_random_samples_are_near(problem: dict[str, Any]) -> None:
    exact = found(problem)[0]
    one = {**problem, "test": tuple(part[:1] for part in problem["test"])}
    settings = {"method": "lissa", "batch_size": 20, "max_steps": 300, "tolerance": 0.2}
    near = found(one, **settings)[0]
    assert np.corrcoef(near, exact)[0, 1] > 0.99
    np.testing.assert_array_equal(found(one, **settings)[0], near)


@pytest.mark.parametrize("reduced", [np.mean, np.sum])
@pytest.mark.parametrize("batch_size", [None, 25])
def test_a_loss_that_is_one_number_is_taken_apart(problem: dict[str, Any], reduced: Any, batch_size: Any) -> None:
    """Into that of each example by itself."""
    one = found(problem, lambda s, y: reduced(loss(s, y)), batch_size=batch_size)
    np.testing.assert_allclose(one, found(problem), rtol=1e-9, atol=1e-15)


WEIGHTS = np.array([1.0, 100.0])


def classes(dtype: Any = float) -> tuple[nn.Module, np.ndarray, np.ndarray]:
    """Sorted by their class, so that the examples in a row are of one."""
    x = np.random.default_rng(1).standard_normal((12, 3)).astype(dtype)
    return nn.Linear(3, 2, rng=0).to(dtype), x, np.repeat([0, 1], 6)


def centred(y: Any, t: Any, **settings: Any) -> Any:
    return nn.functional.cross_entropy(y - y.mean(axis=0), t, **settings)


COUPLED = {
    "class weights": nn.CrossEntropyLoss(weight=WEIGHTS),
    "examples that are left out": nn.CrossEntropyLoss(ignore_index=1),
    "weights of places": lambda y, t: (nn.functional.cross_entropy(y, t, reduction="none") * np.arange(len(y))).sum(),
    "a mean of the batch": centred,
    "a mean of the batch in each": lambda y, t: centred(y, t, reduction="none"),
    "a worst example": lambda y, t: nn.functional.cross_entropy(y, t, reduction="none").max(),
}


@pytest.mark.parametrize("batch_size", [None, 1, 3])
@pytest.mark.parametrize("coupled", COUPLED.values(), ids=COUPLED)
def test_a_loss_of_which_that_of_one_example_is_no_part_is_refused(coupled: Any, batch_size: Any) -> None:
    model, x, y = classes()
    with pytest.raises(errors.UnsupportedError, match=r"neither the sum nor the mean.*Write a loss with a number for"):
        attr.influence(model, coupled, (x, y), (x[:2], y[:2]), batch_size=batch_size)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("batch_size", [None, 1, 5])
def test_class_weights_count_in_a_loss_with_a_number_for_each(batch_size: Any, dtype: Any) -> None:
    model, x, y = classes(dtype)
    weights = WEIGHTS.astype(dtype)

    def each(y: Any, t: Any) -> Any:
        return nn.functional.cross_entropy(y, t, reduction="none") * weights[t]

    settings: dict[str, Any] = {"damping": 1.0, "batch_size": batch_size, "tolerance": 1e-5}
    want = attr.influence(model, each, (x, y), (x[:2], y[:2]), **settings)
    summed = nn.CrossEntropyLoss(weight=weights, reduction="sum")
    np.testing.assert_allclose(attr.influence(model, summed, (x, y), (x[:2], y[:2]), **settings), want, rtol=1e-3)
    bare = attr.influence(model, nn.CrossEntropyLoss(reduction="none"), (x, y), (x[:2], y[:2]), **settings)
    assert not np.allclose(bare, want, rtol=0.5)


def test_the_mean_of_losses_that_are_all_zero_is_one_number_for_all() -> None:
    """Of a model that fits exactly nothing tells a sum from a mean."""
    model, x = nn.Linear(2, 1, bias=False, rng=0), np.eye(2)
    y, test = x @ model.weight.detach().numpy().T, (x[:1], np.ones((1, 1)))
    want = attr.influence(model, lambda p, y: np.mean((p - y) ** 2, axis=1), (x, y), test)
    np.testing.assert_allclose(attr.influence(model, nn.MSELoss(), (x, y), test), want)


class Scaling(nn.Module):
    """A model that writes to its input, or not."""

    def __init__(self, writes: bool) -> None:
        super().__init__()
        self.linear, self.writes = nn.Linear(3, 2, rng=0), writes

    def forward(self, x: Any) -> Any:
        if self.writes:
            x *= 2.0
            return self.linear(x)
        return self.linear(2 * x)


@pytest.mark.parametrize("kind", [np.asarray, ag.tensor])
@pytest.mark.parametrize("batch_size", [None, 5])
def test_a_model_may_write_to_what_it_is_given(kind: Any, batch_size: Any) -> None:
    _, x, y = classes()
    data = kind(x), kind(y)
    loss = nn.CrossEntropyLoss()
    found = attr.influence(Scaling(True), loss, data, (data[0][:2], data[1][:2]), batch_size=batch_size)
    np.testing.assert_array_equal(data[0], classes()[1])
    want = attr.influence(Scaling(False), loss, (x, y), (x[:2], y[:2]), batch_size=batch_size)
    np.testing.assert_allclose(found, want)


def test_datasets_classes_and_some_parameters(problem: dict[str, Any]) -> None:
    """Of a network with dtype float32, the last layer alone, which is convex."""
    x, y = problem["training"]
    model = nn.Sequential(nn.Linear(4, 5, rng=0), nn.Tanh(), nn.Linear(5, 2, rng=1)).float().eval()
    data = ag.data.TensorDataset(x.astype(np.float32), y.astype(int))
    before = {name: p.numpy().copy() for name, p in model.named_parameters()}
    influence = attr.influence(
        model, nn.CrossEntropyLoss(), data, (x[:2].astype(np.float32), y[:2].astype(int)), damping=0.1,
        parameters=["2.weight", "2.bias"], tolerance=1e-5,
    )  # fmt: skip
    assert influence.shape == (2, 60)
    assert influence.dtype == np.float32
    assert influence[0, 0] > 0
    assert influence[1, 1] > 0  # an example helps itself
    for name, p in model.named_parameters():
        np.testing.assert_array_equal(p.numpy(), before[name])
        assert p.grad is None


def test_a_single_example_and_a_loader(problem: dict[str, Any]) -> None:
    want = found(problem)
    x, y = problem["test"]
    np.testing.assert_array_equal(found({**problem, "test": (x[1], y[1])}), want[1])
    data = ag.data.TensorDataset(*problem["training"])
    shuffled = ag.data.DataLoader(data, batch_size=8, shuffle=True)
    np.testing.assert_allclose(found({**problem, "training": shuffled}), want)


def test_a_saddle_is_refused_with_a_damping_that_is_enough() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 3)), rng.integers(0, 2, 20)
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.Tanh(), nn.Linear(4, 2, rng=1))
    with pytest.raises(errors.ConvergenceError, match=r"not positive definite.*Write damping="):
        attr.influence(model, nn.CrossEntropyLoss(), (x, y), (x[:1], y[:1]), damping=0.0)


def test_what_is_not_solved_is_said(problem: dict[str, Any]) -> None:
    with pytest.warns(errors.IncompleteWarning, match=r"residual of .* after 1 steps.*Write max_steps=4"):
        found({**problem, "test": tuple(part[:1] for part in problem["test"])}, max_steps=1)


def test_solvers(rng: np.random.Generator) -> None:
    a = rng.standard_normal((6, 6))
    a, b = a @ a.T + np.eye(6), rng.standard_normal(6)
    want = np.linalg.solve(a, b)
    done = conjugate_gradients(lambda v: a @ v, b, 1e-12, 100)
    np.testing.assert_allclose(done.x, want, rtol=1e-9)
    assert done.steps <= 8
    np.testing.assert_allclose(stochastic(lambda v: a @ v, None, b, 1e-10, 10_000, rng).x, want, rtol=1e-6)
    assert not conjugate_gradients(lambda v: a @ v, 0 * b, 1e-12, 100).x.any()
