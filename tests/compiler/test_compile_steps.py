"""Compiled steps: the same parameters, gradients, state and random numbers as the plain step, call after call."""

from __future__ import annotations

import cProfile
import gc
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from interrupts import AtCall, everywhere

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.compiler.recording.interception import recording

Step = Callable[..., Any]
SGDS: tuple[dict[str, Any], ...] = (
    {}, {"momentum": 0.9}, {"weight_decay": 0.01}, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    {"momentum": 0.9, "dampening": 0.1},
)  # fmt: skip


def training(dtype: Any = np.float64, loss: str = "cross_entropy", **options: Any) -> tuple[Step, nn.Module, Any]:
    layers = nn.Linear(6, 8, rng=0, dtype=dtype), nn.ReLU(), nn.Linear(8, 3, rng=1, dtype=dtype), nn.Tanh()
    model = nn.Sequential(*layers)
    opt = ag.optim.SGD(model.parameters(), lr=0.1, **options)
    rng = np.random.default_rng(5)

    def step(x: Any, y: Any) -> Any:
        opt.zero_grad()
        hidden = model[:2](x)
        kept = rng.random(hidden.shape) < 0.8
        error = getattr(nn.functional, loss)(model[2:](hidden * kept), y)
        error.backward()
        opt.step()
        return error

    return step, model, opt


def batches(dtype: Any, loss: str, count: int, rng: np.random.Generator) -> list[tuple[Any, Any]]:
    found = []
    for i in range(count):
        n = 5 if i % 7 == 3 else 4
        y = rng.integers(0, 3, n) if loss == "cross_entropy" else rng.standard_normal((n, 3)).astype(dtype)
        found.append((rng.standard_normal((n, 6)).astype(dtype), y))
    return found


def assert_same(a: Any, b: Any, tolerance: float) -> None:
    assert type(a) is type(b)
    assert a.dtype == b.dtype
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("options", SGDS, ids=str)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 2e-4)])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse_loss"])
def test_a_training_run_with_dropout_and_a_schedule(
    dtype: Any, tolerance: float, loss: str, options: dict[str, Any], rng: np.random.Generator
) -> None:
    plain, model, opt = training(dtype, loss, **options)
    step, twin, twin_opt = training(dtype, loss, **options)
    compiled = ag.compile(step)
    for i, (x, y) in enumerate(batches(dtype, loss, 60, rng)):
        opt.lr = twin_opt.lr = 0.1 / (1 + 0.05 * i)
        assert_same(plain(x, y), compiled(x, y), tolerance)
        for p, q in zip(model.parameters(), twin.parameters(), strict=True):
            assert_same(p, q, tolerance)
            assert_same(p.grad, q.grad, tolerance)
    assert len(compiled.programs) == 2
    assert compiled.programs.recordings == (3 if options.get("momentum") else 2)


def test_a_thousand_steps() -> None:
    plain, model, _ = training(momentum=0.9)
    step, twin, _ = training(momentum=0.9)
    compiled = ag.compile(step)
    x, y = np.linspace(-1, 1, 24).reshape(4, 6), np.array([0, 1, 2, 0])
    for _ in range(1000):
        a, b = plain(x, y), compiled(x, y)
    assert_same(a, b, 1e-9)
    assert_same(model[0].weight, twin[0].weight, 1e-9)


def test_the_perceptron_is_equal_to_the_last_bit_before_products_are_reordered() -> None:
    other_roundings = {"identities", "dots", "small_arrays"}
    passes = tuple(name for name in ag.compiler.passes.PASSES if name not in other_roundings)

    def made() -> tuple[Step, Any]:
        model = nn.Sequential(
            nn.Linear(2, 3, rng=0), nn.Sigmoid(), nn.Linear(3, 2, rng=1), nn.Sigmoid(), nn.Softmax(-1)
        )
        opt = ag.optim.SGD(model.parameters(), lr=0.01)

        def step(x: Any, y: Any) -> Any:
            opt.zero_grad()
            loss = ag.half_squared_error(model(x), y)
            loss.backward()
            opt.step()
            return loss

        return step, model

    (plain, model), (step, twin) = made(), made()
    compiled = ag.compile(step, passes=passes)
    x, y = ag.Tensor([[1.0, 2.0]]), ag.Tensor([[0.0, 1.0]])
    for _ in range(50):
        assert plain(x, y).item() == compiled(x, y).item()
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert np.array_equal(p.numpy(), q.numpy())
        assert np.array_equal(p.grad.numpy(), q.grad.numpy())


