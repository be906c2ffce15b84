"""What a compiled function does: a program for each kind of arguments that it was called with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd_lite.base.later import Later
from autograd_lite.base.lazy import lazy
from autograd_lite.compiler.choice import Choice
from autograd_lite.compiler.passes import rolled
from autograd_lite.compiler.program.program import Program
from autograd_lite.compiler.recording.derivative import Derivative
from autograd_lite.compiler.recording.operation import Operation, Pull
from autograd_lite.compiler.recording.run import COMPUTED, RecordedProgram
from autograd_lite.compiler.text.calling import MISS, Caller
from autograd_lite.compiler.text.names import Names
from autograd_lite.compiler.text.numpy_program import NumpyProgram
from autograd_lite.compiler.text.numpy_text import NumpyText
from autograd_lite.compiler.verifying import Verifier
from autograd_lite.transforms.watched import Function

if TYPE_CHECKING:
    from pathlib import Path

    from autograd_lite.base.display import Report
    from autograd_lite.compiler import saving
    from autograd_lite.compiler.native import backend as machine
    from autograd_lite.compiler.text import drawing, report
    from autograd_lite.compiler.text import formulas as mathematics
    from autograd_lite.viz.picture import Picture
else:  # two thirds of the time of this import, each of which comes when it is asked for
    drawing, report = Later("autograd_lite.compiler.text.drawing"), Later("autograd_lite.compiler.text.report")
    mathematics, machine = Later("autograd_lite.compiler.text.formulas"), Later("autograd_lite.compiler.native.backend")
    saving = Later("autograd_lite.compiler.saving")

LIMIT = 64
"""How many programs a compiled function keeps; the oldest is dropped for a new one."""


class Choices(NamedTuple):
    """What `compile` was asked for."""

    backend: Choice
    passes: tuple[str, ...]
    static: tuple[Any, ...]
    pure: bool
    verify: int
    replay: bool = False


class CompiledProgram:
    """What a compiled function does for one kind of arguments.

    Attributes
    ----------
    program : Program
        The calls, after all passes.
    source : str
        The same as a Python function, with a comment for each line: what runs, unless the backend is a native one.
    native : NativeProgram or None
        What runs in its place; ``native.source`` is its text.

    NOTE: all of it is made when it is first asked for, at the second call at the latest: half of what a first call
    would take, and nothing for what is called once.
    """

    def __init__(self, recorded: RecordedProgram, choices: Choices, function: Function) -> None:
        self.forward, self.plain = recorded.program, False
        self.operation: Operation | None = None
        self._function, self.passes, self._backend = function, choices.passes, choices.backend
        self.recorded = recorded if recorded.derived is None else self._divided(recorded, recorded.derived)
        self._numpy = NumpyProgram(self.recorded.program, self.passes)
        self.verifier = Verifier(function, self.recorded, 0 if self.plain else choices.verify)

    def _divided(self, recorded: RecordedProgram, derived: Derivative) -> RecordedProgram:
        """Take a recorded run apart into what computes the results and what computes their derivatives."""
        roll = rolled if "rolling" in self.passes else None
        program, residuals, pullbacks = derived.divided(recorded.program, roll)
        results = program.outputs[: len(recorded.program.outputs)]
        self.forward, self.plain = program.having(outputs=results), derived.plain
        if not self.plain:
            self.operation = Operation(self._function, derived, program.inputs)
            load = partial(_loaded, self._backend, self.passes)
            self.operation.pullbacks.update({p.places: Pull(p.read, partial(load, p.program)) for p in pullbacks})
        kinds = [*recorded.kinds, *["residual"] * len(residuals)]
        return replace(recorded, program=program, kinds=kinds, derived=None)

    def __getstate__(self) -> dict[str, Any]:
        """A pickle has the program and what it is shown with; it is called by nobody, for what it read is elsewhere."""
        recorded = replace(self.recorded, environment=None)
        return {"recorded": recorded, "forward": self.forward, "passes": self.passes, "_backend": self._backend,
                "_numpy": NumpyProgram(recorded.program, self.passes)}  # fmt: skip

    @property
    def program(self) -> Program:
        """The calls, after all passes."""
        return self._numpy.program

    @property
    def text(self) -> NumpyText:
        return self._numpy.module

    @lazy
    def native(self) -> machine.NativeProgram | None:
        """What runs in the place of NumPy's calls, where the backend is a native one."""
        numbers = [kind == "array" for kind in self.recorded.kinds if kind in COMPUTED]
        return self._backend.made(self.recorded.program, self.passes, numbers, self._numpy)

    @lazy
    def enter(self) -> Callable[..., Any]:
        """``enter(args, kwargs)``: what the program returns, or `MISS` where it is not for these arguments."""
        if self.plain:
            return self._as_written()
        native = self.native
        program, step = (self.program, self._numpy.function) if native is None else (native.program, native.load())
        if self.operation is not None:
            self.operation.holds = Caller(self.recorded, program, step).compared()
        return Caller(self.recorded, program, step, self.operation).made()

    def _as_written(self) -> Callable[..., Any]:
        """Return what calls the plain function, where the program is for the arguments."""
        function = self._function
        compared = Caller(self.recorded, self.recorded.program, function).compared()

        def enter(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return MISS if compared(args, kwargs) is MISS else function(*args, **kwargs)

        return enter

    @property
    def source(self) -> str:
        """The text of the function, with the helpers and constants it needs; it runs with NumPy alone."""
        return self.text.text()

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the program to a file that runs alone, with an example: the parameters as they are now.

        Parameters
        ----------
        path : path
            ``step.py`` for NumPy; ``step.c`` for C99 with a header, without any library, in the memory of its caller.

        Raises
        ------
        CompileError
            Where the program does what the C written here cannot: code of others, random and complex numbers,
            functions that are no loops over elements. The message names the line.

        Notes
        -----
        In C, what the function changes, and its learning rate, are a ``struct`` that the caller has and ``step_init``
        fills; what it only reads is constants. A gradient is a result, unless a parameter was moved by it. Numbers are
        the same but for rounding. Where derivatives of results are recorded, the file has the values alone.

        Examples
        --------
        >>> import tempfile
        >>> import autograd_lite as ag
        >>> def cubes(x):
        ...     return np.sum(x**3)
        >>> slope = ag.compile(ag.grad(cubes))
        >>> slope(np.array([1.0, 2.0]))
        array([ 3., 12.])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     header = slope.program.save(f"{folder}/slope.c").with_suffix(".h").read_text()
        >>> print(*[line for line in header.splitlines() if line.startswith("int")])
        int cubes(const double *x, double *result);
        """
        return saving.saved(self, path)

    def report(self) -> Report:
        """Return a table: calls, operations, bytes and buffers as recorded, and after each pass.

        A string, which a prompt shows in its lines, and a notebook as a table. For a native backend also what its
        kernels do, and what is left to NumPy between them, and why.
        """
        native = "" if self.native is None else f"\n\n{self.native.report()}"
        return report.table(self._numpy.stages, native + self._backend.report())

    def visualize(self, *, before: bool = False, legend: bool = True, direction: str | None = None) -> Picture:
        """Draw the program, with `before` beside it what was recorded; see `autograd_lite.visualize`."""
        programs = {"after the passes": (self.program, self.text.names.__getitem__)}
        if before:
            recorded = self.forward
            programs = {"as recorded": (recorded, Names(recorded).__getitem__), **programs}
        return drawing.picture(programs, legend, direction)

    def formulas(self) -> mathematics.Formulas:
        """Return the derivatives as mathematics, as they were recorded: text, and LaTeX in a notebook."""
        return mathematics.Formulas(self.forward)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{x.name}: {self.program.types[x.id]}" for x in self.program.inputs)
        return f"<program {self.program.title}({kinds}) of {len(self.program.instructions)} calls>"


def _loaded(backend: Choice, passes: tuple[str, ...], program: Program) -> Callable[..., Any]:
    """Return a pullback as a function."""
    plain = NumpyProgram(program, passes)
    native = backend.made(program, passes, [False] * len(program.outputs), plain)
    return plain.function if native is None else native.load()


class Programs:
    """The programs of a compiled function, the latest first.

    Attributes
    ----------
    recordings : int
        How often the function was recorded: as many as there are programs, plus those runs in which an optimiser made
        its state, plus those whose program was dropped.
    """

    def __init__(self) -> None:
        self.recordings = 0
        self.enters: tuple[Callable[..., Any], ...] = ()
        self._kept: tuple[CompiledProgram, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        return {"recordings": self.recordings, "enters": (), "_kept": self._kept}

    def add(self, program: CompiledProgram) -> None:
        """Keep one more, and drop the oldest where there are too many."""
        self._kept = (program, *self._kept)[:LIMIT]

    def outdated(self) -> set[tuple[int, ...]]:
        """Drop programs that are to be recorded again, and return the results that are differentiated together."""
        stale = [p.operation for p in self._kept if p.operation is not None and p.operation.stale]
        self._kept = tuple([p for p in self._kept if p.operation not in stale or p.operation is None])
        return {places for operation in stale for places in operation.learned}

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what the program for a call returns, or `MISS` where there is none."""
        self.enters = tuple([p.enter for p in self._kept if not p.verifier.left])
        for p in self._kept:
            result = p.verifier.call(p.enter, args, kwargs) if p.verifier.left else p.enter(args, kwargs)
            if result is not MISS:
                return result
        return MISS

    def __iter__(self) -> Iterator[CompiledProgram]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, index: int) -> CompiledProgram:
        return self._kept[index]

    def __repr__(self) -> str:
        return "\n".join([f"{len(self)} programs of {self.recordings} recordings", *(f"  {p}" for p in self)])
