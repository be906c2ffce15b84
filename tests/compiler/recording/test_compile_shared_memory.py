"""Functions of which NumPy gives the same memory again: a write to one of both reaches the other in a program too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

X = np.array([[3.0, 1.0], [2.0, 0.5]])

SAME: dict[str, Callable[[Any], Any]] = {
    "squeeze": np.squeeze,
    "the method squeeze": lambda a: a.squeeze(),
    "squeeze by name": lambda a: np.squeeze(a=a),
    "real": np.real,
    "the attribute real": lambda a: a.real,
    "the method conj": lambda a: a.conj(),
    "the method conjugate": lambda a: a.conjugate(),
    "real_if_close": np.real_if_close,
    "atleast_1d": np.atleast_1d,
    "atleast_2d": np.atleast_2d,
    "the second of atleast_1d": lambda a: np.atleast_1d(2 * a, a)[1],
    "the same twice": lambda a: np.atleast_1d(a, a)[1],
    "broadcast_arrays": lambda a: np.broadcast_arrays(a, a)[0],
    "broadcast_arrays with another": lambda a: np.broadcast_arrays(np.ones(a.shape), a)[1],
    "astype": lambda a: a.astype(float, copy=False),
    "the function astype": lambda a: np.astype(a, np.dtype(float), copy=False),
    "reshape": lambda a: a.reshape(a.shape),
    "transpose by name": lambda a: np.transpose(a=a),
    "swapaxes by name": lambda a: np.swapaxes(a=a, axis1=0, axis2=1),
    "ravel": np.ravel,
    "a slice": lambda a: a[1:],
    "split": lambda a: np.split(a, 2)[1],
    "flip": lambda a: np.flip(m=a),
    "expand_dims": lambda a: np.expand_dims(a=a, axis=0),
    "squeeze of a slice": lambda a: np.squeeze(a[:, :1]),
    "real of a slice": lambda a: a[1].real,
    "atleast_3d": np.atleast_3d,
}  # fmt: skip
COPIES: dict[str, Callable[[Any], Any]] = {
    "conj": np.conj,
    "astype": lambda a: a.astype(float),
    "another dtype": lambda a: a.astype(np.float32, copy=False).astype(float),
    "nan_to_num": np.nan_to_num,
    "positive": lambda a: +a,
    "copy": np.copy,
}


def _times(y: Any) -> None:
    y *= 3.0


def _part(y: Any) -> None:
    y[0] += 1.5


def _out(y: Any) -> None:
    np.add(y, 1.0, out=y)


WRITES = {"times": _times, "a part": _part, "out=": _out}


def writing(fn: Callable[[Any], Any], write: Callable[[Any], None], to_view: bool) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        a = x * 1.0
        y = fn(a)
        write(y if to_view else a)
        return (a * a).sum() + 10.0 * (y * y).sum(), a * 1.0, y * 1.0

    return f


def _plain(results: Any) -> list[np.ndarray]:
    return [np.array(y.detach() if isinstance(y, ag.Tensor) else y) for y in results]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("fn", [*SAME.values(), *COPIES.values()], ids=[*SAME, *(f"copy: {name}" for name in COPIES)])
@pytest.mark.parametrize("kind", [np.asarray, ag.tensor])
def test_a_write_reaches_what_it_reaches_in_numpy(fn: Any, write: Any, kind: Any) -> None:
    def f(x: Any) -> Any:
        return [*writing(fn, write, True)(x), *writing(fn, write, False)(x)]

    want = _plain(f(X.copy()))
    program = ag.compile(f, backend="numpy")
    for _ in range(2):  # recorded, and carried out
        for found, true in zip(_plain(program(kind(X))), want, strict=True):
            np.testing.assert_allclose(found, true)


def test_a_program_in_c_writes_there_too() -> None:
    def f(x: Any) -> Any:
        return [part for fn in SAME.values() for part in writing(fn, _part, True)(x)]

    for found, true in zip(_plain(ag.compile(f, backend="cc")(X)), _plain(f(X)), strict=True):
        np.testing.assert_allclose(found, true)


@pytest.mark.parametrize("name", ["squeeze", "the attribute real", "atleast_2d", "astype", "broadcast_arrays"])
def test_an_argument_is_not_written_to_by_another_name(name: str) -> None:
    def f(x: Any) -> Any:
        y = SAME[name](x)
        y *= 2.0
        return y

    with pytest.raises(errors.CompileError, match=r"writes into (an|a view of an) argument.* Write a = a \+ x"):
        ag.compile(f)(X)


def test_a_function_that_writes_to_its_operand_is_refused() -> None:
    with pytest.raises(errors.CompileError, match=r"nan_to_num\(copy=False\).* writes into"):
        ag.compile(lambda x: np.nan_to_num(x * 1.0, copy=False))(X)


@pytest.mark.parametrize("fn", [lambda a: np.broadcast_to(a, (2, 2, 2)), np.imag, np.diagonal])
def test_what_numpy_gives_for_reading_alone_is_not_written_to(fn: Any) -> None:
    with pytest.raises(ValueError, match="read-only"):
        writing(fn, _times, True)(X)
    with pytest.raises(errors.CompileError, match=r"for reading alone.* Write a = a \+ x"):
        ag.compile(writing(fn, _times, True))(X)


def test_tensors_in_eager_code_share_what_numpy_shares() -> None:
    for name, fn in SAME.items():
        a = ag.tensor(X)
        y = fn(a)
        y *= 3.0
        true = X.copy()
        shown = fn(true)
        shown *= 3.0
        np.testing.assert_allclose(a, true, err_msg=name)


def _through_a_view(x: Any) -> Any:
    y = x * 1.0
    z = y[1:]
    z *= 3.0
    return z


def _beside_a_view(x: Any) -> Any:
    y = x * 1.0
    z = y[:1]
    y += 1.0
    return y, z


def _through_a_shape(x: Any) -> Any:
    y = x * 1.0
    z = y.reshape(-1)
    z[0] = 9.0
    return {"z": z, "y": y}


def _view_of_a_view(x: Any) -> Any:
    y = x * 1.0
    z = y[:, :1][1:]
    y *= 2.0
    return z


def _same_memory(x: Any) -> Any:
    y = x * 1.0
    z = np.squeeze(y)
    y += 1.0
    return z, y


RETURNED = [_through_a_view, _beside_a_view, _through_a_shape, _view_of_a_view, _same_memory]


@pytest.mark.parametrize("f", RETURNED)
@pytest.mark.parametrize("kind", [np.asarray, ag.tensor])
def test_a_view_is_returned_with_what_was_written_to_the_other(f: Any, kind: Any) -> None:
    program = ag.compile(f, backend="numpy")
    for _ in range(2):
        found, true = (ag.tree.flatten(g(kind(X)))[0] for g in (program, f))
        for one, other in zip(found, true, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_tensor_from_outside_is_given_what_a_view_shows_at_the_end() -> None:
    held = ag.tensor(np.zeros((1, 2)))

    def f(x: Any) -> Any:
        y = x * 1.0
        z = y[:1]
        y *= 2.0
        held.assign(z)
        return y

    program = ag.compile(f, backend="numpy")
    for _ in range(2):
        held.assign(np.zeros((1, 2)))
        program(X)
        np.testing.assert_array_equal(held, 2 * X[:1])


Z = np.array([3.0 + 1.0j, 1.0 - 2.0j])


def _real_part(a: Any) -> None:
    y = a.real
    y *= 3.0


def _imaginary_part(a: Any) -> None:
    y = np.imag(a[1:])
    y += 3.0


def _given_parts(a: Any) -> None:
    a.real = 7.0
    a[1:].imag += 1.0


@pytest.mark.parametrize("write", [_real_part, _imaginary_part, _given_parts])
@pytest.mark.parametrize("kind", [np.asarray, ag.tensor])
def test_a_write_to_a_part_leaves_the_other(write: Any, kind: Any) -> None:
    def f(x: Any) -> Any:
        a = x * 1.0
        write(a)
        return a

    program = ag.compile(f, backend="numpy")
    for _ in range(2):
        np.testing.assert_array_equal(program(kind(Z)), f(Z))
    rows = np.stack([Z, 2 * Z])
    np.testing.assert_array_equal(ag.vmap(f)(rows), np.stack([f(row) for row in rows]))


def _set(name: str, value: Any) -> Any:
    def f(x: Any) -> Any:
        y = x * 1.0
        setattr(y, name, value)
        return y

    return f


@pytest.mark.parametrize(
    ("name", "line"),
    [("shape", r"x = x.reshape\("), ("dtype", r"x = x.astype\("), ("flat", "t.ravel"), ("strides", "")],
)
def test_another_form_is_refused_with_what_to_write(name: str, line: str) -> None:
    with pytest.raises((errors.CompileError, errors.NoAttributeError), match=rf"Write {line}"):
        ag.compile(_set(name, (4,)))(X)
