"""Sentences about a Tensor: what it is called in a message, and what cannot be done with it.

Nothing here needs the class Tensor: the functions read its attributes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import ArrayLike, defines
from autograd_lite.base.conventions import refuse
from autograd_lite.base.elsewhere import foreign
from autograd_lite.base.libraries import LIBRARIES, of_frame
from autograd_lite.base.shapes import fitting
from autograd_lite.engine.covered import refusal
from autograd_lite.engine.graph import node_of
from autograd_lite.engine.op import Op
from autograd_lite.engine.provenance import called, is_assignment, origins, place_of, user_frame, warn
from autograd_lite.engine.registry import declared
from autograd_lite.engine.switch import depart, is_grad_enabled, within_rule
from autograd_lite.engine.watchpoints import traced


def describe(t: Any) -> str:
    """Return how a message calls a Tensor: its name where it has one, its shape, and what made it."""
    called = f"the Tensor {t.name!r}" if t.name else "a Tensor"
    made = f", made by {t._op.name}" if t._op is not None else ""
    if made and (place := place_of(t)) is not None:
        made += f" at {place}"
    return f"{called} of shape {t.shape}{made}"


def circumstances(op: Op, operands: Sequence[Any]) -> str:
    """Return what is noted on an error of NumPy: of which operation, and with which operands."""
    return f"in {op.name} of {' and '.join(map(operand, operands))}"


def operand(x: Any) -> str:
    if isinstance(x, ArrayLike):
        return describe(x)
    return f"an array of shape {x.shape}" if getattr(x, "shape", None) else f"a {type(x).__name__}"


def expression(t: Any) -> str:
    """Return what stands for the Tensor in the line a message proposes."""
    return t.name if t.name and t.name.isidentifier() else "t"


def no_path(t: Any) -> NoReturn:
    """Refuse a derivative of what no gradient flows to, naming the cause where it shows."""
    cause, origin = "", origins.get(t)
    if origin is not None and origin.end:
        cause = f" ({origin.end})"
    elif t._op is not None and not t._op.rules:
        cause = f" ({t._op.name} has no derivative)"
    elif not is_grad_enabled():
        cause = " (recording is off here)"
    raise errors.NoPathError(errors.NO_PATH.format(what=describe(t), cause=cause))


def differentiable(t: Any) -> None:
    """Refuse to track data that have no gradient."""
    if t.dtype.kind not in "fc":
        text = errors.INTEGER_GRAD if t.ndim else errors.INTEGER_NUMBER_GRAD
        raise errors.GradientDtypeError(text.format(what=describe(t), dtype=t.dtype))


def recorded_leaf(t: Any, what: str) -> None:
    """Refuse a recorded change in place of a Tensor whose gradient the user waits for."""
    if t.requires_grad and t.is_leaf and is_grad_enabled():
        update, instead = _update(what)
        text = errors.LEAF_MUTATION.format(op=what, what=describe(t), update=update, instead=instead)
        raise errors.LeafMutationError(text)


def _update(what: str) -> tuple[str, str]:
    """Return a change in place as it may be written for a `w`, and what makes another array instead."""
    if what == "assignment":
        return "w[i] = v", "w = np.where(mask, v, w)"
    symbol = next((op.symbol for _, op in declared() if isinstance(op, Op) and op.name == what), None)
    return (f"w {symbol}= v", f"w = w {symbol} v") if symbol else ("w.assign(v)", f"y = np.{what}(w)")


def advise(text: str) -> None:
    """Warn of what is allowed but hardly meant, at the line of the user's that is being carried out."""
    if not traced():
        warn(text, errors.AutogradWarning)


def long_history(op: Op, other: Any) -> None:
    """Warn of a loss that is added up with its history after `backward()` has used it."""
    node = node_of(other)
    if node is not None and node.op is not None and node.edges is None and is_grad_enabled():
        text = errors.LONG_HISTORY.format(op=op.name, what=describe(other), symbol=op.symbol)
        warn(text, errors.AutogradWarning)


