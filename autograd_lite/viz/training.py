"""Pictures of training: losses, gradients and activations by layer over time, and what a classifier decides where.

The colours are Okabe and Ito's; classes differ in their markers too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import cycle
from types import TracebackType
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.plotting import new_figure
from autograd_lite.engine.record import array_of, plain_of
from autograd_lite.engine.switch import no_grad
from autograd_lite.nn.forwards import wrapped
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.viz.words import clean

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C7A00")
_MARKERS = "os^Dv*PX"
_BARS = "▁▂▃▄▅▆▇█"
_POINTS = 24  # of a curve in text
_MOST = 12  # lines that a legend names


class Monitor:
    """Writes down, step by step, the loss and how large gradients, weights and activations are in every layer.

    Prints as curves of text; a notebook shows the figure of `plot` where Matplotlib is installed.

    Parameters
    ----------
    model : Module
        What is trained. Its layers are looked at inside the ``with`` block.

    Attributes
    ----------
    losses : list of float
        One for each step.
    gradients, weights : dict of str to list of float
        The norm of each parameter's gradient, and of the parameter, by dotted name; nan where there was no gradient.
    activations : dict of str to list of (float, float)
        Mean and standard deviation of the last output of each layer without layers inside.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> model = ag.nn.Sequential(ag.nn.Linear(2, 1, rng=0), ag.nn.Tanh())
    >>> optimizer = ag.optim.SGD(model.parameters(), lr=0.5)
    >>> with Monitor(model) as monitor:
    ...     for _ in range(20):
    ...         optimizer.zero_grad()
    ...         loss = np.mean((model(np.array([[1.0, 2.0]])) - 0.5) ** 2)
    ...         loss.backward()
    ...         monitor.record(loss)
    ...         optimizer.step()
    >>> len(monitor.losses), sorted(monitor.gradients)
    (20, ['0.bias', '0.weight'])
    """

    def __init__(self, model: Module) -> None:
        self.model = model
        self.losses: list[float] = []
        self.gradients: dict[str, list[float]] = {}
        self.weights: dict[str, list[float]] = {}
        self.activations: dict[str, list[tuple[float, float]]] = {}
        self._latest: dict[str, tuple[float, float]] = {}
        self._block: AbstractContextManager[None] | None = None

    def __enter__(self) -> Monitor:
        layers = [(name or type(m).__name__, m) for name, m in self.model.named_modules() if not list(m.children())]
        self._block = wrapped(layers, self._noting)
        self._block.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._block is not None
        self._block.__exit__(kind, error, trace)

    def _noting(self, name: str, forward: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            result = forward(*args, **kwargs)
            if isinstance(result, (Tensor, np.ndarray)):
                values = plain_of(result)
                self._latest[name] = (float(np.mean(values)), float(np.std(values)))
            return result

        return noted

    def record(self, loss: Any) -> None:
        """Write down one step; to be called after ``loss.backward()`` and before ``optimizer.step()``.

        Parameters
        ----------
        loss : Tensor or float
            A single number.
        """
        self.losses.append(float(loss.item() if isinstance(loss, Tensor) else loss))
        for name, p in self.model.named_parameters():
            gradient = math.nan if p.grad is None else _norm(array_of(p.grad))
            self.gradients.setdefault(name, []).append(gradient)
            self.weights.setdefault(name, []).append(_norm(array_of(p)))
        for name, spread in self._latest.items():
            self.activations.setdefault(name, []).append(spread)

    def plot(self) -> Any:
        """Return a figure with the loss, the norms of the gradients, and the spread of the activations over time.

        Returns
        -------
        matplotlib.figure.Figure
            ``figure.savefig("training.png")`` writes it to a file.

        Raises
        ------
        MissingExtraError
            Matplotlib is not installed.
        """
        figure, axes = new_figure(3, "Monitor.plot()")
        _draw_curves(axes[0], {"loss": self.losses}, "loss", log=_spans(self.losses))
        _draw_curves(axes[1], self.gradients, "norm of the gradient", log=True)
        _draw_curves(axes[2], self._spreads(), "standard deviation of the output")
        return figure

    def _spreads(self) -> dict[str, list[float]]:
        """Return the standard deviations of the activations, by the name of the layer and its class."""
        modules = dict(self.model.named_modules())
        titles = {name: f"{name}: {type(modules[name]).__name__}" for name in self.activations if name in modules}
        return {titles.get(name, name): [spread for _, spread in pairs] for name, pairs in self.activations.items()}

    def __str__(self) -> str:
        """Return the curves as text, one line for each."""
        rows = [("loss", self.losses), *((f"grad {name}", norms) for name, norms in self.gradients.items())]
        rows += [(f"out {name}", spreads) for name, spreads in self._spreads().items()]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name.ljust(width)}  {curve_text(values)}".rstrip() for name, values in rows)

    def __repr__(self) -> str:
        title = f"Monitor of {type(self.model).__name__}, {len(self.losses)} steps"
        return f"{title}\n{self}" if self.losses else title

    def _repr_png_(self) -> bytes | None:
        """Return the figure for a notebook, which shows the text where there is none."""
        try:
            png: bytes | None = self.plot()._repr_png_() if self.losses else None
        except errors.MissingExtraError:
            return None
        return png


def _norm(a: Any) -> float:
    return float(np.sqrt(np.sum(np.abs(a) ** 2)))


def curve_text(values: Sequence[float]) -> str:
    """Return a curve as bars of text between its first and last value.

    Examples
    --------
    >>> curve_text([4.0, 2.0, 1.0, 0.5])
    '4 █▄▂▁ 0.5'
    """
    if not values:
        return ""
    picked = np.array(values)[np.linspace(0, len(values) - 1, min(len(values), _POINTS)).round().astype(int)]
    finite = picked[np.isfinite(picked)]
    low, span = (finite.min(), np.ptp(finite) or 1.0) if finite.size else (0.0, 1.0)
    bars = [_BARS[int((v - low) / span * (len(_BARS) - 1))] if np.isfinite(v) else "!" for v in picked]
    return f"{values[0]:.3g} {''.join(bars)} {values[-1]:.3g}"


def loss_curves(curves: Mapping[str, Sequence[float]] | Sequence[float], *, log: bool = False) -> Any:
    """Return a figure of one or several curves over the steps of training.

    Parameters
    ----------
    curves : sequence of float, or mapping of str to those
        ``{"training": [...], "test": [...]}``.
    log : bool
        Whether the values stand on a logarithmic scale.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    MissingExtraError
        Matplotlib is not installed.

    Examples
    --------
    >>> figure = loss_curves({"training": [4.0, 2.0, 1.0], "test": [5.0, 3.0, 2.5]}, log=True)  # doctest: +SKIP
    >>> figure.savefig("losses.png")  # doctest: +SKIP
    """
    figure, (axes,) = new_figure(1, "loss_curves()")
    _draw_curves(axes, curves if isinstance(curves, Mapping) else {"loss": curves}, "loss", log=log)
    return figure


def decision_regions(f: Callable[[Any], Any], x: Any, classes: Any, *, steps: int = 200) -> Any:
    """Return a figure of what a classifier of two inputs decides in the plane, with the examples on it.

    Parameters
    ----------
    f : callable
        A module or function: of points, shape (n, 2), it returns scores, shape (n, classes), of which the largest
        decides; or one probability for each, shape (n,) or (n, 1), which decides for class 1 from 0.5 on.
    x : array_like, shape (n, 2)
        Examples.
    classes : array_like of int, shape (n,)
        Their classes, from 0.
    steps : int
        Points of the grid along each axis.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ShapeError
        The examples are no pairs of numbers.
    MissingExtraError
        Matplotlib is not installed.

    Examples
    --------
    >>> points = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> figure = decision_regions(lambda x: x[:, 0], points, [0, 1, 0])  # doctest: +SKIP
    >>> figure.savefig("regions.png")  # doctest: +SKIP
    """
    points, classes = np.asarray(x, float), np.asarray(classes)
    if points.ndim != 2 or points.shape[1] != 2 or classes.shape != points.shape[:1]:  # noqa: PLR2004 - pairs
        raise errors.ShapeError(errors.PLANE.format(given=points.shape, classes=classes.shape))
    figure, (axes,) = new_figure(1, "decision_regions()")
    margin = 0.1 * np.ptp(points, axis=0) + 1e-9
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    first, second = (np.linspace(a, b, steps) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(first, second), axis=-1)
    decided = _decided(f, grid.reshape(-1, 2)).reshape(steps, steps)
    count = int(max(decided.max(), classes.max())) + 1
    colours = [_COLOURS[k % len(_COLOURS)] for k in range(count)]
    axes.contourf(first, second, decided, levels=np.arange(count + 1) - 0.5, colors=colours, alpha=0.25)
    for k in range(count):
        own, marker = points[classes == k], _MARKERS[k % len(_MARKERS)]
        axes.scatter(own[:, 0], own[:, 1], c=colours[k], marker=marker, edgecolors="white", label=f"class {k}")
    axes.legend()
    return figure


def _decided(f: Callable[[Any], Any], points: Any) -> Any:
    """Return the class of each point."""
    with no_grad():
        scores = f(Tensor(points))
    scores = array_of(scores) if isinstance(scores, Tensor) else np.asarray(scores)
    if scores.ndim == 1 or scores.shape[1] == 1:
        return (scores.reshape(-1) >= 0.5).astype(int)  # noqa: PLR2004 - the middle of probabilities
    return np.argmax(scores, axis=1)


# ----- curves -----


def _draw_curves(axes: Any, curves: Mapping[str, Sequence[float]], title: str, *, log: bool = False) -> None:
    styles: Iterable[tuple[str, str]] = cycle([(c, s) for s in ("-", "--", ":") for c in _COLOURS])
    for (name, values), (colour, style) in zip(curves.items(), styles, strict=False):
        axes.plot(np.arange(1, len(values) + 1), values, color=colour, linestyle=style, label=_escaped(name))
    axes.set(xlabel="step", title=title, yscale="log" if log else "linear")
    if curves:
        axes.legend(fontsize="small", ncols=1 + len(curves) // _MOST)


def _escaped(name: str) -> str:
    """Return a name in which nothing is markup: dollar signs start formulas, and a leading underscore hides."""
    text = clean(name).replace("$", r"\$")
    return f"\u200b{text}" if text.startswith("_") else text


def _spans(values: Sequence[float]) -> bool:
    """Tell whether positive values span so much that a logarithmic scale shows more."""
    return bool(values) and min(values) > 0 and max(values) > 100 * min(values)
