"""The table of convolutions, pools, norms and their kin: what is called, and with arrays of which shapes.

A row is text that means the same with PyTorch's names and ours: a layer, or a function of some arrays.

``python tests/nn/images.py`` writes down what PyTorch computes for each of them, in ``images.json``: of the results, of
the gradients by inputs and parameters and of the buffers afterwards three sums each, that tell all arrays apart.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np


@dataclass(frozen=True)
class Row:
    """A layer or a function, and the shapes of what it is given."""

    text: str
    shapes: tuple[tuple[int, ...], ...]
    kept: int = 0  # how many of the last arguments have no derivative
    mode: str = ""  # "eval" for a layer after training

    @property
    def name(self) -> str:
        shapes = "x".join(str(shape).replace(" ", "") for shape in self.shapes)
        return f"{self.text.partition(': ')[2] or self.text}{self.mode and '.' + self.mode}-{shapes}"

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(crc32(self.name.encode()))

    def inputs(self) -> list[Any]:
        """Return numbers no two of which are equal, so that a maximum is one."""
        rng = self.rng()
        return [rng.permutation(np.linspace(-1.5, 1.7, int(np.prod(shape)))).reshape(shape) for shape in self.shapes]

    def state(self, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
        """Return values for the parameters and buffers of a layer; what is counted begins with 0."""
        rng = self.rng()
        values = {name: rng.uniform(0.3, 0.9, shape) * rng.choice([-1, 1], shape) for name, shape in shapes.items()}
        squared = {name: value**2 for name, value in values.items() if name.startswith("running")}
        return values | squared | {name: np.int64(0) for name in shapes if name.startswith("num_")}

    def weights(self, shape: tuple[int, ...]) -> Any:
        """Return by what results are multiplied for one number."""
        return self.rng().uniform(-1, 1, shape)

    def made(self, namespace: dict[str, Any]) -> Any:
        """Return what is called, with PyTorch's ``nn`` and ``F`` or ours."""
        return eval(self.text, namespace)


ROWS: list[Row] = []


def row(text: str, *shapes: tuple[int, ...], kept: int = 0, mode: str = "") -> None:
    ROWS.append(Row(text, shapes, kept, mode))


# ----- convolutions -----

SEQUENCE, IMAGE, VOLUME = (2, 4, 9), (2, 4, 7, 6), (2, 4, 5, 4, 5)
for _n, _shape in enumerate((SEQUENCE, IMAGE, VOLUME), 1):
    row(f"nn.Conv{_n}d(4, 6, 3, padding=1)", _shape)
    row(f"nn.Conv{_n}d(4, 6, 3, stride=2, groups=2, bias=False)", _shape)
    row(f"nn.Conv{_n}d(4, 2, 2, padding='same', padding_mode='reflect')", _shape)
    row(f"nn.ConvTranspose{_n}d(4, 6, 3, stride=2, padding=1, output_padding=1)", _shape)
    row(f"nn.ConvTranspose{_n}d(4, 6, 2, groups=2, dilation=2)", _shape)
    row(f"nn.Conv{_n}d(4, 3, 2)", _shape[1:])
row("nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2)", IMAGE)
row("nn.Conv2d(4, 8, 3, padding=2, dilation=2, groups=4)", IMAGE)
row("nn.Conv2d(4, 4, 1)", IMAGE)
row("nn.Conv2d(4, 4, 1, stride=2)", IMAGE)
row("nn.Conv2d(4, 6, (2, 4), padding='same', dilation=(1, 2))", IMAGE)
row("nn.Conv2d(4, 6, 3, padding='valid')", IMAGE)
row("nn.Conv2d(4, 6, 3, padding=(1, 2), padding_mode='replicate')", IMAGE)
row("nn.Conv2d(4, 6, 3, padding=1, padding_mode='circular')", IMAGE)
row("nn.Conv2d(4, 6, (7, 6))", IMAGE)
row("nn.ConvTranspose2d(4, 6, 3, stride=2, dilation=4, output_padding=3)", IMAGE)
row("nn.ConvTranspose2d(4, 6, 3)", IMAGE[1:])
row("lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1)", IMAGE, (6, 4, 3, 3), (6,))
row("lambda x, w: F.conv1d(x, w, groups=2)", SEQUENCE[1:], (6, 2, 3))
row("lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1, 2)", IMAGE, (4, 3, 3, 3), (6,))

# ----- pools -----

for _n, _shape in enumerate((SEQUENCE, IMAGE, VOLUME), 1):
    row(f"nn.MaxPool{_n}d(2)", _shape)
    row(f"nn.MaxPool{_n}d(3, stride=2, padding=1, ceil_mode=True)", _shape)
    row(f"nn.AvgPool{_n}d(3, stride=2, padding=1, ceil_mode=True)", _shape)
    row(f"nn.AvgPool{_n}d(3, stride=2, padding=1, count_include_pad=False)", _shape)
    row(f"nn.LPPool{_n}d(2, 2)", _shape)
    row(f"nn.AdaptiveAvgPool{_n}d(3)", _shape)
    row(f"nn.AdaptiveMaxPool{_n}d(3)", _shape)
    _even = (*_shape[:2], *(4, 6, 2)[:_n])
    row(f"lambda x: F.max_unpool{_n}d(*F.max_pool{_n}d(x, 2, return_indices=True), 2)", _even)
