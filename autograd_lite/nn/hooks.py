"""What is called when a module is called, and when gradients come by."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from autograd_lite import errors
from autograd_lite.engine.several import whole_of
from autograd_lite.engine.switch import is_grad_enabled
from autograd_lite.nn.walk import NOTHING, Walked
from autograd_lite.rules.passing import passed
from autograd_lite.tensor.hooks import HookHandle
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.tree import sequence_like

Hook = Callable[..., Any]


class Called:
    """A hook of a module: the function, and how it is to be called."""

    __slots__ = ("always", "call", "with_kwargs")

    def __init__(self, call: Hook, with_kwargs: bool = False, always: bool = False) -> None:
        self.call, self.with_kwargs, self.always = call, with_kwargs, always


class Hooked(Walked):
    """What calls hooks."""

    _hooked = False
    _forward_pre_hooks: Mapping[object, Called] = NOTHING
    _forward_hooks: Mapping[object, Called] = NOTHING
    _backward_pre_hooks: Mapping[object, Called] = NOTHING
    _backward_hooks: Mapping[object, Called] = NOTHING

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call ``hook(module, args)`` before each call of the module.

        Parameters
        ----------
        hook : callable
            What it returns, unless None, are the arguments: a tuple, or a single one. With `with_kwargs` it is called
            as ``hook(module, args, kwargs)`` and returns a pair of both, or None.
        prepend : bool
            Whether it comes before those that are there.
        with_kwargs : bool
            Whether it is given the keyword arguments.

        Returns
        -------
        HookHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.ReLU()
        >>> handle = layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
        >>> layer(np.array([-0.5, 1.0]))
        array([0.5, 2. ])
        >>> handle.remove()
        """
        return self._add("_forward_pre_hooks", Called(hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> HookHandle:
        """Call ``hook(module, args, output)`` after each call of the module.

        Parameters
        ----------
        hook : callable
            What it returns, unless None, is the output. With `with_kwargs` it is called as
            ``hook(module, args, kwargs, output)``.
        prepend : bool
            Whether it comes before those that are there.
        with_kwargs : bool
            Whether it is given the keyword arguments.
        always_call : bool
            Whether it is called too, with None for the output, where `forward` or a hook has failed.

        Returns
        -------
        HookHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        >>> shapes = []
        >>> handle = model[0].register_forward_hook(lambda module, args, output: shapes.append(output.shape))
        >>> y = model(np.ones((4, 2)))
        >>> shapes
        [(4, 3)]
        """
        return self._add("_forward_hooks", Called(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, grad_output)`` when ``backward()`` comes to the output of the module.

        Parameters
        ----------
        hook : callable
            `grad_output` is a tuple with the gradients by the outputs, None for one without. What it returns, unless
            None, goes on instead: a tuple like that, or a single gradient.
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        HookHandle
            Its ``remove()`` takes the hook away.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer = nn.Linear(1, 1, rng=0)
        >>> handle = layer.register_full_backward_pre_hook(lambda module, grad_output: (10 * grad_output[0],))
        >>> layer(np.ones((1, 1))).sum().backward()
        >>> layer.bias.grad.tolist()
        [10.0]
        """
        return self._add("_backward_pre_hooks", Called(hook), prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> HookHandle:
        """Call ``hook(module, grad_input, grad_output)`` when ``backward()`` has come through the module.

        Parameters
        ----------
        hook : callable
            `grad_input` is a tuple with the gradients by the positional arguments, None for one without, and
            `grad_output` one with those by the outputs. What it returns, unless None, goes on as `grad_input`.
        prepend : bool
            Whether it comes before those that are there.

        Returns
        -------
        HookHandle
            Its ``remove()`` takes the hook away.

        Notes
        -----
        Gradients that are looked at are those of Tensors that the module takes by position and returns, alone or in a
        tuple. As hooks of Tensors, they are called by all that goes backwards, `grad` and `vjp` too, and not by `jvp`.

        Examples
        --------
        >>> from autograd_lite import nn
        >>> layer, seen = nn.ReLU(), []
        >>> def look(module, grad_input, grad_output):
        ...     seen.append((grad_input[0].tolist(), grad_output[0].tolist()))
        >>> handle = layer.register_full_backward_hook(look)
        >>> (3 * layer(ag.Tensor([-1.0, 2.0], requires_grad=True))).sum().backward()
        >>> seen
        [([0.0, 3.0], [3.0, 3.0])]
        """
        return self._add("_backward_hooks", Called(hook), prepend)

    def _add(self, kind: str, hook: Called, prepend: bool) -> HookHandle:
        if not callable(hook.call):
            raise errors.ArgumentError(errors.MODULE_HOOK.format(given=type(hook.call).__name__))
        hooks = vars(self).setdefault(kind, {})
        before = dict(hooks) if prepend else {}
        if prepend:
            hooks.clear()
        handle = HookHandle(hooks, cast("Any", hook))
        hooks.update(before)
        self._hooked = True
        return handle


def call_hooked(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a module with its hooks."""
    done: set[object] = set()
    try:
        args, kwargs = _prepared(module, args, kwargs)
        backward = _Backward(module) if module._backward_hooks or module._backward_pre_hooks else None
        watched = backward is not None and is_grad_enabled()
        result = module.forward(*(backward.inputs(args) if backward and watched else args), **kwargs)
        for key, hook in list(module._forward_hooks.items()):
            done.add(key)
            changed = hook.call(module, args, *([kwargs] if hook.with_kwargs else []), result)
            result = result if changed is None else changed
        return backward.outputs(result) if backward and watched else result
    except Exception:
        _call_always(module, args, kwargs, done)
        raise


def _prepared(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """Return the arguments as the hooks want them."""
    for hook in list(module._forward_pre_hooks.values()):
        if not hook.with_kwargs:
            changed = hook.call(module, args)
            args = args if changed is None else changed if isinstance(changed, tuple) else (changed,)
        elif (changed := hook.call(module, args, kwargs)) is not None:
            if not (isinstance(changed, tuple) and list(map(type, changed)) == [tuple, dict]):
                raise errors.ArgumentError(errors.PRE_HOOK_RESULT.format(given=type(changed).__name__))
            args, kwargs = changed
    return args, kwargs


def _call_always(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], done: set[object]) -> None:
    """Call the hooks that are called after an error, too; an error of theirs is told, and does not cover the first."""
    for key, hook in list(module._forward_hooks.items()):
        if hook.always and key not in done:
            try:
                hook.call(module, args, *([kwargs] if hook.with_kwargs else []), None)
            except Exception as error:  # noqa: BLE001 - whatever the user's function raises
                text = errors.ALWAYS_HOOK.format(module=type(module).__name__, error=repr(error))
                warnings.warn(text, errors.AutogradWarning, stacklevel=2)


class _Joined(NamedTuple):
    """What goes through one node: the Tensors that require gradients among some values, and where they stand."""

    values: list[Any]
    found: list[int]


class _Backward:
    """Hooks of one call of a module: the node of its inputs, that of its outputs, and the gradients by the latter."""

    def __init__(self, module: Any) -> None:
        self.module, self.count = module, -1
        self.grad_output: tuple[Any, ...] = ()

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments with a node of their own, at which the hooks for them are called."""
        joined = _through_one_node(args, self._at_inputs)
        self.count = len(joined.found)
        self.size = len(args)
        self.places = joined.found
        return tuple(joined.values)

    def outputs(self, result: Any) -> Any:
        """Return the result with a node of its own."""
        several = isinstance(result, (tuple, list))
        if not several and not isinstance(result, Tensor):
            said = {"module": type(self.module).__name__, "given": type(result).__name__}
            raise errors.LayerError(errors.BACKWARD_HOOK.format(**said))
        joined = _through_one_node(result if several else (result,), self._at_outputs)
        self.outs, self.width = joined.found, len(joined.values)
        if len(joined.found) == 1:  # another node, for what hooks of the Tensor make of its gradient comes before
            joined.values[joined.found[0]] = passed(joined.values[joined.found[0]])
        return sequence_like(result, joined.values) if several else joined.values[0]

    def _at_outputs(self, found: Sequence[Any]) -> Any:
        grad = _spread(found, self.outs, self.width)
        for hook in list(self.module._backward_pre_hooks.values()):
            changed = hook.call(self.module, grad)
            grad = grad if changed is None else self._checked(changed, self.width)
        self.grad_output = grad
        if not self.count:
            self._called((None,) * self.size)
        return [grad[i] for i in self.outs]

    def _at_inputs(self, found: Sequence[Any]) -> Any:
        grad = self._called(_spread(found, self.places, self.size))
        return [grad[i] for i in self.places]

    def _called(self, grad: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook in list(self.module._backward_hooks.values()):
            changed = hook.call(self.module, grad, self.grad_output)
            grad = grad if changed is None else self._checked(changed, self.size)
        return grad

    def _checked(self, changed: Any, count: int) -> tuple[Any, ...]:
        changed = tuple(changed) if isinstance(changed, (tuple, list)) else (changed,)
        if len(changed) != count:
            said = {"module": type(self.module).__name__, "given": len(changed), "expected": count}
            raise errors.ArgumentError(errors.BACKWARD_HOOK_RESULT.format(**said))
        return changed


def _spread(found: Sequence[Any], where: Sequence[int], count: int) -> tuple[Any, ...]:
    """Return values at their places among `count`, and None elsewhere."""
    known = dict(zip(where, found, strict=True))
    return tuple([known.get(i) for i in range(count)])


def _through_one_node(values: Sequence[Any], hook: Hook) -> _Joined:
    """Have all recorded Tensors among some values go through one node, at which ``hook`` sees their gradients."""
    found = [i for i, x in enumerate(values) if isinstance(x, Tensor) and x._node is not None]
    values = list(values)
    if found:
        made = passed(*[values[i] for i in found])
        results = made if len(found) > 1 else (made,)
        for i, y in zip(found, results, strict=True):
            values[i] = y
        alone = len(found) == 1
        node = whole_of(results[0]._node)
        node.note().hooks[object()] = (lambda g: hook((g,))[0]) if alone else hook
    return _Joined(values, found)
