"""The values of modules, those of buffers that a state dict leaves out included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autograd_lite.nn.module import Module


def of(modules: Mapping[str, Module]) -> dict[str, Any]:
    """Return the state dicts of modules by their names, and under ``"transient"`` the other buffers of each."""
    states = {name: module.state_dict() for name, module in modules.items()}
    left = {name: _others(module, states[name]) for name, module in modules.items()}
    transient = {name: {key: t._data.copy() for key, t in found.items()} for name, found in left.items()}
    return {**states, "transient": transient}


def put(modules: Mapping[str, Module], given: Mapping[str, Any]) -> None:
    """Take over what `of` has returned."""
    for name, module in modules.items():
        state = given.get(name, {})  # which a loss without values need not have been a module for
        module.load_state_dict(state)
        for key, buffer in _others(module, state).items():
            buffer.assign(given["transient"][name][key])


def _others(module: Module, saved: Mapping[str, Any]) -> dict[str, Any]:
    return {name: t for name, t in module.named_buffers() if name not in saved}
