"""Derivatives of Tensors that are computed already, by PyTorch's names: ``ag.autograd.grad``.

The derivative of a function is `autograd_lite.grad`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.conventions import conjugated
from autograd_lite.base.later import arriving, listing
from autograd_lite.engine import refusals
from autograd_lite.engine.graph import Node, reachable
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.sweep import reverse
from autograd_lite.engine.switch import enable_grad, no_grad, set_grad_enabled
from autograd_lite.tensor.commits import commit_gradients, listed, nodes_of, receiving
from autograd_lite.tensor.data import seed_of
from autograd_lite.tensor.hooks import run_hooks
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.transforms.watched import owned

__all__ = ["backward", "enable_grad", "grad", "no_grad", "set_grad_enabled"]


def grad(
    outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    only_inputs: bool = True, allow_unused: bool | None = None, *, materialize_grads: bool = False,
) -> tuple[Tensor, ...]:  # fmt: skip
    """Return the derivatives of Tensors by others from which they were computed; no ``grad`` is changed.

    Parameters
    ----------
    outputs : Tensor or sequence of Tensor
        What is differentiated.
    inputs : Tensor or sequence of Tensor
        By what: leaves that require a gradient, or whatever was computed from such.
    grad_outputs : array_like or sequence of array_like, optional
        A cotangent for each of the outputs, of its shape; None where it is 1, for a single number.
    retain_graph : bool, optional
        Keep the graph for another derivative: by default where `create_graph` does.
    create_graph : bool
        Record the derivatives themselves, so that they can be differentiated again.
    only_inputs : bool
        PyTorch's argument: nothing but the derivatives by the inputs is there to be had.
    allow_unused : bool, optional
        Return None for an input from which no output was computed, where it would be an error.
    materialize_grads : bool
        Return zeros for such an input.

    Returns
    -------
    tuple of Tensor
        The sum of the derivatives of all outputs, weighted by the cotangents, by each of the inputs. Of complex ones
        the conjugate, as in ``Tensor.grad``.

    Raises
    ------
    NonScalarError
        No cotangent for an output of more than one number.
    SeedError
        A cotangent of another shape.
    NoPathError
        An output or an input that is not recorded, or an input from which no output was computed.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> x = ag.Tensor([1.0, 2.0], requires_grad=True)
    >>> y = x**3
    >>> (first,) = grad(y.sum(), x, create_graph=True)
    >>> (second,) = grad(first, x, grad_outputs=ag.ones_like(first))
    >>> first.tolist(), second.tolist(), x.grad
    ([3.0, 12.0], [6.0, 12.0], None)
    """
    seeds, inputs = _seeds(outputs, grad_outputs), listed(inputs)
    wanted = nodes_of(inputs)
    keep, path = create_graph if retain_graph is None else retain_graph, _path([n for n, _ in seeds], wanted)
    found = _swept(seeds, wanted, path, create_graph, keep)
    allowed = materialize_grads or bool(allow_unused)
    made: list[Any] = []
    for place, (x, node) in enumerate(zip(inputs, wanted, strict=True)):
        g = found.get(node)
        if g is None and not allowed:
            raise errors.NoPathError(errors.GRAD_UNUSED.format(place=place))
        made.append(_handed_out(g, x, materialize_grads, made))
    return tuple(made)


def backward(
    tensors: Any, grad_tensors: Any = None, retain_graph: bool | None = None, create_graph: bool = False,
    inputs: Any = None,
) -> None:  # fmt: skip
    """Add the derivatives of several Tensors to the ``grad`` of every leaf they were computed from, in one sweep.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
        What is differentiated.
    grad_tensors : array_like or sequence of array_like, optional
        A cotangent for each of them; None where it is 1, for a single number.
    retain_graph, create_graph
        See `grad`.
    inputs : Tensor or sequence of Tensor, optional
        The only Tensors to whose ``grad`` is added; by default all leaves.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> x = ag.Tensor(2.0, requires_grad=True)
    >>> backward([x * x, 3 * x])
    >>> x.grad.item()
    7.0
    """
    seeds, keep = _seeds(tensors, grad_tensors), create_graph if retain_graph is None else retain_graph
    wanted = None if inputs is None else receiving(inputs)
    commit_gradients(_swept(seeds, wanted, None, create_graph, keep))


def _seeds(outputs: Any, given: Any) -> list[tuple[Node, Any]]:
    """Return the nodes of outputs, and a cotangent for each."""
    outputs = listed(outputs)
    if not isinstance(given, (list, tuple)):
        given = (given,) * (len(outputs) if given is None else 1)
    if len(given) != len(outputs):
        raise errors.ArgumentError(errors.GRAD_OUTPUTS.format(given=len(given), count=len(outputs)))
    for y in outputs:
        if not isinstance(y, Handle) or y._node is None:
            refusals.no_path(y if isinstance(y, Handle) else Tensor(y))
    return [(y._node, seed_of(y, g)) for y, g in zip(outputs, given, strict=True)]


def _path(roots: Iterable[Node], wanted: Sequence[Node]) -> set[Node] | None:
    """Return what lies between: nothing else is swept. None where one that is wanted lies between others."""
    ends, path, freed = set(wanted), set[Node](), None
    for node in reachable(roots):
        leads = any(edge[0] in path for edge in node.edges or ())
        if leads and node in ends:
            return None
        if leads or node in ends:
            path.add(node)
        elif node.op is not None and node.edges is None:
            freed = node
    if freed is not None and not ends <= path:
        raise freed.freed()
    return path


def _swept(
    seeds: Sequence[tuple[Node, Any]], wanted: Sequence[Node] | None, path: set[Node] | None, recorded: bool, keep: bool
) -> dict[Node, Any]:
    """Return the gradients of one sweep."""
    nodes = None if wanted is None else frozenset(wanted)
    seeds = [(node, g) for node, g in seeds if path is None or node in path]
    if recorded:
        with enable_grad():
            return reverse(seeds, wanted=nodes, within=path, lift=make_tensor, retain=True, hook=run_hooks)
    plain = [(node, array_of(g)) for node, g in seeds]
    return reverse(plain, wanted=nodes, within=path, retain=keep, hook=run_hooks)


def _handed_out(g: Any, x: Any, zeros: bool, others: Sequence[Any]) -> Any:
    """Return a gradient as a Tensor that shares its numbers with no other."""
    if g is None:
        return make_tensor(np.zeros_like(x._data)) if zeros else None
    g = conjugated(g)
    return g if isinstance(g, Handle) else make_tensor(owned(g, [t._data for t in others if t is not None]))


if not TYPE_CHECKING:  # a checker would take every name for one
    __getattr__ = arriving(__name__, {}, errors.NOT_IN_AUTOGRAD)
__dir__ = listing(__name__)
