"""`export`: a module or a function as a model of ONNX."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd_lite import errors
from autograd_lite.compiler.compile import Compiled
from autograd_lite.compiler.program.program import Input, Program, Ref
from autograd_lite.compiler.recording.naming import argument_names, dotted_names
from autograd_lite.engine.record import Handle
from autograd_lite.engine.switch import no_grad
from autograd_lite.engine.watchpoints import value_at
from autograd_lite.nn.modes import evaluating
from autograd_lite.nn.module import Module
from autograd_lite.onnx.graph import Graph, element_type, information
from autograd_lite.onnx.package import onnx
from autograd_lite.onnx.recording import Axes, Recorded, recorded, resized
from autograd_lite.onnx.rows import TABLE
from autograd_lite.onnx.sizes import Size
from autograd_lite.onnx.values import Value
from autograd_lite.onnx.walk import constant, written
from autograd_lite.saving.atomic import replaced
from autograd_lite.transforms.watched import name_of
from autograd_lite.tree import Structure, flatten, unflatten
from autograd_lite.version import __version__

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET, LEAST = 18, 18
_NEAR = 1e-2
DynamicAxes = Mapping[str, Any]


def export(
    model: Callable[..., Any],
    example_inputs: Any,
    path: str | PathLike[str] | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_axes: DynamicAxes | None = None,
    dynamic_shapes: DynamicAxes | None = None,
    opset: int = OPSET,
) -> ModelProto:
    """Return a model of ONNX that computes what a module or a function does.

    The function is called with the examples, and what it calls of NumPy is written as operators of ONNX: each by a row
    of a table, or by the formula that it is where ONNX has no operator. Parameters and buffers become initializers with
    their names of ``named_parameters()``.

    Parameters
    ----------
    model : Module, function or compiled function
        A module is exported as it is after ``eval()``, and left as it was.
    example_inputs : array or tuple
        The arguments: arrays and Tensors, of which shapes and dtypes count, and trees of them. Numbers of Python,
        texts, truth values and None are settings, which stay as they are.
    path : path, optional
        Where the model is written, whole or not at all.
    kwargs : dict, optional
        Arguments by name.
    input_names, output_names : list of str, optional
        By default the names of the parameters, and ``output`` or the keys of the dict that is returned.
    dynamic_axes : dict, optional
        Axes that may have any length, by the names of inputs: ``{"x": {0: "batch"}}``, or ``{"x": [0]}``. Axes of one
        name have one length. What it says of outputs follows from the inputs.
    dynamic_shapes : dict, optional
        The same; PyTorch's newer name.
    opset : int, optional
        The version of the operators: 18, or a newer one that the package knows.

    Returns
    -------
    onnx.ModelProto
        Checked by ``onnx.checker``, shapes and dtypes included.

    Raises
    ------
    ExportError
        With the call, the line of the function, and what to write: code that nobody sees into, random numbers, shapes
        that depend on values, complex numbers, state that is changed, functions that ONNX has nothing for.
    MissingExtraError
        If the package onnx is not installed.

    Notes
    -----
    Dtypes are those of the call, NumPy's promotions included. Double precision is kept: where common runtimes have no
    code for an operator in it (convolutions, the error function, inverse trigonometric functions), it is written as a
    sum of products or a formula, which takes longer; ``model.to(np.float32)`` exports operators.

    With open axes the function is called for two lengths of each: shapes, numbers and constant arrays become
    expressions of the lengths. Others are the proof, of which a model need not take all: longer by a few, 67, 1000
    (less where that takes much memory), a half of the example's, a quarter, and so on; and where it raises an error at
    a long one, the longest that it takes. What depends on a length in another way is refused. A model that does
    something else beyond a certain length is seen through where this is under 1000, or under the length of the example.
    At lengths of one and two it may make other calls: these have to give the same numbers.

    What is checked here, such as the range of an index, or that an axis is long enough, is left to the runtime; there a
    negative index counts from the end, as in NumPy. An axis that is open is no axis of one: ``np.squeeze(x)`` leaves
    it, ``np.squeeze(x, axis)`` says which. In onnxruntime maxima, minima and their places (``np.max``, ``np.argmax``,
    ``max_pool2d``) overlook NaN, of which NumPy makes NaN: ``np.where(np.isnan(x).any(), np.nan, np.max(x))`` does in
    both. A loop over no elements (`scan` of a length of 0) is an error there.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> model = ag.nn.Sequential(ag.nn.Linear(3, 2, dtype=np.float32), ag.nn.ReLU())
    >>> made = ag.onnx.export(model, np.zeros((1, 3), np.float32), dynamic_axes={"input": {0: "batch"}})
    >>> [node.op_type for node in made.graph.node]
    ['Transpose', 'MatMul', 'Add', 'Max', 'Identity']
    >>> [x.name for x in made.graph.initializer][:2]
    ['0.weight', '0.bias']
    """
    newest = onnx().defs.onnx_opset_version()
    if type(opset) is not int or not LEAST <= opset <= newest:
        raise errors.ExportError(errors.ONNX_OPSET.format(given=opset, least=LEAST, most=newest))
    function = model._function if isinstance(model, Compiled) else model
    if not callable(function):
        raise errors.ExportError(errors.ONNX_GIVEN.format(given=type(model).__name__))
    call = _Call.of(function, example_inputs, kwargs or {}, input_names)
    axes = call.axes((dynamic_axes, dynamic_shapes), output_names or ())
    names = dotted_names((function,))
    if isinstance(function, Module):
        named = [*function.named_parameters(), *function.named_buffers()]
        names.names.update({id(t): name for name, t in reversed(named)})
    with evaluating(function) if isinstance(function, Module) else nullcontext():
        run = recorded(call, call.examples, axes, names.tensors)
        made = _model(run, call, axes, names.names, output_names, opset)
        for lengths in run.special:
            _compare(made, call, resized(call.examples, axes, lengths), lengths)
    if path is not None:
        replaced(Path(path), made.SerializeToString())
    return made


# ----- the call -----


@dataclass(frozen=True, eq=False)
class _Call:
    """A call of a function, of which arrays are arguments and all else is as it is.

    Attributes
    ----------
    function : callable
    structure : Structure
        Of the arguments.
    leaves : list
    places : list of int
        Which leaves are arrays.
    names : list of str
        Of the arrays.
    """

    function: Callable[..., Any]
    structure: Structure
    leaves: list[Any]
    places: list[int]
    names: list[str]

    @classmethod
    def of(cls, function: Any, examples: Any, kwargs: Mapping[str, Any], names: Sequence[str] | None) -> _Call:
        args = tuple(examples) if isinstance(examples, (tuple, list)) else (examples,)
        leaves, structure = flatten((args, dict(kwargs)))
        known = argument_names(structure, function)
        leaves = [np.asarray(x) if isinstance(x, np.generic) else x for x in leaves]
        places = [k for k, x in enumerate(leaves) if isinstance(x, (Handle, np.ndarray))]
        for k, x in enumerate(leaves):
            if k not in places and not (x is None or isinstance(x, (bool, int, float, str))):
                raise errors.ExportError(errors.ONNX_INPUT.format(given=type(x).__name__))
        for k in places:
            element_type(leaves[k].dtype)
        default = [known[k] for k in places]
        return cls(function, structure, leaves, places, _named("input_names", names, default))

    @property
    def examples(self) -> list[Any]:
        return [self.leaves[k] for k in self.places]

    def __call__(self, *arrays: Any) -> Any:
        leaves = list(self.leaves)
        for k, x in zip(self.places, arrays, strict=True):
            leaves[k] = x
        args, kwargs = unflatten(self.structure, leaves)
        return self.function(*args, **kwargs)

    def axes(self, tables: Sequence[DynamicAxes | None], outputs: Sequence[str]) -> Axes:
        """Return which axes are open, by the places of inputs."""
        found: dict[int, dict[int, str]] = {}
        for name, each in [(name, each) for table in tables for name, each in (table or {}).items()]:
            if name not in self.names:
                if name not in outputs and not name.startswith("output"):
                    raise errors.ExportError(errors.ONNX_AXES.format(given=name, known=", ".join(self.names)))
                continue
            k = self.names.index(name)
            ndim = self.examples[k].ndim
            for axis, length in _pairs(name, each):
                if not -ndim <= axis < ndim:
                    raise errors.ExportError(errors.ONNX_AXIS.format(axis=axis, name=name, ndim=ndim))
                found.setdefault(k, {})[axis % ndim] = length
        return found


def _pairs(name: str, each: Any) -> list[tuple[int, str]]:
    """Return open axes with the names of their lengths."""
    if isinstance(each, Mapping):
        return [(int(axis), str(length)) for axis, length in each.items() if length is not None]
    if isinstance(each, tuple) and not all(isinstance(x, int) for x in each):
        return [(axis, str(length)) for axis, length in enumerate(each) if length is not None]
    return [(int(axis), f"{name}_{axis}") for axis in each or ()]


def _named(what: str, given: Sequence[str] | None, default: list[str]) -> list[str]:
    if given is None:
        return default
    if len(given) != len(default) or len(set(given)) != len(given) or not all(isinstance(n, str) for n in given):
        text = errors.ONNX_NAMES.format(what=what, given=list(given), count=len(default), known=f"{what}={default}")
        raise errors.ExportError(text)
    return list(given)


# ----- the model -----


def _model(
    run: Recorded, call: _Call, axes: Axes, names: Mapping[int, str], output_names: Sequence[str] | None, opset: int
) -> ModelProto:
    program, package = run.program, onnx()
    title = name_of(call.function)
    if program.assignments:
        what = ", ".join(sorted({a.name or "a Tensor" for a in program.assignments}))
        raise errors.ExportError(errors.ONNX_CHANGES.format(function=title, what=what))
    graph = Graph(TABLE, opset)
    called = _output_names(run, call.names, output_names)
    graph.taken.names.update(call.names, called)
    values = written(graph, program, _given(graph, program, call, axes, names))
    results = _results(graph, run, values, title)
    outputs = [_output(graph, y, name) for y, name in zip(results, called, strict=True)]
    infos = [[information(x) for x in values] for values in (graph.inputs.values(), outputs)]
    arrays = [package.numpy_helper.from_array(a, name) for name, a in graph.initializers.items()]
    made = package.helper.make_graph(_needed(graph.nodes, outputs), title, *infos, arrays)
    opsets = [package.helper.make_opsetid("", opset)]
    model = package.helper.make_model(
        made, opset_imports=opsets, producer_name="autograd_lite", producer_version=__version__,
        ir_version=package.helper.find_min_ir_version_for(opsets),
    )  # fmt: skip
    package.checker.check_model(model, full_check=True)
    return model


def _compare(made: ModelProto, call: _Call, inputs: Sequence[Any], lengths: Mapping[str, int]) -> None:
    """Have a model computed where its function makes other calls than elsewhere, and compare the numbers."""
    evaluator = import_module("onnx.reference").ReferenceEvaluator
    try:
        with no_grad(), np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = evaluator(made).run(None, dict(zip(call.names, map(_array, inputs), strict=True)))
            expected = [_array(y) for y in flatten(call(*inputs))[0] if y is not None]
    except Exception:  # noqa: BLE001 - it does not know all operators in all dtypes
        return
    if not all(_near(a, b) for a, b in zip(found, expected, strict=True)):
        told = ", ".join([f"{name}={n}" for name, n in lengths.items()])
        raise errors.ExportError(errors.ONNX_SPECIAL.format(names=", ".join(lengths), lengths=told))


def _array(x: Any) -> Any:
    return np.asarray(x._data if isinstance(x, Handle) else x)


def _near(found: Any, expected: Any) -> bool:
    """Tell whether numbers are the same but for rounding, in whatever shape."""
    scale = float(np.max(np.abs(expected), initial=0, where=np.isfinite(expected))) if expected.dtype.kind == "f" else 0
    a, b = np.ravel(found), np.ravel(expected)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=_NEAR, atol=_NEAR * scale, equal_nan=b.dtype.kind == "f"))


def _given(graph: Graph, program: Program, call: _Call, axes: Axes, names: Mapping[int, str]) -> dict[int, Value]:
    """Return the inputs and constants of a program as values: arguments in their order, and initializers."""
    arguments = {x.owner: x for x in program.inputs if x.kind == "argument"}
    values: dict[int, Value] = {}
    for k, name in enumerate(call.names):
        x = arguments[k]
        kind = program.types[x.id]
        values[x.id] = graph.inputs[name] = Value(graph, name, kind.shape, kind.dtype)
        for axis, length in axes.get(k, {}).items():
            graph.lengths.setdefault(length, (values[x.id], axis))
    for x in program.inputs:
        if x.kind != "argument":
            values[x.id] = _initializer(graph, x, names)
    return values | {c.id: constant(graph, c.array) for c in program.constants}


def _initializer(graph: Graph, x: Input, names: Mapping[int, str]) -> Value:
    """Return what the model reads besides its inputs, as it is now, by its name."""
    if x.kind == "number":
        return graph.constant(value_at(*x.owner))
    if x.kind.endswith("generator"):
        return graph.constant(0)
    array = np.array(x.owner._data if isinstance(x.owner, Handle) else x.owner)
    element_type(array.dtype)
    name = names.get(id(x.owner)) or x.name
    name = graph.taken.free(name) if name in graph.taken.names else name
    graph.taken.names.add(name)
    graph.initializers[name] = array
    return Value(graph, name, array.shape, array.dtype)


def _results(graph: Graph, run: Recorded, values: Mapping[int, Any], title: str) -> list[Value]:
    """Return the results; None is left out."""
    every: list[Any] = []
    inputs = list(graph.inputs.values())
    for kind, output in zip(run.run.kinds, run.program.outputs, strict=True):
        if kind == "same":
            y = every[output]
        elif kind == "given":
            y = inputs[output]
        else:
            y = values[output.id] if isinstance(output, Ref) else output
        if isinstance(y, Handle):
            y = y._data
        if not isinstance(y, (Value, Size, np.ndarray, np.generic, bool, int, float, type(None))):
            raise errors.ExportError(errors.ONNX_RESULT.format(function=title, given=type(y).__name__))
        every.append(None if y is None else graph.lifted(y))
    found = [y for y in every if y is not None]
    if not found:
        raise errors.ExportError(errors.ONNX_RESULT.format(function=title, given="no array"))
    return found


def _output_names(run: Recorded, inputs: Sequence[str], given: Sequence[str] | None) -> list[str]:
    """Return what results are called: by the keys of a dict, or by their number."""
    places = [k for k, output in enumerate(run.program.outputs) if output is not None]
    structure = run.run.result
    if structure.kind is not None and structure.kind.cls is dict and all(c.size == 1 for c in structure.children):
        default = [str(structure.keys[k]) for k in places]
    else:
        default = ["output"] if len(places) == 1 else [f"output_{k}" for k in range(len(places))]
    names = _named("output_names", given, [f"{name}_output" if name in inputs else name for name in default])
    if twice := set(names).intersection(inputs):
        text = errors.ONNX_NAMES.format(what="output_names", given=sorted(twice), count=len(names), known=default)
        raise errors.ExportError(text)
    return names


def _output(graph: Graph, y: Value, name: str) -> Value:
    """Return a result by its name in the model."""
    made = Value(graph, name, y.shape, y.dtype)
    graph.nodes.append(onnx().helper.make_node("Identity", [graph.named(y)], [name], name=name))
    return made


def _needed(nodes: Sequence[Any], outputs: Sequence[Value]) -> list[Any]:
    """Return the nodes that the results come from."""
    needed = {y.name for y in outputs}
    kept = []
    for node in reversed(nodes):
        if needed.intersection(node.output):
            needed.update(_read([node]))
            kept.append(node)
    return kept[::-1]


def _read(nodes: Iterable[Any]) -> Iterator[str]:
    """Yield the names of what nodes read, in the graphs within them too."""
    for node in nodes:
        yield from node.input
        for body in [a.g for a in node.attribute if a.HasField("g")]:
            yield from _read(body.node)
            yield from [y.name for y in body.output]
