"""Methods that do in place what another returns: each is that one, whose result the Tensor takes over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import generator as generator_of
from autograd_lite.tensor.members.forms import own

if TYPE_CHECKING:
    from autograd_lite.tensor.tensor import Tensor


def _of(name: str, given: str, call: str, found: str) -> Callable[..., Tensor]:
    """Return the method that carries out `name` in place; of the data `given` the call makes what is `found`."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Tensor:
        return self._become(getattr(self, name)(*args, **kwargs), name, f"t = t.{name}()")

    method.__name__, method.__qualname__ = f"{name}_", f"Changed.{name}_"
    method.__doc__ = (
        f"Take over what `{name}` returns, in place.\n\n        >>> ag.Tensor({given}).{name}_({call}).tolist()\n"
        f"        {found}\n"
    )
    return method


class Changed:
    """Changes of value, by name."""

    __slots__ = ()

    abs_ = _of("abs", "[-1.0]", "", "[1.0]")
    addcdiv_ = _of("addcdiv", "[1.0]", "6.0, 3.0", "[3.0]")
    addcmul_ = _of("addcmul", "[1.0]", "2.0, 3.0", "[7.0]")
    ceil_ = _of("ceil", "[0.5]", "", "[1.0]")
    clamp_max_ = _of("clamp_max", "[1.0, 3.0]", "2.0", "[1.0, 2.0]")
    clamp_min_ = _of("clamp_min", "[1.0, 3.0]", "2.0", "[2.0, 3.0]")
    cos_ = _of("cos", "[0.0]", "", "[1.0]")
    cumsum_ = _of("cumsum", "[1.0, 2.0]", "0", "[1.0, 3.0]")
    erf_ = _of("erf", "[0.0]", "", "[0.0]")
    exp_ = _of("exp", "[0.0]", "", "[1.0]")
    floor_ = _of("floor", "[0.5]", "", "[0.0]")
    fmod_ = _of("fmod", "[-7.0]", "4", "[-3.0]")
    index_copy_ = _of("index_copy", "[1.0, 2.0]", "0, [1], [5.0]", "[1.0, 5.0]")
    index_fill_ = _of("index_fill", "[1.0, 2.0]", "0, [1], 5.0", "[1.0, 5.0]")
    index_put_ = _of("index_put", "[1.0, 2.0]", "(np.array([1]),), 5.0", "[1.0, 5.0]")
    log_ = _of("log", "[1.0]", "", "[0.0]")
    masked_scatter_ = _of("masked_scatter", "[1.0, 2.0]", "np.array([False, True]), ag.ones(1)", "[1.0, 1.0]")
    nan_to_num_ = _of("nan_to_num", "[np.nan]", "", "[0.0]")
    neg_ = _of("neg", "[1.0]", "", "[-1.0]")
    reciprocal_ = _of("reciprocal", "[2.0]", "", "[0.5]")
    relu_ = _of("relu", "[-1.0, 2.0]", "", "[0.0, 2.0]")
    remainder_ = _of("remainder", "[-7.0]", "4", "[1.0]")
    round_ = _of("round", "[0.6]", "", "[1.0]")
    rsqrt_ = _of("rsqrt", "[4.0]", "", "[0.5]")
    scatter_reduce_ = _of("scatter_reduce", "[1.0, 2.0]", "0, [1], ag.tensor([5.0]), \"sum\"", "[1.0, 7.0]")
    sigmoid_ = _of("sigmoid", "[0.0]", "", "[0.5]")
    sign_ = _of("sign", "[-2.0]", "", "[-1.0]")
    sin_ = _of("sin", "[0.0]", "", "[0.0]")
    sqrt_ = _of("sqrt", "[4.0]", "", "[2.0]")
    square_ = _of("square", "[3.0]", "", "[9.0]")
    tanh_ = _of("tanh", "[0.0]", "", "[0.0]")
    tril_ = _of("tril", "[[1.0, 2.0]]", "", "[[1.0, 0.0]]")
    triu_ = _of("triu", "[[1.0], [2.0]]", "", "[[1.0], [0.0]]")
    trunc_ = _of("trunc", "[-1.5]", "", "[-1.0]")

    @own
    def fill_diagonal_(self: Any, fill_value: Any) -> Tensor:
        """Give the elements of the diagonal of a matrix one value.

        >>> ag.zeros(2, 2).fill_diagonal_(3.0).tolist()
        [[3.0, 0.0], [0.0, 3.0]]
        """
        places = np.arange(min(self.shape))
        self[(places,) * self.ndim] = fill_value
        return self

    @own
    def detach_(self: Any) -> Tensor:
        """Return the Tensor itself, which has no history; one that has is refused.

        >>> ag.Tensor([1.0]).detach_().tolist()
        [1.0]
        """
        if self.requires_grad:
            raise errors.InPlaceError(errors.DETACHED_IN_PLACE.format(what=refusals.describe(self)))
        return self

    # ----- at random -----

    @own
    def bernoulli_(self: Any, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        """Give all elements random values: 1 with a probability, and else 0.

        >>> ag.empty(2).bernoulli_(1.0).tolist()
        [1.0, 1.0]
        """
        return self.copy_(generator_of(generator).random(self.shape) < p)

    @own
    def exponential_(self: Any, lambd: float = 1.0, *, generator: Any = None) -> Tensor:
        """Give all elements exponential random values, of mean ``1 / lambd``.

        >>> bool((ag.empty(3).exponential_() > 0).all())
        True
        """
        return self.copy_(generator_of(generator).exponential(1 / lambd, self.shape))

    @own
    def random_(self: Any, low: int = 0, to: int | None = None, *, generator: Any = None) -> Tensor:
        """Give all elements random whole numbers from `low` to before `to`; of one number, from 0 to before it.

        >>> ag.empty(2).random_(3, 4).tolist()
        [3.0, 3.0]
        """
        low, to = (0, low) if to is None else (low, to)
        if to <= low:
            raise errors.ArgumentError(errors.RANDOM_RANGE.format(low=low, to=to))
        return self.copy_(generator_of(generator).integers(low, to, self.shape))
