"""Recurrent networks: `RNN`, `LSTM`, `GRU` over sequences, and their cells, which make one step."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import zeros
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.generators import kept
from autograd_lite.engine.operands import with_shape
from autograd_lite.nn import functional
from autograd_lite.nn.functional.dropouts import probability
from autograd_lite.nn.functional.recurrent import sequence
from autograd_lite.nn.layers.linear import draw, is_size
from autograd_lite.nn.module import Module
from autograd_lite.nn.parameter import Parameter
from autograd_lite.nn.sequences.cells import CELLS
from autograd_lite.nn.utils.rnn import PackedSequence
from autograd_lite.rules.products import affine

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}
_BATCHED = 3  # axes of a batch of sequences


def _checked(module: Module, **sizes: Any) -> None:
    for name, given in sizes.items():
        if not is_size(given):
            said = {"what": f"{type(module).__name__}()", "name": name, "given": given}
            instead = f"{name}=10, a whole number of at least 1"
            raise errors.ArgumentError(errors.RECURRENT_SIZES.format(**said, instead=instead))


def _chosen(module: Module, **choices: Any) -> None:
    """Refuse a number or a text for a truth value: 'False' would be true, and a size is meant for another argument."""
    for name, given in choices.items():
        if not isinstance(given, (bool, np.bool_)):
            said = {"what": f"{type(module).__name__}()", "name": name, "given": given}
            raise errors.ArgumentError(errors.RECURRENT_SIZES.format(**said, instead=f"{name}=True, or False"))


def _mode(nonlinearity: Any, module: Module) -> str:
    if nonlinearity in ("tanh", "relu"):
        return f"RNN_{nonlinearity.upper()}"
    said = {"what": f"{type(module).__name__}()", "name": "nonlinearity", "given": nonlinearity}
    raise errors.ArgumentError(errors.RECURRENT_SIZES.format(**said, instead="nonlinearity='tanh' or 'relu'"))


class _Recurrent(Module):
    """Layers of steps in one direction or in two, with PyTorch's names of parameters."""

    mode: str
    _states = 1

    def _set(
        self, sizes: tuple[int, int, int], bias: bool, batch_first: bool, dropout: float, bidirectional: bool,
        proj_size: int, rng: Any, dtype: Any,
    ) -> None:  # fmt: skip
        what = f"{type(self).__name__}()"
        self.input_size, self.hidden_size, self.num_layers = sizes
        _checked(self, input_size=sizes[0], hidden_size=sizes[1], num_layers=sizes[2])
        _chosen(self, bias=bias, batch_first=batch_first)
        self.bias, self.batch_first, self.bidirectional = bool(bias), bool(batch_first), bool(bidirectional)
        self.dropout, self.proj_size = probability(dropout, what), proj_size
        if proj_size and not (is_size(proj_size) and proj_size < self.hidden_size):
            said = {"what": what, "name": "proj_size", "given": proj_size}
            raise errors.ArgumentError(errors.RECURRENT_SIZES.format(**said, instead="one below hidden_size, or 0"))
        self.rng = kept(rng)
        for layer in range(self.num_layers):
            for ending in self._endings():
                self._enter(layer, ending, dtype)
        self.reset_parameters(self.rng)

    def _endings(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def _enter(self, layer: int, ending: str, dtype: Any) -> None:
        """Make the parameters of one layer in one direction."""
        out, gates = self.proj_size or self.hidden_size, _GATES[self.mode] * self.hidden_size
        inputs = out * len(self._endings()) if layer else self.input_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, inputs), "weight_hh": (gates, out)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes["weight_hr"] = (out, self.hidden_size)
        for name, shape in shapes.items():
            setattr(self, f"{name}_l{layer}{ending}", Parameter(np.zeros(shape, dtype)))

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        draw(self, self.hidden_size, rng)

    def flatten_parameters(self) -> None:
        """Do nothing: where weights lie in memory makes no difference here. For PyTorch's sake."""

    def forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002 - PyTorch's name
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        x = self._input(input)
        single = len(x.shape) < _BATCHED
        if single:
            x = x[:, None]
        elif self.batch_first:
            x = np.swapaxes(x, 0, 1)
        steps, count = x.shape[:2]
        if not steps:
            raise errors.ShapeError(errors.RECURRENT_EMPTY.format(what=repr(self)))
        rows = x.reshape((steps * count, x.shape[2]))
        left, last = self._run(rows, self._first(hx, count, rows.dtype, single), (count,) * steps)
        y = left.reshape((steps, count, left.shape[-1]))
        if single:
            return y[:, 0], self._given([s[:, 0] for s in last])
        return (np.swapaxes(y, 0, 1) if self.batch_first else y), self._given(last)

    def _packed(self, packed: PackedSequence, hx: Any) -> Any:
        self._fits(packed.data, 2)
        sizes = tuple(packed.batch_sizes.tolist())
        if not sizes or min(sizes) < 1 or list(sizes) != sorted(sizes)[::-1] or sum(sizes) != packed.data.shape[0]:
            raise errors.ArgumentError(errors.PACKED_SIZES.format(what=repr(self), rows=packed.data.shape[0]))
        state = self._first(hx, sizes[0], packed.data.dtype, single=False)
        if hx is not None and packed.sorted_indices is not None:
            state = [s[:, packed.sorted_indices] for s in state]
        left, last = self._run(packed.data, state, sizes)
        if packed.unsorted_indices is not None:
            last = [s[:, packed.unsorted_indices] for s in last]
        return packed._replace(data=left), self._given(last)

    def _input(self, given: Any) -> Array:
        x = with_shape(given)
        self._fits(x, _BATCHED, 2)
        return x

    def _fits(self, x: Array, *dims: int) -> None:
        if len(x.shape) in dims and x.shape[-1] == self.input_size:
            return
        n = self.input_size
        wanted = f"(batch, steps, {n})" if self.batch_first else f"(steps, batch, {n})"
        last = x.shape[-1] if x.shape else 1
        instead = f"x[..., None] for sequences of numbers, or {type(self).__name__}({last}, ...)"
        said = {"what": repr(self), "wanted": wanted, "single": f"(steps, {n})", "given": tuple(x.shape)}
        raise errors.ShapeError(errors.RECURRENT_INPUT.format(**said, instead=instead))

    def _first(self, hx: Any, count: int, dtype: Any, single: bool) -> list[Array]:
        """Return the first states of all layers, with an axis for the batch."""
        layers = self.num_layers * len(self._endings())
        sizes = (self.proj_size or self.hidden_size, self.hidden_size)[: self._states]
        if hx is None:
            kind = np.result_type(dtype, next(self.parameters()).dtype)
            return [zeros((layers, count, size), kind, next(self.parameters())) for size in sizes]
        pair = isinstance(hx, (tuple, list)) and len(hx) == self._states
        if self._states > 1 and not pair:
            raise errors.ArgumentError(errors.RECURRENT_PAIR.format(what=repr(self), given=f"a {type(hx).__name__}"))
        found = []
        for name, given, size in zip(("h_0", "c_0"), hx if self._states > 1 else (hx,), sizes, strict=False):
            state, wanted = with_shape(given), (layers, size) if single else (layers, count, size)
            if tuple(state.shape) != wanted:
                said = {"what": repr(self), "name": name, "given": tuple(state.shape), "wanted": wanted}
                raise errors.ShapeError(errors.RECURRENT_STATE.format(**said, instead=f"{name} = np.zeros({wanted})"))
            found.append(state[:, None] if single else state)
        return found

    def _given(self, last: list[Array]) -> Any:
        return tuple(last) if self._states > 1 else last[0]

    def _run(self, rows: Array, state: list[Array], sizes: tuple[int, ...]) -> tuple[Array, list[Array]]:
        """Carry rows through all layers; return what the last one leaves, and the last states of all."""
        last: list[list[Array]] = [[] for _ in state]
        for layer in range(self.num_layers):
            if layer and self.training and self.dropout:
                rows = functional.dropout(rows, self.dropout, rng=self.rng)
            sides = []
            for at, ending in enumerate(self._endings()):
                place = layer * len(self._endings()) + at
                left, *after = self._one(rows, [s[place] for s in state], f"_l{layer}{ending}", sizes, bool(at))
                sides.append(left)
                for states, s in zip(last, after, strict=True):
                    states.append(s)
            rows = np.concatenate(sides, -1) if len(sides) > 1 else sides[0]
        return rows, [np.stack(states) for states in last]

    def _one(self, rows: Array, state: list[Array], ending: str, sizes: tuple[int, ...], reverse: bool) -> Any:
        names = "weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr"
        weights = [getattr(self, name + ending, None) for name in names]
        return sequence(self.mode, rows, state, weights, sizes, reverse)

    def extra_repr(self) -> str:
        shown = f"{self.input_size}, {self.hidden_size}"
        shown += f", proj_size={self.proj_size}" if self.proj_size else ""
        shown += f", num_layers={self.num_layers}" if self.num_layers != 1 else ""
        shown += "" if self.bias else ", bias=False"
        shown += ", batch_first=True" if self.batch_first else ""
        shown += f", dropout={self.dropout}" if self.dropout else ""
        return shown + (", bidirectional=True" if self.bidirectional else "")


