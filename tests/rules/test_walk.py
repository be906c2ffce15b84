"""Every function of NumPy on Tensors, with every argument, dtype and error of its own: the same value or error.

Where nobody records, values are NumPy's to the last bit. Where somebody does, they are its up to rounding, and what is
not supported may be refused; what NumPy refuses is refused in any case, by its kind of error.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from walked import DTYPES, SHAPES, WALKED, Call, calls, is_definition, operand

import autograd_lite as ag
from autograd_lite import errors

FEW_SHAPES = ((), (2, 3), (0, 3))
FLOATS = (np.float16, np.float32, np.float64, np.longdouble)
REFUSALS = (errors.UnsupportedError, errors.GradientDtypeError, errors.ConversionError)
OF_ANY_VALUE = {"empty_like"}

# Whose results have a shape by the values, or conditions among the arguments.
OF_ONE = {
    "where", "extract", "compress", "intersect1d", "setdiff1d", "setxor1d", "union1d", "unique", "unique_all",
    "unique_counts", "unique_inverse", "unique_values", "trim_zeros", "polydiv", "piecewise", "histogramdd", "roots",
}  # fmt: skip

# What differs and stays so: the function, which calls, and why.
Exempt = tuple[str, Callable[[Call, Any], bool], str]


def _given(**kwargs: Any) -> Callable[[Call, Any], bool]:
    return lambda call, _: any(type(call.kwargs.get(k)) is type(v) and call.kwargs[k] == v for k, v in kwargs.items())


def _nested(call: Call, _: Any) -> bool:
    return isinstance(call.args[0], list)


EXEMPT: tuple[Exempt, ...] = (
    (
        "einsum",
        lambda call, _: isinstance(call.args[0], str) and call.args[0] == "ii->i",
        "of a shape (0, 3) NumPy reads outside of the array",
    ),
    ("nan_to_num", _given(copy=False), "a Tensor is changed in place by assignment only"),
)
EXEMPT_RECORDED: tuple[Exempt, ...] = (
    *EXEMPT,
    *[
        (name, _given(axis=True), "True as an axis, which some functions of NumPy take for 1")
        for name in ("average", "diff", "partition", "sort", "stack")
    ],
    *[
        (name, _given(axis=1.5), "a broken number as an axis, which NumPy cuts off here alone")
        for name in ("linalg.norm", "linalg.vector_norm")
    ],
    ("rot90", _given(k=1.5), "one and a half turns, which NumPy takes for three"),
    ("take", lambda call, _: call.args[1] == 1.5, "a broken number as an index, which NumPy cuts off here alone"),
    ("tile", lambda call, _: call.args[1] == -1, "of nothing NumPy makes -1 copies"),
    (
        "cross",
        lambda call, error: isinstance(error, errors.ShapeError),
        "vectors in the plane, which NumPy gives up too",
    ),
    ("lexsort", _nested, "NumPy makes an array of a list before it asks whether there are Tensors in it"),
    ("linalg.multi_dot", _nested, "likewise, of lists in a list"),
    *[
        (name, lambda call, _: "dtype" in call.kwargs, "computed in the precision of the ends, in another order")
        for name in ("linspace", "logspace")
    ],
    ("polydiv", lambda call, _: call.args[0].ndim > 1, "polynomials in the rows of a matrix, which are none"),
    ("histogramdd", lambda call, _: "weights" in call.kwargs, "of no samples NumPy takes any number of weights"),
    ("partition", lambda call, error: error is None, "in which order elements stand beside the kth is not specified"),
)


def _tried(f: Callable[[], Any]) -> Any:
    try:
        return f()
    except Exception as error:  # noqa: BLE001 - compared
        return error


def tensors(x: Any, requires_grad: bool = False) -> Any:
    """Return arguments with Tensors in the place of arrays."""
    if isinstance(x, (list, tuple)):
        return type(x)([tensors(part, requires_grad) for part in x])
    if isinstance(x, np.ndarray):
        return ag.Tensor(x, requires_grad=requires_grad and x.dtype.kind == "f")
    return x


def difference(y: Any, expected: Any, exact: bool) -> str | None:
    """Return in what a result differs from NumPy's; None where it does not."""
    if isinstance(expected, (tuple, list)):
        if type(y) is not type(expected) or len(y) != len(expected):
            return f"{type(y).__name__} for {type(expected).__name__}"
        return next((d for a, b in zip(y, expected, strict=True) if (d := difference(a, b, exact))), None)
    expected = np.asarray(expected)
    value = y.data if isinstance(y, ag.Tensor) else np.asarray(y)
    if (value.dtype, value.shape) != (expected.dtype, expected.shape):
        return f"{value.dtype}{value.shape} for {expected.dtype}{expected.shape}"
    return None if _agree(value, expected, exact) else f"{value!r} for {expected!r}"


