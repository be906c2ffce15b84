"""Modules against PyTorch's: names and order, what hooks see, parametrizations, fusion, initial values."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import nn

torch = pytest.importorskip("torch")
OURS, THEIRS = (nn, lambda x: ag.Tensor(x)), (torch.nn, lambda x: torch.tensor(x))


def mixed(n: Any, tensor: Any) -> Any:
    class Net(n.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = n.ModuleList([n.Linear(2, 3), n.Linear(3, 2)])
            self.register_buffer("mean", tensor([0.0, 0.0]))
            self.scale = n.Parameter(tensor([1.0]))
            self.heads = n.ModuleDict({"b": n.Linear(2, 1), "a": n.Conv2d(1, 2, 3)})
            self.free = n.ParameterList([n.Parameter(tensor([1.0])), n.Parameter(tensor([2.0]))])
            self.named = n.ParameterDict({"x": n.Parameter(tensor([3.0]))})
            self.norm = n.BatchNorm1d(2)
            self.register_buffer("hidden", tensor([0.0]), persistent=False)
            self.chain = n.Sequential(OrderedDict([("first", n.Linear(2, 2)), ("act", n.ReLU())]))
            self.tied = self.layers[0]
            self.shift = n.Parameter(tensor([0.5]))

    return Net()


def chained(n: Any, tensor: Any) -> Any:
    model = n.Sequential(n.Linear(2, 2), n.ReLU())
    model.append(n.Linear(2, 3)).extend([n.Tanh(), n.Linear(3, 1)])
    model.insert(1, n.Linear(2, 2))
    model.add_module("last", n.Linear(1, 1))
    model.scale = n.Parameter(tensor([1.0]))
    model.more = n.Linear(1, 2)
    return model


def changed(n: Any, tensor: Any) -> Any:
    net = mixed(n, tensor)
    del net.layers[0]
    net.layers.insert(0, n.Linear(5, 5))
    net.layers.append(n.Linear(1, 1))
    net.layers += [n.Linear(1, 2)]
    net.heads["c"] = n.Linear(4, 4)
    net.heads.pop("b")
    net.free.append(n.Parameter(tensor([9.0])))
    net.chain[1] = n.Linear(2, 2)
    net.set_submodule("chain.first", n.Linear(2, 7))
    net.register_parameter("late", n.Parameter(tensor([1.0])))
    net.register_parameter("none", None)
    return net


BUILDERS = {
    "mixed": mixed, "chained": chained, "changed": changed, "slice": lambda n, t: chained(n, t)[1:4],
    "list slice": lambda n, t: changed(n, t).layers[1:],
}  # fmt: skip


@pytest.mark.parametrize("builder", BUILDERS.values(), ids=BUILDERS)
def test_names_and_their_order_are_those_of_pytorch(builder: Any) -> None:
    ours, theirs = builder(*OURS), builder(*THEIRS)
    for listing in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [name for name, _ in getattr(ours, listing)()] == [name for name, _ in getattr(theirs, listing)()]
    for listing in ("named_parameters", "named_buffers", "named_modules"):
        found = [[x for x, _ in getattr(m, listing)(prefix="p", remove_duplicate=False)] for m in (ours, theirs)]
        assert found[0] == found[1]
    own = [[name for name, _ in m.named_parameters(recurse=False)] for m in (ours, theirs)]
    assert own[0] == own[1]
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert list(ours.state_dict(prefix="a.")) == list(theirs.state_dict(prefix="a."))


@pytest.mark.parametrize("builder", BUILDERS.values(), ids=BUILDERS)
def test_a_state_of_pytorch_is_loaded(builder: Any) -> None:
    ours, theirs = builder(*OURS), builder(*THEIRS)
    assert ours.load_state_dict(theirs.state_dict(keep_vars=True)) == ([], [])
    for name, value in theirs.state_dict().items():
        np.testing.assert_array_equal(ours.state_dict()[name], value.numpy())
    dtypes = {name: t.dtype for name, t in ours.state_dict(keep_vars=True).items()}
    assert all(dtype != np.float32 for dtype in dtypes.values())
    ours.load_state_dict(theirs.state_dict(), assign=True)
    assert {t.dtype for t in ours.parameters()} == {np.dtype(np.float32)}
    assert [t.requires_grad for t in ours.parameters()] == [t.requires_grad for t in theirs.parameters()]


def test_modules_are_visited_as_by_pytorch() -> None:
    seen: list[dict[int, str]] = [{}, {}]
    nets = [mixed(n, t) for n, t in (OURS, THEIRS)]
    for net, found in zip(nets, seen, strict=True):
        net.apply(lambda m, found=found: found.setdefault(id(m), type(m).__name__))  # PyTorch visits some twice
    assert list(seen[0].values()) == list(seen[1].values())


# ----- hooks -----


def hooked(n: Any, tensor: Any, log: list[Any]) -> Any:
    """Return the gradients that two calls leave, and note what hooks see."""

    def note(*what: Any) -> None:
        log.append([numbers(x) for x in what])

    class Two(n.Module):
        def forward(self, a: Any, b: Any, *, c: Any = 1.0) -> Any:
            return a * b * c, a + b, b * b

    two = Two()
    two.register_forward_pre_hook(lambda m, args: note("pre", args))
    two.register_forward_pre_hook(lambda m, args, kw: (args, {"c": kw["c"] * 2}), with_kwargs=True, prepend=True)
    two.register_forward_hook(lambda m, args, y: note("after", y))
    two.register_forward_hook(lambda m, args, kw, y: (y[0] * kw["c"], *y[1:]), with_kwargs=True, prepend=True)
    two.register_full_backward_pre_hook(lambda m, g: note("outputs", g))
    two.register_full_backward_pre_hook(lambda m, g: tuple(None if x is None else 2 * x for x in g))
    gone = two.register_full_backward_hook(lambda m, gi, go: note("never"))
    two.register_full_backward_hook(lambda m, gi, go: note("both", gi, go))
    two.register_full_backward_hook(lambda m, gi, go: (gi[0], None if gi[1] is None else -gi[1]), prepend=True)
    gone.remove()
    a, b = tensor([1.0, 2.0]), tensor([3.0, 4.0])
    a.requires_grad_()
    b.requires_grad_()
    y = two(a, b, c=tensor([0.5, 0.25]))
    (y[0].sum() + 3 * y[1].sum()).backward()
    found = [numbers(a.grad), numbers(b.grad)]
    a.grad = b.grad = None
    two(a, tensor([3.0, 4.0]), c=tensor([1.0, 1.0]))[0].sum().backward()
    return [*found, numbers(a.grad), numbers(b.grad)]


def without_zeros(x: Any) -> Any:
    """Return gradients with None in the place of the zeros that PyTorch gives to Tensors that require none."""
    if isinstance(x, list) and x and not any(isinstance(y, list) for y in x):
        return None if not any(x) else x
    return [without_zeros(y) for y in x] if isinstance(x, list) else x


def numbers(x: Any) -> Any:
    if isinstance(x, (tuple, list)):
        return [numbers(y) for y in x]
    return x.detach().tolist() if hasattr(x, "detach") else x


def test_hooks_see_and_change_what_those_of_pytorch_do() -> None:
    logs: tuple[list[Any], list[Any]] = ([], [])
    assert hooked(*OURS, logs[0]) == hooked(*THEIRS, logs[1])
    assert without_zeros(logs[0]) == without_zeros(logs[1])
    assert [entry[0] for entry in logs[0]] == ["pre", "after", "outputs", "both"] * 2


@pytest.mark.filterwarnings("ignore:Full backward hook")
def test_hooks_of_layers_see_what_those_of_pytorch_do() -> None:
    logs: tuple[list[Any], list[Any]] = ([], [])
    x = np.random.default_rng(0).normal(size=(2, 3))
    for (n, t), log in zip((OURS, THEIRS), logs, strict=True):
        model = n.Sequential(n.Linear(3, 2), n.Tanh(), n.Linear(2, 1))
        for p in model.parameters():
            p.data[...] = 0.5
        model = model if n is nn else model.double()
        for layer in model:
            layer.register_full_backward_hook(lambda m, gi, go, log=log: log.append(numbers((gi, go))))
        model(t(x)).sum().backward()
    for ours, theirs in zip(*logs, strict=True):
        assert str(ours).count("None") == str(theirs).count("None")
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(np.array(a, float), np.array(b, float), rtol=1e-12)


# ----- parametrizations -----

def pairs(make: Any, *more: Any) -> tuple[Any, Any]:
    """Return a layer of each, with the values of PyTorch's, after a change."""
    torch.manual_seed(0)
    found = []
    for n in (nn, torch.nn):
        utils = n.utils if n is nn else __import__("torch.nn.utils.parametrizations").nn.utils
        layer = make(n, utils)
        found.append(layer if n is nn else layer.double())
    ours, theirs = found
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


