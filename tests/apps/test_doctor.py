"""The report on what computes here: what is there, what is forced, and what it costs."""

from __future__ import annotations

import builtins
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import ROOT, printed

from autograd_lite.apps import doctor
from autograd_lite.apps.doctor import Measured
from autograd_lite.base import blas
from autograd_lite.base.blas import Blas

QUICK = Measured("SkylakeX", 1.0, 1.0, 1.0, 0.0)
"""What is measured where nothing is in the way."""
MEASURED = doctor.measured


@pytest.fixture(autouse=True)
def nothing_is_set_or_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "measured", lambda _: None)
    for name in (*doctor.THREADS, *doctor.MALLOC, *(name for cause in doctor.CAUSES for name in cause.names), "CC"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Have measurements found that depend on the environment, in the place of the clock's."""
    monkeypatch.setattr(doctor.platform, "libc_ver", lambda: ("glibc", "2.36"))
    monkeypatch.setattr(doctor, "loaded", lambda: Blas("SkylakeX", 2))

    def become(slow: Measured | None, *names: str, quick: Measured | None = QUICK) -> None:
        def measured(changes: Mapping[str, str | None]) -> Measured | None:
            kept = {name: value for name, value in {**os.environ, **changes}.items() if value is not None}
            slowed = kept.keys() >= set(names) and not kept.items() >= doctor.KEEPING.items()
            return slow if slowed else quick

        monkeypatch.setattr(doctor, "measured", measured)

    return become


def advice() -> str:
    return " ".join(doctor.advices())


# ----- the report -----


def test_the_command_reports() -> None:
    command = [sys.executable, "-m", "autograd_lite", "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"NumPy    {np.__version__}" in done.stdout
    assert all(extra in done.stdout for extra, _ in doctor.EXTRAS.values())


def test_every_extra_of_the_package_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    of_extras = {
        (extra, re.match(r"[\w-]+", wanted)[0])  # type: ignore[index]
        for extra, distributions in extras.items()
        for wanted in distributions
        if extra not in {"all", "test"}
    }
    assert {(extra, distribution) for distribution, (extra, _) in doctor.EXTRAS.items()} == of_extras
    assert sorted(re.findall(r"[\w-]+", extras["all"][0].partition("[")[2])) == sorted({e for e, _ in of_extras})


def test_an_extra_that_is_there_is_told_with_its_version() -> None:
    pytest.importorskip("scipy")
    assert re.search(r"^scipy    scipy \d+\.\d+", doctor.report(), re.MULTILINE)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "EXTRAS", {"no_such_module": ("none", "nothing")})
    assert "missing: pip install 'autograd-lite[none]'" in doctor.report()


def test_the_compiler_is_told_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = tmp_path / "my cc"
    compiler.write_text("#!/bin/sh\necho 'a compiler 7.1'\n")
    compiler.chmod(0o700)
    monkeypatch.setenv("CC", f"'{compiler}'")
    assert doctor.compilers()[0] == f"'{compiler}': a compiler 7.1"
    compiler.write_text("#!/bin/sh\nexit 1\n")
    assert doctor.compilers()[0] == f"'{compiler}': {doctor.UNTOLD}"


def test_a_compiler_that_is_named_and_is_not_there(costs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    costs(None)
    monkeypatch.setenv("CC", "no_such_compiler")
    assert "C        no compiler found" in doctor.report()
    assert "Write unset CC" in advice()


def test_the_folder_for_compiled_code_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOGRAD_LITE_CACHE", str(tmp_path / "kept"))
    assert str(tmp_path / "kept") in doctor.report()


# ----- the kernel of BLAS -----


@pytest.mark.parametrize(
    ("kernel", "avx512", "advised"), [("Zen", True, True), ("SkylakeX", True, False), (None, False, False)]
)
def test_another_kernel_is_advised_where_it_helps(
    kernel: str | None, avx512: bool, advised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "loaded", lambda: Blas(kernel, None))
    monkeypatch.setattr(doctor, "has_avx512", lambda: avx512)
    assert ("OPENBLAS_CORETYPE=SkylakeX" in doctor.report()) == advised


@pytest.mark.parametrize(("thresholds", "advised"), [((700, 10, 10), True), ((50_000, 20, 100), False)])
def test_what_the_collector_costs_is_told(
    thresholds: tuple[int, int, int], advised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gc.isenabled", lambda: True)
    monkeypatch.setattr("gc.get_threshold", lambda: thresholds)
    assert ("gc.set_threshold(50_000, 20, 100)" in doctor.report()) == advised


def test_both_ways_to_ask_blas_say_the_same() -> None:
    pytest.importorskip("threadpoolctl")
    if blas.by_openblas() is None:
        pytest.skip("not the OpenBLAS of a wheel")
    assert blas.by_threadpoolctl() == blas.by_openblas()


def test_threadpoolctl_need_not_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(builtins, "__import__", _without_threadpoolctl(builtins.__import__))
    assert blas.loaded() == (blas.by_openblas() or Blas(None, None))


def _without_threadpoolctl(original: Any) -> Any:
    def find(name: str, *args: Any) -> Any:
        assert name != "threadpoolctl"
        return original(name, *args)

    return find


FORCING = [(name, cause.measure) for cause in doctor.CAUSES for name in cause.names]


@pytest.mark.parametrize(("name", "measure"), FORCING)
@pytest.mark.parametrize("factor", [1.0, 1.5, None], ids=["no cost", "a cost", "not measured"])
def test_what_is_forced_is_named_with_its_cost(
    name: str, measure: str, factor: float | None, costs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "some value")
    costs(None if factor is None else QUICK._replace(kernel="Haswell", **{measure: factor}), name)
    told = advice()
    assert f"{name}='some value'" in told
    assert ("at no cost" in told) == (factor == 1.0)
    assert (f"unset {name}" in told) == (factor != 1.0)
    assert ("1.50 times the time" in told) == (factor == 1.5)
    if measure == "product" and factor == 1.5:
        assert "kernel Haswell; without, SkylakeX" in told


def test_variables_of_one_cause_are_told_together(costs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")
    monkeypatch.setenv("OPENBLAS_L2_SIZE", "2048")
    costs(QUICK._replace(product=2.0), "OPENBLAS_CORETYPE")
    assert "unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE" in advice()


# ----- memory and threads -----


def test_memory_that_goes_back_is_told_with_the_line_that_keeps_it(costs: Any) -> None:
    costs(QUICK._replace(elementwise=1.7, faults=1338.0))
    told = advice()
    assert "1,338 page faults" in told
    assert "1.70 times the time" in told
    assert "MALLOC_TRIM_THRESHOLD_=400000000 MALLOC_MMAP_THRESHOLD_=33554432 python" in told
    assert f"np.empty({doctor.LARGEST:_})" in told


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        (QUICK, QUICK),
        (QUICK._replace(elementwise=1.7, faults=1338.0), QUICK._replace(faults=1338.0)),
        (QUICK._replace(faults=1338.0), QUICK),
        (QUICK._replace(elementwise=1.7, faults=1338.0), None),
        (None, None),
    ],
    ids=["no faults", "the line does not help", "they cost nothing", "not measured", "nothing measured"],
)
def test_nothing_is_said_of_memory_where_nothing_is_gained(now: Any, kept: Any, costs: Any) -> None:
    costs(now, quick=kept)
    assert not advice()


def test_nothing_is_said_of_memory_where_it_is_not_glibc_s(costs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    costs(QUICK._replace(elementwise=1.7, faults=1338.0))
    monkeypatch.setattr(doctor.platform, "libc_ver", lambda: ("", ""))
    assert not advice()
    assert "memory   unknown; nothing set" in doctor.report()


@pytest.mark.parametrize("name", doctor.MALLOC)
def test_what_is_set_of_memory_is_told(name: str, costs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    costs(QUICK)
    monkeypatch.setenv(name, "123")
    assert f"memory   glibc 2.36; {name}=123" in doctor.report()


@pytest.mark.parametrize("name", doctor.THREADS)
def test_more_threads_than_processors_are_told(name: str, costs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    costs(QUICK)
    monkeypatch.setattr(doctor, "usable", lambda: 4)
    monkeypatch.setenv(name, "4")
    assert not advice()
    assert f"{name}=4" in doctor.report()
    monkeypatch.setenv(name, "64")
    assert f"{name}=4" in advice()


# ----- measuring, for real -----


def test_a_process_measures_itself_with_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    forced, free = MEASURED({}), MEASURED({"OPENBLAS_CORETYPE": None})
    assert forced is not None
    assert free is not None
    assert min(*forced[1:4], *free[1:4]) > 0
    if doctor.kernel() == "SkylakeX":
        assert (forced.kernel, free.kernel) == ("Haswell", "SkylakeX")


def test_a_process_that_fails_measures_nothing() -> None:
    assert MEASURED({"PYTHONHASHSEED": "no number"}) is None


@pytest.mark.skipif(doctor.platform.libc_ver()[0] != "glibc", reason="another malloc")
def test_the_line_keeps_memory() -> None:
    kept = MEASURED(doctor.KEEPING)
    assert kept is not None
    assert kept.faults < doctor.MANY


@pytest.mark.skipif(doctor.platform.libc_ver()[0] != "glibc", reason="another malloc")
def test_an_array_given_back_once_keeps_memory() -> None:
    measured = "from autograd_lite.apps.doctor import measure; print(measure())"
    program = f"import numpy; numpy.empty({doctor.LARGEST}); {measured}"
    assert float(printed(program).rpartition("faults=")[2].rstrip(")\n")) < doctor.MANY
