"""The ranks of a communicator, as they take their steps together, and how they notice that one of them does not.

Ranks that are not at the same step would wait for each other for ever. So each says with its gradients where it is;
what is new is agreed on before; and a rank whose program ends says so too, in the place of its next step.
"""

from __future__ import annotations

import atexit
import os
import sys
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.later import Later
from autograd_lite.base.shapes import Array
from autograd_lite.parallel.communicators import check_communicator
from autograd_lite.parallel.layout import Layout, Signature, Told, difference

MPI: Any = Later("mpi4py.MPI")

_KNOWN: dict[int, tuple[Any, Ranks]] = {}
_GOES_ON, _ENDS = 0, 1


def ranks_of(comm: Any, function: str) -> Ranks:
    """Return the ranks of a communicator of mpi4py's: once for each, and at the same time on all of them."""
    check_communicator(comm, "Dup", function)
    handle = comm.handle
    if handle not in _KNOWN:
        _KNOWN[handle] = comm, Ranks(comm)
    return _KNOWN[handle][1]


class Ranks:
    """All ranks of a communicator; the same calls have to be made on each.

    NOTE: over a communicator of its own, so that its messages meet no others.
    """

    def __init__(self, comm: Any) -> None:
        self.comm = comm.Dup()
        self.comm.Set_errhandler(MPI.ERRORS_RETURN)
        self.size, self.steps = comm.size, 0
        self._layouts: dict[Signature, Layout] = {}
        self._current: Layout | None = None
        self._has_failed = False
        self._process = os.getpid()
        if self.size > 1:
            atexit.register(self._end)

    def layout(self, signature: Signature, values: Sequence[Any]) -> Layout:
        """Return buffers; when they are new, after all ranks have found the same parameters with the same values."""
        known = self._layouts.get(signature)
        if known is None:
            known = self._made_sure(lambda: self._agreed(signature, values))
        return known

    def sums(self, layout: Layout) -> Told:
        """Have the buffers be the sums over all ranks, and return what these have said: at the same step, all of it."""
        told: Told = self._made_sure(lambda: self._summed(layout))
        return told

    def _made_sure(self, do: Any) -> Any:
        """Return ``do()``; after an error of any kind nobody knows which messages are on their way."""
        if self._has_failed:
            raise errors.ParallelError(errors.MEAN_BROKEN)
        try:
            return do()
        except MPI.Exception as error:  # messages of different lengths
            self._has_failed = True
            raise errors.ParallelError(errors.MEAN_CHANGED) from error
        except BaseException:
            self._has_failed = True
            raise

    def _summed(self, layout: Layout) -> Told:
        if len(self._layouts) > 1:
            self._check(self._exchanged(layout, Told(number=layout.number, square=layout.number**2)))
        for buffer in layout.buffers:
            self.comm.Allreduce(MPI.IN_PLACE, buffer)
            if buffer is layout.buffers[0]:
                told = layout.told()
                self._check(told)
        self._current = layout
        self.steps += 1
        return told

    def _check(self, told: Told) -> None:
        """Refuse to go on where not all ranks are at the same step.

        NOTE: numbers are the same on all where their square is the mean of their squares.
        """
        self._check_left(told.left)
        if told.changed or told.number**2 != self.size * told.square:
            raise errors.ParallelError(errors.MEAN_CHANGED)

    def _check_left(self, left: float) -> None:
        if left:
            text = errors.MEAN_LEFT.format(count=int(left), size=self.size, steps=self.steps)
            raise errors.ParallelError(text)

    def _agreed(self, signature: Signature, values: Sequence[Any]) -> Layout:
        if self._current is not None:
            self._announce(self._current)
        number = len(self._layouts) + 1
        said = self._told(_GOES_ON, zlib.crc32(repr(signature).encode()), _checksum(values))
        self._check_left(int(np.sum(said[:, 0])))
        if np.any(said[:, 1] != said[0, 1]):
            found = difference(self.comm.allgather(signature))
            raise errors.ParallelError(errors.MEAN_LAYOUT.format(found=found))
        if np.any(said[:, 2] != said[0, 2]):
            raise errors.ParallelError(errors.MEAN_VALUES)
        made = self._layouts[signature] = Layout(signature, number)
        return made

    def _announce(self, layout: Layout) -> None:
        """Say, in the place of a step, that there are new parameters."""
        told = self._exchanged(layout, Told(changed=1, number=layout.number, square=layout.number**2))
        self._check_left(told.left)
        if told.changed != self.size:
            raise errors.ParallelError(errors.MEAN_CHANGED)

    def _exchanged(self, layout: Layout, said: Told) -> Told:
        """Say something without gradients: in their place; where that may have several lengths, before them."""
        if len(self._layouts) > 1:
            sums = np.array(said, np.float64)
            self.comm.Allreduce(MPI.IN_PLACE, sums)
            return Told(*sums.tolist())
        layout.say(said)
        self.comm.Allreduce(MPI.IN_PLACE, layout.buffers[0])
        return layout.told()

    def _told(self, *said: int) -> Array:
        """Return what all ranks say, a row for each."""
        mine, every = np.array(said, np.int64), np.zeros((self.size, len(said)), np.int64)
        self.comm.Allgather(mine, every)
        return every

    # ----- the end of the program -----

    def _end(self) -> None:
        """Say that there are no more steps. What the others say then is that too, or else the job ends with a message.

        NOTE: after an error, which has been printed by now, nobody is asked: they may wait for this rank elsewhere.
        """
        if os.getpid() != self._process or MPI.Is_finalized():
            return
        if self._has_failed or _has_raised():
            self._abort()
        try:
            missing = self.size - self._left()
        except MPI.Exception:
            missing = 1
        if missing:
            text = errors.MEAN_LEFT.format(count=self.size - missing, size=self.size, steps=self.steps)
            sys.stderr.write(f"autograd_lite: {text}\n")
            self._abort()

    def _left(self) -> int:
        """Return how many ranks end now."""
        if self._current is None:
            return int(np.sum(self._told(_ENDS, 0, 0)[:, 0]))
        return int(self._exchanged(self._current, Told(left=1)).left)

    def _abort(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.comm.Abort(1)


def _has_raised() -> bool:
    """Tell whether the program ends by an error that nobody has caught."""
    return getattr(sys, "ps1", None) is None and getattr(sys, "last_value", None) is not None


def _checksum(values: Sequence[Any]) -> int:
    found = 0
    for array in values:
        whole = np.asarray(array).astype(_NARROWER.get(array.dtype.char, array.dtype), copy=False)
        found = zlib.crc32(whole.tobytes(), found)
    return found


_NARROWER = {"g": np.float64, "G": np.complex128}
"""Of longdouble there are bytes that mean nothing."""
