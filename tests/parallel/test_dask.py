"""dask.distributed: an executor, what computes lazy Tensors, and what is left when a worker is killed."""

from __future__ import annotations

import re
import sys

import pytest
from engines import run
from helpers import ROOT

pytest.importorskip("distributed")


def test_a_cluster_computes_the_same_outlives_a_worker_and_says_when_it_cannot() -> None:
    names = ["is_an_executor", "computes_anew", "says_what_cannot_be_sent", "computes_what_is_lazy"]
    names += ["outlives_a_worker", "says_which_is_lost"]
    done = run(sys.executable, "cluster.py", *names)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"(\w+): done", done.stdout) == names


def peak_of(rows: int, *tasks: str) -> float:
    """Return the most memory in GB that fits of the example took, over rows of a hundred numbers."""
    example = str(ROOT / "examples" / "distributed" / "dask_rows.py")
    given = ["--rows", str(rows), "--features", "100", "--workers", "0", "--steps", "1"]
    given += [word for task in tasks for word in ("--task", task)]
    done = run(sys.executable, example, *given, limit=None)
    assert done.returncode == 0, done.stderr
    return float(re.findall(r"^peak (\S+)$", done.stdout, re.MULTILINE)[0])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says how much memory a process has had")
def test_memory_does_not_grow_with_the_rows(slow: bool) -> None:
    """4 GB of rows take minutes, and half a GB of memory at most; by default 0.3 GB of them take less than they are."""
    if slow:
        assert peak_of(5_000_000, "logistic", "components", "network") < 0.5
    else:
        assert peak_of(400_000, "logistic") < 0.3
