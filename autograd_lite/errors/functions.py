"""Texts of transforms of functions: derivatives, trees, checkpoints, `vmap`, custom operations, implicit functions."""

from __future__ import annotations

STRUCTURE = (
    "{what} is built differently{where}: {given}, where {expected} is expected. "
    "Write it with the same containers and keys; ag.tree.map(np.zeros_like, x) makes one that fits x"
)
LEAF_NUMBER = (
    "unflatten() is given {given} leaves for a structure of {expected}. "
    "Write leaves, structure = ag.tree.flatten(x), and unflatten(structure, leaves) with as many leaves"
)
UNRAVEL_SHAPE = "unravel() takes a vector of shape ({n},), not one of shape {given}. Write {instead}"
ARGUMENT_NUMBER = (
    "argnums={given} names an argument that is not there: {function} is called with {count} of them by position. "
    "Write argnums=0 for the first, and give by position what is differentiated"
)
ARGUMENT_TWICE = "argnums={given} names an argument twice. Write each place once: argnums=(0, 1)"
INTEGER_ARGUMENT = (
    "{path} of {function} has dtype {dtype}: only floating-point numbers have a derivative. "
    "Write 3.0 for 3 and x.astype(float) for an array; or name with argnums= the arguments that have one"
)
SETTING_ARGUMENT = (
    "{path} of {function} is {what}, which has no derivative. "
    "Write {instead} for a setting, which is passed on as it is"
)
SETTING_RESULT = (
    "the result of {function}{path} is {what}, and no real number. "
    "Write {instead} for what comes besides, or return numbers only"
)
QUANTILE = "q={given} is outside of what quantiles are asked for. Write q between 0 and 1, and percentiles up to 100"
QUANTILE_PLACE = (
    "the derivative of a quantile by q is there for NumPy's default method alone, without weights and without nan. "
    "Write np.quantile(t, q), or q.detach().numpy() for a constant"
)
NO_AUX = (
    "has_aux=True, but {function} returned a {given}, not a pair. "
    "Write return value, aux; or leave has_aux=True out"
)
RETURNED_NOTHING = "{function} returned None, which has no derivative. Write return y at the end of {function}"
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
INDEPENDENT = (
    "{transform}: the result of {function}{place} does not depend on the argument it is differentiated by{cause}. "
    "So the derivative is 0. Write return y + 0 * np.sum(x) where that is meant"
)
COMPLEX_OUTPUT = (
    "{transform} of {function}, whose result is complex ({dtype}): it moves in two directions, and no one number says "
    "how. Write ag.{transform}({function}, holomorphic=True) if it is holomorphic, of complex numbers; "
    "lambda z: {function}(z).real, and the same with .imag, for its parts; or ag.vjp({function}, z)"
)
COMPLEX_MODE = (
    "jacobian of {function} with mode={given!r}: between real and complex numbers only one mode gives all derivatives. "
    "Write mode={mode!r}, or leave mode= out"
)
HOLOMORPHIC_REAL = (
    "{transform} of {function} with holomorphic=True is for complex arguments and results, but one of them has dtype "
    "{dtype}. Write z.astype(complex) for an argument, or leave holomorphic=True out where the result is real"
)
NOT_HOLOMORPHIC = (
    "{transform} of {function}, which is not holomorphic: along i it does not move by i times what it moves along 1, "
    "so it has no complex derivative. "
    "Write lambda z: {function}(z).real, and the same with .imag, for its parts; or ag.vjp({function}, z)"
)
TANGENT_SHAPE = (
    "{what} has shape {given}, but {primal} has shape {shape}. Write {instead} if that is meant"
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
STATE_IN_PLACE = (
    "the attribute {name} of {module} is changed in place by a function that is evaluated more than once, which would "
    "change it each time. Write self.{name} = self.{name} + v for self.{name} += v, or a Tensor in its place"
)
MINIMIZE_EMPTY = "minimize() is given an x0 without a number. Write x0 with what is to be found: np.zeros(n)"
MINIMIZE_FOREIGN = (
    "minimize() works with arrays of NumPy, and {what} is an array of class {given}. "
    "Write scipy.optimize.minimize(f, x0, jac=True), where f(x) returns the numbers of y, g = "
    "ag.value_and_grad(loss)(x): dask.compute(y, g), or y.get(), g.get()"
)
MINIMIZE_METHOD = "method={given!r} of minimize() is unknown. Write one of {known}"
MINIMIZE_CALLBACK = "callback of minimize() is a {given}. Write callback=lambda x: ..., which is called at every step"
MINIMIZE_CONSTRAINT = (
    "a constraint of minimize() is a dict with the keys {given}. Write {{'type': 'eq', 'fun': lambda x: x[0] - 1}}"
)
MINIMIZE_BOUNDS = (
    "the bounds given to minimize() do not belong to an x0 of {n} numbers. Write bounds=[(0, 1)] * {n}, or "
    "bounds=(lower, upper) with two numbers, or two of what is built like x0"
)
JACOBIAN_MODE = "mode={given!r} is unknown. Write mode='auto', 'reverse' or 'forward'"
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
BATCH_STATE = (
    "inside of vmap, {what} is given a value that differs between examples{place}, but was there before and is one for "
    "all of them. Write a function that returns the value, and give it after the call: t.assign(np.mean(values, 0))"
)
BATCH_LEFTOVER = (
    "a value inside of vmap was kept elsewhere and is used after the call, where it still holds all examples as one. "
    "Write a function that returns it as a result"
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
    "Write def {op}(x, y, *, setting=1): ..., or def {op}(*arrays): ..., or a lambda around it"
)
CUSTOM_NO_RULE = (
    "custom_op {op} has no reverse rule. Write {op}.defvjp(lambda g, {names}: ...), or vjp= where it is declared, "
    "or numerical=True for a derivative by finite differences"
)
CUSTOM_NO_ARGUMENT_RULE = (
    "custom_op {op} has no reverse rule for its argument {name}. Write "
    "{op}.defvjp(lambda g, {asked}: ..., argnums={index}), or None in the place of the rule for a constant"
)
CUSTOM_ARGNUMS = (
    "defvjp of custom_op {op} is given {rules} rules for the arguments {argnums}. "
    "Write defvjp(rule0, rule1, argnums=(0, 1)), with the number of an argument for each rule"
)
CUSTOM_INSIDE = (
    "custom_op {op} is given a {given} with a Tensor in it, whose derivative would be lost. "
    "Write the Tensor as an argument of its own, as *arrays takes any number of them"
)
PHASES = (
    "the result depends on the phases of the complex vectors of np.linalg.{op}, which are arbitrary, and so has no "
    "derivative. Write a function that does not depend on them, as np.abs(v)**2"
)
FILLED_UP = (
    "the result depends on vectors of np.linalg.{op} that only fill up a basis, and so are arbitrary, without a "
    "derivative. Write np.linalg.{op}(a, {instead})"
)
QR_MODE = "np.linalg.qr(mode={mode!r}) has no derivative here. Write mode='reduced', or mode='r' for the triangle alone"
API_VERSION = "there is version {known} of the array API standard here, and not {given}. Write api_version={known!r}"
ASARRAY_COPY = "this makes a new array, which copy=False excludes. Write copy=None, which makes one where it has to"
CUSTOM_STACKS = (
    "custom_op {op} is given the signature {given!r} for ({names}). "
    "Write the axes of each input and each result, as signature={example!r}, or leave it out"
)
CUSTOM_STACK = (
    "custom_op {op} was given stacks of shape {stack} by its signature, and returned shape {given}. "
    "Write a function that keeps the axes in front, as x.sum(axis=-1) does, or leave signature= out"
)
CUSTOM_BOTH = "custom_op {op} is given numerical=True and a rule. Write one of them"
CUSTOM_Y = (
    "custom_op {op} has an input named y, as rules call the result. Write another name for it: "
    "ag.custom_op(lambda x, z: f(x, z), numerical=True)"
)
CUSTOM_FIRST = (
    "a rule of custom_op {op} has the parameters ({given}), of which the first is not {first}. "
    "Write vjp=lambda g, x: g * x, with g first, and jvp=lambda tangents, x: tangents[0] * x"
)
CUSTOM_VALUE = "custom_op {op} returned {given}. Write a function that returns an array of numbers, or a tuple of them"
CUSTOM_RESULTS = (
    "the reverse rule of custom_op {op} returned {given} results for {expected} inputs. "
    "Write one result for each input, as a tuple, and None where there is no derivative"
)
CUSTOM_SHARE = (
    "{what} returned {given}, which is no array of real numbers. "
    "Write a rule that returns arrays of floats, as np.asarray(x, float) or z.real makes them"
)
CUSTOM_NO_TANGENT = (
    "the forward rule of custom_op {op} returned None, and not how the result moves. "
    "Write return np.zeros_like(y) where it does not, with y as a parameter of the rule"
)
CUSTOM_WRITES = (
    "{what} writes into its argument {place}, which belongs to others. Write {name} = {name}.copy() before, "
    "or an operation that makes a new array, as {name} * 2 for {name} *= 2"
)
CUSTOM_FOREIGN = (
    "{what} cannot be differentiated itself: called with Tensors, {cause}. Write it with NumPy's functions of what it "
    "is given, as np.cos(x) for math.cos(x) and x for x.numpy(), or with another custom_op that has rules of its own"
)
CUSTOM_FORWARD = (
    "custom_op {op} has no forward rule, and none can be derived from its reverse rule: {cause}. "
    "Write jvp=lambda tangents, x: ... besides vjp=, or take the derivative by ag.vjp, or mode='reverse'"
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
IMPLICIT_BUILT = (
    "the solver of the equation {function} returned a result that is built otherwise than in its first call. "
    "Write solve so that it always returns the same tree of arrays"
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
    "fixed_point() is given tol={tol!r} and max_iterations={n!r}. Write tol=1e-12, max_iterations=1000: "
    "numbers above 0, the second a whole one"
)
