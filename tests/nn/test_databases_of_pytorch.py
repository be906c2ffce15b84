"""PyTorch's own databases of operations and modules as tests: values, gradients, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograd_lite import nn
from autograd_lite.nn import functional as F

torch = pytest.importorskip("torch")
databases = pytest.importorskip("databases", exc_type=ImportError)
pytestmark = pytest.mark.filterwarnings("ignore")
OPERATIONS, MODULES = databases.OPERATIONS, databases.MODULES

LACKING: dict[str, str] = {}
"""Functions of the database that we have not, with the reason."""
LACKING_MODULES: dict[str, str] = {}
"""Modules of the database that we have not, with the reason."""


def _axes(sample: Any) -> int:
    return int(sample.input.ndim)


REFUSED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "batch_norm": (lambda s: _axes(s) == 1, "no axis of channels, which PyTorch does not ask of an empty input"),
    "dropout2d": (lambda s: _axes(s) != 4, "PyTorch warns that it will take other axes for the channels"),
    "dropout3d": (lambda s: _axes(s) not in (4, 5), "PyTorch warns of axes that are no volume"),
    "hinge_embedding_loss": (lambda s: s.input.shape != s.args[0].shape, "a broadcast loss hides a forgotten axis"),
    "feature_alpha_dropout": (lambda s: _axes(s) < 2, "out of training too, as in training"),
}
"""Samples that PyTorch computes and we refuse."""

ACCEPTED = {
    "conv1d": "dtypes are promoted", "conv2d": "dtypes are promoted", "conv3d": "dtypes are promoted",
    "max_pool1d": "of no channel there are no maxima", "max_pool3d": "of no channel there are no maxima",
    "BatchNorm1d": "eps=0 adds nothing", "BatchNorm2d": "eps=0 adds nothing", "BatchNorm3d": "eps=0 adds nothing",
    "RNN": "dtypes are promoted", "LSTM": "dtypes are promoted", "GRU": "dtypes are promoted",
}  # fmt: skip
"""What takes arguments that PyTorch refuses, and what these mean."""

LOOSER = {
    "hardsigmoid": (1, 1e4),  # of whose slope, a sixth, PyTorch has 24 bits
    "multi_head_attention_forward": (10, 1),  # exponentials of numbers of some thousands
}
"""By how much values and gradients may differ more."""

MORE = [key for key, op in OPERATIONS.items() if op.reference_inputs_func and not key.endswith("complex")]
"""Operations with more samples; those of complex numbers are nan in PyTorch where they are 0 times infinity."""

DROPOUTS = {"dropout", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}


def name_of(key: str) -> str:
    return OPERATIONS[key].name.removeprefix(databases.PREFIX)


def ours_of(name: str) -> Callable[..., Any]:
    """Return our function, called as the database calls PyTorch's."""
    function = getattr(F, name)
    if name in ("embedding", "embedding_bag"):  # by which it differentiates, comes first there
        return lambda weight, indices, *args, **kwargs: function(indices, weight, *args, **kwargs)
    if name == "ctc_loss":  # whose gradient PyTorch computes for logarithms of probabilities that sum to 1
        return lambda scores, *args, **kwargs: function(F.log_softmax(scores, -1), *args, **kwargs)
    if name == "linear_cross_entropy":  # how PyTorch saves memory changes no number
        return lambda *args, options=None, **kwargs: function(*args, **kwargs)
    if name == "gaussian_nll_loss":  # we write what would be broadcast in silence
        return lambda x, target, var, **kwargs: function(x, np.broadcast_to(target, x.shape), var, **kwargs)
    return function


def theirs_of(op: Any) -> Callable[..., Any]:
    name = op.name.removeprefix(databases.PREFIX)
    if name == "ctc_loss":
        return lambda scores, *args, **kwargs: op.op(scores.log_softmax(-1), *args, **kwargs)
    if name.startswith("fractional") or name in DROPOUTS:  # which the database draws by a seed
        return getattr(torch.nn.functional, name)
    return op.op


