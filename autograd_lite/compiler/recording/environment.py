"""What a function reads besides arguments and Tensors, and what it does besides: found around a recording run.

What code that ran can have read is compared at every call, or known to stay as it is, or refused. What the run has
changed, a program would not change, so that is refused as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.shapes import Array, same_bits
from autograd_lite.compiler.recording import guards, kinds
from autograd_lite.compiler.recording.interception import Doubles, put_back, same
from autograd_lite.compiler.recording.observation import Observer, listening
from autograd_lite.compiler.recording.places import MOST, UNSET, Location, Reach
from autograd_lite.compiler.recording.reading import line_that_reads, names_in, whole
from autograd_lite.compiler.recording.survey import Survey
from autograd_lite.engine.record import Handle
from autograd_lite.transforms.watched import name_of


class Environment:
    """What a program is for besides its arguments.

    Parameters
    ----------
    function : callable
        What is compiled.
    settings : sequence
        The arguments that are no inputs.
    static : sequence
        What the user says does not change.
    trace : Trace
        That writes down what happens.
    seen : Observer, optional
        Of an earlier run, that has come to code that nobody could know of before.
    """

    def __init__(
        self, function: Any, settings: Sequence[Any], static: Sequence[Any], trace: Any, seen: Observer | None = None
    ) -> None:
        self.function, self._static = function, tuple(static)
        self._roots = (function, *settings)
        self._first = seen is None
        known = Reach(static=self._static)
        if seen is not None:
            known = Reach(static=self._static, imports=seen.imports(), strange=frozenset(seen.users))
        self.before = Survey(self._roots, known)
        self.survey = self.before
        self.observer = Observer(function, trace)
        trace.beside.beside = self.observer.beside
        self.doubles: Doubles | None = None
        self._numpy = _global_states()
        self._drawing = [(x, _state(x)) for x in self.before.objects.values() if kinds.is_random(x)]
        self._compared: list[tuple[Any, Any]] = []
        self.said, self.forgotten = "", False
        self._places: list[Location] = []
        self.disturbed = False  # whether another thread has changed what the function reads
        self._marks: dict[int, int] = {}

    @contextmanager
    def observed_run(self, stand_in: Callable[[Any, str], Any]) -> Iterator[Callable[[Any], Any]]:
        """Note what happens, and give what makes of the function one that reads `stand_in` of arrays and generators."""
        double = self._doubled(stand_in)
        with listening(self.observer):
            yield double

    def _doubled(self, stand_in: Callable[[Any, str], Any]) -> Callable[[Any], Any]:
        self.doubles = Doubles(self.before, stand_in)
        kept = [x for i, x in self.before.objects.items() if _is_array(x) and i not in self.doubles.replaced]
        self._marks = {id(x): _mark(x) for x in kept}
        return self.doubles.of

    def finish(self, skipped: frozenset[tuple[int, str]], drawn: frozenset[int], made: bool) -> bool:
        """Find what the run can have read, and refuse what it has changed.

        `drawn` are the generators that the program draws from; `made` says whether an optimiser has made its state.
        Return False where the run has come to code that nobody knew of before, so that it has to be done again.
        """
        observer = self.observer
        scope = Reach(
            frozenset(observer.codes), observer.words(), observer.lists_attributes(), self._static, skipped,
            observer.imports(),
        )  # fmt: skip
        self.survey = Survey(self._roots, scope)
        if scope.words is not None and (self.survey.names_any or not self.survey.named <= scope.words):
            words = None if self.survey.names_any else scope.words | self.survey.named
            self.survey = Survey(self._roots, replace(scope, words=words))
        self._look_behind_caches()
        self._refuse_leaks()
        self._refuse_limits()
        if self._first and self._strange():
            return False
        self._refuse_unclear()
        self._refuse_changes(made)
        self._refuse_draws(drawn)
        self._compare_arrays()
        return True

    def _look_behind_caches(self) -> None:
        """Add all that functions can read whose results an `lru_cache` has given: they were not executed."""
        used = [p for p in self.survey.places.values() if p.how == "cache" and not self._is_unused(p)]
        for place in used:
            behind = Survey([place.owner.__wrapped__], Reach(static=self._static, skipped=self.survey.scope.skipped))
            self.survey.places |= {mark: p for mark, p in behind.places.items() if mark not in self.survey.places}
            self.survey.unclear += behind.unclear
            self.survey.whole = self.survey.whole and behind.whole
            for i, x in behind.objects.items():
                self.survey.objects.setdefault(i, x)
                self.survey.names.setdefault(i, behind.names[i])

    def _is_unused(self, place: Location) -> bool:
        before = self.before.places.get(place.mark)
        return before is not None and before.found[0] == place.found[0]

    def _strange(self) -> bool:
        """Tell whether code was executed of which the survey before the run did not know."""
        known = whole(self.before.codes)
        return not self.observer.users <= known

    # ----- what is refused -----

    def _refuse(self, text: str, names: Iterable[Any] = (), **parts: Any) -> NoReturn:
        """Refuse what the function reads or changes, at the first line that has one of some names."""
        lines = (line_that_reads(name, self.observer.users) for name in names if isinstance(name, str))
        line = next(filter(None, lines), "")
        where = f" (at {line})" if line else ""
        raise errors.CompileError(text.format(function=name_of(self.function), where=where, **parts))

    def _refuse_place(self, text: str, place: Location, **parts: Any) -> NoReturn:
        parts_of_name = place.name.split("_")
        longer_first = ["_".join(parts_of_name[:k]) for k in range(len(parts_of_name), 0, -1)]
        self._refuse(text, [place.key, *longer_first], what=described(place), **parts)

    def _refuse_leaks(self) -> None:
        for place in self.survey.leaked:
            self._refuse_place(errors.COMPILE_STORED, place, name=place.name)
        assert self.doubles is not None
        for owner, key in self.doubles.changes():
            self._refuse(errors.COMPILE_STATE, [key], what=called("item", owner, key))

    def _refuse_limits(self) -> None:
        if not self.survey.whole:
            last = next(reversed(self.survey.places.values()))
            self._refuse_place(errors.COMPILE_LIMIT, last, most=MOST)

    def _refuse_unclear(self) -> None:
        for place, why in self.survey.unclear:
            text = errors.COMPILE_ITERATOR if why == "iterator" else errors.COMPILE_UNKNOWN
            self._refuse_place(text, place, kind=type(place.found).__name__)

    def _refuse_changes(self, made: bool) -> None:
        before = self.before.places
        for place in self.survey.places.values():
            old = before.get(place.mark)
            if old is None:
                if not self.before.whole:
                    self._refuse_place(errors.COMPILE_LIMIT, place, most=MOST)
                if place.how == "attribute" and id(place.owner) in self.before.objects and not made:
                    self._refuse_place(errors.COMPILE_STATE, place)
            elif _unchanged(old, place) or (made and place.how == "keys") or _is_filled_in(old):
                continue
            elif self.doubles is not None and id(place.owner) in self.doubles.owners:
                self.disturbed = True
            else:
                self._refuse_place(errors.COMPILE_STATE, place)

    def _refuse_draws(self, drawn: frozenset[int]) -> None:
        changed = [x for x, state in self._drawing if _state(x) != state]
        if any(id(x) not in drawn for x in changed) or _global_states()[: len(self._numpy)] != self._numpy:
            self._refuse(errors.COMPILE_RANDOM)

    # ----- what is compared -----

    def _compare_arrays(self) -> None:
        """Have arrays that nothing can stand in for compared by their values."""
        for i, x in self.survey.objects.items():
            if i in self._marks:
                if self._marks[i] != _mark(x):
                    name = self.survey.names[i]
                    self._refuse(errors.COMPILE_STATE, [name], what=f"the array {name!r}")
                self._compared.append((x, x.copy()))

    def refuse_writes(self, arrays: Iterable[tuple[Array, Array]]) -> None:
        """Refuse that an array was written to of which the values were asked for; it gets them back."""
        for x, copy in arrays:
            if not same_bits(x, copy):
                x[...] = copy
                name = self.survey.names.get(id(x), "")
                self._refuse(errors.COMPILE_STATE, [name], what=f"the array {name!r}")

    def put_back(self) -> None:
        """Take values of a run that has failed out of the places where the function has stored them."""
        if self.forgotten:
            return
        for place in reversed(Survey(self._roots, Reach(static=self._static)).leaked):
            put_back(place, self.before.places.get(place.mark) or self._part(place))

    def _part(self, place: Location) -> Location | None:
        """Return what lay in a place of a container of plain values, which was noted as a whole."""
        whole = self.before.places.get(place._replace(how="all", key=None).mark)
        if whole is None:
            return None
        parts = dict(whole.found[0] if isinstance(place.owner, dict) else enumerate(whole.found[0]))
        return place._replace(found=parts[place.key]) if place.key in parts else None

    def forget(self) -> None:
        """Let go of what only the run has needed, so that a program holds no more than what is compared."""
        self.said, self.forgotten = self.observer.said, True
        self._places = list(self.survey.places.values())
        for name in ("before", "survey", "observer", "doubles", "_numpy", "_drawing", "_marks", "_roots"):
            self.__dict__.pop(name, None)

    def tells_apart(self) -> bool:
        """Tell whether the function may ask if two things are the same object."""
        return any(names_in(code).identity for code in self.before.codes)

    def arrays(self) -> list[Any]:
        """Return the arrays and Tensors that the function reaches by itself."""
        return [x for x in self.survey.objects.values() if isinstance(x, (np.ndarray, Handle))]

    def names(self) -> dict[int, str]:
        """Return how the function reaches things, by identity."""
        return self.survey.names

    def is_somebodys(self, x: Any) -> bool:
        """Tell whether an array may be somebody's who writes to it."""
        return not self.before.whole or id(x) in self.before.objects

    def held(self) -> list[Any]:
        """Return what lay in the places that the function can reach, before the run."""
        return [place.found for place in self.before.places.values()]

    def reaches(self, x: Any) -> bool:
        """Tell whether the function can reach something by itself, and not as an argument alone."""
        return id(x) in self.survey.objects

    def conditions(self, bind: Callable[[Any], str]) -> list[str]:
        """Return, as expressions of Python, the conditions under which something is not as it was."""
        found = guards.conditions(self._places, bind)
        return found + [f"altered({bind(x)}, {bind(copy)})" for x, copy in self._compared]


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray) and not (x.dtype.hasobject and not x.dtype.names)


