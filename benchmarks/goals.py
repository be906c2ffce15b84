"""What each figure is to reach."""

from __future__ import annotations

import math
from dataclasses import dataclass

from roster import MATRICES, PEAKS


@dataclass(frozen=True)
class Goal:
    limit: float
    unit: str = ""

    def verdict(self, figure: float) -> str:
        if math.isnan(figure):
            return "not measured"
        return "reached" if figure <= self.limit else "not reached"

    def __str__(self) -> str:
        return f"<= {self.limit:g}{self.unit}"


Goals = dict[str, Goal]
_MATRICES: Goals = dict.fromkeys(MATRICES, Goal(1.5))
_BESIDE_PYTORCH: Goals = dict.fromkeys(MATRICES, Goal(1.2))

# Times, for each contender that they are divided by: a contender's goals, by workload.
TIME_GOALS: dict[str, dict[str, Goals]] = {
    "hand": {
        "ours": {"perceptron": Goal(2.0), "mlp": Goal(1.8), "mlp784": Goal(1.3), "mlp1024": Goal(1.03), **_MATRICES},
        "ours compiled": {"perceptron": Goal(0.7)},
        "ours cc": {"perceptron": Goal(0.10), "mlp": Goal(0.45)},
    },
    "JAX jit": {
        "ours compiled": {"logistic": Goal(0.95)},
        "ours cc": {
            "mlp784": Goal(1.0), "chain1000": Goal(0.5), "logistic": Goal(0.95), "hessian50": Goal(0.7),
            "ode1000": Goal(0.2), "lstm64": Goal(0.6), "transformer": Goal(0.8),
        },
    },
    "PyTorch": {
        "ours": {
            "chain1000": Goal(0.65), "elementwise": Goal(1.0), "logistic": Goal(0.8), "hessian50": Goal(0.07),
            "ode1000": Goal(0.5), "lstm64": Goal(2.0), "lenet": Goal(0.6), "transformer": Goal(1.1),
            "nn.LSTM": Goal(2.0), "conv": Goal(1.5), "batchnorm": Goal(0.6), "embedding": Goal(1.2),
            "adam10": Goal(0.4), "adam100": Goal(0.4), **_BESIDE_PYTORCH,
        },
        "ours cc": {"lenet": Goal(0.35), "transformer": Goal(0.6), "nn.LSTM": Goal(1.0)},
    },
    "torch.compile": {"ours cc": {"elementwise": Goal(0.35)}},
    "products and update": {"ours cc": {"mlp1024": Goal(1.02)}},
}

# The peak of memory, PyTorch's = 1.
PEAK_GOALS: dict[str, Goals] = {name: dict.fromkeys(PEAKS, Goal(1.0)) for name in ("ours", "ours cc")}

# The first call, in steps of eager `ours`; the first two, in seconds, from nothing and from the cache.
FIRST_STEPS: Goals = {"ours compiled": Goal(30)}
FIRST_SECONDS: Goals = {"ours numba": Goal(5), "ours cc": Goal(5)}
FIRST_CACHED: Goals = {"ours numba": Goal(0.5), "ours cc": Goal(0.5)}

IMPORT: Goals = {"ours": Goal(25, unit=" ms")}
MEMORY = Goal(1000, unit=" kB")


def time_goal(reference: str, name: str, workload: str) -> Goal | None:
    return TIME_GOALS.get(reference, {}).get(name, {}).get(workload)


def with_goal(figure: float, text: str, goal: Goal | None) -> str:
    return f"{text} (goal {goal}: {goal.verdict(figure)})" if goal else text
