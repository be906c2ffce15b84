"""What can be drawn: a Tensor, several, a module or a function with example inputs; and what ran before an error."""

from __future__ import annotations

import functools
import inspect
import re
from _thread import get_ident
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from autograd_lite import errors, tree
from autograd_lite.base.arraylike import is_array
from autograd_lite.engine import refusals
from autograd_lite.engine.graph import ConstantInput, Linked, Node
from autograd_lite.engine.observers import observe
from autograd_lite.engine.op import NO_SETTINGS, Op
from autograd_lite.engine.provenance import Place, caller
from autograd_lite.engine.record import array_of, carried_out
from autograd_lite.engine.scope import Scope, scope, scope_of
from autograd_lite.engine.several import whole_of
from autograd_lite.engine.switch import enable_grad
from autograd_lite.nn.forwards import wrapped
from autograd_lite.nn.module import Module
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.transforms.watched import ARGUMENT

_TOP_KEY = re.compile(r"^\['([^']*)'\]")


class Failure(NamedTuple):
    """The operation at which a run ended: its name, what it was given, and the error."""

    name: str
    operands: tuple[Any, ...]
    scope: Scope | None
    error: Exception


class TargetNames(NamedTuple):
    """What the caller calls Tensors.

    Attributes
    ----------
    given : dict
        Names by node, or by the identity of a Tensor without one.
    params : set
        The keys of those that are parameters.
    every_leaf : bool
        Whether all leaves are parameters, since the caller has not said which.
    """

    given: Mapping[Any, str]
    params: frozenset[Any]
    every_leaf: bool


class Target(NamedTuple):
    """What a picture is of.

    Attributes
    ----------
    titles, outputs
        The names of what was asked for, and the nodes.
    roots : list of Node
        Where the graph ends: the outputs; after a failure, all that was recorded.
    names : Names
    inputs : set of Node
        Leaves that are example inputs.
    values : dict of Node to array
        Of nodes whose Tensor is at hand.
    lines : dict of Node to Place
        Where in the user's code operations were called from; known of what was run for the picture.
    failure : Failure or None
    integers : dict of str to array
        Inputs that can be indices, by their names: classes, tokens, masks.
    """

    titles: Sequence[str]
    outputs: Sequence[Node]
    roots: Sequence[Node]
    names: TargetNames
    inputs: frozenset[Node]
    values: Mapping[Node, Any]
    lines: Mapping[Node, Place | None]
    failure: Failure | None = None
    integers: Mapping[str, Any] = {}


def subject_of(
    target: Any, inputs: Sequence[Any], params: Mapping[str, Tensor] | None, names: Mapping[str, Any] | None
) -> Target:
    """Return what is to be drawn; run modules and functions on their example inputs."""
    if isinstance(target, Module):
        params = dict(target.named_parameters()) if params is None else params
    named = _names(params, names)
    if callable(target) and not isinstance(target, (Tensor, type)):
        if not inputs:
            raise errors.PictureError(errors.PICTURE_INPUTS.format(what=_called(target)))
        return _run(target, inputs, named)
    if inputs:
        raise errors.PictureError(errors.PICTURE_POSITION.format(given=type(inputs[0]).__name__))
    titles, tensors = _checked(target, named)
    nodes = [t._node for t in tensors if t._node is not None]
    integers = _integers((names or {}).items())
    return Target(titles, nodes, nodes, named, frozenset(), _values(tensors), {}, integers=integers)


def _called(f: Any) -> str:
    """Return what a message calls a module or a function."""
    if isinstance(f, Module):
        return f"the module {type(f).__name__}"
    return f"the function {getattr(f, '__name__', type(f).__name__)}"


def title_of(target: Any, subject: Target) -> str:
    """Return what a picture is called: the module or function that was drawn, or what was computed."""
    if isinstance(target, Module):
        return type(target).__name__
    if subject.titles and not (callable(target) and not isinstance(target, Tensor)):
        return ", ".join(subject.titles)
    name = str(getattr(target, "__name__", type(target).__name__))
    return "function" if name == "<lambda>" else name


def _values(tensors: Sequence[Tensor]) -> dict[Node, Any]:
    return {t._node: array_of(t) for t in tensors if t._node is not None}


