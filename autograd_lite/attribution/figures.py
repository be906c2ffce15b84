"""Attributions as pictures: heat maps beside their images, bars with names.

What speaks for a score is vermilion, what speaks against it blue, and white is 0: Okabe and Ito's colours, which people
of all kinds of vision tell apart. In print without colours, squares against it have a minus sign, and bars are hatched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.scores import numbers_of
from autograd_lite.base.plotting import new_figure
from autograd_lite.base.shapes import Array
from autograd_lite.viz.words import clean, shortened

FOR, AGAINST = "#D55E00", "#0072B2"
_SHADES = ("#023858", AGAINST, "#8CBEDF", "#FFFFFF", "#F3B58A", FOR, "#6E2B00")
_FINE = 16
"""Up to so many rows an image's pixels are drawn as squares, and its outline along them."""
_SIGNED, _DARK = 0.15, 0.5
"""From which size on a square against the score has a minus sign, and a white one."""
_PAGE, _NARROWEST, _WIDEST = 7.0, 1.75, 3.2
"""How wide a figure is, and its panels, in inches."""
_COLOURED = 3
_MOST_BARS, _NAME = 20, 32


def show(
    attributions: Any, images: Any = None, *, titles: Sequence[str] | None = None, name: str = "attribution",
    quantile: float = 1.0,
) -> Any:  # fmt: skip
    """Return a figure of heat maps: a row for each example, with its image and what each method says of it.

    Parameters
    ----------
    attributions : array, shape (examples, channels, rows, columns), or mapping of str to those
        Of one method, or of several by name. Channels are summed; there may be none.
    images : array, shape (examples, channels, rows, columns), optional
        What was explained: grey, or with three channels in colours, from 0 to 1.
    titles : sequence of str, optional
        What stands beside each row, as the class that is explained.
    name : str
        What stands above the maps of a single method.
    quantile : float
        Which of the sizes in a panel has the full colour: 1 for the largest, 0.99 where single numbers stick out.

    Returns
    -------
    matplotlib.figure.Figure
        ``figure.savefig("explained.png")`` writes it to a file; a notebook shows it.

    Raises
    ------
    ShapeError
        Attributions of different shapes, or of none that is an image.
    MissingExtraError
        Matplotlib is not installed.

    Notes
    -----
    Each panel has its own scale, the same for both signs: units of methods differ. So compare where, and not how much.

    Examples
    --------
    >>> maps = {"saliency": np.ones((2, 1, 8, 8)), "occlusion": np.eye(8) * np.ones((2, 1, 1, 1))}
    >>> figure = show(maps, images=np.ones((2, 1, 8, 8)), titles=["a 3", "a 5"])  # doctest: +SKIP
    >>> figure.savefig("explained.png")  # doctest: +SKIP
    """
    given = attributions if isinstance(attributions, Mapping) else {name: attributions}
    maps = {str(key): _maps(value) for key, value in given.items()}
    count, pictures = _checked(maps, images, titles)
    across = len(maps) + (pictures is not None)
    wide = min(_WIDEST, max(_NARROWEST, _PAGE / across))
    figure, panels = new_figure(count * across, "attribution.show()", across, (wide, wide))
    rows = [panels[i : i + across] for i in range(0, len(panels), across)]
    for i, row in enumerate(rows):
        picture = None if pictures is None else pictures[i]
        if picture is not None:
            row[0].imshow(picture, "gray_r", vmin=0, vmax=1, interpolation="nearest")
        for axes, (key, values) in zip(row[across - len(maps) :], maps.items(), strict=True):
            drawn = _draw_map(axes, values[i], quantile)
            _outline(axes, picture)
            axes.set_title(key if i == 0 else "", fontsize="medium", parse_math=False)
        _label(row, i, titles, pictures is not None)
    bar = figure.colorbar(drawn, ax=panels, ticks=[-1, 0, 1], shrink=min(0.8, 2 / count), aspect=25, pad=0.02)
    bar.ax.set_yticklabels(["against", "0", "for"])
    return figure


