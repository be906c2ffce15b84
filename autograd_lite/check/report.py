"""What a gradient check has found: faults, remarks, and a table with a row for each input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from autograd_lite import errors
from autograd_lite.base.differences import Kink
from autograd_lite.base.display import table_html
from autograd_lite.base.shapes import Shape
from autograd_lite.check.heatmap import ErrorMatrix, HeatMap


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, or, as a remark, worth knowing.

    Attributes
    ----------
    verdict : str
        ``wrong``, ``kink``, ``not finite``, ``not deterministic``, ``input mutated``, ``cut`` (a derivative lost
        between operations), ``narrow`` (right in float64, wrong in the dtype of the input by more than it rounds),
        ``not holomorphic`` (there is no complex derivative), ``other on arrays`` (f on Tensors is not f on arrays); of
        remarks ``kink`` (the derivative lies between the slopes), ``independent``, ``imprecise`` (digits are lost in
        the dtype of the input), ``rounded`` (a rule gives fewer digits than its input has), ``unclear``,
        ``reverse only`` (an operation of the user's has no forward rule to be checked).
    function : str
        What was checked.
    position, name : int, str
        Which argument of the function, and what it is called.
    index, output : tuple of int, str
        The worst element of that argument, and the element of the output it is for.
    analytic, numeric, error : float
        The derivative as derived and by differences, and how well the latter is known.
    count, size : int
        How many elements are wrong, of how many; a count of 0 means that they were not counted.
    at_least : bool
        Whether there may be more of them, since only some were looked for.
    order, mode : int, str
        Of the derivative, and which sweep gave it: ``reverse`` or ``forward``.
    slopes : tuple of float or None
        At a kink those to the left and to the right.
    taylor : float or None
        By which power of the step the function departs from its tangent: 2 for a right derivative, 1 for a wrong one.
    hint : str
        What the differences look like.
    operation, argument : str
        The first operation that is wrong on its own, and its argument; empty where none is, or it was not looked for.
    file, line : str, int
        Where the user called that operation.
    """

    verdict: str
    function: str
    position: int = 0
    name: str = ""
    index: tuple[int, ...] = ()
    output: str = ""
    analytic: float = 0.0
    numeric: float = 0.0
    error: float = 0.0
    count: int = 0
    size: int = 1
    at_least: bool = False
    order: int = 1
    mode: str = "reverse"
    slopes: tuple[float, float] | None = None
    taylor: float | None = None
    hint: str = ""
    operation: str = ""
    argument: str = ""
    file: str = ""
    line: int = 0

    @property
    def between(self) -> bool:
        """Whether the derivative lies between the slopes of a kink, so that it is one of those that may be returned."""
        left, right = self.slopes or (self.numeric, self.numeric)
        return Kink(left, right, 0.0).holds(self.analytic)

    @property
    def fine(self) -> bool:
        """Whether it is a kink with one of the derivatives that may be returned, or nothing that can be told."""
        return self.verdict in {"unclear", "rounded"} or (self.verdict == "kink" and self.between)

    @property
    def share(self) -> float:
        """By how much both derivatives differ, as a share of the larger one."""
        size = max(abs(self.analytic), abs(self.numeric))
        return abs(self.analytic - self.numeric) / size if size else 0.0

    @property
    def place(self) -> str:
        """The user's file and line, where they are known."""
        return f"{self.file}:{self.line}" if self.file else ""

    def __str__(self) -> str:
        return _TEXTS[self.verdict].format(
            function=self.function,
            derivative=("", "second ", "third ")[self.order - 1] if self.order < len(_TEXTS) else f"{self.order}th ",
            input=f"input {self.position}" + (f" ({self.name})" if self.name else ""),
            number=f"{self.count or 'some'} of {self.size} elements" + " or more" * self.at_least,
            index=f" at index {list(self.index)}" if self.index else "",
            output=self.output and f" ({self.output})",
            analytic=self.analytic, numeric=self.numeric, error=self.error,
            mode=" in forward mode" if self.mode == "forward" else "",
            left=(self.slopes or (0, 0))[0], right=(self.slopes or (0, 0))[1],
            hint=self.hint, share=self.share,
            operation=self._operation(),
        )  # fmt: skip

    def _operation(self) -> str:
        if not self.operation:
            return ""
        place = f", called at {self.place}" if self.file else ""
        which = _WHICH.get(self.verdict, "that is wrong on its own")
        return f" The first operation {which} is {self.operation}, by its argument {self.argument}{place}."