def samples_of(key: str, dtype: Any, more: bool = False) -> Iterator[Any]:
    """Return samples with gradients, or `more` of them without."""
    name, op = name_of(key), OPERATIONS[key]
    dtype = {"one_hot": torch.int64, "silu complex": torch.complex128}.get(key, dtype)
    torch.manual_seed(0)
    every = name == "multi_head_attention_forward"  # of which there is one sample with gradients
    needed = op.supports_autograd and not every and name != "one_hot" and not more
    for sample in (op.reference_inputs if more else op.sample_inputs)("cpu", dtype, requires_grad=needed):
        if every:
            for x in (sample.input, *sample.args, *sample.kwargs.values()):
                if isinstance(x, torch.Tensor) and x.is_floating_point():
                    x.requires_grad_()
        if name.startswith("fractional"):
            n = int(name[-2])
            lead = sample.input.shape[:-n]
            sample.kwargs["_random_samples"] = torch.rand(*(lead if len(lead) > 1 else (1, *lead)), n, dtype=dtype)
        yield sample


def random(name: str, sample: Any) -> bool:
    """Tell whether a sample asks for random numbers that are seen."""
    if name in ("scaled_dot_product_attention", "multi_head_attention_forward"):
        p = sample.kwargs.get("dropout_p", 0.0) if name[0] == "s" else sample.args[9]
        return bool(p) and sample.kwargs.get("training", True)
    if name == "rrelu":
        return bool(sample.kwargs.get("training", False))
    training = sample.kwargs.get("training", name != "feature_alpha_dropout")
    return name in DROPOUTS and training and 0 < sample.kwargs.get("p", 0.5) < 1


def compare_drawn(name: str, sample: Any, ours: Any, call: Callable[..., Any]) -> None:
    """See to it that random results have the shape of PyTorch's, and numbers that these can be."""
    y, settings = databases.numbers(databases.listed(ours)[0]), dict(sample.kwargs)
    if name == "rrelu":
        slopes = settings.get("lower", 1 / 8), settings.get("upper", 1 / 3)
        ends = [databases.numbers(call(sample.input, s, s, training=True)) for s in slopes]
        assert not np.any((y < np.minimum(*ends) - 1e-9) | (y > np.maximum(*ends) + 1e-9))
        return
    times = 60 if name in DROPOUTS else 1
    drawn = [databases.numbers(databases.listed(call(sample.input, *sample.args, **settings))[0]) for _ in range(times)]
    assert drawn[0].shape == y.shape
    assert times == 1 or np.isclose(drawn, y).any(0).all()


def compare_samples(key: str, dtype: Any, more: bool = False) -> int:
    """Compare all samples of an operation, and return how many there are."""
    name, op = name_of(key), OPERATIONS[key]
    call, count = theirs_of(op), 0
    refused = REFUSED.get(name, (lambda s: False, ""))[0]
    for sample in samples_of(key, dtype, more):
        count += 1
        to_ours = databases.Ours()
        given, settings = to_ours((sample.input, *sample.args)), to_ours(sample.kwargs)
        if refused(sample):
            with pytest.raises(ValueError, match="Write"):
                ours_of(name)(*given, **settings)
            continue
        y = ours_of(name)(*given, **settings)
        if random(name, sample):
            compare_drawn(name, sample, y, call)
            continue
        z = call(sample.input, *sample.args, **sample.kwargs)
        leaves = to_ours.leaves()
        if name.startswith("max_unpool") and _repeated(given[1], int(name[-2])):
            leaves = []  # PyTorch has a derivative by numbers which another one has covered
        kind = torch.complex128 if key.endswith("complex") else dtype
        databases.compare(y, z, leaves, kind, LOOSER.get(name, (1, 1)))
    return count


def _repeated(places: Any, n: int) -> bool:
    rows = np.sort(places.reshape((-1, np.prod(places.shape[-n:]))))
    return bool((rows[:, 1:] == rows[:, :-1]).any())


# ----- operations -----


def test_all_functions_of_the_database_are_here() -> None:
    assert {name for name in databases.NAMES if not hasattr(F, name)} == set(LACKING)
    assert {name for name in MODULES if not hasattr(nn, name)} == set(LACKING_MODULES)


@pytest.mark.parametrize("key", OPERATIONS)
def test_values_and_gradients_are_those_of_pytorch(key: str) -> None:
    assert compare_samples(key, torch.float64)


@pytest.mark.slow
@pytest.mark.parametrize("key", OPERATIONS)
def test_values_and_gradients_are_those_of_pytorch_in_single_precision(key: str) -> None:
    assert compare_samples(key, torch.float32)


