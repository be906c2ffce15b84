"""`NeuralClassifier` and `NeuralRegressor`: a module with ``fit`` and ``predict``."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import accuracy_score, r2_score
from sklearn.utils.multiclass import check_classification_targets, unique_labels

from autograd_lite import errors, nn
from autograd_lite.base.shapes import Array
from autograd_lite.rules.exponentials import softmax
from autograd_lite.sklearn.base import Neural


class NeuralClassifier(ClassifierMixin, Neural):
    """A classifier of scikit-learn around a module, which gives each class a score.

    Parameters
    ----------
    module : Module, class, function or None
        What is trained: a copy of a module, or what a class or a function makes, which is given ``n_features_in`` and
        ``n_outputs`` where it has parameters of these names. None is a perceptron with layers of `hidden` sizes.
    hidden : int or sequence of int
        The sizes of the layers within the perceptron.
    loss : function or class, optional
        ``loss(scores, classes, reduction="mean")``, or a loss of `nn`; by default ``nn.functional.cross_entropy``.
    optimizer : class, optional
        One of `optim`; by default ``optim.Adam``.
    lr : float
        The learning rate.
    epochs : int
        How often at most the data is gone through.
    batch_size : int or "auto"
        ``"auto"`` is 200 at most.
    shuffle : bool
        Whether batches are drawn anew in each epoch.
    early_stopping : bool
        Whether a share of the examples is held back: training ends where their score gets no better, and the best
        module is kept. Otherwise it ends where the loss gets no smaller.
    validation_fraction : float
        That share.
    n_iter_no_change : int
        How many epochs may pass without being better.
    tol : float
        By how much a score has to be better.
    warm_start : bool
        Whether `fit` goes on with the module of the last one, of the same settings. Those of the optimiser may be
        others: it is made anew then.
    random_state : int, RandomState or None
        Where all random numbers come from: initial values, batches, dropout.
    verbose : bool
        Whether the loss of each epoch is printed.
    **more
        Settings of the parts: ``module__hidden=(50,)``, ``optimizer__weight_decay=0.1``, ``loss__label_smoothing=0.1``.

    Attributes
    ----------
    module_, optimizer_
        What was trained, and what with.
    classes_ : array
        The classes, sorted.
    n_features_in_ : int
    feature_names_in_ : array
        The names of columns, where the data has some.
    n_iter_ : int
        How many epochs there were.
    loss_curve_, validation_scores_ : list of float
        After each of them.

    Raises
    ------
    NonFiniteError
        A loss or weights that are not finite any more after an epoch.

    Notes
    -----
    Single precision is kept. The estimator is a copy of nothing: ``clone`` makes one with the same settings, and a
    pickle has the module. ``module_.eval()`` was called; `ag.onnx.export(clf.module_, X)` takes it out.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    >>> clf = ag.sklearn.NeuralClassifier(hidden=(8,), lr=0.1, random_state=0).fit(X, ["no", "yes", "yes", "no"])
    >>> clf.predict(X).tolist()
    ['no', 'yes', 'yes', 'no']
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train, from the beginning unless ``warm_start=True``."""
        self._checked_settings()
        again = self.warm_start and "module_" in vars(self)
        X, y = self._checked(X, y, reset=not again)  # noqa: N806
        check_classification_targets(y)
        weights = self._weights(sample_weight, X)
        with self._beginning(first=not again):
            if again:
                self._refuse_unknown(y)
            else:
                self.classes_ = unique_labels(y)
                self._refuse_one_class()
                self._start(len(self.classes_), X.dtype)
            return self._trained(X, self._places(y), weights, self.epochs)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:  # noqa: N803
        """Go over some examples once; the first call has to be told all classes."""
        self._checked_settings()
        first = "module_" not in vars(self)
        X, y = self._checked(X, y, reset=first)  # noqa: N806
        check_classification_targets(y)
        weights = self._weights(sample_weight, X)
        if not first and classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
            raise errors.ArgumentError(errors.SKLEARN_CHANGED.format(given=list(classes), known=list(self.classes_)))
        with self._beginning(first):
            if first:
                if classes is None:
                    raise errors.ArgumentError(errors.SKLEARN_CLASSES)
                self.classes_ = unique_labels(classes)
                self._start(len(self.classes_), X.dtype)
            self._refuse_unknown(y)
            return self._trained(X, self._places(y), weights, 1, stop=False)

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the probability of each class, for each row."""
        scores = self._predicted(X)
        return np.asarray(softmax(scores, -1))

    def predict_log_proba(self, X: Any) -> Array:  # noqa: N803
        """Return the logarithms of the probabilities."""
        return np.asarray(nn.functional.log_softmax(self._predicted(X), -1))

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the class with the highest score, for each row."""
        scores = self._predicted(X)
        return np.asarray(self.classes_[np.argmax(scores, axis=1)])

    def _places(self, y: Array) -> Array:
        return np.searchsorted(self.classes_, y)

    def _refuse_unknown(self, y: Array) -> None:
        strange = np.setdiff1d(y, self.classes_)
        if len(strange):
            raise errors.ArgumentError(errors.SKLEARN_UNKNOWN.format(given=strange.tolist()))

    def _refuse_one_class(self) -> None:
        if len(self.classes_) < 2:  # noqa: PLR2004
            raise errors.ArgumentError(errors.SKLEARN_ONE_CLASS)

    def _usual_loss(self, *args: Any, **kwargs: Any) -> Any:
        return nn.functional.cross_entropy(*args, **kwargs)

    def _score(self, X: Array, y: Array, weight: Array | None) -> float:  # noqa: N803
        made = self._raw(X)
        score = accuracy_score(y, np.argmax(made, axis=1), sample_weight=weight)
        return -np.inf if np.isnan(made).any() else float(score)

    def _strata(self, y: Array) -> Any:
        return y


class NeuralRegressor(RegressorMixin, Neural):
    """A regressor of scikit-learn around a module, for one number or several for each row.

    The parameters are those of `NeuralClassifier`; the loss is ``nn.functional.mse_loss`` where none is given.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> reg = ag.sklearn.NeuralRegressor(hidden=(20,), lr=0.05, random_state=0).fit(X, X.ravel() ** 2)
    >>> reg.score(X, X.ravel() ** 2) > 0.98
    True
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train, from the beginning unless ``warm_start=True``."""
        again = self.warm_start and "module_" in vars(self)
        return self._fitted(X, y, sample_weight, again, self.epochs, stop=True)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Go over some examples once."""
        return self._fitted(X, y, sample_weight, "module_" in vars(self), 1, stop=False)

    def _fitted(self, X: Any, y: Any, weight: Any, again: bool, epochs: int, stop: bool) -> Self:  # noqa: N803
        self._checked_settings()
        X, y = self._checked(X, y, reset=not again, multi_output=True, y_numeric=True)  # noqa: N806
        y = np.asarray(y)
        targets = y.reshape(len(y), -1).astype(X.dtype)
        weights = self._weights(weight, X)
        with self._beginning(first=not again):
            if not again:
                self._flat = y.ndim == 1
                self._start(targets.shape[1], X.dtype)
            return self._trained(X, targets, weights, epochs, stop)

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Return the numbers for each row, in the shape that `y` had."""
        y = self._predicted(X)
        return y.ravel() if self._flat else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def _usual_loss(self, *args: Any, **kwargs: Any) -> Any:
        return nn.functional.mse_loss(*args, **kwargs)

    def _score(self, X: Array, y: Array, weight: Array | None) -> float:  # noqa: N803
        made = self._raw(X)
        return float(r2_score(y, made, sample_weight=weight)) if np.isfinite(made).all() else -np.inf