def _maps(values: Any) -> Array:
    """Return attributions as one map for each example."""
    a = numbers_of(values).astype(float)
    if a.ndim not in (2, 3, 4):
        said = {"function": "show()", "wanted": "(examples, channels, rows, columns)", "given": f"shape {a.shape}"}
        raise errors.ShapeError(errors.FIGURE_SHAPE.format(**said, instead="bars(attributions) for tables"))
    return a.sum(axis=1) if a.ndim == 4 else a.reshape(-1, *a.shape[-2:])  # noqa: PLR2004 - with channels


def _checked(maps: Mapping[str, Array], images: Any, titles: Sequence[str] | None) -> tuple[int, list[Array] | None]:
    """Return how many examples there are, and their images; refuse what does not fit."""
    sizes = {a.shape for a in maps.values()}
    if len(sizes) != 1:
        said = {"function": "show()", "wanted": "one size", "given": ", ".join(map(str, sizes)) or "none"}
        raise errors.ShapeError(errors.FIGURE_SHAPE.format(**said, instead="attributions of the same examples"))
    if (0,) in {shape[:1] for shape in sizes}:
        said = {"function": "show()", "wanted": "one example at least", "given": "none"}
        raise errors.ShapeError(errors.FIGURE_SHAPE.format(**said, instead="attributions of some examples"))
    (count, *_), pictures = sizes.pop(), None if images is None else _pictures(images)
    for what, given in (("titles", titles), ("images", pictures)):
        if given is not None and len(given) != count:
            said = {"function": "show()", "given": str(len(given)), "what": what, "count": f"{count} examples"}
            raise errors.ShapeError(errors.FIGURE_NAMES.format(**said, example="as titles=['a 3'] for one"))
    return count, pictures


def _pictures(images: Any) -> list[Array]:
    """Return images as rows and columns, with colours behind them if there are three channels."""
    a = numbers_of(images).astype(float)
    a = a.reshape(-1, 1, *a.shape[-2:]) if a.ndim < 4 else a  # noqa: PLR2004 - with channels
    low, high = a.min(initial=0.0), a.max(initial=1.0)
    scaled = (a - low) / (high - low)
    return [np.moveaxis(image, 0, -1) if len(image) == _COLOURED else image.mean(axis=0) for image in scaled]


def _draw_map(axes: Any, values: Array, quantile: float) -> Any:
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 - only figures need it

    sizes = np.abs(values[np.isfinite(values)])
    largest = float(np.quantile(sizes, quantile)) if sizes.size else 0.0
    colours = LinearSegmentedColormap.from_list("for and against", _SHADES)
    axes.set_facecolor("0.7")  # is seen through nan
    scaled = values / (largest or 1.0)
    if max(scaled.shape) <= _FINE:
        y, x = np.nonzero(scaled < -_SIGNED)
        ink = ["white" if size < -_DARK else "0.2" for size in scaled[y, x]]
        axes.scatter(x, y, 160 / max(scaled.shape), ink, marker="_", linewidths=0.8)
    return axes.imshow(scaled, colours, vmin=-1, vmax=1, interpolation="nearest")


def _outline(axes: Any, picture: Array | None) -> None:
    """Draw where the image changes from light to dark, in thin lines over the heat map."""
    if picture is None:
        return
    grey = picture if picture.ndim < _COLOURED else picture.mean(axis=-1)
    if np.ptp(grey) > 0:
        middle = (grey.min() + grey.max()) / 2
        if max(grey.shape) <= _FINE:  # along the squares, and not through them
            grey = np.kron(grey, np.ones((8, 8)))
        extent = (-0.5, axes.get_xlim()[1], -0.5, axes.get_ylim()[0])
        axes.contour(grey, levels=[middle], colors="0.25", linewidths=0.6, extent=extent)


