"""Names of the user's in programs: whatever they are, no code, no markup, and the same text in every process."""

from __future__ import annotations

import ast
import enum
import io
import keyword
import re
import runpy
import tokenize
import unicodedata
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backends import NATIVE
from helpers import printed

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.compiler.program.identifiers import RESERVED, identifier, words
from autograd_lite.compiler.program.literals import literal

X = np.array([0.3, 0.7])
EVIL = "a\nimport os\nos._exit(9)\n#"
HOSTILE = [
    "\u03c3²", "x²", "ª", "µ", "μ", "ﬁ", "①", "__debug__", "__name__", "__class__", "_", "", " ", "0", "0.weight", "é",
    "class", "lambda", "None", "match", "case", "type", "soft", "print", "sum", "range", "slice", "abs", "np", "numpy",
    "np_exp", "np_multiply", "kernel_1", "otherwise", "again", "given", "work_kernel_1", "kept_3", "scatter", "placed",
    "verify", "i", "j", "t1", "t2", "x", "w", "f", "step", "C", "ONE", "d_x", "d_%1", "d_%evil", "example", "name",
    "value", "args", "a1", "enter", "ndarray", "flatten", "MISS", "self", "result", EVIL, "a  # np.x  # b", "x" * 500,
    '"""\nimport os\nos._exit(9)\n"""', "*/ exit(9); /*", "\\", "a\\\n", "\\input{x}", "$x$", "}{", "<b>x</b>", "]]>",
    "a\0b", "\ud800", "\u202eevil", "a\rb", "a\x0cb", "a\u2028b", "e\u0301", "變數", "%s", "{0}", "'", '"', "`", "a;b",
    "a|b", "-->", "q(x)", "a=b",
]  # fmt: skip
COMMANDS = {
    "begin", "end", "mathit", "frac", "partial", "operatorname", "odot", "textstyle", "left", "right", "sum", "sigma",
    "mu", "top", "text",
}  # fmt: skip


def fine(compiled: Any, path: Path) -> None:
    """Check all texts of a compiled function that was called, and run the file that it saves."""
    program = compiled.program
    texts = [program.source, *([] if program.native is None else [program.native.source])]
    for text in texts:
        assert all(c.isprintable() or c == "\n" for c in text)
        text.encode()
    assert_names(program.source)
    formulas = program.formulas()
    assert all(line.isprintable() for line in [*str(formulas).splitlines(), *formulas.latex.splitlines()])
    commands = set(re.findall(r"\\([a-zA-Z]+)", formulas.latex))
    assert commands <= COMMANDS
    assert all(c not in formulas.latex for c in "$%#")
    assert "os._exit" not in repr(program) + program.report() + repr(compiled) + str(formulas)
    program.visualize(before=True).source.encode()
    saved = program.save(path / "saved.py")
    ast.parse(saved.read_text(encoding="utf-8"))
    with redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runpy.run_path(str(saved), run_name="__main__")
    assert out.getvalue()


def assert_names(source: str) -> None:
    """Check that every name that a text gives is an identifier, normalised, and nothing of Python's or NumPy's."""
    tree = ast.parse(source)
    given = [x.id for x in ast.walk(tree) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)]
    given += [x.arg for x in ast.walk(tree) if isinstance(x, ast.arg)]
    given += [x.name for x in ast.walk(tree) if isinstance(x, ast.FunctionDef)]
    own = {x.arg for f in tree.body if isinstance(f, ast.FunctionDef) for x in f.args.args}
    for name in given:
        assert name.isidentifier()
        assert unicodedata.normalize("NFKC", name) == name
        assert not keyword.iskeyword(name)
        assert name not in RESERVED or name in own & {"array"}
    functions = [x for x in tree.body if isinstance(x, ast.FunctionDef)]
    assert {type(x) for x in tree.body} <= {ast.Expr, ast.Import, ast.FunctionDef, ast.Assign}
    last = functions[-1]
    parameters = [x.arg for x in last.args.args]
    assert len(set(parameters)) == len(parameters)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        assert token.type != tokenize.ERRORTOKEN


# ----- places: each makes a function whose program has the names in it, and its arguments -----


