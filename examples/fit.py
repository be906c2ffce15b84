"""A curve fitted to noisy data, with the uncertainty of each parameter from the Hessian.

Needs ``pip install 'autograd-lite[scipy]'``. At the minimum of a negative log likelihood its Hessian is the inverse
covariance of the parameters (Bishop, "Pattern Recognition and Machine Learning", 2006, section 4.4).
"""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd_lite as ag

TRUE = {"height": 2.5, "rate": 1.3, "ground": 0.5}
NOISE = 0.05


def decay(p: dict[str, Any], t: Any) -> Any:
    return p["height"] * np.exp(-p["rate"] * t) + p["ground"]


def minus_log_likelihood(p: dict[str, Any], t: Any, y: Any) -> Any:
    """For independent normal errors of deviation NOISE, up to a constant."""
    return 0.5 * np.sum(((decay(p, t) - y) / NOISE) ** 2)


def main() -> tuple[dict[str, float], dict[str, float]]:
    """Fit, print and return the parameters and their standard deviations."""
    t = np.linspace(0.0, 4.0, 60)
    y = decay(TRUE, t) + np.random.default_rng(0).normal(0.0, NOISE, t.shape)
    start = {"height": 1.0, "rate": 1.0, "ground": 0.0}
    result = ag.optimize.minimize(minus_log_likelihood, start, (t, y), method="trust-exact")
    found = {name: float(value) for name, value in result.x.items()}
    vector, unravel = ag.tree.ravel(result.x)
    information = ag.hessian(lambda v: minus_log_likelihood(unravel(v), t, y))(vector)
    deviations = dict(zip(found, np.sqrt(np.diag(np.linalg.inv(information))).tolist(), strict=True))
    for name, value in found.items():
        print(f"{name:>6} = {value:.3f} +- {deviations[name]:.3f} (true: {TRUE[name]})")
    return found, deviations


if __name__ == "__main__":
    main()
