"""What is like an array: one class with its declared members, one table of methods, and no other way of asking."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.base import arraylike
from autograd_lite.base.arraylike import ABSENT, DECLARED, METHODS, ArrayLike
from autograd_lite.compiler.recording.traced import Number, Traced
from autograd_lite.engine.record import Handle
from autograd_lite.transforms.batches.array import Batched

PACKAGE = Path(ag.__file__).parent
NAMES = sorted(name for name in dir(np.ndarray) if not name.startswith("_"))
CLASSES = [ag.Tensor, Batched, Traced]
DATA = np.array([[3.0, 1.0], [2.0, 5.0]])


def within(kind: type, f: Callable[[Any], Any]) -> Any:
    """Return what `f` makes of an array that stands for `DATA` as this class does."""
    if kind is ag.Tensor:
        return f(ag.Tensor(DATA))
    if kind is Batched:
        return ag.vmap(lambda x: f(x))(np.stack([DATA, DATA]))
    return ag.compile(lambda x: f(x * 1.0))(DATA)


# ----- the classes -----


@pytest.mark.parametrize("kind", [*CLASSES, Number, ag.nn.Parameter])
def test_they_have_all_that_is_declared(kind: type) -> None:
    assert issubclass(kind, ArrayLike)
    for name in DECLARED:
        assert getattr(kind, name) is not vars(ArrayLike)[name], name
    assert all(vars(ArrayLike)[name].__doc__ for name in DECLARED)


def test_which_classes_are_final() -> None:
    """Users derive classes from a Tensor, `Parameter` is one, and a Number is a Traced."""
    assert [kind.__name__ for kind in (*CLASSES, Number) if "__final__" in vars(kind)] == ["Batched", "Number"]
    assert {kind for kind in Traced.__subclasses__() if kind.__name__ != "Traced"} <= {Number}


def test_a_class_without_a_member_cannot_be_made() -> None:
    with pytest.raises(TypeError, match=r"Half is like an array, but has no .*_sample"):
        type("Half", (ArrayLike,), {"shape": (), "dtype": float})

    class Some(ArrayLike, abstract=True):
        """Of which others are derived."""

    with pytest.raises(TypeError, match="has no shape, dtype"):
        type("Other", (Some,), {})


def test_no_metaclass_makes_isinstance_slow() -> None:
    assert type(ArrayLike) is type(ag.Tensor) is type(Batched) is type(Traced) is type


def test_a_users_class_of_tensors_is_one() -> None:
    class Weight(ag.Tensor):
        pass

    w = Weight([1.0, 2.0], requires_grad=True)
    assert isinstance(w, (Weight, Handle))
    assert isinstance(w * 2, ag.Tensor)
    assert isinstance(ag.nn.Linear(2, 1).weight, ag.Tensor)


# ----- its methods -----


@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("name", NAMES)
def test_what_an_ndarray_has_is_there_or_refused(kind: type, name: str) -> None:
    """In the same words for all, with the line to write."""
    if hasattr(kind, name):
        assert hasattr(getattr(kind, name), "__get__")
        return
    with pytest.raises((errors.NoAttributeError, errors.CompileError)) as caught:
        within(kind, lambda x: getattr(x, name))
    assert str(caught.value).endswith(f"Write {ABSENT[name]}")


def test_there_is_one_table_of_names() -> None:
    assert METHODS.keys() <= set(NAMES)
    assert ABSENT.keys() <= set(NAMES)
    assert METHODS.keys() <= ABSENT.keys()


@pytest.mark.parametrize("name", ABSENT)
def test_what_a_tensor_has_not_is_not_listed(name: str) -> None:
    t = ag.Tensor(DATA)
    assert (name in dir(t)) is hasattr(t, name)


REMEDIES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "compress": (lambda t: np.compress([True, False], t), lambda a: a.compress([True, False])),
    "conj": (np.conjugate, lambda a: a.conj()),
    "real": (np.real, lambda a: a.real),
    "imag": (np.imag, lambda a: a.imag),
    "argpartition": (lambda t: np.argpartition(t, 0), lambda a: a.argpartition(0)),
    "resize": (lambda t: np.resize(t, (4,)), lambda a: np.resize(a, (4,))),
    "partition": (lambda t: np.partition(t, 0), lambda a: np.partition(a, 0)),
    "itemsize": (lambda t: t.dtype.itemsize, lambda a: a.itemsize),
    "nbytes": (lambda t: t.size * t.dtype.itemsize, lambda a: a.nbytes),
    "flat": (lambda t: t.ravel()[2], lambda a: a.flat[2]),
    "tobytes": (lambda t: t.detach().numpy().tobytes(), lambda a: a.tobytes()),
    "strides": (lambda t: t.detach().numpy().strides, lambda a: a.strides),
}


@pytest.mark.parametrize("name", REMEDIES)
def test_the_line_to_write_does_it(name: str) -> None:
    line, method = REMEDIES[name]
    np.testing.assert_array_equal(line(ag.Tensor(DATA)), method(DATA))


def test_put_by_the_line_to_write() -> None:
    for t, a in ((ag.Tensor(DATA), DATA.copy()), (ag.Tensor(DATA).T, DATA.copy().T)):
        t[np.unravel_index([0, 2], t.shape)] = [7.0, 8.0]
        a.put([0, 2], [7.0, 8.0])
        np.testing.assert_array_equal(t, a)


# What plain functions, to which an ndarray is given, may ask of what stands for it.
ASKED: dict[str, Callable[[Any], Any]] = {
    "conj": lambda x: x.conj() * 2, "conjugate": lambda x: x.conjugate() * 2, "real": lambda x: x.real * 2,
    "imag": lambda x: x.imag + 1, "itemsize": lambda x: x * x.itemsize, "nbytes": lambda x: x * x.nbytes,
    "device": lambda x: x * len(x.device), "argpartition": lambda x: x.argpartition(1) * 1.0,
    "searchsorted": lambda x: x[0].searchsorted(x[1]) * 1.0, "ndim": lambda x: x * x.ndim, "size": lambda x: x * x.size,
}  # fmt: skip


@pytest.mark.parametrize("kind", [Batched, Traced])
@pytest.mark.parametrize("name", ASKED)
def test_what_stands_in_for_an_array_answers_as_one(kind: type, name: str) -> None:
    f = ASKED[name]
    expected = f(DATA) if kind is Traced else np.stack([f(DATA)] * 2)
    np.testing.assert_array_equal(within(kind, f), expected)


@pytest.mark.parametrize("kind", CLASSES)
def test_methods_that_write(kind: type) -> None:
    def f(x: Any) -> Any:
        y = x * 2
        y.sort()
        y[1:].fill(0.5)
        return y

    expected = np.array([[2.0, 6.0], [0.5, 0.5]])
    np.testing.assert_array_equal(within(kind, f), expected if kind is not Batched else np.stack([expected] * 2))


# ----- what a thing is -----


class Foreign:
    """An array of another library."""

    shape, dtype = (2,), np.dtype(np.float32)

    def __array_function__(self, *_: Any) -> Any:
        return NotImplemented


class Convertible:
    """What becomes an array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.zeros(3, np.float32)