MAPS = ((None, True), ("matrix_exp", True), ("cayley", True), ("householder", True), ("householder", False))
LAYERS = {
    "weight_norm": lambda n, u: u.parametrizations.weight_norm(n.Linear(4, 3)),
    "weight_norm of all": lambda n, u: u.parametrizations.weight_norm(n.Linear(4, 3), dim=None),
    "weight_norm of a convolution": lambda n, u: u.parametrizations.weight_norm(n.Conv2d(4, 3, 2), dim=1),
    "spectral_norm": lambda n, u: u.parametrizations.spectral_norm(n.Linear(4, 3), n_power_iterations=2),
    "spectral_norm, transposed": lambda n, u: u.parametrizations.spectral_norm(n.ConvTranspose2d(4, 3, 2)),
    "spectral_norm of a bias": lambda n, u: u.parametrizations.spectral_norm(n.Linear(4, 3), "bias"),
    "old weight_norm": lambda n, u: u.weight_norm(n.Linear(4, 3)),
    "old spectral_norm": lambda n, u: u.spectral_norm(n.Linear(4, 3)),
    **{
        f"orthogonal {shape} {how} {base}": lambda n, u, shape=shape, how=how, base=base: u.parametrizations.orthogonal(
            n.Linear(*shape), orthogonal_map=how, use_trivialization=base
        )
        for shape in ((4, 4), (3, 5), (5, 3))
        for how, base in MAPS
    },
    "two": lambda n, u: u.parametrizations.weight_norm(u.parametrizations.orthogonal(n.Linear(3, 3)), "bias"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_parametrized_layers_compute_and_learn_what_those_of_pytorch_do(make: Any) -> None:
    ours, theirs = pairs(make)
    rng = np.random.default_rng(1)
    state = ours.state_dict()
    for name, p in ours.named_parameters():
        change = 0.1 * rng.normal(size=p.shape)
        if name.endswith("original"):  # where PyTorch makes whole numbers of the diagonal
            change *= 1 - np.eye(*change.shape) if p.ndim == 2 else 1
        state[name] = p.detach().numpy() + change
    ours.load_state_dict(state)
    for name, t in theirs.state_dict(keep_vars=True).items():
        t.data.copy_(torch.tensor(state[name]))
    shape = (2, 4, 5, 5) if "Conv" in type(ours).__name__ else (2, ours.in_features)
    x = rng.normal(size=shape)
    for training in (True, False):
        ours.train(training).zero_grad()
        theirs.train(training).zero_grad()
        y, z = ours(ag.Tensor(x)), theirs(torch.tensor(x))
        np.testing.assert_allclose(numbers(y), numbers(z), rtol=1e-9, atol=1e-12)
        (y**2).sum().backward()
        (z**2).sum().backward()
        for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(numbers(p.grad), numbers(q.grad), rtol=1e-8, atol=1e-10, err_msg=name)
        for name, value in theirs.state_dict().items():
            np.testing.assert_allclose(ours.state_dict()[name], value.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("transposed", [False, True])
def test_fused_layers_are_those_of_pytorch(transposed: bool) -> None:
    name = "ConvTranspose2d" if transposed else "Conv2d"
    conv, norm = getattr(nn, name)(2, 3, 3), nn.BatchNorm2d(3)
    for t in (*norm.parameters(), norm.running_mean, norm.running_var):
        nn.init.uniform_(t, 0.5, 1.5, rng=t.size)
    other, others = getattr(torch.nn, name)(2, 3, 3).double(), torch.nn.BatchNorm2d(3).double()
    for ours, theirs in ((conv, other), (norm, others)):
        theirs.load_state_dict({k: torch.tensor(v) for k, v in ours.state_dict().items()})
    ours = nn.utils.fuse_conv_bn_eval(conv.eval(), norm.eval())
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    theirs = fuse_conv_bn_eval(other.eval(), others.eval(), transpose=transposed)
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name], value.numpy(), rtol=1e-12)


# ----- lazy layers, initial values -----


@pytest.mark.parametrize(
    ("name", "args", "shape"),
    [
        ("LazyLinear", (3,), (5, 2)), ("LazyConv1d", (4, 3), (5, 2, 8)), ("LazyConvTranspose2d", (4, 3), (5, 2, 8, 8)),
        ("LazyBatchNorm1d", (), (5, 2)), ("LazyBatchNorm2d", (), (5, 2, 3, 3)), ("LazyInstanceNorm1d", (), (5, 2, 8)),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")
def test_lazy_layers_become_what_those_of_pytorch_do(name: str, args: Any, shape: Any) -> None:
    ours, theirs = getattr(nn, name)(*args), getattr(torch.nn, name)(*args)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours(np.ones(shape))
    theirs(torch.ones(*shape))
    assert type(ours).__name__ == type(theirs).__name__
    found = [{k: tuple(v.shape) for k, v in m.state_dict().items()} for m in (ours, theirs)]
    assert found[0] == found[1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["linear", "conv2d", "conv_transpose3d", "tanh", "relu", "leaky_relu", "selu"])
def test_gains_are_those_of_pytorch(name: str) -> None:
    for slope in (None, 0.2):
        assert nn.init.calculate_gain(name, slope) == pytest.approx(torch.nn.init.calculate_gain(name, slope))


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("shape", [(4, 2, 3), (2, 3, 4, 5), (4, 4, 1, 2, 3)])
def test_dirac_is_that_of_pytorch(shape: Any, groups: int) -> None:
    t = torch.nn.init.dirac_(torch.empty(shape), groups)
    assert nn.init.dirac_(ag.Tensor(np.ones(shape)), groups).tolist() == t.tolist()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("uniform_", {"a": -2.0, "b": 1.0}), ("normal_", {"mean": 1.0, "std": 2.0}), ("xavier_uniform_", {"gain": 2.0}),
        ("xavier_normal_", {}), ("kaiming_uniform_", {}), ("kaiming_uniform_", {"a": 2.0, "mode": "fan_out"}),
        ("kaiming_normal_", {"nonlinearity": "relu"}), ("trunc_normal_", {}), ("orthogonal_", {"gain": 2.0}),
        ("trunc_normal_", {"mean": 0.5, "std": 0.5, "a": 0.7, "b": 1.2}), ("sparse_", {"sparsity": 0.3, "std": 0.5}),
    ],
)  # fmt: skip
def test_initial_values_are_distributed_as_those_of_pytorch(name: str, settings: Any) -> None:
    torch.manual_seed(0)
    shape = (300, 200) if name in ("sparse_", "orthogonal_") else (300, 50, 4)
    ours = getattr(nn.init, name)(ag.Tensor(np.zeros(shape)), **settings, rng=0).numpy()
    theirs = getattr(torch.nn.init, name)(torch.zeros(shape), **settings).double().numpy()
    scale = theirs.std()
    assert abs(ours.mean() - theirs.mean()) < 0.03 * scale
    assert abs(ours.std() - scale) < 0.03 * scale
    for q in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99):
        assert abs(np.quantile(ours, q) - np.quantile(theirs, q)) < 0.05 * scale