_WHICH = {"cut": "it is lost for", "rounded": "whose rule does so"}
_TEXTS = {
    "wrong": errors.GRADCHECK,
    "cut": errors.GRADCHECK,
    "kink": errors.GRADCHECK_KINK,
    "not finite": errors.GRADCHECK_FINITE,
    "not holomorphic": errors.GRADCHECK_HOLOMORPHIC,
    "not deterministic": errors.GRADCHECK_REPEAT,
    "input mutated": errors.GRADCHECK_MUTATED,
    "imprecise": errors.GRADCHECK_PRECISION,
    "narrow": errors.GRADCHECK_NARROW,
    "other on arrays": errors.GRADCHECK_ARRAYS,
    "rounded": errors.GRADCHECK_ROUNDED,
    "unclear": errors.GRADCHECK_UNCLEAR,
    "independent": errors.GRADCHECK_INDEPENDENT,
    "reverse only": errors.GRADCHECK_REVERSE_ONLY,
}


_TITLES = ["input", "shape", "dtype", "max error", "worst at", "derived", "numeric", "noise", "verdict"]


class InputReport(NamedTuple):
    """How one input came out, at the element or direction that fits worst.

    Attributes
    ----------
    position, name : int, str
        Which argument of the function, and what it is called.
    shape, dtype
        Of the input. The numeric side computes in float64 whatever the dtype.
    wrong : int
        The number of elements with a wrong derivative; at least that, where directions were looked at.
    max_error : float
        The largest difference between derived and numeric of all elements (or directions).
    element, output : tuple of int, str
        The index of the worst element, judged by what its tolerance allows, and the element of the output it is for;
        empty for 0 elements, and where all directions were right.
    derived, numeric, noise : float
        Both derivatives there, and how well the numeric one is known.
    checked : str
        ``elements``, or how many random directions.
    """

    position: int
    name: str
    shape: Shape
    dtype: Any
    wrong: int = 0
    max_error: float = 0.0
    element: tuple[int, ...] = ()
    output: str = ""
    derived: float = 0.0
    numeric: float = 0.0
    noise: float = 0.0
    checked: str = "elements"

    def __bool__(self) -> bool:
        return not self.wrong

    def cells(self, verdict: str) -> list[str]:
        """Return the row of the table."""
        head = [self.name or f"input {self.position}", "×".join(map(str, self.shape)) or "scalar", str(self.dtype)]
        if 0 in self.shape:
            return [*head, "-", "-", "-", "-", "-", verdict]
        numbers = [f"{self.derived:.9g}", f"{self.numeric:.9g}", f"{self.noise:.0e}" if self.noise else "-"]
        at = str(list(self.element)) if self.element else "-" if self.checked == "elements" else self.checked
        return [*head, f"{self.max_error:.1e}", at, *numbers, verdict]


