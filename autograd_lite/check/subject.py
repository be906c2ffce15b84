"""What is checked: a function with its inputs, called at shifted values, and the derivatives that its graph gives.

Complex inputs and outputs are looked at as pairs of real ones, along a last axis of 2: what is checked is a function of
those, which makes complex numbers of them first. So any derivative is one of real numbers, holomorphic or not.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_array
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.shapes import Array, Shape, whole
from autograd_lite.check import analytic
from autograd_lite.engine.covered import uncovered
from autograd_lite.engine.graph import Node, reachable
from autograd_lite.engine.op import Op
from autograd_lite.engine.record import Handle, array_of, make_tensor
from autograd_lite.engine.sweep import reverse
from autograd_lite.engine.switch import enable_grad, no_grad
from autograd_lite.engine.tangents import forward
from autograd_lite.rules import elementwise
from autograd_lite.tensor.state import discarded
from autograd_lite.tensor.tensor import Tensor

SEED = -2.0
"""What cotangents are multiplied with: a power of two, so that dividing by it is exact; not 1, so that a rule that
forgets its cotangent is found."""


class Subject:
    """A function of Tensors and what it is called with: which of it is checked, and under what name.

    Attributes
    ----------
    f, function : callable, str
        The function and its name.
    values : list
        All arguments. Those to be checked are Tensors.
    tensors : list of Tensor
        The arguments that are checked, each once.
    labels : list of (int, str)
        Their position among the arguments and their names.
    start : list of array
        Their values, at least in float64.
    evaluations : int
        How often the function was called.
    """

    def __init__(self, f: Callable[..., Any], inputs: Any) -> None:
        self.f, self.evaluations = f, 0
        self.function = getattr(f, "__name__", type(f).__name__)
        names, values = listed(inputs)
        self.values = [Tensor(x, requires_grad=True) if has_derivative(x) else x for x in values]
        known = names or parameter_names(f)
        self.tensors: list[Tensor] = []
        self.labels: list[tuple[int, str]] = []
        for i, x in enumerate(self.values):
            if isinstance(x, Tensor) and x.requires_grad and not any(x is t for t in self.tensors):
                self.tensors.append(x)
                own = known[i] if names else x.name or (known[i] if i < len(known) else "")
                self.labels.append((i, own))
        if not self.tensors:
            text = errors.GRADCHECK_NOTHING.format(function=self.function, number=len(self.values))
            raise errors.GradientDtypeError(text)
        self.start = [widened(as_real(array_of(t))) for t in self.tensors]

    @property
    def kinds(self) -> list[tuple[Shape, Any]]:
        """The shape, with the axis of the parts of complex numbers, and the dtype of each input that is checked."""
        return [(a.shape, t.dtype) for a, t in zip(self.start, self.tensors, strict=True)]

    def narrow(self) -> list[Array]:
        """Return the values of the inputs in their own dtypes."""
        return [as_real(array_of(t)) for t in self.tensors]

    def values_at(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the inputs."""
        with holding(self.tensors, [a.copy() for a in arrays]), np.errstate(all="ignore"):
            return [plain(y) for y in self._outputs()]

    def complex_at(self, arrays: Sequence[Array]) -> list[Array] | None:
        """Return the outputs at complex values of the inputs, None if the function does not allow them."""
        if any(t.dtype.kind == "c" for t in self.tensors):
            return None
        with holding(self.tensors, arrays, tracked=False):
            outputs = analytic.evaluated(lambda: self._outputs("fc"))
        return None if outputs is None else [plain(y) for y in outputs]

    def derive(self, arrays: Sequence[Array]) -> Recording:
        """Record one call at these values, and return its derivatives."""
        with holding(self.tensors, [a.copy() for a in arrays]) as nodes:
            return Recording(nodes, self._outputs())

    def mutated(self) -> list[int]:
        """Call the function once, and return the positions of the arguments that it has written to."""
        plain_arguments = {i: x for i, x in enumerate(self.values) if isinstance(x, (np.ndarray, Tensor))}
        with holding(self.tensors, [a.copy() for a in self.start]), np.errstate(all="ignore"):
            before = {i: plain(x).copy() for i, x in plain_arguments.items()}

            def written(_: Any) -> list[int]:
                self._called()
                now = {i: plain(x) for i, x in plain_arguments.items()}
                return [i for i, x in now.items() if not np.array_equal(x, before[i], equal_nan=True)]

            return discarded(written)

    def differentiated(self, rng: np.random.Generator) -> Subject:
        """Return the derivative of the function, summed over its outputs with random weights, as another subject."""
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, f=_Derivative(self, rng), evaluations=0)
        return twin

    def _outputs(self, kinds: str = "f") -> list[Any]:
        """Call the function and return those of its outputs that may have a derivative. What it writes is put back."""
        return discarded(lambda noted: noted.keeping(self._called(kinds)))

    def _called(self, kinds: str = "f") -> list[Any]:
        self.evaluations += 1
        with enable_grad() if kinds == "f" else no_grad():  # also to the numeric side f may call backward()
            result = uncovered(self.f, self.values, {})
        items = list(result) if isinstance(result, (tuple, list)) else [result]
        items = [_in_pairs(y) for y in items] if kinds == "f" else items
        floats = [y for y in items if plain(y).dtype.kind in kinds]
        if not floats:
            what = f"a {type(result).__name__}" + (f" of {result.dtype}" if isinstance(result, Tensor) else "")
            raise errors.GradientDtypeError(errors.GRADCHECK_OUTPUT.format(function=self.function, what=what))
        return floats


