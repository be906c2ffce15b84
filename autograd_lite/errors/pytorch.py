"""Texts of PyTorch's functions by their names."""

from __future__ import annotations

_PLACES = (
    "{name}() of PyTorch returns values and places, NumPy's the values alone. Write ag.a{name}(t, dim=1) for values "
    "and ag.arg{name}(t, dim=1) for places; np.{name}imum(a, b) for the {larger} of two"
)
_SPREAD = "{name}() of PyTorch divides by n - 1, and NumPy's by n. Write np.{name}(t, ddof=1), or t.{name}(ddof=1)"
_ONE_DEVICE = '{name} says which devices there are, and here there is one. Write device = "cpu"'
NOT_TAKEN_OVER = {
    "max": _PLACES.format(name="max", larger="larger"),
    "min": _PLACES.format(name="min", larger="smaller"),
    "std": _SPREAD.format(name="std"),
    "var": _SPREAD.format(name="var"),
    "std_mean": "Write np.std(t, ddof=1), np.mean(t)",
    "var_mean": "Write np.var(t, ddof=1), np.mean(t)",
    "median": (
        "median() of PyTorch returns the lower one of two in the middle, and places; NumPy's their mean. Write "
        "np.median(t)"
    ),
    "sort": "sort() of PyTorch returns values and places. Write np.sort(t), and t.argsort() for the places",
    "transpose": "transpose() of PyTorch exchanges two axes, and NumPy's names all of them. Write ag.swapaxes(t, 0, 1)",
    "nonzero": "nonzero() of PyTorch is a matrix of places, and NumPy's one array for each axis. Write np.argwhere(t)",
    "unique": "unique() takes other arguments in PyTorch. Write np.unique(t)",
    "cov": "Write np.cov(t)",
    "backends": _ONE_DEVICE.format(name="torch.backends"),
    "accelerator": _ONE_DEVICE.format(name="torch.accelerator"),
    "set_default_dtype": (
        "Floats are float64 where nothing else is said. Write dtype=ag.float32 where Tensors are made, and "
        "model.float() for a model"
    ),
    "set_grad_enabled": (
        "set_grad_enabled() goes on until it is called again. Write with ag.no_grad():, or with ag.enable_grad():"
    ),
}
"""Functions of PyTorch's that are not here, because NumPy has the same name for something else, and what to write."""

FROM_NUMPY = "from_numpy() takes an array of NumPy's, not {given}. Write ag.as_tensor(x)"
RANDINT_SIZE = "randint() needs the shape of what is drawn. Write ag.randint({high}, (2, 3))"
NEGATIVE_STD = "normal() is given a standard deviation below 0. Write np.abs(std)"
BERNOULLI = "bernoulli() takes probabilities from 0 to 1. Write ag.sigmoid(x) for scores"
MULTINOMIAL = (
    "multinomial() draws {count} places from weights of shape {shape}: a vector, or a matrix of rows, with as many "
    "weights as places are drawn. Write replacement=True for places that may be drawn again"
)
WEIGHTS = (
    "multinomial() takes weights that are finite and not negative, {needed} of them above 0 in each row. Write "
    "ag.softmax(x, -1) for scores"
)
SEVERAL_TENSORS = "{name}() takes a list or a tuple of Tensors, not {given}. Write ag.{name}([a, b])"
WHERE_OF_TWO = "where() takes both of two alternatives, or none. Write ag.where(condition, x, 0.0)"
MESHGRID_INDEXING = (
    "meshgrid() is given indexing={given!r}. Write indexing='ij', PyTorch's default, or indexing='xy', NumPy's"
)

# ----- autograd.grad -----

GRAD_OUTPUTS = "{given} cotangents are given for {count} results. Write one for each of them, None where it is 1"
GRAD_INPUT = "input {place} of grad() is {what}, which no derivative is kept for. Write requires_grad=True for it"
GRAD_UNUSED = (
    "no result was computed from input {place} of grad(). Write allow_unused=True for None in its place, or "
    "materialize_grads=True for zeros"
)
