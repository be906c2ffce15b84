"""Estimators of scikit-learn: its own checks, pipelines, searches, settings of parts, and what is refused."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn.base")

from sklearn.base import clone
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import estimator_checks_generator

import autograd_lite as ag
from autograd_lite import nn

NeuralClassifier, NeuralRegressor = ag.sklearn.NeuralClassifier, ag.sklearn.NeuralRegressor
X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]
CHECKS = {
    f"{type(e).__name__} {getattr(check, 'func', check).__name__} {k}": (e, check)
    for estimator in (NeuralClassifier(), NeuralRegressor())
    for k, (e, check) in enumerate(estimator_checks_generator(estimator))
}


class Net(nn.Module):
    """A module that is told of the data."""

    def __init__(self, n_features_in: int, n_outputs: int, hidden: int = 8, rate: float = 0.0) -> None:
        self.first, self.drop = nn.Linear(n_features_in, hidden), nn.Dropout(rate)
        self.last = nn.Linear(hidden, n_outputs)

    def forward(self, x: Any) -> Any:
        return self.last(self.drop(nn.functional.relu(self.first(x))))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CHECKS)
def test_checks_of_scikit_learn(name: str) -> None:
    estimator, check = CHECKS[name]
    check(estimator)


def test_there_are_as_many_checks_as_are_known() -> None:
    count = Counter(name.split()[0] for name in CHECKS)
    assert min(count.values()) >= 50, count


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_precision_is_kept(dtype: Any) -> None:
    clf = NeuralClassifier(epochs=3, random_state=0).fit(X.astype(dtype), NAMES)
    assert {p.dtype for p in clf.module_.parameters()} == {np.dtype(dtype)}
    assert clf.predict_proba(X.astype(dtype)).dtype == dtype
    assert NeuralRegressor(epochs=3).fit(X.astype(dtype), Y).predict(X.astype(dtype)).dtype == dtype


def test_texts_in_a_pipeline_and_a_search() -> None:
    pipeline = make_pipeline(StandardScaler(), NeuralClassifier(Net, epochs=40, lr=0.05, random_state=0))
    assert cross_val_score(pipeline, X, NAMES, cv=3).mean() > 0.9
    grid = {"module__hidden": [1, 12], "optimizer__weight_decay": [0.0, 0.01], "lr": [0.05]}
    search = GridSearchCV(NeuralClassifier(Net, epochs=40, random_state=0), grid, cv=3).fit(X, NAMES)
    assert search.best_params_["module__hidden"] == 12
    assert search.best_estimator_.module_.first.weight.shape == (12, 4)
    assert search.score(X, NAMES) > 0.9


def test_settings_of_parts_are_cloned_and_pickled() -> None:
    clf = NeuralClassifier(Net, module__hidden=5, loss=nn.CrossEntropyLoss, loss__label_smoothing=0.1, epochs=5)
    clf.set_params(optimizer=ag.optim.SGD, optimizer__momentum=0.9, module__rate=0.2, random_state=0)
    twin = clone(clf)
    assert twin.get_params() == clf.get_params()
    assert twin.get_params()["module__rate"] == 0.2
    clf.fit(X, NAMES)
    again = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(again.predict_proba(X), clf.predict_proba(X))
    np.testing.assert_array_equal(twin.fit(X, NAMES).predict_proba(X), clf.predict_proba(X))
    assert type(clf.optimizer_) is ag.optim.SGD


def test_the_default_generator_goes_on_as_if_nothing_had_been() -> None:
    ag.manual_seed(3)
    NeuralClassifier(Net, module__rate=0.5, epochs=2, random_state=0).fit(X, NAMES)
    assert ag.rand(1).item() == ag.rand(1, generator=ag.manual_seed(3)).item()


def test_a_module_is_copied() -> None:
    net = nn.Sequential(nn.Linear(4, 3))
    before = net[0].weight.numpy().copy()
    NeuralClassifier(net, epochs=3).fit(X, Y)
    np.testing.assert_array_equal(net[0].weight.numpy(), before)
    made = NeuralClassifier(lambda n_outputs: nn.Linear(4, n_outputs), epochs=3).fit(X, Y)
    assert made.module_.weight.shape == (3, 4)


def test_weights_are_as_repetitions() -> None:
    weights = np.arange(len(X)) % 3
    a = NeuralClassifier(random_state=0, epochs=20, batch_size=400).fit(X, Y, sample_weight=weights)
    rows = np.repeat(np.arange(len(X)), weights)
    b = NeuralClassifier(random_state=0, epochs=20, batch_size=400).fit(X[rows], Y[rows])
    np.testing.assert_allclose(a.predict_proba(X), b.predict_proba(X), rtol=1e-6)


def test_early_stopping_keeps_the_best() -> None:
    clf = NeuralClassifier(early_stopping=True, epochs=200, n_iter_no_change=5, lr=0.05, random_state=0).fit(X, NAMES)
    assert clf.n_iter_ == len(clf.loss_curve_) == len(clf.validation_scores_) < 200
    assert clf.score(X, NAMES) > 0.9


def test_training_goes_on() -> None:
    clf = NeuralClassifier(warm_start=True, epochs=5, random_state=0).fit(X, NAMES)
    module = clf.module_
    clf.fit(X, NAMES)
    assert clf.module_ is module
    assert clf.n_iter_ == 10
    part = NeuralClassifier(random_state=0)
    for rows in np.array_split(np.random.default_rng(0).permutation(len(X)), 5) * 30:
        part.partial_fit(X[rows], NAMES[rows], classes=np.unique(NAMES))
    assert part.score(X, NAMES) > 0.9


def test_several_numbers_for_each_row() -> None:
    data, targets = make_regression(100, 5, n_targets=2, random_state=0)
    targets /= targets.std(axis=0)
    reg = NeuralRegressor(random_state=0).fit(data, targets)
    assert reg.predict(data).shape == (100, 2)
    assert reg.score(data, targets) > 0.98
    assert NeuralRegressor(random_state=0, epochs=5).fit(data, targets[:, 0]).predict(data).shape == (100,)


def test_what_was_trained_can_be_taken_out() -> None:
    pytest.importorskip("onnx.checker")
    clf = NeuralClassifier(epochs=3).fit(X, Y)
    assert ag.onnx.export(clf.module_, X).graph.node


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("settings", [{}, {"early_stopping": True}, {"batch_size": 10}])
@pytest.mark.parametrize("estimator", [NeuralClassifier, NeuralRegressor])
def test_a_training_that_diverges_is_refused(estimator: type, settings: dict[str, Any]) -> None:
    made = estimator(optimizer=ag.optim.SGD, lr=1e160, epochs=5, random_state=0, **settings)
    with pytest.raises(ag.errors.NonFiniteError, match=r"Write a smaller lr=, as lr=1e\+159, or make_pipeline"):
        made.fit(X, Y)
    with pytest.raises(NotFittedError):
        made.predict(X)
    with pytest.raises(ag.errors.NonFiniteError, match=r"Write a smaller lr="):
        [made.partial_fit(X, Y, **{"classes": [0, 1, 2]} if estimator is NeuralClassifier else {}) for _ in range(5)]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("estimator", [NeuralClassifier, NeuralRegressor])
def test_what_comes_out_as_nan_is_refused(estimator: type) -> None:
    made = estimator(optimizer=ag.optim.SGD, lr=1e300, epochs=1, random_state=0)
    with pytest.raises(ag.errors.NonFiniteError, match="Write a smaller lr="):
        made.fit(X * 1e9, Y).predict(X)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_diverges_late_keeps_the_best_that_was_held_back() -> None:
    class Bad(ag.optim.SGD):
        steps = 0

        def step(self, closure: Any = None) -> Any:
            Bad.steps += 1
            self.lr = 1e200 if Bad.steps > 20 else 0.1
            return super().step(closure)

    made = NeuralClassifier(optimizer=Bad, early_stopping=True, n_iter_no_change=100, random_state=0)
    assert made.fit(X, Y).score(X, Y) > 0.8
    assert 20 < made.n_iter_ < 30


@pytest.mark.parametrize("hidden", [np.int64(5), np.array([5, 3]), np.arange(4, 12, 4)[0], [np.int32(3)], (), 5])
def test_sizes_of_layers_may_be_numbers_of_numpy(hidden: Any) -> None:
    made = NeuralClassifier(hidden=hidden, epochs=2).fit(X, Y)
    assert [len(p) for p in made.module_.parameters() if p.ndim > 1] == [*np.atleast_1d(hidden), 3]


def test_sizes_of_layers_are_searched() -> None:
    search = GridSearchCV(NeuralClassifier(epochs=2, random_state=0), {"hidden": np.arange(4, 12, 4)}, cv=2).fit(X, Y)
    assert search.best_params_["hidden"] in (4, 8)


@pytest.mark.parametrize("estimator", [NeuralClassifier, NeuralRegressor])
@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_what_goes_on_has_the_optimiser_of_now(estimator: type, how: str) -> None:
    made = estimator(warm_start=True, epochs=2, random_state=0, lr=0.01)
    made.fit(X, Y)
    first, kept = made.module_, made.optimizer_
    getattr(made, how)(X, Y)
    assert made.optimizer_ is kept
    made.set_params(lr=0.0)
    before = [p.numpy().copy() for p in first.parameters()]
    getattr(made, how)(X, Y)
    assert made.module_ is first
    assert all(np.array_equal(p.numpy(), q) for p, q in zip(first.parameters(), before, strict=True))
    getattr(made.set_params(optimizer=ag.optim.SGD, optimizer__momentum=0.5, lr=0.1), how)(X, Y)
    assert type(made.optimizer_) is ag.optim.SGD
    getattr(pickle.loads(pickle.dumps(made)), how)(X, Y)


@pytest.mark.parametrize(
    ("begun", "now"),
    [
        ({}, {"hidden": (7,)}),
        ({"module": Net}, {"module__hidden": 3}),
        ({"module": Net, "module__hidden": 3}, {"module__hidden": 4}),
        ({"module": Net}, {"module": lambda n_outputs: nn.Linear(4, n_outputs)}),
        ({"module": nn.Linear(4, 3)}, {"module": nn.Linear(4, 3)}),
        ({}, {"module": nn.Linear(4, 3)}),
    ],
)
def test_what_goes_on_has_the_module_that_it_had(begun: dict[str, Any], now: dict[str, Any]) -> None:
    made = NeuralClassifier(warm_start=True, epochs=2, **begun).fit(X, Y)
    for how in (made.fit, made.partial_fit):
        made.set_params(**now)
        with pytest.raises(ag.errors.ArgumentError, match=r"Write warm_start=False"):
            how(X, Y)
    made.set_params(warm_start=False).fit(X, Y)


def test_an_interrupt_leaves_a_module_that_predicts() -> None:
    class Interrupted(Net):
        calls = 0

        def forward(self, x: Any) -> Any:
            Interrupted.calls += 1
            if Interrupted.calls == 3:
                raise KeyboardInterrupt
            return super().forward(x)

    made = NeuralClassifier(Interrupted, module__rate=0.5, epochs=9)
    with pytest.raises(KeyboardInterrupt):
        made.fit(X, Y)
    assert not made.module_.training
    np.testing.assert_array_equal(made.predict_proba(X), made.predict_proba(X))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("settings", "y"),
    [
        ({"module": nn.Linear(4, 2)}, Y),
        ({"module": 3}, Y),
        ({"optimizer__foo": 1}, Y),
        ({"loss": lambda x, y: None}, Y),
        ({"optimizer": ag.optim.SGD, "lr": 1e200}, Y),
    ],
)
def test_a_first_attempt_that_fails_leaves_nothing(settings: dict[str, Any], y: Any) -> None:
    made = NeuralClassifier(warm_start=True, random_state=0).set_params(**settings)
    with pytest.raises(Exception):  # noqa: B017, PT011 - of any kind
        [made.partial_fit(X, y, classes=[0, 1, 2]) for _ in range(9)]
    if "lr" in settings:
        return  # its second call has failed
    with pytest.raises(NotFittedError):
        made.predict(X)
    made = made.set_params(module=None, loss=None, optimizer=None, lr=0.01)
    made._more = {}
    made.partial_fit(X[Y > 0], Y[Y > 0], classes=[1, 2])
    assert made.classes_.tolist() == [1, 2]


def test_a_class_that_was_not_told_fixes_none() -> None:
    made = NeuralClassifier()
    with pytest.raises(ag.errors.ArgumentError, match="not told"):
        made.partial_fit(X, Y, classes=[0, 1])
    assert made.partial_fit(X, Y, classes=[0, 1, 2]).classes_.tolist() == [0, 1, 2]


FAULTS = {
    "an optimiser by name": (lambda: NeuralClassifier(optimizer="adam").fit(X, Y), r"optimizer=ag\.optim\.Adam"),
    "a loss by name": (lambda: NeuralRegressor(loss="mse").fit(X, Y), r"loss=ag\.nn\.functional\.mse_loss"),
    "no tolerance": (lambda: NeuralRegressor(tol=None).fit(X, Y), r"tol=0\.0001"),
    "a tolerance that is none": (lambda: NeuralRegressor(tol=np.nan).partial_fit(X, Y), r"tol=0\.0001"),
    "sizes that are none": (lambda: NeuralRegressor(hidden="5").fit(X, Y), r"hidden=\(100,\)"),
    "a size that is no whole number": (lambda: NeuralRegressor(hidden=2.5).fit(X, Y), r"hidden=\(100,\)"),
    "more than all": (
        lambda: NeuralRegressor(early_stopping=True, validation_fraction=2).fit(X, Y),
        r"validation_fraction=0\.1",
    ),
    "an unknown setting": (lambda: NeuralClassifier(foo=1).fit(X, Y), "module__foo="),
    "too few outputs": (lambda: NeuralClassifier(nn.Linear(4, 2)).fit(X, Y), r"nn\.Linear\(\.\.\., 3\)"),
    "no module": (lambda: NeuralClassifier(3).fit(X, Y), "Write a Module"),
    "settings of a module that is made": (lambda: NeuralClassifier(nn.Linear(4, 3), module__a=1).fit(X, Y), "type"),
    "unknown classes": (lambda: NeuralClassifier().partial_fit(X, Y), "classes=np.unique"),
    "a new class": (lambda: NeuralClassifier().partial_fit(X, Y, classes=[0, 1]), "were not told"),
    "one class": (lambda: NeuralClassifier().fit(X, 0 * Y), "one class"),
    "no batch": (lambda: NeuralClassifier(batch_size=0).fit(X, Y), "batch_size=32"),
    "no epochs": (lambda: NeuralRegressor(epochs=0).fit(X, Y), "epochs=10"),
    "a loss without weights": (
        lambda: NeuralRegressor(loss=lambda x, y: ((x - y) ** 2).mean()).fit(X, Y, sample_weight=Y + 1.0),
        "reduction='mean'",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_what_to_write(name: str) -> None:
    call, said = FAULTS[name]
    with pytest.raises(ag.errors.ArgumentError, match=said):
        call()


def test_the_package_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError("no", name="sklearn.base")

    monkeypatch.delitem(vars(ag.sklearn), "NeuralClassifier", raising=False)
    monkeypatch.setattr(ag.sklearn, "_arriving", missing)
    with pytest.raises(ag.errors.MissingExtraError, match=r"pip install 'autograd-lite\[data\]'"):
        ag.sklearn.NeuralClassifier  # noqa: B018
