"""How many examples a batch has: what means over batches are weighted by, and gradients that are gathered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors, nn
from autograd_lite.train import Trainer, mean_absolute_error
from autograd_lite.train.feeding import size_of

X = np.random.default_rng(0).standard_normal((20, 3))
Y = X.sum(1, keepdims=True) + 1
PARTS = [slice(0, 19), slice(19, 20)]


class Batch:
    """A batch that is no tree."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y


def time_first(model: Any, batch: Any) -> Any:
    """Of sequences (T, N, F) the last step is what is judged."""
    return model(batch[0][-1]), batch[1]


BY_KEYS = lambda model, batch: (model(batch["x"]), batch["y"])  # noqa: E731
KINDS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "tuples": (lambda x, y: (x, y), None),
    "a dict that begins with something else": (lambda x, y: {"alpha": np.ones(1), "x": x, "y": y}, BY_KEYS),
    "objects": (Batch, lambda model, batch: (model(batch.x), batch.y)),
    "lists": (lambda x, y: (x.tolist(), y.tolist()), None),
    "time first": (lambda x, y: (np.stack([x * 0] * 5 + [x]), y), time_first),
    "no target": (lambda x, y: (np.ones(1), x, y), lambda model, batch: (model(batch[1]) - batch[2], None)),
    "two targets": (lambda x, y: (x, (y, y[:, 0])), None),
    "a weight beside the target": (lambda x, y: (x, (y, 0.5)), None),
}


def trainer(forward: Any, **settings: Any) -> Trainer:
    def first(target: Any) -> Any:
        found = target[0] if isinstance(target, tuple) else target
        return np.asarray(found) if isinstance(found, list) else found

    def loss(output: Any, target: Any) -> Any:
        return np.mean((output - (0.0 if target is None else first(target))) ** 2)

    def error(output: Any, target: Any) -> float:
        wanted = np.zeros(output.shape) if target is None else first(target)
        return mean_absolute_error(output, wanted)

    model = nn.Linear(3, 1, rng=0)
    given = {} if forward is None else {"forward": forward}
    metrics = {"metrics": {"error": error}, "train_metrics": {"error": error}, "progress": False}
    return Trainer(model, loss, ag.optim.SGD(model.parameters(), lr=0.1), **metrics, **given, **settings)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("compile", [False, True])
def test_each_example_counts_once(kind: str, compile: bool) -> None:
    make, forward = KINDS[kind]
    if compile and kind in ("objects", "lists"):
        pytest.skip("a compiled function takes trees of arrays")
    batches = [make(X[part], Y[part]) for part in PARTS]
    whole = trainer(None)
    expected = whole.evaluate([(X, Y)])
    made = trainer(forward, accumulate=2, compile=compile)
    found = made.evaluate(batches)
    assert found == {name: pytest.approx(value, rel=1e-12) for name, value in expected.items()}
    row, other = made.fit(batches, 1, batches).rows[-1], whole.fit([(X, Y)], 1, [(X, Y)]).rows[-1]
    for name in ("loss", "error", "val_loss", "val_error"):
        assert row[name] == pytest.approx(other[name], rel=1e-12)
    np.testing.assert_allclose(made.model.weight.numpy(), whole.model.weight.numpy(), rtol=1e-12)


def test_what_a_size_is() -> None:
    one = np.ones(3)
    assert size_of(None, np.ones((4, 2)), np.ones((5, 1))) == 5
    assert size_of(None, np.ones((4, 2)), (np.ones(3), np.ones(4))) == 4  # not clear: that of the outputs
    assert size_of(None, {"a": np.ones((4, 2))}, None) == 4
    assert size_of((np.ones(7), 3), None, None) == 7
    assert size_of(None, one, 2.0) == size_of(None, one, np.float64(2)) == 1  # a single example
    assert size_of(None, one, [1, 2]) == size_of(None, one, (1, 2)) == size_of(None, one, {"a": [[1], [2]]}) == 2
    assert size_of(None, ag.Tensor(0.0), None) == 1


def test_sizes_that_differ_everywhere_are_refused() -> None:
    def forward(model: Any, batch: Any) -> Any:
        y = model(batch[0])
        return (y, y[:2]), (batch[1], batch[1][:3])

    model = nn.Linear(3, 1)
    optimizer = ag.optim.SGD(model.parameters())
    made = Trainer(model, lambda output, target: output[0].mean(), optimizer, forward=forward, progress=False)
    batch = (X[:5], Y[:5], Y[:4])
    for do in (lambda: made.evaluate([batch]), lambda: made.fit([batch], 1)):
        with pytest.raises(errors.DataError, match=r"lengths \[3, 5\].*Write Trainer\(..., forward=f\)"):
            do()
