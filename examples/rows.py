"""A logistic regression on more rows than memory holds: dask keeps them in pieces, and each step asks for two sums.

Needs ``pip install 'autograd-lite[arrays,scipy]'``; takes some seconds. Value and gradient are lazy arrays, which
`dask.compute` makes in one pass over the rows, for SciPy's minimiser.

    python examples/rows.py --rows 5_000_000 --features 100      # 4 GB of float64, half a minute for a pass
"""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import errors

NAME = "rows.py"
PIECE = 1_000_000
"""So many numbers are in memory for each thread: 8 MB."""


def needed(module: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        text = errors.MISSING_EXTRA.format(feature=f"examples/{NAME}", package=package, extra="arrays,scipy")
        raise errors.MissingExtraError(text) from error


def rows(count: int, features: int) -> tuple[Any, Any, np.ndarray]:
    """Return features and labels as dask arrays, and the weights that they were made with."""
    rng = needed("dask.array", "dask").random.default_rng(0)
    truth = np.linspace(-1.0, 1.0, features)
    x = rng.normal(size=(count, features), chunks=(min(PIECE // features, count), features))
    y = rng.uniform(size=count, chunks=x.chunks[0]) < 1 / (1 + np.exp(-(x @ truth)))
    return x, y.astype(float), truth


def loss(w: Any, x: Any, y: Any) -> Any:
    """The mean of minus the logarithms of the probabilities."""
    z = x @ w
    return np.mean(ag.softplus(z) - y * z)


def fit(x: Any, y: Any) -> Any:
    """Return what SciPy has found, with one pass over the rows for each value and gradient."""
    compute = needed("dask", "dask").compute
    step = ag.value_and_grad(loss)

    def value_and_slope(w: np.ndarray) -> Any:
        value, slope = compute(*step(w, x, y))
        print(f"loss {value:.6f}, largest slope {np.abs(slope).max():.1e}{peak()}")
        return value, slope

    start = np.zeros(x.shape[1])
    return needed("scipy.optimize", "scipy").minimize(value_and_slope, start, jac=True, method="L-BFGS-B", tol=1e-6)


def peak() -> str:
    """Say the most memory that the process has had, where that is known."""
    if not sys.platform.startswith("linux"):
        return ""
    return f", at most {importlib.import_module('resource').getrusage(0).ru_maxrss / 2**20:.2f} GB of memory"


def main(arguments: list[str] | None = None) -> np.ndarray:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=20)
    given = parser.parse_args(arguments)
    x, y, truth = rows(given.rows, given.features)
    print(f"{given.rows} rows of {given.features} numbers, {x.nbytes / 1e9:.2f} GB in {x.npartitions} pieces")
    result = fit(x, y)
    print(f"{result.message} off the weights that the labels were made with: {np.abs(result.x - truth).max():.3f}")
    return result.x


if __name__ == "__main__":
    main(sys.argv[1:])