def _mark(x: Any) -> int:
    """Return a number that tells an array from what it was before."""
    return hash((x.shape, str(x.dtype), x.tobytes()))


def _state(x: Any) -> Any:
    tell = kinds.state_of(x)
    return None if tell is None else tell(x)


def _is_filled_in(old: Location) -> bool:
    """Tell whether an object of Python's library had no value there yet: it has worked something out for itself."""
    return old.found is UNSET and str(old.key).startswith("_") and kinds.is_standard(type(old.owner))


def _unchanged(old: Location, new: Location) -> bool:
    if old.how in ("names", "cache"):
        return True  # what is there now is told by other places, and what is kept for the next time changes nothing
    if old.how in ("all", "state"):
        return bool(old.found == new.found)
    if isinstance(old.found, (list, tuple)) and type(old.found) is type(new.found) and old.how in _LISTED:
        pairs = zip(old.found, new.found, strict=False)
        return len(old.found) == len(new.found) and all(same(a, b) for a, b in pairs)
    return same(old.found, new.found)


_LISTED = ("keys", "content", "hooks", "attributes")


def described(place: Location) -> str:
    """Return how a message calls a place."""
    return called(place.how, place.owner, place.key, place.name)


def called(how: str, owner: Any, key: Any, name: str = "") -> str:
    """Return how a message calls a place of an owner."""
    kind = type(owner).__name__
    if how == "cell" or (how == "item" and isinstance(owner, dict) and "__name__" in owner):
        return f"the variable {key!r}"
    if how == "entry":
        return f"{key!r} of the class {owner.__name__}"
    if key is None:
        return f"the {kind} {name!r}" if name else f"a {kind}"
    return f"{key!r} of a {kind}"


