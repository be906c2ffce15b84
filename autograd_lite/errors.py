"""What can go wrong, one class for each kind, each message ending with the line to write instead.

Every class is an `AutogradError` and also the built-in exception a NumPy user would expect, so both of
``except autograd_lite.AutogradError`` and ``except TypeError`` do what they say. Messages name operations,
shapes and tensors; they never print data.
"""

from __future__ import annotations


class AutogradError(Exception):
    """Base of every error this package raises on purpose."""


class AutogradWarning(UserWarning):
    """What is allowed, but hardly meant."""


class NonScalarError(AutogradError, ValueError):
    """``backward()`` without a seed on a Tensor that holds more than one number."""


class SeedError(AutogradError, ValueError):
    """The ``gradient`` given to ``backward()`` does not fit the Tensor: its shape, or a complex dtype."""


class NoPathError(AutogradError, RuntimeError):
    """``backward()`` on a Tensor from which no recorded path leads to a Tensor that requires a gradient."""


class FreedGraphError(AutogradError, RuntimeError):
    """A second sweep through nodes whose saved values the first sweep has released."""


class GradientDtypeError(AutogradError, TypeError):
    """A gradient is asked of data that has none: integers, booleans, and for now complex numbers."""


class DataError(AutogradError, TypeError):
    """The data cannot live in a Tensor: objects, strings, masked arrays."""


class ConversionError(AutogradError, TypeError):
    """A recorded Tensor would leave the graph by ``float``, ``np.array`` or the like, and lose its derivative."""


class LeafMutationError(AutogradError, RuntimeError):
    """A recorded in-place operation on a Tensor that requires a gradient and was made by the user."""


class InPlaceError(AutogradError, ValueError):
    """The result of an in-place operation fits neither the shape nor the dtype of its target."""


class UnsupportedError(AutogradError, TypeError):
    """A function, method or argument of NumPy that is not differentiated here."""


class RuleError(AutogradError, RuntimeError):
    """A derivative rule returned something that cannot be a gradient of its input."""


class DeclarationError(AutogradError, TypeError):
    """An operation is declared with a rule whose parameter names it cannot provide."""


class GradcheckError(AutogradError, AssertionError):
    """A derived gradient differs from the finite difference by more than both are known to.

    ``error.report`` is the whole report.
    """

    def __init__(self, message: str, report: object = None) -> None:
        super().__init__(message)
        self.report = report


class ShapeError(AutogradError, ValueError):
    """Arguments whose shapes do not fit each other or the operation."""


class CopyError(AutogradError, RuntimeError):
    """A Tensor in the middle of a graph cannot be copied or pickled: the graph would be cut silently."""


class MissingExtraError(AutogradError, ImportError):
    """An optional package or program is needed for this call and is not installed."""


class ArgumentError(AutogradError, ValueError):
    """A setting or an argument outside of what it may be: a negative learning rate, a class that does not exist."""


class LayerError(AutogradError, TypeError):
    """Something stands in the place of a layer that is none."""


class StateDictError(AutogradError, RuntimeError):
    """The names or shapes of saved values are not those of the model."""


class StructureError(AutogradError, ValueError):
    """Two trees (nested dicts, lists, tuples, dataclasses) that have to be built alike are not."""


class CheckpointError(AutogradError, RuntimeError):
    """A checkpointed function computed something else the second time."""


class PictureError(AutogradError, ValueError):
    """A graph cannot be drawn, or a picture not saved, as asked."""


class ConvergenceError(AutogradError, ArithmeticError):
    """An iteration has not come to its end, or a solver to a solution."""


class SingularError(AutogradError, ArithmeticError):
    """A matrix cannot be inverted, so that a solution is no smooth function of its parameters."""


class NumericalDerivativeWarning(AutogradWarning):
    """A derivative is taken by finite differences: slow, not exact, and to first order only."""


class BatchError(AutogradError, TypeError):
    """Something is asked of a batched array that only one example can answer: a branch, a number, an index."""


class CompileError(AutogradError, TypeError):
    """A function cannot be compiled as it is: it asks for a value, writes where it may not, or keeps what it made."""


class ProgramError(AutogradError, AssertionError):
    """A Program is broken: a pass has made a mistake."""


class NonFiniteError(AutogradError, FloatingPointError):
    """Inside of ``debug()``: an operation, or its derivative, made nan or an infinity of finite numbers."""


