"""micrograd: a graph of single numbers.

It has no exp, sin or tanh; the contender adds them as `function` does, in the way
that micrograd's own operations are written.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

from harness import Step, main
from inputs import CYCLES, INPUT, RATE, TARGET, chain_input, parameters
from micrograd.engine import Value

Row = list[Value]

# Its backward recurses once for each operation of the chain.
sys.setrecursionlimit(10_000)


def function(source: Value, data: float, slope: float) -> Value:
    out = Value(data, (source,))

    def backward() -> None:
        source.grad += slope * out.grad

    out._backward = backward
    return out


def exp(v: Value) -> Value:
    e = math.exp(v.data)
    return function(v, e, e)


def sin(v: Value) -> Value:
    return function(v, math.sin(v.data), math.cos(v.data))


def tanh(v: Value) -> Value:
    t = math.tanh(v.data)
    return function(v, t, 1.0 - t * t)


def sigmoid(v: Value) -> Value:
    return (1.0 + exp(-v)) ** -1


def softmax(row: Row) -> Row:
    exps = [exp(v) for v in row]
    scale = sum(exps) ** -1
    return [e * scale for e in exps]


def linear(x: Sequence[Value | float], weight: list[Row], bias: Row) -> Row:
    return [
        sum((w * v for w, v in zip(ws, x, strict=True)), b)
        for ws, b in zip(weight, bias, strict=True)
    ]


def values(numbers: list) -> list:
    return [values(n) if isinstance(n, list) else Value(n) for n in numbers]


def flat(nested: list) -> Row:
    return [v for item in nested for v in (flat(item) if isinstance(item, list) else [item])]


def perceptron() -> Step:
    (x,), (y,) = INPUT, TARGET
    w1, b1, w2, b2 = weights = [values(value.tolist()) for value in parameters()]
    scalars = flat(weights)

    def step() -> Value:
        for v in scalars:
            v.grad = 0
        h = [sigmoid(z) for z in linear(x, w1, b1)]
        p = softmax([sigmoid(z) for z in linear(h, w2, b2)])
        loss = sum((a - b) ** 2 for a, b in zip(p, y, strict=True)) / 2
        loss.backward()
        for v in scalars:
            v.data -= RATE * v.grad
        return loss

    return step


def link(y: Value) -> Value:
    for _ in range(CYCLES):
        y = tanh(sin(y) * 1.01 + 0.1)
    return y


def chain() -> Step:
    x = values(chain_input().tolist())

    def step() -> Row:
        for v in x:
            v.grad = 0
        sum(link(v) for v in x).backward()
        return x

    return step


if __name__ == "__main__":
    main(
        {
            "perceptron": (perceptron, lambda loss: loss.data),
            "chain1000": (chain, lambda row: sum(v.grad for v in row)),
        }
    )
