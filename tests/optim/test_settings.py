"""Settings of optimisers: their defaults, what is refused, what means nothing; closures; states that do not fit."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
from helpers import leaf

import autograd_lite as ag
from autograd_lite import errors, nn, optim
from autograd_lite.optim.checks import NO_MEANING

DEFAULTS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False},
    "Adam": {
        "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "maximize": False,
        "decoupled_weight_decay": False,
    },
    "AdamW": {
        "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2, "amsgrad": False, "maximize": False,
    },
    "NAdam": {
        "lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "momentum_decay": 4e-3,
        "decoupled_weight_decay": False, "maximize": False,
    },
    "RAdam": {
        "lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "decoupled_weight_decay": False,
        "maximize": False,
    },
    "Adagrad": {
        "lr": 1e-2, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10, "maximize": False,
    },
    "Adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0, "maximize": False},
    "RMSprop": {
        "lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": False, "maximize": False,
    },
    "Rprop": {"lr": 1e-2, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50), "maximize": False},
    "Adamax": {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "maximize": False},
    "ASGD": {"lr": 1e-2, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0, "maximize": False},
    "LBFGS": {
        "lr": 1, "max_iter": 20, "max_eval": None, "tolerance_grad": 1e-7, "tolerance_change": 1e-9,
        "history_size": 100, "line_search_fn": None,
    },
    "Lion": {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0, "maximize": False},
    "Muon": {
        "lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True,
        "ns_coefficients": (3.4445, -4.775, 2.0315), "eps": 1e-7, "ns_steps": 5, "adjust_lr_fn": None,
    },
    "Adafactor": {
        "lr": 1e-2, "beta2_decay": -0.8, "eps": (None, 1e-3), "d": 1.0, "weight_decay": 0.0, "maximize": False,
    },
}  # fmt: skip


def made(name: str, **settings: Any) -> optim.Optimizer:
    found: optim.Optimizer = getattr(optim, name)([leaf(np.eye(2))], **settings)
    return found


def signature(of: Any) -> dict[str, Any]:
    found = {name: p.default for name, p in inspect.signature(of).parameters.items() if p.default is not p.empty}
    return {name: default for name, default in found.items() if name != "average"}  # which PyTorch has not


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_defaults_are_those_of_pytorch(name: str) -> None:
    assert signature(getattr(optim, name)) == DEFAULTS[name]


@pytest.mark.parametrize("name", sorted(DEFAULTS.keys() - {"Lion"}))
def test_the_defaults_of_pytorch_itself(name: str) -> None:
    torch = pytest.importorskip("torch")
    theirs = signature(getattr(torch.optim, name))
    assert DEFAULTS[name] == {k: v for k, v in theirs.items() if k not in NO_MEANING}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("Adam", {"lr": -1.0}, "lr=-1.0"), ("Adam", {"eps": np.nan}, "eps=nan"),
    ("Adam", {"betas": (1.0, 0.9)}, "(1.0, 0.9)"),
    ("Adam", {"betas": 0.9}, "betas=0.9"), ("Adam", {"weight_decay": -0.1}, "weight_decay=-0.1"),
    ("AdamW", {"betas": (0.9, -0.1)}, "(0.9, -0.1)"), ("AdamW", {"decoupled_weight_decay": False}, "decoupled"),
    ("NAdam", {"momentum_decay": -1}, "momentum_decay=-1"), ("RAdam", {"betas": (0.9,)}, "(0.9,)"),
    ("Adagrad", {"lr_decay": -1}, "lr_decay=-1"), ("Adagrad", {"initial_accumulator_value": -1}, "value=-1"),
    ("Adadelta", {"rho": 1.5}, "rho=1.5"), ("RMSprop", {"alpha": -0.5}, "alpha=-0.5"),
    ("RMSprop", {"momentum": "0.9"}, "momentum='0.9'"), ("Rprop", {"etas": (1.1, 1.2)}, "(1.1, 1.2)"),
    ("Rprop", {"step_sizes": (-1, 2)}, "(-1, 2)"), ("ASGD", {"t0": -1}, "t0=-1"),
    ("Lion", {"betas": (2, 0.9)}, "(2, 0.9)"),
    ("Muon", {"adjust_lr_fn": "mine"}, "'mine'"), ("Muon", {"ns_steps": 100}, "ns_steps=100"),
    ("Muon", {"ns_coefficients": (1, 2)}, "(1, 2)"), ("Adafactor", {"d": 0.5}, "d=0.5"),
    ("Adafactor", {"beta2_decay": 0.1}, "beta2_decay=0.1"), ("Adafactor", {"eps": (None, None)}, "(None, None)"),
    ("LBFGS", {"line_search_fn": "armijo"}, "'armijo'"), ("LBFGS", {"max_iter": -1}, "max_iter=-1"),
    ("Adam", {"momentum": 0.9}, "'momentum'"), ("SGD", {"betas": (0.9, 0.9)}, "'betas'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "named"), REFUSED, ids=str)
def test_settings_out_of_range_are_refused_by_value(name: str, settings: dict[str, Any], named: str) -> None:
    with pytest.raises(errors.ArgumentError, match="Write") as caught:
        made(name, **settings)
    assert named in str(caught.value)


@pytest.mark.parametrize("name", DEFAULTS)
def test_how_a_step_is_carried_out_means_nothing(name: str) -> None:
    made(name, foreach=True, fused=None, capturable=False, differentiable=False)
    with pytest.raises(errors.ArgumentError, match=r"no differentiable steps.*Write"):
        made(name, differentiable=True)


OF_COMPLEX = {"SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adadelta"}


@pytest.mark.parametrize("name", sorted(DEFAULTS.keys() - OF_COMPLEX))
def test_complex_parameters_are_refused(name: str) -> None:
    with pytest.raises(errors.ArgumentError, match=r"complex.*Write"):
        getattr(optim, name)([leaf(np.eye(2) * 1j)])


def test_muon_is_for_matrices() -> None:
    model = nn.Linear(2, 2)
    with pytest.raises(errors.ArgumentError, match=r"'bias' of shape \(2,\).*Write Muon"):
        optim.Muon(model.parameters())
    opt = optim.Muon([model.weight])
    with pytest.raises(errors.ArgumentError):
        opt.add_param_group({"params": [model.bias]})
    assert len(opt.param_groups) == 1


def test_lion_is_a_sign_of_a_mean() -> None:
    w = leaf([1.0, -2.0])
    opt = optim.Lion([w], lr=0.1, betas=(0.5, 0.75), weight_decay=0.2)
    p, m = np.array([1.0, -2.0]), np.zeros(2)
    for g in ([1.0, -1.0], [-0.3, 4.0], [0.0, 0.0]):
        w.grad = g
        opt.step()
        p = p * (1 - 0.1 * 0.2) - 0.1 * np.sign(0.5 * m + 0.5 * np.array(g))
        m = 0.75 * m + 0.25 * np.array(g)
        np.testing.assert_allclose(w.numpy(), p, rtol=1e-14)
        np.testing.assert_allclose(opt.state[w]["exp_avg"].numpy(), m, rtol=1e-14)


def test_a_variance_that_rounding_makes_negative_is_none() -> None:
    w = leaf(np.ones(50), dtype=np.float32)
    opt = optim.RMSprop([w], centered=True, alpha=0.5)
    g = np.linspace(0.1, 3.0, 50).astype(np.float32)
    for _ in range(200):
        w.grad = g
        opt.step()
    assert not np.isnan(w.numpy()).any()


# ----- closures -----


@pytest.mark.parametrize("recording", [True, False])
def test_a_closure_is_called_first_and_its_result_returned(recording: bool) -> None:
    w = leaf(3.0)
    opt = optim.SGD([w], lr=0.1)

    def closure() -> ag.Tensor:
        opt.zero_grad()
        loss = w * w
        loss.backward()
        return loss

    with ag.enable_grad() if recording else ag.no_grad():
        assert opt.step(closure).item() == 9.0
    assert w.item() == pytest.approx(2.4)
    assert opt.step() is None


def test_a_closure_that_fails_changes_nothing() -> None:
    w = leaf(3.0)
    opt = optim.Adam([w])
    with pytest.raises(ZeroDivisionError):
        opt.step(lambda: 1 / 0)
    assert w.item() == 3.0
    assert not opt.state


# ----- states -----

MISFITS: dict[str, Any] = {
    "other": ({}, "'state' and 'param_groups'"),
    "groups": ({"state": {}, "param_groups": []}, r"\[\] parameters"),
    "sizes": ({"state": {}, "param_groups": [{"params": [0, 1]}]}, r"\[2\] parameters"),
    "setting": ({"state": {}, "param_groups": [{"params": [0], "momentum": 0.9}]}, "'momentum'"),
    "value": ({"state": {}, "param_groups": [{"params": [0], "lr": -1.0}]}, "lr=-1.0"),
    "shape": (
        {"state": {0: {"exp_avg": np.ones(3)}}, "param_groups": [{"params": [0]}]}, r"\(3,\) instead of \(2, 2\)"
    ),
    "nobody's": ({"state": {1: {}}, "param_groups": [{"params": [0]}]}, "parameter 1"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_a_state_that_does_not_fit_is_refused_and_nothing_changed(case: str) -> None:
    opt = made("Adam", lr=0.5)
    given, said = MISFITS[case]
    with pytest.raises(errors.AutogradError, match=said + ".*Write"):
        opt.load_state_dict(given)
    assert (opt.lr, opt.state) == (0.5, {})


def test_the_state_of_one_is_no_state_of_the_other() -> None:
    opt = made("Adam")
    opt.param_groups[0]["params"][0].grad = np.ones((2, 2))
    opt.step()
    saved = opt.state_dict()
    saved["state"][0]["exp_avg"][:] = 7.0
    assert opt.state[opt.param_groups[0]["params"][0]]["exp_avg"].numpy().max() < 1
    twin = made("Adam")
    twin.load_state_dict(saved)
    saved["state"][0]["exp_avg"][:] = 8.0
    assert twin.state[twin.param_groups[0]["params"][0]]["exp_avg"].numpy().max() == 7.0


@pytest.mark.parametrize("options", [{"momentum": 0.9, "dampening": 0.5}, {}])
@pytest.mark.parametrize("name", ["SGD", "AdamW", "Adagrad", "LBFGS"])
def test_a_state_of_pytorch_is_gone_on_with(name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    options = {**(options if name == "SGD" else {}), "lr": 0.1}
    w, v = leaf([1.0, -2.0]), torch.nn.Parameter(torch.tensor([1.0, -2.0], dtype=torch.float64))
    mine, theirs = getattr(optim, name)([w], **options), getattr(torch.optim, name)([v], **options)

    def step(opt: Any, p: Any) -> None:
        def closure() -> Any:
            opt.zero_grad()
            loss = (p * p * p * p).sum()
            loss.backward()
            return loss

        opt.step(closure)

    for _ in range(3):
        step(theirs, v)
    w.assign(v.detach().numpy())
    mine.load_state_dict(theirs.state_dict())
    for _ in range(3):
        step(theirs, v)
        step(mine, w)
    np.testing.assert_allclose(w.numpy(), v.detach().numpy(), rtol=1e-6)
