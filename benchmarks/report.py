"""The figures of run.py as tables, with the goal of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product

from figures import (
    WORDS,
    Figures,
    Results,
    differs,
    figures_of,
    label,
    peak_of,
    ratio,
    reference_of,
    seconds_of,
)
from goals import (
    FIRST_CACHED,
    FIRST_SECONDS,
    FIRST_STEPS,
    IMPORT,
    MEMORY,
    PEAK_GOALS,
    TIME_GOALS,
    Goals,
    time_goal,
    with_goal,
)
from markdown import Row, shown, table
from roster import CONTENDERS, ELEMENTS, FUNCTIONS, LOOPS, MATRICES, NETWORKS, PEAKS, PRODUCTS, STEPS

TIMES = ("hand", "JAX jit", "PyTorch", "torch.compile")
PHASES = ("forward", "backward", "drop unswept")
SHORT, LONG = "250000", "1000000"


def time_ratio(results: Results, name: str, workload: str, reference: str) -> float:
    return ratio(seconds_of(results, name, workload), seconds_of(results, reference, workload))


def time_cell(results: Results, name: str, workload: str, reference: str) -> str:
    figure = time_ratio(results, name, workload, reference)
    return with_goal(figure, shown(figure), time_goal(reference, name, workload))


def measured(results: Results, workload: str) -> bool:
    return any(workload in found for found in results.values())


def step_row(results: Results, name: str, workload: str) -> Row:
    figures = figures_of(results, name, workload)
    if "error" in figures:
        return [workload, name, label(figures["error"]), "-", *("-" for _ in TIMES)]
    time = figures["seconds"]
    times = [time_cell(results, name, workload, reference) for reference in TIMES]
    return [workload, name, shown(1 / time, 0), shown(time * 1e6, 1), *times]


def step_table(results: Results) -> str:
    ratios = [f"time, {name} = 1" for name in TIMES]
    known = [contender for contender in CONTENDERS if contender.name != PRODUCTS]
    pairs = [(w, c.name) for w in (*STEPS, *LOOPS) if measured(results, w) for c in known if w in c.steps]
    rows = [step_row(results, name, workload) for workload, name in pairs]
    return table(["workload", "contender", "steps/s", "us/step", *ratios], rows)


def products_row(results: Results, name: str, workload: str) -> Row:
    ms = seconds_of(results, name, workload) * 1e3
    return [workload, name, shown(ms, 3), time_cell(results, name, workload, PRODUCTS)]


def products_table(results: Results) -> str:
    workloads = next(contender.steps for contender in CONTENDERS if contender.name == PRODUCTS)
    pairs = [(w, n) for w, n in product(workloads, results) if "seconds" in figures_of(results, n, w)]
    head = ["workload", "contender", "ms/step", f"time, {PRODUCTS} = 1"]
    return table(head, [products_row(results, name, workload) for workload, name in pairs])


def functions_row(results: Results, name: str, workload: str) -> Row:
    ns = seconds_of(results, name, workload) / ELEMENTS * 1e9
    return [workload, name, shown(ns, 2), time_cell(results, name, workload, "hand")]


def functions_table(results: Results) -> str:
    pairs = [(w, n) for w, n in product(FUNCTIONS, results) if "seconds" in figures_of(results, n, w)]
    rows = [functions_row(results, name, workload) for workload, name in pairs]
    return table(["function, float32", "contender", "ns/element", "time, hand = 1"], rows)


def matrices_row(results: Results, name: str, workload: str) -> Row:
    us = seconds_of(results, name, workload) * 1e6
    return [workload, name, shown(us, 1), *[time_cell(results, name, workload, of) for of in ("hand", "PyTorch")]]


def matrices_table(results: Results) -> str:
    pairs = [(w, n) for w, n in product(MATRICES, results) if "seconds" in figures_of(results, n, w)]
    head = ["value and gradient", "contender", "us", "time, hand = 1", "time, PyTorch = 1"]
    return table(head, [matrices_row(results, name, workload) for workload, name in pairs])


def networks_row(results: Results, name: str, workload: str) -> Row:
    us = seconds_of(results, name, workload) * 1e6
    return [workload, name, shown(us, 1), *[time_cell(results, name, workload, of) for of in ("PyTorch", "JAX jit")]]


def networks_table(results: Results) -> str:
    pairs = [(w, n) for w, n in product(NETWORKS, results) if "seconds" in figures_of(results, n, w)]
    head = ["network, float32", "contender", "us", "time, PyTorch = 1", "time, JAX jit = 1"]
    return table(head, [networks_row(results, name, workload) for workload, name in pairs])


def peak_ratio(results: Results, name: str, workload: str) -> float:
    return ratio(peak_of(results, name, workload), peak_of(results, "PyTorch", workload))


def peaks_row(results: Results, name: str, workload: str) -> Row:
    figure, mb = peak_ratio(results, name, workload), peak_of(results, name, workload) * 1024 / 1e6
    return [workload, name, shown(mb, 1), with_goal(figure, shown(figure), PEAK_GOALS.get(name, {}).get(workload))]


def peaks_table(results: Results) -> str:
    pairs = [(w, n) for w, n in product(PEAKS, results) if "kb" in figures_of(results, n, f"peak:{w}")]
    head = ["memory of a step", "contender", "peak, MB", "memory, PyTorch = 1"]
    return table(head, [peaks_row(results, name, workload) for workload, name in pairs])


def first_row(results: Results, name: str, workload: str) -> Row:
    # A contender that has no steps was not asked for its first.
    figures = figures_of(results, name, f"first:{workload}") or figures_of(results, name, workload)
    if "error" in figures:
        return [workload, name, label(figures["error"]), "-", "-", "-"]
    seconds, two, cached = figures["seconds"], figures["two"], figures["cached"]
    steps = ratio(seconds, seconds_of(results, "ours", workload))
    return [
        workload,
        name,
        shown(seconds, 4),
        with_goal(steps, shown(steps, 1), FIRST_STEPS.get(name)),
        with_goal(two, shown(two, 4), FIRST_SECONDS.get(name)),
        with_goal(cached, shown(cached, 4), FIRST_CACHED.get(name)),
    ]


def first_table(results: Results) -> str:
    head = ["workload", "contender", "first call, s", "in steps of ours", "first two, s", "first two from the cache, s"]
    names = [contender.name for contender in CONTENDERS if contender.first]
    return table(head, [first_row(results, name, workload) for workload in STEPS for name in names])


def complaints(results: Results) -> Iterable[str]:
    firsts = [f"first:{workload}" for workload in STEPS]
    peaks = [f"peak:{workload}" for workload in PEAKS]
    every = (*STEPS, *MATRICES, *FUNCTIONS, *NETWORKS, *peaks, *firsts, "chain1e6")
    for workload, name in product(every, results):
        error = figures_of(results, name, workload).get("error", WORDS[0])
        if error not in WORDS:
            yield f"{workload}, {name}: {error}"
        if differs(results, name, workload):
            yield f"{workload}, {name}: WARNING: its result is not that of {reference_of(workload)}"


def missed(
    results: Results, of: str, contenders: dict[str, Goals], figure_of: Callable[[str, str], float]
) -> list[str]:
    return [
        f"- {workload}, {name}: {shown(figure)} x {of}, {goal}"
        for name, goals in contenders.items()
        for workload, goal in goals.items()
        if measured(results, workload) and goal.verdict(figure := figure_of(name, workload)) != "reached"
    ]


def short(results: Results) -> str:
    """What is short of its goal."""
    lines = []
    for of, contenders in TIME_GOALS.items():
        lines += missed(results, of, contenders, partial(time_ratio, results, reference=of))
    lines += missed(results, "the memory of PyTorch", PEAK_GOALS, partial(peak_ratio, results))
    return "\n".join(["Short of the goal, or not measured:", "", *(lines or ["- nothing"])])


def import_row(name: str, probe: Figures) -> Row:
    if "error" in probe:
        return [name, "-", "-", "-", "-", label(probe["error"])]
    ms = probe["import"] * 1e3
    text = with_goal(ms, shown(ms, 1), IMPORT.get(name))
    return [name, probe["version"], probe["python"], probe["numpy"], probe["blas"], text]


def import_table(results: Results) -> str:
    head = ["contender", "version", "Python", "NumPy", "BLAS: kernels", "import beyond NumPy's, ms"]
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
    text = with_goal(kb, f"{shown(kb, 0)} kB", MEMORY)
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
        return ["first calls, chain1e6, memory, depth: not run (they need --long)"]
    return [first_table(results), long_table(results), memory_line(results), depth_table(results)]


def report(outcome: Figures) -> str:
    results = outcome["contenders"]
    threads = f"{outcome['threads']} thread{'s' * (outcome['threads'] > 1)} each"
    heading = f"{outcome['machine']}; {threads}; best of {outcome['rounds']} interleaved rounds"
    steps = [step_table(results), short(results), products_table(results)]
    networks = [networks_table(results), peaks_table(results)]
    # Of some workloads alone one import of each is measured, which is no figure.
    imports = [] if outcome["only"] else [import_table(results)]
    tables = [*steps, *networks, matrices_table(results), functions_table(results), *imports]
    parts = [heading, *tables, *([] if outcome["only"] else long_part(results))]
    return "\n\n".join(part for part in [*parts, *complaints(results)] if part)
