"""The order of the rooms, proved: a file imports only from the rooms before its own, and nothing in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import autograd_lite as ag

PACKAGE = Path(__file__).parent.parent / "autograd_lite"

# A room is a folder, in which files may also import from each other, or a file of the root.
ROOMS = (
    "version", "errors", "base", "tree", "engine", "rules", "tensor", "transforms", "extend", "functions",
    "autograd", "cuda", "data", "saving", "numpy", "optimize", "implicit", "check", "testing", "nn", "optim",
    "parallel", "viz", "attribution", "compiler.program", "compiler.passes", "compiler.recording", "compiler.text",
    "compiler.native", "compiler", "train", "onnx", "sklearn", "apps", "", "__main__",
)  # fmt: skip


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix(".")


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(name: str) -> int:
    """Return the place in the order of the nearest folder around a file that is a room; a file in none is an error."""
    parts = name.split(".")
    return ROOMS.index(next(found for n in range(len(parts), 0, -1) if (found := ".".join(parts[:n])) in ROOMS))


def own_imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            own = any(alias.name.startswith("autograd_lite") for alias in node.names)
        else:
            own = isinstance(node, ast.ImportFrom) and bool(node.level or node.module.startswith("autograd_lite"))
        if own:
            yield node


# The class of results, in signatures.
FOR_CHECKERS = "if TYPE_CHECKING:\n    from autograd_lite.tensor.tensor import Tensor"


def imported(name: str) -> set[str]:
    """Return the files that a file imports from."""
    found = set()
    for node in own_imports(ast.parse(FILES[name].read_text(encoding="utf-8").replace(FOR_CHECKERS, ""))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        for module in modules:
            path = module.removeprefix("autograd_lite").removeprefix(".")
            found.add(path if path in FILES else path.rpartition(".")[0])
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_only_from_rooms_before_it(name: str) -> None:
    for other in imported(name):
        assert room(other) <= room(name), f"{name} imports {other}"


def _is_for_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


@pytest.mark.parametrize("name", FILES)
def test_imports_stand_at_the_top_and_are_absolute(name: str) -> None:
    tree = ast.parse(FILES[name].read_text(encoding="utf-8"))
    at_the_top = {id(node) for node in tree.body}
    # What comes at its first use is named for type checkers.
    at_the_top |= {id(node) for block in tree.body if _is_for_checkers(block) for node in block.body}
    for node in own_imports(tree):
        assert id(node) in at_the_top, f"{name}, line {node.lineno}: an import of our own inside a block"
        assert not getattr(node, "level", 0), f"{name}, line {node.lineno}: a relative import"


def test_nothing_is_imported_in_a_circle() -> None:
    assert list(TopologicalSorter({name: imported(name) for name in FILES}).static_order())


def test_every_room_is_there() -> None:
    assert {room(name) for name in FILES} == set(range(len(ROOMS)))


def test_every_public_name_is_there_and_listed() -> None:
    for name in ag.__all__:
        assert getattr(ag, name) is getattr(ag, name)
    assert set(ag.__all__) <= set(dir(ag))
    with pytest.raises(AttributeError, match="no attribute 'gradchek'"):
        ag.gradchek  # noqa: B018
