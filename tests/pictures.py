"""Graphs to draw, and short ways to draw them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

import autograd_lite as ag
from autograd_lite import nn
from autograd_lite.rules.products import affine


def parameter(shape: tuple[int, ...] = (), name: str | None = None) -> ag.Tensor:
    return ag.Tensor(np.full(shape, 0.5), requires_grad=True, name=name)


def perceptron() -> tuple[ag.Tensor, dict[str, ag.Tensor]]:
    p = {"W1": parameter((3, 2)), "b1": parameter((3,)), "W2": parameter((2, 3)), "b2": parameter((2,))}
    x, y = ag.Tensor([[1.0, 2.0]], name="x"), ag.Tensor([[1.0, 0.0]], name="y")
    hidden = ag.sigmoid(affine(x, p["W1"], p["b1"]))
    loss = ag.half_squared_error(ag.softmax(ag.sigmoid(affine(hidden, p["W2"], p["b2"]))), y)
    loss.name = "loss"
    return loss, p


def plain(outputs: object, **options: object) -> ag.Picture:
    return ag.visualize(outputs, legend=False, **options)


def svg_of(picture: ag.Picture) -> str:
    svg = picture._repr_svg_()
    assert svg is not None
    return svg


def small_network() -> nn.Sequential:
    inner = nn.Sequential(nn.Linear(3, 2, rng=1), nn.Sigmoid())
    return nn.Sequential(nn.Linear(2, 3, rng=0), nn.ReLU(), inner)


X = np.array([[1.0, 2.0]])


def labels_of(picture: ag.Picture, kind: str = r"\w+") -> list[str]:
    """Return what stands in the boxes of a kind."""
    return re.findall(rf'^  n\d+ \[label="(.*)", shape={kind},', picture.source, re.MULTILINE)


def frames_of(picture: ag.Picture) -> list[str]:
    """Return the titles of the frames."""
    pattern = r'^    label="(.*)"; labeljust=l; style=rounded; color="#9A9A9A"'
    return re.findall(pattern, picture.source, re.MULTILINE)


def words_in(picture: ag.Picture) -> set[str]:
    """Return what is written in a picture: the same words as in a drawing of it, wherever they stand."""
    labels = re.findall(r'label="((?:[^"\\]|\\.)*)"', picture.source)
    return {line.strip().replace("&amp;", "&") for label in labels for line in label.split(r"\n")} - {""}


def words_shown(svg: Path) -> set[str]:
    texts = (e.text for e in ET.parse(svg).iter() if e.tag.endswith("text"))
    return {text.strip() for text in texts if text}
