"""The six forms of declaring an operation.

An operation is a NumPy function and, for each of its array inputs, one line that is its derivative::

    elementwise(np.exp, lambda g, y: g * y)
    elementwise(np.multiply, lambda g, x2: g * x2, lambda g, x1: g * x1)
    linear(np.reshape, lambda g, a_shape: g.reshape(a_shape), settings="shape")

The names of a rule's parameters say what it needs, and a node saves that and nothing else: ``g`` is the cotangent
(or, for an elementwise rule, just as well the tangent), ``y`` the output, and NumPy's own names stand for the inputs
and settings. ``<name>_shape`` asks for the shape of an input without keeping the input alive. In an ordinary sweep a
rule receives arrays; when the derivative is itself recorded it receives Tensors, and the same text records it. What `g`
is of complex numbers is told in `conventions`.

How to choose the form:

===============  ==================================================================================
`elementwise`    each output element depends on the input element in its place; one text serves both modes
`linear`         the function is linear in all its inputs together; the rule is its adjoint
`bilinear`       linear in each of its inputs; the rule is the adjoint in one input with the others fixed
`custom`         anything else; the forward rule is written, or derived from the reverse rule
`several`        several results, or shared work: one rule that returns the shares of all inputs, see `several`
`composite`      a definition in terms of other operations, which needs no rule
===============  ==================================================================================

What else is known of an operation is said in its declaration: see the facts in `Op`.

What NumPy does not have is written as a function of its own, which `operation` makes an operation: it keeps name,
text and signature, for its user and for type checkers::

    @operation(custom, lambda g, y: g * y * (1 - y))
    def sigmoid(x: A) -> A:
        return 1 / (1 + np.exp(-x))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np

from autograd_lite import errors
from autograd_lite.base.signatures import known_parameters, signature_of
from autograd_lite.engine.op import Op, Rule
from autograd_lite.engine.registry import enter, is_librarys

F = TypeVar("F", bound=Callable[..., Any])
_UFUNC_ARGUMENTS = {
    "out": None, "where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True, "signature": None,
}  # fmt: skip


def declare(
    form: str, fn: Any, rules: Sequence[Rule | None], *, settings: str = "", call: Callable[..., Any] | None = None,
    name: str = "", axes: str = "", variadic: bool = False, kind: type[Op] = Op, **facts: Any,
) -> Op:  # fmt: skip
    """Make the operation, and enter it for `fn` in the registry.

    Operands and settings take their names from the signature of `call` (what computes the value from arrays, if that
    is not `fn` itself); `settings` lists, in order, those that a caller may give, and `axes` those that count axes.
    """
    compute = call or fn
    if isinstance(fn, np.ufunc):
        order: Sequence[str] = ("x",) if fn.nin == 1 else tuple(f"x{i + 1}" for i in range(fn.nin))
        parameters: dict[str, Any] = dict.fromkeys(order)
        known = _UFUNC_ARGUMENTS
        facts.setdefault("signature", fn.signature or "()->()")
    else:
        parameters = signature_of(compute)
        known = {"out": None, "dtype": None, **parameters, **known_parameters(fn, parameters)}
        order = tuple(parameters if call is None else known_parameters(fn, parameters))
    defaults = {key: parameters[key] for key in settings.split()}
    operands: Sequence[str] = () if variadic else [key for key in parameters if key not in defaults]
    if not isinstance(fn, np.ufunc) and not kind.joint:  # a ufunc has a rule for each operand, be it None
        operands = operands[: len(rules)]
    expected = 1 if kind.joint else len(operands) or 1
    if len(rules) != expected:
        raise errors.DeclarationError(errors.RULE_NUMBER.format(op=fn.__name__, given=len(rules), expected=expected))
    op = kind(
        name or fn.__name__.strip("_"), compute, form, operands, defaults, rules, order=order, known=known,
        function=fn if is_librarys(fn) else None, axes=tuple(axes.split()), variadic=variadic, source=fn, **facts,
    )  # fmt: skip
    enter(fn, op)
    return op


def elementwise(fn: Any, *rules: Rule | None, **options: Any) -> Op:
    """Declare a function whose Jacobian is diagonal: ``rule(g, ...)`` is `g` times the derivative, in both modes."""
    return declare("elementwise", fn, rules, **{"signature": "()->()", **options})


def linear(fn: Any, *rules: Rule | None, **options: Any) -> Op:
    """Declare a function linear in its inputs together: the rules are adjoints, the forward rule is `fn` itself.

    So is it for complex numbers.
    """
    return declare("linear", fn, rules, **{"complex": True, **options})


def bilinear(fn: Any, *rules: Rule | None, **options: Any) -> Op:
    """Declare a function linear in each input alone: an adjoint per input, the forward rule by substitution."""
    return declare("bilinear", fn, rules, **{"complex": True, **options})


def custom(fn: Any, *rules: Rule | None, jvp: Rule | None = None, **options: Any) -> Op:
    """Declare a function by its reverse rules, and if it is cheap its forward rule ``jvp(tangents, y, *operands)``."""
    return declare("custom", fn, rules, jvp=jvp, **options)


def constant(fn: Any, *, axes: str = "", **facts: Any) -> Op:
    """Declare a function whose result has no derivative by nature: comparisons, indices, step functions.

    Of one that counts axes the first parameter is its operand, and all others are settings.
    """
    operands: tuple[str, ...] = ()
    defaults: dict[str, Any] = {}
    if axes:
        operand, *others = parameters = signature_of(fn)
        operands, defaults = (operand,), {name: parameters[name] for name in others if name != "out"}
        facts |= {"order": tuple(parameters), "known": parameters, "axes": tuple(axes.split())}
    op = Op(fn.__name__, fn, "constant", operands, defaults, (), variadic=not axes, function=fn, **facts)
    enter(fn, op)
    return op


def operation(form: Callable[..., Op], *rules: Rule | None, **options: Any) -> Callable[[F], F]:
    """Declare the decorated function, by one of the forms above, as an operation that looks as the function does."""

    def declared(fn: F) -> F:
        return cast(F, form(fn, *rules, **options))

    return declared
