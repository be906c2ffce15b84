"""Texts of scikit-learn's estimators."""

from __future__ import annotations

SKLEARN_SETTING = (
    "{estimator} has no setting {name!r}. Write one of {known}, or module__{name}= for what makes the module"
)
SKLEARN_MODULE = (
    "module={given!r} is no module, and nothing that makes one. Write a Module, its class, a function that returns "
    "one, or None for a perceptron"
)
SKLEARN_MADE = (
    "settings {names} are for a module that is made, and module= is one already. "
    "Write module=type(model), or model as it shall be"
)
SKLEARN_HIDDEN = "hidden={given!r} are no sizes of layers. Write hidden=(100,), or hidden=100"
SKLEARN_PART = "{name}={given!r} is nothing that can be called. Write {name}={instead}"
SKLEARN_OTHER = (
    "{names} are others than those of the module that was trained, with which fit() goes on. Write warm_start=False, "
    "or clone(estimator).set_params({first}=...)"
)
SKLEARN_FINITE = (
    "after epoch {epoch} the loss or the weights are not finite any more. Write a smaller lr=, as lr={lr:.3g}, or "
    "make_pipeline(StandardScaler(), estimator)"
)
SKLEARN_NAN = (
    "the module returns nan for row {row} of X. Write a smaller lr= and fit() again, or "
    "make_pipeline(StandardScaler(), estimator)"
)
SKLEARN_OUTPUTS = (
    "the module returns an array of shape {given} for {rows} rows, where {wanted} numbers for each are due. "
    "Write a last layer nn.Linear(..., {wanted})"
)
SKLEARN_WEIGHTS = (
    "loss={name} takes no reduction='none', and with sample_weight each example has a loss of its own. "
    "Write def loss(input, target, reduction='mean')"
)
SKLEARN_CLASSES = "the first partial_fit() has to know all classes. Write partial_fit(X, y, classes=np.unique(y_all))"
SKLEARN_CHANGED = "classes={given} are others than those of the first partial_fit(), {known}. Write classes=None"
SKLEARN_UNKNOWN = "y has the classes {given}, which were not told before. Write fit(X, y), or classes= of all of them"
SKLEARN_BATCH = "batch_size={given!r} is no number of examples. Write batch_size=32, or 'auto' for 200 at most"
SKLEARN_COUNT = "{name}={given!r} is no {kind}. Write {name}={instead}"
SKLEARN_ONE_CLASS = "y has one class, and there is nothing to tell apart. Write a y with two classes at least"
