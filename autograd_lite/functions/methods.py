"""Methods of a Tensor as functions, by PyTorch's names and with its arguments.

What is given first is made a Tensor, if it is none. Only what means the same in PyTorch is here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, Concatenate, ParamSpec, TypeVar

from autograd_lite.functions.made import as_tensor
from autograd_lite.tensor.tensor import Tensor

__all__ = [
    "abs", "absolute", "acos", "acosh", "add", "addcdiv", "addcmul", "all", "allclose", "amax", "amin", "angle", "any",
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "argmax", "argmin", "asin", "asinh",
    "atan", "atan2", "atanh", "bmm", "broadcast_to", "ceil", "chunk", "clamp", "clamp_max", "clamp_min", "clip",
    "clone", "conj", "cos", "cosh", "count_nonzero", "cummax", "cummin", "cumprod", "cumsum", "det", "detach", "diag",
    "diag_embed", "diagonal", "digamma", "dist", "div", "divide", "dot", "eq", "equal", "erf", "erfc", "erfinv", "exp",
    "exp2", "expm1", "flatten", "flip", "float_power", "floor", "frac", "gather", "ge", "ger", "gt", "heaviside",
    "index_add", "index_copy", "index_fill", "index_put", "index_select", "inverse", "is_complex", "is_floating_point",
    "isclose", "isfinite", "isinf", "isnan", "kthvalue", "le", "lerp", "lgamma", "log", "log10", "log1p", "log2",
    "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or", "lt", "masked_fill", "masked_scatter",
    "masked_select", "matmul", "maximum", "mean", "median", "minimum", "mm", "moveaxis", "movedim", "mul", "multiply",
    "mv", "nan_to_num", "narrow", "ne", "neg", "negative", "norm", "numel", "outer", "permute", "pow", "prod", "ravel",
    "reciprocal", "remainder", "repeat_interleave", "reshape", "roll", "rot90", "round", "rsqrt", "scatter",
    "scatter_add", "scatter_reduce", "select", "sign", "sin", "sinh", "split", "sqrt", "square", "squeeze", "sub",
    "subtract", "sum", "swapaxes", "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor_split", "tile",
    "topk", "trace", "tril", "triu", "true_divide", "trunc", "unbind", "unflatten", "unsqueeze",
]  # fmt: skip

P = ParamSpec("P")
R = TypeVar("R")


def _function(method: Callable[Concatenate[Tensor, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Return a method as a function."""

    @wraps(method)
    def function(input: Any, *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: A002 - PyTorch's name
        return method(as_tensor(input), *args, **kwargs)

    _, *others = signature(method).parameters.values()
    function.__module__ = __name__
    function.__signature__ = Signature([Parameter("input", Parameter.POSITIONAL_OR_KEYWORD), *others])  # type: ignore[attr-defined]
    return function  # type: ignore[return-value]


# ----- element by element -----

abs = _function(Tensor.abs)  # noqa: A001 - PyTorch's names
absolute = _function(Tensor.absolute)
acos = _function(Tensor.acos)
acosh = _function(Tensor.acosh)
angle = _function(Tensor.angle)
arccos = _function(Tensor.arccos)
arccosh = _function(Tensor.arccosh)
arcsin = _function(Tensor.arcsin)
arcsinh = _function(Tensor.arcsinh)
arctan = _function(Tensor.arctan)
arctanh = _function(Tensor.arctanh)
asin = _function(Tensor.asin)
asinh = _function(Tensor.asinh)
atan = _function(Tensor.atan)
atanh = _function(Tensor.atanh)
ceil = _function(Tensor.ceil)
clamp = _function(Tensor.clamp)
clamp_max = _function(Tensor.clamp_max)
clamp_min = _function(Tensor.clamp_min)
clip = _function(Tensor.clip)
cos = _function(Tensor.cos)
cosh = _function(Tensor.cosh)
digamma = _function(Tensor.digamma)
erf = _function(Tensor.erf)
erfc = _function(Tensor.erfc)
erfinv = _function(Tensor.erfinv)
exp = _function(Tensor.exp)
exp2 = _function(Tensor.exp2)
expm1 = _function(Tensor.expm1)
float_power = _function(Tensor.float_power)
floor = _function(Tensor.floor)
frac = _function(Tensor.frac)
isfinite = _function(Tensor.isfinite)
isinf = _function(Tensor.isinf)
isnan = _function(Tensor.isnan)
lgamma = _function(Tensor.lgamma)
log = _function(Tensor.log)
log10 = _function(Tensor.log10)
log1p = _function(Tensor.log1p)
log2 = _function(Tensor.log2)
logical_not = _function(Tensor.logical_not)
masked_fill = _function(Tensor.masked_fill)
nan_to_num = _function(Tensor.nan_to_num)
neg = _function(Tensor.neg)
negative = _function(Tensor.negative)
pow = _function(Tensor.pow)  # noqa: A001 - PyTorch's names
reciprocal = _function(Tensor.reciprocal)
round = _function(Tensor.round)  # noqa: A001 - PyTorch's names
rsqrt = _function(Tensor.rsqrt)
sign = _function(Tensor.sign)
sin = _function(Tensor.sin)
sinh = _function(Tensor.sinh)
sqrt = _function(Tensor.sqrt)
square = _function(Tensor.square)
tan = _function(Tensor.tan)
tanh = _function(Tensor.tanh)
trunc = _function(Tensor.trunc)

# ----- of two -----

add = _function(Tensor.add)
addcdiv = _function(Tensor.addcdiv)
addcmul = _function(Tensor.addcmul)
allclose = _function(Tensor.allclose)
arctan2 = _function(Tensor.arctan2)
atan2 = _function(Tensor.atan2)
bmm = _function(Tensor.bmm)
dist = _function(Tensor.dist)
div = _function(Tensor.div)
divide = _function(Tensor.divide)
dot = _function(Tensor.dot)
eq = _function(Tensor.eq)
equal = _function(Tensor.equal)
ge = _function(Tensor.ge)
ger = _function(Tensor.outer)
gt = _function(Tensor.gt)
heaviside = _function(Tensor.heaviside)
isclose = _function(Tensor.isclose)
le = _function(Tensor.le)
lerp = _function(Tensor.lerp)
logical_and = _function(Tensor.logical_and)
logical_or = _function(Tensor.logical_or)
lt = _function(Tensor.lt)
matmul = _function(Tensor.matmul)
maximum = _function(Tensor.maximum)
minimum = _function(Tensor.minimum)
mm = _function(Tensor.mm)
mul = _function(Tensor.mul)
multiply = _function(Tensor.multiply)
mv = _function(Tensor.mv)
ne = _function(Tensor.ne)
outer = _function(Tensor.outer)
remainder = _function(Tensor.remainder)
sub = _function(Tensor.sub)
subtract = _function(Tensor.subtract)
true_divide = _function(Tensor.true_divide)

# ----- sums, extrema, questions -----

all = _function(Tensor.all)  # noqa: A001 - PyTorch's names
amax = _function(Tensor.amax)
amin = _function(Tensor.amin)
any = _function(Tensor.any)  # noqa: A001 - PyTorch's names
argmax = _function(Tensor.argmax)
argmin = _function(Tensor.argmin)
count_nonzero = _function(Tensor.count_nonzero)
cummax = _function(Tensor.cummax)
cummin = _function(Tensor.cummin)
cumprod = _function(Tensor.cumprod)
cumsum = _function(Tensor.cumsum)
is_complex = _function(Tensor.is_complex)
is_floating_point = _function(Tensor.is_floating_point)
kthvalue = _function(Tensor.kthvalue)
logcumsumexp = _function(Tensor.logcumsumexp)
mean = _function(Tensor.mean)
median = _function(Tensor.median)
norm = _function(Tensor.norm)
numel = _function(Tensor.numel)
prod = _function(Tensor.prod)
sum = _function(Tensor.sum)  # noqa: A001 - PyTorch's names
topk = _function(Tensor.topk)
trace = _function(Tensor.trace)

# ----- shapes -----

broadcast_to = _function(Tensor.broadcast_to)
diag_embed = _function(Tensor.diag_embed)
flatten = _function(Tensor.flatten)
flip = _function(Tensor.flip)
moveaxis = _function(Tensor.moveaxis)
movedim = _function(Tensor.movedim)
permute = _function(Tensor.permute)
ravel = _function(Tensor.ravel)
repeat_interleave = _function(Tensor.repeat_interleave)
reshape = _function(Tensor.reshape)
roll = _function(Tensor.roll)
rot90 = _function(Tensor.rot90)
squeeze = _function(Tensor.squeeze)
swapaxes = _function(Tensor.swapaxes)
swapdims = _function(Tensor.swapdims)
t = _function(Tensor.t)
tile = _function(Tensor.tile)
unflatten = _function(Tensor.unflatten)
unsqueeze = _function(Tensor.unsqueeze)

# ----- parts -----

chunk = _function(Tensor.chunk)
clone = _function(Tensor.clone)
conj = _function(Tensor.conj)
detach = _function(Tensor.detach)
diag = _function(Tensor.diag)
diagonal = _function(Tensor.diagonal)
gather = _function(Tensor.gather)
index_add = _function(Tensor.index_add)
index_copy = _function(Tensor.index_copy)
index_fill = _function(Tensor.index_fill)
index_put = _function(Tensor.index_put)
index_select = _function(Tensor.index_select)
masked_scatter = _function(Tensor.masked_scatter)
masked_select = _function(Tensor.masked_select)
narrow = _function(Tensor.narrow)
scatter = _function(Tensor.scatter)
scatter_add = _function(Tensor.scatter_add)
scatter_reduce = _function(Tensor.scatter_reduce)
select = _function(Tensor.select)
split = _function(Tensor.split)
take = _function(Tensor.take)
take_along_dim = _function(Tensor.take_along_dim)
tensor_split = _function(Tensor.tensor_split)
tril = _function(Tensor.tril)
triu = _function(Tensor.triu)
unbind = _function(Tensor.unbind)

# ----- of matrices -----

det = _function(Tensor.det)
inverse = _function(Tensor.inverse)
logdet = _function(Tensor.logdet)