def tensors(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    v, w = (ag.Tensor(k * X, requires_grad=True, name=name) for k, name in enumerate(names, 1))

    def step(x: Any) -> Any:
        v.grad = w.grad = None
        loss = (np.exp(v * x) * w).sum()
        loss.backward()
        return loss

    return step, (X,)


def keys(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    first, second = names
    return ag.value_and_grad(lambda p: np.sum(np.exp(p[first]) * p[second])), ({first: X, second: 2 * X},)


def captured_keys(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    state = {name: k * X for k, name in enumerate(names, 1)}
    return lambda x: np.exp(x * state[names[0]]) * state[names[1]], (X,)


def keywords(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    def step(**given: Any) -> Any:
        return np.exp(given[names[0]]) * given[names[1]]

    return _Given(step, {names[0]: X, names[1]: 2 * X}), ()


class _Given:
    """A call by name: `compile` gives it the arguments that stand in it."""

    def __init__(self, function: Any, named: dict[str, Any]) -> None:
        self.function, self.named = function, named


def functions(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    def step(x: Any) -> Any:
        return np.exp(x) * x

    step.__name__, step.__qualname__ = names
    return step, (X,)


def operations(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    made = [type(_for_classes(name), (ag.optim.SGD,), {}) for name in names]
    v, w = (ag.Tensor(X, requires_grad=True) for _ in names)
    optimizers = [cls([t], lr=0.1) for cls, t in zip(made, (v, w), strict=True)]

    def step(x: Any) -> None:
        v.grad = w.grad = None
        (np.exp(v * x) * w).sum().backward()
        for optimizer in optimizers:
            optimizer.step()

    return step, (X,)


def _for_classes(name: str) -> str:
    """Return a name without what Python refuses in that of a class."""
    return name.encode("utf-8", "replace").decode().replace("\0", "") or "A"


def modules(names: tuple[str, str]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    class Net(nn.Module):
        def forward(self, x: Any) -> Any:
            first, second = self.parameters()
            return np.exp(first * x) * second

    Net.__name__ = _for_classes(names[0])
    net = Net()
    for name in names:
        vars(net)[name] = nn.Parameter(X)

    def step(x: Any) -> Any:
        net.zero_grad()
        loss = np.sum(net(x))
        loss.backward()
        return loss

    return step, (X,)


PLACES = [tensors, keys, captured_keys, keywords, functions, operations, modules]
PAIRS = [(name, other) for name, other in zip(HOSTILE, [*HOSTILE[1:], HOSTILE[0]], strict=True)]


def call(compiled: Any, f: Any, args: Any) -> Any:
    return compiled(**f.named) if isinstance(f, _Given) else compiled(*args)


def values(y: Any) -> list[Any]:
    return [np.asarray(v.detach() if isinstance(v, ag.Tensor) else v) for v in ag.tree.leaves(y)]


@pytest.mark.parametrize("names", PAIRS, ids=lambda pair: ascii(pair[0])[:20])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_name_in_a_place(place: Callable[..., Any], names: tuple[str, str], tmp_path: Path) -> None:
    f, args = place(names)
    compiled = ag.compile(f.function if isinstance(f, _Given) else f)
    results = [values(call(compiled, f, args)) for _ in range(3)]
    if place is not operations:
        expected = values(f.function(**f.named) if isinstance(f, _Given) else f(*args))
        for found in results:
            for a, b in zip(expected, found, strict=True):
                np.testing.assert_allclose(a, b)
        hidden = place is modules and {"__class__", "__name__"} & {*names}  # attributes that an object cannot show
        assert hidden or len(compiled.programs) == 1
    fine(compiled, tmp_path)


@pytest.mark.parametrize("backend", NATIVE)
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_names_in_native_programs(place: Callable[..., Any], backend: str, tmp_path: Path) -> None:
    for names in [
        ("kernel_1", "given"),
        ("otherwise", "again"),
        (EVIL, "work_kernel_1"),
        ("\u03c3²", "*/ exit(9); /*"),
    ]:
        f, args = place(names)
        compiled = ag.compile(f.function if isinstance(f, _Given) else f, backend=backend)
        found = [values(call(compiled, f, args)) for _ in range(3)][-1]
        if place is not operations:
            expected = values(f.function(**f.named) if isinstance(f, _Given) else f(*args))
            for a, b in zip(expected, found, strict=True):
                np.testing.assert_allclose(a, b)
        fine(compiled, tmp_path)
        driver = compiled.program.native.source.rpartition("\n\n")[2]
        assert_names(driver)


WORDS = [name for name in HOSTILE if name.isidentifier() and name not in keyword.kwlist and name != "__debug__"]


@pytest.mark.parametrize("name", WORDS, ids=ascii)
def test_a_variable_and_a_parameter(name: str, tmp_path: Path) -> None:
    """Of a function that is written for the name; Python itself reads names in their normal form."""
    text = f"""
def step({name}, other):
    first = {name} * 2
    def inner({name}):
        {name} = numpy_.exp({name}) * other
        return {name}
    return inner(first) + {name}
"""
    space = {"numpy_": np}
    exec(text, space)
    compiled = ag.compile(space["step"])
    for _ in range(3):
        np.testing.assert_allclose(compiled(X, 2 * X), np.exp(2 * X) * 2 * X + X)
    fine(compiled, tmp_path)


# ----- values that write themselves -----


class Color(enum.IntEnum):
    RED = 1


class Evil(str):
    __slots__ = ()

    def __repr__(self) -> str:
        return "__import__('os')._exit(9)"


class EvilInt(int):
    def __repr__(self) -> str:
        return "__import__('os')._exit(9)"


class Single(np.float32):
    pass


Single.__name__ = "float16"  # of NumPy's, for something else


def test_values_are_written_by_us() -> None:
    values: list[Any] = [
        Color.RED, Evil("a\n"), EvilInt(-3), Single, np.dtype(">f8"), np.dtype("f4"), complex(-0.0, np.nan), -np.inf,
        1j, complex(0, -2), -3 - 2j, True, None, ..., b"\n", np.dtype([("a; b", "f4")]), int, np.float32, np.bool,
    ]  # fmt: skip
    for value in values:
        read = eval(literal(value), {"np": np})
        if isinstance(value, complex):
            assert np.complex128(read).tobytes() == np.complex128(value).tobytes()
        else:
            assert read == value or np.dtype(read) == np.dtype(value)


@pytest.mark.parametrize("key", [Color.RED, Evil("k"), EvilInt(7)], ids=["enum", "str", "int"])
def test_keys_that_write_themselves(key: Any, tmp_path: Path) -> None:
    table = {key: 2.0, "other": [X]}
    compiled = ag.compile(lambda x: np.exp(x) * table[key] * table["other"][0])
    for _ in range(3):
        np.testing.assert_allclose(compiled(X), np.exp(X) * 2 * X)
    table[key] = 3.0
    np.testing.assert_allclose(compiled(X), np.exp(X) * 3 * X)
    fine(compiled, tmp_path)
    compiled = ag.compile(lambda p: np.exp(p[key]))
    for _ in range(3):
        np.testing.assert_allclose(compiled({key: X}), np.exp(X))
    fine(compiled, tmp_path)


# ----- what names are good for -----


def test_parameters_are_called_as_named_parameters_calls_them() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            self.fc = nn.Linear(2, 2)
            self._hidden = [nn.Parameter(X)]

        def forward(self, x: Any) -> Any:
            return self.fc(x) * self._hidden[0]

    model = nn.Sequential(Block(), nn.Tanh(), nn.Linear(2, 1))
    optimizer = ag.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = np.mean(model(x) ** 2)
        loss.backward()
        optimizer.step()
        return loss

    compiled = ag.compile(step)
    names = _inputs(compiled, X)
    parameters = [f"model_{name.replace('._', '.').replace('.', '_')}" for name, _ in model.named_parameters()]
    assert [n for n in names if n in parameters] == parameters
    assert [n for n in names if n.endswith("_momentum_buffer")] == [f"{p}_momentum_buffer" for p in parameters]
    block = Block()
    assert set(_inputs(ag.compile(lambda x: block(x)), X)) == {"x", "fc_weight", "fc_bias", "hidden_0"}
    assert set(_inputs(ag.compile(block), X)) == {"x", "fc_weight", "fc_bias", "hidden_0"}
    assert set(_inputs(ag.compile(block.forward), X)) == {"x", "fc_weight", "fc_bias", "hidden_0"}
    other = nn.Linear(2, 2)
    both = set(_inputs(ag.compile(lambda x: block(x) + other(x)), X))
    assert both == {"x", "block_fc_weight", "block_fc_bias", "block_hidden_0", "other_weight", "other_bias"}
    assert "sequential_2_weight" in _inputs(ag.compile(model), X)


def _inputs(compiled: Any, *args: Any) -> list[str]:
    compiled(*args)
    if not len(compiled.programs):
        compiled(*args)
    return [x.name for x in compiled.program.recorded.program.inputs if x.name != "X"]  # which the modules are made of


def test_arguments_are_called_by_their_parameters_and_keys() -> None:
    def f(p: Any, *rest: Any, key: Any = None, **more: Any) -> Any:
        return p["a"][0] + p["a"][1] + rest[0] + key + more["other"]["x"]

    compiled = ag.compile(f)
    compiled({"a": [X, X + 1]}, X + 2, key=X + 3, other={"x": X + 4})
    assert [x.name for x in compiled.program.program.inputs] == ["p_a_0", "p_a_1", "argument_1", "key", "other_x"]


@pytest.mark.parametrize(
    ("given", "made"),
    [("β²", "β2"), ("µ", "μ"), ("0.weight", "value_0_weight"), ("__debug__", "debug__"), ("_x", "x"), ("", "value"),
     ("a b", "a_b"), ("\n", "value"), ("x" * 99, "x" * 60), ("e\u0301", "é")],
)  # fmt: skip
def test_identifiers(given: str, made: str) -> None:
    assert identifier(given) == made == identifier(made)


def test_every_character_is_fit_for_an_identifier_and_for_a_comment() -> None:
    for code in [*range(0x3100), *range(0xFB00, 0x10200), 0x1D7D9, 0xE0101, 0x10FFFF]:
        name = identifier(f"a{chr(code)}b{chr(code)}")
        assert name.isidentifier()
        assert unicodedata.normalize("NFKC", name) == name
        assert identifier(chr(code)).isidentifier()
        assert words(f"a{chr(code)}b").isprintable()


def test_a_name_that_is_no_text() -> None:
    w = ag.Tensor(X, requires_grad=True, name=5)  # type: ignore[arg-type]
    assert "value_5" in _inputs(ag.compile(lambda x: w * x), X)


def test_the_text_is_the_same_in_every_process() -> None:
    program = """
import numpy as np
import autograd_lite as ag
from autograd_lite import nn
ag.manual_seed(0)
alpha, beta, gamma, delta = (ag.Tensor([float(k)], requires_grad=True) for k in range(1, 5))
arrays = {"one": np.ones(3), "two": np.ones(3) * 2}
scale, shift, power = np.ones(3), np.ones(3), np.ones(3)
model = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
optimizer = ag.optim.SGD(list(model.parameters()) + [alpha, beta, gamma, delta], lr=0.1)
def step(x):
    optimizer.zero_grad()
    hidden = model(x * scale + shift ** power) * alpha + beta * np.sum(arrays["one"] * arrays["two"])
    loss = (hidden * gamma).sum() + delta.sum()
    loss.backward()
    optimizer.step()
    return loss
slope = ag.vmap(ag.grad(lambda x: np.sum(x ** 3 * alpha)))
for f in (step, ag.hessian(lambda x: np.sum(np.sin(x * scale) * shift)), slope):
    for backend in BACKENDS:
        g = ag.compile(f, backend=backend)
        x = np.ones((3, 3))
        g(x), g(x)
        p = g.program
        print(p.source, p.native and p.native.source, p.formulas(), p.report(), p.visualize().source)
"""
    available = [p.values[0] for p in NATIVE if not p.marks[0].args[0]]
    program = program.replace("BACKENDS", repr(["numpy", *[b for b in available if b == "cc"]]))
    assert len({printed(program, PYTHONHASHSEED=str(seed)) for seed in range(4)}) == 1
