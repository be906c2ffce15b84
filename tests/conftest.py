"""Fixtures for all tests: nothing may leak from one test to the next."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import autograd_lite as ag
from autograd_lite.graph import observers


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    yield
    assert ag.is_grad_enabled()
    assert not observers
