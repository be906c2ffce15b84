"""Convolutions, pools and norms beyond the table of `images`: initial values, ties, training, programs, pictures."""

from __future__ import annotations

import io
import runpy
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.rules import windows

F = nn.functional
X = np.random.default_rng(0).standard_normal((4, 1, 8, 8))
CLASSES = np.array([0, 1, 2, 1])


def lenet(**options: Any) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, rng=0, **options), nn.BatchNorm2d(4, **options), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(36, 3, rng=1, **options),
    )  # fmt: skip


# ----- initial values -----


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (nn.Conv2d(16, 64, 3, groups=2, rng=0), (8 * 9) ** -0.5), (nn.Conv1d(4, 200, 4, rng=0), 0.25),
        (nn.ConvTranspose2d(64, 16, 3, rng=0), (16 * 9) ** -0.5),
    ],
    ids=repr,
)  # fmt: skip
def test_weights_start_within_their_bound_and_fill_it(layer: Any, bound: float) -> None:
    values = layer.weight.numpy()
    assert 0.98 * bound < np.abs(values).max() <= bound
    assert abs(values.mean()) < 0.05 * bound
    assert values.std() == pytest.approx(bound / 3**0.5, rel=0.05)
    assert np.abs(layer.bias.numpy()).max() <= bound
    before = values.copy()
    layer.reset_parameters(rng=1)
    assert not np.array_equal(layer.weight.numpy(), before)


def test_seeds_are_those_of_the_other_layers() -> None:
    ag.manual_seed(3)
    first = nn.Conv2d(1, 2, 3).weight.numpy()
    ag.manual_seed(3)
    assert np.array_equal(first, nn.Conv2d(1, 2, 3).weight.numpy())


# ----- maxima -----


def test_the_first_of_equal_maxima_gets_the_gradient() -> None:
    x = ag.Tensor([[1.0, 3.0, 3.0, 3.0, 0.0, 0.0]], requires_grad=True)
    F.max_pool1d(x, 3).backward(np.array([[2.0, 5.0]]))
    assert x.grad.tolist() == [[0.0, 2.0, 0.0, 5.0, 0.0, 0.0]]


@pytest.mark.parametrize("pool", [F.max_pool1d, lambda x, k: F.adaptive_max_pool1d(x, 2)])
def test_nan_is_the_maximum_and_gets_the_gradient(pool: Any) -> None:
    x = ag.Tensor([[1.0, np.nan, 2.0, 4.0, 5.0, -1.0]], requires_grad=True)
    y = pool(x, 3)
    assert np.isnan(y.detach().numpy()[0, 0])
    y.backward(np.array([[2.0, 5.0]]))
    assert x.grad.tolist() == [[0.0, 2.0, 0.0, 0.0, 5.0, 0.0]]


def test_infinite_numbers_and_gradients_stay_where_they_are() -> None:
    x = ag.Tensor(np.full((1, 4), -np.inf), requires_grad=True)
    y, places = F.max_pool1d(x, 3, 2, 1, return_indices=True)
    assert places.tolist() == [[0, 1]]  # not in the padding
    y.backward(np.array([[np.inf, 1.0]]))
    assert x.grad.tolist() == [[np.inf, 1.0, 0.0, 0.0]]


@pytest.mark.parametrize("settings", [(2, None, 0, 1), (3, 2, 1, 1), ((2, 3), (1, 2), (1, 1), (2, 1))], ids=str)
def test_indices_are_where_the_maxima_are(settings: Any) -> None:
    x = np.random.default_rng(1).standard_normal((2, 3, 7, 6))
    y, places = F.max_pool2d(x, *settings, return_indices=True)
    assert places.dtype == np.int64
    assert np.array_equal(np.take_along_axis(x.reshape(2, 3, -1), places.reshape(2, 3, -1), -1), y.reshape(2, 3, -1))
    compiled = ag.compile(lambda x: F.max_pool2d(x, *settings, return_indices=True))
    assert np.array_equal(compiled(x)[1], places)
    assert np.array_equal(ag.vmap(lambda x: F.max_pool2d(x, *settings, return_indices=True)[1])(x), places)
    whole = np.arange(42).reshape(1, 7, 6) % 11
    assert np.array_equal(F.max_pool2d(whole, 2), F.max_pool2d(whole.astype(float), 2))


