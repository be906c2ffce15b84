"""`compile(f, verify=n)`: the first programs' answers, compared with what the plain function does.

The program runs first, and what it has changed is taken back; then the plain function runs from where the program
began, and what that has changed is taken back too. Where both agree, the program's is what remains; else everything is
as it was before the call.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array
from autograd_lite.compiler.comparing import Comparison
from autograd_lite.compiler.recording.run import RecordedProgram
from autograd_lite.compiler.reference import Moment, PlainRun
from autograd_lite.compiler.text.calling import MISS
from autograd_lite.engine.generators import is_generator
from autograd_lite.engine.record import Handle
from autograd_lite.tensor.views import taken_again
from autograd_lite.transforms.watched import name_of
from autograd_lite.tree import flatten

VARIABLE = "AUTOGRAD_LITE_VERIFY"


def verified(verify: Any) -> int:
    """Return how many reuses are verified: as many as was said, by default what an environment variable says."""
    given = os.environ.get(VARIABLE, "0") if verify is None else verify
    number = int(given) if isinstance(given, str) and given.isdecimal() else given
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise errors.CompileError(errors.COMPILE_VERIFY.format(given=given))
    return number


class Verifier:
    """The calls of one program that are verified.

    Parameters
    ----------
    function : callable
        The plain function.
    recorded : Recorded
        What was recorded of it.
    left : int
        How many calls are still to be verified.
    """

    def __init__(self, function: Callable[..., Any], recorded: RecordedProgram, left: int) -> None:
        self.function, self.recorded, self.left = function, recorded, left

    def call(self, enter: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what the program returns, or `MISS`, after having compared it with the plain function."""
        leaves, structure = flatten((args, kwargs))
        if structure != self.recorded.structure:
            return MISS
        before = self._moment(leaves)
        names = {id(owner): name for owner, name in self._owners(leaves)}
        arrays = [(x, x.copy()) for x in self._arrays(leaves)]
        result = enter(args, kwargs)
        if result is MISS:
            return MISS
        after = before.again()
        before.put()
        try:
            self._compare(args, kwargs, Comparison(result, before, after, arrays, names))
        finally:
            before.put()
        self.left -= 1
        after.put()
        return result

    def _moment(self, leaves: Sequence[Any]) -> Moment:
        """Return what the program will change, and all generators there are, as they are now."""
        everything = [*[owner for owner, _ in self._owners(leaves)], *leaves]
        return Moment([t for t in everything if isinstance(t, Handle)], [g for g in everything if is_generator(g)])

    def _owners(self, leaves: Sequence[Any]) -> Iterator[tuple[Any, str]]:
        """Yield what the program reads and assigns in this call, with its name."""
        program = self.recorded.program
        for x in program.inputs:
            yield leaves[x.owner] if x.kind.startswith("argument") else x.owner, x.name
        for a in program.assignments:
            yield leaves[a.owner] if a.kind.startswith("argument") else a.owner, a.name.removesuffix(".grad")

    def _arrays(self, leaves: Sequence[Any]) -> list[Array]:
        """Return the arrays that the program reads, and does not change."""
        held = [x.owner for x in self.recorded.program.inputs if x.kind == "array"]
        return [x for x in (*leaves, *held) if isinstance(x, np.ndarray)]

    def _compare(self, args: tuple[Any, ...], kwargs: dict[str, Any], program: Comparison) -> None:
        """Run the plain function, and raise an error if it does something else than the program has done."""
        name, beside = name_of(self.function), PlainRun()
        try:
            with beside.watching():
                result = self.function(*args, **kwargs)
                for y in flatten(result)[0]:
                    taken_again(y)
            difference = next(program.differences(result, beside), None)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            raise errors.CompileError(errors.COMPILE_VERIFY_RAISED.format(function=name, error=said)) from error
        finally:
            program.arrays_back()
            beside.undo()
        if difference is not None:
            raise errors.CompileError(errors.COMPILE_VERIFY_DIFFERS.format(function=name, what=difference))
