"""A picture as a page to explore: pan, zoom, search, fold, and step through both sweeps. Complete in itself."""

from __future__ import annotations

from typing import Any

from autograd_lite.base.display import escaped
from autograd_lite.base.shapes import Shape
from autograd_lite.viz.colours import DARK, HEAT, HOT_INK, LIGHT, ON_DARK, ON_LIGHT
from autograd_lite.viz.dot import Heat, ShownParts, times_text
from autograd_lite.viz.measure import Findings
from autograd_lite.viz.scene import Box, Scene, sources, titled
from autograd_lite.viz.words import bytes_text, clean, shape_text, wrapped

_PARTS = ("page.html", "layout.js", "page.js")
_WIDTH = 30  # of numbers in a box
_REST = {"light": {"panel": "#f5f5f5", "focus": "#0b57d0"}, "dark": {"panel": "#242424", "focus": "#8ab4f8"}}


def page_text(scene: Scene, title: str, depth: int | None, shown: ShownParts, direction: str | None) -> str:
    """Return the page. `depth` says which frames are folded at first; `shown`, whether saved bytes are told."""
    import json  # noqa: PLC0415 - import time that only pages need
    from importlib.resources import files  # noqa: PLC0415

    here = files(__package__)
    data = json.dumps(page_data(scene, title, depth, shown, direction), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":  # none of them can then end the script, or a line of it
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    template, layout, page = ((here / name).read_text(encoding="utf-8") for name in _PARTS)
    before, after = template.split("@DATA@")
    before = before.replace("@TITLE@", escaped(clean(title))).replace("@COLOURS@", _colours())
    return before + data + after.replace("@SCRIPT@", layout + page)


def _colours() -> str:
    """Return the colours as variables of the page's style sheet, on light and on dark ground."""
    lines = []
    for name, ground, shades in (("light", ON_LIGHT, LIGHT), ("dark", ON_DARK, DARK)):
        named = {"page": ground.page, "ink": ground.ink, "dim": ground.dim, "line": ground.line, "frame": ground.frame}
        named |= {kind: shade.fill for kind, shade in shades.items()}
        named |= {f"{kind}-line": shade.line for kind, shade in shades.items()}
        named |= {f"heat-{step}": colour for step, colour in enumerate(HEAT)} | _REST[name] | {"hot": HOT_INK}
        told = " ".join(f"--{key}: {colour.lower()};" for key, colour in named.items())
        lines.append(f':root[data-theme="{name}"] {{ color-scheme: {name}; {told} }}')
    return "\n".join(lines)


def page_data(
    scene: Scene, title: str, depth: int | None, shown: ShownParts, direction: str | None
) -> dict[str, Any]:
    """Return what the page's script draws, as plain dicts and lists."""
    heat = Heat(scene)
    return {
        "title": clean(title),
        "direction": direction,
        "depth": depth,
        "failure": next((" ".join(box.lines[1:]) for box in scene.boxes if box.kind == "failed"), ""),
        "remark": scene.remark,
        "boxes": [_box(box, shown, heat) for box in scene.boxes],
        "arrows": _arrows(scene),
        "frames": [{"title": titled(f.title, f.times), "parent": f.parent, "times": f.times} for f in scene.frames],
    }


def _box(box: Box, shown: ShownParts, heat: Heat) -> dict[str, Any]:
    facts = box.facts or Findings()
    lines = [line for text in (titled(box.lines[0], box.times), *box.lines[1:]) for line in clean(text).split("\n")]
    return {
        "kind": box.kind,
        "lines": lines,
        "frame": box.frame,
        "times": box.times,
        "shape": _shape(box.shape),
        "dtype": box.dtype,
        "value": "" if facts.value is None else facts.value.text,
        "gradient": "" if facts.gradient is None else facts.gradient.text,
        "valueLines": [] if facts.value is None else wrapped(f"value {facts.value.text}", _WIDTH),
        "gradientLines": [] if facts.gradient is None else wrapped(f"grad {facts.gradient.text}", _WIDTH),
        "note": facts.note,
        "norm": "" if facts.gradient is None else f"{facts.gradient.norm:.3g}",
        "heat": "" if facts.gradient is None else heat.step(facts.gradient.norm),
        "saved": bytes_text(facts.saved) if facts.saved and shown.saved else "",
        "time": times_text(facts.times),
        "where": box.where,
        "marks": list(facts.marks),
    }


def _shape(shape: Shape | None) -> str:
    return "" if shape is None else shape_text(shape)


def _arrows(scene: Scene) -> list[dict[str, Any]]:
    """Return the arrows, each with what comes back along it, where that is known of all that end in a box."""
    shares = [""] * len(scene.arrows)
    for box, arrows in zip(scene.boxes, sources(scene), strict=True):
        if box.facts is not None and len(box.facts.shares) <= len(arrows):  # the rest are indices
            for n, share in zip(arrows, box.facts.shares, strict=False):
                shares[n] = share
    return [
        {"source": a.source, "target": a.target, "shape": f"{a.name} {_shape(a.shape)}".strip(), "share": share}
        for a, share in zip(scene.arrows, shares, strict=True)
    ]
