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
from functools import cache
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.later import Later
from autograd_lite.base.shapes import Array
from autograd_lite.parallel.communicators import abort, check_communicator, has_raised
from autograd_lite.parallel.layout import Layout, Signature, Told, difference

MPI: Any = Later("mpi4py.MPI")

_GOES_ON, _ENDS = 0, 1
_STARTED: list[Ranks] = []
"""Those of more than one rank, which say when they end."""


def ranks_of(comm: Any, function: str, before: str = "") -> Ranks:
    """Return the ranks of a communicator of mpi4py's: once for each, and at the same time on all of them.

    NOTE: it is kept by the communicator itself; another one may have the handle of one that was freed.
    """
    check_communicator(comm, "Dup Get_attr Set_attr", function, before)
    found = comm.Get_attr(_key())
    if found is None:
        found = Ranks(comm)
        comm.Set_attr(_key(), found)
    ranks: Ranks = found
    return ranks


@cache
def _key() -> Any:
    return MPI.Comm.Create_keyval()


@cache
def _end_with_the_program() -> None:
    """Have all ranks say that they end, before Python does or the user calls ``MPI.Finalize()``."""
    atexit.register(_end_all)
    MPI.COMM_SELF.Set_attr(MPI.Comm.Create_keyval(delete_fn=_end_all), _STARTED)


def _end_all(*_: Any) -> None:
    while _STARTED:
        _STARTED.pop().end()


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
            _STARTED.append(self)
            _end_with_the_program()

    def layout(self, signature: Signature, values: Sequence[Any]) -> Layout:
        """Return buffers; when they are new, after all ranks have found the same parameters with the same values."""
        known = self._layouts.get(signature)
        if known is None:
            known = self._made_sure(lambda: self._agreed(signature, values))
        return known

    def sums(self, layout: Layout, values: Sequence[Any]) -> Told:
        """Have the buffers be the sums over all ranks, and return what these have said: at the same step, all of it.

        When it is due, all ranks have the same values of the parameters, or are refused.
        """
        told: Told = self._made_sure(lambda: self._summed(layout))
        if told.due:
            self._made_sure(lambda: self._compare(values))
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

    def _compare(self, values: Sequence[Any]) -> None:
        if len(set(self._told(_checksum(values))[:, 0])) > 1:
            raise errors.ParallelError(errors.MEAN_DRIFT.format(step=self.steps))

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

    def end(self) -> None:
        """Say that there are no more steps. What the others say then is that too, or else the job ends with a message.

        NOTE: after an error, which has been printed by now, nobody is asked: they may wait for this rank elsewhere.
        """
        if os.getpid() != self._process or MPI.Is_finalized():
            return
        if self._has_failed or has_raised():
            abort(self.comm)
        try:
            missing = self.size - self._left()
        except MPI.Exception:
            missing = 1
        if missing:
            text = errors.MEAN_LEFT.format(count=self.size - missing, size=self.size, steps=self.steps)
            sys.stderr.write(f"autograd_lite: {text}\n")
            abort(self.comm)

    def _left(self) -> int:
        """Return how many ranks end now."""
        if self._current is None:
            return int(np.sum(self._told(_ENDS, 0, 0)[:, 0]))
        return int(self._exchanged(self._current, Told(left=1)).left)


def _checksum(values: Sequence[Any]) -> int:
    found = 0
    for array in values:
        whole = np.asarray(array).astype(_NARROWER.get(array.dtype.char, array.dtype), copy=False)
        found = zlib.crc32(whole.tobytes(), found)
    return found


_NARROWER = {"g": np.float64, "G": np.complex128}
"""Of longdouble there are bytes that mean nothing."""
