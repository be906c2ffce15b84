"""The table of README, taken from the figures in `benchmarks/README.md`.

Run ``python benchmarks/summary.py`` after new figures are in, and put what it prints in the place of README's table.
"""

from __future__ import annotations

import re
from pathlib import Path

PRINTED = Path(__file__).parent / "README.md"
WORKLOADS = {
    "perceptron": "training step of the perceptron above",
    "mlp": "training step of a network 64-128-10, batch 32, float32",
    "chain1000": "1000 small operations and their gradient",
    "gradient1000": "gradient of Rosenbrock's function, 1000 variables",
    "hessian50": "its Hessian, 50 variables",
    "million": "16 operations on each of a million numbers",
    "elementwise": "the same and their gradient",
    "logistic": "logistic regression, 2000 examples of 50 features, and its gradient",
}
OURS = {
    "ours": "as written", "ours compiled": "compiled", "ours numba": "by numba", "ours cc": "by the C compiler",
}  # fmt: skip
HEAD = """\
| step | | against PyTorch, eager | against JAX's `jit` | time, NumPy by hand = 1 |
|---|---|---:|---:|---:|"""


def speeds(text: str) -> dict[tuple[str, str], float]:
    """Return the steps per second of each workload and contender."""
    found = re.findall(r"^\| (\w+) +\| ([\w ,]+?) +\| ([\d,]+) +\| [\d,.]+ +\| [\d,.]+ ", text, re.MULTILINE)
    return {(workload, contender): float(speed.replace(",", "")) for workload, contender, speed in found}


def shown(ratio: float) -> str:
    """Two digits, as far as they say something."""
    return f"{ratio:.{0 if ratio >= 10 else 1 if ratio >= 1 else 2}f}"


def summary(text: str) -> str:
    """Return the table for README."""
    speed, lines = speeds(text), [HEAD]
    for workload, step in WORKLOADS.items():
        for name, how in OURS.items():
            ours = speed[workload, name]
            told = [shown(ours / speed[workload, peer]) for peer in ("PyTorch", "JAX jit")]
            first = step if name == "ours" else ""
            lines.append(f"| {first} | {how} | {told[0]} | {told[1]} | {shown(speed[workload, 'hand'] / ours)} |")
    return "\n".join(lines).replace("|  |", "| |")


if __name__ == "__main__":
    print(summary(PRINTED.read_text(encoding="utf-8")))