class _Derivative:
    """The first derivative of a subject as a function, recorded so that it can be differentiated again."""

    def __init__(self, subject: Subject, rng: np.random.Generator) -> None:
        self.subject, self.seed = subject, int(rng.integers(2**31))

    def __call__(self, *values: Any) -> list[Any]:
        nodes = [t._node for t in self.subject.tensors]
        outputs = self.subject._outputs()
        rng = np.random.default_rng(self.seed)
        weights = [rng.uniform(0.5, 1.5, plain(y).shape) for y in outputs]
        seeds = [
            (y._node, make_tensor(w.astype(y.dtype)))
            for y, w in zip(outputs, weights, strict=True)
            if isinstance(y, Tensor) and y._node is not None
        ]
        wanted = frozenset(node for node in nodes if node is not None)
        found = reverse(seeds, wanted=wanted, lift=make_tensor, retain=True)
        zeros = [np.zeros(t.shape, t.dtype) for t in self.subject.tensors]
        return [found[n] if n is not None and n in found else z for n, z in zip(nodes, zeros, strict=True)]


class Recording:
    """The graph of one call: what a cotangent of all outputs gives for the inputs, and a tangent for the outputs."""

    def __init__(self, nodes: Sequence[Node], outputs: Sequence[Any]) -> None:
        self.nodes = list(nodes)
        self.roots = [y._node if isinstance(y, Tensor) else None for y in outputs]
        self.shapes = [plain(y).shape for y in outputs]
        self.coarse: dict[str, Any] | None = None
        self._lift: Callable[..., Any] | None = None

    def shake(self, change: Callable[[Any], Any]) -> None:
        """Have all that the rules give replaced by what `change` makes of it; note one of fewer digits than its input.

        That is `coarse`, as fields of a fault.
        """

        def changed(share: Any, parent: Node, op: Op, i: int) -> Any:
            if getattr(share, "dtype", parent.dtype).itemsize < parent.dtype.itemsize:
                named = {"operation": op.name, "argument": op.argument(i)}
                self.coarse = self.coarse or {**named, "hint": f"{share.dtype} where its input is {parent.dtype}"}
            return change(share)

        for node in reachable([root for root in self.roots if root is not None]):
            node.edges = node.edges and tuple(
                (parent, lambda g, *saved, rule=rule, to=(parent, node.op, i): changed(rule(g, *saved), *to), saved, i)
                for parent, rule, saved, i in node.edges
            )

    def record(self) -> bool:
        """Have sweeps backwards recorded, so that observers see what rules compute; return whether they can be."""
        self._lift = make_tensor
        return True

    def pull(self, u: Array) -> list[Array]:
        """Return the derivative of ``u @ outputs``, flat and in float64, by each input."""
        seeds, start = [], 0
        for root, shape in zip(self.roots, self.shapes, strict=True):
            stop = start + int(np.prod(shape))
            if root is not None:
                seed = (SEED * u[start:stop]).reshape(shape).astype(root.dtype)
                seeds.append((root, seed if self._lift is None else self._lift(seed)))
            start = stop
        found = reverse(seeds, wanted=frozenset(self.nodes), retain=True, lift=self._lift)
        return [flat(found[n]) / SEED if n in found else np.zeros(int(np.prod(n.shape))) for n in self.nodes]

    def push(self, k: int, v: Array) -> Array:
        """Return how all outputs, flat and in float64, move when input `k` moves along `v`."""
        node = self.nodes[k]
        tangent = v.reshape(node.shape).astype(node.dtype)
        moving = forward([root for root in self.roots if root is not None], {node: tangent}, recorded=False)
        parts = zip(self.roots, self.shapes, strict=True)
        return np.concatenate([
            flat(moving[root]) if root is not None and root in moving else np.zeros(int(np.prod(shape)))
            for root, shape in parts
        ])  # fmt: skip

    def influences(self, k: int) -> bool:
        """Tell whether any output is recorded to depend on input `k`."""
        roots = [root for root in self.roots if root is not None]
        return self.nodes[k] in set(reachable(roots))

    def itemsize(self) -> int:
        """Return the bytes of the coarsest dtype that was computed in."""
        roots = [root for root in self.roots if root is not None]
        return min([itemsize(node.dtype) for node in reachable(roots)], default=8)


