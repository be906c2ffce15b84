"""What an operation is: it never changes, says what it does, is found by one function, and is known in few files."""

from __future__ import annotations

import ast
import copy
import inspect
import pydoc
import typing
from collections.abc import Iterator
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import leaf, printed, registered
from test_layers import FILES

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import constant, custom, elementwise
from autograd_lite.engine.op import FACTS, Op
from autograd_lite.engine.registry import handler_of

HANDLERS = dict(sorted({f"{op.form} {op.__module__}.{op.__name__}": op for op in registered().values()}.items()))
OPERATIONS = {name: op for name, op in HANDLERS.items() if isinstance(op, Op)}

# ----- it never changes -----


@pytest.mark.parametrize("name", ["fn", "rules", "accumulate", "cache", "anything"])
def test_an_operation_does_not_change(name: str) -> None:
    op = handler_of(np.exp)
    before = {name: getattr(op, name) for name in Op.__slots__}
    with pytest.raises(errors.DeclarationError, match=rf"^exp is an operation, and its {name} was to be changed"):
        setattr(op, name, None)
    with pytest.raises(errors.DeclarationError, match=r"Write a declaration of another operation"):
        delattr(op, name)
    assert {name: getattr(op, name) for name in Op.__slots__} == before
    assert copy.copy(op) is copy.deepcopy(op) is op


def test_a_fact_that_there_is_not_is_refused() -> None:
    with pytest.raises(errors.DeclarationError, match=r"says 'colour', which is no fact .* Write one of those in `Op`"):
        elementwise(lambda x: x, lambda g: g, colour="red")


def test_the_documentation_tells_every_fact() -> None:
    assert Op.__doc__ is not None
    for name in FACTS:
        assert f"\n    {name} : " in Op.__doc__, name


# ----- it says what it does -----


@pytest.mark.parametrize("name", HANDLERS)
def test_an_operation_is_documented(name: str) -> None:
    op = HANDLERS[name]
    assert op.__doc__
    assert op.__doc__.strip()
    assert op.__doc__ != type(op).__doc__
    assert op.__name__ == op.__qualname__.rpartition(".")[2]
    assert op.__module__.startswith(("numpy", "autograd_lite", "scipy"))
    assert op.__module__ != type(op).__module__
    if "built-in" not in repr(op.__wrapped__):  # as np.where before NumPy 2.4
        assert inspect.signature(op).parameters
    assert f"{op.__name__}(" in pydoc.plaintext.document(op)


def test_signatures_are_those_of_the_functions() -> None:
    def parameters(f: Any) -> str:
        return str(inspect.signature(f)).partition(" -> ")[0]

    assert parameters(handler_of(np.linalg.norm)) == "(x, ord=None, axis=None, keepdims=False)"
    assert next(iter(inspect.signature(handler_of(np.exp)).parameters)) == "x"
    assert list(inspect.signature(handler_of(np.sum)).parameters)[:2] == ["a", "axis"]
    assert list(inspect.signature(ag.softmax).parameters) == ["a", "axis"]
    assert inspect.signature(ag.logsumexp).parameters["keepdims"].default is False
    assert typing.get_type_hints(ag.logsumexp)["keepdims"] is bool
    assert list(inspect.signature(Op).parameters)[:3] == ["name", "fn", "form"]


def test_a_ufunc_without_a_signature_has_that_of_its_operands() -> None:
    """As all have before NumPy 2.4."""

    class Old:
        __name__, __doc__ = "old", "A ufunc."
        nin, nout, signature = 2, 1, None

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError

        @property
        def __signature__(self) -> Any:
            raise ValueError

    op = Op("old", np.add, "constant", ("x1", "x2"), {}, (), source=Old())
    assert str(inspect.signature(op)) == "(x1, x2, /)"


# ----- facts -----


def test_facts_stand_in_the_declaration() -> None:
    assert handler_of(np.matmul).cores == (("n?", "k"), ("k", "m?"))
    assert handler_of(np.add).cores == ((),)
    assert handler_of(np.sum).axes == ("axis",)
    assert handler_of(np.tanh).range == (-1, 1)
    assert handler_of(np.floor_divide).symbol == "//"
    assert handler_of(np.arcsin).native == "asin"