def _global_states() -> list[Any]:
    """Return where the generator of NumPy's module stands, if that is loaded; of Python's, the observer is told."""
    if "numpy.random" not in sys.modules:
        return []
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002 - not used, but watched
    return [state["state"]["key"].tobytes(), state["state"]["pos"], state["has_gauss"]]


class Nothing(Environment):
    """What a function is said to read that is pure: nothing."""

    def __init__(self) -> None:
        self.said, self.disturbed = "", False

    def forget(self) -> None:
        """Nothing is there."""

    def refuse_writes(self, arrays: Iterable[tuple[Array, Array]]) -> None:
        """Nothing is read by itself."""

    def put_back(self) -> None:
        """Nothing is known."""

    @contextmanager
    def observed_run(self, stand_in: Callable[[Any, str], Any]) -> Iterator[Callable[[Any], Any]]:
        yield lambda x: x

    def finish(self, skipped: frozenset[tuple[int, str]], drawn: frozenset[int], made: bool) -> bool:
        return True

    def tells_apart(self) -> bool:
        return False

    def arrays(self) -> list[Any]:
        return []

    def names(self) -> dict[int, str]:
        return {}

    def is_somebodys(self, x: Any) -> bool:
        return True

    def held(self) -> list[Any]:
        return []

    def reaches(self, x: Any) -> bool:
        return False

    def conditions(self, bind: Callable[[Any], str]) -> list[str]:
        return []
