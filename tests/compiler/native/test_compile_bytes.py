"""Memory of compiled functions, in bytes: a recording run takes what the plain one does, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from backends import NATIVE

import autograd_lite as ag
from autograd_lite import errors, nn

ROWS, WIDTH, LAYERS = 4000, 32, 6
ARRAY = ROWS * WIDTH * 8
"""The bytes of one activation."""
SLACK = ARRAY // 2
SNAPSHOT = ARRAY
"""What is asked for the names of its variables, a frame holds these of a moment ago: one array in a loop."""
X = np.random.default_rng(0).standard_normal((ROWS, WIDTH))
WEIGHTS = [np.random.default_rng(k).standard_normal((WIDTH, WIDTH)) / 6 for k in range(LAYERS)]
Made = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function, and the arguments it is called with."""


def chain(x: Any, weights: Any = WEIGHTS) -> Any:
    for w in weights:
        x = np.tanh(x @ w + 0.1)
    return np.mean(x * x)


def of_weights(weights: Any) -> Any:
    return chain(X, weights)


def fixed_early(weights: Any, n: int) -> Any:
    return chain(X, weights[: max(n, 1)])


def fixed_late(weights: Any, n: int) -> Any:
    loss = chain(X, weights)
    return loss if n > 1 else -loss


def all_layers(weights: Any) -> Any:
    layers = [X]
    for w in weights:
        layers.append(np.tanh(layers[-1] @ w))
    return sum(np.mean(h) for h in layers)


def in_place(x: Any) -> Any:
    h = x.copy()
    for w in WEIGHTS:
        h = h @ w
        h *= 2.0
        h += 1.0
        h[:, 0] = 0.0
    return h.sum()


def refused(weights: Any) -> Any:
    loss = chain(X, weights)
    return loss * loss.item()


def failing(weights: Any) -> Any:
    raise ArithmeticError(chain(X, weights))


def training(activation: type[nn.Module], **settings: float) -> Made:
    ag.manual_seed(0)
    layers = [layer for _ in WEIGHTS for layer in (nn.Linear(WIDTH, WIDTH), activation())]
    model = nn.Sequential(*layers, nn.Linear(WIDTH, 10))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.01, **settings)
    x, labels = ag.Tensor(X), np.arange(ROWS) % 10

    def step() -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step, ()


def written_out() -> Made:
    ws = [ag.Tensor(w, requires_grad=True) for w in WEIGHTS]
    x = ag.Tensor(X)

    def step() -> Any:
        loss = chain(x, ws)
        loss.backward()
        for w in ws:
            w.assign(w - 0.1 * w.grad)
            w.zero_grad()
        return loss

    return step, ()


def evaluated(recording: bool) -> Made:
    model = nn.Sequential(*[layer for _ in WEIGHTS for layer in (nn.Linear(WIDTH, WIDTH), nn.Tanh())])
    x = ag.Tensor(X)

    def loss() -> Any:
        return np.mean(model(x) ** 2)

    return loss if recording else ag.no_grad(loss), ()


