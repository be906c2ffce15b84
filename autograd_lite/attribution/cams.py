"""Grad-CAM: where a layer of images speaks for a class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite import errors
from autograd_lite.attribution.gradients import differentiated
from autograd_lite.attribution.scores import Subject, as_now, as_tensor
from autograd_lite.engine.record import Handle
from autograd_lite.nn.forwards import wrapped
from autograd_lite.nn.functional.resizing import interpolate
from autograd_lite.nn.module import Module

_MODES = {1: "linear", 2: "bilinear", 3: "trilinear"}
_IMAGE = 3


def grad_cam(
    model: Module, x: Any, layer: Module | str, target: Any = None, relu: bool = True, upsample: bool = True,
    *, create_graph: bool = False,
) -> Any:  # fmt: skip
    """Return where the channels of a layer speak for the score: their sum, weighted by their mean gradients.

    Parameters
    ----------
    model, x, target, create_graph
        As of `saliency`, but the model is a module, and `x` is one array, ``(examples, channels, rows, ...)``.
    layer : Module or str
        A layer of the model that gives sequences, images or volumes, or its dotted name; usually the last convolution.
        It is called once.
    relu : bool
        Whether what speaks against the score is left out.
    upsample : bool
        Whether the result has the size of the input, by linear interpolation, or that of the layer's images.

    Returns
    -------
    array or Tensor
        Of shape ``(examples, 1, rows, ...)`` and the dtype of `x`.

    Raises
    ------
    ArgumentError
        A layer that is not in the model, or is not called once.

    Notes
    -----
    R. Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based localization", 2017.

    Examples
    --------
    >>> from autograd_lite import nn
    >>> model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    >>> grad_cam(model, np.ones((5, 1, 8, 8)), "0", target=1).shape
    (5, 1, 8, 8)
    """
    subject = Subject("grad_cam", model, x, target)
    found = _layer(model, layer)
    if not subject.single:
        raise errors.ArgumentError(errors.CAM_SEVERAL)
    name = layer if isinstance(layer, str) else type(layer).__name__

    def attribute() -> Any:
        maps = _output(subject, found, name)

        def behind(maps: Any) -> Any:
            with wrapped([("", found)], lambda _, forward: _filled(forward, maps)):
                return subject.score(as_tensor(subject.inputs[0]))

        (gradient,) = differentiated(subject, [maps], behind)
        axes = tuple(range(2, np.ndim(maps)))
        cam = np.sum(np.mean(gradient, axis=axes, keepdims=True) * maps, axis=1, keepdims=True)
        cam = np.maximum(cam, 0) if relu else cam
        return subject.released(_resized(cam, np.shape(x)[2:]) if upsample else cam)

    return subject.given_as(subject.quietly(attribute, create_graph), subject.inputs[0])


def _output(subject: Subject, layer: Module, name: str) -> Any:
    """Return what a layer gives when the model is called."""
    outputs: list[Any] = []

    def noting(_: str, forward: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            given = forward(*args, **kwargs)
            outputs.append(as_now(given))  # the model may write to it later
            return given

        return noted

    with wrapped([("", layer)], noting):
        subject.score(as_tensor(subject.inputs[0]))
    if len(outputs) != 1:
        raise errors.ArgumentError(errors.CAM_CALLS.format(layer=name, count=len(outputs)))
    (maps,) = outputs
    if not isinstance(maps, Handle) or maps.ndim < _IMAGE or maps.ndim - 2 not in _MODES:
        raise errors.ShapeError(errors.CAM_SHAPE.format(layer=name, given=np.shape(maps)))
    return maps


def _filled(forward: Callable[..., Any], maps: Any) -> Callable[..., Any]:
    """Return a layer's `forward` with the watched maps as the numbers of what it gives.

    NOTE: that may be the input of the layer, or a view of it, as that of ``nn.ReLU(inplace=True)``, which the model
    goes on using; so nothing else stands in its place.
    """

    def filled(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        output[...] = maps
        return output

    return filled


def _layer(model: Any, layer: Any) -> Module:
    if not isinstance(model, Module):
        raise errors.ArgumentError(errors.CAM_MODEL.format(given=type(model).__name__))
    named = dict(model.named_modules())
    found = named.get(layer) if isinstance(layer, str) else layer
    if not any(found is module for module in named.values()):
        names = ", ".join(repr(name) for name in named if name)
        given = layer if isinstance(layer, str) else type(layer).__name__
        raise errors.ArgumentError(errors.NO_LAYER.format(given=given, names=names))
    return found  # type: ignore[return-value]


def _resized(cam: Any, size: Any) -> Any:
    if np.shape(cam)[2:] == tuple(size):
        return cam
    return interpolate(cam, size=tuple(size), mode=_MODES[len(size)], align_corners=False)
