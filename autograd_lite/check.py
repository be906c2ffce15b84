"""The gradient check: what was derived, element by element, against finite differences.

Two sides and a comparison. The derived side sweeps backwards once for each element of the output, the numeric side
evaluates the function at points around the input, and neither shares a line of code with the other. Elements that
seem wrong are looked at with many steps before they are called wrong, and the noise of the numeric derivative is
granted to the comparison: inputs of size 1e8 or 1e-8, offsets of 1e8 and steep functions give no false alarm, and a
derivative that is wrong by a thousandth does give one.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors
from autograd_lite.differences import NOISE_GRANTED, Line, Sweep, quick, sweep_steps
from autograd_lite.graph import Node, enable_grad
from autograd_lite.op import Op
from autograd_lite.record import Handle, array_of
from autograd_lite.shapes import Array, Shape
from autograd_lite.sweep import reverse
from autograd_lite.tensor import Tensor

_TOLERANCES = {8: (1e-7, 1e-10), 4: (1e-4, 2e-6), 2: (5e-2, 5e-3)}
"""By bytes of the input's dtype: `rtol`, and `atol` as a share of the largest derivative of the same output."""
_ROUNDING = 1000  # units in the last place by which a derivative of exactly 0 may come out of a sweep
_SEED = -2.0  # a power of two: dividing by it is exact; not 1: a rule that forgets its cotangent is found


# ----- the report -----


class InputReport(NamedTuple):
    """How one input came out, at the element that fits worst.

    Attributes
    ----------
    position, name : int, str
        Which argument of the function, and what it is called.
    shape, dtype
        Of the input. The numeric side computes in float64 whatever the dtype.
    wrong : int
        The number of elements with a wrong derivative.
    max_error : float
        The largest difference between derived and numeric of all elements.
    element, output : tuple of int, str
        The index of the worst element, judged by what its tolerance allows, and the element of the output it is for;
        empty for 0 elements.
    derived, numeric, noise : float
        Both derivatives there, and how well the numeric one is known.
    hint : str
        What the differences look like, where they are wrong.
    """

    position: int
    name: str
    shape: Shape
    dtype: Any
    wrong: int = 0
    max_error: float = 0.0
    element: tuple[int, ...] = ()
    output: str = ""
    derived: float = 0.0
    numeric: float = 0.0
    noise: float = 0.0
    hint: str = ""

    def __bool__(self) -> bool:
        return not self.wrong

    def cells(self) -> list[str]:
        """Return the row of the table."""
        head = [self.name or f"input {self.position}", "×".join(map(str, self.shape)) or "scalar", str(self.dtype)]
        if 0 in self.shape:
            return [*head, "-", "-", "-", "-", "-", "ok"]
        numbers = [f"{self.derived:.9g}", f"{self.numeric:.9g}", f"{self.noise:.0e}" if self.noise else "-"]
        at = str(list(self.element)) if self.element else "-"
        return [*head, f"{self.max_error:.1e}", at, *numbers, f"WRONG at {self.wrong}" if self.wrong else "ok"]


