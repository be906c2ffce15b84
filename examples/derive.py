"""The document's perceptron as a NumPy program: derived, with its formulas, saved, and run without the library.

The network is the document's program (section 3.2): two layers with sigmoid, here with a softmax and half the squared
error. Nothing below says what a derivative is; ``ag.compile`` writes down what ``backward()`` and the optimiser do.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag

X, TARGET = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0]])


def parameters(seed: int = 0) -> dict[str, ag.Tensor]:
    rng = np.random.default_rng(seed)
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    return {name: ag.Tensor(rng.standard_normal(s), requires_grad=True, name=name) for name, s in shapes.items()}


def training_step(v: dict[str, ag.Tensor], rate: float) -> Any:
    optimizer = ag.optim.SGD(v.values(), lr=rate)

    @ag.compile
    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        z1 = x @ v["W1"] + v["b1"]
        a1 = ag.sigmoid(z1)
        z2 = a1 @ v["W2"] + v["b2"]
        a2 = ag.sigmoid(z2)
        p = ag.softmax(a2)
        L = ag.half_squared_error(p, y)
        L.backward()
        optimizer.step()
        return L

    return step


def main(folder: Path) -> None:
    step = training_step(parameters(), rate=0.01)
    losses = [step(X, TARGET).item() for _ in range(1000)]
    print(f"1. A thousand steps: the loss falls from {losses[0]:.6f} to {losses[-1]:.6f}\n")
    print("2. The derivatives, in the document's notation\n")
    print("\n".join(f"    {line}" for line in str(step.program.formulas()).splitlines()))
    print("\n3. The program\n")
    print(step.program.source)
    print("4. What the passes have saved\n")
    print("\n".join(f"    {line}" for line in step.program.report().splitlines()))
    path = step.program.save(folder / "step.py")
    print(f"\n5. The same, saved as {path.name} and run in a fresh process that knows NumPy only\n")
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    print("\n".join(f"    {line}" for line in done.stdout.splitlines()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, help="the folder that step.py goes to; by default a temporary one")
    given = parser.parse_args().output
    if given is not None:
        main(given)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