# ----- other forms -----


def rosenbrock(x: Any) -> Any:
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


FORMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "a plain function": (lambda x, y: np.sin(x) @ y, (np.ones((2, 3)), np.ones(3))),
    "grad": (ag.grad(rosenbrock), (np.linspace(-1, 1, 7),)),
    "value_and_grad": (ag.value_and_grad(rosenbrock), (np.linspace(-1, 1, 7),)),
    "of a tree": (ag.value_and_grad(lambda p: np.sum(p["w"] ** 2) * p["b"]), ({"w": np.arange(3.0), "b": 2.0},)),
    "of numbers": (ag.grad(lambda a, b: a**2 * np.sin(b), (0, 1)), (2.0, 0.5)),
    "hessian": (ag.hessian(rosenbrock), (np.linspace(-1, 1, 5),)),
    "hvp": (lambda x, v: ag.hvp(rosenbrock, (x,), (v,)), (np.linspace(-1, 1, 5), np.ones(5))),
    "jvp": (lambda x, v: ag.jvp(rosenbrock, (x,), (v,)), (np.linspace(-1, 1, 5), np.ones(5))),
    "jacobian": (ag.jacobian(lambda x: np.outer(x, np.exp(x))), (np.arange(3.0),)),
    "vmap": (ag.vmap(ag.grad(rosenbrock)), (np.linspace(-1, 1, 15).reshape(3, 5),)),
    "vmap of a loss with classes": (
        ag.vmap(ag.grad(lambda x, y: nn.functional.cross_entropy(x, y))),
        (np.linspace(-1, 1, 12).reshape(4, 3), np.array([0, 2, 1, 1])),
    ),
    "second order": (ag.grad(lambda x: np.sum(ag.grad(rosenbrock)(x) ** 2)), (np.linspace(-1, 1, 5),)),
    "checkpoint": (ag.grad(lambda x: np.sum(ag.checkpoint(np.sin)(x * x))), (np.arange(3.0),)),
    "nothing": (lambda: np.zeros(3), ()),
    "keywords": (lambda x, *, scale: x * scale, (np.ones(2),)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_a_form_compiled_is_the_form(name: str) -> None:
    f, args = FORMS[name]
    kwargs = {"scale": 2.0} if name == "keywords" else {}
    compiled = ag.compile(f)
    for _ in range(3):
        expected, found = ag.tree.flatten(f(*args, **kwargs)), ag.tree.flatten(compiled(*args, **kwargs))
        assert expected[1] == found[1]
        for a, b in zip(expected[0], found[0], strict=True):
            assert type(a) is type(b)
            np.testing.assert_allclose(a, b, rtol=1e-12)
    assert compiled.programs.recordings == 1


def test_a_functional_step_on_a_tree_of_parameters() -> None:
    def step(params: Any, x: Any, lr: float) -> Any:
        value, g = ag.value_and_grad(lambda p: np.mean((x @ p["w"] + p["b"]) ** 2))(params)
        return value, ag.tree.map(lambda p, d: p - lr * d, params, g)

    compiled = ag.compile(step)
    params = twin = {"w": np.ones((3, 2)), "b": np.zeros(2)}
    for i in range(10):
        x = np.linspace(-1, 1, 12).reshape(4, 3) + i
        value, params = step(params, x, 0.1 / (i + 1))
        found, twin = compiled(twin, x, 0.1 / (i + 1))
        assert value == pytest.approx(found, rel=1e-12)
    np.testing.assert_allclose(params["w"], twin["w"], rtol=1e-11)
    assert compiled.programs.recordings == 1  # also for another learning rate


# ----- what is read from outside -----


def test_numbers_and_arrays_of_closures_are_never_frozen() -> None:
    scale, table, held = 2.0, np.arange(3.0), {"shift": 1.0}

    @ag.compile
    def f(x: Any) -> Any:
        return scale * x + table + held["shift"]

    x = np.ones(3)
    assert f(x).tolist() == [3.0, 4.0, 5.0]
    table[0] = 10.0
    assert f(x).tolist() == [13.0, 4.0, 5.0]
    assert f.programs.recordings == 1
    held["shift"] = 0.0
    assert f(x).tolist() == [12.0, 3.0, 4.0]
    scale = 3.0
    assert f(x).tolist() == [13.0, 4.0, 5.0]
    table = np.zeros(3)
    assert f(x).tolist() == [3.0, 3.0, 3.0]


def test_arrays_in_tuples_and_defaults_are_read() -> None:
    held, table = (np.ones(2), 3.0), np.zeros(2)

    def plain(x: Any, table: Any = table) -> Any:
        return x + held[0] * held[1] + table

    f = ag.compile(plain)
    assert f(np.zeros(2)).tolist() == [3.0, 3.0]
    held[0][:] = 5.0
    assert f(np.zeros(2)).tolist() == [15.0, 15.0]
    table[0] = 1.0
    assert [f(np.zeros(2)).tolist() for _ in range(2)] == [[16.0, 15.0]] * 2
    assert f.programs.recordings == 1


@dataclass
class Settings:
    scale: float = 2.0
    shift: Any = None


def test_fields_of_a_dataclass_are_compared_though_no_code_names_them() -> None:
    settings = Settings(shift=np.ones(2))
    f = ag.compile(lambda x: sum(ag.tree.leaves(settings), x))
    assert f(np.zeros(2)).tolist() == [3.0, 3.0]
    settings.scale = 5.0
    settings.shift[0] = 7.0
    assert f(np.zeros(2)).tolist() == [12.0, 6.0]


def _assigned_at(a: Any, v: Any, places: Any) -> Any:
    b = a * 1.0
    b[places] = v
    return np.sum(b * np.arange(1.0, 13.0).reshape(4, 3))


@pytest.mark.parametrize("reached", ["argument", "closure", "partial"])
def test_values_written_over_have_no_gradient_whatever_index_wrote_them(reached: str) -> None:
    """The index is read at every call: a place may occur twice in a later one."""
    places, a, v = np.array([0, 1, 2]), np.ones((4, 3)), np.full((3, 3), 2.0)
    plain = ag.grad(_assigned_at, argnums=(0, 1))
    compiled = {
        "argument": ag.compile(plain),
        "closure": ag.compile(lambda a, v: plain(a, v, places)),
        "partial": ag.compile(partial(plain, places=places)),
    }[reached]
    for given in ([0, 1, 2], [0, 2, 0], [-4, 0, 1], [3, 3, 3]):
        places[:] = given
        for _ in range(2):
            found = compiled(a, v, places) if reached == "argument" else compiled(a, v)
            for x, y in zip(plain(a, v, places), found, strict=True):
                np.testing.assert_array_equal(x, y)


def test_a_mask_that_decides_a_shape_is_compared_by_its_values() -> None:
    mask = np.array([True, False, True])
    f = ag.compile(lambda x: x[mask])
    x = np.arange(3.0)
    assert [f(x).tolist() for _ in range(2)] == [[0.0, 2.0]] * 2
    assert f.programs.recordings == 1
    mask[1] = True
    assert f(x).tolist() == [0.0, 1.0, 2.0]


def test_an_array_made_in_the_function_is_no_constant_somebody_shares() -> None:
    f = ag.compile(lambda x: np.zeros(2))
    first = f(1.0)
    first[0] = 5.0
    assert f(1.0).tolist() == [0.0, 0.0]


def test_a_parameter_assigned_from_outside_and_one_put_in_its_place() -> None:
    model = nn.Linear(2, 1, rng=0)
    f = ag.compile(lambda x: model(x))
    x = np.ones((1, 2))
    f(x)
    model.weight.assign(np.zeros((1, 2)))
    assert f(x).item() == model.bias.item()
    model.weight.data[:] = 1.0
    assert f(x).item() == 2 + model.bias.item()
    model.weight = nn.Parameter(np.full((1, 2), 5.0))
    assert f(x).item() == 10 + model.bias.item()
    assert f.programs.recordings == 2


def test_a_mode_and_a_setting_have_programs_of_their_own() -> None:
    class Model(nn.Module):
        def forward(self, x: Any) -> Any:
            return 2 * x if self.training else x

    model = Model()
    model.training = True
    f = ag.compile(lambda x, power: model(x) ** power)
    assert [f(np.array(3.0), 1), f(np.array(3.0), 2)] == [6.0, 36.0]
    model.training = False
    assert [f(np.array(3.0), 1), f(np.array(3.0), 2)] == [3.0, 9.0]


def test_a_model_given_as_an_argument_is_read_at_every_call() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.weight = nn.Parameter(np.ones(2))
            self.scale = 2.0

        def forward(self, x: Any) -> Any:
            return self.scale * self.weight * x if self.training else x

    class Trainer:
        rate = 3.0

        @ag.compile
        def run(self, x: Any) -> Any:
            return self.rate * x

    model, trainer, f = Model(), Trainer(), ag.compile(lambda model, x: model(x))
    trainer.rate = 4.0
    x = np.ones(2)
    assert f(model, x).numpy().tolist() == [2.0, 2.0]
    model.scale = np.array([1.0, 3.0])
    assert f(model, x).numpy().tolist() == [1.0, 3.0]
    model.training = False
    assert f(model, x).tolist() == [1.0, 1.0]
    assert f(Model(), x).numpy().tolist() == [2.0, 2.0]
    assert trainer.run(x).tolist() == [4.0, 4.0]
    trainer.rate = 5.0
    assert trainer.run(x).tolist() == [5.0, 5.0]


def test_a_variable_of_another_kind_is_another_program() -> None:
    held: dict[str, Any] = {}
    f = ag.compile(lambda x: x * held["scale"])
    x = np.ones(2, np.float32)
    found = []
    for scale in (2.0, np.float64(2.0), 2, np.full(2, 2.0), np.full(2, 2), 2.0):
        held["scale"] = scale
        y = f(x)
        found.append(y.dtype)
        assert y.tolist() == [2.0, 2.0]
    assert found == [np.float32, np.float64, np.float32, np.float64, np.float64, np.float32]


def test_numbers_that_decide_what_is_done_are_fixed() -> None:
    f = ag.compile(lambda x, n, a: np.stack([x] * n) * (a if a > 0 else -1.0))
    assert f(np.ones(2), 3, 2.0).tolist() == [[2.0, 2.0]] * 3
    assert f(np.ones(2), 2, -2.0).tolist() == [[-1.0, -1.0]] * 2
    assert f(np.ones(2), 3, 2.0).tolist() == [[2.0, 2.0]] * 3
    assert f.programs.recordings == 2


def test_gradients_accumulate_where_they_are_not_forgotten() -> None:
    def made() -> tuple[Any, Step]:
        w = ag.Tensor([1.0, 2.0], requires_grad=True)

        def step(x: Any) -> None:
            np.sum(w * x).backward()

        return w, step

    (w, plain), (v, step) = made(), made()
    compiled = ag.compile(step)
    for i in range(5):
        plain(np.array([1.0, i]))
        compiled(np.array([1.0, i]))
        assert np.array_equal(w.grad.numpy(), v.grad.numpy())
        kept = v.grad.numpy().copy()
        compiled(np.zeros(2))
        assert np.array_equal(v.grad.numpy(), kept)
    v.zero_grad()
    compiled(np.ones(2))
    assert v.grad.numpy().tolist() == [1.0, 1.0]


def test_running_statistics_are_read_and_written() -> None:
    mean = ag.Tensor(np.zeros(2))

    @ag.compile
    def f(x: Any) -> Any:
        mean.assign(0.9 * mean + 0.1 * x)
        return x - mean

    for _ in range(3):
        result = f(np.ones(2))
    np.testing.assert_allclose(mean.numpy(), np.full(2, 1 - 0.9**3))
    np.testing.assert_allclose(result.numpy(), np.full(2, 0.9**3))


def test_random_numbers_go_on() -> None:
    ag.manual_seed(3)
    layer = ag.compile(lambda x, rng: x + rng.standard_normal(2) + ag.engine.generators.generator().random())
    a, b = np.random.default_rng(1), np.random.default_rng(1)
    found = [layer(np.zeros(2), a) for _ in range(3)]
    ag.manual_seed(3)
    for y in found:
        assert np.array_equal(y, b.standard_normal(2) + ag.engine.generators.generator().random())


def test_what_is_returned_belongs_to_the_caller() -> None:
    w = ag.Tensor(np.ones(3))
    f = ag.compile(lambda x: (x, x[:2], w * 1.0, np.transpose(x)))
    x = np.arange(3.0)
    for _ in range(2):
        for y in f(x):
            (y.data if isinstance(y, ag.Tensor) else y)[0] = 7.0
        assert x.tolist() == [0.0, 1.0, 2.0]
        assert w.numpy().tolist() == [1.0, 1.0, 1.0]


def test_a_saved_parameter_is_not_written_over() -> None:
    step, model, _ = training()
    compiled = ag.compile(step)
    x, y = np.ones((4, 6)), np.array([0, 1, 2, 0])
    compiled(x, y)
    before = model[0].weight.detach()
    value = before.numpy().copy()
    compiled(x, y)
    assert np.array_equal(before.numpy(), value)
    assert not np.array_equal(model[0].weight.numpy(), value)


def test_all_or_nothing() -> None:
    w = ag.Tensor([1.0], requires_grad=True)
    opt = ag.optim.SGD([w], lr=0.1)

    @ag.compile
    def step(labels: Any) -> Any:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(w * np.ones((2, 3)), labels)
        loss.backward()
        opt.step()
        return loss

    step(np.array([0, 1]))
    value = w.item()
    with pytest.raises(ValueError, match="cross_entropy"):
        step(np.array([0, 7]))
    assert w.item() == value
    step(np.array([2, 1]))
    assert step.programs.recordings == 1


@pytest.mark.parametrize("traced", [False, True], ids=["", "while another thread traces"])
def test_an_interrupt_leaves_all_or_nothing(traced: bool) -> None:
    step, model, _ = training(momentum=0.5)
    compiled = ag.compile(step, verify=0)  # the call of the program alone
    x, y = batches(np.float64, "cross_entropy", 1, np.random.default_rng(0))[0]
    for _ in range(3):
        compiled(x, y)

    def state() -> list[bytes]:
        return [t.numpy().tobytes() for p in model.parameters() for t in (p, p.grad)]

    found = set()
    with tracing_elsewhere() if traced else nullcontext():
        for block in everywhere(AtCall):
            before = state()
            with np.errstate(), block:  # NOTE: NumPy's errstate does not end where it is interrupted at its beginning
                compiled(x, y)
            changed = [a != b for a, b in zip(before, state(), strict=True)]
            assert all(changed) or not any(changed)
            found.add(any(changed))
    assert found == {False, True}


@contextmanager
def tracing_elsewhere() -> Iterator[None]:
    """Have another thread trace meanwhile."""
    begun, done = threading.Event(), threading.Event()

    def trace() -> None:
        with recording(_Nothing()):
            begun.set()
            done.wait()

    thread = threading.Thread(target=trace)
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        done.set()
        thread.join()


class _Nothing:
    """A trace that sees nothing."""

    def observed(self, *_: Any) -> None:
        """See nothing."""


def test_a_watcher_of_the_garbage_collector_may_read_the_clock() -> None:
    """It is none of the function's code either: that nobody knew of it before is no reason to record a second time."""
    runs: list[float] = []

    names: dict[str, Any] = {"clock": time.perf_counter}
    exec("def watcher(phase, info):\n    clock()", names)  # of which nothing here knows
    watcher = names["watcher"]

    @ag.custom_op(vjp=lambda g, x: 2 * g)
    def twice(x: Any) -> Any:
        runs.append(x)
        return x * 2

    def f(x: Any) -> Any:
        gc.collect()
        return twice(x)

    gc.collect()  # what is left of other tests may run code when it goes
    gc.callbacks.append(watcher)
    try:
        assert ag.compile(f, verify=0)(3.0) == 6.0
    finally:
        gc.callbacks.remove(watcher)
    assert len(runs) == 1


def test_a_run_that_makes_named_tuples_is_recorded_once() -> None:
    """Their constructors, which `namedtuple` makes of a text, are no code of the user's that nobody knew of before."""
    pair = namedtuple("pair", "left right")
    runs: list[Any] = []

    @ag.custom_op(vjp=lambda g, x: 2 * g)
    def twice(x: Any) -> Any:
        runs.append(x)
        return x * 2

    def f(x: Any) -> Any:
        both = pair(x, twice(x))
        return (both.left * both.right).sum()

    ag.compile(ag.value_and_grad(f), verify=0)(np.ones(2))
    assert len(runs) == 1


def test_threads_may_call_and_record() -> None:
    table = np.full(1, 1.0)
    f = ag.compile(ag.grad(lambda x: rosenbrock(x) * table[0]))
    failures: list[Any] = []

    def work(n: int) -> None:
        x = np.linspace(-1, 1, n)
        failures.extend([n for _ in range(20) if not np.allclose(f(x), ag.grad(rosenbrock)(x))])

    threads = [threading.Thread(target=work, args=(n,)) for n in (5, 6, 7, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert f.programs.recordings == len(f.programs) == 3
    assert type(table) is np.ndarray


def test_tensors_of_default_arguments_are_called_after_them() -> None:
    w, v = ag.Tensor([1.0, 2.0], requires_grad=True), ag.Tensor([3.0, 4.0], requires_grad=True)

    @ag.compile
    def step(w: Any = w, others: Any = (v,)) -> Any:
        loss = (w * w * others[0]).sum()
        loss.backward()
        return loss

    for _ in range(3):
        w.grad = v.grad = None
        assert step().item() == 19.0
        assert w.grad.numpy().tolist() == [6.0, 16.0]
        assert v.grad.numpy().tolist() == [1.0, 4.0]
    assert "def step(w, others_0):" in step.source


def test_a_compiled_function_in_a_compiled_function_and_a_method() -> None:
    inner = ag.compile(lambda x: np.sin(x))

    class Model:
        @ag.compile
        def double(self, x: Any) -> Any:
            return 2 * inner(x)

    assert Model().double(np.ones(2)).tolist() == (2 * np.sin(np.ones(2))).tolist()


def test_a_saved_file_runs_alone(tmp_path: Path) -> None:
    w = ag.Tensor(np.arange(6.0).reshape(3, 2) / 7, requires_grad=True, name="W")
    opt = ag.optim.SGD([w], lr=0.25)

    @ag.compile
    def step(x: Any) -> Any:
        opt.zero_grad()
        loss = np.sum(np.tanh(x @ w) ** 2)
        loss.backward()
        opt.step()
        return loss

    x = np.linspace(-1, 1, 6).reshape(2, 3)
    step(x)
    path = step.program.save(tmp_path / "step.py")
    text = path.read_text()
    assert "import numpy as np" in text
    assert "import autograd_lite" not in text
    done = subprocess.run([sys.executable, "-I", str(path)], capture_output=True, text=True, check=True)
    expected = step(x)
    shown = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
    assert float(shown["loss"]) == pytest.approx(expected.item(), rel=1e-7)
    space: dict[str, Any] = {"__name__": "saved"}
    exec(text, space)
    assert len(space["step"](x, w.numpy(), 0.25)) == 3


def test_a_profiler_goes_on_after_a_recording() -> None:
    profiler = cProfile.Profile()
    f = ag.compile(lambda x: np.sin(x) + 1)
    profiler.enable()
    try:
        assert [f(0.0), f(0.0)] == [1.0, 1.0]
        len(sorted([2, 1]))
    finally:
        profiler.disable()
    called = [str(entry.code) for entry in profiler.getstats()]
    assert any("sorted" in name for name in called)
