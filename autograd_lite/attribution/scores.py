"""What is explained: one number of what a model gives for each example; and how the model is called for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import dtype_of, is_array
from autograd_lite.base.shapes import Array
from autograd_lite.engine import generators, watchpoints
from autograd_lite.engine.record import Handle, array_of, make_tensor, plain_of
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.layers.dropout import _Dropout
from autograd_lite.nn.layers.normalization import _Norm
from autograd_lite.nn.layers.rectifiers import RReLU
from autograd_lite.nn.module import Module
from autograd_lite.tensor.state import once
from autograd_lite.tensor.tensor import Tensor

T = TypeVar("T")
Model = Callable[..., Any]


class Subject:
    """A model, the input that it is called with, and which number of what it gives is explained.

    Attributes
    ----------
    method : str
        What explains it, for messages.
    inputs : tuple of array or Tensor
        What the model is called with.
    single : bool
        Whether that is one array, and no tuple.
    count : int
        How many examples there are.
    """

    def __init__(self, method: str, model: Model, x: Any, target: Any) -> None:
        self.method, self.model, self.target = method, model, target
        if not callable(model):
            raise errors.ArgumentError(errors.ATTRIBUTION_MODEL.format(method=method, given=type(model).__name__))
        self.single = not isinstance(x, tuple)
        self.inputs = tuple([floats(part, method) for part in ((x,) if self.single else x)])
        if not self.inputs:
            raise errors.ArgumentError(errors.ATTRIBUTION_NOTHING.format(method=method))
        self.count = np.shape(self.inputs[0])[0] if np.ndim(self.inputs[0]) else 1
        refuse_training(model, method)

    def score(self, *inputs: Any) -> Any:
        """Return the number of each example that is explained, shape (examples,); or one number, shape ()."""
        y = self.model(*inputs)
        chosen = self.target(y) if callable(self.target) else self._chosen(y)
        shape = np.shape(chosen)
        if shape == (self.count, 1):
            chosen, shape = chosen.reshape(self.count), (self.count,)
        if shape not in ((), (self.count,)):
            text = errors.TARGET_MISSING if self.target is None else errors.TARGET_SHAPE_OF_SCORES
            raise errors.ShapeError(text.format(method=self.method, given=shape, count=self.count))
        return as_now(chosen)

    def _chosen(self, y: Any) -> Any:
        if self.target is None:
            return y
        shape = np.shape(y)
        several = shape[:1] == (self.count,) and len(shape) > 1  # else all is one example
        return y[_index(self.target, shape, several, self.method)]

    def quietly(self, do: Callable[[], T], create_graph: bool = False) -> T:
        """Return ``do()``, which calls the model: that leaves buffers and random numbers as they were.

        Parameters of the model are constants then, unless the graph is asked for or the input is itself recorded.
        """
        recorded = any(isinstance(x, Handle) and x.requires_grad for x in self.inputs)
        if create_graph or recorded:
            return undisturbed(do)
        with no_grad():
            return undisturbed(do)

    def released(self, y: Any) -> Any:
        """Return what was computed as the caller shall see it: an array, or a Tensor if it is recorded or so given."""
        kept = not isinstance(y, Handle) or y.requires_grad or any(isinstance(x, Handle) for x in self.inputs)
        return y if kept else array_of(y)

    def given_as(self, y: Any, like: Any) -> Any:
        """Return a result in the form of an input: with its dtype, a Tensor for a Tensor."""
        y = y if y.dtype == like.dtype else y.astype(like.dtype)
        return Tensor(y) if isinstance(like, Handle) and not isinstance(y, Handle) else y

    def put_together(self, parts: Sequence[Any]) -> Any:
        """Return one attribution for each input as the inputs were given."""
        return parts[0] if self.single else tuple(parts)


def undisturbed(do: Callable[[], T]) -> T:
    """Return ``do()``, after which Tensors, modules and random numbers are as they were."""
    if watchpoints.traced():
        return do()
    result: T = _with_same_numbers(once(do))
    return result


def _with_same_numbers(do: Callable[[], T]) -> T:
    """Return ``do()``, after which the default generator, if there is one, stands where it stood."""
    rng = generators.present()
    if rng is None:
        return do()
    bits = rng.bit_generator
    before = bits.state
    try:
        return do()
    finally:
        bits.state = before


# ----- what is given -----


def floats(x: Any, method: str) -> Any:
    """Return an input as an array or Tensor of real floats; refuse all else."""
    x = x if isinstance(x, Handle) or is_array(x) else _array(x, method)
    dtype = dtype_of(x)
    if dtype.kind != "f":
        raise errors.GradientDtypeError(errors.ATTRIBUTION_INTEGERS.format(method=method, dtype=dtype))
    return x


def _array(x: Any, method: str) -> Array:
    try:
        return np.asarray(x)
    except ValueError as error:  # a list of arrays of several shapes
        raise errors.ArgumentError(errors.ATTRIBUTION_LIST.format(method=method)) from error


def refuse_training(model: Model, method: str) -> None:
    """Refuse a module that does something else in training than in use."""
    if not isinstance(model, Module):
        return
    for name, module in model.named_modules():
        if module.training and _differs(module):
            what = f"{name!r}, {type(module).__name__}," if name else type(module).__name__
            raise errors.ArgumentError(errors.ATTRIBUTION_TRAINING.format(method=method, layer=what))


def _differs(module: Any) -> bool:
    """Tell whether a layer draws random numbers in training, or takes the mean and variance of the batch."""
    if isinstance(module, _Dropout):
        return module.p > 0
    if isinstance(module, _Norm):
        return bool(getattr(module, "track_running_stats", False))
    dropout = getattr(module, "dropout", 0)
    return isinstance(module, RReLU) or (isinstance(dropout, float) and dropout > 0)


def _index(target: Any, shape: Sequence[int], batch: bool, method: str) -> Any:
    """Return the index of the scores in an output: a place in all examples, or one in each."""
    sizes = shape[1:] if batch else shape
    if isinstance(target, tuple):
        places = [np.asarray(t) for t in target]
    else:
        given = plain_of(target)
        given = given if is_array(given) else np.asarray(given)
        places = [given] if given.ndim <= 1 else [given[:, i] for i in range(given.shape[1])]
    counts = {np.shape(p) for p in places} - {()}
    wrong = any(p.dtype.kind not in "iu" for p in places) or len(places) != len(sizes)
    if wrong or counts - ({(shape[0],)} if batch else set()):
        said = {"method": method, "shape": tuple(shape), "example": _example(sizes)}
        raise errors.ArgumentError(errors.TARGET_KIND.format(**said))
    for place, size in zip(places, sizes, strict=True):
        _check_range(place, size, method)
    if not counts:
        return (slice(None),) * batch + tuple([p if p.ndim else p[()] for p in places])
    return (np.arange(shape[0]), *places)


def _example(sizes: Sequence[int]) -> str:
    return "0" if len(sizes) <= 1 else str((0,) * len(sizes))


def _check_range(place: Array, size: int, method: str) -> None:
    """Refuse a class that does not exist; numbers that only a compiled function or a batch knows are not asked for."""
    if isinstance(place, np.ndarray) and place.size and not 0 <= place.min() <= place.max() < size:
        raise errors.ArgumentError(errors.TARGET_RANGE.format(method=method, count=size, last=size - 1))


# ----- numbers of each example -----


def per_example(a: Any, like: Any) -> Any:
    """Return the sum over all axes but the first; over all where one number, `like`, is explained."""
    axes = tuple(range(1 if np.ndim(like) else 0, np.ndim(a)))
    return np.sum(a, axis=axes) if axes else a


def along(values: Any, a: Any) -> Any:
    """Return one number for each example with the axes of `a`, to be multiplied with it."""
    return values.reshape(np.shape(values) + (1,) * (np.ndim(a) - np.ndim(values))) if np.ndim(values) else values


def numbers_of(a: Any) -> Array:
    """Return attributions that are drawn, or that decide an order, as an array."""
    return np.asarray(plain_of(a))


def plain(a: Any) -> Array | None:
    """Return the numbers of an array or Tensor; None where nobody may ask for them yet, as in a compiled function."""
    array = plain_of(a)
    if watchpoints.traced():
        return None
    return np.asarray(array) if isinstance(array, (np.ndarray, np.generic, float, int)) else None


def baselines(baseline: Any, subject: Subject) -> tuple[Any, ...]:
    """Return one baseline for each input, of its dtype: zeros for None."""
    if baseline is None:
        return tuple([np.zeros_like(x) for x in subject.inputs])
    parts = (baseline,) if subject.single else baseline
    if not isinstance(parts, tuple) or len(parts) != len(subject.inputs):
        said = {"method": subject.method, "count": len(subject.inputs)}
        raise errors.ArgumentError(errors.BASELINES.format(**said))
    return tuple([_baseline(b, x, subject.method) for b, x in zip(parts, subject.inputs, strict=True)])


def _baseline(b: Any, x: Any, method: str) -> Any:
    b = b if isinstance(b, Handle) or is_array(b) else _array(b, method)
    try:
        fits = np.broadcast_shapes(np.shape(b), np.shape(x)) == np.shape(x)
    except ValueError:
        fits = False
    if not fits:
        raise errors.ShapeError(errors.BASELINE_SHAPE.format(method=method, given=np.shape(b), shape=np.shape(x)))
    dtype = dtype_of(x)
    return (b if dtype_of(b) == dtype else b.astype(dtype)) + np.zeros_like(x)


def as_tensor(x: Any) -> Any:
    """Return what a model is called with where nothing is differentiated: a Tensor that it may write to."""
    return as_now(x) if isinstance(x, Handle) else Tensor(x)


def as_now(x: Any) -> Any:
    """Return a Tensor, or an array, as it is now, whatever is written to it later."""
    if isinstance(x, Handle):
        return make_tensor(array_of(x), x._node)
    return x.copy() if isinstance(x, np.ndarray) else x
