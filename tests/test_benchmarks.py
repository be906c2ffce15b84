"""The benchmarks: goals name what is measured, networks run, and some workloads alone make a report."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from goals import PEAK_GOALS, TIME_GOALS
from report import report
from roster import CONTENDERS, NETWORKS, PEAKS, PEAKS_OF, WORKLOADS, environment

NAMED = {contender.name: contender for contender in CONTENDERS}


def test_goals_are_of_workloads_and_contenders_that_there_are() -> None:
    for of, contenders in TIME_GOALS.items():
        assert {of, *contenders} <= {*NAMED}
        assert all({*goals} <= {*WORKLOADS} for goals in contenders.values())
    assert {*PEAK_GOALS} < {*PEAKS_OF} < {*NAMED}
    assert all({*goals} == {*PEAKS} for goals in PEAK_GOALS.values())


@pytest.mark.parametrize(("name", "networks"), [("ours", NETWORKS), ("ours compiled", ("lenet", "conv", "adam10"))])
def test_the_networks_run(name: str, networks: tuple[str, ...], tmp_path: Path) -> None:
    peaks = ["peak:nn.LSTM"] if sys.platform == "linux" else []
    command = [sys.executable, ROOT / "benchmarks" / "contenders" / NAMED[name].networks]
    command += [f"first:{network}" for network in networks] + peaks
    done = subprocess.run(
        command, env=environment(NAMED[name], str(tmp_path)), capture_output=True, text=True, check=True
    )
    for found in json.loads(done.stdout).values():
        assert found.get("seconds", 0) > 0 or found.get("kb", 0) > 0, found


def test_a_report_of_networks_alone_has_their_tables_and_goals() -> None:
    def of(seconds: float, kb: int) -> dict[str, Any]:
        probe = {"import": 0.1, "version": "1", "python": "3", "numpy": "2", "blas": "none"}
        return {"probe": probe, "lenet": {"check": seconds, "seconds": seconds}, "peak:lenet": {"kb": [kb, 10**9, 0]}}

    absent = {name: {"probe": {"error": "not installed"}} for name in NAMED}
    found = absent | {"ours": of(1.0, 1000), "PyTorch": of(2.0, 500)}
    text = report({"machine": "here", "rounds": 3, "threads": 1, "only": ["lenet"], "contenders": found})
    assert "0.50 (goal <= 0.6: reached)" in text
    assert "2.00 (goal <= 1: not reached)" in text
    assert "- lenet, ours: 2.00 x the memory of PyTorch, <= 1" in text
    assert "lenet, ours: WARNING: its result is not that of PyTorch" in text
    assert "perceptron" not in text
