"""Texts of messages: each has a name of its own, and is given all that it tells of where it is written."""

from __future__ import annotations

import ast
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import autograd_lite as ag
from autograd_lite import errors

PACKAGE = Path(ag.__file__).parent


def named() -> Iterator[str]:
    """Yield the texts that the files of `errors` define, by name."""
    for path in (PACKAGE / "errors").glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id


def written() -> Iterator[tuple[str, str, set[str]]]:
    """Yield where a text is written with arguments by name alone, which, and with which."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(ast.Attribute(ast.Name("errors"), name), "format"), keywords=given):
                    if all(k.arg is not None for k in given):
                        yield f"{path.name}:{node.lineno}", name, {str(k.arg) for k in given}


def test_no_two_texts_have_one_name() -> None:
    assert [name for name, count in Counter(named()).items() if count > 1 and name.isupper() and name[0] != "_"] == []


def test_texts_are_given_all_that_they_tell_of() -> None:
    found = list(written())
    assert len(found) > 500
    for place, name, given in found:
        parsed = string.Formatter().parse(getattr(errors, name))
        fields = {field.partition(".")[0] for _, field, _, _ in parsed if field}
        assert fields == given, (place, name)
