"""All public names: each has a docstring of its own, a signature and an example that runs; and `dir` lists these."""

from __future__ import annotations

import doctest
import inspect
import pydoc
import subprocess
import sys
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite.engine.op import Op
from autograd_lite.functions import NAMES

MODULES: dict[str, ModuleType] = {
    m.__name__.removeprefix("autograd_lite").removeprefix("."): m
    for m in (ag, ag.attribution, ag.autograd, ag.cuda, ag.data, ag.errors, ag.implicit, ag.nn, ag.nn.functional,
              ag.nn.init, ag.nn.utils, ag.nn.utils.parametrizations, ag.nn.utils.parametrize, ag.onnx, ag.optim,
              ag.optim.lr_scheduler, ag.optim.swa_utils, ag.optimize, ag.parallel, ag.sklearn, ag.testing, ag.train,
              ag.tree, ag.viz)
}  # fmt: skip
CLASSES = [ag.Tensor, ag.nn.Module]


def public() -> dict[str, Any]:
    """Return all public names, and the public members of classes, with what they are."""
    found = {f"{m}.{n}".lstrip("."): getattr(module, n) for m, module in MODULES.items() for n in dir(module)}
    for cls in CLASSES:
        names = [n for n in dir(cls) if not n.startswith("_") and hasattr(cls, n)]  # what is refused is not there
        found |= {f"{cls.__name__}.{n}": inspect.getattr_static(cls, n) for n in names}
    return found


PUBLIC = public()
CALLED = {
    name: x for name, x in PUBLIC.items()
    if not isinstance(x, (ModuleType, str, bool, float)) and getattr(x, "__module__", "") not in ("numpy", "builtins")
}  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_dir_is_what_is_public(name: str) -> None:
    module = MODULES[name]
    assert dir(module) == sorted({*module.__all__, *(NAMES if module is ag else ())})
    for public_name in dir(module):
        assert getattr(module, public_name) is not None
    with pytest.raises(AttributeError, match="no attribute 'foo'"):
        module.foo  # noqa: B018


def test_the_functions_of_pytorch_are_listed_once_more() -> None:
    """By the name of their file, from which a type checker takes them all."""
    for place in set(NAMES.values()):
        if place.startswith("functions."):
            listed = import_module(f"autograd_lite.{place}").__all__
            assert listed == sorted(listed) == sorted(name for name in NAMES if NAMES[name] == place)


def test_dir_lists_no_more_after_use() -> None:
    before = dir(ag)
    ag.gradcheck(np.sin, 0.5)
    ag.compile(np.sin)(0.5)
    assert dir(ag) == before


def test_a_network_imports_the_families_that_it_uses() -> None:
    """Also: a function with the name of the module that it is in would be that module once its neighbour was used."""
    program = """if True:
        import sys, types
        from autograd_lite import nn
        below = "autograd_lite.nn.layers.", "autograd_lite.nn.functional."
        families = lambda: {m for m in sys.modules if m.startswith(below)}
        print(sorted(families()))
        nn.Sequential(nn.Linear(2, 3), nn.ReLU())([1.0, 2.0])
        assert not [m for m in families() if "transformer" in m or "pooling" in m]
        for place in (nn, nn.functional, nn.utils):
            for name in (*dir(place), *dir(place)):
                assert isinstance(getattr(place, name), types.ModuleType) == (place._LATER.get(name) == ""), name
    """
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out == "[]\n"


@pytest.mark.parametrize("name", CALLED)
def test_it_says_what_it_is(name: str) -> None:
    x = CALLED[name]
    text = x.__doc__
    assert text
    assert text.strip()
    if not isinstance(x, (type, property)) and not name.startswith(("Tensor.", "Module.")):
        assert text != type(x).__doc__
        assert inspect.signature(x)
    if name.startswith("Tensor.") and callable(x):
        assert next(iter(inspect.signature(x).parameters)) == "self"


@pytest.mark.parametrize("name", [name for name in CALLED if not name.startswith("errors.")])
def test_it_has_an_example_that_runs(name: str) -> None:
    x = CALLED[name]
    names = dict(vars(inspect.getmodule(x) or ag)) if not isinstance(x, property) else dict(vars(ag))
    finder = doctest.DocTestFinder(recurse=False)
    (found,) = finder.find(x, name, module=False, globs={**names, "ag": ag, "np": np, "Tensor": ag.Tensor}) or (None,)
    assert found is not None
    assert found.examples
    runner = doctest.DocTestRunner(verbose=False)
    complaints: list[str] = []
    runner.run(found, out=complaints.append)
    assert not complaints, "".join(complaints)


OPERATIONS = [name for name, x in PUBLIC.items() if isinstance(x, Op)]


@pytest.mark.parametrize("name", OPERATIONS)
def test_help_of_an_operation_is_its_own(name: str) -> None:
    op = PUBLIC[name]
    shown = pydoc.render_doc(op, renderer=pydoc.plaintext)
    short = name.rpartition(".")[2]
    assert f"{short}(" in shown
    assert "Parameters\n    ----------" in shown
    assert "Returns\n    -------" in shown
    assert "shape" in shown
    assert "One operation" not in shown
    assert op.__name__ == op.__qualname__ == short
    assert op.__module__.startswith("autograd_lite.rules.")
    assert "*args" not in str(inspect.signature(op))
    assert list(inspect.signature(op).parameters)[: len(op.operands)] == list(op.operands)


def test_an_operation_in_a_class_is_no_method() -> None:
    class Net:
        act = ag.relu

    assert Net.act is Net().act is ag.relu
    assert Net().act(-1.0) == 0.0
    assert len(OPERATIONS) > 8


def test_help_of_tensor_shows_each_member_with_its_signature() -> None:
    shown = pydoc.render_doc(ag.Tensor, renderer=pydoc.plaintext)
    assert "sum(self, axis: 'Axis' = None, *, keepdims: 'bool' = False) -> 'Tensor'" in shown
    assert "<lambda>" not in shown
