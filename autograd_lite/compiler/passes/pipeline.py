"""All passes, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from autograd_lite import errors
from autograd_lite.compiler.passes.algebra import algebra
from autograd_lite.compiler.passes.buffers import buffers
from autograd_lite.compiler.passes.constants import constant_folding
from autograd_lite.compiler.passes.dead import dead_code
from autograd_lite.compiler.passes.dots import dots
from autograd_lite.compiler.passes.exponentials import exponentials
from autograd_lite.compiler.passes.fusion import fusion
from autograd_lite.compiler.passes.identities import identities
from autograd_lite.compiler.passes.limits import limits
from autograd_lite.compiler.passes.loops import freed_of_constants, loops
from autograd_lite.compiler.passes.pools import pools
from autograd_lite.compiler.passes.products import products
from autograd_lite.compiler.passes.rolling import rolling
from autograd_lite.compiler.passes.shared import shared
from autograd_lite.compiler.passes.small import small_arrays
from autograd_lite.compiler.passes.subexpressions import common_subexpressions
from autograd_lite.compiler.passes.sums import sums
from autograd_lite.compiler.passes.views import views
from autograd_lite.compiler.program.loop import with_bodies
from autograd_lite.compiler.program.memory import returned_copies
from autograd_lite.compiler.program.program import Program

Pass = Callable[[Program], Program]

PASSES: Mapping[str, Pass] = MappingProxyType(
    {
        "rolling": rolling,
        "dead_code": dead_code,
        "loops": loops,
        "shared": shared,
        "constant_folding": constant_folding,
        "views": views,
        "products": products,
        "algebra": algebra,
        "identities": identities,
        "common_subexpressions": common_subexpressions,
        "limits": limits,
        "sums": sums,
        "dots": dots,
        "small_arrays": small_arrays,
        "fusion": fusion,
        "buffers": buffers,
    }
)
"""By the name with which ``passes=`` of `compile` selects them, in the order in which they are done."""
_FOR_NUMPY = frozenset(("dots", "small_arrays", "fusion", "buffers"))


def for_loops(program: Program, passes: Iterable[str]) -> Program:
    """Return the program that loops are made of: after those passes that are of use where no lines of NumPy are."""
    return measured(program, set(passes) - _FOR_NUMPY, native=True)[-1][1]


def selected(passes: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of passes, all of them for None; an error for what is none."""
    chosen = tuple(PASSES) if passes is None else tuple(passes)
    if unknown := [name for name in chosen if name not in PASSES]:
        raise errors.CompileError(errors.COMPILE_PASSES.format(given=unknown, known=", ".join(PASSES)))
    return chosen


def measured(
    program: Program, passes: Iterable[str] | None = None, step: bool = False, native: bool = False
) -> list[tuple[str, Program]]:
    """Return the program after each of the passes, with their names.

    All of them are done to the steps of its loops first, but for those results that nobody reads. What leaves a `step`
    of a loop need not be its own: it is the carry of the next, or copied to its place. What is `native` has two more.

    NOTE: copies of what leaves the program are made after `views`, which would take them out again.
    """
    chosen = selected(passes)
    stages = [("recorded", program)]
    if native:
        program = pools(program)
        stages.append(("pools", program))
    for name, work in PASSES.items():
        if name == "constant_folding":
            program = loops(program) if "shared" in chosen else program  # of what is shared now
            inner = with_bodies(program, lambda body: measured(body, chosen, step=True, native=native)[-1][1])
            if inner is not program:
                program = freed_of_constants(inner)
                stages.append(("steps of loops", program))
        if name == "buffers" and not step:
            program = returned_copies(program)
            stages.append(("copies of what leaves", program))
        if name in chosen:
            changed = work(program)
            if changed is not program and name not in {"dead_code", "fusion", "buffers"} and "dead_code" in chosen:
                changed = dead_code(changed)
            program = changed
            stages.append((name, program))
    if native and "identities" in chosen:
        stages.append(("exponentials", dead_code(exponentials(program))))
    return stages
