"""What rows of tables are called: by what they say, so that a new row, or another order, changes the name of no other.

The text of a lambda is read where it is written.
"""

from __future__ import annotations

import ast
import dis
import functools
import re
import types
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograd_lite.engine.registry import home_of

LONGEST = 80


def name_of(*parts: str, proof: bytes | None = None) -> str:
    """Return a name of texts, cut where it is long; what is cut, or gives `proof`, is known by a checksum."""
    whole = "-".join(part for part in parts if part)
    if proof is None and len(whole) <= LONGEST:
        return whole
    return f"{whole[:LONGEST]}-{checksum(whole.encode(), proof or b''):08x}"


def text_of(x: Any) -> str:
    """Return what a function, or a value, is in words: without an address, and the same in every process."""
    if isinstance(x, functools.partial):
        return ",".join([text_of(x.func), *map(text_of, x.args), *_named(x.keywords)])
    if isinstance(x, types.LambdaType) and x.__name__ == "<lambda>":
        return ",".join([_body(x.__code__), *_named(_held(x))])
    if isinstance(x, dict):
        return ",".join(f"{text_of(key)}:{text_of(value)}" for key, value in x.items())
    if isinstance(x, (list, tuple)):
        return f"({','.join(map(text_of, x))})"
    if isinstance(x, (set, frozenset)):
        return f"{{{','.join(sorted(map(text_of, x)))}}}"
    return getattr(x, "__name__", None) or re.sub(r" at 0x\w+|\s", "", repr(x))


def path_of(fn: Any) -> str:
    """Return the name of a function, below ``numpy`` where it is one of NumPy's."""
    return f"{home_of(fn)}.{fn.__name__.strip('_')}".removeprefix("numpy.")


def checksum(*parts: bytes) -> int:
    """Return a number that the parts alone decide."""
    return zlib.crc32(b"\0".join(parts))


def _named(values: dict[str, Any]) -> list[str]:
    return [f"{name}={text_of(value)}" for name, value in values.items()]


def _held(f: types.LambdaType) -> dict[str, Any]:
    """Return what a lambda holds in its defaults and its variables from outside."""
    arguments = f.__code__.co_varnames[: f.__code__.co_argcount]
    defaults = dict(zip(reversed(arguments), reversed(f.__defaults__ or ()), strict=False))
    cells = [cell.cell_contents for cell in f.__closure__ or ()]
    return dict(reversed(defaults.items())) | dict(zip(f.__code__.co_freevars, cells, strict=True))


def _body(code: types.CodeType) -> str:
    """Return the text of a lambda's body: the smallest in the file that all instructions come from."""
    places = [i.positions for i in dis.get_instructions(code) if i.opname != "RESUME" and "RETURN" not in i.opname]
    points = [(p.lineno, p.col_offset) for p in places if p is not None and p.lineno is not None]
    if not points:  # nothing but a constant is returned
        return repr(code.co_consts[-1])
    inside = [b for b in _lambdas(code.co_filename) if all(_start(b) <= point < _end(b) for point in points)]
    return ast.unparse(max(inside, key=_start))


@functools.cache
def _lambdas(path: str) -> tuple[ast.expr, ...]:
    return tuple(_bodies(ast.parse(Path(path).read_text(encoding="utf-8"))))


def _bodies(tree: ast.AST) -> Iterator[ast.expr]:
    return (node.body for node in ast.walk(tree) if isinstance(node, ast.Lambda))


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[Any, Any]:
    return node.end_lineno, node.end_col_offset
