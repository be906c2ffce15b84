"""Operations of several results, and rules that share work: slogdet, eigh, solve, an LSTM cell, and the user's own."""

from __future__ import annotations

import copy
import gc
import pickle
import threading
import weakref
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from backends import tried

import autograd_lite as ag
from autograd_lite.engine import leaks
from autograd_lite.engine.graph import reachable
from autograd_lite.engine.op import NO_SETTINGS
from autograd_lite.engine.record import apply
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.engine.several import Several, several
from autograd_lite.errors import DeclarationError, FreedGraphError, RuleError, ShapeError, UnsupportedError
from autograd_lite.extend import custom
from autograd_lite.nn.functional import lstm_cell

Array = np.ndarray
RNG = np.random.default_rng(0)
A = np.array([[2.0, 0.3, -0.4], [0.1, -1.5, 0.7], [0.6, 0.2, 3.0]])
SYMMETRIC = A + A.T
SEEN: list[Any] = []


class Waves(NamedTuple):
    """Two results with names."""

    sine: Any
    cosine: Any


def waves_rule(g: Any, y: Any) -> Any:
    share = 0.0 if g[0] is None else g[0] * y.cosine
    return share if g[1] is None else share - g[1] * y.sine


waves = ag.custom_op(lambda x: Waves(np.sin(x), np.cos(x)), vjp=waves_rule, name="waves", check=[A])


def composed(x: Any, h: Any, c: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any) -> Any:
    """The definition of the cell, of which `lstm_cell` is the fused form."""
    z = x @ w_ih.T + b_ih + h @ w_hh.T + b_hh
    n = h.shape[-1]
    i, f, o = (ag.sigmoid(z[..., k * n : (k + 1) * n]) for k in (0, 1, 3))
    after = f * c + i * np.tanh(z[..., 2 * n : 3 * n])
    return o * np.tanh(after), after


def squared(decomposed: Any) -> Any:
    """Return the square of a matrix from its eigenvalues and vectors."""
    w, v = decomposed
    return (v * w**2) @ v.T


def cell_inputs(*batch: int) -> tuple[Array, ...]:
    shapes = ((*batch, 2), (*batch, 3), (*batch, 3), (12, 2), (12, 3), (12,), (12,))
    return tuple(np.random.default_rng(1).uniform(-1, 1, shape) for shape in shapes)


_X, _H, _C, *_REST = cell_inputs()


def of_cell(a: Any, cell: Any = lstm_cell) -> Any:
    h, c = cell(a[0, :2], a[1], a[2], *_REST)
    h, c = cell(a[1, 1:], h, c, *_REST)
    return (h * np.array([1.0, 2.0, 3.0])).sum() + (c**3).sum()


# Each is a number of a matrix, and the same in operations of one result.
PAIRS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "slogdet": (
        lambda a: np.multiply(*np.linalg.slogdet(a @ a)) * np.linalg.slogdet(a).logabsdet,
        lambda a: np.log(np.linalg.det(a @ a)) * np.log(-np.linalg.det(a)),
    ),
    "eigh": (
        lambda a: (squared(np.linalg.eigh(a + a.T)) * np.cos(A)).sum(),
        lambda a: ((a + a.T) @ (a + a.T) * np.cos(A)).sum(),
    ),
    "solve": (
        lambda a: (np.linalg.solve(a, a[0]) * a[1]).sum() + (np.linalg.solve(a, a.T) ** 2).sum(),
        lambda a: (np.linalg.inv(a) @ a[0] * a[1]).sum() + ((np.linalg.inv(a) @ a.T) ** 2).sum(),
    ),
    "lstm": (of_cell, lambda a: of_cell(a, composed)),
    "custom": (
        lambda a: (waves(a).sine * waves(a * a).cosine).sum(),
        lambda a: (np.sin(a) * np.cos(a * a)).sum(),
    ),
}  # fmt: skip
STACK = np.stack([A, A - 0.3 * np.eye(3), A @ np.diag([1.2, 0.8, 1.0])])

