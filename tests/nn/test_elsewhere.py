"""Networks over arrays of a device: layers, a step of every optimiser and transforms, and nothing is converted.

The device is the strict stand-in for CuPy of `devices`; no GPU has been tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from devices import CONVERSIONS, Device, numbers

import autograd_lite as ag
from autograd_lite import errors, nn, optim
from autograd_lite.nn import functional as F

RNG = np.random.default_rng(0)
X, V, S = RNG.normal(size=(6, 4)), RNG.normal(size=(6, 8)), RNG.normal(size=(2, 5, 4))
IMAGES, CLASSES = RNG.normal(size=(3, 2, 9, 8)), np.array([0, 2, 1, 1, 0, 2])
Make = Callable[[Any], Any]


@pytest.fixture(autouse=True)
def none_is_converted() -> Iterator[None]:
    CONVERSIONS.clear()
    yield
    assert not CONVERSIONS


def moved(module: Any, make: Make) -> Any:
    """Have all that a module holds be there."""
    for t in (*module.parameters(), *module.buffers()):
        t.data = make(t.numpy())
    return module


def compared(use: Callable[[Make], Any]) -> None:
    """Compare results, and prove that they are of the device."""
    for there, here in zip(use(Device), use(np.asarray), strict=True):
        wanted = here.detach().numpy() if isinstance(here, ag.Tensor) else here
        np.testing.assert_allclose(numbers(there), wanted, rtol=1e-9, atol=1e-12)


LAYERS: dict[str, tuple[Callable[[], nn.Module], np.ndarray]] = {
    "linear": (lambda: nn.Linear(8, 3), V),
    "convolution": (lambda: nn.Conv2d(2, 3, 3), IMAGES),
    "with all settings": (lambda: nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(2, 1), dilation=2, groups=2), IMAGES),
    "side by side": (lambda: nn.Conv2d(2, 3, 2, padding="same"), IMAGES),
    "of sequences": (lambda: nn.Conv1d(5, 3, 2, stride=2), S),
    "transposed": (lambda: nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), IMAGES),
    "largest": (lambda: nn.MaxPool2d(2), IMAGES),
    "largest, overlapping": (lambda: nn.MaxPool2d(3, stride=2, padding=1, dilation=1), IMAGES),
    "average": (lambda: nn.AvgPool2d(3, stride=2, padding=1), IMAGES),
    "adaptive": (lambda: nn.AdaptiveAvgPool2d(4), IMAGES),
    "batch norm": (lambda: nn.BatchNorm2d(2), IMAGES),
    "layer norm": (lambda: nn.LayerNorm(8), V),
    "group norm": (lambda: nn.GroupNorm(2, 8), V),
    "dropout": (lambda: nn.Dropout(0.5), V),
    "alpha dropout": (lambda: nn.AlphaDropout(0.5), V),
    "upsample": (lambda: nn.Upsample(scale_factor=2), IMAGES),
    "margins": (lambda: nn.ZeroPad2d(1), IMAGES),
    "rnn": (lambda: nn.RNN(4, 3, batch_first=True), S),
    "gru": (lambda: nn.GRU(4, 3, batch_first=True), S),
    "lstm": (lambda: nn.LSTM(4, 3, batch_first=True), S),
    "cell": (lambda: nn.LSTMCell(4, 3), S[0]),
    "attention": (lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, batch_first=True), S),
    "silu": (nn.SiLU, V),
    "prelu": (nn.PReLU, V),
    "gelu by tanh": (lambda: nn.GELU("tanh"), V),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_and_its_gradients(name: str) -> None:
    make_layer, x = LAYERS[name]

    def use(make: Make) -> list[Any]:
        ag.manual_seed(0)
        layer, t = moved(make_layer(), make), ag.Tensor(make(x), requires_grad=True)
        y = layer(t)
        y = y[0] if isinstance(y, tuple) else y
        np.sum(y * y).backward()
        return [y, t.grad, *[p.grad for p in layer.parameters()]]

    compared(use)


def lenet() -> nn.Sequential:
    ag.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32, 12), nn.Tanh(), nn.Linear(12, 10),
    )  # fmt: skip


def test_training_steps_of_lenet() -> None:
    images, labels = RNG.normal(size=(4, 1, 16, 16)), np.array([3, 1, 4, 1])

    def use(make: Make) -> list[Any]:
        net = moved(lenet(), make)
        opt = optim.Adam(net.parameters(), lr=0.01)
        losses = []
        for _ in range(3):
            opt.zero_grad()
            loss = F.cross_entropy(net(make(images)), make(labels))
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            opt.step()
            losses.append(loss.detach())
        return [*losses, *net.parameters()]

    compared(use)


def network() -> nn.Sequential:
    ag.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))


OPTIMISERS = [name for name in optim.__all__ if isinstance(getattr(optim, name), type) and name != "Optimizer"]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_steps_of_every_optimiser(name: str) -> None:
    def use(make: Make) -> list[Any]:
        model = moved(network(), make)
        opt = getattr(optim, name)([p for p in model.parameters() if name != "Muon" or p.ndim == 2])

        def closure() -> Any:
            opt.zero_grad()
            loss = F.cross_entropy(model(make(X)), make(CLASSES))
            loss.backward()
            return loss

        for _ in range(3):
            opt.step(closure)
        return list(model.parameters())

    compared(use)


def test_lbfgs_of_a_parameter_without_a_gradient() -> None:
    def use(make: Make) -> list[Any]:
        w, unused = (ag.Tensor(make(x), requires_grad=True) for x in (V, S))
        opt = optim.LBFGS([w, unused])

        def closure() -> Any:
            opt.zero_grad()
            loss = np.sum(np.tanh(w) ** 2)
            loss.backward()
            return loss

        opt.step(closure)
        return [w, unused]

    compared(use)


EXPLAINED: dict[str, Callable[[Any, Any], Any]] = {
    "saliency": lambda m, x: ag.attribution.saliency(m, x, 1),
    "integrated gradients": lambda m, x: ag.attribution.integrated_gradients(m, x, target=1, steps=4),
    "smooth": lambda m, x: ag.attribution.smooth_grad(m, x, 1, 3),
    "covered": lambda m, x: ag.attribution.occlusion(m, x, 2, target=1),
    "relevance": lambda m, x: ag.attribution.layer_wise_relevance(m, x, 1),
}


@pytest.mark.filterwarnings("ignore::autograd_lite.errors.IncompleteWarning")
@pytest.mark.parametrize("name", EXPLAINED)
def test_scores_are_explained(name: str) -> None:
    compared(lambda make: [EXPLAINED[name](moved(network(), make).eval(), make(X))])


def _loss(make: Make) -> Any:
    model = network()
    params = {name: make(p.numpy()) for name, p in model.named_parameters()}
    return params, lambda p, x, c: F.cross_entropy(nn.functional_call(model, p, x), c)


TRANSFORMS: dict[str, Callable[[Any, Any, Any, Any], Any]] = {
    "grad": lambda f, p, x, c: ag.grad(f)(p, x, c),
    "value_and_grad": lambda f, p, x, c: ag.value_and_grad(f)(p, x, c),
    "jvp": lambda f, p, x, c: ag.jvp(lambda p: f(p, x, c), (p,), (p,)),
    "hvp": lambda f, p, x, c: ag.hvp(lambda p: f(p, x, c), (p,), (p,)),
    "vmap of grad": lambda f, p, x, c: ag.vmap(ag.grad(f), in_axes=(None, 0, 0))(p, x, c),
    "checkpoint": lambda f, p, x, c: ag.grad(ag.checkpoint(f))(p, x, c),
    "jacobian": lambda f, p, x, c: ag.jacobian(lambda x: f(p, x, c))(x),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms_of_a_network(name: str) -> None:
    def use(make: Make) -> list[Any]:
        params, f = _loss(make)
        return ag.tree.leaves(TRANSFORMS[name](f, params, make(X), make(CLASSES)))

    compared(use)


@pytest.mark.parametrize("name", ["convolution", "with all settings", "largest, overlapping", "average"])
def test_second_derivatives_of_windows(name: str) -> None:
    make_layer, x = LAYERS[name]

    def use(make: Make) -> list[Any]:
        ag.manual_seed(0)
        layer = moved(make_layer(), make)

        def energy(x: Any) -> Any:
            return np.sum(np.tanh(layer(x)) ** 2)

        return [ag.hvp(energy, (make(x),), (make(np.cos(x)),)), ag.vmap(ag.grad(energy))(make(x[:, None]))]

    compared(use)


def test_a_maximum_of_nan_and_of_equal_numbers_is_where_numpy_has_it() -> None:
    x = np.array([[[1.0, 1.0, -np.inf, -np.inf], [1.0, 1.0, -np.inf, -np.inf], [np.nan, 1.0, np.nan, np.nan]]])

    def use(make: Make) -> list[Any]:
        t = ag.Tensor(make(x), requires_grad=True)
        y = F.max_pool2d(t, 2, stride=1, padding=1)
        y.backward(make(np.arange(1.0, 21.0).reshape(1, 4, 5)))
        return [y, t.grad]

    compared(use)


def test_what_needs_a_function_that_numpy_has_not_is_refused_by_name() -> None:
    with pytest.raises(errors.UnsupportedError, match="gelu_of reads numbers where NumPy has them"):
        nn.GELU()(ag.Tensor(Device(V)))


SOME = np.array([2, -100, 0, -100, 1])


@pytest.mark.parametrize("settings", [{}, {"label_smoothing": 0.2}, {"reduction": "none"}, {"weight": [1.0, 2.0, 3.0]}])
def test_classes_of_minus_a_hundred_are_ignored_without_a_word(settings: dict[str, Any]) -> None:
    scores = np.linspace(-1, 1, 15).reshape(5, 3)

    def use(make: Make) -> list[Any]:
        x = ag.Tensor(make(scores), requires_grad=True)
        more = settings | ({"weight": make(np.array(settings["weight"]))} if "weight" in settings else {})
        loss = F.cross_entropy(x, make(SOME), **more)
        loss.sum().backward()
        return [loss, x.grad, F.nll_loss(make(scores), make(SOME), **({} if "label_smoothing" in more else more))]

    compared(use)


@pytest.mark.parametrize("function", [F.embedding, lambda i, w: F.embedding_bag(i, w, mode="sum")])
def test_rows_of_a_table_of_numpys_are_asked_for_by_indices_of_dask(function: Any) -> None:
    dask = pytest.importorskip("dask.array")
    indices, table = np.array([[0, 1], [1, 3]]), ag.Tensor(np.arange(8.0).reshape(4, 2), requires_grad=True)

    def gradient(given: Any) -> Any:
        table.zero_grad()
        (function(given, table) ** 2).sum().backward()
        return table.grad

    expected, there = gradient(indices), dask.from_array(indices, chunks=1)
    np.testing.assert_array_equal(gradient(there), expected)
    np.testing.assert_array_equal(gradient(ag.Tensor(there)), expected)