THINGS = {
    "an ndarray": (DATA, True, True), "a Tensor": (ag.Tensor(DATA), True, True), "foreign": (Foreign(), True, True),
    "convertible": (Convertible(), False, True), "NumPy's number": (np.float64(1), False, True),
    "a number": (1.0, False, True), "a list": ([1.0], False, False), "text": ("a", False, False),
    "the class": (np.ndarray, False, False), "nothing": (None, False, False),
}  # fmt: skip


@pytest.mark.parametrize("name", THINGS)
def test_arrays_and_numbers(name: str) -> None:
    x, array, numbers = THINGS[name]
    assert arraylike.is_array(x) is array
    assert arraylike.is_numbers(x) is numbers


def test_batches_masks_and_dtypes() -> None:
    assert ag.vmap(lambda x: x * arraylike.is_batch(x))(DATA).all()
    assert not any(map(arraylike.is_batch, (DATA, ag.Tensor(DATA), [1.0])))
    assert arraylike.is_masked(np.ma.array([1.0]))
    assert not arraylike.is_masked(DATA)
    kinds = [arraylike.dtype_of(x) for x in (Foreign(), Convertible(), np.int8(1), ag.Tensor(DATA), 1.0)]
    assert kinds == [np.float32, np.float32, np.int8, np.float64, np.float64]
    assert arraylike.shape_of(Foreign()) == (2,)
    assert arraylike.shape_of([[1.0], [2.0]]) == (2, 1)


def asking(path: Path) -> Iterator[str]:
    """Yield the places at which a file asks an object by name whether it has an attribute."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name) and node.id == "hasattr":
            yield f"{path.name}:{node.lineno}"


def test_no_class_is_told_by_an_attribute() -> None:
    assert [place for path in sorted(PACKAGE.rglob("*.py")) for place in asking(path)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="there are no forks")
def test_hooks_of_forks_are_those_of_the_system() -> None:
    import os

    from autograd_lite.base.unfinished import register_at_fork

    assert register_at_fork is os.register_at_fork
