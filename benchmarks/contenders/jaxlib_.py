"""JAX's grad, op by op; under jax.jit when JAX_CONTENDER_JIT is 1.

The figure for jit leaves out the compilation, which the warm-up steps pay for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from harness import Step, main
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
from matrices import WORKLOADS, kind_of, matrix_input, weights
from matrices import loss_of as matrix_loss

jax.config.update("jax_enable_x64", True)
JIT = os.environ.get("JAX_CONTENDER_JIT") == "1"


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    return jax.jit(function) if JIT else function


def loss_of(weights: list[jax.Array], x: jax.Array, y: jax.Array) -> jax.Array:
    w1, b1, w2, b2 = weights
    h = jax.nn.sigmoid(x @ w1.T + b1)
    p = jax.nn.softmax(jax.nn.sigmoid(h @ w2.T + b2), axis=-1)
    return ((p - y) ** 2).sum() / 2


def mlp_loss(weights: list[jax.Array], x: jax.Array, classes: jax.Array) -> jax.Array:
    *inner, (weight, bias) = zip(weights[::2], weights[1::2], strict=True)
    for w, b in inner:
        x = jax.nn.relu(x @ w.T + b)
    scores = jax.nn.log_softmax(x @ weight.T + bias)
    return -scores[jnp.arange(len(classes)), classes].mean()


def trained(values: list[Any], loss_of: Callable[..., Any], *data: Any) -> Step:
    weights = [jnp.array(value) for value in values]
    arrays = [jnp.array(value) for value in data]

    @compiled
    def train(weights: list[jax.Array], x: jax.Array, target: jax.Array) -> tuple[Any, list[jax.Array]]:
        loss, gradients = jax.value_and_grad(loss_of)(weights, x, target)
        return loss, [w - RATE * g for w, g in zip(weights, gradients, strict=True)]

    def step() -> jax.Array:
        nonlocal weights
        loss, weights = train(weights, *arrays)
        # JAX returns before the work is done; the others do not.
        jax.block_until_ready(weights)
        return loss

    return step


def perceptron() -> Step:
    return trained(parameters(), loss_of, INPUT, TARGET)


def mlp(name: str) -> Step:
    return trained(mlp_parameters(name), mlp_loss, *mlp_batch(name))


def chain_sum(x: jax.Array) -> jax.Array:
    y = x
    for _ in range(CYCLES):
        y = jnp.sin(y)
        y = y * 1.01
        y = y + 0.1
        y = jnp.tanh(y)
    return y.sum()


def chain() -> Step:
    x = jnp.array(chain_input())
    gradient = compiled(jax.grad(chain_sum))
    return lambda: jax.block_until_ready(gradient(x))


def million() -> Step:
    x, total = jnp.array(million_input()), compiled(partial(long_expression, jnp))
    return lambda: jax.block_until_ready(total(x))


def value_and_gradient(loss: Callable[..., Any], x: Any) -> Step:
    both, array = compiled(jax.value_and_grad(loss)), jnp.array(x)
    return lambda: jax.block_until_ready(both(array))


def elementwise() -> Step:
    return value_and_gradient(partial(long_expression, jnp), million_input())


def logistic() -> Step:
    features, classes, w = map(jnp.array, logistic_input())

    def loss(w: jax.Array) -> jax.Array:
        z = features @ w
        return (jax.nn.softplus(z) - classes * z).mean()

    return value_and_gradient(loss, w)


def ode() -> Step:
    def loss(p: jax.Array) -> jax.Array:
        step = lambda state, _: (pendulum_step(jnp, state, p), None)  # noqa: E731
        (angle, speed), _ = jax.lax.scan(step, (jnp.array(1.0), jnp.array(0.0)), None, length=PENDULUM_STEPS)
        return angle * angle + speed * speed

    return value_and_gradient(loss, pendulum_input())


def lstm() -> Step:
    weights, xs = lstm_input()
    by_input, by_state, bias, xs = map(jnp.array, (*weights, xs))

    def cell(state: Any, x: jax.Array, by_state: jax.Array) -> Any:
        h, c = state
        i, f, g, o = jnp.split(x + h @ by_state.T, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    def loss(by_state: jax.Array) -> jax.Array:
        zero = jnp.zeros((LSTM[1], LSTM[2]), jnp.float32)
        (h, _), _ = jax.lax.scan(partial(cell, by_state=by_state), (zero, zero), xs @ by_input.T + bias)
        return (h * h).sum()

    return value_and_gradient(loss, by_state)


def function(name: str) -> Step:
    x, f = jnp.array(function_input()), compiled(getattr(jnp, FUNCTIONS[name]))
    return lambda: jax.block_until_ready(f(x))


def rosenbrock_gradient() -> Step:
    x, both = jnp.array(rosenbrock_input(GRADIENT_SIZE)), compiled(jax.value_and_grad(rosenbrock))
    return lambda: jax.block_until_ready(both(x))[1]


def rosenbrock_hessian() -> Step:
    x, second = jnp.array(rosenbrock_input(HESSIAN_SIZE)), compiled(jax.hessian(rosenbrock))
    return lambda: jax.block_until_ready(second(x))


def matrix(name: str) -> Step:
    kind, c = kind_of(name), jnp.array(weights(name))
    return value_and_gradient(lambda a: matrix_loss(jnp, kind, a, c, jnp.sum), matrix_input(name))


if __name__ == "__main__":
    main(
        {
            "perceptron": (perceptron, float),
            **{name: (partial(mlp, name), float) for name in MLPS},
            "chain1000": (chain, lambda g: float(g.sum())),
            "gradient1000": (rosenbrock_gradient, lambda g: float(g.sum())),
            "million": (million, float),
            "elementwise": (elementwise, lambda both: float(both[1].sum())),
            "logistic": (logistic, lambda both: float(both[1].sum())),
            "ode1000": (ode, lambda both: float(both[1].sum())),
            "lstm64": (lstm, lambda both: float(both[1].sum())),
            "hessian50": (rosenbrock_hessian, lambda h: float(h.sum())),
            **{name: (partial(matrix, name), lambda both: float(both[1].sum())) for name in WORKLOADS},
            **{name: (partial(function, name), lambda y: float(y.sum())) for name in FUNCTIONS},
        }
    )
