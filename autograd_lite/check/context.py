"""What an examination is given, and what it fills: settings, what is known of the operations, findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from autograd_lite.check.heatmap import ErrorMatrix
from autograd_lite.check.report import Fault, InputReport


@dataclass
class CheckOptions:
    """How to check: see `gradcheck`; `alone` for a single operation, inside of which little is rounded away."""

    modes: tuple[str, ...]
    directions: int | None
    rng: np.random.Generator
    eps: float | None = None
    rtol: float | None = None
    atol: float | None = None
    alone: bool = False
    executor: Any = None


@dataclass
class Found:
    """What an examination has found."""

    inputs: list[InputReport] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)
    matrices: list[ErrorMatrix] = field(default_factory=list)

    def add(self, deeper: Found) -> None:
        """Add what the examination of a higher order has found."""
        self.inputs = self.inputs or deeper.inputs
        self.faults += deeper.faults
        self.remarks += deeper.remarks
        self.matrices += deeper.matrices


class Operations(Protocol):
    """What is known of the operations that a function is made of; nothing is looked for before it is asked for."""

    @property
    def known(self) -> bool:
        """Whether there are any to look at."""

    @property
    def wrong(self) -> Mapping[str, Any]:
        """The first that is wrong on its own, as fields of a fault; empty if all are right."""

    @property
    def cut(self) -> Mapping[str, Any]:
        """The first for which a derivative is lost on the way to it; empty if none is."""


@dataclass
class Unknown:
    """No operations: of a function that is none of ours, and of a single operation."""

    known: bool = False
    wrong: Mapping[str, Any] = field(default_factory=dict)
    cut: Mapping[str, Any] = field(default_factory=dict)
