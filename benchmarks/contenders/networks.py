"""Networks and their layers, written once: for PyTorch, and for autograd_lite under PyTorch's names.

CONTENDER_MODULE names the library; of autograd_lite a step is compiled where AUTOGRAD_LITE_COMPILE names a backend.
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from harness import Step, Timed, Workload, main, peak
from inputs import (
    ADAM_RATE,
    ADAMS,
    BATCH_NORM,
    CONV,
    EMBEDDING,
    GPT,
    GPT_BATCH,
    LENET,
    LSTM,
    adam_input,
    embedding_input,
    letters,
    network_weight,
    pictures,
    uniform,
)

LIBRARY = os.environ["CONTENDER_MODULE"]
BACKEND = os.environ.get("AUTOGRAD_LITE_COMPILE")
torch = importlib.import_module(LIBRARY)
nn = importlib.import_module(f"{LIBRARY}.nn")
optim = importlib.import_module(f"{LIBRARY}.optim")
F = importlib.import_module(f"{LIBRARY}.nn.functional")
if LIBRARY == "torch":
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class Attention(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        mask = torch.tril(torch.ones(length, length))
        self.register_buffer("bias", mask.view(1, 1, length, length))
        self.heads, self.width = heads, width

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.c_attn(x).split(self.width, dim=2)
        k = k.view(B, T, self.heads, C // self.heads).swapaxes(1, 2)
        q = q.view(B, T, self.heads, C // self.heads).swapaxes(1, 2)
        v = v.view(B, T, self.heads, C // self.heads).swapaxes(1, 2)
        att = (q @ k.swapaxes(-2, -1)) * (1.0 / math.sqrt(k.shape[-1]))
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))
        att = F.softmax(att, dim=-1)
        y = (att @ v).swapaxes(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y)


class Block(nn.Module):
    def __init__(self, width, heads, length):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads, length)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    """As examples/from_pytorch/gpt.py, without dropout."""

    def __init__(self, vocabulary, width, heads, length, layers):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.h = nn.ModuleList([Block(width, heads, length) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(width)
        self.lm_head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, idx):
        x = self.wte(idx) + self.wpe(torch.arange(0, idx.shape[1], dtype=torch.long))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    return torch.compile(function, backend=BACKEND) if BACKEND else function


def with_values(model: Any) -> Any:
    """In float32, and every library with the same weights."""
    model = model.to(torch.float32)
    values = {name: torch.from_numpy(network_weight(name, tuple(p.shape))) for name, p in model.named_parameters()}
    model.load_state_dict(values, strict=False)
    return model


def trained(optimizer: Any, loss_of: Callable[..., Any], *data: Any) -> Step:
    """A training step."""

    def step(*data: Any) -> Any:
        optimizer.zero_grad()
        loss = loss_of(*data)
        loss.backward()
        optimizer.step()
        return loss

    return partial(compiled(step), *(torch.from_numpy(array) for array in data))


def lenet(batch: int = LENET[0]) -> Step:
    model = with_values(LeNet())
    optimizer = optim.Adam(model.parameters(), lr=ADAM_RATE)
    return trained(optimizer, lambda x, y: F.cross_entropy(model(x), y), *pictures(batch))


def transformer(batch: int = GPT_BATCH) -> Step:
    model = with_values(Transformer(*GPT))
    optimizer = optim.AdamW(model.parameters(), lr=ADAM_RATE)

    def loss_of(x, y):
        logits = model(x)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1))

    return trained(optimizer, loss_of, *letters(batch))


def lstm(batch: int = LSTM[1]) -> Step:
    steps, _, size = LSTM
    model = with_values(nn.LSTM(size, size))

    def step(x):
        model.zero_grad()
        y, _ = model(x)
        loss = (y * y).sum()
        loss.backward()
        return [loss, *(p.grad for p in model.parameters())]

    return partial(compiled(step), torch.from_numpy(uniform(3, (steps, batch, size), 1.0)))


def both_ways(model: Any, x: Any, shape: tuple[int, ...]) -> Step:
    """A layer forward, and backward from a gradient that is given."""

    def step(g):
        model.zero_grad()
        x.grad = None
        y = model(x)
        y.backward(g)
        return [y, *(p.grad for p in model.parameters()), *([x.grad] if x.requires_grad else [])]

    return partial(compiled(step), torch.from_numpy(uniform(4, shape, 1.0)))


def conv(batch: int = CONV[0]) -> Step:
    _, channels, filters, size = CONV
    x = torch.from_numpy(uniform(3, (batch, channels, size, size), 1.0)).requires_grad_()
    return both_ways(with_values(nn.Conv2d(channels, filters, 3, padding=1)), x, (batch, filters, size, size))


def batchnorm() -> Step:
    x = torch.from_numpy(uniform(3, BATCH_NORM, 1.0)).requires_grad_()
    return both_ways(with_values(nn.BatchNorm2d(BATCH_NORM[1])), x, BATCH_NORM)


def embedding() -> Step:
    rows, width, count = EMBEDDING
    model = with_values(nn.Embedding(rows, width))
    return both_ways(model, torch.from_numpy(embedding_input()), (count, width))


def adam(name: str) -> Step:
    """The update alone; of PyTorch the fused one."""
    values, gradients = ([torch.from_numpy(array) for array in arrays] for arrays in adam_input(ADAMS[name]))
    parameters = [nn.Parameter(value) for value in values]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    optimizer = optim.Adam(parameters, lr=ADAM_RATE, fused=True)

    def step():
        optimizer.step()

    step = compiled(step)

    def returned() -> Any:
        step()
        return parameters

    return returned


def item(loss: Any) -> float:
    return loss.item()


def squares(arrays: Iterable[Any]) -> float:
    """One number of all of them."""
    return sum(float((a.detach() * a.detach()).sum()) for a in arrays)


STEPS: dict[str, Timed] = {
    "lenet": (lenet, item),
    "transformer": (transformer, item),
    "nn.LSTM": (lstm, squares),
    "conv": (conv, squares),
    "batchnorm": (batchnorm, squares),
    "embedding": (embedding, squares),
    **{name: (partial(adam, name), squares) for name in ADAMS},
}

PEAKS = {"lenet": lenet, "transformer": transformer, "nn.LSTM": lstm, "conv": conv}
OTHERS: dict[str, Workload] = {f"peak:{name}": partial(peak, make) for name, make in PEAKS.items()}

if __name__ == "__main__":
    main(STEPS, OTHERS)
