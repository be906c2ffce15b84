"""Functions that other processes find in this module."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import autograd_lite as ag

OUTSIDE = ag.Tensor([2.0, 3.0], requires_grad=True)
MODULE = ag.nn.BatchNorm1d(2)
COMPILED = ag.compile(lambda x: np.sin(x) * 2)


def energy(x: Any, w: Any) -> Any:
    return np.sum(np.sin(x) * w["a"]) + w["b"] * np.prod(x)


def several(x: Any) -> Any:
    return {"sum": np.sum(x), "rest": (x * x, np.argmax(x))}


def noisy(x: Any, rng: Any) -> Any:
    return x * rng.normal()


def dropped(x: Any) -> Any:
    return ag.nn.functional.dropout(x, 0.5)


def doubled_sum(x: Any) -> Any:
    return 2 * np.sum(x, axis=1)


def explained(x: Any) -> Any:
    return ag.attribution.saliency(doubled_sum, x)


def drawing(x: Any) -> Any:
    return x + ag.rand(1)[0]


def reseeding(x: Any) -> Any:
    ag.manual_seed(7)
    return x + ag.rand(1)[0]


def from_outside(x: Any) -> Any:
    return np.sum(OUTSIDE * x)


def writing(x: Any) -> Any:
    return MODULE(x)


def lengthy(x: Any) -> Any:
    return np.ones(int(x))


def saying(x: Any) -> Any:
    return f"{x}"


def returning_a_function(x: Any) -> Any:
    return lambda: x


def failing(x: Any) -> Any:
    if x >= 2:
        time.sleep(0.2 if x == 2 else 0.0)
        raise ZeroDivisionError(f"at {x:g}")
    return x


def killed(x: Any) -> Any:
    if x == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def killed_once(x: Any, path: str) -> Any:
    """Be killed where nobody was before: the mark is a file."""
    if x == 1 and not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


def waiting(x: Any, folder: str) -> Any:
    """Leave a mark at the begin; the first one fails."""
    Path(folder, f"{x:g}").touch()
    if x == 0:
        raise ZeroDivisionError("the first")
    time.sleep(0.05)
    return x


class TwoArgumentsError(Exception):
    """What pickle makes anew with one argument, and cannot."""

    def __init__(self, a: Any, b: Any) -> None:
        super().__init__(f"{a} and {b}")


class LockedError(Exception):
    """What holds a lock, which pickle does not take."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


def raising_two(x: Any) -> Any:
    if np.sum(x) > 2:
        raise TwoArgumentsError("one", "two")
    return valley(x)


def raising_locked(x: Any) -> Any:
    if np.sum(x) > 2:
        raise LockedError("it is locked")
    return valley(x)


def read_from(x: Any, path: str) -> Any:
    return x * float(Path(path).read_text(encoding="utf-8"))


def growing(x: Any) -> Any:
    x += 1
    return np.sum(x)


def adding(x: Any, y: Any) -> Any:
    y += x
    return y


def masked(x: Any) -> Any:
    return np.ma.array([x, x], mask=[True, False])


def inverse(x: Any) -> Any:
    return 1 / x


def valley(x: Any) -> Any:
    return np.sum((x**2 - 1) ** 2) + 0.1 * np.sum(x)


def sometimes(x: Any) -> Any:
    if np.sum(x) > 5:
        raise ValueError("too far")
    return valley(x)


def wrong(x: Any) -> Any:
    return np.sum(x * x.detach() if isinstance(x, ag.Tensor) else x * x)


def black_box(x: Any, k: Any) -> Any:
    return np.array([float(np.sum(np.asarray(x) ** 3)) * float(k), float(np.max(x))])


with warnings.catch_warnings():
    warnings.simplefilter("ignore", ag.errors.NumericalDerivativeWarning)

    @ag.custom_op(numerical=True)
    def decorated(x: Any, k: Any) -> Any:
        return black_box(x, k)


MODEL = ag.nn.Linear(3, 2, rng=0)


def of_the_model(*_: Any) -> Any:
    """Read the parameters from elsewhere."""
    return np.sum(np.tanh(MODEL(np.ones((2, 3)))))


class Loss:
    """A model and its loss, pickled together."""

    def __init__(self) -> None:
        self.model = ag.nn.Linear(3, 2, rng=0)

    def __call__(self, *_: Any) -> Any:
        return np.sum(np.tanh(self.model(np.ones((2, 3)))))