class RNN(_Recurrent):
    """The plain recurrent network: ``h = tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh)`` at each step.

    Parameters
    ----------
    input_size, hidden_size : int
        The length of the vectors that go in, and of the state.
    num_layers : int
        How many layers there are, each of which takes what the one before leaves.
    nonlinearity : {'tanh', 'relu'}
        What is applied.
    bias : bool
        Whether the two biases are there.
    batch_first : bool
        Whether inputs and outputs have shape (batch, steps, ...) and not (steps, batch, ...).
    dropout : float
        The probability with which each number between layers is left out in training.
    bidirectional : bool
        Whether a second direction goes from the last step to the first; the results stand side by side.
    rng : numpy.random.Generator or int, optional
        Where initial values and dropout come from, or its seed; by default the generator of
        `autograd_lite.manual_seed`.
    device : {"cpu"}, optional
        The one device that there is.
    dtype : dtype, optional
        Of the parameters: float64 by default.

    Attributes
    ----------
    weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_ih_l0_reverse, weight_ih_l1, ... : Parameter
        Uniform random numbers between plus and minus ``1 / sqrt(hidden_size)`` at first, as PyTorch's.

    Notes
    -----
    Called as ``y, h_n = layer(x, h_0)``: `x` of shape (steps, batch, input_size), (steps, input_size) without a batch,
    or a `utils.rnn.PackedSequence`; `h_0`, 0 by default, of shape (layers * directions, batch, hidden_size). A whole
    sequence is one operation for each layer and direction; in a compiled function it is a loop.

    Examples
    --------
    >>> layer = RNN(3, 5, num_layers=2)
    >>> y, h = layer(np.ones((7, 4, 3)))
    >>> y.shape, h.shape
    ((7, 4, 5), (2, 4, 5))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, *, rng: Any = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self.nonlinearity, self.mode = nonlinearity, _mode(nonlinearity, self)
        sizes = input_size, hidden_size, num_layers
        self._set(sizes, bias, batch_first, dropout, bidirectional, 0, rng, dtype)


class LSTM(_Recurrent):
    """Long short-term memory: a state that gates keep and change. See `functional.lstm_cell` for a step.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng, dtype
        As for `RNN`.
    proj_size : int
        The length of `h`, if that is projected by a matrix ``weight_hr``; 0 if not.

    Notes
    -----
    Called as ``y, (h_n, c_n) = layer(x, (h_0, c_0))``, with shapes as of `RNN`. Hochreiter and Schmidhuber, "Long
    short-term memory", 1997; projections by Sak, Senior and Beaufays, 2014.

    Examples
    --------
    >>> layer = LSTM(3, 5, bidirectional=True)
    >>> y, (h, c) = layer(np.ones((7, 4, 3)))
    >>> y.shape, h.shape, c.shape
    ((7, 4, 10), (2, 4, 5), (2, 4, 5))
    """

    mode, _states = "LSTM", 2

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0,
        *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        sizes = input_size, hidden_size, num_layers
        self._set(sizes, bias, batch_first, dropout, bidirectional, proj_size, rng, dtype)


class GRU(_Recurrent):
    """Gated recurrent units: two gates, and no state but `h`.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng, dtype
        As for `RNN`.

    Notes
    -----
    Of ``x @ w_ih.T + b_ih`` and ``h @ w_hh.T + b_hh`` the thirds are those of `r`, `z` and `n`: with sigmoids `r` and
    `z` of their sums and ``n = tanh(n_x + r * n_h)``, the next `h` is ``(1 - z) * n + z * h``. Called as `RNN`. From
    Cho and others, 2014, with the reset gate behind the product, as PyTorch has it.

    Examples
    --------
    >>> layer = GRU(3, 5, batch_first=True)
    >>> y, h = layer(np.ones((4, 7, 3)))
    >>> y.shape, h.shape
    ((4, 7, 5), (1, 4, 5))
    """

    mode = "GRU"

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, *, rng: Any = None, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        sizes = input_size, hidden_size, num_layers
        self._set(sizes, bias, batch_first, dropout, bidirectional, 0, rng, dtype)


class _Cell(Module):
    mode: str

    def _set(self, input_size: int, hidden_size: int, bias: bool, rng: Any, dtype: Any) -> None:
        _checked(self, input_size=input_size, hidden_size=hidden_size)
        _chosen(self, bias=bias)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bool(bias)
        gates = _GATES[self.mode] * hidden_size
        self.weight_ih = Parameter(np.zeros((gates, input_size), dtype))
        self.weight_hh = Parameter(np.zeros((gates, hidden_size), dtype))
        self.bias_ih = Parameter(np.zeros(gates, dtype)) if bias else None
        self.bias_hh = Parameter(np.zeros(gates, dtype)) if bias else None
        self.reset_parameters(rng)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        draw(self, self.hidden_size, rng)

    def _input(self, given: Any) -> Array:
        x = with_shape(given)
        n = self.input_size
        if len(x.shape) in (1, 2) and x.shape[-1] == n:
            return x
        instead = f"x.reshape(-1, {n}), or {type(self).__name__}({x.shape[-1] if x.shape else 1}, {self.hidden_size})"
        said = {"what": repr(self), "wanted": f"(batch, {n})", "single": f"({n},)", "given": tuple(x.shape)}
        raise errors.ShapeError(errors.RECURRENT_INPUT.format(**said, instead=instead))

    def _first(self, given: Any, x: Array, name: str) -> Array:
        """Return a first state; 0 where none is given."""
        wanted = (*x.shape[:-1], self.hidden_size)
        if given is None:
            return zeros(wanted, np.result_type(x.dtype, self.weight_hh.dtype), x)
        state = with_shape(given)
        if tuple(state.shape) != wanted:
            said = {"what": repr(self), "name": name, "given": tuple(state.shape), "wanted": wanted}
            raise errors.ShapeError(errors.RECURRENT_STATE.format(**said, instead=f"{name} = np.zeros({wanted})"))
        return state

    def forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002 - PyTorch's name
        x = self._input(input)
        rows, h = affine(x, self.weight_ih, self.bias_ih), self._first(hx, x, "h")
        return CELLS[self.mode](rows, (h,), (self.weight_hh, self.bias_hh, None))[0]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """One step of `RNN`: ``h = cell(x, h)``.

    Parameters
    ----------
    input_size, hidden_size : int
        The length of the vectors that go in, and of the state.
    bias : bool
        Whether the two biases are there.
    nonlinearity : {'tanh', 'relu'}
        What is applied.
    rng, dtype
        As for `RNN`.

    Examples
    --------
    >>> RNNCell(3, 5)(np.ones((4, 3))).shape
    (4, 5)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", *, rng: Any = None,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        refusals.device(device)
        self.nonlinearity, self.mode = nonlinearity, _mode(nonlinearity, self)
        self._set(input_size, hidden_size, bias, rng, dtype)


