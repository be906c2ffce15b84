"""The perceptron of the document this project began from: run, derived, checked and drawn.

The document (an article on the nervous system and neural networks) prints a two-layer perceptron neuron by neuron,
its gradients by formula, and a program. The functions here state what it prints, as it prints it; the library derives
what is true. ``python -m autograd_lite`` tells the story in order.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from autograd_lite import nn, optim
from autograd_lite.check import gradcheck
from autograd_lite.errors import MissingExtraError
from autograd_lite.rules.elementwise import sigmoid
from autograd_lite.rules.neural import half_squared_error, mean_squared_error
from autograd_lite.tensor.tensor import Tensor
from autograd_lite.viz import Picture, visualize

Values: TypeAlias = Mapping[str, Any]

X = (1.0, 2.0)
TARGET = (1.0, 0.0)  # the document never says what y is
PARAMETERS = ("w11", "w12", "b1", "b2", "b3", "w21", "w22", "b4", "b5")
PRINTED = ("w11", "w12", "b1", "w21", "w22", "b4", "b5")  # it prints no formula for b2 and b3
LEARNING_RATE = 0.01
STEPS = 1000


def initial_parameters(seed: int = 0) -> dict[str, float]:
    """Return one standard normal number for each parameter of the printed formulas."""
    rng = np.random.default_rng(seed)
    return {name: float(rng.standard_normal()) for name in PARAMETERS}


def formulas(v: Values, x: Sequence[float] = X, target: Sequence[float] = TARGET) -> dict[str, Any]:
    """Return every quantity of the document's section 3.1, by its formula as printed, and the loss.

    All three hidden neurons share ``w11, w12``, both outputs share ``w21, w22``, and ``a3`` is used nowhere: so it is
    printed. The numbers in `v` may be Tensors, floats, or complex numbers for a complex step.
    """
    z1 = v["w11"] * x[0] + v["w12"] * x[1] + v["b1"]
    z2 = v["w11"] * x[0] + v["w12"] * x[1] + v["b2"]
    z3 = v["w11"] * x[0] + v["w12"] * x[1] + v["b3"]
    a1, a2, a3 = (1 / (1 + np.exp(-z)) for z in (z1, z2, z3))
    z4 = v["w21"] * a1 + v["w22"] * a2 + v["b4"]
    z5 = v["w21"] * a1 + v["w22"] * a2 + v["b5"]
    a4, a5 = (1 / (1 + np.exp(-z)) for z in (z4, z5))
    p1 = np.exp(a4) / (np.exp(a4) + np.exp(a5))
    p2 = np.exp(a5) / (np.exp(a4) + np.exp(a5))
    loss = 1 / 2 * ((target[0] - p1) ** 2 + (target[1] - p2) ** 2)
    return {
        "z1": z1, "z2": z2, "z3": z3, "z4": z4, "z5": z5, "a1": a1, "a2": a2, "a3": a3, "a4": a4, "a5": a5,
        "p1": p1, "p2": p2, "L": loss,
    }  # fmt: skip


def derived_gradients(v: Mapping[str, float]) -> dict[str, float]:
    """Return the derivative of the loss with respect to every parameter, as ``backward()`` finds it."""
    tensors = {name: Tensor(value, requires_grad=True, name=name) for name, value in v.items()}
    formulas(tensors)["L"].backward()
    return {name: 0.0 if t.grad is None else t.grad.item() for name, t in tensors.items()}


def complex_step_gradients(v: Mapping[str, float], step: float = 1e-30) -> dict[str, float]:
    """Return the same derivatives from ``Im f(x + ih) / h``: no subtraction, so exact to the last digits.

    Squire & Trapp, *Using complex variables to estimate derivatives of real functions*, SIAM Review 40 (1998).
    """
    return {name: formulas({**v, name: v[name] + 1j * step})["L"].imag / step for name in v}


def printed_gradients(v: Mapping[str, float]) -> list[dict[str, float]]:
    """Return the gradients by the printed formulas, and after each of the two corrections that all of them need.

    As printed, with ``i`` running over the outputs (``p1, a4`` and ``p2, a5``)::

        dL/dw = sum_i (y_i - p_i) * factor * d_i
        d_i = (p_i - y_i) * p_i (1 - p_i) * a_i (1 - a_i) * input

    First correction: the error ``y_i - p_i`` in front is left out, since ``d_i`` has it already. Second: with the
    off-diagonal derivatives ``-p_i p_k`` of the softmax. What then still differs from the truth has the wrong layer's
    values as its factor.
    """
    f = formulas(v)
    factor = {"w11": f["a1"], "w12": f["a2"], "b1": 1, "w21": f["a4"], "w22": f["a5"], "b4": 1, "b5": 1}
    layer_input = {"w11": X[0], "w12": X[1], "b1": 1, "w21": f["a1"], "w22": f["a2"], "b4": 1, "b5": 1}
    p, a = np.array([f["p1"], f["p2"]]), np.array([f["a4"], f["a5"]])
    error, slope = p - TARGET, a * (1 - a)
    diagonal = error * p * (1 - p) * slope
    whole = p * (error - error @ p) * slope
    sums = (-error @ diagonal, diagonal.sum(), whole.sum())
    return [{name: float(s * factor[name] * layer_input[name]) for name in PRINTED} for s in sums]


# ----- the same network with layers, and the document's program -----


def network(seed: int = 0) -> nn.Sequential:
    """Return the 2-3-2 network with weights of its own for every neuron, initialised as Xavier Glorot proposed."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Softmax(-1))
    for name, parameter in model.named_parameters():
        if name.endswith("weight"):
            nn.init.xavier_uniform_(parameter, rng=rng)
        else:
            nn.init.zeros_(parameter)
    return model


