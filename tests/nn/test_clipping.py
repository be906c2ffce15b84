"""Gradients clipped by their norm and by value, plainly and compiled; parameters as a vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn, optim
from autograd_lite.nn import utils

GRADIENTS = [[3.0, -4.0], 12.0, [[0.0]], np.zeros((0, 3))]


def parameters(dtype: Any = np.float64, scale: float = 1.0) -> list[ag.Tensor]:
    params = [leaf(np.zeros(np.shape(g), dtype)) for g in GRADIENTS]
    for p, g in zip(params, GRADIENTS, strict=True):
        p.grad = (np.array(g) * scale).astype(dtype)
    return [*params, leaf([1.0])]  # one without a gradient


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("power", "norm"), [(2.0, 13.0), (1.0, 19.0), (float("inf"), 12.0), (3, (27 + 64 + 12**3) ** (1 / 3))]
)
@pytest.mark.parametrize("most", [0.5, 100.0])
def test_all_gradients_together_are_no_longer_than_that(most: float, power: float, norm: float, dtype: Any) -> None:
    params = parameters(dtype)
    found = utils.clip_grad_norm_(iter(params), most, power)
    assert found.dtype == dtype
    assert found.item() == pytest.approx(norm, rel=1e-6)
    for p, g in zip(params[:-1], GRADIENTS, strict=True):
        assert p.grad.dtype == dtype
        np.testing.assert_allclose(p.grad.numpy(), np.array(g) * min(most / (norm + 1e-6), 1), rtol=1e-6)
    assert params[-1].grad is None


@pytest.mark.parametrize("scale", [1e30, 1e-30])
def test_squares_that_a_dtype_cannot_hold_do_no_harm(scale: float) -> None:
    params = parameters(np.float32, scale)
    assert utils.clip_grad_norm_(params, 1.0).item() == pytest.approx(13 * scale, rel=1e-6)
    length = utils.get_total_norm([p.grad for p in params[:-1]]).item()
    assert length == pytest.approx(min(1.0, 13 * scale), rel=1e-5)


def test_norms_of_pytorch_itself() -> None:
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    grads = [rng.standard_normal(shape) for shape in ((3,), (), (2, 3), (4,))]
    mine, theirs = [leaf(g) for g in grads], [torch.nn.Parameter(torch.tensor(g)) for g in grads]
    for p, q, g in zip(mine, theirs, grads, strict=True):
        p.grad, q.grad = g, torch.tensor(g)
    found, known = (m.clip_grad_norm_(ps, 1.0, 2.5) for m, ps in ((utils, mine), (torch.nn.utils, theirs)))
    assert found.item() == pytest.approx(known.item(), rel=1e-14)
    for p, q in zip(mine, theirs, strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-14)


def test_complex_gradients_are_measured_by_their_size() -> None:
    z = leaf(np.array([1j, 2.0]))
    z.grad = np.array([3j, 4.0])
    assert utils.clip_grad_norm_(z, 1.0).item() == 5.0
    np.testing.assert_allclose(z.grad.numpy(), [0.6j, 0.8], rtol=1e-6)


def test_numbers_are_clipped_one_by_one() -> None:
    params = parameters()
    utils.clip_grad_value_(params, 3.5)
    assert [p.grad.tolist() for p in params[:2]] == [[3.0, -3.5], 3.5]


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_norm_that_is_not_finite_is_refused_where_that_is_asked_for(bad: float) -> None:
    params = parameters()
    params[0].grad = [1.0, bad]
    with pytest.raises(errors.ArgumentError, match=r"Write with ag\.debug"):
        utils.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    assert params[1].grad.item() == 12.0
    assert not np.isfinite(utils.get_total_norm([params[0].grad]).item())


@pytest.mark.parametrize("backend", ["numpy", "cc"])
def test_compiled_steps_clip_too(backend: str) -> None:
    def training(compiled: bool) -> Any:
        model = nn.Linear(2, 1)
        model.load_state_dict({"weight": [[1.0, -2.0]], "bias": [0.5]})
        opt = optim.Adam(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            opt.zero_grad()
            ((model(x) - 3.0) ** 2).sum().backward()
            norm = utils.clip_grad_norm_(model.parameters(), 1.0, error_if_nonfinite=True)
            utils.clip_grad_value_(model.parameters(), 0.5)
            opt.step()
            return norm

        called = ag.compile(step, backend=backend) if compiled else step
        norms = [called(np.full((3, 2), 0.5 + i)).item() for i in range(4)]
        with pytest.raises(ValueError, match="norm of the gradients"), np.errstate(all="ignore"):
            called(np.full((3, 2), 1e200))
        return [*norms, *model.weight.numpy().ravel()]

    np.testing.assert_allclose(training(compiled=True), training(compiled=False), rtol=1e-12)


def test_gradients_that_are_never_zeroed_are_warned_of_when_clipped_too() -> None:
    w = leaf([1.0])
    opt = optim.SGD([w], lr=0.1)

    def train() -> None:
        for _ in range(3):
            (w * w).sum().backward()
            utils.clip_grad_norm_(w, 1.0)
            opt.step()

    with pytest.warns(errors.AutogradWarning, match="zero_grad"):
        train()


REFUSED: dict[str, Any] = {
    "a power": (lambda: utils.clip_grad_norm_(parameters(), 1.0, 0.0), "norm_type=0.0"),
    "a bound": (lambda: utils.clip_grad_norm_(parameters(), -1.0), "max_norm=-1.0"),
    "a value": (lambda: utils.clip_grad_value_(parameters(), np.nan), "clip_value=nan"),
    "arrays": (lambda: utils.clip_grad_value_([np.ones(2)], 1.0), "a ndarray"),
    "a vector": (lambda: utils.vector_to_parameters(np.ones(3), parameters()), r"(3,)"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_clipped_is_refused(case: str) -> None:
    do, said = REFUSED[case]
    with pytest.raises(errors.ArgumentError, match="Write") as caught:
        do()
    assert said in str(caught.value)


def test_parameters_become_a_vector_and_the_other_way_round() -> None:
    model = nn.Linear(2, 2)
    vector = utils.parameters_to_vector(model.parameters())
    vector.sum().backward()
    assert model.weight.grad.tolist() == [[1.0, 1.0], [1.0, 1.0]]
    utils.vector_to_parameters(vector * 2, model.parameters())
    np.testing.assert_array_equal(utils.parameters_to_vector(model.parameters()).numpy(), vector.numpy() * 2)