class LSTMCell(_Cell):
    """One step of `LSTM`: ``h, c = cell(x, (h, c))``. See `functional.lstm_cell`.

    Parameters
    ----------
    input_size, hidden_size, bias, rng, dtype
        As for `RNNCell`.

    Examples
    --------
    >>> h, c = LSTMCell(3, 5)(np.ones((4, 3)))
    >>> h.shape, c.shape
    ((4, 5), (4, 5))
    """

    mode = "LSTM"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True,
        *, rng: Any = None, device: Any = None, dtype: Any = None
    ) -> None:
        refusals.device(device)
        self._set(input_size, hidden_size, bias, rng, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002 - PyTorch's name
        x = self._input(input)
        if hx is not None and not (isinstance(hx, (tuple, list)) and len(hx) == 2):  # noqa: PLR2004 - h and c
            raise errors.ArgumentError(errors.RECURRENT_PAIR.format(what=repr(self), given=f"a {type(hx).__name__}"))
        h, c = [self._first(s, x, name) for s, name in zip(hx or (None, None), "hc", strict=True)]
        return functional.lstm_cell(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)


class GRUCell(_Cell):
    """One step of `GRU`: ``h = cell(x, h)``.

    Parameters
    ----------
    input_size, hidden_size, bias, rng, dtype
        As for `RNNCell`.

    Examples
    --------
    >>> GRUCell(3, 5)(np.ones((4, 3))).shape
    (4, 5)
    """

    mode = "GRU"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True,
        *, rng: Any = None, device: Any = None, dtype: Any = None
    ) -> None:
        refusals.device(device)
        self._set(input_size, hidden_size, bias, rng, dtype)
