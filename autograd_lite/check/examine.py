"""One examination: the derivatives of one function, of one order, compared in both modes, input by input.

Everything is a matrix of (rows, columns): combinations of the outputs along directions of an input, as `directions`
chooses them. What does not agree at the first look, by one pair of steps, is measured again with a whole sweep of
steps; what then still disagrees by more than the noise of the numeric derivative is wrong, and traced to its element.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.differences import NOISE_GRANTED, Kink, Sweep
from autograd_lite.base.lazy import lazy
from autograd_lite.base.shapes import Array
from autograd_lite.check import directions
from autograd_lite.check.compare import Tolerance, hint
from autograd_lite.check.context import CheckOptions, Found, Operations
from autograd_lite.check.heatmap import ErrorMatrix
from autograd_lite.check.measure import Matrix, Measure
from autograd_lite.check.narrow import Narrow, fields, is_narrow
from autograd_lite.check.nearby import Neighbourhood
from autograd_lite.check.numeric import Checked, Derivatives, Numeric, pulled
from autograd_lite.check.report import Fault, InputReport
from autograd_lite.check.rounding import Rounding
from autograd_lite.check.search import alone, bisected, readings, traced
from autograd_lite.check.subject import SEED

_MUCH = 1e-3  # of a derivative
_SMOOTH = 1.75  # a departure from the tangent by a power of the step nearer to 2 than to 1
_BENDS = 3  # so many elements are looked at along a direction in which the derivative is outside of a kink
_CLEARLY = 10  # so many times the noise of plain differences what they shall find has to be


def examine(checked: Checked, settings: CheckOptions, operations: Operations, order: int = 1) -> Found:
    """Compare all derivatives of one function."""
    found = Found()
    found.faults = list(_impure(checked, order))
    if not found.faults:
        one = _Examination(checked, settings, operations, order, found)
        for k in range(len(checked.start)):
            one.check_input(k)
        if not found.faults:
            one.check_narrow()
    return found


def _impure(checked: Checked, order: int) -> Iterator[Fault]:
    """Yield a fault for each argument that the function writes to, or if two calls differ."""
    names = dict(checked.labels)
    if written := checked.mutated():
        yield from (Fault("input mutated", checked.function, i, names.get(i, ""), order=order) for i in written)
        return
    first, second = (checked.values_at(checked.start) for _ in range(2))
    if not _same(first, second):
        yield Fault("not deterministic", checked.function, order=order, mode="forward")


def _same(first: list[Array], second: list[Array]) -> bool:
    pairs = list(zip(first, second, strict=False))
    return len(first) == len(second) and all(np.array_equal(a, b, equal_nan=True) for a, b in pairs)


class _Examination:
    """The function, both sides, and the rows and columns of one examination."""

    def __init__(
        self, checked: Checked, settings: CheckOptions, operations: Operations, order: int, found: Found
    ) -> None:
        self.checked, self.settings, self.operations = checked, settings, operations
        self.order, self.found = order, found
        self.derived: Derivatives = checked.derive(checked.start)
        outputs = sum(int(np.prod(shape)) for shape in self.derived.shapes)
        largest = max(a.size for a in checked.start)
        self.rows = directions.rows(outputs, largest, settings.rng)
        self.numeric = Numeric(checked, self.rows, settings.eps, executor=settings.executor)
        if self.rows is not None:
            self.rows = self.rows * self.numeric.finite
        self.gradients = pulled(checked, self.numeric, self.derived)
        self.rounding = Rounding(checked, self.numeric, self.gradients, settings.rng)
        self._sure: set[int] = set()
        self.numeric.rounding = np.maximum(self.numeric.rounding, self.rounding.of_values())
        self._compare_sweeps()

    def _compare_sweeps(self) -> None:
        """Find a reverse sweep that gives something else the second time."""
        if not len(self.gradients[0]):
            return
        u = np.eye(1, self.numeric.finite.size)[0] if self.rows is None else self.rows[0]
        for k, g in enumerate(self.derived.pull(u)):
            if not np.array_equal(g, self.gradients[k][0], equal_nan=True):
                self.found.faults.append(self._fault("not deterministic", k))

    def _fault(self, verdict: str, k: int, **what: Any) -> Fault:
        position, name = self.checked.labels[k]
        what = {"order": self.order, "size": max(self.checked.start[k].size, 1), **what}
        return Fault(verdict, self.checked.function, position, name, **what)

    @lazy
    def wide(self) -> Numeric | None:
        """The numeric side in longdouble, for a second opinion."""
        return self.numeric.wide()

    # ----- one input -----

    def check_input(self, k: int) -> None:
        """Compare all derivatives by one input, in both modes."""
        x = self.checked.start[k]
        position, name = self.checked.labels[k]
        shape, dtype = self.checked.kinds[k]
        if not self.gradients[k].size:
            self.found.inputs.append(InputReport(position, name, shape, dtype))
            return
        before = len(self.found.faults)
        groups = directions.columns(x, self.settings.directions, self.settings.rng)
        pairs = [self._check_group(k, vectors, every) for vectors, every in groups]
        rows = [modes[0] for modes in pairs]
        if not any(matrix.numeric.any() for matrix in rows) and not self.derived.influences(k) and self.order == 1:
            self.found.remarks.append(self._fault("independent", k))
        worst = max(rows, key=lambda matrix: float(matrix.excess.max()))
        self.found.inputs.append(self._summary(k, worst, groups[0][1], self.found.faults[before:]))
        excess = np.concatenate([np.fmax.reduce([m.shown() for m in modes]) for modes in pairs], axis=1)
        shown = ErrorMatrix(position, name, shape, self.order, excess, self._row_names(), groups[0][1])
        self.found.matrices.append(shown)

    def _row_names(self) -> tuple[str, ...]:
        """Return what a picture calls the rows."""
        if self.rows is not None:
            return tuple(f"combination {i}" for i in range(len(self.rows)))
        return tuple(self.numeric.place(i) for i in range(self.numeric.finite.size))

    def _check_group(self, k: int, vectors: Array, every: bool) -> list[Matrix]:
        """Compare the derivatives by one input along some directions, in both modes."""
        x = self.checked.start[k]
        derived = self.gradients[k] if every else self.gradients[k] @ vectors.T
        weight = None if every else np.abs(self.gradients[k]) @ np.abs(vectors.T)
        tolerance = self._tolerance(weight, x.size).above_rounding(self.gradients[k])
        measure = Measure(self.numeric, k, vectors, every)
        matrices: list[Matrix] = []
        before = len(self.found.faults)
        for mode in ("reverse", "forward"):  # the second is of no use where the first is wrong
            if mode in self.settings.modes and len(self.found.faults) == before:
                if mode == "forward":
                    columns = self._columns(k, vectors)
                    if columns is None:
                        break
                    derived = columns / measure.scale
                matrices.append(self._check_mode(k, derived, measure, tolerance, mode))
        return matrices

    def _columns(self, k: int, vectors: Array) -> Array | None:
        """Return the derivatives in forward mode along some directions; None, and a remark, where there is no such."""
        try:
            return np.stack([self._pushed(k, v) for v in vectors], axis=1)
        except errors.ForeignRuleError:
            if "reverse" not in self.settings.modes:
                raise
            self.found.remarks.append(self._fault("reverse only", k, mode="forward"))
            return None

    def _check_mode(self, k: int, derived: Array, measure: Measure, tolerance: Tolerance, mode: str) -> Matrix:
        """Compare the derivatives of one mode."""
        matrix = measure.glanced(derived, tolerance)
        fault = None if measure.every else self._read_off(k, matrix, measure, tolerance, mode)
        if fault is not None:
            self._enter(k, matrix, [fault], at_least=False)
            return matrix
        matrix = measure.compared(derived, tolerance)
        self._grant_rounding(k, matrix, measure, tolerance)
        self._remark_granted(k, matrix, measure, mode)
        self._judge(k, matrix, measure, mode)
        return matrix

    def _grant_rounding(self, k: int, matrix: Matrix, measure: Measure, tolerance: Tolerance) -> None:
        """Grant what disagrees the rounding of the derived side too, but where the function has a kink."""
        wrong = [int(j) for j in matrix.wrong()]
        if not wrong:
            return
        rounding = self.rounding.of_derivatives(k, measure.vectors, measure.every) / measure.scale
        for j in sorted(wrong, key=lambda j: j not in measure.sweeps):
            if j not in measure.sweeps:  # of random directions only the worst was measured with care
                if any(i in measure.sweeps for i in matrix.wrong()):
                    matrix.passed_over[j] = matrix.excess[:, j].copy()
                    matrix.excess[:, j] = 0
                    continue
                measure.look(j)
                matrix.numeric[:, j], matrix.noise[:, j] = measure.numeric[:, j], measure.noise[:, j]
                matrix.excess[:, j] = tolerance.excess(matrix.derived, matrix.numeric, matrix.noise)[:, j]
            row = int(np.argmax(matrix.excess[:, j]))
            if measure.sweeps[j].kink(row) is None:
                noise = matrix.noise + rounding
                matrix.excess[:, j] = tolerance.excess(matrix.derived, matrix.numeric, noise)[:, j]

    def _remark_granted(self, k: int, matrix: Matrix, measure: Measure, mode: str) -> None:
        """Remark a large difference that noise explains, so that the operations are looked at one by one."""
        looked = sorted(measure.sweeps)
        derived, numeric = (np.nan_to_num(a[:, looked]) for a in (matrix.derived, matrix.numeric))
        gap, size = np.abs(derived - numeric), np.maximum(np.abs(derived), np.abs(numeric))
        much = _MUCH if self.rounding.coarse is None else 0.0
        gap[~((matrix.excess[:, looked] <= 1) & (gap > much * np.max(size, axis=1, keepdims=True, initial=0)))] = 0
        if gap.any():
            row, i = np.unravel_index(np.argmax(gap), gap.shape)
            index = _place(self.checked.kinds[k][0], looked[i]) if measure.every else ()
            what = {"analytic": float(derived[row, i]), "numeric": float(numeric[row, i])}
            if self.rounding.coarse is None or gap[row, i] > _MUCH * size[row, i]:
                self._note(self._fault("unclear", k, index=index, mode=mode, **what), True)
            else:
                self._note(self._fault("rounded", k, index=index, mode=mode, **what, **self.rounding.coarse), True)

    def _tolerance(self, weight: Array | None, count: int) -> Tolerance:
        return Tolerance(self.derived.itemsize(), self.settings.rtol, self.settings.atol, weight, count)

    def _pushed(self, k: int, v: Array) -> Array:
        return self.numeric.read(self.derived.push(k, v))

    def _summary(self, k: int, matrix: Matrix, every: bool, faults: list[Fault]) -> InputReport:
        (position, name), (shape, dtype) = self.checked.labels[k], self.checked.kinds[k]
        row, column = matrix.worst()
        with np.errstate(all="ignore"):
            largest = float(np.max(np.abs(matrix.derived - matrix.numeric)))
        checked = "elements" if every else f"{matrix.derived.shape[1]} directions"
        if faults:
            f = faults[0]
            return InputReport(
                position, name, shape, dtype, f.count or 1, largest, f.index, f.output, f.analytic, f.numeric, f.error,
                checked,
            )  # fmt: skip
        return InputReport(
            position, name, shape, dtype, 0, largest, _place(shape, column) if every else (),
            self.numeric.place(row) if self.rows is None else "", float(matrix.derived[row, column]),
            float(matrix.numeric[row, column]), float(matrix.noise[row, column]), checked,
        )  # fmt: skip

    # ----- what is wrong -----

    def _judge(self, k: int, matrix: Matrix, measure: Measure, mode: str) -> None:
        """Turn what disagrees into faults and remarks."""
        if not matrix.wrong().size:
            return
        elements = matrix.wrong() if measure.every else self._traced(k, matrix, measure, mode)
        faults = []
        for j in map(int, elements):
            fault, accepted = self._at_element(k, j, measure.sweeps.get(j) if measure.every else None, mode)
            faults += [fault] if fault is not None else []
            if measure.every:
                matrix.accepted.append((slice(None) if fault is None else accepted, j))
        self._enter(k, matrix, faults, at_least=not measure.every)
        if not measure.every and not faults:
            self._undecided(k, matrix, measure, mode)

    def _enter(self, k: int, matrix: Matrix, found: Iterable[Fault], at_least: bool) -> None:
        """Enter the worst of each kind, and how many there are."""
        kinds: dict[tuple[str, bool], list[Fault]] = {}
        for fault in found:
            kinds.setdefault((fault.verdict, fault.fine), []).append(fault)
        for (verdict, fine), faults in kinds.items():
            worst = replace(max(faults, key=_badness), count=len(faults), at_least=at_least)
            if verdict == "wrong":
                said = hint(matrix.derived, matrix.numeric, self.checked.kinds[k][0], SEED)
                worst = replace(worst, hint=said)
            self._note(worst, fine)

    def _undecided(self, k: int, matrix: Matrix, measure: Measure, mode: str) -> None:
        """Report a direction in which something is wrong that no single element shows: it may be noise, or a kink."""
        row, column = matrix.worst()
        derived, kink = float(matrix.derived[row, column]), measure.sweeps[column].kink(row)
        if kink is not None and not kink.holds(derived):
            kink = None  # of several elements, each of which is at one; their signs differ
        fault = self._fault(
            "unclear" if kink is None else "kink", k, analytic=derived, numeric=float(matrix.numeric[row, column]),
            error=float(matrix.noise[row, column]), mode=mode, slopes=kink and kink[:2],
            hint=hint(matrix.derived, matrix.numeric, self.checked.kinds[k][0], SEED),
        )  # fmt: skip
        self._note(fault, True)

    def _note(self, fault: Fault, fine: bool) -> None:
        """Enter a fault; or a remark, once for both modes."""
        if not fine:
            self.found.faults.append(fault)
        elif not any((r.verdict, r.position, r.index) == (fault.verdict, fault.position, fault.index)
                     for r in self.found.remarks):  # fmt: skip
            self.found.remarks.append(fault)

    def _residuals(self, k: int, mode: str, difference: Callable[[Array], Array]) -> Callable[[Array], Array]:
        """Return the function from a direction to by how much derived and numeric derivatives of all rows differ."""

        def residuals(part: Array) -> Array:
            derived = self.gradients[k] @ part if mode == "reverse" else self._pushed(k, part)
            return derived - difference(part)

        return residuals

    def _read_off(self, k: int, matrix: Matrix, measure: Measure, tolerance: Tolerance, mode: str) -> Fault | None:
        """Return what is wrong with the one element that all comes from, before directions are measured with care."""
        if not matrix.wrong().size or not np.isfinite(matrix.numeric + matrix.derived).all():
            return None
        (row, column), residuals = matrix.worst(), self._residuals(k, mode, lambda v: self.numeric.quick(k, v))
        total, v = float((matrix.derived - matrix.numeric)[row, column]), measure.vectors[column]
        for j in readings(v, total, lambda part: float(residuals(part)[row])):
            rest = matrix.derived - np.outer(residuals(alone(v, j)) / v[j], measure.vectors[:, j])
            if (tolerance.excess(rest, matrix.numeric, matrix.noise) <= 1).all():
                fault, _ = self._at_element(k, j, None, mode)
                return None if fault is None or fault.fine or self._is_rounding(k, j, fault) else fault
        return None

    def _is_rounding(self, k: int, j: int, fault: Fault) -> bool:
        """Tell whether a difference is no more than rounding may make of the derived side."""
        rounding = float(np.max(self.rounding.of_derivatives(k, self._unit(k, j)[None], False))) / self._unit(k, j)[j]
        return bool(abs(fault.analytic - fault.numeric) <= NOISE_GRANTED * (fault.error + rounding))

    def _traced(self, k: int, matrix: Matrix, measure: Measure, mode: str) -> list[int]:
        """Return the elements of a large input that a wrong direction comes from; a few of many."""
        row, column = matrix.worst()
        total = float(matrix.derived[row, column] - matrix.numeric[row, column])
        sweep = measure.sweeps[column]
        kink, v = sweep.kink(row), measure.vectors[column]
        if kink is not None:
            return self._bends(k, v, row, kink, float(matrix.derived[row, column]))
        if not np.isfinite(total):
            return []
        (step, off), trusted = sweep.plain(row), float(sweep.trusted[row])

        def difference(part: Array) -> Array:
            small = off < abs(total) / _CLEARLY
            return self.numeric.central(k, part, step) if small else self.numeric.quick(k, part, trusted)

        residuals = self._residuals(k, mode, difference)
        allowed = abs(total) / float(matrix.excess[row, column])
        return traced(v, total, allowed, lambda part: float(residuals(part)[row]))

    def _bends(self, k: int, v: Array, row: int, kink: Kink, derived: float) -> list[int]:
        """Return an element at which the function has a kink along a direction; more if the derivative is doubtful."""

        def bend(part: Array) -> float:
            line = self.numeric.line(k, part)
            (right, plus), (left, minus) = line(kink.step), line(-kink.step)
            base = self.numeric.base
            return float(((right - base) / plus - (left - base) / minus)[row])

        most = 1 if kink.holds(derived) else _BENDS
        return traced(v, kink.right - kink.left, 0.0, bend, most)

    def _unit(self, k: int, j: int) -> Array:
        v = np.zeros(self.checked.start[k].size)
        v[j] = directions.sizes(self.checked.start[k].flat[j]).item()
        return v

    def _at_element(self, k: int, j: int, sweep: Sweep | None, mode: str) -> tuple[Fault | None, list[int]]:
        """Return what is wrong at one element of the input, or None, and the rows that seemed wrong and are not.

        It is said of the row that is worst. One at a kink that explains it hides no other.
        """
        v = self._unit(k, j)
        scale = float(v[j])
        derived = self.gradients[k][:, j] if mode == "reverse" else self._pushed(k, v) / scale
        sweep = sweep or self.numeric.sweep(k, v)
        numeric, noise = (a / scale for a in self.numeric.measured(k, v, sweep))
        tolerance = self._tolerance(None, 1).above_rounding(self.gradients[k])
        excess = tolerance.excess(derived[:, None], numeric[:, None], noise[:, None])[:, 0]
        found: list[Fault] = []
        accepted: list[int] = []
        beside = Neighbourhood(self.checked, self.numeric, k, v, mode)
        for row in np.argsort(-excess, kind="stable")[: int((excess > 1).sum())].tolist():
            what = {"analytic": float(derived[row]), "numeric": float(numeric[row]), "error": float(noise[row])}
            fault = self._of_row(k, j, v, row, sweep, beside, what)
            found += [fault] if fault is not None else []
            if fault is None or fault.fine:
                accepted.append(row)
            elif self.rows is not None:
                break
        worst = next((fault for fault in found if not fault.fine), found[0] if found else None)
        return worst, accepted

    def _of_row(
        self, k: int, j: int, v: Array, row: int, sweep: Sweep, beside: Neighbourhood, what: dict[str, Any]
    ) -> Fault | None:
        """Return what is wrong with one row at one element; None where only a combination of outputs is off."""
        scale, kink, step = float(v[j]), sweep.kink(row), float(sweep.trusted[row])
        if kink is not None:
            what["slopes"] = kink.left / scale, kink.right / scale
            verdict = "kink"
        elif not np.isfinite(what["numeric"]):
            verdict = "not finite"
        else:
            what["taylor"] = sweep.departure(row, what["analytic"] * scale)
            verdict = "wrong" if self._is_sure(k, beside, row, step, what) else "unclear"
        if self.rows is None:
            what["output"] = self.numeric.place(row)
        else:
            what |= self._output(k, j, v, row, step, beside.mode)
            if abs(what["analytic"] - what["numeric"]) <= NOISE_GRANTED * what["error"]:
                return None
        return self._fault(verdict, k, index=_place(self.checked.kinds[k][0], j), mode=beside.mode, **what)

    def _is_sure(self, k: int, beside: Neighbourhood, row: int, step: float, what: dict[str, Any]) -> bool:
        """Tell whether a difference is more than chance.

        Where no operation is at fault there are more opinions on what is made of some, asked for once for each input:
        by which power of the step the function departs from its tangent, and differences in longdouble.
        """
        if self.operations.wrong:
            return True
        if not beside.persists(row, step, what):
            return False
        if k not in self._sure and not self.operations.cut and not self.settings.alone:
            smooth = self.operations.known and what["taylor"] is not None and what["taylor"] > _SMOOTH
            if smooth or (self.wide is not None and beside.is_denied(self.wide, row, what)):
                return False
        self._sure.add(k)
        return True

    def _output(self, k: int, j: int, v: Array, row: int, step: float, mode: str) -> dict[str, Any]:
        """Return the element of the output that a wrong combination comes from, and both derivatives of it."""
        assert self.rows is not None
        scale, u, every = float(v[j]), self.rows[row], Numeric(self.checked, None, self.settings.eps)

        def derived(w: Array) -> float:
            return float(self.derived.pull(w)[k][j] if mode == "reverse" else w @ self.derived.push(k, v) / scale)

        def heaviest(numeric: Array) -> int:
            def residual(w: Array) -> float:
                return derived(w) - float(w @ np.where(self.numeric.finite, numeric, 0))

            return bisected(u, residual(u), residual)

        def said(i: int, which: int, sweep: Sweep, measured: tuple[Array, Array]) -> dict[str, Any]:
            value, noise = (float(a[which]) / scale for a in measured)
            unit = np.eye(1, u.size, i)[0]
            found = {"output": every.place(i), "analytic": derived(unit), "numeric": value, "error": noise}
            kink = sweep.kink(which)
            return found if kink is None else {**found, "slopes": (kink.left / scale, kink.right / scale)}

        i = heaviest(every.quick(k, v, step) / scale)
        one = Numeric(self.checked, np.eye(1, u.size, i), self.settings.eps)
        sweep = one.sweep(k, v)
        found = said(i, 0, sweep, one.measured(k, v, sweep))
        if abs(found["analytic"] - found["numeric"]) > NOISE_GRANTED * found["error"]:
            return found
        sweep = every.sweep(k, v)
        measured = every.measured(k, v, sweep)
        i = heaviest(measured[0] / scale)
        return said(i, i, sweep, measured)

    # ----- the dtype of the inputs -----

    def check_narrow(self) -> None:
        """Compare what is derived in the dtypes of the inputs, where they are not float64, with the same in float64."""
        if not is_narrow(self.checked):
            return
        narrow = Narrow(self.checked, self.settings, self.numeric, self.rounding, self.gradients)
        for difference in narrow.differences():
            what = fields(difference, *self.checked.kinds[difference.k])
            fault = self._fault("narrow" if difference.wrong else "imprecise", difference.k, **what)
            (self.found.faults if difference.wrong else self.found.remarks).append(fault)


def _place(shape: tuple[int, ...], j: int) -> tuple[int, ...]:
    return tuple(int(i) for i in np.unravel_index(j, shape)) if shape else ()


def _badness(fault: Fault) -> tuple[float, float]:
    """Return by how much a fault is wrong: as a share of the derivatives, and among like ones by itself."""
    difference = abs(fault.analytic - fault.numeric)
    size = max(abs(fault.analytic), abs(fault.numeric))
    return (round(difference / size, 3), difference) if size and np.isfinite(difference) else (np.inf, 0.0)
