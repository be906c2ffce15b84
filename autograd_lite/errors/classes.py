"""What can go wrong, one class for each kind."""

from __future__ import annotations


class AutogradError(Exception):
    """Base of every error this package raises on purpose.

    Examples
    --------
    >>> import autograd_lite as ag
    >>> try:
    ...     ag.Tensor([1.0, 2.0], requires_grad=True).backward()
    ... except ag.AutogradError as error:
    ...     print(type(error).__name__)
    NonScalarError
    """


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
    """A gradient is asked of what has none: integers, booleans, complex numbers where only real ones have a rule."""


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


class NoAttributeError(UnsupportedError, AttributeError):
    """What an ndarray has and a Tensor has not; ``hasattr`` says so too."""


class RuleError(AutogradError, RuntimeError):
    """A derivative rule returned something that cannot be a gradient of its input."""


class ForeignRuleError(AutogradError, TypeError):
    """A rule of the user's is no NumPy: it works on plain arrays, but has no derivative itself, and no transpose.

    ``error.cause`` says why.
    """

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause


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


class NoMatrixError(ShapeError, AttributeError):
    """``mT`` of fewer than two axes: of a vector there is none, and ``hasattr`` says so."""


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


class FileError(AutogradError, ValueError):
    """A file that is cut off, damaged, or of another kind than those that are read here."""


class TimedOutError(AutogradError, TimeoutError):
    """A batch has not come within the time that was given for it."""


class ExportError(AutogradError, ValueError):
    """A model that cannot be written in the format that is asked for."""


class StructureError(AutogradError, ValueError):
    """Two trees (nested dicts, lists, tuples, dataclasses) that have to be built alike are not."""


class CheckpointError(AutogradError, RuntimeError):
    """A checkpointed function computed something else the second time."""


class LoopError(AutogradError, ValueError):
    """A loop or a branch is not written as its steps, or its two sides, have to be."""


class PictureError(AutogradError, ValueError):
    """A graph cannot be drawn, or a picture not saved, as asked."""


class ConvergenceError(AutogradError, ArithmeticError):
    """An iteration has not come to its end, or a solver to a solution."""


class SingularError(AutogradError, ArithmeticError):
    """A matrix cannot be inverted, so that a solution is no smooth function of its parameters."""


class NumericalDerivativeWarning(AutogradWarning):
    """A derivative is taken by finite differences: slow, not exact, and to first order only."""


class IndependentWarning(AutogradWarning):
    """The result of a function does not depend on what it is differentiated by, so that the derivative is 0."""


class IncompleteWarning(AutogradWarning):
    """Attributions do not sum to what they explain, as they should."""


class BatchError(AutogradError, TypeError):
    """Something is asked of a batched array that only one example can answer: a branch, a number, an index."""


class CompileError(AutogradError, TypeError):
    """A function cannot be compiled as it is: it asks for a value, writes where it may not, or keeps what it made."""


class StateError(AutogradError, RuntimeError):
    """State is changed in a way that can be neither done once nor undone, by a function that is evaluated twice."""


class ProgramError(AutogradError, AssertionError):
    """A Program is broken: a pass has made a mistake."""


class NonFiniteError(AutogradError, FloatingPointError):
    """Inside of ``debug()``: an operation, or its derivative, made nan or an infinity of finite numbers."""


class OtherOnArraysError(AutogradError, AssertionError):
    """Inside of ``debug(arrays=True)``: a function gave something else on Tensors than on plain arrays."""


class ParallelError(AutogradError, RuntimeError):
    """Processes that compute together do not fit each other, or one of them has ended before its time."""


for _kind in [kind for kind in vars().values() if isinstance(kind, type)]:
    _kind.__module__ = "autograd_lite.errors"  # where users find them, as tracebacks say
