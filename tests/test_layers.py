"""The order of the rooms, proved: a file imports only from those above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "autograd_lite"
ORDER = (
    "errors", "version", "shapes", "op", "graph", "rules.unsupported", "rules.constant", "rules.elementwise",
    "rules.neural", "rules.reductions", "rules.indexing", "rules.shaping", "rules.products", "rules", "refusals",
    "protocols", "methods", "sweep", "record", "tensor", "random", "check", "viz.dot", "viz.picture", "viz",
    "nn.module", "nn.functional", "nn.init", "nn.layers", "nn", "optim.sgd", "optim", "perceptron", "", "__main__",
)  # fmt: skip


def room(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("autograd_lite"):
            base = node.module.removeprefix("autograd_lite").removeprefix(".")
            names = [f"{base}.{alias.name}".removeprefix(".") for alias in node.names]
            found |= {name if name in ORDER else base for name in names}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=room)
def test_a_file_imports_only_from_rooms_above(path: Path) -> None:
    here = ORDER.index(room(path))
    assert all(ORDER.index(name) < here for name in imported(path))