NON_SCALAR = (
    "backward() needs one number to start from, which {what} is not. "
    "Write {expr}.sum().backward(), or {expr}.mean().backward(), or give the weights of its elements: "
    "{expr}.backward(gradient=np.ones({shape}))"
)
SEED_SHAPE = (
    "the gradient given to backward() has shape {given}, which is not that of {what}. "
    "Write {expr}.backward(gradient=np.broadcast_to(gradient, {shape})) if broadcasting is meant"
)
SEED_COMPLEX = (
    "the gradient given to backward() is complex ({given}), {what} is real ({dtype}), so its imaginary part "
    "would be lost. Write {expr}.backward(gradient=gradient.real)"
)
SEED_BOOL = (
    "backward() takes the gradient to start from as its first argument, but was given {given}. "
    "Write {expr}.backward(retain_graph={given})"
)
FLAG = (
    "requires_grad, the second argument of a Tensor, is a {given}. "
    "Write ag.Tensor(data, requires_grad=True), ag.Tensor(data, dtype=dtype) or ag.Tensor(data, name=name)"
)
NO_PATH = (
    "backward() on {what}: no recorded path leads from it to a Tensor that requires a gradient{cause}. "
    "Write w = ag.Tensor(data, requires_grad=True) and compute the result from w "
    "outside ag.no_grad(), without detach(), .data or .numpy()"
)
FREED = (
    "backward() reaches {what} a second time, but the values it saved were released by the first backward(). "
    "Write loss.backward(retain_graph=True) the first time if both are wanted; "
    "if a value is carried from one step to the next, cut it with h = h.detach()"
)
INTEGER_RESULT = (
    "the result of {op} has dtype {dtype}, through which no derivative flows, but an operand requires a gradient. "
    "Write t.detach() for that operand if a constant is meant"
)
COMPLEX_RESULT = (
    "the result of {op} has dtype {dtype}: gradients of complex numbers are not supported. "
    "Write t.detach() for the operand that requires a gradient, or compute with the real and the imaginary part"
)
INTEGER_GRAD = (
    "{what} has dtype {dtype}: only floating-point numbers have a gradient. "
    "Write ag.Tensor(data, dtype=float, requires_grad=True)"
)
COMPLEX_GRAD = (
    "{what} has dtype {dtype}: gradients of complex numbers are not supported. "
    "Write the computation in real and imaginary parts: re = ag.Tensor(z.real, requires_grad=True); "
    "im = ag.Tensor(z.imag, requires_grad=True)"
)
BAD_DATA = "a Tensor holds numbers, but the data is {what}. Write {instead}"
CONVERSION = (
    "{call} of {what} would drop its derivative. Write {instead}; "
    "or, where a constant is meant, t.item() for a number and t.detach().numpy() for an array"
)
LEAF_MUTATION = (
    "in-place {op} on {what}, a Tensor that requires a gradient: its gradient would no longer belong to the value "
    "you made. Write with ag.no_grad(): {update} to update a parameter, or {instead} for a new Tensor"
)
IN_PLACE = "{op}: a result of {given} does not fit into {what}, of dtype {dtype}. Write {instead}"
OUT_ARRAY = (
    "{op} into a plain array would lose the derivative of the result. "
    "Write a = a + t for a += t, or out=ag.Tensor(a) for out=a"
)
OUT_TUPLE = "out= of {op} takes one Tensor or array, not {number}. Write q, r = np.{op}(a, b) without out="
NOT_A_LEAF = "{what} of {tensor}, which is in the middle of a graph. Write {instead}"
NOT_TRACKED = "{what} of {tensor}, to which no gradient flows. Write t = ag.Tensor(data, requires_grad=True)"
NOT_ITERABLE = "iteration over {what}, which holds one number. Write t.item() for the number"
UNSUPPORTED = "numpy.{name} is not supported on a Tensor: {why}"
UNSUPPORTED_ARGUMENT = (
    "the argument {argument} of {op} is not supported on a Tensor{extra}. Write {call}, with no others"
)
UNKNOWN_ARGUMENT = "{op}() has no argument {argument}, or has been given it twice. Write {call}"
MISSING_ARGUMENT = "{op}() needs the argument {argument}. Write {call}"
TRACKED_SETTING = (
    "the argument {argument}= of {op} is a Tensor that requires a gradient, but {op} has no derivative with respect "
    "to it. Write {argument}=t.detach() if it is meant as a constant"
)
RULE_SHAPE = (
    "a rule of {op} returned a gradient of shape {given} for an input of shape {shape}. "
    "Write a rule whose result has the shape of its input, or one that broadcasting it gives"
)
HOOK_RESULT = (
    "a hook on {what} of dtype {dtype} returned a gradient that does not fit: {given}. "
    "Write a hook that returns None, or an array of the shape of the gradient it is given"
)
RULE_RESULT = (
    "a rule of {op} returned an object of type {given} for an input of shape {shape}. "
    "Write a rule that returns an array: g times the derivative"
)
RULE_NUMBER = "the declaration of {op} has {given} rules for {expected} inputs. Write one rule for each input"
RULE_NAMES = (
    "a rule of {op} asks for {name!r}, which {op} does not have. Write a rule that asks for g, y, {known}, "
    "or for the shape of an input as <name>_shape"
)
NON_LEAF_COPY = (
    "{call} of {what}, which is in the middle of a graph: the copy would silently lose its history. "
    "Write {call}(t.detach()) for a copy of the value, or t.clone() for a recorded copy"
)
NOT_A_FUNCTION = (
    "{switch} decorates a function, but was given a {given}. Write with ag.{switch}(): ... for a block, "
    "or @ag.{switch}() above a function"
)
MISSING_EXTRA = "{feature} needs {package}, which is not installed. Write: pip install 'autograd-lite[{extra}]'"
LINEAR_SHAPE = (
    "linear() on an input of shape {given} with a weight of shape {weight} (out, in) and a bias of shape {bias}: "
    "they do not fit each other. Write an input whose last axis has the length {n}: x.reshape(-1, {n})"
)
TARGET_SHAPE = (
    "the target of {loss} has shape {given}, but shape {wanted} belongs to this input. Write target.reshape({wanted})"
)
CLASS_RANGE = (
    "the target of cross_entropy names a class that does not exist: the input has {count} classes, 0 to {last}. "
    "Write labels from 0 to {last}, such as np.unique(labels, return_inverse=True)[1]"
)
REDUCTION = "reduction={given!r} is unknown. Write reduction='mean', 'sum' or 'none'"
FANS = (
    "Xavier initialisation of {what}: it needs the shape (out, in), to count inputs and outputs. "
    "Write nn.init.zeros_(bias) for a bias, or nn.init.normal_(t, std=...) with a scale of your own"
)
FEATURES = "Linear(in_features, out_features) is given {given}. Write whole numbers of at least 1: Linear(2, 3)"
NOT_A_LAYER = (
    "layer {place} of Sequential is {given}, not a Module. Write an instance: Sequential(nn.Linear(2, 3), nn.ReLU())"
)
STATE_DICT = "load_state_dict() of {model} does not fit, and nothing was changed: {found}. "
STATE_DICT_NAMES = "Write load_state_dict(state, strict=False) to load only the names that both sides have"
STATE_DICT_SHAPES = "Write a model of the same sizes as the saved one"
FUNCTIONAL_CALL = (
    "functional_call() of {model} does not fit: {found}. "
    "Write functional_call(model, dict(model.named_parameters()), x), or give values of those names and shapes"
)
SETTING = "{name}={given!r}: it has to be a finite number, and not negative. Write {name}=0.01"
NESTEROV = "nesterov=True with {given}. Write nesterov=True, momentum=0.9, dampening=0"
GROUP_KEY = "a parameter group has the setting {given!r}, which is unknown. Write 'params' and any of {known}"
NOT_PARAMETERS = "an optimiser takes a list of parameters, but is given {given}. Write SGD(model.parameters(), lr=0.01)"
MIXED_GROUPS = (
    "an optimiser is given parameters and groups side by side. "
    "Write [{'params': weights, 'lr': 0.1}, {'params': others}], or a list of parameters"
)
NO_PARAMETERS = (
    "an optimiser is given no parameters. Write SGD(model.parameters(), lr=0.01), with an iterator not used up before"
)
PARAMETER_NOT_LEAF = (
    "an optimiser changes leaves, but is given {what}. Write t = ag.Tensor(data, requires_grad=True) and give that"
)
PARAMETER_CONSTANT = (
    "an optimiser is given {what}, which requires no gradient. "
    "Write SGD([p for p in model.parameters() if p.requires_grad], lr=0.01)"
)
PARAMETER_TWICE = "an optimiser is given {what} twice. Write each parameter into one group, once"
STRUCTURE = (
    "{what} is built differently{where}: {given}, where {expected} is expected. "
    "Write it with the same containers and keys; ag.tree.map(np.zeros_like, x) makes one that fits x"
)
LEAF_NUMBER = (
    "unflatten() is given {given} leaves for a structure of {expected}. "
    "Write leaves, structure = ag.tree.flatten(x), and unflatten(structure, leaves) with as many leaves"
)
UNRAVEL_SHAPE = "unravel() takes a vector of shape ({n},), not one of shape {given}. Write unravel(vector.reshape({n}))"
ARGUMENT_NUMBER = (
    "argnums={given} names an argument that is not there: {function} is called with {count} of them by position. "
    "Write argnums=0 for the first, and give by position what is differentiated"
)
ARGUMENT_TWICE = "argnums={given} names an argument twice. Write each place once: argnums=(0, 1)"
INTEGER_ARGUMENT = (
    "{path} of {function} has dtype {dtype}: only floating-point numbers have a derivative. "
    "Write 3.0 for 3 and x.astype(float) for an array; or name with argnums= the arguments that have one"
)
COMPLEX_ARGUMENT = (
    "{path} of {function} has dtype {dtype}: derivatives by complex numbers are not supported. "
    "Write {function} in real numbers, with z.real and z.imag as two arguments"
)
NO_AUX = (
    "has_aux=True, but {function} returned a {given}, not a pair. "
    "Write return value, aux; or leave has_aux=True out"
)
NON_SCALAR_OUTPUT = (
    "{transform} needs a function that returns one number, but {function} returned {given}. "
    "Write ag.jacobian({function}) for all derivatives, ag.elementwise_grad({function}) where each number depends on "
    "one of the argument, has_aux=True where the first of a pair is meant, or return np.sum(y)"
)
NO_DEPENDENCE = (
    "{transform}: the result of {function} does not depend on the argument it is differentiated by, or the dependence "
    "was lost on the way{cause}. Write NumPy's functions in the place of math, .item(), .detach() and .numpy(); "
    "where the result is a constant on purpose, return y + 0 * np.sum(x)"
)
TANGENT_SHAPE = (
    "{what} has shape {given}, but {primal} has shape {shape}. Write np.broadcast_to(v, {shape}) if that is meant"
)
TANGENT_COMPLEX = "{what} is complex, but {primal} is real. Write v.real"
TANGENT_TUPLES = (
    "{transform}(f, primals, tangents) takes two tuples of one entry for each argument of f, but was given "
    "{primals} and {tangents}. Write ag.{transform}(f, (x,), (v,)) for a function of one argument"
)
TANGENT_NUMBER = (
    "the linear map of {function} takes {expected} tangents, one for each argument, but was given {given}. "
    "Write f_jvp(*tangents)"
)
CHECKPOINT = (
    "checkpoint of {function}: the evaluation on the way back came to other results than the first, by random numbers "
    "of a generator of its own, or a parameter changed in between. Write random numbers with ag.manual_seed() and no "
    "rng=, and change parameters after backward()"
)
JACOBIAN_MODE = "mode={given!r} is unknown. Write mode='auto', 'reverse' or 'forward'"
PICTURE_FREED = (
    "visualize() reaches the operation {op} (result of shape {shape}), whose inputs backward() has released. "
    "Write picture = ag.visualize(loss) before loss.backward(), or loss.backward(retain_graph=True)"
)
PICTURE_NOTHING = (
    "visualize() on {what}: no graph was recorded for it, since nothing it was computed from requires a gradient. "
    "Write w = ag.Tensor(data, requires_grad=True) and compute the result from w "
    "outside ag.no_grad(), without detach(), .data or .numpy()"
)
PICTURE_OF = (
    "visualize() draws how a Tensor was computed, but was given {what}. "
    "Write ag.visualize(loss), ag.visualize([y, z]) for several Tensors, or ag.visualize(f, x) for a function or module"
)
PICTURE_INPUTS = (
    "visualize() runs {what} on example inputs, but was given none. "
    "Write ag.visualize(f, x), with x as it is called with"
)
PICTURE_POSITION = (
    "visualize() takes example inputs by position, and only for a module or a function, but was given a {given}. "
    "Write ag.visualize(loss, params=dict(model.named_parameters()))"
)
PICTURE_SETTING = (
    "{name}={given!r} of visualize(): it is a whole number of at least {least}, or None. Write {name}={least}, or more"
)
PICTURE_RESULT = (
    "visualize() ran the function, but its result (a {given}) is no Tensor that depends on its inputs. "
    "Write a function that returns what it computes, with NumPy's functions in the place of math, .item() and .numpy()"
)
PICTURE_NAMES = "names= of visualize() is a {given}. Write names=locals(), or names={{'h': h}}"
EXPLAIN_OF = "explain() tells how one Tensor was computed, but was given a {given}. Write print(ag.explain(loss))"
EXPLAIN_LONG = (
    "explain() writes a line for every operation, and {what} was computed by {count} of them, more than {longest}. "
    "Write ag.visualize(loss).save('graph.html') to look around in it, or explain a smaller part"
)
PLANE = (
    "decision_regions() draws examples of two numbers each, but x has shape {given} and classes shape {classes}. "
    "Write decision_regions(model, x[:, :2], classes), with one class for each row"
)
SCOPE_NAME = "a scope is named by a string, but was given a {given}. Write with ag.scope('encoder'):"
PICTURE_PARAMS = (
    "params= of visualize() names Tensors, but {what}. Write params=dict(model.named_parameters()), "
    "or params={{'W': W, 'b': b}}"
)
PICTURE_DIRECTION = (
    "the direction of a picture is {given!r}. Write direction='LR' (left to right) or 'TB' (top to bottom)"
)
PICTURE_ENDING = "a picture cannot be saved as {path!r}: {why}. Write save('graph.svg'), or one of {choices}"
PICTURE_FAILED = (
    "the program {program} could not draw the graph: {why}. "
    "Write picture.save('graph.dot') for the text, and try another program on it"
)
MISSING_RENDERER = (
    "drawing a graph needs the program `dot` of Graphviz on the PATH, or the package graphviz-pure, "
    "and neither is installed. Write: pip install 'autograd-lite[graph]' (or install Graphviz with the system's "
    "package manager); print(picture), picture.save('graph.html') and picture.save('graph.dot') need neither"
)
USED_GRADIENT = (
    "step() of {optimizer}: the gradient of {what} still contains that of the step before. "
    "Write optimizer.zero_grad() before each loss.backward()"
)
LONG_HISTORY = (
    "in-place {op} of {what}, whose graph was released by backward(), into a Tensor that keeps its history: memory "
    "grows with each step. Write total {symbol}= loss.item() for the numbers alone"
)
KEPT_HISTORY = (
    "{what}, whose graph was released by backward(), is still held by what was computed from it, as was one {number} "
    "calls of backward() ago: a sum or a list that keeps the history of each loss, and memory that grows with each "
    "step. Write total = total + loss.item() for the numbers alone"
)
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
    "{number}. Worst{index}: {analytic:.9g} where float64 gives {numeric:.9g}. Write the step that loses digits in "
    "another form, or compute in float64: x.astype(float)"
)
GRADCHECK_INDEPENDENT = (
    "gradcheck of {function}: it does not depend on {input}. Write a check without it, if that is meant"
)
GRADCHECK_UNCLEAR = (
    "gradcheck of {function}: along a random direction of {input} the {derivative}derivative differs from finite "
    "differences{mode}, but no single element does by more than its noise. Write directions=None for a look at each"
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
GRADCHECK_NOTHING = (
    "gradcheck of {function}: none of the {number} inputs has a derivative to check. "
    "Write ag.gradcheck(f, ag.Tensor(data, requires_grad=True)), or give arrays of floats"
)
GRADCHECK_COMPLEX = (
    "gradcheck of {function}: {what} has dtype {dtype}, and derivatives of complex numbers are not recorded. "
    "Write {instead}, or give a pair (f, df) of NumPy functions, which is checked with complex numbers too"
)
GRADCHECK_IMAGINARY = (
    "gradcheck of {function}: its derivative is complex, where the function is real and so is its input. "
    "Write df(x).real if the imaginary part is meant to be left out"
)
GRADCHECK_OUTPUT = (
    "gradcheck of {function}: it returned {what}, of which nothing has a derivative. "
    "Write a function that returns a Tensor of floats, or a tuple of them"
)
BATCH_VALUE = "inside of vmap, {call} of an array that differs between examples has no answer. Write {instead}"
BATCH_QUESTION = (
    "inside of vmap, the result of {op} would have another form for each example, or be one answer for all of them. "
    "Write {instead}"
)
BATCH_SCALAR = "inside of vmap, examples that are single numbers have no length. Write x[None] for one of length 1"
BATCH_WRITE = (
    "inside of vmap, {op} cannot write what differs between examples into an array that is the same for all of them. "
    "Write a = a + x for a += x, np.where(np.arange(n) == i, x, a) for a[i] = x, and no out="
)
BATCH_MASK = (
    "inside of vmap, {op} by a mask would pick another number of elements for each example. "
    "Write np.where(mask, x, 0) and go on with all elements"
)
BATCH_ASSIGN = (
    "inside of vmap, an assignment to x[i] with an index that differs between examples is not supported. "
    "Write x = np.where(np.arange(len(x)) == i, value, x)"
)
BATCH_INDEX = "inside of vmap, an index is outside of an axis of length {n}. Write np.clip(i, 0, {n} - 1) for it"
BATCH_RESHAPE = (
    "an example of shape {given} cannot be reshaped to {shape}. Write x.reshape(-1), or sizes whose product fits"
)
VMAP_AXES = (
    "{which} of vmap is {given}, which is no axis for {what}. Write a whole number, None where all examples share it, "
    "or a tuple with one entry for each"
)
VMAP_RANGE = (
    "{which} of vmap asks for axis {axis} of {what}, which has {ndim} axes. Write {which}=None where all examples "
    "share it, or an axis that it has"
)
VMAP_SIZES = (
    "vmap: the arguments differ in the number of examples: {first} along its axis has {n}, {second} has {m}. "
    "Write in_axes= with the axis of the examples of each argument, and None for what they share"
)
VMAP_NOTHING = "vmap: no argument has an axis of examples. Write in_axes=0, or call the function without vmap"
VMAP_SHARED = (
    "vmap: {what} differs between examples, but out_axes is None there, which is for what they share. Write out_axes=0"
)
VMAP_RESULT = (
    "vmap: the function returned {given}, which is no array. Write a function that returns arrays or trees of them"
)
CUSTOM_SIGNATURE = (
    "custom_op {op} needs a function with at least one input by place, and it has {what}. "
    "Write def {op}(x, y, *, setting=1): ..., or a lambda around it"
)
CUSTOM_NO_RULE = (
    "custom_op {op} has no reverse rule. Write vjp=lambda g, x: ..., "
    "or numerical=True for a derivative by finite differences"
)
CUSTOM_BOTH = "custom_op {op} is given numerical=True and a rule. Write one of them"
CUSTOM_FIRST = (
    "a rule of custom_op {op} has the parameters ({given}), of which the first is not {first}. "
    "Write vjp=lambda g, x: g * x, with g first, and jvp=lambda tangents, x: tangents[0] * x"
)
CUSTOM_VALUE = "custom_op {op} returned {given}. Write a function that returns one array of numbers"
CUSTOM_RESULTS = (
    "the reverse rule of custom_op {op} returned {given} results for {expected} inputs. "
    "Write one result for each input, as a tuple, and None where there is no derivative"
)
CUSTOM_LOST = (
    "the reverse rule of custom_op {op} was given Tensors, to be differentiated itself, and returned a {given}, "
    "which has no derivative. Write the rule with NumPy's functions of g, or with custom operations"
)
CUSTOM_SECOND = (
    "in the reverse rule of custom_op {op}, which is given Tensors because the derivative is differentiated again. "
    "Write the rule with NumPy's functions (np.sin(x), not math.sin(x)), or with another custom_op"
)
NUMERICAL = (
    "custom_op {op} has a numerical derivative: four calls for each number of an input, about nine digits in float64, "
    "and no second order. Write vjp= for an exact one"
)
NUMERICAL_SECOND = (
    "custom_op {op} has a numerical derivative, which cannot be differentiated again. "
    "Write vjp=lambda g, x: ..., with NumPy's functions"
)
IMPLICIT_SHAPE = (
    "the equation {function} has {given} numbers for {expected} unknowns. "
    "Write a function f(x, *theta) whose result is built like x"
)
IMPLICIT_DTYPE = (
    "the solution of {function} has dtype {dtype}, and the derivative is that of floats. "
    "Write solve=lambda *theta: np.asarray(x, float)"
)
IMPLICIT_CLOSURE = (
    "the equation {function} uses a recorded Tensor that is not among its arguments, and by which the solution would "
    "have no derivative. Write f(x, w, ...) and give w as an argument, or w.detach() where a constant is meant"
)
IMPLICIT_FAR = (
    "the solution given of {function} is none: the next step of Newton's method is {far:.3g} long. "
    "Write a solver with a smaller tolerance"
)
SINGULAR = (
    "the derivative of the equation by its {n} unknowns cannot be inverted at the solution, which is there no smooth "
    "function of its parameters. Write an equation with a single root nearby, as x - y for (x - y)**2"
)
FIXED_POINT_LOST = (
    "the iteration x = {function}(x) has not converged to {tol:.3g} in {n} steps. "
    "Write max_iterations= with more of them, or lambda x: (x + f(x)) / 2 for a function that swings"
)
FIXED_POINT_SETTINGS = (
    "fixed_point() is given tol={tol} and max_iterations={n}. Write tol=1e-12, max_iterations=1000, both above 0"
)
COMPILE_VALUE = (
    "{call} of a value that is computed in a compiled function{where} would fix what holds for this call only. "
    "Write {instead}"
)
COMPILE_SHAPE = (
    "{op}{where}: the shape of the result depends on the values, but a compiled function has fixed shapes. "
    "Write np.where(condition, x, 0) and go on with all elements"
)
COMPILE_QUESTION = (
    "{op}{where} answers a question about values, which would be fixed for all calls. "
    "Write it outside of the compiled function, on what that returns"
)
COMPILE_WRITE = (
    "{op}{where} writes into {what}, which a compiled function does not do. "
    "Write a = a + x for a += x, np.where(mask, x, a) for a[mask] = x, and no out="
)
COMPILE_LEAK = (
    "a value of a compiled function is used{where} after the call it belongs to has ended. "
    "Write it into what the function returns, and keep that"
)
COMPILE_KEPT = (
    "the function {function} keeps {number} Tensor(s) that it has made, the first of shape {shape}, which a compiled "
    "function cannot give anew at every call. Write it into what {function} returns, and keep that"
)
COMPILE_STORED = (
    "the function {function} stores a value that it has computed as {name!r}, which a compiled function would not do "
    "at every call. Write it into what {function} returns, or into a Tensor: t.assign(value)"
)
COMPILE_HISTORY = (
    "{what} becomes a part of a graph that outlives the compiled function {function}. "
    "Write t.assign(value.detach()), or with ag.no_grad(): around the change"
)
COMPILE_ARRAY = (
    "a compiled function works on arrays of NumPy, but {what} holds a {given}. Write ag.Tensor(np.asarray(data))"
)
COMPILE_OPERAND = "{op}{where} is called with a {given}, which no program can hold. Write an array or a number"
COMPILE_RANDOM = (
    "the function {function} draws random numbers from a generator of its own, and compiled it would draw the same "
    "ones at every call. Write the generator as an argument: {function}(x, rng)"
)
COMPILE_ASKED = (
    "the function {function} calls {what}, and compiled it would use the same answer at every call. "
    "Write the value as an argument: {function}(x, value)"
)
COMPILE_STATE = (
    "the function {function} changes {what}, which a compiled function would not do at every call. "
    "Write it as a Tensor that is assigned to: count.assign(count + 1)"
)
COMPILE_FUNCTION = "ag.compile() takes a function, but was given a {given}. Write ag.compile(step), or @ag.compile"
COMPILE_BACKEND = "backend={given!r} is unknown. Write backend='numpy', or one of {known}"
COMPILE_LAYOUT = (
    "native code can't be used: arrays of NumPy {numpy} do not lie in memory as Python {python} and NumPy are known to "
    "lay them out. Write backend='numpy'"
)
COMPILE_CC = "backend='cc' needs a C compiler, and none was found. Install gcc or clang, or write backend='numpy'"
COMPILE_CC_FAILED = "backend='cc': {compiler} failed. Write backend='numpy'. It said:\n{said}"
COMPILE_PASSES = "passes={given!r} are unknown. Write a selection of {known}"
COMPILE_RESULT = (
    "the compiled function {function} returned a {given}, which is not the same at every call. "
    "Write a function that returns arrays, Tensors, numbers, or trees of them"
)
COMPILE_EMPTY = "{what} of a compiled function that was never called. Write {function}(...) once before"
PROGRAM_FAULT = (
    "a Program is not right after {after}: {fault}. Around it:\n{around}\nWrite passes=() to run without passes"
)