class GradcheckReport(NamedTuple):
    """The outcome of `gradcheck`: true when all is well, printed as a table with a row for each input."""

    function: str
    inputs: tuple[InputReport, ...]

    def __bool__(self) -> bool:
        return all(self.inputs)

    def __str__(self) -> str:
        titles = ["input", "shape", "dtype", "max error", "worst at", "derived", "numeric", "noise", "verdict"]
        rows = [titles, *(i.cells() for i in self.inputs)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([f"gradcheck of {self.function}", *lines])


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
) -> GradcheckReport:
    """Compare every derivative of `f`, element by element, with finite differences.

    Parameters
    ----------
    f : callable
        Takes the inputs and returns a Tensor, or a tuple of them. It must be deterministic. Outputs that are not
        floating-point numbers are passed over.
    inputs : Tensor, array, or sequence or mapping of them
        What `f` is called with. Checked are Tensors that require a gradient and arrays of floats (which `f` receives
        as Tensors); everything else is handed on. A mapping, such as ``dict(model.named_parameters())``, gives names.
    eps : float, optional
        The largest step of the differences. By default steps from a quarter of the input down are tried.
    atol, rtol : float, optional
        Derivatives agree when they differ by no more than ``atol + rtol * max(|derived|, |numeric|)`` and the noise
        of the numeric one. Default by the dtype of the input: `rtol` is 1e-7 for float64, 1e-4 for float32, 5e-2
        for float16; `atol` is 1e-10, 2e-6, 5e-3 times the largest derivative of the same output.
    raise_exception : bool
        Whether to raise what was found, or only to report it.

    Returns
    -------
    GradcheckReport
        True when all is well; prints as a table.

    Raises
    ------
    GradcheckError
        A derivative is wrong, or two calls of `f` with the same inputs differ.
    GradientDtypeError
        None of the inputs has a derivative.

    Notes
    -----
    The derived side computes in the dtype of the inputs, as training would. The numeric side computes in float64,
    so float32 functions are held to what float32 can do and not to less. It takes ``4 n`` calls of `f` for inputs of
    `n` elements, some fifty more for each element that seems wrong, and a sweep for each element of the output: give
    small examples, which have the same mistakes as large ones. The column ``noise`` tells how well the numeric
    derivative is known where it took that care; a derivative smaller than its noise is not checked by it.

    During the check the Tensors in `inputs` hold the shifted values, as in PyTorch: so a function that reads them from
    elsewhere, as a model reads its parameters, is checked as well. Afterwards, also after an error, their values,
    history and ``grad`` are as before.

    Examples
    --------
    >>> import numpy as np
    >>> bool(gradcheck(np.tanh, np.array([0.5, -1.0])))
    True
    >>> bool(gradcheck(lambda x: x * x.detach(), np.array([0.5, -1.0]), raise_exception=False))
    False
    """
    arguments = _Arguments(f, inputs)
    derived = _derived(arguments)
    line = _Numeric(arguments, eps)
    reports = tuple(_check_input(line, k, derived[k], rtol, atol) for k in range(len(arguments.tensors)))
    report = GradcheckReport(arguments.function, reports)
    if raise_exception and not report:
        _raise(report)
    return report


def _raise(report: GradcheckReport) -> None:
    worst = next(i for i in report.inputs if not i)
    raise errors.GradcheckError(
        errors.GRADCHECK.format(
            function=report.function,
            input=f"input {worst.position}" + (f" ({worst.name})" if worst.name else ""),
            wrong=worst.wrong,
            size=max(int(np.prod(worst.shape)), 1),
            index=f" at index {list(worst.element)}" if worst.element else "",
            output=worst.output and f" ({worst.output})",
            derived=worst.derived,
            numeric=worst.numeric,
            noise=worst.noise,
            hint=worst.hint,
        )
    )


# ----- calling the function -----


class _Arguments:
    """A function and what it is called with: which of it is checked, and under what name."""

    def __init__(self, f: Callable[..., Any], inputs: Any) -> None:
        self.f = f
        self.function = getattr(f, "__name__", type(f).__name__)
        names, values = _listed(inputs)
        self.values = [Tensor(x, requires_grad=True) if _is_float_array(x) else x for x in values]
        known = names or _parameter_names(f)
        self.tensors: list[Tensor] = []
        self.labels: list[tuple[int, str]] = []
        for i, x in enumerate(self.values):
            if isinstance(x, Tensor) and x.requires_grad and not any(x is t for t in self.tensors):
                self.tensors.append(x)
                own = known[i] if names else x.name or (known[i] if i < len(known) else "")
                self.labels.append((i, own))
        if not self.tensors:
            text = errors.GRADCHECK_NOTHING.format(function=self.function, number=len(self.values))
            raise errors.GradientDtypeError(text)

    def outputs(self) -> list[Any]:
        """Call the function and return those of its outputs that may have a derivative."""
        with enable_grad():  # also for the numeric side: f may itself call backward()
            result = self.f(*self.values)
        items = list(result) if isinstance(result, (tuple, list)) else [result]
        floats = [y for y in items if _plain(y).dtype.kind == "f"]
        if not floats:
            what = f"a {type(result).__name__}" + (f" of {result.dtype}" if isinstance(result, Tensor) else "")
            raise errors.GradientDtypeError(errors.GRADCHECK_OUTPUT.format(function=self.function, what=what))
        return floats