def test_where_a_sum_of_powers_is_0_the_derivative_is_0() -> None:
    x = ag.Tensor([[0.0, 0.0, 3.0, 4.0]], requires_grad=True)
    y = F.lp_pool1d(x, 2, 2)
    y.sum().backward()
    np.testing.assert_allclose(y.detach(), [[0.0, 5.0]])
    np.testing.assert_allclose(x.grad, [[0.0, 0.0, 0.6, 0.8]])
    with np.errstate(invalid="ignore"):
        assert np.isnan(F.lp_pool1d(np.array([[-3.0, 1.0]]), 3, 2)).all()  # as of PyTorch's


def test_of_indices_that_occur_twice_the_last_number_stays() -> None:
    x = np.array([[3.0, 4.0, 5.0]])
    places = np.array([[1, 1, 2]])
    f = lambda x: F.max_unpool1d(x, places, 1, output_size=(3,))  # noqa: E731
    assert f(x).tolist() == [[0.0, 4.0, 5.0]]
    assert ag.gradcheck(f, [x], order=2)
    with pytest.raises(errors.ShapeError, match="beyond the 3 places"):
        F.max_unpool1d(x, places + 2, 1)


# ----- the layout -----


def test_the_batch_stays_innermost_through_elementwise_functions_pools_and_norms() -> None:
    y = F.conv2d(X, np.ones((3, 1, 3, 3)))
    for follow in (F.relu, lambda x: F.batch_norm(x, None, None, training=True), lambda x: F.max_pool2d(x, 2)):
        y = follow(y)
        assert y.strides[0] == y.itemsize == min(y.strides)


@pytest.mark.parametrize("shape", [(0, 1, 8, 8), (1, 1, 8, 8), (1, 8, 8)], ids=str)
def test_batches_of_none_and_of_one(shape: Any) -> None:
    x = ag.Tensor(np.ones(shape), requires_grad=True)
    layer = nn.Conv2d(1, 4, 3, rng=0)
    y = F.max_pool2d(layer(x), 2)
    y.sum().backward()
    assert y.shape == (*shape[:-3], 4, 3, 3)
    assert x.grad.shape == shape


