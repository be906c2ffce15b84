"""The table of faults: what a user may do wrong, the exception, and what its message says.

A row is program text. The fault is executed in a namespace prepared by `SETUP` and its own lines, and must raise the
exception; the message must contain the words and every remedy; and each remedy is executed in a namespace prepared
anew, in the place of the fault.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd_lite import errors

NUMBER = 0.12345678  # stands in the data of all Tensors here, and in no message
SETUP = f"""
data = np.array([{NUMBER}, 2.0, 3.0])
x = w = ag.Tensor(data, requires_grad=True, name="w")
t = u = x * 2
"""


class Fault(NamedTuple):
    situation: str
    fault: str
    kind: type[Exception]
    words: list[str]
    remedies: Sequence[str] = ()
    setup: str = ""


BACKWARD = [
    Fault(
        "backward of an array", "t.backward()", errors.NonScalarError, ["a Tensor of shape (3,)", "multiply"],
        ["t.sum().backward()", "t.mean().backward()", "t.backward(gradient=np.ones((3,)))"],
    ),
    Fault(
        "backward of an array with a name", "logits.backward()", errors.NonScalarError,
        ["'logits'", "(3, 3)", "multiply"], ["logits.sum().backward()", "logits.backward(gradient=np.ones((3, 3)))"],
        "logits = x[:, None] * x; logits.name = 'logits'",
    ),
    Fault(
        "backward of an array whose name is no variable", "t.backward()", errors.NonScalarError, ["'layer 1'"],
        ["t.sum().backward()"], "t.name = 'layer 1'",
    ),
    Fault(
        "a seed of another shape", "t.backward(gradient)", errors.SeedError, ["(1,)", "(3,)", "multiply"],
        ["t.backward(gradient=np.broadcast_to(gradient, (3,)))"], "gradient = np.ones(1)",
    ),
    Fault(
        "a seed that is complex", "t.backward(gradient)", errors.SeedError, ["complex128", "float64", "(3,)"],
        ["t.backward(gradient=gradient.real)"], "gradient = np.ones(3) * 1j",
    ),
    Fault(
        "retain_graph in the place of the seed", "loss.backward(True)", errors.SeedError, ["True", "first argument"],
        ["loss.backward(retain_graph=True)"], "loss = (x * x).sum(); loss.name = 'loss'",
    ),
    Fault("a seed that is text", "t.backward('ones')", errors.DataError, ["<U4"]),
    Fault(
        "backward of a constant", "ag.Tensor(1.0).backward()", errors.NoPathError,
        ["a Tensor of shape ()", "requires a gradient", "detach()"], ["w = ag.Tensor(data, requires_grad=True)"],
    ),
    Fault(
        "backward of an index", "np.argmax(x).backward()", errors.NoPathError, ["argmax", "has no derivative"],
        ["w = ag.Tensor(data, requires_grad=True)"],
    ),
    Fault("backward of a comparison", "(x > 0).backward()", errors.NoPathError, ["greater", "has no derivative"]),
    Fault(
        "backward of what was not recorded", "with ag.no_grad(): (x * x).sum().backward()", errors.NoPathError,
        ["sum", "recording is off here", "ag.no_grad()"],
    ),
    Fault(
        "backward of what was detached", "y.backward()", errors.NoPathError, ["'y'", "without detach()"], [],
        "y = (x * x).sum().detach(); y.name = 'y'",
    ),
    Fault(
        "a second backward", "loss.backward(); loss.backward()", errors.FreedGraphError,
        ["sum", "'loss'", "shape ()", "second time"], ["loss.backward(retain_graph=True)", "h = h.detach()"],
        "h = x; loss = (x * x).sum(); loss.name = 'loss'",
    ),
    Fault(
        "a state carried on", "for _ in range(2): h = np.tanh(h * w); h.sum().backward()", errors.FreedGraphError,
        ["tanh", "(3,)"], ["h = h.detach()"], "h = w * 1",
    ),
    Fault(
        "retain_grad of a constant", "ag.Tensor(data).retain_grad()", errors.NoPathError, ["retain_grad()", "(3,)"],
        ["t = ag.Tensor(data, requires_grad=True)"],
    ),
    Fault(
        "a hook on a constant", "ag.Tensor(data).register_hook(print)", errors.NoPathError, ["register_hook()", "(3,)"],
        ["t = ag.Tensor(data, requires_grad=True)"],
    ),
    Fault(
        "grad of a constant", "ag.Tensor(data).grad = data", errors.NoPathError, ["grad", "(3,)"],
        ["t = ag.Tensor(data, requires_grad=True)"],
    ),
    Fault(
        "grad of another shape", "x.grad = value", errors.InPlaceError, ["'w'", "(1,)", "(3,)"],
        ["x.grad = np.broadcast_to(value, x.shape)"], "value = np.ones(1)",
    ),
]  # fmt: skip
DATA = [
    Fault(
        "integers that require a gradient", "ag.Tensor(data, requires_grad=True, name='counts')",
        errors.GradientDtypeError, ["'counts'", "(2,)", "int64"], ["ag.Tensor(data, dtype=float, requires_grad=True)"],
        "data = np.array([1, 2])",
    ),
    Fault(
        "a flag set on booleans", "m.requires_grad = True", errors.GradientDtypeError, ["bool", "greater"], [],
        "m = x > 0",
    ),
    Fault(
        "complex numbers that require a gradient", "ag.Tensor(z, requires_grad=True)", errors.GradientDtypeError,
        ["complex128", "(2,)"],
        ["re = ag.Tensor(z.real, requires_grad=True)", "im = ag.Tensor(z.imag, requires_grad=True)"],
        "z = np.array([1j, 2])",
    ),
    Fault(
        "a derivative by complex numbers", "ag.grad(f)(z)", errors.GradientDtypeError,
        ["argument 0 of f", "complex128", "z.real and z.imag as two arguments"], [],
        "f = lambda z: (z * z).sum(); f.__name__ = 'f'; z = np.array([1j, 2])",
    ),
    Fault(
        "objects", "ag.Tensor(data)", errors.DataError, ["object"], ["np.array(data, dtype=float)"],
        "data = [None, 1.0]",
    ),
    Fault("text", "ag.Tensor(data)", errors.DataError, ["<U3"], ["np.array(data, dtype=float)"], "data = ['1.5', '2']"),
    Fault("dates", "ag.Tensor(np.array(['2000-01-01'], 'M8[D]'))", errors.DataError, ["datetime64"]),
    Fault(
        "a masked array", "ag.Tensor(data)", errors.DataError, ["masked array"], ["data.filled(0.0)"],
        "data = np.ma.array(data, mask=[0, 1, 0])",
    ),
    Fault("an operand of objects", "x * data", errors.DataError, ["object"], [], "data = np.array([None])"),
    Fault(
        "a dtype in the place of the flag", "ag.Tensor(data, np.float32)", errors.DataError, ["requires_grad", "type"],
        ["ag.Tensor(data, requires_grad=True)", "ag.Tensor(data, dtype=dtype)", "ag.Tensor(data, name=name)"],
        "dtype = np.float32; name = 'w'",
    ),
    Fault("more data in the place of the flag", "ag.Tensor(data, data)", errors.DataError, ["ndarray"]),
    Fault("a list of tracked Tensors as data", "ag.Tensor([t, u])", errors.ConversionError, [], ["np.stack([t, u])"]),
    Fault("a tracked Tensor as data", "ag.Tensor(t)", errors.ConversionError, ["multiply"], ["t.clone()"]),
]  # fmt: skip
CONVERSION = [
    Fault(
        "an array of Tensors", "np.array([t, u])", errors.ConversionError, ["np.array()", "(3,)", "multiply"],
        ["np.stack([t, u])", "t.detach().numpy()"],
    ),
    Fault("asarray", "np.asarray(x)", errors.ConversionError, ["'w'", "(3,)"], ["t.detach().numpy()"]),
    Fault("float()", "float(t)", errors.ConversionError, ["float()", "sum"], ["np.sin(t)", "t.item()"], "t = t.sum()"),
    Fault("math", "math.sin(t)", errors.ConversionError, ["float()"], ["np.sin(t)"], "import math; t = t.sum()"),
    Fault("int()", "int(t)", errors.ConversionError, ["int()"], ["np.floor(t)", "t.item()"], "t = t.sum()"),
    Fault("complex()", "complex(t)", errors.ConversionError, ["complex()"], ["t.item()"], "t = t.sum()"),
    Fault("range", "range(t)", errors.ConversionError, ["index"], ["t.item()"], "t = x[1]"),
    Fault(
        "a tracked Tensor as index", "x[t]", errors.ConversionError, ["index", "'i'"], ["x[int(t.item())]"],
        "t = x[1] * 1; t.name = 'i'",
    ),
    Fault("as index of an array", "data[t]", errors.ConversionError, [], [], "t = x[1]"),
    Fault("as bound of a slice", "x[t:]", errors.ConversionError, [], ["x[int(t.item())]"], "t = x[1]"),
    Fault("as index to take", "np.take(x, t)", errors.ConversionError, [], []),
    Fault("written into an array", "a[:] = t", errors.ConversionError, ["np.array()"], [], "a = np.zeros(3)"),
    Fault("iteration over a number", "list(t)", errors.UnsupportedError, ["sum"], ["t.item()"], "t = t.sum()"),
    Fault(
        "a setting that is tracked", "np.roll(x, t)", errors.UnsupportedError, ["shift", "roll"], ["shift=t.detach()"],
        "t = x[1]",
    ),
    Fault("a result of integers", "t.astype(int)", errors.GradientDtypeError, ["astype", "int64"], ["t.detach()"]),
    Fault("a complex result", "t * 1j", errors.GradientDtypeError, ["multiply", "complex128"], ["t.detach()"]),
]  # fmt: skip
IN_PLACE = [
    *(
        Fault(
            f"w {symbol}= v",
            f"w {symbol}= v",
            errors.LeafMutationError,
            ["'w'", "(3,)", name],
            [f"with ag.no_grad(): w {symbol}= v", f"w = w {symbol} v"],
            "v = np.ones(3)",
        )
        for symbol, name in [("+", "add"), ("-", "subtract"), ("*", "multiply"), ("/", "divide"), ("**", "power")]
    ),
    Fault(
        "w[i] = v", "w[i] = v", errors.LeafMutationError, ["'w'", "(3,)", "assignment"],
        ["with ag.no_grad(): w[i] = v", "w = np.where(mask, v, w)"], "i = 0; v = 1.0; mask = data > 2",
    ),
    Fault(
        "a parameter as out", "np.exp(w, out=w)", errors.LeafMutationError, ["'w'", "exp"],
        ["with ag.no_grad(): w.assign(v)", "y = np.exp(w)"], "v = np.ones(3)",
    ),
    Fault(
        "a result of another shape", "t += v", errors.InPlaceError, ["add", "(2, 3)", "(3,)"], ["t = np.add(t, v)"],
        "v = np.ones((2, 3))",
    ),
    Fault(
        "a matrix product of another shape", "t @= v", errors.InPlaceError, ["matmul", "(2,)", "(3,)"],
        ["t = np.matmul(t, v)"], "v = np.ones((3, 2))",
    ),
    Fault(
        "floats into integers", "t += 0.5", errors.InPlaceError, ["add", "float64", "int64"],
        ["t = t.astype('float64')"], "t = ag.Tensor([1, 2])",
    ),
    Fault(
        "a tracked value into integers", "t[0] = x[1]", errors.GradientDtypeError, ["setitem", "int64"], [],
        "t = ag.Tensor([1, 2])",
    ),
    Fault(
        "out= of another shape", "np.exp(x, out=ag.Tensor(np.empty(2)))", errors.InPlaceError, ["exp", "(3,)", "(2,)"],
        ["out=ag.Tensor(np.empty((3,)))"],
    ),
    Fault(
        "an array as out", "np.exp(x, out=a)", errors.ConversionError, ["exp"], ["out=ag.Tensor(a)"], "a = np.empty(3)",
    ),
    Fault("an array += a Tensor", "a += t", errors.ConversionError, ["add"], ["a = a + t"], "a = np.ones(3)"),
    Fault(
        "two outputs", "np.divmod(a, b, out=(a, a))", errors.UnsupportedError, ["divmod", "2"],
        ["q, r = np.divmod(a, b)"], "a = ag.Tensor(data); b = 2.0",
    ),
    Fault(
        "assign to a result", "t.assign(value)", errors.LeafMutationError, ["multiply"], ["t = ag.Tensor(value)"],
        "value = data",
    ),
    Fault(
        "assign another shape", "w.assign(value)", errors.InPlaceError, ["'w'", "(2,)", "(3,)"],
        ["w = ag.Tensor(value, requires_grad=True)"], "value = np.ones(2)",
    ),
    Fault(
        "assign complex numbers", "w.assign(v)", errors.InPlaceError, ["complex128", "float64"], ["v = v.real"],
        "v = data * 1j",
    ),
    Fault("assign text", "w.assign('abc')", errors.DataError, ["<U3"]),
    Fault("data of another shape", "w.data = np.ones(2)", errors.InPlaceError, ["(2,)", "(3,)"]),
    Fault(
        "a result told to require no gradient", "t.requires_grad = False", errors.LeafMutationError,
        ["requires_grad", "multiply"], ["t = t.detach()"],
    ),
]  # fmt: skip
UNSUPPORTED = [
    Fault(
        "a function without a rule", "np.linalg.inv(t)", errors.UnsupportedError, ["numpy.linalg.inv"],
        ["t.detach().numpy()"],
    ),
    Fault(
        "a function of linalg", "np.linalg.eig(t)", errors.UnsupportedError, ["numpy.linalg.eig"],
        ["t.detach().numpy()"],
    ),
    Fault("a ufunc without a rule", "np.frexp(t)", errors.UnsupportedError, ["numpy.frexp"], ["t.detach().numpy()"]),
    Fault(
        "add.at", "np.add.at(data, [0], t[:1])", errors.UnsupportedError, ["numpy.add.at"],
        ["np.bincount(i, weights=t)"], "i = np.array([0, 1, 1])",
    ),
    Fault(
        "reduceat", "np.add.reduceat(t, [0])", errors.UnsupportedError, ["numpy.add.reduceat"], ["t[i:j].sum()"],
        "i, j = 0, 2",
    ),
    Fault(
        "copyto", "np.copyto(data, t)", errors.UnsupportedError, ["numpy.copyto"], ["t[key] = values"],
        "key, values = 0, 1.0",
    ),
    Fault(
        "dtype=", "np.sum(a, dtype=np.float32)", errors.UnsupportedError, ["dtype", "sum"],
        ["np.sum(a, axis=axis, keepdims=keepdims)"], "a, axis, keepdims = x, 0, True",
    ),
    Fault(
        "dtype by position", "np.sum(a, 0, np.float32)", errors.UnsupportedError, ["dtype", "sum"],
        ["np.sum(a, axis=axis, keepdims=keepdims)"], "a, axis, keepdims = x, 0, True",
    ),
    Fault("where= of a sum", "np.sum(x, where=data > 2)", errors.UnsupportedError, ["where", "sum"]),
    Fault("where= of a ufunc", "np.exp(x, where=data > 2)", errors.UnsupportedError, ["where", "exp"], ["np.exp(x)"]),
    Fault("initial= of reduce", "np.add.reduce(x, initial=1.0)", errors.UnsupportedError, ["initial", "sum"]),
    Fault("an argument of a composite", "np.var(x, where=data > 2)", errors.UnsupportedError, ["where", "var"]),
    Fault("an unknown argument", "x.sum(foo=1)", errors.UnsupportedError, ["foo", "sum"]),
    Fault("an unknown argument of a composite", "x.var(foo=1)", errors.UnsupportedError, ["foo", "var"]),
    Fault("an argument given twice", "x.sum(0, axis=0)", errors.UnsupportedError, ["axis", "sum"]),
    Fault(
        "an argument of a composite given twice", "x.take([0], 0, axis=0)", errors.UnsupportedError, ["axis", "take"],
    ),
    Fault(
        "too many arguments", "x.sum(0, None, None, False, 1, 2, 3, 4)", errors.UnsupportedError, ["sum", "position"],
    ),
    Fault(
        "a missing operand", "half_squared_error(x)", errors.UnsupportedError, ["target"],
        ["half_squared_error(p, target)"], "half_squared_error = ag.half_squared_error; p = target = x",
    ),
    Fault("a mode of pad", "np.pad(x, 1, mode='mean')", errors.UnsupportedError, ["mean", "mode='constant'"]),
    Fault("a kind of norm", "np.linalg.norm(x[None], 'nuc')", errors.UnsupportedError, ["nuc"]),
]  # fmt: skip
COPIES = [
    Fault("copy", "copy.copy(t)", errors.CopyError, ["multiply"], ["copy.copy(t.detach())", "t.clone()"]),
    Fault("deepcopy", "copy.deepcopy(t)", errors.CopyError, ["(3,)"], ["copy.deepcopy(t.detach())", "t.clone()"]),
    Fault("pickle", "pickle.dumps(t)", errors.CopyError, ["middle of a graph"], ["pickle.dumps(t.detach())"]),
]  # fmt: skip
RULES = [
    Fault(
        "a gradient of another shape", "double(x).sum().backward()", errors.RuleError, ["double", "(2,)", "(3,)"], [],
        "double = custom(double, lambda g: g[:2])",
    ),
    Fault(
        "a rule that returns nothing", "double(x).sum().backward()", errors.RuleError,
        ["double", "NoneType", "(3,)", "returns an array"], [], "double = custom(double, lambda g: None)",
    ),
    Fault(
        "a rule that asks for what there is not", "elementwise(double, lambda g, z: g)", errors.DeclarationError,
        ["double", "'z'", "g, y, x"],
    ),
    Fault(
        "a rule too few", "bilinear(np.matmul, lambda g, x2: g)", errors.DeclarationError,
        ["matmul", "1 rules", "2 inputs"],
    ),
    Fault(
        "a hook that returns another shape", "t.sum().backward()", errors.RuleError, ["multiply", "(2,)"], [],
        "t.register_hook(lambda g: np.ones(2))",
    ),
    Fault(
        "a hook that returns complex numbers", "t.sum().backward()", errors.RuleError,
        ["multiply", "complex128", "float64"], [], "t.register_hook(lambda g: np.ones(3) * 1j)",
    ),
    Fault(
        "a switch that decorates no function", "ag.no_grad()(3)", errors.DeclarationError,
        ["no_grad", "int", "@ag.no_grad()"], ["with ag.no_grad(): ..."],
    ),
    Fault(
        "a loss of two shapes", "ag.half_squared_error(x, target)", errors.ShapeError, ["(3,)", "(3, 1)"],
        ["target.reshape((3,))"], "target = np.ones((3, 1))",
    ),
]  # fmt: skip
_BRANCHING = """
def branching(x):
    return x * 2 if isinstance(x, ag.Tensor) else x * 3
"""
CHECKS = [
    Fault(
        "a function that does something else on arrays", "ag.gradcheck(branching, data)", errors.GradcheckError,
        ["branching", "f on Tensors is not f on arrays", "on Tensors", "on arrays"], [], _BRANCHING,
    ),
    Fault(
        "the same, watched", "ag.debug(arrays=True)(branching)(x)", errors.OtherOnArraysError,
        ["branching on Tensors is not branching on arrays"], [], _BRANCHING,
    ),
    Fault(
        "a block to be compared with arrays", "ag.debug(arrays=True).__enter__()", errors.ArgumentError,
        ["a block has none to call"], [],
    ),
]  # fmt: skip
FAULTS = [*BACKWARD, *DATA, *CONVERSION, *IN_PLACE, *UNSUPPORTED, *COPIES, *RULES, *CHECKS]
