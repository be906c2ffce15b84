"""Copies and pickles of what is called: transforms, operations, compiled functions, modules that hold them."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pickled
import pytest
from pickled import Net, flat, improved, number, pair, product, residual, solve, vector
from test_copies import COPIES

import autograd_lite as ag
from autograd_lite import errors, implicit, nn
from autograd_lite.engine.registry import REGISTRY
from autograd_lite.transforms.watched import ARGUMENT

X = np.array([0.3, 0.7])
MATRIX = np.array([[0.3, 0.7], [0.2, 0.9]])
CALLED: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "grad": (ag.grad(number), (X,)),
    "grad with settings": (ag.grad(product, argnums=(0, 1)), (X, X)),
    "grad with aux": (ag.grad(pair, has_aux=True), (X,)),
    "grad of grad": (ag.grad(ag.grad(np.sin)), (0.5,)),
    "value_and_grad": (ag.value_and_grad(number), (X,)),
    "elementwise_grad": (ag.elementwise_grad(vector), (X,)),
    "jacobian": (ag.jacobian(vector, mode="reverse"), (X,)),
    "hessian": (ag.hessian(number), (X,)),
    "vmap": (ag.vmap(vector, in_axes=1, out_axes=1), (MATRIX,)),
    "vmap of grad": (ag.vmap(ag.grad(number)), (MATRIX,)),
    "checkpoint": (ag.checkpoint(vector), (X,)),
    "grad of checkpoint": (ag.grad(ag.checkpoint(number)), (X,)),
    "root": (implicit.root(residual, solve), (2.0,)),
    "grad of root": (ag.grad(implicit.root(residual, solve)), (2.0,)),
    "fixed_point": (implicit.fixed_point(improved, tol=1e-10, max_iterations=500), (1.0, 1.0)),
    "vjp": (functools.partial(ag.vjp, number), (X,)),
    "jvp": (functools.partial(ag.jvp, vector), ((X,), (X,))),
    "hvp": (functools.partial(ag.hvp, number), ((X,), (X,))),
    "pullback": (ag.vjp(vector, X)[1], (X,)),
    "pullback of two": (ag.vjp(product, X, 2 * X)[1], (1.0,)),
    "pullback at a Tensor": (ag.vjp(vector, ag.Tensor(X))[1], (X,)),
    "linearize": (ag.linearize(vector, X)[1], (X,)),
    "functional_call": (functools.partial(nn.functional_call, nn.Linear(2, 1)), ({"bias": np.ones(1)}, X)),
    "unravel": (ag.tree.ravel({"a": X, "b": (1.0, MATRIX)})[1], (np.arange(7.0),)),
    "unravel of nothing": (ag.tree.ravel({})[1], (np.zeros(0),)),
    "custom_op": (pickled.decaying, (X,)),
    "grad of custom_op": (ag.elementwise_grad(pickled.decaying), (X,)),
    "custom_op, another name": (pickled.renamed, (X,)),
    "custom_op, decorated": (pickled.square, (X,)),
    "checkpoint, decorated": (pickled.layer, (X,)),
    "grad, decorated": (pickled.slope, (X,)),
    "twice decorated": (pickled.both, (X,)),
    "vmap, decorated": (pickled.each, (MATRIX,)),
    "compile, decorated": (pickled.compiled, (X,)),
    "compile": (ag.compile(number), (X,)),
    "compile of grad": (ag.compile(ag.grad(number), passes=("dead_code",)), (X,)),
    "grad of partial": (ag.grad(functools.partial(product, X)), (X,)),
    "a layer": (nn.Sequential(nn.Linear(2, 3), nn.Tanh()), (X,)),
    "a network": (Net(), (X,)),
    "compile of a module": (ag.compile(nn.Sequential(nn.Linear(2, 3), nn.Tanh())), (X,)),
    "compile of a method": (Net().fast, (X,)),
    "a method, checkpointed": (Net().deep, (X,)),
    "a method, compiled": (Net().quick, (X,)),
}


def objects() -> dict[str, Any]:
    """Return one of everything that the package hands out and that is not called."""
    w, model = ag.Tensor(X, requires_grad=True, name="w"), nn.Sequential(nn.Linear(2, 3), nn.ReLU())
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    model(MATRIX).sum().backward()
    optimizer.step()
    return {
        "leaf": w, "dtype": w.dtype, "handle": w.register_hook(pickled.doubled), "bound method": w.sum,
        "method": ag.Tensor.sum, "own method": ag.Tensor.view, "in-place method": ag.Tensor.add_,
        "topk": ag.Tensor(X).topk(1), "report": ag.gradcheck(np.sin, X), "picture": ag.visualize((w * 2).sum()),
        "explained": ag.explain((w * 2).sum()), "model": model, "optimizer": optimizer, "both": (model, optimizer),
        "network": Net(), "monitor": ag.viz.Monitor(model), "state": model.state_dict(),
        "keys": model.load_state_dict(model.state_dict()), "minimum": ag.optimize.minimize(number, X),
        "structure": ag.tree.flatten({"a": X})[1], "no_grad": ag.no_grad(), "enable_grad": ag.enable_grad(),
        "error": errors.ShapeError("x"),
    }  # fmt: skip


@pytest.mark.parametrize("name", objects())
def test_objects_are_copied_and_pickled(name: str) -> None:
    x = objects()[name]
    for copied in COPIES.values():
        twin = copied(x)
        assert type(twin) is type(x)
        assert looks(twin) == looks(x)


def looks(x: Any) -> str:
    """Return how something is shown, without what a copy cannot have: its place in memory, and what made it."""
    return re.sub(r", op=\w+| object at 0x\w+", "", str(x))


def near(found: Any, expected: Any) -> None:
    for a, b in zip(flat(found), flat(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
@pytest.mark.parametrize("name", CALLED)
def test_a_copy_computes_the_same(name: str, copied: Callable[[Any], Any]) -> None:
    f, args = CALLED[name]
    twin = copied(f)
    results = [f(*args), twin(*args), twin(*args), copied(twin)(*args)]
    expected, *others = [flat([y for y in r if not callable(y)] if isinstance(r, tuple) else r) for r in results]
    for found in others:
        for a, b in zip(expected, found, strict=True):
            np.testing.assert_array_equal(a, b, strict=True)
    assert getattr(twin, "__name__", None) == getattr(f, "__name__", None)


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_every_operation_and_public_object(copied: Callable[[Any], Any]) -> None:
    for fn, op in REGISTRY.items():
        if "<" not in getattr(fn, "__qualname__", ""):  # as those that other tests have declared
            assert copied(op) is op
    for space in (ag, nn, nn.functional, ag.optim, ag.tree, ag.optimize, implicit, ag.testing, ag.viz):
        for name in getattr(space, "__all__", [n for n in vars(space) if n[0] != "_"]):
            x = getattr(space, name)
            if callable(x) and str(getattr(x, "__module__", "")).startswith("autograd_lite"):
                assert copied(x) is x


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_decorated_function_is_found_by_its_name(protocol: int) -> None:
    functions = (pickled.square, pickled.layer, pickled.slope, pickled.both, pickled.each, pickled.compiled)
    lambdas = (pickled.of_a_lambda, pickled.of_two, pickled.compiled_lambda, pickled.operation)
    for f in (*functions, *lambdas, Net.deep, Net.quick):
        assert pickle.loads(pickle.dumps(f, protocol)) is f


def test_what_a_transform_returns_looks_as_what_it_was_made_of() -> None:
    made = [ag.grad(product), ag.jacobian(product), ag.vmap(product), ag.checkpoint(product)]
    for f in (*made, pickle.loads(pickle.dumps(ag.grad(product)))):
        assert (f.__name__, f.__qualname__, f.__module__) == ("product", "product", "pickled")
        assert f.__wrapped__ is product
        assert list(inspect.signature(f).parameters) == ["a", "b"]
    assert repr(ag.grad(product)) == "<grad of product>"
    np.testing.assert_array_equal(ag.grad(product)(X, b=X), X**2)


def test_what_a_transform_returns_is_a_method_in_a_class() -> None:
    class Scaled:
        factor = 3.0

        @ag.elementwise_grad
        def zeroth(self: Any) -> Any:
            return self

        @ag.checkpoint
        def times(self, x: Any) -> Any:
            return self.factor * x

    assert Scaled().times(2.0) == 6.0
    assert Scaled.times(Scaled(), 2.0) == 6.0


def test_a_copy_of_a_model_computes_with_its_own_weights() -> None:
    model = Net()
    plain = flat([model.loss(X), ag.grad(model.loss)(X)])
    for _ in range(3):
        assert all(f(X) is not None for f in (model.fast, model.faster, model.slope, model.quick))
    for copied in (copy.deepcopy, *(lambda m, p=p: pickle.loads(pickle.dumps(m, p)) for p in range(6))):
        twin = copied(model)
        with ag.no_grad():
            twin.first.weight.assign(2 * twin.first.weight)
        expected = flat([twin.loss(X), ag.grad(twin.loss)(X)])
        assert not np.array_equal(expected[0], plain[0])
        assert len(twin.fast.programs) == twin.fast.programs.recordings == 0
        for _ in range(3):
            near([twin.fast(X), twin.faster(X)[1]], expected)
            np.testing.assert_allclose(twin.faster(X)[0].item(), expected[0])
            near(twin.slope(X), expected[1])
            near(twin.quick(X), np.sum(twin(X)))
            near([model.fast(X), model.slope(X)], plain)
        assert twin.kept.__wrapped__ is twin.first


def test_a_copy_of_a_step_trains_the_copy() -> None:
    model = nn.Linear(2, 1)
    trainer = Trainer(model)
    trainer.step(MATRIX)
    trainer.step(MATRIX)
    for copied in (c for c in COPIES.values() if c is not copy.copy):
        twin, before = copied(trainer), model.weight.numpy().copy()
        plain = copied(trainer)
        for _ in range(4):
            twin.step(MATRIX)
            plain.plain_step(MATRIX)
        np.testing.assert_array_equal(model.weight.numpy(), before)
        np.testing.assert_allclose(twin.model.weight.numpy(), plain.model.weight.numpy(), rtol=1e-13)
        assert not np.array_equal(twin.model.weight.numpy(), before)


class Trainer:
    def __init__(self, model: Any) -> None:
        self.model = model
        self.optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        self.step = ag.compile(self.plain_step)

    def plain_step(self, x: Any) -> Any:
        self.optimizer.zero_grad()
        loss = np.mean(self.model(x) ** 2)
        loss.backward()
        self.optimizer.step()
        return loss


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES.keys())
def test_hooks_go_with_a_copy_and_their_handles(copied: Callable[[Any], Any]) -> None:
    w = ag.Tensor(X, requires_grad=True)
    w.register_hook(pickled.doubled)
    twin = copied(w)
    np.sum(twin).backward()
    assert twin.grad.tolist() == [2.0, 2.0]
    if copied is copy.copy:
        return
    pair = copied([w, w.register_hook(pickled.doubled)])
    np.sum(pair[0]).backward()
    assert pair[0].grad.tolist() == [4.0, 4.0]
    pair[1].remove()
    pair[0].register_hook(pickled.doubled)
    np.sum(pair[0]).backward()
    assert pair[0].grad.tolist() == [8.0, 8.0]


def test_settings_of_a_compiled_function_are_copied() -> None:
    f = ag.compile(number, passes=("dead_code", "views"))
    for copied in COPIES.values():
        twin = copied(f)
        twin(X)
        stages = [[name for name, _ in g.program._numpy.stages] for g in (twin, _called(f))]
        assert stages[0] == stages[1]
        assert twin._choices.passes == f._choices.passes


def _called(f: Any) -> Any:
    f(X)
    return f


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_program_keeps_its_texts(protocol: int) -> None:
    trainer = Trainer(nn.Linear(2, 1))
    functions = [(trainer.step, MATRIX), (ag.compile(ag.hessian(number)), X), (ag.compile(Net().faster), X)]
    for f, x in functions:
        f(x)
        f(x)
        several = pickle.loads(pickle.dumps(f.programs, protocol))
        assert (len(several), several.recordings) == (len(f.programs), f.programs.recordings)
        for second in (several[0], pickle.loads(pickle.dumps(f.program, protocol))):
            first = f.program
            assert first.source == second.source
            assert str(first.formulas()) == str(second.formulas())
            assert first.report() == second.report()
            assert first.visualize().source == second.visualize().source
            assert repr(first) == repr(second)


def test_a_pullback_of_what_changed_is_refused() -> None:
    scale = [1.0]
    global changing

    def changing(x: Any) -> Any:
        return x * scale[0]

    changing.__qualname__ = "changing"
    stored = pickle.dumps(ag.vjp(changing, X)[1])
    scale[0] = 2.0
    with pytest.raises(errors.CopyError, match="another result"):
        pickle.loads(stored)
    w = ag.Tensor(X, requires_grad=True)
    with pytest.raises(errors.CopyError, match="Tensors from outside"):
        pickle.dumps(ag.vjp(number, w)[1])


def test_an_operation_without_a_name_is_refused() -> None:
    with pytest.raises(errors.CopyError, match=r"ag\.custom_op"):
        pickle.dumps(ARGUMENT)


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_pool_of_processes_maps_a_gradient(method: str) -> None:
    xs = [X, 2 * X, 3 * X]
    with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
        for f in (ag.grad(number), ag.compile(ag.value_and_grad(number)), pickled.layer):
            near(list(pool.map(f, xs)), [f(x) for x in xs])
