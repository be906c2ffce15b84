"""L-BFGS: steps by what the last gradients tell of the second derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.elsewhere import zeros
from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import begun, undone
from autograd_lite.engine.watchpoints import traced
from autograd_lite.optim.checks import check_settings, choice, is_number, nothing_more
from autograd_lite.optim.groups import Group, evaluated
from autograd_lite.optim.line_search import Point, Search
from autograd_lite.optim.optimizer import Average, Optimizer
from autograd_lite.tensor.commits import commit, grad_array
from autograd_lite.tensor.tensor import Tensor

Memory = dict[str, Any]
_LEAST_CURVATURE = 1e-10


class LBFGS(Optimizer):
    """L-BFGS: each call of `step` goes up to `max_iter` times along a direction of Newton's kind.

    Parameters
    ----------
    params : iterable of Tensor, or of (str, Tensor)
        Real leaves of any shape that require a gradient; one group.
    lr : float
        The length of steps, or the first one that a line search tries.
    max_iter : int
        The most steps of one call.
    max_eval : int, optional
        How many evaluations of the loss end a call; 1.25 times `max_iter` if left out.
    tolerance_grad : float
        A gradient without a greater element ends a call.
    tolerance_change : float
        A smaller change of the loss, or of all parameters, ends a call.
    history_size : int
        How many steps are remembered.
    line_search_fn : {None, "strong_wolfe"}
        Whether steps have the length ``lr``, or one that meets the strong Wolfe conditions.
    average : callable, optional
        What makes of loss and gradients those of all processes that train together: ``ag.parallel.mean(comm)``.

    Raises
    ------
    ArgumentError
        A setting out of range; parameters as in `SGD`, or complex ones, or several groups.

    Notes
    -----
    The direction is that of algorithm 7.4 of J. Nocedal and S. J. Wright, *Numerical optimization*, 2006; what ends a
    call and what is remembered (in the state of the first parameter) is as in PyTorch, with its names.

    What the closure itself does to the parameters holds, as in PyTorch: one that keeps pixels between 0 and 1 (`clamp_`
    under `no_grad`) has the next step begin there. A line search puts back what its trials have changed.

    An interrupt or an error leaves parameters and memory as they were before the call.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> x = ag.Tensor([-1.5, 2.0], requires_grad=True)
    >>> opt = LBFGS([x], line_search_fn="strong_wolfe", max_iter=100)
    >>> def closure():
    ...     opt.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> loss = opt.step(closure)
    >>> x.numpy().round(5)
    array([1., 1.])
    """

    _plain_state = True

    def __init__(
        self,
        params: Any,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
        *,
        average: Average | None = None,
        **how: Any,
    ) -> None:
        nothing_more("LBFGS", how)
        most = max_iter * 5 // 4 if max_eval is None and is_number(max_iter) else max_eval
        super().__init__(
            params, lr=lr, max_iter=max_iter, max_eval=most, tolerance_grad=tolerance_grad,
            tolerance_change=tolerance_change, history_size=history_size, line_search_fn=line_search_fn,
            average=average,
        )  # fmt: skip

    def add_param_group(self, group: Group) -> None:
        if self.param_groups:
            raise errors.ArgumentError(errors.ONE_GROUP)
        super().add_param_group(group)

    def check(self, settings: Group) -> None:
        check_settings(settings, "lr max_iter max_eval tolerance_grad tolerance_change history_size")
        if settings["line_search_fn"] not in (None, "strong_wolfe"):
            raise errors.ArgumentError(choice("line_search_fn", settings["line_search_fn"], "'strong_wolfe'"))

    def adopted(self, remembered: dict[str, Any]) -> dict[str, Any]:
        arrays = {name: np.asarray(value) for name, value in remembered.items() if name in ("d", "prev_flat_grad")}
        pairs = ("old_dirs", "old_stps")
        lists = {name: [*map(np.asarray, value)] for name, value in remembered.items() if name in pairs}
        return remembered | arrays | lists

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Go up to `max_iter` steps, and return what the closure returned first.

        Parameters
        ----------
        closure : callable
            Called without arguments, several times: it computes the loss of the parameters as they are then and its
            gradients, ``zero_grad()`` before, and returns the loss.

        Raises
        ------
        ArgumentError
            There is no closure.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> x = ag.Tensor(3.0, requires_grad=True)
        >>> opt = LBFGS([x])
        >>> def closure():
        ...     opt.zero_grad()
        ...     loss = x * x
        ...     loss.backward()
        ...     return loss
        >>> opt.step(closure).item(), abs(x.item()) < 1e-6
        (9.0, True)
        """
        if not callable(closure):
            raise errors.ArgumentError(errors.CLOSURE)
        if traced():
            raise errors.CompileError(errors.COMPILE_LBFGS)
        params = self.param_groups[0]["params"]
        memory = self.state.setdefault(params[0], {})
        arrays = [p._data.copy() for p in params]  # the closure may write into those of the parameters

        def do() -> tuple[_Call, list[Array]]:
            begun(lambda: commit(params, arrays))
            call = _Call(self.param_groups[0], dict(memory), closure, self.average)
            call.go()
            return call, [p._data for p in params]

        call, found = undone(do)
        commit(params, found, [(memory.update, call.memory)])
        return call.result


