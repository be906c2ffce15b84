"""Random programs: functions of NumPy as readable source, made from a seed, with arguments for several calls.

`Drawn(seed)` has the text, and `Drawn(seed).function()` the function, with Tensors and an optimiser of its own where it
is a training step. Statements are drawn one after the other and carried out at once on plain arrays: one that NumPy
refuses, or whose result is too large, is drawn again.
"""

from __future__ import annotations

import linecache
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autograd_lite as ag

LARGEST = 40_000
"""Elements that a value has at most."""
SMALL = 40
"""Elements that an argument has at most where all second derivatives are computed."""
PLAIN = ("values", "values", "values", "vmap")
DERIVED = ("grad", "value_and_grad", "jvp", "vjp", "hessian", "jacobian", "hvp", "vmap of grad", "checkpoint", "step")
FLOATS = ("f8", "f8", "f8", "f4")
DTYPES = ("f8", "f8", "f4", "i8", "?", "f2", "c16", "i4", "u1")
ANYTHING = (*DTYPES, "number")
LAYOUTS = ("C", "C", "C", "F", "reversed", "strided", "read-only")

# ----- what a statement may be: {a}, {b} are any values, {n} and {p} numbers, {axis} one of a's or none -----

UNARY = (
    "np.sin({a})", "np.cos({a})", "np.tanh({a})", "np.exp(-np.abs({a}))", "np.expm1({a} * 0.1)", "-{a}", "np.abs({a})",
    "np.log1p(np.abs({a}))", "np.sqrt(np.abs({a}) + 0.1)", "np.sqrt(np.abs({a}))", "np.arctan({a})", "np.square({a})",
    "np.sign({a})", "np.cbrt({a})", "np.exp2({a} * 0.1)", "np.reciprocal({a} + 3)", "{a} ** 2", "{a} ** 3",
    "(np.abs({a}) + 0.5) ** {n}", "ag.sigmoid({a})", "ag.relu({a})", "ag.softplus({a})", "np.cosh({a} * 0.2)",
    "np.sinh({a} * 0.2)", "np.arcsinh({a})", "np.log(np.abs({a}) + 1e-3)", "+{a}", "np.clip({a}, -0.5, 1.5)",
    "np.tan({a} * 0.3)", "np.log2(np.abs({a}) + 1)", "np.deg2rad({a})", "np.nan_to_num({a})", "np.heaviside({a}, 0.5)",
    "1 / (1 + np.exp(-{a}))",
)  # fmt: skip
BINARY = (
    "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / (np.abs({b}) + 1)", "np.maximum({a}, {b})", "np.minimum({a}, {b})",
    "np.fmax({a}, {b})", "np.fmin({a}, {b})", "np.hypot({a}, {b})", "np.arctan2({a}, {b})", "np.copysign({a}, {b})",
    "np.logaddexp({a}, {b})", "(np.abs({a}) + 0.5) ** ({b} * 0.1)", "np.where({a} > {b}, {a}, {b} * 0.1)",
    "np.where({a} > 0, {a}, {b})", "np.where(np.isfinite({a}), {a}, {b})", "{a} * {b} + {a}", "{a} - {b} * {n}",
    "np.where({c}, {a}, {b})", "np.where({c}, {a}, 0)", "{a} / {b}", "np.multiply({a}, {b}) - {a} * {b}",
)  # fmt: skip
NUMBERS = (
    "{a} * {n}", "{n} - {a}", "{a} + {n}", "{a} / {n}", "{n} / (np.abs({a}) + 1)", "np.maximum({a}, {n})",
    "np.minimum({n}, {a})", "np.where({a} > {n}, {a}, {n})", "{a} * np.float32({n})", "{a} + np.float64({n})",
    "{a} * np.array({n})", "np.ones_like({a}) * {n}", "np.zeros_like({a}) - {a}", "0.3 * {a} + 0.01 * {a} * {a}",
)  # fmt: skip
REDUCED = (
    "np.sum({a}, axis={axis}, keepdims={keep})", "np.mean({a}, axis={axis}, keepdims={keep})",
    "np.max({a}, axis={axis}, keepdims={keep})", "np.min({a}, axis={axis}, keepdims={keep})",
    "np.prod({a} * 0.5, axis={axis})", "np.std({a}, axis={axis})", "np.var({a}, axis={axis}, keepdims={keep})",
    "np.cumsum({a}, axis={axis})", "np.linalg.norm({a}, axis={axis})", "{a}.sum({axis})", "{a}.mean({axis})",
    "ag.logsumexp({a}, axis={axis})", "ag.softmax({a})", "np.sum({a} * {b})", "np.sum({a} * {a}, axis={axis})",
    "np.ptp({a}, axis={axis})", "np.sum(np.where({c}, {a}, 0))", "np.average({a}, axis={axis})",
    "np.cumprod({a} * 0.5)", "{a} - {a}.mean()", "{a} - np.max({a}, axis={axis}, keepdims=True)",
)  # fmt: skip
INDEXED = (
    "{a}[0]", "{a}[-1]", "{a}[1:]", "{a}[:-1]", "{a}[::2]", "{a}[::-1]", "{a}[..., ::-1]", "{a}[..., 0]",
    "{a}[..., 1:]", "{a}[None]", "{a}[..., None]", "{a}[1:-1]", "{a}[:, 0]", "{a}[:, None, 1:]", "{a}[-3::-2]",
    "{a}[np.arange({a}.shape[0])[::2]]", "{a}[[0, 0, -1]]", "{a}[np.array([[0, 1], [1, 0]])]",
    "np.take({a}, [0, 1, 0])", "{a}[[0, 1], [1, 0]]", "{a}[{a}.shape[0] // 2]", "{a}[..., np.array([True, False])]",
    "np.take({a}, 0, axis=-1)", "{a}[np.argsort({a}.ravel()[:{a}.shape[0]])]",
    "np.take_along_axis({a}, np.argsort({a}, axis=-1), axis=-1)", "{a}[()]", "{a}[...]", "{a}[np.arange({a}.shape[0])]",
    "{a}[:0]", "{a}[2:1]", "np.sort({a}, axis=-1)", "np.flip({a})", "np.roll({a}, 1, axis=-1)",
    "np.repeat({a}, 2, axis=-1)", "{a}[np.argmax({b}) % {a}.shape[0]]",
)  # fmt: skip
SHAPED = (
    "{a}.reshape(-1)", "np.ravel({a})", "{a}.T", "np.swapaxes({a}, 0, -1)", "np.expand_dims({a}, 0)", "np.squeeze({a})",
    "np.broadcast_to({a}, (2, *{a}.shape))", "np.tile({a}, 2)", "np.pad({a}, 1)", "np.reshape({a}, (1, -1))",
    "np.moveaxis({a}, 0, -1)", "np.atleast_2d({a})", "np.diff({a})", "np.tril({a})", "np.copy({a})", "{a}.copy()",
    "np.transpose({a})", "np.diagonal({a})", "np.triu({a}, 1)", "np.rot90({a})", "{a}.reshape({a}.shape[::-1])",
    "np.trace({a})", "np.diag({a})",
)  # fmt: skip
JOINED = (
    "np.concatenate([{a}, {b}])", "np.concatenate([{a}, {b}], axis=-1)", "np.stack([{a}, {b}])",
    "np.hstack([{a}, {b}])", "np.stack([{a}, {b}], axis=-1)", "np.vstack([{a}, {b}])",
    "np.concatenate([{a}.ravel(), {b}.ravel()])", "np.concatenate([{a}[:1], {b}, {a}[1:]])", "np.append({a}, {b})",
)  # fmt: skip
PRODUCTS = (
    "{a} @ {b}", "{a} @ {b}.T", "{a}.T @ {b}", "np.dot({a}, {b})", "np.outer({a}, {b})", "np.inner({a}, {b})",
    "np.einsum('ij,ij->i', {a}, {b})", "np.einsum('ij,j', {a}, {b})", "np.tensordot({a}, {b}, 1)", "np.vdot({a}, {b})",
    "np.einsum('...i,...i', {a}, {b})", "np.kron({a}, {b})", "np.einsum('ij->ji', {a})",
    "np.matmul({a}, np.swapaxes({a}, -1, -2))", "{a} @ {b} + {a}",
)  # fmt: skip
ANY = (
    "np.isfinite({a})", "np.isnan({a})", "np.signbit({a})", "{a} > {b}", "{a} == {b}", "{a} <= {n}",
    "({a} > 0) & ({b} > 0)", "np.logical_not({a})", "np.floor({a})", "np.rint({a})", "np.trunc({a})", "np.ceil({a})",
    "np.argmax({a}, axis={axis})", "np.argmin({a})", "np.any({a} > 0, axis={axis})", "np.all({a} > 0)", "{a} % 3",
    "np.fmod({a}, 2)", "{a} // 2", "{a}.astype(np.float32)", "{a}.astype(float)", "{a}.astype(np.int64)",
    "{a}.astype(complex)", "np.real({a})", "{a} ^ {b}", "{a} & {b}", "{a} | {b}", "~{a}", "{a} << 1", "{a} >> 1",
    "np.conj({a})", "np.imag({a})", "np.round({a}, 1)", "np.median({a})", "np.count_nonzero({a} > 0, axis={axis})",
    "np.remainder({a}, {b})", "np.floor_divide({a}, {b})", "{a}.astype(bool)", "{a}.astype(np.int8)", "np.argsort({a})",
    "{a} ** 2", "{a} * 2", "abs({a})", "{a} + 1", "{a} - {b}", "np.searchsorted(np.sort({a}.ravel()), {n})",
    "{a}.astype(np.uint8)", "{a} != {b}", "np.nan_to_num({a})", "np.power({a}, 2)", "np.bitwise_count({a})",
    "np.gcd({a}, {b})", "np.left_shift({a}, 2)", "np.absolute({a})", "np.sum({a}, dtype=float)",
    "np.mean({a}, dtype=np.float32)", "{a}.max(axis={axis})",
)  # fmt: skip
CHANGES = (
    "{v} += {b}", "{v} -= 0.5", "{v} *= {n}", "{v}[0] = {n}", "{v}[1:] += {b}[1:]", "{v}[..., -1] *= 2", "{v}[::2] = 0",
    "{v}[[0, 1]] = {b}[[1, 0]]", "{v}[...] = {b}", "{v} /= 2", "{v}[:-1] -= {v}[1:] * 0.5", "{v}[{v} > 0] = 1",
    "np.add({v}, 1, out={v})",
)  # fmt: skip
"""In place, of a copy."""
LOOPS = (
    "for k in range(3):\n    {v} = {v} * 0.5 + np.sin({v}) * (k + 1)", "for row in {b}:\n    {v} = {v} + np.sum(row)",
    "for k in range(2):\n    {v} = np.where({v} > k, {v} - {n}, {v} * 0.3)",
)  # fmt: skip
CUSTOM = ("wave({a})", "wave({a} * 0.1) + {b}", "blend({a}, {b})")
"""Operations of the user's."""


