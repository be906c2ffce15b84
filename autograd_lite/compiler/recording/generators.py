"""What stands for a random generator in a trace."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autograd_lite import errors
from autograd_lite.compiler.program import helpers
from autograd_lite.compiler.recording.lines import refuse
from autograd_lite.engine.refusals import WITH_TENSORS


class Generator:
    """What draws random numbers at every call, from the generator it stands for."""

    def __init__(self, rng: Any, id: int, trace: Any) -> None:  # noqa: A002 - what it is
        self._value, self.id, self._trace = rng, id, trace

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method in WITH_TENSORS and getattr(type(self._value), "by_numpy", None) is not None:
            return partial(getattr(type(self._value), method), self)
        return self.by_numpy(method)

    def by_numpy(self, method: str) -> Callable[..., Any]:
        """Return what draws by a method of the generator as it is."""
        if method.startswith("__") or not callable(getattr(self._value, method)):
            raise AttributeError(method)

        def drawn(*args: Any, **kwargs: Any) -> Any:
            if method in _NOT_DRAWN or kwargs.get("out") is not None:
                refuse(errors.COMPILE_WRITE, op=f"{method} of a generator", what="an array of NumPy")
            return self._trace.call(helpers.draw, (self, method, *args), kwargs)

        return drawn


_NOT_DRAWN = ("shuffle", "spawn")
