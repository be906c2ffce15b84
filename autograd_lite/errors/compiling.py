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
COMPILE_ORDER = (
    "{op} with order={order!r}{where} goes by how an array lies in memory, which a compiled function does not know. "
    "Write order='C' for rows first, or order='F' for columns"
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
    "the function {function}{where} stores a value that it has computed as {name!r}, which a compiled function would "
    "not do at every call. Write it into what {function} returns, or into a Tensor: t.assign(value)"
)
COMPILE_VIEW = (
    "{function}() writes to {what}, and looks at {view}, which shows the same numbers and is of outside. "
    "Write v = t[i] inside of the function, or v = v.copy() outside of it"
)
COMPILE_HISTORY = (
    "{what} becomes a part of a graph that outlives the compiled function {function}, or has another requires_grad "
    "after it. Write t.assign(value.detach()), or with ag.no_grad(): around the change, or t.requires_grad_() before "
    "the call"
)
COMPILE_ARRAY = (
    "a compiled function works on arrays of NumPy, but {what} holds a {given}. Write ag.Tensor(np.asarray(data)), "
    "with data.get() for the array where its library wants it said, or call the function without ag.compile"
)
COMPILE_OPERAND = "{op}{where} is called with a {given}, which no program can hold. Write an array or a number"
COMPILE_RANDOM = (
    "the function {function}{where} draws random numbers from a generator of its own, and compiled it would draw the "
    "same ones at every call. Write the generator as an argument: {function}(x, rng)"
)
COMPILE_SEED = (
    "the function {function}{where} restarts the default generator, which compiled it would not do at a call. Write "
    "ag.manual_seed(seed) before the call, or a generator as an argument: {function}(x, rng)"
)
COMPILE_ASKED = (
    "the function {function}{where} calls {what}, and compiled it would use the same answer at every call. "
    "Write the value as an argument: {function}(x, value)"
)
COMPILE_STATE = (
    "the function {function}{where} changes {what}, which a compiled function would not do at every call. "
    "Write it as a Tensor that is assigned to: count.assign(count + 1); or, where it is a mode or "
    "requires_grad, model.eval() or t.requires_grad_() before the call"
)
COMPILE_RATE = (
    "the function {function} gives {name!r} another value, which a compiled function would not do at every call. "
    "Write it after the call, as step(x); optimizer.{name} *= 0.5: another value is no new program"
)
COMPILE_LIMIT = (
    "the function {function}{where} can read more than {most} values, among the last of them {what}: too many to "
    "compare at every call. Write static=[x] for an x that does not change, or {function}(..., x) for what does"
)
COMPILE_ITERATOR = (
    "the function {function}{where} can read {what}, a {kind}, which is used up by being read, but compiled it would "
    "give the same at every call. Write the next item as an argument: {function}(x, next(it)), or static=[it] if it is "
    "not read"
)
COMPILE_UNKNOWN = (
    "the function {function}{where} can read {what}, a {kind}, of which nobody can tell whether it has changed. "
    "Write static=[x] if that x does not change, or what {function} reads of it as an argument"
)
COMPILE_CLASS = (
    "type(x){where} of a value in a compiled function is the class of what stands in for it. Write isinstance(x, cls)"
)
COMPILE_SWALLOWED = (
    "the function {function} catches an error that depends on values, so that a program would go on as it did this "
    "time ({error}). Write np.where(condition, a, b) for both ways, or the attempt outside of the compiled function"
)
COMPILE_ERRSTATE = (
    "np.errstate(){where}: a compiled function treats floating-point errors as its caller does. "
    "Write np.errstate() around the call of the compiled function"
)
COMPILE_THREAD = (
    "a value of a compiled function is used{where} in another thread, of which the program would know nothing. "
    "Write it in one thread, or compile what each thread does"
)
COMPILE_SAYS = (
    "the compiled function {function} prints{where}: that happens when it is recorded, and not at every call. "
    "Write print() around its call, on what it returns"
)
COMPILE_STATIC = "static={given!r} is no list of objects. Write static=[x], for an object x that does not change"
COMPILE_OPAQUE_KIND = (
    "{op} returned {given} in a compiled function, and {known} when that was recorded. "
    "Write {op} with results of one shape and dtype, or call it outside of the compiled function"
)
COMPILE_OPAQUE_READS = (
    "what stands for an array of a compiled function is used{where} in code that is called as it is, such as that of a "
    "custom_op which is declared inside. Write @ag.custom_op outside of the compiled function"
)
COMPILE_OPAQUE_TEXT = "{op} is a function that is not NumPy's. Write it, or import it, in the place of this"
COMPILE_NO_VALUE = "the value of a compiled function is not computed from its node alone. Write the plain function"
COMPILE_AGAIN = (
    "this derivative of the compiled function {function} evaluates the plain function again, but {what} was changed "
    "since the call. Write y.backward() before the change"
)
COMPILE_AGAIN_TRACED = (
    "a result of the compiled function {function} that was computed outside is differentiated in another compiled "
    "function. Write the call of {function} into that one"
)
COMPILE_DEBUG = (
    "ag.debug() in a compiled function would look at the numbers of the first call only. "
    "Write with ag.debug(): around the call: the plain function is run there, and its lines are named"
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
COMPILE_VERIFY = "verify={given!r} is no number of calls. Write verify=3 for the first three"
COMPILE_VERIFY_DIFFERS = (
    "the program of the compiled function {function} does not do what {function} itself does now: {what}. "
    "Something that {function} reads has changed and is not seen. Write it as an argument, or as a Tensor or array "
    "that {function} reads by a name; if nothing has changed, write backend='numpy', passes=() and report it"
)
COMPILE_VERIFY_RAISED = (
    "the compiled function {function} returned where {function} itself raises now: {error}. Something that {function} "
    "reads has changed and is not seen. Write it as an argument"
)
COMPILE_STARTED = (
    "{what} of a compiled function that was called {times}, which made Tensors that it keeps, as an optimiser makes "
    "its state: such a run is none to be repeated. Write {function}(...) once more before"
)
PROGRAM_FAULT = (
    "a Program is not right after {after}: {fault}. Around it:\n{around}\nWrite passes=() to run without passes"
)
COMPILE_REAL = (
    "the results of {op} were real when this function was compiled, and are complex now. "
    "Write {op}(a + 0j), whose results are always complex"
)
COMPILE_C_CALL = (
    "save({path!r}): {op}{where} is nothing that the C written here has. "
    "Call it outside of the compiled function, on what that is given or returns, or write save({other!r})"
)
COMPILE_C_DRAW = (
    "save({path!r}): random numbers are drawn by a generator of NumPy{where}, which C has not. "
    "Write them as an argument: step(x, noise)"
)
COMPILE_C_VALUE = (
    "save({path!r}): {what} is a value of kind {kind}, and the C written here has real numbers, integers and truth "
    "values, and no empty arrays. Write x.astype(np.float32), or save({other!r})"
)
COMPILE_LOOP_LEFT = (
    "a value that a step of a loop has computed was kept elsewhere, or written into an array from outside{where}. "
    "Write return carry, y, which gives the values of all steps as an array"
)