def _agree(value: Any, expected: Any, exact: bool) -> bool:
    if value.dtype.kind not in "fc":
        return np.array_equal(value, expected)
    if exact:
        signs = [np.signbit(part(a)) for part in (np.real, np.imag) for a in (value, expected)]
        return np.array_equal(value, expected, equal_nan=True) and np.array_equal(signs[0], signs[1])
    tolerance = 64 * float(max(np.finfo(value.dtype).eps, np.finfo(float).eps if value.dtype == np.longdouble else 0))
    return np.allclose(
        value.astype(np.clongdouble), expected.astype(np.clongdouble), tolerance, tolerance, equal_nan=True
    )


def _compared(name: str, call: Call, wrap: Callable[[Any], Any], recorded: bool) -> str | None:
    """Return what is wrong with a call; None if nothing is."""
    fn = WALKED[name]
    expected = _tried(lambda: fn(*call.args, **call.kwargs))
    y = _tried(lambda: fn(*map(wrap, call.args), **call.kwargs))
    error = y if isinstance(y, Exception) else None
    if any(name == n and holds(call, error) for n, holds, _ in (EXEMPT_RECORDED if recorded else EXEMPT)):
        return None
    if error is not None and recorded and isinstance(error, REFUSALS):
        return None
    if isinstance(expected, Exception):
        if recorded and isinstance(error, errors.AutogradError):  # with a line to write
            return None
        return None if isinstance(error, type(expected)) else f"{y!r} for {expected!r}"
    if error is not None:
        return f"{error!r} for {expected!r}"
    if not recorded and not _are_tensors(y) and _asks(name, call):
        return f"{y!r} is no Tensor"
    return None if name in OF_ANY_VALUE else difference(y, expected, exact=not recorded)


def _asks(name: str, call: Call) -> bool:
    """Tell whether NumPy finds the Tensors among the arguments; the places where something holds stay arrays."""
    parts = [x for arg in call.args for x in (arg if isinstance(arg, (list, tuple)) else (arg,))]
    return name not in ("where", "lexsort") and any(isinstance(x, np.ndarray) for x in parts)


def _are_tensors(y: Any) -> bool:
    """Tell whether results are Tensors; of several, which belong to an operand each, those of arrays need not be."""
    if isinstance(y, tuple):
        return any(map(_are_tensors, y)) or not y
    return all(map(_are_tensors, y)) if isinstance(y, (list, tuple)) else isinstance(y, ag.Tensor)


def _is_chosen(name: str, number: int, one_of: int) -> bool:
    return zlib.crc32(f"{name}{number}".encode()) % one_of == 0


def walk(name: str, dtypes: Any, shapes: Any, one_of: int) -> Iterator[tuple[Call, str]]:
    """Yield the chosen calls of a function, each with what it is of."""
    number = 0
    for dtype in dtypes:
        for shape in shapes:
            for call in calls(name, operand(shape, dtype)):
                number += 1
                if _is_chosen(name, number, one_of):
                    yield call, f"{np.dtype(dtype)}{shape}"


def _differences(name: str, chosen: Any, wrap: Callable[[Any], Any], recorded: bool) -> list[str]:
    with np.errstate(all="ignore"):
        found = [(call, of, _compared(name, call, wrap, recorded)) for call, of in chosen]
    return [f"{of}: {call!r}: {wrong}" for call, of, wrong in found if wrong]


