"""Names of rows: they say what a row is, are the same in every process, and leave the others alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from told import LONGEST, name_of, text_of

TWO = 2


def add(k: int) -> Any:
    return lambda x: x + k


TEXTS: list[tuple[Any, str]] = [
    (lambda x: x**2, "x ** 2"),
    (lambda x: sorted(x, key=lambda y: -y), "sorted(x, key=lambda y: -y)"),
    (lambda x, n=TWO, m=np.sin: m(x) ** n, "m(x) ** n,n=2,m=sin"),
    (add(5), "x + k,k=5"),
    (lambda: 7, "7"),
    (partial(np.sum, axis=(0, 1)), "sum,axis=(0,1)"),
    (np.linalg.norm, "norm"),
    ({"axis": 0, "of": np.float32}, "'axis':0,'of':float32"),
    ({"b", "a"}, "{'a','b'}"),
    (object(), "<objectobject>"),
]


@pytest.mark.parametrize(("x", "text"), TEXTS)
def test_the_text_of_a_function_is_what_is_written(x: Any, text: str) -> None:
    assert text_of(x) == text


def test_a_long_name_is_cut_and_known_by_its_checksum() -> None:
    first, second = ("a" * LONGEST + end for end in "bc")
    assert name_of("a" * LONGEST) == "a" * LONGEST
    assert name_of(first) != name_of(second)
    assert len(name_of(first)) == LONGEST + 9
