"""What the examples in docstrings may take as imported: ``import numpy as np`` and ``import autograd_lite as ag``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag


@pytest.fixture(autouse=True, scope="session")
def names_of_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(np=np, ag=ag)