class _Call:
    """One call of `step`: `memory` is what is remembered. Its place is the parameters, which the closure may move."""

    def __init__(self, group: Group, memory: Memory, closure: Callable[[], Any], average: Average | None) -> None:
        self.group, self.memory, self.closure, self.average = group, memory, closure, average
        self.params = group["params"]
        memory.setdefault("func_evals", 0)
        memory.setdefault("n_iter", 0)
        self.evaluations = 0
        self.result: Any = None

    def place(self) -> Array:
        """Return all parameters as a new vector."""
        return np.concatenate([p._data for p in self.params], axis=None)

    def move(self, x: Array) -> None:
        """Give the parameters their values."""
        ends = np.cumsum([p.size for p in self.params])[:-1].tolist()
        parts = zip(np.split(x, ends), self.params, strict=True)
        commit(self.params, [part.reshape(p.shape).astype(p.dtype) for part, p in parts])

    def evaluate(self) -> tuple[float, Array]:
        """Return the loss and its gradient where the parameters are."""
        loss = evaluated(self.closure)
        self.evaluations += 1
        self.memory["func_evals"] += 1
        if self.evaluations == 1:
            self.result = loss
        value = float(loss.item() if isinstance(loss, Tensor) else loss)
        if self.average is not None:  # the loss too, by which all processes decide how to go on
            (value,) = self.average(self.params, value)
        found = [grad_array(p) for p in self.params]
        parts = [zeros(p.shape, p.dtype, p) if g is None else g for g, p in zip(found, self.params, strict=True)]
        return value, np.concatenate(parts, axis=None)

    def is_flat(self, g: Array) -> bool:
        return not g.size or bool(np.max(np.abs(g)) <= self.group["tolerance_grad"])

    def go(self) -> None:
        """Go until something ends it."""
        loss, g = self.evaluate()
        if self.is_flat(g):
            return
        for i in range(int(self.group["max_iter"])):
            direction = self._direction(g)
            self.memory |= {"d": direction, "prev_flat_grad": g, "prev_loss": loss}
            slope = float(g @ direction)
            first = min(1.0, 1.0 / float(np.sum(np.abs(g)))) if self.memory["n_iter"] == 1 else 1.0
            self.memory["t"] = t = first * self.group["lr"]
            if slope > -self.group["tolerance_change"]:
                return
            before = loss
            loss, g = self._moved(Point(t, loss, g, slope), direction, last=i + 1 == self.group["max_iter"])
            change = self.memory["t"] * direction
            if self.evaluations >= self.group["max_eval"] or self.is_flat(g):
                return
            least = self.group["tolerance_change"]
            if np.max(np.abs(change)) <= least or abs(loss - before) < least:
                return

    def _moved(self, start: Point, direction: Array, last: bool) -> tuple[float, Array]:
        """Make a step, and return the loss there, and the gradient; after the last one nobody asks for these."""
        x = self.place()

        def evaluate(t: float) -> tuple[float, Array]:
            self.move(x + t * direction)
            return self.evaluate()

        if self.group["line_search_fn"] is None:
            if not last:
                return evaluate(start.t)
            found = start
        else:
            left = self.group["max_eval"] - self.evaluations
            search = Search(evaluate, start._replace(t=0.0), direction, left, self.group["tolerance_change"])
            found = search.find(start.t)
        self.memory["t"] = found.t
        self.move(x + found.t * direction)
        return found.loss, found.gradient

    def _direction(self, g: Array) -> Array:
        """Return minus the gradient, multiplied by the inverse second derivative that the memory tells."""
        memory = self.memory
        memory["n_iter"] += 1
        if memory["n_iter"] == 1:
            memory |= {"old_dirs": [], "old_stps": [], "ro": [], "H_diag": 1.0}
            return -g
        self._remember(g - memory["prev_flat_grad"], memory["d"] * memory["t"])
        pairs = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"], strict=True))
        q, shares = -g, []
        for y, s, ro in reversed(pairs):
            shares.append(float(s @ q) * ro)
            q = q - shares[-1] * y
        r = q * memory["H_diag"]
        for (y, s, ro), share in zip(pairs, reversed(shares), strict=True):
            r = r + (share - float(y @ r) * ro) * s
        return r

    def _remember(self, y: Array, s: Array) -> None:
        """Add a change of the gradient and the step that made it, where they tell of a curvature."""
        curvature = float(y @ s)
        if curvature > _LEAST_CURVATURE:
            most = max(int(self.group["history_size"]) - 1, 0)
            news = {"old_dirs": y, "old_stps": s, "ro": 1.0 / curvature}
            for name, new in news.items():
                kept = self.memory[name]
                self.memory[name] = [*kept[len(kept) - min(len(kept), most) :], new]
            self.memory["H_diag"] = curvature / float(y @ y)
