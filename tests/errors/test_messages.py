"""The messages that users of other libraries hate, and what is said here in the same situation.

A row quotes the message of a peer. Where the situation is no mistake at all, the program just runs, and its result is
what it should be. Otherwise the error names the Tensor or the operation and says why, and the line it ends with is
pasted in the place of the fault and run. Inside of `debug` the error names the user's line too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import pytest
from told import name_of

import autograd_lite as ag
from autograd_lite import errors
from autograd_lite.engine.forms import custom, elementwise

SETUP = """
data = np.array([1.0, 2.0, 3.0])
w = ag.Tensor(data, requires_grad=True, name="w")
logits = w * 2
"""
FILE = "train.py"


class Hated(NamedTuple):
    """A message of a peer, a program that earns it, and what is said here."""

    peer: str
    fault: str
    kind: type[Exception]
    words: Sequence[str]
    remedies: Sequence[str | tuple[str, str]] = ()  # what the message ends with, and the program it is pasted into
    setup: str = ""


class Fine(NamedTuple):
    """A message of a peer for a program that is right: it runs, and this holds afterwards."""

    peer: str
    program: str
    holds: str


NO_PATH = "torch: element 0 of tensors does not require grad and does not have a grad_fn"
LEAF = "w = ag.Tensor(data, requires_grad=True); loss = (w * w).sum(); loss.backward()"
HATED = [
    Hated(NO_PATH, "loss.backward()", errors.NoPathError, ["no recorded path", "argmax"], [LEAF],
          "loss = np.argmax(w)"),
    Hated(NO_PATH, "loss.backward()", errors.NoPathError, ["made by sum", "no_grad()"], [LEAF],
          "with ag.no_grad(): loss = (w * w).sum()"),
    Hated(NO_PATH, "loss.backward()", errors.NoPathError, ["made by sum", "detach()"], [LEAF],
          "loss = w.detach().sum()"),
    Hated(NO_PATH, "loss.backward()", errors.NoPathError, ["made by sum", ".data or .numpy()"], [LEAF],
          "loss = ag.Tensor(w.data).sum()"),
    Hated(NO_PATH, "loss.backward()", errors.NoPathError, ["made by sum"], [LEAF],
          "loss = ag.Tensor(data).sum()"),
    Hated("torch: Trying to backward through the graph a second time",
          "loss.backward(); loss.backward()", errors.FreedGraphError,
          ["reaches the operation sum", "a second time", "released by the first"],
          ["loss.backward(retain_graph=True); loss.backward()"], "loss = (w * w).sum()"),
    Hated("torch: Trying to backward through the graph a second time (a state carried between steps)",
          "for _ in range(2): h = np.tanh(h * w); h.sum().backward()", errors.FreedGraphError,
          ["reaches the operation", "carried from one step to the next", "h = h.detach()"],
          [("h = h.detach()", "for _ in range(2): h = h.detach(); h = np.tanh(h * w); h.sum().backward()")],
          "h = w * 1"),
    Hated("torch: a leaf Variable that requires grad is being used in an in-place operation",
          "w -= v", errors.LeafMutationError, ["in-place subtract", "the Tensor 'w'"],
          ["with ag.no_grad(): w -= v"], "v = 0.1"),
    Hated("torch: grad can be implicitly created only for scalar outputs",
          "logits.backward()", errors.NonScalarError, ["the Tensor 'logits' of shape (3,), made by multiply"],
          ["logits.sum().backward()", "logits.mean().backward()"], "logits.name = 'logits'"),
    Hated("mygrad: (nothing: a seed of another shape broadcasts)", "logits.backward(np.ones((2, 3)))", errors.SeedError,
          ["has shape (2, 3)", "a Tensor of shape (3,), made by multiply"], ()),
    Hated("HIPS: float() argument must be a string or a number, not 'ArrayBox'", "float(w.sum())",
          errors.ConversionError, ["float() of a Tensor of shape (), made by sum", "would drop its derivative"],
          ["t.item()"], "t = w.sum()"),
    Hated("HIPS: must be real number, not ArrayBox", "math.sin(t)", errors.ConversionError,
          ["float() of a Tensor", "np.sin(t) for math.sin(t)"], ["np.sin(t)"], "import math; t = w.sum()"),
    Hated("HIPS: setting an array element with a sequence", "np.array([t, t])", errors.ConversionError,
          ["would drop its derivative"], ["np.stack([t, u])"], "t, u = w.sum(), w.mean()"),
    Hated("jax: Numpy array conversion method __array__() was called on Tracer", "np.asarray(logits)",
          errors.ConversionError, ["np.array() of a Tensor of shape (3,), made by multiply"],
          ["t.detach().numpy()"], "t = logits"),
    Hated("HIPS: Can't differentiate w.r.t. type <class 'numpy.int64'>", "ag.grad(f)(np.int64(3))",
          errors.GradientDtypeError, ["argument 0 of f has dtype int64", "Write 3.0 for 3"],
          [("3.0", "ag.grad(f)(3.0)")],
          "f = lambda x: x * x; f.__name__ = 'f'"),
    Hated("torch: Only Tensors of floating point and complex dtype can require gradients",
          "ag.Tensor([1, 2], requires_grad=True)", errors.GradientDtypeError, ["has dtype int64"],
          ["ag.Tensor(data, dtype=float, requires_grad=True)"]),
    Hated("HIPS: Output seems independent of input", "ag.grad(f)(1.0)", errors.NoPathError,
          ["the result of f does not depend on", "by item()", "in the place of math, .item(), .detach()"],
          [("return y + 0 * np.sum(x)", "def f(x):\n    y = 2.0\n    return y + 0 * np.sum(x)\nag.grad(f)(1.0)")],
          "f = lambda x: 2.0 * x.item(); f.__name__ = 'f'"),
    Hated("HIPS: VJP of packbits wrt argnums (0,) not defined", "np.packbits(t)", errors.UnsupportedError,
          ["numpy.packbits is not supported on a Tensor", "holds floating-point numbers"], ["t.detach().numpy()"],
          "t = w"),
    Hated("HIPS check_grads: analytic 1.1858, numeric 1.1854", "ag.gradcheck(f, data)", errors.GradcheckError,
          ["with respect to input 0 (x)", "at index [0]", "derived 2, by finite differences 3",
           "wrong on its own is double, by its argument x"],
          ["print(ag.gradcheck(f, inputs, raise_exception=False))"],
          "inputs = data\n"
          "def _double(x): return 2 * x\n"
          "_double.__name__ = 'double'\n"
          "double = elementwise(_double, lambda g: g)\n"
          "def f(x): return x + double(x)\n"),
    Hated("torch: gradcheck of float32: backward not multiplied by grad_output (a rule that forgets it)",
          "ag.gradcheck(f, data.astype('f4'))", errors.GradcheckError, ["forgets g"], (),
          "f = custom(lambda x: (x * x).sum(), lambda g, x: 2 * x)"),
]  # fmt: skip

FINE = [
    Fine("torch: one of the variables needed for gradient computation has been modified by an inplace operation",
         "y = w * 2; z = y * y; y += 1; z.sum().backward()", "w.grad.tolist() == [8.0, 16.0, 24.0]"),
    Fine("torch: Can't call numpy() on Tensor that requires grad", "a = w.numpy()", "a.tolist() == [1.0, 2.0, 3.0]"),
    Fine("jax: TracerBoolConversionError",
         "d = ag.grad(lambda x: x * x if x > 0 else -x)(3.0)", "d == 6.0"),
    Fine("jax: ConcretizationTypeError",
         "d = ag.grad(lambda x: sum([x] * int(2)) if x.item() > 1 else x)(3.0)", "d == 2.0"),
    Fine("jax: JAX arrays are immutable; use x.at[idx].set(y)",
         "y = w * 1; y[0] = 5.0; y.sum().backward()", "w.grad.tolist() == [0.0, 1.0, 1.0]"),
    Fine("jax: (nothing: float64 becomes float32)", "y = np.exp(w)", "y.dtype == np.float64"),
    Fine("jax: UnexpectedTracerError",
         "cache = []; ag.grad(lambda x: cache.append(x * x) or x)(2.0); y = cache[0] + 1", "float(y.item()) == 5.0"),
    Fine("torch: gradcheck: inputs not float64", "r = ag.gradcheck(np.tanh, data.astype('f4'))", "r.ok"),
    Fine("torch, jax: gradcheck of relu at 0 is flagged",
         "r = ag.gradcheck(ag.relu, np.zeros(2))", "r.remarks[0].verdict == 'kink' and r.ok"),
    Fine("torch: gradcheck of an empty input: dimension with stride 0", "r = ag.gradcheck(np.exp, np.zeros((0, 3)))",
         "r.ok"),
    Fine("torch, HIPS: gradcheck at inputs of 1e8 and 1e-8: false alarm",
         "r = ag.gradcheck(np.sin, np.array([1e8, 1e-8]))", "r.ok"),
]  # fmt: skip


def namespace(setup: str) -> dict[str, Any]:
    names: dict[str, Any] = {"np": np, "ag": ag, "custom": custom, "elementwise": elementwise}
    exec(compile(SETUP + setup, FILE, "exec"), names)
    return names


@pytest.mark.parametrize("row", HATED, ids=lambda row: name_of(row.peer, row.fault, row.setup))
@pytest.mark.parametrize("inside", [False, True], ids=["plain", "debug"])
def test_what_is_said_instead(row: Hated, inside: bool) -> None:
    def act() -> str:
        names = namespace(row.setup)
        with pytest.raises(row.kind) as caught:
            exec(compile(row.fault, FILE, "exec"), names)
        return str(caught.value)

    with ag.debug() if inside else nullcontext():
        message = act()
    missing = [word for word in row.words if word not in re.sub(r" at train\.py:\d+", "", message)]
    assert not missing, message
    assert re.search(r"\b[Ww]rite\b", message)
    if inside and "made by" in message:
        assert f"{FILE}:" in message
    for remedy in row.remedies:
        pasted, program = remedy if isinstance(remedy, tuple) else (remedy.partition(";")[0], remedy)
        assert pasted in message, message
        assert pasted in program
        exec(program, namespace(row.setup))


@pytest.mark.parametrize("row", FINE, ids=lambda row: name_of(row.peer, row.program))
def test_what_just_works(row: Fine) -> None:
    names = namespace("")
    exec(row.program, names)
    assert eval(row.holds, names)