def not_a_leaf(t: Any, what: str, instead: str) -> None:
    """Refuse to change what is computed, not made; within a rule also what it was given."""
    if not t.is_leaf or (t.requires_grad and within_rule.get() is not None):
        raise errors.LeafMutationError(errors.NOT_A_LEAF.format(what=what, tensor=describe(t), instead=instead))


def untracked(t: Any, what: str) -> None:
    """Refuse what only makes sense where a gradient arrives."""
    if not t.requires_grad:
        raise errors.NoPathError(errors.NOT_TRACKED.format(what=what, tensor=describe(t)))


def conversion(t: Any, call: str, instead: str) -> None:
    """Refuse to hand out the value of a recorded Tensor where its derivative would be lost.

    To be called by the method that was asked for it.
    """
    if t.requires_grad and is_grad_enabled():
        depart(t._node.order, call)
        raise refusal(errors.ConversionError, _asked(t, call, instead, sys._getframe(2)))


def _asked(t: Any, call: str, instead: str, asking: FrameType) -> str:
    """Return what is said to who asks for the value: to a library, to an assignment, or to a call."""
    frame = _library()
    if frame is not None:
        return _asked_by_library(t, frame)
    if is_assignment(asking):
        return errors.ELEMENT_CONVERSION.format(what=describe(t))
    if str(asking.f_globals.get("__name__")).startswith("numpy.polynomial."):
        return errors.POLYNOMIAL.format(call=call, what=describe(t))
    for fn, own in _BY_NUMPY.items():
        if asking.f_code is getattr(fn, "__code__", None):
            call, instead = f"{fn.__module__}.{fn.__name__}()".replace("numpy", "np", 1), own
    name = called(asking) or ""
    if _draws(name, asking):
        line = _SAMPLES.get(name.rpartition(".")[2])
        text = errors.NOT_SAMPLED if line is None else errors.SAMPLED
        return text.format(call=f"{name}()", what=describe(t), instead=line)
    if call == "float()" and name not in ("", "float"):
        module, _, last = name.rpartition(".")
        has = module in ("math", "cmath") and last in vars(np)
        call, instead = f"{name}()", f"np.{last} for {name}" if has else "t.item() for a number"
    return errors.CONVERSION.format(call=call, what=describe(t), instead=instead)


def _draws(name: str, frame: FrameType) -> bool:
    """Tell whether what a frame calls by a name is a method of a random generator of NumPy."""
    first, *rest = name.split(".")
    found = frame.f_locals.get(first, frame.f_globals.get(first))
    for part in rest:
        found = getattr(found, part, None)
    classes = type(getattr(found, "__self__", None)).__mro__
    return any(cls.__module__.startswith("numpy.random") for cls in classes)


WITH_TENSORS = frozenset((
    "beta", "chisquare", "dirichlet", "exponential", "f", "gamma", "gumbel", "laplace", "logistic", "lognormal",
    "multivariate_normal", "normal", "pareto", "power", "rayleigh", "standard_gamma", "standard_t", "triangular",
    "uniform", "weibull",
))  # fmt: skip
"""The methods whose samples have a derivative, of the generators of `autograd_lite.numpy`."""
_GENERATOR = "rng = anp.random.default_rng(seed), or anp.random.Generator(rng.bit_generator), of autograd_lite.numpy"
_BY_NUMPY = {
    np.full: "np.broadcast_to(t, shape)",
    np.lib.stride_tricks.as_strided: "np.lib.stride_tricks.sliding_window_view(t, shape), or t.ravel()[index]",
}
"""What to write for functions of NumPy, of Python, that make an array of what they are given."""
_SAMPLES = {
    **dict.fromkeys(WITH_TENSORS, _GENERATOR),
    "vonmises": "(mu + rng.vonmises(0.0, kappa, size) + np.pi) % (2 * np.pi) - np.pi, of a constant kappa",
    "permutation": "t[rng.permutation(len(t))]",
    "choice": "t[rng.integers(len(t), size=size)]",
    "permuted": "np.take_along_axis(t, rng.permuted(np.arange(n)), axis)",
}
"""What to write for samples as functions of their parameters."""