class GradcheckReport(NamedTuple):
    """The outcome of `gradcheck`: true when all is well, shown and printed as a table with a row for each input.

    Attributes
    ----------
    function : str
        What was checked.
    inputs : tuple of InputReport
        The numbers, one entry for each input that has a derivative.
    faults : tuple of Fault
        What is wrong; empty when all is well.
    remarks : tuple of Fault
        What is not wrong but worth knowing: a kink whose derivative lies between the slopes, an input without
        influence, digits lost in float32, a difference that cannot be told from rounding.
    evaluations : int
        How often the function was called.
    matrices : tuple of ErrorMatrix
        All differences, one matrix for each input and order; what `heatmap` draws.

    Examples
    --------
    >>> import numpy as np
    >>> import autograd_lite as ag
    >>> report = ag.gradcheck(np.sin, np.array([0.3, 0.7]))
    >>> report.ok, len(report.faults)
    (True, 0)
    """

    function: str
    inputs: tuple[InputReport, ...] = ()
    faults: tuple[Fault, ...] = ()
    remarks: tuple[Fault, ...] = ()
    evaluations: int = 0
    matrices: tuple[ErrorMatrix, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    def __bool__(self) -> bool:
        return self.ok

    def assert_ok(self) -> None:
        """Raise `GradcheckError` with the first fault, if there is one."""
        if self.faults:
            raise errors.GradcheckError(str(self.faults[0]), self)

    def heatmap(self) -> HeatMap:
        """Return a picture of all differences: ``print`` shows it as text, ``.plot()`` makes a Matplotlib figure.

        Of inputs with many elements it shows random directions; ``directions=None`` has every element looked at.

        Raises
        ------
        ArgumentError
            The check has compared nothing: the function was refused before, or its inputs are empty.

        Examples
        --------
        >>> import numpy as np
        >>> import autograd_lite as ag
        >>> def f(x):
        ...     return np.concatenate([x[:2], x[2:].detach()])
        >>> print(ag.gradcheck(f, np.ones(4), raise_exception=False).heatmap())
        gradcheck of f: differences, in units of what is allowed
        <BLANKLINE>
        x  4
                            [0] to [3]
        output element [0]  ····
        output element [1]  ····
        output element [2]  ··█·
        output element [3]  ···█
        <BLANKLINE>
        · allowed   ░ up to 10 times that   ▒ 100   ▓ 1000   █ more   o looked at closely and accepted
        """
        if not self.matrices:
            raise errors.ArgumentError(errors.GRADCHECK_NO_MATRIX.format(function=self.function))
        return HeatMap(self.function, self.matrices)

    def __str__(self) -> str:
        table = _aligned([_TITLES, *self._rows()]) if self.inputs else []
        return "\n".join([self._title(), *table, *self._said()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return table_html(self._title(), [_TITLES, *self._rows()], self._said())

    def _title(self) -> str:
        return f"gradcheck of {self.function}"

    def _rows(self) -> list[list[str]]:
        return [i.cells(self._verdict(i)) for i in self.inputs]

    def _said(self) -> list[str]:
        return [_line("fault", f) for f in self.faults] + [_line("remark", f) for f in self.remarks]

    def _verdict(self, row: InputReport) -> str:
        if row.wrong:
            return f"WRONG at {row.wrong}"
        found = [f for f in (*self.faults, *self.remarks) if f.position == row.position and f.order == 1]
        found = [f for f in found if f.verdict != "other on arrays"]
        return found[0].verdict if found else "ok"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _line(kind: str, fault: Fault) -> str:
    """Return one line on a fault: what, where, and what it comes from."""
    if fault.verdict == "other on arrays":
        return f"{kind}: {fault.verdict}  {fault.hint}"
    where = fault.name or f"input {fault.position}"
    parts = [f"{kind}: {fault.verdict}", *([f"order {fault.order}"] if fault.order > 1 else []), fault.mode, where]
    if fault.index:
        parts.append(str(list(fault.index)))
    if fault.slopes is not None:
        parts.append(f"slopes {fault.slopes[0]:.6g} and {fault.slopes[1]:.6g}, derived {fault.analytic:.6g}")
    if fault.verdict in {"narrow", "imprecise", "rounded"}:
        parts.append(f"derived {fault.analytic:.9g}, in float64 {fault.numeric:.9g}")
        parts.append(f"off by {fault.share:.1e} of itself")
    if fault.taylor is not None:
        parts.append(f"Taylor slope {fault.taylor:.2f}")
    if fault.operation:
        parts.append(f"operation {fault.operation}, argument {fault.argument}" + (fault.place and f", {fault.place}"))
    return "  ".join(parts)