row("nn.MaxPool2d((2, 3), stride=(1, 2), dilation=(2, 1), padding=(1, 1))", IMAGE)
row("nn.MaxPool2d(2, stride=1)", IMAGE[1:])
row("nn.MaxPool2d(1)", IMAGE)
row("nn.AvgPool2d(2, divisor_override=3)", IMAGE[1:])
row("nn.AvgPool2d((3, 2), ceil_mode=True, count_include_pad=False)", IMAGE)
row("lambda x: F.lp_pool2d(x * x, 3, (2, 3), stride=2, ceil_mode=True)", IMAGE)
row("nn.AdaptiveAvgPool2d((None, 2))", IMAGE)
row("nn.AdaptiveAvgPool2d(1)", IMAGE[1:])
row("lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, 3, return_indices=True), 2, 3, output_size=(7, 6))", IMAGE)
row("nn.Unfold((2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))", IMAGE)
row("nn.Fold((5, 6), (2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))", (2, 12, 10))

# ----- norms -----

for _mode in ("", "eval"):
    row("nn.BatchNorm1d(4)", (5, 4), mode=_mode)
    row("nn.BatchNorm1d(4, momentum=None)", SEQUENCE, mode=_mode)
    row("nn.BatchNorm2d(4)", IMAGE, mode=_mode)
    row("nn.BatchNorm2d(4, affine=False, track_running_stats=False)", IMAGE, mode=_mode)
    row("nn.BatchNorm3d(4, eps=1e-3, momentum=0.3)", VOLUME, mode=_mode)
    row("nn.InstanceNorm2d(4, affine=True, track_running_stats=True)", IMAGE, mode=_mode)
row("nn.InstanceNorm1d(4)", SEQUENCE[1:])
row("nn.InstanceNorm3d(4, affine=True)", VOLUME)
row("nn.LayerNorm(6)", IMAGE)
row("nn.LayerNorm((7, 6), bias=False)", IMAGE)
row("nn.LayerNorm(6, elementwise_affine=False)", (6,))
row("nn.RMSNorm(6)", IMAGE)
row("nn.RMSNorm((7, 6), eps=1e-3)", IMAGE)
row("nn.GroupNorm(2, 4)", IMAGE)
row("nn.GroupNorm(4, 4, affine=False)", (3, 4, 5))
row("nn.LocalResponseNorm(3, alpha=0.5)", IMAGE)
row("nn.LocalResponseNorm(2)", SEQUENCE)
row("lambda x: F.normalize(x)", (3, 4))
row("lambda x: F.normalize(x, p=3.0, dim=-1)", IMAGE)
row("lambda x, w, b, m, v: F.batch_norm(x, m, v * v, w, b)", IMAGE, (4,), (4,), (4,), (4,), kept=2)
row("lambda x, w, b: F.group_norm(x, 2, w, b)", (3, 4), (4,), (4,))

# ----- shapes -----

row("nn.Flatten()", IMAGE)
row("nn.Flatten(0, 2)", IMAGE)
row("nn.Unflatten(1, (2, -1))", IMAGE)
row("nn.PixelShuffle(2)", IMAGE)
row("nn.PixelUnshuffle(2)", (2, 3, 4, 6))
row("nn.UpsamplingNearest2d(scale_factor=2)", IMAGE)
row("nn.UpsamplingBilinear2d(scale_factor=2)", IMAGE)
_RESIZED = (1, SEQUENCE, "linear"), (2, IMAGE, "bilinear"), (3, VOLUME, "trilinear"), (2, IMAGE, "bicubic")
for _n, _shape, _mode in _RESIZED:
    for _corners in (True, False):
        row(f"nn.Upsample(scale_factor=2.5, mode={_mode!r}, align_corners={_corners})", _shape)
        row(f"nn.Upsample(size={(3, 8, 2)[:_n]}, mode={_mode!r}, align_corners={_corners})", _shape)
for _mode in ("nearest", "nearest-exact", "area"):
    row(f"lambda x: F.interpolate(x, size=(3, 11), mode={_mode!r})", IMAGE)
    row(f"lambda x: F.interpolate(x, scale_factor=(1.7, 0.6), mode={_mode!r})", IMAGE)
