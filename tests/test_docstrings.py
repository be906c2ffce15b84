"""Docstrings: what is public has one of its own, and an example in it, which the doctests run."""

from __future__ import annotations

import inspect
import runpy
from collections.abc import Iterator
from typing import Any

import pytest
from helpers import ROOT

import autograd_lite as ag

LISTED = runpy.run_path(str(ROOT / "examples" / "reference.py"))
CLASSES = (ag.nn.Module, ag.optim.Optimizer)
OF_THE_CLASS = {"training", "check", "advance"}
"""What the docstring of the class tells of, and shows."""


def functions() -> Iterator[Any]:
    """Yield every public function, and every member of the classes that users derive from."""
    for path in [path for path in LISTED["MODULES"] if path != "nn.functional"]:
        module = LISTED["module_of"](path)
        for name in LISTED["public"](module):
            if inspect.isfunction(found := getattr(module, name)):
                yield pytest.param(found, id=f"{path}.{name}".removeprefix("."))
    for kind in CLASSES:
        yield pytest.param(kind, id=kind.__name__)
        for name, found in inspect.getmembers_static(kind):
            if not name.startswith("_") and name not in OF_THE_CLASS:
                yield pytest.param(found, id=f"{kind.__name__}.{name}")


@pytest.mark.parametrize("documented", list(functions()))
def test_what_is_public_has_an_example(documented: Any) -> None:
    text = inspect.getdoc(documented) or ""
    assert ">>> " in text or "::\n" in text
