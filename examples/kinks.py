"""Which derivative is taken where a function has several, or none: a section of ``REFERENCE.md``.

Each row is a text of Python, evaluated with Tensors; the derivatives in the table are what `backward` has found, and
`tests/engine/test_kinks.py` compares them with the slopes on both sides. Run ``python examples/reference.py``.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np

import autograd_lite as ag

HEAD = """\
The derivative at a kink is one between the slopes on both sides, the same in both modes. These are computed by
`backward()` when this page is written; `gradcheck` remarks a kink, and takes any derivative between the slopes."""


class Kink(NamedTuple):
    """A function, as text, and where it has a kink; what is decided there, in words."""

    text: str
    at: dict[str, Any]
    choice: str


def kink(text: str, choice: str, **at: Any) -> Kink:
    return Kink(text, at, choice)


HALF, FIRST = "ties share it", "the first of equals"
LAPACK = "that of vectors which LAPACK has chosen"
KINKS: dict[str, list[Kink]] = {
    "Corners": [
        kink("np.abs(x)", "0, in the middle", x=0.0),
        kink("np.abs(x)", "0, of complex numbers too", x=0j),
        kink("np.fabs(x)", "0, in the middle", x=0.0),
        kink("np.sign(x)", "0: it jumps", x=0.0),
        kink("np.copysign(x, 2.0)", "0, in the middle", x=0.0),
        kink("np.hypot(x, y)", "0, in the middle of the cone", x=0.0, y=0.0),
        kink("np.arctan2(y, x)", "0 for both: there is no angle", y=0.0, x=0.0),
        kink("ag.relu(x)", "0, that of the left", x=0.0),
        kink("np.maximum(x, y)", HALF, x=1.0, y=1.0),
        kink("np.minimum(x, y)", HALF, x=1.0, y=1.0),
        kink("np.fmax(x, y)", HALF, x=1.0, y=1.0),
        kink("np.fmin(x, y)", HALF, x=1.0, y=1.0),
        kink("np.maximum(x, 0)", "half", x=0.0),
        kink("np.clip(x, 0, 1)", "at a bound x counts as inside", x=[0.0, 1.0]),
        kink("np.clip(x, a, 3.0)", "and the bound gets nothing", x=1.0, a=1.0),
        kink("np.where(x > 0, x, 0)", "that of the branch taken", x=0.0),
        kink("np.interp(x, [0, 1, 2], [0, 3, 4])", "right of a knot, if there is one", x=[0.0, 1.0, 2.0]),
    ],
    "Jumps": [
        kink("np.floor(x)", "0, as beside the jumps", x=1.0),
        kink("np.ceil(x)", "0, as beside the jumps", x=1.0),
        kink("np.trunc(x)", "0, as beside the jumps", x=1.0),
        kink("np.rint(x)", "0, as beside the jumps", x=0.5),
        kink("np.round(x)", "0, as beside the jumps", x=0.5),
        kink("np.remainder(x, y)", "as beside the jumps: 1, and minus the quotient", x=4.0, y=2.0),
        kink("np.fmod(x, y)", "as beside the jumps: 1, and minus the quotient", x=4.0, y=2.0),
        kink("np.heaviside(x, h)", "0 for x; the value at 0 gets all", x=0.0, h=0.5),
        kink("np.modf(x)[0]", "1, as beside the jumps", x=2.0),
        kink("np.frexp(x)[0]", "as on the right", x=2.0),
        kink("np.unwrap(x)", "a step of half a turn stays", x=[0.0, np.pi]),
    ],
    "Ties": [
        kink("np.max(x)", HALF, x=[3.0, 1.0, 3.0]),
        kink("np.min(x)", HALF, x=[1.0, 1.0, 3.0]),
        kink("np.nanmax(x)", HALF, x=[3.0, 1.0, 3.0]),
        kink("np.ptp(x)", HALF, x=[2.0, 2.0]),
        kink("np.maximum.accumulate(x)[1]", HALF, x=[3.0, 3.0]),
        kink("np.maximum.reduce(x)", HALF, x=[3.0, 3.0]),
        kink("np.sort(x)[0]", "equals keep their order", x=[1.0, 1.0]),
        kink("np.partition(x, 0)[0]", FIRST, x=[1.0, 1.0]),
        kink("np.median(x)", "that of the one in the middle, as sorted", x=[1.0, 1.0, 2.0]),
        kink("np.median(x)", "half for each of the two", x=[1.0, 2.0]),
        kink("np.quantile([1, 4, 6], q)", "right of an element", q=0.5),
        kink("np.unique(x)[0]", FIRST, x=[1.0, 1.0]),
        kink("ag.logsumexp(x)", "0: nothing has a share", x=[-np.inf, -np.inf]),
        kink("np.logaddexp(x, y)", "0: nothing has a share", x=-np.inf, y=-np.inf),
        kink("np.logaddexp(x, y)", HALF, x=np.inf, y=np.inf),
    ],
    "Roots, powers and logarithms at the edge of their domain": [
        kink("np.sqrt(x)", "infinite, the limit", x=0.0),
        kink("np.cbrt(x)", "infinite, the limit", x=0.0),
        kink("np.log(x)", "infinite, the limit", x=0.0),
        kink("x ** 0.5", "infinite, the limit", x=0.0),
        kink("x ** 0", "0: it is 1 everywhere", x=0.0),
        kink("x ** y", "0 for both", x=0.0, y=0.0),
        kink("0.0 ** y", "0, as on the right", y=0.0),
        kink("np.arcsin(x)", "infinite, the limit", x=1.0),
        kink("np.arccosh(x)", "infinite, the limit", x=1.0),
        kink("np.prod(x)", "the product of the others", x=[0.0, 2.0, 3.0]),
    ],
    "Norms and spreads": [
        kink("np.linalg.norm(x)", "0, in the middle of the cone", x=[0.0, 0.0]),
        kink("np.linalg.norm(x, 1)", "0, in the middle", x=[0.0, 2.0]),
        kink("np.linalg.norm(x, np.inf)", HALF, x=[2.0, 2.0]),
        kink("np.linalg.norm(x, 3)", "0, in the middle of the cone", x=[0.0, 0.0]),
        kink("np.std(x)", "0, in the middle of the cone", x=[2.0, 2.0]),
        kink("np.linalg.norm(x, 'nuc')", LAPACK, x=np.zeros((2, 2))),
        kink("np.linalg.norm(x, 2)", LAPACK, x=np.eye(2)),
    ],
    "Matrices with equal values": [
        kink("np.linalg.eigvalsh(x)[0]", LAPACK, x=np.eye(2)),
        kink("np.linalg.eigvalsh(x).sum()", "exact: it depends on no order", x=np.eye(2)),
        kink("np.linalg.svdvals(x).sum()", "exact: it depends on no order", x=np.eye(2)),
        kink("np.linalg.det(x)", "exact: the adjugate", x=np.diag([1.0, 0.0])),
    ],
}


def value(row: Kink, given: dict[str, Any]) -> Any:
    """Return the sum of what the text of a row gives."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.sum(eval(row.text, {"np": np, "ag": ag, **given}))


def derivatives(row: Kink) -> dict[str, Any]:
    """Return the derivatives of the sum of a row's results, by name."""
    tensors: dict[str, Any] = {name: ag.Tensor(x, requires_grad=True) for name, x in row.at.items()}
    y = value(row, tensors)
    if y.requires_grad:
        with np.errstate(all="ignore"):
            (y.real if np.iscomplexobj(y) else y).backward()
    return {name: np.zeros(t.shape) if t.grad is None else np.asarray(t.grad) for name, t in tensors.items()}


def _shown(x: Any) -> str:
    return np.array2string(np.asarray(x) + 0.0, precision=4, separator=", ", floatmode="maxprec").replace("\n", "")


def table() -> str:
    """Return all rows, with their derivatives."""
    parts = [HEAD]
    for title, rows in KINKS.items():
        lines = [f"| {title} | at | derivative | |", "|---|---|---|---|"]
        for row in rows:
            at = ", ".join(f"{name} = {_shown(x)}" for name, x in row.at.items())
            found = "" if row.choice == LAPACK else ", ".join(map(_shown, derivatives(row).values()))
            lines.append(f"| `{row.text}` | {at} | {found} | {row.choice} |")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
