"""README: its blocks run, its tables say what is so, its links lead somewhere, here and on a package index."""

from __future__ import annotations

import math
import re
import runpy
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import ROOT, leaf
from told import name_of

import autograd_lite as ag

sys.path.insert(0, str(ROOT / "benchmarks"))

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md", "examples/REFERENCE.md"]
HEADINGS = re.findall(r"^## (.+)$", README, re.MULTILINE)


def section(heading: str) -> str:
    return README.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a table of Markdown, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# ----- what is run -----


def test_every_block_runs_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) > 10
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(block, namespace)
    assert not list(tmp_path.iterdir())


def test_every_command_of_the_package_is_one() -> None:
    from autograd_lite.__main__ import COMMANDS

    named = set(re.findall(r"python -m autograd_lite ([a-z]+)", README))
    assert named <= {*COMMANDS}
    assert {"doctor", "check"} <= named


def test_every_extra_that_is_named_is_one_and_all_are_told() -> None:
    extras = {*PROJECT["optional-dependencies"]}
    named = {name for part in re.findall(r"(?:autograd-lite|\.)\[([\w,]+)\]'", README) for name in part.split(",")}
    told = {name for row in rows(section("Install")) for name in code(row[0])}
    assert named <= extras
    assert told == extras - {"all", "test"}


def test_every_name_of_ours_is_there() -> None:
    for path in set(re.findall(r"\bag((?:\.[a-zA-Z]\w*)+)", README)):
        found: Any = ag
        for name in path.split(".")[1:]:
            found = getattr(found, name)


SHARP = [tuple(code(cell)[0] for cell in row[:2]) for row in rows(section("Sharp bits"))]


@pytest.mark.parametrize(("refused", "written"), SHARP, ids=name_of)
def test_what_is_refused_and_what_is_written_in_its_place(refused: str, written: str) -> None:
    def run(text: str) -> None:
        exec(text, {"np": np, "ag": ag, "math": math, "t": leaf()})

    with pytest.raises((ag.AutogradError, ValueError)) as caught:
        run(refused)
    assert isinstance(caught.value, ag.AutogradError) or isinstance(caught.value.__cause__, ag.AutogradError)
    run(written)


WRITTEN = [
    text
    for heading in HEADINGS
    if heading.startswith("Coming from ")
    for row in rows(section(heading))
    for text in code(row[1])
    if "..." not in text and not text.endswith(("=", ":"))
]


@pytest.mark.parametrize("written", dict.fromkeys(WRITTEN), ids=name_of)
def test_what_is_written_here_in_the_place_of_others_lines_runs(written: str) -> None:
    names = {"np": np, "ag": ag, "f": lambda x: np.sum(np.sin(x) * x), "i": 0, "in_axes": 0, "out_axes": 0}
    exec(written, names | {"x": ag.Tensor([0.5], requires_grad=True), "v": np.ones(1), "a": leaf(), "b": leaf()})


@pytest.mark.parametrize("allowed", ["float(t[0])", "np.asarray(t)", "t += 1.0"])
def test_what_is_allowed_where_nothing_is_recorded(allowed: str) -> None:
    assert f"`{allowed}`" in section("Sharp bits")
    with ag.no_grad():
        exec(allowed, {"np": np, "t": leaf()})


# ----- links -----


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_ours_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    places = [PROJECT["urls"]["Source"], "https://raw.githubusercontent.com/autograd-lite/autograd_lite"]
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        ours = next((target.removeprefix(place) for place in places if target.startswith(place)), None)
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif ours is not None:
            assert (ROOT / re.sub(r"^/(?:blob/|tree/)?main/", "", ours)).exists(), target
        elif "://" not in target:
            assert page != "README.md", f"{target}: a package index shows README alone, so its links are whole"
            assert (ROOT / page).parent.joinpath(target.partition("#")[0]).exists(), target


def test_the_contents_are_the_headings() -> None:
    contents = re.findall(r"\[([^\]]+)\]\(#", section("Contents"))
    assert contents == [heading for heading in HEADINGS if heading != "Contents"]


# ----- numbers -----


def test_the_figures_are_those_of_the_benchmarks() -> None:
    from summary import summary

    assert summary((ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")) in section("How fast")


# ----- the page of reference -----


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "examples" / "reference.py"))


STALE = "write the page of today: python examples/reference.py"


def test_the_names_of_the_page_are_todays(reference: dict[str, Any]) -> None:
    assert reference["index"]() in reference["PAGE"].read_text(encoding="utf-8"), STALE
    assert reference["refused"]() in reference["PAGE"].read_text(encoding="utf-8"), STALE


def test_the_choices_at_kinks_of_the_page_are_todays(reference: dict[str, Any]) -> None:
    assert reference["kinks"].table() in reference["PAGE"].read_text(encoding="utf-8"), STALE


def test_the_functions_of_the_page_are_todays(reference: dict[str, Any]) -> None:
    """But for those that the running NumPy has not yet, or has no longer."""
    text = reference["PAGE"].read_text(encoding="utf-8")
    listed = {
        name: title
        for title, names in re.findall(r"^(With .+|No derivative.+):\n\n(.+)$", text, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", names)
    }
    today = {name: title for title, names in reference["functions"]().items() for name in names}
    assert listed.items() >= today.items(), STALE
    assert not [name for name in listed.keys() - today.keys() if hasattr(np, name)], STALE
