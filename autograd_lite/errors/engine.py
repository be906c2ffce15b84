"""Texts of the engine: Tensors, operations and their rules, `backward`."""

from __future__ import annotations

NON_SCALAR = (
    "backward() needs one number to start from, which {what} is not. "
    "Write {expr}.sum().backward(), or {expr}.mean().backward(), or give the weights of its elements: "
    "{expr}.backward(gradient=np.ones({shape}))"
)
SEED_SHAPE = (
    "the gradient given to backward() has shape {given}, which is not that of {what}. "
    "Write {expr}.backward(gradient={instead}) if that is meant"
)
NO_IMAGINARY_PART = (
    "an assignment to the imaginary part of {what}, of dtype {dtype}, which has none. "
    "Write z = t + 1j * v for a complex Tensor"
)
SEED_COMPLEX = (
    "the gradient given to backward() is complex ({given}), {what} is real ({dtype}), so its imaginary part "
    "would be lost. Write {expr}.backward(gradient=gradient.real)"
)
SEED_BOOL = (
    "backward() takes the gradient to start from as its first argument, but was given {given}. "
    "Write {expr}.backward(retain_graph={given})"
)
TENSOR_OF_SIZE = (
    "Tensor({sizes}) of PyTorch has these lengths, and no values yet; here the first argument is the data. "
    "Write ag.empty({sizes})"
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
COMPLEX_OPERATION = (
    "{op} of numbers of dtype {dtype} has no derivative here: its rule is one for real numbers. "
    "Write t.detach() for the operand that requires a gradient, or compute with the parts t.real and t.imag"
)
COMPLEX_SCALAR = (
    "backward() needs one real number to start from, and {what} is complex. Write {expr}.real.backward() or "
    "abs({expr}).backward() for a real one, or {expr}.backward(gradient=1.0), which is the same as the real part"
)
INTEGER_GRAD = (
    "{what} has dtype {dtype}: only floating-point numbers have a gradient. "
    "Write ag.Tensor(data, dtype=float, requires_grad=True)"
)
INTEGER_NUMBER_GRAD = (
    "{what} has dtype {dtype}: only floating-point numbers have a gradient. "
    "Write 3.0 for 3; and where PyTorch's Tensor(3) is meant, three numbers, ag.empty(3)"
)
UNKNOWN_SHAPE = (
    "an array of class {given} whose shape {shape} is not known before it is computed. "
    "Write np.where(mask, x, 0) for x[mask], or x.compute_chunk_sizes() where the data of a Tensor is such an array"
)
FOREIGN_CALL = (
    "{op} asks for what an array of class {given} has not: {error}. "
    "Write ag.Tensor(x.compute()) for the Tensor of it, or the call on parts of it that fit in memory"
)
OUTER_DATA = (
    "an array of class {given} belongs around a Tensor, and not into one: no derivative knows its units. "
    "Write {instead}"
)
LABELLED_DATA = (
    "ag.Tensor() of a {given} around an array of class {inner}, of which NumPy would make a copy. "
    "Write ag.Tensor(x.data) to keep that array"
)
UNADAPTED = (
    "ag.Tensor() of an array of class {given}, of which NumPy would make a copy. Write ag.Tensor(x, adapt=True) to "
    "compute with its own library, or ag.Tensor(np.asarray(x)) for a copy"
)
NOT_ADAPTABLE = (
    "ag.Tensor(..., adapt=True) takes an array of a library of the array API standard, and not a {given}. "
    "Write ag.Tensor(x) for numbers and arrays of NumPy"
)
NO_NAMESPACE = (
    "an array of class {given} does not name the functions of its library. Write pip install array-api-compat, which "
    "knows those of PyTorch, or ag.Tensor(np.asarray(x)) for a copy"
)
ADAPTED_LACKS = (
    "{given} has no {what}, by which this is computed. "
    "Write ag.Tensor(np.asarray(t.data.array)) to go on with a copy of NumPy's"
)
ADAPTED_CONVERSION = (
    "an adapted array of class {given} is not made an array of NumPy's implicitly. "
    "Write np.asarray(t.data.array) for a copy"
)
ADAPTED_BESIDE = (
    "an array of NumPy's meets an adapted one of class {given}. "
    "Write ag.Tensor(xp.asarray(a), adapt=True), where xp is the library of the other, or np.asarray(t.data.array)"
)
BAD_DATA = "a Tensor holds numbers, but the data is {what}. Write {instead}"
MASKED_BESIDE = (
    "a masked array meets {what}, which has no mask. "
    "Write data.filled(0.0) for the masked array data, or t.detach().numpy() for the Tensor"
)
RULE_DEPARTURE = (
    "{call} drops a derivative that is asked for. It stands in {rule}, which is called with Tensors to be "
    "differentiated itself. Write the rule with NumPy's functions of its arguments, as np.cos(x) for np.cos(x.numpy())"
)
CONVERSION = (
    "{call} of {what} would drop its derivative. Write {instead}; or, where a constant is meant, t.detach(): "
    "t.item() for a number, t.detach().numpy() for an array, or with ag.no_grad(): around the call"
)
SAMPLED = (
    "{call} of {what} would drop the derivative of the samples by it. Write {instead}; or, where a constant is meant, "
    "t.detach(): t.item() for a number, t.detach().numpy() for an array"
)
NOT_SAMPLED = (
    "{call} of {what} would drop its derivative: the samples are no function of numbers that do not depend on it. "
    "Write t.detach().numpy() for samples, and differentiate the logarithm of their density"
)
POLYNOMIAL = (
    "numpy.polynomial makes arrays of what it is given, and {call} of {what} would drop its derivative. Write "
    "np.polyval(c[::-1], t) for a power series, chebval(t, c) for a series of constant coefficients c, "
    "chebvander(x, len(c) - 1) @ c for one of a Tensor c at constant places, and t.detach().numpy() for a constant"
)
SAMPLE_SIZE = (
    "samples of the size {size} have parameters of the shape {shape}, which do not broadcast to it. "
    "Write size=None for one sample of each, or a size that ends with {shape}"
)
SAMPLE_VECTOR = "{what} has the shape {shape}, and is to be a vector. Write ag.vmap for several of them"
SAMPLE_COVARIANCE = (
    "a mean of the shape {mean} and a covariance of the shape {cov} do not belong together. "
    "Write a vector of n numbers and an n by n matrix, and ag.vmap for several of them"
)
SAMPLE_FACTOR = (
    "the factor of a covariance by method={method!r} is not unique, and so has no derivative. "
    "Write method='cholesky', or leave it out"
)
ELEMENT_CONVERSION = (
    "{what} is assigned to a part of a plain array, which would drop its derivative. "
    "Write out = ag.Tensor(out) for the array out before: then out[i] = t is recorded; or np.stack([t, u]) to join "
    "results; or t.detach() where a constant is meant"
)
LIBRARY_CONVERSION = (
    "{function} asks for the numbers of {what}, which would drop its derivative. Write {instead}; "
    "or with ag.no_grad(): around the call"
)
LIBRARY_CALL = (
    "{library} calls {name}, which is not supported on a Tensor. "
    "Write t.detach().numpy() for what it is given, if a constant is meant"
)
LIBRARY_DETACH = "t.detach() for what it is given, as in plt.plot(t.detach()), if a constant is meant, as in a picture"
LIBRARY_PANDAS = (
    "x.to_numpy() for the Series or DataFrame x, as in x.to_numpy() @ t; t.detach() where a constant is meant"
)
LIBRARY_SPARSE = "S @ t for a product with the sparse matrix S, else S.toarray(); t.detach() where a constant is meant"
LEAF_MUTATION = (
    "in-place {op} on {what}, a Tensor that requires a gradient: its gradient would no longer belong to the value "
    "you made. Write with ag.no_grad(): {update} to update a parameter, or {instead} for a new Tensor"
)
IN_PLACE = "{op}: a result of {given} does not fit into {what}, of dtype {dtype}. Write {instead}"
VIEW_OF_NOTHING = (
    "a write to {what}, a view made without recording: what it is a view of is gone, and other views of that would not "
    "see it. Write t = t.copy() before"
)
VIEW_OF_FOREIGN = (
    "a write to a view of {what}, which holds an array of class {given}: whether that sees it, nobody knows. "
    "Write v = v.copy() before, and t[i] = v to put it back"
)
VIEW_READ_ONLY = (
    "a write to a view of shape {shown} that shows numbers of an array of shape {shape} in several places, which NumPy "
    "refuses too. Write v = v.copy() before"
)
DATA_DTYPE = (
    "data of dtype {given} for {what}, which keeps its dtype {dtype}. "
    "Write t = ag.Tensor(v, dtype='{given}', requires_grad=True) for one of that dtype, or t.assign(v) for its numbers"
)
TOO_LARGE = (
    "{op}: some numbers of dtype {given} are too large for {what}, of dtype {dtype}, and would become infinite. "
    "Write np.clip(v, -np.finfo('{dtype}').max, np.finfo('{dtype}').max), or t = ag.Tensor(v)"
)
CHANGED_FORM = (
    "the array of {what} was handed out as data or numpy(), and given another shape or dtype in place. Write "
    "a = t.numpy().reshape(shape) for a view of it, and t.data.shape = {shape}, t.data.dtype = '{dtype}' to undo it"
)
NO_GRAD_KEPT = (
    "grad of {what}, is None: gradients are kept for Tensors that were made, not computed. Write "
    "with ag.no_grad(): w -= 0.1 * w.grad for a step of w, or {expr}.retain_grad() before backward()"
)
NOT_A_HOOK = (
    "register_hook() takes a function of the gradient, but was given a {given}. "
    "Write t.register_hook(lambda g: 2 * g)"
)
OUT_ARRAY = (
    "{op} into a plain array would lose the derivative of the result. "
    "Write a = a + t for a += t, or out=ag.Tensor(a) for out=a"
)
LENT = (
    "an array of shape {shape} that a function has computed with is written to {where}, before its derivative is "
    "there. Write a = a + v for a += v, or compute with a copy: x * a.copy()"
)
WHERE_ALONE = (
    "where= of {op} without out= leaves in the other places whatever was in memory. "
    "Write out=ag.Tensor(np.zeros(shape)) with what shall stand there, or np.where(condition, np.{op}(...), 0)"
)
PLACED_IN_ARRAY = (
    "{op} into a plain array would lose the derivative of what is put there. "
    "Write a = ag.Tensor(a) before, and the same call; or np.broadcast_to(t, a.shape)"
)
IN_PLACE_FUNCTION = (
    "{op} is asked to change a Tensor in place, which only its own operators and assignment do. "
    "Write t[...] = np.{op}(t), without the argument that says so"
)
NOT_A_LEAF = "{what} of {tensor}, which is in the middle of a graph. Write {instead}"
NOT_TRACKED = "{what} of {tensor}, to which no gradient flows. Write t = ag.Tensor(data, requires_grad=True)"
NOT_ITERABLE = "iteration over {what}, which holds one number. Write t.item() for the number"
SPARSE_SHAPE = (
    "the product with a sparse matrix does not fit: {left} @ {right}. Write {instead}"
)
TRUTH = (
    "`if`, `while`, `and` or bool() asks whether {what} is true, which is ambiguous: each element has its own answer. "
    "Write {expr}.any() or {expr}.all() for one answer, np.where({expr}, a, b) for a choice at each element"
)
NOTHING = (
    "an operand of {op} is None. The grad of a Tensor is None before backward(), and where no gradient arrives. "
    "Write loss.backward() before, of a loss that is computed from it; or 0.0 for None"
)
RAGGED = (
    "a Tensor holds numbers in rows of one length, but the data is a list of rows of different lengths. "
    "Write [row + [0.0] * (n - len(row)) for row in data] with n = max(map(len, data)), or one Tensor for each row"
)
UNSUPPORTED_ELSEWHERE = "{name} is not supported on a Tensor: {why}"
NO_ATTRIBUTE = "{owner} has {name}, and what stands for one here has not. Write {instead}"
UNSUPPORTED = "numpy.{name} is not supported on a Tensor: {why}"
UNSUPPORTED_ARGUMENT = (
    "the argument {argument} of {op} is not supported on a Tensor{extra}. Write {call}, with no others"
)
UNKNOWN_ARGUMENT = "{op}() has no argument {argument}, or has been given it twice. Write {call}"
T_OF_MORE = "t() exchanges the axes of a matrix, and the Tensor has shape {shape}. Write t.swapaxes(-1, -2)"
NO_MATRIX = "{what} has fewer than two axes, of which mT would exchange the last. Write t[:, None] for a column"
SPLIT_SIZES = (
    "split({given}) of an axis of length {n}: the sizes of the pieces have to be positive, and those in a list to sum "
    "to {n}. Write t.split(2), or t.split([1, {n} - 1])"
)
NO_OPERAND = (
    "a {given} is no operand of {op} in place, for it wants to do that itself. Write t = np.{op}(t, np.asarray(v))"
)
DEVICE = "a Tensor is in the memory of the processor, and {given} is not. Write .to('cpu'), or leave it out"
VIEW_DTYPE = "view({given}) would read the bytes of the elements as other numbers. Write t.astype({given})"
MISSING_ARGUMENT = "{op}() needs the argument {argument}. Write {call}"
TRACKED_SETTING = (
    "the argument {argument}= of {op} is a Tensor that requires a gradient, but {op} has no derivative with respect "
    "to it. Write {argument}=t.detach() if it is meant as a constant"
)
RULE_SHARES = (
    "the rule of {op} returned {given} shares for {expected} inputs. "
    "Write a tuple with one for each input, and None for one that gets nothing"
)
RULE_TANGENTS = (
    "the forward rule of {op} returned {given} tangents for {expected} results. "
    "Write one for each result, as a tuple, and None for one that does not move"
)
RULE_SHAPE = (
    "a rule of {op} returned a gradient of shape {given} for an input of shape {shape}. "
    "Write a rule whose result has the shape of its input, or one that broadcasting it gives"
)
RULE_TANGENT_SHAPE = (
    "a forward rule of {op} returned a tangent of shape {given} for a result of shape {shape}. "
    "Write a rule whose result has the shape of the result of {op}, or one that broadcasts to it"
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
UNKNOWN_FACT = "the declaration of {op} says {fact!r}, which is no fact of an operation. Write one of those in `Op`"
OPERATION_FIXED = (
    "{op} is an operation, and its {name} was to be changed, in all programs that use it. "
    "Write a declaration of another operation, such as @ag.custom_op"
)
NON_LEAF_COPY = (
    "{call} of {what}, which is in the middle of a graph: the copy would silently lose its history. "
    "Write {call}(t.detach()) for a copy of the value, or t.clone() for a recorded copy"
)
COPY_DERIVATIVE = (
    "a pickle of the derivative of {function} at a point that Tensors from outside lead to, which require a gradient: "
    "they would silently be lost. Write ag.vjp({function}, *[x.detach() for x in primals]) to derive by these alone"
)
COPY_OPERATION = (
    "a copy or a pickle of the operation {op}, which stands in no registry. Write ag.custom_op at the top of a module, "
    "and copy or pickle the function that it returns"
)
COPY_CHANGED = (
    "the derivative of {function} at a point was pickled, and {function} has another result there now: it draws random "
    "numbers, or what it reads has changed. Write the call of ag.vjp or ag.linearize where the derivative is used"
)
NOT_A_FUNCTION = (
    "{switch} decorates a function, but was given a {given}. Write with ag.{switch}(): ... for a block, "
    "or @ag.{switch}() above a function"
)
MISSING_EXTRA = "{feature} needs {package}, which is not installed. Write: pip install 'autograd-lite[{extra}]'"
ONLY_NUMPY = (
    "{op} reads numbers where NumPy has them in memory, and was given an array of class {given}, which it would have "
    "to convert. Write ag.Tensor(np.asarray(x)), or ag.Tensor(x.get()), where a copy is meant"
)
