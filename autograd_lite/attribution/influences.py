"""Influence functions: what a prediction would be without a training example, without training anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.scores import numbers_of, plain, refuse_training, undisturbed
from autograd_lite.attribution.settings import not_negative, whole
from autograd_lite.attribution.solvers import Solution, conjugate_gradients, stochastic
from autograd_lite.base.lazy import lazy
from autograd_lite.base.shapes import Array
from autograd_lite.data.datasets import Dataset
from autograd_lite.data.loader import DataLoader
from autograd_lite.engine.provenance import warn
from autograd_lite.engine.record import Handle, array_of
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.module import Module
from autograd_lite.nn.stateless import functional_call
from autograd_lite.transforms.batches.vmap import vmap
from autograd_lite.transforms.derivatives import grad, hvp, jvp, linearize
from autograd_lite.tree import ravel

_TOLERANCE = {"cg": 1e-6, "lissa": 0.05}
_STEPS = {"cg": 1000, "lissa": 2000}
_PAIR = 2
_SAME = 1e-5
"""How far the loss of a batch may be from that of its examples, in parts of it; more for dtypes with fewer digits."""
_ROUNDINGS = 1000
_TRIED = 8
"""Of losses with a number for each example: how many of a batch are computed alone."""


def influence(
    model: Module, loss: Callable[[Any, Any], Any], training: Any, test: Any, *, damping: float = 0.01,
    method: str = "cg", parameters: Iterable[str] | None = None, batch_size: int | None = None,
    tolerance: float | None = None, max_steps: int | None = None, generator: Any = None,
) -> Array:  # fmt: skip
    """Return how much the loss of test examples would rise, had each training example been left out.

    A positive number is a training example that helps: without it the test loss would be larger. A negative one harms.

    Parameters
    ----------
    model : Module
        A trained model, in `eval`.
    loss : callable
        ``loss(output, y)`` gives a number for each example, or their sum or mean, as `nn.CrossEntropyLoss` does; with
        class weights, a number for each.
    training : pair of arrays, Dataset or DataLoader
        What the model was trained with: ``(x, y)``, with a row for each example; of a loader, its dataset in order.
    test : pair of arrays, Dataset or DataLoader
        The examples whose loss is asked for; or a single one, ``(x, y)`` without the axis of examples.
    damping : float
        What is added to the diagonal of the Hessian of the mean training loss. A penalty of ``c / 2`` times the sum of
        squares that the model was trained with is a damping of `c`; and where a network is at no minimum, it has to be
        larger than the most negative curvature.
    method : {"cg", "lissa"}
        How the inverse Hessian is multiplied with: by conjugate gradients, or by a series of random samples, for much
        data.
    parameters : iterable of str, optional
        The parameters that are asked about, by name, such as those of the last layer; all that are trained by default.
    batch_size : int, optional
        How many training examples go through the model at once; with ``method="lissa"`` how many a sample has.
    tolerance : float, optional
        How far the product with the Hessian may be from the gradient of the test loss, in parts of that: 1e-6, and 0.05
        for the series.
    max_steps : int, optional
        How many products with a Hessian there may be for each test example: 1000, and 2000 for the series.
    generator : numpy.random.Generator or int, optional
        Of the samples, or its seed; by default a new one of seed 0.

    Returns
    -------
    array, shape (test examples, training examples)
        Or ``(training examples,)`` for a single test example.

    Raises
    ------
    ConvergenceError
        The Hessian with its damping is not positive definite. The message says with which damping it is along the
        direction that was met.
    UnsupportedError
        The loss is one number, but neither the sum nor the mean of the losses of single examples.

    Warns
    -----
    IncompleteWarning
        The tolerance is not reached.

    Notes
    -----
    To first order: ``g_test H^-1 g_i / n`` for `n` training examples. No Hessian is made: each step is a product with
    it, `hvp`, and one forward sweep then serves all training examples. Of a convex loss the numbers are those of
    training anew, nearly; of a deep network they are a guide. (P. Koh and P. Liang, "Understanding black-box
    predictions via influence functions", 2017.)

    Examples
    --------
    >>> from autograd_lite import nn
    >>> model = nn.Linear(1, 1, bias=False)
    >>> x, y = np.array([[1.0], [2.0], [3.0]]), np.array([[1.0], [2.0], [6.0]])
    >>> _ = model.weight.assign(np.sum(x * y, keepdims=True) / np.sum(x * x))  # the minimum of the squares
    >>> found = influence(model, lambda p, y: 0.5 * np.sum((p - y) ** 2, axis=1), (x, y), (x[:1], y[:1]), damping=0.0)
    >>> found.shape, bool(found[0, 2] < 0 < found[0, 0])
    ((1, 3), True)
    """
    given_model: Any = model
    if not isinstance(given_model, Module) or not any(p.requires_grad for p in model.parameters()):
        raise errors.ArgumentError(errors.INFLUENCE_MODEL.format(given=type(model).__name__))
    refuse_training(model, "influence")
    if method not in _TOLERANCE:
        raise errors.ArgumentError(errors.INFLUENCE_METHOD.format(given=method))
    not_negative(damping, "damping", "influence", 0.01)
    for name, given in (("batch_size", batch_size), ("max_steps", max_steps)):
        if given is not None:
            whole(given, name, "influence", 100)
    problem = _Problem(model, loss, _chosen(model, parameters), _arrays(training, "training"), batch_size, damping)
    most = _STEPS[method] if max_steps is None else max_steps
    near = _TOLERANCE[method] if tolerance is None else tolerance
    rng = np.random.default_rng(0 if generator is None else generator)

    single = isinstance(test, (tuple, list)) and np.ndim(test[0]) == np.ndim(problem.x) - 1
    asked = _arrays([np.asarray(part)[None] for part in test] if single else test, "test")

    def attribute() -> Array:
        with no_grad():
            problem.look()
            return np.stack([problem.row(x, y, method, near, most, rng) for x, y in _rows(asked)])

    found = undisturbed(attribute)
    return found[0] if single else found


class _Problem:
    """The mean training loss as a function of the parameters, as one vector."""

    def __init__(
        self, model: Module, loss: Any, parameters: Mapping[str, Array], training: tuple[Any, Any],
        batch_size: int | None, damping: float,
    ) -> None:  # fmt: skip
        self.model, self.loss, self.damping = model, loss, damping
        self.x, self.y = training
        self.count = len(self.x)
        self.size = min(batch_size or self.count, self.count)
        self.at = dict(parameters)
        self.fixed = {name: array_of(p) for name, p in model.named_parameters() if name not in self.at}
        _, self.unravel = ravel(self.at)
        self.mean = False

    def called(self, parameters: Any, x: Any, y: Any) -> Any:
        """Return what the loss function gives; parameters that are not asked about are constants.

        The model and the loss may write to what they are given: that is a copy.
        """
        return self.loss(functional_call(self.model, {**self.fixed, **parameters}, x.copy()), y.copy())

    def losses(self, parameters: Any, x: Any, y: Any) -> Any:
        """Return the loss of each example."""
        found = self.called(parameters, x, y)
        if np.shape(found) == () and len(x) > 1:
            return vmap(lambda a, b: self.losses(parameters, a[None], b[None]).sum())(x, y)
        if np.shape(found) not in ((len(x),), ()):
            raise errors.ShapeError(errors.INFLUENCE_LOSS.format(given=np.shape(found), count=len(x)))
        return found.reshape(len(x))

    def total(self, parameters: Any, x: Any, y: Any) -> Any:
        """Return the sum of the losses, by one call."""
        found = self.called(parameters, x, y).sum()
        return found * len(x) if self.mean else found

    def look(self) -> None:
        """Find out, on the training examples, whether the loss function gives losses, their sum, or their mean.

        Refuse one of which that of an example alone is no part, as with class weights, which cancel there.
        """
        off = np.max([self._off(x, y) for x, y in self._mixed()], axis=0)
        self.mean = bool(off[1] <= off[0])
        if not np.min(off) <= 1:
            raise errors.UnsupportedError(errors.INFLUENCE_COUPLED)

    def _off(self, x: Any, y: Any) -> tuple[float, float]:
        """Return by how much the loss of a batch is not the sum, and not the mean, in units of what rounding may do."""
        found = numbers_of(self.called(self.at, x, y))
        several = found.shape == (len(x),)
        each = numbers_of(self._some(x, y) if several else self.losses(self.at, x, y))
        eps = np.finfo(each.dtype).eps
        allowed = max(_SAME, eps**0.5) * np.sum(np.abs(each)) + _ROUNDINGS * eps * len(each)
        if several:
            return float(np.max(np.abs(found[: len(each)] - each)) / allowed), np.inf
        total = np.sum(each)
        return float(abs(found - total) / allowed), float(abs(found * len(x) - total) / allowed)

    def _some(self, x: Any, y: Any) -> Any:
        """Return the losses of some examples, each computed by itself."""
        return np.concatenate([numbers_of(self.losses(self.at, *row)) for row in islice(_rows((x, y)), _TRIED)])

    def _mixed(self) -> Iterable[tuple[Any, Any]]:
        """Return the examples in batches that are no classes of sorted data, and of two at least."""
        order = np.random.default_rng(0).permutation(self.count)
        parts = np.array_split(order, -(-self.count // max(self.size, _PAIR)))
        return ((self.x[part], self.y[part]) for part in parts)

    def batches(self) -> Iterable[tuple[Any, Any]]:
        starts = range(0, self.count, self.size)
        return ((self.x[i : i + self.size], self.y[i : i + self.size]) for i in starts)

    def product(self, v: Array) -> Array:
        """Return the Hessian of the mean training loss, with its damping, times a vector."""
        direction = self.unravel(v)
        if self.size == self.count:
            total = ravel(self._move(direction))[0]
        else:
            total = sum(self._curved(direction, x, y) for x, y in self.batches())
        return total / self.count + self.damping * v

    @lazy
    def _move(self) -> Callable[[Any], Any]:
        """The product with the Hessian of the loss of all examples, whose graph is kept."""
        slope: Callable[[Any], Any] = grad(lambda p: self.total(p, self.x, self.y))
        return linearize(slope, self.at)[1]

    def sampled(self, rng: np.random.Generator) -> Callable[[Array], Array]:
        """Return the product with the Hessian of examples drawn anew each time."""

        def product(v: Array) -> Array:
            chosen = rng.choice(self.count, self.size, replace=False)
            curved = self._curved(self.unravel(v), self.x[chosen], self.y[chosen])
            return curved / self.size + self.damping * v

        return product

    def _curved(self, direction: Any, x: Any, y: Any) -> Array:
        found = hvp(lambda p: self.total(p, x, y), (self.at,), (direction,))
        return ravel(found)[0]

    def row(
        self, x: Any, y: Any, method: str, tolerance: float, most: int, rng: np.random.Generator
    ) -> Array:  # fmt: skip
        """Return the influence of all training examples on one test example."""
        slope = ravel(grad(lambda p: self.losses(p, x, y).sum())(self.at))[0]
        if method == "cg":
            found = conjugate_gradients(self.product, slope, tolerance, most, self.damping)
        else:
            samples = self.sampled(rng) if self.size < self.count else None
            found = stochastic(self.product, samples, slope, tolerance, most, rng)
        _judge(found, method, tolerance)
        along = self.unravel(found.x)
        moved = [jvp(lambda p, x=x, y=y: self.losses(p, x, y), (self.at,), (along,))[1] for x, y in self.batches()]
        return np.concatenate([np.asarray(plain(m)) for m in moved]) / self.count


def _judge(found: Solution, method: str, tolerance: float) -> None:
    if found.residual > tolerance:
        said = {"method": method, "residual": found.residual, "steps": found.steps, "tolerance": tolerance}
        warn(errors.NOT_SOLVED.format(**said, wanted=4 * found.steps), errors.IncompleteWarning)


def _rows(data: tuple[Any, Any]) -> Iterable[tuple[Any, Any]]:
    x, y = data
    return ((x[i : i + 1], y[i : i + 1]) for i in range(len(x)))


def _chosen(model: Module, names: Iterable[str] | None) -> dict[str, Array]:
    """Return the parameters that are asked about, by name, as arrays."""
    own = {name: array_of(p) for name, p in model.named_parameters() if p.requires_grad}
    wanted = list(own) if names is None else list(names)
    for name in wanted:
        if name not in own:
            said = {"given": name, "model": type(model).__name__, "example": next(iter(own))}
            raise errors.ArgumentError(errors.INFLUENCE_PARAMETERS.format(**said))
    return {name: own[name] for name in wanted}


def _arrays(data: Any, name: str) -> tuple[Any, Any]:
    """Return inputs and targets, as arrays with a row for each example."""
    if isinstance(data, DataLoader):
        data = data.dataset
    if isinstance(data, Dataset):
        data = next(iter(DataLoader(data, batch_size=len(data))))
    if not isinstance(data, (tuple, list)) or len(data) != _PAIR:
        raise errors.ArgumentError(errors.TRAINING_DATA.format(name=name, given=type(data).__name__))
    x, y = (array_of(part) if isinstance(part, Handle) else np.asarray(part) for part in data)
    if not np.ndim(x) or not np.ndim(y) or len(x) != len(y) or not len(x):
        said = {"name": name, "first": np.shape(x)[:1], "second": np.shape(y)[:1]}
        raise errors.ArgumentError(errors.INFLUENCE_ROWS.format(**said))
    return x, y
