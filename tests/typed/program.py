"""A program as users write it: type checkers find nothing in it, and it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
from numpy.typing import NDArray

import autograd_lite as ag
from autograd_lite import nn, optim

Floats = NDArray[np.float64]


class Perceptron(nn.Module):
    """Two layers."""

    def __init__(self, inputs: int, hidden: int, classes: int) -> None:
        self.first = nn.Linear(inputs, hidden, rng=0)
        self.second = nn.Linear(hidden, classes, rng=1)
        self.scale = nn.Parameter(1.0)

    def forward(self, x: ag.Tensor) -> ag.Tensor:
        hidden = ag.relu(self.first(x)).view(-1, 3)
        return self.second(hidden) * self.scale


def train(model: nn.Module, x: Floats, classes: NDArray[np.int64]) -> list[float]:
    """Train with all that a step consists of."""
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_of = nn.CrossEntropyLoss()
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = loss_of(model(ag.Tensor(x)), classes)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    weight = next(model.parameters())
    assert weight.grad is not None
    print("gradient", weight.grad.norm().item(), weight.grad.numpy().shape)
    with ag.no_grad():
        right = (model(ag.Tensor(x)).argmax(axis=1) == ag.Tensor(classes)).double().mean()
    print(f"accuracy {right.item():.2f}")
    return losses


def energy(x: Floats, stiffness: float = 1.0) -> np.float64:
    """A function of an array, for the transforms."""
    total: np.float64 = 0.5 * stiffness * np.sum(np.sin(x) ** 2)
    return total


def misfit(p: Mapping[str, Floats]) -> np.float64:
    """A function of a tree."""
    total: np.float64 = np.sum((p["a"] - 1.0) ** 2)
    return total


@ag.compile
def step(w: ag.Tensor, x: Floats) -> ag.Tensor:
    """A compiled function of a Tensor."""
    return (w * x).tanh().square().sum()


@ag.checkpoint
def layer(x: Floats, power: int = 2) -> Floats:
    """What is computed again on the way back."""
    result: Floats = np.tanh(x) ** power
    return result


@ag.custom_op(vjp=lambda g, x: 2 * g * x)
def squared(x: Floats) -> Floats:
    """An operation with a derivative of its own."""
    return x * x


@ag.no_grad()
def average(parts: list[ag.Tensor]) -> ag.Tensor:
    """The mean of some Tensors, not recorded."""
    total = parts[0].clone()
    for part in parts[1:]:
        total += part
    return total / len(parts)


def functions(x: Floats) -> None:
    """What transforms return has the parameters of what they are given."""
    slope = ag.grad(energy)
    print(slope(x, stiffness=2.0).shape)
    value, gradient = ag.value_and_grad(energy)(x)
    print(value.item(), gradient.sum())
    print(ag.vmap(ag.grad(energy))(np.stack([x, x])).shape, ag.hessian(energy)(x).shape, ag.jacobian(layer)(x).shape)
    y, pullback = ag.vjp(layer, x)
    print(y.shape, pullback(np.ones_like(y)).shape)
    y, tangent = ag.jvp(layer, (x,), (np.ones_like(x),))
    print(tangent.shape, ag.hvp(energy, (x,), (x,)).shape, squared(x).shape)
    result = ag.optimize.minimize(misfit, {"a": x}, method="BFGS")
    print(result.success, result.x["a"].shape, float(result.fun))
    report = ag.gradcheck(energy, x)
    assert report.ok
    w = ag.Tensor(x, requires_grad=True, name="w")
    print(step(w, x).item(), step.source[:3], step.program.report()[:3], average([w, w]).tolist())


def main() -> None:
    """Run all of it."""
    rng = np.random.default_rng(0)
    x, classes = rng.normal(size=(4, 2)), rng.integers(2, size=4)
    model = Perceptron(2, 3, 2)
    print(train(model, x, classes)[-1])
    functions(rng.normal(size=3))
    w = ag.Tensor(x, requires_grad=True)
    rows = [row.unsqueeze(0) for row in w]
    part = w[0, 1:] @ w.T[1:, 0] + 2 * w.mean() - w.reshape(-1)[0] / (1 + w.exp()).log().max()
    ag.mean_squared_error(part, ag.softmax(w, axis=1).sum().detach()).backward()
    print(len(rows), w.grad, isinstance(model.state_dict()["first.weight"], np.ndarray))
    picture = ag.visualize(model, x, values=True)
    Path(mkdtemp(), "graph.dot").write_text(picture.source, encoding="utf-8")


if __name__ == "__main__":
    main()
