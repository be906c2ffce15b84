"""With which lengths a model is recorded: those that say what it is, and those that have to agree.

Nobody knows at which length a model begins to do something else. So besides the lengths that the polynomials come from,
it is tried at much longer and at shorter ones. A model has a longest length where a table of its own ends: then the
last one that it takes is looked for, and it is tried on the way there.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, combinations

from autograd_lite import errors
from autograd_lite.compiler.program.program import Program
from autograd_lite.compiler.recording.run import RecordedProgram

_LEAST = 2
"""Lengths are so long at least, but where shorter ones are tried, since one may be broadcast."""
_PROOF = 3
"""By so much at least all lengths are longer in the first recording that has to agree."""
_FAR, _FARTHEST = 67, 1000
"""Lengths beyond most of those at which what is cut off (``x[:5]``), or done otherwise, begins to be so."""
_AFFORDED = 2**25
"""So many bytes all values have at most at the farthest length."""

Lengths = dict[str, int]
Run = Callable[[Lengths], tuple[RecordedProgram, Program]]
Found = Iterator[tuple[Lengths, Program]]


@dataclass(frozen=True, eq=False)
class Recordings:
    """The Programs of a model at several lengths.

    Attributes
    ----------
    base : dict of str to int
        The lengths of the first recording.
    first : RecordedProgram
        The first recording.
    chosen : tuple of frozenset of str
        Which lengths are longer by one, for each of the recordings that polynomials are made of.
    programs : list of Program
        Of those, then of `proofs`, then of `shorter`.
    proofs, shorter : list of dict of str to int
        Lengths of more recordings.
    """

    base: Lengths
    first: RecordedProgram
    chosen: tuple[frozenset[str], ...]
    programs: list[Program]
    proofs: list[Lengths] = field(default_factory=list)
    shorter: list[Lengths] = field(default_factory=list)

    @property
    def lengths(self) -> list[Lengths]:
        """Those of all programs."""
        chosen = [{name: n + (name in subset) for name, n in self.base.items()} for subset in self.chosen]
        return [*chosen, *self.proofs, *self.shorter]

    def add(self, to: list[Lengths], found: Found) -> None:
        """Take what was found up, as proofs or as shorter ones."""
        for lengths, program in found:
            to.append(lengths)
            self.programs.append(program)


def recordings(run: Run, examples: Lengths) -> Recordings:
    """Return what a model does at several lengths.

    Parameters
    ----------
    run : callable
        Of lengths, what is recorded with them, and its Program as it is compared.
    examples : dict of str to int
        The lengths of the examples.
    """
    found = _needed(run, examples)
    for name in examples:
        found.add(found.proofs, _longer(run, found, name))
    for name in examples:
        found.add(found.shorter, _shorter(run, found.base, name))
    return found


# ----- what is needed -----


def _needed(run: Run, examples: Lengths) -> Recordings:
    """Return the recordings without which nothing is known: at the lengths of the examples and a little longer.

    Where the examples are as long as can be, a little shorter.
    """
    below = {name: n - _PROOF - 2 * len(examples) for name, n in examples.items()}
    below = {name: n if n >= _LEAST else examples[name] for name, n in below.items()}
    try:
        return _around(run, _distinct(examples), examples)
    except errors.ExportError as error:
        run(examples)  # whose errors are not of these lengths
        if below == examples:
            raise
        with suppress(errors.ExportError):
            return _around(run, _distinct(below), examples)
        raise error from error.__cause__


def _distinct(lengths: Lengths) -> Lengths:
    """Return lengths that are not the same, nor one more: else what depends on them would be, too."""
    found: Lengths = {}
    for name, n in lengths.items():
        found[name] = max(n, _LEAST)
        while any(abs(found[name] - other) < 2 for other in list(found.values())[:-1]):  # noqa: PLR2004
            found[name] += 1
    return found


def _around(run: Run, base: Lengths, examples: Lengths) -> Recordings:
    subsets = chain.from_iterable(combinations(sorted(base), k) for k in range(len(base) + 1))
    chosen = tuple([frozenset(subset) for subset in subsets])
    first, program = run(base) if base == examples else _run(run, base, examples)
    found = Recordings(base, first, chosen, [program])
    for subset in chosen[1:]:
        found.programs.append(_run(run, {name: n + (name in subset) for name, n in base.items()}, examples)[1])
    proof = {name: n + _PROOF + k for k, (name, n) in enumerate(base.items())}
    found.add(found.proofs, iter([(proof, _run(run, proof, examples)[1])]))
    return found


def _run(run: Run, lengths: Lengths, examples: Lengths) -> tuple[RecordedProgram, Program]:
    """Record with lengths that the user has not given, and say so where the model does not take them."""
    try:
        return run(lengths)
    except Exception as error:
        other = ", ".join([f"{name}={n}" for name, n in lengths.items() if n != examples[name]])
        names, kind = ", ".join(lengths), type(error).__name__
        text = errors.ONNX_RAISES.format(lengths=other, names=names, kind=kind, error=error)
        raise errors.ExportError(text) from error


# ----- what is tried -----


def _longer(run: Run, found: Recordings, name: str) -> Found:
    """Yield recordings at much longer lengths; where there are none, up to the last length that the model takes."""
    good = found.proofs[0][name]
    for goal in (_FAR, _affordable(found, name)):
        n, bad = goal, 0
        while n > good:
            lengths = {**found.base, name: n}
            program = _tried(run, lengths)
            if program is None:
                bad = n
            else:
                yield lengths, program
                good = n
            n = (good + bad) // 2
        if bad:
            return


def _affordable(found: Recordings, name: str) -> int:
    """Return the farthest length at which recording takes no more memory, and so no more time, than it may."""
    longer = found.programs[found.chosen.index(frozenset([name]))]
    pairs = [(t, longer.types[i]) for i, t in found.programs[0].types.items() if t.dtype and i in longer.types]

    def nbytes(n: int) -> int:
        by = n - found.base[name]
        shapes = [[a + (b - a) * by for a, b in zip(t.shape, u.shape, strict=False)] for t, u in pairs]
        return sum([math.prod(shape) * t.dtype.itemsize for shape, (t, _) in zip(shapes, pairs, strict=True)])

    least, most = _FAR, _FARTHEST
    while least < most:
        n = (least + most + 1) // 2
        least, most = (n, most) if nbytes(n) <= _AFFORDED else (least, n - 1)
    return least


def _shorter(run: Run, base: Lengths, name: str) -> Found:
    """Yield recordings at a half of a length, a quarter, and so on."""
    for k in range(1, base[name].bit_length()):
        lengths = {**base, name: base[name] >> k}
        program = _tried(run, lengths)
        if program is not None:
            yield lengths, program


def _tried(run: Run, lengths: Lengths) -> Program | None:
    """Return a recording, or None: a model need not take an example of any length, and nobody is warned of these."""
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return run(lengths)[1]
    return None
