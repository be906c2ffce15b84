"""What all optimisers have in common: their parameters, and a step that happens as a whole or not at all."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from typing import Any, TypeAlias
from weakref import ref

import numpy as np
from numpy import ndarray

from autograd_lite import errors
from autograd_lite.base.conventions import complex_dtype
from autograd_lite.base.shapes import Array
from autograd_lite.engine import refusals
from autograd_lite.engine.record import as_array, is_private, make_tensor
from autograd_lite.engine.watchpoints import traced, watching
from autograd_lite.nn.parameter import Uninitialized
from autograd_lite.optim.joined import JoinedState, Plan, Rule, State, UnevenError
from autograd_lite.tensor.commits import Grown, commit, grad_array, raw
from autograd_lite.tensor.state import starting
from autograd_lite.tensor.tensor import Tensor

Group: TypeAlias = dict[str, Any]

_WATCHED_STEPS = 3
"""Gradients that are never zeroed show at the second step; after that nothing is paid for looking."""


class Optimizer:
    """Base of the optimisers.

    A subclass gives the defaults of its settings, checks them in `check`, and says in `rule` how new values are
    computed, number by number; or defines `advance`, where they depend on each other.

    Attributes
    ----------
    param_groups : list of dict
        The parameters, under ``"params"``, with the settings for them: ``opt.param_groups[0]["lr"] = 0.1``.
    state : dict
        For each parameter what the optimiser remembers of it: Tensors by name, which start at zero.

    Notes
    -----
    The parameters of a group that have at most 4096 numbers are updated as one array, see `rule`, and after a step
    are views of it, as their states are. Whoever keeps the array of one keeps all of them.

    Examples
    --------
    An optimiser of one's own: steps of the same length whatever the size of the gradient.

    >>> class SignDescent(Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, lr=lr)
    ...
    ...     def check(self, settings):
    ...         check_setting("lr", settings["lr"])
    ...
    ...     def rule(self, group):
    ...         return lambda p, g, state: p - group["lr"] * np.sign(g)
    >>> w = Tensor([1.0, -2.0], requires_grad=True)
    >>> opt = SignDescent([w])
    >>> (w * w).sum().backward()
    >>> opt.step()
    >>> w
    Tensor([ 0.9, -1.9], dtype=float64, requires_grad=True)
    """

    _complex = False
    """Whether its steps are right for complex parameters: those that no square or size of a gradient goes into."""

    _fewest = 4
    """Of fewer small parameters, to take them apart costs more than to update each."""

    def __init__(self, params: Any, **defaults: Any) -> None:
        self.defaults = defaults
        self.check(defaults)
        self.param_groups: list[Group] = []
        self.state: dict[Tensor, dict[str, Tensor]] = {}
        self._numbers: set[str] = set()  # of what is one number for each parameter, what has been found to differ
        self._plans: dict[int, Plan] = {}  # by the identities of groups
        self._watched_steps = _WATCHED_STEPS
        for group in _groups(params):
            self.add_param_group(group)

    def add_param_group(self, group: Group) -> None:
        """Take over more parameters: ``{"params": ..., "lr": ...}``, with the defaults for settings left out.

        Raises
        ------
        ArgumentError
            No parameters, Tensors that are no leaves or require no gradient, or that are here already; a setting that
            is unknown or out of range.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> first, second = ag.nn.Linear(2, 3), ag.nn.Linear(3, 1)
        >>> opt = ag.optim.SGD(first.parameters(), lr=0.1)
        >>> opt.add_param_group({"params": second.parameters(), "lr": 0.01})
        >>> [group["lr"] for group in opt.param_groups]
        [0.1, 0.01]
        """
        settings = {**self.defaults, **group}
        params = settings.pop("params", ())
        if unknown := settings.keys() - self.defaults.keys():
            known = ", ".join(self.defaults)
            raise errors.ArgumentError(errors.GROUP_KEY.format(given=min(unknown), known=known))
        self.check(settings)
        tensors = [_tensor(item) for item in _listed(params)]
        _check_tensors(tensors, [t for g in self.param_groups for t in g["params"]])
        if not self._complex and (dtype := complex_dtype(tensors)) is not None:
            raise errors.ArgumentError(errors.COMPLEX_PARAMETER.format(optimizer=type(self).__name__, dtype=dtype))
        self.param_groups.append({"params": tensors, **settings})

    def check(self, settings: Group) -> None:
        """Refuse settings that are out of range, with their value in the message; to be defined by the subclass."""

    def rule(self, group: Group) -> Rule:
        """Return what computes new values, ``update(p, g, state)``, with the settings of a group; to be defined.

        `p` are parameters and `g` their gradient, a single one or several small ones in one vector, and the result is a
        new array like them. It is to depend, number by number, on what stands at the same place, and to write into
        nothing that it is given. ``state["velocity"]`` are arrays like `p`, of zeros before the first step, and set as
        ``state["velocity"] = 0.9 * state["velocity"] + g``. What is one number for each parameter, as the count of its
        steps, is ``state.number("step")``, and set by ``state.set_number("step", n)``::

            def rule(self, group):
                lr = group["lr"]

                def update(p, g, state):
                    state["velocity"] = v = 0.9 * state["velocity"] + g
                    return p - lr * v

                return update
        """
        name = type(self).__name__
        raise NotImplementedError(f"{name} has no rule(). Write `def rule(self, group): return update`")

    def advance(self, group: Group, tensors: list[Tensor], arrays: list[Array]) -> None:
        """Append what changes, parameters and state, to `tensors`, and the new values to `arrays`.

        Nothing is changed here: `step` does so when all is computed. To be defined by a subclass whose new values
        depend on more than what stands at the same place; else they come from `rule`.
        """
        rule, params = self.rule(group), group["params"]
        if len(params) >= self._fewest and not traced():
            params = self._advance_joined(group, rule, tensors, arrays)
        state = State(self.remembered, tensors, arrays)
        for p in params:
            g = getattr(p, "_grad", None)
            if g.__class__ is not ndarray:
                g = grad_array(p)
                if g is None:
                    continue
            state.p = p
            value = rule(p._data, g, state)
            tensors.append(p)
            arrays.append(value if value.__class__ is ndarray else as_array(value))

    def _advance_joined(self, group: Group, rule: Rule, tensors: list[Tensor], arrays: list[Array]) -> list[Tensor]:
        """Do what is done of several parameters at once, and return the others."""
        params = [p for p in group["params"] if getattr(p, "_grad", None) is not None]
        gradients: list[Any] = [p._grad if p._grad.__class__ is ndarray else grad_array(p) for p in params]
        plan = self._plans.get(id(group))
        if plan is None or not plan.is_for(params):
            plan = self._plans[id(group)] = Plan(params, self._numbers_of, self._fewest)
        state, done = JoinedState(self.remembered, tensors, arrays), len(tensors)
        state.numbers = self._numbers
        try:
            for state.part in plan.parts:
                state.advance(rule, gradients)
        except UnevenError:
            del self._plans[id(group)], tensors[done:], arrays[done:]
            return self._advance_joined(group, rule, tensors, arrays)
        return plan.single

    def _numbers_of(self, p: Tensor) -> tuple[Any, ...]:
        """Return what has to be the same for parameters that are joined."""
        state = self.state.get(p, {})
        return tuple([state[name].item() if name in state else None for name in sorted(self._numbers)])

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_plans": {}}

    @property
    def lr(self) -> float:
        """The learning rate: of the first group when read, of all groups when set.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> opt = ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=0.1)
        >>> opt.lr *= 0.5
        >>> opt.lr, opt.param_groups[0]["lr"]
        (0.05, 0.05)
        """
        rate: float = self.param_groups[0]["lr"]
        return rate

    @lr.setter
    def lr(self, value: float) -> None:
        check_setting("lr", value)
        for group in self.param_groups:
            group["lr"] = value

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: ``grad`` becomes None, or zeros where there was one.

        Parameters
        ----------
        set_to_none : bool
            False for zeros.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
        >>> opt = ag.optim.SGD([w], lr=0.1)
        >>> w.sum().backward()
        >>> opt.zero_grad(set_to_none=False)
        >>> w.grad
        Tensor([0., 0.], dtype=float64)
        >>> opt.zero_grad()
        >>> print(w.grad)
        None
        """
        for group in self.param_groups:
            for p in group["params"]:
                if not set_to_none and p.grad is not None:
                    p.grad = np.zeros(p.shape, p.dtype)
                else:
                    p.zero_grad()

    def step(self) -> None:
        """Change every parameter that has a gradient; those without stay as they are.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> used, unused = ag.Tensor([1.0, 2.0], requires_grad=True), ag.Tensor([5.0], requires_grad=True)
        >>> opt = ag.optim.SGD([used, unused], lr=0.1)
        >>> used.sum().backward()
        >>> opt.step()
        >>> used.tolist(), unused.tolist()
        ([0.9, 1.9], [5.0])

        NOTE: all new values are computed before the first is set, and then one C call sets them all. An error, or a
        Ctrl-C at any moment, leaves parameters and state together as they were or as they shall be.
        """
        if self._watched_steps and not traced():
            self._watch()
        tensors: list[Tensor] = []
        arrays: list[Array] = []
        watcher, groups = watching.get(), self.param_groups
        for group in groups if watcher is None else watcher.doing(groups, self._said):
            for p in group["params"]:
                if p._exposed is not None:
                    is_private(p, p._data)
            self.advance(group, tensors, arrays)
        commit(tensors, arrays)

    def _said(self, group: Group) -> tuple[str, None]:
        """Return what a step computes for a group."""
        return type(self).__name__, None

    def _has_gradient(self) -> bool:
        """NOTE: a loop, since a generator that is left before its end is a place where an interrupt can be lost."""
        for group in self.param_groups:
            for p in group["params"]:
                if getattr(p, "_grad", None) is not None:
                    return True
        return False

    def _watch(self) -> None:
        """Warn, once and in the first steps, of gradients that contain one stepped on before; mark those of now."""
        self._watched_steps -= 1
        if not self._has_gradient():
            self._watched_steps = 0
            refusals.advise(errors.NO_GRADIENTS.format(optimizer=type(self).__name__))
        for p in [p for group in self.param_groups for p in group["params"]]:
            grad = raw(getattr(p, "_grad", None))
            if isinstance(grad, np.ndarray) and p._node is not None:
                notes = p._node.note()
                if isinstance(notes.used, Grown) and notes.used() is grad:
                    self._watched_steps = 0
                    text = errors.USED_GRADIENT.format(optimizer=type(self).__name__, what=refusals.describe(p))
                    warnings.warn(text, errors.AutogradWarning, stacklevel=3)
                    return
                notes.used = ref(grad)

    def remembered(self, p: Tensor, name: str, start: Array | None = None) -> Tensor:
        """Return the Tensor called `name` in the state of a parameter: at first `start`, or zeros like the parameter.

        NOTE: it is put there before the step is committed, so an interrupt may leave it behind with its first value,
        which therefore has to mean that nothing has happened yet.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> opt = Optimizer([w])
        >>> opt.remembered(w, "velocity")
        Tensor([0., 0.], dtype=float64)
        >>> opt.state[w]["velocity"] is opt.remembered(w, "velocity")
        True
        """
        found = self.state.get(p, {}).get(name)
        if found is None:
            found = starting(make_tensor(np.zeros_like(p._data) if start is None else start))
            self.state.setdefault(p, {})[name] = found
        return found

    def __repr__(self) -> str:
        lines = [
            f"({i}): {sum(p.size for p in group['params'])} numbers in {len(group['params'])} parameters, "
            + ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            for i, group in enumerate(self.param_groups)
        ]
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)"


