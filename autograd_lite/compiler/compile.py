"""`compile`: a function that is recorded at its first call, and from then on runs as straight-line NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, update_wrapper
from os import PathLike
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler import report, turn
from autograd_lite.compiler.calling import MISS, Caller
from autograd_lite.compiler.drawing import picture
from autograd_lite.compiler.formulas import Formulas
from autograd_lite.compiler.methods import own_methods
from autograd_lite.compiler.names import Names
from autograd_lite.compiler.native.backend import NATIVE, Choice, NativeProgram
from autograd_lite.compiler.numpy_program import NumpyProgram
from autograd_lite.compiler.passes import selected
from autograd_lite.compiler.program import Input, Program
from autograd_lite.compiler.recording import Recorded, record
from autograd_lite.lazy import lazy
from autograd_lite.seams import watching
from autograd_lite.tracing import Function, name_of
from autograd_lite.unfinished import undone
from autograd_lite.viz.picture import Picture

BACKENDS = ("numpy", *NATIVE, "auto")
LIMIT = 64
"""How many programs a compiled function keeps; the oldest is dropped for a new one."""
_LARGEST_STATE = 10_000
_watcher = watching.get


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

    def __init__(self, recorded: Recorded, passes: tuple[str, ...], backend: Choice) -> None:
        self.recorded = recorded
        self._passes, self._backend = passes, backend
        self._numpy = NumpyProgram(recorded.program, passes)

    @property
    def program(self) -> Program:
        """The calls, after all passes."""
        return self._numpy.program

    @lazy
    def native(self) -> NativeProgram | None:
        """What runs in the place of NumPy's calls, where the backend is a native one."""
        numbers = [kind != "tensor" for kind in self.recorded.kinds if kind != "static"]
        return self._backend.made(self.recorded.program, self._passes, numbers, self._numpy)

    @lazy
    def enter(self) -> Callable[..., Any]:
        """``enter(args, kwargs)``: what the program returns, or `MISS` where it is not for these arguments."""
        if self.native is None:
            return Caller(self.recorded, self.program, self._numpy.function).made()
        return Caller(self.recorded, self.native.program, self.native.load()).made()

    @property
    def source(self) -> str:
        """The text of the function, with the helpers and constants it needs; it runs with NumPy alone."""
        return self._numpy.module.text()

    def save(self, path: str | PathLike[str]) -> Path:
        """Write `source` to a file that runs alone, with an example: the parameters as they are now.

        Parameters
        ----------
        path : path
            Such as ``step.py``.
        """
        target = Path(path)
        target.write_text(self.source + self._numpy.module.example(self._example()), encoding="utf-8")
        return target

    def _example(self) -> Mapping[str, Any]:
        """Return a value for each parameter of the function; those of many numbers are zeros."""
        return {self._numpy.module.names[x.id]: self._value(x) for x in self.program.inputs}

    def _value(self, x: Input) -> Any:
        kind = self.program.types[x.id]
        if kind.kind == "Generator":
            return None
        if x.kind == "argument":
            return self.recorded.leaves[x.owner].value
        if x.kind == "number":
            return float(x.owner[0][x.owner[1]])
        array = x.owner._data if x.kind == "tensor" else x.owner if x.kind == "array" else None
        if array is None or array.size > _LARGEST_STATE:
            return np.broadcast_to(np.zeros((), kind.dtype), kind.shape)
        return array

    def report(self) -> str:
        """Return a table: calls, operations, bytes and buffers as recorded, and after each pass.

        For a native backend also what its kernels do, and what is left to NumPy between them, and why.
        """
        native = "" if self.native is None else f"\n\n{self.native.report()}"
        return report.table(self._numpy.stages) + native + self._backend.report()

    def visualize(self, *, before: bool = False, legend: bool = True, direction: str = "LR") -> Picture:
        """Draw the program, with `before` beside it what was recorded; see `autograd_lite.visualize`."""
        programs = {"after the passes": (self.program, self._numpy.module.names.__getitem__)}
        if before:
            recorded = self.recorded.program
            programs = {"as recorded": (recorded, Names(recorded).__getitem__), **programs}
        return picture(programs, legend, direction)

    def formulas(self) -> Formulas:
        """Return the derivatives as mathematics, as they were recorded: text, and LaTeX in a notebook."""
        return Formulas(self.recorded.program)

    def __repr__(self) -> str:
        kinds = ", ".join(f"{x.name}: {self.program.types[x.id]}" for x in self.program.inputs)
        return f"<program {self.program.title}({kinds}) of {len(self.program.instructions)} calls>"


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

    def add(self, program: CompiledProgram) -> None:
        """Keep one more, and drop the oldest where there are too many."""
        self._kept = (program, *self._kept)[:LIMIT]

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what the program for a call returns, or `MISS` where there is none."""
        self.enters = tuple([p.enter for p in self._kept])
        for enter in self.enters:
            result = enter(args, kwargs)
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


class Compiled:
    """A function that was given to `compile`.

    Attributes
    ----------
    programs : Programs
        One for each kind of arguments it was called with.
    """

    def __init__(self, function: Function, backend: Choice, passes: tuple[str, ...]) -> None:
        update_wrapper(self, function)
        self.programs = Programs()
        self._function, self._backend, self._passes = function, backend, passes
        self._kept_before = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _watcher() is not None:  # inside of another one, of whose program it becomes a part
            return self._function(*args, **kwargs)
        for enter in self.programs.enters:
            result = enter(args, kwargs)
            if result is not MISS:
                return result
        return undone(partial(self._anew, args, kwargs))

    def _anew(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not turn.taken():
            return self._function(*args, **kwargs)
        result = self.programs.run(args, kwargs)  # of what another thread may have recorded meanwhile
        return self._record(args, kwargs) if result is MISS else result

    def _record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        recorded, result = record(self._function, args, kwargs, may_keep=not self._kept_before)
        self.programs.recordings += 1
        self._kept_before = not recorded.complete
        if recorded.complete:
            self.programs.add(CompiledProgram(recorded, self._passes, self._backend))
        return result

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """A compiled method is called with its object, as any function of a class; the programs are the object's."""
        if instance is None:
            return self
        own = own_methods(instance)
        if own is None:
            return partial(self, instance)
        made = own.made.get(self)
        if made is None:
            made = own.made.setdefault(self, self._of(MethodType(self._function, instance)))
        return made

    def _of(self, function: Function) -> Compiled:
        """Return another function compiled as this one is."""
        return Compiled(function, self._backend, self._passes)

    @property
    def program(self) -> CompiledProgram:
        """The latest program."""
        if not len(self.programs):
            name = name_of(self._function)
            raise errors.CompileError(errors.COMPILE_EMPTY.format(what="the program", function=name))
        return self.programs[0]

    @property
    def source(self) -> str:
        """The text of the latest program."""
        return self.program.source

    def visualize(self, *, before: bool = False, legend: bool = True, direction: str = "LR") -> Picture:
        """Draw the latest program."""
        return self.program.visualize(before=before, legend=legend, direction=direction)

    def __repr__(self) -> str:
        return f"<compiled {name_of(self._function)}: {self.programs!r}>"


