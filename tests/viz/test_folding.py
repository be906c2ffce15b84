"""Large graphs become small: equal blocks, depth, and the limit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pictures import X, frames_of, labels_of, parameter, plain, small_network

import autograd_lite as ag


def chain(length: int) -> ag.Tensor:
    y = parameter(name="w")
    for _ in range(length):
        y = np.sin(y)
    return y


def test_a_long_chain_is_one_box() -> None:
    picture = ag.visualize(chain(100_000))
    assert labels_of(picture)[:3] == [r"w\nscalar", "sin (100,000 alike)", "output"]
    assert picture.source.count("->") == 4  # two, and two of the legend


def test_equal_scopes_are_drawn_once() -> None:
    h = ag.Tensor(np.ones(3), name="h")
    for i in range(12):
        with ag.scope(f"block {i}"):
            h = np.tanh(parameter((3, 3), f"W{i}") @ h + parameter((3,), f"b{i}"))
    picture = ag.visualize(h.sum())
    assert frames_of(picture) == ["block 0 (12 alike)"]
    assert labels_of(picture, "note")[:2] == [r"W0\n3×3", r"b0\n3"]
    assert labels_of(picture, "box")[:4] == ["sum", "matmul", "add", "tanh"]
    assert "style=dashed" in picture.source  # from one block to the next
    unfolded = ag.visualize(h.sum(), fold=False)
    assert len(frames_of(unfolded)) == 12
    assert "style=dashed" not in unfolded.source


def test_equal_stretches_are_found_without_scopes() -> None:
    W, h = parameter((3, 3), "W"), ag.Tensor(np.ones(3), name="h")
    for _ in range(30):
        h = np.tanh(W @ h + np.ones(3))
    picture = ag.visualize(np.exp(h).sum())
    assert frames_of(picture) == ["(30 alike)"]
    assert plain(np.exp(h).sum()).source.count("style=dashed") == 1
    assert labels_of(picture, "note")[0] == r"W\n3×3"
    assert labels_of(picture, "box")[:5] == ["exp", "sum", "matmul", "add", "tanh"]


def test_blocks_fold_inside_of_blocks() -> None:
    h = parameter((3,), "h")
    for i in range(4):
        with ag.scope(f"block{i}"):
            for j in range(5):
                with ag.scope(f"layer{j}"):
                    h = np.cos(np.sin(h))
    assert frames_of(ag.visualize(h, fold=True)) == ["block0 (4 alike)", "layer0 (5 alike)"]


def test_blocks_that_differ_are_not_folded() -> None:
    h = parameter((3,), "h")
    for i in range(12):
        with ag.scope(f"block{i}"):
            h = np.sin(h) if i % 2 else np.cos(h) * (i + 2)
    assert len(frames_of(ag.visualize(h, fold=True))) == 12


def computed(rng: np.random.Generator, h: ag.Tensor, depth: int = 0) -> ag.Tensor:
    """Return the result of some steps: operations, new parameters, loops and scopes in each other."""
    for _ in range(rng.integers(1, 4)):
        kind = rng.random() if depth < 3 else 0.0
        if kind < 0.4:
            h = (np.sin, np.cos, lambda h: h * 2, lambda h: h @ parameter((2, 2)))[rng.integers(4)](h)
        elif kind < 0.7:
            seed = rng.integers(1000)
            for _ in range(rng.integers(2, 6)):
                h = computed(np.random.default_rng(seed), h, depth + 1)
        else:
            with ag.scope(f"part {rng.integers(10)}"):
                h = computed(rng, h, depth + 1)
    return h


@pytest.mark.parametrize("seed", range(40))
def test_folding_loses_nothing(seed: int) -> None:
    """What boxes and frames say they stand for is as many operations, and as many leaves, as there are."""
    h = computed(np.random.default_rng(seed), parameter((1, 2), "x")) * 1
    whole, folded = (ag.visualize(h, fold=fold, limit=None)._scene for fold in (False, True))
    for kind in ("operation", "parameter", "input"):
        count = sum(
            box.times * math.prod(folded.frames[f].times for f in folded.chain(box.frame))
            for box in folded.boxes
            if box.kind == kind
        )
        assert count == sum(box.kind == kind for box in whole.boxes)


def test_small_graphs_are_not_folded_unasked() -> None:
    assert labels_of(ag.visualize(chain(5))).count("sin") == 5
    assert "sin (5 alike)" in labels_of(ag.visualize(chain(5), fold=True))


def test_depth_draws_modules_as_boxes() -> None:
    model = small_network()
    assert labels_of(ag.visualize(model, X, depth=0), "folder")[:3] == [
        r"0: Linear\n1 operation", r"1: ReLU\n1 operation", r"2: Sequential\n2 operations",
    ]  # fmt: skip
    picture = ag.visualize(model, X, depth=1)
    assert frames_of(picture) == ["0: Linear", "1: ReLU", "2: Sequential"]
    assert labels_of(picture, "folder")[:2] == [r"0: Linear\n1 operation", r"1: Sigmoid\n1 operation"]
    assert ag.visualize(model, X, depth=2).source == ag.visualize(model, X).source


def test_the_limit_leaves_a_box_that_says_how_many_more() -> None:
    y = parameter(name="w")
    rng = np.random.default_rng(0)
    for i in rng.integers(0, 3, 2000):
        y = (np.sin, np.cos, np.tanh)[i](y)
    picture = ag.visualize(y, limit=50, fold=False)
    assert "1,953 more" in labels_of(picture)
    assert len([x for x in labels_of(picture) if not x.startswith(("parameter", "operation", "output"))]) >= 48
    assert r"w\nscalar" in labels_of(picture)
    assert "1,953 more" in str(picture)
    assert len(labels_of(ag.visualize(y, limit=None, fold=False))) > 2000


def test_the_limit_holds_for_outputs_too() -> None:
    y = parameter((2,), "w") * 2
    for limit in (4, 5, 10):
        picture = ag.visualize([y[i % 2] for i in range(20)], limit=limit, legend=False)
        assert len(labels_of(picture)) == limit
        assert " more" in picture.source
