"""The gradient check: what was derived against finite differences.

Two sides and a comparison. The derived side sweeps backwards and forwards, the numeric side evaluates the function at
points around the input, and neither shares a line of code with the other. What seems wrong is looked at with many steps
before it is called wrong, and the noise of the numeric derivative is granted to the comparison: inputs of size 1e8 or
1e-8, offsets of 1e8 and steep functions give no false alarm, and a derivative that is wrong by a thousandth does give
one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.check import arrays
from autograd_lite.check.context import CheckOptions, Found, Unknown
from autograd_lite.check.examine import examine
from autograd_lite.check.holomorphic import explained
from autograd_lite.check.locate import RecordedStep
from autograd_lite.check.pair import Pair
from autograd_lite.check.report import Fault, GradcheckReport
from autograd_lite.check.subject import Subject
from autograd_lite.engine.tasks import refuse_no_executor

MODES = ("reverse", "forward")


def gradcheck(
    f: Callable[..., Any] | tuple[Callable[..., Any], Callable[..., Any]],
    inputs: Any,
    *,
    order: int = 1,
    modes: Sequence[str] = MODES,
    directions: int | None = 3,
    rng: np.random.Generator | int = 0,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    executor: Any = None,
) -> GradcheckReport:
    """Compare the derivatives of `f` with finite differences, and name what is wrong.

    Parameters
    ----------
    f : callable, or pair of callables
        Takes the inputs and returns a Tensor, or a tuple of them. It must be deterministic. Outputs that are not
        floating-point numbers are passed over. A pair ``(f, df)`` of plain NumPy functions is checked as well: `df`
        returns the derivative, of the shape of the output followed by that of the input, a tuple for several inputs.
    inputs : Tensor, array, or sequence or mapping of them
        What `f` is called with. Checked are Tensors that require a gradient and arrays of floats (which `f` receives
        as Tensors); everything else is handed on. A mapping, such as ``dict(model.named_parameters())``, gives names.
    order : int
        Up to which order derivatives are checked: 2 also compares second derivatives with differences of first ones.
    modes : sequence of str
        The sweeps to check: ``reverse`` (`backward`, `grad`, `vjp`), ``forward`` (`jvp`).
    directions : int, optional
        Inputs of more than 48 elements are looked at along so many random directions; None looks at every element.
    rng : numpy.random.Generator or int
        Where random directions come from; a number is a seed.
    eps : float, optional
        The largest step of the differences. By default steps from a quarter of the input down are tried.
    atol, rtol : float, optional
        Derivatives agree when they differ by no more than ``atol + rtol * max(|derived|, |numeric|)`` and the noise
        of the numeric one. Default by the coarsest dtype computed in: `rtol` is 1e-9 for float64, 1e-4 for float32,
        5e-2 for float16; `atol` is 1e-10, 2e-6, 5e-3 times the largest derivative of the same output.
    raise_exception : bool
        Whether to raise what was found, or only to report it.
    executor : concurrent.futures.Executor, optional
        What calls `f` for the differences, see `ag.parallel.map`, each direction by itself; the report is the same.

    Returns
    -------
    GradcheckReport
        True when all is well; has ``ok``, ``faults``, ``remarks`` and ``assert_ok()``, prints as a table,
        and shows all differences as a picture: ``heatmap()``.

    Raises
    ------
    GradcheckError
        A derivative is wrong, two calls of `f` with the same inputs differ, `f` writes to its arguments, or it gives
        something else on plain arrays than on Tensors.
    GradientDtypeError
        None of the inputs has a derivative.
    ArgumentError, ShapeError
        A setting says nothing; `df` returns arrays of other shapes.
    ParallelError
        A process has ended, `f` cannot be sent to one, or gives something else there.

    Notes
    -----
    Both sides compute in float64 whatever the dtype of the inputs; then the derivative in their own dtype, as training
    would compute it, is compared with that in float64. Digits that it loses, or that a rule rounds away, are remarked
    with the size of the error; where rounding explains none, neither in `f` nor in its rules, it is a fault.

    At last `f` is called with plain arrays. Code that means something else on Tensors, as a branch on ``isinstance``,
    has the derivative of another function. What raises an error then, or differs from call to call, is not compared.

    The noise of the numeric side is estimated from the agreement of neighbouring steps, and from how function and
    derivatives change when inputs, and the result of every operation, change in their last digits at random (Parker,
    *Monte Carlo Arithmetic*, UCLA report 970002, 1997). A wrong derivative is one that is off by more. Where no single
    operation is at fault, differences in longdouble are a second opinion, if that is wider and `f` keeps to it.
    Differences that cannot be told from rounding are remarked as unclear; but they are faults if an operation is wrong
    on its own.

    Of an input with few elements every element is looked at, at 4 calls of `f` each. Of one with many, each of a few
    random directions, with signs, costs 4 calls, whatever the size: what is right agrees to many digits, so that one
    wrong element in a million stands out. It is then found by weighing all with the digits of their numbers: in
    some 90 calls, most of them for the proof that the derivative by this one element is wrong. Several wrong ones are
    found by bisection, three of them at most.

    When a derivative is wrong, every operation that `f` has recorded is checked alone, at the inputs it had, and the
    first wrong one is named, with its argument and the line of your code that called it.

    A kink (`relu` at 0) is no fault where the derivative lies between the slopes to both sides: it is remarked. Of many
    elements at a kink up to three are looked at.

    The report looks at every complex number as two real ones, along a last axis, and so does the check: what a rule
    says is compared for both parts, whether the function is holomorphic or not. Of a pair ``(f, df)``, where ``f(z)``
    is complex, `df` returns the complex derivative; a function that has none, because it is not holomorphic, gets a
    verdict that says it. Where ``f(z)`` is real, `df` returns the direction in which it rises most,
    ``∂f/∂x + i ∂f/∂y`` of ``z = x + iy``, as `Tensor.grad`; `grad` gives its conjugate, as in JAX.

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
    _refuse(order, modes, directions)
    refuse_no_executor(executor)
    settings = CheckOptions(tuple(modes), directions, np.random.default_rng(rng), eps, rtol, atol, executor=executor)
    if isinstance(f, tuple):
        checked: Subject | Pair = Pair(*f, inputs)
        settings.modes, order = ("reverse",), 1
    else:
        checked = Subject(f, inputs)
    found, calls = Found(), 0
    for n in range(1, order + 1):
        if isinstance(checked, Subject):
            checked = checked if n == 1 else checked.differentiated(settings.rng)
            operations = RecordedStep(checked, settings, n)
            deeper = operations.settle(examine(checked, settings, operations, n))
            deeper.faults += _otherwise_on_arrays(checked, deeper) if n == 1 else []
        else:
            deeper = examine(checked, settings, Unknown())
            deeper.faults = explained(checked, deeper.faults, eps)
        found.add(deeper)
        calls += checked.evaluations
        if found.faults:
            break
    report = GradcheckReport(
        checked.function, tuple(found.inputs), tuple(found.faults), tuple(found.remarks), calls, tuple(found.matrices)
    )
    if raise_exception:
        report.assert_ok()
    return report


def _otherwise_on_arrays(checked: Subject, found: Found) -> list[Fault]:
    """Return a fault if the function does something else on plain arrays; nothing if it does so from call to call."""
    if any(f.verdict in {"not deterministic", "input mutated"} for f in found.faults):
        return []
    difference = arrays.of_subject(checked)
    if difference is None:
        return []
    place, ours, theirs = difference
    hint = f"{place} is {ours} on Tensors and {theirs} on arrays"
    what: dict[str, Any] = {"output": place, "hint": hint, "mode": "forward"}
    if not np.isnan(difference.size):
        what |= {"analytic": ours, "numeric": theirs}
    return [Fault("other on arrays", checked.function, **what)]


def _refuse(order: Any, modes: Any, directions: Any) -> None:
    """Refuse settings that say nothing."""
    if not isinstance(order, int) or order < 1:
        raise errors.ArgumentError(errors.GRADCHECK_ORDER.format(given=order))
    if not modes or isinstance(modes, str) or set(modes) - set(MODES):
        raise errors.ArgumentError(errors.GRADCHECK_MODES.format(given=modes))
    if directions is not None and (not isinstance(directions, int) or directions < 1):
        raise errors.ArgumentError(errors.GRADCHECK_DIRECTIONS.format(given=directions))
