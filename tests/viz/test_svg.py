"""Drawings as SVG: that they need no program, where everything stands, and how they look on light and dark pages."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pictures import parameter, perceptron, plain, svg_of

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.viz.colours import DARK, HEAT, HOT_INK, LIGHT, ON_DARK, ON_LIGHT
from autograd_lite.viz.dot import PLAIN, box_parts, flow_text
from autograd_lite.viz.labels import Labels
from autograd_lite.viz.layout import Layout, Sizes, Spot, laid_out
from autograd_lite.viz.letters import width_of
from autograd_lite.viz.scene import is_back, titled
from autograd_lite.viz.svg import Label


def network() -> ag.Picture:
    model, loss = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), nn.CrossEntropyLoss()
    return ag.visualize(lambda x, classes: loss(model(x), classes), np.ones((5, 3)), np.array([0, 1, 1, 0, 0]))


def blocks(fold: bool) -> ag.Picture:
    h = x = parameter((1, 8), "x")
    for i in range(12):
        with ag.scope(f"block {i}"):
            h = h + np.tanh(h @ parameter((8, 8), "W"))
    return ag.visualize({"loss": np.mean((h - x) ** 2)}, fold=fold)


def program() -> ag.Picture:
    slope = ag.compile(ag.grad(lambda x: np.sum(np.exp(np.sin(x)) * np.sin(x))))
    slope(np.linspace(0.0, 1.0, 4))
    return ag.visualize(slope, direction="LR")


def nested() -> ag.Picture:
    x = parameter((2,), "x")
    with ag.scope("outer"), ag.scope("inner"):
        y = np.sin(x) * np.cos(x)
    with ag.scope("outer"):
        z = y * x
        with ag.scope("another"):
            z = np.exp(z) + y
    return ag.visualize([z.sum(), y.sum()])


def alternating() -> ag.Picture:
    """Two frames each of which needs what the other has computed."""

    class Part(nn.Module):
        def forward(self, x: Any) -> Any:
            a = yielded(np.sin(x))
            return np.exp(a)

    class Inner(nn.Module):
        def forward(self, x: Any) -> Any:
            return np.cos(x) * x

    yielded = Inner()
    part = Part()
    return ag.visualize(lambda x: part(yielded(part(x))).sum(), np.ones(2))


PICTURES = {
    "perceptron": lambda: ag.visualize(perceptron()[0]),
    "network": network,
    "folded": lambda: blocks(True),
    "unfolded": lambda: blocks(False),
    "program": program,
    "nested": nested,
    "alternating": alternating,
    "twice": lambda: ag.visualize(parameter((2,), "w") * parameter((2,), "v") * 2),
    "failed": lambda: ag.visualize(nn.Sequential(nn.Linear(2, 3), nn.Linear(4, 2)), np.ones((1, 2))),
}


def layout_of(picture: ag.Picture, across: bool) -> tuple[Layout, Sizes]:
    scene = picture._scene
    sizes = Sizes(
        [Label(*box_parts(box, PLAIN)).size for box in scene.boxes],
        [width_of(titled(frame.title, frame.times), 11.0) for frame in scene.frames],
        [width_of(flow_text(arrow, scene, PLAIN), 11.0) for arrow in scene.arrows],
    )
    return laid_out(scene, sizes, across=across), sizes


def meet(a: Spot, b: Spot) -> bool:
    return a.x < b.x + b.w - 0.1 and b.x < a.x + a.w - 0.1 and a.y < b.y + b.h - 0.1 and b.y < a.y + a.h - 0.1


def holds(a: Spot, b: Spot) -> bool:
    return a.x < b.x and a.y < b.y and b.x + b.w < a.x + a.w and b.y + b.h < a.y + a.h


def steps(way: list[Any], across: bool) -> Any:
    """Return points on the curve of an arrow, shape (n, 2)."""
    t = np.linspace(0, 1, 41)[:, None, None]
    ends = np.array(way if across else [(y, x) for x, y in way])
    start, step = ends[:-1], np.diff(ends, axis=0)
    shares = np.concatenate([1.5 * t * (1 - t) + t**3, t * t * (3 - 2 * t)], axis=-1)
    points = (start + shares * step).reshape(-1, 2)
    return points if across else points[:, ::-1]


def passes(points: Any, spot: Spot) -> bool:
    x, y = points.T
    within = (spot.x + 0.1 < x) & (x < spot.x + spot.w - 0.1) & (spot.y + 0.1 < y) & (y < spot.y + spot.h - 0.1)
    return bool(within.any())


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("name", PICTURES)
def test_boxes_frames_titles_and_arrows_leave_each_other_alone(name: str, across: bool) -> None:
    picture = PICTURES[name]()
    scene = picture._scene
    layout, sizes = layout_of(picture, across)
    for i, a in enumerate(layout.boxes):
        assert not any(meet(a, b) for b in layout.boxes[:i])
        for f, frame in enumerate(layout.frames):
            assert holds(frame, a) if f in scene.chain(scene.boxes[i].frame) else not meet(frame, a)
    titles = [Spot(x, y - 9, w, 11) for (x, y), w in zip(layout.titles, sizes.titles, strict=True)]
    for title, frame in zip(titles, layout.frames, strict=True):
        assert holds(frame, title)
        assert not any(meet(title, box) for box in layout.boxes)
    for arrow, way in zip(scene.arrows, layout.ways, strict=True):
        if is_back(arrow) or name == "alternating":
            continue
        points = steps(way, across)
        others = [box for i, box in enumerate(layout.boxes) if i not in (arrow.source, arrow.target)]
        assert not any(passes(points, spot) for spot in (*others, *titles))


@pytest.mark.parametrize("across", [True, False])
@pytest.mark.parametrize("name", PICTURES)
def test_arrows_go_on_from_layer_to_layer(name: str, across: bool) -> None:
    picture = PICTURES[name]()
    layout, _ = layout_of(picture, across)
    axis = 0 if across else 1
    for arrow, way in zip(picture._scene.arrows, layout.ways, strict=True):
        if not is_back(arrow):
            assert all(b[axis] >= a[axis] - 1e-9 for a, b in pairwise(way))
            assert way[-1][axis] > way[0][axis]


def test_layers_of_a_network_follow_each_other_on_one_line() -> None:
    picture = network()
    boxes = picture._scene.boxes
    down, _ = layout_of(picture, across=False)
    chain = [down.boxes[i] for i, box in enumerate(boxes) if box.kind == "operation"]
    middles = [spot.x + spot.w / 2 for spot in chain]
    assert max(middles) - min(middles) < 12
    assert all(b.y > a.y + a.h for a, b in pairwise(chain))


def test_unfolded_blocks_go_straight_down() -> None:
    picture = blocks(False)
    layout, _ = layout_of(picture, across=False)
    assert layout.width < 400
    width, height = size_of(ET.fromstring(svg_of(picture)))
    assert width < 400 < height


def test_before_stands_before_after() -> None:
    picture = program()
    for across in (True, False):
        layout, _ = layout_of(picture, across)
        before, after = layout.frames
        assert [frame.title for frame in picture._scene.frames] == ["as recorded", "after the passes"]
        assert before.y + before.h < after.y


def test_labels_stand_on_nothing() -> None:
    for name in ("network", "folded", "program"):
        picture = PICTURES[name]()
        for across in (True, False):
            layout, sizes = layout_of(picture, across)
            taken = Labels(layout.boxes)
            spots = [taken.place(way, w, across) for way, w in zip(layout.ways, sizes.labels, strict=True)]
            rects = [Spot(x - w / 2, y - 10, w, 12) for (x, y), w in zip(spots, sizes.labels, strict=True)]
            assert not any(meet(a, b) for i, a in enumerate(rects) for b in rects[:i])


def test_several_arrows_between_the_same_boxes_are_seen() -> None:
    w = parameter((2,), "w")
    layout, _ = layout_of(ag.visualize(w * w), across=True)
    first, second = layout.ways[:2]
    assert abs(first[0][1] - second[0][1]) > 5


def size_of(svg: ET.Element) -> tuple[int, int]:
    _, _, width, height = map(int, svg.get("viewBox").split())
    return width, height


def test_the_legend_stands_below_and_is_wrapped() -> None:
    loss, params = perceptron()
    with_legend = ET.fromstring(svg_of(ag.visualize(loss, params=params, direction="TB", gradients=True)))
    without = ET.fromstring(svg_of(plain(loss, params=params, direction="TB", gradients=True)))
    (width, height), (plain_width, plain_height) = map(size_of, (with_legend, without))
    assert plain_height < height
    assert width <= max(plain_width, 340)
    assert "to the next one alike" in svg_of(blocks(True))
    assert "to the next one alike" not in svg_of(blocks(False))


def test_an_svg_shrinks_with_its_page_and_is_never_blown_up() -> None:
    """An image with a height of its own is not shrunk by a notebook: only narrow ones have one."""
    for picture, is_narrow in ((network(), True), (program(), False)):
        svg = ET.fromstring(svg_of(picture))
        width, height = size_of(svg)
        assert (width < 600) == is_narrow
        assert svg.get("width") == "100%"
        assert svg.get("height") == (str(height) if is_narrow else None)
        assert svg.get("style") == f"max-width: {width}px; height: auto"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_all_is_legible_on_light_and_on_dark() -> None:
    for shades, ground in ((LIGHT, ON_LIGHT), (DARK, ON_DARK)):
        for text in (ground.ink, ground.dim):
            fills = [ground.page, *(shade.fill for shade in shades.values())]
            assert all(contrast(text, fill) >= 4.5 for fill in fills)
        assert all(contrast(shade.line, ground.page) >= 3 for shade in shades.values())
        assert contrast(ground.line, ground.page) >= 3
    assert all(contrast(HOT_INK, fill) >= 4.5 for fill in HEAT)


def test_dark_follows_the_page() -> None:
    svg = svg_of(network())
    light, dark = svg.split("@media (prefers-color-scheme: dark)")
    assert ON_LIGHT.page in light
    assert ON_DARK.page in dark.split("</style>")[0]
    rules = re.findall(r"^([^@}\n]+) \{", svg, re.MULTILINE)
    assert rules
    assert all(part.strip().startswith("svg.autograd-lite") for rule in rules for part in rule.split(","))


def test_an_error_keeps_its_useful_half() -> None:
    picture = PICTURES["failed"]()
    (failed,) = [box for box in picture._scene.boxes if box.kind == "failed"]
    said = " ".join(failed.lines[1:])
    assert said == " ".join(f"{type(picture.error).__name__}: {picture.error}".split())

    def long(x: Any) -> Any:
        raise ValueError("a word " * 200 + "Write the line")

    (failed,) = [box for box in ag.visualize(long, np.ones(2))._scene.boxes if box.kind == "failed"]
    assert failed.lines[-1].endswith("Write the line")
    assert len(failed.lines) == 9


def test_indices_are_inputs() -> None:
    svg = svg_of(network())
    assert ">classes<" in svg
    w, rows = parameter((4, 3), "table"), np.array([2, 0, 2])
    assert "index" in str(ag.visualize(w[rows].sum()))
    assert "rows" in str(ag.visualize(w[rows].sum(), names={"rows": rows}))
    assert "index" not in str(ag.visualize(w[1:, ::2].sum()))
    twice = ag.visualize(lambda tokens: (w[tokens] + w[tokens] * 2).sum(), rows)
    assert sum(box.lines[0] == "tokens" for box in twice._scene.boxes) == 1


def test_the_same_graph_gives_the_same_drawing() -> None:
    assert svg_of(ag.visualize(perceptron()[0])) == svg_of(ag.visualize(perceptron()[0]))


def test_widths_of_text() -> None:
    assert width_of("", 13.0) == 0
    assert math.isclose(width_of("a\u0301", 10.0), width_of("a", 10.0))
    assert width_of("重", 10.0) == 10.0


def test_an_input_never_comes_back() -> None:
    """An input that enters late into what is folded into one box, which stands where its first operation did."""
    model, loss = nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.CrossEntropyLoss()
    picture = ag.visualize(lambda x, y: loss(model(x), y), np.ones((2, 3)), np.array([0, 1]), depth=0)
    names = [box.lines[0] for box in picture._drawn_scene.boxes]
    assert names == ["x", "y", "Sequential", "CrossEntropyLoss", "output"]
    assert not any(map(is_back, picture._drawn_scene.arrows))
    assert "dasharray" in svg_of(picture)
    assert "alike" not in svg_of(picture)