ignored = pytest.mark.filterwarnings("ignore")  # what NumPy warns of is not the matter here
every_function = pytest.mark.parametrize("name", sorted(WALKED))


@ignored
@every_function
def test_where_nobody_records_it_is_numpy(name: str) -> None:
    chosen = walk(name, (np.bool_, np.uint8, np.complex64, np.float32), FEW_SHAPES, 7)
    assert not _differences(name, chosen, tensors, recorded=False)


@ignored
@every_function
def test_what_is_recorded_has_the_values_and_the_errors_of_numpy(name: str) -> None:
    chosen = walk(name, (np.float64, np.float32), FEW_SHAPES, 4)
    assert not _differences(name, chosen, lambda x: tensors(x, requires_grad=True), recorded=True)


@pytest.mark.slow
@ignored
@every_function
def test_where_nobody_records_it_is_numpy_throughout(name: str) -> None:
    assert not _differences(name, walk(name, DTYPES, SHAPES, 1), tensors, recorded=False)


@pytest.mark.slow
@ignored
@every_function
def test_without_recording_it_is_numpy_throughout(name: str) -> None:
    with ag.no_grad():
        chosen = walk(name, FLOATS, SHAPES, 1)
        assert not _differences(name, chosen, lambda x: tensors(x, requires_grad=True), recorded=False)


@pytest.mark.slow
@ignored
@every_function
def test_what_is_recorded_has_the_values_and_the_errors_of_numpy_throughout(name: str) -> None:
    chosen = walk(name, FLOATS, SHAPES, 1)
    assert not _differences(name, chosen, lambda x: tensors(x, requires_grad=True), recorded=True)


# ----- results into Tensors -----


def _first_calls(name: str, dtype: Any) -> list[tuple[Call, Any]]:
    """Return calls that NumPy answers with one array, and the answer."""
    tried = [
        (call, _tried(lambda call=call: WALKED[name](*call.args)))  # type: ignore[misc]
        for call in calls(name, operand((3, 3), dtype))
        if not call.kwargs
    ]
    return [(call, y) for call, y in tried if isinstance(y, (np.ndarray, np.generic))][:3]


@ignored
@every_function
@pytest.mark.parametrize("wrap", [lambda x: x, tensors], ids=["arrays", "Tensors"])
def test_a_tensor_takes_the_result_where_numpy_has_out(name: str, wrap: Callable[[Any], Any]) -> None:
    if name in ("fft.hfft", "fft.ifft2", "fft.irfft2"):
        pytest.skip("NumPy takes out= and leaves it as it is")
    fn = WALKED[name]
    for dtype in (np.uint8, np.float64):
        for call, y in _first_calls(name, dtype):
            into = np.zeros_like(y)
            if isinstance(_tried(lambda call=call, into=into: fn(*call.args, out=into)), Exception):  # type: ignore[misc]
                continue
            for out in (lambda t: t, lambda t: (t,)) if isinstance(fn, np.ufunc) else (lambda t: t,):
                t = ag.Tensor(np.zeros_like(y))
                assert fn(*map(wrap, call.args), out=out(t)) is t
                assert not difference(t, into, exact=True), call


@pytest.mark.parametrize("wrap", [lambda x: x, tensors], ids=["arrays", "Tensors"])
def test_out_and_where_write_in_part(wrap: Callable[[Any], Any]) -> None:
    a, mask = np.array([1.0, 2.0, 3.0]), np.array([True, False, True])
    t: Any = ag.Tensor([7.0, 8.0, 9.0])
    assert np.add(wrap(a), wrap(a), out=t, where=mask) is t
    np.testing.assert_array_equal(t, [2.0, 8.0, 6.0], strict=True)
    q, r = ag.Tensor(np.zeros(3)), ag.Tensor(np.zeros(3))
    assert np.divmod(wrap(a), 2.0, out=(q, r)) == (q, r)  # type: ignore[call-overload]
    np.testing.assert_array_equal([q, r], [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]], strict=True)


