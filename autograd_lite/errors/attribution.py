"""Texts of explanations of what a model gives."""

from __future__ import annotations

ATTRIBUTION_MODEL = "{method}() explains a module or a function, and is given a {given}. Write {method}(model, x)"
ATTRIBUTION_NOTHING = "{method}() is given no input. Write {method}(model, x), or x=(a, b) for a model of two arrays"
ATTRIBUTION_LIST = (
    "{method}() is given a list of arrays of several shapes. Write {method}(model, (a, b), ...), a tuple, for a model "
    "of two arrays"
)
ATTRIBUTION_INTEGERS = (
    "{method}() says what each number of the input has to do with a score, and numbers of dtype {dtype} cannot change "
    "a little. Write x.astype(float); for words, explain their vectors: {method}(lambda v: rest(v), embedding(x))"
)
ATTRIBUTION_TRAINING = (
    "{method}() is given a model in training, and its layer {layer} does something else then: it draws random numbers, "
    "or takes the mean of the batch. Write model.eval() before, or lambda x: model(x) if that is meant"
)
ATTRIBUTION_NO_PATH = (
    "no gradient reaches the input of {method}(): what {model} gives does not depend on it{cause}. Write a model that "
    "computes with its argument, by NumPy's functions, without .item(), .numpy(), .detach() and no_grad()"
)
TARGET_MISSING = (
    "{method}() explains one number for each of {count} examples, and the model gives an array of shape {given}. Write "
    "target=0 for the first class, an array with a class for each example, or a function of the output"
)
TARGET_SHAPE_OF_SCORES = (
    "the target of {method}() gives an array of shape {given}, but one number for each of {count} examples is "
    "explained. Write target=lambda y: y[:, 0], or a class"
)
TARGET_KIND = (
    "the target of {method}() is no place in an output of shape {shape}. Write target={example}, an array with a whole "
    "number for each example, or a function of the output"
)
TARGET_RANGE = (
    "the target of {method}() names a class that does not exist: there are {count}, 0 to {last}. Write target={last}, "
    "or a smaller one"
)
BASELINES = (
    "{method}() takes a baseline for each of {count} inputs. Write baseline=None for zeros, or a tuple of arrays"
)
BASELINE_SHAPE = (
    "the baseline of {method}() has shape {given}, and the input {shape}. Write baseline=np.zeros({shape}), or a number"
)
INTEGRATION_METHOD = "method={given!r} of integrated_gradients() is unknown. Write method={choices}"
STEPS = "{name}={given!r} of {method}(): it has to be a whole number of at least 1. Write {name}={example}"
POSITIVE = "{name}={given!r} of {method}(): it has to be a number, and not negative. Write {name}={example}"
INCOMPLETE = (
    "integrated_gradients() with {steps} steps is not complete: for {count} of {all} examples the attributions differ "
    "from f(x) - f(baseline) by up to {error:.2g} of their size, where {tolerance:.2g} is allowed. Write "
    "steps={wanted}, or refine=True, which takes more steps where they are needed"
)
INCOMPLETE_REFINED = (
    "integrated_gradients() is not complete after {steps} steps: for {count} of {all} examples the attributions differ "
    "from f(x) - f(baseline) by up to {error:.2g} of their size, where {tolerance:.2g} is allowed. Write "
    "max_steps={wanted}, or a model without jumps"
)
SMOOTH_VARIANT = "variant={given!r} of smooth_grad() is unknown. Write variant='mean', 'squared' or 'vargrad'"
WINDOW = (
    "the {name} of occlusion() is {given!r}, for examples of shape {shape}. Write {name}={example}, a whole number for "
    "each axis of an example"
)
NO_LAYER = "grad_cam() looks at a layer of the model, and {given!r} is none. Write layer=model[0], or one of {names}"
CAM_MODEL = "grad_cam() looks at a layer of a module, and is given a {given}. Write grad_cam(model, x, model[0])"
CAM_CALLS = "the layer {layer} of grad_cam() is called {count} times for an input. Write a layer that is called once"
CAM_SEVERAL = (
    "grad_cam() takes one array, and is given a tuple. Write grad_cam(lambda x: model(x, mask), x, ...) with a Module "
    "around both, or the array of images alone"
)
CAM_SHAPE = (
    "the layer {layer} of grad_cam() gives an array of shape {given}, no images: (examples, channels, rows, ...). "
    "Write a layer before they are made flat, as the last convolution"
)
RULE_UNKNOWN = (
    "the rule {given!r} of layer_wise_relevance() is unknown. Write rule='epsilon', 'gamma', 'z-plus', 'alpha-beta', "
    "'z-box', or ag.attribution.Gamma(0.25) for one with settings"
)
RULE_LAYER = (
    "rules= of layer_wise_relevance() names {given}, and relevance comes to no layer like that. Write the name of a "
    "layer with a weight, such as {example!r}, or its class"
)
RULE_SETTING = "{rule}({given}): {why}. Write {instead}"
NO_RELEVANCE_RULE = (
    "layer_wise_relevance() comes to {op}{place}, for which there is no rule: {why}. Write a model without it, as of "
    "scores before a softmax, or integrated_gradients(model, x, target=target), which takes any function"
)
NOT_CONSERVED = (
    "layer_wise_relevance() loses relevance in {op}{place} that no bias has taken: {share:.2g} of it. Write "
    "epsilon smaller, as rule=ag.attribution.Epsilon(1e-9), or another rule for that layer"
)
TRAINING_DATA = (
    "{name} of influence() is a {given}. Write {name}=(x, y), arrays with as many rows each, or a TensorDataset of both"
)
INFLUENCE_ROWS = (
    "{name} of influence() has arrays of {first} and {second} rows. Write arrays with a row for each example"
)
INFLUENCE_LOSS = (
    "the loss of influence() has shape {given} for {count} examples. Write a loss with one number for each, as "
    "lambda y, t: nn.functional.cross_entropy(y, t, reduction='none'), or their mean"
)
INFLUENCE_COUPLED = (
    "the loss of influence() is neither the sum nor the mean of what it gives for each example alone, as with class "
    "weights or a mean over the batch: what one example adds to it is not known. Write a loss with a number for each, "
    "from that example alone, as lambda y, t: nn.functional.cross_entropy(y, t, reduction='none') * weights[t]"
)
INFLUENCE_MODEL = "influence() asks a module with parameters, and is given {given}. Write influence(model, loss, ...)"
INFLUENCE_PARAMETERS = (
    "parameters= of influence() names {given!r}, which {model} does not train. Write names of "
    "dict(model.named_parameters()), such as {example!r}"
)
INFLUENCE_METHOD = "method={given!r} of influence() is unknown. Write method='cg' or 'lissa'"
NOT_CONVEX = (
    "the Hessian of the training loss is not positive definite here: along a direction its curvature is "
    "{curvature:.2g}, with damping {damping:.2g}. Write damping={wanted:.2g}, or train the model to a minimum first"
)
NOT_SOLVED = (
    "influence() by {method} stands at a residual of {residual:.2g} after {steps} steps, where {tolerance:.2g} is "
    "asked for. Write max_steps={wanted}, a larger damping, or tolerance={residual:.1g}"
)
FIGURE_SHAPE = "{function} draws attributions of shape {wanted}, and is given {given}. Write {instead}"
FIGURE_NAMES = "{function} is given {given} {what} for {count}. Write {what} for each, {example}"
DELETION_SEVERAL = (
    "deletion() takes parts of one array away, and is given {count}. Write deletion(lambda a: model(a, b), a, "
    "attributions_of_a)"
)
DELETION = "deletion() needs attributions of the shape of x, {shape}, and is given {given}. Write saliency(model, x)"
REFINE_VALUES = (
    "integrated_gradients(refine=True) decides by numbers where more steps are taken, which a compiled function or a "
    "batch has not yet. Write steps=200 without refine=True"
)
OCCLUSION_SEVERAL = "occlusion() covers parts of one array. Write lambda x: model(x, other) for a model of several"
TOKENS_ENDING = "a marked text cannot be saved as {path!r}. Write save('words.html') or save('words.svg')"