def _asked_by_library(t: Any, frame: FrameType) -> str:
    """Say what a library shall be given instead, or called instead of it: `frame` is the one of it that asks."""
    module = str(frame.f_globals.get("__name__"))
    instead = next((text for name, text in _REMEDIES.items() if module.startswith(name)), errors.LIBRARY_DETACH)
    function = _function_of(frame)
    if function in _OTHERWISE:
        instead = f"{_OTHERWISE[function]}, or {errors.LIBRARY_DETACH}"
    return errors.LIBRARY_CONVERSION.format(function=function, what=describe(t), instead=instead)


def _function_of(frame: FrameType | None) -> str:
    """Return the public function of a library that was called, as ``scipy.linalg.expm``; else the library's name."""
    function = ""
    while frame is not None and of_frame(frame) in LIBRARIES:
        parts, name = str(frame.f_globals.get("__name__")).split("."), frame.f_code.co_name
        home = ".".join(part for part in parts if not part.startswith("_"))
        if name.startswith("__"):  # by an operator or a protocol, and so by no name
            function = parts[0]
        elif not function or callable(getattr(sys.modules.get(home), name, None)):
            function = f"{home}.{name}" if name in vars(sys.modules.get(home, errors)) else parts[0]
        frame = frame.f_back
    return function


def library_asking() -> str | None:
    """Return the name of the installed package, or of the module of Python's, that calls a function of NumPy."""
    frame = _library()
    return None if frame is None else str(frame.f_globals.get("__name__")).partition(".")[0]


def _library() -> FrameType | None:
    """Return the frame of a library that has called us, by itself or by way of NumPy; None if the user has."""
    frame = user_frame(2)
    return frame if frame is not None and of_frame(frame) in LIBRARIES else None


_REMEDIES = {"pandas": errors.LIBRARY_PANDAS, "scipy.sparse._": errors.LIBRARY_SPARSE}
_OTHERWISE = {
    "scipy.special.softmax": "ag.softmax(t)",
    "scipy.special.log_softmax": "ag.log_softmax(t)",
    "scipy.special.logsumexp": "ag.logsumexp(t)",
    "scipy.special.polygamma": "(-1) ** (n + 1) * math.factorial(n) * scipy.special.zeta(n + 1.0, t), of n >= 1",
    "scipy.special.multigammaln": (
        "np.sum(scipy.special.gammaln(t - np.arange(d) / 2)) + d * (d - 1) / 4 * np.log(np.pi)"
    ),
    "scipy.special.comb": "scipy.special.binom(t, k)",
}
"""What to write for functions of SciPy that take arrays apart, by functions that do not."""


def mask(t: Any) -> NoReturn:
    """Refuse to go on beside masked arrays; a library, whose arrays are its own, may do so without a history."""
    frame = _library()
    if frame is None:
        raise errors.DataError(errors.MASKED_BESIDE.format(what=describe(t)))
    if t.requires_grad and is_grad_enabled():
        raise errors.ConversionError(_asked_by_library(t, frame))
    raise AttributeError("_mask")


def truth(t: Any) -> NoReturn:
    """Refuse one answer for many elements; NumPy's error, which is being handled, says less."""
    raise errors.ArgumentError(errors.TRUTH.format(what=describe(t), expr=expression(t))) from None


def failed(error: Exception, op: Op, operands: Sequence[Any]) -> None:
    """Note on an error of NumPy's in which operation it came; say what to write where that is known."""
    error.add_note(circumstances(op, operands))
    nothing(error, op, operands)
    array = foreign(*operands) if isinstance(error, _NOT_THERE) else None
    if defines(type(array), "compute") and not isinstance(error, errors.AutogradError):  # of dask
        said = {"op": op.name, "given": type(array).__name__, "error": str(error).partition("\n")[0].rstrip(".")}
        raise errors.UnsupportedError(errors.FOREIGN_CALL.format(**said)) from error


