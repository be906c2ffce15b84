"""A network trained here, written as C for a machine that has no Python: it predicts there, and goes on learning.

The network takes the last eight readings of a sensor and tells the next one. It is trained in NumPy on what the sensor
gives; then ``save`` writes two files that need nothing but a C compiler, and no memory but what their caller declares:

- ``predict.c`` has the weights as constants, which lie in read-only memory;
- ``learn.c`` is a whole training step, with the weights in a ``struct`` that it changes in place.

Each has its example as a ``main``, which is run here if there is a C compiler, and compared with NumPy.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag
from autograd_lite import nn

READINGS, HIDDEN, BATCH = 8, 12, 16


def sensor(times: Any) -> Any:
    return np.sin(times) + 0.3 * np.sin(3.1 * times)


def examples(rng: np.random.Generator, count: int) -> tuple[Any, Any]:
    """Return the readings at eight times each, and the next ones, in single precision."""
    times = rng.uniform(0.0, 100.0, (count, 1)) + 0.2 * np.arange(READINGS + 1)
    values = sensor(times).astype(np.float32)
    return values[:, :-1], values[:, -1:]


class Forecaster:
    """The network, what it predicts, and how it learns; both are compiled."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        first = nn.Linear(READINGS, HIDDEN, rng=rng, dtype=np.float32)
        last = nn.Linear(HIDDEN, 1, rng=rng, dtype=np.float32)
        self.network = nn.Sequential(first, nn.Tanh(), last)
        optimizer = ag.optim.SGD(self.network.parameters(), lr=0.05, momentum=0.9)

        @ag.compile
        def predict(readings: Any) -> Any:
            with ag.no_grad():
                return self.network(readings)

        @ag.compile
        def learn(readings: Any, following: Any) -> Any:
            optimizer.zero_grad()
            loss = ag.half_squared_error(self.network(readings), following) / BATCH
            loss.backward()
            optimizer.step()
            return loss

        self.predict, self.learn = predict, learn


def numbers(text: str) -> dict[str, Any]:
    """Return what a program has printed, by name."""
    lines = (line.partition(" =") for line in text.splitlines())
    return {name: np.array(values.split(), np.float32) for name, _, values in lines}


def run(path: Path, compiler: str) -> dict[str, Any]:
    """Return what the example of a file prints, compiled as strictly as can be."""
    made, macro = path.with_suffix(""), f"-D{path.stem.upper()}_MAIN"
    strict = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O2"]
    subprocess.run([compiler, *strict, macro, str(path), "-o", str(made), "-lm"], check=True)
    return numbers(subprocess.run([str(made)], capture_output=True, text=True, check=True).stdout)


def size(path: Path) -> str:
    """Return what a file takes on a Cortex-M4, where a compiler for it is installed."""
    made = path.with_suffix(".o")
    target = ["-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"]
    subprocess.run(["arm-none-eabi-gcc", "-std=c99", "-Os", *target, "-c", str(path), "-o", str(made)], check=True)
    told = subprocess.run(["arm-none-eabi-size", str(made)], capture_output=True, text=True, check=True).stdout
    code, data, zeros, *_ = told.splitlines()[1].split()
    return f"{code} bytes of read-only memory, {int(data) + int(zeros)} of its own to write to"


def main(folder: Path) -> None:
    rng = np.random.default_rng(1)
    forecaster = Forecaster()
    batch = examples(rng, BATCH)
    losses = [forecaster.learn(*batch).item() for _ in range(2)]
    losses += [forecaster.learn(*examples(rng, BATCH)).item() for _ in range(3000)]
    print(f"1. Trained in NumPy: the loss falls from {losses[0]:.4f} to {np.mean(losses[-100:]):.6f}\n")

    readings, following = examples(rng, 1)
    expected = forecaster.predict(readings).item()
    print(f"2. After {READINGS} readings it expects {expected:.4f}; the sensor gives {following.item():.4f}\n")

    programs = {"predict.c": forecaster.predict.program, "learn.c": forecaster.learn.program}
    files = [program.save(folder / name) for name, program in programs.items()]
    print("3. The same as C\n")
    for path in files:
        header = path.with_suffix(".h").read_text(encoding="utf-8")
        print("\n".join(f"    {line}" for line in header.splitlines() if line.startswith("int ")))

    compiler = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if compiler is not None:
        predicted, learnt = (run(path, compiler) for path in files)
        loss = forecaster.learn(*batch).item()  # the call that learn.c has as its example
        weights = {name.replace(".", "_"): t.numpy().ravel() for name, t in forecaster.network.named_parameters()}
        differences = [np.max(np.abs(learnt[f"self_network_{name}"] - x)) for name, x in weights.items()]
        print("\n4. Their examples, run as programs\n")
        print(f"    predict.c: {next(iter(predicted.values())).item():.6f}, in NumPy {expected:.6f}")
        print(f"    learn.c:   loss {learnt['loss'].item():.6f}, in NumPy {loss:.6f}")
        print(f"    the weights after that step differ by {max(differences):.1e} at most")
    if shutil.which("arm-none-eabi-gcc"):
        print("\n5. On a Cortex-M4\n")
        print("\n".join(f"    {path.name}: {size(path)}" for path in files))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, help="the folder that the files go to; by default a temporary one")
    given = parser.parse_args().output
    if given is not None:
        main(given)
    else:
        with tempfile.TemporaryDirectory() as temporary:
            main(Path(temporary))
