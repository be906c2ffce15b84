"""What became of a training, epoch by epoch: a table, a file, a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.display import table_html
from autograd_lite.base.plotting import new_figure
from autograd_lite.saving.atomic import replaced

_COLOURS = {"": "#0072B2", "val_": "#D55E00"}  # Okabe and Ito's
_COUNTS = ("epoch", "step")
_MOST = 20


class History:
    """The numbers of each epoch.

    Attributes
    ----------
    rows : list of dict
        For each epoch ``"epoch"``, ``"step"``, how many batches there were in all, ``"lr"``, ``"loss"``, the mean of
        the losses of its batches, and of each of `train_metrics`; and with a validation ``"val_loss"``, and ``"val_"``
        and the name of each metric.

    Examples
    --------
    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25, "val_loss": 0.3}])
    >>> history["loss"], history["val_loss"], history.columns
    ([0.5, 0.25], [nan, 0.3], ['epoch', 'loss', 'val_loss'])
    >>> history
    epoch  loss  val_loss
        1   0.5       nan
        2  0.25       0.3
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.rows: list[dict[str, Any]] = [dict(row) for row in rows]

    @property
    def columns(self) -> list[str]:
        """All names of numbers, in the order in which they came."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def __getitem__(self, column: str) -> list[float]:
        if column not in self.columns:
            raise errors.ArgumentError(errors.TRAIN_COLUMN.format(name=column, columns=self.columns))
        return [row.get(column, np.nan) for row in self.rows]

    def __len__(self) -> int:
        return len(self.rows)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the table to a file, in the place of what was there.

        Parameters
        ----------
        path : path
        """
        replaced(Path(path), csv_text(self.columns, self.rows, head=True).encode())

    def plot(self) -> Any:
        """Return a figure: the loss, each metric and the learning rate, over the epochs.

        Returns
        -------
        matplotlib.figure.Figure
            ``figure.savefig("history.png")`` writes it to a file.

        Raises
        ------
        MissingExtraError
            Matplotlib is not installed.
        """
        names = list(dict.fromkeys(name.removeprefix("val_") for name in self.columns if name not in _COUNTS))
        names = sorted(names or ["loss"], key=lambda name: (name != "loss", name == "lr"))  # the rest as they came
        figure, axes = new_figure(len(names), "History.plot()")
        for name, axis in zip(names, axes, strict=True):
            self._draw(name, axis)
        return figure

    def _draw(self, name: str, axes: Any) -> None:
        epochs = np.array([row.get("epoch", i + 1) for i, row in enumerate(self.rows)])
        drawn = [prefix for prefix in _COLOURS if f"{prefix}{name}" in self.columns]
        for prefix in drawn:
            values = np.array(self[f"{prefix}{name}"])
            marker = "o" if len(epochs) <= _MOST else None
            label = "validation" if prefix else "training"
            axes.plot(epochs, values, color=_COLOURS[prefix], marker=marker, markersize=4, label=label)
        values = np.array([self[f"{prefix}{name}"] for prefix in drawn])
        axes.set(title=_TITLES.get(name, name.replace("_", " ").replace("$", r"\$")), xlabel="epoch")
        axes.set_yscale("log" if name == "loss" and _spans(values) else "linear")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if name != "lr" and drawn:
            axes.legend()

    def __repr__(self) -> str:
        if not self.rows:
            return "History of no epoch"
        cells = [self.columns, *[[_shown(row.get(name, np.nan)) for name in self.columns] for row in self._few()]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells)

    def _few(self) -> list[dict[str, Any]]:
        """Return all rows, or the first and the last ones of many, with one that says so between."""
        if len(self.rows) <= _MOST:
            return self.rows
        return [*self.rows[: _MOST // 2], dict.fromkeys(self.columns, "..."), *self.rows[-_MOST // 2 :]]

    def _repr_html_(self) -> str:
        cells = [[_shown(row.get(name, np.nan)) for name in self.columns] for row in self._few()]
        return table_html("", [self.columns, *cells])


_TITLES = {"lr": "learning rate"}


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _spans(values: Any) -> bool:
    """Tell whether positive numbers span so much that a logarithmic scale shows more."""
    finite = values[np.isfinite(values)]
    return bool(finite.size and finite.min() > 0 and finite.max() > 30 * finite.min())


def csv_text(columns: list[str], rows: Iterable[Mapping[str, Any]], *, head: bool) -> str:
    """Return lines of a table: each number such that it is read as the same one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if head:
        writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
