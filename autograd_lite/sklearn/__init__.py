"""Modules as estimators of scikit-learn, for its pipelines, searches and checks."""

from typing import TYPE_CHECKING, Any

from autograd_lite import errors
from autograd_lite.base.later import arriving, listing, placed

if TYPE_CHECKING:
    from autograd_lite.sklearn.estimators import NeuralClassifier, NeuralRegressor

__all__ = ["NeuralClassifier", "NeuralRegressor"]

_arriving = arriving(__name__, placed({"estimators": "NeuralClassifier NeuralRegressor"}))

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        try:
            return _arriving(name)
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("sklearn"):
                raise
            text = errors.MISSING_EXTRA.format(feature=f"ag.sklearn.{name}", package="scikit-learn", extra="data")
            raise errors.MissingExtraError(text) from error


__dir__ = listing(__name__)
