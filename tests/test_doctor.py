"""The report on what computes here."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from autograd_lite import doctor


def test_the_command_reports() -> None:
    command = [sys.executable, "-m", "autograd_lite", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"NumPy    {np.__version__}" in done.stdout
    assert all(extra in done.stdout for extra, _ in doctor.EXTRAS.values())


@pytest.mark.parametrize(
    ("kernel", "avx512", "advised"), [("Zen", True, True), ("SkylakeX", True, False), (None, False, False)]
)
def test_another_kernel_is_advised_where_it_helps(
    kernel: str | None, avx512: bool, advised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "kernel", lambda: kernel)
    monkeypatch.setattr(doctor, "has_avx512", lambda: avx512)
    assert ("OPENBLAS_CORETYPE=SkylakeX" in doctor.report()) == advised


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"no_such_module": ("none", "nothing")})
    assert "missing: pip install 'autograd-lite[none]'" in doctor.report()


@pytest.mark.parametrize(("thresholds", "advised"), [((700, 10, 10), True), ((50_000, 20, 100), False)])
def test_what_the_collector_costs_is_told(
    thresholds: tuple[int, int, int], advised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gc.isenabled", lambda: True)
    monkeypatch.setattr("gc.get_threshold", lambda: thresholds)
    assert ("gc.set_threshold(50_000, 20, 100)" in doctor.report()) == advised
