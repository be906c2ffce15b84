"""What the classifier and the regressor have in common: settings, the module, and the loop over batches."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from autograd_lite import errors, optim
from autograd_lite.base.shapes import Array
from autograd_lite.engine.generators import own
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.module import Module
from autograd_lite.sklearn.perceptron import perceptron

_PARTS = ("module", "optimizer", "loss")
_LARGEST_BATCH = 200
_AT_ONCE = 4096


def _changed(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the names of settings that are others than before."""
    both = [name for name in now if name in before]
    others = [name for name in both if before[name] is not now[name] and not np.array_equal(before[name], now[name])]
    return [*others, *(before.keys() ^ now.keys())]


class Neural(BaseEstimator):
    """Base of the estimators; see `NeuralClassifier`."""

    def __init__(
        self,
        module: Any = None,
        *,
        hidden: int | Sequence[int] = (100,),
        loss: Any = None,
        optimizer: Any = None,
        lr: float = 0.01,
        epochs: int = 100,
        batch_size: int | str = "auto",
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        tol: float = 1e-4,
        warm_start: bool = False,
        random_state: Any = None,
        verbose: bool = False,
        **more: Any,
    ) -> None:
        self.module = module
        self.hidden = hidden
        self.loss = loss
        self.optimizer = optimizer
        self.lr = lr
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose
        if more:
            self._more = more

    # ----- settings of parts -----

    def _given(self) -> dict[str, Any]:
        """Return the settings that have no parameter, such as ``module__hidden``."""
        return vars(self).get("_more", {})  # type: ignore[no-any-return]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return all settings, those of parts as ``module__hidden``."""
        found: dict[str, Any] = super().get_params(deep=False)
        return found | self._given()

    def set_params(self, **params: Any) -> Self:
        """Set settings, those of parts as ``module__hidden``; what there is none of is refused by `fit`."""
        own = self._get_param_names()
        more = {name: value for name, value in params.items() if name not in own}
        if more:
            self._more = {**self._given(), **more}
        super().set_params(**{name: value for name, value in params.items() if name in own})
        return self

    def _of_part(self, part: str) -> dict[str, Any]:
        pairs = [(*name.partition("__"), value) for name, value in self._given().items()]
        return {key: value for of, _, key, value in pairs if of == part}

    # ----- the module -----

    def _made_module(self, n_outputs: int, dtype: Any) -> Module:
        """Return a new module for the data."""
        settings = self._of_part("module")
        if isinstance(self.module, Module):
            if settings:
                raise errors.ArgumentError(errors.SKLEARN_MADE.format(names=", ".join(settings)))
            made = deepcopy(self.module)
        elif self.module is None:
            made = perceptron(self.n_features_in_, n_outputs, **{"hidden": self.hidden, **settings})
        else:
            made = self._called(settings, n_outputs)
        made.to(dtype)
        return made

    def _called(self, settings: Mapping[str, Any], n_outputs: int) -> Any:
        """Return what a class or a function makes, which is told of the data where it asks."""
        made = None
        if callable(self.module):
            asked = inspect.signature(self.module).parameters
            told = {"n_features_in": self.n_features_in_, "n_outputs": n_outputs}
            made = self.module(**{name: n for name, n in told.items() if name in asked}, **settings)
        if not isinstance(made, Module):
            raise errors.ArgumentError(errors.SKLEARN_MODULE.format(given=self.module))
        return made

    def _start(self, n_outputs: int, dtype: Any) -> None:
        """Make what is trained: the module, its optimiser, and the generator of all random numbers."""
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self._rng = np.random.default_rng(seed)
        with own(self._rng):
            self.module_ = self._made_module(n_outputs, dtype)
        self._laid_out = self._layout()
        self._make_optimizer()
        self.n_outputs_, self.n_iter_ = n_outputs, 0
        self.loss_curve_: list[float] = []
        self.validation_scores_: list[float] = []

    def _make_optimizer(self) -> None:
        made = optim.Adam if self.optimizer is None else self.optimizer
        self._stepping = self._steps()
        self.optimizer_ = made(list(self.module_.parameters()), **{"lr": self.lr, **self._of_part("optimizer")})

    def _layout(self) -> dict[str, Any]:
        """Return the settings that the module is made with."""
        hidden = {"hidden": self.hidden} if self.module is None else {}
        return {"module": self.module, **hidden, **{f"module__{k}": v for k, v in self._of_part("module").items()}}

    def _steps(self) -> dict[str, Any]:
        """Return the settings that the optimiser is made with."""
        return {"optimizer": self.optimizer, "lr": self.lr, **self._of_part("optimizer")}

    def _go_on(self) -> None:
        """Go on with the module, and with an optimiser of the settings that there are now."""
        layout, steps = self._layout(), self._steps()
        if odd := _changed(vars(self).get("_laid_out", layout), layout):
            raise errors.ArgumentError(errors.SKLEARN_OTHER.format(names=", ".join(odd), first=odd[0]))
        if _changed(vars(self).get("_stepping", steps), steps):
            self._make_optimizer()

    @contextmanager
    def _beginning(self, first: bool) -> Iterator[None]:
        """Begin a training, or go on; what fails at its first attempt leaves nothing that the next would go on with."""
        try:
            if not first:
                self._go_on()
            yield
        except Exception:
            if first:
                self.__dict__.pop("module_", None)
            raise

    # ----- data -----

    def _checked(self, X: Any, y: Any, reset: bool, **how: Any) -> tuple[Array, Any]:  # noqa: N803 - scikit-learn's
        X, y = validate_data(self, X, y, reset=reset, dtype=(np.float64, np.float32), **how)  # noqa: N806
        return X, y

    def _checked_settings(self) -> None:
        """Refuse settings; only here, since scikit-learn sets them one after the other."""
        for name in self._given():
            part, _, key = name.partition("__")
            if part not in _PARTS or not key:
                known = ", ".join(self._get_param_names())
                text = errors.SKLEARN_SETTING.format(estimator=type(self).__name__, name=name, known=known)
                raise errors.ArgumentError(text)
        for name in ("epochs", "n_iter_no_change"):
            if not isinstance(value := getattr(self, name), numbers.Integral) or value < 1:
                text = errors.SKLEARN_COUNT.format(name=name, given=value, kind="number of epochs", instead=10)
                raise errors.ArgumentError(text)
        size: Any = self.batch_size
        whole = isinstance(size, numbers.Integral) and int(size) >= 1
        if not whole and not (isinstance(size, str) and size == "auto"):
            raise errors.ArgumentError(errors.SKLEARN_BATCH.format(given=self.batch_size))
        for name, instead in (("optimizer", "ag.optim.Adam"), ("loss", "ag.nn.functional.mse_loss")):
            if (value := getattr(self, name)) is not None and not callable(value):
                raise errors.ArgumentError(errors.SKLEARN_PART.format(name=name, given=value, instead=instead))
        self._checked_numbers()

    def _checked_numbers(self) -> None:
        tol: Any = self.tol
        fraction: Any = self.validation_fraction
        if not isinstance(tol, numbers.Real) or np.isnan(float(tol)):
            raise errors.ArgumentError(errors.SKLEARN_COUNT.format(name="tol", given=tol, kind="number", instead=1e-4))
        if self.early_stopping and not (isinstance(fraction, numbers.Real) and 0 < float(fraction) < 1):
            names = {"name": "validation_fraction", "given": fraction, "kind": "number between 0 and 1", "instead": 0.1}
            raise errors.ArgumentError(errors.SKLEARN_COUNT.format(**names))

    # ----- training -----

    def _trained(self, X: Array, y: Array, weight: Array | None, epochs: int, stop: bool = True) -> Self:  # noqa: N803
        """Train for some epochs at most, and keep the best ones where examples are held back."""
        held = self._held_back(X, y, weight) if self.early_stopping and stop else None
        X, y, weight = (X, y, weight) if held is None else held[0]  # noqa: N806
        best, waited, state = -np.inf, 0, None
        for _ in range(epochs):
            loss = self._epoch(X, y, weight)
            self.loss_curve_.append(loss)
            self.n_iter_ += 1
            if not self._is_finite(loss):
                if state is not None:
                    break  # with the best module
                text = errors.SKLEARN_FINITE.format(epoch=self.n_iter_, lr=self.lr / 10)
                raise errors.NonFiniteError(text)
            if self.verbose:
                print(f"epoch {self.n_iter_}: loss {loss:.6g}")  # noqa: T201 - asked for
            if held is not None:
                score = self._score(*held[1])
                self.validation_scores_.append(score)
            else:
                score = -loss
            waited = 0 if score > best + self.tol else waited + 1
            if score > best:
                best = score
                state = self.module_.state_dict() if held is not None else None
            if stop and waited >= self.n_iter_no_change:
                break
        if state is not None:
            self.module_.load_state_dict(state)
        return self

    def _is_finite(self, loss: float) -> bool:
        return bool(np.isfinite(loss)) and all(np.isfinite(p.numpy()).all() for p in self.module_.parameters())

    def _held_back(self, X: Array, y: Array, weight: Array | None) -> Any:  # noqa: N803
        """Return what is trained with, and what is held back."""
        every = [X, y] if weight is None else [X, y, weight]
        parts = train_test_split(
            *every, test_size=self.validation_fraction, random_state=int(self._rng.integers(2**31 - 1)),
            stratify=self._strata(y),
        )  # fmt: skip
        kept, held = parts[::2], parts[1::2]
        return [*kept, *[None] * (3 - len(kept))], [*held, *[None] * (3 - len(held))]

    def _epoch(self, X: Array, y: Array, weight: Array | None) -> float:  # noqa: N803
        """Go over the data once, and return the mean of the losses."""
        self.module_.train()
        try:
            with own(self._rng):
                return self._gone_over(X, y, weight)
        finally:
            self.module_.eval()  # also where it is interrupted

    def _gone_over(self, X: Array, y: Array, weight: Array | None) -> float:  # noqa: N803
        total, count = 0.0, 0.0
        for rows in self._batches(len(X)):
            share = len(rows) if weight is None else float(weight[rows].sum())
            if share <= 0:
                continue
            self.optimizer_.zero_grad()
            loss = self._loss(self._outputs(X[rows]), y[rows], None if weight is None else weight[rows])
            loss.backward()
            self.optimizer_.step()
            total, count = total + float(loss.detach()) * share, count + share
        return total / count if count else 0.0

    def _batches(self, n: int) -> Iterator[Array]:
        size = min(_LARGEST_BATCH, n) if self.batch_size == "auto" else min(int(self.batch_size), n)
        order = self._rng.permutation(n) if self.shuffle and size < n else np.arange(n)
        return (order[part] for part in gen_batches(n, size))

    def _outputs(self, X: Array) -> Any:  # noqa: N803
        """Return what the module makes of rows, of which each has as many numbers as are due."""
        made = self.module_(X)
        if made.shape == (len(X),) and self.n_outputs_ == 1:
            made = made.reshape(-1, 1)
        if made.shape != (len(X), self.n_outputs_):
            names = {"given": made.shape, "rows": len(X), "wanted": self.n_outputs_}
            raise errors.ArgumentError(errors.SKLEARN_OUTPUTS.format(**names))
        return made

    def _loss(self, outputs: Any, y: Array, weight: Array | None) -> Any:
        """Return the loss of a batch: the mean, by weights where there are some."""
        function = self._loss_function()
        if weight is None:
            return function(outputs, y)
        try:
            each = function(outputs, y, reduction="none")
        except TypeError as error:
            raise errors.ArgumentError(errors.SKLEARN_WEIGHTS.format(name=self.loss)) from error
        each = each if each.ndim == 1 else each.reshape(len(y), -1).mean(axis=1)
        share = (weight / weight.sum()).astype(outputs.dtype)
        return (each * share).sum()

    def _loss_function(self) -> Callable[..., Any]:
        """Return the loss as a function; of a class of losses an object for each reduction."""
        given, settings = self.loss or self._usual_loss, self._of_part("loss")
        if isinstance(given, type):
            return lambda x, y, **more: given(**{**settings, **more})(x, y)
        return lambda x, y, **more: given(x, y, **settings, **more)

    # ----- prediction -----

    def _predicted(self, X: Any) -> Array:  # noqa: N803
        """Return what the module makes of all rows, some thousand at a time."""
        check_is_fitted(self, "module_")
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))  # noqa: N806
        made = self._raw(X)
        if len(odd := np.flatnonzero(np.isnan(made).any(axis=1))):
            raise errors.NonFiniteError(errors.SKLEARN_NAN.format(row=odd[0]))
        return made

    def _raw(self, X: Array) -> Array:  # noqa: N803
        dtype = next((p.dtype for p in self.module_.parameters()), X.dtype)
        with no_grad():
            parts = [self._outputs(X[part].astype(dtype, copy=False)) for part in gen_batches(len(X), _AT_ONCE)]
        return np.concatenate([np.asarray(part) for part in parts])

    def _weights(self, sample_weight: Any, X: Array) -> Array | None:  # noqa: N803
        return None if sample_weight is None else _check_sample_weight(sample_weight, X, ensure_non_negative=True)

    # ----- of the kinds -----

    def _usual_loss(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def _score(self, X: Array, y: Array, weight: Array | None) -> float:  # noqa: N803
        raise NotImplementedError

    def _strata(self, y: Array) -> Any:
        return None