@pytest.mark.slow
@pytest.mark.parametrize("key", MORE)
def test_values_of_many_shapes_and_extremes_are_those_of_pytorch(key: str) -> None:
    assert compare_samples(key, torch.float64, more=True)


@pytest.mark.parametrize("key", [key for key, op in OPERATIONS.items() if op.error_inputs_func])
def test_what_pytorch_refuses_is_refused(key: str) -> None:
    name, op = name_of(key), OPERATIONS[key]
    taken = 0
    for wrong in op.error_inputs("cpu"):
        sample = wrong.sample_input
        to_ours = databases.Ours()
        given, settings = to_ours((sample.input, *sample.args)), to_ours(sample.kwargs)
        if databases.refused(op.op, sample.input, *sample.args, **sample.kwargs):  # some are taken on this machine
            taken += not databases.refused(ours_of(name), *given, **settings)
    assert bool(taken) == (name in ACCEPTED)


# ----- modules -----


def modules_of(name: str, dtype: Any, training: bool) -> Iterator[tuple[Any, Any, Any]]:
    """Return modules of PyTorch, ours with the same state, and what they are called with."""
    info = MODULES[name]
    torch.manual_seed(0)
    for sample in info.module_inputs_func(info, device="cpu", dtype=dtype, requires_grad=True, training=training):
        made, called = sample.constructor_input, sample.forward_input
        settings = {key: value for key, value in made.kwargs.items() if key not in ("options", "device")}
        to_ours = databases.Ours()
        theirs = info.module_cls(*made.args, **made.kwargs).to(dtype).train(training)
        ours = getattr(nn, name)(*to_ours(made.args), **to_ours(settings)).train(training)
        if name.startswith("Lazy"):
            theirs(*called.args, **called.kwargs)
            ours(*to_ours(called.args), **to_ours(called.kwargs))
        ours.load_state_dict(theirs.state_dict(), assign=True)
        yield theirs, ours, called


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODULES)
def test_modules_compute_and_learn_what_those_of_pytorch_do(name: str, training: bool) -> None:
    count = 0
    for theirs, ours, called in modules_of(name, torch.float64, training):
        count += 1
        to_ours = databases.Ours()
        given, settings = to_ours(called.args), to_ours(called.kwargs)
        args = called.args
        if name == "CTCLoss":  # see `ours_of`
            args, given = (args[0].log_softmax(-1), *args[1:]), (F.log_softmax(given[0], -1), *given[1:])
        y, z = ours(*given, **settings), theirs(*args, **called.kwargs)
        leaves = [*to_ours.leaves(), *zip(theirs.parameters(), ours.parameters(), strict=True)]
        databases.compare(y, z, leaves, torch.float64)
        for key, value in theirs.state_dict().items():
            databases.close(ours.state_dict()[key], value, torch.float64)
    assert count


def called(make: Any, wrong: Any, to: Callable[[Any], Any], training: bool) -> Any:
    """Return what a module does that is made and called with arguments of which something is wrong."""
    made, given = wrong.module_error_input.constructor_input, wrong.module_error_input.forward_input
    layer = make(*to(made.args), **to({key: value for key, value in made.kwargs.items() if key != "device"}))
    if given is None:
        return layer
    layer = layer.double() if isinstance(layer, torch.nn.Module) else layer
    return layer.train(training)(*to(given.args), **to(given.kwargs))


@pytest.mark.parametrize("name", [name for name, info in MODULES.items() if info.module_error_inputs_func])
def test_modules_refuse_what_those_of_pytorch_do(name: str) -> None:
    info, taken = MODULES[name], 0
    settings = {"device": "cpu", "dtype": torch.float64, "requires_grad": False}
    for training in (True, False):
        for wrong in info.module_error_inputs_func(info, training=training, **settings):
            if databases.refused(called, info.module_cls, wrong, lambda x: x, training):
                taken += not databases.refused(called, getattr(nn, name), wrong, databases.Ours(), training)
    assert bool(taken) == (name in ACCEPTED)


def test_the_table_of_exceptions_names_what_is_there() -> None:
    for table in (REFUSED, ACCEPTED, LOOSER, dict.fromkeys(DROPOUTS)):
        assert set(table) <= {*databases.NAMES, *MODULES}
