"""Texts of modules: parts, hooks, conversions, parametrizations, initial values."""

from __future__ import annotations

NO_PART = "{module} has no {kind} {given!r}. Write a name that [name for name, _ in model.{listing}()] lists"
SET_SUBMODULE = (
    "set_submodule({target!r}) takes a Module, but is given a {given}. Write an instance: set_submodule({target!r}, "
    "nn.ReLU())"
)
IN_A_TUPLE = (
    "{path} of {module} stands in a tuple, which cannot be changed. "
    "Write a list in the place of the tuple {outer}, or nn.ModuleList"
)
REGISTER = (
    "{function}({name!r}) of {module} is given a {given}, or a name that something else has, or that is none of an "
    "attribute. Write {function}('head', value) with a free name without dots, and for value {instead}, or None"
)
MODULE_DEVICE = "{module}.to({given!r}): there is one device, the processor. Write model without it, or model.to('cpu')"
MODULE_DTYPE = (
    "to({given}): parameters are floating-point numbers. Write to(np.float32), to(np.float64) or to(np.complex128)"
)
COMPLEX_TO_REAL = (
    "{module} has complex numbers, of which {dtype} would lose the imaginary parts. "
    "Write to(np.complex64), or p.real for each of them"
)
CONVERTED_IN_COMPILE = (
    "to() of {module} inside of a compiled function: parameters change their dtype once, and not in each call. "
    "Write model.to(dtype) before it, or x.astype(dtype) for a value"
)
PRE_HOOK_RESULT = (
    "a forward pre-hook with with_kwargs=True returned a {given}. "
    "Write return args, kwargs: a tuple and a dict, or None"
)
ALWAYS_HOOK = (
    "a forward hook of {module} with always_call=True failed, too, after an error: {error}. "
    "Write a hook that takes None for the output"
)
BACKWARD_HOOK = (
    "{module} has backward hooks, which look at a Tensor or a tuple of Tensors, but returns a {given}. "
    "Write return y, or return y, z; or hooks on the modules within"
)
BACKWARD_HOOK_RESULT = (
    "a backward hook of {module} returned {given} gradients, where there are {expected}. "
    "Write a tuple of {expected}, with None for what has none, or return nothing"
)
NO_MODULE_ATTRIBUTE = "a module has no {name}(). Write {instead}"
SUMMARY_SHAPE = "summary() of an input of shape {given}: no length is negative. Write the whole shape, with the batch"
NOT_A_PART = "the part {place!r} of {container} is {given}, not {kind}. Write {container}([{instead}]) or the like"
PART_KEY = (
    "a {container} has keys that are texts without dots, and is given {given!r}. "
    "Write {container}({{'name': part}})"
)
INIT_AXES = (
    "{function} fills Tensors of {wanted} axes, and is given {what}. "
    "Write nn.init.zeros_(t) for a bias, or nn.init.normal_(t), for any shape"
)
LAZY_COMPILED = (
    "{layer} has no parameters before its first call, which is inside of a compiled function here. "
    "Write model(x) once before it"
)
LAZY_SHAPE = (
    "{layer} takes the size of its input from the first call, and was given shape {given}. "
    "Write an input of {wanted} axes"
)
PARAMETER_LAZY = (
    "an optimiser is given {what}, which has no size before the first call of its layer. "
    "Write model(x) once, and the optimiser after it"
)
NO_RIGHT_INVERSE = (
    "a parametrized Tensor is given a value, but {map} does not say of what it makes it. "
    "Write def right_inverse(self, value): in that class, or set module.parametrizations.<name>.original"
)
NOT_PARAMETRIZABLE = (
    "{module} has no parameter or buffer {name!r} of its own. "
    "Write a name that [name for name, _ in module.named_parameters(recurse=False)] lists"
)
NOT_PARAMETRIZED = "{name} of {module} is no parametrized Tensor of this kind. Write the module and the name of one"
PARAMETRIZATION_SHAPE = (
    "{map} makes a Tensor of shape {other} and dtype {kind} of one of shape {shape} and dtype {dtype}. "
    "Write unsafe=True where that is meant"
)
SEVERAL_ORIGINALS = (
    "{name} is computed from several Tensors: none of them is what it was. Write leave_parametrized=True"
)
NORM_DIM = "dim={dim} is no axis of a weight of {count} axes. Write dim=0 for the outputs of a linear layer"
POWER_ITERATIONS = "n_power_iterations={given}. Write 1, or more"
ORTHOGONAL_SHAPE = "{name} of shape {shape} is no matrix, and so not orthogonal. Write name='weight'"
ORTHOGONAL_MAP = "orthogonal_map={given!r} is unknown. Write 'matrix_exp', 'cayley' or 'householder'"
ORTHOGONAL_COMPLEX = "reflections are for real matrices. Write orthogonal_map='matrix_exp' or 'cayley'"
ORTHOGONAL_INVERSE = (
    "of {given} it is not known of what it makes the value that is there. "
    "Write use_trivialization=True, or orthogonal_map='householder'"
)
FUSE_TRAINING = "{layer} and {norm} are one layer only where none is trained. Write layer.eval() and norm.eval() before"
FUSE_STATISTICS = (
    "{norm} has no running statistics, and so depends on each batch. Write track_running_stats=True when it is made"
)
FUSE_PARAMETRIZED = (
    "the weight of {layer} is computed from others. Write parametrize.remove_parametrizations(layer, 'weight') before"
)
MODULE_HOOK = (
    "a hook of a module is a function, but a {given} was given. "
    "Write model.register_forward_hook(lambda module, args, output: None)"
)