def _listed(inputs: Any) -> tuple[list[str], list[Any]]:
    """Return the names, where a mapping gives them, and the inputs as a list."""
    if isinstance(inputs, Mapping):
        return [str(name) for name in inputs], list(inputs.values())
    single = isinstance(inputs, (Tensor, np.ndarray)) or not isinstance(inputs, Iterable)
    return [], [inputs] if single else list(inputs)


def _is_float_array(x: Any) -> bool:
    return isinstance(x, (float, np.ndarray, np.generic)) and np.asarray(x).dtype.kind == "f"


def _plain(y: Any) -> Array:
    return array_of(y) if isinstance(y, Handle) else np.asarray(y)


def _parameter_names(f: Callable[..., Any]) -> list[str]:
    """Return the names of the positional parameters of `f`, as far as they are known."""
    if isinstance(f, Op):
        return list(f.operands)
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


_FIELDS = tuple(field for field in Handle.__slots__ if field != "__weakref__")


@contextmanager
def _holding(tensors: Sequence[Tensor], arrays: Sequence[Array]) -> Iterator[list[Node]]:
    """Have Tensors hold other arrays, as leaves without a past or a ``grad``; yield the nodes of these leaves."""
    before = [{field: getattr(t, field) for field in _FIELDS if hasattr(t, field)} for t in tensors]
    try:
        for t, array in zip(tensors, arrays, strict=True):
            _set_fields(t, {**dict.fromkeys(_FIELDS), "_data": array, "_exposed": None, "_name": t.name})
            t.requires_grad = True
        yield [t._node for t in tensors if t._node is not None]
    finally:
        for t, fields in zip(tensors, before, strict=True):
            _set_fields(t, fields)


def _set_fields(t: Tensor, fields: Mapping[str, Any]) -> None:
    for field in _FIELDS:
        if field in fields:
            setattr(t, field, fields[field])
        elif hasattr(t, field):
            delattr(t, field)


# ----- the derived side -----


def _derived(arguments: _Arguments) -> list[Array]:
    """Return for each input the derivatives of all elements of all outputs: (elements of outputs, of input)."""
    tensors = arguments.tensors
    with _holding(tensors, [array_of(t).copy() for t in tensors]) as nodes:
        rows = [row for y in arguments.outputs() for row in _rows(y, nodes)]
        return [np.array([row[k] for row in rows]).reshape(len(rows), t.size) for k, t in enumerate(tensors)]


def _rows(y: Any, nodes: Sequence[Node]) -> Iterator[list[Array]]:
    """Yield for each element of an output its derivative with respect to each input; zeros where nothing flows."""
    root = y._node if isinstance(y, Tensor) else None
    for i in range(np.size(_plain(y))):
        found: dict[Node, Array] = {}
        if root is not None:
            seed = np.zeros(root.shape, root.dtype)
            seed.flat[i] = _SEED
            found = reverse([(root, seed)], wanted=frozenset(nodes), retain=True)
        yield [_flat(found[n]) / _SEED if n in found else np.zeros(int(np.prod(n.shape))) for n in nodes]


def _flat(g: Any) -> Array:
    return np.ravel(_plain(g)).astype(np.float64)


# ----- the numeric side -----


