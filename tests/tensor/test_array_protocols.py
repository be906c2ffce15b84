"""Other libraries that take a Tensor: by DLPack, by the array API, and einops, which has to be told of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
from autograd_lite import errors

X = np.linspace(-1, 1, 24).reshape(2, 3, 4)


def test_dlpack_hands_over_the_array() -> None:
    t = ag.Tensor(X)
    np.testing.assert_array_equal(np.from_dlpack(t), X)
    assert t.__dlpack_device__() == X.__dlpack_device__()
    for dtype in (np.float32, np.int64, np.bool_):
        assert np.from_dlpack(ag.Tensor(X.astype(dtype))).dtype == dtype


def test_what_was_handed_over_is_not_what_a_node_has_saved() -> None:
    w, t = ag.Tensor(X, requires_grad=True), ag.Tensor(X)
    loss = np.sum(w * t)
    torchs = np.from_dlpack(t).view()
    torchs.flags.writeable = False
    later = np.sum(w * t)
    t.numpy()[...] = 7.0
    assert torchs.min() == 7.0
    (loss + later).backward()
    np.testing.assert_array_equal(w.grad, 2 * X)


def test_dlpack_of_a_recorded_one_is_refused() -> None:
    w = ag.Tensor(X, requires_grad=True)
    for t in (w, w * 2):
        with pytest.raises(errors.ConversionError, match=r"Write t\.detach\(\)"):
            np.from_dlpack(t)
        np.testing.assert_array_equal(np.from_dlpack(t.detach()), t.detach().numpy())
        with ag.no_grad():
            assert np.from_dlpack(t).shape == t.shape


def test_the_array_api_namespace_is_numpy() -> None:
    w = ag.Tensor(X, requires_grad=True)
    xp = w.__array_namespace__(api_version="2023.12")
    y = xp.sum(xp.permute_dims(w, (2, 0, 1)) * xp.expand_dims(xp.mean(w, axis=1), axis=0)[0].T[:, :, None])
    y.backward()
    assert y.requires_grad


EINOPS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "rearrange": lambda e: lambda x: e.rearrange(x, "a b c -> c (b a)"),
    "rearrange, split": lambda e: lambda x: e.rearrange(x, "a b (c d) -> a c (b d)", d=2),
    "rearrange a list": lambda e: lambda x: e.rearrange([x[0], x[1]], "l b c -> b l c"),
    "reduce": lambda e: lambda x: e.reduce(x, "a b c -> b", "mean"),
    "reduce, max": lambda e: lambda x: e.reduce(x, "a b (c d) -> a d", "max", c=2),
    "reduce, prod": lambda e: lambda x: e.reduce(x, "a b c -> a 1 c", "prod"),
    "repeat": lambda e: lambda x: e.repeat(x, "a b c -> a (b r) c k", r=2, k=3),
    "einsum": lambda e: lambda x: e.einsum(x, x, "a b c, a d c -> b d"),
    "pack": lambda e: lambda x: e.pack([x, x[:, :, 0]], "a *")[0],
    "unpack": lambda e: lambda x: e.unpack(x, [[1], [2]], "a * c")[1],
}


@pytest.mark.parametrize("name", EINOPS)
def test_einops(name: str) -> None:
    einops = pytest.importorskip("einops")
    f = EINOPS[name](einops)
    expected = f(X)
    w = ag.Tensor(X, requires_grad=True)
    y = f(w)
    assert isinstance(y, ag.Tensor)
    assert y.requires_grad
    np.testing.assert_allclose(y.detach(), expected)
    assert ag.gradcheck(lambda x: np.sum(np.sin(f(x))), X).ok
    np.testing.assert_allclose(ag.vmap(f)(np.stack([X, 2 * X]))[0], expected)
    compiled = ag.compile(f, pure=True)  # it reads more than can be compared at every call
    for _ in range(2):
        np.testing.assert_allclose(compiled(ag.Tensor(X)).numpy(), expected)


def test_opt_einsum() -> None:
    opt_einsum = pytest.importorskip("opt_einsum")
    assert ag.gradcheck(lambda x: np.sum(np.sin(opt_einsum.contract("abc,adc,de->be", x, x, np.ones((3, 2))))), X).ok


FAKE = """
class AbstractBackend:
    pass

def frameworks():
    return [kind.framework_name for kind in AbstractBackend.__subclasses__()]
"""


@pytest.mark.parametrize("first", ["autograd_lite", "einops"])
def test_einops_is_told_whichever_comes_first(tmp_path: Path, first: str) -> None:
    package = tmp_path / "einops"
    package.mkdir()
    (package / "__init__.py").write_text("from . import _backends\nframeworks = _backends.frameworks\n")
    (package / "_backends.py").write_text(FAKE)
    second = {"autograd_lite": "einops", "einops": "autograd_lite"}[first]
    program = f"""
import sys
import {first}, {second}, einops, gc
gc.collect()
assert einops.frameworks() == ["autograd_lite"]
import email.parser
assert not any("autograd_lite" in type(finder).__module__ for finder in sys.meta_path)
assert sys.modules["einops._backends"].__file__ == sys.modules["einops._backends"].__spec__.origin
"""
    path = os.pathsep.join([str(tmp_path), str(Path(ag.__file__).parent.parent)])
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path})
    assert not done.returncode, done.stderr
