"""What pictures say of shapes, numbers, settings and names: short, and the same for the same thing."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import Any

import numpy as np

from autograd_lite.base.shapes import Shape
from autograd_lite.engine.op import Op, Settings

_UNDRAWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # not in XML, or not in UTF-8
_LONGEST = 60
_LONGEST_SETTING = 24
_LARGEST_INTEGER = 10**15
_SIMPLE = (bool, int, float, str, type(None))


def clean(text: str) -> str:
    """Return a line as every format can show it: not too long, and without what XML or UTF-8 cannot hold."""
    return _UNDRAWABLE.sub("\ufffd", shortened(text, _LONGEST).replace("\t", " "))


def shortened(text: str, longest: int) -> str:
    """Return `text`, cut with an ellipsis where it is too long to be read in a picture."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def wrapped(text: str, longest: int) -> list[str]:
    """Return a line of numbers as several that are not too long: rows of a matrix stay whole, if they can.

    Examples
    --------
    >>> wrapped("value [[0.3, -0.504], [-1.01, -1.06], [0.686, 0.904]]", 24)
    ['value [[0.3, -0.504],', '[-1.01, -1.06],', '[0.686, 0.904]]']
    """
    if len(text) <= longest:
        return [text]
    rows = [row for part in re.split(r"(?<=\],) ", text) for row in wrap(part, longest) or [""]]
    lines = rows[:1]
    for row in rows[1:]:
        if len(lines[-1]) + 1 + len(row) <= longest:
            lines[-1] += f" {row}"
        else:
            lines.append(row)
    return lines


def said(error: Exception) -> str:
    """Return what an error says, with its class, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def complaint(error: Exception) -> str:
    """Return what an error says, in short."""
    return clean(said(error))


def shape_text(shape: Shape) -> str:
    """Return a shape as people say it: ``3×2``, ``5``, ``scalar``."""
    return "×".join(map(str, shape)) or "scalar"


def number_text(x: Any) -> str:
    """Return a Python number, short."""
    if isinstance(x, int):
        return str(x) if abs(x) < _LARGEST_INTEGER else "a large integer"
    return f"{x:.6g}"


def bytes_text(n: int) -> str:
    """Return a number of bytes: ``96 B``, ``1.2 kB``.

    Examples
    --------
    >>> bytes_text(96), bytes_text(1234), bytes_text(5_000_000)
    ('96 B', '1.2 kB', '5.0 MB')
    """
    if n < 1000:  # noqa: PLR2004 - the step between units
        return f"{n} B"
    size, units = n / 1000, ["kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:  # noqa: PLR2004
        size, units = size / 1000, units[1:]
    return f"{size:.1f} {units[0]}"


def seconds_text(seconds: float) -> str:
    """Return a time: ``1.2 µs``, ``34 ms``.

    Examples
    --------
    >>> seconds_text(1.23e-6), seconds_text(0.034), seconds_text(2.0)
    ('1.2 µs', '34 ms', '2 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2g} {unit}"
    return f"{seconds / 1e-6:.2g} µs"


def times_text(times: int) -> str:
    """Return how often something is carried out: ``× 1000``."""
    return f"× {times}"


def settings_text(settings: Settings, op: Op) -> str:
    """Return settings that are not the default as ``axis=1, keepdims=True``, and an index as ``[0, 1:]``."""
    parts, defaults = [], op.defaults
    for name, value in settings.items():
        if name == op.times:
            parts.append(times_text(value))
            continue
        if isinstance(value, _SIMPLE) and type(value) is type(defaults.get(name)) and value == defaults[name]:
            continue
        if name == "key":
            parts.append(f"[{_items(value) if isinstance(value, tuple) else _value(value)}]")
        else:
            parts.append(f"{name}={_value(value)}")
    return ", ".join(parts)


def _value(value: Any) -> str:
    if isinstance(value, (int, float, complex)):
        return number_text(value)
    if isinstance(value, str):
        return shortened(repr(value), _LONGEST_SETTING)
    if isinstance(value, slice):
        return _slice(value)
    if isinstance(value, tuple):
        return f"({_items(value)}{',' if len(value) == 1 else ''})"
    if isinstance(value, np.ndarray):
        return f"array {shape_text(value.shape)}"
    if isinstance(value, (type, np.dtype)):
        return np.dtype(value).name
    return {type(None): "None", type(Ellipsis): "..."}.get(type(value), type(value).__name__)


def _items(values: tuple[Any, ...]) -> str:
    """Return the items of a tuple; of a tuple among them, only that it is one."""
    inner = ["(...)" if isinstance(v, tuple) else _value(v) for v in values]
    return shortened(", ".join(inner), _LONGEST_SETTING)


def _slice(s: slice) -> str:
    start, stop, step = ("" if part is None else _value(part) for part in (s.start, s.stop, s.step))
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