@pytest.mark.parametrize("name", [name for name, op in OPERATIONS.items() if op.range is not None])
def test_results_lie_in_their_range(name: str) -> None:
    op = OPERATIONS[name]
    x = np.concatenate([-np.logspace(-3, 3, 50), [0.0], np.logspace(-3, 3, 50)])
    low, high = op.range
    with np.errstate(all="ignore"):
        y = op.function(x) if op.function is not None else op.fn(x)
    assert np.all((y >= low) & (y <= high))
    assert np.min(y) < low + 0.01
    assert high == np.inf or np.max(y) > high - 0.01


@pytest.mark.parametrize("name", [name for name, op in OPERATIONS.items() if op.increasing])
def test_increasing_functions_increase(name: str) -> None:
    op = OPERATIONS[name]
    x = np.concatenate([-np.logspace(3, -6, 200), [0.0], np.logspace(-6, 3, 200), np.linspace(-1, 1, 101)])
    with np.errstate(all="ignore"):
        y = op.fn(np.sort(x))
    assert np.all(np.diff(y[np.isfinite(y)]) >= 0)
    assert np.any(np.diff(y[np.isfinite(y)]) > 0)


@pytest.mark.parametrize("name", [name for name, op in OPERATIONS.items() if op.reduces is not None])
def test_reductions_are_those_of_their_ufunc(name: str) -> None:
    op, x = OPERATIONS[name], np.random.default_rng(0).integers(0, 3, (4, 5, 2))
    for a in (x, x > 0, x + 0.5):
        for settings in ({"axis": None}, {"axis": 0}, {"axis": (0, 2), "keepdims": True}):
            expected, result = op.function(a, **settings), op.reduces.reduce(a, **settings)
            np.testing.assert_array_equal(result, expected)
            assert np.asarray(expected).dtype == np.asarray(result).dtype


def test_a_declared_signature_is_all_that_vmap_needs() -> None:
    calls = []

    def total(matrix: Any, vector: Any) -> Any:
        calls.append(np.shape(matrix))
        return np.einsum("...ij,...j->...", matrix, vector)

    op = custom(
        total, lambda g, matrix, vector: np.ones(matrix.shape) * (g[..., None] * vector)[..., None, :],
        lambda g, matrix: g[..., None] * np.sum(matrix, -2), signature="(m,n),(n)->()",
    )  # fmt: skip
    a, b = np.arange(24.0).reshape(4, 2, 3), np.arange(12.0).reshape(4, 3)
    expected = [total(x, y) for x, y in zip(a, b, strict=True)]
    calls.clear()
    np.testing.assert_allclose(ag.vmap(op)(a, b), expected)
    np.testing.assert_allclose(ag.vmap(op, (0, None))(a, b[0]), [total(x, b[0]) for x in a])
    np.testing.assert_allclose(ag.vmap(op, (None, 0))(a[0], b), [total(a[0], y) for y in b])
    assert calls[:1] == [(4, 2, 3)]
    slopes = ag.vmap(ag.grad(op, (0, 1)))(a, b)
    np.testing.assert_allclose(slopes[1], a.sum(1))
    with pytest.raises(ValueError, match=r"\(2,\)->\(2\) \nin total of a Tensor of shape \(2, 3\)"):
        ag.vmap(op)(a, b[:, :2])


def test_declared_axes_are_all_that_vmap_needs() -> None:
    def rank(a: Any, axis: Any = -1) -> Any:
        return np.argsort(np.argsort(a, axis), axis)

    op = constant(rank, axes="axis")
    x = np.random.default_rng(0).random((4, 3, 5))
    for axis in (0, 1, -1, -2):
        np.testing.assert_array_equal(ag.vmap(lambda a, k=axis: op(a, axis=k))(x), [rank(a, axis) for a in x])


@pytest.mark.parametrize(("axis", "shape"), [(None, (0,)), (0, (0, 3)), (-1, (0, 2))])
def test_places_in_no_examples(axis: Any, shape: Any) -> None:
    assert ag.vmap(lambda a: np.argmax(a, axis))(np.zeros((0, 2, 3))).shape == shape


# ----- one function finds it -----


def test_the_registry_is_read_in_one_file_only() -> None:
    readers = {name for name, path in FILES.items() if "REGISTRY" in _names(ast.parse(path.read_text("utf-8")))}
    assert readers == {"engine.registry"}


