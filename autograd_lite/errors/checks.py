"""Texts of `gradcheck` and `debug`."""

from __future__ import annotations

CHECK_FILE = "there is no file {path!r}. Write python -m autograd_lite check path.py:{name}, from where path.py is"
CHECK_NAME = (
    "there is no function {name!r} in {path}, which has: {known}. "
    "Write python -m autograd_lite check {path}:f for one of these"
)
CHECK_INPUTS = (
    "{name}({parameters}) has parameters without a default, so it is not known what to check it at. "
    "Write --inputs 'np.ones(3), 2.0' with one expression for each parameter"
)
NON_FINITE = (
    "{op} makes {value} of finite numbers, first at index {index} of its result of shape {shape}{place}; its operands "
    "are {operands}. Write {instead}"
)
NON_FINITE_GRADIENT = (
    "the derivative of {op} by its argument {argument} makes {value} of a finite gradient, first at index {index} of "
    "shape {shape}; {op} was called{place}. Write {instead}"
)
GRADCHECK = (
    "gradcheck of {function}: the {derivative}derivative with respect to {input} is wrong at {number}{mode}. "
    "Worst{index}{output}: derived {analytic:.9g}, by finite differences {numeric:.9g} (known to {error:.1g}). {hint}."
    "{operation} Write print(ag.gradcheck(f, inputs, raise_exception=False)) for the table of all inputs"
)
GRADCHECK_KINK = (
    "gradcheck of {function}: the {derivative}derivative with respect to {input}{index}{output} is {analytic:.6g}"
    "{mode}, but the function has a kink there, of slope {left:.6g} to the left and {right:.6g} to the right, "
    "and a derivative has to lie between them.{operation} Write the check at another point: x + 0.1"
)
GRADCHECK_FINITE = (
    "gradcheck of {function}: by {input}, wrong at {number}{index}{output}, it is not finite around this point, so "
    "differences say nothing about its {derivative}derivative there. Write the check at another point: x + 0.1"
)
GRADCHECK_HOLOMORPHIC = (
    "gradcheck of {function}: it is not holomorphic, by {input}{index}, so that no complex derivative is right. The "
    "derivative is {hint}. "
    "Write the check with the real and the imaginary part as two inputs: lambda re, im: f(re + 1j * im)"
)
GRADCHECK_REPEAT = (
    "gradcheck of {function}: two calls with the same inputs, or two sweeps over the same graph, gave different "
    "results, so differences say nothing about its derivative. Write a function whose random numbers have a fixed "
    "seed, and that keeps no state"
)
GRADCHECK_MUTATED = (
    "gradcheck of {function}: it writes to its {input}, so its next call would compute something else. "
    "Write x = x.copy() before the first change of x"
)
GRADCHECK_PRECISION = (
    "gradcheck of {function}: the derivative with respect to {input} is right in float64, but in {hint} it is wrong at "
    "{number}{mode}. Worst{index}: {analytic:.9g} where float64 gives {numeric:.9g}, off by {share:.1g} of itself. "
    "Write the step that loses digits in another form, or compute in float64: x.astype(float)"
)
GRADCHECK_NARROW = (
    "gradcheck of {function}: the derivative with respect to {input} is right in float64, but in {hint} it is wrong at "
    "{number}{mode}, by more than rounding explains. Worst{index}: {analytic:.9g} where float64 gives {numeric:.9g}, "
    "off by {share:.1g} of itself.{operation} Write the rule so that it computes the same in every dtype"
)
GRADCHECK_ARRAYS = (
    "gradcheck of {function}: f on Tensors is not f on arrays: {hint}, so the derivative is that of "
    "another function. Write it without a branch on the class of its arguments, and without "
    "writes through what only a plain array shares"
)
DEBUG_OTHER = (
    "{function} on Tensors is not {function} on arrays: {output} is {ours} on Tensors and {theirs} on arrays. Write it "
    "without a branch on the class of its arguments, and without writes through what only a plain array shares"
)
DEBUG_ARRAYS = (
    "ag.debug(arrays=True) calls a function a second time, and a block has none to call. "
    "Write @ag.debug(arrays=True) above the def, or ag.debug(arrays=True)(f)(x)"
)
GRADCHECK_ROUNDED = (
    "gradcheck of {function}: the {derivative}derivative by {input}{index} is {analytic:.9g}{mode}, by finite "
    "differences {numeric:.9g}, off by {share:.1g} of itself: a rule returns {hint}.{operation} "
    "Write the rule so that it keeps the dtype of g: return share.astype(g.dtype) comes too late"
)
GRADCHECK_INDEPENDENT = (
    "gradcheck of {function}: it does not depend on {input}. Write a check without it, if that is meant"
)
GRADCHECK_REVERSE_ONLY = (
    "gradcheck of {function}: {input} was checked in reverse mode only, for an operation of yours has no forward rule, "
    "and none can be derived. Write jvp= for one, or modes=('reverse',)"
)
GRADCHECK_UNCLEAR = (
    "gradcheck of {function}: the {derivative}derivative by {input}{index} is {analytic:.9g}{mode}, by finite "
    "differences {numeric:.9g}; this may be rounding, for it is seen at this very point only, in some digits only, or "
    "along a random direction only, and no operation is wrong on its own. Write inputs of moderate size, or "
    "directions=None for a look at each element"
)
GRADCHECK_SHAPE = (
    "the derivative given for {function} returned arrays of shapes {given}, where {wanted} are expected: for one "
    "output, of shape {shapes}, its shape followed by that of each input. Write df so that it returns one array for "
    "each input, in a tuple if there are several"
)
GRADCHECK_ORDER = "gradcheck has order={given!r}. Write order=1 for first derivatives, order=2 for second ones too"
GRADCHECK_MODES = "gradcheck has modes={given!r}. Write modes=('reverse', 'forward'), or one of them in a tuple"
GRADCHECK_DIRECTIONS = "gradcheck has directions={given!r}. Write directions=3, or None for every element"
GRADCHECK_NO_MATRIX = (
    "the check of {function} has compared no derivatives, so there is nothing to draw. "
    "Write print(report) for the reason"
)
GRADCHECK_FOREIGN = (
    "gradcheck changes numbers one by one, and was given an array of class {given}. "
    "Write ag.gradcheck(f, x) with a small array x of NumPy"
)
GRADCHECK_NOTHING = (
    "gradcheck of {function}: none of the {number} inputs has a derivative to check. "
    "Write ag.gradcheck(f, ag.Tensor(data, requires_grad=True)), or give arrays of floats"
)
GRADCHECK_IMAGINARY = (
    "gradcheck of {function}: its derivative is complex, where the function is real and so is its input. "
    "Write df(x).real if the imaginary part is meant to be left out"
)
GRADCHECK_OUTPUT = (
    "gradcheck of {function}: it returned {what}, of which nothing has a derivative. "
    "Write a function that returns a Tensor of floats, or a tuple of them"
)
NO_FUNCTION = "there is no function {name} that was imported. Write ag.supported(np.exp), or its name, as 'np.exp'"
NO_COMMAND = "there is no command {name}. Write one of: {known}"
