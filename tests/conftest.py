"""Fixtures for all tests: a seeded generator, and proof that nothing leaks from one test to the next."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases.table import tried
from told import name_of, text_of

import autograd_lite as ag
from autograd_lite.engine.observers import observers
from autograd_lite.engine.registry import REGISTRY, is_librarys

# Tests in one folder use parts of those in another.
sys.path += sorted({str(path.parent) for path in Path(__file__).parent.rglob("test_*.py")})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the sweeps over much data whole")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long sweeps, unless they are asked for: a test that is skipped takes as long as a short one."""
    if not config.getoption("--slow"):
        slow = [item for item in items if "slow" in item.keywords]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if "slow" not in item.keywords]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test the rows that it tries; all of them if asked to."""
    for mark in metafunc.definition.iter_markers("rows"):
        table, every = mark.args
        chosen = tried(metafunc.function.__name__, table, every or metafunc.config.getoption("slow"))
        metafunc.parametrize("row", chosen, ids=lambda row: row.name)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Call a parameter what it is, and not by its number: what is added to a table gives nothing else a new name."""
    simple = val is None or isinstance(val, (str, int, float, complex))
    return None if simple else name_of(text_of(val))


def pytest_collection_finish() -> None:
    """Spare the collector what stays: it would look at tens of thousands of tests whenever it runs."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether sweeps shall be long."""
    return bool(request.config.getoption("--slow"))


@pytest.fixture(autouse=True, scope="session")
def compiled_code_is_kept_with_the_tests(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Not in the user's own cache; from run to run, since a compiler takes its time.

    Processes that run tests beside each other share it: under a name the same is kept by all, and written whole.
    """
    try:
        place = request.config.cache.mkdir("compiled")
    except (AttributeError, OSError):  # pytest -p no:cacheprovider, or a place where nothing may be written
        place = tmp_path_factory.mktemp("compiled")
    os.environ["AUTOGRAD_LITE_CACHE"] = str(place)


@pytest.fixture(autouse=True)
def programs_are_verified(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests of `compile` compile is compared with the plain function, in the first calls."""
    if request.node.path.name.startswith("test_compile"):
        monkeypatch.setenv("AUTOGRAD_LITE_VERIFY", "2")


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    before = dict(REGISTRY)
    floating_point = np.geterr()
    yield
    assert ag.is_grad_enabled(), "the test leaves recording switched off"
    assert not observers, "the test leaves an observer installed"
    for fn in REGISTRY.keys() - before.keys():
        named = isinstance(fn, np.ufunc) or getattr(fn, "__module__", None) is not None
        if not (named and is_librarys(fn)):  # which is declared when it is first met
            del REGISTRY[fn]
    assert before.items() <= REGISTRY.items(), "the test leaves another definition of an operation in the registry"
    assert floating_point == np.geterr(), "the test leaves another treatment of floating-point errors"


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Leave everything to reference counting."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def double_precision() -> Iterator[Any]:
    """Have PyTorch make float64, as is done here."""
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)