# ----- arguments -----


def listed(inputs: Any) -> tuple[list[str], list[Any]]:
    """Return the names, where a mapping gives them, and the inputs as a list."""
    if isinstance(inputs, Mapping):
        names, values = [str(name) for name in inputs], list(inputs.values())
    else:
        names, values = [], [inputs] if is_array(inputs) or not isinstance(inputs, Iterable) else list(inputs)
    if (other := foreign(*values)) is not None:
        raise errors.DataError(errors.GRADCHECK_FOREIGN.format(given=type(other).__name__))
    return names, values


def has_derivative(x: Any) -> bool:
    return isinstance(x, (float, complex, np.ndarray, np.generic)) and np.asarray(x).dtype.kind in "fc"


def plain(y: Any) -> Array:
    """Return an output, or an operand, as an array; of a batch that of all examples."""
    return whole(array_of(y)) if isinstance(y, Handle) else np.asarray(whole(y))


def flat(g: Any) -> Array:
    return np.ravel(plain(g)).astype(np.float64)


def widened(array: Array) -> Array:
    return np.array(array, np.result_type(array.dtype, np.float64))


def itemsize(dtype: Any) -> int:
    """Return the bytes of a number, or of one part of a complex one."""
    return int(dtype.itemsize) // (2 if dtype.kind == "c" else 1)


def as_real(a: Any) -> Any:
    """Return complex numbers as pairs of their parts, along a last axis; others as they are."""
    return np.stack([a.real, a.imag], axis=-1) if a.dtype.kind == "c" else a


def as_complex(pairs: Any) -> Any:
    """Return pairs of parts as the complex numbers that they are of."""
    return elementwise.from_parts(pairs[..., 0], pairs[..., 1])


def _in_pairs(y: Any) -> Any:
    """Return an output, a complex one as pairs."""
    return as_real(y if isinstance(y, Handle) else np.asarray(whole(y))) if plain(y).dtype.kind == "c" else y


def parameter_names(f: Callable[..., Any]) -> list[str]:
    """Return the names of the positional parameters of `f`, as far as they are known."""
    if isinstance(f, Op):
        return list(f.operands)
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


_FIELDS = tuple(field for field in Handle.__slots__ if field != "__weakref__")
_UNSET = object()


@contextmanager
def holding(tensors: Sequence[Tensor], arrays: Sequence[Array], tracked: bool = True) -> Iterator[list[Node]]:
    """Have Tensors hold other arrays, as leaves without a past or a ``grad``; yield the nodes of these leaves.

    A complex Tensor is given pairs of real numbers, and is no leaf then, but made of one that holds those.
    """
    before = [{f: x for f in _FIELDS if (x := getattr(t, f, _UNSET)) is not _UNSET} for t in tensors]
    leaves = [make_tensor(array) if t.dtype.kind == "c" else t for t, array in zip(tensors, arrays, strict=True)]
    try:
        for t, array, leaf in zip(tensors, arrays, leaves, strict=True):
            _set_fields(leaf, {**dict.fromkeys(_FIELDS), "_data": array, "_exposed": None, "_name": t.name})
            leaf.requires_grad = tracked
            if leaf is not t:
                with enable_grad():
                    z = as_complex(leaf)
                _set_fields(t, {**dict.fromkeys(_FIELDS), "_data": z._data, "_node": z._node, "_name": t.name})
        yield [leaf._node for leaf in leaves if leaf._node is not None]
    finally:
        for t, fields in zip(tensors, before, strict=True):
            _set_fields(t, fields)


def _set_fields(t: Tensor, fields: Mapping[str, Any]) -> None:
    for field in _FIELDS:
        if field in fields:
            setattr(t, field, fields[field])
        elif getattr(t, field, _UNSET) is not _UNSET:
            delattr(t, field)
