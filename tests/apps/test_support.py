"""What is said of the functions of NumPy, and that it is so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd_lite as ag
import autograd_lite.numpy as anp
from autograd_lite.__main__ import main
from autograd_lite.apps import support
from autograd_lite.errors import ArgumentError, GradientDtypeError, UnsupportedError

FOUND = ag.supported()
KINDS = {
    "np.exp": "differentiable", "np.matmul": "differentiable", "np.linalg.eigh": "differentiable",
    "np.std": "definition", "np.linalg.svd": "definition", "np.fft.fft2": "definition", "np.argmax": "constant",
    "np.packbits": "refused", "np.busday_count": "refused",
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_what_is_said_of_a_function(name: str, kind: str) -> None:
    assert FOUND[name].kind == kind
    assert ag.supported(name) == FOUND[name]
    fn: Any = np
    for part in name.split(".")[1:]:
        fn = getattr(fn, part)
    assert ag.supported(fn) == FOUND[name]


def test_all_of_numpy_is_told_of() -> None:
    assert list(FOUND) == sorted(FOUND)
    assert {x.kind for x in FOUND.values()} == {"differentiable", "definition", "constant", "refused"}
    assert all(bool(x.why) == (x.kind == "refused") for x in FOUND.values())
    assert all(x.name == name for name, x in FOUND.items())
    assert {name.rpartition(".")[0] for name in FOUND} >= {"np", "np.linalg", "np.fft"}


def test_the_counts_of_a_walk_over_the_namespaces(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = support.counts()
    derived = {path: kinds[path].total() - kinds[path]["constant"] for path in kinds}
    assert derived["np"] >= 260
    assert kinds["np.linalg"].total() == len([f for f in np.linalg.__all__ if f != "LinAlgError"])
    assert derived["np.linalg"] == kinds["np.linalg"].total() - 1  # the rank is a constant
    assert derived["np.fft"] == len(np.fft.__all__)
    main(["supported"])
    head = capsys.readouterr().out.splitlines()
    assert head[0].startswith(f"np: {derived['np']} names with a derivative")


IN_PYTHON: dict[str, Any] = {
    "np.fft.fftfreq": lambda t: np.fft.fftfreq(5, t), "np.fft.rfftfreq": lambda t: np.fft.rfftfreq(5, t),
    "np.fromfunction": lambda t: np.fromfunction(lambda i, j: t**i + j, (2, 3)),
    "kaiser": lambda t: anp.kaiser(6, t), "full": lambda t: anp.full(3, t),
    "asarray": lambda t: anp.asarray([t, 2 * t]),
    "array": lambda t: anp.array([[t], [1.0]]), "asarray_chkfinite": lambda t: anp.asarray_chkfinite([t, 1.0]),
    **{name: (lambda t, name=name: getattr(anp, name)([t, 1.0])) for name in (
        "asanyarray", "ascontiguousarray", "asfortranarray",
    )},
}  # fmt: skip


@pytest.mark.parametrize("name", IN_PYTHON)
def test_what_no_type_can_override_and_takes_tensors(name: str) -> None:
    assert IN_PYTHON.keys() == support._IN_PYTHON | support.OWN
    ag.gradcheck(IN_PYTHON[name], (1.5,), order=2)
    with pytest.raises(ValueError, match="infs or NaNs"):
        anp.asarray_chkfinite([np.inf, ag.Tensor(1.0)])


def test_what_is_said_is_so() -> None:
    z = ag.Tensor(np.array([1 + 2j, 2 - 1j]), requires_grad=True)
    for name in ("np.exp", "np.sum", "np.fft.fft", "np.maximum", "np.arctan2", "np.tanh"):
        fn = eval(name, {"np": np})
        args = (z, z) if fn in (np.maximum, np.arctan2) else (z,)
        if FOUND[name].complex:
            assert fn(*args).requires_grad
        else:
            with pytest.raises((GradientDtypeError, TypeError)):
                fn(*args)
    with pytest.raises(UnsupportedError) as caught:
        np.packbits(ag.Tensor(np.array([1.0]), requires_grad=True))
    assert FOUND["np.packbits"].why in str(caught.value)


def test_a_function_of_scipy_is_told_of() -> None:
    special = pytest.importorskip("scipy.special")
    assert str(ag.supported(special.erf)) == "scipy.special.erf: differentiable, batched, native"
    assert ag.supported(special.struve).kind == "refused"


@pytest.mark.parametrize("fn", ["np.nothing", 3, "np.pi"])
def test_what_is_no_function_is_refused(fn: Any) -> None:
    with pytest.raises(ArgumentError, match=r"Write ag.supported\(np.exp\)"):
        ag.supported(fn)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["supported", "np.exp", "np.linalg.inv"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "np.exp: differentiable, complex, batched, native", "np.linalg.inv: differentiable, complex, batched",
    ]  # fmt: skip
    assert main(["supported"]) == 0
    assert "np.tanh: differentiable" in capsys.readouterr().out
