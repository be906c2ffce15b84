"""`scan`: a loop that carries something along, and leaves something at each step; `map` and `fori_loop`, made of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import isqrt
from operator import index
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array, is_numbers
from autograd_lite.engine.operands import refuse_masked
from autograd_lite.tensor.state import Unwritten
from autograd_lite.transforms.loops.body import Steps, said
from autograd_lite.transforms.loops.laps import Body, Leaves
from autograd_lite.transforms.loops.loop import looped
from autograd_lite.transforms.watched import Function, name_of
from autograd_lite.tree import Structure, flatten, paths, unflatten


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    *,
    checkpoint: bool = False,
) -> tuple[Any, Any]:
    """Carry something through a loop, and collect what each step leaves; one operation, whatever its length.

    It is, but for its derivatives, this loop::

        def scan(f, init, xs):
            carry, ys = init, []
            for x in xs:
                carry, y = f(carry, x)
                ys.append(y)
            return carry, np.stack(ys)

    Parameters
    ----------
    f : callable
        ``carry, y = f(carry, x)``, written with NumPy. The carry has the same structure, shapes and dtypes after each
        step; arrays that are given cannot be written to. Called again with the same arguments it has to compute the
        same: random numbers of `autograd_lite.manual_seed` are repeated, those of generators of your own are noticed
        and refused.
    init : tree of arrays
        The first carry.
    xs : tree of arrays, optional
        What is gone through, along the first axis of each array.
    length : int, optional
        The number of steps; needed where `xs` is None, and compared where it is not.
    reverse : bool
        Go from the last element to the first; what is left for element i stays at place i.
    checkpoint : bool
        Keep about the square root of `length` carries, and not all of them, at the price of one more evaluation.

    Returns
    -------
    carry : tree of arrays
        The last one.
    ys : tree of arrays
        What all steps left, with one more axis, the first.

    Raises
    ------
    LoopError
        `f` returns no pair, or a carry, or something for `ys`, of another structure, shape or dtype than before; the
        lengths differ; or a step writes to a Tensor or to a module from outside.
    CheckpointError
        A step that was evaluated again came to other results.

    Notes
    -----
    What is kept for the derivatives is the carry before each step, not what a step computes on the way, which is
    computed again. Tensors that `f` reaches without being given them, as the parameters of a module, get their
    gradients. In a compiled function the step is recorded once, and the program has a loop.

    Signature and trees are those of JAX's `lax.scan`.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (np.float64(6.0), array([0., 1., 3.]))
    >>> def compound(rate):
    ...     return scan(lambda money, _: (money * (1 + rate), None), 100.0, length=10)[0]
    >>> round(ag.grad(compound)(0.05), 6)
    np.float64(1551.328216)
    """
    carry, carried = flatten(init)
    elements, structure = flatten(xs)
    for x in (*carry, *elements):
        refuse_masked(x)
    count = _length(elements, structure, length)
    steps = Steps(f, carried, structure)
    elements = [x if isinstance(x, np.generic) or is_array(x) else np.asarray(x) for x in elements]
    if not count:
        return init, steps.nothing(carry, elements)
    run = _in_parts if checkpoint else looped
    last, left = Unwritten(name_of(f)).around(lambda: run(steps, carry, elements, count, reverse))
    steps.freeze()
    return unflatten(carried, last), unflatten(steps.left, left)


def map(  # noqa: A001 - JAX's name
    f: Callable[[Any], Any], xs: Any, *, checkpoint: bool = False
) -> Any:
    """Return what a function makes of each element along the first axis, one after the other; as one operation.

    Where `vmap` takes all at once, this takes the memory of one.

    Parameters
    ----------
    f : callable
        Written with NumPy for one element; takes and returns arrays or trees of them.
    xs : tree of arrays
        The elements.
    checkpoint : bool
        As for `scan`.

    Returns
    -------
    tree of arrays
        The results, with one more axis, the first.

    Examples
    --------
    >>> map(lambda x: np.sum(x**2), np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([ 5., 25.])
    """
    return scan(partial(_without_carry, f), None, xs, checkpoint=checkpoint)[1]


def _without_carry(f: Function, carry: None, x: Any) -> tuple[None, Any]:
    return None, f(x)


def fori_loop(
    lower: int, upper: int, body_fun: Callable[[Any, Any], Any], init_val: Any, *, checkpoint: bool = False
) -> Any:
    """Carry something through a loop over whole numbers, and return it.

    It is, but for its derivatives, ``for i in range(lower, upper): val = body_fun(i, val)``.

    Parameters
    ----------
    lower, upper : int
        From which number, and up to which, without that.
    body_fun : callable
        ``val = body_fun(i, val)``, with the same structure, shapes and dtypes each time.
    init_val : tree of arrays
        The first value.
    checkpoint : bool
        As for `scan`.

    Returns
    -------
    tree of arrays
        The last value.

    Examples
    --------
    >>> fori_loop(1, 5, lambda i, product: product * i, 1.0)
    np.float64(24.0)
    """
    numbers = np.arange(index(lower), max(index(lower), index(upper)))
    return scan(partial(_leaving_nothing, body_fun), init_val, numbers, checkpoint=checkpoint)[0]


def _leaving_nothing(body: Function, carry: Any, i: Any) -> tuple[Any, None]:
    return body(i, carry), None


def _length(elements: Leaves, structure: Structure, length: Any) -> int:
    """Return the number of steps, which is that of the elements of all arrays."""
    places = paths(structure, "xs")
    for x, place in zip(elements, places, strict=True):
        if not is_numbers(x) or not np.ndim(x):
            raise errors.LoopError(errors.LOOP_ELEMENTS.format(place=place, given=said(x)))
    sizes: dict[str, int] = {place: np.shape(x)[0] for x, place in zip(elements, places, strict=True)}
    if length is not None:
        sizes = {"length": index(length), **sizes}
    if not sizes:
        raise errors.LoopError(errors.LOOP_LENGTH)
    first, n = next(iter(sizes.items()))
    for place, m in sizes.items():
        if m != n:
            raise errors.LoopError(errors.LOOP_LENGTHS.format(first=first, n=n, second=place, m=m))
    if n < 0:
        raise errors.LoopError(errors.LOOP_NEGATIVE.format(n=n))
    return n


def _in_parts(body: Body, carry: Leaves, xs: Leaves, length: int, reverse: bool) -> tuple[Leaves, Leaves]:
    """Carry out a loop as one over loops, each of the square root of the steps: what is left over is one more.

    Each keeps its carries, and the inner ones keep theirs only while their own derivative is computed.
    """
    size = isqrt(length)
    count = length // size
    whole = count * size

    def part(carry: Leaves, xs: Leaves) -> tuple[Leaves, Leaves]:
        return looped(body, carry, xs, size, reverse)

    def parts(carry: Leaves) -> tuple[Leaves, Leaves]:
        grouped = [x[:whole].reshape(count, size, *x.shape[1:]) for x in xs]
        after, left = looped(part, carry, grouped, count, reverse)
        return after, [y.reshape(whole, *y.shape[2:]) for y in left]

    if whole == length:
        return parts(carry)

    def rest(carry: Leaves) -> tuple[Leaves, Leaves]:
        return looped(body, carry, [x[whole:] for x in xs], length - whole, reverse)

    first, second = (rest, parts) if reverse else (parts, rest)
    carry, left = first(carry)
    carry, more = second(carry)
    pairs = zip(more, left, strict=True) if reverse else zip(left, more, strict=True)
    return carry, [np.concatenate(pair) for pair in pairs]