def _label(row: Sequence[Any], i: int, titles: Sequence[str] | None, pictured: bool) -> None:
    for axes in row:
        axes.set(xticks=[], yticks=[])
    if titles is not None:
        row[0].set_ylabel(clean(str(titles[i])), fontsize="medium", parse_math=False)
    if pictured and i == 0:
        row[0].set_title("input", fontsize="medium")


def bars(
    attributions: Any, names: Sequence[str] | None = None, values: Any = None, *,
    titles: Sequence[str] | None = None, most: int = _MOST_BARS,
) -> Any:  # fmt: skip
    """Return a figure of bars: which columns of a table speak for a score, and which against it, the largest first.

    Parameters
    ----------
    attributions : array, shape (features,) or (examples, features)
        A panel for each example.
    names : sequence of str, optional
        What the features are called.
    values : array, shape of `attributions`, optional
        The input, which stands behind the names.
    titles : sequence of str, optional
        What stands above each panel.
    most : int
        How many bars at most; the others are summed in one.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    ShapeError
        Shapes and numbers of names that do not fit.
    MissingExtraError
        Matplotlib is not installed.

    Examples
    --------
    >>> figure = bars([0.5, -0.2], ["age", "income"], values=[31, 2.5])  # doctest: +SKIP
    >>> figure.savefig("bars.svg")  # doctest: +SKIP
    """
    rows = np.atleast_2d(numbers_of(attributions).astype(float))
    given = None if values is None else np.atleast_2d(numbers_of(values))
    if rows.ndim != 2 or (given is not None and given.shape != rows.shape):  # noqa: PLR2004 - rows of features
        said = {"function": "bars()", "wanted": "(examples, features)", "given": f"{np.shape(attributions)}"}
        raise errors.ShapeError(errors.FIGURE_SHAPE.format(**said, instead="show(attributions) for images"))
    called = [f"feature {j}" for j in range(rows.shape[1])] if names is None else names
    labels = [shortened(clean(str(name)), _NAME) for name in called]
    for what, some, count in (("names", labels, rows.shape[1]), ("titles", titles, len(rows))):
        if some is not None and len(some) != count:
            said = {"function": "bars()", "given": str(len(some)), "what": what, "count": f"{count}"}
            raise errors.ShapeError(errors.FIGURE_NAMES.format(**said, example="as names=['age', 'income'] for two"))
    shown = min(rows.shape[1], most + (rows.shape[1] > most))
    figure, panels = new_figure(len(rows), "attribution.bars()", size=(5.2, 0.9 + 0.27 * shown))
    for i, (axes, row) in enumerate(zip(panels, rows, strict=True)):
        _draw_bars(axes, *_largest(row, labels, None if given is None else given[i], most))
        axes.set_title("" if titles is None else clean(str(titles[i])), fontsize="medium", parse_math=False)
    return figure


def _largest(row: Array, names: Sequence[str], values: Array | None, most: int) -> tuple[list[float], list[str]]:
    """Return the largest attributions with their names, and one for the sum of the others."""
    order = np.argsort(-np.abs(row), kind="stable")
    kept, others = order[:most], order[most:]
    labels = [names[j] if values is None else f"{names[j]} = {values[j]:.4g}" for j in kept]
    sizes = [float(row[j]) for j in kept]
    if others.size:
        labels.append(f"{others.size} others")
        sizes.append(float(row[others].sum()))
    return sizes, labels


def _draw_bars(axes: Any, sizes: Sequence[float], labels: Sequence[str]) -> None:
    places = range(len(sizes))
    drawn = axes.barh(places, sizes, color=[FOR if s >= 0 else AGAINST for s in sizes], edgecolor="white")
    for bar, size in zip(drawn, sizes, strict=True):
        bar.set_hatch("" if size >= 0 else "////")
    axes.bar_label(drawn, [f"{s:+.3g}" for s in sizes], padding=3, fontsize="small")
    axes.set_yticks(places, labels, parse_math=False)
    axes.invert_yaxis()
    axes.axvline(0, color="0.2", linewidth=0.8)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.28)
    axes.set_xlabel("attribution (hatched: against)")
