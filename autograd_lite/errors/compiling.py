"""Texts of `compile`."""

from __future__ import annotations

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
COMPILE_NUMBA_FAILED = "backend='numba': numba failed. Write backend='numpy'. It said:\n{kind}: {said}"
COMPILE_SLOW = "{compiler} has been compiling for {seconds:.0f} seconds, and goes on. Write backend='numpy' instead"
COMPILE_TOO_SLOW = (
    "{compiler} has been compiling for {seconds:.0f} seconds, and is stopped: another backend is taken. "
    "Write backend='cc' to wait for it"
)
COMPILE_SLOW_NUMBA = "numba has compiled for {seconds:.0f} seconds. Write backend='cc', or backend='numpy'"
COMPILE_PASSES = "passes={given!r} are unknown. Write a selection of {known}"
COMPILE_RESULT = (
    "the compiled function {function} returned a {given}, which is not the same at every call. "
    "Write a function that returns arrays, Tensors, numbers, or trees of them"
)
COMPILE_EMPTY = "{what} of a compiled function that was never called. Write {function}(...) once before"
PROGRAM_FAULT = (
    "a Program is not right after {after}: {fault}. Around it:\n{around}\nWrite passes=() to run without passes"
)