class _Numeric:
    """The function as one of a single number at a time: an element of an input, with all else held fixed."""

    def __init__(self, arguments: _Arguments, eps: float | None) -> None:
        self.arguments, self.eps = arguments, eps
        self.start = [_widened(array_of(t)) for t in arguments.tensors]
        self.base = self._at(self.start)
        again = self._at(self.start)
        if not np.array_equal(self.base, again, equal_nan=True):
            raise errors.GradcheckError(errors.GRADCHECK_REPEAT.format(function=arguments.function))

    def _at(self, arrays: Sequence[Array]) -> Array:
        """Return all elements of all outputs, in float64."""
        arguments = self.arguments
        with _holding(arguments.tensors, [a.copy() for a in arrays]), np.errstate(all="ignore"):
            outputs = [_plain(y) for y in arguments.outputs()]
        self.shapes = [y.shape for y in outputs]
        self.precision = np.concatenate([np.full(y.size, np.finfo(y.dtype).eps) for y in outputs])
        return np.concatenate([np.ravel(y) for y in outputs]).astype(np.float64)

    def line(self, k: int, i: int) -> Line:
        """Return the function of one element of one input alone."""

        def shifted(step: float) -> tuple[Array, float]:
            arrays = list(self.start)
            arrays[k] = arrays[k].copy()
            arrays[k].flat[i] += step
            return self._at(arrays), float(arrays[k].flat[i] - self.start[k].flat[i])

        return shifted

    def quick(self, k: int) -> Array:
        """Return the derivatives with respect to all elements of input `k`, each by one pair of steps."""
        columns = [quick(self.line(k, i), float(x), self.eps) for i, x in enumerate(self.start[k].flat)]
        return np.stack(columns, axis=1)

    def sweep(self, k: int, i: int) -> Sweep:
        """Return the function at all steps from one element."""
        steps = sweep_steps(float(self.start[k].flat[i]), self.eps)
        return Sweep(self.line(k, i), steps, self.base, self.precision)

    def output_name(self, output: int) -> str:
        """Return which element of which output it is; nothing for a single number."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes])
        number = int(np.searchsorted(ends, output, side="right"))
        shape = self.shapes[number]
        place = np.unravel_index(output - int(ends[number]) + int(np.prod(shape)), shape) if shape else ()
        parts = [f"output {number}"] if len(ends) > 1 else ["output"] if shape else []
        return " ".join([*parts, *([f"element {[int(j) for j in place]}"] if shape else [])])


def _widened(array: Array) -> Array:
    return np.array(array, np.result_type(array.dtype, np.float64))


# ----- the comparison -----


def _check_input(line: _Numeric, k: int, derived: Array, rtol: float | None, atol: float | None) -> InputReport:
    """Compare all derivatives with respect to input `k`; look closer at the elements that seem wrong."""
    tensor, (position, name) = line.arguments.tensors[k], line.arguments.labels[k]
    if not derived.size:
        return InputReport(position, name, tensor.shape, tensor.dtype)
    tolerance = _Tolerance(tensor.dtype, rtol, atol)
    numeric, noise, excess = _measured(line, k, derived, tolerance)
    output, i = (int(j) for j in np.unravel_index(np.argmax(excess), excess.shape))
    wrong = int((excess > 1).any(axis=0).sum())
    return InputReport(
        position, name, tensor.shape, tensor.dtype, wrong,
        max_error=float(np.max(np.abs(derived - numeric))),
        element=tuple(int(j) for j in np.unravel_index(i, tensor.shape)) if tensor.shape else (),
        output=line.output_name(output),
        derived=float(derived[output, i]), numeric=float(numeric[output, i]), noise=float(noise[output, i]),
        hint=_hint(derived, numeric, tensor.shape, line.sweep(k, i).kink(output)) if wrong else "",
    )  # fmt: skip


def _measured(line: _Numeric, k: int, derived: Array, tolerance: _Tolerance) -> tuple[Array, Array, Array]:
    """Return the numeric derivatives, their noise, and what `_Tolerance.excess` makes of them.

    Elements that seem wrong are measured again with care, and with them the largest of the same output, which the
    tolerance is measured by.
    """
    numeric, noise = line.quick(k), np.zeros(derived.shape)
    careful = np.zeros(derived.shape[1], bool)
    while True:
        excess = tolerance.excess(derived, numeric, noise)
        suspect = (excess > 1).any(axis=0)
        suspect[_largest_of(numeric[(excess > 1).any(axis=1)])] = True
        fresh = np.flatnonzero(suspect & ~careful)
        if not fresh.size:
            return numeric, noise, excess
        careful[fresh] = True
        for i in fresh:
            numeric[:, i], noise[:, i] = line.sweep(k, int(i)).best()


def _largest_of(numeric: Array) -> Array:
    return np.argmax(np.where(np.isfinite(numeric), np.abs(numeric), 0), axis=1)


class _Tolerance:
    """How far derived and numeric may be apart."""

    def __init__(self, dtype: Any, rtol: float | None, atol: float | None) -> None:
        relative, self.share = _TOLERANCES[min(dtype.itemsize, 8)]
        self.rtol, self.atol = relative if rtol is None else rtol, atol
        self.precision = float(np.finfo(dtype).eps)

    def excess(self, derived: Array, numeric: Array, noise: Array) -> Array:
        """Return the differences in units of what is allowed: above 1 is wrong."""
        with np.errstate(all="ignore"):
            allowed = self._absolute(numeric, noise) + NOISE_GRANTED * noise
            allowed = allowed + self.rtol * np.maximum(np.abs(derived), np.abs(numeric))
            excess = np.abs(derived - numeric) / np.maximum(allowed, np.finfo(np.float64).tiny)
        return np.where(np.isfinite(excess), excess, np.inf)

    def _absolute(self, numeric: Array, noise: Array) -> Any:
        """Return what is allowed to derivatives of 0, by output: a share of the largest that is no noise itself."""
        if self.atol is not None:
            return self.atol
        certain = np.abs(numeric) - NOISE_GRANTED * noise
        largest = np.max(certain, axis=1, keepdims=True, initial=0, where=np.isfinite(certain))
        return np.where(largest > 0, self.share * largest, _ROUNDING * self.precision)


def _hint(derived: Array, numeric: Array, shape: Shape, slopes: tuple[float, float] | None) -> str:
    """Return what the differences look like."""
    if not np.isfinite(numeric).all():
        return "The function is not finite around this point: check it at another, x + 0.1"
    if slopes is not None:
        left, right = slopes
        sides = f"of slope {left:.6g} to the left and {right:.6g} to the right"
        return f"The function has a kink there, {sides}: check x + 0.1"
    if not derived.any():
        return "No gradient arrives at all: look for detach(), .data, .numpy() or no_grad() on the way"
    ratio = _ratio(derived, numeric)
    if ratio is not None and np.isclose(ratio, 1 / _SEED):
        return "It does not depend on the cotangent: look for a rule that forgets g"
    if ratio is not None and np.isclose(ratio, -1):
        return "The sign is wrong everywhere: look for a missing minus in a rule"
    if ratio is not None:
        return f"Everywhere the derived one is {ratio:.9g} times the other: look for a factor in a rule"
    if _is_transposed(derived, numeric, shape):
        return "It is right when transposed: look for a missing .T in a rule"
    return "Look at the rules of the operations that this input goes into"


def _ratio(derived: Array, numeric: Array) -> float | None:
    """Return by what factor all derivatives are off, if it is one factor."""
    largest = np.unravel_index(np.argmax(np.abs(numeric)), numeric.shape)
    if not numeric[largest] or not np.isfinite(derived).all():
        return None
    ratio = float(derived[largest] / numeric[largest])
    return ratio if _close(derived, ratio * numeric) else None


def _is_transposed(derived: Array, numeric: Array, shape: Shape) -> bool:
    stack = (len(derived), *shape)
    return len(shape) > 1 and shape[-1] == shape[-2] and _close(
        derived.reshape(stack).swapaxes(-1, -2), numeric.reshape(stack)
    )  # fmt: skip


def _close(a: Array, b: Array) -> bool:
    return np.allclose(a, b, rtol=1e-5, atol=1e-7 * float(np.max(np.abs(b), initial=0)))