TRANSFORMS: dict[str, Callable[[Callable[[Any], Any]], Any]] = {
    "value": lambda f: f(A),
    "grad": lambda f: ag.grad(f)(A),
    "jvp": lambda f: ag.jvp(f, (A,), (A.T,))[1],
    "hvp": lambda f: ag.hvp(f, (A,), (A.T,)),
    "hessian": lambda f: ag.hessian(f)(A),
    "reverse over reverse": lambda f: ag.jacobian(ag.grad(f), mode="reverse")(A),
    "forward over forward": lambda f: ag.jacobian(ag.jacobian(f, mode="forward"), mode="forward")(A),
    "third order": lambda f: ag.grad(lambda a: ag.hvp(f, (a,), (A.T,)).sum())(A),
    "vmap": lambda f: ag.vmap(f)(STACK),
    "vmap of grad": lambda f: ag.vmap(ag.grad(f))(STACK),
    "vmap of hvp": lambda f: ag.vmap(lambda a: ag.hvp(f, (a,), (A,)))(STACK),
    "grad of vmap": lambda f: ag.grad(lambda s: np.sum(ag.vmap(f)(s) ** 2))(STACK),
    "hvp of vmap": lambda f: ag.hvp(lambda s: np.sum(ag.vmap(f)(s) ** 2), (STACK,), (np.ones_like(STACK),)),
    "vmap of vmap": lambda f: ag.vmap(ag.vmap(ag.grad(f)))(np.stack([STACK, STACK[::-1]])),
    "checkpoint": lambda f: ag.grad(ag.checkpoint(f))(A),
    "hessian of checkpoint": lambda f: ag.hessian(ag.checkpoint(f))(A),
    "linearize": lambda f: ag.linearize(f, A)[1](A.T),
    "vjp": lambda f: ag.vjp(f, A)[1](2.0),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("name", PAIRS)
def test_every_transform_gives_what_it_gives_of_the_composed_function(name: str, transform: str) -> None:
    f, reference = PAIRS[name]
    expected = TRANSFORMS[transform](reference)
    np.testing.assert_allclose(TRANSFORMS[transform](f), expected, rtol=1e-8, atol=1e-9)


COMPILED = product(PAIRS, ["value", "grad", "hvp", "vmap of grad", "grad of vmap"])


@pytest.mark.parametrize(("name", "transform", "backend"), tried(COMPILED, 7))
def test_compiled_it_gives_the_same(name: str, transform: str, backend: str) -> None:
    f = PAIRS[name][0]
    made = {
        "value": f, "grad": ag.grad(f), "hvp": lambda a: ag.hvp(f, (a,), (A.T,)), "vmap of grad": ag.vmap(ag.grad(f)),
        "grad of vmap": ag.grad(lambda s: np.sum(ag.vmap(f)(s) ** 2)),
    }[transform]  # fmt: skip
    compiled, x = ag.compile(made, backend=backend), STACK if "vmap" in transform else A
    for given in (x, x + 0.01, x):
        np.testing.assert_allclose(compiled(given), made(given), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("order", [1, 2])
def test_the_check_finds_them_right(name: str, order: int) -> None:
    assert ag.gradcheck(PAIRS[name][0], [A], order=order)


@pytest.mark.parametrize("name", PAIRS)
def test_they_are_drawn_and_explained(name: str) -> None:
    y = PAIRS[name][0](ag.Tensor(A, requires_grad=True, name="a"))
    text = ag.explain(y)
    names = {node.op.name for node in reachable([y._node]) if node.op is not None and node.op.form == "part"}
    assert all(f"through {name}" in text for name in names)
    assert "a" in str(ag.visualize(y, values=True, gradients=True, saved=True, times=True))


# ----- results that nobody used, and results without a derivative -----


def noting(g: Any, y: Any) -> Any:
    SEEN.append([part is None for part in g])
    return sum(part * value for part, value in zip(g, y, strict=True) if part is not None)


TWICE: Any = several(
    lambda x: (np.exp(x), np.exp(x), np.sign(x)),
    noting,
    call=lambda x: (np.exp(x), np.exp(x), np.sign(x)),
    name="twice",
    constant=(2,),
)
ONE = ag.Tensor(1.0, requires_grad=True)


@pytest.mark.parametrize(
    ("use", "calls"),
    [
        (lambda a, b: a, [[False, True, True]]),
        (lambda a, b: b * b, [[True, False, True]]),
        (lambda a, b: a * b + a, [[False, False, True]]),
    ],
)
def test_a_rule_is_asked_once_and_what_nobody_used_is_none_to_it(use: Any, calls: Any) -> None:
    def f(x: Any) -> Any:
        a, b, _ = apply(TWICE, (x,), NO_SETTINGS)
        return use(a, b)

    x = ag.Tensor(0.5, requires_grad=True)
    SEEN.clear()
    f(x).backward()
    assert calls == SEEN
    expected = ag.grad(lambda x: use(np.exp(x), np.exp(x)))(0.5)
    np.testing.assert_allclose(x.grad.item(), expected)


def test_forwards_only_the_results_that_somebody_holds_are_asked_for() -> None:
    SEEN.clear()
    ag.jvp(lambda x: apply(TWICE, (x,), NO_SETTINGS)[1], (0.5,), (1.0,))
    assert SEEN == [[True, False, True]]


def test_results_without_a_derivative_have_no_node_and_their_user_may_write_to_them() -> None:
    a = ag.Tensor(A, requires_grad=True)
    sign, logdet = np.linalg.slogdet(a)
    assert not sign.requires_grad
    assert logdet.requires_grad
    _, _, flags = apply(TWICE, (ag.Tensor(A, requires_grad=True),), NO_SETTINGS)
    flags.data[...] = 7  # which no node has saved
    assert not flags.requires_grad


def test_a_sum_of_equal_eigenvalues_has_a_finite_derivative() -> None:
    gradient = ag.grad(lambda a: np.linalg.eigvalsh(a)[0] + np.linalg.eigvalsh(a)[1])
    np.testing.assert_allclose(gradient(np.eye(2)), np.eye(2))


def test_a_derivative_by_a_symmetric_matrix_is_symmetric() -> None:
    for triangle in ("L", "U"):
        g = ag.grad(lambda a, t=triangle: np.sin(np.linalg.eigh(a, UPLO=t)[0]).sum())(SYMMETRIC)
        np.testing.assert_allclose(g, g.T)


def test_operands_that_are_constant_are_not_asked_for() -> None:
    asked = []

    def rule(g: Any, a: Any, b: Any, needs: Any) -> Any:
        asked.append(needs)
        return g * b if needs[0] else None, g * a if needs[1] else None

    product: Any = several(lambda a, b: a * b, rule, call=lambda a, b: a * b, name="product")
    assert ag.grad(lambda a: apply(product, (a, 3.0), NO_SETTINGS))(2.0) == 3.0
    assert ag.grad(lambda b: apply(product, (2.0, b), NO_SETTINGS))(3.0) == 2.0
    assert asked == [(True, False), (False, True)]


def test_a_rule_with_too_few_shares_is_refused() -> None:
    op: Any = several(lambda a, b: a * b, lambda g, a: (g,), call=lambda a, b: a * b, name="few")
    with pytest.raises(RuleError, match=r"the rule of few returned 1 shares for 2 inputs\. Write a tuple"):
        ag.grad(lambda a, b: apply(op, (a, b), NO_SETTINGS), argnums=(0, 1))(1.0, 2.0)


# ----- named tuples -----

NAMED = (
    ("eigenvalues", type(np.linalg.eigh(A)), np.linalg.eigh),
    ("logabsdet", type(np.linalg.slogdet(A)), np.linalg.slogdet),
    ("sine", Waves, waves),
)


@pytest.mark.parametrize(("field", "kind", "f"), NAMED)
def test_named_tuples_are_kept(field: str, kind: type, f: Any) -> None:
    t = ag.Tensor(A, requires_grad=True)
    with ag.no_grad():
        found = [f(t)]
    found += [f(t), f(ag.Tensor(A)), ag.checkpoint(f)(t), ag.compile(f)(A), ag.compile(f)(t)]
    assert {type(result) for result in (*found, ag.vmap(f)(STACK))} == {kind}
    for result in found:
        part = getattr(result, field)
        np.testing.assert_array_equal(part.detach() if isinstance(part, ag.Tensor) else part, getattr(f(A), field))
    by_name = [lambda a: f(a).eigenvalues.sum(), lambda a: f(a).logabsdet.sum(), lambda a: f(a).sine.sum()]
    g = by_name[[name for name, *_ in NAMED].index(field)]
    compiled = ag.compile(g)
    np.testing.assert_allclose([compiled(A), compiled(2 * A), ag.vmap(g)(STACK)[0]], [g(A), g(2 * A), g(A)])


def test_the_text_of_a_program_names_the_results() -> None:
    f = ag.compile(lambda a: np.linalg.eigh(a).eigenvalues.sum())
    f(A)
    assert "eigenvalues = " in f.source
    assert "np.linalg.eigh(" in f.source


# ----- what can be done with a result -----


def test_hooks_and_retained_gradients_see_all_that_comes_back_to_a_result() -> None:
    a = ag.Tensor(SYMMETRIC, requires_grad=True)
    w, v = np.linalg.eigh(a)
    seen: list[Any] = []
    w.register_hook(lambda g: seen.append(g.numpy().copy()))
    w.retain_grad()
    (w.sum() + (w * w).sum() + v.sum()).backward()
    np.testing.assert_allclose(seen, [1 + 2 * w.numpy()])
    np.testing.assert_allclose(w.grad, 1 + 2 * w.numpy())


def test_a_hook_of_a_result_sees_what_comes_by_the_rule_that_has_saved_it() -> None:
    """As the result of any operation: the rule reads `w` and `v`, so a second derivative comes back to them."""
    a = ag.Tensor(SYMMETRIC, requires_grad=True)
    w, v = np.linalg.eigh(a)
    (v[0] * np.arange(3.0)).sum().backward(create_graph=True)
    g, seen = a.grad, []
    w.register_hook(lambda g: seen.append(np.abs(g.numpy()).max()))
    (g * A).sum().backward()
    assert seen
    assert seen[0] > 0


def test_a_graph_is_kept_or_freed_as_any_other() -> None:
    a = ag.Tensor(SYMMETRIC, requires_grad=True)
    w, v = np.linalg.eigh(a)
    y = (w[:, None] * v).sum()
    y.backward(retain_graph=True)
    y.backward()
    twice = a.grad.numpy().copy()
    once = ag.grad(lambda a: (np.linalg.eigh(a)[0][:, None] * np.linalg.eigh(a)[1]).sum())(SYMMETRIC)
    np.testing.assert_allclose(twice, 2 * once)
    with pytest.raises(FreedGraphError):
        w.sum().backward()


def test_each_result_alone_may_be_swept_with_the_graph_kept() -> None:
    a = ag.Tensor(SYMMETRIC, requires_grad=True)
    w, v = np.linalg.eigh(a)
    w.sum().backward(retain_graph=True)
    v[0].sum().backward()
    expected = ag.grad(lambda a: np.linalg.eigh(a)[0].sum() + np.linalg.eigh(a)[1][0].sum())(SYMMETRIC)
    np.testing.assert_allclose(a.grad, expected)


def test_nothing_is_left_in_a_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaks._watch, "calls", 8)  # which would hold the loss
    gc.disable()
    try:
        a = ag.Tensor(SYMMETRIC, requires_grad=True)
        w, v = np.linalg.eigh(a)
        (w.sum() + v.sum()).backward(create_graph=True)
        node = weakref.ref(w._node)
        array = weakref.ref(v._data)
        a.grad = None
        del w, v
        assert node() is None
        assert array() is None
    finally:
        gc.enable()


def test_a_result_is_written_to_in_place_and_through_a_view() -> None:
    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        w *= 2
        row = v[0]
        row[1] = w[0]
        return (v * v).sum() + w[2]

    def plain(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        v = np.where(np.arange(9).reshape(3, 3) == 1, 2 * w[0], v)
        return (v * v).sum() + 2 * w[2]

    np.testing.assert_allclose(ag.grad(f)(SYMMETRIC), ag.grad(plain)(SYMMETRIC), atol=1e-12)
    np.testing.assert_allclose(ag.hessian(f)(SYMMETRIC), ag.hessian(plain)(SYMMETRIC), atol=1e-10)


def test_copies_and_pickles() -> None:
    w, _ = np.linalg.eigh(ag.Tensor(SYMMETRIC))
    np.testing.assert_array_equal(copy.deepcopy(w).numpy(), w.numpy())
    for op in (np.linalg.eigh, lstm_cell):
        assert pickle.loads(pickle.dumps(op)) is op
    handler = REGISTRY[np.linalg.eigh]
    assert pickle.loads(pickle.dumps(handler)) is handler
    assert copy.deepcopy(handler) is handler
    assert isinstance(handler, Several)


def test_results_are_used_outside_of_a_vmap_and_from_there() -> None:
    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        rows = ag.vmap(lambda x: (x * w).sum() + (v @ x)[0])(np.eye(3) + 1)
        return (rows**2).sum()

    def plain(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        x = np.eye(3) + 1
        return (((x * w).sum(1) + (x @ v.T)[:, 0]) ** 2).sum()

    np.testing.assert_allclose(ag.grad(f)(SYMMETRIC), ag.grad(plain)(SYMMETRIC), atol=1e-10)
    np.testing.assert_allclose(ag.hessian(f)(SYMMETRIC), ag.hessian(plain)(SYMMETRIC), atol=1e-8)


def test_a_stack_is_decomposed_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    op, shapes = REGISTRY[np.linalg.eigh], []
    call = op.fn
    monkeypatch.setattr(op.cache, "quiet", lambda a, **kw: (shapes.append(a.shape), call(a, **kw))[1])
    ag.vmap(lambda a: np.linalg.eigh(a)[0])(STACK)
    assert shapes == [(3, 3, 3)]


def test_threads_share_a_graph() -> None:
    a = ag.Tensor(SYMMETRIC, requires_grad=True)
    w, v = np.linalg.eigh(a)
    found: list[Any] = []

    def work() -> None:
        found.extend(ag.grad(lambda x: (np.linalg.eigh(x)[1] ** 3).sum())(SYMMETRIC) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert all(np.array_equal(g, found[0]) for g in found)
    assert w.requires_grad
    assert v.requires_grad


def test_debug_names_the_operation_and_the_line() -> None:
    bad: Any = several(
        lambda x: (x, 2 * x), lambda g, x: g[0] / 0.0, call=lambda x: (x + 0, 2 * x), name="bad",
    )  # fmt: skip
    x = ag.Tensor(1.0, requires_grad=True)
    with pytest.raises(ag.errors.NonFiniteError, match="the derivative of bad by its argument x"), ag.debug():  # noqa: PT012
        y, _ = apply(bad, (x,), NO_SETTINGS)
        y.backward()


def test_the_check_names_the_wrong_operation_among_right_ones() -> None:
    wrong: Any = several(
        lambda x: (np.sin(x), np.cos(x)),
        lambda g, x: (0 if g[0] is None else g[0] * np.cos(x)) + (0 if g[1] is None else 1.1 * g[1]),
        call=lambda x: (np.sin(x), np.cos(x)),
        name="wrong_waves",
    )

    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a + a.T)
        _, c = apply(wrong, (w,), NO_SETTINGS)
        return (c * np.linalg.slogdet(a)[1]).sum() + v[0, 0] ** 2

    with pytest.raises(ag.errors.GradcheckError, match="wrong_waves"):
        ag.gradcheck(f, [A])


# ----- a node stands for all operands -----


def test_one_solution_serves_the_shares_of_both_operands(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    solve = np.linalg.solve
    a, b = ag.Tensor(A, requires_grad=True), ag.Tensor(A[0], requires_grad=True)
    y = np.linalg.solve(a, b).sum()
    monkeypatch.setattr(np.linalg, "solve", lambda *given: (calls.append(1), solve(*given))[1])
    y.backward()
    assert len(calls) == 1
    np.testing.assert_allclose(b.grad, solve(A.T, np.ones(3)))
    np.testing.assert_allclose(a.grad, -np.outer(solve(A.T, np.ones(3)), solve(A, A[0])))


def test_a_stack_of_solutions_sums_the_shares_of_what_is_broadcast() -> None:
    b = RNG.normal(size=(4, 3, 2))
    found = ag.grad(lambda a, b: (np.linalg.solve(a, b) ** 2).sum(), argnums=(0, 1))(A, b)
    expected = ag.grad(lambda a, b: ((np.linalg.inv(a) @ b) ** 2).sum(), argnums=(0, 1))(A, b)
    for g, want in zip(found, expected, strict=True):
        np.testing.assert_allclose(g, want)


def test_a_picture_shows_one_box_with_its_results() -> None:
    a = ag.Tensor(SYMMETRIC, requires_grad=True, name="a")
    w, v = np.linalg.eigh(a)
    text = ag.visualize((w[0] * v).sum()).source
    assert text.count('label="eigh\\neigenvalues 3\\neigenvectors 3×3"') == 1
    assert text.count('label=" eigenvectors 3×3 "') == text.count('label=" eigenvalues 3 "') == 1
    lines = ag.explain((w[0] * v).sum(), names={"w": w, "v": v}).splitlines()
    assert any("(w, v)" in line and "= eigh(a)" in line for line in lines)
    assert any("through eigh" in line for line in lines)


# ----- the cell -----


@pytest.mark.parametrize("batch", [(), (4,), (2, 3)])
def test_the_cell_is_its_definition(batch: tuple[int, ...]) -> None:
    inputs = cell_inputs(*batch)
    every = tuple(range(7))

    def loss(cell: Any) -> Any:
        return lambda *given: sum(((k + 2) * np.sin(y)).sum() for k, y in enumerate(cell(*given)))

    for got, want in zip(lstm_cell(*inputs), composed(*inputs), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13)
    pairs = zip(ag.grad(loss(lstm_cell), every)(*inputs), ag.grad(loss(composed), every)(*inputs), strict=True)
    for got, want in pairs:
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-13)


def test_the_cell_stays_in_single_precision_and_takes_no_biases() -> None:
    inputs = [x.astype(np.float32) for x in cell_inputs(4)]
    leaves = [ag.Tensor(x, requires_grad=True) for x in inputs[:5]]
    h, c = lstm_cell(*leaves)
    (h.sum() + c.sum()).backward()
    assert {t.dtype for t in (h, c)} == {x.grad.dtype for x in leaves} == {np.dtype(np.float32)}
    zeros = np.zeros(12, np.float32)
    np.testing.assert_array_equal(h.numpy(), lstm_cell(*inputs[:5], zeros, zeros)[0])


def test_a_vmap_over_models_and_over_examples() -> None:
    x, h, c, *weights = cell_inputs()
    many = [np.stack([w, 2 * w]) for w in weights]
    f = ag.vmap(lambda *w: ag.grad(lambda *w: lstm_cell(x, h, c, *w)[0].sum(), (0, 1, 2, 3))(*w))
    single = ag.grad(lambda *w: lstm_cell(x, h, c, *w)[0].sum(), (0, 1, 2, 3))(*weights)
    for got, want in zip(f(*many), single, strict=True):
        np.testing.assert_allclose(got[0], want, rtol=1e-10, atol=1e-14)
    xs = RNG.normal(size=(5, 2))
    each = ag.vmap(ag.grad(lambda w, x: lstm_cell(x, h, c, w, *weights[1:])[0].sum()), (None, 0))(weights[0], xs)
    for k in range(5):
        single = ag.grad(lambda w, x=xs[k]: lstm_cell(x, h, c, w, *weights[1:])[0].sum())(weights[0])
        np.testing.assert_allclose(each[k], single, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("place", range(5))
def test_shapes_that_do_not_fit_are_refused(place: int) -> None:
    inputs = list(cell_inputs(4))
    inputs[place] = inputs[place][..., :-1]
    with pytest.raises(ShapeError, match=r"lstm_cell\(\) is given .* Write c of the shape of h"):
        lstm_cell(*inputs)


def test_the_graph_of_a_cell_is_one_operation() -> None:
    h, _ = lstm_cell(*[ag.Tensor(x, requires_grad=True) for x in cell_inputs(4)])
    names = {node.op.name for node in reachable([h._node]) if node.op is not None}
    assert names == {"lstm_cell"}


# ----- operations of the user's -----


def test_any_number_of_inputs() -> None:
    total = ag.custom_op(
        lambda *arrays, scale=1.0: scale * sum(arrays),
        vjp=lambda g, arrays, scale: tuple(scale * g for _ in arrays),
        name="total",
    )
    assert ag.grad(lambda a, b: total(a, b, a, scale=2.0) * b, argnums=(0, 1))(1.0, 2.0) == (8.0, 12.0)
    assert ag.jvp(total, (1.0, 2.0, 3.0), (1.0, 1.0, 1.0)) == (6.0, 3.0)
    np.testing.assert_allclose(ag.vmap(ag.grad(lambda x: total(x, x * x)))(np.arange(3.0)), [1, 3, 5])
    compiled = ag.compile(ag.grad(lambda x: total(x, x * x)))
    assert [compiled(2.0), compiled(3.0)] == [5.0, 7.0]


def shaped_rule(g: Any, f: Any, x: Any, shape: Any, mode: Any) -> Any:
    assert f is np.sin
    assert (shape, mode) == ((3, 1), "text")
    return None, (g * np.cos(x.reshape(shape))).reshape(x.shape), None, None


shaped = ag.custom_op(lambda f, x, shape, mode: f(x).reshape(shape), vjp=shaped_rule, name="shaped")


def test_arguments_that_are_no_arrays_are_handed_through() -> None:
    x = np.array([0.1, 0.2, 0.3])

    def f(x: Any) -> Any:
        return (shaped(np.sin, x, (3, 1), "text") ** 2).sum()

    want = 2 * np.sin(x) * np.cos(x)
    np.testing.assert_allclose(ag.grad(f)(x), want)
    np.testing.assert_allclose(ag.hessian(f)(x), np.diag(2 * np.cos(2 * x)), atol=1e-12)
    np.testing.assert_allclose(ag.vmap(ag.grad(f))(np.stack([x, x])), [want, want])
    compiled = ag.compile(ag.grad(f))
    for _ in range(3):
        np.testing.assert_allclose(compiled(x), want)
    with pytest.raises(UnsupportedError, match=r"a tuple with a Tensor in it.*Write the Tensor as an argument"):
        ag.grad(lambda n: shaped(np.sin, x, (n, 1), "text").sum())(3.0)


def test_a_function_that_is_handed_through_is_a_constant_of_a_compiled_call() -> None:
    applied = ag.custom_op(lambda f, x: f(x), vjp=lambda g, x: (None, g * np.cos(x)), name="applied")
    f = ag.compile(lambda fn, x: applied(fn, x))
    assert (f(np.sin, 0.5), f(np.cos, 0.5), f(np.sin, 0.5)) == (np.sin(0.5), np.cos(0.5), np.sin(0.5))


def test_rules_are_bound_later_by_number() -> None:
    product = ag.custom_op(lambda a, b: a * b, name="product")
    with pytest.raises(DeclarationError, match=r"no reverse rule\. Write product\.defvjp\(lambda g, a, b: \.\.\.\)"):
        ag.grad(product)(2.0, 3.0)
    assert product.defvjp(lambda g, b: g * b, argnums=0) is product
    assert ag.grad(product)(2.0, 3.0) == 3.0
    with pytest.raises(DeclarationError, match=r"no reverse rule for its argument b.*argnums=1"):
        ag.grad(product, argnums=1)(2.0, 3.0)
    product.defvjp(None, argnums=(1,))
    assert ag.grad(product, argnums=1)(2.0, 3.0) == 0.0
    product.defvjp(lambda g, b: g * b, lambda g, a: g * a)
    assert ag.grad(product, argnums=(0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert ag.hessian(lambda x: product(x, x))(2.0) == 2.0
    with pytest.raises(DeclarationError, match=r"defvjp of custom_op product is given 2 rules"):
        product.defvjp(None, None, argnums=(0, 0))


def test_rules_are_bound_later_together_and_forwards() -> None:
    product = ag.custom_op(lambda a, b: a * b, name="product").defvjp(lambda g, a, b: (g * b, g * a))
    product.defjvp(lambda tangents, a, b: tangents[0] * b + 5 * tangents[1])
    assert ag.grad(product, argnums=(0, 1))(2.0, 3.0) == (3.0, 2.0)
    assert ag.jvp(product, (2.0, 3.0), (1.0, 1.0))[1] == 8.0
    ahead = ag.custom_op(lambda x: 2 * x, jvp=lambda tangents: 2 * tangents[0], name="ahead")
    assert ag.jvp(ahead, (1.0,), (3.0,))[1] == 6.0
    with pytest.raises(DeclarationError, match="no reverse rule"):
        ag.grad(ahead)(1.0)


def test_a_check_waits_for_the_rules() -> None:
    double = ag.custom_op(lambda x: 2 * x, name="double", check=[A])
    with pytest.raises(ag.errors.GradcheckError):
        double.defvjp(lambda g: 3 * g)
    double.defvjp(lambda g: 2 * g)


def test_a_forward_rule_of_several_results() -> None:
    def ahead(tangents: Any, y: Any) -> Any:
        return tangents[0] * y.cosine, -tangents[0] * y.sine

    own = ag.custom_op(lambda x: Waves(np.sin(x), np.cos(x)), vjp=waves_rule, jvp=ahead, name="own", check=[A])
    np.testing.assert_allclose(ag.jvp(lambda x: own(x).sine * own(x).cosine, (0.3,), (1.0,))[1], np.cos(0.6))
    few = ag.custom_op(lambda x: (x, x), vjp=lambda g: 0.0, jvp=lambda tangents: tangents[0], name="few")
    with pytest.raises(RuleError, match="forward rule of few returned 1 tangents for 2 results"):
        ag.jvp(lambda x: few(x)[0], (0.3,), (1.0,))


def test_numerical_derivatives_of_several_results() -> None:
    with pytest.warns(ag.errors.NumericalDerivativeWarning):
        rough = ag.custom_op(lambda x, k=2.0: (np.sin(k * x), np.cos(x).sum()), numerical=True, name="rough")
    x = np.array([0.3, 0.7])
    g = ag.grad(lambda x: rough(x)[0].sum() * rough(x)[1])(x)
    want = ag.grad(lambda x: np.sin(2 * x).sum() * np.cos(x).sum())(x)
    np.testing.assert_allclose(g, want, rtol=1e-7)
    np.testing.assert_allclose(ag.jvp(lambda x: rough(x)[1], (x,), (x,))[1], -(np.sin(x) * x).sum(), rtol=1e-7)


def other_product(a: Array, b: Array) -> Array:
    return a * b


def share_of_a(g: Any, b: Any) -> Any:
    return g * b


bound = ag.custom_op(other_product).defvjp(share_of_a, argnums=0)


def test_bound_rules_are_copied_and_pickled() -> None:
    for again in (copy.deepcopy(bound), pickle.loads(pickle.dumps(bound))):
        assert ag.grad(again)(2.0, 3.0) == 3.0


def test_a_cycle_of_a_checkpoint_with_several_results_and_sources_keeps_nothing_packed() -> None:
    """Results of other shapes and dtypes, of which one is not used."""
    w32 = ag.Tensor(np.ones(2, np.float32), requires_grad=True)

    @ag.checkpoint
    def f(x: Any) -> Any:
        return {"a": np.sin(x) * 2, "b": (w32 * 2).sum(), "c": np.tanh(x)[None]}

    x = ag.Tensor(A[0], requires_grad=True)
    out = f(x)
    assert out["b"].dtype == np.float32
    (out["a"].sum() + out["b"]).backward()
    np.testing.assert_allclose(x.grad, 2 * np.cos(A[0]))
    assert w32.grad.dtype == np.float32
    np.testing.assert_allclose(w32.grad, [2, 2])


def test_layers_in_the_package_stay_apart() -> None:
    lines = Path(custom.__file__).read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if line.startswith(("from", "import")) and "check" in line]


def test_small_things_of_an_operation() -> None:
    assert ONE.requires_grad
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.slogdet(ag.Tensor(np.ones((2, 3)), requires_grad=True))
