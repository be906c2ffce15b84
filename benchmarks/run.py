"""Time autograd_lite beside its peers and print the figures. Nothing here is a test."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from figures import Figures, Results
from report import report
from roster import CONTENDERS, GROUPS, OURS, PEAKS, PEAKS_OF, PYTORCH, TOP, WORKLOADS, Contender, environment

SCRIPTS = TOP / "benchmarks" / "contenders"
TIMEOUT_SECONDS = 900
IMPORT_ROUNDS = 10
LONG_ROUNDS = FIRST_ROUNDS = 2


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no output"])[-1]


def reason(stderr: str) -> str:
    # A printed table gets copied: no place of this machine belongs in it.
    return last_line(stderr).replace(str(TOP), ".")


def execute(contender: Contender, command: list[str], cache: str, threads: int) -> Figures:
    try:
        done = subprocess.run(
            command,
            env=environment(contender, cache, threads),
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
    cache: str
    """A folder for the compiled code that a contender keeps from one process for the next."""
    threads: int = 1
    only: tuple[str, ...] = ()
    """The workloads that are asked for; none of them: all."""
    results: Results = field(default_factory=dict)

    def chosen(self, workloads: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in workloads if not self.only or name in self.only)

    def python(self, contender: Contender) -> str:
        return self.peers if contender.peer else sys.executable

    def keep(self, contender: Contender, figures: Figures) -> None:
        kept = self.results.setdefault(contender.name, {})
        for name, figure in figures.items():
            kept[name] = best(figure, kept.get(name, figure))

    def probe(self, contender: Contender) -> None:
        command = [self.python(contender), str(SCRIPTS / "probe.py"), contender.module]
        self.keep(contender, {"probe": execute(contender, command, self.cache, self.threads)})

    def run(self, contender: Contender, workloads: tuple[str, ...], cache: str, script: str = "") -> Figures:
        command = [self.python(contender), str(SCRIPTS / (script or contender.script)), *workloads]
        return execute(contender, command, cache, self.threads)

    def measure(self, contender: Contender, workloads: tuple[str, ...], script: str = "") -> None:
        if not workloads or "error" in self.results[contender.name]["probe"]:
            return
        figures = self.run(contender, workloads, self.cache, script)
        failed = "error" in figures
        self.keep(contender, dict.fromkeys(workloads, figures) if failed else figures)

    def measure_peak(self, contender: Contender, workload: str) -> None:
        """Keep the figures of all processes: their median counts."""
        if "error" in self.results[contender.name]["probe"]:
            return
        name = f"peak:{workload}"
        figures = self.run(contender, (name,), self.cache, contender.networks)
        kept = self.results[contender.name].setdefault(name, {})
        for kind, figure in figures.get(name, figures).items():
            kept[kind] = figure if kind == "error" else [*kept.get(kind, []), figure]

    def measure_first(self, contender: Contender, workload: str) -> None:
        if "error" in self.results[contender.name]["probe"] or "error" in self.results[contender.name][workload]:
            return
        name = f"first:{workload}"
        with tempfile.TemporaryDirectory() as empty:
            processes = [self.run(contender, (name,), empty) for _ in range(1 + contender.cached)]
        figures = [process.get(name, process) for process in processes]
        failed = next((found for found in figures if "error" in found), None)
        cached = figures[1]["two"] if contender.cached and not failed else math.nan
        self.keep(contender, {name: failed or figures[0] | {"cached": cached}})


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def probe_all(session: Session) -> None:
    rounds = 1 if session.only else IMPORT_ROUNDS
    for number in range(rounds):
        progress(f"imports, round {number + 1} of {rounds}")
        for contender in CONTENDERS:
            session.probe(contender)


def measure_all(session: Session, rounds: int) -> None:
    # One round over everybody at a time, so that a slow minute of the machine
    # falls on all contenders and not on one.
    for number in range(rounds):
        progress(f"steps, round {number + 1} of {rounds}")
        for contender in CONTENDERS:
            for script, workloads in contender.parts():
                session.measure(contender, session.chosen(workloads), script)


def measure_peaks(session: Session, rounds: int) -> None:
    for number in range(rounds if session.chosen(PEAKS) else 0):
        progress(f"memory of steps, round {number + 1} of {rounds}")
        for workload, contender in product(session.chosen(PEAKS), CONTENDERS):
            if contender.name in PEAKS_OF:
                session.measure_peak(contender, workload)


def measure_first_calls(session: Session) -> None:
    for number in range(FIRST_ROUNDS):
        progress(f"first calls, round {number + 1} of {FIRST_ROUNDS}")
        for contender in CONTENDERS:
            for workload in contender.steps if contender.first else ():
                session.measure_first(contender, workload)


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


def named(names: list[str]) -> tuple[str, ...]:
    return tuple(workload for name in names for workload in GROUPS.get(name, (name,)))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("AUTOGRAD_LITE_PEERS", sys.executable)
    parser.add_argument("--peers", default=default, help="interpreter that has the peers")
    parser.add_argument("--rounds", type=positive, default=5, help="processes per contender")
    parser.add_argument("--threads", type=positive, default=1, help="for each contender")
    parser.add_argument("--long", action="store_true", help="also first calls, chain1e6, memory and depth")
    groups = ", ".join(GROUPS)
    parser.add_argument("--only", nargs="+", default=[], help=f"these workloads alone; {groups} name several")
    parser.add_argument("--json", type=Path, help="write the raw figures to this file")
    options = parser.parse_args()
    if shutil.which(options.peers) is None:
        parser.error(f"no interpreter at {options.peers}")
    if options.long and options.only:
        parser.error("--only leaves out what --long adds")
    if unknown := {*named(options.only)} - {*WORKLOADS}:
        parser.error(f"no workload is called {', '.join(sorted(unknown))}")
    return options


def measure(session: Session, options: argparse.Namespace) -> None:
    probe_all(session)
    measure_all(session, options.rounds)
    measure_peaks(session, options.rounds)
    if options.long:
        measure_first_calls(session)
        measure_long(session)


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as cache:
        session = Session(options.peers, cache, options.threads, named(options.only))
        measure(session, options)
    about = {"machine": machine(), "rounds": options.rounds, "threads": options.threads, "only": session.only}
    outcome = {**about, "contenders": session.results}
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=2) + "\n")
    print(report(outcome))


if __name__ == "__main__":
    main()
