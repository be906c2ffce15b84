"""How the tests start engines: commands with a limit of time, in an environment with one thread of BLAS for each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from helpers import ROOT

HERE = Path(__file__).parent
LIMIT = 60
"""Seconds after which a test says that a command hangs; none takes a tenth."""


def environment() -> dict[str, str]:
    """Return the environment, with the programs beside this Python first and BLAS in one thread."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**os.environ, **threads, "PATH": beside, "PYTHONPATH": str(ROOT)}


def run(*command: str, cwd: Path = HERE, limit: float | None = LIMIT) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return what it has said."""
    return subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=limit, check=False
    )


def has_mpi() -> bool:
    """Tell whether ranks can be started."""
    return shutil.which("mpiexec", path=environment()["PATH"]) is not None


def ranks(*arguments: str, count: int = 2, module: str | None = "mpi4py") -> subprocess.CompletedProcess[str]:
    """Run a function of ``ranks.py`` on some ranks."""
    python = [sys.executable, *(["-m", module] if module else [])]
    return run("mpiexec", "-n", str(count), *python, "ranks.py", *arguments)