KINDS: dict[str, Callable[[], Made]] = {
    "forwards": lambda: (chain, (X,)),
    "gradient": lambda: (ag.grad(of_weights), (WEIGHTS,)),
    "value and gradient": lambda: (ag.value_and_grad(of_weights), (WEIGHTS,)),
    "of all arguments": lambda: (ag.grad(chain, argnums=(0, 1)), (X, WEIGHTS)),
    "all layers": lambda: (ag.grad(all_layers), (WEIGHTS,)),
    "a variable": lambda: ((lambda: ag.grad(of_weights)(WEIGHTS)), ()),
    "a number fixed at the beginning": lambda: (ag.grad(fixed_early), (WEIGHTS, LAYERS)),
    "a number fixed at the end": lambda: (ag.grad(fixed_late), (WEIGHTS, 3)),
    "four in turn": lambda: ((lambda ws: [np.sum(ag.grad(of_weights)(ws)[0]) for _ in range(4)]), (WEIGHTS,)),
    "of a gradient": lambda: (ag.grad(lambda x: np.sum(ag.grad(chain)(x) ** 2)), (X,)),
    "tangent": lambda: ((lambda x: ag.jvp(chain, (x,), (x,))[1]), (X,)),
    "hvp": lambda: ((lambda x: ag.hvp(chain, (x,), (x,))), (X,)),
    "vmap": lambda: (ag.vmap(chain), (X,)),
    "vmap of a gradient": lambda: (ag.vmap(ag.grad(chain)), (X,)),
    "checkpoint": lambda: (ag.grad(lambda ws: ag.checkpoint(of_weights)(ws)), (WEIGHTS,)),
    "in place": lambda: (in_place, (X,)),
    "training": lambda: training(nn.Tanh),
    "relu": lambda: training(nn.ReLU),
    "momentum": lambda: training(nn.Tanh, momentum=0.9),
    "written out": written_out,
    "evaluated": lambda: evaluated(recording=True),
    "without recording": lambda: evaluated(recording=False),
    "refused": lambda: (ag.grad(refused), (WEIGHTS,)),
    "failing": lambda: (ag.grad(failing), (WEIGHTS,)),
}


def measured(f: Callable[..., Any], args: Any) -> tuple[int, int]:
    """Return how many bytes a call has taken at most, and how many after its result was dropped."""
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    with contextlib.suppress(ArithmeticError, errors.CompileError):
        f(*args)
    after, peak = tracemalloc.get_traced_memory()
    return peak - before, after - before


@pytest.fixture
def plain(no_collector: None) -> Iterator[Callable[[Made], tuple[int, int]]]:
    """What a plain call takes and leaves, once everything is loaded; nothing is left to the garbage collector."""

    def of(kind: str, backend: str = "numpy") -> tuple[int, int]:
        f, args = KINDS[kind]()
        measured(f, args)
        measured(ag.compile(f, backend=backend, verify=0), args)
        return measured(*KINDS[kind]())

    tracemalloc.start()
    yield of
    tracemalloc.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_takes_what_the_plain_call_does_and_leaves_nothing(kind: str, plain: Any) -> None:
    most, left = plain(kind)
    f, args = KINDS[kind]()
    peak, remains = measured(ag.compile(f, verify=0), args)
    assert peak < most + SNAPSHOT + SLACK
    assert remains < left + ARRAY  # the program, and no array


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in {"refused", "failing"}])
def test_a_program_takes_no_more_than_the_plain_call_and_leaves_nothing(kind: str, plain: Any) -> None:
    most, left = plain(kind)
    f, args = KINDS[kind]()
    compiled = ag.compile(f, verify=0)
    before = tracemalloc.get_traced_memory()[0]
    for number in range(1, 5):
        peak, _ = measured(compiled, args)
        assert number <= compiled.programs.recordings or peak < most + SLACK
    assert tracemalloc.get_traced_memory()[0] - before < left + ARRAY  # the program itself, and what it is made of


MEASURED_NATIVELY = ("forwards", "gradient", "of a gradient", "in place", "vmap of a gradient", "training")


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("kind", MEASURED_NATIVELY)
def test_native_code_keeps_no_more_than_lives_at_the_same_time(
    kind: str, backend: str, plain: Any, slow: bool
) -> None:
    if backend == "numba" and kind != "gradient" and not slow:
        pytest.skip("takes numba seconds for each")
    most, _ = plain(kind)
    tracemalloc.stop()
    f, args = KINDS[kind]()
    compiled = ag.compile(f, backend=backend, verify=0)
    for _ in range(4):
        compiled(*args)
    kept = _kept(compiled)
    assert len(kept) * ARRAY < most + 2 * ARRAY
    for _ in range(3):
        compiled(*args)
    assert kept == _kept(compiled)


def _kept(compiled: Any) -> set[int]:
    """Return the large arrays, by identity, that a native program keeps for its next call."""
    pools = {take.__self__ for name, take in compiled.program.native._driver.bound.items() if name.startswith("kept_")}
    return {id(array) for pool in pools for array in pool._given if array.nbytes >= ARRAY}
