"""What settings of optimisers may be, each refused by its value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_lite import errors

NO_MEANING = ("foreach", "fused", "capturable", "differentiable")
"""Arguments of PyTorch's optimisers that say how a step is carried out; here there is one way."""


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and math.isfinite(value)


def check_setting(name: str, value: Any) -> None:
    """Refuse what is not a finite number, or negative.

    Examples
    --------
    >>> check_setting("lr", 0.1)
    """
    if not is_number(value) or value < 0:
        raise errors.ArgumentError(errors.SETTING.format(name=name, given=value))


def check_settings(settings: Mapping[str, Any], names: str) -> None:
    """Refuse any of several that is not a finite number, or negative."""
    for name in names.split():
        check_setting(name, settings[name])


def check_pair(name: str, value: Any, low: float, high: float, example: str) -> None:
    """Refuse what are not two numbers, of at least `low` and less than `high`."""
    if not (
        isinstance(value, (tuple, list)) and len(value) == 2 and all(is_number(x) and low <= x < high for x in value)  # noqa: PLR2004
    ):
        text = errors.SETTING_PAIR.format(name=name, given=value, low=low, high=high, example=example)
        raise errors.ArgumentError(text)


def check_betas(settings: Mapping[str, Any]) -> None:
    """Refuse what are not two numbers from 0 to below 1."""
    check_pair("betas", settings["betas"], 0, 1, "(0.9, 0.999)")


def check_range(name: str, value: Any, low: float, high: float, example: Any) -> None:
    """Refuse what is not a number between two others, or one of these."""
    if not is_number(value) or not low <= value <= high:
        text = errors.SETTING_RANGE.format(name=name, given=value, low=low, high=high, example=example)
        raise errors.ArgumentError(text)


def choice(name: str, given: Any, choices: str) -> str:
    """Return what is said of a setting that is none of those there are."""
    return errors.SETTING_CHOICE.format(name=name, given=given, choices=choices)


def check_mode(mode: str) -> None:
    """Refuse what says neither that less is better nor that more is."""
    if mode not in ("min", "max"):
        raise errors.ArgumentError(choice("mode", mode, "'min' or 'max'"))


def nothing_more(optimizer: str, settings: Mapping[str, Any]) -> None:
    """Refuse settings that an optimiser does not have, but for those that mean nothing here."""
    for name, value in settings.items():
        if name not in NO_MEANING:
            raise errors.ArgumentError(errors.SETTING_UNKNOWN.format(optimizer=optimizer, name=name))
        if name == "differentiable" and value:
            raise errors.ArgumentError(errors.DIFFERENTIABLE_STEP.format(optimizer=optimizer))


def as_whole(value: Any) -> Any:
    """Return a float that is a whole number as an int, and all else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def check_whole(name: str, value: Any, least: int) -> None:
    """Refuse what is no whole number, or less than another one."""
    if not isinstance(value, (int, np.integer)) or value < least:
        raise errors.ArgumentError(errors.SETTING_WHOLE.format(name=name, given=value, least=least))