def test_windows_are_taken_in_parts_that_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    how = (2, 1), (1, 0), (1, 1), 1
    x, w = np.random.default_rng(0).standard_normal((2, 3, 9, 6)), np.ones((4, 3, 3, 2))
    y = windows.convolved(x, w, *how)
    whole = [y, windows.convolved_input(y, w, (9, 6), *how), windows.convolved_weight(x, y, (3, 2), *how)]
    blocks = windows.blocks
    monkeypatch.setattr(windows, "blocks", lambda out, rows, batch, most: blocks(out, rows, batch, 1))
    assert len(windows.blocks((5, 5), 18, 2, 0)) == 5
    parts = [windows.convolved(x, w, *how), windows.convolved_input(y, w, (9, 6), *how)]
    for a, b in zip(whole, [*parts, windows.convolved_weight(x, y, (3, 2), *how)], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


def test_half_precision_is_summed_in_single() -> None:
    x = np.ones((1, 4096), np.float16)
    assert F.layer_norm(x, 4096).dtype == np.float16
    assert F.avg_pool1d(np.full((1, 4096), 100, np.float16), 4096).tolist() == [[100.0]]
    y = F.conv1d(x[None], np.ones((1, 1, 4096), np.float16))
    assert (y.dtype, y.tolist()) == (np.float16, [[[4096.0]]])
    long = np.ones((1, 1, 8192), np.float16)
    assert ag.grad(lambda w: np.sum(F.conv1d(long, w)) / 2)(np.ones((1, 1, 2), np.float16)).tolist() == [[[4096.0] * 2]]


# ----- running statistics and training -----


@pytest.mark.parametrize("momentum", [0.1, None])
@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=pytest.mark.slow)])
def test_a_compiled_step_trains_and_keeps_running_statistics(backend: str, momentum: Any) -> None:
    states, losses = [], []
    for way in (lambda f: f, lambda f: ag.compile(f, backend=backend)):
        model = lenet()
        model[1].momentum = momentum
        optimizer = ag.optim.SGD(model.parameters(), lr=0.1)

        def step(x: Any, y: Any, model: Any = model, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        called = way(step)
        losses.append([called(X * k, CLASSES).item() for k in (1.0, 1.5, 2.0)])
        states.append(model.state_dict())
    np.testing.assert_allclose(*losses, rtol=1e-10)
    assert losses[0][2] < losses[0][0]
    assert states[0]["1.num_batches_tracked"] == 3
    for name, value in states[0].items():
        np.testing.assert_allclose(value, states[1][name], rtol=1e-9, err_msg=name)


def test_running_statistics_are_the_mean_over_batches_without_momentum() -> None:
    layer = nn.BatchNorm1d(2, momentum=None)
    batches = np.random.default_rng(0).standard_normal((3, 5, 2))
    for batch in batches:
        layer(batch)
    np.testing.assert_allclose(layer.running_mean.numpy(), batches.mean((0, 1)), rtol=1e-12)
    np.testing.assert_allclose(layer.running_var.numpy(), batches.var(1, ddof=1).mean(0), rtol=1e-12)
    layer.eval()
    layer(batches[0])
    assert layer.num_batches_tracked.item() == 3
    layer.reset_running_stats()
    assert [b.numpy().tolist() for b in layer.buffers()] == [[0.0, 0.0], [1.0, 1.0], 0]


def test_statistics_keep_no_history() -> None:
    layer = nn.BatchNorm2d(1)
    x = ag.Tensor(X, requires_grad=True)
    for _ in range(3):
        layer(x).sum().backward()
    assert not layer.running_mean.requires_grad
    gradient = ag.grad(lambda state: np.sum(nn.functional_call(layer, state, X) ** 3))(
        {name: p.numpy() for name, p in layer.named_parameters()}
    )
    assert gradient.keys() == {"weight", "bias"}


def test_single_precision_stays_in_a_network() -> None:
    model = lenet(dtype=np.float32)
    F.cross_entropy(model(X.astype(np.float32)), CLASSES).backward()
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float32)}
    assert {b.dtype for b in model.buffers()} == {np.dtype(np.float32), np.dtype(np.int64)}


# ----- programs, pictures, batches -----


def test_the_text_of_a_program_has_all_that_it_calls(tmp_path: Path) -> None:
    model = lenet().eval()
    f = ag.compile(ag.value_and_grad(lambda x: np.sum(model(x) ** 2)))
    value, _ = f(X)
    f.program.save(tmp_path / "program.py")
    text = (tmp_path / "program.py").read_text(encoding="utf-8")
    assert "def convolved(" in text
    assert "def columns(" in text  # which that calls
    assert "def unpooled(" not in text
    with redirect_stdout(io.StringIO()) as printed:
        runpy.run_path(str(tmp_path / "program.py"), run_name="__main__")
    assert float(printed.getvalue().split()[2]) == pytest.approx(value.item(), rel=1e-7)


def test_a_picture_has_a_box_for_each_layer() -> None:
    picture = ag.visualize(lenet()(ag.Tensor(X)))
    for name in ("conv", "normalized", "relu", "max_pool"):
        assert name in picture.source


def test_gradients_of_each_example_need_no_loop() -> None:
    """The number of convolutions does not grow with the number of examples."""
    layer = nn.Conv2d(1, 4, 3, rng=0)
    counted = []

    def loss(w: Any, x: Any) -> Any:
        return np.sum(nn.functional_call(layer, {"weight": w}, x) ** 2)

    for n in (2, 4):
        f = ag.compile(ag.vmap(ag.grad(loss), in_axes=(None, 0)))
        f(layer.weight.numpy(), X[:n])
        counted.append(len(f.program.source.splitlines()))
    assert counted[0] == counted[1]
