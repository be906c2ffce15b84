"""`map`: a function of one example, computed for many by an executor, with derivatives that are computed there too.

It is one operation, whose reverse and forward rules are such maps again: of the function that computes, for one
example, the cotangents of its inputs, or how its results move. So every order is there.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array, is_numbers
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.shapes import Array
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.generators import generator
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.several import listed
from autograd_lite.engine.switch import enable_grad, is_grad_enabled, no_grad
from autograd_lite.engine.tasks import in_order, refuse_no_executor, stream, words_of
from autograd_lite.engine.watchpoints import aside
from autograd_lite.extend.custom import custom_op
from autograd_lite.extend.foreign import Code
from autograd_lite.tensor.state import Unwritten
from autograd_lite.transforms.batches.vmap import axes_like, checked_axis, inside, size_of
from autograd_lite.transforms.derivatives import jvp, vjp
from autograd_lite.transforms.watched import name_of
from autograd_lite.tree import Structure, flatten, paths, unflatten

Function = Callable[..., Any]


def map(  # noqa: A001 - JAX's name, used as parallel.map
    f: Function, *args: Any, in_axes: Any = 0, out_axes: Any = 0, executor: Any = None, rng: Any = None
) -> Any:
    """Return what `f` gives for many examples, each computed by itself by an executor.

    Parameters
    ----------
    f : callable
        Of one example; takes and returns arrays, numbers or trees of them. For another process it has to be a function
        of a module, or what can be pickled. It is given Tensors where its arguments are.
    *args
        Arrays with one more axis, and trees of them; what all examples share may be anything.
    in_axes, out_axes : int, None, or tree of them
        As of `vmap`.
    executor : concurrent.futures.Executor, optional
        What computes: ``ProcessPoolExecutor()``, ``ThreadPoolExecutor()``, ``mpi4py.futures.MPIPoolExecutor()``, dask's
        ``client.get_executor()``, ``loky.get_reusable_executor()``. By default examples are computed here, one after
        the other, with the same results to the last bit.
    rng : numpy.random.Generator or int, optional
        Where random numbers come from, or a seed: each example gets a generator of its own, the same ones whoever
        computes it. `f` gets it as ``rng=`` if it has such a parameter, and layers draw from it. Without it, drawing is
        refused.

    Returns
    -------
    array or tree of arrays
        With one more axis than `f` returns; Tensors where derivatives are asked for.

    Raises
    ------
    ParallelError
        A process has ended, or the executor was closed meanwhile; `f` cannot be sent to a process; it draws without
        `rng`, writes to a Tensor or module, or uses a Tensor that requires a gradient and is no argument; its results
        differ in shape; it has raised what pickle does not bring back, of which message and note tell.
    ArgumentError, ShapeError
        As of `vmap`; `executor` is none.
    DataError
        Masked arrays, and arrays of another library.
    RuleError
        `f` writes into its argument.
    Exception
        What `f` has raised, for the first example that fails, with a note that says which; the others are cancelled.

    Notes
    -----
    In every order and mode derivatives are computed example by example by the executor, which calls `f` again for them.
    Of cheap functions the sending takes longer than the computing, as each example is a task. There use `vmap`, which
    takes all at once, and for several processes ``map(ag.vmap(f), x.reshape(8, -1, *x.shape[1:]))``: a task for each
    of eight batches.

    Within an example that the same executor computes, examples are computed there, one after the other. What NumPy does
    about floating-point errors (``np.errstate``) is the same as around the call.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> def area(radius, factor):
    ...     return factor * radius**2
    >>> with ThreadPoolExecutor(2) as pool:
    ...     print(map(area, np.array([1.0, 2.0]), 3.0, in_axes=(0, None), executor=pool))
    ...     print(ag.grad(lambda r: map(area, r, 3.0, in_axes=(0, None), executor=pool).sum())(np.array([1.0, 2.0])))
    [ 3. 12.]
    [ 6. 12.]
    """
    refuse_no_executor(executor)
    leaves, structure = flatten(args)
    for x in leaves:
        _refuse_unsent(x, f)
    places = paths(structure, "argument ")
    axes = [inside(a, x, p) for a, x, p in zip(axes_like(in_axes, structure, "in_axes"), leaves, places, strict=True)]
    count = size_of(leaves, axes, places)
    if not count:
        raise errors.ArgumentError(errors.PARALLEL_NONE.format(function=name_of(f)))
    sent = [i for i, x in enumerate(leaves) if is_array(x)]
    operands = [_in_front(leaves[i], axes[i]) for i in sent]
    known = [None if is_array(x) else x for x in leaves]
    tensors = frozenset(i for i in sent if isinstance(leaves[i], Handle))
    example = _Example(f, structure, known, sent, tensors)
    job = _Job(f, executor, count, rng is not None)
    if rng is not None:
        operands.insert(0, words_of(rng))
        sent.insert(0, -1)
    results, built = job.mapped(example, operands, [i >= 0 and axes[i] is not None for i in sent])
    out = axes_like(out_axes, built, "out_axes")
    return unflatten(built, [_placed(y, axis, f) for y, axis in zip(results, out, strict=True)])


def _refuse_unsent(x: Any, f: Function) -> None:
    """Refuse an array of which other processes would get something else."""
    refuse_masked(x)
    if (other := foreign(x)) is not None:
        raise errors.DataError(errors.PARALLEL_FOREIGN.format(function=name_of(f), given=type(other).__name__))


def _in_front(x: Any, axis: int | None) -> Any:
    return x if axis in (None, 0) else np.moveaxis(x, axis, 0)


def _placed(y: Any, axis: int | None, f: Function) -> Any:
    """Return a result with its examples along an axis."""
    if axis is None:
        raise errors.ArgumentError(errors.PARALLEL_SHARED.format(function=name_of(f)))
    axis = checked_axis(axis, np.ndim(y), "out_axes", f"a result of {name_of(f)}")
    return y if axis == 0 else np.moveaxis(y, 0, axis)


@dataclass(frozen=True)
class _Job:
    """Who computes what, and for how many examples.

    Attributes
    ----------
    draws : bool
        Whether the first operand is what random streams come from.
    """

    f: Function
    executor: Any
    count: int
    draws: bool

    def mapped(self, example: Function, operands: Sequence[Any], along: Sequence[bool]) -> tuple[list[Any], Structure]:
        """Return the results of all examples as arrays, or Tensors, with the examples in front, and how they are built.

        `along` says which of the operands have examples.
        """
        built: list[Structure] = []

        def values(*arrays: Any) -> Any:
            found = self._carried_out(example, arrays, along)
            built[:] = [found[0][1]]
            return _one_or_all(self._stacked(found))

        def pulled(g: Any, arrays: Any, needs: Any) -> Any:
            parts = listed(g)
            used = [i for i, part in enumerate(parts) if part is not None]
            wanted = [i for i, needed in enumerate(needs) if needed]
            back = _Pulled(example, wanted, used, self.draws)
            shares = iter(self._rule(back, [parts[i] for i in used], arrays, along))
            return tuple([
                None if i not in wanted else next(shares) if has else np.sum(next(shares), axis=0)
                for i, has in enumerate(along)
            ])  # fmt: skip

        def pushed(tangents: Any, arrays: Any) -> Any:
            moving = [i for i, t in enumerate(tangents) if t is not None]
            given = [_repeated(tangents[i], None if along[i] else self.count) for i in moving]
            return _one_or_all(self._rule(_Pushed(example, moving, self.draws), given, arrays, along))

        operation = custom_op(values, vjp=pulled, jvp=pushed, name=f"map_{name_of(self.f)}")
        results = operation(*operands)
        return list(results) if isinstance(results, tuple) else [results], built[0]

    def _rule(self, rule: Function, given: Sequence[Any], arrays: Sequence[Any], along: Sequence[bool]) -> list[Any]:
        """Return what a rule gives for cotangents or tangents; what random streams come from stays in front."""
        n = int(self.draws)
        operands = [*arrays[:n], *given, *arrays[n:]]
        return self.mapped(rule, operands, [*along[:n], *[True] * len(given), *along[n:]])[0]

    def _carried_out(self, example: Function, arrays: Sequence[Any], along: Sequence[bool]) -> list[Any]:
        call = _Task(self.f, example, is_grad_enabled(), self.draws)
        items = [
            (number, *[x[number] if has else x for x, has in zip(arrays, along, strict=True)])
            for number in range(self.count)
        ]
        return in_order(call, items, self.executor, self.f)

    def _stacked(self, found: Sequence[tuple[list[Array], Structure]]) -> list[Array]:
        kinds = [([np.shape(y) for y in results], structure) for results, structure in found]
        for number, kind in enumerate(kinds):
            if kind != kinds[0]:
                said = f"shapes {kinds[0][0]} of example 0 and {kind[0]} of example {number}"
                raise errors.ParallelError(errors.PARALLEL_RESULTS.format(function=name_of(self.f), found=said))
        return [np.stack(parts) for parts in zip(*[results for results, _ in found], strict=True)]


def _one_or_all(results: Sequence[Any]) -> Any:
    """Return results as an operation has them: one by itself."""
    return results[0] if len(results) == 1 else tuple(results)


def _repeated(t: Any, count: int | None) -> Any:
    """Return how what all examples share moves, for each of them."""
    return t if count is None else np.broadcast_to(t, (count, *np.shape(t)))


class _Example:
    """The user's function of one example, as a function of arrays one by one.

    Parameters
    ----------
    f : callable
        The function.
    structure : Structure
        Of its arguments.
    known : list
        Those that are no arrays, in their places.
    sent : list of int
        The places of the others.
    tensors : set of int
        Which of these are Tensors to the function.
    """

    def __init__(
        self, f: Function, structure: Structure, known: list[Any], sent: list[int], tensors: frozenset[int]
    ) -> None:
        self.f, self.structure, self.known, self.sent, self.tensors = f, structure, known, list(sent), tensors
        self.draws = _takes_rng(f)

    def __call__(self, *operands: Any) -> Any:
        leaves = list(self.known)
        for i, x in zip(self.sent, operands, strict=True):
            leaves[i] = make_tensor(np.asarray(x)) if i in self.tensors and not isinstance(x, Handle) else x
        named = {"rng": generator()} if self.draws else {}
        return uncovered(self.f, unflatten(self.structure, leaves), named)


def _takes_rng(f: Function) -> bool:
    try:
        with aside():  # a trace is not told of what Python's library asks for
            return "rng" in inspect.signature(f).parameters
    except (TypeError, ValueError):  # a function written in C
        return False


class _Pulled:
    """The cotangents of some operands of one example, from those of some of its results and all operands."""

    def __init__(self, example: Function, wanted: list[int], used: list[int], draws: bool) -> None:
        self.example, self.wanted, self.used, self.skipped = example, wanted, used, int(draws)

    def __call__(self, *given: Any) -> Any:
        n = len(self.used)
        g, operands = given[:n], given[n:]
        results, moving = _of_some(self.example, operands, [i - self.skipped for i in self.wanted])

        def used(*moving: Any) -> list[Any]:
            found = results(*moving)
            return [found[i] for i in self.used]

        return vjp(used, *moving)[1](list(g))


class _Pushed:
    """How the results of one example move, from how some of its operands do, and all operands."""

    def __init__(self, example: Function, moving: list[int], draws: bool) -> None:
        self.example, self.moving, self.skipped = example, moving, int(draws)

    def __call__(self, *given: Any) -> Any:
        n = len(self.moving)
        tangents, operands = given[:n], given[n:]
        results, moving = _of_some(self.example, operands, [i - self.skipped for i in self.moving])
        return jvp(results, moving, tuple(tangents))[1]


def _of_some(
    example: Function, operands: Sequence[Any], places: Sequence[int]
) -> tuple[Callable[..., list[Any]], tuple[Any, ...]]:
    """Return the results of one example as a function of the operands in some places, and what is there."""

    def results(*moving: Any) -> list[Any]:
        now = list(operands)
        for place, x in zip(places, moving, strict=True):
            now[place] = x
        return flatten(example(*now))[0]

    return results, tuple([operands[place] for place in places])


class _Task:
    """What is sent to an executor: one example, computed with random numbers of its own, which nothing may leave."""

    def __init__(self, f: Function, example: Function, recording: bool, draws: bool) -> None:
        self.f, self.example, self.recording, self.draws = f, example, recording, draws

    def __call__(self, number: int, *operands: Any) -> tuple[list[Array], Structure]:
        words = operands[0] if self.draws else None
        with stream(words, number, self.f), enable_grad() if self.recording else no_grad():
            given = operands[int(self.draws) :]
            example = Code(self.example, name_of(self.f), ())  # refuses writes to arguments, wherever it is
            found = _Unshared(name_of(self.f)).around(lambda: example(*given))
            results, structure = flatten(found)
            return [self._plain(y) for y in results], structure

    def _plain(self, y: Any) -> Array:
        refuse_masked(y)
        if not is_numbers(y) or foreign(y) is not None:
            raise errors.ParallelError(errors.PARALLEL_RESULT.format(function=name_of(self.f), given=type(y).__name__))
        if isinstance(y, Handle):
            if y._node is not None:
                raise errors.ParallelError(errors.PARALLEL_CLOSURE.format(function=name_of(self.f)))
            return np.asarray(array_of(y))
        return np.asarray(y)


class _Unshared(Unwritten):
    """Nothing from outside is written to: in another process that would be lost."""

    def _refuse(self, what: str) -> None:
        raise errors.ParallelError(errors.PARALLEL_WRITES.format(function=self.function, what=what))
