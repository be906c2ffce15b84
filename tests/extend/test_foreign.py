"""Code of the user's in custom operations: in every transform, with no silent loss, and no write to what is others'."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from trees import close

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.errors import ForeignRuleError, RuleError

X, Y = np.array([0.3, -0.7, 1.1]), np.array([0.9, 0.4, -0.2])
XS = np.stack([X, Y])
A = np.array([[3.0, 1.0, 0.2], [0.5, 4.0, -1.0], [0.1, 0.3, 2.0]])


def loss(f: Any) -> Any:
    return lambda x: np.sum(f(x) ** 2)


FIRST: dict[str, Callable[[Any], Any]] = {
    "grad": lambda f: ag.grad(loss(f))(X),
    "value_and_grad": lambda f: ag.value_and_grad(loss(f))(X)[1],
    "jacobian": lambda f: ag.jacobian(f)(X),
    "jacobian of many results": lambda f: ag.jacobian(lambda x: np.concatenate([f(x), f(2 * x)]))(X),
    "by rows": lambda f: ag.jacobian(f, mode="reverse")(X),
    "vjp": lambda f: ag.vjp(f, X)[1](Y),
    "backward": lambda f: backward(loss(f)),
    "vmap": lambda f: ag.vmap(f)(XS),
    "vmap of vmap": lambda f: ag.vmap(ag.vmap(ag.grad(loss(f))))(np.stack([XS, 2 * XS])),
    "vmap of grad": lambda f: ag.vmap(ag.grad(loss(f)))(XS),
    "vmap of jacobian": lambda f: ag.vmap(ag.jacobian(f))(XS),
    "jacobian of vmap": lambda f: ag.jacobian(ag.vmap(f))(XS),
    "of no examples": lambda f: ag.vmap(ag.grad(loss(f)))(XS[:0]),
    "checkpoint": lambda f: ag.grad(ag.checkpoint(loss(f)))(X),
    "compile": lambda f: called_twice(ag.compile(ag.grad(loss(f)))),
    "compile of jacobian": lambda f: called_twice(ag.compile(ag.jacobian(f))),
    "a step of a compiled function": lambda f: ag.grad(loss(ag.compile(f)))(X),
}
FORWARD: dict[str, Callable[[Any], Any]] = {
    "jvp": lambda f: ag.jvp(f, (X,), (Y,))[1],
    "linearize": lambda f: ag.linearize(f, X)[1](Y),
    "by columns": lambda f: ag.jacobian(f, mode="forward")(X),
    "vmap of jvp": lambda f: ag.vmap(lambda x: ag.jvp(f, (x,), (Y,))[1])(XS),
    "vmap over tangents": lambda f: ag.vmap(lambda t: ag.jvp(f, (X,), (t,))[1])(XS),
}
SECOND: dict[str, Callable[[Any], Any]] = {
    "hessian": lambda f: ag.hessian(loss(f))(X),
    "hvp": lambda f: ag.hvp(loss(f), (X,), (Y,)),
    "grad of grad": lambda f: ag.grad(lambda x: np.sum(ag.grad(loss(f))(x)))(X),
    "reverse over reverse": lambda f: ag.jacobian(ag.jacobian(loss(f), mode="reverse"), mode="reverse")(X),
    "forward over forward": lambda f: ag.jacobian(ag.jacobian(f, mode="forward"), mode="forward")(X),
    "reverse over forward": lambda f: ag.jacobian(ag.jacobian(f, mode="forward"), mode="reverse")(X),
    "create_graph": lambda f: twice_backward(loss(f)),
    "vmap of hessian": lambda f: ag.vmap(ag.hessian(loss(f)))(XS),
    "third": lambda f: ag.jacobian(ag.hessian(loss(f)))(X),
}


def backward(f: Any) -> Any:
    x = ag.Tensor(X, requires_grad=True)
    f(x).backward()
    return x.grad.numpy()


def twice_backward(f: Any) -> Any:
    x = ag.Tensor(X, requires_grad=True)
    f(x).backward(create_graph=True)
    g = x.grad
    x.zero_grad()
    np.sum(g + 0 * x).backward()
    return x.grad.numpy()


def called_twice(f: Any) -> Any:
    f(Y)
    return f(X)


def each(f: Any) -> Any:
    """Return a function of numbers as one of arrays, which can be given neither a batch nor a Tensor."""
    return lambda *xs: np.array([f(*map(float, row)) for row in zip(*xs, strict=True)])


def made(vjp: Any, f: Any = np.sin, **rest: Any) -> Any:
    return ag.custom_op(f, vjp=vjp, name="mine", **rest)


def same(transform: Any, f: Any, known: Any) -> None:
    close(transform(f), transform(known), 1e-10)


# ----- rules that are no NumPy -----


def of_scipy() -> Any:
    solve = pytest.importorskip("scipy.linalg").solve
    return made(lambda g: solve(A.T, g), lambda b: np.linalg.solve(A, b))


@cache
def with_numba() -> Any:
    """Return a function with a signature that takes no array that is read-only."""
    njit = pytest.importorskip("numba").njit
    return njit("float64[:](float64[:], float64[:])")(lambda g, x: g * np.cos(x))


def of_numba() -> Any:
    times_cosine = with_numba()
    return made(lambda g, x: times_cosine(g, x))


times_cosine = np.frompyfunc(lambda g, x: g * math.cos(x), 2, 1)


def exactly_arrays(g: Any, x: Any) -> Any:
    assert type(g) is type(x) is np.ndarray
    return g * np.cos(x)


def known_solution(b: Any) -> Any:
    return np.linalg.inv(A) @ b


FOREIGN: dict[str, tuple[Callable[[], Any], Any]] = {
    "a loop over floats": (lambda: made(lambda g, x: each(lambda a, b: a * math.cos(b))(g, x)), np.sin),
    "an array only": (lambda: made(exactly_arrays), np.sin),
    "of SciPy": (of_scipy, known_solution),
    "of numba": (of_numba, np.sin),
    "a ufunc of Python": (lambda: made(lambda g, x: times_cosine(g, x).astype(float)), np.sin),
}


@pytest.mark.parametrize("transform", FIRST)
@pytest.mark.parametrize("rule", FOREIGN)
def test_a_rule_that_is_no_numpy_works_to_first_order(rule: str, transform: str) -> None:
    op, known = FOREIGN[rule]
    same(FIRST[transform], op(), known)


@pytest.mark.parametrize("transform", FORWARD)
@pytest.mark.parametrize("rule", FOREIGN)
def test_it_is_never_transposed(rule: str, transform: str) -> None:
    with pytest.raises(ForeignRuleError, match=r"custom_op mine has no forward rule.*Write jvp="):
        FORWARD[transform](FOREIGN[rule][0]())


@pytest.mark.parametrize("transform", SECOND)
@pytest.mark.parametrize("rule", FOREIGN)
def test_it_is_refused_by_name_at_second_order(rule: str, transform: str) -> None:
    with pytest.raises(ForeignRuleError, match=r"custom_op mine .*Write"):
        SECOND[transform](FOREIGN[rule][0]())


@pytest.mark.parametrize("transform", [*FIRST, *FORWARD])
def test_rules_of_both_modes_that_are_no_numpy(transform: str) -> None:
    op = made(
        lambda g, x: each(lambda a, b: a * math.cos(b))(g, x),
        jvp=lambda tangents, x: each(lambda a, b: a * math.cos(b))(tangents[0], x),
    )
    same({**FIRST, **FORWARD}[transform], op, np.sin)


def test_a_forward_rule_that_is_no_numpy_is_named_at_second_order() -> None:
    op = made(lambda g, x: g * np.cos(x), jvp=lambda tangents, x: tangents[0] * each(math.cos)(x))
    with pytest.raises(ForeignRuleError, match="the forward rule of custom_op mine"):
        SECOND["forward over forward"](op)
    same(SECOND["hessian"], op, np.sin)


@pytest.mark.parametrize("transform", [*FIRST, *FORWARD, *SECOND])
def test_a_rule_of_another_operation_is_numpy(transform: str) -> None:
    cosine = ag.custom_op(lambda x: each(math.cos)(x), vjp=lambda g, x: -g * np.sin(x), name="cosine")
    same({**FIRST, **FORWARD, **SECOND}[transform], made(lambda g, x: g * cosine(x)), np.sin)


def test_jacobian_takes_the_mode_that_there_is() -> None:
    """Forward where the rule can be transposed, and else reverse, at once from the second time on."""
    calls: list[str] = []

    def rule(g: Any, x: Any) -> Any:
        calls.append(type(g).__name__)
        return each(lambda a, b: a * math.cos(b))(g, x)

    op = made(rule)
    for _ in range(2):
        np.testing.assert_allclose(ag.jacobian(op)(X), np.diag(np.cos(X)))
    assert calls.count("Tensor") == 1


def test_a_hessian_is_swept_in_reverse_twice_where_that_can_be_had() -> None:
    """The rule of the first is NumPy and a second operation, which has a reverse rule only."""
    cosine = ag.custom_op(lambda x: each(math.cos)(x), name="cosine", vjp=lambda g, x: each(minus_sine)(g, x))
    op = made(lambda g, x: g * cosine(x))
    for transform in ("hessian", "reverse over reverse", "grad of grad", "create_graph", "vmap of hessian"):
        same(SECOND[transform], op, np.sin)
    for transform in ("hvp", "third"):
        with pytest.raises(ForeignRuleError, match="custom_op cosine"):
            SECOND[transform](op)


def minus_sine(a: float, b: float) -> float:
    return -a * math.sin(b)


def test_second_order_where_only_one_operation_on_the_way_is_foreign() -> None:
    """A foreign rule of what is linear in the inputs is not differentiated if nothing depends on its cotangent."""
    op = of_scipy()
    hessian = ag.hessian(lambda x: np.sum(x**3) + np.sum(op(np.ones(3))))(X)
    np.testing.assert_allclose(hessian, np.diag(6 * X))


# ----- rules that lose a part of their derivative -----


def elsewhere(f: Any, *args: Any) -> Any:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(f(*args)))
    thread.start()
    thread.join()
    return found[0]


def uncared(x: Any) -> Any:
    with ag.no_grad():
        return np.cos(x)


def leafed(x: Any) -> Any:
    if isinstance(x, ag.Tensor):
        x.requires_grad = False
    return x


def tensors(method: str) -> Any:
    """Return what applies a method to a Tensor, and leaves arrays as they are."""
    return lambda x: getattr(x, method)() if isinstance(x, ag.Tensor) else x


CUTS: dict[str, Any] = {
    "detach": lambda g, x: g * np.cos(tensors("detach")(x)),
    "numpy": lambda g, x: g * np.cos(tensors("numpy")(x)),
    "data": lambda g, x: g * np.cos(x.data if isinstance(x, ag.Tensor) else x),
    "tolist": lambda g, x: g * np.cos(x.tolist()),
    "item": lambda g, x: g * np.array([math.cos(x[i].item()) for i in range(3)]),
    "float": lambda g, x: g * np.array([math.cos(float(x[i])) for i in range(3)]),
    "asarray": lambda g, x: g * np.cos(np.asarray(x)),
    "no_grad": lambda g, x: g * uncared(x),
    "no_grad, as a decorator": lambda g, x: g * ag.no_grad()(np.cos)(x),
    "requires_grad": lambda g, x: g * np.cos(leafed(x)),
    "format": lambda g, x: g * np.array([math.cos(float(f"{x[i]:.17g}")) for i in range(3)]),
}


@pytest.mark.parametrize("transform", ["grad", "jacobian", "vjp", "compile"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_rule_that_cuts_works_to_first_order(cut: str, transform: str) -> None:
    same(FIRST[transform], made(CUTS[cut]), np.sin)


@pytest.mark.parametrize("transform", SECOND)
@pytest.mark.parametrize("cut", CUTS)
def test_what_a_rule_cuts_is_refused_by_name_at_second_order(cut: str, transform: str) -> None:
    with pytest.raises(ForeignRuleError, match=r"custom_op mine .*Write"):
        SECOND[transform](made(CUTS[cut]))


CUTS_OF_G: dict[str, Any] = {
    "detach": lambda g, x: tensors("detach")(g) * np.cos(x),
    "in another thread": lambda g, x: elsewhere(tensors("detach"), g) * np.cos(x),
    "a part of it": lambda g, x: (g + elsewhere(tensors("detach"), g)) * np.cos(x) / 2,
    "its array": lambda g, x: (g._data if isinstance(g, ag.Tensor) else g) * np.cos(x),
}


@pytest.mark.parametrize("cut", CUTS_OF_G)
def test_a_rule_that_cuts_its_cotangent_is_not_transposed(cut: str) -> None:
    op = made(CUTS_OF_G[cut])
    same(FIRST["grad"], op, np.sin)
    same(FIRST["jacobian"], op, np.sin)
    for transform in FORWARD.values():
        with pytest.raises(ForeignRuleError, match="custom_op mine has no forward rule"):
            transform(op)


def test_a_rule_that_is_not_linear_is_not_transposed() -> None:
    with pytest.raises(ForeignRuleError, match="not linear in g"):
        ag.jvp(made(lambda g, x: g * np.abs(g) * np.cos(x)), (X,), (Y,))


def test_what_is_no_derivative_may_leave() -> None:
    """Masks, indices, shapes, and values of what nobody differentiates by."""
    def rule(g: Any, x: Any) -> Any:
        largest = int(np.argmax(x)) if isinstance(x, np.ndarray) else np.argmax(x).item()
        return np.where(x > 0, g, 0) * (np.arange(len(x)) != largest) * x.ndim

    op = made(rule, lambda x: np.where(x > 0, x, 0) * (np.arange(3) != np.argmax(x)))
    np.testing.assert_array_equal(SECOND["hessian"](op), 2 * np.diag([1.0, 0.0, 0.0]))


def test_a_function_may_do_in_itself_what_it_likes() -> None:
    """It sees no Tensor of the graph that is differentiated, also where a rule calls it."""
    def inner(x: Any) -> Any:
        t = ag.Tensor(x, requires_grad=True)
        np.sum(np.sin(t)).backward()
        return t.grad.numpy() + 0 * t.detach().numpy()

    cosine = ag.custom_op(inner, vjp=lambda g, x: -g * np.sin(x), name="cosine")
    same(SECOND["hessian"], made(lambda g, x: g * cosine(x)), np.sin)


# ----- derivatives of 0 -----

ZEROS: dict[str, Any] = {
    "None": lambda g: None,
    "0 times the input": lambda g, x: 0.0 * x,
    "0 times g": lambda g: 0.0 * g,
    "an array of zeros": lambda g, x: np.zeros_like(x),
    "zeros by the shape": lambda g, x_shape: np.zeros(x_shape),
}


@pytest.mark.parametrize("transform", [*FIRST, *FORWARD, *SECOND])
@pytest.mark.parametrize("zero", ZEROS)
def test_a_derivative_of_0_is_one_in_every_transform(zero: str, transform: str) -> None:
    op = made(ZEROS[zero], lambda x: np.floor(4 * x))
    f, known = (lambda x: op(x) + x), (lambda x: np.floor(4 * x) + x)
    same({**FIRST, **FORWARD, **SECOND}[transform], f, known)
    if transform != "checkpoint":
        same({**FIRST, **FORWARD, **SECOND}[transform], op, lambda x: np.floor(4 * x) + 0 * x)


@pytest.mark.parametrize("transform", [*FIRST, *FORWARD, *SECOND])
def test_one_of_two_inputs_has_a_derivative_of_0(transform: str) -> None:
    op = made(lambda g, a, b: (g * np.floor(b), None), lambda a, b: a * np.floor(b))
    known = lambda x: x * np.floor(3 * x)  # noqa: E731 - beside the other
    same({**FIRST, **FORWARD, **SECOND}[transform], lambda x: op(x, 3 * x), known)


def test_the_check_of_a_derivative_of_0() -> None:
    made(lambda g, a, b: (g * np.floor(b), None), lambda a, b: a * np.floor(b), check=[X, 2.5])
    made(lambda g, x: 0.0 * x, lambda x: np.sign(x) * 1.0, check=[X])


# ----- writes -----


def writes(x: Any) -> Any:
    x *= 2
    return x


def fills(g: Any) -> Any:
    g[...] = 0
    return g


def sorts(g: Any, x: Any) -> Any:
    x.sort()
    return g * x


WRITES: dict[str, tuple[Any, str]] = {
    "the function": (lambda: made(lambda g: g, writes), "function of custom_op mine writes into its argument x"),
    "the function, out=": (
        lambda: made(lambda g: g, lambda x: np.exp(x, out=x)), "function of custom_op mine writes into its argument x",
    ),
    "g": (lambda: made(fills), "reverse rule of custom_op mine writes into its argument g"),
    "g, in place": (lambda: made(lambda g, x: writes(g)), "writes into its argument g"),
    "an input": (lambda: made(sorts), "writes into its argument x"),
    "the result": (lambda: made(lambda g, y: writes(y) * g, np.exp), "writes into its argument y"),
}  # fmt: skip


@pytest.mark.parametrize("call", ["grad", "vmap of grad", "backward", "compile"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_to_what_belongs_to_others_is_refused(write: str, call: str) -> None:
    make, text = WRITES[write]
    before = X.copy()
    with pytest.raises(RuleError, match=text):
        FIRST[call](make())
    np.testing.assert_array_equal(X, before)


def test_a_write_to_one_of_any_number_of_arguments_is_refused() -> None:
    op = made(lambda g, arrays: (g, g), lambda *args: writes(args[1]) + args[0])
    with pytest.raises(RuleError, match=r"writes into its argument number 1, .* Write x = x.copy\(\) before"):
        op(X.copy(), X.copy())


def test_a_forward_rule_that_writes_to_a_tangent_is_refused() -> None:
    op = made(lambda g, x: g * np.cos(x), jvp=lambda tangents, x: writes(tangents[0]) * np.cos(x))
    with pytest.raises(RuleError, match=r"forward rule of custom_op mine writes into its argument tangents\[0\]"):
        ag.jvp(op, (X,), (Y,))


def test_other_paths_are_not_spoiled() -> None:
    x = ag.Tensor(X, requires_grad=True)
    with pytest.raises(RuleError):
        np.sum(made(fills)(x) + 3 * x).backward()
    assert x.grad is None


def test_code_that_takes_no_array_that_is_read_only() -> None:
    calls: list[bool] = []

    def picky(x: Any) -> Any:
        calls.append(x.flags.writeable)
        if not x.flags.writeable:
            raise ValueError("buffer source array is read-only")
        return np.sin(x)

    op = made(lambda g, x: g * np.cos(x), picky)
    np.testing.assert_array_equal([op(X), op(X)], [np.sin(X)] * 2)
    assert calls == [False, True, True]


def test_an_argument_costs_no_copy() -> None:
    seen: list[Any] = []
    x = ag.Tensor(X, requires_grad=True)
    made(lambda g: g, lambda x: seen.append(x) or np.sin(x))(x)
    assert np.shares_memory(seen[0], x._data)


# ----- results -----

VALUES: dict[str, tuple[Any, str]] = {
    "masked": (lambda x: np.ma.masked_array(x, x > 0), "MaskedArray"),
    "a matrix": (lambda x: np.asmatrix(x), "matrix"),
    "objects": (lambda x: x.astype(object), "dtype object"),
    "text": (lambda x: x.astype(str), "dtype <U"),
    "None": (lambda x: None, "None"),
    "a dict": (lambda x: {"x": x}, "dict"),
    "a Tensor": (lambda x: ag.Tensor(x), "Tensor"),
    "times": (lambda x: np.zeros(3, "datetime64[s]"), "datetime64"),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("value", VALUES)
def test_what_a_function_may_not_return(value: str) -> None:
    f, text = VALUES[value]
    for call in (lambda op: op(X), FIRST["grad"], FIRST["vmap"]):
        with pytest.raises(RuleError, match=f"custom_op mine returned .*{text}.*Write"):
            call(made(lambda g: g, f))


SHARES = {**VALUES, "a set": (lambda x: {1.0}, "a set"), "complex": (lambda x: x * 1j, "complex128")}
del SHARES["None"], SHARES["a Tensor"]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("value", SHARES)
def test_what_a_rule_may_not_return(value: str) -> None:
    f, text = SHARES[value]
    with pytest.raises(RuleError, match=f"the reverse rule of custom_op mine returned .*{text}.*Write"):
        ag.grad(loss(made(lambda g: f(g))))(X)
    with pytest.raises(RuleError, match=f"the forward rule of (custom_op )?mine returned .*{text}.*Write"):
        ag.jvp(made(lambda g: g, jvp=lambda tangents: f(tangents[0])), (X,), (Y,))


def test_other_faults_of_a_forward_rule() -> None:
    def along(jvp: Any) -> Any:
        return ag.jvp(made(lambda g: g, jvp=jvp), (X,), (Y,))

    with pytest.raises(RuleError, match=r"forward rule of custom_op mine returned None.*np.zeros_like\(y\)"):
        along(lambda tangents: None)
    with pytest.raises(RuleError, match=r"forward rule of mine returned a tangent of shape \(2,\).*\(3,\)"):
        along(lambda tangents: tangents[0][:2])
    with pytest.raises(RuleError, match="forward rule of mine returned 2 tangents for 1 results"):
        along(lambda tangents: (tangents[0], tangents[0]))
    assert along(lambda tangents: 7)[1].tolist() == [7.0, 7.0, 7.0]
    assert along(lambda tangents: np.float32(7))[1].dtype == np.float64


# ----- the check at declaration -----


def test_a_rule_that_calls_the_operation_itself_is_checked_when_that_is_there() -> None:
    @ag.custom_op(vjp=lambda g, x: g * exponential(x), check=[X])
    def exponential(x: Any) -> Any:
        return np.exp(x)

    same(SECOND["hessian"], exponential, np.exp)

    @ag.custom_op(vjp=lambda g, x: 2 * g * wrong(x), check=[X])
    def wrong(x: Any) -> Any:
        return np.exp(x)

    for _ in range(2):
        with pytest.raises(errors.GradcheckError, match="wrong"):
            wrong(X)

    @ag.custom_op(vjp=lambda g, x: g * compiled(x), check=[X])
    def compiled(x: Any) -> Any:
        return np.exp(x)

    same(FIRST["compile"], compiled, np.exp)


def test_a_rule_without_a_forward_one_is_checked_in_reverse() -> None:
    op = made(lambda g, x: each(lambda a, b: a * math.cos(b))(g, x), check=[X])
    report = ag.gradcheck(op, X)
    assert [remark.verdict for remark in report.remarks] == ["reverse only"]
    assert "Write jvp=" in str(report.remarks[0])
    with pytest.raises(ForeignRuleError):
        ag.gradcheck(op, X, modes=("forward",))
    with pytest.raises(errors.GradcheckError):
        made(lambda g, x: each(lambda a, b: a * math.sin(b))(g, x), check=[X])
