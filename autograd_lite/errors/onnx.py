"""Texts of models that are exported."""

from __future__ import annotations

ONNX_CALL = (
    "{op}{where} can't be exported: ONNX has no operator for it, and it is not made of any here ({inner}). "
    "Write it outside of the exported function, on what that is given or returns"
)
ONNX_OPEN = (
    "{op}{where} can't be exported: it depends on the length {size}, which is open, in a way that is no size of ONNX. "
    "Write ag.onnx.export(...) without dynamic_axes for it"
)
ONNX_DEPENDS = (
    "the lengths {names} can't be open: {what} of the model{where} cannot be said by them as sums and products. "
    "Write ag.onnx.export(...) without dynamic_axes for them, or raise an error in the model at lengths that it is not "
    "for, such as short ones, which are then not tried"
)
ONNX_TABLE = (
    "the lengths {names} can't be open: an array that the model makes without its inputs{where} is none of those that "
    "are known to be made by lengths: the same numbers all along, steps, distances from a diagonal, masks. Write "
    "table = ag.Tensor(...) outside of the function, for the longest length, and table[:n] in it"
)
ONNX_RAISES = (
    "the lengths {names} can't be open: a model is called with lengths besides those of the examples, and with "
    "{lengths} it raises an error ({kind}: {error}). Write ag.onnx.export(...) without dynamic_axes for what can't "
    "change, or one name for axes of the same length"
)
ONNX_SPECIAL = (
    "the lengths {names} can't be open: at {lengths} the model computes something else than at longer ones. Write it "
    "without a branch for that length, or raise an error there"
)
ONNX_SHAPE = (
    "what is written for it is {found}, and the function gives {expected}, which is a fault of the export. Write "
    "ag.onnx.export(...) without dynamic_axes for it"
)
ONNX_LENGTHS = "at most {most} lengths may be open, and these are {names}. Write one name for axes of the same length"
ONNX_SAME = "the length {name!r} is both {lengths} in the examples. Write another name, or examples of one length"
ONNX_EMPTY = "an axis that is open has no elements in the example. Write an example with one at least"
ONNX_DTYPE = "ONNX has no dtype for {given}, or the models written here have not. Write x.astype(np.float32)"
ONNX_DIAGONAL = (
    "it is the diagonal of a matrix whose lengths are open, and two of them. Write x[:n, :n] first, or one name in "
    "dynamic_axes for axes of the same length"
)
ONNX_SETTING = "{op} is given what ONNX has not: {given}. Write the call without it"
ONNX_RAGGED = (
    "the shape of what {op} returns depends on values. Write np.where(condition, a, b), which keeps the shape"
)
ONNX_WRITTEN = (
    "it writes to a part of an array that is found by values, or by an array along an open axis. "
    "Write np.where(condition, new, old)"
)
ONNX_OPAQUE = (
    "it is code that nobody sees into, such as a custom_op. Write it outside of the exported function, "
    "or as functions of NumPy"
)
ONNX_DRAWS = (
    "it draws random numbers, and a model gives the same ones for the same input. Write model.eval() before, "
    "or give the numbers as an input"
)
ONNX_CHANGES = (
    "{function} changes {what}, and a model changes nothing. Write model.eval() before, or return the new value"
)
ONNX_RESULT = (
    "{function} returns {given}, and a model returns arrays. Write a function that returns arrays, or a tree of them"
)
ONNX_INPUT = (
    "an example input is of type {given}. Write np.asarray(x, np.float32): numbers, texts and None are settings, "
    "which stay as they are"
)
ONNX_NAMES = "{what}={given} has not one name for each of the {count} that there are. Write {known}"
ONNX_AXES = "dynamic_axes names {given!r}, which is no input and no output. Write one of {known}"
ONNX_AXIS = "dynamic_axes has the axis {axis} of {name!r}, which has {ndim}. Write an axis that there is"
ONNX_OPSET = "opset={given!r} is none that models are written for here. Write a number from {least} to {most}"
ONNX_GIVEN = "ag.onnx.export() takes a module or a function, but was given a {given}. Write ag.onnx.export(model, x)"
