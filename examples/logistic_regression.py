"""Logistic regression on the breast-cancer data of scikit-learn, by Newton's method.

Needs ``pip install 'autograd-lite[data,scipy]'``; takes a second. The loss is plain NumPy; `ag.optimize.minimize` gives
SciPy its exact gradient, and the exact products of its Hessian with vectors that Newton-CG asks for.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import errors

PENALTY = 1e-2  # keeps the weights finite where a plane separates the classes


def needed(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature=f"examples/{NAME}", package=package, extra="data,scipy")
        raise errors.MissingExtraError(text) from error


NAME = "logistic_regression.py"


def split(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return standardised features and classes for training, then for the test: a fifth of all."""
    features, classes = needed("sklearn.datasets", "scikit-learn").load_breast_cancer(return_X_y=True)
    order = rng.permutation(len(classes))
    features, classes = features[order], classes[order].astype(float)
    n = len(classes) // 5
    mean, deviation = features[n:].mean(0), features[n:].std(0)
    features = (features - mean) / deviation
    return features[n:], classes[n:], features[:n], classes[:n]


def loss(p: dict[str, Any], features: Any, classes: Any) -> Any:
    """The mean of -log likelihood, with a penalty on the weights."""
    score = features @ p["weight"] + p["bias"]
    return np.mean(ag.softplus(score) - classes * score) + PENALTY * np.sum(p["weight"] ** 2)


def main() -> float:
    """Fit, print what it took, and return the share of the test set that is classified correctly."""
    features, classes, test_features, test_classes = split(np.random.default_rng(0))
    start = {"weight": np.zeros(features.shape[1]), "bias": 0.0}
    needed("scipy.optimize", "scipy")
    result = ag.optimize.minimize(loss, start, (features, classes), method="Newton-CG")
    slope = max(np.abs(g).max() for g in ag.grad(loss)(result.x, features, classes).values())
    print(f"{result.message.strip('.')} after {result.nit} steps: loss {result.fun:.4f}, largest slope {slope:.1e}")
    share = float(np.mean((test_features @ result.x["weight"] + result.x["bias"] > 0) == test_classes))
    print(f"test accuracy: {share:.1%}")
    return share


if __name__ == "__main__":
    main()
