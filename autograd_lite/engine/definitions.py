"""Functions of NumPy that are defined by other operations, and have no rule of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd_lite import errors
from autograd_lite.base.arraylike import leaves
from autograd_lite.base.conventions import complex_dtype, refuse
from autograd_lite.base.signatures import NO_VALUE, Described, known_parameters, parameter_names, says_nothing
from autograd_lite.engine.binding import named, refusal, unknown
from autograd_lite.engine.op import Cache, ask, pickled, quieted, whole
from autograd_lite.engine.registry import enter, with_more
from autograd_lite.engine.warned import again, is_warning

_VARARGS, _VARKEYWORDS = 0x04, 0x08  # inspect.CO_VARARGS, CO_VARKEYWORDS


class Composite(Described):
    """A function of NumPy defined by other operations: it records those, and has no rule and no node of its own.

    Where nobody records, it is NumPy's function itself that is called, since a definition is one for real numbers that
    have a derivative; and where somebody does, it is asked whether it takes the arguments. See `composite` for those
    that need neither.
    """

    __slots__ = (
        "__dict__", "cache", "checked", "complex", "defaults", "exact", "fn", "free", "function", "known", "names",
        "operands", "order",
    )  # fmt: skip
    form = "composite"

    def __init__(self, fn: Any, definition: Callable[..., Any], exact: bool, checked: bool, holds: bool) -> None:
        self.describe(fn.__name__, fn)
        self.function, self.fn, self.exact, self.checked = fn, definition, exact, checked
        self.complex = holds
        self.names = parameter_names(definition)
        required = len(self.names) - len(definition.__defaults__ or ())
        self.operands, self.defaults = self.names[:required], self.names[required:]
        parameters = known_parameters(fn, dict.fromkeys(self.names))
        self.cache = Cache()
        self.order = tuple(parameters)
        self.known = {"out": None, "dtype": None, **parameters}
        self.free = definition.__code__.co_flags

    def __reduce__(self) -> Any:
        return pickled(self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.exact and (found := whole(self.function, args, kwargs)) is not NotImplemented:
            return found
        if not self.complex:
            self._refuse_complex((*args, *kwargs.values()))
        try:
            places, given = self._given(args, kwargs)
        except errors.UnsupportedError:
            found = whole(self.function, args, kwargs) if self.exact else NotImplemented
            if found is not NotImplemented:
                return found
            more = with_more(self.function)
            if more is None:
                raise
            return more(*args, **kwargs)
        failure: Exception | None = None
        try:
            result = (self.cache.quiet or quieted(self))(*places, **given)
        except errors.AutogradError:
            raise
        except TypeError as error:
            failure = None if is_warning(error) else error
            if failure is None:
                result = again(error, self.fn, places, given)
        except Exception as error:  # noqa: BLE001 - raised below, unless NumPy has an error of its own
            failure = error
        if not (self.exact or self.checked):
            ask(self.function, args, kwargs)
        if failure is not None:
            raise failure
        # NumPy returns the argument, or a view of it: another Tensor here, with a history of its own.
        return result[...] if result is not None and any(result is x for x in (*places, *given.values())) else result

    def _refuse_complex(self, given: Sequence[Any]) -> None:
        """Refuse complex numbers where a derivative is asked for."""
        dtype = complex_dtype(given)
        if dtype is not None and any(getattr(x, "requires_grad", False) for x in leaves(given)):
            refuse(self, dtype)

    def _given(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the arguments of the definition, by place and by name."""
        placed = self.names[: len(args)]
        if self.free & _VARARGS or (placed == self.order[: len(args)] and kwargs.keys().isdisjoint(placed)):
            given = dict(kwargs)
        else:
            given, args = named(self, args, kwargs), ()
        if not self.free & _VARKEYWORDS:
            given = {name: given[name] for name in given if name in self.names or self._refuses(name, given[name])}
        return args, {name: value for name, value in given.items() if value is not NO_VALUE}

    def _refuses(self, name: str, value: Any) -> bool:
        """Leave out what stands for no value, and refuse all else that the definition does not know."""
        if name not in self.known:
            raise unknown(self, name)
        if not says_nothing(value, self.known[name]):
            raise refusal(self, name)
        return False


def composite(
    *functions: Any, exact: bool = False, checked: bool = False, complex: bool = False  # noqa: A002 - see `Op`
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a definition in terms of other operations for each of `functions`; a decorator.

    An `exact` one gives what NumPy gives for numbers of every kind, and is called also where nobody records. One that
    is `checked` refuses by itself all that NumPy refuses. One that is not for `complex` numbers is refused those of
    which a derivative is asked.
    """

    def register(definition: Callable[..., Any]) -> Callable[..., Any]:
        for fn in functions:
            enter(fn, Composite(fn, definition, exact, checked, complex))
        return definition

    return register