def test_what_cannot_take_the_result_is_as_it_was() -> None:
    a = np.array([1.5, 2.5])
    w = ag.Tensor(np.zeros(2), requires_grad=True)
    whole = ag.Tensor(np.zeros(2, int))
    for fails, kind in (
        (lambda: np.add(a, a, out=w), errors.LeafMutationError),  # type: ignore[call-overload]
        (lambda: np.add(a, a, out=whole), TypeError),  # type: ignore[call-overload]
        (lambda: np.add(a, a, out=ag.Tensor(np.zeros(3))), ValueError),  # type: ignore[call-overload]
        (lambda: np.divmod(a, a, out=(whole.astype(float), w)), errors.LeafMutationError),  # type: ignore[call-overload]
    ):
        with pytest.raises(kind):
            fails()  # type: ignore[no-untyped-call]
    assert w.tolist() == whole.tolist() == [0, 0]


# ----- methods of ufuncs -----

METHODS = {
    "reduce": lambda a: [(a,), (a, 1), (a, None), (a, (0, 1)), (a, 5)],
    "accumulate": lambda a: [(a,), (a, 1), (a, 5)],
    "outer": lambda a: [(a, a[0]), (a[0], 2)],
    "reduceat": lambda a: [(a, [0, 1]), (a, [0, 2, 1], 1), (a, [9])],
}
BINARY = sorted(name for name, fn in WALKED.items() if isinstance(fn, np.ufunc) and (fn.nin, fn.nout) == (2, 1))


@ignored
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [name for name in BINARY if WALKED[name].signature is None])
def test_a_method_of_a_ufunc_is_numpys(name: str, method: str) -> None:
    fn = getattr(WALKED[name], method)
    for dtype in (np.bool_, np.uint8, np.float32, np.complex128):
        for args in METHODS[method](operand((2, 3), dtype)):
            expected, y = _tried(lambda args=args: fn(*args)), _tried(lambda args=args: fn(*map(tensors, args)))
            if isinstance(expected, Exception):
                assert isinstance(y, type(expected)), args
                continue
            assert not difference(y, expected, exact=True), args
            t = ag.Tensor(np.zeros_like(expected))
            assert fn(*args, out=t) is t
            assert not difference(t, expected, exact=True), args


# ----- batches, and memory -----


@ignored
@pytest.mark.parametrize("name", sorted(name for name, fn in WALKED.items() if is_definition(fn)))
def test_a_batch_has_the_values_of_its_examples(name: str) -> None:
    fn = WALKED[name]
    for dtype in (np.uint8, np.float32, np.complex64):
        one, two = (list(calls(name, operand((3, 3), dtype, start))) for start in (0, 1))
        for first, second in list(zip(one, two, strict=True))[:3]:
            arrays = [(a, b) for a, b in zip(first.args, second.args, strict=True) if isinstance(a, np.ndarray)]
            expected = [_tried(lambda call=call: fn(*call.args)) for call in (first, second)]
            if (
                not arrays
                or any(isinstance(y, Exception) for y in expected)
                or name in OF_ONE
            ):
                continue

            def of_one(*xs: Any, given: Any = first.args) -> Any:
                places = iter(xs)
                return fn(*[next(places) if isinstance(x, np.ndarray) else x for x in given])

            ys = ag.vmap(of_one)(*[np.stack(pair) for pair in arrays])
            for y, *pair in zip(*(x if isinstance(x, (list, tuple)) else [x] for x in (ys, *expected)), strict=True):
                assert not difference(y, np.stack(pair), exact=False), first


@ignored
@every_function
def test_no_result_is_an_array_that_a_user_can_write_to(name: str) -> None:
    for call in list(calls(name, operand((3, 3), np.float64)))[:40]:
        plain = [x for x in call.args[1:] if isinstance(x, np.ndarray)]
        first, *rest = call.args or ((),)
        y = _tried(lambda first=first, rest=rest, call=call: WALKED[name](tensors(first), *rest, **call.kwargs))
        for part in y if isinstance(y, (list, tuple)) else (y,):
            if isinstance(part, ag.Tensor):
                assert not any(np.may_share_memory(part._data, x) for x in plain), call