def _names(tree: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {
        alias.name for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for alias in n.names
    }


def lines(text: str) -> list[str]:
    return printed(cleandoc(text)).splitlines()


def test_scipy_is_imported_by_its_user_only() -> None:
    pytest.importorskip("scipy.special")
    text = """
        import sys, numpy as np, autograd_lite as ag
        t = ag.Tensor([0.5], requires_grad=True)
        np.exp(t).backward()
        print(any(name.partition(".")[0] == "scipy" for name in sys.modules))
        from scipy import special
        special.erf(0.5)
        print("autograd_lite.rules.special" in sys.modules)
        print(special.erf(t).requires_grad, "autograd_lite.rules.special" in sys.modules)
        print(special.erf(np.ones(2)).shape)
    """
    assert lines(text) == ["False", "False", "True True", "(2,)"]


def test_two_threads_may_be_the_first_to_meet_a_special_function() -> None:
    pytest.importorskip("scipy.special")
    text = """
        import threading, autograd_lite as ag
        from scipy import special
        found = []
        def meet():
            found.append(special.erf(ag.Tensor([0.5], requires_grad=True)).requires_grad)
        threads = [threading.Thread(target=meet) for _ in range(8)]
        for t in threads: t.start()
        for t in threads: t.join()
        print(found == [True] * 8)
    """
    assert lines(text) == ["True"]


def test_all_works_without_scipy() -> None:
    text = """
        import sys
        sys.modules["scipy"] = None
        import numpy as np, autograd_lite as ag
        t = ag.Tensor([0.5], requires_grad=True)
        ag.sigmoid(t).backward()
        try:
            np.packbits(t)
        except ag.AutogradError as error:
            print(type(error).__name__)
        print(ag.vmap(ag.compile(ag.grad(ag.sigmoid)))(np.zeros(2)).tolist())
    """
    assert lines(text) == ["UnsupportedError", "[0.25, 0.25]"]


def test_a_special_function_is_an_operation_as_any_other() -> None:
    special = pytest.importorskip("scipy.special")

    def f(x: Any) -> Any:
        return np.sum(special.erf(x) * special.gammaln(x) + special.xlogy(x, x))

    x = np.linspace(0.3, 2.0, 7)
    assert ag.gradcheck(f, x, order=2).ok
    compiled = ag.compile(ag.grad(f))
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x), ag.grad(f)(x))
    assert "import scipy.special\n" in compiled.source
    space: dict[str, Any] = {}
    exec(compiled.source, space)  # the text runs alone
    assert special.erf(leaf([0.5]))._op.name == "erf"
    with pytest.raises(errors.UnsupportedError, match=r"its order has no derivative here\. Write a number for it"):
        special.zeta(leaf([2.0]), 1.5).backward()


# ----- it is known in few files -----

KNOWN = {
    "exp": {"rules.elementwise", "tensor.members.elementwise", "tensor.members.changed", "compiler.program.facts"},
    "matmul": {"rules.products", "tensor.operators", "compiler.program.facts"},
    "sum": {
        "rules.reductions", "rules.arguments", "base.arraylike", "base.adapter", "compiler.program.facts",
        "optim.adagrad",  # which calls its state so
    },
}
"""The files that say something of a function; to call one is no knowledge of it."""
IDENTITIES = ("compiler.passes.",)  # which are about certain functions
TABLES = ("onnx.",)  # what stands for them in another language
SETTINGS = ("train.steps", "tensor.members.pieces")  # the "sum" that a loss, or a reduction, comes to
APPLICATIONS = ("apps.", "functions.")  # the latter hand methods on


@pytest.mark.parametrize("name", KNOWN)
def test_few_files_know_a_function(name: str) -> None:
    files = {f for f, path in FILES.items() if name in _known_in(path)}
    assert {f for f in files if not f.startswith((*IDENTITIES, *TABLES, *SETTINGS, *APPLICATIONS))} == KNOWN[name]


@cache
def _known_in(path: Path) -> frozenset[str]:
    return frozenset(_known(ast.parse(path.read_text("utf-8"))))


def _known(tree: ast.AST) -> Iterator[str]:
    """Yield the functions of NumPy that a file names without calling them, and the names that stand in texts.

    But for the values of a setting, as ``reduction == "sum"`` or ``mode == "sum"``.
    """
    called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
    settings = ("reduction", "mode")
    compared = [n for n in ast.walk(tree) if isinstance(n, ast.Compare) and ast.unparse(n.left) in settings]
    values = {id(value) for n in compared for other in n.comparators for value in ast.walk(other)}
    for n in ast.walk(tree):
        if isinstance(n, ast.Attribute) and ast.unparse(n.value) == "np" and id(n) not in called:
            yield n.attr
        elif isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in values:
            yield n.value
