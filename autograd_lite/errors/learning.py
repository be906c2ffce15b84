"""Texts of networks, optimisers and training."""

from __future__ import annotations

LINEAR_SHAPE = (
    "{layer} takes vectors of length {n} along the last axis, but is given an input of shape {given}. Write {instead}"
)
LSTM_SHAPES = (
    "lstm_cell() is given x of shape {x}, h of {h}, c of {c}, w_ih of {w_ih} and w_hh of {w_hh}, which do not fit each "
    "other. Write c of the shape of h, and for this x and h weights of shape {weights}, (4 * hidden, in), and "
    "{recurrent}, (4 * hidden, hidden); for one example x[0] and h[0], without a batch"
)
LINEAR_WEIGHT = (
    "linear() takes a weight of shape (out, in), not of shape {weight}. "
    "Write np.ones((out, {n})) for this input, or another weight with a row for each output"
)
LINEAR_BIAS = (
    "linear() has {outputs} outputs, and is given a bias of shape {bias}. "
    "Write np.zeros({outputs}), or another bias of that shape"
)
MODULE = "the layer {name!r} of {outer}, {layer},"
TARGET_SHAPE = "the target of {loss} has shape {given}, but shape {wanted} belongs to this input. Write {instead}"
TARGET_DTYPE = (
    "the target of {loss} has shape {given}, as classes have, but dtype {dtype}, as probabilities have. "
    "Write target.astype(int) for classes"
)
CLASS_DTYPE = (
    "the target of nll_loss are classes, and so integers, not {dtype}. Write target.astype(int), or for probabilities "
    "-(target * input).sum(axis=1)"
)
LOSS_SHAPES = (
    "the prediction has shape {wanted} and the target {given}: a loss compares element by element. Write {instead}"
)
CLASS_ROWS = (
    "linear_cross_entropy() takes a weight of shape (classes, size), or for a batch (classes, ..., size), not of shape "
    "{weight} for an input of {given}. Write weight.reshape(classes, size)"
)
CLASS_RANGE = (
    "the target of {loss} names a class that does not exist: the input has {count} classes, 0 to {last}. "
    "Write labels from 0 to {last}, such as np.unique(labels, return_inverse=True)[1]"
)
REDUCTION = "reduction={given!r} is unknown. Write reduction='mean', 'sum'{more} or 'none'"
FANS = (
    "{function} of {what}: it needs the shape (out, in), to count inputs and outputs. "
    "Write nn.init.zeros_(bias) for a bias, or nn.init.normal_(t, std=...) with a scale of your own"
)
OTHER_KIND = (
    "a step would make {what}, which has an array of NumPy's, an array of class {given}, with all that this is made "
    "of. Write p.grad = p.grad.data.compute() before the step, or a parameter that has such an array"
)
FEATURES = "Linear(in_features, out_features) is given {given}. Write whole numbers of at least 1: Linear(2, 3)"
NOT_A_LAYER = (
    "layer {place} of Sequential is {given}, not a Module. Write an instance: Sequential(nn.Linear(2, 3), nn.ReLU())"
)
STATE_DICT = "load_state_dict() of {model} does not fit, and nothing was changed: {found}. "
STATE_DICT_NAMES = "Write load_state_dict(state, strict=False) to load only the names that both sides have"
STATE_DICT_SHAPES = "Write a model of the same sizes as the saved one"
STATE_DICT_VALUES = "Write plain arrays of real numbers: value.filled(0.0), value.real, value.astype(float)"
STATE_DICT_KIND = (
    "load_state_dict() of {model} takes values by name, but is given a {given}, and nothing was changed. "
    "Write load_state_dict(np.load(path)) for what np.savez(path, **model.state_dict()) has saved"
)
FUNCTIONAL_CALL = (
    "functional_call() of {model} does not fit: {found}. "
    "Write functional_call(model, dict(model.named_parameters()), x), or give values of those names and shapes"
)
FUNCTIONAL_TWICE = (
    "functional_call() is given {name!r} in two of its mappings. "
    "Write functional_call(model, first | second, x) if the second is to count"
)
SETTING = "{name}={given!r}: it has to be a finite number, and not negative. Write {name}=0.01"
SETTING_RANGE = "{name}={given!r}: it has to be a number from {low} to {high}. Write {name}={example}"
SETTING_PAIR = "{name}={given!r}: they have to be two numbers, from {low} to below {high}. Write {name}={example}"
SETTING_WHOLE = "{name}={given!r}: it has to be a whole number, at least {least}. Write {name}=10"
SCHEDULE_OF = "{schedule} is given a {given} for an optimiser. Write {schedule}(optimizer, ...)"
SCHEDULE_RESUMED = (
    "{schedule} is to go on after a step, but group {group} has no 'initial_lr'. "
    "Write optimizer.load_state_dict(state) before it, or leave last_epoch out"
)
SCHEDULE_GROUPS = (
    "{name} is a list of {given} values, but the optimiser has {groups} groups. Write one value for each group, or one"
)
SCHEDULE_STATE = (
    "load_state_dict() of {schedule} does not fit, and nothing was changed: {odd} on one side only. "
    "Write load_state_dict(schedule.state_dict()) of a schedule of the same class"
)
SCHEDULE_FUNCTION = "lr_lambda is {given!r}, no function. Write lambda step: 0.95**step"
SCHEDULE_ZERO = (
    "ConstantLR with factor=0 comes to its end, and 0 has lost what the rate was. Write a small factor, as factor=1e-6"
)
SCHEDULE_MOMENTUM = (
    "{schedule} is to change the momentum of {optimizer}, which has none. Write cycle_momentum=False"
)
SCHEDULE_STEPS = (
    "OneCycleLR needs to know how many steps there are. Write total_steps=1000, or epochs=10, steps_per_epoch=100"
)
SCHEDULE_OVER = "OneCycleLR is at step {step}, but was made for {total}. Write total_steps={step}, or no more steps"
SCHEDULE_PARTS = "{schedule} is made of schedules of one optimiser, not of {given}. Write {instead}"
NORM_TYPE = "norm_type={given!r}: it has to be above 0. Write norm_type=2.0, or float('inf') for the largest number"
NORM_NOT_FINITE = (
    "the norm of the gradients is infinite or nan, and nothing was changed. "
    "Write with ag.debug(): ... around the step to find where they come from, or error_if_nonfinite=False"
)
CLIPPED = "gradients are clipped of Tensors, but a {given} is given. Write clip_grad_norm_(model.parameters(), 1.0)"
VECTOR_SIZE = (
    "vector_to_parameters() is given an array of shape {shape}, but the parameters have {size} numbers. "
    "Write a vector of that length, as parameters_to_vector(parameters)"
)
AVERAGED_MODEL = (
    "averages are kept in this memory, and by a function of one array. "
    "Write AveragedModel(model, avg_fn=get_ema_avg_fn(0.999)), without a device"
)
AVERAGED_OTHER = (
    "the {names} of {model} are not those of the averaged model. Write update_parameters(model) for its original"
)
SETTING_UNKNOWN = "{optimizer} has no setting {name!r}. Write {optimizer}(params), and settings of help({optimizer})"
SETTING_CHOICE = "{name}={given!r} is unknown. Write {name}={choices}"
DIFFERENTIABLE_STEP = (
    "{optimizer} has no differentiable steps: they are taken outside of the graph. "
    "Write the formula of the step with Tensors, as w = w - lr * ag.grad(loss)(w)"
)
STEP_SIZES = "etas={given!r}: they have to be 0 < first < 1 < second. Write etas=(0.5, 1.2)"
MATRICES = (
    "Muon is for matrices, but is given {what}. "
    "Write Muon([p for p in model.parameters() if p.ndim == 2]), and another optimiser for the others"
)
ONE_GROUP = "LBFGS takes one group of parameters. Write LBFGS(model.parameters()), with the same settings for all"
CLOSURE = (
    "step() of LBFGS evaluates the loss several times, and so takes a closure. "
    "Write opt.step(closure), where closure() calls opt.zero_grad() and loss.backward(), and returns the loss"
)
COMPILE_SCHEDULE = (
    "{schedule} goes on in a compiled function, which would not do so at every call. "
    "Write schedule.step() after the call: another learning rate is no new program"
)
COMPILE_LBFGS = (
    "step() of LBFGS is called in a compiled function, but how often it evaluates the loss depends on values. "
    "Write the closure compiled, ag.compile(closure), and call opt.step(closure) outside of it"
)
OPTIMIZER_STATE = (
    "load_state_dict() of {optimizer} does not fit, and nothing was changed: {found}. "
    "Write load_state_dict(opt.state_dict()) of an optimiser of the same class, for as many parameters"
)
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
NO_GRADIENTS = (
    "step() of {optimizer} changes nothing: none of its parameters has a gradient. "
    "Write loss.backward() before it, of a loss that is computed from these parameters"
)
SOFTMAX_TWICE = (
    "cross_entropy() takes scores and computes their softmax itself, but is given the result of {op}. "
    "Write the model without a softmax at its end, or cross_entropy(np.log(p), target) for probabilities p"
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
KEPT_BUFFER = (
    "{name} of {module} keeps the history of all its earlier values, whose graph was released by backward(): memory "
    "grows with each step. Write self.{name} = value.detach(), or with ag.no_grad(): ... around what is done to it"
)
BUFFER_NAME = "{given!r} cannot be the name of a buffer of {module}. Write register_buffer('running_mean', tensor)"
BUFFER_KIND = (
    "the buffer {name} of {module} is to be a {given}. "
    "Write register_buffer('{name}', ag.Tensor(value)), or self.{name} = ag.nn.Parameter(value) for a parameter"
)
BUFFER_TAKEN = (
    "{module} has an attribute {name} that is no buffer: a {given}. "
    "Write register_buffer('{name}_buffer', tensor), or another name that is free"
)
ATTRIBUTE_KIND = (
    "{name} of {module} is given a {given}, and would be trained, or saved, no more. "
    "Write self.{name} = {kind}(value), or self.{name}.assign(value); del self.{name} before it for something else"
)
COMPLEX_PARAMETER = (
    "{optimizer} has steps for real parameters, but one of them has dtype {dtype}. "
    "Write re, im = ag.nn.Parameter(v.real), ag.nn.Parameter(v.imag), and re + 1j * im for the complex number"
)
SLOPES = (
    "prelu() has slopes of shape {given}, and the input of shape {shape} has {channels} channels. "
    "Write np.full({channels}, 0.25), or one slope, np.array(0.25)"
)
BOUNDS_CROSSED = "{op}() between {low} and {high}: the lower bound is the larger one. Write {op}(input, {high}, {low})"
ZERO_ALPHA = "celu() divides by alpha, and alpha=0 was given. Write alpha=1.0, or relu(input)"
ZERO_BETA = "softplus() divides by beta, and beta=0 was given. Write beta=1.0"
NEGATIVE_BOUND = "{name}={given} of {op}() is a bound for absolute values. Write {name}=abs({given}) if that is meant"
APPROXIMATE = "approximate={given!r} is unknown. Write approximate='none' or approximate='tanh'"
HALVES = (
    "glu() halves the input along axis {dim}, whose length in shape {shape} is odd. "
    "Write dim= for an axis of even length"
)
NO_IMAGE = (
    "{module} takes images, (channels, rows, columns) or a batch of them, and was given shape {shape}. "
    "Write x[None] for one more axis"
)
LOSS_WEIGHTS = "weights of shape {given} for losses of shape {wanted}. Write np.broadcast_to(weight, {wanted})"
NO_DELTA = "huber_loss() with delta={given}: it is where the parabola ends, larger than 0. Write delta=1.0, or l1_loss"
MARGIN = "margin={given} of a loss of triplets is a distance, larger than 0. Write margin=1.0"
NEGATIVE_VARIANCE = "gaussian_nll_loss() of a negative variance. Write var=np.exp(log_variance), which is none"
VARIANCES = (
    "gaussian_nll_loss() with variances of shape {given} for means of shape {shape}. "
    "Write np.broadcast_to(var, {shape}), or one variance for each row"
)
REDUCTION_KIND = "a loss takes reduction= in this place, and was given a {kind}. Write weight= for weights, by name"
THIRD = (
    "{loss}() takes one argument after input and target, a weight or a reduction, and the others by their names. "
    "Write {loss}(input, target, weight=weight, reduction='sum')"
)
SMOOTHING = "label_smoothing={given} is a share of the probability. Write a number from 0 to 1, as 0.1"
IGNORED_SHARES = (
    "ignore_index={given} is for a target of classes, and this one has probabilities. Write 0 for those that do not "
    "count"
)
CLASS_WEIGHTS = "weights of shape {given} for classes, of which there are {wanted}. Write one weight for each class"
PROBABILITIES = "{loss}() takes probabilities from 0 to 1. Write {instead} for scores"
SIGNS = "{loss}() takes targets of shape {wanted}, 1 or -1 for each, and was given shape {given}. Write target[{fit}]"
PAIRS = "{loss}() compares arrays of shapes {first} and {second}, which do not broadcast. Write arrays of equal shapes"
POWER = "p={given} of multi_margin_loss() is 1 or 2. Write p=1"
CLASS_ENDS = (
    "multilabel_margin_loss() takes the numbers of the true classes of each example and then -1, in the shape of the "
    "input, {wanted}, and was given shape {given} of {dtype}. Write np.pad(classes, (0, missing), constant_values=-1)"
)
CTC_LENGTHS = (
    "ctc_loss() with input lengths up to {inputs} of {steps} steps, and target lengths up to {targets} of {labels} "
    "labels. Write lengths that are there"
)
CTC_SHAPES = (
    "ctc_loss() takes log_probs (steps, batch, classes), targets (batch, labels) or all in a row, and a length for "
    "each example; it was given shapes {shapes}. Write log_probs.swapaxes(0, 1) where the batch comes first"
)
WEIGHTS_FIRST = "weights come first, as in PyTorch, and {given!r} was given. Write reduction={given!r}, by name"