_NOT_THERE = (NotImplementedError, AttributeError, TypeError)
"""How another library says that it has not all that NumPy has."""


def nothing(error: Exception, op: Op, operands: Sequence[Any]) -> None:
    """Say of an operation that has failed which operand was None, if one was."""
    if isinstance(op.fn, np.ufunc) and any(x is None for x in operands):
        raise errors.DataError(errors.NOTHING.format(op=op.name)) from error


def departure(t: Any, call: str) -> None:
    """Note that a value is handed out without its derivative, as it was asked for; refuse it within a rule."""
    if t._node is not None and is_grad_enabled():
        depart(t._node.order, call)


def result_dtype(op: Op, dtype: Any) -> NoReturn:
    """Refuse a recorded result that has no gradient."""
    if dtype.kind == "c":
        refuse(op, dtype)
    raise errors.GradientDtypeError(errors.INTEGER_RESULT.format(op=op.name, dtype=dtype))


def seed(t: Any, given: Any) -> None:
    """Refuse a seed that does not fit, before any rule runs."""
    names = {"what": describe(t), "expr": expression(t), "shape": t.shape}
    if given.shape != t.shape:
        instead = fitting("gradient", given.shape, t.shape) or f"np.ones({t.shape})"
        raise errors.SeedError(errors.SEED_SHAPE.format(given=given.shape, instead=instead, **names))
    if given.dtype.kind == "c" and t.dtype.kind != "c":
        raise errors.SeedError(errors.SEED_COMPLEX.format(given=given.dtype, dtype=t.dtype, **names))


def seed_bool(t: Any, given: bool) -> NoReturn:
    raise errors.SeedError(errors.SEED_BOOL.format(given=given, expr=expression(t)))


def device(given: Any) -> None:
    """Refuse a device that is not there; None is the one that is."""
    if given is not None and str(given) not in ("cpu", "cpu:0"):
        raise errors.UnsupportedError(errors.DEVICE.format(given=given))


def flag(given: Any, data: Any) -> None:
    """Refuse what is no answer to whether a gradient is required: a dtype, a name, more data, another length."""
    if type(given) is int and type(data) is int:
        raise errors.DataError(errors.TENSOR_OF_SIZE.format(sizes=f"{data}, {given}"))
    if not isinstance(given, (int, np.bool_)):
        raise errors.DataError(errors.FLAG.format(given=type(given).__name__))


def non_scalar(t: Any) -> NoReturn:
    raise errors.NonScalarError(errors.NON_SCALAR.format(what=describe(t), expr=expression(t), shape=t.shape))


def complex_scalar(t: Any) -> None:
    """Refuse one complex number to start from, which has two derivatives by every real one."""
    if t.dtype.kind == "c":
        raise errors.NonScalarError(errors.COMPLEX_SCALAR.format(what=describe(t), expr=expression(t)))


def copy_of_node(t: Any, call: str) -> None:
    departure(t, call)
    if not t.is_leaf:
        raise errors.CopyError(errors.NON_LEAF_COPY.format(call=call, what=describe(t)))


def in_place(t: Any, result: Any, what: str, instead: str) -> None:
    """Refuse a result that its target cannot hold: another shape, or a dtype of a higher kind."""
    if result.shape != t.shape:
        given = f"shape {result.shape}"
    elif not np.can_cast(result.dtype, t.dtype, "same_kind"):
        given = f"dtype {result.dtype}"
        instead = "v = v.real" if result.dtype.kind == "c" else f"t = t.astype('{result.dtype}')"
    else:
        return
    text = errors.IN_PLACE.format(op=what, given=given, what=describe(t), dtype=t.dtype, instead=instead)
    raise errors.InPlaceError(text)


def hook_result(node: Any, changed: Any) -> None:
    """Refuse what a hook returned in the place of a gradient, where it is none."""
    if changed.shape != node.shape or (changed.dtype.kind == "c" and node.dtype.kind != "c"):
        given = f"shape {changed.shape}, dtype {changed.dtype}"
        raise errors.RuleError(errors.HOOK_RESULT.format(what=node.describe(), given=given, dtype=node.dtype))


