"""Looking up what was measured."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

from roster import FUNCTIONS, NETWORKS

Figures = dict[str, Any]
Results = dict[str, Figures]

WORDS = ("not installed", "unsupported")
TOLERANCES = dict.fromkeys(("mlp", "mlp784", "mlp1024", *FUNCTIONS, *NETWORKS), 1e-4)  # in float32


def figures_of(results: Results, name: str, workload: str) -> Figures:
    """A contender's figures, or the reason there are none."""
    found = results[name]
    return found["probe"] if "error" in found["probe"] else found.get(workload, {})


def seconds_of(results: Results, name: str, workload: str) -> float:
    return figures_of(results, name, workload).get("seconds", math.nan)


def peak_of(results: Results, name: str, workload: str) -> float:
    """The median of the peaks of several processes, in kB."""
    peaks = figures_of(results, name, f"peak:{workload}").get("kb")
    return median(peaks) if peaks else math.nan


def ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def label(error: str) -> str:
    """What fits in a cell; `complaints` prints a longer reason under the table."""
    return error if error in WORDS else "error"


def reference_of(workload: str) -> str:
    """Whose result all others are compared with."""
    return "PyTorch" if workload in NETWORKS else "hand"


def differs(results: Results, name: str, workload: str) -> bool:
    check = figures_of(results, name, workload).get("check")
    expected = figures_of(results, reference_of(workload), workload).get("check")
    return None not in (check, expected) and not math.isclose(check, expected, rel_tol=TOLERANCES.get(workload, 1e-9))
