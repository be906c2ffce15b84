"""Where random numbers come from: seeds, generators given by hand, and NumPy's global state left alone."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from helpers import printed

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.engine import generators


def linear_values(**settings: Any) -> list[float]:
    layer = nn.Linear(3, 2, **settings)
    return [*layer.weight.numpy().ravel().tolist(), *layer.bias.numpy().tolist()]


def test_the_same_seed_gives_the_same_layers() -> None:
    ag.manual_seed(1)
    first = linear_values(), linear_values()
    ag.manual_seed(1)
    assert (linear_values(), linear_values()) == first
    assert first[0] != first[1]


def test_another_seed_gives_another_layer() -> None:
    ag.manual_seed(1)
    first = linear_values()
    ag.manual_seed(2)
    assert linear_values() != first


def test_a_generator_given_by_hand_leaves_the_default_one_alone() -> None:
    ag.manual_seed(1)
    expected = generators.default_rng().standard_normal()
    ag.manual_seed(1)
    values = linear_values(rng=np.random.default_rng(7))
    assert values == linear_values(rng=np.random.default_rng(7)) == linear_values(rng=7)
    assert generators.default_rng().standard_normal() == expected


def test_numpys_global_state_is_neither_read_nor_changed() -> None:
    np.random.seed(0)  # noqa: NPY002 - the state in question
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    ag.manual_seed(3)
    first = linear_values()
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002
    np.random.seed(5)  # noqa: NPY002
    ag.manual_seed(3)
    assert linear_values() == first


def test_manual_seed_returns_the_default_generator() -> None:
    assert ag.manual_seed(4) is generators.default_rng() is generators.generator()


def test_what_is_no_generator_and_no_seed_is_refused() -> None:
    with pytest.raises(TypeError):
        nn.Linear(2, 2, rng="seed")


def test_all_threads_share_the_default_generator_and_no_number_is_drawn_twice() -> None:
    ag.manual_seed(0)
    drawn: list[float] = []

    def draw() -> None:
        drawn.extend(generators.default_rng().standard_normal() for _ in range(1000))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == sorted(np.random.default_rng(0).standard_normal(4000).tolist())


def test_unseeded_processes_differ_and_importing_does_not_make_a_generator() -> None:
    program = (
        "import autograd_lite as ag, autograd_lite.engine.generators; "
        "assert autograd_lite.engine.generators._default is None; "
        "print(ag.nn.Linear(1, 1).weight.item())"
    )
    assert printed(program) != printed(program)
