"""PyTorch, eager, one thread."""

from __future__ import annotations

import torch
from harness import (
    CYCLES,
    GRADIENT_SIZE,
    HESSIAN_SIZE,
    INPUT,
    RATE,
    TARGET,
    Step,
    chain_input,
    long_chain,
    main,
    parameters,
    rosenbrock,
    rosenbrock_input,
    timed,
)
from torch import nn

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def network() -> nn.Module:
    layers = nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Softmax(-1)
    model = nn.Sequential(*layers)
    for parameter, value in zip(model.parameters(), parameters(), strict=True):
        parameter.data.copy_(torch.from_numpy(value))
    return model


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


if __name__ == "__main__":
    main(
        {
            "perceptron": lambda: timed(perceptron(), lambda loss: loss.item()),
            "chain1000": lambda: timed(chain(), lambda x: x.grad.sum().item()),
            "gradient1000": lambda: timed(rosenbrock_gradient(), lambda g: g.sum().item()),
            "hessian50": lambda: timed(rosenbrock_hessian(), lambda h: h.sum().item()),
            "chain1e6": lambda: long_chain(torch.tensor([0.5], requires_grad=True)),
        }
    )
