"""A picture as SVG, which needs no program: it shrinks with the page it is on, and is dark where that is dark.

All text of the user's is escaped; everything has classes, and colours stand in the style sheet alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from autograd_lite.base.display import escaped
from autograd_lite.viz.colours import DARK, HEAT, HOT_INK, LIGHT, ON_DARK, ON_LIGHT, Ground, Shade
from autograd_lite.viz.dot import Heat, Sample, ShownParts, box_parts, flow_text, legend_samples
from autograd_lite.viz.labels import Labels
from autograd_lite.viz.layout import Layout, Point, Sizes, Spot, laid_out
from autograd_lite.viz.letters import width_of
from autograd_lite.viz.scene import Box, Scene, is_back, titled
from autograd_lite.viz.words import clean

_LINE, _LETTERS, _SMALL = 17.0, 13.0, 11.0
_MARGIN = 14.0
_NARROW, _WIDEST = 600, 1000.0  # what fits everywhere; and of a picture from left to right, unless it was asked for
_CORNER = 9.0
_NARROWEST, _DASHES = 300.0, 34.0  # of a legend: its row, and its sample of an arrow back
_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


class Label(NamedTuple):
    """What stands in a box: lines in large letters, and numbers in small ones."""

    lines: list[str]
    numbers: list[str]

    @property
    def size(self) -> tuple[float, float]:
        widths = [width_of(line, _LETTERS) for line in self.lines] + [width_of(line, _SMALL) for line in self.numbers]
        return max(*widths, 34.0, 0.0) + 22, _LINE * len(widths) + 10


def svg_text(scene: Scene, *, legend: bool = True, direction: str | None = None, shown: ShownParts, about: str) -> str:
    """Return a picture as SVG. Without a direction it goes from left to right, if that is not too wide for a page."""
    heat = Heat(scene) if shown.gradients else None
    labels = [Label(*box_parts(box, shown)) for box in scene.boxes]
    flows = [flow_text(arrow, scene, shown) for arrow in scene.arrows]
    titles = [titled(frame.title, frame.times) for frame in scene.frames]
    sizes = Sizes(
        [label.size for label in labels],
        [width_of(title, _SMALL) for title in titles],
        [width_of(flow, _SMALL) + 4 for flow in flows],
    )
    across = direction != "TB"
    layout = laid_out(scene, sizes, across=across)
    if direction is None and layout.width > _WIDEST:
        down = laid_out(scene, sizes, across=False)
        layout, across = (down, False) if down.width < layout.width else (layout, True)
    boxes = zip(scene.boxes, labels, layout.boxes, strict=True)
    parts = [
        *_framed(layout, titles),
        *_arrows(scene, layout, sizes, flows, across),
        *(_box(box, label, spot, heat, shown) for box, label, spot in boxes),
    ]
    width, height = layout.width, layout.height
    if legend:
        samples, low = _legend(legend_samples(scene, shown, heat), width, height + 2 * _MARGIN)
        parts += samples
        width, height = max(width, max((x for x, _ in low), default=0.0)), max((y for _, y in low), default=height)
    return _document(parts, width + 2 * _MARGIN, height + 2 * _MARGIN, about)


def _document(parts: Iterable[str], width: float, height: float, about: str) -> str:
    """Return the whole text.

    NOTE: an image with a height keeps its size where the page does not say otherwise, as in a notebook; so only a
    picture that is narrower than any cell has one.
    """
    w, h = round(width), round(height)
    size = f'width="100%" height="{h}"' if w <= _NARROW else 'width="100%"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" class="autograd-lite" {size} viewBox="0 0 {w} {h}" '
        f'style="max-width: {w}px; height: auto" role="img" aria-label="{escaped(clean(about))}">\n'
        f"<style>\n{_STYLE}</style>\n"
        f'<rect class="page" width="{w}" height="{h}" rx="6"/>\n<g transform="translate({_MARGIN:g} {_MARGIN:g})">\n'
        + "\n".join(parts)
        + "\n</g>\n</svg>\n"
    )


# ----- colours -----


def _rules(shades: dict[str, Shade], ground: Ground) -> Iterator[str]:
    own = "svg.autograd-lite"
    yield f"{own} .page {{ fill: {ground.page} }}"
    yield f"{own} text {{ fill: {ground.ink} }}"
    yield f"{own} .small, {own} .title {{ fill: {ground.dim} }}"
    yield f"{own} .halo {{ stroke: {ground.page} }}"
    yield f"{own} .frame {{ stroke: {ground.frame} }}"
    yield f"{own} .way {{ stroke: {ground.line} }}"
    yield f"{own} .tip {{ fill: {ground.line} }}"
    for kind, shade in shades.items():
        yield f"{own} .{kind} .shape {{ fill: {shade.fill}; stroke: {shade.line} }}"
    yield f"{own} .marked .shape {{ stroke: {shades['failed'].line}; stroke-width: 3 }}"
    yield f"{own} .marked .mark {{ fill: {shades['failed'].line}; font-weight: bold }}"


def _sheet() -> str:
    own = "svg.autograd-lite"
    rules = [
        f"{own} text {{ font: {_LETTERS:g}px {_FONT}; text-anchor: middle; white-space: pre }}",
        f"{own} .small, {own} .title, {own} .flow {{ font-size: {_SMALL:g}px }}",
        f"{own} .title {{ text-anchor: start }}",
        f"{own} .halo {{ stroke-width: 4; stroke-linejoin: round; paint-order: stroke }}",
        f"{own} .shape {{ stroke-width: 1.5 }}",
        f"{own} .failed .shape, {own} .output .shape {{ stroke-width: 3 }}",
        f"{own} .frame, {own} .way {{ fill: none; stroke-width: 1.2 }}",
        f"{own} .back .way, {own} .more .shape {{ stroke-dasharray: 5 3 }}",
        *_rules(LIGHT, ON_LIGHT),
        "@media (prefers-color-scheme: dark) {",
        *_rules(DARK, ON_DARK),
        "}",
        *(f"{own} .heat{step} .shape {{ fill: {colour} }}" for step, colour in enumerate(HEAT)),
        f"{own} .heat text {{ fill: {HOT_INK} }}",
    ]
    return "\n".join(rules) + "\n"


_STYLE = _sheet()

# ----- frames, arrows, boxes -----


def _framed(layout: Layout, titles: Sequence[str]) -> Iterator[str]:
    for spot, title, (x, y) in zip(layout.frames, titles, layout.titles, strict=True):
        yield (
            f'<rect class="frame" x="{spot.x:.1f}" y="{spot.y:.1f}" width="{spot.w:.1f}" height="{spot.h:.1f}" rx="9"/>'
            f"{_text(title, x, y, 'title')}"
        )


def _text(text: str, x: float, y: float, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}">{escaped(clean(text))}</text>' if text else ""


def _arrows(scene: Scene, layout: Layout, sizes: Sizes, flows: Sequence[str], across: bool) -> Iterator[str]:
    """Yield the arrows, and then their labels, each at a place on its way that is free."""
    taken = Labels([*layout.boxes, *_title_spots(layout, sizes)])
    for arrow, way in zip(scene.arrows, layout.ways, strict=True):
        yield _arrow(way, across=across, back=is_back(arrow))
    for flow, width, way in zip(flows, sizes.labels, layout.ways, strict=True):
        if flow:
            x, y = taken.place(way, width, across)
            yield _text(flow, x, y, "small halo")


def _arrow(way: Sequence[Point], *, across: bool, back: bool) -> str:
    line = _corners(way) if back else _curve(way, across)
    kinds = "arrow back" if back else "arrow"
    return f'<g class="{kinds}"><path class="way" d="{line}"/><path class="tip" d="{_tip(way, across)}"/></g>'


def _title_spots(layout: Layout, sizes: Sizes) -> Iterator[Spot]:
    for (x, y), width in zip(layout.titles, sizes.titles, strict=True):
        yield Spot(x, y - _SMALL, width, _LINE)


def _curve(way: Sequence[Point], across: bool) -> str:
    """Return a line that swings from point to point, and is straight where they lie on a line along the picture."""
    parts = [f"M{way[0][0]:.1f} {way[0][1]:.1f}"]
    for (x, y), (u, v) in pairwise(way):
        if abs(v - y if across else u - x) < 1:
            parts.append(f"L{u:.1f} {v:.1f}")
        elif across:
            parts.append(f"C{(x + u) / 2:.1f} {y:.1f} {(x + u) / 2:.1f} {v:.1f} {u:.1f} {v:.1f}")
        else:
            parts.append(f"C{x:.1f} {(y + v) / 2:.1f} {u:.1f} {(y + v) / 2:.1f} {u:.1f} {v:.1f}")
    return "".join(parts)


def _corners(way: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in way)


def _tip(way: Sequence[Point], across: bool) -> str:
    x, y = way[-1]
    if across:
        return f"M{x:.1f} {y:.1f}l-8 -3.5v7z"
    return f"M{x:.1f} {y:.1f}l-3.5 -8h7z"


def _box(box: Box, label: Label, spot: Spot, heat: Heat | None, shown: ShownParts) -> str:
    kinds = [box.kind]
    if heat is not None and box.kind != "output" and (step := heat.step_of(box.facts)) is not None:
        kinds += ["heat", f"heat{step}"]
    if shown.marks and box.facts is not None and box.facts.marks:
        kinds.append("marked")
    return _drawn(" ".join(kinds), box.kind, label, spot)


def _drawn(kinds: str, kind: str, label: Label, spot: Spot) -> str:
    middle, y = spot.x + spot.w / 2, spot.y + 18
    lines = [_text(line, middle, y + _LINE * n) for n, line in enumerate(label.lines)]
    for n, line in enumerate(label.numbers, len(label.lines)):
        lines.append(_text(line, middle, y + _LINE * n - 1, "small mark" if line.startswith("! ") else "small"))
    return f'<g class="box {kinds}">{_shape(kind, spot)}{"".join(lines)}</g>'


def _shape(kind: str, spot: Spot) -> str:
    """Return the outline of a kind of box; no two have the same."""
    x, y, w, h = spot
    c = _CORNER
    if kind == "parameter":
        d = f"M{x:.1f} {y:.1f}h{w - c:.1f}l{c:g} {c:g}v{h - c:.1f}h{-w:.1f}zm{w - c:.1f} 0v{c:g}h{c:g}"
    elif kind == "output":
        d = (
            f"M{x + c:.1f} {y:.1f}h{w - 2 * c:.1f}l{c:g} {c:g}v{h - 2 * c:.1f}l{-c:g} {c:g}h{2 * c - w:.1f}"
            f"l{-c:g} {-c:g}v{2 * c - h:.1f}z"
        )
    elif kind == "folded":
        d = f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}zm4 {h:.1f}v4h{w:.1f}v{-h:.1f}h-4v{h - 4:.1f}z"
    elif kind == "failed":
        d = f"M{x:.1f} {y:.1f}h{w:.1f}v{h:.1f}h{-w:.1f}zm0 5h8v5h-8zm0 {h - 15:.1f}h8v5h-8z"
    else:
        radius = {"input": min(h, 40) / 2, "operation": 7.0}.get(kind, 0.0)
        return f'<rect class="shape" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{radius:.1f}"/>'
    return f'<path class="shape" d="{d}"/>'


# ----- legend -----


def _legend(samples: Sequence[Sample], width: float, top: float) -> tuple[list[str], list[Point]]:
    """Return the samples below the picture, in as many rows as its width asks for, and their far corners."""
    parts: list[str] = []
    corners: list[Point] = []
    x, y = 0.0, top
    for sample in samples:
        label = Label([], [sample.text])
        w, h = label.size
        w += _DASHES if sample.kind == "back" else 0.0
        if x and x + w > max(width, _NARROWEST):
            x, y = 0.0, y + h + 10
        parts.append(_sample(sample, label, Spot(x, y, w, h)))
        corners.append((x + w, y + h))
        x += w + 12
    return parts, corners


def _sample(sample: Sample, label: Label, spot: Spot) -> str:
    if sample.kind != "back":
        kinds = {"marked": "operation marked"}.get(sample.kind, sample.kind)
        kinds += "" if sample.heat is None else f" heat heat{sample.heat}"
        return _drawn(kinds, sample.kind if sample.kind in LIGHT else "operation", label, spot)
    y, end = spot.y + spot.h / 2, spot.x + _DASHES
    return _arrow([(spot.x, y), (end, y)], across=True, back=True) + _text(
        sample.text, (end + spot.x + spot.w) / 2, spot.y + _LINE, "small"
    )
