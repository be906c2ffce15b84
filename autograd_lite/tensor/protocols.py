"""What NumPy hands over: calls of its functions and ufuncs in which a Tensor stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.base.arraylike import is_batch
from autograd_lite.base.signatures import NO_VALUE
from autograd_lite.engine.op import RECORDERS, whole
from autograd_lite.engine.operands import with_shape
from autograd_lite.engine.priority import declines
from autograd_lite.engine.refusals import library_asking, recorded_leaf
from autograd_lite.engine.registry import METHODS, handler_of, home_of, is_numpys, method_of, with_more
from autograd_lite.rules.unsupported import reason, reason_elsewhere


def call_function(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Carry out a call of a NumPy function; the target of ``__array_function__``."""
    handler = handler_of(fn)
    if "out" in kwargs:
        kwargs = {name: value for name, value in kwargs.items() if value is not NO_VALUE}
        out = kwargs.pop("out")
        targets = [t for t in (out if isinstance(out, tuple) else (out,)) if t is not None]
        if targets:
            return _into(out, targets, fn, handler, args, kwargs)
    return handler(*args, **kwargs) if handler is not None else _unregistered(fn, args, kwargs)


def _unregistered(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Leave a function that has no derivative here to NumPy where nobody records."""
    result = whole(fn, args, kwargs)
    if result is NotImplemented:
        raise errors.UnsupportedError(_refusal(fn))
    return result


def _into(
    out: Any, targets: Sequence[Any], fn: Any, handler: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> Any:
    """Carry out a call whose result is to be written to arrays or Tensors that are there."""
    result = whole(fn, args, {**kwargs, "out": out})
    if result is not NotImplemented:
        return result
    if handler is None:
        raise errors.UnsupportedError(_refusal(fn))
    if isinstance(fn, np.ufunc) and fn.nout > 1:
        return _into_several(out, handler, args, kwargs)
    if isinstance(fn, np.ufunc) and kwargs.get("where", True) is not True:
        if handler.form == "constant":
            values = [x.detach() if type(x) in RECORDERS else x for x in args]
            return whole(fn, values, {**kwargs, "out": out})
        handler = with_more(fn)
        kwargs = {**kwargs, "otherwise": targets[0]}
    return _write(targets[0], handler(*args, **kwargs), fn.__name__)


def _into_several(out: Any, handler: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
    """Carry out a ufunc of several results, of which each is written where it was asked for."""
    for t in out:
        if type(t) in RECORDERS and not is_batch(t):
            recorded_leaf(t, handler.__name__)
    results = handler(*args, **kwargs)
    pairs = zip(out, results, strict=True)
    return tuple([y if t is None else _write(t, y, handler.__name__) for t, y in pairs])


def call_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Carry out a call of a ufunc or of one of its methods; the target of ``__array_ufunc__``."""
    if any(declines(x, inputs) for x in inputs):
        return NotImplemented
    if method == "__call__":
        return call_function(ufunc, inputs, kwargs)
    if method == "outer":
        return _outer(ufunc, *inputs, **kwargs)
    fn = METHODS.get((ufunc, method))
    if fn is not None:
        return call_function(fn, inputs, _reduction_arguments(inputs, kwargs))
    result = NotImplemented if method == "at" else whole(getattr(ufunc, method), inputs, kwargs)
    if result is not NotImplemented:
        return result
    if handler_of(ufunc) is None or ufunc.signature is not None:
        raise errors.UnsupportedError(_method_refusal(ufunc, method))
    return _by_method(ufunc, method, inputs, kwargs)


def _by_method(ufunc: np.ufunc, method: str, inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Carry out a method that is no function of NumPy, and put its result where ``out=`` asks for it."""
    given = dict(kwargs)
    out = given.pop("out", None)
    result = method_of(ufunc, method)(*inputs, **given)
    target = out[0] if isinstance(out, tuple) else out
    return result if target is None else _write(target, result, f"{ufunc.__name__}.{method}")


def _reduction_arguments(inputs: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """NOTE: a ufunc's methods work along axis 0 where the function of the same meaning takes all axes."""
    arguments = {name: value for name, value in kwargs.items() if name != "dtype" or value is not None}
    if len(inputs) == 1:
        arguments.setdefault("axis", 0)
    return arguments


def _outer(ufunc: np.ufunc, a: Any, b: Any, **kwargs: Any) -> Any:
    """NOTE: here numbers of Python are arrays, which have a say in the dtype."""
    b = with_shape(b)
    return ufunc(np.reshape(a, np.shape(a) + (1,) * b.ndim), b, **kwargs)


def _write(out: Any, result: Any, name: str) -> Any:
    """Put a result where ``out=`` asked for it."""
    if type(out) in RECORDERS:
        if type(result) not in RECORDERS and not is_batch(out):
            result = type(out)(result)  # of operands among which no Tensor is
        return out._become(result, name, f"out=ag.Tensor(np.empty({result.shape}))")
    if result.requires_grad:
        raise errors.ConversionError(errors.OUT_ARRAY.format(op=name))
    np.copyto(out, result.detach().numpy(), casting="same_kind")
    return out


def _refusal(fn: Any) -> str:
    home, library = home_of(fn), library_asking()
    if library:
        return errors.LIBRARY_CALL.format(library=library, name=fn.__name__)
    if is_numpys(fn):
        path = _path(fn)
        return errors.UNSUPPORTED.format(name=path, why=reason(path))
    name = f"{home}.{fn.__name__}" if home else fn.__name__
    return errors.UNSUPPORTED_ELSEWHERE.format(name=name, why=reason_elsewhere(name))


def _path(fn: Any) -> str:
    """Return the name of a function below ``numpy``: ``exp``, ``linalg.norm``."""
    module = getattr(fn, "__module__", None) or "numpy"
    return f"{module}.{fn.__name__}".removeprefix("numpy.")


def _method_refusal(ufunc: np.ufunc, method: str) -> str:
    if not is_numpys(ufunc):
        return _refusal(ufunc)
    name = f"{ufunc.__name__}.{method}"
    return errors.UNSUPPORTED.format(name=name, why=reason("*.method"))