def compile(  # noqa: A001 - PyTorch's name
    function: Function | None = None, *, backend: str = "numpy", passes: Iterable[str] | None = None
) -> Any:
    """Compile a function: derivatives, updates and all become one straight line of NumPy calls. Also a decorator.

    Parameters
    ----------
    function : callable
        A training step that calls ``backward()`` and ``optimizer.step()``, a function of arrays, or a transform such as
        ``value_and_grad(f)``. Takes arrays, Tensors, numbers, random generators, and trees of them; what else it is
        given is a setting.
    backend : {"numpy", "cc", "numba", "auto"}
        What the program is written in. ``"cc"`` makes loops in C of it and needs a C compiler, ``"numba"`` needs numba
        (``pip install 'autograd-lite[jit]'``); both leave large products of matrices, and what they can't do, to NumPy.
        ``"auto"`` is the first of ``"cc"``, ``"numba"`` and ``"numpy"`` that is there.
    passes : iterable of str, optional
        Which improvements are made, of those in ``autograd_lite.compiler.passes.PASSES``; by default all.

    Returns
    -------
    Compiled
        Called as `function` is. It is recorded at the first call, and again for arguments of another shape, dtype or
        structure, for other settings, and when something else that it reads has changed: ``f.programs`` shows them.
        ``f.program.source`` is what runs, ``f.program.save("step.py")`` writes it down, and ``f.program.formulas()``
        has the derivatives as mathematics.

    Raises
    ------
    CompileError
        At the first call, with the line it is about: a branch or ``float()`` on a computed value, a shape that depends
        on values, random numbers or other changes that a program would not repeat.

    Notes
    -----
    What the function reads from outside is read anew at every call: parameters, the state and the learning rate of an
    optimiser, arrays and random generators of closures. What it writes is written when all is computed: all or nothing.
    A returned Tensor has its value and no history.

    Native code gives no warnings of overflow and the like. It keeps NaN, infinities and zeros of either sign as they
    are; its sums keep their rounding errors, and its functions are exact to some units in the last place. Large loops
    are done by as many threads as ``OMP_NUM_THREADS`` says, by default one for each processor. What was compiled is
    kept in ``~/.cache/autograd_lite``, or where ``AUTOGRAD_LITE_CACHE`` says, if nobody else can write there. It is
    compiled at the second call. Where that fails, or takes a C compiler more than ten seconds, ``"auto"`` takes the
    next backend, and ``f.program.report()`` says why.

    One thread records at a time. Another one that would have to wait for longer than a second runs the plain function.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> @ag.compile
    ... def slope(x):
    ...     return ag.grad(lambda x: np.sum(x * x))(x)
    >>> slope(np.array([1.0, 2.0]))
    array([2., 4.])
    >>> print(slope.source.splitlines()[-2].split("#")[0].strip())
    t1 = x + x
    """
    if backend not in BACKENDS:
        raise errors.CompileError(errors.COMPILE_BACKEND.format(given=backend, known=BACKENDS[1:]))
    if function is None:
        return partial(compile, backend=backend, passes=passes)
    if not callable(function):
        raise errors.CompileError(errors.COMPILE_FUNCTION.format(given=type(function).__name__))
    if backend in NATIVE:
        NATIVE[backend].required()
    made: Callable[..., Any] = Compiled(function, Choice(backend), selected(passes))
    return made
