"""PyTorch, eager; under torch.compile where TORCH_CONTENDER_COMPILE is 1."""

from __future__ import annotations

import os
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from harness import Step, long_chain, main
from inputs import (
    CYCLES,
    FUNCTIONS,
    GRADIENT_SIZE,
    HESSIAN_SIZE,
    INPUT,
    LSTM,
    MLPS,
    PENDULUM_STEPS,
    RATE,
    TARGET,
    chain_input,
    function_input,
    logistic_input,
    long_expression,
    lstm_input,
    million_input,
    mlp_batch,
    mlp_parameters,
    parameters,
    pendulum_input,
    pendulum_step,
    rosenbrock,
    rosenbrock_input,
)
from matrices import WORKLOADS, kind_of, loss_of, matrix_input, weights
from torch import nn

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.set_default_dtype(torch.float64)


def compiled(function: Any) -> Any:
    return torch.compile(function) if os.environ.get("TORCH_CONTENDER_COMPILE") == "1" else function


def network() -> nn.Module:
    layers = nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Softmax(-1)
    return with_values(nn.Sequential(*layers), parameters())


def with_values(model: nn.Module, values: list[np.ndarray]) -> nn.Module:
    for parameter, value in zip(model.parameters(), values, strict=True):
        parameter.data.copy_(torch.from_numpy(value))
    return model


def mlp(name: str) -> Step:
    linear = [nn.Linear(i, o, dtype=torch.float32) for i, o in pairwise(MLPS[name][0])]
    layers = [layer for layer in linear for layer in (layer, nn.ReLU())]
    model = with_values(nn.Sequential(*layers[:-1]), mlp_parameters(name))
    opt = torch.optim.SGD(model.parameters(), lr=RATE)
    x, classes = (torch.from_numpy(array) for array in mlp_batch(name))

    def step() -> torch.Tensor:
        opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x), classes)
        loss.backward()
        opt.step()
        return loss

    return step


def perceptron() -> Step:
    x, y = torch.tensor(INPUT), torch.tensor(TARGET)
    model = network()
    opt = torch.optim.SGD(model.parameters(), lr=RATE)

    def step() -> torch.Tensor:
        opt.zero_grad()
        loss = ((model(x) - y) ** 2).sum() / 2
        loss.backward()
        opt.step()
        return loss

    return step


def chain() -> Step:
    x = torch.tensor(chain_input(), requires_grad=True)

    def step() -> torch.Tensor:
        x.grad = None
        y = x
        for _ in range(CYCLES):
            y = torch.sin(y)
            y = y * 1.01
            y = y + 0.1
            y = torch.tanh(y)
        y.sum().backward()
        return x

    return step


def million() -> Step:
    return partial(long_expression, torch, torch.tensor(million_input()))


def value_and_gradient(loss: Any, x: torch.Tensor) -> Step:
    x.requires_grad_()
    called = compiled(loss)

    def step() -> tuple[torch.Tensor, torch.Tensor]:
        x.grad = None
        value = called(x)
        value.backward()
        return value, x.grad

    return step


def elementwise() -> Step:
    return value_and_gradient(partial(long_expression, torch), torch.tensor(million_input()))


def logistic() -> Step:
    features, classes, w = map(torch.from_numpy, logistic_input())

    def loss(w: torch.Tensor) -> torch.Tensor:
        z = features @ w
        return (nn.functional.softplus(z) - classes * z).mean()

    return value_and_gradient(loss, w)


def ode() -> Step:
    def loss(p: torch.Tensor) -> torch.Tensor:
        state = torch.tensor(1.0, dtype=torch.float64), torch.tensor(0.0, dtype=torch.float64)
        for _ in range(PENDULUM_STEPS):
            state = pendulum_step(torch, state, p)
        return state[0] * state[0] + state[1] * state[1]

    return value_and_gradient(loss, torch.from_numpy(pendulum_input()))


def lstm() -> Step:
    weights, xs = lstm_input()
    module, given = nn.LSTM(LSTM[2], LSTM[2], dtype=torch.float32), torch.from_numpy(xs)
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.from_numpy(weights[0]))
        module.weight_hh_l0.copy_(torch.from_numpy(weights[1]))
        module.bias_ih_l0.copy_(torch.from_numpy(weights[2]))
        module.bias_hh_l0.zero_()
    for p in module.parameters():
        p.requires_grad_(p is module.weight_hh_l0)

    def step() -> Any:
        module.weight_hh_l0.grad = None
        h = module(given)[1][0]
        value = (h * h).sum()
        value.backward()
        return value, module.weight_hh_l0.grad

    return step


def function(name: str) -> Step:
    return partial(getattr(torch, FUNCTIONS[name]), torch.tensor(function_input()))


def rosenbrock_gradient() -> Step:
    x = torch.tensor(rosenbrock_input(GRADIENT_SIZE), requires_grad=True)

    def step() -> torch.Tensor:
        x.grad = None
        rosenbrock(x).backward()
        return x.grad

    return step


def rosenbrock_hessian() -> Step:
    # torch.func batches the columns, which is faster than torch.autograd.functional.hessian.
    x, second = torch.tensor(rosenbrock_input(HESSIAN_SIZE)), torch.func.hessian(rosenbrock)
    return lambda: second(x)


def matrix(name: str) -> Step:
    kind, c = kind_of(name), torch.tensor(weights(name))
    return value_and_gradient(
        lambda a: loss_of(torch, kind, a, c, torch.sum), torch.tensor(matrix_input(name))
    )


if __name__ == "__main__":
    main(
        {
            "perceptron": (perceptron, lambda loss: loss.item()),
            **{name: (partial(mlp, name), lambda loss: loss.item()) for name in MLPS},
            "chain1000": (chain, lambda x: x.grad.sum().item()),
            "gradient1000": (rosenbrock_gradient, lambda g: g.sum().item()),
            "million": (million, float),
            "elementwise": (elementwise, lambda both: both[1].sum().item()),
            "logistic": (logistic, lambda both: both[1].sum().item()),
            "ode1000": (ode, lambda both: both[1].sum().item()),
            "lstm64": (lstm, lambda both: both[1].sum().item()),
            "hessian50": (rosenbrock_hessian, lambda h: h.sum().item()),
            **{name: (partial(matrix, name), lambda both: both[1].sum().item()) for name in WORKLOADS},
            **{name: (partial(function, name), lambda y: y.sum().item()) for name in FUNCTIONS},
        },
        {"chain1e6": lambda: long_chain(torch.tensor([0.5], requires_grad=True))},
    )
