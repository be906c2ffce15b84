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
        "a seed of another length", "t.backward(gradient)", errors.SeedError, ["(2,)", "(3,)", "multiply"],
        ["t.backward(gradient=np.ones((3,)))"], "gradient = np.ones(2)",
    ),
    Fault(
        "a seed with an axis too many", "t.backward(gradient)", errors.SeedError, ["(3, 1)", "(3,)", "multiply"],
        ["t.backward(gradient=gradient.reshape((3,)))"], "gradient = np.ones((3, 1))",
    ),
    Fault(
        "a tangent of another length", "ag.jvp(np.sin, (data,), (v,))", errors.SeedError, ["(2,)", "(3,)"],
        ["np.ones((3,))"], "v = np.ones(2)",
    ),
    Fault(
        "a vector of another length", "unravel(vector)", errors.ShapeError, ["(2,)", "(3,)"],
        ["unravel(np.zeros(3))"], "_, unravel = ag.tree.ravel([data]); vector = np.ones(2)",
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
        "a hook that cannot be called", "x.register_hook(3)", errors.DeclarationError, ["int", "gradient"],
        ["t.register_hook(lambda g: 2 * g)"],
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
        "backward of a complex number", "t.backward()", errors.NonScalarError, ["sum", "complex"],
        ["t.real.backward()", "abs(t).backward()", "t.backward(gradient=1.0)"], "t = (x * 1j).sum()",
    ),
    Fault(
        "a derivative of a complex result", "ag.grad(f)(z)", errors.GradientDtypeError, ["grad of f", "complex128"],
        ["ag.grad(f, holomorphic=True)", "lambda z: f(z).real", "ag.vjp(f, z)"],
        "f = lambda z: (z * z).sum(); f.__name__ = 'f'; z = np.array([1j, 2])",
    ),
    Fault(
        "holomorphic of real numbers", "ag.grad(f, holomorphic=True)(z)", errors.GradientDtypeError,
        ["grad of f", "float64"], ["z.astype(complex)"],
        "f = lambda z: (z * z).sum(); f.__name__ = 'f'; z = np.array([1.0, 2])",
    ),
    Fault(
        "holomorphic of what is not", "ag.grad(f, holomorphic=True)(z)", errors.GradientDtypeError,
        ["grad of f", "not holomorphic"], ["lambda z: f(z).real", "ag.vjp(f, z)"],
        "f = lambda z: z.conj().sum(); f.__name__ = 'f'; z = np.array([1j, 2])",
    ),
    Fault(
        "the other mode between real and complex numbers", "ag.jacobian(f, mode='reverse')(z)",
        errors.GradientDtypeError, ["jacobian of f", "'reverse'"], ["mode='forward'"],
        "f = lambda z: 1j * z; f.__name__ = 'f'; z = np.array([1.0, 2])",
    ),
    Fault(
        "an imaginary part of real numbers", "t.imag = 1.0", errors.InPlaceError, ["(3,)", "float64"],
        ["z = t + 1j * v"], "v = 1.0",
    ),
    Fault(
        "complex parameters of an optimiser for real ones", "Plain([z])", errors.ArgumentError,
        ["Plain", "complex128"], ["re, im = ag.nn.Parameter(v.real), ag.nn.Parameter(v.imag)"],
        "Plain = type('Plain', (ag.optim.Optimizer,), {}); v = np.array([1j, 2]); z = ag.Tensor(v, requires_grad=True)",
    ),
    Fault(
        "a setting of an optimiser out of range", "ag.optim.Adam([w], betas=(1.0, 0.9))", errors.ArgumentError,
        ["betas=(1.0, 0.9)", "from 0 to below 1"], ["betas=(0.9, 0.999)"],
    ),
    Fault(
        "L-BFGS without a closure", "opt.step()", errors.ArgumentError, ["several times"], ["opt.step(closure)"],
        "opt = ag.optim.LBFGS([w])\ndef closure():\n    opt.zero_grad()\n    loss = (w * w).sum()\n"
        "    loss.backward()\n    return loss",
    ),
    Fault(
        "vectors for Muon", "Muon(model.parameters())", errors.ArgumentError, ["'bias'", "(2,)"],
        ["Muon([p for p in model.parameters() if p.ndim == 2])"],
        "Muon = ag.optim.Muon; model = ag.nn.Linear(2, 2)",
    ),
    Fault(
        "gradients in the place of parameters", "clip_grad_norm_([data], 1.0)", errors.ArgumentError, ["a ndarray"],
        ["clip_grad_norm_(model.parameters(), 1.0)"],
        "clip_grad_norm_ = ag.nn.utils.clip_grad_norm_; model = ag.nn.Linear(2, 2)",
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
    Fault(
        "rows of different lengths", "ag.Tensor(data)", errors.DataError, ["different lengths"],
        ["[row + [0.0] * (n - len(row)) for row in data]"], "data = [[1.0, 2.0], [3.0]]; n = max(map(len, data))",
    ),
    Fault(
        "rows of different lengths as an operand", "x * data", errors.DataError, ["different lengths"],
        ["[row + [0.0] * (n - len(row)) for row in data]"], "data = [[1.0, 2.0], [3.0]]; n = max(map(len, data))",
    ),
    Fault(
        "words", "ag.Tensor(data)", errors.DataError, ["<U4"], ["np.unique(data, return_inverse=True)[1]"],
        "data = ['cats', 'dogs']",
    ),
    Fault("a dict", "ag.Tensor(data)", errors.DataError, ["object"], ["ag.tree.map(ag.Tensor, data)"],
        "data = {'w': [1.0]}",
    ),
    Fault(
        "masked arrays in a list", "ag.Tensor([data, data])", errors.DataError, ["masked array"], ["data.filled(0.0)"],
        "data = np.ma.array(data, mask=[0, 1, 0])",
    ),
    Fault(
        "a gradient that is none", "w - w.grad", errors.DataError, ["an operand of subtract is None"],
        ["loss.backward()"], "loss = (w * w).sum()",
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
    Fault("written into an array", "out[:] = t", errors.ConversionError, ["multiply", "a part of a plain array"],
        ["out = ag.Tensor(out)", "np.stack([t, u])", "t.detach()"], "out = np.zeros(3)",
    ),
    Fault(
        "several at once written into an array", "out[[0, 2]] = t[:2]", errors.ConversionError,
        ["getitem", "a part of"], ["out = ag.Tensor(out)"], "out = np.zeros(3)",
    ),
    Fault("a list of them written", "out[:2] = [x[0], x[1]]", errors.ConversionError, ["getitem", "a part of"],
        ["out = ag.Tensor(out)", "np.stack([t, u])"], "out = np.zeros(3)",
    ),
    Fault(
        "the truth of many", "if t > 0: pass", errors.ArgumentError, ["ambiguous", "greater", "(3,)"],
        ["t.any()", "t.all()", "np.where(t, a, b)"], "a = b = 1.0",
    ),
    Fault(
        "the truth of an array with a name", "mask and mask", errors.ArgumentError, ["'mask'"],
        ["mask.any()", "mask.all()", "np.where(mask, a, b)"], "a = b = 1.0; mask = t > 1; mask.name = 'mask'",
    ),
    Fault("iteration over a number", "list(t)", errors.UnsupportedError, ["sum"], ["t.item()"], "t = t.sum()"),
    Fault(
        "a setting that is tracked", "np.roll(x, t)", errors.UnsupportedError, ["shift", "roll"], ["shift=t.detach()"],
        "t = x[1]",
    ),
    Fault("a result of integers", "t.astype(int)", errors.GradientDtypeError, ["astype", "int64"], ["t.detach()"]),
    Fault(
        "an operation for real numbers", "np.maximum(t * 1j, 2)", errors.GradientDtypeError, ["maximum", "complex128"],
        ["t.detach()", "t.real", "t.imag"],
    ),
    Fault(
        "a definition for real numbers", "np.median(t)", errors.GradientDtypeError, ["median", "complex128"],
        ["t.detach()", "t.real"], "t = t * 1j",
    ),
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
        "two outputs", "np.divmod(a, b, out=(a, a))", errors.LeafMutationError, ["divmod", "'w'"],
        ["w.assign(v)"], "a = w; b = 2.0; v = data",
    ),
    Fault(
        "a function in place", "np.nan_to_num(t, copy=False)", errors.UnsupportedError, ["nan_to_num"],
        ["t[...] = np.nan_to_num(t)"], "t = ag.Tensor([1.0, np.nan])",
    ),
    Fault("a quantile beyond all", "np.quantile(x, 75)", errors.ArgumentError, ["75"], [], ""),
    Fault("a diagonal of unequal axes", "np.einsum('ii', x[:, None])", errors.ShapeError, ["'i'", "(3, 1)"]),
    Fault("too few subscripts", "np.einsum('i', x[:, None])", errors.ShapeError, ["'i'", "2"]),
    Fault(
        "assign to a result", "t.assign(value)", errors.LeafMutationError, ["multiply"], ["t = ag.Tensor(value)"],
        "value = data",
    ),
    Fault(
        "a write to a view that shows a number in several places", "v += 1", errors.InPlaceError, ["(2, 3)", "(3,)"],
        ["v = v.copy()"], "v = np.broadcast_to(t, (2, 3))",
    ),
    Fault(
        "a write to one of the views of what is gone", "t *= 5.0", errors.InPlaceError, ["gone", "(2,)"],
        ["t = t.copy()"], "y = x * 2; t, other = ag.no_grad(np.split)(y, [2]); del y",
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
        "data of another dtype", "w.data = v", errors.InPlaceError, ["float32", "'w'", "float64"],
        ["t = ag.Tensor(v, dtype='float32', requires_grad=True)", "t.assign(v)"],
        "t = w; v = w.data.astype(np.float32)",
    ),
    Fault(
        "data of a wider dtype", "h.data = v", errors.InPlaceError, ["float64", "float32"],
        ["t = ag.Tensor(v, dtype='float64', requires_grad=True)", "t.assign(v)"],
        "h = t = ag.Tensor(data, dtype=np.float32); v = h.data.astype(float)",
    ),
    Fault(
        "numbers too large for the dtype", "h.assign(v)", errors.InPlaceError, ["float64", "float32", "infinite"],
        ["np.clip(v, -np.finfo('float32').max, np.finfo('float32').max)", "t = ag.Tensor(v)"],
        "h = ag.Tensor(data, dtype=np.float32); v = np.array([1e300, 1, 2])",
    ),
    Fault(
        "integers too large for the dtype", "h.grad = [70000, 1, 1]", errors.InPlaceError, ["int64", "float16"], [],
        "h = ag.Tensor(data, dtype=np.float16, requires_grad=True)",
    ),
    Fault(
        "an array of a Tensor that is given another shape", "h.data.shape = (3, 1); h * 2", errors.InPlaceError,
        ["'h'", "shape or dtype"], ["t.data.shape = (3,)"],
        "import warnings; warnings.filterwarnings('ignore', 'Setting the shape'); h = t; h.name = 'h'",
    ),
    Fault(
        "a batch into a Tensor from outside", "ag.vmap(f)(np.ones((4, 3)))", errors.BatchError,
        ["(3,)", "differs between examples", "at "], ["t.assign(np.mean(values, 0))"],
        "t = ag.Tensor(data); f = lambda x: t.assign(t + x); values = np.ones((4, 3))",
    ),
    Fault(
        "a batch that is used after its call", "float(kept[0])", errors.BatchError, ["kept elsewhere", "as a result"],
        [], "kept = []; ag.vmap(lambda x: (kept.append(x), x)[1])(np.ones(3))",
    ),
    Fault(
        "an attribute changed in place by what is evaluated twice", "ag.checkpoint(m)(x)", errors.StateError,
        ["attribute seen of M"], ["self.seen = self.seen + v"],
        "class M(ag.nn.Module):\n    def forward(self, x): self.seen += 1; return x * 2\n"
        "self = m = M(); m.seen = np.zeros(3); v = 1\n",
    ),
    Fault(
        "a result told to require no gradient", "t.requires_grad = False", errors.LeafMutationError,
        ["requires_grad", "multiply"], ["t = t.detach()"],
    ),
]  # fmt: skip
UNSUPPORTED = [
    Fault(
        "a mode of qr", "np.linalg.qr(np.outer(t, t), 'raw')", errors.UnsupportedError, ["'raw'"], ["mode='reduced'"],
    ),
    Fault(
        "full of a Tensor", "np.full(shape, t)", errors.ConversionError, ["np.full()"], ["np.broadcast_to(t, shape)"],
        "t = t.sum(); shape = (2, 3)",
    ),
    Fault("bits of floats", "np.packbits(t)", errors.UnsupportedError, ["numpy.packbits"], ["t.detach().numpy()"]),
    Fault(
        "add.at", "np.add.at(a, [0], t[:1])", errors.ConversionError, ["add.at"],
        ["a = ag.Tensor(a)", "np.broadcast_to(t, a.shape)"], "a = data",
    ),
    Fault(
        "copyto", "np.copyto(a, t)", errors.ConversionError, ["copyto"],
        ["a = ag.Tensor(a)", "np.broadcast_to(t, a.shape)"], "a = data",
    ),
    Fault(
        "where= of a ufunc", "np.exp(x, where=condition)", errors.UnsupportedError, ["where", "exp"],
        ["out=ag.Tensor(np.zeros(shape))"], "condition = [True, False, True]; shape = 3",
    ),
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
    Fault("bytes as other numbers", "x.view('f4')", errors.UnsupportedError, ["float32"], ["t.astype('float32')"]),
    Fault("another device", "x.to('cuda')", errors.UnsupportedError, ["cuda", "Write .to('cpu')"]),
    Fault(
        "t of three axes", "x[None, None].t()", errors.ShapeError, ["(1, 1, 3)"], ["t.swapaxes(-1, -2)"],
        "t = x[None, None]",
    ),
    Fault(
        "pieces that do not fit", "x.split([1, 1])", errors.ShapeError, ["sum to 3"],
        ["t.split(2)", "t.split([1, 3 - 1])"],
    ),
    Fault("mT of a vector", "x.mT", errors.NoMatrixError, ["'w'", "fewer than two axes"], ["t[:, None]"]),
    Fault("a mode of pad", "np.pad(x, 1, mode='empty')", errors.UnsupportedError, ["empty", "mode='constant'"]),
]  # fmt: skip
HANDED_OVER = [
    Fault("DLPack", "np.from_dlpack(t)", errors.ConversionError, ["DLPack", "(3,)"], ["t.detach()"]),
]
COPIES = [
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
SINE = "op = ag.custom_op(np.sin, vjp={vjp}, name='sine'); f = lambda x: np.sum(op(x)); v = np.array([0.5, 2.0])"
DATACLASS = """
import dataclasses
@dataclasses.dataclass
class Model:
    w: object
    {field}
def f(m): return np.sum(m.w**2)
m = Model(np.ones(2), {value})
"""
FUNCTIONS = [
    Fault(
        "a rule of one's own that cuts", "ag.hessian(f)(v)", errors.ForeignRuleError,
        ["the reverse rule of custom_op sine", "numpy()"], [],
        SINE.format(vjp="lambda g, x: g * np.cos(x.numpy() if isinstance(x, ag.Tensor) else x)"),
    ),
    Fault(
        "forwards through a rule that is no NumPy", "ag.jvp(f, (v,), (v,))", errors.ForeignRuleError,
        ["custom_op sine has no forward rule", "jvp=lambda tangents, x: ", "mode='reverse'"], [],
        SINE.format(vjp="lambda g, x: np.array([float(a) * np.cos(float(b)) for a, b in zip(g, x)])"),
    ),
    Fault(
        "a rule of one's own that writes", "ag.grad(f)(v)", errors.RuleError,
        ["the reverse rule of custom_op sine writes into its argument g"], ["g = g.copy()"],
        SINE.format(vjp="lambda g, x: np.multiply(g, np.cos(x), out=g)") + "; g = v",
    ),
    Fault(
        "a rule of one's own that returns complex numbers", "ag.grad(f)(v)", errors.RuleError,
        ["the reverse rule of custom_op sine returned an array of dtype complex128"], ["z.real"],
        SINE.format(vjp="lambda g, x: 1j * g") + "; z = 1j * v",
    ),
    Fault(
        "a result that was lost on the way", "ag.grad(lambda x: 2 * x.item())(1.0)", errors.NoPathError,
        ["lost on the way by item()"],
    ),
    Fault(
        "a whole number in a dataclass", "ag.grad(f)(m)", errors.GradientDtypeError,
        ["argument 0.n of f is an int", "n: int = dataclasses.field(metadata={'static': True})", "2.0"], [],
        DATACLASS.format(field="n: int", value="2"),
    ),
    Fault(
        "a text in a dataclass", "ag.jvp(f, (m,), (m,))", errors.GradientDtypeError,
        ["argument 0.act of f is a str", "act: str = dataclasses.field(metadata={'static': True})"], [],
        DATACLASS.format(field="act: str", value="'tanh'"),
    ),
    Fault(
        "a text in a dict", "ag.grad(f)({'w': 1.0, 'act': 'tanh'})", errors.GradientDtypeError,
        ["argument 0['act'] of f is a str"], [], "f = lambda p, setting=None: p['w']; f.__name__ = 'f'",
    ),
    Fault(
        "a text among results", "ag.jacobian(f)(x)", errors.NoPathError,
        ["the result of f at ['name'] is a str"], [], "f = lambda x: {'y': x, 'name': 'y'}; f.__name__ = 'f'",
    ),
    Fault("a vector of texts", "ag.tree.ravel({'w': 1.0, 'act': 'tanh'})", errors.DataError, ["dtype <U4"]),
]  # fmt: skip

_F = "F = ag.nn.functional; nn = ag.nn; input = ag.Tensor(np.ones((4, 2))); "
LEARNING = [
    Fault(
        "a layer of another size", "model(v)", errors.ShapeError, ["Linear(in_features=5", "length 5", "(4, 4)"],
        ["nn.Linear(4, 1)"], "nn = ag.nn; model = nn.Linear(5, 1); v = np.ones((4, 4))",
    ),
    Fault(
        "the second layer of a chain", "model(v)", errors.ShapeError,
        ["the layer '2' of Sequential", "Linear(in_features=5", "(4, 3)"], ["nn.Linear(3, 1)"],
        "nn = ag.nn; model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(5, 1)); v = np.ones((4, 2))",
    ),
    Fault(
        "a layer deep in a model", "model(v)", errors.ShapeError, ["the layer 'body.1' of Net", "(4, 3)"],
        ["nn.Linear(3, 1)"],
        "nn = ag.nn\n"
        "class Net(nn.Module):\n"
        "    def __init__(self): self.body = [nn.Linear(2, 3), nn.Linear(5, 1)]\n"
        "    def forward(self, x): return self.body[1](self.body[0](x))\n"
        "model = Net(); v = np.ones((4, 2))",
    ),
    Fault(
        "an input with its axes exchanged", "model(v)", errors.ShapeError,
        ["length 5", "(5, 2)", "Write x.T"], ["nn.Linear(2, 1)"],
        "nn = ag.nn; model = nn.Linear(5, 1); v = np.ones((5, 2))",
    ),
    Fault(
        "an image for a layer of vectors", "model(v)", errors.ShapeError,
        ["(2, 3, 4)", "Write x.reshape(-1, 12)"], ["nn.Linear(4, 1)"],
        "nn = ag.nn; model = nn.Linear(12, 1); v = np.ones((2, 3, 4))",
    ),
    Fault(
        "a bias of another size", "F.linear(x, np.ones((2, 3)), np.ones(3))", errors.ShapeError, ["2 outputs", "(3,)"],
        ["np.zeros(2)"], _F,
    ),
    Fault(
        "a weight that is a vector", "F.linear(x, weight)", errors.ShapeError, ["(out, in)", "(5,)"],
        ["np.ones((out, 3))"], _F + "weight = np.ones(5); out = 2",
    ),
    Fault(
        "classes for other rows", "F.cross_entropy(input, target)", errors.ShapeError, ["(5,)", "(4,)"],
        ["input[:4], target[:4]"], _F + "target = np.zeros(5, int)",
    ),
    Fault(
        "classes with one axis too many", "F.cross_entropy(input, target)", errors.ShapeError, ["(4, 1)", "(4,)"],
        ["target.reshape((4,))"], _F + "target = np.zeros((4, 1), int)",
    ),
    Fault(
        "rows of zeros and ones", "F.cross_entropy(input, target)", errors.ShapeError, ["(4, 2)", "(4,)"],
        ["target.argmax(axis=1)"], _F + "target = np.eye(2, dtype=int)[[0, 1, 1, 0]]",
    ),
    Fault(
        "classes as floats", "F.cross_entropy(input, target)", errors.ShapeError, ["float64", "as classes have"],
        ["target.astype(int)"], _F + "target = np.zeros(4)",
    ),
    Fault(
        "classes as floats, of log probabilities", "F.nll_loss(input, target)", errors.ArgumentError, ["float64"],
        ["target.astype(int)"], _F + "target = np.zeros(4)",
    ),
    Fault(
        "a target that is a column", "F.mse_loss(input[:, 0], target)", errors.ShapeError, ["(4,)", "(4, 1)"],
        ["target.reshape((4,))"], _F + "target = np.zeros((4, 1))",
    ),
    Fault(
        "a target for other rows", "F.mse_loss(input, target)", errors.ShapeError, ["(4, 2)", "(3, 2)"],
        ["input[:3], target[:3]"], _F + "target = np.zeros((3, 2))",
    ),
    Fault(
        "a target that is one number", "F.mse_loss(input, target)", errors.ShapeError, ["(4, 2)", "()"],
        ["np.broadcast_to(target, (4, 2))"], _F + "target = np.float64(0.0)",
    ),
    Fault(
        "a target of quite another shape", "F.mse_loss(input, target, 'none')", errors.ShapeError, ["(4, 2)", "(3, 5)"],
        ["np.zeros((4, 2))"], _F + "target = np.zeros((3, 5))",
    ),
    Fault(
        "an old argument of a loss", "nn.CrossEntropyLoss(size_average=True)", errors.UnsupportedError,
        ["CrossEntropyLoss() has no argument size_average"], ["CrossEntropyLoss(reduction='none')"],
        "nn = ag.nn; CrossEntropyLoss = nn.CrossEntropyLoss",
    ),
    Fault(
        "an image of other channels", "model(v)", errors.ShapeError,
        ["the layer '1' of Sequential, Conv2d(5, 2", "5 channels, along axis 1", "(2, 3, 4, 4)"],
        ["nn.Conv2d(3, 2, kernel_size=(3, 3))"],
        "nn = ag.nn; model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Conv2d(5, 2, 3)); v = np.ones((2, 1, 6, 6))",
    ),
    Fault(
        "an image with its channels at the end", "F.conv2d(x, w)", errors.ShapeError, ["(1, 4, 4, 3)"],
        ["np.moveaxis(x, -1, 1)"],
        _F + "x = ag.Tensor(np.ones((1, 4, 4, 3)), requires_grad=True); w = np.ones((2, 3, 2, 2))",
    ),
    Fault(
        "an image without channels", "F.conv2d(x, w)", errors.ShapeError, ["(N, C, H, W)", "(4, 4)"],
        ["x[None, None]"], _F + "x = ag.Tensor(np.ones((4, 4)), requires_grad=True); w = np.ones((2, 1, 2, 2))",
    ),
    Fault(
        "images in too many axes", "F.max_pool1d(x, 2)", errors.ShapeError, ["(N, C, L)", "(2, 3, 4, 5)"],
        ["x.reshape((-1, 4, 5))"], _F + "x = ag.Tensor(np.ones((2, 3, 4, 5)), requires_grad=True)",
    ),
    Fault(
        "groups that do not divide channels", "nn.Conv2d(4, 6, 3, groups=3)", errors.ArgumentError,
        ["groups=3", "4 in, 6 out"], ["groups=2"], "nn = ag.nn",
    ),
    Fault(
        "a window larger than the image", "F.conv2d(np.ones((1, 3, 4, 4)), np.ones((1, 3, 5, 5)))", errors.ShapeError,
        ["(5, 5)", "(4, 4)", "a kernel_size of at most (4, 4), or more padding"], [], _F,
    ),
    Fault(
        "a stride of nothing", "nn.MaxPool2d(2, stride=0)(np.ones((1, 4, 4)))", errors.ArgumentError,
        ["stride of max_pool2d() is 0"], ["stride=(1, 1)"], "nn = ag.nn",
    ),
    Fault(
        "padding by a name nobody knows", "F.conv1d(np.ones((1, 4)), np.ones((1, 1, 2)), padding='full')",
        errors.ArgumentError, ["padding='full'"], ["padding='same'"], _F,
    ),
    Fault(
        "a result of the same size with a stride", "nn.Conv1d(1, 1, 3, stride=2, padding='same')", errors.ArgumentError,
        ["padding='same' and stride=(2,)"], ["stride=1"], "nn = ag.nn",
    ),
    Fault(
        "windows of padding alone", "F.max_pool2d(np.ones((1, 4, 4)), 2, padding=2)", errors.ArgumentError,
        ["padding=(2, 2)", "(2, 2)"], ["padding=(1, 1)"], _F,
    ),
    Fault(
        "windows that reach over the whole input", "F.max_pool1d(np.ones((1, 1)), 2, 1, 1, 2)", errors.ShapeError,
        ["windows of (3,)", "padding alone"], ["dilation=1"], _F,
    ),
    Fault(
        "a norm of other channels", "nn.BatchNorm2d(3)(np.ones((2, 4, 5, 5)))", errors.ShapeError,
        ["BatchNorm2d(3", "(2, 4, 5, 5)"], ["nn.BatchNorm2d(4)"], "nn = ag.nn",
    ),
    Fault(
        "a batch of one", "nn.BatchNorm1d(3)(np.ones((1, 3)))", errors.ShapeError, ["(1, 3)", "variance is 0"],
        ["model.eval()"], "nn = ag.nn; model = nn.BatchNorm1d(3)",
    ),
    Fault(
        "a layer norm of another length", "nn.LayerNorm(3)(np.ones((2, 4)))", errors.ShapeError, ["(3,)", "(2, 4)"],
        ["normalized_shape=(4,)"], "nn = ag.nn",
    ),
    Fault(
        "margins longer than the array", "F.pad(np.ones(3), (3, 0), 'reflect')", errors.ShapeError,
        ["mode='reflect'", "3 elements of an axis of 3", "widths below 3"], [], _F,
    ),
    Fault(
        "cubic sequences", "F.interpolate(np.ones((1, 1, 4)), size=8, mode='bicubic')", errors.ArgumentError,
        ["'bicubic'", "(1, 1, 4)"], ["'linear'"], _F,
    ),
    Fault(
        "windows for another number of axes", "F.adaptive_avg_pool2d(np.ones((1, 4, 4)), (1, 2, 3))",
        errors.ArgumentError, ["(1, 2, 3)", "2 of them"], ["output_size=(1, 1)"], _F,
    ),
    Fault(
        "factors for another number of axes", "F.interpolate(np.ones((1, 1, 4)), scale_factor=(1, 2))",
        errors.ArgumentError, ["(1, 2)"], ["scale_factor=(2.0,)"], _F,
    ),
    Fault(
        "an image without a batch that is resized", "F.interpolate(np.ones((4, 4)), size=3)", errors.ShapeError,
        ["(N, C, H, W)", "(4, 4)"], ["x[None]"], _F,
    ),
    Fault(
        "an image without a batch, to be normalised", "nn.BatchNorm2d(3)(np.ones((3, 4, 4)))", errors.ShapeError,
        ["BatchNorm2d(3", "(3, 4, 4)"], ["x[None]"], "nn = ag.nn",
    ),
    Fault(
        "running statistics that cannot change", "F.batch_norm(input, m, m, training=True)", errors.ArgumentError,
        ["running_mean", "ndarray"], ["running_mean=ag.Tensor(running_mean)"], _F + "m = running_mean = np.ones(2)",
    ),
    Fault(
        "a module sent to another device", "model.to('cuda')", errors.ArgumentError, ["one device, the processor"],
        ["model.to('cpu')"], "model = ag.nn.Linear(2, 1)",
    ),
    Fault(
        "a method of PyTorch that is not there", "model.cuda()", errors.NoAttributeError, ["a module has no cuda()"],
        ["model.cpu()"], "model = ag.nn.Linear(2, 1)",
    ),
    Fault(
        "parameters of integers", "model.to(int)", errors.ArgumentError, ["to(int64)"],
        ["to(np.float32)"], "model = ag.nn.Linear(2, 1); to = model.to",
    ),
    Fault(
        "an optimiser of parameters without a size", "ag.optim.SGD(model.parameters())", errors.ArgumentError,
        ["'weight'", "no size before the first call"], ["model(x)"], "model = ag.nn.LazyLinear(1)",
    ),
    Fault(
        "a part of a list that is no module", "nn.ModuleList([nn.ReLU])", errors.LayerError, ["the class ReLU"],
        ["ModuleList([nn.ReLU()])"], "nn = ag.nn; ModuleList = nn.ModuleList",
    ),
    Fault(
        "a part that is not there", "model.get_parameter('0.weigth')", errors.NoAttributeError,
        ["Sequential has no parameter '0.weigth'"], ["[name for name, _ in model.named_parameters()]"],
        "model = ag.nn.Sequential(ag.nn.Linear(2, 1))",
    ),
    Fault(
        "an output that backward hooks do not know", "model(x)", errors.LayerError, ["Named", "returns a dict"], [],
        "class Named(ag.nn.Module):\n    def forward(self, x): return {'y': x}\n"
        "model = Named(); model.register_full_backward_hook(print)",
    ),
    Fault(
        "a value for what is computed, and not known how", "layer.weight = v", errors.StateDictError,
        ["Doubled does not say of what it makes it"], [],
        "class Doubled(ag.nn.Module):\n    def forward(self, x): return 2 * x\n"
        "layer = ag.nn.utils.parametrize.register_parametrization(ag.nn.Linear(2, 1), 'weight', Doubled()); "
        "v = np.ones((1, 2))",
    ),
    Fault(
        "a norm in training to be fused", "ag.nn.utils.fuse_linear_bn_eval(layer, norm)", errors.ArgumentError,
        ["only where none is trained"], ["layer.eval()", "norm.eval()"],
        "layer, norm = ag.nn.Linear(2, 1), ag.nn.BatchNorm1d(1)",
    ),
    Fault(
        "initial values of a bias by its fans", "ag.nn.init.kaiming_normal_(bias)", errors.ShapeError,
        ["kaiming_normal_ of", "(out, in)"], ["nn.init.zeros_(bias)"],
        "nn = ag.nn; bias = ag.nn.Parameter(np.ones(3), name='bias')",
    ),
    Fault(
        "a function that returns nothing", "ag.grad(f)(data)", errors.NoPathError, ["f returned None", "return y"], [],
        "def f(x): y = np.sum(x)",
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
_EXPLAINED = """
attr = ag.attribution; nn = ag.nn; rows = np.ones((4, 3)); model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
def constant(x): return ag.Tensor(np.ones(4))
saliency, integrated_gradients = attr.saliency, attr.integrated_gradients
"""
EXPLAINED = [
    Fault(
        "an explanation of whole numbers", "saliency(model, counts, 0)", errors.GradientDtypeError,
        ["saliency()", "int64"], ["x.astype(float)"], _EXPLAINED + "counts = np.ones((4, 3), int)",
    ),
    Fault(
        "an explanation of several scores", "saliency(model, rows)", errors.ShapeError, ["4 examples", "(4, 2)"],
        ["target=0"], _EXPLAINED,
    ),
    Fault(
        "an explanation of a class that does not exist", "saliency(model, rows, 2)", errors.ArgumentError,
        ["there are 2, 0 to 1"], ["target=1"], _EXPLAINED,
    ),
    Fault(
        "an explanation of the last class", "saliency(model, rows, [0, 1, -1, 0])", errors.ArgumentError,
        ["does not exist"], [], _EXPLAINED,
    ),
    Fault(
        "an explanation of classes of other examples", "saliency(model, rows, [0, 1])", errors.ArgumentError,
        ["no place in an output of shape (4, 2)"], ["target=0"], _EXPLAINED,
    ),
    Fault(
        "an explanation of what does not depend on the input", "saliency(constant, rows)", errors.NoPathError,
        ["no gradient reaches", "constant", "does not depend on it"], [], _EXPLAINED,
    ),
    Fault(
        "an explanation of what was detached", "saliency(lambda x: model(x.detach()), rows, 0)", errors.NoPathError,
        ["no gradient reaches", "detach()"], [], _EXPLAINED,
    ),
    Fault(
        "an explanation of a model in training", "saliency(model, rows, 0)", errors.ArgumentError,
        ["'1', Dropout,", "random numbers"], ["model.eval()", "lambda x: model(x)"],
        _EXPLAINED + "model = nn.Sequential(nn.Linear(3, 2), nn.Dropout())",
    ),
    Fault(
        "an explanation of no model", "saliency(rows, rows)", errors.ArgumentError, ["ndarray"], [], _EXPLAINED,
    ),
    Fault(
        "a baseline of another shape", "integrated_gradients(model, rows, np.ones(2), 0)", errors.ShapeError,
        ["(2,)", "(4, 3)"], ["baseline=np.zeros((4, 3))"], _EXPLAINED,
    ),
    Fault(
        "an integral by an unknown method", "integrated_gradients(model, rows, None, 0, method='simpson')",
        errors.ArgumentError, ["'simpson'"], ["method='gausslegendre'"], _EXPLAINED,
    ),
    Fault(
        "an integral in no steps", "integrated_gradients(model, rows, None, 0, 0)", errors.ArgumentError, ["steps=0"],
        ["steps=50"], _EXPLAINED,
    ),
    Fault(
        "a variant that is unknown", "attr.smooth_grad(model, rows, 0, variant='median')", errors.ArgumentError,
        ["'median'"], ["variant='mean'"], _EXPLAINED,
    ),
    Fault(
        "a window of other axes", "attr.occlusion(model, rows, (2, 2), target=0)", errors.ArgumentError,
        ["(2, 2)", "(3,)"], ["window=(3,)"], _EXPLAINED,
    ),
    Fault(
        "a stride over a window", "attr.occlusion(model, rows, 1, 2, target=0)", errors.ArgumentError, ["stride"],
        ["stride=(1,)"], _EXPLAINED,
    ),
    Fault(
        "a rule that is unknown", "attr.layer_wise_relevance(model, rows, 0, 'delta')", errors.ArgumentError,
        ["'delta'"], ["rule='epsilon'", "ag.attribution.Gamma(0.25)"], _EXPLAINED,
    ),
    Fault(
        "a rule of a layer that is not there", "attr.layer_wise_relevance(model, rows, 0, rules={'7': 'gamma'})",
        errors.ArgumentError, ["'7'", "'0'"], [], _EXPLAINED,
    ),
    Fault(
        "a rule whose settings do not fit", "attr.AlphaBeta(1, 1)", errors.ArgumentError, ["alpha - beta"], [],
        _EXPLAINED,
    ),
    Fault("a rule of a negative number", "attr.Gamma(-1)", errors.ArgumentError, ["gamma=-1"], [], _EXPLAINED),
    Fault(
        "a layer that is not in the model", "attr.grad_cam(model, rows, '7', 0)", errors.ArgumentError,
        ["'7'", "'0', '1'"], ["layer=model[0]"], _EXPLAINED,
    ),
    Fault(
        "a layer without images", "attr.grad_cam(model, rows, '0', 0)", errors.ShapeError, ["(4, 2)"], [], _EXPLAINED,
    ),
    Fault(
        "a layer that is called twice", "attr.grad_cam(nn.Sequential(layer, layer), images, layer, np.sum)",
        errors.ArgumentError, ["called 2 times"], [],
        _EXPLAINED + "layer = nn.Conv2d(1, 1, 1); images = np.ones((1, 1, 2, 2))",
    ),
    Fault(
        "a layer of a function", "attr.grad_cam(np.sin, rows, '0')", errors.ArgumentError, ["ufunc"], [], _EXPLAINED,
    ),
    Fault(
        "a deletion by other attributions", "attr.deletion(model, rows, rows[0], 0)", errors.ShapeError,
        ["(4, 3)", "(3,)"], [], _EXPLAINED,
    ),
    Fault(
        "influence on a loss of another shape", "attr.influence(model, lambda y, t: y, (rows, t), (rows, t))",
        errors.ShapeError, ["(4, 2)", "4 examples"], [], _EXPLAINED + "t = np.zeros(4, int)",
    ),
    Fault(
        "influence of no pair", "attr.influence(model, nn.CrossEntropyLoss(), rows, rows)", errors.ArgumentError,
        ["training", "ndarray"], [], _EXPLAINED,
    ),
    Fault(
        "influence of as many rows", "attr.influence(model, nn.CrossEntropyLoss(), (rows, t), (rows, t))",
        errors.ArgumentError, ["(4,)", "(3,)"], [], _EXPLAINED + "t = np.zeros(3, int)",
    ),
    Fault(
        "influence on unknown parameters", "attr.influence(model, print, (rows, t), (rows, t), parameters=['w'])",
        errors.ArgumentError, ["'w'", "'0.weight'"], [], _EXPLAINED + "t = np.zeros(4, int)",
    ),
    Fault(
        "influence by an unknown method", "attr.influence(model, print, (rows, t), (rows, t), method='newton')",
        errors.ArgumentError, ["'newton'"], ["method='cg'"], _EXPLAINED + "t = np.zeros(4, int)",
    ),
    Fault(
        "influence on a function", "attr.influence(np.sin, print, (rows, rows), (rows, rows))", errors.ArgumentError,
        ["ufunc"], [], _EXPLAINED,
    ),
]  # fmt: skip
FAULTS = [
    *BACKWARD, *DATA, *CONVERSION, *IN_PLACE, *UNSUPPORTED, *HANDED_OVER, *COPIES, *RULES, *FUNCTIONS, *LEARNING,
    *CHECKS, *EXPLAINED,
]  # fmt: skip