row("lambda x: F.interpolate(x, scale_factor=1.3, mode='bilinear', recompute_scale_factor=True)", IMAGE)
row("lambda x: F.interpolate(x, scale_factor=(1.1, 2.1), mode='nearest')", IMAGE)
row("lambda x: F.interpolate(x, scale_factor=1.1, mode='bilinear')", IMAGE)
row("nn.MaxPool2d((3, 4), stride=3, ceil_mode=True)", (2, 3, 2, 3))
for _n, _shape in enumerate((SEQUENCE, IMAGE, VOLUME), 1):
    _widths = (2, 1, 0, 3, 1, 1)[: 2 * _n]
    row(f"nn.ConstantPad{_n}d({_widths}, 0.5)", _shape)
    row(f"nn.ReflectionPad{_n}d({_widths})", _shape)
    row(f"nn.ReplicationPad{_n}d(2)", _shape)
    row(f"nn.CircularPad{_n}d({_widths})", _shape)
row("nn.ZeroPad2d((1, -1, 2, 0))", IMAGE)
row("nn.ReflectionPad2d(1)", IMAGE[1:])
for _mode in ("constant", "reflect", "replicate", "circular"):
    row(f"lambda x: F.pad(x, (-1, 2, 3, -2), mode={_mode!r})", IMAGE)
row("lambda x: F.pad(x, (1, 2))", (3,))
row("lambda x: F.pad(x, (1, -2, 0, 1), value=2.0)", IMAGE)
row("lambda x: F.pad(x, (-1, 2, 2, -1), mode='replicate')", IMAGE)

for _mode in ("bilinear", "bicubic"):
    for _size in ((3, 4), (9, 5)):
        row(f"lambda x: F.interpolate(x, {_size}, mode={_mode!r}, antialias=True)", IMAGE)
    row(f"lambda x: F.interpolate(x, scale_factor=0.45, mode={_mode!r}, align_corners=True, antialias=True)", IMAGE)

# ----- images looked at in other places, channels in another order, windows at distances of no whole number -----

for _mode in ("bilinear", "nearest", "bicubic"):
    for _margin in ("zeros", "border", "reflection"):
        for _corners in (True, False):
            _settings = f"mode={_mode!r}, padding_mode={_margin!r}, align_corners={_corners}"
            row(f"lambda x, g: F.grid_sample(x, g, {_settings})", IMAGE, (2, 3, 2, 2), kept=_mode == "nearest")
row("lambda x, g: F.grid_sample(x, g, align_corners=False)", VOLUME, (2, 2, 3, 2, 3))
row("lambda x, g: F.grid_sample(x, g, 'nearest', 'border', align_corners=False)", VOLUME, (2, 2, 3, 2, 3), kept=1)
row("lambda t: F.affine_grid(t, (2, 3, 4, 5), align_corners=True)", (2, 2, 3))
row("lambda t: F.affine_grid(t, (2, 3, 4, 1, 5), align_corners=False)", (2, 3, 4))
row("nn.ChannelShuffle(2)", IMAGE)
row("lambda x, u: F.fractional_max_pool2d(x, (2, 3), 3, _random_samples=abs(u) / 2)", IMAGE, (2, 4, 2), kept=1)
row("lambda x, u: F.fractional_max_pool3d(x, 2, (3, 2, 3), _random_samples=abs(u) / 2)", VOLUME, (2, 4, 3), kept=1)

BY_NAME = {r.name: r for r in ROWS}
assert len(BY_NAME) == len(ROWS)
STORED = Path(__file__).with_suffix(".json")


def summed(array: Any) -> list[float]:
    """Return three sums of an array with different weights, which no other array has."""
    flat = np.ravel(np.asarray(array, float))
    at = np.arange(flat.size)
    return [float(flat @ weights) for weights in (np.ones(flat.size), np.cos(at), np.cos(3 * at + 1))]


def of_torch(r: Row, dtype: str) -> dict[str, Any]:
    """Return what PyTorch computes: result, gradients and buffers by name."""
    import torch

    called = r.made({"nn": torch.nn, "F": torch.nn.functional})
    layer = isinstance(called, torch.nn.Module)
    if layer:
        called = called.to(getattr(torch, dtype))
        state = r.state({name: tuple(value.shape) for name, value in called.state_dict().items()})
        called.load_state_dict({name: torch.tensor(value) for name, value in state.items()})
        called.train(r.mode != "eval")
    arrays = [x.astype(dtype) for x in r.inputs()]
    inputs = [torch.tensor(x, requires_grad=i < len(arrays) - r.kept) for i, x in enumerate(arrays)]
    y = called(*inputs)
    (torch.sin(y) * torch.tensor(r.weights(tuple(y.shape)).astype(dtype))).sum().backward()
    found = {"result": y} | {f"gradient {i}": x.grad for i, x in enumerate(inputs) if x.requires_grad}
    if layer:
        found |= {f"gradient {name}": p.grad for name, p in called.named_parameters()} | dict(called.named_buffers())
    return {name: value.detach().numpy() for name, value in found.items()}


if __name__ == "__main__":
    stored = {r.name: {name: summed(x) for name, x in of_torch(r, "float64").items()} for r in ROWS}
    lines = [f"{json.dumps(name)}: {json.dumps(sums)}" for name, sums in stored.items()]
    STORED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