@ag.custom_op(vjp=lambda g, x: g * np.cos(x))
def wave(x: Any) -> Any:
    return np.sin(np.asarray(x))


@ag.custom_op(vjp=lambda g, x, y: (g * y, g * x))
def blend(x: Any, y: Any) -> Any:
    return np.asarray(x) * np.asarray(y)


class Drawn:
    """A random program.

    Parameters
    ----------
    seed : int
        The same seed gives the same program.
    custom : bool
        Whether it may call operations of the user's.

    Attributes
    ----------
    text : str
        The source of the function ``f``.
    transform : str
        What ``f`` is: ``values``, or the derivative that it takes of the function ``h`` inside of it.
    """

    def __init__(self, seed: int, custom: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        self.seed, self.custom = seed, custom
        self.transform = str(self.rng.choice(PLAIN if self.rng.random() < 0.4 else DERIVED))
        self.derived = self.transform not in PLAIN
        self.size = self._size()
        self.kinds = [self._kind() for _ in range(self.rng.integers(1, 4))]
        self.pool: dict[str, Any] = {}
        self.lines: list[str] = []
        self.parameters = self._parameters()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.text = self._text()
        self.name = f"<random program {seed}>"
        linecache.cache[self.name] = (len(self.text), None, self.text.splitlines(keepends=True), self.name)

    # ----- arguments -----

    def _size(self) -> tuple[int, int]:
        """Draw the rows and columns of a program: mostly few, some so many that loops are blocked and threaded."""
        if self.transform in {"hessian", "jacobian"}:
            return int(self.rng.integers(1, 5)), int(self.rng.integers(1, 4))
        rows, columns = self.rng.choice([1, 2, 3, 5, 40, 400, 3000], p=[0.1, 0.2, 0.3, 0.2, 0.1, 0.07, 0.03]), 5
        return int(rows), int(self.rng.choice([1, 2, 3, columns]))

    def _kind(self) -> tuple[tuple[int, ...], Any]:
        n, m = self.size
        shapes = [(n, m), (n, m), (m,), (n, 1), (1, m), (), (n,), (2, n, m), (0, m), (1, 1)]
        weights = np.array([6, 4, 4, 2, 2, 2, 2, 1, 0.3, 0.5])
        shape = shapes[self.rng.choice(len(shapes), p=weights / weights.sum())]
        if self.transform in {"vmap", "vmap of grad"}:
            shape = (3, *shape[-1:])
        dtype = str(self.rng.choice(FLOATS if self.derived else DTYPES if self.transform == "vmap" else ANYTHING))
        return ((), float) if dtype == "number" else (shape, np.dtype(dtype))

    def _parameters(self) -> list[Any]:
        """Draw what a training step has Tensors of."""
        if self.transform != "step":
            return []
        n, m = self.size
        shapes = [(n, m), (m,), (m, m), ()]
        chosen = [shapes[i] for i in self.rng.integers(4, size=self.rng.integers(1, 3))]
        return [self.rng.standard_normal(shape) for shape in chosen]

    def arguments(self, call: int, laid_out: bool = True) -> tuple[Any, ...]:
        """Return the arguments of a call: like those before, with special values, or of another shape or dtype.

        In several layouts in memory, where they are `laid_out`.
        """
        rng = np.random.default_rng((self.seed, call))
        kinds = list(self.kinds)
        if call == OTHER_DTYPE:
            kinds = [(shape, np.dtype("f4") if dtype == np.dtype("f8") else dtype) for shape, dtype in kinds]
        elif call == OTHER_SHAPE and self.transform in {"values", "grad", "value_and_grad", "checkpoint"}:
            kinds = [(tuple(k + 1 if k > 1 else k for k in shape), dtype) for shape, dtype in kinds]
        values = [_drawn(rng, *kind, special=call == SPECIAL) for kind in kinds]
        return tuple([_laid_out(x, rng) for x in values] if laid_out else values)

    # ----- the text -----

    def _text(self) -> str:
        sample = self.arguments(0)
        names = [f"x{i}" for i in range(len(sample))]
        given = [x[0] if self.transform.startswith("vmap") else x for x in sample]
        self.pool = dict(zip(names, given, strict=True))
        self.pool |= {f"p{i}": value for i, value in enumerate(self.parameters)}
        for _ in range(self.rng.integers(3, 13)):
            self.lines += self._statement()
        lines = self.lines
        body = [*lines, f"return {self._result()}"]
        if self.transform == "values":
            return _function("f", names, body)
        if self.transform == "step":
            step = ["optimizer.zero_grad()", *lines, f"loss = {self._loss()}", "loss.backward()", "optimizer.step()"]
            return _function("f", names, [*step, "return loss"])
        inner = _function("h", names, body)
        return inner + "\n\n" + _function("f", names, [f"return {self._transformed(names)}"])

    def _transformed(self, names: Sequence[str]) -> str:
        every, first = ", ".join(names), names[0]
        argnums = tuple(range(len(names)))
        rest = "".join(f", {name}" for name in names[1:])
        inner = f"lambda {first}: h({first}{rest})"
        return {
            "vmap": f"ag.vmap(h)({every})",
            "grad": f"ag.grad(h, argnums={argnums})({every})",
            "value_and_grad": f"ag.value_and_grad(h, argnums={argnums})({every})",
            "jvp": f"ag.jvp({inner}, ({first},), (np.cos({first}),))",
            "vjp": f"ag.vjp({inner}, {first})[1](1.0)",
            "hessian": f"ag.hessian({inner})({first})",
            "jacobian": f"ag.jacobian({inner})({first})",
            "hvp": f"ag.hvp({inner}, ({first},), (np.cos({first}),))",
            "vmap of grad": f"ag.vmap(ag.grad(h, argnums={argnums}))({every})",
            "checkpoint": f"ag.grad(ag.checkpoint(h), argnums={argnums})({every})",
        }[self.transform]

    def _result(self) -> str:
        """Write what is returned: some values, or one number that depends on some."""
        if not self.derived:
            chosen = self._unread() + [n for n in self.pool if self.rng.random() < 0.1]
            return f"[{', '.join(dict.fromkeys(chosen))}]"
        if self.transform == "jacobian":
            return self._some()[-1]
        return self._loss()

    def _loss(self) -> str:
        chosen = self._some()
        forms = ("np.sum({})", "np.mean(np.tanh({}))", "np.sum({} * 0.3 + 0.01 * {} * {})", "({} ** 2).sum()")
        parts = [str(self.rng.choice(forms)).replace("{}", name) for name in chosen]
        return " + ".join(parts)

    def _some(self) -> list[str]:
        names = [n for n, x in self.pool.items() if np.asarray(x).dtype.kind == "f"]
        real = [n for n in names if n.startswith(("x", "p"))]
        unread = [n for n in self._unread() if n in names]
        return list(dict.fromkeys([*self.rng.choice(real, 1), *self.rng.choice(names, 1), names[-1], *unread]))

    def _unread(self) -> list[str]:
        """Return the values that no later statement reads."""
        text = "\n".join(self.lines)
        found = [n for n in self.pool if not re.search(rf"= .*\b{n}\b|\[.*\b{n}\b.*\] |in {n}\b", text)]
        return found or list(self.pool)[-1:]

    def _statement(self) -> list[str]:
        """Draw a statement that NumPy carries out, add what it gives to the pool, and return its lines."""
        for _ in range(50):
            lines, name, value = self._tried()
            if lines:
                self.pool[name] = value
                return lines
        return []

    def _tried(self) -> tuple[list[str], str, Any]:
        name = f"v{len(self.pool)}"
        text = self._form().format(v=name, **self._operands())
        lines = [f"{name} = {text}"]
        if text.startswith((f"{name} ", f"{name}[", "for ", "np.add(v")):
            lines = [f"{name} = {self._operands()['a']} * 1.0", *text.split("\n")]
        space = {**self.pool, **SPACE}
        try:
            exec("\n".join(lines), space)
        except REFUSED:
            return [], name, None
        value = space[name]
        array = np.asarray(value)
        fine = isinstance(value, (np.ndarray, np.generic)) and array.dtype.kind in "fiubc" and array.size <= LARGEST
        return (lines, name, value) if fine else ([], name, None)

    def _form(self) -> str:
        tables = [UNARY, BINARY, NUMBERS, REDUCED, INDEXED, SHAPED, JOINED, PRODUCTS, CHANGES, LOOPS, ANY, CUSTOM]
        weights = np.array([4, 5, 2, 3, 3, 2, 1.5, 2, 1, 0.5, 0.5 if self.derived else 3, 1 if self.custom else 0])
        table = tables[self.rng.choice(len(tables), p=weights / weights.sum())]
        return str(self.rng.choice(table))

    def _operands(self) -> dict[str, str]:
        rng, names = self.rng, list(self.pool)
        late = np.linspace(1, 3, len(names))
        a, b = (str(x) for x in rng.choice(names, 2, p=late / late.sum()))
        ndim = np.ndim(self.pool[a])
        axis = "None" if not ndim or rng.random() < 0.3 else str(rng.integers(-ndim, ndim))
        if ndim > 1 and rng.random() < 0.2:
            axis = "(0, 1)"
        flags = [n for n, x in self.pool.items() if np.asarray(x).dtype == bool]
        condition = str(rng.choice(flags)) if flags else f"{a} > 0.1"
        number = str(rng.choice(["0.5", "2", "-1.5", "0.3", "3", "1.0", "0.0", "-1"]))
        return {"a": a, "b": b, "c": condition, "axis": axis, "n": number, "keep": str(rng.random() < 0.4)}

    # ----- the function -----

    def function(self) -> tuple[Callable[..., Any], list[Any]]:
        """Return the function, and the Tensors that it changes, which are its own."""
        tensors = [ag.Tensor(x, requires_grad=True, name=f"p{i}") for i, x in enumerate(self.parameters)]
        space = {**SPACE, **{f"p{i}": t for i, t in enumerate(tensors)}}
        if tensors:
            momentum = 0.9 if self.seed % 2 else 0.0
            space["optimizer"] = ag.optim.SGD(tensors, lr=0.01, momentum=momentum, weight_decay=0.1 * (self.seed % 3))
        space["__name__"] = "program"
        exec(compile(self.text, self.name, "exec"), space)
        return space["f"], tensors


REFUSED = (TypeError, ValueError, IndexError, ArithmeticError, AttributeError, ag.errors.AutogradError)
SPECIAL, OTHER_DTYPE, OTHER_SHAPE = 2, 4, 5
CALLS = range(7)
SPACE: dict[str, Any] = {"np": np, "ag": ag, "wave": wave, "blend": blend}
VALUES = (0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 1e30, 0.5)


def _function(name: str, parameters: Sequence[str], body: Sequence[str]) -> str:
    lines = [line for part in body for line in part.split("\n")]
    return f"def {name}({', '.join(parameters)}):\n" + "".join(f"    {line}\n" for line in lines)


def _drawn(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, special: bool) -> Any:
    """Draw an argument."""
    if dtype is float:
        return float(rng.choice([0.5, 2.0, -1.25, 0.0, 3.0]))
    if dtype.kind in "iu":
        return rng.integers(0 if dtype.kind == "u" else -5, 100 if special else 6, shape).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    x = rng.standard_normal(shape)
    if dtype.kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    elif special:
        x = np.where(rng.random(shape) < 0.4, rng.choice(VALUES, shape), x)
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(dtype)


def _laid_out(x: Any, rng: np.random.Generator) -> Any:
    """Give an array another layout in memory, or none: a number of NumPy."""
    if not isinstance(x, np.ndarray):
        return x
    layout = rng.choice(LAYOUTS)
    if layout == "F":
        return np.asfortranarray(x)
    if layout == "reversed" and x.ndim:
        return x[::-1].copy()[::-1]
    if layout == "strided" and x.ndim:
        return np.repeat(x, 2, axis=-1)[..., ::2]
    if layout == "read-only":
        x.flags.writeable = False
    return x
