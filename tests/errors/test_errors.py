"""Errors as such: notes on those of NumPy and of rules, and what holds for all classes and texts."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import custom
from autograd_lite.rules.products import affine

PACKAGE = Path(inspect.getfile(ag)).parent


def test_one_element_of_an_array_set_to_a_tracked_number() -> None:
    """NumPy raises an error of its own here; ours is its cause."""
    a, x = np.zeros(3), ag.Tensor(2.0, requires_grad=True)
    with pytest.raises(ValueError, match="sequence") as caught:
        a[1] = x
    assert isinstance(caught.value.__cause__, errors.ConversionError)
    assert a[1] == 0.0


@pytest.mark.parametrize(
    ("act", "kind", "words"),
    [
        (lambda x: x + np.ones(4), ValueError, ["add", "'w'", "(3,)", "(4,)"]),
        (lambda x: np.ones((4, 2)) @ x, ValueError, ["matmul", "'w'", "(3,)", "(4, 2)"]),
        (lambda x: x.reshape(2, 2), ValueError, ["reshape", "'w'", "(3,)"]),
        (lambda x: np.sum(x, axis=1), IndexError, ["sum", "'w'", "(3,)"]),
        (lambda x: x[5], IndexError, ["getitem", "'w'", "(3,)"]),
        (lambda x: np.concatenate([x, np.ones((2, 2))]), ValueError, ["concatenate", "'w'", "(2, 2)"]),
        (lambda x: affine(x, np.ones((4, 2)), None), ValueError, ["affine", "'w'", "(4, 2)"]),
        (lambda x: np.exp(x * np.ones((4, 1))) @ x * 2 @ x, ValueError, ["matmul", "multiply", "(4,)"]),
    ],
)
def test_an_error_of_numpy_gets_a_note_of_the_operation_and_its_operands(
    act: Any, kind: type[Exception], words: list[str]
) -> None:
    x = ag.Tensor([1.0, 2.0, 3.0], requires_grad=True, name="w")
    with pytest.raises(kind) as caught:
        act(x)
    (note,) = caught.value.__notes__
    for word in words:
        assert word in note


def test_an_error_of_a_rule_gets_a_note_of_its_operation() -> None:
    def double(x: Any) -> Any:
        return 2 * x

    op = custom(double, lambda g: g @ np.ones(7))
    with pytest.raises(ValueError, match="matmul") as caught:
        op(ag.Tensor([1.0, 2.0], requires_grad=True)).sum().backward()
    assert "the derivative of the operation double" in "".join(caught.value.__notes__)


# ----- the classes and the texts -----

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, ag.AutogradError)]
MODULES = {path.stem for path in (PACKAGE / "errors").glob("*.py")}
TEXTS = {name: text for name, text in vars(errors).items() if name.isupper() and isinstance(text, str)}
TABLES = {name: texts for name, texts in vars(errors).items() if name.isupper() and isinstance(texts, dict)}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_is_documented_and_one_of_python_s(kind: type[Exception]) -> None:
    assert kind.__doc__
    if kind is not ag.AutogradError:
        builtins = [base for base in kind.__bases__ if not issubclass(base, ag.AutogradError)]
        assert builtins
        assert {base.__module__ for base in builtins} == {"builtins"}
        assert not {Exception, BaseException} & set(builtins)


def used() -> set[str]:
    """Return the names that the package takes from the module `errors`."""
    names = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "errors":
                names.add(node.attr)
            elif isinstance(node, ast.ImportFrom) and node.module == "autograd_lite.errors":
                names.update(alias.name for alias in node.names if alias.name not in MODULES)
    return names


def test_no_class_and_no_text_is_left_over() -> None:
    warnings = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Warning)}
    assert {kind.__name__ for kind in CLASSES} | warnings | {*TEXTS, *TABLES} == used() | {"AutogradError"}


_PARTS = (  # what to write comes with the rest
    "UNSUPPORTED", "UNSUPPORTED_ELSEWHERE", "STATE_DICT", "MODULE", "LIBRARY_DETACH", "LIBRARY_PANDAS",
    "LIBRARY_SPARSE", "TASK",
)  # fmt: skip


ALL = TEXTS | {f"{table} {name}": text for table, texts in TABLES.items() for name, text in texts.items()}


@pytest.mark.parametrize("name", ALL)
def test_every_text_ends_with_what_to_write(name: str) -> None:
    if name not in _PARTS:
        assert re.search(r"\b[Ww]rite\b", ALL[name])
    assert not ALL[name].endswith(".")
