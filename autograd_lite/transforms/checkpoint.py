"""`checkpoint`: what a function computes on the way is forgotten, and computed again when the derivative needs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import derived
from autograd_lite.base.shapes import Array
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.generators import replayed, state
from autograd_lite.engine.graph import Node, Recomputed, new_order
from autograd_lite.engine.op import NO_SETTINGS
from autograd_lite.engine.record import Handle, array_of, make_tensor, recorded
from autograd_lite.engine.several import Several, bundled, parts_of
from autograd_lite.engine.switch import enable_grad, is_grad_enabled
from autograd_lite.engine.watchpoints import traced
from autograd_lite.tensor.state import Noting, discarded
from autograd_lite.transforms.recomputed import Stretch, are_same, follow
from autograd_lite.transforms.watched import Function, leading_to, name_of, node_of, walk
from autograd_lite.tree import Structure, flatten, unflatten

P = ParamSpec("P")
R = TypeVar("R")


def checkpoint(f: Callable[P, R]) -> Callable[P, R]:
    """Return `f`, recorded as one operation: its intermediate values are not kept, but computed again on the way back.

    Over a chain of n equal parts memory falls from n to about the square root of n, if the parts are joined in groups
    of that size, at the price of one more evaluation (Griewank and Walther, "Evaluating Derivatives", 2008, ch. 12).

    Parameters
    ----------
    f : callable
        Written with NumPy. Called twice with the same arguments it has to compute the same: random numbers of
        `autograd_lite.manual_seed` are repeated, those of generators of your own are not. What it writes to Tensors
        from outside, and to attributes of modules, is written once, and the second call finds what the first one found;
        what it writes elsewhere, to lists or to objects that are no modules, is written twice.

    Returns
    -------
    callable
        Has the arguments, the results and all derivatives of `f`, also by Tensors that `f` reaches without arguments:
        the parameters of a module.

    Raises
    ------
    CheckpointError
        The second evaluation came to other results than the first.
    StateError
        An attribute of a module, an array or a list, is changed in place.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> layer = checkpoint(lambda x: np.tanh(np.sin(x) ** 2))
    >>> ag.grad(lambda x: np.sum(layer(layer(x))))(np.array([0.5]))
    array([0.34773187])
    """
    return derived(_checkpointed, checkpoint, f)


def _checkpointed(f: Function, /, *args: Any, **kwargs: Any) -> Any:
    if not is_grad_enabled() or traced():  # a program computes once what it would compute twice
        return uncovered(f, args, kwargs)
    segment = _Segment(f, args, kwargs)
    run = segment.first()
    if not run.stretch.sources:
        return unflatten(run.structure, run.results)
    return segment.recorded(run)


class _Given(NamedTuple):
    """A Tensor that was an argument."""

    array: Array
    node: Node | None


class _FirstRun(NamedTuple):
    """What one evaluation left: the leaves of the results, and how they came from the nodes outside."""

    results: list[Any]
    structure: Structure
    stretch: Stretch


class _Segment(Recomputed):
    """A function with its arguments, to be evaluated again."""

    __slots__ = (
        "built", "f", "given", "places", "random", "routes", "sources", "structure", "values", "written",
    )  # fmt: skip

    def __init__(self, f: Function, args: Any, kwargs: Any) -> None:
        leaves, self.structure = flatten((args, kwargs))
        self.f = f
        self.given = [_remembered(x) for x in leaves]
        self.random = state()
        self.routes: dict[Node, Node] = {}

    def first(self) -> _FirstRun:
        """Evaluate the function, and note what it writes to Tensors and modules from outside."""
        noted = Noting()
        run = noted.around(self.run)
        self.written = None if noted.is_empty() else noted
        return run

    def run(self) -> _FirstRun:
        """Evaluate the function, recording."""
        args, kwargs = unflatten(self.structure, [_again(x) for x in self.given])
        start = new_order()
        with enable_grad(), replayed(self.random):
            results, structure = flatten(uncovered(self.f, args, kwargs))
        seen, outside, _ = walk(results, start, ())
        sources = tuple(sorted(outside, key=lambda node: node.order))
        return _FirstRun(results, structure, Stretch(sources, leading_to(sources, seen - outside)))

    def recorded(self, run: _FirstRun) -> Any:
        """Return the results as those of one operation, and forget how they were computed."""
        results = list(run.results)
        self.sources = run.stretch.sources
        self.built = run.structure
        self.places = [i for i, y in enumerate(results) if node_of(y) in run.stretch.between]
        self.values = [array_of(results[i]) for i in self.places]  # mostly alive anyway
        y = self.values[0] if len(self.values) == 1 else tuple(self.values)
        made = recorded(_CHECKPOINT, y, self.sources, _CHECKPOINT.leading(self.sources, (self,)), NO_SETTINGS)
        for i, t in zip(self.places, made if isinstance(made, tuple) else (made,), strict=True):
            results[i] = t
        return unflatten(run.structure, results)

    def again(self) -> _FirstRun:
        """Evaluate the function a second time, and refuse what is not as it was."""
        run = discarded(self._kept, self.written)
        as_before = run.stretch.sources == self.sources and run.structure == self.built
        if not as_before or not self._are_same([run.results[i] for i in self.places]):
            raise errors.CheckpointError(errors.CHECKPOINT.format(function=name_of(self.f)))
        return run._replace(stretch=run.stretch.routed(self.routes))

    def _are_same(self, results: Sequence[Any]) -> bool:
        """Tell whether results are those of the first evaluation, but for rounding."""
        return are_same([array_of(y) if isinstance(y, Handle) else np.asarray(y) for y in results], self.values)

    def _kept(self, noted: Noting) -> _FirstRun:
        run = self.run()
        return run._replace(results=noted.keeping(run.results))

    def reroute(self, steps: Mapping[Node, Node]) -> None:
        """Reach sources by another way when computed again: a `vmap` around it has ended."""
        follow(self.routes, self.sources, steps)

    def pull(self, g: Any, masked: bool = False) -> Any:
        """Return the derivative by the sources for a cotangent of the results; of several in a `Bundle`.

        With `masked`, zeros of the cotangent are kept zeros, as `sweep.reverse` does behind an operation that selects.
        """
        run = self.again()
        seeds = [(node_of(run.results[i]), x) for i, x in zip(self.places, parts_of(g), strict=True) if x is not None]
        return bundled(run.stretch.pull(seeds, masked=masked))

    def push(self, tangents: Sequence[Any]) -> Any:
        """Return the tangents of the results for those of the sources."""
        run = self.again()
        return run.stretch.push(tangents, [run.results[i] for i in self.places])


def _remembered(x: Any) -> Any:
    """Return an argument as something nobody changes: array and node of a Tensor, a copy of an array."""
    if isinstance(x, Handle):
        return _Given(array_of(x), x._node)
    return x.copy() if isinstance(x, np.ndarray) else x


def _again(x: Any) -> Any:
    return make_tensor(*x) if isinstance(x, _Given) else x


_CHECKPOINT = Several(
    "checkpoint", lambda *sources: sources, "several", (), {"segment": None}, (lambda g, segment: segment.pull(g),),
    variadic=True, jvp=lambda tangents, segment: segment.push(tangents),
    zeros=lambda g, segment: segment.pull(g, masked=True), complex=True, analytic=False,
)  # fmt: skip
