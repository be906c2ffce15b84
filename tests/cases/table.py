"""What a row is: a function, how it is called, its inputs; in which dtypes it is tried, and by which tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from told import checksum, name_of, path_of, text_of

from cases.inputs import Array, turned

OF_VALUES = frozenset((
    np.intersect1d, np.polydiv, np.piecewise, np.setdiff1d, np.setxor1d, np.trim_zeros, np.union1d, np.unique,
    np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values,
))  # fmt: skip
"""Functions whose results have a form that depends on values: no batch has one for all examples."""
REAL, COMPLEX = ("float64", "float32"), ("complex128", "complex64")
SHARE = 8


@dataclass(frozen=True)
class Case:
    """One row.

    Every function has a row of the first tier, which all tests of rows try. Of the second tier the tests that ask for
    `every` row try all, and each of the others one in `SHARE`, which is always the same; with ``--slow`` they try all.
    """

    name: str
    fn: Any
    call: Callable[..., Any]
    inputs: tuple[Array, ...]
    dtypes: tuple[str, ...] = REAL
    tier: int = 1

    def __call__(self, *inputs: Any) -> list[Any]:
        """Return the results as a list, whether there is one or several."""
        result = self.call(*inputs)
        return list(result) if isinstance(result, (tuple, list)) else [result]

    def is_complex(self) -> bool:
        """Tell whether an input is made of complex numbers."""
        return any(map(np.iscomplexobj, self.inputs))

    def number(self) -> int:
        """Return a number that is the row's whatever other rows there are."""
        return checksum(self.name.encode())

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.number())

    def turn(self, test: str) -> bool:
        """Tell whether a test that tries some rows only tries this one."""
        return self.tier == 1 or checksum(self.name.encode(), test.encode()) % SHARE == 0

    def of(self, dtype: str) -> Case:
        """Return the row with inputs of another dtype; of real numbers complex ones are made."""
        turn = np.dtype(dtype).kind == "c" and not self.is_complex()
        inputs = tuple([turned(x, start) for start, x in enumerate(self.inputs)]) if turn else self.inputs
        return replace(self, name=f"{self.name}-{dtype}", inputs=tuple([_cast(x, dtype) for x in inputs]))


def _cast(x: Array, dtype: str) -> Array:
    """Return an array of the precision of `dtype`; real operands beside complex ones stay real."""
    real = {"complex128": "float64", "complex64": "float32"}.get(dtype, dtype)
    return x.astype(dtype if np.iscomplexobj(x) else real)


class Table:
    """Rows, no two of one name."""

    def __init__(self) -> None:
        self.rows: list[Case] = []
        self.names: set[str] = set()
        self.kinds: set[tuple[int, int]] = set()  # functions, with numbers of dimensions

    def case(
        self,
        fn: Any,
        *inputs: Array,
        call: Callable[..., Any] | None = None,
        packed: bool = False,
        dtypes: Sequence[str] | None = None,
        complex: bool = False,
        tier: int | None = None,
        **settings: Any,
    ) -> None:
        """Add a row. Its name, and so the random numbers that it is tried with, is of what it is, not of its place.

        Parameters
        ----------
        fn
            The function that it is about.
        *inputs
            What it is differentiated by.
        call
            How the function is called, if not with the inputs and the settings.
        packed
            Whether the inputs are given as one sequence.
        dtypes, complex
            In which dtypes the row is tried, by default those of its inputs in double and in single precision;
            `complex` adds complex128 to a row of real numbers.
        tier
            1 for a row that all tests try, 2 for another. By default the first row of a function for inputs of so many
            dimensions is one, and the others are not.
        """
        called = call or partial(fn, **settings)
        said = text_of(called).removeprefix(text_of(fn)).strip(",")
        shapes = "x".join(str(x.shape).replace(" ", "") for x in inputs)
        name = name_of(path_of(fn), shapes, said, proof=bytes([packed]) + b"".join(x.tobytes() for x in inputs))
        assert name not in self.names, f"the row {name} is there already"
        kind = id(fn), max((x.ndim for x in inputs), default=0)
        tier = tier or (2 if kind in self.kinds else 1)
        dtypes = tuple(dtypes or (COMPLEX if any(map(np.iscomplexobj, inputs)) else REAL))
        dtypes += ("complex128",) if complex else ()
        self.rows.append(Case(name, fn, (lambda *xs: called(xs)) if packed else called, inputs, dtypes, tier))
        self.names.add(name)
        self.kinds.add(kind)


TABLE = Table()
CASES, case = TABLE.rows, TABLE.case


def variants(*dtypes: str) -> list[Case]:
    """Return the rows that are tried in one of some dtypes, with inputs of it."""
    return [row.of(dtype) for row in CASES for dtype in dtypes if dtype in row.dtypes]


def rows(of: Iterable[Case] = CASES, every: bool = False) -> pytest.MarkDecorator:
    """Have a test with the parameter `row` try rows of the table: `every` one, or those whose turn it is."""
    return pytest.mark.rows(list(of), every)


def tried(test: str, table: Iterable[Case], every: bool) -> list[Case]:
    """Return the rows that a test tries."""
    return [row for row in table if every or row.turn(test)]