def descend(loss_of: Callable[[], Tensor], parameters: Sequence[Tensor], steps: int = STEPS) -> list[float]:
    """Do `steps` of gradient descent and return the loss before each and after the last."""
    optimizer = optim.SGD(parameters, lr=LEARNING_RATE)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return [*losses, loss_of().item()]


def program_parameters(seed: int = 0) -> dict[str, Tensor]:
    """Return the weights of the document's program: all from a standard normal, one row for each input."""
    rng = np.random.default_rng(seed)
    shapes = {"W1": (2, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
    return {k: Tensor(rng.standard_normal(shape), requires_grad=True, name=k) for k, shape in shapes.items()}


def program(v: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Return ``A2`` of the document's program."""
    a1 = sigmoid(x @ v["W1"] + v["b1"])
    a2: Tensor = sigmoid(a1 @ v["W2"] + v["b2"])
    return a2


# ----- the story -----


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return text columns, the first to the left and the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, ["-" * w for w in widths], *rows)
    ]
    return "\n".join("    " + line.rstrip() for line in lines)


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:+.9f}"


def tell_formulas(v: Mapping[str, float]) -> None:
    print("1. The formulas as printed, on single numbers\n")
    print("    " + ", ".join(f"{name} = {value:.4f}" for name, value in v.items()))
    print(f"    x = {list(X)}, y = {list(TARGET)} (the document leaves y open)\n")
    tensors = {name: Tensor(value, requires_grad=True, name=name) for name, value in v.items()}
    values = formulas(tensors)
    for group in ("z1 z2 z3", "a1 a2 a3", "z4 z5", "a4 a5", "p1 p2 L"):
        print("    " + "   ".join(f"{name} = {values[name].item():.9f}" for name in group.split()))
    values["L"].backward()
    print("\n   and what L.backward() derives from them:\n")
    for name, t in tensors.items():
        print(f"    dL/d{name:<3} = {number(0.0 if t.grad is None else t.grad.item())}" + _unused(t))


def _unused(t: Tensor) -> str:
    return "   (no gradient: the formulas use a3 nowhere)" if t.grad is None else ""


WHY = """\
    printed      sum_i (y_i - p_i) * factor * d_i, as the document has it
    error once   without the error in front, which d_i contains already
    + softmax    with the derivatives -p_i p_k of each output by the other, which the document leaves out
    derived      backward(): the factor then is what the layer got as input (x, a1, a2, or 1), once; for the first
                 layer the way back through w21, w22 and a(1 - a) is there; and b4, b5 reach one output each
    difference   derived against a complex step, which subtracts nothing and is exact to rounding
"""


