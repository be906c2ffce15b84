"""What all optimisers have in common: their parameters, and a step that happens as a whole or not at all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeAlias
from weakref import ref

import numpy as np
from numpy import ndarray

from autograd_lite import errors
from autograd_lite.base.conventions import complex_dtype
from autograd_lite.base.elsewhere import foreign, zeros
from autograd_lite.base.memory import keep_for_later
from autograd_lite.base.shapes import Array
from autograd_lite.base.unfinished import at_once
from autograd_lite.engine import refusals
from autograd_lite.engine.record import as_array, is_private, make_tensor
from autograd_lite.engine.watchpoints import SETTLING, is_set, traced, watching
from autograd_lite.optim import saved
from autograd_lite.optim.checks import check_setting
from autograd_lite.optim.groups import Group, check_parameters, evaluated, groups_of, is_shared, listed, parameter
from autograd_lite.optim.joined import Holding, JoinedState, Plan, Rule, Start, State, UnevenError
from autograd_lite.tensor.commits import Grown, commit, grad_array, raw
from autograd_lite.tensor.state import scopes, starting
from autograd_lite.tensor.tensor import Tensor

Average: TypeAlias = Callable[..., Any]
"""``average(params, *numbers)`` gives parameters their mean gradients, and returns the means of numbers in a list."""

_WATCHED_STEPS = 3
"""Gradients that are never zeroed show at the second step; after that nothing is paid for looking."""


class Optimizer:
    """Base of the optimisers.

    A subclass gives the defaults of its settings, by name or as a dict, checks them in `check`, and says in `rule` how
    new values are computed, number by number; or defines `advance`, where they depend on each other. Or it defines
    `step`, as one for PyTorch does: it writes to parameters under `no_grad`, and keeps what it likes in the dict
    ``self.state[p]``, Tensors and numbers.

    Attributes
    ----------
    param_groups : list of dict
        The parameters, under ``"params"``, with the settings for them: ``opt.param_groups[0]["lr"] = 0.1``.
    state : dict
        For each parameter what the optimiser remembers of it, by name: Tensors, which start at zero.
    average : callable or None
        What makes of the gradients those of all processes that train together, such as `ag.parallel.mean`.

    Notes
    -----
    The parameters of a group that have at most 4096 numbers are updated as one array, see `rule`, and after a step
    are views of it, as their states are. Whoever keeps the array of one keeps all of them.

    Examples
    --------
    An optimiser of one's own: steps of the same length whatever the size of the gradient.

    >>> from autograd_lite.optim.checks import check_setting
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
    """Whether its steps are right for complex parameters: nothing is squared, or its rule goes `by_parts`."""

    _fewest: float = 4
    """Of fewer small parameters, to take them apart costs more than to update each; infinite where the rule is not one
    that goes number by number."""

    _plain_state = False
    """Whether what is remembered are numbers and arrays, which no `rule` reads."""

    _state: dict[Tensor, dict[str, Any]]
    _joined: Holding

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        made = super().__new__(cls)
        made._state, made._joined = saved.States(), Holding()  # also of one that is refused later, and still there
        SETTLING.add(made)
        return made

    def __init__(
        self, params: Any, defaults: Group | None = None, *, average: Average | None = None, **settings: Any
    ) -> None:
        if average is not None and not callable(average):
            raise errors.ArgumentError(errors.MEAN_KIND.format(given=average))
        self.defaults, self.average = {**(defaults or {}), **settings}, average
        self.check(self.defaults)
        self.param_groups: list[Group] = []
        self._watched_steps = _WATCHED_STEPS
        for group in groups_of(params):
            self.add_param_group(group)
        keep_for_later()

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
        settings, shared = {**self.defaults, **group}, is_shared(group)
        params = settings.pop("params", ())
        if (unknown := settings.keys() - self.defaults.keys()) and not shared:
            known = ", ".join(self.defaults)
            raise errors.ArgumentError(errors.GROUP_KEY.format(given=min(unknown), known=known))
        self.check(settings)
        tensors = [parameter(item) for item in listed(params)]
        check_parameters(tensors, [t for g in self.param_groups for t in g["params"]])
        if not self._complex and (dtype := complex_dtype(tensors)) is not None:
            raise errors.ArgumentError(errors.COMPLEX_PARAMETER.format(optimizer=type(self).__name__, dtype=dtype))
        made = group if shared else {}
        made.update(params=tensors, **settings)
        self.param_groups.append(made)

    def check(self, settings: Group) -> None:
        """Refuse settings that are out of range, with their value in the message; to be defined by the subclass."""

    def rule(self, group: Group) -> Rule:
        """Return what computes new values, ``update(p, g, state)``, with the settings of a group; to be defined.

        `p` are parameters and `g` their gradient, a single one or several small ones in one vector, and the result is a
        new array like them. It is to depend, number by number, on what stands at the same place, and to write into
        nothing that it is given. ``state["velocity"]`` are arrays like `p`, of zeros before the first step, and set as
        ``state["velocity"] = 0.9 * state["velocity"] + g``. What is one number for each parameter, as the count of its
        steps, is ``state.number("step")``, and set by ``state.set_number("step", n)``; ``state.count()`` does both and
        returns how many steps there were::

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
        rule, params = self._rule(group), group["params"]
        if len(params) >= self._fewest and not traced():
            params = self._advance_joined(group, rule, tensors, arrays)
        state = State(self._remembered, tensors, arrays)
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

    def _rule(self, group: Group) -> Rule:
        """Return the rule of a group, uphill for one that says ``maximize``."""
        rule = self.rule(group)
        if "maximize" in group and is_set(group, "maximize"):
            return lambda p, g, state: rule(p, -g, state)
        return rule

    def _advance_joined(self, group: Group, rule: Rule, tensors: list[Tensor], arrays: list[Array]) -> list[Tensor]:
        """Do what is done of several parameters at once, and return the others."""
        params: list[Tensor] = []
        gradients: list[Any] = []
        for p in group["params"]:
            g = getattr(p, "_grad", None)
            if g is not None:
                params.append(p)
                gradients.append(g if g.__class__ is ndarray else grad_array(p))
        plan = self._joined.plans.get(id(group))
        if plan is None or not plan.is_for(params):
            self.settle()
            plan = self._joined.plans[id(group)] = Plan(params, self._numbers_of, self._fewest)
        state, done, pending = JoinedState(self._remembered, tensors, arrays), len(tensors), len(self._joined.pending)
        state.numbers, state.known = self._joined.numbers, self._state
        state.also = None if self._joined.is_seen else self._joined.pending
        try:
            for state.part in plan.parts:
                state.advance(rule, gradients)
        except UnevenError:
            self.settle()
            del self._joined.plans[id(group)], tensors[done:], arrays[done:], self._joined.pending[pending:]
            return self._advance_joined(group, rule, tensors, arrays)
        return plan.single

    def _numbers_of(self, p: Tensor) -> tuple[Any, ...]:
        """Return what has to be the same for parameters that are joined."""
        state = self._state.get(p, {})
        return tuple([state[name].item() if name in state else None for name in sorted(self._joined.numbers)])

    @property
    def _steps_itself(self) -> bool:  # so that what it remembers is its own too
        return type(self).rule is Optimizer.rule and type(self).advance is Optimizer.advance

    def __getstate__(self) -> dict[str, Any]:
        joined = Holding()
        joined.is_seen = True
        return {**vars(self), "_state": self.state, "_joined": joined}

    @property
    def state(self) -> dict[Tensor, dict[str, Any]]:
        """For each parameter what the optimiser remembers of it, by name.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
        >>> opt = ag.optim.SGD([w], momentum=0.9)
        >>> w.sum().backward()
        >>> opt.step()
        >>> opt.state[w]
        {'momentum_buffer': Tensor([1., 1.], dtype=float64)}
        """
        self._joined.is_seen = True
        return self.settle()

    @state.setter
    def state(self, value: dict[Tensor, dict[str, Any]]) -> None:
        self.settle()
        self._state, self._joined.is_seen = value, True

    def settle(self) -> dict[Tensor, dict[str, Any]]:
        """Have what is held of several parameters be in the state of each, all or nothing, and return the state.

        NOTE: in new Tensors, for nobody has seen those of before. So a trace takes them for what a first step makes.

        Examples
        --------
        >>> Optimizer([Tensor(1.0, requires_grad=True)]).settle()
        {}
        """
        if held := self._joined.parts():
            state = saved.States({p: dict(known) for p, known in self._state.items()})
            for part in held:
                for p, name, array in part.each():
                    state.setdefault(p, {})[name] = starting(make_tensor(array))
            at_once([(setattr, self, "_state", state), *[(part.held.clear,) for part in held]])
        return self._state

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
                    p.grad = zeros(p.shape, p.dtype, p)
                else:
                    p.zero_grad()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; those without stay as they are.

        Parameters
        ----------
        closure : callable, optional
            Called first, without arguments, also inside of `no_grad`: what computes the loss and its gradients.

        Returns
        -------
        What the closure returned; None without one.

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
        result = None if closure is None else evaluated(closure)
        if self.average is not None:
            self.average([p for group in self.param_groups for p in group["params"]])
        if self._watched_steps and not traced():
            self._watch()
        if self._joined.is_seen or traced() or scopes():
            self._joined.is_seen = True
            self.settle()
        tensors: list[Tensor] = []
        arrays: list[Array] = []
        self._joined.pending = []
        watcher, groups = watching.get(), self.param_groups
        for group in groups if watcher is None else watcher.doing(groups, self._said):
            for p in group["params"]:
                if p._exposed is not None:
                    is_private(p, p._data)
            self.advance(group, tensors, arrays)
        for p, array in zip(tensors, arrays, strict=True):
            if array.__class__ is not np.ndarray and foreign(array) is not None and foreign(p) is None:
                raise errors.DataError(errors.OTHER_KIND.format(what=refusals.describe(p), given=type(array).__name__))
        commit(tensors, arrays, self._joined.pending)
        return result

    def state_dict(self) -> dict[str, Any]:
        """Return copies of what is remembered of each parameter, and the settings of all groups.

        Returns
        -------
        dict
            ``"state"``, arrays by name for the number of each parameter, and ``"param_groups"``, dicts with those
            numbers as ``"params"``; as in PyTorch, and with its names.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> w = ag.Tensor([1.0, 2.0], requires_grad=True)
        >>> opt = ag.optim.SGD([w], lr=0.1, momentum=0.9)
        >>> w.sum().backward()
        >>> opt.step()
        >>> opt.state_dict()["state"]
        {0: {'momentum_buffer': array([1., 1.])}}
        """
        return saved.state_dict(self)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over what `state_dict` has returned: all of it, or nothing.

        Parameters
        ----------
        state_dict : mapping
            For groups of as many parameters, in the same order. Values may be arrays, Tensors, or those of PyTorch.

        Raises
        ------
        StateDictError
            Other numbers of groups or parameters, other shapes, a setting that is unknown or out of range.

        Examples
        --------
        >>> import autograd_lite as ag
        >>> first, second = [ag.optim.SGD([ag.Tensor(1.0, requires_grad=True)], lr=lr) for lr in (0.1, 0.2)]
        >>> second.load_state_dict(first.state_dict())
        >>> second.lr
        0.1
        """
        saved.load(self, state_dict)

    def shape_of(self, name: str, p: Tensor) -> tuple[int, ...]:
        """Return the shape of what is remembered under a name: that of the parameter, but for a number of each.

        Examples
        --------
        >>> w = Tensor([1.0, 2.0], requires_grad=True)
        >>> Optimizer([w]).shape_of("velocity", w), Optimizer([w]).shape_of("step", w)
        ((2,), ())
        """
        return () if name in saved.NUMBERS else p.shape

    def adopted(self, remembered: dict[str, Any]) -> dict[str, Any]:
        """Return what is remembered of a parameter, made complete where it was saved by PyTorch.

        Examples
        --------
        >>> Optimizer([Tensor(1.0, requires_grad=True)]).adopted({"step": 2.0})
        {'step': 2.0}
        """
        return remembered

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

    def remembered(self, p: Tensor, name: str, start: Start = None) -> Tensor:
        """Return the Tensor called `name` in the state of a parameter: at first `start`, or zeros like it.

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
        self._joined.is_seen = True
        self.settle()
        return self._remembered(p, name, start)

    def _remembered(self, p: Tensor, name: str, start: Start = None) -> Tensor:
        found: Tensor | None = self._state.get(p, {}).get(name)
        if found is None:
            first = np.zeros_like(p._data) if start is None else start(p) if callable(start) else start.copy()
            found = starting(make_tensor(first))
            self._state.setdefault(p, {})[name] = found
        return found

    def __repr__(self) -> str:
        lines = [
            f"({i}): {sum(p.size for p in group['params'])} numbers in {len(group['params'])} parameters, "
            + ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            for i, group in enumerate(self.param_groups)
        ]
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)"
