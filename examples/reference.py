"""The list of everything public, and of the functions of NumPy that a Tensor takes part in: ``REFERENCE.md``.

Run ``python examples/reference.py`` after a name or a rule is new; a test says when the page is not of today.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import autograd_lite as ag
from autograd_lite.rules.unsupported import UNSUPPORTED

sys.path.insert(0, str(Path(__file__).parent))

import kinks

PAGE = Path(__file__).parent / "REFERENCE.md"
MODULES = {
    "": "Derivatives, compiling, checks, pictures",
    "nn": "Layers and losses",
    "nn.functional": "The same as functions",
    "nn.init": "First values of parameters",
    "nn.utils": "Gradients, parameters and weights as a whole",
    "nn.utils.parametrizations": "Weights that are normed, or orthogonal",
    "nn.utils.parametrize": "Parametrizations of one's own",
    "nn.utils.rnn": "Sequences of different lengths",
    "onnx": "Models for other programs",
    "optim": "Optimisers",
    "optim.lr_scheduler": "Learning rates that change",
    "optim.swa_utils": "Means of models",
    "data": "Data in batches",
    "optimize": "Minima",
    "parallel": "Several processes",
    "train": "The loop around the step",
    "implicit": "Solutions of equations",
    "tree": "Dicts, lists, tuples and dataclasses of arrays",
    "sklearn": "Estimators of scikit-learn",
    "testing": "Tests of gradients",
    "viz": "Pictures and training curves",
    "attribution": "Explanations of what a model gives",
}
CLASSES = (ag.Tensor, ag.nn.Module, ag.optim.Optimizer)
KINDS = {
    "differentiable": "With a derivative of their own",
    "constant": "No derivative, by nature: the result is an array, or a Tensor without history",
    "definition": "With a derivative, defined by others",
}
INTRODUCTION = """\
Everything public, each with the first sentence of its docstring (`help(ag.grad)` shows the whole, with examples), and
the functions of NumPy that a Tensor takes part in. `python examples/reference.py` writes this page."""


def module_of(path: str) -> ModuleType:
    """Return the module of a line of `MODULES`."""
    return importlib.import_module(f"autograd_lite.{path}".rstrip("."))


def public(module: ModuleType) -> list[str]:
    """Return the names that a module has to offer: those it lists, or else what it defines."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        made = inspect.getmembers(module, inspect.isfunction)
        listed = [name for name, f in made if f.__module__ == module.__name__ and not name.startswith("_")]
    return sorted((name for name in listed if name != "__version__"), key=str.lower)


def line_of(x: Any) -> str:
    """Return the first sentence of what is said of something, if it is said of this and not of its class."""
    said = inspect.getdoc(x) or ""
    borrowed = said == inspect.getdoc(type(x)) or inspect.isbuiltin(x)
    first = "" if borrowed else " ".join(said.partition("\n\n")[0].split())
    return first.replace("|", "\\|")


def index() -> str:
    """Return the public names, module by module, each with a line."""
    parts = []
    for path, purpose in MODULES.items():
        module, prefix = module_of(path), f"ag.{path}".rstrip(".")
        parts.append(f"### `{prefix}`: {purpose}\n\n" + _table(prefix, module, public(module)))
    for kind in CLASSES:
        names = [name for name in sorted(dir(kind), key=str.lower) if not name.startswith("_") and hasattr(kind, name)]
        parts.append(f"### Members of `{kind.__name__}`\n\n" + _table("", kind, names))
    return "\n\n".join(parts)


def _table(prefix: str, holder: Any, names: list[str]) -> str:
    read = getattr if isinstance(holder, ModuleType) else inspect.getattr_static  # a property, and not what it gives
    rows = [f"| `{prefix}.{name}` | {line_of(read(holder, name))} |" for name in names]
    return "\n".join(["| name | |", "|---|---|", *rows])


def functions() -> dict[str, list[str]]:
    """Return NumPy's functions by what a Tensor can do with them."""
    found: dict[str, list[str]] = {}
    for name, known in ag.supported().items():
        if known.kind in KINDS and name.startswith("np."):  # those of SciPy are there once they were met
            found.setdefault(KINDS[known.kind], []).append(name.removeprefix("np."))
    return {title: found[title] for title in KINDS.values()}


def refused() -> str:
    """Return the table of what is refused, with what is said of it."""
    found: dict[str, list[str]] = {}
    for name, sentence in UNSUPPORTED.items():
        found.setdefault(sentence, []).append(name)
    rows = [f"| {_listed(names)} | {sentence} |" for sentence, names in found.items()]
    return "\n".join(["| functions | what the error says |", "|---|---|", *rows])


def _listed(names: list[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def page() -> str:
    """Return the whole page."""
    known = [f"{title}:\n\n{_listed(names)}" for title, names in functions().items()]
    parts = [
        "# Reference", INTRODUCTION, "## Names", index(),
        "## Functions of NumPy", "Names are those below `np.`.", *known,
        "## Choices at kinks, jumps and ties", kinks.table(),
        "## What is refused", "Names are those below `np.`; `*` is what no list has.", refused(),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
