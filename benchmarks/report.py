"""The figures of run.py as Markdown tables that also read well in a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

Figures = dict[str, Any]
Results = dict[str, Figures]
Row = list[str]

WORDS = ("not installed", "unsupported")
STEPS = ("perceptron", "mlp", "chain1000", "gradient1000", "hessian50")
TOLERANCES = {"mlp": 1e-4}  # in float32
PHASES = ("forward", "backward", "drop unswept")
SHORT, LONG = "250000", "1000000"


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


HAND_GOALS = {"perceptron": Goal(1.7), "gradient1000": Goal(4)}
COMPILED_GOALS = {"perceptron": Goal(0.85), "mlp": Goal(0.9), "gradient1000": Goal(1)}
PYTORCH_GOALS = {
    "perceptron": Goal(2.5, at_least=True),
    "chain1000": Goal(1.5, at_least=True),
    "gradient1000": Goal(1, at_least=True),
}
HIPS_GOALS = {"hessian50": Goal(10, at_least=True)}
IMPORT_GOAL = Goal(25, unit=" ms")
MEMORY_GOAL = Goal(1000, unit=" kB")


def with_goal(figure: float, text: str, goal: Goal | None) -> str:
    return f"{text} (goal {goal}: {goal.verdict(figure)})" if goal else text


def ratio(above: float, below: float) -> float:
    return above / below if below else math.nan


def shown(number: float, digits: int = 2) -> str:
    return "-" if math.isnan(number) else f"{number:,.{digits}f}"


def padded(cells: Row, widths: list[int]) -> str:
    return "| " + " | ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)) + " |"


def table(head: Row, rows: list[Row]) -> str:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    rule = ["-" * width for width in widths]
    return "\n".join(padded(cells, widths) for cells in (head, rule, *rows))


def figures_of(results: Results, name: str, workload: str) -> Figures:
    """A contender's figures, or the reason there are none."""
    found = results[name]
    return found["probe"] if "error" in found["probe"] else found.get(workload, {})


def seconds_of(results: Results, name: str, workload: str) -> float:
    return figures_of(results, name, workload).get("seconds", math.nan)


def label(error: str) -> str:
    """What fits in a cell; `complaints` prints a longer reason under the table."""
    return error if error in WORDS else "error"


def step_row(results: Results, name: str, workload: str) -> Row:
    figures = figures_of(results, name, workload)
    if "error" in figures:
        return [workload, name, label(figures["error"]), "-", "-", "-", "-"]
    time = figures["seconds"]
    by_hand = ratio(time, seconds_of(results, "hand", workload))
    by_torch = ratio(seconds_of(results, "PyTorch", workload), time)
    by_hips = ratio(seconds_of(results, "HIPS autograd", workload), time)
    hand_goal, torch_goal, hips_goal = (
        goals.get(workload) if name == "ours" else None for goals in (HAND_GOALS, PYTORCH_GOALS, HIPS_GOALS)
    )
    if name == "ours compiled":
        hand_goal = COMPILED_GOALS.get(workload)
    return [
        workload,
        name,
        shown(1 / time, 0),
        shown(time * 1e6, 1),
        with_goal(by_hand, shown(by_hand), hand_goal),
        with_goal(by_torch, shown(by_torch), torch_goal),
        with_goal(by_hips, shown(by_hips), hips_goal),
    ]


def step_table(results: Results) -> str:
    head = ["workload", "contender", "steps/s", "us/step", "time, hand = 1", "speed, PyTorch = 1", "speed, HIPS = 1"]
    return table(head, [step_row(results, name, w) for w in STEPS for name in results])


def differs(results: Results, name: str, workload: str) -> bool:
    check = figures_of(results, name, workload).get("check")
    expected = figures_of(results, "hand", workload).get("check")
    return None not in (check, expected) and not math.isclose(check, expected, rel_tol=TOLERANCES.get(workload, 1e-9))


def complaints(results: Results) -> Iterable[str]:
    for workload, name in product((*STEPS, "chain1e6"), results):
        error = figures_of(results, name, workload).get("error", WORDS[0])
        if error not in WORDS:
            yield f"{workload}, {name}: {error}"
        if differs(results, name, workload):
            yield f"{workload}, {name}: WARNING: its result is not that of hand"


def import_row(name: str, probe: Figures) -> Row:
    if "error" in probe:
        return [name, "-", "-", "-", label(probe["error"])]
    ms = probe["import"] * 1e3
    text = with_goal(ms, shown(ms, 1), IMPORT_GOAL if name == "ours" else None)
    return [name, probe["version"], probe["python"], probe["numpy"], text]


def import_table(results: Results) -> str:
    head = ["contender", "version", "Python", "NumPy", "import beyond NumPy's, ms"]
    return table(head, [import_row(name, found["probe"]) for name, found in results.items()])


def long_rows(name: str, figures: Figures) -> list[Row]:
    if "error" in figures:
        return [[name, label(figures["error"]), "-", "-"]]
    pairs = zip(PHASES, figures[LONG], figures[SHORT], strict=True)
    return [[name, phase, shown(b), shown(ratio(b, a))] for phase, b, a in pairs]


def long_table(results: Results) -> str:
    head = ["contender", "chain1e6", "s for 1e6", "time(1e6)/time(2.5e5), linear = 4"]
    names = ("ours", "PyTorch")
    rows = [r for n in names for r in long_rows(n, figures_of(results, n, "chain1e6"))]
    return table(head, rows)


def memory_line(results: Results) -> str:
    figures = figures_of(results, "ours", "memory")
    if "error" in figures:
        return f"memory, ours: {figures['error']}"
    kb = figures["growth_kb"]
    text = with_goal(kb, f"{shown(kb, 0)} kB", MEMORY_GOAL)
    return f"memory, ours: growth from step 10,000 to step 100,000: {text}"


def depth_table(results: Results) -> str:
    figures = figures_of(results, "ours", "depth")
    if "error" in figures:
        return f"depth, ours: {figures['error']}"
    head = ["parts of 10 operations", "peak, MB", "with checkpoint, MB"]
    return table(head, [[n, shown(plain, 1), shown(kept, 1)] for n, (plain, kept) in figures.items()])


def long_part(results: Results) -> list[str]:
    ran = any("chain1e6" in found for found in results.values())
    if not ran:
        return ["chain1e6, memory, depth: not run (they need --long)"]
    return [long_table(results), memory_line(results), depth_table(results)]


def report(outcome: Figures) -> str:
    results = outcome["contenders"]
    heading = f"{outcome['machine']}; best of {outcome['rounds']} interleaved rounds"
    parts = [heading, step_table(results), import_table(results), *long_part(results)]
    return "\n\n".join([*parts, *complaints(results)])
