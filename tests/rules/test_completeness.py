"""Every function of NumPy that a Tensor can meet stands in exactly one set, and none is silent."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.char
import numpy.fft
import numpy.lib.recfunctions
import numpy.lib.scimath
import numpy.strings
import pytest
from numpy.testing import overrides
from told import path_of

import autograd_lite as ag
from autograd_lite.engine.definitions import Composite
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.rules import constant
from autograd_lite.rules.unsupported import GENERIC, UNSUPPORTED, reason

# The only names that may be missing from the running version: they came after 2.1, or went before 2.4.
NOT_EVERYWHERE = {"polynomial.polynomial.*", "strings.*"}


def public_functions() -> dict[str, Any]:
    """Return what NumPy lets a type override: its functions, and the ufuncs in its namespace."""
    functions = {path_of(fn): fn for fn in overrides.get_overridable_numpy_array_functions()}
    ufuncs = {fn.__name__: fn for fn in overrides.get_overridable_numpy_ufuncs() if vars(np).get(fn.__name__) is fn}
    return functions | ufuncs


PUBLIC = public_functions()


def listed(name: str) -> bool:
    return name in UNSUPPORTED or f"{name.rpartition('.')[0]}.*" in UNSUPPORTED


def sets(name: str) -> list[str]:
    """Return the sets that a function stands in."""
    handler = REGISTRY.get(PUBLIC[name])
    if handler is None:
        return ["unsupported"] if listed(name) else []
    kind = "composite" if isinstance(handler, Composite) else "differentiable" if handler.rules else "constant"
    return [kind, "unsupported"] if listed(name) else [kind]


def test_every_function_stands_in_exactly_one_set() -> None:
    wrong = {name: sets(name) for name in PUBLIC if len(sets(name)) != 1}
    assert not wrong, "declare these in autograd_lite/rules, or list them in unsupported.py"


def test_the_sets_are_not_empty() -> None:
    counts = Counter(kind for name in PUBLIC for kind in sets(name))
    assert counts["differentiable"] > 60
    assert counts["constant"] > 40
    assert counts["composite"] > 100


def test_aliases_are_covered() -> None:
    """`np.concat` and the like are the same objects; those that are not are registered too."""
    for alias in ("concat", "permute_dims", "pow", "acos", "abs", "amax", "amin", "bitwise_invert", "matrix_transpose"):
        assert vars(np)[alias] in REGISTRY, alias


def test_unsupported_names_exist() -> None:
    known = set(PUBLIC) | {fn.__name__ for fn in overrides.get_overridable_numpy_ufuncs()}
    families = {f"{name.rpartition('.')[0]}.*" for name in known} | {name for name in UNSUPPORTED if name[0] == "*"}
    # Functions without an array argument can be overridden only through like=, which NumPy counts since 2.4.
    creation = {name for name in UNSUPPORTED if callable(vars(np).get(name))}
    assert set(UNSUPPORTED) - known - families - creation <= NOT_EVERYWHERE


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_every_sentence_ends_with_what_to_write(name: str) -> None:
    head, _, remedy = UNSUPPORTED[name].rpartition("Write ")
    assert remedy
    assert not head or head.endswith(". ")


REFUSED: list[Callable[[Any], Any]] = [
    lambda t: np.packbits(t), lambda t: np.ones(3, like=t), lambda t: np.isnat(t), lambda t: np.char.upper(t),
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_what_is_unsupported_is_refused_with_its_sentence(call: Callable[[Any], Any]) -> None:
    t = ag.Tensor(np.eye(2) + 1, requires_grad=True)
    with pytest.raises(ag.errors.UnsupportedError) as caught:
        call(t)
    name = str(caught.value).split()[0].removeprefix("numpy.")
    assert reason(name) in str(caught.value)
    assert GENERIC not in str(caught.value)


def test_a_function_that_is_in_no_list_gets_the_generic_sentence() -> None:
    assert reason("function_of_a_later_version") == GENERIC


CONSTANTS = sorted(name for name in PUBLIC if sets(name) == ["constant"])
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "searchsorted": ([0.3, 0.6, 0.9],), "digitize": ([0.3, 0.6, 0.9],), "isin": ([0.25],), "argpartition": (1,),
    "heaviside": (0.5,),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_has_the_value_of_numpy_and_no_derivative(name: str) -> None:
    fn = PUBLIC[name]
    binary = isinstance(fn, np.ufunc) and fn.nin == 2
    whole = name.startswith(("bitwise", "left_", "right_", "invert", "gcd", "lcm"))
    x = np.array([3, 1, 2, 6]) if whole else np.array([0.25, 1.5, 0.5, -2.0])
    args = (x[::-1].copy(),) if binary or name == "isclose" else ARGUMENTS.get(name, ())
    t = ag.Tensor(x, requires_grad=not whole)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        y, expected = fn(t, *args), fn(x, *args)
    assert isinstance(y, ag.Tensor)
    assert not y.requires_grad
    if name != "empty_like":
        np.testing.assert_array_equal(y.numpy(), expected, strict=True)
    assert y.shape == np.shape(expected)


@pytest.mark.parametrize("fn", constant.QUESTIONS, ids=lambda fn: fn.__name__)
def test_a_question_has_the_answer_of_numpy(fn: Any, tmp_path: Any) -> None:
    x, y = np.array([[0.5, 2.0], [1.0, 0.0]]), np.array([[0.5, 2.0], [1.0, 0.0]])
    one: Any = ag.Tensor(x, requires_grad=True)
    two: Any = ag.Tensor(y)
    name = fn.__name__
    if name.startswith("save"):
        fn(tmp_path / "file", one)
        assert (tmp_path / "file").exists() or list(tmp_path.iterdir())
    elif name in ("can_cast",):
        assert fn(one.dtype, float) == fn(x.dtype, float)
    elif name in ("unravel_index", "ravel_multi_index", "ix_"):
        whole = np.array([1, 0])
        args = ((2, 2),) if name != "ix_" else ()
        given = (ag.Tensor(whole), ag.Tensor(whole)) if name == "ravel_multi_index" else ag.Tensor(whole)
        plain = (whole, whole) if name == "ravel_multi_index" else whole
        np.testing.assert_equal(fn(given, *args), fn(plain, *args))
    elif name == "einsum_path":
        assert fn("ij,jk", one, two) == fn("ij,jk", x, y)
    elif name in ("array2string", "array_repr", "array_str"):
        assert fn(one) == fn(x)
    elif name in ("allclose", "array_equal", "array_equiv", "common_type", "result_type"):
        assert fn(one, two) == fn(x, y)
    elif name in ("may_share_memory", "shares_memory"):
        assert not fn(one, two)
    else:
        np.testing.assert_equal(fn(one), fn(x))
    assert (np.shape(one), np.ndim(one), np.size(one), np.size(one, 0)) == ((2, 2), 2, 4, 2)