def tell_gradients(v: Mapping[str, float]) -> None:
    print("\n2. The printed gradient formulas beside the derived gradients\n")
    derived, exact = derived_gradients(v), complex_step_gradients(v)
    ladder = printed_gradients(v)
    rows = []
    for name in PARAMETERS:
        steps = [step.get(name) for step in ladder]
        holds = "not printed" if name not in PRINTED else _verdict(steps[0], derived[name])
        rows.append([
            f"dL/d{name}", *(number(s) for s in steps),
            number(derived[name]), f"{abs(derived[name] - exact[name]):.0e}",
            holds,
        ])  # fmt: skip
    print(table(["", "printed", "error once", "+ softmax", "derived", "difference", "does it hold?"], rows))
    print("\n" + WHY)


def _verdict(printed: float | None, derived: float) -> str:
    if printed is None or np.isclose(printed, derived, rtol=1e-9, atol=0):
        return "yes"
    return f"no: {printed / derived:+.3g} times it" if derived else "no"


def tell_network(seed: int) -> nn.Sequential:
    print("3. The network in matrix form, 2-3-2, Xavier, sigmoid, sigmoid, softmax, half squared error\n")
    model, x, y = network(seed), Tensor([X], name="x"), Tensor([TARGET], name="y")
    losses = descend(lambda: half_squared_error(model(x), y), list(model.parameters()))
    _tell_losses(losses)
    print(f"    prediction {np.round(model(x).numpy(), 6).tolist()} for the target {[list(TARGET)]}\n")
    return model


def tell_program(seed: int) -> None:
    print("   The document's program, with Y supplied: mean squared error on A2\n")
    v, x, y = program_parameters(seed), Tensor([X], name="X"), Tensor([TARGET], name="Y")
    losses = descend(lambda: mean_squared_error(program(v, x), y), list(v.values()))
    _tell_losses(losses)
    print(f"    prediction A2 = {np.round(program(v, x).numpy(), 6).tolist()} for Y = {[list(TARGET)]}\n")


def _tell_losses(losses: Sequence[float]) -> None:
    marks = range(0, len(losses), (len(losses) - 1) // 5)
    print("    step  " + "  ".join(f"{i:>8d}" for i in marks))
    print("    loss  " + "  ".join(f"{losses[i]:8.6f}" for i in marks))


def tell_check(model: nn.Sequential) -> None:
    print("4. The gradients checked against finite differences, element by element\n")
    x, y = Tensor([X], name="x"), Tensor([TARGET], name="y")
    parameters = dict(model.named_parameters())
    report = gradcheck(lambda *_: half_squared_error(model(x), y), parameters)
    print("\n".join("    " + line for line in str(report).splitlines()) + "\n")


def picture(model: nn.Sequential) -> Picture:
    """Return the drawn graph of one training loss."""
    x, y = Tensor([X], name="x"), Tensor([TARGET], name="y")
    loss = half_squared_error(model(x), y)
    loss.name = "loss"
    return visualize(loss, params=dict(model.named_parameters()))


def save_picture(drawn: Picture, path: Path) -> Path:
    """Save the picture, as DOT text where nothing is installed that could render it."""
    try:
        return Path(drawn.save(path))
    except MissingExtraError as error:
        print(f"    {error}")
        return Path(drawn.save(path.with_suffix(".dot")))


def main(argv: Sequence[str] | None = None) -> None:
    """Tell the whole story; what ``python -m autograd_lite`` does."""
    parser = argparse.ArgumentParser(
        prog="python -m autograd_lite perceptron", description="The document's perceptron, derived and drawn."
    )
    parser.add_argument("--output", type=Path, default=Path("perceptron.svg"), help="where the picture goes")
    parser.add_argument("--seed", type=int, default=0, help="of the random initial weights")
    options = parser.parse_args(argv)
    v = initial_parameters(options.seed)
    tell_formulas(v)
    tell_gradients(v)
    model = tell_network(options.seed)
    tell_program(options.seed)
    tell_check(model)
    path = save_picture(picture(model), options.output)
    print(f"5. The graph is drawn in {path.resolve()}")
