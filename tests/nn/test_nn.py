"""Layers, functions, losses, initial values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import network

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import functional, init

# ----- layers -----


@pytest.mark.parametrize("shape", [(2,), (1, 2), (5, 2), (4, 5, 2), (0, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_a_product_and_a_sum_with_right_gradients(shape: tuple[int, ...], bias: bool) -> None:
    layer = nn.Linear(2, 3, bias, rng=0)
    x = ag.Tensor(np.random.default_rng(0).standard_normal(shape), requires_grad=True)
    w, b = layer.weight.detach().numpy(), layer.bias.detach().numpy() if bias else 0
    np.testing.assert_allclose(layer(x).detach().numpy(), x.detach().numpy() @ w.T + b, rtol=1e-14)
    if x.size:
        assert ag.gradcheck(lambda *_: np.sum(np.tanh(layer(x))), [x, *layer.parameters()])


def test_linear_starts_within_its_bound_and_fills_it() -> None:
    layer = nn.Linear(16, 500, rng=0)
    for p in layer.parameters():
        assert 0.24 < np.abs(p.numpy()).max() <= 0.25
        assert abs(p.numpy().mean()) < 0.02
    assert (layer.weight.name, layer.bias.name) == ("weight", "bias")
    assert nn.Linear(2, 2, bias=False).bias is None


@pytest.mark.parametrize("given", [np.ones((4, 3)), ag.Tensor(np.ones(3)), 1.0, np.ones((2, 1))], ids=str)
def test_an_input_of_another_length_is_refused_by_shape(given: Any) -> None:
    layer = nn.Linear(2, 3)
    with pytest.raises(errors.ShapeError, match=r"^Linear\(in_features=2.* vectors of length 2") as caught:
        layer(given)
    text = str(caught.value)
    assert str(np.shape(given)) in text
    for remedy in text.partition("Write ")[2].split(", or "):
        fits = eval(remedy.removesuffix(" for it"), {"nn": nn, "np": np, "x": given})
        assert (fits(given) if isinstance(fits, nn.Module) else layer(fits)).shape[-1] == 3


@pytest.mark.parametrize("sizes", [(0, 2), (2, 0), (-1, 2), (2.5, 2), (2, "3"), (2, None)], ids=str)
def test_sizes_that_are_no_whole_numbers_from_1_up_are_refused(sizes: tuple[Any, Any]) -> None:
    with pytest.raises(errors.ArgumentError, match="at least 1"):
        nn.Linear(*sizes)


ACTIVATIONS = {
    "Sigmoid": (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    "Tanh": (nn.Tanh(), np.tanh),
    "ReLU": (nn.ReLU(), lambda x: np.maximum(x, 0)),
    "Softmax": (nn.Softmax(), lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
    "Softmax(0)": (nn.Softmax(0), lambda x: np.exp(x) / np.exp(x).sum(0)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_the_values_and_gradients_of_their_formulas(name: str) -> None:
    layer, formula = ACTIVATIONS[name]
    x = np.random.default_rng(0).standard_normal((3, 4))
    np.testing.assert_allclose(layer(x), formula(x), rtol=1e-14)
    result = layer(ag.Tensor(x))
    assert isinstance(result, ag.Tensor)
    np.testing.assert_allclose(result.numpy(), formula(x), rtol=1e-14)
    assert ag.gradcheck(lambda t: np.sum(layer(t) * x), ag.Tensor(x, requires_grad=True))
    assert layer(ag.Tensor(x, dtype=np.float32)).dtype == np.float32
    assert not list(layer.parameters())


def test_sequential_is_indexed_sliced_and_iterated() -> None:
    model = network()
    assert len(model) == 4
    assert list(model) == [model[0], model[1], model[2], model[-1]]
    part = model[1:3]
    assert isinstance(part, nn.Sequential)
    assert part[1] is model[2]
    assert nn.Sequential()(5) == 5
    with pytest.raises(IndexError):
        model[4]


def test_a_subclass_of_sequential_may_have_attributes_of_its_own() -> None:
    class Scaled(nn.Sequential):
        def __init__(self) -> None:
            self.factor = nn.Parameter(2.0)
            super().__init__(nn.Linear(1, 1))

        def forward(self, x: Any) -> Any:
            return self.factor * super().forward(x)

    assert list(Scaled().state_dict()) == ["factor", "0.weight", "0.bias"]


@pytest.mark.parametrize(("layer", "named"), [(nn.ReLU, "the class ReLU"), (np.tanh, "a ufunc"), (None, "a NoneType")])
def test_what_is_no_layer_is_refused(layer: Any, named: str) -> None:
    with pytest.raises(errors.LayerError, match="Write an instance") as caught:
        nn.Sequential(nn.Linear(1, 1), layer)
    assert f"layer 1 of Sequential is {named}" in str(caught.value)


def test_float32_stays_float32_through_forward_and_backward() -> None:
    model = network(dtype=np.float32)
    x, y = ag.Tensor([[1, 2]], dtype=np.float32), ag.Tensor([[1, 0]], dtype=np.float32)
    loss = ag.half_squared_error(model(x), y)
    loss.backward()
    assert loss.dtype == np.float32
    assert {p.grad.dtype for p in model.parameters()} == {np.dtype(np.float32)}


def test_the_gradients_of_a_network_are_right() -> None:
    model = network(rng=0)
    x, y = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    assert ag.gradcheck(lambda *_: ag.half_squared_error(model(x), y), list(model.parameters()))


def test_repr_shows_the_structure() -> None:
    assert repr(nn.Sequential(network(), nn.ReLU())) == (
        "Sequential(\n"
        "  (0): Sequential(\n"
        "    (0): Linear(in_features=2, out_features=3, bias=True)\n"
        "    (1): Sigmoid()\n"
        "    (2): Linear(in_features=3, out_features=2, bias=True)\n"
        "    (3): Softmax(dim=-1)\n"
        "  )\n"
        "  (1): ReLU()\n"
        ")"
    )
    assert repr(nn.CrossEntropyLoss(reduction="sum")) == "CrossEntropyLoss(reduction='sum')"


# ----- functions and losses -----


def test_functions_have_the_values_of_their_formulas() -> None:
    x = np.array([[-1.0, 0.0, 2.0]])
    for name, expected in {
        "sigmoid": 1 / (1 + np.exp(-x)),
        "relu": np.maximum(x, 0),
        "tanh": np.tanh(x),
        "softplus": np.log1p(np.exp(x)),
        "softmax": np.exp(x) / np.exp(x).sum(),
        "log_softmax": x - np.log(np.exp(x).sum()),
    }.items():
        np.testing.assert_allclose(getattr(functional, name)(ag.Tensor(x)).numpy(), expected, rtol=1e-14)
    np.testing.assert_array_equal(functional.linear(x, np.eye(3)), x)


P, Y = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[0.0, 2.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (nn.MSELoss(), 21 / 4),
        (nn.MSELoss("sum"), 21.0),
        (nn.MSELoss("none"), [[1, 0], [4, 16]]),
        (nn.HalfSquaredError(), 21 / 2),
    ],
    ids=str,
)
def test_squared_errors(loss: nn.Module, expected: Any) -> None:
    p = ag.Tensor(P, requires_grad=True)
    np.testing.assert_allclose(loss(p, Y).detach().numpy(), expected)
    assert ag.gradcheck(lambda t: np.sum(loss(t, Y)), p)
    with pytest.raises(errors.ShapeError, match="Write"):
        loss(p, Y[:1])


SCORES = np.random.default_rng(0).standard_normal((4, 3, 2))
CROSS_ENTROPY = {
    "one item": (SCORES[0, :, 0], np.array(2)),
    "a batch": (SCORES[:, :, 0], np.array([0, 2, 1, 1])),
    "a batch with positions": (SCORES, np.array([[0, 1], [2, 0], [1, 1], [2, 2]])),
    "an empty batch": (SCORES[:0, :, 0], np.array([], int)),
}
FORMS = {"array": np.asarray, "small integers": lambda t: t.astype(np.uint8), "Tensor": ag.Tensor}


@pytest.mark.parametrize("case", CROSS_ENTROPY)
@pytest.mark.parametrize("form", FORMS)
def test_cross_entropy_at_classes_is_minus_the_logarithm_of_their_probabilities(case: str, form: str) -> None:
    scores, classes = CROSS_ENTROPY[case]
    target = FORMS[form](classes)
    axis = 0 if scores.ndim == 1 else 1
    p = np.exp(scores) / np.exp(scores).sum(axis, keepdims=True)
    expected = -np.log(np.take_along_axis(p, np.expand_dims(classes, axis), axis).reshape(classes.shape))
    x = ag.Tensor(scores, requires_grad=True)
    each = functional.cross_entropy(x, target, "none")
    np.testing.assert_allclose(each.detach().numpy(), expected, rtol=1e-13)
    assert functional.cross_entropy(x, target, "sum").item() == pytest.approx(expected.sum())
    if classes.size:
        assert functional.cross_entropy(x, target).item() == pytest.approx(expected.mean())
        assert ag.gradcheck(lambda t: nn.CrossEntropyLoss()(t, target), x)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropy_is_the_negative_log_likelihood_of_a_log_softmax(reduction: str) -> None:
    scores, classes = CROSS_ENTROPY["a batch with positions"]
    x = ag.Tensor(scores, requires_grad=True)
    whole = functional.cross_entropy(x, classes, reduction)
    parts = functional.nll_loss(functional.log_softmax(x, 1), classes, reduction)
    assert whole._op is parts._op
    np.testing.assert_array_equal(whole.detach().numpy(), parts.detach().numpy())


def test_the_likelihood_of_a_class_hides_a_logarithm_of_zero_at_others() -> None:
    p = ag.Tensor([[0.0, 1.0], [0.5, 0.5]], requires_grad=True)
    with np.errstate(divide="ignore"):
        functional.nll_loss(np.log(p), [1, 0], "sum").backward()
    assert p.grad.tolist() == [[0.0, -1.0], [-2.0, 0.0]]


def test_classes_may_be_picked_for_each_example_of_a_batch() -> None:
    scores, classes = CROSS_ENTROPY["a batch"]
    losses = ag.vmap(ag.grad(functional.cross_entropy))(scores, classes)
    one_by_one = [ag.grad(functional.cross_entropy)(x, y) for x, y in zip(scores, classes, strict=True)]
    np.testing.assert_allclose(losses, one_by_one, rtol=1e-14)
    with pytest.raises(errors.ArgumentError, match="3 classes, 0 to 2"):
        ag.vmap(functional.cross_entropy)(scores, classes + 1)


@pytest.mark.parametrize("case", ["one item", "a batch", "a batch with positions"])
def test_cross_entropy_under_probabilities_agrees_with_classes_and_reaches_both(case: str) -> None:
    scores, classes = CROSS_ENTROPY[case]
    axis = 0 if scores.ndim == 1 else 1
    certain = np.moveaxis(np.eye(3)[classes], -1, axis)
    for reduction in ("mean", "sum", "none"):
        np.testing.assert_allclose(
            functional.cross_entropy(ag.Tensor(scores), certain, reduction).numpy(),
            functional.cross_entropy(ag.Tensor(scores), classes, reduction).numpy(),
            rtol=1e-13,
        )
    x, target = ag.Tensor(scores, requires_grad=True), ag.Tensor(0.2 + 0.4 * certain, requires_grad=True)
    assert ag.gradcheck(functional.cross_entropy, [x, target])


def test_cross_entropy_is_finite_where_a_probability_underflows() -> None:
    x = ag.Tensor([[0.0, 1000.0]], requires_grad=True)
    loss = functional.cross_entropy(x, [0])
    loss.backward()
    assert loss.item() == 1000.0
    assert x.grad.tolist() == [[-1.0, 1.0]]


@pytest.mark.parametrize(
    ("target", "error", "text"),
    [
        ([0, 3], errors.ArgumentError, "3 classes, 0 to 2"),
        ([0, -1], errors.ArgumentError, "3 classes, 0 to 2"),
        ([0], errors.ShapeError, r"shape \(1,\), but shape \(2,\)"),
        ([[1, 0, 0], [0, 1, 0]], errors.ShapeError, r"shape \(2, 3\), but shape \(2,\)"),
        ([0.5, 0.5], errors.ShapeError, r"shape \(2,\), as classes have, but dtype float64.*target.astype\(int\)"),
    ],
    ids=str,
)
def test_targets_that_do_not_fit_are_refused(target: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text) as caught:
        functional.cross_entropy(ag.Tensor(np.zeros((2, 3))), target)
    assert "Write" in str(caught.value)


@pytest.mark.parametrize("loss", [nn.MSELoss, nn.CrossEntropyLoss])
def test_an_unknown_reduction_is_refused_at_once(loss: Any) -> None:
    with pytest.raises(errors.ArgumentError, match=r"reduction='average' is unknown\. Write"):
        loss(reduction="average")


def test_a_network_learns() -> None:
    x, classes = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    model = nn.Sequential(nn.Linear(2, 8, rng=0), nn.Tanh(), nn.Linear(8, 2, rng=1))
    opt = ag.optim.SGD(model.parameters(), lr=0.5, momentum=0.9)
    for _ in range(100):
        opt.zero_grad()
        loss = nn.CrossEntropyLoss()(model(x), classes)
        loss.backward()
        opt.step()
    assert loss.item() < 0.01
    assert np.argmax(model(x).detach().numpy(), axis=1).tolist() == classes


# ----- initial values -----


@pytest.mark.parametrize("shape", [(300, 200), (60, 40, 5, 5)])
def test_xavier_has_the_deviation_of_the_paper(shape: tuple[int, ...]) -> None:
    fans = (shape[0] + shape[1]) * (25 if len(shape) > 2 else 1)
    for fill in (init.xavier_uniform_, init.xavier_normal_):
        t = fill(ag.Tensor(np.zeros(shape)), gain=2.0, rng=0)
        assert t.numpy().std() == pytest.approx(2 * np.sqrt(2 / fans), rel=0.02)
        assert abs(t.numpy().mean()) < 0.01
    t = init.xavier_uniform_(ag.Tensor(np.zeros(shape)), rng=0)
    assert np.sqrt(6 / fans) * 0.99 < np.abs(t.numpy()).max() <= np.sqrt(6 / fans)


@pytest.mark.parametrize(
    ("fill", "low", "high"),
    [
        (lambda t: init.uniform_(t, 2, 3, rng=0), 2, 3),
        (lambda t: init.normal_(t, 5.0, 0.0, rng=0), 5, 5),
        (lambda t: init.constant_(t, 0.25), 0.25, 0.25),
        (init.zeros_, 0, 0),
        (init.ones_, 1, 1),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_filling_keeps_the_dtype_and_what_was_recorded(fill: Any, low: float, high: float, dtype: Any) -> None:
    p = nn.Parameter([3.0, 3.0, 3.0], dtype=dtype)
    y = np.sum(p * p)
    assert fill(p) is p
    assert p.dtype == dtype
    assert ((p.detach().numpy() >= low) & (p.detach().numpy() <= high)).all()
    assert p.is_leaf
    y.backward()
    assert p.grad.tolist() == [6.0, 6.0, 6.0]


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: init.xavier_uniform_(nn.Linear(2, 3).bias), errors.ShapeError, "'bias' of shape (3,)"),
        (lambda: init.xavier_normal_(ag.Tensor(np.ones((2, 2))), gain=-1), errors.ArgumentError, "gain=-1"),
        (lambda: init.normal_(ag.Tensor([1.0]), std=-1), errors.ArgumentError, "std=-1"),
        (lambda: init.uniform_(ag.Tensor([1.0]), 1, 0), errors.ArgumentError, "a=1 and b=0"),
        (lambda: init.zeros_(nn.Parameter([1.0]) * 2), errors.LeafMutationError, "made by multiply"),
        (lambda: init.normal_(ag.Tensor([1])), errors.InPlaceError, "float64"),
    ],
)
def test_what_cannot_be_filled_is_refused(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match="Write") as caught:
        call()
    assert text in str(caught.value)


def test_a_picture_of_a_network_takes_the_names_of_its_parameters() -> None:
    model = network()
    loss = ag.half_squared_error(model(ag.Tensor([[1.0, 2.0]], name="x")), np.array([[1.0, 0.0]]))
    source = ag.visualize(loss, params=dict(model.named_parameters())).source
    for name in ("0.weight", "0.bias", "2.weight", "2.bias", "x"):
        assert name in source
