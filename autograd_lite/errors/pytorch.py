"""Texts of PyTorch's functions by their names."""

from __future__ import annotations

_ONE_DEVICE = '{name} says which devices there are, and here there is one. Write device = "cpu"'
NOT_TAKEN_OVER = {
    "backends": _ONE_DEVICE.format(name="torch.backends"),
    "accelerator": _ONE_DEVICE.format(name="torch.accelerator"),
    "set_default_dtype": (
        "Floats are float64 where nothing else is said. Write dtype=ag.float32 where Tensors are made, and "
        "model.float() for a model"
    ),
    "jit": "Write ag.compile(f)",
    "func": "Write ag.grad(f), ag.vmap(f), ag.jacobian(f), and ag.nn.functional_call(model, parameters, x)",
    "utils": "Write from autograd_lite.data import DataLoader, ag.checkpoint(f), and ag.nn.utils",
    "amp": "Numbers have the dtype that they are given. Write model.float(), or model.half()",
    "autocast": "Numbers have the dtype that they are given. Write model.float(), or model.half()",
    "distributions": "Write ag.multinomial(p, 1), ag.bernoulli(p), or mean + std * ag.randn(n)",
    "FloatTensor": "Write ag.tensor(data, dtype=ag.float32)",
    "LongTensor": "Write ag.tensor(data, dtype=ag.int64)",
    "set_num_threads": "NumPy's products have the threads of OPENBLAS_NUM_THREADS. Write it before the program starts",
}
"""What of PyTorch is not here, and what to write."""

FROM_NUMPY = "from_numpy() takes an array of NumPy's, not {given}. Write ag.as_tensor(x)"
RANDINT_SIZE = "randint() needs the shape of what is drawn. Write ag.randint({high}, (2, 3))"
NEGATIVE_STD = "normal() is given a standard deviation below 0. Write np.abs(std)"
BERNOULLI = "bernoulli() takes probabilities from 0 to 1. Write ag.sigmoid(x) for scores"
MULTINOMIAL = (
    "multinomial() draws {count} places from weights of shape {shape}: a vector, or a matrix of rows, with as many "
    "weights as places are drawn. Write replacement=True for places that may be drawn again"
)
WEIGHTS = (
    "multinomial() takes weights that are finite and not negative, {needed} of them above 0 in each row. Write "
    "ag.softmax(x, -1) for scores"
)
SEVERAL_TENSORS = "{name}() takes a list or a tuple of Tensors, not {given}. Write ag.{name}([a, b])"
WHERE_OF_TWO = "where() takes both of two alternatives, or none. Write ag.where(condition, x, 0.0)"
MESHGRID_INDEXING = (
    "meshgrid() is given indexing={given!r}. Write indexing='ij', PyTorch's default, or indexing='xy', NumPy's"
)
TRANSPOSED_NOT = (
    "transpose{given} of {what} names its axes in the order in which they are, as in NumPy, and so changes nothing. "
    "Write t.swapaxes{given} to exchange them"
)
REPEATED = (
    "repeat{given} of {what}: the second number is an axis, as in NumPy, and there is none of this number. "
    "Write t.tile{given} for the whole, repeated along each axis, as PyTorch's repeat does"
)
MIXED_INDEX = (
    "an integer counts as an array of places in NumPy's index: where a slice stands between it and another array, the "
    "axis of the places comes first, which it does not in PyTorch. Write t[{first}][{rest}] = value"
)
ROUNDING_MODE = "rounding_mode={given!r} of div() is unknown. Write rounding_mode='floor', 'trunc', or None"
IMPLIED_AXIS = (
    "{name}() of {ndim} axes is told none of them, and takes axis {dim}, as PyTorch does. Write dim=-1 for the last "
    "one, or dim={dim}"
)
NARROW = (
    "narrow() is asked for {length} parts from {start} on, of an axis of length {n}. "
    "Write a start and a length within it"
)
SCATTER_REDUCE = "reduce={given!r} of scatter_reduce() is unknown. Write 'sum', 'prod', 'mean', 'amax' or 'amin'"
DETACHED_IN_PLACE = "detach_() would take the history of {what} from all who hold it. Write t = t.detach()"
RANDOM_RANGE = (
    "random_() is to draw whole numbers from {low} to before {to}, of which there are none. Write t.random_(0, 10)"
)
KTH = "kthvalue() counts from 1: k={k} of {n} elements. Write k=1 for the smallest"

# ----- autograd.grad -----

NOT_IN_AUTOGRAD = {
    "Function": "Write ag.custom_op(f, vjp=...)",
    "Variable": "Write ag.Tensor(x, requires_grad=True)",
    "detect_anomaly": "Write with ag.debug():",
    "set_detect_anomaly": "Write with ag.debug():",
    "functional": "Write ag.jacobian(f), ag.hessian(f), ag.vjp(f, x), ag.jvp(f, (x,), (v,)), ag.hvp(f, (x,), (v,))",
    "gradcheck": "Write ag.gradcheck(f, x)",
    "gradgradcheck": "Write ag.gradcheck(f, x, order=2)",
}
"""What of PyTorch's ``autograd`` has another name here."""

GRAD_OUTPUTS = "{given} cotangents are given for {count} results. Write one for each of them, None where it is 1"
GRAD_INPUT = "input {place} of a derivative is {what}, which no derivative is kept for. Write requires_grad=True for it"
GRAD_UNUSED = (
    "no result was computed from input {place} of grad(). Write allow_unused=True for None in its place, or "
    "materialize_grads=True for zeros"
)