def check_setting(name: str, value: Any) -> None:
    """Refuse what is not a finite number, or negative."""
    if not isinstance(value, (int, float, np.integer, np.floating)) or not 0 <= value < math.inf:
        raise errors.ArgumentError(errors.SETTING.format(name=name, given=value))


def _groups(params: Any) -> list[Group]:
    """Return the groups that `params` consists of: itself, or the dicts in it."""
    items = _listed(params)
    if not any(isinstance(item, dict) for item in items):
        return [{"params": items}]
    if all(isinstance(item, dict) for item in items):
        return items
    raise errors.ArgumentError(errors.MIXED_GROUPS)


def _listed(params: Any) -> list[Any]:
    if isinstance(params, (Tensor, dict)) or not isinstance(params, Iterable):
        raise errors.ArgumentError(errors.NOT_PARAMETERS.format(given=f"a {type(params).__name__}"))
    return list(params)


def _tensor(item: Any) -> Tensor:
    """Return a parameter that may stand in a pair with its name."""
    t = item[1] if isinstance(item, tuple) and len(item) == 2 else item  # noqa: PLR2004 - name and Tensor
    if not isinstance(t, Tensor):
        raise errors.ArgumentError(errors.NOT_PARAMETERS.format(given=f"something with a {type(t).__name__} in it"))
    return t


def _check_tensors(tensors: list[Tensor], present: list[Tensor]) -> None:
    if not tensors:
        raise errors.ArgumentError(errors.NO_PARAMETERS)
    seen = {id(t) for t in present}
    for t in tensors:
        if isinstance(t, Uninitialized):
            raise errors.ArgumentError(errors.PARAMETER_LAZY.format(what=refusals.describe(t)))
        if not t.is_leaf:
            raise errors.ArgumentError(errors.PARAMETER_NOT_LEAF.format(what=refusals.describe(t)))
        if not t.requires_grad:
            raise errors.ArgumentError(errors.PARAMETER_CONSTANT.format(what=refusals.describe(t)))
        if id(t) in seen:
            raise errors.ArgumentError(errors.PARAMETER_TWICE.format(what=refusals.describe(t)))
        seen.add(id(t))