def _integers(named: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Return the arrays of integers or booleans among named things, which may be what others are indexed by."""
    arrays = [(str(name), array_of(x) if isinstance(x, Tensor) else x) for name, x in named]
    return {name: x for name, x in arrays if isinstance(x, np.ndarray) and x.dtype.kind in "iub"}


def _checked(target: Any, names: TargetNames) -> tuple[list[str], list[Tensor]]:
    """Return the names of the Tensors to draw, and these; refuse what is no Tensor, or has no graph."""
    if isinstance(target, Tensor):
        target = [target]
    if not isinstance(target, (list, tuple, dict)):
        raise errors.PictureError(errors.PICTURE_OF.format(what=f"a {type(target).__name__}"))
    if not target:
        raise errors.PictureError(errors.PICTURE_OF.format(what=f"an empty {type(target).__name__}"))
    tensors = list(target.values() if isinstance(target, dict) else target)
    for t in tensors:
        if not isinstance(t, Tensor):
            raise errors.PictureError(errors.PICTURE_OF.format(what=f"a {type(t).__name__}"))
        if t._node is None:
            raise errors.NoPathError(errors.PICTURE_NOTHING.format(what=refusals.describe(t)))
    if isinstance(target, dict):
        return [str(key) for key in target], tensors
    return _titles(tensors, names), tensors


def _titles(tensors: Sequence[Tensor], names: TargetNames) -> list[str]:
    unnamed = ["output"] if len(tensors) == 1 else [f"output {i + 1}" for i in range(len(tensors))]
    return [t.name or names.given.get(_key(t)) or title for t, title in zip(tensors, unnamed, strict=True)]


def _names(params: Mapping[str, Tensor] | None, names: Mapping[str, Any] | None) -> TargetNames:
    """Return the names of Tensors, by their nodes; of those that require no gradient, by their identity.

    Of `names`, which may be ``locals()``, only Tensors count, and no name with an underscore before it, which a prompt
    gives to results.
    """
    if params is not None and not isinstance(params, Mapping):
        raise errors.PictureError(errors.PICTURE_PARAMS.format(what=f"it is a {type(params).__name__}"))
    if names is not None and not isinstance(names, Mapping):
        raise errors.PictureError(errors.PICTURE_NAMES.format(given=type(names).__name__))
    found: dict[Any, str] = {}
    for name, t in (params or {}).items():
        if not isinstance(t, Tensor):
            raise errors.PictureError(errors.PICTURE_PARAMS.format(what=f"{name!r} is a {type(t).__name__}"))
        found[_key(t)] = f"{found[_key(t)]} = {name}" if _key(t) in found else str(name)
    known = frozenset(found)
    for name, t in (names or {}).items():
        if isinstance(t, Tensor) and not str(name).startswith("_"):
            found.setdefault(_key(t), str(name))
    return TargetNames(found, known, params is None)


def _key(t: Tensor) -> Any:
    return id(t) if t._node is None else t._node


# ----- running -----


def _run(f: Callable[..., Any], inputs: Sequence[Any], names: TargetNames) -> Target:
    """Call `f`, watching its inputs and all that it does."""
    seen, given = _watched(f, inputs)
    watched = frozenset(seen)
    integers = _integers((x.name, x) for x in tree.flatten(given)[0] if isinstance(x, Tensor))
    lines: dict[Node, Place | None] = {}

    thread = get_ident()

    def look(op: Op, operands: Any, settings: Any, result: Tensor) -> None:
        if result._node is not None and get_ident() == thread:
            seen[result._node] = array_of(result)
            lines[whole_of(result._node)] = caller()

    with ExitStack() as stack:
        stack.enter_context(enable_grad())
        stack.enter_context(observe(look))
        stack.enter_context(wrapped(_frames(_modules_in(f, inputs)), _scoped))
        try:
            result = f(*given)
        except Exception as error:  # noqa: BLE001 - drawn, and kept in the picture
            return _failed(error, seen, names, watched)._replace(lines=lines, integers=integers)
    titles, tensors = _results(result, names)
    nodes = [t._node for t in tensors if t._node is not None]
    return Target(titles, nodes, nodes, names, watched, {**seen, **_values(tensors)}, lines, integers=integers)


def _results(result: Any, names: TargetNames) -> tuple[list[str], list[Tensor]]:
    """Return the Tensors among the results of a function that depend on something, and their names."""
    leaves, structure = tree.flatten(result)
    named = [
        (_TOP_KEY.sub(r"\1", path) or None, t) for path, t in zip(tree.paths(structure), leaves, strict=True)
        if isinstance(t, Tensor) and t._node is not None
    ]  # fmt: skip
    if not named:
        raise errors.NoPathError(errors.PICTURE_RESULT.format(given=type(result).__name__))
    tensors = [t for _, t in named]
    if isinstance(result, dict):
        return [path or title for (path, _), title in zip(named, _titles(tensors, names), strict=True)], tensors
    return _titles(tensors, names), tensors


def _watched(f: Callable[..., Any], inputs: Sequence[Any]) -> tuple[dict[Node, Any], list[Any]]:
    """Return the example inputs by their nodes, and as Tensors under the names of the parameters of `f`.

    NOTE: their nodes are those of arguments, not of leaves, which a function may not change in place.
    """
    found: dict[Node, Any] = {}

    def watch(x: Any, name: str) -> Any:
        if isinstance(x, Tensor) and x._node is not None:
            return x
        if not isinstance(x, (Tensor, float)) and not is_array(x):
            return x
        t = x.detach() if isinstance(x, Tensor) else Tensor(x)
        if t.dtype.kind == "f":
            t._node = Linked(ARGUMENT, (), (), NO_SETTINGS, t.shape, t.dtype)
            found[t._node] = array_of(t)
        t.name = (x.name if isinstance(x, Tensor) else None) or name
        return t

    given = []
    for name, x in zip(_parameter_names(f, len(inputs)), inputs, strict=True):
        leaves, structure = tree.flatten(x)
        watched = [watch(leaf, path) for leaf, path in zip(leaves, tree.paths(structure, name), strict=True)]
        given.append(tree.unflatten(structure, watched))
    return found, given


def _parameter_names(f: Callable[..., Any], count: int) -> list[str]:
    """Return what a function calls its arguments by position; where it does not say, ``input 1`` and so on."""
    try:
        signature = inspect.signature(f.forward if isinstance(f, Module) else f).parameters.values()
    except (TypeError, ValueError):  # functions written in C may have none
        signature = ()  # type: ignore[assignment]
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [p.name for p in signature if p.kind in kinds][:count]
    return names + [f"input {i + 1}" for i in range(len(names), count)]


def _modules_in(f: Any, inputs: Sequence[Any]) -> list[tuple[str, Module]]:
    """Return modules to frame, by title: what `f` is, or has among its arguments, in its closure, as globals, or as
    attributes of its object.

    A module that is drawn itself has no title: a frame around everything says nothing.
    """
    if isinstance(f, Module):
        return [("", f)]
    while isinstance(f, functools.partial):
        f, inputs = f.func, (*inputs, f.func, *f.args, *f.keywords.values())
    code = getattr(f, "__code__", None)
    cells = [cell.cell_contents for cell in getattr(f, "__closure__", None) or () if _is_filled(cell)]
    names = code.co_names if code is not None else ()
    globals_ = [f.__globals__[name] for name in names if name in f.__globals__]
    owner = getattr(f, "__self__", f)
    attributes = getattr(owner, "__dict__", {}).values()
    found = [x for x in (*inputs, *cells, *globals_, owner, *attributes) if isinstance(x, Module)]
    return [(type(module).__name__, module) for module in {id(module): module for module in found}.values()]


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - asking raises where there is none
    except ValueError:
        return False
    return True


def _frames(modules: Sequence[tuple[str, Module]]) -> list[tuple[str, Module]]:
    """Return every module to frame, once: these, if they have a title, and all within them."""
    found: dict[int, tuple[str, Module]] = {}
    for title, model in modules:
        for path, module in model.named_modules():
            shown = f"{path.rpartition('.')[2]}: {type(module).__name__}" if path else title
            if shown:
                found[id(module)] = (shown, module)
    return list(found.values())


def _scoped(title: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    def framed(*args: Any, **kwargs: Any) -> Any:
        with scope(title):
            return forward(*args, **kwargs)

    return framed


# ----- an error on the way -----


def _failed(
    error: Exception, seen: Mapping[Node, Any], names: TargetNames, watched: frozenset[Node]
) -> Target:
    """Return all that ran, with the operation that failed."""
    op, operands = _culprit(error)
    failure = Failure(op or type(error).__name__, tuple(map(_operand, operands)), scope_of(error), error)
    roots = [*(node for node in seen if node not in watched), *(x for x in failure.operands if isinstance(x, Node))]
    return Target([], [], roots, names, watched, seen, {}, failure)


def _culprit(error: BaseException | None) -> tuple[str | None, Sequence[Any]]:
    """Return the operation in which an error, or what caused it, was raised, and its operands."""
    while error is not None:
        trace = error.__traceback__
        while trace is not None:
            if (found := carried_out(trace.tb_frame)) is not None:
                return found[0].name, found[1]
            trace = trace.tb_next
        error = error.__cause__ or error.__context__
    return None, ()


def _operand(x: Any) -> Any:
    if isinstance(x, Tensor):
        return x._node if x._node is not None else ConstantInput(x.shape, x.dtype, x.name)
    return x if isinstance(x, (bool, int, float, complex, type(None))) else ConstantInput(np.shape(x), None)
