"""What can go wrong, one class for each kind, each message ending with the line to write instead.

Every class is an `AutogradError` and also the built-in exception a NumPy user would expect, so both of
``except autograd_lite.AutogradError`` and ``except TypeError`` do what they say. Messages name operations,
shapes and tensors; they never print data.
"""

from __future__ import annotations


class AutogradError(Exception):
    """Base of every error this package raises on purpose."""


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
    """A derived gradient differs from the finite difference by more than the tolerance."""


class ShapeError(AutogradError, ValueError):
    """Arguments whose shapes do not fit each other or the operation."""


class CopyError(AutogradError, RuntimeError):
    """A Tensor in the middle of a graph cannot be copied or pickled: the graph would be cut silently."""


class MissingExtraError(AutogradError, ImportError):
    """An optional package or program is needed for this call and is not installed."""


NON_SCALAR = (
    "backward() needs one number to start from, but {what} has shape {shape}. "
    "Write {expr}.sum().backward(), or {expr}.mean().backward(), or give the weights of its elements: "
    "{expr}.backward(gradient=np.ones({shape}))"
)
SEED_SHAPE = (
    "the gradient given to backward() has shape {given}, {what} has shape {shape}. "
    "Write {expr}.backward(gradient=np.broadcast_to(gradient, {shape})) if broadcasting is meant"
)
SEED_COMPLEX = (
    "the gradient given to backward() is complex ({given}), {what} is real ({dtype}), so its imaginary part "
    "would be lost. Write {expr}.backward(gradient=gradient.real)"
)
NO_PATH = (
    "backward() on {what}: no recorded path leads from it to a Tensor that requires a gradient{cause}. "
    "Make a parameter with w = ag.Tensor(data, requires_grad=True) and compute the result from w "
    "outside ag.no_grad(), without detach(), .data or .numpy()"
)
FREED = (
    "backward() reaches the operation {op} (result of shape {shape}) a second time, but the values it saved were "
    "released by the first backward(). Write loss.backward(retain_graph=True) the first time if both are wanted; "
    "if a value is carried from one step to the next, cut it with h = h.detach()"
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
    "{call} on {what} would drop its derivative. To stay differentiable write {instead}; "
    "for the plain value write t.item() for one number, t.detach().numpy() for an array"
)
LEAF_MUTATION = (
    "in-place {op} on {what}, a Tensor that requires a gradient: its gradient would no longer belong to the value "
    "you made. Write `with ag.no_grad(): ...` around an update of a parameter, or {instead} for a new Tensor"
)
IN_PLACE = "in-place {op}: the result has {given}, but {what} has {shape}. Write {instead}"
OUT_ARRAY = (
    "out= of {op} is a plain array, so the derivative of the result would be lost. "
    "Write y = np.{op}(...), or give a Tensor: out=ag.Tensor(np.empty(shape))"
)
UNSUPPORTED = "numpy.{name} is not supported on a Tensor: {why}"
UNSUPPORTED_ARGUMENT = (
    "the argument {argument}= of {op} is not supported on a Tensor{extra}. Write {op}({supported}) with only those"
)
UNKNOWN_ARGUMENT = "{op}() has no argument {argument!r}. Write {op}({supported})"
MISSING_ARGUMENT = "{op}() needs the argument {argument!r}. Write {op}({supported})"
TRACKED_SETTING = (
    "the argument {argument}= of {op} is a Tensor that requires a gradient, but {op} has no derivative with respect "
    "to it. Write {argument}=t.detach() if it is meant as a constant"
)
RULE_SHAPE = (
    "a rule of {op} returned a gradient of shape {given} for an input of shape {shape}. "
    "Write a rule whose result has the shape of its input, or one that broadcasting it gives"
)
RULE_NUMBER = "the declaration of {op} has {given} rules for {expected} inputs. Write one rule for each input"
RULE_NAMES = (
    "a rule of {op} asks for {name!r}, which {op} does not have. A rule may ask for g, y, {known}, "
    "and for the shape of an input as <name>_shape"
)
NON_LEAF_COPY = (
    "{call} of {what}, which is in the middle of a graph: the copy would silently lose its history. "
    "Write {call}(t.detach()) for the value alone, or t.clone() for a recorded copy"
)
MISSING_EXTRA = "{feature} needs {package}, which is not installed. Write: pip install 'autograd-lite[{extra}]'"
