"""Time autograd_lite beside its peers and print the figures. Nothing here is a test."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from report import report

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE / "contenders"
TIMEOUT_SECONDS = 900
IMPORT_ROUNDS = 10
LONG_ROUNDS = 2
STEPS = ("perceptron", "mlp", "chain1000", "gradient1000", "hessian50")

# Threads cost more than they bring on arrays of ten numbers, so nobody gets them.
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
    "JAX_PLATFORMS": "cpu",
}

Figures = dict[str, Any]
Results = dict[str, Figures]


@dataclass(frozen=True)
class Contender:
    name: str
    script: str
    module: str
    peer: bool = True
    environment: dict[str, str] = field(default_factory=dict)


OURS = Contender("ours", "ours.py", "autograd_lite", False, {"PYTHONPATH": str(HERE.parent)})
COMPILED = Contender(
    "ours compiled", "ours.py", "autograd_lite", False, {**OURS.environment, "AUTOGRAD_LITE_COMPILE": "1"}
)
HAND = Contender("hand", "hand.py", "numpy", False)
PYTORCH = Contender("PyTorch", "pytorch.py", "torch")
CONTENDERS = (
    HAND,
    OURS,
    COMPILED,
    PYTORCH,
    Contender("JAX eager", "jaxlib_.py", "jax"),
    Contender("JAX jit", "jaxlib_.py", "jax", environment={"JAX_CONTENDER_JIT": "1"}),
    Contender("HIPS autograd", "hips.py", "autograd"),
    Contender("MyGrad", "mygrad_.py", "mygrad"),
    Contender("micrograd", "micrograd_.py", "micrograd"),
)


def environment(contender: Contender) -> dict[str, str]:
    inherited = dict(os.environ)
    # Without its bytecode cache an import would be timed with its compilation.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    inherited.pop("PYTHONPATH", None)
    return inherited | ONE_THREAD | contender.environment


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]


def reason(stderr: str) -> str:
    # A printed table gets copied: no place of this machine belongs in it.
    return last_line(stderr).replace(str(HERE.parent), ".")


def execute(contender: Contender, command: list[str]) -> Figures:
    try:
        done = subprocess.run(
            command,
            env=environment(contender),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"error": type(error).__name__}
    if done.returncode:
        return {"error": reason(done.stderr)}
    return json.loads(last_line(done.stdout))


def best(new: Any, old: Any) -> Any:
    """The smaller of two figures, down through dicts and lists; an error stays."""
    if isinstance(new, dict):
        if "error" in new or "error" in old:
            return new if "error" in new else old
        return {key: best(value, old.get(key, value)) for key, value in new.items()}
    if isinstance(new, list):
        return [best(a, b) for a, b in zip(new, old, strict=True)]
    return min(new, old) if isinstance(new, float) else new


@dataclass
class Session:
    peers: str
    results: Results = field(default_factory=dict)

    def python(self, contender: Contender) -> str:
        return self.peers if contender.peer else sys.executable

    def keep(self, contender: Contender, figures: Figures) -> None:
        kept = self.results.setdefault(contender.name, {})
        for name, figure in figures.items():
            kept[name] = best(figure, kept.get(name, figure))

    def probe(self, contender: Contender) -> None:
        command = [self.python(contender), str(SCRIPTS / "probe.py"), contender.module]
        self.keep(contender, {"probe": execute(contender, command)})

    def measure(self, contender: Contender, workloads: tuple[str, ...]) -> None:
        if "error" in self.results[contender.name]["probe"]:
            return
        command = [self.python(contender), str(SCRIPTS / contender.script), *workloads]
        figures = execute(contender, command)
        failed = "error" in figures
        self.keep(contender, dict.fromkeys(workloads, figures) if failed else figures)


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def probe_all(session: Session) -> None:
    for number in range(IMPORT_ROUNDS):
        progress(f"imports, round {number + 1} of {IMPORT_ROUNDS}")
        for contender in CONTENDERS:
            session.probe(contender)


def measure_all(session: Session, rounds: int) -> None:
    # One round over everybody at a time, so that a slow minute of the machine
    # falls on all contenders and not on one.
    for number in range(rounds):
        progress(f"steps, round {number + 1} of {rounds}")
        for contender in CONTENDERS:
            session.measure(contender, STEPS)


def measure_long(session: Session) -> None:
    for number in range(LONG_ROUNDS):
        progress(f"long chains, round {number + 1} of {LONG_ROUNDS}")
        session.measure(OURS, ("chain1e6",))
        session.measure(PYTORCH, ("chain1e6",))
    progress("memory")
    session.measure(OURS, ("memory", "depth"))


def machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("AUTOGRAD_LITE_PEERS", sys.executable)
    parser.add_argument("--peers", default=default, help="interpreter that has the peers")
    parser.add_argument("--rounds", type=positive, default=5, help="processes per contender")
    parser.add_argument("--long", action="store_true", help="also chain1e6, memory and depth")
    parser.add_argument("--json", type=Path, help="write the raw figures to this file")
    options = parser.parse_args()
    if shutil.which(options.peers) is None:
        parser.error(f"no interpreter at {options.peers}")
    return options


def main() -> None:
    options = arguments()
    session = Session(options.peers)
    probe_all(session)
    measure_all(session, options.rounds)
    if options.long:
        measure_long(session)
    outcome = {"machine": machine(), "rounds": options.rounds, "contenders": session.results}
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=2) + "\n")
    print(report(outcome))


if __name__ == "__main__":
    main()
