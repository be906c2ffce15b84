"""The transformer of networks.py and its training step in jax.numpy, under jax.jit."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from harness import Step, main
from inputs import ADAM_RATE, GPT, letters, network_weight

VOCABULARY, WIDTH, HEADS, LENGTH, LAYERS = GPT
BETAS, EPSILON, DECAY = (0.9, 0.999), 1e-8, 0.01  # as PyTorch's AdamW has them
Arrays = dict[str, jax.Array]


def linear(name: str, inner: int, outer: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outer, inner), f"{name}.bias": (outer,)}


def norm(name: str) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}


def block_shapes(name: str) -> dict[str, tuple[int, ...]]:
    return {
        **norm(f"{name}.ln_1"),
        **norm(f"{name}.ln_2"),
        **linear(f"{name}.attn.c_attn", WIDTH, 3 * WIDTH),
        **linear(f"{name}.attn.c_proj", WIDTH, WIDTH),
        **linear(f"{name}.mlp.0", WIDTH, 4 * WIDTH),
        **linear(f"{name}.mlp.2", 4 * WIDTH, WIDTH),
    }


def parameters() -> Arrays:
    shapes = {"wte.weight": (VOCABULARY, WIDTH), "wpe.weight": (LENGTH, WIDTH), "lm_head.weight": (VOCABULARY, WIDTH)}
    for layer in range(LAYERS):
        shapes |= block_shapes(f"h.{layer}")
    shapes |= norm("ln_f")
    return {name: jnp.array(network_weight(name, shape)) for name, shape in shapes.items()}


def applied(p: Arrays, name: str, x: jax.Array) -> jax.Array:
    return x @ p[f"{name}.weight"].T + p[f"{name}.bias"]


def normed(p: Arrays, name: str, x: jax.Array) -> jax.Array:
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt(variance + 1e-5) * p[f"{name}.weight"] + p[f"{name}.bias"]


def attention(p: Arrays, name: str, x: jax.Array) -> jax.Array:
    batch, length, _ = x.shape
    heads = (batch, length, HEADS, WIDTH // HEADS)
    parts = jnp.split(applied(p, f"{name}.c_attn", x), 3, axis=2)
    q, k, v = (part.reshape(heads).swapaxes(1, 2) for part in parts)
    scores = (q @ k.swapaxes(-2, -1)) * (1.0 / math.sqrt(WIDTH // HEADS))
    seen = jnp.tril(jnp.ones((length, length), bool))
    mixed = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf), axis=-1) @ v
    return applied(p, f"{name}.c_proj", mixed.swapaxes(1, 2).reshape(x.shape))


def logits(p: Arrays, idx: jax.Array) -> jax.Array:
    x = p["wte.weight"][idx] + p["wpe.weight"][: idx.shape[1]]
    for layer in range(LAYERS):
        name = f"h.{layer}"
        x = x + attention(p, f"{name}.attn", normed(p, f"{name}.ln_1", x))
        h = jax.nn.gelu(applied(p, f"{name}.mlp.0", normed(p, f"{name}.ln_2", x)), approximate=False)
        x = x + applied(p, f"{name}.mlp.2", h)
    return normed(p, "ln_f", x) @ p["lm_head.weight"].T


def loss_of(p: Arrays, x: jax.Array, y: jax.Array) -> jax.Array:
    scores = jax.nn.log_softmax(logits(p, x), axis=-1)
    return -jnp.take_along_axis(scores, y[..., None], axis=-1).mean()


def updated(t: jax.Array, p: jax.Array, g: jax.Array, m: jax.Array, v: jax.Array) -> tuple[jax.Array, ...]:
    """AdamW."""
    m = BETAS[0] * m + (1 - BETAS[0]) * g
    v = BETAS[1] * v + (1 - BETAS[1]) * g * g
    root = jnp.sqrt(v) / jnp.sqrt(1 - BETAS[1] ** t) + EPSILON
    return p - ADAM_RATE * DECAY * p - ADAM_RATE / (1 - BETAS[0] ** t) * m / root, m, v


@jax.jit
def train(t: jax.Array, p: Arrays, m: Arrays, v: Arrays, x: jax.Array, y: jax.Array) -> tuple[Any, ...]:
    loss, g = jax.value_and_grad(loss_of)(p, x, y)
    t = t + 1
    new = {name: updated(t, p[name], g[name], m[name], v[name]) for name in p}
    return loss, (t, *({name: found[part] for name, found in new.items()} for part in range(3)))


def transformer() -> Step:
    p, (x, y) = parameters(), map(jnp.array, letters())
    zeros = {name: jnp.zeros_like(value) for name, value in p.items()}
    state = (jnp.float32(0), p, zeros, zeros)

    def step() -> jax.Array:
        nonlocal state
        loss, state = train(*state, x, y)
        jax.block_until_ready(state)
        return loss

    return step


if __name__ == "__main__":
    main({"transformer": (transformer, float)})
