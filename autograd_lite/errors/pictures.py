"""Texts of pictures and explanations."""

from __future__ import annotations

PICTURE_FREED = (
    "visualize() reaches the operation {op} (result of shape {shape}), whose inputs backward() has released. "
    "Write picture = ag.visualize(loss) before loss.backward(), or loss.backward(retain_graph=True)"
)
PICTURE_NOTHING = (
    "visualize() on {what}: no graph was recorded for it, since nothing it was computed from requires a gradient. "
    "Write w = ag.Tensor(data, requires_grad=True) and compute the result from w "
    "outside ag.no_grad(), without detach(), .data or .numpy()"
)
PICTURE_OF = (
    "visualize() draws how a Tensor was computed, but was given {what}. "
    "Write ag.visualize(loss), ag.visualize([y, z]) for several Tensors, or ag.visualize(f, x) for a function or module"
)
PICTURE_INPUTS = (
    "visualize() runs {what} on example inputs, but was given none. "
    "Write ag.visualize(f, x), with x as it is called with"
)
PICTURE_POSITION = (
    "visualize() takes example inputs by position, and only for a module or a function, but was given a {given}. "
    "Write ag.visualize(loss, params=dict(model.named_parameters()))"
)
PICTURE_SETTING = (
    "{name}={given!r} of visualize(): it is a whole number of at least {least}, or None. Write {name}={least}, or more"
)
PICTURE_RESULT = (
    "visualize() ran the function, but its result (a {given}) is no Tensor that depends on its inputs. "
    "Write a function that returns what it computes, with NumPy's functions in the place of math, .item() and .numpy()"
)
PICTURE_NAMES = "names= of visualize() is a {given}. Write names=locals(), or names={{'h': h}}"
EXPLAIN_OF = "explain() tells how one Tensor was computed, but was given a {given}. Write print(ag.explain(loss))"
EXPLAIN_LONG = (
    "explain() writes a line for every operation, and {what} was computed by {count} of them, more than {longest}. "
    "Write ag.visualize(loss).save('graph.html') to look around in it, or explain a smaller part"
)
PLANE = (
    "decision_regions() draws examples of two numbers each, but x has shape {given} and classes shape {classes}. "
    "Write decision_regions(model, x[:, :2], classes), with one class for each row"
)
SCOPE_NAME = "a scope is named by a string, but was given a {given}. Write with ag.scope('encoder'):"
PICTURE_PARAMS = (
    "params= of visualize() names Tensors, but {what}. Write params=dict(model.named_parameters()), "
    "or params={{'W': W, 'b': b}}"
)
PICTURE_DIRECTION = (
    "the direction of a picture is {given!r}. Write direction='LR' (left to right) or 'TB' (top to bottom)"
)
PICTURE_ENDING = "a picture cannot be saved as {path!r}: {why}. Write save('graph.svg'), or one of {choices}"
PICTURE_FAILED = (
    "the program {program} could not draw the graph: {why}. "
    "Write picture.save('graph.dot') for the text, and try another program on it"
)
MISSING_RENDERER = (
    "a picture as .png or .pdf needs the program `dot` of Graphviz on the PATH, or the package graphviz-pure, "
    "and neither is installed. Write picture.save('graph.svg'), which needs neither, as .html and .dot do; "
    "or: pip install 'autograd-lite[graph]' (or install Graphviz with the system's package manager)"
)
