"""What each figure is to reach."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    limit: float
    at_least: bool = False
    unit: str = ""

    def verdict(self, figure: float) -> str:
        if math.isnan(figure):
            return "not measured"
        reached = figure >= self.limit if self.at_least else figure <= self.limit
        return "reached" if reached else "not reached"

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}{self.unit}"


Goals = dict[str, Goal]


def faster(limit: float) -> Goal:
    return Goal(limit, at_least=True)


# For each contender that a time or a speed is divided by: a contender's goals, by workload.
_NATIVE_TO_JAX: Goals = {
    "perceptron": Goal(0.15),
    "mlp": Goal(0.6),
    "mlp784": Goal(1.1),
    "chain1000": Goal(1),
    "gradient1000": Goal(0.3),
    "hessian50": Goal(1.5),
}
_NATIVE_TO_PYTORCH: Goals = {"mlp784": faster(1.25), "million": faster(1)}
_TO_PRODUCTS: Goals = {"mlp1024": Goal(1.05)}
RATIO_GOALS: dict[str, dict[str, Goals]] = {
    "hand": {
        "ours": {"perceptron": Goal(1.7), "gradient1000": Goal(4)},
        "ours compiled": {"perceptron": Goal(0.85), "mlp": Goal(0.9), "gradient1000": Goal(1)},
    },
    "JAX jit": {"ours numba": _NATIVE_TO_JAX, "ours cc": _NATIVE_TO_JAX},
    "PyTorch": {
        "ours": {"perceptron": faster(2.5), "chain1000": faster(1.5), "gradient1000": faster(1)},
        "ours compiled": {"million": faster(1)},
        "ours numba": _NATIVE_TO_PYTORCH,
        "ours cc": _NATIVE_TO_PYTORCH,
    },
    "HIPS autograd": {"ours": {"hessian50": faster(10)}},
    "products alone": {"ours compiled": _TO_PRODUCTS, "ours numba": _TO_PRODUCTS, "ours cc": _TO_PRODUCTS},
}

# The first call, in steps of eager `ours`; the first two, in seconds, from nothing and from the cache.
FIRST_STEPS: Goals = {"ours compiled": Goal(30)}
FIRST_SECONDS: Goals = {"ours numba": Goal(5), "ours cc": Goal(5)}
FIRST_CACHED: Goals = {"ours numba": Goal(0.5), "ours cc": Goal(0.5)}

IMPORT: Goals = {"ours": Goal(25, unit=" ms")}
MEMORY = Goal(1000, unit=" kB")


def ratio_goal(reference: str, name: str, workload: str) -> Goal | None:
    return RATIO_GOALS.get(reference, {}).get(name, {}).get(workload)


def with_goal(figure: float, text: str, goal: Goal | None) -> str:
    return f"{text} (goal {goal}: {goal.verdict(figure)})" if goal else text