def no_number(data: Any, dtype: Any) -> NoReturn:
    """Refuse data that are not numbers, and say how they become some: by what has been tried."""
    raise errors.DataError(errors.BAD_DATA.format(what=f"of dtype {dtype}", instead=_as_numbers(data)))


def _as_numbers(data: Any) -> str:
    if isinstance(data, dict):
        return "ag.tree.map(ag.Tensor, data), a Tensor for each"
    if defines(type(data), "toarray"):
        return "data.toarray(), or S @ t for a product with the sparse matrix S"
    if np.asarray(data).dtype.kind == "c":
        return "data.real"
    try:
        np.array(data, dtype=float)
    except (TypeError, ValueError):
        words = np.asarray(data).dtype.kind in "US" and np.ndim(data)
        return "np.unique(data, return_inverse=True)[1], a number for each word" if words else "numbers for data"
    return "np.array(data, dtype=float)"


def mixed_index(error: Exception, key: Any) -> None:
    """Note on an error of an assignment what an integer beside an array does to the order of the axes, if one does."""
    if not isinstance(key, tuple) or len(key) < 3 or not isinstance(key[0], (int, np.integer)):  # noqa: PLR2004 - apart
        return
    if any(np.ndim(part) for part in key[2:] if not isinstance(part, (slice, type(None), type(Ellipsis)))):
        rest = ", ".join(map(_index, key[1:]))
        error.add_note(errors.MIXED_INDEX.format(first=key[0], rest=rest))


def _index(part: Any) -> str:
    """Return a part of an index as it may be written."""
    if isinstance(part, slice):
        start, stop, step = ("" if x is None else str(x) for x in (part.start, part.stop, part.step))
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return "..." if part is Ellipsis else str(part) if part is None or not np.ndim(part) else "places"


def other_dtype(t: Any, value: Any) -> None:
    """Refuse floats of another dtype as data: they would become those of the Tensor, where a new dtype is meant."""
    given = getattr(value, "dtype", t.dtype)
    if given != t.dtype and given.kind == t.dtype.kind == "f" and not isinstance(value, np.generic):
        raise errors.InPlaceError(errors.DATA_DTYPE.format(what=describe(t), given=given, dtype=t.dtype))


def cast(t: Any, array: Any, what: str, dtype: Any = None) -> Any:
    """Return an array in the dtype of a Tensor, or another one; refuse numbers that would become infinite."""
    dtype = t.dtype if dtype is None else dtype
    with np.errstate(over="ignore"):
        made = array.astype(dtype)
    if overflows(array, made):
        text = errors.TOO_LARGE.format(op=what, what=describe(t), dtype=dtype, given=array.dtype)
        raise errors.InPlaceError(text)
    return made


def overflows(array: Any, made: Any) -> bool:
    """Tell whether a finite number has become infinite."""
    return isinstance(made, np.ndarray) and made.dtype.kind == "f" and bool((np.isinf(made) & np.isfinite(array)).any())


def changed_form(t: Any, shape: Any, dtype: Any) -> NoReturn:
    """Refuse a Tensor whose array was given another form by whoever it was handed out to."""
    text = errors.CHANGED_FORM.format(what=describe(t), shape=shape, dtype=dtype)
    raise errors.InPlaceError(text)


def no_grad_kept(t: Any) -> None:
    """Warn who looks for the gradient of a result where a sweep has passed and kept none.

    It is nearly always that of a parameter which is none any more: ``w = w - 0.1 * w.grad``.
    """
    notes = t._node.notes
    if t._node.edges is None and (notes is None or not notes.retain):
        advise(errors.NO_GRAD_KEPT.format(what=describe(t), expr=expression(t)))


def hook(given: Any) -> None:
    """Refuse what cannot be called with a gradient."""
    if not callable(given):
        raise errors.DeclarationError(errors.NOT_A_HOOK.format(given=type(given).__name__))
