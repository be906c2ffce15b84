"""All losses: PyTorch's numbers, stored and computed; derivatives of two orders; compiled; in single precision."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backends import ABSENT
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.nn import functional as F

STORED = Path(__file__).with_name("losses.json")
"""Values and gradients of PyTorch 2.13; run this file as a program where that is installed to write them."""


def numbers(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape).round(3)


def shares(*shape: int, seed: int = 0) -> Any:
    x = np.exp(numbers(*shape, seed=seed))
    return x / x.sum(-1, keepdims=True)


def signs(*shape: int) -> Any:
    return np.where(numbers(*shape, seed=7) > 0, 1.0, -1.0)


X, Y = numbers(5, 4), numbers(5, 4, seed=1)
CLASSES = np.array([0, 3, 1, 1, 2])
WEIGHTS = np.array([0.5, 1.0, 2.0, 0.25])
ENDS = np.array([[1, 3, -1, 0], [0, -1, 1, 2], [2, 1, 0, -1], [-1, 0, 1, 2], [3, 2, 1, 0]])
SOME = np.where(np.arange(5) == 2, -100, CLASSES)
LOG = {"log_target": True}
# The function, its operands, settings.
CASES: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "mse": ("mse_loss", (X, Y), {}), "l1": ("l1_loss", (X, Y), {}),
    "smooth l1": ("smooth_l1_loss", (X, Y), {"beta": 0.5}), "huber": ("huber_loss", (X, Y), {"delta": 0.7}),
    "smooth l1 at 0": ("smooth_l1_loss", (X, Y), {"beta": 0.0}),
    "mse by weights": ("mse_loss", (X, Y), {"weight": np.abs(Y)}),
    "poisson": ("poisson_nll_loss", (X, np.abs(Y)), {}),
    "poisson full": ("poisson_nll_loss", (X, 3 * np.abs(Y)), {"full": True}),
    "poisson of counts": ("poisson_nll_loss", (np.abs(X), np.abs(Y)), {"log_input": False}),
    "gaussian": ("gaussian_nll_loss", (X, Y, np.abs(numbers(5, 4, seed=2))), {}),
    "gaussian full": ("gaussian_nll_loss", (X, Y, np.abs(numbers(5, 1, seed=2))), {"full": True}),
    "gaussian by rows": ("gaussian_nll_loss", (X, Y, np.array([0.0, 0.5, 1.0, 1e-9, 2.0])), {}),
    "cross entropy": ("cross_entropy", (X, CLASSES), {}),
    "cross entropy by weights": ("cross_entropy", (X, CLASSES), {"weight": WEIGHTS}),
    "cross entropy ignoring": ("cross_entropy", (X, SOME), {}),
    "cross entropy ignoring 1": ("cross_entropy", (X, CLASSES), {"ignore_index": 1, "weight": WEIGHTS}),
    "cross entropy smoothed": ("cross_entropy", (X, CLASSES), {"label_smoothing": 0.2}),
    "cross entropy smoothed by weights": ("cross_entropy", (X, SOME), {"label_smoothing": 0.2, "weight": WEIGHTS}),
    "cross entropy of images": (
        "cross_entropy", (numbers(2, 4, 3), np.array([[0, 1, 2], [3, 3, 1]])), {"weight": WEIGHTS},
    ),
    "cross entropy of shares": ("cross_entropy", (X, shares(5, 4)), {"label_smoothing": 0.1, "weight": WEIGHTS}),
    "cross entropy of one": ("cross_entropy", (X[0], np.array(2)), {"label_smoothing": 0.1}),
    "nll": ("nll_loss", (np.log(shares(5, 4)), CLASSES), {"weight": WEIGHTS}),
    "nll ignoring": ("nll_loss", (np.log(shares(5, 4)), SOME), {}),
    "bce": ("binary_cross_entropy", (shares(5, 4), shares(5, 4, seed=3)), {}),
    "bce at the ends": (
        "binary_cross_entropy", (np.array([0.0, 1.0, 0.0, 1.0, 0.5]), np.array([0.0, 1.0, 1.0, 0.0, 1.0])), {},
    ),
    "bce by weights": ("binary_cross_entropy", (shares(5, 4), shares(5, 4, seed=3)), {"weight": WEIGHTS}),
    "bce of scores": ("binary_cross_entropy_with_logits", (X, shares(5, 4)), {}),
    "bce of large scores": ("binary_cross_entropy_with_logits", (100 * X, (Y > 0) * 1.0), {"pos_weight": WEIGHTS}),
    "kl": ("kl_div", (np.log(shares(5, 4)), shares(5, 4, seed=4)), {}),
    "kl of logarithms": ("kl_div", (np.log(shares(5, 4)), np.log(shares(5, 4, seed=4))), LOG),
    "kl of zeros": ("kl_div", (np.log(shares(2, 3)), np.array([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]])), {}),
    "hinge embedding": ("hinge_embedding_loss", (X, signs(5, 4)), {"margin": 0.4}),
    "soft margin": ("soft_margin_loss", (X, signs(5, 4)), {}),
    "margin ranking": ("margin_ranking_loss", (X[0], Y[0], signs(4)), {"margin": 0.3}),
    "multi margin": ("multi_margin_loss", (X, CLASSES), {"margin": 0.8, "weight": WEIGHTS}),
    "multi margin squared": ("multi_margin_loss", (X, CLASSES), {"p": 2}),
    "multi margin of one": ("multi_margin_loss", (X[0], np.array(1)), {}),
    "multilabel margin": ("multilabel_margin_loss", (X, ENDS), {}),
    "multilabel margin of one": ("multilabel_margin_loss", (X[0], ENDS[0]), {}),
    "multilabel soft margin": ("multilabel_soft_margin_loss", (X, (Y > 0) * 1.0), {"weight": WEIGHTS}),
    "cosine embedding": ("cosine_embedding_loss", (X, Y, signs(5)), {"margin": 0.1}),
    "triplet": ("triplet_margin_loss", (X, Y, numbers(5, 4, seed=5)), {}),
    "triplet swapped": ("triplet_margin_loss", (X, Y, numbers(5, 4, seed=5)), {"swap": True, "p": 3.0}),
    "triplet with a distance": ("triplet_margin_with_distance_loss", (X, Y, numbers(5, 4, seed=5)), {"swap": True}),
    "ctc": ("ctc", (numbers(9, 3, 5), np.array([[1, 1, 2], [3, 4, 0], [2, 1, 4]]), [9, 7, 5], [3, 2, 3]), {}),
    "ctc in a row": ("ctc", (numbers(6, 2, 4), np.array([1, 2, 2, 3]), [6, 6], [3, 1]), {"blank": 0}),
    "ctc of nothing": ("ctc", (numbers(6, 2, 4), np.array([[1, 2], [3, 3]]), [6, 2], [0, 2]), {"zero_infinity": True}),
    "ctc with another blank": ("ctc", (numbers(6, 2, 4), np.array([[0, 1], [2, 2]]), [6, 5], [2, 2]), {"blank": 3}),
    "cosine similarity": ("cosine_similarity", (X, Y), {"dim": 0}),
    "pairwise distance": ("pairwise_distance", (X, Y), {"p": 1.5}), "pdist": ("pdist", (X,), {}),
}  # fmt: skip
WITHOUT = ("cosine similarity", "pairwise distance", "pdist")
RUNS = [(name, r) for name in CASES for r in (("mean",) if name in WITHOUT else ("mean", "sum", "none"))]


DERIVED = {
    "gaussian_nll_loss": 3, "triplet_margin_loss": 3, "triplet_margin_with_distance_loss": 3, "mse_loss": 2,
    "l1_loss": 2, "smooth_l1_loss": 2, "huber_loss": 2, "margin_ranking_loss": 2, "cosine_embedding_loss": 2,
    "pairwise_distance": 2, "cosine_similarity": 2, "binary_cross_entropy_with_logits": 2,
}  # fmt: skip
"""Of how many operands there are derivatives; of one, where it is not said."""


def lifted(name: str, lift: Callable[[Any], Any]) -> list[Any]:
    fn, operands, _ = CASES[name]
    number = DERIVED.get(fn, 1)
    return [*map(lift, operands[:number]), *operands[number:]]


def loss(module: Any, name: str, reduction: str, operands: Any, settings: dict[str, Any]) -> Any:
    fn = CASES[name][0]
    more = {} if name in WITHOUT else {"reduction": reduction}
    if fn != "ctc":
        return getattr(module, fn)(*operands, **settings, **more)
    scores = module.log_softmax(operands[0], dim=-1)
    return module.ctc_loss(scores, *operands[1:], **settings, **more)


def pytorchs(name: str, reduction: str) -> dict[str, Any]:
    import torch

    settings = CASES[name][2]
    tracked = lifted(name, lambda x: torch.tensor(x, requires_grad=True))
    given = [x if isinstance(x, torch.Tensor) else torch.tensor(x) for x in tracked]
    fixed = {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in settings.items()}
    y = loss(torch.nn.functional, name, reduction, given, fixed)
    weights = torch.tensor(numbers(*y.shape, seed=9))
    (y * weights).sum().backward()
    return {"value": y.detach().tolist(), "gradients": [x.grad.tolist() for x in given if x.grad is not None]}


def agree(name: str, reduction: str, expected: dict[str, Any]) -> None:
    given = lifted(name, leaf)
    y = loss(F, name, reduction, given, CASES[name][2])
    exact = 1e-8 if name == "bce at the ends" else 1e-11  # PyTorch has its 1e-12 in single precision
    np.testing.assert_allclose(y.detach().numpy(), expected["value"], rtol=1e-12, atol=1e-13)
    (y * numbers(*np.shape(y), seed=9)).sum().backward()
    found = [x.grad.numpy() for x in given if isinstance(x, ag.Tensor)]
    for mine, theirs in zip(found, expected["gradients"], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=exact, atol=1e-12)


@pytest.mark.parametrize(("name", "reduction"), RUNS)
def test_stored_numbers(name: str, reduction: str) -> None:
    agree(name, reduction, json.loads(STORED.read_text())[f"{name}, {reduction}"])


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")  # that PyTorch's mean of kl_div will be another one
@pytest.mark.parametrize(("name", "reduction"), RUNS)
def test_pytorchs_numbers(name: str, reduction: str) -> None:
    pytest.importorskip("torch")
    agree(name, reduction, pytorchs(name, reduction))


KINKS = ("bce at the ends", "kl of zeros", "gaussian by rows", "ctc of nothing")
ALIKE = ("ctc in a row", "ctc with another blank")
BOUNDED = ("bce", "bce by weights", "gaussian")  # whose numbers nearby are refused
SMOOTH = [name for name in CASES if name not in (*KINKS, *BOUNDED, *ALIKE)]


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_of_two_orders(name: str) -> None:
    fn, operands, settings = CASES[name]
    number = DERIVED.get(fn, 1)

    def f(*given: Any) -> Any:
        return loss(F, name, "mean", [*given, *operands[number:]], settings)

    ag.gradcheck(f, tuple(map(leaf, operands[:number])), order=2)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("backend", ["numpy", pytest.param("cc", marks=ABSENT["cc"])])
def test_compiled(backend: str, name: str) -> None:
    fn, operands, settings = CASES[name]
    if "ignoring" in name or "smoothed by" in name:
        settings = {"ignore_index": -100, **settings}
    number = DERIVED.get(fn, 1)

    def f(*given: Any) -> Any:
        return np.sum(loss(F, name, "mean", [*given, *operands[number:]], settings) ** 2)

    floats = operands[:number]
    plain = ag.value_and_grad(f, tuple(range(number)))
    compiled = ag.compile(plain, backend=backend)
    for _ in range(3):
        (value, gradients), (expected, slopes) = compiled(*floats), plain(*floats)
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        for mine, theirs in zip(gradients, slopes, strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_single_precision_stays(name: str) -> None:
    single = lifted(name, lambda x: leaf(x.astype(np.float32)))
    others = [x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype == float else x for x in single]
    settings = {k: np.float32(v) if isinstance(v, np.ndarray) else v for k, v in CASES[name][2].items()}
    y = loss(F, name, "mean", others, settings)
    assert y.dtype == np.float32


def test_classes_are_ignored_in_compiled_functions_where_that_is_said() -> None:
    classes = SOME.copy()
    plain = ag.compile(lambda x, c: F.cross_entropy(x, c))
    said = ag.compile(lambda x, c: F.cross_entropy(x, c, ignore_index=-100))
    for _ in range(3):
        np.testing.assert_allclose(said(X, classes), F.cross_entropy(X, classes))
        np.testing.assert_allclose(said(X, CLASSES), F.cross_entropy(X, CLASSES))
        np.testing.assert_allclose(plain(X, CLASSES), F.cross_entropy(X, CLASSES))
    with pytest.raises(ValueError, match="names a class that does not exist"):
        plain(X, classes)


LAYERS = {
    "mse": nn.MSELoss, "l1": nn.L1Loss, "smooth l1": nn.SmoothL1Loss, "huber": nn.HuberLoss,
    "poisson full": nn.PoissonNLLLoss, "gaussian full": nn.GaussianNLLLoss,
    "cross entropy smoothed by weights": nn.CrossEntropyLoss, "nll": nn.NLLLoss, "bce by weights": nn.BCELoss,
    "bce of large scores": nn.BCEWithLogitsLoss, "kl of logarithms": nn.KLDivLoss,
    "hinge embedding": nn.HingeEmbeddingLoss, "soft margin": nn.SoftMarginLoss,
    "margin ranking": nn.MarginRankingLoss, "multi margin": nn.MultiMarginLoss,
    "multilabel margin": nn.MultiLabelMarginLoss, "multilabel soft margin": nn.MultiLabelSoftMarginLoss,
    "cosine embedding": nn.CosineEmbeddingLoss, "triplet swapped": nn.TripletMarginLoss,
    "triplet with a distance": nn.TripletMarginWithDistanceLoss, "ctc with another blank": nn.CTCLoss,
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    fn, operands, settings = CASES[name]
    for reduction in ("mean", "sum", "none"):
        layer = LAYERS[name](**settings, reduction=reduction)
        given = [F.log_softmax(operands[0], -1), *operands[1:]] if fn == "ctc" else operands
        found, expected = layer(*given), loss(F, name, reduction, operands, settings)
        np.testing.assert_array_equal(*[v.numpy() if isinstance(v, ag.Tensor) else v for v in (found, expected)])
        assert f"reduction='{reduction}'" in repr(layer)
    with pytest.raises(errors.AutogradError, match="reduction='none'"):
        LAYERS[name](size_average=True)


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "shapes": (lambda: F.l1_loss(X, Y[:, :1]), "Write"),
    "weights": (lambda: F.mse_loss(X, Y, weight=WEIGHTS), "broadcast_to"),
    "weights by place": (lambda: F.l1_loss(X, Y, Y), "Write weight="),
    "weights twice": (lambda: F.cross_entropy(X, CLASSES, WEIGHTS, weight=WEIGHTS), "names. Write cross_entropy"),
    "two more by place": (lambda: F.nll_loss(X, CLASSES, WEIGHTS, "sum"), "by their names. Write nll_loss"),
    "weights of classes": (lambda: F.cross_entropy(X, CLASSES, weight=WEIGHTS[:2]), "one weight for each class"),
    "a reduction": (lambda: F.l1_loss(X, Y, "average"), "Write reduction='mean'"),
    "another reduction": (lambda: F.kl_div(X, Y, "average"), "'batchmean'"),
    "smoothing": (lambda: F.cross_entropy(X, CLASSES, label_smoothing=2.0), "0 to 1"),
    "a class": (lambda: F.nll_loss(X, CLASSES + 1), "0 to 3|last|class"),
    "beta": (lambda: F.smooth_l1_loss(X, Y, beta=-1.0), "Write beta"),
    "delta": (lambda: F.huber_loss(X, Y, delta=0.0), "l1_loss"),
    "a variance": (lambda: F.gaussian_nll_loss(X, Y, -np.abs(Y)), "log_variance"),
    "variances": (lambda: F.gaussian_nll_loss(X, Y, np.ones(3)), "broadcast_to"),
    "probabilities": (lambda: F.binary_cross_entropy(X, shares(5, 4)), "with_logits"),
    "a power": (lambda: F.multi_margin_loss(X, CLASSES, p=3), "p=1"),
    "targets": (lambda: F.multi_margin_loss(X, CLASSES[:2]), "Write"),
    "ends": (lambda: F.multilabel_margin_loss(X, ENDS[:, :2]), "np.pad"),
    "floats": (lambda: F.multilabel_margin_loss(X, Y), "integer|dtype"),
    "signs": (lambda: F.cosine_embedding_loss(X, Y, signs(5, 1)), "target"),
    "pairs": (lambda: F.margin_ranking_loss(X, Y[:2], signs(5, 4)), "equal shapes"),
    "lengths": (lambda: F.ctc_loss(numbers(4, 1, 3), np.array([[1, 2]]), [5], [2]), "lengths that are there"),
    "a batch": (lambda: F.ctc_loss(numbers(4, 2, 3), np.array([[1, 2]]), [4], [2]), "swapaxes"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_with_what_to_write(name: str) -> None:
    call, said = REFUSED[name]
    with pytest.raises(errors.AutogradError, match=said):
        call()


if __name__ == "__main__":
    STORED.write_text(json.dumps({f"{name}, {r}": pytorchs(name, r) for name, r in RUNS}) + "\n")


@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_the_third_argument_is_a_weight_or_a_reduction(loss: Any) -> None:
    weighted = loss(X, CLASSES, weight=WEIGHTS)
    assert loss(X, CLASSES, WEIGHTS) == loss(X, CLASSES, ag.Tensor(WEIGHTS)).item() == weighted
    assert loss(X, CLASSES, list(WEIGHTS), reduction="sum") == loss(X, CLASSES, "sum", weight=WEIGHTS)
    assert loss(X, CLASSES, None) == loss(X, CLASSES, "mean") == loss(target=CLASSES, input=X)
    assert loss(X, CLASSES, None, weight=None, reduction="sum") == loss(X, CLASSES, "sum")
