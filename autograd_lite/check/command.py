"""``python -m autograd_lite check path.py:function``: the gradient check of a function in a file."""

from __future__ import annotations

import argparse
import inspect
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.functions import Derived
from autograd_lite.check.gradcheck import gradcheck


def main(argv: Sequence[str]) -> int:
    """Check the function that the arguments name, print the report, and return the exit status: 0 if all is well."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd_lite check",
        description="Compare the derivatives of a function with finite differences.",
    )
    parser.add_argument("target", help="path.py:function")
    parser.add_argument("--inputs", help="Python text of the inputs, in the names of the file: 'np.ones(3), 2.0'")
    parser.add_argument("--order", type=int, default=1, help="up to which order derivatives are checked")
    parser.add_argument("--seed", type=int, default=0, help="of the random directions")
    options = parser.parse_args(argv)
    path, _, name = options.target.rpartition(":")
    try:
        f, names = _load(path, name)
        inputs = _inputs(f, name, names, options.inputs)
        report = gradcheck(f, inputs, order=options.order, rng=options.seed, raise_exception=False)
    except errors.AutogradError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join([str(report), *map(str, report.faults)]) + "\n")
    return 0 if report.ok else 1


def _load(path: str, name: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """Run a file, and return the function and all names in it."""
    if not Path(path).is_file():
        raise errors.ArgumentError(errors.CHECK_FILE.format(path=path, name=name))
    sys.path.insert(0, str(Path(path).resolve().parent))
    try:
        names = runpy.run_path(path, run_name="checked")
    finally:
        sys.path.pop(0)
    if not callable(names.get(name)):
        known = [key for key, value in names.items() if inspect.isfunction(value) or isinstance(value, Derived)]
        raise errors.ArgumentError(errors.CHECK_NAME.format(path=path, name=name, known=", ".join(known) or "none"))
    return names[name], names


def _inputs(f: Callable[..., Any], name: str, names: dict[str, Any], text: str | None) -> list[Any]:
    """Return the inputs as given, or else the defaults of the function's parameters."""
    if text is not None:
        given = eval(text, {"np": np, **names})
        return list(given) if isinstance(given, tuple) else [given]
    parameters = inspect.signature(f).parameters.values()
    if any(p.default is p.empty for p in parameters):
        known = ", ".join(p.name for p in parameters)
        raise errors.ArgumentError(errors.CHECK_INPUTS.format(name=name, parameters=known))
    return [p.default for p in parameters]
