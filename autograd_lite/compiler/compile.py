"""`compile`: a function that is recorded at its first call, and from then on runs as straight-line NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from functools import partial, update_wrapper, wraps
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Self, TypeVar, Unpack, overload

from autograd_lite import errors
from autograd_lite.base.functions import standing_name
from autograd_lite.base.unfinished import undone
from autograd_lite.compiler.choice import Choice, Options
from autograd_lite.compiler.methods import own_methods
from autograd_lite.compiler.passes import selected
from autograd_lite.compiler.programs import Choices, CompiledProgram, Programs
from autograd_lite.compiler.recording import lock
from autograd_lite.compiler.recording.derivative import Derivative
from autograd_lite.compiler.recording.operation import has_batches, is_observed
from autograd_lite.compiler.recording.run import RecordedProgram, record
from autograd_lite.compiler.text.calling import MISS
from autograd_lite.compiler.verifying import verified
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.observers import observers
from autograd_lite.engine.watchpoints import watching
from autograd_lite.nn.module import Module
from autograd_lite.transforms.watched import Function, name_of

if TYPE_CHECKING:
    from autograd_lite.viz.picture import Picture

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
Owner = TypeVar("Owner")
BACKENDS = ("numpy", "cc", "numba", "auto")
_watcher = watching.get


class Compiled(Generic[P, R]):
    """A function that was given to `compile`.

    One of a `Module` has what the module has: its parameters, its mode, its state dict, of the module's own names.
    What is set is set there too, and what returns the module returns this, as ``train()``.

    Attributes
    ----------
    programs : Programs
        One for each kind of arguments it was called with.
    """

    _surveyed = ("_function",)  # what matters to who calls it in a compiled function

    def __init__(self, function: Callable[P, R], choices: Choices) -> None:
        update_wrapper(self, function, updated=("__dict__",) if isinstance(function, FunctionType) else ())
        self.programs = Programs()
        self._choices = choices
        self._kept_before = self._said = False
        self._differentiated: frozenset[tuple[int, ...]] = frozenset()
        self._learns = True
        self._function: Function = function  # the last, see `__setattr__`

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if _watcher() is not None or (observers and is_observed()):
            return uncovered(self._function, args, kwargs)  # as a part of another program, or seen by each operation
        result: Any
        for enter in self.programs.enters:
            result = enter(args, kwargs)
            if result is not MISS:
                return result
        result = MISS if has_batches((args, kwargs)) else undone(partial(self._anew, args, kwargs))
        return uncovered(self._function, args, kwargs) if result is MISS else result

    def _anew(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if not lock.taken():
            return MISS
        result = self.programs.run(args, kwargs)  # of what another thread may have recorded meanwhile
        return self._record(args, kwargs) if result is MISS else result

    def _record(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what the recorded call returned, or `MISS` if its results are to have a history."""
        self._differentiated |= self.programs.outdated()
        recorded, result = self._recorded(args, kwargs)
        assert recorded.environment is not None
        self._say(recorded.environment.said)
        self.programs.recordings += 1
        self._kept_before = recorded.kept
        if recorded.complete:
            self.programs.add(CompiledProgram(recorded, self._choices, self._function))
        if recorded.hollow and recorded.derived is None:
            return self.programs.run(args, kwargs)
        return result if recorded.derived is None else MISS

    def _recorded(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[RecordedProgram, Any]:
        """Record with the derivatives that are asked for, or without, where these are not to be recorded."""
        rest = not self._kept_before, self._choices.static, self._choices.pure
        derived = Derivative(self._differentiated, self._learns)
        try:
            return record(self._function, args, kwargs, *rest, derived=derived, replay=self._choices.replay)
        except Exception:
            if not derived.swept:
                raise
        self._differentiated, self._learns = frozenset(), False  # whatever it is, a sweep meets it where it is due
        nothing = Derivative((), learns=False)
        return record(self._function, args, kwargs, *rest, derived=nothing, replay=self._choices.replay)

    def _say(self, line: str) -> None:
        """Warn once of a function that prints."""
        if line and not self._said:
            self._said = True
            text = errors.COMPILE_SAYS.format(function=name_of(self._function), where=line)
            warnings.warn(text, errors.AutogradWarning, stacklevel=4)

    def _module(self) -> Module | None:
        """Return what is compiled, where it is a module."""
        function = vars(self).get("_function")
        return function if isinstance(function, Module) else None

    if not TYPE_CHECKING:  # a type checker that saw it would find no misspelt name any more

        def __getattr__(self, name: str) -> Any:
            return self._of_module(name)

    def _of_module(self, name: str) -> Any:
        """Return an attribute of a module that is compiled; a method that returns the module then returns this."""
        module = self._module()
        if module is None or name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if name == "_orig_mod":  # PyTorch's name of it
            return module
        found = getattr(module, name)
        if getattr(found, "__self__", None) is not module:
            return found

        @wraps(found)
        def call(*args: Any, **kwargs: Any) -> Any:
            result = found(*args, **kwargs)
            return self if result is module else result

        return call

    def __setattr__(self, name: str, value: Any) -> None:
        module = self._module()
        is_own = module is None or name in vars(self) or getattr(type(self), name, None) is not None
        if is_own or name.startswith("__"):
            super().__setattr__(name, value)
        else:
            setattr(module, name, value)

    def __reduce__(self) -> Any:
        """A copy is compiled for itself: it has no programs, which are for the objects that this one reads."""
        return standing_name(self, (self._function,)) or self._again()

    def __copy__(self) -> Compiled[P, R]:
        made, args = self._again()
        return made(*args)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled[P, R]:
        made = self._of(deepcopy(self._function, memo))
        made._choices = made._choices._replace(static=deepcopy(self._choices.static, memo))
        return made

    def _again(self) -> tuple[type[Compiled[P, R]], tuple[Any, ...]]:
        chosen = self._choices
        return type(self), (self._function, chosen._replace(backend=Choice(chosen.backend.given)))

    def _of(self, function: Function) -> Compiled[Any, Any]:
        """Return another function compiled as this one is."""
        return Compiled(function, self._again()[1][1])

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...
    @overload
    def __get__(
        self: Compiled[Concatenate[Owner, Q], R], instance: Owner, owner: type | None = None
    ) -> Compiled[Q, R]: ...
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

    @property
    def program(self) -> CompiledProgram:
        """The latest program."""
        if not len(self.programs):
            name = name_of(self._function)
            text = errors.COMPILE_STARTED if self.programs.recordings else errors.COMPILE_EMPTY
            times = "once" if self.programs.recordings == 1 else f"{self.programs.recordings} times"
            raise errors.CompileError(text.format(what="the program", function=name, times=times))
        return self.programs[0]

    @property
    def source(self) -> str:
        """The text of the latest program."""
        return self.program.source

    def visualize(self, *, before: bool = False, legend: bool = True, direction: str | None = None) -> Picture:
        """Draw the latest program."""
        return self.program.visualize(before=before, legend=legend, direction=direction)

    def __repr__(self) -> str:
        return f"<compiled {name_of(self._function)}: {self.programs!r}>"


@overload
def compile(function: Callable[P, R], **options: Unpack[Options]) -> Compiled[P, R]: ...  # noqa: A001 - PyTorch's name
@overload
def compile(  # noqa: A001 - PyTorch's name
    function: None = None, **options: Unpack[Options]
) -> Callable[[Callable[P, R]], Compiled[P, R]]: ...
def compile(  # noqa: A001 - PyTorch's name
    function: Function | None = None,
    *,
    backend: str = "numpy",
    passes: Iterable[str] | None = None,
    static: Sequence[Any] = (),
    pure: bool = False,
    verify: int | None = None,
    replay: bool = False,
) -> Any:
    """Compile a function: derivatives, updates and all become one straight line of NumPy calls. Also a decorator.

    Whatever the code that ran can have read is read anew or compared at every call, or refused; but ``pure=True`` takes
    it on the caller's word that there is nothing to look at, and what has changed then stays as it was.

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
    static : list
        Objects that do not change while the function is used, on the caller's word: what they hold is not compared.
    pure : bool
        Take it on the caller's word that the function reads nothing but its arguments and Tensors, and changes nothing
        but Tensors, as JAX does: nothing else is looked at, and what it does read is as at the first call for ever.
    verify : int, optional
        How many reuses of each program run the plain function as well, keep nothing of it, and compare: what is
        returned, and what Tensors, gradients and generators have become. A difference of more than rounding is an
        error that names it, and leaves everything as it was. By default what ``AUTOGRAD_LITE_VERIFY`` says, else 0.
    replay : bool
        Keep nothing of the call that is recorded, and have the program do it again, so that all calls are rounded
        alike: a process that begins in the middle of a training has the numbers of one that did not stop.

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
    Results are arrays of their own, also where plainly one is a view of another.

    Where the plain function's results would have a history, as those of a network in an ordinary training loop, the
    results of the compiled one have it: the call is one operation, whose derivative is a program too, made when it is
    first asked for. Derivatives of that, forward mode, and `vmap` evaluate the plain function; inside of another
    compiled function and of `debug` it runs as well. A training step, which calls ``backward()`` itself, returns values
    without a history. Operations of `custom_op` and solvers of `implicit` are called as they are, at every call.

    A loop of Python is unrolled. The step of `autograd_lite.scan` and its kin is recorded once, its derivative too, and
    the program repeats them. Steps that draw random numbers, or call code as it is, are recorded one by one.

    Native code gives no warnings of overflow and the like. It keeps NaN, infinities and zeros of either sign as they
    are; its sums keep their rounding errors, its functions are exact to some units in the last place, and products
    left to OpenBLAS are made in pieces where it has faster kernels for these, with other roundings. Large loops
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
    number = verified(verify)
    if function is None:
        return partial(compile, backend=backend, passes=passes, static=static, pure=pure, verify=verify, replay=replay)
    if not callable(function):
        raise errors.CompileError(errors.COMPILE_FUNCTION.format(given=type(function).__name__))
    if not isinstance(static, (list, tuple)):
        raise errors.CompileError(errors.COMPILE_STATIC.format(given=static))
    choice = Choice(backend)
    choice.required()
    choices = Choices(choice, selected(passes), tuple(static), pure, number, replay)
    made: Callable[..., Any] = Compiled(function, choices)
    return made
